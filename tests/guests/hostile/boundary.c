/*
 * User code reads and writes at every boundary of its window, and across its ends: always a fault of the guest's own.
 * support
 * expect-status: 0
 * expect-stdout: contained
 */
#include "guest.h"

void main(void);

USER(read1, "movb (%eax), %cl\nint $0x40\n");
USER(read4, "movl (%eax), %ecx\nint $0x40\n");
USER(read8, "movq (%eax), %xmm0\nint $0x40\n");
USER(read16, "movups (%eax), %xmm0\nint $0x40\n");
USER(write4, "movl $0x55aa55aa, (%eax)\nint $0x40\n");
USER(rmw4, "lock incl (%eax)\nint $0x40\n");
USER(push4, "mov %eax, %esp\nadd $4, %esp\npush %ebx\nint $0x40\n");
USER(disp_down, "add $0x7fffffff, %eax\nmovl -0x7fffffff(%eax), %ecx\nint $0x40\n");
USER(disp_up, "sub $0x7ffffff0, %eax\nmovl 0x7ffffff0(%eax), %ecx\nint $0x40\n");
USER(indexed, "mov $0x40000000, %ecx\nmovl (%eax,%ecx,4), %ecx\nint $0x40\n");
USER(minus_one, "inc %eax\nmov $-1, %ecx\nmovl (%eax,%ecx), %ecx\nint $0x40\n");
USER(string, "mov %eax, %esi\nmov $0x401000, %edi\nmov $64, %ecx\nrep movsb\nint $0x40\n");
USER(bit_up, "lea -0x0ffffffc(%eax), %edx\nmov $0x7fffffe0, %ecx\nbts %ecx, (%edx)\nint $0x40\n");
USER(bit_down, "lea 0x10000000(%eax), %edx\nmov $0x80000000, %ecx\nbtr %ecx, (%edx)\nint $0x40\n");
USER(translate, "lea -255(%eax), %ebx\nmov $0xff, %al\nxlat\nint $0x40\n");
USER(save_fpu, "fnsave (%eax)\nint $0x40\n");
USER(save_all, "fxsave (%eax)\nint $0x40\n");
USER(exchange8, "mov %eax, %esi\ncmpxchg8b (%esi)\nint $0x40\n");
USER(masked, "mov %eax, %edi\npcmpeqb %xmm1, %xmm1\nmaskmovdqu %xmm1, %xmm0\nint $0x40\n");
USER(enter0, "lea 4(%eax), %esp\nenter $16, $0\nint $0x40\n");
USER(enter2, "lea 4(%eax), %ebp\nenter $16, $2\nint $0x40\n");
USER(pop_to, "pop (%eax)\nint $0x40\n");
USER(push_from, "push (%eax)\nint $0x40\n");
USER(store_gdt, "sgdt (%eax)\nint $0x40\n");
USER(load_far, "les (%eax), %ecx\nint $0x40\n");
USER(compare, "mov %eax, %esi\nmov $0x401000, %edi\nmov $3, %ecx\nrepe cmpsl\nint $0x40\n");
USER(scan_down, "std\nmov %eax, %edi\nmov $1, %ecx\nrepne scasl\ncld\nint $0x40\n");
USER(float80, "fldpi\nfstpt (%eax)\nint $0x40\n");
USER(tls, "mov $0x33, %ecx\nmov %ecx, %fs\nmov %fs:0x1000(%eax), %ecx\nint $0x40\n");

static const struct { const char *name, *code, *end; } pieces[] = {
	{ "read1", read1, read1_end }, { "read4", read4, read4_end }, { "read8", read8, read8_end },
	{ "read16", read16, read16_end }, { "write4", write4, write4_end }, { "rmw4", rmw4, rmw4_end },
	{ "push4", push4, push4_end }, { "disp_down", disp_down, disp_down_end }, { "disp_up", disp_up, disp_up_end },
	{ "indexed", indexed, indexed_end }, { "minus_one", minus_one, minus_one_end }, { "string", string, string_end },
	{ "bit_up", bit_up, bit_up_end }, { "bit_down", bit_down, bit_down_end }, { "translate", translate, translate_end },
	{ "save_fpu", save_fpu, save_fpu_end }, { "save_all", save_all, save_all_end }, { "exchange8", exchange8, exchange8_end },
	{ "masked", masked, masked_end }, { "enter0", enter0, enter0_end }, { "enter2", enter2, enter2_end },
	{ "pop_to", pop_to, pop_to_end }, { "push_from", push_from, push_from_end }, { "load_far", load_far, load_far_end },
	{ "store_gdt", store_gdt, store_gdt_end }, { "compare", compare, compare_end }, { "scan_down", scan_down, scan_down_end },
	{ "float80", float80, float80_end }, { "tls", tls, tls_end },
};

static const uint32_t outside[] = {
	0, 4, 0xfff, 0xffc, 0x1000, 0xffff, 0x10000, USER_CODE - 4, USER_CODE - 64, USER_STACK, USER_STACK + 0x1000,
	0x7ffffffc, 0x7fffffff, 0x80000000, 0x80000001, OFFSET - 4, OFFSET, OFFSET + 0x100000, OFFSET + 0x3ffffc, 0xd0000000,
	0xf0000000, 0xffbffffc, 0xffbfffff, 0xffc00000, 0xffff0000, 0xfffff000, 0xfffffff0, 0xfffffffc, 0xfffffffd, 0xffffffff,
};

/* A user data segment at 0xfffff000. */
static const uint64_t descriptors[3] = { 0xffcff2fff000ffffull };

void main(void)
{
	begin();
	traps_begin();
	paging_begin();
	hcall(LHCALL_LOAD_TLS, PA(descriptors), 0, 0);
	for (unsigned p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
		for (unsigned i = 0; i < sizeof outside / sizeof outside[0]; i++) {
			int v = run_user(pieces[p].code, pieces[p].end, outside[i]);

			if (v == 12 || v == 13 || v == 14)
				continue;
			print(pieces[p].name);
			print(" at ");
			print_number(outside[i]);
			print(" gave trap ");
			print_number((uint32_t)v);
			finish("not contained");
		}
		check(run_user(pieces[p].code, pieces[p].end, USER_DATA + 256) == 0x40, "an access inside failed");
	}
	print("contained\n");
	finish("");
}
