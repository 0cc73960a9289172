/*
 * Step 5: traps taken.  Gates are loaded one by one; a page fault shows its address in lguest_data, and iret goes
 * on where the handler says.
 * support
 * expect-status: 0
 * expect-stdout: trap 00000006
 * expect-stdout: trap 0000000e address f8000000
 * expect-stdout: trap 00000003
 * expect-stdout: back
 */
#include "guest.h"

void main(void);

void trap(struct frame *f)
{
	print("trap ");
	print_number(f->vector);
	if (f->vector == 14) {
		print(" address ");
		print_number(lguest.cr2);
		f->eip += 5;			/* mov moffs32, %eax */
	}
	if (f->vector == 6)
		f->eip += 2;			/* ud2 */
	print("\n");
}

void main(void)
{
	begin();
	traps_begin();
	__asm__ volatile ("ud2");
	__asm__ volatile (".byte 0xa1; .long 0xf8000000" : : : "eax");
	__asm__ volatile ("int3");
	print("back\n");
	finish("");
}
