/*
 * Our stack on a tap interface of the host, in real time, to talk with Linux's.
 *	tap IF take|give|get|put|echo ADDR PORT BYTES [NAME=VALUE ...]
 * take and give listen at PORT (ADDR is the other side's and unused); get and put call ADDR!PORT; `many' makes BYTES
 * connections to an echo server at once and has each say something.  Data is pattern.h's.  loss dup reorder corrupt
 * (of 1000 frames, both ways), delay (us), mtu, seed, log, pcap=FILE: what happens to frames on our side of the tap.  gw=1:
 * what is not on the tap goes by 10.9.0.1 or fd09::1.
 * We are 10.9.0.2/24 and fd09::2/64.  Prints what happened; status 1 if data was wrong or did not come in time.
 */
#include "host.h"

enum {
	Patience = 120,			/* s for all of it */
	Maxmany	= 2000,
};

static Ifc	*ifc;
static Ip	*f;
static Wire	in, out;
static int	tap, pcap = -1;

/* Frames come out of a wire: into the stack, or onto the tap. */
static void
fromwire(Wire *w, uchar *p, int n, Ifc *to)
{
	Block *b;

	USED(to);
	if(pcap >= 0)
		pcapframe(pcap, realus(), p, n);
	if(w == &out){
		tapwrite(tap, p, n);
		return;
	}
	b = iallocb(n);
	memmove(b->wp, p, n);
	b->wp += n;
	ipenter(f);
	etherin(ifc, b);
	ipleave(f);
}

static void
xmit(Ifc *i, Block *b)
{
	USED(i);
	wiresend(&out, b, nil);
}

static void
turn(void)
{
	static uchar buf[70000];
	uvlong next, t;
	Block *b;
	long n;
	int i;

	hostus = realus();
	for(i = 0; i < 64 && (n = tapread(tap, buf, sizeof buf)) > 0; i++){
		b = iallocb(n);
		memmove(b->wp, buf, n);
		b->wp += n;
		wiresend(&in, b, ifc);
	}
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

int
main(int argc, char **argv)
{
	static struct {
		char	*name;
		int	v;
	} opt[] = {
		{ "loss", 0 }, { "dup", 0 }, { "reorder", 0 }, { "corrupt", 0 }, { "delay", 0 }, { "mtu", 1500 }, { "seed", 1 }, { "gw", 0 }, { "log", 0 },
	};
	char msg[64];
	Conv *l, *c;
	uvlong total, done, start, end;
	int i, j, sending, calling, bad;

	if(argc < 6)
		fatal("usage: tap IF take|give|get|put|many ADDR PORT BYTES [NAME=VALUE ...]");
	for(i = 6; i < argc; i++){
		for(j = 0; j < nelem(opt); j++)
			if(strncmp(argv[i], opt[j].name, strlen(opt[j].name)) == 0 && argv[i][strlen(opt[j].name)] == '=')
				opt[j].v = atoi(argv[i]+strlen(opt[j].name)+1);
		if(strncmp(argv[i], "pcap=", 5) == 0)
			pcap = pcapopen(argv[i]+5);
	}
	hostus = realus();
	rndseed(opt[6].v);
	ipfmtinstall();
	tap = tapopen(argv[1]);
	hostxmit = xmit;
	in.out = out.out = fromwire;
	f = ipnew(0);
	f->logopens = opt[8].v;
	f->logmask = ~0;
	ifc = hostifc(f, opt[5].v > 1500? "gbe": "ether", opt[5].v);
	hostaddr(ifc, "10.9.0.2", "/24");
	hostaddr(ifc, "fd09::2", "/64");
	if(opt[7].v){
		routectl(f, (char*[]){ "add", "0", "0", "10.9.0.1" }, 4, "test");
		routectl(f, (char*[]){ "add", "0", "0", "fd09::1" }, 4, "test");
	}
	in.loss = out.loss = opt[0].v;
	in.dup = out.dup = opt[1].v;
	in.reorder = out.reorder = opt[2].v;
	in.corrupt = out.corrupt = opt[3].v;
	in.delay = out.delay = opt[4].v;
	total = atoll(argv[5]);
	if(strcmp(argv[2], "many") == 0)
		return connections(argv[3], argv[4], total);
	sending = strcmp(argv[2], "give") == 0 || strcmp(argv[2], "put") == 0;
	calling = strcmp(argv[2], "get") == 0 || strcmp(argv[2], "put") == 0;
	end = realus() + Patience*1000000ull;
	c = nil;
	l = hostconv(f, Xtcp);
	if(calling){
		snprint(msg, sizeof msg, "connect %s!%s", argv[3], argv[4]);
		if(tellconv(l, msg) < 0)
			return 1;
		c = l;
	}else{
		snprint(msg, sizeof msg, "announce %s", argv[4]);
		if(tellconv(l, msg) < 0)
			return 1;
		say("listening\n");
		while(c == nil && realus() < end){
			turn();
			c = convtake(l);
		}
		if(c == nil)
			fatal("nobody calls");
		c->inuse = 1;
	}
	while(c->state == Connecting && realus() < end)
		turn();
	done = 0;
	bad = 0;
	start = realus();
	while(done < total && realus() < end){
		if(c->ended && c->rq.first == nil)
			break;
		i = sending? hostwrite(c, &done, total): hostread(c, &done, 1<<20);
		if(i < 0){
			bad = 1;
			break;
		}
		turn();
	}
	tellconv(c, "close");
	/* what was sent must have been acknowledged, and the end as well */
	while(((Tcb*)c->pcb)->state != Closed && ((Tcb*)c->pcb)->state != Time_wait && realus() < end)
		turn();
	if(c->cerr[0] != 0 || done != total || ((Tcb*)c->pcb)->state != Closed && ((Tcb*)c->pcb)->state != Time_wait){
		char buf[512];
		tcp.status(c, buf, buf+sizeof buf);
		say("# %s %s", c->cerr, buf);
		bad = 1;
	}
	if(opt[7].v && routefind(f, &c->raddr) != nil)
		say("the path takes %d bytes\n", pathmtu(f, &c->raddr, routefind(f, &c->raddr)));
	i = (realus()-start)/1000 + 1;
	say("%s %llu bytes in %d ms, %llu MB/s, %u again, %u timeouts, %u recoveries%s\n", sending? "sent": "got", done, i, done/1000/i,
		f->set[Xtcp].stat[RetransSegs], f->set[Xtcp].stat[RetransTimeouts], f->set[Xtcp].stat[Recoveries], bad? ": WRONG": "");
	return bad;
}
