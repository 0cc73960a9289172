/*
 * The engine's signals.  SIGSEGV is a page that a window does not show yet, or the guest's own page fault; SIGFPE and SIGILL are the
 * guest's; SIGTRAP is ours, single-stepping to the next instruction boundary; the kick signal interrupts translated
 * code.  A handler either repairs the cause and returns, or rebuilds the guest's state from the interrupted registers and lets
 * the return go to engine_exit_signal.  What is not the guest's doing is a bug of ours and ends the process.
 */
#include "private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HOST_TF	0x100

static struct engine *engine;		/* the one of this process */
static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIG_KICK };
#define NSIGNALS (sizeof(signals) / sizeof(*signals))
static struct sigaction before[NSIGNALS];

/* ---- the interrupted state ---- */

static uint64_t *reg_of(ucontext_t *uc, unsigned reg)
{
	static const int index[8] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_R12, REG_RBP, REG_RSI, REG_RDI };

	return (uint64_t *)&uc->uc_mcontext.gregs[index[reg]];
}

static uint64_t rip_of(const ucontext_t *uc)
{
	return (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
}

/* Where in the code cache (behind the stubs) the interrupted instruction is; 0 if elsewhere. */
static uint32_t cache_offset(const struct engine *e, const ucontext_t *uc)
{
	uint64_t off = rip_of(uc) - (uint64_t)e->cache;

	return off < e->cache_used && off >= 256 ? (uint32_t)off : 0;
}

/* Make the interrupted registers the guest's, at eip, and have the handler's return leave translated code. */
static void leave(struct engine *e, ucontext_t *uc, uint32_t eip, unsigned kind)
{
	struct vcpu *v = e->vcpu;
	greg_t *g = uc->uc_mcontext.gregs;

	for (unsigned i = 0; i < 8; i++)
		v->reg[i] = (uint32_t)*reg_of(uc, i);
	v->eip = eip;
	v->eflags = ((uint32_t)g[REG_EFL] & EFLAGS_GUEST) | (v->eflags & EFLAGS_EXTRA) | 0x202;
	g[REG_EFL] &= ~(greg_t)(HOST_TF | EFLAGS_DF);
	g[REG_RIP] = (greg_t)(kind == STATUS_KICK ? engine_kicked : engine_exit_signal);
	g[REG_RSP] = (greg_t)e->host_rsp;
	g[REG_RDI] = (greg_t)e;
	g[REG_RSI] = kind == STATUS_KICK ? 0 : (greg_t)kind;
	e->stepping = false;
	e->resync = false;
}

/* ---- host bugs ---- */

/* Puts the terminal right (host/tty.c); not there in unit tests. */
void tty_restore(void) __attribute__((weak));

static _Noreturn void host_fault(struct engine *e, int sig, siginfo_t *info, ucontext_t *uc)
{
	char text[512];
	uint32_t off = e ? cache_offset(e, uc) : 0;
	int n;

	n = snprintf(text, sizeof(text), "9guest: internal error: signal %d (%s) at host address %#llx, data address %#llx, "
		     "guest eip %#x; please report it\n", sig, strsignal(sig), (unsigned long long)rip_of(uc),
		     (unsigned long long)info->si_addr, e ? e->vcpu->eip : 0);
	if (sig == SIGBUS) {
		n = snprintf(text, sizeof(text), "9guest: no memory for a page of the guest: free some, or give it less with -m\n");
	} else if (off) {
		bool boundary;
		const struct block *b = code_block(e, off);

		n += snprintf(text + n, sizeof(text) - (size_t)n, "9guest: in the translation of %#x\n",
			      b ? code_eip(e, b, off, &boundary) : 0);
	}
	if (tty_restore)
		tty_restore();
	if (write(2, text, (size_t)n) < 0)
		_exit(1);
	_exit(1);
}

/* ---- boundaries ---- */

/* Is the interrupted instruction a repeated string instruction?  Its state is complete in mid-flight. */
static bool at_string(const struct engine *e, uint32_t off)
{
	const uint8_t *p = e->cache + off;

	for (unsigned i = 0; i < 2 && (*p == 0x66 || *p == 0xf2 || *p == 0xf3); i++)
		p++;
	return (*p >= 0xa4 && *p <= 0xa7) || (*p >= 0xaa && *p <= 0xaf);
}

/*
 * The guest shall stop (kick, or code changed under it).  If the interrupted host instruction begins a guest
 * instruction, leave here; if not, go on by single steps until one does or translated code ends by itself.
 */
static void stop_at_boundary(struct engine *e, ucontext_t *uc)
{
	uint32_t off = cache_offset(e, uc), eip;
	const struct block *b;
	bool boundary = false;

	if (!off) {
		uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)HOST_TF;
		e->stepping = e->resync = false;
		return;
	}
	b = code_block(e, off);
	eip = code_eip(e, b, off, &boundary);
	if (boundary || at_string(e, off)) {
		leave(e, uc, eip, e->resync ? EXIT_RESYNC : STATUS_KICK);
		return;
	}
	e->stepping = true;
	uc->uc_mcontext.gregs[REG_EFL] |= HOST_TF;
}

static void on_kick(struct engine *e, ucontext_t *uc)
{
	uint64_t rip = rip_of(uc);

	if (!e->kicked || e->stepping)
		return;
	if (cache_offset(e, uc)) {
		stop_at_boundary(e, uc);
	} else if (rip >= (uint64_t)engine_light_entry && rip < (uint64_t)engine_light_entry_end) {
		/* Between the test of the flag and translated code: vcpu still holds everything. */
		uc->uc_mcontext.gregs[REG_RIP] = (greg_t)engine_kicked;
		uc->uc_mcontext.gregs[REG_RDI] = (greg_t)e;
		uc->uc_mcontext.gregs[REG_RSP] = (greg_t)e->host_rsp;
		uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)EFLAGS_DF;
	}
}

static void on_step(struct engine *e, ucontext_t *uc)
{
	if (e->stepping) {
		stop_at_boundary(e, uc);
		return;
	}
	uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)HOST_TF;
}

/* ---- faults ---- */

/* The guest instruction at eip takes a fault that e->exit describes. */
static void reflect(struct engine *e, ucontext_t *uc, uint32_t eip)
{
	leave(e, uc, eip, EXIT_SIGNAL);
}

/*
 * An address computed in 64 bits has left the window.  Bring ESP or a string pointer back into it if that was the
 * cause; else have this instruction translated with truncated addresses, and if it was already, the access
 * really crosses the end of the address space.
 */
static void on_guard(struct engine *e, ucontext_t *uc, const struct block *b, uint32_t off, uint32_t eip)
{
	uint64_t base = (uint64_t)e->base, *rsp = reg_of(uc, ESP);
	uint64_t gpa = ((uint64_t)b->pfn << PAGE_SHIFT) + (eip & PAGE_MASK);
	bool moved = false;
	bool write = uc->uc_mcontext.gregs[REG_ERR] & 2;
	struct mapping m;
	uint32_t present = 0;

	if (*rsp - base >= WINDOW_BYTES) {
		*rsp = base + (uint32_t)*rsp;
		return;
	}
	if (at_string(e, off)) {
		for (unsigned r = ESI; r <= EDI; r++) {
			uint64_t *p = reg_of(uc, r);

			if (*p >> 32 && *p - base >= WINDOW_BYTES) {
				*p = base + (uint32_t)*p;
				moved = true;
			}
		}
		if (moved)
			return;
	}
	if (!code_is_wrap(e, gpa)) {
		code_set_wrap(e, gpa);
		code_drop_pfn(e, b->pfn);
		leave(e, uc, eip, EXIT_RESYNC);
		return;
	}
	/* The access itself goes on at address 0, if anything is there. */
	if (e->host.walk(e->ctx, e->vcpu->space, 0, walk_flags(e) | (write ? WALK_WRITE : 0), &m, &present)) {
		trap_exit(e, 14, true, (present & 1) | (write ? 2 : 0) | (e->vcpu->cpl == 3 ? 4 : 0));
		e->exit.cr2 = 0;
	} else {
		trap_exit(e, 13, true, 0);
	}
	reflect(e, uc, eip);
}

static void on_window
(struct engine *e, ucontext_t *uc, const struct block *b, uint32_t eip, uint32_t va)
{
	bool write = uc->uc_mcontext.gregs[REG_ERR] & 2;
	uint32_t present = 0, pfn = b->pfn, pfn2 = b->pfn2;
	uint8_t was = 0;
	int status;

	was = (e->ram->flags[pfn] | e->ram->flags[pfn2]) & RAM_CODE;
	status = window_miss(e, window_now(e), va, write, &present);
	if (status < 0) {
		trap_exit(e, 14, true, (present & 1) | (write ? 2 : 0) | (e->vcpu->cpl == 3 ? 4 : 0));
		e->exit.cr2 = va;
		e->fault_pending = true;
		e->fault_eip = eip;
		e->fault_va = va;
		e->fault_write = write;
		e->fault_space = e->vcpu->space;
		e->fault_cpl = e->vcpu->cpl;
		reflect(e, uc, eip);
		return;
	}
	/* The running block may itself have been translated from the page that is about to change. */
	if (status > 0 && was && !((e->ram->flags[pfn] & e->ram->flags[pfn2]) & RAM_CODE)) {
		e->resync = true;
		e->stepping = true;
		uc->uc_mcontext.gregs[REG_EFL] |= HOST_TF;
	}
}

static void on_segv(struct engine *e, siginfo_t *info, ucontext_t *uc, int sig)
{
	uint32_t off = cache_offset(e, uc), eip;
	uint64_t addr = (uint64_t)info->si_addr, probe = (uint64_t)e->vcpu->probe[1];
	const struct block *b = off ? code_block(e, off) : NULL;
	bool boundary;

	if (!b || sig == SIGBUS)
		host_fault(e, sig, info, uc);
	eip = code_eip(e, b, off, &boundary);
	if (addr - probe < 2 && probe) {
		if (addr == probe)
			trap_exit(e, 7, false, 0);
		else
			trap_exit(e, 13, true, 0);
		reflect(e, uc, eip);
	} else if (uc->uc_mcontext.gregs[REG_TRAPNO] == 13) {
		/* No address: an unaligned SSE operand, or reserved bits of MXCSR. */
		trap_exit(e, 13, true, 0);
		reflect(e, uc, eip);
	} else if (addr - (uint64_t)e->base < WINDOW_BYTES) {
		on_window(e, uc, b, eip, (uint32_t)(addr - (uint64_t)e->base));
	} else if (addr - ((uint64_t)e->base - WINDOW_BYTES) < WINDOW_STRIDE) {
		on_guard(e, uc, b, off, eip);
	} else {
		host_fault(e, sig, info, uc);
	}
}

static void on_arithmetic(struct engine *e, siginfo_t *info, ucontext_t *uc, int sig)
{
	uint32_t off = cache_offset(e, uc);
	greg_t trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
	bool boundary;

	if (!off)
		host_fault(e, sig, info, uc);
	trap_exit(e, sig == SIGILL ? 6 : trapno == 16 || trapno == 19 ? (unsigned)trapno : 0, false, 0);
	reflect(e, uc, code_eip(e, code_block(e, off), off, &boundary));
}

static void handler(int sig, siginfo_t *info, void *context)
{
	struct engine *e = engine;
	ucontext_t *uc = context;
	int saved = errno;

	if (!e)
		host_fault(NULL, sig, info, uc);
	switch (sig) {
	case SIG_KICK:
		on_kick(e, uc);
		break;
	case SIGTRAP:
		on_step(e, uc);
		break;
	case SIGSEGV:
	case SIGBUS:
		on_segv(e, info, uc, sig);
		break;
	default:
		on_arithmetic(e, info, uc, sig);
		break;
	}
	errno = saved;
}

int fault_init(struct engine *e, struct error *err)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };

	if (engine)
		return error_set(err, "there is an engine in this process already");
	sigemptyset(&sa.sa_mask);
	for (unsigned i = 0; i < NSIGNALS; i++)
		sigaddset(&sa.sa_mask, signals[i]);
	sigdelset(&sa.sa_mask, SIGSEGV);	/* a fault in a handler is to be seen, not to hang */
	for (unsigned i = 0; i < NSIGNALS; i++)
		if (sigaction(signals[i], &sa, &before[i]) < 0)
			return error_set(err, "signal %d: %s", signals[i], strerror(errno));
	engine = e;
	return 0;
}

void fault_free(void)
{
	if (!engine)
		return;
	for (unsigned i = 0; i < NSIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	engine = NULL;
}
