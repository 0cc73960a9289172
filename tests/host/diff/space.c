/*
 * The address space of the differential tests: where its pages are, on the reference's side and in the subject's RAM,
 * and the segments of the machine.  Called by everything here.  The reference's pages are mapped below 4 GiB at the
 * guest's own addresses; nothing else of this process may be there, which is why the test is linked as PIE.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu.h"

struct region regions[PLACES] = {
	[PLACE_CODE]		= { CODE_VA, CODE_PAGES, true, false },
	[PLACE_DATA]		= { DATA_VA, 2, true, true },
	[PLACE_CONST]		= { CONST_VA, 1, false, false },
	[PLACE_STACK]		= { STACK_VA, 1, true, true },
	[PLACE_HIGH]		= { HIGH_VA, 1, true, true },
	[PLACE_LOW]		= { LOW_VA, 1, true, true },
	[PLACE_IMAGE]		= { IMAGE_VA, IMAGE_PAGES, true, false },
	[PLACE_IMAGE_STACK]	= { IMAGE_STACK_VA, IMAGE_STACK_PAGES, true, false },
	[PLACE_ALIAS]		= { IMAGE_ALIAS_VA, IMAGE_PAGES, true, false },
};

static const enum place scratch_places[] = { PLACE_DATA, PLACE_STACK, PLACE_HIGH, PLACE_LOW };

int space_init(char *why)
{
	uint32_t pfn = 1;	/* page 0 stays unused, so that a wrong 0 shows */
	int image = memfd_create("image", 0);

	if (image < 0 || ftruncate(image, (off_t)IMAGE_PAGES << 12) < 0) {
		snprintf(why, 80, "cannot make a memory file: %s", strerror(errno));
		return -1;
	}

	for (unsigned i = 0; i < PLACES; i++) {
		struct region *r = &regions[i];
		void *want = (void *)(uintptr_t)r->va;
		size_t len = (size_t)r->pages << 12;
		bool shared = i == PLACE_IMAGE || i == PLACE_ALIAS;
		void *p = mmap(want, len, PROT_READ | PROT_WRITE,
			       (shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS) | MAP_FIXED_NOREPLACE, shared ? image : -1, 0);

		if (p != want) {
			if (i != PLACE_LOW) {
				snprintf(why, 80, "cannot map %u pages at %#x: %s", r->pages, r->va, strerror(errno));
				return -1;
			}
			r->absent = true;	/* vm.mmap_min_addr and not root */
			p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		}
		r->host = p;
		r->pfn = i == PLACE_ALIAS ? regions[PLACE_IMAGE].pfn : pfn;
		pfn += i == PLACE_ALIAS ? 0 : r->pages;
		if (i == PLACE_CONST) {
			for (unsigned b = 0; b < 4096; b++)
				r->host[b] = (uint8_t)(b * 37 + (b >> 8));
			mprotect(p, len, PROT_READ);
		}
		if (i == PLACE_CODE)
			memset(p, 0xcc, len);
	}
	return 0;
}

const struct region *space_find(uint32_t va)
{
	for (unsigned i = 0; i < PLACES; i++)
		if (va - regions[i].va < regions[i].pages << 12)
			return regions[i].absent ? NULL : &regions[i];
	return NULL;
}

void scratch_save(struct scratch *to, uint8_t *const base[PLACES])
{
	uint8_t *p = to->bytes[0];

	for (unsigned i = 0; i < sizeof(scratch_places) / sizeof(scratch_places[0]); i++) {
		size_t len = (size_t)regions[scratch_places[i]].pages << 12;

		memcpy(p, base[scratch_places[i]], len);
		p += len;
	}
}

void scratch_load(const struct scratch *from, uint8_t *const base[PLACES])
{
	const uint8_t *p = from->bytes[0];

	for (unsigned i = 0; i < sizeof(scratch_places) / sizeof(scratch_places[0]); i++) {
		size_t len = (size_t)regions[scratch_places[i]].pages << 12;

		memcpy(base[scratch_places[i]], p, len);
		p += len;
	}
}

uint32_t scratch_va(unsigned page, unsigned offset)
{
	static const uint32_t va[SCRATCH_PAGES] = { DATA_VA, DATA_VA + 4096, STACK_VA, HIGH_VA, LOW_VA };

	return va[page] + offset;
}

bool space_native_segments;

static int native_segment(unsigned index, uint16_t selector)
{
	switch (selector >> 2) {
	case SEL_DATA >> 2:
		return index != S_SS || selector == SEL_DATA ? 0 : -1;
	case SEL_CODE >> 2:
	case END_SELECTOR >> 2:
	case 0x7b >> 2:			/* where Linux keeps the CPU's number */
		return index == S_SS ? -1 : 0;
	}
	return -1;
}

uint8_t space_access(uint16_t selector)
{
	if (selector < 4)
		return 1;
	if (space_native_segments)
		return selector >> 2 == SEL_DATA >> 2 ? 0 : 2;
	return selector == SEL_CODE ? 2 : 0;
}

int space_segment(unsigned index, uint16_t selector, uint32_t *base)
{
	*base = 0;
	if (selector < 4)
		return index == S_SS ? -1 : 0;
	if (space_native_segments)
		return native_segment(index, selector);
	switch (selector) {
	case SEL_DATA:
		return 0;
	case SEL_CODE:
		return index == S_SS ? -1 : 0;
	case SEL_BASED:
		if (index != S_FS && index != S_GS)
			return -1;	/* the engine keeps the others flat */
		*base = SEL_BASED_BASE;
		return 0;
	}
	return -1;
}
