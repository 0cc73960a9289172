/*
 * Everything that there is a limited number of, taken until there is no more:
 * the one who asks gets an error that says so (or is ended, if it is memory that it
 * already has a right to), the others do not notice, and when it ends all is there again.
 * usage: u_full [seconds [seed [name]]]: only what has that name
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

enum {
	Page	= 4096,
	MiB	= 1024*1024,
	Never	= 1000000,
};

static char *only;
static char reason[ERRMAX];	/* of the failure, from the child */
static int count;

/*
 * Runs f in a process with groups of its own.  It counts what it got, says so by tellus,
 * and ends.
 */
static int report[2];

static void
tellus(int n)
{
	char err[ERRMAX], buf[ERRMAX+32];

	rerrstr(err, sizeof err);
	snprint(buf, sizeof buf, "%d %s", n, err);
	write(report[1], buf, strlen(buf));
}

static char*
apart(void (*f)(void))
{
	char buf[ERRMAX+32], *p;
	int pid, n;

	pipe(report);
	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFENVG|RFREND|RFNOTEG);
	if(pid == 0){
		close(report[0]);
		f();
		for(;;)		/* its note group is found by its /proc */
			sleep(100000);
	}
	close(report[1]);
	n = readlate(report[0], buf, sizeof buf - 1);
	close(report[0]);
	tell("/proc/%d/notepg", pid, "kill");
	sweep();
	p = endedby(Patience);
	if(strcmp(p, "late") == 0){
		tell("/proc/%d/ctl", pid, "kill");
		ended();
	}
	buf[n > 0? n: 0] = 0;
	count = strtol(buf, &p, 10);
	strecpy(reason, reason+sizeof reason, *p == ' '? p+1: "nothing reported");
	return reason;
}

/* f takes n or more and then fails for one of the reasons, separated by |. */
static void
runsout(void (*f)(void), int atleast, char *reasons, char *name)
{
	char *r[8], want[200], *how;
	Inuse b;
	int i, n;

	if(only != nil && strcmp(name, only) != 0)
		return;
	b = before();
	how = apart(f);
	strecpy(want, want+sizeof want, reasons);
	n = getfields(want, r, nelem(r), 0, "|");
	for(i = 0; i < n; i++)
		if(strstr(how, r[i]) != nil)
			break;
	if(!ok(i < n && count >= atleast, "%s: %d, then '%s'", name, count, how))
		diag("expected at least %d, then '%s'", atleast, reasons);
	alive(name);
	after(b, name);
}

static void
processes(void)
{
	int n, pid;

	for(n = 0; n < Never; n++){
		pid = fork();
		if(pid < 0)
			break;
		if(pid == 0)
			for(;;)
				sleep(100000);
	}
	tellus(n);
}

/* A process with a conversation of TLS, which its end closes when go says so. */
static int
tlsend(int go)
{
	char num[16], msg[64];
	int ctl, n, pid, p[2];

	pid = fork();
	if(pid != 0)
		return pid;
	pipe(p);
	ctl = open("#a/tls/clone", ORDWR);
	n = read(ctl, num, sizeof num - 1);
	snprint(msg, sizeof msg, "fd %d 0x303", p[1]);
	if(n <= 0 || write(ctl, msg, strlen(msg)) < 0)
		_exits("no conversation");
	read(go, num, 1);
	_exits(nil);
}

/* The kernel wants one itself, when there are no more: for the end of a conversation of TLS, for a new stack of protocols. */
static void
kernelprocesses(void)
{
	int n, pid, go[2];

	pipe(go);
	pid = tlsend(go[0]);
	instate(pid, "Pread");
	for(n = 0; n < Never; n++){
		switch(rfork(RFPROC|RFNOWAIT)){
		case 0:
			for(;;)
				sleep(100000);
		case -1:
			break;
		default:
			continue;
		}
		break;
	}
	write(go[1], "x", 1);
	if(strcmp(ended(), "") != 0)
		n = 0;
	if(fork() == 0)		/* the place of that one */
		for(;;)
			sleep(100000);
	if(open("#I9/tcp/clone", ORDWR) >= 0)
		werrstr("there is a stack");
	tellus(n);
}

static void
threads(void)
{
	int n, pid;

	for(n = 0; n < Never; n++){
		pid = rfork(RFPROC|RFMEM);
		if(pid < 0)
			break;
		if(pid == 0)
			for(;;)
				sleep(100000);
	}
	tellus(n);
}

static void
opens(void)
{
	int n;

	for(n = 0; n < Never; n++)
		if(open("/dev/null", OREAD) < 0)
			break;
	tellus(n);
}

static void
dups(void)
{
	int n;

	for(n = 0; n < Never; n++)
		if(dup(0, -1) < 0)
			break;
	tellus(n);
}

static void
creates(void)
{
	char name[40];
	int n;

	for(n = 0; n < Never; n++){
		snprint(name, sizeof name, "/env/u%d", n);
		if(create(name, OWRITE|ORCLOSE, 0666) < 0)
			break;
	}
	tellus(n);
}

static void
pipes(void)
{
	int n, p[2];

	for(n = 0; n < Never; n++)
		if(pipe(p) < 0)
			break;
	tellus(n);
}

/* A process that waits until it can write so much. */
static int
writer(int fd, char *buf, int n)
{
	int pid;

	pid = fork();
	if(pid == 0){
		n = write(fd, buf, n) == n;
		_exits(n? "written": "not written");
	}
	instate(pid, "Pwrite");
	return pid;
}

/* Four records of that size into each of as many pipes as there is memory for; how many. */
static int
fillpipes(char *buf, int size)
{
	int n, p[2];

	for(n = 0; n < Never; n++){
		if(n%4 == 0 && pipe(p) < 0)
			break;
		if(write(p[0], buf, size) != size)
			break;
	}
	return n;
}

/*
 * All memory that pipes may have.  Two wait to write to one that is full; when there is room again, there is none for the first one's
 * data, and it is the second one's turn.
 */
static void
pipememory(void)
{
	enum { Record = 8000, Large = 60000 };
	static char buf[Large];
	int p[2], i, n, records, written;

	pipe(p);
	insist(Poll);
	for(records = 0; write(p[0], buf, Record) == Record; records++)
		;
	enough();
	writer(p[0], buf, Large);
	writer(p[0], buf, 1);
	n = fillpipes(buf, Large) + fillpipes(buf, Record);
	tell("/proc/%d/ctl", getpid(), "fixedpri 19");	/* no writer comes between what follows */
	for(i = 0; i < records; i++)
		read(p[1], buf, Record);
	werrstr("nobody");
	if(readlate(p[1], buf, Large) == 1){
		written = strcmp(ended(), "written") == 0;
		written += strcmp(ended(), "written") == 0;
		werrstr(written == 1? "the next one": "both");
	}
	tellus(n);
}

/* Descriptor groups, each with channels of its own, until the kernel has no memory. */
static void
channels(void)
{
	static char *names[] = { "/dev/null", "#c/pid", "/env", "/fd/1", "/proc/1/status", "#|", "/bin/rc", "#p" };
	char c;
	int i, n, pid, p[2], hold[2];

	pipe(p);
	pipe(hold);
	for(n = 0; n < 300; n++){
		pid = rfork(RFPROC|RFFDG);
		if(pid < 0)
			break;
		if(pid == 0){
			c = 1;
			for(i = 0; i < 3000 && c; i++)
				if(open(names[rnd(nelem(names))], OREAD) < 0){
					rerrstr(reason, sizeof reason);
					c = strstr(reason, "memory") == nil && strstr(reason, "allocate") == nil;
				}
			write(p[1], &c, 1);
			read(hold[0], &c, 1);
			_exits(nil);
		}
		if(read(p[0], &c, 1) != 1 || c != 1)
			break;
	}
	werrstr(n == 300? "never": "no memory");
	tellus(n);
}

static void
binds(void)
{
	int n;

	for(n = 0; n < Never; n++)
		if(bind("/dev", "/n", MAFTER) < 0)
			break;
	tellus(n);
}

/* Name spaces with a thousand mounts in each. */
static void
namespaces(void)
{
	int i, n, pid;
	char c;
	int p[2];

	pipe(p);
	for(i = 0; i < 200; i++)
		bind("/dev", "/n", MAFTER);
	for(n = 0; n < Never; n++){
		pid = rfork(RFPROC|RFNAMEG|RFFDG);
		if(pid < 0)
			break;
		if(pid == 0){
			read(p[0], &c, 1);
			_exits(nil);
		}
	}
	tellus(n);
}

static void
environment(void)
{
	static char value[8000];
	char name[40];
	int n, fd;

	memset(value, 'x', sizeof value);
	for(n = 0; n < Never; n++){
		snprint(name, sizeof name, "/env/v%d", n);
		fd = create(name, OWRITE, 0666);
		if(fd < 0)
			break;
		if(write(fd, value, sizeof value) != sizeof value)
			break;
		close(fd);
	}
	tellus(n);
}

static void
variables(void)
{
	char name[40];
	int n, fd;

	for(n = 0; n < Never; n++){
		snprint(name, sizeof name, "/env/v%d", n);
		fd = create(name, OWRITE, 0666);
		if(fd < 0)
			break;
		close(fd);
	}
	tellus(n);
}

static void
heap(void)
{
	int n;

	for(n = 0; n < Never; n++)
		if(sbrk(MiB) == (void*)-1)
			break;
	tellus(n);
}

static void
attached(void)
{
	int n;

	for(n = 0; n < Never; n++)
		if((long)segattach(0, "shared", nil, Page) == -1)
			break;
	tellus(n);
}

/* More memory than there is, by many who have little each: some are killed, the others stay. */
static void
sharedmemory(void)
{
	char *p, c;
	int n, fd[2], pid;

	pipe(fd);
	dup(open("/dev/null", OWRITE), 2);
	for(n = 0; n < 60; n++){
		pid = rfork(RFPROC|RFFDG);
		if(pid < 0)
			break;
		if(pid == 0){
			p = segattach(0, "shared", nil, 8*MiB);
			if(p == (char*)-1)
				_exits("segattach");
			memset(p, 1, 8*MiB);
			write(fd[1], "y", 1);
			for(;;)
				sleep(100000);
		}
		c = 0;
		readlate(fd[0], &c, 1);
		if(c != 'y')
			break;
	}
	if(n == 60)
		werrstr("all");
	tellus(n);
}

static void
services(void)
{
	char name[40], buf[16];
	int n, fd, p[2];

	pipe(p);
	snprint(buf, sizeof buf, "%d", p[0]);
	for(n = 0; n < 20000; n++){
		snprint(name, sizeof name, "/srv/u%d", n);
		fd = create(name, OWRITE|ORCLOSE, 0600);
		if(fd < 0)
			break;
		if(write(fd, buf, strlen(buf)) < 0)
			break;
	}
	tellus(n);
}

static int
busy(void *u, char *s)
{
	USED(u);
	while(strcmp(s, "kill") != 0)
		sleep(100000);
	return 0;
}

static void
notes(void)
{
	int n, pid;

	pid = rfork(RFPROC|RFFDG);
	if(pid == 0){
		atnotify(busy, 1);
		for(;;)
			sleep(100000);
	}
	instate(pid, "Sleep");
	for(n = 0; n < Never; n++){
		if(tell("/proc/%d/note", pid, "hello") != 5)
			break;
		sleep(1);
	}
	tellus(n);
}

/* Records of children that nobody asks for. */
static void
records(void)
{
	int i, n;

	for(i = 0; i < 1000; i++)
		if(fork() == 0)
			_exits("a status that is kept for a parent who does not read it");
	for(n = 0; waitpid() > 0; n++)
		;
	tellus(n);
}

/* As much as exec takes, by many at once. */
static void
arguments1(void)
{
	static char big[100000], *argv[5];
	int i, n, pid, kids;
	char *how;

	memset(big, 'a', sizeof big - 1);
	argv[0] = "echo";
	for(i = 1; i < 4; i++)
		argv[i] = big;
	kids = 0;
	for(n = 0; n < 100; n++){
		pid = rfork(RFPROC|RFFDG);
		if(pid > 0)
			kids++;
		if(pid == 0){
			close(1);
			open("/dev/null", OWRITE);
			exec("/bin/echo", argv);
			_exits("no memory");
		}
	}
	n = 0;
	for(;;){
		how = ended();
		if(strcmp(how, "none") == 0)
			break;
		if(strcmp(how, "") == 0 || strcmp(how, "no memory") == 0)
			n++;
	}
	werrstr(n == kids? "all": "some died");
	tellus(n);
}

/* Processes that wait for each other in many ways, all killed at once. */
static void
waiters(void)
{
	static long w[100];
	int n, pid, p[2];
	char c;

	pipe(p);
	for(n = 0; n < 600; n++){
		pid = rfork(RFPROC|RFFDG);
		if(pid < 0)
			break;
		if(pid == 0){
			switch(n%4){
			case 0: rendezvous((void*)n, 0); break;
			case 1: semacquire(&w[n%nelem(w)], 1); break;
			case 2: read(p[0], &c, 1); break;
			case 3: alarm(100000); sleep(100000); break;
			}
			_exits(nil);
		}
	}
	if(n == 600)
		werrstr("all");
	tellus(n);
}

static void
limits(void)
{
	int fd;
	char *big;

	fails(dup(0, 1000000), "fd out of range", "a descriptor of a million");
	fails(dup(0, 0x7FFFFFFF), "fd out of range", "a descriptor of two thousand million");
	fails(close(-1), "fd out of range", "a descriptor of -1");
	fails(brk((void*)0xDF000000), "overlap", "a heap that reaches the stack");
	fails(brk((void*)0xF0000000), "", "a heap that reaches the kernel");
	fails((long)segattach(0, "shared", nil, 0xFFFFFFFF), "", "a segment of all there is");
	fails((long)segattach(0, "shared", (void*)0xFFFFF000, 0x2000), "", "a segment around the end");
	big = malloc(20000);
	memset(big, 'a', 19999);
	big[19999] = 0;
	fails(open(big, OREAD), "", "a name of one element of 20000 bytes");
	fails(create(big, OREAD, 0666), "", "the same created");
	memmove(big, "/env/", 5);
	fails(create(big, OREAD, 0666), "", "a variable with that name");
	memmove(big, "/srv/", 5);
	fails(create(big, OREAD, 0666), "", "a service with that name");
	fd = create("/env/full", ORDWR, 0666);
	fails(pwrite(fd, big, 1000, 0x7FFFFFFFLL), "", "a variable of 2 GB");
	fails(pwrite(fd, big, 1000, 1LL<<40), "", "a variable of a terabyte");
	close(fd);
	remove("/env/full");
	free(big);
}

void
main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	if(argc > 3)
		only = argv[3];
	limits();
	runsout(processes, 500, "no free processes", "processes");
	runsout(kernelprocesses, 500, "no free processes", "processes that the kernel wants");
	runsout(threads, 500, "no free processes", "processes that share memory");
	runsout(opens, 1000, "no free file descriptors", "open");
	runsout(dups, 1000, "no free file descriptors", "dup");
	runsout(creates, 100, "no free file descriptors", "create");
	runsout(pipes, 100, "no free file descriptors", "pipes");
	runsout(pipememory, 500, "the next one", "memory in pipes");
	runsout(channels, 5, "no memory", "channels");
	runsout(binds, 100, "too many mounts in name space", "mounts in one union");
	runsout(namespaces, 20, "virtual memory allocation failed|kernel allocate failed|no free processes", "name spaces");
	runsout(environment, 50, "kernel allocate failed", "large variables");
	runsout(variables, 1000, "kernel allocate failed", "variables");
	runsout(heap, 500, "virtual memory allocation failed", "a heap that is not touched");
	runsout(attached, 4, "virtual memory allocation failed", "attached segments");
	runsout(sharedmemory, 60, "all", "memory of many");
	runsout(services, 500, "no free devices", "services");
	runsout(notes, 1, "", "notes for one that does not take them");
	runsout(records, 100, "no living children", "records of children");
	runsout(arguments1, 50, "all", "long argument lists");
	runsout(waiters, 600, "all", "processes that wait for what never comes");
	done();
}
