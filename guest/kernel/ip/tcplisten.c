/*
 * TCP connections that are not conversations: those that somebody has asked for
 * but not confirmed (Half), which cost a hundred bytes and are bounded, with SYN cookies
 * (RFC 4987, 3.6) beyond that; and those that are over but whose last segments may
 * still be about (Tw, the state TIME-WAIT).  So neither a flood of SYNs nor a busy server's
 * past uses up conversations.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

enum {
	Maxhalf		= 1024,
	Maxtw		= 4096,
	Halfscan	= 250,		/* ms */
	Maxtries	= 5,
	Countms		= 64*1024,	/* of a cookie's clock */
};

static ushort cookiemss[8] = { 216, 536, 1200, 1360, 1440, 1460, 8960, 65495 };

typedef struct Tuple Tuple;
struct Tuple {
	Ipaddr	laddr;
	Ipaddr	raddr;
	u32int	ports;
	u32int	x;
	u32int	y;
};

static u32int
hashtuple(Ip *f, Ipaddr *laddr, int lport, Ipaddr *raddr, int rport, u32int x, u32int y)
{
	Tuple t;

	t.laddr = *laddr;
	t.raddr = *raddr;
	t.ports = (u32int)lport<<16 | rport;
	t.x = x;
	t.y = y;
	return siphash(f->secret, &t, sizeof t);
}

Tcpstack*
tcpstack(Ip *f)
{
	if(f->tcp == nil)
		f->tcp = mallocz(sizeof(Tcpstack), 1);
	return f->tcp;
}

/* An initial sequence number: RFC 6528, 3, with a clock of 4 us. */
u32int
tcpisn(Ip *f, Ipaddr *laddr, int lport, Ipaddr *raddr, int rport)
{
	return hashtuple(f, laddr, lport, raddr, rport, 0, 0) + (u32int)(f->nowus/4);
}

/* Where time stamps between two hosts begin: the same for all their connections, so that they only go forward. */
u32int
tcptsoff(Ip *f, Ipaddr *laddr, Ipaddr *raddr)
{
	return hashtuple(f, laddr, 0, raddr, 0, 1, 0);
}

static int
chain(Ip *f, Ipaddr *laddr, int lport, Ipaddr *raddr, int rport)
{
	return hashtuple(f, laddr, lport, raddr, rport, 2, 0) & 0xFF;
}

static Half**
halfof(Ip *f, Rx *rx, Seg *s)
{
	Tcpstack *ts;
	Half **l, *h;

	ts = f->tcp;
	for(l = &ts->half[chain(f, &rx->dst, s->dport, &rx->src, s->sport)]; (h = *l) != nil; l = &h->next)
		if(h->lport == s->dport && h->rport == s->sport && ipeq(&h->raddr, &rx->src) && ipeq(&h->laddr, &rx->dst))
			break;
	return l;
}

static void
drophalf(Tcpstack *ts, Half **l)
{
	Half *h;

	h = *l;
	*l = h->next;
	free(h);
	ts->nhalf--;
}

/* SYN and ACK for a half. */
static void
synack(Ip *f, Half *h)
{
	uchar opt[Maxopt];
	int n;

	opt[0] = 2;
	opt[1] = 4;
	put2(opt+2, tcpmssfor(f, &h->laddr, &h->raddr));
	n = 4;
	if(h->sackok){
		opt[n] = opt[n+1] = 1;
		opt[n+2] = 4;
		opt[n+3] = 2;
		n += 4;
	}
	if(h->wscale >= 0){
		opt[n] = 1;
		opt[n+1] = opt[n+2] = 3;
		opt[n+3] = Wscale;
		n += 4;
	}
	if(h->ts){
		opt[n] = opt[n+1] = 1;
		opt[n+2] = 8;
		opt[n+3] = 10;
		put4(opt+n+4, tcptsclock(f, h->tsoff));
		put4(opt+n+8, h->tsrecent);
		n += Tsopt;
	}
	tcpraw(f, &h->laddr, h->lport, &h->raddr, h->rport, h->iss, h->irs+1, SYN|ACK, h->wnd, opt, n);
}

/* Say SYN again to those who did not hear it; forget those who never answer. */
static void
halfscan(void *a)
{
	Ip *f;
	Tcpstack *ts;
	Half **l, *h;
	int i;

	f = a;
	ts = f->tcp;
	for(i = 0; i < nelem(ts->half); i++)
		for(l = &ts->half[i]; (h = *l) != nil;){
			if(h->due > f->now){
				l = &h->next;
				continue;
			}
			if(h->tries >= Maxtries || f->now > h->until){
				TSTAT(f)[HalfDrops]++;
				drophalf(ts, l);
				continue;
			}
			h->tries++;
			h->due = f->now + (Firstrto<<h->tries);
			TSTAT(f)[RetransSegs]++;
			synack(f, h);
			l = &h->next;
		}
	if(ts->nhalf > 0)
		tickset(f, &ts->halftick, Halfscan);
}

/* A cookie holds all that a Half would: which size of segments, and that we made it, not long ago. */
static u32int
cookie(Ip *f, Rx *rx, Seg *s, u32int irs, int mss, u32int count)
{
	return (hashtuple(f, &rx->dst, s->dport, &rx->src, s->sport, irs, count<<3|mss|1u<<31) & ~7u) | mss;
}

static void
sendcookie(Ip *f, Rx *rx, Seg *s)
{
	uchar opt[4];
	int i, mss;

	mss = s->mss != 0? s->mss: rx->v == 4? Defmss4: Defmss6;
	for(i = nelem(cookiemss)-1; i > 0 && cookiemss[i] > mss; i--)
		;
	opt[0] = 2;
	opt[1] = 4;
	put2(opt+2, tcpmssfor(f, &rx->dst, &rx->src));
	TSTAT(f)[CookiesSent]++;
	tcpraw(f, &rx->dst, s->dport, &rx->src, s->sport, cookie(f, rx, s, s->seq, i, f->now/Countms),
		s->seq+1, SYN|ACK, Leastbuffer, opt, 4);
}

/* Is this the answer to a cookie?  Then *h is what we would have kept. */
static int
fromcookie(Ip *f, Rx *rx, Seg *s, Half *h)
{
	u32int c, count;
	int mss;

	if(TSTAT(f)[CookiesSent] == 0)
		return 0;
	c = s->ack - 1;
	mss = c & 7;
	count = f->now/Countms;
	if(cookie(f, rx, s, s->seq-1, mss, count) != c && cookie(f, rx, s, s->seq-1, mss, count-1) != c)
		return 0;
	memset(h, 0, sizeof *h);
	h->laddr = rx->dst;
	h->raddr = rx->src;
	h->lport = s->dport;
	h->rport = s->sport;
	h->irs = s->seq-1;
	h->iss = c;
	h->mss = cookiemss[mss];
	h->wscale = -1;
	h->wnd = Leastbuffer;
	h->tries = 1;
	TSTAT(f)[CookiesRecv]++;
	return 1;
}

/* Somebody calls. */
static void
newhalf(Conv *c, Rx *rx, Seg *s)
{
	Tcpstack *ts;
	Half *h, **l;
	Ip *f;

	f = c->f;
	ts = f->tcp;
	if(c->ncall >= c->maxcall){
		TSTAT(f)[ListenDrops]++;
		return;
	}
	if(ts->nhalf >= Maxhalf || (h = mallocz(sizeof *h, 1)) == nil){
		sendcookie(f, rx, s);
		return;
	}
	h->laddr = rx->dst;
	h->raddr = rx->src;
	h->lport = s->dport;
	h->rport = s->sport;
	h->irs = s->seq;
	h->iss = tcpisn(f, &rx->dst, s->dport, &rx->src, s->sport);
	h->mss = s->mss;
	h->wscale = s->wscale;
	h->wnd = ipshort() > 1? Leastbuffer: 65535;
	h->sackok = s->sackok;
	h->ts = s->ts;
	h->tsrecent = s->tsval;
	h->tsoff = tcptsoff(f, &rx->dst, &rx->src);
	h->sent = f->nowus;
	h->due = f->now + Firstrto;
	h->until = f->now + Halflife;
	l = &ts->half[chain(f, &h->laddr, h->lport, &h->raddr, h->rport)];
	h->next = *l;
	*l = h;
	ts->nhalf++;
	ts->halftick.f = halfscan;
	ts->halftick.arg = f;
	if(!ts->halftick.on)
		tickset(f, &ts->halftick, Halfscan);
	synack(f, h);
}

/* The call is confirmed: it becomes a conversation that waits at the listener.  Nil: not now. */
static Tcb*
promote(Conv *c, Half *h, Seg *s)
{
	Conv *nc;
	Tcb *t;
	Ip *f;

	f = c->f;
	if(c->ncall >= c->maxcall || (nc = convnew(c->set, c->owner)) == nil){
		TSTAT(f)[ListenDrops]++;
		return nil;
	}
	nc->laddr = h->laddr;
	nc->raddr = h->raddr;
	nc->lport = h->lport;
	nc->rport = h->rport;
	nc->ttl = c->ttl;
	nc->tos = c->tos;
	nc->state = Connected;
	convhash(nc);
	tcpinit(nc);
	t = nc->pcb;
	t->iss = h->iss;
	t->una = t->nxt = h->iss+1;
	t->irs = h->irs;
	t->rnxt = h->irs+1;
	t->radv = t->rnxt + h->wnd;
	t->lastack = t->rnxt;
	t->ts = h->ts;
	t->tsoff = h->tsoff;
	t->tsrecent = h->tsrecent;
	t->tsrecentage = f->now;
	t->sackok = h->sackok;
	t->sndscale = h->wscale;
	t->rcvscale = h->wscale >= 0? Wscale: 0;
	tcpsetmss(t, h->mss);
	t->wnd = t->maxwnd = s->wnd<<(h->wscale > 0? h->wscale: 0);
	t->wl1 = s->seq;
	t->wl2 = s->ack;
	if(h->tries == 0)
		tcprtt(t, f->nowus - h->sent);
	else
		t->rto = Synlost;
	tcpestablished(t);
	TSTAT(f)[PassiveOpens]++;
	convcall(c, nc);
	return t;
}

/* A segment for which there is no connection, but a listener: 3.10.7.2. */
Tcb*
tcplisten(Conv *c, Rx *rx, Seg *s)
{
	Tcpstack *ts;
	Half **l, *h, fake;
	Tcb *t;
	Ip *f;

	f = c->f;
	ts = f->tcp;
	l = halfof(f, rx, s);
	h = *l;
	if(s->flags & RST){
		if(h != nil && s->seq == h->irs+1)
			drophalf(ts, l);
		return nil;
	}
	if((s->flags & (SYN|ACK)) == SYN){
		if(h != nil && s->seq == h->irs){
			synack(f, h);
			return nil;
		}
		if(h != nil)
			drophalf(ts, l);
		newhalf(c, rx, s);
		return nil;
	}
	if(s->flags & SYN || (s->flags & ACK) == 0){
		if(s->flags & ACK)
			tcpreset(f, rx, s);
		return nil;
	}
	if(h == nil || s->ack != h->iss+1){	/* a SYN that came twice may have had a cookie and then a Half */
		if(!fromcookie(f, rx, s, &fake)){
			tcpreset(f, rx, s);
			return nil;
		}
		h = &fake;
	}
	if(h->ts && s->ts && (int)(s->tsval - h->tsrecent) < 0 || LT(s->seq, h->irs+1) || GT(s->seq, h->irs+1+65535))
		return nil;		/* old, or not within the window */
	t = promote(c, h, s);
	if(t != nil && *(l = halfof(f, rx, s)) != nil)
		drophalf(ts, l);
	return t;
}

static void
twdrop(Tcpstack *ts, Ip *f, Tw *w)
{
	Tw **l;

	for(l = &ts->tw[chain(f, &w->laddr, w->lport, &w->raddr, w->rport)]; *l != w; l = &(*l)->next)
		;
	*l = w->next;
	if(w->older != nil)
		w->older->newer = w->newer;
	else
		ts->oldest = w->newer;
	if(w->newer != nil)
		w->newer->older = w->older;
	else
		ts->newest = w->older;
	ts->ntw--;
	free(w);
}

static void
twexpire(void *a)
{
	Ip *f;
	Tcpstack *ts;

	f = a;
	ts = f->tcp;
	while(ts->oldest != nil && ts->oldest->until <= f->now)
		twdrop(ts, f, ts->oldest);
	if(ts->oldest != nil)
		tickset(f, &ts->twtick, ts->oldest->until - f->now);
}

static Tw*
twfind(Ip *f, Ipaddr *laddr, int lport, Ipaddr *raddr, int rport)
{
	Tcpstack *ts;
	Tw *w;

	ts = f->tcp;
	if(ts->ntw == 0)
		return nil;
	for(w = ts->tw[chain(f, laddr, lport, raddr, rport)]; w != nil; w = w->next)
		if(w->lport == lport && w->rport == rport && ipeq(&w->raddr, raddr) && ipeq(&w->laddr, laddr))
			return w;
	return nil;
}

/* A connection in TIME-WAIT that its user has left. */
void
twadd(Tcb *t)
{
	Tcpstack *ts;
	Conv *c;
	Tw *w, **l;

	ts = t->f->tcp;
	c = t->c;
	if(ts->ntw >= Maxtw)
		twdrop(ts, t->f, ts->oldest);
	w = mallocz(sizeof *w, 1);
	if(w == nil)
		return;
	w->laddr = c->laddr;
	w->raddr = c->raddr;
	w->lport = c->lport;
	w->rport = c->rport;
	w->snxt = t->nxt;
	w->rnxt = t->rnxt;
	w->ts = t->ts;
	w->tsrecent = t->tsrecent;
	w->tsoff = t->tsoff;
	w->until = t->f->now + Msl2;
	l = &ts->tw[chain(t->f, &w->laddr, w->lport, &w->raddr, w->rport)];
	w->next = *l;
	*l = w;
	w->older = ts->newest;
	if(ts->newest != nil)
		ts->newest->newer = w;
	else
		ts->oldest = w;
	ts->newest = w;
	ts->ntw++;
	ts->twtick.f = twexpire;
	ts->twtick.arg = t->f;
	if(!ts->twtick.on)
		tickset(t->f, &ts->twtick, Msl2);
}

void
twforget(Ip *f, Conv *c)
{
	Tw *w;

	w = twfind(f, &c->laddr, c->lport, &c->raddr, c->rport);
	if(w != nil)
		twdrop(f->tcp, f, w);
}

/* Is it a SYN that may use the addresses of a connection in TIME-WAIT, which had these time stamps and came as far as rnxt? */
int
tcpnewer(Seg *s, int ts, u32int tsrecent, u32int rnxt)
{
	return (s->flags & (SYN|ACK|RST)) == SYN && (ts && s->ts && (int)(s->tsval - tsrecent) > 0 || GT(s->seq, rnxt));
}

/*
 * A segment for a connection in TIME-WAIT.  A new SYN that is newer by time stamp or
 * sequence number may use the addresses again (RFC 6191); all else that is not RST is
 * told where we are.  Resets are ignored, RFC 1337.
 */
int
tcptw(Ip *f, Rx *rx, Seg *s)
{
	uchar opt[Tsopt];
	Tw *w;

	if(tcpstack(f) == nil)
		return 0;
	w = twfind(f, &rx->dst, s->dport, &rx->src, s->sport);
	if(w == nil)
		return 0;
	if(tcpnewer(s, w->ts, w->tsrecent, w->rnxt)){
		twdrop(f->tcp, f, w);
		return 0;
	}
	if(s->flags & RST || s->len == 0 && (s->flags & (SYN|FIN)) == 0 && s->seq == w->rnxt)
		return 1;
	opt[0] = opt[1] = 1;
	opt[2] = 8;
	opt[3] = 10;
	put4(opt+4, tcptsclock(f, w->tsoff));
	put4(opt+8, w->tsrecent);
	tcpraw(f, &w->laddr, w->lport, &w->raddr, w->rport, w->snxt, w->rnxt, ACK, 65535>>Wscale, opt, w->ts? Tsopt: 0);
	return 1;
}
