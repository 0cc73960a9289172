/*
 * mv from to; mv from ... dir: a rename within a directory is a wstat; all
 * else is a copy and a removal, so that directories cannot leave theirs.
 */
#include <u.h>
#include <libc.h>

static char *status;
static char buf[64*1024];

static void
fail(char *fmt, ...)
{
	char msg[512];
	va_list args;

	va_start(args, fmt);
	vsnprint(msg, sizeof msg, fmt, args);
	va_end(args);
	fprint(2, "mv: %s\n", msg);
	status = "errors";
}

/* cuts the last element off; the directory, and the element in elem */
static char*
split(char *path, char **elem)
{
	char *dir, *p;

	dir = cleanname(strdup(path));
	p = strrchr(dir, '/');
	if(p == nil){
		*elem = dir;
		return strdup(".");
	}
	*elem = strdup(p+1);
	if(p == dir)
		p++;
	*p = 0;
	return dir;
}

static int
samefile(Dir *a, Dir *b)
{
	return a->type == b->type && a->dev == b->dev && a->qid.path == b->qid.path;
}

static int
samedir(char *a, char *b)
{
	Dir *x, *y;
	int r;

	if(strcmp(a, b) == 0)
		return 1;
	x = dirstat(a);
	y = dirstat(b);
	r = x != nil && y != nil && samefile(x, y);
	free(x);
	free(y);
	return r;
}

static int
copy(char *from, char *to, Dir *d)
{
	Dir nd;
	long n;
	int in, out;

	in = open(from, OREAD);
	if(in < 0){
		fail("can't open %s: %r", from);
		return -1;
	}
	out = create(to, OWRITE, d->mode & 0777);
	if(out < 0){
		fail("can't create %s: %r", to);
		close(in);
		return -1;
	}
	n = 0;
	while((n = read(in, buf, sizeof buf)) > 0)
		if(write(out, buf, n) != n){
			fail("error writing %s: %r", to);
			break;
		}
	if(n < 0)
		fail("error reading %s: %r", from);
	if(n == 0){
		nulldir(&nd);
		nd.mode = d->mode;
		nd.mtime = d->mtime;
		dirfwstat(out, &nd);	/* not every server can */
	}
	close(in);
	close(out);
	return n == 0 ? 0 : -1;
}

static void
move(char *from, char *to)
{
	Dir *d, *td, nd;
	char *fdir, *felem, *tdir, *telem;

	d = dirstat(from);
	if(d == nil){
		fail("can't stat %s: %r", from);
		return;
	}
	fdir = split(from, &felem);
	tdir = split(to, &telem);
	td = dirstat(to);
	if(td != nil && samefile(d, td) && strcmp(felem, telem) == 0){
		fail("%s and %s are the same file", from, to);
		goto Out;
	}
	if(samedir(fdir, tdir)){
		if(td != nil && td->mode & DMDIR){
			fail("%s is a directory", to);
			goto Out;
		}
		if(td != nil && !samefile(d, td) && remove(to) < 0){
			fail("can't remove %s: %r", to);
			goto Out;
		}
		nulldir(&nd);
		nd.name = telem;
		if(dirwstat(from, &nd) >= 0)
			goto Out;
		if(d->mode & DMDIR){
			fail("can't rename %s to %s: %r", from, to);
			goto Out;
		}
	}
	if(d->mode & DMDIR)
		fail("can't move directory %s to another directory: copy it by dircp(1)", from);
	else if(copy(from, to, d) == 0 && remove(from) < 0)
		fail("can't remove %s: %r", from);
Out:
	free(d);
	free(td);
}

void
main(int argc, char **argv)
{
	Dir *d;
	char *base, *path, *to;
	int i, isdir;

	ARGBEGIN{
	default:
		goto Usage;
	}ARGEND
	if(argc < 2){
	Usage:
		fprint(2, "usage: mv from to\n       mv from ... dir\n");
		exits("usage");
	}
	to = argv[argc-1];
	d = dirstat(to);
	isdir = d != nil && d->mode & DMDIR;
	free(d);
	/* a directory is renamed when its new name does not exist */
	if(argc > 2 && !isdir){
		fprint(2, "mv: %s is not a directory\n", to);
		exits("not a directory");
	}
	for(i = 0; i < argc-1; i++){
		if(!isdir){
			move(argv[i], to);
			continue;
		}
		base = cleanname(strdup(argv[i]));
		if(strrchr(base, '/') != nil)
			base = strrchr(base, '/')+1;
		path = smprint("%s/%s", to, base);
		if(path == nil)
			sysfatal("out of memory");
		move(argv[i], path);
		free(path);
	}
	exits(status);
}
