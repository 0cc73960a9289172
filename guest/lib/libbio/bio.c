/*
 * bio(2).  The buffer lies behind Bungetsize spare bytes, so that what was
 * read can be given back.  Counts run up to zero from minus what is left, so
 * that the macros need one test: icount is -(bytes that wait), with ebuf after
 * the last of them; ocount is -(room), with ebuf at the buffer's end.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

enum
{
	Maxopen	= 30,
};

static Biobufhdr *writers[Maxopen];	/* to flush at exit */
static Lock writerslock;
static int registered;

static void
flushall(void)
{
	int i;

	for(i = 0; i < Maxopen; i++)
		if(writers[i] != nil && writers[i]->state == Bwactive)
			Bflush(writers[i]);
}

static void
install(Biobufhdr *b)
{
	int i, first;

	lock(&writerslock);
	for(i = 0; i < Maxopen; i++)
		if(writers[i] == nil || writers[i] == b){
			writers[i] = b;
			break;
		}
	first = !registered;
	registered = 1;
	unlock(&writerslock);
	if(first)
		atexit(flushall);
}

static void
deinstall(Biobufhdr *b)
{
	int i;

	for(i = 0; i < Maxopen; i++)
		if(writers[i] == b)
			writers[i] = nil;
}

static void
complain(Biobufhdr *b, char *fmt, ...)
{
	va_list args;
	char buf[ERRMAX];

	if(b->errorf == nil)
		return;
	va_start(args, fmt);
	vsnprint(buf, sizeof buf, fmt, args);
	va_end(args);
	b->errorf(buf);
}

static int
doread(Biobufhdr *b, void *p, long n)
{
	return read(b->fid, p, n);
}

static int
dowrite(Biobufhdr *b, void *p, long n)
{
	return write(b->fid, p, n);
}

int
Binits(Biobufhdr *b, int fd, int mode, uchar *p, int size)
{
	b->bbuf = p + Bungetsize;
	b->bsize = size - Bungetsize;
	b->ebuf = b->gbuf = b->bbuf + b->bsize;
	b->icount = 0;
	b->ocount = 0;
	b->offset = 0;
	b->runesize = 0;
	b->rdline = 0;
	b->flag = 0;
	b->fid = fd;
	b->errorf = nil;
	b->aux = nil;
	switch(mode & ~(OCEXEC|ORCLOSE|OTRUNC)){
	case OREAD:
		b->state = Bractive;
		b->iof = doread;
		return 0;
	case OWRITE:
		install(b);
		b->state = Bwactive;
		b->ocount = -b->bsize;
		b->iof = dowrite;
		return 0;
	}
	b->state = Binactive;
	werrstr("Binits: mode %#ux is neither OREAD nor OWRITE", mode);
	return Beof;
}

int
Binit(Biobuf *b, int fd, int mode)
{
	return Binits(&b->Biobufhdr, fd, mode, b->b, sizeof b->b);
}

Biobuf*
Bfdopen(int fd, int mode)
{
	Biobuf *b;

	b = malloc(sizeof *b);
	if(b == nil)
		return nil;
	if(Binit(b, fd, mode) < 0){
		free(b);
		return nil;
	}
	b->flag = Bmagic;
	return b;
}

Biobuf*
Bopen(char *name, int mode)
{
	Biobuf *b;
	int fd;

	if((mode & 3) == OWRITE)
		fd = create(name, mode, 0666);
	else
		fd = open(name, mode);
	if(fd < 0)
		return nil;
	b = Bfdopen(fd, mode);
	if(b == nil)
		close(fd);
	return b;
}

int
Bterm(Biobufhdr *b)
{
	int r;

	deinstall(b);
	r = Bflush(b);
	if(b->flag == Bmagic){
		b->flag = 0;
		close(b->fid);
		free(b);
	}
	return r;
}

void
Blethal(Biobufhdr *b, void (*fn)(char*))
{
	b->errorf = fn;
}

/* replaces read or write; like those, it returns a count or -1 */
void
Biofn(Biobufhdr *b, int (*fn)(Biobufhdr*, void*, long))
{
	b->iof = fn;
}

int
Bfildes(Biobufhdr *b)
{
	return b->fid;
}

int
Blinelen(Biobufhdr *b)
{
	return b->rdline;
}

int
Bbuffered(Biobufhdr *b)
{
	switch(b->state){
	case Bractive:
	case Bracteof:
		return -b->icount;
	case Bwactive:
		return b->bsize + b->ocount;
	}
	return 0;
}

int
Bflush(Biobufhdr *b)
{
	long n, r;

	switch(b->state){
	case Bwactive:
		n = b->bsize + b->ocount;
		if(n == 0)
			return 0;
		r = b->iof(b, b->bbuf, n);
		if(r == n){
			b->offset += n;
			b->ocount = -b->bsize;
			return 0;
		}
		complain(b, "write error: %r");
		b->state = Binactive;
		b->ocount = 0;
		return Beof;
	case Bracteof:
		b->state = Bractive;
		/* fall through */
	case Bractive:
		b->icount = 0;
		b->gbuf = b->ebuf;
		return 0;
	}
	return Beof;
}

/* reads into the empty buffer; the bytes now there, 0 at the end, -1 */
static int
fill(Biobufhdr *b)
{
	long n, keep;
	uchar *old;

	if(b->state == Bracteof){	/* the end is told once, then read again */
		b->state = Bractive;
		return 0;
	}
	if(b->state != Bractive)
		return -1;
	/* what was read last stays in front, to be given back */
	old = b->ebuf;
	keep = old - b->gbuf;
	if(keep > Bungetsize)
		keep = Bungetsize;
	if(old != b->bbuf)
		memmove(b->bbuf - keep, old - keep, keep);
	n = b->iof(b, b->bbuf, b->bsize);
	b->gbuf = b->bbuf - keep;
	b->ebuf = b->bbuf;
	if(n <= 0){
		b->icount = 0;
		if(n < 0){
			complain(b, "read error: %r");
			b->state = Binactive;
		}
		return n;
	}
	b->ebuf = b->bbuf + n;
	b->icount = -n;
	b->offset += n;
	return n;
}

int
Bgetc(Biobufhdr *b)
{
	if(b->icount == 0 && fill(b) <= 0)
		return Beof;
	return b->ebuf[b->icount++];
}

int
Bungetc(Biobufhdr *b)
{
	if(b->state == Bracteof)
		b->state = Bractive;
	if(b->state != Bractive || b->ebuf + b->icount <= b->gbuf)
		return Beof;
	b->icount--;
	return 1;
}

long
Bgetrune(Biobufhdr *b)
{
	char buf[UTFmax+1];
	Rune r;
	int c, n;

	c = Bgetc(b);
	if(c < Runeself){		/* Beof too */
		b->runesize = c >= 0;
		return c;
	}
	buf[0] = c;
	for(n = 1; n < UTFmax && !fullrune(buf, n); n++){
		c = Bgetc(b);
		if(c < 0)
			break;
		buf[n] = c;
	}
	buf[n] = 0;
	b->runesize = chartorune(&r, buf);
	for(; n > b->runesize; n--)
		Bungetc(b);
	return r;
}

int
Bungetrune(Biobufhdr *b)
{
	int n;

	if(b->runesize == 0)
		return Beof;
	for(n = b->runesize; n > 0; n--)
		if(Bungetc(b) < 0)
			return Beof;
	b->runesize = 0;
	return 1;
}

/* what charstod reads by */
typedef struct Getd Getd;

struct Getd
{
	Biobufhdr	*b;
	int		eof;
};

static int
getd(void *a)
{
	Getd *g;
	int c;

	g = a;
	c = Bgetc(g->b);
	g->eof = c < 0;
	return c < 0 ? 0 : c;
}

int
Bgetd(Biobufhdr *b, double *d)
{
	Getd g;

	g.b = b;
	g.eof = 0;
	*d = charstod(getd, &g);
	if(!g.eof)
		Bungetc(b);
	return 1;
}

/*
 * A line with its end, in the buffer until the next call; its length by
 * Blinelen.  nil at the end or if no end comes within the buffer, when what
 * is there can be had by Bread.
 */
void*
Brdline(Biobufhdr *b, int delim)
{
	uchar *p, *start;
	long n, have;

	b->rdline = 0;
	if(b->state == Bracteof){
		b->state = Bractive;
		return nil;
	}
	if(b->state != Bractive)
		return nil;
	start = b->ebuf + b->icount;
	p = memchr(start, delim, -b->icount);
	if(p == nil){
		have = -b->icount;
		memmove(b->bbuf, start, have);
		b->gbuf = b->bbuf;
		b->ebuf = b->bbuf + have;
		start = b->bbuf;
		while(p == nil){
			if(have == b->bsize){
				b->rdline = have;
				return nil;
			}
			n = b->iof(b, b->bbuf+have, b->bsize-have);
			if(n <= 0){
				if(n < 0){
					complain(b, "read error: %r");
					b->state = Binactive;
				}
				b->rdline = have;
				if(have == 0)
					b->rdline = 0;
				b->icount = -have;
				return nil;
			}
			b->offset += n;
			p = memchr(b->bbuf+have, delim, n);
			have += n;
			b->ebuf = b->bbuf + have;
			b->icount = -have;
		}
	}
	b->rdline = p+1 - start;
	b->icount += b->rdline;
	return start;
}

/* a line of any length, malloc'd, its end cut off if nulldelim; nil at the end */
char*
Brdstr(Biobufhdr *b, int delim, int nulldelim)
{
	char *line, *p, *s;
	long n, len;

	s = nil;
	len = 0;
	for(;;){
		line = Brdline(b, delim);
		n = Blinelen(b);
		if(line == nil && n == 0)
			break;
		if(line == nil)
			line = (char*)b->ebuf + b->icount;
		p = realloc(s, len+n+1);
		if(p == nil){
			free(s);
			return nil;
		}
		s = p;
		memmove(s+len, line, n);
		len += n;
		if(b->icount == -n && line == (char*)b->ebuf + b->icount){
			b->icount = 0;		/* an unfinished line: taken, go on */
			b->gbuf = b->ebuf;
			continue;
		}
		break;
	}
	if(s == nil){
		b->rdline = 0;
		return nil;
	}
	if(nulldelim && len > 0 && s[len-1] == (char)delim)
		len--;
	s[len] = 0;
	b->rdline = len;
	return s;
}

/* n bytes, or as many as come until the end */
long
Bread(Biobufhdr *b, void *ap, long n)
{
	uchar *p;
	long got, k;
	int r;

	p = ap;
	for(got = 0; got < n; got += k){
		k = -b->icount;
		if(k == 0){
			r = fill(b);
			if(r < 0 && got == 0)
				return -1;
			if(r == 0 && got > 0)
				b->state = Bracteof;
			if(r <= 0)
				break;
			k = r;
		}
		if(k > n-got)
			k = n-got;
		memmove(p+got, b->ebuf + b->icount, k);
		b->icount += k;
	}
	return got;
}

int
Bputc(Biobufhdr *b, int c)
{
	if(b->state != Bwactive || b->ocount == 0 && Bflush(b) < 0)
		return Beof;
	b->ebuf[b->ocount++] = c;
	return 0;
}

int
Bputrune(Biobufhdr *b, long c)
{
	char buf[UTFmax];
	Rune r;
	int n;

	if((ulong)c < Runeself){
		if(Bputc(b, c) < 0)
			return Beof;
		return 1;
	}
	r = c;
	n = runetochar(buf, &r);
	if(Bwrite(b, buf, n) != n)
		return Beof;
	return n;
}

long
Bwrite(Biobufhdr *b, void *ap, long n)
{
	uchar *p;
	long k, left;

	p = ap;
	for(left = n; left > 0; left -= k){
		if(b->state != Bwactive || b->ocount == 0 && Bflush(b) < 0)
			return Beof;
		if(b->ocount == -b->bsize && left >= b->bsize){
			k = left - left % b->bsize;	/* no need to copy it */
			if(b->iof(b, p, k) != k){
				complain(b, "write error: %r");
				b->state = Binactive;
				b->ocount = 0;
				return Beof;
			}
			b->offset += k;
			p += k;
			continue;
		}
		k = -b->ocount;
		if(k > left)
			k = left;
		memmove(b->ebuf + b->ocount, p, k);
		b->ocount += k;
		p += k;
	}
	return n;
}

static int
fmtspill(Fmt *f)
{
	Biobufhdr *b;

	b = f->farg;
	b->ocount = (uchar*)f->to - b->ebuf;
	if(Bflush(b) < 0){
		f->stop = f->to;
		return 0;
	}
	f->to = b->ebuf + b->ocount;
	return 1;
}

/* formats straight into the buffer */
int
Bvprint(Biobufhdr *b, char *fmt, va_list args)
{
	Fmt f;
	int n;

	if(b->state != Bwactive)
		return Beof;
	memset(&f, 0, sizeof f);
	f.start = b->bbuf;
	f.to = b->ebuf + b->ocount;
	f.stop = b->ebuf;
	f.flush = fmtspill;
	f.farg = b;
	va_copy(f.args, args);
	n = dofmt(&f, fmt);
	if(b->state == Bwactive)
		b->ocount = (uchar*)f.to - b->ebuf;
	return n;
}

int
Bprint(Biobufhdr *b, char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = Bvprint(b, fmt, args);
	va_end(args);
	return n;
}

vlong
Boffset(Biobufhdr *b)
{
	switch(b->state){
	case Bractive:
	case Bracteof:
		return b->offset + b->icount;
	case Bwactive:
		return b->offset + b->bsize + b->ocount;
	}
	return -1;
}

vlong
Bseek(Biobufhdr *b, vlong off, int whence)
{
	vlong pos, ahead;

	switch(b->state){
	case Bracteof:
		b->state = Bractive;
		/* fall through */
	case Bractive:
		if(whence == 1){
			off += Boffset(b);
			whence = 0;
		}
		if(whence == 0 && b->ebuf > b->gbuf){	/* within the buffer? */
			ahead = off - Boffset(b);
			if(ahead <= -b->icount && ahead >= (b->gbuf - (b->ebuf + b->icount))){
				b->icount += ahead;
				return off;
			}
		}
		pos = seek(b->fid, off, whence);
		if(pos < 0)
			return -1;
		b->icount = 0;
		b->gbuf = b->ebuf;
		b->offset = pos;
		return pos;
	case Bwactive:
		if(Bflush(b) < 0)
			return -1;
		pos = seek(b->fid, off, whence);
		if(pos >= 0)
			b->offset = pos;
		return pos;
	}
	werrstr("Bseek: not open");
	return -1;
}
