/* ns [-r] [pid]: the commands that would make a process's name space. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	char file[64], buf[8192], *f[8], *pid;
	long n;
	int fd, rflag, nf, i;

	rflag = 0;
	ARGBEGIN{
	case 'r':
		rflag = 1;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc > 1){
	Usage:
		fprint(2, "usage: ns [-r] [pid]\n");
		exits("usage");
	}
	pid = argv[0];
	if(argc == 1)
		snprint(file, sizeof file, "/proc/%s/ns", pid);
	else
		snprint(file, sizeof file, "/proc/%d/ns", getpid());
	fd = open(file, OREAD);
	if(fd < 0)
		sysfatal("can't open %s: %r", file);
	doquote = needsrcquote;
	while((n = read(fd, buf, sizeof buf - 1)) > 0){	/* one line at a time */
		buf[n] = 0;
		if(rflag){
			print("%s", buf);
			continue;
		}
		nf = getfields(buf, f, nelem(f), 1, " \n");
		for(i = 0; i < nf; i++)
			print(i == 0 ? "%s" : " %q", f[i]);
		print("\n");
	}
	if(n < 0)
		sysfatal("error reading %s: %r", file);
	exits(nil);
}
