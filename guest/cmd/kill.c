/*
 * kill, as in "kill name ... | rc": prints the commands that would kill the
 * processes of these names, for the user to look at or to run.
 */
#include <u.h>
#include <libc.h>

static int
isname(char *want, char *have)
{
	char *p;

	p = strrchr(want, '/');
	return strcmp(p != nil ? p+1 : want, have) == 0;
}

void
main(int argc, char **argv)
{
	Dir *d;
	char path[64], status[200], *f[3];
	long n, i;
	int fd, m, a;

	argv0 = "kill";
	fd = open("/proc", OREAD);
	if(fd < 0)
		sysfatal("can't open /proc: %r");
	n = dirreadall(fd, &d);
	close(fd);
	for(i = 0; i < n; i++){
		if(d[i].name[0] < '0' || d[i].name[0] > '9')
			continue;
		snprint(path, sizeof path, "/proc/%s/status", d[i].name);
		fd = open(path, OREAD);
		if(fd < 0)
			continue;		/* it has just ended */
		m = read(fd, status, sizeof status - 1);
		close(fd);
		if(m <= 0)
			continue;
		status[m] = 0;
		if(tokenize(status, f, nelem(f)) < 3)
			continue;
		for(a = 1; a < argc; a++)
			if(isname(argv[a], f[0])){
				print("echo kill>/proc/%s/note # %s\n", d[i].name, f[0]);
				break;
			}
	}
	exits(nil);
}
