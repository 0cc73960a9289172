/*
 * -n user: the guest has a network of its own, 10.0.2.0/24 and fd00:2::/64, in which libslirp plays router (10.0.2.2), name
 * server (10.0.2.3) and DHCP server, and turns what the guest sends into sockets of this user.  It runs in a helper process,
 * which is given frames over a socket: so the library is loaded while the guest already boots, and an error in
 * it reaches no guest's memory.  The host's loopback addresses cannot be reached from the guest: libslirp refuses those that
 * it has names of its own for, and what names them as the host does is dropped before.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "slirp.h"
#include "wires.h"

#define MOST_FDS	8192
#define FRAME_BYTES	(WIRE_MTU_MOST + 32)
#define SMALL_BYTES	2048
#define LITTLE_BYTES	600
#define HELD_MOST	(4 << 20)
#define ACK_NS		200000		/* as long may an acknowledgement wait for an answer */
#define BURST		64
#define BATCH		64

struct timer {
	struct timer *next;
	void (*ring)(void *arg);
	void *arg;
	int64_t at_ms;			/* -1: not set */
};

static struct slirp_library lib;
static struct timer *timers;
static struct pollfd polls[MOST_FDS];
static int npolls;
static int wire;			/* to the guest */

static int64_t now_ns(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Small frames for the guest go together, as each sending wakes it. */
static uint8_t out[BATCH][SMALL_BYTES];
static struct iovec out_iov[BATCH];
static struct mmsghdr out_msgs[BATCH];
static unsigned nout;

static uint32_t lost, lost_told;

/* Frames for which there was no room in the socket; those that follow queue up behind them. */
static struct held {
	struct held *next;
	size_t len;
	uint8_t frame[];
} *held, **held_end = &held;
static size_t held_bytes;
static bool little;			/* the guest's last frame was a small one */

/*
 * To the guest, now or when it has read some.  libslirp takes half a second to notice a loss, so that much is held for a guest
 * that is busy; one that does not read at all loses frames, as on any wire.
 */
static void hand_over(const uint8_t *frame, size_t len)
{
	struct held *h;

	if (!held && (send(wire, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || (errno != EAGAIN && errno != EINTR)))
		return;
	h = held_bytes + len <= HELD_MOST ? malloc(sizeof *h + len) : NULL;
	if (!h) {
		lost++;
		return;
	}
	h->next = NULL;
	h->len = len;
	memcpy(h->frame, frame, len);
	*held_end = h;
	held_end = &h->next;
	held_bytes += len;
}

/* There may be room again. */
static void hand_over_held(void)
{
	while (held && send(wire, held->frame, held->len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		struct held *h = held;

		held = h->next;
		held_bytes -= h->len;
		free(h);
	}
	if (!held)
		held_end = &held;
}

static void flush(void)
{
	unsigned done = 0;

	while (done < nout && !held) {
		int n = sendmmsg(wire, out_msgs + done, nout - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0 && errno != EINTR)
			break;
		done += n > 0 ? (unsigned)n : 0;
	}
	for (; done < nout; done++)
		hand_over(out[done], out_iov[done].iov_len);
	nout = 0;
	if (lost != lost_told && wire_tell(wire, WIRE_LOST, &lost, sizeof lost) == 0)
		lost_told = lost;
}

static ssize_t to_guest(const void *frame, size_t len, void *ctx)
{
	(void)ctx;
	if (len > SMALL_BYTES) {
		flush();
		hand_over(frame, len);
		return (ssize_t)len;
	}
	memcpy(out[nout], frame, len);
	out_iov[nout] = (struct iovec){ out[nout], len };
	out_msgs[nout].msg_hdr = (struct msghdr){ .msg_iov = &out_iov[nout], .msg_iovlen = 1 };
	if (++nout == BATCH)
		flush();
	return (ssize_t)len;
}

/* A TCP segment, IPv4's or IPv6's, of which nothing but the acknowledgement is news. */
static bool pure_ack(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + 14, *tcp;
	size_t packet;

	if (len < 14 + 40 || ip[-2] != (ip[0] >> 4 == 4 ? 0x08 : 0x86))
		return false;
	if (ip[0] >> 4 == 4) {
		packet = (size_t)ip[2] << 8 | ip[3];
		tcp = ip + 4 * (ip[0] & 15);
		if (ip[9] != IPPROTO_TCP)
			return false;
	} else {
		packet = 40 + ((size_t)ip[4] << 8 | ip[5]);
		tcp = ip + 40;
		if (ip[6] != IPPROTO_TCP)
			return false;
	}
	if (len < 14 + packet || tcp + 20 > ip + packet)
		return false;
	return tcp[13] == 0x10 && tcp + 4 * (tcp[12] >> 4) == ip + packet;
}

/*
 * libslirp acknowledges everything at once.  But who has sent a little mostly waits for an answer, which comes soon and
 * acknowledges as well: then the guest need not be woken up twice.
 */
static bool can_wait(void)
{
	return nout == 1 && little && pure_ack(out[0], out_iov[0].iov_len);
}

static void guest_error(const char *text, void *ctx)
{
	(void)text;
	(void)ctx;
}

static void *timer_new(void (*ring)(void *), void *arg, void *ctx)
{
	struct timer *t = calloc(1, sizeof *t);

	(void)ctx;
	if (!t)
		_exit(1);
	*t = (struct timer){ timers, ring, arg, -1 };
	timers = t;
	return t;
}

static void timer_free(void *timer, void *ctx)
{
	(void)ctx;
	for (struct timer **l = &timers; *l; l = &(*l)->next)
		if (*l == timer) {
			*l = (*l)->next;
			free(timer);
			return;
		}
}

static void timer_mod(void *timer, int64_t at_ms, void *ctx)
{
	(void)ctx;
	((struct timer *)timer)->at_ms = at_ms;
}

static void no_fd(int fd, void *ctx)
{
	(void)fd;
	(void)ctx;
}

static void no_notify(void *ctx)
{
	(void)ctx;			/* there is one thread, and it looks anyway */
}

static int add_poll(int fd, int events, void *ctx)
{
	struct pollfd *p = &polls[npolls];

	(void)ctx;
	if (npolls == MOST_FDS)
		return -1;
	*p = (struct pollfd){ .fd = fd };
	p->events = (short)((events & SLIRP_IN ? POLLIN : 0) | (events & SLIRP_OUT ? POLLOUT : 0) |
			    (events & SLIRP_PRI ? POLLPRI : 0));
	return npolls++;
}

static int get_events(int index, void *ctx)
{
	int r = index >= 0 ? polls[index].revents : 0;

	(void)ctx;
	return (r & POLLIN ? SLIRP_IN : 0) | (r & POLLOUT ? SLIRP_OUT : 0) | (r & POLLPRI ? SLIRP_PRI : 0) |
		(r & POLLERR ? SLIRP_ERR : 0) | (r & POLLHUP ? SLIRP_HUP : 0);
}

static void ring_timers(uint32_t *timeout_ms)
{
	int64_t now = now_ns(NULL) / 1000000;

	for (struct timer *t = timers; t; t = t->next) {
		if (t->at_ms < 0)
			continue;
		if (t->at_ms <= now) {
			t->at_ms = -1;
			t->ring(t->arg);
		} else if (t->at_ms - now < *timeout_ms) {
			*timeout_ms = (uint32_t)(t->at_ms - now);
		}
	}
}

/*
 * What the host's own stack would take as sent to itself, whatever we do: 127.0.0.0/8, 0.0.0.0, and in IPv6 ::1, :: and
 * all that has an IPv4 address in it; they are in 0::/64, of which nothing else is in use (RFC 4291, 2.5).  No honest stack lets
 * such a packet out (RFC 1122, 3.2.1.3).
 */
static bool for_loopback(const uint8_t *frame, size_t len)
{
	static const uint8_t zero[8];
	const uint8_t *ip = frame + 14;

	if (len >= 14 + 20 && frame[12] == 0x08 && frame[13] == 0x00)
		return ip[16] == 127 || ip[16] == 0;
	if (len >= 14 + 40 && frame[12] == 0x86 && frame[13] == 0xdd)
		return memcmp(ip + 24, zero, sizeof zero) == 0;
	return false;
}

/* Frames from the guest; it has ended: so do we. */
static void from_guest(struct slirp *s)
{
	static uint8_t frame[FRAME_BYTES];

	for (int i = 0; i < BURST; i++) {
		ssize_t n = recv(wire, frame, sizeof frame, MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			_exit(0);
		if (n < 0)
			return;
		little = n < LITTLE_BYTES;
		if (!for_loopback(frame, (size_t)n))
			lib.input(s, frame, (int)n);
	}
}

static void serve(struct slirp *s)
{
	for (;;) {
		uint32_t timeout_ms = 60000;
		struct timespec wait;
		int n;

		npolls = 0;
		add_poll(wire, SLIRP_IN | (held ? SLIRP_OUT : 0), NULL);
		lib.pollfds_fill(s, &timeout_ms, add_poll, NULL);
		ring_timers(&timeout_ms);
		wait = (struct timespec){ timeout_ms / 1000, timeout_ms % 1000 * 1000000l };
		if (!can_wait())
			flush();
		else if (timeout_ms > 0)
			wait = (struct timespec){ 0, ACK_NS };
		n = ppoll(polls, (nfds_t)npolls, &wait, NULL);
		if (held)
			hand_over_held();
		if (n > 0 && polls[0].revents & ~POLLOUT)
			from_guest(s);
		lib.pollfds_poll(s, n < 0, get_events, NULL);
		if (n == 0 || !can_wait())
			flush();
	}
}

static struct in_addr v4(unsigned last)
{
	return (struct in_addr){ htonl(0x0a000200 | last) };
}

static struct in6_addr v6(unsigned last)
{
	struct in6_addr a = { .s6_addr = { 0xfd, 0, 0, 2 } };

	a.s6_addr[15] = (uint8_t)last;
	return a;
}

static const struct slirp_calls calls = {
	.send_packet = to_guest,
	.guest_error = guest_error,
	.clock_get_ns = now_ns,
	.timer_new = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = no_fd,
	.unregister_poll_fd = no_fd,
	.notify = no_notify,
};

/* RFC 4291, appendix A: what the guest makes of our prefix by itself. */
static struct in6_addr guest6(const uint8_t mac[6])
{
	struct in6_addr a = v6(0);

	memcpy(a.s6_addr + 8, mac, 3);
	a.s6_addr[8] ^= 2;
	a.s6_addr[11] = 0xff;
	a.s6_addr[12] = 0xfe;
	memcpy(a.s6_addr + 13, mac + 3, 3);
	return a;
}

static int forward(struct slirp *s, const struct publish *p, const struct net_addr *guest, bool is_v6)
{
	struct sockaddr_storage from, to;
	socklen_t flen = net_addr_to_host(&p->host, is_v6, &from), tlen = net_addr_to_host(guest, is_v6, &to);

	return lib.add_hostxfwd(s, (struct sockaddr *)&from, flen, (struct sockaddr *)&to, tlen,
				(p->udp ? SLIRP_UDP : 0) | (is_v6 ? SLIRP_V6ONLY : 0));
}

/*
 * One -p: NULL or what is wrong.  IPv4's callers are led to the address that DHCP gives, IPv6's to the one that follows from
 * the MAC address.
 */
static const char *publish_one(struct slirp *s, const struct publish *p, const uint8_t mac[6])
{
	struct net_addr guest = { .port = p->guest_port };
	bool any = ip_is_any(&p->host.ip), only4 = !any && ip_is_v4(&p->host.ip);
	struct in_addr a4 = v4(15);
	struct in6_addr a6 = guest6(mac);

	if (any || only4) {
		memcpy(guest.ip.b + 10, "\xff\xff", 2);
		memcpy(guest.ip.b + 12, &a4, 4);
		if (forward(s, p, &guest, false) < 0)
			return strerror(errno);
	}
	if (!only4) {
		memcpy(guest.ip.b, &a6, 16);
		if (forward(s, p, &guest, true) < 0 && !any)	/* a host may have no IPv6 */
			return strerror(errno);
	}
	return NULL;
}

/* Has the host an IPv6 address that leads anywhere?  Else the guest need not try. */
static bool host_v6(void)
{
	FILE *f = fopen("/proc/net/if_inet6", "r");
	unsigned scope;
	char name[32];
	bool found = false;

	/* address, index, prefix length, scope (0: global), flags, name */
	while (f && !found && fscanf(f, "%*s %*x %*x %x %*x %31s", &scope, name) == 2)
		found = scope == 0;
	if (f)
		fclose(f);
	return found;
}

static const char *load(void)
{
	static const struct {
		const char *name;
		void *at;
	} functions[] = {
		{ "slirp_new", &lib.new },
		{ "slirp_pollfds_fill", &lib.pollfds_fill },
		{ "slirp_pollfds_poll", &lib.pollfds_poll },
		{ "slirp_input", &lib.input },
		{ "slirp_add_hostxfwd", &lib.add_hostxfwd },
	};
	void *handle = dlopen(SLIRP_LIBRARY, RTLD_NOW);

	if (!handle)
		return SLIRP_LIBRARY " cannot be loaded; Debian has it in libslirp0";
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		void *f = dlsym(handle, functions[i].name);

		if (!f)
			return SLIRP_LIBRARY " is too old: 4.7 or later is needed";
		memcpy(functions[i].at, &f, sizeof f);
	}
	return NULL;
}

/* Sleep until the guest has something to say; most end without. */
static void first_frame(void)
{
	struct pollfd p = { .fd = wire, .events = POLLIN };

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	if (p.revents & POLLHUP)
		_exit(0);
}

/* Each connection is one, for some seconds after its end as well. */
static void more_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= MOST_FDS)
		return;
	limit.rlim_cur = limit.rlim_max < MOST_FDS ? limit.rlim_max : MOST_FDS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The guest's frames are taken to the end: who leaves some unread has his last words thrown away, too. */
static _Noreturn void no_wire(const char *why)
{
	uint8_t frame[FRAME_BYTES];

	wire_tell(wire, WIRE_DIED, why, strlen(why));
	shutdown(wire, SHUT_WR);
	while (recv(wire, frame, sizeof frame, 0) > 0)
		;
	_exit(1);
}

/*
 * The helper's life.  What goes wrong at its start is written to `report`, which is closed when all is well; a lazy one has
 * none, and tells the device.
 */
static void helper(int report, const struct publish *publish, unsigned npublish, const uint8_t mac[6])
{
	struct slirp_config config = {
		.version = 1, .v4 = true, .network = v4(0), .netmask = { htonl(0xffffff00) }, .host = v4(2),
		.v6 = host_v6() || npublish > 0, .prefix6 = v6(0), .prefix6_len = 64, .host6 = v6(2), .hostname = "9guest",
		.dhcp_start = v4(15), .nameserver = v4(3), .nameserver6 = v6(3), .disable_host_loopback = true,
		.mtu = WIRE_MTU_MOST, .mru = WIRE_MTU_MOST,
	};
	const char *why;
	struct slirp *s;
	char text[160];

	if (report < 0)
		first_frame();
	more_files();
	why = load();
	if (!why && !(s = lib.new(&config, &calls, NULL)))
		why = "libslirp does not start";
	for (unsigned i = 0; i < npublish && !why; i++) {
		const char *bad = publish_one(s, &publish[i], mac);
		char ip[IP_TEXT];

		if (!bad)
			continue;
		ip_format(&publish[i].host.ip, ip);
		snprintf(text, sizeof text, "cannot publish port %u at %s: %s", publish[i].host.port, ip, bad);
		why = text;
	}
	if (!why && helper_confine(HELPER_SLIRP) < 0)
		why = "the helper process cannot be confined: no seccomp filters here";
	if (why && report < 0)
		no_wire(why);
	if (why)
		_exit(write(report, why, strlen(why)) < 0 ? 2 : 1);
	close(report);
	serve(s);
}

static int report_fd = -1;

int wire_user(const struct publish *publish, unsigned npublish, const uint8_t mac[6], bool lazy, struct error *err)
{
	int pair[2], report[2] = { -1, -1 };
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 || (!lazy && pipe2(report, O_CLOEXEC) < 0))
		return error_set(err, "-n user: socket pair: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return error_set(err, "-n user: cannot fork: %s", strerror(errno));
	if (pid == 0) {
		int keep[2] = { pair[1], report[1] };

		helper_begin(keep, lazy ? 1 : 2, true);
		wire = keep[0];
		helper(keep[1], publish, npublish, mac);
	}
	close(pair[1]);
	if (!lazy)
		close(report[1]);
	report_fd = report[0];
	return pair[0];
}

int wire_user_wait(struct error *err)
{
	char why[200];
	ssize_t n;

	if (report_fd < 0)
		return 0;
	while ((n = read(report_fd, why, sizeof why - 1)) < 0 && errno == EINTR)
		;
	close(report_fd);
	report_fd = -1;
	if (n <= 0)
		return 0;
	why[n] = '\0';
	return error_set(err, "-n user: %s", why);
}
