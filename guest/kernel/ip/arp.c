/*
 * ARP for IPv4 over Ethernet: RFC 826, with what RFC 5227 says of probes and
 * announcements.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Arplen	= 28,
	Mac	= 6,
	Request	= 1,
	Reply	= 2,

	/* places in a packet */
	Op	= 6,
	Sha	= 8,
	Spa	= 14,
	Tha	= 18,
	Tpa	= 24,
};

static uchar everybody[Mac] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

static void
sendarp(Ifc *ifc, int op, Ipaddr *src, Ipaddr *dst, uchar *tha, uchar *to)
{
	Block *b;
	uchar *p;

	b = pktalloc(Arplen+64);
	if(b == nil)
		return;
	p = b->wp;
	put2(p, 1);
	put2(p+2, 0x0800);
	p[4] = Mac;
	p[5] = 4;
	put2(p+Op, op);
	memmove(p+Sha, ifc->mac, Mac);
	memmove(p+Spa, src->b+V4off, 4);
	memmove(p+Tha, tha, Mac);
	memmove(p+Tpa, dst->b+V4off, 4);
	b->wp += Arplen;
	etherframe(ifc, b, to, 0x0806);
}

/* Whose address is a?  Asked of everybody, or of mac. */
void
arpask(Ifc *ifc, Ipaddr *a, uchar *mac)
{
	static uchar nobody[Mac];
	Lifc *l, *best;
	Ipaddr net;

	best = nil;
	for(l = ifc->lifc; l != nil; l = l->next){
		if(!isv4(&l->local) || l->tentative)
			continue;
		maskip(&net, a, &l->mask);
		if(best == nil || ipeq(&net, &l->net))
			best = l;
	}
	if(best != nil)
		sendarp(ifc, Request, &best->local, a, nobody, mac != nil? mac: everybody);
}

/* Tell everybody that a is ours, or ask, without saying so, whether it is somebody's. */
void
arpannounce(Ifc *ifc, Ipaddr *a, int probe)
{
	static uchar nobody[Mac];

	sendarp(ifc, Request, probe? &v4any: a, a, nobody, everybody);
}

/* An ARP packet; b->rp is behind the Ethernet header. */
void
arpin(Ifc *ifc, Block *b)
{
	Ipaddr src, dst;
	Lifc *l;
	uchar *p;
	int op;

	if(blocklen(b) < Arplen || (b = pktpull(b, Arplen)) == nil){
		ifc->inerr++;
		freeblist(b);
		return;
	}
	p = b->rp;
	op = get2(p+Op);
	if(get2(p) != 1 || get2(p+2) != 0x0800 || p[4] != Mac || p[5] != 4 || op != Request && op != Reply
	|| p[Sha] & 1){
		ifc->inerr++;
		freeblist(b);
		return;
	}
	if(memcmp(p+Sha, ifc->mac, Mac) == 0){		/* our own, come back */
		freeblist(b);
		return;
	}
	v4to(&src, p+Spa);
	v4to(&dst, p+Tpa);
	l = ifclocal(ifc, &src);
	if(l == nil && isany(&src) && (l = ifclocal(ifc, &dst)) != nil && !l->tentative)
		l = nil;
	if(l != nil && !isany(&l->local))
		ndconflict(ifc, l, p+Sha);
	l = ifclocal(ifc, &dst);
	if(!isany(&src))
		neighlearn(ifc, &src, p+Sha, l != nil && !l->tentative);
	if(l != nil && !l->tentative && op == Request && !isany(&dst))
		sendarp(ifc, Reply, &dst, &src, p+Sha, p+Sha);
	freeblist(b);
}
