/*
 * Processes: rfork with its flags, exits and await, exec and scripts, the top
 * of the stack, rendezvous, semaphores, sleep and alarm.
 */
#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "proc.h"
#include "late.h"

static long	shared;
static char	self[] = "/tmp/p_proc";	/* replaced by argv[0] */
static char	*me = self;

static void
waiting(void)
{
	Waitmsg *w;
	char err[ERRMAX], want[ERRMAX], buf[200];
	int pid, i, n;

	pid = fork();
	if(pid == 0)
		_exits("bad 'quoted' thing");
	w = wait();
	if(ok(w != nil, "wait returns a record")){
		same(w->pid, pid, "of the child");
		snprint(want, sizeof want, "p_proc %d: bad 'quoted' thing", pid);
		samestr(w->msg, want, "with its name, number and message");
	}
	free(w);
	if((pid = fork()) == 0)
		_exits(nil);
	n = await(buf, sizeof buf-1);
	buf[n < 0? 0: n] = 0;
	ok(atoi(buf) == pid && n > 2 && strcmp(buf+n-3, " ''") == 0, "success is an empty message (%s)", buf);
	fails(await(buf, sizeof buf), "no living children", "no children, no record");
	for(i = 0; i < 5; i++)
		if(fork() == 0)
			_exits(nil);
	for(i = 0; waitpid() > 0; i++)
		;
	same(i, 5, "five children, five records");
	if(rfork(RFPROC|RFNOWAIT) == 0)
		_exits(nil);
	fails(await(buf, sizeof buf), "no living children", "RFNOWAIT leaves none");
	fails(rfork(RFMEM), "bad arg", "RFMEM without RFPROC");
	fails(rfork(RFPROC|RFFDG|RFCFDG), "bad arg", "copy and clean at once");
	rerrstr(err, sizeof err);
}

static void
memory(void)
{
	static long data = 7;
	long stack, pid;
	char *p;

	stack = 1;
	shared = 0;
	pid = fork();
	if(pid == 0){
		data = 8;
		shared = 1;
		stack = 2;
		_exits(nil);
	}
	waitpid();
	ok(data == 7 && shared == 0 && stack == 1, "fork copies data, bss and stack");
	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		data = 9;
		shared = 2;
		stack = 3;
		p = sbrk(4096);
		*p = 42;
		_exits(_tos->pid == getpid()? nil: "tos");
	}
	p = sbrk(0);
	samestr(wait()->msg, "", "a thread has its own pid on its stack");
	ok(data == 9 && shared == 2, "RFMEM shares data and bss");
	same(stack, 1, "but not the stack");
	same(*p, 42, "brk of a thread is everybody's");
	same(_tos->pid, getpid(), "the pid at the top of the stack");
	p = sbrk(300*1024*1024);
	if(ok(p != (void*)-1, "300 MiB of brk")){
		same(p[299*1024*1024], 0, "read as zero");
		p[150*1024*1024] = 1;
		same(p[150*1024*1024], 1, "and can be written");
		ok(brk(p) >= 0, "and given back");
		sbrk(1024*1024);
		p[4096*3] = 1;
		brk(p);
		sbrk(1024*1024);
		same(p[4096*3], 0, "what was given back reads as zero");
	}
	ok(brk((void*)0xE0000000) < 0, "no brk into the kernel");
}

static void
script(char *text, char *want, char *name)
{
	Waitmsg *w;
	char out[300];
	int fd, p[2], n, m;

	fd = create("/tmp/script", OWRITE, 0777);
	write(fd, text, strlen(text));
	close(fd);
	pipe(p);
	if(fork() == 0){
		dup(p[1], 1);
		close(p[0]);
		close(p[1]);
		exec("/tmp/script", (char*[]){"ignored", "a b", "c", nil});
		fprint(1, "%r");
		_exits("exec");
	}
	close(p[1]);
	for(n = 0; (m = read(p[0], out+n, sizeof out-1-n)) > 0; n += m)
		;
	out[n] = 0;
	close(p[0]);
	w = wait();
	free(w);
	samestr(out, want, name);
}

static void
execs(void)
{
	char text[300];
	char *big;
	int i, n, fd;
	Waitmsg *w;

	fails(exec("/nosuch", (char*[]){"x", nil}), "does not exist", "exec of nothing");
	fails(exec("/", (char*[]){"x", nil}), "", "exec of a directory");
	big = malloc(200000);
	memset(big, 'x', 199999);
	if(fork() == 0){
		exec(me, (char*[]){"p_proc", "-n", big, big, nil});
		_exits("exec");
	}
	w = wait();
	ok(strstr(w->msg, "399998") != nil, "400 KB of arguments (%s)", w->msg);
	fails(exec(me, (char*[]){"p_proc", "-n", big, big, big, nil}), "virtual memory", "but not 600");
	free(big);
	fd = create("/tmp/script", OWRITE, 0777);
	if(fd < 0){
		diag("/tmp: %r: scripts not tried");
		return;
	}
	close(fd);
	snprint(text, sizeof text, "#!%s one two\n", me);
	script(text, "script|one|two|/tmp/script|a b|c|", "a script's arguments");
	n = snprint(text, sizeof text, "#!%s one", me);
	memset(text+n, ' ', 256);
	strcpy(text+256-4, "two\n");
	script(text, "script|one|two|/tmp/script|a b|c|", "a line of 256 bytes");
	strcpy(text+256-4, " two\n");
	script(text, "exec header invalid", "a longer one");
	script("#! /tmp/script\n", "exec header invalid", "a script of a script");
	script("x", "exec header invalid", "one byte");
	script("\0\0\001\353", "exec header invalid", "a short header");
	fd = create("/tmp/script", OWRITE, 0777);
	for(i = 0; i < 8; i++)
		write(fd, "\0\0\001\353", 4);
	close(fd);
	fails(exec("/tmp/script", (char*[]){"x", nil}), "exec header invalid", "an entry outside of text");
}

static void
tsemacquire50(void)
{
	long sem;

	sem = 0;
	if(tsemacquire(&sem, 50) != 0)
		ok(0, "tsemacquire of what is not there");
}

static void
sleep100(void)
{
	sleep(100);
}

static void
meeting(void)
{
	ulong r;
	long sem;
	int pid;

	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		shared = (ulong)rendezvous((void*)1, (void*)22);
		_exits(nil);
	}
	r = (ulong)rendezvous((void*)1, (void*)11);
	waitpid();
	ok(r == 22 && shared == 11, "rendezvous exchanges values (%lud, %ld)", r, shared);
	insist(50);
	r = (ulong)rendezvous((void*)2, nil);
	enough();
	same(r, 0xFFFFFFFF, "an alarm ends a rendezvous");
	sem = 0;
	same(semacquire(&sem, 0), 0, "semacquire does not wait");
	same(semrelease(&sem, 2), 2, "semrelease");
	same(semacquire(&sem, 1), 1, "semacquire");
	same(sem, 1, "takes one");
	sem = 0;
	ok(takes(50, tsemacquire50), "tsemacquire runs out of time when it should");
	shared = 0;
	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		_exits(semacquire(&shared, 1) == 1? nil: "semacquire");
	}
	until(pid, "Semacquire");
	semrelease(&shared, 1);
	samestr(wait()->msg, "", "semrelease wakes a thread");
	sem = 0;
	insist(50);
	r = semacquire(&sem, 1);
	enough();
	fails(r, "interrupted", "an alarm ends semacquire");
	sem = -1;
	fails(semacquire(&sem, 1), "bad arg", "a negative semaphore");
	sem = 0;
	fails(semrelease(&sem, -1), "bad arg", "a negative release");
}

static void
timing(void)
{
	vlong t;
	int r;

	ok(takes(100, sleep100), "sleep(100) takes 100 ms");
	t = nsec();
	alarm(1000000);
	sleep(20);
	r = alarm(0);
	t = (nsec()-t)/1000000;
	ok(r <= 1000000 - 20 && r >= 1000000 - t - 20, "alarm tells what was left (%d after %lld ms)", r, t);
	insist(50);
	r = sleep(100000);
	enough();
	fails(r, "interrupted", "an alarm ends sleep");
}

static void
segments(void)
{
	long *p, *q;
	int pid;

	p = segattach(0, "shared", nil, 8192);
	if(!ok(p != (void*)-1, "segattach shared"))
		return;
	q = segattach(0, "memory", nil, 8192);
	ok(q != (void*)-1 && q != p, "segattach memory");
	*p = 1;
	*q = 1;
	pid = fork();
	if(pid == 0){
		*p = 2;
		*q = 2;
		_exits(nil);
	}
	waitpid();
	same(*p, 2, "shared is shared by fork");
	same(*q, 1, "memory is copied");
	ok(segfree(p, 8192) >= 0 && *p == 0, "segfree");
	ok((long)segattach(0, "shared", p, 4096) == -1, "no segment upon another");
	fails(segdetach(&p), "bad arg", "the stack stays");
	same(segdetach(p), 0, "segdetach");
	fails(segdetach(p), "bad arg", "only once");
	fails((long)segattach(0, "nosuch", nil, 4096), "bad arg", "no such class");
	fails((long)segattach(0, "shared", nil, 0), "bad arg", "no bytes");
	segdetach(q);
	pid = rfork(RFPROC);
	if(pid == 0){
		p = segattach(SG_RONLY, "memory", nil, 4096);
		*p = 1;
		_exits("written");
	}
	ok(strstr(wait()->msg, "fault write") != nil, "a read-only segment");
}

void
main(int argc, char **argv)
{
	int i, n;
	char buf[20];

	me = argv[0];
	if(argc > 3 && strcmp(argv[1], "-n") == 0){
		for(i = 2, n = 0; i < argc; i++)
			n += strlen(argv[i]);
		snprint(buf, sizeof buf, "%d", n);
		exits(buf);
	}
	if(strcmp(argv[0], "script") == 0){
		for(i = 0; i < argc; i++)
			print("%s|", argv[i]);
		exits(nil);
	}
	waiting();
	memory();
	execs();
	meeting();
	timing();
	segments();
	done();
}
