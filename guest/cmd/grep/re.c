/*
 * The parser of regular expressions, regexp(6) with a newline as another way to
 * write |.  Recursive descent; what it cannot read ends grep with a message.
 */
#include <u.h>
#include <libc.h>
#include "grep.h"

static char	*pat;		/* all of it */
static char	*p;
static int	fold;
static int	depth;

static Re*	alternatives(void);

static Re*
re(int type, Re *a, Re *b)
{
	Re *r;

	r = mallocz(sizeof *r, 1);
	if(r == nil)
		fail("out of memory");
	r->type = type;
	r->a = a;
	r->b = b;
	return r;
}

static void
addrange(Re *r, Rune lo, Rune hi)
{
	r->set = realloc(r->set, (r->nset+1)*sizeof r->set[0]);
	if(r->set == nil)
		fail("out of memory");
	r->set[r->nset].lo = lo;
	r->set[r->nset++].hi = hi;
}

/* a range and, with -i, what its letters are in the other case */
static void
addfolded(Re *r, Rune lo, Rune hi)
{
	Rune c, o;

	addrange(r, lo, hi);
	if(!fold || hi-lo > 2000)
		return;
	for(c = lo; c <= hi; c++){
		o = tolowerrune(c);
		if(o == c)
			o = toupperrune(c);
		if(o < lo || o > hi)
			addrange(r, o, o);
	}
}

static int
cmprange(void *a, void *b)
{
	Rune x, y;

	x = ((Range*)a)->lo;
	y = ((Range*)b)->lo;
	return x < y ? -1 : x > y;
}

/* every rune but newline and those of r */
static void
complement(Re *r)
{
	Range *old;
	int i, n;
	Rune next;

	addrange(r, '\n', '\n');
	old = r->set;
	n = r->nset;
	qsort(old, n, sizeof old[0], cmprange);
	r->set = nil;
	r->nset = 0;
	next = 0;
	for(i = 0; i < n; i++){
		if(old[i].lo > next)
			addrange(r, next, old[i].lo-1);
		if(old[i].hi+1 > next)
			next = old[i].hi+1;
	}
	if(next <= Runemax)
		addrange(r, next, Runemax);
	free(old);
}

static Rune
classrune(void)
{
	Rune c;

	if(*p == '\\')
		p++;
	if(*p == 0 || *p == '\n')
		fail("%s: [ without ]", pat);
	p += chartorune(&c, p);
	return c;
}

/* after [ */
static Re*
class(void)
{
	Re *r;
	Rune lo, hi;
	int not;

	r = re(Rset, nil, nil);
	not = *p == '^';
	if(not)
		p++;
	if(*p == ']')
		fail("%s: empty character class", pat);
	while(*p != ']'){
		lo = hi = classrune();
		if(*p == '-' && p[1] != ']'){
			p++;
			hi = classrune();
		}
		if(lo > hi)
			fail("%s: range out of order", pat);
		addfolded(r, lo, hi);
	}
	p++;
	if(not)
		complement(r);
	return r;
}

static Re*
atom(void)
{
	Re *r;
	Rune c;

	p += chartorune(&c, p);
	switch(c){
	case '(':
		if(++depth > 200)
			fail("%s: parentheses are nested too deeply", pat);
		r = alternatives();
		if(*p++ != ')')
			fail("%s: ( without )", pat);
		depth--;
		return r;
	case '[':
		return class();
	case '^':
		return re(Rbol, nil, nil);
	case '$':
		return re(Reol, nil, nil);
	case '.':
		r = re(Rset, nil, nil);
		complement(r);
		return r;
	case '*':
	case '+':
	case '?':
		fail("%s: nothing before %C", pat, c);
	case '\\':
		if(*p == 0 || *p == '\n')
			fail("%s: \\ at the end", pat);
		p += chartorune(&c, p);
		break;
	}
	r = re(Rset, nil, nil);
	addfolded(r, c, c);
	return r;
}

static Re*
repeated(void)
{
	Re *r;

	r = atom();
	for(;; p++)
		switch(*p){
		case '*':
			r = re(Rstar, r, nil);
			break;
		case '+':
			r = re(Rplus, r, nil);
			break;
		case '?':
			r = re(Rquest, r, nil);
			break;
		default:
			return r;
		}
}

static Re*
sequence(void)
{
	Re *r;

	r = nil;
	while(*p != 0 && *p != '|' && *p != '\n' && *p != ')')
		r = r == nil ? repeated() : re(Rcat, r, repeated());
	if(r == nil)
		fail("empty pattern");
	return r;
}

static Re*
alternatives(void)
{
	Re *r;

	r = sequence();
	while(*p == '|' || *p == '\n'){
		p++;
		r = re(Ralt, r, sequence());
	}
	return r;
}

/* the tree of s; ignorecase: letters stand for both cases */
Re*
parse(char *s, int ignorecase)
{
	Re *r;

	pat = p = s;
	fold = ignorecase;
	depth = 0;
	r = alternatives();
	if(*p == ')')
		fail("%s: ) without (", pat);
	return r;
}
