/*
 * Transfers of disks in light exits (dev.h, device.light): of what the host has in memory, and to a file that has taken the last
 * writes without waiting.  They are one system call, which costs as much as a guest's whole way here and back, if no more is done
 * than has to be.  Whatever is out of the ordinary is block.c's, even the telling what was wrong.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "disk.h"

static uint64_t total(const struct iovec *iov, unsigned n)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += iov[i].iov_len;
	return bytes;
}

/* Whether the page that has that byte in its middle is in memory. */
static bool at_hand(const struct disk *k, uint64_t at)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	long n;

	if (!(at & PAGE_MASK) || k->memory)
		return true;
	n = syscall(SYS_preadv2, k->fd, &iov, 1, at, 0L, RWF_NOWAIT);
	return n == 1 || (n < 0 && errno == EOPNOTSUPP);
}

bool disk_ends_at_hand(const struct disk *k, uint64_t at, uint64_t length)
{
	uint64_t end = at + length;
	bool same = at & PAGE_MASK && at >> PAGE_SHIFT == end >> PAGE_SHIFT;

	return at_hand(k, at) && (same || at_hand(k, end));
}

static long read_light(const struct disk *k, uint64_t at, const struct iovec *iov, unsigned n)
{
	return k->cannot_try[0] ? -1 : syscall(SYS_preadv2, k->fd, iov, n, at, 0L, k->memory ? 0 : RWF_NOWAIT);
}

static long write_asking(struct disk *k, uint64_t at, const struct iovec *iov, unsigned n)
{
	long done = syscall(SYS_pwritev2, k->fd, iov, n, at, 0L, RWF_NOWAIT);

	if (done > 0)
		k->refused = 0;
	return done;
}

/* It cannot be asked not to wait, so it does what block.c's write_here does. */
static long write_unasked(struct disk *k, uint64_t at, const struct iovec *iov, unsigned n)
{
	uint64_t start = __rdtsc();
	long done;

	if (n == 1)
		done = syscall(SYS_pwrite64, k->fd, iov->iov_base, iov->iov_len, at);
	else
		done = syscall(SYS_pwritev2, k->fd, iov, n, at, 0L, 0);
	if (__rdtsc() - start >= k->light_ticks)
		disk_watch(k);
	return done;
}

static long write_light(struct disk *k, uint64_t at, uint64_t length, const struct iovec *iov, unsigned n)
{
	if (k->readonly || length > WRITE_HERE)
		return -1;
	if (!k->cannot_try[1])
		return write_asking(k, at, iov, n);
	if (!k->light_ticks || k->dev.requests || !disk_ends_at_hand(k, at, length))
		return -1;
	return write_unasked(k, at, iov, n);
}

bool block_light(struct device *d, uint32_t arg, const struct iovec *iov, unsigned nout, unsigned nin, uint32_t *used)
{
	struct disk *k = (struct disk *)d;
	uint32_t op = arg & ~(uint32_t)LGUEST_BLOCK_ATONCE;
	unsigned n = nout + nin - 1;	/* behind the range */
	struct lguest_block_range range;
	uint64_t at, length;
	long done;

	if (op > LGUEST_BLOCK_WRITE || !nout || (op == LGUEST_BLOCK_READ ? nout > 1 : nin) || iov->iov_len != sizeof range)
		return false;
	memcpy(&range, iov->iov_base, sizeof range);
	at = range.offset_lo | (uint64_t)range.offset_hi << 32;
	length = range.length_lo | (uint64_t)range.length_hi << 32;
	if (!length || length > READ_HERE || length != total(iov + 1, n) || !disk_has(k, at, length))
		return false;
	done = op == LGUEST_BLOCK_READ ? read_light(k, at, iov + 1, n) : write_light(k, at, length, iov + 1, n);
	*used = (uint32_t)done;
	return done == (long)length;
}
