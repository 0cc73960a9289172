/*
 * rm [-fr] file ...: removes files, empty directories, and with -r whole
 * trees.  Tries the plain removal first: most things are files.
 */
#include <u.h>
#include <libc.h>

static int ignore;		/* -f */
static char *status;

static void
complain(char *name)
{
	char err[ERRMAX];

	if(ignore)
		return;
	rerrstr(err, sizeof err);
	fprint(2, "rm: %s: %s\n", name, err);
	status = "errors";
}

static void
rmtree(char *name)
{
	Dir *d;
	char *path;
	long n, i;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0){
		complain(name);
		return;
	}
	n = dirreadall(fd, &d);
	close(fd);
	for(i = 0; i < n; i++){
		path = smprint("%s/%s", name, d[i].name);
		if(path == nil)
			sysfatal("out of memory");
		if(remove(path) < 0){
			if(d[i].qid.type & QTDIR)
				rmtree(path);
			else
				complain(path);
		}
		free(path);
	}
	free(d);
	if(remove(name) < 0)
		complain(name);
}

void
main(int argc, char **argv)
{
	Dir *d;
	int i, recurse, isdir;

	recurse = 0;
	ARGBEGIN{
	case 'r':
		recurse = 1;
		break;
	case 'f':
		ignore = 1;
		break;
	default:
		fprint(2, "usage: rm [-fr] file ...\n");
		exits("usage");
	}ARGEND
	for(i = 0; i < argc; i++){
		if(remove(argv[i]) >= 0)
			continue;
		isdir = 0;
		if(recurse){
			char err[ERRMAX];

			rerrstr(err, sizeof err);
			d = dirstat(argv[i]);
			isdir = d != nil && d->qid.type & QTDIR;
			free(d);
			errstr(err, sizeof err);
		}
		if(isdir)
			rmtree(argv[i]);
		else
			complain(argv[i]);
	}
	exits(status);
}
