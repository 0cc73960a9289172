/*
 * Where in a file the paq is: it may be the file itself, or somewhere in it, as in a kernel that carries its
 * boot file system.
 */
#include <u.h>
#include <libc.h>
#include "paq.h"

enum
{
	Window	= 64*1024,
	Maxtries = 64,		/* places that look like a beginning: each may cost a walk through the file */
};

ulong
get16(uchar *p)
{
	return p[0]<<8 | p[1];
}

ulong
get32(uchar *p)
{
	return (ulong)get16(p)<<16 | get16(p+2);
}

/* Is there a block's header at p?  Then its size is left in *size. */
int
blockheader(uchar *p, ulong *size)
{
	if(get32(p) == Blockmagic)
		*size = get16(p+4);
	else if(get16(p) == Bigblockmagic)
		*size = get32(p+2);
	else
		return 0;
	return *size <= Maxblock && p[6] <= Tpointer && p[7] <= Edeflate;
}

/* Can a paq begin at p, of which Headerlen+Blocklen bytes are there?  Its size of blocks, or 0. */
static ulong
beginning(uchar *p)
{
	ulong bsize, size;

	if(get32(p) == Headermagic)
		bsize = get16(p+6);
	else if(get16(p) == Bigheadermagic)
		bsize = get32(p+4);
	else
		return 0;
	if(get16(p+2+2*(get32(p) == Headermagic)) != Version || bsize < Minblock || bsize > Maxblock)
		return 0;
	return blockheader(p+Headerlen, &size) ? bsize : 0;
}

/* From block to block to the trailer, which is all that says how long a paq is. */
static int
findtrailer(Paq *q)
{
	uchar buf[Trailerlen];
	vlong at;
	ulong size;

	for(at = Headerlen; at+Trailerlen <= q->size; at += Blocklen+size){
		if(pread(q->fd, buf, Trailerlen, q->start+at) != Trailerlen)
			return -1;
		if(get32(buf) == Trailermagic){
			q->root = get32(buf+4);
			q->size = at;
			return 0;
		}
		if(!blockheader(buf, &size))
			return -1;
	}
	return -1;
}

static int
trypaq(Paq *q, vlong at, ulong bsize, vlong end)
{
	q->start = at;
	q->size = end-at;
	q->bsize = bsize;
	return findtrailer(q);
}

int
findpaq(Paq *q)
{
	static uchar buf[Window];
	vlong at;
	long n, i;
	ulong bsize;
	Dir *d;
	vlong end;
	int tries;

	d = dirfstat(q->fd);
	if(d == nil)
		return -1;
	end = d->length;
	free(d);
	tries = 0;
	for(at = 0; (n = pread(q->fd, buf, Window, at)) >= Headerlen+Blocklen; at += i)
		for(i = 0; i+Headerlen+Blocklen <= n; i++){
			bsize = beginning(buf+i);
			if(bsize == 0)
				continue;
			if(trypaq(q, at+i, bsize, end) == 0)
				return 0;
			if(++tries == Maxtries)
				n = 0;
		}
	if(n < 0)
		return -1;
	werrstr(tries > 0 ? "the paq in it is damaged or cut" : "there is no paq in it");
	return -1;
}
