/*
 * What the system's basic services cost inside 9guest: prints "name nanoseconds", or "name bytes/s" for the
 * bandwidths, one row each, every figure the median of ROUNDS rounds.  bench/linux/micro.c does the same on Linux.
 */
#include <u.h>
#include <libc.h>

enum {
	ROUNDS	= 9,
	BLOCK	= 64*1024,
	PAGE	= 4096,
};

static char *self;
static char block[BLOCK];

static int
cmpvlong(void *a, void *b)
{
	vlong x, y;

	x = *(vlong*)a;
	y = *(vlong*)b;
	return x < y ? -1 : x > y;
}

/* Median over the rounds of the time that one of n operations takes, in ns. */
static vlong
median(void (*op)(int), int n)
{
	vlong t, ns[ROUNDS];
	int i;

	op(n/10+1);
	for(i = 0; i < ROUNDS; i++){
		t = nsec();
		op(n);
		ns[i] = (nsec() - t)/n;
	}
	qsort(ns, ROUNDS, sizeof ns[0], cmpvlong);
	return ns[ROUNDS/2];
}

static void
need(int ok, char *what)
{
	if(!ok)
		sysfatal("%s: %r", what);
}

static int devnull;

static void
seeks(int n)
{
	while(n-- > 0)
		seek(devnull, 0, 0);
}

static void
reads(int n)
{
	char c;

	while(n-- > 0)
		read(devnull, &c, 1);
}

static void
openclose(int n)
{
	int fd;

	while(n-- > 0){
		fd = open("/dev/null", OREAD);
		need(fd >= 0, "/dev/null");
		close(fd);
	}
}

static void
forkwait(int n)
{
	while(n-- > 0){
		switch(fork()){
		case -1:
			sysfatal("fork: %r");
		case 0:
			_exits(nil);
		}
		free(wait());
	}
}

static void
forkexecwait(int n)
{
	while(n-- > 0){
		switch(fork()){
		case -1:
			sysfatal("fork: %r");
		case 0:
			execl(self, self, "nothing", nil);
			sysfatal("exec %s: %r", self);
		}
		free(wait());
	}
}

/* Pages that no one has touched: of new stretches of the heap. */
static void
touch(int n)
{
	char *p;
	int i;

	p = sbrk(n*PAGE);
	need(p != (char*)-1, "sbrk");
	for(i = 0; i < n; i++)
		p[i*PAGE] = 1;
	brk(p);
}

static int there[2], back[2];

static void
roundtrips(int n)
{
	char c;

	c = 'x';
	while(n-- > 0){
		need(write(there[0], &c, 1) == 1, "pipe");
		need(read(back[0], &c, 1) == 1, "pipe");
	}
}

static void
blocks(int n)
{
	while(n-- > 0)
		need(write(there[0], block, BLOCK) == BLOCK, "pipe");
	need(read(back[0], block, 1) == 1, "pipe");
}

static void
pipes(void)
{
	need(pipe(there) == 0 && pipe(back) == 0, "pipe");
}

/* a port of our own, announced: its ctl, its directory, and the address to call */
static int
announced(char *dir, char *addr)
{
	char name[NETPATHLEN+8];
	int ctl, fd, n;

	ctl = announce("tcp!127.0.0.1!0", dir);
	need(ctl >= 0, "announce");
	snprint(name, sizeof name, "%s/local", dir);
	fd = open(name, OREAD);
	strcpy(addr, "/net/tcp!");
	n = read(fd, addr+9, 40);
	need(n > 0, name);
	addr[9+n-1] = 0;
	close(fd);
	return ctl;
}

/* One connection in place of two pipes. */
static void
connection(void)
{
	char dir[NETPATHLEN], ldir[NETPATHLEN], addr[64];
	int actl, lctl, ours, theirs;

	actl = announced(dir, addr);
	ours = dial(addr, nil, nil, nil);
	need(ours >= 0, "dial");
	lctl = listen(dir, ldir);
	need(lctl >= 0, "listen");
	theirs = accept(lctl, ldir);
	need(theirs >= 0, "accept");
	close(lctl);
	close(actl);
	there[0] = ours;
	back[0] = dup(ours, -1);
	there[1] = theirs;
	back[1] = dup(theirs, -1);
}

static void
calls(int n)
{
	char dir[NETPATHLEN], ldir[NETPATHLEN], addr[64], buf[16], msg[80];
	int actl, lctl, ctl, m;

	actl = announced(dir, addr);
	snprint(msg, sizeof msg, "connect %s", addr+9);
	while(n-- > 0){
		ctl = open("/net/tcp/clone", ORDWR);
		m = read(ctl, buf, sizeof buf);
		need(ctl >= 0 && m > 0 && write(ctl, msg, strlen(msg)) > 0, "connect");
		lctl = listen(dir, ldir);
		need(lctl >= 0, "listen");
		close(ctl);
		close(lctl);
	}
	close(actl);
}

static vlong
withpeer(void (*join)(void), void (*peer)(int), void (*op)(int), int n)
{
	vlong ns;
	int pid;

	join();
	switch(pid = fork()){
	case -1:
		sysfatal("fork: %r");
	case 0:
		peer(n);
		_exits(nil);
	}
	ns = median(op, n);
	postnote(PNPROC, pid, "kill");
	free(wait());
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	return ns;
}

static void
echoer(int)
{
	char c;

	while(read(there[1], &c, 1) == 1)
		write(back[1], &c, 1);
}

/* Answers after the bytes of a round: n blocks, but n/10+1 in the first. */
static void
sink(int n)
{
	vlong left;
	long m;
	int round;

	for(round = 0;; round++){
		left = (vlong)(round == 0 ? n/10+1 : n)*BLOCK;
		while(left > 0){
			m = read(there[1], block, BLOCK);
			if(m <= 0)
				return;
			left -= m;
		}
		write(back[1], "x", 1);
	}
}

void
main(int argc, char *argv[])
{
	vlong ns;

	if(argc > 1)
		exits(nil);
	self = argv[0];
	devnull = open("/dev/null", ORDWR);
	need(devnull >= 0, "/dev/null");
	print("seek %lld\n", median(seeks, 200000));
	print("read-null %lld\n", median(reads, 200000));
	print("open-close %lld\n", median(openclose, 50000));
	print("fork-wait %lld\n", median(forkwait, 300));
	print("fork-exec-wait %lld\n", median(forkexecwait, 200));
	print("page-touch %lld\n", median(touch, 4000));
	print("pipe-roundtrip %lld\n", withpeer(pipes, echoer, roundtrips, 20000));
	ns = withpeer(pipes, sink, blocks, 2000);
	if(ns > 0)
		print("pipe-bandwidth %lld\n", BLOCK*1000000000LL/ns);
	print("tcp-roundtrip %lld\n", withpeer(connection, echoer, roundtrips, 20000));
	print("tcp-connection %lld\n", median(calls, 2000));
	ns = withpeer(connection, sink, blocks, 2000);
	if(ns > 0)
		print("tcp-bandwidth %lld\n", BLOCK*1000000000LL/ns);
	exits(nil);
}
