/*
 * regexp(2): from text to Reprog, by recursive descent after the grammar of
 * regexp(6).  Ends that do not know yet where they lead are chained through
 * the very field that will say it, and patched when it is known.
 */
#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regpriv.h"

typedef struct Comp Comp;
typedef struct Frag Frag;

/* a piece of the graph: where it begins; the chain of its loose ends */
struct Frag
{
	int	start;
	int	ends;		/* 2*inst, +1 for alt; -1 ends the chain */
};

struct Comp
{
	char	*s;		/* what is left of the text */
	int	literal;
	int	any;		/* the op of . */
	int	depth;		/* open parentheses */
	int	nparen;
	Reprog	*re;
	int	nspan;
	jmp_buf	bad;
};

enum
{
	None	= -1,
	Maxdepth	= 1000,	/* of nested parentheses */
};

static Frag alternatives(Comp*);

/* programs that want to handle errors define a regerror of their own */
__attribute__((weak)) void
regerror(char *msg)
{
	fprint(2, "regerror: %s\n", msg);
	exits(msg);
}

static char *why;

static void
bad(Comp *c, char *msg)
{
	why = msg;
	longjmp(c->bad, 1);
}

static int
emit(Comp *c, int op)
{
	Inst *i;

	i = &c->re->inst[c->re->ninst];
	i->op = op;
	i->next = None;
	return c->re->ninst++;
}

static int*
loose(Comp *c, int e)
{
	Inst *i;

	i = &c->re->inst[e>>1];
	return e&1 ? &i->alt : &i->next;
}

static void
patch(Comp *c, int ends, int to)
{
	int *p;

	while(ends != None){
		p = loose(c, ends);
		ends = *p;
		*p = to;
	}
}

static int
join(Comp *c, int a, int b)
{
	int e;

	if(a == None)
		return b;
	for(e = a; *loose(c, e) != None; e = *loose(c, e))
		;
	*loose(c, e) = b;
	return a;
}

static Frag
single(Comp *c, int op)
{
	Frag f;

	f.start = emit(c, op);
	f.ends = 2*f.start;
	return f;
}

static Rune
getrune(Comp *c)
{
	Rune r;

	c->s += chartorune(&r, c->s);
	return r;
}

static Rune
classrune(Comp *c)
{
	Rune r;

	if(*c->s == 0)
		bad(c, "malformed '[]'");
	r = getrune(c);
	if(r == '\\'){
		if(*c->s == 0)
			bad(c, "malformed '[]'");
		r = getrune(c);
	}
	return r;
}

static Frag
class(Comp *c)
{
	Frag f;
	Inst *i;
	Span *s;

	f = single(c, Class);
	i = &c->re->inst[f.start];
	i->span = c->nspan;
	i->n = 0;
	s = &c->re->span[c->nspan];
	if(*c->s == '^'){
		c->s++;
		i->op = Nclass;
		s->lo = s->hi = '\n';	/* a complement does not cross lines */
		s++;
		i->n++;
	}
	if(*c->s == ']')
		bad(c, "empty '[]'");
	while(*c->s != ']'){
		s->lo = s->hi = classrune(c);
		if(c->s[0] == '-' && c->s[1] != ']'){
			c->s++;
			s->hi = classrune(c);
			if(s->hi < s->lo)
				bad(c, "malformed '[]'");
		}
		s++;
		if(++i->n == 0xFFFF)
			bad(c, "'[]' is too long");
	}
	c->s++;
	c->nspan += i->n;
	return f;
}

static Frag
literal(Comp *c, Rune r)
{
	Frag f;

	f = single(c, Rune1);
	c->re->inst[f.start].r = r;
	return f;
}

static Frag
group(Comp *c)
{
	Frag in, f;
	int open, close, n;

	n = ++c->nparen;
	if(++c->depth > Maxdepth)
		bad(c, "parentheses nest too deeply");
	if(n >= NSUBEXP)
		n = NSUBEXP;		/* matched, but not remembered */
	open = emit(c, Open);
	c->re->inst[open].n = n;
	in = alternatives(c);
	if(*c->s != ')')
		bad(c, "unmatched left paren");
	c->s++;
	c->depth--;
	close = emit(c, Close);
	c->re->inst[close].n = n;
	c->re->inst[open].next = in.start;
	patch(c, in.ends, close);
	f.start = open;
	f.ends = 2*close;
	return f;
}

static Frag
atom(Comp *c)
{
	Rune r;

	r = getrune(c);
	if(c->literal)
		return literal(c, r);
	switch(r){
	case '.':
		return single(c, c->any);
	case '^':
		return single(c, Bol);
	case '$':
		return single(c, Eol);
	case '[':
		return class(c);
	case '(':
		return group(c);
	case '*':
	case '+':
	case '?':
		bad(c, "missing operand");
	case '\\':
		if(*c->s == 0)
			return literal(c, '\\');
		return literal(c, getrune(c));
	}
	return literal(c, r);
}

static Frag
repeated(Comp *c)
{
	Frag f;
	int split, op;

	f = atom(c);
	if(c->literal)
		return f;
	while((op = *c->s) == '*' || op == '+' || op == '?'){
		c->s++;
		split = emit(c, Split);
		c->re->inst[split].next = f.start;
		c->re->inst[split].alt = None;
		if(op == '?')
			f.ends = join(c, f.ends, 2*split+1);
		else{
			patch(c, f.ends, split);
			f.ends = 2*split+1;
		}
		if(op != '+')
			f.start = split;
	}
	return f;
}

static Frag
sequence(Comp *c)
{
	Frag f, g;

	if(*c->s == 0 || *c->s == '|' || *c->s == ')')
		bad(c, *c->s == ')' && c->depth == 0 ? "unmatched right paren" : "missing operand");
	f = repeated(c);
	while(*c->s && (c->literal || *c->s != '|' && *c->s != ')')){
		g = repeated(c);
		patch(c, f.ends, g.start);
		f.ends = g.ends;
	}
	return f;
}

static Frag
alternatives(Comp *c)
{
	Frag f, g;
	int split;

	f = sequence(c);
	while(*c->s == '|'){
		c->s++;
		g = sequence(c);
		split = emit(c, Split);
		c->re->inst[split].next = f.start;
		c->re->inst[split].alt = g.start;
		f.start = split;
		f.ends = join(c, f.ends, g.ends);
	}
	return f;
}

enum
{
	Maxwalk	= 50,		/* instructions to look at before the first rune */
};

/* sets the bytes with which a match can begin; 0 if that says nothing */
static int
firsts(Reprog *re, int inst, int depth)
{
	char buf[UTFmax];
	Inst *i;
	Span *s;
	int n, b;

	i = &re->inst[inst];
	if(depth > Maxwalk)
		return 0;
	switch(i->op){
	case Open:
	case Close:
		return firsts(re, i->next, depth+1);
	case Split:
		return firsts(re, i->next, depth+1) && firsts(re, i->alt, depth+1);
	case Rune1:
		if(i->r == Runeerror)		/* any malformed byte will do */
			return 0;
		runetochar(buf, &i->r);
		re->first[(uchar)buf[0]] = 1;
		return 1;
	case Class:
		s = &re->span[i->span];
		for(n = 0; n < i->n; n++){
			for(b = s[n].lo; b <= s[n].hi && b < Runeself; b++)
				re->first[b] = 1;
			if(s[n].hi >= Runeself)
				memset(re->first+Runeself, 1, 256-Runeself);
		}
		return 1;
	}
	return 0;
}

static Reprog*
compile(char *s, int literal, int any)
{
	Comp c;
	Frag f;
	int n, match;

	n = strlen(s);
	c.re = mallocz(sizeof(Reprog) + (2*n+4)*sizeof(Inst) + (n+4)*sizeof(Span), 1);
	if(c.re == nil){
		regerror("out of memory");
		return nil;
	}
	c.re->inst = (Inst*)(c.re+1);
	c.re->span = (Span*)(c.re->inst + 2*n+4);
	c.s = s;
	c.literal = literal;
	c.any = any;
	c.depth = 0;
	c.nparen = 0;
	c.nspan = 0;
	if(setjmp(c.bad)){
		free(c.re);
		regerror(why);
		return nil;
	}
	if(literal && *s == 0)
		bad(&c, "missing operand");
	f = literal ? sequence(&c) : alternatives(&c);
	if(*c.s == ')')
		bad(&c, "unmatched right paren");
	match = emit(&c, Match);
	patch(&c, f.ends, match);
	c.re->start = f.start;
	c.re->skips = firsts(c.re, f.start, 0);
	return c.re;
}

/* . does not match a newline */
Reprog*
regcomp(char *s)
{
	return compile(s, 0, Any);
}

/* . matches everything */
Reprog*
regcompnl(char *s)
{
	return compile(s, 0, Anynl);
}

/* no character is special */
Reprog*
regcomplit(char *s)
{
	return compile(s, 1, Any);
}
