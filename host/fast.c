/*
 * Light exits: what a guest does a million times a second, taken without leaving the engine and without saving
 * the FPU, which holds the guest's state meanwhile.  So: general registers only, no library calls, nothing that can
 * fail.  Whatever is out of the ordinary is left alone (return false), and machine.c does it at leisure.
 */
#include "dev/request.h"
#include "pagetable.h"
#include "trap.h"

static bool valid_stack(struct machine *m, uint32_t ss, uint32_t esp, uint32_t pages)
{
	uint32_t error;

	if ((ss & 3) != 1 || pages > 2)
		return false;
	for (uint32_t i = 0; i < pages; i++)
		if (pagetable_gpa(m, esp - 1 - i * PAGE_SIZE, WALK_WRITE, &error) < 0)
			return false;
	return true;
}

static bool light_hypercall(struct machine *m, struct vcpu *v)
{
	if (!m->data || m->data->hcall_status[m->ring_next] != 0xff)
		return false;
	switch (v->reg[EAX]) {
	case LHCALL_FLUSH_ASYNC:
		break;
	case LHCALL_NEW_PGTABLE:
		if (v->reg[EDX] >> PAGE_SHIFT >= m->frames)
			return false;
		engine_set_space(m->engine, v->reg[EDX] & ~PAGE_MASK);
		break;
	case LHCALL_SET_STACK:
		if (!valid_stack(m, v->reg[EDX], v->reg[EBX], v->reg[ECX]))
			return false;
		m->stack_ss = (uint16_t)v->reg[EDX];
		m->stack_esp = v->reg[EBX];
		break;
	case LHCALL_TS:
		engine_set_fpu_trap(m->engine, v->reg[EDX] != 0);
		break;
	case LHCALL_REQUEST:
		if (!request_light(m, v->reg[EDX], v->reg[EBX], v->reg[ECX]))
			return false;
		break;
	default:
		return false;
	}
	m->stats.hcalls[v->reg[EAX]]++;
	return true;
}

static bool take(struct machine *m, struct vcpu *v, const struct engine_exit *x)
{
	switch (x->event) {
	case ENGINE_TRAP:
		if (x->software && x->vector == LGUEST_TRAP_ENTRY && v->cpl == 1)
			return light_hypercall(m, v);
		return trap_take(m, x, true) == TRAP_DONE;
	case ENGINE_IRET:
		return trap_iret(m, x, true) == TRAP_DONE;
	case ENGINE_SEGMENT:
		return trap_segment(m, x, true) == TRAP_DONE;
	}
	return false;
}

bool machine_fast(void *ctx, struct vcpu *v, const struct engine_exit *x)
{
	struct machine *m = ctx;
	bool taken;

	if (m->trace || machine_ended(m))
		return false;
	m->light = true;
	taken = take(m, v, x);
	m->light = false;
	if (!taken)
		return false;
	m->stats.fast_exits++;
	if (machine_ended(m) || (atomic_load_explicit(&m->irqs, memory_order_relaxed) && trap_irq_ready(m))) {
		m->exit_taken = true;
		return false;
	}
	return true;
}
