/*
 * Qids.  The path is the inode's number, so that it survives renames; the devices below DIR are told apart by its first byte.
 * The version is made of the times of the last change, so that it is another whenever the content is.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "share.h"

#define DEVICES		254
#define INODE_BITS	56

static dev_t devices[DEVICES];
static _Atomic unsigned ndevices;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Its number among those that were seen; DEVICES if there are too many. */
static unsigned device_index(dev_t dev)
{
	unsigned i, n = atomic_load(&ndevices);

	for (i = 0; i < n; i++)
		if (devices[i] == dev)
			return i;
	pthread_mutex_lock(&lock);
	for (n = ndevices; i < n && devices[i] != dev; i++)
		;
	if (i == n && n < DEVICES) {
		devices[n] = dev;
		atomic_store(&ndevices, n + 1);
	}
	pthread_mutex_unlock(&lock);
	return i;
}

/* A number that depends on every bit. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15ull ^ b;

	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

static uint64_t time_ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

struct qid qid_of(const struct stat *st, uint32_t marks)
{
	unsigned device = device_index(st->st_dev);
	struct qid q = { .type = (uint8_t)((S_ISDIR(st->st_mode) ? QTDIR : 0) | marks >> 24) };

	q.version = (uint32_t)mix(time_ns(&st->st_mtim), time_ns(&st->st_ctim));
	if (device < DEVICES && st->st_ino < 1ull << INODE_BITS)
		q.path = (uint64_t)device << INODE_BITS | st->st_ino;
	else
		q.path = 0xffull << INODE_BITS | mix(st->st_dev, st->st_ino) >> 8;
	return q;
}
