/*
 * Groups of writes (host/dev/group.c): all places or none, whenever the process that writes is killed; and what
 * becomes of them when the file cannot take them.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/dev/group.h"

#define PLACES	120
#define LENGTH	6000		/* of a place: more than a page, and no number of pages */
#define GAP	70001		/* from one to the next */
#define BYTES	(1u << 20)
#define KILLS	400

static int fd;
static struct group_range range[PLACES];
static uint8_t data[PLACES * LENGTH];

static int begin(void **state)
{
	char name[] = "/tmp/group.XXXXXX";

	(void)state;
	fd = mkstemp(name);
	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(ftruncate(fd, (PLACES + 1) * GAP), 0);
	for (int i = 0; i < PLACES; i++)
		range[i] = (struct group_range){ (uint64_t)(PLACES - i) * GAP, LENGTH };
	return 0;
}

static int end(void **state)
{
	(void)state;
	return close(fd);
}

static int write_all(struct group *g, uint8_t byte)
{
	struct iovec iov[2] = { { data, 999 }, { data + 999, sizeof data - 999 } };

	memset(data, byte, sizeof data);
	return group_write(g, range, PLACES, iov, 2);
}

/* How many places have another text than the first, and how many have parts of two. */
static unsigned torn(void)
{
	uint8_t first = 0, buf[LENGTH];
	unsigned n = 0;

	for (int i = 0; i < PLACES; i++) {
		assert_int_equal(pread(fd, buf, LENGTH, (off_t)range[i].offset), LENGTH);
		if (i == 0)
			first = buf[0];
		for (int j = 0; j < LENGTH; j++)
			if (buf[j] != first) {
				n++;
				break;
			}
	}
	return n;
}

static void writes_what_is_asked_and_nothing_else(void **state)
{
	struct group *g = group_open(fd, BYTES, PLACES);
	uint8_t byte;

	(void)state;
	assert_non_null(g);
	assert_int_equal(write_all(g, 7), 0);
	assert_int_equal(torn(), 0);
	for (int i = 0; i < PLACES; i++) {
		assert_int_equal(pread(fd, &byte, 1, (off_t)range[i].offset - 1), 1);
		assert_int_equal(byte, 0);
		assert_int_equal(pread(fd, &byte, 1, (off_t)range[i].offset), 1);
		assert_int_equal(byte, 7);
		assert_int_equal(pread(fd, &byte, 1, (off_t)range[i].offset + LENGTH), 1);
		assert_int_equal(byte, 0);
	}
	assert_int_equal(group_write(g, range, 0, NULL, 0), 0);
}

static void a_killed_process_leaves_all_of_it_or_nothing(void **state)
{
	volatile uint8_t *turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned seed = 1;

	(void)state;
	for (int k = 0; k < KILLS; k++) {
		struct timespec wait = { 0, 0 };
		pid_t pid;

		*turns = 0;
		pid = fork();
		if (pid == 0) {
			struct group *g = group_open(fd, BYTES, PLACES);

			for (uint8_t byte = 1; g; byte++) {
				if (write_all(g, byte) != 0)
					_exit(1);
				*turns = 1;
			}
			_exit(1);
		}
		while (!*turns)
			assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
		wait.tv_nsec = rand_r(&seed) % 1000 * 1000;
		nanosleep(&wait, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(torn(), 0);
	}
}

static void a_file_that_shrank_is_written_as_far_as_can_be(void **state)
{
	struct group *g = group_open(fd, BYTES, PLACES);

	(void)state;
	assert_int_equal(ftruncate(fd, PLACES / 2 * GAP), 0);
	assert_int_equal(write_all(g, 9), 0);		/* as an ordinary write does: it grows */
	assert_int_equal(torn(), 0);
}

static void what_the_file_does_not_take_is_an_error(void **state)
{
	struct group *g = group_open(fd, BYTES, PLACES);
	struct rlimit was, limit;
	uint8_t byte;

	(void)state;
	assert_int_equal(write_all(g, 1), 0);
	assert_int_equal(ftruncate(fd, 50 * GAP), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	limit = was;
	limit.rlim_cur = 50 * GAP;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(write_all(g, 2), EFBIG);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(pread(fd, &byte, 1, GAP), 1);	/* the others are there */
	assert_int_equal(byte, 2);
}

static void a_file_that_cannot_be_written_takes_none(void **state)
{
	int null = open("/dev/null", O_RDWR);

	(void)state;
	assert_null(group_open(null, BYTES, PLACES));
	assert_null(group_open(-1, BYTES, PLACES));
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_what_is_asked_and_nothing_else, begin, end),
		cmocka_unit_test_setup_teardown(a_killed_process_leaves_all_of_it_or_nothing, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_shrank_is_written_as_far_as_can_be, begin, end),
		cmocka_unit_test_setup_teardown(what_the_file_does_not_take_is_an_error, begin, end),
		cmocka_unit_test(a_file_that_cannot_be_written_takes_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
