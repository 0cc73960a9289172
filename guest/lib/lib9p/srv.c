/*
 * The server's loop: read a message, check what the protocol demands, call
 * the server's function; and respond, which checks the answer and sends it.
 * The table at the end says, for each type, what is called before and after.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "9pdef.h"

int chatty9p;

char _ebadfid[] = "unknown fid";
char _eperm[] = "permission denied";
char _ebotch[] = "9P protocol botch";

static char Edupfid[] = "fid already in use";
static char Eduptag[] = "tag already in use";
static char Eopen[] = "fid is open";
static char Enotopen[] = "fid is not open for this";
static char Enocreate[] = "create prohibited";
static char Enoremove[] = "remove prohibited";
static char Enowrite[] = "write prohibited";
static char Enoread[] = "read prohibited";
static char Enowstat[] = "wstat prohibited";
static char Enoauth[] = "authentication not required";
static char Ebadoffset[] = "bad offset in directory read";

static void
sversion(Req *r)
{
	Srv *s;
	uint max;

	s = r->srv;
	max = s->msize != 0 ? s->msize : Maxmsize;
	r->ofcall.msize = r->ifcall.msize < max ? r->ifcall.msize : max;
	if(r->ifcall.msize < 256){
		respond(r, "version: message size too small");
		return;
	}
	r->ofcall.version = strncmp(r->ifcall.version, "9P", 2) == 0 ? VERSION9P : "unknown";
	_dropfids(s);
	respond(r, nil);
}

static void
sauth(Req *r)
{
	r->afid = _allocfid(r->srv, r->ifcall.afid);
	if(r->afid == nil)
		respond(r, Edupfid);
	else if(r->srv->auth != nil)
		r->srv->auth(r);
	else
		respond(r, Enoauth);
}

static void
rauth(Req *r, int failed)
{
	if(failed && r->afid != nil)
		_forgetfid(r->srv, r->afid);
}

static void
sattach(Req *r)
{
	r->fid = _allocfid(r->srv, r->ifcall.fid);
	if(r->fid == nil){
		respond(r, Edupfid);
		return;
	}
	if(r->ifcall.afid != NOFID && (r->afid = _lookupfid(r->srv, r->ifcall.afid)) == nil){
		respond(r, _ebadfid);
		return;
	}
	r->fid->uid = strdup(r->ifcall.uname);
	if(r->srv->tree != nil){
		r->fid->file = r->srv->tree->root;
		r->fid->file->ref++;
		r->ofcall.qid = r->fid->file->qid;
		r->fid->qid = r->ofcall.qid;
	}
	if(r->srv->attach != nil)
		r->srv->attach(r);
	else
		respond(r, r->fid->file != nil ? nil : "server has no attach");
}

static void
rattach(Req *r, int failed)
{
	if(r->fid == nil)
		return;
	if(failed)
		_forgetfid(r->srv, r->fid);
	else if(r->fid->file == nil)
		r->fid->qid = r->ofcall.qid;
}

static void
sflush(Req *r)
{
	Req *old;

	old = _lookupreq(r->srv, r->ifcall.oldtag);
	if(old == nil || old == r){
		respond(r, nil);
		return;
	}
	/* the answer to the flush comes after that to the request, if there is one */
	r->oldreq = old;
	old->flush = realloc(old->flush, (old->nflush+1)*sizeof old->flush[0]);
	if(old->flush == nil)
		sysfatal("9P server: out of memory");
	old->flush[old->nflush++] = r;
	if(r->srv->flush != nil)
		r->srv->flush(r);
}

static void
swalk(Req *r)
{
	if(r->ifcall.newfid == r->ifcall.fid){
		r->newfid = r->fid;
		r->newfid->ref++;	/* as if it were another */
	}else{
		r->newfid = _allocfid(r->srv, r->ifcall.newfid);
		if(r->newfid == nil){
			respond(r, Edupfid);
			return;
		}
		r->newfid->uid = strdup(r->fid->uid != nil ? r->fid->uid : "");
	}
	if(r->fid->omode != -1)
		respond(r, Eopen);
	else if(r->ifcall.nwname > 0 && !(r->fid->qid.type & QTDIR))
		respond(r, "not a directory");
	else
		_walk(r);
}

static void
rwalk(Req *r, int failed)
{
	if(r->newfid == nil)
		return;
	if(failed || r->ofcall.nwqid < r->ifcall.nwname){
		if(r->newfid != r->fid)
			_forgetfid(r->srv, r->newfid);
	}else if(r->newfid->file == nil && r->ofcall.nwqid > 0)
		r->newfid->qid = r->ofcall.wqid[r->ofcall.nwqid-1];
	if(r->newfid == r->fid){
		_releasefid(r->newfid);
		r->newfid = nil;
	}
}

static int
needed(int mode)
{
	static int perm[] = {DMREAD, DMWRITE, DMREAD|DMWRITE, DMEXEC};
	int p;

	p = perm[mode&3];
	if(mode & OTRUNC)
		p |= DMWRITE;
	return p;
}

static void
sopen(Req *r)
{
	int mode;

	mode = r->ifcall.mode;
	if(r->fid->omode != -1){
		respond(r, Eopen);
		return;
	}
	if(r->fid->qid.type & QTDIR && (mode & ~ORCLOSE) != OREAD){
		respond(r, "file is a directory");
		return;
	}
	r->ofcall.qid = r->fid->qid;
	if(r->fid->file != nil){
		r->ofcall.qid = r->fid->file->qid;
		if(!hasperm(r->fid->file, r->fid->uid, needed(mode))
		|| mode & ORCLOSE && !hasperm(r->fid->file->parent, r->fid->uid, DMWRITE)){
			respond(r, _eperm);
			return;
		}
		if(r->ofcall.qid.type & QTDIR){
			r->fid->rdir = opendirfile(r->fid->file);
			r->fid->diroffset = 0;
		}
	}
	if(r->srv->open != nil)
		r->srv->open(r);
	else
		respond(r, nil);
}

static void
ropen(Req *r, int failed)
{
	if(failed)
		return;
	r->fid->omode = r->ifcall.mode;
	r->fid->qid = r->ofcall.qid;
	if(r->ofcall.qid.type & QTDIR)
		r->fid->diroffset = 0;
}

static void
screate(Req *r)
{
	if(r->fid->omode != -1)
		respond(r, Eopen);
	else if(!(r->fid->qid.type & QTDIR))
		respond(r, "create in what is not a directory");
	else if(r->fid->file != nil && !hasperm(r->fid->file, r->fid->uid, DMWRITE))
		respond(r, _eperm);
	else if(r->srv->create == nil)
		respond(r, Enocreate);
	else
		r->srv->create(r);
}

static void
rcreate(Req *r, int failed)
{
	if(failed)
		return;
	ropen(r, failed);
	if(r->fid->file != nil && r->fid->file->mode & DMDIR)
		r->fid->rdir = opendirfile(r->fid->file);
}

static void
sread(Req *r)
{
	Fid *f;
	uint max;

	f = r->fid;
	max = (r->srv->msize != 0 ? r->srv->msize : Maxmsize) - IOHDRSZ;
	if(r->ifcall.count > max)
		r->ifcall.count = max;
	if(f->omode == -1 || (f->omode & 3) == OWRITE){
		respond(r, Enotopen);
		return;
	}
	r->rbuf = malloc(r->ifcall.count+1);
	if(r->rbuf == nil){
		respond(r, "out of memory");
		return;
	}
	r->ofcall.data = (char*)r->rbuf;
	r->ofcall.count = 0;
	if(f->qid.type & QTDIR){
		if(r->ifcall.offset == 0){
			f->diroffset = 0;
			f->dirindex = 0;
			if(f->rdir != nil){
				closedirfile(f->rdir);
				f->rdir = opendirfile(f->file);
			}
		}else if(r->ifcall.offset != f->diroffset){
			respond(r, Ebadoffset);
			return;
		}
		if(f->rdir != nil){
			r->ofcall.count = readdirfile(f->rdir, r->rbuf, r->ifcall.count);
			respond(r, nil);
			return;
		}
	}
	if(r->srv->read != nil)
		r->srv->read(r);
	else
		respond(r, Enoread);
}

static void
rread(Req *r, int failed)
{
	if(!failed && r->fid->qid.type & QTDIR)
		r->fid->diroffset += r->ofcall.count;
}

static void
swrite(Req *r)
{
	Fid *f;
	int mode;

	f = r->fid;
	mode = f->omode & 3;
	r->ofcall.count = 0;
	if(f->omode == -1 || mode != OWRITE && mode != ORDWR)
		respond(r, Enotopen);
	else if(r->srv->write != nil)
		r->srv->write(r);
	else
		respond(r, Enowrite);
}

static void
removetree(Req *r)
{
	File *f;

	f = r->fid->file;
	f->ref++;			/* removefile takes one away */
	if(removefile(f) < 0)
		respond(r, "directory is not empty");
	else
		respond(r, nil);
}

static void
sclunk(Req *r)
{
	respond(r, nil);
}

/* ORCLOSE: the file goes with the fid, whatever becomes of the request */
static void
rclunk(Req *r, int failed)
{
	File *f;

	USED(failed);
	f = r->fid->file;
	if(r->fid->omode != -1 && r->fid->omode & ORCLOSE && f != nil && f != f->parent){
		f->ref++;
		removefile(f);
	}
	_forgetfid(r->srv, r->fid);
}

static void
sremove(Req *r)
{
	File *f;

	f = r->fid->file;
	if(f != nil && (f == f->parent || !hasperm(f->parent, r->fid->uid, DMWRITE)))
		respond(r, _eperm);
	else if(f != nil && f->mode & DMDIR && f->nchild > 0)
		respond(r, "directory is not empty");
	else if(r->srv->remove != nil)
		r->srv->remove(r);
	else if(f != nil && r->srv->create != nil)
		removetree(r);
	else
		respond(r, Enoremove);
}

static void
rremove(Req *r, int failed)
{
	USED(failed);
	_forgetfid(r->srv, r->fid);
}

static char*
copyof(char *s)
{
	return strdup(s != nil ? s : "");
}

static void
sstat(Req *r)
{
	File *f;

	f = r->fid->file;
	if(f != nil){
		r->d = f->Dir;
		r->d.name = copyof(f->name);
		r->d.uid = copyof(f->uid);
		r->d.gid = copyof(f->gid);
		r->d.muid = copyof(f->muid);
	}
	if(r->srv->stat != nil)
		r->srv->stat(r);
	else if(f != nil)
		respond(r, nil);
	else
		respond(r, "stat prohibited");
}

static void
rstat(Req *r, int failed)
{
	uint n;

	if(!failed){
		n = sizeD2M(&r->d);
		r->rbuf = malloc(n);
		if(r->rbuf != nil){
			r->ofcall.nstat = convD2M(&r->d, r->rbuf, n);
			r->ofcall.stat = r->rbuf;
		}
	}
	free(r->d.name);
	free(r->d.uid);
	free(r->d.gid);
	free(r->d.muid);
}

static void
swstat(Req *r)
{
	char *strs;

	if(r->srv->wstat == nil){
		respond(r, Enowstat);
		return;
	}
	if(statcheck(r->ifcall.stat, r->ifcall.nstat) < 0){
		respond(r, "malformed stat entry");
		return;
	}
	strs = malloc(r->ifcall.nstat);
	if(strs == nil){
		respond(r, "out of memory");
		return;
	}
	r->rbuf = (uchar*)strs;		/* freed with the request */
	convM2D(r->ifcall.stat, r->ifcall.nstat, &r->d, strs);
	if((ushort)~r->d.type != 0 || ~r->d.dev != 0 || (uchar)~r->d.qid.type != 0
	|| ~r->d.qid.vers != 0 || ~r->d.qid.path != 0)
		respond(r, "wstat: attempt to change type, device or qid");
	else if(r->d.muid[0] != 0 && strcmp(r->d.muid, r->fid->uid) != 0)
		respond(r, "wstat: attempt to change who modified");
	else if(~r->d.mode != 0 && (r->d.mode ^ r->fid->qid.type<<24) & DMDIR)
		respond(r, "wstat: attempt to change the directory bit");
	else{
		/* Linux says who changes a file, which is what the server notes anyway */
		r->d.muid[0] = 0;
		r->srv->wstat(r);
	}
}

static struct {
	void	(*request)(Req*);
	void	(*answer)(Req*, int);
	int	needfid;
} calls[Tmax-Tversion] =
{
#define C(type)	[type-Tversion]
	C(Tversion)	= {sversion},
	C(Tauth)	= {sauth, rauth},
	C(Tattach)	= {sattach, rattach},
	C(Tflush)	= {sflush},
	C(Twalk)	= {swalk, rwalk, 1},
	C(Topen)	= {sopen, ropen, 1},
	C(Tcreate)	= {screate, rcreate, 1},
	C(Tread)	= {sread, rread, 1},
	C(Twrite)	= {swrite, nil, 1},
	C(Tclunk)	= {sclunk, rclunk, 1},
	C(Tremove)	= {sremove, rremove, 1},
	C(Tstat)	= {sstat, rstat, 1},
	C(Twstat)	= {swstat, nil, 1},
#undef C
};

static void
send(Req *r)
{
	Srv *s;
	uint n, max;

	s = r->srv;
	max = s->msize != 0 ? s->msize : Maxmsize;
	if(chatty9p)
		fprint(2, "-%d-> %F\n", s->outfd, &r->ofcall);
	n = convS2M(&r->ofcall, s->wbuf, max);
	if(n == 0){
		r->ofcall.type = Rerror;
		r->ofcall.ename = "9P server made an answer that cannot be sent";
		n = convS2M(&r->ofcall, s->wbuf, max);
	}
	if(write(s->outfd, s->wbuf, n) != n && chatty9p)
		fprint(2, "9P server: write error: %r\n");
}

/* ends a request: with an error, or, if that is nil, as ofcall says */
void
respond(Req *r, char *error)
{
	Req **flush;
	int i, n, t;

	if(r->responded)
		sysfatal("9P server: responds twice to tag %lud", r->tag);
	r->responded = 1;
	t = r->ifcall.type - Tversion;
	if(calls[t].answer != nil && (r->fid != nil || !calls[t].needfid))
		calls[t].answer(r, error != nil);
	r->ofcall.tag = r->tag;
	r->ofcall.type = r->ifcall.type+1;
	if(error != nil){
		r->ofcall.type = Rerror;
		r->ofcall.ename = error;
	}
	_forgetreq(r->srv, r);		/* the tag is free as soon as the client reads */
	send(r);
	flush = r->flush;
	n = r->nflush;
	r->flush = nil;
	for(i = 0; i < n; i++){
		flush[i]->oldreq = nil;
		respond(flush[i], nil);
	}
	free(flush);
	_freereq(r);
}

/* with the error string of the process */
void
responderror(Req *r)
{
	char err[ERRMAX];

	rerrstr(err, sizeof err);
	respond(r, err);
}

/* a message with a tag in use gets an answer, but no Req of its own in the table */
static void
refuse(Srv *s, Fcall *f, char *err)
{
	Fcall e;
	uint n;

	e.type = Rerror;
	e.tag = f->tag;
	e.ename = err;
	n = convS2M(&e, s->wbuf, Maxmsize);
	write(s->outfd, s->wbuf, n);
}

static void
dispatch(Srv *s, uchar *buf, Fcall *f)
{
	Req *r;
	int t;

	if(chatty9p)
		fprint(2, "<-%d- %F\n", s->infd, f);
	r = _allocreq(s, f->tag);
	if(r == nil){
		refuse(s, f, Eduptag);
		free(buf);
		return;
	}
	r->ifcall = *f;
	r->buf = buf;
	t = f->type - Tversion;
	if(t < 0 || t >= nelem(calls) || calls[t].request == nil){
		r->ifcall.type = Tflush;	/* one without effects */
		respond(r, _ebotch);
		return;
	}
	if(calls[t].needfid && (r->fid = _lookupfid(s, f->fid)) == nil){
		respond(r, _ebadfid);
		return;
	}
	calls[t].request(r);
}

/* Requests are handled by one process at a time: the one that holds this. */
void
srvacquire(Srv *s)
{
	qlock(&s->lock);
}

void
srvrelease(Srv *s)
{
	qunlock(&s->lock);
}

/*
 * The length of the message that buf, with room for max bytes, begins with; it has *have bytes, and
 * is read into until the message is whole: mostly once, as most clients write a message at a time.  0 at the end, -1 for what is none.
 */
static int
nextmsg(int fd, uchar *buf, uint max, uint *have)
{
	uint len;
	int n;

	for(;;){
		if(*have >= BIT32SZ){
			len = GBIT32(buf);
			if(len <= BIT32SZ || len > max){
				werrstr("bad length in 9P2000 message header: %ud", len);
				return -1;
			}
			if(*have >= len)
				return len;
		}
		n = read(fd, buf+*have, max-*have);
		if(n <= 0)
			return n;
		*have += n;
	}
}

/* serves until the clients are gone */
void
srv(Srv *s)
{
	Fcall f;
	uchar *rbuf, *buf;
	uint max, have;
	int n;

	fmtinstall('F', fcallfmt);
	fmtinstall('D', dirfmt);
	fmtinstall('M', dirmodefmt);
	max = s->msize != 0 ? s->msize : Maxmsize;
	rbuf = malloc(max);
	s->wbuf = malloc(max);
	if(rbuf == nil || s->wbuf == nil)
		sysfatal("9P server: out of memory");
	if(s->start != nil)
		s->start(s);
	have = 0;
	while((n = nextmsg(s->infd, rbuf, max, &have)) > 0){
		buf = malloc(n);
		if(buf == nil)
			sysfatal("9P server: out of memory");
		memmove(buf, rbuf, n);
		have -= n;
		if(have > 0)
			memmove(rbuf, rbuf+n, have);
		if(convM2S(buf, n, &f) != n){
			free(buf);
			if(chatty9p)
				fprint(2, "9P server: malformed message\n");
			break;
		}
		srvacquire(s);
		dispatch(s, buf, &f);
		srvrelease(s);
	}
	_dropfids(s);
	if(s->end != nil)
		s->end(s);
	free(rbuf);
}
