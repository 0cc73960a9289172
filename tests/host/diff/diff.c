/*
 * Differential tests of the translator: the same bytes, from the same state, on the reference CPU and on the engine.
 * Two parts, each a TAP test: the systematic table of encodings, and random sequences.  The work is done in a child, so
 * that a translator that dies takes one case with it; its parent tells which, and goes on behind it.
 *
 * Cases are made and run on the reference in batches, then run on the engine, because both want the same signals.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case.h"
#include "reference.h"

#define BATCH		48u
#define MAX_KEYS	200u
#define MAX_DEATHS	25u

static struct {
	uint64_t seed, first, count;
	unsigned values, groups, shown, part;
	bool minimize, table, kicks;
} opt = { .count = 1000000, .values = 1, .groups = ~0u, .shown = 12, .minimize = true };

/* Shared by the worker and its parent. */
struct progress {
	volatile uint64_t next;		/* the first case not yet done */
	volatile uint64_t at;		/* the case that runs on the engine now */
	volatile bool in_subject;
	volatile uint64_t done, failed, skipped;
	unsigned keys;
	struct { char key[96]; uint64_t count; } key[MAX_KEYS];
};
static struct progress *progress;

static bool make_case(uint64_t number, struct test_case *c, struct result *expect)
{
	if (opt.table)
		return table_case(opt.seed, opt.values, number, c, expect);
	return gen_case(opt.seed, number, c, expect);
}

/* A watchdog: the same case over two ticks is stuck. */
static volatile sig_atomic_t ticks_at_case;
static volatile uint64_t watched;

static void on_tick(int sig)
{
	(void)sig;
	if (!progress->in_subject || watched != progress->at) {
		watched = progress->at;
		ticks_at_case = 0;
	} else if (++ticks_at_case >= 3) {
		subject_abort();
	}
}

static void start_watchdog(void)
{
	struct sigaction sa = { .sa_handler = on_tick, .sa_flags = SA_RESTART | SA_ONSTACK };
	struct itimerval it = { { 0, 300000 }, { 0, 300000 } };

	sigfillset(&sa.sa_mask);		/* a kick from within must interrupt what we did */
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static pthread_mutex_t kick_lock = PTHREAD_MUTEX_INITIALIZER;

static void run_subject(const struct test_case *c, struct result *got)
{
	progress->at = c->number;
	progress->in_subject = true;
	subject_run(c, got);
	if (opt.kicks)
		pthread_mutex_lock(&kick_lock);
	progress->in_subject = false;
	if (opt.kicks) {
		pthread_mutex_unlock(&kick_lock);
		syscall(SYS_getppid);		/* a kick on its way arrives here, not in the reference */
	}
}

static struct result expect_again, got_again;
static char text[16384];

static void run_both(const struct test_case *c)
{
	reference_take_signals();
	case_reference(c, &expect_again);
	reference_return_signals();
	subject_place(c);
	run_subject(c, &got_again);
}

static bool fails(const struct test_case *c)
{
	run_both(c);
	return expect_again.out.ending != END_UNTOLD && expect_again.out.ending != END_STUCK &&
	       !expect_again.out.touched_code &&
	       judge(c, &expect_again, &got_again, text, sizeof(text)) < 0;
}

/* Count the bug under its key; true if it is new. */
static bool new_key(const char *key)
{
	for (unsigned n = 0; n < progress->keys; n++)
		if (!strcmp(progress->key[n].key, key)) {
			progress->key[n].count++;
			return false;
		}
	if (progress->keys == MAX_KEYS)
		return false;
	snprintf(progress->key[progress->keys].key, sizeof(progress->key[0].key), "%s", key);
	progress->key[progress->keys++].count = 1;
	return true;
}

static void print_case(const struct test_case *c, const char *differences)
{
	case_print(c);
	for (const char *p = differences; *p;) {
		size_t n = strcspn(p, "\n");

		printf("# %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
	printf("#   again: --seed=%llu --first=%llu --count=1%s\n", (unsigned long long)opt.seed,
	       (unsigned long long)c->number, opt.table ? " --table" : "");
	fflush(stdout);
}

static void failed(struct test_case *c, const struct result *expect, const struct result *got)
{
	char key[96];

	progress->failed++;
	judge(c, expect, got, text, sizeof(text));
	if (progress->failed > 3000) {
		new_key("more");
		return;
	}
	if (opt.minimize) {
		struct test_case small = *c;

		if (fails(&small)) {
			shrink(&small, fails);
			fails(&small);
			judge_key(&small, &expect_again, &got_again, key, sizeof(key));
			if (new_key(key) && progress->keys <= opt.shown)
				print_case(&small, text);
			return;
		}
		printf("# not the same twice:\n");
		judge(c, expect, got, text, sizeof(text));
	}
	judge_key(c, expect, got, key, sizeof(key));
	if (new_key(key) && progress->keys <= opt.shown)
		print_case(c, text);
}

static void batch(struct test_case *cases, struct result *expect)
{
	uint64_t number = progress->next, end = opt.first + opt.count;
	unsigned n = 0;
	struct result *got = &got_again;

	reference_take_signals();
	for (; n < BATCH && number < end && number < progress->next + 4096; number++) {
		if (make_case(number, &cases[n], &expect[n]))
			n++;
		else
			progress->skipped++;
	}
	reference_return_signals();
	for (unsigned k = 0; k < n; k++)
		subject_place(&cases[k]);
	for (unsigned k = 0; k < n; k++) {
		run_subject(&cases[k], got);
		if (judge(&cases[k], &expect[k], got, text, sizeof(text)) < 0) {
			static struct result kept;

			kept = *got;
			failed(&cases[k], &expect[k], &kept);
			/* Shrinking wrote over code of the cases to come. */
			for (unsigned m = k + 1; m < n; m++)
				subject_place(&cases[m]);
		}
		progress->done++;
		progress->next = cases[k].number + 1;
	}
	progress->next = number;
}

/* Interrupts from another thread, at any moment of any case. */
static void *kicker(void *arg)
{
	struct rng g;

	(void)arg;
	rng_seed(&g, opt.seed, 0);
	for (;;) {
		for (volatile uint32_t spin = rnd_below(&g, 3000); spin; spin--)
			;
		pthread_mutex_lock(&kick_lock);
		if (progress->in_subject)
			subject_kick();
		pthread_mutex_unlock(&kick_lock);
	}
	return NULL;
}

static void start_kicker(void)
{
	pthread_t thread;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);		/* the watchdog is the main thread's */
	pthread_create(&thread, NULL, kicker, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void worker(void)
{
	static struct test_case cases[BATCH];
	static struct result expect[BATCH];
	char why[200];

	if (subject_init(why, sizeof(why)) < 0) {
		printf("Bail out! the engine does not start: %s\n", why);
		fflush(stdout);
		_exit(3);
	}
	start_watchdog();
	if (opt.kicks)
		start_kicker();
	while (progress->next < opt.first + opt.count)
		batch(cases, expect);
	fflush(stdout);
	_exit(0);
}

/* The engine died: say on which case (the reference can make it again), and go on behind it. */
static void tell_death(int status)
{
	static struct test_case c;
	static struct result expect;

	progress->failed++;
	reference_take_signals();
	make_case(progress->at, &c, &expect);
	reference_return_signals();
	snprintf(text, sizeof(text), "  the engine died: %s %d%s\n", WIFSIGNALED(status) ? "signal" : "exit status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		 progress->in_subject ? "" : " (not while it ran the case)");
	new_key("the engine died");
	print_case(&c, text);
	progress->in_subject = false;
	progress->next = progress->at + 1;
}

static int run_all(const char *name, unsigned n)
{
	unsigned deaths = 0;
	struct timespec t0, t1;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	progress->next = opt.first;
	while (progress->next < opt.first + opt.count && deaths < MAX_DEATHS) {
		int status;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid < 0) {
			perror("Bail out! fork");
			return 1;
		}
		if (pid == 0)
			worker();
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
			return 1;
		if (!WIFEXITED(status) || WEXITSTATUS(status)) {
			deaths++;
			tell_death(status);
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &t1);
	for (unsigned k = 0; k < progress->keys; k++)
		printf("# %6llu x %s\n", (unsigned long long)progress->key[k].count, progress->key[k].key);
	printf("# %s: seed %llu, %llu cases compared, %llu without verdict, %llu failed, %.1f s\n", name,
	       (unsigned long long)opt.seed, (unsigned long long)progress->done, (unsigned long long)progress->skipped,
	       (unsigned long long)progress->failed,
	       (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9);
	if (deaths == MAX_DEATHS)
		printf("# gave up after %u deaths of the engine\n", deaths);
	printf("%sok %u - %s\n", progress->failed || deaths ? "not " : "", n, name);
	return progress->failed || deaths ? 1 : 0;
}

/* The reference against the CPU in 32-bit mode: every encoding and as many random sequences, in a child. */
static void oracle_cases(bool table, uint64_t count)
{
	static struct test_case c;
	static struct result expect, got;
	static char key[96];

	opt.table = table;
	for (uint64_t n = opt.first; n < opt.first + count; n++) {
		progress->at = n;
		reference_take_signals();
		bool made = make_case(n, &c, &expect);

		reference_return_signals();
		if (!made || expect.out.ending == END_FAR || (expect.out.ending == END_TRAP && expect.out.vector == 6))
			continue;
		native_take_signals();
		alarm(100);
		made = native_run(&c, &got);
		alarm(0);
		if (!made)
			continue;
		for (unsigned s = 0; s < 6; s++)		/* the kernel keeps no RPL of a null selector */
			if (expect.out.cpu.seg[s] < 4 && got.out.cpu.seg[s] == 0)
				got.out.cpu.seg[s] = expect.out.cpu.seg[s];
		if (expect.out.ending == END_RAN)
			got.out.cpu.eip = expect.out.cpu.eip;
		progress->done++;
		if (judge(&c, &expect, &got, text, sizeof(text)) == 0)
			continue;
		progress->failed++;
		judge_key(&c, &expect, &got, key, sizeof(key));
		if (new_key(key) && progress->keys <= opt.shown)
			print_case(&c, text);
	}
}

static int run_oracle(uint64_t count)
{
	char why[80];
	int status = 0;
	pid_t pid;

	printf("1..1\n");
	if (native_init(why, sizeof(why)) < 0) {
		printf("ok 1 - the reference CPU does what the CPU does in 32-bit mode # skip %s\n", why);
		return 0;
	}
	space_native_segments = true;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		oracle_cases(true, count ? count : table_size(opt.values));
		oracle_cases(false, count ? count : 300000);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	for (unsigned k = 0; k < progress->keys; k++)
		printf("# %6llu x %s\n", (unsigned long long)progress->key[k].count, progress->key[k].key);
	if (status)
		printf("# died with status %#x at case %llu\n", (unsigned)status, (unsigned long long)progress->at);
	printf("# seed %llu, %llu cases compared, %llu failed\n", (unsigned long long)opt.seed,
	       (unsigned long long)progress->done, (unsigned long long)progress->failed);
	printf("%sok 1 - the reference CPU does what the CPU does in 32-bit mode\n", status || progress->failed ? "not " : "");
	return status || progress->failed ? 1 : 0;
}

static void choose_groups(const char *list)
{
	opt.groups = 0;
	for (unsigned n = 0; n < GROUPS; n++)
		if (strstr(list, group_names[n]))
			opt.groups |= 1u << n;
	if (!opt.groups) {
		fprintf(stderr, "diff: --groups=%s: none of int stack flow string x87 mmx sse system\n", list);
		exit(2);
	}
}

static const char usage[] =
	"usage: diff [--table | --random] [options]\n"
	"  --table           the systematic table of encodings\n"
	"  --oracle          instead, check the reference CPU against the CPU in 32-bit mode\n"
	"  --random          random sequences (default: both)\n"
	"  --seed=N          default: from the clock\n"
	"  --count=N         cases; default 1000000, or the whole table\n"
	"  --first=N         number of the first case\n"
	"  --values=N        table: operand values for each encoding\n"
	"  --groups=LIST     random: of int stack flow string x87 mmx sse system\n"
	"  --kicks           interrupt the engine at random moments\n"
	"  --shown=N         print at most N different failures\n"
	"  --no-minimize     print failing cases as they are\n";

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "table", no_argument, NULL, 't' }, { "random", no_argument, NULL, 'r' },
		{ "oracle", no_argument, NULL, 'o' },
		{ "kicks", no_argument, NULL, 'k' },
		{ "seed", required_argument, NULL, 's' }, { "count", required_argument, NULL, 'n' },
		{ "first", required_argument, NULL, 'f' }, { "values", required_argument, NULL, 'v' },
		{ "groups", required_argument, NULL, 'g' }, { "shown", required_argument, NULL, 'p' },
		{ "minimize", no_argument, NULL, 'm' }, { "no-minimize", no_argument, NULL, 'M' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	bool count_given = false;
	char why[80];
	int c, bad = 0;
	uint64_t count;

	opt.seed = (uint64_t)time(NULL);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 't': opt.part |= 1; break;
		case 'r': opt.part |= 2; break;
		case 'o': opt.part |= 4; break;
		case 'k': opt.kicks = true; break;
		case 's': opt.seed = strtoull(optarg, NULL, 0); break;
		case 'n': opt.count = strtoull(optarg, NULL, 0); count_given = true; break;
		case 'f': opt.first = strtoull(optarg, NULL, 0); break;
		case 'v': opt.values = (unsigned)strtoul(optarg, NULL, 0); break;
		case 'g': choose_groups(optarg); break;
		case 'p': opt.shown = (unsigned)strtoul(optarg, NULL, 0); break;
		case 'm': opt.minimize = true; break;
		case 'M': opt.minimize = false; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	if (!opt.part)
		opt.part = 3;
	if (!opt.values)
		opt.values = 1;
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	reference_init();
	if (space_init(why) < 0) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	images_init(opt.seed);
	gen_init(opt.groups);
	if (opt.part & 4)
		return run_oracle(count_given ? opt.count : 0);
	printf("1..%u\n", (opt.part & 1) + (opt.part >> 1));
	count = opt.count;
	if (opt.part & 1) {
		opt.table = true;
		if (!count_given || opt.first + opt.count > table_size(opt.values))
			opt.count = table_size(opt.values) - opt.first;
		bad |= run_all("every encoding does what the CPU does", 1);
		memset(progress, 0, sizeof(*progress));
	}
	if (opt.part & 2) {
		opt.table = false;
		opt.count = count;
		bad |= run_all("random sequences do what the CPU does", 1 + (opt.part & 1));
	}
	return bad;
}
