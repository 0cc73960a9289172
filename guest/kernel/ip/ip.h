/*
 * The IP stack.  Its core (every file here but dev*.c, which are the kernel's
 * side of it) is a machine without processes: it is entered with a packet, a
 * request or the time, runs to completion, never sleeps, never raises an error
 * and takes no lock.  The kernel is not preempted, so whoever is in the core is
 * alone there; a host program that links the core (tests/host/ip) must see to
 * that itself.  Everything that could be found wrong in a packet is found
 * before it is used, and everything that a stranger can make grow is bounded.
 *
 * Include after u.h, lib.h, dat.h and qio.h.  Functions that return char* return
 * nil or the text of an error.  A Block list given to a function is gone.
 */
typedef union Ipaddr	Ipaddr;
typedef struct Addrent	Addrent;
typedef struct Call	Call;
typedef struct Conv	Conv;
typedef struct Convset	Convset;
typedef struct Fragq	Fragq;
typedef struct Ifc	Ifc;
typedef struct Ip	Ip;
typedef struct Lifc	Lifc;
typedef struct Medium	Medium;
typedef struct Neigh	Neigh;
typedef struct Pathmtu	Pathmtu;
typedef struct Pktq	Pktq;
typedef struct Proto	Proto;
typedef struct Route	Route;
typedef struct Rnode	Rnode;
typedef struct Rx	Rx;
typedef struct Tick	Tick;
typedef struct Wheel	Wheel;

/* An address; IPv4 is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).  Network byte order. */
union Ipaddr {
	uchar	b[16];
	u32int	w[4];
};

enum {
	V4off	= 12,		/* of the four bytes of an IPv4 address in an Ipaddr */
	V4hdr	= 20,
	V6hdr	= 40,
	Maxpkt	= 65535,

	/* numbers in the header (IANA) */
	Picmp	= 1,
	Ptcp	= 6,
	Pudp	= 17,
	Picmp6	= 58,
	P6hop	= 0,		/* IPv6 extension headers, RFC 8200, 4 */
	P6route	= 43,
	P6frag	= 44,
	P6none	= 59,
	P6dest	= 60,

	/* protocols, by place in protos[] and Ip.set[] */
	Xtcp	= 0,
	Xudp,
	Xicmp,
	Xicmp6,
	Xipifc,
	Nproto,

	/* Conv.state */
	Idle	= 0,
	Announced,
	Connecting,
	Connected,

	/* Route.type */
	Rv4	= 1<<0,
	Rifc	= 1<<1,		/* directly connected */
	Runi	= 1<<2,		/* our own address */
	Rbcast	= 1<<3,
	Rmulti	= 1<<4,
	Rptpt	= 1<<5,
	Rself	= Runi|Rbcast|Rmulti,

	/* Conv.wake's reasons; also what a reader waits for */
	Wdata	= 1<<0,
	Wroom	= 1<<1,
	Wstate	= 1<<2,
	Wcall	= 1<<3,
	Werr	= 1<<4,

	Hashsize = 512,		/* chains of conversations of a protocol; power of two */
	Levels	= 6,		/* of the timer wheel */
	Slots	= 64,
	Maxmac	= 8,
	Ethhdr	= 14,
	Maxlo	= 256,		/* power of two */

	Logtcp	= 1<<0,
	Logudp	= 1<<1,
	Logicmp	= 1<<2,
	Logip	= 1<<3,
	Logarp	= 1<<4,
	Logfs	= 1<<5,
};

/* Something to be done at a time.  tick.c; owned by what it is part of. */
struct Tick {
	Tick	*next;
	Tick	*prev;
	uvlong	due;		/* ms: when it sits in the wheel; fires, or moves on to when */
	uvlong	when;		/* ms: when it is wanted, never before due */
	void	(*f)(void*);
	void	*arg;
	int	on;
};

struct Wheel {
	uvlong	now;		/* ms, how far it has turned */
	uvlong	used[Levels];	/* bit of each slot that holds something */
	Tick	slot[Levels][Slots];	/* heads of rings; next is nil until used */
};

/* Packets (or pieces of a stream) waiting for somebody. */
struct Pktq {
	Block	*first;
	Block	*last;
	int	n;		/* Blocks: of datagrams one each */
	int	len;		/* bytes of data */
	int	size;		/* bytes of memory */
};

/* A packet on its way up: what the IP layer found out.  The data lives in b. */
struct Rx {
	Ifc	*ifc;
	Ipaddr	src;
	Ipaddr	dst;
	uchar	v;		/* 4 or 6 */
	uchar	proto;
	uchar	ttl;
	uchar	tos;
	ushort	hlen;		/* of the IP headers, which end where b->rp is */
	ushort	rtype;		/* of the route that made it ours: Runi, Rbcast or Rmulti */
};

struct Route {
	Ipaddr	dst;
	Ipaddr	gate;
	Ifc	*ifc;		/* nil: found by the gateway each time */
	Lifc	*lifc;
	uchar	plen;		/* bits of the prefix, 0 to 128; IPv4's begin at 96 */
	uchar	type;
	char	tag[5];
	ushort	ref;		/* how often it was added (our own addresses) */
	ulong	gen;		/* ifc was looked up when Ip.routegen was this */
	Route	*next;		/* the same prefix, other interfaces */
};

/* One conversation of a protocol: a directory with ctl, data ... */
struct Conv {
	Convset	*set;
	Ip	*f;
	int	x;		/* its number */
	int	state;
	Ipaddr	laddr;		/* announced: all zero any, 0.0.0.0 any IPv4 */
	Ipaddr	raddr;
	ushort	lport;
	ushort	rport;
	uchar	hashed;		/* 1: in set->pair, 2: in set->listen */
	uchar	headers;	/* of udp, icmpv6 */
	uchar	ttl;		/* 0: as usual */
	uchar	tos;
	uchar	ignoreadvice;
	uchar	restricted;	/* local port below 1024, as asked for by !r */
	uchar	ended;		/* reads give what is queued, then the end or cerr */
	ushort	maxfrag;
	Conv	*next;		/* in its hash chain */
	Conv	*pnext;		/* in set->port */
	char	cerr[64];	/* why it ended, empty: in good order */
	char	err[64];	/* the last advice, for the file err */
	int	nerr;		/* advice not yet read */

	/* calls that wait to be listened to */
	Conv	*callfirst;
	Conv	*calllast;
	Conv	*callnext;
	Conv	*from;		/* whose call it is until it is taken */
	int	ncall;
	int	maxcall;

	Pktq	rq;
	int	rlimit;		/* bytes of rq */
	Pktq	snoop;		/* copies for snoop, while snoopers */
	int	snoopers;

	Addrent	*groups;	/* multicast groups it joined */

	/* the file server's */
	int	inuse;		/* open files; what keeps it */
	int	taken;		/* not free */
	char	*owner;
	int	perm;
	void	*waiters;
	int	neof;

	void	*pcb;		/* the protocol's own */
};

/* A multicast group of a conversation. */
struct Addrent {
	Addrent	*next;
	Ipaddr	ifa;
	Ipaddr	group;
};

struct Proto {
	char	*name;
	int	number;			/* in the IP header, or -1 */
	int	pcbsize;
	char*	(*create)(Conv*);	/* pcb is cleared memory */
	char*	(*connect)(Conv*, char**, int);
	char*	(*announce)(Conv*, char**, int);
	char*	(*ctl)(Conv*, char**, int);	/* what the generic words do not cover */
	char*	(*write)(Conv*, Block*);	/* one write's data */
	int	(*room)(Conv*);		/* bytes that may be written now; nil: always */
	void	(*drained)(Conv*);	/* the reader took something */
	void	(*close)(Conv*);	/* the last file is closed; ends in convfree, now or later */
	void	(*input)(Ip*, Block*, Rx*);
	void	(*advise)(Ip*, Block*, Rx*, char*, int, int);	/* quoted packet, text, hard?, mtu or 0 */
	char*	(*status)(Conv*, char*, char*);	/* seprint-like */
	char*	(*stats)(Ip*, char*, char*);
};

/* The conversations of one protocol in one stack. */
struct Convset {
	Proto	*p;
	Ip	*f;
	int	x;		/* its place in protos[] */
	Conv	**conv;
	int	nconv;		/* that exist */
	int	maxconv;
	int	hint;		/* those below are all taken */
	Conv	*pair[Hashsize];	/* connected, by all four */
	Conv	*listen[Hashsize];	/* announced, by local port */
	Conv	*port[Hashsize];	/* all with a local port */
	u32int	stat[48];
};

struct Medium {
	char	*name;
	int	hlen;		/* of its link header */
	int	mintu;		/* with the header */
	int	maxtu;
	int	maclen;
	int	devices;	/* words of bind after the medium's name, at least */
	char*	(*bind)(Ifc*, char**, int);
	void	(*unbind)(Ifc*);
	void	(*out)(Ifc*, Block*, int, Ipaddr*);	/* packet, 4 or 6, next hop */
	void	(*join)(Ifc*, Ipaddr*);
	void	(*leave)(Ifc*, Ipaddr*);
	int	unbindonclose;
};

/* An address of an interface. */
struct Lifc {
	Lifc	*next;
	Ipaddr	local;
	Ipaddr	mask;
	Ipaddr	remote;		/* the peer, point to point, or the network */
	Ipaddr	net;
	uchar	tentative;	/* being tried: RFC 4862, 5.4 */
	uchar	ptpt;
	uchar	onlink;
	uchar	autoconf;
	u32int	validlt;	/* s, ~0: for good */
	u32int	preflt;
	uvlong	origin;		/* ms, when these were set */
};

struct Ifc {
	Ip	*f;
	Conv	*c;
	Medium	*m;		/* nil: not bound */
	int	binding;
	char	dev[64];
	int	maxtu;		/* with the link header */
	int	mosttu;		/* that the link can carry */
	int	longest;	/* a TCP packet may have so many bytes, as the device cuts it; or 0 */
	Lifc	*lifc;
	Route	link;		/* what goes out here because it says so: multicast, link local */
	uchar	mac[Maxmac];
	int	reassemble;
	u32int	in;
	u32int	out;
	u32int	inerr;
	u32int	outerr;
	void	*arg;		/* the medium's */
	void	(*xmit)(Ifc*, Block*);	/* ether: a frame for the wire */

	/* IPv6 routers and hosts: RFC 4861, 6.2.1 and 6.3.2 */
	int	sendra;
	int	recvra;
	int	mflag;
	int	oflag;
	int	maxraint;	/* ms */
	int	minraint;	/* ms */
	int	linkmtu;
	int	reachtime;	/* ms */
	int	rxmitra;	/* ms */
	int	ttl;
	int	routerlt;	/* s */
};

/* A node of the routing trie. */
struct Rnode {
	Rnode	*child[2];
	Route	*routes;	/* of exactly this prefix */
	Ipaddr	key;
	uchar	plen;
};

/* One IP stack: #I0, #I1 ... */
struct Ip {
	int	num;
	uvlong	now;		/* ms, set on entry */
	uvlong	nowus;
	Wheel	wheel;
	uchar	secret[16];	/* of siphash */
	ushort	porttick[64];	/* connections made, by a hash of the peer */
	Convset	set[Nproto];
	Ifc	*ifc[16];
	int	nifc;

	Rnode	*routes;
	int	nroute;
	ulong	routegen;	/* changes with every route */

	struct {
		Block	*b;
		Ifc	*ifc;
	} lo[Maxlo];		/* to ourselves, not yet delivered: a ring */
	int	lofirst;
	int	nlo;
	int	draining;

	Neigh	*neigh[64];
	int	nneigh;
	Tick	neightick;
	Tick	lifetick;	/* addresses run out */

	Fragq	*frag;
	int	nfrag;
	int	fragbytes;
	Tick	fragtick;

	Pathmtu	*pathmtu[64];
	int	npathmtu;

	int	forward;	/* iprouting */
	u32int	ipid;		/* of fragmented datagrams */
	int	fragmax;	/* pieces of the packet being sent are at most so long; 0: as they can be */
	int	icmptokens;	/* errors that may be sent now */
	uvlong	icmptime;

	void	*tcp;		/* tcp's half-open and dying connections */

	u32int	ipstat[32];
	u32int	ip6stat[32];

	char	ndb[1024];
	ulong	ndbvers;
	ulong	ndbmtime;

	/* log */
	char	log[16*1024];
	int	logn;
	int	logr;
	int	logopens;
	int	logmask;
	Ipaddr	logonly;
	int	logfiltered;
	void	*logwaiters;

	void	*kern;		/* the kernel's side */
};

/* counters of RFC 1213's ip group: Ip.ipstat */
enum {
	Sforwarding, Sdefttl, Sinreceives, Sinhdrerr, Sinaddrerr, Sforw, Sinproto, Sindiscards, Sindelivers,
	Soutrequests, Soutdiscards, Soutnoroutes, Sreasmtimeout, Sreasmreqds, Sreasmoks, Sreasmfails,
	Sfragoks, Sfragfails, Sfragcreates, Nipstat,
};

extern Proto	*protos[];
extern Proto	tcp, udp, icmp, icmp6, ipifc;
extern Medium	*media[];
extern Ipaddr	noaddr, v4any, v4bcast, v4loop, v6loop, allnodes, allrouters;

static inline u32int
get4(uchar *p)
{
	return (u32int)p[0]<<24 | p[1]<<16 | p[2]<<8 | p[3];
}

static inline ushort
get2(uchar *p)
{
	return p[0]<<8 | p[1];
}

static inline void
put4(uchar *p, u32int v)
{
	p[0] = v>>24;
	p[1] = v>>16;
	p[2] = v>>8;
	p[3] = v;
}

static inline void
put2(uchar *p, u32int v)
{
	p[0] = v>>8;
	p[1] = v;
}

static inline int
ipeq(Ipaddr *a, Ipaddr *b)
{
	return a->w[0] == b->w[0] && a->w[1] == b->w[1] && a->w[2] == b->w[2] && a->w[3] == b->w[3];
}

/* addr.c */
int	isv4(Ipaddr*);
int	isany(Ipaddr*);			/* :: or 0.0.0.0 */
int	ismcast(Ipaddr*);
int	islinklocal(Ipaddr*);
int	isloop(Ipaddr*);
void	v4to(Ipaddr*, uchar*);
int	masklen(Ipaddr*);		/* bits, -1: holes */
void	maskof(Ipaddr*, int);
void	maskip(Ipaddr*, Ipaddr*, Ipaddr*);	/* to = a & mask */
void	classmask(Ipaddr*, Ipaddr*);	/* mask that an address had by its class */
int	parseip(char*, Ipaddr*);	/* 0, or -1 */
int	parsemask(char*, Ipaddr*, int);	/* the address' version */
int	parsemac(char*, uchar*, int);
char*	ipseprint(char*, char*, Ipaddr*);
void	ipfmtinstall(void);		/* %I Ipaddr*, %M mask */

/* sum.c: the Internet checksum, RFC 1071 */
u32int	sumadd(u32int, void*, int);	/* sum so far, bytes that begin at an even offset */
u32int	sumblock(u32int, Block*, int, int);	/* of a list, from an offset, so many bytes */
u32int	sumpseudo(Ipaddr*, Ipaddr*, int, int);	/* of RFC 768/8200, 8.1: protocol, length */
ushort	sumfold(u32int);		/* the value for the header, in host order */

/* tick.c */
void	tickset(Ip*, Tick*, uvlong);	/* ms from now */
void	tickoff(Tick*);
uvlong	ticknext(Ip*);			/* ms, 0: never */
void	tickrun(Ip*);

/* pkt.c */
Block*	pktalloc(int);			/* nil if there is no memory */
Block*	pktcopy(Block*);		/* one Block with a copy, or nil */
Block*	pktpush(Block*, int);		/* room in front, or nil with all freed */
Block*	pktpull(Block*, int);		/* so many bytes in the first Block, or nil with all freed */
Block*	pktslice(Block*, int, int);	/* a list that shares bytes with another, or nil */
Block*	pktflat(Block*);		/* one Block, or nil */
void	qput(Pktq*, Block*);		/* one Block */
Block*	qtake(Pktq*);
void	qclear(Pktq*);

/* siphash.c */
uvlong	siphash(uchar*, void*, int);	/* key of 16 bytes */

/* route.c */
char*	routeadd(Ip*, Ipaddr*, int, Ipaddr*, Ifc*, Lifc*, int, char*);	/* prefix, its length, gateway, type, tag */
void	routedel(Ip*, Ipaddr*, int, Ipaddr*, Ifc*, int);	/* gateway, interface or nil: any; type bits or 0 */
void	routeflush(Ip*, char*);
Route*	routefind(Ip*, Ipaddr*);	/* the longest match; its ifc is set */
Route*	routevia(Ip*, Ipaddr*, Ipaddr*);	/* by dst, from src: link local and multicast need it */
void	routewalk(Ip*, void (*)(Route*, void*), void*);
int	routetype(Ip*, Ipaddr*);	/* type bits if it is ours, or 0 */
char*	routetext(Route*, char*, char*);
char*	routeflags(int, char*);		/* five bytes of text */
char*	routectl(Ip*, char**, int, char*);	/* iproute's words; the tag of the file */

/* ifc.c */
Lifc*	ifclocal(Ifc*, Ipaddr*);	/* the one with this address */
int	ipsource(Ip*, Ipaddr*, Ipaddr*);	/* the address to send from to dst; -1: no route */
char*	ifcjoin(Ip*, Ipaddr*, Ipaddr*);		/* address of the interface, group */
void	ifcleave(Ip*, Ipaddr*, Ipaddr*);
char*	ifcbind(Ifc*, char**, int);
void	ifcunbind(Ifc*);
char*	ifcadd(Ifc*, char**, int, int);
char*	ifcremove(Ifc*, Ipaddr*, Ipaddr*);
void	ifclifetimes(Ip*);		/* some address has a new one */
Ifc*	ifcbyaddr(Ip*, Ipaddr*);
void	ifcsnoop(Ifc*, Block*);
void	solicited(Ipaddr*, Ipaddr*);

/* media */
void	etherin(Ifc*, Block*);		/* ether.c: a frame from the wire */
void	etherframe(Ifc*, Block*, uchar*, int);	/* to a hardware address, of a type */
extern Medium	loopmedium, ethermedium, gbemedium, nullmedium, pktmedium;

/* neigh.c: who has which hardware address; arp.c and nd.c ask and answer */
void	neighsend(Ifc*, Block*, int, Ipaddr*);	/* packet, version, next hop */
void	neighlearn(Ifc*, Ipaddr*, uchar*, int);	/* somebody says so; create an entry? */
void	neighsoon(Ip*);			/* look at what is tentative in a while */
void	neighgone(Ifc*);
char*	neightext(Ip*, char*, char*);	/* the file arp */
char*	neighctl(Ip*, char**, int);

/* arp.c, nd.c */
void	arpin(Ifc*, Block*);
void	arpask(Ifc*, Ipaddr*, uchar*);	/* whose address is it? of this one, nil: of all */
void	arpannounce(Ifc*, Ipaddr*, int);	/* or probe */
void	ndask(Ifc*, Ipaddr*, uchar*);
void	ndin(Ip*, Block*, Rx*, int);	/* an ICMPv6 message in one Block, type */
void	ndtry(Ifc*, Lifc*);		/* an address is new: tell, or ask whether it is free */
void	ndconflict(Ifc*, Lifc*, uchar*);	/* it is not */

/* ip.c */
Ip*	ipnew(int);			/* nil: no memory */
void	ipdrop(Ip*);
void	ipenter(Ip*);			/* read the clock */
void	ipleave(Ip*);			/* deliver what we sent to ourselves */
void	ipin(Ifc*, Block*);		/* a packet */
char*	ipout(Ip*, Block*, Ipaddr*, Ipaddr*, int, int, int, Route*);	/* src, dst, protocol, ttl, tos, route or nil */
void	ipdeliver(Ip*, Block*, Rx*);
void	iploop(Ip*, Ifc*, Block*);
void	ip4in(Ifc*, Block*);
void	ip6in(Ifc*, Block*);
int	pathmtu(Ip*, Ipaddr*, Route*);	/* bytes of a packet, with its IP header */
void	pathmtuset(Ip*, Ipaddr*, int);
char*	ipstats(Ip*, char*, char*);
Block*	rxpull(Block*, Rx*, int);	/* so many bytes behind the IP header in one Block */

/* long.c: packets of TCP that a device cuts, or has not cut */
void	longsum(uchar*, int);
int	longseg(Block*, Rx*);		/* bytes of the longest packet that it can be cut to; 0: it cannot */
void	longcut(Ifc*, Block*, Rx*, void (*)(Ifc*, Block*, Rx*));

/* frag.c */
Block*	fragin(Ip*, Block*, Rx*, u32int, int, int);	/* id, offset, more?: the whole or nil */
char*	ip4frag(Ip*, Route*, Block*, int, Ipaddr*);
char*	ip6frag(Ip*, Route*, Block*, int, Ipaddr*);

/* icmp.c, icmp6.c */
void	icmperror(Ip*, Block*, Rx*, int, int, int);	/* the packet, whole; type, code, parameter */
void	icmp6error(Ip*, Block*, Rx*, int, int, int);
int	icmptoken(Ip*);
void	icmp6send(Ifc*, Block*, Ipaddr*, Ipaddr*, int);	/* with header, checksum to be filled in */

/* conv.c */
Conv*	convnew(Convset*, char*);	/* a free one, taken, for a user; nil if there is none */
char*	convstart(Conv*, char*);
void	convfree(Conv*);
void	convhash(Conv*);
void	convunhash(Conv*);
Conv*	convfind(Convset*, Ipaddr*, int, Ipaddr*, int);	/* remote, port, local, port: connected */
Conv*	convlisten(Convset*, Ipaddr*, int);	/* who has announced this address and port */
char*	convconnect(Conv*, char**, int);	/* the usual parsing: fills in and hashes */
char*	convconnected(Conv*, char**, int);	/* and there is nothing else to a connection */
char*	setstats(Convset*, char**, int, char*, char*);	/* the text of a protocol's counters, by their names */
char*	convannounce(Conv*, char**, int);
char*	convport(Conv*);		/* choose or check lport */
void	convend(Conv*, char*);		/* no more will come; why */
void	convadvise(Conv*, char*, int);
char*	convctl(Conv*, char**, int);
void	convclose(Conv*);
void	convcall(Conv*, Conv*);		/* a new one waits at a listener */
Conv*	convtake(Conv*);		/* the oldest call */
int	convput(Conv*, Block*);		/* a datagram for the reader; -1 if it was thrown away */

/* log.c */
void	iplog(Ip*, int, Ipaddr*, char*, ...);
char*	iplogctl(Ip*, char**, int);

/* tcp*.c have tcp.h */

/* supplied by the kernel (dev*.c) or the host program */
uvlong	ipclock(void);			/* us */
void	iprandom(void*, int);
void	convwake(Conv*, int);		/* W... */
void	iplogwake(Ip*);
void	ipalarm(Ip*);			/* the next time changed, perhaps */
int	ipshort(void);			/* is memory short?  0: no, 1: do not take more, 2: take less, 3: the rest is for packets without data */
char*	etherbind(Ifc*, char**, int);	/* opens the device; sets mac, xmit */
void	etherunbind(Ifc*);
void	ethermulti(Ifc*, uchar*, int);	/* receive this group, or no longer */
