/*
 * The hypervisor's disks, by requests (abi/lguest.h): each names the memory of what is to be read or
 * written, and is done when the hypercall returns if the host had the data at hand, else when the disk's
 * interrupt has come.  Who asks, and for whom, is port/sdio.c's business.
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
	Depth	= 12,			/* transfers at the host: eight that its threads do, and some for them to do next */
};

struct Io
{
	Io	*next;			/* idle, or under way */
	SDreq	*r;
	struct lguest_block_range range;
	struct lguest_request req;	/* the segments follow */
	struct lguest_segment seg[SDmaxpage+1];
};

/* The lists are guarded by splhi. */
struct Disk
{
	SDunit;
	int	index;			/* in the device page */
	Io	*busy;
	Io	*idle;			/* at least one, if none is busy */
};

static char	Efull[] = "i/o error: no space left on the host's disk";
static char	Erdonly[] = "disk is read-only";
static char	Edriver[] = "i/o error: the host does not know the request";

/* by SDreq.op */
static uchar	blockop[] = {
	LGUEST_BLOCK_READ,
	LGUEST_BLOCK_WRITE,
	LGUEST_BLOCK_FLUSH,
	LGUEST_BLOCK_DISCARD,
	LGUEST_BLOCK_GROUP,
};

/* an SDspan is what the host takes for a range */
_Static_assert(sizeof(SDspan) == sizeof(struct lguest_block_range), "SDspan");
_Static_assert(SDmaxspan <= LGUEST_BLOCK_GROUP_RANGES && SDmaxio <= LGUEST_BLOCK_GROUP_BYTES, "SDgroup");

static char*
errorof(int status)
{
	switch(status){
	case 0:
		return nil;
	case LGUEST_BLOCK_ENOSPC:
		return Efull;
	case LGUEST_BLOCK_EROFS:
		return Erdonly;
	case LGUEST_BLOCK_ENOTSUP:
	case LGUEST_BLOCK_EINVAL:
		return Edriver;
	}
	return Eio;
}

/* n bytes at pa behind s, or as its end, unless that is the first; the last segment. */
static struct lguest_segment*
add(ulong pa, ulong n, struct lguest_segment *first, struct lguest_segment *s)
{
	if(s != first && s->addr+s->len == pa)
		s->len += n;
	else{
		s++;
		s->addr = pa;
		s->len = n;
	}
	return s;
}

/* The memory of n bytes that begin in page[0] at va's place in it, behind s. */
static struct lguest_segment*
addpages(ulong va, ulong n, Page **page, struct lguest_segment *first, struct lguest_segment *s)
{
	ulong k;

	for(; n > 0; va += k, n -= k){
		k = BY2PG-(va & PGMASK);
		if(k > n)
			k = n;
		s = add(pagepa(*page++) | va & PGMASK, k, first, s);
	}
	return s;
}

/* The memory of n bytes at va behind s, as it is mapped now; nil if not all of it is. */
static struct lguest_segment*
addmapped(ulong va, ulong n, int write, struct lguest_segment *first, struct lguest_segment *s)
{
	ulong k, pa;

	for(; n > 0; va += k, n -= k){
		k = mmurun(va, n, write, &pa);
		if(k == 0)
			return nil;
		s = add(pa, k, first, s);
	}
	return s;
}

static Io*
getio(Disk *d)
{
	Io *q;

	q = d->idle;
	if(q != nil)
		d->idle = q->next;
	else
		q = mallocz(sizeof *q, 0);
	return q;
}

static void
putio(Disk *d, Io *q)
{
	q->next = d->idle;
	d->idle = q;
}

static int
isdone(Io *q)
{
	return ((volatile struct lguest_request*)&q->req)->state == LGUEST_REQUEST_DONE;
}

static void
interrupt(Ureg*, void *a)
{
	Disk *d;
	Io *q, **l;
	SDreq *r;

	d = a;
	for(l = &d->busy; (q = *l) != nil; ){
		if(!isdone(q)){
			l = &q->next;
			continue;
		}
		*l = q->next;
		r = q->r;
		r->error = errorof(q->req.status);
		putio(d, q);
		sdended(r);		/* and others may be busy now */
		l = &d->busy;
	}
}

/* r's memory, and that of what goes with it, in q's segments behind the first: the last one, or nil. */
static struct lguest_segment*
describe(Io *q, SDreq *r)
{
	struct lguest_segment *s;

	s = q->seg;
	if(r->op == SDgroup)
		s = addmapped((ulong)r->span, r->nspan*sizeof r->span[0], 0, q->seg, s);
	for(; r != nil && s != nil; r = r->with)
		if(r->npage > 0)
			s = addpages((ulong)r->va, r->data, r->page, q->seg, s);
		else
			s = addmapped((ulong)r->va, r->data, r->op == SDread, q->seg, s);
	return s;
}

static int
diskstart(SDunit *u, SDreq *r, int atonce)
{
	struct lguest_segment *s;
	uvlong off, len;
	SDreq *p;
	Disk *d;
	Io *q;

	d = (Disk*)u;
	q = getio(d);
	if(q == nil)
		return SDwont;
	s = describe(q, r);
	if(s == nil){
		if(!atonce)
			panic("disk %d: no memory at %#p", d->index, r->va);
		putio(d, q);
		return SDwont;
	}
	len = 0;
	off = r->op == SDgroup? r->nspan: r->off;
	for(p = r; p != nil; p = p->with)
		len += r->op == SDgroup? p->data: p->len;
	q->range.offset_lo = off;
	q->range.offset_hi = off>>32;
	q->range.length_lo = len;
	q->range.length_hi = len>>32;
	q->seg[0].addr = PADDR(&q->range);
	q->seg[0].len = sizeof q->range;
	q->req.state = LGUEST_REQUEST_FREE;
	q->req.nout = r->op == SDread? 1: 1+(s-q->seg);
	q->req.nin = r->op == SDread? s-q->seg: 0;
	hcall(LHCALL_REQUEST, d->index, PADDR(&q->req), blockop[r->op] | (atonce? LGUEST_BLOCK_ATONCE: 0));
	if(!isdone(q)){
		q->r = r;
		q->next = d->busy;
		d->busy = q;
		return SDstarted;
	}
	putio(d, q);
	if(atonce && (q->req.status == LGUEST_BLOCK_EAGAIN || q->req.status == LGUEST_BLOCK_EINVAL))
		return SDwont;
	r->error = errorof(q->req.status);
	return SDdone;
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
	d->depth = Depth;
	d->groups = (desc->features & LGUEST_BLOCK_GROUPS) != 0;
	d->start = diskstart;
	putio(d, smalloc(sizeof(Io)));
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
