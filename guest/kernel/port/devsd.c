/*
 * #S: disks.  sdctl, and for each unit a directory sdXX with ctl, raw, and a file for each
 * partition, of which data is the whole.  Partitions are what programs write to ctl; the
 * kernel reads no tables.  A file that was opened on a partition that has gone answers
 * "media or partition has changed", even if there is another of that name.
 *
 * Qid.path: what kind of file, its unit, its partition.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "sd.h"

enum
{
	Qtop,
	Qsdctl,
	Qunit,
	Qctl,
	Qraw,
	Qpart,

	/* SDunit.rawstate */
	Rcmd	= 0,
	Rdata,
	Rstatus,

	/* ctl */
	CMpart	= 0,
	CMdelpart,
	CMflush,
	CMdiscard,
};

#define TYPE(q)		((int)(q).path & 0xFF)
#define PART(q)		((int)((q).path>>8) & 0xFF)
#define UNIT(q)		((int)((q).path>>16) & 0xFF)
#define QID(u, p, t)	((ulong)(u)<<16 | (p)<<8 | (t))

static Cmdtab ctlmsg[] = {
	CMpart,		"part",		4,
	CMdelpart,	"delpart",	2,
	CMflush,	"flush",	1,
	CMdiscard,	"discard",	3,
};

#define GROUP		(1LL<<62)	/* a write there is a list of places */

static SDunit	*units[SDmaxunit];	/* set up at boot, and never change */
static int	nunit;

void
sdadd(SDunit *u)
{
	SDpart *p;

	if(nunit == SDmaxunit)
		return;
	snprint(u->name, sizeof u->name, "sd%x%x", nunit/16, nunit%16);
	p = &u->part[0];
	strcpy(p->name, "data");
	p->end = u->sectors;
	p->valid = 1;
	p->perm = u->rdonly? 0440: 0640;
	u->tail = &u->queue;
	units[nunit++] = u;
}

static void
sdinit(void)
{
	sdprobe();
	if(nunit > 0)
		sdioinit();
}

static Chan*
sdattach(char *spec)
{
	return devattach('S', spec);
}

static ulong
partvers(SDunit *u, SDpart *p)
{
	return u->vers+p->vers;
}

static int
partgen(Chan *c, int unit, int i, Dir *dp)
{
	SDunit *u;
	SDpart *p;
	Qid q;

	u = units[unit];
	if(i >= SDmaxpart)
		return -1;
	p = &u->part[i];
	if(!p->valid)
		return 0;
	mkqid(&q, QID(unit, i, Qpart), partvers(u, p), QTFILE);
	devdir(c, q, p->name, (p->end-p->start)*u->secsize, p->user != nil? p->user: eve, p->perm, dp);
	return 1;
}

static int
unitgen(Chan *c, int unit, int i, Dir *dp)
{
	SDunit *u;
	Qid q;

	u = units[unit];
	switch(i){
	case 0:
		mkqid(&q, QID(unit, 0, Qctl), u->vers, QTFILE);
		devdir(c, q, "ctl", 0, eve, 0644, dp);
		return 1;
	case 1:
		mkqid(&q, QID(unit, 0, Qraw), u->vers, QTFILE);
		devdir(c, q, "raw", 0, eve, DMEXCL|0600, dp);
		return 1;
	}
	return partgen(c, unit, i-2, dp);
}

static int
topgen(Chan *c, int i, Dir *dp)
{
	Qid q;

	if(i == 0){
		mkqid(&q, QID(0, 0, Qsdctl), 0, QTFILE);
		devdir(c, q, "sdctl", 0, eve, 0644, dp);
		return 1;
	}
	if(--i >= nunit)
		return -1;
	mkqid(&q, QID(i, 0, Qunit), 0, QTDIR);
	devdir(c, q, units[i]->name, 0, eve, DMDIR|0555, dp);
	return 1;
}

static int
sdgen(Chan *c, char*, Dirtab*, int, int i, Dir *dp)
{
	Qid q;

	switch(TYPE(c->qid)){
	case Qtop:
	case Qsdctl:
		if(i == DEVDOTDOT){
			mkqid(&q, QID(0, 0, Qtop), 0, QTDIR);
			devdir(c, q, "#S", 0, eve, DMDIR|0555, dp);
			return 1;
		}
		return topgen(c, i, dp);
	default:
		if(i == DEVDOTDOT){
			if(TYPE(c->qid) == Qunit){
				mkqid(&q, QID(0, 0, Qtop), 0, QTDIR);
				devdir(c, q, "#S", 0, eve, DMDIR|0555, dp);
			}else
				topgen(c, UNIT(c->qid)+1, dp);
			return 1;
		}
		return unitgen(c, UNIT(c->qid), i, dp);
	}
}

static Walkqid*
sdwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, sdgen);
}

static int
sdstat(Chan *c, uchar *db, int n)
{
	Dir dir;

	if(TYPE(c->qid) == Qunit){
		topgen(c, UNIT(c->qid)+1, &dir);
		n = convD2M(&dir, db, n);
		if(n == 0)
			error(Ebadarg);
		return n;
	}
	return devstat(c, db, n, nil, 0, sdgen);
}

/* The partition that c was opened on, if it still is that one. */
static SDpart*
samepart(Chan *c)
{
	SDunit *u;
	SDpart *p;

	u = units[UNIT(c->qid)];
	p = &u->part[PART(c->qid)];
	if(!p->valid || partvers(u, p) != c->qid.vers)
		error(Emediachange);
	return p;
}

static Chan*
sdopen(Chan *c, int omode)
{
	SDunit *u;

	if(TYPE(c->qid) == Qpart)
		samepart(c);
	c = devopen(c, omode, nil, 0, sdgen);
	u = units[UNIT(c->qid)];
	if(TYPE(c->qid) == Qpart)
		u->nopen++;
	if(TYPE(c->qid) != Qraw)
		return c;
	qlock(&u->lk);
	if(u->rawopen){
		qunlock(&u->lk);
		c->flag &= ~COPEN;
		error(Einuse);
	}
	u->rawopen = 1;
	u->nopen++;
	u->rawstate = Rcmd;
	qunlock(&u->lk);
	return c;
}

static void
sdclose(Chan *c)
{
	SDunit *u;

	if((c->flag & COPEN) == 0)
		return;
	u = units[UNIT(c->qid)];
	switch(TYPE(c->qid)){
	case Qraw:
		u->rawopen = 0;
		/* fall through */
	case Qpart:
		if(--u->nopen == 0)
			sdidle(u);
	}
}

/* ---- partitions ---- */

static SDpart*
findpart(SDunit *u, char *name)
{
	int i;

	for(i = 0; i < SDmaxpart; i++)
		if(u->part[i].valid && strcmp(u->part[i].name, name) == 0)
			return &u->part[i];
	return nil;
}

static uvlong
sector(char *s)
{
	char *e;
	uvlong v;

	v = strtoull(s, &e, 0);
	if(*s < '0' || *s > '9' || *e != 0)
		error(Ebadctl);
	return v;
}

static void
addpart(SDunit *u, char *name, uvlong start, uvlong end)
{
	SDpart *p;

	if(strlen(name) >= KNAMELEN || *name == 0)
		error(Ebadctl);
	validname(name, 0);
	p = findpart(u, name);
	if(p != nil){
		if(p->start == start && p->end == end)
			return;
		error(Ebadctl);
	}
	if(strcmp(name, "ctl") == 0 || strcmp(name, "raw") == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		error(Ebadctl);
	if(start >= end || end > u->sectors)
		error("partition is not inside of the disk");
	for(p = u->part; p < u->part+SDmaxpart; p++)
		if(!p->valid){
			p->start = start;
			p->end = end;
			strcpy(p->name, name);
			free(p->user);
			p->user = nil;
			p->perm = u->rdonly? 0440: 0640;
			p->valid = 1;
			return;
		}
	error("too many partitions");
}

static void
delpart(SDunit *u, char *name)
{
	SDpart *p;

	p = findpart(u, name);
	if(p == nil || p == &u->part[0])
		error(Ebadctl);
	p->valid = 0;
	p->vers++;
}

static void
unitctl(SDunit *u, Cmdbuf *cb)
{
	uvlong start, end;

	switch(lookupcmd(cb, ctlmsg, nelem(ctlmsg))->index){
	case CMpart:
		start = sector(cb->f[2]);
		end = sector(cb->f[3]);
		addpart(u, cb->f[1], start, end);
		break;
	case CMdelpart:
		delpart(u, cb->f[1]);
		break;
	case CMflush:
		sdsync(u);
		break;
	case CMdiscard:
		start = sector(cb->f[1]);
		end = sector(cb->f[2]);
		if(start > end || end > u->sectors)
			error(Ebadctl);
		sddiscard(u, start*u->secsize, (end-start)*u->secsize);
		break;
	}
}

/* one message a line: programs copy the output of fdisk -p and prep -p here */
static long
ctlwrite(SDunit *u, char *va, long n)
{
	Cmdbuf *cb;
	char *buf, *p, *e;

	if(n < 0 || n > 16*KiB)
		error(Etoobig);
	buf = smalloc(n+1);
	if(waserror()){
		free(buf);
		nexterror();
	}
	memmove(buf, va, n);
	for(p = buf; p < buf+n; p = e){
		e = memchr(p, '\n', buf+n-p);
		e = e == nil? buf+n: e+1;
		cb = parsecmd(p, e-p);
		if(waserror()){
			free(cb);
			nexterror();
		}
		qlock(&u->lk);
		if(waserror()){
			qunlock(&u->lk);
			nexterror();
		}
		if(cb->nf > 0)
			unitctl(u, cb);
		poperror();
		qunlock(&u->lk);
		poperror();
		free(cb);
	}
	poperror();
	free(buf);
	return n;
}

/* ---- reading and writing ---- */

static long
partio(Chan *c, int write, char *va, long n, vlong off)
{
	SDunit *u;
	SDpart *p;
	uvlong len, base;

	u = units[UNIT(c->qid)];
	p = samepart(c);
	len = (p->end-p->start)*u->secsize;
	base = p->start*u->secsize;
	if(n < 0 || off < 0)
		error(Ebadarg);
	if(write && off == GROUP){
		sdgroup(u, (uchar*)va, n, base, base+len);
		return n;
	}
	if(off >= len){
		if(write && n > 0)
			error(Eio);
		return 0;
	}
	if(n > len-off)
		n = len-off;
	sdio(u, write, va, n, base+off, base+len);
	return n;
}

static long
readctl(SDunit *u, char *va, long n, vlong off)
{
	char *buf, *p, *e;
	SDpart *q;

	buf = smalloc(SDmaxpart*(KNAMELEN+48)+256);
	if(waserror()){
		free(buf);
		nexterror();
	}
	e = buf+SDmaxpart*(KNAMELEN+48)+256;
	qlock(&u->lk);
	p = seprint(buf, e, "inquiry %.48s\n", u->inquiry);
	p = seprint(p, e, "config %s\n", u->rdonly? "read-only": "read-write");
	p = seprint(p, e, "geometry %llud %lud\n", u->sectors, u->secsize);
	for(q = u->part; q < u->part+SDmaxpart; q++)
		if(q->valid)
			p = seprint(p, e, "part %s %llud %llud\n", q->name, q->start, q->end);
	qunlock(&u->lk);
	n = readmem(off, va, n, buf, p-buf);
	poperror();
	free(buf);
	return n;
}

static long
rawread(SDunit *u, void *va, long n, vlong off)
{
	USED(off);
	switch(u->rawstate){
	case Rdata:
		u->rawstate = Rstatus;
		return sdscsi(u, 0, va, n);
	case Rstatus:
		u->rawstate = Rcmd;
		return readnum(0, va, n, u->status, NUMSIZE);
	}
	error(Ebadusefd);
}

static long
rawwrite(SDunit *u, void *va, long n)
{
	switch(u->rawstate){
	case Rcmd:
		if(n < 6 || n > sizeof u->cdb)
			error(Ebadarg);
		memset(u->cdb, 0, sizeof u->cdb);
		memmove(u->cdb, va, n);
		u->ncdb = n;
		u->rawstate = Rdata;
		return n;
	case Rdata:
		u->rawstate = Rstatus;
		return sdscsi(u, 1, va, n);
	}
	error(Ebadusefd);
}

static long
sdread(Chan *c, void *va, long n, vlong off)
{
	char buf[128];

	switch(TYPE(c->qid)){
	case Qtop:
	case Qunit:
		return devdirread(c, va, n, nil, 0, sdgen);
	case Qsdctl:
		snprint(buf, sizeof buf, "sd0 lguest: %d unit%s\n", nunit, nunit == 1? "": "s");
		return nunit > 0? readstr(off, va, n, buf): 0;
	case Qctl:
		return readctl(units[UNIT(c->qid)], va, n, off);
	case Qraw:
		return rawread(units[UNIT(c->qid)], va, n, off);
	}
	return partio(c, 0, va, n, off);
}

static long
sdwrite(Chan *c, void *va, long n, vlong off)
{
	switch(TYPE(c->qid)){
	case Qsdctl:
		error(Ebadctl);
	case Qctl:
		return ctlwrite(units[UNIT(c->qid)], va, n);
	case Qraw:
		return rawwrite(units[UNIT(c->qid)], va, n);
	case Qpart:
		return partio(c, 1, va, n, off);
	}
	error(Eperm);
}

/* Nothing to change: what was written is to be made safe (stat(5)). */
static int
isnull(Dir *d)
{
	return d->name[0] == 0 && d->uid[0] == 0 && d->gid[0] == 0 && (ulong)~d->mode == 0 && (ulong)~d->mtime == 0
		&& ~d->length == 0;
}

static int
sdwstat(Chan *c, uchar *db, int n)
{
	SDunit *u;
	SDpart *p;
	Dir *d;

	if(TYPE(c->qid) != Qpart)
		error(Eperm);
	u = units[UNIT(c->qid)];
	d = smalloc(sizeof *d+n);
	if(waserror()){
		free(d);
		nexterror();
	}
	n = convM2D(db, n, d, (char*)&d[1]);
	if(n == 0)
		error(Eshortstat);
	p = samepart(c);
	if(isnull(d))
		sdsync(u);
	else{
		if(!iseve() && strcmp(up->user, p->user != nil? p->user: eve) != 0)
			error(Eperm);
		if(d->name[0] != 0 && strcmp(d->name, p->name) != 0 || ~d->length != 0)
			error(Eperm);
		if(d->uid[0] != 0)
			devchown(&p->user, d->uid);
		if((ulong)~d->mode != 0)
			p->perm = d->mode & 0777;
	}
	poperror();
	free(d);
	return n;
}

Dev sddevtab = {
	'S',
	"sd",

	devreset,
	sdinit,
	devshutdown,
	sdattach,
	sdwalk,
	sdstat,
	sdopen,
	devcreate,
	sdclose,
	sdread,
	devbread,
	sdwrite,
	devbwrite,
	devremove,
	sdwstat,
};
