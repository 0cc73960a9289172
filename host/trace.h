/* trace.c: --trace=WHAT, one line an event on standard error. */
#ifndef HOST_TRACE_H
#define HOST_TRACE_H

#include "machine.h"

#define trace(m, what, ...) \
	do { \
		if (__builtin_expect((m)->trace & (what), 0)) \
			trace_line(__VA_ARGS__); \
	} while (0)

void trace_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void trace_exit(struct machine *m, const struct engine_exit *x);
void trace_irq(struct machine *m, unsigned irq);	/* it goes in */
/* Parse "hcall,trap,...": 0 and *mask, or -1. */
int trace_parse(const char *list, unsigned *mask, struct error *err);

#endif
