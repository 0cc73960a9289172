/*
 * #p: processes as directories, /proc.  This file is the device; procfile.c
 * makes the texts, procctl.c obeys ctl, procmem.c reaches into memory.  A qid's path
 * is the slot of the process and the file; its version is the pid, so that a
 * channel notices that its process has gone.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "devproc.h"

enum
{
	Qshift	= 5,
	Qmask	= (1<<Qshift)-1,
};

#define QFILE(q)	((ulong)(q).path & Qmask)
#define QSLOT(q)	(((ulong)(q).path >> Qshift) - 1)

static struct
{
	char	*name;
	int	file;
	ulong	perm;		/* 0: the process's procmode */
} files[] = {
	{ "args",	Qargs,		0660 },
	{ "ctl",	Qctl,		0 },
	{ "fd",		Qfd,		0444 },
	{ "fpregs",	Qfpregs,	0 },
	{ "kregs",	Qkregs,		0400 },
	{ "mem",	Qmem,		0 },
	{ "note",	Qnote,		0 },
	{ "noteid",	Qnoteid,	0664 },
	{ "notepg",	Qnotepg,	0 },
	{ "ns",		Qns,		0444 },
	{ "ppid",	Qppid,		0444 },
	{ "proc",	Qproc,		0400 },
	{ "profile",	Qprofile,	0400 },
	{ "regs",	Qregs,		0 },
	{ "segment",	Qsegment,	0444 },
	{ "status",	Qstatus,	0444 },
	{ "syscall",	Qsyscall,	0400 },
	{ "text",	Qtext,		0 },
	{ "wait",	Qwait,		0400 },
};

static ulong
permof(Proc *p, ulong perm)
{
	if(perm == 0)
		return p->procmode;
	return perm | (p->procmode & 0444);
}

static vlong
lengthof(Proc *p, int file)
{
	Segment *s;

	switch(file){
	case Qwait:
		return p->nwait;
	case Qprofile:
		s = p->seg[TSEG];
		if(s != nil && s->profile != nil)
			return (s->top-s->base >> LRESPROF)*sizeof(s->profile[0]);
	}
	return 0;
}

/*
 * One entry of the top directory (trace, then slot by slot) or of a process's.  A
 * file's name says all by itself in the first case, so a walk to /proc/12345 does not
 * look at 12344 others.
 */
static int
procgen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	Qid q;
	Proc *p;
	char *e;
	ulong pid;

	USED(tab, ntab);
	if(i == DEVDOTDOT){
		mkqid(&q, 0, 0, QTDIR);
		devdir(c, q, "#p", 0, eve, 0555, dp);
		return 1;
	}
	if(c->qid.path == 0){
		if(i == 0 && (name == nil || strcmp(name, "trace") == 0)){
			mkqid(&q, Qtrace, 0, QTFILE);
			devdir(c, q, "trace", 0, eve, 0444, dp);
			return 1;
		}
		i--;
		if(name != nil){
			pid = strtoul(name, &e, 10);
			if(i > 0 || *e != 0 || name[0] < '1' || name[0] > '9')
				return -1;
			i = procindex(pid);
		}
		p = proctab(i);
		if(p == nil)
			return -1;
		if(p->pid == 0 || p->state == Dead || p->user == nil)
			return 0;
		snprint(up->genbuf, sizeof up->genbuf, "%lud", p->pid);
		mkqid(&q, (i+1)<<Qshift, p->pid, QTDIR);
		devdir(c, q, up->genbuf, 0, p->user, 0555, dp);
		return 1;
	}
	if(i >= nelem(files))
		return -1;
	p = proctab(QSLOT(c->qid));
	if(p == nil || p->pid != c->qid.vers || p->user == nil)
		return -1;
	mkqid(&q, (c->qid.path & ~(uvlong)Qmask) | files[i].file, p->pid, QTFILE);
	devdir(c, q, files[i].name, lengthof(p, files[i].file), p->user, permof(p, files[i].perm), dp);
	return 1;
}

/* The process of c with its debug lock held, or error(Eprocdied). */
static Proc*
procof(Chan *c)
{
	Proc *p;

	p = proctab(QSLOT(c->qid));
	if(p == nil || p->pid != c->qid.vers)
		error(Eprocdied);
	qlock(&p->debug);
	if(p->pid != c->qid.vers || p->state == Dead){
		qunlock(&p->debug);
		error(Eprocdied);
	}
	return p;
}

static Chan*
procattach(char *spec)
{
	return devattach('p', spec);
}

static Walkqid*
procwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, procgen);
}

static int
procstat(Chan *c, uchar *db, int n)
{
	Dir d;
	Proc *p;
	int r;

	if(c->qid.path == 0 || c->qid.path == Qtrace)
		return devstat(c, db, n, nil, 0, procgen);
	p = procof(c);
	if(waserror()){
		qunlock(&p->debug);
		nexterror();
	}
	if(QFILE(c->qid) == 0){
		snprint(up->genbuf, sizeof up->genbuf, "%lud", p->pid);
		devdir(c, c->qid, up->genbuf, 0, p->user, 0555, &d);
	}else{
		for(r = 0; r < nelem(files) && files[r].file != QFILE(c->qid); r++)
			;
		devdir(c, c->qid, files[r].name, lengthof(p, files[r].file), p->user, permof(p, files[r].perm), &d);
	}
	r = convD2M(&d, db, n);
	if(r == 0)
		error(Ebadarg);
	poperror();
	qunlock(&p->debug);
	return r;
}

/* The user none is nobody's friend. */
static void
nonone(Proc *p)
{
	if(p == up || strcmp(up->user, "none") != 0 || iseve())
		return;
	error(Eperm);
}

/* What opening needs beyond permission bits. */
static void
checkopen(Proc *p, int file, int omode)
{
	switch(file){
	case Qppid:
	case Qproc:
	case Qprofile:
	case Qkregs:
	case Qsegment:
	case Qns:
	case Qfd:
	case Qstatus:
	case Qsyscall:
	case Qwait:
	case Qtext:
		if(omode != OREAD)
			error(Eperm);
		break;
	case Qnotepg:
		nonone(p);
		if(omode != OWRITE || p->noteid == 1)
			error(Eperm);
		break;
	case Qctl:
	case Qmem:
	case Qnote:
	case Qregs:
	case Qfpregs:
		if(p->privatemem && p != up)
			error(Eperm);
		nonone(p);
		break;
	}
}

static Chan*
procopen(Chan *c, int omode)
{
	Proc *p;
	Chan *tc;
	int i;

	if(c->qid.type & QTDIR)
		return devopen(c, omode, nil, 0, procgen);
	if(c->qid.path == Qtrace){
		if(openmode(omode) != OREAD)
			error(Eperm);
		traceopen();
		c->mode = OREAD;
		c->flag |= COPEN;
		c->offset = 0;
		return c;
	}
	p = procof(c);
	if(waserror()){
		qunlock(&p->debug);
		nexterror();
	}
	for(i = 0; i < nelem(files) && files[i].file != QFILE(c->qid); i++)
		;
	devpermcheck(p->user, permof(p, files[i].perm), omode);
	omode = openmode(omode);
	checkopen(p, QFILE(c->qid), omode);
	if(QFILE(c->qid) == Qtext){
		if(p->seg[TSEG] == nil || p->seg[TSEG]->image == nil || (tc = p->seg[TSEG]->image->c) == nil)
			error(Enonexist);
		tc->offset = 0;		/* it is everybody's, and read from its start */
		incref(tc);
		poperror();
		qunlock(&p->debug);
		cclose(c);
		return tc;
	}
	if(QFILE(c->qid) == Qnotepg)
		c->aux = (void*)p->noteid;
	else if(QFILE(c->qid) == Qns)
		c->aux = smalloc(sizeof(Nsread));
	c->mode = omode;
	c->flag |= COPEN;
	c->offset = 0;
	poperror();
	qunlock(&p->debug);
	return c;
}

static void
procclose(Chan *c)
{
	if((c->flag & COPEN) == 0)
		return;
	if(QFILE(c->qid) == Qns)
		free(c->aux);
	else if(QFILE(c->qid) == Qtrace)
		traceclose();
}

/* A change of mode is that of the process's procmode, for all its files. */
static int
procwstat(Chan *c, uchar *db, int n)
{
	Proc *p;
	Dir *d;

	if(c->qid.type & QTDIR || c->qid.path == Qtrace)
		error(Eperm);
	d = smalloc(sizeof(Dir)+n);
	if(waserror()){
		free(d);
		nexterror();
	}
	p = procof(c);
	if(waserror()){
		qunlock(&p->debug);
		nexterror();
	}
	nonone(p);
	if(strcmp(up->user, p->user) != 0 && !iseve())
		error(Eperm);
	n = convM2D(db, n, d, (char*)&d[1]);
	if(n == 0)
		error(Eshortstat);
	if(!emptystr(d->uid) && strcmp(d->uid, p->user) != 0){
		if(!iseve())
			error(Eperm);
		devchown(&p->user, d->uid);
	}
	if(d->mode != ~0UL)
		p->procmode = d->mode & 0777;
	poperror();
	qunlock(&p->debug);
	poperror();
	free(d);
	return n;
}

/* The oldest note leaves the list, though the reader may have no room for all of it. */
static long
readnote(Proc *p, char *va, long n)
{
	char buf[ERRMAX];
	int s;

	s = splhi();
	if(p->nnote == 0){
		splx(s);
		return 0;
	}
	strcpy(buf, p->note[0].msg);
	p->nnote--;
	memmove(&p->note[0], &p->note[1], p->nnote*sizeof(Note));
	if(p->nnote == 0)
		p->notepending = 0;
	splx(s);
	if(n > strlen(buf)+1)
		n = strlen(buf)+1;
	if(n > 0){
		buf[n-1] = 0;
		memmove(va, buf, n);
	}
	return n;
}

/* Registers of a process, which is in the kernel, since we run. */
static long
readregs(Proc *p, int file, char *va, long n, ulong off)
{
	FPsave fp;
	Ureg kur;
	char *from;
	ulong size;

	switch(file){
	case Qregs:
		from = (char*)p->dbgreg;
		size = sizeof(Ureg);
		break;
	case Qkregs:
		setkernur(&kur, p);
		from = (char*)&kur;
		size = sizeof(Ureg);
		break;
	case Qproc:
		from = (char*)p;
		size = sizeof(Proc);
		break;
	default:
		fpread(p, &fp);
		from = (char*)&fp;
		size = sizeof fp;
	}
	if(from == nil)
		error(Enoreg);
	if(off >= size)
		return 0;
	if(n > size-off)
		n = size-off;
	memmove(va, from+off, n);
	return n;
}

/* By way of a copy: the counts may go while the reader's memory is brought in. */
static long
readprofile(Proc *p, char *va, long n, ulong off)
{
	char *buf;
	ulong size;

	size = lengthof(p, Qprofile);
	if(size == 0)
		error("profile is off");
	if(off >= size)
		return 0;
	if(n > size-off)
		n = size-off;
	buf = malloc(n+1);
	if(buf == nil)
		error(Enomem);
	if(waserror()){
		free(buf);
		nexterror();
	}
	memmove(buf, (char*)p->seg[TSEG]->profile+off, n);
	memmove(va, buf, n);
	poperror();
	free(buf);
	return n;
}

static long
readwait(Proc *p, char *va, long n)
{
	char buf[2*ERRMAX+64];
	Waitmsg w;
	int l;

	qunlock(&p->debug);
	if(waserror()){
		qlock(&p->debug);
		nexterror();
	}
	pwait(p, &w);
	poperror();
	qlock(&p->debug);
	l = snprint(buf, sizeof buf, "%lud %lud %lud %lud %q", w.pid, w.time[TUser], w.time[TSys], w.time[TReal], w.msg);
	if(n > l)
		n = l;
	memmove(va, buf, n);
	return n;
}

static long
procread(Chan *c, void *va, long n, vlong off)
{
	Proc *p;
	int f;

	if(c->qid.type & QTDIR)
		return devdirread(c, va, n, nil, 0, procgen);
	if(off < 0)
		error(Enegoff);
	if(c->qid.path == Qtrace)
		return traceread(va, n);
	p = procof(c);
	if(waserror()){
		qunlock(&p->debug);
		nexterror();
	}
	f = QFILE(c->qid);
	switch(f){
	case Qmem:
		if(off > ~0UL)
			error(Ebadarg);
		n = procmem(p, off, va, n, 1);
		break;
	case Qnote:
		n = readnote(p, va, n);
		break;
	case Qnoteid:
		n = readnum(off, va, n, p->noteid, NUMSIZE);
		break;
	case Qppid:
		n = readnum(off, va, n, p->parentpid, NUMSIZE);
		break;
	case Qregs:
	case Qkregs:
	case Qfpregs:
	case Qproc:
		n = readregs(p, f, va, n, off);
		break;
	case Qprofile:
		n = readprofile(p, va, n, off);
		break;
	case Qwait:
		n = readwait(p, va, n);
		break;
	case Qns:
		n = procns(p, c->aux, va, n);
		break;
	case Qctl:
		n = readnum(off, va, n, p->pid, NUMSIZE);
		break;
	default:
		n = proctext(p, f, va, n, off);
	}
	poperror();
	qunlock(&p->debug);
	return n;
}

/* Enter the note group of somebody of the same user. */
static void
joingroup(Proc *p, ulong id)
{
	Proc *t;
	int i;

	if(p->pid == id){
		p->noteid = id;
		return;
	}
	for(i = 0; (t = proctab(i)) != nil; i++)
		if(t->state != Dead && t->pid != 0 && t->noteid == id){
			if(strcmp(p->user, t->user) != 0)
				error(Eperm);
			p->noteid = id;
			return;
		}
	error(Ebadarg);
}

static void
writeargs(Proc *p, char *va, long n)
{
	char buf[128], *a;

	if(n == 0)
		error(Eshort);
	if(n >= sizeof buf)
		error(Etoobig);
	memmove(buf, va, n);
	a = smalloc(n+1);
	memmove(a, buf, n);
	free(p->args);
	p->args = a;
	p->nargs = n;
	p->setargs = 1;
}

/*
 * Copied first: the writer's memory may turn out not to be there, and registers
 * are not to be changed by half.
 */
static long
writeregs(Proc *p, int file, char *va, long n, ulong off)
{
	char buf[sizeof(FPsave)];
	ulong size;

	size = file == Qregs? sizeof(Ureg): sizeof(FPsave);
	if(p->dbgreg == nil)
		error(Enoreg);
	if(off >= size)
		return 0;
	if(n > size-off)
		n = size-off;
	memmove(buf, va, n);
	if(file == Qregs)
		setregisters(p->dbgreg, (char*)p->dbgreg+off, buf, n);
	else
		fpwrite(p, buf, n, off);
	return n;
}

static long
procwrite(Chan *c, void *va, long n, vlong off)
{
	Proc *p;
	char buf[ERRMAX];

	if(c->qid.type & QTDIR)
		error(Eisdir);
	if(n < 0 || off < 0)
		error(Ebadarg);
	if(QFILE(c->qid) == Qnotepg){
		if(n >= ERRMAX-1)
			error(Etoobig);
		memmove(buf, va, n);
		buf[n] = 0;
		postnotepg((ulong)c->aux, buf, NUser);
		return n;
	}
	p = procof(c);
	if(waserror()){
		qunlock(&p->debug);
		nexterror();
	}
	switch(QFILE(c->qid)){
	case Qargs:
		writeargs(p, va, n);
		break;
	case Qctl:
		procctlreq(p, va, n);
		break;
	case Qmem:
		if(p->state != Stopped)
			error(Ebadctl);
		if(off > ~0UL)
			error(Ebadarg);
		n = procmem(p, off, va, n, 0);
		break;
	case Qregs:
	case Qfpregs:
		n = writeregs(p, QFILE(c->qid), va, n, off);
		break;
	case Qnote:
		if(n >= ERRMAX-1)
			error(Etoobig);
		memmove(buf, va, n);
		buf[n] = 0;
		if(!postnote(p, 0, buf, NUser))
			error("note not posted");
		break;
	case Qnoteid:
		if(n >= NUMSIZE)
			error(Ebadarg);
		memmove(buf, va, n);
		buf[n] = 0;
		joingroup(p, strtoul(buf, nil, 0));
		break;
	default:
		error(Ebadusefd);
	}
	poperror();
	qunlock(&p->debug);
	return n;
}

Dev procdevtab = {
	.dc	= 'p',
	.name	= "proc",

	.reset	= devreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= procattach,
	.walk	= procwalk,
	.stat	= procstat,
	.open	= procopen,
	.create	= devcreate,
	.close	= procclose,
	.read	= procread,
	.bread	= devbread,
	.write	= procwrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= procwstat,
	.power	= devpower,
	.config	= devconfig,
};
