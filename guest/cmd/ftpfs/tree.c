/*
 * What is known of the server's files: directories as they were listed last.  A node
 * lives while a handle or its directory refers to it.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "ftpfs.h"

enum
{
	Maxlinks	= 50,		/* symbolic links of a directory that are looked into */
};

Node	*root;
uvlong	lastpath;

static int	nnodes;

Node*
newnode(Node *parent, char *name)
{
	Node *n;

	n = mallocz(sizeof *n, 1);
	if(n == nil || (n->name = strdup(name)) == nil || (n->uid = strdup(user)) == nil || (n->gid = strdup(user)) == nil)
		sysfatal("out of memory");
	n->path = ++lastpath;
	n->mode = 0644;
	n->length = -1;
	n->ref = 1;
	n->parent = parent != nil ? parent : n;
	if(parent != nil)
		parent->ref++;
	nnodes++;
	return n;
}

void
putnode(Node *n)
{
	if(--n->ref > 0)
		return;
	if(n->parent != n)
		putnode(n->parent);
	stale(n);
	free(n->kid);
	free(n->name);
	free(n->uid);
	free(n->gid);
	free(n);
	nnodes--;
}

/* its kids are unknown again */
void
forget(Node *n)
{
	int i, nkid;
	Node **kid;

	kid = n->kid;
	nkid = n->nkid;
	n->kid = nil;
	n->nkid = 0;
	n->listed = 0;
	for(i = 0; i < nkid; i++){
		kid[i]->gone = 1;
		forget(kid[i]);
		putnode(kid[i]);
	}
	free(kid);
}

void
detach(Node *n)
{
	Node *p;
	int i;

	p = n->parent;
	for(i = 0; i < p->nkid && p->kid[i] != n; i++)
		;
	if(i == p->nkid)
		return;
	memmove(p->kid+i, p->kid+i+1, (p->nkid-i-1)*sizeof p->kid[0]);
	p->nkid--;
	n->gone = 1;
	forget(n);
	putnode(n);
}

/* does anybody but its directories refer to something below n? */
static int
inuse(Node *n)
{
	int i;

	if(n->ref > 1+n->nkid)
		return 1;
	for(i = 0; i < n->nkid; i++)
		if(inuse(n->kid[i]))
			return 1;
	return 0;
}

/* forget the listings of what is not in use */
static void
prune(Node *n)
{
	int i;

	for(i = 0; i < n->nkid; i++)
		if(inuse(n->kid[i]))
			prune(n->kid[i]);
		else
			forget(n->kid[i]);
}

char*
pathof(Node *n)
{
	char buf[Maxpath], *p;
	int len;

	p = buf+sizeof buf - 1;
	*p = '\0';
	for(; n != root; n = n->parent){
		if(n->gone){
			werrstr("file does not exist");
			return nil;
		}
		len = strlen(n->name);
		if(p-buf < len+1){
			werrstr("path too long for the server");
			return nil;
		}
		p -= len;
		memmove(p, n->name, len);
		*--p = '/';
	}
	return smprint("%s%s", strcmp(remoteroot, "/") == 0 && *p != '\0' ? "" : remoteroot, p);
}

static int
byname(void *a, void *b)
{
	return strcmp((*(Node**)a)->name, (*(Node**)b)->name);
}

static Node*
search(Node **kid, int n, char *name)
{
	int lo, hi, mid, c;

	lo = 0;
	hi = n;
	while(lo < hi){
		mid = (lo+hi)/2;
		c = strcmp(name, kid[mid]->name);
		if(c == 0)
			return kid[mid];
		if(c < 0)
			hi = mid;
		else
			lo = mid+1;
	}
	return nil;
}

Node*
kidof(Node *dir, char *name)
{
	return search(dir->kid, dir->nkid, name);
}

/* ---- listings ---- */

static int	nold;			/* kids before the listing, sorted; behind them, new ones */
static Node	junk;			/* what stands for names that cannot be */

/* a file that a listing names; nil and the error string if there are too many */
Node*
addentry(Node *dir, char *name)
{
	Node *n, **kid;

	n = nil;
	if(*name == '\0' || strchr(name, '/') != nil || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strlen(name) > Maxname){
		if(junk.uid == nil){
			junk.uid = strdup("");
			junk.gid = strdup("");
		}
		return junk.uid != nil && junk.gid != nil ? &junk : nil;
	}
	n = search(dir->kid, nold, name);
	if(n == nil){
		if(dir->nkid == Maxentries || nnodes >= Maxnodes){
			werrstr("ftpfs: directory too large");
			return nil;
		}
		if((dir->nkid & dir->nkid-1) == 0 || dir->kid == nil){
			kid = realloc(dir->kid, (dir->nkid > 0 ? 2*dir->nkid : 1)*sizeof kid[0]);
			if(kid == nil){
				werrstr("out of memory");
				return nil;
			}
			dir->kid = kid;
		}
		n = newnode(dir, name);
		dir->kid[dir->nkid++] = n;
	}
	n->seen = 1;
	return n;
}

/* sort, and drop what is double, and, if the listing was whole, what is no longer there */
static void
settle(Node *dir, int whole)
{
	Node *n, **kid;
	int i, nkid;

	kid = dir->kid;
	nkid = dir->nkid;
	qsort(kid, nkid, sizeof kid[0], byname);
	dir->nkid = 0;
	for(i = 0; i < nkid; i++){
		n = kid[i];
		if(whole && !n->seen || dir->nkid > 0 && strcmp(kid[dir->nkid-1]->name, n->name) == 0){
			n->gone = 1;
			forget(n);
			putnode(n);
			continue;
		}
		n->seen = 0;
		kid[dir->nkid++] = n;
	}
	/* addentry counts on room up to the next power of two */
	for(i = 1; i < dir->nkid; i *= 2)
		;
	if(nkid > 0 && (kid = realloc(dir->kid, i*sizeof kid[0])) != nil)
		dir->kid = kid;
}

/* a kid that the server is about to have; nil and the error string */
Node*
addkid(Node *dir, char *name)
{
	Node *n;

	nold = dir->nkid;
	n = addentry(dir, name);
	settle(dir, 0);
	return n;
}

/* a kid has another name */
void
reorder(Node *dir)
{
	settle(dir, 0);
}

/* lines of s's data go to parse; -1: too many, or the connection broke */
static int
lines(Session *s, Node *dir, int (*parse)(Node*, char*))
{
	static char buf[8192], line[Maxline];
	int i, n, c;
	long m;

	n = 0;
	while((m = netread(s->data, buf, sizeof buf)) > 0)
		for(i = 0; i < m; i++){
			c = buf[i];
			if(c != '\n'){
				if(n < sizeof line - 1 && c != '\0')
					line[n++] = c;
				continue;
			}
			if(n > 0 && line[n-1] == '\r')
				n--;
			line[n] = '\0';
			n = 0;
			if(parse(dir, line) < 0)
				return -1;
		}
	return m;
}

/* MLSD if there is that, else LIST with what begins with a dot, else without */
static int
ask(Session *s, Node *dir)
{
	int (*parse)(Node*, char*);

	parse = s->mlsd ? parsemlsd : parselist;
	if(s->mlsd && begin(s, "MLSD") < 0)
		return -1;
	if(!s->mlsd && begin(s, "LIST -a") < 0 && (s->ctl < 0 || begin(s, "LIST") < 0))
		return -1;
	if(lines(s, dir, parse) < 0){
		drop(s);
		return -1;
	}
	return finish(s);
}

/* a link is what it leads to: a directory if one can go there */
static void
links(Session *s, Node *dir, char *path)
{
	Node *n;
	int i, tries;

	tries = Maxlinks;
	for(i = 0; i < dir->nkid; i++){
		n = dir->kid[i];
		if(!(n->mode & Link))
			continue;
		n->mode = 0644;
		if(tries-- > 0 && s->ctl >= 0 && command(s, 2, "CWD %s/%s", strcmp(path, "/") == 0 ? "" : path, n->name) >= 0){
			n->mode = DMDIR|0755;
			n->length = 0;
		}
	}
}

static int
listnow(Node *dir, char *path, int *again)
{
	Session *s;
	int r;

	*again = 0;
	s = getsession();
	if(s == nil)
		return -1;
	*again = s->used;
	nold = dir->nkid;
	r = command(s, 2, "CWD %s", path);
	if(r >= 0)
		r = ask(s, dir);
	settle(dir, r >= 0);
	if(r >= 0)
		links(s, dir, path);
	*again = *again && r < 0 && s->ctl < 0 && *stopped == nil;
	freesession(s);
	return r;
}

int
list(Node *dir)
{
	char *path;
	int r, again;

	if(dir->listed != 0 && time(nil)-dir->listed < Fresh)
		return 0;
	if(nnodes > Maxnodes/2)
		prune(root);
	path = pathof(dir);
	if(path == nil)
		return -1;
	do
		r = listnow(dir, path, &again);
	while(r < 0 && again);
	free(path);
	if(r >= 0)
		dir->listed = time(nil);
	return r < 0 ? -1 : 0;
}
