/*
 * The end of a connection that the guest has closed before the peer did.  If we closed the socket at once, what the peer
 * still sends, or had sent and the guest not read, would make the host's stack reset the connection, and the peer would lose the
 * last that the guest said.  So the socket says that it is done, and what comes is thrown away until the peer is done, too.
 * The I/O thread does that.  There are only so many at once: the oldest is closed for a new one.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "private.h"

#define MOST	256
#define ROUNDS	64			/* reads before others have their turn */
#define PIECE	(1u << 20)

static struct slot {
	struct io_watch watch;
	unsigned long age;
	bool used;
} slots[MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* guards slots */
static unsigned long ages;

static void end(struct slot *s)
{
	close(s->watch.fd);
	s->used = false;
}

/* I/O thread. */
static void ready(void *ctx, uint32_t events)
{
	struct slot *s = ctx;

	(void)events;
	pthread_mutex_lock(&lock);
	for (int i = 0; s->used && i < ROUNDS; i++) {
		ssize_t n = recv(s->watch.fd, NULL, PIECE, MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			end(s);
	}
	if (s->used)
		io_arm(&s->watch, IO_IN);
	pthread_mutex_unlock(&lock);
}

void linger(int fd)
{
	struct slot *s = &slots[0];

	if (shutdown(fd, SHUT_WR) < 0) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < MOST && s->used; i++)
		if (!slots[i].used || slots[i].age < s->age)
			s = &slots[i];
	if (s->used)
		end(s);
	*s = (struct slot){ .watch = { fd, ready, s }, .age = ++ages, .used = true };
	if (io_add(&s->watch) < 0)
		end(s);
	else
		io_arm(&s->watch, IO_IN);
	pthread_mutex_unlock(&lock);
}
