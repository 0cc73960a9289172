/*
 * The SCSI commands that programs send through a unit's raw file, done by what
 * every unit can do: read, write, flush.  Others are answered as a disk answers
 * what it does not know, by CHECK CONDITION.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "sd.h"

enum
{
	Ctestready	= 0x00,
	Csense		= 0x03,
	Cread6		= 0x08,
	Cwrite6		= 0x0A,
	Cinquiry	= 0x12,
	Cstartstop	= 0x1B,
	Ccapacity10	= 0x25,
	Cread10		= 0x28,
	Cwrite10	= 0x2A,
	Csync10		= 0x35,
	Cread16		= 0x88,
	Cwrite16	= 0x8A,
	Csync16		= 0x91,
	Cservicein16	= 0x9E,
	Scapacity16	= 0x10,

	Kmedium		= 3,	/* sense keys */
	Killegal	= 5,
	Kprotected	= 7,

	Abadop		= 0x20,	/* what more */
	Arange		= 0x21,
	Abadcdb		= 0x24,
	Awp		= 0x27,
};

static uvlong
getbe(uchar *p, int n)
{
	uvlong v;

	for(v = 0; n > 0; n--)
		v = v<<8 | *p++;
	return v;
}

static void
putbe(uchar *p, int n, uvlong v)
{
	while(--n >= 0){
		p[n] = v;
		v >>= 8;
	}
}

static long
check(SDunit *u, int key, int asc)
{
	u->status = SDcheck;
	u->sense[0] = key;
	u->sense[1] = asc;
	return 0;
}

/* as much of the answer as fits */
static long
answer(void *va, long n, uchar *buf, long len)
{
	if(n > len)
		n = len;
	memmove(va, buf, n);
	return n;
}

static long
inquiry(SDunit *u, void *va, long n)
{
	uchar buf[36];

	memset(buf, 0, sizeof buf);
	buf[2] = 2;
	buf[3] = 2;
	buf[4] = sizeof buf-5;
	memmove(buf+8, u->inquiry, SDinqlen);
	return answer(va, n, buf, sizeof buf);
}

static long
sense(SDunit *u, void *va, long n)
{
	uchar buf[18];

	memset(buf, 0, sizeof buf);
	buf[0] = 0x70;
	buf[2] = u->sense[0];
	buf[7] = sizeof buf-8;
	buf[12] = u->sense[1];
	u->sense[0] = u->sense[1] = 0;
	return answer(va, n, buf, sizeof buf);
}

static long
capacity(SDunit *u, int bytes, void *va, long n)
{
	uchar buf[32];
	uvlong last;

	last = u->sectors-1;
	if(bytes == 4 && last > 0xFFFFFFFF)
		last = 0xFFFFFFFF;
	memset(buf, 0, sizeof buf);
	putbe(buf, bytes, last);
	putbe(buf+bytes, 4, u->secsize);
	return answer(va, n, buf, bytes == 4? 8: sizeof buf);
}

static long
transfer(SDunit *u, int write, int datawrite, uvlong lba, uvlong count, void *va, long n)
{
	if(write && u->rdonly)
		return check(u, Kprotected, Awp);
	if(lba > u->sectors || count > u->sectors-lba)
		return check(u, Killegal, Arange);
	if(write != datawrite || count*u->secsize > n)
		return check(u, Killegal, Abadcdb);
	n = count*u->secsize;
	if(waserror()){
		if(strcmp(up->errstr, Ebadarg) == 0 || strcmp(up->errstr, Eintr) == 0)
			nexterror();
		return check(u, Kmedium, 0);
	}
	sdio(u, write, va, n, lba*u->secsize, u->sectors*u->secsize);
	poperror();
	return n;
}

/*
 * Do the command in u->cdb; write says which way the caller's n bytes at va go.  Returns how
 * many moved, and leaves u->status.
 */
long
sdscsi(SDunit *u, int write, void *va, long n)
{
	uchar *c;
	uvlong count;

	c = u->cdb;
	u->status = SDok;
	if(c[0] == Csense)
		return write? check(u, Killegal, Abadcdb): sense(u, va, n);
	u->sense[0] = u->sense[1] = 0;
	switch(c[0]){
	case Ctestready:
	case Cstartstop:
		return 0;
	case Cinquiry:
		if(write || c[1] & 1)
			return check(u, Killegal, Abadcdb);
		return inquiry(u, va, n < c[4]? n: c[4]);
	case Ccapacity10:
		return write? check(u, Killegal, Abadcdb): capacity(u, 4, va, n);
	case Cservicein16:
		if(write || (c[1] & 0x1F) != Scapacity16)
			return check(u, Killegal, Abadcdb);
		return capacity(u, 8, va, n);
	case Cread6:
	case Cwrite6:
		count = c[4] == 0? 256: c[4];
		return transfer(u, c[0] == Cwrite6, write, getbe(c+1, 3) & 0x1FFFFF, count, va, n);
	case Cread10:
	case Cwrite10:
		return transfer(u, c[0] == Cwrite10, write, getbe(c+2, 4), getbe(c+7, 2), va, n);
	case Cread16:
	case Cwrite16:
		return transfer(u, c[0] == Cwrite16, write, getbe(c+2, 8), getbe(c+10, 4), va, n);
	case Csync10:
	case Csync16:
		if(waserror())
			return check(u, Kmedium, 0);
		sdsync(u);
		poperror();
		return 0;
	}
	return check(u, Killegal, Abadop);
}
