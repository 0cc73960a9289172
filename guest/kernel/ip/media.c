/*
 * The media that need no hardware: loopback, null, and pkt, whose other side is
 * a program that reads and writes packets at the interface's data file.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

static void
loopout(Ifc *ifc, Block *b, int version, Ipaddr *hop)
{
	USED(version, hop);
	iploop(ifc->f, ifc, b);
}

Medium loopmedium = {
	.name = "loopback",
	.mintu = 68,
	.maxtu = Maxpkt,
	.out = loopout,
};

static void
nullout(Ifc *ifc, Block *b, int version, Ipaddr *hop)
{
	USED(ifc, version, hop);
	freeblist(b);
}

Medium nullmedium = {
	.name = "null",
	.mintu = 68,
	.maxtu = 64*1024,
	.out = nullout,
};

static void
pktout(Ifc *ifc, Block *b, int version, Ipaddr *hop)
{
	USED(version, hop);
	b = pktflat(b);
	if(b == nil || convput(ifc->c, b) < 0)
		ifc->outerr++;
}

Medium pktmedium = {
	.name = "pkt",
	.mintu = 68,
	.maxtu = 64*1024,
	.out = pktout,
	.unbindonclose = 1,
};
