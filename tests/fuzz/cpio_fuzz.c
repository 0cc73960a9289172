/*
 * Fuzzing the guest kernel's cpio reader, compiled for the host: archives with fields, names and padding changed.  The
 * archive lies against a page without access, so that a byte read too far is a crash; what the reader returns must lie
 * within the archive.
 *
 *   cpio_fuzz [--seed=N] [--count=N] [--seconds=N]
 */
#include <sys/mman.h>

#include "fuzz.h"

#include "guest/u.h"
#include "../../guest/kernel/port/cpio.h"

#define ROOM	8192

static uint8_t *guard;		/* the page without access; archives end here */

static unsigned put_entry(uint8_t *to, const char *name, unsigned mode, const char *data, unsigned size)
{
	unsigned n = (unsigned)sprintf((char *)to, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1u, mode, 0u,
				       0u, 1u, 5u, size, 0u, 0u, 0u, 0u, (unsigned)strlen(name) + 1, 0u);

	strcpy((char *)to + n, name);
	n += (unsigned)strlen(name) + 1;
	while (n & 3)
		to[n++] = 0;
	memcpy(to + n, data, size);
	n += size;
	while (n & 3)
		to[n++] = 0;
	return n;
}

static unsigned make(struct fuzz *f, uint8_t *to)
{
	unsigned n = 0, archives = 1 + fuzz_below(f, 2);
	static const char *const names[] = { "386", "386/bin/ls", "lib/namespace", "./x", "", "a/../b", "//", "TRAILER!!" };
	char data[300];

	memset(data, 'd', sizeof(data));
	while (archives--) {
		for (unsigned i = fuzz_below(f, 5); i; i--)
			n += put_entry(to + n, names[fuzz_below(f, 8)], fuzz_below(f, 2) ? 0100644 : 040755, data,
				       fuzz_below(f, sizeof(data)));
		n += put_entry(to + n, "TRAILER!!!", 0, "", 0);
		for (unsigned z = fuzz_below(f, 600); z; z--)
			to[n++] = 0;
	}
	return n;
}

static unsigned mutate(struct fuzz *f, uint8_t *bytes, unsigned n)
{
	for (unsigned changes = fuzz_below(f, 5); changes; changes--)
		switch (fuzz_below(f, 3)) {
		case 0:
			bytes[fuzz_below(f, n)] = (uint8_t)fuzz_next(f);
			break;
		case 1: {	/* a field of the first header */
			char digits[9];

			sprintf(digits, "%08x", fuzz_next(f) >> fuzz_below(f, 32));
			memcpy(bytes + 6 + 8 * fuzz_below(f, 13), digits, 8);
			break;
		}
		default:
			n = 1 + fuzz_below(f, n);
		}
	return n;
}

int main(int argc, char **argv)
{
	static uint8_t bytes[ROOM * 2];
	struct fuzz f;
	uint8_t *room = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	guard = room + ROOM;
	mprotect(guard, 4096, PROT_NONE);
	fuzz_start(&f, "the kernel's cpio reader", argc, argv);
	while (fuzz_more(&f)) {
		unsigned n = mutate(&f, bytes, make(&f, bytes)), entries = 0;
		uint8_t *start = guard - n;
		Cpio c;
		Cpioent e;
		int more;

		memcpy(start, bytes, n);
		cpioinit(&c, start, n);
		while ((more = cpionext(&c, &e)) > 0) {
			if ((uint8_t *)e.name < start || (uint8_t *)e.name + strlen(e.name) >= guard)
				fuzz_fail("a name outside of the archive");
			if (e.data < start || e.size > (ulong)(guard - e.data))
				fuzz_fail("data outside of the archive: %u bytes", e.size);
			if (++entries > n / 110)
				fuzz_fail("more entries than fit in %u bytes", n);
		}
		if (more < 0 && !c.err)
			fuzz_fail("refused without a word");
	}
	return fuzz_end(&f);
}
