/*
 * Where names are in the directories that were used last, so that a large one is not
 * searched from its beginning for each.  A place is only where to look: what is
 * there is read and compared.  A directory without an index is searched; so all this may run out of
 * memory.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "dos.h"

typedef struct Place Place;

enum
{
	Nbucket		= 2048,
	Maxindex	= 24,
};

/* an entry whose name has this hash begins in this slot; or it is here, and the hash is that of its short name's bytes */
struct Place
{
	Place	*next;
	ulong	hash;
	int	slot;
};

struct Index
{
	Index	*next;			/* last used first */
	Dosfs	*fs;
	ulong	dir;
	int	end;			/* slots from here on were never used */
	int	holes;			/* slots before that are free, as far as is known */
	int	low;			/* none is known to be before this one */
	ulong	*clust;			/* the directory's clusters, as far as they are known */
	ulong	nclust;
	ulong	maxclust;
	Place	*tab[Nbucket];
};

static Index	*indices;
static int	nindex;

static ulong
namehash(char *s)
{
	ulong h;
	Rune r;

	for(h = 5381; *s != 0; ){
		s += chartorune(&r, s);
		h = h*33+tolowerrune(r);
	}
	return h;
}

static ulong
bytehash(uchar *d)
{
	ulong h;
	int i;

	for(h = 77, i = 0; i < 11; i++)
		h = h*31+d[i];
	return h;
}

static void
freeindex(Index *x)
{
	Place *p;
	int i;

	for(i = 0; i < Nbucket; i++)
		while((p = x->tab[i]) != nil){
			x->tab[i] = p->next;
			free(p);
		}
	free(x->clust);
	free(x);
	nindex--;
}

/* of all directories of fs, or of one */
void
dropindex(Dosfs *fs, ulong dir, int every)
{
	Index *x, **l;

	for(l = &indices; (x = *l) != nil;){
		if(x->fs != fs || !every && x->dir != dir){
			l = &x->next;
			continue;
		}
		*l = x->next;
		freeindex(x);
	}
}

static int
put(Index *x, ulong hash, int slot)
{
	Place *p, **l;

	p = malloc(sizeof *p);
	if(p == nil)
		return -1;
	l = &x->tab[hash%Nbucket];
	p->hash = hash;
	p->slot = slot;
	p->next = *l;
	*l = p;
	return 0;
}

static void
take(Index *x, ulong hash, int slot)
{
	Place *p, **l;

	for(l = &x->tab[hash%Nbucket]; (p = *l) != nil; l = &p->next)
		if(p->hash == hash && p->slot == slot){
			*l = p->next;
			free(p);
			return;
		}
}

static int
shortslot(Entry *e)
{
	return e->slot+e->nslot-1;
}

static int
putall(Index *x, Entry *e)
{
	if(put(x, namehash(e->name), e->slot) < 0 || put(x, bytehash(e->d), shortslot(e)) < 0)
		return -1;
	if(e->alias[0] != 0 && put(x, namehash(e->alias), e->slot) < 0)
		return -1;
	return 0;
}

static Index*
build(Dosfs *fs, ulong dir)
{
	Entry e;
	Index *x;
	char *err;
	int slot, used;

	x = mallocz(sizeof *x, 1);
	if(x == nil)
		return nil;
	x->fs = fs;
	x->dir = dir;
	nindex++;
	used = 0;
	for(slot = 0;;){
		err = nextentry(fs, dir, &slot, &e);
		if(err == nil && e.addr == 0)
			break;
		if(err != nil || putall(x, &e) < 0){
			freeindex(x);
			return nil;
		}
		used += e.nslot;
	}
	x->end = slot;
	x->holes = slot-used;
	return x;
}

/* nil: there is none to be had */
Index*
getindex(Dosfs *fs, ulong dir)
{
	Index *x, **l;

	for(l = &indices; (x = *l) != nil; l = &x->next)
		if(x->fs == fs && x->dir == dir){
			*l = x->next;
			x->next = indices;
			indices = x;
			return x;
		}
	x = build(fs, dir);
	if(x == nil)
		return nil;
	x->next = indices;
	indices = x;
	if(nindex > Maxindex){
		for(l = &indices; (*l)->next != nil; l = &(*l)->next)
			;
		x = *l;
		*l = nil;
		freeindex(x);
	}
	return indices;
}

/* the one that there is; nil: none */
Index*
knownindex(Dosfs *fs, ulong dir)
{
	Index *x;

	for(x = indices; x != nil; x = x->next)
		if(x->fs == fs && x->dir == dir)
			return x;
	return nil;
}

/* the last cluster that is known up to the directory's cluster number n, of which *i is the number; 0: none is */
ulong
indexclust(Index *x, ulong n, ulong *i)
{
	if(x->nclust == 0)
		return 0;
	*i = n < x->nclust ? n : x->nclust-1;
	return x->clust[*i];
}

/* the directory's cluster number i is c */
void
indexlearn(Index *x, ulong i, ulong c)
{
	ulong *p;

	if(i != x->nclust)
		return;
	if(i == x->maxclust){
		p = realloc(x->clust, (i*2+16)*sizeof p[0]);
		if(p == nil)
			return;
		x->clust = p;
		x->maxclust = i*2+16;
	}
	x->clust[x->nclust++] = c;
}

/* The entry of that name; e->addr is 0 if there is none. */
char*
indexname(Index *x, char *name, Entry *e)
{
	Place *p;
	ulong h;
	char *err;
	int slot;

	h = namehash(name);
	for(p = x->tab[h%Nbucket]; p != nil; p = p->next){
		if(p->hash != h)
			continue;
		slot = p->slot;
		err = nextentry(x->fs, x->dir, &slot, e);
		if(err != nil)
			return err;
		if(e->addr != 0 && (samename(e->name, name) || e->alias[0] != 0 && samename(e->alias, name)))
			return nil;
	}
	e->addr = 0;
	return nil;
}

/* Has an entry other than that at addr these 11 bytes? */
char*
indexshort(Index *x, uchar *d, vlong addr, int *taken)
{
	uchar e[Dirsize];
	Place *p;
	ulong h;
	vlong a;

	*taken = 0;
	h = bytehash(d);
	for(p = x->tab[h%Nbucket]; p != nil && !*taken; p = p->next){
		if(p->hash != h)
			continue;
		a = diraddr(x->fs, x->dir, p->slot*Dirsize);
		if(a < 0 || a > 0 && bcread(x->fs->cache, a, e, sizeof e) < 0)
			return oserror();
		/* a name's place may have the same hash: then this is a part of a long name, or another's entry */
		*taken = a > 0 && a != addr && e[0] != Deleted && !(e[Dattr] & Avolume) && memcmp(e, d, 11) == 0;
	}
	return nil;
}

/* the slot from which to look for n free ones */
int
indexfree(Index *x, int n)
{
	return x->holes >= n ? x->low : x->end;
}

/* they are from first on; the search began at from */
void
indexfound(Index *x, int from, int first, int n)
{
	if(first >= x->end && from < x->end)
		x->holes = 0;		/* none that is long enough: do not look again until more are free */
	else if(first < x->end){
		x->holes -= n;
		x->low = first+n;
	}
	if(first+n > x->end)
		x->end = first+n;
}

/* an entry has come, or goes */
void
indexadd(Index *x, Entry *e)
{
	if(putall(x, e) < 0)
		dropindex(x->fs, x->dir, 0);
}

void
indexdel(Index *x, Entry *e)
{
	take(x, namehash(e->name), e->slot);
	take(x, bytehash(e->d), shortslot(e));
	if(e->alias[0] != 0)
		take(x, namehash(e->alias), e->slot);
}

/* n slots from that one on are free for others */
void
indexhole(Dosfs *fs, ulong dir, int slot, int n)
{
	Index *x;

	x = knownindex(fs, dir);
	if(x == nil)
		return;
	x->holes += n;
	if(x->low > slot)
		x->low = slot;
}
