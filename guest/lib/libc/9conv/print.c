/*
 * Verbs for print(2): %F a 9P message, %D a Dir, %M a mode.  For debugging
 * and for ls; programs install them.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>

static char *names[Tmax-Tversion] =
{
#define N(type)	[type-Tversion] = #type
	N(Tversion), N(Rversion), N(Tauth), N(Rauth), N(Tattach), N(Rattach),
	N(Terror), N(Rerror), N(Tflush), N(Rflush), N(Twalk), N(Rwalk),
	N(Topen), N(Ropen), N(Tcreate), N(Rcreate), N(Tread), N(Rread),
	N(Twrite), N(Rwrite), N(Tclunk), N(Rclunk), N(Tremove), N(Rremove),
	N(Tstat), N(Rstat), N(Twstat), N(Rwstat),
#undef N
};

/* d for a directory and so on, exclusive and append-only, rwx thrice */
int
dirmodefmt(Fmt *f)
{
	static char bits[] = "xwr";
	char buf[12], *p;
	ulong mode;
	int i;

	mode = va_arg(f->args, ulong);
	p = buf;
	*p++ = mode & DMDIR ? 'd' : mode & DMAPPEND ? 'a' : mode & DMAUTH ? 'A' : '-';
	*p++ = mode & DMEXCL ? 'l' : mode & DMTMP ? 't' : '-';
	for(i = 8; i >= 0; i--)
		*p++ = mode>>i & 1 ? bits[i%3] : '-';
	*p = 0;
	f->flags &= ~FmtPrec;
	return fmtstrcpy(f, buf);
}

static char*
putqid(char *s, char *e, char *label, Qid *q)
{
	return seprint(s, e, " %s (%.16llux %lud %s%s%s)", label, q->path, q->vers,
		q->type & QTDIR ? "d" : "", q->type & QTAPPEND ? "a" : "", q->type & QTAUTH ? "A" : "");
}

static int
formatdir(Fmt *f, Dir *d)
{
	return fmtprint(f, "'%s' '%s' '%s' '%s' q %.16llux %lud %#ux m %#luo at %lud mt %lud l %lld t %d d %d",
		d->name, d->uid, d->gid, d->muid, d->qid.path, d->qid.vers, d->qid.type,
		d->mode, d->atime, d->mtime, d->length, d->type, d->dev);
}

int
dirfmt(Fmt *f)
{
	return formatdir(f, va_arg(f->args, Dir*));
}

static char*
putdata(char *s, char *e, Fcall *m)
{
	int i, n;

	n = m->count < 32 ? m->count : 32;
	for(i = 0; i < n; i++)
		if((m->data[i] < ' ' || m->data[i] > '~') && m->data[i] != '\n' && m->data[i] != '\t')
			break;
	s = seprint(s, e, " count %ud ", m->count);
	if(i == n)
		return seprint(s, e, "'%.*s%s'", n, m->data, m->count > n ? "..." : "");
	for(i = 0; i < n; i++)
		s = seprint(s, e, "%.2ux", (uchar)m->data[i]);
	return s;
}

static char*
putwalk(char *s, char *e, Fcall *m)
{
	int i;

	s = seprint(s, e, " fid %ud newfid %ud nwname %d", m->fid, m->newfid, m->nwname);
	for(i = 0; i < m->nwname && i < MAXWELEM; i++)
		s = seprint(s, e, " %d:%s", i, m->wname[i]);
	return s;
}

static char*
putattach(char *s, char *e, Fcall *m)
{
	if(m->type == Tattach)
		s = seprint(s, e, " fid %ud", m->fid);
	return seprint(s, e, " afid %d uname %s aname %s", m->afid, m->uname, m->aname);
}

static char*
putqids(char *s, char *e, Fcall *m)
{
	int i;

	switch(m->type){
	case Rauth:
		return putqid(s, e, "aqid", &m->aqid);
	case Rwalk:
		for(i = 0; i < m->nwqid && i < MAXWELEM; i++)
			s = putqid(s, e, "wqid", &m->wqid[i]);
		return s;
	}
	s = putqid(s, e, "qid", &m->qid);
	if(m->type != Rattach)
		s = seprint(s, e, " iounit %ud", m->iounit);
	return s;
}

/* what a message carries besides type and tag */
static char*
putbody(char *s, char *e, Fcall *m)
{
	switch(m->type){
	case Tversion:
	case Rversion:
		return seprint(s, e, " msize %ud version '%s'", m->msize, m->version);
	case Tauth:
	case Tattach:
		return putattach(s, e, m);
	case Rauth:
	case Rattach:
	case Rwalk:
	case Ropen:
	case Rcreate:
		return putqids(s, e, m);
	case Rerror:
		return seprint(s, e, " ename %s", m->ename);
	case Tflush:
		return seprint(s, e, " oldtag %ud", m->oldtag);
	case Twalk:
		return putwalk(s, e, m);
	case Topen:
		return seprint(s, e, " fid %ud mode %d", m->fid, m->mode);
	case Tcreate:
		return seprint(s, e, " fid %ud name %s perm %#uo mode %d", m->fid, m->name, m->perm, m->mode);
	case Tread:
		return seprint(s, e, " fid %ud offset %lld count %ud", m->fid, m->offset, m->count);
	case Twrite:
		s = seprint(s, e, " fid %ud offset %lld", m->fid, m->offset);
		return putdata(s, e, m);
	case Rread:
		return putdata(s, e, m);
	case Rwrite:
		return seprint(s, e, " count %ud", m->count);
	case Tclunk:
	case Tremove:
	case Tstat:
		return seprint(s, e, " fid %ud", m->fid);
	case Rstat:
		return seprint(s, e, " stat %ud bytes", m->nstat);
	case Twstat:
		return seprint(s, e, " fid %ud stat %ud bytes", m->fid, m->nstat);
	}
	return s;
}

int
fcallfmt(Fmt *f)
{
	Fcall *m;
	char buf[1024], *s;

	m = va_arg(f->args, Fcall*);
	if(m->type < Tversion || m->type >= Tmax)
		return fmtprint(f, "unknown type %d", m->type);
	s = seprint(buf, buf+sizeof buf, "%s tag %ud", names[m->type-Tversion], m->tag);
	putbody(s, buf+sizeof buf, m);
	f->flags &= ~FmtPrec;
	return fmtstrcpy(f, buf);
}
