/*
 * con: a call to a machine, byte for byte.  What comes is printed, what is typed is
 * sent; the call ends when the other side ends it.
 */
#include <u.h>
#include <libc.h>

static void
usage(void)
{
	fprint(2, "usage: con [-n] [net!]host[!service]\n");
	exits("usage");
}

static void
pump(int from, int to)
{
	static char buf[8192];
	int n;

	while((n = read(from, buf, sizeof buf)) > 0)
		if(write(to, buf, n) != n)
			break;
}

static char	Ended[] = "input ended";

static void
note(void*, char *msg)
{
	if(strcmp(msg, Ended) == 0)
		_exits(nil);
	noted(strcmp(msg, "interrupt") == 0 ? NCONT : NDFLT);
}

void
main(int argc, char **argv)
{
	int fd, stay, pid, child;

	stay = 0;
	ARGBEGIN{
	case 'n':		/* the end of the input does not end the call */
		stay = 1;
		break;
	default:
		usage();
	}ARGEND
	if(argc != 1)
		usage();
	fd = dial(netmkaddr(argv[0], "tcp", "telnet"), nil, nil, nil);
	if(fd < 0)
		sysfatal("%s: %r", argv[0]);
	notify(note);
	pid = getpid();
	child = rfork(RFPROC|RFFDG);
	switch(child){
	case -1:
		sysfatal("fork: %r");
	case 0:
		pump(0, fd);
		if(!stay)
			postnote(PNPROC, pid, Ended);
		exits(nil);
	}
	pump(fd, 1);
	postnote(PNPROC, child, "kill");
	exits(nil);
}
