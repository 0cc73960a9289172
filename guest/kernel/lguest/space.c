/*
 * Address spaces.  Filling the hypervisor's windows is what costs most on this
 * machine.  So a Space is not freed when its process ends but kept with its
 * tables and private pages, and the next process that runs the same program gets
 * it and, at the same addresses, the same pages; hardly anything in the windows
 * changes then.  Of many, or when memory is short, the longest idle are freed.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"
#include "kept.h"

enum
{
	Maxidle	= 24,		/* idle Spaces that are kept for their own program */
	Manyidle = 64,		/* that are kept at all, */
	Fewidle	= 8,		/* and these, with one for each megabyte of memory */
	Firsttabs = 8,		/* page tables that an idle one keeps: those of the program, */
	Lasttabs = 2,		/* and those of the stack */
};

static Space	*idle;		/* last used first */
static int	nidle;
static ulong	nwarm;		/* pages in all idle Spaces */
/* Directories of Spaces that were freed: the hypervisor keeps a window for each that it has seen. */
static Page	*dirs;

static Space*
newspace(void)
{
	Space *s;
	Page *pg;
	ulong *d;

	s = mallocz(sizeof *s, 1);
	pg = dirs;
	if(pg != nil){
		dirs = pg->next;
		pg->next = nil;
	}else
		pg = kernpages(0);
	if(s == nil || pg == nil){
		free(s);
		if(pg != nil)
			kernpagesfree(pg, 0);
		error(Enomem);
	}
	d = KADDR(pagepa(pg));
	memset(d, 0, PDX(KERNBASE)*sizeof(ulong));
	memmove(d+PDX(KERNBASE), kpgdir+PDX(KERNBASE), (NPDE-PDX(KERNBASE))*sizeof(ulong));
	s->dir = d;
	return s;
}

/* *l leaves the idle list, its tables empty. */
static Space*
take(Space **l)
{
	Space *s;
	int i;

	s = *l;
	*l = s->next;
	nidle--;
	nwarm -= s->nwarm;
	s->look = 0;
	for(i = 0; i < PDX(KERNBASE); i++)
		if(s->dir[i] != 0)
			memset(KADDR(PTEADDR(s->dir[i])), 0, BY2PG);
	return s;
}

/*
 * A Space that ran the program key before, or nil.  Its tables are empty, which the
 * hypervisor does not know before spacesettle.
 */
Space*
spacematch(void *key)
{
	Space *s, **l;

	for(l = &idle; (s = *l) != nil; l = &s->next)
		if(s->key == key)
			return take(l);
	return nil;
}

/*
 * A Space for a process that is to run the program key: one that did so before, a new
 * one, or the one that has been idle longest; or error(Enomem).
 */
Space*
spacefind(void *key)
{
	Space *s, **l;

	s = spacematch(key);
	if(s != nil)
		return s;
	if(nidle < Maxidle)
		return newspace();
	for(l = &idle; (*l)->next != nil; l = &(*l)->next)
		;
	return take(l);
}

static void
dropwarm(Space *s)
{
	while(s->nwarm > 0)
		putpage(s->warm[--s->nwarm].pg);
}

/* Free page tables of s but for the first and last of them; pages freed. */
static int
droptables(Space *s, int first, int last)
{
	Page *tab;
	int i, k, n, left;

	n = 0;
	left = s->ntab;
	for(i = k = 0; i < PDX(KERNBASE) && left > last; i++){
		if(s->dir[i] == 0)
			continue;
		left--;
		if(k++ < first)
			continue;
		tab = papage(PTEADDR(s->dir[i]));
		s->dir[i] = 0;
		hcall(LHCALL_SET_PMD, PADDR(s->dir), i, 0);
		kernpagesfree(tab, 0);
		n++;
	}
	s->ntab -= n;
	return n;
}

/* The end of a Space that nobody uses and that is not in the list; pages freed. */
static int
spacefree(Space *s)
{
	Page *pg;
	int n;

	n = s->nwarm;
	dropwarm(s);
	if(m->pgdir == s->dir)
		mmukernel();
	n += droptables(s, 0, 0);
	pg = papage(PADDR(s->dir));
	pg->next = dirs;
	dirs = pg;
	free(s);
	return n;
}

/* Out of the list, the longest idle of them; pages freed. */
static int
droplast(void)
{
	Space *s, **l;

	for(l = &idle; (*l)->next != nil; l = &(*l)->next)
		;
	s = *l;
	*l = nil;
	nidle--;
	nwarm -= s->nwarm;
	return spacefree(s);
}

/* Nobody uses s for now. */
void
spaceput(Space *s, void *key)
{
	if(s->ntab > Firsttabs+Lasttabs)
		droptables(s, Firsttabs, Lasttabs);
	s->key = key;
	s->next = idle;
	idle = s;
	nidle++;
	nwarm += s->nwarm;
	while(nidle > Manyidle || nidle > Fewidle+conf.upages/256)
		droplast();
}

/* The page that s has in store for va: the caller's from now on.  Or nil. */
Page*
spacewarm(Space *s, ulong va)
{
	Page *pg;
	int i, n;

	for(n = 0, i = s->look; n < s->nwarm; n++, i++){
		if(i >= s->nwarm)
			i = 0;
		if(s->warm[i].va == va){
			pg = s->warm[i].pg;
			s->nwarm--;
			memmove(&s->warm[i], &s->warm[i+1], (s->nwarm-i)*sizeof s->warm[0]);
			s->look = i;
			return pg;
		}
	}
	return nil;
}

/* Any page that s has in store, and for where. */
Page*
spaceany(Space *s, ulong *va)
{
	if(s->nwarm == 0)
		return nil;
	s->nwarm--;
	*va = s->warm[s->nwarm].va;
	return s->warm[s->nwarm].pg;
}

/* What s maps is as it should be for its new process: tell the hypervisor. */
void
spacesettle(Space *s)
{
	int i;

	dropwarm(s);
	for(i = 0; i < PDX(KERNBASE); i++)
		if(s->dir[i] != 0)
			hcall(LHCALL_SET_PMD, PADDR(s->dir), i, 0);
}

/* Keep those of the segment's pages that are nobody else's; they leave the segment. */
static void
keeppages(Space *s, Segment *sg)
{
	ulong i, j, *c;
	Page *pg;

	if(sg == nil || sg->ref != 1)
		return;
	for(i = 0; i*SEGCHUNK < sg->size; i++){
		c = sg->map[i];
		if(c == nil)
			continue;
		for(j = 0; j < SEGCHUNK; j++){
			if(s->nwarm == Maxwarm)
				return;
			if((c[j] & PTEWRITE) == 0)
				continue;
			pg = papage(PTEADDR(c[j]));
			if(pg->ref != 1)
				continue;
			s->warm[s->nwarm].va = sg->base+(i*SEGCHUNK+j)*BY2PG;
			s->warm[s->nwarm].pg = pg;
			s->nwarm++;
			c[j] = 0;
			sg->nres--;
		}
	}
}

/*
 * p, which has its segments still and will not run in user mode in them again,
 * gives up its space.
 */
void
mmuretire(Proc *p)
{
	Space *s;
	void *key;

	s = p->space;
	if(s == nil)
		return;
	p->space = nil;
	dropwarm(s);
	if(nwarm < conf.upages/16 && pagesfree() > conf.upages/16){
		keeppages(s, p->seg[SSEG]);
		keeppages(s, p->seg[DSEG]);
		keeppages(s, p->seg[BSEG]);
	}
	key = nil;
	if(p->seg[TSEG] != nil)
		key = p->seg[TSEG]->image;
	spaceput(s, key);
}

/* Memory is short: all idle Spaces go.  How many pages that were. */
int
spacereclaim(void)
{
	int n;

	for(n = 0; nidle > 0; )
		n += droplast();
	return n;
}

/* Address spaces that nobody uses; what is warm in them counts as free. */
void
spacekept(Kept *k)
{
	Space *s;
	Page *p;

	for(s = idle; s != nil; s = s->next){
		k->n++;
		k->bytes += msize(s);
		k->pages += 1+s->ntab;
	}
	for(p = dirs; p != nil; p = p->next)
		k->pages++;
}

/* Pages that are neither free nor anybody's. */
ulong
spacepages(void)
{
	return nwarm;
}
