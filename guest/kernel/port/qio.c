/*
 * Queues: a list of records between somebody who writes and somebody who
 * reads, both of whom may be processes or interrupts.  Pipes, the console and
 * every network conversation are made of them.
 *
 * Before changing anything: nobody sleeps or touches user memory with the
 * queue's lock held.  Processes that wait stand in a line (one for readers,
 * one for writers), each with a Waiter on its own stack; who makes the
 * condition true calls the first, and who is called and leaves passes the call
 * on.  So a wait can be interrupted at any moment, and one event wakes one
 * process.  A record that a reader takes only in part stays in the queue and
 * is counted (Block.ref) as long as it is copied out of.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"

enum {
	Neof	= 3,			/* reads of nothing before a hangup becomes an error */
};

typedef struct Waiter Waiter;
typedef struct Line Line;
typedef struct Take Take;

struct Waiter {
	Waiter	*next;
	Rendez	r;
	int	called;
};

struct Line {
	Waiter	*first;
	Waiter	*last;
};

struct Queue {
	Lock;				/* guards everything below */
	Block	*first;
	Block	*last;
	int	len;			/* bytes of data */
	int	size;			/* bytes of memory that hold them */
	int	limit;			/* of size: at or above it writers wait */
	int	mode;			/* Qmsg... */
	int	closed;
	int	noblock;		/* writers throw away rather than wait */
	int	neof;
	void	(*kick)(void*);
	void	(*bypass)(void*, Block*);	/* takes what is written instead of the list */
	void	*arg;			/* of kick and bypass */
	Line	readers;
	Line	writers;
	char	err[ERRMAX];		/* why it was closed */
};

/* What a reader took: whole records, then perhaps a piece of one. */
struct Take {
	Block	*whole;
	Block	*part;
	uchar	*p;			/* the piece */
	int	n;
	int	kick;
};

static int
wascalled(void *a)
{
	return ((Waiter*)a)->called;
}

/* Call the first who waits; the queue is locked. */
static void
callfirst(Line *l)
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

static int
readable(Queue *q)
{
	return q->first != nil || q->closed;
}

static int
writable(Queue *q)
{
	return q->size < q->limit || q->closed || q->noblock;
}

/*
 * Stand in line until ready(q).  Called and returns with the queue locked;
 * if the wait is interrupted the error is raised with it unlocked.
 */
static void
waitturn(Queue *q, Line *l, int (*ready)(Queue*))
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
			callfirst(l);
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
	callfirst(&q->readers);
	return wasempty;
}

/* Take the first block out; the queue is locked and not empty. */
static Block*
unlink(Queue *q)
{
	Block *b;

	b = q->first;
	q->first = b->next;
	if(q->first == nil)
		q->last = nil;
	b->next = nil;
	q->len -= BLEN(b);
	q->size -= BALLOC(b) + sizeof(Block);
	return b;
}

/*
 * After something was taken: let writers and other readers know.  The queue
 * is locked.  Returns whether its owner wants to be kicked.
 */
static int
drained(Queue *q)
{
	if(q->first != nil)
		callfirst(&q->readers);
	if(q->size > q->limit/2)
		return 0;
	callfirst(&q->writers);
	return q->kick != nil;
}

/*
 * Wait for data and return 1 with the queue locked.  The end of a closed, empty
 * queue is 0, unlocked, a few times, and then the error; a queue that broke with
 * a reason of its own says so at once.
 */
static int
waitdata(Queue *q)
{
	int n;

	ilock(q);
	if(!readable(q))
		waitturn(q, &q->readers, readable);
	if(q->first != nil)
		return 1;
	n = ++q->neof;
	iunlock(q);
	if(n > Neof || strcmp(q->err, Ehungup) != 0)
		error(q->err);
	return 0;
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

/* A queue that stores nothing: every write goes to bypass(arg, block). */
Queue*
qbypass(void (*bypass)(void*, Block*), void *arg)
{
	Queue *q;

	q = qopen(0, 0, nil, arg);
	if(q != nil)
		q->bypass = bypass;
	return q;
}

/* Take what a read of n > 0 bytes is given; locked at first, unlocked at the end. */
static void
take(Queue *q, int n, Take *t)
{
	Block *b, **tail;
	int m;

	memset(t, 0, sizeof *t);
	tail = &t->whole;
	do{
		b = q->first;
		m = BLEN(b);
		if(m <= n || q->mode & Qmsg){
			*tail = unlink(q);
			tail = &b->next;
		}else{
			b->ref++;
			t->part = b;
			t->p = b->rp;
			t->n = n;
			b->rp += n;
			q->len -= n;
			m = n;
		}
		n -= m;
	}while(b->flag & Bmore || q->mode & Qcoalesce && n > 0 && q->first != nil);
	t->kick = drained(q);
	iunlock(q);
}

/*
 * Read up to n bytes into va, which may be user memory.  Waits for data;
 * returns 0 for an empty record and, a few times, after a hangup, then raises
 * the hangup's reason.
 */
long
qread(Queue *q, void *va, int n)
{
	Block *b;
	Take t;
	uchar *p;
	int m;

	if(n <= 0 || !waitdata(q))
		return 0;
	take(q, n, &t);
	if(t.kick)
		q->kick(q->arg);
	p = va;
	if(waserror()){
		freeblist(t.whole);
		freeb(t.part);
		nexterror();
	}
	for(b = t.whole; b != nil; b = b->next){
		m = BLEN(b);
		if(m > n)
			m = n;
		memmove(p, b->rp, m);
		p += m;
		n -= m;
	}
	if(t.part != nil){
		memmove(p, t.p, t.n);
		p += t.n;
	}
	poperror();
	freeblist(t.whole);
	freeb(t.part);
	return p - (uchar*)va;
}

/* Take the first record, a list if it is one; the queue is locked and not empty. */
static Block*
unlinkrecord(Queue *q)
{
	Block *b, *last;

	b = last = unlink(q);
	while(last->flag & Bmore){
		last->flag &= ~Bmore;
		last->next = unlink(q);
		last = last->next;
	}
	return b;
}

/*
 * The same, the data as one block of at most n bytes that the caller frees, or a list if the record was written so.
 * An ended queue gives nil before it raises an error.
 */
Block*
qbread(Queue *q, int n)
{
	Block *b, *nb;
	int kick;

	if(!waitdata(q))
		return nil;
	b = q->first;
	if(q->mode & Qmsg || BLEN(b) <= n && b->ref == 1)
		nb = unlinkrecord(q);
	else{
		nb = iallocb(n);
		if(nb == nil){
			callfirst(&q->readers);
			iunlock(q);
			error(Enomem);
		}
		if(n > BLEN(b))
			n = BLEN(b);
		memmove(nb->wp, b->rp, n);
		nb->wp += n;
		b->rp += n;
		q->len -= n;
		if(BLEN(b) == 0)
			freeb(unlink(q));
	}
	kick = drained(q);
	iunlock(q);
	if(kick)
		q->kick(q->arg);
	return blocklen(nb) > n? trimblock(nb, 0, n): nb;
}

/* Wait until there is room; locked before and after.  Raises the reason of a hangup. */
static void
waitroom(Queue *q)
{
	if(!writable(q))
		waitturn(q, &q->writers, writable);
	if(q->closed){
		callfirst(&q->writers);
		iunlock(q);
		error(q->err);
	}
}

/* Hand over blocks that may be queued now; locked before, unlocked after. */
static void
deliver(Queue *q, Block *b)
{
	int idle;

	if(q->noblock && q->size >= q->limit){
		iunlock(q);
		freeblist(b);
		return;
	}
	idle = append(q, b);
	if(q->size < q->limit)
		callfirst(&q->writers);
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
	if(q->bypass != nil){
		q->bypass(q->arg, b);
		return n;
	}
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

/* Write one record; the user's memory is copied once there is room for it. */
static void
writerecord(Queue *q, uchar *p, int n)
{
	Block *b;

	if(q->bypass == nil){
		ilock(q);
		waitroom(q);
		iunlock(q);
	}
	b = allocb(n);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	memmove(b->wp, p, n);
	b->wp += n;
	poperror();
	if(q->bypass != nil){
		q->bypass(q->arg, b);
		return;
	}
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
		if(strcmp(up->errstr, Eintr) == 0)
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

/*
 * Give a list of blocks to a queue without waiting.  Returns the bytes, or -1
 * if it is full or closed; the blocks are gone in any case.
 */
int
qpass(Queue *q, Block *b)
{
	if(qfull(q)){
		freeblist(b);
		return -1;
	}
	return qpassnolim(q, b);
}

/* The same, but never full. */
int
qpassnolim(Queue *q, Block *b)
{
	int n, idle;

	if(b == nil)
		return -1;
	n = blocklen(b);
	if(q->bypass != nil){
		q->bypass(q->arg, b);
		return n;
	}
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

/* The first record, or nil if there is none now. */
Block*
qget(Queue *q)
{
	Block *b;

	ilock(q);
	if(q->first == nil){
		iunlock(q);
		return nil;
	}
	b = unlink(q);
	drained(q);
	iunlock(q);
	return b;
}

/* Take up to n bytes of the first record without waiting; -1 if there is none. */
int
qconsume(Queue *q, void *va, int n)
{
	Block *b;

	ilock(q);
	b = q->first;
	if(b == nil){
		iunlock(q);
		return -1;
	}
	if(n > BLEN(b))
		n = BLEN(b);
	memmove(va, b->rp, n);
	b->rp += n;
	q->len -= n;
	if(BLEN(b) == 0 || q->mode & Qmsg)
		b = unlink(q);
	else
		b = nil;
	drained(q);
	iunlock(q);
	freeb(b);
	return n;
}

/* Throw away up to n bytes from the front; returns how many. */
int
qdiscard(Queue *q, int n)
{
	Block *b, *gone;
	int m, done;

	gone = nil;
	done = 0;
	ilock(q);
	while((b = q->first) != nil && done < n){
		m = BLEN(b);
		if(m > n - done){
			m = n - done;
			b->rp += m;
			q->len -= m;
		}else{
			b = unlink(q);
			b->next = gone;
			gone = b;
		}
		done += m;
	}
	drained(q);
	iunlock(q);
	freeblist(gone);
	return done;
}

/* A copy of up to len bytes from offset on, which stay in the queue. */
Block*
qcopy(Queue *q, int len, ulong offset)
{
	Block *b, *nb;
	int m;

	nb = allocb(len);
	ilock(q);
	for(b = q->first; b != nil && BLEN(b) <= offset; b = b->next)
		offset -= BLEN(b);
	for(; b != nil && len > 0; b = b->next){
		m = BLEN(b) - offset;
		if(m > len)
			m = len;
		memmove(nb->wp, b->rp + offset, m);
		nb->wp += m;
		len -= m;
		offset = 0;
	}
	iunlock(q);
	return nb;
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
	callfirst(&q->writers);
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
	q->noblock = 0;
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

void
qsetlimit(Queue *q, int limit)
{
	ilock(q);
	q->limit = limit;
	if(q->size < limit)
		callfirst(&q->writers);
	iunlock(q);
}

/* Full means thrown away, not waited for. */
void
qnoblock(Queue *q, int on)
{
	ilock(q);
	q->noblock = on;
	callall(&q->writers);
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
