/*
 * cp [-grux] from to; cp [-grux] from ... dir: copies files.  -x keeps modes and times, -g group, -u user and group.  With
 * -r directories are copied with all below them; what is called . is copied into the directory itself, which is dircp.
 * Of a tree everything is known from reading its directories, and nothing is looked for in a directory just made.
 */
#include <u.h>
#include <libc.h>

static int gflag, rflag, uflag, xflag;
static Dir *target;	/* the directory that a tree is copied to */
static char *status;
static char buf[64*1024];

static void
usage(void)
{
	fprint(2, "usage: cp [-grux] from to\n       cp [-grux] from ... dir\n");
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

/* its version changes with what is in it */
static int
samedir(Dir *a, Dir *b)
{
	return a->type == b->type && a->dev == b->dev && a->qid.path == b->qid.path && a->qid.type == b->qid.type;
}

/*
 * No more is asked for at once than the file is said to have, since who reads from a disk or the host holds memory for all of it;
 * but only its end is the end.
 */
static int
transfer(int from, int to, char *fromname, char *toname, vlong length)
{
	long n, most;

	most = length > 0 && length < sizeof buf ? length : sizeof buf;
	while((n = read(from, buf, most)) > 0)
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
		d.mode = from->mode & (DMDIR|0777);
		d.mtime = from->mtime;
	}
	if(gflag || uflag)
		d.gid = from->gid;
	if(uflag)
		d.uid = from->uid;
	if(dirfwstat(fd, &d) < 0)
		fail("warning: can't set attributes of %s: %r", name);
}

/* what is open at in, and is described by d; in a fresh directory there is nothing of that name */
static void
copyfile(int in, char *from, Dir *d, char *to, int fresh)
{
	Dir *td;
	int out;

	td = fresh ? nil : dirstat(to);
	if(td != nil && samefile(d, td))
		fail("%s and %s are the same file", from, to);
	else if((out = create(to, OWRITE, d->mode & 0777)) < 0)
		fail("can't create %s: %r", to);
	else{
		if(transfer(in, out, from, to, d->length) == 0 && (gflag || uflag || xflag))
			keepstat(out, d, to);
		close(out);
	}
	free(td);
}

/* a directory to copy into: one that is there, or a new one, and then *fresh; -1: it is said why not */
static int
makedir(char *to, Dir *d, int *fresh)
{
	int fd;

	fd = *fresh ? -1 : open(to, OREAD);
	*fresh = 0;
	if(fd < 0){
		fd = create(to, OREAD, DMDIR|0700|d->mode & 0777);
		*fresh = 1;
	}
	if(fd < 0)
		fail("can't create directory %s: %r", to);
	return fd;
}

/* the directory that is open at in, and all below; closes it */
static void
copydir(int in, char *from, Dir *d, char *to, int fresh)
{
	char *f, *t;
	long i, n;
	int fd, out;
	Dir *all;

	if(target != nil && samedir(d, target)){
		fail("%s is where %s is copied to", from, to);
		close(in);
		return;
	}
	n = dirreadall(in, &all);
	close(in);
	if(n < 0){
		fail("error reading %s: %r", from);
		return;
	}
	out = makedir(to, d, &fresh);
	if(out >= 0 && target == nil)
		target = dirfstat(out);
	for(i = 0; i < n && out >= 0; i++){
		f = smprint("%s/%s", from, all[i].name);
		t = smprint("%s/%s", to, all[i].name);
		if(f == nil || t == nil)
			sysfatal("out of memory");
		fd = open(f, OREAD);
		if(fd < 0)
			fail("can't open %s: %r", f);
		else if(all[i].mode & DMDIR)
			copydir(fd, f, &all[i], t, fresh);
		else{
			copyfile(fd, f, &all[i], t, fresh);
			close(fd);
		}
		free(f);
		free(t);
	}
	if(out >= 0 && fresh && (gflag || uflag || xflag))
		keepstat(out, d, to);
	if(out >= 0)
		close(out);
	if(n > 0)
		free(all);
}

static void
copy(char *from, char *to)
{
	Dir *d;
	int in;

	in = open(from, OREAD);
	if(in < 0){
		fail("can't open %s: %r", from);
		return;
	}
	d = dirfstat(in);
	if(d == nil)
		fail("can't stat %s: %r", from);
	if(d != nil && d->mode & DMDIR && rflag){
		copydir(in, from, d, to, 0);
		in = -1;
		free(target);
		target = nil;
	}else if(d != nil && d->mode & DMDIR)
		fail("%s is a directory", from);
	else if(d != nil)
		copyfile(in, from, d, to, 0);
	free(d);
	if(in >= 0)
		close(in);
}

void
main(int argc, char **argv)
{
	Dir *d;
	char *base, *path, *to;
	int i, isdir;

	ARGBEGIN{
	case 'g':	gflag = 1; break;
	case 'r':	rflag = 1; break;
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
		if(rflag && strcmp(base, ".") == 0){
			copy(argv[i], to);
			continue;
		}
		path = smprint("%s/%s", to, base);
		if(path == nil)
			sysfatal("out of memory");
		copy(argv[i], path);
		free(path);
	}
	exits(status);
}
