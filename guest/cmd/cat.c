/* cat [file ...]: copies files, or its input, to its output. */
#include <u.h>
#include <libc.h>

static char buf[64*1024];

static void
copy(int fd, char *name)
{
	long n;

	while((n = read(fd, buf, sizeof buf)) > 0)
		if(write(1, buf, n) != n)
			sysfatal("write error copying %s: %r", name);
	if(n < 0)
		sysfatal("error reading %s: %r", name);
}

void
main(int argc, char **argv)
{
	int i, fd;

	argv0 = "cat";
	if(argc == 1)
		copy(0, "standard input");
	for(i = 1; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0)
			sysfatal("can't open %s: %r", argv[i]);
		copy(fd, argv[i]);
		close(fd);
	}
	exits(nil);
}
