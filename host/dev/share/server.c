/*
 * The 9P2000 server: requests become ops, ops go through their handlers, replies go back.  What is quick is done at once, since
 * handing it to a thread costs more than most calls; what may wait, and everything on file systems that may hang, is left to
 * the share's threads.  All of this file runs on the vCPU thread, but for run_op.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../clock.h"
#include "share.h"

/* A call at once that took so long, and waited for a disk, makes the share slow for a while. */
#define SLOW_NS		1000000ull
#define REPENT_NS	500000000ull
#define STOP_NS		2000000000ull	/* what the end of the guest leaves to a file system that hangs */

int op_error(struct op *op, int error)
{
	op->error = error;
	return -1;
}

int op_refuse(struct op *op, const char *text)
{
	op->refusal = text;
	op->error = EPERM;
	return -1;
}

/* ---- replies ---- */

/* The bytes of the reply into the guest's segments; they fit, or there is none. */
static void deliver(struct op *op)
{
	struct request *r = op->request;
	uint32_t at = 0, n;

	if (op->size > r->in_bytes) {
		r->status = LGUEST_SHARE_BAD;
		return;
	}
	for (unsigned i = 0; i < r->nin && at < op->size; i++) {
		n = (uint32_t)r->in[i].iov_len;
		if (n > op->size - at)
			n = op->size - at;
		memcpy(r->in[i].iov_base, op->reply + at, n);
		at += n;
	}
	r->used = op->size + op->bytes;
}

static void reply_error(struct op *op)
{
	char buf[128];
	const char *text = op->refusal ? op->refusal : error_text(op->error, buf, sizeof buf);
	size_t len = strlen(text);

	op->bytes = 0;
	reply_begin(op, RERROR);
	reply16(op, (uint16_t)len);
	memcpy(op->reply + op->size, text, len);
	op->size += (uint32_t)len;
}

static void op_free(struct op *op)
{
	reopen_end(op);
	op_unpin(op);
	if (op->new_fd >= 0)
		share_close(op->share, op->new_fd, op->local);
	if (op->node_fd >= 0)
		close(op->node_fd);	/* O_PATH: that never waits */
	if (op->fid)
		fid_put(op->fid);
	free(op->path);
	free(op->data);
	free(op->buffer);
	free(op);
}

static void session_release(struct session *s)
{
	if (s && s->dead && s->ops == 0)
		free(s);
}

static void answer(struct op *op)
{
	uint32_t total;

	if (op->flushed && op->error == ECANCELED) {
		op->request->status = LGUEST_SHARE_FLUSHED;
	} else {
		if (op->error)
			reply_error(op);
		total = op->size + op->bytes;
		memcpy(op->reply, &total, 4);
		deliver(op);
	}
	request_finish(op->request);
}

/* Directories are kept for the next walk as long as there may be one. */
static void forget_if_unused(const struct share *s)
{
	for (unsigned i = 0; i < LGUEST_SHARE_SESSIONS; i++)
		if (s->sessions[i])
			return;
	nodes_forget(s);
}

/* The op is over: answer, and answer those that flushed it. */
static void op_finish(struct op *op)
{
	struct share *s = op->share;
	struct session *session = op->session;

	if (op->internal)
		free(op->request);
	else
		answer(op);
	for (struct op **at = &s->ops; *at; at = &(*at)->next)
		if (*at == op) {
			*at = op->next;
			break;
		}
	for (struct op *f = s->ops, *next; f; f = next) {
		next = f->next;
		if (f->flushes == op) {
			f->flushes = NULL;
			op_finish(f);
			next = s->ops;		/* the list may be another now */
		}
	}
	if (session)
		session->ops--;
	op_free(op);
	session_release(session);
	if (!session)
		forget_if_unused(s);
}

static void op_end(struct op *op)
{
	if (op->begun)
		op->handler->end(op);
	op_finish(op);
}

/* ---- running ---- */

static void run_op(struct request *r)
{
	struct op *op = r->data;

	op->now = op->again = false;
	op->error = 0;
	op->handler->run(op);
}

static void ran(struct request *r)
{
	op_end(r->data);
}

/* What is mounted below a local directory may hang, and must leave a thread for that. */
static void defer(struct op *op, bool local, void (*run)(struct request *r), void (*done)(struct request *r))
{
	op->request->may_hang = !local && op->share->root->local;
	request_defer(op->request, run, done);
}

/* May op be tried by the vCPU thread? */
static bool at_once(const struct op *op, uint64_t now)
{
	if (!op->local || op->again || op->share->always_defer)
		return false;
	return op->never_waits || now >= op->share->slow_until_ns;
}

/* Blocks that this thread has had read for it, or how often it went to sleep. */
static long reads_of_disk(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_inblock;
}

static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/* The clock alone would not tell: the CPU may have been another process's for a while. */
bool waited_for_disk(void)
{
	static long before;
	long now = reads_of_disk();
	bool waited = now != before;

	before = now;
	return waited;
}

/* Try op on the vCPU thread.  A writer waits when the host has too much to write already, and that is no reading. */
static void run_now(struct op *op, uint64_t start)
{
	bool writes = op->t.type == TWRITE;
	long slept = writes ? sleeps() : 0;
	uint64_t end;

	op->now = true;
	op->handler->run(op);
	end = clock_monotonic_ns();
	if (end - start > SLOW_NS && (writes ? sleeps() != slept : waited_for_disk()))
		op->share->slow_until_ns = end + REPENT_NS;
}

static void op_run(struct op *op)
{
	uint64_t start = clock_monotonic_ns();

	if (at_once(op, start)) {
		run_now(op, start);
		if (!op->again) {
			op_end(op);
			return;
		}
	}
	defer(op, op->local, run_op, ran);
}

/* ---- beginning ---- */

static void run_reopen(struct request *r)
{
	reopen_run(r->data);
}

static void reopened(struct request *r)
{
	struct op *op = r->data;

	reopen_end(op);
	if (op->flushed) {
		op->error = ECANCELED;
		op_end(op);
	} else {
		op_begin(op);
	}
}

void op_begin(struct op *op)
{
	if (reopen_begin(op)) {
		defer(op, false, run_reopen, reopened);
		return;
	}
	op->begun = true;
	if (op->handler->begin(op) < 0 || !op->handler->run)
		op_end(op);
	else
		op_run(op);
}

/* ---- what nobody asked for ---- */

struct op *op_internal(struct share *s, const struct handler *handler)
{
	struct request *r = calloc(1, sizeof *r);
	struct op *op = calloc(1, sizeof *op);

	if (!r || !op) {
		free(r);
		free(op);
		return NULL;
	}
	r->device = &s->device;
	r->data = op;
	op->request = r;
	op->share = s;
	op->handler = handler;
	op->internal = op->local = true;
	op->fd = op->parent_fd = op->new_fd = op->node_fd = -1;
	op->next = s->ops;
	s->ops = op;
	return op;
}

static int close_begin(struct op *op)
{
	(void)op;
	return 0;
}

static void close_run(struct op *op)
{
	close(op->new_fd);
	op->new_fd = -1;
}

static void close_end(struct op *op)
{
	(void)op;
}

static const struct handler close_handler = { close_begin, close_run, close_end };

/* Closing a file has its server write what it holds back: a server that hangs must hold up nobody but a thread. */
void share_close(struct share *s, int fd, bool local)
{
	struct op *op = local && !s->always_defer ? NULL : op_internal(s, &close_handler);

	if (!op) {
		close(fd);
		return;
	}
	op->local = false;
	op->new_fd = fd;
	op_begin(op);
}

/* ---- sessions ---- */

/* Nothing of the session is wanted any more. */
static void session_end(struct session *s)
{
	struct share *share = s->share;

	share->sessions[s->number] = NULL;
	s->dead = true;
	s->ops++;			/* until we are done with it */
	for (struct op *op = share->ops, *next; op; op = next) {
		next = op->next;
		if (op->session != s || op->flushes || !op->request->deferred)
			continue;
		op->flushed = true;
		if (request_cancel(op->request)) {
			op->error = ECANCELED;
			op_end(op);
			next = share->ops;	/* other ops may have gone with it */
		}
	}
	fids_clear(s);
	s->ops--;
	session_release(s);
	forget_if_unused(share);
}

static void version(struct op *op)
{
	static const char ours[] = "9P2000", none[] = "unknown";
	const struct tmessage *t = &op->t;
	bool known = t->version.len >= strlen(ours) && memcmp(t->version.s, ours, strlen(ours)) == 0 &&
		(t->version.len == strlen(ours) || t->version.s[strlen(ours)] == '.');
	uint32_t number = op->request->arg, msize = t->msize < MAX_MSIZE ? t->msize : MAX_MSIZE;
	const char *text = known ? ours : none;
	struct session *s = op->share->sessions[number];

	if (s)
		session_end(s);
	op->share->sessions[number] = NULL;
	if (msize < MIN_MSIZE) {
		op_refuse(op, "message size too small");
		return;
	}
	if (known) {
		s = calloc(1, sizeof *s);
		if (!s) {
			op_error(op, ENOMEM);
			return;
		}
		*s = (struct session){ .share = op->share, .number = number, .msize = msize };
		op->share->sessions[number] = s;
	}
	reply_begin(op, TVERSION + 1);
	reply32(op, msize);
	reply16(op, (uint16_t)strlen(text));
	memcpy(op->reply + op->size, text, strlen(text));
	op->size += (uint32_t)strlen(text);
}

/* Tflush: true if the answer has to wait until what it flushes is over. */
static bool flush(struct op *op)
{
	struct op *old;

	for (old = op->share->ops; old; old = old->next)
		if (old->session == op->session && old->t.tag == op->t.oldtag && old != op && !old->flushes)
			break;
	reply_begin(op, TFLUSH + 1);
	if (!old)
		return false;
	old->flushed = true;
	if (request_cancel(old->request)) {
		old->error = ECANCELED;
		op_end(old);
		return false;
	}
	op->flushes = old;
	op->request->deferred = true;
	return true;
}

/* ---- requests ---- */

static const struct handler *const handlers[(TLAST - TVERSION) / 2 + 1] = {
	[(TATTACH - TVERSION) / 2] = &attach_handler,
	[(TWALK - TVERSION) / 2] = &walk_handler,
	[(TOPEN - TVERSION) / 2] = &open_handler,
	[(TCREATE - TVERSION) / 2] = &create_handler,
	[(TREAD - TVERSION) / 2] = &read_handler,
	[(TWRITE - TVERSION) / 2] = &write_handler,
	[(TCLUNK - TVERSION) / 2] = &clunk_handler,
	[(TREMOVE - TVERSION) / 2] = &remove_handler,
	[(TSTAT - TVERSION) / 2] = &stat_handler,
	[(TWSTAT - TVERSION) / 2] = &wstat_handler,
};

/* A request that carries no message: there is nobody whom a reply would reach. */
static void reject(struct request *r)
{
	r->status = LGUEST_SHARE_BAD;
	request_finish(r);
}

static struct op *op_new(struct share *s, struct request *r)
{
	uint32_t size = r->out_bytes;
	uint8_t head[HEADER];
	struct op *op;

	if (size < HEADER || r->nin == 0 || r->in[0].iov_len < MIN_MSIZE)
		return NULL;
	request_read(r, 0, head, sizeof head);
	if (head[4] == TWRITE && size > WRITE_HEADER)
		size = WRITE_HEADER;
	if (size > MAX_MESSAGE)
		return NULL;
	op = malloc(sizeof *op + size + 1);
	if (!op)
		return NULL;
	memset(op, 0, offsetof(struct op, steps));
	op->fd = op->parent_fd = op->new_fd = op->node_fd = -1;
	op->local = true;		/* until begin finds that something is not */
	op->share = s;
	op->request = r;
	r->data = op;
	request_read(r, 0, op->message, size);
	if (message_parse(&op->t, op->message, size, r->out_bytes) < 0) {
		free(op);
		return NULL;
	}
	return op;
}

static void op_start(struct op *op)
{
	const struct tmessage *t = &op->t;

	if (t->type == TVERSION) {
		version(op);
	} else if (!op->session) {
		op_refuse(op, "no version has been agreed upon");
	} else if (op->request->out_bytes > op->session->msize) {
		op_refuse(op, "message is longer than agreed upon");
	} else if (t->type == TAUTH) {
		op_refuse(op, "authentication not required");
	} else if (t->type == TFLUSH) {
		if (flush(op))
			return;
	} else {
		op->handler = handlers[(t->type - TVERSION) / 2];
		op_begin(op);
		return;
	}
	op_finish(op);
}

void server_request(struct device *d, struct request *r)
{
	struct share *s = (struct share *)d;
	struct session *session;
	struct op *op;

	if (r->arg >= LGUEST_SHARE_SESSIONS) {
		reject(r);
		return;
	}
	session = s->sessions[r->arg];
	if (r->nout == 0) {
		if (session)
			session_end(session);
		request_finish(r);
		return;
	}
	op = op_new(s, r);
	if (!op) {
		reject(r);
		return;
	}
	if (session && op->t.type != TVERSION) {
		op->session = session;
		session->ops++;
	}
	op->next = s->ops;
	s->ops = op;
	op_start(op);
}

/* Is a file still to be removed with the fid that it was opened by? */
static bool removing(const struct share *s)
{
	for (const struct op *op = s->ops; op; op = op->next)
		if (op->internal && op->fid && op->fid->remove_on_close)
			return true;
	return false;
}

void server_stop(struct device *d)
{
	struct share *s = (struct share *)d;
	uint64_t until = clock_monotonic_ns() + STOP_NS;

	for (unsigned i = 0; i < LGUEST_SHARE_SESSIONS; i++)
		if (s->sessions[i])
			session_end(s->sessions[i]);
	while (removing(s) && clock_monotonic_ns() < until)
		requests_wait(d);
}
