/*
 * The kernel's side of the IP stack: processes that wait for data, room, calls; and
 * the stack's clock.  A conversation's waiters stand in a list, each with a
 * Rendez of its own; the core calls convwake, and all of those concerned look
 * again.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"
#include "ip.h"
#include "devip.h"

enum {
	Neof	= 3,		/* reads of nothing before the end is an error */
	Chunk	= Maxatomic,	/* a long write to a stream is cut into these */
	Lesschunk = 8*1024,	/* when memory is short */
};

struct Ipwaiter {
	Ipwaiter *next;
	Rendez	r;
	int	why;
	int	called;
};

uvlong
ipclock(void)
{
	return hostmono()/1000;
}

void
iprandom(void *p, int n)
{
	genrandom(p, n);
}

int
ipshort(void)
{
	ulong used, max;

	used = mallocused();
	max = mallocmax();
	return used > max/8*5? 3: used > max/2? 2: used > max/4? 1: 0;
}

static int
called(void *a)
{
	return ((Ipwaiter*)a)->called;
}

static void
unlist(void **list, Ipwaiter *w)
{
	Ipwaiter **l;

	for(l = (Ipwaiter**)list; *l != w; l = &(*l)->next)
		;
	*l = w->next;
}

void
ipsleep(void **list, int why)
{
	Ipwaiter w;

	memset(&w, 0, sizeof w);
	w.why = why;
	w.next = *list;
	*list = &w;
	if(waserror()){
		unlist(list, &w);
		nexterror();
	}
	sleep(&w.r, called, &w);
	poperror();
	unlist(list, &w);
}

void
ipwake(void *list, int why)
{
	Ipwaiter *w;

	for(w = list; w != nil; w = w->next)
		if(w->why & why && !w->called){
			w->called = 1;
			wakeup(&w->r);
		}
}

void
convsleep(Conv *c, int why)
{
	ipsleep(&c->waiters, why);
}

void
convwake(Conv *c, int why)
{
	if(c->waiters != nil)
		ipwake(c->waiters, why);
}

void
logsleep(Ip *f)
{
	ipsleep(&f->logwaiters, ~0);
}

void
iplogwake(Ip *f)
{
	ipwake(f->logwaiters, ~0);
}

static void
alarm(Ureg *ur, Timer *t)
{
	Kstack *k;

	USED(ur);
	k = t->ta;
	k->due = 1;
	wakeup(&k->r);
}

/* The wheel's next time is earlier than it was, perhaps. */
void
ipalarm(Ip *f)
{
	Kstack *k;
	uvlong when;

	k = f->kern;
	if(k == nil || k->due)
		return;
	when = ticknext(f);
	if(when == 0 || k->armed != 0 && k->armed <= when)
		return;
	k->armed = when;
	k->timer.tmode = Trelative;
	k->timer.tf = alarm;
	k->timer.ta = k;
	k->timer.tns = when > f->now? (when - f->now)*1000000: 1000;
	timeradd(&k->timer);
}

static int
isdue(void *a)
{
	return ((Kstack*)a)->due;
}

/* The process that does what is due. */
static void
clockwork(void *a)
{
	Kstack *k;
	Ip *f;

	k = a;
	f = k->f;
	for(;;){
		if(waserror())
			continue;		/* a note means nothing here */
		while(!k->due)
			sleep(&k->r, isdue, k);
		ipenter(f);
		tickrun(f);
		k->due = 0;
		k->armed = 0;
		ipalarm(f);
		ipdone(f);
		poperror();
	}
}

void
kstackinit(Ip *f)
{
	Kstack *k;
	char name[16];

	k = malloc(sizeof *k);
	if(k == nil)
		error(Enomem);
	k->f = f;
	snprint(name, sizeof name, "iptimer%d", f->num);
	if(waserror()){
		free(k);
		nexterror();
	}
	kproc(name, clockwork, k);
	poperror();
	f->kern = k;
	ipalarm(f);
}

void
ipdone(Ip *f)
{
	int i;

	ipleave(f);
	for(i = 0; i < f->nifc; i++)
		if(f->ifc[i]->xmit != nil)
			etherflush(f->ifc[i]);
}

/*
 * The end of a conversation: 0 for an end in good order, a few times; or the reason
 * why it ended.
 */
static void
ended(Conv *c)
{
	if(c->cerr[0] != '\0')
		error(c->cerr);
	if(++c->neof > Neof)
		error(Ehungup);
}

/* Wait until there is something to read: 0 at the end. */
static int
waitdata(Conv *c)
{
	while(c->rq.first == nil){
		if(c->ended){
			ended(c);
			return 0;
		}
		if(c->state == Idle && c->set->x != Xipifc)
			error("not connected");
		convsleep(c, Wdata);
	}
	return 1;
}

/* Take up to n bytes of the stream: whole Blocks, and then perhaps a piece of one (*part, of *pn bytes at *pp). */
static Block*
takestream(Conv *c, long n, Block **part, uchar **pp, int *pn)
{
	Block *list, **l, *b;

	*part = nil;
	list = nil;
	l = &list;
	while(n > 0 && (b = c->rq.first) != nil){
		if(BLEN(b) <= n){
			qtake(&c->rq);
			*l = b;
			l = &b->next;
			n -= BLEN(b);
			continue;
		}
		b->ref++;
		*part = b;
		*pp = b->rp;
		*pn = n;
		b->rp += n;
		c->rq.len -= n;
		break;
	}
	return list;
}

static void
drained(Conv *c)
{
	if(c->set->p->drained == nil)
		return;
	ipenter(c->f);
	c->set->p->drained(c);
	ipdone(c->f);
}

long
convread(Conv *c, void *va, long n)
{
	Block *b, *list, *part;
	uchar *p, *pp;
	int m, pn;

	if(n <= 0 || !waitdata(c))
		return 0;
	part = nil;
	pn = 0;
	pp = nil;
	if(c->set->x == Xtcp)
		list = takestream(c, n, &part, &pp, &pn);
	else
		list = qtake(&c->rq);
	drained(c);
	if(waserror()){
		freeblist(list);
		freeb(part);
		nexterror();
	}
	p = va;
	for(b = list; b != nil; b = b->next){
		m = BLEN(b);
		if(m > n)
			m = n;		/* the rest of a datagram is lost */
		memmove(p, b->rp, m);
		p += m;
		n -= m;
	}
	if(part != nil){
		memmove(p, pp, pn);
		p += pn;
	}
	poperror();
	freeblist(list);
	freeb(part);
	return p - (uchar*)va;
}

/* The same, for those who take Blocks: nil at the end. */
Block*
convbread(Conv *c, long n)
{
	Block *b, *nb;

	if(!waitdata(c))
		return allocb(0);
	b = c->rq.first;
	if(c->set->x != Xtcp || BLEN(b) <= n){
		b = qtake(&c->rq);
		if(BLEN(b) > n)
			b->wp = b->rp + n;
	}else{
		nb = allocb(n);
		memmove(nb->wp, b->rp, n);
		nb->wp += n;
		b->rp += n;
		c->rq.len -= n;
		b = nb;
	}
	drained(c);
	return b;
}

/* Wait until more may be written. */
static void
waitroom(Conv *c)
{
	while(c->set->p->room(c) == 0){
		if(c->ended && (c->cerr[0] != '\0' || c->hashed == 0))
			error(c->cerr[0] != '\0'? c->cerr: Ehungup);
		if(c->state != Connected)
			error("not connected");
		convsleep(c, Wroom);
	}
}

/*
 * A Block for a writer, who waits while memory is short: the writer of a stream as long as it
 * takes, others a little.
 */
static Block*
patientblock(Conv *c, int n)
{
	Block *b;
	int i;

	for(i = 0; ipshort() > 2 || (b = iallocb(n)) == nil; i++){
		if(c->set->p->room != nil)
			waitroom(c);		/* it may have ended */
		else if(i == 100)
			error(Enomem);
		tsleep(&up->sleep, return0, nil, 20);
	}
	return b;
}

static void
writeblock(Conv *c, Block *b)
{
	char *e;

	ipenter(c->f);
	e = c->set->p->write(c, b);
	ipdone(c->f);
	if(e != nil)
		error(e);
}

static void
writerecord(Conv *c, uchar *p, int n)
{
	Block *b;

	if(c->set->p->room != nil)
		waitroom(c);
	b = patientblock(c, n);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	memmove(b->wp, p, n);
	b->wp += n;
	poperror();
	writeblock(c, b);
}

long
convwrite(Conv *c, void *va, long n)
{
	uchar *p;
	long done, m;

	p = va;
	if(c->set->p->write == nil)
		error(Ebadusefd);
	if(c->set->x != Xtcp){
		if(n > Maxpkt+100)
			error(Etoobig);
		writerecord(c, p, n);
		return n;
	}
	done = 0;
	if(waserror()){
		if(done > 0 && wascut())
			return done;
		nexterror();
	}
	do{
		m = ipshort() > 1? Lesschunk: Chunk;
		if(m > n-done)
			m = n-done;
		writerecord(c, p+done, m);
		done += m;
	}while(done < n);
	poperror();
	return n;
}

long
convbwrite(Conv *c, Block *b)
{
	long n;

	n = blocklen(b);
	if(waserror()){
		freeblist(b);
		nexterror();
	}
	if(c->set->p->write == nil)
		error(Ebadusefd);
	if(c->set->p->room != nil)
		waitroom(c);
	poperror();
	writeblock(c, b);
	return n;
}

long
snoopread(Conv *c, void *va, long n)
{
	Block *b;

	while((b = qtake(&c->snoop)) == nil)
		convsleep(c, Wdata);
	if(n > BLEN(b))
		n = BLEN(b);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	memmove(va, b->rp, n);
	poperror();
	freeb(b);
	return n;
}

/* What the network said about what was sent: one text a read. */
long
errread(Conv *c, void *va, long n)
{
	while(c->nerr == 0){
		if(c->ended){
			ended(c);
			return 0;
		}
		convsleep(c, Werr|Wstate);
	}
	c->nerr--;
	return readstr(0, va, n, c->err);
}
