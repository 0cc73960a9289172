/*
 * Operands in guest memory.  Called by the other emit files, which get back a host operand in the window.  An address
 * that 64-bit arithmetic cannot take past the guards goes into the instruction itself; the others are truncated to 32 bits in R8 first.
 * That an address does wrap after all shows as a fault in a guard: fault.c then has the instruction translated with `wrap` set.
 */
#pragma GCC target("general-regs-only")
#include "translate.h"

#define SMALL_NEGATIVE	(-65536)	/* below: more likely an address of the upper 2 GiB than an offset */

struct mref vcpu_field(int32_t offset)
{
	return (struct mref){ R13, -1, 0, offset };
}

/* index << scale + disp, without a base: the one form that struct mref cannot express */
static void lea_index(struct translator *t, unsigned dst, unsigned index, unsigned scale, uint32_t disp)
{
	if (dst > 7)
		put8(t, 0x44);
	put8(t, 0x8d);
	put8(t, (dst & 7) << 3 | 4);
	put8(t, scale << 6 | index << 3 | 5);
	put32(t, disp);
}

static unsigned host_base(int8_t base)
{
	return base == 4 ? R12 : (unsigned)base;
}

void emit_lea_guest(struct translator *t, unsigned dst, uint32_t extra)
{
	const struct insn *in = &t->in;
	uint32_t disp = (uint32_t)in->disp + extra;

	if (in->base >= 0)
		emit_lea(t, dst, (struct mref){ (uint8_t)host_base(in->base), in->index, in->scale, (int32_t)disp });
	else if (in->index >= 0)
		lea_index(t, dst, (unsigned)in->index, in->scale, disp);
	else
		emit_mov_imm(t, dst, in->narrow ? disp & 0xffff : disp);
	if (in->narrow && (in->base >= 0 || in->index >= 0))
		emit(t, &(struct enc){ .map = 1, .opcode = 0xb7, .reg = (uint8_t)dst, .rm = (uint8_t)dst });
}

void emit_segment_probe(struct translator *t, unsigned seg, bool write)
{
	if (seg == CS || (seg < FS && !(t->cp->variant & VARIANT_CAREFUL)))
		return;
	if (t->in.attr & OP_FP && decode_waits(&t->in))
		put8(t, 0x9b);		/* a pending x87 exception goes before the segment's */
	emit(t, &(struct enc){ .map = 1, .opcode = 0xb6, .reg = R10, .mem = true,
		.m = vcpu_field(VCPU_SEG_ACCESS + (int32_t)seg) });
	emit(t, &(struct enc){ .wide = true, .opcode = 0x8b, .reg = R10, .mem = true,
		.m = { R13, R10, 3, write ? VCPU_WRITE_PROBE : VCPU_PROBE } });
	emit(t, &(struct enc){ .map = 1, .opcode = 0xb6, .reg = R10, .mem = true, .m = { R10, -1, 0, 1 } });
}

static struct mref truncated(struct translator *t, unsigned seg)
{
	emit_lea_guest(t, R8, 0);
	if (seg >= FS) {
		emit_load(t, R10, vcpu_field(VCPU_SEG_BASE + 4 * (int32_t)seg));
		emit_lea(t, R8, (struct mref){ R8, R10, 0, 0 });
	}
	return (struct mref){ R11, R8, 0, 0 };
}

struct mref emit_address(struct translator *t)
{
	const struct insn *in = &t->in;
	unsigned seg = (unsigned)decode_segment(in);
	bool safe = in->disp >= SMALL_NEGATIVE;

	emit_segment_probe(t, seg, decode_writes(in));
	if (t->wrap || in->narrow || seg >= FS || !safe)
		return truncated(t, seg);
	if (in->base == 4)
		return (struct mref){ R12, in->index, in->scale, in->disp };
	if (in->base < 0 && in->index < 0)
		return in->disp < 0 ? truncated(t, seg) : (struct mref){ R11, -1, 0, in->disp };
	if (in->base >= 0 && in->index >= 0)
		return truncated(t, seg);
	return (struct mref){ R11, in->base >= 0 ? in->base : in->index, in->base >= 0 ? 0 : in->scale, in->disp };
}

struct mref emit_stack(struct translator *t, int32_t off)
{
	emit_segment_probe(t, SS, true);
	if (!t->wrap)
		return (struct mref){ R12, -1, 0, off };
	emit_lea(t, R8, (struct mref){ R12, -1, 0, off });
	return (struct mref){ R11, R8, 0, 0 };
}
