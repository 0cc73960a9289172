/*
 * The host's network as a file tree, in Plan 9's form: cs, dns, iproute, ipselftab, ipifc/N, etherN, tcp and udp.  Who
 * serves it by 9P keeps a struct netfs_file for each fid and hands operations over as calls, which may end later (a read
 * for which there is no data, an open of `listen`).  All functions run on one thread, and so does `finished`.
 */
#ifndef HOST_NET_NETFS_H
#define HOST_NET_NETFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "../error.h"
#include "addr.h"

#define NETFS_ERROR	128		/* bytes of an error text with its NUL, as in Plan 9 */
#define NETFS_NAME	32

struct conv;
struct query;

struct netfs_file {
	uint64_t path;			/* of the qid; says all about what the file is */
	bool open;
	uint8_t mode;			/* it was opened with */
	struct conv *conv;		/* open: the conversation it keeps alive */
	struct query *query;		/* open cs or dns */
};

struct netfs_qid {
	uint8_t type;			/* 0x80: a directory */
	uint32_t version;
	uint64_t path;
};

struct netfs_stat {
	struct netfs_qid qid;
	uint32_t mode;			/* 9P's, the directory bit included */
	char name[NETFS_NAME];
};

/* An operation: the caller fills in the first part, and leaves it alone until `finished` is called. */
struct netfs_call {
	struct netfs_file *file;
	const struct iovec *iov;	/* data to write, or room for what is read; not for open */
	int niov;
	uint32_t count;			/* bytes of it */
	uint64_t offset;
	void (*finished)(struct netfs_call *call);

	uint32_t done;			/* bytes moved */
	char error[NETFS_ERROR];	/* "": success */

	struct netfs_call *next;	/* ours */
	struct netfs_call **queue;	/* in which it waits, or NULL */
};

struct netfs_config {
	const struct publish *publish;	/* ports that others may reach; all else listens on the loopback address */
	unsigned npublish;
	const char *allow;		/* HOST:PORT,... that may be called, or NULL: everything */
};

/* Fork the helper that looks names up; before there is anything that it must not inherit. */
int netfs_helper(struct error *err);
/* Then, before threads and the system call filter; io_init must have been called, for linger.c. */
int netfs_start(const struct netfs_config *config, struct error *err);
/* Is the text of --allow good? */
int netfs_allow_check(const char *text, struct error *err);

void netfs_root(struct netfs_file *f);
/* One name from f, which is not open; f may be changed in place.  NULL or an error text. */
const char *netfs_walk(struct netfs_file *f, const char *name);
struct netfs_qid netfs_qid(const struct netfs_file *f);
void netfs_stat(const struct netfs_file *f, struct netfs_stat *st);
/* Entry number i of the directory f.  false: there are no more. */
bool netfs_entry(const struct netfs_file *f, unsigned i, struct netfs_stat *st);
/* Operations.  finished may have been called when they return.  A file that was opened may have become another. */
void netfs_open(struct netfs_call *call, uint8_t mode);
void netfs_read(struct netfs_call *call);	/* not for directories */
void netfs_write(struct netfs_call *call);
/* End a call that is under way at once: with what is done, else with "interrupted". */
void netfs_flush(struct netfs_call *call);
/* The file is not used any more; no call on it may be under way. */
void netfs_clunk(struct netfs_file *f);
/* Put bytes into a call's memory, at byte `at`; the caller knows that they fit. */
void netfs_copy_in(struct netfs_call *call, uint32_t at, const void *data, uint32_t len);
/* When this descriptor is readable, calls may be finished: netfs_work does that, on the thread of the calls. */
int netfs_fd(void);
void netfs_work(void);

#endif
