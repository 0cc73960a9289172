/*
 * The other end of a connection, on Linux's own stack: what the tests of our TCP talk to.
 *	peer take ADDR PORT [BYTES]	listen; read one call to its end and check every byte
 *	peer give ADDR PORT BYTES	listen; send that much to one caller
 *	peer get ADDR PORT		call; read to the end and check
 *	peer put ADDR PORT BYTES	call; send
 *	peer echo ADDR PORT		listen; for each caller, send back what comes, until killed
 * Prints what happened and the rate; status 1 if a byte was wrong or BYTES did not come.  The byte at offset o is
 * pattern(o).
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"

static unsigned char buf[1 << 18], want[1 << 18];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int sock(const char *addr, const char *port, int listening)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *ai;
	int one = 1, s;

	if (getaddrinfo(addr, port, &hint, &ai)) {
		fprintf(stderr, "peer: bad address %s\n", addr);
		exit(2);
	}
	s = socket(ai->ai_family, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!listening) {
		if (connect(s, ai->ai_addr, ai->ai_addrlen))
			die("peer: connect");
		return s;
	}
	if (bind(s, ai->ai_addr, ai->ai_addrlen) || listen(s, 128))
		die("peer: listen");
	printf("listening\n");
	fflush(stdout);
	return s;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int take(int s, long long expect)
{
	unsigned long long done = 0, bad = 0;
	double start = 0;
	ssize_t n;

	while ((n = read(s, buf, sizeof(buf))) > 0) {
		if (!done)
			start = now();
		pattern_fill(want, (size_t)n, done);
		if (memcmp(buf, want, (size_t)n))
			bad++;
		done += (unsigned long long)n;
	}
	if (n < 0)
		perror("peer: read");
	printf("took %llu bytes, %llu pieces wrong, %.1f MB/s\n", done, bad, (double)done / 1e6 / (now() - start + 1e-9));
	return n < 0 || bad || (expect >= 0 && done != (unsigned long long)expect);
}

static int give(int s, long long total)
{
	unsigned long long done = 0;
	double start = now();

	while (done < (unsigned long long)total) {
		size_t n = sizeof(buf);
		ssize_t w;

		if (n > (unsigned long long)total - done)
			n = (size_t)((unsigned long long)total - done);
		pattern_fill(buf, n, done);
		w = write(s, buf, n);
		if (w < 0) {
			perror("peer: write");
			return 1;
		}
		done += (unsigned long long)w;
	}
	shutdown(s, SHUT_WR);
	while (read(s, buf, sizeof(buf)) > 0)
		;
	printf("gave %llu bytes, %.1f MB/s\n", done, (double)done / 1e6 / (now() - start + 1e-9));
	return 0;
}

_Noreturn static void echo(int s)
{
	static struct pollfd fds[4096];
	nfds_t n = 1;

	fds[0] = (struct pollfd){ .fd = s, .events = POLLIN };
	for (;;) {
		if (poll(fds, n, -1) < 0)
			die("peer: poll");
		if (fds[0].revents && n < 4096) {
			fds[n].fd = accept(s, NULL, NULL);
			fds[n].events = POLLIN;
			fds[n].revents = 0;
			if (fds[n].fd >= 0)
				n++;
		}
		for (nfds_t i = 1; i < n; i++) {
			ssize_t got;

			if (!fds[i].revents)
				continue;
			got = read(fds[i].fd, buf, sizeof(buf));
			if (got <= 0 || write(fds[i].fd, buf, (size_t)got) != got) {
				close(fds[i].fd);
				fds[i--] = fds[--n];
			}
		}
	}
}

int main(int argc, char **argv)
{
	long long bytes = argc > 4 ? atoll(argv[4]) : -1;
	int s;

	if (argc < 4) {
		fprintf(stderr, "usage: peer take|give|get|put|echo ADDR PORT [BYTES]\n");
		return 2;
	}
	if (!strcmp(argv[1], "get"))
		return take(sock(argv[2], argv[3], 0), bytes);
	if (!strcmp(argv[1], "put"))
		return give(sock(argv[2], argv[3], 0), bytes);
	s = sock(argv[2], argv[3], 1);
	if (!strcmp(argv[1], "echo"))
		echo(s);
	s = accept(s, NULL, NULL);
	if (s < 0)
		die("peer: accept");
	return !strcmp(argv[1], "take") ? take(s, bytes) : give(s, bytes);
}
