/*
 * Names of channels.  A name is a chain of elements from child to parent, so
 * that a walk adds one small node for each element and copies nothing; `..'
 * steps to the parent, and out of a mount by mtpt, the file that the mount
 * covers.  namec makes the chains; the text of one is put together when
 * somebody asks (fd2path, stat, /proc).  Nodes do not change after they are
 * made, so only their reference counts need care.  Dropping a chain can drop
 * channels which drop chains: pathrelease hands them to its caller in a list
 * and nothing here recurs, however deep users nest their mounts.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "kept.h"

enum
{
	SHORT	= 31,		/* longest element of a node of the common size */
	KEEP	= 256,		/* nodes of that size that are kept */
};

static struct
{
	Path	*free;		/* linked by up */
	int	n;
} spare;

static Path*
newnode(int len)
{
	Path *p;

	if(len > SHORT)
		return malloc(sizeof(Path) + len + 1);
	p = spare.free;
	if(p == nil)
		return malloc(sizeof(Path) + SHORT + 1);
	spare.free = p->up;
	spare.n--;
	return p;
}

static void
freenode(Path *p)
{
	if(p->len > SHORT || spare.n >= KEEP){
		free(p);
		return;
	}
	p->up = spare.free;
	spare.free = p;
	spare.n++;
}

void
pathkept(Kept *k)
{
	k->n = spare.n;
	if(spare.free != nil)
		k->bytes = k->n*msize(spare.free);
}

static Path*
alloc(char *elem, int len, Path *up, Chan *mtpt)
{
	Path *p;
	int total;

	total = len;
	if(up != nil){
		total += up->total;
		if(up->elem[up->len-1] != '/')
			total++;
	}
	if(total > MAXPATH)
		error(Etoolong);
	p = newnode(len);
	if(p == nil)
		error(Enomem);
	p->ref = 1;
	p->up = up;
	p->mtpt = mtpt;
	p->whole = nil;
	p->total = total;
	p->len = len;
	memmove(p->elem, elem, len);
	p->elem[len] = '\0';
	if(up != nil)
		incref(up);
	if(mtpt != nil)
		incref(mtpt);
	return p;
}

/* A name without a parent: "/", "#c", ...; it may not be empty. */
Path*
newpath(char *s)
{
	return alloc(s, strlen(s), nil, nil);
}

/*
 * The name elem in up; mtpt, if not nil, is the file of that name which is
 * hidden by what is mounted there.  Takes its own references.
 */
Path*
pathadd(Path *up, char *elem, Chan *mtpt)
{
	return alloc(elem, strlen(elem), up, mtpt);
}

/* The same name as p, now of what is mounted upon mtpt. */
Path*
pathcross(Path *p, Chan *mtpt)
{
	return alloc(p->elem, p->len, p->up, mtpt);
}

/*
 * Give up a reference.  Channels that nobody holds any more are put on the
 * list dead, for the caller to end.
 */
void
pathrelease(Path *p, Chan **dead)
{
	Path *up;

	while(p != nil && decref(p) == 0){
		up = p->up;
		if(p->mtpt != nil && decref(p->mtpt) == 0){
			p->mtpt->next = *dead;
			*dead = p->mtpt;
		}
		if(p->whole != nil)
			free(p->whole);
		freenode(p);
		p = up;
	}
}

void
pathclose(Path *p)
{
	Chan *dead;

	dead = nil;
	pathrelease(p, &dead);
	chanburial(dead);
}

/* The whole name, made at the first call; it lives as long as p. */
char*
pathtext(Path *p)
{
	Path *q;
	char *s, *t;

	if(p == nil)
		return "";
	if(p->whole != nil)
		return p->whole;
	if(p->up == nil)
		return p->elem;
	s = malloc(p->total + 1);
	if(s == nil)
		error(Enomem);
	t = s + p->total;
	*t = '\0';
	for(q = p; q != nil; q = q->up){
		t -= q->len;
		memmove(t, q->elem, q->len);
		if(q->up != nil && q->up->elem[q->up->len-1] != '/')
			*--t = '/';
	}
	if(p->whole == nil)
		p->whole = s;
	else
		free(s);	/* another process was faster */
	return p->whole;
}

/* The name by which c was reached; it lives as long as c. */
char*
chanpath(Chan *c)
{
	return pathtext(c->path);
}

/* The last element of that name; of a root, all of it. */
char*
chanelem(Chan *c)
{
	if(c->path == nil)
		return "";
	return c->path->elem;
}
