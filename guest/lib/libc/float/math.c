/*
 * Elementary functions by the x87's instructions, sin(2) exp(2) and others.
 * They compute in its 64-bit precision, for which each brackets its work with
 * enter and leave; these also keep exceptions from trapping, so that a
 * function outside of its domain gives NaN or infinity.
 */
#include <u.h>
#include <libc.h>

typedef long double Real;	/* 80 bits: in registers only */

static ushort
enter(void)
{
	ushort old, wide;

	asm volatile("fnstcw %0" : "=m" (old));
	wide = 0x037F;
	asm volatile("fldcw %0" : : "m" (wide));
	return old;
}

static double
leave(ushort cw, Real result)
{
	double d;

	d = result;		/* rounds, and may overflow, while nothing traps */
	asm volatile("" : "+m" (d));
	asm volatile("fnclex; fldcw %0" : : "m" (cw));
	return d;
}

/* y*log2(x), of one argument to full precision */
static inline Real
ylog2(Real x, Real y)
{
	Real r;

	asm("fyl2x" : "=t" (r) : "0" (x), "u" (y) : "st(1)");
	return r;
}

/* 2^x */
static Real
exp2(Real x)
{
	Real n, r;

	if(x > 17000)
		x = 17000;
	if(x < -17000)
		x = -17000;
	asm("frndint" : "=t" (n) : "0" (x));
	asm("f2xm1" : "=t" (r) : "0" (x-n));
	r += 1;
	asm("fscale" : "=t" (r) : "0" (r), "u" (n));
	return r;
}

double
exp(double d)
{
	Real n, r;
	ushort cw;

	if(isNaN(d))
		return d;
	if(d > 709.79)
		return Inf(1);
	if(d < -745.2)
		return 0;
	cw = enter();
	/* take multiples of ln 2 away in two parts, so that no bits are lost */
	asm("frndint" : "=t" (n) : "0" (d * 1.44269504088896340736L));
	r = d - n*0.693147180368185043335L;
	r -= n*1.91760266016020461e-10L;
	r = exp2(r * 1.44269504088896340736L);
	asm("fscale" : "=t" (r) : "0" (r), "u" (n));
	return leave(cw, r);
}

static double
logarithm(double d, Real unit)
{
	ushort cw;

	if(isNaN(d) || d < 0)
		return NaN();
	if(d == 0)
		return Inf(-1);
	if(isInf(d, 1))
		return d;
	cw = enter();
	return leave(cw, ylog2(d, unit));
}

double
log(double d)
{
	return logarithm(d, 0.693147180559945309417232L);
}

double
log10(double d)
{
	return logarithm(d, 0.301029995663981195213739L);
}

static Real
power(Real x, ulong n)
{
	Real r;

	r = 1;
	for(; n != 0; n >>= 1){
		if(n & 1)
			r *= x;
		x *= x;
	}
	return r;
}

double
pow(double x, double y)
{
	Real r;
	double whole;
	ushort cw;
	int odd;

	if(y == 0 || x == 1)
		return 1;
	if(isNaN(x) || isNaN(y))
		return NaN();
	odd = 0;
	if(modf(y, &whole) == 0)
		odd = fabs(y) < 9007199254740992.0 && fmod(y, 2) != 0;
	else if(x < 0)
		return NaN();
	if(x == 0){
		if(y < 0)
			return Inf(odd && 1/x < 0 ? -1 : 1);
		return 0;
	}
	cw = enter();
	if(whole == y && fabs(y) <= 1024){
		r = power(x, y < 0 ? -y : y);
		if(y < 0)
			r = 1/r;
		return leave(cw, r);
	}
	r = exp2(ylog2(fabs(x), y));
	return leave(cw, x < 0 && odd ? -r : r);
}

double
pow10(int n)
{
	char buf[16];

	snprint(buf, sizeof buf, "1e%d", n);
	return strtod(buf, nil);
}

/* the instructions take |x| < 2^63; beyond, no angle is meant */
static Real
angle(double d)
{
	Real r;
	ushort status;

	r = d;
	if(fabs(d) >= 9.2e18)
		do
			asm("fprem1; fnstsw %1" : "+t" (r), "=a" (status) : "u" (6.28318530717958647692528L) : "cc");
		while(status & 0x400);
	return r;
}

double
sin(double d)
{
	ushort cw;
	Real r;

	if(isNaN(d) || isInf(d, 0))
		return NaN();
	cw = enter();
	asm("fsin" : "=t" (r) : "0" (angle(d)));
	return leave(cw, r);
}

double
cos(double d)
{
	ushort cw;
	Real r;

	if(isNaN(d) || isInf(d, 0))
		return NaN();
	cw = enter();
	asm("fcos" : "=t" (r) : "0" (angle(d)));
	return leave(cw, r);
}

double
tan(double d)
{
	ushort cw;
	Real s, c;

	if(isNaN(d) || isInf(d, 0))
		return NaN();
	cw = enter();
	asm("fsincos" : "=t" (c), "=u" (s) : "0" (angle(d)));
	return leave(cw, s/c);
}

static Real
arctan(Real y, Real x)
{
	Real r;

	asm("fpatan" : "=t" (r) : "0" (x), "u" (y) : "st(1)");
	return r;
}

double
atan2(double y, double x)
{
	ushort cw;

	if(isNaN(x) || isNaN(y))
		return NaN();
	cw = enter();
	return leave(cw, arctan(y, x));
}

double
atan(double d)
{
	return atan2(d, 1);
}

static Real
root(Real x)
{
	Real r;

	asm("fsqrt" : "=t" (r) : "0" (x));
	return r;
}

double
asin(double d)
{
	ushort cw;

	if(isNaN(d) || d < -1 || d > 1)
		return NaN();
	cw = enter();
	return leave(cw, arctan(d, root((1-(Real)d)*(1+(Real)d))));
}

double
acos(double d)
{
	ushort cw;

	if(isNaN(d) || d < -1 || d > 1)
		return NaN();
	cw = enter();
	return leave(cw, arctan(root((1-(Real)d)*(1+(Real)d)), d));
}

/* in the FPU's own precision, which rounds correctly once */
double
sqrt(double d)
{
	double r;

	if(isNaN(d) || d < 0)
		return NaN();
	asm("fsqrt" : "=t" (r) : "0" (d));
	return r;
}

double
hypot(double x, double y)
{
	ushort cw;

	if(isInf(x, 0) || isInf(y, 0))
		return Inf(1);
	if(isNaN(x) || isNaN(y))
		return NaN();
	cw = enter();
	return leave(cw, root((Real)x*x + (Real)y*y));
}

double
fmod(double x, double y)
{
	Real r;
	ushort cw, status;

	if(isNaN(x) || isNaN(y) || isInf(x, 0) || y == 0)
		return NaN();
	if(isInf(y, 0))
		return x;
	cw = enter();
	r = x;
	do
		asm("fprem; fnstsw %1" : "+t" (r), "=a" (status) : "u" ((Real)y) : "cc");
	while(status & 0x400);
	return leave(cw, r);
}

/* e^x - 1 near 0, where the difference would lose digits */
static Real
expm1(Real x)
{
	Real r;

	if(x > 0.5 || x < -0.5)
		return exp2(x * 1.44269504088896340736L) - 1;
	asm("f2xm1" : "=t" (r) : "0" (x * 1.44269504088896340736L));
	return r;
}

double
sinh(double d)
{
	ushort cw;
	Real e;
	double r;

	if(isNaN(d) || isInf(d, 0))
		return d;
	cw = enter();
	e = expm1(d < 0 ? -d : d);
	r = leave(cw, (e + e/(e+1))/2);
	return d < 0 ? -r : r;
}

double
cosh(double d)
{
	ushort cw;
	Real e;

	if(isNaN(d))
		return d;
	cw = enter();
	e = exp2((d < 0 ? -d : d) * 1.44269504088896340736L);
	return leave(cw, (e + 1/e)/2);
}

double
tanh(double d)
{
	ushort cw;
	Real e;
	double r;

	if(isNaN(d))
		return d;
	if(d > 30 || d < -30)
		return d < 0 ? -1 : 1;
	cw = enter();
	e = expm1(d < 0 ? -2*d : 2*d);
	r = leave(cw, e/(e+2));
	return d < 0 ? -r : r;
}
