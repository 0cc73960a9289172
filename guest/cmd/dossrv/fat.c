/*
 * The table: for each cluster which one follows.  Entries have 12, 16 or 32 bits, of which
 * 28 count.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "dos.h"

int
goodclust(Dosfs *fs, ulong c)
{
	return c >= 2 && c < fs->nclust+2;
}

vlong
clustaddr(Dosfs *fs, ulong c)
{
	return fs->data+(vlong)(c-2)*fs->cbytes;
}

/* what ends a chain when we write it; from the reserved range on everything ends one */
ulong
fatend(Dosfs *fs)
{
	return fs->bits == 12 ? 0xFFF : fs->bits == 16 ? 0xFFFF : 0x0FFFFFFF;
}

static vlong
place(Dosfs *fs, ulong c)
{
	return fs->bits == 12 ? c*3/2 : (vlong)c*(fs->bits/8);
}

/* the entry of cluster c; -1: errstr */
long
fatget(Dosfs *fs, ulong c)
{
	uchar b[4];
	vlong a;
	int n;

	a = fs->fat+place(fs, c);
	if(fs->onefat > 0)
		a += fs->onefat*fs->fatbytes;
	n = fs->bits == 32 ? 4 : 2;
	if(bcread(fs->cache, a, b, n) < 0)
		return -1;
	switch(fs->bits){
	case 12:
		return c & 1 ? get2(b)>>4 : get2(b) & 0xFFF;
	case 16:
		return get2(b);
	}
	return get4(b) & 0x0FFFFFFF;
}

/* in all copies; bits that are not ours stay */
char*
fatset(Dosfs *fs, ulong c, ulong v)
{
	uchar b[4];
	vlong a;
	int i, n;

	n = fs->bits == 32 ? 4 : 2;
	for(i = 0; i < fs->nfats; i++){
		if(fs->onefat >= 0 && i != fs->onefat)
			continue;
		a = fs->fat+i*fs->fatbytes+place(fs, c);
		if(fs->bits != 16 && bcread(fs->cache, a, b, n) < 0)
			return oserror();
		switch(fs->bits){
		case 12:
			put2(b, c & 1 ? get2(b) & 0xF | v<<4 : get2(b) & 0xF000 | v & 0xFFF);
			break;
		case 16:
			put2(b, v);
			break;
		case 32:
			put4(b, get4(b) & 0xF0000000 | v & 0x0FFFFFFF);
			break;
		}
		if(bcwrite(fs->cache, a, b, n) < 0)
			return oserror();
	}
	return nil;
}

/*
 * Takes up to want clusters that follow each other, the first at near if that is free:
 * *first and *n say which.  They are marked as a chain with its end, not linked to anything.
 */
char*
fatalloc(Dosfs *fs, ulong near, ulong *first, ulong *n, ulong want)
{
	ulong c, i;
	long v;
	char *err;

	if(!goodclust(fs, near))
		near = goodclust(fs, fs->hint) ? fs->hint : 2;
	for(i = 0, c = near; i < fs->nclust; i++, c = c+1 < fs->nclust+2 ? c+1 : 2){
		v = fatget(fs, c);
		if(v < 0)
			return oserror();
		if(v == 0)
			break;
	}
	if(i == fs->nclust)
		return Efull;
	*first = c;
	for(*n = 1; *n < want && goodclust(fs, c+*n); ++*n){
		v = fatget(fs, c+*n);
		if(v < 0)
			return oserror();
		if(v != 0)
			break;
	}
	for(i = 0; i < *n; i++){
		err = fatset(fs, c+i, i+1 < *n ? c+i+1 : fatend(fs));
		if(err != nil){
			while(i-- > 0)
				fatset(fs, c+i, 0);
			return err;
		}
	}
	fs->hint = c+*n-1;
	if(fs->nfree >= 0)
		fs->nfree = fs->nfree > *n ? fs->nfree-*n : 0;
	fs->infodirty = 1;
	return nil;
}

/* gives back a chain; one that is damaged up to where it is */
char*
fatfree(Dosfs *fs, ulong c)
{
	ulong i;
	long next;
	char *err;

	for(i = 0; i < fs->nclust && goodclust(fs, c); i++){
		next = fatget(fs, c);
		if(next < 0)
			return oserror();
		if(next == 0)
			break;		/* somebody else's end, or a circle */
		err = fatset(fs, c, 0);
		if(err != nil)
			return err;
		if(c < fs->hint)
			fs->hint = c;
		if(fs->nfree >= 0 && fs->nfree < fs->nclust)
			fs->nfree++;
		c = next;
	}
	fs->infodirty = 1;
	return nil;
}

/* How many blocks of the tables' copies a chain is in, as it goes; no more than that are counted. */
int
fatblocks(Dosfs *fs, ulong c, int most)
{
	vlong block, last;
	ulong i;
	long v;
	int n;

	n = 0;
	last = -1;
	for(i = 0; i < fs->nclust && goodclust(fs, c) && n < most; i++, c = v){
		block = (fs->fat+place(fs, c))>>fs->cache->shift;
		if(block != last)
			n += fs->onefat >= 0 ? 1 : fs->nfats;
		last = block;
		v = fatget(fs, c);
		if(v < 0)
			return most;
	}
	return n;
}

/* Counts what is free, for a file system that says less than is wanted of it; -1: errstr. */
long
fatcount(Dosfs *fs)
{
	ulong c;
	long v, n;

	n = 0;
	for(c = 2; c < fs->nclust+2; c++){
		v = fatget(fs, c);
		if(v < 0)
			return -1;
		if(v == 0)
			n++;
	}
	fs->nfree = n;
	fs->infodirty = 1;
	return n;
}
