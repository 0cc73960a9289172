/* mount [-abcCnq] [-k keypattern] service old [spec]: attaches a 9P server's tree; with -q a failure is none. */
#include <u.h>
#include <libc.h>

static void
usage(void)
{
	fprint(2, "usage: mount [-b|-a|-c|-bc|-ac] [-Cnq] [-k keypattern] service old [spec]\n");
	exits("usage");
}

static int timedout;

static int
onalarm(void*, char *note)
{
	if(strcmp(note, "alarm") != 0)
		return 0;
	timedout = 1;
	return 1;
}

void
main(int argc, char **argv)
{
	char *spec;
	ulong flag;
	int fd, quiet, ok;

	flag = MREPL;
	quiet = 0;
	ARGBEGIN{
	case 'a':	flag |= MAFTER; break;
	case 'b':	flag |= MBEFORE; break;
	case 'c':	flag |= MCREATE; break;
	case 'C':	flag |= MCACHE; break;
	case 'k':		/* which key to use: there is no authentication that could */
		USED(EARGF(usage()));
		break;
	case 'n':	break;
	case 'q':	quiet = 1; break;
	default:	usage();
	}ARGEND
	if(argc < 2 || argc > 3 || (flag & MAFTER && flag & MBEFORE))
		usage();
	spec = argc == 3 ? argv[2] : "";
	fd = open(argv[0], ORDWR);
	if(fd < 0){
		if(quiet)
			exits(nil);
		sysfatal("can't open %s: %r", argv[0]);
	}
	atnotify(onalarm, 1);
	alarm(60*1000);		/* a server that is silent that long is dead */
	ok = mount(fd, -1, argv[1], flag, spec);
	alarm(0);
	if(ok < 0){
		if(quiet)
			exits(nil);
		if(timedout)
			sysfatal("%s: no answer within a minute", argv[0]);
		sysfatal("%s onto %s: %r", argv[0], argv[1]);
	}
	exits(nil);
}
