/* trap.c: traps, returns and interrupts as the guest sees them. */
#ifndef HOST_TRAP_H
#define HOST_TRAP_H

#include "machine.h"

/* How far a handler came.  Only the `light` callers (fast.c) ever see TRAP_HEAVY: nothing has changed, the same exit
 * must be handled again outside of the engine. */
enum trap_result { TRAP_DONE, TRAP_HEAVY };

/* A trap or fault of the CPU or an int n, for which x stands: through the guest's IDT, or the guest dies. */
enum trap_result trap_take(struct machine *m, const struct engine_exit *x, bool light);
/* A fault that we found while we stood in for the CPU; eip is at the faulting instruction. */
void trap_fault(struct machine *m, unsigned vector, uint32_t error);
void trap_page_fault(struct machine *m, uint32_t va, uint32_t error);
enum trap_result trap_iret(struct machine *m, const struct engine_exit *x, bool light);
void trap_far(struct machine *m, const struct engine_exit *x);
enum trap_result trap_segment(struct machine *m, const struct engine_exit *x, bool light);
/* A privileged instruction: emulate what lguest emulates, else #GP(0). */
void trap_privileged(struct machine *m, const struct engine_exit *x);

/* Can a pending interrupt go in right now? */
bool trap_irq_ready(struct machine *m);
/* Before the guest goes on: inject the first interrupt that may go in, or see that it is tried again. */
void trap_interrupts(struct machine *m);

/* Page tables or what they say of the kernel have changed. */
void trap_forget_stacks(struct machine *m);
/* IDT rules. */
void trap_set_gate(struct machine *m, uint32_t vector, uint32_t low, uint32_t high);

#endif
