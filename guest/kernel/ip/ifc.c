/*
 * Interfaces: the protocol ipifc, whose conversations are bound to a medium and
 * have addresses.  An interface lives as long as it is bound, open or not.  Its
 * addresses are kept twice: here as a list, and in the routing trie, which is
 * asked for each packet.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

#define Forever	0xFFFFFFFFu	/* s: a lifetime without end */

enum {
	Maxlifc	= 64,		/* addresses of an interface */
	Maxjoin	= 2048,		/* routes, beyond which conversations join no more groups: half of what there may be */
};

Medium *media[] = {
	&loopmedium,
	&ethermedium,
	&gbemedium,


	&nullmedium,
	&pktmedium,
	nil,
};

static char Enotbound[] = "interface not yet bound to device";
static char Ebadmask[] = "bad ip mask";

Lifc*
ifclocal(Ifc *ifc, Ipaddr *a)
{
	Lifc *l;

	for(l = ifc->lifc; l != nil; l = l->next)
		if(ipeq(&l->local, a))
			return l;
	return nil;
}

Ifc*
ifcbyaddr(Ip *f, Ipaddr *a)
{
	int i;

	for(i = 0; i < f->nifc; i++)
		if(f->ifc[i]->m != nil && ifclocal(f->ifc[i], a) != nil)
			return f->ifc[i];
	return nil;
}

/* the multicast address that asks for a host: RFC 4291, 2.7.1 */
void
solicited(Ipaddr *to, Ipaddr *a)
{
	memset(to, 0, sizeof *to);
	to->b[0] = 0xFF;
	to->b[1] = 2;
	to->b[11] = 1;
	to->b[12] = 0xFF;
	to->b[13] = a->b[13];
	to->b[14] = a->b[14];
	to->b[15] = a->b[15];
}

/* Leading bits that two addresses share. */
static int
alike(Ipaddr *a, Ipaddr *b)
{
	int i;

	for(i = 0; i < 128 && ((a->b[i/8]^b->b[i/8]) & 0x80>>i%8) == 0; i++)
		;
	return i;
}

/* Has it no address, or the unspecified one, as who asks for another? */
static int
nameless(Ifc *ifc)
{
	Lifc *l;

	for(l = ifc->lifc; l != nil; l = l->next)
		if(isany(&l->local))
			return 1;
	return ifc->lifc == nil;
}

/*
 * The address to send from to dst: of the interface that leads there, of the same
 * version and scope, still preferred, and as much like dst as can be (RFC 6724, 5).
 */
int
ipsource(Ip *f, Ipaddr *dst, Ipaddr *src)
{
	Route *r;
	Lifc *l, *best;
	int score, top, i;

	r = routevia(f, dst, &noaddr);
	if(r == nil)
		return -1;
	if(r->type & Runi){
		*src = *dst;
		return 0;
	}
	best = nil;
	top = -1;
	for(i = -1; i < f->nifc; i++){
		if(i >= 0 && (best != nil || f->ifc[i] == r->ifc || f->ifc[i]->m == nil))
			continue;
		for(l = i < 0? r->ifc->lifc: f->ifc[i]->lifc; l != nil; l = l->next){
			if(isv4(&l->local) != isv4(dst) || l->tentative)
				continue;
			if(isloop(&l->local) && !isloop(dst))
				continue;	/* nobody else may see it */
			score = alike(&l->local, dst);
			if(islinklocal(&l->local) == islinklocal(dst))
				score += 512;
			if(l->preflt != 0)
				score += 256;
			if(isloop(dst) && !isloop(&l->local))
				score = 0;
			if(score > top){
				top = score;
				best = l;
			}
		}
	}
	if(best == nil){
		/* an interface that has yet to learn its address, or none at all, may ask for it */
		*src = isv4(dst)? v4any: noaddr;
		return nameless(r->ifc)? 0: -1;
	}
	*src = best->local;
	return 0;
}

static char*
selfadd(Ifc *ifc, Lifc *l, Ipaddr *a, int type)
{
	char *e;

	e = routeadd(ifc->f, a, 128, nil, ifc, l, type, "ifc");
	if(e == nil && type == Rmulti && ifc->m->join != nil)
		ifc->m->join(ifc, a);
	return e;
}

/* The route counts the members; the medium looks there, who is left. */
static void
selfdel(Ifc *ifc, Ipaddr *a, int type)
{
	routedel(ifc->f, a, 128, nil, ifc, type);
	if(type == Rmulti && ifc->m->leave != nil)
		ifc->m->leave(ifc, a);
}

/* Do fn for the broadcast and multicast addresses that an address brings with it. */
static void
companions(Ifc *ifc, Lifc *l, void (*fn)(Ifc*, Lifc*, Ipaddr*, int))
{
	Ipaddr a;
	int i;

	if(isv4(&l->local)){
		if(!l->ptpt && masklen(&l->mask) < 127){
			for(i = 0; i < 4; i++)
				a.w[i] = l->net.w[i] | ~l->mask.w[i];
			fn(ifc, l, &a, Rbcast);
			fn(ifc, l, &l->net, Rbcast);
		}
		if(!isloop(&l->local))
			fn(ifc, l, &v4bcast, Rbcast);
		return;
	}
	if(isany(&l->local))		/* DHCP: who has no address shouts */
		fn(ifc, l, &v4bcast, Rbcast);
	fn(ifc, l, &allnodes, Rmulti);
	a = allnodes;
	a.b[1] = 1;			/* of the node itself */
	fn(ifc, l, &a, Rmulti);
	solicited(&a, &l->local);
	fn(ifc, l, &a, Rmulti);
}

static void
addcompanion(Ifc *ifc, Lifc *l, Ipaddr *a, int type)
{
	selfadd(ifc, l, a, type);
}

static void
delcompanion(Ifc *ifc, Lifc *l, Ipaddr *a, int type)
{
	USED(l);
	selfdel(ifc, a, type);
}

/* Make l an address of ifc. */
static char*
addlifc(Ifc *ifc, Lifc *l)
{
	Lifc **tail;
	char *e;
	int n, plen;

	n = 0;
	for(tail = &ifc->lifc; *tail != nil; tail = &(*tail)->next)
		n++;
	if(n >= Maxlifc)
		return "too many addresses";
	plen = masklen(&l->mask);
	e = routeadd(ifc->f, &l->local, 128, nil, ifc, l, Runi, "ifc");
	if(e != nil)
		return e;
	if(plen < 128)
		e = routeadd(ifc->f, &l->net, plen, nil, ifc, l, Rifc, "ifc");
	else if(l->ptpt)
		e = routeadd(ifc->f, &l->remote, 128, nil, ifc, l, Rifc|Rptpt, "ifc");
	if(e != nil){
		routedel(ifc->f, &l->local, 128, nil, ifc, Runi);
		return e;
	}
	*tail = l;
	companions(ifc, l, addcompanion);
	return nil;
}

/*
 * add ADDR [MASK [NET-OR-PEER [MTU [proxy]]]], and try, which asks first whether
 * somebody has it.
 */
char*
ifcadd(Ifc *ifc, char **w, int n, int try)
{
	Lifc *l;
	char *e;
	int mtu;

	if(ifc->m == nil)
		return Enotbound;
	if(n < 2 || n > 6)
		return Ecmdargs;
	l = mallocz(sizeof *l, 1);
	if(l == nil)
		return Enomem;
	e = Ebadip;
	if(parseip(w[1], &l->local) < 0)
		goto bad;
	classmask(&l->local, &l->mask);
	if(n > 2 && (parsemask(w[2], &l->mask, isv4(&l->local)? 4: 6) < 0 || masklen(&l->mask) < 0
	|| isv4(&l->local) && masklen(&l->mask) < 96)){
		e = Ebadmask;
		goto bad;
	}
	maskip(&l->net, &l->local, &l->mask);
	l->remote = l->net;
	if(n > 3){
		if(parseip(w[3], &l->remote) < 0)
			goto bad;
		l->ptpt = masklen(&l->mask) == 128 && !ipeq(&l->remote, &l->local);
	}
	if(n > 4 && (mtu = atoi(w[4])) != 0){
		e = "illegal mtu";
		if(mtu < ifc->m->mintu || mtu > ifc->mosttu)
			goto bad;
		ifc->maxtu = mtu;
	}
	e = "proxying is not supported";
	if(n > 5)
		goto bad;
	l->validlt = l->preflt = Forever;
	l->origin = ifc->f->now;
	e = "address already in use";
	if(ifclocal(ifc, &l->local) != nil){
		free(l);
		return nil;		/* adding it once more changes nothing */
	}
	if(ifcbyaddr(ifc->f, &l->local) != nil && !isany(&l->local))
		goto bad;
	l->tentative = try;
	e = addlifc(ifc, l);
	if(e != nil)
		goto bad;
	if(ifc->m->maclen > 0 && !isany(&l->local))
		ndtry(ifc, l);
	return nil;
bad:
	free(l);
	return e;
}

static void
dellifc(Ifc *ifc, Lifc *l)
{
	Lifc **p;

	for(p = &ifc->lifc; *p != l; p = &(*p)->next)
		;
	*p = l->next;
	companions(ifc, l, delcompanion);
	routedel(ifc->f, &l->local, 128, nil, ifc, Runi);
	if(masklen(&l->mask) < 128)
		routedel(ifc->f, &l->net, masklen(&l->mask), nil, ifc, Rifc);
	else if(l->ptpt)
		routedel(ifc->f, &l->remote, 128, nil, ifc, Rifc);
	for(p = &ifc->lifc; *p != nil; p = &(*p)->next)	/* another one in the same network goes on */
		if(masklen(&(*p)->mask) < 128)
			routeadd(ifc->f, &(*p)->net, masklen(&(*p)->mask), nil, ifc, *p, Rifc, "ifc");
	free(l);
}

char*
ifcremove(Ifc *ifc, Ipaddr *a, Ipaddr *mask)
{
	Lifc *l;

	for(l = ifc->lifc; l != nil; l = l->next)
		if(ipeq(&l->local, a) && ipeq(&l->mask, mask)){
			dellifc(ifc, l);
			return nil;
		}
	return "address not on this interface";
}

static char*
removectl(Ifc *ifc, char **w, int n)
{
	Ipaddr a, mask;

	if(n < 2 || n > 4)
		return Ecmdargs;
	if(parseip(w[1], &a) < 0)
		return Ebadip;
	classmask(&a, &mask);
	if(n > 2 && parsemask(w[2], &mask, isv4(&a)? 4: 6) < 0)
		return Ebadmask;
	return ifcremove(ifc, &a, &mask);
}

static void
defaults(Ifc *ifc)
{
	ifc->maxraint = 600000;
	ifc->minraint = 200000;
	ifc->ttl = 64;
	ifc->routerlt = 1800;
	ifc->in = ifc->out = ifc->inerr = ifc->outerr = 0;
}

/* bind MEDIUM [DEVICE ...] */
char*
ifcbind(Ifc *ifc, char **w, int n)
{
	Medium *m;
	char *e;
	int i;

	if(ifc->m != nil || ifc->binding)
		return "interface already bound";
	if(n < 2)
		return Ecmdargs;
	for(i = 0; (m = media[i]) != nil; i++)
		if(strcmp(m->name, w[1]) == 0)
			break;
	if(m == nil)
		return "unknown interface type";
	if(n-2 < m->devices)
		return Ecmdargs;
	defaults(ifc);
	ifc->maxtu = ifc->mosttu = m->maxtu;
	ifc->longest = 0;
	strecpy(ifc->dev, ifc->dev+sizeof ifc->dev, n > 2? w[2]: m->name);
	if(m == &pktmedium)
		snprint(ifc->dev, sizeof ifc->dev, "pkt%d", ifc->c->x);
	ifc->binding = 1;
	e = m->bind != nil? m->bind(ifc, w, n): nil;	/* may sleep: devices are opened by name */
	ifc->binding = 0;
	if(e != nil){
		ifc->dev[0] = '\0';
		return e;
	}
	ifc->m = m;
	ifc->c->state = Connected;
	ifc->link.ifc = ifc;
	ifc->link.type = Rifc;
	return nil;
}

static void
dropgateway(Route *r, void *a)
{
	Ifc *ifc;

	ifc = a;
	if(r->ifc == ifc)
		r->ifc = nil;
}

void
ifcunbind(Ifc *ifc)
{
	Medium *m;

	while(ifc->lifc != nil)
		dellifc(ifc, ifc->lifc);
	m = ifc->m;
	neighgone(ifc);
	if(m->unbind != nil)
		m->unbind(ifc);
	ifc->m = nil;
	ifc->dev[0] = '\0';
	ifc->c->state = Idle;
	ifc->f->routegen++;
	routewalk(ifc->f, dropgateway, ifc);
}

/* A copy for those who read the file snoop. */
void
ifcsnoop(Ifc *ifc, Block *b)
{
	Block *nb;

	if(ifc->c->snoopers == 0 || ifc->c->snoop.size > 256*1024)
		return;
	nb = pktcopy(b);
	if(nb != nil){
		if(b->flag & Blong)
			longsum(nb->rp, BLEN(nb));
		qput(&ifc->c->snoop, nb);
		convwake(ifc->c, Wdata);
	}
}

static char*
mtuctl(Ifc *ifc, char *s)
{
	int n;

	if(ifc->m == nil)
		return Enotbound;
	n = atoi(s);
	if(n < ifc->m->mintu || n > ifc->mosttu)
		return "illegal mtu";
	ifc->maxtu = n;
	return nil;
}

/* Addresses whose time is over: RFC 4862, 5.5.4. */
static void
expire(void *a)
{
	Ip *f;
	Ifc *ifc;
	Lifc *l, *next;
	uvlong age;
	int i;

	f = a;
	for(i = 0; i < f->nifc; i++){
		ifc = f->ifc[i];
		for(l = ifc->lifc; l != nil; l = next){
			next = l->next;
			age = (f->now - l->origin)/1000;
			if(l->validlt != Forever && age >= l->validlt)
				dellifc(ifc, l);
			else if(l->preflt != Forever && age >= l->preflt)
				l->preflt = 0;
		}
	}
	ifclifetimes(f);
}

/* Seconds until what lasts lt is over; at least one, as what is over already has only not been looked at yet. */
static uvlong
lasts(ulong lt, uvlong age)
{
	return age > lt? 1: lt-age+1;
}

/* Be back when the next address runs out. */
void
ifclifetimes(Ip *f)
{
	Lifc *l;
	uvlong left, min, age;
	int i;

	min = 0;
	for(i = 0; i < f->nifc; i++)
		for(l = f->ifc[i]->lifc; l != nil; l = l->next){
			age = (f->now - l->origin)/1000;
			left = 0;
			if(l->validlt != Forever)
				left = lasts(l->validlt, age);
			if(l->preflt != Forever && l->preflt != 0 && (left == 0 || l->preflt < l->validlt))
				left = lasts(l->preflt, age);
			if(left != 0 && (min == 0 || left < min))
				min = left;
		}
	f->lifetick.f = expire;
	f->lifetick.arg = f;
	tickoff(&f->lifetick);
	if(min != 0)
		tickset(f, &f->lifetick, min*1000);
}

/* add6 PREFIX [LEN [ONLINK [AUTO [VALID [PREF]]]]]: an address made of a prefix and our own hardware address */
static char*
add6ctl(Ifc *ifc, char **w, int n)
{
	char addr[64], mask[8], *args[3], *e;
	long v[5];
	Ipaddr a;
	Lifc *l;
	int i;

	if(ifc->m == nil || ifc->m->maclen != 6)
		return Enotbound;
	if(n < 2 || n > 7)
		return Ecmdargs;
	if(parseip(w[1], &a) < 0 || isv4(&a) || ismcast(&a) || isloop(&a))
		return "bad ipv6 prefix";
	v[0] = 64;
	v[1] = v[2] = 1;
	v[3] = v[4] = -1;
	for(i = 0; i < n-2; i++)
		v[i] = strtol(w[i+2], nil, 0);
	if(v[0] != 64)
		return "prefix length must be 64";
	/* RFC 4291, appendix A: modified EUI-64 */
	memmove(a.b+8, ifc->mac, 3);
	a.b[8] ^= 2;
	a.b[11] = 0xFF;
	a.b[12] = 0xFE;
	memmove(a.b+13, ifc->mac+3, 3);
	snprint(addr, sizeof addr, "%I", &a);
	strcpy(mask, "/64");
	args[0] = w[0];
	args[1] = addr;
	args[2] = mask;
	l = ifclocal(ifc, &a);
	if(l == nil){
		e = ifcadd(ifc, args, 3, 1);
		if(e != nil)
			return e;
		l = ifclocal(ifc, &a);
	}
	l->onlink = v[1] != 0;
	l->autoconf = v[2] != 0;
	l->validlt = v[3];
	l->preflt = v[4];
	l->origin = ifc->f->now;
	ifclifetimes(ifc->f);
	return nil;
}

typedef struct Radvar Radvar;
struct Radvar {
	char	*name;
	int	off;
};

static Radvar radvars[] = {
	{ "sendra",	offsetof(Ifc, sendra) },
	{ "recvra",	offsetof(Ifc, recvra) },
	{ "mflag",	offsetof(Ifc, mflag) },
	{ "oflag",	offsetof(Ifc, oflag) },
	{ "maxraint",	offsetof(Ifc, maxraint) },
	{ "minraint",	offsetof(Ifc, minraint) },
	{ "linkmtu",	offsetof(Ifc, linkmtu) },
	{ "reachtime",	offsetof(Ifc, reachtime) },
	{ "rxmitra",	offsetof(Ifc, rxmitra) },
	{ "ttl",	offsetof(Ifc, ttl) },
	{ "routerlt",	offsetof(Ifc, routerlt) },
};

/* ra6 NAME VALUE ...: all or nothing */
static char*
ra6ctl(Ifc *ifc, char **w, int n)
{
	int i, j, set;

	if(ifc->m == nil)
		return Enotbound;
	if(n < 3 || n%2 == 0)
		return Ecmdargs;
	for(set = 0; set < 2; set++)
		for(i = 1; i+1 < n; i += 2){
			for(j = 0; j < nelem(radvars) && strcmp(radvars[j].name, w[i]) != 0; j++)
				;
			if(j == nelem(radvars))
				return "unknown control request";
			if(set)
				*(int*)((uchar*)ifc + radvars[j].off) = atoi(w[i+1]);
		}
	return nil;
}

static char*
groupctl(Ifc *ifc, char **w, int n)
{
	Ipaddr a;

	if(n != 2)
		return Ecmdargs;
	if(ifc->m == nil)
		return Enotbound;
	if(parseip(w[1], &a) < 0 || !ismcast(&a))
		return Ebadip;
	if(w[0][0] == 'j')
		return selfadd(ifc, ifc->lifc, &a, Rmulti);
	selfdel(ifc, &a, Rmulti);
	return nil;
}

static char*
ifcctl(Conv *c, char **w, int n)
{
	Ifc *ifc;

	ifc = c->pcb;
	if(strcmp(w[0], "bind") == 0)
		return ifcbind(ifc, w, n);
	if(strcmp(w[0], "unbind") == 0){
		if(ifc->m == nil)
			return Enotbound;
		ifcunbind(ifc);
		return nil;
	}
	if(strcmp(w[0], "add") == 0)
		return ifcadd(ifc, w, n, 0);
	if(strcmp(w[0], "try") == 0)
		return ifcadd(ifc, w, n, 1);
	if(strcmp(w[0], "remove") == 0 || strcmp(w[0], "del") == 0)
		return removectl(ifc, w, n);
	if(strcmp(w[0], "mtu") == 0)
		return n == 2? mtuctl(ifc, w[1]): Ecmdargs;
	if(strcmp(w[0], "iprouting") == 0){
		c->f->forward = n == 1 || atoi(w[1]) != 0;
		return nil;
	}
	if(strcmp(w[0], "reassemble") == 0){
		ifc->reassemble = n == 1 || atoi(w[1]) != 0;
		return nil;
	}
	if(strcmp(w[0], "joinmulti") == 0 || strcmp(w[0], "leavemulti") == 0)
		return groupctl(ifc, w, n);
	if(strcmp(w[0], "add6") == 0)
		return add6ctl(ifc, w, n);
	if(strcmp(w[0], "ra6") == 0)
		return ra6ctl(ifc, w, n);
	return "unknown control request";
}

/* addmulti IFADDR GROUP of a conversation */
char*
ifcjoin(Ip *f, Ipaddr *ifa, Ipaddr *group)
{
	Ifc *ifc;

	ifc = ifcbyaddr(f, ifa);
	if(ifc == nil)
		return "no interface with that address";
	if(f->nroute >= Maxjoin)
		return "too many multicast groups";
	return selfadd(ifc, ifclocal(ifc, ifa), group, Rmulti);
}

void
ifcleave(Ip *f, Ipaddr *ifa, Ipaddr *group)
{
	Ifc *ifc;

	ifc = ifcbyaddr(f, ifa);
	if(ifc != nil)
		selfdel(ifc, group, Rmulti);
}

static char*
ifccreate(Conv *c)
{
	Ifc *ifc;
	Ip *f;

	f = c->f;
	ifc = c->pcb;
	ifc->f = f;
	ifc->c = c;
	if(c->x >= nelem(f->ifc))
		return Enodev;
	f->ifc[c->x] = ifc;
	if(c->x >= f->nifc)
		f->nifc = c->x+1;
	c->rlimit = 256*1024;
	return nil;
}

/* Interfaces stay, but for those that a program is the other side of. */
static void
ifcclose(Conv *c)
{
	Ifc *ifc;

	ifc = c->pcb;
	if(ifc->m != nil && ifc->m->unbindonclose)
		ifcunbind(ifc);
	qclear(&c->rq);
	c->taken = ifc->m != nil;
	if(!c->taken && c->x < c->set->hint)
		c->set->hint = c->x;
}

/* A packet from the program behind a pkt interface. */
static char*
ifcwrite(Conv *c, Block *b)
{
	Ifc *ifc;

	ifc = c->pcb;
	if(ifc->m != &pktmedium){
		freeblist(b);
		return ifc->m == nil? Enotbound: Ebadusefd;
	}
	ipin(ifc, b);
	return nil;
}

static char*
ifcstatus(Conv *c, char *s, char *e)
{
	Ifc *ifc;
	Lifc *l;
	int i;

	ifc = c->pcb;
	s = seprint(s, e, "device %s maxtu %d", ifc->dev, ifc->maxtu);
	for(i = 0; i < nelem(radvars); i++)
		s = seprint(s, e, " %s %d", radvars[i].name, *(int*)((uchar*)ifc + radvars[i].off));
	s = seprint(s, e, " pktin %ud pktout %ud errin %ud errout %ud\n", ifc->in, ifc->out, ifc->inerr, ifc->outerr);
	for(l = ifc->lifc; l != nil; l = l->next)
		s = seprint(s, e, "\t%-40I %-10M %-40I %-12ud %-12ud\n", &l->local, &l->mask, &l->remote, l->validlt, l->preflt);
	if(ifc->lifc == nil)
		s = seprint(s, e, "\n");
	return s;
}

Proto ipifc = {
	.name = "ipifc",
	.number = -1,
	.pcbsize = sizeof(Ifc),
	.create = ifccreate,
	.ctl = ifcctl,
	.write = ifcwrite,
	.close = ifcclose,
	.status = ifcstatus,
};
