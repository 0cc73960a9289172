/*
 * A client of the 9P server of shares, for its unit tests: each call of 9P as a function, and the shared directory as the host sees
 * it.  client.h says what is left behind by a call.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client.h"

char top[] = "/tmp/9guest-share.XXXXXX", dir[64];
unsigned share;
uint32_t session;
struct exchange reply;
char failure[256];

/* ---- messages ---- */

uint8_t msg[MESSAGE_BYTES];
uint32_t size;

void put(uint64_t v, unsigned bytes)
{
	memcpy(msg + size, &v, bytes);
	size += bytes;
}

void put_bytes(const char *s, size_t len)
{
	put(len, 2);
	memcpy(msg + size, s, len);
	size += (uint32_t)len;
}

void put_str(const char *s)
{
	put_bytes(s, strlen(s));
}

void begin(unsigned type)
{
	size = 4;
	put(type, 1);
	put(7, 2);
}

uint64_t get(uint32_t at, unsigned bytes)
{
	uint64_t v = 0;

	assert_true(at + bytes <= reply.used);
	memcpy(&v, reply.reply + at, bytes);
	return v;
}

/* True if it was no Rerror. */
static bool call_room(uint32_t room)
{
	memcpy(msg, &size, 4);
	reply = harness_call(share, session, msg, size, room);
	assert_null(harness_killed);
	assert_true(harness_intact(0));
	snprintf(failure, sizeof failure, "no reply (status %u)", reply.status);
	if (reply.status)
		return false;
	assert_int_equal(get(0, 4), reply.used);
	failure[0] = '\0';
	if (get(4, 1) == 107)
		snprintf(failure, sizeof failure, "%.*s", (int)get(7, 2), (const char *)reply.reply + 9);
	else
		assert_int_equal(get(4, 1), msg[4] + 1);
	return !failure[0];
}

bool call(void)
{
	return call_room(4096);
}

void good(bool ok, const char *what)
{
	if (!ok)
		fail_msg("%s: %s", what, failure);
}

void bad(bool ok, const char *what, const char *want)
{
	if (ok)
		fail_msg("%s: went well; wanted '%s'", what, want);
	if (!strstr(failure, want))
		fail_msg("%s: '%s'; wanted '%s'", what, failure, want);
}

bool version(uint32_t msize, const char *text)
{
	begin(100);
	put(msize, 4);
	put_str(text);
	return call();
}

bool attach(int fid)
{
	begin(104);
	put((uint32_t)fid, 4);
	put(0xffffffff, 4);
	put_str("glenda");
	put_str("");
	return call();
}

unsigned nqid;

/* Names separated by '/'. */
bool walk(int fid, int newfid, const char *path)
{
	uint32_t at;
	unsigned n = 0;

	begin(110);
	put((uint32_t)fid, 4);
	put((uint32_t)newfid, 4);
	at = size;
	put(0, 2);
	while (*path) {
		size_t len = strcspn(path, "/");

		put_bytes(path, len);
		n++;
		path += len + (path[len] == '/');
	}
	msg[at] = (uint8_t)n;
	nqid = 0;
	if (!call())
		return false;
	nqid = (unsigned)get(7, 2);
	return true;
}

/* All of it, from the root. */
bool go(int fid, const char *path)
{
	unsigned n = *path ? 1 : 0;

	for (const char *p = path; *p; p++)
		n += *p == '/';
	if (!walk(ROOT, fid, path))
		return false;
	if (nqid == n)
		return true;
	snprintf(failure, sizeof failure, "walked %u of %u", nqid, n);
	return false;
}

static bool simple(unsigned type, int fid)
{
	begin(type);
	put((uint32_t)fid, 4);
	return call();
}

bool clunk(int fid)
{
	return simple(120, fid);
}

bool removes(int fid)
{
	return simple(122, fid);
}

bool opens(int fid, unsigned mode)
{
	begin(112);
	put((uint32_t)fid, 4);
	put(mode, 1);
	return call();
}

bool create_bytes(int fid, const char *name, size_t len, uint32_t perm, unsigned mode)
{
	begin(114);
	put((uint32_t)fid, 4);
	put_bytes(name, len);
	put(perm, 4);
	put(mode, 1);
	return call();
}

/* In the root. */
bool creates(int fid, const char *name, uint32_t perm, unsigned mode)
{
	return walk(ROOT, fid, "") && create_bytes(fid, name, strlen(name), perm, mode);
}

const char *data;
uint32_t ndata;

bool reads(int fid, uint64_t off, uint32_t count)
{
	begin(116);
	put((uint32_t)fid, 4);
	put(off, 8);
	put(count, 4);
	ndata = 0;
	if (!call_room(count + 300))
		return false;
	ndata = (uint32_t)get(7, 4);
	data = (const char *)reply.reply + 11;
	assert_int_equal(ndata, reply.used - 11);
	assert_true(ndata <= count);
	return true;
}

uint32_t written;

bool writes(int fid, uint64_t off, const char *text, uint32_t len)
{
	begin(118);
	put((uint32_t)fid, 4);
	put(off, 8);
	put(len, 4);
	memcpy(msg + size, text, len);
	size += len;
	if (!call())
		return false;
	written = (uint32_t)get(7, 4);
	return true;
}

uint32_t le(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

void decode(const uint8_t *p, struct dir_entry *e)
{
	const uint8_t *s = p + 41;
	char *to[] = { e->name, e->uid, e->gid };
	size_t room[] = { sizeof e->name, sizeof e->uid, sizeof e->gid };

	e->bytes = le(p, 2) + 2;
	e->qtype = p[8];
	e->vers = le(p + 9, 4);
	memcpy(&e->path, p + 13, 8);
	e->mode = le(p + 21, 4);
	e->atime = le(p + 25, 4);
	e->mtime = le(p + 29, 4);
	memcpy(&e->length, p + 33, 8);
	for (int i = 0; i < 3; i++) {
		assert_true(le(s, 2) < room[i]);
		memcpy(to[i], s + 2, le(s, 2));
		to[i][le(s, 2)] = '\0';
		s += 2 + le(s, 2);
	}
}

struct dir_entry st;

bool stats(int fid)
{
	begin(124);
	put((uint32_t)fid, 4);
	if (!call())
		return false;
	assert_int_equal(get(7, 2), get(9, 2) + 2);
	decode(reply.reply + 9, &st);
	return true;
}

bool wstats(int fid, struct change c)
{
	uint32_t at;

	begin(126);
	put((uint32_t)fid, 4);
	at = size;
	put(0, 4);
	put(0xffff, 2);
	put(~0ull, 4);
	put(~0ull, 8);
	put(~0ull, 5);
	put(c.mode, 4);
	put(c.atime, 4);
	put(c.mtime, 4);
	put(c.length, 8);
	put_str(c.name);
	put_str(c.uid);
	put_str(c.gid);
	put_str("");
	msg[at] = (uint8_t)(size - at - 2), msg[at + 1] = (uint8_t)((size - at - 2) >> 8);
	msg[at + 2] = (uint8_t)(size - at - 4), msg[at + 3] = (uint8_t)((size - at - 4) >> 8);
	return call();
}

/* ---- the host's side ---- */

const char *in(const char *name)
{
	static char path[4][512];
	static int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s", dir, name);
	return p;
}

void host_write(const char *name, const char *text)
{
	FILE *f = fopen(in(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

const char *host_read(const char *name)
{
	static char buf[4096];
	FILE *f = fopen(in(name), "r");
	size_t n;

	if (!f)
		return "(no such file)";
	n = fread(buf, 1, sizeof buf - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

unsigned host_mode(const char *name)
{
	struct stat s;

	return lstat(in(name), &s) < 0 ? 0xffffffff : s.st_mode & 07777;
}
