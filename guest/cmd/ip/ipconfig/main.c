/*
 * ip/ipconfig: gives an interface its addresses, by hand or by DHCP, tells the
 * kernel the way out and the rest of the system what the network said (/net/ndb).
 * With a lease it stays in the background to renew it.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include "ipconfig.h"

char	*netroot = "/net";
int	debug;
char	*device = "/net/ether0";
char	*wantname;
int	norenew;

static char	*medium = "ether";
static int	v6;
static int	ctl = -1;		/* of the interface */
static int	nodhcp;
static uchar	gateway[IPaddrlen];

static void
usage(void)
{
	fprint(2, "usage: ip/ipconfig [-6dDnr] [-g gateway] [-h name] [-x netroot]"
		" [ether|loopback device] [add|remove|unbind] [address [mask]]\n");
	exits("usage");
}

/* the interface on the device: found, or made */
static void
openifc(void)
{
	Ipifc *ifc;
	char *file;

	for(ifc = readipifc(netroot, nil, -1); ifc != nil; ifc = ifc->next)
		if(strcmp(ifc->dev, device) == 0){
			file = smprint("%s/ipifc/%d/ctl", netroot, ifc->index);
			ctl = open(file, ORDWR);
			if(ctl < 0)
				sysfatal("%s: %r", file);
			return;
		}
	file = smprint("%s/ipifc/clone", netroot);
	ctl = open(file, ORDWR);
	if(ctl < 0)
		sysfatal("%s: %r", file);
	if(fprint(ctl, "bind %s %s", medium, device) < 0)
		sysfatal("bind %s %s: %r", medium, device);
}

void
route(char *verb, uchar *gw)
{
	char *file;
	int fd;

	if(memcmp(gw, IPnoaddr, IPaddrlen) == 0)
		return;
	file = smprint("%s/iproute", netroot);
	fd = open(file, OWRITE);
	if(fd < 0 || fprint(fd, isv4(gw) ? "%s 0 0 %I" : "%s :: /0 %I", verb, gw) < 0)
		if(strcmp(verb, "add") == 0)
			fprint(2, "ipconfig: route to %I: %r\n", gw);
	close(fd);
	free(file);
}

/* whoever remembers what the network said should ask again */
void
refresh(char *name)
{
	char *file;
	int fd;

	file = smprint("%s/%s", netroot, name);
	fd = open(file, OWRITE);
	if(fd >= 0){
		write(fd, "refresh", 7);
		close(fd);
	}
	free(file);
}

static char*
servers(char *p, char *e, char *attr, uchar ip[][IPaddrlen], int n)
{
	int i;

	for(i = 0; i < n; i++)
		p = seprint(p, e, "\t%s=%I\n", attr, ip[i]);
	return p;
}

/* /net/ndb: one entry, of at most 1023 bytes */
static void
tell(Lease *l)
{
	char buf[1024], *p, *e, *file;
	int fd;

	p = buf;
	e = buf+sizeof buf;
	p = seprint(p, e, "ip=%I ipmask=%M", l->ip, l->mask);
	if(memcmp(l->gateway, IPnoaddr, IPaddrlen) != 0)
		p = seprint(p, e, " ipgw=%I", l->gateway);
	p = seprint(p, e, "\n");
	if(l->host[0] != '\0')
		p = seprint(p, e, "\tsys=%s\n", l->host);
	if(l->domain[0] != '\0')
		p = seprint(p, e, "\tdomain=%s\n", l->domain);
	p = servers(p, e, "dns", l->dns, l->ndns);
	p = servers(p, e, "ntp", l->ntp, l->nntp);
	file = smprint("%s/ndb", netroot);
	fd = open(file, OWRITE|OTRUNC);
	if(fd < 0 || write(fd, buf, p-buf) != p-buf)
		fprint(2, "ipconfig: %s: %r\n", file);
	close(fd);
	free(file);
	refresh("cs");
	refresh("dns");
}

int
interface(char *fmt, ...)
{
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vfprint(ctl, fmt, arg);
	va_end(arg);
	return n;
}

static int
address(char *verb, uchar *ip, uchar *mask)
{
	return interface("%s %I %M", verb, ip, mask);
}

/* the lease is used from here on */
static void
apply(Lease *l)
{
	if(address("add", l->ip, l->mask) < 0)
		sysfatal("add %I %M: %r", l->ip, l->mask);
	if(memcmp(gateway, IPnoaddr, IPaddrlen) != 0)
		memmove(l->gateway, gateway, IPaddrlen);
	route("add", l->gateway);
	tell(l);
}

/* to send at all, an interface needs an address: the unspecified one, which is no network */
static int
ask(Lease *l)
{
	int status;
	char err[ERRMAX];

	if(fprint(ctl, "add :: /128") < 0)
		sysfatal("add :: /128: %r");
	status = dhcplease(l);
	rerrstr(err, sizeof err);
	fprint(ctl, "remove :: /128");
	werrstr("%s", err);
	return status;
}

static void
pass(ulong seconds)
{
	ulong n;

	for(; seconds > 0; seconds -= n){
		n = seconds < 1000000 ? seconds : 1000000;
		sleep(n*1000);
	}
}

static ulong
seconds(void)
{
	return nsec()/1000000000;
}

/* when to try again, now seconds after it began: half way to the end, or then, if that is within two minutes */
static ulong
later(ulong now, ulong end)
{
	ulong n;

	n = (end-now)/2;
	return n < 60 ? end : now+n;
}

/*
 * RFC 2131, 4.4.5: its server is asked at T1 for more of the lease, any server
 * from T2 on.  0 when that was given; -1 when the lease is over, or was taken back.
 */
static int
renewed(Lease *l)
{
	ulong start, now, next;
	int status;

	start = seconds();
	next = l->renew;
	for(;;){
		now = seconds() - start;
		if(next > now)
			pass(next-now);
		if(next >= l->seconds)
			return -1;
		status = dhcprenew(l, next >= l->rebind);
		if(status >= 0)
			return status == 0 ? 0 : -1;
		now = seconds() - start;
		if(now < l->rebind)
			next = later(now, l->rebind);
		else if(now < l->seconds)
			next = later(now, l->seconds);
		else
			return -1;
	}
}

/* a lease that is over begins anew */
static void
keep(Lease *l)
{
	while(l->seconds != ~0UL){
		if(renewed(l) == 0)
			continue;
		route("remove", l->gateway);
		address("remove", l->ip, l->mask);
		while(ask(l) < 0)
			pass(60);
		apply(l);
	}
}

static void
dhcp(void)
{
	Lease l;

	if(ask(&l) < 0)
		sysfatal("%r");
	apply(&l);
	if(norenew || l.seconds == ~0UL)
		return;
	/* who waits for us goes on */
	switch(rfork(RFPROC|RFFDG|RFNOTEG|RFNOWAIT|RFENVG)){
	case -1:
		fprint(2, "ipconfig: the lease will not be renewed: %r\n");
		break;
	case 0:
		keep(&l);
	}
}

static void
byhand(char *verb, char **argv, int argc)
{
	uchar ip[IPaddrlen], mask[IPaddrlen];
	Lease l;

	if(parseip(ip, argv[0]) < 0)
		sysfatal("%s: not an address", argv[0]);
	defmask(ip, mask);
	if(argc > 1 && parseipmask(mask, argv[1]) < 0)
		sysfatal("%s: not a mask", argv[1]);
	if(address(verb, ip, mask) < 0)
		sysfatal("%s %I %M: %r", verb, ip, mask);
	route(verb, gateway);
	if(strcmp(verb, "add") != 0 || strcmp(medium, "ether") != 0)
		return;
	memset(&l, 0, sizeof l);
	memmove(l.ip, ip, IPaddrlen);
	memmove(l.mask, mask, IPaddrlen);
	memmove(l.gateway, gateway, IPaddrlen);
	tell(&l);
}

void
main(int argc, char **argv)
{
	char *verb;

	fmtinstall('I', eipfmt);
	fmtinstall('M', eipfmt);
	fmtinstall('E', eipfmt);
	ARGBEGIN{
	case 'd':		/* DHCP is the default */
		break;
	case 'D':
		debug = 1;
		break;
	case 'g':
		if(parseip(gateway, EARGF(usage())) < 0)
			usage();
		break;
	case 'h':
		wantname = EARGF(usage());
		break;
	case 'n':
		nodhcp = 1;
		break;
	case 'r':
		norenew = 1;
		break;
	case 'x':
		netroot = EARGF(usage());
		break;
	case '6':
		v6 = 1;
		break;
	default:
		usage();
	}ARGEND
	if(argc >= 1 && (strcmp(argv[0], "ether") == 0 || strcmp(argv[0], "gbe") == 0 || strcmp(argv[0], "loopback") == 0)){
		medium = argv[0];
		argc--;
		argv++;
		if(strcmp(medium, "loopback") == 0)
			device = "/dev/null";
		if(argc >= 1 && argv[0][0] == '/'){
			device = argv[0];
			argc--;
			argv++;
		}
	}
	verb = "add";
	if(argc >= 1 && (strcmp(argv[0], "add") == 0 || strcmp(argv[0], "remove") == 0 || strcmp(argv[0], "unbind") == 0)){
		verb = argv[0];
		argc--;
		argv++;
	}
	if(argc > 2)
		usage();
	openifc();
	if(strcmp(verb, "unbind") == 0){
		if(fprint(ctl, "unbind") < 0)
			sysfatal("unbind: %r");
	}else if(argc > 0)
		byhand(verb, argv, argc);
	else if(strcmp(verb, "remove") == 0)
		usage();
	else if(v6)
		slaac();
	else if(!nodhcp && strcmp(medium, "loopback") != 0)
		dhcp();
	exits(nil);
}
