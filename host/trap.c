/*
 * Traps, iret, far transfers and interrupts: what lguest's host and the CPU between them do to a guest's stack and
 * registers, after chapter 5 of the interface's description.  Called with the FPU's state saved (machine.c), or `light`
 * (fast.c) while the FPU still holds the guest's: hence -mgeneral-regs-only.  A light call that meets anything
 * unusual changes nothing and says TRAP_HEAVY; the same exit then comes again, not light.
 */
#include "clock.h"
#include "pagetable.h"
#include "segment.h"
#include "trace.h"
#include "trap.h"

/* Flags that iret and popf at CPL 1 or 3 can change: CF PF AF ZF SF TF DF OF NT AC ID. */
#define FLAGS_CHANGEABLE	0x244dd5u
#define FLAGS_FIXED		(FLAGS_IF | 2u)
#define FLAGS_CLEARED_BY_TRAP	(FLAGS_TF | FLAGS_NT | 0x10000u)

#define GP_OF_INT(vector)	((vector) * 8 + 2)

typedef uint32_t __attribute__((aligned(1), may_alias)) any_u32;

static unsigned rights(struct machine *m)
{
	return m->vcpu.cpl == 3 ? WALK_USER : 0;
}

/* The error code of a page fault that we met on behalf of the guest; `error` has its P bit. */
static uint32_t fault_code(struct machine *m, uint32_t error, bool write)
{
	return error | (write ? 2 : 0) | (m->vcpu.cpl == 3 ? 4 : 0);
}

/* Kernel stacks are looked up for every trap and iret; the guest must announce changes of present entries anyhow. */
void trap_forget_stacks(struct machine *m)
{
	for (unsigned i = 0; i < STACK_PAGES; i++)
		m->stack_pages[i].page = NO_PAGE;
}

/* Our pointer to len bytes of a kernel stack that may simply be read and written, or NULL. */
static inline any_u32 *stack_bytes(struct machine *m, uint32_t va, uint32_t len)
{
	uint32_t page = va >> PAGE_SHIFT, error;
	struct stack_page *s = &m->stack_pages[page % STACK_PAGES];

	if ((va + len - 1) >> PAGE_SHIFT != page)
		return NULL;
	if (s->page != page) {
		int64_t gpa = va < m->page_offset ? -1 : pagetable_gpa(m, va, WALK_WRITE, &error);

		if (gpa < 0)
			return NULL;
		*s = (struct stack_page){ page, (uint32_t)(gpa >> PAGE_SHIFT) };
	}
	if (m->ram.flags[s->pfn])		/* a file's, or with translations: ram_write is needed */
		return NULL;
	return (any_u32 *)(m->ram.host + ((uint64_t)s->pfn << PAGE_SHIFT | (va & PAGE_MASK)));
}

/* Store n words, the lowest first, so that they end below `top`. */
static int push(struct machine *m, uint32_t top, const uint32_t *words, unsigned n, bool light)
{
	uint32_t low = top - 4 * n, fault, error;
	any_u32 *to = stack_bytes(m, low, 4 * n);

	if (to) {
		for (unsigned i = 0; i < n; i++)
			to[i] = words[i];
		return 0;
	}
	return light ? -1 : guest_write(m, low, words, 4 * n, 0, &fault, &error);
}

/* Fetch n words of `size` bytes from va on. */
static inline int pop(struct machine *m, uint32_t va, uint32_t *words, unsigned n, unsigned size, bool light)
{
	uint32_t fault, error;
	const any_u32 *from;

	if (size == 4 && m->vcpu.cpl == 1 && (from = stack_bytes(m, va, 4 * n))) {
		for (unsigned i = 0; i < n; i++)
			words[i] = from[i];
		return 0;
	}
	if (light)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		words[i] = 0;
		if (guest_read(m, va + i * size, &words[i], size, rights(m), &fault, &error) < 0) {
			trap_page_fault(m, fault, fault_code(m, error, false));
			return -1;
		}
	}
	return 0;
}

static uint32_t virtual_flags(struct machine *m)
{
	uint32_t flags = m->vcpu.eflags | FLAGS_IF;

	if (m->data && !(m->data->irq_enabled & LGUEST_IF))
		flags &= ~FLAGS_IF;
	return flags;
}

/* Go through a gate: build the frame, switch stacks if the guest's user was running. */
static inline enum trap_result enter(struct machine *m, const struct gate *gate, uint32_t flags, bool has_error, uint32_t error,
			      bool light)
{
	struct vcpu *v = &m->vcpu;
	bool user = v->cpl == 3;
	uint32_t frame[6], top = user ? m->stack_esp : v->reg[ESP];
	unsigned n = 0;

	if (has_error)
		frame[n++] = error;
	frame[n++] = v->eip;
	frame[n++] = v->seg[CS];
	frame[n++] = flags;
	if (user) {
		frame[n++] = v->reg[ESP];
		frame[n++] = v->seg[SS];
	}
	if (push(m, top, frame, n, light) < 0) {
		if (light)
			return TRAP_HEAVY;
		machine_kill(m, "the stack at %#x cannot take the frame of a trap at %#x", top, v->eip);
		return TRAP_DONE;
	}
	v->reg[ESP] = top - 4 * n;
	if (user) {
		v->seg[SS] = m->stack_ss;
		engine_set_cpl(m->engine, 1);
	}
	v->seg[CS] = KERNEL_CS;
	v->eip = gate->offset;
	v->eflags &= ~FLAGS_CLEARED_BY_TRAP;
	if (!gate->trap && m->data)
		m->data->irq_enabled = 0;
	return TRAP_DONE;
}

/* Vectors that the CPU takes to a trap gate by itself: the frame then shows the real IF, which is always 1. */
static bool direct(struct machine *m, unsigned vector)
{
	if (vector >= 32)
		return vector == 0x80 || vector == m->syscall_vec;
	return vector != TRAP_GP && vector != TRAP_PAGE && vector != 7;
}

/* May int n at this privilege go through its gate? */
static bool software_allowed(struct machine *m, unsigned vector)
{
	const struct gate *gate = &m->idt[vector];

	if (vector >= 32 && vector != 0x80 && vector != m->syscall_vec)
		return false;		/* the host's own interrupts */
	return gate->present && gate->dpl >= m->vcpu.cpl;
}

static enum trap_result dispatch(struct machine *m, unsigned vector, bool has_error, uint32_t error, bool light)
{
	const struct gate *gate = &m->idt[vector];
	enum trap_result result;
	uint32_t flags;

	if (!gate->present) {
		if (light)
			return TRAP_HEAVY;
		machine_kill(m, "unhandled trap %u at %#x (%#x)", vector, m->vcpu.eip,
			     vector == TRAP_PAGE && m->data ? m->data->cr2 : error);
		return TRAP_DONE;
	}
	flags = gate->trap && direct(m, vector) ? m->vcpu.eflags | FLAGS_IF : virtual_flags(m);
	result = enter(m, gate, flags, has_error, error, light);
	if (result == TRAP_DONE)
		m->stats.traps[vector]++;
	return result;
}

enum trap_result trap_take(struct machine *m, const struct engine_exit *x, bool light)
{
	if (x->software && !software_allowed(m, x->vector)) {
		if (light)
			return TRAP_HEAVY;
		m->vcpu.eip -= x->length;	/* a fault, no longer a trap */
		return dispatch(m, TRAP_GP, true, GP_OF_INT(x->vector), light);
	}
	if (x->vector == TRAP_PAGE && !x->software && m->data)
		m->data->cr2 = x->cr2;
	if (x->vector == TRAP_PAGE && !m->data && !light) {
		machine_kill(m, "unhandled trap 14 at %#x (%#x)", m->vcpu.eip, x->cr2);
		return TRAP_DONE;
	}
	return dispatch(m, x->vector, x->has_error, x->error, light);
}

void trap_fault(struct machine *m, unsigned vector, uint32_t error)
{
	bool has_error = vector == TRAP_DOUBLE || (vector >= TRAP_TSS && vector <= TRAP_PAGE);

	dispatch(m, vector, has_error, error, false);
}

void trap_page_fault(struct machine *m, uint32_t va, uint32_t error)
{
	if (m->data)
		m->data->cr2 = va;
	trap_fault(m, TRAP_PAGE, error);
}

/* Make a segment fault the guest's, unless this is a light call, which changes nothing. */
static enum trap_result segment_fault(struct machine *m, const struct segment_fault *fault, bool light)
{
	if (light)
		return TRAP_HEAVY;
	trap_fault(m, fault->vector, fault->error);
	return TRAP_DONE;
}

/* Go on at a code selector of the guest's kernel or user; esp and ss matter when the privilege changes. */
struct target {
	uint32_t eip, esp, cs, ss;
};

static inline int check_target(struct machine *m, const struct target *to, struct segment_fault *fault)
{
	unsigned rpl = to->cs & 3;
	uint32_t other = (to->cs ^ m->user_cs) | (to->ss ^ m->user_ss);

	if (m->vcpu.cpl == 1 && rpl == 3 && !other)
		return 0;
	if (rpl != m->vcpu.cpl && rpl != 3) {
		fault->vector = TRAP_GP;
		fault->error = to->cs & ~3u;
		return -1;
	}
	if (segment_check_code(m, (uint16_t)to->cs, rpl, fault) < 0)
		return -1;
	if (rpl == m->vcpu.cpl)
		return 0;
	if (segment_check_stack(m, (uint16_t)to->ss, rpl, fault) < 0)
		return -1;
	m->user_cs = to->cs;
	m->user_ss = to->ss;
	return 0;
}

static inline void go(struct machine *m, const struct target *to)
{
	struct vcpu *v = &m->vcpu;

	v->eip = to->eip;
	v->seg[CS] = (uint16_t)to->cs;
	v->reg[ESP] = to->esp;
	if ((to->cs & 3) != v->cpl) {
		v->seg[SS] = (uint16_t)to->ss;
		engine_set_cpl(m->engine, 3);
		segment_drop_privileged(m);
	}
}

enum trap_result trap_iret(struct machine *m, const struct engine_exit *x, bool light)
{
	struct vcpu *v = &m->vcpu;
	unsigned size = x->operand16 ? 2 : 4;
	uint32_t words[5], flags, mask = FLAGS_CHANGEABLE;
	struct segment_fault fault = { TRAP_TSS, 0 };
	struct target to;

	if (v->eflags & FLAGS_NT)		/* a return to another task, which does not exist */
		return segment_fault(m, &fault, light);
	if (light && v->cpl != 1)
		return TRAP_HEAVY;
	if (light && (v->reg[ESP] & PAGE_MASK) > PAGE_SIZE - 20)
		return TRAP_HEAVY;
	if (pop(m, v->reg[ESP], words, 3, size, light) < 0)
		return light ? TRAP_HEAVY : TRAP_DONE;
	to.eip = words[0];
	to.cs = (uint16_t)words[1];
	to.ss = 0;
	to.esp = v->reg[ESP] + 3 * size;
	flags = words[2];
	if ((to.cs & 3) != v->cpl) {
		if (pop(m, v->reg[ESP] + 3 * size, words + 3, 2, size, light) < 0)
			return light ? TRAP_HEAVY : TRAP_DONE;
		to.esp = words[3];
		to.ss = (uint16_t)words[4];
	}
	if (check_target(m, &to, &fault) < 0)
		return segment_fault(m, &fault, light);
	if (size == 2)
		mask &= 0xffff;
	go(m, &to);
	v->eflags = (v->eflags & ~mask) | (flags & mask) | FLAGS_FIXED;
	m->stats.irets++;
	return TRAP_DONE;
}

static void far_return(struct machine *m, const struct engine_exit *x)
{
	struct vcpu *v = &m->vcpu;
	unsigned size = x->operand16 ? 2 : 4;
	uint32_t words[4], esp = v->reg[ESP];
	struct segment_fault fault;
	struct target to;

	if (pop(m, esp, words, 2, size, false) < 0)
		return;
	to.eip = words[0];
	to.cs = (uint16_t)words[1];
	to.ss = 0;
	esp += 2 * size + x->far_pop;
	to.esp = esp;
	if ((to.cs & 3) != v->cpl) {
		if (pop(m, esp, words + 2, 2, size, false) < 0)
			return;
		to.esp = words[2] + x->far_pop;
		to.ss = (uint16_t)words[3];
	}
	if (check_target(m, &to, &fault) < 0) {
		segment_fault(m, &fault, false);
		return;
	}
	go(m, &to);
}

void trap_far(struct machine *m, const struct engine_exit *x)
{
	struct vcpu *v = &m->vcpu;
	uint16_t selector = (uint16_t)((x->selector & ~3u) | v->cpl);
	struct segment_fault fault;
	uint32_t frame[2], va, error;
	uint16_t frame16[2];
	unsigned len;

	m->stats.far_transfers++;
	if (x->far_kind == 2) {
		far_return(m, x);
		return;
	}
	if (x->selector >= 4 && (x->selector & 3) > v->cpl) {
		trap_fault(m, TRAP_GP, x->selector & ~3u);
		return;
	}
	if (segment_check_code(m, x->selector < 4 ? 0 : selector, v->cpl, &fault) < 0) {
		segment_fault(m, &fault, false);
		return;
	}
	if (x->far_kind == 1) {
		frame[0] = v->eip + x->length;
		frame[1] = v->seg[CS];
		frame16[0] = (uint16_t)frame[0];
		frame16[1] = v->seg[CS];
		len = x->operand16 ? 4 : 8;
		if (guest_write(m, v->reg[ESP] - len, x->operand16 ? (void *)frame16 : frame, len, rights(m), &va, &error) < 0) {
			trap_page_fault(m, va, fault_code(m, error, true));
			return;
		}
		v->reg[ESP] -= len;
	}
	v->seg[CS] = selector;
	v->eip = x->far_offset;
}

enum trap_result trap_segment(struct machine *m, const struct engine_exit *x, bool light)
{
	struct vcpu *v = &m->vcpu;
	struct segment_fault fault;

	if (x->seg_index == CS || x->seg_index > GS) {
		if (light)
			return TRAP_HEAVY;
		trap_fault(m, TRAP_UD, 0);
		return TRAP_DONE;
	}
	if (segment_load(m, x->seg_index, x->selector, &fault) < 0)
		return segment_fault(m, &fault, light);
	v->reg[ESP] = x->new_esp;
	if (x->dest_reg >= 0)
		v->reg[x->dest_reg & 7] = x->dest_value;
	v->eip += x->length;
	m->stats.segment_loads++;
	return TRAP_DONE;
}

/* No ports exist: `in` finds all ones where lguest shows them, `out` vanishes. */
static bool emulate_io(struct machine *m, const uint8_t *code, unsigned len)
{
	unsigned at = 0, prefix16 = 0;

	if (len > 0 && code[0] == 0x66) {
		prefix16 = 1;
		at = 1;
	}
	if (at >= len)
		return false;
	switch (code[at]) {
	case 0xe4: case 0xec:
		m->vcpu.reg[EAX] |= 0xffffu << (prefix16 ? 16 : 0);
		return true;
	case 0xe5: case 0xed:
		m->vcpu.reg[EAX] = 0xffffffffu;
		return true;
	case 0xe6: case 0xe7: case 0xee: case 0xef:
		return true;
	}
	return false;
}

void trap_privileged(struct machine *m, const struct engine_exit *x)
{
	uint8_t code[16];
	unsigned len = x->length < sizeof code ? x->length : sizeof code;
	uint32_t fault, error;

	if (m->vcpu.cpl == 1 && guest_read(m, m->vcpu.eip, code, len, 0, &fault, &error) == 0 && emulate_io(m, code, len)) {
		m->vcpu.eip += x->length;
		m->stats.emulated++;
		return;
	}
	trap_fault(m, TRAP_GP, 0);
}

static bool in_window(struct machine *m)
{
	return m->vcpu.eip >= m->noirq_start && m->vcpu.eip < m->noirq_end;
}

bool trap_irq_ready(struct machine *m)
{
	uint32_t pending = machine_pending(m);

	return pending && m->data->irq_enabled & LGUEST_IF && !in_window(m) &&
	       m->idt[LGUEST_IRQ_VECTOR + __builtin_ctz(pending)].present;
}

void trap_interrupts(struct machine *m)
{
	bool ready = trap_irq_ready(m);
	uint32_t pending = machine_pending(m);	/* after ready: another thread may raise one in between */
	unsigned irq;

	if (ready) {
		irq = (unsigned)__builtin_ctz(pending);
		atomic_fetch_and(&m->irqs, ~(1u << irq));
		m->stats.irqs[irq]++;
		clock_wall(m);
		if (m->trace & TRACE_IRQ)
			trace_irq(m, irq);
		enter(m, &m->idt[LGUEST_IRQ_VECTOR + irq], virtual_flags(m), false, 0, false);
		if (machine_ended(m))
			return;
		pending &= ~(1u << irq);
		if (trap_irq_ready(m))
			engine_kick(m->engine);
	}
	if (m->irq_word)
		*m->irq_word = pending ? LGUEST_IF : 0;
	else if (pending)
		clock_retry_soon(m);
}

void trap_set_gate(struct machine *m, uint32_t vector, uint32_t low, uint32_t high)
{
	uint32_t type = high >> 8 & 0x1f;
	struct gate *gate;

	if (vector == 2 || vector == 8 || vector == 15 || vector == LGUEST_TRAP_ENTRY)
		return;
	if (vector >= 64 && vector != 0x80 && vector != m->syscall_vec)
		return;
	gate = &m->idt[vector & 0xff];
	if (!(high & 0x8000)) {
		*gate = (struct gate){ 0 };
		return;
	}
	if (type != 0xe && type != 0xf) {
		machine_kill(m, "bad IDT type %u", type);
		return;
	}
	gate->offset = (high & 0xffff0000u) | (low & 0xffff);
	gate->present = true;
	gate->trap = type == 0xf;
	gate->dpl = high >> 13 & 3;
}
