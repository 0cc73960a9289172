/*
 * The 9P server of shares, message by message: walking, permissions, modes, marks, directories, wstat, links, and what a file
 * system full of surprises does to it.  Each test runs with everything done at once and with everything done by threads.  Run by
 * root, it becomes nobody first, so that permissions mean something.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/dev/share/device.h"
#include "../share/harness.h"

enum { RW, DEFER, RO, SHARES };
enum { ROOT = 0 };
#define DMDIR		0x80000000u
#define DMAPPEND	0x40000000u
#define DMEXCL		0x20000000u
#define DMTMP		0x04000000u
#define MSIZE		(65536 + 24)

static char top[] = "/tmp/9guest-share.XXXXXX", dir[64];
static unsigned share;			/* the one that the calls below go to */
static uint32_t session;
static struct exchange reply;
static char error[256];			/* of the last call, "" if it went well */

/* ---- messages ---- */

static uint8_t msg[MESSAGE_BYTES];
static uint32_t size;

static void put(uint64_t v, unsigned bytes)
{
	memcpy(msg + size, &v, bytes);
	size += bytes;
}

static void put_bytes(const char *s, size_t len)
{
	put(len, 2);
	memcpy(msg + size, s, len);
	size += (uint32_t)len;
}

static void put_str(const char *s)
{
	put_bytes(s, strlen(s));
}

static void begin(unsigned type)
{
	size = 4;
	put(type, 1);
	put(7, 2);
}

static uint64_t get(uint32_t at, unsigned bytes)
{
	uint64_t v = 0;

	assert_true(at + bytes <= reply.used);
	memcpy(&v, reply.reply + at, bytes);
	return v;
}

/* True if it was no Rerror. */
static bool call_room(uint32_t room)
{
	memcpy(msg, &size, 4);
	reply = harness_call(share, session, msg, size, room);
	assert_null(harness_killed);
	assert_true(harness_intact(0));
	snprintf(error, sizeof error, "no reply (status %u)", reply.status);
	if (reply.status)
		return false;
	assert_int_equal(get(0, 4), reply.used);
	error[0] = '\0';
	if (get(4, 1) == 107)
		snprintf(error, sizeof error, "%.*s", (int)get(7, 2), (const char *)reply.reply + 9);
	else
		assert_int_equal(get(4, 1), msg[4] + 1);
	return !error[0];
}

static bool call(void)
{
	return call_room(4096);
}

static void good(bool ok, const char *what)
{
	if (!ok)
		fail_msg("%s: %s", what, error);
}
#define GOOD(x)		good(x, #x)

static void bad(bool ok, const char *what, const char *want)
{
	if (ok)
		fail_msg("%s: went well; wanted '%s'", what, want);
	if (!strstr(error, want))
		fail_msg("%s: '%s'; wanted '%s'", what, error, want);
}
#define BAD(x, want)	bad(x, #x, want)

static bool version(uint32_t msize, const char *text)
{
	begin(100);
	put(msize, 4);
	put_str(text);
	return call();
}

static bool attach(int fid)
{
	begin(104);
	put((uint32_t)fid, 4);
	put(0xffffffff, 4);
	put_str("glenda");
	put_str("");
	return call();
}

static unsigned nqid;			/* of the last walk */

/* Names separated by '/'. */
static bool walk(int fid, int newfid, const char *path)
{
	uint32_t at;
	unsigned n = 0;

	begin(110);
	put((uint32_t)fid, 4);
	put((uint32_t)newfid, 4);
	at = size;
	put(0, 2);
	while (*path) {
		size_t len = strcspn(path, "/");

		put_bytes(path, len);
		n++;
		path += len + (path[len] == '/');
	}
	msg[at] = (uint8_t)n;
	nqid = 0;
	if (!call())
		return false;
	nqid = (unsigned)get(7, 2);
	return true;
}

/* All of it, from the root. */
static bool go(int fid, const char *path)
{
	unsigned n = *path ? 1 : 0;

	for (const char *p = path; *p; p++)
		n += *p == '/';
	if (!walk(ROOT, fid, path))
		return false;
	if (nqid == n)
		return true;
	snprintf(error, sizeof error, "walked %u of %u", nqid, n);
	return false;
}

static bool simple(unsigned type, int fid)
{
	begin(type);
	put((uint32_t)fid, 4);
	return call();
}

static bool clunk(int fid)
{
	return simple(120, fid);
}

static bool removes(int fid)
{
	return simple(122, fid);
}

static bool opens(int fid, unsigned mode)
{
	begin(112);
	put((uint32_t)fid, 4);
	put(mode, 1);
	return call();
}

static bool create_bytes(int fid, const char *name, size_t len, uint32_t perm, unsigned mode)
{
	begin(114);
	put((uint32_t)fid, 4);
	put_bytes(name, len);
	put(perm, 4);
	put(mode, 1);
	return call();
}

/* In the root. */
static bool creates(int fid, const char *name, uint32_t perm, unsigned mode)
{
	return walk(ROOT, fid, "") && create_bytes(fid, name, strlen(name), perm, mode);
}

static const char *data;
static uint32_t ndata;

static bool reads(int fid, uint64_t off, uint32_t count)
{
	begin(116);
	put((uint32_t)fid, 4);
	put(off, 8);
	put(count, 4);
	ndata = 0;
	if (!call_room(count + 300))
		return false;
	ndata = (uint32_t)get(7, 4);
	data = (const char *)reply.reply + 11;
	assert_int_equal(ndata, reply.used - 11);
	assert_true(ndata <= count);
	return true;
}

static uint32_t written;

static bool writes(int fid, uint64_t off, const char *text, uint32_t len)
{
	begin(118);
	put((uint32_t)fid, 4);
	put(off, 8);
	put(len, 4);
	memcpy(msg + size, text, len);
	size += len;
	if (!call())
		return false;
	written = (uint32_t)get(7, 4);
	return true;
}

struct dir_entry {
	uint8_t qtype;
	uint32_t vers, mode, atime, mtime;
	uint64_t path, length;
	char name[256], uid[64], gid[64];
	uint32_t bytes;
};

static uint32_t le(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static void decode(const uint8_t *p, struct dir_entry *e)
{
	const uint8_t *s = p + 41;
	char *to[] = { e->name, e->uid, e->gid };
	size_t room[] = { sizeof e->name, sizeof e->uid, sizeof e->gid };

	e->bytes = le(p, 2) + 2;
	e->qtype = p[8];
	e->vers = le(p + 9, 4);
	memcpy(&e->path, p + 13, 8);
	e->mode = le(p + 21, 4);
	e->atime = le(p + 25, 4);
	e->mtime = le(p + 29, 4);
	memcpy(&e->length, p + 33, 8);
	for (int i = 0; i < 3; i++) {
		assert_true(le(s, 2) < room[i]);
		memcpy(to[i], s + 2, le(s, 2));
		to[i][le(s, 2)] = '\0';
		s += 2 + le(s, 2);
	}
}

static struct dir_entry st;

static bool stats(int fid)
{
	begin(124);
	put((uint32_t)fid, 4);
	if (!call())
		return false;
	assert_int_equal(get(7, 2), get(9, 2) + 2);
	decode(reply.reply + 9, &st);
	return true;
}

struct change {
	uint32_t mode, atime, mtime;
	uint64_t length;
	const char *name, *uid, *gid;
};
#define SAME	.mode = ~0u, .atime = ~0u, .mtime = ~0u, .length = ~0ull, .name = "", .uid = "", .gid = ""

static bool wstats(int fid, struct change c)
{
	uint32_t at;

	begin(126);
	put((uint32_t)fid, 4);
	at = size;
	put(0, 4);
	put(0xffff, 2);
	put(~0ull, 4);
	put(~0ull, 8);
	put(~0ull, 5);
	put(c.mode, 4);
	put(c.atime, 4);
	put(c.mtime, 4);
	put(c.length, 8);
	put_str(c.name);
	put_str(c.uid);
	put_str(c.gid);
	put_str("");
	msg[at] = (uint8_t)(size - at - 2), msg[at + 1] = (uint8_t)((size - at - 2) >> 8);
	msg[at + 2] = (uint8_t)(size - at - 4), msg[at + 3] = (uint8_t)((size - at - 4) >> 8);
	return call();
}
#define WSTAT(fid, ...)	wstats(fid, (struct change){ SAME, __VA_ARGS__ })

/* ---- the host's side ---- */

static const char *in(const char *name)
{
	static char path[4][512];
	static int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s", dir, name);
	return p;
}

static void host_write(const char *name, const char *text)
{
	FILE *f = fopen(in(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const char *host_read(const char *name)
{
	static char buf[4096];
	FILE *f = fopen(in(name), "r");
	size_t n;

	if (!f)
		return "(no such file)";
	n = fread(buf, 1, sizeof buf - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

static unsigned host_mode(const char *name)
{
	struct stat s;

	return lstat(in(name), &s) < 0 ? 0xffffffff : s.st_mode & 07777;
}

static int unlink_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
	(void)s, (void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

static int open_up(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
	(void)s, (void)ftw;
	return type == FTW_D || type == FTW_DNR ? chmod(path, 0755) : 0;
}

/* Before each test: a session with fid 0 on the root of an empty directory. */
static int setup(void **state)
{
	const unsigned *which = *state;

	share = *which;
	session = 1;
	nftw(dir, open_up, 8, FTW_PHYS);
	nftw(dir, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	harness_piece = 0;
	harness_apart = false;
	umask(022);
	return version(MSIZE, "9P2000") && attach(ROOT) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	harness_hangup(share, session);
	return 0;
}

/* ---- tests ---- */

static void test_version(void **state)
{
	(void)state;
	GOOD(version(8192, "9P2000.u"));
	assert_memory_equal(reply.reply + 13, "9P2000", 6);
	assert_int_equal(reply.used, 19);
	GOOD(version(8192, "9P1999"));
	assert_memory_equal(reply.reply + 13, "unknown", 7);
	BAD(attach(ROOT), "no version has been agreed upon");
	BAD(version(100, "9P2000"), "message size too small");
	GOOD(version(~0u, "9P2000"));
	assert_int_equal(get(7, 4), (1 << 20) + 24);
	GOOD(attach(ROOT));
	GOOD(version(8192, "9P2000"));
	BAD(stats(ROOT), "fid unknown");
	GOOD(attach(3));
	BAD(attach(3), "fid already in use");
	begin(102);
	put(5, 4), put_str("u"), put_str("");
	BAD(call(), "authentication not required");
}

static void test_walk(void **state)
{
	char path[128] = "";

	(void)state;
	for (int i = 0; i < 16; i++) {
		strcat(strcat(path, i ? "/" : ""), "d");
		mkdir(in(path), 0755);
	}
	GOOD(go(1, path));
	assert_int_equal(nqid, 16);
	strcat(path, "/d");
	BAD(walk(ROOT, 2, path), "no reply");		/* 17 elements are no message */
	GOOD(walk(ROOT, 2, "d/d/none/d"));
	assert_int_equal(nqid, 2);
	BAD(stats(2), "fid unknown");
	BAD(walk(ROOT, 2, "none/d"), "file does not exist");
	host_write("d/f", "");
	GOOD(walk(ROOT, 2, "d/f/x"));
	assert_int_equal(nqid, 2);
	GOOD(go(2, "d/f"));
	BAD(walk(2, 3, "x"), "not a directory");
	BAD(walk(2, 3, ".."), "not a directory");
	BAD(walk(ROOT, 2, "d"), "fid already in use");
	GOOD(walk(2, 2, ""));
	BAD(walk(9, 3, "d"), "fid unknown");
	GOOD(stats(ROOT));
	assert_string_equal(st.name, "/");
}

static void test_dotdot(void **state)
{
	uint64_t root;

	(void)state;
	mkdir(in("a"), 0755), mkdir(in("a/b"), 0755);
	GOOD(stats(ROOT));
	root = st.path;
	GOOD(walk(ROOT, 1, "../../.."));
	assert_int_equal(nqid, 3);
	GOOD(stats(1));
	assert_true(st.path == root);
	GOOD(go(2, "a/b"));
	GOOD(walk(2, 3, "../b/../../a"));
	assert_int_equal(nqid, 5);
	GOOD(stats(3));
	assert_string_equal(st.name, "a");
	GOOD(walk(2, 4, "../../../../a/../a/b"));
	GOOD(stats(4));
	assert_string_equal(st.name, "b");
	GOOD(walk(2, 5, "../.."));
	GOOD(stats(5));
	assert_true(st.path == root);
}

static bool walk_bytes(const char *name, size_t len)
{
	begin(110);
	put(ROOT, 4), put(1, 4), put(1, 2);
	put_bytes(name, len);
	return call();
}

static void test_names(void **state)
{
	char longest[300];

	(void)state;
	host_write("f", "");
	mkdir(in("d"), 0755);
	host_write("d/f", "");
	memset(longest, 'n', sizeof longest);
	BAD(walk_bytes("d/f", 3), "bad character in file name");
	BAD(walk_bytes("/f", 2), "bad character in file name");
	BAD(walk_bytes("../f", 4), "bad character in file name");
	BAD(walk_bytes("f\0x", 3), "bad character in file name");
	BAD(walk_bytes("", 0), "bad character in file name");
	BAD(walk_bytes(".", 1), "bad character in file name");
	BAD(walk_bytes(longest, 256), "name too long");
	BAD(walk_bytes(longest, 255), "does not exist");
	GOOD(walk(ROOT, 1, ""));
	BAD(create_bytes(1, "x/y", 3, 0644, 0), "bad character in file name");
	BAD(create_bytes(1, "..", 2, 0644, 0), "bad character in file name");
	BAD(create_bytes(1, "x\0y", 3, 0644, 0), "bad character in file name");
	BAD(create_bytes(1, longest, 256, 0644, 0), "name too long");
	GOOD(create_bytes(1, "\xff\xfe \x80", 4, 0644, 1));
	assert_int_equal(host_mode("\xff\xfe \x80"), 0644);
	GOOD(stats(1));
	assert_string_equal(st.name, "\xff\xfe \x80");
	GOOD(go(2, "f"));
	BAD(WSTAT(2, .name = "d/g"), "bad character in file name");
	BAD(WSTAT(2, .name = ".."), "bad character in file name");
	GOOD(WSTAT(2, .name = "\xe9"));
	assert_int_equal(host_mode("\xe9"), 0644);
}

static void test_links(void **state)
{
	char target[256];

	(void)state;
	mkdir(in("d"), 0755), mkdir(in("d/e"), 0755);
	host_write("f", "text of f");
	host_write("../secret", "secret");
	assert_return_code(symlink("f", in("same")), errno);
	assert_return_code(symlink("../../f", in("d/e/up")), errno);
	snprintf(target, sizeof target, "%s/d", dir);
	assert_return_code(symlink(target, in("abs")), errno);
	assert_return_code(symlink("../secret", in("out")), errno);
	assert_return_code(symlink("/etc/passwd", in("absout")), errno);
	assert_return_code(symlink("../../../../../../../../etc", in("d/far")), errno);
	assert_return_code(symlink("loop", in("loop")), errno);
	assert_return_code(symlink("none", in("dangling")), errno);
	for (int i = 0; i < 2; i++) {
		GOOD(go(1, i ? "d/e/up" : "same"));
		GOOD(opens(1, 0));
		GOOD(reads(1, 0, 100));
		assert_memory_equal(data, "text of f", 9);
		GOOD(clunk(1));
	}
	GOOD(go(1, "abs/e/up"));
	GOOD(walk(ROOT, 2, "abs/.."));		/* the directory in which the link is */
	GOOD(stats(2));
	assert_string_equal(st.name, "/");
	GOOD(clunk(1));
	static const char *const astray[] = { "out", "absout", "d/far", "loop", "dangling" };
	for (unsigned i = 0; i < 5; i++) {
		GOOD(go(10, astray[i]));		/* it is there, */
		GOOD(stats(10));
		assert_int_equal(st.mode & 0777, 0);
		BAD(opens(10, 0), "symbolic link");	/* but leads nowhere */
		BAD(opens(10, 1), "symbolic link");
		BAD(walk(10, 11, "passwd"), "not a directory");
		BAD(WSTAT(10, .mode = 0777), "permission denied");
		GOOD(removes(10));
		assert_int_equal(host_mode(astray[i]), 0xffffffff);
	}
	assert_string_equal(host_read("../secret"), "secret");
	GOOD(go(1, "same"));
	GOOD(WSTAT(1, .name = "other"));		/* the link's name, */
	assert_int_equal(host_mode("other"), 0777);
	GOOD(WSTAT(1, .mode = 0600));			/* the file's mode */
	assert_int_equal(host_mode("f"), 0600);
	GOOD(removes(1));
	assert_string_equal(host_read("f"), "text of f");
}

static void test_create_modes(void **state)
{
	static const struct { unsigned umask, dir; uint32_t perm; unsigned want; } cases[] = {
		{ 0, 0777, 0777, 0777 }, { 0, 0777, 0644, 0644 }, { 0, 0755, 0666, 0644 }, { 0, 0755, 0777, 0755 },
		{ 0, 0700, 0777, 0711 }, { 022, 0777, 0666, 0644 }, { 077, 0777, 0777, 0700 }, { 0, 0775, 0444, 0444 },
		{ 0, 0700, DMDIR | 0777, 0700 }, { 0, 0755, DMDIR | 0775, 0755 }, { 027, 0777, DMDIR | 0777, 0750 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		mkdir(in("d"), 0755);
		chmod(in("d"), cases[i].dir);
		umask(cases[i].umask);
		GOOD(go(1, "d"));
		GOOD(create_bytes(1, "x", 1, cases[i].perm, 0));
		umask(022);
		if (host_mode("d/x") != cases[i].want)
			fail_msg("umask %o, directory %o, perm %o: became %o, wanted %o", cases[i].umask, cases[i].dir,
				 cases[i].perm, host_mode("d/x"), cases[i].want);
		GOOD(removes(1));
		rmdir(in("d"));
	}
	GOOD(walk(ROOT, 1, ""));
	BAD(create_bytes(1, "x", 1, 04755, 0), "bad arg");
	BAD(create_bytes(1, "x", 1, DMDIR | 0755, 1), "bad arg");
	BAD(create_bytes(1, "x", 1, 0644, 0x20), "bad arg");
	host_write("there", "kept");
	BAD(create_bytes(1, "there", 5, 0644, 1), "file already exists");
	assert_string_equal(host_read("there"), "kept");
	mkdir(in("closed"), 0555);
	GOOD(go(2, "closed"));
	BAD(create_bytes(2, "x", 1, 0644, 1), "permission denied");
	GOOD(go(3, "there"));
	BAD(create_bytes(3, "x", 1, 0644, 1), "not a directory");
}

static void test_open(void **state)
{
	(void)state;
	host_write("f", "0123456789");
	mkdir(in("d"), 0755);
	GOOD(go(1, "f"));
	GOOD(opens(1, 0));
	BAD(opens(1, 0), "open already");
	BAD(walk(1, 2, ""), "open fid");
	BAD(writes(1, 0, "x", 1), "inappropriate use of fd");
	GOOD(reads(1, 3, 4));
	assert_int_equal(ndata, 4);
	assert_memory_equal(data, "3456", 4);
	GOOD(reads(1, 10, 4));
	assert_int_equal(ndata, 0);
	BAD(reads(1, ~0ull, 4), "negative i/o offset");
	GOOD(go(2, "f"));
	BAD(reads(2, 0, 4), "inappropriate use of fd");
	GOOD(opens(2, 1));
	BAD(reads(2, 0, 4), "inappropriate use of fd");
	GOOD(writes(2, 2, "ab", 2));
	assert_string_equal(host_read("f"), "01ab456789");
	GOOD(go(3, "f"));
	BAD(opens(3, 3), "permission denied");		/* nobody may execute it */
	BAD(opens(3, 0x80), "bad arg");
	chmod(in("f"), 0755);
	GOOD(opens(3, 3));
	GOOD(reads(3, 0, 2));
	GOOD(go(4, "f"));
	GOOD(opens(4, 1 | 0x10));
	assert_string_equal(host_read("f"), "");
	GOOD(go(5, "d"));
	BAD(opens(5, 1), "file is a directory");
	BAD(opens(5, 0x10), "file is a directory");
	GOOD(opens(5, 0));
	chmod(in("f"), 0200);
	GOOD(go(6, "f"));
	BAD(opens(6, 0), "permission denied");
	GOOD(opens(6, 1));
}

static void test_special(void **state)
{
	(void)state;
	assert_return_code(mkfifo(in("fifo"), 0666), errno);
	GOOD(go(1, "fifo"));
	GOOD(stats(1));
	assert_string_equal(st.name, "fifo");
	assert_true(st.length == 0);
	BAD(opens(1, 0), "device, pipe or socket");
	BAD(opens(1, 1), "device, pipe or socket");
	GOOD(removes(1));
	assert_int_equal(host_mode("fifo"), 0xffffffff);
}

static void test_remove(void **state)
{
	(void)state;
	mkdir(in("d"), 0755);
	host_write("d/f", "text");
	GOOD(go(1, "d"));
	BAD(removes(1), "directory not empty");
	BAD(stats(1), "fid unknown");			/* a remove clunks whatever happens */
	GOOD(go(1, "d/f")), GOOD(go(2, "d/f"));
	GOOD(opens(1, 0));
	GOOD(removes(2));
	assert_int_equal(host_mode("d/f"), 0xffffffff);
	GOOD(reads(1, 0, 10));				/* who has it open goes on reading */
	assert_memory_equal(data, "text", 4);
	BAD(removes(1), "does not exist");
	GOOD(go(1, "d"));
	GOOD(removes(1));
	GOOD(walk(ROOT, 1, ""));
	BAD(removes(1), "permission denied");
	/* another file has the name meanwhile: it is not ours to remove */
	host_write("f", "old");
	GOOD(go(1, "f"));
	host_write("g", "new");
	rename(in("g"), in("f"));
	BAD(removes(1), "has been removed");
	assert_string_equal(host_read("f"), "new");
}

static void test_orclose(void **state)
{
	(void)state;
	GOOD(creates(1, "tmp", 0644, 1 | 0x40));
	GOOD(writes(1, 0, "x", 1));
	assert_string_equal(host_read("tmp"), "x");
	GOOD(clunk(1));
	assert_int_equal(host_mode("tmp"), 0xffffffff);
	host_write("tmp", "");
	GOOD(go(1, "tmp"));
	GOOD(opens(1, 0x40));
	harness_hangup(share, session);			/* as at the guest's end */
	assert_int_equal(host_mode("tmp"), 0xffffffff);
	GOOD(version(MSIZE, "9P2000")), GOOD(attach(ROOT));
	mkdir(in("closed"), 0755);
	host_write("closed/f", "");
	chmod(in("closed"), 0555);
	GOOD(go(1, "closed/f"));
	BAD(opens(1, 0x40), "permission denied");
}

static void test_marks(void **state)
{
	char value[8] = "";

	(void)state;
	GOOD(creates(1, "log", DMAPPEND | 0644, 1));
	assert_int_equal(get(7, 1), 0x40);
	GOOD(writes(1, 0, "one ", 4));
	GOOD(writes(1, 0, "two ", 4));
	GOOD(go(2, "log"));
	GOOD(opens(2, 2 | 0x10));			/* truncates no append-only file */
	GOOD(writes(2, 1, "three", 5));
	assert_string_equal(host_read("log"), "one two three");
	GOOD(stats(2));
	assert_int_equal(st.mode, DMAPPEND | 0644);
	assert_int_equal(st.qtype, 0x40);
	if (getxattr(in("log"), "user.9guest", value, sizeof value) > 0)
		assert_string_equal(value, "a");
	GOOD(WSTAT(2, .mode = 0640 | DMTMP));
	GOOD(stats(2));
	assert_int_equal(st.mode, DMTMP | 0640);
	assert_int_equal(st.qtype, 0x04);
	GOOD(WSTAT(2, .mode = 0640));
	GOOD(stats(2));
	assert_int_equal(st.mode, 0640);
	assert_int_equal(host_mode("log"), 0640);
	assert_true(getxattr(in("log"), "user.9guest", value, sizeof value) < 0);
	GOOD(walk(ROOT, 3, ""));
	GOOD(create_bytes(3, "d", 1, DMDIR | DMTMP | 0755, 0));	/* no attribute for it: kept for the session */
	GOOD(stats(3));
	assert_int_equal(st.mode, DMDIR | DMTMP | 0755);
	GOOD(WSTAT(3, .mode = DMDIR | 0755));
	GOOD(stats(3));
	assert_int_equal(st.mode, DMDIR | 0755);
}

static void test_exclusive(void **state)
{
	(void)state;
	GOOD(creates(1, "lock", DMEXCL | 0666, 1));
	GOOD(go(2, "lock"));
	BAD(opens(2, 0), "exclusive use file already open");
	BAD(opens(2, 1 | 0x10), "exclusive use file already open");
	GOOD(writes(1, 0, "mine", 4));
	session = 2;					/* nor in another session */
	GOOD(version(MSIZE, "9P2000")), GOOD(attach(ROOT));
	GOOD(go(1, "lock"));
	BAD(opens(1, 0), "exclusive use file already open");
	harness_hangup(share, session);
	session = 1;
	GOOD(clunk(1));
	GOOD(opens(2, 0));
	GOOD(go(3, "lock"));
	BAD(opens(3, 0), "exclusive use file already open");
	GOOD(removes(2));
}

static void test_qids(void **state)
{
	uint64_t path;
	uint32_t vers;

	(void)state;
	host_write("f", "x");
	GOOD(go(1, "f"));
	GOOD(stats(1));
	path = st.path, vers = st.vers;
	GOOD(WSTAT(1, .name = "g"));
	GOOD(stats(1));
	assert_true(st.path == path);
	assert_string_equal(st.name, "g");
	GOOD(go(2, "g"));
	GOOD(stats(2));
	assert_true(st.path == path);
	usleep(20000);					/* the host's clock of files has a grain */
	GOOD(opens(2, 1));
	GOOD(writes(2, 0, "y", 1));
	GOOD(stats(1));
	assert_true(st.path == path);
	assert_int_not_equal(st.vers, vers);
	vers = st.vers;
	GOOD(opens(1, 0));
	GOOD(reads(1, 0, 1));
	GOOD(stats(1));
	assert_int_equal(st.vers, vers);
	GOOD(stats(ROOT));
	vers = st.vers;
	usleep(20000);
	GOOD(creates(3, "h", 0644, 0));
	GOOD(stats(3));
	assert_true(st.path != path);
	GOOD(stats(ROOT));
	assert_int_not_equal(st.vers, vers);
	assert_int_equal(st.qtype, 0x80);
}

static void test_stat(void **state)
{
	struct stat s;

	(void)state;
	host_write("f", "12345");
	chmod(in("f"), 04751);				/* bits that Plan 9 has no name for are not shown */
	stat(in("f"), &s);
	GOOD(go(1, "f"));
	GOOD(stats(1));
	assert_true(st.length == 5);
	assert_int_equal(st.mode, 0751);
	assert_int_equal(st.mtime, s.st_mtime);
	assert_true(st.path == s.st_ino);
	assert_true(st.uid[0] && st.gid[0]);
	GOOD(stats(ROOT));
	assert_true(st.length == 0);
}

static void test_wstat_each(void **state)
{
	struct stat s;

	(void)state;
	host_write("f", "0123456789");
	host_write("other", "");
	GOOD(go(1, "f"));
	GOOD(WSTAT(1, .length = 4));
	assert_string_equal(host_read("f"), "0123");
	GOOD(WSTAT(1, .length = 6ull << 30));
	stat(in("f"), &s);
	assert_true(s.st_size == 6ll << 30);
	GOOD(WSTAT(1, .length = 0));
	GOOD(WSTAT(1, .mode = 0600));
	assert_int_equal(host_mode("f"), 0600);
	GOOD(WSTAT(1, .mtime = 1000000000));
	GOOD(WSTAT(1, .atime = 1100000000));
	stat(in("f"), &s);
	assert_int_equal(s.st_mtime, 1000000000);
	assert_int_equal(s.st_atime, 1100000000);
	GOOD(WSTAT(1, .name = "g"));
	assert_int_equal(host_mode("f"), 0xffffffff);
	assert_int_equal(host_mode("g"), 0600);
	BAD(WSTAT(1, .name = "other"), "file already exists");
	GOOD(WSTAT(1, .name = "g"));			/* its own name is no change */
	GOOD(stats(1));
	GOOD(WSTAT(1, .gid = st.gid));
	GOOD(WSTAT(1, .uid = st.uid));
	BAD(WSTAT(1, .uid = "daemon"), "permission denied");
	BAD(WSTAT(1, .gid = "no such group"), "no such group");
	BAD(WSTAT(1, .gid = "daemon"), "permission denied");
	BAD(WSTAT(1, .mode = DMDIR | 0700), "directory");
	BAD(WSTAT(1, .mode = 04755), "bad mode");
	GOOD(WSTAT(1, .mode = ~0u));			/* all ones: written to the disk */
	GOOD(walk(ROOT, 2, ""));
	GOOD(WSTAT(2, .mode = ~0u));
	mkdir(in("d"), 0755);
	GOOD(go(3, "d"));
	BAD(WSTAT(3, .length = 5), "file is a directory");
	BAD(WSTAT(3, .mode = 0755), "directory");
	GOOD(WSTAT(3, .mode = DMDIR | 0700, .name = "e"));
	assert_int_equal(host_mode("e"), 0700);
	GOOD(go(4, "e"));
}

static void test_wstat_all_or_nothing(void **state)
{
	struct stat before, after;

	(void)state;
	host_write("f", "0123456789");
	host_write("taken", "");
	chmod(in("f"), 0644);
	GOOD(go(1, "f"));
	GOOD(WSTAT(1, .name = "g", .mode = 0600, .length = 3, .mtime = 1234567890));
	assert_string_equal(host_read("g"), "012");
	assert_int_equal(host_mode("g"), 0600);
	stat(in("g"), &before);
	assert_int_equal(before.st_mtime, 1234567890);
	BAD(WSTAT(1, .name = "taken", .mode = 0666 | DMAPPEND, .length = 1, .mtime = 5), "file already exists");
	BAD(WSTAT(1, .name = "h", .mode = 0666, .gid = "daemon", .length = 1), "permission denied");
	BAD(WSTAT(1, .name = "h", .mode = 0666, .length = 1ull << 62), "file too large");
	stat(in("g"), &after);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_mtime, before.st_mtime);
	assert_true(after.st_size == before.st_size);
	GOOD(stats(1));
	assert_string_equal(st.name, "g");
	assert_int_equal(st.mode, 0600);
	/* nor does it rename what came to bear the name */
	rename(in("g"), in("elsewhere"));
	host_write("g", "another");
	BAD(WSTAT(1, .name = "h"), "has been removed");
	assert_string_equal(host_read("g"), "another");
}

static void test_large(void **state)
{
	(void)state;
	GOOD(creates(1, "big", 0644, 2));
	GOOD(writes(1, (5ull << 30) + 3, "tail", 4));
	GOOD(reads(1, (5ull << 30), 100));
	assert_int_equal(ndata, 7);
	assert_memory_equal(data, "\0\0\0tail", 7);
	GOOD(stats(1));
	assert_true(st.length == (5ull << 30) + 7);
	GOOD(removes(1));
}

static void test_pieces(void **state)
{
	static char block[60000];

	(void)state;
	for (unsigned i = 0; i < sizeof block; i++)
		block[i] = (char)(i * 7 + i / 256);
	for (unsigned piece = 0; piece < 4; piece++) {
		harness_piece = piece == 0 ? 0 : piece * 700 + 1;
		harness_apart = piece & 1;
		GOOD(creates(1, "f", 0644, 2));
		GOOD(writes(1, 0, block, sizeof block));
		assert_int_equal(written, sizeof block);
		GOOD(reads(1, 0, sizeof block));
		assert_int_equal(ndata, sizeof block);
		assert_memory_equal(data, block, sizeof block);
		GOOD(reads(1, 59990, 100));
		assert_int_equal(ndata, 10);
		GOOD(removes(1));
	}
}

/* Every name of the open directory fid, reading count bytes at a time; -1: an entry came twice or was not whole. */
static int list(int fid, uint32_t count, uint8_t *seen, int n)
{
	uint64_t off = 0;
	int got = 0;

	for (;;) {
		GOOD(reads(fid, off, count));
		if (!ndata)
			return got;
		for (uint32_t at = 0; at < ndata; got++) {
			struct dir_entry e;
			int i;

			assert_true(le((const uint8_t *)data + at, 2) + 2 + at <= ndata);
			decode((const uint8_t *)data + at, &e);
			at += e.bytes;
			i = atoi(e.name + 1);
			assert_in_range(i, 0, n - 1);
			assert_int_equal(seen[i], 0);
			seen[i] = 1;
			assert_int_equal(e.length, i % 3);
		}
		off += ndata;
	}
}

static void test_directory(void **state)
{
	enum { N = 1500 };
	static uint8_t seen[N];
	char name[16];

	(void)state;
	mkdir(in("d"), 0755);
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof name, "d/f%d", i);
		host_write(name, "ab" + 2 - i % 3);
	}
	GOOD(go(1, "d"));
	GOOD(opens(1, 0));
	static const uint32_t counts[] = { 100, 8192, 65536 };
	for (unsigned i = 0; i < 3; i++) {
		memset(seen, 0, sizeof seen);
		assert_int_equal(list(1, counts[i], seen, N), N);
	}
	GOOD(reads(1, 0, 8192));
	BAD(reads(1, 5, 8192), "seek in directory");
	GOOD(reads(1, ndata, 8192));
	GOOD(reads(1, 0, 8192));
	BAD(reads(1, 0, 20), "i/o count too small");
	GOOD(reads(1, 0, 8192));
	GOOD(go(2, "d"));
	BAD(reads(2, 0, 8192), "inappropriate use of fd");
}

static void test_list_links(void **state)
{
	struct dir_entry e;
	int seen = 0;

	(void)state;
	mkdir(in("sub"), 0755);
	host_write("sub/f", "12345");
	assert_return_code(symlink("sub/f", in("link")), errno);
	assert_return_code(symlink("/etc/passwd", in("out")), errno);
	GOOD(walk(ROOT, 1, ""));
	GOOD(opens(1, 0));
	GOOD(reads(1, 0, 8192));
	for (uint32_t at = 0; at < ndata; at += e.bytes) {
		decode((const uint8_t *)data + at, &e);
		if (strcmp(e.name, "link") == 0)
			assert_true(e.length == 5 && e.mode == 0644), seen |= 1;
		if (strcmp(e.name, "out") == 0)
			assert_true(e.length == 0 && e.mode == 0), seen |= 2;
		if (strcmp(e.name, "sub") == 0)
			assert_true(e.qtype == 0x80 && e.mode == (DMDIR | 0755)), seen |= 4;
	}
	assert_int_equal(seen, 7);
}

static void test_flush(void **state)
{
	(void)state;
	begin(108);
	put(3, 2);
	GOOD(call());					/* nothing has that tag: it is over */
	begin(108);
	put(7, 2);
	GOOD(call());					/* its own */
}

static void test_sessions(void **state)
{
	(void)state;
	host_write("f", "x");
	GOOD(go(1, "f"));
	session = 2;
	BAD(stats(1), "no version has been agreed upon");
	GOOD(version(MSIZE, "9P2000"));
	BAD(stats(1), "fid unknown");
	GOOD(attach(1));
	harness_hangup(share, 2);
	BAD(stats(1), "no version has been agreed upon");
	session = 1;
	GOOD(stats(1));
	assert_string_equal(st.name, "f");
	session = 256;					/* there are no more */
	BAD(version(MSIZE, "9P2000"), "no reply (status 2)");
	session = 1;
}

static void test_malformed(void **state)
{
	static const uint8_t types[] = { 99, 101, 103, 106, 107, 127, 128, 0, 255 };
	uint32_t right;

	(void)state;
	for (unsigned i = 0; i < sizeof types; i++) {
		begin(types[i]);
		put(0, 4);
		BAD(call(), "no reply (status 2)");
	}
	begin(120);
	put(0, 4), put(0, 1);				/* a byte too many */
	BAD(call(), "no reply (status 2)");
	begin(120);
	put(0, 3);
	BAD(call(), "no reply (status 2)");
	begin(118);
	put(0, 4), put(0, 8), put(100, 4), put(0, 8);	/* count is not what follows */
	BAD(call(), "no reply (status 2)");
	begin(110);
	put(0, 4), put(1, 4), put(1, 2), put(500, 2), put('a', 1);	/* a string longer than the message */
	BAD(call(), "no reply (status 2)");
	begin(120);
	put(0, 4);
	right = size;
	memcpy(msg, &(uint32_t){ right + 1 }, 4);
	reply = harness_call(share, session, msg, size, 2048);
	assert_int_equal(reply.status, 2);
	memcpy(msg, &right, 4);
	reply = harness_call(share, session, msg, size, 255);	/* no room for an error */
	assert_int_equal(reply.status, 2);
	GOOD(stats(ROOT));
}

static void test_many_fids(void **state)
{
	enum { N = 1000 };				/* more than there may be descriptors */
	char name[16];

	(void)state;
	mkdir(in("d"), 0755), mkdir(in("d/e"), 0755);
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof name, "d/e/f%d", i);
		host_write(name, name + 4);
		GOOD(go(100 + i, name));
	}
	for (int i = 0; i < N; i += 7) {
		GOOD(stats(100 + i));
		assert_int_equal(atoi(st.name + 1), i);
		GOOD(opens(100 + i, 0));
		GOOD(reads(100 + i, 0, 100));
		assert_int_equal(atoi(data + 1), i);
	}
	rename(in("d/e/f1"), in("d/e/gone"));
	BAD(stats(101), "does not exist");		/* its descriptor was closed, its name leads nowhere */
	GOOD(stats(107));
	for (int i = 0; i < N; i++)
		GOOD(clunk(100 + i));
}

static void test_root_goes(void **state)
{
	char aside[80];

	(void)state;
	host_write("f", "x");
	GOOD(go(1, "f"));
	snprintf(aside, sizeof aside, "%s/aside", top);
	rename(dir, aside);
	mkdir(dir, 0755);
	host_write("impostor", "");
	GOOD(go(2, "f"));				/* the directory is the one that it was */
	BAD(go(3, "impostor"), "does not exist");
	unlink(in("impostor"));
	rmdir(dir);
	rename(aside, dir);
}

/* Another process changes a directory into a link that leads out, and back, as fast as it can. */
static void *swap(void *stop)
{
	char a[512], b[512];

	snprintf(a, sizeof a, "%s/d", dir);
	snprintf(b, sizeof b, "%s/evil", dir);
	while (!*(volatile bool *)stop)
		renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
	return NULL;
}

static void test_races(void **state)
{
	static volatile bool stop;
	unsigned inside = 0, outside = 0;
	time_t until = time(NULL) + 2;
	pthread_t thread;

	(void)state;
	stop = false;
	host_write("../secret", "SECRET");
	mkdir(in("d"), 0755), mkdir(in("d/sub"), 0755);
	host_write("d/secret", "inside");
	assert_return_code(symlink("..", in("evil")), errno);
	pthread_create(&thread, NULL, swap, (void *)&stop);
	for (int i = 0; i < 3000 && (inside == 0 || time(NULL) < until); i++) {
		if (!walk(ROOT, 1, i & 1 ? "d/secret" : "d/sub/../../d/secret") || nqid < 2)
			continue;
		if (nqid == (i & 1 ? 2 : 6) && opens(1, i & 2)) {
			GOOD(i & 2 ? writes(1, 0, "inside", 6) : reads(1, 0, 100));
			if (!(i & 2))
				assert_true(ndata == 0 || data[0] == 'i');
			inside++;
		} else {
			outside++;
		}
		clunk(1);
		if (creates(2, "d/x", 0644, 1))
			fail_msg("a name with a slash was created");
		if (go(3, "d") && create_bytes(3, "new", 3, 0644, 1))
			removes(3);
		clunk(3);
	}
	stop = true;
	pthread_join(thread, NULL);
	assert_string_equal(host_read("../secret"), "SECRET");
	assert_int_equal(host_mode("../new"), 0xffffffff);
	assert_true(inside > 0);
	print_message("# in a race %u times inside, %u times nowhere\n", inside, outside);
}

static int tried[4];

static void *try_outside(void *unused)
{
	char path[512];

	share_confine();
	tried[0] = open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
	tried[1] = open(top, O_RDONLY | O_DIRECTORY) < 0 ? errno : 0;
	snprintf(path, sizeof path, "%s/f", dir);
	tried[2] = open(path, O_RDWR) < 0 ? errno : 0;
	snprintf(path, sizeof path, "%s/new", top);
	tried[3] = open(path, O_RDWR | O_CREAT, 0600) < 0 ? errno : 0;
	return unused;
}

/* The second fence: whatever a thread of 9guest tries, the kernel lets it open what is shared and nothing else. */
static void test_fence(void **state)
{
	pthread_t thread;

	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
		skip();
	host_write("f", "");
	pthread_create(&thread, NULL, try_outside, NULL);
	pthread_join(thread, NULL);
	assert_int_equal(tried[0], EACCES);
	assert_int_equal(tried[1], EACCES);
	assert_int_equal(tried[2], 0);
	assert_int_equal(tried[3], EACCES);
}

static void test_readonly(void **state)
{
	(void)state;
	host_write("f", "text");
	GOOD(go(1, "f"));
	BAD(opens(1, 1), "permission denied: read-only");
	BAD(opens(1, 2), "permission denied: read-only");
	BAD(opens(1, 0x10), "permission denied: read-only");
	BAD(opens(1, 0x40), "permission denied: read-only");
	BAD(WSTAT(1, .name = "g"), "permission denied: read-only");
	BAD(WSTAT(1, .mode = 0600), "permission denied: read-only");
	BAD(WSTAT(1, .length = 0), "permission denied: read-only");
	BAD(WSTAT(1, .mtime = 0), "permission denied: read-only");
	GOOD(WSTAT(1, .mode = ~0u));
	GOOD(opens(1, 0));
	BAD(writes(1, 0, "x", 1), "inappropriate use of fd");
	GOOD(reads(1, 0, 10));
	BAD(removes(1), "permission denied: read-only");
	BAD(creates(2, "new", 0644, 0), "permission denied: read-only");
	GOOD(walk(ROOT, 3, ""));
	BAD(create_bytes(3, "new", 3, DMDIR | 0755, 0), "permission denied: read-only");
	assert_string_equal(host_read("f"), "text");
}

static const struct {
	const char *name;
	void (*test)(void **state);
} tests[] = {
	{ "version and attach", test_version },
	{ "walk: 16 elements, partly, not at all", test_walk },
	{ "walk: ..", test_dotdot },
	{ "names: slash, NUL, too long, not UTF-8", test_names },
	{ "symbolic links are followed inside only", test_links },
	{ "create: permission rule, umask, no setuid", test_create_modes },
	{ "open: modes and what they allow", test_open },
	{ "pipes of the host are shown and not opened", test_special },
	{ "remove", test_remove },
	{ "remove on close", test_orclose },
	{ "append-only and temporary files", test_marks },
	{ "exclusive use", test_exclusive },
	{ "qids survive renames, versions tell changes", test_qids },
	{ "stat", test_stat },
	{ "wstat: each field", test_wstat_each },
	{ "wstat: all or nothing", test_wstat_all_or_nothing },
	{ "files of more than 4 GiB", test_large },
	{ "data in pieces and apart", test_pieces },
	{ "directories: reads of any size", test_directory },
	{ "directories: links are shown as what they lead to", test_list_links },
	{ "flush of nothing", test_flush },
	{ "sessions know nothing of each other", test_sessions },
	{ "messages that are none", test_malformed },
	{ "more fids than descriptors", test_many_fids },
	{ "a link changed in a race leads nowhere outside", test_races },
	{ "threads can open what is shared and nothing else", test_fence },
	{ "the directory is the one that was named, wherever it is now", test_root_goes },
};
#define TESTS	(sizeof tests / sizeof tests[0])

int main(void)
{
	static unsigned which[] = { RW, DEFER, RO };
	static struct CMUnitTest all[2 * TESTS + 1];
	static char names[2 * TESTS][100];
	char text[SHARES][100];
	struct error err = { "" };
	unsigned n = 0;
	int failed;

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 400, 400 });
	if (!mkdtemp(top))
		return 1;
	snprintf(dir, sizeof dir, "%s/dir", top);
	mkdir(dir, 0755);
	for (unsigned i = 0; i < SHARES; i++) {
		snprintf(text[i], sizeof text[i], "%s:share%u%s", dir, i, i == RO ? ",ro" : "");
		if (share_add(text[i], false, i == DEFER, &err) < 0) {
			printf("Bail out! %s\n", err.text);
			return 1;
		}
	}
	harness_start();
	for (unsigned d = 0; d < 2; d++)
		for (unsigned i = 0; i < TESTS; i++, n++) {
			snprintf(names[n], sizeof names[n], "%s%s", tests[i].name, d ? " (by threads)" : "");
			all[n] = (struct CMUnitTest){ names[n], tests[i].test, setup, teardown, &which[d] };
		}
	all[n++] = (struct CMUnitTest){ "read-only means it", test_readonly, setup, teardown, &which[2] };
	failed = _cmocka_run_group_tests("share", all, n, NULL, NULL);
	harness_stop();
	nftw(top, open_up, 8, FTW_PHYS);
	nftw(top, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	rmdir(top);
	return failed;
}
