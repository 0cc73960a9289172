/*
 * Memory of rc: the arena in which commands and lists live while they are
 * used, and strings that grow.  The arena is a stack of chunks; release goes
 * back to a mark and keeps one chunk, so that a loop does not go to malloc.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

enum
{
	Chunksize	= 4096 - 64,
	Align		= sizeof(void*),
};

Arena stk;

void*
emalloc(ulong n)
{
	void *p;

	p = malloc(n);
	if(p == nil){
		fprint(2, "rc: out of memory\n");
		exits("out of memory");
	}
	return p;
}

/* n bytes, not cleared; they live until the arena is freed or released */
void*
aalloc(Arena *a, ulong n)
{
	Chunk *c;
	ulong size;
	char *p;

	n = (n+Align-1) & ~(Align-1);
	c = a->top;
	if(c == nil || n > c->end-a->p){
		c = a->spare;
		a->spare = nil;
		if(c == nil || n > c->end-c->data){
			free(c);
			size = Chunksize;
			if(a != &stk)
				size = 512;
			if(n > size-sizeof(Chunk))
				size = n+sizeof(Chunk);
			c = emalloc(size);
			c->end = (char*)c + size;
		}
		c->down = a->top;
		a->top = c;
		a->p = c->data;
	}
	p = a->p;
	a->p += n;
	return p;
}

void*
ralloc(ulong n)
{
	return aalloc(&stk, n);
}

char*
rstrdup(char *s)
{
	int n;

	n = strlen(s)+1;
	return memmove(ralloc(n), s, n);
}

Mark
mark(void)
{
	Mark m;

	m.top = stk.top;
	m.p = stk.p;
	return m;
}

void
release(Mark m)
{
	Chunk *c;

	while((c = stk.top) != m.top){
		stk.top = c->down;
		if(stk.spare == nil && c->end-(char*)c == Chunksize)
			stk.spare = c;
		else
			free(c);
	}
	stk.p = m.p;
}

void
afree(Arena *a)
{
	Chunk *c;

	while((c = a->top) != nil){
		a->top = c->down;
		free(c);
	}
}

static void
strgrow(Str *s, int n)
{
	if(s->n+n < s->max)
		return;
	s->max = 2*s->max+n+64;
	s->s = realloc(s->s, s->max);
	if(s->s == nil){
		fprint(2, "rc: out of memory\n");
		exits("out of memory");
	}
}

void
straddc(Str *s, int c)
{
	strgrow(s, 1);
	s->s[s->n++] = c;
}

void
stradd(Str *s, char *t, int n)
{
	strgrow(s, n);
	memmove(s->s+s->n, t, n);
	s->n += n;
}

/* the string, terminated; it belongs to the Str still */
char*
strend(Str *s)
{
	strgrow(s, 1);
	s->s[s->n] = 0;
	return s->s;
}
