/*
 * A client of the 9P server of shares, for its unit tests.  A call returns true if it went well; if not, failure says what the
 * server said.  What a reply holds is left in the variable beside the call, until the next one of that kind.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

enum { ROOT = 0 };		/* the fid that each test begins with */
#define DMDIR		0x80000000u
#define DMAPPEND	0x40000000u
#define DMEXCL		0x20000000u
#define DMTMP		0x04000000u
#define MSIZE		(65536 + 24)

extern unsigned share;		/* the one that calls go to */
extern uint32_t session;
extern struct exchange reply;
extern char failure[256];	/* of the last call, "" if it went well */

/* Messages by hand: begin, put what it holds, call. */
extern uint8_t msg[MESSAGE_BYTES];
extern uint32_t size;
void begin(unsigned type);
void put(uint64_t v, unsigned bytes);
void put_bytes(const char *s, size_t len);
void put_str(const char *s);
bool call(void);
uint64_t get(uint32_t at, unsigned bytes);	/* from the reply */

/* The test fails unless a call goes well, or goes wrong with an error that has want in it. */
void good(bool ok, const char *what);
void bad(bool ok, const char *what, const char *want);
#define GOOD(x)		good(x, #x)
#define BAD(x, want)	bad(x, #x, want)

bool version(uint32_t msize, const char *text);
bool attach(int fid);
bool walk(int fid, int newfid, const char *path);	/* names separated by '/' */
extern unsigned nqid;
bool go(int fid, const char *path);			/* all of it, from the root */
bool clunk(int fid);
bool removes(int fid);
bool opens(int fid, unsigned mode);
bool create_bytes(int fid, const char *name, size_t len, uint32_t perm, unsigned mode);
bool creates(int fid, const char *name, uint32_t perm, unsigned mode);	/* in the root */
bool reads(int fid, uint64_t off, uint32_t count);
extern const char *data;
extern uint32_t ndata;
bool writes(int fid, uint64_t off, const char *text, uint32_t len);
extern uint32_t written;

struct dir_entry {
	uint8_t qtype;
	uint32_t vers, mode, atime, mtime;
	uint64_t path, length;
	char name[256], uid[64], gid[64];
	uint32_t bytes;
};
bool stats(int fid);
extern struct dir_entry st;
uint32_t le(const uint8_t *p, unsigned bytes);
void decode(const uint8_t *p, struct dir_entry *e);	/* an entry of a directory */

struct change {
	uint32_t mode, atime, mtime;
	uint64_t length;
	const char *name, *uid, *gid;
};
bool wstats(int fid, struct change c);
#define SAME	.mode = ~0u, .atime = ~0u, .mtime = ~0u, .length = ~0ull, .name = "", .uid = "", .gid = ""
#define WSTAT(fid, ...)	wstats(fid, (struct change){ SAME, __VA_ARGS__ })

/* The host's side: the shared directory is dir, in top. */
extern char top[], dir[64];
const char *in(const char *name);		/* the path of a name in dir; the fourth call after overwrites it */
void host_write(const char *name, const char *text);
const char *host_read(const char *name);
unsigned host_mode(const char *name);		/* all ones: no such file */

/* Tests, a { NULL, NULL } behind the last. */
struct share_test {
	const char *name;
	void (*test)(void **state);
};
extern const struct share_test share_walk_tests[], share_attr_tests[], share_hostile_tests[];
void share_readonly_test(void **state);		/* on a read-only share */

#endif
