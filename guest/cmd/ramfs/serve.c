/*
 * The 9P side: one process answers one message after the other, which works
 * because nothing here ever has to wait.  Requests are checked as if a stranger
 * had sent them.  Message formats: intro(5).
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "ramfs.h"

typedef struct Fid Fid;

enum
{
	Msize	= 64*1024+IOHDRSZ,
	Nfid	= 256,
};

struct Fid
{
	Fid	*next;
	u32int	fid;
	File	*file;
	char	*user;
	int	open;		/* mode is valid */
	int	mode;
	uvlong	diroff;		/* where a directory read can go on */
	uvlong	dirseq;		/* after this file */
};

static char	Ebadfid[]	= "unknown fid";
static char	Edupfid[]	= "fid is in use";
static char	Enotdir[]	= "not a directory";
static char	Eisdir[]	= "file is a directory";
static char	Enotfound[]	= "file does not exist";
static char	Ebadname[]	= "bad character in file name";
static char	Eopen[]		= "file is open";
static char	Enotopen[]	= "file is not open for this";
static char	Eexcl[]		= "exclusive use file already open";	/* these words: lock files' users wait when they see them */
static char	Eseekdir[]	= "seek in directory";
static char	Ebadstat[]	= "malformed stat buffer";
static char	Enoauth[]	= "ramfs: authentication not required";

static Fid	*fids[Nfid];
static uchar	msg[Msize];
static uchar	reply[Msize];
static uchar	data[Msize];		/* for Rread and Rstat */
static ulong	maxmsg = Msize;
static Fcall	t, r;

static Fid*
findfid(u32int n)
{
	Fid *f;

	for(f = fids[n%Nfid]; f != nil; f = f->next)
		if(f->fid == n)
			return f;
	return nil;
}

static Fid*
newfid(u32int n, File *file, char *user)
{
	Fid *f, **b;

	f = mallocz(sizeof *f, 1);
	if(f == nil)
		return nil;
	f->fid = n;
	f->file = file;
	file->ref++;
	f->user = dupname(user);
	b = &fids[n%Nfid];
	f->next = *b;
	*b = f;
	return f;
}

static void
closefile(Fid *f)
{
	if(f->open){
		f->file->open--;
		if((f->mode & ORCLOSE) && f->file->parent != nil)
			removefile(f->file);
	}
	f->open = 0;
}

static void
dropfid(Fid *f)
{
	Fid **b;

	closefile(f);
	for(b = &fids[f->fid%Nfid]; *b != f; b = &(*b)->next)
		;
	*b = f->next;
	dropfile(f->file);
	free(f->user);
	free(f);
}

static void
setfile(Fid *f, File *file)
{
	file->ref++;
	dropfile(f->file);
	f->file = file;
}

static Qid
qid(File *f)
{
	Qid q;

	q.path = f->seq;
	q.vers = f->vers;
	q.type = f->perm>>24;
	return q;
}

/* may the user do all of what (DMREAD, DMWRITE, DMEXEC)?  A group has the user of its name */
static int
may(char *user, File *f, ulong what)
{
	ulong perm;

	perm = f->perm & 7;
	if(strcmp(user, f->uid) == 0)
		perm |= f->perm>>6 & 7;
	if(strcmp(user, f->gid) == 0)
		perm |= f->perm>>3 & 7;
	return (perm & what) == what;
}

static char*
rversion(void)
{
	int i;

	for(i = 0; i < Nfid; i++)
		while(fids[i] != nil)
			dropfid(fids[i]);
	if(t.msize < 256)
		return "message size is too small";
	maxmsg = t.msize < Msize ? t.msize : Msize;
	r.msize = maxmsg;
	r.version = strncmp(t.version, "9P", 2) == 0 ? VERSION9P : "unknown";
	return nil;
}

static char*
rauth(void)
{
	return Enoauth;
}

static char*
rattach(void)
{
	if(findfid(t.fid) != nil)
		return Edupfid;
	if(newfid(t.fid, root, t.uname) == nil)
		return Efull;
	r.qid = qid(root);
	return nil;
}

static char*
rflush(void)
{
	return nil;
}

static char*
step(Fid *f, File **file, char *name)
{
	File *next;

	if(!((*file)->perm & DMDIR))
		return Enotdir;
	if(!may(f->user, *file, DMEXEC))
		return Eperm;
	if(strcmp(name, "..") == 0)
		next = (*file)->parent != nil ? (*file)->parent : *file;
	else
		next = lookup(*file, name);
	if(next == nil)
		return Enotfound;
	*file = next;
	return nil;
}

static char*
rwalk(void)
{
	Fid *f;
	File *file;
	char *err;
	int i;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	if(f->open)
		return Eopen;
	if(t.newfid != t.fid && findfid(t.newfid) != nil)
		return Edupfid;
	file = f->file;
	for(i = 0; i < t.nwname; i++){
		err = step(f, &file, t.wname[i]);
		if(err != nil){
			if(i == 0)
				return err;
			break;
		}
		r.wqid[i] = qid(file);
	}
	r.nwqid = i;
	if(i < t.nwname)
		return nil;
	if(t.newfid == t.fid)
		setfile(f, file);
	else if(newfid(t.newfid, file, f->user) == nil)
		return Efull;
	return nil;
}

/* what a mode of open asks for */
static ulong
access9(int mode)
{
	static ulong want[] = {
		[OREAD]		= DMREAD,
		[OWRITE]	= DMWRITE,
		[ORDWR]		= DMREAD|DMWRITE,
		[OEXEC]		= DMEXEC,
	};

	return want[mode & 3] | (mode & OTRUNC ? DMWRITE : 0);
}

static void
setopen(Fid *f, int mode)
{
	f->open = 1;
	f->mode = mode;
	f->file->open++;
	f->diroff = f->dirseq = 0;
	r.qid = qid(f->file);
	r.iounit = maxmsg-IOHDRSZ;
}

static char*
ropen(void)
{
	Fid *f;
	File *file;
	char *err;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	if(f->open)
		return Eopen;
	file = f->file;
	if((file->perm & DMDIR) && (t.mode & ~ORCLOSE) != OREAD)
		return (t.mode & 3) == OEXEC ? Eperm : Eisdir;
	if(!may(f->user, file, access9(t.mode)))
		return Eperm;
	if((t.mode & ORCLOSE) && (file->parent == nil || !may(f->user, file->parent, DMWRITE)))
		return Eperm;
	if((file->perm & DMEXCL) && file->open > 0)
		return Eexcl;
	if((t.mode & OTRUNC) && !(file->perm & DMAPPEND)){
		err = setlength(file, 0);
		if(err != nil)
			return err;
	}
	setopen(f, t.mode);
	return nil;
}

static int
goodname(char *s)
{
	if(*s == 0 || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return 0;
	for(; *s != 0; s++)
		if(*s == '/' || (*(uchar*)s) < ' ' || *s == 0x7F)
			return 0;
	return 1;
}

static char*
rcreate(void)
{
	Fid *f;
	File *dir, *file;
	ulong perm;
	char *err;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	if(f->open)
		return Eopen;
	dir = f->file;
	if(!(dir->perm & DMDIR))
		return Enotdir;
	if(dir != root && dir->parent == nil)
		return Enotfound;
	if(!may(f->user, dir, DMWRITE))
		return Eperm;
	if(!goodname(t.name))
		return Ebadname;
	perm = t.perm;
	if(perm & DMDIR){
		if((t.mode & ~ORCLOSE) != OREAD)
			return Eisdir;
		perm &= ~0777UL | (dir->perm & 0777);
	}else
		perm &= ~0666UL | (dir->perm & 0666);
	err = addfile(dir, t.name, perm & (DMDIR|DMAPPEND|DMEXCL|DMTMP|0777), f->user, &file);
	if(err != nil)
		return err;
	setfile(f, file);
	setopen(f, t.mode);
	return nil;
}

/* as many stat entries as fit */
static char*
readdir(Fid *f)
{
	File *k;
	Dir d;
	uint n, max;

	if(t.offset == 0)
		f->dirseq = 0;
	else if(t.offset != f->diroff)
		return Eseekdir;
	max = t.count;
	if(max > maxmsg-IOHDRSZ)
		max = maxmsg-IOHDRSZ;
	r.count = 0;
	for(k = f->file->kids; k != nil; k = k->next){
		if(k->seq <= f->dirseq)
			continue;
		memset(&d, 0, sizeof d);
		d.qid = qid(k);
		d.mode = k->perm;
		d.atime = k->atime;
		d.mtime = k->mtime;
		d.length = k->len;
		d.name = k->name;
		d.uid = k->uid;
		d.gid = k->gid;
		d.muid = k->muid;
		n = convD2M(&d, data+r.count, max-r.count);
		if(n <= BIT16SZ)
			break;
		r.count += n;
		f->dirseq = k->seq;
	}
	f->diroff = t.offset+r.count;
	r.data = (char*)data;
	return nil;
}

static char*
rread(void)
{
	Fid *f;
	long n;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	if(!f->open || (f->mode & 3) == OWRITE)
		return Enotopen;
	if(t.offset < 0)
		return "negative i/o offset";
	if(f->file->perm & DMDIR)
		return readdir(f);
	n = t.count;
	if(n < 0 || n > maxmsg-IOHDRSZ)
		n = maxmsg-IOHDRSZ;
	r.count = readfile(f->file, data, n, t.offset);
	r.data = (char*)data;
	f->file->atime = time(nil);
	return nil;
}

static char*
rwrite(void)
{
	Fid *f;
	uvlong off;
	char *err;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	if(!f->open || (f->mode & 3) != OWRITE && (f->mode & 3) != ORDWR)
		return Enotopen;
	if(t.offset < 0)
		return "negative i/o offset";
	off = f->file->perm & DMAPPEND ? f->file->len : t.offset;
	err = writefile(f->file, (uchar*)t.data, t.count, off);
	if(err != nil)
		return err;
	if(strcmp(f->file->muid, f->user) != 0)
		setstring(&f->file->muid, f->user);
	r.count = t.count;
	return nil;
}

static char*
rclunk(void)
{
	Fid *f;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	dropfid(f);
	return nil;
}

static char*
rremove(void)
{
	Fid *f;
	char *err;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	if(f->file->parent == nil || !may(f->user, f->file->parent, DMWRITE))
		err = Eperm;
	else
		err = removefile(f->file);
	f->mode &= ~ORCLOSE;
	dropfid(f);
	return err;
}

static char*
rstat(void)
{
	Fid *f;
	Dir d;
	File *file;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	file = f->file;
	memset(&d, 0, sizeof d);
	d.qid = qid(file);
	d.mode = file->perm;
	d.atime = file->atime;
	d.mtime = file->mtime;
	d.length = file->len;
	d.name = file->name;
	d.uid = file->uid;
	d.gid = file->gid;
	d.muid = file->muid;
	r.nstat = convD2M(&d, data, maxmsg-IOHDRSZ);
	r.stat = data;
	return nil;
}

/* may the stat entry d be applied?  All or nothing: this comes first */
static char*
checkwstat(Fid *f, Dir *d)
{
	File *file, *other;
	int owner;

	file = f->file;
	owner = strcmp(f->user, file->uid) == 0 || strcmp(f->user, root->uid) == 0;
	if(d->name[0] != 0 && strcmp(d->name, file->name) != 0){
		if(file->parent == nil || !may(f->user, file->parent, DMWRITE))
			return Eperm;
		if(!goodname(d->name))
			return Ebadname;
		other = lookup(file->parent, d->name);
		if(other != nil && other != file)
			return Eexist;
	}
	if(d->length != ~0LL){
		if(file->perm & DMDIR)
			return d->length == 0 ? nil : Eisdir;
		if(d->length < 0 || !may(f->user, file, DMWRITE))
			return Eperm;
	}
	if(d->mode != ~0UL && (!owner || (d->mode^file->perm) & DMDIR))
		return Eperm;
	if((d->mtime != ~0UL || d->gid[0] != 0) && !owner)
		return Eperm;
	if(d->uid[0] != 0 && strcmp(d->uid, file->uid) != 0)
		return Eperm;
	return nil;
}

static char*
rwstat(void)
{
	Fid *f;
	File *file;
	Dir d;
	char *err;

	f = findfid(t.fid);
	if(f == nil)
		return Ebadfid;
	if(statcheck(t.stat, t.nstat) < 0 || convM2D(t.stat, t.nstat, &d, (char*)data) != t.nstat)
		return Ebadstat;
	err = checkwstat(f, &d);
	if(err != nil)
		return err;
	file = f->file;
	if(d.name[0] != 0 && strcmp(d.name, file->name) != 0)
		err = renamefile(file, d.name);
	if(err == nil && d.length != ~0LL && !(file->perm & DMDIR))
		err = setlength(file, d.length);
	if(err != nil)
		return err;
	if(d.mode != ~0UL)
		file->perm = d.mode & (DMDIR|DMAPPEND|DMEXCL|DMTMP|0777);
	if(d.mtime != ~0UL)
		file->mtime = d.mtime;
	if(d.gid[0] != 0)
		setstring(&file->gid, d.gid);
	return nil;
}

static char* (*fn[Tmax])(void) = {
	[Tversion]	= rversion,
	[Tauth]		= rauth,
	[Tattach]	= rattach,
	[Tflush]	= rflush,
	[Twalk]		= rwalk,
	[Topen]		= ropen,
	[Tcreate]	= rcreate,
	[Tread]		= rread,
	[Twrite]	= rwrite,
	[Tclunk]	= rclunk,
	[Tremove]	= rremove,
	[Tstat]		= rstat,
	[Twstat]	= rwstat,
};

/* answer requests on fd, by outfd, until the other end is closed */
void
serve(int fd, int outfd, int debug)
{
	char *err;
	int n;

	if(debug)
		fmtinstall('F', fcallfmt);
	while((n = read9pmsg(fd, msg, sizeof msg)) > 0){
		if(convM2S(msg, n, &t) != n)
			continue;
		if(debug)
			fprint(2, "<-%F\n", &t);
		memset(&r, 0, sizeof r);
		r.tag = t.tag;
		r.fid = t.fid;
		r.type = t.type+1;
		err = t.type < Tmax && fn[t.type] != nil ? fn[t.type]() : "unknown message type";
		if(err != nil){
			r.type = Rerror;
			r.ename = err;
		}
		if(debug)
			fprint(2, "->%F\n", &r);
		n = convS2M(&r, reply, sizeof reply);
		if(n == 0 || write(outfd, reply, n) != n)
			break;
	}
}
