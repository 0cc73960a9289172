/*
 * ip/traceroute: the routers on the way to a host.  Probes are sent with a ttl of 1,
 * 2, ...: the router at which it runs out says so by ICMP (RFC 792, RFC 4443).  A probe
 * of icmp or icmpv6 is an echo request, and what comes back is read as packets.  One of
 * udp is a datagram to a port where nobody should be, one of tcp a call: what the network
 * says of these is read from the conversation's err, while another process waits for the
 * host itself to answer.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include <giveup.h>

enum
{
	V4hdr	= 20,
	V6hdr	= 40,
	Icmphdr	= 8,
	Probe	= 32,			/* bytes of a probe */
	Maxpkt	= 2048,
	Maxhops	= 255,

	/* what became of a probe */
	Lost	= 0,
	Router,				/* one on the way */
	Host,				/* the destination, or one that knows that it cannot be reached */
};

typedef struct Answer Answer;
typedef struct Conv Conv;
typedef struct Hop Hop;

struct Answer
{
	int	kind;
	uchar	ip[IPaddrlen];		/* who answered */
	vlong	ns;			/* how long it took */
	char	why[64];		/* what else it said, or empty */
};

/* a conversation for one probe of udp or tcp */
struct Conv
{
	char	dir[NETPATHLEN];
	int	ctl;
	int	data;
};

/* what came of the probes with one ttl */
struct Hop
{
	uchar	ip[IPaddrlen];
	int	answers;
	vlong	low, high, sum;
	char	why[64];
};

static char	*net = "/net";
static int	tries = 3;
static int	first = 1;
static int	last = 32;
static int	wait1 = 3000;		/* ms for an answer */
static int	numbers;		/* no names */
static char	*proto;
static char	*port = "33434";
static uchar	dest[IPaddrlen];

/* the process that waits for the host, and what it was told */
static vlong	told;			/* when; 0: not yet */
static char	telling[ERRMAX];	/* why a call came to nothing; empty: the host answered */

static void
usage(void)
{
	fprint(2, "usage: ip/traceroute [-n] [-a tries] [-m lastttl] [-t firstttl] [-w ms] [-x netroot] [net!]host[!port]\n");
	exits("usage");
}

static void
caught(void*, char *msg)
{
	noted(islimit(msg) || strcmp(msg, "answered") == 0 ? NCONT : NDFLT);
}

static void
setttl(int ctl, int ttl)
{
	if(fprint(ctl, "ttl %d", ttl) < 0)
		sysfatal("%s: ttl %d: %r", proto, ttl);
}

/* ---- echo requests ---- */

/* why a destination cannot be reached, by the codes of IPv4 and IPv6 */
static char	*codes4[] = { "network", "host", "protocol", "port", [9] "network prohibited", "host prohibited", [13] "prohibited" };
static char	*codes6[] = { "no route", "prohibited", "beyond scope", "address", "port", "policy", "reject route" };

static void
unreachable(Answer *a, int code, char **names, int n)
{
	a->kind = Host;
	if(code < n && names[code] != nil)
		snprint(a->why, sizeof a->why, "unreachable: %s", names[code]);
	else
		snprint(a->why, sizeof a->why, "unreachable: code %d", code);
}

/* is it about the request seq?  p is an ICMP message of n bytes from ip */
static int
classify(uchar *p, int n, int v4, int seq, Answer *a)
{
	int type, code, off;

	type = p[0];
	code = p[1];
	if(type == (v4 ? 0 : 129)){
		a->kind = Host;
		return nhgets(p+6) == (ushort)seq;
	}
	off = Icmphdr + (v4 ? V4hdr : V6hdr);
	if(v4 && n > Icmphdr)
		off = Icmphdr + (p[Icmphdr]&15)*4;
	if(n < off+Icmphdr || nhgets(p+off+6) != (ushort)seq)
		return 0;
	if(type == (v4 ? 11 : 3)){
		a->kind = Router;
		return 1;
	}
	if(type == (v4 ? 3 : 1)){
		if(v4)
			unreachable(a, code, codes4, nelem(codes4));
		else
			unreachable(a, code, codes6, nelem(codes6));
		return 1;
	}
	return 0;
}

/* send the request seq by fd and wait for what comes of it */
static void
echo(int fd, int seq, Answer *a)
{
	static uchar pkt[Maxpkt];
	uchar *p;
	vlong sent;
	long left;
	int hdr, n, v4;

	v4 = isv4(dest);
	hdr = v4 ? V4hdr : V6hdr;
	memset(pkt, 0, hdr+Probe);
	pkt[hdr] = v4 ? 8 : 128;
	hnputs(pkt+hdr+6, seq);
	sent = nsec();
	if(write(fd, pkt, hdr+Probe) < 0){
		rerrstr(a->why, sizeof a->why);
		return;
	}
	while((left = wait1 - (nsec()-sent)/1000000) > 0){
		n = readfor(fd, pkt, sizeof pkt, left);
		if(n < hdr+Icmphdr || !classify(pkt+hdr, n-hdr, v4, seq, a))
			continue;
		a->ns = nsec()-sent;
		p = pkt + (v4 ? 12 : 8);
		if(v4)
			v4tov6(a->ip, p);
		else
			memmove(a->ip, p, IPaddrlen);
		return;
	}
	a->kind = Lost;
}

/* ---- datagrams and calls ---- */

static void
openconv(Conv *c)
{
	char buf[NETPATHLEN];
	int n;

	snprint(buf, sizeof buf, "%s/%s/clone", net, proto);
	c->ctl = open(buf, ORDWR);
	if(c->ctl < 0)
		sysfatal("%s: %r", buf);
	n = read(c->ctl, buf, 15);
	if(n <= 0)
		sysfatal("%s: %r", proto);
	buf[n] = '\0';
	snprint(c->dir, sizeof c->dir, "%s/%s/%d", net, proto, atoi(buf));
	c->data = -1;
}

/* the host answers: by data, by taking the call or by refusing it; a call can also end on the way */
static void
waithost(Conv *c, int parent)
{
	char buf[16];

	telling[0] = '\0';
	if(c->data >= 0){
		if(read(c->data, buf, sizeof buf) < 0)
			_exits(nil);
	}else if(fprint(c->ctl, "connect %I!%s", dest, port) < 0)
		rerrstr(telling, sizeof telling);
	told = nsec();
	postnote(PNPROC, parent, "answered");
	_exits(nil);
}

/* "ttl exceeded: 10.0.0.1" */
static void
readerror(char *text, Answer *a)
{
	char *p;

	for(p = strchr(text, ':'); p != nil && parseip(a->ip, p+2) < 0; p = strchr(p+1, ':'))
		;
	if(p == nil)
		return;
	*p = '\0';
	a->kind = Router;
	if(strcmp(text, "ttl exceeded") == 0)
		return;
	a->kind = Host;
	if(strcmp(text, "port unreachable") != 0 || ipcmp(a->ip, dest) != 0)
		strecpy(a->why, a->why+sizeof a->why, text);
}

/* wait for a child, though its note may come in between */
static void
reap(int pid)
{
	char err[ERRMAX];
	int r;

	do{
		r = waitpid();
		rerrstr(err, sizeof err);
	}while(r != pid && (r >= 0 || strcmp(err, "interrupted") == 0));
}

static void
call(int ttl, Answer *a)
{
	char buf[ERRMAX];
	vlong sent;
	long left;
	Conv c;
	int fd, n, kid;

	openconv(&c);
	setttl(c.ctl, ttl);
	snprint(buf, sizeof buf, "%s/err", c.dir);
	fd = open(buf, OREAD);
	if(fd < 0)
		sysfatal("%s: %r", buf);
	if(strcmp(proto, "udp") == 0){
		snprint(buf, sizeof buf, "%s/data", c.dir);
		if(fprint(c.ctl, "connect %I!%s", dest, port) < 0 || (c.data = open(buf, ORDWR)) < 0)
			sysfatal("%s!%I!%s: %r", proto, dest, port);
	}
	told = 0;
	sent = nsec();
	kid = rfork(RFPROC|RFMEM);
	if(kid == 0)
		waithost(&c, getppid());
	if(kid < 0)
		sysfatal("no process: %r");
	memset(buf, 0, sizeof buf);
	if(c.data >= 0 && write(c.data, buf, Probe) < 0)
		rerrstr(a->why, sizeof a->why);
	while(a->why[0] == '\0' && told == 0 && a->kind == Lost && (left = wait1 - (nsec()-sent)/1000000) > 0){
		n = readfor(fd, buf, sizeof buf - 1, left);
		a->ns = nsec()-sent;
		if(n <= 0){
			if(told == 0)
				sleep(1);	/* a call is over before its caller has been told */
			continue;
		}
		buf[n] = '\0';
		readerror(buf, a);
	}
	if(a->kind == Lost && told != 0){
		a->ns = told-sent;
		readerror(telling, a);
		if(a->kind == Lost && (telling[0] == '\0' || strstr(telling, "refused") != nil)){
			a->kind = Host;
			memmove(a->ip, dest, IPaddrlen);
			if(telling[0] != '\0')
				strcpy(a->why, "refused");
		}
	}
	write(c.ctl, "hangup", 6);		/* if it still waits, it is let go, and what it is told is of this probe */
	reap(kid);
	close(fd);
	if(c.data >= 0)
		close(c.data);
	close(c.ctl);
}

/* ---- what is printed ---- */

static void
show(int ttl, Hop *h)
{
	char name[128];

	if(h->answers == 0){
		print("%2d  *%s%s\n", ttl, h->why[0] != '\0' ? "  " : "", h->why);
		return;
	}
	print("%2d  %-24I %8lld %8lld %8lld", ttl, h->ip, h->low/1000, h->sum/h->answers/1000, h->high/1000);
	if(!numbers && hostname(net, h->ip, name, sizeof name) == 0)
		print("  %s", name);
	if(h->why[0] != '\0')
		print("  (%s)", h->why);
	print("\n");
}

static void
count(Hop *h, Answer *a)
{
	if(h->answers == 0 || a->ns < h->low)
		h->low = a->ns;
	if(h->answers == 0 || a->ns > h->high)
		h->high = a->ns;
	h->sum += a->ns;
	h->answers++;
	memmove(h->ip, a->ip, IPaddrlen);
	strcpy(h->why, a->why);
}

/* all probes with this ttl, those of icmp by fd and its ctl; what the farthest answer was */
static int
hop(int fd, int ctl, int ttl)
{
	static int seq;
	Answer a;
	Hop h;
	int i, kind;

	memset(&h, 0, sizeof h);
	kind = Lost;
	if(fd >= 0)
		setttl(ctl, ttl);
	for(i = 0; i < tries; i++){
		memset(&a, 0, sizeof a);
		if(fd >= 0)
			echo(fd, ++seq, &a);
		else
			call(ttl, &a);
		if(a.kind != Lost)
			count(&h, &a);
		else if(h.answers == 0)
			strcpy(h.why, a.why);
		if(a.kind > kind)
			kind = a.kind;
	}
	show(ttl, &h);
	return kind;
}

/* [net!]host[!port] */
static void
parse(char *arg)
{
	char *f[4], *host;
	int n, version;

	n = getfields(arg, f, nelem(f), 0, "!");
	if(n > 3 || *f[0] == '\0')
		usage();
	host = n == 1 ? f[0] : f[1];
	proto = n == 1 ? "net" : f[0];
	if(n == 3)
		port = f[2];
	if(strspn(port, "0123456789") != strlen(port))
		sysfatal("%s: not a number of a port", port);
	version = strcmp(proto, "icmp") == 0 ? 4 : strcmp(proto, "icmpv6") == 0 ? 6 : 0;
	if(version == 0 && strcmp(proto, "net") != 0 && strcmp(proto, "udp") != 0 && strcmp(proto, "tcp") != 0)
		sysfatal("%s: only icmp, icmpv6, udp and tcp are known", proto);
	if(hostaddr(net, host, version, dest) < 0)
		sysfatal("%s: %r", host);
	if(strcmp(proto, "net") == 0)
		proto = isv4(dest) ? "icmp" : "icmpv6";
	if(strcmp(proto, "tcp") == 0 && n < 3)
		port = "80";
}

void
main(int argc, char **argv)
{
	char addr[128];
	int fd, ctl, ttl;

	fmtinstall('I', eipfmt);
	ARGBEGIN{
	case 'a':
		tries = atoi(EARGF(usage()));
		break;
	case 'm':
		last = atoi(EARGF(usage()));
		break;
	case 'n':
		numbers = 1;
		break;
	case 't':
		first = atoi(EARGF(usage()));
		break;
	case 'w':
		wait1 = atoi(EARGF(usage()));
		break;
	case 'x':
		net = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc != 1 || tries <= 0 || first <= 0 || last < first || last > Maxhops || wait1 <= 0)
		usage();
	parse(argv[0]);
	notify(caught);
	fd = ctl = -1;
	if(strncmp(proto, "icmp", 4) == 0){
		snprint(addr, sizeof addr, "%s/%s!%I!1", net, proto, dest);
		fd = dial(addr, nil, nil, &ctl);
		if(fd < 0)
			sysfatal("%s: %r", addr);
	}
	print("to %s!%I, round trips in µs (least, average, most)\n", proto, dest);
	for(ttl = first; ttl <= last; ttl++)
		if(hop(fd, ctl, ttl) == Host)
			exits(nil);
	exits("not reached");
}
