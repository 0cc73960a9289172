/* Requests in light exits: fast.c asks here first, and what is not done is request.c's, as if nothing had been. */
#include <string.h>

#include "request.h"

#define SEGMENTS	32		/* of a request that is small */

/* Where the guest's segments are: false if one is nowhere. */
static bool find_segments(struct ram *ram, const struct lguest_segment *segment, unsigned nout, unsigned n, struct iovec *iov)
{
	for (unsigned i = 0; i < n; i++) {
		struct lguest_segment s;

		memcpy(&s, &segment[i], sizeof s);	/* once: a device may be changing it */
		iov[i].iov_base = i < nout ? (void *)(uintptr_t)ram_read(ram, s.addr, s.len) : ram_write(ram, s.addr, s.len);
		iov[i].iov_len = s.len;
		if (!iov[i].iov_base)
			return false;
	}
	return true;
}

bool request_light(struct machine *m, uint32_t index, uint32_t gpa, uint32_t arg)
{
	struct device *d = index < m->ndevices ? m->devices[index] : NULL;
	struct lguest_request *g = d && d->light && !(gpa & 3) ? ram_write(&m->ram, gpa, sizeof *g) : NULL;
	const struct lguest_segment *segment;
	struct iovec iov[SEGMENTS];
	struct lguest_request head;
	unsigned n;

	if (!g)
		return false;
	memcpy(&head, g, sizeof head);
	n = (unsigned)head.nout + head.nin;
	segment = n <= SEGMENTS ? ram_read(&m->ram, (uint64_t)gpa + sizeof *g, n * sizeof *segment) : NULL;
	if (!segment || !find_segments(&m->ram, segment, head.nout, n, iov) || !d->light(d, arg, iov, head.nout, head.nin, &head.used))
		return false;
	m->stats.requests++;
	for (unsigned i = 0; i < head.nout; i++)
		m->stats.dma_out_bytes += iov[i].iov_len;
	m->stats.dma_in_bytes += head.used;
	g->used = head.used;
	g->status = 0;
	atomic_thread_fence(memory_order_release);
	g->state = LGUEST_REQUEST_DONE;
	return true;
}
