/*
 * Step 8: a user process makes a system call, by a trap gate on the vector that lguest_data names.
 * support
 * expect-status: 0
 * expect-stdout: system call 00000011 from 00000073
 */
#include "guest.h"

void main(void);

USER(program,
	"push %eax\n"
	"pop %ebx\n"
	"mov $0x10, %eax\n"
	"inc %eax\n"
	"int $0x40\n"
);

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	check(run_user(program, program_end, 0x1234) == 0x40, "not a system call");
	check(last.ebx == 0x1234, "the stack or a register went wrong");
	print("system call ");
	print_number(last.eax);
	print(" from ");
	print_number(last.cs);
	print("\n");
	finish("");
}
