/* What the files of the host's network share; nobody else includes this. */
#ifndef HOST_NET_PRIVATE_H
#define HOST_NET_PRIVATE_H

#include "../io.h"
#include "netfs.h"
#include "resolve.h"

#define MOST_CONVS	8192		/* conversations of one protocol */
#define MOST_SOCKETS	6		/* of one conversation: where a port is published, and both loopback addresses */
#define UDP_HEADER	52
#define PEERS		64

/* What a path is made of: file | protocol << 8 | number << 16. */
enum file {
	F_ROOT, F_CS, F_DNS, F_IPROUTE, F_IPSELFTAB, F_IPIFC, F_IFACE, F_IFSTATUS, F_ETHER, F_ETHERADDR,
	F_PROTO, F_CLONE, F_STATS, F_CONV, F_CTL, F_DATA, F_ERR, F_LISTEN, F_LOCAL, F_REMOTE, F_STATUS,
};
#define PATH(file, proto, number)	((uint64_t)(file) | (uint64_t)(proto) << 8 | (uint64_t)(number) << 16)
#define PATH_FILE(path)			((enum file)((path) & 0xff))
#define PATH_PROTO(path)		((unsigned)((path) >> 8 & 0xff))
#define PATH_NUMBER(path)		((unsigned)((path) >> 16))

enum state { IDLE, BOUND, CONNECTING, CONNECTED, ANNOUNCED, HUNGUP };

struct sock {
	int fd;				/* -1: none */
	struct conv *conv;
	bool watched;			/* in ready.c's set */
	uint32_t armed;			/* what it was armed for */
};

struct conv {
	struct proto *proto;
	unsigned number;
	unsigned refs;			/* open files */
	enum state state;
	struct sock socks[MOST_SOCKETS];
	unsigned nsocks;
	struct net_addr local, remote;
	bool headers;			/* udp */
	bool guarded;			/* udp: only from this host, and from whom we sent to */
	bool called;			/* udp: by a caller of an announced port */
	bool read_end;			/* tcp: the peer has sent all */
	struct datagram *waiting;	/* udp: what came before there was a socket for who sent it, oldest first */
	unsigned nwaiting;
	struct ip peers[PEERS];
	unsigned npeers;
	struct net_addr callers[PEERS];	/* udp with headers: who sent to us lately, and so may be answered */
	unsigned ncallers;
	const char *why;		/* HUNGUP: what reads say, or NULL for end of file */
	/* Calls that wait, oldest first. */
	struct netfs_call *connects, *reads, *writes, *listens, *errs;
};

struct proto {
	const char *name;
	struct conv *convs[MOST_CONVS];
	unsigned nconvs;
	/* true: the call is done (with what it says); false: try again when a socket is ready. */
	bool (*read)(struct conv *c, struct netfs_call *call);
	bool (*write)(struct conv *c, struct netfs_call *call);
	/* Start to connect: NULL, and state is CONNECTED or CONNECTING; or an error. */
	const char *(*connect)(struct conv *c);
	const char *(*announce)(struct conv *c);
	/* The next call for an announced conversation: true and *from is a conversation, or an error is in *why. */
	bool (*accept)(struct conv *c, struct conv **from, const char **why);
	/* A control message that is the protocol's own: NULL, an error, or `unknown`. */
	const char *(*ctl)(struct conv *c, char **words, int n);
	int (*status)(struct conv *c, char *text, size_t size);
	int (*stats)(char *text, size_t size);
};
#define PROTOS			4
extern struct proto tcp_proto, udp_proto, icmp_proto, icmp6_proto;
extern struct proto *const protos[PROTOS];
void udp_forget(struct conv *c);	/* the datagrams that wait */

struct net_counters {
	unsigned long tcp_active, tcp_passive, tcp_resets;
	unsigned long udp_in, udp_out, udp_dropped, udp_errors;
};
extern struct net_counters net_counters;

extern const char unknown_request[];
extern const char hungup[];

/* calls.c */
void call_end(struct netfs_call *call, const char *error);	/* NULL: success */
void call_wait(struct netfs_call *call, struct netfs_call **queue);
/* The part of a call's memory from byte `skip` on, as at most `most` pieces of `iov`: their number. */
int call_slice(const struct netfs_call *call, uint32_t skip, struct iovec *iov, int most);
void call_copy_out(const struct netfs_call *call, uint32_t at, void *data, uint32_t len);
/* Answer a read from a text, by offset. */
void call_text(struct netfs_call *call, const char *text, size_t len);
const char *net_error(int error);

/* conv.c */
struct conv *conv_find(unsigned proto, unsigned number);
struct conv *conv_new(struct proto *p);		/* with a reference; NULL: none is free */
unsigned proto_index(const struct proto *p);
void conv_hold(struct conv *c);
void conv_drop(struct conv *c);
void conv_open_listen(struct conv *c, struct netfs_call *call);
void conv_read(struct conv *c, struct netfs_call *call);
void conv_write(struct conv *c, struct netfs_call *call);
void conv_read_err(struct conv *c, struct netfs_call *call);
void conv_ctl(struct conv *c, struct netfs_call *call);
void conv_forget(struct netfs_call *call);	/* a waiting call is being flushed */
void conv_try(struct conv *c);			/* what waits */
void conv_hangup(struct conv *c, const char *why, bool reset);
bool conv_announced_at(const struct proto *p, const struct net_addr *a);	/* what is sent to a comes to the guest itself */
/* sock.c: 0, or -1 and errno. */
int conv_socket(struct conv *c, int family, int type);
int conv_take_socket(struct conv *c, int fd);
void conv_close_sockets(struct conv *c);
/* A socket of the family that suits a, bound to it.  NULL or an error text. */
const char *conv_bind(struct conv *c, const struct net_addr *a, int type, bool reuse);
bool net_has_v6(void);
void sock_local(const struct conv *c, struct net_addr *a);
const char *sock_option(struct conv *c, int level, int name, int value);

/* ready.c */
int ready_start(int resolver_fd, struct error *err);
int ready_fd(void);				/* readable: ready_work has something to do */
void ready_arm(struct sock *s, uint32_t events);	/* conv_try once, when one of EPOLL... holds */
void ready_forget(struct sock *s);		/* its descriptor becomes somebody else's */
void ready_work(void);

/* linger.c: take over a connected socket, and close it in the end. */
void linger(int fd);

/* policy.c */
int policy_start(const struct netfs_config *config, struct error *err);
/* Whether the guest may connect to, or send to, a by p. */
bool policy_may_call(const struct proto *p, const struct net_addr *a);
void policy_learn(const char *host, const struct ip *ip);
/* The next way in which guest port `port` is published, or NULL. */
const struct publish *policy_published(uint16_t port, bool udp, unsigned *next);

/* names.c: cs and dns. */
struct query *query_new(bool dns);
void query_free(struct query *q);
void query_read(struct query *q, struct netfs_call *call);
void query_write(struct query *q, struct netfs_call *call);
bool query_forget(struct netfs_call *call);

/* ifaces.c: what the host's interfaces were when the guest started. */
int ifaces_start(struct error *err);
unsigned ifaces_count(void);
bool ifaces_own(const struct ip *ip);
int ifaces_status(unsigned n, char *text, size_t size);
int ifaces_ether(unsigned n, char *text, size_t size);	/* -1: not an Ethernet */
int ifaces_routes(char *text, size_t size);
unsigned ifaces_index(const struct ip *ip);	/* of the interface with this address, the host's; 0: none */
int ifaces_self(char *text, size_t size);

#endif
