/*
 * Routes: a trie with compressed paths over the bits of a destination, in which
 * the longest match is one walk down.  It holds networks, gateways, and our own
 * addresses, so that "is this for us" and "where does this go" are one question.
 * Ip.routegen changes whenever an answer may have; who keeps an answer compares.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Maxroute	= 4096,
};

static int
bitof(Ipaddr *a, int i)
{
	return a->b[i/8]>>(7 - i%8) & 1;
}

/* How many leading bits two addresses share, at most max. */
static int
common(Ipaddr *a, Ipaddr *b, int max)
{
	u32int d;
	int i, n;

	for(i = 0; i < 4; i++){
		d = get4(a->b+4*i) ^ get4(b->b+4*i);
		if(d != 0){
			n = 32*i + __builtin_clz(d);
			return n < max? n: max;
		}
	}
	return max;
}

static Rnode*
newnode(Ipaddr *key, int plen)
{
	Rnode *n;
	Ipaddr m;

	n = mallocz(sizeof *n, 1);
	if(n == nil)
		return nil;
	maskof(&m, plen);
	maskip(&n->key, key, &m);
	n->plen = plen;
	return n;
}

/* The node of exactly this prefix, made if it is not there; nil without memory. */
static Rnode*
nodeof(Ip *f, Ipaddr *key, int plen)
{
	Rnode **l, *n, *split;
	int same;

	for(l = &f->routes; (n = *l) != nil; l = &n->child[bitof(key, n->plen)]){
		same = common(&n->key, key, n->plen < plen? n->plen: plen);
		if(same == n->plen && same == plen)
			return n;
		if(same < n->plen){
			split = newnode(key, same);
			if(split == nil)
				return nil;
			split->child[bitof(&n->key, same)] = n;
			*l = split;
			n = split;
			if(same == plen)
				return n;
		}
	}
	return *l = newnode(key, plen);
}

/* Take out nodes that have no routes and no two children. */
static void
prune(Rnode **l)
{
	Rnode *n;

	n = *l;
	if(n == nil)
		return;
	prune(&n->child[0]);
	prune(&n->child[1]);
	if(n->routes == nil && (n->child[0] == nil || n->child[1] == nil)){
		*l = n->child[0] != nil? n->child[0]: n->child[1];
		free(n);
	}
}

/*
 * Add a route for the prefix dst/plen.  A gateway of nil or zeros: directly by ifc.
 * The same one again is counted if it is one of our own addresses, and replaced
 * otherwise.
 */
char*
routeadd(Ip *f, Ipaddr *dst, int plen, Ipaddr *gate, Ifc *ifc, Lifc *lifc, int type, char *tag)
{
	Rnode *n;
	Route *r;

	n = nodeof(f, dst, plen);
	if(n == nil)
		return Enomem;
	if(isv4(dst) && plen >= 96)
		type |= Rv4;
	for(r = n->routes; r != nil; r = r->next)
		if((r->type & (Rifc|Rself)) == (type & (Rifc|Rself)) && (r->ifc == ifc || (type & (Rifc|Rself)) == 0))
			break;
	if(r == nil){
		if(f->nroute >= Maxroute || (r = mallocz(sizeof *r, 1)) == nil){
			prune(&f->routes);
			return f->nroute >= Maxroute? "too many routes": Enomem;
		}
		f->nroute++;
		r->next = n->routes;
		n->routes = r;
	}
	r->ref++;
	r->dst = n->key;
	r->plen = plen;
	r->gate = gate != nil? *gate: noaddr;
	r->ifc = ifc;
	r->lifc = lifc;
	r->type = type;
	strecpy(r->tag, r->tag+sizeof r->tag, tag);
	f->routegen++;
	return nil;
}

static Rnode*
exact(Ip *f, Ipaddr *dst, int plen)
{
	Rnode *n;

	for(n = f->routes; n != nil && n->plen < plen; n = n->child[bitof(dst, n->plen)])
		if(common(&n->key, dst, n->plen) < n->plen)
			return nil;
	if(n == nil || n->plen != plen || common(&n->key, dst, plen) < plen)
		return nil;
	return n;
}

/* Remove the routes of a prefix that fit: gateway and ifc may be nil, type 0. */
void
routedel(Ip *f, Ipaddr *dst, int plen, Ipaddr *gate, Ifc *ifc, int type)
{
	Rnode *n;
	Route **l, *r;

	n = exact(f, dst, plen);
	if(n == nil)
		return;
	for(l = &n->routes; (r = *l) != nil;){
		if(gate != nil && !ipeq(gate, &r->gate) || ifc != nil && r->ifc != ifc
		|| (type != 0? (r->type & type) != type: r->type & Rself)){
			l = &r->next;
			continue;
		}
		if(type & Rself && --r->ref > 0)
			break;
		*l = r->next;
		free(r);
		f->nroute--;
	}
	f->routegen++;
	prune(&f->routes);
}

static void
flushnode(Ip *f, Rnode *n, char *tag)
{
	Route **l, *r;

	if(n == nil)
		return;
	for(l = &n->routes; (r = *l) != nil;)
		if((r->type & (Rifc|Rself)) == 0 && (tag == nil || strncmp(tag, r->tag, 4) == 0)){
			*l = r->next;
			free(r);
			f->nroute--;
		}else
			l = &r->next;
	flushnode(f, n->child[0], tag);
	flushnode(f, n->child[1], tag);
}

/* All that go by a gateway, or those with a tag. */
void
routeflush(Ip *f, char *tag)
{
	flushnode(f, f->routes, tag);
	f->routegen++;
	prune(&f->routes);
}

static Route*
longest(Ip *f, Ipaddr *dst)
{
	Rnode *n;
	Route *best;

	best = nil;
	for(n = f->routes; n != nil; n = n->child[bitof(dst, n->plen)]){
		if(common(&n->key, dst, n->plen) < n->plen)
			break;
		if(n->routes != nil)
			best = n->routes;
		if(n->plen == 128)
			break;
	}
	return best;
}

/* Where a packet to dst goes, or nil.  The gateway of a route is itself reached directly. */
Route*
routefind(Ip *f, Ipaddr *dst)
{
	Route *r, *g;

	r = longest(f, dst);
	if(r == nil || r->type & (Rifc|Rself))
		return r;
	if(r->gen != f->routegen || r->ifc == nil){
		g = longest(f, &r->gate);
		r->ifc = g != nil && g->type & Rifc? g->ifc: nil;
		r->gen = f->routegen;
	}
	return r->ifc != nil? r: nil;
}

/*
 * The same for a packet that says from where: link local and multicast
 * destinations exist on every interface, and src chooses (RFC 4007, 6).
 */
Route*
routevia(Ip *f, Ipaddr *dst, Ipaddr *src)
{
	Ifc *ifc;
	Route *r;
	int i;

	if(!ismcast(dst) && !islinklocal(dst))
		return routefind(f, dst);
	r = routefind(f, dst);
	if(r != nil && r->type & Runi)
		return r;
	ifc = isany(src)? nil: ifcbyaddr(f, src);
	if(ifc != nil)
		return &ifc->link;
	if(r != nil && (r->type & Rself) == 0)
		return r;
	for(i = 0; i < f->nifc; i++)
		if(f->ifc[i]->m != nil && (f->ifc[i]->m->maclen > 0 || ifc == nil))
			ifc = f->ifc[i];
	return ifc != nil? &ifc->link: nil;
}

/* The type bits if the address is ours, or 0. */
int
routetype(Ip *f, Ipaddr *a)
{
	Route *r;

	r = longest(f, a);
	return r != nil? r->type & Rself: 0;
}

static void
walknode(Rnode *n, void (*fn)(Route*, void*), void *arg)
{
	Route *r, *next;

	if(n == nil)
		return;
	for(r = n->routes; r != nil; r = next){
		next = r->next;
		fn(r, arg);
	}
	walknode(n->child[0], fn, arg);
	walknode(n->child[1], fn, arg);
}

/* fn(route, arg) for each, in the order of addresses. */
void
routewalk(Ip *f, void (*fn)(Route*, void*), void *arg)
{
	walknode(f->routes, fn, arg);
}

char*
routeflags(int type, char *s)
{
	static char letter[] = { Rifc, 'i', Runi, 'u', Rbcast, 'b', Rmulti, 'm', Rptpt, 'p' };
	int i, n;

	strcpy(s, "    ");
	n = 0;
	s[n++] = type & Rv4? '4': '6';
	for(i = 0; i < nelem(letter) && n < 4; i += 2)
		if(type & letter[i])
			s[n++] = letter[i+1];
	return s;
}

/* A line of iproute: ip(3). */
char*
routetext(Route *r, char *s, char *e)
{
	char flags[5], num[8];
	Ipaddr mask, *gate;

	maskof(&mask, r->plen);
	gate = r->type & (Rifc|Rself)? &r->dst: &r->gate;
	strcpy(num, "-");
	if(r->ifc != nil)
		snprint(num, sizeof num, "%d", r->ifc->c->x);
	return seprint(s, e, "%-15I %-4M %-15I %4.4s %4.4s %3s\n", &r->dst, &mask, gate,
		routeflags(r->type, flags), r->tag, num);
}

static char*
prefix(char **w, Ipaddr *dst, int *plen)
{
	Ipaddr mask;

	if(parseip(w[0], dst) < 0)
		return Ebadip;
	if(parsemask(w[1], &mask, isv4(dst)? 4: 6) < 0 || (*plen = masklen(&mask)) < 0)
		return "bad ip mask";
	if(isv4(dst) && *plen < 96)
		*plen = 96;
	maskip(dst, dst, &mask);
	return nil;
}

static void
routelog(Ip *f, Ipaddr *a)
{
	char buf[200];
	Route *r;

	r = routefind(f, a);
	if(r == nil)
		iplog(f, 0, nil, "no route for %I\n", a);
	else{
		routetext(r, buf, buf+sizeof buf);
		iplog(f, 0, nil, "%s", buf);
	}
}

/* What is written to iproute: add, remove, flush, route; `tag' is the file server's. */
char*
routectl(Ip *f, char **w, int n, char *tag)
{
	Ipaddr dst, gate;
	int plen;
	char *e;

	if(strcmp(w[0], "flush") == 0 && n <= 2){
		routeflush(f, n == 2? w[1]: nil);
		return nil;
	}
	if(strcmp(w[0], "route") == 0 && n == 2){
		if(parseip(w[1], &dst) < 0)
			return Ebadip;
		routelog(f, &dst);
		return nil;
	}
	if(strcmp(w[0], "add") != 0 && strcmp(w[0], "remove") != 0 && strcmp(w[0], "del") != 0)
		return "unknown control request";
	if(n < 3 || w[0][0] == 'a' && n < 4)
		return Ecmdargs;
	e = prefix(w+1, &dst, &plen);
	if(e != nil)
		return e;
	if(n > 3 && parseip(w[3], &gate) < 0)
		return Ebadip;
	if(w[0][0] != 'a'){
		routedel(f, &dst, plen, n > 3? &gate: nil, nil, 0);
		return nil;
	}
	if(isv4(&gate) != isv4(&dst)){
		if(!isany(&dst))
			return "gateway of another address family";
		dst = isv4(&gate)? v4any: noaddr;	/* `add 0 0 fe80::1' is a default, too */
		plen = isv4(&gate)? 96: 0;
	}
	return routeadd(f, &dst, plen, &gate, nil, nil, 0, tag);
}
