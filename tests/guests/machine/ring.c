/*
 * Hypercalls through the ring: done in order before the next synchronous one, slots given back, round and round; a ring
 * that was never set up (all zero) is harmless.
 * support
 * expect-status: 0
 * expect-stdout: 0123456789
 */
#include "guest.h"

void main(void);

static struct lguest_dma dma[10];
static const char digits[] = "0123456789";
static unsigned next;

static void later(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
	check(lguest.hcall_status[next] == 0xff, "a slot was not given back");
	lguest.hcalls[next] = (struct lguest_ring_entry){ number, a, b, c };
	__asm__ volatile ("" : : : "memory");
	lguest.hcall_status[next] = 0;
	next = (next + 1) % LHCALL_RING_SIZE;
}

void main(void)
{
	lguest.syscall_vec = 0x40;
	hcall(LHCALL_LGUEST_INIT, PA(&lguest), 0, 0);	/* the status bytes are all 0 */
	hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	for (unsigned i = 0; i < LHCALL_RING_SIZE; i++)
		check(lguest.hcall_status[i] == 0xff, "a zero ring was not drained");
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < 50; i++)
			later(LHCALL_TS, 0, 0, 0);
		hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	}
	for (unsigned i = 0; i < 10; i++) {
		dma[i].addr[0] = PA(digits + i);
		dma[i].len[0] = 1;
		later(LHCALL_SEND_DMA, LGUEST_CONSOLE_KEY, PA(&dma[i]), 0);
	}
	check(dma[0].used_len == 0, "done too early");
	print("\n");
	check(dma[9].used_len == 1, "the last was not done");
	finish("");
}
