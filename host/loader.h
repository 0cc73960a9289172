/* loader.c: images into guest memory; elf.c: what an ELF image holds. */
#ifndef HOST_LOADER_H
#define HOST_LOADER_H

#include <stddef.h>
#include <sys/types.h>

#include "machine.h"

/* A file, or a part of one (the kernel and the root archive are parts of the executable). */
struct image {
	const char *name;
	int fd;			/* -1: only in memory */
	const char *memory;		/* its bytes, if the executable holds them */
	uint64_t offset, size;
};

/* Open a file as an image; name must outlive it. */
int image_open(struct image *image, const char *name, struct error *err);
/* The embedded ones; size 0 when the executable was built without. */
void image_embedded_kernel(struct image *image);
void image_embedded_root(struct image *image);
void image_embedded_boot(struct image *image);		/* to start from when the root is a share */
/* Exactly len bytes at `at`, or -1 (also past the end). */
int image_read(const struct image *image, uint64_t at, void *buf, size_t len);

struct elf_segment {
	uint32_t offset, vaddr, paddr, filesz, memsz;
};

/* The loadable segments of a kernel, checked against lguest's rules and the file's size. */
struct elf {
	struct elf_segment *segments;	/* by malloc */
	unsigned count;
	uint32_t page_offset;		/* vaddr - paddr of all of them */
	uint32_t low, high;		/* paddr of the first byte, and past the last byte that the file holds */
	uint32_t end;			/* past the last byte of memory */
};

int elf_parse(const struct image *image, struct elf *elf, struct error *err);
void elf_free(struct elf *elf);

struct boot {
	const struct image *kernel, *initrd;	/* initrd may have size 0 */
	const void *overlay;			/* an archive that goes behind the initrd */
	size_t overlay_bytes;
	const struct image *program;		/* a file whose bytes go behind the overlay, which then is whole pages; or NULL */
	const char *command_line;
};

/* Fill guest memory and set the CPU to the kernel's entry. */
int loader_load(struct machine *m, const struct boot *boot, struct error *err);

#endif
