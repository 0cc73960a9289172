/*
 * --trace: what happens at the border between guest and host, one line an event on standard error, with the seconds since
 * the first.  While anything is traced, fast.c leaves every exit to the slow path, so that the trace is complete.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hypercall.h"
#include "trace.h"

static const struct {
	const char *name;
	unsigned bit;
} kinds[] = {
	{ "hcall", TRACE_HCALL },	/* hypercalls with their arguments */
	{ "trap", TRACE_TRAP },		/* traps, faults, irets */
	{ "page", TRACE_PAGE },		/* page faults that reach the guest, page table switches */
	{ "dma", TRACE_DMA },		/* DMA sent, bound, filled */
	{ "irq", TRACE_IRQ },		/* interrupts raised */
	{ "segment", TRACE_SEGMENT },	/* segment loads, far transfers, privileged instructions */
	{ "all", ~0u },
};
#define KINDS	(sizeof kinds / sizeof kinds[0])

void trace_line(const char *fmt, ...)
{
	static uint64_t start;
	uint64_t us = clock_monotonic_ns() / 1000;
	char line[256];
	va_list ap;
	int n;

	if (!start)
		start = us;
	us -= start;
	n = snprintf(line, 40, "trace: %u.%06u ", (unsigned)(us / 1000000), (unsigned)(us % 1000000));
	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof line - 1 - (size_t)n, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof line - 2)
		n = sizeof line - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;			/* nobody listens */
}

int trace_parse(const char *list, unsigned *mask, struct error *err)
{
	while (*list) {
		size_t len = strcspn(list, ","), i;

		for (i = 0; i < KINDS; i++)
			if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, list, len) == 0)
				break;
		if (i == KINDS)
			return error_set(err, "--trace: cannot trace '%.*s'; there are hcall, trap, page, dma, irq, segment, all",
					 (int)len, list);
		*mask |= kinds[i].bit;
		list += len + (list[len] == ',');
	}
	return 0;
}

static void trace_trap(const struct vcpu *v, const struct engine_exit *x, unsigned mask)
{
	if (x->vector == 14 && !x->software) {
		if (mask & (TRACE_TRAP | TRACE_PAGE))
			trace_line("page fault at eip %#x: address %#x error %#x cpl %u", v->eip, x->cr2, x->error, v->cpl);
	} else if (mask & TRACE_TRAP) {
		trace_line("trap %u%s at eip %#x error %#x cpl %u eax %#x", x->vector, x->software ? " (int)" : "", v->eip,
			   x->error, v->cpl, v->reg[EAX]);
	}
}

void trace_exit(struct machine *m, const struct engine_exit *x)
{
	const struct vcpu *v = &m->vcpu;

	switch (x->event) {
	case ENGINE_TRAP:
		if (x->software && x->vector == LGUEST_TRAP_ENTRY && v->cpl == 1)
			trace(m, TRACE_HCALL, "hcall %s (%#x %#x %#x) from %#x", hypercall_name(v->reg[EAX]), v->reg[EDX],
			      v->reg[EBX], v->reg[ECX], v->eip);
		else
			trace_trap(v, x, m->trace);
		break;
	case ENGINE_IRET:
		trace(m, TRACE_TRAP, "iret at %#x esp %#x", v->eip, v->reg[ESP]);
		break;
	case ENGINE_SEGMENT:
		trace(m, TRACE_SEGMENT, "load of segment register %u with %#x at %#x", x->seg_index, x->selector, v->eip);
		break;
	case ENGINE_FARCALL:
		trace(m, TRACE_SEGMENT, "far %s at %#x to %#x:%#x", x->far_kind == 2 ? "return" : x->far_kind ? "call" : "jump",
		      v->eip, x->selector, x->far_offset);
		break;
	case ENGINE_PRIVILEGED:
		trace(m, TRACE_SEGMENT, "privileged instruction at %#x cpl %u", v->eip, v->cpl);
		break;
	case ENGINE_KICK:
		trace(m, TRACE_IRQ, "looked at interrupts at eip %#x: pending %#x enabled %#x", v->eip,
		      atomic_load(&m->irqs), m->data ? m->data->irq_enabled : 0);
		break;
	}
}

void trace_irq(struct machine *m, unsigned irq)
{
	trace_line("interrupt %u at eip %#x cpl %u", irq, m->vcpu.eip, m->vcpu.cpl);
}
