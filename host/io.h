/* io.c: the thread that waits for the outside world. */
#ifndef HOST_IO_H
#define HOST_IO_H

#include <stdint.h>
#include <sys/epoll.h>

#include "machine.h"

#define IO_IN	EPOLLIN
#define IO_OUT	EPOLLOUT

/* A descriptor to wait on.  Each arming reports once; `ready` runs on the I/O thread. */
struct io_watch {
	int fd;
	void (*ready)(void *ctx, uint32_t events);
	void *ctx;
};

int io_init(struct error *err);
/* Watch w, not armed yet; w must live as long as the process.  -1: the descriptor cannot be waited on: it is always
 * ready (a regular file), errno says EPERM. */
int io_add(struct io_watch *w);
/* From any thread: report once when one of `events` holds. */
void io_arm(struct io_watch *w, uint32_t events);
/* Start the thread. */
int io_start(struct error *err);

#endif
