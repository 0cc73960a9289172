/*
 * Directories of conversations, for #a and #D: see filter.h.  A channel's aux is its device.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "filter.h"

enum
{
	Maxctl	= 4096,
};

#define FPATH(num, file)	((num)<<Fshift | (file))

static int
dirgen(Chan *c, int num, int file, char *name, Dir *dp)
{
	Qid q;

	mkqid(&q, FPATH(num, file), 0, QTDIR);
	devdir(c, q, name, 0, eve, 0555, dp);
	return 1;
}

/* The i-th of the files beside clone, or of a conversation's: 0 if there are no more. */
static int
filegen(Chan *c, int top, int num, int i, char *user, Dir *dp)
{
	Filterdev *d;
	Qid q;
	int k;

	d = c->aux;
	for(k = 0; k < d->nfile; k++)
		if(d->files[k].top == top && i-- == 0){
			mkqid(&q, FPATH(num, Ffirst+k), 0, QTFILE);
			devdir(c, q, d->files[k].name, 0, user, d->files[k].perm, dp);
			return 1;
		}
	return 0;
}

static int
ntop(Filterdev *d)
{
	int k, n;

	n = 0;
	for(k = 0; k < d->nfile; k++)
		n += d->files[k].top;
	return n;
}

static int
convgen(Chan *c, Filterdev *d, int i, Dir *dp)
{
	if(i >= Maxfilter)
		return -1;
	if(d->tab[i] == nil)
		return 0;
	snprint(up->genbuf, sizeof up->genbuf, "%d", i);
	return dirgen(c, i, Fconv, up->genbuf, dp);
}

static int
filtergen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	Filterdev *d;
	Filter *f;

	USED(name, tab, ntab);
	d = c->aux;
	switch((int)(c->qid.path & ((1<<Fshift)-1))){
	case Ftop:
		if(i > 0)
			return -1;
		return i == DEVDOTDOT? dirgen(c, 0, Ftop, d->top, dp): dirgen(c, 0, Fdir, d->name, dp);
	case Fdir:
		if(i == DEVDOTDOT)
			return dirgen(c, 0, Ftop, d->top, dp);
		if(i < ntop(d))
			return filegen(c, 1, 0, i, eve, dp);
		return convgen(c, d, i-ntop(d), dp);
	}
	if(i == DEVDOTDOT)
		return dirgen(c, 0, Fdir, d->name, dp);
	f = d->tab[FNUM(c->qid)];
	if(f == nil || !filegen(c, 0, f->num, i, f->user, dp))
		return -1;
	return 1;
}

Chan*
filterattach(Filterdev *d, int dc, char *spec)
{
	Chan *c;

	c = devattach(dc, spec);
	c->aux = d;
	return c;
}

Walkqid*
filterwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, filtergen);
}

int
filterstat(Chan *c, uchar *db, int n)
{
	return devstat(c, db, n, nil, 0, filtergen);
}

long
filterdirread(Chan *c, void *va, long n)
{
	return devdirread(c, va, n, nil, 0, filtergen);
}

Filter*
filterof(Chan *c)
{
	return ((Filterdev*)c->aux)->tab[FNUM(c->qid)];
}

static Chan*
isopen(Chan *c, int omode)
{
	c->mode = openmode(omode);
	c->flag |= COPEN;
	c->offset = 0;
	return c;
}

Chan*
filteropen(Chan *c, int omode)
{
	Filterdev *d;
	Filterfile *file;
	Filter *f;
	int bit;

	d = c->aux;
	if(FFILE(c->qid) < 0 || d->files[FFILE(c->qid)].top)
		return devopen(c, omode, nil, 0, filtergen);
	file = &d->files[FFILE(c->qid)];
	bit = file->exclusive? 1<<FFILE(c->qid): 0;
	openmode(omode);		/* an error comes now or not at all */
	qlock(&d->lk);
	if(waserror()){
		qunlock(&d->lk);
		nexterror();
	}
	f = filterof(c);
	if(f == nil)
		error(Enonexist);
	devpermcheck(f->user, file->perm, omode);
	if(f->taken & bit)
		error(Einuse);
	f->taken |= bit;
	f->ref++;
	poperror();
	qunlock(&d->lk);
	return isopen(c, omode);
}

Chan*
filterclone(Chan *c, int omode, Filter *f, int file)
{
	Filterdev *d;
	int i;

	d = c->aux;
	openmode(omode);		/* an error comes before anybody else sees f */
	f->user = estrdup(up->user);
	f->ref = 1;
	qlock(&d->lk);
	for(i = 0; i < Maxfilter && d->tab[i] != nil; i++)
		;
	if(i < Maxfilter){
		f->num = i;
		d->tab[i] = f;
	}
	qunlock(&d->lk);
	if(i == Maxfilter)
		error(Enodev);
	mkqid(&c->qid, FPATH(i, Ffirst+file), 0, QTFILE);
	return isopen(c, omode);
}

int
filterclose(Chan *c)
{
	Filterdev *d;
	Filter *f;
	int last;

	d = c->aux;
	if((c->flag & COPEN) == 0 || FFILE(c->qid) < 0 || d->files[FFILE(c->qid)].top)
		return 0;
	f = filterof(c);
	qlock(&d->lk);
	if(d->files[FFILE(c->qid)].exclusive)
		f->taken &= ~(1<<FFILE(c->qid));
	last = --f->ref == 0;
	if(last)
		d->tab[f->num] = nil;
	qunlock(&d->lk);
	return last;
}

static int
isfilter(Chan *c)
{
	return devtab[c->type]->dc == 'a' || devtab[c->type]->dc == 'D';
}

void
filterfd(Filter *f, char *fd, char *loop)
{
	Chan *c;
	int depth;

	c = fdtochan(strtoul(fd, nil, 0), ORDWR, 1, 1);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	if(isfilter(c))
		error(loop);
	depth = chandepth(c);
	if(f->c != nil)
		error(Einuse);
	poperror();
	c->flag |= CQUIET;
	f->c = c;
	f->depth = depth;
}

/* How deep the channel is in which c's bytes go; 0: it is no filter's. */
int
filterdepth(Chan *c)
{
	Filter *f;

	f = isfilter(c) && FFILE(c->qid) >= 0? filterof(c): nil;
	return f != nil? f->depth: 0;
}

long
filterread(Filter *f, uchar *p, long n)
{
	n = devtab[f->c->type]->read(f->c, p, n, f->c->offset);
	if(n < 0)
		error(Ehungup);
	f->c->offset += n;
	return n;
}

long
filterwrite(Filter *f, uchar *p, long n)
{
	n = devtab[f->c->type]->write(f->c, p, n, f->c->offset);
	if(n <= 0)
		error(Ehungup);
	f->c->offset += n;
	return n;
}

/* A 9P server that was told to forget a write may have done it. */
int
filterunsent(Filter *f, long done)
{
	return done == 0 && strcmp(up->errstr, Eintr) == 0 && devtab[f->c->type]->dc != 'M';
}

void
filterfree(Filter *f)
{
	cclose(f->c);
	free(f->user);
	free(f);
}

/* What is written to ctl may be a secret. */
long
filterctl(Filter *f, void *va, long n, void (*control)(Filter*, Cmdbuf*))
{
	Cmdbuf *cb;

	if(n > Maxctl)
		error(Etoobig);
	cb = parsecmd(va, n);
	if(waserror()){
		memset(cb->buf, 0, n);
		free(cb);
		nexterror();
	}
	control(f, cb);
	poperror();
	memset(cb->buf, 0, n);
	free(cb);
	return n;
}
