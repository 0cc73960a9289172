/*
 * What the fuzzers share: options, a seed that is printed, a bound by count or seconds, and TAP for the result.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct fuzz {
	const char *what;
	uint64_t state, seed, count, done;
	unsigned seconds;
	time_t until;
};

static struct fuzz *fuzz_current;

static inline uint32_t fuzz_next(struct fuzz *f)
{
	f->state ^= f->state >> 12;
	f->state ^= f->state << 25;
	f->state ^= f->state >> 27;
	return (uint32_t)(f->state * 0x2545f4914f6cdd1du >> 32);
}

static inline uint32_t fuzz_below(struct fuzz *f, uint32_t n)
{
	return (uint32_t)((uint64_t)fuzz_next(f) * n >> 32);
}

/* Each input has a seed of its own, seed + number: a failing one runs alone with --seed=THAT --count=1. */
static inline int fuzz_more(struct fuzz *f)
{
	if (f->count && f->done >= f->count)
		return 0;
	if (f->until && (f->done & 63) == 0 && time(NULL) >= f->until)
		return 0;
	f->state = (f->seed + f->done++ + 1) * 0x9e3779b97f4a7c15u;
	fuzz_next(f);
	return 1;
}

static inline void __attribute__((noreturn, format(printf, 1, 2))) fuzz_fail(const char *fmt, ...)
{
	va_list ap;

	printf("# --seed=%llu --count=1: ", (unsigned long long)(fuzz_current->seed + fuzz_current->done - 1));
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\nnot ok 1 - %s takes anything\n", fuzz_current->what);
	exit(1);
}

static inline void fuzz_start(struct fuzz *f, const char *what, int argc, char **argv)
{
	memset(f, 0, sizeof(*f));
	f->what = what;
	f->seed = (uint64_t)time(NULL);
	int given = 0;

	fuzz_current = f;
	for (int i = 1; i < argc; i++) {
		given |= !!strncmp(argv[i], "--seed=", 7);
		if (!strncmp(argv[i], "--seed=", 7))
			f->seed = strtoull(argv[i] + 7, NULL, 0);
		else if (!strncmp(argv[i], "--count=", 8))
			f->count = strtoull(argv[i] + 8, NULL, 0);
		else if (!strncmp(argv[i], "--seconds=", 10))
			f->seconds = (unsigned)strtoul(argv[i] + 10, NULL, 0);
		else {
			fprintf(stderr, "usage: %s [--seed=N] [--count=N] [--seconds=N]\n", argv[0]);
			exit(2);
		}
	}
	if (!given)
		f->seconds = 5;
	if (f->seconds)
		f->until = time(NULL) + f->seconds;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..1\n# %s: seed %llu\n", what, (unsigned long long)f->seed);
}

static inline int fuzz_end(const struct fuzz *f)
{
	printf("# %llu inputs\nok 1 - %s takes anything\n", (unsigned long long)f->done, f->what);
	return 0;
}

#endif
