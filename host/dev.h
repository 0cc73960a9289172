/*
 * A device, seen from the machine: a descriptor on the device page and a few functions.  Devices use lguest's DMA: the
 * guest sends on a key, and binds buffers to a key for input; or our own requests (dev/request.h).  All functions run on the
 * vCPU thread.  Functions that a device does not need are NULL.
 */
#ifndef HOST_DEV_H
#define HOST_DEV_H

#include <poll.h>
#include <sys/uio.h>

#include "io.h"
#include "machine.h"

struct pool;
struct request;

struct device {
	const char *name;
	uint16_t type, features;
	uint16_t pages;			/* device memory behind the device page */
	/* The descriptor exists; the I/O thread does not run yet. */
	int (*start)(struct device *d, struct error *err);
	/* The guest has ended: put in order what is not the guest's alone. */
	void (*stop)(struct device *d);
	/* SEND_DMA on one of our keys: move iov, return the bytes taken. */
	bool (*owns_key)(const struct device *d, uint32_t key);
	uint32_t (*send)(struct device *d, uint32_t key, const struct iovec *iov, int count);
	/* Called after machine_want_work, and after dma_wait when the guest may have freed a buffer. */
	void (*work)(struct device *d);
	/* Has something come of which the descriptor says nothing?  If not, and `bell`, the descriptor will say so.  Or NULL: it always does. */
	bool (*ready)(struct device *d, bool bell);
	/* LHCALL_REQUEST: r is checked; finish or defer it. */
	void (*request)(struct device *d, struct request *r);
	/*
	 * The same in a light exit: general registers only, and no library call.  Do it if that takes no waiting, and set *used; or false, after
	 * which request is called for it, with all to do.
	 */
	bool (*light)(struct device *d, uint32_t arg, const struct iovec *iov, unsigned nout, unsigned nin, uint32_t *used);
	void (*thread)(void);		/* called first by each thread of the pool; or NULL */
	struct pool *pool;		/* threads for requests that may wait, or NULL */
	unsigned requests;		/* under way */
	struct io_watch watch;		/* of the descriptor that device_watch was given */
	uint32_t wants, watched;	/* IO_...: what it waits for; what the I/O thread has been asked to wait for */
	_Atomic uint32_t events;	/* what has come of that, any thread */

	struct machine *machine;	/* the rest is set by dev.c */
	unsigned index;			/* in the device page; its irq is index + 1 */
	struct lguest_device_desc *desc;
};

/* dev/dev.c */
/* Add a device, in the order of the device page; before the machine is made. */
int devices_add(struct device *d, struct error *err);
int devices_init(struct machine *m, struct error *err);
unsigned devices_pages(void);		/* device memory that all devices want, the device page included */
void devices_stop(struct machine *m);	/* the guest has ended */
void devices_work(struct machine *m);	/* call the work functions that are asked for */
/* Hypercalls.  dma_bind returns what EAX gets. */
uint32_t dma_bind(struct machine *m, uint32_t key, uint32_t gpa, uint32_t count_irq);
void dma_send(struct machine *m, uint32_t key, uint32_t gpa);
/* The next free input buffer that the guest bound to key, once all of the array is free: its segments; 0 segments if there is none. */
int dma_next(struct device *d, uint32_t key, struct iovec iov[LGUEST_DMA_SECTIONS]);
/* `bytes` (not 0) have been put into the buffer that dma_next gave; raises its irq. */
void dma_done(struct device *d, uint32_t key, uint32_t bytes);
/*
 * For devices that fill the array round and round, each buffer as soon as it is free: those that come next, `most` at most, and no more than are needed for
 * `want` bytes.  How many bytes they hold, 0: there are none.  They may be filled at once, and not later: dma_run_done says with how much, in all.
 */
#define DMA_RUN_BUFFERS	LGUEST_NET_BUFFERS
#define DMA_RUN_SEGMENTS	(DMA_RUN_BUFFERS + LGUEST_DMA_SECTIONS)
struct dma_run {
	unsigned buffers;
	uint32_t room[DMA_RUN_BUFFERS];
	int count;
	struct iovec iov[DMA_RUN_SEGMENTS];
};
size_t dma_run(struct device *d, uint32_t key, unsigned most, size_t want, struct dma_run *r);
void dma_run_done(struct device *d, uint32_t key, const struct dma_run *r, uint32_t bytes);
/* Raise the irq of whoever bound key, with nothing in his buffers. */
void dma_raise(struct device *d, uint32_t key);
/* There was none: call work again when that may have changed. */
void dma_wait(struct device *d);
/* The guest has said something to somebody who will answer, or has heard something: more may come soon. */
static inline void device_talked(struct device *d)
{
	d->machine->talked = true;
}
static inline void device_raise(struct device *d)
{
	machine_raise(d->machine, d->index + 1);
}

/* dev/events.c */
/* HALT: does any device wait for something?  What the vCPU waits for itself, and what has come of it. */
bool devices_wait(const struct machine *m);
unsigned devices_pause(struct machine *m, struct pollfd fds[LGUEST_MAX_DEVICES]);
void devices_resume(struct machine *m, const struct pollfd fds[LGUEST_MAX_DEVICES]);
/* What descriptors do not say: device.ready, of all.  What has come is asked to be worked on. */
bool devices_ready(struct machine *m, bool bell);
/* The vCPU is busy: the I/O thread waits instead. */
void devices_watch(struct machine *m);
/*
 * Events of a descriptor, for which either waits: at start, device_watch says which descriptor (0, or -1 and errno); device_want that the device
 * waits for IO_IN or IO_OUT, once; work is called then, and finds what has come by device_events.
 */
int device_watch(struct device *d, int fd);
void device_want(struct device *d, uint32_t events);
uint32_t device_events(struct device *d);

/* dev/console.c */
extern struct device console_device;

#endif
