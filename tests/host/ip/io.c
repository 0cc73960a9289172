/*
 * The host's side of the tests of the IP stack: the only file of them that knows the host's headers.  Frames on a tap have the header
 * that the hypervisor gives them (host/net/tapframe.c).
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../../../abi/lguest.h"
#include "../../../host/net/wires.h"

void say(const char *fmt, ...);
void fatal(const char *fmt, ...) __attribute__((noreturn));
void *hostalloc(unsigned long n);
void hostfree(void *p);
int tapopen(const char *name, int uncut);
long tapread(int fd, void *p, long n, int *seg);
long tapwrite(int fd, void *p, long n);
void tapwait(int fd, long us);
unsigned long long realus(void);
int pcapopen(const char *file);
void pcapframe(int fd, unsigned long long us, void *p, int n);

void say(const char *fmt, ...)
{
	char buf[1024];
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, arg);
	va_end(arg);
	if (write(1, buf, (size_t)n) != n)
		_exit(3);
}

void fatal(const char *fmt, ...)
{
	char buf[1024];
	va_list arg;

	va_start(arg, fmt);
	vsnprintf(buf, sizeof(buf), fmt, arg);
	va_end(arg);
	say("# fatal: %s\n", buf);
	abort();
}

void *hostalloc(unsigned long n)
{
	void *p = calloc(1, n);

	if (!p)
		fatal("out of memory");
	return p;
}

void hostfree(void *p)
{
	free(p);
}

int tapopen(const char *name, int uncut)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) || wire_tap_join(fd, uncut)) {
		perror("tap");
		exit(2);
	}
	return fd;
}

long tapread(int fd, void *p, long n, int *seg)
{
	struct lguest_net_head told;
	struct virtio_net_hdr head;
	struct iovec iov[] = { { &head, sizeof(head) }, { p, (size_t)n } };
	long len = readv(fd, iov, 2) - (long)sizeof(head);

	if (len <= 0)
		return len;
	if (wire_tap_came(&head, iov + 1, (size_t)len, &told))
		fatal("a frame with flags %#x and type %#x", head.flags, head.gso_type);
	*seg = told.segment;
	return len;
}

long tapwrite(int fd, void *p, long n)
{
	struct virtio_net_hdr head;
	struct iovec iov[] = { { &head, sizeof(head) }, { p, (size_t)n } };

	if (wire_tap_head(&head, p, (size_t)n, (size_t)n, WIRE_MTU))
		fatal("a frame of %ld bytes is none", n);
	return writev(fd, iov, 2);
}

void tapwait(int fd, long us)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	ppoll(&p, 1, &ts, NULL);
}

unsigned long long realus(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long long)ts.tv_sec * 1000000 + (unsigned long long)ts.tv_nsec / 1000;
}

/* A capture that tcpdump and tshark read: pcap, Ethernet. */
int pcapopen(const char *file)
{
	uint32_t head[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 1 << 17, 1 };
	int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	if (fd < 0 || write(fd, head, sizeof(head)) != sizeof(head)) {
		perror(file);
		exit(2);
	}
	return fd;
}

void pcapframe(int fd, unsigned long long us, void *p, int n)
{
	uint32_t head[4] = { (uint32_t)(us / 1000000), (uint32_t)(us % 1000000), (uint32_t)n, (uint32_t)n };

	if (write(fd, head, sizeof(head)) != sizeof(head) || write(fd, p, (size_t)n) != n)
		exit(2);
}
