/*
 * Unit tests of host/net/user.c: what a hostile guest can reach by frames of its own making.  Each sends a first TCP segment to a
 * listening socket of this process; whether it is accepted tells whether the helper process connected to it.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/error.h"
#include "../../../host/net/ring.h"
#include "../../../host/net/wires.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
static struct ring_end wire;
static int listener;
static uint16_t port;

static uint32_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		s += (uint32_t)(p[i] << 8 | p[i + 1]);
	return s;
}

static void put_sum(uint8_t *at, uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	at[0] = (uint8_t)(~s >> 8);
	at[1] = (uint8_t)~s;
}

static void put(const uint8_t *frame, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)frame, len };

	assert_int_equal(ring_write(&wire, &iov, 1), len);
}

/* The helper's next frame: its length. */
static ssize_t take(uint8_t *frame, size_t size)
{
	struct iovec iov = { frame, size };

	while (!ring_ready(&wire, RING_FRAME, true)) {
		struct pollfd p = { .fd = wire.fd, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 100000), 1);
		ring_hear(&wire);
		assert_false(wire.ended);
	}
	return ring_read(&wire, &iov, 1);
}

/* The first segment of a connection from `from` to to!port, where addresses have n bytes. */
static void send_syn(const void *from, const void *to, size_t n)
{
	static uint16_t from_port = 2000;
	uint8_t frame[14 + 40 + 20] = { 0x52, 0x55, 10, 0, 2, 2, 2, 0, 0, 0, 0, 1 };
	uint8_t *ip = frame + 14, *tcp = ip + (n == 4 ? 20 : 40), *addresses = ip + (n == 4 ? 12 : 8);

	memcpy(addresses, from, n);
	memcpy(addresses + n, to, n);
	frame[12] = n == 4 ? 0x08 : 0x86;
	frame[13] = n == 4 ? 0x00 : 0xdd;
	if (n == 4) {
		ip[0] = 0x45;
		ip[3] = 40;
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		put_sum(ip + 10, sum(ip, 20, 0));
	} else {
		ip[0] = 0x60;
		ip[5] = 20;
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
	}
	from_port++;
	tcp[0] = (uint8_t)(from_port >> 8);
	tcp[1] = (uint8_t)from_port;
	tcp[2] = (uint8_t)(port >> 8);
	tcp[3] = (uint8_t)port;
	tcp[12] = 5 << 4;
	tcp[13] = 2;		/* SYN */
	tcp[14] = 0x40;
	put_sum(tcp + 16, sum(tcp, 20, sum(addresses, 2 * n, IPPROTO_TCP + 20)));
	put(frame, (size_t)(tcp + 20 - frame));
}

/* Does somebody call the listener within as long? */
static bool called(int ms)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	if (poll(&p, 1, ms) <= 0)
		return false;
	close(accept(listener, NULL, NULL));
	return true;
}

/* The helper has read what was sent before, when it has answered this: who has 10.0.2.2? */
static void helper_has_read(void)
{
	uint8_t arp[60] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
			    2, 0, 0, 0, 0, 1, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2 };
	uint8_t frame[WIRE_MTU_MOST + 32];
	ssize_t n;

	put(arp, sizeof arp);
	do {
		n = take(frame, sizeof frame);
		assert_true(n > 0);
	} while (n < 42 || frame[12] != 8 || frame[13] != 6 || frame[21] != 2);
}

static void refused4(const char *to)
{
	uint8_t from[4] = { 10, 0, 2, 15 }, a[4];

	assert_int_equal(inet_pton(AF_INET, to, a), 1);
	send_syn(from, a, 4);
	helper_has_read();
	if (called(100))
		fail_msg("a frame to %s reached this host", to);
}

static void refused6(const char *to)
{
	uint8_t from[16] = { 0xfd, 0, 0, 2, [8] = 0, 0, 0, 0xff, 0xfe, 0, 0, 1 }, a[16];

	assert_int_equal(inet_pton(AF_INET6, to, a), 1);
	send_syn(from, a, 16);
	helper_has_read();
	if (called(100))
		fail_msg("a frame to %s reached this host", to);
}

static void the_loopback_is_out_of_reach(void **state)
{
	(void)state;
	refused4("127.0.0.1");
	refused4("127.255.1.2");
	refused4("0.0.0.0");
	refused4("0.0.0.1");
	refused4("10.0.2.2");
	refused4("10.0.2.3");
	refused4("255.255.255.255");
	refused6("::1");
	refused6("::");
	refused6("::ffff:127.0.0.1");
	refused6("::ffff:0.0.0.0");
	refused6("::127.0.0.1");
	refused6("fd00:2::2");
	refused6("fd00:2::3");
	refused6("fe80::2");
	refused6("fe80::3");
}

/* The same frame to an address that others can reach as well arrives: so what is above is refused for its address. */
static void other_addresses_are_in_reach(void **state)
{
	uint8_t from[4] = { 10, 0, 2, 15 };
	struct ifaddrs *all, *i;

	(void)state;
	assert_int_equal(getifaddrs(&all), 0);
	for (i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && !(i->ifa_flags & IFF_LOOPBACK) && i->ifa_flags & IFF_UP)
			break;
	if (i) {
		send_syn(from, &((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, 4);
		assert_true(called(100000));
	}
	freeifaddrs(all);
	if (!i)
		skip();
}

/* At every address of both families. */
static void listen_everywhere(void)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	struct sockaddr_storage s;
	socklen_t len = sizeof s;
	int off = 0;

	listener = socket(AF_INET6, SOCK_STREAM, 0);
	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a6, sizeof a6) < 0) {	/* a host without IPv6 */
		close(listener);
		listener = socket(AF_INET, SOCK_STREAM, 0);
		bind(listener, (struct sockaddr *)&a4, sizeof a4);
	}
	listen(listener, 10);
	getsockname(listener, (struct sockaddr *)&s, &len);
	port = ntohs(s.ss_family == AF_INET ? ((struct sockaddr_in *)&s)->sin_port : ((struct sockaddr_in6 *)&s)->sin6_port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loopback_is_out_of_reach),
		cmocka_unit_test(other_addresses_are_in_reach),
	};
	struct error err = { "" };

	if (wire_user(NULL, 0, mac, false, &wire, &err) < 0 || wire_user_wait(&err) < 0) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	listen_everywhere();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
