/*
 * /proc: each file, each word of ctl, who may do what, and what is left of a
 * process that has gone.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "proc.h"

static long	sem;
static char	text[4096];

/* A child that runs f and then sleeps. */
static int
child(void (*f)(void), int flags)
{
	int pid;

	pid = rfork(RFPROC|flags);
	if(pid == 0){
		if(f != nil)
			f();
		sleep(1000000);
		_exits("slept");
	}
	return pid;
}

static void
listing(void)
{
	static struct
	{
		char	*name;
		ulong	mode;
	} want[] = {
		{ "args", 0660 }, { "ctl", 0640 }, { "fd", 0444 }, { "fpregs", 0640 }, { "kregs", 0440 }, { "mem", 0640 },
		{ "note", 0640 }, { "noteid", 0664 }, { "notepg", 0640 }, { "ns", 0444 }, { "ppid", 0444 }, { "proc", 0440 }, { "profile", 0440 },
		{ "regs", 0640 }, { "segment", 0444 }, { "status", 0444 }, { "syscall", 0440 }, { "text", 0640 }, { "wait", 0440 },
	};
	char name[40];
	Dir *d, *t;
	int fd, i, j, n, bad;

	snprint(name, sizeof name, "/proc/%d", getpid());
	fd = open(name, OREAD);
	n = dirreadall(fd, &d);
	close(fd);
	bad = 0;
	for(i = 0; i < nelem(want); i++){
		for(j = 0; j < n && strcmp(d[j].name, want[i].name) != 0; j++)
			;
		if(j == n || d[j].mode != want[i].mode || d[j].qid.vers != getpid() || strcmp(d[j].uid, getuser()) != 0){
			diag("%s: %s", want[i].name, j == n? "not there": smprint("%o %lud %s", d[j].mode, d[j].qid.vers, d[j].uid));
			bad++;
		}
	}
	same(bad, 0, "all files are there, with their modes; the version is the pid");
	same(n, nelem(want), "and no others");
	t = dirstat(name);
	ok(t != nil && t->mode == (DMDIR|0555) && strcmp(t->uid, getuser()) == 0, "the directory");
	free(t);
	fd = open("/proc", OREAD);
	n = dirreadall(fd, &d);
	close(fd);
	for(i = 0, j = 0; i < n; i++)
		j += strcmp(d[i].name, "trace") == 0 && d[i].mode == 0444;
	same(j, 1, "/proc has a file trace besides them");
	fails(open("/proc/0", OREAD), "does not exist", "0 is no process");
	fails(open("/proc/01", OREAD), "does not exist", "nor are other spellings");
	fails(open("/proc/1x", OREAD), "does not exist", "of numbers");
}

static void
insem(void)
{
	semacquire(&sem, 1);
}

static void
inrend(void)
{
	rendezvous((void*)999, nil);
}

static void
inwait(void)
{
	if(fork() == 0)
		sleep(100000);
	waitpid();
}

static void
inpipe(void)
{
	int p[2];

	pipe(p);
	read(p[0], text, 10);
}

static void
statuses(void)
{
	static struct
	{
		void	(*f)(void);
		char	*word;
	} want[] = {
		{ nil, "Sleep" }, { insem, "Semacquire" }, { inrend, "Rendez" }, { inwait, "Await" }, { inpipe, "Pread" },
	};
	char buf[400], *f[20], *l[20], *w[8];
	ulong kib;
	int i, n, pid;

	for(i = 0; i < nelem(want); i++){
		pid = child(want[i].f, RFNOTEG);
		ok(until(pid, want[i].word), "a process that waits is %s", want[i].word);
		postnote(PNGROUP, pid, "kill");
		waitpid();
	}
	same(procread(getpid(), "status", buf, sizeof buf), 176, "status has 176 bytes");
	for(i = 68; i < 176; i += 12)
		if(buf[i+11] != ' ' || buf[i+10] < '0' || buf[i+10] > '9')
			break;
	same(i, 176, "numbers end in the eleventh column");
	same(tokenize(buf, f, nelem(f)), 12, "twelve fields");
	samestr(f[1], getuser(), "the user");
	ok(atoi(f[10]) == 10 && atoi(f[11]) >= 0, "base priority 10");
	procread(getpid(), "segment", text, sizeof text);
	n = getfields(text, l, nelem(l), 1, "\n");
	kib = 0;
	for(i = 0; i < n; i++)
		if(tokenize(l[i], w, nelem(w)) >= 4 && strcmp(w[0], "Stack") != 0)
			kib += (strtoul(w[2], nil, 16) - strtoul(w[1], nil, 16))/1024;
	same(strtoul(f[9], nil, 10), kib, "memory is that of the segments without the stack");
}

static void
segments(void)
{
	char buf[1000], *l[12];
	ulong m;
	int n;

	m = (ulong)segattach(SG_RONLY, "shared", nil, 10000);
	procread(getpid(), "segment", buf, sizeof buf);
	n = getfields(buf, l, nelem(l), 1, "\n");
	same(n, 5, "a line for each segment");
	samestr(l[4], smprint("Shared R  %.8lux %.8lux    1", m, m+3*4096), "columns of a read-only one");
	segdetach((void*)m);
}

static int	gate[2];

static void
opengate(void)
{
	close(gate[0]);
}

/* Waits once more after what ctl says to itself and to whoever waits; its status tells what came of that. */
static void
waitandtell(char *self)
{
	char err[ERRMAX];

	if(self != nil && ctl(getpid(), self) < 0)
		_exits("ctl");
	if(sleep(self != nil? 10: 1000000) == 0)
		_exits("slept");
	rerrstr(err, sizeof err);
	_exits(err);
}

static char*
told(void)
{
	char *s;

	s = wait()->msg;
	return strstr(s, ": ") != nil? strstr(s, ": ")+2: s;
}

/* interrupt breaks a wait as a note does, without one. */
static void
interrupts(void)
{
	char num[12];
	int pid;

	pid = fork();
	if(pid == 0)
		waitandtell(nil);
	until(pid, "Sleep");
	procread(pid, "ppid", num, sizeof num);
	same(atoi(num), getpid(), "ppid is its parent's number");
	same(ctl(pid, "interrupt"), 9, "interrupt");
	samestr(told(), "interrupted", "breaks the sleep");
	if(fork() == 0)
		waitandtell("interrupt");
	samestr(told(), "interrupted", "or, of one that does not wait, the next");
	if(fork() == 0){
		ctl(getpid(), "interrupt");
		waitandtell("nointerrupt");
	}
	samestr(told(), "slept", "unless nointerrupt takes it back");
}

static void
words(void)
{
	char buf[400], *argv[] = { "k_proc", "-quiet", nil };
	int pid, fd;

	pipe(gate);
	pid = child(opengate, RFFDG);
	close(gate[1]);
	until(pid, "Sleep");
	fails(ctl(pid, "nonsense 'a b'"), "unknown control message \"nonsense 'a b'\"", "an unknown word is quoted");
	fails(ctl(pid, ""), "empty control message", "no word at all");
	fails(ctl(pid, "wired"), "wrong #args in control message \"wired\"", "a word too few");
	fails(ctl(pid, "stop 1"), "wrong #args in control message \"stop 1\"", "one too many");
	same(ctl(pid, "noswap\n"), 7, "a newline at the end does not matter");
	same(ctl(pid, "wired 0"), 7, "wired");
	same(ctl(pid, "fixedpri 7"), 10, "fixedpri");
	procread(pid, "status", buf, sizeof buf);
	ok(atoi(buf+152) == 7 && atoi(buf+164) == 7, "both priorities are that");
	same(ctl(pid, "pri 15"), 6, "the owner may raise a priority");
	same(ctl(pid, "pri 99"), 6, "as far as there are");
	procread(pid, "status", buf, sizeof buf);
	same(atoi(buf+152), 19, "which is 19");
	ctl(pid, "pri 10");
	fails(ctl(pid, "period 10ms"), "not offered by this kernel \"period 10ms\"", "real time is refused by name");
	fails(ctl(pid, "admit"), "not offered by this kernel \"admit\"", "all of it");
	fails(ctl(pid, "start"), "bad process or channel control request", "start of what is not stopped");
	fails(ctl(getpid(), "stop"), "bad process or channel control request", "nobody stops himself");
	fails(ctl(2, "stop"), "permission denied", "a kernel process is not told anything");
	same(ctl(pid, smprint("close %d", gate[1])), 7, "close");
	same(read(gate[0], buf, 1), 0, "closes that descriptor");
	fails(ctl(pid, "close 77"), "fd out of range or not open", "one that is not open");
	ok(procread(pid, "fd", text, sizeof text) > 0 && strchr(text, '\n')[1] != 0, "it has others");
	same(ctl(pid, "closefiles"), 10, "closefiles");
	procread(pid, "fd", text, sizeof text);
	ok(strchr(text, '\n') != nil && strchr(text, '\n')[1] == 0, "leaves none, but the line of its directory");
	finish(pid);
	close(gate[0]);
	interrupts();

	pipe(gate);
	pid = fork();
	if(pid == 0){
		ctl(getpid(), "hang");
		ctl(getpid(), "nohang");
		exec("/bin/k_proc", argv);
		_exits("exec");
	}
	samestr(wait()->msg, "", "nohang takes hang back");
	pid = child(nil, 0);
	stopwaiting(pid);
	samestr(procstate(pid), "Stopped", "a process that waits stops when it has waited");
	fails(ctl(pid, "startstop x"), "wrong #args", "startstop has no arguments");
	fd = procopen(pid, "ctl", OWRITE);
	same(write(fd, "kill", 4), 4, "kill of a stopped process");
	samestr(strchr(wait()->msg, ':'), ": Killed", "ends it");
	until(pid, "gone");
	fails(write(fd, "stop", 4), "process exited", "its files lead nowhere then");
	close(fd);
	close(gate[0]);
	close(gate[1]);
}

static void
memory(void)
{
	static char pattern[3*4096];
	char buf[4096+20];
	ulong a, w;
	int pid, fd, i;

	for(i = 0; i < sizeof pattern; i++)
		pattern[i] = i*7;
	sbrk(64*1024);
	pid = child(nil, RFFDG);
	until(pid, "Sleep");
	fd = procopen(pid, "mem", ORDWR);
	a = ((ulong)pattern + 4095 & ~4095) + 4090;
	same(pread(fd, buf, 4106, a), 4106, "a read over page ends");
	ok(memcmp(buf, (char*)a, 4106) == 0, "gives what is there");
	fails(pwrite(fd, "x", 1, a), "bad process or channel control request", "nothing is written while it runs");
	same(pread(fd, buf, 4, (ulong)sbrk(0)-4096), 4, "memory that was never touched");
	same(*(int*)buf, 0, "reads as zero");
	ok(pread(fd, buf, 4096, (ulong)sbrk(0)-10 & ~3) < 4096, "a read ends with its segment");
	fails(pread(fd, buf, 1, 0x500), "bad arg in system call", "page 0 is not there");
	fails(pread(fd, buf, 1, 0x100001000LL), "bad arg in system call", "nor is anything beyond 4 GiB");
	same(pread(fd, buf, 4, 0xF0100000), 4, "the host owner may read the kernel");
	fails(pwrite(fd, buf, 4, 0xF0100000), "", "but not write it");
	stopwaiting(pid);
	same(pwrite(fd, "written", 7, a+2), 7, "a write over a page end, stopped");
	same(pread(fd, buf, 7, a+2), 7, "reads back");
	ok(memcmp(buf, "written", 7) == 0 && memcmp((char*)a+2, "written", 7) != 0, "in that process alone");
	w = 0;
	same(pread(fd, &w, 4, 0x1000), 4, "text");
	same(w, 0xEB010000, "begins with the header");
	close(fd);
	finish(pid);
}

static void
registers(void)
{
	uchar fp[600];
	ulong u[19], v[19];
	int pid, fd, n;

	pid = child(nil, 0);
	until(pid, "Sleep");
	fd = procopen(pid, "regs", ORDWR);
	same(read(fd, u, 100), 76, "regs has 76 bytes");
	same(read(fd, u, 100), 0, "and ends there");
	same(pread(fd, u, 4, 56), 4, "at their offsets");
	same(pread(fd, u, 76, 0), 76, "all");
	ok(u[13] == 0 && u[12] == 0x40 && ((uchar*)u[14])[-2] == 0xCD, "in a system call");
	memset(v, 0xFF, sizeof v);
	same(pwrite(fd, v, 76, 0), 76, "all ones for all");
	pread(fd, v, 76, 0);
	ok(v[0] == ~0UL && v[4] == ~0UL && v[14] == ~0UL && v[17] == ~0UL, "general registers, pc and sp change");
	ok(v[8] == u[8] && v[9] == u[9] && v[10] == u[10] && v[11] == u[11] && v[15] == u[15] && v[18] == u[18], "selectors do not");
	same(v[16], (u[16] & ~0xCD5) | 0xCD5, "of the flags the harmless ones");
	fails(pwrite(fd, v, -1, 0), "bad arg", "a negative number of bytes");
	same(pwrite(fd, v, 4, 76), 0, "behind the end nothing is taken");
	pwrite(fd, u, 76, 0);
	close(fd);
	same(procread(pid, "kregs", (char*)u, 77), 76, "kregs has as many");
	ok(u[14] >= 0xF0000000 && (u[15] & 3) < 3, "in the kernel (pc %#lux)", u[14]);
	memset(fp, 0xEE, sizeof fp);
	fd = procopen(pid, "fpregs", ORDWR);
	same(read(fd, fp, sizeof fp), 512, "fpregs has 512 bytes");
	ok(fp[0] == 0x32 && fp[1] == 0x02 && fp[24] == 0x80 && fp[25] == 0x1F && fp[4] == 0, "before their use as they will begin");
	same(pwrite(fd, "\177\003", 2, 0), 2, "they can be written");
	n = pread(fd, fp, 4, 0);
	ok(n == 4 && fp[0] == 0x7F && fp[1] == 3, "and read back");
	close(fd);
	finish(pid);
	pid = rfork(RFPROC);
	if(pid == 0){
		__asm__ volatile("fld1; fldz; 1: jmp 1b");
	}
	for(n = 0; n < 1000; n++){
		sleep(5);
		ctl(pid, "stop");
		procread(pid, "fpregs", (char*)fp, 513);
		if(fp[4] == 0xC0)
			break;
		ctl(pid, "start");
	}
	ok(fp[4] == 0xC0 && memcmp(fp+48, "\0\0\0\0\0\0\0\200\377\77", 10) == 0, "what a program has in them");
	finish(pid);
}

static void
waits(void)
{
	char buf[300], name[40], *f[8];
	int pid, kid, other, fd, n, i, p[2];
	Dir *d;

	/* a process with three children that have ended, and does not ask */
	pipe(p);
	pid = rfork(RFPROC|RFFDG);
	if(pid == 0){
		snprint(buf, sizeof buf, "/proc/%d/wait", getpid());
		for(i = 0; i < 3; i++){
			if((kid = fork()) == 0)
				_exits(i == 0? nil: i == 1? "it's": "two words");
			for(n = 0; n < 1000; n++){
				d = dirstat(buf);
				if(d != nil && d->length == i+1)
					break;
				sleep(5);
			}
		}
		write(p[1], "x", 1);
		sleep(100000);
		_exits(nil);
	}
	read(p[0], buf, 1);
	snprint(name, sizeof name, "/proc/%d/wait", pid);
	d = dirstat(name);
	same(d != nil? d->length: -1, 3, "the length of wait is the number of records");
	fd = open(name, OREAD);
	n = read(fd, buf, sizeof buf - 1);
	buf[n < 0? 0: n] = 0;
	same(tokenize(buf, f, nelem(f)), 5, "another process may read them: five fields");
	ok(strstr(f[4], ": two words") != nil, "the youngest first (%s)", f[4]);
	n = read(fd, buf, sizeof buf - 1);
	buf[n < 0? 0: n] = 0;
	ok(strstr(buf, ": it''s'") != nil, "quoted (%s)", buf);
	n = read(fd, buf, sizeof buf - 1);
	buf[n < 0? 0: n] = 0;
	ok(n > 3 && strcmp(buf+n-3, " ''") == 0, "success is an empty message (%s)", buf);
	other = fork();
	if(other == 0){
		read(fd, buf, sizeof buf);
		rerrstr(buf, sizeof buf);
		_exits(buf);
	}
	until(other, "Pread");
	fails(read(fd, buf, sizeof buf), "device or object already in use", "one reader at a time");
	ctl(pid, "kill");
	for(i = 0; i < 2; i++){
		Waitmsg *w;

		w = wait();
		if(w != nil && w->pid == other)
			ok(strstr(w->msg, "process exited") != nil, "who waits is told that the process has gone (%s)", w->msg);
	}
	close(fd);
	close(p[0]);
	close(p[1]);
}

static void
writing(void)
{
	char buf[300], big[200];
	int fd;

	fd = procopen(getpid(), "args", OWRITE);
	memset(big, 'a', sizeof big);
	fails(write(fd, big, 128), "read or write too large", "args of 128 bytes");
	same(write(fd, big, 127), 127, "127 are allowed");
	procread(getpid(), "args", buf, sizeof buf);
	ok(strncmp(buf, "k_proc [aaa", 11) == 0 && strlen(buf) == 127+9, "and are shown in brackets");
	close(fd);
	fails(procwrite(getpid(), "status", "x"), "permission denied", "status is not written");
	fails(procopen(getpid(), "text", OWRITE), "permission denied", "nor is text");
	fails(procopen(getpid(), "notepg", OREAD), "permission denied", "notepg is not read");
	fd = procopen(getpid(), "text", OREAD);
	read(fd, buf, 32);
	close(fd);
	fd = procopen(getpid(), "text", OREAD);
	read(fd, buf, 4);
	ok(memcmp(buf, "\0\0\001\353", 4) == 0, "text is read from its start");
	close(fd);
}

/* As none: who may look at, and touch, a process of somebody else's. */
static void
strangers(void)
{
	Dir nd;
	char name[40];
	int pid, fd;

	pid = child(nil, 0);
	if(fork() == 0){
		fd = open("#c/user", OWRITE);
		write(fd, "none", 4);
		if(procread(pid, "status", text, sizeof text) != 176)
			_exits("status");
		if(procopen(pid, "mem", OREAD) >= 0 || procopen(pid, "note", OWRITE) >= 0 || procopen(pid, "ctl", OWRITE) >= 0
		|| procopen(pid, "regs", OREAD) >= 0 || procopen(pid, "notepg", OWRITE) >= 0)
			_exits("open");
		snprint(name, sizeof name, "/proc/%d/ctl", pid);
		nulldir(&nd);
		nd.mode = 0666;
		if(dirwstat(name, &nd) >= 0)
			_exits("wstat");
		fd = procopen(getpid(), "ctl", OWRITE);
		if(fprint(fd, "pri 15") >= 0)
			_exits("pri");
		_exits(nil);
	}
	samestr(wait()->msg, "", "none may look at the status of others and do no more");
	snprint(name, sizeof name, "/proc/%d/ctl", pid);
	nulldir(&nd);
	nd.mode = 0444;
	ok(dirwstat(name, &nd) >= 0, "the owner changes the mode");
	nulldir(&nd);
	ok(dirstat(name)->mode == 0444 && (dirstat(smprint("/proc/%d/mem", pid))->mode & 0777) == 0444, "of all files at once");
	nd.mode = 0640;
	dirwstat(name, &nd);
	nulldir(&nd);
	nd.uid = "none";
	ok(dirwstat(name, &nd) >= 0, "the host owner gives a process away");
	procread(pid, "status", text, sizeof text);
	ok(strncmp(text+28, "none ", 5) == 0, "to another user");
	fails(ctl(pid, "kill"), "permission denied", "and is not the owner any more");
	nd.uid = getuser();
	dirwstat(name, &nd);
	finish(pid);
}

/* A long list of descriptors is given whole. */
static void
manyfds(void)
{
	static char big[512*1024];
	char *s, want[20];
	int i, fd, n, m;

	if(rfork(RFPROC|RFFDG) == 0){
		for(i = 0; i < 2000; i++)
			dup(0, -1);
		fd = procopen(getpid(), "fd", OREAD);
		for(n = 0; (m = read(fd, big+n, sizeof big - 1 - n)) > 0; n += m)
			;
		big[n] = 0;
		for(i = 0, s = big; (s = strchr(s, '\n')) != nil; s++)
			i++;
		snprint(want, sizeof want, "\n%3d r", fd);
		_exits(i >= 2000 && strstr(big, want) != nil? nil: smprint("%d lines", i));
	}
	samestr(wait()->msg, "", "two thousand descriptors are listed");
}

static int
nsline(char *want)
{
	char buf[400];
	int fd, n, i, at;

	fd = procopen(getpid(), "ns", OREAD);
	at = -1;
	for(i = 0; (n = read(fd, buf, sizeof buf - 1)) > 0; i++){
		buf[n] = 0;
		if(strcmp(buf, want) == 0)
			at = i;
	}
	close(fd);
	return at;
}

static void
names(void)
{
	char buf[10];
	int fd, a, b, c;

	rfork(RFNAMEG);
	bind("#c", "/mnt", MREPL);
	bind("#p", "/mnt", MAFTER|MCREATE);
	bind("#d", "/n", MBEFORE);
	bind("/dev/null", "/dev/zero", MREPL);
	ok((a = nsline("bind  #c /mnt\n")) >= 0, "ns: a plain bind has an empty flag field");
	ok((b = nsline("bind -ac #p /mnt\n")) > a, "flags, in the order in which it was done");
	ok((c = nsline("bind -b #d /n\n")) > b, "before");
	ok(nsline("bind  /dev/null /dev/zero\n") > c, "files");
	unmount("#p", "/mnt");
	same(nsline("bind -ac #p /mnt\n"), -1, "what was undone is not there");
	chdir("/proc");
	ok(nsline("cd /proc\n") > c, "the directory comes last");
	chdir("/");
	fd = procopen(getpid(), "ns", OREAD);
	same(read(fd, buf, 4), 4, "a reader with little room");
	same(memcmp(buf, "bind", 4), 0, "gets the beginning of a line");
	close(fd);
}

void
main(int argc, char **argv)
{
	if(argc > 1 && strcmp(argv[1], "-quiet") == 0)
		_exits(nil);
	rfork(RFNOTEG);
	chdir("/");
	listing();
	statuses();
	segments();
	words();
	memory();
	registers();
	waits();
	writing();
	strangers();
	manyfds();
	names();
	done();
}
