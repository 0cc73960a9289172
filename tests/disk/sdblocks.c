/*
 * Touches each block of 4096 bytes of a disk by a request of its own and says how
 * that went: runs of blocks with the same end, one a line.
 * usage: sdblocks read|write|kill file
 * kill: writes numbered blocks, flushes after each, and says so, until it is killed.
 */
#include <u.h>
#include <libc.h>

enum
{
	Block	= 4096,
};

static uchar	buf[Block];

static void
fill(long n)
{
	int i;

	for(i = 0; i < Block; i += 8)
		snprint((char*)buf+i, 9, "%8ld", n);
}

static int
filled(long n)
{
	char want[16];
	int i;

	snprint(want, sizeof want, "%8ld", n);
	for(i = 0; i < Block; i += 8)
		if(memcmp(buf+i, want, 8) != 0)
			return 0;
	return 1;
}

static void
runs(int fd, int write, long nblock)
{
	char was[ERRMAX], now[ERRMAX];
	long i, first;

	was[0] = 0;
	first = 0;
	for(i = 0; i <= nblock; i++){
		strcpy(now, "ok");
		if(i == nblock)
			now[0] = 0;
		else if(write){
			fill(i);
			if(pwrite(fd, buf, Block, (vlong)i*Block) != Block)
				rerrstr(now, sizeof now);
		}else if(pread(fd, buf, Block, (vlong)i*Block) != Block)
			rerrstr(now, sizeof now);
		else if(!filled(i))
			strcpy(now, "wrong bytes");
		if(i > 0 && strcmp(was, now) != 0){
			print("%ld-%ld %s\n", first, i-1, was);
			first = i;
		}
		strcpy(was, now);
	}
}

static void
untilkilled(int fd, long nblock)
{
	Dir d;
	long i;

	nulldir(&d);
	for(i = 0;; i++){
		fill(i);
		if(pwrite(fd, buf, Block, (vlong)(i%nblock)*Block) != Block)
			sysfatal("block %ld: %r", i);
		if(dirfwstat(fd, &d) < 0)
			sysfatal("flush: %r");
		print("%ld\n", i);
	}
}

void
main(int argc, char **argv)
{
	Dir *d;
	int fd;

	if(argc != 3)
		sysfatal("usage: sdblocks read|write|kill file");
	fd = open(argv[2], argv[1][0] == 'r' ? OREAD : ORDWR);
	if(fd < 0 || (d = dirfstat(fd)) == nil)
		sysfatal("%s: %r", argv[2]);
	if(argv[1][0] == 'k')
		untilkilled(fd, d->length/Block);
	runs(fd, argv[1][0] == 'w', d->length/Block);
	exits(nil);
}
