/*
 * Fids of a session, by number.  A fid lives until the table and all ops have let go of it; its file is closed then.  Everything
 * here belongs to the vCPU thread.
 */
#include <stdlib.h>
#include <unistd.h>

#include "share.h"

static struct fid **find(struct session *s, uint32_t id)
{
	struct fid **at;

	for (at = &s->fids[id % FID_BUCKETS]; *at && (*at)->id != id; at = &(*at)->next)
		;
	return at;
}

struct fid *fid_find(const struct session *s, uint32_t id)
{
	struct fid *f;

	for (f = s->fids[id % FID_BUCKETS]; f && f->id != id; f = f->next)
		;
	return f;
}

struct fid *fid_get(struct op *op, uint32_t id)
{
	struct fid *f = *find(op->session, id);

	if (!f) {
		op_refuse(op, "fid unknown or out of range");
		return NULL;
	}
	f->refs++;
	op->fid = f;
	return f;
}

struct fid *fid_new(struct session *s, uint32_t id, struct node *node)
{
	struct fid **at = find(s, id), *f;

	if (*at || id == NOFID)
		return NULL;
	f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	*f = (struct fid){ .id = id, .node = node, .fd = -1, .refs = 1, .session = s };
	*at = f;
	return f;
}

bool fid_used(struct session *s, uint32_t id)
{
	return *find(s, id) != NULL;
}

void fid_put(struct fid *f)
{
	if (--f->refs > 0)
		return;
	if (f->exclusive)
		exclusive_give(f->node->dev, f->node->ino);
	if (f->fd >= 0) {
		share_close(f->node->share, f->fd, f->node->local);
		fds_changed(-1);
	}
	listing_free(f->listing);
	node_release(f->node);
	free(f);
}

void fid_remove(struct fid *f)
{
	struct fid **at = find(f->session, f->id);

	if (*at != f)
		return;
	*at = f->next;
	fid_put(f);
}

void fids_clear(struct session *s)
{
	struct fid *f;

	for (unsigned i = 0; i < FID_BUCKETS; i++)
		while ((f = s->fids[i])) {
			s->fids[i] = f->next;
			fid_end(f);
		}
}
