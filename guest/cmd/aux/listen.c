/*
 * aux/listen: announces a port for each file of the service directories whose name
 * is a protocol and a port, tcp17010, and runs the file for each call, with the call
 * as its standard input, output and error.  Files of the first directory run as
 * none, those of the trusted one as whoever started us.  A name that begins with !
 * is one that is switched off; directories are looked at again now and then.
 */
#include <u.h>
#include <libc.h>
#include <calls.h>

enum
{
	Pause	= 10*1000,		/* ms between looks at the directories */
	Maxsvc	= 200,
};

typedef struct Service Service;
struct Service
{
	char	name[64];		/* of the file */
	int	pid;			/* of the process that listens */
	int	seen;
};

static char	*proto = "tcp";
static char	*netroot = "/net";
static int	quiet;
static Service	services[Maxsvc];
static int	nservice;

static void
usage(void)
{
	fprint(2, "usage: aux/listen [-q] [-d servicedir] [-t trusteddir] [-x netroot] [tcp|udp]\n");
	exits("usage");
}

/* in a process of its own: one call, for the program whose file is of that path */
static void
serve(int ctl, char *dir, void *path)
{
	char file[NETPATHLEN+8], *prog, *name;
	int data, fd;

	prog = path;
	name = strrchr(prog, '/')+1;
	fprint(ctl, "keepalive");
	data = accept(ctl, dir);
	if(data < 0)
		exits("accept");
	close(ctl);
	standardio(data);
	snprint(file, sizeof file, "/proc/%d/args", getpid());
	fd = open(file, OWRITE);
	if(fd >= 0){
		fprint(fd, "%s [%s]", name, dir);
		close(fd);
	}
	execl(prog, prog, name, proto, dir, nil);
	exits("exec");
}

/* in a process of its own: the calls of one port */
static void
listener(char *dir, char *name, int trusted)
{
	char addr[128], adir[NETPATHLEN];
	int actl;

	snprint(addr, sizeof addr, "%s/%s!*!%s", netroot, proto, name+strlen(proto));
	if(!trusted && becomenone() < 0)
		exits("can't become none");
	actl = announce(addr, adir);
	if(actl < 0){
		fprint(2, "listen: %s: %r\n", name);
		exits("announce");
	}
	if(!quiet)
		fprint(2, "listen: %s at %s\n", name, adir);
	servecalls(actl, adir, serve, smprint("%s/%s", dir, name));
	fprint(2, "listen: %s: %r\n", name);
	exits("listen");
}

static int
isservice(Dir *d)
{
	char *p;

	if(d->qid.type & QTDIR || d->length == 0 || strncmp(d->name, proto, strlen(proto)) != 0)
		return 0;
	p = d->name+strlen(proto);
	if(*p == '\0' || strlen(d->name) >= sizeof services[0].name)
		return 0;
	for(; *p != '\0'; p++)
		if(*p < '0' || *p > '9')
			return 0;
	return 1;
}

static Service*
find(char *name)
{
	int i;

	for(i = 0; i < nservice; i++)
		if(strcmp(services[i].name, name) == 0)
			return &services[i];
	return nil;
}

static void
look(char *dir, int trusted)
{
	Service *s;
	Dir *d;
	int fd, i, n;

	if(dir == nil)
		return;
	fd = open(dir, OREAD);
	if(fd < 0)
		return;
	n = dirreadall(fd, &d);
	close(fd);
	for(i = 0; i < n; i++){
		if(!isservice(&d[i]))
			continue;
		s = find(d[i].name);
		if(s != nil){
			s->seen = 1;
			continue;
		}
		if(nservice == Maxsvc)
			break;
		s = &services[nservice];
		strcpy(s->name, d[i].name);
		s->seen = 1;
		s->pid = rfork(RFPROC|RFFDG|RFNOWAIT|RFENVG|RFNOTEG);
		if(s->pid == 0)
			listener(dir, d[i].name, trusted);
		if(s->pid > 0)
			nservice++;
	}
	if(n > 0)
		free(d);
}

/* those whose file has gone, or that ended, are forgotten */
static void
prune(void)
{
	char file[64];
	int i;

	for(i = 0; i < nservice; i++){
		snprint(file, sizeof file, "/proc/%d/status", services[i].pid);
		if(services[i].seen && access(file, AEXIST) == 0)
			continue;
		if(!services[i].seen)
			postnote(PNPROC, services[i].pid, "kill");
		services[i--] = services[--nservice];
	}
}

void
main(int argc, char **argv)
{
	char *dir, *trusted;
	int i;

	dir = nil;
	trusted = nil;
	ARGBEGIN{
	case 'd':
		dir = EARGF(usage());
		break;
	case 'q':
		quiet = 1;
		break;
	case 't':
		trusted = EARGF(usage());
		break;
	case 'x':
		netroot = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc > 1)
		usage();
	if(argc == 1)
		proto = argv[0];
	if(dir == nil && trusted == nil)
		dir = "/bin/service";
	switch(rfork(RFPROC|RFFDG|RFNOTEG|RFNOWAIT|RFENVG|RFNAMEG)){
	case -1:
		sysfatal("fork: %r");
	case 0:
		break;
	default:
		exits(nil);
	}
	for(;;){
		for(i = 0; i < nservice; i++)
			services[i].seen = 0;
		look(dir, 0);
		look(trusted, 1);
		prune();
		sleep(Pause);
	}
}
