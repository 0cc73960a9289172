/*
 * A hostile guest against the 9P server of the host's network (host/dev/hostnet.c, host/net), under the sanitizers: T-messages that
 * mostly make sense, in any order, on several sessions, some with bytes changed or cut off, with the events of real
 * sockets in between.  Nothing may be touched that is not theirs, and at the end every request has been answered.
 */
#include <stdbool.h>

#include "../../../host/dev/hostnet.h"
#include "../../../host/dev/request.h"
#include "../../../host/dev/share/share.h"
#include "../../../host/io.h"
#include "fuzz.h"

#define SESSIONS	3
#define FIDS		30
#define TAGS		40

/* ---- what hostnet.c is given ---- */

static struct device *device;
static struct machine machine;
static struct lguest_device_desc descriptor;
static char page[4096];
static unsigned pending;
static uint64_t replies[256];

struct held {
	struct request r;		/* first; its iov is what follows */
	struct iovec iov[4];
	uint8_t *out, *in;
};

int devices_add(struct device *d, struct error *err)
{
	(void)err;
	device = d;
	return 0;
}

void *ram_write(struct ram *ram, uint64_t gpa, uint64_t bytes)
{
	(void)ram, (void)gpa, (void)bytes;
	return page;
}

void machine_want_work(struct machine *m, unsigned index)
{
	(void)m, (void)index;
}

void machine_raise(struct machine *m, unsigned irq)
{
	(void)m, (void)irq;
}

const char *user_name(uid_t uid, char buf[16])
{
	(void)uid;
	return strcpy(buf, "user");
}

const char *group_name(gid_t gid, char buf[16])
{
	(void)gid;
	return strcpy(buf, "group");
}

struct qid qid_of(const struct stat *st, uint32_t marks)
{
	(void)st, (void)marks;
	return (struct qid){ 0 };
}

void request_finish(struct request *r)
{
	struct held *h = (struct held *)r;

	if (r->used > r->in_bytes)
		fuzz_fail("a reply of %u bytes in %u", r->used, r->in_bytes);
	if (r->used)
		replies[h->in[4]]++;
	pending--;
	free(h->out);
	free(h->in);
	free(h);
}

/* ---- messages ---- */

static struct fuzz fuzz;
static uint8_t msg[70000];
static uint32_t len;

static uint32_t below(uint32_t n)
{
	return fuzz_below(&fuzz, n);
}

static void put(uint64_t v, unsigned bytes)
{
	memcpy(msg + len, &v, bytes);
	len += bytes;
}

static void text(const char *s)
{
	put(strlen(s), 2);
	memcpy(msg + len, s, strlen(s));
	len += (uint32_t)strlen(s);
}

static void head(unsigned type)
{
	len = 4;
	put(type, 1);
	put(type == TVERSION ? NOTAG : below(TAGS), 2);
}

/* Hand msg over, in one piece or with its data apart, with much or little room for the reply. */
static void submit(unsigned session)
{
	struct held *h = calloc(1, sizeof *h);
	uint32_t room = below(4) ? 70000 : MIN_MSIZE + below(300);
	bool apart = below(2) && len > WRITE_HEADER;
	unsigned n = 0;

	h->out = malloc(len + 1);
	memcpy(h->out, msg, len);
	h->in = malloc(room);
	if (len && apart)
		h->iov[n++] = (struct iovec){ h->out, WRITE_HEADER };
	if (len)
		h->iov[n++] = (struct iovec){ h->out + (apart ? WRITE_HEADER : 0), len - (apart ? WRITE_HEADER : 0) };
	h->r = (struct request){ .device = device, .arg = session, .nout = n, .out_bytes = len, .in_bytes = room };
	h->r.out = h->iov;
	h->r.in = h->iov + n;
	h->iov[n] = (struct iovec){ h->in, apart ? MIN_MSIZE : room };
	h->iov[n + 1] = (struct iovec){ h->in + MIN_MSIZE, room - MIN_MSIZE };
	h->r.nin = apart ? 2 : 1;
	pending++;
	device->request(device, &h->r);
}

static void send_msg(unsigned session)
{
	memcpy(msg, &len, 4);
	submit(session);
}

static void begin_session(unsigned session)
{
	head(TVERSION);
	put(below(8) ? 70000 : below(500), 4);
	text("9P2000");
	send_msg(session);
	head(TATTACH);
	put(0, 4);
	put(NOFID, 4);
	text("user");
	text("");
	send_msg(session);
}

static void walk_msg(void)
{
	static const char *const paths[] = { "tcp/clone", "udp/clone", "tcp/0/data", "tcp/1/data", "tcp/0/ctl", "tcp/1/listen",
		"tcp/0/listen", "udp/0/data", "udp/0/ctl", "cs", "dns", "tcp/2/status", "tcp/0/err", "tcp", "tcp/1/local", "iproute",
		"ipifc/0/status", "..", "tcp/../x", "" };
	char copy[32], *save = NULL;
	uint32_t count = len + 8;
	unsigned n = 0;

	strcpy(copy, paths[below(sizeof paths / sizeof paths[0])]);
	put(below(8) ? 0 : below(FIDS), 4);
	put(1 + below(FIDS), 4);
	put(0, 2);
	for (char *w = strtok_r(copy, "/", &save); w; w = strtok_r(NULL, "/", &save), n++)
		text(w);
	msg[count] = (uint8_t)n;
}

static void write_msg(void)
{
	static const char *const words[] = { "announce 0", "announce *!0", "announce 127.0.0.1!0", "connect 127.0.0.1!1",
		"connect 127.0.0.1!9999 5", "hangup", "close", "headers", "keepalive", "keepalive 100", "ttl 5", "tos 3", "bind 0",
		"addmulti 127.0.0.1 224.1.2.3", "net!localhost!80", "tcp!*!5", "!protocol=tcp", "localhost ip", "refresh", "" };
	const char *w = words[below(sizeof words / sizeof words[0])];

	put(below(FIDS), 4);
	put(0, 8);
	put(strlen(w), 4);
	memcpy(msg + len, w, strlen(w));
	len += (uint32_t)strlen(w);
}

static void one(void)
{
	static const uint8_t types[] = { TWALK, TWALK, TWALK, TOPEN, TOPEN, TREAD, TREAD, TWRITE, TWRITE, TWRITE, TCLUNK, TFLUSH, TSTAT,
		TREMOVE };
	unsigned type = types[below(sizeof types)];

	head(type);
	if (type == TFLUSH)
		put(below(TAGS), 2);
	else if (type == TWALK)
		walk_msg();
	else if (type == TWRITE)
		write_msg();
	else
		put(below(FIDS), 4);
	if (type == TOPEN)
		put(below(8) ? ORDWR : below(256), 1);
	if (type == TREAD) {
		put(below(3) ? 0 : below(10000), 8);
		put(below(9000), 4);
	}
	memcpy(msg, &len, 4);
	if (below(60) == 0)
		msg[below(len)] = (uint8_t)below(256);
	if (below(100) == 0)
		len = below(len + 1);
}

int main(int argc, char **argv)
{
	struct options options = { .allow = NULL };
	struct error err = { "" };

	fuzz_start(&fuzz, "the 9P server of the host's network", argc, argv);
	if (hostnet_add(&options, &err) < 0 || io_init(&err) < 0)
		fuzz_fail("%s", err.text);
	device->machine = &machine;
	device->desc = &descriptor;
	if (device->start(device, &err) < 0 || io_start(&err) < 0)
		fuzz_fail("%s", err.text);
	while (fuzz_more(&fuzz)) {
		unsigned session = below(SESSIONS);

		if (fuzz.done <= SESSIONS || below(1000) == 0)
			begin_session(fuzz.done <= SESSIONS ? (unsigned)fuzz.done - 1 : session);
		one();
		if (below(4000) == 0)
			len = 0;		/* the end of a session */
		submit(below(200) ? session : below(300));
		if (below(8) == 0)
			device->work(device);
	}
	device->stop(device);
	if (pending)
		fuzz_fail("%u requests without an answer", pending);
	printf("# walked %llu, opened %llu, read %llu, wrote %llu\n", (unsigned long long)replies[TWALK + 1],
	       (unsigned long long)replies[TOPEN + 1], (unsigned long long)replies[TREAD + 1],
	       (unsigned long long)replies[TWRITE + 1]);
	return fuzz_end(&fuzz);
}
