/*
 * Arithmetic on Decimal: multiplication and division by powers of two, and
 * rounding to decimal digits.  Slow but short; used by strtod's hard cases
 * and by the printing of floating point.
 */
#include <u.h>
#include <libc.h>
#include "decimal.h"

/* hi:lo by d; hi < d */
static inline u32int
divide(u32int hi, u32int lo, u32int d, u32int *rem)
{
	u32int q, r;

	asm("divl %4" : "=a" (q), "=d" (r) : "0" (lo), "1" (hi), "rm" (d) : "cc");
	*rem = r;
	return q;
}

static void
trim(Decimal *x)
{
	while(x->first < x->last && x->d[x->first] == 0)
		x->first++;
	while(x->last > x->first && x->d[x->last] == 0)
		x->last--;
}

void
_decset(Decimal *x, uvlong v)
{
	int i;

	i = Dint;
	do{
		x->d[--i] = v % Dbase;
		v /= Dbase;
	}while(v != 0);
	x->first = i;
	x->last = Dint-1;
	trim(x);
}

static void
left(Decimal *x, int bits)
{
	uvlong v;
	u32int carry;
	int i;

	carry = 0;
	for(i = x->last; i >= x->first; i--){
		v = ((uvlong)x->d[i]<<bits) + carry;
		carry = divide(v>>32, v, Dbase, &x->d[i]);
	}
	if(carry != 0 && x->first > 0)
		x->d[--x->first] = carry;
}

static void
right(Decimal *x, int bits)
{
	uvlong v;
	u32int rem;
	int i;

	rem = 0;
	for(i = x->first; i <= x->last || rem != 0; i++){
		if(i == Dlimbs){
			x->d[Dlimbs-1] |= 1;	/* not exact any more: keep it off a tie */
			break;
		}
		if(i > x->last){
			x->d[i] = 0;
			x->last = i;
		}
		v = (uvlong)rem*Dbase + x->d[i];
		x->d[i] = v>>bits;
		rem = v & ((1<<bits)-1);
	}
}

/* multiplies by 2^bits, which may be negative */
void
_decshift(Decimal *x, int bits)
{
	int n;

	for(; bits > 0; bits -= n){
		n = bits < Dshift ? bits : Dshift;
		left(x, n);
		trim(x);
	}
	for(; bits < 0; bits += n){
		n = -bits < Dshift ? -bits : Dshift;
		right(x, n);
		trim(x);
	}
}

static int
digitsin(u32int v)
{
	int n;

	for(n = 0; v != 0; n++)
		v /= 10;
	return n;
}

/* digit number i, counted from the first nonzero one, that has lead digits in its limb */
static int
digit(Decimal *x, int lead, int i)
{
	static u32int pow10[Ddigits] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	int limb, place;

	i += Ddigits - lead;
	limb = x->first + i/Ddigits;
	place = Ddigits-1 - i%Ddigits;
	return limb > x->last ? 0 : x->d[limb]/pow10[place]%10;
}

static int
zeroafter(Decimal *x, int lead, int i)
{
	int n, end;

	end = lead + (x->last - x->first)*Ddigits;
	for(n = i; n < end; n++)
		if(digit(x, lead, n) != 0)
			return 0;
	return 1;
}

/* the power of ten of the leading digit */
int
_decexp(Decimal *x)
{
	return (Dint-1 - x->first)*Ddigits + digitsin(x->d[x->first])-1;
}

/*
 * The n leading digits, rounded to even, as text without a NUL; in exp the
 * power of ten of the first.  With n 0 there is one digit if the number
 * rounds up to it, else none; with n negative none.  Returns their number.
 */
int
_decdigits(Decimal *x, char *buf, int n, int *exp)
{
	int lead, i, next, up;

	lead = digitsin(x->d[x->first]);
	*exp = lead == 0 ? 0 : _decexp(x);
	if(n < 0)
		return 0;
	if(lead == 0){
		memset(buf, '0', n);
		return n;
	}
	for(i = 0; i < n; i++)
		buf[i] = '0' + digit(x, lead, i);
	next = digit(x, lead, n);
	up = next > 5;
	if(next == 5)
		up = !zeroafter(x, lead, n+1) || n > 0 && (buf[n-1]-'0') & 1;
	if(!up)
		return n;
	for(i = n-1; i >= 0; i--){
		if(++buf[i] <= '9')
			return n;
		buf[i] = '0';
	}
	++*exp;
	buf[0] = '1';
	return n > 0 ? n : 1;
}
