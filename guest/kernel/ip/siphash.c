/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash that a stranger
 * cannot predict.  Sequence numbers, ports, SYN cookies and hash chains use it.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

#define ROTL(x, n)	((x)<<(n) | (x)>>(64-(n)))

static void
rounds(uvlong *v, int n)
{
	while(n-- > 0){
		v[0] += v[1]; v[1] = ROTL(v[1], 13) ^ v[0]; v[0] = ROTL(v[0], 32);
		v[2] += v[3]; v[3] = ROTL(v[3], 16) ^ v[2];
		v[0] += v[3]; v[3] = ROTL(v[3], 21) ^ v[0];
		v[2] += v[1]; v[1] = ROTL(v[1], 17) ^ v[2]; v[2] = ROTL(v[2], 32);
	}
}

static uvlong
le8(uchar *p, int n)
{
	uvlong w;

	for(w = 0; n-- > 0;)
		w = w<<8 | p[n];
	return w;
}

uvlong
siphash(uchar *key, void *a, int n)
{
	uvlong v[4], k0, k1, w;
	uchar *p;
	int left;

	k0 = le8(key, 8);
	k1 = le8(key+8, 8);
	v[0] = k0 ^ 0x736f6d6570736575ull;
	v[1] = k1 ^ 0x646f72616e646f6dull;
	v[2] = k0 ^ 0x6c7967656e657261ull;
	v[3] = k1 ^ 0x7465646279746573ull;
	p = a;
	for(left = n; left >= 8; left -= 8, p += 8){
		w = le8(p, 8);
		v[3] ^= w;
		rounds(v, 2);
		v[0] ^= w;
	}
	w = (uvlong)(n & 0xFF)<<56 | le8(p, left);
	v[3] ^= w;
	rounds(v, 2);
	v[0] ^= w;
	v[2] ^= 0xFF;
	rounds(v, 4);
	return v[0]^v[1]^v[2]^v[3];
}
