/*
 * The 9P side, for reading.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include <disk.h>
#include "iso.h"

typedef struct Aux Aux;

struct Aux
{
	Iso	*iso;
	Node	*n;
	vlong	off;			/* where a directory read goes on */
};

int	allowed = 1<<Plain | 1<<Joliet | 1<<Rock | 1<<Plan9;
static char	Erdonly[] = "file system is read-only";

static Qid
qidof(Node *n)
{
	Qid q;

	q.path = n->addr;
	q.vers = 0;
	q.type = n->mode & DMDIR ? QTDIR : QTFILE;
	return q;
}

static void
dirof(Node *n, Dir *d)
{
	d->qid = qidof(n);
	d->mode = n->mode;
	d->atime = d->mtime = n->mtime;
	d->length = n->mode & DMDIR ? 0 : n->length;
	d->name = strdup(n->addr == 0 ? "/" : n->name);
	d->uid = strdup(n->uid != nil && *n->uid != 0 ? n->uid : owner);
	d->gid = strdup(n->gid != nil && *n->gid != 0 ? n->gid : owner);
	d->muid = strdup("");
}

static Aux*
newaux(Iso *iso, Node *n)
{
	Aux *a;

	a = mallocz(sizeof *a, 1);
	if(a == nil)
		return nil;
	a->iso = iso;
	a->n = n;
	n->ref++;
	iso->ref++;
	return a;
}

static void
isoattach(Req *r)
{
	char *spec, *err;
	Iso *iso;

	spec = mediumof(r);
	if(spec == nil)
		return;
	iso = attachiso(spec, &err);
	if(iso == nil){
		respond(r, err);
		return;
	}
	r->fid->aux = newaux(iso, iso->root);
	iso->ref--;
	r->ofcall.qid = qidof(iso->root);
	respond(r, r->fid->aux != nil ? nil : Enomem);
}

static char*
isoclone(Fid *from, Fid *to)
{
	Aux *a;

	a = from->aux;
	to->aux = newaux(a->iso, a->n);
	return to->aux != nil ? nil : Enomem;
}

static char*
isowalk1(Fid *fid, char *name, Qid *qid)
{
	Node *next;
	Aux *a;
	char *err;

	a = fid->aux;
	if(strcmp(name, "..") == 0){
		next = a->n->parent;
		next->ref++;
	}else{
		err = findnode(a->n, name, &next);
		if(err != nil)
			return err;
		if(next == nil)
			return Enotfound;
	}
	putnode(a->n);
	a->n = next;
	*qid = qidof(next);
	return nil;
}

static void
isoopen(Req *r)
{
	int mode;

	mode = r->ifcall.mode;
	if((mode & 3) == OWRITE || (mode & 3) == ORDWR || mode & (OTRUNC|ORCLOSE))
		respond(r, Erdonly);
	else
		respond(r, nil);
}

static void
readdir(Req *r)
{
	Node *n;
	Aux *a;
	Dir d;
	char *err;
	vlong off;

	a = r->fid->aux;
	if(r->ifcall.offset == 0)
		a->off = 0;
	for(;;){
		off = a->off;
		err = nextnode(a->n, &off, &n);
		if(err != nil || n == nil)
			break;
		memset(&d, 0, sizeof d);
		dirof(n, &d);
		putnode(n);
		if(!putdir9p(r, &d))
			break;
		a->off = off;
	}
	respond(r, r->ofcall.count > 0 ? nil : err);
}

static void
isoread(Req *r)
{
	Aux *a;
	char *err;
	long n;

	a = r->fid->aux;
	if(a->n->mode & DMDIR){
		readdir(r);
		return;
	}
	err = readnode(a->n, (uchar*)r->ofcall.data, r->ifcall.count, r->ifcall.offset, &n);
	r->ofcall.count = n;
	respond(r, err);
}

static void
isostat(Req *r)
{
	Aux *a;

	a = r->fid->aux;
	dirof(a->n, &r->d);
	respond(r, nil);
}

static void
refuse(Req *r)
{
	respond(r, Erdonly);
}

static void
isodestroyfid(Fid *fid)
{
	Aux *a;

	a = fid->aux;
	if(a == nil)
		return;
	putnode(a->n);
	putiso(a->iso);
	free(a);
	fid->aux = nil;
}

static Srv isosrv = {
	.attach = isoattach,
	.clone = isoclone,
	.walk1 = isowalk1,
	.open = isoopen,
	.create = refuse,
	.read = isoread,
	.remove = refuse,
	.stat = isostat,
	.wstat = refuse,
	.destroyfid = isodestroyfid,
};

static int
flag(int c)
{
	static char kinds[] = {[Joliet] = 'J', [Rock] = 'r', [Plan9] = '9'};
	int i;

	for(i = 0; i < nelem(kinds); i++)
		if(kinds[i] == c){
			allowed &= ~(1<<i);
			return 1;
		}
	return 0;
}

static Mediasrv self = {"9660srv", "9660", MREPL, "9DJrs", flag};

void
main(int argc, char **argv)
{
	servemedia(&isosrv, &self, argc, argv);
}
