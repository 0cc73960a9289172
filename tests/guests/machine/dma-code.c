/*
 * Code that the host writes: a function that has run is overwritten by console input and by random bytes; the next call sees the
 * new bytes.
 * support
 * stdin: \xb8\x2a\x00\x00\x00\xc3
 * expect-status: 0
 * expect-stdout: new code
 */
#include "guest.h"

void main(void);

static uint8_t page[4096] __attribute__((aligned(4096))) = { 0xb8, 1, 0, 0, 0, 0xc3 };
static struct lguest_dma dma;

static void irq(struct frame *f)
{
	(void)f;
}

static uint32_t call(void)
{
	uint32_t result;

	__asm__ volatile ("call *%1" : "=a" (result) : "r" (page) : "ecx", "edx", "memory");
	return result;
}

void main(void)
{
	begin();
	traps_begin();
	irq_handler = irq;
	check(call() == 1, "the first version does not run");
	dma.addr[0] = PA(page);
	dma.len[0] = 64;
	check(hcall(LHCALL_BIND_DMA, LGUEST_CONSOLE_KEY, PA(&dma), 1 << 8 | 1) == 1, "BIND_DMA failed");
	while (dma.used_len == 0)
		hcall(LHCALL_HALT, 0, 0, 0);
	check(dma.used_len == 6, "not the bytes that were sent");
	check(call() == 42, "old code runs after input came");
	for (unsigned i = 0; i < 100; i++) {
		uint32_t want;

		hcall(LHCALL_RANDOM, PA(page + 1), 4, 0);
		want = *(uint32_t *)(page + 1);
		check(call() == want, "old code runs after random bytes came");
	}
	print("new code\n");
	finish("");
}
