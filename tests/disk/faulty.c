/*
 * A host file that fails: loaded by LD_PRELOAD, it stands in for the system calls that move a disk's data.
 * FAULTY=KIND,N,M: of blocks of 4096 bytes, those whose number leaves M when divided by N are faulty:
 *   eio      every transfer that touches one fails
 *   enospc   every write that touches one fails
 *   short    a transfer that begins in one moves a few bytes only
 *   delay    a transfer that begins in one takes 200 ms
 *   hang     the same for 3 s
 *   slow     every transfer takes 100 ms, and fails if it touches one
 * gather,N   (one number) every transfer waits until N do, for two seconds at most
 * jitter     (no numbers) every transfer takes up to 2 ms
 * stall      (no numbers) every write takes 20 ms, and the file system does not tell beforehand
 * Of those that delay, all but the last say that they would, and that they are no local file system.
 * flush      (no numbers) fdatasync fails
 * kill,N     (one number) of the process nothing is left after its Nth write; a group of writes is one
 * A group fails as a whole, where transfers do, so that its places are written one by one, and fail or not.
 * What delays says at the end how many transfers it delayed, and how many at once at most.
 */
#include <errno.h>
#include <linux/magic.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static char kind[16];
static long every = 1, rest;
static atomic_int delayed, most, transfers, writes;

__attribute__((constructor)) static void setup(void)
{
	const char *text = getenv("FAULTY");

	if (text)
		sscanf(text, "%15[a-z],%ld,%ld", kind, &every, &rest);
}

static bool is(const char *what)
{
	return strcmp(kind, what) == 0;
}

/* The filter leaves us a futex to wait on. */
static void pause_ms(long ms)
{
	struct timespec until;
	sem_t never;

	sem_init(&never, 0, 0);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (sem_timedwait(&never, &until) < 0 && errno != ETIMEDOUT)
		;
}

static void delay(long ms)
{
	int now = atomic_fetch_add(&delayed, 1) + 1, before = atomic_load(&most);

	atomic_fetch_add(&transfers, 1);
	while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
		;
	if (is("gather"))
		for (int i = 0; i < 100 && atomic_load(&most) < every; i++)
			pause_ms(20);
	else
		pause_ms(ms);
	atomic_fetch_sub(&delayed, 1);
}

__attribute__((destructor)) static void report(void)
{
	if (most)
		fprintf(stderr, "faulty: %d at once, %d in all\n", most, transfers);
}

static size_t total(const struct iovec *iov, int count)
{
	size_t n = 0;

	for (int i = 0; i < count; i++)
		n += iov[i].iov_len;
	return n;
}

static bool touches(off_t at, size_t n)
{
	for (off_t b = at / 4096; b * 4096 < at + (off_t)n; b++)
		if (b % every == rest)
			return true;
	return false;
}

/* How long a transfer that begins there takes, in ms; -1: no time. */
static long takes(off_t at)
{
	static atomic_uint random;

	if (is("slow"))
		return 100;
	if (is("stall"))
		return 20;
	if (is("gather"))
		return 0;
	if (is("jitter"))
		return (atomic_fetch_add(&random, 2654435769u) >> 16) % 3;
	if (touches(at, 1) && (is("delay") || is("hang")))
		return is("delay") ? 200 : 3000;
	return -1;
}

static void count_write(void)
{
	if (is("kill") && atomic_fetch_add(&writes, 1) + 1 == every)
		syscall(SYS_kill, getpid(), SIGKILL);	/* if the filter does not let it, that kills as well */
}

static ssize_t transfer(int nr, int fd, const struct iovec *iov, int count, off_t at, int flags)
{
	size_t n = total(iov, count);
	struct iovec few = *iov;

	if (takes(at) >= 0 && (!is("stall") || nr == SYS_pwritev2)) {
		if (flags & RWF_NOWAIT) {
			errno = is("stall") ? EOPNOTSUPP : EAGAIN;
			return -1;
		}
		delay(takes(at));
	}
	if ((is("eio") || is("slow") || (is("enospc") && nr == SYS_pwritev2)) && touches(at, n)) {
		errno = is("enospc") ? ENOSPC : EIO;
		return -1;
	}
	if (is("short") && touches(at, 1)) {
		few.iov_len = few.iov_len > 100 ? 100 : few.iov_len;
		iov = &few;
		count = 1;
	}
	ssize_t done = syscall(nr, fd, iov, count, (long)at, (long)(at >> 32), flags);

	if (nr == SYS_pwritev2 && done > 0)
		count_write();
	return done;
}

/* What host/dev/group.c copies a group by. */
ssize_t preadv(int fd, const struct iovec *iov, int count, off_t at)
{
	ssize_t done;

	if (kind[0] && !is("kill") && !is("flush") && !is("none")) {
		errno = EFAULT;
		return -1;
	}
	done = syscall(SYS_preadv, fd, iov, count, (long)at, (long)(at >> 32));
	if (done > 0)
		count_write();
	return done;
}

ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t at, int flags)
{
	return transfer(SYS_preadv2, fd, iov, count, at, flags);
}

ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t at, int flags)
{
	return transfer(SYS_pwritev2, fd, iov, count, at, flags);
}

int fstatfs(int fd, struct statfs *fs)
{
	int status = (int)syscall(SYS_fstatfs, fd, fs);

	if (is("delay") || is("hang") || is("slow") || is("gather") || is("jitter"))
		fs->f_type = NFS_SUPER_MAGIC;
	return status;
}

int fdatasync(int fd)
{
	if (is("flush")) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}
