/*
 * memory(2).  The compiler calls memcpy, memmove, memset and memcmp of its own
 * accord, so these must exist under their C names and must not be written as
 * loops that it would turn into calls of themselves.  Long moves use the
 * string instructions: those are the fastest there are, on the processor and
 * under a translator alike; short ones are not worth their start-up.
 */
#include <u.h>
#include <libc.h>

enum
{
	Short	= 32,		/* bytes; below it a loop is faster */
};

static void
moveup(uchar *to, uchar *from, ulong n)
{
	if(n >= Short){
		asm volatile("cld; rep movsb" : "+D" (to), "+S" (from), "+c" (n) : : "memory", "cc");
		return;
	}
	for(; n >= 4; n -= 4, to += 4, from += 4)
		*(u32int*)to = *(u32int*)from;
	while(n-- > 0)
		*to++ = *from++;
}

/* from the end, for when the destination lies above the source and overlaps it */
static void
movedown(uchar *to, uchar *from, ulong n)
{
	to += n;
	from += n;
	for(; n >= 4; n -= 4){
		to -= 4;
		from -= 4;
		*(u32int*)to = *(u32int*)from;
	}
	while(n-- > 0)
		*--to = *--from;
}

void*
memmove(void *to, void *from, ulong n)
{
	if((ulong)to - (ulong)from >= n)
		moveup(to, from, n);
	else if(to != from)
		movedown(to, from, n);
	return to;
}

void*
memcpy(void *to, void *from, ulong n)
{
	return memmove(to, from, n);
}

void*
memset(void *ap, int c, ulong n)
{
	uchar *p;
	u32int pattern;

	p = ap;
	if(n >= Short){
		asm volatile("cld; rep stosb" : "+D" (p), "+c" (n) : "a" (c) : "memory", "cc");
		return ap;
	}
	pattern = (uchar)c * 0x01010101UL;
	for(; n >= 4; n -= 4, p += 4)
		*(u32int*)p = pattern;
	while(n-- > 0)
		*p++ = c;
	return ap;
}

int
memcmp(void *a1, void *a2, ulong n)
{
	uchar *s1, *s2;

	s1 = a1;
	s2 = a2;
	for(; n >= 4 && *(u32int*)s1 == *(u32int*)s2; n -= 4){
		s1 += 4;
		s2 += 4;
	}
	for(; n > 0; n--, s1++, s2++)
		if(*s1 != *s2)
			return *s1 < *s2 ? -1 : 1;
	return 0;
}

#define Ones	0x01010101UL
#define Highs	0x80808080UL
#define haszero(w)	(((w)-Ones) & ~(w) & Highs)

void*
memchr(void *ap, int c, ulong n)
{
	uchar *p;
	ulong pattern, w;

	p = ap;
	pattern = (uchar)c * Ones;
	for(; n >= 4; n -= 4, p += 4){
		w = *(u32int*)p ^ pattern;
		if(haszero(w))
			break;
	}
	for(; n > 0; n--, p++)
		if(*p == (uchar)c)
			return p;
	return nil;
}

/* copies until after a byte c; nil if there is none among n */
void*
memccpy(void *to, void *from, int c, ulong n)
{
	uchar *hit;

	hit = memchr(from, c, n);
	if(hit == nil){
		memmove(to, from, n);
		return nil;
	}
	n = hit + 1 - (uchar*)from;
	memmove(to, from, n);
	return (uchar*)to + n;
}
