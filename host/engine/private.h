/*
 * What the files of the engine share.  Reading order: decode.h, this, translate.h, translate.c and the emit files;
 * code.c (what is translated, and where it is found), window.c (what is mapped), run.c (in and out), fault.c (signals).
 *
 * While translated code runs: EAX..EDI but ESP hold the guest's, upper halves zero; R11 the window's base; R12 = R11 +
 * ESP; R13 struct vcpu; R14 the dispatch table; R15 the code cache; R8 to R10 are scratch within one
 * instruction; the flags are the guest's.  Every sequence touches memory first and commits registers last, so that
 * it can be abandoned and started again at any host instruction that faults.
 */
#ifndef HOST_ENGINE_PRIVATE_H
#define HOST_ENGINE_PRIVATE_H

#include <stdatomic.h>
#include <sys/types.h>
#include <ucontext.h>

#include "decode.h"
#include "engine.h"
#include "offsets.h"

#define WINDOW_BYTES	(1ULL << 32)
#define WINDOW_STRIDE	(1ULL << 36)	/* further than any untruncated address can reach: 8 * 4 GiB + 4 GiB + 2 GiB */
#define TABLE_BYTES	(4 * WINDOW_BYTES)
#define CACHE_BYTES	(128u << 20)
#define MAX_PAIRS	96
#define MAX_EXTENTS	14000		/* in one window */
#define MAX_ALL_EXTENTS	28000		/* in all of them: half of what vm.max_map_count allows, since gaps count too */
#define EFLAGS_TF	0x100u
#define EFLAGS_DF	0x400u
#define EFLAGS_GUEST	0x00cd5u	/* what lives in the CPU: the arithmetic flags and DF */
#define EFLAGS_EXTRA	0x244100u	/* TF, NT, AC, ID: only in vcpu.eflags */
#define SIG_KICK	SIGUSR1

/* How a page's code was translated. */
enum {
	VARIANT_USER	= 1,	/* for CPL 3 */
	VARIANT_CAREFUL	= 2,	/* a data segment is null: probe before use */
	VARIANT_SINGLE	= 4,	/* one instruction, then a debug trap */
};

/* A run of pages that a window shows. */
struct extent {
	uint32_t page, pfn, count;
	uint32_t writable;
};

struct window {
	uint8_t *base;
	struct extent *extents;		/* sorted by page, not overlapping */
	uint32_t count;
	bool user;
};

#define TABLE_ALL	(1u << 20)	/* pages of an address space */
#define TABLE_PAGES	1024

/* Dispatch: eip to offset in the code cache, for one window. */
struct table {
	uint32_t *entry;
	uint8_t *used;			/* one bit a page: it has entries */
	struct { uint32_t page, pfn; } *list;	/* pages that got their bit since the last clearing, in no order */
	uint32_t listed;
	uint8_t *present;		/* one bit a few pages, a chunk: entry is backed by memory there */
	uint32_t chunks;		/* so many of them */
};

struct pair {
	uint32_t space;
	bool live;
	uint64_t last_use;
	struct window user, kernel;
	struct table table;		/* of the user window */
};

#define PAGE_ENTRIES	60

/* A page of translated code: where it is in guest virtual and physical memory, and what its instructions became. */
struct code_page {
	struct code_page *next;		/* in the hash chain */
	uint32_t blocks;		/* number + 1 of the newest of its blocks, 0 none */
	uint32_t va_page, pfn;
	uint8_t variant;
	bool checked;			/* written too often to protect: compare before use */
	uint16_t straddle_off;		/* an instruction that ends on the next page ... */
	uint32_t straddle_host;		/* ... its translation, 0 none ... */
	uint32_t straddle_pfn;		/* ... and that page */
	bool live;
	uint16_t entries;
	struct {			/* instructions that were looked up: put in a table together */
		uint32_t host;
		uint32_t off;
	} entry[PAGE_ENTRIES];
	uint64_t known[PAGE_SIZE / 64];	/* one bit an instruction that may be entered */
};

/* A piece of translated code. */
struct block {
	uint32_t host;			/* cache offset of its first byte */
	uint32_t first_mark;
	uint32_t next;			/* number + 1 of the page's next older block, 0 none */
	uint32_t va, pfn, pfn2;		/* pfn2: of a straddling instruction's second page, else pfn */
	uint32_t snapshot;		/* checked pages: the bytes it was made from, in engine.snapshots */
	uint16_t marks;
	uint16_t bytes;			/* of guest code */
};

struct mark {			/* one instruction of a block */
	uint16_t host;			/* bytes behind block.host */
	uint16_t guest;			/* bytes behind block.va; with MARK_ flags */
};

#define MARK_INNER	0x8000u		/* an FPU instruction without a probe: only for who knows that the FPU is on */
#define MARK_PROBE	0x4000u		/* it begins with a probe of PROBE_BYTES */
#define MARK_OFFSET	0x3fffu
#define PROBE_BYTES	11u
#define LINK_PROBED	0x80000000u	/* in EXIT_LINK's argument: the branch comes from behind a probe */
#define HASH_SIZE	4096

/* A reservation that is used from its start, and made present ahead of use: a page fault costs far more than a page. */
struct arena {
	uint8_t *base;
	size_t size, present;
};

struct engine {
	/* Offsets known to enter.S. */
	uint64_t host_rsp;
	struct vcpu *vcpu;
	uint8_t *base;
	uint32_t *table_now;
	uint8_t *cache;			/* execute */
	uint8_t *target;
	_Atomic int kicked;
	uint32_t fpu_live;
	uint32_t mxcsr;
	uint32_t status;

	struct engine_host host;
	void *ctx;
	struct ram *ram;
	struct engine_exit exit;
	uint8_t variant;		/* of what runs now */
	struct pair *pair;		/* of vcpu.space, NULL unknown */
	struct pair *pairs[MAX_PAIRS];
	unsigned npairs;
	uint64_t clock;
	uint32_t kernel_page;		/* first page that all spaces share */
	struct table kernel_table, empty_table;
	bool kernel_low;		/* kernel_table has entries below kernel_page */
	struct window master;		/* what kernel windows show above kernel_page; base NULL: never mapped itself */

	uint8_t *cache_rw;
	uint32_t cache_used, garbage;	/* bytes; garbage: of them, translations that are not reached any more */
	struct block *blocks;
	struct mark *marks;
	struct engine_exit *events;
	uint8_t *snapshots;
	struct arena cache_arena, run_arena, block_arena, mark_arena, event_arena, page_arena;
	uint32_t nblocks, nmarks, nevents, nsnapshots;
	struct code_page *hash[HASH_SIZE];
	struct code_page *pages;	/* arena */
	struct code_page *free_pages;
	uint32_t npages;
	uint8_t *rounds;		/* of each pfn: invalidations in quick succession */
	uint64_t *last_round;
	uint64_t *wraps;		/* hash set of guest-physical instruction addresses + 1 that need exact addresses */
	uint32_t nwraps;

	/* The last page fault handed to the guest. */
	bool fault_pending, fault_write;
	uint8_t fault_cpl;
	uint32_t fault_eip, fault_va, fault_space;
	bool stepping;			/* the trap flag is ours: run to the next boundary */
	bool resync;			/* ... because code changed under it */
	_Atomic bool running;
	pid_t tid;
	struct engine_stats stats;
};

/* enter.S */
void engine_enter(struct engine *e);
extern const uint8_t engine_light_entry[], engine_light_entry_end[], engine_kicked[], engine_exit_signal[];
extern const uint8_t engine_exit_miss[], engine_exit_link[], engine_exit_event[], engine_exit_emulate[], engine_exit_step[];

/* run.c */
void trap_exit(struct engine *e, unsigned vector, bool has_error, uint32_t error);	/* fill e->exit */
int engine_light_exit(struct engine *e, unsigned kind, uint32_t arg);
bool engine_select(struct engine *e);		/* base, table and variant for vcpu; false: the space has no pair yet */

/* window.c */
int window_init(struct engine *e, struct error *err);
void window_free(struct engine *e);
struct pair *window_pair(struct engine *e, uint32_t space);	/* find, make or recycle; NULL: no address space left */
struct pair *window_find(struct engine *e, uint32_t space);
int window_miss(struct engine *e, struct window *w, uint32_t va, bool write, uint32_t *error_code);
const struct extent *window_extent(const struct window *w, uint32_t page);
void window_wipe_user(struct engine *e, struct pair *p);
void window_protect_code(struct engine *e, uint32_t va, uint32_t pfn);	/* no window shows it writable any more */
void window_drop_pfn(struct engine *e, uint32_t pfn);		/* no window shows it any more */
struct window *window_now(struct engine *e);

/* code.c */
int code_init(struct engine *e, struct error *err);
void code_free(struct engine *e);
void code_reset(struct engine *e);
struct code_page *code_page_find(struct engine *e, uint32_t va_page, uint32_t pfn, uint8_t variant);
/* The translation of the instruction at off of the page, 0 none; and the note that there is one. */
uint32_t code_host(const struct engine *e, const struct code_page *cp, uint32_t off);
uint32_t code_host_probed(const struct engine *e, const struct code_page *cp, uint32_t off);	/* the same behind any probe */
void code_know(struct code_page *cp, uint32_t off);
struct code_page *code_page_make(struct engine *e, uint32_t va_page, uint32_t pfn, uint8_t variant);
void code_drop_pfn(struct engine *e, uint32_t pfn);
void code_count_round(struct engine *e, uint32_t pfn);
const struct block *code_block(const struct engine *e, uint32_t host);
/* The instruction at cache offset host of b: its eip; *boundary tells whether host is its first byte. */
uint32_t code_eip(const struct engine *e, const struct block *b, uint32_t host, bool *boundary);
bool code_is_wrap(const struct engine *e, uint64_t gpa);
void code_set_wrap(struct engine *e, uint64_t gpa);
uint32_t code_find(struct engine *e, uint32_t eip);	/* cache offset for the current variant, 0 none */
bool code_room(struct engine *e);
bool code_stale(const struct engine *e);
void table_revalidate(struct engine *e, struct table *t, uint32_t space, bool user, uint32_t page, uint32_t count);
int table_init(struct table *t);
void table_free(struct table *t);
void table_clear_page(struct table *t, uint32_t page);
void table_clear_range(struct table *t, uint32_t page, uint32_t count);
void table_give_back(struct table *t);

/* translate.c: translate what stands at eip.  Cache offset, or 0 with a trap in e->exit (a fetch fault). */
uint32_t translate(struct engine *e, uint32_t eip);
/* Fetch up to 15 bytes at eip: how many there are; fewer than wanted leaves the page fault in e->exit. */
unsigned fetch(struct engine *e, uint32_t eip, uint8_t buf[16], unsigned wanted, uint32_t pfn[2]);

/* emulate.c: carry out the instruction at vcpu.eip.  True: done; false: e->exit is for the machine. */
bool emulate(struct engine *e);

/* fault.c */
int fault_init(struct engine *e, struct error *err);
void fault_free(void);

static inline unsigned walk_flags(const struct engine *e)
{
	return e->vcpu->cpl == 3 ? WALK_USER : 0;
}

/* Without libc: memset may use registers that hold guest state. */
static inline void fill32(uint32_t *p, uint32_t v, size_t n)
{
	__asm__ volatile("rep stosl" : "+D"(p), "+c"(n) : "a"(v) : "memory");
}

static inline uint64_t read_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

#endif
