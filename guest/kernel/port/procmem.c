/*
 * /proc/n/mem: a process's memory at its own addresses, page by page, without
 * running it.  Writing makes the page its own first; text that is written stops
 * being shared, as a debugger's breakpoints must.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "devproc.h"

/* Kernel memory, for the host owner: what is mapped for good and no more. */
static long
kernelmem(ulong va, char *buf, long n)
{
	ulong top;

	if(!iseve())
		error(Eperm);
	top = KZERO + mmulinear(0);
	if(va < KZERO || va >= top)
		error(Ebadarg);
	if(n > top-va)
		n = top-va;
	memmove(buf, (char*)va, n);
	return n;
}

/* p's text becomes a private segment of data with the same bytes. */
static Segment*
privatetext(Proc *p, Segment *s)
{
	Segment *n;

	if((s->type & SG_TYPE) != SG_TEXT || s->image == nil)
		return s;
	n = newseg(SG_DATA, s->base, s->size);
	n->image = s->image;
	n->ipage = s->ipage;
	n->flen = s->flen;
	incref(n->image);
	qlock(&n->lk);
	p->seg[TSEG] = n;
	mmuforget(p, s->base, s->top);
	qunlock(&s->lk);
	putseg(s);
	return n;
}

/* The file's page behind va, or nil if there is none and it reads as zero. */
static Page*
filepage(Segment *s, ulong va)
{
	Image *i;
	Page *pg;
	ulong pn;

	i = s->image;
	pn = (va-s->base)>>PGSHIFT;
	if(i == nil || pn >= PGROUND(s->flen)>>PGSHIFT)
		return nil;
	qlock(&i->lk);
	if(waserror()){
		qunlock(&i->lk);
		nexterror();
	}
	if(i->page[s->ipage+pn] == nil)
		imageload(i, s->ipage+pn, s->ipage+pn+1);
	pg = i->page[s->ipage+pn];
	poperror();
	qunlock(&i->lk);
	return pg;
}

static Page*
pageforread(Segment *s, ulong va)
{
	ulong *e;

	if(s->nchunk > 0 && (e = segentry(s, va, 0)) != nil && *e != 0)
		return papage(PTEADDR(*e));
	return filepage(s, va);
}

/* A page that belongs to s alone, with what is at va in it. */
static Page*
pageforwrite(Segment *s, ulong va)
{
	ulong *e;
	Page *old, *new;

	e = segentry(s, va, 1);
	old = *e != 0? papage(PTEADDR(*e)): filepage(s, va);
	if(*e != 0 && old->ref - old->pins == 1)
		return old;
	new = newpage(old == nil);
	if(new == nil)
		error(Enovmem);
	if(old != nil)
		copypage(new, old);
	segreplace(s, va, e, new);
	return new;
}

/* Within one page: read into buf, or write from it. */
static long
onepage(Proc *p, ulong va, char *buf, long n, int read)
{
	Segment *s;
	Page *pg;
	char *v;

	s = seg(p, va, 1);
	if(s == nil)
		error(Ebadarg);
	if(waserror()){
		qunlock(&s->lk);
		nexterror();
	}
	if((s->type & SG_TYPE) == SG_PHYSICAL || (!read && s->type & SG_RONLY))
		error(Ebadarg);
	if(n > BY2PG-(va&PGMASK))
		n = BY2PG-(va&PGMASK);
	if(read)
		pg = pageforread(s, PGTRUNC(va));
	else{
		s = privatetext(p, s);
		pg = pageforwrite(s, PGTRUNC(va));
	}
	if(pg == nil)
		memset(buf, 0, n);
	else{
		v = kmap(pg);
		if(waserror()){
			kunmap(v);
			nexterror();
		}
		if(read)
			memmove(buf, v+(va&PGMASK), n);
		else
			memmove(v+(va&PGMASK), buf, n);
		poperror();
		kunmap(v);
	}
	poperror();
	qunlock(&s->lk);
	return n;
}

/*
 * Through a buffer of the kernel, so that the caller's own page faults do not
 * meet the segment's lock.
 */
long
procmem(Proc *p, ulong va, char *a, long n, int read)
{
	char *buf;
	long k, done;

	if(va >= KERNBASE){
		if(!read)
			error(Eperm);
		return kernelmem(va, a, n);
	}
	buf = smalloc(BY2PG);
	if(waserror()){
		free(buf);
		nexterror();
	}
	for(done = 0; done < n; done += k){
		k = n-done < BY2PG? n-done: BY2PG;
		if(va+done >= KERNBASE || (done > 0 && seg(p, va+done, 0) == nil))
			break;
		if(!read)
			memmove(buf, a+done, k);
		k = onepage(p, va+done, buf, k, read);
		if(read)
			memmove(a+done, buf, k);
	}
	poperror();
	free(buf);
	return done;
}
