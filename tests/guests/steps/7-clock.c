/*
 * Step 7: a clock tick.  SET_CLOCKEVENT makes irq 0 pending once; HALT waits for it without using the CPU.
 * support
 * expect-status: 0
 * expect-stdout: tick
 * expect-stdout: tick
 * expect-stdout: tick
 */
#include "guest.h"

static volatile unsigned ticks;

void main(void);

static void tick(struct frame *f)
{
	check(f->vector == 32, "not the clock's vector");
	check(lguest.irq_enabled == 0, "an interrupt gate left interrupts enabled");
	ticks++;
	print("tick\n");
	if (ticks < 3)
		hcall(LHCALL_SET_CLOCKEVENT, 2000000, 0, 0);
}

static void enable(void)
{
	lguest.irq_enabled = LGUEST_IF;
}

void main(void)
{
	begin();
	traps_begin();
	irq_handler = tick;
	hcall(LHCALL_SET_CLOCKEVENT, 2000000, 0, 0);
	while (ticks < 2)
		hcall(LHCALL_HALT, 0, 0, 0);
	enable();
	while (ticks < 3)			/* the third interrupts us at work */
		;
	finish("");
}
