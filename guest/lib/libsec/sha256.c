/* SHA-256, FIPS 180-4: words of 32 bits, 64 rounds. */
#include <u.h>
#include <libc.h>
#include <libsec.h>
#include "md.h"

/* fractions of the square roots of the first eight primes */
static u32int start[8] =
{
	0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
	0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

/* and of the cube roots of the first 64 */
static u32int roots[64] =
{
	0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
	0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
	0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
	0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
	0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
	0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
	0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
	0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

#define ror(x, n)	((x)>>(n) | (x)<<(32-(n)))

static void
schedule(u32int *w, uchar *p)
{
	u32int x, y;
	int i, j;

	for(i = 0; i < 16; i++){
		x = 0;
		for(j = 0; j < 4; j++)
			x = x<<8 | *p++;
		w[i] = x;
	}
	for(; i < 64; i++){
		x = w[i-15];
		y = w[i-2];
		w[i] = w[i-16] + (ror(x, 7) ^ ror(x, 18) ^ x>>3)
			+ w[i-7] + (ror(y, 17) ^ ror(y, 19) ^ y>>10);
	}
}

static void
step(DigestState *s, uchar *p, ulong n)
{
	u32int v[8], w[64], t1, t2;
	int i, j;

	for(; n > 0; n -= 64, p += 64){
		schedule(w, p);
		memmove(v, s->state, sizeof v);
		for(i = 0; i < 64; i++){
			t1 = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25))
				+ (v[6] ^ (v[4] & (v[5] ^ v[6]))) + roots[i] + w[i];
			t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22))
				+ ((v[0] & v[1]) | (v[2] & (v[0] | v[1])));
			for(j = 7; j > 0; j--)
				v[j] = v[j-1];
			v[4] += t1;
			v[0] = t1 + t2;
		}
		for(j = 0; j < 8; j++)
			s->state[j] += v[j];
	}
}

static void
put(DigestState *s, uchar *out)
{
	int i;

	for(i = 0; i < SHA2_256dlen; i++)
		out[i] = s->state[i/4] >> (24 - i%4*8);
}

static Method method = {64, SHA2_256dlen, 1, start, sizeof start, step, put};

DigestState*
sha2_256(uchar *p, ulong n, uchar *digest, DigestState *s)
{
	return _digest(&method, p, n, digest, s);
}
