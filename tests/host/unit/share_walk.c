/*
 * share_test's tests of getting at files: version, walking, names, links, and what may be created, opened and removed by
 * whom, with marks of Plan 9's own (append-only, exclusive, temporary, remove on close).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../share/client.h"

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
	for (int i = 0; i < 2000 && host_mode("tmp") != 0xffffffff; i++)
		harness_wait(50);			/* by threads it takes its time */
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

const struct share_test share_walk_tests[] = {
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
	{ NULL, NULL },
};
