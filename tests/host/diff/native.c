/*
 * The CPU itself in 32-bit mode, where the host allows it: a case's code runs at its own address with its own registers,
 * reached by a far jump to the kernel's 32-bit user segment, and ends by a far jump back or by a signal.  It is what
 * the reference CPU is checked against (diff --oracle); nothing else depends on it.  Some hosts have no 32-bit segment.
 */
#include <asm/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "case.h"

/* Known to native_enter.S by its offsets. */
struct native_box {
	struct {
		uint32_t reg[8], eip, eflags;
		uint32_t unused;
		uint16_t seg[6];		/* at 44 */
	} cpu;
	uint8_t pad[128 - 56];
	uint8_t fpu[512];
};
extern struct native_box native_box;
extern uint64_t native_host_sp, native_fs_base;
extern struct { uint32_t offset; uint16_t selector; } native_target;
extern const char native_return[], native_resume[];
void native_enter(void);

_Static_assert(offsetof(struct native_box, cpu.seg) == 44 && offsetof(struct native_box, fpu) == 128, "native_enter.S");

#define CS_32	0x23

static volatile int trap_vector;
static volatile uint32_t trap_error, trap_cr2, trap_eip;
static volatile bool trap_in_32;

/* Nothing here may use FS: no library call, no stack protector. */
__attribute__((optimize("no-stack-protector")))
static void on_fault(int sig, siginfo_t *info, void *ucp)
{
	ucontext_t *uc = ucp;
	greg_t *g = uc->uc_mcontext.gregs;
	static const uint8_t order[8] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI };
	const uint8_t *fpu = (const uint8_t *)uc->uc_mcontext.fpregs;

	(void)info;
	trap_in_32 = (g[REG_CSGSFS] & 0xffff) == CS_32;
	trap_vector = sig == SIGALRM ? 256 : (int)g[REG_TRAPNO];
	trap_error = (uint32_t)g[REG_ERR];
	trap_cr2 = (uint32_t)g[REG_CR2];
	trap_eip = (uint32_t)g[REG_RIP];
	if (!trap_in_32 && trap_eip - END_OFFSET > 16)
		_exit(99);			/* a fault of this program */
	for (unsigned i = 0; i < 8; i++)
		native_box.cpu.reg[i] = (uint32_t)g[order[i]];
	native_box.cpu.eflags = (uint32_t)g[REG_EFL];
	for (unsigned i = 0; i < 512; i++)
		native_box.fpu[i] = fpu[i];
	g[REG_RIP] = (greg_t)native_resume;
	g[REG_RSP] = (greg_t)native_host_sp;
	g[REG_EFL] = 0x202;
	g[REG_CSGSFS] = (greg_t)(0x33ull | 0x2bull << 48);
}

/* Only a try tells whether there is a 32-bit segment. */
static bool allowed(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		memset(&native_box, 0, sizeof(native_box));
		native_box.cpu.seg[S_DS] = native_box.cpu.seg[S_ES] = SEL_DATA;
		native_box.cpu.reg[R_SP] = STACK_VA + 2048;
		native_box.cpu.reg[R_CX] = 0x1000;
		memset(native_box.fpu, 0, 512);
		/* inc ecx (a REX prefix in 64-bit code); ljmp back */
		memcpy(regions[PLACE_CODE].host, "\x41\xea\0\0\0\0\x33\0", 8);
		memcpy(regions[PLACE_CODE].host + 2, &(uint32_t){ END_OFFSET }, 4);
		native_target.offset = CODE_VA;
		native_target.selector = CS_32;
		native_enter();
		_exit(native_box.cpu.reg[R_CX] == 0x1001 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int native_init(char *why, unsigned len)
{
	uint8_t *end = mmap((void *)(uintptr_t)END_OFFSET, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (end != (void *)(uintptr_t)END_OFFSET ||
	    mprotect(regions[PLACE_CODE].host, (size_t)CODE_PAGES << 12, PROT_READ | PROT_WRITE | PROT_EXEC) < 0) {
		snprintf(why, len, "no executable memory below 4 GiB");
		return -1;
	}
	memcpy(end, "\xff\x25\0\0\0\0", 6);		/* jmp [rip] */
	memcpy(end + 6, &(const char *){ native_return }, 8);
	if (syscall(SYS_arch_prctl, ARCH_GET_FS, &native_fs_base) < 0 || !allowed()) {
		snprintf(why, len, "this host runs no 32-bit code");
		return -1;
	}
	return 0;
}

static const int taken[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGALRM };

void native_take_signals(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaction(taken[i], &sa, NULL);
}

/* Bytes that would call the host's kernel, wherever they are. */
static bool dangerous(const struct test_case *c)
{
	for (unsigned i = 0; i + 1 < c->len; i++)
		if ((c->code[i] == 0xcd && c->code[i + 1] == 0x80) ||
		    (c->code[i] == 0x0f && (c->code[i + 1] == 0x05 || c->code[i + 1] == 0x34)))
			return true;
	return false;
}

static bool is_int1(uint32_t eip)
{
	const struct region *g = space_find(eip);

	while (g && eip - g->va < g->pages << 12 && memchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf2\xf3", g->host[eip - g->va], 10))
		eip++;
	return g && eip - g->va < g->pages << 12 && g->host[eip - g->va] == 0xf1;
}

static void finish(struct outcome *o)
{
	o->ending = END_RAN;
	memcpy(o->cpu.reg, native_box.cpu.reg, sizeof(o->cpu.reg));
	o->cpu.eflags = native_box.cpu.eflags & ~(uint32_t)F_RF;
	memcpy(o->cpu.fpu, native_box.fpu, 512);
	memcpy(o->cpu.seg, native_box.cpu.seg, sizeof(o->cpu.seg));
	o->cpu.seg[S_CS] = CS_32;
	if (trap_vector < 0)
		return;
	o->cpu.eip = trap_eip;
	o->ending = trap_vector == 256 ? END_STUCK : END_TRAP;
	o->vector = (uint8_t)trap_vector;
	o->software = trap_vector == 3 || trap_vector == 4;
	if (trap_vector == 14) {
		o->error = trap_error & 7;
		o->cr2 = trap_cr2;
	} else if (trap_vector == 13 || trap_vector == 12 || trap_vector == 11) {
		o->error = trap_error;
	}
	/* Data pages cannot be executed here, the trampoline is no code of the guest's, #AC is the kernel's choice, and
	 * int n is refused here but an exit there. */
	/* and some hypervisors report int1 before its instruction, not after it */
	if ((trap_vector == 1 && is_int1(trap_eip)) || !trap_in_32 || (trap_vector == 14 && trap_error & 0x10 && space_find(trap_eip)) || trap_vector == 17 ||
	    (trap_vector == 13 && trap_error & 2))
		o->ending = END_UNTOLD;
}

bool native_run(const struct test_case *c, struct result *got)
{
	uint8_t *base[PLACES];

	if (dangerous(c))
		return false;
	for (unsigned i = 0; i < PLACES; i++)
		base[i] = regions[i].host;
	scratch_load(&images[c->image], base);
	memset(base[PLACE_CODE] + (c->va - CODE_VA), 0xcc, CODE_SLOT);
	memcpy(base[PLACE_CODE] + (c->va - CODE_VA), c->code, c->len);
	memset(&got->out, 0, sizeof(got->out));
	memcpy(native_box.cpu.reg, c->in.reg, sizeof(c->in.reg));
	native_box.cpu.eflags = c->in.eflags;
	memcpy(native_box.cpu.seg, c->in.seg, sizeof(c->in.seg));
	memcpy(native_box.fpu, c->in.fpu, 512);
	native_target.offset = c->in.eip;
	native_target.selector = CS_32;
	trap_vector = -1;
	native_enter();
	got->out.cpu.eip = 0;
	finish(&got->out);
	scratch_save(&got->memory, base);
	return got->out.ending != END_UNTOLD;
}
