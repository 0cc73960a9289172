/*
 * regexec and rregexec: walk all paths through the graph at once, one rune of
 * the text at a time.  A list of threads, ordered by where they began, holds
 * every instruction at most once, so that the time is linear in the text.  Of
 * all matches the leftmost wins, of these the longest.  The same code reads
 * bytes and runes; positions are kept as char*.
 */
#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regpriv.h"

typedef struct Run Run;
typedef struct Thread Thread;
typedef struct List List;

struct Thread
{
	int	inst;
	Resub	sub[];		/* Run.nsub of them, at least one */
};

struct List
{
	int	n;
	char	*thread;	/* Thread, Run.size apart */
	ulong	*seen;		/* by instruction: the step at which it was added */
};

struct Run
{
	Reprog	*re;
	int	wide;		/* the text is of runes */
	char	*begin;
	char	*end;		/* nil: at the 0 */
	int	nsub;
	int	size;		/* of a Thread */
	ulong	step;
	char	*pos;		/* where the list being built stands */
	Rune	before;		/* the rune before pos, 0 at the beginning */
	Rune	after;		/* and at it, 0 at the end */
	int	width;		/* bytes of after */
	int	matched;
	Resub	best[NSUBEXP];
};

#define threadat(run, l, i)	((Thread*)((l)->thread + (i)*(run)->size))

static void
look(Run *run)
{
	run->after = 0;
	run->width = 0;
	if(run->end != nil && run->pos >= run->end)
		return;
	if(run->wide){
		run->after = *(Rune*)run->pos;
		run->width = sizeof(Rune);
	}else if((uchar)*run->pos < Runeself){
		run->after = *run->pos;
		run->width = 1;
	}else
		run->width = chartorune(&run->after, run->pos);
}

static void
follow(Run *run, List *l, int inst, Resub *sub)
{
	Inst *i;
	Thread *t;
	char *old;

again:
	if(l->seen[inst] == run->step)
		return;
	l->seen[inst] = run->step;
	i = &run->re->inst[inst];
	switch(i->op){
	case Split:
		follow(run, l, i->next, sub);
		inst = i->alt;
		goto again;
	case Bol:
		if(run->before != 0 && run->before != '\n')
			return;
		inst = i->next;
		goto again;
	case Eol:
		if(run->after != 0 && run->after != '\n')
			return;
		inst = i->next;
		goto again;
	case Open:
		if(i->n >= run->nsub){
			inst = i->next;
			goto again;
		}
		old = sub[i->n].sp;
		sub[i->n].sp = run->pos;
		follow(run, l, i->next, sub);
		sub[i->n].sp = old;
		return;
	case Close:
		if(i->n >= run->nsub){
			inst = i->next;
			goto again;
		}
		old = sub[i->n].ep;
		sub[i->n].ep = run->pos;
		follow(run, l, i->next, sub);
		sub[i->n].ep = old;
		return;
	}
	t = threadat(run, l, l->n++);
	t->inst = inst;
	memmove(t->sub, sub, run->nsub*sizeof(Resub));
}

static int
inclass(Reprog *re, Inst *i, Rune r)
{
	Span *s, *e;

	s = &re->span[i->span];
	for(e = s + i->n; s < e; s++)
		if(s->lo <= r && r <= s->hi)
			return 1;
	return 0;
}

static int
accepts(Reprog *re, Inst *i, Rune r)
{
	switch(i->op){
	case Rune1:
		return r == i->r;
	case Any:
		return r != '\n';
	case Anynl:
		return 1;
	case Class:
		return inclass(re, i, r);
	case Nclass:
		return !inclass(re, i, r);
	}
	return 0;
}

static void
record(Run *run, Thread *t, char *pos)
{
	if(run->matched && (t->sub[0].sp > run->best[0].sp
	|| t->sub[0].sp == run->best[0].sp && pos <= run->best[0].ep))
		return;
	run->matched = 1;
	memmove(run->best, t->sub, run->nsub*sizeof(Resub));
	run->best[0].ep = pos;
}

/* to the next place where a match can begin; 0 if there is none */
static int
skip(Run *run)
{
	uchar *p, *first;

	if(!run->re->skips || run->wide)
		return 1;
	p = (uchar*)run->pos;
	first = run->re->first;
	if(run->end != nil){
		while(p < (uchar*)run->end && !first[*p])
			p++;
		if(p == (uchar*)run->end)
			return 0;
	}else{
		while(*p && !first[*p])
			p++;
		if(*p == 0)
			return 0;
	}
	if(p > (uchar*)run->pos){
		run->before = p[-1] < Runeself ? p[-1] : Runeerror;
		run->pos = (char*)p;
		look(run);
	}
	return 1;
}

static int
walk(Run *run, List *now, List *next)
{
	Thread *t;
	List *tmp;
	Rune r;
	Resub sub[NSUBEXP];
	int i;

	memset(sub, 0, sizeof sub);
	run->step = 1;
	look(run);
	now->n = 0;
	for(;;){
		if(!run->matched){
			if(now->n == 0 && !skip(run))
				break;
			sub[0].sp = run->pos;
			follow(run, now, run->re->start, sub);
		}
		if(now->n == 0 && run->matched)
			break;
		r = run->after;
		next->n = 0;
		for(i = 0; i < now->n; i++){
			t = threadat(run, now, i);
			if(run->re->inst[t->inst].op == Match)
				record(run, t, run->pos);
		}
		if(run->width == 0 || r == 0 && run->end == nil)
			break;
		run->pos += run->width;
		run->before = r;
		run->step++;
		look(run);
		for(i = 0; i < now->n; i++){
			t = threadat(run, now, i);
			if(run->matched && t->sub[0].sp > run->best[0].sp)
				break;
			if(accepts(run->re, &run->re->inst[t->inst], r))
				follow(run, next, run->re->inst[t->inst].next, t->sub);
		}
		tmp = now;
		now = next;
		next = tmp;
	}
	return run->matched;
}

enum
{
	Onstack	= 8*1024,
};

/* lists on the stack when they are small, as they nearly always are */
static int
execute(Reprog *re, char *text, Resub *mp, int ms, int wide)
{
	char small[Onstack], *mem;
	List now, next;
	Run run;
	ulong each;

	run.re = re;
	run.wide = wide;
	run.begin = text;
	run.end = nil;
	run.matched = 0;
	run.before = 0;
	run.nsub = ms < 1 ? 1 : ms > NSUBEXP ? NSUBEXP : ms;
	run.size = sizeof(Thread) + run.nsub*sizeof(Resub);
	run.pos = text;
	if(mp != nil && ms > 0){
		if(mp[0].sp != nil && mp[0].sp > text){
			run.pos = mp[0].sp;
			run.before = wide ? ((Rune*)run.pos)[-1] : (uchar)run.pos[-1];
		}
		run.end = mp[0].ep;
	}
	each = re->ninst*(run.size + sizeof(ulong));
	mem = small;
	if(2*each > sizeof small){
		mem = malloc(2*each);
		if(mem == nil)
			return -1;
	}
	now.seen = (ulong*)mem;
	next.seen = now.seen + re->ninst;
	memset(mem, 0, 2*re->ninst*sizeof(ulong));
	now.thread = (char*)(next.seen + re->ninst);
	next.thread = now.thread + re->ninst*run.size;
	walk(&run, &now, &next);
	if(mem != small)
		free(mem);
	if(run.matched && mp != nil && ms > 0){
		memmove(mp, run.best, run.nsub*sizeof(Resub));
		if(ms > run.nsub)
			memset(mp+run.nsub, 0, (ms-run.nsub)*sizeof(Resub));
	}
	return run.matched;
}

/*
 * 1 if the text matches, 0 if not, -1 without memory.  mp, if not nil, gets
 * the places of the match and of its parentheses; on entry mp[0] may limit
 * where the match may lie.
 */
int
regexec(Reprog *re, char *text, Resub *mp, int ms)
{
	return execute(re, text, mp, ms, 0);
}

int
rregexec(Reprog *re, Rune *text, Resub *mp, int ms)
{
	return execute(re, (char*)text, mp, ms, 1);
}

/* copies src to dst, \1 to \9 and & replaced by what they matched; size with the NUL */
void
regsub(char *src, char *dst, int size, Resub *mp, int ms)
{
	char *to, *e;
	int i, n;

	to = dst;
	e = dst + size-1;
	for(; *src && to < e; src++){
		i = -1;
		if(*src == '&')
			i = 0;
		else if(*src == '\\'){
			src++;
			if(*src >= '0' && *src <= '9')
				i = *src - '0';
			else if(*src == 0)
				break;
		}
		if(i < 0){
			*to++ = *src;
			continue;
		}
		if(mp == nil || i >= ms || mp[i].sp == nil)
			continue;
		n = mp[i].ep - mp[i].sp;
		if(n > e-to)
			n = e-to;
		memmove(to, mp[i].sp, n);
		to += n;
	}
	*to = 0;
}

void
rregsub(Rune *src, Rune *dst, int size, Resub *mp, int ms)
{
	Rune *to, *e;
	int i, n;

	to = dst;
	e = dst + size-1;
	for(; *src && to < e; src++){
		i = -1;
		if(*src == '&')
			i = 0;
		else if(*src == '\\'){
			src++;
			if(*src >= '0' && *src <= '9')
				i = *src - '0';
			else if(*src == 0)
				break;
		}
		if(i < 0){
			*to++ = *src;
			continue;
		}
		if(mp == nil || i >= ms || mp[i].rsp == nil)
			continue;
		n = mp[i].rep - mp[i].rsp;
		if(n > e-to)
			n = e-to;
		memmove(to, mp[i].rsp, n*sizeof(Rune));
		to += n;
	}
	*to = 0;
}
