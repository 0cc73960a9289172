/*
 * Reading directories: whole stat entries, as many as fit, from where the last read ended or from the beginning.  The entries
 * of a listing in progress belong to run, of which there is one at a time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "share.h"

#define RAW_BYTES	(16u << 10)
#define MOST_BYTES	(64u << 10)	/* of one read */

/* What getdents64 fills in. */
struct raw {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

struct listing {
	uint64_t offset;		/* of the next read, in bytes that the guest got */
	uint32_t at, len;		/* in raw: the next entry, the end */
	_Alignas(8) uint8_t raw[RAW_BYTES];
};

void listing_free(struct listing *l)
{
	free(l);
}

int list_begin(struct op *op)
{
	struct fid *f = op->fid;
	char buf[PATH_BYTES], *path;
	uint32_t most = op->t.count < MOST_BYTES ? op->t.count : MOST_BYTES;

	if (f->busy)
		return op_refuse(op, "directory is being read by another request");
	if (!f->listing && !(f->listing = calloc(1, sizeof *f->listing)))
		return op_error(op, ENOMEM);
	f->busy = op->listing = true;
	op->again = op->share->mounts;		/* a glance at what is mounted in it may take long */
	if (op->t.offset != 0 && op->t.offset != f->listing->offset)
		return op_refuse(op, "seek in directory");
	path = node_path(f->node, buf, sizeof buf);
	op->path = path ? strdup(path) : NULL;
	op->buffer = malloc(most ? most : 1);
	return op->buffer ? 0 : op_error(op, ENOMEM);
}

/* The stat of an entry: of the file behind it, if it is a link inside the share.  0; ENOENT: it is gone; EAGAIN: a thread should
 * look. */
static int entry_stat(struct op *op, const struct raw *e, struct stat *st)
{
	struct stat target;
	int error = step_stat(op->fid->fd, e->name, op->now, st);

	if (error == ENOENT || error == EAGAIN)
		return error;
	if (error) {
		/* it may be seen but not looked at */
		memset(st, 0, sizeof *st);
		st->st_ino = e->ino;
		st->st_mode = e->type == DT_DIR ? S_IFDIR : S_IFREG;
		return 0;
	}
	if (!S_ISLNK(st->st_mode))
		return 0;
	error = step_follow(op->share, op->fid->fd, op->path, e->name, op->now, &target);
	if (!error)
		*st = target;
	return error == EAGAIN ? EAGAIN : 0;
}

static int entry_marks(struct op *op, const char *name, const struct stat *st, uint32_t *marks)
{
	struct step step;
	int error;

	*marks = 0;
	if (!S_ISREG(st->st_mode) || !(st->st_mode & S_ISVTX)) {
		*marks = marks_get(st, -1);
		return 0;
	}
	error = step_open(op->share, op->fid->fd, op->path, name, op->now, &step);
	if (error)
		return error == EAGAIN ? EAGAIN : 0;
	*marks = step.marks;
	close(step.fd);
	return 0;
}

/* One entry into the buffer.  0; or an errno as above; or E2BIG: it does not fit. */
static int add_entry(struct op *op, const struct raw *e, uint32_t most)
{
	uint32_t marks, size;
	struct stat st;
	int error;

	if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
		return ENOENT;
	error = entry_stat(op, e, &st);
	if (!error)
		error = entry_marks(op, e->name, &st, &marks);
	if (error)
		return error;
	size = stat_encode(op->buffer + op->bytes, most - op->bytes, e->name, &st, marks);
	if (!size)
		return E2BIG;
	op->bytes += size;
	return 0;
}

/* More raw entries: false at the end or after an error, which is in op. */
static bool refill(struct op *op, struct listing *l)
{
	long n = syscall(SYS_getdents64, op->fid->fd, l->raw, sizeof l->raw);

	l->at = 0;
	l->len = n > 0 ? (uint32_t)n : 0;
	if (n < 0 && op->bytes == 0 && errno != ENOENT)	/* ENOENT: the directory was removed, and is empty */
		op_error(op, errno);
	return n > 0;
}

void list_run(struct op *op)
{
	struct listing *l = op->fid->listing;
	uint32_t most = op->t.count < MOST_BYTES ? op->t.count : MOST_BYTES;
	int error = 0;

	if (op->t.offset == 0) {
		lseek(op->fid->fd, 0, SEEK_SET);
		*l = (struct listing){ 0 };
	}
	while (l->at < l->len || refill(op, l)) {
		const struct raw *e = (const struct raw *)(l->raw + l->at);

		error = add_entry(op, e, most);
		if (error == E2BIG || error == EAGAIN)
			break;
		l->at += e->reclen;
	}
	/* What there is already is an answer; the next read begins with the entry that is difficult. */
	if (op->bytes == 0 && error == E2BIG)
		op_refuse(op, "i/o count too small");
	else if (op->bytes == 0 && error == EAGAIN)
		op->again = true;
	l->offset += op->bytes;
}

void list_end(struct op *op)
{
	uint32_t at = 0, n;

	op->fid->busy = false;
	if (op->error)
		return;
	for (unsigned i = 0; i < op->ndata && at < op->bytes; i++) {
		n = (uint32_t)op->data[i].iov_len;
		if (n > op->bytes - at)
			n = op->bytes - at;
		memcpy(op->data[i].iov_base, op->buffer + at, n);
		at += n;
	}
}
