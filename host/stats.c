/*
 * --stats: what a guest cost, printed at its end.  One table of names and places serves both formats; hypercalls, traps
 * and interrupts that never came are left out.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "hypercall.h"
#include "stats.h"

static bool as_json;
static const char *current;		/* group that is being printed */
static bool first;
static int rollup = -1;			/* /proc/self/smaps_rollup, which cannot be opened at the end any more */

void stats_open(void)
{
	rollup = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
}

static void number(const char *group, const char *name, uint64_t value)
{
	if (!as_json) {
		fprintf(stderr, "  %-12s %-24s %14" PRIu64 "\n", group, name, value);
		return;
	}
	if (current != group) {
		fprintf(stderr, "%s\"%s\": {", current ? "}, " : "", group);
		first = true;
	}
	fprintf(stderr, "%s\"%s\": %" PRIu64, first ? "" : ", ", name, value);
	current = group;
	first = false;
}

static void hypercalls(const struct stats *s)
{
	for (uint32_t i = 0; i < HCALL_COUNTERS; i++)
		if (s->hcalls[i])
			number("hypercalls", hypercall_name(i), s->hcalls[i]);
	number("hypercalls", "through the ring", s->ring_calls);
}

static void vectors(const char *group, const uint64_t *counts, unsigned n)
{
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%u", i);
		if (counts[i])
			number(group, name, counts[i]);
	}
}

static void engine(const struct machine *m)
{
	struct engine_stats e = { 0 };

	engine_get_stats(m->engine, &e);
	number("engine", "blocks", e.blocks);
	number("engine", "instructions", e.instructions_translated);
	number("engine", "code bytes", e.code_bytes);
	number("engine", "indirect misses", e.indirect_misses);
	number("engine", "window faults", e.window_faults);
	number("engine", "window mmaps", e.window_mmaps);
	number("engine", "pages mapped", e.pages_mapped);
	number("engine", "spaces recycled", e.spaces_recycled);
	number("engine", "code invalidations", e.code_invalidations);
	number("engine", "kicks", e.kicks);
}

static uint64_t us(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

static void times(const struct machine *m)
{
	const struct stats *s = &m->stats;
	uint32_t khz = clock_tsc_khz();
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	number("time", "elapsed us", (clock_monotonic_ns() - s->start_ns) / 1000);
	number("time", "halted us", s->halt_ns / 1000);
	if (khz)
		number("time", "slow exits us", (uint64_t)((double)s->exit_tsc * 1000 / khz));
	number("time", "cpu user us", us(usage.ru_utime));
	number("time", "cpu system us", us(usage.ru_stime));
}

/* KiB that a line of smaps_rollup gives; -1: there is none. */
static long mapped(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtol(p + strlen(name), NULL, 10) : -1;
}

/*
 * The kernel's own counters of what is resident (ru_maxrss, VmHWM) count a page of RAM for each window that shows it; what is
 * proportional counts it once.
 */
static void memory(const struct machine *m)
{
	char text[2048];
	ssize_t n = rollup < 0 ? -1 : pread(rollup, text, sizeof text - 1, 0);
	struct stat st;

	if (n > 0) {
		text[n] = '\0';
		if (mapped(text, "\nPss:") >= 0)
			number("memory", "resident KiB", (uint64_t)mapped(text, "\nPss:"));
		if (mapped(text, "\nAnonymous:") >= 0)
			number("memory", "anonymous KiB", (uint64_t)mapped(text, "\nAnonymous:"));
	}
	if (fstat(m->ram.memfd, &st) == 0)
		number("memory", "guest RAM KiB", (uint64_t)st.st_blocks / 2);
}

void stats_print(const struct machine *m, bool json)
{
	const struct stats *s = &m->stats;

	as_json = json;
	current = NULL;
	fputs(json ? "{" : "statistics\n", stderr);
	hypercalls(s);
	vectors("traps", s->traps, 256);
	vectors("interrupts", s->irqs, LGUEST_IRQS);
	number("exits", "light", s->fast_exits);
	number("exits", "slow", s->slow_exits);
	number("exits", "iret", s->irets);
	number("exits", "segment loads", s->segment_loads);
	number("exits", "far transfers", s->far_transfers);
	number("exits", "emulated", s->emulated);
	number("exits", "halts", s->halts);
	number("dma", "bytes in", s->dma_in_bytes);
	number("dma", "bytes out", s->dma_out_bytes);
	number("dma", "requests", s->requests);
	number("dma", "requests deferred", s->requests_deferred);
	number("page", "table walks", s->walks);
	engine(m);
	times(m);
	memory(m);
	fputs(json ? "}}\n" : "", stderr);
}
