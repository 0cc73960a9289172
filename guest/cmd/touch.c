/* touch [-c] [-t time] file ...: sets the modification time, creating files that do not exist. */
#include <u.h>
#include <libc.h>

static char *status;

static void
touch(char *name, int nocreate, ulong t)
{
	Dir d;
	int fd;

	nulldir(&d);
	d.mtime = t;
	if(dirwstat(name, &d) >= 0)
		return;
	if(nocreate){
		fprint(2, "touch: %s: %r\n", name);
		status = "touch";
		return;
	}
	fd = create(name, OREAD|OEXCL, 0666);
	if(fd < 0){
		fprint(2, "touch: can't create %s: %r\n", name);
		status = "touch";
		return;
	}
	dirfwstat(fd, &d);
	close(fd);
}

void
main(int argc, char **argv)
{
	char *s, *end;
	ulong t;
	int i, cflag;

	cflag = 0;
	t = time(nil);
	ARGBEGIN{
	case 'c':
		cflag = 1;
		break;
	case 't':
		s = ARGF();
		if(s == nil)
			goto Usage;
		t = strtoul(s, &end, 0);
		if(*end != 0)
			goto Usage;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc == 0){
	Usage:
		fprint(2, "usage: touch [-c] [-t time] file ...\n");
		exits("usage");
	}
	for(i = 0; i < argc; i++)
		touch(argv[i], cflag, t);
	exits(status);
}
