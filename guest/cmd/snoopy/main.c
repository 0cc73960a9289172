/*
 * snoopy: shows the frames of an Ethernet interface, a line each, or writes them as
 * a pcap file, which tshark and others read.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <ip.h>
#include "snoopy.h"

enum
{
	Maxframe	= 14+4+65535,	/* of a packet that nobody has cut */

	/* pcap's header: 24 bytes; and of each frame: 16 */
	Magic		= 0xa1b2c3d4,
	Ethernet	= 1,		/* its number among link types */
};

static Biobuf	out;

static void
usage(void)
{
	fprint(2, "usage: snoopy [-dp] [-N count] [interface]\n");
	exits("usage");
}

/* numbers in the machine's order: who reads them tells by the magic */
static void
word(ulong v)
{
	u32int w;

	w = v;
	Bwrite(&out, &w, sizeof w);
}

static void
pcaphead(void)
{
	word(Magic);
	word(2 | 4<<16);		/* version 2.4 */
	word(0);
	word(0);
	word(Maxframe);
	word(Ethernet);
}

static void
pcapframe(vlong t, uchar *frame, int n)
{
	word(t/1000000000LL);
	word(t%1000000000LL/1000);
	word(n);
	word(n);
	Bwrite(&out, frame, n);
}

/* all frames: the data file; its ctl stays open */
static int
openether(char *dev, int prom)
{
	char buf[128];
	int ctl, fd, n;

	snprint(buf, sizeof buf, "%s%s/clone", *dev == '/' ? "" : "/net/", dev);
	ctl = open(buf, ORDWR);
	if(ctl < 0)
		sysfatal("%s: %r", buf);
	n = read(ctl, buf, sizeof buf - 1);
	if(n <= 0)
		sysfatal("clone: %r");
	buf[n] = '\0';
	n = atoi(buf);
	if(fprint(ctl, "connect -1") < 0 || prom && fprint(ctl, "promiscuous") < 0)
		sysfatal("%s: %r", dev);
	snprint(buf, sizeof buf, "%s%s/%d/data", *dev == '/' ? "" : "/net/", dev, n);
	fd = open(buf, OREAD);
	if(fd < 0)
		sysfatal("%s: %r", buf);
	return fd;
}

void
main(int argc, char **argv)
{
	static uchar frame[Maxframe];
	char line[512];
	vlong start, t;
	int count, fd, i, n, pcap, prom;

	count = -1;
	pcap = 0;
	prom = 1;
	ARGBEGIN{
	case 'd':
		pcap = 1;
		break;
	case 'N':
		count = atoi(EARGF(usage()));
		break;
	case 'p':
		prom = 0;
		break;
	default:
		usage();
	}ARGEND
	if(argc > 1)
		usage();
	fmtinstall('E', eipfmt);
	fmtinstall('I', eipfmt);
	fmtinstall('V', eipfmt);
	fd = openether(argc == 1 ? argv[0] : "ether0", prom);
	Binit(&out, 1, OWRITE);
	if(pcap)
		pcaphead();
	Bflush(&out);
	start = nsec();
	for(i = 0; (count < 0 || i < count) && (n = read(fd, frame, sizeof frame)) > 0; i++){
		t = nsec();
		if(pcap)
			pcapframe(t, frame, n);
		else{
			etherline(line, line+sizeof line, frame, n);
			Bprint(&out, "%06lld ms %s\n", (t-start)/1000000, line);
		}
		if(Bflush(&out) < 0)
			exits("write");
	}
	exits(nil);
}
