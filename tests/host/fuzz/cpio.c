/*
 * Fuzzes the kernel's cpio reader: damaged archives must end in a clean end or
 * in one error, and every entry handed out must lie inside the archive.
 * usage: cpio [seconds [seed]]; 0 seconds: until killed.
 */
#include "u.h"
#include "lib.h"
#include "cpio.h"
#include <time.h>

static uint64_t state;

static unsigned
rnd(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static void
die(const char *what, uint64_t seed)
{
	printf("not ok 1 - cpio reader: %s (seed %llu)\n", what, (unsigned long long)seed);
	exit(1);
}

static uchar *
put(uchar *p, const char *name, uint32_t mode, uint32_t nlink, uint32_t size)
{
	uint32_t namesize = strlen(name) + 1;

	p += sprintf((char *)p, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", rnd(9), mode, 0, 0,
		nlink, 1, size, 0, 0, 0, 0, namesize, 0);
	memcpy(p, name, namesize);
	p += namesize;
	while ((uintptr_t)p & 3)
		*p++ = 0;
	for (uint32_t i = 0; i < size; i++)
		*p++ = rnd(256);
	while ((uintptr_t)p & 3)
		*p++ = 0;
	return p;
}

static size_t
archive(uchar *buf)
{
	static const char *names[] = { ".", "a", "a/b", "boot/boot", "386/bin/rc", "../x", "" };
	uchar *p = buf;

	for (unsigned n = 1 + rnd(3); n > 0; n--) {
		for (unsigned i = rnd(6); i > 0; i--)
			p = put(p, names[rnd(7)], rnd(2) ? 0100644 : 040755, 1 + rnd(2), rnd(40));
		p = put(p, "TRAILER!!!", 0, 1, 0);
		for (unsigned i = rnd(9); i > 0; i--)
			*p++ = 0;
		while ((uintptr_t)p & 3)
			*p++ = 0;
	}
	return p - buf;
}

static void
damage(uchar *buf, size_t *n)
{
	for (unsigned i = rnd(4); i > 0 && *n > 0; i--)
		switch (rnd(4)) {
		case 0:
			buf[rnd(*n)] = rnd(256);
			break;
		case 1:
			buf[rnd(*n)] = "0f8F7"[rnd(5)];
			break;
		case 2:
			*n = rnd(*n);
			break;
		case 3:
			memset(buf + rnd(*n), 'f', 1);
			break;
		}
}

/* Read the archive; its bytes are in memory of just its size, so that a sanitizer sees the rest. */
static void
check(uchar *buf, size_t n, uint64_t seed, int intact)
{
	uchar *a = calloc(1, n > 0 ? n : 1);
	volatile unsigned sum = 0;
	Cpioent e;
	Cpio c;
	int r;

	memcpy(a, buf, n);
	cpioinit(&c, a, n);
	while ((r = cpionext(&c, &e)) > 0) {
		if (e.data < a || e.size > (size_t)(a + n - e.data))
			die("data outside of the archive", seed);
		if ((uchar *)e.name < a || (uchar *)e.name + strlen(e.name) >= a + n)
			die("name outside of the archive", seed);
		for (ulong i = 0; i < e.size; i++)
			sum += e.data[i];
	}
	if (r < 0 && c.err == NULL)
		die("error without a reason", seed);
	if (r < 0 && intact)
		die(c.err, seed);
	free(a);
}

int
main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 2;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	time_t end = time(NULL) + (time_t)seconds;
	static uchar buf[65536] __attribute__((aligned(4)));
	uint64_t rounds = 0;
	size_t n;

	printf("1..1\n# seed %llu\n", (unsigned long long)seed);
	do {
		state = (seed + rounds) * 0x9E3779B97F4A7C15ull | 1;
		n = archive(buf);
		check(buf, n, seed + rounds, 1);
		damage(buf, &n);
		check(buf, n, seed + rounds, 0);
		rounds++;
	} while (seconds == 0 || rounds < 1000 || time(NULL) < end);
	printf("ok 1 - cpio reader survives %llu archives\n", (unsigned long long)rounds);
	return 0;
}
