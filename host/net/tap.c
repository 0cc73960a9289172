/*
 * The wire that is a tap interface of the host: made by whoever runs the host, or by us if we may.  Each frame has a struct virtio_net_hdr
 * in front, which has the host's kernel cut long packets of TCP, and only where there is somebody who wants them cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
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

#define ETHER	14
#define IP4	20
#define IP6	40
#define TCP	20

int wire_tap_head(struct virtio_net_hdr *h, const uint8_t *p, size_t have, size_t len, unsigned mtu)
{
	bool v4 = p[12] == 0x08 && p[13] == 0x00 && p[ETHER] == 0x45 && p[ETHER + 9] == IPPROTO_TCP;
	bool v6 = p[12] == 0x86 && p[13] == 0xdd && p[ETHER] >> 4 == 6 && p[ETHER + 6] == IPPROTO_TCP;
	unsigned ip = v4 ? IP4 : IP6, tcp;

	memset(h, 0, sizeof *h);
	if (len <= mtu + WIRE_FRAME_MORE)
		return 0;
	if ((!v4 && !v6) || have < ETHER + ip + TCP || len > ETHER + WIRE_LONGEST)
		return -1;
	tcp = (p[ETHER + ip + 12] >> 4) * 4;
	if (tcp < TCP)
		return -1;
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->gso_type = v4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	h->hdr_len = (uint16_t)(ETHER + ip + tcp);
	h->gso_size = (uint16_t)(mtu - ip - tcp);
	h->csum_start = (uint16_t)(ETHER + ip);
	h->csum_offset = 16;
	return 0;
}

int wire_tap(const char *name, int *drops, struct error *err)
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
	*drops = open("/proc/net/dev", O_RDONLY | O_CLOEXEC);
	return fd;
}
