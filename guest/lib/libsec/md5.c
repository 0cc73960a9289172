/* MD5, RFC 1321.  Little endian throughout, as this machine is. */
#include <u.h>
#include <libc.h>
#include <libsec.h>
#include "md.h"

static u32int start[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};

/* 2^32 |sin(i+1)| */
static u32int sines[64] =
{
	0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
	0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
	0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
	0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
	0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
	0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
	0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
	0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391,
};

static uchar rotations[4][4] =
{
	{7, 12, 17, 22},
	{5, 9, 14, 20},
	{4, 11, 16, 23},
	{6, 10, 15, 21},
};

static u32int
mix(int round, u32int b, u32int c, u32int d)
{
	switch(round){
	case 0:
		return d ^ (b & (c ^ d));
	case 1:
		return c ^ (d & (b ^ c));
	case 2:
		return b ^ c ^ d;
	}
	return c ^ (b | ~d);
}

static void
step(DigestState *s, uchar *p, ulong n)
{
	static uchar first[4] = {0, 1, 5, 0}, stride[4] = {1, 5, 3, 7};
	u32int a, b, c, d, t, x[16];
	int i, round, rot;

	for(; n > 0; n -= 64, p += 64){
		memmove(x, p, sizeof x);
		a = s->state[0];
		b = s->state[1];
		c = s->state[2];
		d = s->state[3];
		for(i = 0; i < 64; i++){
			round = i>>4;
			t = a + mix(round, b, c, d) + x[(first[round] + stride[round]*i) & 15] + sines[i];
			rot = rotations[round][i&3];
			a = d;
			d = c;
			c = b;
			b += t<<rot | t>>(32-rot);
		}
		s->state[0] += a;
		s->state[1] += b;
		s->state[2] += c;
		s->state[3] += d;
	}
}

static void
put(DigestState *s, uchar *out)
{
	memmove(out, s->state, MD5dlen);
}

static Method method = {64, MD5dlen, 0, start, sizeof start, step, put};

DigestState*
md5(uchar *p, ulong n, uchar *digest, DigestState *s)
{
	return _digest(&method, p, n, digest, s);
}
