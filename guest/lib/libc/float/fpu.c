/*
 * getfcr(2): the FPU's control and status words, and conversions that the
 * compiler calls.  Plan 9 counts exceptions that trap, the chip those that
 * are masked: the six low bits are complements.
 */
#include <u.h>
#include <libc.h>

uvlong	__fixunsdfdi(double);
uvlong	__fixunsxfdi(long double);

ulong
getfcr(void)
{
	ushort cw;

	asm volatile("fnstcw %0" : "=m" (cw));
	return cw ^ 0x3F;
}

void
setfcr(ulong v)
{
	ushort cw;

	cw = v ^ 0x3F;
	asm volatile("fwait; fldcw %0" : : "m" (cw));
}

ulong
getfsr(void)
{
	ushort sw;

	asm volatile("fnstsw %0" : "=m" (sw));
	return sw;
}

/* only clearing makes sense, and does it */
void
setfsr(ulong v)
{
	USED(v);
	asm volatile("fnclex");
}

uvlong
__fixunsxfdi(long double d)
{
	if(d >= 9223372036854775808.0L)
		return (uvlong)(vlong)(d - 9223372036854775808.0L) ^ 1ULL<<63;
	return (vlong)d;
}

uvlong
__fixunsdfdi(double d)
{
	return __fixunsxfdi(d);
}

ulong
umuldiv(ulong a, ulong b, ulong c)
{
	return (uvlong)a*b/c;
}

long
muldiv(long a, long b, long c)
{
	return (vlong)a*b/c;
}

double
frand(void)
{
	return (lrand()*2147483648.0 + lrand()) / 4611686018427387904.0;
}
