/* Conversions between integers of all sizes, float, double and long double, out of range and negative ones not. */
#include "program.h"

u32 run(void)
{
	u32 seed = 11, sum = 0;

	for (int n = 0; n < 500; n++) {
		i32 i = (i32)(next_random(&seed) << 8) >> (n & 31);
		i64 l = (i64)i * (n + 1) * 1000;
		volatile float f = (float)i;
		volatile double d = (double)l;
		volatile short s = (short)(i32)f;
		volatile signed char c = (signed char)i;

		sum = mix(sum, (u32)(i32)(f / 3.0f > 2.0e9f ? 0 : f / 4.0f));
		sum = mix(sum, (u32)(i64)d ^ (u32)((i64)d >> 32));
		sum = mix(sum, (u32)(i32)s + (u32)(i32)(double)c);
		sum = mix(sum, (u32)(i32)((long double)i * 0.5L));
		sum = mix(sum, (u32)(d > f) + 2 * (u32)(d == (double)f) + 4 * (u32)(f < 0.0f));
	}
	return sum;
}
