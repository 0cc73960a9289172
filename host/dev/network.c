/*
 * -n: from the words of the command line to devices.  Wires are opened here, interfaces on them added to the device page
 * in the order in which they were named.  main calls this before there is a guest, since some wires are helper
 * processes, which must inherit nothing of it.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "../net/wires.h"
#include "hostnet.h"
#include "net.h"
#include "network.h"

static bool host;
static unsigned interfaces;

/*
 * What the guest has without being asked for is there if it can be; and as most runs never use it, nothing but
 * a sleeping process is made of it before it is used.
 */
static int open_default(const struct options *o, const uint8_t mac[6], struct error *err)
{
	struct wire w = { .name = "user", .fd = -1, .mtu = WIRE_MTU_MOST, .drops = -1 };

	if (wire_user(o->published, o->npublished, mac, true, &w.ring, err) < 0)
		return 0;
	interfaces++;
	return net_add(&w, mac, err);
}

static int open_one(const struct options *o, const char *kind, struct error *err)
{
	struct wire w = { .name = kind, .fd = -1, .mtu = WIRE_MTU, .drops = -1 };
	uint8_t mac[6];
	bool joins;
	int status;

	if (strcmp(kind, "host") == 0) {
		host = true;
		return hostnet_add(o, err);
	}
	if (getrandom(mac, sizeof mac, 0) != sizeof mac)
		return error_set(err, "no random bytes for a MAC address: %s", strerror(errno));
	mac[0] = 2;			/* locally administered, of one machine */
	if (o->net_by_default && !o->npublished)
		return open_default(o, mac, err);
	if (strcmp(kind, "user") == 0) {
		status = wire_user(o->published, o->npublished, mac, false, &w.ring, err);
		w.mtu = WIRE_MTU_MOST;
	} else if (strncmp(kind, "tap=", 4) == 0) {
		status = w.fd = wire_tap(kind + 4, &w.drops, &joins, err);
		w.longest = WIRE_LONGEST;
		w.longest_in = status >= 0 && joins ? WIRE_LONGEST_IN : 0;
	} else {
		status = w.fd = wire_hub(kind + 4, err);
	}
	interfaces++;
	return status < 0 ? -1 : net_add(&w, mac, err);
}

int network_open(const struct options *o, struct error *err)
{
	for (unsigned i = 0; i < o->nnets; i++)
		if (open_one(o, o->nets[i], err) < 0)
			return -1;
	return 0;
}

int network_wait(struct error *err)
{
	return wire_user_wait(err);
}

const char *network_dhcp(const struct options *o)
{
	/* the guest configures its first interface by itself */
	for (unsigned i = 0; i < o->nnets; i++)
		if (strcmp(o->nets[i], "host") != 0)
			return strcmp(o->nets[i], "user") != 0 ? NULL : o->npublished ? "now" : "yes";
	return NULL;
}

bool network_interfaces(void)
{
	return interfaces > 0;
}

bool network_host(void)
{
	return host;
}
