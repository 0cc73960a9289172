/*
 * Many changes of a disk in one request, which is done or not, whatever happens to the machine: sd(3).
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

#define Groupoff	(1LL<<62)

enum
{
	Head		= 8,		/* how many places; then for each its offset and length, and then all data */
	Place		= 16,
	Maxplace	= 512,
	Maxdata		= 1024*1024,
};

static void
put8(uchar *p, uvlong v)
{
	put4(p, v);
	put4(p+4, v>>32);
}

/* can fd, open for writing, be written like that?  Only of a partition of a disk may that be asked. */
int
cangroup(int fd)
{
	uchar none[Head];

	memset(none, 0, sizeof none);
	return pwrite(fd, none, sizeof none, Groupoff) == sizeof none;
}

/* one more place, whose data go to p; what is behind them */
static uchar*
add(uchar **place, uchar *p, vlong addr, void *buf, long n)
{
	put8(*place, addr);
	put8(*place+8, n);
	*place += Place;
	memmove(p, buf, n);
	return p+n;
}

/*
 * All that is marked, and n bytes of buf for addr (perhaps none), are written by one request.  1: done; 0: that is
 * not possible, and nothing was written; -1: errstr, all stays marked, and some of it may be written.
 */
int
bctogether(Bcache *c, vlong addr, void *buf, long n)
{
	uchar *place, *p;
	Block *b;
	long total;
	int nplace;

	nplace = c->ndirty+(n > 0);
	total = n;
	for(b = c->newest; b != nil; b = b->older)
		total += b->hi-b->lo;
	if(!c->groups || nplace > Maxplace || total > Maxdata)
		return 0;
	if(nplace == 0)
		return 1;
	if(c->group == nil && (c->group = malloc(Head+Maxplace*Place+Maxdata)) == nil)
		return 0;
	put8(c->group, nplace);
	place = c->group+Head;
	p = place+nplace*Place;
	if(n > 0)
		p = add(&place, p, addr, buf, n);
	for(b = c->newest; b != nil; b = b->older)
		if(b->hi > 0)
			p = add(&place, p, b->bno*c->bsize+b->lo, b->data+b->lo, b->hi-b->lo);
	if(mpwrite(c->fd, c->group, p-c->group, Groupoff) != p-c->group)
		return -1;
	for(b = c->newest; b != nil; b = b->older)
		b->lo = b->hi = 0;
	c->ndirty = 0;
	return 1;
}
