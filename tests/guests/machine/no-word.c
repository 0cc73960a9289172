/*
 * A guest that knows nothing of IRQ_PENDING just sets irq_enabled: the waiting interrupt comes within a short time.
 * support
 * expect-status: 0
 * expect-stdout: came
 */
#include "guest.h"

void main(void);

static volatile unsigned ticks;

static void tick(struct frame *f)
{
	(void)f;
	ticks++;
}

void main(void)
{
	begin();
	traps_begin();
	irq_handler = tick;
	lguest.irq_enabled = 0;
	hcall(LHCALL_SET_CLOCKEVENT, 200000, 0, 0);
	for (unsigned i = 0; i < 20000000; i++)
		__asm__ volatile ("" : : : "memory");
	check(ticks == 0, "interrupted while disabled");
	lguest.irq_enabled = LGUEST_IF;
	while (ticks == 0)
		;
	print("came\n");
	finish("");
}
