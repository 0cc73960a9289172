/*
 * What kernels get wrong and programs count on, as far as no other test has it: offsets
 * that are shared, descriptors that are shared, /fd, time-sharing, registers, lengths,
 * servers that do not answer.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "dir.h"
#include "proc.h"
#include "late.h"

static volatile long	flag, turns;
static char	buf[8192];

/* Writers that share an offset, and one that appends behind them. */
static void
offsets(void)
{
	char rec[11], name[40];
	int fd, i, j, n, bad, seen[2];

	fd = create("/tmp/k_pitfall", ORDWR, 0644);
	for(i = 0; i < 2; i++)
		if(fork() == 0){
			snprint(rec, sizeof rec, "record %d \n", i);
			for(j = 0; j < 200; j++){
				write(fd, rec, 10);
				if(j%16 == 0)
					sleep(0);
			}
			_exits(nil);
		}
	waitpid();
	waitpid();
	same(seek(fd, 0, 1), 4000, "two writers with one offset write one after the other");
	n = pread(fd, buf, sizeof buf, 0);
	same(n, 4000, "all of it is there");
	bad = 0;
	seen[0] = seen[1] = 0;
	for(i = 0; i < n; i += 10)
		if(strncmp(buf+i, "record 0 \n", 10) == 0)
			seen[0]++;
		else if(strncmp(buf+i, "record 1 \n", 10) == 0)
			seen[1]++;
		else
			bad++;
	ok(bad == 0 && seen[0] == 200 && seen[1] == 200, "each record whole");
	same(seek(fd, 0, 1), 4000, "pread leaves the offset");
	same(pwrite(fd, "x", 1, 5), 1, "so does pwrite");
	same(seek(fd, 0, 1), 4000, "at its place");
	fails(pread(fd, buf, 1, -5), "negative i/o offset", "no offset is negative but -1");
	snprint(name, sizeof name, "#d/%d", fd);
	i = open(name, OREAD);
	same(seek(i, 10, 0), 10, "#d/n is the same channel");
	same(seek(fd, 0, 1), 10, "with the same offset");
	close(i);
	close(fd);
}

/* rfork without RFFDG: one table of descriptors. */
static void
tables(void)
{
	char c;
	int fd, pid, p[2], i;

	fd = open("/dev/null", OREAD);
	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		for(i = 0; i < 100; i++)
			dup(0, -1);
		close(fd);
		flag = open("/dev/zero", OREAD);
		_exits(nil);
	}
	waitpid();
	fails(read(fd == flag? 999: fd, &c, 1), "fd out of range or not open", "a close in one process is a close in all");
	same(read(flag, &c, 1), 1, "what one opens all have");
	same(read(100, &c, 0), 0, "though the table has grown");
	pipe(p);
	pid = rfork(RFPROC|RFFDG);
	if(pid == 0){
		for(i = 3; i < 150; i++)
			if(i != p[1])
				close(i);
		_exits(write(p[1], "x", 1) == 1? nil: "write");
	}
	samestr(wait()->msg, "", "with RFFDG it has its own");
	same(read(p[0], &c, 1), 1, "and we ours");
	if(rfork(RFPROC|RFCFDG) == 0)
		_exits(dup(p[0], -1) < 0 && open("/dev/null", OREAD) == 0? nil: "not empty");
	samestr(wait()->msg, "", "with RFCFDG none");
	for(i = 3; i < 150; i++)
		close(i);
}

static void
numbers(void)
{
	int fd, i, n;

	/* all there are: the error that programs know */
	fd = rfork(RFPROC|RFFDG);
	if(fd == 0){
		for(n = 0; dup(1, -1) >= 0; n++)
			;
		rerrstr(buf, sizeof buf);
		if(strcmp(buf, "no free file descriptors") != 0)
			_exits(buf);
		if(open("/dev/null", OREAD) >= 0 || pipe(&i) >= 0)
			_exits("more");
		_exits(n > 4900 && n < 5000? nil: smprint("%d", n));
	}
	samestr(wait()->msg, "", "5000 descriptors and no more");
	close(5);
	fd = open("/dev/null", OREAD);
	i = open("/dev/null", OREAD);
	close(fd);
	same(dup(0, -1), fd, "the lowest free one is taken");
	same(dup(0, i), i, "or the one that is asked for");
	fails(dup(99, 1), "fd out of range or not open", "dup of nothing");
	fails(dup(0, -2), "fd out of range or not open", "dup to a negative number");
	same(write(1, "", 0), 0, "leaves what there was");
	close(fd);
	close(i);
	/* date >#d/1 */
	fd = open("#d/1", OWRITE|OTRUNC);
	ok(fd >= 0 && dup(fd, 1) == 1, "an output put where it was");
	close(fd);
	same(write(1, "", 0), 0, "is still open");
}

/* As Go's os/exec does it. */
static void
closing(void)
{
	char name[40], arg[10], *argv[] = { "k_pitfall", "-isopen", arg, nil };
	int p[2], fd;
	char c;

	pipe(p);
	snprint(name, sizeof name, "#d/%d", p[1]);
	fd = open(name, ORDWR|OCEXEC);
	close(p[1]);
	same(write(fd, "x", 1), 1, "a pipe's end opened by #d outlives the first descriptor");
	read(p[0], &c, 1);
	snprint(arg, sizeof arg, "%d", fd);
	if(fork() == 0){
		close(p[0]);
		exec("/bin/k_pitfall", argv);
		_exits("exec");
	}
	close(fd);
	same(read(p[0], &c, 1), 0, "and is closed by exec");
	samestr(wait()->msg, "", "in the new program");
	close(p[0]);
	fd = open("/dev/null", ORDWR);
	snprint(name, sizeof name, "/fd/%d", fd);
	close(open(name, OREAD|OCEXEC));
	snprint(arg, sizeof arg, "%d", fd);
	if(fork() == 0){
		exec("/bin/k_pitfall", argv);
		_exits("exec");
	}
	samestr(wait()->msg, "", "the flag is the channel's: the first descriptor has it too");
	fails(open(name, 3|OTRUNC|OEXCL), "bad arg in system call", "modes that mean nothing");
	close(fd);
	fd = open("/dev/null", OREAD);
	snprint(name, sizeof name, "/fd/%d", fd);
	fails(open(name, OWRITE), "inappropriate use of fd", "/fd does not widen a mode");
	fails(open(name, ORDWR), "inappropriate use of fd", "in any way");
	close(fd);
}

static void
fds(void)
{
	char ctlname[40], num[20], *f[12];
	Dir *d;
	int fd, c, n;

	fd = dup(open("/dev/zero", OREAD), 30);		/* the tests themselves use lower ones */
	snprint(num, sizeof num, "%d", fd);
	snprint(ctlname, sizeof ctlname, "#d/%dctl", fd);
	same(listed("#d", num), 1, "#d lists what is open");
	d = dirstat(ctlname);
	ok(d != nil && d->mode == 0400, "with a ctl file");
	free(d);
	snprint(buf, sizeof buf, "#d/%d", fd);
	d = dirstat(buf);
	ok(d != nil && d->mode == 0400, "and modes as it was opened");
	free(d);
	c = open(ctlname, OREAD);
	n = pread(c, buf, sizeof buf - 1, 0);
	buf[n < 0? 0: n] = 0;
	ok(strncmp(buf, smprint("%3d r  c    0 (", fd), 15) == 0, "its columns (%.*s)", n-1, buf);
	same(tokenize(buf, f, nelem(f)), 10, "ten fields");
	samestr(f[9], "/dev/zero", "the last is the name");
	close(c);
	close(fd);
	same(listed("#d", num), 0, "what is closed is not listed");
	fails(open(ctlname, OREAD), "file does not exist", "nor found");
	c = open("/tmp/k_pitfall", OREAD);
	ok(iounit(c) >= 8192, "a served file's iounit is there (%d)", iounit(c));
	close(c);
}

static void
lengths(void)
{
	static char *zero[] = { "/dev/cons", "/dev/random", "/dev/sysname", "/dev", "/env", "/proc", "/tmp", "/srv", "#c", "#d", "/" };
	Dir *d;
	int i, bad, fd;

	bad = 0;
	for(i = 0; i < nelem(zero); i++){
		d = dirstat(zero[i]);
		if(d == nil || d->length != 0){
			diag("%s has length %lld", zero[i], d != nil? d->length: -1);
			bad++;
		}
		free(d);
	}
	same(bad, 0, "directories and devices have length 0");
	d = dirstat("/dev/cons");
	ok(d->atime > time(nil)-10 && d->mtime > 1000000000 && d->mtime <= time(nil) && strcmp(d->gid, d->uid) == 0, "times and owners of a device's file");
	free(d);
	fd = create("/tmp/k_pitfall", OWRITE, 0600);
	d = dirfstat(fd);
	ok(d->length == 0 && (d->mode & 0777) == 0644, "create truncates what there is and keeps its mode");
	close(fd);
	fails(create("/tmp/k_pitfall", OWRITE|OEXCL, 0600), "file already exists", "but not with OEXCL");
	fd = create("/tmp/k_pitfall2", OWRITE, 0600);
	close(fd);
	nulldir(d);
	d->name = "k_pitfall2";
	fails(dirwstat("/tmp/k_pitfall", d), "exists", "no name is given twice");
	remove("/tmp/k_pitfall2");
	free(d);
	fd = create("/tmp/k_pitfall2", ORDWR|ORCLOSE, DMEXCL|0600);
	fails(open("/tmp/k_pitfall2", OREAD), "exclusive use file already open", "a lock file is open once; Go waits if it reads these words");
	close(fd);
	fd = open("/dev/cons", OREAD);
	fd2path(fd, buf, sizeof buf);
	samestr(buf, "/dev/cons", "the console's name");
	same(fd2path(fd, buf, 5), 0, "and a part of it");
	samestr(buf, "/dev", "which ends in a NUL");
	close(fd);
	fd = open("#c/cons", OREAD);
	fd2path(fd, buf, sizeof buf);
	samestr(buf, "#c/cons", "its other name");
	close(fd);
}

/* Waiting belongs to the process that made the child; records come youngest first. */
static void
records(void)
{
	int pid[3], i, kid;
	vlong t;

	kid = rfork(RFPROC|RFMEM);
	if(kid == 0){
		if(fork() == 0)
			_exits(nil);
		while(flag != 12345)
			sleep(1);
		_exits(nil);
	}
	flag = 0;
	sleep(20);
	if(fork() == 0)
		_exits("ours");
	ok(strstr(wait()->msg, ": ours") != nil, "a thread's child is not ours to wait for");
	flag = 12345;
	same(waitpid(), kid, "the thread is");
	fails(waitpid(), "no living children", "and there is no more");
	for(i = 0; i < 3; i++){
		if((pid[i] = fork()) == 0)
			_exits(nil);
		while(strcmp(procstate(pid[i]), "gone") != 0)
			sleep(1);
	}
	i = waitpid();
	ok(i == pid[2] && waitpid() == pid[1] && waitpid() == pid[0], "the youngest record first");
	t = nsec();
	atnotify(again, 1);
	do{
		insisted = 0;
		alarm(30);
		alarm(1000000);
	}while(insisted != 0);		/* the first had come already */
	sleep(60);
	i = alarm(0);
	ok(insisted == 0 && i < 1000000 - 50 && i > 20000, "a second alarm takes the place of the first (%d left)", i);
	atnotify(again, 0);
	same(alarm(0), 0, "alarm(0) leaves none");
	ok(nsec() > t, "time goes on");
	alarm(50000);
	if(fork() == 0)
		_exits(alarm(0) == 0? nil: "inherited");
	samestr(wait()->msg, "", "a child has none");
	alarm(0);
	if(rfork(RFPROC|RFNOWAIT) == 0){
		flag = -1;
		i = open("#c/ppid", OREAD);
		buf[read(i, buf, 12)] = 0;
		_exits(nil);
	}
	fails(waitpid(), "no living children", "RFNOWAIT: nobody to wait for");
}

/* A process and its child, made with flag, wait for each other under one tag until both give up after ms: what each gets. */
static void
meet(int flag, int ms, ulong ours, ulong theirs, char *name)
{
	Waitmsg *w;
	ulong r;

	insist(ms);
	if(rfork(RFPROC|RFMEM|flag) == 0){
		alarm(ms);
		r = (ulong)rendezvous((void*)~0, (void*)0);
		_exits(r == theirs? nil: smprint("%#lux", r));
	}
	r = (ulong)rendezvous((void*)~0, (void*)7);
	same(r, ours, name);
	while((w = wait()) == nil)	/* interrupted by an alarm that the child still needs */
		;
	samestr(w->msg, "", "on either side");
	free(w);
	enough();
}

/* What rfork's flags part and what a child has of its parent. */
static void
inheritance(void)
{
	char big[300], *s;
	int i, n, pid[140];

	for(i = 0; i < nelem(pid); i++)
		while((pid[i] = fork()) <= 0){
			if(pid[i] == 0)
				_exits(nil);
			sleep(10);
		}
	for(i = 0; i < nelem(pid); i++)
		until(pid[i], "gone");
	for(n = 0; waitpid() > 0; n++)
		;
	same(n, 128, "of 140 records that nobody reads 128 are kept");
	memset(big, 'm', sizeof big);
	big[sizeof big - 1] = 0;
	if(fork() == 0)
		_exits(big);
	s = strchr(wait()->msg, ':')+2;
	ok(strlen(s) >= 100 && strlen(s) <= 127 && strspn(s, "m") == strlen(s), "a long message is cut (%d bytes)", (int)strlen(s));
	if(fork() == 0){
		close(2);
		_exits((char*)0xF0000000);
	}
	ok(strstr(wait()->msg, ": invalid exit string") != nil, "one at a bad address");
	meet(0, 60000, 0, 7, "two with one tag meet, whatever tag and value are");
	meet(RFREND, 150, ~0UL, ~0UL, "with RFREND they do not meet");
	if(fork() == 0){
		ctl(getpid(), "pri 7");
		if(fork() == 0){
			procread(getpid(), "status", buf, sizeof buf);
			_exits(atoi(buf+152) == 7 && atoi(buf+68) == 0 && atoi(buf+104) == 0? nil: "status");
		}
		_exits(wait()->msg[0] == 0? nil: "child");
	}
	samestr(wait()->msg, "", "a child has the priority of its parent, and times of its own");
	if(rfork(RFPROC|RFFDG|RFENVG) == 0){
		rfork(RFNOTEG);
		procread(getpid(), "noteid", buf, 20);
		if(atoi(buf) != getpid())
			_exits("note group");
		putenv("k_pit", "a");
		rfork(RFENVG);
		putenv("k_pit", "b");
		rfork(RFCENVG);
		if(getenv("k_pit") != nil)
			_exits("environment");
		if(rfork(RFENVG|RFCENVG) >= 0 || rfork(RFMEM) >= 0 || rfork(RFNOWAIT) >= 0 || rfork(RFNAMEG|RFCNAMEG) >= 0)
			_exits("flags");
		_exits(nil);
	}
	samestr(wait()->msg, "", "a process may part from its own groups");
}

/* Those who spin, politely or not, do not keep others from running. */
static void
sharing(void)
{
	int i, pid;
	vlong t;

	flag = 0;
	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		flag = 1;
		_exits(nil);
	}
	for(t = nsec(); flag == 0; )
		if(turns++ % 1000000 == 0 && nsec()-t > 100000000000LL)
			break;
	same(flag, 1, "who spins is interrupted");
	waitpid();
	flag = 0;
	for(i = 0; i < 2; i++)
		if(rfork(RFPROC|RFMEM) == 0){
			while(flag < 400)
				if(flag % 2 == i)
					flag++;
				else
					sleep(0);
			_exits(nil);
		}
	waitpid();
	waitpid();
	same(flag, 400, "sleep(0) lets the other one run");
}

/* Two hundred who want the CPU a millisecond at a time, and sleep between, do not keep it for good from one who never sleeps. */
static void
starving(void)
{
	int i, pid[201];
	long was;
	vlong t;

	turns = 0;
	for(i = 0; i < nelem(pid); i++){
		pid[i] = rfork(RFPROC|RFMEM);
		if(pid[i] == 0 && i == 0)
			for(;;)
				turns++;
		if(pid[i] == 0)
			for(;;){
				for(t = nsec(); nsec()-t < 1000000; )
					;
				sleep(1);
			}
	}
	sleep(200);
	was = turns;
	for(t = nsec(); turns == was && nsec()-t < 100000000000LL; )
		sleep(20);
	ok(turns != was, "who computes goes on beside many who sleep and wake (%lld ms)", (nsec()-t)/1000000);
	for(i = 0; i < nelem(pid); i++)
		ctl(pid[i], "kill");
	while(waitpid() > 0)
		;
}

static void
xmmnote(void *v, char *s)
{
	USED(v, s);
	__asm__ volatile("pcmpeqd %%xmm1, %%xmm1; pcmpeqd %%xmm7, %%xmm7" : : : "memory");
	turns++;
	noted(NCONT);
}

static void
cpu(void)
{
	ulong in[4] = { 1, 2, 3, 4 }, out[4], a, b, c, d, r;
	uvlong t0, t1;
	int pid, i, bad;

	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(1), "2"(0));
	ok((d & (1<<26 | 1<<25 | 1<<15 | 1<<8 | 1<<4 | 1)) == (1<<26 | 1<<25 | 1<<15 | 1<<8 | 1<<4 | 1), "cpuid tells of SSE2, SSE, CMOV, CX8, TSC, FPU");
	__asm__ volatile("xorl %0, %0; cmovel %1, %0" : "=&r"(r) : "r"(77) : "cc");
	same(r, 77, "cmov");
	cycles(&t0);
	cycles(&t1);
	ok(t1 > t0, "rdtsc is a user's");
	notify(xmmnote);
	turns = 0;
	bad = 0;
	pid = fork();
	for(i = 0; i < 200; i++){
		in[0] = i + (pid == 0? 1000: 0);
		__asm__ volatile("movups %0, %%xmm1; movups %0, %%xmm7" : : "m"(*in));
		if(i%50 == 10)
			postnote(PNPROC, getpid(), "x");
		sleep(0);
		__asm__ volatile("paddd %%xmm7, %%xmm1; movups %%xmm1, %0" : "=m"(*out));
		if(out[0] != 2*in[0] || out[3] != 8)
			bad++;
	}
	if(pid == 0)
		_exits(bad || turns != 4? "bad": nil);
	notify(nil);
	same(bad, 0, "SSE registers survive switches and notes");
	same(turns, 4, "of which there were four");
	samestr(wait()->msg, "", "in both processes");
}

/* A process dies without descriptors, with one it may not write, with one of a server. */
static void
lastwords(void)
{
	int i, fd, n;

	for(i = 0; i < 3; i++){
		if(rfork(RFPROC|RFFDG) == 0){
			close(2);
			switch(i){
			case 1:
				open("/dev/null", OREAD);
				dup(3, 2);
				break;
			case 2:
				fd = create("/tmp/k_words", OWRITE, 0666);
				dup(fd, 2);
				break;
			}
			flag = 0;
			*(volatile int*)flag = 1;
		}
		ok(strstr(wait()->msg, ": sys: trap: fault write addr=0x0") != nil, "a death with %s", i == 0? "no descriptor 2": i == 1? "one for reading": "one of a server");
	}
	fd = open("/tmp/k_words", OREAD);
	n = read(fd, buf, sizeof buf - 1);
	buf[n < 0? 0: n] = 0;
	close(fd);
	ok(strstr(buf, ": suicide: sys: trap: fault write addr=0x0 pc=0x") != nil, "which has its last words");
	remove("/tmp/k_words");
}

/* A server that lets one in and out, but answers no question. */
static void
mute(int fd)
{
	static uchar msg[9000], out[9000];
	Fcall f;
	int n;

	while((n = read(fd, msg, sizeof msg)) > 0){
		if(convM2S(msg, n, &f) != n)
			_exits("server");
		if(f.type != Tversion && f.type != Tattach && f.type != Tclunk && f.type != Tflush)
			continue;
		f.type++;
		if(f.type == Rattach){
			f.qid.path = 1;
			f.qid.vers = 0;
			f.qid.type = QTDIR;
		}
		n = convS2M(&f, out, sizeof out);
		write(fd, out, n);
	}
	_exits(nil);
}

static void
servers(void)
{
	char name[40];
	int p[2], srv, pid, fd, k, i;
	Dir *d;
	vlong t;

	pipe(p);
	srv = rfork(RFPROC|RFFDG);
	if(srv == 0){
		close(p[1]);
		mute(p[0]);
	}
	close(p[0]);
	fd = create("/srv/k_pitfall", OWRITE|ORCLOSE, 0600);
	same(fprint(fd, "%d\n", p[1]), strlen(smprint("%d\n", p[1])), "a descriptor is posted, with a newline");
	if(!ok(mount(p[1], -1, "/mnt", MREPL|MCREATE, "") > 0, "and mounted"))
		diag("%r");
	pid = fork();
	if(pid == 0){
		close(fd);
		open("/mnt/waits/here", OREAD);
		_exits("answered");
	}
	until(pid, "Open");
	t = nsec();
	ok(bind("/dev", "/n", MREPL) > 0 && open("/n/null", OREAD) >= 0 && unmount(nil, "/n") >= 0, "while one waits for a server others change the name space");
	i = fork();
	if(i == 0)
		_exits(nil);
	ok(create("/env/pitfall", OWRITE, 0666) >= 0 && waitpid() == i, "and make processes");
	ok(unmount(nil, "/mnt") >= 0, "and unmount it");
	ok(nsec()-t < 60000000000LL, "without waiting");
	/* the channel in /srv keeps its server until both names are gone */
	k = open("/srv/k_pitfall", ORDWR);
	ok(k >= 0, "it is posted still");
	fails(read(k, buf, 1), "inappropriate use of fd", "as what carries 9P");
	d = dirfstat(k);
	ok(d->qid.type == QTMOUNT && (d->mode & ~0777) == DMMOUNT, "which stat shows");
	close(fd);
	fails(open("/srv/k_pitfall", ORDWR), "does not exist", "remove on close takes the name away");
	postnote(PNPROC, pid, "kill");
	close(k);
	for(i = 0; i < 3; i++)
		if((k = waitpid()) == srv)
			break;
	same(k, srv, "when nothing refers to it the server sees the end");

	/* an offset is shared by those who open a posted file; the channel outlives the name */
	fd = create("/tmp/k_shared", ORDWR, 0600);
	write(fd, "0123456789", 10);
	seek(fd, 2, 0);
	k = create("/srv/k_pitfall", OWRITE, 0600);
	fprint(k, "%d", fd);
	close(k);
	fails(create("/srv/k_pitfall", OWRITE, 0600), "srv file already exists", "a posted name is not made anew");
	i = open("/srv/k_pitfall", ORDWR);
	remove("/srv/k_pitfall");
	read(i, buf, 3);
	ok(memcmp(buf, "234", 3) == 0, "a posted file comes with its offset");
	same(seek(fd, 0, 1), 5, "which is the poster's");
	close(i);
	k = create("/srv/k_pitfall", OWRITE, 0600);
	close(fd);
	fd = open("/dev/null", OREAD|OCEXEC);
	fails(fprint(k, "%d", fd), "posted fd has remove-on-close or close-on-exec", "nothing is posted that exec closes");
	close(fd);
	fd = create("/tmp/k_shared", OWRITE|ORCLOSE, 0600);
	fails(fprint(k, "%d", fd), "posted fd has remove-on-close or close-on-exec", "or that close removes");
	close(fd);
	fails(fprint(k, "99"), "fd out of range or not open", "or that is not open");
	fails(fprint(k, "x"), "bad arg", "or that is no number");
	close(k);
	remove("/srv/k_pitfall");
	fails(remove("/srv/boot"), "", "what is not there or may not go");
	USED(name);
}

void
main(int argc, char **argv)
{
	if(argc > 2 && strcmp(argv[1], "-isopen") == 0)
		_exits(fd2path(atoi(argv[2]), buf, sizeof buf) < 0? nil: "open");
	rfork(RFNOTEG|RFENVG|RFNAMEG);
	chdir("/");
	offsets();
	tables();
	numbers();
	closing();
	fds();
	lengths();
	records();
	inheritance();
	sharing();
	starving();
	cpu();
	lastwords();
	servers();
	done();
}
