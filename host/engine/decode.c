/*
 * The instruction decoder: 32-bit code, one table per opcode map.  The translator calls it once per instruction, emulate.c
 * again for what it carries out.  It is an allow list, and it does not check everything: an encoding that the tables
 * let through but the CPU does not know is #UD in its re-encoded form too, since re-encoding keeps opcode and prefixes.
 */
#pragma GCC target("general-regs-only")
#include "decode.h"

#define CS	1		/* the number of a segment register, as ModRM has it */

struct op {
	uint8_t class;
	uint16_t attr;
};

#define G C_GENERIC
#define ALU(op, w) \
	[op] = { G, OP_M | OP_RG | OP_EG | OP_RB | OP_EB | OP_LK | ((w) ? OP_WE : 0) }, \
	[op + 1] = { G, OP_M | OP_RG | OP_EG | OP_LK | ((w) ? OP_WE : 0) }, \
	[op + 2] = { G, OP_M | OP_RG | OP_EG | OP_RB | OP_EB | ((w) ? OP_WR : 0) }, \
	[op + 3] = { G, OP_M | OP_RG | OP_EG | ((w) ? OP_WR : 0) }, \
	[op + 4] = { G, OP_I8 }, \
	[op + 5] = { G, OP_IZ }
#define SHIFT(op, imm) \
	[op] = { G, OP_M | OP_EG | OP_EB | OP_WE | (imm) }, \
	[op + 1] = { G, OP_M | OP_EG | OP_WE | (imm) }

static const struct op one_byte[256] = {
	ALU(0x00, 1), ALU(0x08, 1), ALU(0x10, 1), ALU(0x18, 1), ALU(0x20, 1), ALU(0x28, 1), ALU(0x30, 1), ALU(0x38, 0),
	[0x06] = { C_PUSHSEG, 0 }, [0x0e] = { C_PUSHSEG, 0 }, [0x16] = { C_PUSHSEG, 0 }, [0x1e] = { C_PUSHSEG, 0 },
	[0x07] = { C_POPSEG, 0 }, [0x17] = { C_POPSEG, 0 }, [0x1f] = { C_POPSEG, 0 },
	[0x27] = { C_EMULATE, 0 }, [0x2f] = { C_EMULATE, 0 }, [0x37] = { C_EMULATE, 0 }, [0x3f] = { C_EMULATE, 0 },
	[0x40 ... 0x4f] = { C_INCDEC, 0 },
	[0x50 ... 0x57] = { C_PUSH, 0 },
	[0x58 ... 0x5f] = { C_POP, 0 },
	[0x60] = { C_PUSHA, 0 }, [0x61] = { C_POPA, 0 },
	[0x62] = { C_EMULATE, OP_M | OP_MEM }, [0x63] = { C_EMULATE, OP_M },
	[0x68] = { C_PUSHI, OP_IZ }, [0x6a] = { C_PUSHI, OP_I8 },
	[0x69] = { G, OP_M | OP_RG | OP_EG | OP_WR | OP_IZ }, [0x6b] = { G, OP_M | OP_RG | OP_EG | OP_WR | OP_I8 },
	[0x6c ... 0x6f] = { C_PRIVILEGED, 0 },
	[0x70 ... 0x7f] = { C_JCC, OP_I8 },
	[0x80] = { G, OP_M | OP_EG | OP_EB | OP_WE | OP_I8 | OP_LK }, [0x82] = { G, OP_M | OP_EG | OP_EB | OP_WE | OP_I8 | OP_LK },
	[0x81] = { G, OP_M | OP_EG | OP_WE | OP_IZ | OP_LK }, [0x83] = { G, OP_M | OP_EG | OP_WE | OP_I8 | OP_LK },
	[0x84] = { G, OP_M | OP_RG | OP_EG | OP_RB | OP_EB }, [0x85] = { G, OP_M | OP_RG | OP_EG },
	[0x86] = { G, OP_M | OP_RG | OP_EG | OP_RB | OP_EB | OP_WR | OP_WE | OP_LK },
	[0x87] = { G, OP_M | OP_RG | OP_EG | OP_WR | OP_WE | OP_LK },
	[0x88] = { C_MOV, OP_M | OP_RG | OP_EG | OP_RB | OP_EB | OP_WE }, [0x89] = { C_MOV, OP_M | OP_RG | OP_EG | OP_WE },
	[0x8a] = { C_MOV, OP_M | OP_RG | OP_EG | OP_RB | OP_EB | OP_WR }, [0x8b] = { C_MOV, OP_M | OP_RG | OP_EG | OP_WR },
	[0x8c] = { C_FROMSEG, OP_M | OP_EG }, [0x8d] = { C_LEA, OP_M | OP_RG | OP_WR | OP_MEM },
	[0x8e] = { C_TOSEG, OP_M | OP_EG }, [0x8f] = { C_POPM, OP_M | OP_EG },
	[0x90 ... 0x97] = { C_XCHGA, 0 },
	[0x98] = { G, 0 }, [0x99] = { G, 0 },
	[0x9a] = { C_EMULATE, OP_PTR }, [0x9b] = { G, OP_FP },
	[0x9c] = { C_EMULATE, 0 }, [0x9d] = { C_EMULATE, 0 }, [0x9e] = { G, 0 }, [0x9f] = { G, 0 },
	[0xa0 ... 0xa3] = { C_MOFFS, OP_OFF },
	[0xa4 ... 0xa7] = { C_STRING, 0 }, [0xaa ... 0xaf] = { C_STRING, 0 },
	[0xa8] = { G, OP_I8 }, [0xa9] = { G, OP_IZ },
	[0xb0 ... 0xb7] = { G, OP_I8 }, [0xb8 ... 0xbf] = { C_MOVIMM, OP_IZ },
	SHIFT(0xc0, OP_I8), SHIFT(0xd0, 0), SHIFT(0xd2, 0),
	[0xc2] = { C_RET, OP_I16 }, [0xc3] = { C_RET, 0 },
	[0xc4] = { C_EMULATE, OP_M | OP_MEM }, [0xc5] = { C_EMULATE, OP_M | OP_MEM },
	[0xc6] = { G, OP_M | OP_EG | OP_EB | OP_WE | OP_I8 }, [0xc7] = { G, OP_M | OP_EG | OP_WE | OP_IZ },
	[0xc8] = { C_ENTER, OP_I16 | OP_I8 }, [0xc9] = { C_LEAVE, 0 },
	[0xca] = { C_EMULATE, OP_I16 }, [0xcb] = { C_EMULATE, 0 },
	[0xcc] = { C_INT, 0 }, [0xcd] = { C_INT, OP_I8 }, [0xce] = { C_INTO, 0 }, [0xcf] = { C_IRET, 0 },
	[0xd4] = { C_EMULATE, OP_I8 }, [0xd5] = { C_EMULATE, OP_I8 }, [0xd6] = { C_EMULATE, 0 }, [0xd7] = { C_XLAT, 0 },
	[0xd8 ... 0xdf] = { G, OP_M | OP_FP },
	[0xe0 ... 0xe3] = { C_LOOP, OP_I8 },
	[0xe4 ... 0xe7] = { C_PRIVILEGED, OP_I8 }, [0xec ... 0xef] = { C_PRIVILEGED, 0 },
	[0xe8] = { C_CALL, OP_IZ }, [0xe9] = { C_JMP, OP_IZ }, [0xea] = { C_EMULATE, OP_PTR }, [0xeb] = { C_JMP, OP_I8 },
	[0xf1] = { C_INT, 0 }, [0xf4] = { C_PRIVILEGED, 0 },
	[0xf5] = { G, 0 }, [0xf8] = { G, 0 }, [0xf9] = { G, 0 }, [0xfc] = { G, 0 }, [0xfd] = { G, 0 },
	[0xfa] = { C_PRIVILEGED, 0 }, [0xfb] = { C_PRIVILEGED, 0 },
	[0xf6] = { G, OP_M | OP_EG | OP_EB | OP_WE }, [0xf7] = { G, OP_M | OP_EG | OP_WE },
	[0xfe] = { G, OP_M | OP_EG | OP_EB | OP_WE | OP_LK }, [0xff] = { G, OP_M | OP_EG | OP_WE | OP_LK },
};

#define SSE { G, OP_M | OP_FP }
#define BITOP(w) { G, OP_M | OP_RG | OP_EG | ((w) ? OP_WE | OP_LK : 0) }

static const struct op two_byte[256] = {
	[0x00] = { C_EMULATE, OP_M }, [0x01] = { C_EMULATE, OP_M },
	[0x02] = { C_EMULATE, OP_M }, [0x03] = { C_EMULATE, OP_M },
	[0x06] = { C_PRIVILEGED, 0 }, [0x08] = { C_PRIVILEGED, 0 }, [0x09] = { C_PRIVILEGED, 0 },
	[0x0d] = { C_NOP, OP_M }, [0x18 ... 0x1f] = { C_NOP, OP_M },
	[0x10 ... 0x17] = SSE, [0x28 ... 0x2f] = SSE,
	[0x20 ... 0x23] = { C_PRIVILEGED, OP_M },
	[0x30] = { C_PRIVILEGED, 0 }, [0x31] = { G, 0 }, [0x32] = { C_PRIVILEGED, 0 }, [0x33] = { C_PRIVILEGED, 0 },
	[0x34] = { C_GP, 0 }, [0x35] = { C_GP, 0 },
	[0x40 ... 0x4f] = { G, OP_M | OP_RG | OP_EG | OP_WR },
	[0x50] = { G, OP_M | OP_FP | OP_RG | OP_WR | OP_REG }, [0x51 ... 0x6f] = SSE,
	[0x70 ... 0x73] = { G, OP_M | OP_FP | OP_I8 }, [0x74 ... 0x76] = SSE, [0x77] = { G, OP_FP },
	[0x7c ... 0x7f] = SSE,
	[0x80 ... 0x8f] = { C_JCC, OP_IZ },
	[0x90 ... 0x9f] = { G, OP_M | OP_EG | OP_EB | OP_WE },
	[0xa0] = { C_PUSHSEG, 0 }, [0xa8] = { C_PUSHSEG, 0 }, [0xa1] = { C_POPSEG, 0 }, [0xa9] = { C_POPSEG, 0 },
	[0xa2] = { C_EMULATE, 0 },
	[0xa3] = BITOP(0), [0xab] = BITOP(1), [0xb3] = BITOP(1), [0xbb] = BITOP(1),
	[0xa4] = { G, OP_M | OP_RG | OP_EG | OP_WE | OP_I8 }, [0xa5] = { G, OP_M | OP_RG | OP_EG | OP_WE },
	[0xac] = { G, OP_M | OP_RG | OP_EG | OP_WE | OP_I8 }, [0xad] = { G, OP_M | OP_RG | OP_EG | OP_WE },
	[0xae] = { G, OP_M | OP_FP }, [0xaf] = { G, OP_M | OP_RG | OP_EG | OP_WR },
	[0xb0] = { G, OP_M | OP_RG | OP_EG | OP_RB | OP_EB | OP_WE | OP_LK }, [0xb1] = { G, OP_M | OP_RG | OP_EG | OP_WE | OP_LK },
	[0xb2] = { C_EMULATE, OP_M | OP_MEM }, [0xb4] = { C_EMULATE, OP_M | OP_MEM }, [0xb5] = { C_EMULATE, OP_M | OP_MEM },
	[0xb6] = { G, OP_M | OP_RG | OP_EG | OP_EB | OP_WR }, [0xbe] = { G, OP_M | OP_RG | OP_EG | OP_EB | OP_WR },
	[0xb7] = { G, OP_M | OP_RG | OP_EG | OP_WR }, [0xbf] = { G, OP_M | OP_RG | OP_EG | OP_WR },
	[0xb8] = { G, OP_M | OP_RG | OP_EG | OP_WR },
	[0xb9] = { C_INVALID, OP_M }, [0xff] = { C_INVALID, OP_M },
	[0xba] = { G, OP_M | OP_EG | OP_I8 | OP_WE | OP_LK },
	[0xbc] = { G, OP_M | OP_RG | OP_EG | OP_WR }, [0xbd] = { G, OP_M | OP_RG | OP_EG | OP_WR },
	[0xc0] = { G, OP_M | OP_RG | OP_EG | OP_RB | OP_EB | OP_WR | OP_WE | OP_LK },
	[0xc1] = { G, OP_M | OP_RG | OP_EG | OP_WR | OP_WE | OP_LK },
	[0xc2] = { G, OP_M | OP_FP | OP_I8 }, [0xc3] = { G, OP_M | OP_RG | OP_MEM },
	[0xc4] = { G, OP_M | OP_FP | OP_EG | OP_I8 }, [0xc5] = { G, OP_M | OP_FP | OP_RG | OP_WR | OP_I8 | OP_REG },
	[0xc6] = { G, OP_M | OP_FP | OP_I8 },
	[0xc7] = { G, OP_M },
	[0xc8 ... 0xcf] = { C_BSWAP, 0 },
	[0xd0 ... 0xd6] = SSE, [0xd7] = { G, OP_M | OP_FP | OP_RG | OP_WR | OP_REG },
	[0xd8 ... 0xf6] = SSE, [0xf7] = { C_MASKMOV, OP_M | OP_FP | OP_REG }, [0xf8 ... 0xfe] = SSE,
};

/* Of the three-byte maps only what SSSE3 to SSE4.2 know. */
static struct op op_0f38(uint8_t opcode, uint8_t rep)
{
	if (opcode <= 0x0b || opcode == 0x10 || opcode == 0x14 || opcode == 0x15 || opcode == 0x17 ||
	    (opcode >= 0x1c && opcode <= 0x1e) || (opcode >= 0x20 && opcode <= 0x25) ||
	    (opcode >= 0x28 && opcode <= 0x2b) || (opcode >= 0x30 && opcode <= 0x35) ||
	    (opcode >= 0x37 && opcode <= 0x41))
		return (struct op)SSE;
	if (opcode == 0xf0 || opcode == 0xf1) {
		uint16_t attr = OP_M | OP_RG | OP_EG;

		if (rep == 0xf2)	/* crc32; without F2 it is movbe */
			return (struct op){ G, attr | OP_WR | (opcode == 0xf0 ? OP_EB : 0) };
	}
	return (struct op){ C_INVALID, 0 };
}

static struct op op_0f3a(uint8_t opcode)
{
	if ((opcode >= 0x08 && opcode <= 0x0f) || opcode == 0x21 || (opcode >= 0x40 && opcode <= 0x42) ||
	    (opcode >= 0x60 && opcode <= 0x63))
		return (struct op){ G, OP_M | OP_FP | OP_I8 };
	if (opcode >= 0x14 && opcode <= 0x17)
		return (struct op){ G, OP_M | OP_FP | OP_I8 | OP_EG | OP_WE };
	if (opcode == 0x20 || opcode == 0x22)
		return (struct op){ G, OP_M | OP_FP | OP_I8 | OP_EG };
	return (struct op){ C_INVALID, 0 };
}

/* Groups: opcodes whose meaning hangs on ModRM's reg field. */
static void refine_one_byte(struct insn *in)
{
	switch (in->opcode) {
	case 0x80: case 0x81: case 0x82: case 0x83:
		if (in->reg == 7)
			in->attr &= ~(OP_WE | OP_LK);
		break;
	case 0x38: case 0x39:
		in->attr &= ~OP_LK;
		break;
	case 0x8c: case 0x8e:
		if (in->reg > 5 || (in->opcode == 0x8e && in->reg == 1))
			in->class = C_INVALID;
		break;
	case 0x8f: case 0xc6: case 0xc7:
		if (in->reg)
			in->class = C_INVALID;
		break;
	case 0xf6: case 0xf7:
		if (in->reg <= 1)
			in->attr = (in->attr & ~OP_WE) | (in->opcode == 0xf6 ? OP_I8 : OP_IZ);
		else if (in->reg <= 3)
			in->attr |= OP_LK;
		else
			in->attr &= ~OP_WE;
		break;
	case 0xfe:
		if (in->reg > 1)
			in->class = C_INVALID;
		break;
	case 0xff:
		if (in->reg <= 1)
			break;
		in->attr &= ~(OP_LK | OP_WE);
		in->class = (const uint8_t[]){ 0, 0, C_CALLM, C_EMULATE, C_JMPM, C_EMULATE, C_PUSHM, C_INVALID }[in->reg];
		if ((in->reg == 3 || in->reg == 5) && in->mod == 3)
			in->class = C_INVALID;
		break;
	case 0xd9: case 0xdd: case 0xdb:
		/* fnstenv, fnsave: they show instruction pointers */
		if (in->mod != 3 && in->opcode != 0xdb && in->reg == 6)
			in->class = C_FENV;
		break;
	}
}

static void refine_group15(struct insn *in)
{
	if (in->mod != 3) {
		/* fxsave fxrstor ldmxcsr stmxcsr clflush; no xsave: cpuid hides it */
		if (in->rep || in->reg == 4 || in->reg == 5 || in->reg == 6)
			in->class = C_INVALID;
		else if (in->reg == 0)
			in->class = C_FENV;
		if (in->reg == 7) {
			in->attr &= ~OP_FP;
			if (in->opsize)
				in->class = C_INVALID;
		}
	} else if (in->rep || in->opsize || in->reg < 5) {
		in->class = C_INVALID;
	} else {
		in->attr &= ~OP_FP;
	}
}

static void refine_system(struct insn *in)
{
	/* 0F 00 and 0F 01: what a user may run is emulated, the rest is the machine's or undefined. */
	if (in->opcode == 0x00) {
		if (in->reg == 2 || in->reg == 3)
			in->class = C_PRIVILEGED;
		else if (in->reg > 5)
			in->class = C_INVALID;
		return;
	}
	if (in->mod != 3) {
		if (in->reg == 2 || in->reg == 3 || in->reg == 6 || in->reg == 7)
			in->class = C_PRIVILEGED;
		else if (in->reg == 5)
			in->class = C_INVALID;
	} else if (in->modrm == 0xf9) {
		in->class = in->rep || in->opsize ? C_INVALID : C_GENERIC;	/* rdtscp */
	} else if (in->reg == 6) {
		in->class = C_PRIVILEGED;
	} else if (in->reg != 4) {
		in->class = C_INVALID;
	}
}

static void refine_two_byte(struct insn *in)
{
	switch (in->opcode) {
	case 0x00: case 0x01:
		refine_system(in);
		break;
	case 0x2a:
		if (in->rep)
			in->attr |= OP_EG;
		break;
	case 0x2c: case 0x2d:
		if (in->rep)
			in->attr |= OP_RG | OP_WR;
		break;
	case 0x6e:
		in->attr |= OP_EG;
		break;
	case 0x7e:
		if (in->rep != 0xf3)
			in->attr |= OP_EG | OP_WE;
		break;
	case 0x13: case 0x17: case 0x2b: case 0xe7:
		if (in->mod == 3 || (in->opcode == 0x2b && in->rep))
			in->class = C_INVALID;
		break;
	case 0x0d:
		if (in->mod == 3)
			in->class = C_INVALID;
		break;
	case 0xae:
		refine_group15(in);
		break;
	case 0xb8:
		if (in->rep != 0xf3)
			in->class = C_INVALID;
		break;
	case 0xba:
		if (in->reg < 4)
			in->class = C_INVALID;
		if (in->reg == 4)
			in->attr &= ~(OP_WE | OP_LK);
		break;
	case 0xc3: case 0xc7:
		if (in->opcode == 0xc3) {
			if (in->rep || in->opsize)
				in->class = C_INVALID;
		} else if (in->mod != 3) {
			in->attr |= OP_LK;
			if (in->reg != 1)
				in->class = C_INVALID;
		} else {
			in->class = C_INVALID;
		}
		break;
	case 0x20: case 0x21: case 0x22: case 0x23:
		in->mod = 3;	/* whatever it says */
		in->has_mem = false;
		break;
	}
}

struct fetch {
	const uint8_t *p;
	size_t at, avail;
};

static bool take(struct fetch *f, unsigned bytes, uint32_t *out)
{
	uint32_t v = 0;

	if (f->at + bytes > f->avail)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		v |= (uint32_t)f->p[f->at + i] << (8 * i);
	f->at += bytes;
	*out = v;
	return true;
}

/* An address in the 16-bit forms; false when bytes run out. */
static bool decode_mem16(struct insn *in, struct fetch *f)
{
	static const int8_t base[8] = { 3, 3, 5, 5, 6, 7, 5, 3 }, index[8] = { 6, 7, 6, 7, -1, -1, -1, -1 };
	uint32_t v = 0;

	in->narrow = true;
	in->base = base[in->rm];
	in->index = index[in->rm];
	if (in->mod == 0 && in->rm == 6) {
		in->base = -1;
		if (!take(f, 2, &v))
			return false;
	} else if (in->mod && !take(f, in->mod, &v)) {
		return false;
	}
	in->disp = in->mod == 1 ? (int8_t)v : (int16_t)v;
	return true;
}

static bool decode_mem32(struct insn *in, struct fetch *f)
{
	uint32_t v = 0;

	in->base = (int8_t)in->rm;
	if (in->rm == 4) {
		if (!take(f, 1, &v))
			return false;
		in->base = v & 7;
		in->index = (v >> 3 & 7) == 4 ? -1 : (int8_t)(v >> 3 & 7);
		in->scale = (uint8_t)(v >> 6);
		v = 0;
	}
	if (in->mod == 0 && in->base == 5) {
		in->base = -1;
		if (!take(f, 4, &v))
			return false;
	} else if (in->mod && !take(f, in->mod == 1 ? 1 : 4, &v)) {
		return false;
	}
	in->disp = in->mod == 1 ? (int8_t)v : (int32_t)v;
	return true;
}

/* Prefixes up to the opcode byte; leaves the opcode in *op. */
static bool decode_prefixes(struct insn *in, struct fetch *f, uint32_t *op)
{
	for (;;) {
		if (!take(f, 1, op))
			return false;
		switch (*op) {
		case 0x26: in->seg = 0; break;
		case 0x2e: in->seg = 1; break;
		case 0x36: in->seg = 2; break;
		case 0x3e: in->seg = 3; break;
		case 0x64: in->seg = 4; break;
		case 0x65: in->seg = 5; break;
		case 0x66: in->opsize = true; break;
		case 0x67: in->addrsize = true; break;
		case 0xf0: in->lock = true; break;
		case 0xf2: case 0xf3: in->rep = (uint8_t)*op; break;
		default: return true;
		}
	}
}

static bool decode_opcode(struct insn *in, struct fetch *f, struct op *op)
{
	uint32_t v;

	if (!decode_prefixes(in, f, &v))
		return false;
	in->opcode = (uint8_t)v;
	*op = one_byte[v];
	if (v != 0x0f)
		return true;
	if (!take(f, 1, &v))
		return false;
	in->map = 1;
	in->opcode = (uint8_t)v;
	*op = two_byte[v];
	if (v != 0x38 && v != 0x3a)
		return true;
	in->map = v == 0x38 ? 2 : 3;
	if (!take(f, 1, &v))
		return false;
	in->opcode = (uint8_t)v;
	*op = in->map == 2 ? op_0f38(in->opcode, in->rep) : op_0f3a(in->opcode);
	return true;
}

static bool decode_modrm(struct insn *in, struct fetch *f)
{
	uint32_t v;

	if (!take(f, 1, &v))
		return false;
	in->modrm = (uint8_t)v;
	in->mod = (uint8_t)(v >> 6);
	in->reg = v >> 3 & 7;
	in->rm = v & 7;
	in->has_mem = in->mod != 3;
	if (in->map == 1 && in->opcode >= 0x20 && in->opcode <= 0x23)
		in->has_mem = false;
	if (in->map == 0)
		refine_one_byte(in);
	else if (in->map == 1)
		refine_two_byte(in);
	if (in->attr & OP_MEM && in->mod == 3)
		in->class = C_INVALID;
	if (in->attr & OP_REG && in->mod != 3)
		in->class = C_INVALID;
	if (!in->has_mem)
		return true;
	return in->addrsize ? decode_mem16(in, f) : decode_mem32(in, f);
}

static bool decode_immediate(struct insn *in, struct fetch *f)
{
	uint32_t v;
	unsigned wide = in->opsize ? 2 : 4;

	if (in->attr & OP_OFF)
		in->imm_bytes = in->addrsize ? 2 : 4;
	else if (in->attr & (OP_IZ | OP_PTR))
		in->imm_bytes = (uint8_t)wide;
	else if (in->attr & OP_I16)
		in->imm_bytes = 2;
	else if (in->attr & OP_I8)
		in->imm_bytes = 1;
	if (!take(f, in->imm_bytes, &in->imm))
		return false;
	if (in->attr & OP_PTR) {
		if (!take(f, 2, &v))
			return false;
		in->imm2 = (uint16_t)v;
	} else if ((in->attr & (OP_I16 | OP_I8)) == (OP_I16 | OP_I8)) {
		if (!take(f, 1, &v))
			return false;
		in->imm2 = (uint16_t)v;
	}
	return true;
}

/* x87 opcodes D8 to DF: for each value of reg, is the memory operand written? */
static const uint8_t x87_stores[8] = { 0, 0xcc, 0, 0x8e, 0, 0xce, 0, 0xce };

/* 0F opcodes that write memory and do not say so by OP_WE. */
static bool sse_stores(const struct insn *in)
{
	switch (in->opcode) {
	case 0x00:
		return in->reg <= 1;
	case 0x01:
		return in->reg <= 1 || in->reg == 4;
	case 0x11: case 0x13: case 0x17: case 0x29: case 0x2b: case 0x7f: case 0xc3: case 0xc7: case 0xd6: case 0xe7:
		return true;
	case 0xae:
		return in->reg == 0 || in->reg == 3;
	}
	return false;
}

bool decode_writes(const struct insn *in)
{
	if (in->class == C_MOFFS)
		return in->opcode >= 0xa2;
	if (!in->has_mem)
		return false;
	if (in->attr & OP_WE || in->class == C_FROMSEG || in->class == C_POPM)
		return true;
	if (in->map == 0 && (in->opcode & 0xf8) == 0xd8)
		return x87_stores[in->opcode & 7] >> in->reg & 1;
	return in->map == 1 && sse_stores(in);
}

/* MMX instructions with a memory operand among 0F opcodes without a prefix, by their upper four bits. */
static bool is_mmx(const struct insn *in)
{
	static const uint16_t mmx[16] = { [2] = 0x3400, [6] = 0xcfff, [7] = 0xc071, [0xc] = 0x10, [0xd] = 0xff3e, [0xe] = 0xffbf, [0xf] = 0x7f7e };

	if (in->map == 2)
		return in->opcode <= 0x0b || (in->opcode >= 0x1c && in->opcode <= 0x1e);
	if (in->map == 3)
		return in->opcode == 0x0f;
	return mmx[in->opcode >> 4] >> (in->opcode & 15) & 1;
}

bool decode_waits(const struct insn *in)
{
	if (in->map)
		return !in->opsize && !in->rep && is_mmx(in);
	/* fnstenv, fnstcw, fnsave, fnstsw look at the state as it is */
	return !((in->opcode == 0xd9 || in->opcode == 0xdd) && in->reg >= 6);
}

int decode(struct insn *in, const uint8_t *p, size_t avail)
{
	struct fetch f = { p, 0, avail > 15 ? 15 : avail };
	struct op op;
	int incomplete = avail >= 15 ? DECODE_LONG : DECODE_SHORT;

	*in = (struct insn){ .seg = -1, .base = -1, .index = -1 };
	if (!decode_opcode(in, &f, &op))
		return incomplete;
	in->class = op.class;
	in->attr = op.attr;
	if (in->attr & OP_M && !decode_modrm(in, &f))
		return incomplete;
	if (!decode_immediate(in, &f))
		return incomplete;
	in->length = (uint8_t)f.at;
	if (in->lock && !(in->attr & OP_LK && in->has_mem))
		in->class = C_INVALID;
	if (in->seg == CS && in->class != C_INVALID && in->class != C_PRIVILEGED && in->class != C_EMULATE &&
	    in->class != C_POPM && decode_writes(in))
		in->class = C_GP;	/* a code segment cannot be written; those left out find that themselves */
	return DECODE_OK;
}

int decode_segment(const struct insn *in)
{
	if (in->seg >= 0)
		return in->seg;
	if (!in->narrow)
		return in->base == 4 || in->base == 5 ? 2 : 3;
	return in->base == 5 ? 2 : 3;
}
