/*
 * The medium Ethernet: RFC 894, RFC 2464.  Frames come by etherin and go by the
 * interface's xmit, which the kernel (devether's conversations) or a test's wire
 * supplies with etherbind.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Mac	= 6,
	Minframe = 60,
	ETIP4	= 0x0800,
	ETARP	= 0x0806,
	ETIP6	= 0x86DD,
};

typedef struct Left Left;

/* A group's hardware address, which somebody leaves. */
struct Left {
	Ifc	*ifc;
	uchar	mac[Mac];
	int	members;	/* who still wants it */
};

static uchar everybody[Mac] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

/* Send b, a packet, to a hardware address. */
void
etherframe(Ifc *ifc, Block *b, uchar *dst, int type)
{
	Block *nb;
	uchar *p;
	int n;

	b = pktpush(b, Ethhdr);
	if(b == nil){
		ifc->outerr++;
		return;
	}
	p = b->rp;
	memmove(p, dst, Mac);
	memmove(p+Mac, ifc->mac, Mac);
	put2(p+2*Mac, type);
	n = blocklen(b);
	if(n < Minframe){
		if(b->next != nil || b->lim - b->wp < Minframe-n){
			nb = pktalloc(Minframe);
			if(nb != nil)
				for(Block *q = b; q != nil; q = q->next){
					memmove(nb->wp, q->rp, BLEN(q));
					nb->wp += BLEN(q);
				}
			freeblist(b);
			b = nb;
			if(b == nil)
				return;
		}
		memset(b->wp, 0, Minframe-n);
		b->wp += Minframe-n;
	}
	ifc->xmit(ifc, b);
}

/* the hardware's group of a multicast address: RFC 1112, 6.4; RFC 2464, 7 */
static void
groupmac(Ipaddr *a, uchar *mac)
{
	if(isv4(a)){
		mac[0] = 1;
		mac[1] = 0;
		mac[2] = 0x5E;
		mac[3] = a->b[13] & 0x7F;
	}else{
		mac[0] = mac[1] = 0x33;
		mac[2] = a->b[12];
		mac[3] = a->b[13];
	}
	mac[4] = a->b[14];
	mac[5] = a->b[15];
}

static int
isbroadcast(Ifc *ifc, Ipaddr *a)
{
	Lifc *l;
	int i;

	if(ipeq(a, &v4bcast))
		return 1;
	for(l = ifc->lifc; l != nil; l = l->next){
		if(!isv4(&l->local) || masklen(&l->mask) >= 127)
			continue;
		for(i = 0; i < 4; i++)
			if(a->w[i] != (l->net.w[i] | ~l->mask.w[i]))
				break;
		if(i == 4 || ipeq(a, &l->net))
			return 1;
	}
	return 0;
}

static void
etherout(Ifc *ifc, Block *b, int version, Ipaddr *hop)
{
	uchar mac[Mac];

	if(version == 4 && isbroadcast(ifc, hop))
		etherframe(ifc, b, everybody, ETIP4);
	else if(ismcast(hop)){
		groupmac(hop, mac);
		etherframe(ifc, b, mac, version == 4? ETIP4: ETIP6);
	}else
		neighsend(ifc, b, version, hop);
}

/* A frame from the wire: with its header, perhaps padded, perhaps not for us. */
void
etherin(Ifc *ifc, Block *b)
{
	int type;

	if(ifc->m == nil || blocklen(b) < Ethhdr || (b = pktpull(b, Ethhdr)) == nil){
		ifc->inerr++;
		freeblist(b);
		return;
	}
	if((b->rp[0] & 1) == 0 && memcmp(b->rp, ifc->mac, Mac) != 0){
		freeblist(b);		/* somebody else's, seen because a card listens to all */
		return;
	}
	type = get2(b->rp+12);
	b->rp += Ethhdr;
	b->flag &= Btcpck|Budpck|Blong;	/* what the driver may know */
	if(type == ETARP)
		arpin(ifc, b);
	else if(type == ETIP4 || type == ETIP6){
		while(BLEN(b) == 0 && b->next != nil){
			Block *nb = b->next;
			freeb(b);
			b = nb;
		}
		/* RFC 894: the type says which version, and must not lie */
		if(BLEN(b) == 0 || b->rp[0]>>4 != (type == ETIP4? 4: 6)){
			ifc->inerr++;
			freeblist(b);
			return;
		}
		ipin(ifc, b);
	}else
		freeblist(b);
}

static void
etherjoin(Ifc *ifc, Ipaddr *a)
{
	uchar mac[Mac];

	groupmac(a, mac);
	ethermulti(ifc, mac, 1);
}

static void
member(Route *r, void *a)
{
	uchar mac[Mac];
	Left *l;

	l = a;
	if((r->type & Rmulti) == 0 || r->ifc != l->ifc)
		return;
	groupmac(&r->dst, mac);
	if(memcmp(mac, l->mac, Mac) == 0)
		l->members++;
}

/* A group may have other members, and other groups the same hardware address. */
static void
etherleave(Ifc *ifc, Ipaddr *a)
{
	Left l;

	l.ifc = ifc;
	l.members = 0;
	groupmac(a, l.mac);
	routewalk(ifc->f, member, &l);
	if(l.members == 0)
		ethermulti(ifc, l.mac, 0);
}

Medium ethermedium = {
	.name = "ether",
	.hlen = Ethhdr,
	.mintu = 60,
	.maxtu = 1514,
	.maclen = Mac,
	.devices = 1,
	.bind = etherbind,
	.unbind = etherunbind,
	.out = etherout,
	.join = etherjoin,
	.leave = etherleave,
};

Medium gbemedium = {
	.name = "gbe",
	.hlen = Ethhdr,
	.mintu = 60,
	.maxtu = 9014,
	.maclen = Mac,
	.devices = 1,
	.bind = etherbind,
	.unbind = etherunbind,
	.out = etherout,
	.join = etherjoin,
	.leave = etherleave,
};
