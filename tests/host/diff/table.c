/*
 * The systematic table: every opcode of the four maps, with every prefix that can change it, in every form of ModRM, with
 * operands that like the edges.  A case's number encodes all of it, so that the table needs no memory and each case can
 * be run alone.  Called by diff.c.
 *
 * Left out, because their results are the machine's own: rdtsc, rdtscp, rdpmc, cpuid, sgdt, sidt, sldt, smsw, str, lar,
 * lsl, verr, verw; because they differ from CPU to CPU in a guest that is not shown them: tzcnt, lzcnt, prefetchw, MPX's
 * and CET's.  What the guest's cpuid hides must be #UD, and is checked to be.
 */
#include <string.h>

#include "case.h"
#include "reference.h"

static const struct {
	uint8_t n, bytes[3];
} prefixes[] = {
	{ 0, { 0 } }, { 1, { 0x66 } }, { 1, { 0xf2 } }, { 1, { 0xf3 } }, { 1, { 0x67 } }, { 1, { 0xf0 } }, { 1, { 0x65 } },
	{ 1, { 0x64 } }, { 1, { 0x2e } }, { 2, { 0x66, 0xf2 } }, { 2, { 0xf3, 0x66 } }, { 2, { 0x67, 0x66 } },
	{ 2, { 0xf0, 0x66 } }, { 2, { 0x67, 0xf3 } },
};

enum { PREFIXES = sizeof(prefixes) / sizeof(prefixes[0]), REG_FORMS = 8, FORMS = MEMORY_FORMS + REG_FORMS };

struct place_in_table {
	unsigned value, form, reg, prefix, opcode, map;
};

uint64_t table_size(unsigned values)
{
	return 4ull * 256 * PREFIXES * 8 * FORMS * values;
}

static struct place_in_table find(uint64_t number, unsigned values)
{
	struct place_in_table p;

	p.value = (unsigned)(number % values), number /= values;
	p.form = (unsigned)(number % FORMS), number /= FORMS;
	p.reg = (unsigned)(number % 8), number /= 8;
	p.prefix = (unsigned)(number % PREFIXES), number /= PREFIXES;
	p.opcode = (unsigned)(number % 256), number /= 256;
	p.map = (unsigned)number;
	return p;
}

static bool is_prefix_or_escape(unsigned map, unsigned op)
{
	if (map == 1)
		return op == 0x38 || op == 0x3a;
	return map == 0 && (op == 0x26 || op == 0x2e || op == 0x36 || op == 0x3e || (op >= 0x64 && op <= 0x67) ||
			    op == 0xf0 || op == 0xf2 || op == 0xf3 || op == 0x0f);
}

static unsigned put_memory16(uint32_t target, unsigned form, const struct cpu_state *s, unsigned reg, uint8_t *to)
{
	static const uint8_t first[8] = { R_BX, R_BX, R_BP, R_BP, R_SI, R_DI, R_BP, R_BX };
	unsigned rm = form & 7;
	uint32_t disp = target - s->reg[first[rm]] - (rm < 4 ? s->reg[rm & 1 ? R_DI : R_SI] : 0);

	to[0] = (uint8_t)(0x80 | reg << 3 | rm);
	if (form == 8) {
		to[0] = (uint8_t)(reg << 3 | 6);
		disp = target;
	}
	memcpy(to + 1, &disp, 2);
	return 3;
}

/* Rows that would repeat others: without ModRM the forms stand for more values, hidden encodings need no operands. */
static bool redundant(const struct place_in_table *p, const struct insn *i, bool decoded)
{
	if (!decoded || insn_verdict(i) == HIDDEN)
		return p->value || (p->form != 0 && p->form != MEMORY_FORMS);
	if (!(i->z.attributes & ZYDIS_ATTRIB_HAS_MODRM))
		return p->reg != 0 || p->form >= MEMORY_FORMS;
	return false;
}

/* Counts that end, mostly, and pointers that point. */
static void aim_strings(struct rng *g, struct cpu_state *in, bool short_address)
{
	if (rnd_percent(g, 50))
		in->reg[R_CX] = rnd_below(g, 40);
	in->reg[R_SI] = short_address ? LOW_VA + rnd_below(g, 4090) : rnd_address(g);
	in->reg[R_DI] = short_address ? (rnd(g) << 16) + LOW_VA + rnd_below(g, 4090) : rnd_address(g);
}

/* Opcodes whose rows say nothing: see above. */
static bool left_out(const struct place_in_table *p)
{
	if (is_prefix_or_escape(p->map, p->opcode))
		return true;
	if (p->map != 1)
		return false;
	if (p->opcode == 0x1a || p->opcode == 0x1b)		/* MPX where there is none: no-ops, or #UD */
		return true;
	return p->opcode == 0xae && prefixes[p->prefix].bytes[0] == 0x66;	/* fxsave with a prefix: #UD, or not */
}

bool table_case(uint64_t seed, unsigned values, uint64_t number, struct test_case *c, struct result *expect)
{
	struct place_in_table p = find(number, values);
	struct rng g;
	struct insn i;
	uint8_t *b = c->code;
	unsigned n;
	uint32_t target, v;
	bool decoded, short_address;

	if (left_out(&p))
		return false;
	rng_seed(&g, seed ^ 0x7ab1e, number);
	c->number = number;
	c->va = case_va(number);
	c->image = rnd_below(&g, IMAGES);
	rnd_state(&g, &c->in);
	c->in.eip = c->va;
	memset(b, 0x90, 16);
	n = prefixes[p.prefix].n;
	memcpy(b, prefixes[p.prefix].bytes, n);
	short_address = n && b[0] == 0x67;
	if (p.map)
		b[n++] = 0x0f;
	if (p.map >= 2)
		b[n++] = p.map == 2 ? 0x38 : 0x3a;
	b[n++] = (uint8_t)p.opcode;
	target = short_address ? LOW_VA + rnd_below(&g, 4080) : rnd_address(&g);
	if (n > 1 && b[0] == 0x65)
		target -= SEL_BASED_BASE;
	v = rnd_value(&g);
	memcpy(b + n, &v, 4);
	if (p.form < MEMORY_FORMS)
		b[n] = (uint8_t)(p.reg << 3);
	else
		b[n] = (uint8_t)(0xc0 | p.reg << 3 | (p.form - MEMORY_FORMS));
	decoded = ZYAN_SUCCESS(insn_decode(b, 15, &i));
	if (redundant(&p, &i, decoded))
		return false;
	if (decoded && insn_verdict(&i) == NO_VERDICT)
		return false;
	if (decoded && i.z.meta.category == ZYDIS_CATEGORY_STRINGOP)
		aim_strings(&g, &c->in, short_address);
	if (decoded && !(i.z.attributes & ZYDIS_ATTRIB_HAS_MODRM)) {
		v = rnd_value(&g);
		if (p.map == 0 && p.opcode >= 0xa0 && p.opcode <= 0xa3)
			v = target;
		memcpy(b + n, &v, 4);
		v = rnd_value(&g);
		memcpy(b + n + 4, &v, 4);
	} else if (p.form < MEMORY_FORMS) {
		n += short_address ? put_memory16(target, p.form, &c->in, p.reg, b + n) :
				     put_memory(&g, &c->in, p.form, p.reg, target, b + n);
		v = rnd_value(&g);
		memcpy(b + n, &v, 4);
	} else {
		v = rnd_value(&g);
		memcpy(b + n + 1, &v, 4);
	}
	decoded = ZYAN_SUCCESS(insn_decode(b, 15, &i));
	c->len = decoded ? i.z.length : n + 1;
	c->insns = 1;
	c->insn[0].offset = 0;
	c->insn[0].len = (uint16_t)c->len;
	case_end(c);
	case_reference(c, expect);
	return expect->out.ending != END_UNTOLD && expect->out.ending != END_STUCK && !expect->out.touched_code;
}
