/*
 * exportfs: serves a part of its name space by 9P on its standard input, as when
 * aux/listen1 has taken a call.  Without -r the other side first names the
 * directory and is told OK, as import does.
 *
 * Opening, reading and writing may wait for ever, so each is left to a process of
 * its own, which responds; a flush interrupts that.  Files of all devices and
 * servers are in one tree for the other side, so qids are made anew: the table
 * maps (type, device, path) to a number.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>

enum
{
	Nqid	= 1024,			/* chains; a power of two */
	Maxwork	= 500,			/* processes at work */
};

typedef struct Export Export;
typedef struct Qidmap Qidmap;

/* of a fid */
struct Export
{
	char	*path;
	int	fd;			/* -1: not open */
	Dir	*dir;			/* a directory that is being read */
	int	ndir;
};

struct Qidmap
{
	Qidmap	*next;
	ushort	type;
	uint	dev;
	uvlong	path;
	uvlong	num;
};

static Qidmap	*qids[Nqid];
static uvlong	lastqid;
static char	*root;
static int	readonly;
static int	working;
static char	Ereadonly[] = "read only file system";

static void
usage(void)
{
	fprint(2, "usage: exportfs [-R] [-r root]\n");
	exits("usage");
}

static void
mapqid(Dir *d)
{
	Qidmap *q;
	uint h;

	h = (d->qid.path ^ d->qid.path>>10 ^ d->dev*31 ^ d->type*17) & (Nqid-1);
	for(q = qids[h]; q != nil; q = q->next)
		if(q->path == d->qid.path && q->dev == d->dev && q->type == d->type)
			break;
	if(q == nil){
		q = mallocz(sizeof *q, 1);
		if(q == nil)
			sysfatal("out of memory");
		q->type = d->type;
		q->dev = d->dev;
		q->path = d->qid.path;
		q->num = ++lastqid;
		q->next = qids[h];
		qids[h] = q;
	}
	d->qid.path = q->num;
}

/* what our kernel and servers say, and what 9P's clients, Linux for one, know that by */
static char	*usual[][2] =
{
	{ "does not exist", "file does not exist" },
	{ "directory not empty", "directory is not empty" },
	{ "file system full", "file system is full" },
	{ "file system full: disk quota exceeded", "Disk quota exceeded" },
	{ "file too large for the host", "file too big" },
	{ "permission denied: read-only file system", "read only file system" },
	{ "is a mount point", "Device or resource busy" },
	{ "device or object already in use", "Device or resource busy" },
};

/* the error string without our name of the file, as the other side has its own */
static char*
plainerror(char *err, int size)
{
	char *p;
	int i;

	rerrstr(err, size);
	if(*err == '\'' && (p = strstr(err, "' ")) != nil)
		err = p+2;
	for(i = 0; i < nelem(usual); i++)
		if(strcmp(err, usual[i][0]) == 0)
			return usual[i][1];
	return err;
}

static char*
lasterror(void)
{
	static char err[ERRMAX];

	return plainerror(err, sizeof err);
}

/* the attributes of a path; nil and the error string */
static Dir*
look(char *path)
{
	Dir *d;

	d = dirstat(path);
	if(d != nil)
		mapqid(d);
	return d;
}

static Export*
newexport(char *path)
{
	Export *e;

	e = mallocz(sizeof *e, 1);
	if(e == nil || (e->path = strdup(path)) == nil)
		sysfatal("out of memory");
	e->fd = -1;
	return e;
}

/* ---- processes that may wait ---- */

/*
 * A flush is a note.  It may come at any time: before the process waits, when it
 * sets *wasflushed; while it waits or is about to, when it leads to *escape; or
 * after, when it means nothing any more.  Both words are each process's own.
 */
static void	**wasflushed;
static void	**escape;

static void
flushed(void *ureg, char *msg)
{
	if(strcmp(msg, "flush") != 0)
		noted(NDFLT);
	*wasflushed = (void*)1;
	if(*escape != nil)
		notejmp(ureg, *(jmp_buf*)*escape, 1);
	noted(NCONT);
}

/* The answer; after is what is to be done first, by whoever has the server. */
static void
done(Req *r, int failed, void (*after)(Req*))
{
	char err[ERRMAX], *e;
	Srv *s;

	e = plainerror(err, sizeof err);
	s = r->srv;
	srvacquire(s);
	working--;
	if(!failed && after != nil)
		after(r);
	respond(r, failed ? e : nil);
	srvrelease(s);
	_exits(nil);
}

static void
perform(Req *r, int (*wait)(Req*), void (*after)(Req*))
{
	jmp_buf env;
	int failed;

	if(setjmp(env) == 0){
		*escape = &env;
		if(*wasflushed == nil){
			failed = wait(r) < 0;
			*escape = nil;
			done(r, failed, after);
		}
	}
	*escape = nil;
	werrstr("interrupted");
	done(r, 1, nil);
}

/* Have a process do what may take long, then what must not. */
static void
work(Req *r, int (*wait)(Req*), void (*after)(Req*))
{
	int pid;

	if(working >= Maxwork){
		respond(r, "too many requests at once");
		return;
	}
	working++;
	pid = rfork(RFPROC|RFMEM|RFNOWAIT);
	if(pid == 0)
		perform(r, wait, after);
	if(pid < 0){
		working--;
		respond(r, "no process to do it");
	}else
		r->aux = (void*)(uintptr)pid;
}

static void
eflush(Req *r)
{
	if(r->oldreq->aux != nil)
		postnote(PNPROC, (int)(uintptr)r->oldreq->aux, "flush");
}

/* ---- requests ---- */

static void
eattach(Req *r)
{
	Dir *d;

	d = look(root);
	if(d == nil){
		respond(r, lasterror());
		return;
	}
	r->fid->aux = newexport(root);
	r->fid->qid = d->qid;
	r->ofcall.qid = d->qid;
	free(d);
	respond(r, nil);
}

static char*
eclone(Fid *from, Fid *to)
{
	to->aux = newexport(((Export*)from->aux)->path);
	return nil;
}

static char*
ewalk1(Fid *fid, char *name, Qid *q)
{
	char *path, *slash;
	Export *e;
	Dir *d;

	e = fid->aux;
	if((fid->qid.type & QTDIR) == 0)
		return "not a directory";
	if(strchr(name, '/') != nil)
		return "bad character in file name";
	if(strcmp(name, "..") == 0){
		path = strdup(e->path);
		slash = path != nil ? strrchr(path, '/') : nil;
		if(strcmp(e->path, root) != 0 && slash != nil)
			slash[slash == path] = '\0';
	}else
		path = smprint("%s%s%s", e->path, strcmp(e->path, "/") == 0 ? "" : "/", name);
	if(path == nil)
		return "out of memory";
	d = look(path);
	if(d == nil){
		free(path);
		return lasterror();
	}
	*q = d->qid;
	free(d);
	free(e->path);
	e->path = path;
	return nil;
}

static int
waitopen(Req *r)
{
	Export *e;

	e = r->fid->aux;
	e->fd = open(e->path, r->ifcall.mode);
	return e->fd;
}

/* opening may make another file of it, as clone files do */
static void
opened(Req *r)
{
	Export *e;
	Dir *d;

	e = r->fid->aux;
	d = dirfstat(e->fd);
	if(d == nil)
		return;
	mapqid(d);
	r->ofcall.qid = d->qid;
	r->fid->qid = d->qid;
	free(d);
}

static void
eopen(Req *r)
{
	int mode;

	mode = r->ifcall.mode;
	if(readonly && ((mode & 3) == OWRITE || (mode & 3) == ORDWR || mode & (OTRUNC|ORCLOSE))){
		respond(r, Ereadonly);
		return;
	}
	work(r, waitopen, opened);
}

static char*
below(char *dir, char *name)
{
	return smprint("%s%s%s", dir, strcmp(dir, "/") == 0 ? "" : "/", name);
}

static int
waitcreate(Req *r)
{
	Export *e;
	char *path;

	e = r->fid->aux;
	path = below(e->path, r->ifcall.name);
	if(path == nil)
		return -1;
	e->fd = create(path, r->ifcall.mode, r->ifcall.perm);
	free(path);
	return e->fd;
}

static void
created(Req *r)
{
	Export *e;
	char *path;

	e = r->fid->aux;
	path = below(e->path, r->ifcall.name);
	if(path != nil){
		free(e->path);
		e->path = path;
	}
	opened(r);
}

static void
ecreate(Req *r)
{
	if(readonly)
		respond(r, Ereadonly);
	else if(strchr(r->ifcall.name, '/') != nil || strcmp(r->ifcall.name, ".") == 0 || strcmp(r->ifcall.name, "..") == 0)
		respond(r, "bad character in file name");
	else
		work(r, waitcreate, created);
}

/* entry i of a directory that was read */
static int
entry(int i, Dir *d, void *a)
{
	Export *e;

	e = a;
	if(i >= e->ndir)
		return -1;
	*d = e->dir[i];
	mapqid(d);
	d->name = strdup(d->name);
	d->uid = strdup(d->uid);
	d->gid = strdup(d->gid);
	d->muid = strdup(d->muid);
	return 0;
}

static int
waitdir(Req *r)
{
	Export *e;

	e = r->fid->aux;
	free(e->dir);
	e->dir = nil;
	seek(e->fd, 0, 0);
	e->ndir = dirreadall(e->fd, &e->dir);
	return e->ndir;
}

static void
readdir(Req *r)
{
	dirread9p(r, entry, r->fid->aux);
}

static int
waitread(Req *r)
{
	Export *e;
	long n;

	e = r->fid->aux;
	n = pread(e->fd, r->ofcall.data, r->ifcall.count, r->ifcall.offset);
	r->ofcall.count = n < 0 ? 0 : n;
	return n;
}

static void
eread(Req *r)
{
	if((r->fid->qid.type & QTDIR) == 0)
		work(r, waitread, nil);
	else if(r->ifcall.offset == 0)
		work(r, waitdir, readdir);
	else{
		readdir(r);
		respond(r, nil);
	}
}

static int
waitwrite(Req *r)
{
	Export *e;
	long n;

	e = r->fid->aux;
	n = pwrite(e->fd, r->ifcall.data, r->ifcall.count, r->ifcall.offset);
	r->ofcall.count = n < 0 ? 0 : n;
	return n;
}

static void
ewrite(Req *r)
{
	work(r, waitwrite, nil);
}

static void
eremove(Req *r)
{
	Export *e;

	e = r->fid->aux;
	if(readonly)
		respond(r, Ereadonly);
	else
		respond(r, remove(e->path) < 0 ? lasterror() : nil);
}

static void
estat(Req *r)
{
	Export *e;
	Dir *d;

	e = r->fid->aux;
	d = look(e->path);
	if(d == nil){
		respond(r, lasterror());
		return;
	}
	r->d = *d;
	r->d.name = strdup(strcmp(e->path, root) == 0 ? "/" : d->name);
	r->d.uid = strdup(d->uid);
	r->d.gid = strdup(d->gid);
	r->d.muid = strdup(d->muid);
	free(d);
	respond(r, nil);
}

static void
ewstat(Req *r)
{
	Export *e;
	char *path, *slash;

	e = r->fid->aux;
	if(readonly){
		respond(r, Ereadonly);
		return;
	}
	if((e->fd >= 0 ? dirfwstat(e->fd, &r->d) : dirwstat(e->path, &r->d)) < 0){
		respond(r, lasterror());
		return;
	}
	if(r->d.name != nil && r->d.name[0] != '\0'){
		slash = strrchr(e->path, '/');
		path = smprint("%.*s%s", (int)(slash+1-e->path), e->path, r->d.name);
		if(path != nil){
			free(e->path);
			e->path = path;
		}
	}
	respond(r, nil);
}

static void
edestroy(Fid *fid)
{
	Export *e;

	e = fid->aux;
	if(e == nil)
		return;
	if(e->fd >= 0)
		close(e->fd);
	free(e->dir);
	free(e->path);
	free(e);
}

static Srv fs =
{
	.attach	= eattach,
	.clone	= eclone,
	.walk1	= ewalk1,
	.open	= eopen,
	.create	= ecreate,
	.read	= eread,
	.write	= ewrite,
	.remove	= eremove,
	.stat	= estat,
	.wstat	= ewstat,
	.flush	= eflush,
	.destroyfid = edestroy,
};

/* the other side says what it wants */
static void
negotiate(void)
{
	char buf[512];
	int n;

	n = read(0, buf, sizeof buf - 1);
	if(n <= 0)
		exits("hungup");
	buf[n] = '\0';
	root = strdup(buf);
	if(root == nil || root[0] != '/' || access(root, AEXIST) < 0){
		fprint(1, "can't export %s: %r", buf);
		exits("no such directory");
	}
	if(write(1, "OK", 2) != 2)
		exits("hungup");
}

void
main(int argc, char **argv)
{
	ARGBEGIN{
	case 'a':
		sysfatal("-a: authentication is not available in this version");
	case 'r':
		root = EARGF(usage());
		break;
	case 'R':
		readonly = 1;
		break;
	default:
		usage();
	}ARGEND
	USED(argv);
	if(argc > 0)
		usage();
	rfork(RFNOTEG|RFNAMEG);
	wasflushed = privalloc();
	escape = privalloc();
	notify(flushed);
	if(root == nil)
		negotiate();
	root = cleanname(root);
	fs.nopipe = 1;
	fs.infd = 0;
	fs.outfd = 1;
	srv(&fs);
	/* what still waits for something nobody will see */
	postnote(PNGROUP, getpid(), "kill");
	exits(nil);
}
