/*
 * Page tables.  The hypervisor keeps its windows as a cache of these tables, so the
 * rules of a TLB hold: adding an entry needs no word, taking one away or
 * changing it is announced, and what is announced but still the same stays cached.
 * Directories belong to Spaces (space.c).
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"

enum
{
	Fewpages = 16,		/* announced one by one; more at once */
	Kmapways = 4,
	Linstep	= 16*MiB,
};

typedef struct Kmap	Kmap;
struct Kmap
{
	ulong	pa;
	int	ref;
};

ulong	*kpgdir;			/* nothing but the kernel */
static ulong	*kmaptab;		/* the page table at KMAPADDR */
static Kmap	kmaps[NKMAP];
static ulong	bootfree = 0;		/* next page for tables made before the allocator */
static ulong	low;			/* bytes of linear memory */
static ulong	linear;			/* of them in the tables */
static ulong	*lintab;		/* an entry for each of its pages */
static ulong	devnext = DEVADDR;

/* n pages that nobody has touched, and that are zero therefore. */
static void*
bootpages(int n)
{
	void *v;

	if(bootfree == 0)
		bootfree = PGROUND((ulong)end);
	v = (void*)bootfree;
	bootfree += n*BY2PG;
	return v;
}

/* The first byte that the page allocator may have. */
ulong
kernelend(void)
{
	return PADDR(bootfree);
}

/*
 * Fill the tables of linear memory up to pa, and a bit more.  The tables of all of it
 * are in every directory from the start, but cost nothing until memory is used.  Returns
 * how many bytes can be reached.
 */
ulong
mmulinear(ulong pa)
{
	if(pa > low)
		pa = low;
	if(pa > linear){
		pa = ROUND(pa, Linstep);
		if(pa > low)
			pa = low;
		for(; linear < pa; linear += BY2PG)
			lintab[linear>>PGSHIFT] = linear|PTEKERN;
	}
	return linear;
}

/* Before pageinit: map [pa, pa+len) at va in kpgdir. */
static void
bootmap(ulong va, ulong pa, ulong len)
{
	ulong *tab, e;

	for(e = va+len; va != e; va += BY2PG, pa += BY2PG){
		if(kpgdir[PDX(va)] == 0)
			kpgdir[PDX(va)] = PADDR(bootpages(1))|PTETAB;
		tab = KADDR(PTEADDR(kpgdir[PDX(va)]));
		tab[PTX(va)] = pa|PTEKERN;
	}
}

/*
 * Our own tables in place of the launcher's: memory from KZERO, the archive
 * if it lies too high for that, a table for kmap and one for devices.
 */
void
mmuinit(void)
{
	ulong i, n;

	low = memsize < KLINEAR? memsize: KLINEAR;
	kpgdir = bootpages(1);
	n = ROUND(low, 4*MiB)/(4*MiB);
	lintab = bootpages(n);
	for(i = 0; i < n; i++)
		kpgdir[PDX(KZERO)+i] = (PADDR(lintab)+i*BY2PG)|PTETAB;
	mmulinear(PADDR(lintab)+n*BY2PG);
	if(initrdlen != 0 && PGROUND(initrdpa+initrdlen) > low)
		bootmap(INITRDADDR, PGTRUNC(initrdpa), PGROUND(initrdlen));
	else if(initrdlen != 0)
		bootmap(KZERO+PGTRUNC(initrdpa), PGTRUNC(initrdpa), PGROUND(initrdlen));
	kmaptab = bootpages(1);
	kpgdir[PDX(KMAPADDR)] = PADDR(kmaptab)|PTETAB;
	bootmap(DEVADDR, memsize, BY2PG);
	devnext = DEVADDR+BY2PG;
	m->pgdir = kpgdir;
	hcall(LHCALL_NEW_PGTABLE, PADDR(kpgdir), 0, 0);
	hcall(LHCALL_FLUSH_TLB, 1, 0, 0);
}

void*
lguestdevpage(void)
{
	return (void*)DEVADDR;
}

/* Map device memory: npage pages at pa, for good.  nil if there is no room. */
void*
mapdev(ulong pa, int npage)
{
	ulong va, *tab;
	int i;

	if(devnext+npage*BY2PG > DEVADDR+NPDE*BY2PG)
		return nil;
	va = devnext;
	devnext += npage*BY2PG;
	tab = KADDR(PTEADDR(kpgdir[PDX(DEVADDR)]));
	for(i = 0; i < npage; i++)
		tab[PTX(va)+i] = (pa+i*BY2PG)|PTEKERN;
	return (void*)va;
}

void*
kaddr(ulong pa)
{
	if(pa >= KLINEAR)
		panic("kaddr %#lux from %#p", pa, getcallerpc(&pa));
	return KADDR(pa);
}

ulong
paddr(void *va)
{
	if((ulong)va < KZERO || (ulong)va >= KZERO+KLINEAR)
		panic("paddr %#p from %#p", va, getcallerpc(&va));
	return PADDR(va);
}

static int
kmapfree(void *a)
{
	ulong i, slot;

	slot = (ulong)a;
	for(i = 0; i < Kmapways; i++)
		if(kmaps[(slot+i)%NKMAP].ref == 0)
			return 1;
	return 0;
}

/*
 * A page that is not in the linear map gets one of a few slots by its number;
 * a slot keeps its page after kunmap, so that the next kmap of it costs nothing.
 */
void*
kmap(Page *pg)
{
	ulong pa, i, slot, n;
	Kmap *k;

	pa = pagepa(pg);
	if(pa < KLINEAR)
		return KADDR(pa);
	slot = (pa>>PGSHIFT)*Kmapways % NKMAP;
	for(;;){
		for(i = 0; i < Kmapways; i++){
			k = &kmaps[(slot+i)%NKMAP];
			if(k->pa == pa){
				k->ref++;
				return (void*)(KMAPADDR+(k-kmaps)*BY2PG);
			}
		}
		for(i = 0; i < Kmapways; i++){
			k = &kmaps[(slot+i)%NKMAP];
			if(k->ref == 0){
				n = k-kmaps;
				k->pa = pa;
				k->ref = 1;
				kmaptab[n] = pa|PTEKERN;
				hcall(LHCALL_SET_PTE, PADDR(m->pgdir), KMAPADDR+n*BY2PG, kmaptab[n]);
				return (void*)(KMAPADDR+n*BY2PG);
			}
		}
		if(up == nil)
			panic("kmap: no slot");
		while(!kmapfree((void*)slot))
			yield();
	}
}

void
kunmap(void *v)
{
	ulong n;

	if((ulong)v < KMAPADDR || (ulong)v >= KMAPADDR+NKMAP*BY2PG)
		return;
	n = ((ulong)v-KMAPADDR)>>PGSHIFT;
	if(--kmaps[n].ref < 0)
		panic("kunmap %#p", v);
}

static ulong*
newtab(void)
{
	Page *pg;
	ulong *t;

	pg = kernpages(0);
	if(pg == nil)
		return nil;
	t = KADDR(pagepa(pg));
	memset(t, 0, BY2PG);
	return t;
}

/* d is the current directory from now on. */
void
setdir(ulong *d)
{
	if(m->pgdir == d)
		return;
	m->pgdir = d;
	hcall(LHCALL_NEW_PGTABLE, PADDR(d), 0, 0);
}

/*
 * Make p's address space the current one; a process without one is content
 * with any, since the kernel is the same in all.
 */
void
mmuswitch(Proc *p)
{
	if(p->space == nil)
		return;
	setdir(p->space->dir);
	hcall(LHCALL_SET_STACK, KDSEL, (ulong)p->kstack+KSTACK, 2);
}

/*
 * Work on many pages is done in one space, whose window on memory is warm: in
 * every other one the host would enter each page anew.  The user's memory is not
 * there; a sleep, or mmuuser, brings it back.
 */
void
mmukernel(void)
{
	setdir(kpgdir);
}

void
mmuuser(void)
{
	if(up != nil && up->space != nil)
		setdir(up->space->dir);
}

/* The entry for va in p's tables, or nil; made on demand, or error(Enomem). */
static ulong*
pte(Proc *p, ulong va, int make)
{
	ulong *t;
	Space *s;

	if(va >= KERNBASE)
		panic("pte %#lux", va);
	s = p->space;
	if(s == nil){
		if(!make)
			return nil;
		s = spacefind(nil);
		spacesettle(s);
		p->space = s;
		if(p == up)
			mmuswitch(p);
	}
	if(s->dir[PDX(va)] == 0){
		if(!make)
			return nil;
		t = newtab();
		if(t == nil)
			error(Enomem);
		s->dir[PDX(va)] = PADDR(t)|PTETAB;
		s->ntab++;
	}
	t = KADDR(PTEADDR(s->dir[PDX(va)]));
	return &t[PTX(va)];
}

static ulong
hwpte(ulong e)
{
	e |= PTEUSER|PTEACC|PTEVALID;
	if(e & PTEWRITE)
		e |= PTEDIRTY;
	return e;
}

/*
 * Give p a range of pages: entries e (a Segment's: address and PTEWRITE, 0 for
 * none) for n pages from va.  Where there is an entry already it stays.
 * p need not be current: rfork fills the child's tables by this.
 */
void
mmuaround(Proc *p, ulong va, ulong *e, int n)
{
	ulong *t;

	t = nil;
	for(; n > 0; n--, va += BY2PG, e++){
		if(t == nil || PTX(va) == 0)
			t = pte(p, va, 1) - PTX(va);
		if(*e != 0 && t[PTX(va)] == 0)
			t[PTX(va)] = hwpte(*e);
	}
}

/* Give up one page; if there was another one, it goes. */
void
mmuset(ulong va, ulong e)
{
	ulong *t;

	t = pte(up, va, 1);
	e = hwpte(e);
	if(*t == e)
		return;
	if(*t == 0){
		*t = e;
		return;
	}
	*t = e;
	hcall(LHCALL_SET_PTE, PADDR(up->space->dir), va, e);
}

/* The entry for va, which may be the kernel's, in the tables that are current; or nil. */
static ulong*
entry(ulong va)
{
	ulong *d;

	d = va >= KERNBASE? kpgdir: up->space != nil? up->space->dir: nil;
	if(d == nil || d[PDX(va)] == 0)
		return nil;
	return (ulong*)KADDR(PTEADDR(d[PDX(va)])) + PTX(va);
}

/*
 * The memory behind va as it could be used now, with no fault (to store into it, if write): where it is in *pa, and
 * how many of n bytes lie there in a row; 0 if there is none.  It is so until interrupts are on.
 */
ulong
mmurun(ulong va, ulong n, int write, ulong *pa)
{
	ulong *t, e, want, got;

	if(va >= KZERO && va < KZERO+KLINEAR){
		*pa = PADDR(va);
		return n;
	}
	want = write? PTEVALID|PTEWRITE: PTEVALID;
	t = entry(va);
	if(t == nil || (*t & want) != want)
		return 0;
	e = *t;
	*pa = PTEADDR(e) | va & PGMASK;
	for(got = BY2PG-(va & PGMASK); got < n; got += BY2PG){
		t = PTX(va+got) != 0? t+1: entry(va+got);
		e += BY2PG;
		if(t == nil || *t != e)
			return got;
	}
	return n;
}

/*
 * Take the entries of [va, top) from p, which need not be current; with ro,
 * only their permission to write.
 */
static void
mmurange(Proc *p, ulong va, ulong top, int ro)
{
	ulong *d, *t, next, n;

	if(p->space == nil)
		return;
	d = p->space->dir;
	for(; va < top; va = next){
		next = (va + 4*MiB) & ~(4*MiB-1);
		if(next > top || next == 0)
			next = top;
		if(d[PDX(va)] == 0)
			continue;
		t = KADDR(PTEADDR(d[PDX(va)]));
		for(n = 0; va < next; va += BY2PG){
			if(t[PTX(va)] == 0)
				continue;
			if(ro)
				t[PTX(va)] &= ~(PTEWRITE|PTEDIRTY);
			else
				t[PTX(va)] = 0;
			if(++n <= Fewpages)
				hcall(LHCALL_SET_PTE, PADDR(d), va, 0);
		}
		if(n > Fewpages)
			hcall(LHCALL_SET_PMD, PADDR(d), PDX(next-1), 0);
	}
}

void
mmuforget(Proc *p, ulong va, ulong top)
{
	mmurange(p, va, top, 0);
}

void
mmureadonly(Proc *p, ulong va, ulong top)
{
	mmurange(p, va, top, 1);
}
