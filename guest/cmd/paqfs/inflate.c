/*
 * The inverse of deflate, RFC 1951: one buffer into another.  Nothing outside of the two is touched, whatever the bytes
 * say.
 */
#include <u.h>
#include <libc.h>
#include "paq.h"

enum
{
	Maxbits	= 15,			/* of a code */
	Fast	= 9,			/* bits that are looked up at once */
	Nlit	= 288,			/* literals, the end, lengths */
	Ndist	= 32,
	Nclen	= 19,			/* codes for lengths of codes */
	End	= 256,
};

typedef struct Code Code;
typedef struct Flate Flate;

/* A Huffman code.  In bits, and as an index, the first bit of a code is the lowest. */
struct Code
{
	ushort	fast[1<<Fast];		/* symbol<<4 | length; 0: the code is longer than Fast, or none */
	int	nlong;			/* codes that are longer: */
	struct {
		ushort	bits;
		ushort	sym;
		uchar	len;
	} slow[Nlit];
};

struct Flate
{
	uchar	*in;
	uchar	*inend;
	uchar	*out;
	uchar	*outstart;
	uchar	*outend;
	ulong	acc;			/* bits that were taken from in, and not yet used */
	int	nacc;
	Code	lit;
	Code	dist;
};

/* As many bits as there are, at least n of them if the input has them. */
static void
fill(Flate *f, int n)
{
	while(f->nacc < n && f->in < f->inend){
		f->acc |= (ulong)*f->in++ << f->nacc;
		f->nacc += 8;
	}
}

/* The next n bits, at most 16; -1 at the end. */
static int
bits(Flate *f, int n)
{
	int v;

	fill(f, n);
	if(f->nacc < n)
		return -1;
	v = f->acc & ((1<<n)-1);
	f->acc >>= n;
	f->nacc -= n;
	return v;
}

static ulong
reversed(ulong code, int len)
{
	ulong r;

	for(r = 0; len > 0; len--, code >>= 1)
		r = r<<1 | (code & 1);
	return r;
}

static void
enter(Code *c, int sym, int len, ulong code)
{
	ulong i;

	code = reversed(code, len);
	if(len > Fast){
		c->slow[c->nlong].bits = code;
		c->slow[c->nlong].sym = sym;
		c->slow[c->nlong++].len = len;
	}else
		for(i = code; i < 1<<Fast; i += 1<<len)
			c->fast[i] = sym<<4 | len;
}

/* The code whose n symbols have codes of these lengths, 0 for none; -1 if there is no such code. */
static int
mkcode(Code *c, uchar *len, int n)
{
	ulong next[Maxbits+2];
	int count[Maxbits+1], i;

	memset(c, 0, sizeof *c);
	memset(count, 0, sizeof count);
	for(i = 0; i < n; i++)
		count[len[i]]++;
	count[0] = 0;
	next[1] = 0;
	for(i = 1; i <= Maxbits; i++){
		if(next[i]+count[i] > 1<<i)
			return -1;
		next[i+1] = (next[i]+count[i])<<1;
	}
	for(i = 0; i < n; i++)
		if(len[i] > 0)
			enter(c, i, len[i], next[len[i]]++);
	return 0;
}

/* The next symbol; -1 if the bits are none's code. */
static int
symbol(Flate *f, Code *c)
{
	int i, e;

	fill(f, Maxbits);
	e = c->fast[f->acc & ((1<<Fast)-1)];
	for(i = 0; e == 0 && i < c->nlong; i++)
		if((f->acc & ((1<<c->slow[i].len)-1)) == c->slow[i].bits)
			e = c->slow[i].sym<<4 | c->slow[i].len;
	if(e == 0 || (e & 15) > f->nacc)
		return -1;
	f->acc >>= e & 15;
	f->nacc -= e & 15;
	return e>>4;
}

/* base[i] and extra[i] bits more; -1 */
static int
valueof(Flate *f, int i, const ushort *base, const uchar *extra)
{
	int v;

	v = bits(f, extra[i]);
	return v < 0 ? -1 : base[i]+v;
}

/* Symbols until the end of the block. */
static int
codes(Flate *f)
{
	static const ushort lbase[] = {3,4,5,6,7,8,9,10,11,13,15,17,19,23,27,31,35,43,51,59,67,83,99,115,131,163,195,227,258};
	static const uchar lextra[] = {0,0,0,0,0,0,0,0,1,1,1,1,2,2,2,2,3,3,3,3,4,4,4,4,5,5,5,5,0};
	static const ushort dbase[] = {1,2,3,4,5,7,9,13,17,25,33,49,65,97,129,193,257,385,513,769,1025,1537,2049,3073,4097,6145,8193,
		12289,16385,24577};
	static const uchar dextra[] = {0,0,0,0,1,1,2,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12,13,13};
	int s, len, dist;

	for(;;){
		s = symbol(f, &f->lit);
		if(s == End)
			return 0;
		if(s < End){
			if(s < 0 || f->out == f->outend)
				return -1;
			*f->out++ = s;
			continue;
		}
		s -= End+1;
		if(s >= nelem(lbase) || (len = valueof(f, s, lbase, lextra)) < 0)
			return -1;
		s = symbol(f, &f->dist);
		if(s < 0 || s >= nelem(dbase) || (dist = valueof(f, s, dbase, dextra)) < 0)
			return -1;
		if(dist > f->out-f->outstart || len > f->outend-f->out)
			return -1;
		for(; len > 0; len--, f->out++)
			*f->out = f->out[-dist];
	}
}

static int
stored(Flate *f)
{
	int n, not;

	bits(f, f->nacc&7);
	n = bits(f, 16);
	not = bits(f, 16);
	if(n < 0 || not < 0 || (n ^ not) != 0xFFFF)
		return -1;
	while(f->nacc > 0){		/* bytes that were taken too early */
		f->in--;
		f->nacc -= 8;
	}
	f->acc = 0;
	if(n > f->inend-f->in || n > f->outend-f->out)
		return -1;
	memmove(f->out, f->in, n);
	f->in += n;
	f->out += n;
	return 0;
}

static int
fixed(Flate *f)
{
	uchar len[Nlit];
	int i;

	for(i = 0; i < Nlit; i++)
		len[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	if(mkcode(&f->lit, len, Nlit) < 0)
		return -1;
	memset(len, 5, Ndist);
	return mkcode(&f->dist, len, Ndist) < 0 ? -1 : codes(f);
}

/* The lengths of n codes, which are themselves coded by c, with repetitions. */
static int
lengths(Flate *f, Code *c, uchar *len, int n)
{
	int i, s, times;
	uchar what;

	for(i = 0; i < n; ){
		s = symbol(f, c);
		if(s < 0)
			return -1;
		if(s < 16){
			len[i++] = s;
			continue;
		}
		if(s == 16 && i == 0)
			return -1;
		what = s == 16 ? len[i-1] : 0;
		times = bits(f, s == 16 ? 2 : s == 17 ? 3 : 7);
		if(times < 0)
			return -1;
		times += s == 18 ? 11 : 3;
		if(times > n-i)
			return -1;
		memset(len+i, what, times);
		i += times;
	}
	return 0;
}

static int
dynamic(Flate *f)
{
	static const uchar order[Nclen] = {16,17,18,0,8,7,9,6,10,5,11,4,12,3,13,2,14,1,15};
	uchar len[Nlit+Ndist];
	int i, n, nlit, ndist, nclen;

	nlit = bits(f, 5);
	ndist = bits(f, 5);
	nclen = bits(f, 4);
	if(nlit < 0 || ndist < 0 || nclen < 0 || (nlit += 257) > Nlit)
		return -1;
	ndist++;
	memset(len, 0, Nclen);
	for(i = 0; i < nclen+4; i++){
		n = bits(f, 3);
		if(n < 0)
			return -1;
		len[order[i]] = n;
	}
	/* lit is free until its own lengths are known */
	if(mkcode(&f->lit, len, Nclen) < 0 || lengths(f, &f->lit, len, nlit+ndist) < 0)
		return -1;
	if(mkcode(&f->lit, len, nlit) < 0 || mkcode(&f->dist, len+nlit, ndist) < 0)
		return -1;
	return codes(f);
}

long
inflate(uchar *to, long room, uchar *from, long n)
{
	static Flate f;
	int last, kind, r;

	f.in = from;
	f.inend = from+n;
	f.out = f.outstart = to;
	f.outend = to+room;
	f.acc = 0;
	f.nacc = 0;
	do{
		last = bits(&f, 1);
		kind = bits(&f, 2);
		if(last < 0 || kind < 0)
			return -1;
		r = kind == 0 ? stored(&f) : kind == 1 ? fixed(&f) : kind == 2 ? dynamic(&f) : -1;
		if(r < 0)
			return -1;
	}while(!last);
	return f.out-to;
}
