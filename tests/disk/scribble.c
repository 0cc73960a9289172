/*
 * Damages a file: a few changes in its first so many bytes, some of single bits, some of
 * words with numbers that hurt.
 * usage: scribble file bytes seed [offset]
 */
#include <u.h>
#include <libc.h>

static ulong	seed;

static ulong
rnd(ulong n)
{
	seed = seed*1664525+1013904223;
	return (seed>>8)%n;
}

void
main(int argc, char **argv)
{
	static ulong hurts[] = {0, 1, 2, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x0FFFFFF8, 0xFFFFFFF7};
	uchar b[4];
	ulong v;
	long size, off, base;
	int fd, i, n;

	if(argc != 4 && argc != 5)
		sysfatal("usage: scribble file bytes seed [offset]");
	base = argc == 5 ? atol(argv[4]) : 0;
	size = atol(argv[2]);
	seed = strtoul(argv[3], nil, 0);
	fd = open(argv[1], ORDWR);
	if(fd < 0)
		sysfatal("%s: %r", argv[1]);
	for(i = 1+rnd(30); i > 0; i--){
		off = rnd(4) == 0 ? rnd(512) : rnd(size-4);
		v = rnd(3) == 0 ? rnd(0x10000) : hurts[rnd(nelem(hurts))];
		n = 1<<rnd(3);
		b[0] = v;
		b[1] = v>>8;
		b[2] = v>>16;
		b[3] = v>>24;
		if(rnd(3) == 0){
			pread(fd, b, 1, base+off);
			b[0] ^= 1<<rnd(8);
			n = 1;
		}
		pwrite(fd, b, n, base+off);
	}
	exits(nil);
}
