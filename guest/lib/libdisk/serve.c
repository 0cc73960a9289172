/*
 * The main of a server of file systems: the options that all have, and which file is meant by who names none.  It is
 * posted under its usual name, or one that is given, or mounted, or serves its standard input.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include <disk.h>

char	*owner;				/* of all files that have no other: who started us */
static char	*deffile;

static void
usage(Mediasrv *m)
{
	fprint(2, "usage: %s [-%s] [-f file] [-m mountpoint] [service]\n", m->name, m->flags);
	exits("usage");
}

/* does not return */
void
servemedia(Srv *s, Mediasrv *m, int argc, char **argv)
{
	char *service, *mtpt;
	int stdio;

	mtpt = nil;
	stdio = 0;
	ARGBEGIN{
	case 'D':
		chatty9p = 1;
		break;
	case 'f':
		deffile = EARGF(usage(m));
		break;
	case 'm':
		mtpt = EARGF(usage(m));
		break;
	case 's':
		stdio = 1;
		break;
	default:
		if(!m->flag(ARGC()))
			usage(m);
	}ARGEND
	if(argc > 1)
		usage(m);
	argv0 = m->name;
	owner = getuser();
	service = argc == 1 ? argv[0] : mtpt != nil ? nil : m->service;
	runsrv(s, stdio, service, mtpt, m->mount);
}

/* the file that an attach names; nil: it names none, and has been answered */
char*
mediumof(Req *r)
{
	char *spec;

	spec = r->ifcall.aname;
	if(spec == nil || *spec == 0)
		spec = deffile;
	if(spec == nil)
		respond(r, "no file system named: mount it with the name of its disk or file as the last argument");
	return spec;
}
