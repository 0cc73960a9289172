/*
 * Runs the trees of hoc.  A call saves the values that its parameters' names
 * have, and puts them back: names are looked up where the call is, not where
 * the function was written.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "hoc.h"

enum
{
	Maxdepth	= 1000,	/* of calls; the stack has room for more */

	/* how a statement ended */
	Normal	= 0,
	Broke,
	Continued,
	Returned,
};

static int	calls;
static double	result;		/* of the return statement under way */
static int	gave;		/* it had a value */

static double	eval(Node*);
static int	doit(Node*);

static void
needvalue(Node *n)
{
	Sym *s;

	s = n->sym;
	if(s->type == Undef)
		fail(n->line, "undefined variable %s", s->name);
	if(s->type != Variable && s->type != Constant)
		fail(n->line, "%s is not a variable", s->name);
}

static double
set(Node *n, double v)
{
	Sym *s;

	s = n->sym;
	if(s->type != Undef && s->type != Variable)
		fail(n->line, "%s cannot be assigned to", s->name);
	s->type = Variable;
	return s->value = v;
}

static double
check(Node *n, double v, char *what)
{
	if(isNaN(v))
		fail(n->line, "%s: argument out of domain", what);
	if(isInf(v, 0))
		fail(n->line, "%s: result out of range", what);
	return v;
}

static double
arith(Node *n, int op, double a, double b)
{
	switch(op){
	case '+': case Taddeq:
		return a + b;
	case '-': case Tsubeq:
		return a - b;
	case '*': case Tmuleq:
		return a * b;
	case '/': case Tdiveq:
		if(b == 0)
			fail(n->line, "division by zero");
		return a / b;
	case '%': case Tmodeq:
		if(b == 0)
			fail(n->line, "division by zero");
		return fmod(a, b);
	case '^': case Tpoweq:
		return check(n, pow(a, b), "exponentiation");
	case '<':
		return a < b;
	case '>':
		return a > b;
	case Tle:
		return a <= b;
	case Tge:
		return a >= b;
	case Teq:
		return a == b;
	case Tne:
		return a != b;
	}
	return 0;
}

static double
builtin(Node *n)
{
	double a, b;
	Sym *s;

	s = n->sym;
	if(n->a == nil || (s->fn2 != nil) != (n->a->next != nil) || n->a->next != nil && n->a->next->next != nil)
		fail(n->line, "%s takes %s", s->name, s->fn2 != nil ? "two arguments" : "one argument");
	a = eval(n->a);
	if(s->fn2 != nil){
		b = eval(n->a->next);
		return check(n, s->fn2(a, b), s->name);
	}
	return check(n, s->fn1(a), s->name);
}

/* Bind the arguments, run, and put back what the names were before. */
static double
call(Node *n)
{
	struct { int type; double value; } old[Maxargs];
	double v[Maxargs];
	Code *c;
	Node *a;
	int i, argc;

	if(n->sym->type == Builtin)
		return builtin(n);
	if(n->sym->type != Function && n->sym->type != Procedure)
		fail(n->line, "%s is not a function", n->sym->name);
	c = n->sym->code;
	argc = 0;
	for(a = n->a; a != nil; a = a->next){
		if(argc == c->nparam)
			fail(n->line, "%s takes %d arguments", n->sym->name, c->nparam);
		v[argc++] = eval(a);
	}
	if(argc != c->nparam)
		fail(n->line, "%s takes %d arguments", n->sym->name, c->nparam);
	if(++calls > Maxdepth)
		fail(n->line, "%s: calls nested too deeply", n->sym->name);
	for(i = 0; i < argc; i++){
		old[i].type = c->param[i]->type;
		old[i].value = c->param[i]->value;
		c->param[i]->type = Variable;
		c->param[i]->value = v[i];
	}
	gave = 0;
	doit(c->body);
	for(i = 0; i < argc; i++){
		c->param[i]->type = old[i].type;
		c->param[i]->value = old[i].value;
	}
	calls--;
	if(n->sym->type == Function && !gave)
		fail(n->line, "%s returned no value", n->sym->name);
	gave = 0;
	return result;
}

/* read(x): the next number of the input; 0 at its end. */
static double
readvalue(Node *n)
{
	double d;

	switch(Bgetd(readin, &d)){
	case Beof:
		set(n, 0);
		return 0;
	}
	set(n, d);
	return 1;
}

static double
eval(Node *n)
{
	double a, b;

	switch(n->type){
	case Nnumber:
		return n->value;
	case Nvar:
		needvalue(n);
		return n->sym->value;
	case Nassign:
		b = eval(n->b);
		if(n->op == '=')
			return set(n, b);
		needvalue(n);
		return set(n, arith(n, n->op, n->sym->value, b));
	case Nunary:
		a = eval(n->a);
		return n->op == '-' ? -a : n->op == '!' ? a == 0 : a;
	case Npre:
		needvalue(n);
		return set(n, n->sym->value + (n->op == Tinc ? 1 : -1));
	case Npost:
		needvalue(n);
		a = n->sym->value;
		set(n, a + (n->op == Tinc ? 1 : -1));
		return a;
	case Nbinary:
		a = eval(n->a);
		if(n->op == Tand)
			return a != 0 && eval(n->b) != 0;
		if(n->op == Tor)
			return a != 0 || eval(n->b) != 0;
		b = eval(n->b);
		return arith(n, n->op, a, b);
	case Ncall:
		return call(n);
	case Nread:
		return readvalue(n);
	}
	fail(n->line, "not an expression");
	return 0;
}

/* With as few digits as tell it from its neighbours, but at most PREC. */
static char*
format(double v)
{
	static char buf[400];
	int digits, max;

	max = lookup("PREC")->value;
	if(max < 1)
		max = 1;
	if(max > 300)
		max = 300;
	for(digits = max < 15 ? max : 15; ; digits++){
		snprint(buf, sizeof buf, "%.*g", digits, v);
		if(digits == max || strtod(buf, nil) == v)
			return buf;
	}
}

static int
dowhile(Node *cond, Node *step, Node *body)
{
	int how;

	while(cond == nil || eval(cond) != 0){
		how = doit(body);
		if(how == Returned)
			return how;
		if(how == Broke)
			break;
		if(step != nil)
			eval(step);
	}
	return Normal;
}

static int
doit(Node *n)
{
	Node *p;
	int how;
	double v;

	switch(n->type){
	case Nnothing:
		break;
	case Nquiet:
		eval(n->a);
		break;
	case Nexpr:
		if(n->a->type == Ncall && n->a->sym->type == Procedure)
			call(n->a);
		else{
			v = eval(n->a);
			lookup("_")->type = Variable;
			lookup("_")->value = v;
			print("%s\n", format(v));
		}
		break;
	case Nprint:
		for(p = n->a; p != nil; p = p->next)
			if(p->type == Nstring)
				print("%s", p->text);
			else
				print("%s ", format(eval(p)));
		break;
	case Nif:
		if(eval(n->a) != 0)
			return doit(n->b);
		if(n->c != nil)
			return doit(n->c);
		break;
	case Nwhile:
		return dowhile(n->a, nil, n->b);
	case Nfor:
		if(n->a != nil)
			eval(n->a);
		return dowhile(n->b, n->c, n->d);
	case Nblock:
		for(; n != nil; n = n->b)
			if((how = doit(n->a)) != Normal)
				return how;
		break;
	case Nreturn:
		v = n->a != nil ? eval(n->a) : 0;
		result = v;
		gave = n->a != nil;
		return Returned;
	case Nbreak:
		return Broke;
	case Ncontinue:
		return Continued;
	}
	return Normal;
}

void
run(Node *n)
{
	calls = 0;
	doit(n);
}
