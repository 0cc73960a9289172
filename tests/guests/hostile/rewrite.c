/*
 * Code that writes itself: an immediate patched before each use, code that another mapping of its page changes, code
 * that changes the very next instruction, code across a page boundary.
 * support
 * expect-status: 0
 * expect-stdout: as written
 */
#include "guest.h"

void main(void);

USER(patch_loop,
	"call 0f\n"
	"0: pop %esi\n"			/* esi = 0b */
	"xor %edx, %edx\n"
	"mov $10000, %edi\n"
	"2: mov %edi, 3f - 0b + 1(%esi)\n"
	"3: mov $0, %ebx\n"
	"add %ebx, %edx\n"
	"dec %edi\n"
	"jnz 2b\n"
	"int $0x40\n"
);

static uint8_t page[4096] __attribute__((aligned(4096)));

static uint32_t call_at(uint32_t at)
{
	uint32_t result;

	__asm__ volatile ("call *%1" : "=a" (result) : "r" (at) : "ecx", "edx", "memory");
	return result;
}

/* mov $value, %eax; ret */
static void assemble(volatile uint8_t *at, uint32_t value)
{
	at[0] = 0xb8;
	at[1] = (uint8_t)value, at[2] = (uint8_t)(value >> 8), at[3] = (uint8_t)(value >> 16), at[4] = (uint8_t)(value >> 24);
	at[5] = 0xc3;
}

void main(void)
{
	uint8_t *alias = (uint8_t *)(USER_CODE + 0x20000);
	volatile uint8_t *straddle;

	begin();
	traps_begin();
	paging_begin();
	check(run_user(patch_loop, patch_loop_end, 0) == 0x40, "the loop trapped");
	check(last.edx == 50005000, "a patched immediate was not seen");
	for (uint32_t i = 0; i < 100; i++) {
		assemble(page, i);
		check(call_at((uint32_t)page) == i, "a function written anew was not seen");
	}
	map((uint32_t)alias, PA(page), 0x67);
	for (uint32_t i = 0; i < 100; i++) {
		assemble(alias, i + 1000);
		check(call_at((uint32_t)page) == i + 1000, "a write through another mapping was not seen");
	}
	map((uint32_t)alias + 0x1000, PA(page), 0x67);	/* the same page twice: a straddling instruction reads its start */
	straddle = alias + 0xffd;
	for (uint32_t i = 0; i < 50; i++) {
		uint8_t bytes[6];

		assemble(bytes, i * 0x01010101);
		for (int k = 0; k < 6; k++)
			page[(0xffd + k) & 0xfff] = bytes[k];
		check(call_at((uint32_t)straddle) == i * 0x01010101, "a change behind a page boundary was not seen");
	}
	print("as written\n");
	finish("");
}
