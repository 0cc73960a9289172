/*
 * dial(2) on the loopback interface: with the connection server and without, by name and by number, one server and
 * callers in other processes.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"

static char adir[NETPATHLEN], ldir[NETPATHLEN];
static char port[16];

static char*
contents(char *dir, char *file)
{
	static char buf[256];
	char name[80];
	int fd, n;

	snprint(name, sizeof name, "%s/%s", dir, file);
	fd = open(name, OREAD);
	n = fd >= 0? read(fd, buf, sizeof buf-1): 0;
	close(fd);
	buf[n > 0? n: 0] = 0;
	return buf;
}

/* In a child: call addr, send text, expect it back in capitals. */
static int
caller(char *addr, char *local)
{
	char buf[64], dir[NETPATHLEN];
	int pid, fd, ctl, n;

	pid = fork();
	if(pid != 0)
		return pid;
	fd = dial(addr, local, dir, &ctl);
	if(fd < 0)
		exits("dial");
	if(strncmp(dir, "/net/tcp/", 9) != 0)
		exits("dir");
	if(write(fd, "hello", 5) != 5)
		exits("write");
	n = read(fd, buf, sizeof buf);
	if(n != 5 || memcmp(buf, "HELLO", 5) != 0)
		exits("answer");
	if(local != nil && strstr(contents(dir, "local"), local) == nil)
		exits("local address");
	if(hangup(ctl) < 0)
		exits("hangup");
	close(fd);
	close(ctl);
	_exits(nil);
	return -1;
}

static void
serve(char *what, char *addr, char *local)
{
	char buf[64], name[128];
	Waitmsg *w;
	int ctl, fd, n, i;

	snprint(name, sizeof name, addr, port);
	caller(name, local);
	alarm(100000);
	ctl = listen(adir, ldir);
	if(!ok(ctl >= 0, "%s: listen", what)){
		diag("%r");
		alarm(0);
		return;
	}
	fd = accept(ctl, ldir);
	ok(fd >= 0, "%s: accept", what);
	n = read(fd, buf, sizeof buf);
	for(i = 0; i < n; i++)
		buf[i] = toupper(buf[i]);
	write(fd, buf, n);
	/* the caller hangs up */
	n = read(fd, buf, sizeof buf);
	ok(n <= 0, "%s: the end", what);
	close(fd);
	close(ctl);
	w = wait();
	alarm(0);
	ok(w != nil && w->msg[0] == 0, "%s: the caller is content", what);
	if(w != nil && w->msg[0] != 0)
		diag("it said: %s", w->msg);
	free(w);
}

static void
errors(void)
{
	int fd;

	fails(dial("tcp!127.0.0.1!1", nil, nil, nil), "connection refused", "nobody there: refused");
	fails(dial("tcp!127.0.0.1!nosuchservice", nil, nil, nil), "", "an unknown service");
	fails(dial("tcp!no.such.host.invalid!1", nil, nil, nil), "", "an unknown host");
	fails(dial("nosuchnet!127.0.0.1!1", nil, nil, nil), "", "an unknown network");
	fails(dial("tcp!10.254.1.1!9", nil, nil, nil), "no route", "no way there");
	fails(announce("tcp!8.8.8.8!99", adir), "not a local IP address", "announce of an address that is another's");
	fails(listen("/net/tcp/99999", ldir), "", "listen at what is none");
	fd = announce("udp!*!4444", ldir);
	ok(fd >= 0, "announce of udp");
	ok(strcmp(contents(ldir, "local"), "::!4444\n") == 0, "udp's local");
	close(fd);
}

void
main(void)
{
	char buf[80], dir[NETPATHLEN];
	int actl;

	actl = announce("tcp!*!0", adir);
	if(!ok(actl >= 0, "announce tcp!*!0")){
		diag("%r");
		done();
	}
	ok(strncmp(adir, "/net/tcp/", 9) == 0, "its directory: %s", adir);
	strecpy(port, port+sizeof port, contents(adir, "local")+3);
	if(strchr(port, '\n') != nil)
		*strchr(port, '\n') = 0;
	serve("tcp!127.0.0.1!port", "tcp!127.0.0.1!%s", nil);
	serve("net!127.0.0.1!port", "net!127.0.0.1!%s", nil);
	serve("/net/tcp!127.0.0.1!port", "/net/tcp!127.0.0.1!%s", nil);
	serve("IPv6", "tcp!::1!%s", nil);
	serve("from a port of our own", "tcp!127.0.0.1!%s", "23456");
	strcpy(dir, adir);
	errors();
	strcpy(adir, dir);
	/* numbers need no connection server */
	unmount(nil, "/net/cs");
	close(create("/tmp/net", OREAD, DMDIR|0777));
	close(create("/tmp/net/tcp", OREAD, DMDIR|0777));
	ok(bind("#I0/tcp", "/tmp/net/tcp", MREPL) >= 0 && bind("/tmp/net", "/net", MREPL) >= 0, "/net without cs");
	ok(open("/net/cs", ORDWR) < 0, "there is none");
	serve("without cs", "tcp!127.0.0.1!%s", nil);
	close(actl);
	actl = announce("tcp!*!7777", adir);
	ok(actl >= 0, "announce without cs");
	strcpy(port, "7777");
	serve("and a call", "tcp!127.0.0.1!%s", nil);
	samestr(netmkaddr("host", "tcp", "9fs"), "tcp!host!9fs", "netmkaddr completes");
	samestr(netmkaddr("tcp!host", nil, "9fs"), "tcp!host!9fs", "a service");
	setnetmtpt(buf, sizeof buf, ".alt");
	samestr(buf, "/net.alt", "setnetmtpt");
	close(actl);
	done();
}
