/*
 * The system call itself: where arguments are, what is preserved, numbers that mean
 * nothing; and the calls of the third edition, which old programs still make.
 */
#include <u.h>
#include <libc.h>
#include <ureg.h>
#include "tap.h"

static char note[ERRMAX];

/* By number: the words of w, of which the first is where a return address would be. */
static long
call(ulong nr, ulong *w)
{
	long r;

	__asm__ volatile("movl %%esp, %%esi; movl %2, %%esp; int $0x40; movl %%esi, %%esp"
		: "=a"(r) : "0"(nr), "r"(w) : "esi", "memory", "cc");
	return r;
}

static long
syscall5(ulong nr, ulong a, ulong b, ulong c, ulong d, ulong e)
{
	ulong w[6];

	w[0] = 0xDEADBEEF;
	w[1] = a;
	w[2] = b;
	w[3] = c;
	w[4] = d;
	w[5] = e;
	return call(nr, w);
}

static void
record(void *u, char *s)
{
	USED(u);
	strecpy(note, note+sizeof note, s);
	noted(NCONT);
}

static ulong
le32(char *p)
{
	uchar *u;

	u = (uchar*)p;
	return u[0] | u[1]<<8 | u[2]<<16 | (ulong)u[3]<<24;
}

static void
convention(void)
{
	static ulong r[6];
	ulong w[2];
	char name[200], buf[ERRMAX];
	int p[2], fd, n;

	w[0] = 0;
	__asm__ volatile(
		"pushl %%ebp\n"
		"movl $0x11111111, %%ebx; movl $0x22222222, %%ecx; movl $0x33333333, %%edx\n"
		"movl $0x44444444, %%edi; movl $0x55555555, %%ebp; movl %%esp, %%esi; xorl %%eax, %%eax\n"
		"int $0x40\n"
		"movl %%ebx, %0; movl %%ecx, 4+%0; movl %%edx, 8+%0; movl %%edi, 12+%0; movl %%ebp, 16+%0\n"
		"subl %%esp, %%esi; movl %%esi, 20+%0; popl %%ebp\n"
		: "=m"(r) : "m"(w) : "eax", "ebx", "ecx", "edx", "esi", "edi", "memory");
	ok(r[0] == 0x11111111 && r[1] == 0x22222222 && r[2] == 0x33333333 && r[3] == 0x44444444 && r[4] == 0x55555555 && r[5] == 0,
		"registers other than AX are preserved");
	same(syscall5(0, 0, 0, 0, 0, 0), 0, "sysr1 returns 0");
	same(syscall5(3, (ulong)"/", 0, 0, 0, 0), 0, "arguments begin one word above the stack pointer");

	/* what is said on descriptor 2, and the note */
	pipe(p);
	fd = dup(2, -1);
	dup(p[1], 2);
	notify(record);
	note[0] = 0;
	n = syscall5(60, 0, 0, 0, 0, 0);
	rerrstr(buf, sizeof buf);
	same(n, -1, "an unknown number fails");
	samestr(buf, "bad arg in system call", "as a bad argument");
	ok(strncmp(note, "sys: bad sys call pc=0x", 23) == 0, "with a note (%s)", note);
	n = read(p[0], buf, sizeof buf - 1);
	buf[n < 0? 0: n] = 0;
	snprint(name, sizeof name, "k_oldcall %d: bad sys call number 60 pc 0x", getpid());
	ok(strncmp(buf, name, strlen(name)) == 0 && buf[n-1] == '\n', "and a line on descriptor 2 (%.*s)", n-1, buf);
	same(syscall5(48, 0, 0, 0, 0, 0), -1, "48 is no call");
	same(syscall5(49, 0, 0, 0, 0, 0), -1, "nor 49");
	same(syscall5(0x80000000, 0, 0, 0, 0, 0), -1, "nor a large number");
	dup(fd, 2);
	close(fd);
	close(p[0]);
	close(p[1]);

	note[0] = 0;
	n = syscall5(4, 99, 0, 0, 0, 0);
	ok(n == -1 && note[0] == 0, "an error that is no bad address posts no note");
	n = syscall5(14, 0xF0000000, 0, 0, 0, 0);
	rerrstr(buf, sizeof buf);
	ok(n == -1 && strncmp(note, "sys: bad address in syscall pc=0x", 33) == 0, "a bad pointer does (%s)", note);
	samestr(buf, "bad arg in system call", "and is a bad argument");
	note[0] = 0;
	w[0] = w[1] = 0;
	n = syscall5(37, (ulong)w+1, 0, 0, 0, 0);
	ok(n == -1 && strncmp(note, "sys: odd address pc=0x", 22) == 0, "so does a word at an odd address (%s)", note);
	notify(nil);
}

static void
errors(void)
{
	char a[64], b[ERRMAX], c[ERRMAX];

	werrstr("before");
	close(99);
	memset(a, 'x', sizeof a);
	strcpy(a, "mine");
	same(syscall5(1, (ulong)a, 0, 0, 0, 0), 0, "old errstr");
	samestr(a, "fd out of range or not open", "gives the error");
	strcpy(b, "second");
	errstr(b, sizeof b);
	samestr(b, "mine", "and takes what was there");
	errstr(b, sizeof b);
	samestr(b, "second", "errstr swaps, too");
	strcpy(b, "kept");
	errstr(b, sizeof b);
	open("/dev/null", OREAD);
	getpid();
	b[0] = 0;
	errstr(b, sizeof b);
	samestr(b, "kept", "calls that succeed leave the error alone");
	memset(c, 'y', sizeof c);
	c[5] = 0;
	strcpy(b, "a longer string than that");
	errstr(b, sizeof b);
	same(syscall5(41, (ulong)c, 6, 0, 0, 0), 0, "errstr with room for six");
	samestr(c, "a lon", "cuts");
	same(c[6], 'y', "and writes no further");
	same(syscall5(41, (ulong)c, 0, 0, 0, 0), -1, "no room at all is an error");
}

static void
stats(void)
{
	char b[120], buf[200];
	Dir *d;
	int fd, i;

	memset(b, 0xEE, sizeof b);
	same(syscall5(18, (ulong)"/dev/null", (ulong)b, 0, 0, 0), 0, "old stat");
	d = dirstat("/dev/null");
	samestr(b, "null", "name in 28 bytes");
	samestr(b+28, d->uid, "uid");
	samestr(b+56, d->gid, "gid");
	ok(le32(b+84) == (ulong)d->qid.path && le32(b+88) == d->qid.vers, "qid");
	same(le32(b+92), d->mode, "mode");
	same(le32(b+100), d->mtime, "mtime");
	ok(b[112] == 'c' && b[113] == 0, "type");
	same(b[116]&0xFF, 0xEE, "116 bytes, no more");
	for(i = strlen(b); i < 28 && b[i] == 0; i++)
		;
	same(i, 28, "padded by zeros");
	same(syscall5(18, (ulong)"/dev", (ulong)b, 0, 0, 0), 0, "old stat of a directory");
	ok((le32(b+84) & 0x80000000) != 0 && (le32(b+92) & DMDIR) != 0, "bit 31 of the path says so");
	fd = open("/env/oldcall", OREAD);
	close(fd);
	fd = create("/env/oldcall", ORDWR, 0666);
	write(fd, "12345", 5);
	same(syscall5(11, fd, (ulong)b, 0, 0, 0), 0, "old fstat");
	ok(strcmp(b, "oldcall") == 0 && le32(b+104) == 5 && le32(b+108) == 0, "name and length");
	ok((le32(b+84) & 0x80000000) == 0, "not a directory");
	close(fd);
	memset(buf, 'n', 120);
	memmove(buf, "/env/", 5);
	buf[120] = 0;
	fd = create(buf, OWRITE, 0666);
	same(syscall5(18, (ulong)buf, (ulong)b, 0, 0, 0), -1, "an entry of more than 128 bytes");
	fails(-1, "old stat system call - recompile", "is too long for it");
	same(syscall5(11, fd, (ulong)b, 0, 0, 0), -1, "for fstat too");
	fails(-1, "old fstat system call - recompile", "and says so");
	close(fd);
	remove(buf);
	same(syscall5(26, (ulong)"/env/oldcall", (ulong)b, 0, 0, 0), -1, "old wstat");
	fails(-1, "old wstat system call - recompile", "is no more");
	same(syscall5(27, 0, (ulong)b, 0, 0, 0), -1, "old fwstat");
	fails(-1, "old fwstat system call - recompile", "neither");
}

static void
inout(void)
{
	char buf[20];
	int fd;

	fd = open("/env/oldcall", ORDWR);
	same(syscall5(20, fd, (ulong)"abcdef", 6, 0, 0), 6, "old write");
	same(syscall5(16, fd, 2, 0, 0, 0), 2, "old seek returns the offset");
	same(syscall5(15, fd, (ulong)buf, 3, 0, 0), 3, "old read");
	ok(memcmp(buf, "cde", 3) == 0, "from there");
	same(syscall5(16, fd, -1, 1, 0, 0), 4, "from here, back");
	same(syscall5(16, fd, -2, 2, 0, 0), 4, "from the end");
	same(syscall5(15, fd, (ulong)buf, 10, 0, 0), 2, "to the end");
	same(syscall5(15, fd, (ulong)buf, 10, 0, 0), 0, "and there is no more");
	close(fd);
	remove("/env/oldcall");
	memset(buf, 'x', sizeof buf);
	same(syscall5(9, 0, (ulong)buf, 10, 0, 0), 0, "old session call");
	same(buf[0], 0, "has nothing to say");
	same(syscall5(9, 0, (ulong)buf, 0, 0, 0), -1, "and needs room for it");
	same(syscall5(13, 99, (ulong)"/mnt", 0, (ulong)"", 0), -1, "old mount");
	fails(-1, "fd out of range or not open", "looks at its descriptor");
}

static void
waits(void)
{
	char b[112+4], want[80];
	int pid;

	pid = fork();
	if(pid == 0)
		_exits("a message");
	memset(b, 'x', sizeof b);
	same(syscall5(36, (ulong)b, 0, 0, 0, 0), pid, "old wait returns the pid");
	snprint(want, sizeof want, "%11d ", pid);
	ok(memcmp(b, want, 12) == 0, "which is in 12 columns");
	ok(b[23] == ' ' && b[35] == ' ' && b[47] == ' ' && b[22] >= '0' && b[22] <= '9', "three times in 12 columns");
	snprint(want, sizeof want, "k_oldcall %d: a message", pid);
	samestr(b+48, want, "and the message");
	same(b[112], 'x', "112 bytes");
	if(fork() == 0)
		_exits(nil);
	ok(syscall5(36, 0, 0, 0, 0, 0) > 0, "old wait for nobody's record");
	same(syscall5(36, 0, 0, 0, 0, 0), -1, "and without children");
	fails(-1, "no living children", "fails");
}

static void
others(void)
{
	uvlong t;

	t = 0;
	same(syscall5(53, (ulong)&t, 0, 0, 0, 0), 0, "nsec");
	ok(t/1000000000 > 1700000000, "stores the time");
	same(syscall5(33, (ulong)others, 100, 0, 0, 0), 0, "segflush");
	notify(record);
	note[0] = 0;
	same(syscall5(33, 0, 100, 0, 0, 0), -1, "of nothing");
	fails(-1, "bad arg in system call", "is a bad argument");
	same(note[0], 0, "and no reason for a note");
	notify(nil);
}

void
main(void)
{
	rfork(RFNOTEG|RFENVG);
	convention();
	errors();
	stats();
	inout();
	waits();
	others();
	done();
}
