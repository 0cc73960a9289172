/*
 * Evaluation of words: a node becomes a list of Words in the arena.  File
 * names are matched last, over the whole list (evalargs), because a pattern
 * may be put together by carets.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

static Word**	eval(Node*, Word**);

Word*
newword(char *s, Word *next)
{
	Word *w;

	w = ralloc(sizeof *w);
	w->s = s;
	w->meta = nil;
	w->next = next;
	return w;
}

int
countwords(Word *w)
{
	int n;

	for(n = 0; w != nil; w = w->next)
		n++;
	return n;
}

/* the words, separated by blanks */
char*
joinwords(Word *l)
{
	Word *w;
	char *s, *p;
	int n;

	if(l != nil && l->next == nil)
		return l->s;
	n = 1;
	for(w = l; w != nil; w = w->next)
		n += strlen(w->s)+1;
	s = p = ralloc(n);
	for(w = l; w != nil; w = w->next){
		n = strlen(w->s);
		memmove(p, w->s, n);
		p += n;
		if(w->next != nil)
			*p++ = ' ';
	}
	*p = 0;
	return s;
}

static Word*
concat(Word *a, Word *b)
{
	Word *w;
	int na, nb;

	na = strlen(a->s);
	nb = strlen(b->s);
	w = newword(ralloc(na+nb+1), nil);
	memmove(w->s, a->s, na);
	memmove(w->s+na, b->s, nb+1);
	if(a->meta != nil || b->meta != nil){
		w->meta = ralloc(na+nb);
		memset(w->meta, 0, na+nb);
		if(a->meta != nil)
			memmove(w->meta, a->meta, na);
		if(b->meta != nil)
			memmove(w->meta+na, b->meta, nb);
	}
	return w;
}

static Word**
evalconcat(Node *n, Word **tail)
{
	Word *a, *b;
	int na, nb;

	*eval(n->a, &a) = nil;
	*eval(n->b, &b) = nil;
	na = countwords(a);
	nb = countwords(b);
	if(na == 0 && nb == 0)
		return tail;
	if(na == 0 || nb == 0)
		rcerror("null list in concatenation");
	if(na != nb && na != 1 && nb != 1)
		rcerror("mismatched list lengths in concatenation");
	for(;;){
		*tail = concat(a, b);
		tail = &(*tail)->next;
		if(na != 1)
			a = a->next;
		if(nb != 1)
			b = b->next;
		if(a == nil || b == nil || na == 1 && nb == 1)
			return tail;
	}
}

/* the name of the variable that the node n denotes */
static char*
varname(Node *n)
{
	Word *w;

	if(n->type == Nword)
		return n->s;
	*eval(n, &w) = nil;
	if(w == nil || w->next != nil)
		rcerror("variable name not singleton!");
	return w->s;
}

/* m, m- and m-n of a subscript; 0 if s is none of them */
static int
range(char *s, int n, int *from, int *to)
{
	char *p;

	*from = strtol(s, &p, 10);
	if(p == s || *s == '-')
		return 0;
	*to = *from;
	if(*p == '-'){
		*to = n;
		s = ++p;
		if(*p != 0)
			*to = strtol(s, &p, 10);
	}
	if(*p != 0)
		return 0;
	if(*to > n)
		*to = n;
	return *from >= 1;
}

static Word**
evalsub(Node *n, Word **tail)
{
	Word *vals, *subs, **v;
	int i, len, from, to;

	vals = varwords(varname(n->a));
	len = countwords(vals);
	v = ralloc((len+1)*sizeof *v);
	for(i = 0; i < len; i++){
		v[i] = vals;
		vals = vals->next;
	}
	for(subs = evalargs(n->b); subs != nil; subs = subs->next){
		if(!range(subs->s, len, &from, &to))
			continue;
		for(; from <= to; from++){
			*tail = newword(v[from-1]->s, nil);
			tail = &(*tail)->next;
		}
	}
	return tail;
}

/* cut text at the bytes of seps into words */
Word*
splitwords(Str *text, char *seps)
{
	Word *l, **tail;
	char *p, *s, *e;

	tail = &l;
	p = memmove(ralloc(text->n+1), strend(text), text->n+1);
	e = p+text->n;
	for(;;){
		while(p < e && *p != 0 && strchr(seps, *p) != nil)
			p++;
		if(p >= e)
			break;
		for(s = p; p < e && (*p == 0 || strchr(seps, *p) == nil); p++)
			;
		*p = 0;
		if(p < e)
			p++;
		*tail = newword(s, nil);
		tail = &(*tail)->next;
	}
	*tail = nil;
	return l;
}

/* start cmd with its descriptor fd connected to a pipe; returns our end and the process */
static int
pipeto(Node *cmd, int fd, int *pid)
{
	int p[2];

	if(pipe(p) < 0)
		rcerror("can't get pipe: %r");
	*pid = rcfork(0);
	if(*pid == 0){
		close(p[0]);
		addredir(Dopen, p[1], fd);
		applyredirs();
		run(cmd, Hlast);
		leave();
	}
	close(p[1]);
	return p[0];
}

static Word**
evalback(Node *n, Word **tail)
{
	char buf[4096], *seps;
	Str out;
	Word *w;
	int fd, pid;
	long r;

	if(n->a != nil){
		*eval(n->a, &w) = nil;
		for(seps = ""; w != nil; w = w->next)
			seps = concat(newword(seps, nil), w)->s;
	}else
		seps = varstr("ifs");
	seps = rstrdup(seps);
	fd = pipeto(n->b, 1, &pid);
	memset(&out, 0, sizeof out);
	while((r = read(fd, buf, sizeof buf)) > 0)
		stradd(&out, buf, r);
	close(fd);
	waitfor(pid);
	*tail = splitwords(&out, seps);
	free(out.s);
	while(*tail != nil)
		tail = &(*tail)->next;
	return tail;
}

/* the command runs beside us; /fd/N stays open until the command that uses the word ends */
static Word**
evalpipefd(Node *n, Word **tail)
{
	char name[20];
	int fd, pid;

	fd = pipeto(n->a, n->rtype == Rread, &pid);
	addchild(pid);
	addredir(Dkeep, fd, fd);
	snprint(name, sizeof name, "/fd/%d", redirs->from);
	*tail = newword(rstrdup(name), nil);
	return &(*tail)->next;
}

/* append the value of n at tail; returns the new tail, which is not yet nil */
static Word**
eval(Node *n, Word **tail)
{
	char buf[20];
	Word *w;

	switch(n->type){
	case Nword:
		w = newword(n->s, nil);
		w->meta = n->meta;
		*tail = w;
		return &w->next;
	case Nconcat:
		return evalconcat(n, tail);
	case Nvar:
		for(*tail = varwords(varname(n->a)); *tail != nil; tail = &(*tail)->next)
			;
		return tail;
	case Ncount:
		snprint(buf, sizeof buf, "%d", countwords(varwords(varname(n->a))));
		*tail = newword(rstrdup(buf), nil);
		return &(*tail)->next;
	case Nflat:
		*tail = newword(joinwords(varwords(varname(n->a))), nil);
		return &(*tail)->next;
	case Nsub:
		return evalsub(n, tail);
	case Nlist:
		for(n = n->a; n != nil; n = n->next)
			tail = eval(n, tail);
		return tail;
	case Nback:
		return evalback(n, tail);
	case Npipefd:
		return evalpipefd(n, tail);
	}
	abort();
}

/* the words of the list of nodes n, patterns as they are */
Word*
evalnoglob(Node *n)
{
	Word *l, **tail;

	tail = &l;
	for(; n != nil; n = n->next)
		tail = eval(n, tail);
	*tail = nil;
	return l;
}

Word*
evalargs(Node *n)
{
	return expandlist(evalnoglob(n));
}
