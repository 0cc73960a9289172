/*
 * The 9P server of shares, message by message: walking, permissions, modes, marks, directories, wstat, links, and what a file
 * system full of surprises does to it.  Each test runs with everything done at once and with everything done by threads.  Run by
 * root, it becomes nobody first, so that permissions mean something.  The tests are in share_*.c beside this file.
 */
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../host/dev/share/device.h"
#include "../share/client.h"

enum { RW, DEFER, RO, SHARES };

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

static const struct share_test *const subjects[] = { share_walk_tests, share_attr_tests, share_hostile_tests };
#define SUBJECTS	(sizeof subjects / sizeof subjects[0])
#define MAX_TESTS	100

static unsigned which[] = { RW, DEFER, RO };
static struct CMUnitTest all[MAX_TESTS];
static char names[MAX_TESTS][100];
static unsigned n;

static void plan(const char *name, const char *how, void (*test)(void **state), unsigned *on)
{
	if (n == MAX_TESTS) {
		printf("Bail out! more than MAX_TESTS tests\n");
		exit(1);
	}
	snprintf(names[n], sizeof names[n], "%s%s", name, how);
	all[n] = (struct CMUnitTest){ names[n], test, setup, teardown, on };
	n++;
}

int main(void)
{
	char text[SHARES][100];
	struct error err = { "" };
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
		for (unsigned i = 0; i < SUBJECTS; i++)
			for (const struct share_test *t = subjects[i]; t->name; t++)
				plan(t->name, d ? " (by threads)" : "", t->test, &which[d]);
	plan("read-only means it", "", share_readonly_test, &which[RO]);
	failed = _cmocka_run_group_tests("share", all, n, NULL, NULL);
	harness_stop();
	nftw(top, open_up, 8, FTW_PHYS);
	nftw(top, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	rmdir(top);
	return failed;
}
