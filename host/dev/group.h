/* group.c: several places of a file written at once, be it that the process is killed in the middle. */
#ifndef HOST_DEV_GROUP_H
#define HOST_DEV_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct group;

struct group_range {
	uint64_t offset, length;	/* bytes */
};

/*
 * What it takes to write groups to fd, which is open for reading and writing: at most `bytes` in all of one, and `ranges` places.  NULL:
 * fd's file system does not let its files be mapped, or there is no memory.  Before system calls are restricted; for as long as the process lives.
 */
struct group *group_open(int fd, uint32_t bytes, unsigned ranges);

/*
 * Write what iov has, range after range; all of it lies inside of the file.  Called by one thread at a time or by several.
 * Returns 0, or errno, and then some of the ranges may be written and others not.
 */
int group_write(struct group *g, const struct group_range *range, unsigned n, const struct iovec *iov, unsigned count);

#endif
