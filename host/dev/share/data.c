/*
 * Tread and Twrite of files.  The data goes straight between the file and the guest's memory.  A read takes what the page cache
 * has at once; for the rest, if there is one, it waits on a thread, so that it comes back short only at the end of the file: as
 * that was when it was opened, or as it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "share.h"

#define QUICK_BYTES	(256u << 10)	/* to copy so much takes less time than to call a thread and come back */

/* Where count bytes are: in the segments of iov, skip bytes from their beginning. */
static int place(struct op *op, const struct iovec *iov, unsigned n, uint32_t skip, uint32_t count)
{
	op->data = malloc((n ? n : 1) * sizeof *op->data);
	if (!op->data)
		return op_error(op, ENOMEM);
	for (unsigned i = 0; i < n && count; i++) {
		size_t len = iov[i].iov_len;

		if (skip >= len) {
			skip -= (uint32_t)len;
			continue;
		}
		len = len - skip < count ? len - skip : count;
		op->data[op->ndata++] = (struct iovec){ (char *)iov[i].iov_base + skip, len };
		count -= (uint32_t)len;
		skip = 0;
	}
	return 0;
}

/* n bytes of op->data are done. */
static void advance(struct op *op, uint32_t n)
{
	op->bytes += n;
	while (op->ndata && n >= op->data[0].iov_len) {
		n -= (uint32_t)op->data[0].iov_len;
		memmove(op->data, op->data + 1, --op->ndata * sizeof *op->data);
	}
	if (op->ndata) {
		op->data[0].iov_base = (char *)op->data[0].iov_base + n;
		op->data[0].iov_len -= n;
	}
}

static int begin(struct op *op, bool write)
{
	struct fid *f = fid_get(op, op->t.fid);

	if (!f)
		return -1;
	if (!f->open || f->mode == (write ? OREAD : OWRITE))
		return op_refuse(op, "inappropriate use of fd");
	if (op->t.offset > INT64_MAX)
		return op_refuse(op, "negative i/o offset");
	if (op->t.count > op->session->msize - IO_HEADER)
		op->t.count = op->session->msize - IO_HEADER;
	op->local = op->local && f->node->local;
	return 0;
}

/* ---- Tread ---- */

/* In one segment the data follows the header; else it has all segments but the first. */
static int read_place(struct op *op)
{
	const struct request *r = op->request;
	bool apart = r->nin > 1;
	uint64_t room = apart ? r->in_bytes - r->in[0].iov_len : r->in_bytes - READ_HEADER;

	if (op->t.count > room)
		op->t.count = (uint32_t)room;
	return place(op, apart ? r->in + 1 : r->in, apart ? r->nin - 1 : 1, apart ? 0 : READ_HEADER, op->t.count);
}

static int read_begin(struct op *op)
{
	if (begin(op, false) < 0 || read_place(op) < 0)
		return -1;
	if (op->fid->node->type == S_IFDIR)
		return list_begin(op);
	op->never_waits = true;
	return 0;
}

/* Some has been read, and it ends where the file did: whether there is more by now the client asks if it wants to know. */
static bool at_end(const struct op *op)
{
	return op->bytes && (off_t)(op->t.offset + op->bytes) == op->fid->size;
}

/* Everything, until the end of the file. */
static void read_waiting(struct op *op)
{
	while (op->ndata) {
		ssize_t n = preadv(op->fid->fd, op->data, (int)op->ndata, (off_t)(op->t.offset + op->bytes));

		if (n == 0)
			return;
		if (n < 0 && errno == EINTR && !op->flushed)
			continue;
		if (n < 0 && op->bytes == 0)
			op_error(op, errno);
		if (n < 0)
			return;
		advance(op, (uint32_t)n);
		if (at_end(op))
			return;
	}
}

static void read_run(struct op *op)
{
	struct stat st;
	ssize_t n;

	if (op->fid->node->type == S_IFDIR) {
		list_run(op);
		return;
	}
	if (!op->now) {
		read_waiting(op);
		return;
	}
	n = preadv2(op->fid->fd, op->data, (int)op->ndata, (off_t)op->t.offset, RWF_NOWAIT);
	if (n < 0 && errno == EOPNOTSUPP && op->t.count <= QUICK_BYTES) {
		read_waiting(op);		/* a file system in memory */
		return;
	}
	if (n < 0) {
		op->again = true;
		return;
	}
	advance(op, (uint32_t)n);
	if (n && op->ndata && !at_end(op) && (fstat(op->fid->fd, &st) < 0 || (off_t)(op->t.offset + op->bytes) < st.st_size))
		op->again = true;
}

static void read_end(struct op *op)
{
	if (op->listing)
		list_end(op);
	if (op->error)
		return;
	reply_begin(op, TREAD + 1);
	reply32(op, op->bytes);
}

const struct handler read_handler = { read_begin, read_run, read_end };

/* ---- Twrite ---- */

static int write_begin(struct op *op)
{
	const struct request *r = op->request;

	if (begin(op, true) < 0)
		return -1;
	op->again = op->t.count > QUICK_BYTES;
	return place(op, r->out, r->nout, WRITE_HEADER, op->t.count);
}

static void write_run(struct op *op)
{
	while (op->ndata) {
		ssize_t n = pwritev(op->fid->fd, op->data, (int)op->ndata, (off_t)(op->t.offset + op->bytes));

		if (n < 0 && errno == EINTR && !op->flushed)
			continue;
		if (n <= 0 && op->bytes == 0)
			op_error(op, n < 0 ? errno : EIO);
		if (n <= 0)
			return;
		advance(op, (uint32_t)n);
	}
}

static void write_end(struct op *op)
{
	uint32_t n = op->bytes;

	op->bytes = 0;			/* none of the reply */
	if (op->error)
		return;
	reply_begin(op, TWRITE + 1);
	reply32(op, n);
}

const struct handler write_handler = { write_begin, write_run, write_end };
