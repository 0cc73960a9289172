/*
 * Unit tests of host/net/tapframe.c: what goes before a frame on a tap.  The frames that go are the guest's, and so may be anything; of those that come nothing
 * is believed that cannot be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_net.h>
#include <sys/uio.h>

#include "../../../abi/lguest.h"
#include "../../../host/error.h"
#include "../../../host/net/wires.h"

static uint8_t frame[128];
static struct virtio_net_hdr head;

/* The beginning of a TCP segment whose header has 32 bytes. */
static void segment(bool v6)
{
	uint8_t *ip = frame + 14;

	memset(frame, 0, sizeof frame);
	frame[12] = v6 ? 0x86 : 0x08;
	frame[13] = v6 ? 0xdd : 0x00;
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 6 : 9] = 6;
	ip[(v6 ? 40 : 20) + 12] = 8 << 4;
}

static int make(size_t len)
{
	memset(&head, 0xaa, sizeof head);
	return wire_tap_head(&head, frame, len < sizeof frame ? len : sizeof frame, len, WIRE_MTU);
}

static void what_the_wire_carries_is_left_alone(void **state)
{
	static const struct virtio_net_hdr none;

	(void)state;
	segment(false);
	for (size_t len = 14; len <= WIRE_MTU + WIRE_FRAME_MORE; len++) {
		assert_int_equal(make(len), 0);
		assert_memory_equal(&head, &none, sizeof head);
	}
}

static void long_segments_are_cut_to_packets_of_the_mtu(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		unsigned ip = v6 ? 40 : 20;

		segment(v6);
		assert_int_equal(make(14 + WIRE_LONGEST), 0);
		assert_int_equal(head.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		assert_int_equal(head.gso_type, v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4);
		assert_int_equal(head.hdr_len, 14 + ip + 32);
		assert_int_equal(head.gso_size, WIRE_MTU - ip - 32);
		assert_int_equal(head.csum_start, 14 + ip);
		assert_int_equal(head.csum_offset, 16);
	}
}

static void what_cannot_be_cut_is_refused(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} bad[] = {
		{ 12, 0x81 },		/* neither IPv4 nor IPv6 */
		{ 14, 0x46 },		/* options */
		{ 14, 0x65 },		/* a version that is not the type's */
		{ 14 + 9, 17 },		/* not TCP */
		{ 14 + 20 + 12, 4 << 4 },	/* a header that is none */
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		segment(false);
		frame[bad[i].at] = bad[i].value;
		assert_int_equal(make(20000), -1);
	}
	segment(false);
	assert_int_equal(make(14 + WIRE_LONGEST + 1), -1);
	assert_int_equal(wire_tap_head(&head, frame, 14 + 20 + 19, 20000, WIRE_MTU), -1);	/* headers in pieces */
}

/* ---- frames that come ---- */

#define LONG	4096
#define FENCE	64
static uint8_t came[FENCE + LONG + FENCE], was[sizeof came];
static struct iovec pieces[64];
static struct lguest_net_head told;
static uint32_t seed = 1;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static void random_frame(void)
{
	for (size_t i = 0; i < sizeof came; i++)
		came[i] = (uint8_t)rnd(256);
}

/* A frame of len bytes comes, the first of which lie in one piece; what is told of it is in `told'. */
static int comes(size_t len, size_t first, struct virtio_net_hdr h)
{
	uint8_t *p = came + FENCE;
	size_t n = 0;

	memcpy(was, came, sizeof came);
	pieces[n++] = (struct iovec){ p, first < len ? first : len };
	for (size_t at = first; at < len; n++) {
		size_t part = n == 63 ? len - at : 1 + rnd((uint32_t)(len - at));

		pieces[n] = (struct iovec){ p + at, part };
		at += part;
	}
	memset(&told, 0xaa, sizeof told);
	return wire_tap_came(&h, pieces, len, &told);
}

/* The sum of the words from `start` on: 0xffff if a checksum is right that covers them, with what the field held before. */
static uint16_t plain_sum(const uint8_t *p, size_t start, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = start; i < len; i++)
		sum += (i - start) % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static bool unchanged_but(size_t at, size_t n)
{
	return memcmp(came, was, FENCE + at) == 0 && memcmp(came + FENCE + at + n, was + FENCE + at + n, sizeof came - FENCE - at - n) == 0;
}

static void what_the_kernel_has_done_is_believed(void **state)
{
	(void)state;
	random_frame();
	assert_int_equal(comes(1000, 100, (struct virtio_net_hdr){ 0 }), 0);
	assert_int_equal(told.flags, 0);
	assert_int_equal(told.segment, 0);
	assert_int_equal(comes(1000, 100, (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_DATA_VALID }), 0);
	assert_int_equal(told.flags, LGUEST_NET_SUMMED);
	assert_int_equal(told.segment, 0);
	assert_true(unchanged_but(0, 0));
}

static void sums_that_it_has_left_are_filled_in(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t start = 14 + rnd(60), at = rnd(20), len = start + at + 2 + rnd(600);
		uint8_t *p = came + FENCE;
		uint16_t before, want;

		random_frame();
		before = plain_sum(p, start, len);
		assert_int_equal(comes(len, rnd((uint32_t)len), (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_start = (uint16_t)start, .csum_offset = (uint16_t)at }), 0);
		assert_int_equal(told.flags, LGUEST_NET_SUMMED);
		want = before == 0xffff ? 0xffff : (uint16_t)~before;
		assert_int_equal(p[start + at] << 8 | p[start + at + 1], want);
		assert_true(unchanged_but(start + at, 2));
	}
}

static const struct virtio_net_hdr uncut4 = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448,
					      .csum_start = 34, .csum_offset = 16 };

static void packets_that_are_not_cut_are_left_to_the_guest(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct virtio_net_hdr h = uncut4;

		h.gso_type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		h.csum_start = v6 ? 54 : 34;
		random_frame();
		segment(v6);
		memcpy(came + FENCE, frame, sizeof frame);
		assert_int_equal(comes(LONG, 2048, h), 0);
		assert_int_equal(told.flags, LGUEST_NET_SUMMED | LGUEST_NET_LONG);
		assert_int_equal(told.segment, 1448);
		assert_true(unchanged_but(0, 0));
	}
}

/* With a VLAN's tag, options or extension headers, or in a buffer that is too small for headers. */
static void but_not_those_that_it_could_not_sum(void **state)
{
	struct virtio_net_hdr h = uncut4;

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint16_t before;

		random_frame();
		segment(false);
		memcpy(came + FENCE, frame, sizeof frame);
		h.csum_start = 34;
		if (i == 0) {
			came[FENCE + 12] = 0x81;
			h.csum_start = 38;
		} else if (i == 1) {
			came[FENCE + 14] = 0x46;
			h.csum_start = 38;
		}
		before = plain_sum(came + FENCE, h.csum_start, LONG);
		assert_int_equal(comes(LONG, i == 2 ? 60 : 2048, h), 0);
		assert_int_equal(told.flags, LGUEST_NET_SUMMED);
		assert_int_equal(told.segment, 0);
		assert_int_equal(came[FENCE + h.csum_start + 16] << 8 | came[FENCE + h.csum_start + 17], (uint16_t)~before);
		assert_true(unchanged_but(h.csum_start + 16u, 2));
	}
}

static void nonsense_is_refused(void **state)
{
	const struct virtio_net_hdr bad[] = {
		{ .flags = 0x80 },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM },					/* of the Ethernet header */
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = LONG - 34 - 1 },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 0xffff, .csum_offset = 0xffff },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = LONG, .csum_offset = 16 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448, .csum_start = 34, .csum_offset = 16 },	/* without a sum to be made */
		{ .flags = uncut4.flags, .gso_type = VIRTIO_NET_HDR_GSO_UDP, .gso_size = 1448, .csum_start = 34, .csum_offset = 6 },
		{ .flags = uncut4.flags, .gso_type = 5, .gso_size = 1448, .csum_start = 34, .csum_offset = 6 },
		{ .flags = uncut4.flags, .gso_type = 0xff, .gso_size = 1448, .csum_start = 34, .csum_offset = 16 },
		{ .flags = uncut4.flags, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, .gso_size = 1448, .csum_start = 34, .csum_offset = 16 },
		{ .flags = uncut4.flags, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 0, .csum_start = 34, .csum_offset = 16 },
		{ .flags = uncut4.flags, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 7, .csum_start = 34, .csum_offset = 16 },
		{ .flags = uncut4.flags, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = LONG, .csum_start = 34, .csum_offset = 16 },
		{ .flags = uncut4.flags, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448, .csum_start = 34, .csum_offset = 6 },
		{ .flags = uncut4.flags, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448, .csum_start = LONG - 20, .csum_offset = 16 },
	};

	(void)state;
	random_frame();
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(comes(LONG, 2048, bad[i]), -1);
		assert_true(unchanged_but(0, 0));
	}
}

/* Whatever it says of whatever frame, only the frame is touched, and of that two bytes. */
static void nothing_else_is_touched(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t len = 14 + rnd(i % 2 ? 100 : LONG - 14);
		struct virtio_net_hdr h = { .flags = (uint8_t)rnd(4), .gso_type = (uint8_t)rnd(6), .hdr_len = (uint16_t)rnd(0x10000),
					    .gso_size = (uint16_t)rnd(0x10000), .csum_start = (uint16_t)rnd(100), .csum_offset = (uint16_t)rnd(100) };

		if (rnd(8) == 0)
			h.csum_start = h.csum_offset = 0xffff;
		if (rnd(2)) {
			segment(rnd(2));
			memcpy(came + FENCE, frame, len < sizeof frame ? len : sizeof frame);
		}
		if (comes(len, rnd((uint32_t)len), h) < 0)
			assert_true(unchanged_but(0, 0));
		else
			assert_true(unchanged_but((size_t)h.csum_start + h.csum_offset, 2) || unchanged_but(0, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_wire_carries_is_left_alone),
		cmocka_unit_test(long_segments_are_cut_to_packets_of_the_mtu),
		cmocka_unit_test(what_cannot_be_cut_is_refused),
		cmocka_unit_test(what_the_kernel_has_done_is_believed),
		cmocka_unit_test(sums_that_it_has_left_are_filled_in),
		cmocka_unit_test(packets_that_are_not_cut_are_left_to_the_guest),
		cmocka_unit_test(but_not_those_that_it_could_not_sum),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(nothing_else_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
