/* network.c: the networks that the command line asks for. */
#ifndef HOST_DEV_NETWORK_H
#define HOST_DEV_NETWORK_H

#include "../options.h"

/* Open them all, and add their devices; early: helper processes are forked here, and nothing of the guest exists yet. */
int network_open(const struct options *o, struct error *err);
/* Before the guest runs: has all that was started come up? */
int network_wait(struct error *err);
/* Is there a network that tells the guest its address?  NULL; "yes"; or "now": others may call before the guest uses it. */
const char *network_dhcp(const struct options *o);
/* Are there interfaces, frames' way to a wire? */
bool network_interfaces(void);
/* Does the guest use the host's sockets, so that this process makes some? */
bool network_host(void);

#endif
