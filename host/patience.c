/*
 * To sleep and be woken costs both sides more than a short transfer does; to look out in vain costs the time of whoever could have had
 * the CPU.  So each attempt that was in vain makes the next ones rarer, and those that were not make them usual again.  machine.c
 * does it for the vCPU while a device is at work for it, dev/request.c for a thread that has just had something to do.
 */
#include "patience.h"

#include <immintrin.h>
#include <sched.h>

#include "clock.h"

#define RAREST		63		/* opportunities left out after one in vain, at most */

static int cpus;

void patience_init(void)
{
	cpu_set_t set;

	cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

bool patience_cpus(int n)
{
	return cpus >= n;
}

bool patience_worth(struct patience *p)
{
	if (!patience_cpus(2))
		return false;
	if (p->left_out < p->penalty) {
		p->left_out++;
		return false;
	}
	p->left_out = 0;
	return true;
}

bool patience_wait(struct patience *p, uint32_t ns, bool (*f)(void *ctx), void *ctx)
{
	uint64_t now = clock_monotonic_ns(), end = now + ns;
	bool came = f(ctx);

	while (!came && now < end) {
		for (int i = 0; i < 8 && !came; i++) {
			_mm_pause();
			came = f(ctx);
		}
		now = clock_monotonic_ns();
	}
	/* What came after the end came because somebody took the CPU away from us. */
	if (now < end)
		p->penalty /= 2;
	else
		p->penalty = p->penalty * 2 + 1 < RAREST ? p->penalty * 2 + 1 : RAREST;
	return came;
}
