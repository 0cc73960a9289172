/*
 * malloc(2).  Blocks carry their size in front; free ones also at their end,
 * and join their free neighbours at once.  Free blocks hang in bins by size:
 * one bin for each multiple of 8 up to Linear, then eight for each power of
 * two.  A bitmap of bins that are not empty makes both malloc and free take
 * the same short time whatever the heap looks like.  Memory comes from sbrk in
 * growing pieces; pieces that touch are one.  Programs with a heap of their
 * own may define these names themselves.
 */
#include <u.h>
#include <libc.h>

typedef struct Block Block;

struct Block
{
	ulong	size;		/* with this header; and the flags below */
	ulong	tag;		/* setmalloctag */
	Block	*next;		/* in its bin, while free; else data from here */
	Block	*prev;
};

enum
{
	Inuse		= 1,		/* of Block.size */
	Previnuse	= 2,
	Flags		= 7,

	Align		= 8,
	Header		= 8,
	Minblock	= 24,		/* header, links, size at the end */

	Linear		= 512,		/* bytes; below, a bin for each size */
	Nlinear		= Linear/Align,
	Subbins		= 8,		/* to a power of two above */
	Nbin		= Nlinear + (32-9)*Subbins,

	Mingrow		= 32*1024,
	Maxgrow		= 1024*1024,
};

static struct {
	Lock	lock;
	Block	*bin[Nbin];
	ulong	full[(Nbin+31)/32];	/* a bit for each bin that is not empty */
	Block	*last;			/* sentinel at the end of the latest piece */
	ulong	total;			/* bytes from sbrk */
} heap;

#define sizeof_(b)	((b)->size & ~Flags)
#define after(b)	((Block*)((char*)(b) + sizeof_(b)))
#define data(b)		((void*)((char*)(b) + Header))
#define blockof(p)	((Block*)((char*)(p) - Header))
#define footer(b)	(*(ulong*)((char*)after(b) - sizeof(ulong)))

static int
topbit(ulong x)
{
	ulong n;

	asm("bsrl %1, %0" : "=r" (n) : "rm" (x) : "cc");
	return n;
}

static int
lowbit(ulong x)
{
	ulong n;

	asm("bsfl %1, %0" : "=r" (n) : "rm" (x) : "cc");
	return n;
}

/* the bin that holds free blocks of this size */
static int
binof(ulong size)
{
	int t;

	if(size < Linear)
		return size/Align;
	t = topbit(size);
	return Nlinear + (t-9)*Subbins + (size>>(t-3) & Subbins-1);
}

static void
link(Block *b)
{
	int i;

	footer(b) = sizeof_(b);
	i = binof(sizeof_(b));
	b->prev = nil;
	b->next = heap.bin[i];
	if(b->next != nil)
		b->next->prev = b;
	heap.bin[i] = b;
	heap.full[i>>5] |= 1UL<<(i&31);
}

static void
unlink(Block *b)
{
	int i;

	if(b->next != nil)
		b->next->prev = b->prev;
	if(b->prev != nil){
		b->prev->next = b->next;
		return;
	}
	i = binof(sizeof_(b));
	heap.bin[i] = b->next;
	if(b->next == nil)
		heap.full[i>>5] &= ~(1UL<<(i&31));
}

/* makes the block free, one with its neighbours; it is in no bin yet */
static Block*
join(Block *b)
{
	Block *n;
	ulong size;

	size = sizeof_(b);
	n = after(b);
	if(!(n->size & Inuse)){
		unlink(n);
		size += sizeof_(n);
	}
	if(!(b->size & Previnuse)){
		b = (Block*)((char*)b - ((ulong*)b)[-1]);
		unlink(b);
		size += sizeof_(b);
	}
	b->size = size | Previnuse;	/* two free blocks never touch */
	after(b)->size &= ~Previnuse;
	return b;
}

/* more memory, as a free block at least that big in its bin */
static int
grow(ulong size)
{
	Block *b;
	ulong n;
	char *p;

	n = heap.total/8;
	if(n < Mingrow)
		n = Mingrow;
	if(n > Maxgrow)
		n = Maxgrow;
	if(n < size + 2*Header)
		n = size + 2*Header;
	n = (n + 4095) & ~4095;
	if(n < size)
		return -1;
	p = sbrk(n);
	if(p == (void*)-1){
		n = (size + 2*Header + 4095) & ~4095;
		p = sbrk(n);
		if(p == (void*)-1)
			return -1;
	}
	heap.total += n;
	if(heap.last != nil && p == (char*)heap.last + Header){
		b = heap.last;		/* the sentinel becomes the block's header */
		b->size = n | (b->size & Previnuse);
	}else{
		b = (Block*)p;
		b->size = (n - Header) | Previnuse;
	}
	heap.last = after(b);
	heap.last->size = Inuse;	/* of size 0 */
	link(join(b));
	return 0;
}

/* cuts what is beyond size off a block in use */
static void
trim(Block *b, ulong size)
{
	Block *rest;
	ulong extra;

	extra = sizeof_(b) - size;
	if(extra < Minblock)
		return;
	b->size -= extra;
	rest = after(b);
	rest->size = extra | Previnuse;
	link(join(rest));
}

static Block*
find(ulong size)
{
	ulong bits;
	int i, w, t;

	if(size >= Linear){	/* the next bin up, where all are big enough */
		t = topbit(size);
		i = binof(size + (1UL<<(t-3)) - 1);
	}else
		i = binof(size);
	if(i >= Nbin)
		return nil;
	w = i>>5;
	bits = heap.full[w] & ~0UL<<(i&31);
	while(bits == 0){
		if(++w == nelem(heap.full))
			return nil;
		bits = heap.full[w];
	}
	return heap.bin[w*32 + lowbit(bits)];
}

static ulong
blocksize(ulong n)
{
	n = (n + Header + Align-1) & ~(Align-1);
	return n < Minblock ? Minblock : n;
}

static Block*
take(ulong size)
{
	Block *b;

	b = find(size);
	if(b == nil){
		if(grow(size + (size >= Linear ? size/Subbins : 0)) < 0)
			return nil;
		b = find(size);
		if(b == nil)
			return nil;
	}
	unlink(b);
	b->size |= Inuse;
	after(b)->size |= Previnuse;
	trim(b, size);
	return b;
}

enum
{
	Toobig	= 0x7FFFF000,
};

void*
malloc(ulong n)
{
	Block *b;

	if(n > Toobig){
		werrstr("memory: %lud bytes are more than there can be", n);
		return nil;
	}
	lock(&heap.lock);
	b = take(blocksize(n));
	unlock(&heap.lock);
	if(b == nil)
		return nil;
	b->tag = getcallerpc(&n);
	return data(b);
}

void*
mallocz(ulong n, int clear)
{
	void *p;

	p = malloc(n);
	if(p != nil){
		blockof(p)->tag = getcallerpc(&n);
		if(clear)
			memset(p, 0, n);
	}
	return p;
}

void*
calloc(ulong n, ulong size)
{
	uvlong total;

	total = (uvlong)n*size;
	if(total > Toobig)
		return nil;
	return mallocz(total, 1);
}

void
free(void *p)
{
	Block *b;

	if(p == nil)
		return;
	b = blockof(p);
	lock(&heap.lock);
	if(!(b->size & Inuse) || ((ulong)p & Align-1) != 0){
		fprint(2, "free: %#p was not allocated, or was freed before\n", p);
		abort();
	}
	b->size &= ~Inuse;
	link(join(b));
	unlock(&heap.lock);
}

/* tries to make the block bigger where it is */
static int
extend(Block *b, ulong size)
{
	Block *n;

	n = after(b);
	if(n == heap.last && grow(size - sizeof_(b)) < 0)
		return 0;
	n = after(b);
	if(n->size & Inuse || sizeof_(b) + sizeof_(n) < size)
		return 0;
	unlink(n);
	b->size += sizeof_(n);
	after(b)->size |= Previnuse;
	trim(b, size);
	return 1;
}

void*
realloc(void *p, ulong n)
{
	Block *b;
	ulong size, old;
	void *q;
	int ok;

	if(p == nil)
		return malloc(n);
	if(n == 0){
		free(p);
		return nil;
	}
	if(n > Toobig)
		return nil;
	b = blockof(p);
	size = blocksize(n);
	lock(&heap.lock);
	old = sizeof_(b);
	ok = 1;
	if(size <= old)
		trim(b, size);
	else
		ok = extend(b, size);
	unlock(&heap.lock);
	if(ok)
		return p;
	q = malloc(n);
	if(q == nil)
		return nil;
	blockof(q)->tag = b->tag;
	memmove(q, p, old - Header);
	free(p);
	return q;
}

/* the bytes that may be used */
ulong
msize(void *p)
{
	return sizeof_(blockof(p)) - Header;
}

/*
 * A block of n bytes at p such that p = offset modulo align, and, unless span
 * is 0, that it crosses no multiple of span.
 */
void*
mallocalign(ulong n, ulong align, long offset, ulong span)
{
	Block *b, *front;
	ulong a, p, want, size;

	if(align == 0)
		align = Align;
	if(span != 0 && n > span){
		werrstr("mallocalign: %lud bytes cannot keep within %lud", n, span);
		return nil;
	}
	size = blocksize(n);
	offset %= (long)align;
	want = size + align + (span != 0 ? span : 0) + Minblock;
	if(want < size || want > Toobig)
		return nil;
	lock(&heap.lock);
	b = take(want);
	if(b == nil){
		unlock(&heap.lock);
		return nil;
	}
	a = (ulong)data(b);
	p = (a - offset + align-1)/align*align + offset;
	if(span != 0 && p/span != (p+n-1)/span)
		p = ((p+n-1)/span*span - offset + align-1)/align*align + offset;
	if(p != a && p - a < Minblock)
		p += (Minblock + align-1)/align*align;
	if(p & Align-1 || p + size - Header > (ulong)after(b)){
		b->size &= ~Inuse;
		link(join(b));
		unlock(&heap.lock);
		werrstr("mallocalign: cannot align to %lud at %ld", align, offset);
		return nil;
	}
	if(p != a){
		front = b;
		b = blockof(p);
		b->size = (sizeof_(front) - (p-a)) | Inuse;
		front->size = (p-a) | (front->size & Previnuse);
		link(join(front));
	}
	trim(b, size);
	unlock(&heap.lock);
	b->tag = getcallerpc(&n);
	return (void*)p;
}

/* one tag serves both: who allocated it last */
void
setmalloctag(void *p, ulong tag)
{
	if(p != nil)
		blockof(p)->tag = tag;
}

void
setrealloctag(void *p, ulong tag)
{
	setmalloctag(p, tag);
}

ulong
getmalloctag(void *p)
{
	return blockof(p)->tag;
}

ulong
getrealloctag(void *p)
{
	return getmalloctag(p);
}
