/*
 * Gates and frames: a trap gate leaves the virtual interrupt flag alone, an interrupt gate clears it; the system call's
 * frame shows the real flag, a reflected fault's the virtual one; error codes where the CPU has them; entries that
 * cannot be set; single steps.
 * support
 * expect-status: 0
 * expect-stdout: gates
 */
#include "guest.h"

void main(void);


USER(syscall, "mov $0x12345678, %ebx\nint $0x40\n");
USER(fault, "mov 0, %eax\n");
USER(divide, "xor %ecx, %ecx\ndiv %ecx\n");
USER(bound_, "mov $0x401000, %ebx\nmovl $1, (%ebx)\nmovl $2, 4(%ebx)\nmov $5, %eax\nbound %eax, (%ebx)\n");
USER(step, "pushf\norl $0x100, (%esp)\npopf\nnop\nint $0x40\n");
USER(overflow, "mov $0x7fffffff, %eax\ninc %eax\ninto\n");

static void expect(int v, int vector, uint32_t eip, const char *what)
{
	if (v == vector && last.eip == eip)
		return;
	print_number((uint32_t)v);
	print(" at ");
	print_number(last.eip);
	print("\n");
	finish(what);
}

void main(void)
{
	begin();
	traps_begin();
	paging_begin();

	lguest.irq_enabled = 0;
	expect(run_user(syscall, syscall_end, 0), 0x40, USER_CODE + 7, "system call");
	check(last.eflags & 0x200, "a direct trap must show the real interrupt flag");
	check(last.ss == 0x7b && last.esp == USER_STACK - 16 && last.cs == 0x73, "the user's stack in the frame");
	check(last.error == 0, "a system call has no error code");
	lguest.irq_enabled = LGUEST_IF;
	run_user(syscall, syscall_end, 0);
	check(lguest.irq_enabled == LGUEST_IF, "a trap gate changed irq_enabled");

	expect(run_user(fault, fault_end, 0), 14, USER_CODE, "page fault");
	check(last.error == 4 && lguest.cr2 == 0, "page fault: error code or address");
	check((last.eflags & 0x200) == 0x200, "the virtual flag was set");
	check(lguest.irq_enabled == 0, "an interrupt gate left irq_enabled set");
	run_user(fault, fault_end, 0);
	check(!(last.eflags & 0x200), "a reflected fault must show the virtual flag");

	expect(run_user(divide, divide_end, 0), 0, USER_CODE + 2, "divide error");
	expect(run_user(bound_, bound__end, 0), 5, USER_CODE + 23, "bound");
	expect(run_user(overflow, overflow_end, 0), 4, USER_CODE + 7, "into");
	expect(run_user(step, step_end, 0), 1, USER_CODE + 10, "single step");
	check(last.eflags & 0x100, "the frame must show TF");

	set_gate(2, trap_stubs[2], 0xe, 3);
	set_gate(8, trap_stubs[8], 0xe, 3);
	set_gate(200, trap_stubs[200], 0xe, 3);
	set_gate(31, trap_stubs[31], 0xf, 3);
	print("gates\n");
	finish("");
}
