/* Round trips of a byte to the server of bench/net/net.go, natively: the counterpart of bench/guest/trip.c.  usage: trip ADDR:PORT ROUNDS */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Connected, and without Nagle's wait (RFC 1122, 4.2.3.4), which Plan 9 and Go do not have either. */
static int call(const char *ip, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (inet_pton(AF_INET, ip, &to.sin_addr) != 1 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die(ip);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
		die("TCP_NODELAY");
	return fd;
}

int main(int argc, char **argv)
{
	static const char echo[9] = "e";
	char *colon = argc == 3 ? strrchr(argv[1], ':') : NULL, byte;
	int rounds = argc == 3 ? atoi(argv[2]) : 0, fd;
	double start;

	if (!colon || rounds <= 0) {
		fprintf(stderr, "usage: trip ADDR:PORT ROUNDS\n");
		return 2;
	}
	*colon = '\0';
	fd = call(argv[1], colon + 1);
	if (write(fd, echo, sizeof echo) != sizeof echo)
		die("write");
	start = now_us();
	for (int i = 0; i < rounds; i++)
		if (write(fd, echo, 1) != 1 || read(fd, &byte, 1) != 1)
			die("connection");
	printf("%.1f\n", (now_us() - start) / rounds);
	return 0;
}
