/*
 * Queues, the writer's side.  See queue.h.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "queue.h"

static int
writable(Queue *q)
{
	return q->size < q->limit || q->closed;
}

/* Put blocks in; the queue is locked.  Returns whether it was empty. */
static int
append(Queue *q, Block *b)
{
	int wasempty;

	wasempty = q->first == nil;
	if(wasempty)
		q->first = b;
	else
		q->last->next = b;
	for(;; b = b->next){
		q->len += BLEN(b);
		q->size += BALLOC(b) + sizeof(Block);
		if(b->next == nil)
			break;
	}
	q->last = b;
	linecall(&q->readers);
	return wasempty;
}

/* Wait until there is room; locked before and after.  Raises the reason of a hangup. */
static void
waitroom(Queue *q)
{
	if(!writable(q))
		linewait(q, &q->writers, writable);
	if(q->closed){
		linecall(&q->writers);
		iunlock(q);
		error(q->err);
	}
}

/* Hand over blocks that may be queued now; locked before, unlocked after. */
static void
deliver(Queue *q, Block *b)
{
	int idle;

	idle = append(q, b);
	if(q->size < q->limit)
		linecall(&q->writers);
	iunlock(q);
	if(q->kick != nil && (idle || q->mode & Qkick))
		q->kick(q->arg);
}

/*
 * Write a list of blocks, which the queue owns from here on, whatever
 * happens.  Waits for room; returns the bytes in the list.
 */
long
qbwrite(Queue *q, Block *b)
{
	long n;

	n = blocklen(b);
	if(waserror()){
		freeblist(b);
		nexterror();
	}
	ilock(q);
	waitroom(q);
	poperror();
	deliver(q, b);
	return n;
}

/* Who has been called, and has nothing to write after all: it is the next one's turn. */
static void
giveway(Queue *q)
{
	ilock(q);
	if(writable(q))
		linecall(&q->writers);
	iunlock(q);
}

/* Write one record; the user's memory is copied once there is room for it. */
static void
writerecord(Queue *q, uchar *p, int n)
{
	Block *b;

	ilock(q);
	waitroom(q);
	iunlock(q);
	b = nil;
	if(waserror()){
		freeb(b);
		giveway(q);
		nexterror();
	}
	b = allocb(n);
	memmove(b->wp, p, n);
	b->wp += n;
	poperror();
	ilock(q);
	if(q->closed){
		iunlock(q);
		freeb(b);
		error(q->err);
	}
	deliver(q, b);
}

/*
 * Write n bytes from va, which may be user memory, as records of at most
 * Maxatomic.  Waits for room.  An interruption after the first record makes
 * the write short, not an error.
 */
int
qwrite(Queue *q, void *va, int n)
{
	uchar *p;
	int m, done;

	p = va;
	m = n < Maxatomic? n: Maxatomic;
	writerecord(q, p, m);
	if(m == n)
		return n;
	done = m;
	if(waserror()){
		if(wascut())
			return done;
		nexterror();
	}
	while(done < n){
		m = n - done;
		if(m > Maxatomic)
			m = Maxatomic;
		writerecord(q, p + done, m);
		done += m;
	}
	poperror();
	return n;
}

static Block*
copied(void *va, int n)
{
	Block *b;

	b = iallocb(n);
	if(b == nil)
		return nil;
	memmove(b->wp, va, n);
	b->wp += n;
	return b;
}

/*
 * Give a list of blocks to a queue without waiting, limit or not.  Returns the bytes, or -1
 * if it is closed; the blocks are gone in any case.
 */
int
qpassnolim(Queue *q, Block *b)
{
	int n, idle;

	if(b == nil)
		return -1;
	n = blocklen(b);
	ilock(q);
	if(q->closed){
		iunlock(q);
		freeblist(b);
		return -1;
	}
	idle = append(q, b);
	iunlock(q);
	if(q->kick != nil && (idle || q->mode & Qkick))
		q->kick(q->arg);
	return n;
}

/* The same, but -1 if the queue is full. */
int
qpass(Queue *q, Block *b)
{
	if(qfull(q)){
		freeblist(b);
		return -1;
	}
	return qpassnolim(q, b);
}

/* The same, the list as one record. */
int
qpassrecord(Queue *q, Block *b)
{
	Block *l;

	if((q->mode & Qmsg) == 0)
		panic("qpassrecord: the queue is not one of messages");
	for(l = b; l->next != nil; l = l->next)
		l->flag |= Bmore;
	return qpass(q, b);
}

/*
 * Write from kernel memory without waiting, as one record, limit or not; from
 * an interrupt, too.  Returns n, or 0 if there is no memory or no reader.
 */
int
qiwrite(Queue *q, void *va, int n)
{
	return qpassnolim(q, copied(va, n)) < 0? 0: n;
}

/* The same, but -1 if the queue is full. */
int
qproduce(Queue *q, void *va, int n)
{
	return qfull(q)? -1: qpass(q, copied(va, n));
}
