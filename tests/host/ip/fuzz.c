/*
 * Hostile frames for the IP stack, under the sanitizers: well-formed packets of every layer, most of them damaged in one
 * place, many with checksums made right again so that the damage gets through; while conversations are opened, used
 * and closed, memory fails, and time passes.  At all times memory is bounded; in the end the stack still answers an
 * echo request, and all Blocks come back.
 *	fuzz [seconds [seed]]	0 seconds: until killed
 * With libFuzzer, LLVMFuzzerTestOneInput takes frames: two bytes of length, and so many bytes.
 */
#include "host.h"

enum {
	Maxmem	= 24*1024*1024,		/* bytes that the stack may ever have here */
	Round	= 20000,		/* frames */
};

static Ip	*f;
static Ifc	*ifc, *ifc2;
static Conv	*listener, *udpc, *echoc, *call[8];
static int	ncall;
static ulong	sentframes, replies, peak;
static uchar	ours[6];

/* Everything that the stack sends comes here. */
static void
sink(Ifc *i, Block *b)
{
	USED(i);
	sentframes++;
	b = pktflat(b);
	if(b != nil && BLEN(b) >= 34+8 && get2(b->rp+12) == 0x800 && b->rp[23] == Picmp && b->rp[34] == 0)
		replies++;
	freeb(b);
}

static uchar	pkt[4096];
static int	len;

/* Stacks are never taken down, so each round leaves one; what else is lost shows in finish. */
char*
__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void
ether(int type)
{
	memmove(pkt, ours, 6);
	if(rnd()%16 == 0)
		memset(pkt, 0xFF, 6);
	pkt[6] = 2;
	pkt[11] = 0x99;
	put2(pkt+12, type);
	len = 14;
}

static uchar*
add(int n)
{
	uchar *p;

	p = pkt+len;
	memset(p, 0, n);
	len += n;
	return p;
}

static void
addrandom(int n)
{
	uchar *p;

	p = add(n);
	while(n-- > 0)
		*p++ = rnd()>>11;
}

/* a checksum of IPv4 or ICMP over n bytes at p, at offset off */
static void
sumat(uchar *p, int n, int off)
{
	put2(p+off, 0);
	put2(p+off, sumfold(sumadd(0, p, n)));
}

static int	ipat, v6;

/* An IP header to us from somebody; what follows is added, then endip. */
static void
beginip(int proto)
{
	uchar *p;

	v6 = rnd()%3 == 0;
	ether(v6? 0x86DD: 0x800);
	ipat = len;
	if(v6){
		p = add(V6hdr);
		p[0] = 0x60;
		p[6] = proto == Picmp? Picmp6: proto;
		p[7] = rnd()%8 == 0? 1: 255;
		memmove(p+8, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
		memmove(p+24, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
		if(rnd()%8 == 0)
			memmove(p+24, "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff\0\0\x01", 16);
		if(rnd()%8 == 0)
			memmove(p+8, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
		p[23] += rnd()%4 == 0? rnd()%200: 0;
	}else{
		p = add(V4hdr);
		p[0] = 0x45;
		p[8] = 64;
		p[9] = proto;
		memmove(p+12, "\x0a\0\0\x02\x0a\0\0\x01", 8);
		p[15] += rnd()%4 == 0? rnd()%200: 0;
		if(rnd()%32 == 0)
			p[19] = 0xFF;
	}
}

static void
fixsums(void)
{
	Ipaddr src, dst;
	uchar *p, *q;
	int n, proto, off;

	p = pkt+ipat;
	if(v6){
		proto = p[6];
		memmove(&src, p+8, 16);
		memmove(&dst, p+24, 16);
		q = p+V6hdr;
	}else{
		sumat(p, V4hdr, 10);
		proto = p[9];
		v4to(&src, p+12);
		v4to(&dst, p+16);
		q = p+V4hdr;
	}
	n = len - (q-pkt);
	off = proto == Ptcp? 16: proto == Pudp? 6: 2;
	if(proto == Picmp && n >= 8)
		sumat(q, n, 2);
	else if((proto == Ptcp || proto == Pudp || proto == Picmp6) && n >= off+2){
		put2(q+off, 0);
		put2(q+off, sumfold(sumadd(sumpseudo(&src, &dst, proto, n), q, n)));
	}
}

static void
endip(void)
{
	if(v6)
		put2(pkt+ipat+4, len-ipat-V6hdr);
	else
		put2(pkt+ipat+2, len-ipat);
	fixsums();
}

static void
mkarp(void)
{
	uchar *p;

	ether(0x806);
	p = add(28);
	memmove(p, "\0\1\x08\0\6\4\0\1\2\0\0\0\0\x99\x0a\0\0\2\0\0\0\0\0\0\x0a\0\0\1", 28);
	p[7] = 1 + rnd()%2;
	p[17] = rnd();
	p[13] = rnd();
	if(rnd()%8 == 0)
		memmove(p+14, "\x0a\0\0\1", 4);
	add(18);
}

static void
mkicmp(void)
{
	static uchar types4[] = { 0, 3, 4, 5, 8, 8, 11, 12, 13 };
	static uchar types6[] = { 1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137 };
	uchar *p;
	int type, inner;

	beginip(Picmp);
	p = add(8);
	type = v6? types6[rnd()%nelem(types6)]: types4[rnd()%nelem(types4)];
	p[0] = type;
	p[1] = rnd()%6;
	if(rnd()%2 == 0)
		put4(p+4, rnd()%2000);
	if(v6 && type >= 133){
		memmove(add(16), "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
		p[1] = 0;
		if(rnd()%2 == 0)
			memmove(add(8), "\1\1\2\0\0\0\0\x99", 8);
		if(type == 136)
			pkt[len-8] = 2;
	}else if(type < 128 && type != 8 && type != 0){	/* quotes a packet of ours */
		inner = len;
		if(v6){
			p = add(V6hdr);
			p[0] = 0x60;
			p[6] = rnd()%2? Ptcp: Pudp;
			memmove(p+8, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02", 32);
		}else{
			p = add(V4hdr);
			p[0] = 0x45;
			p[9] = rnd()%2? Ptcp: Pudp;
			memmove(p+12, "\x0a\0\0\1\x0a\0\0\2", 8);
		}
		p = add(8);
		put2(p, rnd()%2? 7: 53);
		put2(p+2, 1000 + rnd()%8);
		put4(p+4, rnd());
		USED(inner);
	}else
		addrandom(rnd()%64);
	endip();
}

static void
mkudp(void)
{
	uchar *p;
	int n;

	beginip(Pudp);
	p = add(8);
	n = rnd()%4 == 0? rnd()%1400: rnd()%40;
	put2(p, rnd()%4? 53: rnd());
	put2(p+2, rnd()%4? 53: rnd());
	put2(p+4, 8+n);
	addrandom(n);
	endip();
}

/* Somebody whose call is not yet confirmed. */
static Half*
anyhalf(void)
{
	Tcpstack *ts;
	int i, k;

	ts = f->tcp;
	if(ts == nil || ts->nhalf == 0)
		return nil;
	k = rnd();
	for(i = 0; i < nelem(ts->half); i++)
		if(ts->half[(i+k) % nelem(ts->half)] != nil)
			return ts->half[(i+k) % nelem(ts->half)];
	return nil;
}

/* The last segment of a handshake. */
static void
mkconfirm(Half *h)
{
	uchar *p;

	do
		beginip(Ptcp);
	while(v6 == isv4(&h->raddr));
	if(v6)
		memmove(pkt+ipat+8, h->raddr.b, 16);
	if(v6)
		memmove(pkt+ipat+24, h->laddr.b, 16);
	else{
		memmove(pkt+ipat+12, h->raddr.b+12, 4);
		memmove(pkt+ipat+16, h->laddr.b+12, 4);
	}
	p = add(Tcphdr);
	put2(p, h->rport);
	put2(p+2, h->lport);
	put4(p+4, h->irs+1);
	put4(p+8, h->iss+1);
	p[12] = Tcphdr<<2;
	p[13] = ACK;
	put2(p+14, 65535);
	if(rnd()%2)
		addrandom(rnd()%100);
	endip();
}

/* A segment, of a connection that exists if there is one, near what it expects. */
static void
mktcp(void)
{
	static uchar flags[] = { SYN, SYN, ACK, ACK, ACK|PSH, ACK|FIN, RST, RST|ACK, SYN|ACK, FIN, URG|ACK, 0, 0x3F };
	Conv *c;
	Tcb *t;
	Half *h;
	uchar *p, *o;
	u32int seq, ack;
	int n, opt, i;

	if(rnd()%4 == 0 && (h = anyhalf()) != nil){
		mkconfirm(h);
		return;
	}
	beginip(Ptcp);
	p = add(Tcphdr);
	put2(p, 1000 + rnd()%8);
	put2(p+2, 7);
	c = rnd()%3? call[rnd()%nelem(call)]: nil;
	t = c != nil? c->pcb: nil;
	seq = rnd();
	ack = rnd();
	if(t != nil){
		put2(p, c->rport);
		put2(p+2, c->lport);
		if(v6 == isv4(&c->raddr))
			t = nil;
		else if(v6)
			memmove(pkt+ipat+8, c->raddr.b, 16);
		else
			memmove(pkt+ipat+12, c->raddr.b+12, 4);
	}
	if(t != nil){
		seq = t->rnxt;
		ack = t->nxt;
		if(rnd()%2 == 0)
			seq += rnd()%5000 - 1000;
		if(rnd()%4 == 0)
			ack -= rnd()%5000;
		if(rnd()%16 == 0)
			seq += 0x7FFFFF00 + rnd()%512;
	}
	put4(p+4, seq);
	put4(p+8, ack);
	p[13] = flags[rnd()%nelem(flags)];
	put2(p+14, rnd()%4? 65535: rnd()%3 == 0? 0: rnd());
	opt = rnd()%4 == 0? (rnd()%10)*4: 0;
	if(t != nil && t->ts && opt == 0 && rnd()%8)
		opt = 12;
	o = add(opt);
	for(i = 0; i < opt; i++)
		o[i] = rnd()%3? rnd()%9: rnd();
	if(opt == 12 && t != nil && t->ts){
		memmove(o, "\1\1\x08\x0a", 4);
		put4(o+4, t->tsrecent + rnd()%4);
		put4(o+8, tcptsclock(f, t->tsoff) - rnd()%3);
	}else if(opt >= 12 && rnd()%2){
		memmove(o, "\1\1\5\x0a", 4);
		put4(o+4, ack - rnd()%3000);
		put4(o+8, ack - rnd()%1000);
	}
	p[12] = (Tcphdr+opt)<<2;
	n = rnd()%3 == 0? 0: rnd()%4 == 0? rnd()%1400: rnd()%20;
	addrandom(n);
	endip();
}

/* The packet becomes a fragment of one. */
static void
fragmented(void)
{
	static u32int id;
	uchar *p;
	int n, off, more;

	id += rnd()%8 == 0;
	off = rnd()%3? rnd()%4*64: rnd()%65536;
	more = rnd()%3 != 0;
	n = rnd()%2? 64: rnd()%1000;
	v6 = rnd()%2;
	ether(v6? 0x86DD: 0x800);
	ipat = len;
	if(v6){
		p = add(V6hdr+8);
		p[0] = 0x60;
		p[6] = P6frag;
		p[7] = 64;
		memmove(p+8, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 32);
		p[V6hdr] = rnd()%4? Pudp: rnd();
		put2(p+V6hdr+2, (off & ~7) | more);
		put4(p+V6hdr+4, id);
	}else{
		p = add(V4hdr);
		p[0] = 0x45;
		put2(p+4, id);
		put2(p+6, (off/8 & 0x1FFF) | (more? 0x2000: 0));
		p[8] = 64;
		p[9] = rnd()%4? Pudp: Picmp;
		memmove(p+12, "\x0a\0\0\x02\x0a\0\0\x01", 8);
	}
	addrandom(n);
	if(v6)
		put2(pkt+ipat+4, len-ipat-V6hdr);
	else{
		put2(pkt+ipat+2, len-ipat);
		sumat(pkt+ipat, V4hdr, 10);
	}
}

/* IPv6 with headers in between. */
static void
extended(void)
{
	static uchar kinds[] = { P6hop, P6route, P6dest, P6frag, P6none, 50, 51 };
	uchar *p, *next;
	int i, n, size;

	v6 = 1;
	beginip(Pudp);
	if(!v6)
		return;
	next = pkt+ipat+6;
	n = rnd()%12;
	for(i = 0; i < n; i++){
		*next = kinds[rnd()%nelem(kinds)];
		size = rnd()%4 == 0? rnd()%4: 0;
		p = add(8 + 8*size);
		p[1] = rnd()%16? size: rnd();
		p[3] = rnd()%3 == 0;
		next = p;
	}
	*next = Pudp;
	p = add(16);
	put2(p+2, 53);
	put2(p+4, 16);
	put2(pkt+ipat+4, len-ipat-V6hdr);
}

static void
damage(void)
{
	int i, n;

	switch(rnd()%6){
	case 0:
		len = rnd()%(len+1);
		break;
	case 1:
		addrandom(rnd()%64);
		break;
	default:
		n = 1 + rnd()%3;
		for(i = 0; i < n && len > 14; i++)
			pkt[14 + rnd()%(len-14)] ^= rnd()%4? 1<<rnd()%8: rnd();
		if(rnd()%2 && len > 14+V6hdr)
			fixsums();
	}
}

static void
deliver(uchar *p, int n)
{
	Block *b, *b2;
	int m;

	b = iallocb(n);
	if(b == nil)
		return;
	memmove(b->wp, p, n);
	b->wp += n;
	if(rnd()%16 == 0){			/* that was not cut */
		b->flag = Btcpck|Blong;
		b->aux = rnd()%4? 1 + rnd()%100: 0;
	}
	if(n > 20 && rnd()%8 == 0){		/* in two pieces, as a driver may have it */
		m = rnd()%n;
		b2 = iallocb(m);
		if(b2 != nil){
			memmove(b2->wp, b->wp-m, m);
			b2->wp += m;
			b->wp -= m;
			b->next = b2;
		}
	}
	ipenter(f);
	etherin(ifc, b);
	ipleave(f);
}

/* The programs on this machine do something. */
static void
users(void)
{
	char buf[4096];
	Conv *c;
	Block *b;
	int i, n;

	i = rnd()%nelem(call);
	c = convtake(listener);
	if(c != nil){
		c->inuse = 1;
		if(call[i] != nil)
			hostdrop(call[i]);
		call[i] = c;
		ncall++;
	}
	c = call[i];
	ipenter(f);
	switch(rnd()%8){
	case 0:
		if(c != nil && c->set->p->room(c) > 0 && (b = iallocb(n = rnd()%9000)) != nil){
			memset(b->wp, 'x', n);
			b->wp += n;
			c->set->p->write(c, b);
		}
		break;
	case 1:
		if(c != nil){
			while((b = qtake(&c->rq)) != nil)
				freeb(b);
			c->set->p->drained(c);
		}
		break;
	case 2:
		if(c != nil && rnd()%16 == 0){
			ipleave(f);
			hostdrop(c);
			call[i] = nil;
			ipenter(f);
		}
		break;
	case 3:
		if(c != nil && rnd()%16 == 0)
			tellerr(c, rnd()%2? "close": "hangup");
		break;
	case 4:
		while((b = qtake(&udpc->rq)) != nil)
			freeb(b);
		while((b = qtake(&echoc->rq)) != nil)
			freeb(b);
		break;
	case 5:
		if((b = iallocb(3000)) != nil){
			b->wp += rnd()%3000;
			udp.write(udpc, b);
		}
		break;
	case 6:
		tcp.status(listener, buf, buf+sizeof buf);
		neightext(f, buf, buf+sizeof buf);
		tcp.stats(f, buf, buf+sizeof buf);
		f->forward = rnd()%4 == 0;
		break;
	}
	ipleave(f);
}

static void
pass(uvlong us)
{
	hostus += us;
	ipenter(f);
	tickrun(f);
	ipleave(f);
}

static void
make1(void)
{
	switch(rnd()%10){
	case 0:
		mkarp();
		break;
	case 1:
		mkicmp();
		break;
	case 2:
		mkudp();
		break;
	case 3:
		fragmented();
		break;
	case 4:
		extended();
		break;
	case 5:
		ether(rnd());
		addrandom(rnd()%200);
		break;
	default:
		mktcp();
	}
}

static void
start(void)
{
	f = ipnew(0);
	hostxmit = sink;
	ifc = hostifc(f, "ether", 1500);
	hostaddr(ifc, "10.0.0.1", "/24");
	hostaddr(ifc, "fd00::1", "/64");
	hostaddr(ifc, "fe80::1", "/64");
	memmove(ours, ifc->mac, 6);
	ifc2 = hostifc(f, "loopback", 0);
	hostaddr(ifc2, "127.0.0.1", "/8");
	listener = hostconv(f, Xtcp);
	tellconv(listener, "announce *!7");
	udpc = hostconv(f, Xudp);
	tellconv(udpc, "announce 53");
	tellconv(udpc, "headers");
	echoc = hostconv(f, Xicmp);
	tellconv(echoc, "connect 10.0.0.2!1");
}

/* Close everything and let an hour pass; then nothing may be left but what is bounded and holds no packets. */
static void
finish(void)
{
	int i;

	nomem = 0;
	for(i = 0; i < nelem(call); i++)
		if(call[i] != nil){
			hostdrop(call[i]);
			call[i] = nil;
		}
	hostdrop(listener);
	hostdrop(udpc);
	hostdrop(echoc);
	for(i = 0; i < 3600; i++)
		pass(1000000);
	if(blockbytes != 0)
		fatal("%lu bytes of Blocks are never freed", blockbytes);
	for(i = 0; i < f->set[Xtcp].nconv; i++)
		if(f->set[Xtcp].conv[i]->taken)
			fatal("tcp conversation %d is never freed", i);
	ipenter(f);
	ifcunbind(ifc);
	ipleave(f);
	if(f->nneigh != 0)
		fatal("%d neighbours of an interface that is gone", f->nneigh);
}

static void
echo(void)
{
	ulong before;

	nomem = 0;
	pass(2000000);
	before = replies;
	mkarp();
	memmove(pkt+14+8, "\2\0\0\0\0\x99\x0a\0\0\2", 10);
	memmove(pkt+14+24, "\x0a\0\0\1", 4);
	memmove(pkt, ours, 6);
	deliver(pkt, len);
	do
		beginip(Picmp);
	while(v6);
	memmove(pkt, ours, 6);
	memmove(pkt+ipat+12, "\x0a\0\0\x02\x0a\0\0\x01", 8);
	add(64)[0] = 8;
	endip();
	deliver(pkt, len);
	if(replies == before)
		fatal("no reply to an echo request any more");
}

#ifdef LIBFUZZER
int
LLVMFuzzerTestOneInput(uchar *p, ulong n)
{
	int m;

	if(f == nil){
		ipfmtinstall();
		start();
	}
	while(n >= 2){
		m = get2(p) % 2048;
		p += 2;
		n -= 2;
		if(m > n)
			m = n;
		if(m >= 14){
			memmove(pkt, p, m);
			len = m;
			memmove(pkt, ours, 6);
			ipat = 14;
			v6 = get2(pkt+12) == 0x86DD;
			if(len > 14+V6hdr && (v6 || get2(pkt+12) == 0x800))
				fixsums();
			deliver(pkt, len);
			users();
		}
		p += m;
		n -= m;
		pass(1000);
	}
	return 0;
}
#else
int
main(int argc, char **argv)
{
	uvlong end;
	u32int seed;
	ulong n, frames, base;
	int seconds;

	seconds = argc > 1? atoi(argv[1]): 5;
	seed = argc > 2? atoi(argv[2]): 1;
	end = realus() + seconds*1000000ull;
	ipfmtinstall();
	frames = 0;
	do{
		rndseed(seed++);
		base = hostbytes;
		start();
		for(n = 0; n < Round && (seconds == 0 || realus() < end || frames == 0); n++){
			nomem = rnd()%8 == 0? rnd()%300: 0;
			make1();
			if(rnd()%3 == 0)
				damage();
			deliver(pkt, len);
			frames++;
			if(rnd()%4 == 0)
				users();
			if(rnd()%4 == 0)
				pass(rnd()%64 == 0? rnd()%20000000: rnd()%20000);
			if(hostbytes-base > peak)
				peak = hostbytes-base;
			if(hostbytes-base > Maxmem)
				fatal("%lu bytes of memory after %lu frames, seed %u", hostbytes-base, n, seed-1);
		}
		echo();
		finish();
	}while(seconds == 0 || realus() < end);
	say("ok 1 - %lu hostile frames, %d connections: nothing broke, memory stayed below %lu KiB (seed %u)\n1..1\n",
		frames, ncall, peak/1024, seed-1);
	return 0;
}
#endif
