/*
 * Channels: making, sharing, ending them, and starting the drivers.  A Chan is
 * referenced by descriptors, mounts, names and system calls under way; its
 * driver's close runs when the last of them goes.  Before changing cclose:
 * ending one channel may end others (of its name, of its union), and users can
 * make such chains as long as they like, so they are ended in a loop and never
 * by recursion.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "kept.h"

enum
{
	FEWNAMES	= 4,	/* in most walks */
	SPARE		= 1000,	/* free channels kept, with their fids */
};

static struct
{
	Chan	*free;
	int	nfree;
	ulong	fid;		/* the last one given out */
	Walkqid	*wq;		/* a spare one */
} chanalloc;

/* Channels that another process closes: see ccloseq. */
static struct
{
	Chan	*first;
	Chan	*last;
	Rendez	work;
} closeq;

void
chandevreset(void)
{
	int i;

	for(i = 0; devtab[i] != nil; i++)
		devtab[i]->reset();
}

void
chandevshutdown(void)
{
	int i;

	for(i = 0; devtab[i] != nil; i++)
		;
	while(--i >= 0)
		devtab[i]->shutdown();
}

/* A number that no channel has as its fid. */
ulong
newfid(void)
{
	return ++chanalloc.fid;
}

/*
 * A channel with one reference and, but for its fid, nothing else set.  Its type
 * is that of the root device until the caller says otherwise.
 */
Chan*
newchan(void)
{
	Chan *c;
	ulong fid;

	c = chanalloc.free;
	if(c != nil){
		chanalloc.free = c->next;
		chanalloc.nfree--;
	}else{
		/* what is left is for those who put an end to it */
		if(mallocused() > mallocmax()/8*7 || (c = malloc(sizeof(Chan))) == nil)
			error(Enomem);
		c->fid = newfid();
	}
	fid = c->fid;
	memset(c, 0, sizeof(Chan));
	c->fid = fid;
	c->ref = 1;
	return c;
}

static void
chanfree(Chan *c)
{
	c->flag = CFREE;
	if(chanalloc.nfree == SPARE){
		free(c);
		return;
	}
	c->next = chanalloc.free;
	chanalloc.free = c;
	chanalloc.nfree++;
}

void
chankept(Kept *k)
{
	k->n = chanalloc.nfree;
	if(chanalloc.free != nil)
		k->bytes = k->n*msize(chanalloc.free);
	if(chanalloc.wq != nil)
		k->bytes += msize(chanalloc.wq);
}

/* End the channels of a list, and those that end by it; no one refers to them. */
void
chanburial(Chan *dead)
{
	Chan *c;

	while(dead != nil){
		c = dead;
		dead = c->next;
		if(c->flag & CFREE)
			panic("cclose of a free channel");
		if(!waserror()){
			devtab[c->type]->close(c);
			poperror();
		}
		if(c->mux != nil){
			muxclose(c->mux);
			c->mux = nil;
		}
		if(c->umc != nil && decref(c->umc) == 0){
			c->umc->next = dead;
			dead = c->umc;
		}
		if(c->umh != nil)
			mheadrelease(c->umh, &dead);
		free(c->dirrock);
		pathrelease(c->path, &dead);
		chanfree(c);
	}
}

/* Give up a reference; raises no error. */
void
cclose(Chan *c)
{
	if(c == nil || decref(c) > 0)
		return;
	c->next = nil;
	chanburial(c);
}

static int
closework(void *a)
{
	USED(a);
	return closeq.first != nil;
}

static void
closeproc(void *a)
{
	Chan *c;

	USED(a);
	for(;;){
		if(waserror())
			continue;
		sleep(&closeq.work, closework, nil);
		poperror();
		for(;;){
			c = closeq.first;
			if(c == nil)
				break;
			closeq.first = c->next;
			c->next = nil;
			chanburial(c);
		}
	}
}

/*
 * Give up a reference without waiting for what a close may wait for (a server
 * that does not answer): a process of the kernel does that.
 */
void
ccloseq(Chan *c)
{
	if(c == nil || decref(c) > 0)
		return;
	c->next = nil;
	if(closeq.first == nil)
		closeq.first = c;
	else
		closeq.last->next = c;
	closeq.last = c;
	wakeup(&closeq.work);
}

/* The first process calls this: start the drivers, and what channels need. */
void
chandevinit(void)
{
	int i;

	for(i = 0; devtab[i] != nil; i++)
		devtab[i]->init();
	/* now, because later there may be no room for a process */
	kproc("closeproc", closeproc, nil);
}

/* Room for the result of a walk of n names; wqfree ends it. */
Walkqid*
newwalkqid(int n)
{
	Walkqid *wq;

	wq = chanalloc.wq;
	if(wq != nil && n <= FEWNAMES)
		chanalloc.wq = nil;
	else{
		if(n < FEWNAMES)
			n = FEWNAMES;
		wq = malloc(sizeof(Walkqid) + n*sizeof(Qid));
		if(wq == nil)
			error(Enomem);
	}
	wq->clone = nil;
	wq->nqid = 0;
	return wq;
}

void
wqfree(Walkqid *wq)
{
	if(wq != nil && chanalloc.wq == nil)
		chanalloc.wq = wq;
	else
		free(wq);
}

/* A channel of our own to the same file, not opened. */
Chan*
cclone(Chan *c)
{
	Walkqid *wq;
	Chan *nc;

	wq = devtab[c->type]->walk(c, nil, nil, 0);
	if(wq == nil)
		error(up->errstr);
	nc = wq->clone;
	wqfree(wq);
	nc->path = c->path;
	if(nc->path != nil)
		incref(nc->path);
	return nc;
}

/* Is c the file named by the rest?  The version counts unless skipvers. */
int
eqchantdqid(Chan *c, int type, ulong dev, Qid qid, int skipvers)
{
	return c->qid.path == qid.path && c->type == type && c->dev == dev
		&& (skipvers || c->qid.vers == qid.vers);
}

int
eqchan(Chan *a, Chan *b, int skipvers)
{
	return eqchantdqid(a, b->type, b->dev, b->qid, skipvers);
}

/* Raise an error unless c is a directory. */
void
isdir(Chan *c)
{
	if((c->qid.type & QTDIR) == 0)
		error(Enotdir);
}

int
emptystr(char *s)
{
	return s == nil || s[0] == '\0';
}

/* A copy in kernel memory, or an error; free() it. */
char*
estrdup(char *s)
{
	char *t;
	int n;

	n = strlen(s) + 1;
	t = malloc(n);
	if(t == nil)
		error(Enomem);
	memmove(t, s, n);
	return t;
}
