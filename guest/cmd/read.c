/*
 * read [-m] [-n lines] [file ...]: copies one line, so many, or with -m all of them.  It reads a byte at a time and so takes
 * nothing from the input that it does not print: the next program finds the next line.
 */
#include <u.h>
#include <libc.h>

enum
{
	Chunk	= 1024,
};

/* A line, its newline included, in *p, which grows: its length; 0 at the end, -1 for an error. */
static long
getline(int fd, char **p, long *room)
{
	long n, m;

	for(n = 0;;){
		if(n == *room){
			*room += Chunk;
			*p = realloc(*p, *room);
			if(*p == nil)
				sysfatal("a line of %ld bytes: out of memory", n);
		}
		m = read(fd, *p + n, 1);
		if(m <= 0)
			return n > 0? n: m;
		if((*p)[n++] == '\n')
			return n;
	}
}

/* Copy lines of fd, all if there is no count.  0: fewer were there than asked for. */
static int
copy(int fd, char *name, vlong lines, int all)
{
	static char *line;
	static long room;
	long n;

	for(; all || lines > 0; lines--){
		n = getline(fd, &line, &room);
		if(n < 0)
			sysfatal("%s: %r", name);
		if(n == 0)
			return all;
		if(write(1, line, n) != n)
			sysfatal("write error: %r");
	}
	return 1;
}

static void
usage(void)
{
	fprint(2, "usage: read [-m] [-n lines] [file ...]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *e, *count;
	vlong lines;
	int i, fd, all, whole;

	all = 0;
	lines = 1;
	ARGBEGIN{
	case 'm':
		all = 1;
		break;
	case 'n':
		count = EARGF(usage());
		lines = strtoll(count, &e, 0);
		if(e == count || *e != '\0' || lines < 0)
			sysfatal("-n %s: not a number of lines", count);
		break;
	default:
		usage();
	}ARGEND
	whole = 1;
	if(argc == 0)
		whole = copy(0, "standard input", lines, all);
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0)
			sysfatal("%s: %r", argv[i]);
		whole &= copy(fd, argv[i], lines, all);
		close(fd);
	}
	exits(whole? nil: "eof");
}
