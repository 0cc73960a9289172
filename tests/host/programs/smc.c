/*
 * Self-modifying code, for the 32-bit images alone: code written just before it runs, in the next instruction, under a
 * loop that runs, across a page boundary, by rep stos, and through another mapping of the same page (ALIAS, see
 * tests/host/diff/cpu.h).  Each step knows the right answer; run() returns the number of wrong ones, plus 0x1000 for
 * each step done, so that a step left out shows as well.
 */
#include "program.h"

#define ALIAS	0x04000000u

typedef u32 function(void);

static u8 arena[4 * 4096] __attribute__((aligned(4096)));
static u32 result;

static void check(u32 got, u32 wanted)
{
	result += got != wanted;
}

static void done(void)
{
	result += 0x1000;
}

/* mov eax, value; ret */
static void put_constant(volatile u8 *at, u32 value)
{
	at[0] = 0xb8;
	for (int n = 0; n < 4; n++)
		at[1 + n] = (u8)(value >> 8 * n);
	at[5] = 0xc3;
}

static u32 call(volatile void *at)
{
	return ((function *)at)();
}

/* Code rewritten many times: more often than any engine retranslates gladly. */
static void rewritten(void)
{
	for (u32 n = 0; n < 200; n++) {
		put_constant(arena, n * 7);
		check(call(arena), n * 7);
	}
	done();
}

/* Two functions in one page; one changes while the other is in use. */
static void neighbours(void)
{
	put_constant(arena + 1024, 5);
	for (u32 n = 0; n < 50; n++) {
		put_constant(arena + 2048, n);
		check(call(arena + 1024) + call(arena + 2048), n + 5);
		check(call(arena + 1024), 5);
	}
	done();
}

/* A function whose bytes lie in two pages; the second part changes, then the first. */
static void across_pages(void)
{
	volatile u8 *at = arena + 4096 - 3;

	for (u32 n = 0; n < 30; n++) {
		put_constant(at, 0x01020304 + (n << 24));
		check(call(at), 0x01020304 + (n << 24));
		at[3] = (u8)n;				/* the first byte of the second page */
		check(call(at), (0x01020304 + (n << 24) & 0xff00ffff) | n << 16);
		at[1] = (u8)n;				/* in the first page */
		check(call(at) & 0xff, n);
	}
	done();
}

/* The store changes the very next instruction. */
static void next_instruction(void)
{
	for (u32 n = 0; n < 40; n++) {
		u32 got;

		__asm__ volatile("movl %1, 1f+1\n1:	movl $0, %0" : "=a"(got) : "r"(n * 3) : "memory");
		check(got, n * 3);
	}
	done();
}

/* A loop that turns the increment in its own body into a decrement on the way. */
static void running_loop(void)
{
	u32 sum = 0, count = 20;

	__asm__ volatile("movb $0x40, 2f\n"	/* inc eax */
			 "1:	cmpl $10, %1\n"
			 "	jne 2f\n"
			 "	movb $0x48, 2f\n"	/* dec eax */
			 "2:	.byte 0x40\n"
			 "	decl %1\n"
			 "	jnz 1b\n"
			 : "+a"(sum), "+c"(count) : : "memory", "cc");
	check(sum, 0);		/* ten up, ten down */
	done();
}

/* rep stos writes nops over the instructions behind it. */
static void by_string_store(void)
{
	u32 got = 1, cx = 2;
	void *to;

	for (int n = 0; n < 3; n++) {
		got = 1;
		cx = 2;
		__asm__ volatile("movw $0xc0ff, 1f\n"	/* inc eax */
				 "	call 1f\n"
				 "	leal 1f, %%edi\n"
				 "	pushl %%eax\n"
				 "	movb $0x90, %%al\n"
				 "	rep stosb\n"
				 "	popl %%eax\n"
				 "	call 1f\n"
				 "	jmp 2f\n"
				 "1:	.byte 0x90, 0x90\n"
				 "	ret\n"
				 "2:"
				 : "+a"(got), "+c"(cx), "=&D"(to) : : "memory", "cc");
		check(got, 2);
	}
	done();
}

/* The page is written at another virtual address than where it runs. */
static void through_the_alias(void)
{
	volatile u8 *alias = arena + 8192 + ALIAS;

	for (u32 n = 0; n < 40; n++) {
		put_constant(alias, n * 11);
		check(call(arena + 8192), n * 11);
		put_constant(arena + 8192 + 64, n);
		check(call(alias + 64), n);
	}
	done();
}

/* Code is copied, and runs at its new place. */
static void copied(void)
{
	static const u8 code[] = { 0x8b, 0x44, 0x24, 0x04, 0x8d, 0x44, 0x40, 0x01, 0xc3 };	/* 3 * argument + 1 */

	for (u32 n = 0; n < 60; n++) {
		volatile u8 *at = arena + 3 * 4096 + n * 67;

		for (unsigned b = 0; b < sizeof(code); b++)
			at[b] = code[b];
		check(((u32 (*)(u32))at)(n), 3 * n + 1);
	}
	done();
}

u32 run(void)
{
	rewritten();
	neighbours();
	across_pages();
	next_instruction();
	running_loop();
	by_string_store();
	through_the_alias();
	copied();
	return result;
}
