/*
 * Nodes whose descriptors were closed to save them (node.c) get them back before an op begins.  Where the file system may hang, one
 * thread's step after the other does that, from the highest of such nodes down, and the vCPU thread goes on meanwhile.  server.c
 * calls reopen_begin until it finds nothing to do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "share.h"

#define MOST_REOPENS	64		/* for one op: beyond that others take descriptors away as fast as we get them */

/* A node that a thread opens; run must look at neither the node nor its parent. */
struct reopening {
	struct node *node;		/* a reference; its parent is pinned */
	struct share *share;
	int parent_fd, error;
	struct step step;
	char name[NAME_BYTES + 1];
	char *dir, path[PATH_BYTES];	/* dir: the parent's path, in path; NULL if it does not fit */
};

/* The highest node on the way to n that only a thread may open. */
static struct node *highest(struct node *n)
{
	struct node *found = NULL;

	for (; n->fd < 0; n = n->parent)
		if (node_waits(n))
			found = n;
	return found;
}

/* Will op's handler pin the file of its fid? */
static bool wants_file(const struct op *op, const struct fid *f)
{
	switch (op->t.type) {
	case TWALK:
	case TOPEN:
	case TCREATE:
		return true;
	case TSTAT:
	case TWSTAT:
		return f->fd < 0;
	}
	return false;
}

/* And how many directories above it? */
static unsigned wants_parents(const struct op *op, const struct fid *f)
{
	unsigned n = 0;

	switch (op->t.type) {
	case TWALK:
		for (unsigned i = 0; i < op->t.nwname; i++)
			n += strcmp(op->t.wname[i].s, "..") == 0;
		return n;
	case TOPEN:
		return op->t.mode & ORCLOSE ? 1 : 0;
	case TCLUNK:
		return f->remove_on_close ? 1 : 0;
	case TREMOVE:
	case TWSTAT:
		return 1;
	}
	return 0;
}

static struct node *missing(const struct op *op)
{
	struct node *n, *found = NULL;
	struct fid *f = op->fid;

	if (!f && op->session)
		f = fid_find(op->session, op->t.fid);
	if (!f)
		return NULL;
	n = f->node;
	if (wants_file(op, f))
		found = highest(n);
	for (unsigned i = wants_parents(op, f); i && n->parent && !found; i--) {
		n = n->parent;
		found = highest(n);
	}
	return found;
}

bool reopen_begin(struct op *op)
{
	struct node *n = op->lost ? NULL : missing(op);
	struct reopening *r;
	int fd;

	if (!n)
		return false;
	fd = node_fd(n->parent);	/* that can be done at once */
	r = malloc(sizeof *r);
	if (fd < 0 || !r || ++op->reopens > MOST_REOPENS) {
		op->lost = fd < 0 ? errno : r ? EMFILE : ENOMEM;
		free(r);
		return false;
	}
	r->node = n;
	r->share = n->share;
	r->parent_fd = fd;
	strcpy(r->name, n->name);
	r->dir = node_path(n->parent, r->path, sizeof r->path);
	r->step.fd = -1;
	node_hold(n);
	n->parent->pins++;
	op->reopening = r;
	return true;
}

void reopen_run(struct op *op)
{
	struct reopening *r = op->reopening;

	r->error = step_open(r->share, r->parent_fd, r->dir, r->name, false, &r->step);
}

void reopen_end(struct op *op)
{
	struct reopening *r = op->reopening;
	struct node *n;

	if (!r)
		return;
	op->reopening = NULL;
	n = r->node;
	if (!r->error && r->step.fd >= 0 && (r->step.st.st_ino != n->ino || r->step.st.st_dev != n->dev))
		r->error = ESTALE;
	if (!r->error && r->step.fd >= 0 && n->fd < 0)
		node_give_fd(n, r->step.fd);
	else if (r->step.fd >= 0)
		close(r->step.fd);	/* O_PATH: that never waits */
	op->lost = r->error;
	n->parent->pins--;
	node_release(n);
	free(r);
}
