/*
 * Physical memory, in blocks of 2^order pages that split and join as buddies, so
 * that what is neighbours in virtual memory can be neighbours here (the
 * hypervisor then maps it in one piece).  Two zones: low memory, which the
 * kernel reaches directly and lives in, and high memory.  Beyond a zone's
 * frontier nobody has touched anything: it is zero and costs the host nothing,
 * so the frontier moves only when there is nothing to reuse.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Maxorder = 10,		/* 4 MiB */
	Carve	= 4,		/* order by which the frontier moves */

	/* Page.flag */
	PGfree	= 1,		/* heads a free block */
	PGzero	= 2,		/* never touched */
};

typedef struct Zone Zone;
struct Zone
{
	Page	*free[Maxorder+1];
	ulong	first;		/* page numbers */
	ulong	frontier;
	ulong	end;
	ulong	nfree;		/* pages, those beyond the frontier too */
};

static Zone	zones[2];	/* low, high */
static Page	*pages;		/* by page number */
static ulong	reserve;	/* low pages that only the kernel may take */
static ulong	nuser;		/* pages handed out by newrun */

ulong
pagepa(Page *p)
{
	return (p-pages)<<PGSHIFT;
}

Page*
papage(ulong pa)
{
	return &pages[pa>>PGSHIFT];
}

ulong
pagesfree(void)
{
	ulong n;

	n = zones[0].nfree + zones[1].nfree + spacepages();
	return n > reserve? n-reserve: 0;
}

static Zone*
zoneof(Page *p)
{
	return (ulong)(p-pages) < KLINEAR>>PGSHIFT? &zones[0]: &zones[1];
}

static void
unlink(Zone *z, Page *p)
{
	if(p->prev != nil)
		p->prev->next = p->next;
	else
		z->free[p->order] = p->next;
	if(p->next != nil)
		p->next->prev = p->prev;
	p->next = nil;
	p->prev = nil;
	p->flag &= ~PGfree;
}

static void
link(Zone *z, Page *p, int order)
{
	p->order = order;
	p->flag |= PGfree;
	p->prev = nil;
	p->next = z->free[order];
	if(p->next != nil)
		p->next->prev = p;
	z->free[order] = p;
}

/* Join the block with its buddy as long as that is free too. */
static void
putblock(Zone *z, Page *p, int order)
{
	ulong n, b;
	Page *q;

	z->nfree += 1u<<order;
	n = p-pages;
	while(order < Maxorder){
		b = n ^ (1u<<order);
		if(b < z->first || b + (1u<<order) > z->frontier)
			break;
		q = &pages[b];
		if(!(q->flag & PGfree) || q->order != order)
			break;
		unlink(z, q);
		if(b < n)
			n = b;
		order++;
	}
	link(z, &pages[n], order);
}

/* Move the frontier by one aligned block of 2^order pages at most; 0 if it is at the end. */
static int
advance(Zone *z, int order)
{
	ulong n, i;
	int o;

	n = z->frontier;
	if(n >= z->end)
		return 0;
	for(o = 0; o < order && (n & (1u<<o)) == 0 && n+(2u<<o) <= z->end; o++)
		;
	z->frontier = n + (1u<<o);
	if(z == &zones[0])
		mmulinear(z->frontier<<PGSHIFT);
	for(i = n; i < z->frontier; i++)
		pages[i].flag |= PGzero;
	z->nfree -= 1u<<o;		/* putblock counts them again */
	putblock(z, &pages[n], o);
	return 1;
}

/* A block of exactly 2^order pages, or nil. */
static Page*
getblock(Zone *z, int order)
{
	Page *p;
	int o;

	for(;;){
		for(o = order; o <= Maxorder; o++)
			if(z->free[o] != nil)
				goto Found;
		if(!advance(z, order > Carve? order: Carve))
			return nil;
	}
Found:
	p = z->free[o];
	unlink(z, p);
	while(o > order){
		o--;
		link(z, p+(1u<<o), o);
	}
	z->nfree -= 1u<<order;
	return p;
}

/* The largest order up to `order` that z can serve now. */
static int
available(Zone *z, int order)
{
	int o;

	for(o = order; o <= Maxorder; o++)
		if(z->free[o] != nil)
			return order;
	if(z->frontier < z->end)
		return order;
	for(o = order-1; o >= 0; o--)
		if(z->free[o] != nil)
			return o;
	return -1;
}

/* Low memory for the kernel itself; not zeroed.  Free it with kernpagesfree. */
Page*
kernpages(int order)
{
	Page *p;
	int s, i;

	s = splhi();
	p = getblock(&zones[0], order);
	if(p != nil)
		for(i = 0; i < 1<<order; i++){
			p[i].flag = 0;
			p[i].ref = 1;
		}
	splx(s);
	return p;
}

void
kernpagesfree(Page *p, int order)
{
	int s, i;

	s = splhi();
	for(i = 0; i < 1<<order; i++)
		p[i].ref = 0;
	putblock(&zones[0], p, order);
	splx(s);
}

/* Which zone a process's page had better come from: low, while there is plenty. */
static Zone*
userzone(void)
{
	Zone *lo, *hi;

	lo = &zones[0];
	hi = &zones[1];
	if(lo->nfree > (lo->end-lo->first)/4 || hi->nfree == 0)
		return lo->nfree > reserve? lo: nil;
	return hi;
}

/*
 * Up to n pages for processes, neighbours if possible: pp[0..] get them, each
 * with one reference.  Returns how many, 0 when there is no memory at all.
 */
int
newrun(Page **pp, int n, int zero)
{
	Zone *z;
	Page *p;
	int o, i, k, s, dirty;

	s = splhi();
	z = userzone();
	if(z == nil){
		splx(s);
		return 0;
	}
	if(z == &zones[0] && z->nfree < reserve+n)
		n = 1;
	for(o = 0; (1<<o) < n && o < Maxorder; o++)
		;
	o = available(z, o);
	p = o < 0? nil: getblock(z, o);
	if(p == nil){
		splx(s);
		return 0;
	}
	k = 1<<o;
	if(k > n){
		for(i = n; i < k; i++)
			putblock(z, p+i, 0);
		k = n;
	}
	nuser += k;
	splx(s);
	dirty = 0;
	for(i = 0; i < k; i++){
		pp[i] = p+i;
		p[i].ref = 1;
		p[i].pins = 0;
		if(zero && !(p[i].flag & PGzero)){
			if(!dirty++)
				mmukernel();
			clearpage(p+i);
		}
		p[i].flag = 0;
	}
	if(dirty)
		mmuuser();
	return k;
}

/* Memory is short: give up what is kept only because it may be wanted again. */
int
pagereclaim(void)
{
	int n;

	n = sdreclaim();
	if(n == 0)
		n = spacereclaim();
	return n > 0? n: imagereclaim();
}

/* One page; nil when memory stays short. */
Page*
newpage(int zero)
{
	Page *p;

	while(newrun(&p, 1, zero) == 0)
		if(pagereclaim() == 0)
			return nil;
	return p;
}

void
putpage(Page *p)
{
	int s;

	if(p->ref <= 0)
		panic("putpage %#lux: ref %ld from %#p", pagepa(p), p->ref, getcallerpc(&p));
	if(--p->ref > 0)
		return;
	s = splhi();
	nuser--;
	putblock(zoneof(p), p, 0);
	splx(s);
}

/*
 * A zone begins past what the kernel occupies and ends before the archive and
 * the launcher's page tables below that.  The table of Pages needs no clearing:
 * it lies where nobody has been.
 */
void
pageinit(void)
{
	ulong npage, low, tab, i, top, ntab, from;

	npage = memsize>>PGSHIFT;
	low = npage < KLINEAR>>PGSHIFT? npage: KLINEAR>>PGSHIFT;
	from = kernelend()>>PGSHIFT;
	pages = (Page*)KADDR(from<<PGSHIFT);
	tab = PGROUND(npage*sizeof(Page))>>PGSHIFT;
	if(from+tab >= low)
		crash("memory is too small for its page table");
	mmulinear((from+tab)<<PGSHIFT);
	top = initrdlen != 0? initrdpa>>PGSHIFT: npage;
	ntab = 2*((npage>>10)+2);	/* the launcher's page tables, which are not zero */
	if(ntab > top)
		ntab = 0;
	zones[0].first = from+tab;
	zones[1].first = low;
	zones[0].end = top < low? top: low;
	zones[1].end = top > low? top: low;
	zones[0].frontier = zones[0].first;
	zones[1].frontier = zones[1].first;
	for(i = 0; i < 2; i++)
		if(top-ntab < zones[i].end)
			zones[i].end = top-ntab > zones[i].first? top-ntab: zones[i].first;
	for(i = 0; i < 2; i++)
		zones[i].nfree = zones[i].end - zones[i].first;
	reserve = (zones[0].end-zones[0].first)/16;
	conf.upages = pagesfree();
}
