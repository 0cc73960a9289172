/*
 * Floating point in print(2): e f g E G.  Digits are exact, rounded to even,
 * however many are asked for.
 */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"
#include "../float/decimal.h"

enum
{
	Defprec	= 6,
	Maxprec	= 1200,			/* more digits than any double has */
	Maxbuf	= 333 + Maxprec + 20,
};

/* v >= 0, finite, as a Decimal */
static void
setdouble(Decimal *x, double v)
{
	FPdbleword w;
	uvlong mant;
	int exp;

	w.x = v;
	mant = (uvlong)(w.hi & 0xFFFFF)<<32 | w.lo;
	exp = w.hi>>20 & 0x7FF;
	if(exp != 0)
		mant |= 1ULL<<52;
	else
		exp = 1;
	exp -= 1075;
	for(; mant != 0 && exp < 0 && (mant & 1) == 0; exp++)
		mant >>= 1;		/* an integer needs no shifting at all */
	_decset(x, mant);
	if(mant != 0)
		_decshift(x, exp);
}

static char*
putexp(char *p, int verb, int exp)
{
	*p++ = verb == 'E' || verb == 'G' ? 'E' : 'e';
	*p++ = exp < 0 ? '-' : '+';
	if(exp < 0)
		exp = -exp;
	if(exp >= 100)
		*p++ = '0' + exp/100;
	*p++ = '0' + exp/10%10;
	*p++ = '0' + exp%10;
	return p;
}

/* d.ddde+xx from n digits */
static char*
expform(char *p, char *dig, int n, int point, int verb, int exp)
{
	*p++ = dig[0];
	if(n > 1 || point)
		*p++ = '.';
	memmove(p, dig+1, n-1);
	return putexp(p+n-1, verb, exp);
}

/* ddd.ddd from n digits, the first of weight 10^exp, and prec places */
static char*
fixform(char *p, char *dig, int n, int point, int exp, int prec)
{
	int i;

	if(exp < 0)
		*p++ = '0';
	for(i = 0; i <= exp; i++)
		*p++ = i < n ? dig[i] : '0';
	if(prec > 0 || point)
		*p++ = '.';
	for(i = exp+1; i <= exp+prec; i++)
		*p++ = i < 0 || i >= n ? '0' : dig[i];
	return p;
}

static char*
fixed(char *buf, Decimal *x, int prec, int point)
{
	char dig[Maxbuf];
	int n, exp;

	n = _decdigits(x, dig, _decexp(x)+1+prec, &exp);
	if(n <= 0 || dig[0] == '0')
		exp = -1;
	return fixform(buf, dig, n, point, exp, prec);
}

static char*
scientific(char *buf, Decimal *x, int prec, int point, int verb)
{
	char dig[Maxprec+1];
	int exp;

	_decdigits(x, dig, prec+1, &exp);
	return expform(buf, dig, prec+1, point, verb, exp);
}

/* the shorter of both forms, to prec digits, without zeros that say nothing */
static char*
general(char *buf, Decimal *x, int prec, int sharp, int verb)
{
	char dig[Maxprec+1];
	int n, exp;

	n = prec > 0 ? prec : 1;
	prec = n;
	_decdigits(x, dig, n, &exp);
	if(!sharp)
		while(n > 1 && dig[n-1] == '0')
			n--;
	if(exp < -4 || exp >= prec)
		return expform(buf, dig, n, sharp, verb, exp);
	if(n > exp+1)
		return fixform(buf, dig, n, sharp, exp, n-1-exp);
	return fixform(buf, dig, n, sharp, exp, 0);
}

static char*
format(Fmt *f, double v, char *buf)
{
	Decimal x;
	int prec, sharp;

	if(isNaN(v))
		return strecpy(buf, buf+8, "NaN");
	if(isInf(v, 1))
		return strecpy(buf, buf+8, "Inf");
	prec = f->flags & FmtPrec ? f->prec : Defprec;
	if(prec >= Maxprec)
		prec = Maxprec-1;
	sharp = (f->flags & FmtSharp) != 0;
	setdouble(&x, v);
	switch(f->r){
	case 'f':
		return fixed(buf, &x, prec, sharp);
	case 'e':
	case 'E':
		return scientific(buf, &x, prec, sharp, f->r);
	}
	return general(buf, &x, prec, sharp, f->r);
}

int
_floatfmt(Fmt *f)
{
	FPdbleword w;
	char buf[Maxbuf], *sign;
	int n, pad, zeros;

	w.x = va_arg(f->args, double);
	sign = "";
	if(w.hi & 0x80000000UL && !isNaN(w.x)){
		sign = "-";
		w.hi &= 0x7FFFFFFF;
	}else if(f->flags & FmtSign)
		sign = "+";
	else if(f->flags & FmtSpace)
		sign = " ";
	n = format(f, w.x, buf) - buf;
	pad = f->flags & FmtWidth ? f->width - n - (int)strlen(sign) : 0;
	zeros = (f->flags & (FmtZero|FmtLeft)) == FmtZero && buf[0] <= '9';
	if(!(f->flags & FmtLeft) && !zeros && _fmtfill(f, pad, ' ') < 0)
		return -1;
	if(_fmtbytes(f, sign, strlen(sign)) < 0)
		return -1;
	if(zeros && _fmtfill(f, pad, '0') < 0)
		return -1;
	if(_fmtbytes(f, buf, n) < 0)
		return -1;
	return f->flags & FmtLeft ? _fmtfill(f, pad, ' ') : 0;
}
