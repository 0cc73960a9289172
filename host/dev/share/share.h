/*
 * The private parts of a share: a host directory that the guest reaches by 9P2000.  A T-message becomes an op, which goes
 * through three functions of its handler: begin and end belong to the vCPU thread and alone touch fids, nodes and the tables
 * of the share; run makes the system calls, on the vCPU thread or on one of the share's own, and touches nothing but the
 * op and descriptors that begin has pinned.
 *
 * A fid is a reference to a node; a node is one name in the tree, with a descriptor of the file (O_PATH) by which everything
 * is done, so that nothing depends on what the path means by now.
 */
#ifndef HOST_DEV_SHARE_SHARE_H
#define HOST_DEV_SHARE_SHARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "../local.h"
#include "../request.h"

#define NOTAG		0xffffu
#define NOFID		0xffffffffu
#define MAXWELEM	16
#define HEADER		7u		/* size[4] type[1] tag[2] */
#define READ_HEADER	11u		/* of Rread: and count[4] */
#define WRITE_HEADER	23u		/* of Twrite, up to the data */
#define IO_HEADER	24u
#define MAX_MSIZE	((1u << 20) + IO_HEADER)
#define MIN_MSIZE	256u
#define MAX_MESSAGE	(72u << 10)	/* of a T-message that is not Twrite */
#define MAX_REPLY	1400u		/* of an R-message without its data */
#define STAT_FIXED	49u
#define NAME_BYTES	255

enum { TVERSION = 100, TAUTH = 102, TATTACH = 104, RERROR = 107, TFLUSH = 108, TWALK = 110, TOPEN = 112, TCREATE = 114,
       TREAD = 116, TWRITE = 118, TCLUNK = 120, TREMOVE = 122, TSTAT = 124, TWSTAT = 126, TLAST = 126 };
enum { QTDIR = 0x80, QTAPPEND = 0x40, QTEXCL = 0x20, QTTMP = 0x04 };
#define DMDIR		0x80000000u
#define DMAPPEND	0x40000000u
#define DMEXCL		0x20000000u
#define DMTMP		0x04000000u
#define DM_MARKS	(DMAPPEND | DMEXCL | DMTMP)
enum { OREAD = 0, OWRITE = 1, ORDWR = 2, OEXEC = 3, OTRUNC = 0x10, ORCLOSE = 0x40 };

struct qid {
	uint8_t type;
	uint32_t version;
	uint64_t path;
};

/* A string of a message: NUL-terminated in place, but it may hold NULs. */
struct str {
	const char *s;
	uint16_t len;
};

/* What a stat entry says; integers that are all ones and empty strings mean no change. */
struct wstat {
	uint32_t mode, atime, mtime, version;
	uint64_t length;
	struct qid qid;
	struct str name, uid, gid, muid;
};

/* A T-message, parsed; which members are valid depends on the type. */
struct tmessage {
	uint8_t type, mode;
	uint16_t tag, oldtag, nwname;
	uint32_t fid, newfid, afid, msize, perm, count;
	uint64_t offset;
	struct str version, uname, aname, name, wname[MAXWELEM];
	struct wstat stat;
};

struct node {
	struct share *share;
	struct node *parent;		/* NULL: the root; counted in its refs */
	char *name;
	dev_t dev;			/* of the file */
	ino_t ino;
	dev_t entry_dev;		/* of the directory's entry: another file if that is a symbolic link */
	ino_t entry_ino;
	mode_t type;			/* S_IFMT; S_IFLNK: a link that leads nowhere in the share */
	bool local;			/* its file system answers at once */
	int fd;				/* O_PATH; -1: closed to save descriptors */
	unsigned refs;			/* fids, children, ops */
	unsigned pins;			/* ops that use fd */
	struct node *next;		/* in the share's hash table */
	bool hashed;
	struct node *older, *newer;	/* all nodes with an fd, by last use */
	struct node *staler, *fresher;	/* idle ones */
	bool idle;			/* nobody refers to it; it is kept for the next walk */
};

struct listing;

struct fid {
	uint32_t id;
	struct node *node;
	int fd;				/* -1: not open */
	off_t size;			/* of the file when it was opened */
	uint8_t mode;			/* OREAD, OWRITE or ORDWR */
	bool open, busy;		/* busy: being opened, or its listing being read */
	bool remove_on_close, exclusive;
	unsigned refs;			/* the table, and ops */
	struct listing *listing;	/* an open directory */
	struct session *session;
	struct fid *next;
};

#define FID_BUCKETS	256

struct session {
	struct share *share;
	uint32_t number, msize;
	unsigned ops;
	bool dead;
	struct fid *fids[FID_BUCKETS];
};

struct op;
struct handler {
	int (*begin)(struct op *op);	/* 0; or -1, and the op has an error */
	void (*run)(struct op *op);
	void (*end)(struct op *op);	/* also after an error of run: give back what begin took */
};

/* What walk finds for each name. */
struct step {
	int fd;				/* O_PATH; -1 for .., and for what a hint has open */
	struct stat st;			/* of the file */
	dev_t entry_dev;		/* of the directory's entry, which may be a link to the file */
	ino_t entry_ino;
	uint32_t marks;
	bool local;
};

#define PATH_BYTES	4096

struct op {
	struct request *request;
	struct share *share;
	struct session *session;
	const struct handler *handler;
	struct tmessage t;
	struct fid *fid;
	struct node *node, *parent;	/* pinned if fd, parent_fd are */
	int fd, parent_fd;
	char name[NAME_BYTES + 1];	/* node's, as begin found it; run must not look at the node */
	dev_t entry_dev;
	ino_t entry_ino;
	bool local;			/* all that run touches answers at once */
	bool never_waits;		/* run, when it is called to be quick */
	bool listing;			/* it reads the directory's entries */
	bool now;			/* run must not wait: it may say again */
	bool again;			/* run is to be called by a thread */
	bool flushed;
	bool internal;			/* nobody asked for it and nobody gets an answer: the request is its own */
	bool begun;			/* handler->begin was called, so handler->end is due */
	bool sync, rename;		/* wstat */
	gid_t gid;
	bool excluded;			/* it holds the file's exclusive use */
	int error;			/* errno */
	const char *refusal;		/* the error's text, if it is not that of errno */
	struct op *next;		/* of the share's ops under way */
	struct op *flushes;		/* Tflush: waits for this one */
	struct reopening *reopening;	/* reopen.c */
	unsigned reopens;
	int lost;			/* errno of a node that could not be opened again */
	/* results of run */
	struct stat st;
	int new_fd, node_fd;
	uint32_t marks;			/* DM_MARKS */
	uint32_t bytes;			/* of data */
	char *path;			/* walk: where it begins, from the share's root */
	struct node *ups[MAXWELEM];	/* walk: pinned ancestors of node, for .. */
	int up_fds[MAXWELEM];
	struct node *hints[MAXWELEM];	/* walk: pinned directories that the names led to before */
	unsigned nups, nsteps, nhints;
	struct iovec *data;		/* read, write: the data's place */
	unsigned ndata;
	uint8_t *buffer;		/* a directory's entries */
	uint32_t size;			/* bytes of reply */
	struct step steps[MAXWELEM];	/* from here on not cleared */
	uint8_t reply[MAX_REPLY];
	uint8_t message[];
};

#define NODE_BUCKETS	4096

struct share {
	struct device device;
	char name[64];
	char *dir;
	bool readonly, root_share, always_defer;
	bool mounts;			/* other file systems are mounted below */
	char *real;			/* DIR's absolute path without links, for links that name it */
	struct node *root;
	struct node **nodes;		/* hash table by parent and name */
	struct session *sessions[LGUEST_SHARE_SESSIONS];
	struct op *ops;
	uint64_t slow_until_ns;		/* until then, nothing is done at once */
};

/* message.c: parse the `size` bytes of a message; for Twrite its first WRITE_HEADER of `total`.  -1: it is none.  Strings are
 * moved down by a byte to make room for NULs. */
int message_parse(struct tmessage *t, uint8_t *bytes, uint32_t size, uint32_t total);
/* Replies. */
void reply_begin(struct op *op, unsigned type);
void reply8(struct op *op, uint8_t v);
void reply16(struct op *op, uint16_t v);
void reply32(struct op *op, uint32_t v);
void reply64(struct op *op, uint64_t v);
void reply_qid(struct op *op, const struct qid *q);
/* One stat entry at p, which has room bytes: its size, 0 if it does not fit. */
uint32_t stat_encode(uint8_t *p, uint32_t room, const char *name, const struct stat *st, uint32_t marks);

/* server.c */
void server_request(struct device *d, struct request *r);
void server_stop(struct device *d);
struct op *op_internal(struct share *s, const struct handler *handler);	/* NULL: no memory; then op_begin */
void op_begin(struct op *op);
void share_close(struct share *s, int fd, bool local);	/* on a thread, if that may wait */
bool waited_for_disk(void);				/* has this thread, since the last time? */
int op_error(struct op *op, int error);			/* returns -1 */
int op_refuse(struct op *op, const char *text);		/* returns -1 */

/* confine.c: what threads may open */
void confine_add(const struct share *s);
void confine_thread(void);				/* this one, for good */

/* error.c: Plan 9's words for errno; buf is room for those it has none for. */
const char *error_text(int error, char *buf, size_t size);

/* names.c: users and groups of the host, read once. */
void names_load(void);
extern uid_t our_uid;
const char *user_name(uid_t uid, char buf[16]);
const char *group_name(gid_t gid, char buf[16]);
int group_number(const char *name, gid_t *gid);		/* -1: no such group */

/* node.c */
int node_root(struct share *s, int fd, struct error *err);
struct node *node_child(struct node *parent, const char *name, struct step *step);	/* takes step->fd; a reference */
void node_hold(struct node *n);
void node_release(struct node *n);
struct node *node_known(const struct node *parent, const char *name);	/* NULL: no node, or without a descriptor */
void nodes_forget(const struct share *s);		/* idle nodes */
int node_fd(struct node *n);				/* opened again if need be; -1 and errno */
bool node_waits(const struct node *n);			/* it has no descriptor, and only a thread may open it */
void node_give_fd(struct node *n, int fd);
void node_unhash(struct node *n);
void node_rename(struct node *n, const char *name);
int node_pin(struct op *op, struct node *n);		/* op->node and op->fd; -1 and the op has an error */
int fid_pin(struct op *op, struct fid *f);		/* op->fd: of the fid's file, open or not */
int node_pin_parent(struct op *op, struct node *n);	/* op->parent and op->parent_fd, and op->name, which is there */
int node_pin_up(struct op *op, struct node *n);		/* one more of op->ups */
void node_pin_hint(struct op *op, struct node *n);	/* one more of op->hints; n has its descriptor */
void op_unpin(struct op *op);				/* all that op has pinned */
char *node_path(const struct node *n, char *buf, size_t size);	/* from the root; NULL: does not fit */
void fds_changed(int by);				/* descriptors that files of fids take */
void fds_budget(void);					/* at start: how many there may be */
extern int proc_fd;					/* /proc/self/fd, or -1 */


/* step.c, from run: find the entry name of a directory, and what it leads to if it is a link.  dir is the directory's path from
 * the root, or NULL.  0 or an errno: EAGAIN if `now` and a thread should do it. */
int step_open(struct share *s, int dirfd, const char *dir, const char *name, bool now, struct step *step);
/* The stat of an entry, of no link's target: 0 or an errno; EAGAIN if `now` and something is mounted there. */
int step_stat(int dirfd, const char *name, bool now, struct stat *st);
/* For a link in a listing: the stat of the file behind it, if it leads somewhere in the share.  0, or an errno as above. */
int step_follow(struct share *s, int dirfd, const char *dir, const char *name, bool now, struct stat *st);
/* Is op->name in parent_fd still op's file?  0 or an errno as above; the entry's stat. */
int step_verify(const struct op *op, struct stat *st);
bool name_valid(const struct str *name);

/* qid.c, from run too */
struct qid qid_of(const struct stat *st, uint32_t marks);

/* reopen.c: before an op begins.  True: run has something to do on a thread, end afterwards or instead. */
bool reopen_begin(struct op *op);
void reopen_run(struct op *op);
void reopen_end(struct op *op);

/* walk.c */
extern const struct handler walk_handler, attach_handler;

/* fid.c */
struct fid *fid_get(struct op *op, uint32_t id);	/* a reference in op->fid; NULL and the op has an error */
struct fid *fid_find(const struct session *s, uint32_t id);	/* no reference; or NULL */
struct fid *fid_new(struct session *s, uint32_t id, struct node *node);	/* takes the reference to node; NULL: in use */
bool fid_used(struct session *s, uint32_t id);
void fid_put(struct fid *f);
void fid_remove(struct fid *f);				/* from the table */
void fids_clear(struct session *s);

/* open.c */
extern const struct handler open_handler, create_handler, clunk_handler, remove_handler;
int reopen(int fd, int flags);				/* the same file, from run; -1 and errno */
int change_mode(int fd, mode_t mode);			/* from run; fd may be O_PATH; 0 or an errno */
void fid_end(struct fid *f);				/* the table's reference goes, and with it what close ends */

/* data.c */
extern const struct handler read_handler, write_handler;
/* list.c */
int list_begin(struct op *op);
void list_run(struct op *op);
void list_end(struct op *op);
void listing_free(struct listing *l);

/* attr.c */
extern const struct handler stat_handler;
/* wstat.c */
extern const struct handler wstat_handler;

/* marks.c: from run too */
uint32_t marks_get(const struct stat *st, int fd);	/* fd may be O_PATH */
/* The mode with which the file shall be kept: marks are known by S_ISVTX.  0 or an errno. */
int marks_set(const struct stat *st, int fd, uint32_t marks, mode_t *mode);
bool exclusive_take(const struct stat *st);		/* false: somebody has it */
void exclusive_give(dev_t dev, ino_t ino);

#endif
