/*
 * /net/icmp and /net/icmpv6 on Linux's ping sockets: echo requests and what comes of them, where the host lets this
 * user's groups send them (net.ipv4.ping_group_range).  A guest reads and writes packets with their IP header, which such
 * a socket leaves out: what is written of it goes unseen, and for what is read one is made up.  Errors (the time of a
 * request exceeded, a host that cannot be reached) come by the socket's error queue and are read as the packets that they
 * were.  The identifier is the socket's.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <linux/errqueue.h>

#include "private.h"

#define V4_HEADER	20
#define V6_HEADER	40
#define ICMP_HEADER	8
#define PIECES		64

static struct icmp_counters { unsigned long in, out, errors; } counters[2];	/* IPv4, IPv6 */

static bool is_v6(const struct conv *c)
{
	return c->proto == &icmp6_proto;
}

static uint32_t header_bytes(const struct conv *c)
{
	return is_v6(c) ? V6_HEADER : V4_HEADER;
}

static void put2(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The header of a packet with `len` bytes behind it: RFC 791, RFC 8200. */
static void ip_header(const struct conv *c, uint8_t *p, const struct ip *src, const struct ip *dst, uint32_t len, int ttl)
{
	uint32_t sum = 0;

	memset(p, 0, header_bytes(c));
	if (is_v6(c)) {
		p[0] = 0x60;
		put2(p + 4, len);
		p[6] = IPPROTO_ICMPV6;
		p[7] = (uint8_t)ttl;
		memcpy(p + 8, src->b, 16);
		memcpy(p + 24, dst->b, 16);
		return;
	}
	p[0] = 0x45;
	put2(p + 2, V4_HEADER + len);
	p[8] = (uint8_t)ttl;
	p[9] = IPPROTO_ICMP;
	memcpy(p + 12, src->b + 12, 4);
	memcpy(p + 16, dst->b + 12, 4);
	for (int i = 0; i < V4_HEADER; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put2(p + 10, ~sum & 0xffff);
}

/* What comes beside the data: the ttl, or an error and who noticed it. */
static const struct sock_extended_err *beside(struct msghdr *msg, int *ttl)
{
	const struct sock_extended_err *error = NULL;

	for (struct cmsghdr *m = CMSG_FIRSTHDR(msg); m; m = CMSG_NXTHDR(msg, m)) {
		if ((m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_RECVERR) ||
		    (m->cmsg_level == IPPROTO_IPV6 && m->cmsg_type == IPV6_RECVERR))
			error = (const void *)CMSG_DATA(m);
		else if ((m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_TTL) ||
			 (m->cmsg_level == IPPROTO_IPV6 && m->cmsg_type == IPV6_HOPLIMIT))
			memcpy(ttl, CMSG_DATA(m), sizeof *ttl);
	}
	return error;
}

/* One message, or error of one, whose data go behind `skip` bytes of the call: its length, or -1 and errno. */
static ssize_t receive(struct conv *c, struct netfs_call *call, uint32_t skip, int flags, struct msghdr *msg,
		       struct sockaddr_storage *from, char *control, size_t size)
{
	struct iovec iov[PIECES];

	*msg = (struct msghdr){ .msg_name = from, .msg_namelen = sizeof *from, .msg_control = control, .msg_controllen = size,
				.msg_iov = iov };
	memset(from, 0, sizeof *from);
	msg->msg_iovlen = (size_t)call_slice(call, skip, iov, PIECES);
	return recvmsg(c->socks[0].fd, msg, MSG_DONTWAIT | flags);
}

/*
 * An error about a request, as the message that told of it: header, ICMP header, and the beginning of the request, with
 * its own header.  false: there is none.
 */
static bool read_error(struct conv *c, struct netfs_call *call)
{
	uint32_t h = header_bytes(c), front = 2 * h + ICMP_HEADER;
	uint8_t p[2 * V6_HEADER + ICMP_HEADER] = { 0 };
	union { struct cmsghdr align; char bytes[512]; } control;
	const struct sock_extended_err *error;
	struct sockaddr_storage from, who;
	struct net_addr offender;
	struct msghdr msg;
	ssize_t n;
	int ttl = 64;

	for (;;) {
		n = receive(c, call, front, MSG_ERRQUEUE, &msg, &from, control.bytes, sizeof control.bytes);
		if (n < 0)
			return false;
		error = beside(&msg, &ttl);
		/* errors of our own making are told to who writes */
		if (error && (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6))
			break;
	}
	memset(&who, 0, sizeof who);
	memcpy(&who, SO_EE_OFFENDER(error), is_v6(c) ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	net_addr_from_host(&who, &offender);
	ip_header(c, p, &offender.ip, &c->local.ip, h + ICMP_HEADER + (uint32_t)n, ttl);
	p[h] = error->ee_type;
	p[h + 1] = error->ee_code;
	ip_header(c, p + h + ICMP_HEADER, &c->local.ip, &c->remote.ip, (uint32_t)n, 1);
	netfs_copy_in(call, 0, p, front);
	counters[is_v6(c)].errors++;
	call->done = front + (uint32_t)n;
	call_end(call, NULL);
	return true;
}

static bool icmp_read(struct conv *c, struct netfs_call *call)
{
	uint32_t h = header_bytes(c);
	union { struct cmsghdr align; char bytes[512]; } control;
	struct sockaddr_storage from;
	uint8_t p[V6_HEADER];
	struct msghdr msg;
	ssize_t n;
	int ttl = 0;

	if (call->count < 2 * h + ICMP_HEADER) {
		call_end(call, "read or write too small");
		return true;
	}
	if (read_error(c, call))
		return true;
	n = receive(c, call, h, 0, &msg, &from, control.bytes, sizeof control.bytes);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* it is also in the queue of errors, or what comes next is there */
		if (read_error(c, call))
			return true;
		n = receive(c, call, h, 0, &msg, &from, control.bytes, sizeof control.bytes);
	}
	if (n < 0)
		return false;
	beside(&msg, &ttl);
	ip_header(c, p, &c->remote.ip, &c->local.ip, (uint32_t)n, ttl);
	netfs_copy_in(call, 0, p, h);
	counters[is_v6(c)].in++;
	call->done = h + (uint32_t)n;
	call_end(call, NULL);
	return true;
}

static bool icmp_write(struct conv *c, struct netfs_call *call)
{
	uint32_t h = header_bytes(c);
	struct iovec iov[PIECES];
	struct msghdr msg = { .msg_iov = iov };
	const char *why = NULL;
	uint8_t type = 0;
	ssize_t n;

	if (call->count < h + ICMP_HEADER) {
		call_end(call, "read or write too small");
		return true;
	}
	msg.msg_iovlen = (size_t)call_slice(call, h, iov, PIECES);
	memcpy(&type, iov[0].iov_base, 1);
	if (type != (is_v6(c) ? 128 : 8)) {
		call_end(call, "permission denied: the host sends echo requests only");
		return true;
	}
	n = sendmsg(c->socks[0].fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* the error of an earlier request, which is read; then this one goes */
	if (n < 0 && errno != EMSGSIZE)
		n = sendmsg(c->socks[0].fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		why = net_error(errno);
	else
		call->done = call->count;
	counters[is_v6(c)].out += !why;
	call_end(call, why);
	return true;
}

static const char *icmp_connect(struct conv *c)
{
	bool v6 = is_v6(c);
	struct sockaddr_storage s;
	socklen_t len;
	int fd;

	if (ip_is_v4(&c->remote.ip) == v6)
		return v6 ? "not an IPv6 address" : "not an IPv4 address";
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return "permission denied: the host lets no group of this user ping: net.ipv4.ping_group_range";
	if (fd < 0 || conv_take_socket(c, fd) < 0)
		return net_error(errno);
	sock_option(c, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
	sock_option(c, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, 1);
	len = net_addr_to_host(&c->remote, v6, &s);
	if (connect(fd, (struct sockaddr *)&s, len) < 0)
		return net_error(errno);
	c->state = CONNECTED;
	sock_local(c, &c->local);
	return NULL;
}

static const char *icmp_announce(struct conv *c)
{
	(void)c;
	return "permission denied: the host shows answers to one's own echo requests only";
}

static bool icmp_accept(struct conv *c, struct conv **from, const char **why)
{
	(void)c;
	(void)from;
	*why = "icmp has no calls";
	return true;
}

static const char *icmp_ctl(struct conv *c, char **w, int n)
{
	(void)c;
	(void)w;
	(void)n;
	return unknown_request;
}

static int icmp_status(struct conv *c, char *text, size_t size)
{
	return snprintf(text, size, "%s qin 0 qout 0\n", c->nsocks > 0 ? "Datagram" : "Closed");
}

static int icmp_stats(char *text, size_t size)
{
	return snprintf(text, size, "InMsgs: %lu\nOutMsgs: %lu\nInErrors: %lu\n", counters[0].in, counters[0].out, counters[0].errors);
}

static int icmp6_stats(char *text, size_t size)
{
	return snprintf(text, size, "InMsgs6: %lu\nOutMsgs6: %lu\nInErrors6: %lu\n", counters[1].in, counters[1].out,
			counters[1].errors);
}

#define ICMP(name_, stats_) { .name = name_, .read = icmp_read, .write = icmp_write, .connect = icmp_connect, \
	.announce = icmp_announce, .accept = icmp_accept, .ctl = icmp_ctl, .status = icmp_status, .stats = stats_ }
struct proto icmp_proto = ICMP("icmp", icmp_stats);
struct proto icmp6_proto = ICMP("icmpv6", icmp6_stats);
