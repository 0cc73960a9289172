/*
 * qsort(2).  Quicksort on the median of three, that falls back to heapsort
 * when its partitions go wrong, so that no input takes quadratic time, and
 * to insertion when few elements are left.
 */
#include <u.h>
#include <libc.h>

typedef struct Sort Sort;

struct Sort
{
	int	(*cmp)(void*, void*);
	long	size;		/* of an element, bytes */
	int	words;		/* size and addresses are multiples of 4 */
};

enum
{
	Few	= 8,
};

static void
swap(Sort *s, char *a, char *b)
{
	long n;
	u32int w;
	char c;

	if(s->words){
		for(n = s->size; n > 0; n -= 4, a += 4, b += 4){
			w = *(u32int*)a;
			*(u32int*)a = *(u32int*)b;
			*(u32int*)b = w;
		}
		return;
	}
	for(n = s->size; n > 0; n--){
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

static void
insertion(Sort *s, char *base, long n)
{
	char *p, *q;

	for(p = base + s->size; p < base + n*s->size; p += s->size)
		for(q = p; q > base && s->cmp(q - s->size, q) > 0; q -= s->size)
			swap(s, q - s->size, q);
}

static void
sift(Sort *s, char *base, long root, long n)
{
	long child;

	for(; (child = 2*root+1) < n; root = child){
		if(child+1 < n && s->cmp(base + child*s->size, base + (child+1)*s->size) < 0)
			child++;
		if(s->cmp(base + root*s->size, base + child*s->size) >= 0)
			return;
		swap(s, base + root*s->size, base + child*s->size);
	}
}

static void
heap(Sort *s, char *base, long n)
{
	long i;

	for(i = n/2; i-- > 0; )
		sift(s, base, i, n);
	while(--n > 0){
		swap(s, base, base + n*s->size);
		sift(s, base, 0, n);
	}
}

/* puts the median of first, middle and last element first */
static void
pivot(Sort *s, char *base, long n)
{
	char *mid, *last;

	mid = base + n/2*s->size;
	last = base + (n-1)*s->size;
	if(s->cmp(mid, last) > 0)
		swap(s, mid, last);
	if(s->cmp(base, mid) > 0)	/* now mid <= last: the median is base or last or mid */
		return s->cmp(base, last) > 0 ? swap(s, base, last) : (void)0;
	swap(s, base, mid);
}

static void
quick(Sort *s, char *base, long n, int depth)
{
	char *lo, *hi;
	long left;

	while(n > Few){
		if(depth-- == 0){
			heap(s, base, n);
			return;
		}
		pivot(s, base, n);
		lo = base;
		hi = base + n*s->size;
		for(;;){
			do
				lo += s->size;
			while(lo < base + n*s->size && s->cmp(lo, base) < 0);
			do
				hi -= s->size;
			while(hi > base && s->cmp(hi, base) > 0);
			if(lo >= hi)
				break;
			swap(s, lo, hi);
		}
		swap(s, base, hi);
		left = (hi - base) / s->size;
		if(left < n-left-1){	/* recur into the smaller part */
			quick(s, base, left, depth);
			base = hi + s->size;
			n -= left+1;
		}else{
			quick(s, hi + s->size, n-left-1, depth);
			n = left;
		}
	}
	insertion(s, base, n);
}

void
qsort(void *base, long n, long size, int (*cmp)(void*, void*))
{
	Sort s;
	int depth;
	long k;

	if(n < 2 || size <= 0)
		return;
	s.cmp = cmp;
	s.size = size;
	s.words = (size & 3) == 0 && ((ulong)base & 3) == 0;
	depth = 0;
	for(k = n; k > 0; k >>= 1)
		depth += 2;
	quick(&s, base, n, depth);
}
