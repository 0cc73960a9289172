/*
 * request.c: requests by LHCALL_REQUEST, and the threads that serve those which may have to wait.  Everything about a request
 * belongs to the vCPU thread, but for `run`, which a thread of the device's pool calls: it may read the request and
 * move data through out and in, and must leave everything else alone.
 */
#ifndef HOST_DEV_REQUEST_H
#define HOST_DEV_REQUEST_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "../dev.h"

struct request {
	struct device *device;
	uint32_t gpa, arg;
	const struct iovec *out, *in;	/* what the guest sends, and where it wants its answer */
	unsigned nout, nin;
	uint32_t out_bytes, in_bytes;
	uint32_t used, status;		/* to be set before request_finish; 0 at first */
	void *data;			/* the device's */

	void (*run)(struct request *r);
	void (*done)(struct request *r);
	struct request *next;		/* in the pool's queue or its list of those that ran */
	_Atomic int worker;		/* index + 1 of the thread that runs it; 0: it waits */
	bool deferred;
	bool may_hang;			/* who runs it may never come back: one thread is kept for the others */
	struct iovec iov[];
};

/* The threads of one device. */
struct pool *pool_start(struct device *d, unsigned threads, struct error *err);

/* The hypercall. */
void request_submit(struct machine *m, uint32_t index, uint32_t gpa, uint32_t arg);
/* The same in a light exit (fast.c), by request_light.c: whether it is done. */
bool request_light(struct machine *m, uint32_t index, uint32_t gpa, uint32_t arg);
/* The request is answered: tell the guest, and forget it. */
void request_finish(struct request *r);
/* Tell the engine that a thread may have written to the guest's segments; request_finish does. */
void request_wrote(struct request *r);
/* Have a thread call r->run = run, and then the vCPU thread done, which must finish r or defer it again. */
void request_defer(struct request *r, void (*run)(struct request *r), void (*done)(struct request *r));
/* Nobody wants r's result any more.  True: it had not begun, and is out of the queue; the caller finishes it.  False: it is
 * being run, and a system call in which it waits has been interrupted; `done` comes as usual. */
bool request_cancel(struct request *r);
/* Call `done` of those that ran. */
void requests_collect(struct device *d);
/* The same, after some time in which one may have run. */
void requests_wait(struct device *d);

/* Copy len bytes of the message, from byte `at` on; the caller knows that they are there. */
void request_read(const struct request *r, uint32_t at, void *to, uint32_t len);

#endif
