/*
 * Tattach and Twalk: how fids come to be.  A walk finds all its files first, and makes nodes of them when it is known how far it
 * goes.  The names may hold "..": that goes back to where the walk has come from, and above its beginning to the parents that
 * begin has pinned.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "share.h"

static bool is_dotdot(const struct str *name)
{
	return name->len == 2 && name->s[0] == '.' && name->s[1] == '.';
}

/* ---- attach ---- */

static int attach_begin(struct op *op)
{
	const struct tmessage *t = &op->t;

	if (t->afid != NOFID)
		return op_refuse(op, "authentication not required");
	if (t->aname.len != 0 && strcmp(t->aname.s, "/") != 0)
		return op_refuse(op, "bad attach specifier: a share is one tree");
	if (fid_used(op->session, t->fid) || t->fid == NOFID)
		return op_refuse(op, "fid already in use");
	return node_pin(op, op->share->root);
}

static void stat_run(struct op *op)
{
	if (fstat(op->fd, &op->st) < 0)
		op_error(op, errno);
	else
		op->marks = marks_get(&op->st, op->fd);
}

static void attach_end(struct op *op)
{
	struct qid q;

	if (!op->error && op->session->dead)
		op_error(op, EINTR);
	if (op->error)
		return;
	node_hold(op->node);
	if (!fid_new(op->session, op->t.fid, op->node)) {
		node_release(op->node);
		op_refuse(op, "fid already in use");
		return;
	}
	q = qid_of(&op->st, op->marks);
	reply_begin(op, TATTACH + 1);
	reply_qid(op, &q);
}

const struct handler attach_handler = { attach_begin, stat_run, attach_end };

/* ---- walk ---- */

/* Directories that we have open already: whether they still have these names is looked up, but not more. */
static void take_hints(struct op *op, struct node *n)
{
	for (unsigned i = 0; i < op->t.nwname && !is_dotdot(&op->t.wname[i]); i++) {
		n = node_known(n, op->t.wname[i].s);
		if (!n || n->type != S_IFDIR || n->entry_ino != n->ino || n->entry_dev != n->dev)
			return;
		node_pin_hint(op, n);
	}
}

static int walk_begin(struct op *op)
{
	const struct tmessage *t = &op->t;
	struct fid *f = fid_get(op, t->fid);
	char buf[PATH_BYTES], *path;
	struct node *up;

	if (!f)
		return -1;
	if (f->open)
		return op_refuse(op, "walk of an open fid");
	if (t->newfid != t->fid && (fid_used(op->session, t->newfid) || t->newfid == NOFID))
		return op_refuse(op, "fid already in use");
	for (unsigned i = 0; i < t->nwname; i++)
		if (!is_dotdot(&t->wname[i]) && !name_valid(&t->wname[i]))
			return op_refuse(op, t->wname[i].len > NAME_BYTES ? "name too long" : "bad character in file name");
	if (node_pin(op, f->node) < 0)
		return -1;
	up = f->node;
	for (unsigned i = 0; i < t->nwname; i++)
		if (is_dotdot(&t->wname[i])) {
			up = up->parent ? up->parent : up;
			if (node_pin_up(op, up) < 0)
				return -1;
		}
	take_hints(op, f->node);
	path = node_path(f->node, buf, sizeof buf);
	if (path && t->nwname && !(op->path = malloc(PATH_BYTES)))
		return op_error(op, ENOMEM);
	if (op->path)
		strcpy(op->path, path);
	return 0;
}

/* The path of where we are, one name longer; none if it does not fit. */
static void lengthen(struct op *op, const char *name)
{
	size_t len;

	if (!op->path)
		return;
	len = strlen(op->path);
	if (len + strlen(name) + 2 > PATH_BYTES) {
		free(op->path);
		op->path = NULL;
		return;
	}
	if (len)
		op->path[len++] = '/';
	strcpy(op->path + len, name);
}

static void shorten(struct op *op)
{
	char *slash = op->path ? strrchr(op->path, '/') : NULL;

	if (slash)
		*slash = '\0';
	else if (op->path)
		*op->path = '\0';
}

/* A directory on the way. */
struct place {
	int fd;
	dev_t dev;
	bool local;
};

/* The way back: from the highest ancestor that ".." can mean to where the walk is. */
struct way {
	struct place places[2 * MAXWELEM + 1];
	unsigned top;
};

static void way_begin(const struct op *op, struct way *w)
{
	/* dev and local of a node never change, so that a thread may look at them */
	for (unsigned i = 0; i < op->nups; i++)
		w->places[op->nups - 1 - i] = (struct place){ op->up_fds[i], op->ups[i]->dev, op->ups[i]->local };
	w->top = op->nups;
	w->places[w->top] = (struct place){ op->fd, op->node->dev, op->node->local };
}

static int step_up(struct op *op, struct way *w, struct step *step)
{
	struct stat st;

	if (fstat(w->places[w->top].fd, &st) < 0)
		return errno;
	if (!S_ISDIR(st.st_mode))
		return ENOTDIR;
	w->top--;
	shorten(op);
	step->fd = -1;
	if (fstat(w->places[w->top].fd, &step->st) < 0)
		return errno;
	step->marks = marks_get(&step->st, w->places[w->top].fd);
	return 0;
}

/* Does the name still lead to the directory that is hinted at?  Not to be asked of what is mounted there, which may hang. */
static bool step_hinted(const struct place *here, const char *name, const struct node *hint, bool now, struct step *step)
{
	if (hint->dev != here->dev || step_stat(here->fd, name, now, &step->st) != 0)
		return false;
	if (step->st.st_ino != hint->ino || step->st.st_dev != hint->dev)
		return false;
	step->fd = -1;
	step->entry_dev = hint->dev;
	step->entry_ino = hint->ino;
	step->marks = marks_get(&step->st, hint->fd);
	step->local = hint->local;
	return true;
}

static int step_down(struct op *op, struct way *w, const char *name, const struct node *hint, struct step *step)
{
	const struct place *here = &w->places[w->top];
	int error;

	if (hint && step_hinted(here, name, hint, op->now, step)) {
		lengthen(op, name);
		w->places[++w->top] = (struct place){ hint->fd, hint->dev, hint->local };
		return 0;
	}
	error = step_open(op->share, here->fd, op->path, name, op->now, step);

	if (error)
		return error;
	step->local = step->st.st_dev == here->dev ? here->local : fs_local(step->fd);
	lengthen(op, name);
	w->places[++w->top] = (struct place){ step->fd, step->st.st_dev, step->local };
	return 0;
}

static void close_steps(struct op *op)
{
	for (unsigned i = 0; i < op->nsteps; i++)
		if (op->steps[i].fd >= 0)
			close(op->steps[i].fd);
	op->nsteps = 0;
}

static void walk_run(struct op *op)
{
	struct way w;
	size_t len = op->path ? strlen(op->path) : 0;
	int error = 0;

	way_begin(op, &w);
	for (unsigned i = 0; i < op->t.nwname && !error; i++) {
		const struct str *name = &op->t.wname[i];

		if (is_dotdot(name))
			error = step_up(op, &w, &op->steps[i]);
		else	/* a pinned node keeps its descriptor */
			error = step_down(op, &w, name->s, i < op->nhints ? op->hints[i] : NULL, &op->steps[i]);
		op->nsteps += !error;
	}
	if (error == EAGAIN && op->now) {
		close_steps(op);
		if (op->path)
			op->path[len] = '\0';
		op->again = true;
	} else if (error && op->nsteps == 0) {
		op_error(op, error);
	}
}

/* Nodes for what was found; the last one, with a reference, or NULL: no memory. */
static struct node *make_nodes(struct op *op)
{
	struct node *n = op->fid->node, *next;

	node_hold(n);
	for (unsigned i = 0; i < op->nsteps; i++) {
		if (is_dotdot(&op->t.wname[i])) {
			next = n->parent ? n->parent : n;
			node_hold(next);
		} else {
			next = node_child(n, op->t.wname[i].s, &op->steps[i]);
		}
		node_release(n);
		if (!next)
			return NULL;
		n = next;
	}
	return n;
}

static int set_newfid(struct op *op)
{
	struct node *n = make_nodes(op);

	if (!n)
		return op_error(op, ENOMEM);
	if (op->t.newfid == op->t.fid) {
		if (op->fid->open || op->fid->busy) {	/* opened since begin */
			node_release(n);
			return op_refuse(op, "fid already in use");
		}
		node_release(op->fid->node);
		op->fid->node = n;
		return 0;
	}
	if (!fid_new(op->session, op->t.newfid, n)) {
		node_release(n);
		return op_refuse(op, "fid already in use");
	}
	return 0;
}

static void walk_end(struct op *op)
{
	unsigned n = op->nsteps;

	if (!op->error && n == op->t.nwname && !op->session->dead)
		set_newfid(op);
	if (!op->error) {
		reply_begin(op, TWALK + 1);
		reply16(op, (uint16_t)n);
		for (unsigned i = 0; i < n; i++) {
			struct qid q = qid_of(&op->steps[i].st, op->steps[i].marks);

			reply_qid(op, &q);
		}
	}
	close_steps(op);
}

const struct handler walk_handler = { walk_begin, walk_run, walk_end };
