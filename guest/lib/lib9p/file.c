/*
 * Trees of files in memory, 9pfile(2).  Children of a directory are in a list,
 * oldest first, and in the Tree's hash table by parent and name.  A file that
 * is removed leaves both at once and lives on for those who hold it.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>

void
incref(long *ref)
{
	++*ref;
}

static void*
emalloc(ulong n)
{
	void *p;

	p = mallocz(n, 1);
	if(p == nil)
		sysfatal("9P server: out of memory");
	return p;
}

static char*
estrdup(char *s)
{
	s = strdup(s);
	if(s == nil)
		sysfatal("9P server: out of memory");
	return s;
}

static File**
bucket(File *dir, char *name)
{
	ulong h;

	h = (ulong)dir >> 4;
	for(; *name; name++)
		h = h*31 + (uchar)*name;
	return &dir->tree->hash[(h ^ h>>13) % nelem(dir->tree->hash)];
}

static void
freefile(File *f)
{
	if(f->tree->destroy != nil)
		f->tree->destroy(f);
	free(f->name);
	free(f->uid);
	free(f->gid);
	free(f->muid);
	free(f);
}

void
closefile(File *f)
{
	File *dir;

	if(f == nil || --f->ref > 0)
		return;
	dir = f->parent;
	freefile(f);
	if(dir != f)
		closefile(dir);
}

static File*
newfile(Tree *t, char *name, char *uid, char *gid, ulong mode)
{
	File *f;

	f = emalloc(sizeof *f);
	f->name = estrdup(name);
	f->uid = estrdup(uid);
	f->gid = estrdup(gid);
	f->muid = estrdup(uid);
	f->mode = mode;
	f->atime = f->mtime = time(nil);
	f->qid.type = mode>>24;
	f->qid.path = t->qidgen++;
	f->tree = t;
	f->ref = 1;
	return f;
}

/* uid and gid nil: the user who runs the server */
Tree*
alloctree(char *uid, char *gid, ulong mode, void (*destroy)(File*))
{
	Tree *t;

	if(uid == nil)
		uid = getuser();
	if(gid == nil)
		gid = uid;
	t = emalloc(sizeof *t);
	t->destroy = destroy;
	t->root = newfile(t, "/", uid, gid, mode);
	t->root->parent = t->root;
	return t;
}

static void
freeall(File *f)
{
	while(f->first != nil){
		File *c;

		c = f->first;
		freeall(c);
		c->ref = 2;
		removefile(c);
	}
}

/* no one may hold a file of it any more */
void
freetree(Tree *t)
{
	freeall(t->root);
	freefile(t->root);
	free(t);
}

static File*
lookup(File *dir, char *name)
{
	File *f;

	for(f = *bucket(dir, name); f != nil; f = f->hash)
		if(f->parent == dir && strcmp(f->name, name) == 0)
			return f;
	return nil;
}

static File*
step(File *dir, char *name)
{
	File *f;

	if(strcmp(name, ".") == 0)
		return dir;
	f = strcmp(name, "..") == 0 ? dir->parent : lookup(dir, name);
	return f;
}

/* by a path of several elements; the result is held, the argument not let go */
File*
walkfile(File *f, char *path)
{
	char *copy, *p, *next;

	if(strchr(path, '/') == nil){
		f = step(f, path);
		if(f != nil)
			f->ref++;
		return f;
	}
	copy = estrdup(path);
	for(p = copy; p != nil && f != nil; p = next){
		next = strchr(p, '/');
		if(next != nil)
			*next++ = 0;
		if(*p)
			f = f->mode & DMDIR ? step(f, p) : nil;
	}
	free(copy);
	if(f != nil)
		f->ref++;
	return f;
}

/* held once for the caller; nil if the name exists or dir is gone */
File*
createfile(File *dir, char *name, char *uid, ulong perm, void *aux)
{
	File *f, **b;

	if(!(dir->mode & DMDIR)){
		werrstr("create in what is not a directory");
		return nil;
	}
	if(dir->removed || *name == 0 || strchr(name, '/') != nil || strcmp(name, ".") == 0 || strcmp(name, "..") == 0){
		werrstr(dir->removed ? "directory has been removed" : "bad file name");
		return nil;
	}
	if(lookup(dir, name) != nil){
		werrstr("file already exists");
		return nil;
	}
	f = newfile(dir->tree, name, uid != nil ? uid : dir->uid, dir->gid, perm);
	f->aux = aux;
	f->ref = 2;			/* the tree's and the caller's */
	f->parent = dir;
	dir->ref++;
	dir->nchild++;
	dir->mtime = f->mtime;
	dir->qid.vers++;
	f->seq = ++dir->tree->seqgen;
	f->prev = dir->last;
	if(dir->last != nil)
		dir->last->next = f;
	else
		dir->first = f;
	dir->last = f;
	b = bucket(dir, name);
	f->hash = *b;
	*b = f;
	return f;
}

static void
unhash(File *f)
{
	File **p;

	for(p = bucket(f->parent, f->name); *p != nil; p = &(*p)->hash)
		if(*p == f){
			*p = f->hash;
			return;
		}
}

/* lets the caller's reference go in any case; -1 if it is a directory with files */
int
removefile(File *f)
{
	File *dir;

	dir = f->parent;
	if(f == dir || f->nchild > 0 || f->removed){
		werrstr(f->removed ? "file does not exist" : "directory is not empty");
		closefile(f);
		return -1;
	}
	f->removed = 1;
	unhash(f);
	if(f->prev != nil)
		f->prev->next = f->next;
	else
		dir->first = f->next;
	if(f->next != nil)
		f->next->prev = f->prev;
	else
		dir->last = f->prev;
	dir->nchild--;
	dir->removals++;
	dir->mtime = time(nil);
	dir->qid.vers++;
	closefile(f);			/* the tree's */
	closefile(f);
	return 0;
}

/* may the user do p, a combination of DMREAD DMWRITE DMEXEC? Groups are users' names. */
int
hasperm(File *f, char *uid, int p)
{
	int m;

	m = f->mode & 7;
	if(uid != nil && strcmp(f->uid, uid) == 0)
		m |= f->mode>>6 & 7;
	if(uid != nil && strcmp(f->gid, uid) == 0)
		m |= f->mode>>3 & 7;
	return (p & m) == p;
}

static char*
rename(File *f, char *name, char *uid)
{
	File **b;

	if(f == f->parent || !hasperm(f->parent, uid, DMWRITE))
		return "permission denied";
	if(strchr(name, '/') != nil || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "bad file name";
	if(lookup(f->parent, name) != nil)
		return "file already exists";
	unhash(f);
	free(f->name);
	f->name = estrdup(name);
	b = bucket(f->parent, name);
	f->hash = *b;
	*b = f;
	f->parent->qid.vers++;
	return nil;
}

/*
 * Does what a wstat asks for with a File: all of it or nothing.  The length
 * is the server's business: it should look at r->d.length, which is ~0 for no
 * change, when this returned nil.
 */
char*
wstatfile(Req *r)
{
	File *f;
	char *err, *uid;
	int owner;

	f = r->fid->file;
	uid = r->fid->uid;
	owner = strcmp(f->uid, uid) == 0 || strcmp(f->tree->root->uid, uid) == 0;
	if(r->d.uid[0] != 0 && strcmp(r->d.uid, f->uid) != 0)
		return "wstat: the owner cannot be changed";
	if((~r->d.mode != 0 || ~r->d.mtime != 0 || r->d.gid[0] != 0) && !owner)
		return "permission denied";
	if(~r->d.length != 0 && (f->mode & DMDIR || !hasperm(f, uid, DMWRITE)))
		return f->mode & DMDIR ? "wstat: a directory has no length" : "permission denied";
	if(r->d.name[0] != 0 && strcmp(r->d.name, f->name) != 0){
		err = rename(f, r->d.name, uid);
		if(err != nil)
			return err;
	}
	if(~r->d.mode != 0){
		f->mode = r->d.mode;
		f->qid.type = f->mode>>24;
	}
	if(~r->d.mtime != 0)
		f->mtime = r->d.mtime;
	if(~r->d.atime != 0)
		f->atime = r->d.atime;
	if(r->d.gid[0] != 0){
		free(f->gid);
		f->gid = estrdup(r->d.gid);
	}
	return nil;
}

/* where a directory read stands; survives changes of the directory */
struct Readdir
{
	File	*dir;
	File	*next;		/* valid while removals is what it was */
	ulong	seq;		/* of the last file delivered */
	ulong	removals;
	int	atend;		/* next is nil because there was none: look again */
};

Readdir*
opendirfile(File *dir)
{
	Readdir *d;

	d = emalloc(sizeof *d);
	d->dir = dir;
	dir->ref++;
	d->next = dir->first;
	d->atend = d->next == nil;
	d->removals = dir->removals;
	return d;
}

long
readdirfile(Readdir *d, uchar *buf, long n)
{
	File *f;
	long used;
	uint m;

	if(d->removals != d->dir->removals || d->atend){
		for(f = d->dir->last; f != nil && f->seq > d->seq; f = f->prev)
			;
		d->next = f != nil ? f->next : d->dir->first;
		d->removals = d->dir->removals;
	}
	for(used = 0; (f = d->next) != nil; used += m){
		m = convD2M(f, buf+used, n-used);
		if(m <= BIT16SZ)
			break;
		d->seq = f->seq;
		d->next = f->next;
	}
	d->atend = d->next == nil;
	return used;
}

void
closedirfile(Readdir *d)
{
	closefile(d->dir);
	free(d);
}
