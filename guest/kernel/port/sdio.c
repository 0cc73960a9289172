/*
 * Transfers of disks: devsd.c and sdscsi.c ask for them, the machine's driver carries them out.  Most are over as soon as the
 * driver has been asked.  What takes waiting is a request: it pins the pages of the process that asks, and goes to
 * the driver while that has not enough to do; else it waits in a queue, where neighbours are joined, and leave as one.  If a
 * joined transfer fails, its parts are tried one by one, so that an error is only its own request's.
 *
 * A process that is killed does not wait for its request, unless it shares the memory with others who live on.  What is in the queue is
 * taken back; what the driver has goes on as an orphan, its pages pinned, and a kernel process clears it away.  The order of
 * things is kept: whoever comes later waits for an orphan that changes what he wants to see or to change, so
 * that after a death nothing is written any more, as far as anybody can tell.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "sd.h"

enum
{
	Maxreq	= 256,			/* of a unit, orphans included */
	Maxorphan = 64,			/* of a unit; if there are more, the dying wait */
	Piece	= 256*KiB,		/* a write that the driver may be able to do at once */
	Rest	= 16,			/* so many transfers are as long as can be after one that had to wait */
	Again	= 100,			/* ms, until one who cannot leave his request tries again */

	Grouphead = 8,			/* of a group as programs write it: how many places, and then of each */
	Groupspan = 8+8,		/* where it is, and how many bytes */

	/* SDreq.state */
	Queued	= 1,
	Flying,
	Done,
};

static SDreq	*dead;			/* orphans that are over; guarded by splhi */
static Rendez	reap;

/* ---- waiting ---- */

/* The process ends as soon as it leaves the kernel, whatever we answer: it does not run in its memory again. */
static int
doomed(Proc *p)
{
	if(p->kp || p->procctl == Proc_traceme)
		return 0;
	return p->procctl == Proc_exitme || p->procctl == Proc_exitbig || p->nnote > 0 && p->notify == 0;
}

/* Wait until f(a), which something that happens to u makes true; notes can wait, death cannot if killable. */
void
sdwaitfor(SDunit *u, int (*f)(void*), void *a, int killable)
{
	SDwait w, **l;
	int s, stop;

	w.p = nil;
	s = splhi();
	w.next = u->waiting;
	u->waiting = &w;
	splx(s);
	stop = 0;
	while(!f(a)){
		if(killable && doomed(up)){
			stop = 1;
			break;
		}
		if(!waserror()){
			sleep(&w, f, a);
			poperror();
		}
	}
	s = splhi();
	for(l = &u->waiting; *l != &w; l = &(*l)->next)
		;
	*l = w.next;
	splx(s);
	if(stop)
		error(Eintr);
}

static void
tellall(SDunit *u)
{
	SDwait *w;

	for(w = u->waiting; w != nil; w = w->next)
		wakeup(w);
}

/* ---- requests ---- */

static int
havereq(void *a)
{
	SDunit *u;

	u = a;
	return u->free != nil || u->nreq < Maxreq;
}

/* A request of u's, or nil: there are too many, or there is no memory. */
SDreq*
sdnewreq(SDunit *u)
{
	SDreq *r;
	int s;

	s = splhi();
	r = u->free;
	if(r != nil)
		u->free = r->next;
	else if(u->nreq < Maxreq && (r = mallocz(sizeof *r, 1)) != nil){
		r->unit = u;
		u->nreq++;
	}
	splx(s);
	if(r != nil){
		r->npage = 0;
		r->orphan = 0;
		r->fin = nil;
		r->error = nil;
	}
	return r;
}

static SDreq*
getreq(SDunit *u, int killable)
{
	SDreq *r;

	while((r = sdnewreq(u)) == nil){
		if(havereq(u))
			free(smalloc(sizeof *r));	/* until there is memory, or an error */
		else
			sdwaitfor(u, havereq, u, killable);
	}
	return r;
}

/* r is over: another may have it.  From interrupts as well. */
void
sdputreq(SDreq *r)
{
	SDunit *u;
	int s;

	u = r->unit;
	s = splhi();
	r->next = u->free;
	u->free = r;
	if(u->waiting != nil)
		tellall(u);
	splx(s);
}

static void
release(SDreq *r)
{
	unpinpages(r->page, r->npage);
	r->npage = 0;
	sdputreq(r);
}

/* ---- the queue; interrupts are off ---- */

static int
changes(SDreq *r)
{
	return r->op == SDwrite || r->op == SDdiscard || r->op == SDgroup;
}

static int
overlaps(SDreq *r, uvlong off, uvlong len)
{
	return r->off < off+len && off < r->off+r->len;
}

static void
enqueue(SDunit *u, SDreq *r)
{
	r->state = Queued;
	r->next = nil;
	*u->tail = r;
	u->tail = &r->next;
}

static void
pushback(SDunit *u, SDreq *r)
{
	r->state = Queued;
	r->next = u->queue;
	if(u->queue == nil)
		u->tail = &r->next;
	u->queue = r;
}

/* Take *l out of the queue. */
static SDreq*
unqueue(SDunit *u, SDreq **l)
{
	SDreq *r;

	r = *l;
	*l = r->next;
	if(*l == nil)
		u->tail = l;
	return r;
}

static void
over(SDreq *r)
{
	SDunit *u;

	u = r->unit;
	r->state = Done;
	if(r->orphan){
		u->norphan--;
		r->next = dead;
		dead = r;
		wakeup(&reap);
	}else if(r->fin != nil)
		r->fin(r);
	else
		wakeup(&r->r);
	if(u->waiting != nil)
		tellall(u);
}

/* The transfer that begins with first is over: so are its parts, or they are to be tried alone. */
static void
settle(SDreq *first)
{
	SDreq *r, *with;
	char *e;
	int again;

	e = first->error;
	again = e != nil && first->with != nil;
	for(r = first; r != nil; r = with){
		with = r->with;
		r->with = nil;
		if(again && !r->orphan){
			r->alone = 1;
			pushback(r->unit, r);
		}else{
			r->error = e;
			over(r);
		}
	}
}

static int
launch(SDunit *u, SDreq *first)
{
	SDreq *r;

	switch(u->start(u, first, 0)){
	case SDwont:
		return 0;
	case SDdone:
		settle(first);
		return 1;
	}
	u->nflying++;
	for(r = first; r != nil; r = r->with){
		r->state = Flying;
		r->next = u->flying;
		u->flying = r;
	}
	return 1;
}

static int
pagesof(SDreq *r)
{
	return r->npage > 0? r->npage: r->len/BY2PG+2;
}

/* Join r and whatever in the queue goes on where it ends, or ends where it begins; the first of them. */
static SDreq*
gather(SDunit *u, SDreq *r)
{
	SDreq *first, *last, *q, **l;
	uvlong len;
	int npage, more;

	first = last = r;
	if(r->alone || r->op > SDwrite)
		return first;
	len = r->len;
	npage = pagesof(r);
	do{
		more = 0;
		for(l = &u->queue; (q = *l) != nil; ){
			if(q->op != r->op || q->alone || len+q->len > SDmaxio || npage+pagesof(q) > SDmaxpage
			|| q->off != last->off+last->len && q->off+q->len != first->off){
				l = &q->next;
				continue;
			}
			unqueue(u, l);
			more = 1;
			len += q->len;
			npage += pagesof(q);
			if(q->off == last->off+last->len)
				last = last->with = q;
			else{
				q->with = first;
				first = q;
			}
		}
	}while(more);
	return first;
}

/* Start what the driver has time for. */
static void
kick(SDunit *u)
{
	SDreq *r, *with;

	while(u->queue != nil && u->nflying < u->depth){
		r = gather(u, unqueue(u, &u->queue));
		if(launch(u, r))
			continue;
		for(; r != nil; r = with){
			with = r->with;
			r->with = nil;
			pushback(u, r);
		}
		return;
	}
}

/* The driver calls it for a transfer that it said it had started. */
void
sdended(SDreq *first)
{
	SDreq *r, **l;
	SDunit *u;

	u = first->unit;
	u->nflying--;
	for(r = first; r != nil; r = r->with){
		for(l = &u->flying; *l != r; l = &(*l)->next)
			;
		*l = r->next;
	}
	settle(first);
	kick(u);
}

/* Hand r over; it may be over at once. */
void
sdsubmit(SDreq *r)
{
	SDunit *u;

	u = r->unit;
	r->with = nil;
	r->alone = 0;
	if(changes(r))
		sdforget(u, r->off, r->len);
	if(u->queue == nil && u->nflying < u->depth){
		if(launch(u, r))
			return;
	}else if(r->op <= SDwrite && u->start(u, r, 1) == SDdone){
		settle(r);
		return;
	}
	enqueue(u, r);
}

/* Whether anybody is about to change some of these bytes. */
int
sdwriting(SDunit *u, uvlong off, uvlong len)
{
	SDreq *r;

	for(r = u->flying; r != nil; r = r->next)
		if(changes(r) && overlaps(r, off, len))
			return 1;
	for(r = u->queue; r != nil; r = r->next)
		if(changes(r) && overlaps(r, off, len))
			return 1;
	return 0;
}

/* ---- for processes ---- */

static int
noorphan(void *a)
{
	SDreq *r, *q;

	r = a;
	if(r->unit->norphan == 0)
		return 1;
	for(q = r->unit->flying; q != nil; q = q->next)
		if(q->orphan && changes(q) && overlaps(q, r->off, r->len))
			return 0;
	return 1;
}

static int
isdone(void *a)
{
	return ((SDreq*)a)->state == Done;
}

/* Whether somebody who lives on has s. */
static int
inherited(Segment *s)
{
	int i, j, n;
	Proc *p;

	n = s->ref;
	for(i = 0; n > 0 && (p = proctab(i)) != nil; i++){
		if(p->state == Dead || !doomed(p))
			continue;
		for(j = 0; j < NSEG; j++)
			if(p->seg[j] == s)
				n--;
	}
	return n > 0;
}

/* Whether others, who live on, have the memory that r names: they must not see it change after our death. */
static int
shared(SDreq *r)
{
	ulong va, end;
	Segment *s;

	if(r->npage == 0)
		return 0;
	end = (ulong)r->va + r->data;
	for(va = (ulong)r->va; va < end; va = s == nil? PGTRUNC(va)+BY2PG: s->top){
		s = seg(up, va, 0);
		if(s != nil && s->ref > 1 && (s->type & SG_TYPE) != SG_TEXT && inherited(s))
			return 1;
	}
	return 0;
}

/* Nobody is going to wait for r: whether that is true now. */
static int
abandon(SDreq *r)
{
	SDunit *u;
	SDreq **l;
	int s, left;

	u = r->unit;
	left = 1;
	s = splhi();
	if(r->state == Queued){
		for(l = &u->queue; *l != r; l = &(*l)->next)
			;
		unqueue(u, l);
	}else if(r->state == Flying && u->norphan < Maxorphan && !shared(r)){
		r->orphan = 1;
		u->norphan++;
		leavepages(r->page, r->npage);
	}else
		left = 0;
	splx(s);
	return left;
}

/* Do r: whether it took waiting. */
static int
perform(SDreq *r, int killable)
{
	int s, dying, waited;

	s = splhi();
	while(!noorphan(r)){
		splx(s);
		sdwaitfor(r->unit, noorphan, r, killable);
		s = splhi();
	}
	sdsubmit(r);
	splx(s);
	waited = !isdone(r);
	while(!isdone(r)){
		dying = killable && doomed(up);
		if(dying && abandon(r))
			error(Eintr);
		if(!waserror()){
			if(dying)
				tsleep(&r->r, isdone, r, Again);
			else
				sleep(&r->r, isdone, r);
			poperror();
		}
	}
	if(r->error != nil)
		error(r->error);
	return waited;
}

/* Have r, of which everything is set but its pages, done, and give it back: whether it took waiting. */
static int
carryout(SDreq *r)
{
	int user, killable, waited;

	user = (ulong)r->va < KERNBASE;	/* or there is no memory of anybody's */
	if(waserror()){
		if(!r->orphan)
			release(r);
		nexterror();
	}
	killable = 1;
	if(r->data > 0){
		if(user)
			sdpin(r);
		else
			killable = sdborrow(r);
	}
	waited = perform(r, killable);
	if(!user && r->npage > 0 && r->op == SDread)
		sdreturn(r);
	poperror();
	release(r);
	return waited;
}

static int
transfer(SDunit *u, int op, uchar *va, uvlong off, uvlong len)
{
	SDreq *r;

	r = getreq(u, 1);
	r->op = op;
	r->va = va;
	r->off = off;
	r->len = len;
	r->data = op <= SDwrite? len: 0;
	return carryout(r);
}

/*
 * Have n bytes read or written by the driver at once, from or to the memory where it is mapped: nobody
 * else can do anything before that is over, so there is no request that others would have to know of.  Whether it was done.
 */
static int
quick(SDunit *u, int op, uchar *va, uvlong off, ulong n)
{
	SDreq r;
	int s, done;

	r.op = op;
	r.va = va;
	r.off = off;
	r.len = r.data = n;
	r.npage = 0;
	r.with = nil;
	done = 0;
	s = splhi();
	if(u->norphan == 0){
		if(op == SDwrite)
			sdforget(u, off, n);
		done = u->start(u, &r, 1) == SDdone;
	}
	splx(s);
	if(done && r.error != nil)
		error(r.error);
	return done;
}

/*
 * Read or write n bytes at off, all inside of [0, end), beyond which nothing is read ahead.  Writes that the driver may do at once
 * go in pieces, sooner than one that has to wait; what has to wait is better done as a whole.
 */
void
sdio(SDunit *u, int write, void *va, long n, uvlong off, uvlong end)
{
	long m, done;
	uchar *p;
	int op;

	op = write? SDwrite: SDread;
	done = write? 0: sdahead(u, va, n, off, end);
	for(; done < n; done += m){
		p = (uchar*)va+done;
		m = n-done < SDmaxio? n-done: SDmaxio;
		if(u->slow[write] > 0)
			u->slow[write]--;
		else{
			if(write && m > Piece)
				m = Piece;
			if(quick(u, op, p, off+done, m))
				continue;
		}
		if(transfer(u, op, p, off+done, m))
			u->slow[write] = Rest;
	}
}

/* Return when what was written is safe. */
void
sdsync(SDunit *u)
{
	transfer(u, SDflush, nil, 0, 0);
}

void
sddiscard(SDunit *u, uvlong off, uvlong len)
{
	if(len > 0)
		transfer(u, SDdiscard, nil, off, len);
}

/* The places of a group, as a program has them at p, into r; they are relative to off, and must end before end. */
static void
takespans(SDreq *r, uchar *p, uvlong off, uvlong end)
{
	uvlong lo, hi, at, len;
	SDspan *q;

	if(r->span == nil)
		r->span = smalloc(SDmaxspan*sizeof r->span[0]);
	lo = end;
	hi = off;
	r->data = 0;
	for(q = r->span; q < r->span+r->nspan; q++, p += Groupspan){
		at = GBIT64(p);
		len = GBIT64(p+8);
		if(at > end-off || len > end-off-at)
			error(Ebadarg);
		q->off = off+at;
		q->len = len;
		if(len > SDmaxio-r->data)
			error(Etoobig);
		r->data += len;
		if(len > 0 && q->off < lo)
			lo = q->off;
		if(len > 0 && q->off+len > hi)
			hi = q->off+len;
	}
	r->off = lo;
	r->len = hi > lo? hi-lo: 0;
}

/*
 * Write many places inside of [off, end), as the n bytes at va say: how many, then for each where it is, from off, and
 * how long, numbers of 64 bits; and then what comes there.  All of it or nothing is on the disk, whatever happens to
 * the machine, unless there is an error.
 */
void
sdgroup(SDunit *u, uchar *va, long n, uvlong off, uvlong end)
{
	uvlong nspan;
	SDreq *r;

	if(!u->groups)
		error("the disk takes no groups");
	if(n < Grouphead)
		error(Ebadarg);
	nspan = GBIT64(va);
	if(nspan > SDmaxspan || n < Grouphead+nspan*Groupspan)
		error(Ebadarg);
	r = getreq(u, 1);
	if(waserror()){
		release(r);
		nexterror();
	}
	r->op = SDgroup;
	r->nspan = nspan;
	takespans(r, va+Grouphead, off, end);
	r->va = va+Grouphead+nspan*Groupspan;
	if(n != Grouphead+nspan*Groupspan+r->data)
		error(Ebadarg);
	poperror();
	if(r->data > 0)
		carryout(r);
	else
		release(r);
}

static int
isdead(void*)
{
	return dead != nil;
}

static void
reaper(void*)
{
	SDreq *r, *next;
	int s;

	for(;;){
		sleep(&reap, isdead, nil);
		s = splhi();
		r = dead;
		dead = nil;
		splx(s);
		for(; r != nil; r = next){
			next = r->next;
			while(r->npage > 0)
				putpage(r->page[--r->npage]);
			sdputreq(r);
		}
	}
}

void
sdioinit(void)
{
	kproc("sdreap", reaper, nil);
}
