/*
 * Two of our stacks joined by a wire that misbehaves, in a time of its own: one side sends, both check.
 *	sim [NAME=VALUE ...]
 * bytes, back: to be sent each way; conns: connections; loss dup reorder corrupt: of 1000 frames; delay: us; rate: bytes/s;
 * limit: frames queued; mtu; v6; long: packets that the wire does not cut; slow: a reader takes something one time in so many; nomem: of 1000 allocations, so many
 * fail; keep: ms between probes of a silent peer; wild=1: the seed chooses all of these; log; seed; pcap=FILE.
 * Prints one line: what happened and how long it took by the wire's clock.  Status 1 if data did not arrive right, if
 * a connection ended for no good reason, or if something was left behind at the end.
 */
#include "host.h"

enum {
	Maxconn	= 2000,
	Patience = 3600u*1000*1000,	/* us without any progress */
	Longago	= 90*1000,		/* ms without an acknowledgement, after which a connection may be given up */
};

static struct {
	char	*name;
	vlong	v;
} opt[] = {
	{ "bytes",	1000000 }, { "back", 0 }, { "conns", 1 }, { "loss", 0 }, { "dup", 0 }, { "reorder", 0 },
	{ "corrupt", 0 }, { "delay", 1000 }, { "rate", 0 }, { "limit", 0 }, { "mtu", 1500 }, { "v6", 0 },
	{ "seed", 1 }, { "slow", 0 }, { "log", 0 }, { "nomem", 0 }, { "wild", 0 },
	{ "keep", 0 }, { "long", 0 },
};

static vlong*
option(char *name)
{
	int i;

	for(i = 0; i < nelem(opt); i++)
		if(strcmp(opt[i].name, name) == 0)
			return &opt[i].v;
	fatal("no option %s", name);
}

static vlong
get(char *name)
{
	return *option(name);
}

static Wire	wire;
static Ifc	*end[2];
static Ip	*stack[2];
static int	pcap = -1;

static void
out(Wire *w, uchar *p, int n, Ifc *to)
{
	Block *b;

	if(to == nil || (b = hostframe(p, n, w->seg)) == nil)	/* sent before the other end was there */
		return;
	ipenter(to->f);
	etherin(to, b);
	ipleave(to->f);
}

static void
xmit(Ifc *ifc, Block *b)
{
	static uchar buf[70000];
	int n;

	if(pcap >= 0){
		n = 0;
		for(Block *q = b; q != nil; q = q->next){
			memmove(buf+n, q->rp, BLEN(q));
			n += BLEN(q);
		}
		pcapframe(pcap, hostus, buf, n);
	}
	wiresend(&wire, b, end[ifc == end[0]]);
}

typedef struct Side Side;
struct Side {
	Conv	*c;
	uvlong	sent;
	uvlong	got;
	int	shut;
	int	over;
};

static Side	caller[Maxconn], callee[Maxconn];
static int	ncallee;
static uvlong	tosend, toback;
static int	failed;
static int	given;			/* up, with reason: the wire was too bad */

/*
 * A connection has ended with an error.  That is right if nothing got through for long, as can be if the wire is very bad, or if
 * that was so for the other side.
 */
static void
cutoff(Side *s)
{
	Tcb *t;
	int bad;

	s->over = 1;
	t = s->c->pcb;
	say("# %s: ended by %s, %llu ms without a segment, %llu without progress, sent %llu got %llu\n",
		s->c->f == stack[1]? "callee": "caller", s->c->cerr, hostus/1000 - t->heard, hostus/1000 - t->progress, s->sent, s->got);
	bad = 1000*wire.lost/wire.sent + 2*get("corrupt") + 4*get("nomem") >= 100;
	if(strcmp(s->c->cerr, Etimedout) == 0 && bad && hostus/1000 - t->progress >= Longago)
		given = 1;
	else if(strcmp(s->c->cerr, Ehungup) == 0 && stack[1]->set[Xtcp].stat[HalfDrops] + stack[1]->set[Xtcp].stat[CookiesSent] > 0)
		given = 1;		/* the last segment of the handshake was lost each time, or once and all hung on it */
	else if(!given)
		failed = 1;
}

/* Let a program at one end do what it can: nonzero if it did. */
static int
pump(Side *s, uvlong total, uvlong expect)
{
	int n, did;

	if(s->c == nil || s->c->pcb == nil || s->over)
		return 0;
	did = 0;
	if(((Tcb*)s->c->pcb)->state >= Established && !s->shut)
		did += hostwrite(s->c, &s->sent, total);
	if(get("slow") == 0 || rnd()%get("slow") == 0){
		n = hostread(s->c, &s->got, 1<<20);
		if(n < 0)
			failed = 1;
		did += n > 0;
	}
	if(!s->shut && s->sent == total && s->got == expect && (total > 0 || s->c->ended)){
		s->shut = 1;
		ipenter(s->c->f);
		tellerr(s->c, "close");
		ipleave(s->c->f);
		did = 1;
	}
	if(s->c->ended && s->c->cerr[0] != 0)
		cutoff(s);
	return did;
}

/* The next thing that will happen; 0: nothing will. */
static uvlong
nextevent(void)
{
	uvlong t, w;
	int i;

	t = wirenext(&wire);
	for(i = 0; i < 2; i++){
		w = ticknext(stack[i])*1000;
		if(w != 0 && (t == 0 || w < t))
			t = w;
	}
	return t;
}

static int
finished(int n)
{
	int i;

	for(i = 0; i < n; i++)
		if(caller[i].got != toback || callee[i].got != tosend || !caller[i].shut || !callee[i].shut)
			return 0;
	return 1;
}

static void
show(Side *s, char *who)
{
	char buf[512];

	if(s->c == nil || s->c->pcb == nil)
		return;
	s->c->set->p->status(s->c, buf, buf+sizeof buf);
	say("# %s: sent %llu got %llu: %s", who, s->sent, s->got, buf);
}

static void
arguments(int argc, char **argv)
{
	int i, j;

	for(i = 1; i < argc; i++){
		for(j = 0; j < nelem(opt); j++)
			if(strncmp(argv[i], opt[j].name, strlen(opt[j].name)) == 0 && argv[i][strlen(opt[j].name)] == '=')
				break;
		if(strncmp(argv[i], "pcap=", 5) == 0)
			pcap = pcapopen(argv[i]+5);
		else if(j == nelem(opt))
			fatal("sim: what is %s?", argv[i]);
		else
			opt[j].v = strtoll(argv[i]+strlen(opt[j].name)+1, nil, 0);
	}
}

/* Time goes on until next; what is due happens. */
static void
advance(uvlong next)
{
	int i;

	if(next > hostus)
		hostus = next;
	wirerun(&wire);
	for(i = 0; i < 2; i++){
		ipenter(stack[i]);
		tickrun(stack[i]);
		ipleave(stack[i]);
	}
}

/* One of a few values. */
#define ANY(...)	anyof((vlong[]){ __VA_ARGS__ }, sizeof((vlong[]){ __VA_ARGS__ })/sizeof(vlong))

static vlong
anyof(vlong *v, int n)
{
	return v[rnd()%n];
}

/* All circumstances by chance, with the usual ones among them. */
static void
wild(void)
{
	*option("loss") = ANY(0, 0, 5, 20, 50, 100, 200, 300);
	*option("dup") = ANY(0, 0, 0, 50, 300);
	*option("reorder") = ANY(0, 0, 0, 20, 100, 400);
	*option("corrupt") = ANY(0, 0, 0, 10, 50);
	*option("delay") = ANY(10, 200, 1000, 1000, 10000, 100000, 300000);
	*option("rate") = ANY(0, 0, 0, 10000, 125000, 10000000);
	*option("limit") = ANY(0, 5, 20, 100);
	*option("mtu") = ANY(1500, 1500, 576, 9000, 296, 68);
	*option("v6") = get("mtu") >= 1280 && rnd()%3 == 0;
	*option("long") = get("mtu") == 1500 && rnd()%3 == 0;
	*option("slow") = ANY(0, 0, 0, 3, 50);
	*option("nomem") = ANY(0, 0, 0, 5, 30, 70);
	*option("bytes") = ANY(0, 1, 1000, 20000, 20000, 100000, 400000);
	*option("back") = ANY(0, 0, 1, 5000, 50000);
	if(get("mtu") < 200){
		*option("bytes") = (get("bytes") + 9)/10;
		*option("back") = (get("back") + 9)/10;
	}
	if(get("bytes") == 0 && get("back") == 0)
		*option("back") = 1;
	/* who only listens finds out in no other way that the called side never heard of its being connected */
	*option("keep") = get("bytes") == 0? 20000: ANY(0, 20000);
	*option("conns") = get("bytes") + get("back") > 50000? 1: ANY(1, 1, 2, 10);
}

static void
circumstances(void)
{
	int i;

	say("#");
	for(i = 0; i < nelem(opt); i++)
		if(opt[i].v != 0 && strcmp(opt[i].name, "wild") != 0)
			say(" %s=%lld", opt[i].name, opt[i].v);
	say("\n");
}

/* Both stacks learn each other's hardware address while the wire is good: how they ask for it is not what this is about. */
static void
meet(void)
{
	char msg[64];
	Conv *c;
	Block *b;
	int v6;

	for(v6 = 0; v6 < 2; v6++){
		c = hostconv(stack[0], Xudp);
		strcpy(msg, v6? "connect fd00::2!9": "connect 10.0.0.2!9");
		tellconv(c, msg);
		b = iallocb(1);
		*b->wp++ = 'x';
		ipenter(stack[0]);
		udp.write(c, b);
		ipleave(stack[0]);
		while(wire.first != nil)
			advance(wirenext(&wire));
		hostdrop(c);
	}
}

/* Two stacks at the ends of a wire, which is a good one until they have met. */
static void
network(void)
{
	int i;

	hostxmit = xmit;
	wire.loss = wire.dup = 0;
	wire.delay = get("delay");
	wire.rate = get("rate");
	wire.limit = get("limit");
	wire.out = out;
	for(i = 0; i < 2; i++){
		stack[i] = ipnew(i);
		stack[i]->logopens = get("log");
		stack[i]->logmask = ~0;
		end[i] = hostifc(stack[i], get("mtu") > 1500? "gbe": "ether", get("mtu"));
		end[i]->longest = get("long")? 61000: 0;
		hostaddr(end[i], i == 0? "10.0.0.1": "10.0.0.2", "/24");
		hostaddr(end[i], i == 0? "fd00::1": "fd00::2", "/64");
	}
}

static void
keepalive(Conv *c)
{
	char msg[64];

	if(get("keep") == 0)
		return;
	snprint(msg, sizeof msg, "keepalive %lld", get("keep"));
	tellconv(c, msg);
}

/* The callers' connections to the listener l; 0 if one is refused. */
static int
call(Conv *l, int n)
{
	char msg[64];
	int i;

	if(tellconv(l, "announce *!7") < 0)
		return 0;
	l->maxcall = Maxconn;
	wire.loss = get("loss");
	wire.dup = get("dup");
	wire.reorder = get("reorder");
	wire.corrupt = get("corrupt");
	for(i = 0; i < n; i++){
		caller[i].c = hostconv(stack[0], Xtcp);
		strcpy(msg, get("v6")? "connect fd00::2!7": "connect 10.0.0.2!7");
		if(tellconv(caller[i].c, msg) < 0)
			return 0;
		keepalive(caller[i].c);
	}
	return 1;
}

/* Both sides read and write as long as that moves anything: did it? */
static int
converse(Conv *l, int n)
{
	Conv *nc;
	int i, did, any;

	for(any = 0;; any = 1){
		did = 0;
		while((nc = convtake(l)) != nil){
			nc->inuse = 1;
			keepalive(nc);
			callee[ncallee++].c = nc;
			did = 1;
		}
		for(i = 0; i < n; i++)
			did |= pump(&caller[i], tosend, toback);
		for(i = 0; i < ncallee; i++)
			did |= pump(&callee[i], toback, tosend);
		if(!did)
			return any;
	}
}

static void
transfer(Conv *l, int n)
{
	uvlong start, progress, next;

	start = progress = hostus;
	while(!finished(n)){
		if(converse(l, n))
			progress = hostus;
		if(failed || given)
			break;
		next = nextevent();
		if((get("slow") || get("nomem")) && (next == 0 || next > hostus + 1000))
			next = hostus + 1000;
		if(next == 0 || hostus - progress > Patience){
			say("# stuck at %llu us\n", hostus-start);
			failed = 1;
			break;
		}
		advance(next);
	}
}

/* The rest of the connections' life, and the end of calls that nobody took: all memory must come back. */
static void
bury(Conv *l, int n)
{
	uvlong ended, next;
	int i, j;

	ended = hostus;
	for(i = 0; i < n; i++){
		if(caller[i].c != nil)
			hostdrop(caller[i].c);
		if(i < ncallee && callee[i].c != nil)
			hostdrop(callee[i].c);
	}
	hostdrop(l);
	wire.loss = 0;
	while((next = nextevent()) != 0 && hostus - ended < Patience)
		advance(next);
	for(i = 0; i < 2; i++)
		for(j = 0; j < stack[i]->set[Xtcp].nconv; j++)
			if(stack[i]->set[Xtcp].conv[j]->taken){
				say("# conversation %d of stack %d is never freed\n", j, i);
				failed = 1;
			}
	if(blockbytes > 0){
		say("# %lu bytes of blocks are never freed\n", blockbytes);
		failed = 1;
	}
}

int
main(int argc, char **argv)
{
	Conv *l;
	uvlong start, ended;
	int i, n;
	u32int *st, *st1;

	arguments(argc, argv);
	rndseed(get("seed"));
	if(get("wild")){
		wild();
		circumstances();
	}
	ipfmtinstall();
	network();
	meet();
	tosend = get("bytes");
	toback = get("back");
	n = get("conns");
	l = hostconv(stack[1], Xtcp);
	if(!call(l, n))
		return 1;
	nomem = get("nomem");
	start = hostus;
	transfer(l, n);
	ended = hostus;
	nomem = 0;
	if(failed)
		for(i = 0; i < n && i < 3; i++){
			show(&caller[i], "caller");
			show(&callee[i], "callee");
		}
	bury(l, n);
	st = stack[0]->set[Xtcp].stat;
	st1 = stack[1]->set[Xtcp].stat;
	say("%s %llu us, %llu bytes/s, %u+%u segments, %u+%u again, %u+%u timeouts, %u+%u recoveries, %lu of %lu frames lost\n",
		failed? "FAILED": given? "given up": "done", ended-start, (tosend+toback)*n*1000000ull/(ended-start+1),
		st[OutSegs], st1[OutSegs], st[RetransSegs], st1[RetransSegs], st[RetransTimeouts], st1[RetransTimeouts],
		st[Recoveries], st1[Recoveries], wire.lost, wire.sent);
	return failed;
}
