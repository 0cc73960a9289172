/*
 * Ordinary work, over and over: after the first rounds the kernel must not grow.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"

enum {
	Warm	= 50,
	Rounds	= 300,
};

static void
run(char **argv)
{
	if(fork() == 0){
		close(1);
		open("/dev/null", OWRITE);
		exec(argv[0], argv);
		_exits("exec");
	}
	waitpid();
}

static void
forks(void)
{
	if(fork() == 0)
		_exits(nil);
	waitpid();
}

static void
groups(void)
{
	if(rfork(RFPROC|RFNAMEG|RFENVG|RFFDG|RFREND|RFNOTEG) == 0){
		bind("/dev", "/n", MREPL);
		bind("/fd", "/n", MAFTER);
		close(create("/env/kleak", OWRITE, 0666));
		open("/n/null", OREAD);
		_exits(nil);
	}
	waitpid();
}

static void
threads(void)
{
	static char room[8192];

	if(rfork(RFPROC|RFMEM) == 0){
		memset(room, 1, sizeof room);
		_exits(nil);
	}
	waitpid();
}

static void
execs(void)
{
	static char *argv[] = { "/bin/echo", "a", "b", nil };

	run(argv);
}

static void
shell(void)
{
	static char *argv[] = { "/bin/rc", "-c", "ls /dev | wc; x=`{cat /dev/user}; @{cd /; bind /fd /n}", nil };

	run(argv);
}

static void
pipes(void)
{
	int p[2];
	char buf[100];

	pipe(p);
	write(p[0], buf, sizeof buf);
	write(p[1], "", 0);
	read(p[1], buf, 10);
	close(p[0]);
	close(p[1]);
}

static int waiting;

/* An alarm that came before the read began has interrupted nothing: another one. */
static int
ignore(void *u, char *s)
{
	USED(u, s);
	if(waiting)
		alarm(1);
	return 1;
}

static void
interrupts(void)
{
	int p[2];
	char buf[10];

	pipe(p);
	waiting = 1;
	alarm(1);
	read(p[0], buf, sizeof buf);
	waiting = 0;
	alarm(0);
	close(p[0]);
	close(p[1]);
}

static void
files(void)
{
	static char *name[] = { "/dev/time", "/proc/1/status", "/env/path", "/fd/1", "/nosuch/file", "#c/pid", "/proc/1/ns", "/bin/rc" };
	char buf[2000];
	Dir *d;
	int i, fd;

	for(i = 0; i < nelem(name); i++){
		free(dirstat(name[i]));
		fd = open(name[i], OREAD);
		read(fd, buf, sizeof buf);
		close(fd);
	}
	fd = open("/dev", OREAD);
	while(dirread(fd, &d) > 0)
		free(d);
	close(fd);
}

/* What cannot be removed is let go of all the same. */
static void
removes(void)
{
	static char *name[] = { "/dev/time", "/proc/1/status", "/fd/1", "#c/pid", "/bin/rc", "/net/tcp/clone" };
	int i;

	for(i = 0; i < nelem(name); i++)
		remove(name[i]);
	chdir("#|");
	remove("data");
	remove(".");
	chdir("/");
}

static void
deaths(void)
{
	int pid;

	pid = fork();
	if(pid == 0){
		close(2);
		*(int*)0 = 0;
	}
	waitpid();
	pid = fork();
	if(pid == 0)
		for(;;)
			sleep(1000);
	postnote(PNPROC, pid, "kill");
	waitpid();
}

static void
segments(void)
{
	char *p;

	p = segattach(0, "shared", nil, 100000);
	if(p == (char*)-1)
		return;
	memset(p, 1, 100000);
	segdetach(p);
}

static void
repeat(void (*f)(void), char *name)
{
	Inuse was;
	int i;

	for(i = 0; i < Warm; i++)
		f();
	was = before();
	for(i = 0; i < Rounds; i++)
		f();
	after(was, smprint("%d times %s", Rounds, name));
}

void
main(void)
{
	repeat(forks, "fork");
	repeat(groups, "name space, environment and descriptors copied");
	repeat(threads, "memory shared");
	repeat(execs, "exec");
	repeat(shell, "a shell script");
	repeat(pipes, "a pipe closed with data in it");
	atnotify(ignore, 1);
	repeat(interrupts, "an interrupted read");
	atnotify(ignore, 0);
	repeat(files, "open, read, stat");
	repeat(removes, "a remove that is refused");
	repeat(deaths, "death by fault and by note");
	repeat(segments, "a segment attached");
	done();
}
