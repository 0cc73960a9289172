/*
 * Memory of a process for a device that reads or writes it by itself: its pages
 * stay where they are, and are given to nobody else, until they are unpinned,
 * whatever becomes of the process.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

/* The page behind va in s, which is locked, if the device may use it as it is. */
static Page*
present(Segment *s, ulong va, int write)
{
	Image *img;
	Page *pg;
	ulong *e;

	if((s->type & SG_TYPE) == SG_TEXT && s->image != nil){
		img = s->image;
		qlock(&img->lk);
		pg = img->page[s->ipage+((va-s->base)>>PGSHIFT)];
		if(pg != nil)
			pg->ref++;
		qunlock(&img->lk);
		return pg;
	}
	e = segentry(s, va, 0);
	if(e == nil || *e == 0 || write && (*e & PTEWRITE) == 0)
		return nil;
	pg = papage(PTEADDR(*e));
	pg->ref++;
	return pg;
}

/* Pages from va on, as many as are there; at least one. */
static int
pinsome(ulong va, int n, int write, Page **pp)
{
	Segment *s;
	int i, ok;

	for(;;){
		s = seg(up, va, 1);
		if(s == nil)
			error(Ebadarg);
		ok = (s->type & SG_TYPE) != SG_PHYSICAL;
		if(write && ((s->type & SG_RONLY) || (s->type & SG_TYPE) == SG_TEXT))
			ok = 0;
		for(i = 0; ok && i < n && va+i*BY2PG < s->top; i++)
			if((pp[i] = present(s, va+i*BY2PG, write)) == nil)
				break;
		qunlock(&s->lk);
		if(!ok)
			error(Ebadarg);
		if(i > 0)
			return i;
		if(fault(va, !write) < 0)
			error(Ebadarg);
	}
}

/*
 * The pages of [va, va+n) of up's memory, to be read or written by a device: how many
 * there are in pp.  An error leaves none pinned.
 */
int
pinpages(ulong va, ulong n, int write, Page **pp)
{
	/* waserror's variables must survive */
	int npage;
	volatile int i;

	if(n == 0)
		return 0;
	npage = (PGROUND(va+n)-PGTRUNC(va))>>PGSHIFT;
	i = 0;
	if(waserror()){
		unpinpages(pp, i);
		nexterror();
	}
	while(i < npage)
		i += pinsome(PGTRUNC(va)+i*BY2PG, npage-i, write, pp+i);
	poperror();
	return npage;
}

void
unpinpages(Page **pp, int n)
{
	while(--n >= 0)
		putpage(pp[n]);
}
