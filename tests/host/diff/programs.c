/*
 * Compiled programs on the translator: each image (tests/host/programs) runs on the reference CPU and on the engine;
 * results, registers and all memory must be equal, and the result must be what the 64-bit build of the same source
 * says.  Then once more while another thread kicks the engine at random moments: every state that a kick shows must be
 * one that the reference passed through, and the result the same.
 *
 *   programs [--kicks=N] IMAGE...      beside NAME.VARIANT.bin, NAME.expect
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case.h"
#include "reference.h"

#define MAX_STEPS	6000000u
#define IMAGE_BYTES	(IMAGE_PAGES * 4096)
#define STACK_BYTES	(IMAGE_STACK_PAGES * 4096)

static uint8_t image[IMAGE_BYTES];
static struct cpu_state start;
static struct outcome expect, got;
static unsigned test_number, failures;

static void tell(bool ok, const char *name, const char *what)
{
	const char *base = strrchr(name, '/');

	printf("%sok %u - %s: %s\n", ok ? "" : "not ", ++test_number, base ? base + 1 : name, what);
	failures += !ok;
}

static bool read_image(const char *path)
{
	FILE *f = fopen(path, "rb");

	memset(image, 0, sizeof(image));
	if (!f || !fread(image, 1, sizeof(image), f)) {
		printf("# %s: cannot be read\n", path);
		if (f)
			fclose(f);
		return false;
	}
	fclose(f);
	return true;
}

/* The result that the 64-bit build printed: DIR/NAME.expect for DIR/NAME.VARIANT.bin. */
static uint32_t read_expected(const char *path)
{
	char name[512];
	const char *base = strrchr(path, '/');
	size_t n;
	unsigned value = 0;
	FILE *f;

	base = base ? base + 1 : path;
	n = (size_t)(base - path) + strcspn(base, ".");
	snprintf(name, sizeof(name), "%.*s.expect", (int)n, path);
	f = fopen(name, "r");
	if (!f || fscanf(f, "%x", &value) != 1)
		printf("# %s: no expected result there\n", name);
	if (f)
		fclose(f);
	return value;
}

/* The states the reference passed through: a set of hashes of EIP, registers and flags. */
#define TRACE_SLOTS	(1u << 24)
static uint64_t *trace;
static bool traced;

static uint64_t hash_state(const struct cpu_state *s)
{
	uint64_t h = s->eip;

	for (unsigned n = 0; n < 8; n++)
		h = (h ^ s->reg[n]) * 0x9e3779b97f4a7c15u ^ h >> 29;
	h = (h ^ (s->eflags & (F_STATUS | F_DF))) * 0xbf58476d1ce4e5b9u;
	return (h ^ h >> 31) | 1;
}

static uint64_t *trace_slot(uint64_t h)
{
	uint32_t n = (uint32_t)(h >> 32) % TRACE_SLOTS;

	while (trace[n] && trace[n] != h)
		n = (n + 1) % TRACE_SLOTS;
	return &trace[n];
}

static unsigned run_reference(void)
{
	struct reference r;
	unsigned steps = 0;

	memcpy(regions[PLACE_IMAGE].host, image, IMAGE_BYTES);
	memset(regions[PLACE_IMAGE_STACK].host, 0, STACK_BYTES);
	reference_take_signals();
	reference_start(&r, &start, &expect);
	do {
		if (traced) {
			uint64_t h = hash_state(&r.cpu);

			*trace_slot(h) = h;
		}
		steps++;
	} while (reference_step(&r) && steps < MAX_STEPS);
	if (steps == MAX_STEPS) {
		expect.ending = END_STUCK;
		expect.cpu = r.cpu;
	}
	reference_return_signals();
	return steps;
}

static void run_subject(void (*each_kick)(const struct cpu_state *))
{
	uint8_t *base[PLACES];

	subject_pages(base);
	memcpy(base[PLACE_IMAGE], image, IMAGE_BYTES);
	memset(base[PLACE_IMAGE_STACK], 0, STACK_BYTES);
	alarm(300);
	subject_execute(&start, &got, each_kick);
	alarm(0);
}

static bool same_memory(void)
{
	uint8_t *base[PLACES];
	static const enum place places[] = { PLACE_IMAGE, PLACE_IMAGE_STACK };

	subject_pages(base);
	for (unsigned p = 0; p < 2; p++) {
		const struct region *r = &regions[places[p]];

		for (uint32_t b = 0; b < r->pages << 12; b++)
			if (base[places[p]][b] != r->host[b]) {
				printf("# first difference in memory at %08x: expected %02x, got %02x\n", r->va + b, r->host[b],
				       base[places[p]][b]);
				return false;
			}
	}
	return true;
}

static bool compare(void)
{
	static struct result e, g;
	static struct test_case c;
	char text[4096];
	bool ok = true;

	e.out = expect;
	g.out = got;
	if (judge(&c, &e, &g, text, sizeof(text)) < 0) {
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			printf("# %s\n", line);
		ok = false;
	}
	return same_memory() && ok;
}

/* Kicks from another thread, with a kick seen by the runner. */
static atomic_bool kicking;
static uint64_t kicks_seen, kicks_strange;

static bool in_repeated_string(uint32_t eip)
{
	const struct region *r = space_find(eip);
	struct insn i;

	return r && ZYAN_SUCCESS(insn_decode(r->host + (eip - r->va), 15, &i)) && i.rep &&
	       i.z.meta.category == ZYDIS_CATEGORY_STRINGOP;
}

static void on_kick(const struct cpu_state *s)
{
	uint64_t h = hash_state(s);

	kicks_seen++;
	if (*trace_slot(h) == h || in_repeated_string(s->eip))
		return;
	if (kicks_strange++ < 3)
		printf("# a kick showed a state that the reference never had: eip %08x eax %08x ecx %08x edx %08x ebx %08x "
		       "esp %08x ebp %08x esi %08x edi %08x eflags %08x\n", s->eip, s->reg[0], s->reg[1], s->reg[2],
		       s->reg[3], s->reg[4], s->reg[5], s->reg[6], s->reg[7], s->eflags);
}

static void *kicker(void *arg)
{
	uint32_t seed = 12345;
	volatile uint32_t spin;

	(void)arg;
	while (atomic_load(&kicking)) {
		seed = seed * 1664525 + 1013904223;
		for (spin = seed >> 20; spin; spin--)
			;
		subject_kick();
	}
	return NULL;
}

static bool run_kicked(void)
{
	pthread_t thread;

	kicks_seen = kicks_strange = 0;
	atomic_store(&kicking, true);
	pthread_create(&thread, NULL, kicker, NULL);
	for (unsigned runs = 0; runs == 0 || (kicks_seen < 30 && runs < 20); runs++)	/* some are short */
		run_subject(on_kick);
	atomic_store(&kicking, false);
	pthread_join(thread, NULL);
	printf("# %llu kicks\n", (unsigned long long)kicks_seen);
	return kicks_strange == 0;
}

static void test_image(const char *path)
{
	uint32_t wanted = read_expected(path);
	struct timespec t0, t1;
	unsigned steps;
	char what[120];

	if (!read_image(path)) {
		tell(false, path, "image");
		return;
	}
	steps = run_reference();
	if (expect.ending != END_RAN || expect.cpu.reg[R_AX] != wanted)
		printf("# the reference CPU: ending %u, vector %u, eip %08x, result %08x; the 64-bit build's result %08x\n",
		       expect.ending, expect.vector, expect.cpu.eip, expect.cpu.reg[R_AX], wanted);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	run_subject(NULL);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	snprintf(what, sizeof(what), "%u instructions, result %08x, %.1f ms", steps, got.cpu.reg[R_AX],
		 (double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) / 1e6);
	tell(compare() && expect.ending == END_RAN && got.cpu.reg[R_AX] == wanted, path, what);
	if (!traced)
		return;
	bool consistent = run_kicked();

	tell(compare() && consistent, path, "the same under kicks");
	memset(trace, 0, TRACE_SLOTS * sizeof(*trace));
}

static void on_alarm(int sig)
{
	(void)sig;
	subject_abort();
}

/* One image in a child, so that a dying engine takes only it along. */
static void supervise(char **paths, unsigned n, unsigned tests_each)
{
	for (unsigned i = 0; i < n; i++) {
		int status, pipefd[2];
		unsigned state[2] = { 0, 0 };
		pid_t pid;

		fflush(stdout);
		if (pipe(pipefd) < 0 || (pid = fork()) < 0) {
			perror("Bail out! fork");
			exit(1);
		}
		if (pid == 0) {
			char why[200];

			if (subject_init(why, sizeof(why)) < 0) {
				printf("Bail out! the engine does not start: %s\n", why);
				fflush(stdout);
				_exit(3);
			}
			failures = 0;
			struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART | SA_ONSTACK };

			sigfillset(&sa.sa_mask);
			sigaction(SIGALRM, &sa, NULL);
			test_image(paths[i]);
			fflush(stdout);
			state[0] = test_number;
			state[1] = failures;
			_exit(write(pipefd[1], state, sizeof(state)) == sizeof(state) ? 0 : 1);
		}
		close(pipefd[1]);
		waitpid(pid, &status, 0);
		if (read(pipefd[0], state, sizeof(state)) == sizeof(state)) {
			failures += state[1];
		} else {
			printf("# the engine died (wait status %#x)\n", (unsigned)status);
			while (test_number < (i + 1) * tests_each)
				tell(false, paths[i], "the engine lives");
		}
		test_number = (i + 1) * tests_each;
		close(pipefd[0]);
	}
}

int main(int argc, char **argv)
{
	char why[80];
	int first = 1;

	if (argc > 1 && !strcmp(argv[1], "--kicks")) {
		traced = true;
		trace = mmap(NULL, TRACE_SLOTS * sizeof(*trace), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		first = 2;
	}
	if (first >= argc) {
		fprintf(stderr, "usage: programs [--kicks] IMAGE...\n");
		return 2;
	}
	reference_init();
	if (space_init(why) < 0) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	start.eip = IMAGE_VA;
	start.eflags = F_FIXED;
	start.reg[R_SP] = IMAGE_STACK_VA + STACK_BYTES - 16;
	start.seg[S_CS] = SEL_CODE;
	start.seg[S_SS] = start.seg[S_DS] = start.seg[S_ES] = SEL_DATA;
	start.fpu[0] = 0x7f;
	start.fpu[1] = 0x03;
	start.fpu[24] = 0x80;
	start.fpu[25] = 0x1f;
	start.fpu[28] = start.fpu[29] = 0xff;
	printf("1..%d\n", (argc - first) * (traced ? 2 : 1));
	supervise(argv + first, (unsigned)(argc - first), traced ? 2 : 1);
	return failures ? 1 : 0;
}
