/*
 * The wire to a helper process: in each direction a ring of records in memory that both share, and a socket by which each end rings the
 * other one up.  While both are awake a frame costs its copies, no system call and no wakeup.
 *
 * Neither end believes the other: how far it has come itself it keeps to itself, what the other says is checked, and a record is copied
 * before it is looked at.  Who is about to sleep asks for the bell first and then looks once more; who has put or taken something looks
 * after that whether he is asked: so one of them sees the other (all of these are sequentially consistent).
 */
#include "ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD	8u			/* of a record: its length; so that records are aligned */
#define SKIP	0xffffffffu		/* a length: go on at the ring's beginning */

struct ring {
	_Alignas(64) _Atomic uint32_t put;	/* bytes ever, by the writer */
	_Atomic uint32_t crowded;		/* the writer asks to be rung when half of it is free */
	_Alignas(64) _Atomic uint32_t taken;	/* bytes ever, by the reader */
	_Atomic uint32_t hungry;		/* the reader asks to be rung when there is a record */
	_Alignas(64) uint8_t bytes[RING_BYTES];
};

int ring_pair(struct ring_end ends[2])
{
	struct ring *rings;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	rings = mmap(NULL, 2 * sizeof *rings, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (rings == MAP_FAILED) {
		close(pair[0]);
		close(pair[1]);
		errno = ENOMEM;
		return -1;
	}
	for (int i = 0; i < 2; i++) {
		atomic_init(&rings[i].hungry, 1);
		ends[i] = (struct ring_end){ .fd = pair[i], .in = &rings[i], .out = &rings[!i] };
	}
	return 0;
}

void *ring_memory(const struct ring_end *e, size_t *bytes)
{
	*bytes = 2 * sizeof *e->in;
	return e->in < e->out ? e->in : e->out;
}

void ring_keep(const struct ring_end *e)
{
	size_t bytes;
	void *memory = ring_memory(e, &bytes);

	madvise(memory, bytes, MADV_DONTFORK);
}

/* The other end may be no more; its descriptor says so. */
static void ring_bell(struct ring_end *e, _Atomic uint32_t *asked)
{
	if (atomic_load(asked) && atomic_exchange(asked, 0))
		while (write(e->fd, "", 1) < 0 && errno == EINTR)
			;
}

size_t iov_gather(uint8_t *to, size_t most, const struct iovec *iov, int count)
{
	size_t have = 0;

	for (int i = 0; i < count && have < most; i++) {
		size_t part = iov[i].iov_len < most - have ? iov[i].iov_len : most - have;

		memcpy(to + have, iov[i].iov_base, part);
		have += part;
	}
	return have;
}

static void iov_scatter(const struct iovec *iov, int count, const uint8_t *from, size_t len)
{
	for (int i = 0; i < count && len > 0; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		memcpy(iov[i].iov_base, from, part);
		from += part;
		len -= part;
	}
}

/* Of a record in the ring. */
static uint32_t record_bytes(uint32_t len)
{
	return HEAD + ((len + HEAD - 1) & ~(HEAD - 1));
}

/* Bytes in `out`; what the reader says may be wrong: then it is full. */
static uint32_t waiting(const struct ring_end *e)
{
	uint32_t bytes = e->put - atomic_load(&e->out->taken);

	return bytes <= RING_BYTES ? bytes : RING_BYTES;
}

/* Where in `out` a record of so many bytes goes, which is in one piece; NULL: no room. */
static uint8_t *place(struct ring_end *e, uint32_t bytes)
{
	uint32_t at = e->put % RING_BYTES, skip = at + bytes > RING_BYTES ? RING_BYTES - at : 0;

	if (skip + bytes > RING_BYTES - waiting(e))
		return NULL;
	if (skip) {
		memcpy(e->out->bytes + at, &(uint32_t){ SKIP }, sizeof(uint32_t));
		e->put += skip;
	}
	return e->out->bytes + e->put % RING_BYTES;
}

ssize_t ring_write(struct ring_end *e, const struct iovec *iov, int count)
{
	size_t len = 0;
	uint8_t *p;

	for (int i = 0; i < count; i++)
		len += iov[i].iov_len;
	if (e->ended || len == 0 || len > RING_BYTES / 2) {
		errno = e->ended ? EPIPE : EMSGSIZE;
		return -1;
	}
	p = place(e, record_bytes((uint32_t)len));
	if (!p) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(p, &(uint32_t){ (uint32_t)len }, sizeof(uint32_t));
	iov_gather(p + HEAD, len, iov, count);
	e->put += record_bytes((uint32_t)len);
	atomic_store(&e->out->put, e->put);
	ring_bell(e, &e->out->hungry);
	return (ssize_t)len;
}

/* The next record of `in`: its length, 0 if there is none, or -1 if that is none. */
static ssize_t next(struct ring_end *e, const uint8_t **record)
{
	for (;;) {
		uint32_t have = atomic_load(&e->in->put) - e->taken, at = e->taken % RING_BYTES, len;

		if (have == 0)
			return 0;
		len = *(const volatile uint32_t *)(e->in->bytes + at);		/* once: the other end may change it */
		if (have > RING_BYTES || have % HEAD != 0)
			return -1;
		if (len == SKIP && have > RING_BYTES - at) {
			e->taken += RING_BYTES - at;
			continue;
		}
		if (len == 0 || len > RING_BYTES / 2 || record_bytes(len) > have || at + record_bytes(len) > RING_BYTES)
			return -1;
		*record = e->in->bytes + at + HEAD;
		return len;
	}
}

ssize_t ring_read(struct ring_end *e, const struct iovec *iov, int count)
{
	const uint8_t *record = NULL;
	ssize_t len = next(e, &record);

	if (len <= 0) {
		errno = len < 0 ? EPROTO : EAGAIN;
		return len == 0 && e->ended ? 0 : -1;
	}
	iov_scatter(iov, count, record, (size_t)len);
	e->taken += record_bytes((uint32_t)len);
	atomic_store(&e->in->taken, e->taken);
	if (atomic_load(&e->in->put) - e->taken <= RING_BYTES / 2)
		ring_bell(e, &e->in->crowded);
	return len;
}

static bool there_is(const struct ring_end *e, unsigned what)
{
	return (what & RING_FRAME && atomic_load(&e->in->put) != e->taken) || (what & RING_ROOM && waiting(e) <= RING_BYTES / 2);
}

bool ring_ready(struct ring_end *e, unsigned what, bool bell)
{
	if (there_is(e, what) || !bell)
		return there_is(e, what);
	if (what & RING_FRAME)
		atomic_store(&e->in->hungry, 1);
	if (what & RING_ROOM)
		atomic_store(&e->out->crowded, 1);
	return there_is(e, what);
}

void ring_awake(struct ring_end *e)
{
	if (atomic_load(&e->in->hungry))
		atomic_store(&e->in->hungry, 0);
}

void ring_hear(struct ring_end *e)
{
	char rung[64];
	ssize_t n = read(e->fd, rung, sizeof rung);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		e->ended = true;
}
