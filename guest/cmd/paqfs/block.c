/*
 * Blocks of a paq, unpacked, and what files are made of.  Nothing that the file says is believed before it is
 * compared with what there is.
 */
#include <u.h>
#include <libc.h>
#include "paq.h"

enum
{
	Adler	= 65521,
	Sumrun	= 5552,			/* bytes after which the second sum may not fit 32 bits */
};

/* Adler's sum of n bytes at p; the first of its two halves begins with a. */
static ulong
adler32(ulong a, uchar *p, long n)
{
	ulong b;
	long m;

	b = 0;
	while(n > 0){
		m = n < Sumrun ? n : Sumrun;
		n -= m;
		while(--m >= 0){
			a += *p++;
			b += a;
		}
		a %= Adler;
		b %= Adler;
	}
	return b<<16 | a;
}

/*
 * The documents call it the Adler sum of the block, and leave open whether it begins as zlib's does, and whether
 * what fills up the block counts.
 */
static int
sumok(ulong sum, uchar *p, long n, long bsize)
{
	return sum == adler32(1, p, n) || sum == adler32(0, p, n) || sum == adler32(1, p, bsize) || sum == adler32(0, p, bsize);
}

/* Read the block at place into p, bsize bytes; -1 */
static int
loadblock(Paq *q, ulong place, int type, uchar *p)
{
	uchar hdr[Blocklen];
	ulong size;
	long n;

	if(place < Headerlen || place+Blocklen > q->size || pread(q->fd, hdr, Blocklen, q->start+place) != Blocklen
	|| !blockheader(hdr, &size) || hdr[6] != type || size > q->bsize || place+Blocklen+size > q->size){
		werrstr("i/o error: no block where one should be, at byte %lud", place);
		return -1;
	}
	if(pread(q->fd, q->packed, size, q->start+place+Blocklen) != size){
		werrstr("i/o error: %r");
		return -1;
	}
	n = size;
	if(hdr[7] == Enone)
		memmove(p, q->packed, size);
	else
		n = inflate(p, q->bsize, q->packed, size);
	if(n >= 0)
		memset(p+n, 0, q->bsize-n);
	if(n < 0 || !sumok(get32(hdr+8), p, n, q->bsize)){
		werrstr("i/o error: the block at byte %lud is damaged", place);
		return -1;
	}
	return 0;
}

uchar*
readblock(Paq *q, ulong place, int type)
{
	int i, old;

	old = 0;
	for(i = 0; i < Ncache; i++){
		if(q->cache[i].place == place && place != 0 && q->cache[i].type == type){
			q->cache[i].used = ++q->now;
			return q->cache[i].data;
		}
		if(q->cache[i].used < q->cache[old].used)
			old = i;
	}
	if(q->cache[old].data == nil && (q->cache[old].data = malloc(q->bsize)) == nil){
		werrstr("out of memory");
		return nil;
	}
	q->cache[old].place = 0;
	if(loadblock(q, place, type, q->cache[old].data) < 0)
		return nil;
	q->cache[old].place = place;
	q->cache[old].type = type;
	q->cache[old].used = ++q->now;
	return q->cache[old].data;
}

/* n bytes at off of what the pointer block at place leads to, to p; off+n is not beyond its end */
long
readcontents(Paq *q, ulong place, uvlong off, uchar *p, long n)
{
	uchar *b;
	long m, done, skip;

	for(done = 0; done < n; done += m){
		b = readblock(q, place, Tpointer);
		if(b == nil)
			return -1;
		b = readblock(q, get32(b+4*((off+done)/q->bsize)), Tdata);
		if(b == nil)
			return -1;
		skip = (off+done)%q->bsize;
		m = n-done < q->bsize-skip ? n-done : q->bsize-skip;
		memmove(p+done, b+skip, m);
	}
	return n;
}
