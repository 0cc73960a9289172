/*
 * #/: the root device.  It serves, for reading only, the tree of the archives
 * that the machine was started with, and the directories upon which a name space
 * is built.  The first process, and nobody after it, can remove what the archives
 * brought, for a root to come that expects nothing here but those directories,
 * and make directories, to mount upon.
 * The port hands over the archives by addinitrd before the devices are reset;
 * their bytes are served from where they are.
 *
 * Before changing anything: other code turns a channel that must not be closed
 * by its driver into one of this device, so rootclose does nothing at all.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "cpio.h"

enum
{
	NHASH	= 512,		/* of names, a power of two */
	MAXELEM	= 255,		/* bytes of an element */
	MAXRD	= 8,		/* areas of memory with archives */
};

typedef struct Data	Data;
typedef struct Node	Node;

/* A file's contents and modes: hard links share them. */
struct Data
{
	uchar	*p;
	ulong	len;
	ulong	mode;		/* permissions, and DMDIR */
	ulong	mtime;
	ulong	ino;		/* in archive narchive */
	ulong	dev[2];
	int	narchive;
	Data	*next;		/* among those with links */
};

/* A name.  Nodes are never freed: channels point at them. */
struct Node
{
	Node	*parent;
	Node	*kid;		/* first of a directory */
	Node	*lastkid;
	Node	*next;		/* in the directory */
	Node	*hash;
	Data	*d;
	ulong	path;		/* of the qid */
	char	name[];
};

static struct
{
	uchar	*p;
	ulong	n;
} rd[MAXRD];
static int	nrd;
static Node	*root;
static Node	*hashtab[NHASH];
static Data	*linked;
static ulong	lastpath;

/* Name space construction needs these even if no archive has them. */
static char *mustdirs[] = {
	"bin", "boot", "dev", "env", "fd", "mnt", "net", "net.alt", "proc", "root", "srv",
};

/* Have n bytes at p, which stay where they are, read as cpio archives later. */
void
addinitrd(uchar *p, ulong n)
{
	if(nrd == MAXRD)
		panic("addinitrd: more than %d", MAXRD);
	rd[nrd].p = p;
	rd[nrd].n = n;
	nrd++;
}

static Node**
slot(Node *dir, char *name, int len)
{
	ulong h;

	h = dir->path * 0x9E3779B1;
	while(--len >= 0)
		h = h*31 + (uchar)*name++;
	return &hashtab[(h ^ h>>16) & (NHASH-1)];
}

static Node*
find(Node *dir, char *name, int len)
{
	Node *n;

	for(n = *slot(dir, name, len); n != nil; n = n->hash)
		if(n->parent == dir && strncmp(n->name, name, len) == 0 && n->name[len] == '\0')
			return n;
	return nil;
}

static Data*
newdata(ulong mode, ulong mtime)
{
	Data *d;

	d = smalloc(sizeof(Data));
	d->mode = mode;
	d->mtime = mtime;
	return d;
}

/* A new name in dir, which has none like it; of the root if dir is nil. */
static Node*
add(Node *dir, char *name, int len, Data *d)
{
	Node *n, **h;

	n = smalloc(sizeof(Node) + len + 1);
	memmove(n->name, name, len);
	n->path = lastpath++;
	n->d = d;
	n->parent = dir != nil? dir: n;
	if(dir == nil)
		return n;
	h = slot(dir, name, len);
	n->hash = *h;
	*h = n;
	if(dir->kid == nil)
		dir->kid = n;
	else
		dir->lastkid->next = n;
	dir->lastkid = n;
	return n;
}

/* The data of an entry; of a hard link, that of the file it is linked to. */
static Data*
entrydata(Cpioent *e, int narchive)
{
	Data *d;

	d = nil;
	if(e->nlink > 1)
		for(d = linked; d != nil; d = d->next)
			if(d->ino == e->ino && d->narchive == narchive
			&& d->dev[0] == e->dev[0] && d->dev[1] == e->dev[1])
				break;
	if(d == nil){
		d = newdata(e->mode & 0777, e->mtime);
		if(e->nlink > 1){
			d->ino = e->ino;
			d->dev[0] = e->dev[0];
			d->dev[1] = e->dev[1];
			d->narchive = narchive;
			d->next = linked;
			linked = d;
		}
	}
	if(e->size > 0){	/* only one of the links comes with the bytes */
		d->p = e->data;
		d->len = e->size;
	}
	return d;
}

/* Put one entry into the tree: nil, or what is wrong with it. */
static char*
enter(Cpioent *e, int narchive)
{
	char *s, *t;
	Node *dir, *n;
	int len, type;

	type = e->mode & CPIOTYPE;
	if(type != CPIODIR && type != CPIOFILE)
		return "neither a file nor a directory";
	dir = root;
	for(s = e->name;; s = t){
		while(*s == '/')
			s++;
		for(t = s; *t != '/' && *t != '\0'; t++)
			;
		len = t - s;
		if(len == 0)
			return nil;
		if(len == 1 && s[0] == '.')
			continue;
		if(len == 2 && s[0] == '.' && s[1] == '.')
			return "leads out of the tree";
		if(len > MAXELEM)
			return "element too long";
		n = find(dir, s, len);
		if(*t == '\0')
			break;
		if(n == nil)
			n = add(dir, s, len, newdata(DMDIR|0755, e->mtime));
		if((n->d->mode & DMDIR) == 0)
			return "is below a file";
		dir = n;
	}
	if(type == CPIOFILE){
		if(n != nil && (n->d->mode & DMDIR))
			return "was a directory before";
		if(n == nil)
			add(dir, s, len, entrydata(e, narchive));
		else
			n->d = entrydata(e, narchive);
	}else if(n == nil)
		add(dir, s, len, newdata(DMDIR|e->mode&0777, e->mtime));
	else if(n->d->mode & DMDIR){
		n->d->mode = DMDIR|e->mode&0777;
		n->d->mtime = e->mtime;
	}else
		return "was a file before";
	return nil;
}

static void
readarchives(uchar *p, ulong n)
{
	Cpioent e;
	Cpio c;
	char *why;
	int r;

	cpioinit(&c, p, n);
	while((r = cpionext(&c, &e)) > 0){
		why = enter(&e, c.narchive);
		if(why != nil)
			print("root: %s: left out: %s\n", e.name, why);
	}
	if(r < 0)
		print("root: archive: offset %lud: %s; what comes after is left out\n",
			(ulong)(c.p - p), c.err);
}

static void
rootreset(void)
{
	int i;

	kerndate = seconds();
	root = add(nil, "/", 1, newdata(DMDIR|0555, kerndate));
	for(i = 0; i < nrd; i++)
		readarchives(rd[i].p, rd[i].n);
	linked = nil;
	for(i = 0; i < nelem(mustdirs); i++)
		if(find(root, mustdirs[i], strlen(mustdirs[i])) == nil)
			add(root, mustdirs[i], strlen(mustdirs[i]), newdata(DMDIR|0555, kerndate));
}

static Qid
nodeqid(Node *n)
{
	Qid q;

	mkqid(&q, n->path, 0, n->d->mode & DMDIR? QTDIR: QTFILE);
	return q;
}

static Chan*
rootattach(char *spec)
{
	Chan *c;

	if(!emptystr(spec))
		error(Ebadspec);
	c = devattach('/', spec);
	c->aux = root;
	return c;
}

static Walkqid*
rootwalk(Chan *c, Chan *nc, char **name, int nname)
{
	Walkqid *wq;
	Node *n, *k;
	int i;

	wq = newwalkqid(nname);
	n = c->aux;
	for(i = 0; i < nname; i++){
		if((n->d->mode & DMDIR) == 0)
			k = nil;
		else if(strcmp(name[i], "..") == 0)
			k = n->parent;
		else
			k = find(n, name[i], strlen(name[i]));
		if(k == nil)
			break;
		n = k;
		wq->qid[i] = nodeqid(n);
	}
	wq->nqid = i;
	wq->clone = nil;
	if(i == 0 && nname > 0){
		wqfree(wq);
		kstrcpy(up->errstr, n->d->mode & DMDIR? Enonexist: Enotdir, ERRMAX);
		return nil;
	}
	if(i < nname)
		return wq;
	if(nc == nil){
		if(waserror()){
			wqfree(wq);
			nexterror();
		}
		nc = devclone(c);
		poperror();
	}
	nc->aux = n;
	nc->qid = nodeqid(n);
	wq->clone = nc;
	return wq;
}

static uint
entry(Chan *c, Node *n, uchar *buf, int len)
{
	Dir d;

	devdir(c, nodeqid(n), n->name, n->d->len, eve, n->d->mode & 0777, &d);
	d.mtime = n->d->mtime;
	return convD2M(&d, buf, len);
}

static int
rootstat(Chan *c, uchar *buf, int n)
{
	n = entry(c, c->aux, buf, n);
	if(n == 0)
		error(Ebadarg);
	return n;
}

static Chan*
rootopen(Chan *c, int omode)
{
	Node *n;

	n = c->aux;
	if((c->qid.type & QTDIR) && (omode & (3|OTRUNC)) != OREAD)
		error(Eisdir);
	if(omode & (OTRUNC|ORCLOSE))
		error(Eperm);
	devpermcheck(eve, n->d->mode & 0555, omode);
	c->mode = openmode(omode);
	c->flag |= COPEN;
	c->offset = 0;
	return c;
}

static void
rootcreate(Chan *c, char *name, int omode, ulong perm)
{
	Node *n;
	int len;

	n = c->aux;
	len = strlen(name);
	if(up->pid != 1 || (perm & DMDIR) == 0 || omode != OREAD || len > MAXELEM)
		error(Eperm);
	if(find(n, name, len) != nil)
		error(Eexist);
	n = add(n, name, len, newdata(DMDIR|perm&0777, seconds()));
	c->aux = n;
	c->qid = nodeqid(n);
	c->mode = OREAD;
	c->flag |= COPEN;
	c->offset = 0;
}

static void
rootclose(Chan *c)
{
	USED(c);
}

/* Whole entries from the dri'th on. */
static long
dirents(Chan *c, uchar *buf, long n)
{
	Node *k;
	long m;
	int i;
	uint size;

	k = ((Node*)c->aux)->kid;
	for(i = 0; i < c->dri && k != nil; i++)
		k = k->next;
	for(m = 0; k != nil; m += size){
		size = entry(c, k, buf+m, n-m);
		if(size <= BIT16SZ){
			if(m == 0)
				error(Eshort);
			break;
		}
		c->dri++;
		k = k->next;
	}
	return m;
}

static long
rootread(Chan *c, void *buf, long n, vlong off)
{
	Node *node;

	node = c->aux;
	if(c->qid.type & QTDIR)
		return dirents(c, buf, n);
	return readmem(off, buf, n, node->d->p, node->d->len);
}

static long
rootwrite(Chan *c, void *buf, long n, vlong off)
{
	USED(c, buf, n, off);
	error(Eperm);
}

static void
unlink(Node *n)
{
	Node **p, *prev;

	for(p = slot(n->parent, n->name, strlen(n->name)); *p != n; p = &(*p)->hash)
		if(*p == nil)
			error(Enonexist);	/* gone already: who has it open wants it removed on close */
	*p = n->hash;
	prev = nil;
	for(p = &n->parent->kid; *p != n; p = &(*p)->next)
		prev = *p;
	*p = n->next;
	if(n->parent->lastkid == n)
		n->parent->lastkid = prev;
}

/* A name goes; who has the file open still reads it.  What a name space is built upon stays. */
static void
rootremove(Chan *c)
{
	Node *n;
	int i;

	n = c->aux;
	if(up->pid != 1 || n == root)
		error(Eperm);
	for(i = 0; i < nelem(mustdirs); i++)
		if(n->parent == root && strcmp(n->name, mustdirs[i]) == 0)
			error(Eperm);
	if(n->kid != nil)
		error("directory not empty");
	unlink(n);
}

Dev rootdevtab = {
	.dc	= '/',
	.name	= "root",
	.reset	= rootreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= rootattach,
	.walk	= rootwalk,
	.stat	= rootstat,
	.open	= rootopen,
	.create	= rootcreate,
	.close	= rootclose,
	.read	= rootread,
	.bread	= devbread,
	.write	= rootwrite,
	.bwrite	= devbwrite,
	.remove	= rootremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
};
