/*
 * Segments: what a process has in its address space, and what becomes of it
 * at fork.  Whoever takes pages out of a segment here tells the page tables of all
 * processes that share it first.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Eager	= 4096,		/* pages: up to here fork copies at once */
	Batch	= 16,		/* pages copied to neighbours in one go */
};

Segment*
newseg(int type, ulong base, ulong size)
{
	Segment *s;

	if(size > SEGMAXSIZE/BY2PG)
		error(Enovmem);
	s = smalloc(sizeof(Segment));
	s->ref = 1;
	s->type = type;
	s->base = base;
	s->size = size;
	s->top = base+size*BY2PG;
	s->cluster = 4;
	s->nchunk = (size+SEGCHUNK-1)/SEGCHUNK;
	if(s->nchunk > 0){
		s->map = mallocz(s->nchunk*sizeof(ulong*), 1);
		if(s->map == nil){
			free(s);
			error(Enovmem);
		}
	}
	return s;
}

/* The text of i, from base to top: all who run it share one segment.  i is locked. */
Segment*
textseg(Image *i, ulong base, ulong top)
{
	Segment *s;

	if(i->s != nil){
		incref(i->s);
		return i->s;
	}
	s = newseg(SG_TEXT, base, (top-base)>>PGSHIFT);
	s->image = i;
	s->flen = i->tlen;
	incref(i);
	i->s = s;
	return s;
}

/* The entry for va, which lies in s.  With make it is made.  nil: there is none. */
ulong*
segslot(Segment *s, ulong va, int make)
{
	ulong i, **chunk;

	i = (va-s->base)>>PGSHIFT;
	chunk = &s->map[i/SEGCHUNK];
	if(*chunk == nil && make)
		*chunk = mallocz(SEGCHUNK*sizeof(ulong), 1);
	return *chunk == nil? nil: &(*chunk)[i%SEGCHUNK];
}

/* The same, but with make there is one, or error(Enovmem). */
ulong*
segentry(Segment *s, ulong va, int make)
{
	ulong *e;

	e = segslot(s, va, make);
	if(e == nil && make)
		error(Enovmem);
	return e;
}

/* s gets a page of its own. */
void
segpage(Segment *s, Page *p, ulong va)
{
	ulong *e;

	e = segentry(s, va, 1);
	if(*e != 0)
		panic("segpage %#lux: there is one", va);
	*e = pagepa(p)|PTEVALID;
	if((s->type & SG_RONLY) == 0 && (s->type & SG_TYPE) != SG_TEXT)
		*e |= PTEWRITE;
	s->nres++;
}

static void
freechunks(Segment *s)
{
	ulong i, *e, *c;

	for(i = 0; i < s->nchunk; i++){
		c = s->map[i];
		if(c == nil)
			continue;
		for(e = c; e < c+SEGCHUNK; e++)
			if(*e != 0)
				putpage(papage(PTEADDR(*e)));
		free(c);
	}
	free(s->map);
	s->map = nil;
}

void
putseg(Segment *s)
{
	Image *i;

	i = s->image;
	if(i != nil){
		qlock(&i->lk);
		if(decref(s) > 0){
			qunlock(&i->lk);
			return;
		}
		if(i->s == s)
			i->s = nil;
		qunlock(&i->lk);
	}else if(decref(s) > 0)
		return;
	freechunks(s);
	if(i != nil)
		putimage(i);
	free(s->profile);
	free(s);
}

/* Call f on every process that has s. */
static void
eachuser(Segment *s, void (*f)(Proc*, ulong, ulong), ulong va, ulong top)
{
	Proc *p;
	int i, j, left;

	if(s->ref == 1 && (up->seg[BSEG] == s || up->seg[DSEG] == s || up->seg[SSEG] == s)){
		f(up, va, top);
		return;
	}
	left = s->ref;
	for(i = 0; left > 0 && (p = proctab(i)) != nil; i++){
		if(p->space == nil)
			continue;
		for(j = 0; j < NSEG; j++)
			if(p->seg[j] == s){
				f(p, va, top);
				left--;
				break;
			}
	}
}

/* The pages of [from, to) are not part of s any more, or read as zero. */
void
segdrop(Segment *s, ulong from, ulong to)
{
	ulong *e, va;

	eachuser(s, mmuforget, from, to);
	for(va = from; va < to; va += BY2PG){
		e = segentry(s, va, 0);
		if(e == nil){
			va += (SEGCHUNK-1 - ((va-s->base)>>PGSHIFT)%SEGCHUNK)*BY2PG;
			continue;
		}
		if(*e != 0){
			putpage(papage(PTEADDR(*e)));
			*e = 0;
			s->nres--;
		}
	}
}

/* The page at va was replaced by one that is in no table yet; up sets its own. */
void
segchanged(Segment *s, ulong va)
{
	if(s->ref > 1)
		eachuser(s, mmuforget, va, va+BY2PG);
}

/* From outside: va's page is new from now on, for all who share s. */
void
segreplace(Segment *s, ulong va, ulong *e, Page *new)
{
	ulong old;

	old = *e;
	eachuser(s, mmuforget, va, va+BY2PG);
	*e = pagepa(new)|PTEVALID|PTEWRITE;
	if(old != 0)
		putpage(papage(PTEADDR(old)));
	else
		s->nres++;
}

/*
 * Copy count pages of entries, which are those of va on, to new pages; for the ones
 * that p's space has a page in store, to that.  0 when memory is short.
 */
static int
copyentries(Proc *p, ulong va, ulong *to, ulong *from, int count)
{
	Page *pp[Batch];
	int k, i, n;

	for(i = 0; i < count; i++){
		pp[0] = spacewarm(p->space, va+i*BY2PG);
		to[i] = pp[0] == nil? 0: pagepa(pp[0])|PTEVALID|PTEWRITE;
	}
	for(i = 0; i < count; ){
		for(n = 0; i+n < count && to[i+n] == 0; n++)
			;
		if(n == 0){
			i++;
			continue;
		}
		k = newrun(pp, n, 0);
		if(k == 0){
			pp[0] = newpage(0);
			if(pp[0] == nil)
				return 0;
			k = 1;
		}
		for(n = 0; n < k; n++)
			to[i++] = pagepa(pp[n])|PTEVALID|PTEWRITE;
	}
	for(i = 0; i < count; i++)
		copypage(papage(PTEADDR(to[i])), papage(PTEADDR(from[i])));
	return 1;
}

/* One chunk of the copy: pages of their own, or for both to copy when they write. */
static int
dupchunk(Proc *p, Segment *n, ulong va, ulong *to, ulong *from, int eager)
{
	int i, j;

	if(!eager){
		for(i = 0; i < SEGCHUNK; i++)
			if(from[i] != 0){
				if(papage(PTEADDR(from[i]))->pins != 0){
					/* a device fills it for the parent */
					if(!copyentries(p, va+i*BY2PG, to+i, from+i, 1))
						return 0;
					n->nres++;
					continue;
				}
				from[i] &= ~PTEWRITE;
				to[i] = from[i];
				papage(PTEADDR(from[i]))->ref++;
				n->nres++;
			}
		return 1;
	}
	for(i = 0; i < SEGCHUNK; i = j){
		for(j = i; j < SEGCHUNK && j < i+Batch && from[j] != 0; j++)
			;
		if(j > i){
			if(!copyentries(p, va+i*BY2PG, to+i, from+i, j-i))
				return 0;
			n->nres += j-i;
		}else
			j++;
	}
	return 1;
}

/*
 * A copy of s, which is locked.  A page is copied in a hundredth of the time that
 * the two faults of copying on write take, so up to some thousands are copied
 * now, while memory is plenty; of more, the writers copy.
 */
static Segment*
copyseg(Proc *p, Segment *s)
{
	Segment *n;
	ulong i;
	int eager;

	n = newseg(s->type, s->base, s->size);
	if(waserror()){
		putseg(n);
		nexterror();
	}
	n->image = s->image;
	n->ipage = s->ipage;
	n->flen = s->flen;
	if(n->image != nil)
		incref(n->image);
	eager = s->nres <= Eager && s->nres < pagesfree()/8 && pagesfree() > conf.upages/4;
	if(!eager)
		eachuser(s, mmureadonly, s->base, s->top);
	for(i = 0; i < n->nchunk; i++){		/* s may have shrunk: its map did not */
		if(s->map[i] == nil)
			continue;
		n->map[i] = mallocz(SEGCHUNK*sizeof(ulong), 1);
		if(n->map[i] == nil || !dupchunk(p, n, s->base+i*SEGCHUNK*BY2PG, n->map[i], s->map[i], eager))
			error(Enovmem);
	}
	poperror();
	return n;
}

/*
 * What p, a child of up, gets for the segment in a slot, by the rules of rfork: text and
 * shared memory are shared, a stack never is, the others as share says.
 */
Segment*
dupseg(Proc *p, int slot, int share)
{
	Segment *n, *s;
	int t;

	s = up->seg[slot];
	t = s->type & SG_TYPE;
	if(slot == TSEG && t == SG_DATA){
		/* a debugger's breakpoints are for the parent */
		qlock(&s->image->lk);
		if(waserror()){
			qunlock(&s->image->lk);
			nexterror();
		}
		n = textseg(s->image, s->base, s->top);
		poperror();
		qunlock(&s->image->lk);
		return n;
	}
	if(t == SG_TEXT || t == SG_SHARED || t == SG_PHYSICAL || (share && t != SG_STACK)){
		incref(s);
		return s;
	}
	qlock(&s->lk);
	if(waserror()){
		qunlock(&s->lk);
		nexterror();
	}
	n = copyseg(p, s);
	poperror();
	qunlock(&s->lk);
	return n;
}

/* p's segment with va in it, locked if so wanted; nil if there is none. */
Segment*
seg(Proc *p, ulong va, int dolock)
{
	Segment *s, **l;

	for(l = p->seg; l < p->seg+NSEG; l++){
		s = *l;
		if(s == nil || va < s->base || va >= s->top)
			continue;
		if(!dolock)
			return s;
		qlock(&s->lk);
		if(va >= s->base && va < s->top)
			return s;
		qunlock(&s->lk);
	}
	return nil;
}

/* Whether [va, va+len) meets a segment of up. */
int
isoverlap(ulong va, ulong len)
{
	Segment *s;
	int i;

	for(i = 0; i < NSEG; i++){
		s = up->seg[i];
		if(s != nil && va < s->top && s->base < va+len)
			return 1;
	}
	return 0;
}

static void
filltext(Proc *p, Segment *s)
{
	Image *img;
	Page *pg;
	ulong e[SEGCHUNK], i, j, va;

	img = s->image;
	for(i = 0; i < s->size; i += j){
		va = s->base+i*BY2PG;
		for(j = 0; j < SEGCHUNK && i+j < s->size; j++){
			pg = img->page[s->ipage+i+j];
			e[j] = pg == nil? 0: pagepa(pg)|PTEVALID;
		}
		mmuaround(p, va, e, j);
	}
}

/*
 * Put what s has in memory into p's page tables, so that p does not fault for
 * it.  p may be a child that has not run yet.
 */
void
segfill(Proc *p, Segment *s)
{
	ulong i, n;

	if((s->type & SG_TYPE) == SG_TEXT && s->image != nil){
		filltext(p, s);
		return;
	}
	if(s->nres == 0)
		return;
	for(i = 0; i*SEGCHUNK < s->size; i++)
		if(s->map[i] != nil){
			n = s->size - i*SEGCHUNK;
			mmuaround(p, s->base+i*SEGCHUNK*BY2PG, s->map[i], n < SEGCHUNK? n: SEGCHUNK);
		}
}
