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
 * tire,N     (one number) the same from the Nth write on
 * Of those that delay, all but the last two say that they would, and that they are no local file system.
 * refuse     (no numbers) every write would wait, as it says when it is asked, and does not
 * flush      (no numbers) fdatasync fails
 * kill,N     (one number) of the process nothing is left after its Nth write; a group of writes is one
 * A group fails as a whole, where transfers do, so that its places are written one by one, and fail or not.
 * What delays says at the end how many transfers it delayed, and how many at once at most.
 */
#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static char kind[16];
static long every = 1, rest;
static atomic_int delayed, most, transfers, writes;
static int nothing;			/* where nothing ever happens */

__attribute__((constructor)) static void setup(void)
{
	const char *text = getenv("FAULTY");

	if (text)
		sscanf(text, "%15[a-z],%ld,%ld", kind, &every, &rest);
	nothing = epoll_create1(EPOLL_CLOEXEC);
}

static bool is(const char *what)
{
	return strcmp(kind, what) == 0;
}

/* The system's own: libc's syscall is one that we stand in for. */
static long system_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

/* The filter leaves us this to wait on; what is waited for on a futex is, after a stop, by another call. */
static void pause_ms(long ms)
{
	struct timespec now;
	struct epoll_event none;
	long end;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
	while (ms > 0) {
		system_call(SYS_epoll_wait, nothing, (long)&none, 1, ms, 0, 0);
		clock_gettime(CLOCK_MONOTONIC, &now);
		ms = end - (now.tv_sec * 1000 + now.tv_nsec / 1000000);
	}
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

/* Of those whose writes wait unannounced: does the next one? */
static bool unasked(void)
{
	return is("stall") || (is("tire") && atomic_load(&writes) + 1 >= every);
}

/* How long a transfer that begins there takes, in ms; -1: no time. */
static long takes(off_t at)
{
	static atomic_uint random;

	if (is("slow"))
		return 100;
	if (unasked())
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
	if (atomic_fetch_add(&writes, 1) + 1 == every && is("kill"))
		system_call(SYS_kill, getpid(), SIGKILL, 0, 0, 0, 0);	/* if the filter does not let it, that kills as well */
}

static ssize_t transfer(int nr, int fd, const struct iovec *iov, int count, off_t at, int flags)
{
	size_t n = total(iov, count);
	struct iovec few = *iov;
	bool write = nr == SYS_pwritev2;

	if ((is("stall") || is("tire")) && write && flags & RWF_NOWAIT) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (is("refuse") && write && flags & RWF_NOWAIT) {
		errno = EAGAIN;
		return -1;
	}
	if (takes(at) >= 0 && (!unasked() || write)) {
		if (flags & RWF_NOWAIT) {
			errno = EAGAIN;
			return -1;
		}
		delay(takes(at));
	}
	if ((is("eio") || is("slow") || (is("enospc") && write)) && touches(at, n)) {
		errno = is("enospc") ? ENOSPC : EIO;
		return -1;
	}
	if (is("short") && touches(at, 1)) {
		few.iov_len = few.iov_len > 100 ? 100 : few.iov_len;
		iov = &few;
		count = 1;
	}
	ssize_t done = system_call(nr, fd, (long)iov, count, at, 0, flags);

	if (write && done > 0)
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
	done = system_call(SYS_preadv, fd, (long)iov, count, at, 0, 0);
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

/* A transfer in a light exit; the FPU holds the guest's state, which none of this may change. */
static long light_transfer(long nr, const long a[6])
{
	_Alignas(16) char fpu[512];
	struct iovec one = { (void *)a[1], (size_t)a[2] };
	long done;

	__asm__ volatile("fxsave64 %0\n\tfninit" : "=m"(fpu));
	if (nr == SYS_pwrite64)
		done = transfer(SYS_pwritev2, (int)a[0], &one, 1, a[3], 0);
	else
		done = transfer((int)nr, (int)a[0], (const struct iovec *)a[1], (int)a[2], a[3], (int)a[5]);
	__asm__ volatile("fxrstor64 %0" : : "m"(fpu));
	return done;
}

__attribute__((target("general-regs-only"))) long syscall(long nr, ...)
{
	va_list list;
	long a[6];

	va_start(list, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (nr == SYS_preadv2 || nr == SYS_pwritev2 || nr == SYS_pwrite64)
		return light_transfer(nr, a);
	return system_call(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int fstatfs(int fd, struct statfs *fs)
{
	int status = (int)system_call(SYS_fstatfs, fd, (long)fs, 0, 0, 0, 0);

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
	return (int)system_call(SYS_fdatasync, fd, 0, 0, 0, 0, 0);
}
