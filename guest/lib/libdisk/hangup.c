/*
 * Before the machine ends: those who keep something back for a disk write it when they
 * hear a hangup, and end; others just end.  The file servers of distributions know nothing of that: they are told on their consoles.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

enum
{
	Pollms		= 10,
	Maxpolls	= 400,		/* who takes longer is not waited for */
	Settled		= 80,		/* polls without a change, nor anybody writing: who is left will not go */
	State		= 56,		/* where a status file has the state, behind name and user */
	Answerms	= 10*1000,	/* for a console to say something, or to end */
	Silencems	= 3*1000,	/* after which it has said all */
};

/* In a process of its own, which an alarm ends: have the server halt, and hear it out. */
static void
haltserver(char *name, char *cmd)
{
	char buf[256], file[128];
	int fd, n;

	snprint(file, sizeof file, "#s/%s", name);
	fd = open(file, ORDWR);
	n = strlen(cmd);
	alarm(Answerms);
	if(fd >= 0 && write(fd, cmd, n) == n)
		while(read(fd, buf, sizeof buf) > 0)
			alarm(Silencems);
	_exits(nil);
}

static int
endsin(char *s, char *end)
{
	int n;

	n = strlen(s)-strlen(end);
	return n >= 0 && strcmp(s+n, end) == 0;
}

/* kfs, hjfs, cwfs and gefs have a console NAME.cmd in /srv, fossil fscons. */
static void
haltservers(void)
{
	char *cmd;
	Dir *d;
	long i, n;
	int fd, pid, w;

	fd = open("#s", OREAD);
	n = fd < 0 ? 0 : dirreadall(fd, &d);
	close(fd);
	for(i = 0; i < n; i++){
		cmd = endsin(d[i].name, ".cmd") ? "halt\n" : endsin(d[i].name, "fscons") ? "fsys all sync\nfsys all halt\n" : nil;
		if(cmd == nil)
			continue;
		pid = rfork(RFPROC|RFFDG|RFREND|RFNOTEG);
		if(pid == 0)
			haltserver(d[i].name, cmd);
		while(pid > 0 && (w = waitpid()) != pid && w >= 0)
			;
	}
	if(n > 0)
		free(d);
}

int
havedisks(void)
{
	char buf[32];
	int fd, n;

	fd = open("#S/sdctl", OREAD);
	n = fd < 0 ? 0 : read(fd, buf, sizeof buf);
	close(fd);
	return n > 0;
}

static int
writing(int pid)
{
	char buf[128];
	int fd, n;

	snprint(buf, sizeof buf, "#p/%d/status", pid);
	fd = open(buf, OREAD);
	n = fd < 0 ? 0 : read(fd, buf, sizeof buf-1);
	close(fd);
	return n >= State+6 && memcmp(buf+State, "Pwrite", 6) == 0;
}

/* how many processes there are but the first, us and our parent; they get the note, if it is not nil */
static int
others(char *note, int *busy)
{
	char file[40];
	Dir *d;
	long i, n;
	int fd, left, pid;

	fd = open("#p", OREAD);
	n = fd < 0 ? 0 : dirreadall(fd, &d);
	close(fd);
	left = *busy = 0;
	for(i = 0; i < n; i++){
		pid = atoi(d[i].name);
		if(pid <= 1 || pid == getpid() || pid == getppid())
			continue;
		snprint(file, sizeof file, "#p/%d/text", pid);
		if(access(file, AREAD) < 0)
			continue;		/* the kernel's own */
		left++;
		*busy |= writing(pid);
		snprint(file, sizeof file, "#p/%d/note", pid);
		fd = note == nil ? -1 : open(file, OWRITE);
		if(fd >= 0)
			write(fd, note, strlen(note));
		close(fd);
	}
	if(n > 0)
		free(d);
	return left;
}

/* sends them, and waits until they are gone, or do not go */
void
hangupall(void)
{
	int i, same, n, was, busy;

	haltservers();
	was = others("hangup", &busy);
	same = 0;
	for(i = 0; was > 0 && i < Maxpolls && same < Settled; i++){
		sleep(Pollms);
		n = others(nil, &busy);
		same = n == was && !busy ? same+1 : 0;
		was = n;
	}
}
