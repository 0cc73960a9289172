/*
 * exec: which files are executable, what a program finds when it begins (memory,
 * stack, registers, the top of the stack), and what it keeps of the one before.
 */
#include <u.h>
#include <libc.h>
#include <tos.h>
#include <ureg.h>
#include "tap.h"

enum
{
	Top	= 0xDFFFF000,
	Tosaddr	= Top - 72,
};

static char	*me;
static char	prog[] = "/tmp/k_exec.out";
static ushort	fcw0;
static ulong	mxcsr0;
static char	filler[5000] = "data";	/* so that data has a tail */

/* exits(nil) */
static uchar	leave[] = { 0x6A, 0x00, 0x6A, 0x00, 0xB8, 0x08, 0x00, 0x00, 0x00, 0xCD, 0x40 };

/* write all registers to descriptor 1, then exits(nil) */
static uchar	tell[] = {
	0x60, 0x9C, 0x1E, 0x06, 0x0F, 0xA0, 0x0F, 0xA8, 0x0E, 0x16,	/* pushal; pushfl; push ds es fs gs cs ss */
	0x89, 0xE3,				/* movl %esp, %ebx */
	0x6A, 0xFF, 0x6A, 0xFF, 0x6A, 0x3C, 0x53, 0x6A, 0x01, 0x6A, 0x00,
	0xB8, 0x33, 0x00, 0x00, 0x00, 0xCD, 0x40,
	0x6A, 0x00, 0x6A, 0x00, 0xB8, 0x08, 0x00, 0x00, 0x00, 0xCD, 0x40,
};

static void
be(uchar *p, ulong v)
{
	p[0] = v>>24;
	p[1] = v>>16;
	p[2] = v>>8;
	p[3] = v;
}

static ulong
getbe(uchar *p)
{
	return (ulong)p[0]<<24 | p[1]<<16 | p[2]<<8 | p[3];
}

/* Make prog: a header that says so, and n bytes of code. */
static void
aout(ulong magic, ulong text, ulong data, ulong bss, ulong entry, uchar *code, int n)
{
	uchar h[32];
	int fd;

	memset(h, 0, sizeof h);
	be(h, magic);
	be(h+4, text);
	be(h+8, data);
	be(h+12, bss);
	be(h+20, entry);
	fd = create(prog, OWRITE, 0777);
	if(fd < 0)
		sysfatal("%s: %r", prog);
	write(fd, h, sizeof h);
	if(n > 0)
		write(fd, code, n);
	close(fd);
}

/* The exit message of what exec of file makes of a child, "exec: ..." if nothing. */
static char*
run(char *file, char **argv)
{
	static char msg[ERRMAX];
	char err[ERRMAX];
	Waitmsg *w;

	switch(fork()){
	case -1:
		sysfatal("fork: %r");
	case 0:
		exec(file, argv);
		rerrstr(err, sizeof err);
		_exits(smprint("exec: %s", err));
	}
	w = wait();
	strecpy(msg, msg+sizeof msg, strchr(w->msg, ':') != nil? strchr(w->msg, ':')+2: w->msg);
	free(w);
	return msg;
}

static void
header(ulong magic, ulong text, ulong data, ulong bss, ulong entry, char *want, char *name)
{
	char *argv[] = { "x", nil };

	aout(magic, text, data, bss, entry, leave, sizeof leave);
	samestr(run(prog, argv), want, name);
}

static void
headers(void)
{
	char *argv[] = { "x", nil };
	static char bad[] = "exec: exec header invalid";
	ulong n;
	int fd;

	n = sizeof leave;
	header(0x1EB, n, 0, 0, 0x1020, "", "the smallest program, entered at its first byte");
	header(0x1EB, n, 0, 0x100000, 0x1020, "", "with bss");
	header(0x1EB, n, 0, 0, 0x101F, bad, "an entry inside the header");
	header(0x1EB, n, 0, 0, 0x1020+n, bad, "an entry behind the text");
	header(0x1EB, n, 0, 0, 0, bad, "entry 0");
	header(0x107, n, 0, 0, 0x1020, bad, "another machine's magic");
	header(0x8A97, n, 0, 0, 0x1020, bad, "amd64's");
	header(0x800001EB, n, 0, 0, 0x1020, bad, "a dynamic module");
	header(0x1EB, 0xDFFFE000, 0, 0, 0x1020, bad, "text up to the stack's top");
	header(0x1EB, n, 0xF0000000, 0, 0x1020, bad, "data in the kernel's memory");
	header(0x1EB, n, 0xFFFFFFFF, 0xFFFFFFFF, 0x1020, bad, "sizes that wrap");
	header(0x1EB, n, 0, 0xF0000000, 0x1020, bad, "bss into the kernel's memory");
	header(0x1EB, n, 0, 0x7B000000, 0x1020, "", "bss of 1968 MiB");
	header(0x1EB, n, 0, 0x7D000000, 0x1020, "exec: virtual memory allocation failed", "bss of 2000 MiB");
	header(0x1EB, n, 0, 0xDF000000, 0x1020, "exec: segments overlap", "bss into the stack");
	fd = create(prog, OWRITE, 0777);
	close(fd);
	samestr(run(prog, argv), bad, "an empty file");
	fd = create(prog, OWRITE, 0777);
	write(fd, "\0\0\001\353\0\0\0\001\0\0\0\0\0\0\0\0\0\0\0\0\0\0\020\040\0\0\0\0\0\0\0", 31);
	close(fd);
	samestr(run(prog, argv), bad, "31 bytes");
	aout(0x1EB, sizeof leave, 0, 0, 0x1020, leave, sizeof leave);
	fd = open(prog, OREAD);
	close(fd);
	remove(prog);
	fd = create(prog, OWRITE, 0666);
	write(fd, leave, sizeof leave);
	close(fd);
	ok(strstr(run(prog, argv), "permission denied") != nil, "a file that may not be executed");
	remove(prog);
	samestr(run("/dev", argv), "exec: '/dev' cannot exec directory", "a directory");
	samestr(run("/nosuch", argv), "exec: '/nosuch' file does not exist", "what is not there");
	/* the file ends before its text does */
	aout(0x1EB, 0x4000, 0, 0, 0x3000, leave, sizeof leave);
	if(rfork(RFPROC|RFFDG) == 0){
		close(2);
		exec(prog, argv);
		_exits("exec");
	}
	ok(strstr(wait()->msg, ": i/o error in demand load accessing /tmp/k_exec.out: ") != nil, "a text that is not there kills");
}

/* What the image looks like from inside. */
static void
image(void)
{
	uchar *h, *p, *e;
	ulong text, data, t;
	int bad;
	extern char end[];

	h = (uchar*)0x1000;
	same(getbe(h), 0x1EB, "the header is visible at 0x1000");
	text = getbe(h+4);
	data = getbe(h+8);
	t = (0x1000+32+text + 4095) & ~4095;
	e = (uchar*)t;
	bad = 0;
	for(p = (uchar*)0x1020+text; p < e; p++)
		bad += *p != 0;
	same(bad, 0, "text ends in zeros");
	ok((ulong)filler >= t && (ulong)filler < t+data && strcmp(filler, "data") == 0, "data begins at the next page");
	bad = 0;
	for(p = (uchar*)t+data; ((ulong)p & 4095) != 0; p++)
		bad += *p != 0 && p >= (uchar*)end;
	same(bad, 0, "and ends in zeros");
}

static void
stack(int argc, char **argv)
{
	char *s;
	int i;

	same((ulong)_tos, Tosaddr, "AX is the address of the Tos, 72 bytes below the top");
	same(sizeof(Tos), 72, "its size");
	same((ulong)argv & 7, 0, "the word above the stack pointer is aligned to 8");
	same(*((ulong*)argv - 1), argc, "argc is at the stack pointer");
	same((ulong)argv[argc], 0, "the pointers end in nil");
	s = argv[0];
	for(i = 0; i < argc && argv[i] == s; i++)
		s += strlen(s)+1;
	same(i, argc, "the strings follow each other, argv[0] lowest");
	ok(s <= (char*)_tos && s > (char*)_tos-8, "and end at the Tos");
	same(fcw0 & ~0x40, 0x232, "x87 control word");		/* bit 6 reads as 1 on some */
	same(mxcsr0, 0x1F80, "MXCSR");
	same(_tos->pid, getpid(), "pid in the Tos");
	ok(_tos->cyclefreq > 1000000 && _tos->kcycles == 0 && _tos->clock < 1000, "and its clocks begin");
}

static void
registers(void)
{
	char *argv[] = { "x", "yy", nil };
	ulong r[15];
	int p[2], n;

	aout(0x1EB, sizeof tell, 0, 0, 0x1020, tell, sizeof tell);
	pipe(p);
	if(fork() == 0){
		dup(p[1], 1);
		exec(prog, argv);
		_exits("exec");
	}
	waitpid();
	memset(r, 0, sizeof r);
	n = read(p[0], r, sizeof r);
	same(n, sizeof r, "a program says what is in its registers");
	same(r[14], Tosaddr, "AX");
	same((r[10]+4) & 7, 0, "SP");
	ok((r[0]&0xFFFF) == (r[2]&0xFFFF) && (r[0]&0xFFFF) == (r[3]&0xFFFF) && (r[0]&0xFFFF) == (r[4]&0xFFFF) && (r[0]&0xFFFF) == (r[5]&0xFFFF),
		"SS, GS, FS, ES and DS are the same");
	ok((r[1] & 3) == 3 && (r[0] & 3) == 3, "and a user's");
	same(r[6] & 0x600, 0x200, "interrupts on, direction flag clear");
	ok(r[7] == 0 && r[8] == 0 && r[9] == 0 && r[11] == 0 && r[12] == 0 && r[13] == 0, "the others are zero");
	close(p[0]);
	close(p[1]);
}

static vlong
cyc(void)
{
	uvlong t;

	cycles(&t);
	return t;
}

/* The clocks of the Tos, as a profiler uses them. */
static void
tosclocks(void)
{
	vlong t, k, p;
	ulong c;
	int i;

	_tos->prof.what = 1;
	sysname();
	t = cyc();
	k = _tos->kcycles;
	for(i = 0; i < 2000; i++)
		seek(0, 0, 1);
	k = _tos->kcycles - k;
	t = cyc() - t;
	ok(k > 2000*20 && k < t, "kcycles counts cycles in the kernel (%lld of %lld)", k, t);
	c = _tos->clock;
	k = _tos->kcycles;
	for(t = nsec(); nsec() - t < 20000000; )
		;
	for(i = 0; i < 100 && _tos->clock < c+100; i++){
		t = cyc();
		while(cyc() - t < _tos->cyclefreq/50)
			;
	}
	ok(_tos->clock >= c+100, "clock counts ms in user mode");
	/* a process that waits uses no cycles, unless the host takes some from it just before it waits */
	for(i = 0; i < 20; i++){
		seek(0, 0, 1);
		t = cyc();
		p = t + _tos->pcycles;
		sleep(100);
		p = cyc() + _tos->pcycles - p;
		t = cyc() - t;
		if(p < t/2)
			break;
	}
	ok(p >= 0 && p < t/2, "pcycles leaves out what others ran (%lld of %lld)", p, t);
	_tos->prof.what = 0;
}

static int
isopen(int fd)
{
	char buf[10];

	return fd2path(fd, buf, sizeof buf) >= 0;
}

static void
ignore(void *u, char *s)
{
	USED(u, s);
	noted(NCONT);
}

static void
handled(void *u, char *s)
{
	USED(u, s);
	_exits("handled");
}

/* Notes wait while this runs; exec is to drop them. */
static void
execinhandler(void *u, char *s)
{
	char *argv[] = { "k_exec", "-quiet", nil };

	USED(u, s);
	postnote(PNPROC, getpid(), "one");
	postnote(PNPROC, getpid(), "two");
	exec(me, argv);
	_exits("exec");
}

static void
effects(void)
{
	char a[20], b[20], c[20], d[20], e[20];
	char *argv[] = { "k_exec", "-after", a, b, c, d, e, nil };
	char *note[] = { "k_exec", "-note", nil };
	char *m;
	int p[2], pid;

	pipe(p);
	if((pid = fork()) == 0){
		snprint(a, sizeof a, "%d", open("/dev/null", OREAD|OCEXEC));
		snprint(b, sizeof b, "%d", open("/dev/null", OREAD));
		m = segattach(0, "shared", nil, 4096);
		*m = 42;
		snprint(c, sizeof c, "%#lux", (ulong)m);
		m = segattach(SG_CEXEC, "shared", nil, 4096);
		snprint(d, sizeof d, "%#lux", (ulong)m);
		chdir("/proc");
		if((pid = fork()) == 0)
			_exits("grandchild");
		snprint(e, sizeof e, "%d", pid);
		putenv("k_exec", "kept");
		m = smprint("/proc/%d/ctl", getpid());
		fprint(open(m, OWRITE|OCEXEC), "private");
		setfcr(0x37F);
		alarm(1000000);
		notify(ignore);
		exec(me, argv);
		_exits("exec");
	}
	samestr(wait()->msg, "", "exec keeps and drops what it should");
	ok(strstr(run(me, note), "a note to myself") != nil, "a handler does not outlive exec");
	if(fork() == 0){
		notify(execinhandler);
		postnote(PNPROC, getpid(), "zero");
		_exits("not noted");
	}
	samestr(wait()->msg, "", "nor do notes that waited for it");
	close(p[0]);
	close(p[1]);
}

/* The new program of effects. */
static void
after(char **argv)
{
	char buf[200], name[40];
	ushort cw;
	Waitmsg *w;
	char *m;
	int fd;

	__asm__ volatile("fnstcw %0" : "=m"(cw));
	if((cw & ~0x40) != 0x232)
		_exits("control word");
	if(isopen(atoi(argv[2])))
		_exits("close on exec");
	if(!isopen(atoi(argv[3])))
		_exits("descriptor closed");
	m = (char*)strtoul(argv[4], nil, 0);
	if(*m != 42)
		_exits("segment");
	m = (char*)strtoul(argv[5], nil, 0);
	if(segdetach(m) >= 0)
		_exits("SG_CEXEC");
	if(strcmp(getwd(buf, sizeof buf), "/proc") != 0)
		_exits("dot");
	w = wait();
	if(w == nil || w->pid != atoi(argv[6]) || strstr(w->msg, "grandchild") == nil)
		_exits("child");
	m = getenv("k_exec");
	if(m == nil || strcmp(m, "kept") != 0)
		_exits("environment");
	if(alarm(0) < 100000)
		_exits("alarm");
	snprint(name, sizeof name, "/proc/%d/mem", getppid());
	snprint(name, sizeof name, "/proc/%d/args", getpid());
	fd = open(name, OREAD);
	buf[read(fd, buf, sizeof buf-1)] = 0;
	if(strncmp(buf, "k_exec -after ", 14) != 0)
		_exits("args");
	/* private would keep others out, so ask one */
	snprint(name, sizeof name, "/proc/%d/note", getpid());
	if(fork() == 0)
		_exits(open(name, OWRITE) < 0? "private": nil);
	_exits(wait()->msg[0] == 0? nil: "private");
}

/*
 * An alarm that goes off around exec, before it, within or after, ends the process in
 * any case: it may not get lost where the old program is no more and the new one not yet.
 */
static void
around(void)
{
	char *argv[] = { "k_exec", "-lost", nil };
	int i, lost, before;
	vlong t;
	Waitmsg *w;

	lost = before = 0;
	for(i = 0; i < 150; i++){
		if(fork() == 0){
			close(2);
			notify(handled);
			t = nsec();
			alarm(2);
			while(nsec() - t < 2000000 - i%30*10000)
				;
			exec(me, argv);
			_exits("exec");
		}
		w = wait();
		before += strstr(w->msg, "handled") != nil;
		lost += strstr(w->msg, "lost") != nil;
		free(w);
	}
	ok(lost == 0, "no alarm gets lost in an exec (%d before it, %d lost of 150)", before, lost);
}

static void
hang(void)
{
	char *argv[] = { "k_exec", "-quiet", nil }, name[40], st[200];
	int pid, fd, ctl, p[2];
	Ureg u;

	pipe(p);
	pid = fork();
	if(pid == 0){
		snprint(name, sizeof name, "/proc/%d/ctl", getpid());
		fprint(open(name, OWRITE), "hang");
		write(p[1], "x", 1);
		exec(me, argv);
		_exits("exec");
	}
	read(p[0], name, 1);
	snprint(name, sizeof name, "/proc/%d/ctl", pid);
	ctl = open(name, OWRITE);
	same(fprint(ctl, "waitstop"), 8, "waitstop");
	snprint(name, sizeof name, "/proc/%d/status", pid);
	fd = open(name, OREAD);
	read(fd, st, sizeof st);
	close(fd);
	ok(strncmp(st+56, "Stopped ", 8) == 0, "with hang a program stops at exec");
	snprint(name, sizeof name, "/proc/%d/regs", pid);
	fd = open(name, OREAD);
	same(read(fd, &u, sizeof u), sizeof u, "its registers");
	same(u.pc, getbe((uchar*)0x1000+20), "before its first instruction");
	same(u.ax, Tosaddr, "AX is set");
	close(fd);
	fprint(ctl, "start");
	close(ctl);
	samestr(wait()->msg, "", "and runs when it is started");
	close(p[0]);
	close(p[1]);
}

/* The text of a file args, which begins so when its process has done its exec. */
static void
readargs(char *name, char *start, char *buf, int size)
{
	int fd, i, n;

	for(i = 0; i < 2000; i++){
		fd = open(name, OREAD);
		n = read(fd, buf, size-1);
		buf[n < 0? 0: n] = 0;
		close(fd);
		if(strncmp(buf, start, strlen(start)) == 0)
			break;
		sleep(5);
	}
}

static void
names(void)
{
	char buf[300], name[100], *argv[] = { "zero", "a b", "", "it's", nil }, *e;
	char big[200], *bigv[] = { "k_exec", "-sleep", big, nil };
	int pid, fd;

	fd = create("/tmp/a-script", OWRITE, 0777);
	fprint(fd, "#!/bin/k_exec -sleep\n");
	close(fd);
	pid = fork();
	if(pid == 0){
		exec("/tmp/a-script", argv);
		_exits("exec");
	}
	snprint(name, sizeof name, "/proc/%d/args", pid);
	readargs(name, "a-script", buf, sizeof buf);
	samestr(buf, "a-script -sleep /tmp/a-script 'a b' '' 'it''s'", "args of a script, quoted");
	snprint(name, sizeof name, "/proc/%d/status", pid);
	fd = open(name, OREAD);
	read(fd, buf, 28);
	buf[28] = 0;
	close(fd);
	samestr(buf, "a-script                    ", "its name");
	snprint(name, sizeof name, "/proc/%d/text", pid);
	fd = open(name, OREAD);
	fd2path(fd, buf, sizeof buf);
	close(fd);
	samestr(buf, "/bin/k_exec", "its text is the interpreter");
	postnote(PNPROC, pid, "die");
	waitpid();
	remove("/tmp/a-script");
	memset(big, 'b', sizeof big - 1);
	big[sizeof big - 1] = 0;
	pid = fork();
	if(pid == 0){
		exec(me, bigv);
		_exits("exec");
	}
	snprint(name, sizeof name, "/proc/%d/args", pid);
	readargs(name, "k_exec -sleep", buf, sizeof buf);
	e = strrchr(buf, ' ');
	ok(e != nil && e[1] == 'b' && strlen(buf) == 128, "args has 128 bytes of a long list (%d)", (int)strlen(buf));
	postnote(PNPROC, pid, "die");
	waitpid();
}

void
main(int argc, char **argv)
{
	__asm__ volatile("fnstcw %0" : "=m"(fcw0));
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr0));
	if(argc > 1 && strcmp(argv[1], "-after") == 0)
		after(argv);
	if(argc > 1 && strcmp(argv[1], "-note") == 0){
		postnote(PNPROC, getpid(), "a note to myself");
		_exits("lived");
	}
	if(argc > 1 && strcmp(argv[1], "-quiet") == 0)
		_exits(nil);
	if(argc > 1 && strcmp(argv[1], "-lost") == 0){
		sleep(20000);
		_exits("lost");
	}
	if(argc > 1 && strcmp(argv[1], "-sleep") == 0){
		sleep(100000);
		_exits("slept");
	}
	me = "/bin/k_exec";
	rfork(RFNOTEG|RFENVG);
	stack(argc, argv);
	image();
	headers();
	registers();
	tosclocks();
	effects();
	around();
	hang();
	names();
	remove(prog);
	done();
}
