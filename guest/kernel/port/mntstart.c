/*
 * Where a 9P connection begins: a channel to a server becomes one (fversion), and
 * gives its first files, the root of a tree (mount) or one to authenticate by (fauth).
 * The system calls of these names come here; what happens to the files then is in devmnt.c.
 *
 * Before changing anything: what leads to a server may lead to anything.  What comes
 * is checked, and a start that fails leaves the channel an ordinary one.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "mnt.h"

static ulong	lastid;

static char	Edepth[] = "connection inside too many others";

/* The index of this driver in devtab. */
static int
mnttype(void)
{
	static int type;

	if(type == 0)
		type = devno('M', 0);
	return type;
}

/* Read the reply to Tversion: its body. */
static Block*
versionreply(Mnt *m)
{
	Block *b;

	if(waserror()){
		if(strcmp(up->errstr, Ehungup) == 0)
			error("EOF receiving fversion reply");
		nexterror();
	}
	b = mntreadmsg(m);
	poperror();
	if(blocklen(b) > 8192){
		freeblist(b);
		error("bad fversion conversion on reply");
	}
	return replybody(b, MSGHDR);
}

/* Send Tversion on a stream: the reply's body. */
static Block*
streamversion(Mnt *m, Block *b)
{
	char why[ERRMAX];
	uchar *p;
	ulong n;

	PBIT32(b->rp, BLEN(b));
	PBIT16(b->rp+5, NOTAG);
	mntwritemsg(m, b);
	b = versionreply(m);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	p = b->rp;
	if(p[4] == Rerror && BLEN(b) >= MSGHDR+BIT16SZ && GBIT16(p+MSGHDR) <= BLEN(b)-MSGHDR-BIT16SZ){
		n = GBIT16(p+MSGHDR);
		if(n > ERRMAX-1)
			n = ERRMAX-1;
		memmove(why, p+MSGHDR+BIT16SZ, n);
		why[n] = '\0';
		error(why);
	}
	if(p[4] != Rversion)
		error("unexpected reply type in fversion");
	b->rp += MSGHDR;
	poperror();
	return b;
}

static ulong
maxmsize(Mnt *m)
{
	return m->rpc != nil? RPCMSIZE: MAXMSIZE;
}

/* Agree upon version and message size with the server. */
static void
negotiate(Mnt *m, char *vers, ulong msize)
{
	Block *b;
	uchar *p;
	ulong n;

	b = newmsg(Tversion, BIT32SZ+BIT16SZ+strlen(vers));
	put32(b, msize);
	putstr(b, vers);
	m->msize = 8192+IOHDRSZ;	/* of the reply */
	b = m->rpc != nil? replybody(mntrpc(m, b, nil), 0): streamversion(m, b);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	p = b->rp;
	if(BLEN(b) < BIT32SZ+BIT16SZ || GBIT16(p+4) != BLEN(b)-BIT32SZ-BIT16SZ)
		error("bad fversion conversion on reply");
	n = GBIT32(p);
	if(n > msize)
		error("server tries to increase msize in fversion");
	if(n < MINMSIZE || n > maxmsize(m))
		error("nonsense value of msize in fversion");
	m->msize = n;
	n = GBIT16(p+4);
	if(n == 0 || n >= sizeof m->version || n > strlen(vers) || memcmp(p+6, vers, n) != 0
	|| n < strlen(VERSION9P))
		error("bad 9P version returned from server");
	memmove(m->version, p+6, n);
	m->version[n] = '\0';
	poperror();
	freeb(b);
}

/* Somebody started 9P on this channel before: is that what is wanted now? */
static void
sameversion(Mnt *m, char *vers)
{
	if(m->starting)
		error(Einuse);
	if(strncmp(vers, m->version, strlen(m->version)) != 0)
		errorf("incompatible 9P versions %s %s", m->version, vers);
}

int
chandepth(Chan *c)
{
	int n;

	if(c->type == mnttype())
		n = c->mchan != nil && c->mchan->mux != nil? c->mchan->mux->depth: 0;
	else
		n = filterdepth(c);
	if(n >= MAXDEPTH)
		error(Edepth);
	return n+1;
}

/*
 * Start 9P on c.  vers (room bytes of it) proposes a version, msize a message
 * size, "" and 0 for the usual; what was agreed upon replaces vers.  Returns its
 * length.  Later calls find the connection as it is.
 */
long
mntversion(Chan *c, char *vers, int msize, int room)
{
	Mnt *m;
	int depth;

	if(vers[0] == '\0')
		kstrcpy(vers, VERSION9P, room);
	if(msize == 0)
		msize = devtab[c->type]->rpc != nil? RPCMSIZE: DEFMSIZE;
	if(c->iounit != 0 && msize > c->iounit)
		msize = c->iounit;
	if(msize < 0)
		error("bad iounit in version call");
	if(msize > MAXMSIZE && msize != RPCMSIZE)
		msize = MAXMSIZE;
	if(strncmp(vers, VERSION9P, strlen(VERSION9P)) != 0)
		error("bad 9P version specification");
	if(c->mux != nil){
		sameversion(c->mux, vers);
		kstrcpy(vers, c->mux->version, room);
		return strlen(vers);
	}
	if(c->qid.type & QTDIR)
		error(Eisdir);
	depth = chandepth(c);
	m = mallocz(sizeof(Mnt), 1);
	if(m == nil)
		error(Enomem);
	m->c = c;
	m->rpc = devtab[c->type]->rpc;
	m->starting = 1;
	m->depth = depth;
	c->mux = m;
	c->flag |= CMSG;		/* from here on a broken pipe is an error and no note */
	if(waserror()){
		c->mux = nil;
		c->flag &= ~CMSG;
		mntdestroy(m);
		nexterror();
	}
	negotiate(m, vers, msize);
	poperror();
	m->id = ++lastid;
	m->starting = 0;
	kstrcpy(vers, m->version, room);
	return strlen(vers);
}

/* The connection that c carries, which is started if need be. */
static Mnt*
connection(Chan *c)
{
	char vers[64];

	if(c->mux == nil || c->mux->starting){
		vers[0] = '\0';
		mntversion(c, vers, 0, sizeof vers);
	}
	return c->mux;
}

/* A channel that leads nowhere: nothing is told to the server. */
void
mntforget(Chan *c)
{
	Chan *mchan;

	mchan = c->mchan;
	c->mchan = nil;
	c->type = devno('/', 0);
	cclose(c);
	cclose(mchan);
}

/* A file of the connection that c carries, with a fid that the server does not know yet. */
static Chan*
newfile(Chan *c, Mnt *m)
{
	char name[32];
	Chan *nc;

	nc = newchan();
	if(waserror()){
		cclose(nc);
		nexterror();
	}
	snprint(name, sizeof name, "#M%lud", m->id);
	nc->path = newpath(name);
	poperror();
	nc->type = mnttype();
	nc->dev = m->id;
	nc->mchan = c;
	incref(c);
	return nc;
}

/*
 * Ask for the tree that spec names, on the connection that c carries; ac is the
 * file on which the user was authenticated, or nil.  Returns its root.
 */
Chan*
mntattach(Chan *c, Chan *ac, char *spec, int flag)
{
	Mnt *m;
	Chan *nc;
	Block *b;

	m = connection(c);
	if(ac != nil && ac->mchan != c)
		error(Ebadusefd);
	if(MSGHDR+2*BIT32SZ+2*BIT16SZ+strlen(up->user)+strlen(spec) > m->msize)
		error(Etoobig);
	nc = newfile(c, m);
	if(waserror()){
		mntforget(nc);
		nexterror();
	}
	b = newmsg(Tattach, 2*BIT32SZ + 2*BIT16SZ + strlen(up->user) + strlen(spec));
	put32(b, nc->fid);
	put32(b, ac != nil? ac->fid: NOFID);
	putstr(b, up->user);
	putstr(b, spec);
	b = replybody(mntrpc(m, b, nil), QIDSZ);
	getqid(b->rp, &nc->qid);
	freeb(b);
	nc->mqid = nc->qid;
	if(flag & MCACHE)
		nc->flag |= CCACHE;
	poperror();
	return nc;
}

/* A file to authenticate by, for the tree aname on the connection that c carries. */
Chan*
mntauth(Chan *c, char *aname)
{
	Mnt *m;
	Chan *nc;
	Block *b;

	m = connection(c);
	if(MSGHDR+BIT32SZ+2*BIT16SZ+strlen(up->user)+strlen(aname) > m->msize)
		error(Etoobig);
	nc = newfile(c, m);
	if(waserror()){
		mntforget(nc);
		nexterror();
	}
	b = newmsg(Tauth, BIT32SZ + 2*BIT16SZ + strlen(up->user) + strlen(aname));
	put32(b, nc->fid);
	putstr(b, up->user);
	putstr(b, aname);
	b = replybody(mntrpc(m, b, nil), QIDSZ);
	getqid(b->rp, &nc->qid);
	freeb(b);
	nc->qid.type = QTAUTH;
	nc->mode = ORDWR;
	nc->iounit = m->msize - IOHDRSZ;
	nc->flag |= COPEN;
	poperror();
	return nc;
}

/* The channel m->c is closed. */
void
muxclose(Mnt *m)
{
	mntdestroy(m);
}
