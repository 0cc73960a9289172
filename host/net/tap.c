/*
 * The wire that is a tap interface of the host: made by whoever runs the host, or by us if we may.  Each frame has a struct virtio_net_hdr
 * in front (tapframe.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "wires.h"

/* A line of /proc/net/dev: "name:", then 8 numbers of what the host has received, then what it has sent: bytes, packets, errors, drops. */
int wire_tap_drops(int drops, const char *name, uint32_t *frames)
{
	static char text[16384];
	ssize_t n = drops < 0 ? -1 : pread(drops, text, sizeof text - 1, 0);
	size_t len = strlen(name);
	char *save, *line;
	unsigned dropped;

	if (n <= 0)
		return -1;
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " ");
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		if (sscanf(line + len + 1, "%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%u", &dropped) != 1)
			return -1;
		*frames = dropped;
		return 0;
	}
	return -1;
}

int wire_tap_join(int fd, bool on)
{
	return ioctl(fd, TUNSETOFFLOAD, on ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0);
}

int wire_tap(const char *name, int *drops, bool *joins, struct error *err)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
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
	*joins = wire_tap_join(fd, true) == 0;
	wire_tap_join(fd, false);		/* until the guest asks for it; another program may have left it so */
	*drops = open("/proc/net/dev", O_RDONLY | O_CLOEXEC);
	return fd;
}
