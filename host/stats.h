/* stats.c: --stats. */
#ifndef HOST_STATS_H
#define HOST_STATS_H

#include "machine.h"

/* Before the system calls are restricted, if stats_print is going to be called. */
void stats_open(void);
/* What the guest cost, on standard error: as a table or as one JSON object. */
void stats_print(const struct machine *m, bool json);

#endif
