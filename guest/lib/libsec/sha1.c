/* SHA-1, FIPS 180-4. */
#include <u.h>
#include <libc.h>
#include <libsec.h>
#include "md.h"

static u32int start[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
static u32int constants[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};

#define rol(x, n)	((x)<<(n) | (x)>>(32-(n)))

static u32int
mix(int round, u32int b, u32int c, u32int d)
{
	if(round == 0)
		return d ^ (b & (c ^ d));
	if(round == 2)
		return (b & c) | (d & (b | c));
	return b ^ c ^ d;
}

static void
step(DigestState *s, uchar *p, ulong n)
{
	u32int a, b, c, d, e, t, w[80];
	int i, round;

	for(; n > 0; n -= 64, p += 64){
		for(i = 0; i < 16; i++)
			w[i] = (u32int)p[4*i]<<24 | p[4*i+1]<<16 | p[4*i+2]<<8 | p[4*i+3];
		for(; i < 80; i++){
			t = w[i-3] ^ w[i-8] ^ w[i-14] ^ w[i-16];
			w[i] = rol(t, 1);
		}
		a = s->state[0];
		b = s->state[1];
		c = s->state[2];
		d = s->state[3];
		e = s->state[4];
		i = 0;
		for(round = 0; round < 4; round++)
			for(; i < 20*(round+1); i++){
				t = rol(a, 5) + mix(round, b, c, d) + e + constants[round] + w[i];
				e = d;
				d = c;
				c = rol(b, 30);
				b = a;
				a = t;
			}
		s->state[0] += a;
		s->state[1] += b;
		s->state[2] += c;
		s->state[3] += d;
		s->state[4] += e;
	}
}

static void
put(DigestState *s, uchar *out)
{
	int i;

	for(i = 0; i < SHA1dlen; i++)
		out[i] = s->state[i/4] >> (24 - i%4*8);
}

static Method method = {64, SHA1dlen, 1, start, sizeof start, step, put};

DigestState*
sha1(uchar *p, ulong n, uchar *digest, DigestState *s)
{
	return _digest(&method, p, n, digest, s);
}
