/*
 * Random numbers that like the edges, and initial states made of them.
 */
#include <string.h>

#include "case.h"

struct scratch images[IMAGES];

void rng_seed(struct rng *g, uint64_t seed, uint64_t number)
{
	uint64_t z = seed * 0x9e3779b97f4a7c15u + number + 1;

	for (int i = 0; i < 2; i++) {
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		z ^= z >> 31;
	}
	g->s = z ? z : 1;
}

uint32_t rnd(struct rng *g)
{
	g->s ^= g->s >> 12;
	g->s ^= g->s << 25;
	g->s ^= g->s >> 27;
	return (uint32_t)(g->s * 0x2545f4914f6cdd1du >> 32);
}

uint32_t rnd_below(struct rng *g, uint32_t n)
{
	return (uint32_t)((uint64_t)rnd(g) * n >> 32);
}

bool rnd_percent(struct rng *g, unsigned percent)
{
	return rnd_below(g, 100) < percent;
}

uint32_t rnd_value(struct rng *g)
{
	static const uint32_t edges[] = { 0, 1, 2, 0xffffffff, 0xfffffffe, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
		0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0x55555555, 0xaaaaaaaa, 0x99, 0x9a, 31, 32, 33 };

	switch (rnd_below(g, 8)) {
	case 0: case 1: case 2:
		return edges[rnd_below(g, sizeof(edges) / sizeof(edges[0]))];
	case 3:
		return (1u << rnd_below(g, 32)) + rnd_below(g, 3) - 1;
	case 4:
		return rnd_below(g, 64);
	case 5:
		return rnd_address(g);
	}
	return rnd(g);
}

uint32_t rnd_address(struct rng *g)
{
	uint32_t way = rnd_below(g, 100), a;

	if (way < 55)
		a = DATA_VA + 64 + rnd_below(g, DATA_BYTES - 128);
	else if (way < 70)
		a = DATA_VA + 4096 - 16 + rnd_below(g, 32);
	else if (way < 76)
		a = CONST_VA - 16 + rnd_below(g, 32);
	else if (way < 80)
		a = CONST_VA + rnd_below(g, 4096);
	else if (way < 82)
		a = CONST_VA + 4096 - 16 + rnd_below(g, 32);
	else if (way < 84)
		a = DATA_VA - 8 + rnd_below(g, 16);
	else if (way < 90)
		a = STACK_VA + rnd_below(g, 4096);
	else if (way < 94)
		a = HIGH_VA + (way < 92 ? rnd_below(g, 4096) : 4096 - 8 + rnd_below(g, 8));
	else if (way < 97)
		a = LOW_VA + rnd_below(g, 4096);
	else
		a = rnd(g);
	return rnd_percent(g, 50) ? a & ~15u : a;
}

/* An 80-bit x87 register: exponent and sign, mantissa. */
static void rnd_x87(struct rng *g, uint8_t *p)
{
	static const uint16_t exponents[] = { 0, 1, 0x3fff, 0x4000, 0x7ffe, 0x7fff, 0x401e, 0x403e, 0x3fbe, 0x3f80, 0x3c00 };
	uint64_t m = (uint64_t)rnd(g) << 32 | rnd(g);
	uint16_t e = exponents[rnd_below(g, 11)];

	switch (rnd_below(g, 8)) {
	case 0:
		m = 0;
		e = 0;
		break;
	case 1:
		m = 1ull << 63;
		break;
	case 2:
		m = 3ull << 62;
		break;
	case 3:
		e = (uint16_t)rnd(g) & 0x7fff;	/* unnormal or not */
		break;
	case 4: case 5:
		e = (uint16_t)(0x3fff - 20 + rnd_below(g, 60));
		/* fall through */
	default:
		m |= 1ull << 63;
	}
	if (rnd_percent(g, 40))
		e |= 0x8000;
	memcpy(p, &m, 8);
	memcpy(p + 8, &e, 2);
}

/* A 32-bit or 64-bit float's bits. */
static uint32_t rnd_float(struct rng *g)
{
	static const uint32_t special[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000,
		0x7fa00000, 0x00000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x4effffff, 0x3f000000 };

	switch (rnd_below(g, 4)) {
	case 0:
		return special[rnd_below(g, 16)];
	case 1:
		return rnd(g);
	}
	return (rnd(g) & 0x80ffffff) + ((112u + rnd_below(g, 30)) << 23);
}

static uint64_t rnd_double(struct rng *g)
{
	static const uint64_t special[] = { 0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000,
		0xfff0000000000000, 0x7ff8000000000000, 0x7ff4000000000000, 1, 0x000fffffffffffff, 0x0010000000000000,
		0x7fefffffffffffff, 0x41e0000000000000, 0xc1e0000000200000, 0x43e0000000000000, 0x3fe0000000000000 };

	switch (rnd_below(g, 4)) {
	case 0:
		return special[rnd_below(g, 16)];
	case 1:
		return (uint64_t)rnd(g) << 32 | rnd(g);
	}
	return ((uint64_t)rnd(g) << 32 | rnd(g)) % (1ull << 53) + ((uint64_t)(1003 + rnd_below(g, 40)) << 52);
}

static void rnd_vector(struct rng *g, uint8_t *p, unsigned bytes)
{
	unsigned kind = rnd_below(g, 4);

	for (unsigned n = 0; n < bytes; n += 8) {
		uint64_t v = kind == 0 ? rnd_double(g) : kind == 1 ? (uint64_t)rnd_float(g) << 32 | rnd_float(g) :
			     (uint64_t)rnd_value(g) << 32 | rnd_value(g);

		memcpy(p + n, &v, 8);
	}
}

void rnd_fpu(struct rng *g, uint8_t f[512])
{
	uint16_t cw = 0x037f, sw = (uint16_t)(rnd(g) & 0x4700);
	uint32_t mxcsr = 0x1f80;
	uint8_t tags = (uint8_t)(rnd_percent(g, 70) ? rnd(g) | rnd(g) : 0);

	memset(f, 0, 512);
	if (rnd_percent(g, 40)) {
		cw = (uint16_t)((rnd(g) & 0x0f00) | 0x7f);
		mxcsr = (rnd(g) & 0xe000) | 0x1f80 | (rnd(g) & 0x3f) | (rnd(g) & 0x40);
	}
	if (rnd_percent(g, 6)) {
		cw &= (uint16_t)~(rnd(g) & 0x3f);
		mxcsr &= ~(rnd(g) & 0x1f80);
	}
	if (rnd_percent(g, 10))
		sw |= (uint16_t)(rnd(g) & 0x7f);
	if (sw & ~cw & 0x3f)
		sw |= 0x8080;
	sw |= (uint16_t)(rnd_below(g, 8) << 11);
	if (rnd_percent(g, 30))
		tags = 0xff;
	memcpy(f, &cw, 2);
	memcpy(f + 2, &sw, 2);
	f[4] = tags;
	memcpy(f + 24, &mxcsr, 4);
	f[28] = 0xff;
	f[29] = 0xff;
	for (unsigned n = 0; n < 8; n++) {
		if (rnd_percent(g, 20)) {	/* an MMX register */
			rnd_vector(g, f + 32 + 16 * n, 8);
			memset(f + 32 + 16 * n + 8, 0xff, 2);
		} else {
			rnd_x87(g, f + 32 + 16 * n);
		}
		rnd_vector(g, f + 160 + 16 * n, 16);
	}
}

void rnd_state(struct rng *g, struct cpu_state *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned n = 0; n < 8; n++)
		s->reg[n] = rnd_percent(g, 45) ? rnd_address(g) : rnd_value(g);
	s->reg[R_SP] = STACK_VA + 256 + rnd_below(g, 3600);
	if (rnd_percent(g, 80))
		s->reg[R_SP] &= ~3u;
	if (rnd_percent(g, 3))
		s->reg[R_SP] = rnd_percent(g, 50) ? STACK_VA + rnd_below(g, 64) : STACK_VA + 4096 - rnd_below(g, 64);
	if (rnd_percent(g, 1))
		s->reg[R_SP] = rnd_percent(g, 50) ? rnd_address(g) : 4096 + HIGH_VA - rnd_below(g, 64);
	s->eflags = F_FIXED | (rnd(g) & F_STATUS);
	if (rnd_percent(g, 15))
		s->eflags |= F_DF;
	s->seg[S_CS] = SEL_CODE;
	s->seg[S_SS] = s->seg[S_DS] = s->seg[S_ES] = SEL_DATA;
	s->seg[S_GS] = space_native_segments ? SEL_DATA : SEL_BASED;
	if (rnd_percent(g, 3))
		s->seg[rnd_percent(g, 50) ? S_DS : S_ES] = 0;
	rnd_fpu(g, s->fpu);
}

void images_init(uint64_t seed)
{
	struct rng g;

	for (unsigned i = 0; i < IMAGES; i++) {
		rng_seed(&g, seed, ~(uint64_t)i);
		for (unsigned p = 0; p < SCRATCH_PAGES; p++)
			for (unsigned b = 0; b < 4096; b += 16) {
				uint8_t *at = images[i].bytes[p] + b;

				if (rnd_percent(&g, 15)) {
					uint8_t x[10];

					rnd_x87(&g, x);
					rnd_vector(&g, at, 16);
					memcpy(at, x, 10);
				} else {
					rnd_vector(&g, at, 16);
				}
			}
	}
}
