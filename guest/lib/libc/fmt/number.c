/* Integers in print(2): d o x X b p, with every flag; and %%. */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

static char lowerdigits[] = "0123456789abcdef";
static char upperdigits[] = "0123456789ABCDEF";

/* by 10, backwards from e; 64-bit division only while it must be */
static char*
decimal(char *e, uvlong v)
{
	ulong w;
	uvlong q;
	int i;

	while(v>>32){
		q = v / 1000000000;
		w = v - q*1000000000;
		v = q;
		for(i = 0; i < 9; i++){
			*--e = '0' + w%10;
			w /= 10;
		}
	}
	for(w = v; w != 0; w /= 10)
		*--e = '0' + w%10;
	return e;
}

static char*
power(char *e, uvlong v, int bits, char *digits)
{
	for(; v != 0; v >>= bits)
		*--e = digits[v & ((1<<bits)-1)];
	return e;
}

/* the argument as 64 bits, sign extended if it has one */
static uvlong
fetch(Fmt *f)
{
	int sign;
	uint u;

	sign = !(f->flags & FmtUnsigned);
	if(f->flags & FmtVLong)
		return va_arg(f->args, uvlong);
	u = va_arg(f->args, uint);	/* a long is as wide */
	if(f->flags & FmtLong)
		return sign ? (uvlong)(vlong)(int)u : u;
	if(f->flags & FmtByte)
		return sign ? (uvlong)(vlong)(schar)u : (uchar)u;
	if(f->flags & FmtShort)
		return sign ? (uvlong)(vlong)(short)u : (ushort)u;
	return sign ? (uvlong)(vlong)(int)u : u;
}

/* the len digits that end at e, again, with commas, ending at out */
static char*
commas(char *out, char *e, int len)
{
	int i;

	for(i = 0; i < len; i++){
		if(i > 0 && i%3 == 0)
			*--out = ',';
		*--out = *--e;
	}
	return out;
}

/* writes the digits backwards from e */
static char*
digits(char *e, uvlong v, int verb)
{
	switch(verb){
	case 'o':
		return power(e, v, 3, lowerdigits);
	case 'x':
	case 'p':
		return power(e, v, 4, lowerdigits);
	case 'X':
		return power(e, v, 4, upperdigits);
	case 'b':
		return power(e, v, 1, lowerdigits);
	}
	return decimal(e, v);
}

/* what stands before the digits; makes *v positive */
static char*
sign(Fmt *f, uvlong *v)
{
	if(f->flags & FmtUnsigned)
		return "";
	if((vlong)*v < 0){
		*v = -*v;
		return "-";
	}
	return f->flags & FmtSign ? "+" : f->flags & FmtSpace ? " " : "";
}

static char*
baseprefix(int verb)
{
	switch(verb){
	case 'x':
	case 'p':
		return "0x";
	case 'X':
		return "0X";
	case 'o':
		return "0";
	}
	return "";
}

/* sign, base, zeros, digits; blanks in front or behind */
static int
assemble(Fmt *f, char *sgn, char *base, int zeros, char *s, int len)
{
	int nsign, nbase, pad;

	nsign = strlen(sgn);
	nbase = strlen(base);
	if(zeros < 0)		/* asked for by the width */
		zeros = f->width - len - nsign - nbase;
	if(zeros < 0)
		zeros = 0;
	pad = f->flags & FmtWidth ? f->width - nsign - nbase - zeros - len : 0;
	if(!(f->flags & FmtLeft) && _fmtfill(f, pad, ' ') < 0)
		return -1;
	if(_fmtbytes(f, sgn, nsign) < 0 || _fmtbytes(f, base, nbase) < 0
	|| _fmtfill(f, zeros, '0') < 0 || _fmtbytes(f, s, len) < 0)
		return -1;
	return f->flags & FmtLeft ? _fmtfill(f, pad, ' ') : 0;
}

int
_intfmt(Fmt *f)
{
	char buf[64], grouped[32];
	char *s, *e, *sgn;
	int len, zeros;
	uvlong v;

	if(f->r == 'p')
		f->flags |= FmtUnsigned;
	v = fetch(f);
	sgn = sign(f, &v);
	e = buf + sizeof buf;
	s = digits(e, v, f->r);
	if(s == e && !(f->flags & FmtPrec && f->prec == 0))
		*--s = '0';
	len = e - s;
	if(f->flags & FmtComma && f->r == 'd'){
		s = commas(grouped + sizeof grouped, e, len);
		len = grouped + sizeof grouped - s;
	}
	zeros = 0;
	if(f->flags & FmtPrec)
		zeros = f->prec > len ? f->prec - len : 0;
	else if((f->flags & (FmtZero|FmtLeft|FmtWidth)) == (FmtZero|FmtWidth))
		zeros = -1;
	return assemble(f, sgn, f->flags & FmtSharp && v != 0 ? baseprefix(f->r) : "", zeros, s, len);
}

int
_percentfmt(Fmt *f)
{
	return _fmtbytes(f, "%", 1);
}
