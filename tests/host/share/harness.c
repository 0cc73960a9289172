/* See harness.h.  Guest memory: per slot a request, the message, room for the reply between two guards. */
#include "harness.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../host/clock.h"
#include "../../../host/dev.h"
#include "../../../host/dev/request.h"
#include "../../../host/trace.h"

#define GUARD		4096u
#define GUARD_BYTE	0xa5
#define SLOT_BYTES	(GUARD + MESSAGE_BYTES + GUARD + REPLY_BYTES + GUARD)
#define READ_HEADER	11u

uint32_t harness_piece;
bool harness_apart;
const char *harness_killed;
unsigned harness_shares;

static struct machine machine;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static unsigned irqs[LGUEST_IRQS];

/* ---- what the devices ask of the rest ---- */

void trace_line(const char *fmt, ...)
{
	(void)fmt;
}

void machine_kill(struct machine *m, const char *fmt, ...)
{
	static char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	harness_killed = text;
	atomic_store(&m->end, END_KILLED);
}

void machine_end(struct machine *m, enum machine_end end, const char *text)
{
	(void)end;
	machine_kill(m, "%s", text);
}

void machine_raise(struct machine *m, unsigned irq)
{
	(void)m;
	irqs[irq]++;
}

void machine_want_work(struct machine *m, unsigned index)
{
	pthread_mutex_lock(&lock);
	atomic_fetch_or(&m->work, 1u << index);
	pthread_cond_signal(&woken);
	pthread_mutex_unlock(&lock);
}

/* ---- messages ---- */

static uint32_t slot_at(unsigned slot)
{
	return 65536 + slot * (SLOT_BYTES + 65536);
}

static uint32_t message_at(unsigned slot)
{
	return slot_at(slot) + 65536 + GUARD;
}

static uint32_t reply_at(unsigned slot)
{
	return message_at(slot) + MESSAGE_BYTES + GUARD;
}

static struct lguest_request *request_of(unsigned slot)
{
	return (struct lguest_request *)(machine.ram.host + slot_at(slot));
}

void harness_start(void)
{
	struct error err = { "" };
	uint64_t bytes = slot_at(HARNESS_SLOTS) + 65536;

	if (ram_init(&machine.ram, (bytes + 4095) & ~4095ull, devices_pages(), &err) < 0 || devices_init(&machine, &err) < 0) {
		fprintf(stderr, "harness: %s\n", err.text);
		exit(1);
	}
	harness_shares = machine.ndevices;
}

void harness_stop(void)
{
	devices_stop(&machine);
}

static unsigned pieces(struct lguest_segment *s, uint32_t at, uint32_t len)
{
	unsigned n = 0;

	while (len && n < 500) {
		uint32_t k = harness_piece && n < 499 && harness_piece < len ? harness_piece : len;

		s[n++] = (struct lguest_segment){ at, k };
		at += k;
		len -= k;
	}
	return n;
}

void harness_send(unsigned slot, unsigned share, uint32_t session, const void *message, uint32_t len, uint32_t room)
{
	struct lguest_request *r = request_of(slot);
	uint8_t *to = machine.ram.host + message_at(slot), *reply = machine.ram.host + reply_at(slot);
	unsigned n = 0;

	memcpy(to, message, len);
	memset(reply - GUARD, GUARD_BYTE, GUARD + room + GUARD);
	memset(r, 0, sizeof *r);
	r->nout = (unsigned short)pieces(r->segment, message_at(slot), len);
	if (harness_apart && room > READ_HEADER + 256) {
		/* the header's segment must hold 256 bytes, and lies behind the data's */
		r->segment[r->nout + n++] = (struct lguest_segment){ reply_at(slot) + room - 256, 256 };
		r->segment[r->nout + n++] = (struct lguest_segment){ reply_at(slot), room - 256 };
	} else {
		r->segment[r->nout + n++] = (struct lguest_segment){ reply_at(slot), room };
	}
	r->nin = (unsigned short)n;
	request_submit(&machine, share, slot_at(slot), session);
}

static struct exchange result(unsigned slot)
{
	static uint8_t copy[REPLY_BYTES + 4096];
	struct lguest_request *r = request_of(slot);
	struct exchange x = { machine.ram.host + reply_at(slot), r->used, r->status, false };
	const struct lguest_segment *in = r->segment + r->nout;
	const uint8_t *host = machine.ram.host;
	uint32_t first;

	if (r->nin < 2)
		return x;
	first = host[in[0].addr + 4] == 117 ? READ_HEADER : in[0].len;
	memcpy(copy, host + in[0].addr, first);
	if (r->used > first)
		memcpy(copy + first, host + in[1].addr, r->used - first);
	x.reply = copy;
	return x;
}

bool harness_done(unsigned slot, struct exchange *x)
{
	if (request_of(slot)->state != LGUEST_REQUEST_DONE)
		return false;
	*x = result(slot);
	return true;
}

void harness_wait(int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	while (!atomic_load(&machine.work))
		if (pthread_cond_timedwait(&woken, &lock, &until) != 0)
			break;
	pthread_mutex_unlock(&lock);
	devices_work(&machine);
}

struct exchange harness_call(unsigned share, uint32_t session, const void *message, uint32_t len, uint32_t room)
{
	struct exchange x = { NULL, 0, 0, false };
	uint64_t deadline = clock_monotonic_ns() + 100000000000ull;
	bool deferred;

	harness_send(0, share, session, message, len, room);
	if (harness_killed)
		return x;
	deferred = request_of(0)->state != LGUEST_REQUEST_DONE;
	while (!harness_done(0, &x)) {
		if (clock_monotonic_ns() > deadline) {
			fprintf(stderr, "harness: no answer within 30 s\n");
			abort();
		}
		harness_wait(1000);
	}
	x.deferred = deferred;
	return x;
}

void harness_hangup(unsigned share, uint32_t session)
{
	struct lguest_request *r = request_of(0);

	memset(r, 0, sizeof *r);
	request_submit(&machine, share, slot_at(0), session);
}

bool harness_intact(unsigned slot)
{
	const struct lguest_request *r = request_of(slot);
	const struct lguest_segment *in = r->segment + r->nout;
	uint32_t room = 0;
	const uint8_t *p = machine.ram.host + reply_at(slot);

	for (unsigned i = 0; i < r->nin; i++)
		room += in[i].len;
	for (uint32_t i = 0; i < GUARD; i++)
		if (p[-1 - (int)i] != GUARD_BYTE || p[room + i] != GUARD_BYTE)
			return false;
	return r->used <= room;
}
