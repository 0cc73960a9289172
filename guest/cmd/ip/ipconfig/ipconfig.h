/*
 * ip/ipconfig: what its files share.
 */
typedef struct Lease Lease;

enum
{
	Maxservers	= 4,
	Maxname		= 64,
};

/* what a DHCP server said, checked */
struct Lease
{
	uchar	ip[IPaddrlen];
	uchar	mask[IPaddrlen];
	uchar	gateway[IPaddrlen];	/* IPnoaddr: none */
	uchar	server[IPaddrlen];
	uchar	dns[Maxservers][IPaddrlen];
	int	ndns;
	uchar	ntp[Maxservers][IPaddrlen];
	int	nntp;
	char	host[Maxname];
	char	domain[Maxname];
	ulong	seconds;		/* ~0: for ever */
	ulong	renew;			/* seconds until its server is to be asked again */
	ulong	rebind;			/* and any server */
};

/* main.c */
extern char	*netroot;
extern int	debug;
extern char	*device;
extern char	*wantname;
extern int	norenew;
void	route(char*, uchar*);		/* "add" or "remove": the way out */
void	refresh(char*);			/* tell /net/cs or /net/dns */
int	interface(char*, ...);		/* a message for the interface */

/* slaac.c */
void	slaac(void);

/* dhcp.c: get a lease, or keep one, from its server or any; 0, or -1 and the error string; 1 when it is refused */
int	dhcplease(Lease*);
int	dhcprenew(Lease*, int);
