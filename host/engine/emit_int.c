/*
 * Instructions that are re-encoded: the same opcode with a new operand.  Called through translate.c's table.  Two things need care:
 * ESP lives in R12 as an address, so that an instruction that writes it works on a copy in R9; and AH, CH, DH and BH cannot be
 * named in an instruction with a REX prefix, so that they are brought to R10 and back.
 */
#pragma GCC target("general-regs-only")
#include "translate.h"

static void put_immediate(struct translator *t)
{
	for (unsigned i = 0; i < t->in.imm_bytes; i++)
		put8(t, t->in.imm >> (8 * i) & 0xff);
}

static struct enc enc_of(const struct translator *t)
{
	const struct insn *in = &t->in;
	struct enc x = { .map = in->map, .opcode = in->opcode, .reg = in->reg, .rm = in->rm };

	x.prefix[0] = in->opsize ? 0x66 : 0;
	x.prefix[1] = in->map ? in->rep : 0;
	x.prefix[2] = in->lock ? 0xf0 : 0;
	if (in->map == 0 && in->opcode == 0x82)
		x.opcode = 0x80;
	return x;
}

/* dst (R8..R15) := the high byte register `high` (4..7), zero extended. */
static void fetch_high(struct translator *t, unsigned dst, unsigned high)
{
	unsigned family = high & 3;

	emit_mov(t, dst, family);
	emit(t, &(struct enc){ .map = 1, .opcode = 0xb6, .reg = (uint8_t)family, .rm = (uint8_t)high });
	emit(t, &(struct enc){ .opcode = 0x87, .reg = (uint8_t)dst, .rm = (uint8_t)family });
}

static void store_high(struct translator *t, unsigned high, unsigned src)
{
	unsigned other = (high + 1) & 3;
	const struct enc swap = { .opcode = 0x87, .reg = (uint8_t)src, .rm = (uint8_t)other };

	emit(t, &swap);
	emit(t, &(struct enc){ .opcode = 0x8a, .reg = (uint8_t)high, .rm = (uint8_t)other });
	emit(t, &swap);
}

static void emit_plain(struct translator *t)
{
	const struct insn *in = &t->in;

	if (in->opsize)
		put8(t, 0x66);
	if (in->map && in->rep)
		put8(t, in->rep);
	if (in->map)
		put8(t, 0x0f);
	put8(t, in->opcode);
	put_immediate(t);
}

static bool is_bit_string(const struct insn *in)
{
	return in->map == 1 && (in->opcode & 0xc7) == 0x83 && (in->opcode >= 0xa3 && in->opcode <= 0xbb) && in->has_mem;
}

void emit_generic(struct translator *t)
{
	const struct insn *in = &t->in;
	struct enc x = enc_of(t);
	bool reg_high = in->attr & OP_RG && in->attr & OP_RB && in->reg >= 4;
	bool rm_high = in->attr & OP_EG && in->attr & OP_EB && !in->has_mem && in->rm >= 4;
	bool reg_esp = in->attr & OP_RG && !(in->attr & OP_RB) && in->reg == 4;
	bool rm_esp = in->attr & OP_EG && !(in->attr & OP_EB) && !in->has_mem && in->rm == 4;
	bool writes_esp = (reg_esp && in->attr & OP_WR) || (rm_esp && in->attr & OP_WE);
	bool rex = in->has_mem || reg_esp || rm_esp;

	if (!(in->attr & OP_M)) {
		emit_plain(t);
		return;
	}
	if (t->wrap && is_bit_string(in)) {
		emit_emulate(t);
		return;
	}
	x.mem = in->has_mem;
	if (x.mem)
		x.m = emit_address(t);
	if (writes_esp)
		emit_mov(t, R9, R12);
	if (reg_esp)
		x.reg = writes_esp ? R9 : R12;
	if (rm_esp)
		x.rm = writes_esp ? R9 : R12;
	if (rex && reg_high) {
		fetch_high(t, R10, in->reg);
		x.reg = R10;
	}
	if (rex && rm_high) {
		fetch_high(t, R10, in->rm);
		x.rm = R10;
	}
	emit(t, &x);
	put_immediate(t);
	if (writes_esp)
		emit_set_esp(t, R9);
	if (rex && reg_high && in->attr & OP_WR)
		store_high(t, in->reg, R10);
}

void emit_nop(struct translator *t)
{
	(void)t;
}

void emit_incdec(struct translator *t)
{
	uint8_t reg = t->in.opcode & 7;
	struct enc x = { .opcode = 0xff, .reg = t->in.opcode >> 3 & 1, .rm = reg };

	x.prefix[0] = t->in.opsize ? 0x66 : 0;
	if (reg == 4) {
		emit_mov(t, R9, R12);
		x.rm = R9;
	}
	emit(t, &x);
	if (reg == 4)
		emit_set_esp(t, R9);
}

/* Move 16 or 32 bits of src to a guest register. */
static void set_register(struct translator *t, unsigned reg, unsigned src)
{
	unsigned dst = reg;

	if (reg == 4 && !t->in.opsize) {
		emit_set_esp(t, src);
		return;
	}
	if (!t->in.opsize) {
		emit_mov(t, reg, src);
		return;
	}
	if (reg == 4) {
		dst = R9;
		emit_mov(t, R9, R12);
	}
	emit(t, &(struct enc){ .prefix = { 0x66 }, .opcode = 0x8b, .reg = (uint8_t)dst, .rm = (uint8_t)src });
	if (reg == 4)
		emit_set_esp(t, R9);
}

void emit_lea_insn(struct translator *t)
{
	if (t->in.opsize || t->in.reg == 4) {
		emit_lea_guest(t, R8, 0);
		set_register(t, t->in.reg, R8);
	} else {
		emit_lea_guest(t, t->in.reg, 0);
	}
}

void emit_mov_insn(struct translator *t)
{
	const struct insn *in = &t->in;
	unsigned dst = in->opcode & 2 ? in->reg : in->rm, src = in->opcode & 2 ? in->rm : in->reg;

	if (in->has_mem || !(in->opcode & 1) || in->opsize || dst != 4)
		emit_generic(t);
	else if (src != 4)
		emit_set_esp(t, src);
}

/* mov between AL or EAX and an absolute address */
void emit_moffs(struct translator *t)
{
	static const uint8_t opcode[4] = { 0x8a, 0x8b, 0x88, 0x89 };
	struct insn *in = &t->in;
	struct enc x = { .opcode = opcode[in->opcode & 3], .reg = EAX, .mem = true };

	in->has_mem = true;
	in->disp = (int32_t)in->imm;
	x.prefix[0] = in->opsize ? 0x66 : 0;
	x.m = emit_address(t);
	emit(t, &x);
}

void emit_xlat(struct translator *t)
{
	struct insn *in = &t->in;
	struct enc load = { .opcode = 0x8a, .reg = EAX, .mem = true };

	emit(t, &(struct enc){ .map = 1, .opcode = 0xb6, .reg = R9, .rm = EAX });
	emit_lea(t, R9, (struct mref){ EBX, R9, 0, 0 });
	if (in->addrsize)
		emit(t, &(struct enc){ .map = 1, .opcode = 0xb7, .reg = R9, .rm = R9 });
	in->base = in->index = -1;
	emit_segment_probe(t, (unsigned)decode_segment(in), false);
	if (in->seg >= FS) {
		emit_load(t, R10, vcpu_field(VCPU_SEG_BASE + 4 * in->seg));
		emit_lea(t, R9, (struct mref){ R9, R10, 0, 0 });
	}
	load.m = (struct mref){ R11, R9, 0, 0 };
	emit(t, &load);
}

void emit_xchga(struct translator *t)
{
	uint8_t reg = t->in.opcode & 7;
	struct enc x = { .opcode = 0x87, .reg = EAX, .rm = reg };

	if (reg == 0) {
		if (t->in.rep == 0xf3) {	/* pause */
			put8(t, 0xf3);
			put8(t, 0x90);
		}
		return;
	}
	x.prefix[0] = t->in.opsize ? 0x66 : 0;
	if (reg == 4) {
		emit_mov(t, R9, R12);
		x.rm = R9;
	}
	emit(t, &x);
	if (reg == 4)
		emit_set_esp(t, R9);
}

void emit_movimm(struct translator *t)
{
	if ((t->in.opcode & 7) != 4) {
		emit_plain(t);
		return;
	}
	emit_mov_imm(t, R8, t->in.imm);
	set_register(t, 4, R8);
}

void emit_bswap(struct translator *t)
{
	if ((t->in.opcode & 7) != 4) {
		emit_plain(t);
		return;
	}
	emit_mov(t, R9, R12);
	if (t->in.opsize)
		put8(t, 0x66);
	put8(t, 0x41);
	put8(t, 0x0f);
	put8(t, 0xc9);
	emit_set_esp(t, R9);
}

/* mov r/m, segment register: what the guest believes it holds */
void emit_fromseg(struct translator *t)
{
	struct mref m;

	if (t->in.has_mem)
		m = emit_address(t);
	emit(t, &(struct enc){ .map = 1, .opcode = 0xb7, .reg = R10, .mem = true,
		.m = vcpu_field(VCPU_SEG + 2 * t->in.reg) });
	if (t->in.has_mem)
		emit(t, &(struct enc){ .prefix = { 0x66 }, .opcode = 0x89, .reg = R10, .mem = true, .m = m });
	else
		set_register(t, t->in.rm, R10);
}
