/*
 * A stranger on the wire: one stack, 10.0.0.1, that is given frames made by hand and time that somebody else counts, and
 * what it answers.  For the programs that test it so and print TAP.
 */
#include "stranger.h"

Ip	*f;
Ifc	*ifc;
uchar	last[2048];
int	lastlen;
ulong	nsent;
int	ntest, nbad;

static Seg	answers[64];
static int	firstanswer, nanswer;

/* The stack itself is never taken down. */
char*
__asan_default_options(void)
{
	return "detect_leaks=0";
}

void
ok(int good, char *what, ulong figure, char *unit)
{
	say("%sok %d - %s (%lu %s)\n", good? "": "not ", ++ntest, what, figure, unit);
	nbad += !good;
}

static void
catchframe(Ifc *i, Block *b)
{
	USED(i);
	nsent++;
	b = pktflat(b);
	lastlen = BLEN(b) < sizeof last? BLEN(b): sizeof last;
	memmove(last, b->rp, lastlen);
	if(lastlen >= 14+V4hdr+Tcphdr && get2(last+12) == 0x800 && last[23] == Ptcp && nanswer < nelem(answers)){
		b->wp = b->rp + 14 + get2(last+16);	/* the frame may be filled up */
		b->rp += 14+V4hdr;
		tcpparse(b, &answers[(firstanswer + nanswer++) % nelem(answers)]);
	}
	freeb(b);
}

void
deliver(uchar *p, int n)
{
	Block *b;

	b = iallocb(n);
	memmove(b->wp, p, n);
	b->wp += n;
	hostus += 5;
	ipenter(f);
	etherin(ifc, b);
	tickrun(f);
	ipleave(f);
}

void
later(ulong ms)
{
	for(; ms > 0; ms -= ms < 100? ms: 100){
		hostus += 100*1000;
		ipenter(f);
		tickrun(f);
		ipleave(f);
	}
}

uchar	pkt[2048];
int	peerport = 7;

/* An IPv4 packet of a protocol from 10.x.y.z with n bytes behind its header: where those go. */
uchar*
ip4(u32int from, int proto, int n)
{
	uchar *p;

	memset(pkt, 0, sizeof pkt);
	memmove(pkt, ifc->mac, 6);
	pkt[6] = 2;
	pkt[11] = 9;
	put2(pkt+12, 0x800);
	p = pkt+14;
	p[0] = 0x45;
	put2(p+2, V4hdr+n);
	p[8] = 64;
	p[9] = proto;
	put4(p+12, 0x0a000000 | from & 0xFFFFFF);
	put4(p+16, 0x0a000001);
	put2(p+10, sumfold(sumadd(0, p, V4hdr)));
	return p+V4hdr;
}

void
segmentwith(u32int from, int port, u32int seq, u32int ack, int flags, int wnd, int len, uchar *opt, int optlen)
{
	Ipaddr src, dst;
	uchar *p;
	int n;

	n = Tcphdr+optlen+len;
	p = ip4(from, Ptcp, n);
	put2(p, port);
	put2(p+2, peerport);
	put4(p+4, seq);
	put4(p+8, ack);
	p[12] = (Tcphdr+optlen)<<2;
	p[13] = flags;
	put2(p+14, wnd);
	memmove(p+Tcphdr, opt, optlen);
	memset(p+Tcphdr+optlen, 'd', len);
	v4to(&src, p-V4hdr+12);
	v4to(&dst, p-V4hdr+16);
	put2(p+16, sumfold(sumadd(sumpseudo(&src, &dst, Ptcp, n), p, n)));
	deliver(pkt, 14+V4hdr+n);
}

void
segment(u32int from, int port, u32int seq, u32int ack, int flags, int wnd, int len)
{
	segmentwith(from, port, seq, ack, flags, wnd, len, nil, 0);
}

/* The frame that the stack has just sent is a segment with these flags. */
int
answered(int flags)
{
	return lastlen >= 54 && get2(last+12) == 0x800 && last[23] == Ptcp && (last[47] & 0x3F) == flags;
}

/* 10.0.0.from has a hardware address that is known for good, so that what is sent to it goes out at once. */
void
introduce(u32int from)
{
	char ip[32];

	snprint(ip, sizeof ip, "10.0.0.%d", from);
	ipenter(f);
	if(neighctl(f, (char*[]){ "add", ip, "020000000009" }, 3) != nil)
		fatal("10.0.0.%d cannot be introduced", from);
	ipleave(f);
}

/* A stranger connects, or cannot; the conversation, which is then open. */
Conv*
connects(Conv *l, u32int from, int port)
{
	Conv *c;

	introduce(from);
	lastlen = 0;
	segment(from, port, 1000, 0, SYN, 65535, 0);
	if(!answered(SYN|ACK))
		return nil;
	segment(from, port, 1001, get4(last+38)+1, ACK, 65535, 0);
	c = convtake(l);
	if(c != nil)
		c->inuse = 1;
	return c;
}

/* The oldest segment that the stack has sent and nobody has looked at yet; 0: there is none. */
int
answer(Seg *s)
{
	if(nanswer == 0)
		return 0;
	*s = answers[firstanswer];
	firstanswer = (firstanswer+1) % nelem(answers);
	nanswer--;
	return 1;
}

/* Forget what was sent so far. */
void
noanswers(void)
{
	nanswer = 0;
}

/* The stack, with an address and a listener at port 7. */
Conv*
strangerhost(void)
{
	Conv *l;

	ipfmtinstall();
	rndseed(1);
	hostxmit = catchframe;
	f = ipnew(0);
	ifc = hostifc(f, "ether", 1500);
	hostaddr(ifc, "10.0.0.1", "/8");
	l = hostconv(f, Xtcp);
	tellconv(l, "announce *!7");
	return l;
}
