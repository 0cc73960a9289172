/*
 * From names to channels: namec, which everything that takes a file name
 * calls.  A name is copied from the user, cut into elements in place, and
 * walked: a Walk says where we stand, as an unopened channel that may be
 * anybody's, the name by which we came there, and the union that we stand in,
 * if a mount was crossed.  Only at the end a channel of our own is made, and
 * only if the walk has not produced one anyway.
 *
 * Before changing the walk: as many elements as a 9P message takes are given
 * to the driver at once, and the mount table is looked up for each qid that
 * comes back; the first that is covered is where the walk goes on, in what
 * covers it.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"

enum
{
	NSMALL	= 80,		/* names shorter than this need no memory */
};

typedef struct Name Name;
typedef struct Walk Walk;

/* A name that is being evaluated. */
struct Name
{
	char	*buf;		/* our copy; each element ends in a NUL */
	char	*end;
	char	*elems;		/* where the elements begin, behind / or #x */
	char	*last;		/* the last element, nil if there is none */
	int	mustdir;	/* it ended in / or /. */
	char	small[NSMALL];
};

struct Walk
{
	Chan	*c;
	Path	*path;
	Mhead	*mh;		/* c is its first member; nil: not in a union */
	int	ours;		/* c has no other user and path may be set in it */
	int	nomount;	/* began with #: do not cross mounts */
	char	*bad;		/* element being walked, for errors; end: all of the name */
	char	*end;		/* the name's */
};

static int
badbyte(int ch)
{
	return ch < ' ' && ch >= 0 || ch == 0x7F;
}

/*
 * The length of the kernel's or the user's string s, whose memory is checked as
 * far as the string reaches; max+1 or so if it is longer than max.
 */
static long
namelen(char *s, long max)
{
	char *e;

	if((ulong)s >= KERNBASE)
		return strlen(s);
	e = vmemchr(s, '\0', max+1);
	return e != nil? e - s: max+1;
}

/* A name given to a system call: it must be the user's own memory. */
char*
userstr(ulong a)
{
	validaddr(a, 1, 0);
	return (char*)a;
}

/*
 * Copy a name from the user or the kernel, checking it: n.buf is freed by
 * freename.
 */
static void
getname(Name *n, char *s)
{
	long len, i;

	n->buf = nil;
	len = namelen(s, MAXPATH);
	if(len > MAXPATH)
		error(Etoolong);
	if(len == 0)
		error(Eemptyname);
	n->buf = n->small;
	if(len >= NSMALL){
		n->buf = malloc(len+1);
		if(n->buf == nil)
			error(Enomem);
	}
	memmove(n->buf, s, len);
	n->buf[len] = '\0';
	n->end = n->buf + len;
	for(i = 0; i < len; i++)
		if(badbyte(n->buf[i])){
			if(n->buf != n->small)
				free(n->buf);
			error(Ebadchar);
		}
}

static void
freename(Name *n)
{
	if(n->buf != n->small)
		free(n->buf);
}

/* The next element at or after s, or nil; empty ones and dots do not count. */
static char*
elem(Name *n, char *s)
{
	for(; s < n->end; s++){
		if(*s == '/' || *s == '\0')
			continue;
		if(*s == '.' && (s[1] == '/' || s[1] == '\0'))
			continue;
		return s;
	}
	return nil;
}

static int
isdotdot(char *s)
{
	return s[0] == '.' && s[1] == '.' && s[2] == '\0';
}

static char*
nextelem(Name *n, char *s)
{
	return elem(n, s + strlen(s));
}

/* Put a NUL behind each element and find the last. */
static void
cutname(Name *n)
{
	char *s, *e;

	n->last = nil;
	n->mustdir = 0;
	for(s = elem(n, n->elems); s != nil; s = elem(n, e)){
		n->last = s;
		for(e = s; *e != '/' && *e != '\0'; e++)
			;
		n->mustdir = *e == '/';
		*e = '\0';
	}
}

/*
 * Put the name before up->errstr, up to the element at bad (nil: all of it).  A
 * name that is too long for an error string loses its front.
 */
static void
blame(Name *n, char *bad)
{
	char *s, *e, why[ERRMAX];
	int room;

	kstrcpy(why, up->errstr, sizeof why);
	e = n->end;
	if(bad != nil)
		e = bad + strlen(bad);
	for(s = n->buf; s < e; s++)
		if(*s == '\0')
			*s = '/';
	*e = '\0';
	s = n->buf;
	room = ERRMAX - 1 - strlen(why) - 3;
	if(room < 16)
		room = 16;
	if(e - s <= room){
		snprint(up->errstr, ERRMAX, "'%s' %s", s, why);
		return;
	}
	for(s = e - (room-3); (*s & 0xC0) == 0x80; s++)
		;
	snprint(up->errstr, ERRMAX, "'...%s' %s", s, why);
}

/* Stand at c, whose reference is ours to keep. */
static void
stand(Walk *w, Chan *c, int ours)
{
	Chan *old;

	old = w->c;
	w->c = c;
	w->ours = ours;
	cclose(old);
}

static void
setpath(Walk *w, Path *p)
{
	Path *old;

	old = w->path;
	w->path = p;
	pathclose(old);
}

static void
leaveunion(Walk *w)
{
	Mhead *mh;

	mh = w->mh;
	w->mh = nil;
	if(mh != nil)
		putmhead(mh);
}

static void
endwalk(Walk *w)
{
	Chan *c;

	c = w->c;
	w->c = nil;
	cclose(c);
	setpath(w, nil);
	leaveunion(w);
}

/*
 * Enter what is mounted according to mh, which is ours to keep; w->path is the
 * name of the mount point.
 */
static void
enter(Walk *w, Mhead *mh)
{
	Chan *c;

	c = unionmember(mh, 0, nil);
	if(c == nil){		/* unmounted meanwhile */
		putmhead(mh);
		return;
	}
	leaveunion(w);
	w->mh = mh;
	stand(w, c, 0);
}

/* If something is mounted where we stand, go there. */
static void
cross(Walk *w)
{
	Mhead *mh;
	Path *p;

	if(w->nomount || w->mh != nil)
		return;
	mh = findmount(w->c->type, w->c->dev, w->c->qid);
	if(mh == nil)
		return;
	if(w->path->mtpt == nil && (w->path->up != nil || w->path->elem[0] != '/')){
		if(waserror()){
			putmhead(mh);
			nexterror();
		}
		p = pathcross(w->path, mh->from);
		poperror();
		setpath(w, p);
	}
	enter(w, mh);
}

/* .. */
static void
goup(Walk *w)
{
	Walkqid *wq;
	Path *p;
	char *dotdot;
	Chan *c;

	leaveunion(w);
	p = w->path;
	if(p->mtpt != nil){
		incref(p->mtpt);
		stand(w, p->mtpt, 0);
	}
	if(p->up == nil && p->elem[0] != '/')
		return;			/* the root of a device */
	p = p->up;
	if(p == nil || p->up == nil && p->elem[0] == '/'){
		incref(up->slash);
		stand(w, up->slash, 0);
		incref(up->slash->path);
		setpath(w, up->slash->path);
		return;
	}
	if(p->mtpt != nil){
		incref(p->mtpt);
		c = p->mtpt;
	}else{
		isdir(w->c);
		dotdot = "..";
		wq = devtab[w->c->type]->walk(w->c, nil, &dotdot, 1);
		if(wq == nil)
			error(up->errstr);
		c = wq->clone;
		wqfree(wq);
		if(c == nil)
			error(Enotexist);
	}
	stand(w, c, p->mtpt == nil);
	incref(p);
	setpath(w, p);
}

/*
 * Have a driver walk from where we stand; if it finds nothing at all, try the
 * other members of the union.  *at gets the member that was walked from, with
 * a reference.
 */
static Walkqid*
trywalk(Walk *w, char **names, int n, Chan **at)
{
	char first[ERRMAX];
	Walkqid *wq;
	Chan *c;
	int i;

	first[0] = '\0';
	c = w->c;
	incref(c);
	for(i = 1;; i++){
		wq = nil;
		if(waserror()){
			if(w->mh == nil || strcmp(up->errstr, Eintr) == 0){
				cclose(c);
				nexterror();
			}
		}else{
			isdir(c);
			wq = devtab[c->type]->walk(c, nil, names, n);
			poperror();
		}
		if(wq != nil && wq->nqid > 0){
			*at = c;
			return wq;
		}
		wqfree(wq);
		cclose(c);
		if(i == 1)
			kstrcpy(first, up->errstr, sizeof first);
		if(w->mh == nil || (c = unionmember(w->mh, i, nil)) == nil)
			error(first);
	}
}

/*
 * The name p with n more elements, of which the last covers mtpt.  Takes a
 * reference to p for itself.
 */
static Path*
extend(Path *p, char **names, int n, Chan *mtpt)
{
	Path *q;
	int i;

	if(n == 1)
		return pathadd(p, names[0], mtpt);
	incref(p);
	if(waserror()){
		pathclose(p);
		nexterror();
	}
	for(i = 0; i < n; i++){
		q = pathadd(p, names[i], i == n-1? mtpt: nil);
		pathclose(p);
		p = q;
	}
	poperror();
	return p;
}

/* Where the walk of n elements stopped short: the text for it. */
static char*
shortwalk(Walkqid *wq)
{
	return wq->qid[wq->nqid-1].type & QTDIR? Enotexist: Enotdir;
}

/*
 * Walk n ordinary names, at most MAXWELEM; more of them follow if more.  Returns
 * how many were walked before a mount point stopped us.  If one cannot be
 * walked, raises an error with w->bad at it.
 */
static int
step(Walk *w, char **names, int n, int more)
{
	Walkqid *wq;
	Chan *at;
	Mhead *mh;
	int i;

	w->bad = names[0];
	cross(w);
	mh = nil;
	wq = trywalk(w, names, n, &at);
	if(waserror()){
		cclose(at);
		if(mh != nil)
			putmhead(mh);
		cclose(wq->clone);
		wqfree(wq);
		nexterror();
	}
	for(i = 1; !w->nomount && i <= wq->nqid && (more || i < n); i++)
		if((mh = findmount(at->type, at->dev, wq->qid[i-1])) != nil)
			break;
	if(mh != nil){
		setpath(w, extend(w->path, names, i, mh->from));
		leaveunion(w);
		incref(mh->from);
		stand(w, mh->from, 0);
		enter(w, mh);
		mh = nil;
		n = i;
	}else{
		if(wq->clone == nil){
			w->bad = names[wq->nqid < n? wq->nqid: n-1];
			error(shortwalk(wq));
		}
		setpath(w, extend(w->path, names, n, nil));
		leaveunion(w);
		stand(w, wq->clone, 1);
		wq->clone = nil;
	}
	poperror();
	cclose(at);
	cclose(wq->clone);
	wqfree(wq);
	return n;
}

/* Walk all elements of the name from s up to, and not including, stop. */
static void
walkname(Walk *w, Name *n, char *s, char *stop)
{
	char *names[MAXWELEM], *t;
	int i, done;

	while(s != nil && s != stop){
		if(isdotdot(s)){
			w->bad = s;
			cross(w);
			isdir(w->c);
			goup(w);
			s = nextelem(n, s);
			continue;
		}
		t = s;
		for(i = 0; i < MAXWELEM && t != nil && t != stop && !isdotdot(t); i++){
			names[i] = t;
			t = nextelem(n, t);
		}
		done = step(w, names, i, t != nil);
		s = done == i? t: names[done];
	}
	w->bad = nil;
}

/* The device whose letter is r, for a name that begins with #. */
static int
sharpdev(Rune r)
{
	int type;

	if(r == 'M')
		error(Enoattach);
	if(up->pgrp->noattach && utfrune("|decp", r) == nil)
		error(Enoattach);
	type = devno(r, 1);
	if(type == -1)
		error(Ebadsharp);
	return type;
}

/* Find where the name begins: root, dot, or a device. */
static void
start(Walk *w, Name *n)
{
	char *s, *e, ch;
	Rune r;
	Chan *c;
	int type;

	n->elems = n->buf;
	if(n->buf[0] == '#'){
		s = n->buf + 1;
		s += chartorune(&r, s);
		type = sharpdev(r);
		/* the letter of #/ is a slash itself, and it has no spec */
		for(e = s; r != '/' && *e != '/' && *e != '\0'; e++)
			;
		ch = *e;
		*e = '\0';
		w->nomount = 1;
		w->c = devtab[type]->attach(s);
		w->ours = 1;
		*e = ch;
		n->elems = e;
	}else{
		c = n->buf[0] == '/'? up->slash: up->dot;
		incref(c);
		w->c = c;
	}
	w->path = w->c->path;
	incref(w->path);
}

/*
 * A channel for the place where the walk ended: its own, with the walk's name.
 */
static Chan*
settle(Walk *w)
{
	Chan *c;
	Path *old;

	if(w->ours && w->c->ref == 1){
		c = w->c;
		w->c = nil;
	}else
		c = cclone(w->c);
	old = c->path;
	c->path = w->path;
	incref(c->path);
	if(old != nil)
		pathclose(old);
	return c;
}

/* Give c the union that it stands for, so that a directory read finds all of it. */
static void
setunion(Walk *w, Chan *c, int evenone)
{
	if(w->mh == nil || !evenone && w->mh->nmount < 2)
		return;
	c->umh = w->mh;
	w->mh = nil;
}

/* Open the file where we stand. */
static Chan*
openit(Walk *w, int omode)
{
	Chan *c;

	cross(w);
	if((omode & 3) == OEXEC && (w->c->qid.type & QTDIR)){
		w->bad = w->end;
		error(Eexecdir);
	}
	c = settle(w);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	if(c->qid.type & QTDIR)
		setunion(w, c, 0);
	/* a driver that opens another channel instead ends c itself */
	c = devtab[c->type]->open(c, omode & ~OCEXEC);
	poperror();
	if(omode & OCEXEC)
		c->flag |= CCEXEC;
	if(omode & ORCLOSE)
		c->flag |= CRCLOSE;
	return c;
}

/*
 * The directory in which to create: in a union, the first member that allows it.
 * A channel that nobody else has can be used as it is: if the creation fails it
 * is still at the directory.
 */
static Chan*
createdir(Walk *w)
{
	Chan *c, *nc;
	int i, flag;

	cross(w);
	isdir(w->c);
	if(w->mh == nil){
		if(!w->ours)
			return cclone(w->c);
		incref(w->c);
		return w->c;
	}
	for(i = 0; (c = unionmember(w->mh, i, &flag)) != nil; i++){
		if(flag & MCREATE){
			if(waserror()){
				cclose(c);
				nexterror();
			}
			nc = cclone(c);
			poperror();
			cclose(c);
			return nc;
		}
		cclose(c);
	}
	error(Enocreate);
}

static Chan*
createit(Walk *w, char *name, int omode, ulong perm)
{
	Chan *c;
	Path *old;

	c = createdir(w);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	old = c->path;
	c->path = extend(w->path, &name, 1, nil);
	if(old != nil)
		pathclose(old);
	devtab[c->type]->create(c, name, omode & ~(OEXCL|OCEXEC), perm);
	poperror();
	if(omode & OCEXEC)
		c->flag |= CCEXEC;
	if(omode & ORCLOSE)
		c->flag |= CRCLOSE;
	return c;
}

/* Try to walk the last element: 1, or 0 with up->errstr set. */
static int
walklast(Walk *w, Name *n)
{
	if(waserror()){
		if(strcmp(up->errstr, Eintr) == 0)
			nexterror();
		w->bad = nil;
		return 0;
	}
	walkname(w, n, n->last, nil);
	poperror();
	return 1;
}

/*
 * Create the last element, or truncate the file if there is one.  Somebody else
 * may create it between our look and our try, hence the second look.
 */
static Chan*
createname(Walk *w, Name *n, int omode, ulong perm)
{
	char err[ERRMAX];
	Chan *c;

	if(n->mustdir && (perm & DMDIR) == 0){
		w->bad = n->end;
		error(Ecreatedir);
	}
	if(n->last == nil || isdotdot(n->last))
		error(Eexist);
	walkname(w, n, elem(n, n->elems), n->last);
	if(!walklast(w, n)){
		if(waserror()){
			kstrcpy(err, up->errstr, sizeof err);
			if((omode & OEXCL) || strcmp(err, Eintr) == 0 || !walklast(w, n))
				error(err);
		}else{
			c = createit(w, n->last, omode, perm);
			poperror();
			return c;
		}
	}
	if(omode & OEXCL)
		error(Eexist);
	return openit(w, omode | OTRUNC);
}

static Chan*
finish(Walk *w, Name *n, int amode, int omode)
{
	Chan *c;

	walkname(w, n, elem(n, n->elems), nil);
	w->end = n->end;
	if((n->mustdir || amode == Atodir) && (w->c->qid.type & QTDIR) == 0){
		w->bad = n->end;
		error(Enotdir);
	}
	switch(amode){
	case Aopen:
		return openit(w, omode);
	case Aaccess:
	case Abind:
		cross(w);
		c = settle(w);
		if(amode == Abind)
			setunion(w, c, 1);
		return c;
	case Atodir:
	case Amount:
	case Aremove:
		return settle(w);
	}
	panic("namec %d", amode);
}

/*
 * The channel for a name, which is the user's or the kernel's, for the use that
 * amode says; omode and perm are open's and create's.  The channel is the
 * caller's to cclose.  What cannot be walked fails with the name up to the
 * culprit in front of the reason; what fails after that, with the reason alone.
 */
Chan*
namec(char *name, int amode, int omode, ulong perm)
{
	Name n;
	Walk w;
	Chan *c;

	getname(&n, name);
	memset(&w, 0, sizeof w);
	if(waserror()){
		if(w.path != nil)
			endwalk(&w);
		if(w.bad != nil && strcmp(up->errstr, Eintr) != 0)
			blame(&n, w.bad == n.end? nil: w.bad);
		freename(&n);
		nexterror();
	}
	start(&w, &n);
	cutname(&n);
	w.end = n.end;
	if(amode == Acreate)
		c = createname(&w, &n, omode, perm);
	else
		c = finish(&w, &n, amode, omode);
	poperror();
	endwalk(&w);
	freename(&n);
	return c;
}

/*
 * Check a name that is not to be walked (an element, an aname, a spec): the
 * user's or the kernel's, with slashes if slashok.  Returns it.
 */
char*
validname(char *s, int slashok)
{
	long len, i;

	len = namelen(s, MAXPATH);
	if(len > MAXPATH)
		error(Etoolong);
	for(i = 0; i < len; i++)
		if(badbyte(s[i]) || s[i] == '/' && !slashok)
			error(Ebadchar);
	return s;
}

/* The same, and a copy that no one can change meanwhile; free() it. */
char*
validnamedup(char *s, int slashok)
{
	char *t;
	long len;

	len = namelen(s, MAXPATH);
	if(len > MAXPATH)
		error(Etoolong);
	t = malloc(len+1);
	if(t == nil)
		error(Enomem);
	memmove(t, s, len);
	t[len] = '\0';
	if(waserror()){
		free(t);
		nexterror();
	}
	validname(t, slashok);
	poperror();
	return t;
}
