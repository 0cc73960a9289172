/*
 * Characters and strings in print(2): c C s S.  Width and precision count
 * runes.  fmtstrcpy and fmtrunestrcpy are for verbs that print a string with
 * the flags they were given.
 */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
fmtstrcpy(Fmt *f, char *s)
{
	Rune r;
	char *e;
	int n;

	if(s == nil)
		s = "<nil>";
	if(!(f->flags & (FmtWidth|FmtPrec)))
		return _fmtbytes(f, s, strlen(s));
	n = 0;
	for(e = s; !(f->flags & FmtPrec && n >= f->prec) && *e; n++)
		e += chartorune(&r, e);
	return _fmtpadded(f, s, e-s, n);
}

int
fmtrunestrcpy(Fmt *f, Rune *s)
{
	int n, pad;

	if(s == nil)
		return fmtstrcpy(f, nil);
	for(n = 0; !(f->flags & FmtPrec && n >= f->prec) && s[n]; n++)
		;
	pad = f->flags & FmtWidth ? f->width - n : 0;
	if(!(f->flags & FmtLeft) && _fmtfill(f, pad, ' ') < 0)
		return -1;
	if(_fmtrunes(f, s, n) < 0)
		return -1;
	return f->flags & FmtLeft ? _fmtfill(f, pad, ' ') : 0;
}

int
_strfmt(Fmt *f)
{
	return fmtstrcpy(f, va_arg(f->args, char*));
}

int
_runestrfmt(Fmt *f)
{
	return fmtrunestrcpy(f, va_arg(f->args, Rune*));
}

int
_runefmt(Fmt *f)
{
	char buf[UTFmax];
	Rune r;

	r = va_arg(f->args, int);
	return _fmtpadded(f, buf, runetochar(buf, &r), 1);
}

int
_charfmt(Fmt *f)
{
	char buf[UTFmax];
	Rune r;

	r = (uchar)va_arg(f->args, int);
	return _fmtpadded(f, buf, runetochar(buf, &r), 1);
}
