/*
 * User code jumps, calls and returns far to every selector, and loads every selector into every segment register:
 * it never leaves CPL 3 and never gets a segment that is not the user's.
 * support
 * expect-status: 0
 * expect-stdout: contained
 */
#include "guest.h"

void main(void);

#define TARGET	".skip 0x100 - (. - 1b)\nint $0x40\n"

USER(jump, "1: mov %ax, 0x401004\nmovl $0x400100, 0x401000\nljmp *0x401000\n" TARGET);
USER(call, "1: mov %ax, 0x401004\nmovl $0x400100, 0x401000\nlcall *0x401000\n" TARGET);
USER(retf, "1: push %eax\npush $0x400100\nlret\n" TARGET);
USER(ireturn, "1: pushf\npush %eax\npush $0x400100\niret\n" TARGET);
USER(load_ds, "mov %eax, %ds\nint $0x40\n");
USER(load_es, "mov %eax, %es\nint $0x40\n");
USER(load_fs, "mov %eax, %fs\nint $0x40\n");
USER(load_gs, "mov %eax, %gs\nint $0x40\n");
USER(load_ss, "mov %eax, %ss\nint $0x40\n");
USER(pop_es, "push %eax\npop %es\nint $0x40\n");

static const struct { const char *name, *code, *end; int far; } pieces[] = {
	{ "far jump", jump, jump_end, 1 }, { "far call", call, call_end, 1 }, { "far return", retf, retf_end, 1 },
	{ "iret", ireturn, ireturn_end, 1 }, { "ds", load_ds, load_ds_end, 0 }, { "es", load_es, load_es_end, 0 },
	{ "fs", load_fs, load_fs_end, 0 }, { "gs", load_gs, load_gs_end, 0 }, { "ss", load_ss, load_ss_end, 0 },
	{ "pop es", pop_es, pop_es_end, 0 },
};

static int allowed(int far, uint32_t selector)
{
	uint32_t index = selector >> 3;

	if (far)
		return index == 14 && !(selector & 4);
	return selector < 4 || ((index == 14 || index == 15) && !(selector & 4));
}

static void try(unsigned p, uint32_t selector)
{
	int v = run_user(pieces[p].code, pieces[p].end, selector);

	if (v == 0x40 && (last.cs & 3) == 3 && allowed(pieces[p].far, selector))
		return;
	if (v == 10 || v == 11 || v == 12 || v == 13 || v == 14 || v == 6)
		return;
	print(pieces[p].name);
	print(" of selector ");
	print_number(selector);
	print(" gave trap ");
	print_number((uint32_t)v);
	finish("not contained");
}

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	for (unsigned p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
		for (uint32_t selector = 0; selector < 0x140; selector++)
			try(p, selector);
		for (uint32_t selector = 0x1000; selector < 0x10000; selector += 0x10b)
			try(p, selector);
	}
	check(run_user(jump, jump_end, 0x73) == 0x40, "a good far jump fails");
	check(run_user(retf, retf_end, 0x73) == 0x40, "a good far return fails");
	check(run_user(ireturn, ireturn_end, 0x73) == 0x40, "a good iret fails");
	check(run_user(load_ds, load_ds_end, 0x7b) == 0x40, "a good load fails");
	check(run_user(load_ds, load_ds_end, 0x69) == 13, "the kernel's data segment was loaded");
	print("contained\n");
	finish("");
}
