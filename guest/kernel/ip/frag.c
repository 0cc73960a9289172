/*
 * Fragments: putting together what arrives in pieces, and cutting what is too
 * long for a link.  Pieces wait in memory that is bounded for all datagrams
 * together; the oldest unfinished one goes first.  Pieces that overlap condemn
 * their datagram (RFC 5722; we are as strict with IPv4), since nobody honest
 * sends such.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Maxfragq	= 128,		/* datagrams */
	Maxfragbytes	= 512*1024,	/* memory of all of them */
	Maxpieces	= 1024,		/* of one */
	Life4		= 30*1000,	/* ms, RFC 1122, 3.3.2 */
	Life6		= 60*1000,	/* ms, RFC 8200, 4.5 */
};

/* One datagram.  Newest first in Ip.frag. */
struct Fragq {
	Fragq	*next;
	Ipaddr	src;
	Ipaddr	dst;
	u32int	id;
	uchar	v;
	uchar	proto;
	uchar	dead;		/* pieces overlapped: the rest is thrown away as it comes */
	Block	*head;		/* IP header of the first piece */
	Block	*list;		/* pieces in order */
	int	npiece;
	int	total;		/* bytes without header, -1: not yet known */
	int	have;
	int	size;		/* memory */
	uvlong	until;		/* ms */
};

/* A piece's place is kept in its Block: nothing else uses aux here, in units of 8. */
#define OFF(b)	((b)->aux*8)

static void
fragfree(Ip *f, Fragq *q)
{
	f->nfrag--;
	f->fragbytes -= q->size;
	freeblist(q->list);
	freeb(q->head);
	free(q);
}

static void
unlinkfrag(Ip *f, Fragq *q)
{
	Fragq **l;

	for(l = &f->frag; *l != q; l = &(*l)->next)
		;
	*l = q->next;
}

static void
fragexpire(void *a)
{
	Ip *f;
	Fragq **l, *q;

	f = a;
	for(l = &f->frag; (q = *l) != nil;)
		if(q->until <= f->now){
			f->ipstat[Sreasmtimeout]++;
			f->ipstat[Sreasmfails]++;
			*l = q->next;
			fragfree(f, q);
		}else
			l = &q->next;
	if(f->frag != nil)
		tickset(f, &f->fragtick, 1000);
}

static void
dropoldest(Ip *f)
{
	Fragq **l, *q;

	for(l = &f->frag; (*l)->next != nil; l = &(*l)->next)
		;
	q = *l;
	*l = nil;
	f->ipstat[Sreasmfails]++;
	fragfree(f, q);
}

static Fragq*
fragfind(Ip *f, Rx *rx, u32int id)
{
	Fragq *q;

	for(q = f->frag; q != nil; q = q->next)
		if(q->id == id && q->v == rx->v && (q->v == 6 || q->proto == rx->proto)
		&& ipeq(&q->src, &rx->src) && ipeq(&q->dst, &rx->dst))
			return q;
	if(f->nfrag >= Maxfragq)
		dropoldest(f);
	q = mallocz(sizeof *q, 1);
	if(q == nil)
		return nil;
	q->src = rx->src;
	q->dst = rx->dst;
	q->id = id;
	q->v = rx->v;
	q->proto = rx->proto;
	q->total = -1;
	q->until = f->now + (rx->v == 4? Life4: Life6);
	q->next = f->frag;
	f->frag = q;
	f->nfrag++;
	f->fragtick.f = fragexpire;
	f->fragtick.arg = f;
	tickset(f, &f->fragtick, 1000);
	return q;
}

static void
condemn(Ip *f, Fragq *q)
{
	freeblist(q->list);
	freeb(q->head);
	q->list = q->head = nil;
	f->fragbytes -= q->size;
	q->size = 0;
	q->dead = 1;
	f->ipstat[Sreasmfails]++;
}

/* Put a piece in its place: 0, 1 if it is one we have, -1 if it overlaps. */
static int
insert(Fragq *q, Block *b)
{
	Block **l, *p;
	int off, end;

	off = OFF(b);
	end = off + BLEN(b);
	for(l = &q->list; (p = *l) != nil; l = &p->next){
		if(OFF(p) + BLEN(p) <= off)
			continue;
		if(OFF(p) == off && BLEN(p) == BLEN(b))
			return 1;
		if(OFF(p) < end)
			return -1;
		break;
	}
	if(q->total >= 0 && end > q->total)
		return -1;
	b->next = p;
	*l = b;
	q->npiece++;
	q->have += BLEN(b);
	return 0;
}

/* All is there: a packet with the first piece's header and a length to fit. */
static Block*
whole(Ip *f, Fragq *q, Rx *rx)
{
	Block *b;
	uchar *p;
	int hlen, toolong;

	unlinkfrag(f, q);
	b = q->head;
	b->next = q->list;
	hlen = BLEN(b);
	toolong = hlen + q->total > Maxpkt;	/* the first header may be longer than the others */
	q->head = q->list = nil;
	fragfree(f, q);
	if(toolong){
		freeblist(b);
		b = nil;
	}else
		b = pktflat(b);
	if(b == nil){
		f->ipstat[Sreasmfails]++;
		return nil;
	}
	f->ipstat[Sreasmoks]++;
	p = b->rp;
	if(rx->v == 4){
		put2(p+2, BLEN(b));
		put2(p+6, 0);
		put2(p+10, 0);
		put2(p+10, sumfold(sumadd(0, p, hlen)));
		rx->proto = p[9];
	}else
		put2(p+4, BLEN(b)-V6hdr);
	b->flag = 0;
	rx->hlen = hlen;
	return b;
}

/* The header before the pieces; IPv6's loses its fragment header. */
static Block*
headof(Block *b, Rx *rx)
{
	Block *h;
	uchar *p;
	int n;

	h = pktalloc(rx->hlen);
	if(h == nil)
		return nil;
	memmove(h->wp, b->rp, rx->hlen);
	h->wp += rx->hlen;
	if(rx->v == 4)
		return h;
	/* the last "next header" before the fragment header becomes what that said */
	p = h->rp+6;
	for(n = V6hdr; n < rx->hlen; n += (h->rp[n+1]+1)*8)
		p = h->rp+n;
	*p = b->rp[rx->hlen];
	return h;
}

/*
 * A piece of a datagram: the packet, rx->hlen bytes of header (IPv6: and then the
 * fragment header).  Returns the whole datagram if this completed it.
 */
Block*
fragin(Ip *f, Block *b, Rx *rx, u32int id, int off, int more)
{
	Fragq *q;
	Block *head;
	int len, skip;

	f->ipstat[Sreasmreqds]++;
	if((b = pktflat(b)) == nil)
		return nil;
	skip = rx->hlen + (rx->v == 6? 8: 0);
	len = BLEN(b) - skip;
	q = nil;
	head = nil;
	if(len <= 0 || more && len%8 != 0 || off + len + rx->hlen > Maxpkt)
		goto bad;
	q = fragfind(f, rx, id);
	if(q == nil)
		goto bad;
	if(q->dead){
		freeb(b);
		return nil;
	}
	if(off == 0 && q->head == nil && (head = headof(b, rx)) == nil)
		goto bad;
	b->rp += skip;
	b->aux = off/8;
	if(!more){
		if(q->total >= 0 && q->total != off+len)
			goto overlap;
		for(Block *p = q->list; p != nil; p = p->next)
			if(OFF(p) + BLEN(p) > off+len)
				goto overlap;
		q->total = off+len;
	}
	if(q->npiece >= Maxpieces)
		goto overlap;
	switch(insert(q, b)){
	case -1:
		goto overlap;
	case 1:
		freeb(b);
		freeb(head);
		return nil;
	}
	if(head != nil)
		q->head = head;
	q->size += BALLOC(b);
	f->fragbytes += BALLOC(b);
	if(q->total >= 0 && q->have == q->total && q->head != nil)
		return whole(f, q, rx);
	while(f->fragbytes > Maxfragbytes && f->frag != nil)
		dropoldest(f);
	return nil;
overlap:
	condemn(f, q);
bad:
	if(q == nil)
		f->ipstat[Sreasmfails]++;
	freeb(b);
	freeb(head);
	return nil;
}

static void
sendpiece(Ip *f, Route *r, Block *b, int v, Ipaddr *hop)
{
	f->ipstat[Sfragcreates]++;
	r->ifc->out++;
	r->ifc->m->out(r->ifc, b, v, hop);
}

/* A piece: a Block with hlen bytes of header and room for extra, and n bytes of b from off. */
static Block*
piece(Block *b, int hlen, int extra, int off, int n)
{
	Block *h;

	h = pktalloc(hlen+extra+n);
	if(h == nil)
		return nil;
	memmove(h->wp, b->rp, hlen);
	memmove(h->wp+hlen+extra, b->rp+hlen+off, n);
	h->wp += hlen+extra+n;
	return h;
}

/* Send a packet that is too long in pieces: RFC 791, 3.2. */
char*
ip4frag(Ip *f, Route *r, Block *b, int mtu, Ipaddr *hop)
{
	Block *nb;
	uchar *p;
	int hlen, left, off, n, size, old;

	b = pktflat(b);
	if(b == nil)
		return Enomem;
	p = b->rp;
	hlen = (p[0] & 0xF)*4;
	old = get2(p+6);
	size = (mtu - hlen) & ~7;
	if(old & 0x4000 || size < 8){
		f->ipstat[Sfragfails]++;
		freeb(b);
		return "packet too long for the path";
	}
	left = BLEN(b) - hlen;
	for(off = 0; left > 0; off += n, left -= n){
		n = left < size? left: size;
		nb = piece(b, hlen, 0, off, n);
		if(nb == nil){
			f->ipstat[Sfragfails]++;
			freeb(b);
			return Enomem;
		}
		p = nb->rp;
		put2(p+2, hlen+n);
		put2(p+6, (old & 0x1FFF) + off/8 | (left > n || old & 0x2000? 0x2000: 0));
		put2(p+10, 0);
		put2(p+10, sumfold(sumadd(0, p, hlen)));
		sendpiece(f, r, nb, 4, hop);
	}
	f->ipstat[Sfragoks]++;
	freeb(b);
	return nil;
}

/* RFC 8200, 4.5: only who sends a packet cuts it, and our own have no extension headers. */
char*
ip6frag(Ip *f, Route *r, Block *b, int mtu, Ipaddr *hop)
{
	Block *nb;
	uchar *p;
	u32int id;
	int left, off, n, size;

	b = pktflat(b);
	if(b == nil)
		return Enomem;
	size = (mtu - V6hdr - 8) & ~7;
	if(size < 8 || b->rp[6] == Ptcp){
		f->ipstat[Sfragfails]++;
		freeb(b);
		return "packet too long for the path";
	}
	id = f->ipid++;
	left = BLEN(b) - V6hdr;
	for(off = 0; left > 0; off += n, left -= n){
		n = left < size? left: size;
		nb = piece(b, V6hdr, 8, off, n);
		if(nb == nil){
			f->ipstat[Sfragfails]++;
			freeb(b);
			return Enomem;
		}
		p = nb->rp;
		put2(p+4, n+8);
		p[V6hdr] = p[6];
		p[6] = P6frag;
		p[V6hdr+1] = 0;
		put2(p+V6hdr+2, off | (left > n));
		put4(p+V6hdr+4, id);
		sendpiece(f, r, nb, 6, hop);
	}
	f->ipstat[Sfragoks]++;
	freeb(b);
	return nil;
}
