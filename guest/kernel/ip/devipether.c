/*
 * The kernel's side of the medium Ethernet: three conversations of an Ethernet device
 * (IPv4, ARP, IPv6), opened by name, so that anything that looks like #l will do; a
 * process that reads each; and a queue of frames to be written, which whoever leaves
 * the core sees to.  Writing may sleep, and so happens outside of the core, by
 * one process at a time.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "devip.h"

typedef struct Etherlink Etherlink;

enum {
	Ntype	= 3,
	Maxout	= 512,		/* frames that wait to be written */
	Maxframe = Maxpkt + 18,	/* with a VLAN tag */
	Verb	= sizeof "addmulti" - 1,	/* remmulti is as long */
};

struct Etherlink {
	Ref;			/* readers, and the interface */
	Ifc	*ifc;
	Chan	*ctl[Ntype];
	Chan	*data[Ntype];
	Proc	*reader[Ntype];
	int	dead;		/* not bound any more */
	Block	*out[Maxout];	/* each a list; nout of them, from iout on, round and round */
	int	iout;
	int	nout;
	Block	*words;		/* control messages to be written to ctl[] */
	int	busy;		/* somebody writes */
};

typedef struct Reader Reader;
struct Reader {
	Etherlink *k;
	int	i;
};

static char *types[Ntype] = { "connect 0x800", "connect 0x806", "connect 0x86DD" };

static Block*
nextout(Etherlink *k)
{
	Block *b;

	b = k->out[k->iout];
	k->iout = (k->iout+1) % Maxout;
	return b;
}

static void
linkfree(Etherlink *k)
{
	int i;

	for(i = 0; i < Ntype; i++){
		if(k->data[i] != nil)
			ccloseq(k->data[i]);
		if(k->ctl[i] != nil)
			ccloseq(k->ctl[i]);
	}
	for(; k->nout > 0; k->nout--)
		freeblist(nextout(k));
	freeblist(k->words);
	free(k);
}

static void
linkput(Etherlink *k)
{
	if(decref(k) == 0)
		linkfree(k);
}

/* The process that reads one conversation. */
static void
reader(void *a)
{
	Reader *r;
	Etherlink *k;
	Block *b;
	Chan *c;
	int i;

	r = a;
	k = r->k;
	i = r->i;
	free(r);
	c = k->data[i];
	k->reader[i] = up;
	while(!k->dead){
		if(waserror()){
			/* a note, or the device is gone; not too fast in any case */
			if(!k->dead && strcmp(up->errstr, Eintr) != 0)
				break;
			continue;
		}
		b = devtab[c->type]->bread(c, Maxframe, 0);
		poperror();
		if(b == nil)
			break;
		if(k->dead){
			freeblist(b);
			break;
		}
		ipenter(k->ifc->f);
		etherin(k->ifc, b);
		ipdone(k->ifc->f);
	}
	k->reader[i] = nil;
	linkput(k);
	pexit("", 1);
}

/* Open conversation i of the device. */
static void
opentype(Etherlink *k, char *dev, int i)
{
	char name[128], num[16];
	int n;

	snprint(name, sizeof name, "%s/clone", dev);
	k->ctl[i] = namec(name, Aopen, ORDWR, 0);
	n = devtab[k->ctl[i]->type]->read(k->ctl[i], num, sizeof num-1, 0);
	num[n > 0? n: 0] = '\0';
	snprint(name, sizeof name, "%s/%d/data", dev, atoi(num));
	devtab[k->ctl[i]->type]->write(k->ctl[i], types[i], strlen(types[i]), 0);
	k->data[i] = namec(name, Aopen, ORDWR, 0);
}

/* What the device says of itself: its address, and the size of packets, if that is more than usual. */
static void
readdev(Ifc *ifc, char *dev)
{
	char name[128], text[1024], *p;
	Chan *c;
	int n;

	snprint(name, sizeof name, "%s/stats", dev);
	c = namec(name, Aopen, OREAD, 0);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	n = devtab[c->type]->read(c, text, sizeof text-1, 0);
	text[n > 0? n: 0] = '\0';
	p = strstr(text, "mtu: ");
	n = p != nil? atoi(p+5) + Ethhdr: 0;
	if(n > ifc->mosttu && n <= Maxframe)
		ifc->maxtu = ifc->mosttu = n;
	p = strstr(text, "longest: ");
	ifc->longest = p != nil? atoi(p+9): 0;
	if(ifc->longest > Maxpkt)
		ifc->longest = Maxpkt;
	p = strstr(text, "addr: ");
	if(p != nil)
		p[6+12] = '\0';
	if(p == nil || parsemac(p+6, ifc->mac, 6) < 0)
		error("bad ethernet address");
	poperror();
	cclose(c);
}

static void
xmit(Ifc *ifc, Block *b)
{
	Etherlink *k;

	k = ifc->arg;
	if(k->nout == Maxout){
		ifc->outerr++;
		freeblist(b);
		return;
	}
	k->out[(k->iout + k->nout++) % Maxout] = b;
}

/* Does not sleep: no reader runs before all is bound, or nothing. */
static void
startreader(Etherlink *k, int i)
{
	Reader *r;
	char name[32];

	r = malloc(sizeof *r);
	if(r == nil)
		error(Enomem);
	r->k = k;
	r->i = i;
	incref(k);
	if(waserror()){
		free(r);
		linkput(k);
		nexterror();
	}
	snprint(name, sizeof name, "etherread%d.%d", k->ifc->c->x, i);
	kproc(name, reader, r);
	poperror();
}

/* bind ether DEVICE; may sleep: nothing in the stack is half done when it is called. */
char*
etherbind(Ifc *ifc, char **w, int n)
{
	static char err[ERRMAX];
	Etherlink *k;
	char dev[64];
	int i;

	USED(n);
	if(strlen(w[2]) >= sizeof dev)
		return "device name too long";
	strcpy(dev, w[2]);
	k = malloc(sizeof *k);
	if(k == nil)
		return Enomem;
	k->ref = 1;
	k->ifc = ifc;
	ifc->arg = k;
	if(waserror()){
		kstrcpy(err, up->errstr, sizeof err);
		etherunbind(ifc);
		return err;
	}
	readdev(ifc, dev);
	for(i = 0; i < Ntype; i++)
		opentype(k, dev, i);
	for(i = 0; i < Ntype; i++)
		startreader(k, i);
	poperror();
	ifc->xmit = xmit;
	return nil;
}

void
etherunbind(Ifc *ifc)
{
	Etherlink *k;
	Proc *p;
	int i, s;

	k = ifc->arg;
	ifc->arg = nil;
	ifc->xmit = nil;
	k->dead = 1;
	s = splhi();
	for(i = 0; i < Ntype; i++){
		p = k->reader[i];
		if(p != nil){
			p->notepending = 1;
			if(p->state == Wakeme && p->r != nil)
				wakeup(p->r);
		}
	}
	splx(s);
	if(!k->busy)
		linkput(k);
}

/* Receive a group, or no longer: written when the core is left.  What has been said of it before and not been written is void. */
void
ethermulti(Ifc *ifc, uchar *mac, int on)
{
	Etherlink *k;
	Block *b, *old, **l;

	k = ifc->arg;
	if(k == nil || (b = iallocb(64)) == nil)
		return;
	b->wp = (uchar*)seprint((char*)b->wp, (char*)b->wp+64, "%s %2.2ux%2.2ux%2.2ux%2.2ux%2.2ux%2.2ux", on? "addmulti": "remmulti",
		mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	for(l = &k->words; (old = *l) != nil;)
		if(memcmp(old->rp+Verb, b->rp+Verb, BLEN(b)-Verb) == 0){
			*l = old->next;
			freeb(old);
		}else
			l = &old->next;
	*l = b;
}

static void
writeword(Etherlink *k, Block *b)
{
	int i;

	for(i = 0; i < Ntype; i++){
		if(waserror())
			continue;	/* a device that cannot filter receives all */
		devtab[k->ctl[i]->type]->write(k->ctl[i], b->rp, BLEN(b), 0);
		poperror();
	}
	freeb(b);
}

static void
writeframe(Etherlink *k, Block *b)
{
	Chan *c;

	c = k->data[0];
	if(waserror()){
		if(!k->dead)
			k->ifc->outerr++;
		return;
	}
	devtab[c->type]->bwrite(c, b, 0);
	poperror();
}

/* Write what waits; may sleep. */
void
etherflush(Ifc *ifc)
{
	Etherlink *k;
	Block *b;

	k = ifc->arg;
	if(k == nil || k->busy || k->nout == 0 && k->words == nil)
		return;
	k->busy = 1;
	while(!k->dead){
		if((b = k->words) != nil){
			k->words = b->next;
			b->next = nil;
			writeword(k, b);
		}else if(k->nout > 0){
			b = nextout(k);
			k->nout--;
			writeframe(k, b);
		}else
			break;
	}
	k->busy = 0;
	if(k->dead)
		linkput(k);
}
