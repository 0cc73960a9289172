/*
 * The Internet checksum (RFC 1071).  Sums are kept as the machine reads words,
 * and turned to the network's order at the end, where that costs one swap.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

static inline u32int
word4(uchar *p)
{
	u32int w;

	__builtin_memcpy(&w, p, 4);
	return w;
}

/* 64 bits of sum as 32, by end-around carry */
static inline u32int
fold32(uvlong s)
{
	s = (s & 0xFFFFFFFF) + (s>>32);
	return (s & 0xFFFFFFFF) + (s>>32);
}

u32int
sumadd(u32int sum, void *v, int n)
{
	uvlong s;
	uchar *p, last[2];
	ushort w;

	p = v;
	s = sum;
	for(; n >= 32; n -= 32, p += 32){
		s += word4(p);
		s += word4(p+4);
		s += word4(p+8);
		s += word4(p+12);
		s += word4(p+16);
		s += word4(p+20);
		s += word4(p+24);
		s += word4(p+28);
	}
	for(; n >= 4; n -= 4, p += 4)
		s += word4(p);
	if(n >= 2){
		__builtin_memcpy(&w, p, 2);
		s += w;
		p += 2;
		n -= 2;
	}
	if(n > 0){
		last[0] = *p;
		last[1] = 0;
		__builtin_memcpy(&w, last, 2);
		s += w;
	}
	return fold32(s);
}

/* A Block that begins at an odd offset has its bytes in the other halves of the words. */
u32int
sumblock(u32int sum, Block *b, int off, int len)
{
	u32int s;
	int n, odd;

	odd = 0;
	for(; b != nil && len > 0; b = b->next){
		n = BLEN(b);
		if(off >= n){
			off -= n;
			continue;
		}
		n -= off;
		if(n > len)
			n = len;
		s = sumadd(0, b->rp+off, n);
		if(odd)
			s = s<<8 | s>>24;
		sum = fold32((uvlong)sum + s);
		odd ^= n & 1;
		len -= n;
		off = 0;
	}
	return sum;
}

u32int
sumpseudo(Ipaddr *src, Ipaddr *dst, int proto, int len)
{
	uchar tail[8];
	u32int s;

	put4(tail, len);
	put4(tail+4, proto);
	s = sumadd(0, tail, 8);
	if(isv4(dst)){
		s = sumadd(s, src->b+V4off, 4);
		return sumadd(s, dst->b+V4off, 4);
	}
	s = sumadd(s, src->b, 16);
	return sumadd(s, dst->b, 16);
}

ushort
sumfold(u32int s)
{
	uchar b[2];
	ushort w;

	s = (s & 0xFFFF) + (s>>16);
	s = (s & 0xFFFF) + (s>>16);
	w = ~s;
	__builtin_memcpy(b, &w, 2);
	return get2(b);
}
