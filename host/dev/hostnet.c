/*
 * -n host: the tree of host/net, served to the guest by 9P2000 in requests of the form that shares have (abi/lguest.h).  A
 * T-message becomes an op; most are answered while the guest's hypercall waits, data going straight between its pages
 * and a socket.  An op for which there is nothing yet stays with the conversation, on no thread, and is finished when its
 * socket is ready.  All of this runs on the vCPU thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../net/netfs.h"
#include "hostnet.h"
#include "request.h"
#include "share/share.h"

#define REPLY_BYTES	600
#define USER_BYTES	64

struct file {
	uint32_t id;
	struct netfs_file f;
	unsigned ops;			/* under way on it */
	bool busy;			/* being opened */
	struct file *next;
};

struct client {
	uint32_t number, msize;
	char user[USER_BYTES];		/* who attached: the owner of all files */
	struct file *files[FID_BUCKETS];
};

struct job {
	struct netfs_call call;		/* first */
	struct request *request;
	struct client *client;
	struct file *file;
	struct tmessage t;
	uint8_t reply[REPLY_BYTES];
	uint32_t size, data;		/* bytes of reply; of data behind it, which are in place */
	struct job *next, **prev;	/* of those that wait */
	struct iovec *iov;		/* of data: as many as the request has segments; the message is behind them */
	uint8_t *message;
};

static struct device hostnet_device;
static struct client *clients[LGUEST_SHARE_SESSIONS];
static struct job *waiting;		/* calls that are under way */
static struct job *current;		/* the one that is being started, until it is finished */
static struct netfs_config config;

/* ---- replies ---- */

static void put(struct job *j, uint64_t v, unsigned bytes)
{
	memcpy(j->reply + j->size, &v, bytes);
	j->size += bytes;
}

static void begin(struct job *j, unsigned type)
{
	j->size = 4;
	put(j, type, 1);
	put(j, j->t.tag, 2);
}

static void put_text(struct job *j, const char *text)
{
	size_t len = strlen(text);

	put(j, len, 2);
	memcpy(j->reply + j->size, text, len);
	j->size += (uint32_t)len;
}

static void put_qid(struct job *j, struct netfs_qid q)
{
	put(j, q.type, 1);
	put(j, q.version, 4);
	put(j, q.path, 8);
}

static void refuse(struct job *j, const char *text)
{
	j->data = 0;
	begin(j, RERROR);
	put_text(j, text);
}

/* The reply goes to the guest, and the job is over. */
static void answer(struct job *j)
{
	struct request *r = j->request;
	uint32_t total = j->size + j->data, at = 0;

	memcpy(j->reply, &total, 4);
	if (j->size > r->in_bytes) {
		r->status = LGUEST_SHARE_BAD;
	} else {
		for (unsigned i = 0; i < r->nin && at < j->size; i++) {
			uint32_t n = (uint32_t)r->in[i].iov_len;

			if (n > j->size - at)
				n = j->size - at;
			memcpy(r->in[i].iov_base, j->reply + at, n);
			at += n;
		}
		r->used = total;
	}
	request_finish(r);
	free(j);
}

/* ---- stat entries ---- */

static uint8_t *number(uint8_t *p, uint64_t v, unsigned bytes)
{
	memcpy(p, &v, bytes);
	return p + bytes;
}

static uint8_t *text(uint8_t *p, const char *s)
{
	size_t len = strlen(s);

	p = number(p, len, 2);
	memcpy(p, s, len);
	return p + len;
}

/* One entry, as plan9-abi 3.3 has it: its size; at most STAT_FIXED and four names. */
static uint32_t entry(uint8_t *to, const struct netfs_stat *st, const char *user)
{
	uint32_t now = (uint32_t)time(NULL);
	uint8_t *p = to + 2;

	p = number(p, 'M', 2);
	p = number(p, 0, 4);
	p = number(p, st->qid.type, 1);
	p = number(p, st->qid.version, 4);
	p = number(p, st->qid.path, 8);
	p = number(p, st->mode, 4);
	p = number(p, now, 4);
	p = number(p, now, 4);
	p = number(p, 0, 8);
	p = text(p, st->name);
	p = text(p, user);
	p = text(p, user);
	p = text(p, user);
	number(to, (uint64_t)(p - to - 2), 2);
	return (uint32_t)(p - to);
}
#define ENTRY_BYTES	(STAT_FIXED + NETFS_NAME + 3 * USER_BYTES)

/* ---- fids ---- */

static struct file **file_slot(struct client *c, uint32_t id)
{
	struct file **at = &c->files[id % FID_BUCKETS];

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static struct file *file_new(struct client *c, uint32_t id)
{
	struct file **at = file_slot(c, id), *f;

	if (*at || id == NOFID)
		return NULL;
	f = calloc(1, sizeof *f);
	if (f) {
		f->id = id;
		*at = f;
	}
	return f;
}

/* What waits on the fid ends, then the fid. */
static void file_end(struct client *c, struct file *f)
{
	struct file **at = file_slot(c, f->id);

	while (f->ops > 0) {
		struct job *j = waiting;

		while (j->file != f)
			j = j->next;
		netfs_flush(&j->call);
	}
	if (f->f.open)
		netfs_clunk(&f->f);
	*at = f->next;
	free(f);
}

static void client_end(struct client *c)
{
	clients[c->number] = NULL;
	for (unsigned i = 0; i < FID_BUCKETS; i++)
		while (c->files[i])
			file_end(c, c->files[i]);
	free(c);
}

/* ---- what waits ---- */

static void job_wait(struct job *j)
{
	j->next = waiting;
	j->prev = &waiting;
	if (waiting)
		waiting->prev = &j->next;
	waiting = j;
	j->file->ops++;
}

static void job_unwait(struct job *j)
{
	*j->prev = j->next;
	if (j->next)
		j->next->prev = j->prev;
	j->file->ops--;
}

/* netfs has done the call of a Topen, Tread or Twrite. */
static void finished(struct netfs_call *call)
{
	struct job *j = (struct job *)call;

	job_unwait(j);
	if (current == j)
		current = NULL;
	else
		j->request->deferred = true;	/* the guest is to be told */
	if (j->t.type == TOPEN)
		j->file->busy = false;
	if (call->error[0]) {
		refuse(j, call->error);
	} else if (j->t.type == TOPEN) {
		j->file->f.open = true;
		begin(j, TOPEN + 1);
		put_qid(j, netfs_qid(&j->file->f));
		put(j, 0, 4);
	} else if (j->t.type == TREAD) {
		begin(j, TREAD + 1);
		put(j, call->done, 4);
		j->data = call->done;
	} else {
		begin(j, TWRITE + 1);
		put(j, call->done, 4);
	}
	answer(j);
}

/* ---- messages ---- */

static const char no_fid[] = "unknown fid";

static void version(struct job *j)
{
	static const char ours[] = "9P2000";
	const struct str *v = &j->t.version;
	bool known = v->len >= strlen(ours) && memcmp(v->s, ours, strlen(ours)) == 0 &&
		(v->len == strlen(ours) || v->s[strlen(ours)] == '.');
	uint32_t n = j->request->arg, msize = j->t.msize < MAX_MSIZE ? j->t.msize : MAX_MSIZE;

	if (clients[n])
		client_end(clients[n]);
	if (msize < MIN_MSIZE) {
		refuse(j, "message size too small");
		return;
	}
	if (known && !(clients[n] = calloc(1, sizeof *clients[n]))) {
		refuse(j, "no free devices");
		return;
	}
	if (known) {
		clients[n]->number = n;
		clients[n]->msize = msize;
	}
	begin(j, TVERSION + 1);
	put(j, msize, 4);
	put_text(j, known ? ours : "unknown");
}

static void attach(struct job *j)
{
	struct file *f;

	if (j->t.afid != NOFID) {
		refuse(j, "authentication not required");
		return;
	}
	if (j->t.aname.len > 0) {
		refuse(j, "bad attach specifier");
		return;
	}
	f = file_new(j->client, j->t.fid);
	if (!f) {
		refuse(j, "fid in use");
		return;
	}
	strncpy(j->client->user, j->t.uname.s, USER_BYTES - 1);
	netfs_root(&f->f);
	begin(j, TATTACH + 1);
	put_qid(j, netfs_qid(&f->f));
}

static void walk(struct job *j)
{
	struct netfs_file at = j->file->f;
	struct file *f = j->file;
	const char *why = NULL;
	unsigned n;

	if (f->f.open || f->busy) {
		refuse(j, "fid is open");
		return;
	}
	begin(j, TWALK + 1);
	put(j, 0, 2);
	for (n = 0; n < j->t.nwname && !why; n++) {
		why = netfs_walk(&at, j->t.wname[n].s);
		if (!why)
			put_qid(j, netfs_qid(&at));
	}
	if (why && n == 1) {
		refuse(j, why);
		return;
	}
	n -= why != NULL;
	memcpy(j->reply + HEADER, &(uint16_t){ (uint16_t)n }, 2);
	if (n < j->t.nwname)
		return;
	if (j->t.newfid != j->t.fid) {
		f = file_new(j->client, j->t.newfid);
		if (!f) {
			refuse(j, "fid in use");
			return;
		}
	}
	f->f = at;
}

/* A directory's entries from an offset on: whole ones, as many as fit. */
static void read_dir(struct job *j)
{
	struct netfs_call *call = &j->call;
	uint8_t one[ENTRY_BYTES];
	struct netfs_stat st;
	uint64_t at = 0;

	for (unsigned i = 0; netfs_entry(&j->file->f, i, &st); i++) {
		uint32_t n = entry(one, &st, j->client->user);

		if (at >= call->offset) {
			if (call->done + n > call->count)
				break;
			netfs_copy_in(call, call->done, one, n);
			call->done += n;
		}
		at += n;
	}
	call->finished(call);
}

/* Where the data of Rread goes: the second segment on, or behind the header in the only one. */
static bool place_read(struct job *j)
{
	struct request *r = j->request;
	uint32_t room = 0;
	int n = 0;

	if (r->nin == 1 && r->in[0].iov_len > READ_HEADER)
		j->iov[n++] = (struct iovec){ (char *)r->in[0].iov_base + READ_HEADER, r->in[0].iov_len - READ_HEADER };
	for (unsigned i = 1; i < r->nin; i++)
		j->iov[n++] = r->in[i];
	for (int i = 0; i < n; i++)
		room += (uint32_t)j->iov[i].iov_len;
	j->call.iov = j->iov;
	j->call.niov = n;
	j->call.count = j->t.count < room ? j->t.count : room;
	/* the pieces hold no more than what is wanted */
	for (uint32_t left = j->call.count, i = 0; i < (uint32_t)n; i++) {
		if (j->iov[i].iov_len > left)
			j->iov[i].iov_len = left;
		left -= (uint32_t)j->iov[i].iov_len;
	}
	return j->t.count == 0 || n > 0;
}

static void place_write(struct job *j)
{
	struct request *r = j->request;
	size_t skip = WRITE_HEADER;
	int n = 0;

	for (unsigned i = 0; i < r->nout; i++) {
		size_t len = r->out[i].iov_len;

		if (skip >= len) {
			skip -= len;
			continue;
		}
		j->iov[n++] = (struct iovec){ (char *)r->out[i].iov_base + skip, len - skip };
		skip = 0;
	}
	j->call.iov = j->iov;
	j->call.niov = n;
	j->call.count = j->t.count;
}

/* Those that may have to wait: true if the job is no longer ours. */
static bool transfer(struct job *j)
{
	struct file *f = j->file;
	bool dir = netfs_qid(&f->f).type & QTDIR;

	j->call.file = &f->f;
	j->call.offset = j->t.offset;
	j->call.finished = finished;
	if (j->t.type == TOPEN ? f->f.open || f->busy : !f->f.open || f->busy) {
		refuse(j, j->t.type == TOPEN ? "fid is open" : "fid is not open");
		return false;
	}
	if ((j->t.type == TREAD && f->f.mode == OWRITE) ||
	    (j->t.type == TWRITE && (f->f.mode == OREAD || f->f.mode == OEXEC || dir))) {
		refuse(j, "permission denied");
		return false;
	}
	if (j->t.type == TREAD && !place_read(j)) {
		refuse(j, "no room for data");
		return false;
	}
	/* from here on `finished` may be called, which frees j */
	job_wait(j);
	current = j;
	if (j->t.type == TOPEN) {
		f->busy = true;
		netfs_open(&j->call, j->t.mode);
	} else if (j->t.type == TREAD) {
		if (dir)
			read_dir(j);
		else
			netfs_read(&j->call);
	} else {
		place_write(j);
		netfs_write(&j->call);
	}
	current = NULL;
	return true;
}

static void do_stat(struct job *j)
{
	uint8_t one[ENTRY_BYTES];
	struct netfs_stat st;
	uint32_t n;

	netfs_stat(&j->file->f, &st);
	n = entry(one, &st, j->client->user);
	begin(j, TSTAT + 1);
	put(j, n, 2);
	memcpy(j->reply + j->size, one, n);
	j->size += n;
}

/* Nothing can be changed; asking for no change is no error. */
static void do_wstat(struct job *j)
{
	const struct wstat *w = &j->t.stat;

	if (w->mode == ~0u && w->mtime == ~0u && w->length == ~0ull && w->name.len == 0 && w->gid.len == 0 && w->uid.len == 0)
		begin(j, TWSTAT + 1);
	else
		refuse(j, "permission denied");
}

static void do_flush(struct job *j)
{
	for (struct job *old = waiting; old; old = old->next)
		if (old->client == j->client && old->t.tag == j->t.oldtag) {
			netfs_flush(&old->call);
			break;
		}
	begin(j, TFLUSH + 1);
}

/* What needs a fid.  True: the job is no longer ours. */
static bool on_file(struct job *j)
{
	j->file = *file_slot(j->client, j->t.fid);
	if (!j->file) {
		refuse(j, no_fid);
		return false;
	}
	switch (j->t.type) {
	case TWALK:
		walk(j);
		break;
	case TOPEN:
	case TREAD:
	case TWRITE:
		return transfer(j);
	case TCREATE:
		refuse(j, "permission denied");
		break;
	case TCLUNK:
		file_end(j->client, j->file);
		begin(j, TCLUNK + 1);
		break;
	case TREMOVE:
		file_end(j->client, j->file);
		refuse(j, "permission denied");
		break;
	case TSTAT:
		do_stat(j);
		break;
	case TWSTAT:
		do_wstat(j);
		break;
	}
	return false;
}

static void start(struct job *j)
{
	if (j->t.type == TVERSION)
		version(j);
	else if (!j->client)
		refuse(j, "no version has been agreed upon");
	else if (j->request->out_bytes > j->client->msize)
		refuse(j, "message is longer than agreed upon");
	else if (j->t.type == TAUTH)
		refuse(j, "authentication not required");
	else if (j->t.type == TFLUSH)
		do_flush(j);
	else if (j->t.type == TATTACH)
		attach(j);
	else if (on_file(j))
		return;
	answer(j);
}

/* ---- the device ---- */

static struct job *job_new(struct request *r)
{
	uint32_t size = r->out_bytes;
	uint8_t head[HEADER];
	struct job *j;

	if (size < HEADER || r->nin == 0 || r->in[0].iov_len < MIN_MSIZE)
		return NULL;
	request_read(r, 0, head, sizeof head);
	if (head[4] == TWRITE && size > WRITE_HEADER)
		size = WRITE_HEADER;
	if (size > MAX_MESSAGE || !(j = malloc(sizeof *j + (r->nout + r->nin) * sizeof *j->iov + size + 1)))
		return NULL;
	memset(j, 0, offsetof(struct job, reply));
	j->size = j->data = 0;
	j->iov = (struct iovec *)(j + 1);
	j->message = (uint8_t *)(j->iov + r->nout + r->nin);
	j->request = r;
	request_read(r, 0, j->message, size);
	if (message_parse(&j->t, j->message, size, r->out_bytes) < 0) {
		free(j);
		return NULL;
	}
	return j;
}

static void hostnet_request(struct device *d, struct request *r)
{
	struct job *j = NULL;

	device_talked(d);
	if (r->arg < LGUEST_SHARE_SESSIONS && r->nout == 0) {
		if (clients[r->arg])
			client_end(clients[r->arg]);
		request_finish(r);
		return;
	}
	if (r->arg < LGUEST_SHARE_SESSIONS)
		j = job_new(r);
	if (!j) {
		r->status = LGUEST_SHARE_BAD;
		request_finish(r);
		return;
	}
	j->client = j->t.type == TVERSION ? NULL : clients[r->arg];
	start(j);
}

static void hostnet_work(struct device *d)
{
	device_events(d);
	netfs_work();
	device_want(d, IO_IN);
}

static int hostnet_start(struct device *d, struct error *err)
{
	char *page = ram_write(&d->machine->ram, (uint64_t)d->desc->pfn << PAGE_SHIFT, PAGE_SIZE);

	if (!page)
		return error_set(err, "no room for the device memory of the network");
	strcpy(page, ".net");			/* a name that no -s can give */
	if (netfs_start(&config, err) < 0)
		return -1;
	if (device_watch(d, netfs_fd()) < 0)
		return error_set(err, "-n host: %s", strerror(errno));
	device_want(d, IO_IN);
	return 0;
}

static void hostnet_stop(struct device *d)
{
	(void)d;
	for (unsigned i = 0; i < LGUEST_SHARE_SESSIONS; i++)
		if (clients[i])
			client_end(clients[i]);
}

int hostnet_add(const struct options *o, struct error *err)
{
	config = (struct netfs_config){ .publish = o->published, .npublish = o->npublished, .allow = o->allow };
	hostnet_device = (struct device){ .name = "hostnet", .type = LGUEST_DEVICE_SHARE, .pages = 1,
					  .start = hostnet_start, .stop = hostnet_stop, .work = hostnet_work,
					  .request = hostnet_request };
	return netfs_helper(err) < 0 ? -1 : devices_add(&hostnet_device, err);
}
