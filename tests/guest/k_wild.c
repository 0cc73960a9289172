/*
 * Every argument of every system call, replaced by addresses and numbers that
 * cannot be: the caller may get an error or die, nobody else may notice.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"
#include "rawcall.h"

static char buf[8192], name[] = "/dev/null", dir[] = "/", empty[] = "";
static long word[4];
static char *argv1[] = { "x", nil };

/* what an argument is when it is good */
enum { N, S, D, B, W, F, A, Z };	/* number, file, directory, buffer, words, fd, argv, nothing */

static struct {
	int	nr;
	char	*name;
	uchar	arg[5];
} calls[] = {
	{ 0,	"sysr1",	{ N } },
	{ 1,	"_errstr",	{ B } },
	{ 2,	"bind",		{ D, D, Z } },
	{ 3,	"chdir",	{ D } },
	{ 4,	"close",	{ N } },
	{ 5,	"dup",		{ F, N } },
	{ 6,	"alarm",	{ N } },
	{ 7,	"exec",		{ S, A } },
	{ 8,	"_exits",	{ B } },
	{ 9,	"_fsession",	{ F, B, N } },
	{ 10,	"fauth",	{ F, B } },
	{ 11,	"_fstat",	{ F, B } },
	{ 12,	"segbrk",	{ B, B } },
	{ 13,	"_mount",	{ F, D, Z, B } },
	{ 14,	"open",		{ S, Z } },
	{ 15,	"_read",	{ F, B, N } },
	{ 16,	"oseek",	{ F, N, Z } },
	{ 17,	"sleep",	{ Z } },
	{ 18,	"_stat",	{ S, B } },
	{ 19,	"rfork",	{ Z } },
	{ 20,	"_write",	{ F, B, N } },
	{ 21,	"pipe",		{ W } },
	{ 22,	"create",	{ S, Z, N } },
	{ 23,	"fd2path",	{ F, B, N } },
	{ 24,	"brk_",		{ B } },
	{ 25,	"remove",	{ B } },
	{ 26,	"_wstat",	{ S, B } },
	{ 27,	"_fwstat",	{ F, B } },
	{ 28,	"notify",	{ B } },
	{ 29,	"noted",	{ Z } },
	{ 30,	"segattach",	{ Z, B, Z, N } },
	{ 31,	"segdetach",	{ B } },
	{ 32,	"segfree",	{ B, N } },
	{ 33,	"segflush",	{ B, N } },
	{ 34,	"rendezvous",	{ N, N } },
	{ 35,	"unmount",	{ D, D } },
	{ 36,	"_wait",	{ B } },
	{ 37,	"semacquire",	{ W, Z } },
	{ 38,	"semrelease",	{ W, N } },
	{ 39,	"seek",		{ W, F, N, Z, Z } },
	{ 40,	"fversion",	{ F, N, B, N } },
	{ 41,	"errstr",	{ B, N } },
	{ 42,	"stat",		{ S, B, N } },
	{ 43,	"fstat",	{ F, B, N } },
	{ 44,	"wstat",	{ S, B, N } },
	{ 45,	"fwstat",	{ F, B, N } },
	{ 46,	"mount",	{ F, N, D, Z, B } },
	{ 47,	"await",	{ B, N } },
	{ 48,	"48",		{ N, N, N, N, N } },
	{ 49,	"49",		{ N, N, N, N, N } },
	{ 50,	"pread",	{ F, B, N, Z, Z } },
	{ 51,	"pwrite",	{ F, B, N, Z, Z } },
	{ 52,	"tsemacquire",	{ W, Z } },
	{ 53,	"nsec",		{ W } },
	{ 54,	"54",		{ N, N, N, N, N } },
	{ -1,	"-1",		{ N, N, N, N, N } },
	{ 0x7fffffff, "2^31-1",	{ N, N, N, N, N } },
};

static ulong wild[] = {
	0, 1, 3, 0xFFF, 0x1000, 0x1001, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xC0000000,
	0xDEFFEFFF, 0xDFFFEFFF, 0xDFFFFFFF, 0xE0000000, 0xEFFFFFFF, 0xF0000000, 0xF0001000, 0xF0100000,
	0xFE000000, 0xFFBFFFFF, 0xFFC00000, 0xFFFFEFFF, 0xFFFFFFFC, 0xFFFFFFFF,
};

static ulong
good(int kind, int fd)
{
	switch(kind){
	case N:	return 100;
	case S:	return (ulong)name;
	case D:	return (ulong)dir;
	case B:	return (ulong)buf;
	case W:	return (ulong)word;
	case F:	return fd;
	case A:	return (ulong)argv1;
	}
	return 0;
}

/* In a process of its own, which may hang for a moment or die. */
static int
try(int call, int pos, ulong value)
{
	ulong a[5];
	int i, fd, pid;

	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFENVG|RFREND|RFNOTEG);
	if(pid != 0)
		return pid;
	fd = open("/dev/zero", OREAD);
	for(i = 0; i < 5; i++)
		a[i] = good(calls[call].arg[i], fd);
	a[pos] = value;
	close(2);		/* the suicide messages are expected */
	dup(fd, 0);
	dup(open("/dev/null", OWRITE), 1);
	alarm(30);
	rawcall(calls[call].nr, a);
	_exits(nil);
}

/* Strings and buffers that begin well and end where nothing is. */
static void
edges(void)
{
	char *top;
	int fd, pid;

	pid = rfork(RFPROC|RFFDG|RFNOTEG);
	if(pid == 0){
		close(2);
		top = sbrk(0);
		top = (char*)(((ulong)top + 4095) & ~4095UL);
		brk(top);
		memset(top - 16, 'a', 16);
		open(top - 16, OREAD);
		_exits("survived");
	}
	ok(wait()->msg[0] != 0, "a name that runs off the heap");
	fd = open("/dev/zero", OREAD);
	pid = rfork(RFPROC|RFFDG|RFNOTEG);
	if(pid == 0){
		close(2);
		read(fd, sbrk(0), 0x10000000);
		_exits("survived");
	}
	ok(wait()->msg[0] != 0, "a read that runs off the heap");
	pid = rfork(RFPROC|RFFDG|RFNOTEG);
	if(pid == 0){
		close(2);
		read(fd, buf, 0x7FFFFFFF);
		_exits("survived");
	}
	ok(wait()->msg[0] != 0, "a count that runs over the kernel");
	close(fd);
}

void
main(void)
{
	Inuse was;
	int c, p, v, n;

	for(v = 0; v < 20; v++)		/* caches fill */
		try(14, 0, 0), waitpid();
	was = before();
	for(c = 0; c < nelem(calls); c++){
		n = 0;
		for(p = 0; p < 5; p++)
			for(v = 0; v < nelem(wild); v++){
				if(p > 0 && calls[c].arg[p] == N && calls[c].arg[p-1] == N && p > 1)
					break;	/* no such argument */
				if(try(c, p, wild[v]) > 0)
					n++;
				while(waitpid() > 0)
					n--;
			}
		same(n, 0, calls[c].name);
	}
	USED(empty);
	edges();
	alive("wild arguments");
	after(was, "wild arguments");
	done();
}
