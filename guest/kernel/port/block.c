/*
 * Blocks: allocation, and the operations that a protocol needs to put headers
 * on and take them off.  Called by queues, pipes, the console and the network.
 * Freed blocks of the common sizes are kept on lists, last in first out: the
 * memory that a pipe's reader has just let go is the memory its writer fills
 * next, and is still in the processor's cache.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "kept.h"

enum {
	Headroom	= 64,		/* before rp: what protocols put in front */
	Align		= 16,
};

typedef struct Pool Pool;
struct Pool {
	int	size;			/* bytes of space, without headroom */
	int	keep;			/* blocks kept at most */
	int	n;
	Block	*free;
};

static Lock	poollock;		/* guards pools, inuse and every Block.ref */
static ulong	inuse;			/* bytes that all blocks cost, those on free lists as well */
static Pool	pools[] = {
	{ 0 },				/* number 0: not kept */
	{ 192,		128 },
	{ 2048,		64 },
	{ 8192+64,	32 },		/* a 9P message of the common size */
	{ Maxatomic,	8 },
};

static int
poolfor(int size)
{
	int i;

	for(i = 1; i < nelem(pools); i++)
		if(size <= pools[i].size)
			return i;
	return 0;
}

/* the state of a block that somebody has just been given */
static Block*
emptied(Block *b)
{
	b->next = nil;
	b->free = nil;
	b->arg = nil;
	b->ref = 1;
	b->flag = 0;
	b->aux = 0;
	b->rp = b->wp = b->base + Headroom;
	return b;
}

/*
 * A block with room for size bytes after wp and Headroom before rp, or nil.
 * Usable from an interrupt.  All blocks together get five eighths of the
 * kernel's memory at most, their overhead counted: who fills pipes must not keep
 * others from opening files.
 */
Block*
iallocb(int size)
{
	Block *b;
	Pool *p;
	int i, space;

	if(size < 0)
		return nil;
	i = poolfor(size);
	p = &pools[i];
	if(p->free != nil){
		ilock(&poollock);
		b = p->free;
		if(b != nil){
			p->free = b->next;
			p->n--;
			iunlock(&poollock);
			return emptied(b);
		}
		iunlock(&poollock);
	}
	space = Headroom + (i == 0? size: p->size);
	if(inuse + space > conf.kmallocmax/8*5)
		return nil;
	b = mallocz(sizeof(Block) + Align + space, 0);
	if(b == nil)
		return nil;
	ilock(&poollock);
	inuse += msize(b);
	iunlock(&poollock);
	b->base = (uchar*)(((uintptr)(b+1) + Align-1) & ~(uintptr)(Align-1));
	b->lim = b->base + space;
	b->pool = i;
	return emptied(b);
}

/*
 * The same for a process: raises Enomem where iallocb returns nil.
 */
Block*
allocb(int size)
{
	Block *b;

	b = iallocb(size);
	if(b == nil)
		error(Enomem);
	return b;
}

/*
 * Give up one block (not its successors).  While a reader still copies out of
 * it, it lives on.
 */
void
freeb(Block *b)
{
	Pool *p;

	if(b == nil)
		return;
	ilock(&poollock);
	if(b->ref == 0)
		panic("freeb: block %#p freed twice", b);
	if(--b->ref > 0){
		iunlock(&poollock);
		return;
	}
	p = &pools[b->pool];
	if(b->free == nil && p->n < p->keep){
		b->next = p->free;
		p->free = b;
		p->n++;
		iunlock(&poollock);
		return;
	}
	if(b->free == nil)
		inuse -= msize(b);
	iunlock(&poollock);
	if(b->free != nil)
		b->free(b);
	else
		free(b);
}

void
blockkept(Kept *k)
{
	Pool *p;

	for(p = pools+1; p < pools+nelem(pools); p++){
		k->n += p->n;
		if(p->free != nil)
			k->bytes += p->n*msize(p->free);
	}
}

void
freeblist(Block *b)
{
	Block *next;

	for(; b != nil; b = next){
		next = b->next;
		freeb(b);
	}
}

/* bytes of data in a list */
int
blocklen(Block *b)
{
	int n;

	n = 0;
	for(; b != nil; b = b->next)
		n += BLEN(b);
	return n;
}

/* A block that holds a copy of n bytes; raises Enomem. */
Block*
mem2bl(uchar *p, int n)
{
	Block *b;

	b = allocb(n);
	memmove(b->wp, p, n);
	b->wp += n;
	return b;
}

/*
 * A copy of the first n bytes of a list, as one block.  A list that is
 * shorter gives a shorter copy.
 */
Block*
copyblock(Block *b, int n)
{
	Block *nb;
	int m;

	nb = allocb(n);
	for(; b != nil && n > 0; b = b->next){
		m = BLEN(b);
		if(m > n)
			m = n;
		memmove(nb->wp, b->rp, m);
		nb->wp += m;
		n -= m;
	}
	return nb;
}

/* Turn a list into one block, which replaces it. */
Block*
concatblock(Block *b)
{
	Block *nb;

	if(b == nil || b->next == nil)
		return b;
	nb = copyblock(b, blocklen(b));
	nb->flag = b->flag;
	nb->aux = b->aux;
	freeblist(b);
	return nb;
}

/*
 * Make room: size > 0 moves rp back by size bytes in front, size < 0
 * guarantees -size free bytes after wp.  The contents of the room are
 * undefined.  The result replaces b.
 */
Block*
padblock(Block *b, int size)
{
	Block *nb;
	int n;

	n = BLEN(b);
	if(size >= 0){
		if(b->rp - b->base >= size){
			b->rp -= size;
			return b;
		}
		nb = allocb(size + n);
		nb->wp += size;
	}else{
		if(b->lim - b->wp >= -size)
			return b;
		nb = allocb(n - size);
	}
	memmove(nb->wp, b->rp, n);
	nb->wp += n;
	nb->next = b->next;
	nb->flag = b->flag;
	nb->aux = b->aux;
	freeb(b);
	return nb;
}

/*
 * Bring the first n bytes of a list together in its first block.  Returns the
 * new head, or nil, with all of the list freed, if there are not so many.
 */
Block*
pullupblock(Block *b, int n)
{
	Block *nb, *next;
	int m;

	if(b == nil || BLEN(b) >= n)
		return b;
	if(blocklen(b) < n){
		freeblist(b);
		return nil;
	}
	b = padblock(b, -(n - (int)BLEN(b)));
	while(BLEN(b) < n){
		nb = b->next;
		m = n - BLEN(b);
		if(m > BLEN(nb))
			m = BLEN(nb);
		memmove(b->wp, nb->rp, m);
		b->wp += m;
		nb->rp += m;
		if(BLEN(nb) == 0){
			next = nb->next;
			freeb(nb);
			b->next = next;
		}
	}
	return b;
}

/*
 * Cut a list down to the len bytes from offset on.  Returns the new head, or
 * nil, with all of the list freed, if it does not hold them.
 */
Block*
trimblock(Block *b, int offset, int len)
{
	Block *nb;

	if(offset < 0 || len < 0 || blocklen(b) < offset + len){
		freeblist(b);
		return nil;
	}
	while(b->next != nil && BLEN(b) <= offset){
		offset -= BLEN(b);
		nb = b->next;
		freeb(b);
		b = nb;
	}
	b->rp += offset;
	for(nb = b; nb->next != nil && BLEN(nb) < len; nb = nb->next)
		len -= BLEN(nb);
	if(BLEN(nb) > len)
		nb->wp = nb->rp + len;
	freeblist(nb->next);
	nb->next = nil;
	return b;
}

/*
 * Make a block len bytes long: cut it, or lengthen it with whatever its space
 * holds.  A negative len frees it and returns nil.
 */
Block*
adjustblock(Block *b, int len)
{
	if(len < 0){
		freeb(b);
		return nil;
	}
	if(len > BLEN(b))
		b = padblock(b, -(len - (int)BLEN(b)));
	b->wp = b->rp + len;
	return b;
}

/*
 * Throw away up to n bytes from the front of a list, whole blocks as they
 * empty.  Returns how many went.
 */
int
pullblock(Block **list, int n)
{
	Block *b;
	int m, gone;

	gone = 0;
	while((b = *list) != nil && gone < n){
		m = BLEN(b);
		if(m > n - gone){
			b->rp += n - gone;
			return n;
		}
		gone += m;
		*list = b->next;
		freeb(b);
	}
	return gone;
}

/*
 * Replace blocks that waste more than three quarters of much space by tight
 * copies; done to what may stay queued for long.
 */
Block*
packblock(Block *list)
{
	Block *b, *nb, **l;
	int n;

	for(l = &list; (b = *l) != nil; l = &(*l)->next){
		n = BLEN(b);
		if(BALLOC(b) < 2048 || n >= BALLOC(b)/4)
			continue;
		nb = iallocb(n);
		if(nb == nil)
			break;
		memmove(nb->wp, b->rp, n);
		nb->wp += n;
		nb->next = b->next;
		nb->flag = b->flag;
		nb->aux = b->aux;
		*l = nb;
		freeb(b);
	}
	return list;
}
