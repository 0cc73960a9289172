/*
 * The shape of a FAT file system for a disk of a given size, and the sectors that
 * say so.  Which FAT it is follows from the number of clusters alone: fewer than
 * 4085 means 12 bits, fewer than 65525 means 16; a few are kept away from the
 * borders, since not all programs count alike.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "format.h"

enum
{
	Nfats		= 2,
	Max12		= 4084-16,
	Max16		= 65524-16,
	Max32		= 0x0FFFFFF0,
	Maxclust	= 32*1024,	/* bytes */
	Backup		= 6,		/* of a FAT32's first sectors */
	Resrv32		= 32,
};

/* boot code that hands on to whatever else can be booted */
static uchar nocode[] = {0xCD, 0x18, 0xEB, 0xFE};

static ulong
maxclust(int bits)
{
	return bits == 12 ? Max12 : bits == 16 ? Max16 : Max32;
}

static ulong
minclust(int bits)
{
	return bits == 12 ? 1 : bits == 16 ? 4085+16 : 65525+16;
}

/* counts clusters and the FAT's sectors for the given bits and csecs; 0 if it does not fit */
static int
layout(Fat *f)
{
	vlong avail, n;
	int ss, i;

	ss = f->disk->secsize;
	f->nresrv = f->bits == 32 ? Resrv32+(f->keep > 1 ? f->keep : 0) : f->keep;
	f->rootents = f->bits == 32 ? 0 : f->rootents;
	f->rootsecs = (f->rootents*32+ss-1)/ss;
	avail = f->disk->secs-f->nresrv-f->rootsecs;
	if(f->disk->secs > 0xFFFFFFFFLL)
		avail = 0xFFFFFFFFLL-f->nresrv-f->rootsecs;
	f->fatsecs = 1;
	for(i = 0; i < 8; i++){
		n = (avail-Nfats*f->fatsecs)/f->csecs;
		if(n <= 0)
			return 0;
		f->nclust = n;
		f->fatsecs = ((n+2)*f->bits/8+1+ss-1)/ss;
	}
	f->nclust = (avail-Nfats*f->fatsecs)/f->csecs;
	f->data = f->nresrv+Nfats*f->fatsecs+f->rootsecs;
	return f->nclust > 0;
}

static int
fits(Fat *f)
{
	return layout(f) && f->nclust <= maxclust(f->bits) && f->nclust >= minclust(f->bits);
}

/* the smallest cluster that will do, of at least a size that suits the disk */
static int
choosecluster(Fat *f)
{
	int least;

	least = 512;
	if(f->bits == 32)
		least = f->disk->size >= 8LL<<30 ? 8192 : f->disk->size >= 260LL<<20 ? 4096 : 512;
	else if(f->bits == 16)
		least = 2048;
	for(f->csecs = (least+f->disk->secsize-1)/f->disk->secsize; f->csecs*f->disk->secsize <= Maxclust; f->csecs *= 2)
		if(fits(f))
			return 1;
	if(least > f->disk->secsize)
		for(f->csecs = least/f->disk->secsize; f->csecs >= 1; f->csecs /= 2)
			if(fits(f))
				return 1;
	f->csecs = 0;
	return 0;
}

static int
choose(Fat *f)
{
	if(f->csecs != 0)
		return fits(f);
	return choosecluster(f);
}

/* fills in what is not given */
char*
shape(Fat *f)
{
	static int order[] = {12, 16, 32};
	int i, want;
	vlong size;

	size = f->disk->size;
	if(f->rootents == 0)
		f->rootents = size < 4<<20 ? 224 : 512;
	f->media = 0xF8;
	want = f->bits;
	if(want != 0)
		return choose(f) ? nil : "this many bits do not suit a disk of that size";
	for(i = 0; i < nelem(order); i++){
		f->bits = order[i];
		/* where two are possible: up to 16 MB, and up to 512 MB */
		if(f->bits == 12 && size > 16<<20 && f->csecs == 0 || f->bits == 16 && size > 512LL<<20 && f->csecs == 0)
			continue;
		if(choose(f))
			return nil;
		if(f->bits != 32 && f->rootents == 0)
			f->rootents = 512;
	}
	for(i = 0; i < nelem(order); i++){
		f->bits = order[i];
		f->rootents = 512;
		if(choose(f))
			return nil;
	}
	return f->csecs != 0 ? "no FAT suits this disk with clusters of that size" : "the disk is too small for a FAT file system";
}

/* the first sector: numbers that describe the rest, and the code */
static void
bootsector(Fat *f, uchar *s, uchar *code, long ncode)
{
	int ext;
	vlong secs;

	memset(s, 0, f->disk->secsize);
	ext = f->bits == 32 ? 64 : 36;
	if(code == nil){
		memmove(s+ext+26, nocode, sizeof nocode);
		s[0] = 0xEB;
		s[1] = ext+26-2;
		s[2] = 0x90;
	}else
		memmove(s, code, ncode);
	memmove(s+3, "9GUEST  ", 8);
	put2(s+11, f->disk->secsize);
	s[13] = f->csecs;
	put2(s+14, f->nresrv);
	s[16] = Nfats;
	put2(s+17, f->rootents);
	secs = f->disk->secs > 0xFFFFFFFFLL ? 0xFFFFFFFFLL : f->disk->secs;
	put2(s+19, 0);
	put4(s+32, 0);
	if(secs < 65536 && f->bits != 32)
		put2(s+19, secs);
	else
		put4(s+32, secs);
	s[21] = f->media;
	put2(s+22, f->bits == 32 ? 0 : f->fatsecs);
	put2(s+24, f->disk->sectors);
	put2(s+26, f->disk->heads);
	put4(s+28, f->disk->offset);
	if(f->bits == 32){
		put4(s+36, f->fatsecs);
		put2(s+40, 0);
		put2(s+42, 0);
		put4(s+44, 2);
		put2(s+48, f->keep > 1 ? f->keep : 1);
		put2(s+50, (f->keep > 1 ? f->keep-1 : 0)+Backup);
		memset(s+52, 0, 12);
	}
	s[ext] = 0x80;
	s[ext+1] = 0;
	s[ext+2] = 0x29;
	put4(s+ext+3, f->serial);
	memmove(s+ext+7, f->label[0] != 0 ? f->label : "NO NAME    ", 11);
	memmove(s+ext+18, f->bits == 12 ? "FAT12   " : f->bits == 16 ? "FAT16   " : "FAT32   ", 8);
	s[510] = 0x55;
	s[511] = 0xAA;
}

static void
infosector(Fat *f, uchar *s)
{
	memset(s, 0, f->disk->secsize);
	put4(s, 0x41615252);
	put4(s+484, 0x61417272);
	put4(s+488, f->nclust-(f->next-2));
	put4(s+492, f->next-1);
	put4(s+508, 0xAA550000);
}

/* n sectors of buf at sec; nil buf: zeros */
static char*
put(Fat *f, vlong sec, uchar *buf, vlong n)
{
	static uchar zero[64*1024];
	static char err[ERRMAX];
	vlong m;

	while(n > 0){
		m = sizeof zero/f->disk->secsize;
		if(m > n)
			m = n;
		if(writesec(f->disk, sec, buf != nil ? buf : zero, m) < 0){
			snprint(err, sizeof err, "can't write sector %lld: %r", sec);
			return err;
		}
		if(buf != nil)
			buf += m*f->disk->secsize;
		sec += m;
		n -= m;
	}
	return nil;
}

/* Writes all but the files: FATs and root first, and the sector that makes it a file system last. */
char*
makefat(Fat *f, uchar *code, long ncode)
{
	static uchar boot[32768], info[32768];
	char *err;
	int i, bk;

	for(i = 0; i < Nfats; i++)
		if((err = put(f, f->nresrv+i*f->fatsecs, f->table, f->fatsecs)) != nil)
			return err;
	if((err = put(f, f->data-f->rootsecs, f->root, f->bits == 32 ? f->csecs : f->rootsecs)) != nil)
		return err;
	bootsector(f, boot, code, ncode);
	if(f->bits == 32){
		infosector(f, info);
		bk = (f->keep > 1 ? f->keep-1 : 0)+Backup;
		if((err = put(f, f->keep > 1 ? f->keep : 1, info, 1)) != nil || (err = put(f, bk, boot, 1)) != nil
		|| (err = put(f, bk+1, info, 1)) != nil)
			return err;
	}
	return put(f, 0, boot, 1);
}
