/*
 * ring.c: the wire to a helper process, as memory that both share.  To put a frame there or to take one is no system call; only who sleeps
 * is rung up, by a byte on a socket, if he has asked for that.
 */
#ifndef HOST_NET_RING_H
#define HOST_NET_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define RING_BYTES	(2u << 20)	/* that many wait for a reader who is busy; a power of two */

struct ring;

/* One end of a wire; belongs to one thread. */
struct ring_end {
	int fd;				/* the bell: readable when the other end has rung, or is no more */
	struct ring *in, *out;
	uint32_t taken, put;		/* bytes from `in` and to `out`, ever: what stands in shared memory is for the other end */
	bool ended;			/* there is no other end */
};

/* What there is to do at an end. */
enum { RING_FRAME = 1, RING_ROOM = 2 };

/* Two ends; -1 and errno.  The caller gives one to the process that it forks, and calls ring_keep for the other, which no later child has. */
int ring_pair(struct ring_end ends[2]);
void ring_keep(const struct ring_end *e);
void *ring_memory(const struct ring_end *e, size_t *bytes);	/* all that is shared */
/* As writev and readv on a socket that keeps records and does not block; but a record has at least one byte, and what the reader has no
 * room for is not in the iov but in the result. */
ssize_t ring_write(struct ring_end *e, const struct iovec *iov, int count);
ssize_t ring_read(struct ring_end *e, const struct iovec *iov, int count);
/* Is there any of `what`?  If not, and `bell`, the bell will ring when there is: a frame, or room for many. */
bool ring_ready(struct ring_end *e, unsigned what, bool bell);
/* The descriptor is readable: hear why.  ring_read says that there is no other end when all that it wrote has been read. */
void ring_hear(struct ring_end *e);
/* No bell for frames is wanted any more, since this end looks for them. */
void ring_awake(struct ring_end *e);

/* The first bytes of what iov has, at most `most`: how many. */
size_t iov_gather(uint8_t *to, size_t most, const struct iovec *iov, int count);

#endif
