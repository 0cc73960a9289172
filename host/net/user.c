/*
 * -n user: the guest has a network of its own, 10.0.2.0/24 and fd00:2::/64, in which libslirp plays router (10.0.2.2), name
 * server (10.0.2.3) and DHCP server, and turns what the guest sends into sockets of this user.  It runs in a helper process,
 * which is given frames by shared memory (ring.h): so the library is loaded while the guest already boots, and an error in
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

#include "../clock.h"
#include "../patience.h"
#include "ring.h"
#include "slirp.h"
#include "wires.h"

#define MOST_FDS	8192
#define FRAME_BYTES	(WIRE_MTU_MOST + 32)
#define ACK_BYTES	128
#define LITTLE_BYTES	600
#define ACK_NS		200000		/* as long may an acknowledgement wait for an answer */
#define BURST		64

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
static struct ring_end wire;		/* to the guest */
static bool sent;			/* frames to the guest, in this round */

static int64_t now_ns(void *ctx)
{
	(void)ctx;
	return (int64_t)clock_monotonic_ns();
}

static uint32_t lost, lost_told;

static bool tell(enum wire_news news, const void *data, size_t len)
{
	uint8_t record[WIRE_NEWS_MOST];
	struct iovec iov = { record, wire_news(record, news, data, len) };

	return ring_write(&wire, &iov, 1) >= 0;
}

/* libslirp takes half a second to notice a loss, so the ring is large; a guest that does not read at all loses frames, as on any wire. */
static void give(const void *frame, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)frame, len };

	sent = true;
	if (lost != lost_told && tell(WIRE_LOST, &lost, sizeof lost))
		lost_told = lost;
	if (ring_write(&wire, &iov, 1) < 0)
		lost++;
}

/* The TCP segment in a frame of IPv4 or IPv6: its end, and where it starts; NULL: that is none. */
static const uint8_t *segment(const uint8_t *frame, size_t len, const uint8_t **end)
{
	const uint8_t *ip = frame + 14, *tcp;
	size_t packet;

	if (len < 14 + 40 || ip[-2] != (ip[0] >> 4 == 4 ? 0x08 : 0x86))
		return NULL;
	if (ip[0] >> 4 == 4) {
		packet = (size_t)ip[2] << 8 | ip[3];
		tcp = ip + 4 * (ip[0] & 15);
	} else {
		packet = 40 + ((size_t)ip[4] << 8 | ip[5]);
		tcp = ip + 40;
	}
	*end = ip + packet;
	return ip[ip[0] >> 4 == 4 ? 9 : 6] == IPPROTO_TCP && len >= 14 + packet && tcp + 20 <= *end ? tcp : NULL;
}

/*
 * libslirp acknowledges everything at once.  But who has sent a little mostly waits for an answer, which comes soon and
 * acknowledges as well: then the guest need not be woken up twice, nor read the first one.  Where something else goes to it in the same
 * round, nothing is gained.
 */
static struct {
	uint8_t frame[ACK_BYTES];
	size_t len;			/* 0: none waits */
} ack;
static bool little;			/* the guest's last frame was a small one */

/* Is there nothing but an acknowledgement in it that is news? */
static bool ack_only(const uint8_t *frame, size_t len)
{
	const uint8_t *end, *tcp = segment(frame, len, &end);

	return tcp && tcp[13] == 0x10 && tcp + 4 * (tcp[12] >> 4) == end;
}

/* Does this frame acknowledge what the one that waits does?  It is of the same connection, and libslirp acknowledges ever more. */
static bool ack_also(const uint8_t *frame, size_t len)
{
	const uint8_t *end, *tcp = segment(frame, len, &end), *held = segment(ack.frame, ack.len, &end);
	bool v4 = frame[14] >> 4 == 4;

	return tcp && frame[14] >> 4 == ack.frame[14] >> 4 && memcmp(tcp, held, 4) == 0 && tcp[13] & 0x10 &&
		memcmp(frame + 14 + (v4 ? 12 : 8), ack.frame + 14 + (v4 ? 12 : 8), v4 ? 8 : 32) == 0;
}

static void ack_release(void)
{
	if (ack.len)
		give(ack.frame, ack.len);
	ack.len = 0;
}

static ssize_t to_guest(const void *frame, size_t len, void *ctx)
{
	(void)ctx;
	if (ack.len && ack_also(frame, len))
		ack.len = 0;
	ack_release();
	if (little && !sent && len <= sizeof ack.frame && ack_only(frame, len))
		memcpy(ack.frame, frame, ack.len = len);
	else
		give(frame, len);
	return (ssize_t)len;
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

/* Frames from the guest: how many.  If it has ended, so do we. */
static int from_guest(struct slirp *s)
{
	static uint8_t frame[FRAME_BYTES];
	struct iovec iov = { frame, sizeof frame };

	for (int i = 0; i < BURST; i++) {
		ssize_t n = ring_read(&wire, &iov, 1);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			_exit(0);
		if (n < 0)
			return i;
		little = n < LITTLE_BYTES;
		if (n <= (ssize_t)sizeof frame && !for_loopback(frame, (size_t)n))
			lib.input(s, frame, (int)n);
	}
	return BURST;
}

static bool some_come(void *npoll)
{
	static const struct timespec now;

	*(int *)npoll = ppoll(polls, (nfds_t)npolls, &now, NULL);
	return *(int *)npoll != 0 || ring_ready(&wire, RING_FRAME, false);
}

/* Wait for frames and descriptors: as ppoll.  From somebody there will be something soon: p is how often that has been so, NULL is nobody. */
static int wait_for(uint32_t timeout_ms, struct patience *p)
{
	static const struct timespec now, ack_time = { 0, ACK_NS };
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000l };
	int n;

	if (p && patience_worth(p) && patience_wait(p, PATIENCE_TALK_NS, some_come, &n))
		return n;
	if (ring_ready(&wire, RING_FRAME, true))
		timeout = now;
	else if (ack.len && timeout_ms > 0)
		timeout = ack_time;
	n = ppoll(polls, (nfds_t)npolls, &timeout, NULL);
	ring_awake(&wire);
	return n;
}

/*
 * Who has heard something mostly says something soon.  But while the guest's thread looks out as well, only a host with three CPUs
 * has one for who answers, or takes what the guest sends in large frames, if he is on this host, too.
 */
static void serve(struct slirp *s)
{
	static struct patience of_guest, of_world;
	struct patience *world = patience_cpus(3) ? &of_world : NULL, *p = NULL;

	for (;;) {
		uint32_t timeout_ms = 60000;
		int n, frames;

		npolls = 0;
		add_poll(wire.fd, SLIRP_IN, NULL);
		lib.pollfds_fill(s, &timeout_ms, add_poll, NULL);
		ring_timers(&timeout_ms);
		n = wait_for(timeout_ms, p);
		sent = false;
		if (n > 0 && polls[0].revents)
			ring_hear(&wire);
		frames = from_guest(s);
		lib.pollfds_poll(s, n < 0, get_events, NULL);
		if (n == 0 && frames == 0)
			ack_release();
		p = sent && little ? &of_guest : frames > 0 ? world : NULL;
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
	struct pollfd p = { .fd = wire.fd, .events = POLLIN };

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
	patience_init();
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
		_exit(tell(WIRE_DIED, why, strlen(why)) ? 1 : 2);
	if (why)
		_exit(write(report, why, strlen(why)) < 0 ? 2 : 1);
	close(report);
	serve(s);
}

static int report_fd = -1;

int wire_user(const struct publish *publish, unsigned npublish, const uint8_t mac[6], bool lazy, struct ring_end *end, struct error *err)
{
	struct ring_end ends[2];
	int report[2] = { -1, -1 };
	pid_t pid;

	if (ring_pair(ends) < 0 || (!lazy && pipe2(report, O_CLOEXEC) < 0))
		return error_set(err, "-n user: no memory, sockets or pipe for its wire: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return error_set(err, "-n user: cannot fork: %s", strerror(errno));
	if (pid == 0) {
		int keep[2] = { ends[1].fd, report[1] };

		helper_begin(keep, lazy ? 1 : 2, true);
		wire = ends[1];
		wire.fd = keep[0];
		helper(keep[1], publish, npublish, mac);
	}
	close(ends[1].fd);
	ring_keep(&ends[0]);
	if (!lazy)
		close(report[1]);
	report_fd = report[0];
	*end = ends[0];
	return 0;
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
