/*
 * One 32-bit instruction, taken apart.  decode.c fills it for the translator (translate.c) and for the C emulation of
 * rare instructions (emulate.c).  Its tables are an allow list: what they do not name is #UD.
 */
#ifndef HOST_ENGINE_DECODE_H
#define HOST_ENGINE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an opcode is made of.  RG and EG say whether ModRM's reg and rm name general registers. */
enum {
	OP_M	= 0x0001,	/* has a ModRM byte */
	OP_I8	= 0x0002,	/* immediate of one byte */
	OP_IZ	= 0x0004,	/* of the operand size, at most 4 bytes */
	OP_I16	= 0x0008,	/* of two bytes (also beside I8: enter) */
	OP_RG	= 0x0010,
	OP_EG	= 0x0020,
	OP_RB	= 0x0040,	/* reg is a byte register */
	OP_EB	= 0x0080,	/* rm is a byte register */
	OP_WR	= 0x0100,	/* reg is written */
	OP_WE	= 0x0200,	/* rm is written */
	OP_FP	= 0x0400,	/* x87, MMX or SSE: trap 7 when the FPU is off */
	OP_LK	= 0x0800,	/* LOCK is valid when rm is memory */
	OP_MEM	= 0x1000,	/* rm must be memory */
	OP_REG	= 0x2000,	/* rm must be a register */
	OP_PTR	= 0x4000,	/* far pointer */
	OP_OFF	= 0x8000,	/* address without ModRM */
};

/* How an instruction is carried out. */
enum op_class {
	C_INVALID,		/* #UD */
	C_GENERIC,		/* re-encode */
	C_NOP,
	C_EMULATE,		/* in C, emulate.c */
	C_PRIVILEGED,		/* exit to the machine */
	C_INCDEC, C_PUSH, C_POP, C_PUSHI, C_PUSHM, C_POPM, C_PUSHA, C_POPA, C_PUSHSEG, C_LEAVE, C_ENTER,
	C_CALL, C_CALLM, C_JMP, C_JMPM, C_JCC, C_RET, C_LOOP,
	C_STRING, C_LEA, C_MOV, C_MOFFS, C_XLAT, C_XCHGA, C_MOVIMM, C_BSWAP, C_FROMSEG, C_TOSEG, C_POPSEG,
	C_INT, C_INTO, C_IRET, C_MASKMOV, C_FENV, C_GP,
};

struct insn {
	uint8_t length;
	uint8_t map;		/* 0 one byte, 1 0F, 2 0F38, 3 0F3A */
	uint8_t opcode;
	uint8_t class;
	uint32_t attr;
	uint8_t rep;		/* the last of F2 and F3, or 0 */
	bool opsize, addrsize, lock;
	int8_t seg;		/* override (ModRM order of sreg), or -1 */
	uint8_t modrm, mod, reg, rm;
	bool has_mem;
	bool narrow;		/* mem: 16-bit address */
	int8_t base, index;	/* mem: general registers, or -1 */
	uint8_t scale;		/* mem: log 2 */
	int32_t disp;
	uint32_t imm;
	uint8_t imm_bytes;
	uint16_t imm2;		/* selector of a far pointer; enter: nesting level */
};

enum { DECODE_OK = 0, DECODE_SHORT = -1,	/* bytes ran out: fetch more */
       DECODE_LONG = -2 };			/* more than 15 bytes: #GP */

/* Decode at most `avail` bytes at p.  An undefined instruction is DECODE_OK with class C_INVALID. */
int decode(struct insn *in, const uint8_t *p, size_t avail);
/* Does it write memory (other than the stack, and a string's destination)? */
bool decode_writes(const struct insn *in);
/* Does an x87 or MMX instruction with a memory operand raise a pending x87 exception before it looks at memory? */
bool decode_waits(const struct insn *in);
/* The segment register that the memory operand goes through. */
int decode_segment(const struct insn *in);

#endif
