/*
 * From the tree to an automaton over bytes.  Code is made backwards: gen gets
 * the place that follows and returns the one that begins, so no address is
 * ever filled in later but the loop of a star.
 */
#include <u.h>
#include <libc.h>
#include "grep.h"

Inst	*prog;
int	nprog;
int	startpc;
static int	maxprog;

static int
inst(int op, int lo, int hi, int x, int y)
{
	Inst *i;

	if(nprog == maxprog){
		maxprog = 2*maxprog+64;
		if(maxprog > 4000000)
			fail("the pattern is too large");
		prog = realloc(prog, maxprog*sizeof prog[0]);
		if(prog == nil)
			fail("out of memory");
	}
	i = &prog[nprog];
	i->op = op;
	i->lo = lo;
	i->hi = hi;
	i->x = x;
	i->y = y;
	return nprog++;
}

/* the bytes lo[0..n) to hi[0..n), all positions free but the first one fixed by the caller */
static int
bytes(uchar *lo, uchar *hi, int n, int k)
{
	while(--n >= 0)
		k = inst(Ibyte, lo[n], hi[n], k, -1);
	return k;
}

static int
alt(int a, int b)
{
	if(a < 0)
		return b;
	if(b < 0)
		return a;
	return inst(Ialt, 0, 0, a, b);
}

/*
 * Runes lo to hi whose encodings have n bytes: cut so that in each piece all
 * bytes but the first that differs run over their whole range.
 */
static int
encoded(Rune lo, Rune hi, int n, int k)
{
	uchar a[UTFmax], b[UTFmax];
	Rune low;
	int i;

	for(i = 1; i < n; i++){
		low = (1<<6*i)-1;
		if((lo & ~low) == (hi & ~low))
			continue;
		if((lo & low) != 0)
			return alt(encoded(lo, lo|low, n, k), encoded((lo|low)+1, hi, n, k));
		if((hi & low) != low)
			return alt(encoded(lo, (hi & ~low)-1, n, k), encoded(hi & ~low, hi, n, k));
	}
	runetochar((char*)a, &lo);
	runetochar((char*)b, &hi);
	return bytes(a, b, n, k);
}

static int
range(Rune lo, Rune hi, int k)
{
	static struct { Rune lo, hi; } lens[] = {
		0, 0x7F,
		0x80, 0x7FF,
		0x800, 0xFFFF,
		0x10000, Runemax,
	};
	Rune l, h;
	int i, r;

	r = -1;
	for(i = 0; i < nelem(lens); i++){
		l = lo > lens[i].lo ? lo : lens[i].lo;
		h = hi < lens[i].hi ? hi : lens[i].hi;
		if(l > h)
			continue;
		/* runetochar turns surrogates into something else */
		if(l < 0xD800 && h >= 0xD800)
			r = alt(r, encoded(l, 0xD7FF, i+1, k));
		else if(h < 0xD800 || l > 0xDFFF){
			r = alt(r, encoded(l, h, i+1, k));
			continue;
		}
		if(h > 0xDFFF)
			r = alt(r, encoded(0xE000, h, i+1, k));
	}
	/* bytes that begin no rune go with what lets everything pass */
	if(hi == Runemax)
		r = alt(r, inst(Ibyte, 0xF5, 0xFF, k, -1));
	return r;
}

static int
gen(Re *r, int k)
{
	int i, s;

	switch(r->type){
	case Rempty:
		return k;
	case Rset:
		s = -1;
		for(i = 0; i < r->nset; i++)
			s = alt(s, range(r->set[i].lo, r->set[i].hi, k));
		if(s < 0)
			s = inst(Ibyte, 1, 0, k, -1);
		return s;
	case Rcat:
		return gen(r->a, gen(r->b, k));
	case Ralt:
		return alt(gen(r->a, k), gen(r->b, k));
	case Rstar:
	case Rplus:
		s = inst(Ialt, 0, 0, -1, k);
		i = gen(r->a, s);
		prog[s].x = i;
		return r->type == Rstar ? s : i;
	case Rquest:
		return alt(gen(r->a, k), k);
	case Rbol:
		return inst(Ibol, 0, 0, k, -1);
	case Reol:
		return inst(Ieol, 0, 0, k, -1);
	}
	abort();
}

void
compile(Re *r)
{
	nprog = 0;
	startpc = gen(r, inst(Imatch, 0, 0, -1, -1));
}
