/*
 * Images: files that are executed, and their pages in memory.  exec attaches
 * them, faults load them; when the last process is gone the pages stay until memory
 * is wanted, so that a program run again is not read again.  An idle image holds
 * no channel: nobody's server is kept waiting for a clunk.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "kept.h"

enum
{
	Hash	= 64,
	Window	= 16,		/* pages read at once */
};

static struct
{
	Image	*hash[Hash];
	Image	*idle;		/* oldest */
	Image	*last;
} images;

static uint
hashof(Qid q, ulong dev)
{
	return ((uint)q.path ^ (uint)(q.path>>32) ^ dev*31) % Hash;
}

static int
sameimage(Image *i, Chan *c, ulong tlen, ulong dlen)
{
	return i->qid.path == c->qid.path && i->qid.vers == c->qid.vers
		&& i->type == c->type && i->dev == c->dev && i->mqid.path == c->mqid.path
		&& i->tlen == tlen && i->dlen == dlen;
}

static void
unidle(Image *i)
{
	if(i->prev != nil)
		i->prev->next = i->next;
	else
		images.idle = i->next;
	if(i->next != nil)
		i->next->prev = i->prev;
	else
		images.last = i->prev;
	i->next = nil;
	i->prev = nil;
}

/* Out of the cache, with its pages.  How many those were. */
static int
discard(Image *i)
{
	Image **l;
	ulong n;
	int freed;

	for(l = &images.hash[hashof(i->qid, i->dev)]; *l != nil; l = &(*l)->hash)
		if(*l == i){
			*l = i->hash;
			break;
		}
	freed = 0;
	for(n = 0; n < i->ntext+i->ndata; n++)
		if(i->page[n] != nil){
			putpage(i->page[n]);
			freed++;
		}
	free(i->page);
	free(i);
	return freed;
}

/*
 * The image of the executable that is open as c, locked, with a reference for
 * the caller: tlen bytes of text, header included, and then dlen of data.
 */
Image*
attachimage(Chan *c, ulong tlen, ulong dlen)
{
	Image *i, **h;

	h = &images.hash[hashof(c->qid, c->dev)];
	for(i = *h; i != nil; i = i->hash)
		if(sameimage(i, c, tlen, dlen)){
			incref(i);
			if(i->ref == 1)
				unidle(i);
			if(i->c == nil){
				i->c = c;
				incref(c);
			}
			qlock(&i->lk);
			return i;
		}
	i = smalloc(sizeof(Image));
	i->ntext = PGROUND(tlen)>>PGSHIFT;
	i->ndata = PGROUND(dlen)>>PGSHIFT;
	i->page = mallocz((i->ntext+i->ndata)*sizeof(Page*)+1, 1);
	if(i->page == nil){
		free(i);
		error(Enomem);
	}
	i->ref = 1;
	i->c = c;
	incref(c);
	i->qid = c->qid;
	i->mqid = c->mqid;
	i->type = c->type;
	i->dev = c->dev;
	i->tlen = tlen;
	i->dlen = dlen;
	h = &images.hash[hashof(c->qid, c->dev)];
	i->hash = *h;
	*h = i;
	qlock(&i->lk);
	return i;
}

void
putimage(Image *i)
{
	Chan *c;

	if(decref(i) > 0)
		return;
	c = i->c;
	i->c = nil;
	i->next = nil;
	i->prev = images.last;
	if(images.last != nil)
		images.last->next = i;
	else
		images.idle = i;
	images.last = i;
	if(c != nil)
		ccloseq(c);
}

/* Memory is short: give up the image that has been idle longest.  Pages freed. */
int
imagereclaim(void)
{
	Image *i;
	int n;

	for(n = 0; n == 0 && (i = images.idle) != nil; ){
		unidle(i);
		n = discard(i);
	}
	return n;
}

/* Programs, and the pages of their files that are in memory: also those that run. */
void
imagekept(Kept *k)
{
	Image *i;
	ulong n;
	int h;

	for(h = 0; h < Hash; h++)
		for(i = images.hash[h]; i != nil; i = i->hash){
			k->n++;
			k->bytes += msize(i) + msize(i->page);
			for(n = 0; n < i->ntext+i->ndata; n++)
				k->pages += i->page[n] != nil;
		}
}

/* Read len bytes at off into memory; what the file lacks becomes zero. */
static void
readin(Chan *c, char *v, ulong len, uvlong off, ulong room)
{
	ulong n;
	long k;

	for(n = 0; n < len; n += k){
		k = devtab[c->type]->read(c, v+n, len-n, off+n);
		if(k <= 0)
			error(Eshort);
		if(up->procctl == Proc_exitme)
			error(Eintr);		/* a short read may be all that is left of a kill */
	}
	memset(v+n, 0, room-n);
}

/*
 * Page i of img->page is wanted, and those up to end may come too: read the
 * window around it, as far as pages are missing.  img is locked.  Errors are those of the
 * file, or Enovmem.
 */
void
imageload(Image *img, ulong i, ulong end)
{
	Page *pp[Window];
	ulong first, n, k, lim, start, len, j;
	uvlong off;
	char *v;

	start = i < img->ntext? 0: img->ntext;
	lim = i < img->ntext? img->ntext: img->ntext+img->ndata;
	len = i < img->ntext? img->tlen: img->dlen;
	first = i - (i-start)%Window;
	while(first < i && img->page[first] != nil)
		first++;
	for(n = first; n < i; n++)
		if(img->page[n] != nil)
			first = n+1;
	if(end < i-(i-start)%Window+Window)
		end = i-(i-start)%Window+Window;
	if(end > lim)
		end = lim;
	for(n = 0; first+n < end && n < Window && img->page[first+n] == nil; n++)
		;
	while(n > 0){
		k = newrun(pp, n, 0);
		if(k == 0){
			pp[0] = newpage(0);
			if(pp[0] == nil)
				error(Enovmem);
			k = 1;
		}
		for(; k > 1 && pagepa(pp[k-1]) >= KLINEAR; k--)
			putpage(pp[k-1]);
		v = kmap(pp[0]);
		if(waserror()){
			kunmap(v);
			for(j = 0; j < k; j++)
				putpage(pp[j]);
			nexterror();
		}
		off = (uvlong)(first-start)*BY2PG;
		readin(img->c, v, off+k*BY2PG > len? len-off: k*BY2PG, start == 0? off: off+img->tlen, k*BY2PG);
		poperror();
		kunmap(v);
		for(j = 0; j < k; j++)
			img->page[first+j] = pp[j];
		first += k;
		n -= k;
	}
}
