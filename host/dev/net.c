/*
 * The network device of lguest: frames by DMA, one a DMA, without a copy in this process: a frame is written to the wire
 * from the guest's pages, and read from the wire into the buffers that the guest has posted, in their order.  When no buffer is
 * free, frames stay in the wire's own queue, which drops what it cannot hold: nothing that the guest has not read is
 * written over.  When the wire is full, the guest keeps its frame (used_len is 0) and hears by the irq when there is room.
 *
 * What the wire is, a tap or a helper's socket, does not matter here.  The device's page is lguest's table of MAC
 * addresses: slot 0 is the world, slot 1 the guest; we propose the guest's address there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "../dev.h"
#include "../io.h"
#include "../trace.h"
#include "net.h"

#define FRAME_LEAST	14
#define FRAME_MOST	1518		/* with a VLAN tag */
#define MAC_BYTES	6
#define MAC_PROMISCUOUS	1		/* in the table: wants all frames */
#define GUEST_SLOT	1

struct net {
	struct device device;		/* first */
	struct io_watch watch;
	const char *wire;
	uint8_t mac[MAC_BYTES];
	uint32_t base;			/* the page's guest-physical address */
	bool in_armed, out_armed;	/* vCPU thread */
	_Atomic uint32_t events;	/* I/O thread: what the wire is ready for */
	bool dead;
	uint64_t too_long, refused;
};

static char spill[2048];		/* the end of frames that are too long */

/* I/O thread. */
static void net_ready(void *ctx, uint32_t events)
{
	struct net *n = ctx;

	atomic_fetch_or(&n->events, events);
	machine_want_work(n->device.machine, n->device.index);
}

static void net_arm(struct net *n)
{
	uint32_t events = (n->in_armed ? IO_IN : 0) | (n->out_armed ? IO_OUT : 0);

	if (events && !n->dead)
		io_arm(&n->watch, events);
}

static bool net_owns_key(const struct device *d, uint32_t key)
{
	const struct net *n = (const struct net *)d;

	return key >= n->base && key < n->base + PAGE_SIZE;
}

static uint32_t net_send(struct device *d, uint32_t key, const struct iovec *iov, int count)
{
	struct net *n = (struct net *)d;
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += iov[i].iov_len;
	if (key != n->base || n->dead)
		return (uint32_t)len;		/* there is nobody in that slot */
	if (len < FRAME_LEAST || len > FRAME_MOST) {
		n->too_long++;
		return (uint32_t)len;
	}
	while (writev(n->watch.fd, iov, count) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN) {
			n->out_armed = true;
			net_arm(n);
			return 0;
		}
		n->refused++;
		if (errno == EPIPE || errno == ECONNRESET || errno == EBADFD)
			n->dead = true;
		trace(d->machine, TRACE_DMA, "net %s: a frame of %zu bytes: %s", n->wire, len, strerror(errno));
		break;
	}
	return (uint32_t)len;
}

/* Fill buffers while there are frames for them. */
static void net_receive(struct net *n)
{
	struct iovec iov[LGUEST_DMA_SECTIONS + 1];
	int count;

	for (;;) {
		size_t room = 0;
		ssize_t len;

		count = dma_next(&n->device, n->base + 4 * GUEST_SLOT, iov);
		if (count == 0) {
			dma_wait(&n->device);
			return;
		}
		for (int i = 0; i < count; i++)
			room += iov[i].iov_len;
		iov[count] = (struct iovec){ spill, sizeof spill };
		len = readv(n->watch.fd, iov, count + 1);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) {
			n->dead = n->dead || len == 0 || errno != EAGAIN;
			break;
		}
		if ((size_t)len > room)
			n->too_long++;
		else
			dma_done(&n->device, n->base + 4 * GUEST_SLOT, (uint32_t)len);
	}
	n->in_armed = true;
	net_arm(n);
}

static void net_work(struct device *d)
{
	struct net *n = (struct net *)d;
	uint32_t events = atomic_exchange(&n->events, 0);

	if (events & (IO_OUT | EPOLLERR | EPOLLHUP) && n->out_armed) {
		n->out_armed = false;
		device_raise(d);		/* the guest tries again */
	}
	if (events)
		n->in_armed = false;
	if (!n->in_armed && !n->dead)
		net_receive(n);
}

static int net_start(struct device *d, struct error *err)
{
	struct net *n = (struct net *)d;
	uint8_t *page = ram_write(&d->machine->ram, (uint64_t)d->desc->pfn << PAGE_SHIFT, PAGE_SIZE);

	if (!page)
		return error_set(err, "no room for the memory of a network interface");
	n->base = d->desc->pfn << PAGE_SHIFT;
	/* locally administered addresses: the world's is 02:00:00:00:00:01, and sees all */
	memcpy(page, (uint8_t[MAC_BYTES]){ 2 | MAC_PROMISCUOUS, 0, 0, 0, 0, 1 }, MAC_BYTES);
	memcpy(page + GUEST_SLOT * MAC_BYTES, n->mac, MAC_BYTES);
	n->watch = (struct io_watch){ n->watch.fd, net_ready, n };
	if (io_add(&n->watch) < 0)
		return error_set(err, "-n %s: %s", n->wire, strerror(errno));
	return 0;
}

int net_add(int fd, const char *name, const uint8_t mac[MAC_BYTES], struct error *err)
{
	struct net *n = calloc(1, sizeof *n);

	if (!n)
		return error_set(err, "out of memory");
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	n->wire = name;
	memcpy(n->mac, mac, MAC_BYTES);
	n->watch.fd = fd;
	n->device = (struct device){ .name = "net", .type = LGUEST_DEVICE_NET, .features = GUEST_SLOT, .pages = 1, .ring = true,
				     .start = net_start, .owns_key = net_owns_key, .send = net_send, .work = net_work };
	return devices_add(&n->device, err);
}
