/*
 * Running commands: a walk over the tree, one function for each type of node.
 * Errors (rcerror) unwind to the last interactive input, or end the process if
 * there is none; what must be put back then is on the lists saved, redirs and
 * input.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

enum
{
	Stackmax	= 12*1024*1024,		/* of the 16 MiB that a process has */
	Maxpipe		= 500,			/* members of a pipeline */
};

Catch		*catcher;
static int	condfailed;		/* the last if's condition failed */
static char	*stackbase;

/* a message on the command's standard error */
void
msg(char *fmt, ...)
{
	char buf[1024];
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	write(realfd(2), buf, n);
}

static void
gotocatcher(void)
{
	Catch *c;

	c = catcher;
	while(input != c->input)
		closeinput();
	dropredirs(c->redirs);
	unwind(c->saved);
	release(c->mark);
	longjmp(c->jmp, 1);
}

/* report and give up what is being done */
void
rcerror(char *fmt, ...)
{
	char buf[512];
	va_list arg;
	Input *in;

	va_start(arg, fmt);
	vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	in = input;
	if(in != nil && in->name != nil && !in->interactive)
		msg("rc: %s:%d: %s\n", in->name, in->line > 1 ? in->line-1 : 1, buf);
	else
		msg("rc: %s\n", buf);
	setstatus("error");
	if(catcher == nil)
		rcexit("error");
	gotocatcher();
	abort();
}

/* to the prompt, without a word; returns if there is none */
void
toprompt(void)
{
	if(catcher == nil)
		return;
	msg("\n");
	gotocatcher();
}

/* end the process with $status; a pipeline of which all succeeded is a success */
void
leave(void)
{
	exits(succeeded() ? nil : getstatus());
}

/* the same, but the main shell runs sigexit first; its status is not asked for */
void
rcexit(char *status)
{
	static int exiting;
	Var *v;
	char buf[ERRMAX];

	v = findvar("sigexit");
	if(!inchild && !exiting && v != nil && v->fn != nil){
		exiting = 1;
		strecpy(buf, buf+sizeof buf, status);
		status = buf;
		setstatus(buf);
		callfn(v->fn, nil, Hcond);
	}
	setstatus(status);
	leave();
}

static void
checkexit(int how)
{
	if(flag['e'] && !(how & Hcond) && !succeeded())
		rcexit(getstatus());
}

void
callfn(Func *f, Word *args, int how)
{
	Saved *s;
	char here;

	if(stackbase-&here > Stackmax)
		rcerror("functions are nested too deeply");
	s = saved;
	holdfn(f);
	setlocal("*", args);
	run(f->body, how & Hcond);
	unwind(s);
}

static void
trace(Word *w)
{
	Str s;

	memset(&s, 0, sizeof s);
	for(; w != nil; w = w->next){
		quoteto(&s, w->s);
		straddc(&s, w->next != nil ? ' ' : '\n');
	}
	write(realfd(2), s.s, s.n);
	free(s.s);
}

static void
runsimple(Node *n, int how)
{
	Redir *r;
	Word *w;
	Var *v;
	Builtin *b;

	r = redirs;
	openredirs(n->b);
	w = evalargs(n->a);
	if(w == nil)
		rcerror("empty argument list");
	if(flag['x'])
		trace(w);
	v = findvar(w->s);
	if(v != nil && v->fn != nil)
		callfn(v->fn, w->next, how);
	else if((b = findbuiltin(w->s)) != nil)
		b->f(w, how);
	else
		runexternal(w, how);
	dropredirs(r);
	checkexit(how);
}

static void
runassign(Node *n, int how)
{
	Node *c;
	Saved *s;
	Redir *r;
	Word *w, *val;
	int local;

	for(c = n; c != nil && c->type == Nassign; c = c->c)
		;
	local = c != nil;
	s = saved;
	r = redirs;
	for(; n != c; n = n->c){
		val = evalargs(n->b);
		w = evalnoglob(n->a);
		if(w == nil || w->next != nil)
			rcerror("variable name not singleton!");
		if(local)
			setlocal(w->s, val);
		else
			setvar(w->s, val);
	}
	if(local){
		run(c, how);
		unwind(s);
	}
	dropredirs(r);
}

static void
runblock(Node *n, int how)
{
	for(n = n->a; n != nil; n = n->next)
		run(n, n->next == nil ? how : how & ~Hlast);
}

static void
runwith(Node *n, int how)
{
	Redir *r;

	r = redirs;
	openredirs(n->b);
	run(n->a, how);
	dropredirs(r);
}

/*
 * All members but the last get a process; the last runs here.  in is the
 * descriptor that the member reads the pipe with; -1 for the first.
 */
static int
startmember(Node *m, int from, int in, int *p, int out)
{
	int pid;

	pid = rcfork(0);
	if(pid != 0)
		return pid;
	close(p[0]);
	if(from >= 0)
		addredir(Dopen, from, in);
	addredir(Dopen, p[1], out);
	applyredirs();
	run(m, Hlast);
	leave();
}

static void
runpipe(Node *n, int how)
{
	Node *v[Maxpipe];		/* the | nodes, last first */
	int pid[Maxpipe], p[2], i, npipe, from, in;
	Node *m;
	Redir *r;
	Str s;

	npipe = 0;
	for(m = n; m != nil && m->type == Npipe; m = m->a){
		if(npipe == Maxpipe)
			rcerror("more than %d commands in a pipeline", Maxpipe);
		v[npipe++] = m;
	}
	from = in = -1;
	for(i = npipe-1; i >= 0; i--){
		if(pipe(p) < 0)
			rcerror("can't get pipe: %r");
		pid[i] = startmember(i == npipe-1 ? v[i]->a : v[i+1]->b, from, in, p, v[i]->fd);
		addchild(pid[i]);
		if(from >= 0)
			close(from);
		close(p[1]);
		from = p[0];
		in = v[i]->fd1;
	}
	r = redirs;
	addredir(Dopen, from, in);
	run(v[0]->b, how & ~Hlast);
	dropredirs(r);
	memset(&s, 0, sizeof s);
	m = node(Nword, nil, nil, nil);
	m->s = rstrdup(getstatus());
	for(i = npipe-1; i >= 0; i--){
		waitfor(pid[i]);
		stradd(&s, getstatus(), strlen(getstatus()));
		straddc(&s, '|');
	}
	stradd(&s, m->s, strlen(m->s));
	setstatus(strend(&s));
	free(s.s);
}

static void
runand(Node *n, int how)
{
	run(n->a, Hcond);
	if(succeeded())
		run(n->b, how);
}

static void
runor(Node *n, int how)
{
	run(n->a, Hcond);
	if(!succeeded())
		run(n->b, how);
}

static void
runnot(Node *n, int how)
{
	USED(how);
	run(n->a, Hcond);
	setstatus(succeeded() ? "false" : "");
}

static void
runfork(Node *n, int how)
{
	int pid;

	pid = rcfork(0);
	if(pid == 0){
		applyredirs();
		run(n->a, Hlast);
		leave();
	}
	waitfor(pid);
	checkexit(how);
}

static void
runasync(Node *n, int how)
{
	char buf[20];
	int pid, null;

	USED(how);
	pid = rcfork(RFNOTEG);
	if(pid == 0){
		null = open("/dev/null", OREAD);
		if(null >= 0)
			addredir(Dopen, null, 0);
		/* what the command says for itself comes later and wins */
		applyredirs();
		run(n->a, Hlast);
		leave();
	}
	addchild(pid);
	snprint(buf, sizeof buf, "%d", pid);
	setstr("apid", buf);
}

static void
runif(Node *n, int how)
{
	int ok;

	run(n->a, Hcond);
	ok = succeeded();
	if(ok)
		run(n->b, how);
	condfailed = !ok;
}

static void
runifnot(Node *n, int how)
{
	if(condfailed)
		run(n->a, how);
}

static void
runfor(Node *n, int how)
{
	Redir *r;
	Saved *s;
	Word *w, *name, one;

	r = redirs;
	s = saved;
	name = evalnoglob(n->a);
	if(name == nil || name->next != nil)
		rcerror("variable name not singleton!");
	w = n->anyargs ? varwords("*") : evalargs(n->b);
	setlocal(name->s, nil);
	for(; w != nil; w = w->next){
		if(nnotes)
			heednotes();
		one.next = nil;
		one.s = w->s;
		setvar(name->s, &one);
		run(n->c, how & ~Hlast);
	}
	unwind(s);
	dropredirs(r);
}

static void
runwhile(Node *n, int how)
{
	for(;;){
		if(nnotes)
			heednotes();
		if(n->a->a == nil)
			setstatus("");
		else
			run(n->a, Hcond);
		if(!succeeded())
			return;
		run(n->b, how & ~Hlast);
	}
}

static int
matchany(char *s, Word *pats)
{
	for(; pats != nil; pats = pats->next)
		if(match(s, pats->s, pats->meta))
			return 1;
	return 0;
}

static int
iscase(Node *n)
{
	return n->type == Nsimple && n->a->type == Nword && !n->a->quoted && strcmp(n->a->s, "case") == 0;
}

static void
runswitch(Node *n, int how)
{
	Redir *r;
	char *s;

	r = redirs;
	s = joinwords(evalnoglob(n->a));
	for(n = n->b->a; n != nil; n = n->next)
		if(iscase(n) && matchany(s, evalnoglob(n->a->next)))
			break;
	if(n != nil)
		for(n = n->next; n != nil && !iscase(n); n = n->next)
			run(n, how & ~Hlast);
	dropredirs(r);
}

static void
runmatch(Node *n, int how)
{
	Redir *r;
	char *s;

	r = redirs;
	s = joinwords(evalnoglob(n->a));
	setstatus(matchany(s, evalnoglob(n->b)) ? "" : "no match");
	dropredirs(r);
	checkexit(how);
}

static void
runfn(Node *n, int how)
{
	Word *w;

	USED(how);
	for(w = evalnoglob(n->a); w != nil; w = w->next)
		setfn(w->s, n->b);
}

static void (*runner[])(Node*, int) = {
	[Nsimple]	= runsimple,
	[Nassign]	= runassign,
	[Nblock]	= runblock,
	[Nwith]		= runwith,
	[Npipe]		= runpipe,
	[Nand]		= runand,
	[Nor]		= runor,
	[Nnot]		= runnot,
	[Nfork]		= runfork,
	[Nasync]	= runasync,
	[Nif]		= runif,
	[Nifnot]	= runifnot,
	[Nfor]		= runfor,
	[Nwhile]	= runwhile,
	[Nswitch]	= runswitch,
	[Nmatch]	= runmatch,
	[Nfn]		= runfn,
};

/* run the command n (nil: an empty one) and leave its status in $status */
void
run(Node *n, int how)
{
	Mark m;

	if(nnotes)
		heednotes();
	if(n == nil)
		return;
	m = mark();
	runner[n->type](n, how);
	release(m);
}

/* a line in the form in which it is run: -r */
static void
show(Node *n)
{
	Str s;

	if(n == nil)
		return;
	memset(&s, 0, sizeof s);
	nodetext(&s, n);
	straddc(&s, '\n');
	write(realfd(2), s.s, s.n);
	free(s.s);
}

/* the end of the input was met; an interrupt while reading is no end */
static int
atend(void)
{
	if(!input->intr)
		return 1;
	input->intr = 0;
	input->eof = 0;
	heednotes();
	return 0;
}

/* run the commands of the current input up to its end */
void
runinput(void)
{
	Catch c;
	Node *n;
	int r;

	if(stackbase == nil)
		stackbase = (char*)&c;
	c.up = catcher;
	c.input = input;
	c.redirs = redirs;
	c.saved = saved;
	c.mark = mark();
	if(input->interactive){
		setjmp(c.jmp);
		catcher = &c;
	}
	for(;;){
		if(nnotes)
			heednotes();	/* what came while the last command ran */
		if(input->interactive && flag['s'] && !succeeded())
			msg("status=%s\n", getstatus());
		r = parseline(&n);
		if((r <= 0 && input->eof || r == 0) && atend())
			break;
		if(r < 0){
			setstatus("syntax error");
			if(!input->interactive)
				break;
		}
		if(flag['r'])
			show(n);
		run(n, 0);
		release(c.mark);
	}
	if(r < 0)
		setstatus("syntax error");
	if(input->interactive)
		catcher = c.up;
}
