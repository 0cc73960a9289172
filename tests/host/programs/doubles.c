/* Floating point in double and float, with vectorisable loops; operations that are exact, so that x87 and SSE agree. */
#include "program.h"

static double x[256], y[256];
static float f[256];
static i32 w[256];

u32 run(void)
{
	u32 seed = 5, sum = 0;

	for (int n = 0; n < 256; n++) {
		x[n] = (double)(i32)(next_random(&seed) & 0xffff) / 16.0;
		y[n] = (double)(i32)(next_random(&seed) & 0xfff) - 2048.0;
		f[n] = (float)(i32)(next_random(&seed) & 0xff) * 0.5f;
	}
	for (int pass = 0; pass < 8; pass++) {
		for (int n = 0; n < 256; n++)
			x[n] = x[n] * 0.5 + y[n] * 2.0;
		for (int n = 0; n < 256; n++)
			y[n] = y[n] > 0.0 ? y[n] - 3.0 : y[n] + 5.0;
		for (int n = 0; n < 256; n++)
			f[n] = f[n] < 100.0f ? f[n] + 1.5f : f[n] * 0.25f;
		for (int n = 0; n < 256; n++)
			w[n] = (i32)(x[n] * 64.0) + (i32)(f[n] * 8.0f);
		for (int n = 0; n < 256; n++)
			sum = mix(sum, (u32)w[n]);
	}
	return sum;
}
