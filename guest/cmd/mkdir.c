/* mkdir [-p] [-m mode] dir ... */
#include <u.h>
#include <libc.h>

static ulong mode = 0777;
static char *status;

static void
usage(void)
{
	fprint(2, "usage: mkdir [-p] [-m mode] dir ...\n");
	exits("usage");
}

static int
isdir(char *name)
{
	Dir *d;
	int r;

	d = dirstat(name);
	r = d != nil && d->mode & DMDIR;
	free(d);
	return r;
}

static int
make(char *name)
{
	int fd;

	if(access(name, AEXIST) == 0){
		fprint(2, "mkdir: %s already exists\n", name);
		status = "error";
		return -1;
	}
	fd = create(name, OREAD, DMDIR|mode);
	if(fd < 0){
		fprint(2, "mkdir: can't create %s: %r\n", name);
		status = "error";
		return -1;
	}
	close(fd);
	return 0;
}

/* every directory on the way that is not there yet */
static void
makepath(char *name)
{
	char *p;

	for(p = name; *p == '/'; p++)
		;
	while((p = strchr(p, '/')) != nil){
		*p = 0;
		if(!isdir(name) && make(name) < 0)
			return;
		*p++ = '/';
	}
	if(!isdir(name))
		make(name);
}

void
main(int argc, char **argv)
{
	int i, pflag;
	char *s;

	pflag = 0;
	ARGBEGIN{
	case 'p':
		pflag = 1;
		break;
	case 'm':
		mode = strtoul(EARGF(usage()), &s, 8);
		if(*s != 0 || mode > 0777)
			usage();
		break;
	default:
		usage();
	}ARGEND
	if(argc == 0)
		usage();
	for(i = 0; i < argc; i++)
		if(pflag)
			makepath(argv[i]);
		else
			make(argv[i]);
	exits(status);
}
