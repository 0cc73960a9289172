/*
 * UDP, RFC 768 and RFC 8200, 8.1.  In headers mode each datagram is read and
 * written with 52 bytes before it: remote, local and interface address, remote
 * and local port (udp(3)).
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Udphdr	= 8,
	Userhdr	= 16*3 + 2*2,

	InDatagrams = 0, NoPorts, InErrors, OutDatagrams, Dropped, Nstat,
};

static char *statnames[Nstat] = { "InDatagrams", "NoPorts", "InErrors", "OutDatagrams", "InOverflows" };

static char*
udpctl(Conv *c, char **w, int n)
{
	USED(n);
	if(strcmp(w[0], "headers") == 0){
		c->headers = 1;
		return nil;
	}
	if(strcmp(w[0], "hangup") == 0){
		convunhash(c);
		convend(c, nil);
		return nil;
	}
	return "unknown control request";
}

static void
udpclose(Conv *c)
{
	convfree(c);
}

/* What the 52 bytes say goes where the conversation's own would. */
static char*
headers(Conv *c, Block **bp, Ipaddr *dst, Ipaddr *src, ushort *rport)
{
	Block *b;
	uchar *p;

	b = *bp;
	if(blocklen(b) < Userhdr){
		freeblist(b);
		return Etoosmall;
	}
	b = pktpull(b, Userhdr);
	*bp = b;
	if(b == nil)
		return Enomem;
	p = b->rp;
	memmove(dst, p, 16);
	memmove(src, p+16, 16);
	*rport = get2(p+48);
	b->rp += Userhdr;
	if(isany(src) || ismcast(src) || isv4(src) != isv4(dst) || routetype(c->f, src) != Runi)
		*src = c->laddr;
	return nil;
}

static char*
udpwrite(Conv *c, Block *b)
{
	Ipaddr src, dst;
	ushort rport;
	uchar *p;
	char *e;
	int len;
	Route *r;

	dst = c->raddr;
	src = c->laddr;
	rport = c->rport;
	if(c->headers){
		e = headers(c, &b, &dst, &src, &rport);
		if(e != nil)
			return e;
	}else if(c->state != Connected){
		freeblist(b);
		return "not connected";
	}
	if(c->lport == 0 && c->state == Idle){
		e = convport(c);
		if(e != nil){
			freeblist(b);
			return e;
		}
		c->state = Announced;
		convhash(c);
	}
	if(isany(&src) || isv4(&src) != isv4(&dst))
		if(ipsource(c->f, &dst, &src) < 0){
			freeblist(b);
			return "no route to destination";
		}
	r = routevia(c->f, &dst, &src);
	if(r == nil){
		freeblist(b);
		return "no route to destination";
	}
	len = blocklen(b) + Udphdr;
	if(len > Maxpkt - (isv4(&dst)? V4hdr: 0)){
		freeblist(b);
		return Etoobig;
	}
	b = pktpush(b, Udphdr);
	if(b == nil)
		return Enomem;
	p = b->rp;
	put2(p, c->lport);
	put2(p+2, rport);
	put2(p+4, len);
	put2(p+6, 0);
	if(r->type & Runi)
		b->flag |= Bpktck|Budpck;
	else{
		len = sumfold(sumblock(sumpseudo(&src, &dst, Pudp, len), b, 0, len));
		put2(p+6, len == 0? 0xFFFF: len);
	}
	c->set->stat[OutDatagrams]++;
	c->f->fragmax = c->maxfrag;
	e = ipout(c->f, b, &src, &dst, Pudp, c->ttl, c->tos, r);
	c->f->fragmax = 0;
	return e;
}

/* The reader's 52 bytes. */
static Block*
addheaders(Block *b, Rx *rx, int rport, int lport)
{
	Lifc *l;
	uchar *p;

	b->flag = 0;
	b = pktpush(b, Userhdr);
	if(b == nil || (b = pktflat(b)) == nil)
		return nil;
	p = b->rp;
	memset(p, 0, Userhdr);
	memmove(p, rx->src.b, 16);
	memmove(p+16, rx->dst.b, 16);
	for(l = rx->ifc->lifc; l != nil; l = l->next)
		if(isv4(&l->local) == (rx->v == 4)){
			memmove(p+32, l->local.b, 16);
			break;
		}
	put2(p+48, rport);
	put2(p+50, lport);
	return b;
}

/* A datagram from somebody new at an announced port, without headers: a call, as of tcp.  Nil: not now. */
static Conv*
udpcall(Conv *c, Rx *rx, int rport, int lport)
{
	Ipaddr src;
	Conv *nc;

	src = rx->dst;
	if(c->ncall >= c->maxcall || rx->rtype != Runi && ipsource(c->f, &rx->src, &src) < 0
	|| (nc = convnew(c->set, c->owner)) == nil)
		return nil;
	nc->laddr = src;
	nc->raddr = rx->src;
	nc->lport = lport;
	nc->rport = rport;
	nc->ttl = c->ttl;
	nc->tos = c->tos;
	nc->state = Connected;
	convhash(nc);
	convcall(c, nc);
	return nc;
}

static void
udpin(Ip *f, Block *b, Rx *rx)
{
	Convset *s;
	Conv *c;
	uchar *p;
	int len, rport, lport;

	s = &f->set[Xudp];
	if((b = rxpull(b, rx, Udphdr)) == nil){
		s->stat[InErrors]++;
		return;
	}
	p = b->rp;
	rport = get2(p);
	lport = get2(p+2);
	len = get2(p+4);
	if(len < Udphdr || len > blocklen(b) || rx->v == 6 && get2(p+6) == 0 && (b->flag & Budpck) == 0)
		goto bad;
	if((b->flag & Budpck) == 0 && get2(p+6) != 0
	&& sumfold(sumblock(sumpseudo(&rx->src, &rx->dst, Pudp, len), b, 0, len)) != 0)
		goto bad;
	c = convfind(s, &rx->src, rport, &rx->dst, lport);
	if(c == nil)
		c = convlisten(s, &rx->dst, lport);
	if(c == nil || c->ended){
		s->stat[NoPorts]++;
		b->rp -= rx->hlen;
		if(rx->rtype != Runi)
			freeblist(b);
		else if(rx->v == 4)
			icmperror(f, b, rx, 3, 3, 0);
		else
			icmp6error(f, b, rx, 1, 4, 0);
		return;
	}
	if(len < blocklen(b) && (b = trimblock(b, 0, len)) == nil)
		return;
	b->rp += Udphdr;
	if(c->state == Announced && !c->headers && (c = udpcall(c, rx, rport, lport)) == nil){
		s->stat[Dropped]++;
		freeblist(b);
		return;
	}
	s->stat[InDatagrams]++;
	b = c->headers? addheaders(b, rx, rport, lport): pktflat(b);
	if(b == nil || convput(c, b) < 0)
		s->stat[Dropped]++;
	return;
bad:
	s->stat[InErrors]++;
	freeblist(b);
}

/* An ICMP error about a datagram of ours; b is what it quotes of our header. */
static void
udpadvise(Ip *f, Block *b, Rx *rx, char *why, int hard, int mtu)
{
	Conv *c;

	if(BLEN(b) >= Udphdr){
		c = convfind(&f->set[Xudp], &rx->dst, get2(b->rp+2), &rx->src, get2(b->rp));
		if(c != nil && mtu != 0)
			pathmtuset(f, &rx->dst, mtu);	/* the next one is cut to fit */
		else if(c != nil)
			convadvise(c, why, hard);
	}
	freeblist(b);
}

static char*
udpstatus(Conv *c, char *s, char *e)
{
	return seprint(s, e, "%s qin %d qout %d\n", c->state != Idle && !c->ended? "Open": "Closed", c->rq.len, 0);
}

static char*
udpstats(Ip *f, char *s, char *e)
{
	return setstats(&f->set[Xudp], statnames, Nstat, s, e);
}

Proto udp = {
	.name = "udp",
	.number = Pudp,
	.connect = convconnected,
	.announce = convannounce,
	.ctl = udpctl,
	.write = udpwrite,
	.close = udpclose,
	.input = udpin,
	.advise = udpadvise,
	.status = udpstatus,
	.stats = udpstats,
};
