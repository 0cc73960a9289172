/*
 * Gigantic rep counts: they fault where memory ends, with registers that tell how far they came, and interrupts come
 * through meanwhile.
 * support
 * expect-status: 0
 * expect-stdout: counted
 */
#include "guest.h"

void main(void);

USER(stos_up, "mov $0x401000, %edi\nmov $-1, %ecx\nrep stosb\nint $0x40\n");
USER(stos_down, "std\nmov $0x402fff, %edi\nmov $-1, %ecx\nrep stosb\nint $0x40\n");
USER(movs_up, "mov $0x401000, %esi\nmov $0x402000, %edi\nmov $-1, %ecx\nrep movsl\nint $0x40\n");
USER(lods_up, "mov $0x401000, %esi\nmov $0xffffffff, %ecx\nrep lodsb\nint $0x40\n");
USER(scas_up, "mov $0x401000, %edi\nmov $0xffffffff, %ecx\nmov $0xee, %al\nrepne scasb\nint $0x40\n");
USER(none, "xor %edi, %edi\nxor %esi, %esi\nxor %ecx, %ecx\nrep movsb\nrep stosl\nint $0x40\n");

static volatile unsigned ticks;

static void tick(struct frame *f)
{
	(void)f;
	ticks++;
	if (ticks < 5)
		hcall(LHCALL_SET_CLOCKEVENT, 100000, 0, 0);
}

static uint8_t big[4 << 10] __attribute__((aligned(4096)));

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	check(run_user(stos_up, stos_up_end, 0) == 14, "stos did not fault");
	check(last.edi == USER_STACK && last.ecx == 0xffffffff - 0x2000, "stos: edi or ecx");
	check(lguest.cr2 == USER_STACK && last.error == 6, "stos: address or error code");
	check(run_user(stos_down, stos_down_end, 0x90) == 14 || last.vector == 13 || last.vector == 6, "stos down did not fault");
	check(run_user(movs_up, movs_up_end, 0) == 14, "movs did not fault");
	check(last.edi == USER_STACK && last.esi == USER_DATA + 0x1000 && last.ecx == 0xffffffff - 0x400, "movs: registers");
	check(run_user(lods_up, lods_up_end, 0) == 14, "lods did not fault");
	check(last.esi == USER_STACK && last.ecx == 0xffffffff - 0x2000, "lods: registers");
	check(run_user(scas_up, scas_up_end, 0) == 14, "scas did not fault");
	check(last.edi == USER_STACK, "scas: registers");
	check(run_user(none, none_end, 0) == 0x40, "a count of 0 faulted");

	irq_handler = tick;
	lguest.irq_enabled = LGUEST_IF;
	hcall(LHCALL_SET_CLOCKEVENT, 100000, 0, 0);
	while (ticks < 5) {
		uint32_t count = sizeof big;
		void *to = big;

		__asm__ volatile ("rep stosb" : "+D" (to), "+c" (count) : "a" (ticks) : "memory");
		check(count == 0 && to == big + sizeof big, "an interrupted stos lost count");
	}
	print("counted\n");
	finish("");
}
