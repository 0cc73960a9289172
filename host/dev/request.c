/*
 * Requests by LHCALL_REQUEST.  hypercall.c calls request_submit, which checks all addresses once and hands the request to its
 * device; the device answers at once, or defers it to a thread of its pool, since the vCPU thread must not wait for
 * anything.  Each device has threads of its own, so that one whose files hang holds up no other.
 *
 * The guest runs on while a thread moves data of a deferred request, and may have had the very pages translated meanwhile: so
 * request_finish tells the engine once more that they were written.  A guest that runs code from a page
 * into which it has data put at the same time gets one or the other, and harms nobody else.
 */
#include "request.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../trace.h"

#define STACK_BYTES	(128u << 10)
#define INTERRUPT	SIGURG			/* ignored by default, so that nobody else has a use for it */

struct worker {
	struct pool *pool;
	pthread_t thread;
};

struct pool {
	struct device *device;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct request *queue, **tail;		/* guarded by lock */
	struct request *ran;			/* guarded by lock */
	unsigned idle;				/* threads that sleep; guarded by lock */
	unsigned hanging;			/* and that run what may hang; guarded by lock */
	bool looking;				/* one looks out for more; guarded by lock */
	_Atomic bool come;			/* there is more */
	struct patience patience;		/* of the one that looks out */
	sem_t started;
	unsigned threads;
	struct worker workers[];
};

/* ---- the hypercall ---- */

/* Check segments and describe them by iov: false if the guest is dead. */
static bool map_segments(struct machine *m, struct request *r, const struct lguest_segment *segment)
{
	for (unsigned i = 0; i < r->nout + r->nin; i++) {
		bool out = i < r->nout;
		struct lguest_segment s;
		void *p;

		memcpy(&s, &segment[i], sizeof s);	/* once: the guest may be changing it */
		p = out ? (void *)(uintptr_t)ram_read(&m->ram, s.addr, s.len) : ram_write(&m->ram, s.addr, s.len);
		if (!p) {
			machine_kill(m, "bad segment %u of a request: address %#x length %u", i, s.addr, s.len);
			return false;
		}
		r->iov[i] = (struct iovec){ p, s.len };
		if ((uint64_t)r->out_bytes + r->in_bytes + s.len > UINT32_MAX) {
			machine_kill(m, "a request of more than 4 GiB");
			return false;
		}
		*(out ? &r->out_bytes : &r->in_bytes) += s.len;
	}
	return true;
}

void request_submit(struct machine *m, uint32_t index, uint32_t gpa, uint32_t arg)
{
	struct device *d = index < m->ndevices ? m->devices[index] : NULL;
	struct lguest_request *g = ram_write(&m->ram, gpa, sizeof *g);
	const struct lguest_segment *segment = NULL;
	struct lguest_request head;
	struct request *r;
	unsigned n;

	if (!d || !d->request) {
		machine_kill(m, "a request to device %u, which takes none", index);
		return;
	}
	if (g) {
		memcpy(&head, g, sizeof head);
		n = (unsigned)head.nout + head.nin;
		segment = ram_read(&m->ram, (uint64_t)gpa + sizeof *g, n * sizeof *segment);
	}
	if (!segment || gpa & 3) {
		machine_kill(m, "bad address of a request: %#x", gpa);
		return;
	}
	if (n > LGUEST_REQUEST_SEGMENTS || d->requests == LGUEST_REQUESTS) {
		machine_kill(m, n > LGUEST_REQUEST_SEGMENTS ? "a request of %u segments" : "more than %u requests under way",
			     n > LGUEST_REQUEST_SEGMENTS ? n : LGUEST_REQUESTS);
		return;
	}
	r = malloc(sizeof *r + n * sizeof r->iov[0]);
	if (!r) {
		machine_end(m, END_HOST, "no memory for a request");
		return;
	}
	*r = (struct request){ .device = d, .gpa = gpa, .arg = arg, .nout = head.nout, .nin = head.nin };
	r->out = r->iov;
	r->in = r->iov + r->nout;
	if (!map_segments(m, r, segment)) {
		free(r);
		return;
	}
	g->state = LGUEST_REQUEST_BUSY;
	d->requests++;
	m->stats.requests++;
	trace(m, TRACE_DMA, "request %#x to %s (%u): %u bytes in %u segments, room for %u in %u", gpa, d->name, arg, r->out_bytes,
	      r->nout, r->in_bytes, r->nin);
	d->request(d, r);
}

void request_wrote(struct request *r)
{
	struct ram *ram = &r->device->machine->ram;

	for (unsigned i = 0; r->deferred && i < r->nin; i++)
		ram_write(ram, (uint64_t)((uint8_t *)r->in[i].iov_base - ram->host), r->in[i].iov_len);
}

void request_finish(struct request *r)
{
	struct device *d = r->device;
	struct machine *m = d->machine;
	struct lguest_request *g = ram_write(&m->ram, r->gpa, sizeof *g);

	request_wrote(r);
	trace(m, TRACE_DMA, "request %#x to %s done%s: %u bytes, status %u", r->gpa, d->name, r->deferred ? " later" : "", r->used,
	      r->status);
	m->stats.dma_out_bytes += r->out_bytes;
	m->stats.dma_in_bytes += r->used;
	g->used = r->used;
	g->status = r->status;
	atomic_thread_fence(memory_order_release);
	g->state = LGUEST_REQUEST_DONE;
	d->requests--;
	if (r->deferred)
		device_raise(d);
	free(r);
}

/* ---- threads ---- */

/* What machine_halt wants to know. */
static void count_deferred(const struct request *r, bool more)
{
	struct machine *m = r->device->machine;
	uint64_t bytes = (uint64_t)r->out_bytes + r->in_bytes;

	m->deferred += more ? 1 : -1u;
	m->deferred_bytes += more ? bytes : -bytes;
}

/* There is something in the queue, and p is locked: one that looks out sees it, and calls another for what is behind it. */
static void call_thread(struct pool *p)
{
	atomic_store(&p->come, true);
	if (!p->looking && p->idle)
		pthread_cond_signal(&p->more);
}

void request_defer(struct request *r, void (*run)(struct request *r), void (*done)(struct request *r))
{
	struct pool *p = r->device->pool;

	r->run = run;
	r->done = done;
	r->next = NULL;
	r->deferred = true;
	atomic_store(&r->worker, 0);
	r->device->machine->stats.requests_deferred++;
	count_deferred(r, true);
	pthread_mutex_lock(&p->lock);
	*p->tail = r;
	p->tail = &r->next;
	call_thread(p);
	pthread_mutex_unlock(&p->lock);
}

bool request_cancel(struct request *r)
{
	struct pool *p = r->device->pool;
	struct request **at;
	int worker;

	pthread_mutex_lock(&p->lock);
	for (at = &p->queue; *at && *at != r; at = &(*at)->next)
		;
	if (*at) {
		*at = r->next;
		if (!r->next)
			p->tail = at;
		pthread_mutex_unlock(&p->lock);
		count_deferred(r, false);
		return true;
	}
	worker = atomic_load(&r->worker);
	if (worker > 0)
		pthread_kill(p->workers[worker - 1].thread, INTERRUPT);
	pthread_mutex_unlock(&p->lock);
	return false;
}

void requests_collect(struct device *d)
{
	struct pool *p = d->pool;
	struct request *r, *next;

	pthread_mutex_lock(&p->lock);
	r = p->ran;
	p->ran = NULL;
	pthread_mutex_unlock(&p->lock);
	for (; r; r = next) {
		next = r->next;
		count_deferred(r, false);
		r->done(r);
	}
}

/* A futex that is waited for with a timeout would be, after a stop, by another call, which the filter does not know (seccomp.c). */
void requests_wait(struct device *d)
{
	const struct timespec little = { .tv_nsec = 1000000 };

	ppoll(NULL, 0, &little, NULL);
	requests_collect(d);
}

static bool has_come(void *ctx)
{
	return atomic_load_explicit(&((struct pool *)ctx)->come, memory_order_relaxed);
}

/* The queue is empty, and p is locked: look out for more before this thread sleeps, if no other does. */
static void look_out(struct pool *p)
{
	atomic_store(&p->come, false);
	p->looking = true;
	pthread_mutex_unlock(&p->lock);
	patience_wait(&p->patience, PATIENCE_NS, has_come, p);
	pthread_mutex_lock(&p->lock);
	p->looking = false;
}

/* Where the first request stands that may be run now: all threads but one can hang at once. */
static struct request **next_place(struct pool *p)
{
	struct request **at = &p->queue;

	while (*at && (*at)->may_hang && p->hanging + 1 >= p->threads)
		at = &(*at)->next;
	return at;
}

static struct request *next_request(struct pool *p, bool busy)
{
	struct request **at, *r;

	if (busy && !*next_place(p) && !p->looking && patience_worth(&p->patience))
		look_out(p);
	while (!(r = *(at = next_place(p)))) {
		p->idle++;
		pthread_cond_wait(&p->more, &p->lock);
		p->idle--;
	}
	*at = r->next;
	if (!r->next)
		p->tail = at;
	p->hanging += r->may_hang;
	if (*next_place(p))
		call_thread(p);
	return r;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	int index = (int)(w - p->workers) + 1;
	bool busy = false;		/* it has had something to do just now */

	if (p->device->thread)
		p->device->thread();
	sem_post(&p->started);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct request *r = next_request(p, busy);

		atomic_store(&r->worker, index);
		pthread_mutex_unlock(&p->lock);
		r->run(r);
		pthread_mutex_lock(&p->lock);
		atomic_store(&r->worker, -1);
		p->hanging -= r->may_hang;
		r->next = p->ran;
		p->ran = r;
		machine_want_work(p->device->machine, p->device->index);
		busy = true;
	}
	return NULL;
}

static void on_interrupt(int sig)
{
	(void)sig;
}

/* Signals that a thread of a pool takes: its own faults, and the interruption of a system call. */
static void own_signals(sigset_t *old)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, INTERRUPT };
	struct sigaction action = { .sa_handler = on_interrupt };	/* no SA_RESTART: that is the point */
	sigset_t blocked;

	sigaction(INTERRUPT, &action, NULL);
	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		sigdelset(&blocked, own[i]);
	pthread_sigmask(SIG_BLOCK, &blocked, old);
}

struct pool *pool_start(struct device *d, unsigned threads, struct error *err)
{
	struct pool *p = calloc(1, sizeof *p + threads * sizeof p->workers[0]);
	pthread_attr_t attr;
	sigset_t old;
	int status = 0;

	if (!p) {
		error_set(err, "out of memory");
		return NULL;
	}
	p->device = d;
	p->tail = &p->queue;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	sem_init(&p->started, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	own_signals(&old);
	for (p->threads = 0; p->threads < threads && !status; p->threads += !status) {
		struct worker *w = &p->workers[p->threads];

		w->pool = p;
		status = pthread_create(&w->thread, &attr, work, w);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	/* A thread makes system calls of its own until here, which main's filter would forbid. */
	for (unsigned i = 0; i < p->threads; i++)
		while (sem_wait(&p->started) < 0)
			;
	if (!status)
		return p;
	error_set(err, "cannot start a thread: %s", strerror(status));
	return NULL;
}
