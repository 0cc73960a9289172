/*
 * Page faults, and what a system call may do with a user's address.  A fault is
 * dear on this machine whatever it needs, so each brings in neighbours: pages that are
 * in memory are entered into the tables, fresh memory comes in clusters that
 * grow while a program walks along.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Around	= 16,		/* pages, aligned, that one fault considers */
	Scarce	= 256,		/* pages free: below, no more than what is asked for */
};

void
copypage(Page *to, Page *from)
{
	void *t, *f;

	t = kmap(to);
	f = kmap(from);
	memmove(t, f, BY2PG);
	kunmap(f);
	kunmap(t);
}

void
clearpage(Page *p)
{
	void *v;

	v = kmap(p);
	memset(v, 0, BY2PG);
	kunmap(v);
}

/* A page, or this process's end: there is no memory for it. */
static Page*
getpage(int zero)
{
	Page *p;
	int i;

	for(i = 0; i < 200; i++){
		p = newpage(zero);
		if(p != nil)
			return p;
		killbig();
		if(up->procctl == Proc_exitbig)
			break;
		tsleep(&up->sleep, return0, nil, 10);
	}
	error(Enovmem);
}

/* Run of empty entries around e[i], within [lo, hi). */
static void
gap(ulong *e, int i, int lo, int hi, int *from, int *to)
{
	int a, b;

	for(a = i; a > lo && e[a-1] == 0; a--)
		;
	for(b = i+1; b < hi && e[b] == 0; b++)
		;
	*from = a;
	*to = b;
}

/*
 * Fresh zero pages around entry i of a chunk: as many as the segment's habits suggest.
 */
static void
zerofill(Segment *s, ulong *e, int i, int n)
{
	Page *pp[Around];
	int a, b, k, j, lo;

	if(pagesfree() < Scarce)
		s->cluster = 1;
	lo = i & ~(s->cluster-1);
	gap(e, i, lo, lo+s->cluster < n? lo+s->cluster: n, &a, &b);
	k = b-a > 1? newrun(pp, b-a, 1): 0;
	if(k == 0){
		pp[0] = getpage(1);
		k = 1;
	}
	if(a+k <= i)
		a = i;			/* a short run begins where it is needed */
	for(j = 0; j < k && a+j < b; j++){
		e[a+j] = pagepa(pp[j])|PTEVALID|PTEWRITE;
		s->nres++;
	}
	for(; j < k; j++)
		putpage(pp[j]);
}

/* Private copies of the file's pages around entry i, whose page in the segment is pn. */
static void
datafill(Segment *s, ulong *e, int i, ulong pn, int n)
{
	Image *img;
	Page *pp[Around], *from;
	ulong nfile;
	int a, b, j, k, lo;

	img = s->image;
	nfile = PGROUND(s->flen)>>PGSHIFT;
	if(pn >= nfile){
		zerofill(s, e, i, n);
		return;
	}
	lo = i & ~(Around-1);
	if(n > lo+Around)
		n = lo+Around;
	if(pn-i+n > nfile)
		n = nfile-(pn-i);
	gap(e, i, lo, n, &a, &b);
	qlock(&img->lk);
	if(waserror()){
		qunlock(&img->lk);
		nexterror();
	}
	if(img->page[s->ipage+pn] == nil)
		imageload(img, s->ipage+pn, s->ipage+pn+1);
	while(a < i && img->page[s->ipage+pn-i+a] == nil)
		a++;
	for(j = a; j < b && img->page[s->ipage+pn-i+j] != nil; j++)
		;
	b = j;
	if(b <= i){			/* a hole before i: i alone */
		a = i;
		b = i+1;
	}
	if(pagesfree() < Scarce){
		a = i;
		b = i+1;
	}
	k = b-a > 1? newrun(pp, b-a, 0): 0;
	if(k == 0){
		pp[0] = getpage(0);
		k = 1;
	}
	if(a+k <= i)
		a = i;
	mmukernel();
	for(j = 0; j < k && a+j < b; j++){
		from = img->page[s->ipage+pn-i+a+j];
		copypage(pp[j], from);
		e[a+j] = pagepa(pp[j])|PTEVALID|PTEWRITE;
		s->nres++;
	}
	mmuuser();
	for(; j < k; j++)
		putpage(pp[j]);
	poperror();
	qunlock(&img->lk);
}

/* A write to a page that others have too, or had. */
static void
copyonwrite(Segment *s, ulong *e, ulong va)
{
	Page *old, *new;

	old = papage(PTEADDR(*e));
	if(old->ref - old->pins == 1){
		*e |= PTEWRITE;
		return;
	}
	new = getpage(0);
	copypage(new, old);
	*e = pagepa(new)|PTEVALID|PTEWRITE;
	segchanged(s, va);
	putpage(old);
}

static void
textfault(Segment *s, ulong va)
{
	Image *img;
	Page *pg;
	ulong e[Around], pn, lo, j;

	img = s->image;
	pn = (va-s->base)>>PGSHIFT;
	qlock(&img->lk);
	if(waserror()){
		qunlock(&img->lk);
		nexterror();
	}
	if(img->page[s->ipage+pn] == nil)
		imageload(img, s->ipage+pn, s->ipage+pn+1);
	lo = pn & ~(Around-1);
	for(j = 0; j < Around && lo+j < s->size; j++){
		pg = img->page[s->ipage+lo+j];
		e[j] = pg == nil? 0: pagepa(pg)|PTEVALID;
	}
	mmuaround(up, s->base+lo*BY2PG, e, j);
	poperror();
	qunlock(&img->lk);
}

/* Make va's page present in s, which is locked, and in up's tables. */
static void
fixfault(Segment *s, ulong va, int read)
{
	ulong *e, pn, lo;
	int t, i, n;

	t = s->type & SG_TYPE;
	if(t == SG_TEXT && s->image != nil){
		textfault(s, va);
		return;
	}
	pn = (va-s->base)>>PGSHIFT;
	if(t == SG_PHYSICAL){
		mmuset(va, (s->pseg->pa+pn*BY2PG)|PTEVALID|(s->type&SG_RONLY? 0: PTEWRITE));
		return;
	}
	e = segentry(s, va, 1);
	i = pn%SEGCHUNK;
	n = s->size-(pn-i) < SEGCHUNK? s->size-(pn-i): SEGCHUNK;
	if(*e == 0){
		if(s->image != nil)
			datafill(s, e-i, i, pn, n);
		else{
			if(va == s->lastfault && s->cluster < Around)
				s->cluster *= 2;
			zerofill(s, e-i, i, n);
			lo = (i & ~(s->cluster-1)) + s->cluster;
			s->lastfault = s->base+(pn-i+lo)*BY2PG;
		}
	}else if(!read && (*e & PTEWRITE) == 0)
		copyonwrite(s, e, va);
	mmuset(va, s->type & SG_RONLY? *e & ~PTEWRITE: *e);
	if((s->type & SG_RONLY) == 0){
		lo = i & ~(Around-1);
		mmuaround(up, va-(i-lo)*BY2PG, e-i+lo, n-lo < Around? n-lo: Around);
	}
}

static void
loaderror(Segment *s)
{
	char buf[2*ERRMAX];
	Image *i;

	i = s->image;
	if(i != nil && i->c != nil)
		snprint(buf, sizeof buf, "%s accessing %s: %s", Eioload, chanpath(i->c), up->errstr);
	else
		snprint(buf, sizeof buf, "%s: %s", Eioload, up->errstr);
	if(up->nerrlab > 0){
		postnote(up, 1, buf, NDebug);
		error(buf);
	}
	pprint("%s\n", buf);
	pexit(buf, 0);
}

static void
nomemory(void)
{
	if(up->nerrlab > 0)
		error(Enovmem);
	pprint("Killed: Insufficient physical memory\n");
	pexit("Killed: Insufficient physical memory", 1);
}

/*
 * up touched va: 0 if it may go on now, -1 if it has no right to.  The file or
 * the memory may fail: then the system call does, or the process ends.
 */
int
fault(ulong va, int read)
{
	Segment *s;
	char *sps;

	va = PGTRUNC(va);
	sps = up->psstate;
	up->psstate = "Fault";
	for(;;){
		s = seg(up, va, 1);
		if(s == nil || (!read && (s->type & SG_RONLY || (s->type & SG_TYPE) == SG_TEXT))){
			if(s != nil)
				qunlock(&s->lk);
			up->psstate = sps;
			return -1;
		}
		if(!waserror())
			break;
		qunlock(&s->lk);
		up->psstate = sps;
		if(up->procctl == Proc_exitme || up->procctl == Proc_exitbig){
			if(up->nerrlab > 0)
				error(Eintr);	/* locks come first */
			procctl(up);
		}
		if(strcmp(up->errstr, Eintr) == 0)
			continue;
		if(strcmp(up->errstr, Enovmem) == 0 || strcmp(up->errstr, Enomem) == 0)
			nomemory();
		loaderror(s);
	}
	fixfault(s, va, read);
	poperror();
	qunlock(&s->lk);
	up->psstate = sps;
	return 0;
}

/* Whether [va, va+len) lies in segments of up, and may be written. */
int
okaddr(ulong va, ulong len, int write)
{
	Segment *s;

	if((long)len < 0 || va+len < va || va+len > KERNBASE)
		return 0;
	for(;;){
		s = seg(up, va, 0);
		if(s == nil || (write && (s->type & SG_RONLY || (s->type & SG_TYPE) == SG_TEXT)))
			return 0;
		if(va+len <= s->top)
			return 1;
		len -= s->top-va;
		va = s->top;
	}
}

void
validaddr(ulong va, ulong len, int write)
{
	if(!okaddr(va, len, write)){
		postnote(up, 1, "sys: bad address in syscall", NDebug);
		error(Ebadarg);
	}
}

void
validalign(ulong va, ulong align)
{
	if(va & (align-1)){
		postnote(up, 1, "sys: odd address", NDebug);
		error(Ebadarg);
	}
}

/*
 * memchr on memory that may be a user's: pages are checked as they are
 * reached, so n may be more than there is.
 */
void*
vmemchr(void *s, int c, int n)
{
	ulong a, k;
	void *t;

	a = (ulong)s;
	if(a >= KERNBASE)
		return memchr(s, c, n);
	while(n > 0){
		k = BY2PG - (a & PGMASK);
		if(k > n)
			k = n;
		validaddr(a, k, 0);
		t = memchr((void*)a, c, k);
		if(t != nil)
			return t;
		a += k;
		n -= k;
	}
	return nil;
}
