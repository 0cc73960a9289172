/*
 * The 9P side.  A client's attach names the file that holds the file system it wants;
 * -f names one for those that do not (libdisk/serve.c).  Everybody may do everything: who may open the disk
 * has decided that.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include <disk.h>
#include "dos.h"

typedef struct Aux Aux;

/* what a fid is */
struct Aux
{
	Dosfs	*fs;
	Dosfile	*f;
	int	slot;			/* where a directory read goes on */
	int	index;			/* with this entry */
};

char	Eio[] = "i/o error";
char	Enotfound[] = "file does not exist";
char	Eexist[] = "file already exists";
char	Eperm[] = "permission denied";
char	Efull[] = "file system full";
char	Ebadname[] = "bad character in file name";
char	Etoolarge[] = "file too large";
char	Enotempty[] = "directory is not empty";
char	Echain[] = "i/o error: the file's chain of clusters is shorter than the file";
static char	Erdonly[] = "file system is read-only";
static char	Eremoved[] = "file has been removed";
static char	Enomem[] = "out of memory";

static int	readonly;
static int	verbose;

/* the process's error string, as one that stays until the next */
char*
oserror(void)
{
	static char err[ERRMAX];

	rerrstr(err, sizeof err);
	if(verbose)
		fprint(2, "dossrv: %s\n", err);
	return err;
}

static Qid
qidof(Dosfile *f)
{
	Qid q;

	q.path = f->addr/Dirsize | (uvlong)f->gen<<40;
	q.vers = f->vers;
	q.type = f->attr & Adir ? QTDIR : QTFILE;
	return q;
}

static void
dirof(Dosfile *f, Dir *d)
{
	d->qid = qidof(f);
	d->mode = f->attr & Adir ? DMDIR|0777 : 0777;	/* FAT knows no programs from other files */
	if(f->attr & Areadonly)
		d->mode &= ~0222;
	if(f->fs->rdonly)
		d->mode &= ~0222;
	d->atime = f->atime;
	d->mtime = f->mtime;
	d->length = f->length;
	d->name = strdup(f->name);
	d->uid = strdup(owner);
	d->gid = strdup(owner);
	d->muid = strdup(owner);
}

static Aux*
newaux(Dosfs *fs, Dosfile *f)
{
	Aux *a;

	a = mallocz(sizeof *a, 1);
	if(a == nil)
		return nil;
	a->fs = fs;
	a->f = f;
	f->ref++;
	fs->ref++;
	return a;
}

static void
dosattach(Req *r)
{
	char *spec, *err;
	Dosfs *fs;
	Aux *a;

	spec = mediumof(r);
	if(spec == nil)
		return;
	fs = attachfs(spec, &err);
	if(fs == nil){
		respond(r, err);
		return;
	}
	if(readonly)
		fs->rdonly = 1;
	a = newaux(fs, fs->rootfile);
	fs->ref--;			/* the fid's is enough */
	if(a == nil){
		respond(r, Enomem);
		return;
	}
	r->fid->aux = a;
	r->ofcall.qid = qidof(fs->rootfile);
	respond(r, nil);
}

static char*
dosclone(Fid *from, Fid *to)
{
	Aux *a;

	a = from->aux;
	to->aux = newaux(a->fs, a->f);
	return to->aux == nil ? Enomem : nil;
}

/* the directory that holds directory f, by f's own .. */
static char*
parentof(Dosfile *f, Dosfile **up)
{
	Dosfs *fs;
	Entry e;
	ulong c, above;
	char *err;
	int slot;

	fs = f->fs;
	*up = fs->rootfile;
	if(f->addr == 0 || f->dir == 0 || f->dir == fs->rootclust){
		(*up)->ref++;
		return nil;
	}
	/* the parent's own entry is where its .. says */
	err = findentry(fs, f->dir, "..", &e);
	if(err != nil || e.addr == 0)
		return err != nil ? err : Enotfound;
	above = get2(e.d+Dclust) | (fs->bits == 32 ? get2(e.d+Dclusthi)<<16 : 0);
	if(above == fs->rootclust)
		above = 0;		/* as some write it */
	for(slot = 0;;){
		err = nextentry(fs, above, &slot, &e);
		if(err != nil || e.addr == 0)
			return err != nil ? err : Enotfound;
		c = get2(e.d+Dclust) | (fs->bits == 32 ? get2(e.d+Dclusthi)<<16 : 0);
		if(e.d[Dattr] & Adir && c == f->dir && strcmp(e.name, ".") != 0 && strcmp(e.name, "..") != 0)
			break;
	}
	*up = getfile(fs, above, &e);
	return *up == nil ? Enomem : nil;
}

static char*
step(Aux *a, char *name, Dosfile **next)
{
	Entry e;
	char *err;

	if(strcmp(name, "..") == 0)
		return parentof(a->f, next);
	if(strcmp(name, ".") == 0)
		return Enotfound;
	err = findentry(a->fs, dirstart(a->f), name, &e);
	if(err != nil)
		return err;
	if(e.addr == 0)
		return Enotfound;
	*next = getfile(a->fs, dirstart(a->f), &e);
	if(*next == nil)
		return Enomem;
	if((*next)->attr & Adir && !goodclust(a->fs, (*next)->start)){
		putfile(*next);
		return "directory is damaged: it has no cluster";
	}
	return nil;
}

static char*
doswalk1(Fid *fid, char *name, Qid *qid)
{
	Dosfile *next;
	Aux *a;
	char *err;

	a = fid->aux;
	if(a->f->removed)
		return Eremoved;
	err = step(a, name, &next);
	if(err != nil)
		return err;
	putfile(a->f);
	a->f = next;
	*qid = qidof(next);
	return nil;
}

static int
writes(int mode)
{
	return (mode & 3) == OWRITE || (mode & 3) == ORDWR || mode & (OTRUNC|ORCLOSE);
}

static void
dosopen(Req *r)
{
	Aux *a;
	char *err;

	a = r->fid->aux;
	err = nil;
	if(a->f->removed)
		err = Eremoved;
	else if(writes(r->ifcall.mode) && a->fs->rdonly)
		err = Erdonly;
	else if(writes(r->ifcall.mode) && a->f->attr & Areadonly)
		err = Eperm;
	else if(r->ifcall.mode & OTRUNC && !(a->f->attr & Adir))
		err = setlength(a->f, 0);
	r->ofcall.qid = qidof(a->f);
	respond(r, err);
}

static void
doscreate(Req *r)
{
	Dosfile *f;
	Entry e;
	Aux *a;
	char *err;
	int attr;

	a = r->fid->aux;
	f = nil;
	err = nil;
	if(a->fs->rdonly)
		err = Erdonly;
	else if(a->f->removed)
		err = Eremoved;
	else if(!goodname(r->ifcall.name))
		err = Ebadname;
	else if(r->ifcall.perm & (DMEXCL|DMAPPEND))
		err = "a FAT file system has no exclusive or append-only files";
	else
		err = findentry(a->fs, dirstart(a->f), r->ifcall.name, &e);
	if(err == nil && e.addr != 0)
		err = Eexist;
	if(err == nil){
		attr = r->ifcall.perm & DMDIR ? Adir : Aarchive;
		if(!(r->ifcall.perm & 0222) && !(r->ifcall.perm & DMDIR))
			attr |= Areadonly;
		err = makefile(a->fs, dirstart(a->f), r->ifcall.name, attr, &f);
	}
	if(err == nil){
		a->f->vers++;
		putfile(a->f);
		a->f = f;
		r->fid->qid = r->ofcall.qid = qidof(f);
	}
	respond(r, err);
}

/* as many whole entries as fit; they are found anew only when the reader goes back */
static void
readdir(Req *r)
{
	Dosfile *f;
	Entry e;
	Aux *a;
	Dir d;
	char *err;
	int slot;

	a = r->fid->aux;
	if(r->ifcall.offset == 0)
		a->slot = 0;
	err = nil;
	for(;;){
		slot = a->slot;
		err = nextentry(a->fs, dirstart(a->f), &slot, &e);
		if(err != nil || e.addr == 0)
			break;
		if(strcmp(e.name, ".") == 0 || strcmp(e.name, "..") == 0){
			a->slot = slot;
			continue;
		}
		f = getfile(a->fs, dirstart(a->f), &e);
		if(f == nil){
			err = Enomem;
			break;
		}
		memset(&d, 0, sizeof d);
		dirof(f, &d);
		putfile(f);
		if(!putdir9p(r, &d))
			break;
		a->slot = slot;
	}
	respond(r, r->ofcall.count > 0 ? nil : err);
}

static void
dosread(Req *r)
{
	Aux *a;
	char *err;
	long n;

	a = r->fid->aux;
	if(a->f->removed){
		respond(r, Eremoved);
		return;
	}
	if(a->f->attr & Adir){
		readdir(r);
		return;
	}
	err = readfile(a->f, (uchar*)r->ofcall.data, r->ifcall.count, r->ifcall.offset, &n);
	r->ofcall.count = n;
	respond(r, err);
}

static void
doswrite(Req *r)
{
	Aux *a;
	char *err;

	a = r->fid->aux;
	err = a->f->removed ? Eremoved : writefile(a->f, (uchar*)r->ifcall.data, r->ifcall.count, r->ifcall.offset);
	r->ofcall.count = r->ifcall.count;
	respond(r, err);
}

static void
dosremove(Req *r)
{
	Aux *a;
	char *err;

	a = r->fid->aux;
	if(a->fs->rdonly)
		err = Erdonly;
	else
		err = a->f->removed ? Eremoved : a->f->attr & Areadonly ? Eperm : dropfile(a->f);
	respond(r, err);
}

static void
dosstat(Req *r)
{
	Aux *a;

	a = r->fid->aux;
	if(a->f->removed){
		respond(r, Eremoved);
		return;
	}
	dirof(a->f, &r->d);
	respond(r, nil);
}

/* may all of it be done?  Nothing is until that is known */
static char*
checkwstat(Aux *a, Dir *d)
{
	Dosfile *f;
	Entry e;
	char *err;

	f = a->f;
	if(a->fs->rdonly)
		return Erdonly;
	if(f->removed)
		return Eremoved;
	if(d->uid[0] != 0 && strcmp(d->uid, owner) != 0 || d->gid[0] != 0 && strcmp(d->gid, owner) != 0)
		return Eperm;
	if(f->addr == 0 && (d->name[0] != 0 && strcmp(d->name, "/") != 0 || (ulong)~d->mode != 0 || (ulong)~d->mtime != 0))
		return Eperm;
	if((ulong)~d->mode != 0 && d->mode & (DMEXCL|DMAPPEND))
		return "a FAT file system has no exclusive or append-only files";
	if(~d->length != 0 && f->attr & Adir && d->length != 0)
		return "file is a directory";
	if(~d->length != 0 && f->attr & Areadonly && d->length != f->length)
		return Eperm;
	if(d->name[0] == 0 || strcmp(d->name, f->name) == 0)
		return nil;
	if(!goodname(d->name))
		return Ebadname;
	err = findentry(a->fs, f->dir, d->name, &e);
	if(err != nil)
		return err;
	return e.addr != 0 && e.addr != f->addr ? Eexist : nil;
}

/* the wstat that changes nothing, and asks for what is kept back to be written */
static int
isflush(Dir *d)
{
	return d->name[0] == 0 && d->uid[0] == 0 && d->gid[0] == 0 && ~d->length == 0 && (ulong)~d->mode == 0 && (ulong)~d->mtime == 0;
}

static char*
change(Dosfile *f, Dir *d)
{
	char *err;
	int changed;

	err = nil;
	changed = 0;
	if(d->name[0] != 0 && strcmp(d->name, f->name) != 0)
		err = renamefile(f, d->name);
	if(err == nil && ~d->length != 0 && !(f->attr & Adir))
		err = setlength(f, d->length);
	if(err == nil && (ulong)~d->mode != 0 && !(f->attr & Adir)){
		f->attr = d->mode & 0222 ? f->attr & ~Areadonly : f->attr | Areadonly;
		changed = 1;
	}
	if(err == nil && (ulong)~d->mtime != 0){
		f->mtime = d->mtime;
		changed = 1;
	}
	if(err == nil && changed)
		err = putentry(f);
	return err != nil ? err : syncsoon(f->fs);
}

static void
doswstat(Req *r)
{
	Aux *a;
	char *err;

	a = r->fid->aux;
	err = checkwstat(a, &r->d);
	if(err == nil)
		err = isflush(&r->d) ? synchost(a->fs) : change(a->f, &r->d);
	respond(r, err);
}

static void
dosdestroyfid(Fid *fid)
{
	Aux *a;
	char *err;

	a = fid->aux;
	if(a == nil)
		return;
	if(fid->omode != -1 && fid->omode & ORCLOSE && !a->f->removed && !a->fs->rdonly)
		dropfile(a->f);
	if(fid->omode != -1 && writes(fid->omode) && (err = syncsoon(a->fs)) != nil)
		fprint(2, "dossrv: %s: %s\n", a->fs->name, err);
	putfile(a->f);
	putfs(a->fs);
	free(a);
	fid->aux = nil;
}

/*
 * The process that writes what has waited.  It shares everything with the server, and
 * the lock says who is at work; the server may take it more than once, since
 * an answer can end a fid.
 */
static QLock	lk;
static int	held;			/* by the server, so many times */
static long	wanted;			/* a semaphore: something waits */
static int	waiting;		/* it was told so */
static int	server;			/* the two processes' ids */
static int	syncpid;
static int	ending;			/* the server has been told to end */

static void
enter(void)
{
	if(held++ == 0)
		qlock(&lk);
}

static void
leave(void)
{
	if(--held > 0)
		return;
	synclarge();
	if(ending && getpid() == server){
		/* it came while a request was at work, and no read of the next one fails */
		syncall();
		postnote(PNPROC, syncpid, "kill");
		_exits(nil);
	}
	qunlock(&lk);
}

/* something waits to be written */
void
later(void)
{
	if(!waiting){
		waiting = 1;
		semrelease(&wanted, 1);
	}
}

static void
syncer(void)
{
	char file[40];
	long ms;

	snprint(file, sizeof file, "/proc/%d/status", server);
	for(;;){
		if(semacquire(&wanted, 1) < 0)
			continue;
		for(ms = Syncms; ms > 0;){
			sleep(ms);
			if(access(file, AEXIST) < 0)
				_exits(nil);
			qlock(&lk);
			ms = syncold();
			if(ms == 0)
				waiting = 0;
			qunlock(&lk);
		}
	}
}

/* the machine ends: the read of the next request fails, and the server with it, in good order */
static int
parting(void*, char *note)
{
	if(strcmp(note, "hangup") != 0 && strcmp(note, "term") != 0)
		return 0;
	ending = 1;
	return 1;
}

static void
dosstart(Srv*)
{
	int pid;

	atnotify(parting, 1);
	server = getpid();
	pid = rfork(RFPROC|RFMEM|RFNOWAIT);
	if(pid == 0)
		syncer();
	syncpid = pid;		/* not by both processes: it is the same variable */
}

static void
dosend(Srv*)
{
	enter();
	syncall();
	leave();
	if(syncpid > 0)
		postnote(PNPROC, syncpid, "kill");
}

/* what may change something leaves it to be written later */
#define LOCKED(name, change) \
	static void \
	l##name(Req *r) \
	{ \
		enter(); \
		name(r); \
		if(change) \
			later(); \
		leave(); \
	}

LOCKED(dosattach, 0)
LOCKED(dosopen, 0)
LOCKED(doscreate, 1)
LOCKED(dosread, 0)
LOCKED(doswrite, 1)
LOCKED(dosremove, 1)
LOCKED(dosstat, 0)
LOCKED(doswstat, 1)

static char*
ldoswalk1(Fid *fid, char *name, Qid *qid)
{
	char *err;

	enter();
	err = doswalk1(fid, name, qid);
	leave();
	return err;
}

static char*
ldosclone(Fid *from, Fid *to)
{
	char *err;

	enter();
	err = dosclone(from, to);
	leave();
	return err;
}

static void
ldosdestroyfid(Fid *fid)
{
	enter();
	dosdestroyfid(fid);
	leave();
}

static Srv dossrv = {
	.attach = ldosattach,
	.clone = ldosclone,
	.walk1 = ldoswalk1,
	.open = ldosopen,
	.create = ldoscreate,
	.read = ldosread,
	.write = ldoswrite,
	.remove = ldosremove,
	.stat = ldosstat,
	.wstat = ldoswstat,
	.destroyfid = ldosdestroyfid,
	.start = dosstart,
	.end = dosend,
};

static int
flag(int c)
{
	switch(c){
	case 'r':
		readonly = 1;
		return 1;
	case 'v':
		verbose = 1;
		return 1;
	}
	return 0;
}

static Mediasrv self = {"dossrv", "dos", MREPL|MCREATE, "Drsv", flag};

void
main(int argc, char **argv)
{
	servemedia(&dossrv, &self, argc, argv);
}
