/*
 * Who runs next.  Ready processes wait in queues by priority; one that has used
 * little of the CPU lately stands higher, so that a shell answers while others
 * compute; one that has waited long is let through for a tick, so that many who
 * sleep and wake do not keep the CPU for good.  Everything here runs with
 * interrupts off.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Full	= 1000,		/* Proc.cpu of one that never stops */
	Decay	= 16,		/* ticks: time constant of Proc.cpu */
	Boost	= 2,		/* priority for having slept */
	Long	= HZ,		/* ticks: who has waited so long in a low queue is let through, */
	Seldom	= HZ/10,	/* one in so many ticks */
};

static struct
{
	Proc	*head;
	Proc	*tail;
} runq[Npriq];
static ulong	runvec;		/* bit i: runq[i] is not empty */
static int	nrdy;
static ulong	loadtick;	/* m->ticks of the last look at the load */

int
nrunnable(void)
{
	return nrdy;
}

/* Bring p->cpu up to date: it did not run since lastupdate. */
static void
decay(Proc *p)
{
	ulong n;

	n = m->ticks - p->lastupdate;
	p->lastupdate = m->ticks;
	if(n > 8*Decay)
		p->cpu = 0;
	else
		for(; n > 0 && p->cpu > 0; n--)
			p->cpu -= (p->cpu+Decay-1)/Decay;
}

static void
enqueue(Proc *p)
{
	int pri;

	pri = p->priority;
	p->qnext = nil;
	p->queued = m->ticks;
	if(runq[pri].head == nil)
		runq[pri].head = p;
	else
		runq[pri].tail->qnext = p;
	runq[pri].tail = p;
	runvec |= 1u<<pri;
	nrdy++;
}

/* Where p stands by its right and by what it has used of the CPU lately. */
static int
usualpri(Proc *p)
{
	if(p->fixedpri)
		return p->basepri;
	return (p->basepri*(Full-p->cpu) + Full-1)/Full;
}

/* p wants to run.  May be called from an interrupt. */
void
ready(Proc *p)
{
	int s, slept, pri;

	s = splhi();
	slept = p->state == Wakeme;
	p->state = Ready;
	if(p->lastupdate != m->ticks)
		decay(p);
	pri = usualpri(p);
	if(slept && !p->fixedpri && (pri += Boost) >= Npriq)
		pri = Npriq-1;
	p->priority = pri;
	traceevent(p, SReady);
	enqueue(p);
	if(up != nil && up->state == Running && pri > up->priority)
		m->resched = 1;
	splx(s);
}

/*
 * Which queue is next: the best, or a lower one whose first has waited too long.  That
 * one is above all others until the tick finds it running, and the tick sets it right.
 */
static int
nextqueue(void)
{
	static ulong looked;
	Proc *p;
	int best, pri;

	best = 31-__builtin_clz(runvec);
	if(m->ticks - looked < Seldom)
		return best;
	looked = m->ticks;
	for(pri = 0; pri < best; pri++){
		p = runq[pri].head;
		if(p != nil && m->ticks - p->queued >= Long){
			p->priority = Npriq-1;
			return pri;
		}
	}
	return best;
}

/* The next of the ready ones, out of its queue; idles until there is one. */
static Proc*
runproc(void)
{
	Proc *p;
	uvlong t;
	int pri;

	while(runvec == 0){
		t = hostmono();
		idlehands();
		m->idlens += hostmono()-t;
	}
	pri = nextqueue();
	p = runq[pri].head;
	runq[pri].head = p->qnext;
	if(runq[pri].head == nil)
		runvec &= ~(1u<<pri);
	nrdy--;
	return p;
}

/*
 * Give up the CPU; up has a state that says until when.  Interrupts are off
 * here, and again when it returns.
 */
void
sched(void)
{
	Proc *p, *old;
	int idle;

	if(islo())
		panic("sched with interrupts on from %#p", getcallerpc(&p));
	old = up;
	idle = runvec == 0;
	if(idle)
		profswitch(old, nil);
	p = runproc();
	m->resched = 0;
	p->state = Running;
	tickstart();
	if(idle)
		profswitch(nil, p);
	else if(p != old)
		profswitch(old, p);
	traceevent(p, SRun);
	if(p == old)
		return;
	m->cs++;
	if(old != nil){
		if(*(ulong*)old->kstack != STACKMAGIC)
			panic("kernel stack overflow: process %lud %s", old->pid, old->text);
		if(old->state == Moribund)
			procfree(old);		/* its stack stays until we are off it */
		else if(setlabel(&old->sched))
			return;
	}
	up = p;
	m->proc = p;
	procswitch(p);
	gotolabel(&p->sched);
}

void
schedinit(void)
{
	splhi();
	up = nil;
	sched();
}

/* Let others run first, for a note of the clock. */
void
resched(void)
{
	int s;

	s = splhi();
	ready(up);
	sched();
	splx(s);
}

/*
 * Let others run first because there is nothing to do but wait for them: also
 * those of lower priority.
 */
void
yield(void)
{
	int s, pri;

	s = splhi();
	if(runvec == 0){
		splx(s);
		return;
	}
	pri = 31-__builtin_clz(runvec);
	up->state = Ready;
	traceevent(up, SReady);
	if(pri < up->priority)
		up->priority = pri;
	enqueue(up);
	sched();
	splx(s);
}

/* The tick has found up running. */
void
accounttime(Ureg *ur)
{
	ulong n;

	if((ur->cs & 3) == 3){
		up->time[TUser]++;
		up->profticks++;
	}else
		up->time[TSys]++;
	up->lastupdate = m->ticks;
	up->cpu += (Full-up->cpu)/Decay;
	up->priority = usualpri(up);	/* one that never stops sinks to those who wait */
	if(runvec>>up->priority)
		m->resched = 1;
	n = m->ticks - loadtick;	/* all but this one were idle */
	loadtick = m->ticks;
	if(n > 10*HZ)
		m->load = 0;
	else
		for(; n > 1; n--)
			m->load -= m->load/HZ;
	m->load += ((nrdy+1)*1000 - (long)m->load)/HZ;
}

/* The priority of p, at its own wish or another's: fixed ones do not decay. */
void
procpriority(Proc *p, int pri, int fixed)
{
	int s;

	if(pri < 0)
		pri = 0;
	if(pri >= Npriq)
		pri = Npriq-1;
	s = splhi();
	p->basepri = pri;
	p->fixedpri = fixed;
	if(p->state != Ready)
		p->priority = pri;
	splx(s);
}
