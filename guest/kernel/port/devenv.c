/*
 * #e: the environment, a flat directory whose files are variables; and #ec, the
 * kernel's configuration in the same form, one for all.  A channel to #e holds
 * no group: it means the group of whoever uses it, so that a name space shared
 * by two processes shows each its own variables.  Sizes must be exact: rc and
 * init make their buffers by them.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"

enum {
	Maxvalue	= 1024*1024,	/* bytes in a value */
	Maxname		= 127,
	Maxgroup	= 4*1024*1024,	/* bytes in all names and values of one group */
};

/* One variable.  It stands in its group's list and nowhere else. */
struct Evalue {
	char	*name;
	uchar	*value;
	int	len;			/* bytes of value, without a NUL */
	int	room;			/* bytes allocated for it */
	ulong	hash;			/* of name */
	Qid	qid;
};

static Egrp conf1;			/* #ec */
int	cpuserver;

static Egrp*
groupof(Chan *c)
{
	if(c->aux != nil)
		return c->aux;
	return up->egrp;
}

static ulong
hashname(char *s)
{
	ulong h;

	for(h = 5381; *s != 0; s++)
		h = h*33 ^ (uchar)*s;
	return h;
}

/* Index of a name, or -1; the group is locked. */
static int
findname(Egrp *eg, char *name)
{
	ulong h;
	int i;

	h = hashname(name);
	for(i = 0; i < eg->nent; i++)
		if(eg->ent[i]->hash == h && strcmp(eg->ent[i]->name, name) == 0)
			return i;
	return -1;
}

static int
findpath(Egrp *eg, uvlong path)
{
	int i;

	for(i = 0; i < eg->nent; i++)
		if(eg->ent[i]->qid.path == path)
			return i;
	return -1;
}

/* The variable that a channel stands for, which may be gone; the group is locked. */
static Evalue*
variable(Egrp *eg, Chan *c)
{
	int i;

	i = findpath(eg, c->qid.path);
	if(i < 0)
		error(Enonexist);
	return eg->ent[i];
}

/* Take note of what the kernel itself wants to know; the group is locked. */
static void
confchanged(Egrp *eg)
{
	Evalue *e;
	int i;

	if(eg != &conf1)
		return;
	i = findname(eg, "service");
	e = i < 0? nil: eg->ent[i];
	cpuserver = e != nil && e->len >= 3 && memcmp(e->value, "cpu", 3) == 0 && (e->len == 3 || e->value[3] < ' ');
}

/* Make room for n bytes; raises errors, with the variable unchanged. */
static void
makeroom(Egrp *eg, Evalue *e, int n)
{
	uchar *p;
	int room;

	if(n <= e->room)
		return;
	if(eg->size + n - e->room > Maxgroup)
		error(Enomem);
	room = n + n/4;
	p = realloc(e->value, room);
	if(p == nil)
		error(Enomem);
	e->value = p;
	eg->size += room - e->room;
	e->room = room;
}

/* Add an empty variable; the group is locked and has none of that name. */
static Evalue*
addvariable(Egrp *eg, char *name)
{
	Evalue *e, **ent;
	int n;

	n = strlen(name) + 1;
	if(eg->size + sizeof(Evalue) + n > Maxgroup)
		error(Enomem);
	if(eg->nent == eg->ment){
		ent = realloc(eg->ent, (eg->ment + 16) * sizeof(Evalue*));
		if(ent == nil)
			error(Enomem);
		eg->ent = ent;
		eg->ment += 16;
	}
	e = mallocz(sizeof(Evalue) + n, 1);
	if(e == nil)
		error(Enomem);
	e->name = (char*)(e + 1);
	memmove(e->name, name, n);
	e->hash = hashname(name);
	mkqid(&e->qid, ++eg->path, 0, QTFILE);
	eg->ent[eg->nent++] = e;
	eg->size += sizeof(Evalue) + n;
	eg->vers++;
	return e;
}

static void
freevariable(Egrp *eg, Evalue *e)
{
	eg->size -= sizeof(Evalue) + strlen(e->name) + 1 + e->room;
	free(e->value);
	free(e);
}

static int
envgen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	Egrp *eg;
	Evalue *e;
	int got;

	USED(tab, ntab);
	if(i == DEVDOTDOT){
		devdir(c, c->qid, "#e", 0, eve, DMDIR|0775, dp);
		return 1;
	}
	eg = groupof(c);
	got = -1;
	rlock(&eg->lk);
	if(name != nil)
		i = findname(eg, name);
	if(i >= 0 && i < eg->nent){
		e = eg->ent[i];
		/* the entry may be freed once the lock is gone */
		kstrcpy(up->genbuf, e->name, sizeof up->genbuf);
		devdir(c, e->qid, up->genbuf, e->len, eve, 0666, dp);
		got = 1;
	}
	runlock(&eg->lk);
	return got;
}

static Chan*
envattach(char *spec)
{
	Chan *c;
	Egrp *eg;

	eg = nil;
	if(spec != nil && *spec != 0){
		if(strcmp(spec, "c") != 0)
			error(Ebadspec);
		eg = &conf1;
	}
	c = devattach('e', spec);
	c->aux = eg;
	return c;
}

static Walkqid*
envwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, envgen);
}

static int
envstat(Chan *c, uchar *db, int n)
{
	Egrp *eg;

	if(c->qid.type & QTDIR){
		eg = groupof(c);
		c->qid.vers = eg->vers;
	}
	return devstat(c, db, n, nil, 0, envgen);
}

static Chan*
envopen(Chan *c, int omode)
{
	Egrp *eg;
	Evalue *e;
	int mode;

	mode = openmode(omode);
	eg = groupof(c);
	if(c->qid.type & QTDIR){
		if(omode != OREAD)
			error(Eperm);
	}else{
		if(c->aux != nil && mode != OREAD && !iseve())
			error(Eperm);
		wlock(&eg->lk);
		if(waserror()){
			wunlock(&eg->lk);
			nexterror();
		}
		e = variable(eg, c);
		if(omode & OTRUNC && e->len > 0){
			e->len = 0;
			e->qid.vers++;
		}
		c->qid.vers = e->qid.vers;
		poperror();
		wunlock(&eg->lk);
	}
	c->mode = mode;
	c->flag |= COPEN;
	c->offset = 0;
	return c;
}

static void
envcreate(Chan *c, char *name, int omode, ulong perm)
{
	Egrp *eg;
	int mode;

	if(!(c->qid.type & QTDIR) || perm & DMDIR)
		error(Eperm);
	if(c->aux != nil && !iseve())
		error(Eperm);
	if(strlen(name) > Maxname)
		error(Etoolong);
	mode = openmode(omode);
	eg = groupof(c);
	wlock(&eg->lk);
	if(waserror()){
		wunlock(&eg->lk);
		nexterror();
	}
	if(findname(eg, name) >= 0)
		error(Eexist);
	c->qid = addvariable(eg, name)->qid;
	poperror();
	wunlock(&eg->lk);
	c->mode = mode;
	c->flag |= COPEN;
	c->offset = 0;
}

static void
removevariable(Egrp *eg, uvlong path)
{
	int i;

	wlock(&eg->lk);
	i = findpath(eg, path);
	if(i < 0){
		wunlock(&eg->lk);
		error(Enonexist);
	}
	freevariable(eg, eg->ent[i]);
	eg->nent--;
	memmove(&eg->ent[i], &eg->ent[i+1], (eg->nent - i) * sizeof(Evalue*));
	eg->vers++;
	wunlock(&eg->lk);
}

static void
envremove(Chan *c)
{
	if(c->qid.type & QTDIR || c->aux != nil && !iseve())
		error(Eperm);
	removevariable(groupof(c), c->qid.path);
}

static void
envclose(Chan *c)
{
	if((c->flag & (COPEN|CRCLOSE)) != (COPEN|CRCLOSE) || c->qid.type & QTDIR)
		return;
	/* the last close may be done for a process that is gone */
	if(groupof(c) == nil || waserror())
		return;
	envremove(c);
	poperror();
}

static long
envread(Chan *c, void *va, long n, vlong off)
{
	Egrp *eg;
	Evalue *e;

	if(c->qid.type & QTDIR)
		return devdirread(c, va, n, nil, 0, envgen);
	eg = groupof(c);
	rlock(&eg->lk);
	if(waserror()){
		runlock(&eg->lk);
		nexterror();
	}
	e = variable(eg, c);
	if(off < 0 || off >= e->len)
		n = 0;
	else{
		if(n > e->len - off)
			n = e->len - off;
		memmove(va, e->value + off, n);
	}
	poperror();
	runlock(&eg->lk);
	return n;
}

static long
envwrite(Chan *c, void *va, long n, vlong off)
{
	Egrp *eg;
	Evalue *e;
	int end;

	if(n <= 0)
		return 0;
	if(off < 0 || off > Maxvalue || n > Maxvalue - off)
		error(Etoobig);
	eg = groupof(c);
	wlock(&eg->lk);
	if(waserror()){
		wunlock(&eg->lk);
		nexterror();
	}
	e = variable(eg, c);
	end = off + n;
	makeroom(eg, e, end);
	if(off > e->len)
		memset(e->value + e->len, 0, off - e->len);
	memmove(e->value + off, va, n);
	if(end > e->len)
		e->len = end;
	e->qid.vers++;
	eg->vers++;
	confchanged(eg);
	poperror();
	wunlock(&eg->lk);
	return n;
}

/* An empty environment; waits for memory. */
Egrp*
newegrp(void)
{
	Egrp *eg;

	eg = smalloc(sizeof(Egrp));
	eg->ref = 1;
	return eg;
}

/* Put copies of all of from's variables into an empty group. */
void
envcpy(Egrp *to, Egrp *from)
{
	Evalue *e, *ne;
	int i;

	rlock(&from->lk);
	if(waserror()){
		runlock(&from->lk);
		nexterror();
	}
	for(i = 0; i < from->nent; i++){
		e = from->ent[i];
		ne = addvariable(to, e->name);
		makeroom(to, ne, e->len);
		memmove(ne->value, e->value, e->len);
		ne->len = e->len;
	}
	poperror();
	runlock(&from->lk);
}

/* Give up a reference; the last frees. */
void
closeegrp(Egrp *eg)
{
	int i;

	if(eg == nil || decref(eg) != 0)
		return;
	for(i = 0; i < eg->nent; i++)
		freevariable(eg, eg->ent[i]);
	free(eg->ent);
	free(eg);
}

/*
 * Set a variable to a string, in the kernel's configuration (isconf) or in the
 * environment of the running process.
 */
void
ksetenv(char *name, char *value, int isconf)
{
	Egrp *eg;
	Evalue *e;
	int i, n;

	n = strlen(value);
	eg = isconf? &conf1: up->egrp;
	wlock(&eg->lk);
	i = findname(eg, name);
	e = i < 0? addvariable(eg, name): eg->ent[i];
	makeroom(eg, e, n);
	memmove(e->value, value, n);
	e->len = n;
	e->qid.vers++;
	eg->vers++;
	confchanged(eg);
	wunlock(&eg->lk);
}

Dev envdevtab = {
	'e',
	"env",

	devreset,
	devinit,
	devshutdown,
	envattach,
	envwalk,
	envstat,
	envopen,
	envcreate,
	envclose,
	envread,
	devbread,
	envwrite,
	devbwrite,
	envremove,
	devwstat,
};
