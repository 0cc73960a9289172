/*
 * Disks: a raw image, sparse or not, or a block device of the host.  Data move between the file and the guest's own pages
 * in one system call a request.  What the page cache has or takes without waiting is read and written at once, on the vCPU thread
 * (RWF_NOWAIT); everything else is done by the disk's threads, in any order.  What goes wrong with the file
 * goes wrong for that request alone.  Most requests are over in block_light.c before they come here.
 *
 * Not every file system knows RWF_NOWAIT.  Reads of tmpfs need none.  Writes, of which ext4 knows none either, go to memory nearly always, in less
 * time than it takes to call a thread, much less on a busy host.  Where they cannot be asked, or are refused one and all, small ones are made on the vCPU thread all the same,
 * unless something of the disk waits for the host already; one that had to wait sends those that follow
 * to the threads, for so long that the guest's CPU loses little of its time by it.
 *
 * The file is locked for as long as we run, by a lock that belongs to the open file: one writer, or any number of readers.
 */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../clock.h"
#include "../trace.h"
#include "disk.h"
#include "group.h"
#include "local.h"
#include "request.h"

#define THREADS		8		/* of each disk: how many requests wait for the host at once */
#define REFUSED		64		/* writes in a row after which a file system is no longer asked whether they wait */
#define MUCH		64		/* times as long as one that waited, none is made on the vCPU thread */

/* A request as it is carried out: where in the file, and what has been done of it. */
struct transfer {
	struct disk *disk;
	uint64_t offset, length, done;
	int error;			/* errno */
	unsigned first, count;		/* segments left, in iov */
	struct group_range *range;	/* a group's */
	unsigned ranges;
	struct iovec iov[];
};

static struct disk disks[MAX_DISKS];
static unsigned ndisks;

/* ---- transfers ---- */

/* n more bytes are done: off the front of iov. */
static void advance(struct transfer *t, size_t n)
{
	t->done += n;
	while (n) {
		struct iovec *v = &t->iov[t->first];
		size_t k = n < v->iov_len ? n : v->iov_len;

		v->iov_base = (uint8_t *)v->iov_base + k;
		v->iov_len -= k;
		n -= k;
		if (v->iov_len)
			return;
		t->first++;
		t->count--;
	}
}

static ssize_t step(struct transfer *t, bool write, int flags)
{
	const struct iovec *iov = &t->iov[t->first];
	int count = (int)t->count;
	off_t at = (off_t)(t->offset + t->done);

	return write ? pwritev2(t->disk->fd, iov, count, at, flags) : preadv2(t->disk->fd, iov, count, at, flags);
}

static void finish_all(struct transfer *t, bool write)
{
	while (t->done < t->length && !t->error) {
		ssize_t n = step(t, write, 0);

		if (n > 0)
			advance(t, (size_t)n);
		else if (n == 0)
			t->error = write ? ENOSPC : EIO;	/* the file has shrunk */
		else if (errno != EINTR)
			t->error = errno;
	}
}

/* How often this thread has waited for anything. */
static long waits(void)
{
	struct rusage u;

	return getrusage(RUSAGE_THREAD, &u) == 0 ? u.ru_nvcsw : 0;
}

/* A write that will hardly wait, on a file system that cannot promise it: true if it is done, or has failed. */
static bool write_here(struct transfer *t)
{
	struct disk *k = t->disk;
	uint64_t start = clock_monotonic_ns(), took;
	long before = 0;

	if (!k->local || k->dev.requests > 1 || start < k->not_before_ns)
		return false;
	if (!disk_ends_at_hand(k, t->offset, t->length))
		return false;
	if (k->watch)
		before = waits();
	finish_all(t, true);
	took = clock_monotonic_ns() - start;
	if (took < SLOW_NS) {
		if (k->watch)
			k->watch--;
		else
			k->light_ticks = (uint64_t)clock_tsc_khz() * SLOW_NS / 1000000;
		return true;
	}
	/* It waited, or another process had the CPU. */
	if (k->watch && waits() != before)
		k->not_before_ns = start + took * (MUCH + 1);
	disk_watch(k);
	return true;
}

/* A write was refused since it would wait.  btrfs says so of every write, and hardly ever waits: no use in asking it. */
static bool always_refuses(struct disk *k)
{
	return k->local && ++k->refused >= REFUSED;
}

/* What can be done of it without waiting: true if that is all, or it has failed. */
static bool try(struct transfer *t, bool write)
{
	if (t->length > (write ? WRITE_HERE : READ_HERE))
		return false;
	while (t->done < t->length && !t->disk->cannot_try[write]) {
		ssize_t n = step(t, write, write || !t->disk->memory ? RWF_NOWAIT : 0);

		if (n > 0) {
			advance(t, (size_t)n);
			if (write)
				t->disk->refused = 0;
		} else if (n < 0 && (errno == EOPNOTSUPP || (errno == EAGAIN && write && always_refuses(t->disk)))) {
			t->disk->cannot_try[write] = true;
		} else {
			return false;	/* the thread will see what is wrong, if anything is */
		}
	}
	return t->done == t->length || (write && write_here(t));
}

static uint32_t status_of(int error)
{
	switch (error) {
	case 0: return 0;
	case ENOSPC: case EDQUOT: case EFBIG: return LGUEST_BLOCK_ENOSPC;
	case EROFS: case EBADF: case EPERM: return LGUEST_BLOCK_EROFS;
	case EOPNOTSUPP: case ENOSYS: return LGUEST_BLOCK_ENOTSUP;
	}
	return LGUEST_BLOCK_EIO;
}

/* ---- requests ---- */

static void finish(struct request *r, uint64_t used, uint32_t status)
{
	r->used = (uint32_t)used;
	r->status = status;
	if (r->data)
		free(((struct transfer *)r->data)->range);
	free(r->data);
	request_finish(r);
}

static void done(struct request *r)
{
	struct transfer *t = r->data;

	finish(r, t->done, status_of(t->error));
}

static void run_read(struct request *r)
{
	finish_all(r->data, false);
}

static void run_write(struct request *r)
{
	finish_all(r->data, true);
}

static void run_flush(struct request *r)
{
	struct transfer *t = r->data;

	while (fdatasync(t->disk->fd) < 0)
		if (errno != EINTR) {
			t->error = errno;
			return;
		}
}

static void run_discard(struct request *r)
{
	struct transfer *t = r->data;

	while (fallocate(t->disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)t->offset, (off_t)t->length) < 0)
		if (errno != EINTR) {
			t->error = errno;
			return;
		}
}

static void run_group(struct request *r)
{
	struct transfer *t = r->data;

	t->error = group_write(t->disk->groups, t->range, t->ranges, t->iov, t->count);
}

static void (*const run[])(struct request *r) = {
	[LGUEST_BLOCK_READ] = run_read,
	[LGUEST_BLOCK_WRITE] = run_write,
	[LGUEST_BLOCK_FLUSH] = run_flush,
	[LGUEST_BLOCK_DISCARD] = run_discard,
	[LGUEST_BLOCK_GROUP] = run_group,
};

static struct group_range read_range(const struct request *r, uint32_t at)
{
	struct lguest_block_range range;

	request_read(r, at, &range, sizeof range);
	return (struct group_range){
		.offset = range.offset_lo | (uint64_t)range.offset_hi << 32,
		.length = range.length_lo | (uint64_t)range.length_hi << 32,
	};
}

/* The segments of data: those to be read into, or those to be written less the header. */
static void take_segments(struct transfer *t, const struct iovec *iov, unsigned n, size_t skip)
{
	for (unsigned i = 0; i < n; i++) {
		size_t k = skip < iov[i].iov_len ? skip : iov[i].iov_len;

		skip -= k;
		if (iov[i].iov_len > k)
			t->iov[t->count++] = (struct iovec){ (uint8_t *)iov[i].iov_base + k, iov[i].iov_len - k };
	}
}

/* A group's ranges into t, and the data behind them: 0, or what is wrong. */
static uint32_t take_group(struct disk *k, struct transfer *t, const struct request *r)
{
	uint32_t at = sizeof(struct lguest_block_range);
	uint64_t head = (t->offset + 1) * sizeof(struct lguest_block_range), sum = 0;

	if (!k->groups)
		return LGUEST_BLOCK_ENOTSUP;
	if (t->offset > LGUEST_BLOCK_GROUP_RANGES || t->length > LGUEST_BLOCK_GROUP_BYTES || r->out_bytes != head + t->length)
		return LGUEST_BLOCK_EINVAL;
	t->range = malloc((size_t)head);
	if (!t->range)
		return LGUEST_BLOCK_EIO;
	for (; t->ranges < t->offset; t->ranges++, at += sizeof(struct lguest_block_range)) {
		struct group_range g = read_range(r, at);

		if (!disk_has(k, g.offset, g.length))
			return LGUEST_BLOCK_ERANGE;
		t->range[t->ranges] = g;
		sum += g.length;
		if (sum > t->length)
			return LGUEST_BLOCK_EINVAL;
	}
	take_segments(t, r->out, r->nout, (size_t)head);
	return sum == t->length ? 0 : LGUEST_BLOCK_EINVAL;
}

/* What is wrong with it before it is begun; 0: nothing. */
static uint32_t refuse(struct disk *k, const struct request *r, uint32_t op, struct transfer *t)
{
	bool writes = op == LGUEST_BLOCK_WRITE || op == LGUEST_BLOCK_DISCARD || op == LGUEST_BLOCK_GROUP;
	uint64_t data = r->out_bytes - sizeof(struct lguest_block_range);

	if (op == LGUEST_BLOCK_READ && t->length != r->in_bytes)
		return LGUEST_BLOCK_EINVAL;
	if (op == LGUEST_BLOCK_WRITE && t->length != data)
		return LGUEST_BLOCK_EINVAL;
	if (writes && k->readonly)
		return LGUEST_BLOCK_EROFS;
	if (op == LGUEST_BLOCK_GROUP)
		return take_group(k, t, r);
	if (op != LGUEST_BLOCK_FLUSH && !disk_has(k, t->offset, t->length))
		return LGUEST_BLOCK_ERANGE;
	return 0;
}

static void block_request(struct device *d, struct request *r)
{
	struct disk *k = (struct disk *)d;
	struct group_range range;
	struct transfer *t;
	uint32_t status, op = r->arg & ~(uint32_t)LGUEST_BLOCK_ATONCE;
	bool write = op == LGUEST_BLOCK_WRITE, moves = op == LGUEST_BLOCK_READ || write, at_once = op != r->arg;

	if (r->out_bytes < sizeof range || op >= sizeof run / sizeof run[0] || (at_once && !moves)) {
		finish(r, 0, LGUEST_BLOCK_EINVAL);
		return;
	}
	t = calloc(1, sizeof *t + (r->nout + r->nin) * sizeof t->iov[0]);
	if (!t) {
		finish(r, 0, LGUEST_BLOCK_EIO);
		return;
	}
	r->data = t;
	range = read_range(r, 0);
	t->disk = k;
	t->offset = range.offset;
	t->length = range.length;
	status = refuse(k, r, op, t);
	if (status || (moves && t->length == 0)) {
		finish(r, 0, status);
		return;
	}
	if (write)
		take_segments(t, r->out, r->nout, sizeof range);
	else if (op == LGUEST_BLOCK_READ)
		take_segments(t, r->in, r->nin, 0);
	if (moves && try(t, write))
		done(r);
	else if (at_once)
		finish(r, 0, LGUEST_BLOCK_EAGAIN);
	else
		request_defer(r, run[op], done);
}

/* ---- 2.6.23's interface: one transfer at a time, whose end is an interrupt ---- */

static bool block_owns_key(const struct device *d, uint32_t key)
{
	return key == ((const struct disk *)d)->key;
}

/* The page's transfer is over: `moved` bytes of those that it asked for. */
static void old_end(struct disk *k, bool write, bool ok, uint64_t moved)
{
	struct lguest_block_page *page = ram_write(&k->dev.machine->ram, k->key, sizeof *page);
	struct iovec bound[LGUEST_DMA_SECTIONS];

	page->result = ok ? LGUEST_BLOCK_OK : LGUEST_BLOCK_FAILED;
	if (!write && dma_next(&k->dev, k->key, bound) > 0)
		dma_done(&k->dev, k->key, (uint32_t)moved);
	else
		dma_raise(&k->dev, k->key);
}

static void old_done(struct request *r)
{
	struct disk *k = (struct disk *)r->device;
	struct transfer *t = r->data;
	bool write = r->arg == LGUEST_BLOCK_WRITE;

	request_wrote(r);
	trace(k->dev.machine, TRACE_DMA, "%s: %s of %llu bytes is over, errno %d", k->path, write ? "write" : "read",
	      (unsigned long long)t->done, t->error);
	k->old = NULL;
	old_end(k, write, !t->error, t->done);
	free(t);
	free(r);
}

/* A request for what the page asks for with these segments, or NULL: that cannot be. */
static struct request *old_request(struct disk *k, bool write, const struct lguest_block_page *page, const struct iovec *iov, int count)
{
	uint64_t offset = (uint64_t)page->sector * LGUEST_SECTOR, room = 0;
	struct transfer *t;
	struct request *r;

	for (int i = 0; i < count; i++)
		room += iov[i].iov_len;
	if (!room || room != page->bytes || !disk_has(k, offset, page->bytes) || (write && k->readonly))
		return NULL;
	t = calloc(1, sizeof *t + (size_t)count * sizeof t->iov[0]);
	r = calloc(1, sizeof *r + (size_t)count * sizeof r->iov[0]);
	if (!t || !r) {
		free(t);
		free(r);
		return NULL;
	}
	t->disk = k;
	t->offset = offset;
	t->length = page->bytes;
	take_segments(t, iov, (unsigned)count, 0);
	memcpy(r->iov, iov, (size_t)count * sizeof iov[0]);
	r->device = &k->dev;
	r->arg = write ? LGUEST_BLOCK_WRITE : LGUEST_BLOCK_READ;
	r->in = r->iov;
	r->nin = write ? 0 : (unsigned)count;
	r->data = t;
	return r;
}

/* The list that is sent may be gone when we return: what it names is the transfer's until its end. */
static uint32_t block_send(struct device *d, uint32_t key, const struct iovec *iov, int count)
{
	struct disk *k = (struct disk *)d;
	const struct lguest_block_page *shared = ram_read(&d->machine->ram, key, sizeof *shared);
	struct lguest_block_page page = *shared;
	struct iovec bound[LGUEST_DMA_SECTIONS];
	bool write = page.type == 1;
	uint32_t taken;

	trace(d->machine, TRACE_DMA, "%s: %s %u bytes at sector %u%s", d->name, write ? "write" : "read", page.bytes, page.sector,
	      k->old ? ", before the last one is over" : "");
	if (k->old)
		return 0;
	if (!write) {
		iov = bound;
		count = dma_next(d, key, bound);
	}
	k->old = page.type == 0 || write ? old_request(k, write, &page, iov, count) : NULL;
	taken = k->old && write ? page.bytes : 0;
	if (!k->old)
		old_end(k, write, false, 0);
	else if (try(k->old->data, write))
		old_done(k->old);
	else
		request_defer(k->old, write ? run_write : run_read, old_done);
	return taken;
}

/* ---- opening ---- */

/* Images that are no disk's bytes: what stands where, and what qemu-img calls it. */
static const struct {
	off_t offset;			/* negative: from the end */
	const char *magic;
	unsigned length;
	const char *what, *name;
} formats[] = {
	{ 0, "QFI\xfb", 4, "qcow2", "qcow2" },
	{ 0, "KDMV", 4, "VMDK", "vmdk" },
	{ 0, "COWD", 4, "VMDK", "vmdk" },
	{ 0, "# Disk DescriptorFile", 21, "VMDK", "vmdk" },
	{ 0x40, "\x7f\x10\xda\xbe", 4, "VDI", "vdi" },
	{ 0, "conectix", 8, "VHD", "vpc" },
	{ -512, "conectix", 8, "VHD", "vpc" },
	{ 0, "vhdxfile", 8, "VHDX", "vhdx" },
};

static int check_format(struct disk *k, struct error *err)
{
	char head[32];

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		off_t at = formats[i].offset;

		if (at < 0)
			at += (off_t)k->bytes;
		if (at < 0 || pread(k->fd, head, formats[i].length, at) != (ssize_t)formats[i].length)
			continue;
		if (memcmp(head, formats[i].magic, formats[i].length) == 0)
			return error_set(err, "%s: a %s image, and -d takes raw ones; convert it: qemu-img convert -f %s -O raw %s %s.raw",
					 k->path, formats[i].what, formats[i].name, k->path, k->path);
	}
	return 0;
}

static int check_size(struct disk *k, const struct stat *st, struct error *err)
{
	if (S_ISBLK(st->st_mode)) {
		if (ioctl(k->fd, BLKGETSIZE64, &k->bytes) < 0)
			return error_set(err, "%s: cannot tell its size: %s", k->path, strerror(errno));
	} else if (S_ISREG(st->st_mode)) {
		k->bytes = (uint64_t)st->st_size;
	} else if (S_ISDIR(st->st_mode)) {
		return error_set(err, "%s: is a directory; -s shares one with the guest", k->path);
	} else {
		return error_set(err, "%s: neither a file nor a block device", k->path);
	}
	if (k->bytes == 0)
		return error_set(err, "%s: empty; make a disk, for example of 1 GiB: truncate -s 1G %s", k->path, k->path);
	if (k->bytes % LGUEST_SECTOR)
		return error_set(err, "%s: not a multiple of %d bytes (size %llu)", k->path, LGUEST_SECTOR,
				 (unsigned long long)k->bytes);
	return 0;
}

static int lock(struct disk *k, struct error *err)
{
	struct flock all = { .l_type = k->readonly ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(k->fd, F_OFD_SETLK, &all) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return error_set(err, "%s: in use by another disk or program%s", k->path,
				 k->readonly ? ", which writes it" : "; a disk can be shared only if all say ,ro");
	return error_set(err, "%s: cannot lock it: %s", k->path, strerror(errno));
}

static int open_image(struct disk *k, struct error *err)
{
	struct stat st;

	k->fd = open(k->path, (k->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
	if (k->fd < 0 && errno == EISDIR)
		return error_set(err, "%s: is a directory; -s shares one with the guest", k->path);
	if (k->fd < 0)
		return error_set(err, "%s: %s%s", k->path, strerror(errno),
				 !k->readonly && (errno == EACCES || errno == EROFS || errno == EPERM) ? " (,ro behind it opens it for reading)" : "");
	if (fstat(k->fd, &st) < 0)
		return error_set(err, "%s: %s", k->path, strerror(errno));
	k->local = S_ISREG(st.st_mode) && fs_local(k->fd);
	k->memory = S_ISREG(st.st_mode) && fs_memory(k->fd);
	disk_watch(k);
	if (check_size(k, &st, err) < 0 || lock(k, err) < 0)
		return -1;
	return check_format(k, err);
}

static int block_start(struct device *d, struct error *err)
{
	struct disk *k = (struct disk *)d;
	uint64_t sectors = k->bytes / LGUEST_SECTOR;
	struct lguest_block_page *page;

	k->key = d->desc->pfn << PAGE_SHIFT;
	page = ram_write(&d->machine->ram, k->key, sizeof *page);
	if (!page)
		return error_set(err, "%s: no room for device memory", k->path);
	page->num_sectors = sectors > UINT_MAX ? UINT_MAX : (uint32_t)sectors;
	page->sectors_lo = (uint32_t)sectors;
	page->sectors_hi = (uint32_t)(sectors >> 32);
	d->pool = pool_start(d, THREADS, err);
	return d->pool ? 0 : -1;
}

int block_add(const char *arg, struct error *err)
{
	static const char ro[] = ",ro";
	size_t n = strlen(arg);
	struct disk *k = &disks[ndisks];

	if (ndisks == MAX_DISKS)
		return error_set(err, "%s: more than %d disks", arg, MAX_DISKS);
	k->readonly = n > sizeof ro - 1 && strcmp(arg + n - (sizeof ro - 1), ro) == 0;
	k->path = strndup(arg, k->readonly ? n - (sizeof ro - 1) : n);
	if (!k->path)
		return error_set(err, "out of memory");
	if (open_image(k, err) < 0)
		return -1;
	if (!k->readonly)
		k->groups = group_open(k->fd, LGUEST_BLOCK_GROUP_BYTES, LGUEST_BLOCK_GROUP_RANGES);
	k->dev = (struct device){
		.name = k->path, .type = LGUEST_DEVICE_BLOCK, .pages = 1,
		.features = LGUEST_BLOCK_REQUESTS | (k->readonly ? LGUEST_BLOCK_READONLY : 0) | (k->groups ? LGUEST_BLOCK_GROUPS : 0),
		.start = block_start, .owns_key = block_owns_key, .send = block_send, .request = block_request, .light = block_light,
	};
	ndisks++;
	return devices_add(&k->dev, err);
}
