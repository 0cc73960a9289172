/*
 * #M: files of 9P servers.  A connection (Mnt) hangs on the channel that leads
 * to the server, which is marked CMSG from fversion on; a file of it is a Chan
 * with a fid, which is the Chan's own number, and a reference to that channel
 * (mchan).  What the calls of a driver mean in messages is here; how a connection
 * starts and where its first file comes from is in mntstart.c, sending and
 * waiting in mntrpc.c.
 *
 * Before changing anything: nothing that a server says is true.  Counts are
 * compared with what was asked for and with what has arrived, and directory
 * entries are checked and get our type and dev before anybody sees them.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "mnt.h"

enum
{
	Direct	= 1024,		/* bytes: below, a copy costs less than holding the page */
};

extern Dev	mntdevtab;

/* The connection of a file. */
static Mnt*
mntof(Chan *c)
{
	Mnt *m;

	m = c->mchan == nil? nil: c->mchan->mux;
	if(m == nil)
		error(Eshutdown);
	return m;
}

static Chan*
mntdevattach(char *spec)
{
	USED(spec);
	error(Enoattach);
}

static Block*
walkmsg(Mnt *m, Chan *c, Chan *nc, char **name, int nname)
{
	Block *b;
	int i, n;

	n = 2*BIT32SZ + BIT16SZ;
	for(i = 0; i < nname; i++){
		if(strlen(name[i]) > 65535)
			error(Etoolong);
		n += BIT16SZ + strlen(name[i]);
	}
	if(MSGHDR + n > m->msize)
		error(Etoolong);
	b = newmsg(Twalk, n);
	put32(b, c->fid);
	put32(b, nc->fid);
	put16(b, nname);
	for(i = 0; i < nname; i++)
		putstr(b, name[i]);
	return b;
}

/* Fill wq, and nc's qid, from Rwalk, which is freed: was all of it walked? */
static int
walkreply(Chan *nc, Walkqid *wq, Block *b, int nname)
{
	uchar *p;
	int i;

	b = replybody(b, BIT16SZ);
	p = b->rp + BIT16SZ;
	wq->nqid = GBIT16(b->rp);
	if(wq->nqid > nname || BLEN(b) < BIT16SZ + wq->nqid*QIDSZ){
		freeb(b);
		error(Emountrpc);
	}
	for(i = 0; i < wq->nqid; i++)
		p = getqid(p, &wq->qid[i]);
	freeb(b);
	if(wq->nqid < nname)
		return 0;
	if(nname > 0)
		nc->qid = wq->qid[nname-1];
	return 1;
}

/* One Twalk: as far as the server went. */
static Walkqid*
walk(Chan *c, char **name, int nname)
{
	Walkqid *wq;
	Chan *nc;
	Block *b;
	Mnt *m;
	int rerror;

	m = mntof(c);
	wq = newwalkqid(nname);
	if(waserror()){
		wqfree(wq);
		nexterror();
	}
	nc = devclone(c);
	incref(nc->mchan);
	rerror = 0;
	if(waserror()){
		if(!rerror)
			nc->fid = newfid();	/* who knows whether the server uses it now */
		mntforget(nc);
		nexterror();
	}
	nc->flag |= c->flag & CCACHE;
	b = mntrpc(m, walkmsg(m, c, nc, name, nname), &rerror);
	if(rerror)
		error(up->errstr);
	if(walkreply(nc, wq, b, nname)){
		poperror();
		wq->clone = nc;
	}else{
		poperror();
		mntforget(nc);
		wq->clone = nil;
	}
	poperror();
	return wq;
}

/*
 * A walk ended in the directory to which the first n names lead.  9P does not say why;
 * where asking costs little, ask for the next name alone, and raise what the
 * server says, unless it is what everybody believes anyway: that there is none.
 */
static void
whynot(Chan *c, char **name, int n)
{
	Walkqid *volatile there, *volatile next;
	char err[ERRMAX];

	there = nil;
	next = nil;
	if(waserror())
		kstrcpy(err, up->errstr, sizeof err);
	else{
		there = walk(c, name, n);
		if(there->clone != nil)
			next = walk(there->clone, name+n, 1);
		poperror();
		err[0] = '\0';
	}
	if(there != nil){
		cclose(there->clone);
		wqfree(there);
	}
	if(next != nil){
		cclose(next->clone);
		wqfree(next);
	}
	if(err[0] != '\0' && strcmp(err, Enonexist) != 0)
		error(err);
}

static Walkqid*
mntwalk(Chan *c, Chan *nc, char **name, int nname)
{
	Walkqid *wq;

	if(nc != nil || nname > MAXWELEM)
		error(Egreg);
	wq = walk(c, name, nname);
	if(waserror()){
		wqfree(wq);
		nexterror();
	}
	if(wq->clone == nil && wq->nqid > 0 && wq->qid[wq->nqid-1].type & QTDIR && mntof(c)->rpc != nil)
		whynot(c, name, wq->nqid);
	poperror();
	if(nname > 0 && wq->nqid == 0){
		wqfree(wq);
		error(Enonexist);
	}
	return wq;
}

/* Make the entry at p, which was checked, one of c's tree. */
static void
adopt(Chan *c, uchar *p)
{
	PBIT16(p+BIT16SZ, mntdevtab.dc);
	PBIT32(p+BIT16SZ+BIT16SZ, c->dev);
}

static int
mntstat(Chan *c, uchar *db, int n)
{
	Block *b;
	Mnt *m;
	int size;

	if(n < BIT16SZ)
		error(Eshortstat);
	m = mntof(c);
	b = newmsg(Tstat, BIT32SZ);
	put32(b, c->fid);
	b = replybody(mntrpc(m, b, nil), BIT16SZ);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	size = GBIT16(b->rp);
	b->rp += BIT16SZ;
	if(size > BLEN(b) || size < STATFIXLEN || statcheck(b->rp, size) < 0)
		error(Ebadstat);
	adopt(c, b->rp);
	if(size > n)
		size = BIT16SZ;
	memmove(db, b->rp, size);
	poperror();
	freeb(b);
	return size;
}

/* Topen or Tcreate was answered. */
static void
opened(Chan *c, Mnt *m, Block *b, int omode)
{
	b = replybody(b, QIDSZ+BIT32SZ);
	getqid(b->rp, &c->qid);
	c->iounit = GBIT32(b->rp+QIDSZ);
	freeb(b);
	if(c->iounit == 0 || c->iounit > m->msize - IOHDRSZ)
		c->iounit = m->msize - IOHDRSZ;
	c->offset = 0;
	c->mode = openmode(omode);
	c->flag |= COPEN;
}

static Chan*
mntopen(Chan *c, int omode)
{
	Block *b;
	Mnt *m;

	m = mntof(c);
	b = newmsg(Topen, BIT32SZ+BIT8SZ);
	put32(b, c->fid);
	put8(b, omode);
	opened(c, m, mntrpc(m, b, nil), omode);
	if(c->flag & CCACHE)
		cacheopen(c, omode);
	return c;
}

static void
mntcreate(Chan *c, char *name, int omode, ulong perm)
{
	Block *b;
	Mnt *m;

	m = mntof(c);
	if(MSGHDR+BIT32SZ+BIT16SZ+strlen(name)+BIT32SZ+BIT8SZ > m->msize || strlen(name) > 65535)
		error(Etoolong);
	b = newmsg(Tcreate, BIT32SZ+BIT16SZ+strlen(name)+BIT32SZ+BIT8SZ);
	put32(b, c->fid);
	putstr(b, name);
	put32(b, perm);
	put8(b, omode);
	opened(c, m, mntrpc(m, b, nil), omode);
	if(c->flag & CCACHE)
		cacheopen(c, omode|OTRUNC);
}

/* Send a request made of a fid alone and wait for the reply, which says nothing. */
static void
simple(Mnt *m, int type, ulong fid)
{
	Block *b;

	b = newmsg(type, BIT32SZ);
	put32(b, fid);
	freeblist(mntrpc(m, b, nil));
}

/* Take c off its connection; type says how the server is told. */
static void
clunk(Chan *c, int type)
{
	Block *b;
	Mnt *m;
	Chan *mchan;

	mchan = c->mchan;
	if(mchan == nil)
		return;
	if(waserror()){
		/* an Rerror ends the fid as well; if there was none, never use it again */
		c->fid = newfid();
		c->mchan = nil;
		cclose(mchan);
		nexterror();
	}
	m = mntof(c);
	if((up->closingfgrp != nil || up->kp) && m->norphan < MAXPOST){
		/* at exit, one does not wait for what cannot matter any more */
		b = newmsg(type, BIT32SZ);
		put32(b, c->fid);
		c->fid = newfid();
		mntpost(m, b);
	}else
		simple(m, type, c->fid);
	poperror();
	c->mchan = nil;
	cclose(mchan);
}

static void
mntclose(Chan *c)
{
	clunk(c, Tclunk);
}

static void
mntremove(Chan *c)
{
	cachedrop(c);
	clunk(c, Tremove);
}

static int
mntwstat(Chan *c, uchar *db, int n)
{
	Block *b;
	Mnt *m;

	m = mntof(c);
	if(MSGHDR+BIT32SZ+BIT16SZ+n > m->msize)
		error(Etoobig);
	b = newmsg(Twstat, BIT32SZ+BIT16SZ+n);
	put32(b, c->fid);
	put16(b, n);
	memmove(b->wp, db, n);
	b->wp += n;
	freeblist(mntrpc(m, b, nil));
	cachedrop(c);
	return n;
}

/* ---- reading and writing ---- */

/* One Tread: the data as a list of blocks, at most n bytes. */
static Block*
tread(Chan *c, Mnt *m, long n, vlong off)
{
	uchar cnt[BIT32SZ];
	Block *b, *bb;
	ulong count;
	int i;

	b = newmsg(Tread, BIT32SZ+BIT64SZ+BIT32SZ);
	put32(b, c->fid);
	put64(b, off);
	put32(b, n);
	b = mntrpc(m, b, nil);
	if(blocklen(b) < BIT32SZ){
		freeblist(b);
		error(Emountrpc);
	}
	for(bb = b, i = 0; i < BIT32SZ; ){
		if(BLEN(bb) == 0)
			bb = bb->next;
		else
			cnt[i++] = *bb->rp++;
	}
	count = GBIT32(cnt);
	if(count > n || count != blocklen(b)){
		freeblist(b);
		error(Emountrpc);
	}
	return b;
}

/* Copy a list to where the user wants it, and free it. */
static long
copyout(uchar *p, Block *b)
{
	Block *bb;
	uchar *p0;

	p0 = p;
	if(waserror()){
		freeblist(b);
		nexterror();
	}
	for(bb = b; bb != nil; bb = bb->next){
		memmove(p, bb->rp, BLEN(bb));
		p += BLEN(bb);
	}
	poperror();
	freeblist(b);
	return p - p0;
}

/* The same for entries of a directory, which have to be checked and adopted. */
static long
copydir(Chan *c, uchar *p, Block *b)
{
	uchar *s;
	int size;

	if(b == nil)
		return 0;
	b = replybody(b, 0);
	for(s = b->rp; s < b->wp; s += size){
		size = b->wp - s;
		if(size >= STATFIXLEN && GBIT16(s) + BIT16SZ <= size)
			size = GBIT16(s) + BIT16SZ;
		if(size < STATFIXLEN || statcheck(s, size) < 0){
			freeb(b);
			error(Ebadstat);
		}
		adopt(c, s);
	}
	return copyout(p, b);
}

/* A Tread whose data the server puts where the user wants it: how much; -1 if that cannot be. */
static long
treaddirect(Chan *c, Mnt *m, uchar *p, long n, vlong off)
{
	Block *b;
	ulong count;

	b = newmsg(Tread, BIT32SZ+BIT64SZ+BIT32SZ);
	put32(b, c->fid);
	put64(b, off);
	put32(b, n);
	b = mntrpcdata(m, b, p, n, 1);
	if(b == nil)
		return -1;
	b = replybody(b, BIT32SZ);
	count = GBIT32(b->rp);
	freeb(b);
	if(count > n)
		error(Emountrpc);
	return count;
}

/* One Tread of a file, the data to buf. */
static long
treadfile(Chan *c, Mnt *m, uchar *buf, long want, vlong off)
{
	long got;

	if(m->rpc != nil && want >= Direct){
		got = treaddirect(c, m, buf, want, off);
		if(got >= 0)
			return got;
	}
	return copyout(buf, tread(c, m, want, off));
}

/* How much of n one message can move; past our own memory, if buf is a user's. */
static long
most(Chan *c, Mnt *m, uchar *buf, long n)
{
	long k;

	k = m->msize - IOHDRSZ;
	if(m->rpc != nil && k > Maxatomic && (c->qid.type & QTDIR || (ulong)buf >= KERNBASE))
		k = Maxatomic;
	return n < k? n: k;
}

/* May a transfer of which a part is done go on? */
static int
goon(void)
{
	return !up->notepending && up->procctl == 0;
}

/* A read that asks the server. */
long
mntfetch(Chan *c, void *buf, long n, vlong off)
{
	long done, want, got;
	Mnt *m;

	m = mntof(c);
	done = 0;
	if(waserror()){
		if(done > 0 && strcmp(up->errstr, Ebadarg) != 0)
			return done;
		nexterror();
	}
	do{
		want = most(c, m, buf, n - done);
		if(c->qid.type & QTDIR)
			got = copydir(c, buf, tread(c, m, want, off));
		else
			got = treadfile(c, m, (uchar*)buf+done, want, off);
		done += got;
		off += got;
	}while(got == want && done < n && (c->qid.type & QTDIR) == 0 && goon());
	poperror();
	return done;
}

static long
mntread(Chan *c, void *buf, long n, vlong off)
{
	if(c->flag & CCACHE)
		return cacheread(c, buf, n, off);
	return mntfetch(c, buf, n, off);
}

/* Send Twrite with the data in the message: the reply. */
static Block*
writecopy(Chan *c, Mnt *m, uchar *p, long n, vlong off)
{
	Block *b;

	b = newmsg(Twrite, BIT32SZ+BIT64SZ+BIT32SZ+n);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	put32(b, c->fid);
	put64(b, off);
	put32(b, n);
	memmove(b->wp, p, n);
	b->wp += n;
	poperror();
	return mntrpc(m, b, nil);
}

/* The same, the data left where it is; nil if that cannot be. */
static Block*
writedirect(Chan *c, Mnt *m, uchar *p, long n, vlong off)
{
	Block *b;

	b = newmsg(Twrite, BIT32SZ+BIT64SZ+BIT32SZ);
	put32(b, c->fid);
	put64(b, off);
	put32(b, n);
	return mntrpcdata(m, b, p, n, 0);
}

/* One Twrite of n bytes: how many the server took. */
static long
twrite(Chan *c, Mnt *m, uchar *p, long n, vlong off)
{
	Block *b;
	ulong count;

	b = nil;
	if(m->rpc != nil && n >= Direct)
		b = writedirect(c, m, p, n, off);
	if(b == nil)
		b = writecopy(c, m, p, n, off);
	b = replybody(b, BIT32SZ);
	count = GBIT32(b->rp);
	freeb(b);
	if(count > n)
		error(Emountrpc);
	return count;
}

static long
mntwrite(Chan *c, void *buf, long n, vlong off)
{
	long done, want, got;
	Mnt *m;

	m = mntof(c);
	done = 0;
	if(waserror()){
		cachedrop(c);
		if(done > 0){
			kstrcpy(up->syserrstr, up->errstr, ERRMAX);	/* who asks why it was not all finds out */
			return done;
		}
		nexterror();
	}
	do{
		want = most(c, m, buf, n - done);
		got = twrite(c, m, (uchar*)buf+done, want, off);
		done += got;
		off += got;
	}while(got == want && done < n && goon());
	poperror();
	cachedrop(c);
	return done;
}

Dev mntdevtab = {
	.dc	= 'M',
	.name	= "mnt",
	.reset	= devreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= mntdevattach,
	.walk	= mntwalk,
	.stat	= mntstat,
	.open	= mntopen,
	.create	= mntcreate,
	.close	= mntclose,
	.read	= mntread,
	.bread	= devbread,
	.write	= mntwrite,
	.bwrite	= devbwrite,
	.remove	= mntremove,
	.wstat	= mntwstat,
	.power	= devpower,
	.config	= devconfig,
};
