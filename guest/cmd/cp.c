/* cp [-gux] from to; cp [-gux] from ... dir: copies files.  -x keeps modes and times, -g group, -u user and group. */
#include <u.h>
#include <libc.h>

static int gflag, uflag, xflag;
static char *status;
static char buf[64*1024];

static void
usage(void)
{
	fprint(2, "usage: cp [-gux] from to\n       cp [-gux] from ... dir\n");
	exits("usage");
}

static void
fail(char *fmt, ...)
{
	char msg[512];
	va_list args;

	va_start(args, fmt);
	vsnprint(msg, sizeof msg, fmt, args);
	va_end(args);
	fprint(2, "cp: %s\n", msg);
	status = "errors";
}

static int
samefile(Dir *a, Dir *b)
{
	return a->type == b->type && a->dev == b->dev
		&& a->qid.path == b->qid.path && a->qid.type == b->qid.type && a->qid.vers == b->qid.vers;
}

static int
transfer(int from, int to, char *fromname, char *toname)
{
	long n;

	while((n = read(from, buf, sizeof buf)) > 0)
		if(write(to, buf, n) != n){
			fail("error writing %s: %r", toname);
			return -1;
		}
	if(n < 0){
		fail("error reading %s: %r", fromname);
		return -1;
	}
	return 0;
}

static void
keepstat(int fd, Dir *from, char *name)
{
	Dir d;

	nulldir(&d);
	if(xflag){
		d.mode = from->mode & 0777;
		d.mtime = from->mtime;
	}
	if(gflag || uflag)
		d.gid = from->gid;
	if(uflag)
		d.uid = from->uid;
	if(dirfwstat(fd, &d) < 0)
		fail("warning: can't set attributes of %s: %r", name);
}

static void
copy(char *from, char *to)
{
	Dir *d, *td;
	int in, out;

	in = open(from, OREAD);
	if(in < 0){
		fail("can't open %s: %r", from);
		return;
	}
	d = dirfstat(in);
	if(d == nil){
		fail("can't stat %s: %r", from);
		close(in);
		return;
	}
	td = dirstat(to);
	out = -1;
	if(d->mode & DMDIR)
		fail("%s is a directory", from);
	else if(td != nil && samefile(d, td))
		fail("%s and %s are the same file", from, to);
	else if((out = create(to, OWRITE, d->mode & 0777)) < 0)
		fail("can't create %s: %r", to);
	else if(transfer(in, out, from, to) == 0 && (gflag || uflag || xflag))
		keepstat(out, d, to);
	free(d);
	free(td);
	close(in);
	if(out >= 0)
		close(out);
}

void
main(int argc, char **argv)
{
	Dir *d;
	char *base, *path, *to;
	int i, isdir;

	ARGBEGIN{
	case 'g':	gflag = 1; break;
	case 'u':	uflag = gflag = 1; break;
	case 'x':	xflag = 1; break;
	default:	usage();
	}ARGEND
	if(argc < 2)
		usage();
	to = argv[argc-1];
	d = dirstat(to);
	isdir = d != nil && d->mode & DMDIR;
	free(d);
	if(argc > 2 && !isdir){
		fprint(2, "cp: %s is not a directory\n", to);
		exits("not a directory");
	}
	for(i = 0; i < argc-1; i++){
		if(!isdir){
			copy(argv[i], to);
			continue;
		}
		base = strrchr(argv[i], '/');
		base = base != nil ? base+1 : argv[i];
		path = smprint("%s/%s", to, base);
		if(path == nil)
			sysfatal("out of memory");
		copy(argv[i], path);
		free(path);
	}
	exits(status);
}
