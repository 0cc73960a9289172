/*
 * srv [-abcCnq] [net!]system[!service] [srvname [mountpoint]]: dials a 9P
 * server, posts the connection in /srv and mounts it.  With -e the first
 * argument is a command instead, which speaks 9P on its standard input and
 * output.
 */
#include <u.h>
#include <libc.h>

static void
usage(void)
{
	fprint(2, "usage: srv [-abcCmnq] [net!]host[!service] [srvname [mtpt]]\n"
		"       srv -e [-abcCmnq] command [srvname [mtpt]]\n");
	exits("usage");
}

static int
connectcmd(char *cmd)
{
	int p[2];

	if(pipe(p) < 0)
		return -1;
	switch(rfork(RFPROC|RFFDG|RFNOWAIT|RFNAMEG|RFENVG|RFNOTEG)){
	case -1:
		return -1;
	case 0:
		dup(p[0], 0);
		dup(p[0], 1);
		close(p[0]);
		close(p[1]);
		execl("/bin/rc", "rc", "-c", cmd, nil);
		fprint(2, "srv: can't run rc: %r\n");
		_exits("exec");
	}
	close(p[0]);
	return p[1];
}

static int
post(char *file, int fd)
{
	char num[16];
	int f, n;

	f = create(file, OWRITE, 0666);
	if(f < 0)
		return -1;
	n = snprint(num, sizeof num, "%d", fd);
	n = write(f, num, n) == n ? 0 : -1;
	close(f);
	return n;
}

/* the host part of an address, as a file name */
static char*
hostof(char *addr)
{
	char *s, *p;

	s = strdup(addr);
	p = strchr(s, '!');
	if(p != nil && strchr(p+1, '!') != nil)
		s = p+1;
	else if(p != nil && (strcmp(p+1, "9fs") != 0 && strcmp(p+1, "564") != 0))
		s = p+1;
	p = strchr(s, '!');
	if(p != nil)
		*p = 0;
	return s;
}

void
main(int argc, char **argv)
{
	char *name, *file, *mtpt;
	ulong flag;
	int fd, domount, eflag, quiet, try;

	flag = MREPL;
	domount = eflag = quiet = 0;
	ARGBEGIN{
	case 'a':	flag |= MAFTER; domount = 1; break;
	case 'b':	flag |= MBEFORE; domount = 1; break;
	case 'c':	flag |= MCREATE; domount = 1; break;
	case 'C':	flag |= MCACHE; domount = 1; break;
	case 'e':	eflag = 1; break;
	case 'm':	domount = 1; break;
	case 'n':	break;			/* no authentication */
	case 'q':	quiet = 1; break;
	default:	usage();
	}ARGEND
	if(argc < 1 || argc > 3 || (flag & MAFTER && flag & MBEFORE))
		usage();
	name = argc > 1 ? argv[1] : eflag ? nil : hostof(argv[0]);
	if(name == nil)
		usage();
	file = strncmp(name, "/srv/", 5) == 0 ? name : smprint("/srv/%s", name);
	mtpt = argc > 2 ? argv[2] : smprint("/n/%s", name);
	if(argc > 2)
		domount = 1;
	for(try = 0; ; try++){
		fd = open(file, ORDWR);		/* it may be posted already */
		if(fd < 0){
			fd = eflag ? connectcmd(argv[0]) : dial(netmkaddr(argv[0], nil, "9fs"), nil, nil, nil);
			if(fd < 0)
				sysfatal("%s: %r", argv[0]);
			if(post(file, fd) < 0)
				sysfatal("can't post %s: %r", file);
			if(!quiet)
				fprint(2, "post...\n");
		}
		if(!domount)
			exits(nil);
		if(mount(fd, -1, mtpt, flag, "") >= 0)
			exits(nil);
		if(try > 0)
			break;
		remove(file);			/* a dead connection: once more */
	}
	sysfatal("can't mount %s on %s: %r", file, mtpt);
}
