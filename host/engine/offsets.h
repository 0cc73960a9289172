/*
 * Where enter.S and translated code find what they need: byte offsets in struct vcpu and struct engine, asserted in
 * run.c.  Plain numbers, since the assembler reads them too.
 */
#ifndef HOST_ENGINE_OFFSETS_H
#define HOST_ENGINE_OFFSETS_H

/* struct vcpu (in R13 while translated code runs) */
#define VCPU_REG	0
#define VCPU_EIP	32
#define VCPU_EFLAGS	36
#define VCPU_SEG	40
#define VCPU_SEG_BASE	52
#define VCPU_SEG_ACCESS	76
#define VCPU_FPU	128
#define VCPU_ENGINE	640
#define VCPU_RAW_FLAGS	648
#define VCPU_PROBE	656	/* three pointers, by enum seg_access: a byte that can be read, or one that cannot */
#define VCPU_WRITE_PROBE 680	/* the same for writing */
#define VCPU_FPU_PROBE	704	/* one of them, for the FPU */

/* struct engine */
#define ENGINE_HOST_RSP	0
#define ENGINE_VCPU	8
#define ENGINE_BASE	16
#define ENGINE_TABLE	24
#define ENGINE_CACHE	32
#define ENGINE_TARGET	40
#define ENGINE_KICKED	48
#define ENGINE_FPU_LIVE	52
#define ENGINE_MXCSR	56
#define ENGINE_STATUS	60

/* How translated code leaves; the stubs at the start of the code cache are in this order, STUB_BYTES apart. */
#define EXIT_MISS	0	/* R8D: eip that the table does not know */
#define EXIT_LINK	1	/* R8D: eip, R9D: cache offset of the branch displacement to patch */
#define EXIT_EVENT	2	/* R8D: eip, R9D: number of the event */
#define EXIT_EMULATE	3	/* R8D: eip of an instruction to carry out in C */
#define EXIT_STEP	4	/* R8D: eip after a single-stepped instruction */
#define EXIT_SIGNAL	5	/* the signal handler has filled in vcpu and engine.exit */
#define EXIT_RESYNC	6	/* the signal handler has filled in vcpu: look up eip and go on */
#define STUB_BYTES	16

#define STATUS_EVENT	0	/* engine.exit is for the machine */
#define STATUS_KICK	1
#define STATUS_TRANSLATE 2	/* vcpu.eip wants a translation */

#endif
