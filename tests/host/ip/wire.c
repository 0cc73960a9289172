/*
 * Wires between stacks: frames wait in order of their time, and are lost, doubled, delayed and damaged on the way.
 */
#include "host.h"

/* Bytes of data in a segment of what is not cut, as the interface that it is for would have had it cut. */
static int
segmentof(uchar *p, Ifc *to)
{
	int hdr;

	hdr = get2(p+12) == 0x800? V4hdr: V6hdr;
	return to->maxtu - Ethhdr - hdr - (p[Ethhdr+hdr+12]>>4)*4;
}

static void
put(Wire *w, uchar *p, int n, Ifc *to, int seg, uvlong due)
{
	Frame *fr, **l;

	fr = hostalloc(sizeof *fr + n);
	fr->due = due;
	fr->to = to;
	fr->seg = seg;
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
	int n, seg;

	n = 0;
	seg = (b->flag & Blong) == 0 || to == nil? 0: b->aux != 0? b->aux: segmentof(b->rp, to);
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
	if(rnd()%1000 < w->corrupt){
		if(seg != 0)
			longsum(buf+Ethhdr, n-Ethhdr);
		seg = 0;
		buf[rnd()%n] ^= 1<<rnd()%8;
	}
	if(rnd()%1000 < w->reorder)
		due += 1 + rnd()%(3*w->delay + 1000);
	put(w, buf, n, to, seg, due);
	if(rnd()%1000 < w->dup)
		put(w, buf, n, to, seg, due + rnd()%1000);
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
		w->seg = fr->seg;
		w->out(w, fr->data, fr->n, fr->to);
		hostfree(fr);
	}
}
