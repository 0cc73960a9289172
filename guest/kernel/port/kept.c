/*
 * /dev/caches: what the kernel has in use, and how much of that it keeps only because it may
 * be wanted again.  The difference is what somebody needs: a test that finds it grown has found a
 * leak.  Each cache is bounded; its own file says by what, and cons(3) the same for users.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "kept.h"

static struct
{
	char	*name;
	void	(*fill)(Kept*);
} parts[] = {
	{ "malloc",	mallockept },	/* all of it; the others are the caches in it */
	{ "processes",	prockept },
	{ "spaces",	spacekept },
	{ "images",	imagekept },
	{ "channels",	chankept },
	{ "names",	pathkept },
	{ "blocks",	blockkept },
	{ "mounts",	mntkept },
	{ "readahead",	sdkept },
};

/* A line each: number, bytes of malloc, pages beside malloc (of the first line: malloc's), name. */
long
cachesread(Chan*, void *va, long n, vlong off)
{
	char buf[nelem(parts)*64], *p;
	Kept k;
	int i;

	p = buf;
	for(i = 0; i < nelem(parts); i++){
		memset(&k, 0, sizeof k);
		parts[i].fill(&k);
		p = seprint(p, buf+sizeof buf, "%11lud %11lud %11lud %s\n", k.n, k.bytes, k.pages, parts[i].name);
	}
	return readstr(off, va, n, buf);
}
