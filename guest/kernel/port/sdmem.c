/*
 * The memory of a disk's request that a process waits for, as pages that a driver can use though the
 * process dies meanwhile.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "sd.h"

enum
{
	Manypages = SDmaxio/BY2PG+1,	/* of one request: it may begin and end inside of a page */
};

/* Room in r->page for the pages of its memory, and how many they are. */
static int
pageroom(SDreq *r)
{
	int n;

	n = (PGROUND((ulong)r->va+r->data)-PGTRUNC((ulong)r->va))>>PGSHIFT;
	r->page = r->few;
	if(n > nelem(r->few)){
		if(r->many == nil)
			r->many = smalloc(Manypages*sizeof r->many[0]);
		r->page = r->many;
	}
	return n;
}

/* The process's own pages, which stay until the request is over, whatever becomes of the process. */
void
sdpin(SDreq *r)
{
	pageroom(r);
	r->npage = pinpages((ulong)r->va, r->data, r->op == SDread, r->page);
	if(r->npage == 0)
		error(Ebadarg);
}

/* Between the kernel's memory that r names and the pages that r has instead. */
static void
copypages(SDreq *r, int topages)
{
	ulong o, n, k;
	uchar *p, *va;
	int i;

	va = r->va;
	o = (ulong)va & PGMASK;
	for(i = 0, n = r->data; n > 0; i++, n -= k, va += k, o = 0){
		k = n < BY2PG-o? n: BY2PG-o;
		p = kmap(r->page[i]);
		if(topages)
			memmove(p+o, va, k);
		else
			memmove(va, p+o, k);
		kunmap(p);
	}
}

/*
 * The kernel's memory is its caller's, who could not go away: he gets other pages for the time, and can.
 * Without memory for them he stays.
 */
int
sdborrow(SDreq *r)
{
	Page *pg;
	int n;

	n = pageroom(r);
	while(r->npage < n){
		pg = newpage(0);
		if(pg == nil){
			unpinpages(r->page, r->npage);
			r->npage = 0;
			return 0;
		}
		pg->pins++;
		r->page[r->npage++] = pg;
	}
	if(r->op != SDread)
		copypages(r, 1);
	return 1;
}

/* What was read into them is his. */
void
sdreturn(SDreq *r)
{
	copypages(r, 0);
}
