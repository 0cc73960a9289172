/*
 * Conversations: the directories under tcp, udp and the like.  Their life,
 * their places in the hash tables, the choice of ports, and the control words
 * that all protocols have.  Protocols call convconnect and convannounce for what
 * is usual; the file server (devip.c) calls convctl, convnew and convclose.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Firstport	= 32768,	/* ports that are chosen: RFC 6056, 3.2 */
	Lastport	= 65535,
	Firstlow	= 600,		/* those asked for by !r */
	Lastlow		= 1023,
	Portprobes	= 4096,
	Maxcall		= 128,
	Maxgroups	= 32,
	Errgap		= 64,		/* advice that is counted unread */
};

static char Einuseaddr[] = "address in use";
static char Ebadport[] = "bad port";

static uint
mix(Ip *f, u32int a, u32int b)
{
	u32int h;

	h = (a ^ get4(f->secret)) * (get4(f->secret+4)|1);
	h = (h ^ h>>15 ^ b) * (get4(f->secret+8)|1);
	return (h ^ h>>16) & (Hashsize-1);
}

static uint
pairhash(Ip *f, Ipaddr *raddr, int rport, Ipaddr *laddr, int lport)
{
	u32int a, b;

	a = raddr->w[0]*31 ^ raddr->w[1]*29 ^ raddr->w[2]*23 ^ raddr->w[3];
	b = laddr->w[3]*17 ^ laddr->w[2] ^ (rport<<16 | lport);
	return mix(f, a, b);
}

static Conv**
chainof(Conv *c)
{
	if(c->hashed == 1)
		return &c->set->pair[pairhash(c->f, &c->raddr, c->rport, &c->laddr, c->lport)];
	return &c->set->listen[c->lport & (Hashsize-1)];
}

/* Enter c in the tables by its addresses, ports and state. */
void
convhash(Conv *c)
{
	Conv **l;

	convunhash(c);
	c->hashed = c->state == Announced? 2: 1;
	l = chainof(c);
	c->next = *l;
	*l = c;
	l = &c->set->port[c->lport & (Hashsize-1)];
	c->pnext = *l;
	*l = c;
}

void
convunhash(Conv *c)
{
	Conv **l;

	if(!c->hashed)
		return;
	for(l = chainof(c); *l != c; l = &(*l)->next)
		;
	*l = c->next;
	for(l = &c->set->port[c->lport & (Hashsize-1)]; *l != c; l = &(*l)->pnext)
		;
	*l = c->pnext;
	c->hashed = 0;
}

Conv*
convfind(Convset *s, Ipaddr *raddr, int rport, Ipaddr *laddr, int lport)
{
	Conv *c;

	for(c = s->pair[pairhash(s->f, raddr, rport, laddr, lport)]; c != nil; c = c->next)
		if(c->lport == lport && c->rport == rport && ipeq(&c->raddr, raddr) && ipeq(&c->laddr, laddr))
			return c;
	return nil;
}

/* Who listens: the most exact announcement of the address, then of the port, then of everything. */
Conv*
convlisten(Convset *s, Ipaddr *laddr, int lport)
{
	Conv *c, *best;
	int rank, top, port;

	best = nil;
	top = 0;
	for(port = lport;; port = 0){
		for(c = s->listen[port & (Hashsize-1)]; c != nil; c = c->next){
			if(c->lport != port)
				continue;
			rank = ipeq(&c->laddr, laddr)? 3: isv4(laddr) && ipeq(&c->laddr, &v4any)? 2:
				ipeq(&c->laddr, &noaddr)? 1: 0;
			if(rank > top){
				top = rank;
				best = c;
			}
		}
		if(best != nil || port == 0)
			return best;
	}
}

static void
reset(Conv *c)
{
	c->state = Idle;
	c->laddr = c->raddr = noaddr;
	c->lport = c->rport = 0;
	c->headers = c->ttl = c->tos = c->ignoreadvice = c->restricted = c->ended = 0;
	c->maxfrag = 0;
	c->cerr[0] = c->err[0] = '\0';
	c->nerr = 0;
	c->neof = 0;
	c->maxcall = Maxcall;
	c->rlimit = 128*1024;
	c->perm = 0660;
}

/* Begin anew with c, which nobody uses, for a user. */
char*
convstart(Conv *c, char *owner)
{
	Proto *p;
	char *e, *name;

	p = c->set->p;
	reset(c);
	if(c->pcb == nil && p->pcbsize > 0){
		c->pcb = mallocz(p->pcbsize, 1);
		if(c->pcb == nil)
			return Enomem;
		e = p->create(c);
		if(e != nil){
			free(c->pcb);
			c->pcb = nil;
			return e;
		}
	}
	name = malloc(strlen(owner)+1);		/* kstrdup may wait; nobody waits here */
	if(name == nil)
		return Enomem;
	strcpy(name, owner);
	free(c->owner);
	c->owner = name;
	c->taken = 1;
	return nil;
}

/* A conversation that nobody uses, made if need be; nil: none are left. */
Conv*
convnew(Convset *s, char *owner)
{
	Conv *c;
	int i;

	for(i = s->hint; i < s->nconv; i++)
		if(!s->conv[i]->taken && s->conv[i]->inuse == 0)
			break;
	if(i == s->maxconv)
		return nil;
	if(i == s->nconv){
		c = mallocz(sizeof *c, 1);
		if(c == nil)
			return nil;
		c->set = s;
		c->f = s->f;
		c->x = i;
		s->conv[s->nconv++] = c;
	}
	c = s->conv[i];
	if(convstart(c, owner) != nil)
		return nil;
	s->hint = i+1;
	return c;
}

static void
leavegroups(Conv *c)
{
	Addrent *g;

	while((g = c->groups) != nil){
		c->groups = g->next;
		ifcleave(c->f, &g->ifa, &g->group);
		free(g);
	}
}

/* The protocol is done with it. */
void
convfree(Conv *c)
{
	convunhash(c);
	leavegroups(c);
	qclear(&c->rq);
	free(c->pcb);
	c->pcb = nil;
	c->state = Idle;
	c->taken = 0;
	if(c->x < c->set->hint)
		c->set->hint = c->x;
}

/* No more data will come. */
void
convend(Conv *c, char *why)
{
	c->ended = 1;
	if(why != nil && c->cerr[0] == '\0')
		strecpy(c->cerr, c->cerr+sizeof c->cerr, why);
	convwake(c, Wdata|Wroom|Wstate|Wcall);
}

/* The network says something about what was sent.  Hard: there is no use in sending more. */
void
convadvise(Conv *c, char *why, int hard)
{
	strecpy(c->err, c->err+sizeof c->err, why);
	if(c->nerr < Errgap)
		c->nerr++;
	convwake(c, Werr);
	if(hard && !c->ignoreadvice)
		convend(c, why);
}

int
convput(Conv *c, Block *b)
{
	if(c->rq.len >= c->rlimit || c->rq.size > 4*c->rlimit){
		freeb(b);
		return -1;
	}
	if(c->rq.first != nil)		/* it will have to wait */
		b = packblock(b);
	qput(&c->rq, b);
	convwake(c, Wdata);
	return 0;
}

void
convcall(Conv *c, Conv *nc)
{
	nc->from = c;
	nc->callnext = nil;
	if(c->callfirst == nil)
		c->callfirst = nc;
	else
		c->calllast->callnext = nc;
	c->calllast = nc;
	c->ncall++;
	convwake(c, Wcall);
}

Conv*
convtake(Conv *c)
{
	Conv *nc;

	nc = c->callfirst;
	if(nc != nil){
		c->callfirst = nc->callnext;
		c->ncall--;
		nc->from = nil;
		nc->callnext = nil;
	}
	return nc;
}

/* The last file of c is closed: what nobody took is hung up, and the protocol ends the rest. */
void
convclose(Conv *c)
{
	Conv *nc;

	while((nc = convtake(c)) != nil)
		if(nc->inuse == 0)
			nc->set->p->close(nc);
	leavegroups(c);
	c->set->p->close(c);
}

/* Does anything use this local port in a way that c cannot share? */
static int
portbusy(Conv *c, int port)
{
	Conv *d;

	for(d = c->set->port[port & (Hashsize-1)]; d != nil; d = d->pnext)
		if(d != c && d->lport == port && d->rport == c->rport && ipeq(&d->raddr, &c->raddr)
		&& ipeq(&d->laddr, &c->laddr))
			return 1;
	return 0;
}

/* Any user at all: what a port that we choose must not have. */
static int
portused(Conv *c, int port)
{
	Conv *d;

	for(d = c->set->port[port & (Hashsize-1)]; d != nil; d = d->pnext)
		if(d->lport == port && (c->rport == 0 || d->rport == 0 || d->rport == c->rport && ipeq(&d->raddr, &c->raddr)))
			return 1;
	return 0;
}

/*
 * Where to look for a free port.  Connections to one peer get ports one after the other, from a place that only we
 * know (RFC 6056, 3.3.4): a port that was in use a moment ago may still be so for the peer, or for whoever translates
 * addresses between us, and some stacks in TIME-WAIT answer RST to a SYN whose sequence number still lies in the old
 * window.  Others get random ones (3.3.2), since there the number is all that tells an answer from a forgery.
 */
static u32int
portstart(Conv *c, ushort **tick)
{
	struct {
		Ipaddr	raddr;
		u32int	rport;
		u32int	which;
	} t;
	Ip *f;
	u32int r;

	*tick = nil;
	if(c->set->x != Xtcp || c->rport == 0){
		iprandom(&r, sizeof r);
		return r;
	}
	f = c->f;
	memset(&t, 0, sizeof t);
	t.raddr = c->raddr;
	t.rport = c->rport;
	*tick = &f->porttick[siphash(f->secret, &t, sizeof t) % nelem(f->porttick)];
	t.which = 1;
	r = siphash(f->secret, &t, sizeof t);
	return r + **tick;
}

/* Give c a local port, or see that the one it has is free. */
char*
convport(Conv *c)
{
	u32int r, n, i;
	int first, port;
	ushort *tick;

	if(c->lport != 0)
		return portbusy(c, c->lport)? Einuseaddr: nil;
	first = c->restricted? Firstlow: Firstport;
	n = (c->restricted? Lastlow: Lastport) - first + 1;
	r = portstart(c, &tick);
	for(i = 0; i < Portprobes && i < n; i++){
		if(tick != nil)
			++*tick;
		port = first + (r + i) % n;
		if(!portused(c, port)){
			c->lport = port;
			return nil;
		}
	}
	return "no free ports";
}

/* The number of a port, * is 0; -1 if it is neither. */
static int
parseport(char *s)
{
	char *e;
	long n;

	if(strcmp(s, "*") == 0)
		return 0;
	n = strtol(s, &e, 10);
	if(e == s || *e != '\0' || n < 0 || n > 65535)
		return -1;
	return n;
}

/* ADDR!PORT, or PORT alone if that is allowed; then !r. */
static char*
parseaddr(Conv *c, char *s, Ipaddr *a, ushort *port, int local)
{
	char buf[128], *p, *q;
	int n;

	if(strlen(s) >= sizeof buf)
		return Ebadip;
	strcpy(buf, s);
	p = strchr(buf, '!');
	if(p == nil && !local)
		return "malformed address";
	q = p == nil? nil: strchr(p+1, '!');
	if(p != nil && local && q == nil && strcmp(p, "!r") == 0){
		q = p;
		p = nil;
	}
	if(q != nil){
		*q++ = '\0';
		if(strcmp(q, "r") == 0)
			c->restricted = 1;
		else if(strcmp(q, "fasttimeout") != 0)
			return "malformed address";
	}
	if(p != nil){
		*p++ = '\0';
		if(local && (strcmp(buf, "*") == 0 || buf[0] == '\0'))
			*a = noaddr;
		else if(parseip(buf, a) < 0)
			return Ebadip;
	}else
		p = buf;
	n = parseport(p);
	if(n < 0 || n == 0 && !local)
		return Ebadport;
	*port = n;
	return nil;
}

static int
ourown(Ip *f, Ipaddr *a)
{
	return isany(a) || routetype(f, a) != 0;
}

/* connect ADDR!PORT [[LADDR!]LPORT] */
char*
convconnect(Conv *c, char **w, int n)
{
	char *e;

	if(n < 2 || n > 3)
		return Ecmdargs;
	e = parseaddr(c, w[1], &c->raddr, &c->rport, 0);
	if(e != nil)
		return e;
	if(n > 2){
		e = parseaddr(c, w[2], &c->laddr, &c->lport, 1);
		if(e != nil)
			return e;
		if(!ourown(c->f, &c->laddr))
			return "not a local IP address";
	}
	if(isany(&c->raddr))
		return "no route to destination";
	if(isany(&c->laddr)){
		if(ipsource(c->f, &c->raddr, &c->laddr) < 0)
			return "no route to destination";
	}else if(isv4(&c->laddr) != isv4(&c->raddr))
		return "not a local IP address";
	e = convport(c);
	if(e != nil)
		return e;
	c->state = Connecting;
	convhash(c);
	return nil;
}

/* The same for protocols that have no handshake. */
char*
convconnected(Conv *c, char **w, int n)
{
	char *e;

	e = convconnect(c, w, n);
	if(e == nil)
		c->state = Connected;
	return e;
}

char*
setstats(Convset *set, char **name, int n, char *s, char *e)
{
	int i;

	for(i = 0; i < n; i++)
		s = seprint(s, e, "%s: %ud\n", name[i], set->stat[i]);
	return s;
}

/* announce [ADDR!]PORT; a port of 0 is one that we choose */
char*
convannounce(Conv *c, char **w, int n)
{
	char *e;

	if(n != 2)
		return Ecmdargs;
	if(strcmp(w[1], "*") == 0){		/* all ports that have nobody else */
		if(convlisten(c->set, &noaddr, 0) != nil)
			return Einuseaddr;
	}else{
		e = parseaddr(c, w[1], &c->laddr, &c->lport, 1);
		if(e != nil)
			return e;
		if(!ourown(c->f, &c->laddr) && !ismcast(&c->laddr))
			return "not a local IP address";
		e = convport(c);
		if(e != nil)
			return e;
	}
	c->state = Announced;
	convhash(c);
	return nil;
}

static char*
bindctl(Conv *c, char **w, int n)
{
	if(n != 2)
		return Ecmdargs;
	if(c->state != Idle)
		return Econinuse;
	return parseaddr(c, w[1], &c->laddr, &c->lport, 1);
}

static char*
multictl(Conv *c, char **w, int n)
{
	Addrent **l, *g;
	Ipaddr ifa, group;
	char *e;
	int k;

	if(n < 2 || n > 3)
		return Ecmdargs;
	ifa = group = noaddr;
	if(parseip(w[1], &ifa) < 0 || n > 2 && parseip(w[2], &group) < 0)
		return Ebadip;
	if(n == 2)
		group = c->raddr;
	if(!ismcast(&group))
		return "addmulti for a non multicast address";
	k = 0;
	for(l = &c->groups; (g = *l) != nil; l = &g->next){
		if(ipeq(&g->ifa, &ifa) && ipeq(&g->group, &group))
			break;
		k++;
	}
	if(w[0][0] == 'r'){
		if(g == nil)
			return "not a member of the group";
		*l = g->next;
		free(g);
		ifcleave(c->f, &ifa, &group);
		return nil;
	}
	if(g != nil)
		return nil;
	if(k >= Maxgroups || (g = mallocz(sizeof *g, 1)) == nil)
		return k >= Maxgroups? "too many multicast groups": Enomem;
	e = ifcjoin(c->f, &ifa, &group);
	if(e != nil){
		free(g);
		return e;
	}
	g->ifa = ifa;
	g->group = group;
	*l = g;
	return nil;
}

static char*
setbyte(uchar *p, char **w, int n, int deflt)
{
	int v;

	v = n > 1? atoi(w[1]): deflt;
	if(v < 0 || v > 255)
		return Ebadarg;
	*p = v;
	return nil;
}

/* A control message, w[0] not connect or announce of a conversation in use: nil or an error. */
char*
convctl(Conv *c, char **w, int n)
{
	Proto *p;
	char *e;

	p = c->set->p;
	if(p->connect != nil && strcmp(w[0], "connect") == 0 || p->announce != nil && strcmp(w[0], "announce") == 0){
		if(c->state != Idle)
			return Econinuse;
		e = w[0][0] == 'c'? p->connect(c, w, n): p->announce(c, w, n);
		if(e != nil && c->state == Idle){
			c->laddr = c->raddr = noaddr;
			c->lport = c->rport = 0;
		}
		return e;
	}
	if(p == &ipifc)
		return p->ctl(c, w, n);
	if(strcmp(w[0], "bind") == 0)
		return bindctl(c, w, n);
	if(strcmp(w[0], "ttl") == 0)
		return setbyte(&c->ttl, w, n, 0);
	if(strcmp(w[0], "tos") == 0)
		return setbyte(&c->tos, w, n, 0);
	if(strcmp(w[0], "ignoreadvice") == 0){
		c->ignoreadvice = 1;
		return nil;
	}
	if(strcmp(w[0], "addmulti") == 0 || strcmp(w[0], "remmulti") == 0)
		return multictl(c, w, n);
	if(strcmp(w[0], "maxfragsize") == 0){
		if(n < 2 || atoi(w[1]) < 0 || atoi(w[1]) > Maxpkt)
			return Ebadarg;
		c->maxfrag = atoi(w[1]);
		return nil;
	}
	if(p->ctl != nil)
		return p->ctl(c, w, n);
	return "unknown control request";
}
