/*
 * The support library of tiny guests: console output, traps that can be expected, page tables, user code.  It is as
 * small as it can be, so that a guest is its own first suspect.
 */
#include "guest.h"

struct lguest_data lguest;
struct frame last;
uint32_t directory[1024] __attribute__((aligned(4096)));
void (*irq_handler)(struct frame *f);

static uint32_t user_table[1024] __attribute__((aligned(4096)));
static uint8_t user_pages[3][4096] __attribute__((aligned(4096)));
static uint8_t trap_stack[8192] __attribute__((aligned(4096)));
static struct lguest_dma out;
static char buffer[256];

extern uint32_t attempting;
extern void attempt_land(void);
extern const char window_begin[], window_finish[];
extern int enter_user(uint32_t eip, uint32_t esp, uint32_t eax);

void begin(void)
{
	for (unsigned i = 0; i < sizeof lguest.hcall_status; i++)
		lguest.hcall_status[i] = 0xff;
	lguest.syscall_vec = 0x40;
	if (!lguest.noirq_end) {
		lguest.noirq_start = (uint32_t)window_begin;
		lguest.noirq_end = (uint32_t)window_finish;
	}
	hcall(LHCALL_LGUEST_INIT, PA(&lguest), 0, 0);
}

void print(const char *text)
{
	unsigned n = 0;

	while (text[n] && n < sizeof buffer) {
		buffer[n] = text[n];
		n++;
	}
	for (unsigned done = 0; done < n; done += out.used_len) {
		out.used_len = 0;
		out.addr[0] = PA(buffer) + done;
		out.len[0] = (unsigned short)(n - done);
		hcall(LHCALL_SEND_DMA, LGUEST_CONSOLE_KEY, PA(&out), 0);
	}
}

void print_number(uint32_t n)
{
	char text[9];

	for (int i = 0; i < 8; i++)
		text[i] = "0123456789abcdef"[n >> (28 - 4 * i) & 15];
	text[8] = 0;
	print(text);
}

void finish(const char *text)
{
	hcall(LHCALL_EXIT, PA(text), 0, 0);
	for (;;)
		;
}

void check(int condition, const char *what)
{
	if (!condition)
		finish(what);
}

void set_gate(unsigned vector, void (*handler)(void), unsigned type, unsigned dpl)
{
	uint32_t at = (uint32_t)handler;

	hcall(LHCALL_LOAD_IDT_ENTRY, vector, 0x61u << 16 | (at & 0xffff), (at & 0xffff0000u) | 0x8000 | dpl << 13 | type << 8);
}

void traps_begin(void)
{
	static const uint64_t gdt[32] = {
		[LGUEST_GDT_KCODE] = 0x00cfba000000ffffull,
		[LGUEST_GDT_KDATA] = 0x00cfb2000000ffffull,
		[LGUEST_GDT_UCODE] = 0x00cffa000000ffffull,
		[LGUEST_GDT_UDATA] = 0x00cff2000000ffffull,
	};

	hcall(LHCALL_LOAD_GDT, PA(gdt), 32, 0);
	for (unsigned v = 0; v < 64; v++)
		set_gate(v, trap_stubs[v], 0xe, v == 3 || v == 4 ? 3 : 0);
	set_gate(0x40, trap_stubs[0x40], 0xf, 3);
	hcall(LHCALL_SET_STACK, 0x69, (uint32_t)(trap_stack + sizeof trap_stack), 2);
}

__attribute__((weak)) void trap(struct frame *f)
{
	if (f->vector >= 32 && f->vector < 64 && irq_handler) {
		irq_handler(f);
		return;
	}
	last = *f;
	if (!attempting) {
		print("unexpected trap ");
		print_number(f->vector);
		print(" at ");
		print_number(f->eip);
		finish("unexpected trap");
	}
	/* Leave for good: this stack's frames are void. */
	__asm__ volatile ("mov %0, %%eax\n\tjmp attempt_land" : : "r" (f->vector) : "eax");
	__builtin_unreachable();
}

void map(uint32_t va, uint32_t pa, uint32_t flags)
{
	user_table[va >> 12 & 1023] = pa | flags;
	hcall(LHCALL_SET_PTE, PA(directory), va, 0);
}

void paging_begin(void)
{
	/* The first page directory is where the loader put it: below the initrd; we only know our own slots, so
	 * take the kernel's linear map from a table of our own making: 4 MiB at OFFSET. */
	static uint32_t kernel_table[1024] __attribute__((aligned(4096)));

	for (uint32_t i = 0; i < 1024; i++)
		kernel_table[i] = i << 12 | 0x63;
	directory[OFFSET >> 22] = PA(kernel_table) | 7;
	directory[USER_CODE >> 22] = PA(user_table) | 7;
	user_table[1023] = 0;
	user_table[0] = PA(user_pages[0]) | 0x67;
	user_table[1] = PA(user_pages[1]) | 0x67;
	user_table[2] = PA(user_pages[2]) | 0x67;
	hcall(LHCALL_NEW_PGTABLE, PA(directory), 0, 0);
}

int run_user(const void *code, const void *end, uint32_t arg)
{
	const uint8_t *from = code;
	uint8_t *to = user_pages[0];

	while (from < (const uint8_t *)end)
		*to++ = *from++;
	return enter_user(USER_CODE, USER_STACK - 16, arg);
}
