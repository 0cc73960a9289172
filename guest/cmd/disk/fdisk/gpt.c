/*
 * GUID partition tables, which fdisk reads and does not write: UEFI 2.10, chapter 5.  The MBR of such a disk has one
 * partition, of type 0xEE; the table's header is in sector 1, with a copy in the last one, and each says where its
 * array of entries is.  Sums tell whether header and entries are what was written; nothing is believed that they do not
 * bear out, nor what lies outside of what the header says can be used.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "fdisk.h"

typedef struct Gtype Gtype;
typedef struct Header Header;

enum
{
	Hlen		= 92,		/* bytes of a header that we know */
	Maxentries	= 1024,
	Maxentry	= 4096,		/* bytes */
	Maxlabel	= 36,		/* UTF-16 units */

	/* offsets in an entry */
	Efirst		= 32,
	Elast		= 40,
	Elabel		= 56,
	Eleast		= 128,
};

struct Header
{
	vlong	copy;			/* where the other one is */
	vlong	lo;
	vlong	hi;
	vlong	entries;		/* sector */
	ulong	n;
	ulong	size;			/* bytes of one */
	ulong	sum;			/* of all */
};

/* GUIDs as they are on the disk, and what they are as a type of an MBR's; 0: nothing there */
struct Gtype
{
	uchar	guid[16];
	int	type;
	char	*desc;
};

static Gtype gtypes[] = {
	{{0x28,0x73,0x2A,0xC1,0x1F,0xF8,0xD2,0x11,0xBA,0x4B,0x00,0xA0,0xC9,0x3E,0xC9,0x3B}, 0xEF, "EFI"},
	{{0xA2,0xA0,0xD0,0xEB,0xE5,0xB9,0x33,0x44,0x87,0xC0,0x68,0xB6,0xB7,0x26,0x99,0xC7}, 0x0C, "BASICDATA"},
	{{0xAF,0x3D,0xC6,0x0F,0x83,0x84,0x72,0x47,0x8E,0x79,0x3D,0x69,0xD8,0x47,0x7D,0xE4}, 0x83, "LINUX"},
	{{0x6D,0xFD,0x57,0x06,0xAB,0xA4,0xC4,0x43,0x84,0xE5,0x09,0x33,0xC8,0x4B,0x4F,0x4F}, 0x82, "LINUXSWAP"},
	{{0xF9,0x18,0x18,0xC9,0x25,0x80,0xAF,0x47,0x89,0xD2,0xF0,0x30,0xD7,0x00,0x0C,0x2C}, Tplan9, "PLAN9"},
	{{0x48,0x61,0x68,0x21,0x49,0x64,0x6F,0x6E,0x74,0x4E,0x65,0x65,0x64,0x45,0x46,0x49}, 0, "BIOSBOOT"},
};

static char	Egpt[] = "the disk has a GUID partition table (GPT), which fdisk only reads; -bg puts an MBR in its place";
static uchar	none[16];
static char	*labels[Maxentries];

static ulong
crc32(uchar *p, ulong n)
{
	ulong c;
	int i;

	c = ~0UL;
	while(n-- > 0){
		c ^= *p++;
		for(i = 0; i < 8; i++)
			c = c & 1 ? c>>1 ^ 0xEDB88320 : c>>1;
	}
	return ~c;
}

static vlong
get8(uchar *p)
{
	return get4(p) | (uvlong)get4(p+4)<<32;
}

/* the header in sector sec; nil, or what is wrong with it */
static char*
readheader(Disk *d, vlong sec, Header *h)
{
	static uchar s[Maxsecsize];
	ulong n, sum;

	if(readsec(d, sec, s, 1) < 0)
		return "unreadable";
	if(memcmp(s, gptmagic, 8) != 0)
		return "missing";
	n = get4(s+12);
	if(n < Hlen || n > d->secsize)
		return "of a strange length";
	sum = get4(s+16);
	memset(s+16, 0, 4);
	if(crc32(s, n) != sum)
		return "damaged: its sum is wrong";
	if(get8(s+24) != sec)
		return "of another place";
	h->copy = get8(s+32);
	h->lo = get8(s+40);
	h->hi = get8(s+48)+1;
	h->entries = get8(s+72);
	h->n = get4(s+80);
	h->size = get4(s+84);
	h->sum = get4(s+88);
	if(h->size < Eleast || h->size > Maxentry || h->size%8 != 0 || h->n > Maxentries)
		return "of more or larger entries than can be";
	if(h->lo < 2 || h->hi <= h->lo || h->hi > d->secs)
		return "of a larger disk";
	return nil;
}

/* its entries; nil: *err says what is wrong with them */
static uchar*
readentries(Disk *d, Header *h, char **err)
{
	uchar *v;
	vlong secs;

	*err = nil;
	secs = (h->n*h->size+d->secsize-1)/d->secsize;
	v = mallocz((secs+1)*d->secsize, 1);
	if(v == nil)
		sysfatal("out of memory");
	if(h->entries < 2 || h->entries > d->secs-secs)
		*err = "outside of the disk";
	else if(readsec(d, h->entries, v, secs) < 0)
		*err = "unreadable";
	else if(crc32(v, h->n*h->size) != h->sum)
		*err = "damaged: their sum is wrong";
	if(*err == nil)
		return v;
	free(v);
	return nil;
}

/* the table whose header is in sector sec; nil: it is said why not */
static uchar*
table(Edit *e, vlong sec, Header *h)
{
	uchar *v;
	char *err;

	err = readheader(e->disk, sec, h);
	if(err != nil){
		editwarn(e, "GPT: the header in sector %lld is %s", sec, err);
		return nil;
	}
	v = readentries(e->disk, h, &err);
	if(v == nil)
		editwarn(e, "GPT: the entries of the header in sector %lld are %s", sec, err);
	return v;
}

static Gtype*
findgtype(uchar *guid)
{
	int i;

	for(i = 0; i < nelem(gtypes); i++)
		if(memcmp(gtypes[i].guid, guid, sizeof gtypes[i].guid) == 0)
			return &gtypes[i];
	return nil;
}

/* what people called it; control characters are theirs no more */
static char*
label(uchar *p)
{
	char buf[Maxlabel*UTFmax+1], *s;
	Rune r;
	int i;

	s = buf;
	for(i = 0; i < Maxlabel && (r = get2(p+2*i)) != 0; i++){
		if(r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0xD800 && r < 0xE000)
			r = '?';
		s += runetochar(s, &r);
	}
	*s = 0;
	s = strdup(buf);
	if(s == nil)
		sysfatal("out of memory");
	return s;
}

static void
addentry(Edit *e, Header *h, int i, uchar *p)
{
	vlong start, end;
	char name[16];
	Gtype *t;
	Part *q;

	snprint(name, sizeof name, "p%d", i+1);
	start = get8(p+Efirst);
	end = get8(p+Elast);
	if(start < h->lo || end < start || end >= h->hi){
		editwarn(e, "GPT: %s (sectors %lld to %lld) reaches outside", name, start, end);
		return;
	}
	end++;
	for(q = e->parts; q != nil; q = q->next)
		if(start < q->end && q->start < end)
			editwarn(e, "GPT: %s and %s overlap", q->name, name);
	t = findgtype(p);
	q = newpart(name, start, end);
	q->slot = i+1;
	q->type = t != nil ? t->type : 0;
	labels[i] = label(p+Elabel);
	insertpart(e, q);
}

/* the parts of e from its disk's GUID table */
void
readgpt(Edit *e)
{
	Header h;
	uchar *v;
	ulong i;

	v = table(e, 1, &h);
	if(v == nil && e->disk->secs > 2)
		v = table(e, e->disk->secs-1, &h);
	if(v == nil)
		return;
	for(i = 0; i < h.n; i++)
		if(memcmp(v+i*h.size, none, sizeof none) != 0)
			addentry(e, &h, i, v+i*h.size);
	free(v);
}

void
describegpt(Part *p, char *buf, int nbuf)
{
	int i;

	for(i = 0; i < nelem(gtypes); i++)
		if(gtypes[i].type == p->type && p->type != 0)
			break;
	seprint(buf, buf+nbuf, "%s%s%s", i < nelem(gtypes) ? gtypes[i].desc : "GPT",
		labels[p->slot-1][0] != 0 ? " " : "", labels[p->slot-1]);
}

char*
refusegpt(Edit*, Part*)
{
	return Egpt;
}

char*
keepgpt(Edit*)
{
	return Egpt;
}
