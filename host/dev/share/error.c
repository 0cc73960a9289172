/*
 * The host's errors in the words that Plan 9 programs compare.  server.c makes Rerror of what run leaves in op->error.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "share.h"

static const struct {
	int error;
	const char *text;
} texts[] = {
	{ ENOENT, "file does not exist" },
	{ EEXIST, "file already exists" },
	{ EACCES, "permission denied" },
	{ EPERM, "permission denied" },
	{ EROFS, "permission denied: read-only file system" },
	{ ENOTDIR, "not a directory" },
	{ EISDIR, "file is a directory" },
	{ ENOTEMPTY, "directory not empty" },
	{ EIO, "i/o error" },
	{ ENOSPC, "file system full" },
	{ EDQUOT, "file system full: disk quota exceeded" },
	{ EFBIG, "file too large for the host" },
	{ EMFILE, "no free file descriptors" },
	{ ENFILE, "no free file descriptors" },
	{ ENAMETOOLONG, "name too long" },
	{ EINTR, "interrupted" },
	{ EBUSY, "device or object already in use" },
	{ ETXTBSY, "file is being executed by the host" },
	{ ESTALE, "file has been removed" },
	{ ELOOP, "too many symbolic links" },
	{ EXDEV, "symbolic link leads out of the share" },
	{ EINVAL, "bad arg in system call" },
	{ ENOMEM, "the host is out of memory" },
	{ EOPNOTSUPP, "not possible in the host's file system" },
	{ ENODEV, "no such device" },
	{ ENXIO, "no such device" },
	{ ETIMEDOUT, "connection timed out" },
	{ ENOTCONN, "i/o on hungup channel" },
};

const char *error_text(int error, char *buf, size_t size)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].error == error)
			return texts[i].text;
	snprintf(buf, size, "host: %s", strerrordesc_np(error) ? strerrordesc_np(error) : "unknown error");
	return buf;
}
