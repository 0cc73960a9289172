/*
 * Memory of a process for a device that reads or writes it by itself: its pages
 * stay where they are, and are given to nobody else, until they are unpinned,
 * whatever becomes of the process.  A process that forks meanwhile copies them at
 * once (segment.c), so that they stay the pages of the one that asked.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

static void
hold(Page *pg)
{
	pg->ref++;
	pg->pins++;
}

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
			hold(pg);
		qunlock(&img->lk);
		return pg;
	}
	e = segentry(s, va, 0);
	if(e == nil || *e == 0 || write && (*e & PTEWRITE) == 0)
		return nil;
	pg = papage(PTEADDR(*e));
	hold(pg);
	return pg;
}

/* Pages from va on, as many as are there; none if the memory is a device's own. */
static int
pinsome(ulong va, int n, int write, Page **pp)
{
	Segment *s;
	int i, ok;

	for(;;){
		s = seg(up, va, 1);
		if(s == nil)
			error(Ebadarg);
		ok = 1;
		if((s->type & SG_TYPE) == SG_PHYSICAL){
			qunlock(&s->lk);
			return 0;
		}
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
 * there are in pp, 0 if that is no memory that can be pinned.  An error leaves none pinned.
 */
int
pinpages(ulong va, ulong n, int write, Page **pp)
{
	/* waserror's variables must survive */
	int npage, k;
	volatile int i;

	if(n == 0)
		return 0;
	npage = (PGROUND(va+n)-PGTRUNC(va))>>PGSHIFT;
	i = 0;
	if(waserror()){
		unpinpages(pp, i);
		nexterror();
	}
	for(; i < npage; i += k){
		k = pinsome(PGTRUNC(va)+i*BY2PG, npage-i, write, pp+i);
		if(k == 0){
			unpinpages(pp, i);
			i = 0;
			break;
		}
	}
	poperror();
	return i;
}

/*
 * The process that pinned them is dying, and the device goes on.  Who has such a page besides, by a fork, gets a
 * copy of it when he writes, as if the device were a process; it is given back by putpage.
 */
void
leavepages(Page **pp, int n)
{
	while(--n >= 0)
		pp[n]->pins--;
}

void
unpinpages(Page **pp, int n)
{
	while(--n >= 0){
		pp[n]->pins--;
		putpage(pp[n]);
	}
}
