/*
 * ChaCha20 and Poly1305, RFC 8439, and the two together.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"
#include "crypt.h"

enum
{
	Chunk	= 64,			/* of the stream */
	Pblock	= 16,
	Limb	= 26,			/* bits in a limb of Poly */
	Lmask	= (1<<Limb)-1,
};

/* A number below 2^130, and the key r, in five limbs. */
struct Poly
{
	u32int	h[5];
	u32int	r[5];
	uchar	s[Pblock];
};

static u32int
get4(uchar *p)
{
	return p[0] | p[1]<<8 | p[2]<<16 | (u32int)p[3]<<24;
}

static void
put4(uchar *p, u32int x)
{
	int i;

	for(i = 0; i < 4; i++, x >>= 8)
		p[i] = x;
}

#define rol(x, n)	((x)<<(n) | (x)>>(32-(n)))

static void
quarter(u32int *x, int a, int b, int c, int d)
{
	x[a] += x[b]; x[d] ^= x[a]; x[d] = rol(x[d], 16);
	x[c] += x[d]; x[b] ^= x[c]; x[b] = rol(x[b], 12);
	x[a] += x[b]; x[d] ^= x[a]; x[d] = rol(x[d], 8);
	x[c] += x[d]; x[b] ^= x[c]; x[b] = rol(x[b], 7);
}

static void
stream(uchar *key, uchar *nonce, u32int counter, uchar *out)
{
	u32int start[16], x[16];
	int i;

	start[0] = 0x61707865;
	start[1] = 0x3320646E;
	start[2] = 0x79622D32;
	start[3] = 0x6B206574;
	for(i = 0; i < 8; i++)
		start[4+i] = get4(key+4*i);
	start[12] = counter;
	for(i = 0; i < 3; i++)
		start[13+i] = get4(nonce+4*i);
	memmove(x, start, sizeof x);
	for(i = 0; i < 10; i++){
		quarter(x, 0, 4, 8, 12);
		quarter(x, 1, 5, 9, 13);
		quarter(x, 2, 6, 10, 14);
		quarter(x, 3, 7, 11, 15);
		quarter(x, 0, 5, 10, 15);
		quarter(x, 1, 6, 11, 12);
		quarter(x, 2, 7, 8, 13);
		quarter(x, 3, 4, 9, 14);
	}
	for(i = 0; i < 16; i++)
		put4(out+4*i, x[i]+start[i]);
}

/* The text is encrypted from block 1 on; block 0 is for Poly1305. */
static void
chacha(uchar *key, uchar *nonce, uchar *p, ulong n)
{
	uchar s[Chunk];
	u32int counter;
	ulong m;

	for(counter = 1; n > 0; counter++, p += m, n -= m){
		stream(key, nonce, counter, s);
		m = n < Chunk? n: Chunk;
		xorbytes(p, s, m);
	}
}

/* 16 bytes and, above them, a bit, as limbs */
static void
limbs(u32int *l, uchar *p, u32int top)
{
	l[0] = get4(p) & Lmask;
	l[1] = get4(p+3)>>2 & Lmask;
	l[2] = get4(p+6)>>4 & Lmask;
	l[3] = get4(p+9)>>6 & Lmask;
	l[4] = get4(p+12)>>8 | top<<24;
}

static void
polykey(Poly *p, uchar *key)
{
	static uchar clamp[Pblock] = {255, 255, 255, 15, 252, 255, 255, 15, 252, 255, 255, 15, 252, 255, 255, 15};
	uchar r[Pblock];
	int i;

	memset(p, 0, sizeof *p);
	for(i = 0; i < Pblock; i++)
		r[i] = key[i] & clamp[i];
	limbs(p->r, r, 0);
	memmove(p->s, key+Pblock, Pblock);
}

/* h = (h + the block) * r mod 2^130-5 */
static void
polyblock(Poly *p, uchar *m)
{
	u32int l[5];
	uvlong d[5], c;
	int i, j;

	limbs(l, m, 1);
	for(i = 0; i < 5; i++)
		l[i] += p->h[i];
	for(i = 0; i < 5; i++){
		d[i] = 0;
		for(j = 0; j < 5; j++)
			d[i] += (uvlong)l[j] * (j <= i? p->r[i-j]: 5*p->r[5+i-j]);
	}
	c = 0;
	for(i = 0; i < 5; i++){
		d[i] += c;
		c = d[i]>>Limb;
		p->h[i] = d[i] & Lmask;
	}
	p->h[0] += 5*c;
	p->h[1] += p->h[0]>>Limb;
	p->h[0] &= Lmask;
}

/* The bytes, and zeros up to a whole block. */
static void
polypadded(Poly *p, uchar *m, ulong n)
{
	uchar last[Pblock];

	for(; n >= Pblock; n -= Pblock, m += Pblock)
		polyblock(p, m);
	if(n > 0){
		memset(last, 0, sizeof last);
		memmove(last, m, n);
		polyblock(p, last);
	}
}

/* h mod 2^130-5, plus s */
static void
polytag(Poly *p, uchar *tag)
{
	u32int g[5], c, mask;
	uvlong f;
	int i, k;

	/* carry all, then see whether h+5 reaches 2^130 */
	for(k = 0; k < 2; k++){
		c = 0;
		for(i = 0; i < 5; i++){
			p->h[i] += c;
			c = p->h[i]>>Limb;
			p->h[i] &= Lmask;
		}
		p->h[0] += 5*c;
	}
	c = 5;
	for(i = 0; i < 5; i++){
		g[i] = p->h[i]+c;
		c = g[i]>>Limb;
		g[i] &= Lmask;
	}
	mask = -c;		/* all ones if it does */
	for(i = 0; i < 5; i++)
		g[i] = g[i]&mask | p->h[i]&~mask;
	f = 0;
	for(i = 0; i < 4; i++){
		f += (u32int)(g[i]>>6*i | g[i+1]<<(Limb-6*i));
		f += get4(p->s+4*i);
		put4(tag+4*i, f);
		f >>= 32;
	}
}

static void
tagof(uchar *key, uchar *nonce, uchar *aad, ulong naad, uchar *p, ulong n, uchar *tag)
{
	uchar k[Chunk], len[Pblock];
	Poly poly;

	stream(key, nonce, 0, k);
	polykey(&poly, k);
	polypadded(&poly, aad, naad);
	polypadded(&poly, p, n);
	memset(len, 0, sizeof len);
	put4(len, naad);
	put4(len+8, n);
	polyblock(&poly, len);
	polytag(&poly, tag);
}

void
ccpolyseal(uchar *key, uchar *nonce, uchar *aad, ulong naad, uchar *p, ulong n, uchar *tag)
{
	chacha(key, nonce, p, n);
	tagof(key, nonce, aad, naad, p, n, tag);
}

int
ccpolyopen(uchar *key, uchar *nonce, uchar *aad, ulong naad, uchar *p, ulong n, uchar *tag)
{
	uchar t[Aeadtag];

	tagof(key, nonce, aad, naad, p, n, t);
	if(constcmp(t, tag, Aeadtag) != 0)
		return -1;
	chacha(key, nonce, p, n);
	return 0;
}
