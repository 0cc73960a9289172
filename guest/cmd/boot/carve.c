/*
 * Programs inside of a kernel of Bell Labs' kind: what its boot program will start is in its data, each a whole file of
 * a.out(6), without its name.  One is known by what it has in it: who serves a file system knows the mark by which that is known.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

enum
{
	Hdrlen		= 32,
	Maxkernel	= 32*1024*1024,
	Mintext		= 1000,
	Utzero		= 0x1000,
};

static ulong
be4(uchar *p)
{
	return (ulong)p[0]<<24 | p[1]<<16 | p[2]<<8 | p[3];
}

/* The bytes of the program at p, without its symbols; 0 if there is none. */
static ulong
programlen(uchar *p, uchar *end)
{
	ulong text, data, entry, room;

	if(end-p < Hdrlen || be4(p) != 0x1EB)
		return 0;
	text = be4(p+4);
	data = be4(p+8);
	entry = be4(p+20);
	room = end-p-Hdrlen;
	if(text < Mintext || text > room || data > room-text || entry < Utzero+Hdrlen || entry-Utzero-Hdrlen >= text)
		return 0;
	return Hdrlen+text+data;
}

static int
holds(uchar *p, uchar *end, char *sign)
{
	int n;

	n = strlen(sign);
	for(; (p = memchr(p, sign[0], end-p)) != nil; p++)
		if(end-p >= n && memcmp(p, sign, n) == 0)
			return 1;
	return 0;
}

static uchar*
find(uchar *p, uchar *end, char *sign, ulong *len)
{
	for(; (p = memchr(p, 0, end-p)) != nil; p++){
		*len = programlen(p, end);
		if(*len > 0 && holds(p, p+*len, sign))
			return p;
	}
	return nil;
}

static uchar*
readall(char *file, long *n)
{
	uchar *buf;
	Dir *d;
	int fd;

	fd = open(file, OREAD);
	d = fd < 0 ? nil : dirfstat(fd);
	buf = nil;
	if(d != nil && d->length <= Maxkernel && (buf = malloc(d->length)) != nil)
		*n = readn(fd, buf, d->length);
	free(d);
	close(fd);
	return buf;
}

/* A file of n bytes in memory, on /mnt. */
static char*
infile(char *name, uchar *p, ulong n)
{
	char *argv[] = {"ramfs", "-i", nil}, *file;
	int fd;

	fd = start("/386/bin/ramfs", argv, Piped, nil, nil);
	if(mount(fd, -1, "/mnt", MREPL|MCREATE, "") < 0){
		close(fd);
		return nil;
	}
	file = smprint("/mnt/%s", name);
	fd = create(file, OWRITE, 0755);
	if(fd >= 0 && write(fd, p, n) == n){
		close(fd);
		return file;
	}
	fprint(2, "boot: %s: %r\n", file);
	close(fd);
	unmount(nil, "/mnt");
	free(file);
	return nil;
}

/* The program with that sign, taken from the kernel into a file on /mnt; nil if it is not there. */
char*
carve(char *kernel, char *name, char *sign)
{
	uchar *buf, *p;
	char *file;
	ulong len;
	long n;

	n = 0;
	buf = readall(kernel, &n);
	p = n > 0 ? find(buf, buf+n, sign, &len) : nil;
	file = p != nil ? infile(name, p, len) : nil;
	free(buf);
	return file;
}
