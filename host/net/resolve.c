/*
 * Name service.  The host's resolver opens files and sockets, loads libraries and may take half a minute: nothing that
 * the process with the guest in it may do.  So a helper process is forked before the system call filter is set.  It gets
 * questions over a socket pair, answers each from a thread of its own, and ends when our end of the socket does.
 * What the helper does with a question is in lookup.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lookup.h"
#include "resolve.h"
#include "wires.h"

#define MOST_QUESTIONS	64

struct packet {
	uint32_t id;
	uint32_t ok;
	char text[RESOLVE_TEXT];
};
#define HEADER	offsetof(struct packet, text)

static int fd = -1;
static struct resolve *waiting;
static unsigned asked;
static uint32_t last_id;

/* The helper. */

static int helper_fd;

static void *answer(void *arg)
{
	struct packet *p = arg;
	struct packet *reply = malloc(sizeof *reply);
	size_t len;

	if (reply) {
		reply->id = p->id;
		reply->text[0] = '\0';
		reply->ok = lookup(p->text, reply->text, sizeof reply->text);
		len = strlen(reply->text) + 1;
		while (send(helper_fd, reply, HEADER + len, MSG_NOSIGNAL) < 0 && errno == EINTR)
			;
	}
	free(reply);
	free(p);
	return NULL;
}

static void helper_main(void)
{
	pthread_attr_t attr;

	if (helper_confine(HELPER_RESOLVER | (lookup_prepare() ? HELPER_PLUGINS : 0)) < 0)
		_exit(1);

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 512 << 10);
	for (;;) {
		struct packet *p = calloc(1, sizeof *p);
		pthread_t thread;
		ssize_t n = p ? recv(helper_fd, p, sizeof *p - 1, 0) : -1;

		if (n < 0 && errno == EINTR) {
			free(p);
			continue;
		}
		if (n < (ssize_t)HEADER)
			_exit(0);
		if (pthread_create(&thread, &attr, answer, p) != 0)
			answer(p);
	}
}

/* Our side. */

int resolve_start(struct error *err)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, "-n host: socket pair: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return error_set(err, "-n host: cannot fork: %s", strerror(errno));
	if (pid == 0) {
		helper_fd = pair[1];
		helper_begin(&helper_fd, 1, true);
		helper_main();
	}
	close(pair[1]);
	fd = pair[0];
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int resolve_ask(struct resolve *r, const char *question, const char **why)
{
	struct packet p = { .id = ++last_id };
	size_t len = strlen(question) + 1;

	*why = "temporary problem: too many questions at once";
	if (asked >= MOST_QUESTIONS || len > sizeof p.text)
		return -1;
	memcpy(p.text, question, len);
	if (send(fd, &p, HEADER + len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN)
			*why = "can't translate address: the host's resolver has died";
		return -1;
	}
	r->id = p.id;
	r->next = waiting;
	waiting = r;
	asked++;
	return 0;
}

/* asked counts what the helper has to do, so a cancelled question still counts until its answer comes. */
void resolve_cancel(struct resolve *r)
{
	for (struct resolve **l = &waiting; *l; l = &(*l)->next)
		if (*l == r) {
			*l = r->next;
			return;
		}
}

static struct resolve *take(uint32_t id)
{
	for (struct resolve **l = &waiting; *l; l = &(*l)->next)
		if ((*l)->id == id) {
			struct resolve *r = *l;

			*l = r->next;
			return r;
		}
	return NULL;
}

void resolve_ready(void)
{
	static struct packet p;
	ssize_t n;

	while ((n = recv(fd, &p, sizeof p - 1, MSG_DONTWAIT)) > (ssize_t)HEADER) {
		struct resolve *r = take(p.id);

		asked -= asked > 0;
		p.text[(size_t)n - HEADER] = '\0';
		if (r)
			r->done(r, p.ok, p.text);
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	while (waiting) {
		struct resolve *r = waiting;
		char text[] = "can't translate address: the host's resolver has died";

		waiting = r->next;
		r->done(r, false, text);
	}
}
