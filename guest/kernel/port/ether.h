/*
 * Ethernet interfaces.  A port's driver finds them, fills in an Ether for each
 * and adds it with etheradd; devether.c shows them as #l, hands frames that came
 * to whoever wants them and gives the driver those that are to go.  Include
 * after qio.h.
 */
typedef struct Ether	Ether;
typedef struct Netfile	Netfile;

enum
{
	Eaddrlen	= 6,
	Etherhdr	= 14,
	Ethermin	= 60,		/* without the checksum, as everywhere here */
	Ethermtu	= 1500,		/* unless the driver says that the wire carries more */
	Maxether	= 8,		/* interfaces */
	Maxnetfile	= 64,		/* conversations of one */
	Maxmulti	= 64,		/* multicast addresses of one */
	Netqlimit	= 1024*1024,	/* bytes (of memory) that wait for the reader of one conversation */
	Netqenough	= Netqlimit/2,	/* with so many, frames are left on the wire until a kernel's reader has read some */
};

/* One conversation: who wants frames of a type. */
struct Netfile
{
	int	num;
	int	inuse;			/* open files, guarded by Ether's lock */
	long	type;			/* of frames; -1 all, 0 none yet */
	char	owner[KNAMELEN];
	ulong	perm;
	int	prom;			/* wants frames for others */
	int	bridge;			/* and no echo of what it writes */
	int	headersonly;		/* the first bytes of frames, and when they came */
	int	nonblocking;		/* what it writes is thrown away rather than wait */
	int	kernel;			/* read by a process of the kernel's, which does read on */
	int	allmulti;		/* wants every group */
	int	nmulti;			/* multicast addresses that it added */
	uchar	multi[Maxmulti][Eaddrlen];
	Queue	*in;
};

struct Ether
{
	QLock;				/* guards what follows up to ctlr, but for counters */
	int	num;			/* of #lN */
	uchar	ea[Eaddrlen];
	int	mbps;
	int	link;
	int	mtu;
	int	longest;		/* of packets with Blong, or 0 */
	Netfile	*f[Maxnetfile];		/* grows; an entry is never taken away */
	int	nf;
	int	nprom;			/* conversations that want all */
	int	nall;			/* or every type */
	int	nallmulti;		/* or every group */
	struct {
		uchar	ea[Eaddrlen];
		int	ref;
	} multi[Maxmulti];
	int	nmulti;
	int	enough;			/* the driver may leave frames where they are, until room */

	void	*ctlr;			/* the driver's */
	Queue	*oq;			/* frames to send, each one Block; kicks the driver */
	int	(*send)(Ether*, Block*);	/* a frame in several Blocks: 1 if it has gone, else it must be queued; or nil */
	void	(*room)(Ether*);	/* enough is over: take frames again; or nil */
	void	(*attach)(Ether*);	/* somebody wants to use it: frames may come */
	int	(*ifstat)(Ether*, char*, int);	/* text of its own */
	void	(*count)(Ether*);	/* the counters are going to be shown; or nil */

	/* counters, of devether.c and of the driver */
	ulong	inpackets;
	ulong	outpackets;
	ulong	crcs;
	ulong	overflows;		/* the hardware had no buffer */
	ulong	soverflows;		/* a reader was too slow */
	ulong	frames;			/* that are none: too short */
	ulong	buffs;			/* no memory for a buffer */
	ulong	oerrs;
};

/* devether.c */
void	etheradd(Ether*);		/* before chandevinit */
void	etheriq(Ether*, Block*);	/* a frame came, in one Block or several; from an interrupt, too */

/* netif.c: what does not depend on how frames look */
Netfile* netfileopen(Ether*, int);	/* of that number, -1: a free one; counts in inuse */
void	netfileclose(Ether*, Netfile*);
long	netfilectl(Ether*, Netfile*, char*, long);
int	etherstats(Ether*, char*, int);
int	multiwanted(Ether*, Netfile*, uchar*);

/* supplied by the IP stack */
void	longsum(uchar*, int);	/* an IP packet of Blong: fill in its checksum */

/* the port */
void	etherinit(void);		/* find interfaces and add them */
