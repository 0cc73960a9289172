/*
 * System calls about what files are: stat, wstat, remove, and the old forms of
 * stat.  Stat entries are the machine-independent ones of 9P; drivers write
 * them straight into the user's memory.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"

enum
{
	NAMEOFF	= STATFIXLEN - 4*BIT16SZ,	/* of the name's length in an entry */
	OLDSTAT	= 116,				/* bytes of a third edition entry */
};

/*
 * The name in a stat entry is the one that was asked for, whatever the driver
 * calls the file.  The entry is put together here and not where the user wants
 * it, because another thread could change it there meanwhile.  Returns what stat
 * returns.
 */
static long
statnamed(Chan *c, uchar *ubuf, int n)
{
	uchar small[192], *buf;
	char *name;
	int size, len, room;

	name = chanelem(c);
	if(c->path == nil || c->path->up == nil && strcmp(name, "/") != 0)
		return devtab[c->type]->stat(c, ubuf, n);	/* #c has no name in a directory */
	len = strlen(name);
	room = sizeof small;
	buf = small;
	if(len >= room-160){
		room = len + 512;
		if(room < n)
			room = n;
		if(room > STATMAX)
			room = STATMAX;
		buf = malloc(room);
		if(buf == nil)
			error(Enomem);
	}
	if(waserror()){
		if(buf != small)
			free(buf);
		nexterror();
	}
	size = devtab[c->type]->stat(c, buf, room);
	if(size <= BIT16SZ && buf == small){
		room = BIT16SZ + GBIT16(buf) + len;
		buf = malloc(room);
		if(buf == nil){
			buf = small;
			error(Enomem);
		}
		size = devtab[c->type]->stat(c, buf, room);
	}
	if(size <= BIT16SZ || (size = renameentry(buf, size, room, name, len)) == 0)
		error(Ebadstat);
	if(size > n)
		size = BIT16SZ;		/* the first two bytes say how much is needed */
	memmove(ubuf, buf, size);
	poperror();
	if(buf != small)
		free(buf);
	return size;
}

static long
dostat(Chan *c, ulong buf, long n, int named)
{
	if(waserror()){
		cclose(c);
		nexterror();
	}
	if(named)
		n = statnamed(c, (uchar*)buf, n);
	else
		n = devtab[c->type]->stat(c, (uchar*)buf, n);
	poperror();
	cclose(c);
	return n;
}

static void
statbuf(ulong buf, ulong n)
{
	if(n < BIT16SZ)
		error(Eshortstat);
	if((long)n < 0)
		error(Ebadarg);
	validaddr(buf, n, 1);
}

/* name, buffer, bytes: returns the entry's size, or 2 with what it needs in the buffer */
long
sysstat(ulong *arg)
{
	statbuf(arg[1], arg[2]);
	return dostat(namec(userstr(arg[0]), Aaccess, 0, 0), arg[1], arg[2], 1);
}

/* fd, buffer, bytes */
long
sysfstat(ulong *arg)
{
	statbuf(arg[1], arg[2]);
	return dostat(fdtochan(arg[0], -1, 0, 1), arg[1], arg[2], 0);
}

/* Raise an error unless s holds one well-formed entry of n bytes. */
void
validstat(uchar *s, int n)
{
	char name[64], *t;
	int len;

	if(n < STATFIXLEN || statcheck(s, n) < 0)
		error(Ebadstat);
	s += NAMEOFF;
	len = GBIT16(s);
	t = len < sizeof name? name: malloc(len+1);
	if(t == nil)
		error(Enomem);
	memmove(t, s+BIT16SZ, len);
	t[len] = '\0';
	if(waserror()){
		if(t != name)
			free(t);
		nexterror();
	}
	if(strlen(t) != len)
		error(Ebadstat);
	validname(t, 0);
	poperror();
	if(t != name)
		free(t);
}

/*
 * Change c, whose reference is ours, as the user's entry says.  The entry is
 * copied first, so that what was checked is what is used.
 */
static long
dowstat(Chan *c, ulong ubuf, ulong n)
{
	uchar *buf;
	long r;

	buf = nil;
	if(waserror()){
		free(buf);
		cclose(c);
		nexterror();
	}
	if(n > STATMAX)
		error(Ebadstat);
	buf = malloc(n+1);
	if(buf == nil)
		error(Enomem);
	memmove(buf, (uchar*)ubuf, n);
	validstat(buf, n);
	/* to rename a mount point: it, or what is mounted? */
	if(c->path != nil && c->path->mtpt != nil && GBIT16(buf+NAMEOFF) != 0)
		error(Eismtpt);
	r = devtab[c->type]->wstat(c, buf, n);
	poperror();
	free(buf);
	cclose(c);
	return r;
}

/* name, entry, bytes */
long
syswstat(ulong *arg)
{
	validaddr(arg[1], arg[2], 0);
	return dowstat(namec(userstr(arg[0]), Aaccess, 0, 0), arg[1], arg[2]);
}

/* fd, entry, bytes */
long
sysfwstat(ulong *arg)
{
	validaddr(arg[1], arg[2], 0);
	return dowstat(fdtochan(arg[0], -1, 1, 1), arg[1], arg[2]);
}

/* name */
long
sysremove(ulong *arg)
{
	Chan *c;

	c = namec(userstr(arg[0]), Aremove, 0, 0);
	if(ismtpt(c)){
		cclose(c);
		error(Eismtpt);
	}
	if(waserror()){
		c->type = devno('/', 0);
		cclose(c);
		nexterror();
	}
	devtab[c->type]->remove(c);
	poperror();
	/* a remove, good or bad, ends what close would end, so close nothing */
	c->type = devno('/', 0);
	cclose(c);
	return 0;
}

/* Third edition names: at most n-1 bytes, zero padded. */
static uchar*
putname(uchar *p, char *s, int n)
{
	memset(p, 0, n);
	kstrcpy((char*)p, s, n);
	return p + n;
}

/* Convert a stat entry to the form of the third edition. */
static void
oldentry(uchar *p, uchar *buf, int n)
{
	char strs[160];
	Dir d;

	if(convM2D(buf, n, &d, strs) == 0)
		error(Ebadstat);
	p = putname(p, d.name, 28);
	p = putname(p, d.uid, 28);
	p = putname(p, d.gid, 28);
	PBIT32(p, (ulong)d.qid.path & ~DMDIR | (d.qid.type & QTDIR? DMDIR: 0));
	PBIT32(p+4, d.qid.vers);
	PBIT32(p+8, d.mode);
	PBIT32(p+12, d.atime);
	PBIT32(p+16, d.mtime);
	PBIT64(p+20, d.length);
	PBIT16(p+28, d.type);
	PBIT16(p+30, d.dev);
}

static long
dooldstat(Chan *c, ulong ubuf, char *tooold, int named)
{
	uchar buf[128];
	long n;

	n = dostat(c, (ulong)buf, sizeof buf, named);
	if(n <= BIT16SZ)
		error(tooold);
	oldentry((uchar*)ubuf, buf, n);
	return 0;
}

/* name, buffer of 116 bytes */
long
sys_stat(ulong *arg)
{
	validaddr(arg[1], OLDSTAT, 1);
	return dooldstat(namec(userstr(arg[0]), Aaccess, 0, 0), arg[1],
		"old stat system call - recompile", 1);
}

/* fd, buffer of 116 bytes */
long
sys_fstat(ulong *arg)
{
	validaddr(arg[1], OLDSTAT, 1);
	return dooldstat(fdtochan(arg[0], -1, 0, 1), arg[1],
		"old fstat system call - recompile", 0);
}

long
sys_wstat(ulong *arg)
{
	USED(arg);
	error("old wstat system call - recompile");
}

long
sys_fwstat(ulong *arg)
{
	USED(arg);
	error("old fwstat system call - recompile");
}
