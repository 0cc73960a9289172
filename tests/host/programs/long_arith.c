/* 64-bit integers: products, quotients, shifts by variable counts, carries, comparisons. */
#include "program.h"

u32 run(void)
{
	u32 seed = 99, sum = 0;
	u64 acc = 0x123456789abcdefull;

	for (int n = 0; n < 120; n++) {
		u64 a = (u64)next_random(&seed) << 36 ^ (u64)next_random(&seed) << 13 ^ next_random(&seed);
		u64 b = (u64)next_random(&seed) << (n & 31) | 1;
		i64 s = (i64)a, t = (i64)(b ^ (n & 1 ? ~0ull : 0));
		unsigned k = next_random(&seed) & 63;

		acc += a * b;
		acc ^= a / b + a % b * 3;
		acc -= (u64)(s / t) ^ (u64)(s % t);
		acc = acc << k | acc >> (63 - k) >> 1;
		acc += (u64)(s >> k) - (a >> k) + (s < t) + 2 * (a < b);
		acc ^= (u64)((i64)(i32)acc * (i32)(a >> 32));
		sum = mix(sum, (u32)(acc >> 32) ^ (u32)acc);
	}
	return sum;
}
