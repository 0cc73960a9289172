/*
 * Twstat: any of name, mode, group, length and times, all or nothing.  What can be known beforehand is checked beforehand; what was
 * changed is changed back when a later change fails.  Length and times come last, as they cannot fail for reasons that the
 * others would not have met.  A request that changes nothing asks for the file to be written to the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "share.h"

#define NONE32		0xffffffffu
#define NONE64		0xffffffffffffffffull

static bool wants_mode(const struct op *op)
{
	return op->t.stat.mode != NONE32;
}

static bool wants_length(const struct op *op)
{
	return op->t.stat.length != NONE64;
}

static bool wants_times(const struct op *op)
{
	return op->t.stat.mtime != NONE32 || op->t.stat.atime != NONE32;
}

static bool wants_name(const struct op *op)
{
	return op->t.stat.name.len != 0 && strcmp(op->t.stat.name.s, op->fid->node->name) != 0;
}

static bool changes(const struct op *op)
{
	const struct wstat *w = &op->t.stat;

	return wants_mode(op) || wants_length(op) || wants_times(op) || w->name.len || w->gid.len || w->uid.len || w->muid.len;
}

/* What does not depend on the file's present state. */
static int wstat_check(struct op *op)
{
	const struct wstat *w = &op->t.stat;
	bool dir = op->fid->node->type == S_IFDIR;

	if (w->name.len && op->fid->node->parent && !name_valid(&w->name))
		return op_refuse(op, w->name.len > NAME_BYTES ? "name too long" : "bad character in file name");
	if (wants_mode(op) && (w->mode & ~(0777u | DMDIR | DM_MARKS)))
		return op_refuse(op, "bad mode in wstat");
	if (wants_mode(op) && !(w->mode & DMDIR) != !dir)
		return op_refuse(op, "wstat can't turn a file into a directory, nor back");
	if (wants_length(op) && (dir ? w->length != 0 : w->length > INT64_MAX))
		return op_refuse(op, dir ? "file is a directory" : "file too large for the host");
	if (op->fid->node->type != S_IFREG && !dir)
		return op_refuse(op, "permission denied: not a file nor a directory");
	if (w->gid.len && group_number(w->gid.s, &op->gid) < 0)
		return op_refuse(op, "no such group on the host");
	return 0;
}

static int wstat_begin(struct op *op)
{
	struct fid *f = fid_get(op, op->t.fid);

	if (!f)
		return -1;
	op->sync = !changes(op);
	if (op->sync) {
		op->again = true;		/* it will wait for the disk */
		return op->fid->node->type == S_IFREG || op->fid->node->type == S_IFDIR ? fid_pin(op, f) : 0;
	}
	if (op->share->readonly)
		return op_error(op, EROFS);
	if (wstat_check(op) < 0)
		return -1;
	op->rename = wants_name(op);
	if (op->rename && node_pin_parent(op, f->node) < 0)
		return -1;
	return fid_pin(op, f);
}

static void sync_run(struct op *op)
{
	op->new_fd = op->fd < 0 ? -1 : reopen(op->fd, O_RDONLY);
	if (op->new_fd < 0 && errno == EACCES)
		op->new_fd = reopen(op->fd, O_WRONLY);
	/* what cannot be synchronised has nothing to be synchronised */
	if (op->fd >= 0 && (op->new_fd < 0 || (fsync(op->new_fd) < 0 && errno != EINVAL && errno != EROFS)))
		op_error(op, errno);
}

/* ---- one change each: 0 or an errno ---- */

static int set_group(struct op *op, gid_t gid)
{
	return fchownat(op->fd, "", (uid_t)-1, gid, AT_EMPTY_PATH) < 0 ? errno : 0;
}

/* Bits that are Linux's alone stay on a directory; on a file only the one that tells of marks is left. */
static int apply_mode(struct op *op)
{
	uint32_t marks = op->t.stat.mode & DM_MARKS;
	mode_t kept = S_ISDIR(op->st.st_mode) ? op->st.st_mode & 07000 : op->st.st_mode & S_ISVTX;
	mode_t mode = (op->t.stat.mode & 0777) | kept;
	int error = 0;

	if (marks != op->marks)
		error = marks_set(&op->st, op->fd, marks, &mode);
	return error ? error : change_mode(op->fd, mode);
}

static void restore_mode(struct op *op)
{
	mode_t mode = op->st.st_mode & 07777;

	if ((op->t.stat.mode & DM_MARKS) != op->marks)
		marks_set(&op->st, op->fd, op->marks, &mode);
	change_mode(op->fd, op->st.st_mode & 07777);
}

static int move(int dir, const char *from, const char *to)
{
	struct stat st;

	if (syscall(SYS_renameat2, dir, from, dir, to, 1u /* RENAME_NOREPLACE */) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	/* a file system that cannot do that in one */
	if (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return EEXIST;
	return renameat(dir, from, dir, to) < 0 ? errno : 0;
}

static int change_name(struct op *op)
{
	struct stat st;
	int error = step_verify(op, &st);

	return error ? error : move(op->parent_fd, op->name, op->t.stat.name.s);
}

static int change_length(struct op *op)
{
	int fd, error;

	if (S_ISDIR(op->st.st_mode))
		return 0;
	fd = reopen(op->fd, O_WRONLY);
	if (fd < 0)
		return errno;
	error = ftruncate(fd, (off_t)op->t.stat.length) < 0 ? errno : 0;
	close(fd);
	return error;
}

static int change_times(struct op *op)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
	char name[16];

	if (op->t.stat.atime != NONE32)
		times[0] = (struct timespec){ .tv_sec = op->t.stat.atime };
	if (op->t.stat.mtime != NONE32)
		times[1] = (struct timespec){ .tv_sec = op->t.stat.mtime };
	snprintf(name, sizeof name, "%d", op->fd);
	return utimensat(proc_fd, name, times, 0) < 0 ? errno : 0;
}

/* The owner of a file alone may change who it is; so say so before anything else is changed. */
static int precheck(struct op *op)
{
	char buf[16];
	const struct wstat *w = &op->t.stat;
	struct stat st;

	if (op->rename && step_verify(op, &st) == EAGAIN && op->now) {
		op->again = true;
		return -1;
	}
	if (fstat(op->fd, &op->st) < 0)
		return op_error(op, errno);
	op->marks = marks_get(&op->st, op->fd);
	if (w->uid.len && strcmp(w->uid.s, user_name(op->st.st_uid, buf)) != 0)
		return op_refuse(op, "permission denied: wstat can't change the owner");
	if (our_uid != 0 && our_uid != op->st.st_uid && (wants_times(op) || wants_mode(op)))
		return op_error(op, EPERM);
	return 0;
}

static void wstat_run(struct op *op)
{
	bool group, mode = false, name = false;
	int error = 0;

	if (op->sync) {
		sync_run(op);
		return;
	}
	if (precheck(op) < 0)
		return;
	group = op->t.stat.gid.len && op->gid != op->st.st_gid;
	if (group)
		error = set_group(op, op->gid);
	if (!error && (mode = wants_mode(op)))
		error = apply_mode(op);
	if (!error && op->rename) {
		error = change_name(op);
		name = !error;
	}
	if (!error && wants_length(op))
		error = change_length(op);
	if (!error && wants_times(op))
		error = change_times(op);
	if (!error)
		return;
	op_error(op, error);
	if (name)
		move(op->parent_fd, op->t.stat.name.s, op->name);
	if (mode)
		restore_mode(op);
	if (group)
		set_group(op, op->st.st_gid);
}

static void wstat_end(struct op *op)
{
	if (op->error)
		return;
	if (op->rename)
		node_rename(op->fid->node, op->t.stat.name.s);
	reply_begin(op, TWSTAT + 1);
}

const struct handler wstat_handler = { wstat_begin, wstat_run, wstat_end };
