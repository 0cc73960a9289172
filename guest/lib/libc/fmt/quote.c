/*
 * quote(2): strings in rc's quotes where they need them, and out of them.
 * doquote adds a program's own characters to those that need it.
 */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int (*doquote)(int);

int
needsrcquote(int c)
{
	if(c <= ' ')
		return 1;
	return c < Runeself && strchr("`^#*[]=|\\?${}()'<>&;", c) != nil;
}

static int
special(Rune r)
{
	return r <= ' ' || r == '\'' || doquote != nil && doquote(r);
}

/*
 * Length of s, of at most max runes, as it will be printed; -1 - that if it
 * needs no quotes.  In e where the part that counts ends.
 */
static int
measure(char *s, int max, char **e, int force)
{
	Rune r;
	int n, quotes, bare;

	quotes = 0;
	bare = *s != 0 && max > 0;
	for(n = 0; *s && n + quotes < max; n++){
		*e = s;
		s += chartorune(&r, s);
		if(r == '\'')
			quotes++;
		if(special(r))
			bare = 0;
	}
	*e = s;
	if(bare && !force)
		return -1 - n;
	return n + quotes + 2;
}

static int
quoted(Fmt *f, char *s)
{
	char *e, *p;
	int n, pad;

	if(s == nil)
		return fmtstrcpy(f, nil);
	n = measure(s, f->flags & FmtPrec ? f->prec : 0x7FFFFFFF, &e, f->flags & FmtSharp);
	if(n < 0)
		return _fmtpadded(f, s, e-s, -1-n);
	pad = f->flags & FmtWidth ? f->width - n : 0;
	if(!(f->flags & FmtLeft) && _fmtfill(f, pad, ' ') < 0)
		return -1;
	if(_fmtbytes(f, "'", 1) < 0)
		return -1;
	for(p = s; p < e; s = p){
		for(; p < e && *p != '\''; p++)
			;
		if(_fmtbytes(f, s, p-s) < 0)
			return -1;
		if(p < e && _fmtbytes(f, "''", 2) < 0)
			return -1;
		if(p < e)
			p++;
	}
	if(_fmtbytes(f, "'", 1) < 0)
		return -1;
	return f->flags & FmtLeft ? _fmtfill(f, pad, ' ') : 0;
}

int
quotestrfmt(Fmt *f)
{
	return quoted(f, va_arg(f->args, char*));
}

int
quoterunestrfmt(Fmt *f)
{
	Rune *r;
	char *s;
	int n;

	r = va_arg(f->args, Rune*);
	if(r == nil)
		return quoted(f, nil);
	s = smprint("%S", r);
	if(s == nil)
		return -1;
	n = quoted(f, s);
	free(s);
	return n;
}

void
quotefmtinstall(void)
{
	fmtinstall('q', quotestrfmt);
	fmtinstall('Q', quoterunestrfmt);
}

char*
quotestrdup(char *s)
{
	return smprint("%q", s);
}

Rune*
quoterunestrdup(Rune *s)
{
	return runesmprint("%Q", s);
}

/* a copy of s without its quotes, if it begins with one */
char*
unquotestrdup(char *s)
{
	char *t, *to;

	t = strdup(s);
	if(t == nil || *t != '\'')
		return t;
	to = t;
	for(s = t+1; *s; s++){
		if(*s == '\'' && *++s != '\'')
			break;
		*to++ = *s;
	}
	*to = 0;
	return t;
}

Rune*
unquoterunestrdup(Rune *s)
{
	Rune *t, *to;

	t = runestrdup(s);
	if(t == nil || *t != '\'')
		return t;
	to = t;
	for(s = t+1; *s; s++){
		if(*s == '\'' && *++s != '\'')
			break;
		*to++ = *s;
	}
	*to = 0;
	return t;
}
