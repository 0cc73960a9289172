/*
 * From a directory to one of its entries, by descriptors alone.  openat2 with RESOLVE_BENEATH sees to it that nothing leads out of
 * the share, whatever the host's users do to names and links meanwhile.  Links are followed here, since Plan 9 has none;
 * one that leads nowhere in the share stands for itself, so that it can be seen and removed.  These functions run on any
 * thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "share.h"

#define RACES		16	/* renames on the way that we bear with */

static int open_beneath(int dirfd, const char *path, uint64_t flags, bool now)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd;

	if (now)
		how.resolve |= RESOLVE_NO_XDEV;		/* what is mounted there may hang */
	for (int i = 0; i < RACES; i++) {
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			return fd;
	}
	return -1;
}

/* The rest of an absolute link's target, if it begins with the share's own path; else NULL. */
static const char *below_share(const struct share *s, const char *target)
{
	size_t len = strlen(s->real);

	if (strcmp(s->real, "/") == 0)
		return target[0] == '/' && target[1] ? target + 1 : ".";
	if (strncmp(target, s->real, len) != 0 || (target[len] && target[len] != '/'))
		return NULL;
	target += len;
	while (*target == '/')
		target++;
	return *target ? target : ".";
}

/* What the link `name` of dirfd leads to: O_PATH, or -1. */
static int follow(struct share *s, int dirfd, const char *dir, const char *name, bool now)
{
	char path[PATH_BYTES + NAME_BYTES + 2], target[PATH_BYTES];
	const char *rest;
	ssize_t n;
	int fd = open_beneath(dirfd, name, 0, now);

	if (fd >= 0 || errno != EXDEV || !dir)
		return fd;
	/* Up from this directory: that may still be inside, seen from the root. */
	snprintf(path, sizeof path, "%s%s%s", dir, *dir ? "/" : "", name);
	fd = open_beneath(s->root->fd, path, 0, now);
	if (fd >= 0 || errno != EXDEV)
		return fd;
	n = readlinkat(dirfd, name, target, sizeof target - 1);
	if (n > 0) {
		target[n] = '\0';
		rest = *target == '/' ? below_share(s, target) : NULL;
		if (rest)
			return open_beneath(s->root->fd, rest, 0, now);
	}
	errno = EXDEV;
	return -1;
}

int step_open(struct share *s, int dirfd, const char *dir, const char *name, bool now, struct step *step)
{
	int fd = open_beneath(dirfd, name, O_NOFOLLOW, now), target;

	if (fd < 0)
		return now && errno == EXDEV ? EAGAIN : errno;
	if (fstat(fd, &step->st) < 0) {
		close(fd);
		return EIO;
	}
	step->fd = fd;
	step->entry_dev = step->st.st_dev;
	step->entry_ino = step->st.st_ino;
	if (S_ISLNK(step->st.st_mode)) {
		target = follow(s, dirfd, dir, name, now);
		if (target < 0 && now && errno == EXDEV) {
			close(fd);
			return EAGAIN;
		}
		if (target >= 0 && fstat(target, &step->st) == 0) {
			close(fd);
			step->fd = target;
		} else if (target >= 0) {
			close(target);
		}
	}
	step->marks = marks_get(&step->st, step->fd);
	return 0;
}

/* statx, since it can be told not to ask a server, and tells of mounts. */
static int stat_now(int dirfd, const char *name, struct stat *st)
{
	struct statx x;

	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &x) < 0)
		return errno;
	if (x.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return EAGAIN;
	memset(st, 0, sizeof *st);
	st->st_dev = makedev(x.stx_dev_major, x.stx_dev_minor);
	st->st_ino = x.stx_ino;
	st->st_mode = x.stx_mode;
	st->st_uid = x.stx_uid;
	st->st_gid = x.stx_gid;
	st->st_size = (off_t)x.stx_size;
	st->st_atim = (struct timespec){ x.stx_atime.tv_sec, x.stx_atime.tv_nsec };
	st->st_mtim = (struct timespec){ x.stx_mtime.tv_sec, x.stx_mtime.tv_nsec };
	st->st_ctim = (struct timespec){ x.stx_ctime.tv_sec, x.stx_ctime.tv_nsec };
	return 0;
}

int step_stat(int dirfd, const char *name, bool now, struct stat *st)
{
	if (now)
		return stat_now(dirfd, name, st);
	return fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
}

int step_follow(struct share *s, int dirfd, const char *dir, const char *name, bool now, struct stat *st)
{
	int fd = follow(s, dirfd, dir, name, now), error = 0;

	if (fd < 0)
		return now && errno == EXDEV ? EAGAIN : errno;
	if (fstat(fd, st) < 0)
		error = errno;
	close(fd);
	return error;
}

int step_verify(const struct op *op, struct stat *st)
{
	int error = step_stat(op->parent_fd, op->name, op->now, st);

	if (error)
		return error;
	return st->st_ino == op->entry_ino && st->st_dev == op->entry_dev ? 0 : ESTALE;
}

bool name_valid(const struct str *name)
{
	return name->len > 0 && name->len <= NAME_BYTES && !memchr(name->s, '\0', name->len) && !memchr(name->s, '/', name->len) &&
		strcmp(name->s, ".") != 0 && strcmp(name->s, "..") != 0;
}
