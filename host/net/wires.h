/* The wires of network interfaces: a descriptor on which a read or write is one Ethernet frame, or rings of frames (ring.h). */
#ifndef HOST_NET_WIRES_H
#define HOST_NET_WIRES_H

#include "addr.h"

#define WIRE_MTU	1500		/* of taps, and of what anybody can listen to */
/*
 * Of -n user, where nobody else listens: every frame costs the same work and wakeups, whatever its size.  libslirp's TCP window is
 * 64 KiB, so that two segments of this size can be under way, and its two ends work at the same time.
 */
#define WIRE_MTU_MOST	32000

/* Of taps: the longest packet to be cut; what the host's kernel takes is 65535, and a guest that describes it by pages has 16 of them. */
#define WIRE_LONGEST	61000
#define WIRE_FRAME_MORE	18		/* bytes of a frame than of its packet: the header, with a VLAN tag */
#define WIRE_LONGEST_IN	(65535 + WIRE_FRAME_MORE)	/* bytes of a frame that the host's kernel has not cut */

struct ring_end;

/* All: a descriptor (user.c: 0 and an end), or -1 and a message.  Before threads and the filter. */
/* user.c: a network of the guest's own behind libslirp, in a helper process.  publish: ports of the host that lead in; mac:
 * the guest's, from which its IPv6 address follows; lazy: the helper sleeps until the guest's first frame, and only then finds out
 * whether there is such a library. */
int wire_user(const struct publish *publish, unsigned npublish, const uint8_t mac[6], bool lazy, struct ring_end *end, struct error *err);
int wire_user_wait(struct error *err);		/* until one that is not lazy works, or not: 0 or -1 and a message */
/* tap.c: the tap interface of that name.  drops: a file in which wire_tap_drops finds out, at any time, how many frames it could not hand
 * over: 0, or -1 if that cannot be known.  joins: can wire_tap_join have the host's kernel hand over frames that it has neither cut nor summed? */
int wire_tap(const char *name, int *drops, bool *joins, struct error *err);
int wire_tap_drops(int drops, const char *name, uint32_t *frames);
int wire_tap_join(int fd, bool on);		/* at any time: 0, or -1 and errno */
/*
 * tapframe.c: what goes before each frame on a tap.  For one of len bytes, of which p has the first, `have` (at least WIRE_FRAME_LEAST): 0, or -1
 * if it is longer than the mtu allows and not as lguest.h says of those that are cut.
 */
struct virtio_net_hdr;
#define WIRE_FRAME_LEAST	34
int wire_tap_head(struct virtio_net_hdr *h, const uint8_t *p, size_t have, size_t len, unsigned mtu);
/*
 * A frame of len bytes has come with h before it: 0 and what the guest is told, once sums are filled in that the kernel has left to us, but for those
 * which lguest.h leaves to the guest; or -1: h makes no sense.
 */
struct lguest_net_head;
struct iovec;
int wire_tap_came(const struct virtio_net_hdr *h, const struct iovec *frame, size_t len, struct lguest_net_head *told);
/* hub.c: the wire of that name between guests of one user. */
int wire_hub(const char *name, struct error *err);

/*
 * A helper has news for the device now and then: records which begin with zeros where a frame has the hardware
 * address that it is for, and a byte that says which.
 */
enum wire_news {
	WIRE_LOST = 1,			/* 4 bytes, little endian: frames that it could not hand over so far */
	WIRE_DIED = 2,			/* text: why there is no wire any more */
};
#define WIRE_NEWS_HEAD	7
#define WIRE_NEWS_MOST	256		/* bytes, all together */
/* helper.c: make such a record, of at most WIRE_NEWS_MOST bytes: how many.  Send it to the device at the other end of a socket; -1: there is no room now. */
size_t wire_news(uint8_t *record, enum wire_news news, const void *data, size_t len);
int wire_tell(int fd, enum wire_news news, const void *data, size_t len);

/* helper.c: the beginning of a helper process, after fork.  It keeps n descriptors, which get new numbers; it ends with its
 * parent if `dies`. */
void helper_begin(int *keep, int n, bool dies);
/* confine.c: from here on this process can use the Internet, and what else it is for.  -1: the host has no such filters. */
enum { HELPER_SLIRP = 1, HELPER_RESOLVER = 2, HELPER_PLUGINS = 4 /* a resolver whose plugins speak to services of this host */ };
int helper_confine(unsigned who);

#endif
