/*
 * The cache of mounts with MCACHE (mount -C): what was read of a server's file is kept
 * for as long as opening the file gives the same version.  devmnt.c calls it.  A file
 * without a version (0), and one whose reads may differ each time (append-only, exclusive,
 * directories, authentication), is not kept; nor is what exec opens, which has a cache of its
 * own.  Whatever this kernel changes in a file takes the file out of the cache; what others
 * change is noticed at the next open.  Nothing here is found but by cachefind, since entries
 * go whenever memory is wanted, also while a read of theirs is under way.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "mnt.h"
#include "kept.h"

enum
{
	Hash	= 128,
	Piece	= 32*1024,		/* bytes read from a server at once */
	Npiece	= 64,			/* of a file; what lies behind is not kept */
	Most	= 16*1024*1024,		/* bytes of all, if there is that much memory */
};

typedef struct Cfile Cfile;
typedef struct Data Data;

/* What was read at once.  Readers hold it while they copy. */
struct Data
{
	Ref;
	long	n;			/* less than Piece: the file ends here */
	uchar	p[];
};

struct Cfile
{
	Qid	qid;
	ulong	dev;			/* the connection */
	uvlong	root;			/* qid.path of the attach */
	ulong	gen;			/* no other entry has or had it */
	Cfile	*hash;
	Cfile	*next;			/* used less lately */
	Cfile	*prev;
	Data	*piece[Npiece];		/* nil: not read */
};

static struct
{
	Cfile	*hash[Hash];
	Cfile	*first;			/* used last */
	Cfile	*last;
	ulong	gen;
	ulong	bytes;			/* in pieces, and entries themselves */
	int	n;
} cache;

static uint
hashof(Chan *c)
{
	return ((uint)c->qid.path*31 ^ (uint)(c->qid.path>>32) ^ c->dev*7) % Hash;
}

static Cfile*
cachefind(Chan *c)
{
	Cfile *f;

	for(f = cache.hash[hashof(c)]; f != nil; f = f->hash)
		if(f->qid.path == c->qid.path && f->dev == c->dev && f->root == c->mqid.path)
			break;
	return f;
}

static void
unlink(Cfile *f)
{
	if(f->prev != nil)
		f->prev->next = f->next;
	else
		cache.first = f->next;
	if(f->next != nil)
		f->next->prev = f->prev;
	else
		cache.last = f->prev;
}

static void
linkfirst(Cfile *f)
{
	f->prev = nil;
	f->next = cache.first;
	if(f->next != nil)
		f->next->prev = f;
	else
		cache.last = f;
	cache.first = f;
}

static void
putdata(Data *d)
{
	if(decref(d) == 0)
		free(d);
}

static void
discard(Cfile *f)
{
	Cfile **l;
	Chan c;
	int i;

	c.qid = f->qid;
	c.dev = f->dev;
	for(l = &cache.hash[hashof(&c)]; *l != f; l = &(*l)->hash)
		;
	*l = f->hash;
	unlink(f);
	for(i = 0; i < Npiece; i++)
		if(f->piece[i] != nil){
			cache.bytes -= f->piece[i]->n;
			putdata(f->piece[i]);
		}
	cache.bytes -= sizeof *f;
	cache.n--;
	free(f);
}

void
mntkept(Kept *k)
{
	Cfile *f;
	int i;

	for(f = cache.first; f != nil; f = f->next){
		k->n++;
		k->bytes += msize(f);
		for(i = 0; i < Npiece; i++)
			k->bytes += msize(f->piece[i]);
	}
}

/* Room for n more bytes, at the cost of what was not used for long; 0 if there is none. */
static int
makeroom(ulong n, Cfile *keep)
{
	ulong most;

	most = mallocmax()/8;
	if(most > Most)
		most = Most;
	while(cache.bytes+n > most && cache.last != nil && cache.last != keep)
		discard(cache.last);
	return cache.bytes+n <= most && mallocused()+n < mallocmax()/2;
}

/* c, of a mount with MCACHE, was opened or created. */
void
cacheopen(Chan *c, int omode)
{
	Cfile *f;

	if((omode & 3) == OEXEC || c->qid.type != QTFILE || c->qid.vers == 0){
		c->flag &= ~CCACHE;
		return;
	}
	f = cachefind(c);
	if(f != nil && (f->qid.vers != c->qid.vers || omode & OTRUNC)){
		discard(f);
		f = nil;
	}
	if(f != nil || !makeroom(sizeof *f, nil))
		return;
	f = mallocz(sizeof *f, 1);
	if(f == nil)
		return;
	f->qid = c->qid;
	f->dev = c->dev;
	f->root = c->mqid.path;
	f->gen = ++cache.gen;
	f->hash = cache.hash[hashof(c)];
	cache.hash[hashof(c)] = f;
	linkfirst(f);
	cache.bytes += sizeof *f;
	cache.n++;
}

/* The file was or will be changed from here. */
void
cachedrop(Chan *c)
{
	Cfile *f;

	if(cache.n > 0 && (f = cachefind(c)) != nil)
		discard(f);
}

/* The entry for what c has open, or nil. */
static Cfile*
entryof(Chan *c)
{
	Cfile *f;

	f = cachefind(c);
	return f != nil && f->qid.vers == c->qid.vers? f: nil;
}

/* Ask the server for piece i, and keep it if there is memory and the entry of that generation still. */
static void
fetch(Chan *c, ulong gen, int i)
{
	Data *d, *t;
	Cfile *f;

	d = malloc(sizeof(Data)+Piece);
	if(d == nil)
		return;
	if(waserror()){
		free(d);
		nexterror();
	}
	d->ref = 1;
	d->n = mntfetch(c, d->p, Piece, (vlong)i*Piece);
	poperror();
	f = entryof(c);
	if(f == nil || f->gen != gen || f->piece[i] != nil || !makeroom(d->n, f)){
		free(d);
		return;
	}
	if(d->n < Piece && (t = realloc(d, sizeof(Data)+d->n)) != nil)
		d = t;
	f->piece[i] = d;
	cache.bytes += d->n;
}

/* A read of c, from the cache as far as that goes. */
long
cacheread(Chan *c, uchar *buf, long n, vlong off)
{
	Cfile *f;
	Data *d;
	long done, k, o;
	int i, fetched;

	fetched = -1;
	for(done = 0; done < n; done += k){
		i = off/Piece;
		f = entryof(c);
		if(f == nil || off >= (vlong)Npiece*Piece || f->piece[i] == nil && fetched == i)
			return done > 0? done: mntfetch(c, buf, n, off);
		d = f->piece[i];
		if(d == nil){
			/* what is already there is the answer, if a note ends this */
			if(done > 0 && up->notepending)
				return done;
			fetched = i;
			fetch(c, f->gen, i);
			k = 0;
			continue;
		}
		unlink(f);
		linkfirst(f);
		o = off%Piece;
		k = d->n - o;
		if(k <= 0)
			return done;
		if(k > n-done)
			k = n-done;
		incref(d);
		if(waserror()){
			putdata(d);
			nexterror();
		}
		memmove(buf+done, d->p+o, k);
		poperror();
		putdata(d);
		off += k;
	}
	return done;
}
