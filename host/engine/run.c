/*
 * In and out of translated code: the public calls of engine.h, and engine_light_exit, to which every way out of
 * translated code leads.  A light exit runs on the vCPU's stack with the guest's FPU state in the registers, so everything
 * it reaches must do with general registers and without libc; what needs more returns 0 and is done in engine_run.
 */
#pragma GCC target("general-regs-only")
#include "private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AT(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
AT(vcpu, reg, VCPU_REG);
AT(vcpu, eip, VCPU_EIP);
AT(vcpu, eflags, VCPU_EFLAGS);
AT(vcpu, seg, VCPU_SEG);
AT(vcpu, seg_base, VCPU_SEG_BASE);
AT(vcpu, seg_access, VCPU_SEG_ACCESS);
AT(vcpu, fpu, VCPU_FPU);
AT(vcpu, engine, VCPU_ENGINE);
AT(vcpu, raw_flags, VCPU_RAW_FLAGS);
AT(vcpu, probe, VCPU_PROBE);
AT(vcpu, fpu_probe, VCPU_FPU_PROBE);
AT(engine, host_rsp, ENGINE_HOST_RSP);
AT(engine, vcpu, ENGINE_VCPU);
AT(engine, base, ENGINE_BASE);
AT(engine, table_now, ENGINE_TABLE);
AT(engine, cache, ENGINE_CACHE);
AT(engine, target, ENGINE_TARGET);
AT(engine, kicked, ENGINE_KICKED);
AT(engine, fpu_live, ENGINE_FPU_LIVE);
AT(engine, mxcsr, ENGINE_MXCSR);
AT(engine, status, ENGINE_STATUS);

void trap_exit(struct engine *e, unsigned vector, bool has_error, uint32_t error)
{
	e->exit = (struct engine_exit){ .event = ENGINE_TRAP, .vector = (uint8_t)vector, .has_error = has_error,
		.error = error, .dest_reg = -1 };
}

/* ---- choosing what to run in ---- */

/* Base, table and variant for what vcpu says now.  False: its space has no windows yet (window_pair makes them). */
bool engine_select(struct engine *e)
{
	struct vcpu *v = e->vcpu;
	bool user = v->cpl == 3, careful = v->seg_access[ES] | v->seg_access[SS] | v->seg_access[DS];

	if (!e->pair) {
		e->pair = window_find(e, v->space);
		if (!e->pair)
			return false;
		e->pair->last_use = ++e->clock;
	}
	e->variant = (user ? VARIANT_USER : 0) | (careful ? VARIANT_CAREFUL : 0) |
		(v->eflags & EFLAGS_TF ? VARIANT_SINGLE : 0);
	e->base = user ? e->pair->user.base : e->pair->kernel.base;
	if (e->variant & ~VARIANT_USER)
		e->table_now = e->empty_table.entry;
	else
		e->table_now = user ? e->pair->table.entry : e->kernel_table.entry;
	return true;
}

/*
 * A page fault that the guest was handed has probably been repaired when it comes back to where it happened: show the
 * page now, which spares a second fault.
 */
static void expect(struct engine *e)
{
	uint32_t error;

	if (e->vcpu->eip == e->fault_eip && e->vcpu->cpl == e->fault_cpl && e->vcpu->space == e->fault_space)
		window_miss(e, window_now(e), e->fault_va, e->fault_write, &error);
	if (e->vcpu->cpl == e->fault_cpl)
		e->fault_pending = false;
}

/* Go on at vcpu.eip if there is, or can be made, a translation.  1: entered at e->target; 0: engine_run must do more. */
static int resume(struct engine *e)
{
	uint32_t host;

	e->status = STATUS_TRANSLATE;
	if (!engine_select(e))
		return 0;
	if (e->fault_pending)
		expect(e);
	host = code_find(e, e->vcpu->eip);
	if (!host)
		host = translate(e, e->vcpu->eip);
	if (!host)
		return 0;	/* the code is not there; engine_run will find that again, and raise the fault */
	e->target = e->cache + host;
	return 1;
}

/* ---- light exits ---- */

static void take_flags(struct vcpu *v)
{
	v->eflags = (v->raw_flags & EFLAGS_GUEST) | (v->eflags & EFLAGS_EXTRA) | 0x202;
}

/* A branch at cache offset site wants to go to vcpu.eip on its own page: connect them if the target is translated. */
static void link_branch(struct engine *e, uint32_t site)
{
	bool probed = site & LINK_PROBED;
	const struct block *b = code_block(e, site &= ~LINK_PROBED);
	uint32_t eip = e->vcpu->eip, host, rel;
	struct code_page *cp = code_page_find(e, eip >> PAGE_SHIFT, b->pfn, e->variant);

	if (!cp || cp->checked)
		return;
	host = probed ? code_host_probed(e, cp, eip & PAGE_MASK) : code_host(e, cp, eip & PAGE_MASK);
	if (!host)
		return;
	rel = host - (site + 4);
	__builtin_memcpy(e->cache_rw + site, &rel, 4);
}

/* Hand e->exit to the machine.  1: it was taken, and the guest goes on. */
static int offer(struct engine *e)
{
	e->stats.exits++;
	if (!e->host.fast || !e->host.fast(e->ctx, e->vcpu, &e->exit)) {
		e->status = STATUS_EVENT;
		return 0;
	}
	return resume(e);
}

int engine_light_exit(struct engine *e, unsigned kind, uint32_t arg)
{
	struct vcpu *v = e->vcpu;
	bool step;

	if (kind != EXIT_SIGNAL && kind != EXIT_RESYNC)
		take_flags(v);
	switch (kind) {
	case EXIT_EVENT:
		e->exit = e->events[arg];
		return offer(e);
	case EXIT_EMULATE:
		step = e->variant & VARIANT_SINGLE;
		if (!emulate(e))
			return offer(e);
		if (!step)
			return resume(e);
		trap_exit(e, 1, false, 0);
		return offer(e);
	case EXIT_LINK:
		link_branch(e, arg);
		return resume(e);
	case EXIT_STEP:
		trap_exit(e, 1, false, 0);
		return offer(e);
	case EXIT_SIGNAL:
		return offer(e);
	default:
		return resume(e);
	}
}

/* ---- the loop ---- */

static _Thread_local int thread_id;

void engine_run(struct engine *e, struct engine_exit *exit)
{
	if (!thread_id)
		thread_id = (int)syscall(SYS_gettid);
	e->tid = thread_id;
	e->running = true;
	for (;;) {
		uint32_t host = 0;

		if (atomic_exchange(&e->kicked, 0)) {
			e->stats.kicks++;
			e->exit = (struct engine_exit){ .event = ENGINE_KICK, .dest_reg = -1 };
			break;
		}
		if (!engine_select(e)) {
			e->pair = window_pair(e, e->vcpu->space);
			continue;
		}
		host = code_find(e, e->vcpu->eip);
		if (!host)
			host = translate(e, e->vcpu->eip);
		if (host) {
			e->target = e->cache + host;
			engine_enter(e);
			if (e->status != STATUS_EVENT)
				continue;
			break;
		}
		e->stats.exits++;
		if (!e->host.fast || !e->host.fast(e->ctx, e->vcpu, &e->exit))
			break;
	}
	e->running = false;
	*exit = e->exit;
}

void engine_kick(struct engine *e)
{
	atomic_store(&e->kicked, 1);
	if (atomic_load(&e->running))
		syscall(SYS_tgkill, getpid(), e->tid, SIG_KICK);
}

/* ---- what the machine sets ---- */

void engine_set_space(struct engine *e, uint32_t space)
{
	if (e->vcpu->space == space)
		return;
	e->vcpu->space = space;
	e->pair = NULL;
	if (e->kernel_low) {
		table_clear_range(&e->kernel_table, 0, e->kernel_page);
		e->kernel_low = false;
	}
}

void engine_set_cpl(struct engine *e, unsigned cpl)
{
	e->vcpu->cpl = (uint8_t)cpl;
}

void engine_set_fpu_trap(struct engine *e, bool on)
{
	e->vcpu->fpu_trap = on;
	e->vcpu->fpu_probe = e->vcpu->probe[on];
}

void engine_get_stats(const struct engine *e, struct engine_stats *out)
{
	*out = e->stats;
}

/* A page is about to change by the host's hand, or is not the file's any more. */
static void ram_changes(void *ctx, uint32_t pfn)
{
	struct engine *e = ctx;

	if (e->ram->flags[pfn] & RAM_CODE)
		code_drop_pfn(e, pfn);
	window_drop_pfn(e, pfn);
}

/* ---- life ---- */

static void init_vcpu(struct engine *e, struct vcpu *v)
{
	static const uint8_t readable[2];
	uint8_t *guard = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	const uint8_t *blocked = guard == MAP_FAILED ? NULL : guard;
	uint16_t fcw = 0x37f;
	uint32_t mxcsr = 0x1f80, zero = 0;

	v->engine = e;
	for (unsigned access = 0; access < 3; access++) {
		v->probe[access] = access == SEG_NULL ? blocked : readable;
		v->write_probe[access] = access == SEG_WRITE ? readable : blocked;
	}
	v->fpu_probe = v->probe[v->fpu_trap];
	if (memcmp(v->fpu + 24, &zero, 4) == 0 && memcmp(v->fpu, &zero, 2) == 0) {
		memcpy(v->fpu, &fcw, 2);
		memcpy(v->fpu + 24, &mxcsr, 4);
	}
	__asm__("stmxcsr %0" : "=m"(e->mxcsr));
}

struct engine *engine_new(struct ram *ram, const struct engine_host *host, void *ctx, struct vcpu *vcpu, struct error *err)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e) {
		error_set(err, "out of memory");
		return NULL;
	}
	e->ram = ram;
	e->host = *host;
	e->ctx = ctx;
	e->vcpu = vcpu;
	init_vcpu(e, vcpu);
	ram->on_write = ram_changes;
	ram->on_write_ctx = e;
	if (code_init(e, err) < 0 || window_init(e, err) < 0 || fault_init(e, err) < 0) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	fault_free();
	window_free(e);
	code_free(e);
	if (e->vcpu->probe[1])
		munmap((void *)(uintptr_t)e->vcpu->probe[1], PAGE_SIZE);
	e->ram->on_write = NULL;
	free(e);
}
