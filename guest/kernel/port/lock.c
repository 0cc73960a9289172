/*
 * Locks.  There is one CPU and the kernel is not preempted, so a Lock never
 * waits: finding one taken means that its holder slept, and that is a bug.
 * QLock and RWlock sleep; their queues are guarded by splhi.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

static void
lockloop(Lock *l, ulong pc)
{
	panic("lock %#p taken at %#lux, wanted at %#lux", l, l->pc, pc);
}

void
lock(Lock *l)
{
	if(l->key)
		lockloop(l, getcallerpc(&l));
	l->key = 1;
	l->pc = getcallerpc(&l);
}

void
unlock(Lock *l)
{
	l->key = 0;
}

/* Against interrupts as well: they are off until iunlock. */
void
ilock(Lock *l)
{
	int s;

	s = splhi();
	if(l->key)
		lockloop(l, getcallerpc(&l));
	l->key = 1;
	l->sr = s;
	l->pc = getcallerpc(&l);
}

void
iunlock(Lock *l)
{
	int s;

	s = l->sr;
	l->key = 0;
	splx(s);
}

/* decref below zero. */
void
badref(Ref *r)
{
	panic("decref %#p: %ld", r, r->ref);
}

/* Append up to a queue and give up the CPU until whoever dequeues it says ready. */
static void
waitin(Proc **head, Proc **tail, int state)
{
	up->qnext = nil;
	if(*head == nil)
		*head = up;
	else
		(*tail)->qnext = up;
	*tail = up;
	up->state = state;
	sched();
}

static Proc*
nextwaiter(Proc **head, Proc **tail)
{
	Proc *p;

	p = *head;
	if(p != nil){
		*head = p->qnext;
		if(*head == nil)
			*tail = nil;
	}
	return p;
}

void
qlock(QLock *q)
{
	int s;

	if(!q->locked){
		q->locked = 1;
		q->qp = up;
		q->pc = getcallerpc(&q);
		return;
	}
	if(up == nil)
		panic("qlock %#p at %#p: nobody can wait", q, getcallerpc(&q));
	if(q->qp == up)
		panic("qlock %#p at %#p: process %lud holds it since %#lux", q, getcallerpc(&q), up->pid, q->pc);
	s = splhi();
	waitin(&q->head, &q->tail, Queueing);
	splx(s);
	q->pc = getcallerpc(&q);
}

int
canqlock(QLock *q)
{
	if(q->locked)
		return 0;
	q->locked = 1;
	q->qp = up;
	q->pc = getcallerpc(&q);
	return 1;
}

/* The lock passes to the first in the queue without being free in between. */
void
qunlock(QLock *q)
{
	Proc *p;
	int s;

	if(!q->locked)
		panic("qunlock %#p at %#p: not locked", q, getcallerpc(&q));
	if(q->head == nil){
		q->qp = nil;
		q->locked = 0;
		return;
	}
	s = splhi();
	p = nextwaiter(&q->head, &q->tail);
	q->qp = p;
	ready(p);
	splx(s);
}

/* A reader waits behind a waiting writer, or writers would starve. */
void
rlock(RWlock *q)
{
	int s;

	if(q->writer == 0 && q->head == nil){
		q->readers++;
		return;
	}
	if(up == nil)
		panic("rlock %#p: nobody can wait", q);
	s = splhi();
	waitin(&q->head, &q->tail, QueueingR);
	splx(s);
}

void
wlock(RWlock *q)
{
	int s;

	if(q->readers == 0 && q->writer == 0){
		q->writer = 1;
		q->wproc = up;
		return;
	}
	if(up == nil)
		panic("wlock %#p: nobody can wait", q);
	if(q->writer && q->wproc == up)
		panic("wlock %#p at %#p: held by the same process", q, getcallerpc(&q));
	s = splhi();
	waitin(&q->head, &q->tail, QueueingW);
	splx(s);
}

/* Nobody holds it: the first waiter gets it, and all readers right behind one. */
static void
pass(RWlock *q)
{
	Proc *p;
	int s;

	s = splhi();
	while((p = q->head) != nil && q->writer == 0){
		if(p->state == QueueingW){
			if(q->readers > 0)
				break;
			q->writer = 1;
			q->wproc = p;
		}else
			q->readers++;
		ready(nextwaiter(&q->head, &q->tail));
	}
	splx(s);
}

void
runlock(RWlock *q)
{
	if(q->readers <= 0)
		panic("runlock %#p at %#p: not locked", q, getcallerpc(&q));
	if(--q->readers == 0 && q->head != nil)
		pass(q);
}

void
wunlock(RWlock *q)
{
	if(q->writer == 0)
		panic("wunlock %#p at %#p: not locked", q, getcallerpc(&q));
	q->writer = 0;
	q->wproc = nil;
	if(q->head != nil)
		pass(q);
}
