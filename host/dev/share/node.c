/*
 * Nodes: the names of the tree that fids refer to, with their parents up to the root.  Fids that reached a file by the same name
 * share its node, so that all of them know when it is renamed.  Descriptors are closed and opened again, the longest
 * unused first, when the process may not have more.  A directory that nobody refers to any more is kept for a while, as the next
 * walk will often pass there; files are not, since a descriptor keeps a removed file's space.  Everything here belongs to the vCPU
 * thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "share.h"

#define SPARE_FDS	128		/* for everything else in the process, and for calls under way */
#define MOST_FDS	(1u << 20)
#define MOST_IDLE	128

int proc_fd = -1;
static long fds_used, fds_limit;
static struct node *oldest, *newest;	/* nodes with descriptors */
static struct node *stalest, *freshest;	/* idle nodes */
static unsigned nidle;

static void wake(struct node *n, bool wanted);

/* ---- descriptors ---- */

void fds_budget(void)
{
	struct rlimit limit;

	proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		limit.rlim_cur = limit.rlim_max = 1024;
	if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < MOST_FDS) {
		limit.rlim_cur = limit.rlim_max < MOST_FDS ? limit.rlim_max : MOST_FDS;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	fds_limit = (long)(limit.rlim_cur < MOST_FDS ? limit.rlim_cur : MOST_FDS) - SPARE_FDS;
}

static void unlist(struct node *n)
{
	*(n->older ? &n->older->newer : &oldest) = n->newer;
	*(n->newer ? &n->newer->older : &newest) = n->older;
	n->older = n->newer = NULL;
}

static void list(struct node *n)
{
	n->older = newest;
	n->newer = NULL;
	*(newest ? &newest->newer : &oldest) = n;
	newest = n;
}

static void set_fd(struct node *n, int fd)
{
	n->fd = fd;
	fds_used++;
	list(n);
}

static void drop_fd(struct node *n)
{
	if (n->fd < 0)
		return;
	close(n->fd);
	n->fd = -1;
	fds_used--;
	unlist(n);
}

/* Close what nobody uses now until there is room for more. */
static void make_room(void)
{
	while (stalest && fds_used >= fds_limit)
		wake(stalest, false);
	for (struct node *n = oldest, *next; n && fds_used >= fds_limit; n = next) {
		next = n->newer;
		if (n->pins == 0 && n->parent)
			drop_fd(n);
	}
}

void fds_changed(int by)
{
	fds_used += by;
	if (by > 0)
		make_room();
}

/* ---- the tree ---- */

static struct node **bucket(const struct share *s, const struct node *parent, const char *name)
{
	uint32_t h = (uint32_t)((uintptr_t)parent >> 4);

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return &s->nodes[(h ^ h >> 16) % NODE_BUCKETS];
}

static void hash(struct node *n)
{
	struct node **b = bucket(n->share, n->parent, n->name);

	n->next = *b;
	*b = n;
	n->hashed = true;
}

void node_unhash(struct node *n)
{
	struct node **at;

	if (!n->hashed)
		return;
	for (at = bucket(n->share, n->parent, n->name); *at != n; at = &(*at)->next)
		;
	*at = n->next;
	n->hashed = false;
}

static struct node *find(const struct node *parent, const char *name)
{
	struct node *n;

	for (n = *bucket(parent->share, parent, name); n; n = n->next)
		if (n->parent == parent && strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

int node_root(struct share *s, int fd, struct error *err)
{
	struct node *n = calloc(1, sizeof *n);
	struct stat st;

	if (!n || !(n->name = strdup("/")))
		return error_set(err, "out of memory");
	if (proc_fd < 0)
		return error_set(err, "%s: sharing it needs /proc, which is not mounted", s->dir);
	if (fstat(fd, &st) < 0)
		return error_set(err, "%s: %s", s->dir, strerror(errno));
	n->share = s;
	n->dev = n->entry_dev = st.st_dev;
	n->ino = n->entry_ino = st.st_ino;
	n->type = S_IFDIR;
	n->local = fs_local(fd);
	n->refs = 1;
	s->root = n;
	set_fd(n, fd);
	return 0;
}

struct node *node_known(const struct node *parent, const char *name)
{
	struct node *n = find(parent, name);

	return n && n->fd >= 0 ? n : NULL;
}

/* The name means another file now. */
static void outdated(struct node *n)
{
	node_unhash(n);
	if (n->idle)
		wake(n, false);
}

struct node *node_child(struct node *parent, const char *name, struct step *step)
{
	struct node *n = find(parent, name);

	if (n && n->ino == step->st.st_ino && n->dev == step->st.st_dev && n->entry_ino == step->entry_ino) {
		if (n->idle)
			wake(n, true);
		if (n->fd < 0 && step->fd >= 0)
			set_fd(n, step->fd);
		else if (step->fd >= 0)
			close(step->fd);
		step->fd = -1;
		n->refs++;
		return n;
	}
	if (n)
		outdated(n);
	n = calloc(1, sizeof *n);
	if (!n || !(n->name = strdup(name))) {
		free(n);
		return NULL;
	}
	*n = (struct node){ .share = parent->share, .parent = parent, .name = n->name, .dev = step->st.st_dev,
			    .ino = step->st.st_ino, .entry_dev = step->entry_dev, .entry_ino = step->entry_ino,
			    .type = step->st.st_mode & S_IFMT, .local = step->local, .fd = -1, .refs = 1 };
	if (step->fd >= 0) {
		make_room();
		set_fd(n, step->fd);
	}
	step->fd = -1;
	parent->refs++;
	hash(n);
	return n;
}

void node_hold(struct node *n)
{
	n->refs++;
}

/* n itself is gone; its parent has a reference less. */
static struct node *destroy(struct node *n)
{
	struct node *parent = n->parent;

	node_unhash(n);
	drop_fd(n);
	free(n->name);
	free(n);
	return parent;
}

/* Is n, which nobody refers to, worth keeping? */
static bool keep(struct node *n)
{
	if (!n->hashed || n->fd < 0 || n->type != S_IFDIR || fds_used >= fds_limit / 2)
		return false;
	n->idle = true;
	n->staler = freshest;
	n->fresher = NULL;
	*(freshest ? &freshest->fresher : &stalest) = n;
	freshest = n;
	if (++nidle > MOST_IDLE)
		wake(stalest, false);
	return true;
}

void node_release(struct node *n)
{
	while (n && --n->refs == 0) {
		if (keep(n))
			return;
		n = destroy(n);
	}
}

/* n is not idle any more: it is wanted again, or it is the end of it. */
static void wake(struct node *n, bool wanted)
{
	*(n->staler ? &n->staler->fresher : &stalest) = n->fresher;
	*(n->fresher ? &n->fresher->staler : &freshest) = n->staler;
	n->staler = n->fresher = NULL;
	n->idle = false;
	nidle--;
	if (!wanted)
		node_release(destroy(n));
}

void nodes_forget(const struct share *s)
{
	struct node *n = freshest, *next;

	for (; n; n = next) {		/* parents of what goes may become idle: they are the freshest */
		next = n->staler;
		if (n->share != s)
			continue;
		wake(n, false);
		next = freshest;
	}
}

void node_rename(struct node *n, const char *name)
{
	char *copy = strdup(name);
	struct node *other = find(n->parent, name);

	if (other && other != n)
		outdated(other);
	node_unhash(n);
	if (!copy)
		return;			/* it goes on under no name: fids still have it */
	free(n->name);
	n->name = copy;
	hash(n);
}

char *node_path(const struct node *n, char *buf, size_t size)
{
	char *p = buf + size - 1;

	*p = '\0';
	for (; n->parent; n = n->parent) {
		size_t len = strlen(n->name);

		if ((size_t)(p - buf) < len + 1)
			return NULL;
		if (*p)
			*--p = '/';
		p -= len;
		memcpy(p, n->name, len);
	}
	return p;
}

bool node_waits(const struct node *n)
{
	return n->fd < 0 && n->parent && (n->share->always_defer || !n->local || !n->parent->local);
}

void node_give_fd(struct node *n, int fd)
{
	make_room();
	set_fd(n, fd);
}

int node_fd(struct node *n)
{
	struct step step;
	char buf[PATH_BYTES], *dir;
	int parent_fd, error;

	if (n->fd >= 0) {
		unlist(n);
		list(n);
		return n->fd;
	}
	if (node_waits(n)) {			/* reopen.c has to */
		errno = EAGAIN;
		return -1;
	}
	n->parent->pins++;
	parent_fd = node_fd(n->parent);
	if (parent_fd >= 0) {
		dir = node_path(n->parent, buf, sizeof buf);
		make_room();
		error = step_open(n->share, parent_fd, dir, n->name, false, &step);
		if (!error && (step.st.st_ino != n->ino || step.st.st_dev != n->dev)) {
			close(step.fd);
			error = ESTALE;
		}
		if (!error)
			set_fd(n, step.fd);
		else
			errno = error;
	}
	n->parent->pins--;
	return n->fd;
}

/* ---- pins ---- */

static int pin(struct op *op, struct node *n, struct node **place, int *fd)
{
	*fd = node_fd(n);
	if (*fd < 0)
		return op_error(op, op->lost ? op->lost : errno);
	n->pins++;
	n->refs++;
	*place = n;
	op->local = op->local && n->local;
	return 0;
}

int node_pin(struct op *op, struct node *n)
{
	return pin(op, n, &op->node, &op->fd);
}

int fid_pin(struct op *op, struct fid *f)
{
	if (f->fd < 0)
		return node_pin(op, f->node);
	op->fd = f->fd;			/* op's reference to f keeps it open */
	op->local = op->local && f->node->local;
	return 0;
}

int node_pin_parent(struct op *op, struct node *n)
{
	if (!n->parent)
		return op_refuse(op, "permission denied: this is the root of the share");
	strcpy(op->name, n->name);
	op->entry_dev = n->entry_dev;
	op->entry_ino = n->entry_ino;
	op->local = op->local && n->local;
	return pin(op, n->parent, &op->parent, &op->parent_fd);
}

int node_pin_up(struct op *op, struct node *n)
{
	if (pin(op, n, &op->ups[op->nups], &op->up_fds[op->nups]) < 0)
		return -1;
	op->nups++;
	return 0;
}

void node_pin_hint(struct op *op, struct node *n)
{
	if (n->idle)
		wake(n, true);
	n->pins++;
	n->refs++;
	op->hints[op->nhints++] = n;
}

static void unpin(struct node *n)
{
	if (!n)
		return;
	n->pins--;
	node_release(n);
}

void op_unpin(struct op *op)
{
	unpin(op->node);
	unpin(op->parent);
	for (unsigned i = 0; i < op->nups; i++)
		unpin(op->ups[i]);
	for (unsigned i = 0; i < op->nhints; i++)
		unpin(op->hints[i]);
}
