/*
 * The system calls that move data: pread, pwrite, seek, and their old forms.
 * Half of all system calls end here, so the way from a descriptor to a driver
 * is short.  Directories are the long way: unions are read member after
 * member, and an entry upon which something is mounted is shown as what is
 * mounted there, which may make it longer than the reader's room; what does not
 * fit waits in the channel (dirrock) for the next read.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"

static vlong
vlongarg(ulong *arg)
{
	return (vlong)arg[1]<<32 | arg[0];
}

/* Begin a directory anew. */
void
dirrewind(Chan *c)
{
	Chan *umc;

	umc = c->umc;
	c->umc = nil;
	c->uri = 0;
	c->dri = 0;
	c->nrock = 0;
	c->devoffset = 0;
	c->offset = 0;
	cclose(umc);
}

/* Open the next member of the union: 0 at the end. */
static int
nextmember(Chan *c)
{
	Chan *m, *nc;

	while((m = unionmember(c->umh, c->uri, nil)) != nil){
		nc = nil;
		if(waserror()){
			cclose(nc);
			cclose(m);
			if(strcmp(up->errstr, Eintr) == 0)
				nexterror();
			c->uri++;
			continue;
		}
		nc = cclone(m);
		nc = devtab[nc->type]->open(nc, OREAD);
		poperror();
		cclose(m);
		c->umc = nc;
		return 1;
	}
	return 0;
}

static void
endmember(Chan *c)
{
	Chan *umc;

	umc = c->umc;
	c->umc = nil;
	c->uri++;
	cclose(umc);
}

/* A member that fails is passed over, but for reasons that lie with the reader. */
static long
unionread(Chan *c, void *va, long n)
{
	long nr;

	for(;;){
		if(c->umc == nil && !nextmember(c))
			return 0;
		nr = 0;
		if(waserror()){
			if(strcmp(up->errstr, Eintr) == 0 || strcmp(up->errstr, Eshort) == 0)
				nexterror();
		}else{
			nr = devtab[c->umc->type]->read(c->umc, va, n, c->umc->devoffset);
			poperror();
		}
		if(nr > 0){
			c->umc->devoffset += nr;
			return nr;
		}
		endmember(c);
	}
}

/* What covers the file that this stat entry describes, or nil. */
static Mhead*
covered(uchar *ent)
{
	Qid qid;
	int type;

	type = devno(GBIT16(ent+2), 1);
	if(type == -1)
		return nil;
	qid.type = ent[8];
	qid.vers = GBIT32(ent+9);
	qid.path = GBIT64(ent+13);
	return findmount(type, GBIT32(ent+4), qid);
}

/*
 * Make the entry in buf (size bytes of it used, of room) one of another name.
 * Returns its new size, 0 if there is no room for it.
 */
int
renameentry(uchar *buf, int size, int room, char *name, int len)
{
	int old, grow;
	uchar *s;

	s = buf + STATFIXLEN - 4*BIT16SZ;
	old = GBIT16(s);
	grow = len - old;
	if(size + grow > room)
		return 0;
	memmove(s+BIT16SZ+len, s+BIT16SZ+old, size - (s+BIT16SZ+old - buf));
	PBIT16(s, len);
	memmove(s+BIT16SZ, name, len);
	size += grow;
	PBIT16(buf, size-BIT16SZ);
	return size;
}

/*
 * The entry of what is mounted by mh, under the name that entry ent has: in
 * memory of its own, to be freed.  Nil if it cannot be had.
 */
static uchar*
mountedentry(Mhead *mh, uchar *ent)
{
	uchar *buf, *name;
	int size, n;
	Chan *c;

	c = unionmember(mh, 0, nil);
	if(c == nil)
		return nil;
	name = ent + STATFIXLEN - 4*BIT16SZ;
	buf = nil;
	if(waserror()){
		free(buf);
		cclose(c);
		return nil;
	}
	for(size = 256;; size = n){
		buf = malloc(size);
		if(buf == nil)
			error(Enomem);
		n = devtab[c->type]->stat(c, buf, size);
		if(n > BIT16SZ)
			n = renameentry(buf, n, size, (char*)name+BIT16SZ, GBIT16(name));
		if(n > BIT16SZ)
			break;
		n = n == 0? 2*size: GBIT16(buf) + BIT16SZ + GBIT16(name);
		if(n <= size || n > STATMAX)
			error(Ebadstat);
		free(buf);
		buf = nil;
	}
	poperror();
	cclose(c);
	return buf;
}

/* Keep an entry for the next read. */
static void
addrock(Chan *c, uchar *ent, int size)
{
	uchar *r;

	if(c->nrock + size > c->mrock){
		r = realloc(c->dirrock, c->nrock + size + 1024);
		if(r == nil)
			error(Enomem);
		c->dirrock = r;
		c->mrock = c->nrock + size + 1024;
	}
	memmove(c->dirrock + c->nrock, ent, size);
	c->nrock += size;
}

/* Give the reader what was kept and fits. */
static long
rockread(Chan *c, uchar *p, long n)
{
	long m, size;

	for(m = 0; m < c->nrock; m += size){
		size = BIT16SZ + GBIT16(c->dirrock+m);
		if(m + size > n)
			break;
	}
	if(m == 0)
		error(Eshort);
	memmove(p, c->dirrock, m);
	c->nrock -= m;
	memmove(c->dirrock, c->dirrock+m, c->nrock);
	return m;
}

/* Is there a mount point among the entries? */
static int
anycovered(uchar *p, long n)
{
	Mhead *mh;
	uchar *e;

	if(up->pgrp->nmount == 0)
		return 0;
	for(e = p+n; p+STATFIXLEN <= e; p += BIT16SZ + GBIT16(p)){
		mh = covered(p);
		if(mh != nil){
			putmhead(mh);
			return 1;
		}
	}
	return 0;
}

/*
 * The driver put nn bytes of entries into p, which has room for n.  Replace
 * those that are mount points; returns how many bytes the reader gets.
 */
static long
mountfix(Chan *c, uchar *p, long nn, long n)
{
	uchar *raw, *r, *ent, *new;
	long m, size;
	Mhead *mh;

	if(nn <= 0 || !anycovered(p, nn))
		return nn;
	new = nil;
	raw = malloc(nn);
	if(raw == nil)
		error(Enomem);
	if(waserror()){
		free(raw);
		free(new);
		nexterror();
	}
	memmove(raw, p, nn);
	m = 0;
	for(r = raw; r+STATFIXLEN <= raw+nn; r += BIT16SZ + GBIT16(r)){
		/* other threads can write where the driver wrote */
		if(r + BIT16SZ + GBIT16(r) > raw+nn || statcheck(r, BIT16SZ + GBIT16(r)) < 0)
			error(Ebadstat);
		ent = r;
		mh = covered(r);
		if(mh != nil){
			new = mountedentry(mh, r);
			putmhead(mh);
			if(new != nil)
				ent = new;
		}
		size = BIT16SZ + GBIT16(ent);
		if(c->nrock > 0 || m + size > n)
			addrock(c, ent, size);
		else{
			memmove(p+m, ent, size);
			m += size;
		}
		free(new);
		new = nil;
	}
	poperror();
	free(raw);
	if(m == 0 && c->nrock > 0)
		return rockread(c, p, n);
	return m;
}

/*
 * Read whole entries of a directory into va: from the channel's offset, or from
 * *offp, which may only say the same or 0, to begin anew.
 */
long
dirread(Chan *c, void *va, long n, vlong *offp)
{
	long nn, m;
	vlong off;

	qlock(&c->umqlock);
	if(waserror()){
		qunlock(&c->umqlock);
		nexterror();
	}
	off = offp == nil? c->offset: *offp;
	if(off < 0)
		error(Enegoff);
	if(off == 0)
		dirrewind(c);
	else if(off != c->offset)
		error(Edirseek);
	if(c->nrock > 0)
		m = rockread(c, va, n);
	else{
		if(c->umh != nil)
			nn = unionread(c, va, n);
		else
			nn = devtab[c->type]->read(c, va, n, c->devoffset);
		c->devoffset += nn;
		m = mountfix(c, va, nn, n);
	}
	c->offset += m;
	poperror();
	qunlock(&c->umqlock);
	return m;
}

/* offp nil: at the channel's offset, which advances. */
static long
readfd(ulong *arg, vlong *offp)
{
	long n;
	vlong off;
	Chan *c;

	n = arg[2];
	if(n < 0)
		error(Ebadarg);
	if(n > 0)
		validaddr(arg[1], n, 1);
	c = fdtochan(arg[0], OREAD, 1, 1);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	if(c->qid.type & QTDIR)
		n = dirread(c, (void*)arg[1], n, offp);
	else if(offp == nil){
		off = c->offset;
		n = devtab[c->type]->read(c, (void*)arg[1], n, off);
		c->offset += n;
	}else{
		if(*offp < 0)
			error(Enegoff);
		n = devtab[c->type]->read(c, (void*)arg[1], n, *offp);
	}
	poperror();
	cclose(c);
	return n;
}

/*
 * Writers that share a channel must not write over each other's data, so the
 * offset advances before the driver is called, and goes back by what it did not
 * take.
 */
static long
writefd(ulong *arg, vlong *offp)
{
	long n, m;
	vlong off;
	Chan *c;

	n = arg[2];
	if(n < 0)
		error(Ebadarg);
	if(n > 0)
		validaddr(arg[1], n, 0);
	c = fdtochan(arg[0], OWRITE, 1, 1);
	m = 0;
	if(offp == nil){
		off = c->offset;
		c->offset += n;
	}else
		off = *offp;
	if(waserror()){
		if(offp == nil)
			c->offset -= n;
		cclose(c);
		nexterror();
	}
	if(c->qid.type & QTDIR)
		error(Eisdir);
	if(off < 0)
		error(Enegoff);
	m = devtab[c->type]->write(c, (void*)arg[1], n, off);
	if(offp == nil)
		c->offset -= n - m;
	poperror();
	cclose(c);
	return m;
}

/* fd, buffer, bytes, offset in two words: -1 stands for the channel's own */
long
syspread(ulong *arg)
{
	vlong off;

	if(arg[3] == ~0ul && arg[4] == ~0ul)
		return readfd(arg, nil);
	off = vlongarg(arg+3);
	return readfd(arg, &off);
}

long
syspwrite(ulong *arg)
{
	vlong off;

	if(arg[3] == ~0ul && arg[4] == ~0ul)
		return writefd(arg, nil);
	off = vlongarg(arg+3);
	return writefd(arg, &off);
}

long
sys_read(ulong *arg)
{
	return readfd(arg, nil);
}

long
sys_write(ulong *arg)
{
	return writefd(arg, nil);
}

/* The length of a file by its stat entry. */
static vlong
filelength(Chan *c)
{
	uchar buf[256], *b;
	int n;
	vlong len;

	b = buf;
	n = devtab[c->type]->stat(c, b, sizeof buf);
	if(n <= BIT16SZ){
		n = BIT16SZ + GBIT16(buf);
		b = malloc(n);
		if(b == nil)
			error(Enomem);
		if(waserror()){
			free(b);
			nexterror();
		}
		if(devtab[c->type]->stat(c, b, n) <= BIT16SZ)
			error(Ebadstat);
		poperror();
	}
	len = GBIT64(b+33);
	if(b != buf)
		free(b);
	return len;
}

static vlong
seekfd(int fd, vlong off, int whence)
{
	Chan *c;

	c = fdtochan(fd, -1, 1, 1);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	if(devtab[c->type]->dc == '|')
		error(Eisstream);
	switch(whence){
	case 0:
		break;
	case 1:
		off += c->offset;
		break;
	case 2:
		if(c->qid.type & QTDIR)
			error(Eisdir);
		off += filelength(c);
		break;
	default:
		error(Ebadarg);
	}
	if(off < 0)
		error(Enegoff);
	if((c->qid.type & QTDIR) == 0)
		c->offset = off;
	else if(off == 0){
		qlock(&c->umqlock);
		dirrewind(c);
		qunlock(&c->umqlock);
	}else if(off != c->offset)
		error(Eisdir);
	poperror();
	cclose(c);
	return off;
}

/* where to store the result, fd, offset in two words, whence */
long
sysseek(ulong *arg)
{
	validaddr(arg[0], sizeof(vlong), 1);
	validalign(arg[0], sizeof(ulong));
	*(vlong*)arg[0] = seekfd(arg[1], vlongarg(arg+2), arg[4]);
	return 0;
}

long
sysoseek(ulong *arg)
{
	return seekfd(arg[0], (long)arg[1], arg[2]);
}
