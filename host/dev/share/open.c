/*
 * Topen, Tcreate, Tclunk and Tremove.  A file is opened by the descriptor of its node, through /proc/self/fd, so that it is the
 * very file that was walked to; what is no file and no directory is refused before it is touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "share.h"

#define SAFE_FLAGS	(O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_LARGEFILE)
#define KNOWN_MODES	(3 | OTRUNC | ORCLOSE)

static const int access_flags[] = { [OREAD] = O_RDONLY, [OWRITE] = O_WRONLY, [ORDWR] = O_RDWR, [OEXEC] = O_RDONLY };

int reopen(int fd, int flags)
{
	char name[16];

	snprintf(name, sizeof name, "%d", fd);
	return openat(proc_fd, name, flags | SAFE_FLAGS);
}

int change_mode(int fd, mode_t mode)
{
	char name[16];

	snprintf(name, sizeof name, "%d", fd);
	return fchmodat(proc_fd, name, mode, 0) < 0 ? errno : 0;
}

static bool writes(uint8_t mode)
{
	return (mode & 3) == OWRITE || (mode & 3) == ORDWR || mode & (OTRUNC | ORCLOSE);
}

/* fid is opened: it gets the new descriptor. */
static void opened(struct op *op)
{
	struct fid *f = op->fid;

	f->fd = op->new_fd;
	op->new_fd = -1;
	fds_changed(1);
	f->open = true;
	f->size = op->st.st_size;
	f->mode = (op->t.mode & 3) == OEXEC ? OREAD : op->t.mode & 3;
	f->remove_on_close = op->t.mode & ORCLOSE;
	f->exclusive = op->excluded;
	op->excluded = false;
}

static void reply_open(struct op *op)
{
	struct qid q = qid_of(&op->st, op->marks);

	reply_begin(op, op->t.type + 1);
	reply_qid(op, &q);
	reply32(op, 0);			/* iounit: as much as a message holds */
}

/* Common to the ends of Topen and Tcreate. */
static void open_end(struct op *op)
{
	if (op->fid)
		op->fid->busy = false;
	if (!op->error && op->session->dead)
		op_error(op, EINTR);
	if (!op->error) {
		opened(op);
		reply_open(op);
	}
	if (op->excluded)
		exclusive_give(op->st.st_dev, op->st.st_ino);
}

/* ---- Topen ---- */

static int open_begin(struct op *op)
{
	struct fid *f = fid_get(op, op->t.fid);
	uint8_t mode = op->t.mode;

	if (!f)
		return -1;
	if (f->open || f->busy) {
		op->fid = NULL;			/* not ours to mark as idle */
		fid_put(f);
		return op_refuse(op, "fid is open already");
	}
	f->busy = true;
	if (mode & ~KNOWN_MODES)
		return op_refuse(op, "bad arg in system call");
	if (f->node->type == S_IFLNK)
		return op_refuse(op, "symbolic link does not lead to a file in the share");
	if (f->node->type != S_IFREG && f->node->type != S_IFDIR)
		return op_refuse(op, "device, pipe or socket of the host: it cannot be opened through a share");
	if (f->node->type == S_IFDIR && ((mode & 3) != OREAD || mode & OTRUNC))
		return op_error(op, EISDIR);
	if (op->share->readonly && writes(mode))
		return op_error(op, EROFS);
	if (mode & ORCLOSE && node_pin_parent(op, f->node) < 0)
		return -1;
	return node_pin(op, f->node);
}

static int open_check(struct op *op)
{
	if (fstat(op->fd, &op->st) < 0)
		return errno;
	if ((op->t.mode & 3) == OEXEC && syscall(SYS_faccessat2, op->fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) < 0)
		return errno;
	if (op->t.mode & ORCLOSE && syscall(SYS_faccessat2, op->parent_fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH) < 0)
		return errno;
	return 0;
}

static void open_run(struct op *op)
{
	int flags = access_flags[op->t.mode & 3], error = open_check(op);

	if (error) {
		op_error(op, error);
		return;
	}
	op->marks = marks_get(&op->st, op->fd);
	if (op->marks & DMAPPEND)
		flags |= O_APPEND;
	else if (op->t.mode & OTRUNC)
		flags |= O_TRUNC;
	if (S_ISDIR(op->st.st_mode))
		flags |= O_DIRECTORY;
	if (op->marks & DMEXCL && S_ISREG(op->st.st_mode)) {
		if (!exclusive_take(&op->st)) {
			op_refuse(op, "exclusive use file already open");
			return;
		}
		op->excluded = true;
	}
	op->new_fd = reopen(op->fd, flags);
	if (op->new_fd < 0 || (flags & O_TRUNC && fstat(op->new_fd, &op->st) < 0))
		op_error(op, errno);
}

const struct handler open_handler = { open_begin, open_run, open_end };

/* ---- Tcreate ---- */

static int create_begin(struct op *op)
{
	const struct tmessage *t = &op->t;
	struct fid *f = fid_get(op, t->fid);

	if (!f)
		return -1;
	if (f->open || f->busy) {
		op->fid = NULL;
		fid_put(f);
		return op_refuse(op, "fid is open already");
	}
	f->busy = true;
	if (!name_valid(&t->name))
		return op_refuse(op, t->name.len > NAME_BYTES ? "name too long" : "bad character in file name");
	if (t->mode & ~KNOWN_MODES || t->perm & ~(0777u | DMDIR | DM_MARKS) ||
	    (t->perm & DMDIR && ((t->mode & 3) != OREAD || t->mode & OTRUNC)))
		return op_refuse(op, "bad arg in system call");
	if (op->share->readonly)
		return op_error(op, EROFS);
	if (f->node->type != S_IFDIR)
		return op_error(op, ENOTDIR);
	return node_pin(op, f->node);
}

/* The new file's descriptors in new_fd, open as wanted, and node_fd. */
static int create_file(struct op *op, mode_t perm)
{
	int flags = access_flags[op->t.mode & 3] | O_CREAT | O_EXCL | O_NOFOLLOW | SAFE_FLAGS;

	if (op->t.perm & DMAPPEND)
		flags |= O_APPEND;
	op->new_fd = openat(op->fd, op->t.name.s, flags, perm);
	if (op->new_fd < 0)
		return errno;
	op->node_fd = reopen(op->new_fd, O_PATH);
	return op->node_fd < 0 ? errno : 0;
}

static int create_directory(struct op *op, mode_t perm)
{
	struct step step;
	int error;

	if (mkdirat(op->fd, op->t.name.s, perm) < 0)
		return errno;
	error = step_open(op->share, op->fd, NULL, op->t.name.s, false, &step);
	if (error)
		return error;
	op->node_fd = step.fd;
	op->new_fd = reopen(op->node_fd, O_RDONLY | O_DIRECTORY);
	return op->new_fd < 0 ? errno : 0;
}

/* A new file belongs to its directory's group, if the host lets us; and it has the marks that were asked for. */
static int adorn(struct op *op, const struct stat *dir)
{
	mode_t mode;
	int error;

	if (fstat(op->new_fd, &op->st) < 0)
		return errno;
	if (op->st.st_gid != dir->st_gid && fchownat(op->new_fd, "", (uid_t)-1, dir->st_gid, AT_EMPTY_PATH) == 0)
		op->st.st_gid = dir->st_gid;
	op->marks = op->t.perm & DM_MARKS;
	mode = op->st.st_mode & 07777;
	error = marks_set(&op->st, op->new_fd, op->marks, &mode);
	if (!error && mode != (op->st.st_mode & 07777))
		error = change_mode(op->new_fd, mode);
	if (!error && op->marks & DMEXCL && S_ISREG(op->st.st_mode))
		op->excluded = exclusive_take(&op->st);
	return error || fstat(op->new_fd, &op->st) == 0 ? error : errno;
}

static void create_run(struct op *op)
{
	uint32_t perm = op->t.perm;
	struct stat dir;
	int error;

	if (fstat(op->fd, &dir) < 0) {
		op_error(op, errno);
		return;
	}
	if (perm & DMDIR)
		error = create_directory(op, perm & (~0777u | (dir.st_mode & 0777)) & 0777);
	else
		error = create_file(op, perm & (~0666u | (dir.st_mode & 0666)) & 0777);
	if (!error)
		error = adorn(op, &dir);
	if (error)
		op_error(op, error);
}

static void create_end(struct op *op)
{
	struct step step = { .fd = op->node_fd, .st = op->st, .entry_dev = op->st.st_dev, .entry_ino = op->st.st_ino };
	struct node *n;

	if (!op->error && !op->session->dead) {
		step.local = op->fid->node->local;	/* nothing is mounted on what is new */
		op->node_fd = -1;
		n = node_child(op->fid->node, op->t.name.s, &step);
		if (n) {
			node_release(op->fid->node);
			op->fid->node = n;
		} else {
			close(step.fd);
			op_error(op, ENOMEM);
		}
	}
	open_end(op);
}

const struct handler create_handler = { create_begin, create_run, create_end };

/* ---- Tclunk, Tremove ---- */

static int unlink_entry(struct op *op)
{
	struct stat st;
	int error = step_verify(op, &st);

	if (error)
		return error;
	return unlinkat(op->parent_fd, op->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0 ? errno : 0;
}

/* run closes the fid's file, which may wait, unless others still use it. */
static void take_file(struct op *op)
{
	struct fid *f = op->fid;

	if (f->refs == 1 && f->fd >= 0) {
		op->new_fd = f->fd;
		f->fd = -1;
		fds_changed(-1);
	}
}

/* The fid ends here, whatever else fails. */
static struct fid *end_fid(struct op *op)
{
	struct fid *f = fid_get(op, op->t.fid);

	if (!f)
		return NULL;
	fid_remove(f);
	take_file(op);
	return f;
}

static int clunk_begin(struct op *op)
{
	struct fid *f = end_fid(op);

	if (!f)
		return -1;
	if (f->remove_on_close && node_pin_parent(op, f->node) < 0)
		return -1;
	op->local = op->local && f->node->local;
	return 0;
}

static void clunk_run(struct op *op)
{
	if (op->new_fd >= 0)
		close(op->new_fd);
	op->new_fd = -1;
	if (op->parent && unlink_entry(op) == EAGAIN && op->now)
		op->again = true;	/* other errors have no place in a clunk's reply */
}

static void clunk_end(struct op *op)
{
	if (op->error && !op->fid)
		return;
	op->error = 0;
	op->refusal = NULL;
	reply_begin(op, TCLUNK + 1);
}

const struct handler clunk_handler = { clunk_begin, clunk_run, clunk_end };

static int remove_begin(struct op *op)
{
	struct fid *f = end_fid(op);

	if (!f)
		return -1;
	if (op->share->readonly)
		return op_error(op, EROFS);
	return node_pin_parent(op, f->node);
}

static void remove_run(struct op *op)
{
	int error;

	if (op->new_fd >= 0)
		close(op->new_fd);
	op->new_fd = -1;
	error = unlink_entry(op);
	if (error == EAGAIN && op->now)
		op->again = true;
	else if (error)
		op_error(op, error);
}

static void remove_end(struct op *op)
{
	if (op->error)
		return;
	node_unhash(op->fid->node);
	reply_begin(op, TREMOVE + 1);
}

const struct handler remove_handler = { remove_begin, remove_run, remove_end };

/* ---- the end of a session ---- */

static int release_begin(struct op *op)
{
	struct fid *f = op->fid;

	take_file(op);
	if (f->remove_on_close && node_pin_parent(op, f->node) < 0)
		return -1;
	op->local = op->local && f->node->local;
	return 0;
}

static void release_end(struct op *op)
{
	(void)op;			/* nobody wants to know */
}

static const struct handler release_handler = { release_begin, clunk_run, release_end };

/* As a clunk that nobody has sent. */
void fid_end(struct fid *f)
{
	struct op *op = NULL;

	if (f->fd >= 0 || f->remove_on_close)
		op = op_internal(f->node->share, &release_handler);
	if (!op) {
		fid_put(f);
		return;
	}
	op->t.type = TCLUNK;
	op->fid = f;
	op_begin(op);
}
