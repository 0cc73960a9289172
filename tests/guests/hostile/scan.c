/*
 * User code looks for memory all over the 4 GiB: it finds its own three pages and nothing else. The kernel finds the
 * linear map that it made, where memory is its own, and nothing else.
 * support
 * expect-status: 0
 * expect-stdout: nothing else
 */
#include "guest.h"

void main(void);

USER(look, "movl (%eax), %ecx\nint $0x40\n");

#define STEP	0x3f000u
#define MAPPED	0x400000u		/* what paging_begin maps of the kernel */

static void touch(uint32_t va)
{
	(void)*(volatile uint32_t *)va;
}

static void wrong(const char *who, uint32_t va, int v)
{
	print(who);
	print(" at ");
	print_number(va);
	print(" gave trap ");
	print_number((uint32_t)v);
	finish("not contained");
}

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	for (uint32_t va = 0; va < 0u - STEP; va += STEP) {
		int mine = va >= USER_CODE && va < USER_STACK;
		int v = run_user(look, look_end, va);

		if (v != (mine ? 0x40 : 14))
			wrong("user", va, v);
		if (!mine && (lguest.cr2 != va || !(last.error & 4)))
			wrong("user: cr2 or error code", va, v);
	}
	for (uint32_t va = 0; va < 0xffc00000u; va += STEP) {
		int mine = (va >= USER_CODE && va < USER_STACK) || (va >= OFFSET && va < OFFSET + MAPPED);
		int v = attempt(touch, va);

		if (v != (mine ? -1 : 14))
			wrong("kernel", va, v);
	}
	print("nothing else\n");
	finish("");
}
