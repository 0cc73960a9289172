/*
 * Segments that programs change themselves: brk, segbrk, segattach and their
 * kin.  All of them give address space; memory comes with the faults.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Maxphys	= 16,
};

static Physseg	physseg[Maxphys] = {
	{ SG_SHARED, "shared", 0, SEGMAXSIZE/BY2PG },
	{ SG_BSS, "memory", 0, SEGMAXSIZE/BY2PG },
};

/* A driver offers physical memory by name.  -1 if the name or the table is taken. */
int
addphysseg(Physseg *new)
{
	Physseg *p;

	for(p = physseg; p < physseg+Maxphys-1; p++){
		if(p->name == nil){
			*p = *new;
			return 0;
		}
		if(strcmp(p->name, new->name) == 0)
			return -1;
	}
	return -1;
}

static void
grow(Segment *s, ulong size)
{
	ulong **map, n;

	if(size > SEGMAXSIZE/BY2PG)
		error(Enovmem);
	n = (size+SEGCHUNK-1)/SEGCHUNK;
	if(n > s->nchunk){
		map = mallocz(n*sizeof(ulong*), 1);
		if(map == nil)
			error(Enovmem);
		memmove(map, s->map, s->nchunk*sizeof(ulong*));
		free(s->map);
		s->map = map;
		s->nchunk = n;
	}
}

/* The chunks wholly beyond `size` pages, which are empty. */
static void
freechunks(Segment *s, ulong size)
{
	ulong i;

	for(i = (size+SEGCHUNK-1)/SEGCHUNK; i < s->nchunk; i++){
		free(s->map[i]);
		s->map[i] = nil;
	}
}

/* Whether up has another segment in [from, to). */
static int
meetsother(Segment *s, ulong from, ulong to)
{
	Segment *o;
	int i;

	for(i = 0; i < NSEG; i++){
		o = up->seg[i];
		if(o != nil && o != s && from < o->top && o->base < to)
			return 1;
	}
	return 0;
}

/*
 * Move the end of a segment of up to addr.  Returns 0, or the base for addr 0.
 * The program's bss begins inside of the data segment, so an address there
 * means the base.
 */
ulong
ibrk(ulong addr, int slot)
{
	Segment *s;
	ulong top;

	s = up->seg[slot];
	if(s == nil)
		error(Ebadarg);
	if(addr == 0)
		return s->base;
	qlock(&s->lk);
	if(waserror()){
		qunlock(&s->lk);
		nexterror();
	}
	if(addr < s->base){
		if(slot != BSEG || up->seg[DSEG] == nil || addr < up->seg[DSEG]->base)
			error(Enovmem);
		addr = s->base;
	}
	if(addr > KERNBASE-BY2PG)
		error(Enovmem);
	top = PGROUND(addr);
	if(top < s->top){
		if(s->ref > 1)
			error(Einuse);
		segdrop(s, top, s->top);
		freechunks(s, (top-s->base)>>PGSHIFT);
	}else if(top > s->top){
		if(meetsother(s, s->base, top))
			error(Esoverlap);
		grow(s, (top-s->base)>>PGSHIFT);
	}
	s->top = top;
	s->size = (top-s->base)>>PGSHIFT;
	poperror();
	qunlock(&s->lk);
	return 0;
}

/* Room for len bytes below the stack, or below whatever else is in the way. */
static ulong
findhole(ulong len)
{
	Segment *s;
	ulong va;
	int i;

	va = up->seg[SSEG]->base;
Again:
	if(va < len+UTZERO)
		error(Enovmem);
	for(i = 0; i < NSEG; i++){
		s = up->seg[i];
		if(s != nil && va-len < s->top && s->base < va){
			va = s->base;
			goto Again;
		}
	}
	return va-len;
}

/*
 * A new segment of a class, len bytes at va, or where there is room if va is 0.
 * Returns its address.
 */
ulong
segattach(ulong attr, char *class, ulong va, ulong len)
{
	Physseg *ps;
	Segment *s;
	int slot;

	if(va != 0 && (va < BY2PG || va >= USTKTOP))
		error(Ebadarg);
	if(attr & ~(ulong)(SG_RONLY|SG_CEXEC))
		error(Ebadarg);
	vmemchr(userstr((ulong)class), 0, ~0U>>1);
	for(slot = 0; slot < NSEG; slot++)
		if(up->seg[slot] == nil && slot != ESEG)
			break;
	if(slot == NSEG)
		error(Enovmem);
	if(len == 0 || len > SEGMAXSIZE)
		error(Ebadarg);
	len = PGROUND(len + (va & PGMASK));
	va = PGTRUNC(va);
	if(va == 0)
		va = findhole(len);
	if(va+len < va || va+len > USTKTOP)
		error(Ebadarg);
	if(isoverlap(va, len))
		error(Esoverlap);
	for(ps = physseg; ps->name != nil; ps++)
		if(strcmp(ps->name, class) == 0)
			break;
	if(ps->name == nil)
		error(Ebadarg);
	if(len>>PGSHIFT > ps->size)
		error(Enovmem);
	s = newseg(ps->attr&SG_TYPE, va, len>>PGSHIFT);
	s->type |= attr | (ps->attr&~SG_TYPE);
	s->pseg = ps;
	up->seg[slot] = s;
	return va;
}

long
sysbrk_(ulong *arg)
{
	return ibrk(arg[0], BSEG);
}

long
syssegbrk(ulong *arg)
{
	Segment *s;
	int i;

	for(i = 0; i < NSEG; i++){
		s = up->seg[i];
		if(s == nil || arg[0] < s->base || arg[0] >= s->top)
			continue;
		switch(s->type & SG_TYPE){
		case SG_TEXT:
		case SG_DATA:
		case SG_STACK:
		case SG_PHYSICAL:
			error(Ebadarg);
		}
		return ibrk(arg[1], i);
	}
	error(Ebadarg);
}

long
syssegattach(ulong *arg)
{
	return segattach(arg[0], (char*)arg[1], arg[2], arg[3]);
}

long
syssegdetach(ulong *arg)
{
	Segment *s;
	int i;

	for(i = 0; i < NSEG; i++){
		s = up->seg[i];
		if(s != nil && ((arg[0] >= s->base && arg[0] < s->top) || (s->top == s->base && arg[0] == s->base)))
			break;
	}
	if(i == NSEG || i == SSEG)
		error(Ebadarg);
	qlock(&up->seglock);
	up->seg[i] = nil;
	mmuforget(up, s->base, s->top);
	qunlock(&up->seglock);
	putseg(s);
	return 0;
}

/* Give back whole pages of one segment; they read as zero from then on. */
long
syssegfree(ulong *arg)
{
	Segment *s;
	ulong from, to;

	s = seg(up, arg[0], 1);
	if(s == nil)
		error(Ebadarg);
	from = PGROUND(arg[0]);
	to = PGTRUNC(arg[0]+arg[1]);
	if(arg[0]+arg[1] < arg[0] || to > s->top || (s->type & SG_TYPE) == SG_TEXT){
		qunlock(&s->lk);
		error(Ebadarg);
	}
	if((s->type & SG_TYPE) == SG_PHYSICAL){
		qunlock(&s->lk);
		error(Ebadarg);
	}
	if(from < to)
		segdrop(s, from, to);
	qunlock(&s->lk);
	return 0;
}

/* Caches need no care on a 386; the addresses are checked all the same. */
long
syssegflush(ulong *arg)
{
	if(!okaddr(arg[0], arg[1], 0))
		error(Ebadarg);
	return 0;
}
