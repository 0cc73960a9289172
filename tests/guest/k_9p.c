/*
 * The kernel's 9P client against servers that lie, stammer, fall silent and die.
 * Each round a server made of random choices is mounted and used; whatever the
 * user gets to see, the kernel must live, and lose no memory.  usage:
 * k_9p [rounds [seed]]; the seed is printed, a run can be repeated.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "mem.h"

enum {
	Msize	= 8192+24,
	Room	= 70000,
};

static ulong state;

static ulong
rnd(ulong n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static char *names[] = { "", "x", "..", "a/b", "\x01", "name", "a very long name that does not end soon" };

static void
rndqid(Qid *q)
{
	q->path = rnd(5);
	q->vers = rnd(3);
	q->type = rnd(3) == 0? rnd(256): rnd(2)? QTDIR: 0;
}

/* A stat entry, most of the time a good one. */
static int
rndstat(uchar *p, int n)
{
	Dir d;

	memset(&d, 0, sizeof d);
	d.name = names[rnd(nelem(names))];
	d.uid = d.gid = d.muid = "user";
	rndqid(&d.qid);
	d.mode = rnd(2)? DMDIR|0777: 0666;
	d.length = rnd(2)? rnd(100): -1;
	return convD2M(&d, p, n);
}

/* What an honest server could say to t, with fields at random. */
static int
reply(Fcall *t, uchar *out)
{
	static uchar data[Room];
	Fcall r;
	int i, n;

	memset(&r, 0, sizeof r);
	r.type = t->type + 1;
	r.tag = t->tag;
	if(rnd(12) == 0 && t->type != Tversion && t->type != Tattach){
		r.type = Rerror;
		r.ename = names[rnd(nelem(names))];
		return convS2M(&r, out, Room);
	}
	rndqid(&r.qid);
	switch(t->type){
	case Tversion:
		r.msize = rnd(8)? Msize: rnd(3)? rnd(1024): 0xFFFFFFFF;
		r.version = rnd(16)? "9P2000": names[rnd(nelem(names))];
		break;
	case Tattach:
		if(rnd(8))
			r.qid.type = QTDIR;
		break;
	case Twalk:
		r.nwqid = rnd(6)? t->nwname: rnd(MAXWELEM+1);
		for(i = 0; i < r.nwqid; i++){
			rndqid(&r.wqid[i]);
			if(i + 1 < r.nwqid)
				r.wqid[i].type = QTDIR;
		}
		break;
	case Topen:
	case Tcreate:
		r.iounit = rnd(2)? 0: rnd(3)? rnd(10000): 0xFFFFFFFF;
		break;
	case Tread:
		n = rnd(6)? rnd(t->count + 1): t->count + rnd(5000);
		if(n > 60000)
			n = 60000;
		if(rnd(2))
			for(i = 0; i + 200 < n; i += rndstat(data + i, 200))
				;
		else
			for(i = 0; i < n; i++)
				data[i] = rnd(256);
		r.count = i < n? i: n;
		r.data = (char*)data;
		break;
	case Twrite:
		r.count = rnd(6)? t->count: rnd(2)? rnd(100000): 0xFFFFFFFF;
		break;
	case Tstat:
		r.nstat = rndstat(data, sizeof data);
		r.stat = data;
		break;
	}
	n = convS2M(&r, out, Room);
	return n;
}

/* Send n bytes in one piece, or in several, or not quite. */
static void
say(int fd, uchar *p, int n)
{
	int i, m;

	switch(rnd(24)){
	case 0:		/* other bits */
		for(i = rnd(8); i >= 0; i--)
			p[rnd(n)] = rnd(256);
		break;
	case 1:		/* another tag */
		PBIT16(p+5, rnd(4));
		break;
	case 2:		/* another type */
		p[4] = rnd(256);
		break;
	case 3:		/* another size */
		PBIT32(p, rnd(3)? rnd(20): rnd(2)? 0xFFFFFFFF: n + rnd(100));
		break;
	case 4:		/* cut off */
		n = rnd(n);
		break;
	case 5:		/* twice */
		write(fd, p, n);
		break;
	}
	if(rnd(4) == 0)
		while(n > 4){
			m = 1 + rnd(n/2);
			if(write(fd, p, m) != m)
				return;
			p += m;
			n -= m;
		}
	write(fd, p, n);
}

static void
serve(int fd)
{
	static uchar in[Room], out[Room];
	Fcall t;
	int n;

	for(;;){
		n = read9pmsg(fd, in, sizeof in);
		if(n <= 0)
			return;
		if(convM2S(in, n, &t) != n){
			diag("the kernel sent a message that is none: type %d, %d bytes", in[4], n);
			_exits("bad message");
		}
		switch(rnd(40)){
		case 0:
			return;			/* dies */
		case 1:
			continue;		/* says nothing */
		}
		n = reply(&t, out);
		if(n > 0)
			say(fd, out, n);
	}
}

/* Use what is mounted on /n. */
static void
use(void)
{
	static char buf[20000];
	char name[64];
	int i, fd;
	Dir *d, nd;

	for(i = 0; i < 10; i++){
		snprint(name, sizeof name, "/n/%s", names[1+rnd(nelem(names)-1)]);
		switch(rnd(8)){
		case 0:
			d = dirstat(name);
			free(d);
			break;
		case 1:
			fd = create(name, rnd(2)? OWRITE: OREAD|ORCLOSE, rnd(2)? 0666: DMDIR|0777);
			write(fd, buf, rnd(sizeof buf));
			close(fd);
			break;
		case 2:
			fd = open("/n", OREAD);
			while((i = dirread(fd, &d)) > 0)
				free(d);
			close(fd);
			return;
		case 3:
			remove(name);
			break;
		case 4:
			nulldir(&nd);
			nd.name = names[rnd(nelem(names))];
			dirwstat(name, &nd);
			break;
		case 5:
			chdir(name);
			open("../../n/../n/x/y/z", OREAD);
			chdir("/");
			break;
		default:
			fd = open(name, ORDWR);
			read(fd, buf, rnd(sizeof buf));
			pread(fd, buf, rnd(sizeof buf), rnd(1000));
			write(fd, buf, rnd(sizeof buf));
			seek(fd, 0, 2);
			d = dirfstat(fd);
			free(d);
			close(fd);
			break;
		}
	}
}

static int
round1(void)
{
	int p[2], server, user, n;
	ulong seed;
	Waitmsg *w;
	int bad;

	seed = rnd(0x7fffffff) + 1;
	pipe(p);
	server = rfork(RFPROC|RFFDG|RFNAMEG);
	if(server == 0){
		state = seed;
		close(p[1]);
		alarm(120);		/* a user may wait for it in vain */
		serve(p[0]);
		_exits(nil);
	}
	close(p[0]);
	user = rfork(RFPROC|RFFDG|RFNAMEG|RFENVG);
	if(user == 0){
		state = seed * 7;
		alarm(60);		/* some servers do not answer */
		if(mount(p[1], -1, "/n", rnd(2)? MREPL|MCREATE: MBEFORE|MCREATE, "") >= 0)
			use();
		_exits(nil);
	}
	close(p[1]);
	bad = 0;
	for(n = 0; n < 2; n++){
		w = wait();
		if(w == nil)
			break;
		if(w->pid == server && strstr(w->msg, "bad message") != nil)
			bad = 1;
		free(w);
		if(n == 0)
			postnote(PNPROC, server, "kill");
	}
	if(bad)
		diag("seed %lud", seed);
	return bad;
}

/* The user of crumbs: everything of the file is an x. */
static void
reader(int fd)
{
	static char buf[Room];
	int i, n;

	if(mount(fd, -1, "/n", MREPL, "") < 0 || (fd = open("/n/f", OREAD)) < 0)
		_exits("no file");
	n = read(fd, buf, 8192);
	for(i = 0; i < n && buf[i] == 'x'; i++)
		;
	_exits(n == 8192 && i == n? nil: "wrong data");
}

/* A server that sends what it is asked for byte by byte, and before the last one looks at what that costs. */
static void
crumbs(void)
{
	static uchar msg[Room];
	static char data[8192];
	Fcall t, r;
	Waitmsg *w;
	Inuse was;
	long cost;
	int i, n, p[2];

	pipe(p);
	if(rfork(RFPROC|RFFDG|RFNAMEG) == 0)
		reader(p[1]);
	close(p[1]);
	memset(data, 'x', sizeof data);
	cost = 0;
	while((n = read9pmsg(p[0], msg, sizeof msg)) > 0){
		convM2S(msg, n, &t);
		memset(&r, 0, sizeof r);
		r.type = t.type+1;
		r.tag = t.tag;
		switch(t.type){
		case Tversion:
			r.msize = Msize;
			r.version = "9P2000";
			break;
		case Tattach:
			r.qid.type = QTDIR;
			break;
		case Twalk:
			r.nwqid = t.nwname;
			break;
		case Tread:
			r.count = sizeof data;
			r.data = data;
			break;
		}
		n = convS2M(&r, msg, sizeof msg);
		if(t.type != Tread){
			write(p[0], msg, n);
			continue;
		}
		was = inuse();
		for(i = 0; i < n-1; i++)
			write(p[0], msg+i, 1);
		sleep(0);
		cost = inuse().bytes - was.bytes;
		write(p[0], msg+n-1, 1);
	}
	ok(cost < 200*1024, "a message of 8 KB that comes byte by byte costs little (%ld bytes)", cost);
	w = wait();
	samestr(w != nil? w->msg: "nobody", "", "and is whole");
	free(w);
	close(p[0]);
}

void
main(int argc, char **argv)
{
	Inuse was;
	int i, rounds, bad;

	rounds = argc > 1? atoi(argv[1]): 400;
	state = argc > 2? strtoul(argv[2], nil, 0): truerand() | 1;
	diag("seed %#lux, %d rounds", state, rounds);
	for(i = 0; i < 20; i++)
		round1();
	was = before();
	bad = 0;
	for(i = 0; i < rounds; i++)
		bad += round1();
	same(bad, 0, "every message of the kernel is well formed");
	alive("hostile servers");
	after(was, "hostile servers");
	crumbs();
	done();
}
