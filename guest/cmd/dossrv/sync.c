/*
 * What was changed goes to the disk: data first, of which nobody on the disk knows yet; then tables and directories, by
 * one request that is done as a whole or not at all (sd(3)).  Since much may not fit into it, what has been
 * changed goes out before it is too much, after an operation, never inside of one.
 *
 * Where the disk takes no such requests, and for what is too much even so, the order makes the worst of a stop in between
 * room that nobody uses, or two names for one file: marked as being written, tables and directories; names that
 * others have taken the place of; and last the clusters that no directory has any more.  These requests are made
 * few, follow each other at once, and are not made often.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "dos.h"

enum
{
	Infocount	= 488,		/* in FAT32's sector of counts: free clusters, and where to look for one */
	Infolen		= 8,
};

#define Msec	1000000LL

/* FAT32's count of free clusters, and where to look for one */
static void
putinfo(Dosfs *fs, uchar *info, int unknown)
{
	put4(info, unknown || fs->nfree < 0 ? ~0UL : fs->nfree);
	put4(info+4, fs->hint);
}

/* the disk is being written, or not any more; with that goes FAT32's count, unknown in between */
static int
mark(Dosfs *fs, int writing)
{
	uchar b[8192], *info;	/* two sectors of the largest kind */
	vlong at;
	long n;

	at = fs->wasdirty ? 0 : fs->flagat;	/* not ours to take back */
	if(fs->info == 0){
		b[0] = writing ? fs->flag | Fdirty : fs->flag & ~Fdirty;
		if(at != 0 && mpwrite(fs->fd, b, 1, at) != 1)
			return -1;
		fs->infodirty = 0;
		return 0;
	}
	info = b;
	n = Infolen;
	if(at != 0 && fs->info+Infocount+Infolen-at <= sizeof b){
		/* both in one request */
		n = fs->info+Infocount+Infolen-at;
		if(mpread(fs->fd, b, n, at) != n)
			return -1;
		b[0] = writing ? fs->flag | Fdirty : fs->flag & ~Fdirty;
		info = b+n-Infolen;
	}else
		at = fs->info+Infocount;
	putinfo(fs, info, writing);
	if(mpwrite(fs->fd, b, n, at) != n)
		return -1;
	fs->infodirty = writing;
	return 0;
}

/* the directories no longer have these clusters: let go of them */
static int
dofreed(Dosfs *fs)
{
	Freed *q;
	char *err;

	while((q = fs->freed) != nil){
		err = nil;
		if(q->cut != 0)
			err = fatset(fs, q->cut, fatend(fs));
		if(err == nil)
			err = fatfree(fs, q->first);
		fs->freed = q->next;
		free(q);
		if(err != nil){
			werrstr("%s", err);
			return -1;
		}
	}
	fs->nfreed = 0;
	return 0;
}

/* The entry that had them is changed in the cache.  First come, first done: a later piece may end where an earlier was cut. */
void
freelater(Dosfs *fs, ulong cut, ulong first)
{
	Freed *q;

	if(cut == 0 && !goodclust(fs, first))
		return;
	q = mallocz(sizeof *q, 1);
	if(q == nil)
		return;
	q->cut = cut;
	q->first = first;
	fs->nfreed += fatblocks(fs, first, Groupblocks)+(cut != 0 ? fs->nfats : 0);
	if(fs->freed == nil)
		fs->freed = q;
	else
		fs->lastfreed->next = q;
	fs->lastfreed = q;
}

/* a chain that was to be cut behind this cluster goes on elsewhere instead */
void
cutnow(Dosfs *fs, ulong clust)
{
	Freed *q;

	for(q = fs->freed; q != nil; q = q->next)
		if(q->cut == clust)
			q->cut = 0;
}

/* the entries that moved files had are there, or are not, as far as the cache goes */
static int
oldnames(Dosfs *fs, int there)
{
	Moved *m;
	char *err;

	for(m = fs->moved; m != nil; m = m->next){
		err = markslots(fs, m->dir, m->slot, m->nslot, there ? m->first : nil);
		if(err != nil){
			werrstr("%s", err);
			return -1;
		}
	}
	return 0;
}

void
freemoved(Moved *m)
{
	if(m != nil)
		free(m->name);
	free(m);
}

/* its old entries are free */
static void
forget(Dosfs *fs, Moved **l)
{
	Moved *m;

	m = *l;
	*l = m->next;
	indexhole(fs, m->dir, m->slot, m->nslot);
	freemoved(m);
}

static Moved**
findmove(Dosfile *f)
{
	Moved **l;

	for(l = &f->fs->moved; *l != nil; l = &(*l)->next)
		if((*l)->to == f->addr)
			break;
	return l;
}

/* the move that brought f where it is, if the disk has not heard of it; nil: there is none */
Moved*
movedto(Dosfile *f)
{
	return *findmove(f);
}

/* f is removed: so is its old name, with the new one */
void
forgetmove(Dosfile *f)
{
	Moved **l;

	l = findmove(f);
	if(*l != nil)
		forget(f->fs, l);
}

/* is the slot to hold the old name of a file once more? */
int
moving(Dosfs *fs, ulong dir, int slot)
{
	Moved *m;

	for(m = fs->moved; m != nil; m = m->next)
		if(m->dir == dir && slot >= m->slot && slot < m->slot+m->nslot)
			return 1;
	return 0;
}

/* does the disk have that name, or that short one, for a file that has another by now? */
int
oldname(Dosfs *fs, ulong dir, char *name, uchar *d)
{
	Moved *m;

	for(m = fs->moved; m != nil; m = m->next)
		if(m->dir == dir && (name != nil && samename(m->name, name)
		|| d != nil && memcmp(m->shortname, d, sizeof m->shortname) == 0))
			return 1;
	return 0;
}

/* the old names until the new ones are on the disk, then without */
static int
flushnames(Dosfs *fs)
{
	if(fs->moved == nil)
		return bcflush(fs->cache);
	if(oldnames(fs, 1) < 0 || bcflush(fs->cache) < 0){
		oldnames(fs, 0);
		return -1;
	}
	if(oldnames(fs, 0) < 0)
		return -1;
	while(fs->moved != nil)
		forget(fs, &fs->moved);
	return bcflush(fs->cache);
}

static int
flushall(Dosfs *fs)
{
	if(flushnames(fs) < 0)
		return -1;
	if(fs->freed == nil)
		return 0;
	return dofreed(fs) < 0 ? -1 : bcflush(fs->cache);
}

static int
waits(Dosfs *fs)
{
	return fs->cache->ndirty > 0 || fs->cache->nbehind > 0 || fs->infodirty || fs->freed != nil || fs->moved != nil;
}

static int
first(char *err, int bad)
{
	if(!bad)
		rerrstr(err, ERRMAX);
	return 1;
}

/* is it so much that another operation might make it too much for one request? */
static int
large(Dosfs *fs)
{
	return fs->cache->groups && !fs->syncbad && fs->cache->ndirty+fs->nfreed > Groupblocks/2;
}

/* All of it in one request.  1: done; 0: it is too much, and must be written in order; -1: errstr, and it is to be tried in order */
static int
together(Dosfs *fs)
{
	uchar info[Infolen];
	int r;

	if(!fs->cache->groups || fs->cache->ndirty+fs->nfreed > Groupblocks)
		return 0;
	if(dofreed(fs) < 0)
		return -1;
	while(fs->moved != nil)
		forget(fs, &fs->moved);
	putinfo(fs, info, 0);
	r = bctogether(fs->cache, fs->info+Infocount, info, fs->info != 0 && fs->infodirty ? Infolen : 0);
	if(r > 0)
		fs->infodirty = 0;
	return r;
}

/* the same in many, of which the disk is marked as being written unless one is enough; 0 or -1 */
static int
inorder(Dosfs *fs)
{
	int r;

	if(fs->freed == nil && fs->moved == nil && !fs->infodirty && bcrequests(fs->cache) <= 1)
		return bcflush(fs->cache);
	r = mark(fs, 1);		/* a fault there is no reason to keep everything else back */
	return flushall(fs) < 0 || mark(fs, 0) < 0 ? -1 : r;
}

/* What was changed goes to the disk; -1: errstr has the first thing that failed. */
int
syncfs(Dosfs *fs)
{
	char err[ERRMAX];
	int bad;

	fs->unsynced = 0;
	fs->lastsync = nsec();
	bad = 0;
	if(bcsettleall(fs->cache) < 0)
		bad = first(err, bad);
	if(together(fs) <= 0 && inorder(fs) < 0)
		bad = first(err, bad);
	fs->syncbad = bad;
	if(bad)
		werrstr("%s", err);
	return bad ? -1 : 0;
}

/* the same with an error string */
char*
syncerr(Dosfs *fs)
{
	return syncfs(fs) < 0 ? oserror() : nil;
}

/* the same, unless it was done just now: then the syncer does it */
char*
syncsoon(Dosfs *fs)
{
	if(nsec()-fs->lastsync < Syncms*Msec){
		later();
		return nil;
	}
	return syncerr(fs);
}

/* the same, and what the host keeps of a disk goes to its own */
char*
synchost(Dosfs *fs)
{
	char *err;
	Dir d;

	err = syncerr(fs);
	nulldir(&d);
	if(err == nil && fs->unit && dirfwstat(fs->fd, &d) < 0)
		err = oserror();
	return err;
}

static void
syncsay(Dosfs *fs)
{
	if(syncfs(fs) < 0)
		fprint(2, "dossrv: %s: %r\n", fs->name);
}

void
syncall(void)
{
	Medium *m;

	for(m = media; m != nil; m = m->next)
		syncsay((Dosfs*)m);
}

/* those of which much waits; between two operations */
void
synclarge(void)
{
	Medium *m;

	for(m = media; m != nil; m = m->next)
		if(large((Dosfs*)m))
			syncsay((Dosfs*)m);
}

/* those that were not synced for a while; returns after how many ms others will be, 0: there are none that need it */
long
syncold(void)
{
	Dosfs *fs;
	Medium *m;
	vlong now, left, least;

	now = nsec();
	least = 0;
	for(m = media; m != nil; m = m->next){
		fs = (Dosfs*)m;
		left = Syncms-(now-fs->lastsync)/Msec;
		if(left <= 0)
			syncsay(fs);
		else if(waits(fs) && (least == 0 || left < least))
			least = left;
	}
	return least;
}
