/* A disk, as block.c and block_light.c share it.  All of it is the vCPU thread's; threads read what does not change. */
#ifndef HOST_DEV_DISK_H
#define HOST_DEV_DISK_H

#include "../dev.h"

#define READ_HERE	(1u << 20)	/* bytes that the vCPU thread copies itself */
#define WRITE_HERE	(256u << 10)
#define SLOW_NS		1000000		/* a write that takes longer may have waited */
#define WATCHED		16		/* writes after a slow one of which it is found out whether they wait */

struct disk {
	struct device dev;
	char *path;
	int fd;
	bool readonly;
	bool cannot_try[2];		/* the file system knows no RWF_NOWAIT for reads, writes */
	bool local;			/* it is one that has its files on a disk of this machine, or in its memory */
	bool memory;			/* it has nothing but memory: reads never wait */
	unsigned refused;		/* so many writes in a row were refused, as they would wait */
	unsigned watch;			/* so many writes on the vCPU thread are to be watched */
	uint64_t not_before_ns;		/* until then threads write */
	uint64_t light_ticks;		/* writes need not be watched: ticks of the TSC from which on one was slow; 0: they must */
	uint64_t bytes;
	uint32_t key;			/* the page's address */
	struct group *groups;		/* NULL: the file takes none */
	struct request *old;		/* the transfer of 2.6.23's interface that is under way, or NULL */
};

static inline bool disk_has(const struct disk *k, uint64_t offset, uint64_t length)
{
	return offset <= k->bytes && length <= k->bytes - offset;
}

/* A write on the vCPU thread was slow, or there was none yet. */
static inline void disk_watch(struct disk *k)
{
	k->watch = WATCHED;
	k->light_ticks = 0;
}

/* block_light.c */
/* Whether a write has not to read first what its first and last page have besides. */
bool disk_ends_at_hand(const struct disk *k, uint64_t at, uint64_t length);
/* struct device.light */
bool block_light(struct device *d, uint32_t arg, const struct iovec *iov, unsigned nout, unsigned nin, uint32_t *used);

#endif
