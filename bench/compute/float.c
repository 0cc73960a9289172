/* The floating-point compute kernels; see compute.h.  Checksums are of bits: every engine must round alike. */
#include "compute.h"

static double grid[128 * 128], left[128 * 128], right[128 * 128];
static float lanes[1 << 14] __attribute__((aligned(16)));

static u32 bits(double d)
{
	union { double d; u32 w[2]; } u = { d };

	return u.w[0] ^ u.w[1];
}

/* Built for the x87 alone: long chains of dependent operations, some transcendental. */
u32 run_x87(u32 n)
{
	double x = 0.5, sum = 0;

	for (u32 i = 1; i <= n; i++) {
		double r;

		x = 3.9 * x * (1 - x);
		__asm__("fsqrt" : "=t"(r) : "0"(x + (int)i));
		sum += r / (1 + x);
		if ((i & 63) == 0) {
			__asm__("fsin" : "=t"(r) : "0"(x));
			sum -= r;
		}
	}
	return bits(sum) ^ bits(x);
}

/* Vectors of four floats through the compiler's own vector type: SSE and SSE2 instructions. */
__attribute__((target("sse2"))) u32 run_sse2(u32 rounds)
{
	typedef float vec __attribute__((vector_size(16)));
	typedef int ivec __attribute__((vector_size(16)));
	vec acc = { 0, 0, 0, 0 };
	ivec mix = { 1, 2, 3, 4 };
	union { vec v; u32 w[4]; } u;

	for (u32 i = 0; i < sizeof lanes / sizeof lanes[0]; i++)
		lanes[i] = (float)(i % 97) * 0.25f;
	while (rounds-- > 0)
		for (u32 i = 0; i < sizeof lanes / sizeof lanes[0]; i += 4) {
			vec v = *(vec *)(lanes + i), one = { 1, 1, 1, 1 };

			acc = acc * 0.5f + v / (v + one);
			mix = (mix << 3) ^ (mix >> 2) ^ (ivec)v;
		}
	u.v = acc;
	return u.w[0] ^ u.w[1] ^ u.w[2] ^ u.w[3] ^ (u32)(mix[0] ^ mix[1] ^ mix[2] ^ mix[3]);
}

u32 run_matmul(u32 rounds)
{
	u32 n = 128;

	for (u32 i = 0; i < n * n; i++) {
		left[i] = (i % 13) * 0.5;
		right[i] = (i % 7) - 3.0;
	}
	while (rounds-- > 0)
		for (u32 i = 0; i < n; i++)
			for (u32 j = 0; j < n; j++) {
				double sum = grid[i * n + j] * 0.25;

				for (u32 k = 0; k < n; k++)
					sum += left[i * n + k] * right[k * n + j];
				grid[i * n + j] = sum;
			}
	return bits(grid[n * n / 2 + 5]) ^ bits(grid[77]);
}
