/*
 * String instructions: ESI and EDI become host addresses for the time of the instruction, and lose their upper halves
 * again afterwards.  The window is aligned on 4 GiB, so that whoever interrupts it finds the guest's value in the
 * lower half at any moment.  Called through translate.c's table.
 */
#pragma GCC target("general-regs-only")
#include "translate.h"

static void to_window(struct translator *t, unsigned reg)
{
	emit_lea64(t, reg, (struct mref){ R11, (int8_t)reg, 0, 0 });
}

void emit_string(struct translator *t)
{
	const struct insn *in = &t->in;
	unsigned op = in->opcode & ~1u;
	bool careful = t->cp->variant & VARIANT_CAREFUL;
	uint32_t skip = 0;
	bool source = op == 0xa4 || op == 0xa6 || op == 0xac, dest = op != 0xac;

	if (in->addrsize || t->wrap || (source && in->seg >= FS)) {
		emit_emulate(t);
		return;
	}
	if (careful && in->rep) {	/* no iteration, no access: nothing to probe for */
		put8(t, 0xe3);
		skip = t->at;
		put8(t, 0);
	}
	if (source)
		emit_segment_probe(t, in->seg >= 0 ? (unsigned)in->seg : DS, false);
	if (dest)
		emit_segment_probe(t, ES, op == 0xa4 || op == 0xaa);
	if (source)
		to_window(t, ESI);
	if (dest)
		to_window(t, EDI);
	if (in->opsize)
		put8(t, 0x66);
	if (in->rep)
		put8(t, in->rep);
	put8(t, in->opcode);
	if (source)
		emit_mov(t, ESI, ESI);
	if (dest)
		emit_mov(t, EDI, EDI);
	if (skip)
		t->e->cache_rw[skip] = (uint8_t)(t->at - skip - 1);
}

/* maskmovq, maskmovdqu: they store through EDI */
void emit_maskmov(struct translator *t)
{
	struct enc x = { .map = 1, .opcode = 0xf7, .reg = t->in.reg, .rm = t->in.rm };

	if (t->in.seg >= FS)
		emit_segment_probe(t, (unsigned)t->in.seg, true);
	if (t->in.seg >= FS || t->in.addrsize || t->in.rep) {
		emit_invalid(t);
		return;
	}
	x.prefix[0] = t->in.opsize ? 0x66 : 0;
	emit_segment_probe(t, DS, true);
	to_window(t, EDI);
	emit(t, &x);
	emit_mov(t, EDI, EDI);
}
