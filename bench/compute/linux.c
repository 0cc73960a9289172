/*
 * Runs the compute kernels as a 32-bit Linux program that needs no library: prints "name checksum nanoseconds" for
 * each.  The native side of the comparison, and qemu-i386's.
 */
#include "compute.h"

enum { SYS_EXIT = 1, SYS_WRITE = 4, SYS_CLOCK_GETTIME = 265, CLOCK_MONOTONIC = 1 };

static int call(int nr, int a, void *b, int c)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "0"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

static unsigned long long now_ns(void)
{
	struct { int sec, nsec; } t;

	call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, &t, 0);
	return t.sec * 1000000000ull + (u32)t.nsec;
}

static char *put(char *p, const char *s)
{
	while (*s != 0)
		*p++ = *s++;
	*p++ = ' ';
	return p;
}

/* Decimal by subtraction of powers: no 64-bit division, which would need a library. */
static char *number(char *p, unsigned long long v)
{
	unsigned long long power = 1000000000000000ull;
	static const u32 parts[] = { 10 };
	int started = 0;

	for (int digits = 16; digits > 0; digits--) {
		int d = 0;

		while (v >= power) {
			v -= power;
			d++;
		}
		if (d != 0 || started || digits == 1) {
			*p++ = '0' + d;
			started = 1;
		}
		/* power / 10, by halves that fit 32 bits */
		{
			u32 hi = power >> 32, lo = power, q, r;

			q = hi / parts[0];
			r = hi % parts[0];
			__asm__("divl %4" : "=a"(lo), "=d"(r) : "0"(lo), "1"(r), "r"(parts[0]));
			power = (unsigned long long)q << 32 | lo;
		}
	}
	return p;
}

void start(void)
{
	char line[128];

	set_precision();
	for (const struct kernel *k = kernels; k->name != 0; k++) {
		unsigned long long t = now_ns();
		u32 sum = k->run(k->n);
		char *p;

		t = now_ns() - t;
		p = put(line, k->name);
		p = number(p, sum);
		*p++ = ' ';
		p = number(p, t);
		*p++ = '\n';
		call(SYS_WRITE, 1, line, p - line);
	}
	call(SYS_EXIT, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tandl $-16, %esp\n\tcall start\n");
