/* date [-u] [-n] [-t] [seconds]: the time, or the one given. */
#include <u.h>
#include <libc.h>

static void
usage(void)
{
	fprint(2, "usage: date [-u] [-n] [-t] [seconds]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *end;
	ulong now;
	int nflag, uflag, tflag;
	Tm *tm;

	nflag = uflag = tflag = 0;
	ARGBEGIN{
	case 'n':	nflag = 1; break;
	case 'u':	uflag = 1; break;
	case 't':	tflag = uflag = 1; break;
	default:	usage();
	}ARGEND
	if(argc > 1)
		usage();
	if(argc == 1){
		now = strtoul(argv[0], &end, 0);
		if(*end != 0 || end == argv[0])
			usage();
	}else
		now = time(nil);
	if(nflag)
		print("%lud\n", now);
	else{
		tm = uflag ? gmtime(now) : localtime(now);
		if(tflag)	/* ISO 8601 */
			print("%d-%.2d-%.2dT%.2d:%.2d:%.2dZ\n", tm->year+1900, tm->mon+1, tm->mday, tm->hour, tm->min, tm->sec);
		else
			print("%s", asctime(tm));
	}
	exits(nil);
}
