/*
 * What the compiler calls for 64-bit division and bits on a machine of 32 bits, since
 * nothing of its own library is linked.
 */
#include <u.h>
#include <libc.h>

uvlong	__udivmoddi4(uvlong, uvlong, uvlong*);
uvlong	__udivdi3(uvlong, uvlong);
uvlong	__umoddi3(uvlong, uvlong);
vlong	__divdi3(vlong, vlong);
vlong	__moddi3(vlong, vlong);
vlong	__divmoddi4(vlong, vlong, vlong*);
int	__popcountsi2(uint);
int	__clzdi2(uvlong);
int	__ctzdi2(uvlong);
int	__popcountdi2(uvlong);
int	__ffsdi2(uvlong);
int	__clrsbdi2(vlong);

/* hi:lo by d, whose quotient must fit 32 bits: hi < d */
static inline ulong
divl(ulong hi, ulong lo, ulong d, ulong *rem)
{
	ulong q, r;

	asm("divl %4" : "=a" (q), "=d" (r) : "0" (lo), "1" (hi), "rm" (d) : "cc");
	*rem = r;
	return q;
}

/* top bit's position; x is not 0 */
static inline int
topbit(ulong x)
{
	ulong n;

	asm("bsrl %1, %0" : "=r" (n) : "rm" (x) : "cc");
	return n;
}

static inline int
lowbit(ulong x)
{
	ulong n;

	asm("bsfl %1, %0" : "=r" (n) : "rm" (x) : "cc");
	return n;
}

/*
 * A divisor of more than 32 bits gives a quotient of at most 32.  Divide the
 * halved dividend by the divisor's top 32 bits: the estimate is exact or one
 * or two too large, which the product shows.
 */
static ulong
divbig(uvlong n, uvlong d, uvlong *rem)
{
	int shift;
	ulong q, dtop, r;
	uvlong half, prod;

	shift = topbit(d>>32) + 1;
	dtop = d >> shift;
	half = n >> 1;
	q = divl(half>>32, half, dtop, &r);
	q = shift == 32 ? q >> 31 : q >> (shift-1);
	if(q != 0)
		q--;
	prod = q*d;
	n -= prod;
	while(n >= d){
		n -= d;
		q++;
	}
	*rem = n;
	return q;
}

uvlong
__udivmoddi4(uvlong n, uvlong d, uvlong *rem)
{
	ulong qhi, qlo, r;
	uvlong big, q;

	if(d>>32){
		if(n < d){
			big = n;
			q = 0;
		}else
			q = divbig(n, d, &big);
		if(rem != nil)
			*rem = big;
		return q;
	}
	r = n>>32;
	qhi = 0;
	if(r >= (ulong)d)	/* divides by zero, and traps, if d is */
		qhi = divl(0, r, d, &r);
	qlo = divl(r, n, d, &r);
	if(rem != nil)
		*rem = r;
	return (uvlong)qhi<<32 | qlo;
}

uvlong
__udivdi3(uvlong n, uvlong d)
{
	return __udivmoddi4(n, d, nil);
}

uvlong
__umoddi3(uvlong n, uvlong d)
{
	uvlong r;

	__udivmoddi4(n, d, &r);
	return r;
}

static uvlong
magnitude(vlong n)
{
	return n < 0 ? -(uvlong)n : n;
}

vlong
__divmoddi4(vlong n, vlong d, vlong *rem)
{
	uvlong q, r;

	q = __udivmoddi4(magnitude(n), magnitude(d), &r);
	if(rem != nil)
		*rem = n < 0 ? -r : r;
	return (n < 0) != (d < 0) ? -q : q;
}

vlong
__divdi3(vlong n, vlong d)
{
	return __divmoddi4(n, d, nil);
}

vlong
__moddi3(vlong n, vlong d)
{
	vlong r;

	__divmoddi4(n, d, &r);
	return r;
}

int
__popcountsi2(uint x)
{
	int n;

	for(n = 0; x != 0; x &= x-1)
		n++;
	return n;
}

int
__clzdi2(uvlong x)
{
	if(x>>32)
		return 31 - topbit(x>>32);
	return 63 - topbit(x);
}

int
__ctzdi2(uvlong x)
{
	if((ulong)x)
		return lowbit(x);
	return 32 + lowbit(x>>32);
}

int
__popcountdi2(uvlong x)
{
	return __popcountsi2(x) + __popcountsi2(x>>32);
}

int
__ffsdi2(uvlong x)
{
	return x == 0 ? 0 : 1 + __ctzdi2(x);
}

int
__clrsbdi2(vlong x)
{
	if(x < 0)
		x = ~x;
	return x == 0 ? 63 : __clzdi2(x) - 1;
}
