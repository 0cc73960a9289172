/* What Linux's basic services cost, natively: the counterpart, row by row, of bench/guest/micro.c. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, BLOCK = 64 * 1024, PAGE = 4096 };

static char *self;
static char block[BLOCK];
static int devnull, there[2], back[2];

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static long long median(void (*op)(int), int n)
{
	long long ns[ROUNDS];

	op(n / 10 + 1);
	for (int i = 0; i < ROUNDS; i++) {
		long long t = now_ns();

		op(n);
		ns[i] = (now_ns() - t) / n;
	}
	qsort(ns, ROUNDS, sizeof ns[0], compare);
	return ns[ROUNDS / 2];
}

static void seeks(int n)
{
	while (n-- > 0)
		lseek(devnull, 0, SEEK_SET);
}

static void reads(int n)
{
	char c;

	while (n-- > 0)
		need(read(devnull, &c, 1) == 0, "read");
}

static void open_close(int n)
{
	while (n-- > 0) {
		int fd = open("/dev/null", O_RDONLY);

		need(fd >= 0, "/dev/null");
		close(fd);
	}
}

static void fork_wait(int n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		need(pid >= 0, "fork");
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void fork_exec_wait(int n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		need(pid >= 0, "fork");
		if (pid == 0) {
			execl(self, self, "nothing", (char *)NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static void touch(int n)
{
	char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED, "mmap");
	madvise(p, (size_t)n * PAGE, MADV_NOHUGEPAGE);
	for (int i = 0; i < n; i++)
		p[(size_t)i * PAGE] = 1;
	munmap(p, (size_t)n * PAGE);
}

static void round_trips(int n)
{
	char c = 'x';

	while (n-- > 0)
		need(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1, "pipe");
}

static void blocks(int n)
{
	char c;

	while (n-- > 0)
		need(write(there[1], block, BLOCK) == BLOCK, "pipe");
	need(read(back[0], &c, 1) == 1, "pipe");
}

static void echoer(int n)
{
	char c;

	(void)n;
	while (read(there[0], &c, 1) == 1)
		need(write(back[1], &c, 1) == 1, "pipe");
}

static void sink(int n)
{
	for (int round = 0;; round++) {
		long long left = (long long)(round == 0 ? n / 10 + 1 : n) * BLOCK;

		while (left > 0) {
			ssize_t m = read(there[0], block, BLOCK);

			if (m <= 0)
				return;
			left -= m;
		}
		need(write(back[1], "x", 1) == 1, "pipe");
	}
}

static void pipes(void)
{
	need(pipe(there) == 0 && pipe(back) == 0, "pipe");
}

/* One connection in place of two pipes. */
static void connection(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int l = socket(AF_INET, SOCK_STREAM, 0), ours = socket(AF_INET, SOCK_STREAM, 0), theirs, one = 1;

	need(l >= 0 && bind(l, (struct sockaddr *)&addr, len) == 0 && listen(l, 1) == 0, "listen");
	need(getsockname(l, (struct sockaddr *)&addr, &len) == 0 && connect(ours, (struct sockaddr *)&addr, len) == 0, "connect");
	theirs = accept(l, NULL, NULL);
	need(theirs >= 0, "accept");
	setsockopt(ours, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(theirs, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	close(l);
	there[1] = ours;
	back[0] = dup(ours);
	there[0] = theirs;
	back[1] = dup(theirs);
}

static void calls(int n)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int l = socket(AF_INET, SOCK_STREAM, 0), s, t;

	need(l >= 0 && bind(l, (struct sockaddr *)&addr, len) == 0 && listen(l, 1) == 0, "listen");
	need(getsockname(l, (struct sockaddr *)&addr, &len) == 0, "getsockname");
	while (n-- > 0) {
		s = socket(AF_INET, SOCK_STREAM, 0);
		need(connect(s, (struct sockaddr *)&addr, len) == 0, "connect");
		t = accept(l, NULL, NULL);
		need(t >= 0, "accept");
		close(s);
		close(t);
	}
	close(l);
}

static long long with_peer(void (*join)(void), void (*peer)(int), void (*op)(int), int n)
{
	long long ns;
	pid_t pid;

	join();
	pid = fork();
	need(pid >= 0, "fork");
	if (pid == 0) {
		close(there[1]);
		peer(n);
		_exit(0);
	}
	ns = median(op, n);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	return ns;
}

int main(int argc, char **argv)
{
	long long ns;

	if (argc > 1)
		return 0;
	self = argv[0];
	devnull = open("/dev/null", O_RDWR);
	need(devnull >= 0, "/dev/null");
	printf("seek %lld\n", median(seeks, 200000));
	printf("read-null %lld\n", median(reads, 200000));
	printf("open-close %lld\n", median(open_close, 50000));
	fflush(stdout);
	printf("fork-wait %lld\n", median(fork_wait, 300));
	printf("fork-exec-wait %lld\n", median(fork_exec_wait, 200));
	printf("page-touch %lld\n", median(touch, 4000));
	fflush(stdout);
	printf("pipe-roundtrip %lld\n", with_peer(pipes, echoer, round_trips, 20000));
	fflush(stdout);
	ns = with_peer(pipes, sink, blocks, 2000);
	if (ns > 0)
		printf("pipe-bandwidth %lld\n", BLOCK * 1000000000ll / ns);
	fflush(stdout);
	printf("tcp-roundtrip %lld\n", with_peer(connection, echoer, round_trips, 20000));
	printf("tcp-connection %lld\n", median(calls, 2000));
	fflush(stdout);
	ns = with_peer(connection, sink, blocks, 2000);
	if (ns > 0)
		printf("tcp-bandwidth %lld\n", BLOCK * 1000000000ll / ns);
	return 0;
}
