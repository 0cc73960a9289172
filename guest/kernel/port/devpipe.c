/*
 * #|: pipes.  Every attach makes a new one, a directory of two files, data and
 * data1; what is written to one is read from the other, record by record.
 * The pipe system call attaches, walks and opens; the name can be bound as
 * well.  What matters before changing it: a Chan in a pipe, open or not, holds
 * a reference to the Pipe; an open one also counts in the opens of its end,
 * and only these decide about hanging up.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"

enum {
	Qdir,
	Qdata0,
	Qdata1,
};

typedef struct Pipe Pipe;
struct Pipe {
	Ref;
	QLock	l;			/* guards opens */
	Queue	*q[2];			/* q[i] is what end i reads */
	int	opens[2];
	ulong	perm;
	ulong	num;			/* tells the qids of one pipe from another's */
};

static Dirtab pipedir[] = {
	".",		{ Qdir, 0, QTDIR },	0,	DMDIR|0500,
	"data",		{ Qdata0 },		0,	0600,
	"data1",	{ Qdata1 },		0,	0600,
};

static Ref pipenum;

/* qid.path is the pipe's number and, in the lowest bits, the file */
static int
pipefile(Qid q)
{
	return q.path & 3;
}

static int
pipeend(Chan *c)
{
	return pipefile(c->qid) == Qdata0? 0: 1;
}

static Chan*
pipeattach(char *spec)
{
	Chan *c;
	Pipe *p;

	c = devattach('|', spec);
	if(waserror()){
		c->aux = nil;
		cclose(c);
		nexterror();
	}
	/* the last of the kernel's memory is for those who want less: to open a file, to end a process */
	if(mallocused() > mallocmax()/4*3)
		error(Enomem);
	p = smalloc(sizeof(Pipe));
	p->ref = 1;
	p->perm = 0600;
	p->num = incref(&pipenum);
	p->q[0] = qopen(conf.pipeqsize, 0, nil, nil);
	p->q[1] = qopen(conf.pipeqsize, 0, nil, nil);
	if(p->q[0] == nil || p->q[1] == nil){
		qfree(p->q[0]);
		qfree(p->q[1]);
		free(p);
		error(Enomem);
	}
	poperror();
	mkqid(&c->qid, (uvlong)p->num<<2 | Qdir, 0, QTDIR);
	c->aux = p;
	c->dev = p->num;
	return c;
}

static int
pipegen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	Pipe *p;
	Qid q;
	int file;

	USED(name); USED(tab); USED(ntab);
	p = c->aux;
	if(i == DEVDOTDOT){
		devdir(c, c->qid, "#|", 0, eve, DMDIR|0500, dp);
		return 1;
	}
	file = i + 1;
	if(file >= nelem(pipedir))
		return -1;
	mkqid(&q, (uvlong)p->num<<2 | file, 0, QTFILE);
	devdir(c, q, pipedir[file].name, qlen(p->q[file-Qdata0]), eve, p->perm, dp);
	return 1;
}

static Walkqid*
pipewalk(Chan *c, Chan *nc, char **name, int nname)
{
	Walkqid *wq;
	Pipe *p;

	wq = devwalk(c, nc, name, nname, nil, 0, pipegen);
	if(wq != nil && wq->clone != nil && wq->clone != c){
		p = c->aux;
		incref(p);
	}
	return wq;
}

static int
pipestat(Chan *c, uchar *db, int n)
{
	Pipe *p;
	Dir dir;

	p = c->aux;
	if(c->qid.type & QTDIR)
		devdir(c, c->qid, ".", 0, eve, DMDIR|0555, &dir);
	else
		devdir(c, c->qid, pipedir[pipefile(c->qid)].name, qlen(p->q[pipeend(c)]), eve, p->perm, &dir);
	n = convD2M(&dir, db, n);
	if(n < BIT16SZ)
		error(Eshortstat);
	return n;
}

static int
pipewstat(Chan *c, uchar *db, int n)
{
	Pipe *p;
	Dir *d;

	if(strcmp(up->user, eve) != 0 || c->qid.type & QTDIR)
		error(Eperm);
	p = c->aux;
	d = smalloc(sizeof(*d) + n);
	if(waserror()){
		free(d);
		nexterror();
	}
	n = convM2D(db, n, d, (char*)&d[1]);
	if(n == 0)
		error(Eshortstat);
	if(d->mode != ~0UL)
		p->perm = d->mode & 0777;
	poperror();
	free(d);
	return n;
}

static Chan*
pipeopen(Chan *c, int omode)
{
	Pipe *p;

	if(c->qid.type & QTDIR){
		if(openmode(omode) != OREAD)
			error(Ebadarg);
	}else{
		openmode(omode);
		p = c->aux;
		qlock(&p->l);
		p->opens[pipeend(c)]++;
		qunlock(&p->l);
	}
	c->mode = openmode(omode);
	c->flag |= COPEN;
	c->offset = 0;
	c->iounit = Maxatomic;
	return c;
}

/*
 * The last close of one end: the other may drain what was written, then sees
 * the end, and has nobody to write to.  When both are closed the pipe is as
 * new, for those who reach it by a name.
 */
static void
hangup(Pipe *p, int end)
{
	qhangup(p->q[!end], nil);
	qclose(p->q[end]);
	if(p->opens[0] == 0 && p->opens[1] == 0){
		qflush(p->q[!end]);
		qreopen(p->q[0]);
		qreopen(p->q[1]);
	}
}

static void
pipeclose(Chan *c)
{
	Pipe *p;
	int end;

	p = c->aux;
	if(p == nil)
		return;
	if(c->flag & COPEN && !(c->qid.type & QTDIR)){
		end = pipeend(c);
		qlock(&p->l);
		if(--p->opens[end] == 0)
			hangup(p, end);
		qunlock(&p->l);
	}
	c->aux = nil;
	if(decref(p) == 0){
		qfree(p->q[0]);
		qfree(p->q[1]);
		free(p);
	}
}

static long
piperead(Chan *c, void *va, long n, vlong)
{
	Pipe *p;

	if(c->qid.type & QTDIR)
		return devdirread(c, va, n, nil, 0, pipegen);
	p = c->aux;
	return qread(p->q[pipeend(c)], va, n);
}

static Block*
pipebread(Chan *c, long n, ulong offset)
{
	Pipe *p;

	if(c->qid.type & QTDIR)
		return devbread(c, n, offset);
	p = c->aux;
	return qbread(p->q[pipeend(c)], n);
}

/* A write failed: who writes to nobody gets a note, so that it cannot go on unaware. */
static void
brokenpipe(Chan *c, Queue *q)
{
	if(qisclosed(q) && !(c->flag & (CMSG|CQUIET)))
		postnote(up, 1, "sys: write on closed pipe", NUser);
	nexterror();
}

static long
pipewrite(Chan *c, void *va, long n, vlong)
{
	Pipe *p;
	Queue *q;

	if(c->qid.type & QTDIR)
		error(Eisdir);
	p = c->aux;
	q = p->q[!pipeend(c)];
	if(waserror())
		brokenpipe(c, q);
	n = qwrite(q, va, n);
	poperror();
	return n;
}

static long
pipebwrite(Chan *c, Block *b, ulong)
{
	Pipe *p;
	Queue *q;
	long n;

	p = c->aux;
	q = p->q[!pipeend(c)];
	if(waserror())
		brokenpipe(c, q);
	n = qbwrite(q, b);
	poperror();
	return n;
}

Dev pipedevtab = {
	'|',
	"pipe",

	devreset,
	devinit,
	devshutdown,
	pipeattach,
	pipewalk,
	pipestat,
	pipeopen,
	devcreate,
	pipeclose,
	piperead,
	pipebread,
	pipewrite,
	pipebwrite,
	devremove,
	pipewstat,
};
