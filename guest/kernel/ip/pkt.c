/*
 * Packets as lists of Blocks, without errors raised: where there is no memory the
 * result is nil and what was given is freed.  A slice is a list of Blocks that
 * have no bytes of their own but count a reference to the Block they look into;
 * so a segment goes to the wire, or to the other end of a loopback connection,
 * without its data being copied, while the sender keeps it to send it again.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Keep		= 256,
};

static Block	*spare;		/* slices not in use */
static int	nspare;

/* One Block with room for n bytes, and for all headers in front. */
Block*
pktalloc(int n)
{
	return iallocb(n);
}

/* A Block with a copy of a list. */
Block*
pktcopy(Block *b)
{
	Block *nb;

	nb = iallocb(blocklen(b));
	if(nb == nil)
		return nil;
	for(; b != nil; b = b->next){
		memmove(nb->wp, b->rp, BLEN(b));
		nb->wp += BLEN(b);
	}
	return nb;
}

Block*
pktflat(Block *b)
{
	Block *nb;

	if(b->next == nil)
		return b;
	nb = pktcopy(b);
	if(nb != nil)
		nb->flag = b->flag;
	freeblist(b);
	return nb;
}

/* A slice has no room in front: that of its neighbour is not its own. */
static int
isslice(Block *b)
{
	return b->free != nil;
}

/* n more bytes in front of the data. */
Block*
pktpush(Block *b, int n)
{
	Block *h;

	if(!isslice(b) && b->ref == 1 && b->rp - b->base >= n){
		b->rp -= n;
		return b;
	}
	h = iallocb(n);
	if(h == nil){
		freeblist(b);
		return nil;
	}
	h->wp += n;
	h->next = b;
	h->flag = b->flag;
	return h;
}

/* The first n bytes together, in a Block that is nobody else's. */
Block*
pktpull(Block *b, int n)
{
	Block *h, *nb;
	int m;

	if(BLEN(b) >= n && !isslice(b) && b->ref == 1)
		return b;
	if(blocklen(b) < n){
		freeblist(b);
		return nil;
	}
	h = iallocb(n);
	if(h == nil){
		freeblist(b);
		return nil;
	}
	h->flag = b->flag;
	while(n > 0){
		m = BLEN(b);
		if(m > n)
			m = n;
		memmove(h->wp, b->rp, m);
		h->wp += m;
		b->rp += m;
		n -= m;
		if(BLEN(b) == 0){
			nb = b->next;
			freeb(b);
			b = nb;
			if(b == nil)
				break;
		}
	}
	h->next = b;
	return h;
}

static void
slicefree(Block *b)
{
	freeb(b->arg);
	if(nspare >= Keep){
		free(b);
		return;
	}
	b->next = spare;
	spare = b;
	nspare++;
}

/* A Block that looks at n bytes at p, which lie in b. */
static Block*
slice(Block *b, uchar *p, int n)
{
	Block *s;

	s = spare;
	if(s != nil){
		spare = s->next;
		nspare--;
	}else{
		s = mallocz(sizeof(Block), 0);
		if(s == nil)
			return nil;
	}
	memset(s, 0, sizeof *s);
	if(isslice(b))
		b = b->arg;
	b->ref++;
	s->ref = 1;
	s->base = s->rp = p;
	s->lim = s->wp = p+n;
	s->free = slicefree;
	s->arg = b;
	return s;
}

/* A list that shows n bytes of another from offset off on; that must hold them. */
Block*
pktslice(Block *b, int off, int n)
{
	Block *list, **l;
	int m;

	while(off >= BLEN(b) && b->next != nil){
		off -= BLEN(b);
		b = b->next;
	}
	list = nil;
	for(l = &list; n > 0 && b != nil; l = &(*l)->next){
		m = BLEN(b) - off;
		if(m > n)
			m = n;
		*l = slice(b, b->rp+off, m);
		if(*l == nil){
			freeblist(list);
			return nil;
		}
		n -= m;
		off = 0;
		b = b->next;
	}
	return list;
}

void
qput(Pktq *q, Block *b)
{
	b->next = nil;
	if(q->first == nil)
		q->first = b;
	else
		q->last->next = b;
	q->last = b;
	q->n++;
	q->len += BLEN(b);
	q->size += BALLOC(b) + sizeof(Block);
}

Block*
qtake(Pktq *q)
{
	Block *b;

	b = q->first;
	if(b == nil)
		return nil;
	q->first = b->next;
	if(q->first == nil)
		q->last = nil;
	b->next = nil;
	q->n--;
	q->len -= BLEN(b);
	q->size -= BALLOC(b) + sizeof(Block);
	return b;
}

void
qclear(Pktq *q)
{
	freeblist(q->first);
	memset(q, 0, sizeof *q);
}
