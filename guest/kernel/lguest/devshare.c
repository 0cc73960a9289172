/*
 * #h: directories of the host, a file each that carries 9P2000.  It takes whole
 * messages: mount uses Dev.rpc, so that a message is one hypercall and data goes
 * straight to and from the pages of the process.  A program may also open the file
 * and speak 9P itself: each write is one T-message, each read one reply, in the
 * order in which the host gives them.  An open file is a session of the host's,
 * with fids of its own.  The files are the host owner's alone, as the host does not
 * ask who it is that mounts.
 *
 * #hn has an empty directory for each, to mount it on: a union with /n makes room
 * there without a file server.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "io.h"

enum
{
	Qdir,
	Qpoints,		/* #hn */
	Qshare	= 0x100,	/* and its number */
	Qpoint	= 0x200,

	Maxpending = LGUEST_REQUESTS-8,	/* requests on one device */
	Maxraw	= 64,		/* replies that a program may leave unread */
	Rawreply = 2048,	/* bytes of a reply, but for the data of Rread */
	Header	= 7,
};

typedef struct Req	Req;
typedef struct Share	Share;
typedef struct Session	Session;

/* A request as the host sees it, with what it is for. */
struct Req
{
	Msgio	*io;
	Req	*next;		/* (i) the host has it */
	struct lguest_request g;
};

struct Share
{
	int	index;		/* of the device */
	char	*name;
	Req	*pending;	/* (i) */
	int	npending;
	ulong	used[LGUEST_SHARE_SESSIONS/32];
};

/* Of an open file: Chan.aux. */
struct Session
{
	Ref;			/* the channel, and raw messages under way */
	Share	*s;
	int	number;
	Queue	*q;		/* replies to what was written */
};

/* A message that a program wrote. */
typedef struct Raw Raw;
struct Raw
{
	Msgio	io;
	Msgseg	seg[2];
	Session	*ss;
	Block	*out;
	Block	*in;
	Raw	*next;
};

static Share	share[LGUEST_MAX_DEVICES];
static int	nshare;
static Raw	*dead;		/* (i) answered */

/* The host is done with r: what came of it. */
static void
complete(Req *r)
{
	Msgio *io;

	io = r->io;
	io->used = r->g.used;
	io->status = Rpcok;
	if(r->g.status == LGUEST_SHARE_FLUSHED)
		io->status = Rpcflushed;
	else if(r->g.status != 0)
		io->status = Rpcbad;
	free(r);
}

static void
interrupt(Ureg*, void *a)
{
	Share *s;
	Req *r, **l;
	Msgio *io;

	s = a;
	for(l = &s->pending; (r = *l) != nil; ){
		if(((volatile struct lguest_request*)&r->g)->state != LGUEST_REQUEST_DONE){
			l = &r->next;
			continue;
		}
		*l = r->next;
		s->npending--;
		io = r->io;
		complete(r);
		io->fin(io);
	}
}

static Req*
newreq(Msgio *io)
{
	Req *r;
	int i, n;

	n = io->nout + io->nin;
	r = malloc(sizeof(Req) + n*sizeof(struct lguest_segment));
	if(r == nil)
		error(Enomem);
	r->io = io;
	r->g.state = LGUEST_REQUEST_FREE;
	r->g.nout = io->nout;
	r->g.nin = io->nin;
	for(i = 0; i < n; i++){
		r->g.segment[i].addr = io->seg[i].pa;
		r->g.segment[i].len = io->seg[i].len;
	}
	return r;
}

static int
submit(Session *ss, Msgio *io)
{
	Share *s;
	Req *r;
	int sr;

	s = ss->s;
	while(s->npending >= Maxpending)
		tsleep(&up->sleep, return0, nil, 10);
	r = newreq(io);
	sr = splhi();
	hcall(LHCALL_REQUEST, s->index, PADDR(&r->g), ss->number);
	if(((volatile struct lguest_request*)&r->g)->state == LGUEST_REQUEST_DONE){
		splx(sr);
		complete(r);
		return 1;
	}
	r->next = s->pending;
	s->pending = r;
	s->npending++;
	splx(sr);
	return 0;
}

static int
sharerpc(Chan *c, Msgio *io)
{
	return submit(c->aux, io);
}

/* ---- sessions ---- */

static Session*
newsession(Share *s)
{
	Session *ss;
	int i;

	ss = mallocz(sizeof *ss, 1);
	if(ss == nil)
		error(Enomem);
	for(i = 0; i < LGUEST_SHARE_SESSIONS; i++)
		if((s->used[i/32] & 1ul<<(i&31)) == 0){
			s->used[i/32] |= 1ul<<(i&31);
			ss->s = s;
			ss->number = i;
			ss->ref = 1;
			return ss;
		}
	free(ss);
	error(Enodev);
}

static void
putsession(Session *ss)
{
	if(decref(ss) > 0)
		return;
	if(ss->q != nil)
		qfree(ss->q);
	free(ss);
}

/* Tell the host that the session is over; it forgets its fids. */
static void
endsession(Session *ss)
{
	static Msgio none;

	if(waserror()){
		/* without memory, the number stays taken and so does what the host has */
		putsession(ss);
		return;
	}
	submit(ss, &none);
	poperror();
	ss->s->used[ss->number/32] &= ~(1ul<<(ss->number&31));
	putsession(ss);
}

/* ---- messages of programs ---- */

static void
reap(void)
{
	Raw *r;
	int s;

	while(dead != nil){
		s = splhi();
		r = dead;
		dead = r->next;
		splx(s);
		freeb(r->out);
		freeb(r->in);
		putsession(r->ss);
		free(r);
	}
}

/* From an interrupt, too. */
static void
rawdone(Msgio *io)
{
	Raw *r;

	r = io->arg;
	if(io->status == Rpcok){
		r->in->wp = r->in->rp + io->used;
		qpassnolim(r->ss->q, r->in);
		r->in = nil;
	}
	r->next = dead;
	dead = r;
}

/* How long the reply to a message can be. */
static ulong
rawroom(uchar *p, long n)
{
	ulong count;

	if(n < Header+BIT32SZ+BIT64SZ+BIT32SZ || p[4] != Tread)
		return Rawreply;
	count = GBIT32(p+Header+BIT32SZ+BIT64SZ);
	return count < MiB? Rawreply+count: Rawreply+MiB;
}

/* Give the host a message, which is gone in any case. */
static void
sendraw(Session *ss, Block *b)
{
	Raw *r;

	r = mallocz(sizeof *r, 1);
	if(r == nil){
		freeb(b);
		error(Enomem);
	}
	if(waserror()){
		freeb(r->in);
		freeb(b);
		free(r);
		nexterror();
	}
	r->in = allocb(rawroom(b->rp, BLEN(b)));
	r->ss = ss;
	r->out = b;
	r->io.fin = rawdone;
	r->io.arg = r;
	r->io.seg = r->seg;
	r->io.nout = 1;
	r->io.nin = 1;
	r->seg[0].pa = PADDR(b->rp);
	r->seg[0].len = BLEN(b);
	r->seg[1].pa = PADDR(r->in->rp);
	r->seg[1].len = r->in->lim - r->in->rp;
	incref(ss);
	if(waserror()){
		decref(ss);
		nexterror();
	}
	if(submit(ss, &r->io)){
		if(r->io.status != Rpcok){
			error("malformed 9P message");
		}
		rawdone(&r->io);
	}
	poperror();
	poperror();
}

static long
sharewrite(Chan *c, void *va, long n, vlong)
{
	Session *ss;
	Block *b;

	if(c->qid.type & QTDIR)
		error(Eisdir);
	ss = c->aux;
	reap();
	if(n < Header || n > MiB+IOHDRSZ)
		error("malformed 9P message");
	if(qlen(ss->q) > Maxraw*Rawreply)
		error("replies lie unread");
	b = allocb(n);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	memmove(b->wp, va, n);
	b->wp += n;
	poperror();
	sendraw(ss, b);
	return n;
}

/* ---- the driver ---- */

static int
sharegen(Chan *c, char *name, Dirtab*, int, int i, Dir *dp)
{
	int points;
	Qid q;

	points = c->qid.path == Qpoints || c->qid.path >= Qpoint;
	if(i == DEVDOTDOT){
		mkqid(&q, points? Qpoints: Qdir, 0, QTDIR);
		devdir(c, q, points? "#hn": "#h", 0, eve, 0555, dp);
		return 1;
	}
	if(i >= nshare || c->qid.path >= Qpoint)
		return -1;
	if(points && share[i].name[0] == '.')
		return 0;		/* not for /n */
	if(name != nil && strcmp(name, share[i].name) != 0)
		return 0;
	mkqid(&q, (points? Qpoint: Qshare)+i, 0, points? QTDIR: QTFILE);
	devdir(c, q, share[i].name, 0, eve, points? 0555: 0600, dp);
	return 1;
}

/* The devices are found once, before the first process. */
static void
sharereset(void)
{
	struct lguest_device_desc *d;
	Share *s;
	int i;

	d = lguestdevpage();
	for(i = 0; i < LGUEST_MAX_DEVICES; i++){
		if(d[i].type != LGUEST_DEVICE_SHARE || d[i].num_pages == 0)
			continue;
		s = &share[nshare];
		s->index = i;
		s->name = mapdev((ulong)d[i].pfn<<PGSHIFT, 1);
		if(s->name == nil || memchr(s->name, '\0', BY2PG) == nil)
			continue;
		d[i].status |= LGUEST_DEVICE_ACKNOWLEDGE|LGUEST_DEVICE_DRIVER|LGUEST_DEVICE_DRIVER_OK;
		intrenable(i+1, interrupt, s);
		nshare++;
	}
}

int
hostnetwork(void)
{
	int i;

	for(i = 0; i < nshare; i++)
		if(strcmp(share[i].name, ".net") == 0)
			return 1;
	return 0;
}

static Chan*
shareattach(char *spec)
{
	Chan *c;

	if(spec[0] != '\0' && strcmp(spec, "n") != 0)
		error(Ebadspec);
	c = devattach('h', spec);
	if(spec[0] != '\0')
		c->qid.path = Qpoints;
	return c;
}

static Walkqid*
sharewalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, sharegen);
}

static int
sharestat(Chan *c, uchar *db, int n)
{
	return devstat(c, db, n, nil, 0, sharegen);
}

static Chan*
shareopen(Chan *c, int omode)
{
	Session *ss;

	if((c->qid.type & QTDIR) == 0 && !iseve())
		error(Eperm);
	c = devopen(c, omode, nil, 0, sharegen);
	if(c->qid.type & QTDIR)
		return c;
	if(waserror()){
		c->flag &= ~COPEN;
		nexterror();
	}
	ss = newsession(&share[c->qid.path-Qshare]);
	if(waserror()){
		endsession(ss);
		nexterror();
	}
	ss->q = qopen(MiB, Qmsg, nil, nil);
	if(ss->q == nil)
		error(Enomem);
	poperror();
	poperror();
	c->aux = ss;
	return c;
}

static void
shareclose(Chan *c)
{
	if((c->flag & COPEN) == 0 || c->qid.type & QTDIR)
		return;
	reap();
	endsession(c->aux);
	c->aux = nil;
}

static long
shareread(Chan *c, void *va, long n, vlong)
{
	Session *ss;

	if(c->qid.type & QTDIR)
		return devdirread(c, va, n, nil, 0, sharegen);
	ss = c->aux;
	return qread(ss->q, va, n);
}

Dev sharedevtab = {
	.dc	= 'h',
	.name	= "share",
	.reset	= sharereset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= shareattach,
	.walk	= sharewalk,
	.stat	= sharestat,
	.open	= shareopen,
	.create	= devcreate,
	.close	= shareclose,
	.read	= shareread,
	.bread	= devbread,
	.write	= sharewrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
	.rpc	= sharerpc,
};
