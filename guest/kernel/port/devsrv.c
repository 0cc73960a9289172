/*
 * #s: channels under names, by which servers are found.  A file is created,
 * then the number of a descriptor is written to it; from then on it opens to
 * that very channel.  A channel here refers to a Srv by its number (qid.path),
 * which is never used twice, and not by pointer: an entry may be removed while
 * others stand at it.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"

enum
{
	MAXSRV		= 4096,		/* entries */
	MAXNAME		= 255,		/* bytes of a name */
};

typedef struct Srv Srv;
struct Srv
{
	char	*name;
	char	*owner;
	ulong	perm;
	Chan	*chan;		/* nil until a descriptor is posted */
	ulong	path;		/* of the qid */
	Srv	*next;
};

static struct
{
	QLock;			/* guards everything here; held over no driver's call */
	Srv	*first;		/* the youngest first */
	int	n;
	ulong	path;
} srv;

static Srv*
bypath(ulong path)
{
	Srv *s;

	for(s = srv.first; s != nil; s = s->next)
		if(s->path == path)
			break;
	return s;
}

static Srv*
byname(char *name)
{
	Srv *s;

	for(s = srv.first; s != nil; s = s->next)
		if(strcmp(s->name, name) == 0)
			break;
	return s;
}

/* srv is locked by whoever walks, reads or stats. */
static int
srvgen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	Srv *s;
	Qid q;

	USED(tab, ntab);
	if(i == DEVDOTDOT){
		mkqid(&q, 0, 0, QTDIR);
		devdir(c, q, "#s", 0, eve, 0555, dp);
		return 1;
	}
	if(name != nil)
		s = i == 0? byname(name): nil;
	else
		for(s = srv.first; s != nil && i > 0; s = s->next)
			i--;
	if(s == nil)
		return -1;
	mkqid(&q, s->path, 0, QTFILE);
	kstrcpy(up->genbuf, s->name, sizeof up->genbuf);
	devdir(c, q, name != nil? name: up->genbuf, 0, s->owner, s->perm, dp);
	return 1;
}

/* qlock(&srv) that errors undo; unlock() is the other half. */
#define LOCKED()	do{ qlock(&srv); if(waserror()){ qunlock(&srv); nexterror(); } }while(0)
#define UNLOCKED()	do{ poperror(); qunlock(&srv); }while(0)

static Chan*
srvattach(char *spec)
{
	return devattach('s', spec);
}

static Walkqid*
srvwalk(Chan *c, Chan *nc, char **name, int nname)
{
	Walkqid *wq;

	LOCKED();
	wq = devwalk(c, nc, name, nname, nil, 0, srvgen);
	UNLOCKED();
	return wq;
}

static int
srvstat(Chan *c, uchar *db, int n)
{
	LOCKED();
	n = devstat(c, db, n, nil, 0, srvgen);
	UNLOCKED();
	return n;
}

/* The name under which this channel, or the one that carries it, is posted: to free, or nil. */
char*
srvname(Chan *c)
{
	Srv *s;
	char *name;

	name = nil;
	LOCKED();
	for(s = srv.first; s != nil; s = s->next)
		if(s->chan == c){
			name = malloc(3 + strlen(s->name) + 1);
			if(name != nil){
				strcpy(name, "#s/");
				strcpy(name+3, s->name);
			}
			break;
		}
	UNLOCKED();
	return name;
}

/* The posted channel takes the place of c. */
static Chan*
srvopen(Chan *c, int omode)
{
	Chan *sc;
	Srv *s;

	if(c->qid.type & QTDIR){
		if(omode & ORCLOSE)
			error(Eperm);
		if(omode != OREAD)
			error(Eisdir);
		c->mode = OREAD;
		c->flag |= COPEN;
		c->offset = 0;
		return c;
	}
	LOCKED();
	s = bypath(c->qid.path);
	if(s == nil || s->chan == nil)
		error(Eshutdown);
	if(omode & OTRUNC)
		error(Esrvexist);
	if(omode & ORCLOSE)
		error(Eperm);
	sc = s->chan;
	if(openmode(omode) != sc->mode && sc->mode != ORDWR)
		error(Eperm);
	devpermcheck(s->owner, s->perm, omode);
	incref(sc);
	UNLOCKED();
	cclose(c);
	return sc;
}

static void
srvcreate(Chan *c, char *name, int omode, ulong perm)
{
	Srv *s;

	if(openmode(omode) != OWRITE || (perm & DMDIR))
		error(Eperm);
	if(strlen(name) > MAXNAME)
		error(Etoolong);
	s = mallocz(sizeof(Srv), 1);
	if(s == nil)
		error(Enomem);
	if(waserror()){
		free(s->name);
		free(s->owner);
		free(s);
		nexterror();
	}
	s->name = estrdup(name);
	s->owner = estrdup(up->user);
	s->perm = perm & 0777;
	LOCKED();
	if(byname(name) != nil)
		error(Eexist);
	if(srv.n >= MAXSRV)
		error(Enodev);
	s->path = ++srv.path;
	s->next = srv.first;
	srv.first = s;
	srv.n++;
	UNLOCKED();
	poperror();
	mkqid(&c->qid, s->path, 0, QTFILE);
	c->flag |= COPEN;
	c->mode = OWRITE;
	c->offset = 0;
}

/* Take the entry out of the list. */
static void
unpost(Srv *s)
{
	Srv **l;

	for(l = &srv.first; *l != s; l = &(*l)->next)
		;
	*l = s->next;
	srv.n--;
}

static void
srvfree(Srv *s)
{
	cclose(s->chan);
	free(s->name);
	free(s->owner);
	free(s);
}

static void
srvremove(Chan *c)
{
	Srv *s;

	if(c->qid.type & QTDIR)
		error(Eperm);
	LOCKED();
	s = bypath(c->qid.path);
	if(s == nil)
		error(Enonexist);
	/* what the kernel's root came from */
	if(strcmp(s->name, "boot") == 0)
		error(Eperm);
	if(strcmp(s->owner, up->user) != 0 && !iseve() && (s->perm & 7) != 7)
		error(Eperm);
	unpost(s);
	UNLOCKED();
	srvfree(s);
}

static void
srvclose(Chan *c)
{
	if((c->flag & (COPEN|CRCLOSE)) != (COPEN|CRCLOSE) || (c->qid.type & QTDIR))
		return;
	if(waserror())
		return;
	srvremove(c);
	poperror();
}

static long
srvread(Chan *c, void *va, long n, vlong off)
{
	USED(off);
	if((c->qid.type & QTDIR) == 0)
		error(Ebadusefd);
	LOCKED();
	n = devdirread(c, va, n, nil, 0, srvgen);
	UNLOCKED();
	return n;
}

/* The decimal number of the descriptor to post. */
static long
srvwrite(Chan *c, void *va, long n, vlong off)
{
	char buf[32];
	Chan *fc;
	Srv *s;

	USED(off);
	if(n <= 0 || n >= sizeof buf)
		error(Ebadarg);
	memmove(buf, va, n);
	buf[n] = '\0';
	if(buf[0] < '0' || buf[0] > '9')
		error(Ebadarg);
	fc = fdtochan(strtoul(buf, nil, 0), -1, 0, 1);
	if(waserror()){
		cclose(fc);
		nexterror();
	}
	if(fc->flag & (CCEXEC|CRCLOSE))
		error(Eceflag);
	if(fc->qid.type & QTAUTH)
		error("cannot post auth file in srv");
	LOCKED();
	s = bypath(c->qid.path);
	if(s == nil)
		error(Eshutdown);
	if(s->chan != nil)
		error(Ebadusefd);
	s->chan = fc;
	UNLOCKED();
	poperror();
	return n;
}

static void
change(char **p, char *new)
{
	char *old;

	old = *p;
	*p = estrdup(new);
	free(old);
}

static int
srvwstat(Chan *c, uchar *db, int n)
{
	char *strs;
	Srv *s;
	Dir d;

	if(c->qid.type & QTDIR)
		error(Eperm);
	strs = malloc(n);
	if(strs == nil)
		error(Enomem);
	if(waserror()){
		free(strs);
		nexterror();
	}
	if(convM2D(db, n, &d, strs) == 0)
		error(Eshortstat);
	LOCKED();
	s = bypath(c->qid.path);
	if(s == nil)
		error(Enonexist);
	if(strcmp(s->owner, up->user) != 0 && !iseve())
		error(Eperm);
	if(!emptystr(d.name) && strcmp(d.name, s->name) != 0){
		if(strlen(d.name) > MAXNAME)
			error(Etoolong);
		if(byname(d.name) != nil)
			error(Eexist);
		change(&s->name, d.name);
	}
	if(!emptystr(d.uid))
		devchown(&s->owner, d.uid);
	if(d.mode != ~0u)
		s->perm = d.mode & 0777;
	UNLOCKED();
	poperror();
	free(strs);
	return n;
}

/* A user is called something else now. */
void
srvrenameuser(char *old, char *new)
{
	Srv *s;

	LOCKED();
	for(s = srv.first; s != nil; s = s->next)
		if(strcmp(s->owner, old) == 0)
			change(&s->owner, new);
	UNLOCKED();
}

Dev srvdevtab = {
	.dc	= 's',
	.name	= "srv",
	.reset	= devreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= srvattach,
	.walk	= srvwalk,
	.stat	= srvstat,
	.open	= srvopen,
	.create	= srvcreate,
	.close	= srvclose,
	.read	= srvread,
	.bread	= devbread,
	.write	= srvwrite,
	.bwrite	= devbwrite,
	.remove	= srvremove,
	.wstat	= srvwstat,
	.power	= devpower,
	.config	= devconfig,
};
