/*
 * Twalk: by the Tree, or element by element through the server's walk1.  The
 * new fid comes to be only when every name was found.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "9pdef.h"

static char Enotfound[] = "file does not exist";
static char Enotdir[] = "not a directory";

/* one element in the Tree; an error string or nil */
static char*
treewalk1(File **fp, char *name)
{
	File *f;

	if(!((*fp)->mode & DMDIR))
		return Enotdir;
	if(strcmp(name, "..") == 0){
		f = (*fp)->parent;
		f->ref++;
	}else if((f = walkfile(*fp, name)) == nil)
		return Enotfound;
	closefile(*fp);
	*fp = f;
	return nil;
}

static void
treewalk(Req *r)
{
	File *f;
	char *err;
	int i;

	f = r->fid->file;
	f->ref++;
	err = nil;
	for(i = 0; i < r->ifcall.nwname; i++){
		if(!hasperm(f, r->fid->uid, DMEXEC)){
			err = _eperm;
			break;
		}
		err = treewalk1(&f, r->ifcall.wname[i]);
		if(err != nil)
			break;
		r->ofcall.wqid[i] = f->qid;
	}
	r->ofcall.nwqid = i;
	if(i < r->ifcall.nwname || i == 0 && r->newfid == r->fid)
		closefile(f);
	else{
		if(r->newfid->file != nil)
			closefile(r->newfid->file);
		r->newfid->file = f;
		r->newfid->qid = f->qid;
	}
	respond(r, i == 0 ? err : nil);
}

/* from becomes where to is; what it was goes with to */
static void
swapfids(Fid *from, Fid *to)
{
	void *aux;

	aux = from->aux;
	from->aux = to->aux;
	to->aux = aux;
	from->qid = to->qid;
}

/*
 * For servers without a Tree: one function moves a fid by a name and leaves it
 * where it is if it fails, another prepares the new fid as a copy; both may
 * return an error string.  A fid that is its own newfid stays where it is unless
 * all names are found, so a copy that nobody else knows goes ahead of it.
 */
void
walkandclone(Req *r, char *(*walk1)(Fid*, char*, void*), char *(*clone)(Fid*, Fid*, void*), void *arg)
{
	Fid *to, *ahead;
	char *err;
	int i;

	ahead = nil;
	to = r->newfid;
	if(to == r->fid && r->ifcall.nwname > 1){
		to = ahead = _newfid(r->srv, r->fid->fid);
		to->uid = strdup(r->fid->uid != nil ? r->fid->uid : "");
	}
	err = nil;
	if(to != r->fid){
		to->qid = r->fid->qid;
		if(clone != nil && (err = clone(r->fid, to, arg)) != nil){
			_releasefid(ahead);
			respond(r, err);
			return;
		}
	}
	for(i = 0; i < r->ifcall.nwname; i++){
		err = walk1(to, r->ifcall.wname[i], arg);
		if(err != nil)
			break;
		r->ofcall.wqid[i] = to->qid;
	}
	r->ofcall.nwqid = i;
	if(ahead != nil && i == r->ifcall.nwname)
		swapfids(r->fid, ahead);
	_releasefid(ahead);
	respond(r, i == 0 ? err : nil);
}

static char*
srvwalk1(Fid *fid, char *name, void *arg)
{
	Srv *s;
	Qid q;
	char *err;

	s = arg;
	q = fid->qid;
	if(!(q.type & QTDIR))
		return Enotdir;
	err = s->walk1(fid, name, &q);
	if(err == nil)
		fid->qid = q;
	return err;
}

static char*
srvclone(Fid *from, Fid *to, void *arg)
{
	Srv *s;

	s = arg;
	if(s->clone == nil){
		to->aux = from->aux;
		return nil;
	}
	return s->clone(from, to);
}

void
_walk(Req *r)
{
	if(r->fid->file != nil)
		treewalk(r);
	else if(r->srv->walk != nil)
		r->srv->walk(r);
	else if(r->srv->walk1 != nil)
		walkandclone(r, srvwalk1, srvclone, r->srv);
	else
		respond(r, "no such file: server has none");
}
