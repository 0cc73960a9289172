/*
 * Functions on the bits of a double: frexp(2), floor(2), nan(2).  Nothing
 * here traps, whatever the FPU's control word says.
 */
#include <u.h>
#include <libc.h>

enum
{
	Bias	= 1023,
	Mask	= 0x7FF,
};

#define exponent(w)	((int)((w).hi>>20 & Mask))

static FPdbleword
make(ulong hi, ulong lo)
{
	FPdbleword w;

	w.hi = hi;
	w.lo = lo;
	return w;
}

double
NaN(void)
{
	return make(0x7FF80000, 0).x;
}

double
Inf(int sign)
{
	return make(sign < 0 ? 0xFFF00000 : 0x7FF00000, 0).x;
}

int
isNaN(double d)
{
	FPdbleword w;

	w.x = d;
	return exponent(w) == Mask && ((w.hi & 0xFFFFF) | w.lo) != 0;
}

/* sign 0 asks for either infinity */
int
isInf(double d, int sign)
{
	FPdbleword w;

	w.x = d;
	if(exponent(w) != Mask || ((w.hi & 0xFFFFF) | w.lo) != 0)
		return 0;
	return sign == 0 || (sign < 0) == (w.hi>>31);
}

double
fabs(double d)
{
	FPdbleword w;

	w.x = d;
	w.hi &= 0x7FFFFFFF;
	return w.x;
}

/* d = result * 2^exp, result in [1/2, 1) */
double
frexp(double d, int *exp)
{
	FPdbleword w;

	w.x = d;
	*exp = 0;
	if(d == 0 || exponent(w) == Mask)
		return d;
	if(exponent(w) == 0){
		w.x = d * 18014398509481984.0;	/* 2^54: out of the denormals */
		*exp = -54;
	}
	*exp += exponent(w) - (Bias-1);
	w.hi = (w.hi & ~((ulong)Mask<<20)) | (Bias-1)<<20;
	return w.x;
}

double
ldexp(double d, int n)
{
	FPdbleword w;
	int e;

	d = frexp(d, &e);
	w.x = d;
	if(d == 0 || exponent(w) == Mask)
		return d;
	if(n > 5000)
		n = 5000;
	if(n < -5000)
		n = -5000;
	e += n;
	if(e > 1024)
		return Inf(d < 0 ? -1 : 1);
	if(e < -1021){		/* denormal: let the FPU round */
		if(e < -1080)
			return d < 0 ? -0.0 : 0.0;
		w.hi = (w.hi & ~((ulong)Mask<<20)) | (ulong)(e + Bias-1 + 64)<<20;
		return w.x * 5.42101086242752217e-20;	/* 2^-64 */
	}
	w.hi = (w.hi & ~((ulong)Mask<<20)) | (ulong)(e + Bias-1)<<20;
	return w.x;
}

/* the part before the point, by clearing the bits behind it */
static double
truncated(double d)
{
	FPdbleword w;
	int e;

	w.x = d;
	e = exponent(w) - Bias;
	if(e < 0)
		return w.hi>>31 ? -0.0 : 0.0;
	if(e < 20){
		w.hi &= ~(0xFFFFFUL>>e);
		w.lo = 0;
	}else if(e < 52)
		w.lo &= e == 20 ? 0 : ~(0xFFFFFFFFUL>>(e-20));
	return w.x;
}

double
modf(double d, double *ip)
{
	*ip = truncated(d);
	if(isInf(d, 0))
		return 0;
	return d - *ip;
}

double
floor(double d)
{
	double i;

	i = truncated(d);
	return i > d ? i-1 : i;
}

double
ceil(double d)
{
	double i;

	i = truncated(d);
	return i < d ? i+1 : i;
}
