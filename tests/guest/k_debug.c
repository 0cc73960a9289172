/*
 * A debugger's day: stop, look, set a breakpoint, start, wait for the stop there, step
 * over it; threads and children of what is debugged; the traces of system calls and of
 * states; the profile.
 */
#include <u.h>
#include <libc.h>
#include <ureg.h>
#include "tap.h"
#include "proc.h"

static volatile int	counter, limit;
static volatile ulong	work;
static char	buf[8192];

/* What is debugged.  Its address is where the breakpoint goes. */
static __attribute__((noinline)) int
step(int n, char *what)
{
	__asm__ volatile("" : : "g"(what) : "memory");
	counter += n;
	return counter;
}

static void
spin(void)
{
	while(limit == 0 || counter < limit)
		step(3, "a string of the debugged");
}

static int
started(int flags)
{
	int pid;

	pid = rfork(RFPROC|flags);
	if(pid == 0){
		spin();
		_exits(nil);
	}
	return pid;
}

static void
peek(int fd, ulong a, void *p, int n)
{
	if(pread(fd, p, n, a) != n)
		diag("cannot read %d bytes at %#lux: %r", n, a);
}

static void
poke(int fd, ulong a, void *p, int n)
{
	if(pwrite(fd, p, n, a) != n)
		diag("cannot write %d bytes at %#lux: %r", n, a);
}

static Ureg
registers(int pid)
{
	static Ureg u;
	int fd;

	fd = procopen(pid, "regs", OREAD);
	memset(&u, 0, sizeof u);
	read(fd, &u, sizeof u);
	close(fd);
	return u;
}

static void
setreg(int pid, int off, ulong v)
{
	int fd;

	fd = procopen(pid, "regs", OWRITE);
	pwrite(fd, &v, sizeof v, off);
	close(fd);
}

/* The whole cycle, by one who has never seen the program run. */
static void
session(void)
{
	uchar insn, *bp;
	int pid, cfd, mem, n, i;
	ulong arg[3], v, next;
	Ureg u;
	char s[40];

	pid = started(RFFDG);
	bp = (uchar*)step;
	insn = *bp;
	cfd = procopen(pid, "ctl", OWRITE);
	mem = procopen(pid, "mem", ORDWR);
	same(fprint(cfd, "stop"), 4, "stop");
	samestr(procstate(pid), "Stopped", "it is stopped");
	u = registers(pid);
	ok(u.pc >= 0x1020 && u.pc < (ulong)step + 0x10000 && u.sp > 0xD0000000, "pc %#lux and sp %#lux are its own", u.pc, u.sp);
	poke(mem, (ulong)bp, "\314", 1);
	same(*bp, insn, "a breakpoint is that process's alone");
	for(i = 0; i < 3; i++){
		same(fprint(cfd, "startstop"), 9, "startstop returns when it has stopped");
		samestr(procstate(pid), "Stopped", "at the breakpoint");
		u = registers(pid);
		same(u.pc, (ulong)bp, "pc is the breakpoint's");
		n = procread(pid, "note", s, sizeof s);
		ok(n == 16 && strcmp(s, "sys: breakpoint") == 0, "its note is taken from it (%s)", s);
		same(procread(pid, "note", s, sizeof s), 0, "there is no other");
		peek(mem, u.sp, arg, sizeof arg);
		same(arg[1], 3, "arguments of the function");
		peek(mem, arg[2], s, 8);
		s[8] = 0;
		samestr(s, "a string", "and what they point at");
		peek(mem, (ulong)&counter, &v, 4);
		ok(v%3 == 0, "variables (%lud)", v);

		/* over it: the old byte, a second breakpoint where the function returns to */
		poke(mem, (ulong)bp, &insn, 1);
		next = arg[0];
		peek(mem, next, s+20, 1);
		poke(mem, next, "\314", 1);
		fprint(cfd, "startstop");
		u = registers(pid);
		same(u.pc, next, "the caller's breakpoint is next");
		same(u.ax, v+3, "AX has the result");
		procread(pid, "note", s, 10);
		poke(mem, next, s+20, 1);
		poke(mem, (ulong)bp, "\314", 1);
	}
	/* let it go on without us, to its end */
	poke(mem, (ulong)bp, &insn, 1);
	v = 3000000;
	poke(mem, (ulong)&counter, &v, 4);
	v = 3000030;
	poke(mem, (ulong)&limit, &v, 4);
	same(fprint(cfd, "start"), 5, "start");
	samestr(wait()->msg, "", "it ends well, as it would have");
	close(cfd);
	close(mem);

	/* registers that a debugger sets */
	pid = started(RFFDG);
	ctl(pid, "stop");
	setreg(pid, offsetof(Ureg, pc), (ulong)_exits);
	u = registers(pid);
	mem = procopen(pid, "mem", ORDWR);
	poke(mem, u.sp+4, "\0\0\0\0", 4);
	close(mem);
	ctl(pid, "start");
	samestr(wait()->msg, "", "a process goes on where the debugger says");
}

/* A program is stopped before its first instruction, as acid's new does it. */
static void
fresh(void)
{
	char *argv[] = { "k_debug", "-spin", nil };
	uchar insn;
	int pid, mem;
	Ureg u;

	pid = fork();
	if(pid == 0){
		ctl(getpid(), "hang");
		exec("/bin/k_debug", argv);
		_exits("exec");
	}
	same(ctl(pid, "waitstop"), 8, "waitstop");
	mem = procopen(pid, "mem", ORDWR);
	peek(mem, (ulong)step, &insn, 1);
	poke(mem, (ulong)step, "\314", 1);
	same(insn, *(uchar*)step, "text that it has not touched yet is there");
	ctl(pid, "startstop");
	u = registers(pid);
	same(u.pc, (ulong)step, "a breakpoint set before it began");
	procread(pid, "segment", buf, sizeof buf);
	ok(strstr(buf, "\nData      00001000 ") != nil, "its text is a segment of data now");
	ok(procread(pid, "text", buf, 4) >= 0, "it has a text file still");
	close(mem);
	finish(pid);
}

/* Threads and children run past a breakpoint that is not theirs. */
static void
others(void)
{
	int pid, mem, n, i;
	uchar insn;
	Ureg u;

	counter = 0;
	limit = 0;
	pid = fork();
	if(pid == 0){
		/* a thread counts; so does this process, when the debugger lets it */
		if(rfork(RFPROC|RFMEM|RFNOWAIT) == 0){
			spin();
			_exits(nil);
		}
		while(counter < 1000)
			sleep(1);
		for(;;){
			sleep(0);
			if(limit != 0)
				break;
		}
		if(fork() == 0)
			_exits(step(1, "child") > 1000? nil: "child");
		_exits(wait()->msg[0] == 0? nil: "a child met the breakpoint");
	}
	mem = procopen(pid, "mem", ORDWR);
	for(i = 0; i < 1000; i++){
		peek(mem, (ulong)&counter, &n, 4);
		if(n >= 1000)
			break;
		sleep(5);
	}
	ctl(pid, "stop");
	insn = *(uchar*)step;
	poke(mem, (ulong)step, "\314", 1);
	sleep(20);
	peek(mem, (ulong)&counter, &i, 4);
	for(n = 0; n < 200; n++){
		int m;

		peek(mem, (ulong)&counter, &m, 4);
		if(m > i)
			break;
		sleep(5);
	}
	ok(n < 200, "a thread runs on while another is stopped");
	n = 0x7FFFFFF0;
	poke(mem, (ulong)&limit, &n, 4);
	ctl(pid, "start");
	samestr(wait()->msg, "", "a child's text has no breakpoints");
	USED(insn, u);
	close(mem);
	/* the thread counts to the limit; end it */
	procread(pid, "status", buf, sizeof buf);
}

static __attribute__((noinline)) void
busy(int ms)
{
	vlong end;
	int i;

	/* a tick that is due is noticed in the system call, too: between two, there is time for many that come by themselves */
	for(end = nsec() + ms*1000000LL; nsec() < end; )
		for(i = 0; i < 10000000; i++)
			work += i;
}

/* The text of the file syscall: call by call. */
static void
calls(void)
{
	char line[2][600], want[200];
	int pid, fd, n, i, nopen;

	pid = fork();
	if(pid == 0){
		for(;;){
			fd = open("/dev/null", OREAD);
			close(fd);
			open("/nosuch", OREAD);
		}
	}
	ctl(pid, "stop");
	fd = procopen(pid, "syscall", OREAD);
	nopen = 0;
	line[0][0] = line[1][0] = 0;
	for(i = 0; i < 16 && nopen < 2; i++){
		if(ctl(pid, "startsyscall") < 0)
			break;
		n = pread(fd, buf, sizeof buf - 1, 0);
		buf[n < 0? 0: n] = 0;
		if(strstr(buf, " Open 0x") != nil && (strstr(buf, "/dev/null") != nil) == (nopen == 0)){
			if(nopen == 0)
				samestr(procstate(pid), "Stopped", "stopped at a system call");
			strecpy(line[nopen], line[nopen]+sizeof line[0], buf);
			if(ctl(pid, "startsyscall") < 0)
				break;
			n = pread(fd, buf, sizeof buf - 1, 0);
			buf[n < 0? 0: n] = 0;
			strecpy(line[nopen]+strlen(line[nopen]), line[nopen]+sizeof line[0], buf);
			nopen++;
		}
	}
	snprint(want, sizeof want, "%d k_debug Open 0x", pid);
	ok(strncmp(line[0], want, strlen(want)) == 0, "who and what (%.*s)", (int)strlen(line[0])-1, line[0]);
	ok(strstr(line[0], "/\"/dev/null\" 0 = ") != nil && strstr(line[0], " \"\" 1") != nil, "arguments and result");
	ok(strstr(line[1], "/\"/nosuch\" 0 = -1 \"'/nosuch' file does not exist\" 1") != nil, "and errors (%.*s)", (int)strlen(line[1])-1, line[1]);
	close(fd);
	finish(pid);
	pid = fork();
	if(pid == 0){
		close(2);
		busy(50);
		work = 0;
		*(volatile int*)work = 0;
	}
	same(ctl(pid, "waitstop"), 8, "who waits for a stop hears of an end");
	samestr(procstate(pid), "Broken", "in which there is something to look at");
	finish(pid);
}

static ulong
word32(char *p)
{
	ulong v;

	memmove(&v, p, 4);
	return v;
}

static void
trace(void)
{
	int fd, pid, n, i, p[2], had[20], bad;

	fd = open("/proc/trace", OREAD);
	ok(fd >= 0, "/proc/trace");
	fails(open("/proc/trace", OREAD), "already open", "for one reader");
	same(read(fd, buf, sizeof buf), 0, "with nothing to read when nobody is traced");
	pipe(p);
	pid = fork();
	if(pid == 0){
		read(p[0], buf, 1);
		for(i = 0; i < 10; i++){
			sleep(1);
			ctl(getpid(), "event");
		}
		_exits(nil);
	}
	same(ctl(pid, "trace 1"), 7, "trace");
	write(p[1], "x", 1);
	waitpid();
	memset(had, 0, sizeof had);
	bad = 0;
	n = read(fd, buf, sizeof buf);
	same(n%16, 0, "records of 16 bytes");
	for(i = 0; i+16 <= n; i += 16){
		if(word32(buf+i) != pid || word32(buf+i+4) >= nelem(had))
			bad++;
		else
			had[word32(buf+i+4)]++;
	}
	same(bad, 0, "all of that process");
	ok(had[3] >= 10 && had[4] >= 10 && had[5] >= 10, "it ran, was ready, slept (%d %d %d)", had[3], had[4], had[5]);
	same(had[13], 10, "and said so ten times");
	same(had[10], 1, "it died");
	same(read(fd, buf, sizeof buf), 0, "each is read once");
	close(fd);
	fd = open("/proc/trace", OREAD);
	ok(fd >= 0, "another may look then");
	close(fd);
	close(p[0]);
	close(p[1]);
}

/* The sum of the counters from start up to end. */
static ulong
counted(ulong *count, ulong start, ulong end)
{
	ulong sum;

	for(sum = 0; start < end; start++)
		sum += count[start];
	return sum;
}

static void
profile(void)
{
	ulong *count, total, there, n;
	Dir *d;
	int fd, round;

	fails(procread(getpid(), "profile", buf, sizeof buf), "profile is off", "profile is off");
	same(ctl(getpid(), "profile"), 7, "until ctl says so");
	procread(getpid(), "segment", buf, sizeof buf);
	ok(strstr(buf, "\nText    P 00001000 ") != nil, "which segment shows");
	fd = procopen(getpid(), "profile", OREAD);
	d = dirfstat(fd);
	n = d->length/4;
	same(n, (strtoul(strstr(buf, "00001000 ")+9, nil, 16) - 0x1000)/8, "a counter for each 8 bytes of text");
	/* A tick that the host delivers late counts for all its time where it arrives, so one round may err: go on until enough is counted. */
	count = malloc(n*4);
	there = 0;
	for(round = 0; round < 50; round++){
		busy(100);
		same(pread(fd, count, n*4, 0), n*4, "all of them");
		there = counted(count, ((ulong)busy-0x1000)/8, ((ulong)busy-0x1000)/8+32);
		if(count[0] >= 50 && there >= count[0]/2)
			break;
	}
	total = counted(count, 1, n);
	ok(count[0] >= 50 && total <= count[0] && total >= count[0]/2, "the first is the sum (%lud, %lud)", count[0], total);
	ok(there >= count[0]/2, "most of the time is where it was spent (%lud of %lud ms)", there, count[0]);
	close(fd);
}

void
main(int argc, char **argv)
{
	rfork(RFNOTEG);
	if(argc > 1 && strcmp(argv[1], "-spin") == 0){
		spin();
		_exits(nil);
	}
	chdir("/");
	session();
	fresh();
	others();
	calls();
	trace();
	profile();
	done();
}
