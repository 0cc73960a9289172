/*
 * Does to a directory of a share what no command does: marks at creation, truncation, sync, the file open very often.
 * usage: poke DIR
 */
#include <u.h>
#include <libc.h>

static void
need(int ok, char *what)
{
	if(!ok)
		sysfatal("%s: %r", what);
}

void
main(int argc, char **argv)
{
	char *file;
	Dir d;
	int fd, i;

	if(argc != 2)
		sysfatal("usage: poke dir");
	file = smprint("%s/poked", argv[1]);
	fd = create(file, OWRITE, DMAPPEND|0644);
	need(fd >= 0, "create append-only");
	need(write(fd, "0123456789", 10) == 10, "write");
	nulldir(&d);
	need(dirfwstat(fd, &d) >= 0, "sync");
	d.length = 4;
	need(dirwstat(file, &d) >= 0, "truncate");
	close(fd);
	for(i = 0; i < 4500; i++)
		need(open(file, OREAD) >= 0, "open often");
	need(remove(file) >= 0, "remove");
	exits(nil);
}
