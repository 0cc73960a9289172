/*
 * Tstat.
 */
#include <errno.h>

#include "share.h"

static int stat_begin(struct op *op)
{
	struct fid *f = fid_get(op, op->t.fid);

	return f ? fid_pin(op, f) : -1;
}

static void stat_run(struct op *op)
{
	if (fstat(op->fd, &op->st) < 0)
		op_error(op, errno);
	else
		op->marks = marks_get(&op->st, op->fd);
}

static void stat_end(struct op *op)
{
	uint32_t size;

	if (op->error)
		return;
	reply_begin(op, TSTAT + 1);
	size = stat_encode(op->reply + op->size + 2, MAX_REPLY - op->size - 2, op->fid->node->name, &op->st, op->marks);
	reply16(op, (uint16_t)size);
	op->size += size;
}

const struct handler stat_handler = { stat_begin, stat_run, stat_end };
