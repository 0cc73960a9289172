/*
 * Unit tests of host/net/ring.c: records arrive whole and in their order between two processes that sleep and are rung up, and an end is
 * proof against whatever the other one writes into the memory that they share.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/net/ring.h"

#define MOST		32018
#define RECORDS		50000
#define PATIENCE_MS	100000

static uint8_t bytes[MOST + 8];

static uint32_t random_below(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

/* Record n: its length, and what is in it. */
static size_t record(uint32_t n, uint8_t *p)
{
	uint32_t seed = n, len = 4 + random_below(&seed, random_below(&seed, 8) ? 100 : MOST - 4);

	memset(p, (int)(n & 0xff), len);
	memcpy(p, &n, 4);
	return len;
}

/* Sleep until there is any of `what`: false if that takes too long, or the other end is no more. */
static bool wait_for(struct ring_end *e, unsigned what)
{
	while (!ring_ready(e, what, true)) {
		struct pollfd p = { .fd = e->fd, .events = POLLIN };

		if (poll(&p, 1, PATIENCE_MS) != 1)
			return false;
		ring_hear(e);
		if (e->ended && !ring_ready(e, what, false))
			return false;
	}
	return true;
}

static bool write_record(struct ring_end *e, uint32_t n)
{
	size_t len = record(n, bytes);
	struct iovec iov[3] = { { bytes, len / 3 }, { bytes + len / 3, 0 }, { bytes + len / 3, len - len / 3 } };

	while (ring_write(e, iov, 3) < 0)
		if (errno != EAGAIN || !wait_for(e, RING_ROOM))
			return false;
	return true;
}

static bool read_record(struct ring_end *e, uint32_t n)
{
	static uint8_t want[MOST], got[MOST];
	size_t len = record(n, want);
	struct iovec iov[2] = { { got, 3 }, { got + 3, sizeof got - 3 } };

	if (!wait_for(e, RING_FRAME) || ring_read(e, iov, 2) != (ssize_t)len)
		return false;
	return memcmp(want, got, len) == 0;
}

/* The other process: it answers each record with the same. */
static int echo(struct ring_end *e)
{
	for (uint32_t n = 0; n < RECORDS; n++)
		if (!read_record(e, n) || !write_record(e, n))
			return 1;
	return 0;
}

/* This one has `ahead` of them under way. */
static void there_and_back(uint32_t ahead)
{
	struct ring_end ends[2];
	uint32_t sent = 0;
	int status;
	pid_t pid;

	assert_int_equal(ring_pair(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0].fd);
		_exit(echo(&ends[1]));
	}
	close(ends[1].fd);
	for (uint32_t n = 0; n < RECORDS; n++) {
		for (; sent < RECORDS && sent < n + ahead; sent++)
			assert_true(write_record(&ends[0], sent));
		if (!read_record(&ends[0], n))
			fail_msg("record %u of %u does not come back", n, RECORDS);
	}
	assert_false(wait_for(&ends[0], RING_FRAME));
	assert_int_equal(ring_read(&ends[0], &(struct iovec){ bytes, 8 }, 1), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0].fd);
}

static void records_come_back_one_by_one(void **state)
{
	(void)state;
	there_and_back(1);
}

static void records_come_back_many_at_once(void **state)
{
	(void)state;
	there_and_back(40);
}

static bool rung(const struct ring_end *e)
{
	return poll(&(struct pollfd){ .fd = e->fd, .events = POLLIN }, 1, 0) == 1;
}

/* Who has not asked is not rung; who has, once. */
static void the_bell_rings_for_who_asks(void **state)
{
	struct ring_end ends[2];
	struct iovec iov = { bytes, 100 };

	(void)state;
	assert_int_equal(ring_pair(ends), 0);
	assert_int_equal(ring_write(&ends[0], &iov, 1), 100);
	assert_true(rung(&ends[1]));			/* the first one, who has not been there yet */
	ring_hear(&ends[1]);
	assert_int_equal(ring_write(&ends[0], &iov, 1), 100);
	assert_false(rung(&ends[1]));
	assert_true(ring_ready(&ends[1], RING_FRAME, true));
	assert_int_equal(ring_read(&ends[1], &iov, 1), 100);
	assert_int_equal(ring_read(&ends[1], &iov, 1), 100);
	assert_int_equal(ring_read(&ends[1], &iov, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_false(ring_ready(&ends[1], RING_FRAME, true));
	ring_awake(&ends[1]);
	assert_int_equal(ring_write(&ends[0], &iov, 1), 100);
	assert_false(rung(&ends[1]));
	assert_int_equal(ring_read(&ends[1], &iov, 1), 100);
	assert_false(ring_ready(&ends[1], RING_FRAME, true));
	assert_int_equal(ring_write(&ends[0], &iov, 1), 100);
	assert_int_equal(ring_write(&ends[0], &iov, 1), 100);
	assert_true(rung(&ends[1]));
	ring_hear(&ends[1]);
	assert_false(rung(&ends[1]));
	close(ends[0].fd);
	close(ends[1].fd);
}

/* A writer waits for room until half of it is free. */
static void a_full_ring_says_so(void **state)
{
	struct ring_end ends[2];
	struct iovec iov = { bytes, MOST };
	unsigned written = 0, taken = 0;

	(void)state;
	assert_int_equal(ring_pair(ends), 0);
	while (ring_write(&ends[0], &iov, 1) >= 0)
		written++;
	assert_int_equal(errno, EAGAIN);
	assert_in_range(written, RING_BYTES / MOST - 2, RING_BYTES / MOST);
	assert_false(ring_ready(&ends[0], RING_ROOM, true));
	for (; !rung(&ends[0]) && taken < written; taken++)
		assert_int_equal(ring_read(&ends[1], &iov, 1), MOST);
	assert_in_range(taken, written / 2 - 2, written / 2 + 2);
	assert_true(ring_ready(&ends[0], RING_ROOM, false));
	close(ends[0].fd);
	close(ends[1].fd);
}

/* The other end writes at random over all that is shared: this one reads what there may be, writes what it can, and stays within its memory. */
static void nothing_shared_is_believed(void **state)
{
	static uint8_t frame[MOST];
	uint32_t seed = 1, read = 0, broken = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct ring_end ends[2];
		uint32_t *shared;
		size_t size;

		assert_int_equal(ring_pair(ends), 0);
		shared = ring_memory(&ends[0], &size);
		for (int i = 0; i < 2000; i++) {
			struct iovec iov = { frame, sizeof frame };
			ssize_t n;

			shared[random_below(&seed, i % 2 ? 64 : (uint32_t)(size / sizeof *shared))] = random_below(&seed, 3) ?
				random_below(&seed, 65536) * 8 : seed;
			if (i % 3 == 0)
				ring_write(&ends[0], &(struct iovec){ bytes, 1 + random_below(&seed, MOST) }, 1);
			n = ring_read(&ends[0], &iov, 1);
			assert_true(n <= (ssize_t)RING_BYTES / 2);
			read += n > 0;
			broken += n < 0 && errno == EPROTO;
			ring_ready(&ends[0], RING_FRAME | RING_ROOM, true);
		}
		munmap(shared, size);
		close(ends[0].fd);
		close(ends[1].fd);
	}
	assert_true(read > 100 && broken > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back_one_by_one),
		cmocka_unit_test(records_come_back_many_at_once),
		cmocka_unit_test(the_bell_rings_for_who_asks),
		cmocka_unit_test(a_full_ring_says_so),
		cmocka_unit_test(nothing_shared_is_believed),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
