/*
 * SHA-1 (FIPS 180-4) for #¤, behind libsec's interface.  The state is always
 * the caller's; the kernel keeps none on the heap.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"

enum {
	Blk	= 64,
	Lenpos	= Blk - 8,	/* where the last block holds the length in bits */
};

static u32int
rotl(u32int x, int n)
{
	return x<<n | x>>(32-n);
}

static void
block(u32int *h, uchar *p)
{
	u32int w[80], a, b, c, d, e, f, k, t;
	int i;

	for(i = 0; i < 16; i++, p += 4)
		w[i] = (u32int)p[0]<<24 | p[1]<<16 | p[2]<<8 | p[3];
	for(; i < 80; i++)
		w[i] = rotl(w[i-3] ^ w[i-8] ^ w[i-14] ^ w[i-16], 1);
	a = h[0];
	b = h[1];
	c = h[2];
	d = h[3];
	e = h[4];
	for(i = 0; i < 80; i++){
		if(i < 20){
			f = d ^ (b & (c ^ d));
			k = 0x5a827999;
		}else if(i < 40){
			f = b ^ c ^ d;
			k = 0x6ed9eba1;
		}else if(i < 60){
			f = (b & c) | (d & (b | c));
			k = 0x8f1bbcdc;
		}else{
			f = b ^ c ^ d;
			k = 0xca62c1d6;
		}
		t = rotl(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rotl(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

static void
finish(DigestState *s, uchar *digest)
{
	uvlong bits;
	int i;

	bits = s->len * 8;
	s->buf[s->blen++] = 0x80;
	if(s->blen > Lenpos){
		memset(s->buf + s->blen, 0, Blk - s->blen);
		block(s->state, s->buf);
		s->blen = 0;
	}
	memset(s->buf + s->blen, 0, Lenpos - s->blen);
	for(i = 0; i < 8; i++)
		s->buf[Lenpos+i] = bits >> (56 - 8*i);
	block(s->state, s->buf);
	for(i = 0; i < SHA1dlen; i++)
		digest[i] = s->state[i/4] >> (24 - i%4*8);
	memset(s, 0, sizeof *s);
}

/*
 * Add n bytes; with a digest to store into, finish and clear the state, which
 * begins as zeros.  A nil state stands for one that lives for this call.
 */
DigestState*
sha1(uchar *p, ulong n, uchar *digest, DigestState *s)
{
	static u32int start[] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	DigestState own, *given;
	ulong m;

	given = s;
	if(s == nil){
		memset(&own, 0, sizeof own);
		s = &own;
	}
	if(!s->seeded){
		memmove(s->state, start, sizeof start);
		s->seeded = 1;
	}
	s->len += n;
	while(n > 0){
		m = Blk - s->blen;
		if(m > n)
			m = n;
		memmove(s->buf + s->blen, p, m);
		s->blen += m;
		p += m;
		n -= m;
		if(s->blen == Blk){
			block(s->state, s->buf);
			s->blen = 0;
		}
	}
	if(digest == nil)
		return given;
	finish(s, digest);
	return nil;
}
