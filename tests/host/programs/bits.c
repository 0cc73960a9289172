/* Bit operations: rotates, byte swaps, counts, scans, bit tests in memory, double shifts. */
#include "program.h"

static u32 bitmap[64];

static u32 bit_reverse(u32 v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

u32 run(void)
{
	u32 seed = 3, sum = 1;

	for (int n = 0; n < 1500; n++) {
		u32 v = next_random(&seed) * 257u + 1, k = v & 31;

		sum = mix(sum, v << k | v >> ((32 - k) & 31));
		sum = mix(sum, bit_reverse(v) + (u32)__builtin_ctz(v) * 32u +
			  (u32)__builtin_clz(v) * 1024u);
		bitmap[v >> 5 & 63] ^= 1u << (v & 31);
		if (bitmap[v >> 11 & 63] >> (v >> 6 & 31) & 1)
			sum = mix(sum, (u32)n);
		sum = mix(sum, (u32)((((u64)v << 32 | sum) << k) >> 32));
		sum = mix(sum, (u32)(u16)(v * 3) * (u32)(signed char)v);
	}
	return sum;
}
