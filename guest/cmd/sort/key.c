/*
 * Comparison of two lines: key by key, and if there are keys and all are equal,
 * as a whole.
 */
#include <u.h>
#include <libc.h>
#include "sort.h"

Key	keys[Maxkeys];
int	nkeys;
int	global;
Rune	sep;
int	unique;

static int
isblank(int c)
{
	return c == ' ' || c == '\t';
}

static char*
skipblanks(char *p, char *e)
{
	while(p < e && isblank(*p))
		p++;
	return p;
}

/* n fields on from p; a field takes the blanks before it along */
static char*
skipfields(char *p, char *e, int n)
{
	Rune r;

	while(n-- > 0 && p < e)
		if(sep != 0){
			do
				p += chartorune(&r, p);
			while(p < e && r != sep);
			if(r != sep)
				return e;
		}else{
			p = skipblanks(p, e);
			while(p < e && !isblank(*p))
				p++;
		}
	return p < e ? p : e;
}

static char*
skipchars(char *p, char *e, int n)
{
	Rune r;

	while(n-- > 0 && p < e)
		p += chartorune(&r, p);
	return p < e ? p : e;
}

/* where the key k of the line l is */
static char*
extract(Key *k, Line *l, char **end)
{
	char *s, *p, *e;

	e = l->s+l->n;
	s = skipfields(l->s, e, k->field);
	if(k->flags & Fblank)
		s = skipblanks(s, e);
	s = skipchars(s, e, k->chr);
	p = e;
	if(!k->toend){
		p = skipfields(l->s, e, k->endfield);
		/* the separator before the next field is not part of this one */
		if(sep != 0 && k->endchr == 0 && k->endfield > 0 && p < e)
			p -= runelen(sep);
		if(k->endblank)
			p = skipblanks(p, e);
		p = skipchars(p, e, k->endchr);
	}
	*end = p < s ? s : p;
	return s;
}

static int
cmpbytes(char *a, int na, char *b, int nb)
{
	int r;

	r = memcmp(a, b, na < nb ? na : nb);
	return r != 0 ? r : na-nb;
}

/* the next rune of a string key that counts, as it counts; 0 at the end */
static Rune
nextrune(char **pp, char *e, int flags)
{
	Rune r;
	char *p;

	for(p = *pp; p < e;){
		p += chartorune(&r, p);
		if((flags & Fdict) && !isalpharune(r) && !isdigitrune(r) && r != ' ' && r != '\t')
			continue;
		if((flags & Fascii) && (r < ' ' || r > '~'))
			continue;
		if((flags & Fwhite) && (r == ' ' || r == '\t'))
			continue;
		*pp = p;
		return flags & Ffold ? toupperrune(r) : r;
	}
	*pp = p;
	return 0;
}

static int
cmprunes(char *a, char *ae, char *b, char *be, int flags)
{
	Rune x, y;

	do{
		x = nextrune(&a, ae, flags);
		y = nextrune(&b, be, flags);
	}while(x == y && x != 0);
	return x < y ? -1 : x > y;
}

typedef struct Num Num;
struct Num
{
	int	neg;
	char	*ip;		/* digits before the point, without zeros in front */
	int	ni;
	char	*fp;		/* after it, without zeros behind */
	int	nf;
};

static void
number(Num *x, char *p, char *e)
{
	memset(x, 0, sizeof *x);
	p = skipblanks(p, e);
	if(p < e && (*p == '-' || *p == '+'))
		x->neg = *p++ == '-';
	while(p < e && *p == '0')
		p++;
	x->ip = p;
	while(p < e && *p >= '0' && *p <= '9')
		p++;
	x->ni = p-x->ip;
	if(p < e && *p == '.'){
		x->fp = ++p;
		while(p < e && *p >= '0' && *p <= '9')
			p++;
		x->nf = p-x->fp;
		while(x->nf > 0 && x->fp[x->nf-1] == '0')
			x->nf--;
	}
	if(x->ni == 0 && x->nf == 0)
		x->neg = 0;
}

static int
cmpnum(char *a, char *ae, char *b, char *be)
{
	Num x, y;
	int r;

	number(&x, a, ae);
	number(&y, b, be);
	if(x.neg != y.neg)
		return y.neg-x.neg;
	r = x.ni-y.ni;
	if(r == 0)
		r = memcmp(x.ip, y.ip, x.ni);
	if(r == 0)
		r = cmpbytes(x.fp, x.nf, y.fp, y.nf);
	return x.neg ? -r : r;
}

static double
general(char *p, char *e)
{
	char buf[64];
	int n;

	p = skipblanks(p, e);
	n = e-p < sizeof buf-1 ? e-p : sizeof buf-1;
	memmove(buf, p, n);
	buf[n] = 0;
	return strtod(buf, nil);
}

static int
cmpgen(char *a, char *ae, char *b, char *be)
{
	double x, y;

	x = general(a, ae);
	y = general(b, be);
	return x < y ? -1 : x > y;
}

static int
month(char *p, char *e)
{
	static char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	int i;

	p = skipblanks(p, e);
	if(e-p < 3)
		return 0;
	for(i = 0; i < 12; i++)
		if(cistrncmp(p, names+3*i, 3) == 0)
			return i+1;
	return 0;
}

static int
cmpkey(Key *k, Line *x, Line *y)
{
	char *a, *ae, *b, *be;
	int r;

	a = extract(k, x, &ae);
	b = extract(k, y, &be);
	if(k->flags & Fmonth)
		r = month(a, ae)-month(b, be);
	else if(k->flags & Fgen)
		r = cmpgen(a, ae, b, be);
	else if(k->flags & Fnum)
		r = cmpnum(a, ae, b, be);
	else if(k->flags & (Fdict|Ffold|Fascii|Fwhite))
		r = cmprunes(a, ae, b, be, k->flags);
	else
		r = cmpbytes(a, ae-a, b, be-b);
	return k->flags & Frev ? -r : r;
}

static int
wholeline(Line *x, Line *y)
{
	if(x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return cmpbytes(x->s, x->n, y->s, y->n);
}

/* as the options that belong to no key say */
static int
bylines(Line *x, Line *y)
{
	static Key all = { .toend = 1 };
	int r;

	if((global & ~Frev) != 0){
		all.flags = global;
		return cmpkey(&all, x, y);
	}
	r = wholeline(x, y);
	return global & Frev ? -r : r;
}

/* by keys alone */
static int
bykeys(Line *x, Line *y)
{
	int i, r;

	if(nkeys == 0)
		return bylines(x, y);
	for(i = 0; i < nkeys; i++){
		r = cmpkey(&keys[i], x, y);
		if(r != 0)
			return r;
	}
	return 0;
}

int
samekeys(Line *x, Line *y)
{
	return bykeys(x, y) == 0;
}

/* negative if x goes before y; with -u lines that differ can be equal */
int
compare(Line *x, Line *y)
{
	int r;

	r = bykeys(x, y);
	if(r == 0 && nkeys > 0 && !unique)
		r = bylines(x, y);
	return r;
}

void
setline(Line *l, char *s, int n)
{
	int i;

	l->s = s;
	l->n = n;
	l->prefix = 0;
	for(i = 0; i < 4; i++)
		l->prefix = l->prefix<<8 | (i < n ? (uchar)s[i] : 0);
}
