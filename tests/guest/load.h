/*
 * For guest tests that put load on the system: random numbers, children and what
 * became of them, and what must be as before when it is over.  After tap.h, mem.h.
 */
#include "late.h"

enum {
	Kept	= 1024,		/* pages: 64 idle address spaces keep up to nine each, and there are stacks */
};
typedef struct Before Before;
struct Before
{
	Inuse	mem;
	int	procs;
};

static ulong seed = 1;

/* 0 to n-1; the sequence depends on seed alone */
helper ulong
rnd(ulong n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* the test's arguments: how many seconds its random parts last, and the seed */
helper long
arguments(int argc, char **argv, long seconds)
{
	if(argc > 1)
		seconds = atoi(argv[1]);
	seed = argc > 2? strtoul(argv[2], nil, 0): truerand();
	seed |= 1;
	diag("%ld seconds, seed %#lux", seconds, seed);
	return seconds;
}

helper vlong
msec(void)
{
	return nsec()/1000000;
}

/* Writes s to a file named by fmt with pid in it; what write says. */
helper int
tell(char *fmt, int pid, char *s)
{
	char name[64];
	int fd, n;

	snprint(name, sizeof name, fmt, pid);
	fd = open(name, OWRITE);
	if(fd < 0)
		return -1;
	n = write(fd, s, strlen(s));
	close(fd);
	return n;
}

/* The word for what a process does, as ps shows it; "" if there is no such process. */
helper char*
stateof(int pid)
{
	static char buf[200];
	char name[64], *p;
	int fd, n;

	snprint(name, sizeof name, "/proc/%d/status", pid);
	fd = open(name, OREAD);
	n = fd < 0? -1: read(fd, buf, sizeof buf - 1);
	close(fd);
	if(n < 68)
		return "";
	buf[n] = 0;
	for(p = buf+56; *p != ' ' && *p != 0; p++)
		;
	*p = 0;
	return buf+56;
}

/* Polls until the process is in that state. */
helper int
instate(int pid, char *state)
{
	int i;

	for(i = 0; i < 2000; i++){
		if(strcmp(stateof(pid), state) == 0)
			return 1;
		sleep(i < 50? 0: 10);
	}
	diag("process %d is in state '%s', not '%s'", pid, stateof(pid), state);
	return 0;
}

/* The message of the next child that ends, without the name before it; "none" if there is no child. */
helper char*
ended(void)
{
	static char msg[ERRMAX];
	Waitmsg *w;
	char *s;

	w = wait();
	if(w == nil)
		return "none";
	s = strstr(w->msg, ": ");
	strecpy(msg, msg+sizeof msg, s != nil? s+2: w->msg);
	free(w);
	return msg;
}

/* As ended, but what has not ended after ms is "late". */
helper char*
endedby(long ms)
{
	char *s, err[ERRMAX];

	insist(ms);
	s = ended();
	rerrstr(err, sizeof err);
	enough();
	if(strcmp(s, "none") == 0 && strcmp(err, "interrupted") == 0)
		return "late";
	return s;
}

/* Kills whoever is younger than we; 0 if some do not die. */
helper int
sweep(void)
{
	Dir *d;
	int i, n, fd, left;

	for(i = 0; i < 200; i++){
		fd = open("/proc", OREAD);
		n = dirreadall(fd, &d);
		close(fd);
		left = 0;
		while(--n >= 0)
			if(atoi(d[n].name) > getpid()){
				left++;
				if(i == 199)
					diag("process %s cannot be killed in state '%s'", d[n].name, stateof(atoi(d[n].name)));
				tell("/proc/%d/ctl", atoi(d[n].name), "kill");
			}
		free(d);
		if(left == 0)
			return 1;
		sleep(i < 20? 1: 20);
	}
	return 0;
}

/* Processes that died of a trap are kept for debuggers; let them go. */
helper void
letgo(void)
{
	Dir *d;
	int fd, i, n;

	fd = open("/proc", OREAD);
	while((n = dirread(fd, &d)) > 0){
		for(i = 0; i < n; i++)
			if(strcmp(stateof(atoi(d[i].name)), "Broken") == 0)
				tell("/proc/%d/ctl", atoi(d[i].name), "kill");
		free(d);
	}
	close(fd);
}

/*
 * Has so many processes at once, or as many as there can be: the kernel keeps some of what
 * they needed, and that is no leak.
 */
helper void
warm(int n)
{
	int p[2], i, pid;
	char c;

	pipe(p);
	for(i = 0; i < n; i++){
		pid = rfork(RFPROC|RFFDG);
		if(pid < 0)
			break;
		if(pid == 0){
			close(p[0]);
			read(p[1], &c, 1);
			_exits(nil);
		}
	}
	close(p[0]);
	close(p[1]);
	while(waitpid() > 0)
		;
}

helper Before
before(void)
{
	static int warmed;
	Before b;

	if(!warmed)
		warm(300);
	warmed = 1;
	letgo();
	b.procs = nprocs();
	b.mem = inuse();
	return b;
}

/* Polls until the system has as many processes and about as much memory in use as it had. */
helper int
after(Before b, char *name)
{
	Inuse now;
	int i, procs;

	for(i = 0; i < 500; i++){
		letgo();
		procs = nprocs();
		now = inuse();
		if(procs <= b.procs && now.user - b.mem.user < Kept && now.malloced - b.mem.malloced < 1024*1024)
			break;
		sleep(20);
	}
	if(ok(i < 500, "%s: processes and memory are as before", name))
		return 1;
	diag("before: %d processes, %ld pages, %ld bytes; after: %d processes, %ld pages, %ld bytes",
		b.procs, b.mem.user, b.mem.malloced, procs, now.user, now.malloced);
	return 0;
}
