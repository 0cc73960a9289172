/*
 * The translator's workbench: what translate.c and the emit files share.  The small functions here append host
 * instructions; none of them touches the flags.
 */
#ifndef HOST_ENGINE_TRANSLATE_H
#define HOST_ENGINE_TRANSLATE_H

#include "private.h"

enum { RSP_ = 4, R8 = 8, R9, R10, R11, R12, R13, R14, R15 };

/* A host memory operand: base + index << scale + disp; index -1: none. */
struct mref {
	uint8_t base;
	int8_t index;
	uint8_t scale;
	int32_t disp;
};

/* One host instruction to encode. */
struct enc {
	uint8_t prefix[3];	/* 66, F2 or F3, F0; 0 none */
	bool wide;		/* REX.W */
	uint8_t map, opcode;
	uint8_t reg;
	bool mem;
	uint8_t rm;		/* register, unless mem */
	struct mref m;
};

#define MAX_STUBS 128

struct translator {
	struct engine *e;
	struct insn in;
	uint32_t eip, next;
	uint32_t at;			/* where the next host byte goes, an offset in the cache */
	struct code_page *cp;
	struct block *block;
	bool wrap;			/* this instruction's addresses must be truncated before use */
	bool straddle;			/* this block is one instruction on two pages */
	bool done;			/* the block has ended */
	bool fpu_probed;		/* an instruction of this block has made sure that the FPU is on */
	struct {			/* jumps that leave the block, to be completed at its end */
		uint32_t site, target;
		bool probed;		/* fpu_probed at the branch */
	} stub[MAX_STUBS];
	unsigned stubs;
};

static inline void put8(struct translator *t, unsigned v)
{
	t->e->cache_rw[t->at++] = (uint8_t)v;
}

static inline void put32(struct translator *t, uint32_t v)
{
	__builtin_memcpy(t->e->cache_rw + t->at, &v, 4);
	t->at += 4;
}

/* translate.c: encoding */
void emit(struct translator *t, const struct enc *x);
void emit_mov(struct translator *t, unsigned dst, unsigned src);		/* 32 bits, clears the upper half */
void emit_mov_imm(struct translator *t, unsigned dst, uint32_t imm);
void emit_load(struct translator *t, unsigned dst, struct mref m);		/* 32 bits */
void emit_store(struct translator *t, struct mref m, unsigned src);
void emit_store_imm(struct translator *t, struct mref m, uint32_t imm);
void emit_lea(struct translator *t, unsigned dst, struct mref m);		/* 32 bits */
void emit_lea64(struct translator *t, unsigned dst, struct mref m);
void emit_set_esp(struct translator *t, unsigned src);			/* R12 from a 32-bit value in src */
void emit_adjust_esp(struct translator *t, int32_t by);

/* emit_mem.c: operands in guest memory */
struct mref emit_address(struct translator *t);		/* the memory operand; may use R8 (and R10 on the way) */
void emit_lea_guest(struct translator *t, unsigned dst, uint32_t extra);	/* its offset, plus extra, in dst */
struct mref emit_stack(struct translator *t, int32_t off);	/* ESP+off; may use R8 */
void emit_segment_probe(struct translator *t, unsigned seg, bool write);	/* #GP if it may not be used so, when that may be */
struct mref vcpu_field(int32_t offset);

/* emit_control.c */
void emit_goto(struct translator *t, uint32_t target);		/* ends the block */
void emit_dispatch(struct translator *t);			/* to the eip in R8D; ends the block */
void emit_exit(struct translator *t, unsigned kind);		/* jump to a stub of the cache */
void emit_trap(struct translator *t, unsigned vector, bool has_error);	/* a fault at this instruction */
void emit_stubs(struct translator *t);
void emit_call(struct translator *t);
void emit_callm(struct translator *t);
void emit_jmp(struct translator *t);
void emit_jmpm(struct translator *t);
void emit_jcc(struct translator *t);
void emit_ret(struct translator *t);
void emit_loop(struct translator *t);
void emit_int(struct translator *t);
void emit_into(struct translator *t);
void emit_iret(struct translator *t);
void emit_privileged(struct translator *t);
void emit_emulate(struct translator *t);
void emit_invalid(struct translator *t);
void emit_gp(struct translator *t);

/* emit_int.c */
void emit_generic(struct translator *t);
void emit_nop(struct translator *t);
void emit_incdec(struct translator *t);
void emit_lea_insn(struct translator *t);
void emit_mov_insn(struct translator *t);
void emit_moffs(struct translator *t);
void emit_xlat(struct translator *t);
void emit_xchga(struct translator *t);
void emit_movimm(struct translator *t);
void emit_bswap(struct translator *t);
void emit_fromseg(struct translator *t);

/* emit_stack.c */
void emit_push(struct translator *t);
void emit_pop(struct translator *t);
void emit_pushi(struct translator *t);
void emit_pushm(struct translator *t);
void emit_popm(struct translator *t);
void emit_pusha(struct translator *t);
void emit_popa(struct translator *t);
void emit_pushseg(struct translator *t);
void emit_leave(struct translator *t);
void emit_enter(struct translator *t);

/* emit_string.c */
void emit_string(struct translator *t);
void emit_maskmov(struct translator *t);

#endif
