/*
 * Calls: the bookkeeping of operations that may have to wait, moving bytes between them and buffers, and the
 * words in which errors of the host's network reach Plan 9 programs, some of which compare them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

const char unknown_request[] = "unknown control request";
const char hungup[] = "i/o on hungup channel";

static const struct {
	int error;
	const char *text;
} errors[] = {
	{ ECONNREFUSED, "connection refused" },
	{ ETIMEDOUT, "connection timed out" },
	{ ECONNRESET, hungup },
	{ ECONNABORTED, hungup },
	{ EPIPE, hungup },
	{ ENOTCONN, hungup },
	{ EHOSTUNREACH, "no route to host" },
	{ ENETUNREACH, "no route to network" },
	{ ENETDOWN, "network is down" },
	{ EADDRINUSE, "address in use" },
	{ EADDRNOTAVAIL, "not a local IP address" },
	{ EACCES, "permission denied" },
	{ EPERM, "permission denied" },
	{ EMFILE, "no free devices" },
	{ ENFILE, "no free devices" },
	{ ENOBUFS, "no free devices" },
	{ ENOMEM, "no free devices" },
	{ EMSGSIZE, "read or write too large" },
	{ EAFNOSUPPORT, "the host has no such address family" },
	{ EINTR, "interrupted" },
};

const char *net_error(int error)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (errors[i].error == error)
			return errors[i].text;
	return "i/o error";
}

void call_end(struct netfs_call *call, const char *error)
{
	if (call->queue)
		for (struct netfs_call **l = call->queue; *l; l = &(*l)->next)
			if (*l == call) {
				*l = call->next;
				break;
			}
	call->queue = NULL;
	snprintf(call->error, sizeof call->error, "%s", error ? error : "");
	call->finished(call);
}

void call_wait(struct netfs_call *call, struct netfs_call **queue)
{
	struct netfs_call **l = queue;

	while (*l)
		l = &(*l)->next;
	*l = call;
	call->next = NULL;
	call->queue = queue;
}

int call_slice(const struct netfs_call *call, uint32_t skip, struct iovec *iov, int most)
{
	int n = 0;

	for (int i = 0; i < call->niov && n < most; i++) {
		size_t len = call->iov[i].iov_len;

		if (skip >= len) {
			skip -= (uint32_t)len;
			continue;
		}
		iov[n].iov_base = (char *)call->iov[i].iov_base + skip;
		iov[n++].iov_len = len - skip;
		skip = 0;
	}
	return n;
}

static void copy(const struct netfs_call *call, uint32_t at, void *data, uint32_t len, bool in)
{
	char *p = data;

	for (int i = 0; i < call->niov && len > 0; i++) {
		size_t size = call->iov[i].iov_len, n;
		char *mem = call->iov[i].iov_base;

		if (at >= size) {
			at -= (uint32_t)size;
			continue;
		}
		n = size - at < len ? size - at : len;
		if (in)
			memcpy(mem + at, p, n);
		else
			memcpy(p, mem + at, n);
		p += n;
		len -= (uint32_t)n;
		at = 0;
	}
}

void netfs_copy_in(struct netfs_call *call, uint32_t at, const void *data, uint32_t len)
{
	copy(call, at, (void *)(uintptr_t)data, len, true);
}

void call_copy_out(const struct netfs_call *call, uint32_t at, void *data, uint32_t len)
{
	copy(call, at, data, len, false);
}

void call_text(struct netfs_call *call, const char *text, size_t len)
{
	size_t n = call->offset < len ? len - (size_t)call->offset : 0;

	if (n > call->count)
		n = call->count;
	if (n > 0)
		netfs_copy_in(call, 0, text + call->offset, (uint32_t)n);
	call->done = (uint32_t)n;
	call_end(call, NULL);
}
