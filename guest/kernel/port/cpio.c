/*
 * A reader of cpio archives in the "newc" format, several of which may follow
 * each other with zeros in between, as in an initramfs of Linux.  The root
 * device calls it at boot.  It writes nothing: what the archive holds stays
 * where it is, in pages that many guests share.  The bytes may be anything; no
 * address is made from them before it was compared with the end.
 *
 * The format: a header of 110 characters (the magic number and 13 fields of 8
 * hexadecimal digits), the name with a NUL, padding to a multiple of four bytes,
 * the data, padding; the name TRAILER!!! ends an archive.
 */
#include "u.h"
#include "lib.h"
#include "cpio.h"

enum
{
	HEADER	= 110,
	MAGIC	= 6,
	DIGITS	= 8,

	/* fields */
	Fino	= 0,
	Fmode,
	Fuid,
	Fgid,
	Fnlink,
	Fmtime,
	Fsize,
	Fdevmajor,
	Fdevminor,
	Frdevmajor,
	Frdevminor,
	Fnamesize,
	Fcheck,
	NFIELD,
};

void
cpioinit(Cpio *c, uchar *p, ulong n)
{
	c->p = p;
	c->end = p + n;
	c->base = nil;
	c->narchive = 0;
	c->err = nil;
}

static int
bad(Cpio *c, char *why)
{
	c->err = why;
	return -1;
}

static int
hexdigit(int ch)
{
	if(ch >= '0' && ch <= '9')
		return ch - '0';
	if(ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if(ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return -1;
}

/* The fields of a header: 0, or -1 if there is something else than digits. */
static int
fields(uchar *p, ulong *f)
{
	int i, j, d;

	for(i = 0; i < NFIELD; i++){
		f[i] = 0;
		for(j = 0; j < DIGITS; j++){
			d = hexdigit(*p++);
			if(d < 0)
				return -1;
			f[i] = f[i]<<4 | d;
		}
	}
	return 0;
}

/* Skip n bytes and the padding behind them: 0, or -1 beyond the end. */
static int
skip(Cpio *c, ulong n)
{
	ulong left, pad;

	left = c->end - c->p;
	if(n > left)
		return -1;
	c->p += n;
	left -= n;
	pad = -(ulong)(c->p - c->base) & 3;
	c->p += pad < left? pad: left;	/* the last padding may be missing */
	return 0;
}

/* Go to the first header behind zeros: 1, or 0 at the end. */
static int
nextarchive(Cpio *c)
{
	while(c->p < c->end && *c->p == 0)
		c->p++;
	if(c->p == c->end)
		return 0;
	c->base = c->p;
	c->narchive++;
	return 1;
}

int
cpionext(Cpio *c, Cpioent *e)
{
	ulong f[NFIELD];

	for(;;){
		if(c->base == nil && !nextarchive(c))
			return 0;
		if(c->end - c->p < HEADER)
			return bad(c, "truncated header");
		if(memcmp(c->p, "070701", MAGIC) != 0 && memcmp(c->p, "070702", MAGIC) != 0)
			return bad(c, "no newc header");
		if(fields(c->p+MAGIC, f) < 0)
			return bad(c, "header is not hexadecimal");
		e->name = (char*)c->p + HEADER;
		if(f[Fnamesize] == 0 || f[Fnamesize] > c->end - c->p - HEADER)
			return bad(c, "name reaches beyond the end");
		if(memchr(e->name, '\0', f[Fnamesize]) != e->name + f[Fnamesize]-1)
			return bad(c, "name does not end in one NUL");
		if(skip(c, HEADER+f[Fnamesize]) < 0)
			return bad(c, "truncated name");
		e->data = c->p;
		if(skip(c, f[Fsize]) < 0)
			return bad(c, "data reaches beyond the end");
		if(strcmp(e->name, "TRAILER!!!") != 0)
			break;
		c->base = nil;
	}
	e->ino = f[Fino];
	e->dev[0] = f[Fdevmajor];
	e->dev[1] = f[Fdevminor];
	e->mode = f[Fmode];
	e->nlink = f[Fnlink];
	e->mtime = f[Fmtime];
	e->size = f[Fsize];
	return 1;
}
