/*
 * A disk by the interface of 2.6.23 whose host takes its time: the send returns at once, the guest's CPU goes on, and the end is
 * an interrupt; the list that was sent may be gone by then; a second transfer before that is not begun.
 * support
 * environment: LD_PRELOAD=build/tests/disk/faulty.so FAULTY=delay,1,0
 * disk: 64
 * expect-status: 0
 * expect-stdout: 5 W
 * expect-stderr: ^faulty: 1 at once, 3 in all$
 */
#include "guest.h"

void main(void);

static struct lguest_dma bound, out;
static uint8_t a[512], b[512];
static volatile unsigned interrupts;
static volatile struct lguest_block_page *page;
static uint32_t key;

static void irq(struct frame *f)
{
	check(f->vector == 34, "not the disk's vector");
	interrupts++;
}

static void send(int type, uint32_t sector, uint8_t *data)
{
	struct lguest_dma *d = type == 1 ? &out : &bound;

	bound.used_len = out.used_len = 0;
	out.len[0] = 0;
	d->addr[0] = PA(data);
	d->len[0] = 512;
	d->len[1] = 0;
	page->type = type;
	page->sector = sector;
	page->bytes = 512;
	page->result = 0;
	hcall(LHCALL_SEND_DMA, key, PA(&out), 0);
}

/* Until the interrupt of the transfer that was sent. */
static void end(unsigned before)
{
	check(page->result == 0 && interrupts == before, "the send waited for the host");
	while (interrupts == before)
		hcall(LHCALL_HALT, 0, 0, 0);
	check(interrupts == before + 1 && page->result == LGUEST_BLOCK_OK, "no good end of a transfer");
}

void main(void)
{
	volatile struct lguest_device_desc *disk = (void *)(USER_CODE + 0x10000);
	uint64_t memory = *(uint64_t *)(OFFSET + BOOT_E820_MAP + 8);

	begin();
	traps_begin();
	paging_begin();
	irq_handler = irq;
	map(USER_CODE + 0x10000, (uint32_t)memory, 0x67);
	disk++;
	key = disk->pfn << 12;
	page = (void *)(USER_CODE + 0x11000);
	map((uint32_t)page, key, 0x67);
	check(hcall(LHCALL_BIND_DMA, key, PA(&bound), 1 << 8 | 2) == 1, "BIND_DMA failed");

	/* A write is the first: the bound list is empty. */
	b[0] = 'W';
	send(1, 20, b);
	check(out.used_len == 512, "the list was not taken at once");
	out = (struct lguest_dma){ .used_len = 77, .addr = { 0xfffff000 }, .len = { 512 } };
	end(0);
	check(out.used_len == 77, "the host wrote to a list that was no longer its");
	check(bound.used_len == 0, "a write filled the bound buffer");

	send(0, 5, a);
	check(page->result == 0, "the send waited for the host");
	out.addr[0] = PA(b);
	hcall(LHCALL_SEND_DMA, key, PA(&out), 0);	/* too early */
	end(1);
	check(bound.used_len == 512 && a[0] == '5', "a read brought something else");
	send(0, 20, b);
	end(2);
	check(b[0] == 'W', "what was written is not there");
	print("5 W\n");
	finish("");
}
