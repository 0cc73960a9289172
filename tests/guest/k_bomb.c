/*
 * What one process can do to all the others: fork without end, fill pipes and
 * descriptors, bind without end, exhaust memory.  Each time the system must
 * refuse the asker and serve the rest, and be as before when it is over.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"

/*
 * A note group in which one process calls f.  The first of the group, by whose
 * /proc the others are found, wants nothing and so outlives them.
 */
static int
group(void (*f)(void))
{
	int pid;

	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFENVG|RFNOTEG);
	if(pid != 0)
		return pid;
	if(fork() == 0){
		f();
		_exits(nil);
	}
	for(;;)
		sleep(1000);
}

/* End the group; 0 if it does not. */
static int
killgroup(int pid)
{
	int p, i;

	for(i = 0; i < Patience; i += 200){
		if(postnote(PNGROUP, pid, "kill") < 0)
			diag("kill: %r");
		insist(200);
		while((p = waitpid()) > 0 && p != pid)
			;
		enough();
		if(p == pid)
			return 1;
	}
	return 0;
}

static int
attack1(void (*f)(void), int ms, char *name)
{
	int pid;

	pid = group(f);
	if(!ok(pid > 0, "%s begins", name))
		return 0;
	sleep(ms);
	return ok(killgroup(pid), "%s ends", name);
}

/* Wait until there are no more processes than there were. */
static void
gone(int procs)
{
	int i;

	for(i = 0; i < Patience && nprocs() > procs; i += Poll)
		sleep(Poll);
	same(nprocs(), procs, "all its processes are gone");
}

/*
 * Console output while f takes all the kernel's memory: none of it may be refused,
 * and so lost.  The lines are as long as fit into no block that is about.
 */
static void
talk(void (*f)(void), int ms, char *name)
{
	static char line[3000];
	int i, pid, bad, procs;

	procs = nprocs();
	memset(line, '.', sizeof line);
	line[0] = '#';
	line[sizeof line - 1] = '\n';
	pid = group(f);
	bad = 0;
	for(i = 0; i < ms; i += 20){
		if(write(1, line, sizeof line) != sizeof line)
			bad++;
		sleep(20);
	}
	killgroup(pid);
	gone(procs);
	ok(bad == 0, "no line to the console is refused beside %s (%d were)", name, bad);
}

static void
attack(void (*f)(void), int ms, char *name)
{
	Inuse was;

	was = before();
	if(!attack1(f, ms, name))
		return;
	alive(name);
	after(was, name);
}

static void
forkbomb(void)
{
	for(;;)
		fork();
}

static void
forktree(void)
{
	for(;;){
		if(fork() > 0 && fork() > 0)
			_exits(nil);
		sleep(0);
	}
}

/* Pipes until there are no more descriptors, all of them full. */
static void
pipes(void)
{
	static char data[32*1024];
	int p[2];

	for(;;){
		if(pipe(p) < 0){
			sleep(10);
			if(fork() == 0)
				rfork(RFCFDG);
			continue;
		}
		write(p[0], data, sizeof data);
		write(p[1], data, sizeof data);
	}
}

/* Many small records: their overhead counts. */
static void
crumbs(void)
{
	int p[2];

	for(;;){
		if(pipe(p) < 0)
			sleep(1000);
		if(fork() == 0)
			for(;;)
				write(p[0], "", 0);
	}
}

static void
hungry(void)
{
	char *p;

	for(;;){
		p = sbrk(1024*1024);
		if(p == (void*)-1)
			sleep(10);
		else
			memset(p, 1, 1024*1024);
	}
}

static void
hungryfamily(void)
{
	fork();
	fork();
	fork();
	hungry();
}

static void
binds(void)
{
	char err[ERRMAX];
	Inuse was;
	int i, r, pid;

	was = before();
	pid = rfork(RFPROC|RFFDG|RFNAMEG);
	if(pid == 0){
		r = 0;
		for(i = 0; i < 1000000; i++){
			r = bind("/dev", "/n", MAFTER);
			if(r < 0)
				break;
		}
		rerrstr(err, sizeof err);
		diag("%d binds, then: %s", i, r < 0? err: "no error");
		if(unmount(nil, "/n") < 0)
			_exits("unmount");
		if(bind("/dev", "/n", MREPL) < 0)
			_exits("bind");
		_exits(nil);
	}
	samestr(wait()->msg, "", "a million binds, and one more after they are undone");
	after(was, "a million binds");
}

static void
deep(void)
{
	static char path[70000];
	char err[ERRMAX];
	int i;

	for(i = 0; i + 3 < sizeof path; i += 2)
		strcpy(path + i, "a/");
	fails(open(path, OREAD), "too long", "a name of 70000 bytes");
	for(i = 0; i + 4 < 60000; i += 3)
		strcpy(path + i, "../");
	i = open(path, OREAD);
	rerrstr(err, sizeof err);
	ok(i >= 0, "20000 times ..");
	if(i < 0)
		diag("%s", err);
	close(i);
}

static void
fds(void)
{
	char err[ERRMAX];
	int i, fd;

	rfork(RFFDG);
	for(i = 0; i < 100000; i++)
		if((fd = open("/dev/null", OREAD)) < 0)
			break;
	rerrstr(err, sizeof err);
	samestr(err, "no free file descriptors", "descriptors run out");
	for(; i > 0; i--)
		close(i + 10);
}

void
main(void)
{
	alive("nothing");
	binds();
	deep();
	attack(forkbomb, 1000, "a fork bomb");
	attack(forktree, 1000, "a bomb whose parents die");
	attack(pipes, 2000, "pipes full of data");
	talk(crumbs, 2000, "pipes full of nothing");
	attack(crumbs, 1000, "pipes full of nothing");
	attack(hungry, 2000, "a process that wants all memory");
	attack(hungryfamily, 2000, "eight of them");
	fds();
	done();
}
