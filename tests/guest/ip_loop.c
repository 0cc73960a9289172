/*
 * The IP stack on its loopback interface: the files of #I, UDP, TCP, ICMP.  A stack of
 * its own (#I7), so that nothing here depends on how the machine was set up.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "late.h"

static char big[300*1024], back[300*1024];

/* the contents of a file */
static char*
contents(char *file)
{
	static char buf[32*1024];
	int fd, n, m;

	fd = open(file, OREAD);
	n = 0;
	if(fd >= 0){
		while((m = read(fd, buf+n, sizeof buf-1-n)) > 0)
			n += m;
		close(fd);
	}
	buf[n] = 0;
	return buf;
}

static int
tell(char *file, char *msg)
{
	int fd, r;

	fd = open(file, OWRITE);
	if(fd < 0)
		return -1;
	r = write(fd, msg, strlen(msg));
	close(fd);
	return r;
}

static int
say(int fd, char *msg)
{
	return write(fd, msg, strlen(msg));
}

/* a new conversation of a protocol: its ctl, its directory */
static int
newconv(char *proto, char *dir)
{
	char buf[32];
	int fd, n;

	snprint(dir, 64, "/net.alt/%s/clone", proto);
	fd = open(dir, ORDWR);
	if(fd < 0)
		return -1;
	n = read(fd, buf, sizeof buf-1);
	buf[n > 0? n: 0] = 0;
	snprint(dir, 64, "/net.alt/%s/%s", proto, buf);
	return fd;
}

static int
opendata(char *dir, char *file)
{
	char name[80];

	snprint(name, sizeof name, "%s/%s", dir, file);
	return open(name, ORDWR);
}

static char*
textof(char *dir, char *file)
{
	char name[80];

	snprint(name, sizeof name, "%s/%s", dir, file);
	return contents(name);
}

static void
interface(void)
{
	char *s, *e;
	int fd;

	if(!ok(bind("#I7", "/net.alt", MREPL) >= 0, "#I7 binds")){
		diag("%r");
		return;
	}
	fd = open("/net.alt/ipifc/clone", ORDWR);
	ok(fd >= 0, "ipifc/clone opens");
	fails(say(fd, "add 127.1"), "not yet bound", "no address without a medium");
	fails(say(fd, "bind nosuch /dev/null"), "unknown interface type", "an unknown medium");
	fails(say(fd, "dance"), "unknown control request", "an unknown word");
	ok(say(fd, "bind loopback /dev/null") > 0, "bind loopback /dev/null");
	fails(say(fd, "bind loopback /dev/null"), "already bound", "once only");
	fails(say(fd, "add 300.1.1.1"), "bad ip address syntax", "a bad address");
	fails(say(fd, "add 10.0.0.1 255.0.255.0"), "bad ip mask", "a mask with holes");
	fails(say(fd, "mtu 10"), "mtu", "an absurd mtu");
	ok(say(fd, "add 127.1") > 0, "add 127.1");
	ok(say(fd, "add ::1 /128") > 0, "add ::1 /128");
	close(fd);
	s = contents("/net.alt/ipifc/0/status");
	ok(strncmp(s, "device /dev/null maxtu ", 23) == 0, "status: the device and its mtu first");
	s = strchr(s, '\n');
	e = s != nil? strchr(s+1, '\n'): nil;
	if(e != nil)
		*e = 0;
	samestr(s != nil? s: "", "\n\t127.0.0.1                                /104       127.0.0.0                                4294967295   4294967295  ",
		"status: a line for each address, its columns as parsers have them");
	ok(strstr(contents("/net.alt/iproute"), "127.0.0.0       /104 127.0.0.0       4i   ") != nil, "iproute: the network");
	ok(strstr(contents("/net.alt/iproute"), "127.0.0.1       /128 127.0.0.1       4u   ") != nil, "iproute: our own address");
	ok(strstr(contents("/net.alt/ipselftab"), "127.0.0.1                                     1 4u  \n") != nil, "ipselftab");
	ok(tell("/net.alt/iproute", "add 10.0.0.0 255.0.0.0 127.0.0.1") > 0, "a route by a gateway");
	ok(strstr(contents("/net.alt/iproute"), "10.0.0.0        /104 127.0.0.1       4    none   ") != nil, "stands in iproute");
	ok(tell("/net.alt/iproute", "remove 10.0.0.0 255.0.0.0") > 0 &&
		strstr(contents("/net.alt/iproute"), "10.0.0.0 ") == nil, "and goes again");
	fails(tell("/net.alt/iproute", "add 10.0.0.0 255.0.0.0 banana"), "bad ip address syntax", "a gateway that is none");
	samestr(contents("/net.alt/bootp"), "", "bootp is empty");
}

static void
ndb(void)
{
	static char much[2000];
	Dir *d;
	ulong v;
	int fd;

	d = dirstat("/net.alt/ndb");
	v = d != nil? d->qid.vers: 0;
	free(d);
	ok(tell("/net.alt/ndb", "ip=127.0.0.1 sys=me\n") > 0, "ndb takes text");
	samestr(contents("/net.alt/ndb"), "ip=127.0.0.1 sys=me\n", "and gives it back");
	d = dirstat("/net.alt/ndb");
	ok(d != nil && d->qid.vers != v, "its version changes");
	free(d);
	memset(much, 'x', sizeof much);
	fd = open("/net.alt/ndb", OWRITE|OTRUNC);
	fails(write(fd, much, sizeof much), "i/o error", "1023 bytes and no more");
	close(fd);
}

static void
udp(void)
{
	char sdir[64], cdir[64], buf[2000];
	int sctl, cctl, s, c, n, port;

	sctl = newconv("udp", sdir);
	if(!ok(sctl >= 0, "udp/clone"))
		return;
	ok(say(sctl, "announce 0") > 0, "announce 0: a port is chosen");
	ok(say(sctl, "headers") > 0, "headers");
	port = atoi(textof(sdir, "local")+3);
	ok(strncmp(textof(sdir, "local"), "::!", 3) == 0 && port >= 32768, "local is any address, a high port");
	s = opendata(sdir, "data");
	cctl = newconv("udp", cdir);
	snprint(buf, sizeof buf, "connect 127.0.0.1!%d", port);
	ok(say(cctl, buf) > 0, "connect");
	fails(say(cctl, buf), "connection in use", "only once");
	snprint(buf, sizeof buf, "127.0.0.1!%d\n", port);
	samestr(textof(cdir, "remote"), buf, "remote");
	ok(strncmp(textof(cdir, "status"), "Open qin 0 qout 0\n", 18) == 0, "status");
	c = opendata(cdir, "data");
	same(write(c, "hello", 5), 5, "write");
	n = read(s, buf, sizeof buf);
	same(n, 52+5, "headers mode: 52 bytes before the datagram");
	ok(memcmp(buf+52, "hello", 5) == 0, "and then it");
	ok(memcmp(buf+10, "\xff\xff\x7f\0\0\1", 6) == 0, "the remote address first");
	same((uchar)buf[50]<<8|(uchar)buf[51], port, "the local port last");
	buf[52] = 'j';
	same(write(s, buf, 57), 57, "the same headers answer");
	n = read(c, buf, 3);
	ok(n == 3 && memcmp(buf, "jel", 3) == 0, "a short read takes the beginning");
	write(c, "", 0);
	write(c, "x", 1);
	same(read(s, buf, sizeof buf), 52, "an empty datagram");
	same(read(s, buf, sizeof buf), 53, "and the next");
	memset(big, 7, 60000);
	same(write(c, big, 60000), 60000, "60,000 bytes in one datagram");
	same(read(s, back, sizeof back), 60052, "arrive as one");
	fails(write(c, big, 70000), "too large", "70,000 do not fit");
	fails(write(s, buf, 20), "too small", "headers that are none");
	close(s);
	close(sctl);
	/* nobody listens now */
	write(c, "x", 1);
	alarm(60000);
	n = read(c, buf, sizeof buf);
	alarm(0);
	fails(n, "port unreachable", "the peer's port is gone: an error, by ICMP");
	close(c);
	close(cctl);
}

static int	lctl, lport;
static char	ldir[64];

static void
announce4(void)
{
	char dir[64];
	int fd;

	lctl = newconv("tcp", ldir);
	ok(say(lctl, "announce *!0") > 0, "tcp: announce *!0");
	lport = atoi(textof(ldir, "local")+3);
	ok(lport >= 32768, "a port was chosen");
	ok(strncmp(textof(ldir, "status"), "Listen ", 7) == 0, "status Listen");
	fd = newconv("tcp", dir);
	snprint(big, sizeof big, "announce %d", lport);
	fails(say(fd, big), "address in use", "the same port twice");
	fails(say(fd, "announce 1.2.3.4!99"), "not a local IP address", "somebody else's address");
	fails(say(fd, "connect 127.0.0.1"), "", "an address without a port");
	fails(say(fd, "connect 10.9.8.7!9"), "no route", "no way to go");
	snprint(big, sizeof big, "connect 127.0.0.1!%d", 1);
	fails(say(fd, big), "connection refused", "nobody listens there");
	close(fd);
}

static int
call(char *dir, int *ctl, char *addr)
{
	char buf[80];

	*ctl = newconv("tcp", dir);
	snprint(buf, sizeof buf, "connect %s!%d", addr, lport);
	if(say(*ctl, buf) < 0)
		return -1;
	return opendata(dir, "data");
}

static int
answer(char *dir, int *ctl)
{
	char buf[80];
	int n;

	snprint(buf, sizeof buf, "%s/listen", ldir);
	*ctl = open(buf, ORDWR);
	if(*ctl < 0)
		return -1;
	n = read(*ctl, buf, sizeof buf-1);
	buf[n > 0? n: 0] = 0;
	snprint(dir, 64, "/net.alt/tcp/%s", buf);
	return opendata(dir, "data");
}

static void
tcp(void)
{
	char cdir[64], sdir[64], buf[100];
	int cctl, sctl, c, s, n, i, m, bad;

	c = call(cdir, &cctl, "127.0.0.1");
	if(!ok(c >= 0, "connect")){
		diag("%r");
		return;
	}
	s = answer(sdir, &sctl);
	ok(s >= 0, "listen gives the call");
	ok(strncmp(textof(cdir, "status"), "Established qin 0 qout 0 ", 25) == 0, "Established");
	snprint(buf, sizeof buf, "127.0.0.1!%d\n", lport);
	samestr(textof(cdir, "remote"), buf, "remote");
	samestr(textof(sdir, "local"), buf, "and the other's local");
	same(write(c, "abc", 3), 3, "write 3");
	same(write(c, "defgh", 5), 5, "write 5");
	same(read(s, buf, 2), 2, "a stream: read 2");
	n = read(s, buf, sizeof buf);
	ok(n == 6 && memcmp(buf, "cdefgh", 6) == 0, "and the rest");
	write(s, "back", 4);
	same(read(c, buf, sizeof buf), 4, "the other way");
	ok(say(cctl, "keepalive 5000") > 0, "keepalive");
	fails(say(cctl, "accept 1"), "unknown control request", "no such word as accept");

	for(i = 0; i < sizeof big; i++)
		big[i] = i*7 + i/251;
	if(fork() == 0){
		for(i = 0; i < 8; i++)
			if(write(c, big, sizeof big) != sizeof big)
				exits("write");
		_exits(nil);
	}
	bad = m = 0;
	while(m < 8*sizeof big && (n = read(s, back, 12345)) > 0)
		for(i = 0; i < n; i++, m++)
			if(back[i] != big[m % sizeof big])
				bad++;
	same(m, 8*sizeof big, "2.4 MB in odd pieces: all there");
	same(bad, 0, "and in order");
	waitpid();

	/* ctl may go while data stays */
	close(cctl);
	write(c, "z", 1);
	same(read(s, buf, sizeof buf), 1, "the connection outlives its ctl");
	close(c);
	for(i = 0; i < 3; i++)
		same(read(s, buf, sizeof buf), 0, "closed: an end of file");
	fails(read(s, buf, sizeof buf), "hungup", "the fourth is an error");
	ok(strncmp(textof(sdir, "status"), "Close_wait", 10) == 0, "Close_wait");
	close(s);
	close(sctl);

	/* hangup is abrupt */
	c = call(cdir, &cctl, "127.0.0.1");
	s = answer(sdir, &sctl);
	ok(say(cctl, "hangup") > 0, "hangup");
	fails(read(s, buf, sizeof buf), "hungup", "the other end is cut off");
	fails(read(c, buf, sizeof buf), "hungup", "this one as well");
	fails(write(s, "x", 1), "hungup", "nothing can be written");
	close(c); close(cctl); close(s); close(sctl);

	/* close ends a read of our own */
	c = call(cdir, &cctl, "127.0.0.1");
	s = answer(sdir, &sctl);
	if(fork() == 0){
		sleep(100);
		say(cctl, "close");
		_exits(nil);
	}
	same(read(c, buf, sizeof buf), 0, "close in another process ends a read");
	same(read(s, buf, sizeof buf), 0, "and tells the peer");
	waitpid();
	close(c); close(cctl); close(s); close(sctl);

	/* IPv6 */
	c = call(cdir, &cctl, "::1");
	s = answer(sdir, &sctl);
	write(c, "six", 3);
	same(read(s, buf, sizeof buf), 3, "the same listener, by IPv6");
	snprint(buf, sizeof buf, "::1!%d\n", lport);
	samestr(textof(sdir, "local"), buf, "local says ::1");
	close(c); close(cctl); close(s); close(sctl);
}

static void
interrupts(void)
{
	char cdir[64], sdir[64], buf[100];
	int cctl, sctl, c, s, n;

	c = call(cdir, &cctl, "127.0.0.1");
	s = answer(sdir, &sctl);
	insist(50);
	n = read(c, buf, sizeof buf);
	enough();
	fails(n, "interrupted", "an alarm interrupts a read");
	ok(insisted > 0, "by a note");
	insist(300);
	while((n = write(c, big, sizeof big)) == sizeof big)
		;
	enough();
	ok(n < (int)sizeof big, "and a writer whose peer does not read (%d)", n);
	write(s, "ok", 2);
	same(read(c, buf, sizeof buf), 2, "the connection goes on");
	close(c); close(cctl); close(s); close(sctl);
	snprint(buf, sizeof buf, "%s/listen", ldir);
	insist(50);
	n = open(buf, ORDWR);
	enough();
	fails(n, "interrupted", "a listener is interrupted");
	if(fork() == 0){
		sleep(100);
		say(lctl, "hangup");
		_exits(nil);
	}
	fails(open(buf, ORDWR), "", "hangup ends a blocked listen");
	waitpid();
	close(lctl);
	snprint(buf, sizeof buf, "%s/listen", ldir);
	fails(open(buf, ORDWR), "not announced", "listen without announce");
}

/* One child serves, echoing; many connections at once. */
static void
many(void)
{
	enum { N = 100 };
	char cdir[64], sdir[64], buf[16];
	int c[N], ctl[N], s[N], sctl[N], i, good;

	lctl = newconv("tcp", ldir);
	say(lctl, "announce *!0");
	lport = atoi(textof(ldir, "local")+3);
	for(i = 0; i < N; i++){
		c[i] = call(cdir, &ctl[i], "127.0.0.1");
		s[i] = answer(sdir, &sctl[i]);
	}
	good = 0;
	for(i = 0; i < N; i++){
		snprint(buf, sizeof buf, "%d", i);
		write(c[i], buf, strlen(buf));
	}
	for(i = 0; i < N; i++){
		memset(buf, 0, sizeof buf);
		if(read(s[i], buf, sizeof buf) > 0 && atoi(buf) == i)
			good++;
	}
	same(good, N, "a hundred connections at once, none mixed up");
	for(i = 0; i < N; i++){
		close(c[i]);
		close(ctl[i]);
		close(s[i]);
		close(sctl[i]);
	}
	close(lctl);
}

static void
icmp(void)
{
	char dir[64], buf[200];
	int ctl, fd, n;

	ctl = newconv("icmp", dir);
	ok(say(ctl, "connect 127.0.0.1!1") > 0, "icmp connect");
	fd = opendata(dir, "data");
	memset(buf, 0, sizeof buf);
	buf[20] = 8;
	buf[27] = 3;
	strcpy(buf+28, "ping");
	same(write(fd, buf, 64), 64, "an echo request");
	memset(buf, 0, sizeof buf);
	alarm(60000);
	n = read(fd, buf, sizeof buf);
	alarm(0);
	same(n, 64, "its reply, with the IP header");
	ok(buf[0] == 0x45 && buf[20] == 0 && buf[27] == 3 && strcmp(buf+28, "ping") == 0, "says the same");
	close(fd);
	close(ctl);
	ctl = newconv("icmpv6", dir);
	ok(say(ctl, "connect ::1!1") > 0, "icmpv6 connect");
	fd = opendata(dir, "data");
	memset(buf, 0, sizeof buf);
	buf[40] = (char)128;
	strcpy(buf+48, "ping");
	write(fd, buf, 64);
	alarm(60000);
	n = read(fd, buf, sizeof buf);
	alarm(0);
	ok(n == 64 && (uchar)buf[40] == 129, "ICMPv6 echo");
	close(fd);
	close(ctl);
}

void
main(void)
{
	interface();
	ndb();
	udp();
	announce4();
	tcp();
	interrupts();
	many();
	icmp();
	done();
}
