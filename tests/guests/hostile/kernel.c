/*
 * Privileged instructions in the guest's kernel (CPL 1): #GP for all but in and out, which find no device.  Bad selectors
 * in iret and segment loads are faults at that instruction; a return to CPL 3 takes the kernel's data segments away.
 * support
 * expect-status: 0
 * expect-stdout: as lguest
 */
#include "guest.h"

void main(void);

static uint32_t eax;

static void do_cli(uint32_t a) { (void)a; __asm__ volatile ("cli"); }
static void do_sti(uint32_t a) { (void)a; __asm__ volatile ("sti"); }
static void do_hlt(uint32_t a) { (void)a; __asm__ volatile ("hlt"); }
static void do_cr0(uint32_t a) { __asm__ volatile ("mov %%cr0, %0" : "=r" (a)); }
static void do_cr3(uint32_t a) { __asm__ volatile ("mov %0, %%cr3" : : "r" (a)); }
static void do_invlpg(uint32_t a) { __asm__ volatile ("invlpg (%0)" : : "r" (a)); }
static void do_rdmsr(uint32_t a) { __asm__ volatile ("rdmsr" : : "c" (a) : "eax", "edx"); }
static void do_ltr(uint32_t a) { __asm__ volatile ("ltr %w0" : : "r" (a)); }
static void do_lldt(uint32_t a) { __asm__ volatile ("lldt %w0" : : "r" (a)); }
static void do_inb(uint32_t a) { __asm__ volatile ("inb %%dx, %%al" : "=a" (eax) : "d" (a), "0" (0)); }
static void do_inl(uint32_t a) { __asm__ volatile ("inl %%dx, %%eax" : "=a" (eax) : "d" (a), "0" (0)); }
static void do_inw(uint32_t a) { __asm__ volatile ("inw %%dx, %%ax" : "=a" (eax) : "d" (a), "0" (0)); }
static void do_out(uint32_t a) { __asm__ volatile ("outb %%al, %%dx" : : "d" (a)); }
static void do_ss(uint32_t a) { __asm__ volatile ("mov %0, %%ss" : : "r" (a)); }
static void do_ds(uint32_t a) { __asm__ volatile ("mov %0, %%ds\n\tmov %%ss, %0\n\tmov %0, %%ds" : "+r" (a)); }
static void do_far(uint32_t a)
{
	struct { uint32_t offset; uint16_t selector; } __attribute__((packed)) to = { 0, (uint16_t)a };

	__asm__ volatile ("movl $1f, %0\n\tljmp *%0\n1:" : "+m" (to));
}
static void do_iret(uint32_t cs)
{
	__asm__ volatile ("pushf\n\tpush %0\n\tpush $1f\n\tiret\n1:" : : "r" (cs) : "memory");
}

static const struct { const char *name; void (*f)(uint32_t); uint32_t arg; int vector; } tries[] = {
	{ "cli", do_cli, 0, 13 }, { "sti", do_sti, 0, 13 }, { "hlt", do_hlt, 0, 13 }, { "mov cr0", do_cr0, 0, 13 },
	{ "mov cr3", do_cr3, 0, 13 }, { "invlpg", do_invlpg, OFFSET, 13 }, { "rdmsr", do_rdmsr, 0x10, 13 },
	{ "ltr", do_ltr, 0x80, 13 }, { "lldt", do_lldt, 0x88, 13 }, { "out", do_out, 0x80, -1 },
	{ "ss user", do_ss, 0x7b, 13 }, { "ss null", do_ss, 0, 13 }, { "ss kernel", do_ss, 0x69, -1 },
	{ "ds user", do_ds, 0x7b, -1 }, { "ds outside", do_ds, 0x101, 13 }, { "ds ldt", do_ds, 0x6d, 13 },
	{ "far kernel", do_far, 0x61, -1 }, { "far rpl 0", do_far, 0x60, -1 }, { "far user", do_far, 0x73, 13 },
	{ "far data", do_far, 0x69, 13 }, { "far null", do_far, 0, 13 }, { "far empty", do_far, 0xa1, 13 },
	{ "iret kernel", do_iret, 0x61, -1 }, { "iret rpl 0", do_iret, 0x60, 13 }, { "iret data", do_iret, 0x69, 13 },
	{ "iret null", do_iret, 0, 13 },
};

USER(use_ds, "mov 0x401000, %ecx\nint $0x40\n");

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		int v = attempt(tries[i].f, tries[i].arg);

		if (v == tries[i].vector)
			continue;
		print(tries[i].name);
		print(" gave trap ");
		print_number((uint32_t)v);
		finish("not as lguest");
	}
	check(attempt(do_inb, 0x3f8) == -1 && eax == 0xffff, "in al: not 0xffff");
	check(attempt(do_inw, 0x3f8) == -1 && (eax == 0xffffffff || eax == 0xffff0000), "in ax: not as lguest");
	check(attempt(do_inl, 0x3f8) == -1 && eax == 0xffffffff, "in eax: not all ones");
	check(run_user(use_ds, use_ds_end, 0) == 0x40, "the user's data segment does not work");
	print("as lguest\n");
	finish("");
}
