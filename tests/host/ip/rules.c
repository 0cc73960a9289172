/*
 * TCP's rules, one segment at a time: what a stranger sends in each state, and what the stack must answer, by RFC 9293,
 * 3.10.7, with 5961 (attacks), 7323 (time stamps), 1337 and 6191 (TIME-WAIT), 6056 (ports), 6528 (sequence numbers).
 * Prints TAP.
 */
#include "stranger.h"

enum {
	Wnd	= 20000,
};

/* The other end of a connection. */
typedef struct Peer Peer;
struct Peer {
	u32int	from;
	int	port;
	u32int	seq;		/* of what it sends next */
	u32int	ack;		/* of what the stack sends next */
	Conv	*c;
	Tcb	*t;
};

static Conv	*l;
static u32int	nextfrom = 100;

static void
is(int good, char *what)
{
	say("%sok %d - %s\n", good? "": "not ", ++ntest, what);
	nbad += !good;
}

static void
tell(Peer *p, int flags, int len)
{
	segment(p->from, p->port, p->seq, p->ack, flags, Wnd, len);
}

/* The next thing the stack has to say is a segment with these flags. */
static int
says(int flags, Seg *s)
{
	Seg any;

	if(s == nil)
		s = &any;
	return answer(s) && (s->flags & ~PSH) == flags;
}

/* And there is nothing else. */
static int
silent(void)
{
	Seg s;

	return !answer(&s);
}

/* It says where it is: an acknowledgement, and nothing else. */
static int
acks(Peer *p)
{
	Seg s;

	return says(ACK, &s) && s.seq == p->ack && s.ack == p->seq && silent();
}

/* A stranger of its own connects. */
static Peer
peer(void)
{
	Peer p;

	memset(&p, 0, sizeof p);
	p.from = nextfrom++;
	p.port = 4000;
	p.c = connects(l, p.from, p.port);
	if(p.c == nil)
		fatal("a stranger cannot connect");
	p.t = p.c->pcb;
	p.seq = 1001;
	p.ack = p.t->nxt;
	noanswers();
	return p;
}

/* The stack calls a stranger, and has sent its SYN. */
static Peer
called(void)
{
	char msg[64];
	Peer p;
	Seg s;

	memset(&p, 0, sizeof p);
	p.from = nextfrom++;
	introduce(p.from);
	noanswers();
	p.c = hostconv(f, Xtcp);
	snprint(msg, sizeof msg, "connect 10.0.0.%d!9", p.from);
	if(tellconv(p.c, msg) < 0 || !says(SYN, &s))
		fatal("the stack does not call");
	p.t = p.c->pcb;
	peerport = s.sport;
	p.port = 9;
	p.seq = 5000;
	p.ack = s.seq+1;
	return p;
}

static void
over(Peer *p)
{
	if(p->c->taken && p->c->inuse)
		hostdrop(p->c);
	if(p->c->taken)
		segment(p->from, p->port, p->t->rnxt, p->ack, RST, 0, 0);
	peerport = 7;
	noanswers();
}

static void
write(Peer *p, int n)
{
	Block *b;

	b = iallocb(n);
	memset(b->wp, 'w', n);
	b->wp += n;
	ipenter(f);
	tcp.write(p->c, b);
	ipleave(f);
}

static void
closed(void)
{
	Seg s;

	introduce(99);
	noanswers();
	segment(99, 1, 77, 500, ACK, Wnd, 0);
	is(says(RST, &s) && s.seq == 500 && silent(), "LISTEN: an acknowledgement gets RST with its number");
	segment(99, 1, 77, 500, RST, Wnd, 0);
	is(silent(), "a reset gets nothing");
	segment(99, 1, 77, 500, SYN|ACK, Wnd, 0);
	is(says(RST, &s) && s.seq == 500, "SYN with an acknowledgement gets RST");
	segment(99, 1, 77, 0, FIN, Wnd, 0);
	is(silent(), "FIN of no connection gets nothing");
	peerport = 8;
	segment(99, 1, 77, 0, SYN, Wnd, 3);
	is(says(RST|ACK, &s) && s.seq == 0 && s.ack == 77+4, "CLOSED: SYN gets RST that acknowledges it and its data");
	peerport = 7;
}

static void
synsent(void)
{
	Peer p;
	Seg s;

	p = called();
	segment(p.from, p.port, p.seq, p.ack+1, ACK, Wnd, 0);
	is(says(RST, &s) && s.seq == p.ack+1 && p.t->state == Syn_sent, "SYN-SENT: a wrong acknowledgement gets RST");
	noanswers();
	tell(&p, RST, 0);
	segment(p.from, p.port, p.seq, p.ack+7, RST|ACK, Wnd, 0);
	is(silent() && p.t->state == Syn_sent, "a reset that acknowledges nothing, or what was not sent, is ignored");
	tell(&p, ACK, 0);
	is(silent() && p.t->state == Syn_sent, "a good acknowledgement without SYN as well");
	tell(&p, RST|ACK, 0);
	is(p.t->state == Closed && strcmp(p.c->cerr, Econrefused) == 0, "a good reset refuses the connection");
	over(&p);
	p = called();
	tell(&p, SYN|ACK, 10);
	p.seq += 11;
	is(acks(&p) && p.t->state == Established && p.c->rq.len == 10, "SYN with data that acknowledges ours connects, with the data");
	over(&p);
}

/* The peer is in TIME-WAIT, of a connection that had the same addresses. */
static void
calledanew(void)
{
	Peer p;
	Seg s;

	p = called();
	later(300);
	segment(p.from, p.port, p.seq, p.ack+1, RST|ACK, Wnd, 0);
	is(silent(), "SYN-SENT: a reset of another connection does not bring SYN");
	segment(p.from, p.port, p.seq, p.ack+1, ACK, Wnd, 0);
	is(says(RST, nil) && says(SYN, &s) && s.seq == p.ack-1 && silent(), "an acknowledgement of another gets RST and SYN again, at once");
	segment(p.from, p.port, p.seq, p.ack+1, ACK, Wnd, 0);
	segment(p.from, p.port, p.seq, p.ack+1, SYN|ACK, Wnd, 0);
	is(says(RST, nil) && says(RST, nil) && silent(), "more of them get RST alone");
	later(900);
	is(silent(), "within the second that follows there is no SYN");
	later(200);
	is(says(SYN, nil) && silent(), "and after it there is");
	tell(&p, SYN|ACK, 0);
	p.seq++;
	is(acks(&p) && p.t->state == Established, "which the peer may accept");
	over(&p);
}

static void
bothcall(void)
{
	Peer p;
	Seg s;

	p = called();
	segment(p.from, p.port, p.seq, 0, SYN, Wnd, 0);
	is(says(SYN|ACK, &s) && s.seq == p.ack-1 && s.ack == p.seq+1 && p.t->state == Syn_received, "both call at once: SYN in SYN-SENT gets SYN and ACK");
	segment(p.from, p.port, p.seq, 0, SYN, Wnd, 0);
	is(says(SYN|ACK, nil), "and the same again if it comes again");
	tell(&p, SYN|ACK, 0);
	p.seq++;
	is(p.t->state == Established && acks(&p), "SYN and ACK of the peer connects");
	over(&p);
	p = called();
	segment(p.from, p.port, p.seq, 0, SYN, Wnd, 0);
	p.seq++;
	noanswers();
	segment(p.from, p.port, p.seq, p.ack+5, ACK, Wnd, 0);
	is(says(RST, &s) && s.seq == p.ack+5 && p.t->state == Syn_received, "SYN-RECEIVED: a wrong acknowledgement gets RST, no more");
	tell(&p, ACK, 0);
	is(p.t->state == Established, "so does the acknowledgement alone, when SYN and ACK is lost");
	over(&p);
}

static void
resets(void)
{
	Peer p;
	int i, n;

	p = peer();
	segment(p.from, p.port, p.seq+100, p.ack, RST, Wnd, 0);
	is(acks(&p) && p.t->state == Established, "ESTABLISHED: a reset within the window is challenged");
	segment(p.from, p.port, p.seq-1, p.ack, RST, Wnd, 0);
	segment(p.from, p.port, p.seq+0x10000000, p.ack, RST, Wnd, 0);
	is(silent() && p.t->state == Established, "one outside of it is ignored");
	segment(p.from, p.port, p.seq, 0, SYN, Wnd, 0);
	is(acks(&p) && p.t->state == Established, "SYN is challenged, within the window");
	segment(p.from, p.port, p.seq+0x10000000, 0, SYN, Wnd, 0);
	is(acks(&p) && p.t->state == Established, "and outside of it: a peer that has started anew finds out");
	for(n = i = 0; i < 100; i++){
		segment(p.from, p.port, p.seq+1+i, p.ack, RST, Wnd, 0);
		n += says(ACK, nil);
	}
	is(n > 0 && n <= 10, "of a hundred challenges within a second at most ten are sent");
	for(n = i = 0; i < 100; i++){
		segment(p.from, p.port, p.seq-5000, p.ack, ACK, Wnd, 0);
		n += says(ACK, nil);
	}
	is(n <= 10, "and of answers to empty segments out of step");
	tell(&p, RST, 0);
	is(p.t->state == Closed && strcmp(p.c->cerr, Ehungup) == 0, "a reset that is exactly next ends it");
	over(&p);
}

static void
window(void)
{
	Peer p;
	Seg s;

	p = peer();
	segment(p.from, p.port, p.seq, p.ack+1000, ACK, Wnd, 10);
	is(acks(&p) && p.c->rq.len == 0, "data that acknowledges what was not sent is not taken");
	segment(p.from, p.port, p.seq, p.ack-100000, ACK, Wnd, 10);
	is(acks(&p) && p.c->rq.len == 0, "nor that of a very old acknowledgement: RFC 5961, 5");
	segment(p.from, p.port, p.seq+0x100000, p.ack, ACK, Wnd, 10);
	is(acks(&p) && p.c->rq.len == 0, "nor data beyond the window");
	tell(&p, 0, 10);
	is(silent() && p.c->rq.len == 0, "nor a segment without ACK");
	tell(&p, ACK, 10);
	segment(p.from, p.port, p.seq, p.ack, ACK, Wnd, 20);
	is(p.c->rq.len == 20, "of data that came in part before only the rest is taken");
	noanswers();
	p.seq += 20;
	tell(&p, ACK|URG, 5);
	p.seq += 5;
	is(p.c->rq.len == 25, "urgent data is data");
	noanswers();
	segment(p.from, p.port, p.seq+10, p.ack, ACK|FIN, Wnd, 10);
	is(says(ACK, &s) && s.ack == p.seq && !p.c->ended, "FIN out of order waits");
	segment(p.from, p.port, p.seq, p.ack, ACK, Wnd, 10);
	is(p.c->ended && p.t->state == Close_wait && p.c->rq.len == 45, "until what was before it has come");
	over(&p);
}

/* A time stamp option: value, echo. */
static uchar*
stamp(u32int val, u32int echo)
{
	static uchar opt[12] = { 1, 1, 8, 10 };

	put4(opt+4, val);
	put4(opt+8, echo);
	return opt;
}

static void
stamps(void)
{
	Peer p;
	Seg s;

	memset(&p, 0, sizeof p);
	p.from = nextfrom++;
	p.port = 4000;
	introduce(p.from);
	noanswers();
	segmentwith(p.from, p.port, 1000, 0, SYN, Wnd, 0, stamp(5000, 0), 12);
	is(says(SYN|ACK, &s) && s.ts && s.tsecr == 5000, "time stamps: agreed upon");
	p.seq = 1001;
	p.ack = s.seq+1;
	segmentwith(p.from, p.port, p.seq, p.ack, ACK, Wnd, 0, stamp(5001, s.tsval), 12);
	p.c = convtake(l);
	if(p.c == nil)
		fatal("no connection with time stamps");
	p.c->inuse = 1;
	p.t = p.c->pcb;
	noanswers();
	segmentwith(p.from, p.port, p.seq, p.ack, ACK, Wnd, 10, stamp(4000, s.tsval), 12);
	is(acks(&p) && p.c->rq.len == 0, "PAWS: data with an old one is acknowledged, not taken");
	segmentwith(p.from, p.port, p.seq, p.ack, ACK, Wnd, 10, stamp(5002, s.tsval), 12);
	p.seq += 10;
	is(says(ACK, &s) && s.tsecr == 5002 && p.c->rq.len == 10, "with a new one it is, and that is echoed");
	later(25u*24*3600*1000);
	noanswers();
	segmentwith(p.from, p.port, p.seq, p.ack, ACK, Wnd, 10, stamp(4000, s.tsval), 12);
	is(p.c->rq.len == 20, "after 24 days any is new");
	p.seq += 10;
	noanswers();
	segmentwith(p.from, p.port, p.seq, p.ack, RST, Wnd, 0, stamp(3000, 0), 12);
	is(p.t->state == Closed, "a reset may have any");
	over(&p);
}

/* The user closes; then the peer does. */
static Peer
finwait2(void)
{
	Peer p;

	p = peer();
	hostdrop(p.c);
	p.ack++;
	noanswers();
	tell(&p, ACK, 0);
	return p;
}

static void
closing(void)
{
	Peer p;
	Seg s;

	p = peer();
	hostdrop(p.c);
	is(says(ACK|FIN, &s) && p.t->state == Finwait1, "the user closes: FIN");
	p.ack++;
	tell(&p, ACK, 0);
	is(p.t->state == Finwait2 && silent(), "acknowledged: FIN-WAIT-2");
	tell(&p, ACK|FIN, 0);
	p.seq++;
	is(acks(&p) && !p.c->taken, "FIN of the peer is acknowledged, and the conversation is free");
	segment(p.from, p.port, p.seq-1, p.ack, ACK|FIN, Wnd, 0);
	is(acks(&p), "TIME-WAIT: FIN again is acknowledged again");
	tell(&p, RST, 0);
	segment(p.from, p.port, p.seq-1, p.ack, ACK|FIN, Wnd, 0);
	is(acks(&p), "a reset does not end it: RFC 1337");
	segment(p.from, p.port, p.seq-500, 0, SYN, Wnd, 0);
	is(acks(&p), "an old SYN gets an acknowledgement");
	segment(p.from, p.port, p.seq+500, 0, SYN, Wnd, 0);
	is(says(SYN|ACK, &s) && s.ack == p.seq+501, "a newer one a connection: RFC 6191");
	noanswers();

	p = finwait2();
	later(3*60*1000);
	is(!p.c->taken, "a peer that never closes: FIN-WAIT-2 of a closed conversation ends");
	noanswers();
	tell(&p, ACK, 10);
	is(says(RST, nil), "what it says later is reset");

	p = finwait2();
	tell(&p, ACK, 10);
	is(says(RST|ACK, nil) && !p.c->taken, "data for a closed conversation: reset");

	p = peer();
	hostdrop(p.c);
	noanswers();
	segment(p.from, p.port, p.seq, p.ack, ACK|FIN, Wnd, 0);
	p.seq++;
	p.ack++;
	is(acks(&p) && p.t->state == Closing, "both close at once: CLOSING");
	tell(&p, ACK, 0);
	is(!p.c->taken, "and when ours is acknowledged it is over");

	p = peer();
	hostdrop(p.c);
	noanswers();
	p.ack++;
	tell(&p, ACK|FIN, 0);
	p.seq++;
	is(acks(&p) && !p.c->taken, "FIN that acknowledges ours: from FIN-WAIT-1 at once to TIME-WAIT");

	p = peer();
	tell(&p, ACK|FIN, 0);
	p.seq++;
	is(acks(&p) && p.t->state == Close_wait && p.c->ended && p.c->cerr[0] == 0, "the peer closes: CLOSE-WAIT, and the end of reading");
	write(&p, 100);
	is(says(ACK, &s) && s.len == 100, "there may still be written");
	p.ack += 100;
	hostdrop(p.c);
	is(says(ACK|FIN, &s) && p.t->state == Last_ack, "the user closes, too: LAST-ACK");
	p.ack++;
	tell(&p, ACK, 0);
	is(!p.c->taken && silent(), "acknowledged: nothing is left");
	tell(&p, ACK, 0);
	is(says(RST, nil), "and nobody is there any more");
}

/* A conversation in TIME-WAIT that its user has not let go of. */
static void
timewait(void)
{
	Peer p;
	Seg s;

	p = peer();
	tellconv(p.c, "close");
	noanswers();
	p.ack++;
	tell(&p, ACK|FIN, 0);
	p.seq++;
	is(p.t->state == Time_wait && acks(&p), "closed by a control message: TIME-WAIT while files are open");
	tell(&p, RST, 0);
	is(p.t->state == Time_wait && p.c->cerr[0] == 0, "a reset does nothing, nor does the user hear of it");
	segment(p.from, p.port, p.seq+500, 0, SYN, Wnd, 0);
	is(says(SYN|ACK, &s) && s.ack == p.seq+501 && p.t->state == Closed, "a newer SYN makes a connection");
	over(&p);
	later(120*1000);
	noanswers();
}

static void
zerowindow(void)
{
	Peer p;
	Seg s;
	ulong gap, last;
	int i, n;

	p = peer();
	segment(p.from, p.port, p.seq, p.ack, ACK, 0, 0);
	write(&p, 3000);
	is(silent(), "a window of nothing: nothing is sent");
	gap = last = 0;
	n = 0;
	for(i = 0; i < 6000; i++){
		later(100);
		if(!says(ACK, &s))
			continue;
		n++;
		if(s.seq != p.ack-1 || s.len != 0)
			break;
		gap = i-last;
		last = i;
		segment(p.from, p.port, p.seq, p.ack, ACK, 0, 0);
	}
	is(i == 6000 && n >= 8 && gap >= 500 && gap <= 610, "but asked for, ever less often, once a minute in the end");
	is(p.t->state == Established, "as long as there are answers");
	hostdrop(p.c);
	noanswers();
	segment(p.from, p.port, p.seq, p.ack, ACK, Wnd, 0);
	for(n = 0; answer(&s); n += s.len)
		;
	is(n == 3000 && s.flags & FIN, "when it opens, all goes out, with FIN of the user that closed meanwhile");
	p.ack += 3001;
	tell(&p, ACK, 0);
	tell(&p, ACK|FIN, 0);
	is(!p.c->taken, "and all ends well");

	p = peer();
	segment(p.from, p.port, p.seq, p.ack, ACK, 0, 0);
	noanswers();
	write(&p, 10);
	hostdrop(p.c);
	later(5*60*1000);
	is(!p.c->taken, "a peer that takes nothing of a closed conversation, and says nothing, is given up");
	noanswers();
}

/* Our own window is full. */
static void
fullwindow(void)
{
	Peer p;
	Seg s;

	p = peer();
	while(p.t->radv != p.t->rnxt){
		tell(&p, ACK, p.t->radv - p.t->rnxt < 1000? p.t->radv - p.t->rnxt: 1000);
		p.seq = p.t->rnxt;
		if(p.c->rq.len > 2*Buffer)
			break;
	}
	noanswers();
	tell(&p, ACK, 1);
	is(says(ACK, &s) && s.ack == p.seq && s.wnd == 0, "our window is full: a byte more is not taken, and the answer says so");
	tell(&p, ACK, 0);
	is(silent(), "an acknowledgement is");
	tell(&p, ACK|FIN, 0);
	is(says(ACK, &s) && s.ack == p.seq+1 && p.t->state == Close_wait, "FIN alone, too");
	over(&p);
}

static void
keepalive(void)
{
	Peer p;
	Seg s;
	int i, n;

	p = peer();
	tellconv(p.c, "keepalive 10000");
	for(n = i = 0; i < 5; i++){
		later(10100);
		while(answer(&s))
			n += s.seq == p.ack-1 && s.ack == p.seq && s.len == 0;
		tell(&p, ACK, 0);
	}
	is(n >= 4 && p.t->state == Established, "keepalive: a silent peer is asked, and may be silent while it answers");
	noanswers();
	later(110*1000);
	for(n = 0; answer(&s) && (s.flags & RST) == 0; n++)
		;
	is(n == Keepprobes && s.flags & RST && p.t->state == Closed && strcmp(p.c->cerr, Etimedout) == 0,
		"after nine questions without an answer it is reset, and the user told");
	over(&p);
}

/* Nothing that was sent is ever acknowledged. */
static void
unheard(void)
{
	Peer p;
	Seg s;
	int n;

	p = peer();
	write(&p, 10);
	hostdrop(p.c);
	for(n = 0; n < 300 && p.c->taken; n++)
		later(1000);
	is(n > 100 && n < 200, "data of a closed conversation that nobody acknowledges: given up after two minutes");
	p = peer();
	write(&p, 10);
	for(n = 0; n < 1000 && p.t->state != Closed; n++)
		later(1000);
	is(n > 500 && n < 700 && strcmp(p.c->cerr, Etimedout) == 0, "of an open one after nine");
	over(&p);
	p = called();
	for(n = 0; n < 1000 && p.t->state != Closed; n++)
		later(1000);
	is(n > 100 && n < 250 && strcmp(p.c->cerr, Etimedout) == 0, "SYN after three");
	over(&p);
	introduce(nextfrom);
	noanswers();
	segment(nextfrom, 4000, 1000, 0, SYN, Wnd, 0);
	later(90*1000);
	for(n = 0; answer(&s); n++)
		if(s.flags != (SYN|ACK))
			n = 1000;
	is(n == 6 && ((Tcpstack*)f->tcp)->nhalf == 0, "a call that is never confirmed is answered six times, and forgotten");
	nextfrom++;
}

static void
halves(void)
{
	u32int from;
	Seg s, again;
	Conv *c;

	from = nextfrom++;
	introduce(from);
	noanswers();
	segment(from, 4000, 1000, 0, SYN, Wnd, 0);
	says(SYN|ACK, &s);
	segment(from, 4000, 1000, 0, SYN, Wnd, 0);
	is(says(SYN|ACK, &again) && again.seq == s.seq, "SYN again gets the same answer again");
	segment(from, 4000, 1001, s.seq+2, ACK, Wnd, 0);
	is(says(RST, &again) && again.seq == s.seq+2 && convtake(l) == nil, "a wrong confirmation gets RST");
	segment(from, 4000, 1500, 0, RST, Wnd, 0);
	segment(from, 4000, 1001, s.seq+1, ACK|FIN, Wnd, 4);
	c = convtake(l);
	is(c != nil && c->rq.len == 4 && c->ended, "the right one may bring data and FIN; a reset that was not exact has changed nothing");
	if(c != nil){
		c->inuse = 1;
		hostdrop(c);
	}
	noanswers();
	segment(from, 4001, 1000, 0, SYN, Wnd, 0);
	says(SYN|ACK, &s);
	segment(from, 4001, 1001, 0, RST, Wnd, 0);
	segment(from, 4001, 1001, s.seq+1, ACK, Wnd, 0);
	is(says(RST, nil) && convtake(l) == nil, "an exact one takes the call back");
}

static void
numbers(void)
{
	char msg[64];
	int i, port, first, wrong;
	u32int iss;
	Conv *c;
	Seg s;

	first = wrong = 0;
	port = 0;
	introduce(99);
	for(i = 0; i < 1000; i++){
		noanswers();
		c = hostconv(f, Xtcp);
		tellconv(c, "connect 10.0.0.99!9");
		if(i == 0)
			first = c->lport;
		else if(c->lport != (port == 65535? 32768: port+1))
			wrong++;
		port = c->lport;
		hostdrop(c);
	}
	is(wrong == 0, "a thousand calls to one peer have ports one after the other, of which none comes twice");
	c = hostconv(f, Xtcp);
	tellconv(c, "connect 10.0.0.99!10");
	is(c->lport - port > 1 || c->lport < first, "to another of its ports they begin elsewhere");
	hostdrop(c);
	iss = 0;
	for(i = 0; i < 2; i++){
		noanswers();
		c = hostconv(f, Xtcp);
		snprint(msg, sizeof msg, "connect 10.0.0.99!9 %d", 2000);
		tellconv(c, msg);
		if(!says(SYN, &s))
			fatal("no SYN");
		if(i == 0)
			iss = s.seq;
		hostdrop(c);
		later(1000);
	}
	is(s.seq - iss >= 200000 && s.seq - iss < 400000, "sequence numbers of the same addresses go on with the clock, one in 4 us");
	noanswers();
}

int
main(void)
{
	l = strangerhost();
	closed();
	synsent();
	calledanew();
	bothcall();
	resets();
	window();
	closing();
	timewait();
	zerowindow();
	fullwindow();
	keepalive();
	unheard();
	halves();
	numbers();
	stamps();
	say("1..%d\n", ntest);
	return nbad != 0;
}
