/*
 * Reading ahead for who reads a disk in order, by small pieces: sdio.c asks here before it
 * reads, and gets what is there.  A stream is recognised by reads that each begin where another ended, whoever
 * does them, by whatever partition; it has two buffers, the one that is read now and the one that comes next, which grow
 * as it goes on.  Long reads go straight to their memory, and are better off.
 *
 * Nobody sees what is no longer so: what is going to be changed is forgotten first (sdforget), and nothing is read
 * ahead that is just being changed.  A buffer holds what was on the disk since it was filled, or is stale.
 *
 * All of it is only a help: without memory, and after an error, everybody reads for himself.  Buffers are bounded,
 * and are given up when memory is short, and when nobody has the disk open.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "sd.h"
#include "kept.h"

enum
{
	Longest	= 32*KiB,		/* of the reads that are helped */
	First	= 32*KiB,		/* bytes of the first buffer of a stream */
	Last	= 256*KiB,		/* and of the largest */
	Most	= 4*MiB,		/* of all, if there is that much memory */
	Nstream	= 8,			/* of a unit */
	Nrecent	= 64,
};

#define NOWHERE	(~(uvlong)0)

typedef struct Buf Buf;
typedef struct Stream Stream;

/* Guarded by splhi until it is filled. */
struct Buf
{
	int	ref;			/* its stream, who copies from it, the request that fills it */
	int	filled;
	int	stale;
	char	*error;
	uvlong	off;			/* bytes from the start of the disk; what lies before has been read */
	uvlong	base;			/* of p[0] */
	ulong	len;
	ulong	size;			/* of p */
	uchar	*p;
};

struct Stream
{
	uvlong	next;			/* where it goes on, or NOWHERE */
	uvlong	barred;			/* nothing is read ahead before that place */
	ulong	used;			/* SDahead.clock at its last read */
	ulong	when;			/* and m->ticks */
	ulong	window;			/* bytes of the next buffer */
	int	run;			/* reads since it began, or was disturbed */
	Buf	*buf[2];
};

struct SDahead
{
	uvlong	recent[Nrecent];	/* where reads ended, by hash */
	Stream	stream[Nstream];
	ulong	clock;			/* counts reads */
};

static ulong	bytes;			/* of all buffers */
static SDunit	*holders[SDmaxunit];	/* units that have an SDahead */
static int	nholder;

/* ---- buffers ---- */

static void
putbuf(Buf *b)
{
	int s, n;

	if(b == nil)
		return;
	s = splhi();
	n = --b->ref;
	if(n == 0)
		bytes -= b->size;
	splx(s);
	if(n > 0)
		return;
	free(b->p);
	free(b);
}

static void
drop(Stream *s)
{
	Buf *b;

	b = s->buf[0];
	s->buf[0] = nil;
	putbuf(b);
	b = s->buf[1];
	s->buf[1] = nil;
	putbuf(b);
}

/* Streams that have not gone on for a second give up their buffers. */
static void
dropold(void)
{
	Stream *s;
	int i;

	for(i = 0; i < nholder; i++)
		for(s = holders[i]->ahead->stream; s < holders[i]->ahead->stream+Nstream; s++)
			if(m->ticks-s->when > HZ)
				drop(s);
}

void
sdkept(Kept *k)
{
	Stream *s;
	int i, j;

	for(i = 0; i < nholder; i++)
		for(s = holders[i]->ahead->stream; s < holders[i]->ahead->stream+Nstream; s++)
			for(j = 0; j < nelem(s->buf); j++)
				if(s->buf[j] != nil){
					k->n++;
					k->bytes += msize(s->buf[j]) + msize(s->buf[j]->p);
				}
}

/* Nothing else is given up for it: that would cost more than it brings. */
static Buf*
newbuf(ulong size)
{
	ulong most;
	Buf *b;
	int s;

	most = mallocmax()/16;
	if(most > Most)
		most = Most;
	if(bytes+size > most)
		dropold();
	if(bytes+size > most || mallocused()+size > mallocmax()/2)
		return nil;
	s = splhi();			/* so that malloc does not look for memory elsewhere */
	b = mallocz(sizeof *b, 1);
	if(b != nil && (b->p = mallocz(size, 0)) == nil){
		free(b);
		b = nil;
	}
	if(b != nil){
		b->size = size;
		b->ref = 1;
		bytes += size;
	}
	splx(s);
	return b;
}

static void
filled(SDreq *r)
{
	Buf *b;

	b = r->arg;
	b->error = r->error;
	b->filled = 1;
	sdputreq(r);			/* wakes who waits for anything */
	putbuf(b);
}

/*
 * A buffer, being filled from off on; b if that is there and large enough, and nobody else's.  Nil if that cannot
 * be now.
 */
static Buf*
fill(SDunit *u, Buf *b, uvlong off, ulong len)
{
	SDreq *r;
	int s;

	if(b == nil || b->ref > 1 || b->size < len){
		putbuf(b);
		b = newbuf(len);
		if(b == nil)
			return nil;
	}
	r = sdnewreq(u);
	if(r == nil){
		putbuf(b);
		return nil;
	}
	b->filled = b->stale = 0;
	b->error = nil;
	b->off = b->base = off;
	b->len = len;
	r->op = SDread;
	r->va = b->p;
	r->off = off;
	r->len = r->data = len;
	r->fin = filled;
	r->arg = b;
	s = splhi();
	if(sdwriting(u, off, len)){
		splx(s);
		sdputreq(r);
		putbuf(b);
		return nil;
	}
	b->ref++;
	sdsubmit(r);
	splx(s);
	return b;
}

static int
isfilled(void *a)
{
	return ((Buf*)a)->filled;
}

static int
holds(Buf *b, uvlong off)
{
	return b != nil && off >= b->off && off < b->base+b->len;
}

/* ---- streams ---- */

static uvlong*
recent(SDahead *a, uvlong off)
{
	return &a->recent[(off ^ off>>9 ^ off>>15) % Nrecent];
}

static int
ahead(SDunit *u)
{
	SDahead *a;
	int i;

	a = mallocz(sizeof *a, 1);
	if(a == nil)
		return 0;
	for(i = 0; i < Nrecent; i++)
		a->recent[i] = NOWHERE;
	for(i = 0; i < Nstream; i++)
		a->stream[i].next = NOWHERE;
	u->ahead = a;
	holders[nholder++] = u;
	return 1;
}

/* The stream that a read at off goes on with; a new one if it is only the second; nil if it is neither. */
static Stream*
streamof(SDahead *a, uvlong off, long n)
{
	Stream *s, *old;
	uvlong *p;

	old = a->stream;
	a->clock++;
	for(s = a->stream; s < a->stream+Nstream; s++){
		if(s->next == off){
			s->used = a->clock;
			s->when = m->ticks;
			s->next = off+n;
			s->run++;
			return s;
		}
		if(s->next == NOWHERE || a->clock-s->used > a->clock-old->used)
			old = s;
	}
	p = recent(a, off);
	if(*p != off){
		*recent(a, off+n) = off+n;
		return nil;
	}
	*p = NOWHERE;
	drop(old);
	old->used = a->clock;
	old->when = m->ticks;
	old->next = off+n;
	old->barred = 0;
	old->window = First;
	old->run = 0;
	return old;
}

/* The buffer of s for off, before limit; nil if there is none. */
static Buf*
current(SDunit *u, Stream *s, uvlong off, uvlong limit)
{
	Buf *spare;
	ulong len;

	spare = nil;
	if(!holds(s->buf[0], off)){
		spare = s->buf[0];
		s->buf[0] = s->buf[1];
		s->buf[1] = nil;
		if(!holds(s->buf[0], off)){
			drop(s);
			if(s->run < 1 || off < s->barred || off >= limit){
				putbuf(spare);
				return nil;
			}
			len = limit-off < s->window? limit-off: s->window;
			s->buf[0] = fill(u, spare, off, len);
			spare = nil;
		}
	}
	if(s->buf[0] != nil && s->buf[1] == nil){
		off = s->buf[0]->base + s->buf[0]->len;
		if(off >= s->barred && off < limit){
			if(s->window < Last)
				s->window *= 2;
			len = limit-off < s->window? limit-off: s->window;
			s->buf[1] = fill(u, spare, off, len);
			spare = nil;
		}
	}
	putbuf(spare);
	return s->buf[0];
}

/* Copy from b, whose reference becomes ours, what it has of n bytes at off: 0 if it has none, -1 if it could not be filled. */
static long
copy(SDunit *u, Buf *b, uchar *va, long n, uvlong off)
{
	long k;

	if(waserror()){
		putbuf(b);
		nexterror();
	}
	if(!b->filled)
		sdwaitfor(u, isfilled, b, (ulong)va < KERNBASE);
	k = b->error != nil? -1: 0;
	if(k == 0 && !b->stale && holds(b, off)){
		k = b->base+b->len - off;
		if(k > n)
			k = n;
		b->off = off+k;
		memmove(va, b->p+(off-b->base), k);
	}
	poperror();
	putbuf(b);
	return k;
}

/*
 * A read of n bytes at off is wanted: as many as are at hand are copied to va.  Nothing is read
 * ahead beyond limit.
 */
long
sdahead(SDunit *u, void *va, long n, uvlong off, uvlong limit)
{
	Stream *s;
	Buf *b;
	long k, done;
	uvlong next;
	int ipl;

	if(n <= 0 || u->ahead == nil && !ahead(u))
		return 0;
	s = streamof(u->ahead, off, n);
	if(s == nil)
		return 0;
	if(n > Longest){
		drop(s);
		return 0;
	}
	next = s->next;
	for(done = 0; done < n && s->next == next; done += k){
		b = current(u, s, off+done, limit);
		if(b == nil)
			break;
		ipl = splhi();
		b->ref++;
		splx(ipl);
		k = copy(u, b, (uchar*)va+done, n-done, off+done);
		if(k < 0 && s->buf[0] == b){
			s->barred = b->base+b->len;
			s->window = First;
			drop(s);
		}
		if(k <= 0)
			break;
	}
	return done;
}

/* What is there of [off, off+len) is going to be something else.  Interrupts are off. */
void
sdforget(SDunit *u, uvlong off, uvlong len)
{
	Stream *s;
	Buf *b;
	int i;

	if(u->ahead == nil || bytes == 0)
		return;
	for(s = u->ahead->stream; s < u->ahead->stream+Nstream; s++)
		for(i = 0; i < 2; i++){
			b = s->buf[i];
			if(b == nil || b->off >= off+len || b->base+b->len <= off)
				continue;
			b->stale = 1;
			s->buf[i] = nil;
			s->run = -1;
			s->window = First;
			putbuf(b);
		}
}

/* Nobody has u open: the buffers go. */
void
sdidle(SDunit *u)
{
	int i;

	if(u->ahead != nil)
		for(i = 0; i < Nstream; i++)
			drop(&u->ahead->stream[i]);
}

/* Memory is short: how many pages could be given back. */
int
sdreclaim(void)
{
	ulong before;
	int i;

	before = bytes;
	for(i = 0; i < nholder && bytes > 0; i++)
		sdidle(holders[i]);
	return (before-bytes)/BY2PG;
}
