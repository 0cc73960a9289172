/*
 * The deterministic automaton, made while input is read.  A state is a set of
 * places; a place that may begin a match is in every state, so a line is
 * searched in one pass.  When states take too much memory all are thrown away.
 */
#include <u.h>
#include <libc.h>
#include "grep.h"

enum
{
	Nhash		= 1024,
	Maxstates	= 2000,		/* about a kilobyte each, and their places */
};

static State	*hash[Nhash];
static int	nstate;
static State	*start;		/* at the start of a line */

static uchar	*mark;		/* places that are in set */
static int	*set;
static int	nset;
static int	matched;

/* put pc into the set, and where it leads without a byte */
static void
add(int pc, int bol, int eol)
{
	static int *stack, nstack, maxstack;
	Inst *i;

	nstack = 0;
	for(;;){
		if(pc >= 0 && !mark[pc]){
			mark[pc] = 1;
			set[nset++] = pc;
			i = &prog[pc];
			switch(i->op){
			case Ialt:
				if(nstack == maxstack){
					maxstack = 2*maxstack+64;
					stack = realloc(stack, maxstack*sizeof stack[0]);
					if(stack == nil)
						fail("out of memory");
				}
				stack[nstack++] = i->y;
				pc = i->x;
				continue;
			case Ibol:
				if(bol){
					pc = i->x;
					continue;
				}
				break;
			case Ieol:
				if(eol){
					pc = i->x;
					continue;
				}
				break;
			case Imatch:
				matched = 1;
				break;
			}
		}
		if(nstack == 0)
			return;
		pc = stack[--nstack];
	}
}

static void
clear(void)
{
	while(nset > 0)
		mark[set[--nset]] = 0;
	matched = 0;
}

static int
cmpint(void *a, void *b)
{
	return *(int*)a - *(int*)b;
}

static void
flush(void)
{
	State *s;
	int i;

	for(i = 0; i < Nhash; i++)
		while((s = hash[i]) != nil){
			hash[i] = s->hash;
			free(s);
		}
	nstate = 0;
	start = nil;
}

/* the state of the set, which it leaves empty */
static State*
intern(void)
{
	State *s;
	uint h;
	int i, n;

	/* only places that wait for a byte or the end make a difference */
	n = 0;
	for(i = 0; i < nset; i++){
		mark[set[i]] = 0;
		if(prog[set[i]].op == Ibyte || prog[set[i]].op == Ieol)
			set[n++] = set[i];
	}
	nset = 0;
	if(matched)
		n = 0;
	qsort(set, n, sizeof set[0], cmpint);
	h = matched;
	for(i = 0; i < n; i++)
		h = h*31 + set[i];
	h %= Nhash;
	for(s = hash[h]; s != nil; s = s->hash)
		if(s->n == n && s->match == matched && memcmp(s->pc, set, n*sizeof set[0]) == 0)
			return s;
	s = mallocz(sizeof *s + n*sizeof s->pc[0], 1);
	if(s == nil)
		fail("out of memory");
	s->match = matched;
	s->n = n;
	memmove(s->pc, set, n*sizeof set[0]);
	s->hash = hash[h];
	hash[h] = s;
	nstate++;
	return s;
}

void
dfainit(void)
{
	mark = mallocz(nprog, 1);
	set = malloc(nprog*sizeof set[0]);
	if(mark == nil || set == nil)
		fail("out of memory");
}

/* the state at the start of a line; states of earlier lines may be gone */
State*
dfastart(void)
{
	if(nstate > Maxstates)
		flush();
	if(start == nil){
		clear();
		add(startpc, 1, 0);
		start = intern();
	}
	return start;
}

/* where s goes on byte c, which is no newline */
State*
dfastep(State *s, int c)
{
	State *t;
	Inst *p;
	int i;

	clear();
	for(i = 0; i < s->n; i++){
		p = &prog[s->pc[i]];
		if(p->op == Ibyte && p->lo <= c && c <= p->hi)
			add(p->x, 0, 0);
	}
	add(startpc, 0, 0);
	t = intern();
	s->next[c] = t;
	return t;
}

/* does a line match that ends in state s? */
int
dfaeol(State *s)
{
	Inst *p;
	int i;

	if(s->match)
		return 1;
	if(s->ateol == 0){
		clear();
		for(i = 0; i < s->n; i++){
			p = &prog[s->pc[i]];
			if(p->op == Ieol)
				add(p->x, s == start, 1);
		}
		s->ateol = 1+matched;
		clear();
	}
	return s->ateol-1;
}
