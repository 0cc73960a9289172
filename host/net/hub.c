/*
 * -n net=NAME: guests of one user on one machine share a wire.  The first one to name it forks a hub, a process that listens on a
 * socket in the user's runtime directory, passes frames between those who are connected, as a switch does, and ends
 * when nobody is.  It belongs to nobody's process group and outlives who started it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wires.h"

#define MOST_GUESTS	64
#define MOST_MACS	1024
#define FRAME_BYTES	1600
#define PATIENCE_MS	10000		/* for the first guest to come */
#define BURST		64		/* frames of one guest before others have their turn */

/* The directory for sockets: private to the user.  0, or -1 and a message. */
static int runtime_dir(char *dir, size_t size, struct error *err)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	int n;

	if (base && *base == '/')
		n = snprintf(dir, size, "%s/9guest", base);
	else
		n = snprintf(dir, size, "/tmp/9guest-%u", (unsigned)getuid());
	if (n < 0 || (size_t)n >= size)
		return error_set(err, "XDG_RUNTIME_DIR: too long");
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, "%s: %s", dir, strerror(errno));
	if (lstat(dir, &st) < 0)
		return error_set(err, "%s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode) || st.st_uid != getuid() || st.st_mode & 077)
		return error_set(err, "%s: must be a directory of yours that nobody else can enter (mode 700)", dir);
	return 0;
}

/* ---- the hub ---- */

static struct pollfd polls[MOST_GUESTS + 1];	/* [0]: the listening socket */
static int nguests;
static struct loss {
	uint32_t frames, told;
} losses[MOST_GUESTS + 1];			/* of the guest at the same place in polls */
static bool untold;
static struct mac {
	uint8_t addr[6];
	int fd;
} macs[MOST_MACS];
static unsigned nmacs, oldest;

static struct mac *mac_find(const uint8_t *addr)
{
	for (unsigned i = 0; i < nmacs; i++)
		if (memcmp(macs[i].addr, addr, 6) == 0)
			return &macs[i];
	return NULL;
}

static void mac_learn(const uint8_t *addr, int fd)
{
	struct mac *m = mac_find(addr);

	if (addr[0] & 1)
		return;
	if (!m)
		m = &macs[nmacs < MOST_MACS ? nmacs++ : oldest++ % MOST_MACS];
	memcpy(m->addr, addr, 6);
	m->fd = fd;
}

static void mac_forget(int fd)
{
	for (unsigned i = 0; i < nmacs; i++)
		if (macs[i].fd == fd)
			macs[i--] = macs[--nmacs];
}

/* False: that guest has not heard of all its losses yet. */
static bool tell_losses(int fd)
{
	bool told = true;

	untold = false;
	for (int i = 1; i <= nguests; i++) {
		struct loss *l = &losses[i];

		if (l->frames != l->told && wire_tell(polls[i].fd, WIRE_LOST, &l->frames, sizeof l->frames) == 0)
			l->told = l->frames;
		if (l->frames == l->told)
			continue;
		untold = true;
		told = told && polls[i].fd != fd;
	}
	return told;
}

/* A guest whose socket is full loses it, as on a wire, and hears how many when there is room again, before the next one. */
static void give(int fd, const uint8_t *frame, size_t len)
{
	if ((!untold || tell_losses(fd)) && (send(fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EAGAIN))
		return;
	for (int i = 1; i <= nguests; i++)
		losses[i].frames += polls[i].fd == fd;
	untold = true;
}

static void forward(const uint8_t *frame, size_t len, int from)
{
	struct mac *to = frame[0] & 1 ? NULL : mac_find(frame);

	mac_learn(frame + 6, from);
	if (to) {
		if (to->fd != from)
			give(to->fd, frame, len);
		return;
	}
	for (int i = 1; i <= nguests; i++)
		if (polls[i].fd != from)
			give(polls[i].fd, frame, len);
}

static const uint8_t nobody[6];		/* the address of the hub's own news */

/* False: that guest is gone. */
static bool serve(int fd)
{
	static uint8_t frame[FRAME_BYTES];

	for (int i = 0; i < BURST; i++) {
		ssize_t n = recv(fd, frame, sizeof frame, MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		if (n >= 14 && n <= (ssize_t)sizeof frame && memcmp(frame, nobody, sizeof nobody) != 0)
			forward(frame, (size_t)n, fd);
	}
	return true;
}

static void take_guest(void)
{
	int fd = accept4(polls[0].fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (nguests == MOST_GUESTS) {
		close(fd);
		return;
	}
	losses[++nguests] = (struct loss){ 0, 0 };
	polls[nguests] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* Who asks for a hub is connected before it gives the lock up: so with the lock, no connection waiting means nobody. */
static void hub(int listener, const char *path, const char *lock)
{
	polls[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (;;) {
		if (poll(polls, (nfds_t)nguests + 1, nguests ? -1 : PATIENCE_MS) < 0 && errno != EINTR)
			_exit(1);
		for (int i = nguests; i > 0; i--)
			if (polls[i].revents && !serve(polls[i].fd)) {
				mac_forget(polls[i].fd);
				close(polls[i].fd);
				losses[i] = losses[nguests];
				polls[i] = polls[nguests--];
			}
		if (polls[0].revents)
			take_guest();
		if (untold)
			tell_losses(-1);
		if (nguests == 0) {
			int fd = open(lock, O_RDWR | O_CLOEXEC);

			flock(fd, LOCK_EX);
			if (poll(polls, 1, 0) == 0) {
				unlink(path);
				_exit(0);
			}
			close(fd);
		}
	}
}

static int start_hub(const struct sockaddr_un *a, const char *lock, struct error *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink(a->sun_path);		/* of a hub that was killed */
	if (fd < 0 || bind(fd, (const struct sockaddr *)a, sizeof *a) < 0 || listen(fd, MOST_GUESTS) < 0)
		return error_set(err, "%s: %s", a->sun_path, strerror(errno));
	pid = fork();
	if (pid < 0)
		return error_set(err, "cannot fork: %s", strerror(errno));
	if (pid == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		helper_begin(&fd, 1, false);
		hub(fd, a->sun_path, lock);
	}
	close(fd);
	waitpid(pid, NULL, 0);
	return 0;
}

int wire_hub(const char *name, struct error *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char dir[80], lock[128];
	int fd, guard, n;

	if (!*name || strlen(name) > 20 || name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
		return error_set(err, "-n net=%s: a name of letters, digits, _ and -, at most 20", name);
	if (runtime_dir(dir, sizeof dir, err) < 0)
		return -1;
	n = snprintf(a.sun_path, sizeof a.sun_path, "%s/net.%s", dir, name);
	snprintf(lock, sizeof lock, "%s/net.%s.lock", dir, name);
	if (n >= (int)sizeof a.sun_path)
		return error_set(err, "%s: too long a name for a socket in it", dir);
	guard = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (guard < 0 || flock(guard, LOCK_EX) < 0)
		return error_set(err, "%s: %s", lock, strerror(errno));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0 &&
	    (start_hub(&a, lock, err) < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0)) {
		error_set(err, "%s: %s", a.sun_path, strerror(errno));
		close(fd);
		fd = -1;
	}
	close(guard);
	return fd;
}
