/*
 * ip/ping: sends echo requests (RFC 792, RFC 4443) and tells how long their
 * answers took.
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
	Maxsize	= 65000,

	Echo4	= 8,
	Reply4	= 0,
	Echo6	= 128,
	Reply6	= 129,
};

static int	size = 56;
static int	count = -1;
static int	interval = 1000;	/* ms */
static int	wait1 = 5000;		/* ms for an answer */
static int	quiet;
static int	lostonly;
static int	received;
static vlong	least, most, sum;

static void
usage(void)
{
	fprint(2, "usage: ip/ping [-lq] [-i ms] [-n count] [-s bytes] [-w ms] host\n");
	exits("usage");
}

static int
request(int fd, uchar *pkt, int hdr, int seq)
{
	uchar *p;
	int i;
	vlong now;

	memset(pkt, 0, hdr+Icmphdr);
	p = pkt+hdr;
	p[0] = hdr == V4hdr ? Echo4 : Echo6;
	hnputs(p+6, seq);
	now = nsec();
	for(i = Icmphdr; i < Icmphdr+size; i++)
		p[i] = i;
	if(size >= sizeof now)
		memmove(p+Icmphdr, &now, sizeof now);
	return write(fd, pkt, hdr+Icmphdr+size) == hdr+Icmphdr+size ? 0 : -1;
}

/* the answer to seq; 0 if it came in time */
static int
reply(int fd, uchar *pkt, int hdr, int seq, vlong sent)
{
	vlong end, took;
	long left;
	uchar *p;
	int n;

	end = sent/1000000 + wait1;
	while((left = end - nsec()/1000000) > 0){
		n = readfor(fd, pkt, hdr+Icmphdr+Maxsize, left);
		if(n < hdr+Icmphdr)
			continue;
		p = pkt+hdr;
		if(p[0] != (hdr == V4hdr ? Reply4 : Reply6) || nhgets(p+6) != (ushort)seq)
			continue;
		took = (nsec()-sent)/1000;
		received++;
		sum += took;
		if(received == 1 || took < least)
			least = took;
		if(took > most)
			most = took;
		if(!quiet && !lostonly)
			print("%d: rtt %lld µs, avg rtt %lld µs, ttl = %d\n", seq, took, sum/received, hdr == V4hdr ? pkt[8] : pkt[7]);
		return 0;
	}
	return -1;
}

void
main(int argc, char **argv)
{
	uchar ip[IPaddrlen], *pkt;
	char addr[128];
	vlong sent;
	int fd, hdr, seq, rest;

	fmtinstall('I', eipfmt);
	ARGBEGIN{
	case 'i':
		interval = atoi(EARGF(usage()));
		break;
	case 'l':
		lostonly = 1;
		break;
	case 'n':
		count = atoi(EARGF(usage()));
		break;
	case 'q':
		quiet = 1;
		break;
	case 's':
		size = atoi(EARGF(usage()));
		break;
	case 'w':
		wait1 = atoi(EARGF(usage()));
		break;
	default:
		usage();
	}ARGEND
	if(argc != 1 || size < 0 || size > Maxsize || interval < 0 || wait1 <= 0)
		usage();
	if(hostaddr("/net", argv[0], 0, ip) < 0)
		sysfatal("%s: %r", argv[0]);
	hdr = isv4(ip) ? V4hdr : V6hdr;
	snprint(addr, sizeof addr, "/net/%s!%I!1", hdr == V4hdr ? "icmp" : "icmpv6", ip);
	fd = dial(addr, nil, nil, nil);
	if(fd < 0)
		sysfatal("%s: %r", addr);
	pkt = malloc(hdr+Icmphdr+Maxsize);
	if(pkt == nil)
		sysfatal("out of memory");
	notelimits();
	if(!quiet)
		print("sending %d bytes to %I\n", size, ip);
	for(seq = 0; count < 0 || seq < count; seq++){
		sent = nsec();
		if(request(fd, pkt, hdr, seq) < 0)
			sysfatal("write: %r");
		if(reply(fd, pkt, hdr, seq, sent) < 0 && !quiet)
			print("%d: lost\n", seq);
		rest = interval - (nsec()-sent)/1000000;
		if(rest > 0 && seq != count-1)
			sleep(rest);
	}
	print("%d of %d answered", received, seq);
	if(received > 0)
		print(", rtt %lld to %lld µs, avg %lld µs", least, most, sum/received);
	print("\n");
	exits(received == seq ? nil : "lost messages");
}
