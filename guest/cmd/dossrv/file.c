/*
 * Files: their data, in runs of clusters that are read and written in one go; making,
 * growing, cutting and removing them, each in the order that a stop in between
 * does least harm.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "dos.h"

enum
{
	Keepfiles	= 2000,		/* that nobody uses any more, for their versions */
	Maxlength	= 0xFFFFFFFFUL,
	Maxunsynced	= 64*1024*1024,
	Maxfill		= 4096,
};

static ulong	versgen;

ulong
dirstart(Dosfile *f)
{
	return f->addr == 0 ? 0 : f->start;
}

static Dosfile**
chain(Dosfs *fs, vlong addr)
{
	return &fs->files[(ulong)(addr/Dirsize)%nelem(fs->files)];
}

static void
unlinkfile(Dosfile *f)
{
	Dosfile **l;

	for(l = chain(f->fs, f->addr); *l != nil; l = &(*l)->hash)
		if(*l == f){
			*l = f->hash;
			f->fs->nfile--;
			return;
		}
}

static void
linkfile(Dosfile *f)
{
	Dosfile **l;

	l = chain(f->fs, f->addr);
	f->hash = *l;
	*l = f;
	f->fs->nfile++;
}

static void
freefile(Dosfile *f)
{
	free(f->name);
	free(f);
}

/* forget all that nobody uses */
static void
trim(Dosfs *fs)
{
	Dosfile *f, **l;
	int i;

	for(i = 0; i < nelem(fs->files); i++)
		for(l = &fs->files[i]; (f = *l) != nil;){
			if(f->ref > 0){
				l = &f->hash;
				continue;
			}
			*l = f->hash;
			fs->nfile--;
			freefile(f);
		}
}

/* the file that e describes in directory dir, with a reference; nil: no memory */
Dosfile*
getfile(Dosfs *fs, ulong dir, Entry *e)
{
	Dosfile *f;

	for(f = *chain(fs, e->addr); f != nil; f = f->hash)
		if(f->addr == e->addr){
			f->ref++;
			return f;
		}
	if(fs->nfile > Keepfiles)
		trim(fs);
	f = mallocz(sizeof *f, 1);
	if(f == nil || (f->name = strdup(e->name)) == nil){
		free(f);
		return nil;
	}
	f->fs = fs;
	f->ref = 1;
	f->addr = e->addr;
	f->dir = dir;
	f->slot = e->slot;
	f->nslot = e->nslot;
	f->attr = e->d[Dattr] & 0x3F;
	f->start = get2(e->d+Dclust);
	if(fs->bits == 32)
		f->start |= get2(e->d+Dclusthi)<<16;
	f->length = f->attr & Adir ? 0 : get4(e->d+Dlen);
	f->mtime = dostime(e->d+Dtime, e->d+Ddate);
	f->atime = get2(e->d+Dadate) != 0 ? dostime(nil, e->d+Dadate) : f->mtime;
	f->gen = versgen++;
	f->vers = f->mtime ^ f->length<<4;
	linkfile(f);
	return f;
}

void
putfile(Dosfile *f)
{
	if(--f->ref == 0 && f->removed)
		freefile(f);
}

/* cluster number n of f into *c; 0 beyond the chain's end, -1: errstr */
static int
clusterof(Dosfile *f, ulong n, ulong *c)
{
	ulong i;
	long v;

	if(!goodclust(f->fs, f->start))
		return 0;
	i = 0;
	*c = f->start;
	if(f->lastc != 0 && f->lastn <= n){
		i = f->lastn;
		*c = f->lastc;
	}
	for(; i < n; i++){
		v = fatget(f->fs, *c);
		if(v < 0)
			return -1;
		if(!goodclust(f->fs, v))
			return 0;
		*c = v;
	}
	f->lastn = n;
	f->lastc = *c;
	return 1;
}

/*
 * Where byte off of f is, and how many of the next n lie there in a row.
 */
static char*
findrun(Dosfile *f, ulong off, long n, vlong *addr, long *len)
{
	Dosfs *fs;
	ulong i, c, next;
	int r;

	fs = f->fs;
	i = off/fs->cbytes;
	r = clusterof(f, i, &c);
	if(r <= 0)
		return r < 0 ? oserror() : Echain;
	*addr = clustaddr(fs, c)+off%fs->cbytes;
	*len = fs->cbytes-off%fs->cbytes;
	while(*len < n){
		r = clusterof(f, ++i, &next);
		if(r < 0)
			return oserror();
		if(r == 0 || next != c+1)
			break;
		c = next;
		*len += fs->cbytes;
	}
	if(*len > n)
		*len = n;
	return nil;
}

char*
readfile(Dosfile *f, uchar *buf, long n, vlong off, long *got)
{
	vlong addr;
	long m, k;
	char *err;

	*got = 0;
	if(off < 0 || off >= f->length)
		return nil;
	if(n > f->length-off)
		n = f->length-off;
	while(*got < n){
		err = findrun(f, off+*got, n-*got, &addr, &m);
		if(err != nil)
			return *got > 0 ? nil : err;
		bcsettle(f->fs->cache, addr, m);	/* what fails there is not this reader's */
		k = mpread(f->fs->fd, buf+*got, m, addr);
		if(k != m){
			if(*got > 0)
				return nil;
			return k < 0 ? oserror() : Eio;
		}
		*got += m;
	}
	return nil;
}

/*
 * n bytes of buf, or zeros if that is nil, over what is allocated from off on.  What is behind
 * the file's end no entry on the disk leads to: it may wait.
 */
static char*
overwrite(Dosfile *f, uchar *buf, ulong n, ulong off)
{
	static uchar zero[16*1024];
	vlong addr;
	long m, want;
	uchar *p;
	char *err;
	int new;

	new = off >= f->length;
	addr = 0;
	while(n > 0){
		want = n > 0x100000 ? 0x100000 : n;
		if(buf == nil && want > sizeof zero)
			want = sizeof zero;
		err = findrun(f, off, want, &addr, &m);
		if(err != nil)
			return err;
		p = buf != nil ? buf : zero;
		if((new ? bcappend : bcaround)(f->fs->cache, addr, p, m) < 0)
			return oserror();
		addr += m;
		if(buf != nil)
			buf += m;
		off += m;
		n -= m;
	}
	/* the rest of the last cluster, so that the next file follows without a gap */
	m = (f->fs->cbytes-off%f->fs->cbytes)%f->fs->cbytes;
	if(new && m > 0 && m <= Maxfill && addr != 0 && bcappend(f->fs->cache, addr, zero, m) < 0)
		return oserror();
	return nil;
}

static ulong
clustersfor(Dosfs *fs, ulong length)
{
	return length/fs->cbytes + (length%fs->cbytes != 0);
}

/*
 * A chain of n new clusters, linked to nothing: *first.  *last is its end.
 */
static char*
newchain(Dosfs *fs, ulong near, ulong n, ulong *first, ulong *last)
{
	ulong c, k;
	char *err;

	*first = *last = 0;
	while(n > 0){
		err = fatalloc(fs, near, &c, &k, n);
		if(err == nil && *last != 0)
			err = fatset(fs, *last, c);
		if(err != nil){
			if(*first != 0)
				fatfree(fs, *first);
			return err;
		}
		if(*first == 0)
			*first = c;
		*last = c+k-1;
		near = *last+1;
		n -= k;
	}
	return nil;
}

/* The clusters that f needs to hold length bytes; what was added begins at *first (0: nothing was), behind *tail. */
static char*
grow(Dosfile *f, ulong length, ulong *first, ulong *tail)
{
	Dosfs *fs;
	ulong have, need, last;
	char *err;
	int r;

	fs = f->fs;
	*first = *tail = 0;
	have = goodclust(fs, f->start) ? clustersfor(fs, f->length) : 0;
	if(have == 0 && goodclust(fs, f->start))
		have = 1;	/* an empty file with a cluster: odd, but there */
	need = clustersfor(fs, length);
	if(have > 0){
		r = clusterof(f, have-1, tail);
		if(r <= 0)
			return r < 0 ? oserror() : Echain;
	}
	if(need <= have)
		return nil;
	if(fs->nfree >= 0 && fs->nfree < need-have && fs->freed == nil && fatcount(fs) < (long)(need-have))
		return Efull;
	err = newchain(fs, *tail != 0 ? *tail+1 : 0, need-have, first, &last);
	if(err == Efull && fs->freed != nil && (err = syncerr(fs)) == nil)
		err = newchain(fs, *tail != 0 ? *tail+1 : 0, need-have, first, &last);
	if(err != nil)
		return err;
	if(*tail == 0){
		f->start = *first;
		return nil;
	}
	cutnow(fs, *tail);
	return fatset(fs, *tail, *first);
}

/* undo grow, of which the disk has not heard yet */
static void
ungrow(Dosfile *f, ulong first, ulong tail)
{
	if(first == 0)
		return;
	if(tail == 0)
		f->start = 0;
	else
		fatset(f->fs, tail, fatend(f->fs));
	fatfree(f->fs, first);
	f->lastc = 0;
}

static void
touch(Dosfile *f)
{
	f->mtime = time(nil);
	f->attr |= Aarchive;
	f->vers++;
}

/* Writes; bytes between the old end and off become zeros.  All or nothing, as far as the length goes. */
char*
writefile(Dosfile *f, uchar *buf, long n, vlong off)
{
	ulong first, tail, end;
	char *err;

	if(n == 0)
		return nil;
	if(off < 0 || off > Maxlength-n)
		return Etoolarge;
	end = off+n > f->length ? off+n : f->length;
	err = grow(f, end, &first, &tail);
	if(err == nil && off > f->length)
		err = overwrite(f, nil, off-f->length, f->length);
	if(err == nil)
		err = overwrite(f, buf, n, off);
	if(err != nil){
		ungrow(f, first, tail);
		return err;
	}
	f->length = end;
	touch(f);
	f->fs->unsynced += n;
	err = putentry(f);
	if(err == nil && f->fs->unsynced > Maxunsynced)
		err = syncerr(f->fs);
	return err;
}

/* shorter: what is behind goes with the next sync; longer: with zeros */
char*
setlength(Dosfile *f, vlong length)
{
	Dosfs *fs;
	ulong first, tail, old, was, c;
	long rest;
	char *err;
	int r;

	fs = f->fs;
	if(length < 0 || length > Maxlength)
		return Etoolarge;
	if(length == f->length && (length > 0 || f->start == 0))
		return nil;
	if(length > f->length){
		err = grow(f, length, &first, &tail);
		if(err == nil)
			err = overwrite(f, nil, length-f->length, f->length);
		if(err != nil){
			ungrow(f, first, tail);
			return err;
		}
		f->length = length;
		touch(f);
		return putentry(f);
	}
	old = f->start;
	c = 0;
	rest = old;
	if(length > 0){
		r = clusterof(f, clustersfor(fs, length)-1, &c);
		if(r <= 0)
			return r < 0 ? oserror() : Echain;
		rest = fatget(fs, c);
		if(rest < 0)
			return oserror();
	}
	was = f->length;
	if(length == 0)
		f->start = 0;
	f->length = length;
	f->lastc = 0;
	touch(f);
	err = putentry(f);
	if(err != nil){
		f->start = old;
		f->length = was;
		return err;
	}
	if(c == 0 || goodclust(fs, rest))
		freelater(fs, c, rest);	/* without memory for that it stays taken */
	return nil;
}

/* a cluster with a directory's two first entries: *c */
static char*
newdir(Dosfs *fs, ulong parent, uchar *d, ulong *c)
{
	uchar e[2*Dirsize];
	ulong n;
	char *err;

	err = fatalloc(fs, 0, c, &n, 1);
	if(err != nil)
		return err;
	memmove(e, d, Dirsize);
	memset(e, ' ', 11);
	e[0] = '.';
	memmove(e+Dirsize, e, Dirsize);
	e[Dirsize+1] = '.';
	put2(e+Dclusthi, fs->bits == 32 ? *c>>16 : 0);
	put2(e+Dclust, *c);
	put2(e+Dirsize+Dclusthi, fs->bits == 32 ? parent>>16 : 0);
	put2(e+Dirsize+Dclust, parent);
	return firstwrite(fs, *c, 1, e, sizeof e);
}

/* Makes a file, or a directory if attr says so; the caller knows that the name is free and good. */
char*
makefile(Dosfs *fs, ulong dir, char *name, int attr, Dosfile **f)
{
	uchar d[Dirsize];
	Entry e;
	ulong c;
	char *err;

	memset(d, 0, sizeof d);
	d[Dattr] = attr;
	todostime(time(nil), d+Dtime, d+Ddate);
	memmove(d+Dctime, d+Dtime, 2);
	memmove(d+Dcdate, d+Ddate, 2);
	memmove(d+Dadate, d+Ddate, 2);
	c = 0;
	err = settlename(fs, dir, name);
	if(err == nil && attr & Adir)
		err = newdir(fs, dir, d, &c);
	put2(d+Dclusthi, fs->bits == 32 ? c>>16 : 0);
	put2(d+Dclust, c);
	if(err == nil)
		err = addentry(fs, dir, name, d, &e);
	if(err == nil && (*f = getfile(fs, dir, &e)) == nil)
		return "out of memory";
	if(err != nil && c != 0)
		fatfree(fs, c);
	return err;
}

char*
dropfile(Dosfile *f)
{
	char *err;

	if(f->addr == 0)
		return Eperm;
	if(f->attr & Adir && (err = emptydir(f->fs, f->start)) != nil)
		return err;
	forgetmove(f);
	err = delentry(f->fs, f->dir, f->slot, f->nslot);
	if(err != nil)
		return err;
	freelater(f->fs, 0, f->start);	/* without memory for that it stays taken */
	unlinkfile(f);
	f->removed = 1;
	f->lastc = 0;
	f->fs->dirc = 0;
	if(f->attr & Adir)
		dropindex(f->fs, f->start, 0);
	f->fs->infodirty = 1;
	return syncsoon(f->fs);
}

/* f's entries have moved: it is found there from now on */
char*
renamefile(Dosfile *f, char *name)
{
	char *err, *s;

	s = strdup(name);
	if(s == nil)
		return "out of memory";
	unlinkfile(f);
	err = moventry(f, name);
	linkfile(f);
	if(err != nil){
		free(s);
		return err;
	}
	free(f->name);
	f->name = s;
	f->vers++;
	return nil;
}
