/*
 * Windows against a model: many address spaces map the same few pages in changing ways, and code in them loads, stores,
 * and calls what it finds there, at both privilege levels.  Each physical page holds a function that returns the page's
 * value, and the value is the operand inside that function: so every store is also a change of code, and what a load, a
 * call and the host see must be one and the same.  After a change of the tables the engine is told, as a guest's
 * kernel would, and must not show the old state.
 *
 *   spaces [--seed=N] [--count=N]
 */
#pragma GCC target("general-regs-only")		/* walk runs while the FPU holds the guest's state */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../../host/engine/engine.h"

#define SPACES		120u
#define PAGES		96u		/* pages a space may map */
#define KERNEL_PAGES	32u
#define FRAMES		256u		/* physical pages to map */
#define FILE_FRAMES	32u		/* the last of them begin as a file's */
#define FIRST_FRAME	16u
#define CODE_FRAME	1u

#define USER_VA		0x00400000u
#define CODE_VA		0x00300000u	/* the snippets, in every space */
#define KERNEL_VA	0xf0000000u
#define STACK_FRAME	2u
#define STACK_VA	0x00200000u
#define END_SELECTOR	0x33

/* A page's function is at a place of its own; some straddle nothing, all lie apart. */
#define FUNCTION	0x123u
#define VALUE		(FUNCTION + 1)

struct entry {
	uint16_t frame;
	bool present, writable, user;
};

static struct entry user[SPACES][PAGES], kernel[KERNEL_PAGES];
static uint32_t value[FRAMES];
static struct ram ram;
static struct vcpu vcpu;
static struct engine *engine;
static uint64_t state, seed, count = 400000, done;
static unsigned space, cpl;
static char history[16][96];

static uint32_t rnd(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1du >> 32) * n >> 32);
}

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(history[done % 16], sizeof(history[0]), fmt, ap);
	va_end(ap);
}

static struct entry *find(uint32_t s, uint32_t va)
{
	if (va - USER_VA < PAGES << 12)
		return &user[s][(va - USER_VA) >> 12];
	if (va - KERNEL_VA < KERNEL_PAGES << 12)
		return &kernel[(va - KERNEL_VA) >> 12];
	return NULL;
}

static int walk(void *ctx, uint32_t s, uint32_t va, unsigned flags, struct mapping *out, uint32_t *error_code)
{
	static const struct entry code = { CODE_FRAME, true, false, true }, stack = { STACK_FRAME, true, true, true };
	const struct entry *e = (va & ~PAGE_MASK) == CODE_VA ? &code : (va & ~PAGE_MASK) == STACK_VA ? &stack :
				find(s >> PAGE_SHIFT, va);

	(void)ctx;
	*error_code = 0;
	if (!e || !e->present)
		return -1;
	*error_code = 1;
	if (((flags & WALK_WRITE) && !e->writable) || ((flags & WALK_USER) && !e->user))
		return -1;
	*out = (struct mapping){ .pfn = e->frame, .writable = e->writable, .user = e->user };
	return 0;
}

static bool fast(void *ctx, struct vcpu *v, const struct engine_exit *exit)
{
	(void)ctx;
	(void)v;
	(void)exit;
	return false;
}

/* mov eax, value; ret */
static void put_function(uint8_t *page, uint32_t v)
{
	page[FUNCTION] = 0xb8;
	memcpy(page + VALUE, &v, 4);
	page[VALUE + 4] = 0xc3;
}

static void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *fmt, ...)
{
	va_list ap;

	for (unsigned n = 15; n > 0; n--)
		printf("# before: %s\n", history[(done - n) % 16]);
	printf("# operation %llu of seed %llu: %s\n# ", (unsigned long long)done, (unsigned long long)seed, history[done % 16]);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\nnot ok 1 - windows show what the page tables say\n");
	fflush(stdout);
	_exit(1);
}

/* The snippets: load, store, call.  Offsets in the code page. */
enum { LOAD = 0, STORE = 64, CALL = 128 };

static void setup(void)
{
	static const uint8_t snippets[3][16] = {
		{ 0x8b, 0x01 }, { 0x89, 0x11 }, { 0xff, 0xd1 },		/* mov eax,[ecx]; mov [ecx],edx; call ecx */
	};
	static const struct engine_host host = { .walk = walk, .fast = fast };
	struct error err = { "" };
	uint8_t page[PAGE_SIZE] = { 0 }, *code;
	int fd = memfd_create("file", 0);

	if (ram_init(&ram, (FIRST_FRAME + FRAMES) * PAGE_SIZE, 1, &err) < 0)
		die("%s", err.text);
	for (unsigned f = 0; f < FRAMES; f++) {
		value[f] = f * 0x01010101u;
		put_function(page, value[f]);
		if (f < FRAMES - FILE_FRAMES)
			memcpy(ram_write(&ram, (FIRST_FRAME + f) * PAGE_SIZE, PAGE_SIZE), page, PAGE_SIZE);
		else if (write(fd, page, PAGE_SIZE) != (ssize_t)PAGE_SIZE)
			die("cannot write the file");
	}
	if (ram_map_file(&ram, (FIRST_FRAME + FRAMES - FILE_FRAMES) * PAGE_SIZE, fd, 0, FILE_FRAMES * PAGE_SIZE, &err) < 0)
		die("%s", err.text);
	code = ram_write(&ram, CODE_FRAME * PAGE_SIZE, PAGE_SIZE);
	for (unsigned n = 0; n < 3; n++) {
		memcpy(code + 64 * n, snippets[n], 2);
		memcpy(code + 64 * n + 2, "\xea\0\0\0\x40\x33\0", 7);
	}
	engine = engine_new(&ram, &host, NULL, &vcpu, &err);
	if (!engine)
		die("%s", err.text);
	engine_set_kernel_address(engine, KERNEL_VA);
	vcpu.fpu[0] = 0x7f;
	vcpu.fpu[1] = 0x03;
	vcpu.fpu[24] = 0x80;
	vcpu.fpu[25] = 0x1f;
	for (unsigned n = 0; n < 6; n++)
		vcpu.seg[n] = 0x2b;
}

static void change_mapping(void)
{
	bool in_kernel = rnd(8) == 0;
	unsigned s = rnd(3) ? space : rnd(SPACES), page = rnd(in_kernel ? KERNEL_PAGES : PAGES), run = 1 + rnd(6);
	unsigned frame = rnd(FRAMES), how = rnd(20);
	uint32_t va = (in_kernel ? KERNEL_VA : USER_VA) + page * PAGE_SIZE;

	note("map space %u va %#x run %u frame %u", s, va, run, frame);
	for (; run && page < (in_kernel ? KERNEL_PAGES : PAGES); run--, page++, va += PAGE_SIZE) {
		struct entry *e = in_kernel ? &kernel[page] : &user[s][page];

		*e = (struct entry){ .frame = (uint16_t)(FIRST_FRAME + frame), .present = rnd(8) != 0,
				     .writable = rnd(3) != 0, .user = !in_kernel && rnd(8) != 0 };
		frame = rnd(4) ? (frame + 1) % FRAMES : rnd(FRAMES);
		if (how >= 3)
			engine_flush_page(engine, s << PAGE_SHIFT, va);
	}
	if (how == 0)
		engine_flush_all(engine);
	else if (how == 1 && s == space && !in_kernel)
		engine_flush_user(engine);
	else if (how < 3)
		engine_flush_table(engine, s << PAGE_SHIFT, va - PAGE_SIZE), engine_flush_all(engine);
}

static void host_writes(void)
{
	unsigned frame = rnd(FRAMES);
	uint32_t v = rnd(0xffffffff);

	note("the host writes frame %u", frame);
	memcpy(ram_write(&ram, (FIRST_FRAME + frame) * PAGE_SIZE + VALUE, 4), &v, 4);
	value[frame] = v;
}

static void host_reads(void)
{
	unsigned frame = rnd(FRAMES);
	uint32_t v;

	note("the host reads frame %u", frame);
	memcpy(&v, ram_read(&ram, (FIRST_FRAME + frame) * PAGE_SIZE + VALUE, 4), 4);
	if (v != value[frame])
		die("expected %#x, the host sees %#x", value[frame], v);
}

static void expect_fault(const struct engine_exit *x, uint32_t error, uint32_t cr2)
{
	if (x->event != ENGINE_TRAP || x->vector != 14 || x->error != error || x->cr2 != cr2)
		die("expected a page fault, error %#x, at %#x; got event %u, vector %u, error %#x, cr2 %#x, eip %#x", error, cr2,
		    x->event, x->vector, x->error, x->cr2, vcpu.eip);
}

static void access_page(void)
{
	unsigned kind = rnd(3);
	bool in_kernel = rnd(5) == 0, write = kind == 1;
	uint32_t page = (in_kernel ? KERNEL_VA : USER_VA) + rnd(in_kernel ? KERNEL_PAGES : PAGES) * PAGE_SIZE;
	uint32_t va = page + (kind == 2 ? FUNCTION : VALUE), v = rnd(0xffffffff);
	const struct entry *e = find(space, va);
	bool allowed = e->present && (cpl == 1 || e->user) && (!write || e->writable);
	struct engine_exit x;

	note("space %u cpl %u %s %#x (frame %d%s%s%s)", space, cpl, kind == 0 ? "loads" : write ? "stores" : "calls", va,
	     e->frame - (int)FIRST_FRAME, e->present ? " present" : "", e->writable ? " writable" : "", e->user ? " user" : "");
	vcpu.reg[ECX] = va;
	vcpu.reg[EDX] = v;
	vcpu.reg[ESP] = STACK_VA + PAGE_SIZE;
	vcpu.eip = CODE_VA + (kind == 0 ? LOAD : write ? STORE : CALL);
	vcpu.eflags = 0x202;
	do {
		memset(&x, 0, sizeof(x));
		engine_run(engine, &x);
	} while (x.event == ENGINE_KICK);
	if (!allowed) {
		expect_fault(&x, (e->present ? 1 : 0) | (write ? 2 : 0) | (cpl == 3 ? 4 : 0), va);
		return;
	}
	if (x.event != ENGINE_FARCALL || x.selector != END_SELECTOR)
		die("expected success; got event %u, vector %u, error %#x, cr2 %#x, eip %#x", x.event, x.vector, x.error, x.cr2,
		    vcpu.eip);
	if (write)
		value[e->frame - FIRST_FRAME] = v;
	else if (vcpu.reg[EAX] != value[e->frame - FIRST_FRAME])
		die("expected %#x, got %#x", value[e->frame - FIRST_FRAME], vcpu.reg[EAX]);
}

static void switch_space(void)
{
	space = rnd(4) ? rnd(8) : rnd(SPACES);		/* some are busy, many are not */
	cpl = rnd(2) ? 3 : 1;
	note("to space %u, cpl %u", space, cpl);
	engine_set_space(engine, space << PAGE_SHIFT);
	engine_set_cpl(engine, cpl);
}

int main(int argc, char **argv)
{
	seed = (uint64_t)time(NULL);
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--seed=", 7))
			seed = strtoull(argv[i] + 7, NULL, 0);
		else if (!strncmp(argv[i], "--count=", 8))
			count = strtoull(argv[i] + 8, NULL, 0);
		else {
			fprintf(stderr, "usage: spaces [--seed=N] [--count=N]\n");
			return 2;
		}
	state = seed * 0x9e3779b97f4a7c15u | 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..1\n# seed %llu\n", (unsigned long long)seed);
	setup();
	switch_space();
	for (done = 1; done <= count; done++) {
		uint32_t way = rnd(100);

		if (way < 12)
			change_mapping();
		else if (way < 18)
			switch_space();
		else if (way < 21)
			host_writes();
		else if (way < 23)
			host_reads();
		else
			access_page();
	}
	printf("ok 1 - windows show what the page tables say\n");
	return 0;
}
