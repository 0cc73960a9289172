/*
 * The kernel's malloc.  Small pieces are cut from pages that hold one size each;
 * the page's own Page counts them and heads the list of its free ones, so that a
 * piece needs no header.  Larger ones are whole pages.  All of it is low memory,
 * bounded by conf.kmallocmax.  May be called from interrupts, but for smalloc.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "kept.h"

enum
{
	/* Page.flag of pages that malloc has */
	PGslab	= 0x10,
	PGlarge	= 0x20,		/* first page of a large piece; spare is its pages */

	Unit	= 16,		/* alignment of everything */
	Small	= 2048,		/* largest piece in a slab */
	Patience = 50,		/* times 20 ms: how long smalloc waits */
};

typedef struct Class Class;
struct Class
{
	ushort	size;
	ushort	n;		/* pieces in a page */
	Page	*partial;	/* pages with a free piece */
};

/* A free piece: the next one's number in its page plus one. */
typedef struct Piece Piece;
struct Piece
{
	ushort	next;
};

static Class	classes[] = {
	{16}, {32}, {48}, {64}, {80}, {96}, {128}, {160}, {192}, {256},
	{320}, {400}, {512}, {672}, {800}, {1008}, {1360}, {2048},
};
static uchar	bysize[Small/Unit+1];	/* class of a size in units */
static ulong	used;			/* bytes of pages that malloc has */
static Kept	given;			/* pieces in use */

void
mallocinit(void)
{
	int i, c;

	for(c = 0; c < nelem(classes); c++)
		classes[c].n = BY2PG/classes[c].size;
	for(i = c = 0; i <= Small/Unit; i++){
		while(classes[c].size < i*Unit)
			c++;
		bysize[i] = c;
	}
}

ulong
mallocused(void)
{
	return used;
}

/* What malloc has given out and not got back; pages are those that it has for that. */
void
mallockept(Kept *k)
{
	*k = given;
	k->pages = used>>PGSHIFT;
}

ulong
mallocmax(void)
{
	return conf.kmallocmax;
}

static void
pushpartial(Class *c, Page *p)
{
	p->prev = nil;
	p->next = c->partial;
	if(p->next != nil)
		p->next->prev = p;
	c->partial = p;
}

static void
droppartial(Class *c, Page *p)
{
	if(p->prev != nil)
		p->prev->next = p->next;
	else
		c->partial = p->next;
	if(p->next != nil)
		p->next->prev = p->prev;
	p->next = nil;
	p->prev = nil;
}

/* A new page for a class: all pieces free, the lowest first. */
static Page*
newslab(Class *c)
{
	Page *p;
	char *base;
	int i;

	if(used+BY2PG > conf.kmallocmax)
		return nil;
	p = kernpages(0);
	if(p == nil)
		return nil;
	used += BY2PG;
	base = KADDR(pagepa(p));
	for(i = 0; i < c->n; i++)
		((Piece*)(base+i*c->size))->next = i+1 < c->n? i+2: 0;
	p->flag = PGslab;
	p->order = c-classes;
	p->spare = 1;
	p->ref = 0;
	pushpartial(c, p);
	return p;
}

static void*
slaballoc(Class *c)
{
	Page *p;
	Piece *x;
	int s;

	s = splhi();
	p = c->partial;
	if(p == nil && (p = newslab(c)) == nil){
		splx(s);
		return nil;
	}
	x = (Piece*)((char*)KADDR(pagepa(p)) + (p->spare-1)*c->size);
	p->spare = x->next;
	p->ref++;
	if(p->spare == 0)
		droppartial(c, p);
	given.n++;
	given.bytes += c->size;
	splx(s);
	return x;
}

static void
slabfree(Page *p, char *v)
{
	Class *c;
	ulong i;
	int s;

	s = splhi();
	c = &classes[p->order];
	given.n--;
	given.bytes -= c->size;
	i = (v-(char*)KADDR(pagepa(p)))/c->size;
	if(p->spare == 0)
		pushpartial(c, p);
	((Piece*)v)->next = p->spare;
	p->spare = i+1;
	if(--p->ref == 0 && (p->next != nil || p->prev != nil)){
		/* not the only one with room: give it back */
		droppartial(c, p);
		p->flag = 0;
		used -= BY2PG;
		kernpagesfree(p, 0);
	}
	splx(s);
}

/* Whole pages: a block of the next order, without what is too much at its end. */
static void*
largealloc(ulong size)
{
	Page *p;
	ulong n, i;
	int s, o;

	n = PGROUND(size)>>PGSHIFT;
	for(o = 0; (1u<<o) < n; o++)
		;
	if(o > 10 || n > 0xFFFF || used+n*BY2PG > conf.kmallocmax)
		return nil;
	s = splhi();
	p = kernpages(o);
	if(p == nil){
		splx(s);
		return nil;
	}
	for(i = n; i < 1u<<o; i++)
		kernpagesfree(p+i, 0);
	p->flag = PGlarge;
	p->spare = n;
	used += n*BY2PG;
	given.n++;
	given.bytes += n*BY2PG;
	splx(s);
	return KADDR(pagepa(p));
}

static void
largefree(Page *p)
{
	ulong n, i;
	int s;

	s = splhi();
	n = p->spare;
	p->flag = 0;
	used -= n*BY2PG;
	given.n--;
	given.bytes -= n*BY2PG;
	for(i = 0; i < n; i++)
		kernpagesfree(p+i, 0);
	splx(s);
}

/* As malloc; what is in it is whatever was there. */
static void*
rawalloc(ulong size)
{
	if(size <= Small)
		return slaballoc(&classes[bysize[(size+Unit-1)/Unit]]);
	if(size > 4*MiB)
		return nil;
	return largealloc(size);
}

void*
mallocz(ulong size, int clr)
{
	void *v;

	v = rawalloc(size);
	if(v == nil && islo() && pagereclaim() > 0)
		v = rawalloc(size);
	if(v != nil && clr)
		memset(v, 0, size);
	return v;
}

void*
malloc(ulong size)
{
	return mallocz(size, 1);
}

/*
 * For those who cannot do without: waits for memory, and in the end fails the
 * process that asks by error(Enomem).
 */
void*
smalloc(ulong size)
{
	void *v;
	int i;

	for(i = 0; i < Patience; i++){
		v = mallocz(size, 1);
		if(v != nil)
			return v;
		if(pagereclaim() > 0)
			continue;
		if(up == nil || !islo() || size > 4*MiB)
			break;
		freebroken();
		tsleep(&up->sleep, return0, nil, 20);
	}
	if(up == nil || up->nerrlab == 0)
		panic("out of kernel memory: %lud bytes from %#p", size, getcallerpc(&size));
	error(Enomem);
}

ulong
msize(void *v)
{
	Page *p;

	if(v == nil)
		return 0;
	p = papage(PADDR(v));
	if(p->flag == PGslab)
		return classes[p->order].size;
	if(p->flag == PGlarge)
		return p->spare*BY2PG;
	panic("msize %#p from %#p", v, getcallerpc(&v));
}

void
free(void *v)
{
	Page *p;

	if(v == nil)
		return;
	if((ulong)v < KZERO || (ulong)v >= KZERO+KLINEAR || (ulong)v&(Unit-1))
		panic("free %#p from %#p", v, getcallerpc(&v));
	p = papage(PADDR(v));
	if(p->flag == PGslab)
		slabfree(p, v);
	else if(p->flag == PGlarge)
		largefree(p);
	else
		panic("free %#p from %#p: not allocated", v, getcallerpc(&v));
}

/* The old piece stays when there is no memory for the new one. */
void*
realloc(void *v, ulong size)
{
	void *nv;
	ulong old;

	if(v == nil)
		return malloc(size);
	if(size == 0){
		free(v);
		return nil;
	}
	old = msize(v);
	if(size <= old && size > old/2)
		return v;
	nv = rawalloc(size);
	if(nv == nil)
		return nil;
	memmove(nv, v, size < old? size: old);
	free(v);
	return nv;
}

void
setmalloctag(void *v, ulong pc)
{
	USED(v, pc);
}

/* s in memory of its own; waits as smalloc. */
char*
kstrdup(char *s)
{
	char *t;
	long n;

	n = strlen(s)+1;
	t = smalloc(n);
	memmove(t, s, n);
	return t;
}

void
kstrdupto(char **p, char *s)
{
	char *t, *old;

	t = kstrdup(s);
	old = *p;
	*p = t;
	free(old);
}

/* At most n bytes with the NUL, no rune cut in two. */
void
kstrcpy(char *d, char *s, int n)
{
	int l;

	l = strlen(s);
	if(l >= n){
		l = n-1;
		while(l > 0 && ((uchar)s[l] & 0xC0) == 0x80)
			l--;
	}
	memmove(d, s, l);
	d[l] = 0;
}

/* libc's, for those of its functions that the kernel links. */
char*
strdup(char *s)
{
	return kstrdup(s);
}

Rune*
runestrdup(Rune *s)
{
	Rune *t;
	long n;

	n = (runestrlen(s)+1)*sizeof(Rune);
	t = smalloc(n);
	memmove(t, s, n);
	return t;
}
