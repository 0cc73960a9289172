/*
 * IP addresses and what the kernel's IP files say: ip(2).  Addresses have 16
 * bytes in network order; an IPv4 address is ::ffff:a.b.c.d.  Masks likewise, so
 * that an IPv4 mask begins with 96 ones.
 */
typedef struct Ipifc Ipifc;
typedef struct Iplifc Iplifc;
typedef struct Udphdr Udphdr;

enum
{
	IPaddrlen	= 16,
	IPv4addrlen	= 4,
	IPv4off		= 12,
	Udphdrsize	= 52,		/* before a datagram with "headers" */
};

/* ports as two bytes, high first */
struct Udphdr
{
	uchar	raddr[IPaddrlen];
	uchar	laddr[IPaddrlen];
	uchar	ifcaddr[IPaddrlen];	/* of the interface; only read */
	uchar	rport[2];
	uchar	lport[2];
};

/* an address of an interface */
struct Iplifc
{
	Iplifc	*next;
	uchar	ip[IPaddrlen];
	uchar	mask[IPaddrlen];
	uchar	net[IPaddrlen];
	ulong	validlt;		/* seconds; ~0: for ever */
	ulong	preflt;
};

struct Ipifc
{
	Ipifc	*next;
	Iplifc	*lifc;
	int	index;			/* its number in ipifc */
	char	dev[64];
	int	mtu;
};

extern uchar	IPnoaddr[IPaddrlen];
extern uchar	IPv4bcast[IPaddrlen];
extern uchar	IPallbits[IPaddrlen];
extern uchar	v4prefix[IPaddrlen];

/* conversions of the print verbs I (address), V (IPv4, 4 bytes), M (mask), E (MAC) */
int	eipfmt(Fmt*);
/* text to address; mask in the forms /len, dotted and IPv6.  -1: it is none */
int	parseip(uchar*, char*);
int	parseipmask(uchar*, char*);
int	parseether(uchar*, char*);
int	isv4(uchar*);
void	v4tov6(uchar*, uchar*);		/* to, from */
int	v6tov4(uchar*, uchar*);		/* -1: it is no IPv4 address */
int	ipcmp(uchar*, uchar*);
void	maskip(uchar*, uchar*, uchar*);	/* address, mask, result */
void	defmask(uchar*, uchar*);	/* of an address, by its class */
int	myetheraddr(uchar*, char*);	/* of the interface /net/etherN */
/* the interfaces below a network directory; freed before they are read anew */
Ipifc*	readipifc(char*, Ipifc*, int);	/* "/net", old, index or -1 */
int	mkloopback(void);

/*
 * The address of a host, text or a name, of IP version 4, 6 or (0) any; -1 and the
 * error string.  The name of an address; -1: none is known; it needs %I.  The
 * first argument is the network directory, "/net".
 */
int	hostaddr(char*, char*, int, uchar*);
int	hostname(char*, uchar*, char*, int);

ulong	nhgetl(uchar*);
ushort	nhgets(uchar*);
void	hnputl(uchar*, ulong);
void	hnputs(uchar*, ushort);
