/*
 * /net/tcp on the host's sockets.  Data goes between the guest's memory and the socket without a copy of ours.  An
 * announced port listens on both loopback addresses, and where -p says; the guest sees its own port number, whatever
 * the host's is.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "private.h"

#define PIECES	64
#define BACKLOG	128

struct net_counters net_counters;

/* The peer, or a time limit, has ended the connection. */
static bool broken(struct conv *c, struct netfs_call *call, int error)
{
	if (error == ECONNRESET || error == EPIPE)
		net_counters.tcp_resets++;
	(void)c;
	call_end(call, net_error(error));
	return true;
}

static bool tcp_read(struct conv *c, struct netfs_call *call)
{
	struct iovec iov[PIECES];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t n;

	if (call->count == 0 || c->read_end) {
		call_end(call, NULL);
		return true;
	}
	msg.msg_iovlen = (size_t)call_slice(call, 0, iov, PIECES);
	n = recvmsg(c->socks[0].fd, &msg, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? false : broken(c, call, errno);
	c->read_end = n == 0;
	call->done = (uint32_t)n;
	call_end(call, NULL);
	return true;
}

static bool tcp_write(struct conv *c, struct netfs_call *call)
{
	while (call->done < call->count) {
		struct iovec iov[PIECES];
		struct msghdr msg = { .msg_iov = iov };
		ssize_t n;

		msg.msg_iovlen = (size_t)call_slice(call, call->done, iov, PIECES);
		n = sendmsg(c->socks[0].fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? false : broken(c, call, errno);
		call->done += (uint32_t)n;
	}
	call_end(call, NULL);
	return true;
}

static void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static const char *tcp_connect(struct conv *c)
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
	why = conv_bind(c, &local, SOCK_STREAM, local.port != 0);
	if (why)
		return why;
	no_delay(c->socks[0].fd);
	len = net_addr_to_host(&c->remote, !v4, &s);
	net_counters.tcp_active++;
	if (connect(c->socks[0].fd, (struct sockaddr *)&s, len) < 0 && errno != EINPROGRESS)
		return net_error(errno);
	/* on this machine it is often done at once, whatever connect says */
	len = sizeof s;
	c->state = getpeername(c->socks[0].fd, (struct sockaddr *)&s, &len) == 0 ? CONNECTED : CONNECTING;
	sock_local(c, &c->local);
	return NULL;
}

/* Bind and listen: NULL or an error, and then the socket is still there. */
static const char *listen_at(struct conv *c, const struct net_addr *a)
{
	const char *why = conv_bind(c, a, SOCK_STREAM, true);

	if (why)
		return why;
	return listen(c->socks[c->nsocks - 1].fd, BACKLOG) < 0 ? net_error(errno) : NULL;
}

static void forget_last(struct conv *c)
{
	struct conv last = { .nsocks = 1 };

	last.socks[0].fd = c->socks[--c->nsocks].fd;
	conv_close_sockets(&last);
	c->socks[c->nsocks].fd = -1;
}

/* Both loopback addresses; port 0: one that is free on both. */
static const char *listen_loopback(struct conv *c)
{
	struct net_addr a = { .port = c->local.port };
	const char *why = "address in use";
	unsigned first = c->nsocks;

	for (int tries = 0; tries < 20; tries++) {
		struct sockaddr_storage s;
		socklen_t len = sizeof s;

		a.ip = ip_loopback(true);
		why = listen_at(c, &a);
		if (why || !net_has_v6())
			break;
		if (getsockname(c->socks[first].fd, (struct sockaddr *)&s, &len) == 0)
			net_addr_from_host(&s, &a);
		a.ip = ip_loopback(false);
		why = listen_at(c, &a);
		if (!why || c->local.port)
			break;
		while (c->nsocks > first)
			forget_last(c);
		a.port = 0;
	}
	return why;
}

static const char *tcp_announce(struct conv *c)
{
	const struct publish *p;
	const char *why;
	unsigned next = 0;
	bool published = false, same = false;

	if (!ip_is_any(&c->local.ip)) {
		if (!ip_is_loopback(&c->local.ip))
			return "permission denied: only loopback addresses, and ports that -p publishes";
		why = listen_at(c, &c->local);
		sock_local(c, &c->local);
		return why;
	}
	while (c->local.port && (p = policy_published(c->local.port, false, &next))) {
		if (c->nsocks + 2 >= MOST_SOCKETS)
			return "published too often";
		why = listen_at(c, &p->host);
		if (why)
			return why;
		published = true;
		same = same || (p->host.port == p->guest_port && ip_is_any(&p->host.ip));
	}
	if (same)			/* the loopback addresses are among them */
		return NULL;
	why = listen_loopback(c);
	if (why && published) {		/* others can call; if the host does not let us, the guest itself cannot */
		forget_last(c);
		why = NULL;
	}
	if (!why && c->local.port == 0) {
		struct ip any = c->local.ip;

		sock_local(c, &c->local);
		c->local.ip = any;
	}
	return why;
}

static bool tcp_accept(struct conv *c, struct conv **from, const char **why)
{
	for (unsigned i = 0; i < c->nsocks; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		struct conv *n;
		int fd;

		fd = accept4(c->socks[i].fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno != EMFILE && errno != ENFILE)
			continue;
		n = fd < 0 ? NULL : conv_new(c->proto);
		if (!n) {
			if (fd >= 0)
				close(fd);
			*why = "no free devices";
			return true;
		}
		conv_take_socket(n, fd);
		no_delay(fd);
		n->state = CONNECTED;
		net_addr_from_host(&peer, &n->remote);
		sock_local(n, &n->local);
		n->local.port = c->local.port;
		net_counters.tcp_passive++;
		*from = n;
		return true;
	}
	return false;
}

/* keepalive [MS] */
static const char *keepalive(struct conv *c, char **w, int n)
{
	const char *why;
	long seconds = 0;

	if (n > 2)
		return "wrong #args in control message";
	if (n == 2)
		seconds = strtol(w[1], NULL, 10) / 1000;
	if (c->state != CONNECTED)
		return hungup;
	why = sock_option(c, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (why || n < 2)
		return why;
	if (seconds < 1)
		seconds = 1;
	if (seconds > 32767)
		seconds = 32767;
	why = sock_option(c, IPPROTO_TCP, TCP_KEEPIDLE, (int)seconds);
	return why ? why : sock_option(c, IPPROTO_TCP, TCP_KEEPINTVL, (int)seconds);
}

static const char *tcp_ctl(struct conv *c, char **w, int n)
{
	if (strcmp(w[0], "keepalive") == 0)
		return keepalive(c, w, n);
	return unknown_request;
}

static const char *const states[] = {	/* by the host's number */
	"Closed", "Established", "Syn_sent", "Syn_received", "Finwait1", "Finwait2", "Time_wait", "Closed", "Close_wait",
	"Last_ack", "Listen", "Closing",
};

static int tcp_status(struct conv *c, char *text, size_t size)
{
	struct tcp_info t = { 0 };
	socklen_t len = sizeof t;
	int in = 0, out = 0;
	const char *state = "Closed";

	if (c->state == ANNOUNCED)
		return snprintf(text, size, "Listen qin 0 qout 0\n");
	if (c->nsocks == 0 || getsockopt(c->socks[0].fd, IPPROTO_TCP, TCP_INFO, &t, &len) < 0)
		return snprintf(text, size, "Closed qin 0 qout 0\n");
	ioctl(c->socks[0].fd, FIONREAD, &in);
	ioctl(c->socks[0].fd, TIOCOUTQ, &out);
	if (t.tcpi_state < sizeof states / sizeof states[0])
		state = states[t.tcpi_state];
	return snprintf(text, size, "%s qin %d qout %d rq 0.0 srtt %u mdev %u sst %u cwin %u swin %u>>%u rwin %u>>%u qscale 0 "
			"timer.start 0 timer.count 0 rerecv 0 katimer.start 0 katimer.count 0\n", state, in, out,
			t.tcpi_rtt / 1000, t.tcpi_rttvar / 1000, t.tcpi_snd_ssthresh, t.tcpi_snd_cwnd * t.tcpi_snd_mss,
			t.tcpi_snd_cwnd * t.tcpi_snd_mss, t.tcpi_snd_wscale, t.tcpi_rcv_space, t.tcpi_rcv_wscale);
}

static int tcp_stats(char *text, size_t size)
{
	unsigned open = 0;

	for (unsigned i = 0; i < tcp_proto.nconvs; i++)
		open += tcp_proto.convs[i]->state == CONNECTED;
	return snprintf(text, size, "MaxConn: %d\nActiveOpens: %lu\nPassiveOpens: %lu\nEstabResets: %lu\nCurrEstab: %u\n", MOST_CONVS,
			net_counters.tcp_active, net_counters.tcp_passive, net_counters.tcp_resets, open);
}

struct proto tcp_proto = {
	.name = "tcp",
	.read = tcp_read,
	.write = tcp_write,
	.connect = tcp_connect,
	.announce = tcp_announce,
	.accept = tcp_accept,
	.ctl = tcp_ctl,
	.status = tcp_status,
	.stats = tcp_stats,
};
