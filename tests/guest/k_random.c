/*
 * Random file and name space calls by processes that share name space, descriptors
 * and memory, with alarms going off all the time; some are killed in mid-call.  The
 * kernel must live and have its memory back.  A call's result does not matter.
 * usage: k_random [rounds [seed]]; the seed is printed.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "mem.h"

enum {
	Nproc	= 6,
	Ncall	= 400,
	Callms	= 20,		/* for a call */
};

static ulong state;

static ulong
rnd(ulong n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static char *names[] = {
	"/", ".", "..", "/tmp", "/tmp/a", "/tmp/a/b", "/tmp/a/../b", "/n/x", "/mnt", "/mnt/a", "a", "b", "a/b/c",
	"/dev", "/dev/null", "/dev/zero", "/dev/random", "/dev/pid", "/env", "/env/r1", "/env/r2", "/srv", "/srv/r1", "/srv/r2",
	"#c", "#d", "#d/3", "#d/4ctl", "#e", "#s", "#|", "#p", "/proc", "/proc/1", "/proc/1/status", "/bin", "/bin/rc", "/boot",
	"/fd/5", "/fd/6", "#/", "#M", "#x", "", "/nosuch/x", "a/\001", "/tmp/a/", "/proc/trace", "/dev/kmesg",
};

static char*
name(void)
{
	return names[rnd(nelem(names))];
}

/* Descriptors 0 to 2 are left alone; what is posted in /srv may be one of them all the same. */
static int
somefd(void)
{
	return 3 + rnd(20);
}

static void
call(void)
{
	static uchar buf[70000];
	Dir d;
	int fd[2], f;

	switch(rnd(26)){
	case 0: case 1: case 2:
		open(name(), rnd(4) | (rnd(8) == 0? OTRUNC: 0) | (rnd(8) == 0? OCEXEC: 0) | (rnd(20) == 0? ORCLOSE: 0));
		break;
	case 3: case 4: case 5:
		close(somefd());
		break;
	case 6:
		create(name(), rnd(4) | (rnd(8) == 0? OEXCL: 0) | (rnd(9) == 0? ORCLOSE: 0), rnd(2)? 0666: DMDIR|0777);
		break;
	case 7:
		dup(somefd(), rnd(3)? -1: somefd());
		break;
	case 8:
		pipe(fd);
		break;
	case 9: case 10:
		pread(somefd(), buf, rnd(3)? rnd(300): rnd(sizeof buf), rnd(2)? -1LL: rnd(100));
		break;
	case 11: case 12:
		pwrite(somefd(), buf, rnd(3)? rnd(300): rnd(sizeof buf), rnd(2)? -1LL: rnd(100));
		break;
	case 13:
		seek(somefd(), (long)rnd(2000)-1000, rnd(4));
		break;
	case 14:
		stat(name(), buf, rnd(300));
		break;
	case 15:
		fstat(somefd(), buf, rnd(300));
		break;
	case 16:
		fd2path(somefd(), (char*)buf, rnd(100));
		break;
	case 17:
		chdir(name());
		break;
	case 18: case 19:
		bind(name(), name(), rnd(3) | (rnd(3) == 0? MCREATE: 0));
		break;
	case 20:
		unmount(rnd(2)? nil: name(), name());
		break;
	case 21:
		f = somefd();
		if(rnd(2))
			mount(f, rnd(4)? -1: somefd(), name(), rnd(3) | MCREATE, rnd(2)? "": "spec");
		else
			fversion(f, rnd(20000), strcpy((char*)buf, "9P2000"), sizeof buf);
		break;
	case 22:
		remove(name());
		break;
	case 23:
		nulldir(&d);
		if(rnd(2))
			d.name = "q";
		else
			d.mode = rnd(01000);
		if(rnd(2))
			dirwstat(name(), &d);
		else
			dirfwstat(somefd(), &d);
		break;
	case 24:
		if(rnd(10) == 0)
			rfork(RFNAMEG);
		else if(rnd(10) == 0)
			rfork(RFFDG);
		else if(rnd(40) == 0)
			rfork(RFCFDG);
		else if(rnd(60) == 0)
			rfork(RFCNAMEG);
		break;
	case 25:
		snprint((char*)buf, 20, "%d", somefd());
		write(somefd(), buf, strlen((char*)buf));
		break;
	}
}

static int
catch(void *u, char *s)
{
	USED(u);
	if(strcmp(s, "alarm") == 0)
		alarm(Callms);	/* it may have come before the call began */
	return 1;
}

static void
user(ulong seed)
{
	int i;

	state = seed | 1;
	atnotify(catch, 1);
	for(i = 0; i < Ncall; i++){
		alarm(Callms);
		call();
	}
	_exits(nil);
}

/* One round in a child, so that what it does to itself ends with it. */
static void
round(ulong seed)
{
	int i, pid[Nproc], fd;
	char buf[40];

	state = seed | 1;
	rfork(RFNAMEG|RFENVG|RFNOTEG|RFFDG);
	fd = open("/dev/null", ORDWR);	/* not where results are told */
	for(i = 0; i < 3; i++)
		dup(fd, i);
	close(fd);
	for(i = 0; i < Nproc; i++){
		pid[i] = rfork(RFPROC | (rnd(2)? RFFDG: 0) | (rnd(4) == 0? RFNAMEG: 0));
		if(pid[i] == 0)
			user(seed + i*7919);
	}
	if(rnd(2)){
		snprint(buf, sizeof buf, "/proc/%d/ctl", pid[rnd(Nproc)]);
		sleep(rnd(30));
		fd = open(buf, OWRITE);
		write(fd, "kill", 4);
	}
	while(waitpid() > 0)
		;
	_exits(nil);
}

/* The files that are there afterwards are not what is looked for: their server, which keeps what it once had, is to have had more. */
static void
room(void)
{
	static char some[8192];
	int i, fd;

	fd = create("/tmp/room", OWRITE|ORCLOSE, 0666);
	for(i = 0; i < 256; i++)
		write(fd, some, sizeof some);
	close(fd);
}

void
main(int argc, char **argv)
{
	int i, rounds, pid;
	ulong seed;
	Inuse was;

	rounds = argc > 1? atoi(argv[1]): 20;
	seed = argc > 2? strtoul(argv[2], nil, 0): truerand();
	diag("seed %#lux, %d rounds", seed, rounds);
	room();
	was = before();
	for(i = 0; i < rounds; i++){
		pid = fork();
		if(pid == 0)
			round(seed + i);
		waitpid();
		if(i == 4)
			was = before();		/* caches have filled */
	}
	ok(1, "%d rounds of %d random calls", rounds, Nproc*Ncall);
	alive("random calls");
	after(was, "random calls");
	done();
}
