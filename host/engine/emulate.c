/*
 * Rare instructions, carried out in C on struct vcpu: those that have no 64-bit form, need flags as data, or load
 * segments.  Called by run.c in a light exit, so: general registers only, no libc.  Each either completes and moves eip on, or
 * leaves vcpu as it was and the reason in e->exit.
 */
#pragma GCC target("general-regs-only")
#include "emulate.h"

#include <cpuid.h>

#define BIT(n)	(1u << (n))

/* ---- operands ---- */

static bool protection(struct engine *e, unsigned seg)
{
	trap_exit(e, seg == SS ? 12 : 13, true, 0);
	return false;
}

/* The physical addresses of [va, va+size) (at most two pages); false leaves the fault in e->exit. */
static bool locate(struct engine *e, unsigned seg, uint32_t va, unsigned size, unsigned flags, uint64_t gpa[2])
{
	struct vcpu *v = e->vcpu;
	uint32_t linear = va + v->seg_base[seg], last = linear + size - 1;
	uint32_t present = 0;
	struct mapping m;

	if (v->seg_access[seg] == SEG_NULL || (flags & WALK_WRITE && (v->seg_access[seg] || seg == CS)) || (uint64_t)va + size > 1ULL << 32)
		return protection(e, seg);
	for (unsigned i = 0; i < 2; i++) {
		uint32_t at = i ? last & ~PAGE_MASK : linear;

		if (i && linear >> PAGE_SHIFT == last >> PAGE_SHIFT)
			break;
		if (e->host.walk(e->ctx, v->space, at, flags | walk_flags(e), &m, &present)) {
			trap_exit(e, 14, true, (present & 1) | (flags & WALK_WRITE ? 2 : 0) | (v->cpl == 3 ? 4 : 0));
			e->exit.cr2 = at;
			return false;
		}
		gpa[i] = ((uint64_t)m.pfn << PAGE_SHIFT) + (at & PAGE_MASK);
	}
	return true;
}

bool mem_read(struct engine *e, unsigned seg, uint32_t va, unsigned size, uint32_t *out)
{
	unsigned first = PAGE_SIZE - ((va + e->vcpu->seg_base[seg]) & PAGE_MASK);
	uint64_t gpa[2];
	uint32_t v = 0;

	if (!locate(e, seg, va, size, 0, gpa))
		return false;
	for (unsigned i = 0; i < size; i++) {
		const uint8_t *p = ram_read(e->ram, i < first ? gpa[0] + i : gpa[1] + i - first, 1);

		v |= (p ? (uint32_t)*p : 0xff) << (8 * i);
	}
	*out = v;
	return true;
}

bool mem_write(struct engine *e, unsigned seg, uint32_t va, unsigned size, uint32_t value)
{
	unsigned first = PAGE_SIZE - ((va + e->vcpu->seg_base[seg]) & PAGE_MASK);
	uint64_t gpa[2];

	if (!locate(e, seg, va, size, WALK_WRITE, gpa))
		return false;
	for (unsigned i = 0; i < size; i++) {
		uint8_t *p = ram_write(e->ram, i < first ? gpa[0] + i : gpa[1] + i - first, 1);

		if (p)
			*p = (uint8_t)(value >> (8 * i));
	}
	return true;
}

/* May size bytes at va be written?  False leaves the fault in e->exit. */
bool mem_writable(struct engine *e, unsigned seg, uint32_t va, unsigned size)
{
	uint64_t gpa[2];

	return locate(e, seg, va, size, WALK_WRITE, gpa);
}

uint32_t effective_address(const struct engine *e, const struct insn *in)
{
	const uint32_t *reg = e->vcpu->reg;
	uint32_t ea = (uint32_t)in->disp;

	if (in->base >= 0)
		ea += reg[in->base];
	if (in->index >= 0)
		ea += reg[in->index] << in->scale;
	return in->narrow ? ea & 0xffff : ea;
}

uint32_t get_reg(const struct engine *e, unsigned reg, unsigned size)
{
	uint32_t v = e->vcpu->reg[reg];

	return size == 2 ? v & 0xffff : v;
}

void set_reg(struct engine *e, unsigned reg, unsigned size, uint32_t v)
{
	uint32_t *r = &e->vcpu->reg[reg];

	*r = size == 2 ? (*r & ~0xffffu) | (v & 0xffff) : v;
}

/* The r/m operand. */
bool get_rm(struct engine *e, const struct insn *in, unsigned size, uint32_t *out)
{
	if (in->has_mem)
		return mem_read(e, (unsigned)decode_segment(in), effective_address(e, in), size, out);
	*out = get_reg(e, in->rm, size);
	return true;
}

static bool set_rm(struct engine *e, const struct insn *in, unsigned size, uint32_t v)
{
	if (in->has_mem)
		return mem_write(e, (unsigned)decode_segment(in), effective_address(e, in), size, v);
	set_reg(e, in->rm, size, v);
	return true;
}

unsigned operand_size(const struct insn *in)
{
	return in->opsize ? 2 : 4;
}

static void set_flags(struct engine *e, uint32_t mask, uint32_t v)
{
	e->vcpu->eflags = (e->vcpu->eflags & ~mask) | (v & mask);
}

static uint32_t result_flags(uint8_t v)
{
	return (v & 0x80u) | (v ? 0 : 0x40u) | (__builtin_parity(v) ? 0 : 4u);
}

static bool invalid(struct engine *e)
{
	trap_exit(e, 6, false, 0);
	return false;
}

/* ---- decimal arithmetic ---- */

static bool op_daa_das(struct engine *e, const struct insn *in)
{
	uint32_t *eax = &e->vcpu->reg[EAX], flags = e->vcpu->eflags, out = 0;
	uint8_t al = (uint8_t)*eax, old = al;
	bool minus = in->opcode == 0x2f, carry = flags & 1;

	if ((al & 15) > 9 || flags & 0x10) {
		out |= 0x10;
		if (minus ? al < 6 || carry : al > 0xf9 || carry)
			out |= 1;
		al = (uint8_t)(minus ? al - 6 : al + 6);
	}
	if (old > 0x99 || carry) {
		al = (uint8_t)(minus ? al - 0x60 : al + 0x60);
		out |= 1;
	} else if (!minus) {
		out &= ~1u;
	}
	*eax = (*eax & ~0xffu) | al;
	set_flags(e, 0xd5, out | result_flags(al));
	return true;
}

static bool op_aaa_aas(struct engine *e, const struct insn *in)
{
	uint32_t *eax = &e->vcpu->reg[EAX], out = 0, ax = *eax & 0xffff;

	if ((ax & 15) > 9 || e->vcpu->eflags & 0x10) {
		ax = in->opcode == 0x37 ? ax + 0x106 : ax - 0x106;
		out = 0x11;
	}
	ax &= 0xff0f;
	*eax = (*eax & ~0xffffu) | ax;
	set_flags(e, 0xd5, out | result_flags((uint8_t)ax));
	return true;
}

static bool op_aam_aad(struct engine *e, const struct insn *in)
{
	uint32_t *eax = &e->vcpu->reg[EAX], base = in->imm & 0xff, ah = *eax >> 8 & 0xff, al = *eax & 0xff;

	if (in->opcode == 0xd4) {
		if (!base) {
			trap_exit(e, 0, false, 0);
			return false;
		}
		ah = al / base;
		al %= base;
	} else {
		al = (al + ah * base) & 0xff;
		ah = 0;
	}
	*eax = (*eax & ~0xffffu) | ah << 8 | al;
	set_flags(e, 0x8d5, result_flags((uint8_t)al));
	return true;
}

static bool op_salc(struct engine *e, const struct insn *in)
{
	uint32_t *eax = &e->vcpu->reg[EAX];

	(void)in;
	*eax = (*eax & ~0xffu) | (e->vcpu->eflags & 1 ? 0xff : 0);
	return true;
}

/* ---- flags ---- */

static bool push(struct engine *e, unsigned size, uint32_t v)
{
	if (!mem_write(e, SS, e->vcpu->reg[ESP] - size, size, v))
		return false;
	e->vcpu->reg[ESP] -= size;
	return true;
}

static bool op_pushf(struct engine *e, const struct insn *in)
{
	return push(e, operand_size(in), e->vcpu->eflags & ~0x30000u);
}

static bool op_popf(struct engine *e, const struct insn *in)
{
	uint32_t v, mask = EFLAGS_GUEST | EFLAGS_EXTRA;
	unsigned size = operand_size(in);

	if (!mem_read(e, SS, e->vcpu->reg[ESP], size, &v))
		return false;
	e->vcpu->reg[ESP] += size;
	set_flags(e, size == 2 ? mask & 0xffff : mask, v);
	return true;
}

/* ---- checks and descriptors ---- */

static bool op_bound(struct engine *e, const struct insn *in)
{
	unsigned size = operand_size(in), seg = (unsigned)decode_segment(in);
	uint32_t at = effective_address(e, in), low, high, v = get_reg(e, in->reg, size);
	int32_t index = size == 2 ? (int16_t)v : (int32_t)v;

	if (!mem_read(e, seg, at, size, &low) || !mem_read(e, seg, at + size, size, &high))
		return false;
	if (index >= (size == 2 ? (int16_t)low : (int32_t)low) && index <= (size == 2 ? (int16_t)high : (int32_t)high))
		return true;
	trap_exit(e, 5, false, 0);
	return false;
}

static bool op_arpl(struct engine *e, const struct insn *in)
{
	uint32_t dst, src = get_reg(e, in->reg, 2);

	if (!get_rm(e, in, 2, &dst))
		return false;
	if ((dst & 3) < (src & 3)) {
		if (!set_rm(e, in, 2, (dst & ~3u) | (src & 3)))
			return false;
		set_flags(e, 0x40, 0x40);
	} else {
		set_flags(e, 0x40, 0);
	}
	return true;
}

/* lar, lsl, verr, verw: no descriptor is visible to the guest. */
static bool op_lar_lsl(struct engine *e, const struct insn *in)
{
	uint32_t selector;

	if (!get_rm(e, in, 2, &selector))
		return false;
	set_flags(e, 0x40, 0);
	return true;
}

static bool op_group6(struct engine *e, const struct insn *in)
{
	if (in->reg >= 4)
		return op_lar_lsl(e, in);
	return set_rm(e, in, in->has_mem ? 2 : operand_size(in), in->reg == 0 ? 0 : 0x80);	/* sldt, str: lguest's TSS */
}

/* sgdt, sidt, smsw: they show lguest's switcher, as they did there. */
static bool op_group7(struct engine *e, const struct insn *in)
{
	unsigned seg = (unsigned)decode_segment(in);
	uint32_t at = effective_address(e, in);

	if (in->reg == 4)
		return set_rm(e, in, in->has_mem ? 2 : operand_size(in), 0x80050033);
	return mem_write(e, seg, at, 2, in->reg == 0 ? 0xff : 0x7ff) &&
		mem_write(e, seg, at + 2, 4, in->reg == 0 ? 0xffc01000 : 0xffc01100);
}

/* ---- what the CPU is ---- */

static bool op_cpuid(struct engine *e, const struct insn *in)
{
	uint32_t *reg = e->vcpu->reg, leaf = reg[EAX], a = 0, b = 0, c = 0, d = 0;

	(void)in;
	if (leaf <= 1 || (leaf & 0x80000000 && leaf <= 0x80000004))
		__cpuid(leaf, a, b, c, d);
	switch (leaf) {
	case 0:
		a = 7;
		break;
	case 1:		/* SSE3, SSSE3, SSE4.1, SSE4.2, POPCNT; no XSAVE, so no AVX */
		b = (b & 0xff00) | 1u << 16;
		c &= BIT(0) | BIT(9) | BIT(19) | BIT(20) | BIT(23);
		d &= BIT(0) | BIT(4) | BIT(8) | BIT(15) | BIT(19) | BIT(23) | BIT(24) | BIT(25) | BIT(26);
		break;
	case 7:
		if (!reg[ECX])
			b = BIT(9);	/* fast rep movsb */
		break;
	case 0x80000000:
		a = 0x80000004;
		break;
	case 0x80000001:
		c &= BIT(0) | BIT(5) | BIT(8);
		d = 0;
		break;
	}
	reg[EAX] = a;
	reg[EBX] = b;
	reg[ECX] = c;
	reg[EDX] = d;
	return true;
}

/* ---- stack frames ---- */

static bool op_enter(struct engine *e, const struct insn *in)
{
	unsigned size = operand_size(in), level = in->imm2 % 32;
	uint32_t *reg = e->vcpu->reg, frame, esp = reg[ESP] - size, old, ebp = reg[EBP];

	frame = esp;
	if (!mem_write(e, SS, esp, size, reg[EBP]))
		return false;
	for (unsigned i = 1; i < level; i++) {
		ebp -= size;
		esp -= size;
		if (!mem_read(e, SS, ebp, size, &old) || !mem_write(e, SS, esp, size, old))
			return false;
	}
	if (level) {
		esp -= size;
		if (!mem_write(e, SS, esp, size, frame))
			return false;
	}
	set_reg(e, EBP, size, frame);
	reg[ESP] = esp - (in->imm & 0xffff);
	return true;
}

static bool op_leave16(struct engine *e, const struct insn *in)
{
	uint32_t v;

	(void)in;
	if (!mem_read(e, SS, e->vcpu->reg[EBP], 2, &v))
		return false;
	e->vcpu->reg[ESP] = e->vcpu->reg[EBP] + 2;
	set_reg(e, EBP, 2, v);
	return true;
}

/* ---- bit strings whose address wraps ---- */

static bool op_bit_string(struct engine *e, const struct insn *in)
{
	unsigned size = operand_size(in), shift, op = in->opcode >> 3 & 3;
	uint64_t gpa[2];
	uint32_t v, index = get_reg(e, in->reg, size), at = effective_address(e, in);
	int32_t offset = size == 2 ? (int16_t)index : (int32_t)index;

	shift = (uint32_t)offset & (8 * size - 1);
	at += (uint32_t)((offset >> (size == 2 ? 4 : 5)) * (int32_t)size);
	if (op && !locate(e, (unsigned)decode_segment(in), at, size, WALK_WRITE, gpa))
		return false;		/* a fault is one of writing */
	if (!mem_read(e, (unsigned)decode_segment(in), at, size, &v))
		return false;
	if (op && !mem_write(e, (unsigned)decode_segment(in), at, size,
			     op == 1 ? v | BIT(shift) : op == 2 ? v & ~BIT(shift) : v ^ BIT(shift)))
		return false;
	set_flags(e, 1, v >> shift & 1);
	return true;
}

/* ---- the table ---- */

struct handler {
	uint8_t map, first, last;
	bool (*run)(struct engine *e, const struct insn *in);
};

static const struct handler handlers[] = {
	{ 0, 0x27, 0x27, op_daa_das }, { 0, 0x2f, 0x2f, op_daa_das }, { 0, 0x37, 0x37, op_aaa_aas },
	{ 0, 0x3f, 0x3f, op_aaa_aas }, { 0, 0xd4, 0xd5, op_aam_aad }, { 0, 0xd6, 0xd6, op_salc },
	{ 0, 0x9c, 0x9c, op_pushf }, { 0, 0x9d, 0x9d, op_popf },
	{ 0, 0x62, 0x62, op_bound }, { 0, 0x63, 0x63, op_arpl },
	{ 0, 0xc8, 0xc8, op_enter }, { 0, 0xc9, 0xc9, op_leave16 },
	{ 1, 0x00, 0x00, op_group6 }, { 1, 0x01, 0x01, op_group7 }, { 1, 0x02, 0x03, op_lar_lsl },
	{ 1, 0xa2, 0xa2, op_cpuid },
	{ 1, 0xa3, 0xa3, op_bit_string }, { 1, 0xab, 0xab, op_bit_string }, { 1, 0xb3, 0xb3, op_bit_string },
	{ 1, 0xbb, 0xbb, op_bit_string },
	{ 1, 0xae, 0xae, emulate_fxsave }, { 0, 0xd9, 0xd9, emulate_fnsave }, { 0, 0xdd, 0xdd, emulate_fnsave },
	{ 0, 0xa4, 0xa7, emulate_string }, { 0, 0xaa, 0xaf, emulate_string },
	{ 0, 0x70, 0x7f, emulate_branch }, { 1, 0x80, 0x8f, emulate_branch }, { 0, 0xe0, 0xe3, emulate_branch },
	{ 0, 0xe8, 0xe9, emulate_branch }, { 0, 0xeb, 0xeb, emulate_branch }, { 0, 0xc2, 0xc3, emulate_branch },
	{ 0, 0x9a, 0x9a, emulate_far }, { 0, 0xea, 0xea, emulate_far }, { 0, 0xca, 0xcb, emulate_far },
	{ 0, 0xcf, 0xcf, emulate_user_iret },
	{ 0, 0x07, 0x07, emulate_segment }, { 0, 0x17, 0x17, emulate_segment }, { 0, 0x1f, 0x1f, emulate_segment },
	{ 0, 0x8e, 0x8e, emulate_segment }, { 0, 0xc4, 0xc5, emulate_segment }, { 1, 0xa1, 0xa1, emulate_segment },
	{ 1, 0xa9, 0xa9, emulate_segment }, { 1, 0xb2, 0xb2, emulate_segment }, { 1, 0xb4, 0xb5, emulate_segment },
};

static bool run(struct engine *e, const struct insn *in)
{
	if (in->map == 0 && in->opcode == 0xff)
		return in->reg == 2 || in->reg == 4 ? emulate_branch(e, in) : emulate_far(e, in);
	for (unsigned i = 0; i < sizeof(handlers) / sizeof(*handlers); i++)
		if (handlers[i].map == in->map && in->opcode >= handlers[i].first && in->opcode <= handlers[i].last)
			return handlers[i].run(e, in);
	return invalid(e);
}

bool emulate(struct engine *e)
{
	struct vcpu *v = e->vcpu;
	uint32_t eip = v->eip, pfn[2];
	struct insn in;
	uint8_t buf[16];
	unsigned n = fetch(e, eip, buf, 15, pfn);

	if (!n || decode(&in, buf, n) != DECODE_OK)
		return false;		/* the fetch fault is in e->exit: the code has gone since it was translated */
	v->eip += in.length;
	if (run(e, &in))
		return true;
	v->eip = eip;
	return false;
}
