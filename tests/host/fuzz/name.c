/*
 * Fuzzes the kernel's names and name spaces (name.c, mount.c, path.c, chan.c,
 * pgrp.c, dev.c, devroot.c) under the sanitizers: random names walked, opened,
 * bound, unmounted and copied, now and then without memory.  The error labels
 * balance, a walk ends where the path says, and at the end every channel is gone.
 * usage: name [seconds [seed]]; 0 seconds: until killed.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include <time.h>

extern Dev rootdevtab;

ulong kernbase;
static Proc theproc = { .user = "glenda", .pid = 1 };
Proc *up = &theproc;
char *eve = "glenda";
static uint64_t state, seed;
static int thrifty;	/* one allocation in so many fails; 0: none */
static long nopen;

static unsigned
rnd(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static void
fail(const char *what)
{
	printf("not ok 1 - name spaces: %s (seed %llu)\n", what, (unsigned long long)seed);
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
	error(fmt);
}

void
panic(char *fmt, ...)
{
	fail(fmt);
	abort();
}

int
print(char *fmt, ...)
{
	return 0;
}

void *
shimmalloc(size_t n)
{
	return thrifty != 0 && rnd(thrifty) == 0 ? NULL : calloc(1, n);
}

void *
mallocz(ulong n, int clear)
{
	return shimmalloc(n);
}

long
incref(Ref *r)
{
	return ++r->ref;
}

long
decref(Ref *r)
{
	if (r->ref <= 0)
		fail("reference count below zero");
	return --r->ref;
}

void *
vmemchr(void *s, int c, int n)
{
	return memchr(s, c, n);
}

ulong mallocused(void) { return 0; }
ulong mallocmax(void) { return 1000; }
ulong msize(void *v) { USED(v); return 0; }
void validaddr(ulong a, ulong n, int w) {}
void kproc(char *name, void (*f)(void *), void *a) {}
void sleep(Rendez *r, int (*f)(void *), void *a) { fail("the only process sleeps"); }
Proc *wakeup(Rendez *r) { return NULL; }
void muxclose(Mnt *m) {}
Block *allocb(int n) { error(Enomem); }
Block *concatblock(Block *b) { return b; }
void freeb(Block *b) {}
uint sizeD2M(Dir *d) { return 60; }
uint convD2M(Dir *d, uchar *p, uint n) { return n < 60 ? 2 : 60; }

/* ---- a device without end: each of its directories holds the same files ---- */

static Dirtab tree[] = {
	{ ".", { 0, 0, QTDIR }, 0, 0555 },
	{ "a", { 1, 0, QTDIR }, 0, 0777 },
	{ "b", { 2, 0, QTDIR }, 0, 0777 },
	{ "f", { 3, 0, QTFILE }, 0, 0666 },
	{ "g", { 4, 0, QTFILE }, 0, 0444 },
};

static Chan *
tattach(char *spec)
{
	return devattach('t', spec);
}

static Walkqid *
twalk(Chan *c, Chan *nc, char **name, int n)
{
	if (rnd(40) == 0)
		error(rnd(2) ? Eintr : Eio);
	return devwalk(c, nc, name, n, tree, nelem(tree), devgen);
}

static Chan *
topen(Chan *c, int mode)
{
	if (rnd(20) == 0)
		error(Eio);
	c = devopen(c, mode, tree, nelem(tree), devgen);
	nopen++;
	return c;
}

static void
tcreate(Chan *c, char *name, int mode, ulong perm)
{
	if (rnd(4) == 0)
		error(Eperm);
	mkqid(&c->qid, 5, 0, QTFILE);
	c->mode = openmode(mode);
	c->flag |= COPEN;
	nopen++;
}

static void
tclose(Chan *c)
{
	if (c->flag & COPEN)
		nopen--;
}

static Dev tdevtab = { .dc = 't', .attach = tattach, .walk = twalk, .open = topen, .create = tcreate, .close = tclose };
Dev *devtab[] = { &rootdevtab, &tdevtab, NULL };

/* ---- the user ---- */

static char *
randname(void)
{
	static char *first[] = { "/", "/", "", "#t", "#/", "#x", "#M", "../", "/t/", "//" };
	static char *elem[] = { "a", "b", "f", "g", "..", ".", "", "t", "nosuch", "bin", "boot", "\001" };
	static char buf[700];
	int n;

	n = snprintf(buf, 100, "%s", first[rnd(10)]);
	for (int i = rnd(rnd(20) == 0 ? 150 : 6); i > 0; i--)
		n += snprintf(buf + n, 20, "%s%s", n > 0 && rnd(9) ? "/" : "", elem[rnd(12)]);
	return buf;
}

/* The text of a path is as long as it says, and holds no dots. */
static void
checkpath(Chan *c)
{
	char *s = NULL;

	if (waserror())
		return;
	s = chanpath(c);
	poperror();
	if ((int)strlen(s) != c->path->total)
		fail("the length of a path");
	if (strstr(s, "/../") || strstr(s, "/./") || strstr(s, "//"))
		fail("a path that is not clean");
}

static void
call(void)
{
	Chan *volatile c = NULL, *volatile d = NULL;
	Pgrp *pg;
	Chan *t;
	int fd;

	if (waserror()) {
		cclose(c);
		cclose(d);
		return;
	}
	switch (rnd(9)) {
	case 0:
		c = namec(randname(), rnd(2) ? Aaccess : Aremove, 0, 0);
		checkpath(c);
		cclose(c);
		break;
	case 1:
	case 2:
		c = namec(randname(), Aopen, rnd(4), 0);
		checkpath(c);
		fd = newfd(c);
		if (fd < 0)
			cclose(c);
		break;
	case 3:
		c = namec(randname(), Acreate, rnd(3) | (rnd(4) ? 0 : OEXCL), 0666);
		checkpath(c);
		fd = newfd(c);
		if (fd < 0)
			cclose(c);
		break;
	case 4:
		c = namec(randname(), Atodir, 0, 0);
		checkpath(c);
		t = up->dot;
		up->dot = c;
		cclose(t);
		break;
	case 5:
	case 6:
		c = namec(randname(), Abind, 0, 0);
		d = namec(randname(), Amount, 0, 0);
		t = c;
		cmount(&t, d, rnd(3) | (rnd(2) ? MCREATE : 0), rnd(2) ? "spec" : NULL);
		cclose(c);
		cclose(d);
		break;
	case 7:
		d = namec(randname(), Amount, 0, 0);
		if (rnd(2))
			c = namec(randname(), Aopen, OREAD, 0);
		cunmount(d, c);
		cclose(c);
		cclose(d);
		break;
	case 8:
		if (rnd(5) == 0) {
			pg = newpgrp();
			if (waserror()) {
				closepgrp(pg);
				nexterror();
			}
			pgrpcpy(pg, up->pgrp);
			poperror();
			closepgrp(up->pgrp);
			up->pgrp = pg;
		} else
			fdclose(rnd(30), 0);
		break;
	}
	poperror();
}

static void
round_of_calls(void)
{
	thrifty = 0;
	up->pgrp = newpgrp();
	up->fgrp = newfgrp();
	up->slash = namec("#/", Atodir, 0, 0);
	pathclose(up->slash->path);
	up->slash->path = newpath("/");
	up->dot = cclone(up->slash);
	thrifty = rnd(2) ? 0 : 20 + rnd(300);
	for (int i = rnd(200); i > 0; i--) {
		call();
		if (up->nerrlab != 0)
			fail("error labels do not balance");
	}
	closefgrp(up->fgrp);
	cclose(up->dot);
	closepgrp(up->pgrp);
	cclose(up->slash);
	if (nopen != 0)
		fail("channels stay open");
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
	rootdevtab.reset();
	printf("1..1\n# seed %llu\n", (unsigned long long)first);
	fflush(stdout);
	do {
		seed = first + rounds++;
		state = seed * 0x9E3779B97F4A7C15ull | 1;
		round_of_calls();
	} while (seconds == 0 || rounds < 100 || time(NULL) < end);
	printf("ok 1 - name spaces survive %llu rounds\n", (unsigned long long)rounds);
	return 0;
}
