/*
 * FPU and SSE state stays whole across hypercalls, system calls, faults and interrupts; with TS set its first use is
 * trap 7, without it works.
 * support
 * expect-status: 0
 * expect-stdout: kept
 */
#include "guest.h"

void main(void);

static volatile unsigned ticks;
static uint32_t values[4] = { 0x3f800000, 0x40000000, 0x40400000, 0x40800000 }, result[4];
static uint16_t control = 0x0272, control_after;
static uint64_t pi = 0x400a000000000000ull, pi_after;	/* 3.25 */

static void tick(struct frame *f)
{
	(void)f;
	ticks++;
	hcall(LHCALL_SET_CLOCKEVENT, 100000, 0, 0);
}

static void use_fpu(uint32_t a)
{
	(void)a;
	__asm__ volatile ("fldz\n\tfstp %%st(0)" : : : "memory");
}

static void use_sse(uint32_t a)
{
	(void)a;
	__asm__ volatile ("xorps %%xmm7, %%xmm7" : : : "memory");
}

USER(user_sse, "movd %xmm0, %eax\nmov 0x500000, %ecx\n");

static void load(void)
{
	__asm__ volatile ("fninit\n\tfldcw %0\n\tfldl %1\n\tmovups %2, %%xmm0" : : "m" (control), "m" (pi), "m" (values));
}

static void same(const char *what)
{
	__asm__ volatile ("fnstcw %0\n\tfstpl %1\n\tmovups %%xmm0, %2" : "=m" (control_after), "=m" (pi_after), "=m" (result));
	for (int i = 0; i < 4; i++)
		check(result[i] == values[i], what);
	check(control_after == control, what);
	check(pi_after == pi, what);
}

void main(void)
{
	begin();
	traps_begin();
	paging_begin();

	load();
	hcall(LHCALL_TS, 0, 0, 0);
	hcall(LHCALL_FLUSH_TLB, 1, 0, 0);
	print("");
	same("a hypercall changed the FPU's state");

	load();
	check(run_user(user_sse, user_sse_end, 0) == 14, "no fault");
	check(last.eax == values[0], "the user sees another SSE register");
	same("a fault changed the FPU's state");

	irq_handler = tick;
	lguest.irq_enabled = LGUEST_IF;
	load();
	hcall(LHCALL_SET_CLOCKEVENT, 100000, 0, 0);
	while (ticks < 20)
		;
	same("an interrupt changed the FPU's state");
	hcall(LHCALL_SET_CLOCKEVENT, 0, 0, 0);
	lguest.irq_enabled = 0;

	hcall(LHCALL_TS, 8, 0, 0);
	check(attempt(use_fpu, 0) == 7, "an FPU instruction with TS set is not trap 7");
	check(attempt(use_sse, 0) == 7, "an SSE instruction with TS set is not trap 7");
	hcall(LHCALL_TS, 0, 0, 0);
	check(attempt(use_fpu, 0) == -1, "an FPU instruction traps without TS");
	check(attempt(use_sse, 0) == -1, "an SSE instruction traps without TS");
	print("kept\n");
	finish("");
}
