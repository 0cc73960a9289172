/*
 * Sockets of conversations: making, binding, closing, options.  All are non-blocking and close themselves on exec; the
 * system calls here and in tcp.c and udp.c are what -n host adds to the filter.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

static int has_v6 = -1;

bool net_has_v6(void)
{
	if (has_v6 < 0) {
		struct sockaddr_in6 loopback = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		has_v6 = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof loopback) == 0;
		if (fd >= 0)
			close(fd);
	}
	return has_v6;
}

int conv_take_socket(struct conv *c, int fd)
{
	struct sock *s;

	if (c->nsocks == MOST_SOCKETS) {
		close(fd);
		errno = EMFILE;
		return -1;
	}
	s = &c->socks[c->nsocks++];
	s->fd = fd;
	s->watched = false;
	s->armed = 0;
	return 0;
}

int conv_socket(struct conv *c, int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : conv_take_socket(c, fd);
}

void conv_close_sockets(struct conv *c)
{
	for (unsigned i = 0; i < c->nsocks; i++) {
		close(c->socks[i].fd);	/* also takes it out of the epoll set */
		c->socks[i].fd = -1;
		c->socks[i].watched = false;
	}
	c->nsocks = 0;
}

const char *conv_bind(struct conv *c, const struct net_addr *a, int type, bool reuse)
{
	bool v6 = !ip_is_v4(&a->ip) && net_has_v6();
	struct sockaddr_storage s;
	socklen_t len = net_addr_to_host(a, v6, &s);
	int fd, off = 0, on = 1;

	if (conv_socket(c, v6 ? AF_INET6 : AF_INET, type) < 0)
		return net_error(errno);
	fd = c->socks[c->nsocks - 1].fd;
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	return bind(fd, (struct sockaddr *)&s, len) < 0 ? net_error(errno) : NULL;
}

void sock_local(const struct conv *c, struct net_addr *a)
{
	struct sockaddr_storage s;
	socklen_t len = sizeof s;

	if (c->nsocks > 0 && getsockname(c->socks[0].fd, (struct sockaddr *)&s, &len) == 0)
		net_addr_from_host(&s, a);
}

const char *sock_option(struct conv *c, int level, int name, int value)
{
	for (unsigned i = 0; i < c->nsocks; i++)
		if (setsockopt(c->socks[i].fd, level, name, &value, sizeof value) < 0)
			return net_error(errno);
	return NULL;
}
