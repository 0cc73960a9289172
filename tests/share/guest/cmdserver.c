/*
 * What other systems' file servers have beside their files: a console in /srv, on which they are told to halt.  This one takes its time,
 * and says on the standard error when it has heard and when it is done.  cmdserver name [talks]
 */
#include <u.h>
#include <libc.h>

static void
serve(int fd, int talks)
{
	char buf[128];
	int n;

	while((n = read(fd, buf, sizeof buf-1)) > 0){
		buf[n] = 0;
		fprint(2, "heard %s", buf);
		if(strstr(buf, "halt") == nil)
			continue;
		if(talks)
			fprint(fd, "halting...\n");
		sleep(1500);
		fprint(2, "halted\n");
		if(!talks)
			_exits(nil);
		fprint(fd, "done\n");
	}
}

void
main(int argc, char **argv)
{
	char file[64];
	int fd, p[2];

	if(argc < 2)
		sysfatal("usage: cmdserver name [talks]");
	snprint(file, sizeof file, "/srv/%s", argv[1]);
	fd = create(file, OWRITE, 0600);
	if(fd < 0 || pipe(p) < 0 || fprint(fd, "%d", p[0]) < 0)
		sysfatal("%s: %r", file);
	close(fd);
	if(rfork(RFPROC|RFFDG|RFNOTEG|RFNOWAIT) == 0){
		close(p[0]);
		close(0);
		serve(p[1], argc > 2);
		_exits(nil);
	}
	exits(nil);
}
