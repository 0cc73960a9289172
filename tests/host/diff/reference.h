/*
 * The reference CPU.  It interprets 32-bit code one instruction at a time, but lets the CPU itself compute: an
 * instruction that means the same in 64-bit mode is copied with its memory operand made absolute and executed
 * (plain.c); those that do not exist there, or work on the stack, EIP or segments, are done in C from the manual
 * (special.c).  So it needs no 32-bit code segment, and knows nothing of how the translator works.
 */
#ifndef DIFF_REFERENCE_H
#define DIFF_REFERENCE_H

#include <Zydis/Zydis.h>

#include "cpu.h"

struct insn {
	ZydisDecodedInstruction z;
	uint8_t bytes[15];
	uint8_t opcode, map;		/* map 0: one byte, 1: 0F, 2: 0F38, 3: 0F3A */
	bool operand16, address16;
	uint8_t rep;			/* 0, 0xf2 or 0xf3: the last one */
	uint8_t segment;		/* that of the memory operand: override or default */
	bool overridden;
	uint8_t mod, reg, rm;
	uint32_t next;			/* EIP behind it */
};

struct reference {
	struct cpu_state cpu;
	uint32_t seg_base[6];
	bool seg_null[6], seg_read_only[6];
	struct outcome *out;
	uint32_t start;			/* the EIP it began with */
	uint32_t next_eip;
	uint32_t vague_flags;
	bool no_single_step;		/* the last instruction was a load of SS */
};

enum verdict {
	HIDDEN,		/* an instruction the guest's cpuid does not show, or no instruction: #UD */
	PLAIN,		/* executed on the CPU */
	SPECIAL,	/* done in C */
	TRAPPING,	/* int n, int1, int3 */
	NO_VERDICT,	/* its result is the machine's own affair (rdtsc, cpuid, sgdt ...) */
};

/* reference.c: put *in on the CPU and run at most `steps` instructions; fills in *out.  END_STUCK if steps ran out. */
void reference_run(const struct cpu_state *in, unsigned steps, struct outcome *out);
/* The same one at a time: start, then step until it returns false (*out is complete then). */
void reference_start(struct reference *r, const struct cpu_state *in, struct outcome *out);
bool reference_step(struct reference *r);
void reference_init(void);
/* Take the signals that tell of faults for the reference, or give them back to whom had them before. */
void reference_take_signals(void);
void reference_return_signals(void);

/* decode.c: decode at most len bytes as 32-bit code.  Zydis' status. */
ZyanStatus insn_decode(const uint8_t *bytes, unsigned len, struct insn *i);
enum verdict insn_verdict(const struct insn *i);
/* Does it write memory through i->segment? */
bool insn_writes(const struct insn *i);
/* Is it an x87 or MMX instruction that first raises what exception is pending? */
bool insn_waits(const struct insn *i);
void insn_init(void);
/* Disassembly of one instruction into text[64]. */
void insn_text(const uint8_t *bytes, unsigned len, uint32_t eip, char *text);

/* Within the reference: all return 0, or -1 after a trap was raised. */
int reference_trap(struct reference *r, uint8_t vector, uint32_t error, uint32_t cr2);
/* Memory whose value is not defined from here on. */
void reference_vague(struct reference *r, uint32_t va, uint32_t len);
/* Data at va was touched. */
void reference_note(struct reference *r, uint32_t va);
int reference_read(struct reference *r, uint32_t va, unsigned size, uint32_t *value);
int reference_write(struct reference *r, uint32_t va, unsigned size, uint32_t value);
/* Effective address without the segment's base, and with it (or #GP for a null segment). */
uint32_t insn_offset(const struct reference *r, const struct insn *i);
int insn_address(struct reference *r, const struct insn *i, uint32_t *va);
int plain_execute(struct reference *r, const struct insn *i);
bool special_known(const struct insn *i);
int special_execute(struct reference *r, const struct insn *i);
void plain_init(void);

#endif
