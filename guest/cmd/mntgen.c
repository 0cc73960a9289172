/*
 * mntgen [-s srvname] [mountpoint]: serves a directory in which every name
 * exists, as an empty directory, once somebody asks for it: a place to mount
 * things, /n by default.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>

typedef struct Point Point;

struct Point
{
	char	*name;
	uvlong	path;
	Point	*next;
};

enum
{
	Maxpoint	= 10000,
};

static Point *points, **tail = &points;
static int npoint;
static ulong start;

/* the directory of that name; new unless it is nil for "only if it exists" */
static Point*
find(char *name, int make)
{
	Point *p;

	for(p = points; p != nil; p = p->next)
		if(strcmp(p->name, name) == 0)
			return p;
	if(!make || npoint >= Maxpoint)
		return nil;
	p = mallocz(sizeof *p, 1);
	if(p == nil || (p->name = strdup(name)) == nil)
		return nil;
	p->path = ++npoint;
	*tail = p;
	tail = &p->next;
	return p;
}

static Point*
number(uvlong path)
{
	Point *p;

	for(p = points; p != nil; p = p->next)
		if(p->path == path)
			break;
	return p;
}

static char*
walk1(Fid *fid, char *name, Qid *q)
{
	Point *p;

	if(strcmp(name, "..") == 0){
		q->path = 0;
		return nil;
	}
	if(fid->qid.path != 0)
		return "file does not exist";
	p = find(name, 1);
	if(p == nil)
		return "too many mount points";
	q->type = QTDIR;
	q->vers = 0;
	q->path = p->path;
	return nil;
}

static void
fill(Dir *d, char *name, uvlong path)
{
	d->qid.type = QTDIR;
	d->qid.path = path;
	d->mode = DMDIR|0555;
	d->atime = d->mtime = start;
	d->name = strdup(name);
	d->uid = strdup(getuser());
	d->gid = strdup(d->uid);
	d->muid = strdup("");
}

static int
gen(int i, Dir *d, void*)
{
	Point *p;

	for(p = points; p != nil && i > 0; p = p->next)
		i--;
	if(p == nil)
		return -1;
	fill(d, p->name, p->path);
	return 0;
}

static void
fsattach(Req *r)
{
	r->ofcall.qid.type = QTDIR;
	r->ofcall.qid.vers = 0;
	r->ofcall.qid.path = 0;
	r->fid->qid = r->ofcall.qid;
	respond(r, nil);
}

static void
fsread(Req *r)
{
	if(r->fid->qid.path == 0)
		dirread9p(r, gen, nil);
	respond(r, nil);
}

static void
fsstat(Req *r)
{
	Point *p;

	p = number(r->fid->qid.path);
	fill(&r->d, p != nil ? p->name : "/", r->fid->qid.path);
	respond(r, nil);
}

static Srv fs =
{
	.attach	= fsattach,
	.walk1	= walk1,
	.read	= fsread,
	.stat	= fsstat,
};

void
main(int argc, char **argv)
{
	char *srvname;

	srvname = nil;
	ARGBEGIN{
	case 'D':
		chatty9p = 1;
		break;
	case 's':
		srvname = ARGF();
		if(srvname == nil)
			goto Usage;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc > 1){
	Usage:
		fprint(2, "usage: mntgen [-s srvname] [mountpoint]\n");
		exits("usage");
	}
	start = time(nil);
	postmountsrv(&fs, srvname, argc == 1 ? argv[0] : "/n", MAFTER);
	exits(nil);
}
