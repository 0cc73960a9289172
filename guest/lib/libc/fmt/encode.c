/*
 * encodefmt: bytes as text, by the verb under which it is installed: [ base
 * 64, < base 32, H base 16 (anything else too).  The precision gives the
 * number of bytes; the sharp flag asks for lower case.
 */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
encodefmt(Fmt *f)
{
	uchar *in;
	char *buf, *p;
	int n, lim, len;

	if(!(f->flags & FmtPrec) || f->prec < 1)
		return fmtstrcpy(f, "%encode%");
	n = f->prec;
	in = va_arg(f->args, uchar*);
	lim = 2*n + 5;
	buf = malloc(lim);
	if(buf == nil)
		return fmtstrcpy(f, "%encode%");
	if(f->r == '[')
		len = enc64(buf, lim, in, n);
	else if(f->r == '<')
		len = enc32(buf, lim, in, n);
	else
		len = enc16(buf, lim, in, n);
	if(f->flags & FmtSharp && f->r != '[')
		for(p = buf; *p; p++)
			*p = tolower(*p);
	f->flags &= ~FmtPrec;
	n = _fmtpadded(f, buf, len, len);
	free(buf);
	return n;
}
