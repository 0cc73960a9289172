/* net.c: lguest's network device, and what its wires are made of (host/net/user.c, tap.c, wire.c). */
#ifndef HOST_DEV_NET_H
#define HOST_DEV_NET_H

#include <stdint.h>

#include "../error.h"

/*
 * Add an interface on an open descriptor, whose reads and writes are Ethernet frames, one each: a tap, or a socket that keeps
 * records, of a helper that may have news (net/wires.h).  name is for messages, mac what we propose to the guest, mtu
 * the size of the largest packet on that wire, longest WIRE_LONGEST for taps, else 0, drops what a tap gave, or -1.  Before the machine
 * is made; -1 and a message if there are too many.
 */
int net_add(int fd, const char *name, const uint8_t mac[6], unsigned mtu, unsigned longest, int drops, struct error *err);

#endif
