/*
 * Guest RAM and the device pages behind it: one memfd that shows in many windows at once, and the host's own
 * view of it.  A page may instead be the private page of a file (kernel text, root archive) until someone writes
 * to it.  ram_read and ram_write are the one place where guest-physical addresses are checked.
 */
#ifndef HOST_RAM_H
#define HOST_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096u
#define PAGE_MASK	(PAGE_SIZE - 1)

enum {
	RAM_FILE	= 1,	/* still the file's page: read-only everywhere */
	RAM_CODE	= 2,	/* the engine holds translations of it: the host must tell before it writes */
};

struct ram_extent;		/* a run of pages that a file backs */

struct ram {
	uint8_t *host;		/* the host's view; read anywhere below size_bytes, write only after ram_write */
	uint64_t size_bytes;	/* RAM plus device pages, a multiple of PAGE_SIZE */
	uint64_t ram_bytes;	/* RAM alone: where the device page begins */
	int memfd;		/* page n is at offset n * PAGE_SIZE */
	uint8_t *flags;		/* RAM_* of each page */
	struct ram_extent *extents;
	/* Set by the engine: page pfn is about to change by the host's hand (RAM_CODE), or has ceased to be the
	 * file's (RAM_FILE was cleared): forget translations, and what windows show at it. */
	void (*on_write)(void *ctx, uint32_t pfn);
	void *on_write_ctx;
};

/* ram.c */
int ram_init(struct ram *ram, uint64_t ram_bytes, unsigned device_pages, struct error *err);
void ram_free(struct ram *ram);
/* Back [gpa, gpa+len) by the file's pages at offset (both page aligned; len rounded up, tail bytes as in the file). */
int ram_map_file(struct ram *ram, uint32_t gpa, int fd, uint64_t offset, uint64_t len, struct error *err);
/* The file behind a RAM_FILE page, and the page's offset in it. */
int ram_backing(const struct ram *ram, uint32_t pfn, uint64_t *offset);
/* Host pointers to [gpa, gpa+len), or NULL if any byte is outside.  ram_write makes file pages private and
 * drops translations first, so that the caller may store through the pointer at once (not later). */
const void *ram_read(const struct ram *ram, uint64_t gpa, uint64_t len);
void *ram_write(struct ram *ram, uint64_t gpa, uint64_t len);
/* Make a file page private (copy it into the memfd).  No effect on other pages. */
void ram_privatize(struct ram *ram, uint32_t pfn);

#endif
