/*
 * User code that is noise: random bytes, or random instructions, from random registers. Whatever it does, it ends in a
 * trap or at the clock, the kernel's memory is as it was, and the host lives. The seed is the command line.
 * support
 * options: -m 8M
 * case: 1 | 0 |
 * case: 22 | 0 |
 * case: 333 | 0 |
 * case: 4444 | 0 |
 * case: 55555 | 0 |
 * case: 666666 | 0 |
 */
#include "guest.h"

void main(void);

#define ROUNDS	400
#define BYTES	4096

static uint32_t state;
static uint8_t code[BYTES];
static volatile uint32_t canary[64];

static uint32_t random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* The clock ends what does not end by itself. */
static void tick(struct frame *f)
{
	if ((f->cs & 3) == 3) {
		f->vector = 0;
		last = *f;
		__asm__ volatile ("mov $32, %eax\n\tjmp attempt_land");
	}
	hcall(LHCALL_SET_CLOCKEVENT, 300000, 0, 0);
}

/* Opcodes that lead somewhere: noise alone traps within a few instructions. */
static const uint8_t likely[] = {
	0x01, 0x03, 0x0f, 0x11, 0x13, 0x29, 0x31, 0x39, 0x40, 0x48, 0x50, 0x58, 0x66, 0x69, 0x6b, 0x74, 0x75, 0x7c, 0x7f, 0x81,
	0x83, 0x85, 0x87, 0x89, 0x8b, 0x8d, 0x90, 0x98, 0x99, 0xa4, 0xab, 0xac, 0xae, 0xb8, 0xc1, 0xc7, 0xd1, 0xd3, 0xd9, 0xdd,
	0xe8, 0xeb, 0xf2, 0xf3, 0xf7, 0xff, 0x64, 0x65, 0xc8, 0xc9, 0xcc, 0xd8, 0xdb, 0xdc, 0xde, 0xdf,
};

/* Where registers point: our pages, their edges, anywhere. */
static uint32_t value(void)
{
	switch (random() % 6) {
	case 0: return random();
	case 1: return random() % 64;
	case 2: return USER_STACK - random() % 64;
	case 3: return 0u - random() % 64;
	default: return USER_CODE + random() % 0x3000;
	}
}

static void put32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

static void make_code(void)
{
	static const uint8_t registers[] = { 0xb8, 0xb9, 0xba, 0xbb, 0xbd, 0xbe, 0xbf };
	unsigned at = 0;

	for (unsigned i = 0; i < sizeof registers; i++, at += 5) {
		code[at] = registers[i];
		put32(code + at + 1, value());
	}
	for (; at < BYTES; at++) {
		uint32_t r = random();

		code[at] = r % 3 ? likely[(r >> 8) % sizeof likely] : (uint8_t)(r >> 16);
	}
}

void main(void)
{
	const char *line = (const char *)(OFFSET + BOOT_CMDLINE_GPA);

	while (*line)
		state = state * 10 + (uint32_t)(*line++ - '0');
	state |= 1;
	begin();
	traps_begin();
	paging_begin();
	irq_handler = tick;
	for (unsigned i = 0; i < 64; i++)
		canary[i] = i * 0x01010101;
	for (unsigned round = 0; round < ROUNDS; round++) {
		int v;

		make_code();
		hcall(LHCALL_SET_CLOCKEVENT, 300000, 0, 0);
		lguest.irq_enabled = LGUEST_IF;
		v = run_user(code, code + BYTES, random());
		lguest.irq_enabled = 0;
		check(v >= 0 && v <= 0x40, "no trap");
		check((last.cs & 3) == 3, "the user was not in user mode");
		for (unsigned i = 0; i < 64; i++)
			check(canary[i] == i * 0x01010101, "kernel memory changed");
	}
	finish("");
}
