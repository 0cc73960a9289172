/*
 * Directories, record by record, and the data of files.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "iso.h"

char	Enotfound[] = "file does not exist";
char	Enomem[] = "out of memory";
char	Eio[] = "i/o error";
static char	Ebaddir[] = "i/o error: damaged directory";

/* the process's error string, kept until the next */
char*
readerr(void)
{
	static char err[ERRMAX];

	rerrstr(err, sizeof err);
	return err;
}

/* n bytes as a string; what a name must not have becomes _ */
void
setstr(char **s, char *p, int n)
{
	int i;

	free(*s);
	*s = malloc(n+1);
	if(*s == nil)
		sysfatal("out of memory");
	memmove(*s, p, n);
	(*s)[n] = 0;
	for(i = 0; i < n; i++)
		if((uchar)(*s)[i] < ' ' || (*s)[i] == '/' || (*s)[i] == 0x7F)
			(*s)[i] = '_';
}

/* 7 bytes of numbers, or 17 of digits */
ulong
isodate(uchar *p, int digits)
{
	static int width[] = {4, 2, 2, 2, 2, 2};
	Tm tm;
	int v[6], i, k;

	memset(&tm, 0, sizeof tm);
	if(digits){
		for(i = 0; i < 6; i++)
			for(v[i] = 0, k = 0; k < width[i]; k++, p++)
				v[i] = v[i]*10 + (*p >= '0' && *p <= '9' ? *p-'0' : 0);
		p++;
	}else{
		for(i = 0; i < 6; i++)
			v[i] = *p++;
		v[0] += 1900;
	}
	if(v[0] < 1970 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31)
		return 0;
	tm.year = v[0]-1900;
	tm.mon = v[1]-1;
	tm.mday = v[2];
	tm.hour = v[3];
	tm.min = v[4];
	tm.sec = v[5];
	strcpy(tm.zone, "GMT");
	return tm2sec(&tm)-(schar)*p*15*60;
}

Node*
newnode(Iso *iso, Node *parent)
{
	Node *n;

	n = mallocz(sizeof *n, 1);
	if(n == nil)
		return nil;
	n->iso = iso;
	n->ref = 1;
	n->parent = parent != nil ? parent : n;
	if(parent != nil)
		parent->ref++;
	return n;
}

void
putnode(Node *n)
{
	Node *up;

	while(--n->ref == 0){
		up = n->parent;
		free(n->name);
		free(n->uid);
		free(n->gid);
		free(n->link);
		free(n);
		if(up == n)
			return;
		n = up;
	}
}

/* a name in UCS-2, big endian */
static void
jolietname(Node *n, uchar *p, int len)
{
	char buf[128*UTFmax+1], *s;
	Rune r;
	int i;

	s = buf;
	for(i = 0; i+1 < len; i += 2){
		r = p[i]<<8 | p[i+1];
		if(r == ';')
			break;
		if(r >= 0xD800 && r < 0xDC00 && i+3 < len && (p[i+2] & 0xFC) == 0xDC){
			r = 0x10000 + ((r & 0x3FF)<<10 | (p[i+2] & 3)<<8 | p[i+3]);
			i += 2;
		}
		s += runetochar(s, &r);
	}
	setstr(&n->name, buf, s-buf);
}

/* capitals, with a version behind: made small, without it and the dot of no extension */
static void
plainname(Node *n, uchar *p, int len)
{
	char buf[256];
	int i;

	for(i = 0; i < len && p[i] != ';'; i++)
		buf[i] = tolower(p[i]);
	if(i > 1 && buf[i-1] == '.')
		i--;
	setstr(&n->name, buf, i);
}

/* one extent more, of the record's */
static int
addextent(Node *n, uchar *d)
{
	vlong len;

	if(n->nextent == Maxextents){
		werrstr("i/o error: a file of more than %d pieces", Maxextents);
		return -1;
	}
	len = get4(d+Rsize);
	n->extent[n->nextent].addr = ((vlong)get4(d+Rextent)+d[1])*Sector;
	n->extent[n->nextent].len = len;
	n->nextent++;
	n->length += len;
	return 0;
}

/* what a record says; -1: errstr */
int
setnode(Node *n, Rec *r)
{
	uchar *d;

	d = r->d;
	n->addr = r->addr;
	n->length = 0;
	n->mode = d[Rflags] & Fdir ? DMDIR|0555 : 0444;
	n->mtime = isodate(d+Rdate, 0);
	if(addextent(n, d) < 0)
		return -1;
	switch(n->iso->kind){
	case Joliet:
		jolietname(n, d+Rname, d[Rnamelen]);
		break;
	default:
		plainname(n, d+Rname, d[Rnamelen]);
		break;
	}
	if(n->iso->kind == Rock && rockfields(n, r) < 0)
		return -1;
	if(n->iso->kind == Plan9)
		plan9fields(n, r);
	return 0;
}

/* the record at byte off of a directory; 0 at the end, -1: errstr */
static int
getrec(Node *dir, vlong off, Rec *r)
{
	vlong a;
	int len;

	for(;;){
		if(off+33 > dir->length)
			return 0;
		a = dir->extent[0].addr+off;
		if(bcread(dir->iso->cache, a, r->d, 1) < 0)
			return -1;
		len = r->d[0];
		if(len != 0)
			break;
		off = (off/Sector+1)*Sector;	/* the rest of the sector is empty */
	}
	if(len < 34 || off%Sector+len > Sector || off+len > dir->length){
		werrstr("%s", Ebaddir);
		return -1;
	}
	memset(r->d, 0, sizeof r->d);
	if(bcread(dir->iso->cache, a, r->d, len) < 0)
		return -1;
	if(r->d[Rnamelen] == 0 || Rname+r->d[Rnamelen] > len){
		werrstr("%s", Ebaddir);
		return -1;
	}
	r->addr = a;
	r->next = off+len;
	return 1;
}

/* The next file of a directory from *off on: *np with a reference, or nil at the end. */
char*
nextnode(Node *dir, vlong *off, Node **np)
{
	Rec r, more;
	Node *n;
	int k;

	*np = nil;
	for(;;){
		k = getrec(dir, *off, &r);
		if(k <= 0)
			return k < 0 ? readerr() : nil;
		*off = r.next;
		if(r.d[Rnamelen] == 1 && r.d[Rname] <= 1 || r.d[Rflags] & Fassoc)
			continue;
		n = newnode(dir->iso, dir);
		if(n == nil)
			return Enomem;
		k = setnode(n, &r);
		for(more = r; k >= 0 && more.d[Rflags] & Fmore; *off = more.next){
			k = getrec(dir, *off, &more);
			if(k > 0)
				k = addextent(n, more.d);
			else{
				werrstr("%s", Ebaddir);
				k = -1;
			}
		}
		if(k < 0){
			putnode(n);
			return readerr();
		}
		if(n->relocated || n->name == nil || n->name[0] == 0 || strcmp(n->name, ".") == 0 || strcmp(n->name, "..") == 0){
			putnode(n);
			continue;
		}
		*np = n;
		return nil;
	}
}

/* by name; *np is nil if there is none.  Without extensions capitals do not matter */
char*
findnode(Node *dir, char *name, Node **np)
{
	vlong off;
	char *err;

	for(off = 0;;){
		err = nextnode(dir, &off, np);
		if(err != nil || *np == nil)
			return err;
		if(strcmp((*np)->name, name) == 0)
			return nil;
		if((dir->iso->kind == Plain || dir->iso->kind == Joliet) && cistrcmp((*np)->name, name) == 0)
			return nil;
		putnode(*np);
	}
}

char*
readnode(Node *n, uchar *buf, long count, vlong off, long *got)
{
	Extent *e;
	long m, k;

	*got = 0;
	if(off < 0 || off >= n->length)
		return nil;
	if(count > n->length-off)
		count = n->length-off;
	if(n->link != nil){
		memmove(buf, n->link+off, count);
		*got = count;
		return nil;
	}
	for(e = n->extent; e < n->extent+n->nextent && *got < count; off -= e->len, e++){
		if(off >= e->len)
			continue;
		m = e->len-off < count-*got ? e->len-off : count-*got;
		if(e->addr+off+m > n->iso->cache->size)
			k = 0;
		else
			k = mpread(n->iso->fd, buf+*got, m, e->addr+off);
		if(k != m){
			if(*got > 0)
				return nil;
			return k < 0 ? readerr() : "i/o error: the file is beyond the end of the image";
		}
		*got += m;
		off += m;
	}
	return nil;
}
