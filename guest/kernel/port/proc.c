/*
 * Processes: the table, sleeping and waking, birth of a kernel process, death
 * and what the parent learns of it.  Every process keeps its slot when it dies;
 * the next one born there has another pid.  Some of the dead keep their stacks, too.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"
#include "kept.h"

enum
{
	Pidhash	= 256,
	Nbroken	= 4,
	Keepstack = 16,		/* stacks are kept for one in so many slots */
	Maxwait	= 128,		/* records kept for a parent that does not read them */
};

char *statename[] = {
	"Dead",
	"Moribund",
	"Ready",
	"Scheding",
	"Running",
	"Queueing",
	"QueueingR",
	"QueueingW",
	"Wakeme",
	"Broken",
	"Stopped",
	"Rendez",
	"Waitrelease",
};

char	*eve;

static struct
{
	Proc	**tab;		/* conf.nproc of them */
	int	n;		/* made so far */
	Proc	*free;		/* dead ones with a stack, nfree of them */
	int	nfree;
	Proc	*bare;		/* and without */
	Proc	*hash[Pidhash];
	ulong	pid;		/* the last one given out */
} procs;

static struct
{
	Proc	*p[Nbroken];
	int	n;
} broken;

void
procinit0(void)
{
	procs.tab = smalloc(conf.nproc*sizeof(Proc*));
}

Proc*
proctab(int i)
{
	return i >= 0 && i < procs.n? procs.tab[i]: nil;
}

int
procindex(ulong pid)
{
	Proc *p;

	for(p = procs.hash[pid%Pidhash]; p != nil; p = p->pidhash)
		if(p->pid == pid)
			return p->slot;
	return -1;
}

static int
newstack(Proc *p)
{
	Page *pg;

	pg = kernpages(KSTACKORDER);
	if(pg == nil)
		return 0;
	p->kstack = KADDR(pagepa(pg));
	*(ulong*)p->kstack = STACKMAGIC;
	return 1;
}

static Proc*
morerows(void)
{
	Proc *p;

	if(procs.n >= conf.nproc)
		return nil;
	p = mallocz(sizeof(Proc)+16, 1);
	if(p == nil)
		return nil;
	p = (Proc*)ROUND((ulong)p, 16);		/* the FXSAVE image */
	p->slot = procs.n;
	procs.tab[procs.n++] = p;
	return p;
}

/* A slot with a stack, or nil. */
static Proc*
takeslot(void)
{
	Proc *p;
	int s;

	s = splhi();
	p = procs.free;
	if(p != nil){
		procs.free = p->free;
		procs.nfree--;
		splx(s);
		return p;
	}
	p = procs.bare;
	if(p != nil)
		procs.bare = p->free;
	else
		p = morerows();
	if(p != nil && !newstack(p)){
		p->free = procs.bare;
		procs.bare = p;
		p = nil;
	}
	splx(s);
	return p;
}

static int
setnames(Proc *p, char *text, char *user)
{
	p->text = malloc(strlen(text)+1);
	p->user = malloc(strlen(user)+1);
	if(p->text == nil || p->user == nil)
		return 0;
	strcpy(p->text, text);
	strcpy(p->user, user);
	return 1;
}

/* A process that does not run yet and shares nothing; nil if there are too many, or no memory for one. */
Proc*
newproc(char *text, char *user)
{
	Proc *p, **h;

	p = takeslot();
	if(p == nil)
		return nil;
	memset(p, 0, offsetof(Proc, errbuf0));
	if(!setnames(p, text, user)){
		free(p->text);
		free(p->user);
		procfree(p);
		return nil;
	}
	p->errbuf0[0] = 0;
	p->errbuf1[0] = 0;
	p->genbuf[0] = 0;
	p->errstr = p->errbuf0;
	p->syserrstr = p->errbuf1;
	p->state = Scheding;
	p->psstate = "New";
	p->basepri = PriNormal;
	p->priority = PriNormal;
	p->lastupdate = m->ticks;
	p->time[TReal] = m->ticks;
	do
		p->pid = ++procs.pid;
	while(p->pid == 0 || procindex(p->pid) >= 0);
	p->noteid = p->pid;
	h = &procs.hash[p->pid%Pidhash];
	p->pidhash = *h;
	*h = p;
	return p;
}

/* From here on nobody finds p by its pid. */
static void
unhash(Proc *p)
{
	Proc **l;

	for(l = &procs.hash[p->pid%Pidhash]; *l != nil; l = &(*l)->pidhash)
		if(*l == p){
			*l = p->pidhash;
			break;
		}
	p->pid = 0;
}

/*
 * The slot of a dead process, or of one that was not completed, for the next one.
 * Its stack is freed when enough are kept.  It may be the one that we are on: no
 * memory is taken before we are off it.
 */
void
procfree(Proc *p)
{
	unhash(p);
	p->state = Dead;
	if(procs.nfree < conf.nproc/Keepstack){
		p->free = procs.free;
		procs.free = p;
		procs.nfree++;
		return;
	}
	kernpagesfree(papage(PADDR(p->kstack)), KSTACKORDER);
	p->kstack = nil;
	p->free = procs.bare;
	procs.bare = p;
}

/* Slots of the dead, and their stacks. */
void
prockept(Kept *k)
{
	Proc *p;

	for(p = procs.bare; p != nil; p = p->free)
		k->n++;
	k->n += procs.nfree;
	k->pages = procs.nfree<<KSTACKORDER;
	if(procs.n > 0)
		k->bytes = k->n*msize(procs.tab[0]);
}

/* The first instructions of a kernel process. */
void
kprocstart(void)
{
	spllo();
	up->psstate = nil;
	if(waserror())
		panic("kernel process %s: %s", up->text, up->errstr);
	(*up->kpfun)(up->kparg);
	pexit("kernel process ended", 1);
}

/* Run fn(arg) as a process that never leaves the kernel; does not sleep. */
void
kproc(char *name, void (*fn)(void*), void *arg)
{
	Proc *p;

	p = newproc(name, eve);
	if(p == nil)
		error(Enoproc);
	p->kp = 1;
	p->kpfun = fn;
	p->kparg = arg;
	p->procmode = 0640;
	procpriority(p, PriKproc, 0);
	kprocchild(p, kprocstart);
	ready(p);
}

int
return0(void *a)
{
	USED(a);
	return 0;
}

/* The part that sleep and tsleep share: nonzero if a note cut it short. */
static int
sleepon(Rendez *r, int (*f)(void*), void *arg)
{
	int s, cut;

	s = splhi();
	if(r->p != nil)
		panic("double sleep on %#p: %lud and %lud", r, r->p->pid, up->pid);
	if(!up->notepending && !(*f)(arg)){
		traceevent(up, SSleep);
		r->p = up;
		up->r = r;
		up->state = Wakeme;
		sched();
	}
	cut = up->notepending;
	up->notepending = 0;
	splx(s);
	return cut;
}

static void
cutshort(void)
{
	if(up->procctl == Proc_exitme && up->closingfgrp != nil)
		forceclosefgrp();
	error(Eintr);
}

/*
 * For who has done a part of something when an error comes: was it a note?  Then the part is what he tells.  Whoever
 * asked him for the whole, and goes on with the rest, is to hear of the note, too.
 */
int
wascut(void)
{
	if(strcmp(up->errstr, Eintr) != 0)
		return 0;
	if(up->nnote > 0 || up->procctl == Proc_exitme)
		up->notepending = 1;
	return 1;
}

/*
 * Wait until f(arg), which is called with interrupts off.  A note ends it by
 * error(Eintr).  Whoever makes f true calls wakeup(r) afterwards.
 */
void
sleep(Rendez *r, int (*f)(void*), void *arg)
{
	if(sleepon(r, f, arg))
		cutshort();
}

static int
tfn(void *arg)
{
	return up->timedout || (*up->tfn)(arg);
}

static void
timeout(Ureg *ur, Timer *t)
{
	Proc *p;

	USED(ur);
	p = t->ta;
	p->timedout = 1;
	if(p->r == p->trend && p->r != nil)
		wakeup(p->r);
}

/* As sleep, but no longer than ms milliseconds. */
void
tsleep(Rendez *r, int (*f)(void*), void *arg, ulong ms)
{
	int cut;

	up->timedout = 0;
	up->tfn = f;
	up->trend = r;
	up->tsleeptimer.tmode = Trelative;
	up->tsleeptimer.tns = (vlong)ms*1000000;
	up->tsleeptimer.tf = timeout;
	up->tsleeptimer.ta = up;
	timeradd(&up->tsleeptimer);
	cut = sleepon(r, tfn, arg);
	timerdel(&up->tsleeptimer);
	up->trend = nil;
	if(cut)
		cutshort();
}

/* Whoever sleeps on r goes on.  From interrupts as well. */
Proc*
wakeup(Rendez *r)
{
	Proc *p;
	int s;

	s = splhi();
	p = r->p;
	if(p != nil){
		r->p = nil;
		p->r = nil;
		ready(p);
	}
	splx(s);
	return p;
}

/* What ps shows. */
char*
procstate(Proc *p)
{
	if(p->psstate != nil)
		return p->psstate;
	return statename[p->state];
}

void
renameuser(char *old, char *new)
{
	int i;
	Proc *p;

	for(i = 0; (p = proctab(i)) != nil; i++)
		if(p->state != Dead && p->user != nil && strcmp(p->user, old) == 0)
			kstrdupto(&p->user, new);
}

/* A process that died of a trap is kept for debuggers, the oldest making room. */
void
addbroken(Proc *p)
{
	int s;

	if(broken.n == Nbroken)
		unbreak(broken.p[0]);
	s = splhi();
	broken.p[broken.n++] = p;
	p->state = Broken;
	p->psstate = nil;
	if(p->pdbg != nil){
		wakeup(&p->pdbg->sleep);
		p->pdbg = nil;
	}
	sched();
	splx(s);
}

/* Let a broken process finish dying. */
void
unbreak(Proc *p)
{
	int i, s;

	s = splhi();
	for(i = 0; i < broken.n; i++)
		if(broken.p[i] == p){
			broken.n--;
			memmove(&broken.p[i], &broken.p[i+1], (broken.n-i)*sizeof(Proc*));
			ready(p);
			break;
		}
	splx(s);
}

/* All of them; how many there were. */
int
freebroken(void)
{
	int n;

	for(n = 0; broken.n > 0; n++)
		unbreak(broken.p[0]);
	return n;
}

static ulong
tk2ms(ulong t)
{
	return TK2MS(t);
}

/* Tell the parent, if there is one that cares. */
static void
leaverecord(char *exitstr)
{
	Proc *p;
	Waitq *q;
	ulong utime, stime;
	int s;

	p = up->parent;
	if(p == nil || up->rec == nil)
		return;
	utime = up->time[TUser] + up->time[TCUser];
	stime = up->time[TSys] + up->time[TCSys];
	q = up->rec;
	up->rec = nil;
	q->w.pid = up->pid;
	q->w.time[TUser] = tk2ms(utime);
	q->w.time[TSys] = tk2ms(stime);
	q->w.time[TReal] = tk2ms(ticksnow() - up->time[TReal]);
	if(exitstr != nil && exitstr[0] != 0)
		snprint(q->w.msg, sizeof q->w.msg, "%s %lud: %s", up->text, up->pid, exitstr);
	s = splhi();
	if(p->state == Broken || p->nwait >= Maxwait){
		p->nchild--;
		wakeup(&p->waitr);
		splx(s);
		free(q);
	}else{
		p->time[TCUser] += utime;
		p->time[TCSys] += stime;
		p->nchild--;
		p->nwait++;
		q->next = p->waitq;
		p->waitq = q;
		wakeup(&p->waitr);
		splx(s);
	}
	up->parent = nil;
}

static void
orphan(void)
{
	Waitq *q;
	Proc *p;
	int i;

	for(i = 0; (p = proctab(i)) != nil; i++)
		if(p->parent == up)
			p->parent = nil;
	while((q = up->waitq) != nil){
		up->waitq = q->next;
		free(q);
	}
	up->nwait = 0;
}

/* Do without what f may fail to do: whoever dies has nobody to tell. */
static void
quietly(void (*f)(void*), void *a)
{
	if(a == nil || waserror())
		return;
	f(a);
	poperror();
}

/* Give back all that the process shares with others, files first. */
static void
dropgroups(void)
{
	Fgrp *f;
	Egrp *e;
	Rgrp *r;
	Pgrp *g;
	Chan *dot, *slash;

	qlock(&up->debug);
	f = up->fgrp;
	e = up->egrp;
	r = up->rgrp;
	dot = up->dot;
	slash = up->slash;
	g = up->pgrp;
	up->fgrp = nil;
	up->egrp = nil;
	up->rgrp = nil;
	up->pgrp = nil;
	up->dot = nil;
	qunlock(&up->debug);
	quietly((void(*)(void*))closefgrp, f);
	quietly((void(*)(void*))closeegrp, e);
	if(r != nil && decref(r) == 0)
		free(r);
	quietly((void(*)(void*))cclose, dot);
	quietly((void(*)(void*))closepgrp, g);
	up->slash = nil;
	quietly((void(*)(void*))cclose, slash);
}

static void
dropmemory(void)
{
	Segment *s;
	int i;

	qlock(&up->seglock);
	mmuretire(up);
	mmukernel();
	for(i = 0; i < NSEG; i++){
		s = up->seg[i];
		up->seg[i] = nil;
		if(s != nil)
			putseg(s);
	}
	qunlock(&up->seglock);
}

/* Nothing goes on without the first process: the machine ends, in good order, with a word on it for the host. */
static void
initended(char *status)
{
	static char why[2*ERRMAX];

	snprint(why, sizeof why, "%s, the first process, has ended: %s", up->text, status[0] != '\0' ? status : "no status");
	if(!waserror())
		conshalt(why);
	panic("%s; %s", why, up->errstr);
}

/*
 * The process ends, with exitstr for its parent.  With keep memory (freemem 0)
 * it stays as Broken until a debugger or the next broken ones let it go.
 */
void
pexit(char *exitstr, int freemem)
{
	char status[ERRMAX];

	status[0] = 0;
	if(exitstr != nil)
		kstrcpy(status, exitstr, sizeof status);
	timerdel(&up->alarm);
	traceevent(up, SDead);
	up->nerrlab = 0;
	up->psstate = nil;
	if(up->pid == 1)
		initended(status);
	if(up->syscalltrace != nil){
		free(up->syscalltrace);
		up->syscalltrace = nil;
	}
	dropgroups();
	leaverecord(status);
	if(!freemem && !up->kp)
		addbroken(up);
	orphan();
	if(up->pdbg != nil){
		wakeup(&up->pdbg->sleep);
		up->pdbg = nil;
	}
	dropmemory();
	procfinish(up);
	qlock(&up->debug);
	free(up->text);
	free(up->user);
	free(up->args);
	free(up->rec);
	up->rec = nil;
	up->text = up->user = up->args = nil;
	up->nargs = 0;
	up->nnote = 0;
	unhash(up);
	qunlock(&up->debug);
	wakeup(&up->waitr);
	while(up->debug.locked || up->seglock.locked || up->qwaitr.locked)
		yield();		/* readers of /proc, of whatever priority, find that it has gone */
	splhi();
	up->state = Moribund;
	sched();
	panic("pexit: the dead walk");
}

/* For p: a record, or a reason not to wait any longer. */
static int
haschange(void *a)
{
	Proc *p;

	p = a;
	return p->waitq != nil || p->pid == 0 || p == up && p->nchild == 0;
}

/*
 * The record of a child of p that has ended, the youngest first; its pid.  Who asks
 * for another's children waits until there are some.
 */
ulong
pwait(Proc *p, Waitmsg *w)
{
	Waitq *q;
	int s;

	if(!canqlock(&p->qwaitr))
		error(Einuse);
	if(waserror()){
		qunlock(&p->qwaitr);
		nexterror();
	}
	while(p->waitq == nil){
		if(p->pid == 0)
			error(Eprocdied);
		if(p == up && p->nchild == 0)
			error(Enochild);
		sleep(&p->waitr, haschange, p);
	}
	s = splhi();
	q = p->waitq;
	p->waitq = q->next;
	p->nwait--;
	splx(s);
	poperror();
	qunlock(&p->qwaitr);
	if(w != nil)
		*w = q->w;
	s = q->w.pid;
	free(q);
	return s;
}

static ulong
residentpages(Proc *p)
{
	Segment *s;
	ulong n;
	int i;

	n = 0;
	for(i = 0; i < NSEG; i++){
		s = p->seg[i];
		if(s != nil && i != ESEG)
			n += s->nres;
	}
	return n;
}

/*
 * Memory is short and nothing is left to reclaim: the process with most of it
 * is to end when it next can.  Process 1 is spared.
 */
void
killbig(void)
{
	Proc *p, *big;
	ulong n, max;
	int i;

	freebroken();
	big = nil;
	max = 0;
	for(i = 0; (p = proctab(i)) != nil; i++){
		if(p->kp || p->state == Dead || p->state == Moribund || p->pid <= 1)
			continue;
		if(p->procctl == Proc_exitbig)
			return;			/* the last one is still on its way */
		n = residentpages(p);
		if(n > max && (p->procmode & 0222)){
			max = n;
			big = p;
		}
	}
	if(big == nil)
		return;
	print("%lud: %s killed: Insufficient physical memory\n", big->pid, big->text);
	big->procctl = Proc_exitbig;
	postnote(big, 0, "killed: out of memory", NExit);
	if(big->state == Stopped)
		ready(big);
}
