/*
 * Notes: posting them from anywhere, delivering them on the way back to the
 * user, and what a handler answers.  The frame that a handler finds on its stack
 * is part of the interface to programs: Go and libc's notejmp know it.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Gap	= 256,		/* between the stack in use and the frame */

	/* offsets down from the Ureg */
	Oureg	= 4,		/* previous Ureg of the process */
	Omsg	= Oureg+ERRMAX,	/* the note */
	Oargs	= Omsg+12,	/* return pc, Ureg*, char* */
};

/* Take p out of its rendezvous group; interrupts are off. */
static void
unrendez(Proc *p)
{
	Proc **l;

	for(l = &p->rgrp->rendhash[p->rendtag%RENDHASH]; *l != nil; l = &(*l)->rendhash)
		if(*l == p){
			*l = p->rendhash;
			break;
		}
}

/* Break the sleep that p may be in, or its next one; interrupts are off. */
static void
rouse(Proc *p)
{
	p->notepending = 1;
	if(p->state == Wakeme && p->r != nil)
		wakeup(p->r);
	else if(p->state == Rendezvous){
		unrendez(p);
		p->rendval = ~0UL;
		ready(p);
	}
}

/* The same for those who post no note. */
void
breaksleep(Proc *p)
{
	int s;

	s = splhi();
	if(!p->kp && p->state != Dead && p->state != Moribund)
		rouse(p);
	splx(s);
}

/* The next sleep is not broken after all; 0 if there is a note, which breaks it. */
int
keepsleep(Proc *p)
{
	int s, n;

	s = splhi();
	n = p->nnote;
	if(n == 0)
		p->notepending = 0;
	splx(s);
	return n == 0;
}

/*
 * Put a note on p's list and break the sleep that p may be in, or its next one.
 * 0 if the list is full.  A note of the system makes room when p cannot
 * handle it anyway.  May be called from an interrupt; dolock is of no use.
 */
int
postnote(Proc *p, int dolock, char *n, int flag)
{
	int s, posted;

	USED(dolock);
	if(p->kp)
		return 0;
	s = splhi();
	if(p->state == Dead || p->state == Moribund){
		splx(s);
		return 0;
	}
	if(flag != NUser && (p->notify == 0 || p->notified))
		p->nnote = 0;
	posted = 0;
	if(p->nnote < NNOTE){
		kstrcpy(p->note[p->nnote].msg, n, ERRMAX);
		p->note[p->nnote].flag = flag;
		p->nnote++;
		posted = 1;
	}
	rouse(p);
	splx(s);
	return posted;
}

/* To all of a note group but the process that posts. */
void
postnotepg(ulong noteid, char *n, int flag)
{
	Proc *p;
	int i;

	for(i = 0; (p = proctab(i)) != nil; i++)
		if(p != up && p->state != Dead && p->noteid == noteid && !p->kp)
			postnote(p, 0, n, flag);
}

/* A line on the process's own descriptor 2, by its own way of writing. */
void
pprint(char *fmt, ...)
{
	char buf[2*ERRMAX], *e;
	va_list arg;
	Chan *c;

	if(up->fgrp == nil)
		return;
	if(waserror())
		return;
	c = fdtochan(2, OWRITE, 0, 1);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	e = seprint(buf, buf+sizeof buf, "%s %lud: ", up->text, up->pid);
	va_start(arg, fmt);
	e = vseprint(e, buf+sizeof buf, fmt, arg);
	va_end(arg);
	devtab[c->type]->write(c, buf, e-buf, c->offset);
	lock(c);
	c->offset += e-buf;
	unlock(c);
	poperror();
	cclose(c);
	poperror();
}

static void
suicide(char *msg)
{
	pprint("suicide: %s\n", msg);
}

/* Die of a note that nobody handles. */
static void
dieof(Note *n)
{
	if(n->flag == NDebug){
		suicide(n->msg);
		pexit(n->msg, 0);
	}
	pexit(n->msg, 1);
}

/* Build the handler's frame below sp; pc is the handler.  Errors if memory is not there. */
static void
pushframe(Ureg *ur, char *msg)
{
	ulong u, *w;

	u = (ur->usp - Gap - sizeof(Ureg)) & ~3UL;
	if(!okaddr(up->notify, 1, 0) || !okaddr(u-Oargs, Oargs+sizeof(Ureg), 1)){
		pprint("suicide: bad address in notify\n");
		pexit("Suicide", 0);
	}
	memmove((void*)u, ur, sizeof(Ureg));
	*(Ureg**)(u-Oureg) = up->ureg;
	memmove((void*)(u-Omsg), msg, ERRMAX);
	w = (ulong*)(u-Oargs);
	w[2] = u-Omsg;
	w[1] = u;
	w[0] = 0;
	up->ureg = (Ureg*)u;
	notereg(ur, up->notify, (ulong)w);
}

/* Deliver the first note, if it can be now. */
void
notify(Ureg *ur)
{
	Note n;
	int s, l;

	if(up->procctl)
		procctl(up);
	if(up->nnote == 0)
		return;
	s = splhi();
	up->notepending = 0;
	if(up->note[0].flag == NUser && up->notified){
		splx(s);
		return;			/* waits for noted */
	}
	n = up->note[0];
	up->nnote--;
	memmove(&up->note[0], &up->note[1], up->nnote*sizeof(Note));
	splx(s);
	if(strncmp(n.msg, "sys:", 4) == 0){
		l = strlen(n.msg);
		if(l > ERRMAX-15)	/* " pc=0x12345678" */
			l = ERRMAX-15;
		snprint(n.msg+l, ERRMAX-l, " pc=0x%.8lux", ur->pc);
	}
	if(n.flag != NUser && (up->notified || up->notify == 0))
		dieof(&n);
	if(up->notify == 0)
		pexit(n.msg, 1);
	if(waserror()){
		pprint("suicide: bad address in notify\n");
		pexit("Suicide", 0);
	}
	fpnote(1);
	pushframe(ur, n.msg);
	poperror();
	up->notified = 1;
	up->lastnote = n;
}

/* Whether the registers at un may be loaded: they are a user's and lead somewhere. */
static void
checkregs(Ureg *un)
{
	if(!okaddr((ulong)un, sizeof(Ureg), 0) || !validregs(un)
	|| !okaddr(un->pc, 1, 0) || !okaddr(un->usp, BY2WD, 0)){
		pprint("suicide: bad registers in noted\n");
		pexit("Suicide", 0);
	}
}

/*
 * The answer of a handler.  Returns what AX is to be, as the registers that are
 * restored have it.
 */
long
noted(Ureg *ur, int how)
{
	Ureg *un, copy;
	ulong *w;

	if(how != NRSTR && !up->notified){
		pprint("call to noted() when not notified\n");
		pexit("Suicide", 0);
	}
	un = up->ureg;
	if(un == nil){
		pprint("call to noted() when not notified\n");
		pexit("Suicide", 0);
	}
	up->notified = 0;
	switch(how){
	case NCONT:
	case NRSTR:
		checkregs(un);
		copy = *un;
		up->ureg = *(Ureg**)((ulong)un-Oureg);
		setregisters(ur, (char*)ur, (char*)&copy, sizeof copy);
		fpnote(0);
		break;
	case NSAVE:
		checkregs(un);
		copy = *un;
		setregisters(ur, (char*)ur, (char*)&copy, sizeof copy);
		w = (ulong*)((ulong)un-4*BY2WD-ERRMAX);
		validaddr((ulong)w, 2*BY2WD, 1);
		w[0] = 0;
		w[1] = (ulong)un;
		ur->usp = (ulong)w;
		break;
	case NDFLT:
		dieof(&up->lastnote);
	default:
		up->lastnote.flag = NDebug;
		dieof(&up->lastnote);
	}
	return ur->ax;
}

static void
stopped(void)
{
	int s;
	char *state;

	state = up->psstate;
	up->psstate = nil;
	up->procctl = 0;
	s = splhi();
	up->state = Stopped;
	if(up->pdbg != nil){
		wakeup(&up->pdbg->sleep);
		up->pdbg = nil;
	}
	sched();
	splx(s);
	up->psstate = state;
	if(up->procctl == Proc_exitme)
		pexit("Killed", 1);
}

/* What /proc or the memory manager asked of the process. */
void
procctl(Proc *p)
{
	switch(p->procctl){
	case Proc_exitbig:
		pprint("Killed: Insufficient physical memory\n");
		pexit("Killed: Insufficient physical memory", 1);
	case Proc_exitme:
		pexit("Killed", 1);
	case Proc_traceme:
		if(p->nnote == 0)
			return;
		/* fall through */
	case Proc_stopme:
		stopped();
		return;
	case Proc_tracesyscall:
		return;
	}
}

/* Before a return to user mode from wherever: notes, orders, others' turns. */
void
userexit(Ureg *ur)
{
	for(;;){
		splhi();
		if(m->resched){
			resched();
			continue;
		}
		if(up->procctl == 0 && (up->nnote == 0 || (up->notified && up->note[0].flag == NUser)))
			break;
		if(up->procctl == Proc_tracesyscall && up->nnote == 0)
			break;
		if(up->procctl == Proc_traceme && up->nnote == 0)
			break;
		spllo();
		notify(ur);
	}
}
