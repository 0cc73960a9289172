/*
 * What has been translated, and how it is found: code pages by (virtual page, physical page, variant), the flat dispatch
 * tables, and the way back from a host address to the guest's eip.  Blocks are only ever added; dropping a page makes its
 * blocks unreachable, and when an arena is full, or most of it is such garbage, everything starts afresh (code_reset).
 * Most of this runs in light exits and in the signal handler: general registers only, no libc.
 */
#pragma GCC target("general-regs-only")
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_PAGES	16384u
#define MAX_BLOCKS	(2u << 20)
#define MAX_MARKS	(16u << 20)
#define MAX_EVENTS	(1u << 20)
#define MAX_SNAPSHOTS	(64u << 20)
#define WRAP_SLOTS	4096u
#define STALE_BYTES	(4u << 20)	/* garbage that is worth a thought */
#define TABLE_CHUNK	8u		/* pages whose table entries are made present together: 128 KiB */
#define MAX_CHUNKS	512u		/* in the table of one space, */
#define ALL_CHUNKS	4096u		/* and in those of all together, as each process of a threaded program has its own */
#define ROUND_CYCLES	3000000u	/* about a millisecond: slower than this is a new program, not a loop */

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

static void release(void *p, size_t bytes)
{
	if (p && p != MAP_FAILED)
		munmap(p, bytes);
}

int table_init(struct table *t)
{
	t->entry = reserve(TABLE_BYTES);
	t->used = reserve((1u << 20) / 8);
	t->list = reserve(TABLE_PAGES * sizeof(*t->list));
	t->present = reserve((1u << 20) / TABLE_CHUNK / 8);
	t->listed = t->chunks = 0;
	return t->entry && t->used && t->list && t->present ? 0 : -1;
}

void table_free(struct table *t)
{
	release(t->entry, TABLE_BYTES);
	release(t->used, (1u << 20) / 8);
	release(t->list, TABLE_PAGES * sizeof(*t->list));
	release(t->present, (1u << 20) / TABLE_CHUNK / 8);
}

/* Make the next `ahead` bytes behind `used` present.  False: the arena ends before. */
static bool arena_room(struct arena *a, size_t used, size_t ahead, bool write)
{
	size_t end = (used + ahead + PAGE_MASK) & ~(size_t)PAGE_MASK;

	if (end > a->size)
		return false;
	if (end <= a->present)
		return true;
	end = end + 4 * ahead < a->size ? (end + 4 * ahead) & ~(size_t)PAGE_MASK : a->size;
	madvise(a->base + a->present, end - a->present, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
	a->present = end;
	return true;
}

/* Forget the contents; what is beyond `keep` goes back to the host. */
static void arena_reset(struct arena *a, size_t keep)
{
	if (a->present > keep)
		madvise(a->base + keep, a->present - keep, MADV_DONTNEED);
	if (a->present > keep)
		a->present = keep;
}

static int arena_init(struct arena *a, size_t size)
{
	*a = (struct arena){ reserve(size), size, 0 };
	return a->base ? 0 : -1;
}

/* The stubs that translated code jumps to in order to leave; offset 0 is what an empty table entry means. */
static void write_stubs(struct engine *e)
{
	const uint8_t *targets[] = {
		[EXIT_MISS] = engine_exit_miss, [EXIT_LINK] = engine_exit_link, [EXIT_EVENT] = engine_exit_event,
		[EXIT_EMULATE] = engine_exit_emulate, [EXIT_STEP] = engine_exit_step,
	};
	static const uint8_t jump[8] = { 0xff, 0x25, 2, 0, 0, 0, 0x90, 0x90 };	/* jmp [rip+2] */

	for (unsigned i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		memcpy(e->cache_rw + i * STUB_BYTES, jump, sizeof(jump));
		memcpy(e->cache_rw + i * STUB_BYTES + 8, &targets[i], 8);
	}
	e->cache_used = 256;
}

static int no_space(struct error *err)
{
	return error_set(err, "code cache: no address space left (is there a limit on virtual memory?)");
}

int code_init(struct engine *e, struct error *err)
{
	int fd = memfd_create("9guest-code", MFD_CLOEXEC);
	size_t npfn = e->ram->size_bytes >> PAGE_SHIFT;

	if (fd < 0 || ftruncate(fd, CACHE_BYTES) < 0) {
		error_set(err, "code cache: cannot make %u bytes: %s", CACHE_BYTES, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	e->cache = mmap(NULL, CACHE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	e->cache_rw = mmap(NULL, CACHE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (e->cache == MAP_FAILED || e->cache_rw == MAP_FAILED)
		return error_set(err, "code cache: the host does not let us map executable memory");
	e->cache_arena = (struct arena){ e->cache_rw, CACHE_BYTES, 0 };
	e->run_arena = (struct arena){ e->cache, CACHE_BYTES, 0 };
	if (arena_init(&e->block_arena, MAX_BLOCKS * sizeof(*e->blocks)) || arena_init(&e->mark_arena, MAX_MARKS * sizeof(*e->marks)) ||
	    arena_init(&e->event_arena, MAX_EVENTS * sizeof(*e->events)) ||
	    arena_init(&e->page_arena, MAX_PAGES * sizeof(*e->pages)))
		return no_space(err);
	e->blocks = (struct block *)e->block_arena.base;
	e->marks = (struct mark *)e->mark_arena.base;
	e->events = (struct engine_exit *)e->event_arena.base;
	e->pages = (struct code_page *)e->page_arena.base;
	e->snapshots = reserve(MAX_SNAPSHOTS);
	e->rounds = reserve(npfn);
	e->last_round = reserve(npfn * 8);
	e->wraps = reserve(WRAP_SLOTS * 8);
	if (!e->snapshots || !e->rounds || !e->last_round || !e->wraps || table_init(&e->kernel_table) ||
	    table_init(&e->empty_table))
		return no_space(err);
	code_room(e);
	write_stubs(e);
	return 0;
}

void code_free(struct engine *e)
{
	size_t npfn = e->ram->size_bytes >> PAGE_SHIFT;

	release(e->cache, CACHE_BYTES);
	release(e->cache_rw, CACHE_BYTES);
	release(e->block_arena.base, e->block_arena.size);
	release(e->mark_arena.base, e->mark_arena.size);
	release(e->event_arena.base, e->event_arena.size);
	release(e->page_arena.base, e->page_arena.size);
	release(e->snapshots, MAX_SNAPSHOTS);
	release(e->rounds, npfn);
	release(e->last_round, npfn * 8);
	release(e->wraps, WRAP_SLOTS * 8);
	table_free(&e->kernel_table);
	table_free(&e->empty_table);
}

/* Forget every translation.  Only between runs of translated code, since none is valid afterwards. */
void code_reset(struct engine *e)
{
	for (uint32_t i = 0; i < e->npages; i++) {
		struct code_page *cp = &e->pages[i];

		if (cp->live)
			e->ram->flags[cp->pfn] &= (uint8_t)~RAM_CODE;
		if (cp->live && cp->straddle_host)
			e->ram->flags[cp->straddle_pfn] &= (uint8_t)~RAM_CODE;
	}
	table_clear_range(&e->kernel_table, 0, 1u << 20);
	for (unsigned i = 0; i < e->npairs; i++)
		table_clear_range(&e->pairs[i]->table, 0, 1u << 20);
	arena_reset(&e->block_arena, 0);
	arena_reset(&e->mark_arena, 0);
	arena_reset(&e->event_arena, 0);
	arena_reset(&e->page_arena, 0);
	madvise(e->rounds, e->ram->size_bytes >> PAGE_SHIFT, MADV_DONTNEED);
	fill32((uint32_t *)e->hash, 0, sizeof(e->hash) / 4);
	e->free_pages = NULL;
	e->npages = e->nblocks = e->nmarks = e->nevents = e->nsnapshots = 0;
	e->cache_used = 256;
	e->garbage = 0;
	e->kernel_low = false;
}

/* ---- dispatch tables ---- */

static bool table_used(const struct table *t, uint32_t page)
{
	return t->used[page >> 3] >> (page & 7) & 1;
}

/* Forget the entries of a page, and of instructions that begin on the page before and end on it. */
void table_clear_page(struct table *t, uint32_t page)
{
	uint32_t before = (page - 1) & 0xfffff;

	if (table_used(t, page)) {
		fill32(t->entry + ((size_t)page << PAGE_SHIFT), 0, PAGE_SIZE);
		t->used[page >> 3] &= (uint8_t)~(1u << (page & 7));
	}
	if (table_used(t, before))
		fill32(t->entry + ((size_t)before << PAGE_SHIFT) + PAGE_SIZE - 15, 0, 15);
}

/* All of [page, page+count) that is in use. */
void table_clear_range(struct table *t, uint32_t page, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->listed; i++) {
		uint32_t p = t->list[i].page;

		if (p + 1 - page < count && table_used(t, p))	/* what straddles into the range */
			fill32(t->entry + ((size_t)p << PAGE_SHIFT) + PAGE_SIZE - 15, 0, 15);
		if (p - page >= count)
			t->list[kept++] = t->list[i];
		else
			table_clear_page(t, p);
	}
	t->listed = kept;
}

/* The guest has changed its tables somewhere in [page, page+count): keep the entries of pages that are where they were. */
void table_revalidate(struct engine *e, struct table *t, uint32_t space, bool user, uint32_t page, uint32_t count)
{
	struct mapping m;
	uint32_t error, kept = 0;

	for (uint32_t i = 0; i < t->listed; i++) {
		uint32_t p = t->list[i].page;

		if (!table_used(t, p))
			continue;
		if (p - page >= count && p + 1 - page >= count) {
			t->list[kept++] = t->list[i];
		} else if (e->host.walk(e->ctx, space, p << PAGE_SHIFT, WALK_PEEK | (user ? WALK_USER : 0), &m, &error) ||
			   m.pfn != t->list[i].pfn) {
			table_clear_page(t, p);
		} else {
			fill32(t->entry + ((size_t)p << PAGE_SHIFT) + PAGE_SIZE - 15, 0, 15);
			t->list[kept++] = t->list[i];
		}
	}
	t->listed = kept;
}

static struct table *table_of(struct engine *e)
{
	if (e->variant & ~VARIANT_USER)
		return NULL;
	return e->variant & VARIANT_USER ? &e->pair->table : &e->kernel_table;
}

/* Forget all entries, and give the memory that they were in back to the host. */
void table_give_back(struct table *t)
{
	for (uint32_t i = 0; i < t->listed; i++)
		t->used[t->list[i].page >> 3] = 0;
	t->listed = 0;
	if (!t->chunks)
		return;
	madvise(t->entry, TABLE_BYTES, MADV_DONTNEED);
	fill32((uint32_t *)t->present, 0, TABLE_ALL / TABLE_CHUNK / 32);
	t->chunks = 0;
}

/* Bound the memory of all tables before t takes more: those used longest ago lose theirs.  Their spaces fill them again. */
static void tables_room(struct engine *e, struct table *t)
{
	unsigned total = 0;

	if (t->chunks >= MAX_CHUNKS)
		table_give_back(t);
	for (unsigned i = 0; i < e->npairs; i++)
		total += e->pairs[i]->table.chunks;
	while (total >= ALL_CHUNKS) {
		struct pair *oldest = NULL;

		for (unsigned i = 0; i < e->npairs; i++) {
			struct pair *p = e->pairs[i];

			if (&p->table != t && p->table.chunks && (!oldest || p->last_use < oldest->last_use))
				oldest = p;
		}
		if (!oldest)
			return;
		total -= oldest->table.chunks;
		table_give_back(&oldest->table);
	}
}

/* Make the entries of page and of its neighbours present, unless they are. */
static void table_present(struct engine *e, struct table *t, uint32_t page)
{
	uint32_t chunk = page / TABLE_CHUNK;

	if (t->present[chunk >> 3] >> (chunk & 7) & 1)
		return;
	tables_room(e, t);
	t->present[chunk >> 3] |= (uint8_t)(1u << (chunk & 7));
	t->chunks++;
	madvise(t->entry + ((size_t)chunk * TABLE_CHUNK << PAGE_SHIFT), (size_t)TABLE_CHUNK * PAGE_SIZE * 4, MADV_POPULATE_WRITE);
}

static void table_set(struct engine *e, struct table *t, struct code_page *cp, uint32_t off, uint32_t host)
{
	uint32_t page = cp->va_page;

	if (!table_used(t, page)) {
		if (t->listed == TABLE_PAGES)
			table_clear_range(t, 0, 1u << 20);
		table_present(e, t, page);
		t->list[t->listed].page = page;
		t->list[t->listed++].pfn = cp->pfn;
		t->used[page >> 3] |= (uint8_t)(1u << (page & 7));
	}
	t->entry[(page << PAGE_SHIFT) + off] = host;
	if (t == &e->kernel_table && page < e->kernel_page)
		e->kernel_low = true;
}

/* Put all entries of a page that were ever looked up into the current table, since one was just missed. */
static void table_put(struct engine *e, struct table *t, struct code_page *cp)
{
	for (unsigned i = 0; i < cp->entries; i++)
		table_set(e, t, cp, cp->entry[i].off, cp->entry[i].host);
}

static void note_entry(struct engine *e, struct code_page *cp, uint32_t off, uint32_t host)
{
	struct table *t = table_of(e);

	if (!t || cp->checked)
		return;
	if (off == cp->straddle_off && cp->straddle_host == host) {
		table_set(e, t, cp, off, host);
		return;
	}
	if (!table_used(t, cp->va_page) && cp->entries) {
		table_put(e, t, cp);
		if (t->entry[(cp->va_page << PAGE_SHIFT) + off])
			return;
	}
	if (cp->entries < PAGE_ENTRIES) {
		cp->entry[cp->entries].host = host;
		cp->entry[cp->entries++].off = off;
	}
	table_set(e, t, cp, off, host);
}

/* ---- code pages ---- */

static unsigned hash_of(uint32_t va_page, uint32_t pfn, uint8_t variant)
{
	return (va_page * 0x9e3779b1u ^ pfn * 0x85ebca6bu ^ variant * 0x27d4eb2fu) >> 20 & (HASH_SIZE - 1);
}

struct code_page *code_page_find(struct engine *e, uint32_t va_page, uint32_t pfn, uint8_t variant)
{
	struct code_page *cp;

	for (cp = e->hash[hash_of(va_page, pfn, variant)]; cp; cp = cp->next)
		if (cp->va_page == va_page && cp->pfn == pfn && cp->variant == variant)
			return cp;
	return NULL;
}

/* A new code page; its physical page is write-protected from here on, unless it is one that changes too often. */
struct code_page *code_page_make(struct engine *e, uint32_t va_page, uint32_t pfn, uint8_t variant)
{
	struct code_page *cp = e->free_pages;
	unsigned h = hash_of(va_page, pfn, variant);

	if (cp)
		e->free_pages = cp->next;
	else
		cp = &e->pages[e->npages++];
	fill32((uint32_t *)cp, 0, sizeof(*cp) / 4);
	cp->va_page = va_page;
	cp->pfn = pfn;
	cp->variant = variant;
	cp->live = true;
	cp->checked = e->rounds[pfn] >= 16;
	cp->next = e->hash[h];
	e->hash[h] = cp;
	if (!cp->checked && !(e->ram->flags[pfn] & RAM_CODE)) {
		e->ram->flags[pfn] |= RAM_CODE;
		window_protect_code(e, va_page << PAGE_SHIFT, pfn);
	}
	return cp;
}

void code_know(struct code_page *cp, uint32_t off)
{
	cp->known[off / 64] |= 1ULL << off % 64;
}

static const struct mark *find_mark(const struct engine *e, const struct code_page *cp, uint32_t off, unsigned but, uint32_t *base)
{
	for (uint32_t n = cp->blocks; n; n = e->blocks[n - 1].next) {
		const struct block *b = &e->blocks[n - 1];
		const struct mark *m = e->marks + b->first_mark;
		uint32_t at = off - (b->va & PAGE_MASK);

		if (at >= b->bytes)
			continue;
		*base = b->host;
		for (unsigned i = 0; i < b->marks; i++)
			if ((m[i].guest & MARK_OFFSET) == at && !(m[i].guest & but))
				return &m[i];
	}
	return NULL;
}

uint32_t code_host(const struct engine *e, const struct code_page *cp, uint32_t off)
{
	const struct mark *m;
	uint32_t base;

	if (!(cp->known[off / 64] >> off % 64 & 1))
		return 0;
	m = find_mark(e, cp, off, MARK_INNER, &base);
	return m ? base + m->host : 0;
}

uint32_t code_host_probed(const struct engine *e, const struct code_page *cp, uint32_t off)
{
	uint32_t base;
	const struct mark *m = find_mark(e, cp, off, 0, &base);

	return m ? base + m->host + (m->guest & MARK_PROBE ? PROBE_BYTES : 0) : 0;
}

/* What block number n (from 0) takes in the cache. */
static uint32_t block_bytes(const struct engine *e, uint32_t n)
{
	return (n + 1 < e->nblocks ? e->blocks[n + 1].host : e->cache_used) - e->blocks[n].host;
}

/* Is it time to start afresh, since most of what is kept is of no use any more? */
bool code_stale(const struct engine *e)
{
	return e->garbage > STALE_BYTES && e->garbage > e->cache_used / 2;
}

static void page_release(struct engine *e, struct code_page *cp)
{
	struct code_page **link = &e->hash[hash_of(cp->va_page, cp->pfn, cp->variant)];

	while (*link != cp)
		link = &(*link)->next;
	*link = cp->next;
	table_clear_page(&e->kernel_table, cp->va_page);
	for (unsigned i = 0; i < e->npairs; i++)
		table_clear_page(&e->pairs[i]->table, cp->va_page);
	for (uint32_t n = cp->blocks; n; n = e->blocks[n - 1].next)
		e->garbage += block_bytes(e, n - 1);
	cp->live = false;
	cp->next = e->free_pages;
	e->free_pages = cp;
}

/* Forget the translations of a physical page, those of instructions that end on it included. */
void code_drop_pfn(struct engine *e, uint32_t pfn)
{
	struct code_page *cp;

	e->ram->flags[pfn] &= (uint8_t)~RAM_CODE;
	e->stats.code_invalidations++;
	for (uint32_t i = 0; i < e->npages; i++) {
		cp = &e->pages[i];
		if (!cp->live)
			continue;
		if (cp->pfn == pfn) {
			page_release(e, cp);
		} else if (cp->straddle_host && cp->straddle_pfn == pfn) {
			cp->straddle_host = 0;
			table_clear_page(&e->kernel_table, (cp->va_page + 1) & 0xfffff);
			for (unsigned k = 0; k < e->npairs; k++)
				table_clear_page(&e->pairs[k]->table, (cp->va_page + 1) & 0xfffff);
		}
	}
}

/* A write has just thrown away the translations of pfn.  Pages to which that happens in quick succession become checked. */
void code_count_round(struct engine *e, uint32_t pfn)
{
	uint64_t now = read_tsc();

	if (now - e->last_round[pfn] > ROUND_CYCLES)
		e->rounds[pfn] = 0;
	else if (e->rounds[pfn] < 255)
		e->rounds[pfn]++;
	e->last_round[pfn] = now;
}

/* ---- from host address to guest address ---- */

const struct block *code_block(const struct engine *e, uint32_t host)
{
	uint32_t low = 0, high = e->nblocks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (e->blocks[middle].host <= host)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &e->blocks[low - 1] : NULL;
}

uint32_t code_eip(const struct engine *e, const struct block *b, uint32_t host, bool *boundary)
{
	const struct mark *m = e->marks + b->first_mark;
	unsigned i = b->marks - 1u;

	host -= b->host;
	while (i && m[i].host > host)
		i--;
	*boundary = m[i].host == host;
	return b->va + (m[i].guest & MARK_OFFSET);
}

/* ---- instructions whose address computation must wrap at 4 GiB ---- */

static uint32_t wrap_slot(uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15ULL >> 40) & (WRAP_SLOTS - 1);
}

bool code_is_wrap(const struct engine *e, uint64_t gpa)
{
	if (!e->nwraps)
		return false;
	for (uint32_t i = wrap_slot(gpa + 1); e->wraps[i]; i = (i + 1) & (WRAP_SLOTS - 1))
		if (e->wraps[i] == gpa + 1)
			return true;
	return false;
}

void code_set_wrap(struct engine *e, uint64_t gpa)
{
	uint32_t i;

	if (code_is_wrap(e, gpa))
		return;
	if (e->nwraps > WRAP_SLOTS / 2) {	/* cheap to learn again */
		fill32((uint32_t *)e->wraps, 0, WRAP_SLOTS * 2);
		e->nwraps = 0;
	}
	for (i = wrap_slot(gpa + 1); e->wraps[i]; i = (i + 1) & (WRAP_SLOTS - 1))
		;
	e->wraps[i] = gpa + 1;
	e->nwraps++;
}

/* ---- lookup ---- */

/* Is the block that begins at host still what memory holds? */
static bool unchanged(struct engine *e, uint32_t host)
{
	const struct block *b = code_block(e, host);
	uint32_t off = b->va & PAGE_MASK;

	for (unsigned i = 0; i < b->bytes; i++) {
		uint32_t at = off + i;
		uint64_t gpa = at < PAGE_SIZE ? ((uint64_t)b->pfn << PAGE_SHIFT) + at :
			((uint64_t)b->pfn2 << PAGE_SHIFT) + at - PAGE_SIZE;

		if (e->ram->host[gpa] != e->snapshots[b->snapshot + i])
			return false;
	}
	return true;
}

static bool straddle_holds(struct engine *e, struct code_page *cp)
{
	struct mapping m;
	uint32_t error;

	return !e->host.walk(e->ctx, e->vcpu->space, (cp->va_page + 1) << PAGE_SHIFT, walk_flags(e), &m, &error) &&
		m.pfn == cp->straddle_pfn;
}

uint32_t code_find(struct engine *e, uint32_t eip)
{
	uint32_t host, error, off = eip & PAGE_MASK;
	struct code_page *cp;
	struct mapping m;

	if (!(e->variant & ~VARIANT_USER)) {
		host = e->table_now[eip];
		if (host)
			return host;
	}
	e->stats.indirect_misses++;
	if (e->host.walk(e->ctx, e->vcpu->space, eip, walk_flags(e), &m, &error))
		return 0;
	cp = code_page_find(e, eip >> PAGE_SHIFT, m.pfn, e->variant);
	if (!cp)
		return 0;
	host = code_host(e, cp, off);
	if (!host && cp->straddle_host && cp->straddle_off == off && straddle_holds(e, cp))
		host = cp->straddle_host;
	if (!host)
		return 0;
	if (cp->checked && !unchanged(e, host)) {
		e->garbage += block_bytes(e, (uint32_t)(code_block(e, host) - e->blocks));
		cp->known[off / 64] &= ~(1ULL << off % 64);
		if (cp->straddle_off == off)
			cp->straddle_host = 0;
		return 0;
	}
	note_entry(e, cp, off, host);
	return host;
}

/* Room for one more block in every arena?  translate.c asks before it begins. */
bool code_room(struct engine *e)
{
	return arena_room(&e->cache_arena, e->cache_used, 65536, true) && arena_room(&e->run_arena, e->cache_used, 65536, false) &&
		arena_room(&e->page_arena, (e->npages + 2) * sizeof(*e->pages), 32768, true) &&
		arena_room(&e->block_arena, (e->nblocks + 1) * sizeof(*e->blocks), 32768, true) &&
		arena_room(&e->mark_arena, (e->nmarks + 256) * sizeof(*e->marks), 32768, true) &&
		arena_room(&e->event_arena, (e->nevents + 256) * sizeof(*e->events), 32768, true) &&
		e->nsnapshots + 4096 < MAX_SNAPSHOTS;
}
