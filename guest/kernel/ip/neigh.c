/*
 * Neighbours: whose hardware address is whose, for IPv4 (RFC 826) and IPv6 (RFC 4861,
 * 7.3) alike.  An entry is asked for, known, or fixed by hand.  While it is asked for a few
 * packets wait; what is known is asked for again, of the neighbour itself, when it has
 * been used long after it was last confirmed.  The table is bounded: what was used least
 * recently goes.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Maxneigh	= 512,
	Maxheld		= 8,		/* packets that wait for one */
	Tries		= 4,
	Second		= 1000,		/* ms between questions */
	Fresh		= 60*1000,	/* ms for which an answer is not doubted */
	Failed		= 3*1000,	/* ms for which no answer is one */

	Wait	= 1,
	Known,
	Fixed,
	Silent,
};

struct Neigh {
	Neigh	*next;
	Ifc	*ifc;
	Ipaddr	ip;
	uchar	mac[Maxmac];
	int	state;
	int	tries;
	uvlong	asked;			/* ms */
	uvlong	confirmed;
	uvlong	used;
	Block	*held[Maxheld];
	int	nheld;
};

static Neigh**
neighof(Ifc *ifc, Ipaddr *a)
{
	Neigh **l, *n;
	Ip *f;

	f = ifc->f;
	for(l = &f->neigh[(a->b[15] ^ a->b[14]) % nelem(f->neigh)]; (n = *l) != nil; l = &n->next)
		if(n->ifc == ifc && ipeq(&n->ip, a))
			break;
	return l;
}

static void
dropheld(Neigh *n)
{
	while(n->nheld > 0)
		freeblist(n->held[--n->nheld]);
}

static void
removeneigh(Ip *f, Neigh **l)
{
	Neigh *n;

	n = *l;
	*l = n->next;
	dropheld(n);
	free(n);
	f->nneigh--;
}

static void
evict(Ip *f)
{
	Neigh **l, **worst;
	uvlong age, top;
	int i;

	worst = nil;
	top = 0;
	for(i = 0; i < nelem(f->neigh); i++)
		for(l = &f->neigh[i]; *l != nil; l = &(*l)->next){
			if((*l)->state == Fixed)
				continue;
			/* what never answered counts as old: a scan must not push out those that did */
			age = f->now - (*l)->used + ((*l)->state == Known? 1: Fresh);
			if(age > top){
				top = age;
				worst = l;
			}
		}
	if(worst != nil)
		removeneigh(f, worst);
}

static Neigh*
newneigh(Ifc *ifc, Ipaddr *a, int state)
{
	Neigh *n, **l;
	Ip *f;

	f = ifc->f;
	if(f->nneigh >= Maxneigh)
		evict(f);
	n = mallocz(sizeof *n, 1);
	if(n == nil)
		return nil;
	l = neighof(ifc, a);
	n->ifc = ifc;
	n->ip = *a;
	n->state = state;
	n->used = f->now;
	n->next = *l;
	*l = n;
	f->nneigh++;
	return n;
}

static void
ask(Neigh *n)
{
	uchar *mac;

	mac = n->state == Known? n->mac: nil;
	n->asked = n->ifc->f->now;
	n->tries++;
	if(isv4(&n->ip))
		arpask(n->ifc, &n->ip, mac);
	else
		ndask(n->ifc, &n->ip, mac);
}

/*
 * Packets for somebody who does not answer: their senders are told.  That may send
 * packets of its own and so change the table.
 */
static void
unreachable(Ifc *ifc, Block **held, int k)
{
	Block *b;
	Ip *f;
	Rx rx;
	int i;

	f = ifc->f;
	for(i = 0; i < k; i++){
		b = pktpull(held[i], V4hdr);
		if(b == nil)
			continue;
		memset(&rx, 0, sizeof rx);
		rx.ifc = ifc;
		if(b->rp[0]>>4 == 4){
			rx.v = 4;
			rx.proto = b->rp[9];
			rx.hlen = (b->rp[0] & 0xF)*4;
			v4to(&rx.src, b->rp+12);
			v4to(&rx.dst, b->rp+16);
			icmperror(f, b, &rx, 3, 1, 0);
		}else if((b = pktpull(b, V6hdr)) != nil){
			rx.v = 6;
			rx.proto = b->rp[6];
			rx.hlen = V6hdr;
			memmove(&rx.src, b->rp+8, 16);
			memmove(&rx.dst, b->rp+24, 16);
			icmp6error(f, b, &rx, 1, 3, 0);
		}
	}
}

/* Take what n holds; the caller has it then. */
static int
takeheld(Neigh *n, Block **held)
{
	int k;

	k = n->nheld;
	memmove(held, n->held, k*sizeof held[0]);
	n->nheld = 0;
	return k;
}

static Neigh*
mourned(Ip *f)
{
	Neigh *n;
	int i;

	for(i = 0; i < nelem(f->neigh); i++)
		for(n = f->neigh[i]; n != nil; n = n->next)
			if(n->state == Silent && n->nheld > 0)
				return n;
	return nil;
}

/* Give up the packets for all that do not answer. */
static void
bury(Ip *f)
{
	Block *held[Maxheld];
	Neigh *n;
	int k;

	while((n = mourned(f)) != nil){
		k = takeheld(n, held);
		unreachable(n->ifc, held, k);
	}
}

/* Once a second while anything is asked for. */
static void
neighscan(void *a)
{
	Ip *f;
	Neigh *n, **l;
	Lifc *li;
	int i, busy;

	f = a;
	busy = 0;
	for(i = 0; i < nelem(f->neigh); i++)
		for(l = &f->neigh[i]; (n = *l) != nil;){
			if(n->state == Silent && f->now - n->asked > Failed){
				removeneigh(f, l);
				continue;
			}
			if((n->state == Wait || n->state == Known && n->tries > 0) && f->now - n->asked >= Second-10){
				if(n->tries < Tries)
					ask(n);
				else{
					n->state = n->state == Known? Wait: Silent;
					n->tries = 0;
					if(n->state == Wait)
						ask(n);
				}
			}
			busy |= n->state == Wait || n->state == Silent || n->tries > 0;
			l = &n->next;
		}
	bury(f);
	for(i = 0; i < f->nifc; i++)
		for(li = f->ifc[i]->lifc; li != nil; li = li->next)
			if(li->tentative){	/* RFC 4862, 5.4: nobody has objected */
				if(f->now - li->origin >= Second)
					li->tentative = 0;
				else
					busy = 1;
			}
	if(busy)
		neighsoon(f);
}

void
neighsoon(Ip *f)
{
	f->neightick.f = neighscan;
	f->neightick.arg = f;
	if(!f->neightick.on)
		tickset(f, &f->neightick, Second);
}

/* Send a packet to the next hop, now or when its address is known. */
void
neighsend(Ifc *ifc, Block *b, int version, Ipaddr *hop)
{
	Block *held[Maxheld];
	Neigh *n;
	Ip *f;
	int k;

	f = ifc->f;
	n = *neighof(ifc, hop);
	if(n == nil)
		n = newneigh(ifc, hop, Wait);
	if(n == nil){
		ifc->outerr++;
		freeblist(b);
		return;
	}
	n->used = f->now;
	if(n->state == Known || n->state == Fixed){
		if(n->state == Known && n->tries == 0 && f->now - n->confirmed > Fresh){
			ask(n);
			neighsoon(f);
		}
		etherframe(ifc, b, n->mac, version == 4? 0x0800: 0x86DD);
		return;
	}
	if(n->nheld == Maxheld || n->state == Silent && n->nheld > 0){
		freeblist(n->held[0]);
		memmove(n->held, n->held+1, --n->nheld*sizeof n->held[0]);
		ifc->outerr++;
	}
	n->held[n->nheld++] = b;
	if(n->state == Silent){
		k = takeheld(n, held);
		unreachable(ifc, held, k);
		return;
	}
	if(n->tries == 0)
		ask(n);
	neighsoon(f);
}

/* Somebody says that an address is that of mac. */
void
neighlearn(Ifc *ifc, Ipaddr *a, uchar *mac, int create)
{
	Neigh *n;
	Block *held[Maxheld];
	Ip *f;
	int i, k;

	f = ifc->f;
	if(mac[0] & 1 || ismcast(a) || isany(a) || routetype(f, a) != 0)
		return;
	n = *neighof(ifc, a);
	if(n == nil){
		if(!create || (n = newneigh(ifc, a, Known)) == nil)
			return;
	}
	if(n->state == Fixed)
		return;
	memmove(n->mac, mac, ifc->m->maclen);
	n->state = Known;
	n->confirmed = f->now;
	n->tries = 0;
	k = takeheld(n, held);
	for(i = 0; i < k; i++)
		etherframe(ifc, held[i], mac, isv4(a)? 0x0800: 0x86DD);
}

/* The interface is not bound any more. */
void
neighgone(Ifc *ifc)
{
	Neigh **l;
	Ip *f;
	int i;

	f = ifc->f;
	for(i = 0; i < nelem(f->neigh); i++)
		for(l = &f->neigh[i]; *l != nil;)
			if((*l)->ifc == ifc)
				removeneigh(f, l);
			else
				l = &(*l)->next;
}

/* The file arp: ip(3). */
char*
neightext(Ip *f, char *s, char *e)
{
	char mac[2*Maxmac+1], *p;
	Neigh *n;
	int i, j;

	for(i = 0; i < nelem(f->neigh); i++)
		for(n = f->neigh[i]; n != nil; n = n->next){
			p = mac;
			for(j = 0; j < n->ifc->m->maclen; j++)
				p = seprint(p, mac+sizeof mac, "%2.2ux", n->mac[j]);
			s = seprint(s, e, "%-6.6s %-8.8s %-40.40I %-32.32s\n", n->ifc->m->name,
				n->state == Known || n->state == Fixed? "OK": "WAIT", &n->ip, mac);
		}
	return s;
}

static char*
addctl(Ip *f, char **w, int n)
{
	Neigh *nb;
	Route *r;
	Ipaddr a;
	uchar mac[Maxmac];

	if(n < 3 || n > 4)
		return Ecmdargs;
	w += n-2;			/* the medium is known from the address */
	if(parseip(w[0], &a) < 0)
		return Ebadip;
	r = routefind(f, &a);
	if(r == nil || (r->type & Rifc) == 0 || r->ifc->m->maclen == 0)
		return "destination is not on a directly attached network";
	if(parsemac(w[1], mac, r->ifc->m->maclen) < 0)
		return "bad ethernet address";
	nb = *neighof(r->ifc, &a);
	if(nb == nil)
		nb = newneigh(r->ifc, &a, Wait);
	if(nb == nil)
		return Enomem;
	neighlearn(r->ifc, &a, mac, 1);
	nb->state = Fixed;
	return nil;
}

/* What is written to arp: add [MEDIUM] IP MAC, del IP, flush. */
char*
neighctl(Ip *f, char **w, int n)
{
	Neigh **l;
	Ipaddr a;
	int i, gone, all;

	if(strcmp(w[0], "add") == 0)
		return addctl(f, w, n);
	all = strcmp(w[0], "flush") == 0;
	if(!all && strcmp(w[0], "del") != 0)
		return "unknown control request";
	if(!all && n != 2)
		return Ecmdargs;
	if(!all && parseip(w[1], &a) < 0)
		return Ebadip;
	gone = 0;
	for(i = 0; i < nelem(f->neigh); i++)
		for(l = &f->neigh[i]; *l != nil;)
			if(all || ipeq(&(*l)->ip, &a)){
				removeneigh(f, l);
				gone++;
			}else
				l = &(*l)->next;
	return all || gone? nil: "no such address";
}
