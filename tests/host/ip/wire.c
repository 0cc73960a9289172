/*
 * Wires between stacks: frames wait in order of their time, and are lost, doubled, delayed and damaged on the way.
 */
#include "host.h"

static void
put(Wire *w, uchar *p, int n, Ifc *to, uvlong due)
{
	Frame *fr, **l;

	fr = hostalloc(sizeof *fr + n);
	fr->due = due;
	fr->to = to;
	fr->n = n;
	memmove(fr->data, p, n);
	for(l = &w->first; *l != nil && (*l)->due <= due; l = &(*l)->next)
		;
	fr->next = *l;
	*l = fr;
	w->nframe++;
}

/* A frame goes in at one end. */
void
wiresend(Wire *w, Block *b, Ifc *to)
{
	static uchar buf[70000];
	uvlong due;
	int n;

	n = 0;
	for(Block *q = b; q != nil; q = q->next){
		memmove(buf+n, q->rp, BLEN(q));
		n += BLEN(q);
	}
	freeblist(b);
	w->sent++;
	if(rnd()%1000 < w->loss || w->limit != 0 && w->nframe >= w->limit){
		w->lost++;
		return;
	}
	due = hostus;
	if(w->rate != 0){
		if(w->busy < hostus)
			w->busy = hostus;
		w->busy += n*1000000ull/w->rate;
		due = w->busy;
	}
	due += w->delay;
	if(rnd()%1000 < w->corrupt)
		buf[rnd()%n] ^= 1<<rnd()%8;
	if(rnd()%1000 < w->reorder)
		due += 1 + rnd()%(3*w->delay + 1000);
	put(w, buf, n, to, due);
	if(rnd()%1000 < w->dup)
		put(w, buf, n, to, due + rnd()%1000);
}

uvlong
wirenext(Wire *w)
{
	return w->first != nil? w->first->due: 0;
}

void
wirerun(Wire *w)
{
	Frame *fr;

	while((fr = w->first) != nil && fr->due <= hostus){
		w->first = fr->next;
		w->nframe--;
		w->out(w, fr->data, fr->n, fr->to);
		hostfree(fr);
	}
}
