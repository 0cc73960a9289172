/* The wire that is a tap interface of the host: made by whoever runs the host, or by us if we may. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "wires.h"

int wire_tap(const char *name, struct error *err)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd;

	if (strlen(name) == 0 || strlen(name) >= sizeof r.ifr_name)
		return error_set(err, "-n tap=%s: not the name of an interface", name);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, "-n tap=%s: /dev/net/tun: %s", name, strerror(errno));
	strcpy(r.ifr_name, name);
	if (ioctl(fd, TUNSETIFF, &r) < 0) {
		int error = errno;

		close(fd);
		return error_set(err, "-n tap=%s: %s%s", name, strerror(error), error == EPERM ?
				 "; an administrator can make one for you: ip tuntap add mode tap user $USER name IF" :
				 error == EBUSY ? ": another program has it open" : "");
	}
	return fd;
}
