/*
 * A second fence (landlock(7)): the threads that serve shares, and the one that runs the guest, can open nothing in the file system but
 * what is below the shared directories, and that only as -s says, even if the server or the translator had a fault.  device.c
 * calls this.  A kernel without Landlock does without; the first fence is openat2's (step.c).
 */
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "share.h"

#define READING	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FIRST_ABI ((1ull << 13) - 1)		/* the rights of the first version */
#define REFER	(1ull << 13)			/* from the second on */
#define TRUNCATE (1ull << 14)			/* from the third on */

static int ruleset = -1;
static uint64_t rights;

/* Call before the first confine_add. */
static void make_ruleset(void)
{
	struct landlock_ruleset_attr attr = { 0 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 1)
		return;
	rights = FIRST_ABI | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0);
	attr.handled_access_fs = rights;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
}

void confine_add(const struct share *s)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = READING, .parent_fd = s->root->fd };

	if (ruleset < 0)
		make_ruleset();
	if (ruleset < 0)
		return;
	if (!s->readonly)
		rule.allowed_access = rights;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

void confine_thread(void)
{
	if (ruleset < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return;
	syscall(SYS_landlock_restrict_self, ruleset, 0);
}
