/* net.c: lguest's network device, and what its wires are made of (host/net/user.c, tap.c, wire.c). */
#ifndef HOST_DEV_NET_H
#define HOST_DEV_NET_H

#include <stdint.h>

#include "../error.h"
#include "../net/ring.h"

struct wire {
	const char *name;		/* for messages */
	int fd;				/* its reads and writes are Ethernet frames, one each: a tap, or a socket that keeps records; */
	struct ring_end ring;		/* or, if fd is -1, these are */
	unsigned mtu;			/* the size of the largest packet */
	unsigned longest;		/* WIRE_LONGEST for taps, else 0 */
	unsigned longest_in;		/* WIRE_LONGEST_IN for taps that can be asked for such frames, else 0 */
	int drops;			/* what a tap gave, or -1 */
};

/*
 * Add an interface.  At the other end of what is no tap there is a helper that may have news (net/wires.h); mac is what we propose to the guest.
 * Before the machine is made; -1 and a message if there are too many.
 */
int net_add(const struct wire *w, const uint8_t mac[6], struct error *err);

#endif
