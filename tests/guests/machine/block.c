/*
 * A disk by the interface of 2.6.23: the page says where and how much, DMA lists say whose memory; several segments; an
 * interrupt at the end; what cannot be is failed, and nothing else is.
 * support
 * disk: 64
 * expect-status: 0
 * expect-stdout: 5 5 5
 */
#include "guest.h"

void main(void);

static struct lguest_dma bound, out, none;
static uint8_t a[4096], b[1024];
static volatile unsigned interrupts;
static volatile struct lguest_block_page *page;
static uint32_t key;

static void irq(struct frame *f)
{
	check(f->vector == 34, "not the disk's vector");
	interrupts++;
}

/* One request; the result. */
static int transfer(int type, uint32_t sector, uint32_t bytes)
{
	unsigned before = interrupts;

	bound.used_len = out.used_len = none.used_len = 0;
	page->type = type;
	page->sector = sector;
	page->bytes = bytes;
	page->result = 0;
	hcall(LHCALL_SEND_DMA, key, type == 1 ? PA(&out) : PA(&none), 0);
	while (page->result == 0)
		;
	lguest.irq_enabled = LGUEST_IF;
	while (interrupts == before)		/* the host may be late; should it never come, the test runs out of time */
		hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	check(interrupts == before + 1, "too many interrupts");
	return page->result;
}

static void segments(struct lguest_dma *d, uint32_t first, uint32_t second)
{
	d->addr[0] = PA(a);
	d->len[0] = (unsigned short)first;
	d->addr[1] = PA(b);
	d->len[1] = (unsigned short)second;
	d->len[2] = 0;
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
	check(disk->type == LGUEST_DEVICE_BLOCK && disk->num_pages == 1, "the second device is no disk");
	key = disk->pfn << 12;
	page = (void *)(USER_CODE + 0x11000);
	map((uint32_t)page, key, 0x67);
	check(page->num_sectors == 64, "not 64 sectors");
	check(hcall(LHCALL_BIND_DMA, key, PA(&bound), 1 << 8 | 2) == 1, "BIND_DMA failed");

	segments(&bound, 4096, 1024);
	check(transfer(0, 5, 5120) == LGUEST_BLOCK_OK, "a read failed");
	check(bound.used_len == 5120, "a read moved another number of bytes");
	check(a[0] == '5' && a[512] == '6' && a[4095] == '\n' && b[0] == '1' && b[1] == '3', "a read brought something else");

	a[0] = 'W';
	b[0] = 'X';
	segments(&out, 512, 512);
	check(transfer(1, 20, 1024) == LGUEST_BLOCK_OK && out.used_len == 1024, "a write failed");
	check(bound.used_len == 0, "a write filled the bound buffer");
	segments(&bound, 512, 512);
	a[0] = b[0] = 0;
	check(transfer(0, 20, 1024) == LGUEST_BLOCK_OK && a[0] == 'W' && b[0] == 'X', "what was written is not there");

	check(transfer(0, 63, 1024) == LGUEST_BLOCK_FAILED, "a read across the end");
	check(transfer(0, 0xffffffff, 1024) == LGUEST_BLOCK_FAILED, "a read far beyond the end");
	check(transfer(0, 0, 4096) == LGUEST_BLOCK_FAILED, "a read of more than there is room for");
	check(transfer(1, 0, 512) == LGUEST_BLOCK_FAILED, "a write of less than is offered");
	check(transfer(7, 0, 1024) == LGUEST_BLOCK_FAILED, "a request of no type");
	check(transfer(0, 5, 1024) == LGUEST_BLOCK_OK && a[0] == '5', "a read after those");
	print("5 5 5\n");
	finish("");
}
