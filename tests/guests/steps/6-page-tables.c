/*
 * Step 6: page tables of our own.  One page shows at two addresses; the host sees a new entry at the next miss,
 * and must be told of a changed one.
 * support
 * expect-status: 0
 * expect-stdout: same
 */
#include "guest.h"

static volatile uint32_t a[1024] __attribute__((aligned(4096))), b[1024] __attribute__((aligned(4096)));

void main(void);

static void touch(uint32_t va)
{
	*(volatile uint32_t *)va = 1;
}

void main(void)
{
	volatile uint32_t *window = (uint32_t *)(USER_CODE + 0x10000);

	begin();
	traps_begin();
	paging_begin();
	check(attempt(touch, (uint32_t)window) == 14, "a page that is not mapped is not a fault");
	check(lguest.cr2 == (uint32_t)window, "the fault's address is wrong");
	a[0] = 0x11111111;
	b[0] = 0x22222222;
	map((uint32_t)window, PA(a), 0x67);
	check(window[0] == 0x11111111, "the new page does not show");
	window[1] = 0x33333333;
	check(a[1] == 0x33333333, "a write through the new address is lost");
	map((uint32_t)window, PA(b), 0x67);
	check(window[0] == 0x22222222, "a changed entry still shows the old page");
	map((uint32_t)window, PA(b), 0x65);
	check(attempt(touch, (uint32_t)window) == 14, "a read-only page can be written");
	check((last.error & 2) == 2, "the fault does not tell of a write");
	map((uint32_t)window, 0, 0);
	check(attempt(touch, (uint32_t)window) == 14, "a removed page can be written");
	print("same\n");
	finish("");
}
