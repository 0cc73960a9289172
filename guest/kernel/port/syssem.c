/*
 * Semaphores: words of user memory that programs also change by themselves.
 * Who waits is remembered in the segment that holds the word, so only processes
 * that share the segment meet.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

/* One instruction, so that a page fault on the word cannot come in the middle. */
static int
cmpswap(long *a, long old, long new)
{
	char ok;

	__asm__ volatile("lock; cmpxchgl %3, %1; sete %0"
		: "=q"(ok), "+m"(*a), "+a"(old) : "r"(new) : "memory", "cc");
	return ok;
}

static Segment*
semword(ulong a)
{
	Segment *s;

	validalign(a, BY2WD);
	validaddr(a, BY2WD, 1);
	s = seg(up, a, 0);
	if(*(long*)a < 0)
		error(Ebadarg);
	return s;
}

static int
take(long *a)
{
	long v;

	while((v = *a) > 0)
		if(cmpswap(a, v, v-1))
			return 1;
	return 0;
}

static int
released(void *a)
{
	return ((Sema*)a)->waiting == 0;
}

/* Wake up to n of those who wait for a. */
static void
wake(Segment *s, ulong a, long n)
{
	Sema *p;
	int x;

	x = splhi();
	for(p = s->sema; p != nil && n > 0; p = p->next)
		if(p->addr == a && p->waiting){
			p->waiting = 0;
			n--;
			wakeup(p);
		}
	splx(x);
}

static void
enter(Segment *s, Sema *p, ulong a)
{
	Sema **l;
	int x;

	memset(p, 0, sizeof *p);
	p->addr = a;
	p->waiting = 1;
	x = splhi();
	for(l = &s->sema; *l != nil; l = &(*l)->next)
		;
	*l = p;
	splx(x);
}

/* No longer waiting; if somebody woke us and we do not take it, the next one gets the turn. */
static void
leave(Segment *s, Sema *p, int taken)
{
	Sema **l;
	int x;

	x = splhi();
	for(l = &s->sema; *l != nil; l = &(*l)->next)
		if(*l == p){
			*l = p->next;
			break;
		}
	splx(x);
	if(!taken && !p->waiting)
		wake(s, p->addr, 1);
}

/* ms < 0: for as long as it takes.  1 if the word was taken, 0 if the time ran out. */
static int
acquire(ulong a, vlong ms)
{
	Segment *s;
	Sema p;
	uvlong end, now;

	s = semword(a);
	if(take((long*)a))
		return 1;
	if(ms == 0)
		return 0;
	end = hostmono() + ms*1000000;
	enter(s, &p, a);
	if(waserror()){
		leave(s, &p, 0);
		nexterror();
	}
	while(!take((long*)a)){
		if(ms < 0)
			sleep(&p, released, &p);
		else{
			now = hostmono();
			if(now >= end){
				poperror();
				leave(s, &p, 0);
				return 0;
			}
			tsleep(&p, released, &p, (end-now+999999)/1000000);
		}
		p.waiting = 1;
	}
	poperror();
	leave(s, &p, 1);
	return 1;
}

long
syssemacquire(ulong *arg)
{
	return acquire(arg[0], arg[1]? -1: 0);
}

long
systsemacquire(ulong *arg)
{
	return acquire(arg[0], arg[1]);
}

long
syssemrelease(ulong *arg)
{
	Segment *s;
	long v, n, *a;

	n = arg[1];
	s = semword(arg[0]);
	if(n < 0)
		error(Ebadarg);
	a = (long*)arg[0];
	do{
		v = *a;
		if(v < 0 || v+n < v)
			error(Ebadarg);
	}while(!cmpswap(a, v, v+n));
	wake(s, arg[0], n);
	return v+n;
}
