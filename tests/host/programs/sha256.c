/* The compression function of SHA-256 (FIPS 180-4) with constants of its own: rotates, additions, tables. */
#include "program.h"

static u32 k[64];

static u32 ror(u32 v, unsigned n)
{
	return v >> n | v << (32 - n);
}

static void make_constants(void)
{
	u32 seed = 1;

	for (int n = 0; n < 64; n++)
		k[n] = next_random(&seed) * 2654435761u;
}

static void block(u32 h[8], const u8 *m)
{
	u32 w[64], v[8];

	for (int t = 0; t < 16; t++)
		w[t] = (u32)m[4 * t] << 24 | (u32)m[4 * t + 1] << 16 | (u32)m[4 * t + 2] << 8 | m[4 * t + 3];
	for (int t = 16; t < 64; t++) {
		u32 a = w[t - 15], b = w[t - 2];

		w[t] = w[t - 16] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + w[t - 7] + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
	for (int n = 0; n < 8; n++)
		v[n] = h[n];
	for (int t = 0; t < 64; t++) {
		u32 e = v[4], a = v[0];
		u32 x = v[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + k[t] + w[t];
		u32 y = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		for (int n = 7; n > 0; n--)
			v[n] = v[n - 1];
		v[4] += x;
		v[0] = x + y;
	}
	for (int n = 0; n < 8; n++)
		h[n] += v[n];
}

u32 run(void)
{
	static u8 message[64];
	u32 h[8], sum = 0;

	make_constants();
	for (u32 n = 0; n < 8; n++)
		h[n] = k[n] * 2654435761u;
	for (u32 round = 0; round < 24; round++) {
		for (u32 n = 0; n < 64; n++)
			message[n] = (u8)(n * round + 7);
		block(h, message);
	}
	for (int n = 0; n < 8; n++)
		sum = mix(sum, h[n]);
	return sum;
}
