/*
 * #r: the clock that goes on while no kernel runs, in /dev/rtc.  It is the host's, whatever
 * has been written to /dev/time here, and so it is set there.  There is no nvram.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Qdir,
	Qrtc,
};

static Dirtab rtcdir[] = {
	{ ".",		{ Qdir, 0, QTDIR },	0,		DMDIR|0555 },
	{ "rtc",	{ Qrtc },		NUMSIZE,	0644 },
};

static Chan*
rtcattach(char *spec)
{
	return devattach('r', spec);
}

static void
rtcclose(Chan *c)
{
	USED(c);
}

static long
rtcread(Chan *c, void *va, long n, vlong off)
{
	if(c->qid.type & QTDIR)
		return tabdirread(c, va, n);
	return readnum(off, va, n, hostns()/1000000000ULL, NUMSIZE);
}

static long
rtcwrite(Chan *c, void *va, long n, vlong off)
{
	USED(c, va, n, off);
	error("the clock is the host's: set it there, or /dev/time here");
}

Dev rtcdevtab = {
	.dc	= 'r',
	.name	= "rtc",
	.reset	= devreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= rtcattach,
	.walk	= tabwalk,
	.stat	= tabstat,
	.open	= tabopen,
	.create	= devcreate,
	.close	= rtcclose,
	.read	= rtcread,
	.bread	= devbread,
	.write	= rtcwrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
	.tab	= rtcdir,
	.ntab	= nelem(rtcdir),
};
