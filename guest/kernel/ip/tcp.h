/*
 * TCP: what its files share.  tcp.c is the user's side, tcpin.c what arrives,
 * tcpout.c what is sent, tcprtx.c what is sent again, tcplisten.c connections
 * before they are conversations and after, cubic.c how fast.  RFC 9293 unless
 * another is named.
 */
typedef struct Half	Half;
typedef struct Ooo	Ooo;
typedef struct Range	Range;
typedef struct Seg	Seg;
typedef struct Tcb	Tcb;
typedef struct Tcpstack	Tcpstack;
typedef struct Tw	Tw;

/* a comes before b: sequence numbers are a circle (3.4) */
#define LT(a, b)	((int)((u32int)(a)-(u32int)(b)) < 0)
#define LE(a, b)	((int)((u32int)(a)-(u32int)(b)) <= 0)
#define GT(a, b)	LT(b, a)
#define GE(a, b)	LE(b, a)

enum {
	FIN	= 0x01,
	SYN	= 0x02,
	RST	= 0x04,
	PSH	= 0x08,
	ACK	= 0x10,
	URG	= 0x20,
	CWR	= 0x80,		/* RFC 3168 */

	/* Tcb.state */
	Closed	= 0,
	Listen,
	Syn_sent,
	Syn_received,
	Established,
	Finwait1,
	Finwait2,
	Close_wait,
	Closing,
	Last_ack,
	Time_wait,

	Tcphdr	= 20,
	Tsopt	= 12,		/* bytes of a time stamp option with its padding */
	Maxopt	= 40,
	Defmss4	= 536,		/* 3.7.1: of a peer that says nothing */
	Defmss6	= 1220,
	Minmss	= 88,		/* less is an attack */
	Maxsack	= 32,		/* ranges of the scoreboard */
	Maxagain = 32,
	Sackblocks = 4,		/* in a segment */
	Dupthresh = 3,		/* RFC 5681, RFC 6675 */
	Maxdupthresh = 64,	/* on a path that reorders */

	Buffer	= 512*1024,	/* bytes that a connection may queue, each way, at first */
	Maxbuffer = 4*1024*1024, /* and if the way is long and fast; */
	Longway	= 1000,		/* us: more in flight over less would only leave the cache */
	Leastbuffer = 16*1024,	/* the same when memory is short */
	Wscale	= 6,		/* what we ask for: windows up to 4 MiB */

	/* ms */
	Minrto	= 200,		/* less than RFC 6298, (2.4), as others do; delayed acks are within 40 */
	Firstrto = 1000,
	Synlost	= 3000,		/* RFC 6298, 5.7: at first, if SYN had to be sent again */
	Maxrto	= 60*1000,
	Delack	= 40,		/* 3.8.6.3: at most 500 */
	Memwait	= 100,		/* until what there was no memory for is tried again */
	Shortack = 1,		/* when there are more than one to acknowledge */
	Giveup	= 9*60*1000,	/* without an answer to data, 3.8.3 */
	Synlife	= 3*60*1000,	/* and to a SYN */
	Halflife = 60*1000,
	Msl2	= 60*1000,
	Orphan	= 2*60*1000,	/* closed, and the peer takes nothing */
	Keepprobes = 9,

	/* Tcb.recovering */
	Fast	= 1,
	Loss,

	/* Tcb.ackneed */
	Later	= 1,
	Now,

	/* Convset.stat */
	MaxConn = 0, MaxSegment, ActiveOpens, PassiveOpens, EstabResets, CurrEstab, InSegs, OutSegs,
	RetransSegs, RetransSegsSent, RetransTimeouts, InErrs, OutRsts, CsumErrs, HlenErrs, LenErrs,
	OutOfOrder, ResequenceDrops, Recoveries, CookiesSent, CookiesRecv, HalfOpen, HalfDrops, ListenDrops,
	ChallengeAcks, TimeWaits, KeepAlives, ZeroProbes, Ntcpstat,
};

struct Range {
	u32int	lo;
	u32int	hi;		/* first behind */
};

/* What a segment says. */
struct Seg {
	ushort	sport;
	ushort	dport;
	u32int	seq;
	u32int	ack;
	uchar	flags;
	u32int	wnd;		/* as it stands in the header */
	int	hlen;
	int	len;		/* bytes of data */
	int	nseg;		/* full segments, if it is several that were not cut; else 1 */
	int	mss;		/* 0: not there */
	int	wscale;		/* -1: not there */
	int	sackok;
	int	ts;		/* there is one */
	u32int	tsval;
	u32int	tsecr;
	int	nsack;
	Range	sack[Sackblocks];
};

/* Data that came before what should have. */
struct Ooo {
	Ooo	*next;
	u32int	seq;
	int	len;
	Block	*b;
};

struct Tcb {
	Conv	*c;
	Ip	*f;
	int	state;
	int	closed;		/* by its user: nobody reads or writes any more */

	/* sending */
	u32int	iss;
	u32int	una;
	u32int	nxt;
	u32int	wnd;		/* bytes */
	u32int	maxwnd;
	u32int	wl1;
	u32int	wl2;
	int	sndscale;
	int	mss;		/* bytes of data in a full segment */
	int	peermss;	/* what the peer takes */
	Block	*sq;		/* data from una on */
	Block	*sqlast;
	u32int	sqlen;
	Block	*cur;		/* where the last segment's data began, or nil */
	u32int	curseq;		/* of cur's first byte */
	int	fin;		/* follows the data */
	int	limit;		/* bytes that may be queued */
	int	rlimit;		/* the same, for the reader */
	u32int	drained;	/* rnxt, and ms, when rlimit was last looked at */
	uvlong	drainedms;

	/* receiving */
	u32int	irs;
	u32int	rnxt;
	u32int	radv;		/* right edge of the window that the peer knows of */
	int	rcvscale;
	Ooo	*ooo;
	int	nooo;
	int	oooben;		/* bytes of memory in ooo */
	u32int	recent[Sackblocks];	/* starts of what came out of order last, RFC 2018, 4 */
	int	nrecent;
	Range	dsack;		/* RFC 2883; lo == hi: nothing */
	int	rfin;
	u32int	rfinseq;
	int	ackneed;
	int	nsegs;		/* full ones since the last ack */
	int	stretch;	/* of which so many get one */
	uvlong	ratems;		/* in this ms ... */
	int	rate;		/* ... so many came */
	int	quick;		/* acks not to be delayed */

	/* options */
	int	sackok;
	int	ts;
	u32int	tsoff;
	u32int	tsrecent;
	uvlong	tsrecentage;	/* ms, when it was set */
	u32int	lastack;	/* the last acknowledgement sent, RFC 7323, 4.3 */

	/* round trip: RFC 6298; us */
	int	srtt;
	int	rttvar;
	int	rto;		/* ms */
	int	timing;
	u32int	rttseq;
	uvlong	rttstart;

	/* loss */
	Range	sack[Maxsack];	/* what the peer has beyond una, in order */
	int	nsack;
	u32int	sacked;		/* bytes of it */
	int	dupacks;
	int	dupthresh;	/* segments that must overtake one before it is lost */
	u32int	priorcwnd;	/* before the last recovery, and what was sent again in it */
	u32int	priorssthresh;
	int	undoable;	/* retransmissions not yet shown to be needless */
	int	recovering;
	u32int	recover;	/* nxt when it began */
	u32int	rxt;		/* below it everything lost was sent again */
	u32int	lossend;	/* Loss: below it everything unsacked is lost */
	int	backoff;
	uvlong	progress;	/* ms, when the peer last said anything useful */
	int	ptoset;		/* rtimer is for a probe of the tail */
	int	probing;	/* which is out */
	int	starved;	/* a segment was not sent, as there was no memory */
	int	calledagain;	/* SYN was sent again, not by the timer */
	struct {
		u32int	seq;	/* what was sent again ... */
		u32int	mark;	/* ... when nxt was this */
	} again[Maxagain];	/* a ring */
	int	nagain;

	/* congestion */
	u32int	cwnd;
	u32int	ssthresh;
	int	limited;	/* by cwnd, when data was last sent */
	u32int	wmax;		/* cubic's */
	u32int	west;
	uvlong	epoch;		/* ms, 0: none */
	int	k;		/* ms */

	Tick	rtimer;		/* retransmission, persist */
	int	persist;
	Tick	atimer;		/* delayed ack */
	Tick	ktimer;		/* keepalive; Time_wait, orphans */
	int	keepms;		/* 0: none */
	int	nkeep;		/* probes unanswered */
	uvlong	heard;		/* ms, the last segment */
	int	chacks;		/* challenge acks in the second of */
	uvlong	chtime;

	Route	*rt;
	ulong	rtgen;
	int	nocksum;
	int	rerecv;		/* bytes that came twice */
};

/* A connection that the peer has asked for and not confirmed. */
struct Half {
	Half	*next;
	Ipaddr	laddr;
	Ipaddr	raddr;
	ushort	lport;
	ushort	rport;
	u32int	irs;
	u32int	iss;
	u32int	tsrecent;
	u32int	tsoff;
	ushort	mss;
	schar	wscale;
	ushort	wnd;		/* as promised */
	uchar	sackok;
	uchar	ts;
	uchar	tries;
	uvlong	sent;		/* us: the first time */
	uvlong	due;		/* ms: SYN again */
	uvlong	until;
};

/* A connection that only waits for its ghosts to die: 3.6.1 */
struct Tw {
	Tw	*next;		/* hash chain */
	Tw	*older;
	Tw	*newer;
	Ipaddr	laddr;
	Ipaddr	raddr;
	ushort	lport;
	ushort	rport;
	u32int	snxt;
	u32int	rnxt;
	int	ts;
	u32int	tsrecent;
	u32int	tsoff;
	uvlong	until;		/* ms */
};

struct Tcpstack {
	Half	*half[256];
	int	nhalf;
	Tick	halftick;
	Tw	*tw[256];
	Tw	*oldest;
	Tw	*newest;
	int	ntw;
	Tick	twtick;
};

#define TSTAT(f)	((f)->set[Xtcp].stat)

/* tcp.c */
void	tcpstate(Tcb*, int);
void	tcpestablished(Tcb*);
void	tcpinit(Conv*);
int	tcpmssfor(Ip*, Ipaddr*, Ipaddr*);	/* what we can take from a peer: source, destination */
void	tcpabort(Tcb*, char*);		/* RST to the peer, why to the user */
void	tcpend(Tcb*, char*);		/* it is over: why, or nil */
void	tcpgone(Tcb*);			/* over, and if its user is gone too, free it */
int	tcpmss(Tcb*);			/* what we can take, for a SYN */
void	tcpsetmss(Tcb*, int);		/* what the peer said, 0: nothing */
int	tcpspace(Tcb*);			/* bytes of receive window there could be */

/* tcpin.c */
void	tcpin(Ip*, Block*, Rx*);
int	tcpparse(Block*, Seg*);		/* header in one Block; -1: malformed */

/* tcpout.c */
Route*	tcproute(Tcb*);
void	tcpoutput(Tcb*);		/* all that may be sent now */
void	tcpsend(Tcb*, u32int, int, int);	/* seq, len, flags */
void	tcpack(Tcb*);
void	tcpsyn(Tcb*);			/* again */
int	tcproom(Tcb*);			/* bytes of data that fit a segment */
void	tcpchallenge(Tcb*);		/* RFC 5961 */
void	tcpreset(Ip*, Rx*, Seg*);	/* answer to a segment of no connection */
void	tcpraw(Ip*, Ipaddr*, int, Ipaddr*, int, u32int, u32int, int, int, uchar*, int);
u32int	tcptsclock(Ip*, u32int);

/* tcprtx.c */
void	tcprtt(Tcb*, int);		/* us */
void	tcparm(Tcb*);
void	tcprearm(Tcb*);			/* the peer has acknowledged something */
void	tcpresend(Tcb*, u32int, int);	/* data that was lost: seq, bytes */
void	tcprto(void*);
void	tcpsack(Tcb*, Seg*);
int	tcpisdsack(Seg*);		/* does it tell of a duplicate? */
u32int	tcplost(Tcb*);			/* below it what is unsacked is lost */
u32int	tcppipe(Tcb*);
int	tcphole(Tcb*, u32int*, int*);	/* next to send again: seq, len */
void	tcpacked(Tcb*, u32int);		/* una has moved by so many bytes: recovery */
void	tcpdupack(Tcb*);

/* cubic.c */
void	ccinit(Tcb*);
void	ccacked(Tcb*, u32int);
void	ccloss(Tcb*, int);		/* by timeout? */
void	ccidle(Tcb*);

/* tcplisten.c */
Tcpstack* tcpstack(Ip*);		/* nil: no memory */
Tcb*	tcplisten(Conv*, Rx*, Seg*);	/* a segment for a listener; whose it is if it made a connection */
int	tcpnewer(Seg*, int, u32int, u32int);	/* a SYN later than a connection that is over: RFC 6191 */
int	tcptw(Ip*, Rx*, Seg*);		/* a segment of the dead: nonzero if it was that */
void	twadd(Tcb*);
void	twforget(Ip*, Conv*);		/* its addresses are used anew */
u32int	tcptsoff(Ip*, Ipaddr*, Ipaddr*);
u32int	tcpisn(Ip*, Ipaddr*, int, Ipaddr*, int);
