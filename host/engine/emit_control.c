/*
 * Where execution goes next: branches, calls, returns, and the ways out of translated code.  A branch within the page is
 * linked directly once its target is translated; everything else goes through the dispatch table, since another address
 * space may have another page there.
 */
#pragma GCC target("general-regs-only")
#include "translate.h"

static void put_rel(struct translator *t, uint32_t target)
{
	put32(t, target - (t->at + 4));
}

void emit_exit(struct translator *t, unsigned kind)
{
	put8(t, 0xe9);
	put_rel(t, kind * STUB_BYTES);
}

void emit_dispatch(struct translator *t)
{
	static const uint8_t code[] = {
		0x47, 0x8b, 0x0c, 0x86,		/* mov r9d, [r14 + r8 * 4] */
		0x4f, 0x8d, 0x0c, 0x0f,		/* lea r9, [r15 + r9] */
		0x41, 0xff, 0xe1,		/* jmp r9 */
	};

	t->done = true;
	if (t->cp->variant & VARIANT_SINGLE) {
		emit_exit(t, EXIT_STEP);
		return;
	}
	for (unsigned i = 0; i < sizeof(code); i++)
		put8(t, code[i]);
}

/* The translation that a branch to target on the same page may go to. */
static uint32_t known_host(const struct translator *t, uint32_t target, bool probed)
{
	return (probed ? code_host_probed : code_host)(t->e, t->cp, target & PAGE_MASK);
}

/* May a branch of this block go to target without a look at the table? */
static bool linkable(const struct translator *t, uint32_t target, bool probed)
{
	return !t->straddle && !t->cp->checked && !(t->cp->variant & VARIANT_SINGLE) &&
		target >> PAGE_SHIFT == t->cp->va_page && ((target & PAGE_MASK) <= PAGE_SIZE - 15 ||
		known_host(t, target, probed));
}

/* Append a branch displacement that emit_stubs will complete. */
static void put_site(struct translator *t, uint32_t target)
{
	uint32_t host = linkable(t, target, t->fpu_probed) ? known_host(t, target, t->fpu_probed) : 0;

	if (host) {
		put_rel(t, host);
		return;
	}
	t->stub[t->stubs].site = t->at;
	t->stub[t->stubs].probed = t->fpu_probed;
	t->stub[t->stubs++].target = target;
	put32(t, 0);
}

void emit_goto(struct translator *t, uint32_t target)
{
	t->done = true;
	if (linkable(t, target, t->fpu_probed)) {
		put8(t, 0xe9);
		put_site(t, target);
		return;
	}
	emit_mov_imm(t, R8, target);
	emit_dispatch(t);
}

static void patch(struct translator *t, uint32_t site, uint32_t host)
{
	uint32_t rel = host - (site + 4);

	__builtin_memcpy(t->e->cache_rw + site, &rel, 4);
}

void emit_stubs(struct translator *t)
{
	for (unsigned i = 0; i < t->stubs; i++) {
		uint32_t site = t->stub[i].site, target = t->stub[i].target;
		bool probed = t->stub[i].probed, link = linkable(t, target, probed);
		uint32_t host = link ? known_host(t, target, probed) : 0;

		if (host) {
			patch(t, site, host);
			continue;
		}
		patch(t, site, t->at);
		emit_mov_imm(t, R8, target);
		if (link) {
			emit_mov_imm(t, R9, probed ? site | LINK_PROBED : site);
			emit_exit(t, EXIT_LINK);
		} else {
			emit_dispatch(t);
		}
	}
}

/* ---- events ---- */

static void emit_event(struct translator *t, uint32_t eip, struct engine_exit x)
{
	struct engine *e = t->e;

	x.length = t->in.length;
	x.operand16 = t->in.opsize;
	x.dest_reg = -1;
	e->events[e->nevents] = x;
	emit_mov_imm(t, R8, eip);
	emit_mov_imm(t, R9, e->nevents++);
	emit_exit(t, EXIT_EVENT);
}

void emit_trap(struct translator *t, unsigned vector, bool has_error)
{
	emit_event(t, t->eip, (struct engine_exit){ .event = ENGINE_TRAP, .vector = (uint8_t)vector, .has_error = has_error });
	t->done = true;
}

void emit_invalid(struct translator *t)
{
	emit_trap(t, 6, false);
}

void emit_gp(struct translator *t)
{
	if (t->in.attr & OP_FP && decode_waits(&t->in))
		put8(t, 0x9b);
	emit_trap(t, 13, true);
}

void emit_int(struct translator *t)
{
	unsigned vector = t->in.opcode == 0xcc ? 3 : t->in.opcode == 0xf1 ? 1 : t->in.imm & 0xff;

	emit_event(t, t->next, (struct engine_exit){ .event = ENGINE_TRAP, .vector = (uint8_t)vector,
		.software = t->in.opcode != 0xf1 });
	t->done = true;
}

void emit_into(struct translator *t)
{
	put8(t, 0x71);		/* jno */
	put8(t, 17);
	emit_event(t, t->next, (struct engine_exit){ .event = ENGINE_TRAP, .vector = 4, .software = true });
}

void emit_iret(struct translator *t)
{
	if (t->cp->variant & VARIANT_USER) {
		emit_emulate(t);
		return;
	}
	emit_event(t, t->eip, (struct engine_exit){ .event = ENGINE_IRET });
	t->done = true;
}

void emit_privileged(struct translator *t)
{
	emit_event(t, t->eip, (struct engine_exit){ .event = ENGINE_PRIVILEGED });
	t->done = true;
}

void emit_emulate(struct translator *t)
{
	emit_mov_imm(t, R8, t->eip);
	emit_exit(t, EXIT_EMULATE);
	t->done = true;
}

/* ---- branches ---- */

static uint32_t branch_target(const struct translator *t)
{
	return t->next + (t->in.imm_bytes == 1 ? (uint32_t)(int8_t)t->in.imm : t->in.imm);
}

static void push_next(struct translator *t)
{
	emit_store_imm(t, emit_stack(t, -4), t->next);
	emit_adjust_esp(t, -4);
}

void emit_call(struct translator *t)
{
	if (t->in.opsize) {
		emit_emulate(t);
		return;
	}
	push_next(t);
	emit_goto(t, branch_target(t));
}

void emit_jmp(struct translator *t)
{
	if (t->in.opsize)
		emit_emulate(t);
	else
		emit_goto(t, branch_target(t));
}

void emit_jcc(struct translator *t)
{
	if (t->in.opsize) {
		emit_emulate(t);
		return;
	}
	put8(t, 0x0f);
	put8(t, 0x80 | (t->in.opcode & 15));
	put_site(t, branch_target(t));
}

/* The target of an indirect branch, in dst. */
static void load_target(struct translator *t, unsigned dst)
{
	if (t->in.has_mem)
		emit_load(t, dst, emit_address(t));
	else
		emit_mov(t, dst, t->in.rm == 4 ? R12 : t->in.rm);
}

void emit_callm(struct translator *t)
{
	if (t->in.opsize) {
		emit_emulate(t);
		return;
	}
	load_target(t, R9);
	push_next(t);
	emit_mov(t, R8, R9);
	emit_dispatch(t);
}

void emit_jmpm(struct translator *t)
{
	if (t->in.opsize) {
		emit_emulate(t);
		return;
	}
	load_target(t, R8);
	emit_dispatch(t);
}

void emit_ret(struct translator *t)
{
	if (t->in.opsize) {
		emit_emulate(t);
		return;
	}
	emit_load(t, R8, emit_stack(t, 0));
	emit_adjust_esp(t, 4 + (int32_t)t->in.imm);
	emit_dispatch(t);
}

/* loopne, loope, loop, jecxz: jrcxz is the one test of ECX that leaves the flags alone. */
void emit_loop(struct translator *t)
{
	unsigned op = t->in.opcode;

	if (t->in.opsize || t->in.addrsize) {
		emit_emulate(t);
		return;
	}
	if (op != 0xe3)
		emit_lea(t, ECX, (struct mref){ ECX, -1, 0, -1 });
	put8(t, 0xe3);
	if (op == 0xe3) {
		put8(t, 2);
		put8(t, 0xeb);		/* not zero: skip the branch */
		put8(t, 5);
		put8(t, 0xe9);
	} else if (op == 0xe2) {
		put8(t, 5);
		put8(t, 0xe9);
	} else {
		put8(t, 6);
		put8(t, 0x0f);
		put8(t, op == 0xe1 ? 0x84 : 0x85);
	}
	put_site(t, branch_target(t));
}
