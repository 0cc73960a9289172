/*
 * The host's side of the tests of the IP stack: the only file of them that knows the host's headers.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

void say(const char *fmt, ...);
void fatal(const char *fmt, ...) __attribute__((noreturn));
void *hostalloc(unsigned long n);
void hostfree(void *p);
int tapopen(const char *name);
long tapread(int fd, void *p, long n);
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

int tapopen(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr)) {
		perror("tap");
		exit(2);
	}
	return fd;
}

long tapread(int fd, void *p, long n)
{
	return read(fd, p, (size_t)n);
}

long tapwrite(int fd, void *p, long n)
{
	return write(fd, p, (size_t)n);
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
	uint32_t head[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
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
