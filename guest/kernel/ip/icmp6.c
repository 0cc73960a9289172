/*
 * ICMPv6, RFC 4443: echo and errors, as icmp.c does for IPv4; neighbour and router
 * discovery are in nd.c.  The protocol icmpv6 reads and writes whole packets, or, in
 * headers mode, messages with the addresses of udp's headers before them.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Hdr		= 8,
	Unreachable	= 1,
	Toobig		= 2,
	Exceeded	= 3,
	Parameter	= 4,
	Echo		= 128,
	EchoReply	= 129,
	Quote		= 1280 - V6hdr - Hdr,	/* RFC 4443, 2.4 (c) */
	Userhdr		= 16*3 + 2*2,

	InMsgs = 0, InErrors, OutMsgs, Csumerrs, Lenerrs, InEchos, OutEchoReps, InUnreach, OutErrors, Nstat,
};

static char *statnames[Nstat] = {
	"InMsgs6", "InErrors6", "OutMsgs6", "CsumErrs6", "LenErrs6", "InEchos6", "OutEchoReps6", "InDestUnreachs6", "OutErrors6",
};

static char *unreachable[] = {
	"no route to destination", "communication administratively prohibited", "beyond scope of source address",
	"address unreachable", "port unreachable", "source address failed policy", "reject route to destination",
};

/*
 * Send an ICMPv6 message, its checksum not yet filled in; ttl 0: the usual.  Neighbour discovery's, with 255, does not leave the link,
 * whatever the routes say; so asking a neighbour never makes another one's entry while neigh.c holds the first.
 */
void
icmp6send(Ifc *ifc, Block *b, Ipaddr *src, Ipaddr *dst, int ttl)
{
	uchar *p;
	int len;
	Ip *f;

	f = ifc->f;
	p = b->rp;
	len = blocklen(b);
	put2(p+2, 0);
	put2(p+2, sumfold(sumblock(sumpseudo(src, dst, Picmp6, len), b, 0, len)));
	f->set[Xicmp6].stat[OutMsgs]++;
	ipout(f, b, src, dst, Picmp6, ttl, 0, ismcast(dst) || islinklocal(dst) || ttl == 255? &ifc->link: nil);
}

void
icmp6error(Ip *f, Block *b, Rx *rx, int type, int code, int param)
{
	Ipaddr src;
	Block *nb;
	uchar *p;
	int n;

	n = blocklen(b);
	if(n > Quote)
		n = Quote;
	/* RFC 4443, 2.4 (e) */
	if((rx->rtype & Rmulti || ismcast(&rx->dst)) && type != Toobig && !(type == Parameter && code == 2)
	|| isany(&rx->src) || ismcast(&rx->src) || !icmptoken(f))
		goto out;
	if(rx->proto == Picmp6 && (BLEN(b) <= rx->hlen || b->rp[rx->hlen] < 128))
		goto out;
	src = rx->dst;
	if(rx->rtype != Runi && ipsource(f, &rx->src, &src) < 0)
		goto out;
	nb = pktalloc(Hdr+n);
	if(nb == nil)
		goto out;
	p = nb->wp;
	p[0] = type;
	p[1] = code;
	put4(p+4, param);
	nb->wp += Hdr;
	for(Block *q = b; n > 0 && q != nil; q = q->next){
		int m = BLEN(q) < n? BLEN(q): n;
		memmove(nb->wp, q->rp, m);
		nb->wp += m;
		n -= m;
	}
	f->set[Xicmp6].stat[OutErrors]++;
	icmp6send(rx->ifc, nb, &src, &rx->src, 0);
out:
	freeblist(b);
}

/* As in icmp.c: packets are read whole. */
static void
toreaders(Convset *s, Block *b, int hlen, Ipaddr *peer, int id)
{
	Conv *c;
	Block *nb;

	b->rp -= hlen;
	for(c = s->port[id & (Hashsize-1)]; c != nil; c = c->pnext)
		if(c->lport == id && !c->headers && (ipeq(&c->raddr, peer) || isany(&c->raddr) || ismcast(&c->raddr))){
			nb = pktcopy(b);
			if(nb != nil)
				convput(c, nb);
		}
	b->rp += hlen;
}

/* All messages that the stack has no use for itself go to those in headers mode. */
static void
toheaders(Convset *s, Block *b, Rx *rx)
{
	Conv *c;
	Block *nb;
	uchar *p;
	int i;

	for(i = 0; i < s->nconv; i++){
		c = s->conv[i];
		if(!c->taken || !c->headers || c->state == Idle)
			continue;
		if(!isany(&c->raddr) && !ipeq(&c->raddr, &rx->src) && !ismcast(&c->raddr))
			continue;
		nb = pktcopy(b);
		if(nb == nil || (nb = pktpush(nb, Userhdr)) == nil || (nb = pktflat(nb)) == nil)
			continue;
		p = nb->rp;
		memset(p, 0, Userhdr);
		memmove(p, rx->src.b, 16);
		memmove(p+16, rx->dst.b, 16);
		if(rx->ifc->lifc != nil)
			memmove(p+32, rx->ifc->lifc->local.b, 16);
		convput(c, nb);
	}
}

/* An error about a packet of ours, in one Block. */
static void
errorin(Ip *f, Block *b, Rx *rx)
{
	char *why, buf[64];
	Rx in;
	uchar *p, *q;
	int type, code, hard, mtu, i;

	p = b->rp;
	type = p[0];
	code = p[1];
	q = p + Hdr;
	if(BLEN(b) < Hdr+V6hdr+8 || q[0]>>4 != 6){
		f->set[Xicmp6].stat[Lenerrs]++;
		freeb(b);
		return;
	}
	memset(&in, 0, sizeof in);
	in.v = 6;
	in.proto = q[6];
	in.hlen = V6hdr;
	in.ifc = rx->ifc;
	memmove(&in.src, q+8, 16);
	memmove(&in.dst, q+24, 16);
	if(routetype(f, &in.src) != Runi){
		freeb(b);
		return;
	}
	mtu = 0;
	hard = 0;
	switch(type){
	case Unreachable:
		f->set[Xicmp6].stat[InUnreach]++;
		why = code < nelem(unreachable)? unreachable[code]: "unreachable";
		hard = code == 4;
		break;
	case Toobig:
		why = "packet too big";
		mtu = get4(p+4) > Maxpkt? Maxpkt: get4(p+4);
		if(mtu == 0)
			mtu = 1280;
		break;
	case Exceeded:
		why = code == 0? "ttl exceeded": "fragment reassembly time exceeded";
		break;
	default:
		why = "parameter problem";
	}
	snprint(buf, sizeof buf, "%s: %I", why, &rx->src);
	if(in.proto == Picmp6 && q[V6hdr] == Echo)
		toreaders(&f->set[Xicmp6], b, rx->hlen, &in.dst, get2(q+V6hdr+4));
	b->rp = q + V6hdr;
	for(i = 0; i < Nproto; i++)
		if(protos[i]->number == in.proto && protos[i]->advise != nil){
			protos[i]->advise(f, b, &in, buf, hard, mtu);
			return;
		}
	freeb(b);
}

static void
echoreply(Ip *f, Block *b, Rx *rx)
{
	Ipaddr src;

	f->set[Xicmp6].stat[InEchos]++;
	src = rx->dst;
	if(rx->rtype != Runi && ipsource(f, &rx->src, &src) < 0){
		freeblist(b);
		return;
	}
	b->rp[0] = EchoReply;
	b->flag = 0;
	f->set[Xicmp6].stat[OutEchoReps]++;
	icmp6send(rx->ifc, b, &src, &rx->src, 0);
}

static void
icmp6in(Ip *f, Block *b, Rx *rx)
{
	Convset *s;
	uchar *p;
	int len;

	s = &f->set[Xicmp6];
	s->stat[InMsgs]++;
	len = blocklen(b);
	if(rx->v != 6 || len < Hdr){
		s->stat[Lenerrs]++;
		freeblist(b);
		return;
	}
	if((b = rxpull(b, rx, Hdr)) == nil)
		return;
	if((b->flag & Bpktck) == 0 && sumfold(sumblock(sumpseudo(&rx->src, &rx->dst, Picmp6, len), b, 0, len)) != 0){
		s->stat[Csumerrs]++;
		freeblist(b);
		return;
	}
	p = b->rp;
	switch(p[0]){
	case Echo:
		echoreply(f, b, rx);
		return;
	case Unreachable:
	case Toobig:
	case Exceeded:
	case Parameter:
		b->rp -= rx->hlen;
		b = pktflat(b);
		if(b != nil){
			b->rp += rx->hlen;
			errorin(f, b, rx);
		}
		return;
	case EchoReply:
		toheaders(s, b, rx);
		toreaders(s, b, rx->hlen, &rx->src, get2(p+4));
		break;
	default:
		b = pktflat(b);
		if(b == nil)
			return;
		ndin(f, b, rx, b->rp[0]);
		/* who reads of routers cannot see where the message came from: RFC 4861, 6.1.2 */
		if(rx->ttl == 255 || b->rp[0] < 133 || b->rp[0] > 137)
			toheaders(s, b, rx);
	}
	freeblist(b);
}

static void
icmp6advise(Ip *f, Block *b, Rx *rx, char *why, int hard, int mtu)
{
	Conv *c;
	uchar *p;

	USED(hard);
	if(mtu != 0)
		pathmtuset(f, &rx->dst, mtu);
	p = b->rp;
	if(BLEN(b) >= Hdr)
		for(c = f->set[Xicmp6].port[get2(p+4) & (Hashsize-1)]; c != nil; c = c->pnext)
			if(c->lport == get2(p+4) && ipeq(&c->raddr, &rx->dst))
				convadvise(c, why, 0);
	freeblist(b);
}

static char*
icmp6ctl(Conv *c, char **w, int n)
{
	USED(n);
	if(strcmp(w[0], "headers") == 0){
		c->headers = 1;
		return nil;
	}
	return "unknown control request";
}

static char*
icmp6write(Conv *c, Block *b)
{
	Ipaddr src, dst;
	Route *r;
	uchar *p;
	int hlen;

	src = c->laddr;
	dst = c->raddr;
	hlen = c->headers? Userhdr: V6hdr;
	if(!c->headers && c->state != Connected){
		freeblist(b);
		return "not connected";
	}
	if(blocklen(b) < hlen+Hdr){
		freeblist(b);
		return Etoosmall;
	}
	b = pktflat(b);
	if(b == nil)
		return Enomem;
	if(c->headers){
		memmove(&dst, b->rp, 16);
		memmove(&src, b->rp+16, 16);
	}
	b->rp += hlen;
	p = b->rp;
	if(isv4(&dst) || isany(&src) && ipsource(c->f, &dst, &src) < 0 || (r = routevia(c->f, &dst, &src)) == nil){
		freeb(b);
		return "no route to destination";
	}
	if(!isany(&src) && routetype(c->f, &src) != Runi){
		freeb(b);
		return "not a local IP address";
	}
	if(!c->headers && (p[0] == Echo || p[0] == EchoReply))
		put2(p+4, c->lport);
	put2(p+2, 0);
	put2(p+2, sumfold(sumadd(sumpseudo(&src, &dst, Picmp6, BLEN(b)), p, BLEN(b))));
	c->set->stat[OutMsgs]++;
	return ipout(c->f, b, &src, &dst, Picmp6, c->ttl, c->tos, r);
}

static void
icmp6close(Conv *c)
{
	convfree(c);
}

static char*
icmp6status(Conv *c, char *s, char *e)
{
	return seprint(s, e, "%s qin %d qout %d\n", "Datagram", c->rq.len, 0);
}

static char*
icmp6stats(Ip *f, char *s, char *e)
{
	return setstats(&f->set[Xicmp6], statnames, Nstat, s, e);
}

Proto icmp6 = {
	.name = "icmpv6",
	.number = Picmp6,
	.connect = convconnected,
	.announce = convannounce,
	.ctl = icmp6ctl,
	.write = icmp6write,
	.close = icmp6close,
	.input = icmp6in,
	.advise = icmp6advise,
	.status = icmp6status,
	.stats = icmp6stats,
};
