/*
 * The guest's page tables, as lguest reads them: two levels, no large pages, and flags that must make sense or the guest
 * dies.  The engine calls pagetable_walk on every miss of a window, often from a signal handler on behalf of
 * guest code: so no locks, no allocation, no stdio here; and fast.c calls it while the FPU holds the guest's state,
 * so this file is compiled with -mgeneral-regs-only.
 */
#include <stddef.h>

#include "pagetable.h"

#define PDE_ALLOWED	0x067u	/* P RW US A D */
#define PTE_FORBIDDEN	0x088u	/* PWT, PAT */
#define SWITCHER_SLOT	1023u	/* the top 4 MiB are the host's */

/* Page tables are stored into through the host's view; only a page that is still the file's needs care. */
static uint32_t *table_entry(struct machine *m, uint32_t table, uint32_t index)
{
	return (uint32_t *)(m->ram.host + ((uint64_t)table & ~(uint64_t)PAGE_MASK)) + index;
}

static int set_bits(struct machine *m, uint32_t *entry, uint32_t bits)
{
	uint32_t pfn = (uint32_t)(((uint8_t *)entry - m->ram.host) >> PAGE_SHIFT);

	if (m->ram.flags[pfn] & RAM_FILE) {
		if (m->light)
			return -1;
		ram_privatize(&m->ram, pfn);
	}
	*entry |= bits;
	return 0;
}

static int bad(struct machine *m, unsigned flags, const char *why)
{
	if (!(flags & WALK_PEEK))
		machine_end(m, END_KILLED, why);
	return -1;
}

int pagetable_walk(void *ctx, uint32_t space, uint32_t va, unsigned flags, struct mapping *out, uint32_t *error_code)
{
	struct machine *m = ctx;
	uint32_t slot = va >> 22, pde, pte, need, set;
	uint32_t *entry;

	m->stats.walks++;
	*error_code = 0;
	if (space >> PAGE_SHIFT >= m->frames)
		return bad(m, flags, "bad page directory address");
	pde = *table_entry(m, space, slot);
	if (!(pde & PTE_P))
		return -1;
	if (slot == SWITCHER_SLOT)
		return bad(m, flags, "attempt to access switcher pages");
	if (pde & PAGE_MASK & ~PDE_ALLOWED || pde >> PAGE_SHIFT >= m->frames)
		return bad(m, flags, "bad page directory entry");
	entry = table_entry(m, pde, va >> PAGE_SHIFT & 1023);
	pte = *entry;
	if (!(pte & PTE_P))
		return -1;
	if (pte & PTE_FORBIDDEN || pte >> PAGE_SHIFT >= m->frames)
		return bad(m, flags, "bad page table entry");

	need = (flags & WALK_WRITE ? PTE_W : 0) | (flags & WALK_USER ? PTE_U : 0);
	*error_code = 1;
	if ((pde & pte & need) != need)
		return -1;
	set = PTE_A | (flags & WALK_WRITE ? PTE_D : 0);
	if ((pte & set) != set) {
		if (flags & WALK_PEEK || set_bits(m, entry, set) < 0)
			return -1;
		pte |= set;
	}
	out->pfn = pte >> PAGE_SHIFT;
	out->user = pde & pte & PTE_U;
	out->writable = (pde & pte & PTE_W) && (pte & PTE_D);
	return 0;
}

int64_t pagetable_gpa(struct machine *m, uint32_t va, unsigned flags, uint32_t *error)
{
	struct mapping map;

	if (pagetable_walk(m, m->vcpu.space, va, flags, &map, error) < 0)
		return -1;
	return (int64_t)map.pfn << PAGE_SHIFT | (va & PAGE_MASK);
}

static uint32_t in_page(uint32_t va, uint32_t len)
{
	uint32_t room = PAGE_SIZE - (va & PAGE_MASK);

	return len < room ? len : room;
}

int guest_read(struct machine *m, uint32_t va, void *buf, uint32_t len, unsigned flags, uint32_t *fault, uint32_t *error)
{
	uint8_t *to = buf;

	while (len > 0) {
		uint32_t n = in_page(va, len);
		int64_t gpa = pagetable_gpa(m, va, flags, error);

		if (gpa < 0) {
			*fault = va;
			return -1;
		}
		for (uint32_t i = 0; i < n; i++)
			to[i] = m->ram.host[gpa + i];
		va += n, to += n, len -= n;
	}
	return 0;
}

int guest_write(struct machine *m, uint32_t va, const void *buf, uint32_t len, unsigned flags, uint32_t *fault, uint32_t *error)
{
	const uint8_t *from = buf;

	while (len > 0) {
		uint32_t n = in_page(va, len);
		int64_t gpa = pagetable_gpa(m, va, flags | WALK_WRITE, error);
		uint8_t *to = gpa < 0 ? NULL : ram_write(&m->ram, (uint64_t)gpa, n);

		if (!to) {
			*fault = va;
			return -1;
		}
		for (uint32_t i = 0; i < n; i++)
			to[i] = from[i];
		va += n, from += n, len -= n;
	}
	return 0;
}
