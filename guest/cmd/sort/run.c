/*
 * Lines in memory, sorted files (runs) and merging.  What does not fit into
 * memory is sorted piece by piece into temporary files, which disappear when
 * they are closed; at most Maxmerge are merged at a time.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "sort.h"

enum
{
	Bufsize		= 32*1024,
	Chunk		= 1024*1024,
	Maxmem		= 48*1024*1024,		/* text and Lines together */
	Maxmerge	= 24,
};

char	*tmpdir = "/tmp";

static Line	*lines;
static long	nlines, maxlines;
static char	**chunks;			/* where their text is */
static int	nchunks;
static char	*chunkp, *chunke;
static uvlong	mem;
static int	runs[1000];			/* descriptors of sorted files */
static int	nruns;

static void*
emalloc(ulong n)
{
	void *p;

	p = malloc(n);
	if(p == nil)
		fail("out of memory");
	return p;
}

void
opensrc(Src *s, char *name)
{
	memset(s, 0, sizeof *s);
	s->name = name;
	s->fd = strcmp(name, "-") == 0 ? 0 : open(name, OREAD);
	if(s->fd < 0)
		fail("can't open %s: %r", name);
}

/* make s->l the next line; 0 at the end.  Its text is good until the next call */
int
nextline(Src *s)
{
	char *nl, *b;
	long n, have;

	if(s->buf == nil){
		s->max = Bufsize;
		s->buf = s->p = s->e = emalloc(s->max+1);
	}
	for(;;){
		nl = memchr(s->p, '\n', s->e-s->p);
		if(nl == nil && s->eof && s->p < s->e)
			nl = s->e;
		if(nl != nil){
			setline(&s->l, s->p, nl-s->p);
			s->p = nl < s->e ? nl+1 : nl;
			return 1;
		}
		if(s->eof)
			return 0;
		have = s->e-s->p;
		if(have == s->max){
			s->max *= 2;
			b = emalloc(s->max+1);
			memmove(b, s->p, have);
			free(s->buf);
			s->buf = b;
		}else
			memmove(s->buf, s->p, have);
		s->p = s->buf;
		n = read(s->fd, s->buf+have, s->max-have);
		if(n < 0)
			fail("%s: %r", s->name);
		if(n == 0)
			s->eof = 1;
		s->e = s->buf+have+n;
		*s->e = 0;
	}
}

static void
closesrc(Src *s)
{
	close(s->fd);
	free(s->buf);
}

/* merge sort of v[0..n) with room for n/2 in t: keeps the order of equals */
static void
mergesort(Line *v, long n, Line *t)
{
	Line *a, *ae, *b, *be, x;
	long i, j;

	if(n < 12){
		for(i = 1; i < n; i++){
			x = v[i];
			for(j = i; j > 0 && compare(&v[j-1], &x) > 0; j--)
				v[j] = v[j-1];
			v[j] = x;
		}
		return;
	}
	mergesort(v, n/2, t);
	mergesort(v+n/2, n-n/2, t);
	if(compare(&v[n/2-1], &v[n/2]) <= 0)
		return;
	memmove(t, v, n/2*sizeof v[0]);
	a = t;
	ae = t+n/2;
	b = v+n/2;
	be = v+n;
	while(a < ae && b < be)
		*v++ = compare(a, b) <= 0 ? *a++ : *b++;
	memmove(v, a, (ae-a)*sizeof v[0]);
}

static void
sortlines(void)
{
	Line *t;

	t = emalloc((nlines/2+1)*sizeof t[0]);
	mergesort(lines, nlines, t);
	free(t);
}

static void
putline(Biobuf *b, Line *l)
{
	if(Bwrite(b, l->s, l->n) < 0 || Bputc(b, '\n') < 0)
		fail("write: %r");
}

/* write the sorted lines in memory, equal ones once with -u, and forget them */
static void
flushlines(Biobuf *b)
{
	long i;
	int j;

	for(i = 0; i < nlines; i++)
		if(!unique || i == 0 || !samekeys(&lines[i-1], &lines[i]))
			putline(b, &lines[i]);
	for(j = 0; j < nchunks; j++)
		free(chunks[j]);
	nchunks = 0;
	chunkp = chunke = nil;
	nlines = 0;
	mem = 0;
}

static int
tempfile(void)
{
	static int n;
	char name[128];
	int fd;

	snprint(name, sizeof name, "%s/sort.%d.%d", tmpdir, getpid(), n++);
	fd = create(name, ORDWR|ORCLOSE, 0600);
	if(fd < 0)
		fail("can't create %s: %r", name);
	return fd;
}

/* of two sources, is a's line to be written first? */
static int
before(Src *a, Src *b)
{
	int r;

	r = compare(&a->l, &b->l);
	return r < 0 || r == 0 && a->order < b->order;
}

/* put s into the heap of n sources, whose top is free: from there on down */
static void
siftdown(Src **heap, int n, Src *s)
{
	int i, kid;

	for(i = 0; (kid = 2*i+1) < n; i = kid){
		if(kid+1 < n && before(heap[kid+1], heap[kid]))
			kid++;
		if(!before(heap[kid], s))
			break;
		heap[i] = heap[kid];
	}
	heap[i] = s;
}

static void
siftup(Src **heap, int i, Src *s)
{
	for(; i > 0 && before(s, heap[(i-1)/2]); i = (i-1)/2)
		heap[i] = heap[(i-1)/2];
	heap[i] = s;
}

/* keep a copy of a line: it is the last one written */
static void
remember(Line *last, Line *l, int *max)
{
	if(l->n >= *max){
		free(last->s);
		*max = 2*l->n+128;
		last->s = emalloc(*max);
	}
	memmove(last->s, l->s, l->n);
	last->s[l->n] = 0;
	setline(last, last->s, l->n);
}

/* merge n sources into b; equal lines come in the order of the sources */
static void
merge(Src *src, int n, Biobuf *b)
{
	Src **heap, *s;
	Line last;
	int i, k, max;

	heap = emalloc((n+1)*sizeof heap[0]);
	memset(&last, 0, sizeof last);
	max = k = 0;
	for(i = 0; i < n; i++){
		src[i].order = i;
		if(nextline(&src[i]))
			siftup(heap, k++, &src[i]);
	}
	while(k > 0){
		s = heap[0];
		if(!unique || last.s == nil || !samekeys(&last, &s->l)){
			putline(b, &s->l);
			if(unique)
				remember(&last, &s->l, &max);
		}
		if(!nextline(s) && --k > 0)
			s = heap[k];
		if(k > 0)
			siftdown(heap, k, s);
	}
	free(last.s);
	free(heap);
}

static void
mergeruns(int from, int n, Biobuf *b)
{
	Src src[Maxmerge];
	int i;

	for(i = 0; i < n; i++){
		memset(&src[i], 0, sizeof src[i]);
		src[i].fd = runs[from+i];
		src[i].name = "temporary file";
		seek(src[i].fd, 0, 0);
	}
	merge(src, n, b);
	for(i = 0; i < n; i++)
		closesrc(&src[i]);
}

static Biobuf*
newrun(void)
{
	static Biobuf b;

	if(nruns == nelem(runs))
		fail("too much input: more than %d runs", nruns);
	runs[nruns] = tempfile();
	Binit(&b, runs[nruns], OWRITE);
	nruns++;
	return &b;
}

static void
endrun(Biobuf *b)
{
	if(Bflush(b) < 0)
		fail("write: %r");
	Bterm(b);
}

static void
spill(void)
{
	Biobuf *b;

	sortlines();
	b = newrun();
	flushlines(b);
	endrun(b);
}

/* make few runs of many, neighbours into one, so that equal lines keep their order */
static void
reduce(void)
{
	Biobuf *b;
	int i, n, old[nelem(runs)], nold;

	while(nruns > Maxmerge){
		nold = nruns;
		memmove(old, runs, sizeof old);
		nruns = 0;
		for(i = 0; i < nold; i += n){
			n = nold-i < Maxmerge ? nold-i : Maxmerge;
			b = newrun();
			memmove(runs+nruns, old+i, n*sizeof old[0]);
			mergeruns(nruns, n, b);
			endrun(b);
		}
	}
}

/* keep a copy of the line */
static void
addline(Line *l)
{
	char *p;
	ulong size;

	if(l->n+1 > chunke-chunkp){
		size = l->n+1 > Chunk ? l->n+1 : Chunk;
		chunks = realloc(chunks, (nchunks+1)*sizeof chunks[0]);
		p = malloc(size);
		if(chunks == nil || p == nil)
			fail("out of memory");
		chunks[nchunks++] = chunkp = p;
		chunke = p+size;
	}
	p = chunkp;
	memmove(p, l->s, l->n);
	p[l->n] = 0;
	chunkp += l->n+1;
	if(nlines == maxlines){
		maxlines = 2*maxlines+1000;
		lines = realloc(lines, maxlines*sizeof lines[0]);
		if(lines == nil)
			fail("out of memory");
	}
	lines[nlines] = *l;
	lines[nlines++].s = p;
	mem += l->n+1+sizeof *l;
	if(mem > Maxmem)
		spill();
}

/* take in the lines of a file */
void
addfile(char *name)
{
	Src s;

	opensrc(&s, name);
	while(nextline(&s))
		addline(&s.l);
	closesrc(&s);
}

static Biobuf*
openout(char *name)
{
	static Biobuf b;
	int fd;

	fd = name == nil ? 1 : create(name, OWRITE, 0666);
	if(fd < 0)
		fail("can't create %s: %r", name);
	Binit(&b, fd, OWRITE);
	return &b;
}

/* write all that was taken in, in order */
void
sortall(char *outname)
{
	Biobuf *b;

	if(nruns == 0){
		sortlines();
		b = openout(outname);
		flushlines(b);
	}else{
		if(nlines > 0)
			spill();
		reduce();
		b = openout(outname);
		mergeruns(0, nruns, b);
	}
	endrun(b);
}

/* -m: the files are in order, and none of them is the output */
void
mergefiles(char **names, int n, char *outname)
{
	Src *src;
	Biobuf *b;
	int i;

	src = emalloc(n*sizeof src[0]);
	for(i = 0; i < n; i++)
		opensrc(&src[i], names[i]);
	b = openout(outname);
	merge(src, n, b);
	endrun(b);
}

/* -c: end with a complaint at the first line that is out of order */
void
check(char *name)
{
	Src s;
	Line last;
	int max, r;

	opensrc(&s, name);
	memset(&last, 0, sizeof last);
	max = 0;
	while(nextline(&s)){
		if(last.s != nil){
			r = compare(&last, &s.l);
			if(r > 0 || r == 0 && unique)
				fail("%s is not in order: %.*s", name, s.l.n < 60 ? s.l.n : 60, s.l.s);
		}
		remember(&last, &s.l, &max);
	}
}
