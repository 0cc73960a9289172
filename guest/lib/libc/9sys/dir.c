/*
 * dirread(2) and stat(2).  A Dir and its strings are one block of memory,
 * freed by the caller with one free.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>

enum
{
	Guess	= STATFIXLEN + 16*4,	/* most entries fit */
	Readsize	= 16*1024,
};

static Dir*
unpack(uchar *buf, uint n)
{
	Dir *d;

	d = malloc(sizeof(Dir) + n);
	if(d == nil)
		return nil;
	if(convM2D(buf, n, d, (char*)(d+1)) != n){
		free(d);
		werrstr("malformed stat entry");
		return nil;
	}
	return d;
}

/* the entry of name, or of fd if that is nil */
static Dir*
getstat(char *name, int fd)
{
	uchar small[BIT16SZ+Guess], *buf;
	Dir *d;
	int n, size;

	buf = small;
	size = sizeof small;
	d = nil;
	for(;;){
		n = name != nil ? stat(name, buf, size) : fstat(fd, buf, size);
		if(n != BIT16SZ || size > sizeof small){
			if(n > BIT16SZ)
				d = unpack(buf, n);
			else if(n >= 0)
				werrstr("stat entry changed its size");
			break;
		}
		size = BIT16SZ + GBIT16(buf);
		buf = malloc(size);
		if(buf == nil)
			return nil;
	}
	if(buf != small)
		free(buf);
	return d;
}

Dir*
dirstat(char *name)
{
	return getstat(name, -1);
}

Dir*
dirfstat(int fd)
{
	return getstat(nil, fd);
}

/* what dirwstat leaves alone everywhere */
void
nulldir(Dir *d)
{
	memset(d, ~0, sizeof *d);
	d->name = d->uid = d->gid = d->muid = "";
}

static int
putstat(char *name, int fd, Dir *d)
{
	uchar *buf;
	int n;

	n = sizeD2M(d);
	buf = malloc(n);
	if(buf == nil)
		return -1;
	convD2M(d, buf, n);
	n = name != nil ? wstat(name, buf, n) : fwstat(fd, buf, n);
	free(buf);
	return n;
}

int
dirwstat(char *name, Dir *d)
{
	return putstat(name, -1, d);
}

int
dirfwstat(int fd, Dir *d)
{
	return putstat(nil, fd, d);
}

/*
 * The n bytes of stat entries as an array of Dir, the strings behind it; -1
 * if they are malformed.
 */
static long
unpackall(uchar *buf, long n, Dir **dp)
{
	uchar *p, *e;
	Dir *d;
	char *strs;
	long count;
	uint m;

	*dp = nil;
	e = buf + n;
	count = 0;
	for(p = buf; p < e; p += m){
		if(e-p < BIT16SZ || e-p < (m = BIT16SZ + GBIT16(p)) || statcheck(p, m) < 0){
			werrstr("malformed directory");
			return -1;
		}
		count++;
	}
	if(count == 0)
		return 0;
	d = malloc(count*sizeof(Dir) + n);
	if(d == nil)
		return -1;
	*dp = d;
	strs = (char*)(d+count);
	for(p = buf; p < e; p += m, d++){
		m = BIT16SZ + GBIT16(p);
		convM2D(p, m, d, strs);
		strs += m;
	}
	return count;
}

/* the next entries; 0 at the end */
long
dirread(int fd, Dir **dp)
{
	uchar *buf;
	long n;

	*dp = nil;
	buf = malloc(STATMAX);
	if(buf == nil)
		return -1;
	n = read(fd, buf, STATMAX);
	if(n > 0)
		n = unpackall(buf, n, dp);
	free(buf);
	return n;
}

/* all that remain */
long
dirreadall(int fd, Dir **dp)
{
	uchar *buf, *p;
	long n, used, size;

	*dp = nil;
	used = 0;
	size = Readsize;
	buf = malloc(size);
	if(buf == nil)
		return -1;
	while((n = read(fd, buf+used, size-used)) > 0){
		used += n;
		if(size - used >= Readsize/2)
			continue;
		size *= 2;
		p = realloc(buf, size);
		if(p == nil){
			free(buf);
			return -1;
		}
		buf = p;
	}
	if(n == 0 || used > 0)
		n = unpackall(buf, used, dp);
	free(buf);
	return n;
}
