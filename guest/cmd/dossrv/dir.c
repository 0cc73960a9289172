/*
 * Directories: entries of 32 bytes; a file's are any number that hold its long name, last part
 * first, and one with everything else.  A directory is named by its first cluster; 0 is the
 * root, wherever that is.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "dos.h"

enum
{
	Growth	= 4096,		/* bytes that a directory grows by, or a cluster */
};

static char	Ebaddir[] = "directory is damaged: its chain of clusters does not end";
static char	Edirfull[] = "directory is full";

/* Where byte off of a directory is; 0 beyond its end; -1: errstr. */
vlong
diraddr(Dosfs *fs, ulong dir, long off)
{
	ulong n, i, c, known;
	Index *x;
	long v;

	if(dir == 0 && fs->bits != 32)
		return off < fs->rootbytes ? fs->root+off : 0;
	x = knownindex(fs, dir);
	if(dir == 0)
		dir = fs->rootclust;
	n = off/fs->cbytes;
	i = 0;
	c = dir;
	known = x != nil ? indexclust(x, n, &i) : 0;
	if(known != 0)
		c = known;
	else if(fs->dirc != 0 && fs->dirof == dir && fs->dirn <= n){
		i = fs->dirn;
		c = fs->dirc;
	}
	for(;; i++){
		if(x != nil)
			indexlearn(x, i, c);
		if(i == n)
			break;
		v = fatget(fs, c);
		if(v < 0)
			return -1;
		if(!goodclust(fs, v))
			return 0;
		c = v;
	}
	if(off >= Maxdir){
		werrstr("%s", Ebaddir);
		return -1;
	}
	fs->dirof = dir;
	fs->dirn = n;
	fs->dirc = c;
	return clustaddr(fs, c)+off%fs->cbytes;
}

/* entry number slot into d; its address, or 0 beyond the end, or -1 */
static vlong
readslot(Dosfs *fs, ulong dir, int slot, uchar *d)
{
	vlong a;

	a = diraddr(fs, dir, slot*Dirsize);
	if(a > 0 && bcread(fs->cache, a, d, Dirsize) < 0)
		return -1;
	return a;
}

/* a part of a long name, which comes from its end; returns the number that must come next */
static int
longpart(uchar *d, ushort *u, int expect, uchar *sum, int *len)
{
	static uchar where[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	int i, n;

	n = d[0] & 0x1F;
	if(d[0] & Lastlong){
		if(n < 1 || n > Maxslots-1)
			return 0;
		*sum = d[13];
		*len = n*13;
	}else if(n != expect || d[13] != *sum)
		return 0;
	for(i = 0; i < 13; i++){
		u[(n-1)*13+i] = get2(d+where[i]);
		if(d[0] & Lastlong && u[(n-1)*13+i] == 0){
			*len = (n-1)*13+i;
			break;
		}
	}
	return n-1 > 0 ? n-1 : -1;
}

/*
 * The next file of a directory from *slot on; e->addr is 0 when there are no more.
 * Volume labels, and long names without a file, are passed over.
 */
char*
nextentry(Dosfs *fs, ulong dir, int *slot, Entry *e)
{
	static ushort u[Maxslots*13];
	char alias[64];
	uchar sum;
	vlong a;
	int len, first, expect;	/* expect: the part that must come; -1: the file itself; 0: no long name */

	expect = first = len = 0;
	sum = 0;
	for(;; ++*slot){
		a = readslot(fs, dir, *slot, e->d);
		if(a < 0)
			return oserror();
		if(a == 0 || e->d[0] == 0){
			e->addr = 0;
			return nil;
		}
		if(e->d[0] == Deleted){
			expect = 0;
			continue;
		}
		if((e->d[Dattr] & 0x3F) == Along){
			if(e->d[0] & Lastlong)
				first = *slot;
			expect = longpart(e->d, u, expect, &sum, &len);
			continue;
		}
		if(!(e->d[Dattr] & Avolume))
			break;
		expect = 0;
	}
	e->addr = a;
	shortname(e->d, alias);
	e->alias[0] = 0;
	if(expect == -1 && checksum(e->d) == sum && len > 0 && len <= Maxname){
		runestoname(u, len, e->name);
		if(strlen(alias) < sizeof e->alias)
			strcpy(e->alias, alias);
		e->slot = first;
	}else{
		strcpy(e->name, alias);
		e->slot = *slot;
	}
	e->nslot = ++*slot-e->slot;
	return nil;
}

/* the file of that name, also if it is the short one; e->addr is 0 if there is none */
char*
findentry(Dosfs *fs, ulong dir, char *name, Entry *e)
{
	Index *x;
	char *err;
	int slot;

	x = getindex(fs, dir);
	if(x != nil)
		return indexname(x, name, e);
	for(slot = 0;;){
		err = nextentry(fs, dir, &slot, e);
		if(err != nil || e->addr == 0)
			return err;
		if(samename(e->name, name) || e->alias[0] != 0 && samename(e->alias, name))
			return nil;
	}
}

/* is the short name in 11 bytes taken by an entry other than that at addr? */
static char*
shorttaken(Dosfs *fs, ulong dir, uchar *d, vlong addr, int *taken)
{
	uchar e[Dirsize];
	Index *x;
	vlong a;
	int slot;

	*taken = oldname(fs, dir, nil, d);
	if(*taken)
		return nil;
	x = getindex(fs, dir);
	if(x != nil)
		return indexshort(x, d, addr, taken);
	for(slot = 0; !*taken; slot++){
		a = readslot(fs, dir, slot, e);
		if(a < 0)
			return oserror();
		if(a == 0 || e[0] == 0)
			break;
		if(e[0] != Deleted && a != addr && !(e[Dattr] & Avolume) && memcmp(e, d, 11) == 0)
			*taken = 1;
	}
	return nil;
}

static ulong
hash(char *s)
{
	ulong h;

	for(h = 5381; *s != 0; s++)
		h = h*33+(uchar)*s;
	return h;
}

/* a name that the disk has for a file that has another by now is about to be used: the disk hears of that first */
char*
settlename(Dosfs *fs, ulong dir, char *name)
{
	uchar d[Dirsize];
	int needlong;

	needlong = !plainshort(name, d);
	return oldname(fs, dir, name, needlong ? nil : d) ? syncerr(fs) : nil;
}

/* the 11 bytes for name, which no entry but that at addr has; *needlong: it is only a stand-in */
static char*
choosealias(Dosfs *fs, ulong dir, char *name, vlong addr, uchar *d, int *needlong)
{
	ulong h;
	char *err;
	int i, taken;

	*needlong = !plainshort(name, d);
	if(!*needlong)
		return nil;
	h = hash(name);
	for(i = 1; i < 1000; i++){
		/* after a few, numbers that others do not try either */
		makeshort(name, i < 5 ? i : 1000+(h+i*7919)%99000, d);
		err = shorttaken(fs, dir, d, addr, &taken);
		if(err != nil || !taken)
			return err;
	}
	return Edirfull;
}

/*
 * Writes clusters of a directory that are not linked yet, nclust in a row: what begins with n bytes of buf, and zeros.
 * It goes out at once, so that nothing ever leads to what was there before.
 */
char*
firstwrite(Dosfs *fs, ulong c, ulong nclust, uchar *buf, int n)
{
	static uchar block[4096];
	vlong a, e;
	long m;

	memset(block, 0, sizeof block);
	memmove(block, buf, n);
	a = clustaddr(fs, c);
	for(e = a+nclust*fs->cbytes; a < e; a += m){
		m = e-a < sizeof block ? e-a : sizeof block;
		if(bcaround(fs->cache, a, block, m) < 0)
			return oserror();
		memset(block, 0, n);
	}
	return nil;
}

/* adds clusters of zeros to a directory: one, or some if they are small */
static char*
growdir(Dosfs *fs, ulong dir)
{
	ulong c, n, i, last;
	long v;
	char *err;

	if(dir == 0 && fs->bits != 32)
		return Edirfull;
	last = dir == 0 ? fs->rootclust : dir;
	for(i = 0;; i++){
		v = fatget(fs, last);
		if(v < 0)
			return oserror();
		if(!goodclust(fs, v))
			break;
		if(i*fs->cbytes >= Maxdir)
			return i > Maxdir/fs->cbytes+1 ? Ebaddir : Edirfull;
		last = v;
	}
	err = fatalloc(fs, last+1, &c, &n, fs->cbytes < Growth ? Growth/fs->cbytes : 1);
	if(err != nil)
		return err;
	err = firstwrite(fs, c, n, nil, 0);
	if(err != nil){
		fatfree(fs, c);
		return err;
	}
	return fatset(fs, last, c);
}

/* n free entries in a row, in a directory made larger if need be */
static char*
freeslots(Dosfs *fs, ulong dir, int n, int *first)
{
	uchar d[Dirsize];
	Index *x;
	char *err;
	vlong a;
	int slot, run, end, from;

	x = getindex(fs, dir);
	from = x != nil ? indexfree(x, n) : 0;
	run = end = 0;
	for(slot = from; run < n; slot++){
		a = readslot(fs, dir, slot, d);
		if(a < 0)
			return oserror();
		if(a == 0){
			err = growdir(fs, dir);
			if(err != nil)
				return err;
			slot--;
			continue;
		}
		if(d[0] == 0)
			end = 1;		/* all behind are free, whatever they hold */
		if(end || d[0] == Deleted && !moving(fs, dir, slot))
			run++;
		else
			run = 0;
	}
	*first = slot-run;
	if(x != nil)
		indexfound(x, from, *first, n);
	return nil;
}

static char*
putslot(Dosfs *fs, ulong dir, int slot, uchar *d)
{
	vlong a;

	a = diraddr(fs, dir, slot*Dirsize);
	if(a <= 0 || bcwrite(fs->cache, a, d, Dirsize) < 0)
		return a == 0 ? Ebaddir : oserror();
	return nil;
}

/* the entries of a file into slots from first on; d is the last of them */
static char*
putslots(Dosfs *fs, ulong dir, int first, ushort *u, int nu, uchar *d)
{
	static uchar where[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	uchar l[Dirsize], sum;
	char *err;
	int i, k, n, at;

	n = (nu+12)/13;
	sum = checksum(d);
	for(i = 0; i < n; i++){
		memset(l, 0, sizeof l);
		k = n-i;		/* the last part comes first */
		l[0] = k | (i == 0 ? Lastlong : 0);
		l[Dattr] = Along;
		l[13] = sum;
		for(at = 0; at < 13; at++)
			put2(l+where[at], (k-1)*13+at < nu ? u[(k-1)*13+at] : (k-1)*13+at == nu ? 0 : 0xFFFF);
		err = putslot(fs, dir, first+i, l);
		if(err != nil)
			return err;
	}
	return putslot(fs, dir, first+n, d);
}

/* whether a slot behind the new ones must be made the end: it was behind the old end, and holds who knows what */
static char*
keepend(Dosfs *fs, ulong dir, int first, int n)
{
	uchar d[Dirsize];
	vlong a;
	int slot;

	for(slot = first; slot < first+n; slot++){
		a = readslot(fs, dir, slot, d);
		if(a < 0)
			return oserror();
		if(d[0] == 0)
			break;
	}
	if(slot == first+n)
		return nil;
	a = readslot(fs, dir, first+n, d);
	if(a <= 0)
		return a < 0 ? oserror() : nil;
	if(d[0] == 0)
		return nil;
	memset(d, 0, sizeof d);
	return putslot(fs, dir, first+n, d);
}

/* Makes entries for a file called name, which settlename has seen, like d in all but the name; *e is what they are. */
char*
addentry(Dosfs *fs, ulong dir, char *name, uchar *d, Entry *e)
{
	ushort u[Maxname];
	Index *x;
	char *err;
	int nu, needlong;

	memmove(e->d, d, Dirsize);
	e->d[Dcase] = 0;
	err = choosealias(fs, dir, name, 0, e->d, &needlong);
	if(err != nil)
		return err;
	nu = needlong ? longname(name, u) : 0;
	e->nslot = 1+(nu+12)/13;
	err = freeslots(fs, dir, e->nslot, &e->slot);
	if(err == nil)
		err = keepend(fs, dir, e->slot, e->nslot);
	if(err == nil)
		err = putslots(fs, dir, e->slot, u, nu, e->d);
	if(err != nil)
		return err;
	strecpy(e->name, e->name+sizeof e->name, name);
	e->alias[0] = 0;
	if(needlong)
		shortname(e->d, e->alias);
	e->addr = diraddr(fs, dir, (e->slot+e->nslot-1)*Dirsize);
	x = getindex(fs, dir);
	if(x != nil)
		indexadd(x, e);
	return nil;
}

/* the slots' first bytes become those of b, or say that the slots are free */
char*
markslots(Dosfs *fs, ulong dir, int slot, int n, uchar *b)
{
	uchar d[Dirsize];
	char *err;
	int i;

	for(i = 0; i < n; i++){
		if(readslot(fs, dir, slot+i, d) <= 0)
			return oserror();
		d[0] = b != nil ? b[i] : Deleted;
		err = putslot(fs, dir, slot+i, d);
		if(err != nil)
			return err;
	}
	return nil;
}

/* nobody finds a file by the entry in that slot */
static void
forgetentry(Dosfs *fs, ulong dir, int slot)
{
	Entry e;
	Index *x;

	x = getindex(fs, dir);
	if(x != nil && nextentry(fs, dir, &slot, &e) == nil && e.addr != 0)
		indexdel(x, &e);
}

char*
delentry(Dosfs *fs, ulong dir, int slot, int n)
{
	forgetentry(fs, dir, slot);
	indexhole(fs, dir, slot, n);
	return markslots(fs, dir, slot, n, nil);
}

/* are n slots of a directory in one row on the disk, so that one request writes them? */
static int
onerow(Dosfs *fs, ulong dir, int slot, int n)
{
	return diraddr(fs, dir, (slot+n-1)*Dirsize)-diraddr(fs, dir, slot*Dirsize) == (n-1)*Dirsize;
}

/* what is to be known of f's entries to bring them back for a moment; nil: errstr */
static Moved*
oldplace(Dosfile *f, uchar *d)
{
	uchar s[Dirsize];
	Moved *m;
	int i;

	m = mallocz(sizeof *m, 1);
	if(m == nil || (m->name = strdup(f->name)) == nil){
		freemoved(m);
		werrstr("out of memory");
		return nil;
	}
	memmove(m->shortname, d, sizeof m->shortname);
	m->dir = f->dir;
	m->slot = f->slot;
	m->nslot = f->nslot;
	for(i = 0; i < f->nslot; i++){
		if(readslot(f->fs, f->dir, f->slot+i, s) <= 0){
			freemoved(m);
			return nil;
		}
		m->first[i] = s[0];
	}
	return m;
}

/*
 * Other entries for f, which then loses those it has: at once, if the disk does not know of them.
 */
static char*
newplace(Dosfile *f, char *name, uchar *d)
{
	Dosfs *fs;
	Moved *m, *new;
	Entry e;
	char *err;

	fs = f->fs;
	m = movedto(f);
	new = nil;
	if(m == nil && (m = new = oldplace(f, d)) == nil)
		return oserror();
	err = addentry(fs, f->dir, name, d, &e);
	if(err != nil){
		freemoved(new);
		return err;
	}
	forgetentry(fs, f->dir, f->slot);
	err = markslots(fs, f->dir, f->slot, f->nslot, nil);
	m->to = e.addr;
	if(new != nil){
		new->next = fs->moved;
		fs->moved = new;
	}else
		indexhole(fs, f->dir, f->slot, f->nslot);
	f->slot = e.slot;
	f->nslot = e.nslot;
	f->addr = e.addr;
	return err;
}

/* gives f another name: in its own entries if they are enough, else in new ones */
char*
moventry(Dosfile *f, char *name)
{
	Dosfs *fs;
	ushort u[Maxname];
	uchar d[Dirsize], gone[Dirsize];
	Entry e;
	char *err;
	int nu, n, i, needlong;

	fs = f->fs;
	err = settlename(fs, f->dir, name);
	if(err != nil)
		return err;
	if(bcread(fs->cache, f->addr, d, Dirsize) < 0)
		return oserror();
	memmove(e.d, d, Dirsize);
	e.d[Dcase] = 0;
	err = choosealias(fs, f->dir, name, f->addr, e.d, &needlong);
	if(err != nil)
		return err;
	nu = needlong ? longname(name, u) : 0;
	n = 1+(nu+12)/13;
	if(n > f->nslot || !onerow(fs, f->dir, f->slot, f->nslot))
		return newplace(f, name, d);
	dropindex(fs, f->dir, 0);	/* rare, and more than one thing changes */
	for(i = 0; i < f->nslot-n && err == nil; i++){
		memset(gone, 0, sizeof gone);
		gone[0] = Deleted;
		gone[Dattr] = Along;
		err = putslot(fs, f->dir, f->slot+i, gone);
	}
	if(err == nil)
		err = putslots(fs, f->dir, f->slot+f->nslot-n, u, nu, e.d);
	f->slot += f->nslot-n;
	f->nslot = n;
	return err;
}

/* what is known of f into its entry */
char*
putentry(Dosfile *f)
{
	uchar d[Dirsize];

	if(f->addr == 0)
		return nil;
	if(bcread(f->fs->cache, f->addr, d, Dirsize) < 0)
		return oserror();
	d[Dattr] = f->attr;
	put2(d+Dclusthi, f->fs->bits == 32 ? f->start>>16 : 0);
	put2(d+Dclust, f->start);
	put4(d+Dlen, f->attr & Adir ? 0 : f->length);
	todostime(f->mtime, d+Dtime, d+Ddate);
	memmove(d+Dadate, d+Ddate, 2);
	if(bcwrite(f->fs->cache, f->addr, d, Dirsize) < 0)
		return oserror();
	return nil;
}

/* nil if there is nothing in the directory but itself and its parent */
char*
emptydir(Dosfs *fs, ulong dir)
{
	Entry e;
	char *err;
	int slot;

	for(slot = 0;;){
		err = nextentry(fs, dir, &slot, &e);
		if(err != nil || e.addr == 0)
			return err;
		if(strcmp(e.name, ".") != 0 && strcmp(e.name, "..") != 0)
			return Enotempty;
	}
}

/* local time in two words; what is no date is 1980 */
long
dostime(uchar *time, uchar *date)
{
	Tm tm;
	uint t, d;

	memset(&tm, 0, sizeof tm);
	t = time != nil ? get2(time) : 0;
	d = get2(date);
	tm.year = 80+(d>>9);
	tm.mon = (d>>5 & 0xF)-1;
	tm.mday = d & 0x1F;
	tm.hour = t>>11;
	tm.min = t>>5 & 0x3F;
	tm.sec = (t & 0x1F)*2;
	if(tm.mon < 0 || tm.mon > 11 || tm.mday == 0){
		tm.mon = 0;
		tm.mday = 1;
	}
	strcpy(tm.zone, "LOC");
	return tm2sec(&tm);
}

void
todostime(ulong t, uchar *time, uchar *date)
{
	Tm *tm;
	int year;

	tm = localtime(t);
	year = tm->year < 80 ? 0 : tm->year > 80+127 ? 127 : tm->year-80;
	if(time != nil)
		put2(time, tm->hour<<11 | tm->min<<5 | tm->sec/2);
	put2(date, year<<9 | tm->mon+1<<5 | tm->mday);
}
