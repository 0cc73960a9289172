/* patience.c: whether to look out for something for some microseconds before one sleeps. */
#ifndef HOST_PATIENCE_H
#define HOST_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#define PATIENCE_NS	50000	/* longer than it takes to be woken */
#define PATIENCE_TALK_NS 75000	/* for an answer, for which somebody else may have to be woken first */

/* Belongs to one thread at a time; all zeros at first. */
struct patience {
	unsigned penalty, left_out;
};

/* First of all: is there a CPU for the one that we would be waiting for? */
void patience_init(void);
/* Are there so many? */
bool patience_cpus(int n);
/* Is it worth while now?  If so the caller calls patience_wait. */
bool patience_worth(struct patience *p);
/* Look until f(ctx), or for ns nanoseconds; whether it came true. */
bool patience_wait(struct patience *p, uint32_t ns, bool (*f)(void *ctx), void *ctx);

#endif
