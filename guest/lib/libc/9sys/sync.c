/*
 * lock(2) for processes that share memory.  A Lock counts who holds or wants
 * it and parks the rest on a semaphore, so that an uncontended lock is one
 * atomic instruction.  QLock, RWLock and Rendez keep a queue of waiters under
 * a Lock and park them by rendezvous on their queue entry; the waker hands
 * over ownership, so that the queue is fair.  Entries come from a pool in
 * shared memory: what is on a stack, other processes cannot see.
 */
#include <u.h>
#include <libc.h>

void
lock(Lock *l)
{
	if(ainc(&l->key) == 1)
		return;
	while(semacquire(&l->sem, 1) < 0)
		;	/* a note came: wait on */
}

void
unlock(Lock *l)
{
	if(adec(&l->key) != 0)
		semrelease(&l->sem, 1);
}

int
canlock(Lock *l)
{
	return cas(&l->key, 0, 1);
}

enum
{
	Reader,			/* QLp.state: what is waited for */
	Writer,
	Sleeper,
};

/* what QLock, RWLock and Rendez have in common */
#define append(q, w) do{\
	(w)->next = nil;\
	if((q)->head == nil)\
		(q)->head = (w);\
	else\
		(q)->tail->next = (w);\
	(q)->tail = (w);\
}while(0)

#define first(q) ((q)->head)
#define removefirst(q) ((q)->head = (q)->head->next)

enum
{
	Npool	= 1024,		/* as many processes can wait at once */
};

static QLp pool[Npool];
static long hint;		/* where to look first */

static QLp*
newentry(int state)
{
	QLp *w;
	int i;

	for(;;){
		i = hint;
		do{
			w = &pool[i];
			if(++i == Npool)
				i = 0;
			if(!w->inuse && cas(&w->inuse, 0, 1)){
				hint = i;
				w->state = state;
				w->next = nil;
				return w;
			}
		}while(i != hint);
		sleep(1);
	}
}

/* the entry is free again when this returns */
static void
park(QLp *w)
{
	while(rendezvous(w, (void*)1) == (void*)~0)
		;
	w->inuse = 0;
}

static void
unpark(QLp *w)
{
	while(rendezvous(w, (void*)2) == (void*)~0)
		;
}

void
qlock(QLock *q)
{
	QLp *w;

	lock(&q->lock);
	if(!q->locked){
		q->locked = 1;
		unlock(&q->lock);
		return;
	}
	w = newentry(Writer);
	append(q, w);
	unlock(&q->lock);
	park(w);
}

void
qunlock(QLock *q)
{
	QLp *w;

	lock(&q->lock);
	w = first(q);
	if(w != nil)
		removefirst(q);
	else
		q->locked = 0;
	unlock(&q->lock);
	if(w != nil)
		unpark(w);
}

int
canqlock(QLock *q)
{
	int got;

	if(!canlock(&q->lock))
		return 0;
	got = !q->locked;
	if(got)
		q->locked = 1;
	unlock(&q->lock);
	return got;
}

void
rlock(RWLock *q)
{
	QLp *w;

	lock(&q->lock);
	if(!q->writer && q->head == nil){
		q->readers++;
		unlock(&q->lock);
		return;
	}
	w = newentry(Reader);
	append(q, w);
	unlock(&q->lock);
	park(w);
}

int
canrlock(RWLock *q)
{
	int got;

	lock(&q->lock);
	got = !q->writer && q->head == nil;
	if(got)
		q->readers++;
	unlock(&q->lock);
	return got;
}

void
wlock(RWLock *q)
{
	QLp *w;

	lock(&q->lock);
	if(!q->writer && q->readers == 0){
		q->writer = 1;
		unlock(&q->lock);
		return;
	}
	w = newentry(Writer);
	append(q, w);
	unlock(&q->lock);
	park(w);
}

int
canwlock(RWLock *q)
{
	int got;

	lock(&q->lock);
	got = !q->writer && q->readers == 0;
	if(got)
		q->writer = 1;
	unlock(&q->lock);
	return got;
}

/* lets in the next writer, or all readers before it; q is free and locked */
static QLp*
admit(RWLock *q)
{
	QLp *list, **tail, *w;

	list = nil;
	tail = &list;
	while((w = first(q)) != nil){
		if(w->state == Writer && list != nil)
			break;
		removefirst(q);
		*tail = w;
		tail = &w->next;
		*tail = nil;
		if(w->state == Writer){
			q->writer = 1;
			break;
		}
		q->readers++;
	}
	return list;
}

static void
release(RWLock *q)
{
	QLp *w, *next;

	w = q->readers == 0 && !q->writer ? admit(q) : nil;
	unlock(&q->lock);
	for(; w != nil; w = next){
		next = w->next;		/* w is gone once it runs */
		unpark(w);
	}
}

void
runlock(RWLock *q)
{
	lock(&q->lock);
	q->readers--;
	release(q);
}

void
wunlock(RWLock *q)
{
	lock(&q->lock);
	q->writer = 0;
	release(q);
}

/* the caller holds r->l, and does again on return */
void
rsleep(Rendez *r)
{
	QLp *w;

	w = newentry(Sleeper);
	append(r, w);
	qunlock(r->l);
	park(w);
	qlock(r->l);
}

/* the caller holds r->l; how many were woken */
int
rwakeup(Rendez *r)
{
	QLp *w;

	w = first(r);
	if(w == nil)
		return 0;
	removefirst(r);
	unpark(w);
	return 1;
}

int
rwakeupall(Rendez *r)
{
	int n;

	for(n = 0; rwakeup(r); n++)
		;
	return n;
}
