/*
 * The guest's GDT: 32 entries in Linux's numbering, of which the host keeps its own copy, with lguest's repairs (DPL 0
 * becomes 1, the accessed bit is set).  Only FS and GS may have a base other than 0: the engine's windows are flat.
 * Limits are not enforced.  fast.c uses this file while the FPU holds the guest's state: general registers only.
 */
#include "segment.h"

#define DESC_PRESENT(d)		((d) >> 47 & 1)
#define DESC_DPL(d)		((unsigned)((d) >> 45 & 3))
#define DESC_S(d)		((d) >> 44 & 1)
#define DESC_CODE(d)		((d) >> 43 & 1)
#define DESC_CONFORMING(d)	((d) >> 42 & 1)	/* of code */
#define DESC_RW(d)		((d) >> 41 & 1)	/* code: readable; data: writable */
#define DESC_ACCESSED		(1ull << 40)
#define DESC_DPL1		(1ull << 45)

#define SELECTOR_TI		4u

/* Entries that the guest cannot set: the switcher's segments, the TSS, the double fault TSS. */
static bool reserved(unsigned index)
{
	return index == 10 || index == 11 || index == 16 || index == 31;
}

static uint32_t desc_base(uint64_t d)
{
	return (uint32_t)(d >> 16 & 0xffffff) | (uint32_t)(d >> 56 << 24);
}

static uint8_t desc_access(uint64_t d)
{
	return DESC_CODE(d) || !DESC_RW(d) ? SEG_READ : SEG_WRITE;
}

void segment_init(struct machine *m)
{
	m->gdt[LGUEST_GDT_KCODE] = 0x00cfbb000000ffffull;
	m->gdt[LGUEST_GDT_KDATA] = 0x00cfb3000000ffffull;
}

/* FS and GS take a changed descriptor at the next return to the guest, as after lguest's switcher. */
static void refresh(struct machine *m, unsigned index)
{
	struct vcpu *v = &m->vcpu;

	for (unsigned s = FS; s <= GS; s++) {
		if (v->seg_access[s] == SEG_NULL || v->seg[s] >> 3 != index)
			continue;
		if (!DESC_PRESENT(m->gdt[index])) {
			v->seg[s] = 0;
			v->seg_access[s] = SEG_NULL;
			v->seg_base[s] = 0;
			continue;
		}
		v->seg_access[s] = desc_access(m->gdt[index]);
		v->seg_base[s] = desc_base(m->gdt[index]);
	}
}

void segment_store(struct machine *m, unsigned first, const uint64_t *entries, unsigned n)
{
	m->user_cs = m->user_ss = 0;
	for (unsigned i = 0; i < n && first + i < GDT_ENTRIES; i++) {
		uint64_t d = entries[i];

		if (reserved(first + i))
			continue;
		if (DESC_DPL(d) == 0)
			d |= DESC_DPL1;
		m->gdt[first + i] = d | DESC_ACCESSED;
		refresh(m, first + i);
	}
}

static int refuse(struct segment_fault *fault, uint8_t vector, uint16_t selector)
{
	fault->vector = vector;
	fault->error = selector & ~3u;
	return -1;
}

/* The descriptor of a selector that is not null; no LDT exists. */
static int lookup(struct machine *m, uint16_t selector, uint64_t *d, struct segment_fault *fault)
{
	if (selector & SELECTOR_TI || selector >> 3 >= GDT_ENTRIES)
		return refuse(fault, TRAP_GP, selector);
	*d = m->gdt[selector >> 3];
	if (!DESC_S(*d))
		return refuse(fault, TRAP_GP, selector);
	return 0;
}

static int check_flat(struct machine *m, uint64_t d)
{
	if (desc_base(d) == 0)
		return 0;
	machine_end(m, END_KILLED, "a code, data or stack segment with a base other than 0 is not supported");
	return 0;
}

int segment_check_stack(struct machine *m, uint16_t selector, unsigned cpl, struct segment_fault *fault)
{
	uint64_t d;

	if (selector < 4)
		return refuse(fault, TRAP_GP, 0);
	if (lookup(m, selector, &d, fault) < 0)
		return -1;
	if ((selector & 3) != cpl || DESC_DPL(d) != cpl || DESC_CODE(d) || !DESC_RW(d))
		return refuse(fault, TRAP_GP, selector);
	if (!DESC_PRESENT(d))
		return refuse(fault, TRAP_STACK, selector);
	return check_flat(m, d);
}

int segment_check_code(struct machine *m, uint16_t selector, unsigned rpl, struct segment_fault *fault)
{
	uint64_t d;

	if (selector < 4)
		return refuse(fault, TRAP_GP, 0);
	if (lookup(m, selector, &d, fault) < 0)
		return -1;
	if (!DESC_CODE(d) || (DESC_CONFORMING(d) ? DESC_DPL(d) > rpl : DESC_DPL(d) != rpl))
		return refuse(fault, TRAP_GP, selector);
	if (!DESC_PRESENT(d))
		return refuse(fault, TRAP_NOT_PRESENT, selector);
	return check_flat(m, d);
}

static int load_null(struct machine *m, unsigned index, uint16_t selector)
{
	m->vcpu.seg[index] = selector;
	m->vcpu.seg_access[index] = SEG_NULL;
	m->vcpu.seg_base[index] = 0;
	return 0;
}

int segment_load(struct machine *m, unsigned index, uint16_t selector, struct segment_fault *fault)
{
	struct vcpu *v = &m->vcpu;
	unsigned rpl = selector & 3, privilege = rpl > v->cpl ? rpl : v->cpl;
	uint64_t d;

	if (index == SS) {
		if (segment_check_stack(m, selector, v->cpl, fault) < 0)
			return -1;
		v->seg[SS] = selector;
		return 0;
	}
	if (selector < 4)
		return load_null(m, index, selector);
	if (lookup(m, selector, &d, fault) < 0)
		return -1;
	if (DESC_CODE(d) && !DESC_RW(d))
		return refuse(fault, TRAP_GP, selector);
	if (!(DESC_CODE(d) && DESC_CONFORMING(d)) && DESC_DPL(d) < privilege)
		return refuse(fault, TRAP_GP, selector);
	if (!DESC_PRESENT(d))
		return refuse(fault, TRAP_NOT_PRESENT, selector);
	if (index == ES || index == DS)
		check_flat(m, d);
	else
		v->seg_base[index] = desc_base(d);
	v->seg[index] = selector;
	v->seg_access[index] = desc_access(d);
	return 0;
}

void segment_drop_privileged(struct machine *m)
{
	static const uint8_t data_segments[] = { ES, DS, FS, GS };
	struct vcpu *v = &m->vcpu;

	for (unsigned i = 0; i < sizeof data_segments; i++) {
		unsigned s = data_segments[i];
		uint64_t d;

		if (v->seg_access[s] == SEG_NULL || (v->seg[s] & 3) == 3)	/* RPL 3 was loaded, so DPL is 3 */
			continue;
		d = m->gdt[v->seg[s] >> 3 & (GDT_ENTRIES - 1)];
		if (DESC_DPL(d) < 3 && !(DESC_CODE(d) && DESC_CONFORMING(d)))
			load_null(m, s, 0);
	}
}
