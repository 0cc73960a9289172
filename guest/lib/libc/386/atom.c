/*
 * Atomic operations and the cycle counter.  Longs are naturally aligned, so a
 * lock prefix is all it takes.
 */
#include <u.h>
#include <libc.h>

/* sets the word to a value that is not 0, returns what it was */
long
_tas(void *p)
{
	long old;

	old = 0xDEADDEAD;
	asm volatile("xchgl %0, %1" : "+r" (old), "+m" (*(long*)p) : : "memory");
	return old;
}

/* the value after the addition */
static long
add(long *p, long d)
{
	long old;

	old = d;
	asm volatile("lock xaddl %0, %1" : "+r" (old), "+m" (*p) : : "memory", "cc");
	return old + d;
}

long
ainc(long *p)
{
	return add(p, 1);
}

long
adec(long *p)
{
	return add(p, -1);
}

/* if *p is old it becomes new; 1 if it did */
int
cas(void *p, long old, long new)
{
	uchar ok;

	asm volatile("lock cmpxchgl %3, %1; sete %0" : "=q" (ok), "+m" (*(long*)p), "+a" (old) : "r" (new) : "memory", "cc");
	return ok;
}

void
cycles(uvlong *t)
{
	ulong lo, hi;

	asm volatile("rdtsc" : "=a" (lo), "=d" (hi));
	*t = (uvlong)hi<<32 | lo;
}
