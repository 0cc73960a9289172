/*
 * What 9P asks, in terms of FTP.  Any request may have to wait for the server, so each is
 * done by a process of its own, which holds fslock.  A flush stops the one it is meant
 * for.  A fid that is over may leave an upload to end, which is for the next process.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "ftpfs.h"

enum
{
	Maxwork	= 200,			/* requests at once */
};

static QLock	fslock;
static Handle	*over;			/* guarded by the server's lock */
static int	working;

void
lockfs(void)
{
	qlock(&fslock);
}

void
unlockfs(void)
{
	qunlock(&fslock);
}

static void
note(void*, char *msg)
{
	if(strcmp(msg, "flush") == 0)
		*stopped = (void*)1;
	else if(strcmp(msg, "alarm") != 0)
		noted(NDFLT);
	noted(NCONT);
}

/* ---- what is left to do for fids that are over ---- */

static void
removenode(Node *n)
{
	char *path;

	path = pathof(n);
	if(path != nil && simple("%s %s", n->mode & DMDIR ? "RMD" : "DELE", path) >= 0)
		detach(n);
	free(path);
}

static void
endhandle(Handle *h)
{
	Node *n;

	n = h->node;
	if(h->up != nil && endup(h->up, n, h->pos) < 0)
		fprint(2, "ftpfs: %s: what was written may not be there: %r\n", n->name);
	if(h->open && --n->nopen == 0)
		stopdown(n);
	if(h->rclose)
		removenode(n);
	putnode(n);
	free(h);
}

static void
collect(Srv *s)
{
	Handle *h, *next;

	srvacquire(s);
	h = over;
	over = nil;
	srvrelease(s);
	for(; h != nil; h = next){
		next = h->next;
		endhandle(h);
	}
}

static void
destroyfid(Fid *fid)
{
	Handle *h;
	Srv *s;

	h = fid->aux;
	if(h == nil)
		return;
	h->next = over;
	over = h;
	s = fid->srv;
	/* what is not open can wait until something else is to be done */
	if(h->open && rfork(RFPROC|RFMEM|RFNOWAIT) == 0){
		qlock(&fslock);
		collect(s);
		qunlock(&fslock);
		_exits(nil);
	}
}

/* ---- a process for a request ---- */

/* fslock, unless the request is flushed before; who waits in qlock could not be told that */
static int
getlock(void)
{
	int i;

	for(i = 0; !canqlock(&fslock); i++){
		if(*stopped != nil){
			werrstr("interrupted");
			return -1;
		}
		sleep(i < 100 ? 0 : 5);
	}
	return 0;
}

/* do1 is done with fslock, then, if it has not failed, after with the server's as well; respond is done here */
static void
work(Req *r, int (*do1)(Req*), void (*after)(Req*))
{
	char err[ERRMAX];
	Srv *s;
	int failed, locked, pid;

	s = r->srv;
	if(working >= Maxwork){
		respond(r, "ftpfs: too many requests at once");
		return;
	}
	working++;
	pid = rfork(RFPROC|RFMEM|RFNOWAIT);
	if(pid < 0){
		working--;
		respond(r, "no process to do it");
		return;
	}
	if(pid > 0){
		r->aux = (void*)(uintptr)pid;
		return;
	}
	locked = getlock() == 0;
	if(locked)
		collect(s);
	failed = !locked || do1(r) < 0;
	rerrstr(err, sizeof err);
	srvacquire(s);
	working--;
	if(!failed && after != nil)
		after(r);
	respond(r, failed ? err : nil);
	srvrelease(s);
	if(locked)
		qunlock(&fslock);
	_exits(nil);
}

static void
fsflush(Req *r)
{
	if(r->oldreq->aux != nil)
		postnote(PNPROC, (int)(uintptr)r->oldreq->aux, "flush");
}

/* ---- files ---- */

static Handle*
newhandle(Node *n)
{
	Handle *h;

	h = mallocz(sizeof *h, 1);
	if(h == nil)
		sysfatal("out of memory");
	h->node = n;
	n->ref++;
	return h;
}

static void
qidof(Node *n, Qid *q)
{
	q->type = n->mode>>24;
	q->path = n->path;
	q->vers = n->vers;
}

static void
fill(Node *n, Dir *d)
{
	qidof(n, &d->qid);
	d->mode = n->mode;
	d->length = n->mode & DMDIR || n->length < 0 ? 0 : n->length;
	d->atime = d->mtime = n->mtime;
	d->name = strdup(n == root ? "/" : n->name);
	d->uid = strdup(n->uid);
	d->gid = strdup(n->gid);
	d->muid = strdup("");
}

/* it may be sent in a command */
static int
sendable(char *name)
{
	uchar *p;

	for(p = (uchar*)name; *p != '\0'; p++)
		if(*p < ' ' || *p == 0x7F || *p == '/')
			break;
	if(*p != '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strlen(name) > Maxname){
		werrstr("bad character in file name");
		return 0;
	}
	return 1;
}

/* what is known of n is recent, and it is still there */
static int
recent(Node *n)
{
	if(n != root && list(n->parent) < 0)
		return -1;
	if(n->gone){
		werrstr("file does not exist");
		return -1;
	}
	return 0;
}

static int
doattach(Req *r)
{
	r->fid->aux = newhandle(root);
	qidof(root, &r->fid->qid);
	r->ofcall.qid = r->fid->qid;
	return 0;
}

static void
fsattach(Req *r)
{
	work(r, doattach, nil);
}

/* r->fid->aux is not ours to change before the end */
static Node*
step(Node *n, char *name)
{
	Node *k;

	if(strcmp(name, "..") == 0)
		k = n->parent;
	else if(!(n->mode & DMDIR)){
		werrstr("not a directory");
		return nil;
	}else if(list(n) < 0)
		return nil;
	else if((k = kidof(n, name)) == nil){
		werrstr("file does not exist");
		return nil;
	}
	k->ref++;
	putnode(n);
	return k;
}

static int
dowalk(Req *r)
{
	Node *n, *k;
	Handle *h, *old;
	int i;

	n = ((Handle*)r->fid->aux)->node;
	n->ref++;
	for(i = 0; i < r->ifcall.nwname; i++){
		k = step(n, r->ifcall.wname[i]);
		if(k == nil)
			break;
		n = k;
		qidof(n, &r->ofcall.wqid[i]);
	}
	r->ofcall.nwqid = i;
	if(i == r->ifcall.nwname){
		h = newhandle(n);
		srvacquire(r->srv);
		old = r->newfid->aux;
		r->newfid->aux = h;
		qidof(n, &r->newfid->qid);
		srvrelease(r->srv);
		if(old != nil)
			endhandle(old);
	}
	putnode(n);
	return i == 0 && r->ifcall.nwname > 0 ? -1 : 0;
}

static void
fswalk(Req *r)
{
	work(r, dowalk, nil);
}

static int
doopen(Req *r)
{
	Handle *h;
	Node *n;
	int mode;

	h = r->fid->aux;
	n = h->node;
	mode = r->ifcall.mode;
	if(n->mode & DMDIR){
		if((mode & ~(ORCLOSE|OCEXEC)) != OREAD){
			werrstr("file is a directory");
			return -1;
		}
		if(list(n) < 0)
			return -1;
	}else if(recent(n) < 0)
		return -1;
	if(mode & OTRUNC){
		if(startup(h, "STOR") < 0)
			return -1;
		h->pos = 0;
	}
	h->open = 1;
	h->rclose = (mode & ORCLOSE) != 0;
	n->nopen++;
	qidof(n, &r->ofcall.qid);
	return 0;
}

static void
fsopen(Req *r)
{
	work(r, doopen, nil);
}

static int
docreate(Req *r)
{
	Handle *h;
	Node *dir, *n;
	char *path;

	h = r->fid->aux;
	dir = h->node;
	if(!sendable(r->ifcall.name) || list(dir) < 0)
		return -1;
	if(kidof(dir, r->ifcall.name) != nil){
		werrstr("file already exists");
		return -1;
	}
	n = addkid(dir, r->ifcall.name);
	if(n == nil)
		return -1;
	n->ref++;
	n->mode = r->ifcall.perm & (DMDIR|0777);
	n->mtime = time(nil);
	n->length = 0;
	h->node = n;
	path = pathof(n);
	if(path == nil || (n->mode & DMDIR ? simple("MKD %s", path) : startup(h, "STOR")) < 0){
		free(path);
		h->node = dir;
		detach(n);
		putnode(n);
		return -1;
	}
	free(path);
	putnode(dir);
	dir->listed = 0;
	h->pos = 0;
	h->open = 1;
	h->rclose = (r->ifcall.mode & ORCLOSE) != 0;
	n->nopen++;
	qidof(n, &r->ofcall.qid);
	r->fid->qid = r->ofcall.qid;
	return 0;
}

static void
fscreate(Req *r)
{
	work(r, docreate, nil);
}

static int
entry(int i, Dir *d, void *a)
{
	Node *n;

	n = a;
	if(i >= n->nkid)
		return -1;
	fill(n->kid[i], d);
	return 0;
}

static int
doread(Req *r)
{
	Handle *h;
	long n;

	h = r->fid->aux;
	if(h->node->mode & DMDIR){
		dirread9p(r, entry, h->node);
		return 0;
	}
	if(h->up != nil){
		werrstr("ftpfs: the file is being written");
		return -1;
	}
	n = download(h->node, r->ofcall.data, r->ifcall.count, r->ifcall.offset);
	if(n < 0)
		return -1;
	r->ofcall.count = n;
	return 0;
}

static void
fsread(Req *r)
{
	work(r, doread, nil);
}

static int
dowrite(Req *r)
{
	long n;

	n = upload(r->fid->aux, r->ifcall.data, r->ifcall.count, r->ifcall.offset);
	if(n < 0)
		return -1;
	r->ofcall.count = n;
	return 0;
}

static void
fswrite(Req *r)
{
	work(r, dowrite, nil);
}

static int
doremove(Req *r)
{
	Node *n;
	char *path;
	int code;

	n = ((Handle*)r->fid->aux)->node;
	path = pathof(n);
	if(path == nil)
		return -1;
	code = simple("%s %s", n->mode & DMDIR ? "RMD" : "DELE", path);
	free(path);
	if(code < 0)
		return -1;
	detach(n);
	return 0;
}

static void
fsremove(Req *r)
{
	work(r, doremove, nil);
}

static int
dostat(Req *r)
{
	Handle *h;

	h = r->fid->aux;
	if(h->up == nil && recent(h->node) < 0)
		return -1;
	fill(h->node, &r->d);
	if(h->up != nil)
		r->d.length = h->pos;
	return 0;
}

static void
fsstat(Req *r)
{
	work(r, dostat, nil);
}

/* ---- changes of attributes ---- */

static int
rename(Node *n, char *name)
{
	char *path, *to, *copy;
	Session *s;
	Node *other;
	int r;

	if(strcmp(name, n->name) == 0)
		return 0;
	if(!sendable(name) || n == root || (path = pathof(n)) == nil)
		return -1;
	if(list(n->parent) < 0){
		free(path);
		return -1;
	}
	other = kidof(n->parent, name);
	to = smprint("%.*s/%s", (int)(strrchr(path, '/')-path), path, name);
	copy = strdup(name);
	s = to == nil || copy == nil ? nil : getsession();
	r = -1;
	if(other != nil)
		werrstr("file already exists");
	else if(s != nil && command(s, 3, "RNFR %s", path) >= 0)
		r = command(s, 2, "RNTO %s", to);
	if(s != nil)
		freesession(s);
	free(path);
	free(to);
	if(r < 0){
		free(copy);
		return -1;
	}
	free(n->name);
	n->name = copy;
	reorder(n->parent);
	return 0;
}

static int
settime(char *path, ulong t)
{
	Session *s;
	Tm *tm;
	int r;

	s = getsession();
	if(s == nil)
		return -1;
	r = -1;
	tm = gmtime(t);
	if(!s->mfmt)
		werrstr("ftpfs: this server cannot set times");
	else
		r = command(s, 2, "MFMT %d%.2d%.2d%.2d%.2d%.2d %s", tm->year+1900, tm->mon+1, tm->mday, tm->hour, tm->min, tm->sec, path);
	freesession(s);
	return r;
}

static int
change(Handle *h, Dir *d, char *path)
{
	Session *up;
	Node *n;

	n = h->node;
	if(~d->mode != 0 && (d->mode & 0777) != (n->mode & 0777)){
		if(simple("SITE CHMOD %.3luo %s", d->mode & 0777, path) < 0)
			return -1;
		n->mode = n->mode & ~0777 | d->mode & 0777;
	}
	if(~d->length != 0 && d->length != n->length){
		if(startup(h, "STOR") < 0)
			return -1;
		up = h->up;
		h->up = nil;
		if(endup(up, n, 0) < 0)
			return -1;
	}
	if(~d->mtime != 0 && d->mtime != n->mtime){
		if(settime(path, d->mtime) < 0)
			return -1;
		n->mtime = d->mtime;
	}
	if(d->name[0] != '\0')
		return rename(n, d->name);
	return 0;
}

static int
dowstat(Req *r)
{
	Handle *h;
	Dir *d;
	char *path;
	int e;

	h = r->fid->aux;
	d = &r->d;
	if(recent(h->node) < 0)
		return -1;
	if(d->uid[0] != '\0' && strcmp(d->uid, h->node->uid) != 0 || d->gid[0] != '\0' && strcmp(d->gid, h->node->gid) != 0){
		werrstr("ftpfs: owners cannot be changed");
		return -1;
	}
	if(~d->length != 0 && d->length != h->node->length && (d->length != 0 || h->up != nil || h->node->mode & DMDIR)){
		werrstr("ftpfs: a length can only become 0");
		return -1;
	}
	path = pathof(h->node);
	if(path == nil)
		return -1;
	e = change(h, d, path);
	free(path);
	h->node->parent->listed = 0;
	return e;
}

static void
fswstat(Req *r)
{
	work(r, dowstat, nil);
}

static Srv fs =
{
	.attach	= fsattach,
	.walk	= fswalk,
	.open	= fsopen,
	.create	= fscreate,
	.read	= fsread,
	.write	= fswrite,
	.remove	= fsremove,
	.stat	= fsstat,
	.wstat	= fswstat,
	.flush	= fsflush,
	.destroyfid = destroyfid,
};

void
serve(char *mtpt, char *srvname)
{
	Session *s;
	char *home;

	stopped = privalloc();
	notify(note);
	s = getsession();
	if(s == nil)
		sysfatal("%s: %r", host);
	home = homedir(s);
	freesession(s);
	if(home == nil)
		sysfatal("%s: %r", host);
	if(remoteroot == nil)
		remoteroot = home;
	else if(*remoteroot != '/')
		remoteroot = smprint("%s%s%s", home, home[strlen(home)-1] == '/' ? "" : "/", remoteroot);
	remoteroot = cleanname(remoteroot);
	if(simple("CWD %s", remoteroot) < 0)
		sysfatal("%s: %s: %r", host, remoteroot);
	root = newnode(nil, "/");
	root->mode = DMDIR|0755;
	root->length = 0;
	root->mtime = time(nil);
	postmountsrv(&fs, srvname, mtpt, MREPL|MCREATE);
}
