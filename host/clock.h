/* clock.c: time as the guest sees it, and its clock interrupt. */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include "machine.h"

/* monotonic.c */
uint64_t clock_monotonic_ns(void);

/* clock.c.  First of all, before system calls are restricted: find out about the TSC. */
void clock_start(void);
int clock_init(struct machine *m, struct error *err);
/* Copy the wall clock into lguest_data. */
void clock_wall(struct machine *m);
/* LHCALL_SET_CLOCKEVENT: irq 0 in ns nanoseconds, 0 cancels. */
void clock_set_event(struct machine *m, uint32_t ns);
/* Raise irq 0 if its time has come; otherwise make sure that we are called again when it has. */
void clock_check(struct machine *m);
/* LHCALL_CLOCK */
void clock_read(struct lguest_clock *out);
/* Look at interrupts again in 100 us: for guests without LHCALL_IRQ_PENDING. */
void clock_retry_soon(struct machine *m);
/* The same after ns (below a second), for whatever else machine_run looks at. */
void clock_retry_after(struct machine *m, uint32_t ns);
/* The TSC's rate, or 0 where it cannot be trusted. */
uint32_t clock_tsc_khz(void);

#endif
