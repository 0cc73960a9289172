/*
 * Queues: a list of records between somebody who writes (qwrite.c) and somebody
 * who reads (qread.c), both of whom may be processes or interrupts.  Pipes, the
 * console and Ethernet's conversations are made of them.  Here are their beginning and end, and how
 * processes wait for each other; queue.h says how they hang together.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "queue.h"

struct Waiter {
	Waiter	*next;
	Rendez	r;
	int	called;
};

static int
wascalled(void *a)
{
	return ((Waiter*)a)->called;
}

void
linecall(Line *l)
{
	Waiter *w;

	w = l->first;
	if(w != nil && !w->called){
		w->called = 1;
		wakeup(&w->r);
	}
}

static void
callall(Line *l)
{
	Waiter *w;

	for(w = l->first; w != nil; w = w->next){
		w->called = 1;
		wakeup(&w->r);
	}
}

static void
leave(Line *l, Waiter *w)
{
	Waiter *v, **p;

	v = nil;
	for(p = &l->first; *p != w; p = &v->next)
		v = *p;
	*p = w->next;
	if(l->last == w)
		l->last = v;
}

/* Stand in line until ready(q). */
void
linewait(Queue *q, Line *l, int (*ready)(Queue*))
{
	Waiter w;

	memset(&w, 0, sizeof w);
	if(l->last == nil)
		l->first = &w;
	else
		l->last->next = &w;
	l->last = &w;
	if(waserror()){
		ilock(q);
		leave(l, &w);
		if(w.called)
			linecall(l);
		iunlock(q);
		nexterror();
	}
	do{
		w.called = 0;
		iunlock(q);
		sleep(&w.r, wascalled, &w);
		ilock(q);
	}while(!ready(q));
	poperror();
	leave(l, &w);
}

/*
 * A queue whose writers wait when it holds limit bytes.  kick(arg) is called,
 * unlocked, when an idle queue gets data, and when a reader has made room.
 * nil if there is no memory.
 */
Queue*
qopen(int limit, int mode, void (*kick)(void*), void *arg)
{
	Queue *q;

	q = mallocz(sizeof(Queue), 1);
	if(q == nil)
		return nil;
	q->limit = limit;
	q->mode = mode;
	q->kick = kick;
	q->arg = arg;
	strcpy(q->err, Ehungup);
	return q;
}

static Block*
empty(Queue *q)
{
	Block *b;

	b = q->first;
	q->first = q->last = nil;
	q->len = 0;
	q->size = 0;
	return b;
}

/* Throw everything away. */
void
qflush(Queue *q)
{
	Block *b;

	ilock(q);
	b = empty(q);
	linecall(&q->writers);
	iunlock(q);
	freeblist(b);
}

/*
 * No more will be written: readers drain what there is and see the end;
 * writers fail with msg, or `i/o on hungup channel' if that is nil.
 */
void
qhangup(Queue *q, char *msg)
{
	ilock(q);
	q->closed = 1;
	strecpy(q->err, q->err + ERRMAX, msg == nil || *msg == 0? Ehungup: msg);
	callall(&q->readers);
	callall(&q->writers);
	iunlock(q);
}

/* Nobody will read any more: as qhangup, and the contents go. */
void
qclose(Queue *q)
{
	Block *b;

	if(q == nil)
		return;
	ilock(q);
	q->closed = 1;
	strcpy(q->err, Ehungup);
	b = empty(q);
	callall(&q->readers);
	callall(&q->writers);
	iunlock(q);
	freeblist(b);
}

/* Close and free; nobody may know the queue any more. */
void
qfree(Queue *q)
{
	if(q == nil)
		return;
	qclose(q);
	free(q);
}

/* Undo a hangup or close. */
void
qreopen(Queue *q)
{
	ilock(q);
	q->closed = 0;
	q->neof = 0;
	strcpy(q->err, Ehungup);
	iunlock(q);
}

/* bytes of data queued */
int
qlen(Queue *q)
{
	return q->len;
}

/* bytes that may be written before writers wait */
int
qwindow(Queue *q)
{
	int n;

	n = q->limit - q->size;
	return n < 0? 0: n;
}

int
qcanread(Queue *q)
{
	return q->first != nil;
}

int
qfull(Queue *q)
{
	return q->size >= q->limit;
}

int
qisclosed(Queue *q)
{
	return q->closed;
}
