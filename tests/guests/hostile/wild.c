/*
 * User code returns, jumps and calls to addresses that are not its own, and traps with stack pointers at the ends of the
 * address space: a page fault at just that address, on the kernel's own stack.
 * support
 * expect-status: 0
 * expect-stdout: contained
 */
#include "guest.h"

void main(void);

USER(wild_ret, "push %eax\nret\n");
USER(wild_jmp, "jmp *%eax\n");
USER(wild_call, "call *%eax\n");
USER(wild_esp, "mov %eax, %esp\nint $0x40\n");
USER(wild_push, "mov %eax, %esp\npush %eax\nint $0x40\n");
USER(wild_pop, "mov %eax, %esp\npop %ecx\nint $0x40\n");
USER(wild_callesp, "mov %eax, %esp\ncall 1f\n1: int $0x40\n");
USER(wild_leave, "mov %eax, %ebp\nleave\nint $0x40\n");
USER(wild_pusha, "mov %eax, %esp\npusha\nint $0x40\n");

static const uint32_t addresses[] = {
	0, 1, 0xfff, 0x1000, 0x7fffffff, 0x80000000, OFFSET - 1, OFFSET, OFFSET + 0x100000, OFFSET + 0x100010, 0xd0000000,
	0xffbfffff, 0xffc00000, 0xfffff000, 0xfffffff0, 0xffffffff,
};
static const uint32_t stacks[] = { 0, 1, 2, 3, 4, 8, 0x80000000, OFFSET, OFFSET + 0x100000, 0xfffffffc, 0xfffffffe, 0xffffffff };
static const struct { const char *name, *code, *end; } jumps[] = {
	{ "ret", wild_ret, wild_ret_end }, { "jmp", wild_jmp, wild_jmp_end }, { "call", wild_call, wild_call_end },
}, pushes[] = {
	{ "push", wild_push, wild_push_end }, { "pop", wild_pop, wild_pop_end }, { "call", wild_callesp, wild_callesp_end },
	{ "leave", wild_leave, wild_leave_end }, { "pusha", wild_pusha, wild_pusha_end },
};

static void bad(const char *name, uint32_t at, int v)
{
	print(name);
	print(" at ");
	print_number(at);
	print(" gave trap ");
	print_number((uint32_t)v);
	print(" eip ");
	print_number(last.eip);
	print(" esp ");
	print_number(last.esp);
	finish("not contained");
}

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	for (unsigned p = 0; p < 3; p++) {
		for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
			int v = run_user(jumps[p].code, jumps[p].end, addresses[i]);

			if (v != 14 || last.eip != addresses[i] || lguest.cr2 != addresses[i])
				bad(jumps[p].name, addresses[i], v);
			if (!(last.error & 4))
				bad("not a user's fault", addresses[i], v);
		}
	}
	for (unsigned i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
		int v = run_user(wild_esp, wild_esp_end, stacks[i]);

		if (v != 0x40 || last.esp != stacks[i])
			bad("int", stacks[i], v);
		for (unsigned p = 0; p < sizeof pushes / sizeof pushes[0]; p++) {
			v = run_user(pushes[p].code, pushes[p].end, stacks[i]);
			if (v != 12 && v != 13 && v != 14)
				bad(pushes[p].name, stacks[i], v);
		}
	}
	print("contained\n");
	finish("");
}
