/*
 * What user.c uses of libslirp (4.x) as the library documents it: the library is loaded when it is wanted, so that 9guest
 * can be built and run without it.  The configuration is the library's version 1, which all releases take.
 */
#ifndef HOST_NET_SLIRP_H
#define HOST_NET_SLIRP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SLIRP_LIBRARY	"libslirp.so.0"

struct slirp;
enum { SLIRP_IN = 1, SLIRP_OUT = 2, SLIRP_PRI = 4, SLIRP_ERR = 8, SLIRP_HUP = 16 };
enum { SLIRP_UDP = 1, SLIRP_V6ONLY = 2 };

struct slirp_calls {
	ssize_t (*send_packet)(const void *buf, size_t len, void *ctx);
	void (*guest_error)(const char *text, void *ctx);
	int64_t (*clock_get_ns)(void *ctx);
	void *(*timer_new)(void (*ring)(void *arg), void *arg, void *ctx);
	void (*timer_free)(void *timer, void *ctx);
	void (*timer_mod)(void *timer, int64_t at_ms, void *ctx);
	void (*register_poll_fd)(int fd, void *ctx);
	void (*unregister_poll_fd)(int fd, void *ctx);
	void (*notify)(void *ctx);
	void (*init_completed)(struct slirp *s, void *ctx);	/* version 4 */
	void *(*timer_new_opaque)(int id, void *arg, void *ctx);
};

struct slirp_config {
	uint32_t version;
	int restricted;
	bool v4;
	struct in_addr network, netmask, host;
	bool v6;
	struct in6_addr prefix6;
	uint8_t prefix6_len;
	struct in6_addr host6;
	const char *hostname, *tftp_name, *tftp_path, *bootfile;
	struct in_addr dhcp_start, nameserver;
	struct in6_addr nameserver6;
	const char **dnssearch;
	const char *domainname;
	size_t mtu, mru;
	bool disable_host_loopback;
	bool enable_emu;
};

/* The library's functions, each by the name behind "slirp_". */
struct slirp_library {
	struct slirp *(*new)(const struct slirp_config *config, const struct slirp_calls *calls, void *ctx);
	void (*pollfds_fill)(struct slirp *s, uint32_t *timeout_ms, int (*add)(int fd, int events, void *ctx), void *ctx);
	void (*pollfds_poll)(struct slirp *s, int failed, int (*get)(int index, void *ctx), void *ctx);
	void (*input)(struct slirp *s, const uint8_t *frame, int len);
	int (*add_hostxfwd)(struct slirp *s, const struct sockaddr *host, socklen_t hostlen, const struct sockaddr *guest,
			    socklen_t guestlen, int flags);
};

#endif
