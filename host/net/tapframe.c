/*
 * What goes before each frame on a tap: a struct virtio_net_hdr.  On the way out it has the host's kernel cut long packets of TCP, and only
 * where there is somebody who wants them cut; on the way in it says what the kernel has left undone.  The guest has written the frames that go, so they may be
 * anything; headers that come are the kernel's, but nothing is done outside of the frame on their word.
 */
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>

#include "../../abi/lguest.h"
#include "wires.h"

#define ETHER	14
#define IP4	20
#define IP6	40
#define TCP	20
#define TCP_SUM	16		/* where its checksum is */
#define LEAST_DATA	8		/* bytes in a segment of Linux's, at least, but for the last */

/* Does an Ethernet frame begin so that TCP's header is right behind IPv4's or IPv6's?  Where it is, or 0. */
static unsigned tcp_at(const uint8_t *p)
{
	if (p[12] == 0x08 && p[13] == 0x00 && p[ETHER] == 0x45 && p[ETHER + 9] == IPPROTO_TCP)
		return ETHER + IP4;
	if (p[12] == 0x86 && p[13] == 0xdd && p[ETHER] >> 4 == 6 && p[ETHER + 6] == IPPROTO_TCP)
		return ETHER + IP6;
	return 0;
}

int wire_tap_head(struct virtio_net_hdr *h, const uint8_t *p, size_t have, size_t len, unsigned mtu)
{
	unsigned at = tcp_at(p), tcp;

	memset(h, 0, sizeof *h);
	if (len <= mtu + WIRE_FRAME_MORE)
		return 0;
	if (!at || have < at + TCP || len > ETHER + WIRE_LONGEST)
		return -1;
	tcp = (p[at + 12] >> 4) * 4;
	if (tcp < TCP)
		return -1;
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->gso_type = at == ETHER + IP4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	h->hdr_len = (uint16_t)(at + tcp);
	h->gso_size = (uint16_t)(mtu + ETHER - at - tcp);
	h->csum_start = (uint16_t)at;
	h->csum_offset = TCP_SUM;
	return 0;
}

/* The sum of the words of b's n bytes, as the host reads them; of an odd number the last one is followed by 0. */
static uint64_t sum_words(const uint8_t *b, size_t n)
{
	uint64_t sum = 0;
	uint32_t word;

	for (; n >= sizeof word; b += sizeof word, n -= sizeof word) {
		memcpy(&word, b, sizeof word);
		sum += word;
	}
	word = 0;
	memcpy(&word, b, n);
	return sum + word;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The Internet checksum of a frame from `start` to its end at len, complemented, in the order of the network. */
static uint16_t sum_from(const struct iovec *iov, size_t start, size_t len)
{
	uint64_t sum = 0;
	bool odd = false;

	for (size_t at = 0; at < len; at += iov++->iov_len) {
		size_t skip = start > at ? start - at : 0, end = len - at < iov->iov_len ? len - at : iov->iov_len;
		uint16_t part;

		if (skip >= end)
			continue;
		part = fold(sum_words((const uint8_t *)iov->iov_base + skip, end - skip));
		sum += odd ? (uint16_t)(part << 8 | part >> 8) : part;
		odd ^= (end - skip) & 1;
	}
	return (uint16_t)~fold(sum);
}

static void put_byte(const struct iovec *iov, size_t at, uint8_t byte)
{
	for (; at >= iov->iov_len; iov++)
		at -= iov->iov_len;
	((uint8_t *)iov->iov_base)[at] = byte;
}

/* The kernel has left a checksum to us: where it is to be there is the sum of the pseudo header. */
static void complete(const struct iovec *iov, const struct virtio_net_hdr *h, size_t len)
{
	uint16_t sum = sum_from(iov, h->csum_start, len);
	uint8_t bytes[sizeof sum];

	if (sum == 0)
		sum = 0xffff;			/* UDP's 0 is none, and to all others it is the same */
	memcpy(bytes, &sum, sizeof sum);
	for (unsigned i = 0; i < sizeof sum; i++)
		put_byte(iov, (size_t)h->csum_start + h->csum_offset + i, bytes[i]);
}

/* Can a frame be what the kernel says? */
static bool sane(const struct virtio_net_hdr *h, size_t len)
{
	bool sum = h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	if (h->flags & ~(VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID))
		return false;
	if (sum && (h->csum_start < ETHER || (size_t)h->csum_start + h->csum_offset + 2 > len))
		return false;
	if (h->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	return (h->gso_type == VIRTIO_NET_HDR_GSO_TCPV4 || h->gso_type == VIRTIO_NET_HDR_GSO_TCPV6) && sum && h->csum_offset == TCP_SUM &&
	       h->gso_size >= LEAST_DATA && (size_t)h->csum_start + TCP + h->gso_size <= len;
}

int wire_tap_came(const struct virtio_net_hdr *h, const struct iovec *frame, size_t len, struct lguest_net_head *told)
{
	unsigned tcp;

	if (!sane(h, len))
		return -1;
	told->flags = h->flags ? LGUEST_NET_SUMMED : 0;
	told->segment = 0;
	if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return 0;
	tcp = frame->iov_len >= ETHER + IP6 + 4 * 15 ? tcp_at(frame->iov_base) : 0;
	if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE && tcp == h->csum_start) {
		told->flags |= LGUEST_NET_LONG;
		told->segment = h->gso_size;
	} else {
		complete(frame, h, len);
	}
	return 0;
}
