/*
 * Variables, functions and the environment.  A local variable hides the
 * global one by taking its place; what it hid is kept on the stack `saved'
 * until unwind.  Values reach /env only before a process is started, and
 * only those that changed (exportenv).
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

enum
{
	Nhash	= 64,
};

static Var	*hash[Nhash];
static int	ndirty;
Saved		*saved;

static char *private[] = {"*", "0", "pid", "status"};	/* never exported */

static Var**
bucket(char *s)
{
	uint h;

	for(h = 0; *s != 0; s++)
		h = h*31 + *(uchar*)s;
	return &hash[h%Nhash];
}

/* the variable, or nil if it never was set */
Var*
findvar(char *name)
{
	Var *v;

	for(v = *bucket(name); v != nil; v = v->next)
		if(strcmp(v->name, name) == 0)
			return v;
	return nil;
}

Var*
lookup(char *name)
{
	Var *v, **b;
	int n;

	v = findvar(name);
	if(v != nil)
		return v;
	n = strlen(name)+1;
	v = emalloc(sizeof *v+n);
	memset(v, 0, sizeof *v);
	memmove(v->name, name, n);
	b = bucket(name);
	v->next = *b;
	*b = v;
	return v;
}

static void
changed(Var *v)
{
	int i;

	if(v->dirty)
		return;
	for(i = 0; i < nelem(private); i++)
		if(strcmp(v->name, private[i]) == 0)
			return;
	v->dirty = 1;
	ndirty++;
}

/* a copy of the list in one block of the heap */
Val*
mkval(Word *l)
{
	Word *w;
	Val *v;
	char *p;
	int n, len, i;

	n = len = 0;
	for(w = l; w != nil; w = w->next){
		n++;
		len += strlen(w->s)+1;
	}
	v = emalloc(sizeof *v + n*sizeof v->s[0] + len);
	v->n = n;
	p = (char*)&v->s[n];
	i = 0;
	for(w = l; w != nil; w = w->next){
		v->s[i++] = p;
		p = strecpy(p, p+strlen(w->s)+1, w->s)+1;
	}
	return v;
}

/* the value of a variable, nil if it has none; valid until it is set */
Val*
varval(char *name)
{
	Var *v;

	v = findvar(name);
	return v == nil ? nil : v->val;
}

static int
isnumber(char *s)
{
	if(*s == 0)
		return 0;
	while(*s >= '0' && *s <= '9')
		s++;
	return *s == 0;
}

/* the value as a list of its own; $1, $2 ... are elements of $* */
Word*
varwords(char *name)
{
	Val *v;
	Word *l;
	int i;

	if(isnumber(name) && (i = atoi(name)) > 0){
		v = varval("*");
		if(v == nil || i > v->n)
			return nil;
		return newword(rstrdup(v->s[i-1]), nil);
	}
	v = varval(name);
	l = nil;
	if(v != nil)
		for(i = v->n-1; i >= 0; i--)
			l = newword(rstrdup(v->s[i]), l);
	return l;
}

/* the first word of the value, or the empty string; valid until it is set */
char*
varstr(char *name)
{
	Val *v;

	v = varval(name);
	return v == nil || v->n == 0 ? "" : v->s[0];
}

void
setvar(char *name, Word *l)
{
	Var *v;
	Val *old;

	v = lookup(name);
	old = v->val;
	v->val = mkval(l);
	free(old);
	changed(v);
}

void
setstr(char *name, char *s)
{
	Word w;

	w.next = nil;
	w.s = s;
	setvar(name, &w);
}

/* give v a value of its own until unwind; val passes to v */
void
setlocalval(Var *v, Val *val)
{
	Saved *s;

	s = emalloc(sizeof *s);
	s->v = v;
	s->old = v->val;
	s->fn = nil;
	s->next = saved;
	saved = s;
	v->val = val;
	changed(v);
}

void
setlocal(char *name, Word *l)
{
	setlocalval(lookup(name), mkval(l));
}

/* f is running: keep it until unwind, even if it is redefined */
void
holdfn(Func *f)
{
	Saved *s;

	s = emalloc(sizeof *s);
	s->v = nil;
	s->fn = f;
	s->next = saved;
	saved = s;
	f->ref++;
}

static void
dropfn(Func *f)
{
	if(f != nil && --f->ref == 0){
		afree(&f->arena);
		free(f);
	}
}

/* undo all that was saved after to */
void
unwind(Saved *to)
{
	Saved *s;

	while((s = saved) != to){
		saved = s->next;
		if(s->v != nil){
			free(s->v->val);
			s->v->val = s->old;
			changed(s->v);
		}else
			dropfn(s->fn);
		free(s);
	}
}

/* body nil: delete the function */
void
setfn(char *name, Node *body)
{
	Var *v;
	Func *f;

	v = lookup(name);
	f = nil;
	if(body != nil){
		f = emalloc(sizeof *f);
		memset(f, 0, sizeof *f);
		f->ref = 1;
		f->body = treecopy(&f->arena, body);
	}
	dropfn(v->fn);
	v->fn = f;
	if(!v->fndirty){
		v->fndirty = 1;
		ndirty++;
	}
}

void
setstatus(char *s)
{
	if(*s == 0 && varval("status") != nil && getstatus()[0] == 0)
		return;
	setstr("status", s);
}

char*
getstatus(void)
{
	return varstr("status");
}

/* did every member of the pipeline succeed? */
int
succeeded(void)
{
	char *s;

	for(s = getstatus(); *s != 0; s++)
		if(*s != '|' && *s != '0')
			return 0;
	return 1;
}

/* a name that can be a file's: others are not exported */
static int
envname(char *buf, int size, char *prefix, char *name)
{
	if(*name == 0 || strchr(name, '/') != nil || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if(snprint(buf, size, "/env/%s%s", prefix, name) < size-1)
		return 1;
	fprint(2, "rc: can't export %s%.20s...: name too long\n", prefix, name);
	return 0;
}

/*
 * Write an environment file.  What does not fit is in no other process's environment, which
 * they should not find out by themselves.
 */
static void
putenvfile(char *file, char *text, int n)
{
	int fd;

	fd = create(file, OWRITE, 0666);
	if(fd < 0){
		fprint(2, "rc: can't export %s: %r\n", file+strlen("/env/"));
		return;
	}
	if(n > 0 && write(fd, text, n) != n){
		fprint(2, "rc: can't export %s, %d bytes: %r\n", file+strlen("/env/"), n);
		remove(file);
	}
	close(fd);
}

static void
flushval(Var *v)
{
	char file[160];
	Str s;
	int i;

	v->dirty = 0;
	if(!envname(file, sizeof file, "", v->name))
		return;
	if(v->val == nil){
		if(v->inenv)
			remove(file);
		v->inenv = 0;
		return;
	}
	memset(&s, 0, sizeof s);
	for(i = 0; i < v->val->n; i++)
		stradd(&s, v->val->s[i], strlen(v->val->s[i])+1);
	putenvfile(file, s.s, s.n);
	v->inenv = 1;
	free(s.s);
}

static void
flushfn(Var *v)
{
	char file[160];
	Str s;

	v->fndirty = 0;
	if(!envname(file, sizeof file, "fn#", v->name))
		return;
	if(v->fn == nil){
		if(v->fninenv)
			remove(file);
		v->fninenv = 0;
		return;
	}
	memset(&s, 0, sizeof s);
	fntext(&s, v->name, v->fn->body);
	putenvfile(file, s.s, s.n);
	v->fninenv = 1;
	free(s.s);
}

/* before a process is started: it shall see what changed */
void
exportenv(void)
{
	Var *v;
	int i;

	if(ndirty == 0)
		return;
	for(i = 0; i < Nhash; i++)
		for(v = hash[i]; v != nil; v = v->next){
			if(v->dirty)
				flushval(v);
			if(v->fndirty)
				flushfn(v);
		}
	ndirty = 0;
}

/* s[0..n) holds words that end in NUL; the last NUL may be missing */
static void
importval(char *name, char *s, long n)
{
	Word *l, **tail;
	Var *v;
	char *e;
	int i;

	for(i = 0; i < nelem(private); i++)
		if(strcmp(name, private[i]) == 0)
			return;
	tail = &l;
	for(e = s+n; s < e; s += strlen(s)+1){
		*tail = newword(s, nil);
		tail = &(*tail)->next;
	}
	*tail = nil;
	v = lookup(name);
	free(v->val);
	v->val = mkval(l);
	v->inenv = 1;
}

static void
importfn(char *name, char *text)
{
	Input in;
	Node *n;
	Var *v;

	if(strncmp(text, "fn ", 3) != 0)
		return;
	openinput(&in, name, -1, text, 0);
	if(parseline(&n) > 0 && n != nil && n->type == Nfn && n->b != nil){
		v = lookup(name+3);
		if(v->fn == nil){
			setfn(v->name, n->b);
			v->fndirty = 0;
			ndirty--;
			v->fninenv = 1;
		}
	}
	closeinput();
}

static void
import(Dir *d, int vars, int fns)
{
	char file[160], *s;
	Mark m;
	int fd, isfn;
	long n;

	isfn = strncmp(d->name, "fn#", 3) == 0;
	if(d->length == 0 || !(isfn ? fns : vars) || !envname(file, sizeof file, "", d->name))
		return;
	fd = open(file, OREAD);
	if(fd < 0)
		return;
	m = mark();
	s = ralloc(d->length+1);
	n = readn(fd, s, d->length);
	close(fd);
	if(n > 0){
		s[n] = 0;
		if(isfn)
			importfn(d->name, s);
		else
			importval(d->name, s, n);
	}
	release(m);
}

/* take variables and functions, as asked for, from the environment */
void
importenv(int vars, int fns)
{
	Dir *d;
	int fd;
	long i, n;

	fd = open("/env", OREAD);
	if(fd < 0)
		return;
	while((n = dirread(fd, &d)) > 0){
		for(i = 0; i < n; i++)
			import(&d[i], vars, fns);
		free(d);
	}
	close(fd);
}
