/*
 * The mount table of a name space.  A Mhead says that a file (from) is covered,
 * and by what: a list of Mounts, the union, in the order in which they are
 * searched.  namec asks findmount at each element; bind, mount and unmount
 * change the table.  Before changing anything: a process that answers 9P
 * requests usually shares the name space of those that wait for it, so no lock
 * here may be held while a driver is called.  Channels that leave the table
 * are therefore gathered in a list and ended after the locks.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	ORDER	= MREPL|MBEFORE|MAFTER,
};

static ulong	lastid;

/* Servers number their files as they like, often by multiples of something. */
static uint
hashindex(int bits, int type, ulong dev, Qid qid)
{
	uint h;

	h = (uint)qid.path ^ (uint)(qid.path>>32)*31 ^ (uint)dev*7 ^ type*11;
	return h*0x9E3779B1 >> (32-bits);
}

/* The chains have become long: more of them, if there is memory.  pg->ns is held. */
static void
morechains(Pgrp *pg)
{
	Mhead **tab, *mh, *next, **l;
	int i, bits;

	bits = pg->hashbits+2;
	tab = mallocz(sizeof(Mhead*) << bits, 1);
	if(tab == nil)
		return;
	for(i = 0; i < 1<<pg->hashbits; i++)
		for(mh = pg->mnthash[i]; mh != nil; mh = next){
			next = mh->hash;
			l = &tab[hashindex(bits, mh->from->type, mh->from->dev, mh->from->qid)];
			mh->hash = *l;
			*l = mh;
		}
	free(pg->mnthash);
	pg->mnthash = tab;
	pg->hashbits = bits;
}

/* pg->ns is held. */
static Mhead**
lookup(Pgrp *pg, int type, ulong dev, Qid qid)
{
	Mhead **l;

	for(l = &pg->mnthash[hashindex(pg->hashbits, type, dev, qid)]; *l != nil; l = &(*l)->hash)
		if(eqchantdqid((*l)->from, type, dev, qid, 1))
			break;
	return l;
}

/*
 * What covers this file in the name space of the process: a Mhead with a
 * reference, or nil.  It takes no lock: the kernel is not preempted, and those
 * who change the table never sleep between two steps of a change.
 */
Mhead*
findmount(int type, ulong dev, Qid qid)
{
	Pgrp *pg;
	Mhead *mh;

	pg = up->pgrp;
	if(pg == nil || pg->nmount == 0)
		return nil;
	mh = *lookup(pg, type, dev, qid);
	if(mh != nil)
		incref(mh);
	return mh;
}

/* Is something mounted upon c? */
int
ismtpt(Chan *c)
{
	Mhead *mh;

	mh = findmount(c->type, c->dev, c->qid);
	if(mh == nil)
		return 0;
	putmhead(mh);
	return 1;
}

/*
 * The n'th member of a union, with a reference, or nil.  Its flags go to *flag
 * unless flag is nil.  No lock, for the reason above.
 */
Chan*
unionmember(Mhead *mh, int n, int *flag)
{
	Mount *m;
	Chan *c;

	for(m = mh->mount; m != nil && n > 0; m = m->next)
		n--;
	if(m == nil)
		return nil;
	c = m->to;
	incref(c);
	if(flag != nil)
		*flag = m->mflag;
	return c;
}

/* Free a list of Mounts; what they held goes to dead. */
static void
mountfree(Mount *m, Chan **dead)
{
	Mount *next;

	for(; m != nil; m = next){
		next = m->next;
		if(decref(m->to) == 0){
			m->to->next = *dead;
			*dead = m->to;
		}
		free(m->spec);
		free(m);
	}
}

/* Give up a reference; channels that end by it go to the list dead. */
void
mheadrelease(Mhead *mh, Chan **dead)
{
	if(mh == nil || decref(mh) > 0)
		return;
	mountfree(mh->mount, dead);
	if(mh->from != nil && decref(mh->from) == 0){
		mh->from->next = *dead;
		*dead = mh->from;
	}
	free(mh);
}

void
putmhead(Mhead *mh)
{
	Chan *dead;

	dead = nil;
	mheadrelease(mh, &dead);
	chanburial(dead);
}

/* Never 0, and as a system call's result never negative. */
static ulong
newmountid(void)
{
	if((long)++lastid <= 0)
		lastid = 1;
	return lastid;
}

/* Mounts take memory without end if one lets them: leave enough for others. */
static Mount*
newmount(Chan *to, int flag, char *spec)
{
	Mount *m;

	if(mallocused() > mallocmax()/4*3)
		error(Enomem);
	m = mallocz(sizeof(Mount), 1);
	if(m == nil)
		error(Enomem);
	if(spec != nil && *spec != '\0'){
		if(waserror()){
			free(m);
			nexterror();
		}
		m->spec = estrdup(spec);
		poperror();
	}
	m->mountid = newmountid();
	m->to = to;
	incref(to);
	m->mflag = flag;
	return m;
}

/*
 * The members that come with new when it is a union itself, as a list; new
 * stands for the first.
 */
static Mount*
moremembers(Chan *new, int order)
{
	Mount *um, *list, **l;
	Chan *dead;
	Mhead *mh;

	mh = new->umh;
	if(mh == nil)
		return nil;
	list = nil;
	l = &list;
	rlock(&mh->lock);
	if(waserror()){
		runlock(&mh->lock);
		dead = nil;
		mountfree(list, &dead);
		chanburial(dead);
		nexterror();
	}
	if(mh->mount != nil)
		for(um = mh->mount->next; um != nil; um = um->next){
			*l = newmount(um->to, order == MREPL? MAFTER: order, um->spec);
			l = &(*l)->next;
		}
	poperror();
	runlock(&mh->lock);
	return list;
}

static int
listlen(Mount *m)
{
	int n;

	for(n = 0; m != nil; m = m->next)
		n++;
	return n;
}

/* Bind and mount refuse what makes no sense: see the manual page bind(2). */
static void
checkmount(Chan *new, Chan *old, int flag)
{
	Mhead *mh;
	int bad;

	if((new->qid.type ^ old->qid.type) & QTDIR)
		error(Emount);
	if((flag & ORDER) != MREPL && (old->qid.type & QTDIR) == 0)
		error(Emount);
	mh = new->umh;
	if((flag & MCREATE) == 0 || mh == nil)
		return;
	/* creation in a union would have to choose a member again, or go where it is forbidden */
	rlock(&mh->lock);
	bad = mh->mount != nil && (mh->mount->next != nil || (mh->mount->mflag & MCREATE) == 0);
	runlock(&mh->lock);
	if(bad)
		error(Emount);
}

static Mhead*
newmhead(Chan *from)
{
	Mhead *mh;

	mh = mallocz(sizeof(Mhead), 1);
	if(mh == nil)
		error(Enomem);
	mh->ref = 1;
	mh->from = from;
	incref(from);
	return mh;
}

/*
 * Put the list (of n, whose last is tail) into mh; the members that it
 * replaces go to *gone.
 */
static void
insert(Mhead *mh, Mount *list, Mount *tail, int n, int order, Mount **gone)
{
	Mount **l;

	wlock(&mh->lock);
	switch(order){
	case MREPL:
		*gone = mh->mount;
		mh->mount = list;
		mh->nmount = n;
		break;
	case MBEFORE:
		tail->next = mh->mount;
		mh->mount = list;
		mh->nmount += n;
		break;
	case MAFTER:
		for(l = &mh->mount; *l != nil; l = &(*l)->next)
			;
		*l = list;
		mh->nmount += n;
		break;
	}
	wunlock(&mh->lock);
}

/*
 * Make *newp appear at old; flag is bind's, spec what a mount asked the server
 * for.  Takes its own references.  Returns the mount's number.
 */
int
cmount(Chan **newp, Chan *old, int flag, char *spec)
{
	Mount *list, *orig, *tail, *gone;
	Mhead *mh, *fresh, **slot;
	Chan *dead, *new;
	Pgrp *pg;
	int order, n, was;
	ulong id;

	new = *newp;
	pg = up->pgrp;
	order = flag & ORDER;
	checkmount(new, old, flag);

	list = orig = gone = nil;
	fresh = nil;
	dead = nil;
	if(waserror()){
		mountfree(list, &dead);
		mountfree(orig, &dead);
		mheadrelease(fresh, &dead);
		chanburial(dead);
		nexterror();
	}
	/* all memory is taken before anything changes */
	fresh = newmhead(old);
	if(order != MREPL)
		orig = newmount(old, 0, nil);
	list = newmount(new, flag, spec);
	list->next = moremembers(new, order);
	/* a union bound upon itself would hold itself for ever */
	mheadrelease(new->umh, &dead);
	new->umh = nil;
	for(tail = list; tail->next != nil; tail = tail->next)
		;
	n = listlen(list);
	id = list->mountid;

	wlock(&pg->ns);
	slot = lookup(pg, old->type, old->dev, old->qid);
	mh = *slot;
	was = mh != nil? mh->nmount: 0;
	if(order == MREPL && pg->nmount - was + n > MAXMOUNT
	|| order != MREPL && (was + n >= MAXUNION || pg->nmount + n >= MAXMOUNT)){
		wunlock(&pg->ns);
		error(Enomount);
	}
	if(mh == nil){
		mh = fresh;
		fresh = nil;
		if(order != MREPL){
			insert(mh, orig, orig, 1, MREPL, &gone);
			orig = nil;
		}
		*slot = mh;
		if(++pg->nhead > 2<<pg->hashbits)
			morechains(pg);
	}
	insert(mh, list, tail, n, order, &gone);
	list = nil;
	pg->nmount += mh->nmount - was;
	wunlock(&pg->ns);
	poperror();

	mountfree(gone, &dead);
	mountfree(orig, &dead);
	mheadrelease(fresh, &dead);
	chanburial(dead);
	return id;
}

/* Does m stand for c: the same file, or a file of the server that c leads to? */
static int
denotes(Mount *m, Chan *c)
{
	return eqchan(m->to, c, 1) || m->to->mchan != nil && eqchan(m->to->mchan, c, 1);
}

/*
 * Undo mounts at old: all of them if c is nil, else the first member that c
 * denotes.
 */
void
cunmount(Chan *old, Chan *c)
{
	Mhead *mh, **slot;
	Mount **l, *gone;
	Chan *dead;
	Pgrp *pg;
	int was;

	pg = up->pgrp;
	wlock(&pg->ns);
	slot = lookup(pg, old->type, old->dev, old->qid);
	mh = *slot;
	if(mh == nil){
		wunlock(&pg->ns);
		error(Eunmount);
	}
	wlock(&mh->lock);
	was = mh->nmount;
	if(c == nil){
		gone = mh->mount;
		mh->mount = nil;
		mh->nmount = 0;
	}else{
		for(l = &mh->mount; *l != nil && !denotes(*l, c); l = &(*l)->next)
			;
		gone = *l;
		if(gone != nil){
			*l = gone->next;
			gone->next = nil;
			mh->nmount--;
		}
	}
	if(mh->mount == nil){
		*slot = mh->hash;
		pg->nhead--;
	}
	pg->nmount -= was - mh->nmount;
	was = mh->mount == nil;
	wunlock(&mh->lock);
	wunlock(&pg->ns);

	dead = nil;
	mountfree(gone, &dead);
	if(was)
		mheadrelease(mh, &dead);
	chanburial(dead);
	if(gone == nil)
		error(Eunion);
}
