/*
 * Fuzzes the kernel's 9P client (mntrpc.c, mntstart.c, devmnt.c) under the sanitizers: a
 * server that answers rightly, wrongly, late, never, in pieces or with noise,
 * interruptions at any moment, and now and then no memory.  Whatever comes, a call returns or raises an
 * error, the error labels balance, nothing is handed out beyond what was asked
 * for, and at the end of a connection all memory is back.
 * usage: mnt [seconds [seed]]; 0 seconds: until killed.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "mnt.h"
#include <time.h>

extern Dev mntdevtab;

static Proc theproc = { .user = "glenda" };
Proc *up = &theproc;
char *eve = "glenda";
__typeof__(conf) conf = { .kmallocmax = 1ul << 30 };
ulong kernbase;
static uint64_t state, seed;
static ulong now;
static long nchan;
static long npinned;
static int honest;	/* the server lies one time in so many; 0: there is none yet */

static unsigned
rnd(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static int
sometimes(unsigned n)
{
	return rnd(n) == 0;
}

static void
fail(const char *what)
{
	printf("not ok 1 - 9P client: %s (seed %llu)\n", what, (unsigned long long)seed);
	fflush(stdout);
	abort();
}

/* ---- the kernel around it ---- */

void
nexterror(void)
{
	if (up->nerrlab <= 0)
		fail("error without a label");
	__builtin_longjmp(up->errlab[--up->nerrlab], 1);
}

void
kstrcpy(char *to, char *from, int n)
{
	snprintf(to, n, "%s", from);
}

void
error(char *e)
{
	if (e != up->errstr)
		kstrcpy(up->errstr, e, ERRMAX);
	nexterror();
}

void
errorf(char *fmt, ...)
{
	va_list a;

	va_start(a, fmt);
	vsnprintf(up->errstr, ERRMAX, fmt, a);
	va_end(a);
	nexterror();
}

void
panic(char *fmt, ...)
{
	fail(fmt);
	abort();
}

static int later(void);

void
sleep(Rendez *r, int (*f)(void *), void *a)
{
	while (!f(a)) {
		if (sometimes(honest))
			error(Eintr);
		if (!later())
			error(Eintr);
	}
}

void
tsleep(Rendez *r, int (*f)(void *), void *a, ulong ms)
{
	now += ms / 10 * 2;
	while (!sometimes(5) && !f(a) && later())
		;
	if (sometimes(honest))
		error(Eintr);
}

/* ---- pages ---- */

ulong
pagepa(Page *p)
{
	return p->pa;
}

int
pinpages(ulong va, ulong n, int write, Page **pp)
{
	int i = 0;

	if (sometimes(20))
		return 0;
	if (sometimes(honest))
		error(Ebadarg);
	for (ulong a = PGTRUNC(va); a < va + n; a += BY2PG) {
		pp[i] = calloc(1, sizeof(Page));
		pp[i++]->pa = a;
		npinned++;
	}
	return i;
}

void
unpinpages(Page **pp, int n)
{
	while (n-- > 0) {
		free(pp[n]);
		npinned--;
	}
}

Proc *
wakeup(Rendez *r)
{
	return NULL;
}

int
filterdepth(Chan *c)
{
	return 0;
}

ulong
ticksnow(void)
{
	return now += rnd(100);
}

ulong mallocused(void) { return 0; }
ulong mallocmax(void) { return 1 << 20; }

/* A constant will do: it is added and taken away. */
ulong
msize(void *v)
{
	(void)v;
	return 4096;
}

void *
mallocz(ulong n, int clear)
{
	return honest != 0 && sometimes(honest * 8) ? NULL : calloc(1, n);
}

void *
shimmalloc(size_t n)
{
	return mallocz(n, 0);
}

long
incref(Ref *r)
{
	return ++r->ref;
}

long
decref(Ref *r)
{
	return --r->ref;
}

ulong
newfid(void)
{
	static ulong fid;

	return ++fid & 0xFFFFFFF;
}

Chan *
newchan(void)
{
	Chan *c = calloc(1, sizeof *c);

	c->ref = 1;
	c->fid = newfid();
	nchan++;
	return c;
}

void
cclose(Chan *c)
{
	if (c == NULL || decref(c) > 0)
		return;
	if (!waserror()) {
		devtab[c->type]->close(c);
		poperror();
	}
	if (c->mux != NULL)
		muxclose(c->mux);
	free(c->path);
	free(c);
	nchan--;
}

Chan *
devclone(Chan *c)
{
	Chan *nc = newchan();

	nc->type = c->type;
	nc->dev = c->dev;
	nc->qid = c->qid;
	nc->mchan = c->mchan;
	nc->mqid = c->mqid;
	return nc;
}

Path *
newpath(char *s)
{
	return calloc(1, sizeof(Path) + 1);
}

Walkqid *
newwalkqid(int n)
{
	return calloc(1, sizeof(Walkqid) + n * sizeof(Qid));
}

void
wqfree(Walkqid *wq)
{
	free(wq);
}

int
openmode(ulong m)
{
	return (m & 3) == 3 ? OREAD : m & 3;
}

int
statcheck(uchar *p, uint n)
{
	uchar *s, *e = p + n;

	if (n < STATFIXLEN || n != BIT16SZ + GBIT16(p))
		return -1;
	s = p + STATFIXLEN - 4 * BIT16SZ;
	for (int i = 0; i < 4; i++) {
		if (e - s < BIT16SZ || GBIT16(s) > e - s - BIT16SZ)
			return -1;
		s += BIT16SZ + GBIT16(s);
	}
	return s == e ? 0 : -1;
}

void devreset(void) {}
void devinit(void) {}
void devshutdown(void) {}
void devpower(int on) {}
int devconfig(int a, char *b, void *c) { return 0; }
Block *devbread(Chan *c, long n, ulong o) { return NULL; }
long devbwrite(Chan *c, Block *b, ulong o) { return 0; }

/* ---- the server ---- */

static uchar out[1 << 20];	/* what it has said and nobody has read */
static int nout;

static void
say(const void *p, int n)
{
	if (nout + n <= (int)sizeof out) {
		memcpy(out + nout, p, n);
		nout += n;
	}
}

static int
rndentry(uchar *p)
{
	uchar *s = p + STATFIXLEN - 4 * BIT16SZ;

	memset(p, rnd(256), STATFIXLEN);
	for (int i = 0; i < 4; i++) {
		int n = rnd(9);

		PBIT16(s, n);
		memset(s + 2, 'a' + i, n);
		s += 2 + n;
	}
	PBIT16(p, s - p - 2);
	if (sometimes(honest))
		p[rnd(s - p)] = rnd(256);
	return s - p;
}

static void
reply(uchar *req)
{
	static uchar m[70000];
	uchar *p = m + MSGHDR, *q;
	int type = req[4], n, i;
	ulong count;

	if (sometimes(honest))
		return;		/* forgets it */
	m[4] = type + 1;
	memcpy(m + 5, req + 5, 2);
	switch (type) {
	case Tversion:
		PBIT32(p, sometimes(honest) ? state : GBIT32(req + 7) - rnd(100));
		n = GBIT16(req + 11);
		memcpy(p + 4, req + 11, 2 + n);
		p += 6 + n;
		break;
	case Tattach:
	case Tauth:
		memset(p, rnd(256), QIDSZ);
		p[0] = QTDIR;
		p += QIDSZ;
		break;
	case Twalk:
		n = GBIT16(req + 15);
		if (sometimes(4))
			n = rnd(n + 1);
		PBIT16(p, n);
		p += 2;
		for (i = 0; i < n; i++) {
			memset(p, rnd(256), QIDSZ);
			p[0] = sometimes(3) ? 0 : QTDIR;
			p += QIDSZ;
		}
		break;
	case Topen:
	case Tcreate:
		memset(p, rnd(256), QIDSZ);
		p[0] = sometimes(2) ? QTDIR : 0;
		p += QIDSZ;
		PBIT32(p, rnd(3) * 4000);
		p += 4;
		break;
	case Tread:
		count = GBIT32(req + 19);
		if (count > 60000)
			count = 60000;
		q = p + 4;
		if (sometimes(2))
			while ((ulong)(q - p - 4) + 100 < count && !sometimes(20))
				q += rndentry(q);
		else {
			if (sometimes(2))
				count = rnd(count + 1);
			memset(q, rnd(256), count);
			q += count;
		}
		PBIT32(p, sometimes(honest) ? state : (ulong)(q - p - 4));
		p = q;
		break;
	case Twrite:
		count = GBIT32(req + 19);
		PBIT32(p, sometimes(3) ? rnd(count + 2) : count);
		p += 4;
		break;
	case Tstat:
		n = rndentry(p + 2);
		PBIT16(p, sometimes(honest) ? rnd(65536) : n);
		p += 2 + n;
		break;
	}
	if (sometimes(8)) {
		m[4] = Rerror;
		p = m + MSGHDR;
		n = rnd(300);
		PBIT16(p, sometimes(honest) ? rnd(65536) : n);
		memset(p + 2, 'e', n);
		p += 2 + n;
	}
	if (sometimes(honest))
		p = m + MSGHDR + rnd(p - m - MSGHDR + 1);
	PBIT32(m, sometimes(honest * 4) ? state : (ulong)(p - m));
	for (i = sometimes(honest) ? 1 + rnd(3) : 0; i > 0; i--)
		m[rnd(p - m)] = rnd(256);
	say(m, p - m);
	if (sometimes(honest * 2))
		say(m, p - m);	/* says it twice */
}

static Block *
xbread(Chan *c, long n, ulong off)
{
	Block *b;
	int m;

	if (sometimes(honest * 2))
		error(Eintr);
	if (nout == 0) {
		if (sometimes(3))
			error(Ehungup);
		if (sometimes(3))
			return NULL;
		error(Eintr);
	}
	m = sometimes(2) ? nout : 1 + (int)rnd(nout);
	if (sometimes(4) && m > 20)
		m = 1 + rnd(20);
	if (m > n)
		m = n;
	b = allocb(m);
	memcpy(b->wp, out, m);
	b->wp += m;
	memmove(out, out + m, nout - m);
	nout -= m;
	return b;
}

static long
xbwrite(Chan *c, Block *b, ulong off)
{
	long n = BLEN(b);

	if (sometimes(honest * 4)) {
		freeb(b);
		error(sometimes(2) ? Eintr : Ehungup);
	}
	if (n < MSGHDR || GBIT32(b->rp) != (ulong)n)
		fail("a request's size is not its length");
	reply(b->rp);
	freeb(b);
	return n;
}

static void
xclose(Chan *c)
{
}

static Dev xdevtab = { .dc = 'x', .close = xclose, .bread = xbread, .bwrite = xbwrite };
/* ---- a server of whole messages ---- */

static Msgio *pending[4096];
static int npending;

/* Do what io asks for: the reply into its pieces, as reply() says it. */
static void
answer(Msgio *io)
{
	static uchar msg[1 << 21];
	uchar *p = msg;
	int at = 0, i, n;

	for (i = 0; i < io->nout; i++) {
		n = io->seg[i].len;
		if (p - msg + n > (int)sizeof msg)
			fail("a message is longer than what was agreed upon");
		memcpy(p, (void *)io->seg[i].pa, n);
		p += n;
	}
	if (p - msg < MSGHDR || GBIT32(msg) != (ulong)(p - msg))
		fail("a request's size is not its length");
	io->status = sometimes(honest) ? 1 + (int)rnd(2) : Rpcok;
	nout = 0;
	reply(msg);
	io->used = sometimes(honest) ? state & 0xFFFFFF : (ulong)nout;
	for (i = 0; i < io->nin; i++) {
		uchar *to = (void *)io->seg[io->nout + i].pa;

		n = io->seg[io->nout + i].len;
		if (i == 0 && io->nin > 1 && nout > 11 && out[4] == Rread)
			n = 11;
		if (n > nout - at)
			n = nout - at;
		memcpy(to, out + at, n);
		at += n;
	}
	nout = 0;
}

/* One of those that wait is answered. */
static int
later(void)
{
	Msgio *io;
	int i;

	if (npending == 0)
		return 0;
	i = rnd(npending);
	io = pending[i];
	pending[i] = pending[--npending];
	answer(io);
	io->fin(io);
	return 1;
}

static int
yrpc(Chan *c, Msgio *io)
{
	if (sometimes(honest * 4))
		error(sometimes(2) ? Eintr : Enomem);
	if (npending < 4096 && sometimes(2)) {
		pending[npending++] = io;
		return 0;
	}
	answer(io);
	return 1;
}

static Dev ydevtab = { .dc = 'y', .close = xclose, .rpc = yrpc };
static Dev nodevtab = { .dc = '/', .close = xclose };
Dev *devtab[] = { &nodevtab, &xdevtab, &mntdevtab, &ydevtab, NULL };

int
devno(int dc, int user)
{
	for (int i = 0; devtab[i] != NULL; i++)
		if (devtab[i]->dc == dc)
			return i;
	return -1;
}

/* ---- the user ---- */

static void
touch(Chan *c)
{
	static uchar buf[200000 + 1];
	long n, size = 1 + rnd(200000);
	char *names[16];
	Walkqid *wq;
	int strict;

	switch (rnd(6)) {
	case 0:
		n = mntdevtab.stat(c, buf, 2 + rnd(300));
		if (n > 302)
			fail("stat gives more than asked for");
		break;
	case 1:
		c = mntdevtab.open(c, rnd(4));
		break;
	case 2:
		strict = npending == 0;		/* what nobody waits for any more may still be filled */
		buf[size] = 0xA5;
		n = mntdevtab.read(c, buf, size, rnd(1000));
		if (n > size || (strict && buf[size] != 0xA5))
			fail("read gives more than asked for");
		break;
	case 3:
		if (mntdevtab.write(c, buf, size, rnd(1000)) > size)
			fail("write takes more than given");
		break;
	case 4:
		mntdevtab.wstat(c, buf, 49 + rnd(200));
		break;
	case 5:
		for (int i = 0; i < 16; i++)
			names[i] = "name";
		n = rnd(17);
		wq = mntdevtab.walk(c, NULL, names, n);
		if (wq == NULL)
			break;
		if (wq->nqid > n || (wq->clone != NULL) != (wq->nqid == n))
			fail("walk gives more than asked for");
		cclose(wq->clone);
		wqfree(wq);
		break;
	}
}

static void
round_of_calls(void)
{
	Chan *server, *volatile root = NULL;
	char vers[64] = "";

	honest = 3 + rnd(60);
	nout = 0;
	server = newchan();
	server->type = sometimes(2) ? 1 : 3;
	kernbase = sometimes(2) ? ~0ul : 0;
	server->iounit = sometimes(3) ? 0 : 300 + rnd(65536);
	if (!waserror()) {
		if (sometimes(2))
			mntversion(server, vers, rnd(3) * 10000, sizeof vers);
		root = mntattach(server, NULL, "spec", kernbase == 0 && sometimes(2) ? MCACHE : 0);	/* its buffers are the kernel's */
		poperror();
	}
	if (root != NULL)
		for (int i = rnd(30); i > 0; i--) {
			up->procctl = sometimes(30) ? Proc_exitme : 0;
			up->closingfgrp = sometimes(9) ? up : NULL;
			if (waserror())
				continue;
			touch(root);
			poperror();
		}
	if (root != NULL && sometimes(2)) {
		if (!waserror()) {
			mntdevtab.remove(root);
			poperror();
		}
		root->type = 0;
	}
	cclose(root);
	cclose(server);
	while (later())
		;
	rpcreap();
	up->procctl = 0;
	if (npinned != 0)
		fail("pages stay pinned");
	if (up->nerrlab != 0)
		fail("error labels do not balance");
	if (nchan != 0)
		fail("channels are left over");
}

int
main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 2;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	time_t end = time(NULL) + (time_t)seconds;
	uint64_t rounds = 0;

	up->errstr = up->errbuf;
	up->syserrstr = up->syserrbuf;
	printf("1..1\n# seed %llu\n", (unsigned long long)first);
	fflush(stdout);
	do {
		seed = first + rounds++;
		state = seed * 0x9E3779B97F4A7C15ull | 1;
		round_of_calls();
	} while (seconds == 0 || rounds < 200 || time(NULL) < end);
	printf("ok 1 - 9P client survives %llu servers\n", (unsigned long long)rounds);
	return 0;
}
