/*
 * User code executes int n for every n, syscall, sysenter and every privileged instruction: only the system call and the
 * breakpoint go through, the rest are the guest's own faults; nothing reaches the host's kernel.
 * support
 * expect-status: 0
 * expect-stdout: contained
 */
#include "guest.h"

void main(void);

USER(int_n, "int $0\nint $0x40\n");
static uint8_t code[16] __attribute__((aligned(16)));

#define MOST 8
static const struct { const char *name; uint8_t bytes[MOST]; unsigned len; } instructions[] = {
	{ "syscall", { 0x0f, 0x05 }, 2 }, { "sysenter", { 0x0f, 0x34 }, 2 }, { "sysexit", { 0x0f, 0x35 }, 2 },
	{ "sysret", { 0x0f, 0x07 }, 2 }, { "cli", { 0xfa }, 1 }, { "sti", { 0xfb }, 1 }, { "hlt", { 0xf4 }, 1 },
	{ "in", { 0xec }, 1 }, { "out", { 0xee }, 1 }, { "ins", { 0x6c }, 1 }, { "outs", { 0x6e }, 1 },
	{ "clts", { 0x0f, 0x06 }, 2 }, { "invd", { 0x0f, 0x08 }, 2 }, { "wbinvd", { 0x0f, 0x09 }, 2 },
	{ "mov from cr0", { 0x0f, 0x20, 0xc0 }, 3 }, { "mov to cr3", { 0x0f, 0x22, 0xd8 }, 3 },
	{ "rdmsr", { 0x0f, 0x32 }, 2 }, { "wrmsr", { 0x0f, 0x30 }, 2 }, { "rdpmc", { 0x0f, 0x33 }, 2 },
	{ "mov to dr7", { 0x0f, 0x23, 0xf8 }, 3 }, { "lgdt", { 0x0f, 0x01, 0x10 }, 3 }, { "lidt", { 0x0f, 0x01, 0x18 }, 3 },
	{ "lmsw", { 0x0f, 0x01, 0xf0 }, 3 }, { "invlpg", { 0x0f, 0x01, 0x38 }, 3 }, { "lldt", { 0x0f, 0x00, 0xd0 }, 3 },
	{ "ltr", { 0x0f, 0x00, 0xd8 }, 3 }, { "vmcall", { 0x0f, 0x01, 0xc1 }, 3 }, { "swapgs", { 0x0f, 0x01, 0xf8 }, 3 },
	{ "xsetbv", { 0x0f, 0x01, 0xd1 }, 3 }, { "ud2", { 0x0f, 0x0b }, 2 }, { "vex", { 0xc5, 0xf8, 0x77 }, 3 },
	{ "evex", { 0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0 }, 6 }, { "lock nop", { 0xf0, 0x90 }, 2 },
};

static void bad(const char *name, uint32_t n, int v)
{
	print(name);
	print(" ");
	print_number(n);
	print(" gave trap ");
	print_number((uint32_t)v);
	finish("not contained");
}

static void every_int(void)
{
	for (unsigned n = 0; n < 256; n++) {
		int v;

		for (unsigned i = 0; i < 4; i++)
			code[i] = (uint8_t)int_n[i];
		code[1] = (uint8_t)n;
		v = run_user(code, code + 4, 0);
		if (n == 0x40 ? v != 0x40 : n == 3 || n == 4 ? v != (int)n : v != 13 || last.error != n * 8 + 2)
			bad("int", n, v);
		if (v == 13 && last.eip != USER_CODE)
			bad("eip after int", n, v);
	}
}

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	every_int();
	for (unsigned i = 0; i < sizeof instructions / sizeof instructions[0]; i++) {
		int v;

		for (unsigned k = 0; k < instructions[i].len; k++)
			code[k] = instructions[i].bytes[k];
		code[instructions[i].len] = 0xcd;
		code[instructions[i].len + 1] = 0x40;
		v = run_user(code, code + instructions[i].len + 2, USER_DATA);
		if ((v != 6 && v != 13) || last.eip != USER_CODE)
			bad(instructions[i].name, last.eip, v);
	}
	print("contained\n");
	finish("");
}
