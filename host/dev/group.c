/*
 * Several places of a file written at once: if the process is killed, even by SIGKILL, the file has all of it or nothing.
 *
 * A process can be killed between any two system calls, and inside of a write, between two pages.  But
 * a read from memory to memory is not interrupted: so the places are mapped, their pages are fetched and made ours to write first,
 * as this may wait for a disk, and then one preadv copies everything from a memfd into them.
 *
 * What goes wrong with the file (no room, a fault of its disk, a file that was cut) shows when its pages are fetched, or in the
 * copying, as an address that cannot be written.  Then the same bytes are written place by place, which says what is wrong.
 */
#include "group.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../ram.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

struct group {
	int fd, memfd;
	uint32_t bytes;
	pthread_mutex_t lock;		/* of what follows: one group at a time */
	uint8_t *buffer;		/* the memfd's bytes */
	struct iovec *places;		/* a range each, mapped */
};

struct group *group_open(int fd, uint32_t bytes, unsigned ranges)
{
	struct group *g = calloc(1, sizeof *g);
	void *probe = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (probe == MAP_FAILED || !g || ranges > IOV_MAX) {
		free(g);
		return NULL;
	}
	munmap(probe, PAGE_SIZE);
	g->fd = fd;
	g->bytes = bytes;
	pthread_mutex_init(&g->lock, NULL);
	g->places = calloc(ranges, sizeof g->places[0]);
	g->memfd = memfd_create("9guest-group", MFD_CLOEXEC);
	if (g->places && g->memfd >= 0 && ftruncate(g->memfd, bytes) == 0) {
		g->buffer = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, g->memfd, 0);
		if (g->buffer != MAP_FAILED)
			return g;
	}
	if (g->memfd >= 0)
		close(g->memfd);
	free(g->places);
	free(g);
	return NULL;
}

/* The whole pages that [from, end) touches. */
static void cover(uint64_t *from, uint64_t *end)
{
	*from &= ~(uint64_t)PAGE_MASK;
	*end = (*end + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
}

/* Fetch the pages of all ranges, of which `map` shows those from byte `base` on, for writing: false if one cannot be had. */
static bool fetch(struct group *g, uint8_t *map, uint64_t base, const struct group_range *range, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t from = range[i].offset, end = from + range[i].length;

		g->places[i] = (struct iovec){ map + (from - base), range[i].length };
		cover(&from, &end);
		while (end > from && madvise(map + (from - base), end - from, MADV_POPULATE_WRITE) < 0) {
			if (errno == EINVAL)
				break;		/* a kernel that does not know it fetches them while it copies */
			if (errno != EINTR && errno != EAGAIN)
				return false;
		}
	}
	return true;
}

/* All of buffer's n ranges, `bytes` in all, or none: false if it could not be done like this. */
static bool copy(struct group *g, const struct group_range *range, unsigned n, size_t bytes)
{
	uint64_t base = UINT64_MAX, top = 0;
	uint8_t *map;
	bool done;

	for (unsigned i = 0; i < n; i++) {
		base = range[i].offset < base ? range[i].offset : base;
		top = range[i].offset + range[i].length > top ? range[i].offset + range[i].length : top;
	}
	cover(&base, &top);
	map = mmap(NULL, top - base, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, (off_t)base);
	if (map == MAP_FAILED)
		return false;
	done = fetch(g, map, base, range, n) && preadv(g->memfd, g->places, (int)n, 0) == (ssize_t)bytes;
	munmap(map, top - base);
	return done;
}

/* One after the other, all that can be: 0, or the first errno. */
static int write_each(struct group *g, const struct group_range *range, unsigned n)
{
	const uint8_t *p = g->buffer;
	int error = 0;

	for (unsigned i = 0; i < n; p += range[i].length, i++) {
		uint64_t done = 0;

		while (done < range[i].length) {
			struct iovec iov = { (void *)(uintptr_t)(p + done), range[i].length - done };
			ssize_t k = pwritev2(g->fd, &iov, 1, (off_t)(range[i].offset + done), 0);

			if (k > 0) {
				done += (uint64_t)k;
			} else if (k == 0 || errno != EINTR) {
				error = error ? error : k == 0 ? ENOSPC : errno;
				break;
			}
		}
	}
	return error;
}

int group_write(struct group *g, const struct group_range *range, unsigned n, const struct iovec *iov, unsigned count)
{
	size_t bytes = 0;
	int error = 0;

	if (n == 0)
		return 0;
	pthread_mutex_lock(&g->lock);
	for (unsigned i = 0; i < count; i++) {
		memcpy(g->buffer + bytes, iov[i].iov_base, iov[i].iov_len);
		bytes += iov[i].iov_len;
	}
	if (!copy(g, range, n, bytes))
		error = write_each(g, range, n);
	madvise(g->buffer, g->bytes, MADV_REMOVE);
	pthread_mutex_unlock(&g->lock);
	return error;
}
