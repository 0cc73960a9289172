/*
 * Instructions that 64-bit mode does not have, or that work on the stack, EIP, or segments: done in C, from the
 * instruction set reference (Intel's volume 2), for the reference CPU.  Every handler changes registers only after its last memory
 * access succeeded; it returns 0, or -1 after reference_trap.
 */
#include <stdio.h>
#include <string.h>

#include "reference.h"

typedef int handler(struct reference *r, const struct insn *i);

static unsigned osize(const struct insn *i)
{
	return i->operand16 ? 2 : 4;
}

static uint32_t imm(const struct insn *i)
{
	return (uint32_t)i->z.raw.imm[0].value.u;
}

static void set_reg(struct reference *r, unsigned n, unsigned size, uint32_t value)
{
	if (size == 2)
		value = (r->cpu.reg[n] & 0xffff0000) | (value & 0xffff);
	r->cpu.reg[n] = value;
}

static int push(struct reference *r, unsigned size, uint32_t value)
{
	if (reference_write(r, r->cpu.reg[R_SP] - size, size, value) < 0)
		return -1;
	r->cpu.reg[R_SP] -= size;
	return 0;
}

static int end_here(struct reference *r, uint8_t ending)
{
	r->out->ending = ending;
	return -1;
}

static int untold(struct reference *r, const char *why)
{
	snprintf(r->out->note, sizeof(r->out->note), "%s", why);
	return end_here(r, END_UNTOLD);
}

/* Take a branch; 16-bit operand size truncates EIP. */
static int go(struct reference *r, const struct insn *i, uint32_t eip)
{
	r->next_eip = i->operand16 ? eip & 0xffff : eip;
	return 0;
}

static int rm_read(struct reference *r, const struct insn *i, unsigned size, uint32_t *value)
{
	uint32_t va;

	if (i->mod == 3) {
		*value = size == 2 ? r->cpu.reg[i->rm] & 0xffff : r->cpu.reg[i->rm];
		return 0;
	}
	if (insn_address(r, i, &va) < 0)
		return -1;
	return reference_read(r, va, size, value);
}

/* Stack. */

static int push_reg(struct reference *r, const struct insn *i)
{
	return push(r, osize(i), r->cpu.reg[i->opcode & 7]);
}

static int pop_reg(struct reference *r, const struct insn *i)
{
	uint32_t v;

	if (reference_read(r, r->cpu.reg[R_SP], osize(i), &v) < 0)
		return -1;
	r->cpu.reg[R_SP] += osize(i);
	set_reg(r, i->opcode & 7, osize(i), v);
	return 0;
}

static int push_imm(struct reference *r, const struct insn *i)
{
	return push(r, osize(i), imm(i));
}

static int push_rm(struct reference *r, const struct insn *i)
{
	uint32_t v;

	return rm_read(r, i, osize(i), &v) < 0 ? -1 : push(r, osize(i), v);
}

static int pop_rm(struct reference *r, const struct insn *i)
{
	uint32_t v, va, sp = r->cpu.reg[R_SP];

	if (reference_read(r, sp, osize(i), &v) < 0)
		return -1;
	r->cpu.reg[R_SP] = sp + osize(i);	/* the address is computed with the new ESP */
	if (i->mod == 3) {
		set_reg(r, i->rm, osize(i), v);
		return 0;
	}
	if (insn_address(r, i, &va) < 0 || reference_write(r, va, osize(i), v) < 0) {
		r->cpu.reg[R_SP] = sp;
		return -1;
	}
	return 0;
}

static int pusha(struct reference *r, const struct insn *i)
{
	uint32_t sp = r->cpu.reg[R_SP];

	for (unsigned n = 0; n < 8; n++)
		if (reference_write(r, sp - (n + 1) * osize(i), osize(i), r->cpu.reg[n]) < 0)
			return -1;
	r->cpu.reg[R_SP] = sp - 8 * osize(i);
	return 0;
}

static int popa(struct reference *r, const struct insn *i)
{
	uint32_t v[8], sp = r->cpu.reg[R_SP];

	for (unsigned n = 0; n < 8; n++)
		if (reference_read(r, sp + n * osize(i), osize(i), &v[n]) < 0)
			return -1;
	r->cpu.reg[R_SP] = sp + 8 * osize(i);
	for (unsigned n = 0; n < 8; n++)
		if (n != 7 - R_SP)
			set_reg(r, 7 - n, osize(i), v[n]);
	return 0;
}

static int pushf(struct reference *r, const struct insn *i)
{
	return push(r, osize(i), (r->cpu.eflags & ~(uint32_t)F_RF) | F_FIXED);
}

static int popf(struct reference *r, const struct insn *i)
{
	uint32_t v, change = F_STATUS | F_TF | F_DF | F_NT;

	if (reference_read(r, r->cpu.reg[R_SP], osize(i), &v) < 0)
		return -1;
	if (!i->operand16)
		change |= F_AC | F_ID;
	r->cpu.reg[R_SP] += osize(i);
	r->cpu.eflags = (r->cpu.eflags & ~change) | (v & change);
	r->vague_flags = 0;
	return 0;
}

static int enter(struct reference *r, const struct insn *i)
{
	uint32_t size = imm(i), level = (uint32_t)i->z.raw.imm[1].value.u & 31;
	uint32_t sp = r->cpu.reg[R_SP], bp = r->cpu.reg[R_BP], frame, v, probe;

	if (reference_write(r, sp -= osize(i), osize(i), bp) < 0)
		return -1;
	frame = sp;
	for (unsigned n = 1; n < level; n++) {
		bp -= osize(i);
		if (reference_read(r, bp, osize(i), &v) < 0 || reference_write(r, sp -= osize(i), osize(i), v) < 0)
			return -1;
	}
	if (level && reference_write(r, sp -= osize(i), osize(i), frame) < 0)
		return -1;
	sp -= size;
	/* The CPU checks that the new top of the stack can be written; how much of it differs between makers. */
	if (!space_find(sp) || !space_find(sp)->writable || !space_find(sp - 4))
		if (reference_read(r, sp, 1, &probe) < 0 || !space_find(sp - 4) || !space_find(sp)->writable)
			return untold(r, "enter beyond the end of the stack");
	set_reg(r, R_BP, osize(i), frame);
	r->cpu.reg[R_SP] = sp;
	return 0;
}

static int leave(struct reference *r, const struct insn *i)
{
	uint32_t v;

	if (reference_read(r, r->cpu.reg[R_BP], osize(i), &v) < 0)
		return -1;
	r->cpu.reg[R_SP] = r->cpu.reg[R_BP] + osize(i);
	set_reg(r, R_BP, osize(i), v);
	return 0;
}

/* Segments. */

static int seg_of(const struct insn *i)
{
	switch (i->opcode) {
	case 0x06: case 0x07: case 0xc4: return S_ES;
	case 0x0e: return S_CS;
	case 0x16: case 0x17: case 0xb2: return S_SS;
	case 0x1e: case 0x1f: case 0xc5: return S_DS;
	case 0xa0: case 0xa1: case 0xb4: return S_FS;
	case 0xa8: case 0xa9: case 0xb5: return S_GS;
	}
	return i->reg;
}

static int load_seg(struct reference *r, unsigned s, uint16_t selector)
{
	uint32_t base;

	if (space_segment(s, selector, &base) < 0)
		return reference_trap(r, 13, selector & 0xfffc, 0);
	r->cpu.seg[s] = selector;
	r->seg_base[s] = base;
	r->seg_null[s] = space_access(selector) == 1;
	r->seg_read_only[s] = space_access(selector) == 2;
	r->no_single_step = s == S_SS;
	return 0;
}

static int push_seg(struct reference *r, const struct insn *i)
{
	/* Zero-extended, as by AMD; Intel's newer ones leave the upper half of the stack slot as it was. */
	return push(r, osize(i), r->cpu.seg[seg_of(i)]);
}

static int pop_seg(struct reference *r, const struct insn *i)
{
	uint32_t v;

	if (!space_find(r->cpu.reg[R_SP] + osize(i) - 1) && space_find(r->cpu.reg[R_SP]))
		return untold(r, "pop sreg at a page's end: whether it reads 2 bytes or 4 is the CPU's affair");
	if (reference_read(r, r->cpu.reg[R_SP], 2, &v) < 0 || load_seg(r, (unsigned)seg_of(i), (uint16_t)v) < 0)
		return -1;
	r->cpu.reg[R_SP] += osize(i);
	return 0;
}

static int mov_from_seg(struct reference *r, const struct insn *i)
{
	uint32_t va;

	if (i->reg > 5)
		return reference_trap(r, 6, 0, 0);
	if (i->mod == 3) {
		set_reg(r, i->rm, osize(i), r->cpu.seg[i->reg]);
		return 0;
	}
	return insn_address(r, i, &va) < 0 ? -1 : reference_write(r, va, 2, r->cpu.seg[i->reg]);
}

static int mov_to_seg(struct reference *r, const struct insn *i)
{
	uint32_t v;

	if (i->reg > 5 || i->reg == S_CS)
		return reference_trap(r, 6, 0, 0);
	return rm_read(r, i, 2, &v) < 0 ? -1 : load_seg(r, i->reg, (uint16_t)v);
}

static int load_far_pointer(struct reference *r, const struct insn *i)
{
	uint32_t va, offset, selector;

	if (insn_address(r, i, &va) < 0 || reference_read(r, va, osize(i), &offset) < 0 ||
	    reference_read(r, va + osize(i), 2, &selector) < 0 ||
	    load_seg(r, (unsigned)seg_of(i), (uint16_t)selector) < 0)
		return -1;
	set_reg(r, i->reg, osize(i), offset);
	r->no_single_step = false;
	return 0;
}

/* Control flow. */

static bool condition(uint32_t f, unsigned cc)
{
	bool cf = f & F_CF, zf = f & F_ZF, sf = f & F_SF, of = f & F_OF, pf = f & F_PF, yes;

	switch (cc >> 1) {
	case 0: yes = of; break;
	case 1: yes = cf; break;
	case 2: yes = zf; break;
	case 3: yes = cf || zf; break;
	case 4: yes = sf; break;
	case 5: yes = pf; break;
	case 6: yes = sf != of; break;
	default: yes = zf || sf != of; break;
	}
	return yes != (cc & 1);
}

static int jcc(struct reference *r, const struct insn *i)
{
	return condition(r->cpu.eflags, i->opcode & 15) ? go(r, i, i->next + imm(i)) : 0;
}

static int jump(struct reference *r, const struct insn *i)
{
	return go(r, i, i->next + imm(i));
}

static int call(struct reference *r, const struct insn *i)
{
	return push(r, osize(i), i->next) < 0 ? -1 : go(r, i, i->next + imm(i));
}

static int jump_rm(struct reference *r, const struct insn *i)
{
	uint32_t v;

	return rm_read(r, i, osize(i), &v) < 0 ? -1 : go(r, i, v);
}

static int call_rm(struct reference *r, const struct insn *i)
{
	uint32_t v;

	if (rm_read(r, i, osize(i), &v) < 0 || push(r, osize(i), i->next) < 0)
		return -1;
	return go(r, i, v);
}

static int ret(struct reference *r, const struct insn *i)
{
	uint32_t v;

	if (reference_read(r, r->cpu.reg[R_SP], osize(i), &v) < 0)
		return -1;
	r->cpu.reg[R_SP] += osize(i) + (i->opcode == 0xc2 ? imm(i) : 0);
	return go(r, i, v);
}

/* loopne, loope, loop, jecxz: the address size says whether CX or ECX counts. */
static int loop(struct reference *r, const struct insn *i)
{
	unsigned width = i->address16 ? 2 : 4;
	uint32_t count = r->cpu.reg[R_CX];
	bool zf = r->cpu.eflags & F_ZF, taken;

	if (i->rep && i->opcode <= 0xe1)
		return untold(r, "loope with a repeat prefix: AMD's CPUs take the condition from that");
	if (i->opcode != 0xe3)
		set_reg(r, R_CX, width, count = count - 1);
	if (width == 2)
		count &= 0xffff;
	taken = i->opcode == 0xe3 ? !count : count && (i->opcode == 0xe2 || zf == (i->opcode == 0xe1));
	return taken ? go(r, i, i->next + imm(i)) : 0;
}

static int far(struct reference *r, uint16_t selector, uint32_t offset)
{
	r->out->selector = selector;
	r->out->far_offset = offset;
	return end_here(r, selector == END_SELECTOR && offset == END_OFFSET ? END_RAN : END_FAR);
}

static int far_direct(struct reference *r, const struct insn *i)
{
	uint32_t offset = 0;
	uint16_t selector;

	memcpy(&selector, i->bytes + i->z.length - 2, 2);
	memcpy(&offset, i->bytes + i->z.length - 2 - osize(i), osize(i));
	return far(r, selector, offset);
}

static int far_memory(struct reference *r, const struct insn *i)
{
	uint32_t va, offset, selector;

	if (i->mod == 3)
		return reference_trap(r, 6, 0, 0);
	if (insn_address(r, i, &va) < 0 || reference_read(r, va, osize(i), &offset) < 0 ||
	    reference_read(r, va + osize(i), 2, &selector) < 0)
		return -1;
	return far(r, (uint16_t)selector, offset);
}

static int far_return(struct reference *r, const struct insn *i)
{
	(void)i;
	return far(r, 0, 0);
}

static int iret(struct reference *r, const struct insn *i)
{
	(void)i;
	return end_here(r, END_IRET);
}

static int interrupt(struct reference *r, const struct insn *i)
{
	static const struct { uint8_t opcode, vector; } one_byte[] = { { 0xcc, 3 }, { 0xce, 4 }, { 0xf1, 1 } };

	if (i->opcode == 0xce && !(r->cpu.eflags & F_OF))
		return 0;
	if (i->opcode == 0xcd)
		reference_trap(r, (uint8_t)imm(i), 0, 0);
	for (unsigned n = 0; n < 3; n++)
		if (i->opcode == one_byte[n].opcode)
			reference_trap(r, one_byte[n].vector, 0, 0);
	r->out->software = i->opcode != 0xf1;
	r->cpu.eip = i->next;
	return -1;
}

/* Arithmetic. */

static uint32_t parity_zero_sign(uint32_t v, unsigned size)
{
	uint32_t top = 1u << (8 * size - 1), all = top | (top - 1);

	return (__builtin_parity(v & 0xff) ? 0 : F_PF) | (v & all ? 0 : F_ZF) | (v & top ? F_SF : 0);
}

static void set_status(struct reference *r, uint32_t mask, uint32_t value)
{
	r->cpu.eflags = (r->cpu.eflags & ~mask) | (value & mask);
}

static int inc_dec(struct reference *r, const struct insn *i)
{
	unsigned n = i->opcode & 7, size = osize(i);
	uint32_t old = r->cpu.reg[n], dec = i->opcode & 8, v = dec ? old - 1 : old + 1, top = 1u << (8 * size - 1), f;

	f = parity_zero_sign(v, size);
	if ((v & 15) == (dec ? 15 : 0))
		f |= F_AF;
	if (dec ? (old & (top | (top - 1))) == top : (v & (top | (top - 1))) == top)
		f |= F_OF;
	set_status(r, F_STATUS & ~F_CF, f);
	set_reg(r, n, size, v);
	return 0;
}

static void set_al(struct reference *r, uint32_t al)
{
	r->cpu.reg[R_AX] = (r->cpu.reg[R_AX] & ~0xffu) | (al & 0xff);
}

/* daa and das. */
static int decimal_adjust(struct reference *r, const struct insn *i)
{
	uint32_t al = r->cpu.reg[R_AX] & 0xff, f = r->cpu.eflags, out = 0, v = al;
	bool sub = i->opcode == 0x2f;

	if ((al & 15) > 9 || f & F_AF) {
		v = sub ? v - 6 : v + 6;
		out |= F_AF;
		if (sub && al < 6)
			out |= F_CF;
	}
	if (al > 0x99 || f & F_CF) {
		v = sub ? v - 0x60 : v + 0x60;
		out |= F_CF;
	}
	set_al(r, v);
	set_status(r, F_STATUS & ~F_OF, out | parity_zero_sign(v & 0xff, 1));
	r->vague_flags |= F_OF;
	return 0;
}

/* aaa and aas. */
static int ascii_adjust(struct reference *r, const struct insn *i)
{
	uint32_t ax = r->cpu.reg[R_AX] & 0xffff, out = 0;

	if ((ax & 15) > 9 || r->cpu.eflags & F_AF) {
		ax = i->opcode == 0x37 ? ax + 0x106 : ax - 0x106;
		out = F_AF | F_CF;
	}
	set_reg(r, R_AX, 2, ax & 0xff0f);
	set_status(r, F_AF | F_CF, out);
	r->vague_flags |= F_OF | F_SF | F_ZF | F_PF;
	return 0;
}

static int aam(struct reference *r, const struct insn *i)
{
	uint32_t al = r->cpu.reg[R_AX] & 0xff, base = imm(i) & 0xff;

	if (!base)
		return reference_trap(r, 0, 0, 0);
	set_reg(r, R_AX, 2, al / base << 8 | al % base);
	set_status(r, F_SF | F_ZF | F_PF, parity_zero_sign(al % base, 1));
	r->vague_flags |= F_OF | F_AF | F_CF;
	return 0;
}

static int aad(struct reference *r, const struct insn *i)
{
	uint32_t ax = r->cpu.reg[R_AX], al = ((ax & 0xff) + (ax >> 8 & 0xff) * (imm(i) & 0xff)) & 0xff;

	set_reg(r, R_AX, 2, al);
	set_status(r, F_SF | F_ZF | F_PF, parity_zero_sign(al, 1));
	r->vague_flags |= F_OF | F_AF | F_CF;
	return 0;
}

static int salc(struct reference *r, const struct insn *i)
{
	(void)i;
	set_al(r, r->cpu.eflags & F_CF ? 0xff : 0);
	return 0;
}

static int xlat(struct reference *r, const struct insn *i)
{
	uint32_t v, va = r->cpu.reg[R_BX] + (r->cpu.reg[R_AX] & 0xff);

	if (i->address16)
		va &= 0xffff;
	if (r->seg_null[i->segment])
		return reference_trap(r, 13, 0, 0);
	if (reference_read(r, va + r->seg_base[i->segment], 1, &v) < 0)
		return -1;
	set_al(r, v);
	return 0;
}

static int bound(struct reference *r, const struct insn *i)
{
	uint32_t va, low, high;

	if (insn_address(r, i, &va) < 0 || reference_read(r, va, osize(i), &low) < 0 ||
	    reference_read(r, va + osize(i), osize(i), &high) < 0)
		return -1;

	int32_t v = (int32_t)r->cpu.reg[i->reg], l = (int32_t)low, h = (int32_t)high;

	if (i->operand16) {
		v = (int16_t)v;
		l = (int16_t)l;
		h = (int16_t)h;
	}
	return v < l || v > h ? reference_trap(r, 5, 0, 0) : 0;
}

static int arpl(struct reference *r, const struct insn *i)
{
	uint32_t v, va = 0, rpl = r->cpu.reg[i->reg] & 3;

	if (i->mod != 3 && insn_address(r, i, &va) < 0)
		return -1;
	if (rm_read(r, i, 2, &v) < 0)
		return -1;
	if ((v & 3) < rpl) {
		v = (v & ~3u) | rpl;
		if (i->mod == 3)
			set_reg(r, i->rm, 2, v);
		else if (reference_write(r, va, 2, v) < 0)
			return -1;
		set_status(r, F_ZF, F_ZF);
	} else {
		set_status(r, F_ZF, 0);
	}
	return 0;
}

/* mov between the accumulator and an address in the instruction. */
static int mov_offset(struct reference *r, const struct insn *i)
{
	unsigned size = i->opcode & 1 ? osize(i) : 1;
	uint32_t va = (uint32_t)i->z.raw.disp.value + r->seg_base[i->segment], v;

	if (i->address16)
		va = ((uint32_t)i->z.raw.disp.value & 0xffff) + r->seg_base[i->segment];
	if (r->seg_null[i->segment])
		return reference_trap(r, 13, 0, 0);
	if (i->opcode >= 0xa2)
		return reference_write(r, va, size, r->cpu.reg[R_AX]);
	if (reference_read(r, va, size, &v) < 0)
		return -1;
	if (size == 1)
		set_al(r, v);
	else
		set_reg(r, R_AX, size, v);
	return 0;
}

/* fxsave: 64-bit mode writes sixteen XMM registers, 32-bit mode eight; the rest of the 512 bytes keeps what it holds. */
static int fxsave(struct reference *r, const struct insn *i)
{
	uint32_t va, word;

	if (insn_address(r, i, &va) < 0)
		return -1;
	if (va & 15)
		return va > 0u - 512 ? untold(r, "fxsave across the end of 4 GiB, and not aligned: #GP or the segment's fault")
				     : reference_trap(r, 13, 0, 0);
	for (unsigned n = 0; n < 512; n += 508)		/* both ends first: all or nothing */
		if (!space_find(va + n) || !space_find(va + n)->writable)
			return untold(r, "fxsave into a page that cannot be written");
	for (unsigned n = 0; n < 288; n += 4) {
		memcpy(&word, r->cpu.fpu + n, 4);
		if (reference_write(r, va + n, 4, word) < 0)
			return -1;
	}
	reference_vague(r, va + 6, 18);
	reference_vague(r, va + 28, 4);	/* MXCSR_MASK is the CPU's own */
	return 0;
}

/* String instructions with 16-bit addresses, or with a segment that is null or not flat; the others are plain. */

static bool string_reads(uint8_t op)
{
	return op == 0xa4 || op == 0xa5 || op == 0xa6 || op == 0xa7 || op == 0xac || op == 0xad;
}

static bool string_writes_or_scans(uint8_t op)
{
	return op <= 0xa7 || op == 0xaa || op == 0xab || op >= 0xae;
}

static bool compares_memory(uint8_t op)
{
	return op == 0xa6 || op == 0xa7;
}

/* Is a byte of it not mapped? */
static bool missing(uint32_t va, unsigned size)
{
	return !space_find(va) || !space_find(va + size - 1);
}

static void compare(struct reference *r, uint32_t a, uint32_t b, unsigned size)
{
	uint32_t top = 1u << (8 * size - 1), all = top | (top - 1), d = (a - b) & all;

	a &= all;
	b &= all;
	set_status(r, F_STATUS, parity_zero_sign(d, size) | (a < b ? F_CF : 0) | ((a ^ b ^ d) & 0x10) |
		   ((a ^ b) & (a ^ d) & top ? F_OF : 0));
}

static int string_once(struct reference *r, const struct insn *i)
{
	unsigned size = i->opcode & 1 ? osize(i) : 1, width = i->address16 ? 2 : 4;
	uint32_t mask = i->address16 ? 0xffff : ~0u, step = r->cpu.eflags & F_DF ? -size : size;
	uint32_t from = (r->cpu.reg[R_SI] & mask) + r->seg_base[i->segment];
	uint32_t to = (r->cpu.reg[R_DI] & mask) + r->seg_base[S_ES], v = r->cpu.reg[R_AX], w;
	bool reads = string_reads(i->opcode), second = string_writes_or_scans(i->opcode);
	bool scans = i->opcode == 0xa6 || i->opcode == 0xa7 || i->opcode >= 0xae;

	if ((reads && r->seg_null[i->segment]) ||
	    (second && (r->seg_null[S_ES] || (r->seg_read_only[S_ES] && !scans)))) {
		if ((reads && missing(from, size)) || (second && missing(to, size)))
			return untold(r, "a null segment here, a page fault there: which comes first is the CPU's affair");
		return reference_trap(r, 13, 0, 0);
	}
	if ((r->cpu.reg[R_SI] & mask) + (size - 1) < size - 1 || (r->cpu.reg[R_DI] & mask) + (size - 1) < size - 1)
		return untold(r, "across the end of 4 GiB: the fault is the CPU's affair");
	if (compares_memory(i->opcode) && missing(from, size) && missing(to, size))
		return untold(r, "cmps of two missing pages: which fault comes first is the CPU's affair");
	if (reads && reference_read(r, from, size, &v) < 0)
		return -1;
	if (scans) {
		if (reference_read(r, to, size, &w) < 0)
			return -1;
		compare(r, v, w, size);
	} else if (second) {
		if (reference_write(r, to, size, v) < 0)
			return -1;
	} else if (size == 1) {
		set_al(r, v);
	} else {
		set_reg(r, R_AX, size, v);
	}
	if (reads)
		set_reg(r, R_SI, width, r->cpu.reg[R_SI] + step);
	if (second)
		set_reg(r, R_DI, width, r->cpu.reg[R_DI] + step);
	return 0;
}

static int string(struct reference *r, const struct insn *i)
{
	unsigned width = i->address16 ? 2 : 4;
	bool scans = i->opcode == 0xa6 || i->opcode == 0xa7 || i->opcode >= 0xae, zf;

	if (!i->rep)
		return string_once(r, i);
	while (width == 2 ? r->cpu.reg[R_CX] & 0xffff : r->cpu.reg[R_CX]) {
		if (string_once(r, i) < 0)
			return -1;
		set_reg(r, R_CX, width, r->cpu.reg[R_CX] - 1);
		zf = r->cpu.eflags & F_ZF;
		if (scans && zf != (i->rep == 0xf3))
			break;
	}
	return 0;
}

/* A string instruction that 64-bit mode executes the same way goes there. */
static int string_any(struct reference *r, const struct insn *i)
{
	unsigned s = i->segment;
	bool src = string_reads(i->opcode) && (r->seg_null[s] || r->seg_base[s]);
	bool dst = string_writes_or_scans(i->opcode) && (r->seg_null[S_ES] || r->seg_base[S_ES] || r->seg_read_only[S_ES]);

	reference_note(r, r->cpu.reg[R_SI]);
	reference_note(r, r->cpu.reg[R_DI]);
	if (i->address16 || src || dst)
		return string(r, i);
	if (plain_execute(r, i) == 0)
		return 0;
	if (compares_memory(i->opcode) && r->out->ending == END_TRAP && r->out->vector == 14 &&
	    missing(r->cpu.reg[R_SI], osize(i)) && missing(r->cpu.reg[R_DI], osize(i)))
		return untold(r, "cmps of two missing pages: which fault comes first is the CPU's affair");
	return -1;
}

static const struct {
	uint8_t map, first, last;
	uint8_t regs;		/* bits: which values of ModRM.reg; 0: all */
	handler *handler;
} table[] = {
	{ 0, 0x06, 0x06, 0, push_seg }, { 0, 0x0e, 0x0e, 0, push_seg }, { 0, 0x16, 0x16, 0, push_seg },
	{ 0, 0x1e, 0x1e, 0, push_seg }, { 1, 0xa0, 0xa0, 0, push_seg }, { 1, 0xa8, 0xa8, 0, push_seg },
	{ 0, 0x07, 0x07, 0, pop_seg }, { 0, 0x17, 0x17, 0, pop_seg }, { 0, 0x1f, 0x1f, 0, pop_seg },
	{ 1, 0xa1, 0xa1, 0, pop_seg }, { 1, 0xa9, 0xa9, 0, pop_seg },
	{ 0, 0x27, 0x27, 0, decimal_adjust }, { 0, 0x2f, 0x2f, 0, decimal_adjust },
	{ 0, 0x37, 0x37, 0, ascii_adjust }, { 0, 0x3f, 0x3f, 0, ascii_adjust },
	{ 0, 0x40, 0x4f, 0, inc_dec }, { 0, 0x50, 0x57, 0, push_reg }, { 0, 0x58, 0x5f, 0, pop_reg },
	{ 0, 0x60, 0x60, 0, pusha }, { 0, 0x61, 0x61, 0, popa }, { 0, 0x62, 0x62, 0, bound }, { 0, 0x63, 0x63, 0, arpl },
	{ 0, 0x68, 0x68, 0, push_imm }, { 0, 0x6a, 0x6a, 0, push_imm },
	{ 0, 0x70, 0x7f, 0, jcc }, { 1, 0x80, 0x8f, 0, jcc },
	{ 0, 0x8c, 0x8c, 0, mov_from_seg }, { 0, 0x8e, 0x8e, 0, mov_to_seg }, { 0, 0x8f, 0x8f, 1, pop_rm },
	{ 0, 0x9a, 0x9a, 0, far_direct }, { 0, 0xea, 0xea, 0, far_direct },
	{ 0, 0x9c, 0x9c, 0, pushf }, { 0, 0x9d, 0x9d, 0, popf }, { 0, 0xa0, 0xa3, 0, mov_offset },
	{ 0, 0xa4, 0xa7, 0, string_any }, { 0, 0xaa, 0xaf, 0, string_any },
	{ 0, 0xc2, 0xc3, 0, ret }, { 0, 0xc4, 0xc5, 0, load_far_pointer },
	{ 1, 0xb2, 0xb2, 0, load_far_pointer }, { 1, 0xb4, 0xb5, 0, load_far_pointer },
	{ 0, 0xc8, 0xc8, 0, enter }, { 0, 0xc9, 0xc9, 0, leave }, { 0, 0xca, 0xcb, 0, far_return },
	{ 0, 0xcc, 0xce, 0, interrupt }, { 0, 0xf1, 0xf1, 0, interrupt }, { 0, 0xcf, 0xcf, 0, iret },
	{ 0, 0xd4, 0xd4, 0, aam }, { 0, 0xd5, 0xd5, 0, aad }, { 0, 0xd6, 0xd6, 0, salc }, { 0, 0xd7, 0xd7, 0, xlat },
	{ 0, 0xe0, 0xe3, 0, loop }, { 0, 0xe8, 0xe8, 0, call }, { 0, 0xe9, 0xe9, 0, jump }, { 0, 0xeb, 0xeb, 0, jump },
	{ 0, 0xff, 0xff, 1 << 2, call_rm }, { 0, 0xff, 0xff, 1 << 4, jump_rm },
	{ 0, 0xff, 0xff, 1 << 3 | 1 << 5, far_memory }, { 0, 0xff, 0xff, 1 << 6, push_rm },
	{ 1, 0xae, 0xae, 1, fxsave },
};

static handler *find(const struct insn *i)
{
	static handler *quick[2][256][8];
	static bool ready;

	if (!ready) {
		for (unsigned n = 0; n < sizeof(table) / sizeof(table[0]); n++)
			for (unsigned op = table[n].first; op <= table[n].last; op++)
				for (unsigned reg = 0; reg < 8; reg++)
					if (!table[n].regs || table[n].regs >> reg & 1)
						quick[table[n].map][op][reg] = table[n].handler;
		ready = true;
	}
	if (i->map > 1)
		return NULL;
	if (i->map == 1 && i->opcode == 0xae && (i->mod == 3 || i->rep))
		return NULL;
	return quick[i->map][i->opcode][i->z.attributes & ZYDIS_ATTRIB_HAS_MODRM ? i->reg : 0];
}

bool special_known(const struct insn *i)
{
	return find(i) != NULL;
}

/* Instructions of several accesses: which of two pages faults first is the CPU's affair. */
static bool many_accesses(handler *h)
{
	return h == pusha || h == popa || h == enter || h == load_far_pointer || h == bound || h == far_memory || h == string_any;
}

int special_execute(struct reference *r, const struct insn *i)
{
	handler *h = find(i);
	int rc = h(r, i);

	if (!space_native_segments || h == inc_dec)
		return rc;
	if (rc < 0 && r->out->ending == END_TRAP && r->out->vector == 14 && many_accesses(h))
		return untold(r, "an instruction of several accesses");
	if (rc == 0 && h == push_seg && !i->operand16)
		return untold(r, "the upper half of a pushed selector");
	return rc;
}
