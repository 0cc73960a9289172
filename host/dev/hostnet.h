/* hostnet.c: the host's network as a device of the guest, by 9P2000. */
#ifndef HOST_DEV_HOSTNET_H
#define HOST_DEV_HOSTNET_H

#include "../options.h"

/* Add it.  Starts the helper process, so early; before the machine is made. */
int hostnet_add(const struct options *o, struct error *err);

#endif
