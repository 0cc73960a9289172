/*
 * What comes behind the name in a directory record.  Rock Ridge: fields with two letters, a length and a
 * version, going on elsewhere if they say so (IEEE P1281, P1282).  Plan 9: name, user and group, each
 * with its length before it, a byte if that makes the rest even, and the mode.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "iso.h"

typedef struct Fields Fields;

enum
{
	Maxcont		= 32,		/* times that fields go on elsewhere */
	Maxlink		= 4096,

	NMcontinue	= 1,
	NMcurrent	= 2,
	NMparent	= 4,
	TFcreate	= 1,
	TFmodify	= 2,
	TFlong		= 0x80,
};

/* a walk through fields */
struct Fields
{
	Iso	*iso;
	uchar	buf[Sector];
	uchar	*p;
	uchar	*e;
	int	cont;
	vlong	where;			/* where they go on; 0: nowhere */
	long	len;
};

static uchar*
sysuse(Rec *r, int *len)
{
	int at;

	at = Rname+r->d[Rnamelen];
	at += at & 1;
	*len = r->d[Rlen] > at ? r->d[Rlen]-at : 0;
	return r->d+at;
}

/* the next field, with its length in p[2]; nil at the end */
static uchar*
nextfield(Fields *f)
{
	uchar *p;

	for(;;){
		if(f->e-f->p >= 4 && f->p[2] >= 4 && f->p[2] <= f->e-f->p && !(f->p[0] == 'S' && f->p[1] == 'T')){
			p = f->p;
			f->p += p[2];
			if(p[0] == 'C' && p[1] == 'E' && p[2] >= 28){
				f->where = (vlong)get4(p+4)*Sector+get4(p+12);
				f->len = get4(p+20);
				continue;
			}
			return p;
		}
		if(f->where == 0 || f->len <= 0 || f->len > Sector || f->cont++ == Maxcont)
			return nil;
		if(bcread(f->iso->cache, f->where, f->buf, f->len) < 0)
			return nil;
		f->p = f->buf;
		f->e = f->buf+f->len;
		f->where = 0;
	}
}

/* Are there fields in the "." of the root?  How many bytes come before them in other records; -1: no */
int
rockskip(Iso *iso, vlong addr)
{
	Fields f;
	Rec r;
	uchar *p;
	int len, skip, rock;

	memset(&r, 0, sizeof r);
	if(bcread(iso->cache, addr, r.d, 1) < 0 || r.d[0] < 34 || bcread(iso->cache, addr, r.d, r.d[0]) < 0)
		return -1;
	memset(&f, 0, sizeof f);
	f.iso = iso;
	f.p = sysuse(&r, &len);
	f.e = f.p+len;
	skip = -1;
	rock = 0;
	while((p = nextfield(&f)) != nil){
		if(p[0] == 'S' && p[1] == 'P' && p[2] >= 7 && p[4] == 0xBE && p[5] == 0xEF)
			skip = p[6];
		if(p[0] == 'R' && p[1] == 'R' || p[0] == 'P' && p[1] == 'X' || p[0] == 'E' && p[1] == 'R')
			rock = 1;
	}
	return rock ? skip : -1;
}

/* n bytes at the end of what is at s: %.*s would count runes */
static char*
addbytes(char *s, char *e, uchar *p, int n)
{
	if(n > e-s-1)
		n = e-s-1;
	memmove(s, p, n);
	s[n] = 0;
	return s+n;
}

/* components of a symbolic link */
static void
linkparts(char **s, char *e, uchar *p, int n, int *slash)
{
	int len;

	for(; n >= 2; n -= 2+len, p += 2+len){
		len = p[1];
		if(2+len > n)
			return;
		if(*slash && !(p[0] & 8))
			*s = seprint(*s, e, "/");
		if(p[0] & 2)
			*s = seprint(*s, e, ".");
		else if(p[0] & 4)
			*s = seprint(*s, e, "..");
		else if(p[0] & 8)
			*s = seprint(*s, e, "/");
		else
			*s = addbytes(*s, e, p+2, len);
		*slash = !(p[0] & 1) && !(p[0] & 8);
	}
}

/* a directory that was moved because it lay too deep: its data are where CL says */
static int
relocate(Node *n, ulong block)
{
	uchar d[34];

	if(bcread(n->iso->cache, (vlong)block*Sector, d, sizeof d) < 0)
		return -1;
	n->extent[0].addr = (vlong)block*Sector;
	n->extent[0].len = get4(d+Rsize);
	n->length = n->extent[0].len;
	n->nextent = 1;
	n->mode |= DMDIR|0111;
	return 0;
}

static void
filetimes(Node *n, uchar *p)
{
	int i, at, size;

	size = p[4] & TFlong ? 17 : 7;
	at = 5;
	for(i = TFcreate; i < TFmodify; i <<= 1)
		if(p[4] & i)
			at += size;
	if(p[4] & TFmodify && at+size <= p[2])
		n->mtime = isodate(p+at, p[4] & TFlong);
}

/* Rock Ridge's fields of a record into n; -1: errstr */
int
rockfields(Node *n, Rec *r)
{
	static char name[Maxlink], link[Maxlink];
	char num[16], *ns, *ls;
	Fields f;
	uchar *p;
	ulong mode;
	int len, slash;

	memset(&f, 0, sizeof f);
	f.iso = n->iso;
	f.p = sysuse(r, &len);
	f.e = f.p+len;
	if(n->iso->skip <= len)
		f.p += n->iso->skip;
	ns = name;
	ls = link;
	slash = 0;
	while((p = nextfield(&f)) != nil)
		switch(p[0]<<8 | p[1]){
		case 'P'<<8 | 'X':
			if(p[2] < 36)
				break;
			mode = get4(p+4);
			n->mode = n->mode & DMDIR | mode & 0777;
			snprint(num, sizeof num, "%lud", get4(p+20));
			setstr(&n->uid, num, strlen(num));
			snprint(num, sizeof num, "%lud", get4(p+28));
			setstr(&n->gid, num, strlen(num));
			break;
		case 'N'<<8 | 'M':
			if(p[2] > 5 && !(p[4] & (NMcurrent|NMparent)))
				ns = addbytes(ns, name+sizeof name, p+5, p[2]-5);
			break;
		case 'T'<<8 | 'F':
			if(p[2] >= 5)
				filetimes(n, p);
			break;
		case 'S'<<8 | 'L':
			if(p[2] >= 5)
				linkparts(&ls, link+sizeof link, p+5, p[2]-5, &slash);
			break;
		case 'C'<<8 | 'L':
			if(p[2] >= 12 && relocate(n, get4(p+4)) < 0)
				return -1;
			break;
		case 'R'<<8 | 'E':
			n->relocated = 1;
			break;
		}
	if(ns > name)
		setstr(&n->name, name, ns-name);
	if(ls > link && !(n->mode & DMDIR)){
		n->link = strdup(link);
		if(n->link == nil){
			werrstr("%s", Enomem);
			return -1;
		}
		n->length = strlen(link);
	}
	return 0;
}

/* Plan 9's; 0 if they are not all there, and then nothing is changed */
int
plan9fields(Node *n, Rec *r)
{
	uchar *p, *e, *s[3];
	int i, len;

	p = sysuse(r, &len);
	e = p+len;
	for(i = 0; i < 3; i++){
		if(p >= e || *p > e-p-1)
			return 0;
		s[i] = p;
		p += 1+*p;
	}
	if((p-s[0]) & 1)
		p++;
	if(e-p < 4)
		return 0;
	if(s[0][0] > 0)
		setstr(&n->name, (char*)s[0]+1, s[0][0]);
	setstr(&n->uid, (char*)s[1]+1, s[1][0]);
	setstr(&n->gid, (char*)s[2]+1, s[2][0]);
	n->mode = n->mode & DMDIR | get4(p) & (DMAPPEND|DMEXCL|0777);
	return 1;
}
