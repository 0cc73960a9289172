/*
 * TCP segments as they arrive: RFC 9293, 3.10.7, with the checks of RFC 5961 against
 * those who guess and of RFC 7323 against what is old.  Everything a segment says
 * is read once into a Seg, and nothing in it is believed before it was compared with
 * the window.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

enum {
	Maxooo	= 4096,		/* segments that wait for an earlier one */
	Paws	= 24*24*3600*1000u,	/* ms: a time stamp that is older says nothing, RFC 7323, 5.5 */
	Small	= 512,		/* bytes that are copied to the end of what is queued */
	Fast1ms	= 16,		/* segments in a millisecond that make a fast sender */
	Stretch	= 8,		/* one acknowledgement for so many of its segments */
};

static int
options(uchar *p, int n, Seg *s)
{
	int i, len;

	for(; n > 0; p += len, n -= len){
		if(p[0] == 0)
			return 0;
		if(p[0] == 1){
			len = 1;
			continue;
		}
		if(n < 2 || (len = p[1]) < 2 || len > n)
			return -1;
		switch(p[0]){
		case 2:
			if(len == 4)
				s->mss = get2(p+2);
			break;
		case 3:
			if(len == 3)
				s->wscale = p[2] > 14? 14: p[2];	/* RFC 7323, 2.3 */
			break;
		case 4:
			s->sackok = len == 2;
			break;
		case 5:
			for(i = 0; i < (len-2)/8 && i < Sackblocks; i++){
				s->sack[i].lo = get4(p+2+8*i);
				s->sack[i].hi = get4(p+6+8*i);
			}
			s->nsack = i;
			break;
		case 8:
			if(len == 10){
				s->ts = 1;
				s->tsval = get4(p+2);
				s->tsecr = get4(p+6);
			}
			break;
		}
	}
	return 0;
}

/* Read the header, which is in the first Block; -1 if it makes no sense. */
int
tcpparse(Block *b, Seg *s)
{
	uchar *p;

	p = b->rp;
	s->sport = get2(p);
	s->dport = get2(p+2);
	s->seq = get4(p+4);
	s->ack = get4(p+8);
	s->hlen = (p[12]>>4)*4;
	s->flags = p[13] & 0x3F;
	s->wnd = get2(p+14);
	s->mss = 0;
	s->wscale = -1;
	s->sackok = s->ts = s->nsack = 0;
	if(s->hlen < Tcphdr || s->hlen > BLEN(b))
		return -1;
	s->len = blocklen(b) - s->hlen;
	s->nseg = b->flag & Blong && b->aux > 0 && s->len > b->aux? s->len/b->aux: 1;
	return s->hlen == Tcphdr? 0: options(p+Tcphdr, s->hlen-Tcphdr, s);
}

/* Append to what the reader will get; little pieces, and what would leave most of its memory empty, are put together. */
static void
toreader(Conv *c, Block *b)
{
	Block *nb, *last;
	int n;

	for(; b != nil; b = nb){
		nb = b->next;
		n = BLEN(b);
		last = c->rq.last;
		if(n == 0)
			freeb(b);
		else if(last != nil && (n <= Small || n < BALLOC(b)/4) && last->free == nil && last->ref == 1 && last->lim - last->wp >= n){
			memmove(last->wp, b->rp, n);
			last->wp += n;
			c->rq.len += n;
			freeb(b);
		}else
			qput(&c->rq, b);
	}
}

/* The peer's FIN is next in order: 3.10.7.4, eighth. */
static void
gotfin(Tcb *t)
{
	t->rnxt++;
	t->rfin = 0;
	t->ackneed = Now;
	convend(t->c, nil);
	switch(t->state){
	case Syn_received:
	case Established:
		tcpstate(t, Close_wait);
		break;
	case Finwait1:
		tcpstate(t, Closing);
		break;
	case Finwait2:
		tcpstate(t, Time_wait);
		break;
	}
}

/* Remember where something came out of order, for SACK. */
static void
remember(Tcb *t, u32int seq)
{
	int n;

	n = t->nrecent < Sackblocks? t->nrecent: Sackblocks-1;
	memmove(t->recent+1, t->recent, n*sizeof t->recent[0]);
	t->recent[0] = seq;
	t->nrecent = n+1;
}

/* Memory that a segment of so many bytes holds. */
static int
benefit(Block *b)
{
	int n;

	for(n = sizeof(Ooo); b != nil; b = b->next)
		n += BALLOC(b) + sizeof(Block);
	return n;
}

/* Keep a segment that came too early; it is within the window. */
static void
early(Tcb *t, Seg *s, Block *b)
{
	Ooo **l, *o;
	u32int seq;
	int cut;

	TSTAT(t->f)[OutOfOrder]++;
	seq = s->seq;
	for(l = &t->ooo; (o = *l) != nil && LE(o->seq + o->len, seq); l = &o->next)
		;
	/* what is there already need not be kept twice */
	if(o != nil && LE(o->seq, seq)){
		cut = o->seq + o->len - seq;
		if(cut >= s->len){
			t->dsack.lo = seq;
			t->dsack.hi = seq + s->len;
			freeblist(b);
			return;
		}
		pullblock(&b, cut);
		seq += cut;
		s->len -= cut;
		l = &o->next;
		o = *l;
	}
	while(o != nil && LE(o->seq + o->len, seq + s->len)){	/* covered by the new one */
		*l = o->next;
		t->oooben -= benefit(o->b);
		t->nooo--;
		freeblist(o->b);
		free(o);
		o = *l;
	}
	if(o != nil && LT(o->seq, seq + s->len)){
		s->len = o->seq - seq;
		b = trimblock(b, 0, s->len);
	}
	if(b == nil)
		return;
	if(b->next == nil && BLEN(b) < BALLOC(b)/4)
		b = packblock(b);
	if(t->nooo >= Maxooo || t->oooben > 2*t->rlimit || ipshort() > 1 || (o = mallocz(sizeof *o, 1)) == nil){
		TSTAT(t->f)[ResequenceDrops]++;
		freeblist(b);
		return;
	}
	o->seq = seq;
	o->len = s->len;
	o->b = b;
	o->next = *l;
	*l = o;
	t->nooo++;
	t->oooben += benefit(b);
	remember(t, seq);
}

/* Some bytes of what waited may now be next. */
static void
resequence(Tcb *t)
{
	Ooo *o;
	int cut;

	while((o = t->ooo) != nil && LE(o->seq, t->rnxt)){
		t->ooo = o->next;
		t->nooo--;
		t->oooben -= benefit(o->b);
		cut = t->rnxt - o->seq;
		if(cut < o->len){
			pullblock(&o->b, cut);
			toreader(t->c, o->b);
			t->rnxt += o->len - cut;
		}else
			freeblist(o->b);
		free(o);
	}
	if(t->ooo == nil)
		t->nrecent = 0;
}

/*
 * So many full segments have come: is an acknowledgement due?  For every second one (RFC 5681, 4.2), but a sender
 * that has just sent so many in a millisecond that it cannot be waiting for each is told less
 * often, as by those who put segments together before they look at them.
 */
static int
manyenough(Tcb *t, int n)
{
	uvlong now;

	now = t->f->now;
	if(now != t->ratems){
		t->stretch = now - t->ratems == 1 && t->rate >= Fast1ms? Stretch: 2;
		t->ratems = now;
		t->rate = 0;
	}
	t->rate += n;
	t->nsegs += n;
	return t->nsegs >= t->stretch;
}

/* Data and FIN of an acceptable segment; b holds exactly its data. */
static void
data(Tcb *t, Seg *s, Block *b)
{
	u32int end;
	int cut, gap;

	cut = t->rnxt - s->seq;
	if(cut > 0){			/* the beginning came before */
		if(cut > s->len){
			cut = s->len;
			if(s->flags & FIN && s->seq + s->len != t->rnxt)
				s->flags &= ~FIN;
		}
		if(s->len > 0){
			t->dsack.lo = s->seq;
			t->dsack.hi = s->seq + cut;
			t->rerecv += cut;
			t->ackneed = Now;
		}
		pullblock(&b, cut);
		s->seq += cut;
		s->len -= cut;
	}
	end = t->radv;
	if(GT(s->seq + s->len, end)){
		s->flags &= ~FIN;
		s->len = end - s->seq;
		if(s->len < 0)
			s->len = 0;
		b = trimblock(b, 0, s->len);
	}
	if(s->flags & FIN && !t->rfin){
		t->rfin = 1;
		t->rfinseq = s->seq + s->len;
	}
	if(t->rfin && GT(s->seq + s->len, t->rfinseq)){	/* data behind an end: not ours */
		freeblist(b);
		b = nil;
		s->len = 0;
	}
	if(s->len == 0){
		freeblist(b);
		if(t->rfin && t->rnxt == t->rfinseq)
			gotfin(t);
		else if(s->flags & FIN)
			t->ackneed = Now;
		return;
	}
	if(s->seq != t->rnxt){
		t->ackneed = Now;	/* RFC 5681, 4.2 */
		early(t, s, b);
		return;
	}
	gap = t->ooo != nil;
	t->rnxt += s->len;
	toreader(t->c, b);
	if(gap)
		resequence(t);
	convwake(t->c, Wdata);
	if(gap || t->quick > 0 || s->len >= t->mss && manyenough(t, s->nseg) || s->len >= Buffer/8)
		t->ackneed = Now;
	else if(t->ackneed == 0)
		t->ackneed = Later;
	if(t->rfin && t->rnxt == t->rfinseq)
		gotfin(t);
}

/* Free what the peer has. */
static void
dropacked(Tcb *t, u32int n)
{
	Block *b;
	u32int m;

	if(n > t->sqlen)
		n = t->sqlen;		/* the rest was FIN */
	t->sqlen -= n;
	while(n > 0){
		b = t->sq;
		m = BLEN(b);
		if(m > n){
			b->rp += n;
			break;
		}
		n -= m;
		t->sq = b->next;
		if(t->cur == b)
			t->cur = nil;
		freeb(b);
	}
	if(t->sq == nil)
		t->sqlast = nil;
	if(t->cur == t->sq)
		t->cur = nil;		/* its first byte has moved */
}

/*
 * How long did that take?  While something is missing, an acknowledgement comes late for
 * what was sent after it; then only an echoed time stamp says (RFC 7323, 4.1).  But if it tells of a duplicate, it is
 * that which it answers, and what it echoes came long before: when acknowledgements are lost, the echo would hold all the time
 * that we have waited for them, and the next time-out would be longer still.
 */
static void
sampled(Tcb *t, Seg *s)
{
	if(t->nsack > 0 || t->dupacks > 0 || t->recovering || t->backoff > 0)
		t->timing = 0;
	if(t->timing){
		if(GE(s->ack, t->rttseq)){
			t->timing = 0;
			tcprtt(t, t->f->nowus - t->rttstart);
		}
	}else if(s->ts && s->tsecr != 0 && !tcpisdsack(s))
		tcprtt(t, (int)(tcptsclock(t->f, t->tsoff) - s->tsecr)*1000);
}

/* The acknowledgement of a synchronised connection; nonzero: drop the segment.  3.10.7.4, fifth. */
static int
acked(Tcb *t, Seg *s)
{
	u32int n, edge, wnd;
	int finacked;

	if(GT(s->ack, t->nxt) || LT(s->ack, t->una - t->maxwnd)){	/* RFC 5961, 5.2 */
		tcpchallenge(t);
		return 1;
	}
	wnd = s->wnd<<(t->sndscale > 0? t->sndscale: 0);
	n = s->ack - t->una;
	edge = t->nsack > 0? t->sack[t->nsack-1].hi: t->una;
	if((int)n > 0){
		t->progress = t->f->now;
		sampled(t, s);
		dropacked(t, n);
		t->una = s->ack;
	}
	if(t->sackok)
		tcpsack(t, s);
	if((int)n > 0){
		tcpacked(t, n);
		if(2*t->cwnd > t->limit && t->limit < Maxbuffer && t->srtt >= Longway && ipshort() == 0)
			t->limit *= 2;	/* the writer must be able to keep ahead of the window */
		tcprearm(t);
		if(t->c->set->p->room(t->c) > 0)
			convwake(t->c, Wroom);
	}else if(n == 0 && t->nxt != t->una && s->len == 0 && (s->flags & FIN) == 0
	&& (wnd == t->wnd || s->nsack > 0))
		t->dupacks++;
	if(GE(s->ack, t->una) && (LT(t->wl1, s->seq) || t->wl1 == s->seq && LE(t->wl2, s->ack))){
		if(wnd > 0 && t->wnd == 0 && t->persist){
			t->persist = 0;
			t->backoff = 0;
			tickoff(&t->rtimer);
		}
		t->wnd = wnd;
		if(wnd > t->maxwnd)
			t->maxwnd = wnd;
		t->wl1 = s->seq;
		t->wl2 = s->ack;
	}
	if(t->dupacks > 0 || t->nsack > 0 && GT(t->sack[t->nsack-1].hi, edge))
		tcpdupack(t);
	finacked = t->fin && t->una == t->nxt && t->sqlen == 0;
	if(finacked)
		switch(t->state){
		case Finwait1:
			tcpstate(t, Finwait2);
			break;
		case Closing:
			tcpstate(t, Time_wait);
			break;
		case Last_ack:
			tcpend(t, nil);
			return 1;
		}
	return 0;
}

/* Is any of the segment within the window?  3.4 */
static int
acceptable(Tcb *t, Seg *s)
{
	u32int len, wnd;

	wnd = GT(t->radv, t->rnxt)? t->radv - t->rnxt: 0;
	len = s->len + (s->flags & SYN? 1: 0) + (s->flags & FIN? 1: 0);
	if(len == 0)
		return s->seq == t->rnxt || wnd > 0 && GE(s->seq, t->rnxt) && LT(s->seq, t->rnxt+wnd);
	return wnd > 0 && LT(s->seq, t->rnxt+wnd) && GT(s->seq+len, t->rnxt)
		/* FIN that just fits, with the window full */
		|| wnd == 0 && s->seq == t->rnxt && s->len == 0 && s->flags & FIN;
}

/* To a connection that is none, what its segment asks for: 3.10.7.3, first; 3.10.7.4, fifth */
static void
disown(Tcb *t, Seg *s)
{
	Rx rx = { .rtype = Runi, .src = t->c->raddr, .dst = t->c->laddr };

	tcpreset(t->f, &rx, s);
}

/*
 * The peer answers our SYN as if in another connection: one that had these addresses before this machine was started anew,
 * and which the peer keeps in TIME-WAIT because nothing shows that the SYN is newer (RFC 6191).  The reset ends that, so SYN
 * is good at once.  But only once: who sends us such segments in another's name must not get more out of us than that.
 */
static void
mistaken(Tcb *t, Seg *s)
{
	disown(t, s);
	if(s->flags & RST || t->calledagain)
		return;
	t->calledagain = 1;
	tcpsyn(t);
	tcprearm(t);
}

/* The answer to our SYN: 3.10.7.3 */
static void
synsent(Tcb *t, Seg *s)
{
	if(s->flags & ACK && (LE(s->ack, t->iss) || GT(s->ack, t->nxt))){
		mistaken(t, s);
		return;
	}
	if(s->flags & RST){
		if(s->flags & ACK)
			tcpend(t, Econrefused);
		return;
	}
	if((s->flags & SYN) == 0)
		return;
	t->irs = s->seq;
	t->rnxt = s->seq+1;
	t->radv = t->rnxt + tcpspace(t);
	if(t->radv - t->rnxt > 65535)
		t->radv = t->rnxt + 65535;
	t->ts = s->ts;
	t->tsrecent = s->tsval;
	t->tsrecentage = t->f->now;
	t->sackok = s->sackok;
	t->sndscale = s->wscale;
	t->rcvscale = s->wscale >= 0? Wscale: 0;
	tcpsetmss(t, s->mss);
	t->wnd = t->maxwnd = s->wnd;
	t->wl1 = s->seq;
	t->wl2 = s->ack;
	if(s->flags & ACK){
		if(t->backoff == 0)
			sampled(t, s);
		else{		/* which SYN it answers is not known, nor which one it echoes */
			t->timing = 0;
			t->rto = Synlost;
		}
		t->una = s->ack;
		tcpestablished(t);
		t->ackneed = Now;
	}else{				/* both called at once */
		tcpstate(t, Syn_received);
		tcpsend(t, t->iss, 0, SYN|ACK);
	}
}

/* RFC 7323, 5.3: nonzero if the segment is too old */
static int
paws(Tcb *t, Seg *s)
{
	if(!t->ts || !s->ts || s->flags & RST)
		return 0;
	if((int)(s->tsval - t->tsrecent) >= 0)
		return 0;
	return t->f->now - t->tsrecentage < Paws;
}

/* Which time stamp to echo: RFC 7323, 4.3, (2). */
static void
stamp(Tcb *t, Seg *s)
{
	if(t->ts && s->ts && LE(s->seq, t->lastack) && (int)(s->tsval - t->tsrecent) >= 0){
		t->tsrecent = s->tsval;
		t->tsrecentage = t->f->now;
	}
}

/*
 * A reset within the window counts only if it is exactly where it should be (RFC 5961, 3.2); one in TIME-WAIT, which an old
 * duplicate can provoke, not at all (RFC 1337).  Who has closed hears of it only if data of his was lost.
 */
static void
reset(Tcb *t, Seg *s)
{
	if(t->state == Time_wait)
		return;
	if(s->seq != t->rnxt){
		tcpchallenge(t);
		return;
	}
	TSTAT(t->f)[EstabResets]++;
	if(t->state == Syn_received)
		tcpend(t, Econrefused);
	else if((t->state == Closing || t->state == Last_ack) && t->sqlen == 0)
		tcpend(t, nil);
	else
		tcpend(t, Ehungup);
}

/*
 * Old, or outside of the window: say where we are.  Who sends nothing but such an acknowledgement is told that less often, or
 * two ends that somebody has put out of step would go on for ever.
 */
static void
unacceptable(Tcb *t, Seg *s, int old)
{
	if(s->flags & RST)
		return;
	if(s->len > 0 && LT(s->seq, t->rnxt)){
		t->rerecv += s->len;
		t->dsack.lo = s->seq;
		t->dsack.hi = LT(s->seq+s->len, t->rnxt)? s->seq+s->len: t->rnxt;
		/* the acknowledgement was lost, not the data: the sender should not take that for slowness */
		if(t->rnxt - s->seq <= Buffer)
			stamp(t, s);
	}
	/* a segment that we have already, or a probe, may acknowledge all the same */
	if(s->flags & ACK && !old && LE(s->seq + s->len, t->rnxt+1) && LE(s->ack, t->nxt) && GT(s->ack, t->una)
	&& t->state != Syn_received)
		acked(t, s);
	if(t->state == Closed)
		return;
	if(s->len > 0 || s->flags & (SYN|FIN))
		tcpack(t);
	else
		tcpchallenge(t);
}

/*
 * Both have called at once, and here is the peer's SYN once more: 3.5, figure 8.  If it acknowledges ours it is good for that;
 * nonzero: for nothing else.
 */
static int
bothcalled(Tcb *t, Seg *s)
{
	if((s->flags & ACK) == 0 || s->ack != t->nxt){
		tcpsyn(t);
		return 1;
	}
	s->flags &= ~SYN;
	s->seq++;
	t->ackneed = Now;
	return 0;
}

/* Our SYN is acknowledged, or nonzero: that is not what the segment does.  3.10.7.4, fifth, SYN-RECEIVED. */
static int
confirmed(Tcb *t, Seg *s)
{
	if(LE(s->ack, t->iss) || GT(s->ack, t->nxt)){
		disown(t, s);
		return 1;
	}
	t->una = t->iss+1;
	t->wnd = t->maxwnd = s->wnd<<(t->sndscale > 0? t->sndscale: 0);
	t->wl1 = s->seq;
	t->wl2 = s->ack;
	tcpestablished(t);
	return 0;
}

/*
 * A segment of a synchronised connection, or nearly so, up to its data: 3.10.7.4, first to fifth.  Nonzero if no more is
 * to be done with it.
 */
static int
control(Tcb *t, Seg *s)
{
	int old;

	if(t->state == Syn_received && (s->flags & (SYN|RST)) == SYN && s->seq == t->irs && bothcalled(t, s))
		return 1;
	old = paws(t, s);
	if(old || !acceptable(t, s)){
		unacceptable(t, s, old);
		return 1;
	}
	if(s->flags & RST){
		reset(t, s);
		return 1;
	}
	if(s->flags & SYN){		/* RFC 5961, 4.2 */
		tcpchallenge(t);
		return 1;
	}
	if((s->flags & ACK) == 0)
		return 1;
	stamp(t, s);
	return t->state == Syn_received && confirmed(t, s) || acked(t, s);
}

/* A segment for a conversation, whose state may become Closed; b holds its data. */
static void
segment(Tcb *t, Seg *s, Block *b)
{
	t->heard = t->f->now;
	t->nkeep = 0;
	if(t->state == Syn_sent){
		synsent(t, s);
		if(t->state != Established || s->len == 0 && (s->flags & FIN) == 0){
			freeblist(b);
			return;
		}
		s->seq++;
	}else if(control(t, s)){
		freeblist(b);
		return;
	}
	if(s->len == 0 && (s->flags & FIN) == 0)
		freeblist(b);
	else if(t->state < Established || t->state >= Close_wait){
		t->ackneed = Now;
		freeblist(b);
	}else if(s->len > 0 && t->closed && GT(s->seq+s->len, t->rnxt)){
		freeblist(b);		/* data for nobody: RFC 1122, 4.2.2.13 */
		tcpabort(t, nil);
	}else
		data(t, s, b);
}

static void
ackdue(void *a)
{
	Tcb *t;

	t = a;
	if(t->ackneed && t->state != Closed)
		tcpack(t);
}

/* A segment for t was dealt with: answer, send what may be sent now. */
static void
after(Tcb *t)
{
	if(t->state == Closed){
		tcpgone(t);
		return;
	}
	tcpoutput(t);
	if(t->ackneed == Later && (!t->atimer.on || t->nsegs > 1)){
		t->atimer.f = ackdue;
		t->atimer.arg = t;
		tickset(t->f, &t->atimer, t->nsegs > 1? Shortack: Delack);
	}
	tcpgone(t);
}

/* Does a SYN want the addresses of a connection in TIME-WAIT that its user still has open?  Then that is over. */
static int
calledanew(Tcb *t, Seg *s)
{
	if(!tcpnewer(s, t->ts, t->tsrecent, t->rnxt))
		return 0;
	tcpend(t, nil);
	tcpgone(t);
	return 1;
}

void
tcpin(Ip *f, Block *b, Rx *rx)
{
	Convset *set;
	Conv *c;
	Tcb *t;
	Seg s;
	int n;

	set = &f->set[Xtcp];
	TSTAT(f)[InSegs]++;
	if(rx->rtype != Runi){		/* 3.9.2.3 */
		freeblist(b);
		return;
	}
	n = blocklen(b);
	if((b = rxpull(b, rx, Tcphdr)) == nil || (b->rp[12]>>4)*4 > n || (b = rxpull(b, rx, (b->rp[12]>>4)*4)) == nil){
		TSTAT(f)[HlenErrs]++;
		TSTAT(f)[InErrs]++;
		freeblist(b);
		return;
	}
	if((b->flag & Btcpck) == 0
	&& sumfold(sumblock(sumpseudo(&rx->src, &rx->dst, Ptcp, n), b, 0, n)) != 0){
		TSTAT(f)[CsumErrs]++;
		TSTAT(f)[InErrs]++;
		freeblist(b);
		return;
	}
	if(tcpparse(b, &s) < 0){
		TSTAT(f)[LenErrs]++;
		TSTAT(f)[InErrs]++;
		freeblist(b);
		return;
	}
	b->flag = 0;			/* what follows is data, which may go anywhere */
	c = convfind(set, &rx->src, s.sport, &rx->dst, s.dport);
	if(c != nil && ((Tcb*)c->pcb)->state == Time_wait && calledanew(c->pcb, &s))
		c = nil;
	if(c != nil){
		b->rp += s.hlen;
		segment(c->pcb, &s, b);
		after(c->pcb);
		return;
	}
	if(tcptw(f, rx, &s)){
		freeblist(b);
		return;
	}
	c = convlisten(set, &rx->dst, s.dport);
	if(c == nil || c->ended)
		tcpreset(f, rx, &s);
	else if((t = tcplisten(c, rx, &s)) != nil){
		b->rp += s.hlen;
		segment(t, &s, b);
		after(t);
		return;
	}
	freeblist(b);
}
