/*
 * The files: a tree of nodes whose data are blocks.  A small file takes only
 * what it needs, since block 0 grows; a hole takes nothing.  A removed file
 * lives on while a fid refers to it.
 */
#include <u.h>
#include <libc.h>
#include "ramfs.h"

enum
{
	Nhash	= 1024,
	Firstmin = 64,
};

File	*root;
uvlong	limit;

char	Eexist[]	= "file already exists";
char	Efull[]		= "file system full";
char	Enotempty[]	= "directory not empty";
char	Eperm[]		= "permission denied";

static File	*table[Nhash];
static uvlong	used;
static uvlong	lastseq;

static File**
bucket(File *dir, char *name)
{
	uint h;

	h = dir->seq*2654435761U;
	for(; *name != 0; name++)
		h = h*31 + *(uchar*)name;
	return &table[(h>>7)%Nhash];
}

char*
dupname(char *s)
{
	char *t;

	t = strdup(s);
	if(t == nil)
		sysfatal("out of memory");
	return t;
}

/* replace a string of a file */
char*
setstring(char **p, char *s)
{
	char *t;

	t = strdup(s);
	if(t == nil)
		return Efull;
	free(*p);
	*p = t;
	return nil;
}

static File*
newfile(char *name, ulong perm, char *user)
{
	File *f;

	f = mallocz(sizeof *f, 1);
	if(f == nil)
		return nil;
	f->name = dupname(name);
	f->uid = dupname(user);
	f->gid = dupname(user);
	f->muid = dupname(user);
	f->perm = perm;
	f->seq = ++lastseq;
	f->atime = f->mtime = time(nil);
	f->ref = 1;
	return f;
}

void
inittree(char *user)
{
	root = newfile("/", DMDIR|0775, user);
	if(root == nil)
		sysfatal("out of memory");
}

/* the file name in dir, or nil */
File*
lookup(File *dir, char *name)
{
	File *f;

	for(f = *bucket(dir, name); f != nil; f = f->hash)
		if(f->parent == dir && strcmp(f->name, name) == 0)
			return f;
	return nil;
}

static void
enter(File *f)
{
	File **b;

	b = bucket(f->parent, f->name);
	f->hash = *b;
	*b = f;
}

static void
unenter(File *f)
{
	File **b;

	for(b = bucket(f->parent, f->name); *b != f; b = &(*b)->hash)
		;
	*b = f->hash;
}

static void
touch(File *dir, char *user)
{
	dir->mtime = time(nil);
	dir->vers++;
	setstring(&dir->muid, user);
}

char*
addfile(File *dir, char *name, ulong perm, char *user, File **result)
{
	File *f;

	if(lookup(dir, name) != nil)
		return Eexist;
	f = newfile(name, perm, user);
	if(f == nil)
		return Efull;
	setstring(&f->gid, dir->gid);
	f->parent = dir;
	f->prev = dir->lastkid;
	if(dir->lastkid != nil)
		dir->lastkid->next = f;
	else
		dir->kids = f;
	dir->lastkid = f;
	enter(f);
	touch(dir, user);
	*result = f;
	return nil;
}

/* take the file out of the tree */
char*
removefile(File *f)
{
	File *dir;

	if(f->kids != nil)
		return Enotempty;
	dir = f->parent;
	if(dir == nil)
		return Eperm;
	unenter(f);
	if(f->prev != nil)
		f->prev->next = f->next;
	else
		dir->kids = f->next;
	if(f->next != nil)
		f->next->prev = f->prev;
	else
		dir->lastkid = f->prev;
	f->next = f->prev = f->parent = nil;
	touch(dir, dir->muid);
	dropfile(f);
	return nil;
}

char*
renamefile(File *f, char *name)
{
	char *s;

	s = strdup(name);
	if(s == nil)
		return Efull;
	unenter(f);
	free(f->name);
	f->name = s;
	enter(f);
	touch(f->parent, f->parent->muid);
	return nil;
}

static void
freeblock(File *f, ulong i)
{
	if(i >= f->nblock || f->block[i] == nil)
		return;
	used -= i == 0 ? f->first : Blocksize;
	if(i == 0)
		f->first = 0;
	free(f->block[i]);
	f->block[i] = nil;
}

/* one reference less; the last frees it */
void
dropfile(File *f)
{
	ulong i;

	if(--f->ref > 0)
		return;
	for(i = 0; i < f->nblock; i++)
		freeblock(f, i);
	free(f->block);
	free(f->name);
	free(f->uid);
	free(f->gid);
	free(f->muid);
	free(f);
}

/* the bytes that block i has room for */
static ulong
room(File *f, ulong i)
{
	if(i >= f->nblock || f->block[i] == nil)
		return 0;
	return i == 0 ? f->first : Blocksize;
}

/* n bytes at off; short at the end of the file */
long
readfile(File *f, uchar *buf, long n, uvlong off)
{
	ulong i, o, k, have;
	long done;

	if(off >= f->len)
		return 0;
	if(n > f->len-off)
		n = f->len-off;
	for(done = 0; done < n; done += k){
		i = (off+done)/Blocksize;
		o = (off+done)%Blocksize;
		k = Blocksize-o;
		if(k > n-done)
			k = n-done;
		have = room(f, i);
		have = have > o ? have-o : 0;
		if(have > k)
			have = k;
		if(have > 0)
			memmove(buf+done, f->block[i]+o, have);
		memset(buf+done+have, 0, k-have);
	}
	return n;
}

/* make block i hold at least end bytes */
static char*
grow(File *f, ulong i, ulong end)
{
	uchar **b, *p;
	ulong n, old;

	if(i >= f->nblock){
		n = f->nblock*2;
		if(n <= i)
			n = i+1;
		b = realloc(f->block, n*sizeof b[0]);
		if(b == nil)
			return Efull;
		memset(b+f->nblock, 0, (n-f->nblock)*sizeof b[0]);
		f->block = b;
		f->nblock = n;
	}
	old = room(f, i);
	if(end <= old)
		return nil;
	n = Blocksize;
	if(i == 0)
		for(n = Firstmin; n < end; n *= 2)
			;
	if(used+n-old > limit)
		return Efull;
	p = realloc(f->block[i], n);
	if(p == nil)
		return Efull;
	memset(p+old, 0, n-old);
	f->block[i] = p;
	if(i == 0)
		f->first = n;
	used += n-old;
	return nil;
}

char*
writefile(File *f, uchar *buf, long n, uvlong off)
{
	ulong i, o, k;
	long done;
	char *err;

	if(off+n > Memmax)
		return Efull;
	for(done = 0; done < n; done += k){
		i = (off+done)/Blocksize;
		o = (off+done)%Blocksize;
		k = Blocksize-o;
		if(k > n-done)
			k = n-done;
		err = grow(f, i, o+k);
		if(err != nil)
			return err;
		memmove(f->block[i]+o, buf+done, k);
	}
	if(off+n > f->len)
		f->len = off+n;
	f->mtime = time(nil);
	f->vers++;
	return nil;
}

/* cut the file, or let it grow by a hole */
char*
setlength(File *f, uvlong len)
{
	ulong i, o, have;

	if(len > Memmax)
		return Efull;
	if(len < f->len){
		i = len/Blocksize;
		o = len%Blocksize;
		have = room(f, i);
		if(o == 0)
			freeblock(f, i);
		else if(have > o)
			memset(f->block[i]+o, 0, have-o);
		for(i++; i < f->nblock; i++)
			freeblock(f, i);
	}
	f->len = len;
	f->mtime = time(nil);
	f->vers++;
	return nil;
}
