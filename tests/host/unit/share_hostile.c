/*
 * share_test's tests of what means harm or does it: messages that are none, sessions that reach for each other's fids, more
 * fids than there is room for, a directory that others change meanwhile, the fence around threads.  And what read-only means.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../../host/dev/share/device.h"
#include "../share/client.h"

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

void share_readonly_test(void **state)
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

const struct share_test share_hostile_tests[] = {
	{ "flush of nothing", test_flush },
	{ "sessions know nothing of each other", test_sessions },
	{ "messages that are none", test_malformed },
	{ "more fids than descriptors", test_many_fids },
	{ "a link changed in a race leads nowhere outside", test_races },
	{ "threads can open what is shared and nothing else", test_fence },
	{ "the directory is the one that was named, wherever it is now", test_root_goes },
	{ NULL, NULL },
};
