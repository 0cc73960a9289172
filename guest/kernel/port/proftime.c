/*
 * What a program is told of its time at the top of its stack (the Tos, where
 * libc's profiler looks), and the counts of /proc/n/profile.  A tick that finds it
 * in user mode is told on the way back there.  Cycles in the kernel are counted
 * only while the program says by prof.what that it profiles itself: to look at the clock
 * twice for each system call would cost all the others a fifth of it.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

#define TOS	((Tos*)(USTKTOP-sizeof(Tos)))

/*
 * Leaving for user mode, where ticks were counted; ur says where that is.  Touches
 * the stack, so interrupts must be on.
 */
void
proftold(Ureg *ur)
{
	Segment *s;
	ulong ms, pc;

	ms = TK2MS(up->profticks);
	up->profticks = 0;
	TOS->clock += ms;
	s = up->seg[TSEG];
	if(s == nil || s->profile == nil)
		return;
	/* the first counter is the sum, the bytes that it stands for are the header's */
	s->profile[0] += ms;
	pc = ur->pc;
	if(pc >= s->base && pc < s->top)
		s->profile[(pc-s->base)>>LRESPROF] += ms;
}

/* From user mode into the kernel. */
void
profenter(void)
{
	up->kentry = TOS->prof.what != 0? rdtsc(): 0;
}

/* Back. */
void
profleave(void)
{
	TOS->kcycles += rdtsc() - up->kentry;
	TOS->pcycles = up->pcycles;
	up->kentry = 0;
}

/* The time from here on is another process's. */
void
profswitch(Proc *from, Proc *to)
{
	uvlong t;

	t = rdtsc();
	if(from != nil){
		from->pcycles += t;
		if(from->kentry != 0)
			from->kentry -= t;
	}
	if(to != nil){
		to->pcycles -= t;
		if(to->kentry != 0)
			to->kentry += t;
	}
}
