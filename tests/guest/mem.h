/*
 * For guest tests that look for leaks: what is in use that somebody needs.  What the kernel keeps only because it
 * may be wanted again is told by /dev/caches and does not count.  After tap.h.
 */
#include "late.h"

enum {
	Pages	= 64,		/* that programs may need more: their own data, written for the first time; files in /tmp */
	Bytes	= 4096,		/* and the kernel for these, and for what is in /env and /srv */
};
typedef struct Inuse Inuse;
struct Inuse
{
	long	pages;		/* but for malloc's */
	long	bytes;		/* of kernel malloc */
	int	procs;
};

helper int
nprocs(void)
{
	Dir *d;
	int fd, n, all;

	all = 0;
	fd = open("#p", OREAD);
	while((n = dirread(fd, &d)) > 0){
		all += n;
		free(d);
	}
	close(fd);
	return all;
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

/* The lines of a file of #c that begin with numbers. */
helper int
numbers(char *file, char *buf, int size, char **line, int max)
{
	int fd, n;

	fd = open(file, OREAD);
	n = read(fd, buf, size-1);
	close(fd);
	buf[n > 0? n: 0] = 0;
	return getfields(buf, line, max, 0, "\n");
}

helper Inuse
inuse(void)
{
	char buf[1024], *line[16], *e;
	ulong bytes, pages;
	Inuse u;
	int n, i;

	memset(&u, 0, sizeof u);
	u.procs = nprocs();
	n = numbers("#c/swap", buf, sizeof buf, line, nelem(line));
	for(i = 0; i < n; i++)
		if(strstr(line[i], " user") != nil)
			u.pages = strtoul(line[i], nil, 10);
	n = numbers("#c/caches", buf, sizeof buf, line, nelem(line));
	for(i = 0; i < n; i++){
		strtoul(line[i], &e, 10);
		bytes = strtoul(e, &e, 10);
		pages = strtoul(e, &e, 10);
		u.bytes += strcmp(e, " malloc") == 0? bytes: -bytes;
		u.pages -= pages;
	}
	return u;
}

/* Processes that died of a trap are kept for debuggers; let them go. */
helper void
letgo(void)
{
	Dir *d;
	int fd, i, n;

	fd = open("#p", OREAD);
	while((n = dirread(fd, &d)) > 0){
		for(i = 0; i < n; i++)
			if(strcmp(stateof(atoi(d[i].name)), "Broken") == 0)
				tell("/proc/%d/ctl", atoi(d[i].name), "kill");
		free(d);
	}
	close(fd);
}

/* What it takes to look at a thousand processes, of which there may be as many only afterwards. */
helper void
lookroom(void)
{
	static int had;
	char *p;

	if(had)
		return;
	p = malloc(300*1024);
	if(p != nil)
		memset(p, 1, 300*1024);
	free(p);
	had = 1;
}

helper Inuse
before(void)
{
	lookroom();
	letgo();
	return inuse();
}

/* Polls until there are no more processes than there were, and hardly more is in use. */
helper int
after(Inuse was, char *name)
{
	Inuse now;
	int i;

	for(i = 0; i < Patience; i += Poll){
		now = before();
		if(now.procs <= was.procs && now.pages <= was.pages+Pages && now.bytes <= was.bytes+Bytes)
			break;
		sleep(Poll);
	}
	if(ok(i < Patience, "%s: processes and memory are as before", name))
		return 1;
	diag("before: %d processes, %ld pages, %ld bytes; after: %d processes, %ld pages, %ld bytes",
		was.procs, was.pages, was.bytes, now.procs, now.pages, now.bytes);
	return 0;
}

/* Can a process be made, run, and waited for, as soon as those that were killed have made room? */
helper void
alive(char *what)
{
	int pid, got, i;

	for(i = 0; (pid = fork()) < 0 && i < Patience; i += Poll)
		sleep(Poll);
	if(pid == 0)
		_exits(nil);
	got = pid > 0? waitpid(): -1;
	if(!ok(pid > 0 && got == pid, "the system lives after %s", what))
		diag("fork gave %d, waitpid %d: %r", pid, got);
}
