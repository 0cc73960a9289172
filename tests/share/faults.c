/*
 * For LD_PRELOAD: files of certain sizes have faults, as files on broken disks and dead servers have.  666 bytes: reading, writing
 * and synchronising fail with EIO.  667: a read waits for good, until a signal comes.  668: it waits for good, whatever
 * comes, and so does its removal.  The filter of system calls is 9guest's, so nothing is used that 9guest does not use.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { GOOD = 0, BROKEN = 666, SLOW = 667, DEAD = 668, UNCLOSED = 669, MOST_FDS = 4096 };

static char unclosed[MOST_FDS];		/* open files of 669 bytes, not what only stands for them (O_PATH) */

static int fault(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= BROKEN && st.st_size <= UNCLOSED ? (int)st.st_size : GOOD;
}

static ssize_t fail(int error)
{
	errno = error;
	return -1;
}

static ssize_t wait_for_good(int kind)
{
	static uint32_t word;

	do
		syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
	while (kind == DEAD);
	return fail(EINTR);
}

ssize_t preadv(int fd, const struct iovec *iov, int n, off_t at)
{
	int kind = fault(fd);

	if (kind == BROKEN)
		return fail(EIO);
	return kind == SLOW || kind == DEAD ? wait_for_good(kind) : syscall(SYS_preadv, fd, iov, n, at, 0L);
}

ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t at, int flags)
{
	int kind = fault(fd);

	if (kind == BROKEN)
		return fail(EIO);
	return kind == SLOW || kind == DEAD ? fail(EAGAIN) : syscall(SYS_preadv2, fd, iov, n, at, 0L, flags);
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	return fault(fd) == BROKEN ? fail(EIO) : syscall(SYS_pwritev, fd, iov, n, at, 0L);
}

int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	if (fd >= 0 && fd < MOST_FDS)
		unclosed[fd] = !(flags & O_PATH) && fault(fd) == UNCLOSED;
	return fd;
}

int close(int fd)
{
	if (fd >= 0 && fd < MOST_FDS && unclosed[fd])
		return (int)wait_for_good(DEAD);
	return (int)syscall(SYS_close, fd);
}

int unlinkat(int dirfd, const char *path, int flags)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == DEAD)
		return (int)wait_for_good(DEAD);
	return (int)syscall(SYS_unlinkat, dirfd, path, flags);
}

int fsync(int fd)
{
	return fault(fd) == BROKEN ? (int)fail(EIO) : (int)syscall(SYS_fsync, fd);
}
