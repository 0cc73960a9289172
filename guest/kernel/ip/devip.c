/*
 * #I: the IP stack as files, ip(3).  The core (ip.h) does the work; here are the
 * tree, permissions, and the rule for entering the core: ipenter, call, ipdone, with
 * nothing in between that sleeps or raises an error.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "ip.h"
#include "devip.h"

enum {
	Nstack	= 16,
};

static struct {
	char	*name;
	int	file;
	int	perm;
} topfiles[] = {
	{ "arp",	Qarp,		0664 },
	{ "bootp",	Qbootp,		0444 },
	{ "ndb",	Qndb,		0664 },
	{ "iproute",	Qiproute,	0664 },
	{ "ipselftab",	Qipselftab,	0444 },
	{ "log",	Qlog,		0664 },
	{ "ondemand",	Qondemand,	0600 },		/* of the first stack */
}, convfiles[] = {
	{ "ctl",	Qctl,		0660 },
	{ "data",	Qdata,		0660 },
	{ "err",	Qerr,		0660 },
	{ "listen",	Qlisten,	0660 },
	{ "local",	Qlocal,		0444 },
	{ "remote",	Qremote,	0444 },
	{ "status",	Qstatus,	0444 },
	{ "snoop",	Qsnoop,		0400 },		/* of interfaces */
};

static Ip	*stacks[Nstack];
static char	network[] = "network";

static Conv*
convof(Chan *c)
{
	return stacks[c->dev]->set[PROTO(c->qid)].conv[CONV(c->qid)];
}

static int
nconvfiles(int proto)
{
	return proto == Xipifc? nelem(convfiles): nelem(convfiles)-1;
}

/* What devipdemand.c has besides. */
static int
servicegen(Chan *c, char *name, int i, Dir *dp)
{
	Qid q;
	char *s;

	if(c->dev != 0)
		return -1;
	if(name != nil)
		for(i = 0; (s = demandname(i)) != nil && strcmp(s, name) != 0; i++)
			;
	s = demandname(i);
	if(s == nil)
		return -1;
	mkqid(&q, QPATH(demandnumber(s), 0, Qservice), 0, QTFILE);
	devdir(c, q, s, 0, eve, 0666, dp);
	return 1;
}

static int
topgen(Chan *c, char *name, int i, Dir *dp)
{
	Ip *f;
	Qid q;
	char *owner;
	vlong len;
	int k;

	f = stacks[c->dev];
	if(name != nil){
		if(i > 0)
			return -1;
		for(i = 0; i < nelem(topfiles) && strcmp(topfiles[i].name, name) != 0; i++)
			;
		if(i == nelem(topfiles))
			for(; i-nelem(topfiles) < Nproto && strcmp(protos[i-nelem(topfiles)]->name, name) != 0; i++)
				;
	}
	owner = eve;
	k = i - nelem(topfiles);
	if(k >= Nproto)
		return servicegen(c, name, k-Nproto, dp);
	if(k >= 0){
		mkqid(&q, QPATH(0, k, Qproto), 0, QTDIR);
		devdir(c, q, protos[k]->name, 0, network, DMDIR|0555, dp);
		return 1;
	}
	len = topfiles[i].file == Qndb? strlen(f->ndb): 0;
	mkqid(&q, topfiles[i].file, topfiles[i].file == Qndb? f->ndbvers: 0, QTFILE);
	devdir(c, q, topfiles[i].name, len, owner, topfiles[i].perm, dp);
	if(topfiles[i].file == Qndb)
		dp->mtime = f->ndbmtime;
	return 1;
}

static int
protogen(Chan *c, char *name, int i, Dir *dp)
{
	Convset *s;
	Qid q;
	char *e;
	int p;

	p = PROTO(c->qid);
	s = &stacks[c->dev]->set[p];
	if(name != nil){
		if(i > 0)
			return -1;
		if(strcmp(name, "clone") == 0)
			i = 0;
		else if(strcmp(name, "stats") == 0)
			i = 1;
		else{
			i = strtoul(name, &e, 10) + 2;
			if(e == name || *e != '\0' || i < 2 || e-name > 6)
				return -1;
		}
	}
	switch(i){
	case 0:
		mkqid(&q, QPATH(0, p, Qclone), 0, QTFILE);
		devdir(c, q, "clone", 0, network, 0666, dp);
		return 1;
	case 1:
		mkqid(&q, QPATH(0, p, Qstats), 0, QTFILE);
		devdir(c, q, "stats", 0, network, 0444, dp);
		return 1;
	}
	i -= 2;
	if(i >= s->nconv)
		return -1;
	snprint(up->genbuf, sizeof up->genbuf, "%d", i);
	mkqid(&q, QPATH(i, p, Qconv), 0, QTDIR);
	devdir(c, q, up->genbuf, 0, s->conv[i]->taken? s->conv[i]->owner: network, DMDIR|0555, dp);
	return 1;
}

static int
convgen(Chan *c, char *name, int i, Dir *dp)
{
	Conv *cv;
	Qid q;
	int n, perm;

	cv = convof(c);
	n = nconvfiles(PROTO(c->qid));
	if(name != nil){
		if(i > 0)
			return -1;
		for(i = 0; i < n && strcmp(convfiles[i].name, name) != 0; i++)
			;
	}
	if(i >= n)
		return -1;
	perm = convfiles[i].perm;
	if(perm == 0660)
		perm = cv->taken? cv->perm: 0666;
	mkqid(&q, QPATH(cv->x, PROTO(c->qid), convfiles[i].file), 0, QTFILE);
	devdir(c, q, convfiles[i].name, convfiles[i].file == Qdata? cv->rq.len: 0,
		cv->taken? cv->owner: network, perm, dp);
	return 1;
}

static int
ipgen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	Qid q;
	int file;

	USED(tab, ntab);
	file = FILE(c->qid);
	if(i == DEVDOTDOT){
		if(file <= Qproto){
			mkqid(&q, Qtop, 0, QTDIR);
			snprint(up->genbuf, sizeof up->genbuf, "#I%lud", c->dev);
			devdir(c, q, up->genbuf, 0, network, DMDIR|0555, dp);
		}else if(file <= Qconv){
			mkqid(&q, QPATH(0, PROTO(c->qid), Qproto), 0, QTDIR);
			devdir(c, q, protos[PROTO(c->qid)]->name, 0, network, DMDIR|0555, dp);
		}
		return 1;
	}
	/* a file is asked for itself: look in its directory */
	if(file == Qtop || file < Qproto)
		return topgen(c, name, i, dp);
	if(file == Qproto || file < Qconv)
		return protogen(c, name, i, dp);
	return convgen(c, name, i, dp);
}

/* Nothing here sleeps, so nobody sees a stack that is not complete. */
static Ip*
newstack(int n)
{
	Ip *f;

	ipfmtinstall();
	f = ipnew(n);
	if(f == nil)
		error(Enomem);
	if(waserror()){
		ipdrop(f);
		nexterror();
	}
	kstackinit(f);
	poperror();
	return f;
}

static Chan*
ipattach(char *spec)
{
	Chan *c;
	char *e;
	long n;

	/* whoever names no stack wants the network, which a name space finds in /srv then */
	if(*spec == '\0' && hostnetwork())
		error("the network is the host's: #I0 is a stack of its own");
	n = strtol(spec, &e, 10);
	if(*e != '\0' || n < 0 || n >= Nstack)
		error(Ebadspec);
	if(stacks[n] == nil)
		stacks[n] = newstack(n);
	c = devattach('I', spec);
	mkqid(&c->qid, Qtop, 0, QTDIR);
	c->dev = n;
	return c;
}

static Walkqid*
ipwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, ipgen);
}

static int
ipstat(Chan *c, uchar *db, int n)
{
	return devstat(c, db, n, nil, 0, ipgen);
}

/* Open a file that keeps a conversation. */
static void
hold(Chan *c, Conv *cv, int omode)
{
	char *e;

	if(cv->taken)
		devpermcheck(cv->owner, cv->perm, omode);
	else{
		e = convstart(cv, up->user);
		if(e != nil)
			error(e);
	}
	cv->inuse++;
	USED(c);
}

/* The last file of a conversation may be this one. */
static void
release(Conv *cv)
{
	if(--cv->inuse > 0)
		return;
	ipenter(cv->f);
	convclose(cv);
	ipdone(cv->f);
}

/* Wait for a call at cv: c becomes the ctl file of the new conversation. */
static void
listen(Chan *c, Conv *cv)
{
	Conv *nc;

	if(!cv->taken || cv->state != Announced)
		error("not announced");
	cv->inuse++;
	if(waserror()){
		release(cv);
		nexterror();
	}
	while((nc = convtake(cv)) == nil){
		if(cv->ended)
			error(cv->cerr[0] != '\0'? cv->cerr: Ehungup);
		convsleep(cv, Wcall|Wstate);
	}
	nc->inuse++;
	c->qid.path = QPATH(nc->x, PROTO(c->qid), Qctl);
	poperror();
	release(cv);
}

/* c was opened as another one. */
static Chan*
opened(Chan *c, Chan *as)
{
	cclose(c);
	return as;
}

/* One of the files that a stack has but once. */
static void
opentop(Ip *f, Chan *c, int file, int omode)
{
	devpermcheck(eve, topfiles[file-Qarp].perm, omode);
	switch(file){
	case Qndb:
		if(omode & OTRUNC){
			f->ndb[0] = '\0';
			f->ndbvers++;
			f->ndbmtime = seconds();
		}
		break;
	case Qlog:
		f->logopens++;
		break;
	case Qiproute:
		c->aux = smalloc(5);
		strcpy(c->aux, "none");
		break;
	}
}

static Chan*
ipopen(Chan *c, int omode)
{
	Ip *f;
	Conv *cv;
	int file;

	f = stacks[c->dev];
	file = FILE(c->qid);
	omode = openmode(omode) | omode & OTRUNC;
	if(file == Qservice)
		return opened(c, demandopen(CONV(c->qid), omode));
	if(c->dev == 0 && file != Qondemand && (c->qid.type & QTDIR) == 0)
		demandwait();
	switch(file){
	case Qtop:
	case Qproto:
	case Qconv:
		if(omode != OREAD)
			error(Eperm);
		break;
	case Qarp:
	case Qbootp:
	case Qndb:
	case Qiproute:
	case Qipselftab:
	case Qlog:
		opentop(f, c, file, omode);
		break;
	case Qondemand:
		devpermcheck(eve, 0600, omode);
		if(c->dev != 0)
			error("only the first stack is configured on demand");
		demandhold();
		break;
	case Qstats:
	case Qlocal:
	case Qremote:
	case Qstatus:
		devpermcheck(network, 0444, omode);
		break;
	case Qclone:
		cv = convnew(&f->set[PROTO(c->qid)], up->user);
		if(cv == nil)
			error(Enodev);
		cv->inuse++;
		c->qid.path = QPATH(cv->x, PROTO(c->qid), Qctl);
		break;
	case Qctl:
	case Qdata:
	case Qerr:
		hold(c, convof(c), omode);
		break;
	case Qsnoop:
		cv = convof(c);
		devpermcheck(eve, 0400, omode);
		hold(c, cv, omode);
		cv->snoopers++;
		break;
	case Qlisten:
		cv = convof(c);
		devpermcheck(cv->taken? cv->owner: network, cv->perm, omode);
		listen(c, cv);
		break;
	}
	c->mode = openmode(omode);
	c->flag |= COPEN;
	c->offset = 0;
	return c;
}

static void
ipclose(Chan *c)
{
	Ip *f;
	Conv *cv;

	if((c->flag & COPEN) == 0)
		return;
	f = stacks[c->dev];
	switch(FILE(c->qid)){
	case Qondemand:
		demandrelease();
		break;
	case Qlog:
		if(--f->logopens == 0)
			f->logn = 0;
		break;
	case Qiproute:
		free(c->aux);
		c->aux = nil;
		break;
	case Qsnoop:
		cv = convof(c);
		if(--cv->snoopers == 0)
			qclear(&cv->snoop);
		release(cv);
		break;
	case Qctl:
	case Qdata:
	case Qerr:
		release(convof(c));
		break;
	}
}

static long
ipread(Chan *c, void *va, long n, vlong off)
{
	if(c->qid.type & QTDIR)
		return devdirread(c, va, n, nil, 0, ipgen);
	switch(FILE(c->qid)){
	case Qbootp:
		return 0;
	case Qndb:
		return readstr(off, va, n, stacks[c->dev]->ndb);
	case Qondemand:
		return demandread(va, n);
	case Qlog:
		return iplogread(stacks[c->dev], va, n);
	case Qdata:
		return convread(convof(c), va, n);
	case Qerr:
		return errread(convof(c), va, n);
	case Qsnoop:
		return snoopread(convof(c), va, n);
	}
	return iptext(stacks[c->dev], c, va, n, off);
}

static Block*
ipbread(Chan *c, long n, ulong off)
{
	if(FILE(c->qid) != Qdata)
		return devbread(c, n, off);
	return convbread(convof(c), n);
}

static void
ndbwrite(Ip *f, char *va, long n, vlong off)
{
	if(off < 0 || off > strlen(f->ndb) || off+n >= sizeof f->ndb)
		error(Eio);
	memmove(f->ndb+off, va, n);
	f->ndb[off+n] = '\0';
	f->ndbvers++;
	f->ndbmtime = seconds();
}

/* A connection is being made: wait for its fate. */
static void
await(Conv *cv)
{
	if(waserror()){
		/* who loses patience leaves nothing behind that might still come to be */
		ipenter(cv->f);
		if(cv->set->p->ctl != nil && cv->state == Connecting){
			char *w[1] = { "hangup" };
			cv->set->p->ctl(cv, w, 1);
		}
		ipdone(cv->f);
		nexterror();
	}
	while(cv->state == Connecting)
		convsleep(cv, Wstate);
	poperror();
	if(cv->ended && cv->cerr[0] != '\0')
		error(cv->cerr);
	if(cv->ended && cv->rq.first == nil && cv->set->x == Xtcp && cv->hashed == 0)
		error(Ehungup);
}

static void
ctlwrite(Chan *c, char *va, long n)
{
	Ip *f;
	Conv *cv;
	Cmdbuf *cb;
	char *e;

	f = stacks[c->dev];
	cb = parsecmd(va, n);
	if(waserror()){
		free(cb);
		nexterror();
	}
	if(cb->nf < 1)
		error("short control request");
	if(FILE(c->qid) != Qctl && !iseve() || PROTO(c->qid) == Xipifc && !iseve())
		error(Eperm);
	if(FILE(c->qid) == Qondemand){
		demandctl(cb->f, cb->nf);
		poperror();
		free(cb);
		return;
	}
	e = nil;
	cv = nil;
	ipenter(f);
	switch(FILE(c->qid)){
	case Qarp:
		e = neighctl(f, cb->f, cb->nf);
		break;
	case Qiproute:
		if(strcmp(cb->f[0], "tag") == 0){
			if(cb->nf != 2)
				e = Ecmdargs;
			else
				strecpy(c->aux, (char*)c->aux+5, cb->f[1]);
		}else
			e = routectl(f, cb->f, cb->nf, c->aux);
		break;
	case Qlog:
		e = iplogctl(f, cb->f, cb->nf);
		break;
	case Qctl:
		cv = convof(c);
		if(PROTO(c->qid) != Xipifc && cb->nf == 2 && strcmp(cb->f[0], "announce") == 0
		&& strcmp(cb->f[1], "*") == 0 && !iseve())
			e = Eperm;
		else
			e = convctl(cv, cb->f, cb->nf);
		break;
	}
	ipdone(f);
	if(e != nil)
		error(e);
	if(cv != nil && strcmp(cb->f[0], "connect") == 0)
		await(cv);
	poperror();
	free(cb);
}

static long
ipwrite(Chan *c, void *va, long n, vlong off)
{
	switch(FILE(c->qid)){
	case Qdata:
		return convwrite(convof(c), va, n);
	case Qndb:
		ndbwrite(stacks[c->dev], va, n, off);
		return n;
	case Qarp:
	case Qiproute:
	case Qlog:
	case Qondemand:
	case Qctl:
		ctlwrite(c, va, n);
		return n;
	}
	error(Eperm);
}

static long
ipbwrite(Chan *c, Block *b, ulong off)
{
	if(FILE(c->qid) != Qdata)
		return devbwrite(c, b, off);
	return convbwrite(convof(c), b);
}

/* Owner and permissions of a conversation, by its owner. */
static int
ipwstat(Chan *c, uchar *db, int n)
{
	Conv *cv;
	Dir *d;

	if(FILE(c->qid) != Qctl && FILE(c->qid) != Qdata)
		error(Eperm);
	cv = convof(c);
	d = smalloc(sizeof *d + n);
	if(waserror()){
		free(d);
		nexterror();
	}
	n = convM2D(db, n, d, (char*)&d[1]);
	if(n == 0)
		error(Eshortstat);
	if(!cv->taken || strcmp(cv->owner, up->user) != 0 && !iseve())
		error(Eperm);
	if(!emptystr(d->uid))
		devchown(&cv->owner, d->uid);
	if(d->mode != ~0UL)
		cv->perm = d->mode & 0777;
	poperror();
	free(d);
	return n;
}

Dev ipdevtab = {
	'I',
	"ip",

	devreset,
	devinit,
	devshutdown,
	ipattach,
	ipwalk,
	ipstat,
	ipopen,
	devcreate,
	ipclose,
	ipread,
	ipbread,
	ipwrite,
	ipbwrite,
	devremove,
	ipwstat,
};
