/*
 * Data that a file server keeps back: small pieces for places that nothing on the disk leads to
 * yet, so that it does not matter when they come there, as long as it is before what leads to them.
 * They are gathered while each begins where the last ended, and go out in one request.  Who reads or writes
 * such a place beside the cache settles it first; the cache does so itself.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

enum
{
	Behind	= 256*1024,	/* bytes kept back */
	Small	= 16*1024,	/* more is written at once: it is no cheaper later, and who wrote it hears of faults */
	Piece	= 4096,		/* of what is tried again piece by piece */
};

/* One faulty place must not take others with it: those that can be written are.  The first error stays in errstr. */
static int
piecemeal(Bcache *c)
{
	char err[ERRMAX];
	vlong at;
	long o, n, m;
	int bad;

	bad = 0;
	for(o = 0; o < c->nbehind; o += n){
		at = c->behindat+o;
		n = Piece-at%Piece;
		if(n > c->nbehind-o)
			n = c->nbehind-o;
		m = mpwrite(c->fd, c->behind+o, n, at);
		if(m != n && !bad){
			bad = 1;
			bcsayplace("write", at, m);
			rerrstr(err, sizeof err);
		}
	}
	if(bad)
		werrstr("%s", err);
	return bad ? -1 : 0;
}

/* All that is kept back goes out; -1: some of it is lost, and errstr says where and why. */
int
bcsettleall(Bcache *c)
{
	int r;

	if(c->nbehind == 0)
		return 0;
	r = 0;
	if(mpwrite(c->fd, c->behind, c->nbehind, c->behindat) != c->nbehind)
		r = piecemeal(c);
	c->nbehind = 0;
	return r;
}

/* the same, if some of it is among n bytes at addr */
int
bcsettle(Bcache *c, vlong addr, long n)
{
	if(c->nbehind == 0 || addr >= c->behindat+c->nbehind || addr+n <= c->behindat)
		return 0;
	return bcsettleall(c);
}

/* Writes n bytes beside the cache, which learns of them. */
int
bcaround(Bcache *c, vlong addr, void *buf, long n)
{
	long m;
	int r;

	r = bcsettle(c, addr, n);
	m = mpwrite(c->fd, buf, n, addr);
	if(m != n){
		bcsayplace("write", addr, m);
		return -1;
	}
	bcupdate(c, addr, buf, n);
	return r;
}

/* Takes n bytes for addr, where nothing on the disk leads to; they may be written at once, or before the next bcsettleall returns. */
int
bcappend(Bcache *c, vlong addr, void *buf, long n)
{
	vlong end;
	int r;

	if(n > Small || c->behind == nil && (c->behind = malloc(Behind)) == nil)
		return bcaround(c, addr, buf, n);
	bcupdate(c, addr, buf, n);
	r = 0;
	end = c->behindat+c->nbehind;
	if(c->nbehind == 0 || addr < c->behindat || addr > end || addr+n > c->behindat+Behind){
		r = bcsettleall(c);
		c->behindat = end = addr;
	}
	memmove(c->behind+(addr-c->behindat), buf, n);
	if(addr+n > end)
		c->nbehind = addr+n-c->behindat;
	return r;
}
