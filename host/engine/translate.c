/*
 * The translator: from 32-bit guest code to 64-bit host code, an instruction at a time.  Called by run.c when code_find
 * knows nothing at eip; in a light exit, so without libc and with general registers only.  What an instruction becomes
 * never depends on its neighbours (but for the probe of the FPU), so each boundary can be entered and the exact guest state
 * is known at each.  A block stays on one page; an instruction on two is a block of its own.
 */
#pragma GCC target("general-regs-only")
#include "translate.h"

#define MAX_INSNS	64

/* ---- encoding ---- */

static void put_modrm(struct translator *t, const struct enc *x)
{
	unsigned reg = (x->reg & 7u) << 3, base = x->m.base & 7u, mod;

	if (!x->mem) {
		put8(t, 0xc0 | reg | (x->rm & 7u));
		return;
	}
	mod = !x->m.disp && base != 5 ? 0 : x->m.disp == (int8_t)x->m.disp ? 0x40 : 0x80;
	if (x->m.index >= 0 || base == 4) {
		unsigned index = x->m.index >= 0 ? (unsigned)x->m.index & 7 : 4;

		put8(t, mod | reg | 4);
		put8(t, (unsigned)x->m.scale << 6 | index << 3 | base);
	} else {
		put8(t, mod | reg | base);
	}
	if (mod == 0x40)
		put8(t, (uint8_t)x->m.disp);
	else if (mod == 0x80)
		put32(t, (uint32_t)x->m.disp);
}

void emit(struct translator *t, const struct enc *x)
{
	unsigned rex = (x->wide ? 8u : 0) | (x->reg > 7 ? 4u : 0);

	for (unsigned i = 0; i < sizeof(x->prefix); i++)
		if (x->prefix[i])
			put8(t, x->prefix[i]);
	if (x->mem)
		rex |= (x->m.index > 7 ? 2u : 0) | (x->m.base > 7 ? 1u : 0);
	else
		rex |= x->rm > 7 ? 1 : 0;
	if (rex)
		put8(t, 0x40 | rex);
	if (x->map)
		put8(t, 0x0f);
	if (x->map > 1)
		put8(t, x->map == 2 ? 0x38 : 0x3a);
	put8(t, x->opcode);
	put_modrm(t, x);
}

static void emit_rr(struct translator *t, unsigned opcode, unsigned reg, unsigned rm)
{
	emit(t, &(struct enc){ .opcode = (uint8_t)opcode, .reg = (uint8_t)reg, .rm = (uint8_t)rm });
}

static void emit_rm(struct translator *t, bool wide, unsigned opcode, unsigned reg, struct mref m)
{
	emit(t, &(struct enc){ .wide = wide, .opcode = (uint8_t)opcode, .reg = (uint8_t)reg, .mem = true, .m = m });
}

void emit_mov(struct translator *t, unsigned dst, unsigned src)
{
	emit_rr(t, 0x8b, dst, src);
}

void emit_mov_imm(struct translator *t, unsigned dst, uint32_t imm)
{
	if (dst > 7)
		put8(t, 0x41);
	put8(t, 0xb8 | (dst & 7));
	put32(t, imm);
}

void emit_load(struct translator *t, unsigned dst, struct mref m)
{
	emit_rm(t, false, 0x8b, dst, m);
}

void emit_store(struct translator *t, struct mref m, unsigned src)
{
	emit_rm(t, false, 0x89, src, m);
}

void emit_store_imm(struct translator *t, struct mref m, uint32_t imm)
{
	emit_rm(t, false, 0xc7, 0, m);
	put32(t, imm);
}

void emit_lea(struct translator *t, unsigned dst, struct mref m)
{
	emit_rm(t, false, 0x8d, dst, m);
}

void emit_lea64(struct translator *t, unsigned dst, struct mref m)
{
	emit_rm(t, true, 0x8d, dst, m);
}

void emit_set_esp(struct translator *t, unsigned src)
{
	emit_lea64(t, R12, (struct mref){ R11, (int8_t)src, 0, 0 });
}

void emit_adjust_esp(struct translator *t, int32_t by)
{
	emit_lea64(t, R12, (struct mref){ R12, -1, 0, by });
}

/* ---- fetching ---- */

static bool fetch_page(struct engine *e, uint32_t va, uint32_t *pfn)
{
	struct mapping m;
	uint32_t present = 0;

	if (!e->host.walk(e->ctx, e->vcpu->space, va, walk_flags(e), &m, &present) &&
	    m.pfn < e->ram->size_bytes >> PAGE_SHIFT) {
		*pfn = m.pfn;
		return true;
	}
	trap_exit(e, 14, true, (present & 1) | (e->vcpu->cpl == 3 ? 4 : 0));
	e->exit.cr2 = va;
	return false;
}

/*
 * Copy what stands at eip, up to `wanted` (at most 15) bytes, and say on which physical pages.  The second page is asked
 * for only when the first one's bytes are not enough.  Returns the bytes there are; fewer than
 * wanted leave the page fault in e->exit.
 */
unsigned fetch(struct engine *e, uint32_t eip, uint8_t buf[16], unsigned wanted, uint32_t pfn[2])
{
	uint32_t off = eip & PAGE_MASK;
	unsigned first = PAGE_SIZE - off < wanted ? PAGE_SIZE - off : wanted;
	const uint8_t *p;

	if (!fetch_page(e, eip, &pfn[0]))
		return 0;
	p = e->ram->host + ((uint64_t)pfn[0] << PAGE_SHIFT) + off;
	for (unsigned i = 0; i < first; i++)
		buf[i] = p[i];
	pfn[1] = pfn[0];
	if (first == wanted || !fetch_page(e, (eip | PAGE_MASK) + 1, &pfn[1]))
		return first;
	p = e->ram->host + ((uint64_t)pfn[1] << PAGE_SHIFT);
	for (unsigned i = first; i < wanted; i++)
		buf[i] = p[i - first];
	return wanted;
}

/* ---- one instruction ---- */

static void (*const emitters[])(struct translator *t) = {
	[C_INVALID] = emit_invalid, [C_GENERIC] = emit_generic, [C_NOP] = emit_nop, [C_EMULATE] = emit_emulate,
	[C_PRIVILEGED] = emit_privileged, [C_INCDEC] = emit_incdec, [C_PUSH] = emit_push, [C_POP] = emit_pop,
	[C_PUSHI] = emit_pushi, [C_PUSHM] = emit_pushm, [C_POPM] = emit_popm, [C_PUSHA] = emit_pusha,
	[C_POPA] = emit_popa, [C_PUSHSEG] = emit_pushseg, [C_LEAVE] = emit_leave, [C_ENTER] = emit_enter,
	[C_CALL] = emit_call, [C_CALLM] = emit_callm, [C_JMP] = emit_jmp, [C_JMPM] = emit_jmpm, [C_JCC] = emit_jcc,
	[C_RET] = emit_ret, [C_LOOP] = emit_loop, [C_STRING] = emit_string, [C_LEA] = emit_lea_insn,
	[C_MOV] = emit_mov_insn, [C_MOFFS] = emit_moffs, [C_XLAT] = emit_xlat, [C_XCHGA] = emit_xchga,
	[C_MOVIMM] = emit_movimm, [C_BSWAP] = emit_bswap, [C_FROMSEG] = emit_fromseg, [C_TOSEG] = emit_emulate,
	[C_POPSEG] = emit_emulate, [C_INT] = emit_int, [C_INTO] = emit_into, [C_IRET] = emit_iret,
	[C_MASKMOV] = emit_maskmov, [C_FENV] = emit_emulate, [C_GP] = emit_gp,
};

/*
 * Load from a byte that cannot be read while the FPU is off: fault.c takes that for trap 7.  The FPU is switched on and off in C
 * only, so that within a block the first of its instructions speaks for those that it falls through to.
 */
static void emit_fpu_probe(struct translator *t)
{
	emit_rm(t, true, 0x8b, R10, vcpu_field(VCPU_FPU_PROBE));
	emit(t, &(struct enc){ .map = 1, .opcode = 0xb6, .reg = R10, .mem = true, .m = { R10, -1, 0, 0 } });
	t->fpu_probed = true;
}

static void translate_insn(struct translator *t)
{
	struct engine *e = t->e;
	struct mark *m = &e->marks[e->nmarks++];

	m->host = (uint16_t)(t->at - t->block->host);
	m->guest = (uint16_t)(t->eip - t->block->va);
	t->block->marks++;
	t->block->bytes = (uint16_t)(m->guest + t->in.length);
	if (t->in.attr & OP_FP && t->fpu_probed)
		m->guest |= MARK_INNER;		/* who jumps here without knowing gets a block that begins with the probe */
	else if (!t->straddle)
		code_know(t->cp, t->eip & PAGE_MASK);
	t->next = t->eip + t->in.length;
	t->wrap = code_is_wrap(e, ((uint64_t)t->cp->pfn << PAGE_SHIFT) + (t->eip & PAGE_MASK));
	e->stats.instructions_translated++;
	if (t->in.attr & OP_FP && !t->fpu_probed) {
		emit_fpu_probe(t);
		m->guest |= MARK_PROBE;
	}
	emitters[t->in.class](t);
	if (!t->done && t->cp->variant & VARIANT_SINGLE)
		emit_goto(t, t->next);
}

/* On a page whose code is checked before each use a block ends with the first instruction that may write. */
static bool may_write(const struct insn *in)
{
	return in->has_mem || in->class == C_STRING || in->class == C_MOFFS || (in->class >= C_PUSH && in->class <= C_ENTER);
}

/* ---- one block ---- */

static struct code_page *page_for(struct engine *e, uint32_t va_page, uint32_t pfn)
{
	struct code_page *cp = code_page_find(e, va_page, pfn, e->variant);

	return cp ? cp : code_page_make(e, va_page, pfn, e->variant);
}

static void begin(struct translator *t, uint32_t eip, uint32_t pfn, uint32_t pfn2)
{
	struct engine *e = t->e;

	t->at = (e->cache_used + 15) & ~15u;
	t->eip = eip;
	t->block = &e->blocks[e->nblocks++];
	*t->block = (struct block){ .host = t->at, .first_mark = e->nmarks, .va = eip, .pfn = pfn, .pfn2 = pfn2,
		.snapshot = e->nsnapshots };
	if (pfn == pfn2) {
		t->block->next = t->cp->blocks;
		t->cp->blocks = e->nblocks;
	}
}

/* The block is complete: finish its stubs, and keep its bytes if they must be compared. */
static void finish(struct translator *t)
{
	struct engine *e = t->e;
	uint32_t off = t->block->va & PAGE_MASK;

	emit_stubs(t);
	e->cache_used = t->at;
	e->stats.blocks++;
	e->stats.code_bytes += t->at - t->block->host;
	if (!t->cp->checked)
		return;
	for (unsigned i = 0; i < t->block->bytes; i++)
		e->snapshots[e->nsnapshots++] = off + i < PAGE_SIZE ?
			e->ram->host[((uint64_t)t->block->pfn << PAGE_SHIFT) + off + i] :
			e->ram->host[((uint64_t)t->block->pfn2 << PAGE_SHIFT) + off + i - PAGE_SIZE];
}

/* An instruction that ends on the next page: a block of its own, good as long as both pages stay. */
static uint32_t translate_straddler(struct translator *t, uint32_t eip, const uint32_t pfn[2])
{
	struct engine *e = t->e;
	struct code_page *cp2 = page_for(e, ((eip >> PAGE_SHIFT) + 1) & 0xfffff, pfn[1]);

	t->cp->checked |= cp2->checked;
	begin(t, eip, pfn[0], pfn[1]);
	t->straddle = true;
	t->cp->straddle_off = eip & PAGE_MASK;
	t->cp->straddle_pfn = pfn[1];
	t->cp->straddle_host = t->at;
	translate_insn(t);
	if (!t->done)
		emit_goto(t, t->next);
	finish(t);
	return t->block->host;
}

static void translate_page(struct translator *t, const uint8_t *page)
{
	unsigned max = t->cp->variant & VARIANT_SINGLE ? 1 : MAX_INSNS;

	for (unsigned n = 0; !t->done; n++) {
		uint32_t off = t->eip & PAGE_MASK;
		bool ended = n && (!off || n == max || code_host(t->e, t->cp, off) || (t->cp->checked && may_write(&t->in)));
		int status = ended ? DECODE_SHORT : decode(&t->in, page + off, PAGE_SIZE - off);

		if (status == DECODE_SHORT) {
			emit_goto(t, t->eip);
			break;
		}
		if (status == DECODE_LONG) {
			t->in.length = 1;
			t->in.class = C_GP;
		}
		translate_insn(t);
		t->eip = t->next;
	}
}

uint32_t translate(struct engine *e, uint32_t eip)
{
	struct translator t;
	uint32_t pfn[2], off = eip & PAGE_MASK;
	uint8_t buf[16];
	unsigned n;

	t.e = e;
	t.stubs = 0;
	t.straddle = t.done = t.fpu_probed = false;
	if (code_stale(e))
		code_reset(e);
	if (!code_room(e))
		code_reset(e);
	if (!fetch_page(e, eip, &pfn[0]))
		return 0;
	t.cp = page_for(e, eip >> PAGE_SHIFT, pfn[0]);
	if (decode(&t.in, e->ram->host + ((uint64_t)pfn[0] << PAGE_SHIFT) + off, PAGE_SIZE - off) == DECODE_SHORT) {
		n = fetch(e, eip, buf, 15, pfn);
		if (n < 15)
			return 0;
		if (decode(&t.in, buf, 15) == DECODE_LONG) {
			t.in.length = 1;
			t.in.class = C_GP;
		}
		return translate_straddler(&t, eip, pfn);
	}
	begin(&t, eip, pfn[0], pfn[0]);
	translate_page(&t, e->ram->host + ((uint64_t)pfn[0] << PAGE_SHIFT));
	finish(&t);
	return t.block->host;
}
