/*
 * What most drivers have in common: walking, listing, opening and stating
 * files that a function (a Devgen) makes up on demand, or that simply stand in
 * a table; and defaults for what a driver does not offer.
 *
 * A Devgen is called as gen(c, name, tab, ntab, i, dir) with c in the directory
 * in question.  It fills dir for entry i and returns 1, or returns 0 to say that
 * there is no such entry but there may be later ones, or -1 after the last.  If
 * name is not nil only an entry of that name is of interest, and it may return
 * -1 at once when there is none.  i may be DEVDOTDOT: the parent.  The first
 * entry of a table is the directory itself.  Tables with devgen are common and
 * have short cuts here: opening /dev/null must not make up thirty Dirs.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"

enum
{
	Maxowner	= 1024,		/* bytes of a user's name */
};

ulong	kerndate;

void
mkqid(Qid *q, uvlong path, ulong vers, int type)
{
	q->path = path;
	q->vers = vers;
	q->type = type;
}

/* The index in devtab of the driver with that letter; -1 for a user's, else panic. */
int
devno(int dc, int user)
{
	int i;

	for(i = 0; devtab[i] != nil; i++)
		if(devtab[i]->dc == dc)
			return i;
	if(!user)
		panic("devno %d", dc);
	return -1;
}

/*
 * Fill *dp for a file of c's device; the strings are not copied.  exportfs knows by
 * QTMOUNT what carries 9P.
 */
void
devdir(Chan *c, Qid qid, char *name, vlong length, char *user, long perm, Dir *dp)
{
	dp->type = devtab[c->type]->dc;
	dp->dev = c->dev;
	if(c->flag & CMSG)
		qid.type |= QTMOUNT;
	dp->qid = qid;
	dp->mode = perm | (ulong)qid.type<<24;
	dp->atime = seconds();
	dp->mtime = kerndate;
	dp->length = length;
	dp->name = name;
	dp->uid = user;
	dp->gid = eve;
	dp->muid = user;
}

/* The Devgen of a flat table whose files belong to the host owner. */
int
devgen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	if(tab == nil)
		return -1;
	if(i == DEVDOTDOT)
		i = 0;
	else if(name != nil){
		for(i = 1; i < ntab; i++)
			if(strcmp(tab[i].name, name) == 0)
				break;
	}else
		i++;
	if(i >= ntab)
		return -1;
	tab += i;
	devdir(c, tab->qid, tab->name, tab->length, eve, tab->perm, dp);
	return 1;
}

/* For drivers that have nothing to do at these times. */
void
devreset(void)
{
}

void
devinit(void)
{
}

void
devshutdown(void)
{
}

void
devpower(int on)
{
	USED(on);
	error(Eperm);
}

int
devconfig(int on, char *spec, void *conf)
{
	USED(on, spec, conf);
	error(Eperm);
}

/* A channel to the root of a device, with qid 0. */
Chan*
devattach(int dc, char *spec)
{
	char buf[64], *s;
	Chan *c;
	Rune r;
	int n;

	if(spec == nil)
		spec = "";
	c = newchan();
	if(waserror()){
		c->type = devno('/', 0);	/* whose close asks for nothing */
		cclose(c);
		nexterror();
	}
	n = strlen(spec);
	s = n < sizeof buf - UTFmax - 2? buf: smalloc(n+UTFmax+2);
	r = dc;
	s[0] = '#';
	strcpy(s+1+runetochar(s+1, &r), spec);
	if(waserror()){
		if(s != buf)
			free(s);
		nexterror();
	}
	c->path = newpath(s);
	poperror();
	if(s != buf)
		free(s);
	poperror();
	mkqid(&c->qid, 0, 0, QTDIR);
	c->type = devno(dc, 0);
	return c;
}

/* A channel to the same file, neither opened nor named. */
Chan*
devclone(Chan *c)
{
	Chan *nc;

	if(c->flag & COPEN)
		panic("clone of an open channel, device %C", devtab[c->type]->dc);
	nc = newchan();
	nc->type = c->type;
	nc->dev = c->dev;
	nc->mode = c->mode;
	nc->qid = c->qid;
	nc->offset = c->offset;
	nc->iounit = c->iounit;
	nc->aux = c->aux;
	nc->mchan = c->mchan;
	nc->mqid = c->mqid;
	return nc;
}

/* Let nc step to one element: 1, or 0 with up->errstr set. */
static int
devstep(Chan *nc, char *name, Dirtab *tab, int ntab, Devgen *gen)
{
	Dir dir;
	int i;

	if((nc->qid.type & QTDIR) == 0){
		kstrcpy(up->errstr, Enotdir, ERRMAX);
		return 0;
	}
	if(name[0] == '.' && name[1] == '\0')
		return 1;
	if(name[0] == '.' && name[1] == '.' && name[2] == '\0'){
		if(gen(nc, nil, tab, ntab, DEVDOTDOT, &dir) == 1)
			nc->qid = dir.qid;
		return 1;
	}
	if(gen == devgen){
		for(i = 1; i < ntab; i++)
			if(tab[i].name[0] == name[0] && strcmp(tab[i].name, name) == 0){
				nc->qid = tab[i].qid;
				return 1;
			}
	}else
		for(i = 0;; i++)
			switch(gen(nc, name, tab, ntab, i, &dir)){
			case -1:
				goto none;
			case 1:
				if(strcmp(name, dir.name) == 0){
					nc->qid = dir.qid;
					return 1;
				}
			}
none:
	kstrcpy(up->errstr, Enonexist, ERRMAX);
	return 0;
}

/*
 * Walk names from c with a new channel, or with nc if that is not nil.  Returns
 * nil and sets up->errstr if not even the first could be walked; clone is nil
 * if not all could.
 */
Walkqid*
devwalk(Chan *c, Chan *nc, char **name, int nname, Dirtab *tab, int ntab, Devgen *gen)
{
	Walkqid *wq;
	int alloc;

	wq = newwalkqid(nname);
	alloc = nc == nil;
	if(waserror()){
		if(alloc && nc != nil){
			nc->type = devno('/', 0);	/* the driver knows nothing of it */
			cclose(nc);
		}
		wqfree(wq);
		nexterror();
	}
	if(alloc)
		nc = devclone(c);
	while(wq->nqid < nname){
		if(!devstep(nc, name[wq->nqid], tab, ntab, gen))
			break;
		wq->qid[wq->nqid++] = nc->qid;
	}
	poperror();
	wq->clone = nc;
	if(wq->nqid < nname){
		if(alloc){
			nc->type = devno('/', 0);
			cclose(nc);
		}
		wq->clone = nil;
		if(wq->nqid == 0){
			wqfree(wq);
			return nil;
		}
	}
	return wq;
}

/* Find the entry for the file that c is: 1 and *dir, or 0. */
static int
devfind(Chan *c, Dirtab *tab, int ntab, Devgen *gen, Dir *dir)
{
	int i;

	i = 0;
	if(gen == devgen)
		while(i+1 < ntab && tab[i+1].qid.path != c->qid.path)
			i++;
	for(;; i++)
		switch(gen(c, nil, tab, ntab, i, dir)){
		case -1:
			return 0;
		case 1:
			if(dir->qid.path == c->qid.path)
				return 1;
		}
}

/*
 * As convD2M, into memory that may be a user's.  That may have to be waited for, and the strings, which are the driver's, may go
 * meanwhile; so the entry is put together elsewhere.
 */
static long
entry(Dir *dir, uchar *p, long n)
{
	uchar small[256], *buf;
	long size;

	size = sizeD2M(dir);
	if(size > n)
		return convD2M(dir, p, n);
	buf = size <= sizeof small? small: malloc(size);
	if(buf == nil)
		error(Enomem);
	if(waserror()){
		if(buf != small)
			free(buf);
		nexterror();
	}
	size = convD2M(dir, buf, size);
	memmove(p, buf, size);
	poperror();
	if(buf != small)
		free(buf);
	return size;
}

/*
 * A stat entry of c into db, n bytes long: its length, or 2 with the length
 * needed in the first two bytes.
 */
int
devstat(Chan *c, uchar *db, int n, Dirtab *tab, int ntab, Devgen *gen)
{
	Dir dir;

	if(!devfind(c, tab, ntab, gen, &dir)){
		if((c->qid.type & QTDIR) == 0)
			error(Enonexist);
		/* a directory lists its files, not itself */
		devdir(c, c->qid, chanelem(c), 0, eve, DMDIR|0555, &dir);
	}
	n = entry(&dir, db, n);
	if(n == 0)
		error(Ebadarg);
	return n;
}

/* Whole stat entries from c->dri on, into d of n bytes. */
long
devdirread(Chan *c, char *d, long n, Dirtab *tab, int ntab, Devgen *gen)
{
	long m, size;
	Dir dir;

	for(m = 0; m < n; c->dri++)
		switch(gen(c, nil, tab, ntab, c->dri, &dir)){
		case -1:
			return m;
		case 1:
			size = entry(&dir, (uchar*)d+m, n-m);
			if(size <= BIT16SZ){
				if(m == 0)
					error(Eshort);
				return m;
			}
			m += size;
		}
	return m;
}

/*
 * May the process open a file of that user with those permissions?  An error if
 * not.  The host owner is the group of every device file.
 */
void
devpermcheck(char *fileuid, ulong perm, int omode)
{
	static ushort need[] = { 0400, 0200, 0600, 0100 };
	ulong t;

	if(strcmp(up->user, fileuid) != 0)
		perm <<= strcmp(up->user, eve) == 0? 3: 6;
	t = need[omode & 3];
	if(omode & OTRUNC)
		t |= 0200;
	if((t & perm) != t)
		error(Eperm);
}

/* Check permissions and mark c open. */
Chan*
devopen(Chan *c, int omode, Dirtab *tab, int ntab, Devgen *gen)
{
	Dir dir;
	int i;

	if(gen == devgen){
		for(i = 1; i < ntab; i++)
			if(tab[i].qid.path == c->qid.path){
				devpermcheck(eve, tab[i].perm, omode);
				break;
			}
	}else if(devfind(c, tab, ntab, gen, &dir))
		devpermcheck(dir.uid, dir.mode, omode);
	if((c->qid.type & QTDIR) && (omode & (3|OTRUNC|ORCLOSE)) != OREAD)
		error(Eperm);
	c->offset = 0;
	c->mode = openmode(omode);
	c->flag |= COPEN;
	return c;
}

/* The same for drivers whose files are those of Dev.tab and no others. */
Walkqid*
tabwalk(Chan *c, Chan *nc, char **name, int nname)
{
	Dev *d;

	d = devtab[c->type];
	return devwalk(c, nc, name, nname, d->tab, d->ntab, devgen);
}

int
tabstat(Chan *c, uchar *db, int n)
{
	Dev *d;

	d = devtab[c->type];
	return devstat(c, db, n, d->tab, d->ntab, devgen);
}

Chan*
tabopen(Chan *c, int omode)
{
	Dev *d;

	d = devtab[c->type];
	return devopen(c, omode, d->tab, d->ntab, devgen);
}

long
tabdirread(Chan *c, char *p, long n)
{
	Dev *d;

	d = devtab[c->type];
	return devdirread(c, p, n, d->tab, d->ntab, devgen);
}

void
devcreate(Chan *c, char *name, int omode, ulong perm)
{
	USED(c, name, omode, perm);
	error(Eperm);
}

void
devremove(Chan *c)
{
	/* sysremove leaves it to us to let go of what c holds */
	devtab[c->type]->close(c);
	error(Eperm);
}

int
devwstat(Chan *c, uchar *db, int n)
{
	USED(c, db, n);
	error(Eperm);
}

/*
 * A file of a driver's that keeps the names of owners has another.  No user's is so long (devcap); with any, its entry would be
 * longer than a directory's reader has room for, and he would see none of the directory.
 */
void
devchown(char **owner, char *uid)
{
	char *old;

	if(strlen(uid) > Maxowner)
		error(Etoolong);
	old = *owner;
	*owner = estrdup(uid);
	free(old);
}

/* For drivers that move bytes and not blocks. */
Block*
devbread(Chan *c, long n, ulong offset)
{
	Block *b;

	b = allocb(n);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	b->wp += devtab[c->type]->read(c, b->wp, n, offset);
	poperror();
	return b;
}

long
devbwrite(Chan *c, Block *b, ulong offset)
{
	long n;

	if(b->next != nil)
		b = concatblock(b);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	n = devtab[c->type]->write(c, b->rp, BLEN(b), offset);
	poperror();
	freeb(b);
	return n;
}

/* Serve size bytes at base as a file: n bytes from off on. */
long
readmem(vlong off, void *buf, long n, void *base, long size)
{
	if(off < 0 || off >= size)
		return 0;
	if(n > size - off)
		n = size - off;
	memmove(buf, (char*)base + off, n);
	return n;
}

int
readstr(ulong off, char *buf, ulong n, char *str)
{
	return readmem(off, buf, n, str, strlen(str));
}

/* A decimal number, right-justified in size-1 columns, and a blank. */
int
readnum(ulong off, char *buf, ulong n, ulong val, int size)
{
	char tmp[64];

	snprint(tmp, sizeof tmp, "%*lud", size-1, val);
	tmp[size-1] = ' ';
	return readmem(off, buf, n, tmp, size);
}
