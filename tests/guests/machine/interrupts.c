/*
 * Virtual interrupts: none while irq_enabled is 0, masked or in the noirq window; the IRQ_PENDING word tells of one that
 * waits, and any hypercall takes it; the frame's eflags show the virtual flag; HALT enables interrupts.
 * support
 * expect-status: 0
 * expect-stdout: interrupts
 */
#include "guest.h"

void main(void);

static volatile unsigned ticks;
static volatile uint32_t frame_flags, frame_eip;
static volatile uint32_t word __attribute__((aligned(4)));

static void tick(struct frame *f)
{
	ticks++;
	frame_flags = f->eflags;
	frame_eip = f->eip;
	check(lguest.irq_enabled == 0, "the gate left interrupts enabled");
}

static void spin_until_pending(void)
{
	while (!word)				/* should it never come, the test runs out of time */
		;
	check(word == LGUEST_IF, "the word is something else than the flag");
}

extern const char window_start[], window_end[];

/* Spin inside the window until the interrupt has been pending for long, on a host that is not late, then leave. */
static void spin_in_window(uint32_t count)
{
	__asm__ volatile (
		"window_start: 1: dec %0\n"
		"jnz 1b\n"
		"window_end: nop\n"
		: "+r" (count));
}

/* Set a clock event and cancel it before its time: again, if a host that is late let it come in between. */
static void cancel(void)
{
	unsigned before;

	lguest.irq_enabled = LGUEST_IF;
	do {
		before = ticks;
		hcall(LHCALL_SET_CLOCKEVENT, 1000000, 0, 0);
		hcall(LHCALL_SET_CLOCKEVENT, 0, 0, 0);
		hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	} while (ticks != before);
}

void main(void)
{
	unsigned before;

	lguest.noirq_start = (uint32_t)window_start;
	lguest.noirq_end = (uint32_t)window_end;
	begin();
	traps_begin();
	irq_handler = tick;
	hcall(LHCALL_IRQ_PENDING, PA(&word), 0, 0);
	check(word == 0, "pending at the start");

	lguest.irq_enabled = 0;
	hcall(LHCALL_SET_CLOCKEVENT, 1000000, 0, 0);
	spin_until_pending();
	hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	check(ticks == 0, "interrupted while disabled");
	lguest.irq_enabled = LGUEST_IF;
	hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	check(ticks == 1, "a hypercall did not take the waiting interrupt");
	check(word == 0, "the word still tells of an interrupt");
	check(frame_flags & LGUEST_IF, "the frame does not show interrupts enabled");

	lguest.irq_enabled = LGUEST_IF;
	lguest.blocked_interrupts = 1;
	hcall(LHCALL_SET_CLOCKEVENT, 500000, 0, 0);
	for (unsigned i = 0; i < 50000000; i++)
		__asm__ volatile ("" : : : "memory");
	check(ticks == 1, "interrupted while masked");
	lguest.blocked_interrupts = 0;
	while (ticks == 1)			/* the host may be late here, too */
		hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	check(ticks == 2, "an unmasked interrupt came twice");

	lguest.irq_enabled = LGUEST_IF;
	hcall(LHCALL_SET_CLOCKEVENT, 500000, 0, 0);
	while (ticks == 2) {
		spin_in_window(50000000);
		hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	}
	check(ticks == 3, "the window doubled an interrupt");
	check(frame_eip < (uint32_t)window_start || frame_eip >= (uint32_t)window_end, "interrupted in the window");

	cancel();
	before = ticks;
	for (unsigned i = 0; i < 50000000; i++)
		__asm__ volatile ("" : : : "memory");
	check(ticks == before, "a cancelled clock event came");

	lguest.irq_enabled = 0;
	hcall(LHCALL_SET_CLOCKEVENT, 1000000, 0, 0);
	hcall(LHCALL_HALT, 0, 0, 0);
	check(ticks == before + 1, "HALT came back without its interrupt");
	print("interrupts\n");
	finish("");
}
