/*
 * The registers of processes: how one begins, goes on, takes a note and is
 * looked at by a debugger.  The portable kernel calls it at rfork, exec, note
 * and process switch.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"

enum
{
	Userflags = 0xCD5,	/* CF PF AF ZF SF DF OF: what a program may give itself */
};

/* The frame by which a process enters user mode: the top of its kernel stack. */
static Ureg*
userframe(Proc *p)
{
	return (Ureg*)(p->kstack+KSTACK-sizeof(Ureg));
}

/* p goes on as its parent did, but that the system call returns 0. */
void
forkchild(Proc *p, Ureg *ur)
{
	Ureg *cur;

	cur = userframe(p);
	*cur = *ur;
	cur->ax = 0;
	p->dbgreg = cur;
	p->sched.sp = (ulong)cur-BY2WD;		/* gotolabel puts the pc there, its ret pops it */
	p->sched.pc = (ulong)(p->nnote > 0? forknoted: forkret);
	p->sched.bp = 0;
}

/* p begins in the kernel with f. */
void
kprocchild(Proc *p, void (*f)(void))
{
	p->sched.sp = (ulong)p->kstack+KSTACK-16*BY2WD;
	p->sched.pc = (ulong)kprocentry;
	p->sched.bx = (ulong)f;
	p->sched.bp = 0;
}

void
execregs(ulong entry, ulong sp)
{
	Ureg *ur;

	ur = up->dbgreg;
	memset(ur, 0, offsetof(Ureg, gs));
	ur->gs = ur->fs = ur->es = ur->ds = UDSEL;
	ur->pc = entry;
	ur->cs = UCSEL;
	ur->flags = 0x202;
	ur->usp = sp;
	ur->ss = UDSEL;
}

ulong
userpc(void)
{
	return up->dbgreg->pc;
}

ulong
dbgpc(Proc *p)
{
	return p->dbgreg == nil? 0: p->dbgreg->pc;
}

int
notereg(Ureg *ur, ulong pc, ulong sp)
{
	ur->pc = pc;
	ur->usp = sp;
	ur->flags &= ~0x500u;		/* no direction, no trace */
	return 0;
}

int
validregs(Ureg *ur)
{
	return (ur->cs&0xFFFF) == UCSEL && (ur->ss&0xFFFF) == UDSEL && (ur->ds&0xFFFF) == UDSEL
		&& (ur->es&0xFFFF) == UDSEL && (ur->fs&0xFFFF) == UDSEL && (ur->gs&0xFFFF) == UDSEL;
}

/*
 * Bytes from uva replace n of the registers at pureg, which lies within ur;
 * what would let a program out of its mode stays.
 */
void
setregisters(Ureg *ur, char *pureg, char *uva, int n)
{
	Ureg old;

	old = *ur;
	memmove(pureg, uva, n);
	ur->cs = old.cs;
	ur->ss = old.ss;
	ur->ds = old.ds;
	ur->es = old.es;
	ur->fs = old.fs;
	ur->gs = old.gs;
	ur->trap = old.trap;
	ur->ecode = old.ecode;
	ur->flags = (ur->flags & Userflags) | (old.flags & ~(ulong)Userflags);
}

/* Where p sleeps in the kernel, in the form of a trap frame. */
void
setkernur(Ureg *ur, Proc *p)
{
	memset(ur, 0, sizeof *ur);
	ur->pc = p->sched.pc;
	ur->sp = p->sched.sp+BY2WD;
	ur->bp = p->sched.bp;
	ur->bx = p->sched.bx;
	ur->si = p->sched.si;
	ur->di = p->sched.di;
	ur->cs = KCSEL;
	ur->ss = KDSEL;
}

/* p runs from here on, in kernel mode still. */
void
procswitch(Proc *p)
{
	mmuswitch(p);
	if(!p->kp)
		fpswitch(p);
}
