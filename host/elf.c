/*
 * Reading kernels: ELF32 executables for the 386 under lguest's rules (all loadable segments at one distance between
 * virtual and physical address), with every number in the file doubted.  The loader and the fuzzers call it; it
 * touches nothing but the file.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define LOWEST_PADDR	0x2000u		/* boot parameters and command line lie below */
#define SWITCHER	0xffc00000u	/* the top 4 MiB of virtual space are the host's */
#define MAX_PHDRS	(65536 / sizeof(Elf32_Phdr))

/* Things that are not ELF32 for the 386 but that people try. */
static int what_else(const struct image *image, const unsigned char *head, size_t len, struct error *err)
{
	char hdrs[4];

	if (len >= 2 && head[0] == 0x1f && head[1] == 0x8b)
		return error_set(err, "%s: compressed with gzip; unpack it first (gunzip)", image->name);
	if (image_read(image, 0x202, hdrs, 4) == 0 && memcmp(hdrs, "HdrS", 4) == 0)
		return error_set(err, "%s: bzImage kernels are not supported; give the uncompressed ELF image (vmlinux)",
				 image->name);
	return error_set(err, "%s: not an ELF image", image->name);
}

static int check_header(const struct image *image, Elf32_Ehdr *eh, struct error *err)
{
	size_t len = image->size < sizeof *eh ? (size_t)image->size : sizeof *eh;

	memset(eh, 0, sizeof *eh);
	if (image_read(image, 0, eh, len) < 0)
		return error_set(err, "%s: cannot be read", image->name);
	if (len < SELFMAG || memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0)
		return what_else(image, eh->e_ident, len, err);
	if (eh->e_ident[EI_CLASS] == ELFCLASS64)
		return error_set(err, "%s: a 64-bit image; the guest is a 32-bit machine", image->name);
	if (eh->e_ident[EI_DATA] == ELFDATA2MSB)
		return error_set(err, "%s: a big-endian image; the guest is a 386", image->name);
	if (len < sizeof *eh)
		return error_set(err, "%s: truncated in its ELF header", image->name);
	if (eh->e_ident[EI_CLASS] != ELFCLASS32 || eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_type != ET_EXEC ||
	    eh->e_machine != EM_386)
		return error_set(err, "%s: malformed ELF header: not an executable for the 386 (type %u, machine %u)",
				 image->name, eh->e_type, eh->e_machine);
	if (eh->e_phentsize != sizeof(Elf32_Phdr) || eh->e_phnum < 1 || eh->e_phnum > MAX_PHDRS)
		return error_set(err, "%s: malformed ELF header: %u program headers of %u bytes", image->name, eh->e_phnum,
				 eh->e_phentsize);
	return 0;
}

static int check_segment(const struct image *image, struct elf *elf, const Elf32_Phdr *ph, struct error *err)
{
	const char *name = image->name;

	if ((uint64_t)ph->p_offset + ph->p_filesz > image->size)
		return error_set(err, "%s: truncated: the segment at %#x ends at byte %llu of %llu", name, ph->p_paddr,
				 (unsigned long long)ph->p_offset + ph->p_filesz, (unsigned long long)image->size);
	if (ph->p_filesz > ph->p_memsz)
		return error_set(err, "%s: the segment at %#x is larger in the file than in memory", name, ph->p_paddr);
	if ((uint64_t)ph->p_paddr + ph->p_memsz > UINT32_MAX || (uint64_t)ph->p_vaddr + ph->p_memsz > SWITCHER)
		return error_set(err, "%s: the segment at %#x (virtual %#x, %u bytes) is too large", name, ph->p_paddr,
				 ph->p_vaddr, ph->p_memsz);
	if (ph->p_paddr < LOWEST_PADDR)
		return error_set(err, "%s: the segment at %#x overlaps the boot parameters below %#x", name, ph->p_paddr,
				 LOWEST_PADDR);
	if (ph->p_vaddr - ph->p_paddr != elf->page_offset)
		return error_set(err, "%s: segments differ in the distance from physical to virtual address (%#x, %#x)", name,
				 elf->page_offset, ph->p_vaddr - ph->p_paddr);
	for (unsigned i = 0; i < elf->count; i++) {
		const struct elf_segment *s = &elf->segments[i];

		if (ph->p_paddr < (uint64_t)s->paddr + s->memsz && s->paddr < (uint64_t)ph->p_paddr + ph->p_memsz)
			return error_set(err, "%s: the segments at %#x and %#x overlap", name, s->paddr, ph->p_paddr);
	}
	return 0;
}

static void add_segment(struct elf *elf, const Elf32_Phdr *ph)
{
	elf->segments[elf->count++] = (struct elf_segment){
		ph->p_offset, ph->p_vaddr, ph->p_paddr, ph->p_filesz, ph->p_memsz,
	};
	if (ph->p_paddr < elf->low)
		elf->low = ph->p_paddr;
	if (ph->p_paddr + ph->p_filesz > elf->high)
		elf->high = ph->p_paddr + ph->p_filesz;
	if (ph->p_paddr + ph->p_memsz > elf->end)
		elf->end = ph->p_paddr + ph->p_memsz;
}

static int add_segments(const struct image *image, struct elf *elf, const Elf32_Phdr *ph, unsigned n, struct error *err)
{
	for (unsigned i = 0; i < n; i++) {
		if (ph[i].p_type != PT_LOAD || ph[i].p_memsz == 0)
			continue;
		if (elf->count == 0)
			elf->page_offset = ph[i].p_vaddr - ph[i].p_paddr;
		if (check_segment(image, elf, &ph[i], err) < 0)
			return -1;
		add_segment(elf, &ph[i]);
	}
	if (elf->count == 0)
		return error_set(err, "%s: malformed ELF image: nothing to load", image->name);
	if (elf->page_offset & 0x3fffff || elf->page_offset >= SWITCHER)
		return error_set(err, "%s: virtual addresses are %#x above physical ones; this must be a multiple of 4 MiB below %#x",
				 image->name, elf->page_offset, SWITCHER);
	return 0;
}

int elf_parse(const struct image *image, struct elf *elf, struct error *err)
{
	Elf32_Phdr *ph;
	Elf32_Ehdr eh;
	int status = -1;

	*elf = (struct elf){ .low = UINT32_MAX };
	if (check_header(image, &eh, err) < 0)
		return -1;
	ph = calloc(eh.e_phnum, sizeof *ph);
	elf->segments = calloc(eh.e_phnum, sizeof *elf->segments);
	if (!ph || !elf->segments)
		error_set(err, "out of memory");
	else if (image_read(image, eh.e_phoff, ph, eh.e_phnum * sizeof *ph) < 0)
		error_set(err, "%s: truncated in its program headers", image->name);
	else
		status = add_segments(image, elf, ph, eh.e_phnum, err);
	free(ph);
	if (status < 0)
		elf_free(elf);
	return status;
}

void elf_free(struct elf *elf)
{
	free(elf->segments);
	elf->segments = NULL;
	elf->count = 0;
}
