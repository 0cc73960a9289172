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
	Together	= 512*1024,	/* bytes of neighbours that are written in one go */
	Gap		= 8,		/* blocks of tables that are written again to make one request of two */
	Unit		= 512,		/* of what is written: others may use what is before and behind */
};

/* for the first size bytes of fd, at most n blocks of bsize bytes, a power of two (and those in use) */
Bcache*
bcopen(int fd, int bsize, vlong size, int n)
{
	Bcache *c;

	c = mallocz(sizeof *c, 1);
	if(c == nil)
		return nil;
	c->fd = fd;
	c->bsize = bsize;
	while(1<<c->shift < bsize)
		c->shift++;
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
	if(b->hi > 0)
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
	free(c->behind);
	free(c->group);
	free(c);
}

/* errstr becomes what failed, and where; n: bytes that were moved all the same, -1: it is in errstr why none */
void
bcsayplace(char *what, vlong addr, long n)
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

/* n blocks that are neighbours, from the first change to the last, in one write; 0 or -1 */
static int
writeblocks(Bcache *c, Block **v, int n)
{
	static uchar buf[Together];
	uchar *p;
	vlong at;
	long len, m;
	int i;

	at = v[0]->bno*c->bsize+v[0]->lo;
	len = v[n-1]->bno*c->bsize+v[n-1]->hi-at;
	p = v[0]->data;
	if(n > 1){
		for(i = 0; i < n; i++)
			memmove(buf+i*c->bsize, v[i]->data, c->bsize);
		p = buf;
	}
	m = mpwrite(c->fd, p+v[0]->lo, len, at);
	if(m != len){
		bcsayplace("write", at, m);
		return -1;
	}
	for(i = 0; i < n; i++)
		if(v[i]->hi > 0){
			v[i]->lo = v[i]->hi = 0;
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
		if(b->ref == 0 && b->hi == 0)
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
	bcsettle(c, bno*c->bsize, n);	/* what fails is said to who waits for it */
	m = mpread(c->fd, b->data, n, bno*c->bsize);
	if(m != n){
		free(b->data);
		free(b);
		bcsayplace("read", bno*c->bsize, m);
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

/* n bytes of b's from from on were changed */
void
bcdirty(Bcache *c, Block *b, long from, long n)
{
	long to;

	to = (from+n+Unit-1)/Unit*Unit;
	if(to > inside(c, b->bno))
		to = inside(c, b->bno);
	from = from/Unit*Unit;
	if(b->hi == 0){
		c->ndirty++;
		b->lo = from;
		b->hi = to;
		return;
	}
	if(from < b->lo)
		b->lo = from;
	if(to > b->hi)
		b->hi = to;
}

static int
byplace(void *a, void *b)
{
	vlong x, y;

	x = (*(Block**)a)->bno;
	y = (*(Block**)b)->bno;
	return x < y ? -1 : x > y;
}

/* the blocks that were changed, by place; nil: no memory.  The caller frees it */
static Block**
changed(Bcache *c)
{
	Block *b, **v;
	int n;

	v = malloc(c->ndirty*sizeof v[0]);
	if(v == nil){
		werrstr("out of memory");
		return nil;
	}
	n = 0;
	for(b = c->newest; b != nil; b = b->older)
		if(b->hi > 0)
			v[n++] = b;
	qsort(v, n, sizeof v[0], byplace);
	return v;
}

/*
 * How many of the n blocks at v go out with the first, in one request: neighbours, and
 * in the tables what is a few blocks away.
 */
static int
together(Bcache *c, Block **v, int n)
{
	vlong gap;
	int k;

	for(k = 1; k < n; k++){
		gap = v[k]->bno-v[k-1]->bno-1;
		if(gap > 0 && (gap > Gap || (v[k]->bno+1)*c->bsize > c->tables))
			break;
		if((v[k]->bno+1-v[0]->bno)*c->bsize > Together)
			break;
	}
	return k;
}

/* the n blocks at v, one request for each row of neighbours; 0 or -1 */
static int
writerows(Bcache *c, Block **v, int n)
{
	int i, k, bad;

	bad = 0;
	for(i = 0; i < n; i += k){
		for(k = 1; i+k < n && v[i+k]->bno == v[i]->bno+k; k++)
			;
		bad |= writeblocks(c, v+i, k) < 0;
	}
	return bad ? -1 : 0;
}

/* the n blocks at v with those between them, if they can be had */
static int
writerun(Bcache *c, Block **v, int n)
{
	Block *all[Together/Unit];
	int i, k, r;

	k = v[n-1]->bno-v[0]->bno+1;
	if(k == n)
		return writeblocks(c, v, n);
	for(i = 0; i < k; i++)
		if((all[i] = bcget(c, v[0]->bno+i)) == nil)
			break;
	r = i == k ? writeblocks(c, all, k) : writerows(c, v, n);
	while(--i >= 0)
		bcput(all[i]);
	return r;
}

/* how many requests would bcflush make? */
int
bcrequests(Bcache *c)
{
	Block **v;
	int i, n;

	if(c->ndirty == 0 || (v = changed(c)) == nil)
		return c->ndirty;
	n = 0;
	for(i = 0; i < c->ndirty; i += together(c, v+i, c->ndirty-i))
		n++;
	free(v);
	return n;
}

/* Write all that is marked, by place.  -1: some could not be, and stays marked; errstr has the first reason. */
int
bcflush(Bcache *c)
{
	char err[ERRMAX];
	Block **v;
	int i, k, n, bad;

	if(c->ndirty == 0)
		return 0;
	v = changed(c);
	if(v == nil)
		return -1;
	bad = 0;
	n = c->ndirty;
	for(i = 0; i < n; i += k){
		k = together(c, v+i, n-i);
		if(writerun(c, v+i, k) < 0 && !bad){
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
	for(bno = addr>>c->shift; bno*c->bsize < addr+n; bno++)
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
		b = addr < 0 || addr > c->size-n ? nil : bcget(c, addr>>c->shift);
		if(b == nil){
			if(addr < 0 || addr > c->size-n)
				werrstr("byte %lld is outside of the file system", addr);
			return -1;
		}
		o = addr & c->bsize-1;
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
		b = bcget(c, addr>>c->shift);
		if(b == nil)
			return -1;
		o = addr & c->bsize-1;
		m = c->bsize-o < n ? c->bsize-o : n;
		memmove(b->data+o, buf, m);
		bcdirty(c, b, o, m);
		bcput(b);
	}
	return 0;
}
