/*
 * What processes share or copy at rfork: name space groups and descriptor
 * groups, and finding the channel behind a descriptor.  Several processes can
 * share either, so a channel is used only with a reference of one's own: any
 * sleep may let another process close the descriptor.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

static ulong lastpgrpid;

/* An empty name space. */
Pgrp*
newpgrp(void)
{
	Pgrp *pg;

	pg = mallocz(sizeof(Pgrp), 1);
	if(pg == nil)
		error(Enomem);
	pg->mnthash = mallocz(sizeof(Mhead*) << MNTBITS, 1);
	if(pg->mnthash == nil){
		free(pg);
		error(Enomem);
	}
	pg->hashbits = MNTBITS;
	pg->ref = 1;
	pg->pgrpid = ++lastpgrpid;
	return pg;
}

void
closepgrp(Pgrp *pg)
{
	Mhead *mh, *next;
	Chan *dead;
	int i;

	if(pg == nil || decref(pg) > 0)
		return;
	dead = nil;
	for(i = 0; i < 1<<pg->hashbits; i++)
		for(mh = pg->mnthash[i]; mh != nil; mh = next){
			next = mh->hash;
			mheadrelease(mh, &dead);
		}
	free(pg->mnthash);
	free(pg);
	chanburial(dead);
}

static Mount*
copymount(Mount *m)
{
	Mount *nm;

	nm = mallocz(sizeof(Mount), 1);
	if(nm == nil)
		error(Enomem);
	if(waserror()){
		free(nm);
		nexterror();
	}
	if(m->spec != nil)
		nm->spec = estrdup(m->spec);
	poperror();
	nm->mountid = m->mountid;
	nm->mflag = m->mflag;
	nm->to = m->to;
	incref(nm->to);
	return nm;
}

/*
 * Make to, which is new and empty, a copy of from.  The mounts keep their
 * numbers, so that /proc/n/ns shows them in the order in which they were made.
 * If memory runs out to is left with a part, for its owner to close.
 */
void
pgrpcpy(Pgrp *to, Pgrp *from)
{
	Mhead *mh, *nh, **lh, **tab;
	Mount *m, **lm;
	int i;

	rlock(&from->ns);
	if(waserror()){
		runlock(&from->ns);
		nexterror();
	}
	to->noattach = from->noattach;
	if(to->hashbits != from->hashbits){
		tab = mallocz(sizeof(Mhead*) << from->hashbits, 1);
		if(tab == nil)
			error(Enomem);
		free(to->mnthash);
		to->mnthash = tab;
		to->hashbits = from->hashbits;
	}
	for(i = 0; i < 1<<from->hashbits; i++){
		lh = &to->mnthash[i];
		for(mh = from->mnthash[i]; mh != nil; mh = mh->hash){
			nh = mallocz(sizeof(Mhead), 1);
			if(nh == nil)
				error(Enomem);
			nh->ref = 1;
			nh->from = mh->from;
			incref(nh->from);
			*lh = nh;
			lh = &nh->hash;
			to->nhead++;
			lm = &nh->mount;
			for(m = mh->mount; m != nil; m = m->next){
				*lm = copymount(m);
				lm = &(*lm)->next;
				nh->nmount++;
				to->nmount++;
			}
		}
	}
	poperror();
	runlock(&from->ns);
}

/* A descriptor group without descriptors. */
Fgrp*
newfgrp(void)
{
	Fgrp *f;

	f = mallocz(sizeof(Fgrp), 1);
	if(f == nil)
		error(Enomem);
	f->fd = mallocz(DELTAFD*sizeof(Chan*), 1);
	if(f->fd == nil){
		free(f);
		error(Enomem);
	}
	f->ref = 1;
	f->nfd = DELTAFD;
	f->maxfd = -1;
	return f;
}

/* A group with the same channels; of nil, an empty one. */
Fgrp*
dupfgrp(Fgrp *f)
{
	Fgrp *nf;
	int i, n;

	if(f == nil)
		return newfgrp();
	nf = mallocz(sizeof(Fgrp), 1);
	if(nf == nil)
		error(Enomem);
	n = (f->maxfd + 1 + DELTAFD-1) / DELTAFD * DELTAFD;
	if(n == 0)
		n = DELTAFD;
	nf->fd = malloc(n*sizeof(Chan*));
	if(nf->fd == nil){
		free(nf);
		error(Enomem);
	}
	nf->ref = 1;
	nf->nfd = n;
	nf->maxfd = f->maxfd;
	nf->minfd = f->minfd;
	for(i = 0; i <= f->maxfd; i++){
		nf->fd[i] = f->fd[i];
		if(nf->fd[i] != nil)
			incref(nf->fd[i]);
	}
	memset(nf->fd+i, 0, (n-i)*sizeof(Chan*));
	return nf;
}

/*
 * Give up a descriptor group.  While its channels are being closed, which may
 * take long, /proc can still ask for their closing to be taken over: see
 * forceclosefgrp.
 */
void
closefgrp(Fgrp *f)
{
	Chan *c;
	int i;

	if(f == nil || decref(f) > 0)
		return;
	up->closingfgrp = f;
	for(i = 0; i <= f->maxfd; i++){
		c = f->fd[i];
		f->fd[i] = nil;
		cclose(c);
	}
	up->closingfgrp = nil;
	free(f->fd);
	free(f);
}

/*
 * The process waits for a server while it exits, and is told to die: leave the
 * rest of its channels to another process.
 */
void
forceclosefgrp(void)
{
	Fgrp *f;
	Chan *c;
	int i;

	f = up->closingfgrp;
	if(f == nil)
		return;
	for(i = 0; i <= f->maxfd; i++){
		c = f->fd[i];
		f->fd[i] = nil;
		if(c != nil)
			ccloseq(c);
	}
}

/* exec: close what was opened with OCEXEC. */
void
closeonexec(Fgrp *f)
{
	int i;

	for(i = 0; i <= f->maxfd; i++)
		if(f->fd[i] != nil && (f->fd[i]->flag & CCEXEC))
			fdclose(i, CCEXEC);
}

/* Make room for descriptor n: 0, or -1 if there may not be so many. */
static int
growfd(Fgrp *f, int n)
{
	Chan **fd;
	int nfd;

	if(n < f->nfd)
		return 0;
	if(n >= MAXFD)
		return -1;
	nfd = (n + DELTAFD) / DELTAFD * DELTAFD;
	if(nfd < f->nfd + f->nfd/2)
		nfd = f->nfd + f->nfd/2;
	if(nfd > MAXFD)
		nfd = MAXFD;
	fd = mallocz(nfd*sizeof(Chan*), 1);
	if(fd == nil)
		return -1;
	memmove(fd, f->fd, f->nfd*sizeof(Chan*));
	free(f->fd);
	f->fd = fd;
	f->nfd = nfd;
	return 0;
}

/* The lowest free descriptor at or above i, with room for it, or -1. */
static int
freefd(Fgrp *f, int i)
{
	while(i <= f->maxfd && f->fd[i] != nil)
		i++;
	return growfd(f, i) < 0? -1: i;
}

static void
setfd(Fgrp *f, int fd, Chan *c)
{
	f->fd[fd] = c;
	if(fd > f->maxfd)
		f->maxfd = fd;
	if(fd == f->minfd)
		f->minfd = fd+1;
}

/* Give c, whose reference is handed over, the lowest free descriptor; -1: none. */
int
newfd(Chan *c)
{
	Fgrp *f;
	int fd;

	f = up->fgrp;
	fd = freefd(f, f->minfd);
	if(fd >= 0){
		f->minfd = fd;
		setfd(f, fd, c);
	}
	return fd;
}

/* Both or none: 0 or -1. */
int
newfd2(int fd[2], Chan *c[2])
{
	Fgrp *f;

	f = up->fgrp;
	fd[0] = freefd(f, f->minfd);
	if(fd[0] < 0)
		return -1;
	fd[1] = freefd(f, fd[0]+1);
	if(fd[1] < 0)
		return -1;
	f->minfd = fd[0];
	setfd(f, fd[0], c[0]);
	setfd(f, fd[1], c[1]);
	return 0;
}

/*
 * Make fd mean c, whose reference is handed over; what it meant before is
 * closed afterwards.  -1: there may be no such descriptor.
 */
int
setfdto(int fd, Chan *c)
{
	Fgrp *f;
	Chan *old;

	f = up->fgrp;
	if(fd < 0 || growfd(f, fd) < 0)
		return -1;
	old = f->fd[fd];
	setfd(f, fd, c);
	if(old != nil)
		cclose(old);
	return fd;
}

/*
 * The channel of fd, with a reference if iref.  mode: what the caller wants to
 * do (OREAD, OWRITE, ORDWR, maybe with OTRUNC), -1 for anything; chkmnt refuses
 * channels that carry 9P.  Raises an error if it cannot be.
 */
Chan*
fdtochan(int fd, int mode, int chkmnt, int iref)
{
	Fgrp *f;
	Chan *c;

	f = up->fgrp;
	if((uint)fd >= (uint)f->nfd || (c = f->fd[fd]) == nil)
		error(Ebadfd);
	if(chkmnt && (c->flag & CMSG))
		error(Ebadusefd);
	if(mode >= 0 && c->mode != ORDWR)
		if((mode & OTRUNC) && c->mode == OREAD || (mode & ~OTRUNC) != c->mode)
			error(Ebadusefd);
	if(iref)
		incref(c);
	return c;
}

/* Close fd if it is open and, unless flag is 0, its channel has that flag. */
void
fdclose(int fd, int flag)
{
	Fgrp *f;
	Chan *c;

	f = up->fgrp;
	if((uint)fd >= (uint)f->nfd || (c = f->fd[fd]) == nil)
		return;
	if(flag != 0 && (c->flag & flag) == 0)
		return;
	f->fd[fd] = nil;
	if(fd < f->minfd)
		f->minfd = fd;
	while(f->maxfd >= 0 && f->fd[f->maxfd] == nil)
		f->maxfd--;
	cclose(c);
}

/*
 * The mode of a channel opened by open or create: OREAD, OWRITE or ORDWR.
 * Raises an error for bits that mean nothing.
 */
int
openmode(ulong omode)
{
	if(omode & ~(ulong)(3|OTRUNC|OCEXEC|ORCLOSE|OEXCL))
		error(Ebadarg);
	omode &= 3;
	return omode == OEXEC? OREAD: omode;
}
