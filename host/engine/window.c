/*
 * Windows: the guest's address spaces as mappings of its RAM.  A page that is missing from a window raises SIGSEGV, and
 * fault.c asks window_miss to map it with its neighbours.  The extents of a window mirror the host's mappings exactly.
 * What kernel windows show above the kernel address is the same in all: `master` is the list of what is known of it, so that a new
 * window takes over whole extents without walking the guest's tables.  Runs in the signal handler and in light
 * exits: no libc but bare system calls, general registers only.
 */
#pragma GCC target("general-regs-only")
#include "private.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define USER_AHEAD	32u		/* pages looked at beyond a missing one */
#define USER_BEHIND	16u
#define KERNEL_CHUNK	64u		/* kernel pages are shown in aligned groups of these */
#define POPULATE_MAX	2048u		/* pages filled in at once: a page fault costs a hundred times as much */
#define PROTECT_AHEAD	32u		/* pages protected around one that is translated */
#define KEEP_SWITCHES	1024u		/* a pair not used for so many changes of space is given to another */
#define ALL_PAGES	(1u << 20)

static void die(const char *what)
{
	static const char head[] = "9guest: out of memory mappings (see vm.max_map_count, ulimit -v): ";

	if (write(2, head, sizeof(head) - 1) < 0 || write(2, what, strlen(what)) < 0 || write(2, "\n", 1) < 0)
		_exit(1);
	_exit(1);
}

/* ---- extents ---- */

/* Index of the first extent that ends behind page. */
static uint32_t extent_at(const struct window *w, uint32_t page)
{
	uint32_t low = 0, high = w->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (w->extents[middle].page + w->extents[middle].count <= page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct extent *window_extent(const struct window *w, uint32_t page)
{
	uint32_t i = extent_at(w, page);

	return i < w->count && w->extents[i].page <= page ? &w->extents[i] : NULL;
}

static void open_gap(struct window *w, uint32_t i, uint32_t n)
{
	for (uint32_t k = w->count; k > i; k--)
		w->extents[k - 1 + n] = w->extents[k - 1];
	w->count += n;
}

static void close_gap(struct window *w, uint32_t i, uint32_t n)
{
	for (uint32_t k = i + n; k < w->count; k++)
		w->extents[k - n] = w->extents[k];
	w->count -= n;
}

static void extents_remove(struct window *w, uint32_t page, uint32_t count)
{
	uint32_t end = page + count, i = extent_at(w, page), n;

	if (i < w->count && w->extents[i].page < page) {
		struct extent *x = &w->extents[i];
		uint32_t x_end = x->page + x->count, head = page - x->page;

		if (x_end > end) {		/* split in two around the hole */
			open_gap(w, i + 1, 1);
			w->extents[i + 1] = (struct extent){ end, x->pfn + (end - x->page), x_end - end, x->writable };
			x->count = head;
			return;
		}
		x->count = head;
		i++;
	}
	for (n = 0; i + n < w->count && w->extents[i + n].page + w->extents[i + n].count <= end; n++)
		;
	close_gap(w, i, n);
	if (i < w->count && w->extents[i].page < end) {
		struct extent *x = &w->extents[i];
		uint32_t cut = end - x->page;

		x->page += cut;
		x->pfn += cut;
		x->count -= cut;
	}
}

/* Do pages a and a+1 of RAM stand side by side in one file too? */
static bool contiguous(const struct engine *e, uint32_t a)
{
	uint64_t off1, off2;
	int fd1, fd2;

	if ((e->ram->flags[a] ^ e->ram->flags[a + 1]) & RAM_FILE)
		return false;
	if (!(e->ram->flags[a] & RAM_FILE))
		return true;
	fd1 = ram_backing(e->ram, a, &off1);
	fd2 = ram_backing(e->ram, a + 1, &off2);
	return fd1 == fd2 && off1 + PAGE_SIZE == off2;
}

static bool joins(const struct engine *e, const struct extent *a, const struct extent *b)
{
	return a->page + a->count == b->page && a->pfn + a->count == b->pfn && a->writable == b->writable &&
		contiguous(e, b->pfn - 1);
}

/* Put an extent where there is none. */
static void extents_insert(const struct engine *e, struct window *w, struct extent x)
{
	uint32_t i = extent_at(w, x.page);

	if (i && joins(e, &w->extents[i - 1], &x)) {
		w->extents[i - 1].count += x.count;
		if (i < w->count && joins(e, &w->extents[i - 1], &w->extents[i])) {
			w->extents[i - 1].count += w->extents[i].count;
			close_gap(w, i, 1);
		}
	} else if (i < w->count && joins(e, &x, &w->extents[i])) {
		x.count += w->extents[i].count;
		w->extents[i] = x;
	} else {
		open_gap(w, i, 1);
		w->extents[i] = x;
	}
}

/* ---- mapping ---- */

static void host_unmap(struct window *w, uint32_t page, uint32_t count)
{
	if (w->base && mmap(w->base + ((uint64_t)page << PAGE_SHIFT), (uint64_t)count << PAGE_SHIFT, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		die("unmap");
}

/* Show nothing at [page, page+count). */
static void window_clear(struct window *w, uint32_t page, uint32_t count)
{
	uint32_t i = extent_at(w, page);

	if (i == w->count || w->extents[i].page >= page + count)
		return;
	host_unmap(w, page, count);
	extents_remove(w, page, count);
}

static void window_wipe(struct window *w)
{
	if (w->count)
		host_unmap(w, 0, ALL_PAGES);
	w->count = 0;
}

/* Empty every window but w. */
static void wipe_others(struct engine *e, const struct window *w)
{
	for (unsigned i = 0; i < e->npairs; i++) {
		if (&e->pairs[i]->user != w)
			window_wipe(&e->pairs[i]->user);
		if (&e->pairs[i]->kernel != w)
			window_wipe(&e->pairs[i]->kernel);
	}
}

static void host_map(struct engine *e, struct window *w, const struct extent *x)
{
	uint8_t *at = w->base + ((uint64_t)x->page << PAGE_SHIFT);
	uint64_t size = (uint64_t)x->count << PAGE_SHIFT, offset = (uint64_t)x->pfn << PAGE_SHIFT;
	int prot = x->writable ? PROT_READ | PROT_WRITE : PROT_READ;
	int flags = MAP_FIXED | (x->count <= POPULATE_MAX ? MAP_POPULATE : 0), fd = e->ram->memfd;

	if (e->ram->flags[x->pfn] & RAM_FILE) {
		fd = ram_backing(e->ram, x->pfn, &offset);
		flags |= MAP_PRIVATE;
	} else {
		flags |= MAP_SHARED;
	}
	if (mmap(at, size, prot, flags, fd, (off_t)offset) == MAP_FAILED) {
		wipe_others(e, w);	/* the limit may be lower than we think */
		if (mmap(at, size, prot, flags, fd, (off_t)offset) == MAP_FAILED)
			die("map");
	}
	e->stats.window_mmaps++;
	e->stats.pages_mapped += x->count;
}

static bool is_shared(const struct engine *e, const struct window *w, uint32_t page)
{
	return !w->user && page >= e->kernel_page;
}

/* Keep the number of host mappings bounded: empty the windows that were used longest ago. */
static void make_room(struct engine *e, struct window *w)
{
	unsigned total = 0;

	if (w->count > MAX_EXTENTS - 8)
		window_wipe(w);
	if (e->master.count > MAX_EXTENTS - 8)
		e->master.count = 0;
	for (unsigned i = 0; i < e->npairs; i++)
		total += e->pairs[i]->user.count + e->pairs[i]->kernel.count;
	while (total > MAX_ALL_EXTENTS) {
		struct pair *oldest = NULL;

		for (unsigned i = 0; i < e->npairs; i++) {
			struct pair *p = e->pairs[i];

			if (p != e->pair && p->user.count + p->kernel.count && (!oldest || p->last_use < oldest->last_use))
				oldest = p;
		}
		if (!oldest)
			return;
		total -= oldest->user.count + oldest->kernel.count;
		window_wipe(&oldest->user);
		window_wipe(&oldest->kernel);
	}
}

static void window_show(struct engine *e, struct window *w, struct extent x)
{
	make_room(e, w);
	host_map(e, w, &x);
	extents_remove(w, x.page, x.count);
	extents_insert(e, w, x);
	if (is_shared(e, w, x.page)) {
		extents_remove(&e->master, x.page, x.count);
		extents_insert(e, &e->master, x);
	}
}

/* ---- misses ---- */

/* Cut x down to what is free in w around page. */
static void clip(const struct window *w, struct extent *x, uint32_t page)
{
	uint32_t i = extent_at(w, page), end = x->page + x->count;

	if (i < w->count && w->extents[i].page < end)
		end = w->extents[i].page;
	if (i && w->extents[i - 1].page + w->extents[i - 1].count > x->page) {
		uint32_t start = w->extents[i - 1].page + w->extents[i - 1].count;

		x->pfn += start - x->page;
		x->page = start;
	}
	x->count = end - x->page;
}

/* Of a run too long to be filled in whole, the part around page. */
static void populate_around(const struct window *w, const struct extent *x, uint32_t page)
{
	uint32_t first = page - x->page > POPULATE_MAX / 2 ? page - POPULATE_MAX / 2 : x->page;
	uint32_t end = x->page + x->count;

	if (end - first > POPULATE_MAX)
		end = first + POPULATE_MAX;
	madvise(w->base + ((uint64_t)first << PAGE_SHIFT), (uint64_t)(end - first) << PAGE_SHIFT,
		x->writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

static bool effective_write(const struct engine *e, const struct mapping *m)
{
	return m->writable && !(e->ram->flags[m->pfn] & (RAM_FILE | RAM_CODE));
}

/* May page be shown beside the extent's end, as page pfn, in one mapping with it? */
static bool neighbour(struct engine *e, const struct window *w, uint32_t page, uint32_t pfn, uint32_t writable)
{
	struct mapping m;
	uint32_t error;

	if (pfn >= e->ram->size_bytes >> PAGE_SHIFT)
		return false;
	if (e->host.walk(e->ctx, e->vcpu->space, page << PAGE_SHIFT, WALK_PEEK | (w->user ? WALK_USER : 0), &m, &error))
		return false;
	return m.pfn == pfn && effective_write(e, &m) == !!writable;
}

/* Grow a single page to the longest run that the guest's tables allow and that is free in w. */
static void grow(struct engine *e, const struct window *w, struct extent *x)
{
	bool shared = is_shared(e, w, x->page);
	uint32_t i = extent_at(w, x->page), first, end, low, high;

	first = i ? w->extents[i - 1].page + w->extents[i - 1].count : 0;
	end = i < w->count ? w->extents[i].page : ALL_PAGES;
	if (shared && first < e->kernel_page)
		first = e->kernel_page;
	if (!shared && !w->user && end > e->kernel_page)
		end = e->kernel_page;
	low = shared ? x->page % KERNEL_CHUNK : USER_BEHIND;
	high = shared ? KERNEL_CHUNK - low : USER_AHEAD;
	if (end - x->page > high)
		end = x->page + high;
	if (x->page - first > low)
		first = x->page - low;
	while (x->page + x->count < end && neighbour(e, w, x->page + x->count, x->pfn + x->count, x->writable) &&
	       contiguous(e, x->pfn + x->count - 1))
		x->count++;
	while (x->page > first && x->pfn && neighbour(e, w, x->page - 1, x->pfn - 1, x->writable) &&
	       contiguous(e, x->pfn - 1)) {
		x->page--;
		x->pfn--;
		x->count++;
	}
}

/* Does the kernel window w show anything of the shared part yet? */
static bool has_shared(const struct engine *e, const struct window *w)
{
	return w->count && w->extents[w->count - 1].page + w->extents[w->count - 1].count > e->kernel_page;
}

/*
 * Show all that is known of the shared part in a kernel window that has nothing of it.  Extents that differ in
 * permission only are mapped in one piece, and the read-only ones protected afterwards, before the guest runs again.
 */
static void take_over(struct engine *e, struct window *w)
{
	const struct extent *m = e->master.extents;

	make_room(e, w);
	for (uint32_t i = 0, n; i < e->master.count; i += n) {
		struct extent whole = m[i];
		bool file = e->ram->flags[m[i].pfn] & RAM_FILE;

		for (n = 1; !file && i + n < e->master.count && m[i + n].page == whole.page + whole.count &&
		     m[i + n].pfn == whole.pfn + whole.count && contiguous(e, m[i + n].pfn - 1); n++) {
			whole.count += m[i + n].count;
			whole.writable = 1;
		}
		host_map(e, w, &whole);
		for (uint32_t k = i; k < i + n; k++) {
			if (whole.writable && !m[k].writable &&
			    mprotect(w->base + ((uint64_t)m[k].page << PAGE_SHIFT), (uint64_t)m[k].count << PAGE_SHIFT, PROT_READ) < 0)
				die("protect");
			w->extents[w->count++] = m[k];
		}
	}
}

/*
 * The guest touched va, which w does not show (or only for reading).  0: it does now; 1: as well, and translations were dropped
 * because the page held code; -1: the guest's tables do not allow it, error_code has the P bit.
 */
int window_miss(struct engine *e, struct window *w, uint32_t va, bool write, uint32_t *error_code)
{
	uint32_t page = va >> PAGE_SHIFT;
	const struct extent *known, *have;
	struct mapping m;
	struct extent x;
	int dropped = 0;

	e->stats.window_faults++;
	have = window_extent(w, page);
	if (!have && is_shared(e, w, page) && (known = window_extent(&e->master, page)) && (known->writable || !write)) {
		if (!has_shared(e, w) && e->master.count < MAX_EXTENTS / 2) {
			take_over(e, w);
			return 0;
		}
		x = *known;
		clip(w, &x, page);
		window_show(e, w, x);
		if (x.count > POPULATE_MAX)
			populate_around(w, &x, page);
		return 0;
	}
	*error_code = 0;
	if (e->host.walk(e->ctx, e->vcpu->space, va, (write ? WALK_WRITE : 0) | (w->user ? WALK_USER : 0), &m, error_code))
		return -1;
	if (m.pfn >= e->ram->size_bytes >> PAGE_SHIFT || (write && !m.writable) || (w->user && !m.user))
		return -1;
	if (write && e->ram->flags[m.pfn] & RAM_CODE) {
		code_count_round(e, m.pfn);
		code_drop_pfn(e, m.pfn);
		dropped = 1;
	}
	if (write && e->ram->flags[m.pfn] & RAM_FILE)
		ram_privatize(e->ram, m.pfn);
	x = (struct extent){ page, m.pfn, 1, effective_write(e, &m) };
	if (!window_extent(w, page))
		grow(e, w, &x);
	window_show(e, w, x);
	return dropped;
}

/* ---- all windows ---- */

/* Show [page, page+count) for reading only from here on. */
static void window_demote(struct engine *e, struct window *w, struct extent x)
{
	if (w->base && mprotect(w->base + ((uint64_t)x.page << PAGE_SHIFT), (uint64_t)x.count << PAGE_SHIFT, PROT_READ) < 0)
		die("protect");
	extents_remove(w, x.page, x.count);
	x.writable = 0;
	extents_insert(e, w, x);
}

/* Take write permission from pages [pfn, pfn+count) wherever w shows them. */
static void protect_in(struct engine *e, struct window *w, uint32_t pfn, uint32_t count)
{
	for (uint32_t i = 0; i < w->count; i++) {
		struct extent x = w->extents[i];
		uint32_t first = pfn > x.pfn ? pfn : x.pfn;
		uint32_t end = pfn + count < x.pfn + x.count ? pfn + count : x.pfn + x.count;

		if (!x.writable || first >= end)
			continue;
		make_room(e, w);
		if (!w->count)		/* that emptied it */
			return;
		window_demote(e, w, (struct extent){ x.page + (first - x.pfn), first, end - first, 0 });
		i--;	/* extents have moved; those done are not writable any more */
	}
}

/*
 * A translation is about to be made of page pfn, which is at va: no window may show it for writing.  What stands beside it read-only
 * in the guest's tables will soon be translated too, and is protected in the same calls; a write there only costs a fault.
 */
void window_protect_code(struct engine *e, uint32_t va, uint32_t pfn)
{
	unsigned flags = WALK_PEEK | walk_flags(e);
	uint32_t first = 0, end = 1, error;
	struct mapping m;

	while (end < PROTECT_AHEAD && !e->host.walk(e->ctx, e->vcpu->space, va + (end << PAGE_SHIFT), flags, &m, &error) &&
	       m.pfn == pfn + end && !m.writable)
		end++;
	while (first < PROTECT_AHEAD && first < pfn &&
	       !e->host.walk(e->ctx, e->vcpu->space, va - ((first + 1) << PAGE_SHIFT), flags, &m, &error) &&
	       m.pfn == pfn - first - 1 && !m.writable)
		first++;
	for (unsigned i = 0; i < e->npairs; i++) {
		protect_in(e, &e->pairs[i]->user, pfn - first, first + end);
		protect_in(e, &e->pairs[i]->kernel, pfn - first, first + end);
	}
	protect_in(e, &e->master, pfn - first, first + end);
}

static void drop_in(struct window *w, uint32_t pfn)
{
	for (uint32_t i = 0; i < w->count; i++) {
		struct extent x = w->extents[i];

		if (pfn - x.pfn < x.count) {
			window_clear(w, x.page + (pfn - x.pfn), 1);
			i--;	/* what is at i now has not been looked at */
		}
	}
}

void window_drop_pfn(struct engine *e, uint32_t pfn)
{
	for (unsigned i = 0; i < e->npairs; i++) {
		drop_in(&e->pairs[i]->user, pfn);
		drop_in(&e->pairs[i]->kernel, pfn);
	}
	drop_in(&e->master, pfn);
}

enum fate { KEEP, DEMOTE, GONE };

static enum fate fate_of(struct engine *e, const struct window *w, uint32_t space, const struct extent *x, uint32_t i)
{
	struct mapping m;
	uint32_t error;

	if (e->host.walk(e->ctx, space, (x->page + i) << PAGE_SHIFT, WALK_PEEK | (w->user ? WALK_USER : 0), &m, &error) ||
	    m.pfn != x->pfn + i)
		return GONE;
	return x->writable && !m.writable ? DEMOTE : KEEP;
}

/*
 * The guest has changed its tables somewhere in [page, page+count): compare, and take back only what is not so any more.
 * That costs some ten ns a page; dropping and mapping it again would cost thousands.
 */
static void revalidate(struct engine *e, struct window *w, uint32_t space, uint32_t page, uint32_t count)
{
	uint32_t end = page + count, gone = 0, gone_end = 0;	/* a hole not yet made */

	for (uint32_t at = page; at < end;) {
		uint32_t k = extent_at(w, at), i, n;
		struct extent x;
		enum fate fate;

		if (k == w->count || w->extents[k].page >= end)
			break;
		x = w->extents[k];
		if (at < x.page)
			at = x.page;
		i = at - x.page;
		fate = fate_of(e, w, space, &x, i);
		for (n = 1; i + n < x.count && at + n < end && fate_of(e, w, space, &x, i + n) == fate; n++)
			;
		if (fate == GONE) {
			if (gone == gone_end)
				gone = at;
			gone_end = at + n;
		} else {
			if (gone != gone_end)
				window_clear(w, gone, gone_end - gone);
			gone = gone_end = 0;
			if (fate == DEMOTE) {
				make_room(e, w);
				if (w->count)
					window_demote(e, w, (struct extent){ at, x.pfn + i, n, 0 });
			}
		}
		at += n;
	}
	if (gone != gone_end)
		window_clear(w, gone, gone_end - gone);
}

/* Make w's shared part agree with master again, which has lost pages or write permission. */
static void conform(struct engine *e, struct window *w)
{
	uint32_t at = e->kernel_page;

	for (;;) {
		uint32_t k = extent_at(w, at), n;
		const struct extent *m;
		struct extent x;

		if (k == w->count)
			return;
		x = w->extents[k];
		if (at < x.page)
			at = x.page;
		m = window_extent(&e->master, at);
		n = x.page + x.count - at;
		if (!m) {
			uint32_t next = extent_at(&e->master, at);

			if (next < e->master.count && e->master.extents[next].page < at + n)
				n = e->master.extents[next].page - at;
			window_clear(w, at, n);
		} else {
			if (m->page + m->count < at + n)
				n = m->page + m->count - at;
			if (m->pfn + (at - m->page) != x.pfn + (at - x.page) || (!m->writable && x.writable))
				window_clear(w, at, n);
		}
		at += n;
	}
}

/* ---- pairs ---- */

struct pair *window_find(struct engine *e, uint32_t space)
{
	for (unsigned i = 0; i < e->npairs; i++)
		if (e->pairs[i]->space == space && e->pairs[i]->live)
			return e->pairs[i];
	return NULL;
}

/* Two windows, each with a guard on both sides that no address computation can cross. */
static struct pair *pair_new(struct engine *e)
{
	uint64_t size = 2 * WINDOW_STRIDE + 2 * WINDOW_BYTES, base;
	uint8_t *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct pair *pair;
	struct extent *extents;

	pair = mmap(NULL, sizeof(*pair), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	extents = mmap(NULL, 2 * MAX_EXTENTS * sizeof(*extents), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED || pair == MAP_FAILED || extents == MAP_FAILED || table_init(&pair->table)) {
		if (p != MAP_FAILED)
			munmap(p, size);
		return NULL;
	}
	base = ((uint64_t)p + WINDOW_BYTES + WINDOW_BYTES - 1) & ~(WINDOW_BYTES - 1);
	pair->user = (struct window){ (uint8_t *)base, extents, 0, true };
	pair->kernel = (struct window){ (uint8_t *)base + WINDOW_STRIDE, extents + MAX_EXTENTS, 0, false };
	e->pairs[e->npairs++] = pair;
	return pair;
}

/* Empty what belongs to one space alone: the user window, and the kernel window below the kernel address. */
void window_wipe_user(struct engine *e, struct pair *p)
{
	window_clear(&p->user, 0, ALL_PAGES);
	if (e->kernel_page)
		window_clear(&p->kernel, 0, e->kernel_page);
	table_give_back(&p->table);
}

struct pair *window_pair(struct engine *e, uint32_t space)
{
	struct pair *p = window_find(e, space), *oldest = NULL;

	if (p)
		return p;
	for (unsigned i = 0; i < e->npairs; i++)
		if (!oldest || e->pairs[i]->last_use < oldest->last_use)
			oldest = e->pairs[i];
	if (e->npairs < MAX_PAIRS && (!oldest || e->clock - oldest->last_use < KEEP_SWITCHES))
		p = pair_new(e);
	if (!p) {
		if (!oldest)
			return NULL;
		p = oldest;
		window_wipe_user(e, p);
		e->stats.spaces_recycled++;
	}
	p->space = space;
	p->live = true;
	p->last_use = ++e->clock;
	return p;
}

struct window *window_now(struct engine *e)
{
	return e->variant & VARIANT_USER ? &e->pair->user : &e->pair->kernel;
}

int window_init(struct engine *e, struct error *err)
{
	e->master.extents = mmap(NULL, MAX_EXTENTS * sizeof(struct extent), PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (e->master.extents == MAP_FAILED || !pair_new(e))
		return error_set(err, "windows: no address space left (is there a limit on virtual memory?)");
	return 0;
}

void window_free(struct engine *e)
{
	for (unsigned i = 0; i < e->npairs; i++) {
		struct pair *p = e->pairs[i];

		munmap(p->user.base - WINDOW_BYTES, 2 * WINDOW_STRIDE + WINDOW_BYTES);
		munmap(p->user.extents, 2 * MAX_EXTENTS * sizeof(struct extent));
		table_free(&p->table);
		munmap(p, sizeof(*p));
	}
	if (e->master.extents && e->master.extents != MAP_FAILED)
		munmap(e->master.extents, MAX_EXTENTS * sizeof(struct extent));
	e->npairs = 0;
}

/* ---- what the machine calls ---- */

/* [page, page+count) of the shared part may have changed. */
static void flush_shared(struct engine *e, uint32_t page, uint32_t count)
{
	revalidate(e, &e->master, e->vcpu->space, page, count);
	for (unsigned i = 0; i < e->npairs; i++)
		conform(e, &e->pairs[i]->kernel);
	table_revalidate(e, &e->kernel_table, e->vcpu->space, false, page, count);
}

static void flush_private(struct engine *e, struct pair *p, uint32_t page, uint32_t count)
{
	revalidate(e, &p->user, p->space, page, count);
	table_revalidate(e, &p->table, p->space, true, page, count);
	if (page >= e->kernel_page)
		return;
	if (count > e->kernel_page - page)
		count = e->kernel_page - page;
	revalidate(e, &p->kernel, p->space, page, count);
	if (e->kernel_low && p->space == e->vcpu->space)
		table_revalidate(e, &e->kernel_table, p->space, false, page, count);
}

static void flush(struct engine *e, uint32_t space, uint32_t page, uint32_t count)
{
	struct pair *p;

	if (page >= e->kernel_page) {
		flush_shared(e, page, count);
		for (unsigned i = 0; i < e->npairs; i++) {
			revalidate(e, &e->pairs[i]->user, e->pairs[i]->space, page, count);
			table_revalidate(e, &e->pairs[i]->table, e->pairs[i]->space, true, page, count);
		}
		return;
	}
	p = window_find(e, space);
	if (p)
		flush_private(e, p, page, count);
}

void engine_flush_page(struct engine *e, uint32_t space, uint32_t va)
{
	flush(e, space, va >> PAGE_SHIFT, 1);
}

void engine_flush_table(struct engine *e, uint32_t space, uint32_t va)
{
	flush(e, space, va >> 22 << 10, 1024);
}

void engine_flush_user(struct engine *e)
{
	struct pair *p = window_find(e, e->vcpu->space);

	if (p && e->kernel_page)
		flush_private(e, p, 0, e->kernel_page);
}

void engine_flush_all(struct engine *e)
{
	for (unsigned i = 0; i < e->npairs; i++) {
		struct pair *p = e->pairs[i];

		if (p->space == e->vcpu->space && p->live) {
			flush_private(e, p, 0, ALL_PAGES);
		} else {
			window_wipe_user(e, p);
			p->live = false;
		}
	}
	if (e->kernel_page < ALL_PAGES)
		flush_shared(e, e->kernel_page, ALL_PAGES - e->kernel_page);
	if (e->pair && !e->pair->live)
		e->pair = NULL;
}

void engine_set_kernel_address(struct engine *e, uint32_t va)
{
	for (unsigned i = 0; i < e->npairs; i++) {
		window_wipe_user(e, e->pairs[i]);
		window_wipe(&e->pairs[i]->kernel);
	}
	e->master.count = 0;
	table_clear_range(&e->kernel_table, 0, ALL_PAGES);
	e->kernel_page = va >> PAGE_SHIFT;
	e->kernel_low = false;
}
