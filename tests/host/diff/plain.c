/*
 * Instructions that the CPU executes for the reference.  Each is copied into a slot with its memory operand replaced by
 * the absolute address that C computed (in 64-bit mode: a SIB byte without base and index, and an address-size prefix
 * so that the address is not sign-extended), is run with the guest's registers loaded, and jumps back.  A fault is a
 * signal; the slot tells that it is ours.  Slots are used in turn, so that code is seldom written where it just ran.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "reference.h"

/* Known to plain_enter.S by its offsets. */
struct plain_box {
	uint32_t reg[8];
	uint32_t eflags;
	uint32_t with_fpu;
	uint8_t pad[8];
	uint8_t *code;
	uint64_t pad2;
	uint8_t fpu[512];
};
extern struct plain_box plain_box;
extern uint64_t plain_host_sp;
extern const char plain_return[], plain_resume[];
void plain_enter(void);

_Static_assert(offsetof(struct plain_box, code) == 48 && offsetof(struct plain_box, fpu) == 64, "plain_enter.S");

#define SLOT_BYTES	64u
#define SLOTS		16384u
static uint8_t *slots, *slot;
static bool uses_fpu[ZYDIS_ISA_SET_MAX_VALUE + 1];

/* What the signal handler leaves. */
static volatile int trap_vector;
static uint32_t trap_error, trap_cr2, trap_rip;

static const uint16_t fpu_sets[] = {
	ZYDIS_ISA_SET_X87, ZYDIS_ISA_SET_FCMOV, ZYDIS_ISA_SET_PENTIUMMMX, ZYDIS_ISA_SET_FXSAVE,
	ZYDIS_ISA_SET_SSE, ZYDIS_ISA_SET_SSEMXCSR, ZYDIS_ISA_SET_SSE2, ZYDIS_ISA_SET_SSE2MMX, ZYDIS_ISA_SET_SSE3,
	ZYDIS_ISA_SET_SSE3X87, ZYDIS_ISA_SET_SSSE3, ZYDIS_ISA_SET_SSSE3MMX, ZYDIS_ISA_SET_SSE4, ZYDIS_ISA_SET_SSE42,
};

void plain_init(void)
{
	slots = mmap(NULL, SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED) {
		perror("reference: executable memory");
		_exit(1);
	}
	slot = slots;
	for (unsigned i = 0; i < sizeof(fpu_sets) / sizeof(fpu_sets[0]); i++)
		uses_fpu[fpu_sets[i]] = true;
}

static const int taken[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
static struct sigaction theirs[sizeof(taken) / sizeof(taken[0])];

/* Runs on the alternate stack; the direct flag and AC may be the guest's. */
static void on_fault(int sig, siginfo_t *info, void *ucp)
{
	ucontext_t *uc = ucp;
	greg_t *g = uc->uc_mcontext.gregs;
	uint8_t *rip = (uint8_t *)g[REG_RIP];
	static const uint8_t order[8] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI };

	(void)info;
	if (rip < slot || rip > slot + SLOT_BYTES) {
		static const char text[] = "Bail out! the test itself took a signal\n";

		if (write(1, text, sizeof(text) - 1) < 0)
			_exit(1);
		signal(sig, SIG_DFL);
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		plain_box.reg[i] = (uint32_t)g[order[i]];
	plain_box.eflags = (uint32_t)g[REG_EFL];
	if (plain_box.with_fpu)
		memcpy(plain_box.fpu, uc->uc_mcontext.fpregs, 512);
	trap_vector = (int)g[REG_TRAPNO];
	trap_error = trap_vector == 14 || trap_vector == 13 ? (uint32_t)g[REG_ERR] & 0xf : 0;
	trap_cr2 = (uint32_t)g[REG_CR2];
	trap_rip = (uint32_t)(rip - slot);
	g[REG_RIP] = (greg_t)plain_resume;
	g[REG_RSP] = (greg_t)plain_host_sp;
	g[REG_EFL] = 0x202;
}

void reference_take_signals(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	stack_t ss;
	static uint8_t *stack;

	sigaltstack(NULL, &ss);
	if (ss.ss_flags & SS_DISABLE) {
		if (!stack)
			stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ss = (stack_t){ .ss_sp = stack, .ss_size = 65536 };
		sigaltstack(&ss, NULL);
	}
	for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaction(taken[i], &sa, &theirs[i]);
}

void reference_return_signals(void)
{
	for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaction(taken[i], &theirs[i], NULL);
}

/* The copy of the instruction at `to`.  Returns its length. */
static unsigned rewrite(const struct insn *i, uint32_t address, uint8_t *to)
{
	unsigned n = 0, tail;
	bool memory = (i->z.attributes & ZYDIS_ATTRIB_HAS_MODRM) && i->mod != 3;

	for (unsigned p = 0; p < i->z.raw.prefix_count; p++) {
		uint8_t b = i->z.raw.prefixes[p].value;

		if (b == 0xf0 || b == 0xf2 || b == 0xf3 || b == 0x66)
			to[n++] = b;
	}
	/* Keep room for what the copy adds: repeated prefixes mean no more than one, the last of F2 and F3 counts. */
	if (n > 4) {
		bool lock = memchr(to, 0xf0, n), size = memchr(to, 0x66, n);

		n = 0;
		if (lock)
			to[n++] = 0xf0;
		if (size)
			to[n++] = 0x66;
		if (i->rep)
			to[n++] = i->rep;
	}
	to[n++] = 0x67;
	if (i->map >= 1)
		to[n++] = 0x0f;
	if (i->map == 2)
		to[n++] = 0x38;
	if (i->map == 3)
		to[n++] = 0x3a;
	to[n++] = i->map == 0 && i->opcode == 0x82 ? 0x80 : i->opcode;
	tail = i->z.length;
	for (unsigned k = 0; k < 2; k++)
		if (i->z.raw.imm[k].size && i->z.raw.imm[k].offset < tail)
			tail = i->z.raw.imm[k].offset;
	if (memory) {
		to[n++] = (uint8_t)(i->reg << 3 | 4);
		to[n++] = 0x25;
		memcpy(to + n, &address, 4);
		n += 4;
	} else if (i->z.attributes & ZYDIS_ATTRIB_HAS_MODRM) {
		to[n++] = i->bytes[i->z.raw.modrm.offset];
	}
	memcpy(to + n, i->bytes + tail, i->z.length - tail);
	return n + i->z.length - tail;
}

static bool writes_instruction_pointer(const struct insn *i)
{
	return i->z.mnemonic == ZYDIS_MNEMONIC_FNSTENV || i->z.mnemonic == ZYDIS_MNEMONIC_FNSAVE;
}

static bool has_long_operand(const struct insn *i)
{
	static const uint16_t list[] = { ZYDIS_MNEMONIC_FNSTENV, ZYDIS_MNEMONIC_FNSAVE, ZYDIS_MNEMONIC_FLDENV,
		ZYDIS_MNEMONIC_FRSTOR, ZYDIS_MNEMONIC_FXRSTOR, ZYDIS_MNEMONIC_FXSAVE };

	for (unsigned n = 0; n < sizeof(list) / sizeof(list[0]); n++)
		if (i->z.mnemonic == list[n])
			return true;
	return false;
}

/* fnstenv and fnsave tell where the last FPU instruction was: here, in a slot. */
static void note_vague(struct reference *r, const struct insn *i, uint32_t va)
{
	reference_vague(r, va + (i->operand16 ? 6 : 12), i->operand16 ? 8 : 16);
}

/* A memory operand that is not accessed, so that no segment check is made. */
static bool touches_nothing(const struct insn *i)
{
	return i->z.mnemonic == ZYDIS_MNEMONIC_LEA || i->z.mnemonic == ZYDIS_MNEMONIC_NOP ||
	       i->z.meta.category == ZYDIS_CATEGORY_PREFETCH || i->z.meta.category == ZYDIS_CATEGORY_NOP ||
	       i->z.meta.category == ZYDIS_CATEGORY_WIDENOP || i->z.mnemonic == ZYDIS_MNEMONIC_UD0 ||
	       i->z.mnemonic == ZYDIS_MNEMONIC_UD1;
}

int plain_execute(struct reference *r, const struct insn *i)
{
	struct plain_box *b = &plain_box;
	uint32_t va = 0, kept = r->cpu.eflags & (F_TF | F_AC);
	unsigned n;

	if ((i->z.attributes & ZYDIS_ATTRIB_HAS_MODRM) && i->mod != 3) {
		if (touches_nothing(i))
			va = insn_offset(r, i);
		else if (insn_address(r, i, &va) < 0)
			return -1;
	}
	if (i->map == 1 && i->mod != 3 && (i->opcode & 0xe7) == 0xa3) {		/* bt, bts, btr, btc reach far */
		reference_note(r, va + (uint32_t)((int32_t)r->cpu.reg[i->reg] >> 5) * 4);
		if (i->address16) {	/* and wrap at 64 KiB, or not */
			r->out->ending = END_UNTOLD;
			return -1;
		}
	}
	if (i->z.mnemonic == ZYDIS_MNEMONIC_MASKMOVQ || i->z.mnemonic == ZYDIS_MNEMONIC_MASKMOVDQU) {
		reference_note(r, r->cpu.reg[R_DI]);
		if (i->overridden || i->address16) {	/* no compiler makes these; the engine says #UD */
			r->out->ending = END_UNTOLD;
			return -1;
		}
		if (r->seg_null[i->segment] && i->z.mnemonic == ZYDIS_MNEMONIC_MASKMOVQ) {
			r->out->ending = END_UNTOLD;	/* the x87 stack may have become MMX registers before the trap */
			return -1;
		}
		if (r->seg_null[i->segment])
			return reference_trap(r, 13, 0, 0);
	}
	slot += SLOT_BYTES;
	if (slot == slots + SLOTS * SLOT_BYTES)
		slot = slots;
	n = rewrite(i, va, slot);
	memcpy(slot + n, "\xff\x25\0\0\0\0", 6);
	memcpy(slot + n + 6, &(const char *){ plain_return }, 8);
	memcpy(b->reg, r->cpu.reg, sizeof(b->reg));
	b->eflags = r->cpu.eflags & ~(uint32_t)(F_TF | F_AC | F_NT);
	kept |= r->cpu.eflags & F_NT;
	b->with_fpu = uses_fpu[i->z.meta.isa_set] || (i->map == 0 && (i->opcode & 0xf8) == 0xd8);	/* fcomi is in PPRO */
	if (b->with_fpu)
		memcpy(b->fpu, r->cpu.fpu, 512);
	b->code = slot;
	trap_vector = -1;
	plain_enter();
	memcpy(r->cpu.reg, b->reg, sizeof(b->reg));
	r->cpu.eflags = (b->eflags & ~(uint32_t)F_RF) | kept;
	if (b->with_fpu)
		memcpy(r->cpu.fpu, b->fpu, 512);
	r->out->cr2_in_page = has_long_operand(i);
	if (trap_vector >= 0)
		return reference_trap(r, (uint8_t)trap_vector, trap_vector == 14 ? trap_error & 7 : 0, trap_cr2);
	if (writes_instruction_pointer(i))
		note_vague(r, i, va);
	return 0;
}
