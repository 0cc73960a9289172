/*
 * #a: two ends of TLS in one process, with pipes in between whose bytes can be looked at and changed on the way.  How it gets
 * on with another implementation, tests/machine/tls.t shows.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

typedef struct End End;
struct End
{
	int	ctl;
	int	hand;
	int	data;
	int	raw;		/* what it sends comes out here, and it receives what is written here */
	char	dir[32];
};

enum
{
	Big	= 100000,
	Msize	= 65536+IOHDRSZ,
};

static char	secret[300];
static uchar	big[Big], buf[Big];

static int
openfile(End *e, char *file, int mode)
{
	char name[64];

	snprint(name, sizeof name, "%s/%s", e->dir, file);
	return open(name, mode);
}

static int
say(End *e, char *s)
{
	return write(e->ctl, s, strlen(s));
}

/* One end, whose channel's other end is e->raw. */
static void
openend(End *e)
{
	char num[16], s[64];
	int n, p[2];

	e->ctl = open("#a/tls/clone", ORDWR);
	n = read(e->ctl, num, sizeof num-1);
	num[n > 0? n: 0] = 0;
	snprint(e->dir, sizeof e->dir, "#a/tls/%s", num);
	e->hand = openfile(e, "hand", ORDWR);
	e->data = openfile(e, "data", ORDWR);
	pipe(p);
	snprint(s, sizeof s, "fd %d 0x303", p[1]);
	if(say(e, s) < 0)
		diag("%s: %r", s);
	close(p[1]);
	e->raw = p[0];
}

static void
closeend(End *e)
{
	close(e->hand);
	close(e->data);
	close(e->ctl);
	close(e->raw);
}

/* What from has sent goes to to, all that is there now; changed by one bit at byte flip, if that is not negative. */
static int
carry(End *from, End *to, int flip)
{
	static uchar rec[70000];
	Dir *d;
	int n, total;

	for(total = 0;; total += n){
		d = dirfstat(from->raw);
		n = d->length;
		free(d);
		if(n == 0)
			return total;
		n = read(from->raw, rec, sizeof rec);
		if(flip >= total && flip < total+n)
			rec[flip-total] ^= 1;
		if(write(to->raw, rec, n) != n)
			diag("carry: %r");
	}
}

static void
keys(End *e, char *version, char *hash, char *enc, int client)
{
	char s[400];

	say(e, version);
	snprint(s, sizeof s, "secret %s %s %d %s", hash, enc, client, secret);
	if(say(e, s) < 0)
		diag("%.40s: %r", s);
}

/* Both ends change to these algorithms and exchange a message that stands for Finished. */
static int
connected(End *c, End *s, char *version, char *hash, char *enc)
{
	openend(c);
	openend(s);
	keys(c, version, hash, enc, 1);
	keys(s, version, hash, enc, 0);
	say(c, "changecipher");
	write(c->hand, "client", 6);
	carry(c, s, -1);
	if(read(s->hand, buf, 100) != 6 || memcmp(buf, "client", 6) != 0)
		return 0;
	say(s, "changecipher");
	write(s->hand, "server", 6);
	carry(s, c, -1);
	if(read(c->hand, buf, 100) != 6 || memcmp(buf, "server", 6) != 0)
		return 0;
	return say(c, "opened") > 0 && say(s, "opened") > 0;
}

/* n bytes from c to s; how many arrived as they were */
static int
arrives(End *c, End *s, int n)
{
	int m, done;

	for(done = 0; done < n; done += m){
		m = n-done < 16384? n-done: 16384;		/* more than a pipe holds would have to wait */
		if(write(c->data, big+done, m) != m)
			return -1;
		carry(c, s, -1);
		if(readn(s->data, buf, m) != m || memcmp(buf, big+done, m) != 0)
			return done;
	}
	return done;
}

static void
suites(void)
{
	static struct
	{
		char	*version;
		char	*hash;
		char	*enc;
	} suite[] = {
		{ "version 0x301", "md5", "rc4_128" }, { "version 0x301", "sha1", "rc4_256" },
		{ "version 0x301", "sha1", "aes_128_cbc" }, { "version 0x302", "sha1", "aes_256_cbc" },
		{ "version 0x303", "sha256", "aes_128_cbc" }, { "version 0x303", "clear", "aes_128_gcm_aead" },
		{ "version 0x303", "clear", "aes_256_gcm_aead" }, { "version 0x303", "clear", "ccpoly96_aead" },
	};
	static int sizes[] = { 1, 15, 16, 17, 63, 64, 65, 255, 256, 1000, 16384, 16385, Big };
	char text[300], want[300];
	End c, s;
	int i, k, fd, bad;

	for(i = 0; i < nelem(suite); i++){
		ok(connected(&c, &s, suite[i].version, suite[i].hash, suite[i].enc), "%s %s %s", suite[i].version, suite[i].enc, suite[i].hash);
		bad = 0;
		for(k = 0; k < nelem(sizes); k++)
			bad += arrives(&c, &s, sizes[k]) != sizes[k] || arrives(&s, &c, sizes[k]) != sizes[k];
		same(bad, 0, "records of all sizes arrive, both ways");
		write(c.data, "flip", 4);
		carry(&c, &s, 5+3);
		fails(read(s.data, buf, 100), "bad record MAC", "a changed bit is noticed");
		fails(read(s.data, buf, 100), "tls error: bad record MAC", "for good");
		carry(&s, &c, -1);
		fails(read(c.data, buf, 100), "bad record MAC", "and the other end is told");
		if(i == 4){
			fd = openfile(&c, "status", OREAD);
			text[read(fd, text, sizeof text-1)] = 0;
			snprint(want, sizeof want, "State: Errored\nVersion: 0x303\nEncIn: %s\nHashIn: %s\nEncOut: %s\nHashOut: %s\n",
				suite[i].enc, suite[i].hash, suite[i].enc, suite[i].hash);
			samestr(text, want, "status");
			close(fd);
			fd = openfile(&s, "stats", OREAD);
			text[read(fd, text, sizeof text-1)] = 0;
			close(fd);
			ok(strstr(text, "HandIn: 6\nHandOut: 6\n") != nil, "stats");
		}
		closeend(&c);
		closeend(&s);
	}
}

/* What is no order of things. */
static void
orders(void)
{
	char s[400];
	End e, o;
	int fd;

	e.ctl = open("#a/tls/clone", ORDWR);
	fails(say(&e, "version 0x303"), "must set fd", "version before fd");
	fails(say(&e, "fd 99 0x303"), "fd out of range or not open", "no such fd");
	snprint(s, sizeof s, "fd %d 0x303", e.ctl);
	fails(say(&e, s), "cannot tls encrypt devtls files", "TLS in TLS");
	fails(say(&e, "fd 0 0x300"), "unsupported version", "SSL 3");
	close(e.ctl);
	openend(&e);
	fails(say(&e, "nonsense"), "unknown control message", "an unknown word");
	fails(say(&e, "version 0x304"), "unsupported version", "more than fd allowed");
	snprint(s, sizeof s, "secret sha1 aes_128_cbc 1 %s", secret);
	fails(say(&e, s), "must set version", "secrets before version");
	same(say(&e, "version 0x302"), 13, "version");
	fails(say(&e, "version 0x302"), "already", "twice");
	fails(say(&e, "secret sha1 rot13 1 AAAA"), "unsupported encryption", "an unknown cipher");
	fails(say(&e, "secret crc32 rc4_128 1 AAAA"), "unsupported hash", "an unknown digest");
	fails(say(&e, "secret sha1 rc4_128 1 AAAA"), "not enough secret", "too few secrets");
	snprint(s, sizeof s, "secret clear ccpoly96_aead 1 %s", secret);
	fails(say(&e, s), "unsupported combination", "an AEAD before TLS 1.2");
	fails(say(&e, "changecipher"), "must set secrets", "changecipher without secrets");
	fails(say(&e, "opened"), "cipher must be configured", "opened without a cipher");
	fails(write(e.data, "x", 1), "not opened", "data before opened");
	fails(openfile(&e, "hand", ORDWR), "in use", "a second hand");
	close(e.hand);
	e.hand = openfile(&e, "hand", ORDWR);
	ok(e.hand >= 0, "another one, when that is closed");
	fd = openfile(&e, "status", OWRITE);
	ok(fd < 0, "status is for reading");
	closeend(&e);
	fails(open(e.dir, OREAD), "does not exist", "what is closed is gone");

	connected(&e, &o, "version 0x303", "clear", "ccpoly96_aead");
	close(e.hand);
	close(e.data);
	close(e.ctl);
	carry(&e, &o, -1);
	same(read(o.data, buf, 100), 0, "the other's end is an end");
	close(e.raw);
	closeend(&o);
	connected(&e, &o, "version 0x303", "clear", "ccpoly96_aead");
	close(o.raw);
	fails(read(o.data, buf, 100), "tls error: channel error", "a channel that ends without is an error");
	closeend(&e);
	closeend(&o);
	connected(&e, &o, "version 0x303", "clear", "ccpoly96_aead");
	same(say(&e, "alert 40"), 8, "alert");
	carry(&e, &o, -1);
	fails(read(o.data, buf, 100), "tls error: handshake failure", "is told to who reads");
	fails(read(o.hand, buf, 100), "handshake failure", "also on hand");
	fails(write(e.data, "x", 1), "tls error: handshake failure", "and ends the conversation");
	closeend(&e);
	closeend(&o);
}

static int
onalarm(void *u, char *s)
{
	USED(u);
	return strcmp(s, "alarm") == 0;
}

/* A writer that has to wait can be interrupted, and nothing is lost but what it was about to write. */
static void
interrupted(void)
{
	char *algs[][2] = { { "sha1", "aes_128_cbc" }, { "md5", "rc4_128" } };
	End c, s;
	int i, k, n;

	atnotify(onalarm, 1);
	for(i = 0; i < nelem(algs); i++){
		connected(&c, &s, "version 0x301", algs[i][0], algs[i][1]);
		for(n = 0;; n++){
			alarm(100);
			if(n == 1000 || write(c.data, big, 16384) < 0)
				break;
		}
		alarm(0);
		fails(n < 1000? -1: 0, "interrupted", "a write to a full channel is interrupted");
		carry(&c, &s, -1);
		for(k = 0; k < n && readn(s.data, buf, 16384) == 16384 && memcmp(buf, big, 16384) == 0; k++)
			;
		same(k, n, "what was written before is there");
		same(arrives(&c, &s, 1000), 1000, "and the conversation goes on");
		closeend(&c);
		closeend(&s);
	}
	connected(&c, &s, "version 0x303", "clear", "ccpoly96_aead");
	for(n = 0;; n += k){
		alarm(100);
		k = write(c.data, big, sizeof big);
		alarm(0);
		if(k < (int)sizeof big)
			break;
	}
	ok(k > 0 && k % 16384 == 0, "a long write is short when it is interrupted (%d)", k);
	carry(&c, &s, -1);
	while(n > 0 && readn(s.data, buf, sizeof big) == sizeof big && memcmp(buf, big, sizeof big) == 0){
		carry(&c, &s, -1);
		n -= sizeof big;
	}
	same(n, 0, "the long writes before it are there");
	ok(k > 0 && readn(s.data, buf, k) == k && memcmp(buf, big, k) == 0, "and as much of it as was told");
	same(arrives(&c, &s, 1000), 1000, "and no more");
	closeend(&c);
	closeend(&s);
	atnotify(onalarm, 0);
}

/* A process that carries what from sends to to. */
static int
carrier(int from, int to)
{
	static uchar b[70000];
	int n, pid;

	pid = fork();
	if(pid == 0){
		while((n = read(from, b, sizeof b)) > 0 && write(to, b, n) == n)
			;
		_exits(nil);
	}
	return pid;
}

/* One that serves 9P: a file that can be opened, and writes that are never answered. */
static int
server(int fd)
{
	static uchar msg[Msize], out[200];
	Fcall t, r;
	int n, pid;

	pid = fork();
	if(pid != 0)
		return pid;
	while((n = read9pmsg(fd, msg, sizeof msg)) > 0){
		convM2S(msg, n, &t);
		memset(&r, 0, sizeof r);
		r.type = t.type+1;
		r.tag = t.tag;
		if(t.type == Twrite)
			continue;
		if(t.type == Tversion){
			r.msize = t.msize;
			r.version = t.version;
		}
		if(t.type == Tattach)
			r.qid.type = QTDIR;
		if(t.type == Twalk){
			r.nwqid = t.nwname;
			r.wqid[0].path = 1;
		}
		n = convS2M(&r, out, sizeof out);
		write(fd, out, n);
	}
	_exits(nil);
	return 0;
}

static int
writer(int fd)
{
	int pid;

	pid = fork();
	if(pid == 0){
		write(fd, big, 40000);
		rerrstr((char*)buf, ERRMAX);
		_exits((char*)buf);
	}
	instate(pid, "Pwrite");
	return pid;
}

static void
killed(int pid)
{
	tell("/proc/%d/ctl", pid, "kill");
	endedby(Patience);
}

/* 9P over #a: of one message only a part has gone when its sender is killed. */
static void
mounted(void)
{
	char vers[20] = "9P2000";
	int there, back, srv, fd, i, told;
	End c, s;

	connected(&c, &s, "version 0x303", "clear", "ccpoly96_aead");
	there = carrier(c.raw, s.raw);
	back = carrier(s.raw, c.raw);
	srv = server(s.data);
	ok(fversion(c.data, Msize, vers, sizeof vers) > 0 && mount(c.data, -1, "/n", MREPL, "") >= 0, "a mount over TLS");
	fd = open("/n/f", OWRITE);
	ok(fd >= 0, "has its file");
	killed(there);
	writer(fd);		/* 3 records; the channel holds 4 */
	tell("/proc/%d/ctl", writer(fd), "kill");
	for(told = i = 0; i < 2; i++)
		told += strstr(endedby(Patience), "hungup") != nil;
	same(told, 1, "a message that went in part is the connection's end: who waits hears of it");
	fails(open("/n/f", OWRITE), "hungup", "and who comes later");
	unmount(nil, "/n");
	close(fd);
	killed(back);
	killed(srv);
	close(c.raw);			/* which is full: to say farewell would have to wait */
	c.raw = -1;
	closeend(&c);
	closeend(&s);
}

/* Whatever comes, it is refused, and nothing else happens. */
static void
garbage(void)
{
	static uchar rec[20000];
	End e;
	int i, k, n, served;

	served = 0;
	srand(1);
	for(i = 0; i < 300; i++){
		openend(&e);
		if(i & 1)
			keys(&e, "version 0x303", "sha256", "aes_128_cbc", 1);
		n = nrand(300)+5;
		for(k = 0; k < n; k++)
			rec[k] = nrand(256);
		if(i % 3 != 0){
			rec[0] = 20+nrand(5);
			rec[1] = 3;
			rec[2] = i & 1? 3: 1;
			rec[3] = nrand(2);
		}
		write(e.raw, rec, n);
		close(e.raw);
		e.raw = -1;
		for(k = 0; k < 10 && read(e.hand, buf, sizeof buf) > 0; k++)
			served++;
		read(e.data, buf, sizeof buf);
		closeend(&e);
	}
	ok(served < 300, "300 conversations of garbage");
}

static void
limits(void)
{
	static End e[600];
	int i, n;

	for(n = 0; n < nelem(e); n++)
		if((e[n].ctl = open("#a/tls/clone", ORDWR)) < 0)
			break;
	ok(n < nelem(e), "there is a limit (%d)", n);
	fails(open("#a/tls/clone", ORDWR), "no free devices", "by name");
	for(i = 0; i < n; i++)
		close(e[i].ctl);
	i = open("#a/tls/clone", ORDWR);
	ok(i >= 0, "which frees what is closed");
	close(i);
}

void
main(void)
{
	uchar raw[200];
	int i;

	for(i = 0; i < sizeof raw; i++)
		raw[i] = i*7+1;
	enc64(secret, sizeof secret, raw, sizeof raw);
	for(i = 0; i < sizeof big; i++)
		big[i] = i*31 ^ i>>8;
	suites();
	orders();
	interrupted();
	mounted();
	garbage();
	limits();
	done();
}
