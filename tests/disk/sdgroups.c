/*
 * Groups of writes (sd(3)) on a partition until a file appears: each writes the same byte to many places, which are then all to
 * have it; and what is no group is refused and changes nothing.
 * usage: sdgroups partition stopfile
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

#define OFF	(1LL<<62)

enum
{
	Places	= 200,
	Most	= 4000,
	Step	= 9000,
};

static uchar	buf[8+16*600+1024*1024+4096];

static void
put8(uchar *p, uvlong v)
{
	put4(p, v);
	put4(p+4, v>>32);
}

/* a group of n places, len bytes of c each, step apart; its length */
static long
group(int n, long len, vlong step, int c)
{
	int i;

	put8(buf, n);
	for(i = 0; i < n; i++){
		put8(buf+8+16*i, i*step);
		put8(buf+8+16*i+8, len);
	}
	memset(buf+8+16*n, c, n*len);
	return 8+16*n+n*len;
}

static int
have(int fd, int n, long len, vlong step, int c)
{
	static uchar b[Most];
	int i, j;

	for(i = 0; i < n; i++){
		if(pread(fd, b, len, i*step) != len)
			return 0;
		for(j = 0; j < len; j++)
			if(b[j] != c)
				return 0;
	}
	return 1;
}

static void
refuse(int fd, long n, char *what)
{
	if(pwrite(fd, buf, n, OFF) >= 0){
		print("# taken: %s\n", what);
		exits("bad");
	}
}

/* what is wrong in each way, and must not be written */
static void
bad(int fd, vlong size)
{
	long n;

	refuse(fd, 0, "nothing");
	n = group(3, 10, 20, 'b');
	refuse(fd, n-1, "too few data");
	refuse(fd, n+1, "too many data");
	refuse(fd, 7, "no number");
	refuse(fd, 8+2*16, "too few places");
	put8(buf+8+16, size-9);
	refuse(fd, n, "beyond the end");
	put8(buf+8+16, ~0ULL);
	refuse(fd, n, "an offset of 2^64-1");
	n = group(3, 10, 20, 'b');
	put8(buf+8+8, ~0ULL);
	refuse(fd, n, "a length of 2^64-1");
	put8(buf, ~0ULL);
	refuse(fd, n, "2^64-1 places");
	put8(buf, 1ULL<<60);
	refuse(fd, n, "2^60 places");
	n = group(513, 10, 20, 'b');
	refuse(fd, n, "513 places");
	n = group(2, 512*1024+1, 0, 'b');
	refuse(fd, n, "more than 1 MiB");
}

void
main(int argc, char **argv)
{
	int fd, i;
	long n, len;
	Dir *d;

	if(argc != 3 || (fd = open(argv[1], ORDWR)) < 0 || (d = dirfstat(fd)) == nil)
		sysfatal("usage: sdgroups partition stopfile: %r");
	for(i = 1; i < 3 || access(argv[2], AEXIST) < 0; i++){
		len = 1+i*37%(Most-1);
		n = group(Places, len, Step, i);
		if(pwrite(fd, buf, n, OFF) != n){
			print("# group %d of %ld bytes: %r\n", i, n);
			exits("write");
		}
		bad(fd, d->length);
		if(!have(fd, Places, len, Step, i & 0xFF)){
			print("# group %d of %ld bytes is not there\n", i, n);
			exits("bytes");
		}
	}
	n = group(0, 0, 0, 0);
	if(pwrite(fd, buf, n, OFF) != n)
		sysfatal("no places: %r");
	print("ok 1 - groups of writes are there as a whole, and what is none is refused\n");
	exits(nil);
}
