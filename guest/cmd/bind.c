/* bind [-abcq] new old: makes new visible at old; with -q a failure is none. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	ulong flag;
	int quiet;

	flag = MREPL;
	quiet = 0;
	ARGBEGIN{
	case 'a':
		flag |= MAFTER;
		break;
	case 'b':
		flag |= MBEFORE;
		break;
	case 'c':
		flag |= MCREATE;
		break;
	case 'q':
		quiet = 1;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc != 2 || (flag & MAFTER && flag & MBEFORE)){
	Usage:
		fprint(2, "usage: bind [-b|-a|-c|-bc|-ac] [-q] new old\n");
		exits("usage");
	}
	if(bind(argv[0], argv[1], flag) < 0){
		if(quiet)		/* for scripts that bind what may not exist */
			exits(nil);
		sysfatal("%s onto %s: %r", argv[0], argv[1]);
	}
	exits(nil);
}
