/*
 * Floods, under the sanitizers: each of them more than there is room for, and then the same stack must still do its
 * work, in bounded memory; and neighbours who claim our addresses.  Prints TAP with the figures.
 */
#include "stranger.h"

static void
synflood(Conv *l)
{
	ulong before, most;
	Conv *c;
	int i;

	before = most = hostbytes;
	for(i = 0; i < 65536; i++){
		segment(0x10000 + i, 1024 + i%60000, rnd(), 0, SYN, 65535, 0);
		if(hostbytes > most)
			most = hostbytes;
	}
	ok(most-before < 2*1024*1024, "65,536 SYNs from as many addresses: bounded", (most-before)/1024, "KiB");
	c = connects(l, 77, 5555);
	ok(c != nil, "and in the middle of it a caller gets through, by a cookie", f->set[Xtcp].stat[CookiesRecv], "cookies came back");
	if(c != nil){
		segment(77, 5555, 1001, ((Tcb*)c->pcb)->nxt, ACK|PSH, 65535, 100);
		ok(c->rq.len == 100, "its data, too", c->rq.len, "bytes");
		hostdrop(c);
	}
	later(120*1000);
	ok(((Tcpstack*)f->tcp)->nhalf == 0, "later they are forgotten", ((Tcpstack*)f->tcp)->nhalf, "left");
}

static void
ackflood(Conv *l)
{
	int i, n;

	n = f->set[Xtcp].nconv;
	for(i = 0; i < 65536; i++)
		segment(0x20000+i, 2000, rnd(), rnd(), ACK, 65535, 10);
	ok(f->set[Xtcp].nconv <= n+1 && convtake(l) == nil, "65,536 forged acknowledgements make no connection",
		f->set[Xtcp].nconv - n, "conversations");
}

static void
fragflood(void)
{
	ulong before, most;
	uchar *p;
	int i;

	before = most = hostbytes;
	for(i = 0; i < 100000; i++){
		p = ip4(99 + i%1000, Pudp, 1000);
		put2(p-V4hdr+4, i);
		put2(p-V4hdr+6, 0x2000 | rnd()%8000);
		put2(p-V4hdr+10, 0);
		put2(p-V4hdr+10, sumfold(sumadd(0, p-V4hdr, V4hdr)));
		deliver(pkt, 14+V4hdr+1000);
		if(hostbytes > most)
			most = hostbytes;
	}
	ok(most-before < 2*1024*1024, "100,000 fragments of what never is whole: bounded", (most-before)/1024, "KiB");
	later(60*1000);
	ok(f->nfrag == 0, "later they are forgotten", f->nfrag, "left");
}

static void
neighbours(void)
{
	ulong before, most;
	Conv *c;
	Block *b;
	int i;

	c = hostconv(f, Xudp);
	tellconv(c, "announce 53");
	tellconv(c, "headers");
	before = most = hostbytes;
	for(i = 0; i < 65536; i++){
		b = iallocb(100);
		memset(b->wp, 0, 100);
		v4to((Ipaddr*)b->wp, (uchar[]){ 10, 1, i>>8, i });
		b->wp += 100;
		ipenter(f);
		udp.write(c, b);
		ipleave(f);
		hostus += 5;
		if(hostbytes > most)
			most = hostbytes;
	}
	ok(most-before < 1024*1024, "65,536 neighbours asked for who are not there: bounded", (most-before)/1024, "KiB");
	hostdrop(c);
	later(30*1000);
	ok(f->nneigh < 600, "the table", f->nneigh, "entries");
}

static void
neverreads(Conv *l)
{
	uvlong sent;
	ulong before;
	Conv *c;
	Tcb *t;
	int i;

	c = connects(l, 78, 5556);
	if(c == nil){
		ok(0, "a peer that never reads: it connects", 0, "");
		return;
	}
	t = c->pcb;
	before = hostbytes;
	sent = 0;
	hostwrite(c, &sent, 100*1024*1024);
	segment(78, 5556, 1001, t->nxt, ACK, 0, 0);	/* what came is acknowledged, the window is shut */
	for(i = 0; i < 600; i++){
		hostwrite(c, &sent, 100*1024*1024);
		later(1000);
		if(i%10 == 0)
			segment(78, 5556, 1001, t->nxt, ACK, 0, 0);
	}
	ok(hostbytes-before < 2*Buffer, "a peer that never reads: bounded", (hostbytes-before)/1024, "KiB");
	ok(t->state == Established, "and ten minutes of a shut window end nothing", f->set[Xtcp].stat[ZeroProbes], "probes");
	nsent = 0;
	hostdrop(c);
	for(i = 0; i < 300 && c->taken; i++){
		later(1000);
		if(i%10 == 0 && c->taken)
			segment(78, 5556, 1001, t->nxt, ACK, 0, 0);
	}
	ok(!c->taken, "but when its user leaves, it is given up", nsent, "frames until then");
}

/* Every other byte of a megabyte, never the ones between. */
static void
holes(Conv *l)
{
	ulong before, most;
	Conv *c;
	Tcb *t;
	int i;

	c = connects(l, 79, 5557);
	if(c == nil){
		ok(0, "data with holes: it connects", 0, "");
		return;
	}
	t = c->pcb;
	before = most = hostbytes;
	for(i = 0; i < 30000; i++){
		segment(79, 5557, 1002+2*i, t->nxt, ACK, 65535, 1);
		if(hostbytes > most)
			most = hostbytes;
	}
	ok(most-before < 1024*1024, "30,000 bytes each behind a hole: bounded", (most-before)/1024, "KiB");
	for(i = 0; i < 30; i++)
		segment(79, 5557, 1001+i*1000, t->nxt, ACK, 65535, 1000);
	ok(c->rq.len >= 30000, "and when the holes are filled all is there", c->rq.len, "bytes");
	hostdrop(c);
	segment(79, 5557, 1001, 0, RST, 0, 0);
}

/* An ARP reply that claims an address. */
static void
claim4(u32int addr)
{
	uchar arp[60];

	memset(arp, 0, sizeof arp);
	memmove(arp, ifc->mac, 6);
	memmove(arp+6, "\2\0\0\0\0\7\x08\6\0\1\x08\0\6\4\0\2\2\0\0\0\0\7", 22);
	put4(arp+28, addr);
	put4(arp+38, addr);
	deliver(arp, sizeof arp);
}

/* A neighbour advertisement that does. */
static void
claim6(Ipaddr *a)
{
	Ipaddr src;
	uchar f[86], *p;

	memset(f, 0, sizeof f);
	memmove(f, "\x33\x33\0\0\0\1\2\0\0\0\0\7\x86\xdd\x60\0\0\0\0\x20\x3a\xff", 22);
	parseip("fe80::7", &src);
	memmove(f+22, src.b, 16);
	memmove(f+38, allnodes.b, 16);
	p = f+54;
	p[0] = 136;
	p[4] = 0x20;
	memmove(p+8, a->b, 16);
	memmove(p+24, "\2\1\2\0\0\0\0\7", 8);
	put2(p+2, sumfold(sumadd(sumpseudo(&src, &allnodes, Picmp6, 32), p, 32)));
	deliver(f, sizeof f);
}

static void
tried(void)
{
	static char *addr[] = { "10.0.0.50", "fd00::50" };
	char msg[64];
	Ipaddr a;
	Lifc *l;
	int i;

	for(i = 0; i < 2; i++){
		parseip(addr[i], &a);
		snprint(msg, sizeof msg, "try %s %s", addr[i], i == 0? "/8": "/64");
		tellconv(ifc->c, msg);
		l = ifclocal(ifc, &a);
		ok(l != nil && l->tentative, i == 0? "an IPv4 address is tried": "an IPv6 address is tried", nsent, "frames");
		later(2000);
		l = ifclocal(ifc, &a);
		ok(l != nil && !l->tentative, "nobody objects: it is ours", nsent, "frames");
		if(i == 0)
			claim4(0x0a000032);
		else
			claim6(&a);
		ok(ifclocal(ifc, &a) != nil, "who claims it now comes too late", nsent, "frames");
		snprint(msg, sizeof msg, "remove %s %s", addr[i], i == 0? "/8": "/64");
		tellconv(ifc->c, msg);
		snprint(msg, sizeof msg, "try %s %s", addr[i], i == 0? "/8": "/64");
		tellconv(ifc->c, msg);
		if(i == 0)
			claim4(0x0a000032);
		else
			claim6(&a);
		ok(ifclocal(ifc, &a) == nil, "who claims it in time has it", nsent, "frames");
	}
	tellconv(ifc->c, "add6 fd77:: 64 1 1 100 50");
	later(1000*60);
	for(l = ifc->lifc; l != nil && l->validlt != 100; l = l->next)
		;
	ok(l != nil && l->preflt == 0, "an address made of a prefix: after its time it is not preferred", 60, "s");
	later(1000*60);
	for(l = ifc->lifc; l != nil && l->validlt != 100; l = l->next)
		;
	ok(l == nil, "and later it is gone", 120, "s");
}

/* ---- groups ---- */

static uchar	heard[64][6];		/* what the card listens to, each once */
static int	nheard;

static int
hears(uchar *mac)
{
	int i;

	for(i = 0; i < nheard && memcmp(heard[i], mac, 6) != 0; i++)
		;
	return i < nheard;
}

static void
multi(uchar *mac, int on)
{
	int i;

	for(i = 0; i < nheard && memcmp(heard[i], mac, 6) != 0; i++)
		;
	if(on && i == nheard && nheard < nelem(heard))
		memmove(heard[nheard++], mac, 6);
	if(!on && i < nheard)
		memmove(heard[i], heard[--nheard], 6);
}

/* Who leaves a group takes it away from nobody else. */
static void
groups(void)
{
	static uchar g[] = { 1, 0, 0x5E, 1, 2, 3 }, all[] = { 0x33, 0x33, 0, 0, 0, 1 };
	Conv *c, *d;

	hostmulti = multi;
	c = hostconv(f, Xudp);
	d = hostconv(f, Xudp);
	tellconv(c, "addmulti 10.0.0.1 239.1.2.3");
	ok(hears(g), "a group is joined", nheard, "groups");
	tellconv(d, "addmulti 10.0.0.1 239.1.2.3");
	tellconv(d, "remmulti 10.0.0.1 239.1.2.3");
	ok(hears(g), "one of two members leaves it: the other hears on", nheard, "groups");
	tellconv(d, "addmulti 10.0.0.1 239.129.2.3");
	tellconv(d, "remmulti 10.0.0.1 239.129.2.3");
	ok(hears(g), "so when a group with the same hardware address is left", nheard, "groups");
	tellconv(c, "remmulti 10.0.0.1 239.1.2.3");
	ok(!hears(g), "the last one leaves", nheard, "groups");
	hostaddr(ifc, "fd00::60", "/64");
	tellconv(c, "addmulti fd00::60 ff02::1");
	tellconv(c, "remmulti fd00::60 ff02::1");
	ok(hears(all), "nobody makes the machine leave IPv6's group of all", nheard, "groups");
	hostdrop(c);
	hostdrop(d);
}

/* Groups are any user's to join; addresses and routes must still find room. */
static void
manygroups(void)
{
	char msg[64], route[] = "10.77.0.0";
	Conv *c[150];
	char *e;
	int i, j;

	for(i = 0; i < nelem(c); i++){
		c[i] = hostconv(f, Xudp);
		for(j = 0; j < 32; j++){
			snprint(msg, sizeof msg, "addmulti 10.0.0.1 239.5.%d.%d", i, j);
			tellerr(c[i], msg);
		}
	}
	ipenter(f);
	e = routectl(f, (char*[]){ "add", route, "/16", "10.0.0.9" }, 4, "none");
	ipleave(f);
	ok(e == nil, "4800 groups are joined, as far as there is room: there is room for a route", f->nroute, "routes");
	for(i = 0; i < nelem(c); i++)
		hostdrop(c[i]);
	ok(f->nroute < 100, "and they are left", f->nroute, "routes");
}

/* ---- a packet longer than there can be ---- */

/* n bytes of a datagram from off on, with so many words of header. */
static void
piece(int words, int off, int n, int more)
{
	static uchar big[14+60+1480];
	uchar *p;

	memset(big, 0, sizeof big);
	memmove(big, ip4(98, Pudp, 0) - 14-V4hdr, 14+V4hdr);
	p = big+14;
	p[0] = 0x40 | words;
	memset(p+V4hdr, 1, words*4-V4hdr);
	put2(p+2, words*4+n);
	put2(p+4, 77);
	put2(p+6, off/8 | (more? 0x2000: 0));
	put2(p+10, 0);
	put2(p+10, sumfold(sumadd(0, p, words*4)));
	deliver(big, 14+words*4+n);
}

static void
toolong(void)
{
	ulong before, bad;
	int off, n;

	before = f->ipstat[Sreasmoks];
	bad = f->ipstat[Sreasmfails];
	for(off = 0; off < 65515; off += n){
		n = 65515-off < 1480? 65515-off: 1480;
		piece(off == 0? 15: 5, off, n, off+n < 65515);
	}
	ok(f->ipstat[Sreasmoks] == before && f->ipstat[Sreasmfails] == bad+1, "pieces of a packet that is too long for its first header are none", f->nfrag, "left");
}

/* A neighbour asks for fd00::60, by a question that says who it is. */
static void
asks6(int n)
{
	Ipaddr src, dst, group;
	uchar f[86], *p;
	char s[32];

	parseip("fd00::60", &dst);
	solicited(&group, &dst);
	snprint(s, sizeof s, "fd00::1:%x", n);
	parseip(s, &src);
	memset(f, 0, sizeof f);
	memmove(f, "\x33\x33\xff\0\0\x60\2\0\0\0\0\7\x86\xdd\x60\0\0\0\0\x20\x3a\xff", 22);
	memmove(f+22, src.b, 16);
	memmove(f+38, group.b, 16);
	p = f+54;
	p[0] = 135;
	memmove(p+8, dst.b, 16);
	memmove(p+24, "\1\1\2\0\0\0\0\7", 8);
	put2(p+2, sumfold(sumadd(sumpseudo(&src, &group, Picmp6, 32), p, 32)));
	deliver(f, sizeof f);
}

/* A neighbour is asked whether it is still there when the way to it has just become another, whose first step takes a place in a full table. */
static void
moved(void)
{
	Conv *c;
	Block *b;
	int i;

	ipenter(f);
	neighctl(f, (char*[]){ "flush" }, 1);
	ipleave(f);
	hostaddr(ifc, "fd01::60", "/64");
	ipenter(f);
	routectl(f, (char*[]){ "add", "::", "/0", "fd01::1" }, 4, "none");
	ipleave(f);
	asks6(1);
	later(61*1000);
	c = hostconv(f, Xudp);
	tellconv(c, "connect fd00::1:1!9");
	b = iallocb(100);
	b->wp += 100;
	ipenter(f);
	udp.write(c, b);
	ipleave(f);
	for(i = 2; f->nneigh < 512; i++)
		asks6(i);
	tellconv(ifc->c, "remove fd00::60 /64");
	later(10*1000);
	ok(f->nneigh <= 512, "a neighbour is asked when the way to it has changed, and the table is full", f->nneigh, "entries");
	hostdrop(c);
}

int
main(void)
{
	Conv *l;

	l = strangerhost();
	synflood(l);
	ackflood(l);
	fragflood();
	toolong();
	neighbours();
	neverreads(l);
	holes(l);
	tried();
	groups();
	manygroups();
	moved();
	say("1..%d\n", ntest);
	return nbad != 0;
}
