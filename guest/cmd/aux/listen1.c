/*
 * aux/listen1: announces an address and runs a command for each call, with the
 * call as its standard input, output and error.
 */
#include <u.h>
#include <libc.h>
#include <calls.h>

static int	verbose;
static int	trusted;

static void
usage(void)
{
	fprint(2, "usage: aux/listen1 [-tv] address command [arg ...]\n");
	exits("usage");
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
serve(int ctl, char *dir, void *command)
{
	char buf[128], *cmd, **argv;
	int fd;

	argv = command;
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
	standardio(fd);
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
	char dir[NETPATHLEN];
	int actl;

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
	if(!trusted && becomenone() < 0)
		sysfatal("can't become none: %r");
	actl = announce(netmkaddr(argv[0], "tcp", nil), dir);
	if(actl < 0)
		sysfatal("announce %s: %r", argv[0]);
	servecalls(actl, dir, serve, argv+1);
	sysfatal("listen %s: %r", argv[0]);
}
