/*
 * Ethernet on lguest's DMA.  No packet is copied: frames are sent out of the
 * Blocks in which they were written, and come into Blocks of their own, which are
 * posted in an array of DMAs that the host fills round and round; a full one is
 * handed up and a fresh one takes its place.  A frame that the host's kernel has not
 * cut, if there are such, fills several.  What the host does not take stays
 * at the head of the queue until the interrupt says that there is room.
 *
 * The device's page is a table of MAC addresses.  Slot 0 is the other end of the
 * wire; the device's features say which is ours, and the host has put the address
 * there that it proposes.  An address of which the first byte is 0 is none; when that is so of slot 0
 * the wire is dead, and the page says why.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ether.h"
#include "io.h"

enum
{
	Nrx	= 128,			/* buffers posted, at most */
	Joinsize = 8192+64,		/* bytes of each, if several may be one frame's: eight hold the longest */
	Rxmemory = 1024*1024,		/* in buffers posted, at most; */
	Rxshare	= 8,			/* and of the kernel's memory, this part */
	Maxsection = 0xF000,		/* bytes; lguest_dma.len has 16 bits */
	Rxmore	= 18,			/* of a frame than its packet has: header and tag */
	Outlimit = 256*1024,		/* bytes that wait for the host */
	Slotmask = 0xfff,
	Slotsize = 4,			/* of keys */
};

typedef struct Ctlr Ctlr;
struct Ctlr
{
	Ether	*e;
	int	irq;
	ulong	key;			/* of slot 0; ours is behind it */
	uchar	*macs;			/* the device's page */
	volatile struct lguest_net_news *news;
	int	slot;
	int	attached;

	Block	*out;			/* being sent; nil: none */
	int	stalled;		/* until the interrupt */
	struct lguest_dma tx;

	int	joins;			/* frames may be in several buffers, and have a head */
	int	nrx;			/* buffers posted, of rxsize bytes */
	int	rxsize;
	Block	**in;			/* the Blocks of rx */
	int	next;			/* the next that the host will fill */
	volatile struct lguest_dma *rx;

	ulong	stalls, interrupts;
};

/*
 * Describe n bytes at p, which the kernel's memory has in one piece, from section i on: the next section; -1 if there are
 * too many.  A frame in one Block always fits.
 */
static int
describe(volatile struct lguest_dma *d, int i, uchar *p, ulong n)
{
	ulong m;

	for(; n > 0; i++){
		if(i == LGUEST_DMA_SECTIONS)
			return -1;
		m = n < Maxsection? n: Maxsection;
		d->addr[i] = PADDR(p);
		d->len[i] = m;
		p += m;
		n -= m;
	}
	if(i < LGUEST_DMA_SECTIONS)
		d->len[i] = 0;
	return i;
}

/* The host takes c->tx now, or there is no room until the interrupt. */
static int
transmit(Ctlr *c)
{
	c->tx.used_len = 0;
	hcall(LHCALL_SEND_DMA, c->key, PADDR(&c->tx), 0);
	if(((volatile struct lguest_dma*)&c->tx)->used_len != 0)
		return 1;
	c->stalled = 1;
	c->stalls++;
	return 0;
}

/* A frame in several Blocks, if it is its turn; with interrupts off. */
static int
sendpieces(Ether *e, Block *list)
{
	Ctlr *c;
	Block *b;
	int i, s, sent;

	c = e->ctlr;
	s = splhi();
	sent = 0;
	if(!c->stalled && c->out == nil && qlen(e->oq) == 0){
		i = 0;
		for(b = list; b != nil && i >= 0; b = b->next)
			i = describe(&c->tx, i, b->rp, BLEN(b));
		sent = i >= 0 && transmit(c);
	}
	splx(s);
	if(sent)
		freeblist(list);
	return sent;
}

/* Offer the host what is queued; with interrupts off. */
static void
start(void *a)
{
	Ctlr *c;
	int s;

	c = a;
	s = splhi();
	while(!c->stalled){
		if(c->out == nil && (c->out = qget(c->e->oq)) == nil)
			break;
		describe(&c->tx, 0, c->out->rp, BLEN(c->out));
		if(!transmit(c))
			break;
		freeb(c->out);
		c->out = nil;
	}
	splx(s);
}

/* Buffer i is the host's to fill. */
static void
post(Ctlr *c, int i)
{
	describe(&c->rx[i], 0, c->in[i]->wp, c->rxsize);
	c->rx[i].used_len = 0;
}

/* The Block of the next buffer, in which the host has put n bytes; another takes its place.  nil: there is none, and the bytes are lost. */
static Block*
filled(Ctlr *c, ulong n)
{
	Block *b, *fresh;
	int i;

	i = c->next;
	c->next = (i+1) % c->nrx;
	b = c->in[i];
	fresh = iallocb(c->rxsize);
	if(fresh != nil){
		c->in[i] = fresh;
		b->wp += n < c->rxsize? n: c->rxsize;
	}
	post(c, i);
	return fresh != nil? b: nil;
}

/* The frame of n bytes that begins in the next buffer; nil: there was no memory for another. */
static Block*
frame(Ctlr *c, ulong n)
{
	Block *list, **l, *b;
	int lost;

	list = nil;
	l = &list;
	lost = 0;
	for(;;){
		b = filled(c, n);
		if(b == nil)
			lost = 1;
		else{
			*l = b;
			l = &b->next;
		}
		if(n <= c->rxsize)
			break;
		n -= c->rxsize;
	}
	if(lost){
		freeblist(list);
		c->e->buffs++;
		return nil;
	}
	return list;
}

/* What the host says of a frame. */
static void
behead(Block *b)
{
	struct lguest_net_head *h;

	h = (struct lguest_net_head*)b->rp;
	if(h->flags & LGUEST_NET_SUMMED)
		b->flag |= Btcpck|Budpck;
	if(h->flags & LGUEST_NET_LONG){
		b->flag |= Blong;
		b->aux = h->segment;
	}
	b->rp += sizeof *h;
}

/*
 * Take what the host has filled, in its order; not more than its readers can do with.  What is left, and what is left
 * on the wire, comes when they have read some.  With interrupts off.
 */
static void
receive(Ctlr *c)
{
	Block *b;
	ulong n;

	while(c->rx != nil && !c->e->enough && (n = c->rx[c->next].used_len) != 0){
		b = frame(c, n);
		if(b == nil)
			continue;
		if(c->joins)
			behead(b);
		etheriq(c->e, b);
	}
}

static void
room(Ether *e)
{
	int s;

	s = splhi();
	receive(e->ctlr);
	splx(s);
}

static void
interrupt(Ureg*, void *a)
{
	Ctlr *c;

	c = a;
	c->interrupts++;
	c->stalled = 0;
	start(c);
	receive(c);
	if(c->macs[0] == 0)		/* nobody is at the other end any more */
		c->e->link = 0;
}

static void
count(Ether *e)
{
	Ctlr *c;

	c = e->ctlr;
	e->overflows = c->news->lost;
	e->crcs = c->news->bad;
}

/* The first one who wants to use the interface brings it to life. */
static void
attach(Ether *e)
{
	Ctlr *c;
	int i;

	c = e->ctlr;
	qlock(e);
	if(c->attached){
		qunlock(e);
		return;
	}
	if(waserror()){
		for(i = 0; i < c->nrx && c->in != nil; i++)
			freeb(c->in[i]);
		free(c->in);
		free((void*)c->rx);
		c->in = nil;
		c->rx = nil;
		qunlock(e);
		nexterror();
	}
	c->in = mallocz(c->nrx*sizeof(Block*), 1);
	if(c->in == nil || (c->rx = mallocz(c->nrx*sizeof(struct lguest_dma), 1)) == nil)
		error(Enomem);
	for(i = 0; i < c->nrx; i++){
		c->in[i] = allocb(c->rxsize);
		post(c, i);
	}
	c->news->joins = c->joins;
	memmove(c->macs + c->slot*Eaddrlen, e->ea, Eaddrlen);
	intrenable(c->irq, interrupt, c);
	if(hcall(LHCALL_BIND_DMA, c->key + c->slot*Slotsize, PADDR(c->rx), c->nrx<<8 | c->irq) != 1)
		error("the host refuses buffers for frames");
	poperror();
	c->attached = 1;
	e->link = 1;
	qunlock(e);
}

static int
ifstat(Ether *e, char *buf, int size)
{
	char *p, *end;
	Ctlr *c;

	c = e->ctlr;
	end = buf+size;
	p = seprint(buf, end, "lguest irq %d buffers %d interrupts %lud stalls %lud queued %d\n",
		c->irq, c->nrx, c->interrupts, c->stalls, qlen(e->oq));
	if(c->attached && !e->link)
		p = seprint(p, end, "dead: %.*s\n", (int)sizeof c->news->why, (char*)c->news->why);
	return p - buf;
}

static void
found(struct lguest_device_desc *d, int index)
{
	Ether *e;
	Ctlr *c;
	ulong memory;

	e = mallocz(sizeof(Ether), 1);
	c = mallocz(sizeof(Ctlr), 1);
	if(e == nil || c == nil)
		panic("no memory for an Ethernet interface");
	e->ctlr = c;
	e->attach = attach;
	e->send = sendpieces;
	e->room = room;
	e->ifstat = ifstat;
	e->count = count;
	e->mbps = 1000;
	c->macs = mapdev(d->pfn<<PGSHIFT, d->num_pages);
	c->news = (struct lguest_net_news*)(c->macs + LGUEST_NET_NEWS);
	e->mtu = c->news->mtu != 0? c->news->mtu: Ethermtu;
	e->longest = c->news->longest;
	memory = conf.kmallocmax/Rxshare < Rxmemory? conf.kmallocmax/Rxshare: Rxmemory;
	c->joins = c->news->longest_in != 0 && c->news->longest_in <= memory/4;
	c->rxsize = c->joins? Joinsize: e->mtu + Rxmore;
	c->nrx = memory/c->rxsize < Nrx? memory/c->rxsize: Nrx;
	e->oq = qopen(Outlimit, Qmsg|Qkick, start, c);
	if(e->oq == nil)
		panic("no memory for an Ethernet interface");
	c->e = e;
	c->irq = index + 1;
	c->key = d->pfn<<PGSHIFT;
	c->slot = d->features & Slotmask;
	memmove(e->ea, c->macs + c->slot*Eaddrlen, Eaddrlen);
	if(e->ea[0] == 0){
		/* lguest's own choice */
		e->ea[0] = 2;
		e->ea[2] = lguestdata.guestid>>8;
		e->ea[3] = lguestdata.guestid;
	}
	d->status |= LGUEST_DEVICE_ACKNOWLEDGE|LGUEST_DEVICE_DRIVER|LGUEST_DEVICE_DRIVER_OK;
	etheradd(e);
}

void
etherinit(void)
{
	struct lguest_device_desc *d;
	int i;

	d = lguestdevpage();
	for(i = 0; i < LGUEST_MAX_DEVICES; i++)
		if(d[i].type == LGUEST_DEVICE_NET && d[i].num_pages > 0)
			found(&d[i], i);
}
