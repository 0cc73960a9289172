/*
 * The emulation of what moves eip or a segment register, and of string instructions with a segment base, 16-bit
 * addresses or a wrap at 4 GiB.  Called through emulate.c's table, under its rules.
 */
#pragma GCC target("general-regs-only")
#include "emulate.h"

/* The flags into operand 0, past the red zone. */
#define GET_FLAGS "lea -128(%%rsp), %%rsp; pushfq; popq %0; lea 128(%%rsp), %%rsp"

/* ---- strings ---- */

static uint32_t address_mask(const struct insn *in)
{
	return in->addrsize ? 0xffff : 0xffffffff;
}

static void advance(struct engine *e, const struct insn *in, unsigned reg, unsigned size)
{
	uint32_t mask = address_mask(in), *r = &e->vcpu->reg[reg];
	uint32_t next = e->vcpu->eflags & EFLAGS_DF ? *r - size : *r + size;

	*r = (*r & ~mask) | (next & mask);
}

static void compare(struct engine *e, uint32_t a, uint32_t b, unsigned size)
{
	uint64_t flags;

	if (size == 4)
		__asm__("cmpl %2, %1; " GET_FLAGS : "=r"(flags) : "r"(a), "r"(b) : "cc", "memory");
	else if (size == 2)
		__asm__("cmpw %w2, %w1; " GET_FLAGS : "=r"(flags) : "r"(a), "r"(b) : "cc", "memory");
	else
		__asm__("cmpb %b2, %b1; " GET_FLAGS : "=r"(flags) : "q"(a), "q"(b) : "cc", "memory");
	e->vcpu->eflags = (e->vcpu->eflags & ~0x8d5u) | (flags & 0x8d5);
}

static bool string_once(struct engine *e, const struct insn *in, unsigned size)
{
	uint32_t *reg = e->vcpu->reg, mask = address_mask(in), a, b;
	unsigned seg = in->seg >= 0 ? (unsigned)in->seg : DS;

	switch (in->opcode & ~1u) {
	case 0xa4:
		if (!mem_read(e, seg, reg[ESI] & mask, size, &a) || !mem_write(e, ES, reg[EDI] & mask, size, a))
			return false;
		advance(e, in, ESI, size);
		advance(e, in, EDI, size);
		return true;
	case 0xa6:
		if (!mem_read(e, seg, reg[ESI] & mask, size, &a) || !mem_read(e, ES, reg[EDI] & mask, size, &b))
			return false;
		compare(e, a, b, size);
		advance(e, in, ESI, size);
		advance(e, in, EDI, size);
		return true;
	case 0xaa:
		if (!mem_write(e, ES, reg[EDI] & mask, size, reg[EAX]))
			return false;
		advance(e, in, EDI, size);
		return true;
	case 0xac:
		if (!mem_read(e, seg, reg[ESI] & mask, size, &a))
			return false;
		if (size == 1)
			reg[EAX] = (reg[EAX] & ~0xffu) | a;
		else
			set_reg(e, EAX, size, a);
		advance(e, in, ESI, size);
		return true;
	default:
		if (!mem_read(e, ES, reg[EDI] & mask, size, &b))
			return false;
		compare(e, reg[EAX], b, size);
		advance(e, in, EDI, size);
		return true;
	}
}

bool emulate_string(struct engine *e, const struct insn *in)
{
	unsigned size = in->opcode & 1 ? operand_size(in) : 1, op = in->opcode & ~1u;
	uint32_t mask = address_mask(in), *ecx = &e->vcpu->reg[ECX];
	bool compares = op == 0xa6 || op == 0xae;

	if (!in->rep)
		return string_once(e, in, size);
	for (;;) {
		if (!(*ecx & mask))
			return true;
		if (!string_once(e, in, size))
			return false;
		*ecx = (*ecx & ~mask) | ((*ecx - 1) & mask);
		if (compares && !(e->vcpu->eflags & 0x40) == (in->rep == 0xf3))
			return true;
		if (e->kicked) {
			if (*ecx & mask)
				e->vcpu->eip -= in->length;
			return true;
		}
	}
}

/* ---- branches with 16-bit operands or counters ---- */

static bool condition(uint32_t flags, unsigned cc)
{
	bool cf = flags & 1, pf = flags & 4, zf = flags & 0x40, sf = flags & 0x80, of = flags & 0x800, v;

	switch (cc >> 1) {
	case 0: v = of; break;
	case 1: v = cf; break;
	case 2: v = zf; break;
	case 3: v = cf || zf; break;
	case 4: v = sf; break;
	case 5: v = pf; break;
	case 6: v = sf != of; break;
	default: v = zf || sf != of; break;
	}
	return v != (cc & 1);
}

static bool loop_taken(struct engine *e, const struct insn *in)
{
	uint32_t mask = address_mask(in), *ecx = &e->vcpu->reg[ECX];
	bool zf = e->vcpu->eflags & 0x40;

	if (in->opcode == 0xe3)
		return !(*ecx & mask);
	*ecx = (*ecx & ~mask) | ((*ecx - 1) & mask);
	return *ecx & mask && (in->opcode == 0xe2 || zf == (in->opcode == 0xe1));
}

static bool push_eip(struct engine *e, unsigned size)
{
	if (!mem_write(e, SS, e->vcpu->reg[ESP] - size, size, e->vcpu->eip))
		return false;
	e->vcpu->reg[ESP] -= size;
	return true;
}

bool emulate_branch(struct engine *e, const struct insn *in)
{
	struct vcpu *v = e->vcpu;
	unsigned size = operand_size(in), op = in->opcode;
	uint32_t target = v->eip + (in->imm_bytes == 1 ? (uint32_t)(int8_t)in->imm : size == 2 ?
				    (uint32_t)(int16_t)in->imm : in->imm);

	if (op == 0xc2 || op == 0xc3) {
		if (!mem_read(e, SS, v->reg[ESP], size, &target))
			return false;
		v->reg[ESP] += size + (in->imm & 0xffff);
	} else if (op == 0xff) {
		if (!get_rm(e, in, size, &target) || (in->reg == 2 && !push_eip(e, size)))
			return false;
	} else if (op == 0xe8) {
		if (!push_eip(e, size))
			return false;
	} else if (op >= 0xe0 && op <= 0xe3) {
		if (!loop_taken(e, in))
			return true;
	} else if (op != 0xe9 && op != 0xeb) {
		if (!condition(v->eflags, op & 15))
			return true;
	}
	v->eip = size == 2 ? target & 0xffff : target;
	return true;
}

/* ---- far transfers: the machine knows the descriptors ---- */

bool emulate_far(struct engine *e, const struct insn *in)
{
	unsigned size = operand_size(in), seg;
	uint32_t at, offset = in->imm, selector = in->imm2;
	struct engine_exit x = { .event = ENGINE_FARCALL, .length = in->length, .operand16 = in->opsize, .dest_reg = -1 };

	if (in->opcode == 0xca || in->opcode == 0xcb) {
		x.far_kind = 2;
		x.far_pop = (uint16_t)in->imm;
	} else {
		x.far_kind = in->opcode == 0x9a || (in->opcode == 0xff && in->reg == 3);
		if (in->opcode == 0xff) {
			seg = (unsigned)decode_segment(in);
			at = effective_address(e, in);
			if (!mem_read(e, seg, at, size, &offset) || !mem_read(e, seg, at + size, 2, &selector))
				return false;
		}
		x.selector = (uint16_t)selector;
		x.far_offset = offset;
	}
	x.new_esp = e->vcpu->reg[ESP];
	e->exit = x;
	return false;
}

/* iret at CPL 3: it can only stay there. */
bool emulate_user_iret(struct engine *e, const struct insn *in)
{
	struct vcpu *v = e->vcpu;
	unsigned size = operand_size(in);
	uint32_t eip, cs, flags, mask = EFLAGS_GUEST | EFLAGS_EXTRA;

	if (!mem_read(e, SS, v->reg[ESP], size, &eip) || !mem_read(e, SS, v->reg[ESP] + size, size, &cs) ||
	    !mem_read(e, SS, v->reg[ESP] + 2 * size, size, &flags))
		return false;
	if ((uint16_t)cs != v->seg[CS]) {
		trap_exit(e, 13, true, cs & 0xfffc);
		return false;
	}
	if (size == 2)
		mask &= 0xffff;
	v->eip = eip;
	v->reg[ESP] += 3 * size;
	v->eflags = (v->eflags & ~mask) | (flags & mask);
	return true;
}

/* ---- loads of segment registers ---- */

/* Does the load change nothing?  ES, SS and DS are flat whatever they hold. */
static bool same_segment(struct engine *e, const struct engine_exit *x)
{
	struct vcpu *v = e->vcpu;

	if (x->seg_index > DS || x->selector != v->seg[x->seg_index] || v->seg_access[x->seg_index] || !(x->selector & ~3))
		return false;
	v->reg[ESP] = x->new_esp;
	if (x->dest_reg >= 0)
		set_reg(e, (unsigned)x->dest_reg, x->operand16 ? 2 : 4, x->dest_value);
	return true;
}

bool emulate_segment(struct engine *e, const struct insn *in)
{
	static const uint8_t far_seg[6] = { [0xb2 - 0xb0] = SS, [0xb4 - 0xb0] = FS, [0xb5 - 0xb0] = GS };
	struct engine_exit x = { .event = ENGINE_SEGMENT, .length = in->length, .operand16 = in->opsize, .dest_reg = -1 };
	unsigned size = operand_size(in), op = in->opcode, seg;
	uint32_t selector, at;

	x.new_esp = e->vcpu->reg[ESP];
	if (in->map == 0 && op == 0x8e) {
		x.seg_index = in->reg;
		if (!get_rm(e, in, 2, &selector))
			return false;
	} else if (op == 0xc4 || op == 0xc5 || (in->map && op >= 0xb2)) {
		x.seg_index = in->map ? far_seg[op - 0xb0] : op == 0xc4 ? ES : DS;
		seg = (unsigned)decode_segment(in);
		at = effective_address(e, in);
		if (!mem_read(e, seg, at, size, &x.dest_value) || !mem_read(e, seg, at + size, 2, &selector))
			return false;
		x.dest_reg = (int8_t)in->reg;
	} else {
		x.seg_index = (uint8_t)(in->map ? (op == 0xa1 ? FS : GS) : op >> 3);
		if (!mem_read(e, SS, e->vcpu->reg[ESP], 2, &selector))
			return false;
		x.new_esp += size;
	}
	x.selector = (uint16_t)selector;
	if (same_segment(e, &x))
		return true;
	e->exit = x;
	return false;
}
