/*
 * The files of #c: formats to the column, limits, permissions.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "late.h"

static char buf[20000];

static int
slurp(char *file)
{
	int fd, n;

	fd = open(file, OREAD);
	if(fd < 0){
		diag("%s: %r", file);
		buf[0] = 0;
		return -1;
	}
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	buf[n < 0? 0: n] = 0;
	return n;
}

static int
writes(char *file, char *s, int n)
{
	int fd, r;

	fd = open(file, OWRITE);
	if(fd < 0)
		return -1;
	r = write(fd, s, n);
	close(fd);
	return r;
}

static void
numbers(void)
{
	char want[64];
	int fd, n;

	same(slurp("#c/pid"), 12, "pid is 12 bytes");
	snprint(want, sizeof want, "%11d ", getpid());
	samestr(buf, want, "right-justified, with a blank");
	fd = open("#c/pid", OREAD);
	read(fd, buf, 100);
	same(read(fd, buf, 100), 0, "a second read is at the end");
	same(pread(fd, buf, 3, 8), 3, "pread in the middle");
	close(fd);
	same(slurp("#c/ppid"), 12, "ppid");
	same(slurp("#c/pgrpid"), 12, "pgrpid");
	same(slurp("#c/cputime"), 72, "cputime: six numbers");
	n = slurp("#c/sysstat");
	same(n, 121, "sysstat: ten numbers and a newline");
	same(buf[n-1], '\n', "which ends the line");
	slurp("#c/osversion");
	samestr(buf, "2000", "osversion");
	n = slurp("#c/swap");
	ok(n > 0 && strstr(buf, " memory\n4096 pagesize\n") != nil && strstr(buf, " user\n") != nil
		&& strstr(buf, " swap\n") != nil && strstr(buf, " kernel malloc\n") != nil
		&& strstr(buf, " kernel draw\n") != nil, "swap has its lines");
	slurp("#c/drivers");
	ok(strstr(buf, "#c cons\n") != nil && strstr(buf, "#| pipe\n") != nil, "drivers");
	ok(slurp("#c/config") > 0, "config");
}

static uvlong
be64(uchar *p)
{
	uvlong v;
	int i;

	v = 0;
	for(i = 0; i < 8; i++)
		v = v<<8 | p[i];
	return v;
}

static void
sleep100(void)
{
	sleep(100);
}

static void
times1(void)
{
	uchar b[32];
	uvlong ns, last;
	int fd, i, back;

	same(slurp("#c/time"), 12 + 3*22, "time: 12 and three times 22 columns");
	ok(strtoul(buf, nil, 10) > 1700000000, "seconds of this century");
	fd = open("#c/bintime", OREAD);
	same(pread(fd, b, 8, 0), 8, "bintime: 8 bytes");
	same(pread(fd, b, 16, 0), 16, "16");
	same(pread(fd, b, 24, 0), 24, "24");
	same(read(fd, b, 30), 24, "24 for more, at any offset");
	ns = be64(b);
	ok(ns/1000000000 >= strtoul(buf, nil, 10) && ns/1000000000 <= time(nil), "big-endian nanoseconds");
	ok(be64(b+16) > 1000000, "and a frequency");
	last = 0;
	back = 0;
	for(i = 0; i < 20000; i++){
		read(fd, b, 8);
		if(be64(b) < last)
			back++;
		last = be64(b);
	}
	same(back, 0, "time does not go back");
	close(fd);
	fails(writes("#c/time", "tomorrow", 8), "bad time control", "no words for a time");
	fails(writes("#c/bintime", "nnnn", 4), "bad time control", "nor short records");
	ok(takes(100, sleep100), "sleep(100) sleeps");
}

/* What bintime says: the clock in ns, and a counter of so many ticks a second. */
typedef struct Moment Moment;
struct Moment
{
	uvlong	ns;
	uvlong	ticks;
	uvlong	hz;
};

/*
 * Reads it until both numbers are of one moment: three in a row within a millisecond, of which
 * the middle one counts.  Otherwise the host may have taken the CPU away between the numbers.
 */
static Moment
moment(int fd)
{
	uchar b[24];
	Moment m[3];
	int i;

	memset(m, 0, sizeof m);
	for(i = 0; i < 100000; i++){
		m[0] = m[1];
		m[1] = m[2];
		pread(fd, b, 24, 0);
		m[2].ns = be64(b);
		m[2].ticks = be64(b+8);
		m[2].hz = be64(b+16);
		if(i >= 2 && m[2].ticks - m[0].ticks < m[2].hz/1000)
			break;
	}
	return m[1];
}

/* ns that the counter counted from then to now */
static vlong
counted(Moment then, Moment now)
{
	uvlong ticks;

	ticks = now.ticks - then.ticks;
	return ticks/now.hz*1000000000 + ticks%now.hz*1000000000/now.hz;
}

/* ns that the clock went forward since then, less those that the counter counted */
static vlong
ahead(Moment then, Moment now)
{
	return (vlong)(now.ns - then.ns) - counted(then, now);
}

static void
put64(uchar *p, uvlong v)
{
	int i;

	for(i = 7; i >= 0; i--, v >>= 8)
		p[i] = v;
}

/* Setting the clock, at once and slowly; the machine is the test's own. */
static void
setting(void)
{
	uchar w[13];
	char text[24];
	Moment start, now;
	vlong d, passed, was;
	int fd, n;

	fd = open("#c/bintime", ORDWR);
	start = moment(fd);
	sleep(20);
	d = ahead(start, moment(fd));
	ok(d > -5000000 && d < 5000000, "clock and counter agree (%lld ns)", d);
	start = moment(fd);
	w[0] = 'n';
	put64(w+1, start.ns + 1000000000000ULL);
	same(write(fd, w, 9), 9, "set a thousand seconds ahead");
	now = moment(fd);
	d = ahead(start, now) - 1000000000000LL;
	passed = counted(start, now);
	ok(d > -passed-5000000 && d < 5000000, "it is, from when it was set on (%lld ns off, set within %lld)", d, passed);
	w[0] = 'd';
	put64(w+1, 200000000);
	w[9] = w[10] = w[11] = 0;
	w[12] = 1;
	start = moment(fd);
	same(write(fd, w, 13), 13, "200 ms more over a second");
	now = moment(fd);
	d = ahead(start, now);
	passed = counted(start, now);
	ok(d > -5000000 && d < passed/5 + 5000000, "not at once (%lld ns after %lld)", d, passed);
	sleep(1100);
	d = ahead(start, moment(fd));
	ok(d > 190000000 && d < 210000000, "but then (%lld ns)", d);
	was = time(nil);
	n = snprint(text, sizeof text, "%lld", was - 1000);
	same(writes("#c/time", text, n), n, "seconds, in text");
	now = moment(fd);
	d = now.ns/1000000000 - (was - 1000);
	ok(d >= 0 && d <= 5 + counted(start, now)/1000000000, "and back (%lld s off)", d);
	close(fd);
}

static void
words(void)
{
	char keep[300];

	slurp("#c/sysname");
	strcpy(keep, buf);
	same(writes("#c/sysname", "kcons\n", 6), 6, "sysname is written");
	slurp("#c/sysname");
	samestr(buf, "kcons", "and loses its newline");
	writes("#c/sysname", keep, strlen(keep));
	slurp("#c/user");
	ok(buf[0] != 0, "user (%s)", buf);
	fails(writes("#c/user", "root", 4), "permission denied", "user becomes nobody but none");
	if(rfork(RFPROC|RFFDG) == 0){
		if(writes("#c/user", "none", 4) != 4)
			_exits("write");
		slurp("#c/user");
		if(strcmp(buf, "none") != 0)
			_exits("read");
		if(writes("#c/hostowner", "none", 4) >= 0)
			_exits("hostowner");
		if(writes("#c/reboot", "halt", 4) >= 0)
			_exits("reboot");
		if(writes("#c/time", "1", 1) >= 0)
			_exits("time");
		if(writes("#c/caphash", "1", 1) >= 0)
			_exits("caphash");
		_exits(nil);
	}
	samestr(wait()->msg, "", "none, and then it may not do what the owner may");
	fails(writes("#c/reboot", "dance", 5), "bad process or channel control", "reboot knows its words");
	fails(writes("#c/consctl", "sing", 4), "bad process or channel control", "consctl too");
}

static void
streams(void)
{
	static char z[5000], r[2][64];
	int fd, i, bad;

	same(slurp("#c/null"), 0, "null is empty");
	same(writes("#c/null", z, sizeof z), sizeof z, "and takes everything");
	memset(z, 1, sizeof z);
	fd = open("#c/zero", OREAD);
	same(read(fd, z, sizeof z), sizeof z, "zero gives what is asked");
	bad = 0;
	for(i = 0; i < sizeof z; i++)
		bad += z[i] != 0;
	same(bad, 0, "all zeros");
	close(fd);
	fd = open("#c/random", OREAD);
	same(read(fd, r[0], 64), 64, "random");
	same(read(fd, r[1], 64), 64, "never ends");
	ok(memcmp(r[0], r[1], 64) != 0, "nor repeats");
	close(fd);
	ok(slurp("#c/kmesg") >= 0, "kmesg");
	fd = open("#c/kprint", OREAD);
	ok(fd >= 0, "kprint");
	fails(open("#c/kprint", OREAD), "in use", "is exclusive");
	close(fd);
	fd = open("#c/kprint", OREAD);
	ok(fd >= 0, "until it is closed");
	close(fd);
}

static void
list(void)
{
	static char *want[] = {
		"bintime", "config", "cons", "consctl", "cputime", "drivers", "hostdomain", "hostowner", "kmesg", "kprint",
		"null", "osversion", "pgrpid", "pid", "ppid", "random", "reboot", "swap", "sysname", "sysstat", "time", "user", "zero",
	};
	static ulong mode[] = {
		0664, 0444, 0660, 0220, 0444, 0444, 0664, 0664, 0440, 0440,
		0666, 0444, 0444, 0444, 0444, 0444, 0660, 0664, 0664, 0666, 0664, 0666, 0444,
	};
	char name[64];
	Dir *d;
	int i, missing;

	missing = 0;
	for(i = 0; i < nelem(want); i++){
		snprint(name, sizeof name, "#c/%s", want[i]);
		d = dirstat(name);
		if(d == nil || (d->mode & 0777) != mode[i] || strcmp(d->name, want[i]) != 0){
			diag("%s: %s", name, d == nil? "not there": "mode or name differ");
			missing++;
		}
		free(d);
	}
	same(missing, 0, "all files are there, with their modes");
	fails(open("#c/nosuch", OREAD), "does not exist", "and no others");
	fails(create("#c/new", OWRITE, 0666), "permission denied", "none can be made");
}

/* #¤: a capability made from a hash computed elsewhere */
static void
capability(void)
{
	/* HMAC-SHA1 of "bob@eve" under the key "secret" */
	static uchar hash[20] = {
		0x0a, 0x35, 0x68, 0xe1, 0xc8, 0xd5, 0x9e, 0xf0, 0x2f, 0xb6, 0x13, 0x2d, 0xb5, 0x53, 0x20, 0x36, 0xfb, 0xb1, 0x93, 0x04, 
	};
	char user[64];
	int fd;

	slurp("#c/user");
	strcpy(user, buf);
	fails(writes("#¤/capuse", "bob@eve@wrong", 13), "invalid capability", "an unknown capability");
	fails(writes("#¤/caphash", "short", 5), "too small", "a hash has 20 bytes");
	same(writes("#¤/caphash", (char*)hash, 20), 20, "a hash");
	if(rfork(RFPROC|RFFDG) == 0){
		fd = writes("#¤/capuse", "bob@eve@secret", 14);
		_exits(fd < 0? "no": nil);
	}
	ok(wait()->msg[0] != 0, "from must be the user");
	fails(writes("#¤/capuse", "bob@eve@secret", 14), "invalid capability", "and it is good but once");
}

/* #P and #r, as far as this machine has them */
static void
machine(void)
{
	char *f[8], keep[200];
	long t;

	slurp("#P/cputype");
	strecpy(keep, keep+sizeof keep, buf);
	ok(tokenize(buf, f, nelem(f)) == 2 && atoi(f[1]) > 100, "cputype: name and MHz");
	slurp("#P/archctl");
	ok(strncmp(buf, "cpu ", 4) == 0 && strncmp(buf+4, keep, strlen(keep)) == 0, "archctl begins with the same");
	slurp("#P/irqalloc");
	ok(strncmp(buf, "         32           0 clock\n", 30) == 0 && strstr(buf, " console\n") != nil, "irqalloc");
	same(slurp("#P/ioalloc"), 0, "no ports");
	fails(writes("#P/archctl", "pge on", 6), "not to be changed on lguest \"pge on\"", "archctl only tells");
	same(slurp("#r/rtc"), 12, "rtc is a number of 12 columns");
	t = time(nil) - atoi(buf);
	ok(t > -1000000 && t < 1000000 && buf[11] == ' ' && atoi(buf) > 1700000000, "the host's time");
	fails(writes("#r/rtc", "1", 1), "the clock is the host's", "which stays");
	same(writes("#c/swap", "start\n", 6), 6, "swap takes start, which boot writes");
	fails(writes("#c/swap", "5", 1), "does not swap", "and no file");
}

void
main(void)
{
	numbers();
	times1();
	setting();
	words();
	streams();
	list();
	capability();
	machine();
	done();
}
