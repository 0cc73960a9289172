/*
 * ps [-apr]: the processes, from /proc/n/status.  -a shows their arguments,
 * -p priorities, -r the time since they started.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

enum
{
	Fname,
	Fuser,
	Fstate,
	Futime,
	Fstime,
	Frtime,
	Fmem	= 9,
	Fbasepri,
	Fpri,
	Nfield,
};

static int aflag, pflag, rflag;
static Biobuf out;

static int
readfile(char *pid, char *file, char *buf, int size)
{
	char path[64];
	int fd, n;

	snprint(path, sizeof path, "/proc/%s/%s", pid, file);
	fd = open(path, OREAD);
	if(fd < 0)
		return -1;
	n = read(fd, buf, size-1);
	close(fd);
	if(n >= 0)
		buf[n] = 0;
	return n;
}

static void
show(char *pid)
{
	char status[256], args[512], *f[Nfield+1];
	ulong u, s, r;

	if(readfile(pid, "status", status, sizeof status) <= 0 || tokenize(status, f, Nfield+1) < Nfield)
		return;			/* it has ended meanwhile */
	u = strtoul(f[Futime], nil, 10)/1000;
	s = strtoul(f[Fstime], nil, 10)/1000;
	r = strtoul(f[Frtime], nil, 10)/1000;
	Bprint(&out, "%-10s %8s ", f[Fuser], pid);
	if(rflag){
		if(r >= 24*3600)
			Bprint(&out, "%3lud,%.2lud:%.2lud ", r/(24*3600), r/3600%24, r/60%60);
		else
			Bprint(&out, "%3lud:%.2lud:%.2lud ", r/3600, r/60%60, r%60);
	}
	Bprint(&out, "%4lud:%.2lud %3lud:%.2lud ", u/60, u%60, s/60, s%60);
	if(pflag)
		Bprint(&out, "%2s %2s ", f[Fbasepri], f[Fpri]);
	Bprint(&out, "%7sK %-8.8s ", f[Fmem], f[Fstate]);
	if(aflag && readfile(pid, "args", args, sizeof args) > 0)
		Bprint(&out, "%s\n", args);
	else
		Bprint(&out, "%s\n", f[Fname]);
}

static int
bypid(void *a, void *b)
{
	return atoi(((Dir*)a)->name) - atoi(((Dir*)b)->name);
}

void
main(int argc, char **argv)
{
	Dir *d;
	long n, i;
	int fd;

	ARGBEGIN{
	case 'a':	aflag = 1; break;
	case 'p':	pflag = 1; break;
	case 'r':	rflag = 1; break;
	default:
		fprint(2, "usage: ps [-apr]\n");
		exits("usage");
	}ARGEND
	fd = open("/proc", OREAD);
	if(fd < 0)
		sysfatal("can't open /proc: %r");
	n = dirreadall(fd, &d);
	if(n < 0)
		sysfatal("can't read /proc: %r");
	Binit(&out, 1, OWRITE);
	qsort(d, n, sizeof d[0], bypid);
	for(i = 0; i < n; i++)
		if(d[i].name[0] >= '0' && d[i].name[0] <= '9')
			show(d[i].name);
	Bterm(&out);
	exits(nil);
}
