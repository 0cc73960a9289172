/*
 * The IP layer: the stack itself, the way out (ipout), and the way in for both
 * versions (ipin), RFC 791 and RFC 8200.  What we send to ourselves waits in a
 * ring until whoever is in the core leaves it (ipleave), so that a conversation
 * never meets its own packets while it is being changed.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Defttl		= 64,
	Pathlife	= 10*60*1000,	/* ms: RFC 1191, 6.3 */
	Maxpath		= 512,
	Minmtu4		= 552,		/* nobody talks us into less */
	Minmtu6		= 1280,		/* RFC 8200, 5 */
	Maxexthdr	= 8,
	DF		= 0x4000,
	MF		= 0x2000,
};

/* What a destination's path takes, if less than its first link. */
struct Pathmtu {
	Pathmtu	*next;
	Ipaddr	dst;
	int	mtu;
	uvlong	until;		/* ms */
};

Proto *protos[] = {
	[Xtcp]	= &tcp,
	[Xudp]	= &udp,
	[Xicmp]	= &icmp,
	[Xicmp6]	= &icmp6,
	[Xipifc]	= &ipifc,
	nil,
};

/* The numth stack, empty; nil if there is no memory. */
Ip*
ipnew(int num)
{
	static int limit[Nproto] = { 4096, 1024, 256, 256, nelem(((Ip*)0)->ifc) };
	Ip *f;
	Convset *s;
	int i;

	f = mallocz(sizeof *f, 1);
	if(f == nil)
		return nil;
	f->num = num;
	iprandom(f->secret, sizeof f->secret);
	iprandom(&f->ipid, sizeof f->ipid);
	ipenter(f);
	f->wheel.now = f->now;
	for(i = 0; protos[i] != nil; i++){
		s = &f->set[i];
		s->p = protos[i];
		s->f = f;
		s->x = i;
		s->maxconv = limit[i];
		s->conv = mallocz(s->maxconv*sizeof(Conv*), 1);
		if(s->conv == nil){
			ipdrop(f);
			return nil;
		}
	}
	return f;
}

/* A stack that nobody has used yet. */
void
ipdrop(Ip *f)
{
	int i;

	for(i = 0; protos[i] != nil; i++)
		free(f->set[i].conv);
	free(f);
}

void
ipenter(Ip *f)
{
	f->nowus = ipclock();
	f->now = f->nowus/1000;
}

/* A packet to one of our own addresses. */
void
iploop(Ip *f, Ifc *ifc, Block *b)
{
	int i;

	if(f->nlo == Maxlo){
		f->ipstat[Soutdiscards]++;
		freeblist(b);
		return;
	}
	i = (f->lofirst + f->nlo++) & (Maxlo-1);
	f->lo[i].b = b;
	f->lo[i].ifc = ifc;
}

void
ipleave(Ip *f)
{
	Block *b;
	Ifc *ifc;

	if(f->draining)
		return;
	f->draining = 1;
	while(f->nlo > 0){
		b = f->lo[f->lofirst].b;
		ifc = f->lo[f->lofirst].ifc;
		f->lofirst = (f->lofirst+1) & (Maxlo-1);
		f->nlo--;
		ipin(ifc, b);
	}
	f->draining = 0;
}

static Pathmtu**
pathof(Ip *f, Ipaddr *dst)
{
	Pathmtu **l, *p;

	for(l = &f->pathmtu[(dst->b[15] ^ dst->b[14] ^ dst->b[7]) % nelem(f->pathmtu)]; (p = *l) != nil; l = &p->next)
		if(ipeq(&p->dst, dst))
			break;
	return l;
}

/* Bytes that a packet to dst may have, with its IP header. */
int
pathmtu(Ip *f, Ipaddr *dst, Route *r)
{
	Pathmtu **l, *p;
	int mtu;

	mtu = r->type & Runi? Maxpkt: r->ifc->maxtu - r->ifc->m->hlen;
	if(f->npathmtu == 0)
		return mtu;
	l = pathof(f, dst);
	p = *l;
	if(p == nil)
		return mtu;
	if(p->until < f->now){
		*l = p->next;
		free(p);
		f->npathmtu--;
		return mtu;
	}
	return p->mtu < mtu? p->mtu: mtu;
}

/* A router said so: RFC 1191, RFC 8201.  It only ever becomes less, and not absurd. */
void
pathmtuset(Ip *f, Ipaddr *dst, int mtu)
{
	Pathmtu **l, *p;
	int i, min;

	min = isv4(dst)? Minmtu4: Minmtu6;
	if(mtu < min)
		mtu = min;
	l = pathof(f, dst);
	p = *l;
	if(p == nil){
		if(f->npathmtu >= Maxpath)	/* all of one chain make room */
			for(i = 0; i < nelem(f->pathmtu); i++)
				while((p = f->pathmtu[i]) != nil){
					f->pathmtu[i] = p->next;
					free(p);
					f->npathmtu--;
				}
		p = mallocz(sizeof *p, 1);
		if(p == nil)
			return;
		l = pathof(f, dst);
		p->dst = *dst;
		p->mtu = Maxpkt;
		p->next = *l;
		*l = p;
		f->npathmtu++;
	}
	if(mtu < p->mtu)
		p->mtu = mtu;
	p->until = f->now + Pathlife;
	f->routegen++;			/* who has kept the route asks for its mtu again */
}

static Block*
head4(Ip *f, Block *b, Ipaddr *src, Ipaddr *dst, int proto, int ttl, int tos, int df)
{
	uchar *p;
	int len;

	len = blocklen(b) + V4hdr;
	if(len > Maxpkt){
		freeblist(b);
		return nil;
	}
	b = pktpush(b, V4hdr);
	if(b == nil)
		return nil;
	p = b->rp;
	p[0] = 0x45;
	p[1] = tos;
	put2(p+2, len);
	put2(p+4, df? 0: f->ipid++);	/* RFC 6864: only fragments need one */
	put2(p+6, df? DF: 0);
	p[8] = ttl;
	p[9] = proto;
	put2(p+10, 0);
	memmove(p+12, src->b+V4off, 4);
	memmove(p+16, dst->b+V4off, 4);
	put2(p+10, sumfold(sumadd(0, p, V4hdr)));
	return b;
}

static Block*
head6(Block *b, Ipaddr *src, Ipaddr *dst, int proto, int ttl, int tos)
{
	uchar *p;
	int len;

	len = blocklen(b);
	if(len > Maxpkt){
		freeblist(b);
		return nil;
	}
	b = pktpush(b, V6hdr);
	if(b == nil)
		return nil;
	p = b->rp;
	put4(p, 6u<<28 | tos<<20);
	put2(p+4, len);
	p[6] = proto;
	p[7] = ttl;
	memmove(p+8, src->b, 16);
	memmove(p+24, dst->b, 16);
	return b;
}

/* Multicast and broadcast that we receive ourselves. */
static void
echoself(Ip *f, Block *b, Ipaddr *dst, Route *r, Ifc *ifc)
{
	Block *nb;
	int type;

	type = r != nil && r->type & Rself? r->type: routetype(f, dst);
	if((type & (Rbcast|Rmulti)) == 0)
		return;
	nb = pktcopy(b);
	if(nb != nil){
		nb->flag |= b->flag;
		iploop(f, ifc, nb);
	}
}

/*
 * Send a packet: b is what follows the IP header.  ttl 0 is the usual one.  The route
 * may be nil.  TCP's packets must not be fragmented (RFC 1191); those of others are
 * where they must.
 */
char*
ipout(Ip *f, Block *b, Ipaddr *src, Ipaddr *dst, int proto, int ttl, int tos, Route *r)
{
	Ifc *ifc;
	Ipaddr *hop;
	int v, len, mtu;

	v = isv4(dst)? 4: 6;
	f->ipstat[Soutrequests]++;
	if(r == nil)
		r = routevia(f, dst, src);
	if(r == nil){
		f->ipstat[Soutnoroutes]++;
		freeblist(b);
		return "no route to destination";
	}
	ifc = r->ifc;
	if(ifc->m == nil){
		freeblist(b);
		return "interface not yet bound to device";
	}
	if(ttl == 0)
		ttl = ismcast(dst)? 1: Defttl;
	b = v == 4? head4(f, b, src, dst, proto, ttl, tos, proto == Ptcp): head6(b, src, dst, proto, ttl, tos);
	if(b == nil){
		f->ipstat[Soutdiscards]++;
		return "packet too long, or no memory for it";
	}
	if(r->type & Runi){
		ifc->out++;
		if(ifc->c->snoopers)
			ifcsnoop(ifc, b);
		iploop(f, ifc, b);
		return nil;
	}
	hop = r->type & (Rifc|Rself)? dst: &r->gate;
	/* neighbour discovery (ICMPv6, 255 hops) asks others: our own question must not look like somebody else's */
	if(ifc->m->maclen > 0 && (r->type & Rbcast || ismcast(dst)) && !(proto == Picmp6 && ttl == 255))
		echoself(f, b, dst, r, ifc);
	len = blocklen(b);
	mtu = ifc->maxtu - ifc->m->hlen;
	if(f->npathmtu > 0 && proto != Ptcp && len <= mtu)
		mtu = pathmtu(f, dst, r);
	if(f->fragmax != 0 && f->fragmax < mtu)
		mtu = f->fragmax;
	if(len > mtu && (b->flag & Blong) == 0)
		return v == 4? ip4frag(f, r, b, mtu, hop): ip6frag(f, r, b, mtu, hop);
	ifc->out++;
	if(ifc->c->snoopers)
		ifcsnoop(ifc, b);
	ifc->m->out(ifc, b, v, hop);
	return nil;
}

/* A packet has arrived at an interface: whatever it may be. */
void
ipin(Ifc *ifc, Block *b)
{
	ifc->in++;
	if(ifc->c->snoopers)
		ifcsnoop(ifc, b);
	while(BLEN(b) == 0 && b->next != nil){
		Block *nb = b->next;
		freeb(b);
		b = nb;
	}
	switch(BLEN(b) > 0? b->rp[0]>>4: 0){
	case 4:
		ip4in(ifc, b);
		break;
	case 6:
		ip6in(ifc, b);
		break;
	default:
		ifc->f->ipstat[Sinhdrerr]++;
		ifc->inerr++;
		freeblist(b);
	}
}

Block*
rxpull(Block *b, Rx *rx, int n)
{
	b->rp -= rx->hlen;
	b = pktpull(b, rx->hlen + n);
	if(b != nil)
		b->rp += rx->hlen;
	return b;
}

/* To the protocol; b->rp is at its header, the IP header right before. */
void
ipdeliver(Ip *f, Block *b, Rx *rx)
{
	int i;

	for(i = 0; i < Nproto; i++)
		if(protos[i]->number == rx->proto){
			f->ipstat[Sindelivers]++;
			protos[i]->input(f, b, rx);
			return;
		}
	f->ipstat[Sinproto]++;
	b->rp -= rx->hlen;
	if(rx->v == 4)
		icmperror(f, b, rx, 3, 2, 0);	/* protocol unreachable */
	else
		icmp6error(f, b, rx, 4, 1, 6);	/* unrecognised next header */
}

static void
badpkt(Ifc *ifc, Block *b, int stat)
{
	ifc->f->ipstat[stat]++;
	ifc->inerr++;
	freeblist(b);
}

/* May a packet from src to dst have come in at this interface? RFC 1122, 3.2.1.3; RFC 4291, 2.5.3 */
static int
martian(Ifc *ifc, Rx *rx)
{
	if(ismcast(&rx->src) || rx->v == 4 && ipeq(&rx->src, &v4bcast))
		return 1;
	if(ifc->m->maclen > 0 && (isloop(&rx->src) || isloop(&rx->dst)))
		return 1;
	/* IPv4's addresses are no business of IPv6's */
	return rx->v == 6 && (isv4(&rx->src) || isv4(&rx->dst));
}

/* Pass a packet on that may be passed on. */
static void
pass(Ifc *ifc, Block *b, Rx *rx)
{
	Ip *f;
	Route *r;
	Ipaddr *hop;
	uchar *p;
	int mtu;

	f = ifc->f;
	r = routefind(f, &rx->dst);
	mtu = r->ifc->maxtu - r->ifc->m->hlen;
	hop = r->type & Rifc? &rx->dst: &r->gate;
	f->ipstat[Sforw]++;
	p = b->rp;
	if(rx->v == 4){
		p[8]--;
		put2(p+10, 0);
		put2(p+10, sumfold(sumadd(0, p, (p[0] & 0xF)*4)));
		if(blocklen(b) > mtu){
			ip4frag(f, r, b, mtu, hop);
			return;
		}
	}else
		p[7]--;
	r->ifc->out++;
	r->ifc->m->out(r->ifc, b, rx->v, hop);
}

/* Not for us: pass it on, RFC 1812, or forget it. */
static void
forward(Ifc *ifc, Block *b, Rx *rx)
{
	Ip *f;
	Route *r;
	int mtu, len, cut;

	f = ifc->f;
	cut = b->flag & Blong;
	len = cut? longseg(b, rx): blocklen(b);
	b->flag = 0;
	if(!f->forward || rx->rtype != 0 || ismcast(&rx->dst) || islinklocal(&rx->dst) || islinklocal(&rx->src)
	|| isany(&rx->src)){
		f->ipstat[Sinaddrerr]++;
		freeblist(b);
		return;
	}
	if(len == 0){
		badpkt(ifc, b, Sinhdrerr);
		return;
	}
	if(rx->ttl <= 1){
		if(rx->v == 4)
			icmperror(f, b, rx, 11, 0, 0);
		else
			icmp6error(f, b, rx, 3, 0, 0);
		return;
	}
	r = routefind(f, &rx->dst);
	if(r == nil || r->ifc->m == nil){
		f->ipstat[Soutnoroutes]++;
		if(rx->v == 4)
			icmperror(f, b, rx, 3, 0, 0);
		else
			icmp6error(f, b, rx, 1, 0, 0);
		return;
	}
	mtu = r->ifc->maxtu - r->ifc->m->hlen;
	if(len > mtu && (rx->v == 6 || get2(b->rp+6) & DF)){
		if(rx->v == 4)
			icmperror(f, b, rx, 3, 4, mtu);
		else
			icmp6error(f, b, rx, 2, 0, mtu);
		return;
	}
	if(cut)
		longcut(ifc, b, rx, pass);
	else
		pass(ifc, b, rx);
}

void
ip4in(Ifc *ifc, Block *b)
{
	Ip *f;
	Rx rx;
	uchar *p;
	int hlen, len, off;

	f = ifc->f;
	f->ipstat[Sinreceives]++;
	if((b = pktpull(b, V4hdr)) == nil){
		f->ipstat[Sinhdrerr]++;
		return;
	}
	hlen = (b->rp[0] & 0xF)*4;
	len = get2(b->rp+2);
	if(hlen < V4hdr || len < hlen || blocklen(b) < len){
		badpkt(ifc, b, Sinhdrerr);
		return;
	}
	if((b = pktpull(b, hlen)) == nil)
		return;
	p = b->rp;
	if((b->flag & Bpktck) == 0 && sumfold(sumadd(0, p, hlen)) != 0){
		badpkt(ifc, b, Sinhdrerr);
		return;
	}
	if(blocklen(b) > len)
		b = trimblock(b, 0, len);
	rx.ifc = ifc;
	rx.v = 4;
	rx.hlen = hlen;
	rx.tos = p[1];
	rx.ttl = p[8];
	rx.proto = p[9];
	v4to(&rx.src, p+12);
	v4to(&rx.dst, p+16);
	rx.rtype = ipeq(&rx.dst, &v4bcast)? Rbcast: routetype(f, &rx.dst);
	if(martian(ifc, &rx)){
		badpkt(ifc, b, Sinaddrerr);
		return;
	}
	if(rx.rtype == 0 && (!f->forward || !ifc->reassemble)){
		forward(ifc, b, &rx);
		return;
	}
	off = get2(p+6);
	if(off & (MF|0x1FFF)){
		b = fragin(f, b, &rx, get2(p+4), (off & 0x1FFF)*8, off & MF);
		if(b == nil)
			return;
	}
	if(rx.rtype == 0){
		forward(ifc, b, &rx);
		return;
	}
	b->rp += rx.hlen;
	ipdeliver(f, b, &rx);
}

/*
 * Go over IPv6's extension headers (RFC 8200, 4): sets rx->proto and hlen, and *frag
 * to the fragment header's offset or 0.  Returns -1 if the packet is to be dropped;
 * it is gone then.
 */
static int
skipext(Ip *f, Block *b, Rx *rx, int *frag)
{
	uchar *p;
	int n, next, at, len;

	p = b->rp;
	len = BLEN(b);
	next = p[6];
	at = V6hdr;
	*frag = 0;
	for(n = 0; next == P6hop || next == P6route || next == P6dest || next == P6frag; n++){
		if(n == Maxexthdr || len - at < 8 || next == P6hop && n > 0)
			goto bad;
		if(next == P6frag){
			*frag = at;
			break;		/* what follows is known when all is there */
		}
		if(next == P6route && p[at+3] != 0){
			icmp6error(f, b, rx, 4, 0, at+2);	/* RFC 5095 */
			return -1;
		}
		next = p[at];
		at += (p[at+1]+1)*8;
		if(at > len)
			goto bad;
	}
	rx->proto = next;
	rx->hlen = at;
	return 0;
bad:
	f->ipstat[Sinhdrerr]++;
	freeblist(b);
	return -1;
}

void
ip6in(Ifc *ifc, Block *b)
{
	Ip *f;
	Rx rx;
	uchar *p;
	int len, frag, off;

	f = ifc->f;
	f->ipstat[Sinreceives]++;
	if((b = pktpull(b, V6hdr)) == nil){
		f->ipstat[Sinhdrerr]++;
		return;
	}
	len = get2(b->rp+4) + V6hdr;
	if(blocklen(b) < len){
		badpkt(ifc, b, Sinhdrerr);
		return;
	}
	if(blocklen(b) > len)
		b = trimblock(b, 0, len);
	p = b->rp;
	rx.ifc = ifc;
	rx.v = 6;
	rx.hlen = V6hdr;
	rx.tos = get2(p)>>4;
	rx.proto = p[6];
	rx.ttl = p[7];
	memmove(&rx.src, p+8, 16);
	memmove(&rx.dst, p+24, 16);
	rx.rtype = routetype(f, &rx.dst);
	if(martian(ifc, &rx)){
		badpkt(ifc, b, Sinaddrerr);
		return;
	}
	if(rx.rtype == 0){
		forward(ifc, b, &rx);
		return;
	}
	if(rx.proto != Ptcp && rx.proto != Pudp && rx.proto != Picmp6){
		if((b = pktflat(b)) == nil || skipext(f, b, &rx, &frag) < 0)
			return;
		while(frag != 0){
			p = b->rp + frag;
			off = get2(p+2);
			rx.proto = p[0];
			rx.hlen = frag;
			b = fragin(f, b, &rx, get4(p+4), off & ~7, off & 1);
			if(b == nil)
				return;
			if((b = pktflat(b)) == nil || skipext(f, b, &rx, &frag) < 0)
				return;
			if(frag != 0){		/* a fragment in a fragment */
				badpkt(ifc, b, Sinhdrerr);
				return;
			}
		}
	}
	if(rx.proto == P6none){
		freeblist(b);
		return;
	}
	b->rp += rx.hlen;
	ipdeliver(f, b, &rx);
}

static char *statnames[Nipstat] = {
	"Forwarding", "DefaultTTL", "InReceives", "InHdrErrors", "InAddrErrors", "ForwDatagrams", "InUnknownProtos",
	"InDiscards", "InDelivers", "OutRequests", "OutDiscards", "OutNoRoutes", "ReasmTimeout", "ReasmReqds",
	"ReasmOKs", "ReasmFails", "FragOKs", "FragFails", "FragCreates",
};

char*
ipstats(Ip *f, char *s, char *e)
{
	int i;

	f->ipstat[Sforwarding] = f->forward? 1: 2;
	f->ipstat[Sdefttl] = Defttl;
	for(i = 0; i < Nipstat; i++)
		s = seprint(s, e, "%s: %ud\n", statnames[i], f->ipstat[i]);
	return s;
}
