/*
 * Touches each block of 4096 bytes of a disk by a request of its own and says how
 * that went: runs of blocks with the same end, one a line.
 * usage: sdblocks read|write|kill|rall|wall file
 * rall, wall: the same, but all blocks at once, each by a process.
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
touch(int fd, int write, long i, char *how)
{
	strcpy(how, "ok");
	if(write){
		fill(i);
		if(pwrite(fd, buf, Block, (vlong)i*Block) != Block)
			rerrstr(how, ERRMAX);
	}else if(pread(fd, buf, Block, (vlong)i*Block) != Block)
		rerrstr(how, ERRMAX);
	else if(!filled(i))
		strcpy(how, "wrong bytes");
}

/* every block by a process of its own, which leaves in how[] what came of it; nobody begins before all are there */
static void
together(int fd, int write, long nblock, char (*how)[ERRMAX])
{
	long i, *go;

	go = (long*)how[nblock];

	for(i = 0; i < nblock; i++)
		switch(fork()){
		case -1:
			sysfatal("fork: %r");
		case 0:
			semacquire(go, 1);
			touch(fd, write, i, how[i]);
			_exits(nil);
		}
	semrelease(go, nblock);
	while(waitpid() > 0)
		;
}

static void
runs(int fd, int write, long nblock, int atonce)
{
	char was[ERRMAX], now[ERRMAX], (*how)[ERRMAX];
	long i, first;

	how = nil;
	if(atonce){
		how = (void*)segattach(0, "shared", nil, (nblock+1)*ERRMAX);
		if(how == (void*)-1)
			sysfatal("segattach: %r");
		together(fd, write, nblock, how);
	}
	was[0] = 0;
	first = 0;
	for(i = 0; i <= nblock; i++){
		if(i == nblock)
			now[0] = 0;
		else if(atonce)
			strcpy(now, how[i]);
		else
			touch(fd, write, i, now);
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
		sysfatal("usage: sdblocks read|write|kill|rall|wall file");
	fd = open(argv[2], argv[1][0] == 'r' ? OREAD : ORDWR);
	if(fd < 0 || (d = dirfstat(fd)) == nil)
		sysfatal("%s: %r", argv[2]);
	if(argv[1][0] == 'k')
		untilkilled(fd, d->length/Block);
	runs(fd, argv[1][0] == 'w', d->length/Block, strstr(argv[1], "all") != nil);
	exits(nil);
}
