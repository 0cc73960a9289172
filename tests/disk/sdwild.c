/*
 * Programs that mean harm to #S: transfers from and to memory that is not there, not theirs, text,
 * shared with others who take it away or fork meanwhile; lengths and offsets that cannot be; noise in
 * ctl and raw, from many at once.  Whatever the answers are, the kernel lives, and the part of
 * the disk that nobody was to touch is as it was.
 * usage: sdwild dir seconds
 */
#include <u.h>
#include <libc.h>
#include "../guest/tap.h"

enum
{
	Nproc	= 6,
	Mark	= 64*1024,		/* bytes at the end of the disk that are left alone */
};

static ulong	seed;
static char	*dir;
static vlong	size;
extern char	etext[], end[];

static ulong
rnd(ulong n)
{
	seed = seed*1664525+1013904223;
	return (seed>>7)%n;
}

static uchar*
address(void)
{
	static uchar buf[256*1024];

	switch(rnd(12)){
	case 0:
		return nil;
	case 1:
		return (uchar*)0x1000+rnd(0x10000);	/* text */
	case 2:
		return (uchar*)0xE0000000-rnd(0x4000);	/* across the kernel's border */
	case 3:
		return (uchar*)0xF0100000+rnd(0x100000);
	case 4:
		return (uchar*)0xFFFFF000+rnd(0x1000);
	case 5:
		return (uchar*)end+rnd(0x100000);
	case 6:
		return (uchar*)0xDFFFF000-rnd(0x2000);	/* the stack */
	case 7:
		return (uchar*)rnd(0xFFFFFFFF);
	}
	return buf+rnd(sizeof buf);
}

static long
length(void)
{
	static long odd[] = {0, 1, 511, 512, 513, 4095, 4096, 4097, 65536, 1048576, 1048577, 3000000, 0x7FFFFFFF, -1, -512, 0x80000000};

	return rnd(3) == 0 ? odd[rnd(nelem(odd))] : rnd(200*1024);
}

static vlong
offset(void)
{
	static vlong odd[] = {0, 1, -1, -512, 0x7FFFFFFFFFFFFFFFLL, 0xFFFFFFFFLL, 0x100000000LL, 511};

	return rnd(3) == 0 ? odd[rnd(nelem(odd))] : rnd(size);
}

static void
words(int fd)
{
	static char *w[] = {"part", "delpart", "discard", "x", "data", "0", "1", "16", "-1", "99999999999999999999", "ctl", "a/b", "''", "\n", "flush"};
	char buf[200], *p;
	int i;

	p = buf;
	*p = 0;
	for(i = rnd(6); i >= 0; i--)
		p = seprint(p, buf+sizeof buf, "%s ", w[rnd(nelem(w))]);
	if(strstr(buf, "discard") == nil)
		write(fd, buf, p-buf);
}

static void
transfer(int fd)
{
	if(rnd(2))
		pread(fd, address(), length(), offset());
	else
		pwrite(fd, address(), length(), offset());
}

static int
openit(char *name, int mode)
{
	char file[64];

	snprint(file, sizeof file, "%s/%s", dir, name);
	return open(file, mode);
}

/* memory that others of the same memory take away, or that is copied by fork, while it is used */
static void
moving(int fd)
{
	uchar *p;
	int pid;

	p = segattach(0, "memory", nil, 64*4096);
	USED(p);
	p = sbrk(64*1024);
	if((uintptr)p == -1)
		return;
	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		alarm(1000);
		pread(fd, p, 64*1024, rnd(size/2));
		pwrite(fd, p, 32*1024, rnd(size/2));
		_exits(nil);
	}
	if(rnd(2))
		brk(p);
	else if(fork() == 0)
		_exits(nil);
	if(rnd(3) == 0)
		postnote(PNPROC, pid, "kill");
	while(waitpid() > 0)
		;
	brk(p);
}

static int
bad(void*, char *note)
{
	return strncmp(note, "sys: bad address", 16) == 0;
}

static void
worker(int i, vlong until)
{
	int data, ctl, raw;
	uchar cdb[16];

	alarm((until-nsec())/1000000+1);	/* what we keep in memory may be overwritten */
	seed = i*7777+truerand();
	atnotify(bad, 1);
	data = openit("wild", ORDWR);
	ctl = openit("ctl", ORDWR);
	raw = openit("raw", ORDWR);
	while(nsec() < until)
		switch(rnd(8)){
		case 0:
			words(ctl);
			break;
		case 1:
			read(ctl, address(), length());
			seek(ctl, 0, 0);
			break;
		case 2:
			if(raw < 0)
				raw = openit("raw", ORDWR);
			genrandom(cdb, sizeof cdb);
			if(rnd(2))
				cdb[0] = "\x00\x03\x08\x12\x1b\x25\x28\x35\x88\x9e"[rnd(10)];
			if(cdb[0] == 0x0A || cdb[0] == 0x2A || cdb[0] == 0x8A)
				break;		/* writes at any place */
			write(raw, cdb, rnd(20));
			read(raw, address(), length());
			read(raw, address(), 12);
			break;
		case 3:
			moving(data);
			break;
		default:
			transfer(data);
		}
	_exits(nil);
}

void
main(int argc, char **argv)
{
	static uchar mark[Mark], got[Mark];
	vlong until;
	Dir *d;
	int i, fd;

	if(argc != 3)
		sysfatal("usage: sdwild dir seconds");
	dir = argv[1];
	fd = openit("data", ORDWR);
	if(fd < 0 || (d = dirfstat(fd)) == nil)
		sysfatal("%s: %r", dir);
	size = d->length;
	genrandom(mark, sizeof mark);
	if(pwrite(fd, mark, Mark, size-Mark) != Mark)
		sysfatal("write: %r");
	/* all that they get to write is a partition before it; only the kernel keeps them inside */
	i = openit("ctl", OWRITE);
	if(fprint(i, "part wild 0 %lld", (size-Mark)/512) < 0)
		sysfatal("part: %r");
	close(i);
	until = nsec()+atoi(argv[2])*1000000000LL;
	close(2);			/* they read noise over themselves, and say so */
	open("/dev/null", OWRITE);
	for(i = 0; i < Nproc; i++)
		if(fork() == 0)
			worker(i, until);
	while(waitpid() > 0)
		if(nsec() < until && fork() == 0)
			worker(i++, until);
	ok(pread(fd, got, Mark, size-Mark) == Mark && memcmp(got, mark, Mark) == 0, "what nobody was to touch is as it was");
	ok(pwrite(fd, "still here", 10, 0) == 10 && pread(fd, got, 10, 0) == 10 && memcmp(got, "still here", 10) == 0, "and the disk works");
	done();
}
