/*
 * hoc's grammar, by descent; binary operators by a table of their strengths.
 * Statements end at a newline or a semicolon.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "hoc.h"

static Node*	expr(int);
static Node*	body(void);

static int	infunc;		/* inside a definition: return is allowed */
static int	loops;
static Sym	*syms;

Sym*
lookup(char *name)
{
	Sym *s;

	for(s = syms; s != nil; s = s->next)
		if(strcmp(s->name, name) == 0)
			return s;
	s = mallocz(sizeof *s, 1);
	if(s == nil || (s->name = strdup(name)) == nil)
		sysfatal("out of memory: %r");
	s->next = syms;
	return syms = s;
}

static Node*
node(int type, Node *a, Node *b)
{
	Node *n;

	n = mallocz(sizeof *n, 1);
	if(n == nil)
		sysfatal("out of memory: %r");
	n->type = type;
	n->line = line;
	n->a = a;
	n->b = b;
	return n;
}

/* A statement that has run. */
void
freetree(Node *n)
{
	if(n == nil)
		return;
	freetree(n->a);
	freetree(n->b);
	freetree(n->c);
	freetree(n->d);
	freetree(n->next);
	free(n->text);
	free(n);
}

static char*
tokname(void)
{
	static char buf[32];

	if(tok == Tend)
		return "end of input";
	if(tok == '\n')
		return "end of line";
	if(tok == Tname || tok == Tstring)
		return toktext;
	if(tok == Tnumber)
		return "number";
	if(tok > ' ' && tok < 0x7F)
		snprint(buf, sizeof buf, "%c", tok);
	else
		strcpy(buf, tok < 256 ? "character" : "operator or word");
	return buf;
}

static void
unexpected(void)
{
	fail(tok == '\n' ? line-1 : line, "syntax error at %s", tokname());
}

static void
want(int t)
{
	if(tok != t)
		unexpected();
	next();
}

static void
newlines(void)
{
	while(tok == '\n')
		next();
}

static Node*
args(void)
{
	Node *first, **last;

	first = nil;
	last = &first;
	want('(');
	while(tok != ')'){
		*last = expr(0);
		last = &(*last)->next;
		if(tok != ',')
			break;
		next();
	}
	want(')');
	return first;
}

static Node*
name(void)
{
	Node *n;

	n = node(Nvar, nil, nil);
	n->sym = lookup(toktext);
	next();
	if(tok == '('){
		n->type = Ncall;
		n->a = args();
	}
	return n;
}

static Node*
primary(void)
{
	Node *n;

	switch(tok){
	case Tnumber:
		n = node(Nnumber, nil, nil);
		n->value = toknum;
		next();
		return n;
	case Tname:
		n = name();
		if(n->type == Nvar && (tok == Tinc || tok == Tdec)){
			n->type = Npost;
			n->op = tok;
			next();
		}
		return n;
	case Tread:
		next();
		want('(');
		n = node(Nread, nil, nil);
		if(tok != Tname)
			unexpected();
		n->sym = lookup(toktext);
		next();
		want(')');
		return n;
	case '(':
		next();
		n = expr(0);
		want(')');
		return n;
	}
	unexpected();
	return nil;
}

static Node*
unary(void)
{
	Node *n;
	int op;

	switch(op = tok){
	case '-':
	case '!':
	case '+':
		next();
		/* below ^: -2^2 is -4 */
		n = node(Nunary, expr(7), nil);
		n->op = op;
		return n;
	case Tinc:
	case Tdec:
		next();
		if(tok != Tname)
			unexpected();
		n = node(Npre, nil, nil);
		n->op = op;
		n->sym = lookup(toktext);
		next();
		return n;
	}
	return primary();
}

static struct
{
	int	op;
	int	level;
	int	right;		/* groups from the right */
} binary[] = {
	Tor, 2, 0,
	Tand, 3, 0,
	'>', 4, 0,	Tge, 4, 0,	'<', 4, 0,	Tle, 4, 0,	Teq, 4, 0,	Tne, 4, 0,
	'+', 5, 0,	'-', 5, 0,
	'*', 6, 0,	'/', 6, 0,	'%', 6, 0,
	'^', 8, 1,
	'=', 1, 1,	Taddeq, 1, 1,	Tsubeq, 1, 1,	Tmuleq, 1, 1,	Tdiveq, 1, 1,	Tmodeq, 1, 1,	Tpoweq, 1, 1,
};

/* An expression of operators no weaker than level. */
static Node*
expr(int level)
{
	Node *l, *n;
	int i;

	l = unary();
	for(;;){
		for(i = 0; i < nelem(binary); i++)
			if(binary[i].op == tok)
				break;
		if(i == nelem(binary) || binary[i].level < level)
			return l;
		if(binary[i].level == 1 && l->type != Nvar)
			fail(line, "assignment to something that is not a variable");
		next();
		n = node(binary[i].level == 1 ? Nassign : Nbinary, l, expr(binary[i].level + !binary[i].right));
		n->op = binary[i].op;
		n->sym = l->sym;
		l = n;
	}
}

/*
 * Outside of braces the token that ends a statement stays, lest hoc wait for a
 * line more than it was given.
 */
static void
endstatement(void)
{
	if(tok == ';' || tok == '\n'){
		if(depth > 0)
			next();
	}else if(tok != '}' && tok != Tend && tok != Telse)
		unexpected();
}

static Node*
condition(void)
{
	Node *n;

	want('(');
	n = expr(0);
	want(')');
	newlines();
	return n;
}

static Node*
block(void)
{
	Node *n, **last, *first;

	depth++;
	want('{');
	first = nil;
	last = &first;
	for(;;){
		while(tok == '\n' || tok == ';')
			next();
		if(tok == '}')
			break;
		if(tok == Tend)
			unexpected();
		n = node(Nblock, body(), nil);
		*last = n;
		last = &n->b;
	}
	depth--;
	next();
	return first != nil ? first : node(Nnothing, nil, nil);
}

static Node*
optional(int end)
{
	Node *n;

	n = tok == end ? nil : expr(0);
	want(end);
	return n;
}

static Node*
loop(Node *n)
{
	loops++;
	if(n->type == Nwhile)
		n->b = body();
	else
		n->d = body();
	loops--;
	return n;
}

static Node*
printlist(void)
{
	Node *n, **last, *s;

	n = node(Nprint, nil, nil);
	last = &n->a;
	do{
		next();
		if(tok == Tstring){
			s = node(Nstring, nil, nil);
			s->text = strdup(toktext);
			next();
		}else
			s = expr(0);
		*last = s;
		last = &s->next;
	}while(tok == ',');
	return n;
}

static int
simple(int type)
{
	return type == Nassign || type == Npre || type == Npost;
}

/* A statement of any kind but a definition. */
static Node*
body(void)
{
	Node *n;

	switch(tok){
	case '{':
		return block();
	case Tif:
		next();
		n = node(Nif, condition(), nil);
		n->b = body();
		/* else may stand on a line of its own only inside braces: outside, the statement has ended */
		if(depth > 0)
			newlines();
		if(tok == Telse){
			next();
			newlines();
			n->c = body();
		}
		return n;
	case Twhile:
		next();
		return loop(node(Nwhile, condition(), nil));
	case Tfor:
		next();
		want('(');
		n = node(Nfor, nil, nil);
		n->a = optional(';');
		n->b = optional(';');
		n->c = optional(')');
		newlines();
		return loop(n);
	case Treturn:
		if(!infunc)
			fail(line, "return outside of a function");
		next();
		n = node(Nreturn, nil, nil);
		if(tok != ';' && tok != '\n' && tok != '}' && tok != Telse)
			n->a = expr(0);
		endstatement();
		return n;
	case Tbreak:
	case Tcontinue:
		if(loops == 0)
			fail(line, "%s outside of a loop", tok == Tbreak ? "break" : "continue");
		n = node(tok == Tbreak ? Nbreak : Ncontinue, nil, nil);
		next();
		endstatement();
		return n;
	case Tprint:
		n = printlist();
		endstatement();
		return n;
	case ';':
		endstatement();
		return node(Nnothing, nil, nil);
	}
	n = expr(0);
	n = node(simple(n->type) ? Nquiet : Nexpr, n, nil);
	endstatement();
	return n;
}

/* func name(a, b) body: takes effect at once, so that it can call itself. */
static void
define(void)
{
	Code *c;
	Sym *s;
	int type;

	type = tok == Tfunc ? Function : Procedure;
	next();
	if(tok != Tname)
		unexpected();
	s = lookup(toktext);
	if(s->type == Builtin || s->type == Constant)
		fail(line, "%s is built in", s->name);
	c = mallocz(sizeof *c, 1);
	if(c == nil)
		sysfatal("out of memory: %r");
	next();
	want('(');
	while(tok != ')'){
		if(tok != Tname)
			unexpected();
		if(c->nparam == Maxargs)
			fail(line, "more than %d parameters", Maxargs);
		c->param[c->nparam++] = lookup(toktext);
		next();
		if(tok != ',')
			break;
		next();
	}
	want(')');
	newlines();
	infunc = 1;
	c->body = body();
	infunc = 0;
	s->type = type;
	s->code = c;
}

Node*
statement(void)
{
	Node *n;

	infunc = 0;
	loops = 0;
	depth = 0;
	next();
	while(tok == '\n' || tok == ';')
		next();
	if(tok == Tend)
		return nil;
	if(tok == Tfunc || tok == Tproc){
		define();
		return node(Nnothing, nil, nil);
	}
	n = body();
	if(tok != '\n' && tok != ';' && tok != Tend)
		unexpected();
	return n;
}
