/* Unit tests of host/net/tap.c: what goes before a frame on a tap.  The frames are the guest's, and so may be anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_net.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_wire_carries_is_left_alone),
		cmocka_unit_test(long_segments_are_cut_to_packets_of_the_mtu),
		cmocka_unit_test(what_cannot_be_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
