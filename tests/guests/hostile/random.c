/*
 * Random hypercalls with arguments that are half right: the guest may live or die, the host stays what it is.  The seed is
 * the command line; every case is another one.
 * support
 * options: -m 8M
 * case: 1 | 0,3 |
 * case: 22 | 0,3 |
 * case: 333 | 0,3 |
 * case: 4444 | 0,3 |
 * case: 55555 | 0,3 |
 * case: 666666 | 0,3 |
 * case: 7777777 | 0,3 |
 * case: 88888888 | 0,3 |
 */
#include "guest.h"

void main(void);

static uint32_t state;
static uint32_t scratch[4096] __attribute__((aligned(4096)));

static uint32_t random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static uint32_t argument(void)
{
	switch (random() % 8) {
	case 0: return random();
	case 1: return random() % 300;
	case 2: return PA(scratch) + random() % sizeof scratch;
	case 3: return PA(directory);
	case 4: return 0x800000 - random() % 8192;
	case 5: return 0x61 + 8 * (random() % 4);
	case 6: return (uint32_t)scratch + random() % sizeof scratch;
	default: return PA(&lguest);
	}
}

void main(void)
{
	static const uint8_t numbers[] = {
		LHCALL_FLUSH_ASYNC, LHCALL_LOAD_GDT, LHCALL_NEW_PGTABLE, LHCALL_FLUSH_TLB, LHCALL_LOAD_IDT_ENTRY, LHCALL_SET_STACK,
		LHCALL_TS, LHCALL_SET_CLOCKEVENT, LHCALL_BIND_DMA, LHCALL_SEND_DMA, LHCALL_SET_PTE, LHCALL_SET_PMD,
		LHCALL_LOAD_TLS, LHCALL_IRQ_PENDING, LHCALL_CLOCK, LHCALL_RANDOM,
	};
	const char *line = (const char *)(OFFSET + BOOT_CMDLINE_GPA);

	while (*line)
		state = state * 10 + (uint32_t)(*line++ - '0');
	state |= 1;
	begin();
	traps_begin();
	paging_begin();
	for (unsigned i = 0; i < 20000; i++) {
		for (unsigned k = random() % 4; k > 0; k--)
			scratch[random() % 4096] = argument();
		hcall(numbers[random() % sizeof numbers], argument(), argument(), argument());
	}
	finish("");
}
