/*
 * A device, seen from the machine: a descriptor on the device page and a few functions.  Devices use lguest's DMA: the
 * guest sends on a key, and binds buffers to a key for input; or our own requests (dev/request.h).  All functions run on the
 * vCPU thread.  Functions that a device does not need are NULL.
 */
#ifndef HOST_DEV_H
#define HOST_DEV_H

#include <poll.h>
#include <sys/uio.h>

#include "machine.h"

struct pool;
struct request;

struct device {
	const char *name;
	uint16_t type, features;
	uint16_t pages;			/* device memory behind the device page */
	bool ring;			/* a bound array is filled round and round, each element as soon as it is free */
	/* The descriptor exists; the I/O thread does not run yet. */
	int (*start)(struct device *d, struct error *err);
	/* The guest has ended: put in order what is not the guest's alone. */
	void (*stop)(struct device *d);
	/* SEND_DMA on one of our keys: move iov, return the bytes taken. */
	bool (*owns_key)(const struct device *d, uint32_t key);
	uint32_t (*send)(struct device *d, uint32_t key, const struct iovec *iov, int count);
	/* Called after machine_want_work, and after dma_wait when the guest may have freed a buffer. */
	void (*work)(struct device *d);
	/* HALT: the descriptor with whose input the vCPU shall wake up, and nobody else; or -1.  Then resume says whether it has. */
	int (*pause)(struct device *d);
	void (*resume)(struct device *d, bool ready);
	/* LHCALL_REQUEST: r is checked; finish or defer it. */
	void (*request)(struct device *d, struct request *r);
	void (*thread)(void);		/* called first by each thread of the pool; or NULL */
	struct pool *pool;		/* threads for requests that may wait, or NULL */
	unsigned requests;		/* under way */
	bool paused;			/* it gave a descriptor to pause; dev.c's */

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
/* HALT: what the vCPU waits for itself, and what has come of it. */
unsigned devices_pause(struct machine *m, struct pollfd fds[LGUEST_MAX_DEVICES]);
void devices_resume(struct machine *m, const struct pollfd *fds, unsigned n);
bool devices_waiting(struct machine *m);	/* would devices_work have something to do? */
/* Hypercalls.  dma_bind returns what EAX gets. */
uint32_t dma_bind(struct machine *m, uint32_t key, uint32_t gpa, uint32_t count_irq);
void dma_send(struct machine *m, uint32_t key, uint32_t gpa);
/* The next free input buffer that the guest bound to key: its segments; 0 segments if there is none. */
int dma_next(struct device *d, uint32_t key, struct iovec iov[LGUEST_DMA_SECTIONS]);
/* `bytes` (not 0) have been put into the buffer that dma_next gave; raises its irq. */
void dma_done(struct device *d, uint32_t key, uint32_t bytes);
/* Raise the irq of whoever bound key, with nothing in his buffers. */
void dma_raise(struct device *d, uint32_t key);
/* There was none: call work again when that may have changed. */
void dma_wait(struct device *d);
static inline void device_raise(struct device *d)
{
	machine_raise(d->machine, d->index + 1);
}

/* dev/console.c */
extern struct device console_device;

#endif
