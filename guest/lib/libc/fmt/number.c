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

int
_intfmt(Fmt *f)
{
	char buf[64], grouped[32];
	char *s, *e, *prefix;
	int c, len, zeros, plen;
	uvlong v;

	c = f->r;
	prefix = "";
	if(c == 'p')
		f->flags |= FmtUnsigned;
	if(c == 'u'){
		c = 'd';
		f->flags |= FmtUnsigned;
	}
	v = fetch(f);
	if(!(f->flags & FmtUnsigned)){
		if((vlong)v < 0){
			v = -v;
			prefix = "-";
		}else if(f->flags & FmtSign)
			prefix = "+";
		else if(f->flags & FmtSpace)
			prefix = " ";
	}
	e = buf + sizeof buf;
	switch(c){
	case 'o':
		s = power(e, v, 3, lowerdigits);
		break;
	case 'x':
	case 'p':
		s = power(e, v, 4, lowerdigits);
		break;
	case 'X':
		s = power(e, v, 4, upperdigits);
		break;
	case 'b':
		s = power(e, v, 1, lowerdigits);
		break;
	default:
		s = decimal(e, v);
	}
	if(s == e && !(f->flags & FmtPrec && f->prec == 0))
		*--s = '0';
	len = e - s;
	if(f->flags & FmtComma && c == 'd'){
		s = commas(grouped + sizeof grouped, e, len);
		len = grouped + sizeof grouped - s;
	}
	if(f->flags & FmtSharp && v != 0){
		if(c == 'x' || c == 'p')
			prefix = *prefix == '-' ? "-0x" : "0x";
		else if(c == 'X')
			prefix = *prefix == '-' ? "-0X" : "0X";
		else if(c == 'o')
			prefix = *prefix == '-' ? "-0" : "0";
	}
	plen = strlen(prefix);
	zeros = 0;
	if(f->flags & FmtPrec)
		zeros = f->prec - len;
	else if((f->flags & (FmtZero|FmtLeft|FmtWidth)) == (FmtZero|FmtWidth))
		zeros = f->width - len - plen;
	if(zeros < 0)
		zeros = 0;
	if(f->flags & FmtWidth && !(f->flags & FmtLeft)
	&& _fmtfill(f, f->width - plen - zeros - len, ' ') < 0)
		return -1;
	if(_fmtbytes(f, prefix, plen) < 0 || _fmtfill(f, zeros, '0') < 0 || _fmtbytes(f, s, len) < 0)
		return -1;
	if(f->flags & FmtWidth && f->flags & FmtLeft)
		return _fmtfill(f, f->width - plen - zeros - len, ' ');
	return 0;
}

int
_percentfmt(Fmt *f)
{
	return _fmtbytes(f, "%", 1);
}
