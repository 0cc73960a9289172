/*
 * share_test's tests of what files are and hold: qids, stat and wstat, data of any size and in pieces, directories.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../share/client.h"

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

const struct share_test share_attr_tests[] = {
	{ "qids survive renames, versions tell changes", test_qids },
	{ "stat", test_stat },
	{ "wstat: each field", test_wstat_each },
	{ "wstat: all or nothing", test_wstat_all_or_nothing },
	{ "files of more than 4 GiB", test_large },
	{ "data in pieces and apart", test_pieces },
	{ "directories: reads of any size", test_directory },
	{ "directories: links are shown as what they lead to", test_list_links },
	{ NULL, NULL },
};
