/*
 * Requests to a disk that cannot be: each is refused by itself, or kills a guest that names what it does not have, and
 * the disk's file stays as it is.
 * support
 * disk: 64
 * case: status | 0 |
 * case: segment | 3 | bad segment
 * case: request | 3 | bad address of a request
 * case: list | 3 | bad address of a request|segments
 * case: device | 3 | takes none
 * case: same | 0 |
 */
#include "guest.h"

void main(void);

static struct {
	struct lguest_request r;
	struct lguest_segment s[4];
} q __attribute__((aligned(4096)));
static struct lguest_block_range range;
static uint8_t data[8192] __attribute__((aligned(4096)));

static int is(const char *word)
{
	const char *p = (const char *)(OFFSET + BOOT_CMDLINE_GPA);

	while (*word)
		if (*p++ != *word++)
			return 0;
	return *p == 0;
}

static uint32_t request(uint32_t op, unsigned nout, unsigned nin, uint32_t lo, uint32_t hi, uint32_t len_lo, uint32_t len_hi)
{
	range = (struct lguest_block_range){ lo, hi, len_lo, len_hi };
	q.r = (struct lguest_request){ .nout = (unsigned short)nout, .nin = (unsigned short)nin };
	hcall(LHCALL_REQUEST, 1, PA(&q), op);
	while (*(volatile unsigned *)&q.r.state != LGUEST_REQUEST_DONE)
		;
	return q.r.status;
}

static void refused(void)
{
	q.s[0] = (struct lguest_segment){ PA(&range), sizeof range };
	q.s[1] = (struct lguest_segment){ PA(data), 512 };
	check(request(0, 1, 1, 0, 0, 512, 0) == 0 && q.r.used == 512 && data[0] == '0', "a good read");
	check(request(0, 1, 1, 64 * 512, 0, 512, 0) == LGUEST_BLOCK_ERANGE, "a read at the end");
	check(request(0, 1, 1, 64 * 512 - 1, 0, 512, 0) == LGUEST_BLOCK_ERANGE, "a read across the end");
	check(request(0, 1, 1, 0xfffffe00, 0xffffffff, 512, 0) == LGUEST_BLOCK_ERANGE, "a read that wraps");
	check(request(0, 1, 1, 0, 0x80000000, 512, 0) == LGUEST_BLOCK_ERANGE, "a read at a negative offset");
	check(request(0, 1, 1, 0, 0, 513, 0) == LGUEST_BLOCK_EINVAL, "a read longer than its segments");
	check(request(0, 1, 1, 0, 0, 512, 1) == LGUEST_BLOCK_EINVAL, "a read longer by 4 GiB");
	check(request(1, 2, 0, 0, 0, 511, 0) == LGUEST_BLOCK_EINVAL, "a write shorter than its segments");
	check(request(1, 2, 0, 0xfffffe00, 0xffffffff, 512, 0) == LGUEST_BLOCK_ERANGE, "a write that wraps");
	check(request(3, 1, 0, 0, 0, 0xffffffff, 0xffffffff) == LGUEST_BLOCK_ERANGE, "a discard of everything");
	check(request(LGUEST_BLOCK_ATONCE | 2, 1, 0, 0, 0, 0, 0) == LGUEST_BLOCK_EINVAL, "a flush that may not wait");
	check(request(LGUEST_BLOCK_ATONCE | 99, 1, 1, 0, 0, 512, 0) == LGUEST_BLOCK_EINVAL, "an unknown request that may not wait");
	check(request(LGUEST_BLOCK_ATONCE, 1, 1, 64 * 512, 0, 512, 0) == LGUEST_BLOCK_ERANGE, "a read at the end that may not wait");
	check(request(LGUEST_BLOCK_ATONCE, 1, 1, 0, 0, 512, 0) == 0 && data[0] == '0', "a good read that need not wait");
	check(request(99, 1, 1, 0, 0, 512, 0) == LGUEST_BLOCK_EINVAL, "an unknown request");
	check(request(0, 0, 2, 0, 0, 512, 0) == LGUEST_BLOCK_EINVAL, "a request without a range");
	check(request(0, 0, 0, 0, 0, 0, 0) == LGUEST_BLOCK_EINVAL, "a request without anything");
	check(request(0, 1, 0, 5, 0, 0, 0) == 0, "a read of nothing");
	check(request(2, 1, 0, ~0u, ~0u, ~0u, ~0u) == 0, "a flush, whatever its range");
	check(request(0, 1, 1, 513, 0, 512, 0) == 0, "a read at an odd offset");
}

void main(void)
{
	begin();
	refused();
	if (is("segment")) {
		q.s[1].addr = 0xfffff000;
		request(0, 1, 1, 0, 0, 512, 0);
	} else if (is("request")) {
		hcall(LHCALL_REQUEST, 1, 0xfffffffc, 0);
	} else if (is("list")) {
		q.r.nout = q.r.nin = 0xffff;
		hcall(LHCALL_REQUEST, 1, PA(&q), 0);
	} else if (is("device")) {
		hcall(LHCALL_REQUEST, 0, PA(&q), 0);
	}
	finish("");
}
