/*
 * Unit tests of host/net/confine.c: what helper processes can still do once they are confined, and what they cannot.  Each
 * test is a process of its own, which says by its status at which line it was disappointed.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/net/lookup.h"
#include "../../../host/net/wires.h"

#define WANT(condition)		do { if (!(condition)) return __LINE__; } while (0)
#define REFUSED(call)		WANT((call) < 0 && errno == EPERM)

/* What no helper may. */
static int hostile(void)
{
	char *const argv[] = { "true", NULL };
	char file[] = "/tmp/confine_test.XXXXXX";

	REFUSED(execve("/bin/true", argv, argv));
	REFUSED(open("/tmp/confine_test", O_WRONLY | O_CREAT, 0600));
	REFUSED(open("/dev/null", O_RDWR));
	REFUSED(mkstemp(file));
	REFUSED(unlink("/tmp/confine_test"));
	REFUSED(mkdir("/tmp/confine_test", 0700));
	REFUSED(fork());
	REFUSED(kill(getppid(), 0));
	REFUSED(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	REFUSED(socket(AF_PACKET, SOCK_RAW, 0));
	REFUSED(socket(AF_NETLINK, SOCK_RAW, 0));
	WANT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EPERM);
	return 0;
}

/* What all of them must. */
static int useful(void)
{
	char c;
	int fd = open("/etc/passwd", O_RDONLY);

	WANT(fd >= 0 && read(fd, &c, 1) == 1 && close(fd) == 0);
	WANT((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && close(fd) == 0);
	WANT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	return 0;
}

static int slirp(void)
{
	int status, pair[2];

	WANT(helper_confine(HELPER_SLIRP) == 0);
	if ((status = hostile()) || (status = useful()))
		return status;
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
	REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	return 0;
}

static void *thread(void *arg)
{
	char question[] = "cs tcp localhost 80", answer[512];

	*(bool *)arg = true;
	lookup(question, answer, sizeof answer);
	return NULL;
}

/* Threads work, and names are found, as ever. */
static int asks(void)
{
	struct addrinfo *list;
	bool ran = false;
	pthread_t t;

	WANT(pthread_create(&t, NULL, thread, &ran) == 0);
	WANT(pthread_join(t, NULL) == 0 && ran);
	WANT(getaddrinfo("localhost", "80", NULL, &list) == 0 && list);
	WANT(getaddrinfo("127.0.0.1", "discard", NULL, &list) == 0 || access("/etc/services", R_OK) < 0);
	return 0;
}

static int resolver(void)
{
	int status;

	WANT(helper_confine(HELPER_RESOLVER) == 0);
	if ((status = hostile()) || (status = useful()) || (status = asks()))
		return status;
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
	return 0;
}

static int with_plugins(void)
{
	int status, fd;

	lookup_prepare();
	WANT(helper_confine(HELPER_RESOLVER | HELPER_PLUGINS) == 0);
	if ((status = hostile()) || (status = useful()) || (status = asks()))
		return status;
	WANT((fd = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0 && close(fd) == 0);
	return 0;
}

/* The kernel goes on with what was interrupted by a stop, such as the wait for a name server. */
static int waits(void)
{
	WANT(helper_confine(HELPER_RESOLVER) == 0);
	WANT(poll(NULL, 0, 300) == 0);
	return 0;
}

/* Statuses have 8 bits, lines more: the line goes through a pipe. */
static pid_t child;
static int child_says;

static void start(int (*test)(void))
{
	int pipes[2], line;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		line = test();
		_exit(write(pipes[1], &line, sizeof line) != sizeof line);
	}
	close(pipes[1]);
	child_says = pipes[0];
}

static int end(void)
{
	int line = -1;

	assert_int_equal(read(child_says, &line, sizeof line), sizeof line);
	close(child_says);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return line;
}

static int in_child(int (*test)(void))
{
	start(test);
	return end();
}

static void slirp_is_confined(void **state)
{
	(void)state;
	assert_int_equal(in_child(slirp), 0);
}

static void resolver_is_confined(void **state)
{
	(void)state;
	assert_int_equal(in_child(resolver), 0);
}

static void plugins_may_ask_services(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_plugins), 0);
}

static void stops_do_not_matter(void **state)
{
	struct pollfd p;

	(void)state;
	start(waits);
	for (p = (struct pollfd){ .fd = child_says, .events = POLLIN }; poll(&p, 1, 10) == 0;) {
		kill(child, SIGSTOP);
		kill(child, SIGCONT);
	}
	assert_int_equal(end(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slirp_is_confined),
		cmocka_unit_test(resolver_is_confined),
		cmocka_unit_test(plugins_may_ask_services),
		cmocka_unit_test(stops_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
