/*
 * What the parts of the emulation share: emulate.c (operands, the table, plain instructions), emulate_fpu.c and emulate_flow.c (strings, odd
 * branches, far transfers and segment loads).
 */
#ifndef HOST_ENGINE_EMULATE_H
#define HOST_ENGINE_EMULATE_H

#include "private.h"

/* emulate.c.  Handlers run with vcpu.eip already behind the instruction; false leaves the reason in e->exit. */
bool mem_read(struct engine *e, unsigned seg, uint32_t va, unsigned size, uint32_t *out);
bool mem_write(struct engine *e, unsigned seg, uint32_t va, unsigned size, uint32_t value);
bool mem_writable(struct engine *e, unsigned seg, uint32_t va, unsigned size);
uint32_t effective_address(const struct engine *e, const struct insn *in);
bool get_rm(struct engine *e, const struct insn *in, unsigned size, uint32_t *out);
uint32_t get_reg(const struct engine *e, unsigned reg, unsigned size);
void set_reg(struct engine *e, unsigned reg, unsigned size, uint32_t v);
unsigned operand_size(const struct insn *in);

/* emulate_fpu.c */
bool emulate_fxsave(struct engine *e, const struct insn *in);
bool emulate_fnsave(struct engine *e, const struct insn *in);

/* emulate_flow.c */
bool emulate_string(struct engine *e, const struct insn *in);
bool emulate_branch(struct engine *e, const struct insn *in);
bool emulate_far(struct engine *e, const struct insn *in);
bool emulate_user_iret(struct engine *e, const struct insn *in);
bool emulate_segment(struct engine *e, const struct insn *in);

#endif
