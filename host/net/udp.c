/*
 * /net/udp on the host's sockets: a datagram a read or write.  With `headers` each has 52 bytes before it: remote, local
 * and interface address, of 16 bytes each, remote and local port, big endian.
 *
 * An announced port that -p does not publish is guarded: it takes datagrams from this host, and from hosts to which the
 * guest sent from there, and no others.  (Bound to a loopback address it could not send to others at all.)
 * With --allow, an announced port sends to whom the list names, and to who has sent to it, at the port from which that came.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "private.h"

#define PIECES		64
#define MOST_WAITING	32		/* datagrams of one caller */
#define MOST_UNHEARD	1024		/* and of all who have no conversation yet */

struct datagram {
	struct datagram *next;
	struct net_addr from;
	struct ip to;
	uint64_t when;			/* it came: ns */
	uint32_t len;
	uint8_t data[];
};

static bool known(const struct conv *c, const struct ip *ip)
{
	if (!c->guarded || ip_is_loopback(ip) || ifaces_own(ip))
		return true;
	for (unsigned i = 0; i < c->npeers && i < PEERS; i++)
		if (ip_equal(&c->peers[i], ip))
			return true;
	return false;
}

static bool same(const struct net_addr *a, const struct net_addr *b)
{
	return ip_equal(&a->ip, &b->ip) && a->port == b->port;
}

static void remember(struct conv *c, const struct ip *ip)
{
	if (c->guarded && !known(c, ip))
		c->peers[c->npeers++ % PEERS] = *ip;
	if (c->npeers >= 2 * PEERS)
		c->npeers -= PEERS;
}

/* Whether a has sent to c lately, so that what goes there is an answer. */
static bool has_called(const struct conv *c, const struct net_addr *a)
{
	for (unsigned i = 0; i < c->ncallers && i < PEERS; i++)
		if (same(&c->callers[i], a))
			return true;
	return false;
}

static void note_caller(struct conv *c, const struct net_addr *a)
{
	if (!has_called(c, a))
		c->callers[c->ncallers++ % PEERS] = *a;
	if (c->ncallers >= 2 * PEERS)
		c->ncallers -= PEERS;
}

static void put_header(struct netfs_call *call, const struct net_addr *remote, const struct net_addr *local)
{
	uint8_t h[UDP_HEADER];

	memcpy(h, remote->ip.b, 16);
	memcpy(h + 16, local->ip.b, 16);
	memcpy(h + 32, local->ip.b, 16);
	h[48] = (uint8_t)(remote->port >> 8);
	h[49] = (uint8_t)remote->port;
	h[50] = (uint8_t)(local->port >> 8);
	h[51] = (uint8_t)local->port;
	netfs_copy_in(call, 0, h, sizeof h);
}

/* At which of our addresses a datagram came. */
static void get_pktinfo(struct msghdr *msg, struct ip *ip)
{
	for (struct cmsghdr *m = CMSG_FIRSTHDR(msg); m; m = CMSG_NXTHDR(msg, m)) {
		struct sockaddr_storage s = { .ss_family = AF_INET };
		struct net_addr a;

		if (m->cmsg_level == IPPROTO_IPV6 && m->cmsg_type == IPV6_PKTINFO) {
			memcpy(ip->b, &((struct in6_pktinfo *)(void *)CMSG_DATA(m))->ipi6_addr, 16);
		} else if (m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_PKTINFO) {
			((struct sockaddr_in *)&s)->sin_addr = ((struct in_pktinfo *)(void *)CMSG_DATA(m))->ipi_addr;
			net_addr_from_host(&s, &a);
			*ip = a.ip;
		}
	}
}

/* A datagram; false: none is there.  One from a stranger is dropped. */
static bool receive(struct conv *c, struct sock *s, struct netfs_call *call)
{
	uint32_t header = c->headers ? UDP_HEADER : 0;
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	struct net_addr remote, local = c->local;
	struct iovec iov[PIECES];
	union { struct cmsghdr align; char bytes[128]; } control;
	struct msghdr msg = { .msg_name = &from, .msg_iov = iov };
	ssize_t n;

	for (;;) {
		msg.msg_namelen = sizeof from;
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof control.bytes;
		msg.msg_iovlen = (size_t)call_slice(call, header, iov, PIECES);
		n = recvmsg(s->fd, &msg, MSG_DONTWAIT);
		if (n < 0)
			break;
		net_addr_from_host(&from, &remote);
		if (c->state == CONNECTED || known(c, &remote.ip))
			break;
		net_counters.udp_dropped++;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		int error = errno;

		/* advice about what an announced port sent to somebody is nobody's failure */
		net_counters.udp_errors++;
		if (c->state == ANNOUNCED)
			return false;
		call_end(call, net_error(error));
		return true;
	}
	if (header) {
		if (ip_is_any(&local.ip))
			get_pktinfo(&msg, &local.ip);
		put_header(call, &remote, &local);
		note_caller(c, &remote);
	}
	net_counters.udp_in++;
	call->done = header + (uint32_t)n;
	call_end(call, NULL);
	return true;
}

/* The datagram of a caller that has waited longest. */
static void read_waiting(struct conv *c, struct netfs_call *call)
{
	uint32_t header = c->headers ? UDP_HEADER : 0, room = call->count - header;
	struct datagram *d = c->waiting;
	uint32_t n = d->len < room ? d->len : room;

	if (header)
		put_header(call, &c->remote, &c->local);
	netfs_copy_in(call, header, d->data, n);
	c->waiting = d->next;
	c->nwaiting--;
	free(d);
	net_counters.udp_in++;
	call->done = header + n;
	call_end(call, NULL);
}

static bool udp_read(struct conv *c, struct netfs_call *call)
{
	if (c->headers && call->count < UDP_HEADER) {
		call_end(call, "read or write too small");
		return true;
	}
	if (c->waiting) {
		read_waiting(c, call);
		return true;
	}
	for (unsigned i = 0; i < c->nsocks; i++)
		if (receive(c, &c->socks[i], call))
			return true;
	return false;
}

/* Where the header of a datagram says that it goes; and from which of our addresses, if that matters. */
static const char *address(struct conv *c, struct netfs_call *call, struct msghdr *msg, struct sockaddr_storage *to,
			   char *control)
{
	uint8_t h[UDP_HEADER];
	struct net_addr remote;
	struct ip local;
	struct cmsghdr *m;
	struct in6_pktinfo *info;
	bool v6 = !ip_is_v4(&c->local.ip) && net_has_v6();

	if (call->count < UDP_HEADER)
		return "read or write too small";
	call_copy_out(call, 0, h, sizeof h);
	memcpy(remote.ip.b, h, 16);
	memcpy(local.b, h + 16, 16);
	remote.port = (uint16_t)(h[48] << 8 | h[49]);
	if (!v6 && !ip_is_v4(&remote.ip))
		return "no route to network";
	if (!has_called(c, &remote) && !policy_may_call(&udp_proto, &remote))
		return "permission denied: not in --allow";
	remember(c, &remote.ip);
	msg->msg_name = to;
	msg->msg_namelen = net_addr_to_host(&remote, v6, to);
	if (!v6 || ip_is_any(&local) || !ip_is_any(&c->local.ip) || ip_is_multicast(&remote.ip))
		return NULL;
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(sizeof *info);
	m = CMSG_FIRSTHDR(msg);
	m->cmsg_level = IPPROTO_IPV6;
	m->cmsg_type = IPV6_PKTINFO;
	m->cmsg_len = CMSG_LEN(sizeof *info);
	info = (struct in6_pktinfo *)(void *)CMSG_DATA(m);
	memset(info, 0, sizeof *info);
	memcpy(&info->ipi6_addr, local.b, 16);
	return NULL;
}

static bool udp_write(struct conv *c, struct netfs_call *call)
{
	struct iovec iov[PIECES];
	struct sockaddr_storage to;
	union { struct cmsghdr align; char bytes[128]; } control = { .bytes = { 0 } };
	struct msghdr msg = { .msg_iov = iov };
	const char *why = NULL;
	ssize_t n;

	if (c->headers)
		why = address(c, call, &msg, &to, control.bytes);
	msg.msg_iovlen = (size_t)call_slice(call, c->headers ? UDP_HEADER : 0, iov, PIECES);
	if (!why && (n = sendmsg(c->socks[0].fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		/* the error of an earlier datagram is told once; then this one goes */
		if (errno == ECONNREFUSED)
			n = sendmsg(c->socks[0].fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			why = net_error(errno);
	}
	if (!why) {
		net_counters.udp_out++;
		call->done = call->count;
	}
	call_end(call, why);
	return true;
}

static const char *udp_connect(struct conv *c)
{
	struct net_addr local = c->local;
	struct sockaddr_storage s;
	bool v4 = ip_is_v4(&c->remote.ip);
	const char *why;
	socklen_t len;

	if (v4 && ip_is_any(&local.ip))
		memcpy(local.ip.b, (uint8_t[12]){ [10] = 0xff, [11] = 0xff }, 12);
	if (v4 != ip_is_v4(&local.ip))
		return "not a local IP address";
	why = conv_bind(c, &local, SOCK_DGRAM, false);
	if (why)
		return why;
	sock_option(c, SOL_SOCKET, SO_BROADCAST, 1);
	len = net_addr_to_host(&c->remote, !v4, &s);
	if (connect(c->socks[0].fd, (struct sockaddr *)&s, len) < 0)
		return net_error(errno);
	c->state = CONNECTED;
	sock_local(c, &c->local);
	return NULL;
}

static const char *udp_announce(struct conv *c)
{
	struct net_addr at = c->local;
	unsigned next = 0;
	const struct publish *p = at.port && ip_is_any(&at.ip) ? policy_published(at.port, true, &next) : NULL;
	const char *why;

	if (p)
		at = p->host;
	if (p && policy_published(c->local.port, true, &next))
		return "published twice: udp can be once";
	why = conv_bind(c, &at, SOCK_DGRAM, false);
	if (why)
		return why;
	c->guarded = !p;
	sock_option(c, SOL_SOCKET, SO_BROADCAST, 1);
	sock_option(c, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (ip_is_v4(&at.ip) || !net_has_v6())
		sock_option(c, IPPROTO_IP, IP_PKTINFO, 1);
	else
		sock_option(c, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (!p) {
		sock_local(c, &at);
		c->local.port = at.port;
	}
	return NULL;
}

/* ---- calls: a datagram from somebody new to an announced port ---- */

void udp_forget(struct conv *c)
{
	struct datagram *d;

	while ((d = c->waiting)) {
		c->waiting = d->next;
		free(d);
	}
	c->nwaiting = 0;
}

/* A copy of d, and of its data, waits at c for who reads or listens, in the order in which they came. */
static void keep(struct conv *c, const struct datagram *d, const void *data)
{
	unsigned most = c->state == ANNOUNCED ? MOST_UNHEARD : MOST_WAITING;
	struct datagram *copy = c->nwaiting < most ? malloc(sizeof *copy + d->len) : NULL, **end = &c->waiting;

	if (!copy) {
		net_counters.udp_dropped++;
		return;
	}
	*copy = *d;
	memcpy(copy->data, data, d->len);
	while (*end && (*end)->when <= d->when)
		end = &(*end)->next;
	copy->next = *end;
	*end = copy;
	c->nwaiting++;
}

/* A datagram from a socket; false: none is there. */
static bool take(struct sock *s, struct datagram *d, void *data, size_t size)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	struct iovec iov = { data, size };
	union { struct cmsghdr align; char bytes[128]; } control;
	struct msghdr msg = { .msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	ssize_t n = recvmsg(s->fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return false;
	d->len = (uint32_t)n;
	net_addr_from_host(&peer, &d->from);
	get_pktinfo(&msg, &d->to);
	for (struct cmsghdr *m = CMSG_FIRSTHDR(&msg); m; m = CMSG_NXTHDR(&msg, m))
		if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec t;

			memcpy(&t, CMSG_DATA(m), sizeof t);
			d->when = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
		}
	return true;
}

static struct conv *caller(const struct conv *c, const struct net_addr *remote)
{
	for (unsigned i = 0; i < udp_proto.nconvs; i++) {
		struct conv *n = udp_proto.convs[i];

		if (n->state == CONNECTED && n->called && n->local.port == c->local.port && same(&n->remote, remote))
			return n;
	}
	return NULL;
}

/* A socket for n at the port of the announced socket s, which Linux prefers for what comes from n's remote address. */
static bool share_port(struct conv *n, struct sock *s, const struct ip *local)
{
	struct sockaddr_storage at, to;
	socklen_t len = sizeof at;
	struct net_addr here;
	int on = 1, off = 0, fd;
	bool v6, bound;

	if (getsockname(s->fd, (struct sockaddr *)&at, &len) < 0 || conv_socket(n, at.ss_family, SOCK_DGRAM) < 0)
		return false;
	fd = n->socks[0].fd;
	v6 = at.ss_family == AF_INET6;
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	net_addr_from_host(&at, &here);
	if (!ip_is_multicast(local))
		here.ip = *local;
	len = net_addr_to_host(&here, v6, &at);
	/* nobody else can share the port before or after */
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	bound = bind(fd, (struct sockaddr *)&at, len) == 0;
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
	len = net_addr_to_host(&n->remote, v6, &to);
	return bound && connect(fd, (struct sockaddr *)&to, len) == 0;
}

/* A conversation with who sent d to c's socket s, with d in it.  NULL: it could not be made. */
static struct conv *call_from(struct conv *c, struct sock *s, const struct datagram *d, const void *data)
{
	static uint8_t more[65536];
	struct datagram other = { .to = c->local.ip };
	struct conv *n = conv_new(&udp_proto);

	if (!n)
		return NULL;
	n->remote = d->from;
	if (!share_port(n, s, ip_is_any(&d->to) ? &c->local.ip : &d->to)) {
		conv_drop(n);
		return NULL;
	}
	n->state = CONNECTED;
	n->called = true;
	sock_local(n, &n->local);
	n->local.port = c->local.port;
	keep(n, d, data);
	other.to = n->local.ip;
	/* between bind and connect it may have got what was another caller's */
	while (take(&n->socks[0], &other, more, sizeof more))
		keep(same(&other.from, &n->remote) ? n : c, &other, more);
	if (c->waiting)
		while (take(s, &other, more, sizeof more))
			keep(c, &other, more);
	return n;
}

static bool next_datagram(struct conv *c, struct sock *s, struct datagram *d, void *data, size_t size)
{
	struct datagram *w = c->waiting;

	d->to = c->local.ip;
	if (!w)
		return take(s, d, data, size);
	*d = *w;
	memcpy(data, w->data, w->len);
	c->waiting = w->next;
	c->nwaiting--;
	free(w);
	return true;
}

static bool udp_accept(struct conv *c, struct conv **from, const char **why)
{
	static uint8_t data[65536];
	struct datagram d;

	if (c->headers) {
		*why = "udp has no calls in headers mode";
		return true;
	}
	for (unsigned i = 0; i < c->nsocks; i++)
		while (next_datagram(c, &c->socks[i], &d, data, sizeof data)) {
			struct conv *n = caller(c, &d.from);

			if (n) {
				keep(n, &d, data);
				conv_try(n);
			} else if (known(c, &d.from.ip) && (n = call_from(c, &c->socks[i], &d, data))) {
				*from = n;
				return true;
			} else {
				net_counters.udp_dropped++;
			}
		}
	return false;
}

/* addmulti IFADDR MCADDR, remmulti the same */
static const char *multicast(struct conv *c, char **w, int n, bool add)
{
	struct ip iface, group;
	struct ipv6_mreq m6 = { .ipv6mr_interface = 0 };
	struct ip_mreq m4;

	if (n != 3)
		return "wrong #args in control message";
	if (ip_parse(w[1], &iface) < 0 || ip_parse(w[2], &group) < 0)
		return "bad ip address syntax";
	if (!ip_is_multicast(&group))
		return "not a multicast address";
	if (c->nsocks == 0)
		return hungup;
	if (ip_is_v4(&group)) {
		memcpy(&m4.imr_multiaddr, group.b + 12, 4);
		memcpy(&m4.imr_interface, iface.b + 12, 4);
		return setsockopt(c->socks[0].fd, IPPROTO_IP, add ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &m4, sizeof m4) < 0 ?
			net_error(errno) : NULL;
	}
	memcpy(&m6.ipv6mr_multiaddr, group.b, 16);
	m6.ipv6mr_interface = ifaces_index(&iface);
	return setsockopt(c->socks[0].fd, IPPROTO_IPV6, add ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, &m6, sizeof m6) < 0 ?
		net_error(errno) : NULL;
}

static const char *udp_ctl(struct conv *c, char **w, int n)
{
	if (strcmp(w[0], "headers") == 0 && n == 1) {
		c->headers = true;
		return NULL;
	}
	if (strcmp(w[0], "addmulti") == 0 || strcmp(w[0], "remmulti") == 0)
		return multicast(c, w, n, w[0][0] == 'a');
	return unknown_request;
}

static int udp_status(struct conv *c, char *text, size_t size)
{
	return snprintf(text, size, "%s qin 0 qout 0\n", c->nsocks > 0 ? "Open" : "Closed");
}

static int udp_stats(char *text, size_t size)
{
	return snprintf(text, size, "InDatagrams: %lu\nNoPorts: %lu\nInErrors: %lu\nOutDatagrams: %lu\n", net_counters.udp_in,
			net_counters.udp_dropped, net_counters.udp_errors, net_counters.udp_out);
}

struct proto udp_proto = {
	.name = "udp",
	.read = udp_read,
	.write = udp_write,
	.connect = udp_connect,
	.announce = udp_announce,
	.accept = udp_accept,
	.ctl = udp_ctl,
	.status = udp_status,
	.stats = udp_stats,
};
