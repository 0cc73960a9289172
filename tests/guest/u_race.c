/*
 * Processes that share memory and do to each other what they can: grow and shrink
 * it, attach and detach segments, fork, exec, exit, wait, post notes, stop, start,
 * kill, read and write each other through /proc.  What each gets does not matter;
 * the system must live and have all back.  usage: u_race [seconds [seed]]
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

enum {
	Nproc	= 8,
	Page	= 4096,
	Ncall	= 300,
};

static struct {
	int	pid[Nproc];
	char	*seg[4];
	long	sem;
	long	lock;
} *sh;			/* in memory that all share, also those that do not share the heap */

static char *base;		/* of the heap that they fight for */

static int
somebody(void)
{
	return sh->pid[rnd(Nproc)];
}

static int
catch(void *u, char *s)
{
	USED(u);
	return rnd(10) != 0 || strcmp(s, "alarm") == 0;
}

/* Text of one of the files of one of us. */
static void
procread(void)
{
	static char *files[] = { "status", "segment", "fd", "ns", "regs", "kregs", "fpregs", "args", "noteid", "text", "mem", "proc", "profile" };
	char name[64], buf[600];
	int fd;

	snprint(name, sizeof name, "/proc/%d/%s", somebody(), files[rnd(nelem(files))]);
	fd = open(name, OREAD);
	pread(fd, buf, sizeof buf, rnd(3)? 0: (vlong)(ulong)(base + rnd(64*Page)));
	close(fd);
}

/* Not private: who is cannot be killed by its ctl. */
static void
procwrite(void)
{
	static char *ctl[] = {
		"stop", "start", "start", "startstop", "startsyscall", "kill", "hang", "nohang", "pri 5", "fixedpri 3", "closefiles",
		"noswap", "profile", "wired 0", "nonsense", "waitstop",
	};
	char name[64];
	int fd;

	switch(rnd(6)){
	case 0: case 1: case 2:
		tell("/proc/%d/ctl", somebody(), ctl[rnd(rnd(4) == 0? nelem(ctl): 4)]);
		break;
	case 3:
		tell("/proc/%d/note", somebody(), rnd(2)? "hello": "alarm");
		break;
	case 4:
		tell("/proc/%d/notepg", somebody(), rnd(20)? "all": "kill");
		break;
	case 5:
		snprint(name, sizeof name, "/proc/%d/mem", somebody());
		fd = open(name, ORDWR);
		pwrite(fd, name, sizeof name, (vlong)(ulong)(base + rnd(64*Page)));
		close(fd);
		break;
	}
}

static void
child(void)
{
	static char *argv[] = { "echo", nil };
	static int flags[] = { RFFDG, RFMEM|RFFDG, RFMEM, RFNAMEG, RFENVG, RFMEM|RFREND, RFCFDG, RFNOWAIT, RFMEM|RFNOWAIT };
	int pid;

	pid = rfork(RFPROC|flags[rnd(nelem(flags))]);
	if(pid != 0){
		if(pid > 0 && rnd(3))
			sh->pid[rnd(Nproc)] = pid;
		return;
	}
	alarm(20 + rnd(50));
	switch(rnd(5)){
	case 0:
		rfork(RFCFDG);
		exec("/bin/echo", argv);
		break;
	case 1:
		base[rnd(64*Page)] = 1;
		break;
	case 2:
		exec("/nosuch/file", argv);
		break;
	case 3:
		sleep(rnd(30));
		break;
	case 4:
		*(int*)0 = 1;
	}
	_exits(rnd(2)? nil: "status");
}

static void
act(void)
{
	char *p;
	int i;

	switch(rnd(16)){
	case 0:
		brk(base + rnd(64*Page));
		break;
	case 1: case 2:
		base[rnd(64*Page)] = 1;		/* may fault: then the note is caught, or not */
		break;
	case 3:
		i = rnd(nelem(sh->seg));
		p = segattach(rnd(2)? SG_CEXEC: 0, rnd(2)? "shared": "memory", nil, 1 + rnd(20*Page));
		if(p != (char*)-1)
			sh->seg[i] = p;
		break;
	case 4:
		segdetach(sh->seg[rnd(nelem(sh->seg))]);
		break;
	case 5:
		segfree(rnd(2)? base: sh->seg[rnd(nelem(sh->seg))], rnd(30*Page));
		break;
	case 6:
		p = sh->seg[rnd(nelem(sh->seg))];
		segbrk(p, p + rnd(40*Page));
		break;
	case 7:
		p = sh->seg[rnd(nelem(sh->seg))];
		if(p != nil)
			p[rnd(10)] = 1;
		break;
	case 8: case 9:
		child();
		break;
	case 10:
		alarm(5);
		waitpid();
		break;
	case 11:
		procread();
		break;
	case 12: case 13:
		procwrite();
		break;
	case 14:
		alarm(1 + rnd(5));
		if(rnd(2))
			semacquire(&sh->sem, 1);
		else
			rendezvous(&sh->sem, 0);
		break;
	case 15:
		if(rnd(2))
			semrelease(&sh->sem, 1);
		else
			rfork(rnd(2)? RFNOTEG: RFREND);
		break;
	}
}

static void
actor(ulong x)
{
	int i;

	seed = x|1;
	notify(nil);
	atnotify(catch, 1);
	for(i = 0; i < Ncall; i++){
		alarm(30);
		act();
	}
	_exits(nil);
}

/* One fight; all that took part are killed when it is over. */
static void
fight(ulong x)
{
	int i, pid, mem;

	seed = x|1;
	sh = segattach(0, "shared", nil, sizeof *sh);
	if(sh == (void*)-1)
		sysfatal("segattach: %r");
	base = (char*)(((ulong)sbrk(0) + Page-1) & ~(Page-1));
	brk(base + 64*Page);
	mem = rnd(2)? RFMEM: 0;
	for(i = 0; i < Nproc; i++){
		pid = rfork(RFPROC|RFFDG|mem);
		if(pid == 0)
			actor(x + i*7919);
		sh->pid[i] = pid;
	}
	insist(400);
	while(waitpid() > 0)
		;
	_exits(nil);
}

/*
 * exec, by a process whose memory others use, and exits: the others go on with what
 * they had.
 */
static void
execs(void)
{
	static char *argv[] = { "/bin/echo", nil };
	static long n;
	int i, j, bad, pid;
	char *how;

	bad = 0;
	for(i = 0; i < 50; i++){
		n = 0;
		pid = rfork(RFPROC|RFFDG);
		if(pid == 0){
			for(j = 0; j < 4; j++)
				if(rfork(RFPROC|RFMEM|RFFDG) == 0){
					close(1);
					open("/dev/null", OWRITE);
					if(j == 0)
						sleep(0);
					ainc(&n);
					exec(argv[0], argv);
					_exits("exec");
				}
			for(j = 0; j < 4; j++)
				waitpid();
			_exits(n == 4? nil: "memory went with an exec");
		}
		how = endedby(Patience);
		if(strcmp(how, "") != 0){
			bad++;
			diag("%s", how);
		}
	}
	same(bad, 0, "exec by one who shares memory leaves it to the others");
}

/* Parents and children that end at the same time, in all orders. */
static void
ends(vlong ms)
{
	vlong end;
	int n, i, pid, got;

	n = 0;
	for(end = msec() + ms; msec() < end; n++){
		got = 0;
		for(i = 0; i < 10; i++){
			pid = fork();
			if(pid == 0){
				switch(i){
				case 0: case 1: case 2:
					_exits(nil);
				case 3: case 4:
					if(fork() == 0)
						_exits("grandchild");
					_exits(nil);
				case 5:
					if(fork() == 0)
						_exits("grandchild");
					waitpid();
					_exits(nil);
				case 6:
					if(rfork(RFPROC|RFNOWAIT) == 0)
						_exits(nil);
					_exits(nil);
				case 7:
					sleep(0);
					_exits(nil);
				case 8:
					for(i = 0; i < 5; i++)
						if(fork() == 0){
							sleep(rnd(2));
							_exits(nil);
						}
					_exits(nil);
				case 9:
					tell("/proc/%d/ctl", getpid(), "kill");
					sleep(100000);
				}
			}
		}
		while(waitpid() > 0)
			got++;
		if(got != 10){
			same(got, 10, "each parent hears of each child, once");
			return;
		}
	}
	ok(1, "each parent hears of each child, once: %d times ten", n);
}

void
main(int argc, char **argv)
{
	Inuse b;
	vlong end;
	long s;
	int n, bad, pid;
	char *how;

	s = arguments(argc, argv, 3);
	tell("/proc/%d/ctl", getpid(), "profile");	/* those who fight turn it on, and have their text from us */
	b = before();
	execs();
	ends(1000);
	bad = n = 0;
	for(end = msec() + 1000*s; msec() < end; n++){
		pid = rfork(RFPROC|RFFDG|RFNAMEG|RFENVG|RFREND|RFNOTEG);
		if(pid == 0){
			dup(open("/dev/null", ORDWR), 1);
			dup(1, 2);
			fight(rnd(0xFFFFFFFF));
		}
		how = endedby(Patience);
		if(strcmp(how, "late") == 0 || !sweep()){
			bad++;
			diag("%s; some could not be killed", how);
		}
	}
	ok(bad == 0, "%d fights of %d processes", n, Nproc);
	alive("fights");
	after(b, "fights");
	done();
}
