/*
 * Which sockets have something for those who wait, and whether the resolver has.  They are in an epoll set of their own, which is itself a
 * descriptor: who serves the tree waits for that, on whichever thread, and calls ready_work.  So the guest's thread can wait for all of
 * them by itself, and be woken up with no other thread in between.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "private.h"

#define ONCE	64			/* events taken at a time */

static int set = -1;

int ready_start(int resolver_fd, struct error *err)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };	/* no data: the resolver */

	set = epoll_create1(EPOLL_CLOEXEC);
	if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, resolver_fd, &event) < 0)
		return error_set(err, "epoll: %s", strerror(errno));
	return 0;
}

int ready_fd(void)
{
	return set;
}

void ready_arm(struct sock *s, uint32_t events)
{
	struct epoll_event event = { .events = events | EPOLLONESHOT, .data.ptr = s };

	if (s->fd < 0 || !(events & ~s->armed))
		return;
	if (epoll_ctl(set, s->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &event) < 0)
		return;
	s->watched = true;
	s->armed = events;
}

void ready_forget(struct sock *s)
{
	if (s->watched)
		epoll_ctl(set, EPOLL_CTL_DEL, s->fd, NULL);
	s->watched = false;
}

void ready_work(void)
{
	struct epoll_event events[ONCE];
	int n = epoll_wait(set, events, ONCE, 0);

	for (int i = 0; i < n; i++) {
		struct sock *s = events[i].data.ptr;

		if (!s) {
			resolve_ready();
			continue;
		}
		s->armed = 0;
		conv_try(s->conv);
	}
}
