/*
 * #c: the console and the files that tell about, or act on, the machine, the
 * process that asks, and its user.  Each file is one row of files[]; the
 * console itself is consline.c's and the port's, time and statistics are
 * consfile.c's.  Programs depend on each file's exact format.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"

enum {
	Namemax		= 48,		/* of users and domains, with the NUL */
	Sysnamemax	= 256,
	Kprintsize	= 16*1024,	/* bytes of memory that wait for a slow reader */
};

static char *sysname;
static char *hostdomain;
static Ref nconsctl;		/* opens of consctl */

static long
nullread(Chan*, void*, long, vlong)
{
	return 0;
}

static long
nullwrite(Chan*, void*, long n, vlong)
{
	return n;
}

static long
zeroread(Chan*, void *va, long n, vlong)
{
	memset(va, 0, n);
	return n;
}

static long
randread(Chan*, void *va, long n, vlong)
{
	return randomread(va, n);
}

static long
pidread(Chan*, void *va, long n, vlong off)
{
	return readnum(off, va, n, up->pid, NUMSIZE);
}

static long
ppidread(Chan*, void *va, long n, vlong off)
{
	return readnum(off, va, n, up->parentpid, NUMSIZE);
}

static long
pgrpidread(Chan*, void *va, long n, vlong off)
{
	return readnum(off, va, n, up->pgrp->pgrpid, NUMSIZE);
}

static long
osversionread(Chan*, void *va, long n, vlong off)
{
	return readstr(off, va, n, "2000");
}

static long
consfileread(Chan*, void *va, long n, vlong)
{
	return consread(va, n);
}

static long
consfilewrite(Chan*, void *va, long n, vlong)
{
	char buf[256];
	long m;

	m = conswrite(0, va, n);
	/* on a terminal the log has what was said there; a stream is only data */
	if(constty && m > 0 && m <= sizeof buf){
		memmove(buf, va, m);
		kmesgadd(buf, m);
	}
	return m;
}

static long
conserrwrite(Chan*, void *va, long n, vlong)
{
	return conswrite(1, va, n);
}

/*
 * Copy what a process wrote into a string of at most size-1 bytes, without the
 * newline at its end.
 */
static void
text(char *buf, int size, void *va, long n, vlong off)
{
	if(off != 0 || n < 0 || n >= size)
		error(Ebadarg);
	memmove(buf, va, n);
	if(n > 0 && buf[n-1] == '\n')
		n--;
	buf[n] = '\0';
	if(strlen(buf) != n)
		error(Ebadarg);
}

static long
consctlwrite(Chan*, void *va, long n, vlong)
{
	char buf[128], *f[16];
	int i, nf;

	text(buf, sizeof buf, va, n, 0);
	nf = tokenize(buf, f, nelem(f));
	for(i = 0; i < nf; i++)
		if(strcmp(f[i], "rawon") == 0)
			consraw(1);
		else if(strcmp(f[i], "rawoff") == 0)
			consraw(0);
		else if(strcmp(f[i], "holdon") == 0)
			conshold(1);
		else if(strcmp(f[i], "holdoff") == 0)
			conshold(0);
		else if(strcmp(f[i], "ctlpon") == 0)
			conshaltkey(1);
		else if(strcmp(f[i], "ctlpoff") == 0)
			conshaltkey(0);
		else
			error(Ebadctl);
	return n;
}

/* A name that may be changed, and its memory freed, while the reader's memory is waited for. */
static long
nameread(void *va, long n, vlong off, char *name)
{
	char copy[Sysnamemax];

	kstrcpy(copy, name, sizeof copy);
	return readstr(off, va, n, copy);
}

static long
sysnameread(Chan*, void *va, long n, vlong off)
{
	return nameread(va, n, off, sysname);
}

static long
sysnamewrite(Chan*, void *va, long n, vlong off)
{
	char buf[Sysnamemax];

	text(buf, sizeof buf, va, n, off);
	kstrdupto(&sysname, buf);
	return n;
}

static long
hostdomainread(Chan*, void *va, long n, vlong off)
{
	return nameread(va, n, off, hostdomain);
}

static long
hostdomainwrite(Chan*, void *va, long n, vlong off)
{
	char buf[Namemax];

	if(!iseve())
		error(Eperm);
	text(buf, sizeof buf, va, n, off);
	kstrdupto(&hostdomain, buf);
	return n;
}

/* Does the process run as the host owner? */
int
iseve(void)
{
	return strcmp(eve, up->user) == 0;
}

static long
hostownerread(Chan*, void *va, long n, vlong off)
{
	return nameread(va, n, off, eve);
}

/* The host owner gets a new name, everywhere. */
static long
hostownerwrite(Chan*, void *va, long n, vlong off)
{
	char buf[Namemax];

	if(!iseve())
		error(Eperm);
	text(buf, sizeof buf, va, n, off);
	if(buf[0] == '\0')
		error(Ebadarg);
	validname(buf, 0);
	srvrenameuser(eve, buf);
	renameuser(eve, buf);
	kstrdupto(&up->user, buf);
	kstrdupto(&eve, buf);
	return n;
}

static long
userread(Chan*, void *va, long n, vlong off)
{
	return nameread(va, n, off, up->user);
}

/* Anybody may become none, and nobody anything else, here. */
static long
userwrite(Chan*, void *va, long n, vlong off)
{
	char buf[4];

	USED(off);
	if(n != sizeof buf)
		error(Eperm);
	memmove(buf, va, n);
	if(memcmp(buf, "none", n) != 0)
		error(Eperm);
	kstrdupto(&up->user, "none");
	up->basepri = PriNormal;
	return n;
}

static long
kmesgfileread(Chan*, void *va, long n, vlong off)
{
	char buf[512];
	long done;
	int m;

	for(done = 0; done < n; done += m){
		m = n - done < sizeof buf? n - done: sizeof buf;
		m = kmesgread(buf, m, off + done);
		if(m == 0)
			break;
		memmove((char*)va + done, buf, m);
	}
	return done;
}

static long
kprintread(Chan*, void *va, long n, vlong)
{
	return qread(kprintq, va, n);
}

static ulong	listener;		/* the process that said so in reboot */

/* Leave in good order: what was written to the console goes out first. */
void
conshalt(char *status)
{
	consdrain();
	chandevshutdown();
	haltmachine(status);
}

/* Who is to hear, by a note, that the host wants an end; nil: nobody who would understand it, so far. */
Proc*
conslistener(void)
{
	ulong pid[2];
	Proc *p;
	int i, slot;

	pid[0] = listener;
	pid[1] = 1;
	for(i = 0; i < nelem(pid); i++){
		slot = procindex(pid[i]);
		p = slot < 0? nil: proctab(slot);
		if(p != nil && p->notify != 0)
			return p;
	}
	return nil;
}

static long
rebootwrite(Chan*, void *va, long n, vlong)
{
	char buf[ERRMAX + 8], *f[3];
	int nf;

	if(!iseve())
		error(Eperm);
	if(n >= sizeof buf)
		n = sizeof buf - 1;
	memmove(buf, va, n);
	buf[n] = '\0';
	if(n > 0 && buf[n-1] == '\n')
		buf[n-1] = '\0';
	if(strcmp(buf, "exit") == 0 || strncmp(buf, "exit ", 5) == 0)
		conshalt(buf[4] == '\0'? "": buf + 5);
	nf = tokenize(buf, f, nelem(f));
	if(nf == 1 && (strcmp(f[0], "halt") == 0 || strcmp(f[0], "reboot") == 0))
		conshalt("");
	if(nf == 1 && strcmp(f[0], "listen") == 0){
		listener = up->pid;
		return n;
	}
	if(nf == 1 && strcmp(f[0], "panic") == 0)
		panic("asked for by process %lud, %s", up->pid, up->text);
	if(nf > 1 && strcmp(f[0], "reboot") == 0)
		error("cannot boot another kernel from here: leave and use 9guest -k");
	error(Ebadctl);
}

/* consfile.c */
long	bintimeread(Chan*, void*, long, vlong);
long	bintimewrite(Chan*, void*, long, vlong);
long	cachesread(Chan*, void*, long, vlong);
long	configread(Chan*, void*, long, vlong);
long	cputimeread(Chan*, void*, long, vlong);
long	driversread(Chan*, void*, long, vlong);
long	swapread(Chan*, void*, long, vlong);
long	swapwrite(Chan*, void*, long, vlong);
long	sysstatread(Chan*, void*, long, vlong);
long	sysstatwrite(Chan*, void*, long, vlong);
long	timeread(Chan*, void*, long, vlong);
long	timewrite(Chan*, void*, long, vlong);

/* Names and modes; qid.path is the index, also in files[]. */
enum {
	Qdir,
	Qbintime,
	Qcaches,
	Qconfig,
	Qcons,
	Qconsctl,
	Qconserr,
	Qcputime,
	Qdrivers,
	Qhostdomain,
	Qhostowner,
	Qkmesg,
	Qkprint,
	Qnull,
	Qosversion,
	Qpgrpid,
	Qpid,
	Qppid,
	Qrandom,
	Qreboot,
	Qswap,
	Qsysname,
	Qsysstat,
	Qtime,
	Quser,
	Qzero,
};

static Dirtab consdir[] = {
	[Qdir]		{ ".",		{ Qdir, 0, QTDIR },	0, DMDIR|0555 },
	[Qbintime]	{ "bintime",	{ Qbintime },	24, 0664 },
	[Qcaches]	{ "caches",	{ Qcaches },	0, 0444 },
	[Qconfig]	{ "config",	{ Qconfig },	0, 0444 },
	[Qcons]		{ "cons",	{ Qcons },	0, 0660 },
	[Qconsctl]	{ "consctl",	{ Qconsctl },	0, 0220 },
	[Qconserr]	{ "conserr",	{ Qconserr },	0, 0220 },
	[Qcputime]	{ "cputime",	{ Qcputime },	6*NUMSIZE, 0444 },
	[Qdrivers]	{ "drivers",	{ Qdrivers },	0, 0444 },
	[Qhostdomain]	{ "hostdomain",	{ Qhostdomain },	0, 0664 },
	[Qhostowner]	{ "hostowner",	{ Qhostowner },	0, 0664 },
	[Qkmesg]	{ "kmesg",	{ Qkmesg },	0, 0440 },
	[Qkprint]	{ "kprint",	{ Qkprint, 0, QTEXCL },	0, DMEXCL|0440 },
	[Qnull]		{ "null",	{ Qnull },	0, 0666 },
	[Qosversion]	{ "osversion",	{ Qosversion },	0, 0444 },
	[Qpgrpid]	{ "pgrpid",	{ Qpgrpid },	NUMSIZE, 0444 },
	[Qpid]		{ "pid",	{ Qpid },	NUMSIZE, 0444 },
	[Qppid]		{ "ppid",	{ Qppid },	NUMSIZE, 0444 },
	[Qrandom]	{ "random",	{ Qrandom },	0, 0444 },
	[Qreboot]	{ "reboot",	{ Qreboot },	0, 0660 },
	[Qswap]		{ "swap",	{ Qswap },	0, 0664 },
	[Qsysname]	{ "sysname",	{ Qsysname },	0, 0664 },
	[Qsysstat]	{ "sysstat",	{ Qsysstat },	0, 0666 },
	[Qtime]		{ "time",	{ Qtime },	NUMSIZE+3*VLNUMSIZE, 0664 },
	[Quser]		{ "user",	{ Quser },	0, 0666 },
	[Qzero]		{ "zero",	{ Qzero },	0, 0444 },
};

static struct {
	long	(*read)(Chan*, void*, long, vlong);
	long	(*write)(Chan*, void*, long, vlong);
} files[] = {
	[Qbintime]	{ bintimeread,	bintimewrite },
	[Qcaches]	{ cachesread },
	[Qconfig]	{ configread },
	[Qcons]		{ consfileread,	consfilewrite },
	[Qconsctl]	{ nullread,	consctlwrite },
	[Qconserr]	{ nullread,	conserrwrite },
	[Qcputime]	{ cputimeread },
	[Qdrivers]	{ driversread },
	[Qhostdomain]	{ hostdomainread, hostdomainwrite },
	[Qhostowner]	{ hostownerread, hostownerwrite },
	[Qkmesg]	{ kmesgfileread },
	[Qkprint]	{ kprintread },
	[Qnull]		{ nullread,	nullwrite },
	[Qosversion]	{ osversionread },
	[Qpgrpid]	{ pgrpidread },
	[Qpid]		{ pidread },
	[Qppid]		{ ppidread },
	[Qrandom]	{ randread },
	[Qreboot]	{ nullread,	rebootwrite },
	[Qswap]		{ swapread,	swapwrite },
	[Qsysname]	{ sysnameread,	sysnamewrite },
	[Qsysstat]	{ sysstatread,	sysstatwrite },
	[Qtime]		{ timeread,	timewrite },
	[Quser]		{ userread,	userwrite },
	[Qzero]		{ zeroread },
};

static void
consreset(void)
{
	sysname = kstrdup(conf.sysname != nil? conf.sysname: "9guest");
	hostdomain = kstrdup("");
	consoleinit();
}

static void
consinit(void)
{
	conskeyinit();
}

static Chan*
consattach(char *spec)
{
	return devattach('c', spec);
}

static Chan*
consopen(Chan *c, int omode)
{
	c = tabopen(c, omode);
	switch((ulong)c->qid.path){
	case Qconsctl:
		incref(&nconsctl);
		break;
	case Qkprint:
		if(kprintq == nil)
			kprintq = qopen(Kprintsize, Qcoalesce, nil, nil);
		else{
			c->flag &= ~COPEN;
			error(Einuse);
		}
		if(kprintq == nil){
			c->flag &= ~COPEN;
			error(Enomem);
		}
		break;
	}
	return c;
}

static void
consclose(Chan *c)
{
	Queue *q;

	if(!(c->flag & COPEN))
		return;
	switch((ulong)c->qid.path){
	case Qconsctl:
		if(decref(&nconsctl) == 0){
			consraw(0);
			conshold(0);
		}
		break;
	case Qkprint:
		q = kprintq;
		kprintq = nil;
		qfree(q);
		break;
	}
}

static long
consdevread(Chan *c, void *va, long n, vlong off)
{
	if(n <= 0)
		return 0;
	if(c->qid.type & QTDIR)
		return tabdirread(c, va, n);
	return files[c->qid.path].read(c, va, n, off);
}

static long
consdevwrite(Chan *c, void *va, long n, vlong off)
{
	if(c->qid.type & QTDIR || files[c->qid.path].write == nil)
		error(Eperm);
	return files[c->qid.path].write(c, va, n, off);
}

Dev consdevtab = {
	.dc	= 'c',
	.name	= "cons",
	.reset	= consreset,
	.init	= consinit,
	.shutdown = devshutdown,
	.attach	= consattach,
	.walk	= tabwalk,
	.stat	= tabstat,
	.open	= consopen,
	.create	= devcreate,
	.close	= consclose,
	.read	= consdevread,
	.bread	= devbread,
	.write	= consdevwrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.tab	= consdir,
	.ntab	= nelem(consdir),
};
