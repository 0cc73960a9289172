/*
 * fcall(2): 9P messages to bytes and back.  One table of layouts, a string
 * of field codes for each message type, serves sizing, packing and unpacking,
 * so that the three cannot disagree.  Layouts are those of intro(5).
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>

/*
 * Field codes.  What is written in Fcall stands beside; the offsets differ
 * because of the union.
 *	1 2 4 8		an integer of that many bytes
 *	s		a string, 2 bytes of length
 *	q		a qid
 *	n		2-byte count of names, and the names
 *	Q		2-byte count of qids, and the qids
 *	d		4-byte count, and the data
 *	t		2-byte count, and a stat entry
 */
typedef struct Field Field;

struct Field
{
	char	code;
	ushort	off;		/* in Fcall */
};

enum
{
	Maxfields	= 5,
};

#define F(code, member)	{code, offsetof(Fcall, member)}

static Field layout[Tmax-Tversion][Maxfields] =
{
#define L(type)	[type-Tversion]
	L(Tversion)	= {F('4', msize), F('s', version)},
	L(Rversion)	= {F('4', msize), F('s', version)},
	L(Tauth)	= {F('4', afid), F('s', uname), F('s', aname)},
	L(Rauth)	= {F('q', aqid)},
	L(Tattach)	= {F('4', fid), F('4', afid), F('s', uname), F('s', aname)},
	L(Rattach)	= {F('q', qid)},
	L(Rerror)	= {F('s', ename)},
	L(Tflush)	= {F('2', oldtag)},
	L(Twalk)	= {F('4', fid), F('4', newfid), F('n', nwname)},
	L(Rwalk)	= {F('Q', nwqid)},
	L(Topen)	= {F('4', fid), F('1', mode)},
	L(Ropen)	= {F('q', qid), F('4', iounit)},
	L(Tcreate)	= {F('4', fid), F('s', name), F('4', perm), F('1', mode)},
	L(Rcreate)	= {F('q', qid), F('4', iounit)},
	L(Tread)	= {F('4', fid), F('8', offset), F('4', count)},
	L(Rread)	= {F('d', count)},
	L(Twrite)	= {F('4', fid), F('8', offset), F('d', count)},
	L(Rwrite)	= {F('4', count)},
	L(Tclunk)	= {F('4', fid)},
	L(Tremove)	= {F('4', fid)},
	L(Tstat)	= {F('4', fid)},
	L(Rstat)	= {F('t', nstat)},
	L(Twstat)	= {F('4', fid), F('t', nstat)},
#undef L
};

enum
{
	Headsize	= BIT32SZ+BIT8SZ+BIT16SZ,
};

static Field*
fieldsof(int type)
{
	if(type < Tversion || type >= Tmax || type == Terror)
		return nil;
	return layout[type-Tversion];
}

#define at(f, fp, t)	((t*)((char*)(f) + (fp)->off))

static uint
stringsize(char *s)
{
	return BIT16SZ + (s != nil ? strlen(s) : 0);
}

static uint
fieldsize(Fcall *f, Field *fp)
{
	uint n;
	int i;

	switch(fp->code){
	case 's':
		return stringsize(*at(f, fp, char*));
	case 'q':
		return QIDSZ;
	case 'n':
		n = BIT16SZ;
		for(i = 0; i < f->nwname; i++)
			n += stringsize(f->wname[i]);
		return n;
	case 'Q':
		return BIT16SZ + f->nwqid*QIDSZ;
	case 'd':
		return BIT32SZ + f->count;
	case 't':
		return BIT16SZ + f->nstat;
	}
	return fp->code - '0';
}

/* bytes that convS2M needs; 0 if it would fail whatever the room */
uint
sizeS2M(Fcall *f)
{
	Field *fp, *e;
	uint n;

	fp = fieldsof(f->type);
	if(fp == nil)
		return 0;
	n = Headsize;
	for(e = fp+Maxfields; fp < e && fp->code; fp++)
		n += fieldsize(f, fp);
	return n;
}

static uchar*
putstring(uchar *p, char *s)
{
	uint n;

	n = s != nil ? strlen(s) : 0;
	PBIT16(p, n);
	memmove(p+BIT16SZ, s, n);
	return p+BIT16SZ+n;
}

static uchar*
putqid(uchar *p, Qid *q)
{
	PBIT8(p, q->type);
	PBIT32(p+1, q->vers);
	PBIT64(p+5, q->path);
	return p+QIDSZ;
}

static uchar*
putfield(uchar *p, Fcall *f, Field *fp)
{
	int i;

	switch(fp->code){
	case '1':
		PBIT8(p, *at(f, fp, uchar));
		return p+BIT8SZ;
	case '2':
		PBIT16(p, *at(f, fp, ushort));
		return p+BIT16SZ;
	case '4':
		PBIT32(p, *at(f, fp, u32int));
		return p+BIT32SZ;
	case '8':
		PBIT64(p, *at(f, fp, uvlong));
		return p+BIT64SZ;
	case 's':
		return putstring(p, *at(f, fp, char*));
	case 'q':
		return putqid(p, at(f, fp, Qid));
	case 'n':
		PBIT16(p, f->nwname);
		p += BIT16SZ;
		for(i = 0; i < f->nwname; i++)
			p = putstring(p, f->wname[i]);
		return p;
	case 'Q':
		PBIT16(p, f->nwqid);
		p += BIT16SZ;
		for(i = 0; i < f->nwqid; i++)
			p = putqid(p, &f->wqid[i]);
		return p;
	case 'd':
		PBIT32(p, f->count);
		memmove(p+BIT32SZ, f->data, f->count);
		return p+BIT32SZ+f->count;
	case 't':
		PBIT16(p, f->nstat);
		memmove(p+BIT16SZ, f->stat, f->nstat);
		return p+BIT16SZ+f->nstat;
	}
	return p;
}

/* the message's size; 0 if it is none or does not fit */
uint
convS2M(Fcall *f, uchar *buf, uint nbuf)
{
	Field *fp, *e;
	uchar *p;
	uint n;

	if(f->type == Twalk && f->nwname > MAXWELEM || f->type == Rwalk && f->nwqid > MAXWELEM)
		return 0;
	n = sizeS2M(f);
	if(n == 0 || n > nbuf)
		return 0;
	PBIT32(buf, n);
	PBIT8(buf+4, f->type);
	PBIT16(buf+5, f->tag);
	p = buf+Headsize;
	fp = fieldsof(f->type);
	for(e = fp+Maxfields; fp < e && fp->code; fp++)
		p = putfield(p, f, fp);
	return p-buf == n ? n : 0;
}

/*
 * A string's bytes are moved one down, over its length, to make room for the
 * NUL that a C string needs.
 */
static uchar*
getstring(uchar *p, uchar *e, char **s)
{
	uint n;

	if(e-p < BIT16SZ)
		return nil;
	n = GBIT16(p);
	p += BIT16SZ;
	if(e-p < n)
		return nil;
	memmove(p-1, p, n);
	p[n-1] = 0;
	*s = (char*)p-1;
	return p+n;
}

static uchar*
getqid(uchar *p, uchar *e, Qid *q)
{
	if(e-p < QIDSZ)
		return nil;
	q->type = GBIT8(p);
	q->vers = GBIT32(p+1);
	q->path = GBIT64(p+5);
	return p+QIDSZ;
}

static uchar*
getnames(uchar *p, uchar *e, Fcall *f)
{
	int i;

	if(e-p < BIT16SZ)
		return nil;
	f->nwname = GBIT16(p);
	p += BIT16SZ;
	if(f->nwname > MAXWELEM)
		return nil;
	for(i = 0; i < f->nwname && p != nil; i++)
		p = getstring(p, e, &f->wname[i]);
	return p;
}

static uchar*
getqids(uchar *p, uchar *e, Fcall *f)
{
	int i;

	if(e-p < BIT16SZ)
		return nil;
	f->nwqid = GBIT16(p);
	p += BIT16SZ;
	if(f->nwqid > MAXWELEM)
		return nil;
	for(i = 0; i < f->nwqid && p != nil; i++)
		p = getqid(p, e, &f->wqid[i]);
	return p;
}

static uchar*
getfield(uchar *p, uchar *e, Fcall *f, Field *fp)
{
	int n;

	switch(fp->code){
	case 's':
		return getstring(p, e, at(f, fp, char*));
	case 'q':
		return getqid(p, e, at(f, fp, Qid));
	case 'n':
		return getnames(p, e, f);
	case 'Q':
		return getqids(p, e, f);
	case 'd':
		if(e-p < BIT32SZ)
			return nil;
		f->count = GBIT32(p);
		p += BIT32SZ;
		f->data = (char*)p;
		return f->count <= e-p ? p+f->count : nil;
	case 't':
		if(e-p < BIT16SZ)
			return nil;
		f->nstat = GBIT16(p);
		p += BIT16SZ;
		f->stat = p;
		return f->nstat <= e-p ? p+f->nstat : nil;
	}
	n = fp->code - '0';
	if(e-p < n)
		return nil;
	switch(n){
	case 1:
		*at(f, fp, uchar) = GBIT8(p);
		break;
	case 2:
		*at(f, fp, ushort) = GBIT16(p);
		break;
	case 4:
		*at(f, fp, u32int) = GBIT32(p);
		break;
	case 8:
		*at(f, fp, uvlong) = GBIT64(p);
		break;
	}
	return p+n;
}

/*
 * Unpacks the message of nbuf bytes, whose strings and data stay where they
 * are, the strings moved a byte.  The message's size, 0 if it is malformed.
 */
uint
convM2S(uchar *buf, uint nbuf, Fcall *f)
{
	Field *fp, *e;
	uchar *p, *end;
	uint n;

	if(nbuf < Headsize)
		return 0;
	n = GBIT32(buf);
	if(n < Headsize || n > nbuf)
		return 0;
	f->type = GBIT8(buf+4);
	f->tag = GBIT16(buf+5);
	p = buf+Headsize;
	end = buf+n;
	fp = fieldsof(f->type);
	if(fp == nil)
		return 0;
	for(e = fp+Maxfields; fp < e && fp->code; fp++){
		p = getfield(p, end, f, fp);
		if(p == nil)
			return 0;
	}
	return p == end ? n : 0;
}
