/*
 * Reads of a share go straight into a process's pages, and must reach the process that asked, though another thread of it forks
 * meanwhile and then writes to the same pages.  usage: forkread FILE ROUNDS; the file has the byte value of its
 * position divided by 2048.
 */
#include <u.h>
#include <libc.h>

enum {
	Page	= 4096,
	Half	= Page/2,
	Npage	= 5000,			/* more than fork copies at once */
	Part	= 64,			/* pages that are read into */
};

static uchar	mem[Npage*Page] __attribute__((aligned(Page)));
static volatile int	stop;

static void
forker(void)
{
	int i;

	while(!stop){
		switch(rfork(RFPROC|RFFDG)){
		case -1:
			sysfatal("fork: %r");
		case 0:
			_exits(nil);
		}
		for(i = 0; i < Part; i++)
			mem[i*Page+Half]++;
		waitpid();
	}
	_exits(nil);
}

void
main(int argc, char **argv)
{
	int fd, i, j, rounds, at;
	uchar *p;

	if(argc != 3)
		sysfatal("usage: forkread file rounds");
	for(i = 0; i < Npage; i++)
		mem[i*Page] = 1;
	fd = open(argv[1], OREAD);
	if(fd < 0)
		sysfatal("%s: %r", argv[1]);
	if(rfork(RFPROC|RFMEM|RFFDG) == 0)
		forker();
	for(rounds = atoi(argv[2]); rounds > 0; rounds--)
		for(i = 0; i < Part; i++){
			p = mem+i*Page;
			at = (i + rounds) % 100;
			memset(p, 0xff, Half);
			if(pread(fd, p, Half, at*Half) != Half)
				sysfatal("read: %r");
			for(j = 0; j < Half; j++)
				if(p[j] != at)
					sysfatal("round %d page %d: byte %d is %d, wanted %d", rounds, i, j, p[j], at);
		}
	stop = 1;
	waitpid();
	print("forkread: all arrived\n");
	exits(nil);
}
