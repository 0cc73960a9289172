/*
 * The table on the disk, in and out.  Everything in it is checked before it is
 * believed: an entry that lies outside of the disk or of its extended partition, or
 * a chain that does not end, is named and left out, and makes the table one that
 * fdisk does not change.
 *
 * The chain: the extended partition begins with a table whose first entry is a
 * logical partition, relative to that table's sector, and whose second is a link
 * to the next table, relative to the extended partition.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "fdisk.h"

typedef struct Entry Entry;

struct Entry
{
	int	active;
	int	type;
	vlong	start;
	vlong	len;
};

static uchar	boot[Maxsecsize];		/* sector 0 as it was read */

int
isextended(int type)
{
	return type == Text || type == Textlba || type == Textlx;
}

Part*
extended(Edit *e)
{
	Part *p;

	for(p = e->parts; p != nil; p = p->next)
		if(isextended(p->type))
			return p;
	return nil;
}

static int
signed9(uchar *sec)
{
	return sec[510] == 0x55 && sec[511] == 0xAA;
}

static void
getentry(uchar *p, Entry *t)
{
	t->active = p[0] == 0x80;
	t->type = p[4];
	t->start = get4(p+8);
	t->len = get4(p+12);
}

/* cylinder, head and sector, as far as they reach */
static void
putchs(Disk *d, uchar *p, vlong sec)
{
	vlong c;
	int h, s;

	c = sec/(d->heads*d->sectors);
	h = sec/d->sectors%d->heads;
	s = sec%d->sectors+1;
	if(c > 1023){
		c = 1023;
		h = 254;
		s = 63;
	}
	p[0] = h;
	p[1] = s | (c>>2 & 0xC0);
	p[2] = c;
}

static void
putentry(Disk *d, uchar *p, int active, int type, vlong base, vlong start, vlong end)
{
	p[0] = active ? 0x80 : 0;
	putchs(d, p+1, start);
	p[4] = type;
	putchs(d, p+5, end-1);
	put4(p+8, start-base);
	put4(p+12, end-start);
}

static char*
badentry(Entry *t, vlong start, vlong lo, vlong hi)
{
	if(t->len == 0)
		return "is empty but has a type";
	if(start < lo || start >= hi || t->len > hi-start)
		return "reaches outside";
	return nil;
}

static void
readlogicals(Edit *e, Part *x)
{
	static uchar sec[Maxsecsize];
	vlong at, seen[Maxlogical];
	Entry t, link;
	char name[16], *err;
	Part *p;
	int i, n, k;

	at = x->start;
	k = 1;
	for(n = 0;; n++){
		for(i = 0; i < n; i++)
			if(seen[i] == at)
				break;
		if(i < n || n == Maxlogical){
			editwarn(e, "the tables in the extended partition go in a circle, or are more than %d", Maxlogical);
			return;
		}
		seen[n] = at;
		if(readsec(e->disk, at, sec, 1) < 0){
			editwarn(e, "table in sector %lld: %r", at);
			return;
		}
		if(!signed9(sec)){
			/* a fresh extended partition has none yet */
			if(n > 0)
				editwarn(e, "table in sector %lld: no signature", at);
			return;
		}
		getentry(sec+Tabfirst, &t);
		getentry(sec+Tabfirst+Tabentry, &link);
		if(t.type != Tempty){
			snprint(name, sizeof name, "s%d", k++);
			err = badentry(&t, at+t.start, at+1, x->end);
			if(err != nil)
				editwarn(e, "%s (sectors %lld to %lld) %s", name, at+t.start, at+t.start+t.len, err);
			else{
				p = newpart(name, at+t.start, at+t.start+t.len);
				p->type = t.type;
				p->active = t.active;
				p->ebr = at;
				insertpart(e, p);
			}
		}
		if(link.type == Tempty)
			return;
		at = x->start+link.start;
		if(at <= x->start || at >= x->end){
			editwarn(e, "the link to a table in sector %lld leaves the extended partition", at);
			return;
		}
	}
}

/* two that share sectors, one not being the extended partition of the other */
static void
checkoverlaps(Edit *e)
{
	Part *p, *q;

	for(p = e->parts; p != nil; p = p->next)
		for(q = p->next; q != nil; q = q->next){
			if(q->start >= p->end || p->start >= q->end)
				continue;
			if(isextended(p->type) && q->slot == 0 || isextended(q->type) && p->slot == 0)
				continue;
			editwarn(e, "%s and %s overlap", p->name, q->name);
		}
}

/*
 * A FAT file system on the bare disk has the same signature, and code where the table
 * would be.
 */
static int
isfat(uchar *s)
{
	int n;

	n = s[11] | s[12]<<8;
	return (s[0] == 0xEB || s[0] == 0xE9) && (n == 512 || n == 1024 || n == 2048 || n == 4096)
		&& s[13] != 0 && (s[13] & s[13]-1) == 0 && (s[16] == 1 || s[16] == 2)
		&& (memcmp(s+54, "FAT", 3) == 0 || memcmp(s+82, "FAT", 3) == 0);
}

/* the parts of e from its disk; a disk without a table has none.  1: it says that there is a GUID table instead */
int
readtable(Edit *e)
{
	Entry t;
	char name[16], *err;
	Part *p, *x;
	int i;

	if(readsec(e->disk, 0, boot, 1) < 0)
		sysfatal("%s: %r", e->disk->name);
	if(!signed9(boot) || isfat(boot))
		return 0;
	for(i = 0; i < Nprimary; i++)
		if(boot[Tabfirst+i*Tabentry+4] == Tgpt)
			return 1;
	x = nil;
	for(i = 0; i < Nprimary; i++){
		getentry(boot+Tabfirst+i*Tabentry, &t);
		if(t.type == Tempty)
			continue;
		snprint(name, sizeof name, "p%d", i+1);
		err = badentry(&t, t.start, 1, e->disk->secs);
		if(err != nil){
			editwarn(e, "%s (sectors %lld to %lld) %s", name, t.start, t.start+t.len, err);
			continue;
		}
		p = newpart(name, t.start, t.start+t.len);
		p->slot = i+1;
		p->type = t.type;
		p->active = t.active;
		insertpart(e, p);
		if(isextended(t.type)){
			if(x != nil)
				editwarn(e, "%s: a second extended partition", name);
			else
				x = p;
		}
	}
	if(x != nil)
		readlogicals(e, x);
	checkoverlaps(e);
	return 0;
}

/* is a sector free of logical partitions and their tables? */
static int
freesector(Edit *e, Part *self, vlong sec)
{
	Part *p;

	for(p = e->parts; p != nil; p = p->next)
		if(p->slot == 0 && p != self && (sec >= p->start && sec < p->end || sec == p->ebr))
			return 0;
	return 1;
}

/*
 * Chooses the sector of a logical partition's own table: the extended partition's
 * first for the first of them, else one before it that is free.
 */
char*
placetable(Edit *e, Part *p)
{
	Part *x, *q;
	vlong prev;

	x = extended(e);
	if(x == nil)
		return "there is no extended partition";
	if(p->ebr != 0 && p->ebr != x->start)
		return nil;
	prev = x->start;
	for(q = e->parts; q != nil; q = q->next)
		if(q->slot == 0 && q != p && q->start < p->start && q->end > prev)
			prev = q->end;
	if(prev == x->start){
		p->ebr = x->start;
		return p->start > x->start ? nil : "the extended partition's first sector is its table";
	}
	if(p->start-Align >= prev && freesector(e, p, p->start-Align))
		p->ebr = p->start-Align;
	else if(p->start-1 >= prev && freesector(e, p, p->start-1))
		p->ebr = p->start-1;
	else
		return "no free sector before it for its table";
	return nil;
}

/* the chain, last table first: until the first sector is written the old chain holds */
static char*
writelogicals(Edit *e, Part *x)
{
	static char err[ERRMAX];
	static uchar sec[Maxsecsize];
	Part *v[Maxlogical], *p;
	char *s;
	int i, n;

	n = 0;
	for(p = e->parts; p != nil; p = p->next){
		if(p->slot != 0)
			continue;
		if(n == nelem(v))
			return "too many logical partitions";
		if(n == 0)
			p->ebr = x->start;
		else if(p->ebr == x->start)
			p->ebr = 0;
		v[n++] = p;
	}
	for(i = 0; i < n; i++)
		if((s = placetable(e, v[i])) != nil)
			return s;
	for(i = n > 0 ? n-1 : 0; i >= 0; i--){
		memset(sec, 0, sizeof sec);
		if(n > 0){
			p = v[i];
			putentry(e->disk, sec+Tabfirst, p->active, p->type, p->ebr, p->start, p->end);
		}
		if(i+1 < n)
			putentry(e->disk, sec+Tabfirst+Tabentry, 0, Text, x->start, v[i+1]->ebr, v[i+1]->end);
		sec[510] = 0x55;
		sec[511] = 0xAA;
		if(writesec(e->disk, n > 0 ? v[i]->ebr : x->start, sec, 1) < 0){
			snprint(err, sizeof err, "can't write sector %lld: %r", n > 0 ? v[i]->ebr : x->start);
			return err;
		}
	}
	return nil;
}

char*
writetable(Edit *e)
{
	static char err[ERRMAX];
	Part *p, *x;
	char *s;

	if(e->damaged)
		return "the table on the disk is damaged (see above); start anew with -b";
	if((s = editgpt(e)) != nil)
		return s;
	x = extended(e);
	if(x != nil && (s = writelogicals(e, x)) != nil)
		return s;
	memset(boot+Tabfirst, 0, Nprimary*Tabentry);
	for(p = e->parts; p != nil; p = p->next)
		if(p->slot != 0)
			putentry(e->disk, boot+Tabfirst+(p->slot-1)*Tabentry, p->active, p->type, 0, p->start, p->end);
	boot[510] = 0x55;
	boot[511] = 0xAA;
	if(writesec(e->disk, 0, boot, 1) < 0){
		snprint(err, sizeof err, "can't write sector 0: %r");
		return err;
	}
	return nil;
}
