/*
 * Console input: bytes arrive in bound buffers in order, segment by segment; the end is told in the device page after the
 * last byte; a buffer that is not free is left alone.
 * support
 * stdin: The quick brown fox jumps over the lazy dog.\n
 * expect-status: 0
 * expect-stdout: The quick brown fox jumps over the lazy dog.
 */
#include "guest.h"

void main(void);

static struct lguest_dma dma[3];
static uint8_t buffers[3][8];
static volatile unsigned interrupts;

static void irq(struct frame *f)
{
	check(f->vector == 33, "not the console's vector");
	interrupts++;
}

static void show(unsigned i)
{
	static struct lguest_dma out;

	out.used_len = 0;
	out.addr[0] = PA(buffers[i]);
	out.len[0] = (unsigned short)dma[i].used_len;
	hcall(LHCALL_SEND_DMA, LGUEST_CONSOLE_KEY, PA(&out), 0);
}

void main(void)
{
	volatile struct lguest_device_desc *console = (void *)(USER_CODE + 0x10000);
	uint64_t memory = *(uint64_t *)(OFFSET + BOOT_E820_MAP + 8);
	unsigned taken = 0;

	begin();
	traps_begin();
	paging_begin();
	irq_handler = irq;
	map(USER_CODE + 0x10000, (uint32_t)memory, 0x67);	/* the device page */
	check(console->type == LGUEST_DEVICE_CONSOLE, "the first device is not the console");
	check(!(console->features & LGUEST_CONSOLE_TTY), "a file is not a terminal");
	for (unsigned i = 0; i < 3; i++) {
		dma[i].addr[0] = PA(buffers[i]);
		dma[i].len[0] = 5;
		dma[i].addr[1] = PA(buffers[i]) + 5;
		dma[i].len[1] = 3;
	}
	check(hcall(LHCALL_BIND_DMA, LGUEST_CONSOLE_KEY, PA(dma), 3 << 8 | 1) == 1, "BIND_DMA failed");
	check(hcall(LHCALL_BIND_DMA, LGUEST_CONSOLE_KEY, PA(dma), 3 << 8 | 33) == 0, "BIND_DMA took irq 33");
	for (;;) {
		for (unsigned i = 0; i < 3; i++) {
			if (dma[i].used_len == 0)
				continue;
			check(dma[i].used_len <= 8, "more bytes than room");
			show(i);
			dma[i].used_len = 0;
			taken++;
		}
		if (console->status & LGUEST_DEVICE_REMOVED)
			break;
		hcall(LHCALL_HALT, 0, 0, 0);
	}
	check(taken >= 6, "too few buffers");
	check(interrupts >= 2, "no interrupts came");
	finish("");
}
