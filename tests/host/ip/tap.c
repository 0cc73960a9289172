/*
 * Our stack on a tap interface of the host, in real time, to talk with Linux's.
 *	tap IF take|give|get|put|echo ADDR PORT BYTES [NAME=VALUE ...]
 * take and give listen at PORT (ADDR is the other side's and unused); get and put call ADDR!PORT; `many' makes BYTES
 * connections to an echo server at once and has each say something.  Data is pattern.h's.  loss dup reorder corrupt
 * (of 1000 frames, both ways), delay (us), mtu, seed, log, pcap=FILE: what happens to frames on our side of the tap.  long=1: with packets
 * that neither side cuts.  gw=1:
 * what is not on the tap goes by 10.9.0.1 or fd09::1.
 * We are 10.9.0.2/24 and fd09::2/64.  Prints what happened; status 1 if data was wrong or did not come in time.
 */
#include "host.h"

enum {
	Patience = 280,			/* s for all of it */
	Maxmany	= 2000,
};

static Ifc	*ifc;
static Ip	*f;
static Wire	in, out;
static int	tap, pcap = -1;

/* As it would look on a wire. */
static void
capture(uchar *p, int n, int seg)
{
	static uchar buf[70000];

	if(seg != 0){
		memmove(buf, p, n);
		longsum(buf+Ethhdr, n-Ethhdr);
		p = buf;
	}
	pcapframe(pcap, realus(), p, n);
}

/* Frames come out of a wire: into the stack, or onto the tap. */
static void
fromwire(Wire *w, uchar *p, int n, Ifc *to)
{
	Block *b;

	USED(to);
	if(pcap >= 0)
		capture(p, n, w->seg);
	if(w == &out){
		tapwrite(tap, p, n);
		return;
	}
	b = hostframe(p, n, w->seg);
	ipenter(f);
	etherin(ifc, b);
	ipleave(f);
}

static void
xmit(Ifc *i, Block *b)
{
	wiresend(&out, b, i);
}

static void
turn(void)
{
	static uchar buf[70000];
	uvlong next, t;
	long n;
	int i, seg;

	hostus = realus();
	for(i = 0; i < 64 && (n = tapread(tap, buf, sizeof buf, &seg)) > 0; i++)
		wiresend(&in, hostframe(buf, n, seg), ifc);
	wirerun(&in);
	ipenter(f);
	tickrun(f);
	ipleave(f);
	wirerun(&out);
	next = ticknext(f)*1000;
	if((t = wirenext(&in)) != 0 && (next == 0 || t < next))
		next = t;
	if((t = wirenext(&out)) != 0 && (next == 0 || t < next))
		next = t;
	if(next == 0 || next > hostus + 20000)
		next = hostus + 20000;
	if(next > hostus && i < 64)
		tapwait(tap, next - hostus);
}

static Conv	*many[Maxmany];

/* n connections at once: each sends its number and wants it back. */
static int
connections(char *addr, char *port, int n)
{
	char msg[64], buf[64];
	Block *b;
	int i, good, sent[Maxmany] = { 0 }, done[Maxmany] = { 0 };
	uvlong end;

	for(i = 0; i < n; i++){
		many[i] = hostconv(f, Xtcp);
		snprint(msg, sizeof msg, "connect %s!%s", addr, port);
		if(tellconv(many[i], msg) < 0)
			return 1;
		if(i%16 == 0)
			turn();
	}
	good = 0;
	end = realus() + Patience*1000000ull;
	while(good < n && realus() < end){
		turn();
		for(i = 0; i < n; i++){
			if(done[i] || many[i]->state != Connected)
				continue;
			if(!sent[i]){
				b = iallocb(32);
				b->wp = (uchar*)seprint((char*)b->wp, (char*)b->lim, "number %d", i);
				ipenter(f);
				tcp.write(many[i], b);
				ipleave(f);
				sent[i] = 1;
			}else if((b = qtake(&many[i]->rq)) != nil){
				snprint(buf, sizeof buf, "number %d", i);
				done[i] = 1;
				good += BLEN(b) == strlen(buf) && memcmp(b->rp, buf, BLEN(b)) == 0;
				freeb(b);
			}
		}
	}
	say("%d of %d connections echoed\n", good, n);
	return good != n;
}

/* NAME=VALUE of the command line */
enum { Oloss, Odup, Oreorder, Ocorrupt, Odelay, Omtu, Oseed, Ogw, Olog, Olong, Noption };
static struct {
	char	*name;
	int	v;
} option[Noption] = {
	[Oloss]		{ "loss", 0 },
	[Odup]		{ "dup", 0 },
	[Oreorder]	{ "reorder", 0 },
	[Ocorrupt]	{ "corrupt", 0 },
	[Odelay]		{ "delay", 0 },
	[Omtu]		{ "mtu", 1500 },
	[Oseed]		{ "seed", 1 },
	[Ogw]		{ "gw", 0 },
	[Olog]		{ "log", 0 },
	[Olong]		{ "long", 0 },
};

static void
setoption(char *arg)
{
	int i, n;

	if(strncmp(arg, "pcap=", 5) == 0){
		pcap = pcapopen(arg+5);
		return;
	}
	for(i = 0; i < Noption; i++){
		n = strlen(option[i].name);
		if(strncmp(arg, option[i].name, n) == 0 && arg[n] == '='){
			option[i].v = atoi(arg+n+1);
			return;
		}
	}
	fatal("%s: no such option", arg);
}

/* Our stack, on the tap of that name. */
static void
machine(char *name)
{
	hostus = realus();
	rndseed(option[Oseed].v);
	ipfmtinstall();
	tap = tapopen(name, option[Olong].v);
	hostxmit = xmit;
	in.out = out.out = fromwire;
	f = ipnew(0);
	f->logopens = option[Olog].v;
	f->logmask = ~0;
	ifc = hostifc(f, option[Omtu].v > 1500? "gbe": "ether", option[Omtu].v);
	ifc->longest = option[Olong].v? 61000: 0;
	hostaddr(ifc, "10.9.0.2", "/24");
	hostaddr(ifc, "fd09::2", "/64");
	if(option[Ogw].v){
		routectl(f, (char*[]){ "add", "0", "0", "10.9.0.1" }, 4, "test");
		routectl(f, (char*[]){ "add", "0", "0", "fd09::1" }, 4, "test");
	}
}

/*
 * Our stack and Linux at addr learn each other's hardware address while the wire is good: how that is asked for, and given
 * up when nobody answers four times, is not what this is about.
 */
static void
meet(char *addr)
{
	char msg[64], table[4096];
	uvlong end;
	Conv *c;
	Block *b;

	snprint(msg, sizeof msg, "connect %s!9", addr);
	c = hostconv(f, Xudp);
	if(tellconv(c, msg) == 0){
		b = iallocb(1);
		*b->wp++ = 'x';
		ipenter(f);
		udp.write(c, b);
		ipleave(f);
		end = realus() + 5*1000000;
		do{
			turn();
			neightext(f, table, table+sizeof table);
		}while(strstr(table, " OK ") == nil && realus() < end);
	}
	hostdrop(c);
}

static void
spoil(void)
{
	in.loss = out.loss = option[Oloss].v;
	in.dup = out.dup = option[Odup].v;
	in.reorder = out.reorder = option[Oreorder].v;
	in.corrupt = out.corrupt = option[Ocorrupt].v;
	if(option[Olong].v)
		out.corrupt = 0;	/* Linux takes what was not summed for whole */
	in.delay = out.delay = option[Odelay].v;
}

/* A connection, by calling or by being called; nil: it cannot be called. */
static Conv*
connection(int calling, char *addr, char *port, uvlong end)
{
	char msg[64];
	Conv *l, *c;

	l = hostconv(f, Xtcp);
	if(calling)
		snprint(msg, sizeof msg, "connect %s!%s", addr, port);
	else
		snprint(msg, sizeof msg, "announce %s", port);
	if(tellconv(l, msg) < 0)
		return nil;
	c = calling? l: nil;
	if(!calling)
		say("listening\n");
	while(c == nil && realus() < end){
		turn();
		c = convtake(l);
	}
	if(c == nil)
		fatal("nobody calls");
	c->inuse = 1;
	while(c->state == Connecting && realus() < end)
		turn();
	return c;
}

/* total bytes by c, one way; -1 if what came was wrong.  Fewer if the other side ends or the time is over. */
static int
transfer(Conv *c, int sending, uvlong *done, uvlong total, uvlong end)
{
	while(*done < total && realus() < end){
		if(c->ended && c->rq.first == nil)
			break;
		if((sending? hostwrite(c, done, total): hostread(c, done, 1<<20)) < 0)
			return -1;
		turn();
	}
	return 0;
}

static int
over(Conv *c)
{
	int state;

	state = ((Tcb*)c->pcb)->state;
	return state == Closed || state == Time_wait;
}

static void
report(int sending, uvlong done, int ms, int bad)
{
	u32int *stat;

	stat = f->set[Xtcp].stat;
	say("%s %llu bytes in %d ms, %llu MB/s, %u again, %u timeouts, %u recoveries, %u resets%s\n", sending? "sent": "got", done, ms,
		done/1000/ms, stat[RetransSegs], stat[RetransTimeouts], stat[Recoveries], stat[OutRsts], bad? ": WRONG": "");
}

int
main(int argc, char **argv)
{
	char buf[512];
	uvlong total, done, start, end;
	int i, sending, calling, bad;
	Conv *c;

	if(argc < 6)
		fatal("usage: tap IF take|give|get|put|many ADDR PORT BYTES [NAME=VALUE ...]");
	for(i = 6; i < argc; i++)
		setoption(argv[i]);
	machine(argv[1]);
	sending = strcmp(argv[2], "give") == 0 || strcmp(argv[2], "put") == 0;
	calling = strcmp(argv[2], "get") == 0 || strcmp(argv[2], "put") == 0;
	total = atoll(argv[5]);
	if(calling || strcmp(argv[2], "many") == 0)
		meet(argv[3]);
	spoil();
	if(strcmp(argv[2], "many") == 0)
		return connections(argv[3], argv[4], total);
	end = realus() + Patience*1000000ull;
	c = connection(calling, argv[3], argv[4], end);
	if(c == nil)
		return 1;
	start = realus();
	done = 0;
	bad = transfer(c, sending, &done, total, end) < 0;
	tellconv(c, "close");
	/* what was sent must have been acknowledged, and the end as well */
	while(!over(c) && realus() < end)
		turn();
	if(c->cerr[0] != 0 || done != total || !over(c)){
		tcp.status(c, buf, buf+sizeof buf);
		say("# %s %s", c->cerr, buf);
		bad = 1;
	}
	if(option[Ogw].v && routefind(f, &c->raddr) != nil)
		say("the path takes %d bytes\n", pathmtu(f, &c->raddr, routefind(f, &c->raddr)));
	report(sending, done, (realus()-start)/1000 + 1, bad);
	return bad;
}
