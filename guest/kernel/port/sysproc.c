/*
 * System calls on processes: birth, death, waiting, meeting.  exec has a file
 * of its own.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Tospid	= USTKTOP-sizeof(Tos)+offsetof(Tos, pid),
	Oldwait	= 12+3*12+64,		/* what the old wait writes */
	Patience = 50,			/* times 20 ms: how long rfork waits for a process to end */
};

long
sysr1(ulong *arg)
{
	USED(arg);
	return 0;
}


static void
checkflags(ulong f)
{
	if((f & (RFFDG|RFCFDG)) == (RFFDG|RFCFDG)
	|| (f & (RFNAMEG|RFCNAMEG)) == (RFNAMEG|RFCNAMEG)
	|| (f & (RFENVG|RFCENVG)) == (RFENVG|RFCENVG))
		error(Ebadarg);
	if((f & RFPROC) == 0 && (f & (RFMEM|RFNOWAIT)))
		error(Ebadarg);
}

static Rgrp*
newrgrp(void)
{
	Rgrp *r;

	r = smalloc(sizeof(Rgrp));
	r->ref = 1;
	return r;
}

static Pgrp*
copypgrp(Pgrp *from, int clean)
{
	Pgrp *to;

	to = newpgrp();
	if(waserror()){
		closepgrp(to);
		nexterror();
	}
	to->noattach = from->noattach;
	if(!clean)
		pgrpcpy(to, from);
	poperror();
	return to;
}

static Egrp*
copyegrp(Egrp *from, int clean)
{
	Egrp *to;

	to = newegrp();
	if(waserror()){
		closeegrp(to);
		nexterror();
	}
	if(!clean)
		envcpy(to, from);
	poperror();
	return to;
}

/* rfork without RFPROC: the process itself parts from its groups. */
static void
partself(ulong f)
{
	Fgrp *fg;
	Pgrp *pg;
	Egrp *eg;
	Rgrp *rg;

	if(f & (RFFDG|RFCFDG)){
		fg = up->fgrp;
		up->fgrp = f & RFFDG? dupfgrp(fg): newfgrp();
		closefgrp(fg);
	}
	if(f & (RFNAMEG|RFCNAMEG)){
		pg = up->pgrp;
		up->pgrp = copypgrp(pg, f & RFCNAMEG);
		closepgrp(pg);
	}
	if(f & RFNOMNT)
		up->pgrp->noattach = 1;
	if(f & (RFENVG|RFCENVG)){
		eg = up->egrp;
		up->egrp = copyegrp(eg, f & RFCENVG);
		closeegrp(eg);
	}
	if(f & RFREND){
		rg = up->rgrp;
		up->rgrp = newrgrp();
		if(decref(rg) == 0)
			free(rg);
	}
	if(f & RFNOTEG)
		up->noteid = up->pid;
}

static void
sharegroups(Proc *p, ulong f)
{
	if(f & (RFFDG|RFCFDG))
		p->fgrp = f & RFFDG? dupfgrp(up->fgrp): newfgrp();
	else{
		p->fgrp = up->fgrp;
		incref(p->fgrp);
	}
	if(f & (RFNAMEG|RFCNAMEG))
		p->pgrp = copypgrp(up->pgrp, f & RFCNAMEG);
	else{
		p->pgrp = up->pgrp;
		incref(p->pgrp);
	}
	if(f & RFNOMNT)
		p->pgrp->noattach = 1;
	if(f & RFREND)
		p->rgrp = newrgrp();
	else{
		p->rgrp = up->rgrp;
		incref(p->rgrp);
	}
	if(f & (RFENVG|RFCENVG))
		p->egrp = copyegrp(up->egrp, f & RFCENVG);
	else{
		p->egrp = up->egrp;
		incref(p->egrp);
	}
}

/* Undo what was done for a child that cannot be completed. */
static void
abandon(Proc *p)
{
	int i;

	mmuretire(p);
	for(i = 0; i < NSEG; i++)
		if(p->seg[i] != nil)
			putseg(p->seg[i]);
	if(p->fgrp != nil)
		closefgrp(p->fgrp);
	if(p->pgrp != nil)
		closepgrp(p->pgrp);
	if(p->egrp != nil)
		closeegrp(p->egrp);
	if(p->rgrp != nil && decref(p->rgrp) == 0)
		free(p->rgrp);
	free(p->text);
	free(p->user);
	free(p->args);
	free(p->rec);
	procfree(p);
}

/* A word of p's stack, which is p's alone: p has not run yet. */
static void
pokestack(Proc *p, ulong va, ulong w)
{
	Segment *s;
	Page *pg;
	ulong *e;
	char *v;

	s = p->seg[SSEG];
	e = segentry(s, va, 1);
	if(*e == 0){
		pg = newpage(1);
		if(pg == nil)
			error(Enovmem);
		*e = pagepa(pg)|PTEVALID|PTEWRITE;
		s->nres++;
	}else if(papage(PTEADDR(*e))->ref > 1){
		pg = newpage(0);
		if(pg == nil)
			error(Enovmem);
		copypage(pg, papage(PTEADDR(*e)));
		putpage(papage(PTEADDR(*e)));
		*e = pagepa(pg)|PTEVALID|PTEWRITE;
	}
	v = kmap(papage(PTEADDR(*e)));
	*(ulong*)(v+(va&PGMASK)) = w;
	kunmap(v);
}

static void
childmemory(Proc *p, ulong f)
{
	Image *img;
	int i;

	img = up->seg[TSEG] != nil? up->seg[TSEG]->image: nil;
	if(img != nil)
		img->nfork++;
	p->space = spacefind(img);
	for(i = 0; i < NSEG; i++)
		if(up->seg[i] != nil && i != ESEG)
			p->seg[i] = dupseg(p, i, f & RFMEM);
	pokestack(p, Tospid, p->pid);
	for(i = 0; i < NSEG; i++)
		if(p->seg[i] != nil && (p->seg[i]->type & SG_TYPE) != SG_PHYSICAL)
			segfill(p, p->seg[i]);
	spacesettle(p->space);
}

static void
inherit(Proc *p, ulong f)
{
	int s;

	p->slash = up->slash;
	incref(p->slash);
	p->dot = up->dot;
	incref(p->dot);
	p->procmode = up->procmode;
	p->privatemem = up->privatemem;
	p->noswap = up->noswap;
	p->hang = up->hang;
	p->notify = up->notify;
	p->noteid = f & RFNOTEG? p->pid: up->noteid;
	p->basepri = up->basepri;
	p->fixedpri = up->fixedpri;
	p->trace = up->trace;
	p->cpu = up->cpu;
	s = splhi();
	memmove(p->note, up->note, up->nnote*sizeof(Note));
	p->nnote = up->nnote;
	splx(s);
	p->parentpid = f & RFNOWAIT? 0: up->pid;
	if((f & RFNOWAIT) == 0){
		p->parent = up;
		up->nchild++;
	}
	procfork(p);
	forkchild(p, up->dbgreg);
}

/* A child of up by the flags f, ready to run; its pid.  Errors leave nothing behind. */
static ulong
forkproc(ulong f)
{
	Proc *p;
	ulong pid;

	/* the last of the kernel's memory is for those who want less */
	if(mallocused() > mallocmax()/4*3)
		error(Enomem);
	p = newproc(up->text, up->user);
	if(p == nil)
		error(Enoproc);
	if(waserror()){
		mmuuser();
		abandon(p);
		nexterror();
	}
	if((f & RFNOWAIT) == 0)
		p->rec = smalloc(sizeof(Waitq));
	if(up->args != nil){
		p->args = smalloc(up->nargs+1);
		memmove(p->args, up->args, up->nargs);
		p->nargs = up->nargs;
		p->setargs = up->setargs;
	}
	sharegroups(p, f);
	mmukernel();
	childmemory(p, f);
	mmuuser();
	poperror();
	inherit(p, f);
	pid = p->pid;
	p->psstate = nil;
	ready(p);
	return pid;
}

static int
isshortage(char *err)
{
	return strcmp(err, Enoproc) == 0 || strcmp(err, Enomem) == 0 || strcmp(err, Enovmem) == 0;
}

long
sysrfork(ulong *arg)
{
	ulong pid;
	int i;

	checkflags(arg[0]);
	if((arg[0] & RFPROC) == 0){
		partself(arg[0]);
		return 0;
	}
	for(i = 0;; i++){
		if(!waserror()){
			pid = forkproc(arg[0]);
			poperror();
			return pid;
		}
		if(i >= Patience || !isshortage(up->errstr))
			nexterror();
		freebroken();		/* others may end meanwhile */
		tsleep(&up->sleep, return0, nil, 20);
	}
}

long
sysexits(ulong *arg)
{
	char *status;
	char buf[ERRMAX];

	status = (char*)arg[0];
	if(status == nil)
		pexit("", 1);
	if(waserror())
		status = "invalid exit string";
	else{
		vmemchr(userstr((ulong)status), 0, ERRMAX);
		kstrcpy(buf, status, sizeof buf);
		status = buf;
		poperror();
	}
	up->nnote = 0;
	pexit(status, 1);
}

long
sysawait(ulong *arg)
{
	char buf[2*ERRMAX+64];
	Waitmsg w;
	ulong n;
	int len;

	n = arg[1];
	validaddr(arg[0], n, 1);
	pwait(up, &w);
	len = snprint(buf, sizeof buf, "%lud %lud %lud %lud %q", w.pid, w.time[TUser], w.time[TSys], w.time[TReal], w.msg);
	if(len > n)
		len = n;
	memmove((void*)arg[0], buf, len);
	return len;
}

long
sysoldwait(ulong *arg)
{
	Waitmsg w;
	char buf[Oldwait+1];
	ulong pid;
	int i;

	if(arg[0] != 0)
		validaddr(arg[0], Oldwait, 1);
	pid = pwait(up, &w);
	if(arg[0] != 0){
		memset(buf, 0, sizeof buf);
		snprint(buf, 13, "%11lud ", w.pid);
		for(i = 0; i < 3; i++)
			snprint(buf+12*(i+1), 13, "%11lud ", w.time[i]);
		kstrcpy(buf+48, w.msg, 64);
		memmove((void*)arg[0], buf, Oldwait);
	}
	return pid;
}

long
syssleep(ulong *arg)
{
	long n;

	n = arg[0];
	if(n <= 0){
		yield();
		return 0;
	}
	tsleep(&up->sleep, return0, nil, n);
	return 0;
}

long
sysalarm(ulong *arg)
{
	return procalarm(arg[0]);
}

long
sysnsec(ulong *arg)
{
	vlong t;

	validaddr(arg[0], sizeof t, 1);
	t = todget(nil);
	memmove((void*)arg[0], &t, sizeof t);
	return 0;
}

/* The process's error string and the n bytes at buf change places. */
static long
exchange(char *buf, ulong n)
{
	char tmp[ERRMAX];

	if(n == 0)
		error(Ebadarg);
	if(n > ERRMAX)
		n = ERRMAX;
	validaddr((ulong)buf, n, 1);
	memmove(tmp, buf, n);
	tmp[n-1] = 0;
	kstrcpy(buf, up->syserrstr, n);
	kstrcpy(up->syserrstr, tmp, ERRMAX);
	return 0;
}

long
syserrstr(ulong *arg)
{
	return exchange((char*)arg[0], arg[1]);
}

long
sysolderrstr(ulong *arg)
{
	return exchange((char*)arg[0], 64);
}

/* Two processes of a group with one tag exchange a word; the first to come waits. */
long
sysrendezvous(ulong *arg)
{
	Proc *p, **l;
	ulong tag, val;
	int s;

	tag = arg[0];
	s = splhi();
	for(l = &up->rgrp->rendhash[tag%RENDHASH]; (p = *l) != nil; l = &p->rendhash)
		if(p->rendtag == tag){
			*l = p->rendhash;
			val = p->rendval;
			p->rendval = arg[1];
			ready(p);
			splx(s);
			return val;
		}
	if(up->notepending){
		up->notepending = 0;
		splx(s);
		return -1;
	}
	up->rendtag = tag;
	up->rendval = arg[1];
	up->rendhash = up->rgrp->rendhash[tag%RENDHASH];
	up->rgrp->rendhash[tag%RENDHASH] = up;
	up->state = Rendezvous;
	sched();
	val = up->rendval;
	splx(s);
	return val;
}
