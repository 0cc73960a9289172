/*
 * Push, pop and their relatives.  Called through translate.c's table.  Memory first: ESP changes only after the access
 * that may fault has happened.
 */
#pragma GCC target("general-regs-only")
#include "translate.h"

static int32_t width(const struct translator *t)
{
	return t->in.opsize ? 2 : 4;
}

static struct enc mov_mem(const struct translator *t, unsigned opcode, unsigned reg, struct mref m)
{
	return (struct enc){ .prefix = { t->in.opsize ? 0x66 : 0 }, .opcode = (uint8_t)opcode, .reg = (uint8_t)reg,
		.mem = true, .m = m };
}

static void push_register(struct translator *t, unsigned reg)
{
	struct enc x = mov_mem(t, 0x89, reg, emit_stack(t, -width(t)));

	emit(t, &x);
	emit_adjust_esp(t, -width(t));
}

void emit_push(struct translator *t)
{
	unsigned reg = t->in.opcode & 7;

	push_register(t, reg == 4 ? R12 : reg);
}

static void pop_register(struct translator *t, unsigned reg)
{
	struct enc x = mov_mem(t, 0x8b, reg == 4 ? R9 : reg, emit_stack(t, 0));

	if (reg == 4 && t->in.opsize)
		emit_lea(t, R9, (struct mref){ R12, -1, 0, 2 });
	emit(t, &x);
	if (reg == 4)
		emit_set_esp(t, R9);
	else
		emit_adjust_esp(t, width(t));
}

void emit_pop(struct translator *t)
{
	pop_register(t, t->in.opcode & 7);
}

void emit_pushi(struct translator *t)
{
	uint32_t imm = t->in.imm_bytes == 1 ? (uint32_t)(int8_t)t->in.imm : t->in.imm;
	struct enc x = mov_mem(t, 0xc7, 0, emit_stack(t, -width(t)));

	emit(t, &x);
	put8(t, imm & 0xff);
	put8(t, imm >> 8 & 0xff);
	if (!t->in.opsize) {
		put8(t, imm >> 16 & 0xff);
		put8(t, imm >> 24);
	}
	emit_adjust_esp(t, -width(t));
}

void emit_pushm(struct translator *t)
{
	struct enc x;

	if (!t->in.has_mem) {
		push_register(t, t->in.rm == 4 ? R12 : t->in.rm);
		return;
	}
	x = mov_mem(t, 0x8b, R9, emit_address(t));
	emit(t, &x);
	push_register(t, R9);
}

/* pop to memory: an address with ESP in it is computed after the pop */
void emit_popm(struct translator *t)
{
	struct enc x;

	if (!t->in.has_mem) {
		pop_register(t, t->in.rm);
		return;
	}
	x = mov_mem(t, 0x8b, R9, emit_stack(t, 0));
	emit(t, &x);
	if (t->in.seg == CS) {		/* cannot be written, which shows after the pop */
		emit_gp(t);
		return;
	}
	if (t->in.base == 4)
		t->in.disp += width(t);
	x = mov_mem(t, 0x89, R9, emit_address(t));
	emit(t, &x);
	emit_adjust_esp(t, width(t));
}

void emit_pusha(struct translator *t)
{
	for (int reg = 0; reg < 8; reg++) {
		struct enc x = mov_mem(t, 0x89, reg == 4 ? R12 : (unsigned)reg, emit_stack(t, -width(t) * (reg + 1)));

		emit(t, &x);
	}
	emit_adjust_esp(t, -8 * width(t));
}

void emit_popa(struct translator *t)
{
	struct enc x;

	/* All of it first: once nothing faults, the registers can be loaded. */
	for (int i = 0; i < 8; i++) {
		x = mov_mem(t, 0x8b, R9, emit_stack(t, width(t) * i));
		emit(t, &x);
	}
	for (int reg = 7; reg >= 0; reg--) {
		if (reg == 4)
			continue;
		x = mov_mem(t, 0x8b, (unsigned)reg, emit_stack(t, width(t) * (7 - reg)));
		emit(t, &x);
	}
	emit_adjust_esp(t, 8 * width(t));
}

void emit_pushseg(struct translator *t)
{
	unsigned op = t->in.opcode, seg = t->in.map ? (op == 0xa0 ? FS : GS) : op >> 3;

	emit(t, &(struct enc){ .map = 1, .opcode = 0xb7, .reg = R9, .mem = true,
		.m = vcpu_field(VCPU_SEG + 2 * (int32_t)seg) });
	push_register(t, R9);
}

void emit_leave(struct translator *t)
{
	if (t->in.opsize) {
		emit_emulate(t);
		return;
	}
	emit_segment_probe(t, SS, true);
	emit_load(t, R9, (struct mref){ R11, EBP, 0, 0 });
	emit_lea64(t, R12, (struct mref){ R11, EBP, 0, 4 });
	emit_mov(t, EBP, R9);
}

void emit_enter(struct translator *t)
{
	if (t->in.opsize || t->in.imm2 % 32) {
		emit_emulate(t);
		return;
	}
	emit_store(t, emit_stack(t, -4), EBP);
	emit_lea(t, R9, (struct mref){ R12, -1, 0, -4 });
	emit_lea(t, R8, (struct mref){ R9, -1, 0, -(int32_t)t->in.imm });
	emit_mov(t, EBP, R9);
	emit_set_esp(t, R8);
}
