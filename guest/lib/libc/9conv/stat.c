/*
 * Stat entries, stat(5), to Dir and back.  All but the four strings is at
 * fixed places.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>

enum
{
	Nstring	= 4,		/* name uid gid muid, in this order */
	Strings	= STATFIXLEN - Nstring*BIT16SZ,
};

/* 0 if buf is one well-formed entry, -1 if not */
int
statcheck(uchar *buf, uint nbuf)
{
	uchar *p, *e;
	int i;

	if(nbuf < STATFIXLEN || nbuf != BIT16SZ + GBIT16(buf))
		return -1;
	p = buf + Strings;
	e = buf + nbuf;
	for(i = 0; i < Nstring; i++){
		if(e-p < BIT16SZ || e-p-BIT16SZ < GBIT16(p))
			return -1;
		p += BIT16SZ + GBIT16(p);
	}
	return p == e ? 0 : -1;
}

static char**
strings(Dir *d, int i)
{
	char **s[Nstring] = {&d->name, &d->uid, &d->gid, &d->muid};

	return s[i];
}

/*
 * Fills d from the entry; its size, or 0.  The strings are copied to strs,
 * which must have the entry's size; if it is nil, they are left nil.
 */
uint
convM2D(uchar *buf, uint nbuf, Dir *d, char *strs)
{
	uchar *p, *e;
	uint n;
	int i;

	if(nbuf < STATFIXLEN)
		return 0;
	d->type = GBIT16(buf+2);
	d->dev = GBIT32(buf+4);
	d->qid.type = GBIT8(buf+8);
	d->qid.vers = GBIT32(buf+9);
	d->qid.path = GBIT64(buf+13);
	d->mode = GBIT32(buf+21);
	d->atime = GBIT32(buf+25);
	d->mtime = GBIT32(buf+29);
	d->length = GBIT64(buf+33);
	p = buf + Strings;
	e = buf + nbuf;
	for(i = 0; i < Nstring; i++){
		if(e-p < BIT16SZ)
			return 0;
		n = GBIT16(p);
		p += BIT16SZ;
		if(e-p < n)
			return 0;
		*strings(d, i) = strs;
		if(strs != nil){
			memmove(strs, p, n);
			strs[n] = 0;
			strs += n+1;
		}
		p += n;
	}
	return p - buf;
}

static uint
len(char *s)
{
	return s != nil ? strlen(s) : 0;
}

uint
sizeD2M(Dir *d)
{
	return STATFIXLEN + len(d->name) + len(d->uid) + len(d->gid) + len(d->muid);
}

/*
 * The entry's size; 0 if not even its size fits, BIT16SZ if only that does:
 * the caller then finds there what it must provide.
 */
uint
convD2M(Dir *d, uchar *buf, uint nbuf)
{
	uchar *p;
	uint size, n;
	int i;

	size = sizeD2M(d);
	if(nbuf < BIT16SZ || size-BIT16SZ > 0xFFFF)
		return 0;
	PBIT16(buf, size-BIT16SZ);
	if(size > nbuf)
		return BIT16SZ;
	PBIT16(buf+2, d->type);
	PBIT32(buf+4, d->dev);
	PBIT8(buf+8, d->qid.type);
	PBIT32(buf+9, d->qid.vers);
	PBIT64(buf+13, d->qid.path);
	PBIT32(buf+21, d->mode);
	PBIT32(buf+25, d->atime);
	PBIT32(buf+29, d->mtime);
	PBIT64(buf+33, d->length);
	p = buf + Strings;
	for(i = 0; i < Nstring; i++){
		n = len(*strings(d, i));
		PBIT16(p, n);
		memmove(p+BIT16SZ, *strings(d, i), n);
		p += BIT16SZ + n;
	}
	return p - buf;
}
