/*
 * Unit tests of host/net: the host's network as files, against sockets of this process.  Each file operation is a call,
 * as the 9P server makes it; a call that has to wait is waited for with a deadline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/io.h"
#include "../../../host/net/netfs.h"

#define PATIENCE_S	100

static uint16_t outer_port, inner_port;		/* -p outer:inner */

/* Serve events until *flag. */
static void until(const bool *flag)
{
	struct pollfd p = { .fd = netfs_fd(), .events = POLLIN };

	while (!*flag) {
		if (poll(&p, 1, PATIENCE_S * 1000) <= 0)
			fail_msg("nothing happened for %d s", PATIENCE_S);
		netfs_work();
	}
}

struct op {
	struct netfs_call call;		/* first */
	struct iovec iov;
	bool ended;
};

static void finished(struct netfs_call *call)
{
	((struct op *)call)->ended = true;
}

static void prepare(struct op *op, struct netfs_file *f, void *data, size_t len)
{
	*op = (struct op){ .iov = { data, len } };
	op->call = (struct netfs_call){ .file = f, .iov = &op->iov, .niov = 1, .count = (uint32_t)len, .finished = finished };
}

static struct netfs_file at(const char *path)
{
	struct netfs_file f;
	char copy[128], *save = NULL;

	netfs_root(&f);
	snprintf(copy, sizeof copy, "%s", path);
	for (char *name = strtok_r(copy, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		const char *why = netfs_walk(&f, name);

		if (why)
			fail_msg("%s: walk to %s: %s", path, name, why);
	}
	return f;
}

static struct netfs_file open_file(const char *path, uint8_t mode)
{
	struct netfs_file *f = malloc(sizeof *f), copy;
	struct op op;

	*f = at(path);
	prepare(&op, f, NULL, 0);
	netfs_open(&op.call, mode);
	until(&op.ended);
	if (op.call.error[0])
		fail_msg("open %s: %s", path, op.call.error);
	copy = *f;
	free(f);
	return copy;
}

/* Read at an offset: bytes, or -1 and the text in *why. */
static int read_at(struct netfs_file *f, uint64_t offset, void *buf, size_t len, char *why)
{
	struct op op;

	prepare(&op, f, buf, len);
	op.call.offset = offset;
	netfs_read(&op.call);
	until(&op.ended);
	if (why)
		strcpy(why, op.call.error);
	return op.call.error[0] ? -1 : (int)op.call.done;
}

static int write_all(struct netfs_file *f, const void *data, size_t len, char *why)
{
	struct op op;

	prepare(&op, f, (void *)(uintptr_t)data, len);
	netfs_write(&op.call);
	until(&op.ended);
	if (why)
		strcpy(why, op.call.error);
	return op.call.error[0] ? -1 : (int)op.call.done;
}

/* A control message and its error, "" for success. */
static const char *ctl(struct netfs_file *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static const char *ctl(struct netfs_file *f, const char *fmt, ...)
{
	static char why[NETFS_ERROR];
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	write_all(f, text, strlen(text), why);
	return why;
}

static const char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *text_of(const char *fmt, ...)
{
	static char buf[8192];
	struct netfs_file f;
	char path[128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	f = open_file(path, 0);
	n = read_at(&f, 0, buf, sizeof buf - 1, NULL);
	assert_true(n >= 0);
	buf[n] = '\0';
	netfs_clunk(&f);
	return buf;
}

static int number_of(struct netfs_file *f)
{
	char text[16] = "";

	assert_true(read_at(f, 0, text, sizeof text - 1, NULL) > 0);
	return atoi(text);
}

/* A listening socket of ours on 127.0.0.1 or ::1. */
static int server(int family, uint16_t *port)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_storage s;
	socklen_t len = family == AF_INET ? sizeof a4 : sizeof a6;
	int fd = socket(family, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, family == AF_INET ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6, len), 0);
	assert_int_equal(listen(fd, 10), 0);
	len = sizeof s;
	getsockname(fd, (struct sockaddr *)&s, &len);
	*port = ntohs(family == AF_INET ? ((struct sockaddr_in *)&s)->sin_port : ((struct sockaddr_in6 *)&s)->sin6_port);
	return fd;
}

static int dial(const char *ip, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool v6 = inet_pton(AF_INET6, ip, &a6.sin6_addr) == 1;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, ip, &a.sin_addr);
	if (connect(fd, v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a, v6 ? sizeof a6 : sizeof a) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A connection: its ctl and data file, and our end of it. */
struct pair {
	struct netfs_file ctl, data;
	int number, fd;
};

static struct pair connection(void)
{
	struct pair p;
	uint16_t port;
	int listener = server(AF_INET, &port);
	char path[32];

	p.ctl = open_file("tcp/clone", 2);
	p.number = number_of(&p.ctl);
	assert_string_equal(ctl(&p.ctl, "connect 127.0.0.1!%u", port), "");
	snprintf(path, sizeof path, "tcp/%d/data", p.number);
	p.data = open_file(path, 2);
	p.fd = accept(listener, NULL, NULL);
	assert_true(p.fd >= 0);
	close(listener);
	return p;
}

static void end_pair(struct pair *p)
{
	netfs_clunk(&p->data);
	netfs_clunk(&p->ctl);
	close(p->fd);
}

static void names_and_walks(void **state)
{
	static const char *const top[] = { "cs", "dns", "iproute", "ipselftab", "ipifc", "tcp", "udp", "icmp", "icmpv6" };
	struct netfs_file root, f;
	struct netfs_stat st;
	unsigned found = 0;

	(void)state;
	netfs_root(&root);
	for (unsigned i = 0; netfs_entry(&root, i, &st); i++)
		for (size_t k = 0; k < sizeof top / sizeof top[0]; k++)
			found += strcmp(st.name, top[k]) == 0;
	assert_int_equal(found, sizeof top / sizeof top[0]);
	f = at("tcp/../udp/..");
	assert_int_equal(netfs_qid(&f).path, netfs_qid(&root).path);
	assert_string_equal(netfs_walk(&root, "il"), "file does not exist");
	f = at("tcp");
	assert_string_equal(netfs_walk(&f, "99999"), "file does not exist");
	f = at("tcp/clone");
	assert_string_equal(netfs_walk(&f, "x"), "not a directory");
	assert_non_null(strstr(text_of("iproute"), "4i"));
	assert_int_equal(strncmp(text_of("ipifc/0/status"), "device ", 7), 0);
}

static void bytes_go_both_ways(void **state)
{
	struct pair p = connection();
	char buf[64], want[64];

	(void)state;
	assert_int_equal(write_all(&p.data, "hello", 5, NULL), 5);
	assert_int_equal(read(p.fd, buf, sizeof buf), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(write(p.fd, "world!", 6), 6);
	assert_int_equal(read_at(&p.data, 0, buf, sizeof buf, NULL), 6);
	assert_memory_equal(buf, "world!", 6);
	snprintf(want, sizeof want, "127.0.0.1!");
	assert_int_equal(strncmp(text_of("tcp/%d/remote", p.number), want, strlen(want)), 0);
	assert_int_equal(strncmp(text_of("tcp/%d/local", p.number), want, strlen(want)), 0);
	assert_int_equal(strncmp(text_of("tcp/%d/status", p.number), "Established qin 0 qout 0 ", 25), 0);
	shutdown(p.fd, SHUT_WR);
	assert_int_equal(read_at(&p.data, 0, buf, sizeof buf, NULL), 0);
	assert_int_equal(read_at(&p.data, 0, buf, sizeof buf, NULL), 0);
	assert_int_equal(write_all(&p.data, "still", 5, NULL), 5);
	end_pair(&p);
}

static void the_last_close_ends_the_connection(void **state)
{
	struct pair p = connection();
	char c;

	(void)state;
	netfs_clunk(&p.ctl);
	assert_int_equal(write_all(&p.data, "x", 1, NULL), 1);
	netfs_clunk(&p.data);
	assert_int_equal(read(p.fd, &c, 1), 1);
	assert_int_equal(read(p.fd, &c, 1), 0);
	close(p.fd);
}

/* What the guest said last arrives, though it has not read what the peer had sent. */
static void a_close_with_unread_data_is_no_reset(void **state)
{
	struct pair p = connection();
	static char much[100000];
	char buf[8];

	(void)state;
	assert_int_equal(write(p.fd, much, sizeof much), sizeof much);
	assert_int_equal(write_all(&p.data, "last", 4, NULL), 4);
	netfs_clunk(&p.data);
	netfs_clunk(&p.ctl);
	assert_int_equal(write(p.fd, much, sizeof much), sizeof much);
	assert_int_equal(read(p.fd, buf, sizeof buf), 4);
	assert_memory_equal(buf, "last", 4);
	assert_int_equal(read(p.fd, buf, sizeof buf), 0);
	close(p.fd);
}

static void a_conversation_is_used_again(void **state)
{
	struct netfs_file a = open_file("tcp/clone", 2), b = open_file("tcp/clone", 2);
	int first = number_of(&a), second = number_of(&b);

	(void)state;
	assert_int_not_equal(first, second);
	netfs_clunk(&a);
	a = open_file("tcp/clone", 2);
	assert_int_equal(number_of(&a), first);
	netfs_clunk(&a);
	netfs_clunk(&b);
}

static void refusals_say_so(void **state)
{
	struct netfs_file f = open_file("tcp/clone", 2);
	uint16_t port;

	(void)state;
	close(server(AF_INET, &port));
	assert_string_equal(ctl(&f, "connect 127.0.0.1!%u", port), "connection refused");
	netfs_clunk(&f);
	f = open_file("tcp/clone", 2);
	assert_string_equal(ctl(&f, "frobnicate"), "unknown control request");
	assert_string_equal(ctl(&f, " \n"), "unknown control request");
	assert_string_equal(ctl(&f, "connect"), "wrong #args in control message");
	assert_string_equal(ctl(&f, "connect 1.2.3.4.5!80"), "bad ip address syntax");
	assert_string_equal(ctl(&f, "connect 127.0.0.1!http"), "bad port number");
	assert_string_equal(ctl(&f, "announce 65536"), "bad port number");
	assert_string_equal(ctl(&f, "announce 192.0.2.77!80"),
			    "permission denied: only loopback addresses, and ports that -p publishes");
	netfs_clunk(&f);
}

static void both_families_can_be_dialled_and_listened_on(void **state)
{
	static const char *const ips[] = { "127.0.0.1", "::1" };
	struct netfs_file c = open_file("tcp/clone", 2), f, data;
	char path[32], buf[8];
	struct op op;
	int fd, n = number_of(&c);

	(void)state;
	assert_string_equal(ctl(&c, "announce *!0"), "");
	assert_int_equal(strncmp(text_of("tcp/%d/local", n), "::!", 3), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "tcp/%d/listen", n);
		f = at(path);
		prepare(&op, &f, NULL, 0);
		netfs_open(&op.call, 2);
		assert_false(op.ended);
		fd = dial(ips[i], (uint16_t)atoi(text_of("tcp/%d/local", n) + 3));
		if (fd < 0 && i == 1)
			break;		/* no IPv6 here */
		assert_true(fd >= 0);
		until(&op.ended);
		assert_string_equal(op.call.error, "");
		snprintf(path, sizeof path, "tcp/%d/data", number_of(&f));
		data = open_file(path, 2);
		assert_int_equal(write(fd, "call", 4), 4);
		assert_int_equal(read_at(&data, 0, buf, sizeof buf, NULL), 4);
		assert_int_equal(strncmp(text_of("tcp/%d/remote", number_of(&f)), ips[i], strlen(ips[i])), 0);
		netfs_clunk(&data);
		netfs_clunk(&f);
		assert_int_equal(read(fd, buf, 1), 0);
		close(fd);
	}
	netfs_clunk(&c);
}

static void hangup_ends_what_waits(void **state)
{
	struct netfs_file c = open_file("tcp/clone", 2), f;
	struct pair p = connection();
	char path[32], buf[8];
	struct op op;

	(void)state;
	assert_string_equal(ctl(&c, "announce 0"), "");
	snprintf(path, sizeof path, "tcp/%d/listen", number_of(&c));
	f = at(path);
	prepare(&op, &f, NULL, 0);
	netfs_open(&op.call, 2);
	assert_false(op.ended);
	assert_string_equal(ctl(&c, "hangup"), "");
	assert_true(op.ended);
	assert_string_equal(op.call.error, "i/o on hungup channel");
	netfs_clunk(&c);

	prepare(&op, &p.data, buf, sizeof buf);
	netfs_read(&op.call);
	assert_false(op.ended);
	assert_string_equal(ctl(&p.ctl, "close"), "");
	assert_true(op.ended);
	assert_string_equal(op.call.error, "");
	assert_int_equal(op.call.done, 0);
	assert_int_equal(read(p.fd, buf, 1), 0);
	end_pair(&p);

	p = connection();
	prepare(&op, &p.data, buf, sizeof buf);
	netfs_read(&op.call);
	assert_string_equal(ctl(&p.ctl, "hangup"), "");
	assert_string_equal(op.call.error, "i/o on hungup channel");
	assert_int_equal(read(p.fd, buf, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	end_pair(&p);
}

static void flushes_end_what_waits_and_nothing_else(void **state)
{
	struct pair p = connection();
	struct netfs_file c = open_file("tcp/clone", 2), f;
	char buf[8], path[32];
	struct op op;

	(void)state;
	prepare(&op, &p.data, buf, sizeof buf);
	netfs_read(&op.call);
	assert_false(op.ended);
	netfs_flush(&op.call);
	assert_true(op.ended);
	assert_string_equal(op.call.error, "interrupted");
	assert_int_equal(write(p.fd, "on", 2), 2);
	assert_int_equal(read_at(&p.data, 0, buf, sizeof buf, NULL), 2);
	end_pair(&p);

	assert_string_equal(ctl(&c, "announce 0"), "");
	snprintf(path, sizeof path, "tcp/%d/listen", number_of(&c));
	f = at(path);
	prepare(&op, &f, NULL, 0);
	netfs_open(&op.call, 2);
	netfs_flush(&op.call);
	assert_string_equal(op.call.error, "interrupted");
	assert_null(f.conv);
	netfs_clunk(&c);
}

#define MUCH	(16 << 20)

static void *slow_reader(void *arg)
{
	static unsigned char buf[65536];
	size_t total = 0;
	ssize_t n;

	while (total < MUCH && (n = read(*(int *)arg, buf, sizeof buf)) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != (unsigned char)((total++) * 2654435761u >> 13))
				return NULL;
	return total == MUCH ? arg : NULL;
}

static void a_write_goes_on_as_the_peer_reads(void **state)
{
	struct pair p = connection();
	unsigned char *data = malloc(MUCH);
	pthread_t reader;
	struct op op;
	void *ok;

	(void)state;
	for (size_t i = 0; i < MUCH; i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	prepare(&op, &p.data, data, MUCH);
	netfs_write(&op.call);
	assert_false(op.ended);		/* nobody reads yet */
	pthread_create(&reader, NULL, slow_reader, &p.fd);
	until(&op.ended);
	assert_int_equal(op.call.done, MUCH);
	pthread_join(reader, &ok);
	assert_non_null(ok);
	/* the next one stays without a reader: what the socket took is said */
	prepare(&op, &p.data, data, MUCH);
	netfs_write(&op.call);
	assert_false(op.ended);
	netfs_flush(&op.call);
	assert_string_equal(op.call.error, "");
	assert_in_range(op.call.done, 1, MUCH - 1);
	free(data);
	end_pair(&p);
}

static void a_published_port_is_where_it_was_asked_for(void **state)
{
	struct netfs_file c = open_file("tcp/clone", 2), f;
	char path[32];
	struct op op;
	int fd;

	(void)state;
	assert_string_equal(ctl(&c, "announce *!%u", inner_port), "");
	snprintf(path, sizeof path, "tcp/%d/listen", number_of(&c));
	for (int i = 0; i < 2; i++) {
		f = at(path);
		prepare(&op, &f, NULL, 0);
		netfs_open(&op.call, 2);
		fd = dial("127.0.0.1", i == 0 ? outer_port : inner_port);	/* the latter: for the guest itself */
		assert_true(fd >= 0);
		until(&op.ended);
		assert_string_equal(op.call.error, "");
		assert_int_equal(atoi(strchr(text_of("tcp/%d/local", number_of(&f)), '!') + 1), inner_port);
		netfs_clunk(&f);
		close(fd);
	}
	netfs_clunk(&c);
	assert_int_equal(dial("127.0.0.1", outer_port), -1);
}

static void put_header(unsigned char *h, const char *ip, uint16_t port)
{
	memset(h, 0, 52);
	h[10] = h[11] = 0xff;
	inet_pton(AF_INET, ip, h + 12);
	h[48] = (unsigned char)(port >> 8);
	h[49] = (unsigned char)port;
}

static void datagrams_have_headers(void **state)
{
	struct netfs_file a = open_file("udp/clone", 2), b = open_file("udp/clone", 2), data, plain;
	unsigned char buf[256];
	char path[32], why[NETFS_ERROR];
	uint16_t port;

	(void)state;
	assert_string_equal(ctl(&a, "announce *!0"), "");
	assert_string_equal(ctl(&a, "headers"), "");
	snprintf(path, sizeof path, "udp/%d/data", number_of(&a));
	data = open_file(path, 2);
	port = (uint16_t)atoi(strchr(text_of("udp/%d/local", number_of(&a)), '!') + 1);
	assert_string_equal(ctl(&b, "connect 127.0.0.1!%u", port), "");
	snprintf(path, sizeof path, "udp/%d/data", number_of(&b));
	plain = open_file(path, 2);
	assert_int_equal(write_all(&plain, "ping", 4, NULL), 4);
	assert_int_equal(read_at(&data, 0, buf, sizeof buf, NULL), 56);
	assert_memory_equal(buf + 52, "ping", 4);
	assert_memory_equal(buf + 12, "\x7f\0\0\1", 4);
	assert_memory_equal(buf + 28, "\x7f\0\0\1", 4);
	assert_int_equal(buf[50] << 8 | buf[51], port);
	put_header(buf, "127.0.0.1", (uint16_t)(buf[48] << 8 | buf[49]));
	memcpy(buf + 52, "pong!", 5);
	assert_int_equal(write_all(&data, buf, 57, NULL), 57);
	assert_int_equal(read_at(&plain, 0, buf, sizeof buf, NULL), 5);
	assert_memory_equal(buf, "pong!", 5);
	assert_int_equal(write_all(&data, buf, 51, why), -1);
	assert_string_equal(why, "read or write too small");
	netfs_clunk(&plain);
	netfs_clunk(&data);
	netfs_clunk(&b);
	netfs_clunk(&a);
}

/* The answers to a question, joined by "; ". */
static const char *answers(const char *file, const char *question)
{
	static char all[4096], why[NETFS_ERROR];
	struct netfs_file f = open_file(file, 2);
	uint64_t offset = 0;
	char line[256];
	int n;

	all[0] = '\0';
	if (write_all(&f, question, strlen(question), why) < 0) {
		netfs_clunk(&f);
		return why;
	}
	while ((n = read_at(&f, offset, line, sizeof line - 1, NULL)) > 0 && strlen(all) < 2048) {
		line[n] = '\0';
		strcat(all, line);
		strcat(all, "; ");
		offset += (uint64_t)n;
	}
	netfs_clunk(&f);
	return all;
}

static void cs_and_dns_answer(void **state)
{
	(void)state;
	assert_string_equal(answers("cs", "tcp!1.2.3.4!80"), "/net/tcp/clone 1.2.3.4!80; ");
	assert_string_equal(answers("cs", "net!*!17010"), "/net/tcp/clone *!17010; ");
	assert_string_equal(answers("cs", "udp!fd00::1!53"), "/net/udp/clone fd00::1!53; ");
	assert_non_null(strstr(answers("cs", "net!localhost!80"), "/net/tcp/clone 127.0.0.1!80; "));
	assert_string_equal(answers("cs", "tcp!127.0.0.1!nosuchservice"), "cs: can't translate service");
	assert_string_equal(answers("cs", "il!1.2.3.4!80"), "cs: can't translate address: unknown network");
	assert_string_equal(answers("cs", "tcp!1.2.3.4"), "cs: can't translate address: want net!host!service");
	assert_non_null(strstr(answers("cs", "tcp!no;such/host!80"), "can't translate address"));
	assert_non_null(strstr(answers("cs", "tcp!--help!80"), "can't translate address"));
	assert_non_null(strstr(answers("dns", "localhost ip"), "localhost\tip\t127.0.0.1; "));
	assert_string_equal(answers("dns", "localhost bogus"), "dns: unknown type");
}

static void what_allow_does_not_name_is_refused(void **state)
{
	struct netfs_file f = open_file("tcp/clone", 2);

	(void)state;
	/* the list of this test is 127.0.0.0/8's usual address, every port, and localhost */
	assert_string_equal(ctl(&f, "connect 192.0.2.1!80"), "permission denied: not in --allow");
	netfs_clunk(&f);
}

/* A socket of ours at an address that the list of this test does not name. */
static int elsewhere(int type, const char *ip, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, type, 0);

	inet_pton(AF_INET, ip, &a.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 10), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	*port = ntohs(a.sin_port);
	return fd;
}

/* The guest may call itself; that it has a port at one loopback address opens nothing at another. */
static void an_announced_port_opens_nobody_elses(void **state)
{
	struct netfs_file a = open_file("tcp/clone", 2), b = open_file("tcp/clone", 2), u = open_file("udp/clone", 2);
	uint16_t port;
	int fd = elsewhere(SOCK_STREAM, "127.0.0.7", &port);

	(void)state;
	assert_string_equal(ctl(&a, "announce 127.0.0.6!%u", port), "");
	assert_string_equal(ctl(&b, "connect 127.0.0.7!%u", port), "permission denied: not in --allow");
	assert_string_equal(ctl(&u, "connect 127.0.0.6!%u", port), "permission denied: not in --allow");
	assert_string_equal(ctl(&b, "connect 127.0.0.6!%u", port), "");
	netfs_clunk(&u);
	netfs_clunk(&b);
	netfs_clunk(&a);
	a = open_file("tcp/clone", 2);
	assert_string_equal(ctl(&a, "connect 127.0.0.6!%u", port), "permission denied: not in --allow");
	netfs_clunk(&a);
	close(fd);
}

/* Datagrams go to whom the list names and, as answers, to who has sent some. */
static void an_announced_udp_port_only_answers(void **state)
{
	struct netfs_file a = open_file("udp/clone", 2), data;
	struct sockaddr_in guest = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char path[32], why[NETFS_ERROR];
	unsigned char buf[256];
	uint16_t port, other;
	int fd = elsewhere(SOCK_DGRAM, "127.0.0.7", &port), fd2 = elsewhere(SOCK_DGRAM, "127.0.0.7", &other);

	(void)state;
	assert_string_equal(ctl(&a, "announce *!0"), "");
	assert_string_equal(ctl(&a, "headers"), "");
	snprintf(path, sizeof path, "udp/%d/data", number_of(&a));
	data = open_file(path, 2);
	put_header(buf, "127.0.0.7", port);
	assert_int_equal(write_all(&data, buf, 53, why), -1);
	assert_string_equal(why, "permission denied: not in --allow");

	guest.sin_port = htons((uint16_t)atoi(strchr(text_of("udp/%d/local", number_of(&a)), '!') + 1));
	assert_int_equal(sendto(fd, "?", 1, 0, (struct sockaddr *)&guest, sizeof guest), 1);
	assert_int_equal(read_at(&data, 0, buf, sizeof buf, NULL), 53);
	assert_int_equal(write_all(&data, buf, 53, NULL), 53);
	assert_int_equal(recv(fd, buf + 52, 8, 0), 1);
	put_header(buf, "127.0.0.7", other);
	assert_int_equal(write_all(&data, buf, 53, why), -1);
	put_header(buf, "127.0.0.1", ntohs(guest.sin_port));	/* to itself */
	assert_int_equal(write_all(&data, buf, 53, NULL), 53);
	netfs_clunk(&data);
	netfs_clunk(&a);
	close(fd);
	close(fd2);
}

static void a_thousand_conversations(void **state)
{
	enum { MANY = 1000 };
	static struct pair p[MANY];
	char buf[8];

	(void)state;
	for (int i = 0; i < MANY; i++)
		p[i] = connection();
	for (int i = 0; i < MANY; i++)
		assert_int_equal(write(p[i].fd, &i, sizeof i), sizeof i);
	for (int i = MANY - 1; i >= 0; i--) {
		assert_int_equal(read_at(&p[i].data, 0, buf, sizeof buf, NULL), sizeof i);
		assert_memory_equal(buf, &i, sizeof i);
	}
	for (int i = 0; i < MANY; i++)
		end_pair(&p[i]);
}

static void command_line_ports(void **state)
{
	static const struct {
		const char *text;
		int ok;
	} cases[] = {
		{ "8080:80", 1 }, { "127.0.0.1:8080:80", 1 }, { "[::1]:8080:80/udp", 1 }, { "53:53/udp", 1 }, { "1:1/tcp", 1 },
		{ "", 0 }, { "80", 0 }, { "0:80", 0 }, { "80:0", 0 }, { "80:65536", 0 }, { "x:80", 0 }, { "::1:80:80", 0 },
		{ "80:80/icmp", 0 }, { "host:80:80", 0 }, { "[::1:80:80", 0 }, { "80:80:", 0 }, { "-1:80", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error err = { "" };
		struct publish p;

		if ((publish_parse(cases[i].text, &p, &err) == 0) != cases[i].ok)
			fail_msg("-p %s: %s", cases[i].text, cases[i].ok ? err.text : "was taken");
	}
}

static void choose_ports(void)
{
	uint16_t a, b;
	int fd = server(AF_INET, &a), fd2 = server(AF_INET, &b);

	close(fd);
	close(fd2);
	outer_port = a;
	inner_port = b;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_walks),
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(the_last_close_ends_the_connection),
		cmocka_unit_test(a_close_with_unread_data_is_no_reset),
		cmocka_unit_test(a_conversation_is_used_again),
		cmocka_unit_test(refusals_say_so),
		cmocka_unit_test(both_families_can_be_dialled_and_listened_on),
		cmocka_unit_test(hangup_ends_what_waits),
		cmocka_unit_test(flushes_end_what_waits_and_nothing_else),
		cmocka_unit_test(a_write_goes_on_as_the_peer_reads),
		cmocka_unit_test(a_published_port_is_where_it_was_asked_for),
		cmocka_unit_test(datagrams_have_headers),
		cmocka_unit_test(cs_and_dns_answer),
		cmocka_unit_test(what_allow_does_not_name_is_refused),
		cmocka_unit_test(an_announced_port_opens_nobody_elses),
		cmocka_unit_test(an_announced_udp_port_only_answers),
		cmocka_unit_test(a_thousand_conversations),
		cmocka_unit_test(command_line_ports),
	};
	struct error err = { "" };
	struct publish publish = { .udp = false };
	struct netfs_config config = { .publish = &publish, .npublish = 1,
				       .allow = "127.0.0.1:*,[::1]:*,localhost:*" };

	choose_ports();
	publish.host.port = outer_port;
	publish.guest_port = inner_port;
	if (netfs_helper(&err) < 0 || io_init(&err) < 0 || netfs_start(&config, &err) < 0 || io_start(&err) < 0) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
