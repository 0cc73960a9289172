/*
 * The heart of print(2): dofmt takes a format apart and calls each verb's
 * function; the emitters below it put text into the Fmt.  Verbs of ASCII are
 * found by index, other runes in a short list.  The kernel links this.
 */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

typedef struct Wide Wide;

struct Wide
{
	Rune	r;
	Fmts	fn;
};

static Wide wides[32];		/* installed verbs beyond ASCII */

int
fmtinstall(int c, int (*fn)(Fmt*))
{
	Wide *w;

	if(c <= 0 || c > Runemax)
		return -1;
	if(c < nelem(_fmttab)){
		_fmttab[c] = fn;
		return 0;
	}
	for(w = wides; w < wides+nelem(wides); w++)
		if(w->r == 0 || w->r == c){
			w->fn = fn;
			w->r = c;
			return 0;
		}
	return -1;
}

static int
badverb(Fmt *f)
{
	char buf[UTFmax+2];
	Rune r;
	int n;

	r = f->r;
	buf[0] = '%';
	n = 1 + runetochar(buf+1, &r);
	buf[n++] = '%';
	return _fmtbytes(f, buf, n);
}

static Fmts
verb(int c)
{
	Fmts fn;
	Wide *w;

	fn = nil;
	if(c < nelem(_fmttab))
		fn = _fmttab[c];
	else
		for(w = wides; w < wides+nelem(wides) && w->r != 0; w++)
			if(w->r == c)
				fn = w->fn;
	return fn != nil ? fn : badverb;
}

/* a flag's effect; 0 if c is none */
static int
flag(Fmt *f, int c)
{
	switch(c){
	case '-':
		f->flags |= FmtLeft;
		return 1;
	case '+':
		f->flags |= FmtSign;
		return 1;
	case ' ':
		f->flags |= FmtSpace;
		return 1;
	case '#':
		f->flags |= FmtSharp;
		return 1;
	case ',':
		f->flags |= FmtComma;
		return 1;
	case 'u':
		f->flags |= FmtUnsigned;
		return 1;
	case 'h':
		f->flags |= f->flags & FmtShort ? FmtByte : FmtShort;
		return 1;
	case 'l':
		f->flags |= f->flags & FmtLong ? FmtVLong : FmtLong;
		return 1;
	}
	return 0;
}

static void
setwidth(Fmt *f, int n)
{
	if(n < 0){
		n = -n;
		f->flags |= FmtLeft;
	}
	f->width = n;
	f->flags |= FmtWidth;
}

static char*
number(char *s, int *n)
{
	for(*n = 0; *s >= '0' && *s <= '9'; s++)
		if(*n < 100000)		/* absurd already, and never to overflow */
			*n = *n*10 + *s-'0';
	return s;
}

/* formats one argument; s is after the %, the result after the verb */
static char*
dispatch(Fmt *f, char *s)
{
	Rune r;
	int n;

	f->flags = 0;
	f->width = 0;
	f->prec = 0;
	for(;;){
		if(*s == '0' && !(f->flags & FmtWidth)){
			f->flags |= FmtZero;
			s++;
		}else if(*s >= '1' && *s <= '9'){
			s = number(s, &n);
			setwidth(f, n);
		}else if(*s == '*'){
			setwidth(f, va_arg(f->args, int));
			s++;
		}else if(*s == '.'){
			f->flags |= FmtPrec;
			if(*++s == '*'){
				n = va_arg(f->args, int);
				s++;
			}else if(*s == '-'){
				s = number(s+1, &n);
				n = -1;
			}else
				s = number(s, &n);
			if(n < 0){
				n = 0;
				f->flags &= ~FmtPrec;
			}
			f->prec = n;
		}else if(flag(f, *s))
			s++;
		else
			break;
	}
	if(*s == 0)
		return s;
	s += chartorune(&r, s);
	f->r = r;
	if(verb(r)(f) < 0)
		return nil;
	return s;
}

/* formats f->args by fmt; the number of characters, negative if it failed */
int
dofmt(Fmt *f, char *fmt)
{
	int before;
	char *s;

	before = f->nfmt;
	for(;;){
		for(s = fmt; *s && *s != '%'; s++)
			;
		if(s > fmt && _fmtbytes(f, fmt, s-fmt) < 0)
			return -1;
		if(*s == 0)
			return f->nfmt - before;
		fmt = dispatch(f, s+1);
		if(fmt == nil)
			return -1;
	}
}

/* the format in runes: for the sake of its literal text only */
int
dorfmt(Fmt *f, Rune *fmt)
{
	char buf[512];
	char *p;
	int n, total;

	total = 0;
	while(*fmt){
		/* whole directives at a time: stop before a % that might be cut */
		for(p = buf; *fmt && p < buf+sizeof buf-UTFmax-1; fmt++){
			if(*fmt == '%' && p > buf+sizeof buf/2)
				break;
			p += runetochar(p, fmt);
			if(*fmt == '%' && fmt[1] == '%')
				p += runetochar(p, ++fmt);
		}
		*p = 0;
		n = dofmt(f, buf);
		if(n < 0)
			return n;
		total += n;
	}
	return total;
}

/*
 * Room for more?  Spills a full buffer; when that cannot be, shuts it, so
 * that nothing shorter slips in after what did not fit.
 */
static int
room(Fmt *f)
{
	if((char*)f->to < (char*)f->stop)
		return 1;
	if(f->flush == nil || f->flush(f) <= 0)
		return f->flush == nil ? 0 : -1;
	return 1;
}

int
_fmtrunes(Fmt *f, Rune *s, int n)
{
	char buf[UTFmax];
	int len, ok;

	if(!f->runes){
		for(; n > 0; n--, s++){
			len = runetochar(buf, s);
			if(_fmtbytes(f, buf, len) < 0)
				return -1;
		}
		return 0;
	}
	for(; n > 0; n--, s++){
		ok = room(f);
		if(ok <= 0)
			return ok;
		*(Rune*)f->to = *s;
		f->to = (Rune*)f->to + 1;
		f->nfmt++;
	}
	return 0;
}

int
_fmtbytes(Fmt *f, char *s, int n)
{
	Rune r;
	char *e;
	int k, ok;

	if(f->runes){
		for(e = s+n; s < e; ){
			s += chartorune(&r, s);
			if(_fmtrunes(f, &r, 1) < 0)
				return -1;
		}
		return 0;
	}
	while(n > 0){
		ok = room(f);
		if(ok <= 0)
			return ok;
		k = (char*)f->stop - (char*)f->to;
		if(k >= n)
			k = n;
		else if(f->flush == nil){
			while(k > 0 && (s[k] & 0xC0) == 0x80)
				k--;
			f->stop = (char*)f->to + k;
			n = k;
		}
		memmove(f->to, s, k);
		f->to = (char*)f->to + k;
		f->nfmt += k;
		s += k;
		n -= k;
	}
	return 0;
}

int
_fmtfill(Fmt *f, int n, int c)
{
	char buf[32];
	int k;

	if(n <= 0)
		return 0;
	memset(buf, c, n < sizeof buf ? n : sizeof buf);
	for(; n > 0; n -= k){
		k = n < sizeof buf ? n : sizeof buf;
		if(_fmtbytes(f, buf, k) < 0)
			return -1;
	}
	return 0;
}

int
_fmtpadded(Fmt *f, char *s, int nbyte, int nrune)
{
	int pad;

	pad = f->flags & FmtWidth ? f->width - nrune : 0;
	if(!(f->flags & FmtLeft) && _fmtfill(f, pad, ' ') < 0)
		return -1;
	if(_fmtbytes(f, s, nbyte) < 0)
		return -1;
	if(f->flags & FmtLeft && _fmtfill(f, pad, ' ') < 0)
		return -1;
	return 0;
}

/* for verbs: format more, with flags of its own */
int
fmtvprint(Fmt *f, char *fmt, va_list args)
{
	Fmt saved;
	int n;

	saved = *f;
	va_copy(f->args, args);
	n = dofmt(f, fmt);
	va_end(f->args);
	va_copy(f->args, saved.args);
	f->r = saved.r;
	f->width = saved.width;
	f->prec = saved.prec;
	f->flags = saved.flags;
	return n < 0 ? -1 : 0;
}

int
fmtprint(Fmt *f, char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = fmtvprint(f, fmt, args);
	va_end(args);
	return n;
}

int
fmtrune(Fmt *f, int c)
{
	Rune r;

	r = c;
	return _fmtrunes(f, &r, 1);
}
