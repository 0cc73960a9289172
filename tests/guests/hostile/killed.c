/*
 * Guests that break a rule die with the reason, never taking the host with them.
 * support
 * case: before | 3 | hypercall 7 before LGUEST_INIT
 * case: twice | 3 | already have lguest_data
 * case: number | 3 | Bad hypercall 99
 * case: negative | 3 | Bad hypercall -1
 * case: init | 3 | bad write address 0xc0[0-9a-f]+ len 1132
 * case: crash | 3 | bad read address 0xfffff000
 * case: gdt | 3 | too many gdt entries 33
 * case: gdt-address | 3 | bad read address
 * case: idt | 3 | bad IDT type
 * case: stack-rpl | 3 | bad stack segment 0x7b
 * case: stack-page | 3 | bad stack page
 * case: dma | 3 | bad DMA address
 * case: dma-segment | 3 | bad DMA segment
 * case: pgdir | 3 | bad page directory address
 * case: pde | 3 | bad page directory entry
 * case: pde-far | 3 | bad page directory entry
 * case: pte | 3 | bad page table entry
 * case: pte-far | 3 | bad page table entry
 * case: switcher | 3 | attempt to access switcher pages
 * case: switcher-pte | 3 | attempt to access switcher pages
 * case: trap | 3 | unhandled trap 6 at 0xc01
 * case: fault | 3 | unhandled trap 14 at 0xc01[0-9a-f]+ \(0xe0000000\)
 * case: kernel-stack | 3 | cannot take the frame of a trap
 * case: random | 3 | too many random bytes
 * case: exit | 1 | ^9guest: good bye$
 * case: exit-long | 1 | ^9guest: y{127}$
 * case: segment | 3 | base other than 0
 */
#include "guest.h"

void main(void);

static uint32_t table[1024] __attribute__((aligned(4096)));
static struct lguest_dma dma;
static char text[256] = "good bye";
static uint64_t gdt[33];

static int is(const char *name)
{
	const char *line = (const char *)(OFFSET + BOOT_CMDLINE_GPA);

	while (*name && *name == *line)
		name++, line++;
	return *name == *line;
}

static void before_init(void)
{
	if (is("before"))
		hcall(LHCALL_SET_STACK, 0x69, OFFSET, 0);
	if (is("init"))
		hcall(LHCALL_LGUEST_INIT, (uint32_t)&lguest, 0, 0);
	if (is("fault"))
		(void)*(volatile uint32_t *)0xe0000000;
}

static void tables(void)
{
	directory[0] = PA(table) | 7;
	if (is("pde"))
		directory[0] = PA(table) | 0x87;
	if (is("pde-far"))
		directory[0] = 0xf0000007;
	if (is("pte"))
		table[0] = 0x8f;
	if (is("pte-far"))
		table[0] = 0xf0000007;
	if (is("switcher"))
		directory[1023] = PA(table) | 7;
	hcall(LHCALL_FLUSH_TLB, 1, 0, 0);
	*(volatile uint32_t *)(is("switcher") ? 0xffc00000 : 0) = 1;
	finish("survived");
}

static void calls(void)
{
	static const struct { const char *name; uint32_t number, a, b, c; } simple[] = {
		{ "twice", LHCALL_LGUEST_INIT, 0x100000, 0, 0 },
		{ "number", 99, 0, 0, 0 },
		{ "negative", 0xffffffff, 0, 0, 0 },
		{ "crash", LHCALL_CRASH, 0xfffff000, 0, 0 },
		{ "gdt", LHCALL_LOAD_GDT, 0x100000, 33, 0 },
		{ "gdt-address", LHCALL_LOAD_GDT, 0xffffff00, 32, 0 },
		{ "idt", LHCALL_LOAD_IDT_ENTRY, 5, 0, 0x8500 },
		{ "stack-rpl", LHCALL_SET_STACK, 0x7b, OFFSET + 0x100000, 1 },
		{ "stack-page", LHCALL_SET_STACK, 0x69, 0xe0000000, 1 },
		{ "dma", LHCALL_SEND_DMA, 0, 0xc0100000, 0 },
		{ "pgdir", LHCALL_NEW_PGTABLE, 0xc0100000, 0, 0 },
		{ "random", LHCALL_RANDOM, 0x100000, 4097, 0 },
		{ "switcher-pte", LHCALL_SET_PTE, 0, 0xffc00000, 0 },
	};

	for (unsigned i = 0; i < sizeof simple / sizeof simple[0]; i++)
		if (is(simple[i].name))
			hcall(simple[i].number, simple[i].a, simple[i].b, simple[i].c);
}

static void load_fs_ds(void)
{
	gdt[2] = 0x40cfb2000000ffffull;		/* data, base 0x40000000 */
	gdt[12] = 0x00cfba000000ffffull;
	gdt[13] = 0x00cfb2000000ffffull;
	hcall(LHCALL_LOAD_GDT, PA(gdt), 32, 0);
	__asm__ volatile ("mov %0, %%fs" : : "r" (0x11));
	__asm__ volatile ("mov %0, %%ds" : : "r" (0x11));
}

void main(void)
{
	before_init();
	begin();
	calls();
	if (is("dma-segment")) {
		dma.addr[0] = 0xfffff000;
		dma.len[0] = 0xffff;
		hcall(LHCALL_SEND_DMA, 0, PA(&dma), 0);
	}
	if (is("exit"))
		finish(text);
	if (is("exit-long")) {
		for (unsigned i = 0; i < sizeof text; i++)
			text[i] = 'y';
		finish(text);
	}
	if (is("segment"))
		load_fs_ds();
	if (is("trap"))
		__asm__ volatile ("ud2");
	traps_begin();
	if (is("kernel-stack"))
		__asm__ volatile ("mov $0x10, %esp\n\tud2");
	paging_begin();
	tables();
}
