/*
 * aux/listen1: announces an address and runs a command for each call, with the
 * call as its standard input, output and error.
 */
#include <u.h>
#include <libc.h>

static int	verbose;
static int	trusted;

static void
usage(void)
{
	fprint(2, "usage: aux/listen1 [-tv] address command [arg ...]\n");
	exits("usage");
}

/* who serves strangers should not be anybody */
static void
becomenone(void)
{
	int fd;

	fd = open("#c/user", OWRITE);
	if(fd < 0 || write(fd, "none", 4) != 4)
		sysfatal("can't become none: %r");
	close(fd);
}

static void
remote(char *dir, char *buf, int size)
{
	char *file;
	int fd, n;

	file = smprint("%s/remote", dir);
	fd = open(file, OREAD);
	n = fd < 0 ? -1 : read(fd, buf, size-1);
	close(fd);
	free(file);
	if(n < 0)
		n = 0;
	while(n > 0 && buf[n-1] == '\n')
		n--;
	buf[n] = '\0';
}

/* in a process of its own */
static void
serve(int ctl, char *dir, char **argv)
{
	char buf[128], *cmd;
	int fd;

	fd = accept(ctl, dir);
	if(fd < 0)
		exits("accept");
	fprint(ctl, "keepalive");
	close(ctl);
	remote(dir, buf, sizeof buf);
	if(verbose)
		fprint(2, "%s: %s calls\n", argv0, buf);
	putenv("net", dir);
	putenv("remote", buf);
	dup(fd, 0);
	dup(fd, 1);
	dup(fd, 2);
	close(fd);
	if(argv[0][0] != '/' && strncmp(argv[0], "./", 2) != 0){
		cmd = smprint("/bin/%s", argv[0]);
		exec(cmd, argv);
	}
	exec(argv[0], argv);
	fprint(2, "%s: can't exec %s: %r\n", argv0, argv[0]);
	exits("exec");
}

void
main(int argc, char **argv)
{
	char dir[NETPATHLEN], newdir[NETPATHLEN];
	int actl, ctl;

	ARGBEGIN{
	case 't':
		trusted = 1;
		break;
	case 'v':
		verbose = 1;
		break;
	default:
		usage();
	}ARGEND
	if(argc < 2)
		usage();
	if(!trusted)
		becomenone();
	actl = announce(netmkaddr(argv[0], "tcp", nil), dir);
	if(actl < 0)
		sysfatal("announce %s: %r", argv[0]);
	for(;;){
		ctl = listen(dir, newdir);
		if(ctl < 0)
			sysfatal("listen %s: %r", argv[0]);
		switch(rfork(RFPROC|RFFDG|RFNOWAIT|RFENVG|RFNAMEG|RFNOTEG)){
		case -1:
			reject(ctl, newdir, "no process");
			break;
		case 0:
			close(actl);
			serve(ctl, newdir, argv+1);
		}
		close(ctl);
	}
}
