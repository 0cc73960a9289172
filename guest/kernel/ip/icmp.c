/*
 * ICMP, RFC 792 with RFC 1122, 3.2.2: the stack's own messages (echo, errors about
 * what came in, what errors about our own packets mean), and the protocol icmp,
 * whose conversations read and write packets whole, with their IP header.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Hdr		= 8,
	EchoReply	= 0,
	Unreachable	= 3,
	Quench		= 4,
	Redirect	= 5,
	Echo		= 8,
	Exceeded	= 11,
	Parameter	= 12,
	Quote		= 548,		/* bytes of the packet that an error carries: RFC 1812, 4.3.2.3 */
	Burst		= 50,		/* errors at once, then one in Gap ms */
	Gap		= 10,

	InMsgs = 0, InErrors, OutMsgs, Csumerrs, Hlenerrs, Lenerrs, InEchos, OutEchoReps, InUnreach, OutErrors, Nstat,
};

static char *statnames[Nstat] = {
	"InMsgs", "InErrors", "OutMsgs", "CsumErrs", "HlenErrs", "LenErrs", "InEchos", "OutEchoReps", "InDestUnreachs", "OutErrors",
};

static char *unreachable[] = {
	"net unreachable", "host unreachable", "protocol unreachable", "port unreachable",
	"fragmentation needed and DF set", "source route failed", "destination network unknown",
	"destination host unknown", "source host isolated", "network administratively prohibited",
	"host administratively prohibited", "network unreachable for tos", "host unreachable for tos",
	"communication administratively prohibited",
};

/* May another error be sent now? RFC 1812, 4.3.2.8; RFC 4443, 2.4 (f). */
int
icmptoken(Ip *f)
{
	uvlong n;

	n = (f->now - f->icmptime)/Gap;
	if(n > 0){
		f->icmptime += n*Gap;
		f->icmptokens = n > Burst || f->icmptokens + n > Burst? Burst: f->icmptokens + n;
	}
	if(f->icmptokens == 0)
		return 0;
	f->icmptokens--;
	return 1;
}

/* Is it an error that the packet at p (n bytes, a first fragment) is itself an ICMP error? */
static int
iserror(uchar *p, int n, int hlen)
{
	return p[9] == Picmp && (n <= hlen || p[hlen] != Echo && p[hlen] != EchoReply && p[hlen] < 13);
}

/* Tell the sender of b, a whole packet from its IP header on, that something is wrong with it. */
void
icmperror(Ip *f, Block *b, Rx *rx, int type, int code, int param)
{
	Ipaddr src;
	Block *nb;
	uchar *p;
	int n;

	/* RFC 1122, 3.2.2: never about errors, broadcasts, later fragments, nameless senders */
	if((b = pktpull(b, V4hdr)) == nil)
		return;
	p = b->rp;
	n = blocklen(b);
	if(n > Quote)
		n = Quote;
	if(rx->rtype & (Rbcast|Rmulti) || ismcast(&rx->dst) || isany(&rx->src) || get2(p+6) & 0x1FFF
	|| routetype(f, &rx->src) & (Rbcast|Rmulti) || iserror(p, BLEN(b), rx->hlen) || !icmptoken(f))
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
	put2(p+2, 0);
	put4(p+4, param);
	nb->wp += Hdr;
	for(Block *q = b; n > 0 && q != nil; q = q->next){
		int m = BLEN(q) < n? BLEN(q): n;
		memmove(nb->wp, q->rp, m);
		nb->wp += m;
		n -= m;
	}
	put2(p+2, sumfold(sumadd(0, p, BLEN(nb))));
	f->set[Xicmp].stat[OutErrors]++;
	f->set[Xicmp].stat[OutMsgs]++;
	ipout(f, nb, &src, &rx->src, Picmp, 0, 0, nil);
out:
	freeblist(b);
}

/* b->rp is at the ICMP header of an echo request: send it back. */
static void
echoreply(Ip *f, Block *b, Rx *rx)
{
	Ipaddr src;
	uchar *p;

	f->set[Xicmp].stat[InEchos]++;
	if(rx->rtype != Runi){		/* RFC 1122, 3.2.2.6: a broadcast may be ignored */
		freeblist(b);
		return;
	}
	src = rx->dst;
	p = b->rp;
	p[0] = EchoReply;
	put2(p+2, 0);
	put2(p+2, sumfold(sumblock(0, b, 0, blocklen(b))));
	b->flag = 0;
	f->set[Xicmp].stat[OutEchoReps]++;
	f->set[Xicmp].stat[OutMsgs]++;
	ipout(f, b, &src, &rx->src, Picmp, 0, rx->tos, nil);
}

/*
 * Conversations that wait for this, those with the identifier and the peer, read the
 * packet whole; b->rp is after its IP header of hlen bytes.
 */
static void
toreaders(Convset *s, Block *b, int hlen, Ipaddr *peer, int id)
{
	Conv *c;
	Block *nb;

	b->rp -= hlen;
	for(c = s->port[id & (Hashsize-1)]; c != nil; c = c->pnext)
		if(c->lport == id && (ipeq(&c->raddr, peer) || isany(&c->raddr) || ismcast(&c->raddr))){
			nb = pktcopy(b);
			if(nb != nil)
				convput(c, nb);
		}
	b->rp += hlen;
}

/* An error about a packet of ours: b->rp is at the ICMP header, all in one Block. */
static void
errorin(Ip *f, Block *b, Rx *rx)
{
	char *why, buf[64];
	Rx in;
	uchar *p, *q;
	int type, code, hard, mtu, i, hlen;

	p = b->rp;
	type = p[0];
	code = p[1];
	q = p + Hdr;
	if(BLEN(b) < Hdr+V4hdr+8 || q[0]>>4 != 4 || (hlen = (q[0] & 0xF)*4) < V4hdr || BLEN(b) < Hdr+hlen+8){
		f->set[Xicmp].stat[Lenerrs]++;
		freeb(b);
		return;
	}
	memset(&in, 0, sizeof in);
	in.v = 4;
	in.proto = q[9];
	in.hlen = hlen;
	in.ifc = rx->ifc;
	v4to(&in.src, q+12);
	v4to(&in.dst, q+16);
	if(routetype(f, &in.src) != Runi){		/* not one of ours */
		freeb(b);
		return;
	}
	mtu = 0;
	hard = 0;
	if(type == Unreachable){
		f->set[Xicmp].stat[InUnreach]++;
		why = code < nelem(unreachable)? unreachable[code]: "unreachable";
		hard = code == 2 || code == 3;
		if(code == 4){
			mtu = get2(p+6);
			if(mtu < 68)
				mtu = 576;		/* of a router before RFC 1191 */
		}
	}else if(type == Exceeded)
		why = code == 0? "ttl exceeded": "fragment reassembly time exceeded";
	else
		why = "parameter problem";
	snprint(buf, sizeof buf, "%s: %I", why, &rx->src);
	if(in.proto == Picmp && q[hlen] == Echo)
		toreaders(&f->set[Xicmp], b, rx->hlen, &in.dst, get2(q+hlen+4));
	b->rp = q + hlen;
	for(i = 0; i < Nproto; i++)
		if(protos[i]->number == in.proto && protos[i]->advise != nil){
			protos[i]->advise(f, b, &in, buf, hard, mtu);
			return;
		}
	freeb(b);
}

static void
icmpin(Ip *f, Block *b, Rx *rx)
{
	Convset *s;
	uchar *p;

	s = &f->set[Xicmp];
	s->stat[InMsgs]++;
	if(rx->v != 4 || blocklen(b) < Hdr){
		s->stat[Hlenerrs]++;
		freeblist(b);
		return;
	}
	if((b = rxpull(b, rx, Hdr)) == nil)
		return;
	if((b->flag & Bpktck) == 0 && sumfold(sumblock(0, b, 0, blocklen(b))) != 0){
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
	case Exceeded:
	case Parameter:
		b->rp -= rx->hlen;
		b = pktflat(b);
		if(b != nil){
			b->rp += rx->hlen;
			errorin(f, b, rx);
		}
		return;
	case Redirect:			/* RFC 1122, 3.2.2.2 asks for more trust than there is */
	case Quench:			/* RFC 6633 */
		break;
	default:
		toreaders(s, b, rx->hlen, &rx->src, get2(p+4));
	}
	freeblist(b);
}

static void
icmpadvise(Ip *f, Block *b, Rx *rx, char *why, int hard, int mtu)
{
	Conv *c;
	uchar *p;

	USED(hard, mtu);
	p = b->rp;
	if(BLEN(b) >= Hdr)
		for(c = f->set[Xicmp].port[get2(p+4) & (Hashsize-1)]; c != nil; c = c->pnext)
			if(c->lport == get2(p+4) && ipeq(&c->raddr, &rx->dst))
				convadvise(c, why, 0);
	freeblist(b);
}

/* A packet with room for the IP header, of which only what follows matters. */
static char*
icmpwrite(Conv *c, Block *b)
{
	uchar *p;

	if(c->state != Connected){
		freeblist(b);
		return "not connected";
	}
	if(blocklen(b) < V4hdr+Hdr){
		freeblist(b);
		return Etoosmall;
	}
	b = pktflat(b);
	if(b == nil)
		return Enomem;
	if(b->rp[0]>>4 == 4 && (b->rp[0] & 0xF)*4 != V4hdr){
		freeb(b);
		return "ip options are not supported";
	}
	b->rp += V4hdr;
	p = b->rp;
	if(p[0] == Echo || p[0] == EchoReply)
		put2(p+4, c->lport);
	put2(p+2, 0);
	put2(p+2, sumfold(sumadd(0, p, BLEN(b))));
	c->set->stat[OutMsgs]++;
	return ipout(c->f, b, &c->laddr, &c->raddr, Picmp, c->ttl, c->tos, nil);
}

static void
icmpclose(Conv *c)
{
	convfree(c);
}

static char*
icmpstatus(Conv *c, char *s, char *e)
{
	return seprint(s, e, "%s qin %d qout %d\n", "Datagram", c->rq.len, 0);
}

static char*
icmpstats(Ip *f, char *s, char *e)
{
	return setstats(&f->set[Xicmp], statnames, Nstat, s, e);
}

Proto icmp = {
	.name = "icmp",
	.number = Picmp,
	.connect = convconnected,
	.announce = convannounce,
	.write = icmpwrite,
	.close = icmpclose,
	.input = icmpin,
	.advise = icmpadvise,
	.status = icmpstatus,
	.stats = icmpstats,
};
