/*
 * The network device of lguest: frames by DMA, one a DMA, without a copy in this process: a frame is written to the wire
 * from the guest's pages, and read from the wire into the buffers that the guest has posted, in their order.  When no buffer is
 * free, frames stay in the wire's own queue, which drops what it cannot hold: nothing that the guest has not read is
 * written over.  When the wire is full, the guest keeps its frame (used_len is 0) and hears by the irq when there is room.
 *
 * What the wire is, a tap, a helper's socket or memory shared with a helper, matters little here.  The device's page is lguest's table of MAC
 * addresses: slot 0 is the world, slot 1 the guest; we propose the guest's address there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "../dev.h"
#include "../net/wires.h"
#include "../trace.h"
#include "net.h"

#define FRAME_LEAST	14
#define FRAME_HEADERS	128
#define MAC_BYTES	6
#define MAC_PROMISCUOUS	1		/* in the table: wants all frames */
#define GUEST_SLOT	1

struct net {
	struct device device;		/* first */
	int fd;				/* -1: */
	struct ring_end ring;		/* the wire is shared memory */
	const char *wire;
	uint8_t mac[MAC_BYTES];
	uint32_t base;			/* the page's guest-physical address */
	unsigned mtu, longest;		/* longest: of a tap, where each frame has a header of its own */
	unsigned longest_in;		/* not 0: the guest may have frames in several buffers, each with a head of ours, and ... */
	bool joins;			/* ... wants them so */
	int drops;			/* of wire_tap, or -1 */
	bool full;			/* the guest keeps a frame until the wire has room */
	bool starved;			/* there was no buffer: since then it may have dropped some */
	bool dead;
};

static char spill[WIRE_LONGEST_IN];	/* the end of frames that are too long for the guest's buffer */

/* What we tell the guest of the wire. */
static struct lguest_net_news *net_news(struct net *n)
{
	return ram_write(&n->device.machine->ram, n->base + LGUEST_NET_NEWS, sizeof(struct lguest_net_news));
}

/* There is no wire any more: the guest hears of it, and why, if that has not been said before. */
static void net_died(struct net *n)
{
	struct lguest_net_news *news = net_news(n);
	uint8_t *slots = ram_write(&n->device.machine->ram, n->base, MAC_BYTES);

	if (n->dead)
		return;
	n->dead = true;
	if (!news->why[0])
		snprintf(news->why, sizeof news->why, "%s: the other end of the wire has ended", n->wire);
	memset(slots, 0, MAC_BYTES);
	device_raise(&n->device);
}

/* News of a helper, where a frame would be: true if that is what came, in the guest's own buffer. */
static bool net_hear(struct net *n, const struct iovec *iov, int count, size_t len)
{
	static const uint8_t nobody[MAC_BYTES];
	struct lguest_net_news *news = net_news(n);
	uint8_t record[WIRE_NEWS_MOST + 1], *data = record + WIRE_NEWS_HEAD;
	size_t have;

	if (len < WIRE_NEWS_HEAD || n->longest)		/* a tap has no helper */
		return false;
	have = iov_gather(record, len < WIRE_NEWS_MOST ? len : WIRE_NEWS_MOST, iov, count);
	if (have < WIRE_NEWS_HEAD || memcmp(record, nobody, MAC_BYTES) != 0)
		return false;
	record[have] = '\0';
	if (record[MAC_BYTES] == WIRE_LOST && have >= WIRE_NEWS_HEAD + sizeof news->lost)
		memcpy(&news->lost, data, sizeof news->lost);
	else if (record[MAC_BYTES] == WIRE_DIED)
		snprintf(news->why, sizeof news->why, "%s", (const char *)data);
	return true;
}

static bool net_owns_key(const struct device *d, uint32_t key)
{
	const struct net *n = (const struct net *)d;

	return key >= n->base && key < n->base + PAGE_SIZE;
}

/* Make the tap's header of a frame: false if that is none. */
static bool net_head(const struct net *n, struct virtio_net_hdr *head, const struct iovec *iov, int count, size_t len)
{
	uint8_t first[FRAME_HEADERS] = { 0 };
	size_t have = iov_gather(first, sizeof first, iov, count);

	return wire_tap_head(head, first, have, len, n->mtu) == 0;
}

/* Is that a frame of a length that the wire takes? */
static bool net_takes(const struct net *n, size_t len)
{
	return len >= FRAME_LEAST && (len <= n->mtu + WIRE_FRAME_MORE || len <= n->longest + FRAME_LEAST);
}

/* The guest hears when there is room. */
static void net_full(struct net *n)
{
	n->full = true;
	if (n->fd >= 0)
		device_want(&n->device, IO_OUT);
	else if (ring_ready(&n->ring, RING_ROOM, true))
		machine_want_work(n->device.machine, n->device.index);
}

static uint32_t net_send(struct device *d, uint32_t key, const struct iovec *frame, int count)
{
	struct net *n = (struct net *)d;
	struct iovec iov[1 + LGUEST_DMA_SECTIONS];
	struct virtio_net_hdr head;
	size_t len = 0, skip = n->longest ? 0 : 1;

	for (int i = 0; i < count; i++)
		len += frame[i].iov_len;
	if (key != n->base || n->dead)
		return (uint32_t)len;		/* there is nobody in that slot */
	if (!net_takes(n, len) || (n->longest && !net_head(n, &head, frame, count, len))) {
		trace(d->machine, TRACE_DMA, "net %s: a frame of %zu bytes is none", n->wire, len);
		return (uint32_t)len;
	}
	iov[0] = (struct iovec){ &head, sizeof head };
	memcpy(iov + 1, frame, (size_t)count * sizeof *frame);
	device_talked(d);
	while ((n->fd < 0 ? ring_write(&n->ring, frame, count) : writev(n->fd, iov + skip, count + 1 - (int)skip)) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN) {
			net_full(n);
			return 0;
		}
		if (errno == EPIPE || errno == ECONNRESET || errno == EBADFD)
			net_died(n);
		trace(d->machine, TRACE_DMA, "net %s: a frame of %zu bytes: %s", n->wire, len, strerror(errno));
		break;
	}
	return (uint32_t)len;
}

static void net_count(struct net *n)
{
	uint32_t lost;

	if (wire_tap_drops(n->drops, n->wire + strlen("tap="), &lost) == 0)
		net_news(n)->lost = lost;
}

/* Has the guest said how it wants its frames?  It does so before it binds. */
static void net_agree(struct net *n)
{
	bool joins = n->longest_in && net_news(n)->joins;

	if (joins == n->joins)
		return;
	n->joins = joins;
	if (wire_tap_join(n->fd, joins) < 0)
		trace(n->device.machine, TRACE_DMA, "net %s: long frames %d: %s", n->wire, joins, strerror(errno));
}

/* The next frame, into the guest's buffers: its bytes as far as the spill takes the rest, 0 or -1 and errno; and a tap's header. */
static ssize_t net_read(struct net *n, const struct iovec *buffer, int count, struct virtio_net_hdr *head)
{
	struct iovec iov[DMA_RUN_SEGMENTS + 2];
	size_t skip = n->longest ? 0 : 1;
	ssize_t len;

	if (n->fd < 0)
		return ring_read(&n->ring, buffer, count);
	iov[0] = (struct iovec){ head, sizeof *head };
	memcpy(iov + 1, buffer, (size_t)count * sizeof *buffer);
	iov[count + 1] = (struct iovec){ spill, sizeof spill };
	do
		len = readv(n->fd, iov + skip, count + 2 - (int)skip);
	while (len < 0 && errno == EINTR);
	return len <= 0 || skip ? len : len - (ssize_t)sizeof *head;
}

/* A frame has come into r, after what we say of it.  Is it fit for the guest? */
static bool net_came(struct net *n, const struct dma_run *r, size_t len, const struct virtio_net_hdr *head, struct lguest_net_head *told)
{
	if (!n->longest)
		return true;
	if (wire_tap_came(head, r->iov, len, told) == 0)
		return n->joins || !(told->flags & LGUEST_NET_LONG);
	net_news(n)->bad++;
	trace(n->device.machine, TRACE_DMA, "net %s: a frame of %zu bytes, flags %#x, type %#x, segments of %u, is none", n->wire, len, head->flags,
	      head->gso_type, head->gso_size);
	return false;
}

/* Read frames into buffers while there are both: false when there is no buffer, or no wire. */
static bool net_fill(struct net *n)
{
	const size_t front = n->joins ? sizeof(struct lguest_net_head) : 0, want = n->joins ? front + n->longest_in : 1;
	const uint32_t key = n->base + 4 * GUEST_SLOT;
	struct lguest_net_head told;
	struct virtio_net_hdr head;
	struct dma_run r;
	size_t room;
	ssize_t len;

	while ((room = dma_run(&n->device, key, n->joins ? DMA_RUN_BUFFERS : 1, want, &r)) >= want && r.iov[0].iov_len > front) {
		void *first = r.iov[0].iov_base;

		r.iov[0].iov_base = (char *)first + front;
		r.iov[0].iov_len -= front;
		len = net_read(n, r.iov, r.count, &head);
		if (len < 0 && errno == EAGAIN)
			return true;
		if (len <= 0) {
			net_died(n);
			return false;
		}
		device_talked(&n->device);
		if (net_hear(n, r.iov, r.count, (size_t)len))
			continue;
		if ((size_t)len > room - front) {
			trace(n->device.machine, TRACE_DMA, "net %s: a frame of %zd bytes does not fit", n->wire, len);
		} else if (net_came(n, &r, (size_t)len, &head, &told)) {
			memcpy(first, &told, front);
			dma_run_done(&n->device, key, &r, (uint32_t)(len + (ssize_t)front));
		}
	}
	n->starved = true;
	dma_wait(&n->device);
	return false;
}

static void net_receive(struct net *n)
{
	net_agree(n);
	if (!net_fill(n))
		return;
	if (n->starved && n->drops >= 0)
		net_count(n);
	n->starved = false;
	device_want(&n->device, IO_IN);
}

/* Is there room again? */
static bool net_room(struct net *n)
{
	return n->fd < 0 ? ring_ready(&n->ring, RING_ROOM, false) : !(n->device.wants & IO_OUT);
}

static void net_work(struct device *d)
{
	struct net *n = (struct net *)d;

	if (device_events(d) && n->fd < 0)
		ring_hear(&n->ring);
	if (n->fd < 0 && !n->ring.ended)
		device_want(d, IO_IN);		/* the bell, whatever it is about */
	if (n->full && net_room(n)) {
		n->full = false;
		device_raise(d);		/* the guest tries again */
	}
	if (!n->dead && (n->fd < 0 || !(d->wants & IO_IN)))
		net_receive(n);
}

/* Of shared memory. */
static bool net_ready(struct device *d, bool bell)
{
	struct net *n = (struct net *)d;
	unsigned what = (n->starved ? 0 : RING_FRAME) | (n->full ? RING_ROOM : 0);

	return !n->dead && ring_ready(&n->ring, what, bell);
}

/* A tap outlives us, perhaps, and whoever opens it next may not know of long frames. */
static void net_stop(struct device *d)
{
	struct net *n = (struct net *)d;

	if (n->joins)
		wire_tap_join(n->fd, false);
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
	net_news(n)->mtu = n->mtu;
	net_news(n)->longest = n->longest;
	net_news(n)->longest_in = n->longest_in;
	if (device_watch(d, n->fd < 0 ? n->ring.fd : n->fd) < 0)
		return error_set(err, "-n %s: %s", n->wire, strerror(errno));
	return 0;
}

int net_add(const struct wire *w, const uint8_t mac[MAC_BYTES], struct error *err)
{
	struct net *n = calloc(1, sizeof *n);

	if (!n)
		return error_set(err, "out of memory");
	if (w->fd >= 0)
		fcntl(w->fd, F_SETFL, fcntl(w->fd, F_GETFL) | O_NONBLOCK);
	n->wire = w->name;
	n->mtu = w->mtu;
	n->longest = w->longest;
	n->longest_in = w->longest_in;
	n->drops = w->drops;
	memcpy(n->mac, mac, MAC_BYTES);
	n->fd = w->fd;
	n->ring = w->ring;
	n->device = (struct device){ .name = "net", .type = LGUEST_DEVICE_NET, .features = GUEST_SLOT, .pages = 1,
				     .start = net_start, .stop = net_stop, .owns_key = net_owns_key, .send = net_send, .work = net_work,
				     .ready = w->fd < 0 ? net_ready : NULL };
	return devices_add(&n->device, err);
}
