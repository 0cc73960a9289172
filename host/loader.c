/*
 * The loader: kernel, initrd, boot parameters and first page tables into guest memory, and the CPU set to the entry, as
 * lguest's launcher of Linux 2.6.23 did.  We go beyond it where no guest can object: low memory is mapped at its
 * physical addresses too, bss is cleared, segments need no alignment.  Pages that a file can back stay the file's
 * until they are written.
 *
 *	0			boot parameters, command line (0x1000)
 *	p_paddr...		kernel
 *	...			first page tables, page directory
 *	mem - initrd		initrd, overlay archive, program
 *	mem			device page
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "loader.h"
#include "overlay.h"
#include "pagetable.h"

#define COMMAND_LINE_BYTES	2048
#define ENTRY_PRESENT		(PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

static uint64_t page_up(uint64_t n)
{
	return (n + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
}

/* The part of a segment that whole pages of the file can back; 0 if it must be copied. */
static uint32_t mappable(const struct image *image, const struct elf_segment *s)
{
	if (image->fd < 0 || (s->paddr | (image->offset + s->offset)) & PAGE_MASK)
		return 0;
	return s->filesz & ~PAGE_MASK;
}

static int load_segment(struct machine *m, const struct image *image, const struct elf_segment *s, struct error *err)
{
	uint32_t mapped = mappable(image, s), rest = s->filesz - mapped;
	void *to;

	if (mapped && ram_map_file(&m->ram, s->paddr, image->fd, image->offset + s->offset, mapped, err) < 0)
		return -1;
	if (!rest)
		return 0;
	to = ram_write(&m->ram, s->paddr + mapped, rest);
	if (!to || image_read(image, s->offset + mapped, to, rest) < 0)
		return error_set(err, "%s: cannot be read", image->name);
	return 0;
}

/* lguest's guests of that version start right after a signature. */
static int find_entry(struct machine *m, const struct image *image, const struct elf *elf, uint32_t *entry, struct error *err)
{
	size_t len = strlen(LGUEST_SIGNATURE);
	const uint8_t *start = ram_read(&m->ram, elf->low, elf->high - elf->low);
	const uint8_t *found = start ? memmem(start, elf->high - elf->low, LGUEST_SIGNATURE, len) : NULL;

	if (!found)
		return error_set(err, "%s: no '" LGUEST_SIGNATURE "' in it: not a kernel for lguest of Linux 2.6.23; others are "
				 "not supported", image->name);
	*entry = elf->low + (uint32_t)(found - start) + (uint32_t)len;
	return 0;
}

static int load_kernel(struct machine *m, const struct image *image, const struct elf *elf, uint64_t limit, struct error *err)
{
	uint32_t entry = 0;

	if (elf->end > limit)
		return error_set(err, "%s: needs memory up to %u KiB, but only %llu KiB are free below page tables and initrd; "
				 "give more with -m", image->name, elf->end >> 10, (unsigned long long)limit >> 10);
	for (unsigned i = 0; i < elf->count; i++)
		if (load_segment(m, image, &elf->segments[i], err) < 0)
			return -1;
	if (find_entry(m, image, elf, &entry, err) < 0)
		return -1;
	m->page_offset = elf->page_offset;
	m->vcpu.eip = entry + elf->page_offset;
	return 0;
}

static void put32(uint8_t *page, unsigned at, uint32_t value)
{
	memcpy(page + at, &value, 4);
}

static int boot_params(struct machine *m, const struct boot *boot, uint32_t initrd, uint32_t initrd_bytes, struct error *err)
{
	uint8_t *page = ram_write(&m->ram, 0, BOOT_CMDLINE_GPA + COMMAND_LINE_BYTES);
	uint64_t map[2] = { 0, m->ram.ram_bytes };
	size_t len = strlen(boot->command_line);

	if (len >= COMMAND_LINE_BYTES)
		return error_set(err, "--append: the kernel's command line is longer than %d bytes", COMMAND_LINE_BYTES - 1);
	page[BOOT_E820_COUNT] = 1;
	memcpy(page + BOOT_E820_MAP, map, sizeof map);
	put32(page, BOOT_E820_MAP + 16, 1);
	if (initrd_bytes) {
		page[BOOT_LOADER_TYPE] = 0xff;
		put32(page, BOOT_INITRD_ADDR, initrd);
		put32(page, BOOT_INITRD_SIZE, initrd_bytes);
	}
	put32(page, BOOT_CMDLINE_ADDR, BOOT_CMDLINE_GPA);
	put32(page, BOOT_SUBARCH, 1);
	memcpy(page + BOOT_CMDLINE_GPA, boot->command_line, len + 1);
	return 0;
}

/* All of memory at page_offset, as far as it reaches, and what lies below page_offset at its own address. */
static void page_tables(struct machine *m, uint32_t directory, uint32_t tables)
{
	uint32_t pages = (uint32_t)(m->ram.ram_bytes >> PAGE_SHIFT), slots = (pages + 1023) / 1024;
	uint32_t *pde = ram_write(&m->ram, directory, PAGE_SIZE);
	uint32_t *pte = ram_write(&m->ram, tables, (uint64_t)slots * PAGE_SIZE);
	uint32_t high = m->page_offset >> 22;

	/* All of them will be touched: one system call is cheaper than a fault a page. */
	madvise(pte, (uint64_t)slots * PAGE_SIZE, MADV_POPULATE_WRITE);
	for (uint32_t pfn = 0; pfn < pages; pfn++)
		pte[pfn] = pfn << PAGE_SHIFT | ENTRY_PRESENT;
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t entry = (tables + i * PAGE_SIZE) | ENTRY_PRESENT;

		if (high + i < 1023)
			pde[high + i] = entry;
		if (i < high)
			pde[i] = entry;
	}
	m->vcpu.space = directory;
}

/* The bytes that the end of the overlay announces, and the end of that archive. */
static uint64_t program_bytes(const struct image *program)
{
	return program ? page_up(((program->size + 3) & ~3ull) + OVERLAY_END_BYTES) : 0;
}

static int load_program(struct machine *m, const struct image *program, uint32_t gpa, struct error *err)
{
	uint32_t end = gpa + (uint32_t)((program->size + 3) & ~3ull);

	if (ram_map_file(&m->ram, gpa, program->fd, 0, program->size, err) < 0)
		return -1;
	overlay_end(ram_write(&m->ram, end, OVERLAY_END_BYTES));
	return 0;
}

static int load_initrd(struct machine *m, const struct boot *boot, uint32_t gpa, struct error *err)
{
	uint64_t mapped = page_up(boot->initrd->size);
	void *to;

	if (boot->initrd->fd >= 0) {
		if (ram_map_file(&m->ram, gpa, boot->initrd->fd, boot->initrd->offset, boot->initrd->size, err) < 0)
			return -1;
	} else {
		to = ram_write(&m->ram, gpa, boot->initrd->size);
		if (!to || image_read(boot->initrd, 0, to, boot->initrd->size) < 0)
			return error_set(err, "%s: cannot be read", boot->initrd->name);
	}
	if (!boot->overlay_bytes)
		return 0;
	gpa += (uint32_t)mapped;
	to = ram_write(&m->ram, gpa, boot->overlay_bytes);
	memcpy(to, boot->overlay, boot->overlay_bytes);
	return boot->program ? load_program(m, boot->program, gpa + (uint32_t)boot->overlay_bytes, err) : 0;
}

static void entry_state(struct machine *m)
{
	struct vcpu *v = &m->vcpu;

	v->eflags = FLAGS_IF | 2;
	v->seg[CS] = KERNEL_CS;
	v->seg[DS] = v->seg[ES] = v->seg[SS] = LGUEST_GDT_KDATA << 3 | 1;
	v->seg[FS] = v->seg[GS] = 0;
	v->seg_access[FS] = v->seg_access[GS] = SEG_NULL;
}

int loader_load(struct machine *m, const struct boot *boot, struct error *err)
{
	uint64_t mem = m->ram.ram_bytes, initrd_bytes = 0, directory, tables;
	struct elf elf;
	int status;

	if (boot->initrd->size)
		initrd_bytes = page_up(boot->initrd->size) + page_up(boot->overlay_bytes) + program_bytes(boot->program);
	tables = PAGE_SIZE * ((mem + (4u << 20) - 1) >> 22);
	if (initrd_bytes + PAGE_SIZE + tables >= mem)
		return error_set(err, "%s: %llu KiB do not fit in %llu KiB of guest memory; give more with -m", boot->initrd->name,
				 (unsigned long long)initrd_bytes >> 10, (unsigned long long)mem >> 10);
	directory = mem - initrd_bytes - PAGE_SIZE;
	tables = directory - tables;
	if (elf_parse(boot->kernel, &elf, err) < 0)
		return -1;
	status = load_kernel(m, boot->kernel, &elf, tables, err);
	elf_free(&elf);
	if (status < 0)
		return -1;
	if (initrd_bytes && load_initrd(m, boot, (uint32_t)(mem - initrd_bytes), err) < 0)
		return -1;
	if (boot_params(m, boot, (uint32_t)(mem - initrd_bytes), (uint32_t)initrd_bytes, err) < 0)
		return -1;
	page_tables(m, (uint32_t)directory, (uint32_t)tables);
	entry_state(m);
	return 0;
}
