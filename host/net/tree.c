/*
 * The tree of the host's network: what each file is called, where it hangs, what opening, reading and writing it means.
 * A file is its path: kind, protocol and conversation.  Whoever serves 9P (host/dev) calls in here; the files that do
 * something are in conv.c and names.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "private.h"

#define QTDIR	0x80
#define DMDIR	0x80000000u
#define TEXT	8192

/* Where a file hangs.  Files of one parent stand together. */
static const struct {
	enum file file, parent;
	const char *name;		/* NULL: numbered, see entry_name */
	uint32_t mode;
} files[] = {
	{ F_ROOT, F_ROOT, "/", DMDIR | 0555 },
	{ F_CS, F_ROOT, "cs", 0666 },
	{ F_DNS, F_ROOT, "dns", 0666 },
	{ F_IPROUTE, F_ROOT, "iproute", 0444 },
	{ F_IPSELFTAB, F_ROOT, "ipselftab", 0444 },
	{ F_IPIFC, F_ROOT, "ipifc", DMDIR | 0555 },
	{ F_ETHER, F_ROOT, NULL, DMDIR | 0555 },
	{ F_PROTO, F_ROOT, NULL, DMDIR | 0555 },
	{ F_IFACE, F_IPIFC, NULL, DMDIR | 0555 },
	{ F_IFSTATUS, F_IFACE, "status", 0444 },
	{ F_ETHERADDR, F_ETHER, "addr", 0444 },
	{ F_CLONE, F_PROTO, "clone", 0666 },
	{ F_STATS, F_PROTO, "stats", 0444 },
	{ F_CONV, F_PROTO, NULL, DMDIR | 0555 },
	{ F_CTL, F_CONV, "ctl", 0666 },
	{ F_DATA, F_CONV, "data", 0666 },
	{ F_ERR, F_CONV, "err", 0444 },
	{ F_LISTEN, F_CONV, "listen", 0666 },
	{ F_LOCAL, F_CONV, "local", 0444 },
	{ F_REMOTE, F_CONV, "remote", 0444 },
	{ F_STATUS, F_CONV, "status", 0444 },
};
#define FILES	(sizeof files / sizeof files[0])

static unsigned index_of(enum file file)
{
	unsigned i = 0;

	while (i < FILES - 1 && files[i].file != file)
		i++;
	return i;
}

/* How many files of kind f are there in a directory? */
static unsigned how_many(enum file f, uint64_t dir)
{
	char text[16];
	unsigned n = 0;

	switch (f) {
	case F_PROTO:
		return PROTOS;
	case F_IFACE:
		return ifaces_count();
	case F_ETHER:
		for (unsigned i = 0; i < ifaces_count(); i++)
			n += ifaces_ether(i, text, sizeof text) > 0;
		return n;
	case F_CONV:
		return protos[PATH_PROTO(dir)]->nconvs;
	default:
		return 1;
	}
}

/* The path of the i-th file of kind f in a directory. */
static uint64_t child_path(enum file f, uint64_t dir, unsigned i)
{
	char text[16];
	unsigned n = 0;

	switch (f) {
	case F_PROTO:
		return PATH(f, i, 0);
	case F_IFACE:
		return PATH(f, 0, i);
	case F_ETHER:
		while (ifaces_ether(n, text, sizeof text) < 0 || i-- > 0)
			n++;
		return PATH(f, 0, n);
	case F_CONV:
		return PATH(f, PATH_PROTO(dir), i);
	default:
		return (dir & ~0xffull) | f;
	}
}

static void path_name(uint64_t path, char name[NETFS_NAME])
{
	enum file f = PATH_FILE(path);

	if (f == F_PROTO)
		snprintf(name, NETFS_NAME, "%s", protos[PATH_PROTO(path)]->name);
	else if (f == F_ETHER)
		snprintf(name, NETFS_NAME, "ether%u", PATH_NUMBER(path));
	else if (f == F_IFACE || f == F_CONV)
		snprintf(name, NETFS_NAME, "%u", PATH_NUMBER(path));
	else
		snprintf(name, NETFS_NAME, "%s", files[index_of(f)].name);
}

static int resolver_fd = -1;

int netfs_helper(struct error *err)
{
	resolver_fd = resolve_start(err);
	return resolver_fd < 0 ? -1 : 0;
}

int netfs_start(const struct netfs_config *config, struct error *err)
{
	struct rlimit limit;

	if (policy_start(config, err) < 0 || ifaces_start(err) < 0)
		return -1;
	net_has_v6();
	/* a conversation is a descriptor, and more than the usual 1024 may be wanted */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 2 * MOST_CONVS ? limit.rlim_max : 2 * MOST_CONVS;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return ready_start(resolver_fd, err);
}

void netfs_root(struct netfs_file *f)
{
	*f = (struct netfs_file){ .path = PATH(F_ROOT, 0, 0) };
}

struct netfs_qid netfs_qid(const struct netfs_file *f)
{
	bool dir = files[index_of(PATH_FILE(f->path))].mode & DMDIR;

	return (struct netfs_qid){ dir ? QTDIR : 0, 0, f->path };
}

void netfs_stat(const struct netfs_file *f, struct netfs_stat *st)
{
	st->qid = netfs_qid(f);
	st->mode = files[index_of(PATH_FILE(f->path))].mode;
	path_name(f->path, st->name);
}

bool netfs_entry(const struct netfs_file *f, unsigned i, struct netfs_stat *st)
{
	for (unsigned k = 1; k < FILES; k++) {
		unsigned n;

		if (files[k].parent != PATH_FILE(f->path))
			continue;
		n = how_many(files[k].file, f->path);
		if (i < n) {
			struct netfs_file child = { .path = child_path(files[k].file, f->path, i) };

			netfs_stat(&child, st);
			return true;
		}
		i -= n;
	}
	return false;
}

const char *netfs_walk(struct netfs_file *f, const char *name)
{
	unsigned at = index_of(PATH_FILE(f->path));
	char number[NETFS_NAME];
	long n;

	if (!(files[at].mode & DMDIR))
		return "not a directory";
	if (strcmp(name, "..") == 0) {
		enum file up = files[at].parent;

		f->path = up == F_ROOT || up == F_IPIFC ? PATH(up, 0, 0) : PATH(up, PATH_PROTO(f->path), 0);
		return NULL;
	}
	/* there can be thousands of these */
	if (PATH_FILE(f->path) == F_PROTO && name[0] >= '0' && name[0] <= '9') {
		n = strtol(name, NULL, 10);
		snprintf(number, sizeof number, "%ld", n);
		if (strcmp(number, name) != 0 || n >= (long)protos[PATH_PROTO(f->path)]->nconvs)
			return "file does not exist";
		f->path = PATH(F_CONV, PATH_PROTO(f->path), n);
		return NULL;
	}
	for (unsigned k = 1; k < FILES; k++) {
		char is[NETFS_NAME];

		if (files[k].parent != PATH_FILE(f->path) || files[k].file == F_CONV)
			continue;
		for (unsigned i = 0; i < how_many(files[k].file, f->path); i++) {
			uint64_t path = child_path(files[k].file, f->path, i);

			path_name(path, is);
			if (strcmp(is, name) == 0) {
				f->path = path;
				return NULL;
			}
		}
	}
	return "file does not exist";
}

static void open_clone(struct netfs_call *call)
{
	struct netfs_file *f = call->file;
	struct conv *c = conv_new(protos[PATH_PROTO(f->path)]);

	if (!c) {
		call_end(call, "no free devices");
		return;
	}
	f->path = PATH(F_CTL, PATH_PROTO(f->path), c->number);
	f->conv = c;
	call_end(call, NULL);
}

static bool may_open(const struct netfs_file *f, uint8_t mode)
{
	static const uint8_t wants[] = { 4, 2, 6, 1 };	/* OREAD, OWRITE, ORDWR, OEXEC */
	uint32_t perm = files[index_of(PATH_FILE(f->path))].mode;

	if (perm & DMDIR)
		return mode == 0;
	return !(mode & 0xe0 & ~0x40) && !(mode & 0x40) && (wants[mode & 3] & ~(perm & 7)) == 0;
}

void netfs_open(struct netfs_call *call, uint8_t mode)
{
	struct netfs_file *f = call->file;
	struct conv *c = conv_find(PATH_PROTO(f->path), PATH_NUMBER(f->path));

	f->mode = mode & 3;
	if (!may_open(f, mode)) {
		call_end(call, "permission denied");
		return;
	}
	switch (PATH_FILE(f->path)) {
	case F_CS:
	case F_DNS:
		f->query = query_new(PATH_FILE(f->path) == F_DNS);
		call_end(call, f->query ? NULL : "no free devices");
		break;
	case F_CLONE:
		open_clone(call);
		break;
	case F_LISTEN:
		conv_open_listen(c, call);
		break;
	case F_CTL:
	case F_DATA:
	case F_ERR:
		conv_hold(c);
		f->conv = c;
		call_end(call, NULL);
		break;
	default:
		call_end(call, NULL);
	}
}

static int address_text(const struct net_addr *a, char *text, size_t size)
{
	char ip[IP_TEXT];

	ip_format(&a->ip, ip);
	return snprintf(text, size, "%s!%u\n", ip, a->port);
}

/* The text of a file that is one. */
static int file_text(const struct netfs_file *f, char *text, size_t size)
{
	struct conv *c = conv_find(PATH_PROTO(f->path), PATH_NUMBER(f->path));

	switch (PATH_FILE(f->path)) {
	case F_IPROUTE:
		return ifaces_routes(text, size);
	case F_IPSELFTAB:
		return ifaces_self(text, size);
	case F_IFSTATUS:
		return ifaces_status(PATH_NUMBER(f->path), text, size);
	case F_ETHERADDR:
		return ifaces_ether(PATH_NUMBER(f->path), text, size);
	case F_STATS:
		return protos[PATH_PROTO(f->path)]->stats(text, size);
	case F_CTL:
		return snprintf(text, size, "%u", PATH_NUMBER(f->path));
	case F_LOCAL:
		return address_text(&c->local, text, size);
	case F_REMOTE:
		return address_text(&c->remote, text, size);
	case F_STATUS:
		return c->proto->status(c, text, size);
	default:
		return 0;
	}
}

void netfs_read(struct netfs_call *call)
{
	struct netfs_file *f = call->file;
	static char text[TEXT];

	if (f->query) {
		query_read(f->query, call);
	} else if (PATH_FILE(f->path) == F_DATA) {
		conv_read(f->conv, call);
	} else if (PATH_FILE(f->path) == F_ERR) {
		conv_read_err(f->conv, call);
	} else {
		int n = file_text(f, text, sizeof text);

		call_text(call, text, n < TEXT ? (size_t)n : TEXT - 1);
	}
}

void netfs_write(struct netfs_call *call)
{
	struct netfs_file *f = call->file;

	if (f->query)
		query_write(f->query, call);
	else if (PATH_FILE(f->path) == F_DATA)
		conv_write(f->conv, call);
	else if (PATH_FILE(f->path) == F_CTL)
		conv_ctl(f->conv, call);
	else
		call_end(call, "permission denied");
}

void netfs_flush(struct netfs_call *call)
{
	if (query_forget(call))
		call_end(call, "interrupted");
	else
		conv_forget(call);
}

void netfs_clunk(struct netfs_file *f)
{
	struct conv *c = f->conv;

	f->conv = NULL;
	if (f->query)
		query_free(f->query);
	f->query = NULL;
	if (c)
		conv_drop(c);
}

int netfs_fd(void)
{
	return ready_fd();
}

void netfs_work(void)
{
	ready_work();
}
