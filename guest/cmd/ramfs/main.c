/*
 * ramfs: a file system in memory.  The process that is started mounts or posts
 * it and ends when that is done; a child serves until nobody holds the
 * connection any more.
 */
#include <u.h>
#include <libc.h>
#include "ramfs.h"

static void
usage(void)
{
	fprint(2, "usage: ramfs [-Diabcsu] [-m mountpoint] [-S srvname]\n");
	exits("usage");
}

/* half of the machine's memory, from the first line of /dev/swap */
static uvlong
memlimit(void)
{
	char buf[64];
	int fd, n;

	fd = open("/dev/swap", OREAD);
	n = fd < 0 ? -1 : read(fd, buf, sizeof buf-1);
	close(fd);
	if(n <= 0)
		return Memmax;
	buf[n] = 0;
	return strtoull(buf, nil, 10)/2;
}

static void
post(char *name, int fd)
{
	char file[64], buf[16];
	int s, n;

	snprint(file, sizeof file, "/srv/%s", name);
	s = create(file, OWRITE, 0600);
	if(s < 0)
		sysfatal("can't create %s: %r", file);
	n = snprint(buf, sizeof buf, "%d", fd);
	if(write(s, buf, n) != n)
		sysfatal("can't post %s: %r", file);
	close(s);
}

void
main(int argc, char **argv)
{
	char *mtpt, *srv;
	int p[2], flag, debug, stdio;

	mtpt = "/tmp";
	srv = nil;
	flag = MREPL;
	debug = stdio = 0;
	limit = 0;
	ARGBEGIN{
	case 'D':
		debug = 1;
		break;
	case 'i':
		stdio = 1;
		break;
	case 'a':
		flag |= MAFTER;
		break;
	case 'b':
		flag |= MBEFORE;
		break;
	case 'c':
		break;
	case 's':
		srv = "ramfs";
		mtpt = nil;
		break;
	case 'u':
		limit = Memmax;
		break;
	case 'm':
		mtpt = EARGF(usage());
		break;
	case 'S':
		srv = EARGF(usage());
		mtpt = nil;
		break;
	default:
		usage();
	}ARGEND
	if(argc != 0)
		usage();
	if(limit == 0)
		limit = memlimit();
	inittree(getuser());
	if(stdio){
		serve(0, 1, debug);
		exits(nil);
	}
	if(pipe(p) < 0)
		sysfatal("pipe: %r");
	switch(rfork(RFPROC|RFFDG|RFNAMEG|RFNOTEG|RFNOWAIT)){
	case -1:
		sysfatal("rfork: %r");
	case 0:
		close(p[0]);
		close(0);
		close(1);
		chdir("/");
		serve(p[1], p[1], debug);
		_exits(nil);
	}
	close(p[1]);
	if(srv != nil)
		post(srv, p[0]);
	if(mtpt != nil && mount(p[0], -1, mtpt, flag|MCREATE, "") < 0)
		sysfatal("can't mount on %s: %r", mtpt);
	exits(nil);
}
