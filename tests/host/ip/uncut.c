/*
 * Packets of TCP that the device has not cut: as the stack acknowledges them, passes them on, and shows them to who snoops.  A
 * stranger at 10.0.0.9 and fd00::9 sends them, and what is passed on goes to 172.16.0.9 and fd16::9.  Prints TAP.
 */
#include "stranger.h"

enum {
	Seglen	= 1000,		/* of what is sent */
	Nseg	= 6,		/* of them, the last of which is short */
	Len	= (Nseg-1)*Seglen + 300,
	Opt	= 12,
	Th	= Tcphdr + Opt,
	Seq	= 0xFFFFFF00,	/* so that it wraps, as */
	Id	= 0xFFFE,	/* does */
};

typedef struct Out Out;
struct Out {
	uchar	p[2048];	/* the packet */
	int	n;
};

static uchar	frame[70000];
static Out	out[64];
static int	nout;
static Ifc	*far;

static void
is(int good, char *what)
{
	say("%sok %d - %s\n", good? "": "not ", ++ntest, what);
	nbad += !good;
}

/* What leaves by the other interface. */
static void
catch(Ifc *i, Block *b)
{
	Out *o;

	USED(i);
	b = pktflat(b);
	if(nout < nelem(out)){
		o = &out[nout++];
		o->n = BLEN(b) - Ethhdr < sizeof o->p? BLEN(b) - Ethhdr: sizeof o->p;
		memmove(o->p, b->rp+Ethhdr, o->n);
	}
	freeb(b);
}

static void
parse(char *text, Ipaddr *a)
{
	if(parseip(text, a) < 0)
		fatal("%s", text);
}

/* A packet of n bytes of the pattern, from the stranger to dst, with all flags that only one of its segments may have. */
static void
make(char *from, char *to, int n)
{
	Ipaddr src, dst;
	uchar *p;
	int v6;

	parse(from, &src);
	parse(to, &dst);
	v6 = !isv4(&dst);
	memset(frame, 0, sizeof frame);
	memmove(frame, ifc->mac, 6);
	frame[6] = 2;
	frame[11] = 9;
	put2(frame+12, v6? 0x86DD: 0x800);
	p = frame+Ethhdr;
	if(v6){
		p[0] = 0x60;
		put2(p+4, Th+n);
		p[6] = Ptcp;
		p[7] = 64;
		memmove(p+8, src.b, 16);
		memmove(p+24, dst.b, 16);
		p += V6hdr;
	}else{
		p[0] = 0x45;
		put2(p+2, V4hdr+Th+n);
		put2(p+4, Id);
		put2(p+6, 0x4000);
		p[8] = 64;
		p[9] = Ptcp;
		memmove(p+12, src.b+V4off, 4);
		memmove(p+16, dst.b+V4off, 4);
		put2(p+10, sumfold(sumadd(0, p, V4hdr)));
		p += V4hdr;
	}
	put2(p, 4000);
	put2(p+2, 7);
	put4(p+4, Seq);
	p[12] = Th<<2;
	p[13] = ACK|PSH|FIN|CWR;
	put2(p+14, 1000);
	put2(p+16, ~sumfold(sumpseudo(&src, &dst, Ptcp, Th+n)));
	memset(p+Tcphdr, 1, Opt);
	for(int i = 0; i < n; i++)
		p[Th+i] = i*7 + (i>>8);
}

static int
framelen(void)
{
	uchar *p;

	p = frame+Ethhdr;
	return Ethhdr + (p[0]>>4 == 6? V6hdr + get2(p+4): get2(p+2));
}

/* It comes, in Blocks as a driver may have it. */
static void
come(int seg)
{
	Block *b, *second;
	int n;

	n = framelen();
	b = hostframe(frame, n, seg);
	if(b->next == nil && n > 200){
		second = hostframe(frame+200, n-200, 0);
		b->wp = b->rp + 200;
		b->next = second;
	}
	ipenter(f);
	etherin(ifc, b);
	ipleave(f);
}

/* Is that the ith of n segments, with the right headers, sums and data? */
static int
good(Out *o, int i, int n)
{
	Ipaddr src, dst;
	uchar *p, *t;
	int hdr, len, v6, flags, j;

	p = o->p;
	v6 = p[0]>>4 == 6;
	hdr = v6? V6hdr: V4hdr;
	len = i == n-1? Len - i*Seglen: Seglen;
	if(o->n != hdr+Th+len)
		return 0;
	if(v6){
		memmove(src.b, p+8, 16);
		memmove(dst.b, p+24, 16);
		if(get2(p+4) != Th+len || p[7] != 63)
			return 0;
	}else{
		v4to(&src, p+12);
		v4to(&dst, p+16);
		if(get2(p+2) != o->n || get2(p+4) != (Id + i & 0xFFFF) || p[8] != 63 || sumfold(sumadd(0, p, V4hdr)) != 0)
			return 0;
	}
	t = p+hdr;
	flags = ACK | (i == 0? CWR: 0) | (i == n-1? PSH|FIN: 0);
	if(get4(t+4) != (u32int)(Seq + i*Seglen) || t[13] != flags || t[12] != Th<<2)
		return 0;
	if(sumfold(sumadd(sumpseudo(&src, &dst, Ptcp, Th+len), t, Th+len)) != 0)
		return 0;
	for(j = 0; j < len; j++)
		if(t[Th+j] != (uchar)((i*Seglen+j)*7 + (i*Seglen+j>>8)))
			return 0;
	return 1;
}

static void
forwarded(char *from, char *to, char *what)
{
	int i, bad;

	nout = 0;
	make(from, to, Len);
	come(Seglen);
	bad = nout != Nseg;
	for(i = 0; i < nout; i++)
		bad |= !good(&out[i], i, nout);
	is(!bad, what);
}

/* What a router says instead of passing it on. */
static void
notforwarded(int type, int code, int param, char *what)
{
	nout = 0;
	lastlen = 0;
	come(Seglen);
	is(nout == 0 && last[Ethhdr+9] == Picmp && last[Ethhdr+V4hdr] == type && last[Ethhdr+V4hdr+1] == code
		&& get2(last+Ethhdr+V4hdr+6) == param, what);
}

static void
routed(void)
{
	u32int errs;

	forwarded("10.0.0.9", "172.16.0.9", "what is passed on is cut");
	forwarded("fd00::9", "fd16::9", "and so is IPv6's");
	make("10.0.0.9", "172.16.0.9", Len);
	frame[Ethhdr+8] = 1;
	put2(frame+Ethhdr+10, 0);
	put2(frame+Ethhdr+10, sumfold(sumadd(0, frame+Ethhdr, V4hdr)));
	notforwarded(11, 0, 0, "when its time is over the sender hears of it");
	make("10.0.0.9", "172.16.0.9", Len);
	tellconv(far->c, "mtu 614");
	notforwarded(3, 4, 600, "segments that are too long for the way are not cut smaller");
	tellconv(far->c, "mtu 1514");
	errs = ifc->inerr;
	make("10.0.0.9", "172.16.0.9", Len);
	nout = 0;
	come(Seglen);
	frame[Ethhdr+V4hdr+12] = 4<<4;
	come(Seglen);
	frame[Ethhdr+V4hdr+12] = 15<<4;
	put2(frame+Ethhdr+2, V4hdr+Tcphdr+8);
	put2(frame+Ethhdr+10, 0);
	put2(frame+Ethhdr+10, sumfold(sumadd(0, frame+Ethhdr, V4hdr)));
	come(Seglen);
	is(nout == Nseg && ifc->inerr == errs+2, "what has no TCP header is thrown away and counted");
}

static void
snooped(void)
{
	Ipaddr src, dst;
	Block *b;
	uchar *p;

	ifc->c->snoopers = 1;
	make("10.0.0.9", "10.0.0.1", Len);
	come(Seglen);
	ifc->c->snoopers = 0;
	b = qtake(&ifc->c->snoop);
	p = b->rp;
	v4to(&src, p+12);
	v4to(&dst, p+16);
	is(BLEN(b) == V4hdr+Th+Len && sumfold(sumadd(sumpseudo(&src, &dst, Ptcp, Th+Len), p+V4hdr, Th+Len)) == 0,
		"who snoops sees it with a checksum");
	freeb(b);
	qclear(&ifc->c->snoop);		/* of the answer, too */
	noanswers();
}

/* Data for a connection: how many acknowledgements come at once? */
static void
acknowledged(Conv *l)
{
	Conv *c;
	Tcb *t;
	Seg s;
	int n;

	c = connects(l, 9, 4000);
	if(c == nil)
		fatal("no connection");
	t = c->pcb;
	t->quick = 0;
	noanswers();
	for(n = 1; n <= 2; n++){
		make("10.0.0.9", "10.0.0.1", n*1460);
		put4(frame+Ethhdr+V4hdr+4, t->rnxt);
		put4(frame+Ethhdr+V4hdr+8, t->nxt);
		frame[Ethhdr+V4hdr+13] = ACK;
		later(100);		/* nothing is to be acknowledged any more */
		noanswers();
		come(1460);
		if(n == 1)
			is(!answer(&s), "a segment alone is acknowledged later");
		else
			is(answer(&s) && s.ack == t->rnxt && !answer(&s), "two in one packet at once, with one acknowledgement");
	}
	is(c->rq.len == 3*1460, "and all of it is there");
	hostdrop(c);
}

int
main(void)
{
	Conv *l;
	ulong before;

	l = strangerhost();
	hostaddr(ifc, "fd00::1", "/64");
	hostxmit = catch;
	far = hostifc(f, "ether", 1500);
	hostaddr(far, "172.16.0.1", "/24");
	hostaddr(far, "fd16::1", "/64");
	introduce(9);
	ipenter(f);
	neighctl(f, (char*[]){ "add", "172.16.0.9", "020000000009" }, 3);
	neighctl(f, (char*[]){ "add", "fd16::9", "020000000009" }, 3);
	ipleave(f);
	f->forward = 1;
	later(2000);			/* the addresses are found to be free */
	before = blockbytes;
	routed();
	snooped();
	ok(blockbytes == before, "nothing is left behind", blockbytes - before, "bytes");
	acknowledged(l);
	say("1..%d\n", ntest);
	return nbad != 0;
}
