/*
 * The hypervisor's disks, by requests (abi/lguest.h): each names the pages
 * of whoever wants to read or write, and is done when the hypercall returns
 * if the host had the data at hand, else when the disk's interrupt has come.  A process
 * waits for its request whatever notes come, since until then its pages are the host's.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "sd.h"
#include "io.h"

typedef struct Disk Disk;
typedef struct Io Io;

enum
{
	Maxpage	= SDmaxio/BY2PG+1,	/* of one request: it may begin and end inside of a page */
	Maxbusy	= 256,			/* requests under way; fewer than LGUEST_REQUESTS */
};

struct Io
{
	Io	*next;			/* free, or under way */
	Rendez	r;
	Page	*page[Maxpage];
	int	npage;
	struct lguest_block_range range;
	struct lguest_request req;	/* the segments follow */
	struct lguest_segment seg[Maxpage+1];
};

struct Disk
{
	SDunit;
	int	index;			/* in the device page */
	Io	*busy;			/* guarded by splhi, as free and nio */
	Io	*free;
	int	nio;			/* in all */
	QLock	wait;			/* one waits in more */
	Rendez	more;
};

static char	Efull[] = "i/o error: no space left on the host's disk";
static char	Erdonly[] = "disk is read-only";
static char	Edriver[] = "i/o error: the host does not know the request";

static int
isdone(void *a)
{
	return *(volatile unsigned*)&((Io*)a)->req.state == LGUEST_REQUEST_DONE;
}

static int
canhave(void *a)
{
	Disk *d;

	d = a;
	return d->free != nil || d->nio < Maxbusy;
}

static void
interrupt(Ureg*, void *a)
{
	Disk *d;
	Io *q;

	d = a;
	for(q = d->busy; q != nil; q = q->next)
		if(q->r.p != nil && isdone(q))
			wakeup(&q->r);
}

/* Sleep until f(a) is true; notes can wait. */
static void
waitfor(Rendez *r, int (*f)(void*), void *a)
{
	while(!f(a))
		if(!waserror()){
			sleep(r, f, a);
			poperror();
		}
}

static Io*
getio(Disk *d)
{
	Io *q;
	int s;

	for(;;){
		s = splhi();
		q = d->free;
		if(q != nil)
			d->free = q->next;
		else if(d->nio < Maxbusy)
			d->nio++;
		else{
			splx(s);
			qlock(&d->wait);
			waitfor(&d->more, canhave, d);
			qunlock(&d->wait);
			continue;
		}
		splx(s);
		if(q == nil)
			q = smalloc(sizeof *q);
		return q;
	}
}

static void
putio(Disk *d, Io *q)
{
	int s;

	s = splhi();
	q->next = d->free;
	d->free = q;
	if(d->more.p != nil)
		wakeup(&d->more);
	splx(s);
}

/* Hand q to the host and wait for its end; its status. */
static int
perform(Disk *d, Io *q, int op, uvlong off, uvlong len)
{
	Io **l;
	int s;

	q->range.offset_lo = off;
	q->range.offset_hi = off>>32;
	q->range.length_lo = len;
	q->range.length_hi = len>>32;
	q->seg[0].addr = PADDR(&q->range);
	q->seg[0].len = sizeof q->range;
	q->req.state = LGUEST_REQUEST_FREE;
	s = splhi();
	q->next = d->busy;
	d->busy = q;
	hcall(LHCALL_REQUEST, d->index, PADDR(&q->req), op);
	splx(s);
	if(!isdone(q))
		waitfor(&q->r, isdone, q);
	s = splhi();
	for(l = &d->busy; *l != q; l = &(*l)->next)
		;
	*l = q->next;
	splx(s);
	return q->req.status;
}

static void
complain(int status)
{
	switch(status){
	case 0:
		return;
	case LGUEST_BLOCK_ENOSPC:
		error(Efull);
	case LGUEST_BLOCK_EROFS:
		error(Erdonly);
	case LGUEST_BLOCK_ENOTSUP:
	case LGUEST_BLOCK_EINVAL:
		error(Edriver);
	}
	error(Eio);
}

/* Physical addresses of n bytes at va, neighbours in one segment; how many after the first. */
static int
describe(Io *q, ulong va, long n)
{
	struct lguest_segment *s;
	ulong pa, k;
	int i, nseg;

	nseg = 0;
	s = &q->seg[0];
	for(i = 0; n > 0; i++, va += k, n -= k){
		k = BY2PG-(va & PGMASK);
		if(k > n)
			k = n;
		pa = (q->npage > 0? pagepa(q->page[i]): PGTRUNC(kernpa((void*)va))) | (va & PGMASK);
		if(nseg > 0 && s->addr+s->len == pa){
			s->len += k;
			continue;
		}
		s = &q->seg[++nseg];
		s->addr = pa;
		s->len = k;
	}
	return nseg;
}

static void
diskio(SDunit *u, int write, void *va, long n, uvlong off)
{
	Disk *d;
	Io *q;
	int nseg, status;

	d = (Disk*)u;
	q = getio(d);
	if(waserror()){
		putio(d, q);
		nexterror();
	}
	q->npage = 0;
	if((ulong)va < KERNBASE)
		if((q->npage = pinpages((ulong)va, n, !write, q->page)) == 0)
			error(Ebadarg);
	poperror();
	nseg = describe(q, (ulong)va, n);
	q->req.nout = write? nseg+1: 1;
	q->req.nin = write? 0: nseg;
	status = perform(d, q, write? LGUEST_BLOCK_WRITE: LGUEST_BLOCK_READ, off, n);
	unpinpages(q->page, q->npage);
	putio(d, q);
	complain(status);
}

static void
simple(SDunit *u, int op, uvlong off, uvlong n)
{
	Disk *d;
	Io *q;
	int status;

	d = (Disk*)u;
	q = getio(d);
	q->npage = 0;
	q->req.nout = 1;
	q->req.nin = 0;
	status = perform(d, q, op, off, n);
	putio(d, q);
	complain(status);
}

static void
diskflush(SDunit *u)
{
	simple(u, LGUEST_BLOCK_FLUSH, 0, 0);
}

static void
diskdiscard(SDunit *u, uvlong off, uvlong n)
{
	if(n > 0)
		simple(u, LGUEST_BLOCK_DISCARD, off, n);
}

static void
found(struct lguest_device_desc *desc, int index)
{
	struct lguest_block_page *page;
	Disk *d;

	page = mapdev(desc->pfn<<PGSHIFT, desc->num_pages);
	if(page == nil || (desc->features & LGUEST_BLOCK_REQUESTS) == 0){
		desc->status |= LGUEST_DEVICE_ACKNOWLEDGE|LGUEST_DEVICE_FAILED;
		print("disk %d: %s\n", index, page == nil? "no room for its page": "the host takes no requests for it");
		return;
	}
	d = smalloc(sizeof *d);
	d->index = index;
	d->sectors = page->sectors_lo | (uvlong)page->sectors_hi<<32;
	d->secsize = LGUEST_SECTOR;
	d->rdonly = (desc->features & LGUEST_BLOCK_READONLY) != 0;
	snprint(d->inquiry, sizeof d->inquiry, "%-8s%-16s%-4s", "9guest", "disk", "1");
	d->io = diskio;
	d->flush = diskflush;
	d->discard = diskdiscard;
	intrenable(index+1, interrupt, d);
	desc->status |= LGUEST_DEVICE_ACKNOWLEDGE|LGUEST_DEVICE_DRIVER|LGUEST_DEVICE_DRIVER_OK;
	sdadd(d);
}

void
sdprobe(void)
{
	struct lguest_device_desc *d;
	int i;

	d = lguestdevpage();
	for(i = 0; i < LGUEST_MAX_DEVICES; i++)
		if(d[i].type == LGUEST_DEVICE_BLOCK)
			found(&d[i], i);
}
