/*
 * Page tables and address spaces.  The hypervisor keeps its windows as a cache of these
 * tables, so the rules of a TLB hold: adding an entry needs no word, taking
 * one away or changing it is announced.  A directory is never freed: it keeps
 * its kernel half, and with it the hypervisor's window on the kernel, warm for
 * the next process.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"

enum
{
	Fewpages = 16,		/* announced one by one; more at once */
	NPDE	= 1024,
	Kmapways = 4,
};

typedef struct Kmap	Kmap;
struct Kmap
{
	ulong	pa;
	int	ref;
};

static ulong	*kpgdir;		/* nothing but the kernel */
static ulong	*kmaptab;		/* the page table at KMAPADDR */
static Kmap	kmaps[NKMAP];
static ulong	bootfree = 0;		/* next page for tables made before the allocator */
static ulong	devnext = DEVADDR;
static ulong	*freedirs;		/* chained through entry 0, which is never valid there */
static ulong	*freetabs;		/* all zero but for entry 0 */

static void*
bootpage(void)
{
	void *v;

	if(bootfree == 0)
		bootfree = PGROUND((ulong)end);
	v = (void*)bootfree;
	bootfree += BY2PG;
	memset(v, 0, BY2PG);
	return v;
}

/* The first byte that the page allocator may have. */
ulong
kernelend(void)
{
	return PADDR(bootfree);
}

/* Before pageinit: map [pa, pa+len) at va in kpgdir. */
static void
bootmap(ulong va, ulong pa, ulong len)
{
	ulong *tab, e;

	for(e = va+len; va != e; va += BY2PG, pa += BY2PG){
		if(kpgdir[PDX(va)] == 0)
			kpgdir[PDX(va)] = PADDR(bootpage())|PTETAB;
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
	ulong low;

	low = memsize < KLINEAR? memsize: KLINEAR;
	kpgdir = bootpage();
	bootmap(KZERO, 0, low);
	if(initrdlen != 0 && PGROUND(initrdpa+initrdlen) > low)
		bootmap(INITRDADDR, PGTRUNC(initrdpa), PGROUND(initrdlen));
	kmaptab = bootpage();
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

	t = freetabs;
	if(t != nil){
		freetabs = (ulong*)t[0];
		t[0] = 0;
		return t;
	}
	pg = kernpages(0);
	if(pg == nil)
		return nil;
	t = KADDR(pagepa(pg));
	memset(t, 0, BY2PG);
	return t;
}

static void
freetab(ulong *t)
{
	memset(t, 0, BY2PG);
	t[0] = (ulong)freetabs;
	freetabs = t;
}

static ulong*
newdir(void)
{
	Page *pg;
	ulong *d;

	d = freedirs;
	if(d != nil){
		freedirs = (ulong*)d[0];
		d[0] = 0;
		return d;
	}
	pg = kernpages(0);
	if(pg == nil)
		return nil;
	d = KADDR(pagepa(pg));
	memset(d, 0, PDX(KERNBASE)*sizeof(ulong));
	memmove(d+PDX(KERNBASE), kpgdir+PDX(KERNBASE), (NPDE-PDX(KERNBASE))*sizeof(ulong));
	return d;
}

static void
setdir(ulong *d)
{
	if(m->pgdir == d)
		return;
	m->pgdir = d;
	hcall(LHCALL_NEW_PGTABLE, PADDR(d), 0, 0);
}

/* Make p's address space the current one; a kernel process is content with any. */
void
mmuswitch(Proc *p)
{
	if(p->kp)
		return;
	setdir(p->pgdir != nil? p->pgdir: kpgdir);
	hcall(LHCALL_SET_STACK, KDSEL, (ulong)p->kstack+KSTACK, 2);
}

/* The entry for va in p's tables, or nil; made on demand for up, error(Enomem). */
static ulong*
pte(Proc *p, ulong va, int make)
{
	ulong *d, *t;

	if(va >= KERNBASE)
		panic("pte %#lux", va);
	d = p->pgdir;
	if(d == nil){
		if(!make)
			return nil;
		d = newdir();
		if(d == nil)
			error(Enomem);
		p->pgdir = d;
		if(p == up)
			setdir(d);
	}
	if(d[PDX(va)] == 0){
		if(!make)
			return nil;
		t = newtab();
		if(t == nil)
			error(Enomem);
		d[PDX(va)] = PADDR(t)|PTETAB;
		p->ntab++;
	}
	t = KADDR(PTEADDR(d[PDX(va)]));
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
	hcall(LHCALL_SET_PTE, PADDR(up->pgdir), va, e);
}

/* What p's tables have for va now, 0 for nothing. */
ulong
mmuget(Proc *p, ulong va)
{
	ulong *t;

	t = pte(p, va, 0);
	return t == nil? 0: *t;
}

/*
 * Take the entries of [va, top) from p, which need not be current; with ro,
 * only their permission to write.
 */
static void
mmurange(Proc *p, ulong va, ulong top, int ro)
{
	ulong *t, next, n;

	if(p->pgdir == nil)
		return;
	for(; va < top; va = next){
		next = (va + 4*MiB) & ~(4*MiB-1);
		if(next > top || next == 0)
			next = top;
		if(p->pgdir[PDX(va)] == 0)
			continue;
		t = KADDR(PTEADDR(p->pgdir[PDX(va)]));
		for(n = 0; va < next; va += BY2PG){
			if(t[PTX(va)] == 0)
				continue;
			if(ro)
				t[PTX(va)] &= ~(PTEWRITE|PTEDIRTY);
			else
				t[PTX(va)] = 0;
			if(++n <= Fewpages)
				hcall(LHCALL_SET_PTE, PADDR(p->pgdir), va, 0);
		}
		if(n > Fewpages)
			hcall(LHCALL_SET_PMD, PADDR(p->pgdir), PDX(next-1), 0);
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

static void
emptydir(Proc *p)
{
	int i;

	for(i = 0; p->ntab > 0 && i < PDX(KERNBASE); i++)
		if(p->pgdir[i] != 0){
			freetab(KADDR(PTEADDR(p->pgdir[i])));
			p->pgdir[i] = 0;
			p->ntab--;
		}
}

/* up has no user pages any more. */
void
mmuflush(void)
{
	if(up->pgdir == nil)
		return;
	emptydir(up);
	setdir(up->pgdir);
	hcall(LHCALL_FLUSH_TLB, 0, 0, 0);
}

/* p, which is up or never ran, ends: its directory is ready for another process. */
void
mmurelease(Proc *p)
{
	ulong *d;

	d = p->pgdir;
	if(d == nil)
		return;
	if(p->ntab > 0){
		setdir(d);
		emptydir(p);
		hcall(LHCALL_FLUSH_TLB, 0, 0, 0);
	}
	p->pgdir = nil;
	p->ntab = 0;
	setdir(up != nil && up != p && up->pgdir != nil? up->pgdir: kpgdir);
	d[0] = (ulong)freedirs;
	freedirs = d;
}
