/* The x87 as long double: arithmetic, roots, transcendental instructions, comparisons, rounding, 80-bit memory. */
#include "program.h"

static long double root(long double v)
{
	__asm__("fsqrt" : "+t"(v));
	return v;
}

static long double sine(long double v)
{
	__asm__("fsin" : "+t"(v));
	return v;
}

static long double log2_of(long double v)
{
	long double one = 1.0L;

	__asm__("fyl2x" : "=t"(v) : "0"(v), "u"(one) : "st(1)");
	return v;
}

static long double nearest(long double v)
{
	__asm__("frndint" : "+t"(v));
	return v;
}

static u32 add_up(u32 sum, long double v)
{
	union { long double v; u8 b[sizeof(long double)]; } u;

	u.v = v;
	for (int n = 0; n < 10; n++)
		sum = mix(sum, u.b[n]);
	return sum;
}

u32 run(void)
{
	long double v = 1.0L, total = 0.0L;
	u32 sum = 0;

	for (int n = 1; n < 250; n++) {
		v = root(v * (long double)n + 0.5L);
		total += sine(v) / (long double)n;
		total -= log2_of(v) * 0.125L;
		if (total < -50.0L || total > 50.0L)
			total = nearest(total / 3.0L);
		sum = add_up(sum, total);
		sum = add_up(sum, v);
		sum = mix(sum, (u32)(i32)(total * 1000.0L));
	}
	return sum;
}
