/*
 * A small cache of a file's blocks, for the servers of file systems: they keep
 * directories and tables in it and move files' data beside it.  One process uses
 * it.  Errors of the medium go to errstr with the place.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

enum
{
	Together	= 64*1024,	/* bytes of neighbours that are written in one go */
};

/* for the first size bytes of fd, at most n blocks of bsize bytes (and those in use) */
Bcache*
bcopen(int fd, int bsize, vlong size, int n)
{
	Bcache *c;

	c = mallocz(sizeof *c, 1);
	if(c == nil)
		return nil;
	c->fd = fd;
	c->bsize = bsize;
	c->size = size;
	c->maxblock = n;
	return c;
}

static Block**
chain(Bcache *c, vlong bno)
{
	return &c->tab[(ulong)bno%nelem(c->tab)];
}

static void
unlinklru(Bcache *c, Block *b)
{
	if(b->newer != nil)
		b->newer->older = b->older;
	else
		c->newest = b->older;
	if(b->older != nil)
		b->older->newer = b->newer;
	else
		c->oldest = b->newer;
}

static void
linklru(Bcache *c, Block *b)
{
	b->newer = nil;
	b->older = c->newest;
	if(c->newest != nil)
		c->newest->newer = b;
	else
		c->oldest = b;
	c->newest = b;
}

static void
drop(Bcache *c, Block *b)
{
	Block **l;

	for(l = chain(c, b->bno); *l != b; l = &(*l)->hash)
		;
	*l = b->hash;
	unlinklru(c, b);
	if(b->dirty)
		c->ndirty--;
	c->nblock--;
	free(b->data);
	free(b);
}

void
bcclose(Bcache *c)
{
	while(c->oldest != nil)
		drop(c, c->oldest);
	free(c);
}

static void
sayplace(char *what, vlong addr, long n)
{
	char err[ERRMAX];

	if(n >= 0){
		werrstr("%s at byte %lld: i/o error: only %ld bytes", what, addr, n);
		return;
	}
	rerrstr(err, sizeof err);
	werrstr("%s at byte %lld: %s", what, addr, err);
}

/* bytes of block bno that are in the file */
static long
inside(Bcache *c, vlong bno)
{
	vlong n;

	n = c->size-bno*c->bsize;
	return n < c->bsize ? n : c->bsize;
}

/* n blocks that are neighbours, in one write; 0 or -1 */
static int
writeblocks(Bcache *c, Block **v, int n)
{
	static uchar buf[Together];
	uchar *p;
	long len, m;
	int i;

	len = inside(c, v[n-1]->bno)+(n-1)*c->bsize;
	p = v[0]->data;
	if(n > 1){
		for(i = 0; i < n; i++)
			memmove(buf+i*c->bsize, v[i]->data, c->bsize);
		p = buf;
	}
	m = pwrite(c->fd, p, len, v[0]->bno*c->bsize);
	if(m != len){
		sayplace("write", v[0]->bno*c->bsize, m);
		return -1;
	}
	for(i = 0; i < n; i++){
		v[i]->dirty = 0;
		c->ndirty--;
	}
	return 0;
}

/* the oldest that nobody uses and that need not be written first; nil: none */
static Block*
victim(Bcache *c)
{
	Block *b;

	for(b = c->oldest; b != nil; b = b->newer)
		if(b->ref == 0 && !b->dirty)
			return b;
	return nil;
}

/* block bno, read if need be; nil: errstr says why.  bcput gives it back */
Block*
bcget(Bcache *c, vlong bno)
{
	Block *b, **l;
	long n, m;

	if(bno < 0 || bno >= (c->size+c->bsize-1)/c->bsize){
		werrstr("byte %lld is outside of the file system", bno*c->bsize);
		return nil;
	}
	b = c->newest;
	if(b != nil && b->bno == bno){
		b->ref++;
		return b;
	}
	l = chain(c, bno);
	for(b = *l; b != nil; b = b->hash)
		if(b->bno == bno){
			unlinklru(c, b);
			linklru(c, b);
			b->ref++;
			return b;
		}
	while(c->nblock >= c->maxblock && (b = victim(c)) != nil)
		drop(c, b);
	b = mallocz(sizeof *b, 1);
	if(b != nil)
		b->data = mallocz(c->bsize, 1);
	if(b == nil || b->data == nil){
		free(b);
		werrstr("out of memory");
		return nil;
	}
	n = inside(c, bno);
	m = pread(c->fd, b->data, n, bno*c->bsize);
	if(m != n){
		free(b->data);
		free(b);
		sayplace("read", bno*c->bsize, m);
		return nil;
	}
	b->bno = bno;
	b->ref = 1;
	b->hash = *l;
	*l = b;
	linklru(c, b);
	c->nblock++;
	return b;
}

void
bcput(Block *b)
{
	b->ref--;
}

void
bcdirty(Bcache *c, Block *b)
{
	if(!b->dirty){
		b->dirty = 1;
		c->ndirty++;
	}
}

static int
byplace(void *a, void *b)
{
	vlong x, y;

	x = (*(Block**)a)->bno;
	y = (*(Block**)b)->bno;
	return x < y ? -1 : x > y;
}

/* Write all that is marked, by place.  -1: some could not be, and stays marked; errstr has the first reason. */
int
bcflush(Bcache *c)
{
	char err[ERRMAX];
	Block *b, **v;
	int i, k, n, bad;

	if(c->ndirty == 0)
		return 0;
	v = malloc(c->ndirty*sizeof v[0]);
	if(v == nil){
		werrstr("out of memory");
		return -1;
	}
	n = 0;
	for(b = c->newest; b != nil; b = b->older)
		if(b->dirty)
			v[n++] = b;
	qsort(v, n, sizeof v[0], byplace);
	bad = 0;
	for(i = 0; i < n; i += k){
		for(k = 1; i+k < n && v[i+k]->bno == v[i]->bno+k && (k+1)*c->bsize <= Together; k++)
			;
		if(writeblocks(c, v+i, k) < 0 && !bad){
			bad = 1;
			rerrstr(err, sizeof err);
		}
	}
	free(v);
	if(bad)
		werrstr("%s", err);
	return bad ? -1 : 0;
}

static void
overlay(Bcache *c, Block *b, vlong addr, uchar *buf, long n)
{
	vlong from, to;

	from = b->bno*c->bsize;
	to = from+c->bsize;
	if(from < addr)
		from = addr;
	if(to > addr+n)
		to = addr+n;
	if(from < to)
		memmove(b->data+(from-b->bno*c->bsize), buf+(from-addr), to-from);
}

/* n bytes at addr are being written beside the cache: blocks in it that have some of them follow */
void
bcupdate(Bcache *c, vlong addr, void *buf, long n)
{
	Block *b;
	vlong bno;

	if(n/c->bsize > c->nblock){
		for(b = c->oldest; b != nil; b = b->newer)
			overlay(c, b, addr, buf, n);
		return;
	}
	for(bno = addr/c->bsize; bno*c->bsize < addr+n; bno++)
		for(b = *chain(c, bno); b != nil; b = b->hash)
			if(b->bno == bno)
				overlay(c, b, addr, buf, n);
}

/* bytes through the cache, across blocks; 0 or -1 */
int
bcread(Bcache *c, vlong addr, void *buf, long n)
{
	Block *b;
	long o, m;

	for(; n > 0; n -= m, addr += m, buf = (uchar*)buf+m){
		b = addr < 0 || addr > c->size-n ? nil : bcget(c, addr/c->bsize);
		if(b == nil){
			if(addr < 0 || addr > c->size-n)
				werrstr("byte %lld is outside of the file system", addr);
			return -1;
		}
		o = addr%c->bsize;
		m = c->bsize-o < n ? c->bsize-o : n;
		memmove(buf, b->data+o, m);
		bcput(b);
	}
	return 0;
}

int
bcwrite(Bcache *c, vlong addr, void *buf, long n)
{
	Block *b;
	long o, m;

	for(; n > 0; n -= m, addr += m, buf = (uchar*)buf+m){
		if(addr < 0 || addr > c->size-n){
			werrstr("byte %lld is outside of the file system", addr);
			return -1;
		}
		b = bcget(c, addr/c->bsize);
		if(b == nil)
			return -1;
		o = addr%c->bsize;
		m = c->bsize-o < n ? c->bsize-o : n;
		memmove(b->data+o, buf, m);
		bcdirty(c, b);
		bcput(b);
	}
	return 0;
}
