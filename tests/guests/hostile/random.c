/*
 * Random hypercalls with arguments that are mostly right: the guest may live or die, the host stays what it is.  The seed is
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
static struct lguest_dma dmas[16];
static uint32_t other[1024] __attribute__((aligned(4096)));
static uint32_t scratch[4096] __attribute__((aligned(4096)));

static uint32_t random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

enum kind { WILD, SMALL, SCRATCH, WORD, SPACE, STACK, SELECTOR, PAGES, VECTOR, GATE, ADDRESS, PTE, SLOT, COUNT, ENTRIES, KEY, DMA };

static uint32_t argument(enum kind kind)
{
	uint32_t r = random();

	if (r % 500 == 0)
		kind = (enum kind)(r % 16);
	r = random();
	switch (kind) {
	case SMALL: return r % 300;
	case SCRATCH: return PA(scratch) + r % (sizeof scratch - 4096);
	case WORD: return PA(scratch) + (r % 4096) * 4;
	case SPACE: return PA(r & 1 ? directory : other);
	case STACK: return (uint32_t)scratch + 8192;
	case SELECTOR: return 0x69;
	case PAGES: return r % 3;
	case VECTOR: return 64 + r % 300;
	case GATE: return (r & 0xffff0000) | 0x8e00 | (r & 0x6100);
	case ADDRESS: return USER_CODE + (r % 16) * 4096;
	case PTE: return (PA(scratch) & ~4095u) | 0x67;
	case SLOT: return r % 1100;
	case COUNT: return (r % 4) << 8 | r % 40;
	case ENTRIES: return r % 12;
	case KEY: return r % 6;
	case DMA: return PA(dmas + r % 8);
	default: return r;
	}
}

void main(void)
{
	static const struct { uint8_t number, kinds[3]; } calls[] = {
		{ LHCALL_FLUSH_ASYNC, { WILD, WILD, WILD } }, { LHCALL_LOAD_GDT, { SCRATCH, ENTRIES, WILD } },
		{ LHCALL_NEW_PGTABLE, { SPACE, WILD, WILD } }, { LHCALL_FLUSH_TLB, { SMALL, WILD, WILD } },
		{ LHCALL_LOAD_IDT_ENTRY, { VECTOR, WILD, GATE } }, { LHCALL_SET_STACK, { SELECTOR, STACK, PAGES } },
		{ LHCALL_TS, { SMALL, WILD, WILD } }, { LHCALL_SET_CLOCKEVENT, { WILD, WILD, WILD } },
		{ LHCALL_BIND_DMA, { KEY, DMA, COUNT } }, { LHCALL_SEND_DMA, { KEY, DMA, WILD } },
		{ LHCALL_SET_PTE, { SPACE, ADDRESS, PTE } }, { LHCALL_SET_PMD, { SPACE, SLOT, WILD } },
		{ LHCALL_LOAD_TLS, { SCRATCH, WILD, WILD } }, { LHCALL_IRQ_PENDING, { WORD, WILD, WILD } },
		{ LHCALL_CLOCK, { SCRATCH, WILD, WILD } }, { LHCALL_RANDOM, { SCRATCH, SMALL, WILD } },
	};
	unsigned n = sizeof calls / sizeof calls[0];
	const char *line = (const char *)(OFFSET + BOOT_CMDLINE_GPA);

	while (*line)
		state = state * 10 + (uint32_t)(*line++ - '0');
	state |= 1;
	begin();
	traps_begin();
	paging_begin();
	for (unsigned i = 0; i < 1024; i++)
		other[i] = directory[i];
	for (unsigned i = 0; i < 20000; i++) {
		unsigned c = random() % n;
		struct lguest_dma *d = &dmas[random() % 16];

		for (unsigned k = random() % 4; k > 0; k--)
			scratch[1024 + random() % 3072] = argument((enum kind)(random() % 16));
		d->used_len = random() % 2;
		d->addr[0] = argument(SCRATCH);
		d->len[0] = (unsigned short)argument(SMALL);
		hcall(calls[c].number, argument(calls[c].kinds[0]), argument(calls[c].kinds[1]), argument(calls[c].kinds[2]));
	}
	finish("");
}
