/* The wires of network interfaces: each gives a descriptor on which a read or write is one Ethernet frame. */
#ifndef HOST_NET_WIRES_H
#define HOST_NET_WIRES_H

#include "addr.h"

/* All: a descriptor, or -1 and a message.  Before threads and the filter. */
/* user.c: a network of the guest's own behind libslirp, in a helper process.  publish: ports of the host that lead in; mac:
 * the guest's, from which its IPv6 address follows. */
int wire_user(const struct publish *publish, unsigned npublish, const uint8_t mac[6], struct error *err);
int wire_user_wait(struct error *err);		/* until it works, or not: 0 or -1 and a message */
/* tap.c: the tap interface of that name. */
int wire_tap(const char *name, struct error *err);
/* hub.c: the wire of that name between guests of one user. */
int wire_hub(const char *name, struct error *err);

/* helper.c: the beginning of a helper process, after fork.  It keeps n descriptors, which get new numbers; it ends with its
 * parent if `dies`. */
void helper_begin(int *keep, int n, bool dies);
/* confine.c: from here on this process can use the Internet, and little else.  -1: the host has no such filters. */
int helper_confine(void);

#endif
