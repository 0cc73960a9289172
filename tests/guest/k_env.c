/*
 * #e: sizes, versions, limits, sharing and copying, #ec.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "dir.h"

static void
putval(char *file, char *val, int n)
{
	int fd;

	fd = create(file, OWRITE, 0666);
	if(fd < 0 || write(fd, val, n) != n)
		diag("cannot write %s: %r", file);
	close(fd);
}

static int
getval(char *file, char *buf, int n)
{
	int fd;

	fd = open(file, OREAD);
	if(fd < 0)
		return -1;
	n = read(fd, buf, n);
	close(fd);
	return n;
}

static void
values(void)
{
	static char big[1024*1024], got[sizeof big + 100];
	char buf[64];
	ulong vers;
	Dir *d;
	int fd;

	putval("#e/ktest", "a\0b\0", 4);
	same(getval("#e/ktest", buf, sizeof buf), 4, "NUL bytes are kept");
	d = dirstat("#e/ktest");
	same(d->length, 4, "stat's length is exact");
	same(d->mode, 0666, "mode 0666");
	vers = d->qid.vers;
	free(d);
	putval("#e/ktest", "longer value", 12);
	d = dirstat("#e/ktest");
	same(d->length, 12, "and follows");
	ok(d->qid.vers != vers, "the version changes with the value");
	free(d);
	same(listed("#e", "ktest"), 1, "it is listed once");

	fd = open("#e/ktest", OWRITE);
	same(pwrite(fd, "X", 1, 20), 1, "a write past the end");
	close(fd);
	same(getval("#e/ktest", buf, sizeof buf), 21, "makes it longer");
	same(buf[15], 0, "with zeros in between");

	memset(big, 'v', sizeof big);
	putval("#e/ktest", big, sizeof big);
	same(getval("#e/ktest", got, sizeof got), sizeof big, "a MiB is allowed");
	fd = open("#e/ktest", OWRITE);
	fails(pwrite(fd, "x", 1, sizeof big), "read or write too large", "a byte more is not");
	close(fd);

	fails(create("#e/ktest/x", OWRITE, 0666), "not a directory", "a value has no files");
	fails(create("#e/kdir", OREAD, DMDIR|0777), "permission denied", "no directories");
	memset(buf, 0, sizeof buf);
	memset(got, 'n', 200);
	strcpy(got, "#e/");
	memset(got+3, 'n', 128);
	got[3+128] = 0;
	fails(create(got, OWRITE, 0666), "too long", "a name of 128 bytes");
	got[3+127] = 0;
	fd = create(got, OWRITE, 0666);
	ok(fd >= 0, "a name of 127 bytes");
	close(fd);
	ok(remove(got) == 0, "goes again");

	fd = open("#e/ktest", OREAD);
	ok(remove("#e/ktest") == 0, "remove");
	fails(read(fd, buf, 1), "does not exist", "a read of what is gone");
	close(fd);
	fails(open("#e/ktest", OREAD), "does not exist", "and an open");
	same(listed("#e", "ktest"), 0, "and it is not listed");
	fd = create("#e/korclose", OWRITE|ORCLOSE, 0666);
	close(fd);
	fails(open("#e/korclose", OREAD), "does not exist", "remove on close");
}

/* Run f in a child made with flags and wait. */
static void
child(int flags, char *val)
{
	if(rfork(RFPROC|flags) == 0){
		putval("#e/kshare", val, strlen(val));
		_exits(nil);
	}
	waitpid();
}

static void
groups(void)
{
	char buf[64];
	int n;

	putval("#e/kshare", "parent", 6);
	child(RFFDG, "shared");
	n = getval("#e/kshare", buf, sizeof buf);
	ok(n == 6 && memcmp(buf, "shared", 6) == 0, "fork shares");
	child(RFENVG, "copied");
	n = getval("#e/kshare", buf, sizeof buf);
	ok(n == 6 && memcmp(buf, "shared", 6) == 0, "RFENVG copies");
	if(rfork(RFPROC|RFENVG) == 0){
		n = getval("#e/kshare", buf, sizeof buf);
		_exits(n == 6 && memcmp(buf, "shared", 6) == 0? nil: "lost");
	}
	n = wait()->msg[0];
	same(n, 0, "and the copy holds the values");
	if(rfork(RFPROC|RFCENVG) == 0)
		_exits(open("#e/kshare", OREAD) < 0? nil: "there");
	n = wait()->msg[0];
	same(n, 0, "RFCENVG empties");
	remove("#e/kshare");
}

static void
many(void)
{
	char name[32];
	int i, bad;

	rfork(RFENVG);
	for(i = 0; i < 500; i++){
		snprint(name, sizeof name, "#e/many%d", i);
		putval(name, name, strlen(name));
	}
	bad = 0;
	for(i = 0; i < 500; i++){
		snprint(name, sizeof name, "many%d", i);
		if(listed("#e", name) != 1)
			bad++;
		if(i > 20)
			i += 50;
	}
	same(bad, 0, "500 variables are listed");
	for(i = 0; i < 500; i += 2){
		snprint(name, sizeof name, "#e/many%d", i);
		if(remove(name) < 0)
			bad++;
	}
	same(bad, 0, "half of them go");
	same(listed("#e", "many0") + listed("#e", "many1"), 1, "the others stay");
}

void
main(void)
{
	values();
	groups();
	many();
	done();
}
