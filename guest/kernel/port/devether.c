/*
 * #l: Ethernet interfaces as files.  #lN shows one directory, etherN, with
 * clone, addr, stats, ifstats and a directory for each conversation.  Frames that
 * come are handed by etheriq to the conversations that want them, the last of
 * which gets the very Block that the driver filled; frames that are written go to
 * the driver's queue, and to those on this machine for whom they are.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "ether.h"

enum
{
	/* files; qid.path is the conversation's number + 1 above these bits */
	Qtop,
	Qinterface,
	Qclone,
	Qaddr,
	Qifstats,
	Qstats,
	Qconv,
	Qctl,
	Qdata,
	Qcifstats,
	Qcstats,
	Qtype,
	Qbits	= 5,

	Textsize = 2048,
	Headlen	= 58,		/* of a frame for headersonly */
};

#define FILE(q)		((int)((q).path & ((1<<Qbits)-1)))
#define CONV(q)		((int)((q).path>>Qbits) - 1)
#define PATH(conv, f)	((uvlong)((conv)+1)<<Qbits | (f))

typedef struct Etherpkt Etherpkt;
struct Etherpkt
{
	uchar	d[Eaddrlen];
	uchar	s[Eaddrlen];
	uchar	type[2];
	uchar	data[];
};

static Ether	*ethers[Maxether];
static int	nether;
static uchar	broadcast[Eaddrlen] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static struct {
	char	*name;
	int	file;
	ulong	perm;
} ifdir[] = {
	{ "clone",	Qclone,		0666 },
	{ "addr",	Qaddr,		0444 },
	{ "ifstats",	Qifstats,	0444 },
	{ "stats",	Qstats,		0444 },
}, convdir[] = {
	{ "ctl",	Qctl,		0660 },
	{ "data",	Qdata,		0660 },
	{ "ifstats",	Qcifstats,	0444 },
	{ "stats",	Qcstats,	0444 },
	{ "type",	Qtype,		0444 },
};

void
etheradd(Ether *e)
{
	if(nether == Maxether){
		print("#l: more than %d interfaces: one is left out\n", Maxether);
		return;
	}
	e->num = nether;
	if(e->mtu == 0)
		e->mtu = Ethermtu;
	ethers[nether++] = e;
}

static void
etherreset(void)
{
	etherinit();
}

/* ---- frames ---- */

/* The head of a frame, how long it was, and when it came. */
static void
deliverhead(Netfile *f, Block *b)
{
	Block *h;
	ulong ms;
	int n, len;

	h = iallocb(64);
	if(h == nil)
		return;
	memset(h->wp, 0, Headlen);
	n = BLEN(b) < Headlen? BLEN(b): Headlen;
	memmove(h->wp, b->rp, n);
	ms = todget(nil)/1000000;
	len = blocklen(b);
	h->wp[58] = len>>8;
	h->wp[59] = len;
	h->wp[60] = ms>>24;
	h->wp[61] = ms>>16;
	h->wp[62] = ms>>8;
	h->wp[63] = ms;
	h->wp += 64;
	qpass(f->in, h);
}

/* A copy of a frame, as it would look on a wire; nil if there is no memory. */
static Block*
wirecopy(Ether *e, Block *b)
{
	Block *copy;
	int flag;

	flag = b->flag;
	copy = iallocb(blocklen(b));
	if(copy == nil){
		e->soverflows++;
		return nil;
	}
	for(; b != nil; b = b->next){
		memmove(copy->wp, b->rp, BLEN(b));
		copy->wp += BLEN(b);
	}
	if(flag & Blong)
		longsum(copy->rp+Etherhdr, BLEN(copy)-Etherhdr);
	return copy;
}

/* Give f a frame, which is gone.  Only the kernel's readers take it as the driver may have it. */
static void
deliver(Ether *e, Netfile *f, Block *b)
{
	Block *copy;

	if(f->headersonly){
		deliverhead(f, b);
		freeblist(b);
		return;
	}
	if(!f->kernel && (b->next != nil || b->flag & Blong)){
		copy = wirecopy(e, b);
		freeblist(b);
		if(copy == nil)
			return;
		b = copy;
	}
	if(!f->kernel)
		b = packblock(b);
	if(qpassrecord(f->in, b) < 0)	/* a frame may be several Blocks */
		e->soverflows++;
	if(f->kernel && qwindow(f->in) < Netqlimit-Netqenough)
		e->enough = 1;
}

static int
wanted(Ether *e, Netfile *f, Etherpkt *p, int type)
{
	if(!f->inuse || (f->type != type && f->type >= 0))
		return 0;
	if(f->prom)
		return 1;
	if(p->d[0] & 1)
		return memcmp(p->d, broadcast, Eaddrlen) == 0 || multiwanted(e, f, p->d);
	return memcmp(p->d, e->ea, Eaddrlen) == 0;
}

/*
 * To all conversations that want it but `from`, and only to promiscuous ones if
 * `prom`: the last one gets the block, the others copies.  Returns b if nobody took
 * it.
 */
static Block*
distribute(Ether *e, Block *b, Netfile *from, int prom)
{
	Etherpkt *p;
	Netfile *f, *last;
	Block *copy;
	int i, type;

	p = (Etherpkt*)b->rp;
	type = p->type[0]<<8 | p->type[1];
	last = nil;
	for(i = 0; i < e->nf; i++){
		f = e->f[i];
		if(f == from || prom && !f->prom || !wanted(e, f, p, type))
			continue;
		if(last != nil && (copy = wirecopy(e, b)) != nil)
			deliver(e, last, copy);
		last = f;
	}
	if(last == nil)
		return b;
	deliver(e, last, b);
	return nil;
}

void
etheriq(Ether *e, Block *b)
{
	if(BLEN(b) < Etherhdr){
		e->frames++;
		freeblist(b);
		return;
	}
	e->inpackets++;
	freeblist(distribute(e, b, nil, 0));
}

/*
 * Who on this machine wants what is sent?  What is for this machine, or for all,
 * comes back; multicast does not, as a stack that hears its own questions takes itself
 * for somebody else; those who listen to everything see all.
 */
static void
loopback(Ether *e, Netfile *f, Block *b)
{
	Etherpkt *p;
	Block *copy;
	int forus;

	p = (Etherpkt*)b->rp;
	forus = memcmp(p->d, e->ea, Eaddrlen) == 0 || memcmp(p->d, broadcast, Eaddrlen) == 0;
	if(!forus && e->nprom == 0)
		return;
	copy = wirecopy(e, b);
	if(copy != nil)
		freeblist(distribute(e, copy, f->bridge? f: nil, !forus));
}

/* A frame in several Blocks can go as it is, if nobody on this machine wants to see it. */
static int
sendpieces(Ether *e, Netfile *f, Block *b, int n)
{
	Etherpkt *p;

	p = (Etherpkt*)b->rp;
	if(e->send == nil || e->nprom > 0 || n < Ethermin || BLEN(b) < Etherhdr)
		return 0;
	if(memcmp(p->d, e->ea, Eaddrlen) == 0 || memcmp(p->d, broadcast, Eaddrlen) == 0)
		return 0;
	if(!f->bridge)
		memmove(p->s, e->ea, Eaddrlen);
	if(!e->send(e, b))
		return 0;
	e->outpackets++;
	return 1;
}

static long
etherbwrite(Chan *c, Block *b, ulong)
{
	Ether *e;
	Netfile *f;
	Etherpkt *p;
	long n, most;

	e = ethers[c->dev];
	n = blocklen(b);
	most = (b->flag & Blong? e->longest: e->mtu) + Etherhdr;
	if(FILE(c->qid) != Qdata || n > most || n < Etherhdr){
		freeblist(b);
		error(FILE(c->qid) != Qdata? Eperm: n > most? Etoobig: Etoosmall);
	}
	f = e->f[CONV(c->qid)];
	if(b->next != nil && sendpieces(e, f, b, n))
		return n;
	if(b->next != nil){
		if(waserror()){
			freeblist(b);
			nexterror();
		}
		b = concatblock(b);
		poperror();
	}
	p = (Etherpkt*)b->rp;
	if(!f->bridge)
		memmove(p->s, e->ea, Eaddrlen);
	loopback(e, f, b);
	if(memcmp(p->d, e->ea, Eaddrlen) == 0){
		freeb(b);
		return n;
	}
	if(n < Ethermin){
		if(waserror()){
			freeb(b);
			nexterror();
		}
		b = adjustblock(b, Ethermin);
		memset(b->wp - (Ethermin-n), 0, Ethermin-n);
		poperror();
	}
	e->outpackets++;
	if(!f->nonblocking)
		qbwrite(e->oq, b);
	else if(qpass(e->oq, b) < 0)
		e->oerrs++;
	return n;
}

/* ---- files ---- */

static Chan*
etherattach(char *spec)
{
	Chan *c;
	char *end;
	long n;

	n = strtol(spec, &end, 10);
	if(*end != '\0' || n < 0 || n >= nether)
		error(Enodev);
	c = devattach('l', spec);
	mkqid(&c->qid, PATH(-1, Qtop), 0, QTDIR);
	c->dev = n;
	return c;
}

static int
convgen(Chan *c, Ether *e, int i, Dir *dp)
{
	Netfile *f;
	Qid q;
	int conv;

	conv = CONV(c->qid);
	if(conv < 0 || conv >= e->nf || i >= nelem(convdir))
		return -1;
	f = e->f[conv];
	mkqid(&q, PATH(conv, convdir[i].file), 0, QTFILE);
	devdir(c, q, convdir[i].name, 0, f->inuse? f->owner: "network", f->inuse || convdir[i].perm == 0444? convdir[i].perm: 0666, dp);
	return 1;
}

static int
ethergen(Chan *c, char*, Dirtab*, int, int i, Dir *dp)
{
	Ether *e;
	Qid q;
	char *name;

	e = ethers[c->dev];
	name = up->genbuf;
	snprint(name, sizeof up->genbuf, "ether%d", e->num);
	switch(FILE(c->qid)){
	case Qtop:
		if(i == DEVDOTDOT){
			mkqid(&q, PATH(-1, Qtop), 0, QTDIR);
			devdir(c, q, "#l", 0, eve, DMDIR|0555, dp);
			return 1;
		}
		if(i > 0)
			return -1;
		mkqid(&q, PATH(-1, Qinterface), 0, QTDIR);
		devdir(c, q, name, 0, eve, DMDIR|0555, dp);
		return 1;
	case Qconv:
	case Qctl:
	case Qdata:
	case Qcifstats:
	case Qcstats:
	case Qtype:
		if(i == DEVDOTDOT){
			mkqid(&q, PATH(-1, Qinterface), 0, QTDIR);
			devdir(c, q, name, 0, eve, DMDIR|0555, dp);
			return 1;
		}
		return convgen(c, e, i, dp);
	}
	if(i == DEVDOTDOT){
		mkqid(&q, PATH(-1, Qtop), 0, QTDIR);
		devdir(c, q, "#l", 0, eve, DMDIR|0555, dp);
		return 1;
	}
	if(i < nelem(ifdir)){
		mkqid(&q, PATH(-1, ifdir[i].file), 0, QTFILE);
		devdir(c, q, ifdir[i].name, 0, eve, ifdir[i].perm, dp);
		return 1;
	}
	i -= nelem(ifdir);
	if(i >= e->nf)
		return -1;
	snprint(name, sizeof up->genbuf, "%d", i);
	mkqid(&q, PATH(i, Qconv), 0, QTDIR);
	devdir(c, q, name, 0, eve, DMDIR|0555, dp);
	return 1;
}

static Walkqid*
etherwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, ethergen);
}

static int
etherstat(Chan *c, uchar *db, int n)
{
	return devstat(c, db, n, nil, 0, ethergen);
}

/* Does opening this file keep its conversation? */
static int
keeps(Chan *c)
{
	switch(FILE(c->qid)){
	case Qctl:
	case Qdata:
		return 1;
	}
	return 0;
}

static Chan*
etheropen(Chan *c, int omode)
{
	Ether *e;
	Netfile *f;
	int mode;

	e = ethers[c->dev];
	mode = openmode(omode);
	if(c->qid.type & QTDIR){
		if(mode != OREAD)
			error(Eperm);
	}else if(FILE(c->qid) == Qclone || keeps(c)){
		if(e->attach != nil)
			e->attach(e);
		f = netfileopen(e, FILE(c->qid) == Qclone? -1: CONV(c->qid));
		if(waserror()){
			netfileclose(e, f);
			nexterror();
		}
		devpermcheck(f->owner, f->perm, mode);
		poperror();
		if(FILE(c->qid) == Qclone)
			mkqid(&c->qid, PATH(f->num, Qctl), 0, QTFILE);
	}else
		devpermcheck(eve, 0444, mode);
	c->mode = mode;
	c->flag |= COPEN;
	c->offset = 0;
	c->iounit = FILE(c->qid) == Qdata? e->mtu+Etherhdr: 0;
	return c;
}

/* Frames may have been left on the wire. */
static void
room(Ether *e)
{
	e->enough = 0;
	if(e->room != nil)
		e->room(e);
}

/* Something of f's was read. */
static void
taken(Ether *e, Netfile *f)
{
	if(e->enough && qwindow(f->in) >= Netqlimit-Netqenough)
		room(e);
}

static void
etherclose(Chan *c)
{
	Ether *e;

	e = ethers[c->dev];
	if((c->flag & COPEN) == 0 || !keeps(c))
		return;
	netfileclose(e, e->f[CONV(c->qid)]);
	if(e->enough)
		room(e);
}

static long
readtext(Ether *e, Chan *c, char *a, long n, ulong off)
{
	char *text;
	int i, len;

	text = smalloc(Textsize);
	if(waserror()){
		free(text);
		nexterror();
	}
	len = 0;
	switch(FILE(c->qid)){
	case Qaddr:
		for(i = 0; i < Eaddrlen; i++)
			len += snprint(text+len, Textsize-len, "%2.2ux", e->ea[i]);
		break;
	case Qstats:
	case Qcstats:
		if(e->count != nil)
			e->count(e);
		len = etherstats(e, text, Textsize);
		break;
	case Qifstats:
	case Qcifstats:
		if(e->ifstat != nil)
			len = e->ifstat(e, text, Textsize);
		break;
	}
	text[len] = '\0';
	n = readstr(off, a, n, text);
	poperror();
	free(text);
	return n;
}

static long
etherread(Chan *c, void *a, long n, vlong off)
{
	Ether *e;
	Netfile *f;

	e = ethers[c->dev];
	if(c->qid.type & QTDIR)
		return devdirread(c, a, n, nil, 0, ethergen);
	switch(FILE(c->qid)){
	case Qdata:
		f = e->f[CONV(c->qid)];
		n = qread(f->in, a, n);
		if(f->kernel)
			taken(e, f);	/* its owner can read it, too */
		return n;
	case Qctl:
		return readnum(off, a, n, CONV(c->qid), NUMSIZE);
	case Qtype:
		return readnum(off, a, n, e->f[CONV(c->qid)]->type, NUMSIZE);
	}
	return readtext(e, c, a, n, off);
}

static Block*
etherbread(Chan *c, long n, ulong off)
{
	Ether *e;
	Netfile *f;
	Block *b;

	if(FILE(c->qid) != Qdata || c->qid.type & QTDIR)
		return devbread(c, n, off);
	e = ethers[c->dev];
	f = e->f[CONV(c->qid)];
	f->kernel = up->kp;
	b = qbread(f->in, n);
	taken(e, f);
	return b;
}

static long
etherwrite(Chan *c, void *a, long n, vlong)
{
	Ether *e;
	Block *b;

	e = ethers[c->dev];
	if(FILE(c->qid) == Qctl)
		return netfilectl(e, e->f[CONV(c->qid)], a, n);
	if(FILE(c->qid) != Qdata)
		error(Eperm);
	if(n > e->mtu+Etherhdr)
		error(Etoobig);
	if(n < Ethermin)
		error(Etoosmall);
	b = allocb(n);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	memmove(b->wp, a, n);
	b->wp += n;
	poperror();
	return etherbwrite(c, b, 0);
}

Dev etherdevtab = {
	.dc	= 'l',
	.name	= "ether",
	.reset	= etherreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= etherattach,
	.walk	= etherwalk,
	.stat	= etherstat,
	.open	= etheropen,
	.create	= devcreate,
	.close	= etherclose,
	.read	= etherread,
	.bread	= etherbread,
	.write	= etherwrite,
	.bwrite	= etherbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
};
