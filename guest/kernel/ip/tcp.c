/*
 * TCP's user side: connections opened and closed, data accepted, control words,
 * and what the files say.  See tcp.h for the rest.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

static char *statenames[] = {
	"Closed", "Listen", "Syn_sent", "Syn_received", "Established", "Finwait1", "Finwait2",
	"Close_wait", "Closing", "Last_ack", "Time_wait",
};

static char *statnames[Ntcpstat] = {
	"MaxConn", "MaxSegment", "ActiveOpens", "PassiveOpens", "EstabResets", "CurrEstab", "InSegs", "OutSegs",
	"RetransSegs", "RetransSegsSent", "RetransTimeouts", "InErrs", "OutRsts", "CsumErrs", "HlenErrs", "LenErrs",
	"OutOfOrder", "ResequenceDrops", "Recoveries", "CookiesSent", "CookiesRecv", "HalfOpen", "HalfDrops",
	"ListenDrops", "ChallengeAcks", "TimeWaits", "KeepAlives", "ZeroWindowProbes",
};

/* Bytes that a peer at dst may put in a segment, as our interface sees it: RFC 6691. */
int
tcpmssfor(Ip *f, Ipaddr *src, Ipaddr *dst)
{
	Route *r;
	int hdr, mtu;

	hdr = (isv4(dst)? V4hdr: V6hdr) + Tcphdr;
	r = routevia(f, dst, src);
	if(r == nil || r->ifc->m == nil)
		return isv4(dst)? Defmss4: Defmss6;
	mtu = r->type & Runi? Maxpkt: r->ifc->maxtu - r->ifc->m->hlen;
	return mtu - hdr;
}

int
tcpmss(Tcb *t)
{
	return tcpmssfor(t->f, &t->c->laddr, &t->c->raddr);
}

/* The peer takes segments of m bytes of data and options; 0: it did not say. */
void
tcpsetmss(Tcb *t, int m)
{
	if(m == 0)
		m = isv4(&t->c->raddr)? Defmss4: Defmss6;
	if(m < Minmss)
		m = Minmss;
	t->peermss = m;
	t->mss = m;
	t->rt = nil;
	tcproute(t);
	ccinit(t);
}

/* What the window could be now. */
int
tcpspace(Tcb *t)
{
	Pktq *q;
	int limit;

	q = &t->c->rq;
	limit = ipshort() > 1? Leastbuffer: t->rlimit;
	if(q->len >= limit || q->size > 2*t->rlimit)
		return 0;
	return limit - q->len;
}

void
tcpinit(Conv *c)
{
	Tcb *t;

	t = c->pcb;
	t->c = c;
	t->f = c->f;
	t->rto = Firstrto;
	t->mss = t->peermss = 0;
	t->mss = isv4(&c->raddr)? Defmss4: Defmss6;
	t->sndscale = -1;
	t->limit = t->rlimit = Buffer;
	t->dupthresh = Dupthresh;
	t->quick = 16;
	t->rtimer.f = tcprto;
	t->rtimer.arg = t;
	t->heard = t->progress = t->f->now;
}

static char*
tcpcreate(Conv *c)
{
	if(tcpstack(c->f) == nil)
		return Enomem;
	tcpinit(c);
	return nil;
}

static void
keepalive(void *a)
{
	Tcb *t;
	vlong idle;

	t = a;
	if(t->state == Time_wait || t->state == Finwait2 && t->closed){
		tcpend(t, nil);
		tcpgone(t);
		return;
	}
	if(t->keepms == 0 || t->state != Established && t->state != Close_wait)
		return;
	idle = t->f->now - t->heard;
	if(idle < t->keepms){
		tickset(t->f, &t->ktimer, t->keepms - idle);
		return;
	}
	if(t->nkeep >= Keepprobes){
		tcpabort(t, Etimedout);
		tcpgone(t);
		return;
	}
	t->nkeep++;
	TSTAT(t->f)[KeepAlives]++;
	tcpsend(t, t->una-1, 0, ACK);		/* 3.8.4: what the peer must answer */
	tickset(t->f, &t->ktimer, t->keepms);
}

static void
after(Tcb *t, uvlong ms)
{
	t->ktimer.f = keepalive;
	t->ktimer.arg = t;
	tickoff(&t->ktimer);
	tickset(t->f, &t->ktimer, ms);
}

void
tcpstate(Tcb *t, int state)
{
	iplog(t->f, Logtcp, &t->c->raddr, "tcp %d: %s -> %s\n", t->c->x, statenames[t->state], statenames[state]);
	if(t->state >= Established && state == Closed)
		TSTAT(t->f)[CurrEstab]--;
	if(t->state < Established && state >= Established)
		TSTAT(t->f)[CurrEstab]++;
	t->state = state;
	if(state == Finwait2 && t->closed)
		after(t, Orphan);
	if(state == Time_wait){
		tickoff(&t->rtimer);
		after(t, Msl2);
		convend(t->c, nil);
	}
}

/* The three segments are through. */
void
tcpestablished(Tcb *t)
{
	tcpstate(t, Established);
	t->backoff = 0;
	t->progress = t->f->now;
	tickoff(&t->rtimer);
	if(t->ts == 0)
		t->tsrecent = 0;
	if(t->sndscale < 0)
		t->rcvscale = 0;
	t->c->state = Connected;
	if(t->keepms)
		after(t, t->keepms);
	convwake(t->c, Wstate|Wroom);
}

static void
freequeues(Tcb *t)
{
	Ooo *o;

	freeblist(t->sq);
	t->sq = t->sqlast = t->cur = nil;
	t->sqlen = 0;
	while((o = t->ooo) != nil){
		t->ooo = o->next;
		freeblist(o->b);
		free(o);
	}
	t->nooo = t->oooben = 0;
	tickoff(&t->rtimer);
	tickoff(&t->atimer);
	tickoff(&t->ktimer);
}

/* The connection is no more.  What came in order may still be read. */
void
tcpend(Tcb *t, char *why)
{
	if(t->state == Closed)
		return;
	tcpstate(t, Closed);
	freequeues(t);
	convunhash(t->c);
	if(t->c->state == Connecting)
		t->c->state = Connected;	/* it was used, and failed */
	convend(t->c, why);
}

/* End it and tell the peer. */
void
tcpabort(Tcb *t, char *why)
{
	if(t->state >= Syn_received && t->state != Time_wait){
		TSTAT(t->f)[OutRsts]++;
		tcpsend(t, t->nxt, 0, RST|ACK);
	}
	tcpend(t, why);
}

/* Free what neither the network nor a user wants any more. */
void
tcpgone(Tcb *t)
{
	Conv *c;

	c = t->c;
	if(!t->closed || c->inuse > 0 || c->from != nil || t->state != Closed && t->state != Time_wait)
		return;
	if(t->state == Time_wait){
		twadd(t);
		tcpstate(t, Closed);
	}
	freequeues(t);
	convfree(c);
}

static char*
tcpconnect(Conv *c, char **w, int n)
{
	Tcb *t;
	char *e;

	e = convconnect(c, w, n);
	if(e != nil)
		return e;
	t = c->pcb;
	if(ismcast(&c->raddr) || routetype(c->f, &c->raddr) & (Rbcast|Rmulti)){
		convunhash(c);
		c->state = Idle;
		return "no connection to a multicast address";
	}
	twforget(c->f, c);
	tcpinit(c);
	t->iss = tcpisn(c->f, &c->laddr, c->lport, &c->raddr, c->rport);
	t->tsoff = tcptsoff(c->f, &c->laddr, &c->raddr);
	t->una = t->iss;
	t->nxt = t->iss+1;
	TSTAT(c->f)[ActiveOpens]++;
	tcpstate(t, Syn_sent);
	t->timing = 1;
	t->rttseq = t->nxt;
	t->rttstart = c->f->nowus;
	tickset(c->f, &t->rtimer, t->rto);
	tcpsend(t, t->iss, 0, SYN);
	return nil;
}

static char*
tcpannounce(Conv *c, char **w, int n)
{
	char *e;

	e = convannounce(c, w, n);
	if(e != nil)
		return e;
	tcpinit(c);
	tcpstate(c->pcb, Listen);
	return nil;
}

/* The user has no more to say. */
static void
shut(Tcb *t)
{
	t->closed = 1;
	switch(t->state){
	case Listen:
	case Syn_sent:
		tcpend(t, nil);
		break;
	case Syn_received:
		tcpabort(t, nil);
		break;
	case Established:
	case Close_wait:
		t->fin = 1;
		t->progress = t->f->now;
		tcpoutput(t);
		break;
	case Finwait2:
		after(t, Orphan);
		break;
	}
}

static void
tcpclose(Conv *c)
{
	Tcb *t;

	t = c->pcb;
	if(c->from != nil)		/* still waiting to be listened to */
		return;
	qclear(&c->rq);
	if(t->state == Closed)
		t->closed = 1;
	else
		shut(t);
	tcpgone(t);
}

/* What is left to read is thrown away: the user wants none of it. */
static char*
closectl(Conv *c)
{
	Tcb *t;

	t = c->pcb;
	convend(c, nil);
	if(!t->closed)
		shut(t);
	return nil;
}

static char*
hangupctl(Conv *c)
{
	Tcb *t;

	t = c->pcb;
	t->closed = 1;
	qclear(&c->rq);
	if(t->state == Closed)
		convend(c, Ehungup);
	else
		tcpabort(t, Ehungup);
	return nil;
}

static char*
keepctl(Conv *c, char **w, int n)
{
	Tcb *t;
	int ms;

	t = c->pcb;
	ms = n > 1? atoi(w[1]): 2*3600*1000/Keepprobes;
	if(ms <= 0)
		return Ebadarg;
	if(ms < 100)
		ms = 100;
	t->keepms = ms;
	if(t->state >= Established)
		after(t, ms);
	return nil;
}

static char*
tcpctl(Conv *c, char **w, int n)
{
	if(strcmp(w[0], "hangup") == 0)
		return hangupctl(c);
	if(strcmp(w[0], "close") == 0)
		return closectl(c);
	if(strcmp(w[0], "keepalive") == 0)
		return keepctl(c, w, n);
	if(strcmp(w[0], "checksum") == 0){
		if(n > 1 && atoi(w[1]) == 0)
			return "checksums are not optional";
		return nil;
	}
	if(strcmp(w[0], "tcpporthogdefense") == 0){
		if(n != 2 || strcmp(w[1], "on") != 0 && strcmp(w[1], "off") != 0)
			return "usage: tcpporthogdefense on|off";
		return nil;		/* closed connections hold no conversation here, so none are hogged */
	}
	return "unknown control request";
}

static int
windowroom(Conv *c)
{
	Tcb *t;
	int limit;

	t = c->pcb;
	limit = ipshort() > 1? Leastbuffer: t->limit;
	if(t->state < Established || t->sqlen >= limit)
		return 0;
	return limit - t->sqlen;
}

/* Data to be sent: small pieces fill up the last Block. */
static char*
tcpwrite(Conv *c, Block *b)
{
	Tcb *t;
	Block *last, *nb;
	int n;

	t = c->pcb;
	if(t->fin || t->closed || t->state != Established && t->state != Close_wait){
		freeblist(b);
		if(c->cerr[0] != '\0')
			return c->cerr;
		return c->state == Connected? Ehungup: "not connected";
	}
	for(; b != nil; b = nb){
		nb = b->next;
		b->next = nil;
		n = BLEN(b);
		last = t->sqlast;
		t->sqlen += n;
		if(n == 0)
			freeb(b);
		else if(last != nil && last->lim - last->wp >= n && last->free == nil && n <= 1024){
			memmove(last->wp, b->rp, n);
			last->wp += n;
			freeb(b);
		}else{
			if(last == nil)
				t->sq = b;
			else
				last->next = b;
			t->sqlast = b;
		}
	}
	tcpoutput(t);
	return nil;
}

/*
 * A reader that has taken more than half of what may be queued within one round trip
 * is worth a larger window: what is on its way is then what holds the sender back.
 */
static void
grow(Tcb *t)
{
	if(t->srtt < Longway || t->f->now - t->drainedms < t->srtt/1000)
		return;
	if(t->rnxt - t->drained > t->rlimit/2 && t->rlimit < Maxbuffer && ipshort() == 0)
		t->rlimit *= 2;
	t->drained = t->rnxt;
	t->drainedms = t->f->now;
}

/* The reader has made room: the peer must hear of it if its window was small. */
static void
tcpdrained(Conv *c)
{
	Tcb *t;
	int told, space, most;

	t = c->pcb;
	if(t == nil || t->state < Established || t->state > Finwait2 || t->state == Close_wait)
		return;
	grow(t);
	told = GT(t->radv, t->rnxt)? t->radv - t->rnxt: 0;
	most = 65535<<t->rcvscale;	/* that can be said */
	if(most > t->rlimit)
		most = t->rlimit;
	if(told >= most/2)
		return;
	space = tcpspace(t);
	if(space > most)
		space = most;
	space -= told;
	if(space >= most/4 || space >= 2*t->mss && told < 2*t->mss)
		tcpack(t);
}

/* An ICMP error: RFC 5927 tells what not to believe. */
static void
tcpadvise(Ip *f, Block *b, Rx *rx, char *why, int hard, int mtu)
{
	Conv *c;
	Tcb *t;
	u32int seq;

	USED(hard);
	if(BLEN(b) < 8)
		goto out;
	c = convfind(&f->set[Xtcp], &rx->dst, get2(b->rp+2), &rx->src, get2(b->rp));
	if(c == nil)
		goto out;
	t = c->pcb;
	seq = get4(b->rp+4);
	if(LT(seq, t->una) || GE(seq, t->nxt))
		goto out;
	if(mtu != 0){
		if(t->state < Established || tcproute(t) == nil || mtu >= pathmtu(f, &c->raddr, t->rt))
			goto out;
		pathmtuset(f, &c->raddr, mtu);
		t->recovering = Loss;		/* 6.5 of RFC 1191: send it again, smaller; nobody is to blame */
		t->lossend = t->recover = t->nxt;
		t->rxt = t->una;
		tcpoutput(t);
		goto out;
	}
	if(t->state == Syn_sent)
		tcpend(t, hard? Econrefused: why);
	else
		convadvise(c, why, 0);
	tcpgone(t);
out:
	freeblist(b);
}

static char*
tcpstatus(Conv *c, char *s, char *e)
{
	Tcb *t;
	int now;

	t = c->pcb;
	if(t == nil)
		return seprint(s, e, "Closed qin 0 qout 0\n");
	now = t->f->now;
	return seprint(s, e, "%s qin %d qout %d rq %d.%d srtt %d mdev %d sst %ud cwin %ud swin %ud>>%d rwin %ud>>%d qscale %d"
		" timer.start %d timer.count %d rerecv %d katimer.start %d katimer.count %d\n",
		statenames[t->state], c->rq.len, (int)t->sqlen, t->nooo, t->oooben, t->srtt/1000, t->rttvar/1000,
		t->ssthresh, t->cwnd, t->wnd, t->sndscale > 0? t->sndscale: 0,
		GT(t->radv, t->rnxt)? t->radv - t->rnxt: 0, t->rcvscale, t->rcvscale,
		t->rto, t->rtimer.on? (int)(t->rtimer.when - now): 0, t->rerecv,
		t->keepms, t->ktimer.on? (int)(t->ktimer.when - now): 0);
}

static char*
tcpstats(Ip *f, char *s, char *e)
{
	u32int *stat;
	int i;

	stat = TSTAT(f);
	stat[MaxConn] = f->set[Xtcp].maxconv;
	stat[MaxSegment] = Maxpkt - V4hdr - Tcphdr;
	stat[HalfOpen] = tcpstack(f) != nil? tcpstack(f)->nhalf: 0;
	stat[TimeWaits] = tcpstack(f) != nil? tcpstack(f)->ntw: 0;
	for(i = 0; i < Ntcpstat; i++)
		s = seprint(s, e, "%s: %ud\n", statnames[i], stat[i]);
	return s;
}

Proto tcp = {
	.name = "tcp",
	.number = Ptcp,
	.pcbsize = sizeof(Tcb),
	.create = tcpcreate,
	.connect = tcpconnect,
	.announce = tcpannounce,
	.ctl = tcpctl,
	.write = tcpwrite,
	.room = windowroom,
	.drained = tcpdrained,
	.close = tcpclose,
	.input = tcpin,
	.advise = tcpadvise,
	.status = tcpstatus,
	.stats = tcpstats,
};
