/*
 * The I/O thread: it sleeps in epoll until a descriptor that someone armed is ready, and calls the owner's function,
 * which raises interrupts or asks the vCPU thread for work.  It never touches guest memory, never blocks elsewhere, and
 * so always answers: to the terminal's ^A x, to SIGTERM, to the clock, whatever the guest is doing.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>

#include "io.h"

static int epoll_fd = -1;

int io_init(struct error *err)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? error_set(err, "epoll: %s", strerror(errno)) : 0;
}

int io_add(struct io_watch *w)
{
	struct epoll_event event = { .events = EPOLLONESHOT, .data.ptr = w };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, w->fd, &event);
}

void io_arm(struct io_watch *w, uint32_t events)
{
	struct epoll_event event = { .events = events | EPOLLONESHOT, .data.ptr = w };

	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, w->fd, &event);
}

static sem_t started;

static void *io_thread(void *unused)
{
	struct epoll_event events[16];

	(void)unused;
	sem_post(&started);
	for (;;) {
		int n = epoll_wait(epoll_fd, events, 16, -1);

		for (int i = 0; i < n; i++) {
			struct io_watch *w = events[i].data.ptr;

			/* A watch that was never armed reports errors all the same; once. */
			w->ready(w->ctx, events[i].events);
		}
	}
	return NULL;
}

/* These are the thread's own doing, and must find their handlers. */
static const int own_faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };

int io_start(struct error *err)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int status;

	sem_init(&started, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	for (size_t i = 0; i < sizeof own_faults / sizeof own_faults[0]; i++)
		sigdelset(&all, own_faults[i]);
	pthread_sigmask(SIG_BLOCK, &all, &old);		/* others are the main thread's, or signalfd's */
	status = pthread_create(&thread, &attr, io_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (status)
		return error_set(err, "cannot start a thread: %s", strerror(status));
	/* A thread makes system calls of its own until here, which main's filter would forbid. */
	while (sem_wait(&started) < 0)
		;
	return 0;
}
