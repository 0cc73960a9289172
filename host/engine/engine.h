/*
 * How guest instructions are executed.  The engine owns windows, translations and the host signals that come with
 * them; it knows nothing of lguest.  What a trap, an iret or a selector means is the machine's business and reaches
 * it through struct engine_host.
 *
 * A *space* is a guest page directory (its guest-physical address).  Each has two windows: one with the pages that CPL 3
 * may use, one with everything present.  Windows are a cache of the guest's page tables, as a TLB is.
 *
 * What a guest can tell from a CPU: EFLAGS.AC checks no alignment; debug registers have no effect; lar, lsl, verr and verw
 * find no descriptor; AVX and what else cpuid hides is undefined; an access across the end of the address space that
 * is not a fault on page 0 is a general protection fault.
 */
#ifndef HOST_ENGINE_H
#define HOST_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "../error.h"
#include "../ram.h"

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI };	/* index of vcpu.reg: ModRM order */
enum { ES, CS, SS, DS, FS, GS };			/* index of vcpu.seg: ModRM order */

/* What a segment may be used for.  A null selector is good for nothing; code, and data without the W bit, for reading. */
enum seg_access { SEG_WRITE, SEG_NULL, SEG_READ };

/* What the guest's CPU holds, valid whenever translated code does not run. */
struct vcpu {
	uint32_t reg[8];
	uint32_t eip;
	uint32_t eflags;	/* the real flags; IF always 1, IOPL 0; the virtual IF is the machine's */
	uint16_t seg[6];	/* selectors */
	uint32_t seg_base[6];	/* FS and GS may be anything; ES, CS, SS and DS are always 0 */
	uint8_t seg_access[6];	/* enum seg_access: what else is #GP(0) */
	uint8_t cpl;		/* 1 guest kernel, 3 guest user */
	uint8_t fpu_trap;	/* 1: an FPU, MMX or SSE instruction is trap 7 (set by engine_set_fpu_trap) */
	uint32_t space;		/* the current page directory (set by engine_set_space) */
	uint32_t debug[8];	/* DR0-7 as written; no effect */
	_Alignas(64) uint8_t fpu[512];	/* FXSAVE image, valid between runs; the real registers hold
					 * the state while the guest runs, and in engine_host.fast */
	/* The engine's own, at fixed offsets (offsets.h). */
	struct engine *engine;
	uint32_t raw_flags, pad;
	const uint8_t *probe[3], *write_probe[3];	/* by seg_access: a byte that can be read, or one that cannot */
	const uint8_t *fpu_probe;
};

enum engine_event {
	ENGINE_KICK,		/* engine_kick was called; vcpu is at an instruction boundary */
	ENGINE_TRAP,		/* a trap or fault: eip is the faulting instruction, or after it for int n, int3, into */
	ENGINE_IRET,		/* iret at CPL 1 (eip is at the iret); operand16 tells iretw */
	ENGINE_PRIVILEGED,	/* an instruction that CPL 1 or 3 may not execute (cli, in, out, hlt, mov cr, lgdt...): #GP(0)
				 * unless the machine emulates it; eip is at it, length its bytes */
	ENGINE_FARCALL,		/* far jump, call or return through a selector; eip at it; see fields */
	ENGINE_SEGMENT,		/* load of seg_index with selector; on success the machine sets vcpu.seg*, eip += length */
};

struct engine_exit {
	uint8_t event;		/* enum engine_event */
	uint8_t vector;		/* TRAP: 0..255 */
	bool software;		/* TRAP: by int n, int3 or into (gate DPL counts) */
	bool has_error;
	bool operand16;
	uint8_t length;		/* instruction length */
	uint8_t seg_index;	/* SEGMENT */
	uint8_t far_kind;	/* FARCALL: 0 jump, 1 call, 2 return */
	uint16_t selector;	/* SEGMENT, FARCALL (jump, call) */
	uint16_t far_pop;	/* FARCALL return: extra bytes to pop */
	uint32_t far_offset;	/* FARCALL (jump, call) */
	uint32_t new_esp;	/* SEGMENT from pop or lss...: value ESP takes when the load succeeds; else current ESP */
	int8_t dest_reg;	/* SEGMENT from lds/les/lss/lfs/lgs: register that takes dest_value on success; -1 none */
	uint32_t dest_value;
	uint32_t error;		/* TRAP: error code (page fault: bit 0 present, 1 write, 2 user) */
	uint32_t cr2;		/* TRAP 14 */
};

struct mapping {
	uint32_t pfn;
	bool writable;		/* may be mapped writable now (RW in PDE and PTE, D set) */
	bool user;		/* CPL 3 may use it */
};

enum { WALK_WRITE = 1, WALK_USER = 2,
       WALK_PEEK = 4 };		/* a neighbour of a miss: tell, but set no A or D bit, and fail unless A is set */

/* What the engine asks of the machine. */
struct engine_host {
	/* Translate va in the guest's page tables of `space`.  0 and *out, having set A (and D for a write); or -1 when the
	 * guest's tables do not allow the access: *error_code gets the P bit's value for the page fault.  May run
	 * in a signal handler and in light exits on behalf of guest code: no locks, no allocation, no stdio, and general
	 * registers only, since the FPU holds guest state. */
	int (*walk)(void *ctx, uint32_t space, uint32_t va, unsigned flags, struct mapping *out, uint32_t *error_code);
	/* A light exit: take it without leaving the engine, vcpu complete except for the FPU, which holds guest
	 * state: general registers only (-mgeneral-regs-only), no library calls.  True: vcpu is as it should go on. */
	bool (*fast)(void *ctx, struct vcpu *vcpu, const struct engine_exit *exit);
};

struct engine;

struct engine_stats {
	uint64_t exits, blocks, instructions_translated, window_faults, window_mmaps, pages_mapped, spaces_recycled, code_invalidations,
		kicks, code_bytes, indirect_misses;
};

/* One engine per process (it takes SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and the kick signal). */
struct engine *engine_new(struct ram *ram, const struct engine_host *host, void *ctx, struct vcpu *vcpu, struct error *err);
void engine_free(struct engine *e);

/* Execute from vcpu until an exit that `fast` did not take; *exit says which.  Returns on the thread that called it;
 * FPU state is in vcpu->fpu then.  At most one thread. */
void engine_run(struct engine *e, struct engine_exit *exit);
/* From any thread: engine_run returns ENGINE_KICK soon (at once if called between runs).  Not from a signal handler that
 * may have interrupted the vCPU's own thread with the kick signal unblocked: the kick would find that handler. */
void engine_kick(struct engine *e);

/* Callable between runs and from `fast` (cheap ones without libc where marked). */
void engine_set_space(struct engine *e, uint32_t space);	/* fast; sets vcpu->space; flushes nothing */
void engine_set_cpl(struct engine *e, unsigned cpl);		/* fast; sets vcpu->cpl */
void engine_set_kernel_address(struct engine *e, uint32_t va);	/* identical in all spaces from here on */
void engine_flush_page(struct engine *e, uint32_t space, uint32_t va);	/* va >= kernel address: in every space */
void engine_flush_table(struct engine *e, uint32_t space, uint32_t va);	/* the 4 MiB around va */
void engine_flush_user(struct engine *e);	/* current space, below the kernel address */
void engine_flush_all(struct engine *e);
void engine_set_fpu_trap(struct engine *e, bool on);		/* fast */
void engine_get_stats(const struct engine *e, struct engine_stats *out);

#endif
