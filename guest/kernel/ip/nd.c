/*
 * IPv6 neighbour discovery, RFC 4861, and whether a new address is free, RFC 4862, 5.4.
 * Routers' advertisements are for programs, who read them from icmpv6 and write what
 * follows to ipifc and iproute; here they only tell a router's hardware address.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Rsolicit	= 133,
	Radvert		= 134,
	Solicit		= 135,
	Advert		= 136,
	Redirect	= 137,

	Hops		= 255,		/* 7.1: so that nobody beyond a router can take part */
	Msglen		= 24,
	Srclla		= 1,		/* options */
	Tgtlla		= 2,
	Override	= 0x20,
	Solicited	= 0x40,
};

/* A message with a target and, if mac is not nil, one option. */
static Block*
message(int type, int flags, Ipaddr *target, int opt, uchar *mac)
{
	Block *b;
	uchar *p;

	b = pktalloc(Msglen+8);
	if(b == nil)
		return nil;
	p = b->wp;
	memset(p, 0, Msglen+8);
	p[0] = type;
	p[4] = flags;
	memmove(p+8, target->b, 16);
	b->wp += Msglen;
	if(mac != nil){
		p[Msglen] = opt;
		p[Msglen+1] = 1;
		memmove(p+Msglen+2, mac, 6);
		b->wp += 8;
	}
	return b;
}

/* An address of ours to speak from: link local if there is one. */
static Lifc*
speaker(Ifc *ifc)
{
	Lifc *l, *best;

	best = nil;
	for(l = ifc->lifc; l != nil; l = l->next){
		if(isv4(&l->local) || l->tentative || isany(&l->local))
			continue;
		if(best == nil || islinklocal(&l->local))
			best = l;
	}
	return best;
}

/* Whose address is a?  Asked of all who may have it, or of the one thought to. */
void
ndask(Ifc *ifc, Ipaddr *a, uchar *mac)
{
	Ipaddr dst;
	Lifc *l;
	Block *b;

	l = speaker(ifc);
	if(l == nil)
		return;
	b = message(Solicit, 0, a, Srclla, ifc->mac);
	if(b == nil)
		return;
	if(mac != nil)
		dst = *a;
	else
		solicited(&dst, a);
	icmp6send(ifc, b, &l->local, &dst, Hops);
}

static void
advertise(Ifc *ifc, Ipaddr *target, Ipaddr *to)
{
	Block *b;
	int flags;

	flags = Override;
	if(!isany(to) && !ismcast(to))
		flags |= Solicited;
	b = message(Advert, flags, target, Tgtlla, ifc->mac);
	if(b != nil)
		icmp6send(ifc, b, target, flags & Solicited? to: &allnodes, Hops);
}

/* An address is new: tell the others, or, if it is tentative, ask them. */
void
ndtry(Ifc *ifc, Lifc *l)
{
	Ipaddr dst;
	Block *b;

	if(isv4(&l->local))
		arpannounce(ifc, &l->local, l->tentative);
	else if(!l->tentative)
		advertise(ifc, &l->local, &allnodes);
	else{
		b = message(Solicit, 0, &l->local, 0, nil);
		solicited(&dst, &l->local);
		if(b != nil)
			icmp6send(ifc, b, &noaddr, &dst, Hops);
	}
	if(l->tentative)
		neighsoon(ifc->f);
}

/* Somebody else uses an address of ours.  One that was only tried is given up. */
void
ndconflict(Ifc *ifc, Lifc *l, uchar *mac)
{
	Ipaddr a, mask;

	iplog(ifc->f, Logarp, &l->local, "%I: also used by %2.2ux%2.2ux%2.2ux%2.2ux%2.2ux%2.2ux\n", &l->local,
		mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if(l->tentative){
		a = l->local;
		mask = l->mask;
		ifcremove(ifc, &a, &mask);
	}
}

/* The hardware address in an option of a type, or nil; -1 in *bad if options are malformed. */
static uchar*
lladdr(uchar *p, uchar *e, int type, int *bad)
{
	uchar *mac;
	int n;

	mac = nil;
	*bad = 0;
	while(p < e){
		if(e-p < 2 || (n = p[1]*8) == 0 || n > e-p){
			*bad = 1;
			return nil;
		}
		if(p[0] == type && n == 8)
			mac = p+2;
		p += n;
	}
	return mac;
}

static void
solicit(Ifc *ifc, Rx *rx, Ipaddr *target, uchar *mac)
{
	Lifc *l;

	l = ifclocal(ifc, target);
	if(l == nil || ismcast(target))
		return;
	if(l->tentative){
		if(isany(&rx->src))
			ndconflict(ifc, l, mac != nil? mac: ifc->mac);
		return;
	}
	if(mac != nil && !isany(&rx->src))
		neighlearn(ifc, &rx->src, mac, 1);
	advertise(ifc, target, &rx->src);
}

static void
advert(Ifc *ifc, Ipaddr *target, uchar *mac)
{
	Lifc *l;

	if(ismcast(target) || mac == nil)
		return;
	l = ifclocal(ifc, target);
	if(l != nil)
		ndconflict(ifc, l, mac);
	else
		neighlearn(ifc, target, mac, 0);
}

void
ndin(Ip *f, Block *b, Rx *rx, int type)
{
	Ifc *ifc;
	Ipaddr target;
	uchar *p, *mac;
	int bad, off;

	USED(f);
	ifc = rx->ifc;
	p = b->rp;
	if(ifc->m->maclen == 0 || type < Rsolicit || type > Advert || rx->ttl != Hops || p[1] != 0)
		return;
	off = type == Rsolicit? 8: type == Radvert? 16: Msglen;
	if(BLEN(b) < off)
		return;
	mac = lladdr(p+off, b->wp, type == Advert? Tgtlla: Srclla, &bad);
	if(bad)
		return;
	memmove(&target, p+8, 16);
	switch(type){
	case Solicit:
		solicit(ifc, rx, &target, mac);
		break;
	case Advert:
		advert(ifc, &target, mac);
		break;
	default:
		if(mac != nil && !isany(&rx->src))
			neighlearn(ifc, &rx->src, mac, type == Radvert);
	}
}
