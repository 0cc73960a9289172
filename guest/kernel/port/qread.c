/*
 * Queues, the reader's side: whole records, or what fits of them.  See queue.h.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "queue.h"

enum {
	Neof	= 3,			/* reads of nothing before a hangup becomes an error */
};

typedef struct Take Take;

/* What a reader took: whole records, then perhaps a piece of one. */
struct Take {
	Block	*whole;
	Block	*part;
	uchar	*p;			/* the piece */
	int	n;
	int	kick;
};

static int
readable(Queue *q)
{
	return q->first != nil || q->closed;
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

/* The same for the first record, which may be several. */
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
 * After something was taken: let writers and other readers know.  The queue
 * is locked.  Returns whether its owner wants to be kicked.
 */
static int
drained(Queue *q)
{
	if(q->first != nil)
		linecall(&q->readers);
	if(q->size > q->limit/2)
		return 0;
	linecall(&q->writers);
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
		linewait(q, &q->readers, readable);
	if(q->first != nil)
		return 1;
	n = ++q->neof;
	iunlock(q);
	if(n > Neof || strcmp(q->err, Ehungup) != 0)
		error(q->err);
	return 0;
}

/* One record, or what fits of it; or as many as fit. */
static void
takebytes(Queue *q, int n, Take *t)
{
	Block *b, **tail;
	int m;

	tail = &t->whole;
	do{
		b = q->first;
		m = BLEN(b);
		if(m <= n){
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
	}while(q->mode & Qcoalesce && n > 0 && q->first != nil);
}

/* Take what a read of n > 0 bytes is given; locked at first, unlocked at the end. */
static void
take(Queue *q, int n, Take *t)
{
	memset(t, 0, sizeof *t);
	if(q->mode & Qmsg)
		t->whole = unlinkrecord(q);
	else
		takebytes(q, n, t);
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
			linecall(&q->readers);
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

/* The first record, a list if it was written so, or nil if there is none now. */
Block*
qget(Queue *q)
{
	Block *b;

	ilock(q);
	if(q->first == nil){
		iunlock(q);
		return nil;
	}
	b = unlinkrecord(q);
	drained(q);
	iunlock(q);
	return b;
}
