/*
 * The machine: one guest's RAM, CPU, lguest state and devices.  Everything that plays lguest's part hangs off struct
 * machine; the engine below knows nothing of it.  Unless a member says otherwise it belongs to the vCPU thread, the
 * one that calls machine_run.  Other threads (io.c) only raise interrupts and ask for work, both atomically.
 */
#ifndef HOST_MACHINE_H
#define HOST_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../abi/lguest.h"
#include "engine/engine.h"
#include "error.h"
#include "patience.h"
#include "ram.h"

struct device;
struct image;
struct options;

#define GDT_ENTRIES	LGUEST_GDT_ENTRIES
#define KERNEL_CS	0x61
#define MAX_BINDINGS	32

#define FLAGS_TF	0x100u
#define FLAGS_IF	0x200u
#define FLAGS_NT	0x4000u

enum { TRAP_DEBUG = 1, TRAP_BREAKPOINT = 3, TRAP_OVERFLOW = 4, TRAP_UD = 6, TRAP_DOUBLE = 8, TRAP_TSS = 10,
       TRAP_NOT_PRESENT = 11, TRAP_STACK = 12, TRAP_GP = 13, TRAP_PAGE = 14 };

/* What we keep of an IDT entry. */
struct gate {
	uint32_t offset;
	bool present;
	bool trap;		/* type 0xF: the virtual interrupt flag stays as it is */
	uint8_t dpl;
};

/* Where a page of the guest's kernel is that has taken frames: what a TLB would remember. */
struct stack_page {
	uint32_t page;			/* virtual, NO_PAGE if empty */
	uint32_t pfn;
};
#define STACK_PAGES	16
#define NO_PAGE		0xffffffffu

/* Buffers that the guest offers for input. */
struct binding {
	uint32_t key;
	uint32_t gpa;		/* array of struct lguest_dma */
	uint16_t count;
	uint8_t irq;		/* 0: this slot is not in use */
};

enum machine_end {
	END_NOT,
	END_EXIT,		/* LHCALL_EXIT: end_text is the guest's message, "" for success */
	END_CRASH,		/* LHCALL_CRASH: end_text is the guest's message */
	END_KILLED,		/* the guest broke a rule, or has no handler for a trap */
	END_USER,		/* the person at the terminal left */
	END_HOST,		/* something outside failed */
	END_PIPE,		/* nobody reads standard output any more */
};

enum asleep { AWAKE, LOOKING /* for a change of wakes */, SLEEPING /* on it */, WATCHING /* descriptors, too */ };

enum { TRACE_HCALL = 1, TRACE_TRAP = 2, TRACE_PAGE = 4, TRACE_DMA = 8, TRACE_IRQ = 16, TRACE_SEGMENT = 32 };

#define HCALL_COUNTERS	64

struct stats {
	uint64_t hcalls[HCALL_COUNTERS];	/* by number; the last one counts all others */
	uint64_t traps[256];			/* reflected, by vector */
	uint64_t irqs[LGUEST_IRQS];		/* injected */
	uint64_t irets, segment_loads, far_transfers, emulated;
	uint64_t fast_exits, slow_exits;
	uint64_t walks;				/* page table walks for the engine */
	uint64_t ring_calls;			/* hypercalls that came through the ring */
	uint64_t halts, halt_ns;
	uint64_t dma_in_bytes, dma_out_bytes;
	uint64_t requests, requests_deferred;	/* by LHCALL_REQUEST; those of them that waited */
	uint64_t exit_tsc;			/* TSC ticks spent in slow exits other than HALT */
	uint64_t start_ns;
};

struct machine {
	struct vcpu vcpu;
	struct ram ram;
	struct engine *engine;
	const struct options *options;

	/* lguest_data, in the guest's memory; NULL before INIT.  The guest may change it at any time. */
	struct lguest_data *data;
	uint32_t *irq_word;		/* LHCALL_IRQ_PENDING's, in the guest's memory, or NULL */
	uint32_t page_offset;		/* lowest address of the guest's kernel; all spaces agree above it */
	uint32_t noirq_start, noirq_end;
	uint8_t syscall_vec;
	uint32_t frames;		/* page frames that the guest may name: RAM and device pages */
	uint32_t stack_esp;		/* for entries from CPL 3 */
	uint16_t stack_ss;
	uint8_t ring_next;		/* the host's place in the ring of asynchronous calls */
	bool light;			/* inside fast.c: the FPU holds the guest's state */
	bool exit_taken;		/* fast.c handled the exit, but wants us to look at interrupts */
	struct stack_page stack_pages[STACK_PAGES];	/* trap.c */
	uint32_t user_cs, user_ss;	/* last found good to return to; 0 after a change of the GDT */
	uint64_t gdt[GDT_ENTRIES];
	struct gate idt[256];
	struct binding bindings[MAX_BINDINGS];

	_Atomic uint32_t irqs;		/* pending interrupts: any thread sets, the vCPU clears */
	_Atomic uint32_t work;		/* devices (bit = index) that want device.work called: any thread sets */
	_Atomic uint32_t wakes;		/* futex: counts what might end a HALT */
	_Atomic uint32_t asleep;	/* the vCPU is in HALT: enum asleep */
	int wake_fd;			/* an eventfd, for when it waits for descriptors as well */
	_Atomic bool retry_irq;		/* an interrupt waits for a guest that cannot tell us when it is ready */
	_Atomic uint64_t clock_deadline; /* CLOCK_MONOTONIC ns of the next clock interrupt, 0 none */

	_Atomic uint32_t end;		/* enum machine_end; the first one stays */
	char end_text[256];

	unsigned deferred;		/* requests that threads of devices work on */
	uint64_t deferred_bytes;	/* of theirs */
	struct patience patience;
	struct patience patient_talk;	/* with those whom the guest talks to */
	bool talked;			/* it has, since the last HALT */
	bool unwatched;			/* a device waits for more than the I/O thread has been told */
	uint64_t woke_ns;		/* the last HALT's end */
	struct device *devices[LGUEST_MAX_DEVICES];
	unsigned ndevices;
	pthread_t thread;		/* the vCPU's */
	const struct image *kernel;	/* for symbols */
	unsigned trace;
	struct stats stats;
};

/* machine.c */
int machine_init(struct machine *m, const struct options *options, struct error *err);
/* Run until the guest ends; the reason is in m->end. */
void machine_run(struct machine *m);
/* End the guest: the first reason wins.  From walk and other places that may not use stdio too. */
void machine_end(struct machine *m, enum machine_end end, const char *text);
void machine_kill(struct machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* From any thread: interrupt n is pending; a device wants its work function called; look around. */
void machine_raise(struct machine *m, unsigned irq);
void machine_want_work(struct machine *m, unsigned index);
void machine_wake(struct machine *m);
/* LHCALL_HALT. */
void machine_halt(struct machine *m);

/* fast.c: struct engine_host.fast */
bool machine_fast(void *ctx, struct vcpu *v, const struct engine_exit *x);

static inline bool machine_ended(struct machine *m)
{
	return atomic_load_explicit(&m->end, memory_order_relaxed) != END_NOT;
}

/* Pending interrupts that the guest has not masked. */
static inline uint32_t machine_pending(struct machine *m)
{
	uint32_t irqs = atomic_load_explicit(&m->irqs, memory_order_relaxed);

	return irqs && m->data ? irqs & ~m->data->blocked_interrupts : 0;
}

#endif
