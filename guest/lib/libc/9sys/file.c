/*
 * Files: what is made of open, seek, read and stat without knowing more of
 * them than section 2 says.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "sys.h"

vlong
seek(int fd, vlong off, int whence)
{
	vlong pos;

	if(_seek(&pos, fd, off, whence) == -1)
		return -1;
	return pos;
}

/* can the file be used so? It is opened to see; a directory for reading only */
int
access(char *name, int mode)
{
	static int modes[] = {[AEXEC] = OEXEC, [AWRITE] = OWRITE, [AREAD] = OREAD,
		[AWRITE|AREAD] = ORDWR};
	char buf[STATFIXLEN];
	Dir *d;
	int fd, dir;

	if(mode == AEXIST)
		return stat(name, (uchar*)buf, sizeof buf) < 0 ? -1 : 0;
	if(mode < 0 || mode > (AEXEC|AWRITE|AREAD)){
		werrstr("access: bad mode %d", mode);
		return -1;
	}
	fd = open(name, mode & AEXEC ? OEXEC : modes[mode]);
	if(fd >= 0){
		close(fd);
		if((mode & AEXEC) && (mode & ~AEXEC))
			return access(name, mode & ~AEXEC);
		return 0;
	}
	if((d = dirstat(name)) == nil)
		return -1;
	dir = d->mode & DMDIR && (d->mode & 0111 || !(mode & AEXEC)) && (d->mode & 0222 || !(mode & AWRITE));
	free(d);
	return dir ? 0 : -1;
}

/* until n bytes, the end or an error; errors count only if nothing came before */
long
readn(int fd, void *buf, long n)
{
	long got, m;

	for(got = 0; got < n; got += m){
		m = read(fd, (char*)buf+got, n-got);
		if(m <= 0)
			return got > 0 ? got : m;
	}
	return got;
}

static long
total(IOchunk *io, int n)
{
	long sum;

	for(sum = 0; n > 0; n--)
		sum += io++->len;
	return sum;
}

long
preadv(int fd, IOchunk *io, int n, vlong off)
{
	char *buf, *p;
	long got, k;

	buf = malloc(total(io, n));
	if(buf == nil)
		return -1;
	got = pread(fd, buf, total(io, n), off);
	for(p = buf; p - buf < got; p += k, io++){
		k = got - (p-buf) < io->len ? got - (p-buf) : io->len;
		memmove(io->addr, p, k);
	}
	free(buf);
	return got;
}

long
pwritev(int fd, IOchunk *io, int n, vlong off)
{
	char *buf, *p;
	long len;

	len = total(io, n);
	buf = malloc(len);
	if(buf == nil)
		return -1;
	for(p = buf; n > 0; n--, io++){
		memmove(p, io->addr, io->len);
		p += io->len;
	}
	len = pwrite(fd, buf, len, off);
	free(buf);
	return len;
}

long
readv(int fd, IOchunk *io, int n)
{
	return preadv(fd, io, n, -1);
}

long
writev(int fd, IOchunk *io, int n)
{
	return pwritev(fd, io, n, -1);
}

char*
getwd(char *buf, int n)
{
	int fd, ok;

	fd = open(".", OREAD);
	if(fd < 0)
		return nil;
	ok = fd2path(fd, buf, n);
	close(fd);
	return ok < 0 ? nil : buf;
}

/* replaces the trailing Xs by a letter and the pid's digits until no such file exists */
char*
mktemp(char *template)
{
	char num[16], *p;
	uchar buf[STATFIXLEN];
	int c, n, i;

	n = snprint(num, sizeof num, "%d", getpid());
	p = template + strlen(template);
	for(i = n-1; p > template && p[-1] == 'X'; i--)
		*--p = i >= 0 ? num[i] : '0';
	if(*p == 0)
		return template;
	for(c = 'a'; c <= 'z'; c++){
		*p = c;
		if(stat(template, buf, sizeof buf) < 0)
			return template;
	}
	return "/";
}

/* the kernel's i/o unit of fd; 0 if it has none */
int
iounit(int fd)
{
	char buf[256], *f[11];
	int ctl, n;

	snprint(buf, sizeof buf, "#d/%dctl", fd);
	ctl = open(buf, OREAD);
	if(ctl < 0)
		return 0;
	n = read(ctl, buf, sizeof buf - 1);
	close(ctl);
	if(n <= 0)
		return 0;
	buf[n] = 0;
	if(tokenize(buf, f, nelem(f)) != 10)
		return 0;
	return strtol(f[7], nil, 10);
}

/* one 9P message; 0 at the end of the stream, -1 for what is none */
int
read9pmsg(int fd, void *abuf, uint n)
{
	uchar *buf;
	uint len;
	int m;

	buf = abuf;
	m = readn(fd, buf, BIT32SZ);
	if(m != BIT32SZ)
		return m < 0 ? -1 : 0;
	len = GBIT32(buf);
	if(len <= BIT32SZ || len > n){
		werrstr("bad length in 9P2000 message header: %ud", len);
		return -1;
	}
	m = readn(fd, buf+BIT32SZ, len-BIT32SZ);
	if(m != len-BIT32SZ)
		return m < 0 ? -1 : 0;
	return len;
}
