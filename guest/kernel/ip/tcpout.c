/*
 * TCP segments on their way out: which may be sent (tcpoutput), and how they are
 * made (tcpsend).  Between two of our own processes data is not copied but shown
 * (pktslice); to an interface, which wants a frame in one piece and a checksum, it is
 * copied, once.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

enum {
	Little	= 256,		/* bytes that are copied in any case */
	Chacks	= 10,		/* challenge acks of a connection in a second */
};

/* The route to the peer, kept as long as no route changes. */
Route*
tcproute(Tcb *t)
{
	int mtu, hdr, room;

	if(t->rt != nil && t->rtgen == t->f->routegen)
		return t->rt;
	t->rt = routevia(t->f, &t->c->raddr, &t->c->laddr);
	t->rtgen = t->f->routegen;
	if(t->rt == nil)
		return nil;
	t->nocksum = t->rt->type & Runi;
	/* the path may have become narrower: RFC 1191, 6.4 */
	mtu = pathmtu(t->f, &t->c->raddr, t->rt);
	hdr = (isv4(&t->c->raddr)? V4hdr: V6hdr) + Tcphdr;
	room = mtu - hdr;
	if(t->peermss < room)
		room = t->peermss;
	if(t->ts)
		room -= Tsopt;
	if(t->peermss != 0)
		t->mss = room;
	return t->rt;
}

/* Time stamps count milliseconds from a place that tells strangers nothing: RFC 7323, 5.4 and 7.1 */
u32int
tcptsclock(Ip *f, u32int off)
{
	return (u32int)f->now + off;
}

/* Header and checksum of a segment that is otherwise ready: b->rp is where the header begins. */
static void
finish(Block *b, Ipaddr *src, int sport, Ipaddr *dst, int dport, u32int seq, u32int ack, int flags, u32int wnd, int hlen, int nocksum)
{
	uchar *p;
	int len;

	p = b->rp;
	put2(p, sport);
	put2(p+2, dport);
	put4(p+4, seq);
	put4(p+8, ack);
	p[12] = hlen<<2;
	p[13] = flags;
	put2(p+14, wnd);
	put4(p+16, 0);
	len = blocklen(b);
	if(nocksum)
		b->flag |= Bpktck|Btcpck;
	else if(b->flag & Blong)	/* the rest is the device's */
		put2(p+16, ~sumfold(sumpseudo(src, dst, Ptcp, len)));
	else
		put2(p+16, sumfold(sumblock(sumpseudo(src, dst, Ptcp, len), b, 0, len)));
}

/* A segment of no Tcb: with opt, optlen bytes of options. */
void
tcpraw(Ip *f, Ipaddr *src, int sport, Ipaddr *dst, int dport, u32int seq, u32int ack, int flags, int wnd, uchar *opt, int optlen)
{
	Block *b;
	Route *r;

	r = routevia(f, dst, src);
	if(r == nil)
		return;
	b = pktalloc(Tcphdr+optlen);
	if(b == nil)
		return;
	memmove(b->wp+Tcphdr, opt, optlen);
	b->wp += Tcphdr+optlen;
	finish(b, src, sport, dst, dport, seq, ack, flags, wnd, Tcphdr+optlen, r->type & Runi);
	TSTAT(f)[OutSegs]++;
	ipout(f, b, src, dst, Ptcp, 0, 0, r);
}

/* Nobody here wants such a segment: 3.5.2. */
void
tcpreset(Ip *f, Rx *rx, Seg *s)
{
	if(s->flags & RST || rx->rtype != Runi || isany(&rx->src))
		return;
	TSTAT(f)[OutRsts]++;
	if(s->flags & ACK)
		tcpraw(f, &rx->dst, s->dport, &rx->src, s->sport, s->ack, 0, RST, 0, nil, 0);
	else
		tcpraw(f, &rx->dst, s->dport, &rx->src, s->sport, 0,
			s->seq + s->len + (s->flags & SYN? 1: 0) + (s->flags & FIN? 1: 0), RST|ACK, 0, nil, 0);
}

/*
 * The window to tell the peer: it never takes back what was promised, nor grows by
 * crumbs (3.8.6.2.2).  What was promised is rounded up to what can be said.
 */
static u32int
window(Tcb *t)
{
	int space, old, least, unit;

	unit = 1<<t->rcvscale;
	old = (int)(t->radv - t->rnxt) > 0? t->radv - t->rnxt: 0;
	old = (old + unit-1) & ~(unit-1);
	space = tcpspace(t) & ~(unit-1);
	least = 2*t->mss < Buffer/4? 2*t->mss: Buffer/4;
	if(space < old + least)
		space = old;
	if(space > 65535<<t->rcvscale)
		space = 65535<<t->rcvscale;
	return space;
}

/* SACK blocks: the duplicate if there was one, then what came last, RFC 2018, 4, RFC 2883, 4. */
static int
sackopt(Tcb *t, uchar *p, int max)
{
	Ooo *o, *end;
	Range r[Sackblocks];
	u32int hi;
	int i, j, n;

	n = 0;
	if(t->dsack.lo != t->dsack.hi && max > 0)
		r[n++] = t->dsack;
	t->dsack.lo = t->dsack.hi;
	for(i = 0; i < t->nrecent && n < max; i++){
		for(o = t->ooo; o != nil; o = end){
			hi = o->seq + o->len;
			for(end = o->next; end != nil && end->seq == hi; end = end->next)
				hi += end->len;
			if(GE(t->recent[i], o->seq) && LT(t->recent[i], hi)){
				for(j = 0; j < n; j++)
					if(r[j].lo == o->seq && r[j].hi == hi)
						break;
				if(j == n){
					r[n].lo = o->seq;
					r[n++].hi = hi;
				}
				break;
			}
		}
	}
	if(n == 0)
		return 0;
	p[0] = p[1] = 1;
	p[2] = 5;
	p[3] = 2 + 8*n;
	for(i = 0; i < n; i++){
		put4(p+4+8*i, r[i].lo);
		put4(p+8+8*i, r[i].hi);
	}
	return 4 + 8*n;
}

static int
synopt(Tcb *t, uchar *p, int flags)
{
	int n;

	p[0] = 2;
	p[1] = 4;
	put2(p+2, tcpmss(t));
	n = 4;
	if((flags & ACK) == 0 || t->sackok){
		p[n] = p[n+1] = 1;
		p[n+2] = 4;
		p[n+3] = 2;
		n += 4;
	}
	if((flags & ACK) == 0 || t->sndscale >= 0){
		p[n] = 1;
		p[n+1] = 3;
		p[n+2] = 3;
		p[n+3] = Wscale;
		n += 4;
	}
	return n;
}

/*
 * Bytes that SACK blocks will want of the next segment, of which n bytes may be options beside those of every segment:
 * on the narrowest paths there is not room for all.
 */
static int
sackroom(Tcb *t, int n)
{
	int blocks, most;

	if(!t->sackok || t->ooo == nil && t->dsack.lo == t->dsack.hi)
		return 0;
	blocks = t->nrecent + (t->dsack.lo != t->dsack.hi);
	most = t->ts? 3: 4;
	if(most > (n-4)/8)
		most = (n-4)/8;
	if(blocks > most)
		blocks = most;
	return blocks > 0? 4 + 8*blocks: 0;
}

/* Data that fits a segment beside its options: RFC 6691. */
int
tcproom(Tcb *t)
{
	return t->mss - sackroom(t, t->mss/2);
}

/* len: of data, which goes before blocks. */
static int
options(Tcb *t, uchar *p, int flags, int len)
{
	int n, room;

	n = flags & SYN? synopt(t, p, flags): 0;
	if(t->ts || (flags & (SYN|ACK)) == SYN){
		p[n] = p[n+1] = 1;
		p[n+2] = 8;
		p[n+3] = 10;
		put4(p+n+4, tcptsclock(t->f, t->tsoff));
		put4(p+n+8, flags & ACK? t->tsrecent: 0);
		n += Tsopt;
	}
	if((flags & (SYN|RST)) == 0){
		room = sackroom(t, t->mss-len);
		if(room > 0)
			n += sackopt(t, p+n, (room-4)/8);
	}
	return n;
}

/* Where the byte with a sequence number lies in the send queue. */
static Block*
sendplace(Tcb *t, u32int seq, int *off)
{
	Block *b;
	u32int at;

	b = t->cur;
	at = t->curseq;
	if(b == nil || LT(seq, at)){
		b = t->sq;
		at = t->una;
	}
	while(b != nil && GE(seq, at + BLEN(b)) && b->next != nil){
		at += BLEN(b);
		b = b->next;
	}
	t->cur = b;
	t->curseq = at;
	*off = seq - at;
	return b;
}

/* Put len bytes of data from seq on behind the header in b. */
static int
addata(Tcb *t, Block *b, u32int seq, int len, int show)
{
	Block *d;
	int off, m;

	d = sendplace(t, seq, &off);
	if(show){
		b->next = pktslice(d, off, len);
		return b->next != nil? 0: -1;
	}
	for(; len > 0 && d != nil; d = d->next, off = 0){
		m = BLEN(d) - off;
		if(m > len)
			m = len;
		memmove(b->wp, d->rp+off, m);
		b->wp += m;
		len -= m;
	}
	return 0;
}

/* Send one segment with len bytes of the queue from seq on. */
void
tcpsend(Tcb *t, u32int seq, int len, int flags)
{
	uchar opt[Maxopt+8];
	Block *b;
	Conv *c;
	Route *r;
	u32int wnd;
	int n, show;

	c = t->c;
	r = tcproute(t);
	if(r == nil)
		return;
	n = options(t, opt, flags, len);
	show = len > Little && (t->nocksum || len > t->mss);
	b = pktalloc(Tcphdr + n + (show? 0: len));
	if(b == nil){
		t->starved = 1;
		return;
	}
	if(len > t->mss)
		b->flag |= Blong;
	memmove(b->wp+Tcphdr, opt, n);
	b->wp += Tcphdr+n;
	if(len > 0 && addata(t, b, seq, len, show) < 0){
		t->starved = 1;
		freeblist(b);
		return;
	}
	if(len > 0 && seq+len == t->una+t->sqlen)
		flags |= PSH;
	wnd = 0;
	if((flags & RST) == 0){
		wnd = window(t);
		if(flags & ACK && GT(t->rnxt + wnd, t->radv))
			t->radv = t->rnxt + wnd;
		wnd = flags & SYN? (wnd > 65535? 65535: wnd): wnd>>t->rcvscale;
	}
	finish(b, &c->laddr, c->lport, &c->raddr, c->rport, seq, flags & ACK? t->rnxt: 0, flags, wnd, Tcphdr+n, t->nocksum);
	if(flags & ACK){
		t->lastack = t->rnxt;
		t->ackneed = 0;
		t->nsegs = 0;
	}
	TSTAT(t->f)[OutSegs]++;
	ipout(t->f, b, &c->laddr, &c->raddr, Ptcp, c->ttl, c->tos, r);
}

/* An empty acknowledgement, now. */
void
tcpack(Tcb *t)
{
	if(t->quick > 0)
		t->quick--;
	tcpsend(t, t->nxt, 0, ACK);
}

/* SYN once more, alone or with the acknowledgement of the peer's. */
void
tcpsyn(Tcb *t)
{
	TSTAT(t->f)[RetransSegs]++;
	t->timing = 0;
	tcpsend(t, t->iss, 0, t->state == Syn_sent? SYN: SYN|ACK);
}

/* One that answers a doubtful segment; not so often that it could be used as a weapon (RFC 5961, 7). */
void
tcpchallenge(Tcb *t)
{
	if(t->f->now - t->chtime >= 1000){
		t->chtime = t->f->now;
		t->chacks = 0;
	}
	if(t->chacks++ >= Chacks)
		return;
	TSTAT(t->f)[ChallengeAcks]++;
	tcpack(t);
}

/*
 * Data that goes into one packet: of one segment of seg bytes, or as many as the device cuts again.  It cuts where the interface's packets
 * end, so segments must be as long as those.
 */
static int
most(Tcb *t, int seg)
{
	Ifc *ifc;
	int hdr;

	ifc = t->rt->ifc;
	hdr = (isv4(&t->c->raddr)? V4hdr: V6hdr) + Tcphdr + (t->ts? Tsopt: 0);
	if(ifc->longest == 0 || t->nocksum || ifc->maxtu != ifc->mosttu || hdr + seg != ifc->maxtu - ifc->m->hlen)
		return seg;
	return (ifc->longest - hdr)/seg*seg;
}

/* What the peer's window and ours allow of new data, or of FIN, in one packet: bytes, -1 if nothing is to be sent. */
static int
newdata(Tcb *t, int seg, u32int pipe, int *fin)
{
	u32int off;
	int avail, room, n;

	*fin = 0;
	off = t->nxt - t->una;
	if(off > t->sqlen)
		return -1;		/* FIN is out as well */
	avail = t->sqlen - off;
	if(avail == 0 && !t->fin)
		return -1;
	n = most(t, seg);
	if(n > avail)
		n = avail;
	room = t->una + t->wnd - t->nxt;
	if(n > room)
		n = room;
	if(n < 0 || n == 0 && avail > 0)
		return -1;
	if(pipe > 0 && pipe + n > t->cwnd){
		t->limited = 1;
		n = t->cwnd > pipe? t->cwnd - pipe: 0;
		if(n < seg)
			return -1;
	}
	if(n > seg && n < avail)
		n -= n % seg;
	if(n == avail && t->fin)
		*fin = room > n;
	/* the sender's part against silly windows, 3.8.6.2.1 */
	if(n < avail && n < seg && n < t->maxwnd/2)
		return -1;
	return n > 0 || *fin? n: -1;
}

static void
timesegment(Tcb *t)
{
	if(!t->timing){
		t->timing = 1;
		t->rttseq = t->nxt;
		t->rttstart = t->f->nowus;
	}
}

/* Send what was lost and what is new, as far as windows allow. */
void
tcpoutput(Tcb *t)
{
	u32int seq, pipe, was;
	int n, fin, sent, idle;

	if(t->state < Established || t->state == Finwait2 || t->state == Time_wait){
		if(t->ackneed == Now && t->state > Syn_sent)
			tcpack(t);
		return;
	}
	if(tcproute(t) == nil){
		tcparm(t);		/* until there is one, or patience ends */
		return;
	}
	sent = 0;
	pipe = tcppipe(t);
	idle = t->una == t->nxt;
	if(idle && t->sqlen > 0 && t->f->now - t->heard > t->rto)
		ccidle(t);
	while(t->recovering && tcphole(t, &seq, &n)){
		if(n > tcproom(t))
			n = tcproom(t);
		if(pipe > 0 && pipe + n > t->cwnd)
			break;
		was = t->rxt;
		tcpresend(t, seq, n);
		pipe += n;
		sent = 1;
		if(t->rxt == was)
			break;
	}
	while((n = newdata(t, tcproom(t), pipe, &fin)) >= 0){
		tcpsend(t, t->nxt, n, fin? ACK|FIN: ACK);
		t->nxt += n + fin;
		pipe += n + fin;
		timesegment(t);
		sent = 1;
		if(fin){
			if(t->state == Established)
				tcpstate(t, Finwait1);
			else if(t->state == Close_wait)
				tcpstate(t, Last_ack);
		}
	}
	if(t->ackneed == Now)
		tcpack(t);
	if(idle && sent)
		t->progress = t->f->now;
	tcparm(t);
}
