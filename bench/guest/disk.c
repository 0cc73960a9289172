/*
 * What a disk costs inside 9guest: prints "name nanoseconds" or, for the sequential ones, "name bytes/s".
 * usage: disk FILE.  bench/linux/disk.c does the same on Linux with the file itself.
 */
#include <u.h>
#include <libc.h>

enum {
	BLOCK	= 1024*1024,		/* the largest */
	SMALL	= 4096,
	READS	= 20000,
	PROCS	= 32,
};

static char *file;
static uchar *block;
static vlong size;

static vlong
sequential(int write, long len)
{
	vlong start, at;
	long n;
	int fd;

	fd = open(file, ORDWR);
	start = nsec();
	for(at = 0; at < size; at += n){
		n = write ? pwrite(fd, block, len, at) : pread(fd, block, len, at);
		if(n <= 0)
			sysfatal("%s: %r", file);
	}
	start = nsec()-start;
	close(fd);
	return size*1000000000LL/start;
}

static void
reads(int n, ulong seed)
{
	static uchar space[2*SMALL];
	uchar *buf;
	int fd;

	buf = (uchar*)(((uintptr)space+SMALL-1) & ~(SMALL-1));

	fd = open(file, OREAD);
	while(n-- > 0){
		seed = seed*1664525+1013904223;
		if(pread(fd, buf, SMALL, (vlong)(seed>>4)%(size/SMALL)*SMALL) != SMALL)
			sysfatal("%s: %r", file);
	}
	close(fd);
}

/* nanoseconds a read, of all processes together */
static vlong
random(int procs)
{
	vlong start;
	int i;

	start = nsec();
	for(i = 0; i < procs; i++)
		if(fork() == 0){
			reads(READS/procs, i*77777+1);
			exits(nil);
		}
	for(i = 0; i < procs; i++)
		waitpid();
	return (nsec()-start)/READS;
}

void
main(int argc, char **argv)
{
	static long len[] = {4096, 8192, 65536, BLOCK};
	Dir *d;
	int i;

	if(argc != 2 || (d = dirstat(file = argv[1])) == nil)
		sysfatal("usage: disk FILE");
	size = d->length;
	block = (uchar*)(((uintptr)malloc(BLOCK+SMALL)+SMALL-1) & ~(SMALL-1));
	memset(block, 'x', BLOCK);
	for(i = 0; i < nelem(len); i++)
		print("disk-read-%ldk %lld\n", len[i]/1024, sequential(0, len[i]));
	for(i = 0; i < nelem(len); i++)
		print("disk-write-%ldk %lld\n", len[i]/1024, sequential(1, len[i]));
	print("disk-random-1 %lld\n", random(1));
	print("disk-random-32 %lld\n", random(PROCS));
	exits(nil);
}
