/*
 * TCP's retransmission: round trips and the timer (RFC 6298), the scoreboard of
 * what the peer has (RFC 2018, RFC 6675), and recovery from loss.  Sequence
 * numbers sent never go back: what is lost shows as holes in the scoreboard below a
 * limit (tcplost), and is sent again from rxt on, whether three duplicates, SACKs
 * or the timer said so.  Peers without SACK get NewReno (RFC 6582), in the same
 * terms: the hole is always the first segment, and each duplicate one that arrived.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

/* A round trip took so many microseconds: RFC 6298, 2. */
void
tcprtt(Tcb *t, int us)
{
	int d;

	if(us < 1)
		us = 1;
	if(us > 60*1000*1000)
		us = 60*1000*1000;
	if(t->srtt == 0){
		t->srtt = us;
		t->rttvar = us/2;
	}else{
		d = t->srtt - us;
		if(d < 0)
			d = -d;
		t->rttvar += (d - t->rttvar)/4;
		t->srtt += (us - t->srtt)/8;
		if(t->srtt < 1)
			t->srtt = 1;
	}
	t->rto = (t->srtt + (4*t->rttvar > 1000? 4*t->rttvar: 1000))/1000;
	if(t->rto < Minrto)
		t->rto = Minrto;
	if(t->rto > Maxrto)
		t->rto = Maxrto;
}

static uvlong
backedoff(Tcb *t)
{
	uvlong ms;

	ms = (uvlong)t->rto<<(t->backoff < 12? t->backoff: 12);
	return ms < Maxrto? ms: Maxrto;
}

/*
 * How long to wait for an acknowledgement: the first time not until the segment must be
 * taken for lost, but until it is odd that nothing is heard (RFC 8985, 7.2).
 */
static uvlong
patientfor(Tcb *t)
{
	uvlong pto, rto;

	rto = backedoff(t);
	t->ptoset = 0;
	if(!t->sackok || t->srtt == 0 || t->recovering || t->probing || t->backoff > 0 || t->nsack > 0 || t->state < Established)
		return rto;
	pto = 2*t->srtt/1000 + 2;
	if(t->nxt - t->una <= t->mss)
		pto += Delack + Delack/2;
	if(pto >= rto)
		return rto;
	t->ptoset = 1;
	return pto;
}

/*
 * Set the timer for the state of the send queue: none, retransmission, or a probe of
 * a window that is shut (3.8.6.1).
 */
void
tcparm(Tcb *t)
{
	int pending;

	if(t->nxt != t->una){
		t->persist = 0;
		if(!t->rtimer.on)
			tickset(t->f, &t->rtimer, patientfor(t));
		return;
	}
	pending = t->sqlen > 0 || t->fin && (t->state == Established || t->state == Close_wait);
	if(!pending){
		t->persist = 0;
		t->backoff = 0;
		tickoff(&t->rtimer);
		return;
	}
	if(!t->persist){
		t->persist = 1;
		t->backoff = 0;
		tickset(t->f, &t->rtimer, backedoff(t));
	}
}

/*
 * The window has been shut for a while, or all but: what fits is sent (3.8.6.2.1), and
 * if nothing does, an empty segment that the peer must answer asks how things are.
 */
static void
probe(Tcb *t)
{
	int n;

	n = t->una + t->wnd - t->nxt;
	if(n > tcproom(t))
		n = tcproom(t);
	if(n > (int)t->sqlen)
		n = t->sqlen;
	if(n > 0){
		t->persist = 0;
		tcpsend(t, t->nxt, n, ACK);
		t->nxt += n;
		tcparm(t);
		return;
	}
	TSTAT(t->f)[ZeroProbes]++;
	t->backoff++;
	tcpsend(t, t->una-1, 0, ACK);
	tickset(t->f, &t->rtimer, backedoff(t));
}

void
tcprearm(Tcb *t)
{
	if(t->nxt != t->una)
		tickset(t->f, &t->rtimer, patientfor(t));
	else
		tickoff(&t->rtimer);
}

/* Send again what was lost. */
void
tcpresend(Tcb *t, u32int seq, int n)
{
	int fin;

	if(n > tcproom(t))
		n = tcproom(t);
	fin = t->fin && seq + n == t->una + t->sqlen && GT(t->nxt, seq + n);
	tcpsend(t, seq, n, fin? ACK|FIN: ACK);
	TSTAT(t->f)[RetransSegs]++;
	TSTAT(t->f)[RetransSegsSent]++;
	t->timing = 0;
	if(GT(seq + n + fin, t->rxt))
		t->rxt = seq + n + fin;
	t->again[t->nagain % Maxagain].seq = seq;
	t->again[t->nagain % Maxagain].mark = t->nxt;
	t->nagain++;
	t->undoable++;
}

/* Nothing is heard of the last segments: one more makes the peer say what it has.  RFC 8985, 7.3. */
static void
tailprobe(Tcb *t)
{
	int n;

	t->ptoset = 0;
	t->probing = 1;
	n = t->una + t->sqlen - t->nxt;
	if(n > tcproom(t))
		n = tcproom(t);
	if(n > 0 && LE(t->nxt + n, t->una + t->wnd)){
		tcpsend(t, t->nxt, n, ACK);
		t->nxt += n;
	}else{
		n = t->nxt - t->una - (t->fin && GT(t->nxt, t->una + t->sqlen)? 1: 0);
		if(n > tcproom(t))
			n = tcproom(t);
		tcpresend(t, t->nxt - (t->fin && GT(t->nxt, t->una + t->sqlen)? 1: 0) - n, n);
		t->rxt = t->una;
	}
	tickset(t->f, &t->rtimer, backedoff(t));
}

/* How long the peer may say nothing. */
static int
patience(Tcb *t)
{
	if(t->state == Syn_sent || t->state == Syn_received)
		return Synlife;
	return t->closed? Orphan: Giveup;
}

/* The retransmission timer: RFC 6298, 5.4 to 5.7. */
void
tcprto(void *a)
{
	Tcb *t;
	Ip *f;

	t = a;
	f = t->f;
	/* who shuts its window and answers may do so as long as it likes, while somebody here waits */
	if(f->now - t->progress > patience(t) && !((t->persist || t->wnd == 0) && !t->closed && f->now - t->heard < patience(t))){
		tcpabort(t, Etimedout);
		tcpgone(t);
		return;
	}
	if(t->persist){
		probe(t);
		return;
	}
	if(t->ptoset && t->nxt != t->una){
		tailprobe(t);
		return;
	}
	t->ptoset = 0;
	t->probing = 0;
	t->backoff++;
	t->timing = 0;
	t->dupthresh = Dupthresh;
	t->undoable = 0;
	t->priorcwnd = t->priorssthresh = 0;
	TSTAT(f)[RetransTimeouts]++;
	if(t->state == Syn_sent || t->state == Syn_received){
		tcpsyn(t);
		tickset(f, &t->rtimer, backedoff(t));
		return;
	}
	iplog(f, Logtcp, &t->c->raddr, "tcp %d: %llud: timeout %d, una %ud nxt %ud\n", t->c->x, f->now, t->backoff, t->una-t->iss, t->nxt-t->iss);
	if(t->backoff == 1 || t->recovering != Loss)
		ccloss(t, 1);
	else
		t->cwnd = t->mss;
	t->recovering = Loss;
	t->recover = t->nxt;
	t->lossend = t->nxt;
	t->rxt = t->una;
	t->dupacks = 0;
	if(t->backoff > 3)
		t->nsack = 0;		/* a peer may have thrown away what it had: RFC 2018, 8 */
	t->starved = 0;
	tickset(f, &t->rtimer, backedoff(t));
	tcpoutput(t);
	if(t->starved && t->rtimer.on && t->state != Closed){	/* that nothing is heard then says nothing of the path */
		if(t->backoff > 1)
			t->backoff--;
		tickset(f, &t->rtimer, Memwait);
	}
}

static void
addrange(Tcb *t, u32int lo, u32int hi)
{
	Range *r;
	int i, j;

	for(i = 0; i < t->nsack && LT(t->sack[i].hi, lo); i++)
		;
	for(j = i; j < t->nsack && LE(t->sack[j].lo, hi); j++){
		if(LT(t->sack[j].lo, lo))
			lo = t->sack[j].lo;
		if(GT(t->sack[j].hi, hi))
			hi = t->sack[j].hi;
	}
	if(i == j){			/* touches none: make room */
		if(t->nsack == Maxsack)
			return;		/* not knowing costs a retransmission, no more */
		memmove(t->sack+i+1, t->sack+i, (t->nsack-i)*sizeof(Range));
		t->nsack++;
	}else if(j > i+1){
		memmove(t->sack+i+1, t->sack+j, (t->nsack-j)*sizeof(Range));
		t->nsack -= j-i-1;
	}
	r = &t->sack[i];
	r->lo = lo;
	r->hi = hi;
}

/*
 * The peer had already what we have sent again (RFC 2883): it was late, not lost.  From now
 * on more is allowed to overtake (as RFC 4653 would have it), and if all of a recovery was for nothing,
 * the window is what it was.
 */
static void
needless(Tcb *t)
{
	if(t->dupthresh < Maxdupthresh)
		t->dupthresh += t->dupthresh/2;
	if(t->undoable > 0 && --t->undoable == 0){
		if(t->priorcwnd > t->cwnd)
			t->cwnd = t->priorcwnd;
		if(t->priorssthresh > t->ssthresh)
			t->ssthresh = t->priorssthresh;
		t->epoch = 0;
	}
}

/* Does the first block tell of a duplicate?  RFC 2883, 4: it lies below the acknowledgement, or in the second. */
int
tcpisdsack(Seg *s)
{
	Range *r;

	r = s->sack;
	if(s->nsack == 0 || GE(r[0].lo, r[0].hi))
		return 0;
	if(LE(r[0].hi, s->ack))
		return 1;
	return s->nsack > 1 && GE(r[0].lo, r[1].lo) && LE(r[0].hi, r[1].hi);
}

/* Bring the scoreboard up to date with a segment that acknowledges una. */
void
tcpsack(Tcb *t, Seg *s)
{
	Range *r;
	int i, n;

	if(tcpisdsack(s))
		needless(t);
	for(i = 0; i < s->nsack; i++){
		r = &s->sack[i];
		/* anything else is a duplicate's report, or a lie */
		if(LT(r->lo, r->hi) && GE(r->lo, t->una) && LE(r->hi, t->nxt) && GT(r->hi, t->una))
			addrange(t, r->lo, r->hi);
	}
	n = 0;
	t->sacked = 0;
	for(i = 0; i < t->nsack; i++){
		r = &t->sack[i];
		if(LE(r->hi, t->una))
			continue;
		if(LT(r->lo, t->una))
			r->lo = t->una;
		t->sack[n++] = *r;
		t->sacked += r->hi - r->lo;
	}
	t->nsack = n;
}

/* What lies below this and is not in the scoreboard is lost: RFC 6675, 4, IsLost. */
u32int
tcplost(Tcb *t)
{
	u32int edge, bytes;
	int i;

	edge = t->una;
	if(!t->sackok && (t->dupacks >= t->dupthresh || t->recovering == Fast)){
		edge = t->una + t->mss;
		if(GT(edge, t->nxt))
			edge = t->nxt;
	}
	bytes = 0;
	for(i = t->nsack-1; i >= 0; i--){
		bytes += t->sack[i].hi - t->sack[i].lo;
		if(bytes > (t->dupthresh-1)*t->mss || t->dupthresh == Dupthresh && t->nsack-i >= Dupthresh){
			edge = t->sack[i].lo;
			break;
		}
	}
	if(t->recovering && GT(t->lossend, edge))
		edge = t->lossend;
	return edge;
}

/* Bytes that are thought to be on their way: RFC 6675, 4, SetPipe. */
u32int
tcppipe(Tcb *t)
{
	u32int pipe, lost, lo, hi, rxt, est;
	int i;

	if(t->nsack == 0 && t->recovering == 0 && t->dupacks == 0)
		return t->nxt - t->una;
	lost = tcplost(t);
	rxt = t->recovering? t->rxt: t->una;
	pipe = 0;
	lo = t->una;
	for(i = 0; i <= t->nsack; i++){
		hi = i < t->nsack? t->sack[i].lo: t->nxt;
		if(GT(hi, lost))
			pipe += hi - (GT(lost, lo)? lost: lo);
		if(GT(rxt, lo))
			pipe += (LT(rxt, hi)? rxt: hi) - lo;
		if(i < t->nsack)
			lo = t->sack[i].hi;
	}
	if(!t->sackok){
		est = t->dupacks*t->mss;	/* each of them says that something has left */
		pipe = pipe > est? pipe - est: 0;
	}
	return pipe;
}

/* The first piece that is lost and was not sent again since: its place and its bytes of data. */
int
tcphole(Tcb *t, u32int *seq, int *len)
{
	u32int lost, lo, hi, data;
	int i, n;

	lost = tcplost(t);
	data = t->una + t->sqlen;
	lo = GT(t->rxt, t->una)? t->rxt: t->una;
	for(i = 0; i <= t->nsack; i++){
		hi = i < t->nsack? t->sack[i].lo: t->nxt;
		if(LT(lo, hi)){
			if(GT(hi, lost))
				hi = lost;
			if(GE(lo, hi))
				return 0;
			if(GT(hi, data))
				hi = data;	/* FIN has no data */
			n = (int)(hi - lo) > 0? hi - lo: 0;
			*seq = lo;
			*len = n < t->mss? n: t->mss;
			return 1;
		}
		if(i < t->nsack && GT(t->sack[i].hi, lo))
			lo = t->sack[i].hi;
	}
	return 0;
}

/* Fast recovery begins: RFC 6675, 5, (4). */
static void
enter(Tcb *t)
{
	TSTAT(t->f)[Recoveries]++;
	t->recover = t->nxt;
	t->recovering = Fast;
	t->rxt = t->una;
	/* a probe beyond a hole tells that all before it is lost, however little that is */
	t->lossend = t->probing && t->nsack > 0? t->sack[t->nsack-1].lo: t->una;
	t->probing = t->ptoset = 0;
	t->nagain = 0;
	t->undoable = 0;
	t->priorcwnd = t->cwnd;
	t->priorssthresh = t->ssthresh;
	ccloss(t, 0);
	iplog(t->f, Logtcp, &t->c->raddr, "tcp %d: recovery, una %ud nxt %ud cwnd %ud\n", t->c->x, t->una-t->iss, t->nxt-t->iss, t->cwnd);
}

/*
 * What was sent again may be lost as well.  It is if the peer has by now three segments that
 * were sent after it (as RFC 8985 would find by time); only the first hole is looked at, all
 * come to be that.
 */
static void
lostagain(Tcb *t)
{
	u32int seq, edge, save;
	int i, n;

	if(t->nsack == 0 || LE(t->rxt, t->una))
		return;
	edge = t->sack[t->nsack-1].hi;
	for(i = t->nagain-1; i >= 0 && i >= t->nagain-Maxagain; i--)
		if(t->again[i % Maxagain].seq == t->una)
			break;
	if(i < 0 || i < t->nagain-Maxagain || LT(edge, t->again[i % Maxagain].mark + t->dupthresh*t->mss))
		return;
	save = t->rxt;
	t->rxt = t->una;
	if(tcphole(t, &seq, &n) && seq == t->una)
		tcpresend(t, seq, n);
	if(GT(save, t->rxt))
		t->rxt = save;
}

/* The peer said again what it had said, or told of something new beyond a hole. */
void
tcpdupack(Tcb *t)
{
	u32int seq;
	int n, lost;

	if(t->recovering){
		lostagain(t);
		return;
	}
	if(t->sackok)
		lost = t->nsack > 0 && (GT(tcplost(t), t->una) || t->probing && t->sack[t->nsack-1].hi == t->nxt);
	else
		lost = t->dupacks >= t->dupthresh;
	if(!lost)
		return;
	enter(t);
	/* the first one goes out whatever the window is */
	if(tcphole(t, &seq, &n)){
		tcpresend(t, seq, n);
		tickset(t->f, &t->rtimer, backedoff(t));
	}
}

/* So many bytes more are acknowledged. */
void
tcpacked(Tcb *t, u32int acked)
{
	int segs;

	t->backoff = 0;
	t->probing = 0;
	if(LT(t->rxt, t->una))
		t->rxt = t->una;
	if(t->recovering == 0){
		t->dupacks = 0;
		ccacked(t, acked);
		return;
	}
	if(GE(t->una, t->recover)){
		t->recovering = 0;
		t->dupacks = 0;
		t->epoch = 0;
		return;
	}
	if(t->recovering == Loss){
		t->limited = 1;
		ccacked(t, acked);
		return;
	}
	if(!t->sackok){	/* RFC 6582, 3.2, (3): the next one is missing, too */
		segs = acked/t->mss;
		t->dupacks = t->dupacks > segs? t->dupacks - segs: 0;
		t->rxt = t->una;
	}
}
