/*
 * Random instruction sequences.  A sequence is generated while the reference executes it: each instruction is made for
 * the state its predecessor left, so that memory operands hit what they should and branches land.  Called by diff.c.
 * The pool of encodings comes from asking Zydis about every opcode with every prefix.
 */
#include <string.h>

#include "case.h"
#include "reference.h"

const char *const group_names[GROUPS] = { "int", "stack", "flow", "string", "x87", "mmx", "sse", "system" };
static const uint8_t group_weight[GROUPS] = { 44, 11, 11, 7, 11, 5, 10, 1 };

struct cell {
	uint8_t map, opcode, prefix;
	uint8_t with_register, with_memory;	/* bits: values of ModRM.reg that make an instruction */
	bool modrm;
};

#define MAX_CELLS	4096u
static struct cell cells[GROUPS][MAX_CELLS];
static unsigned cell_count[GROUPS], weight_sum;
static bool chosen[GROUPS];

static bool is_prefix(unsigned map, unsigned op)
{
	return map == 0 && (op == 0x26 || op == 0x2e || op == 0x36 || op == 0x3e || (op >= 0x64 && op <= 0x67) ||
			    op == 0xf0 || op == 0xf2 || op == 0xf3 || op == 0x0f);
}

static unsigned put_opcode(unsigned map, unsigned op, uint8_t *to)
{
	unsigned n = 0;

	if (map)
		to[n++] = 0x0f;
	if (map >= 2)
		to[n++] = map == 2 ? 0x38 : 0x3a;
	to[n++] = (uint8_t)op;
	return n;
}

static enum group classify(const struct insn *i)
{
	const char *isa = ZydisISASetGetString(i->z.meta.isa_set);

	if (strstr(isa, "MMX"))
		return GROUP_MMX;
	if (strstr(isa, "X87") || (i->map == 0 && (i->opcode & 0xf8) == 0xd8))
		return GROUP_X87;
	if (strstr(isa, "SSE") || strstr(isa, "FXSAVE"))
		return GROUP_SSE;
	switch (i->z.meta.category) {
	case ZYDIS_CATEGORY_STRINGOP:
		return GROUP_STRING;
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_UNCOND_BR:
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_RET:
		return GROUP_FLOW;
	case ZYDIS_CATEGORY_PUSH:
	case ZYDIS_CATEGORY_POP:
		return GROUP_STACK;
	case ZYDIS_CATEGORY_SYSTEM:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_IO:
	case ZYDIS_CATEGORY_IOSTRINGOP:
	case ZYDIS_CATEGORY_SEGOP:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_SYSCALL:
		return GROUP_SYSTEM;
	default:
		break;
	}
	if (i->z.mnemonic == ZYDIS_MNEMONIC_ENTER || i->z.mnemonic == ZYDIS_MNEMONIC_LEAVE)
		return GROUP_STACK;
	if (i->z.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
		return GROUP_SYSTEM;
	return GROUP_INT;
}

/* Both the random pool and the table leave out what never comes back in order. */
static bool usable(const struct insn *i)
{
	enum verdict v = insn_verdict(i);

	return v == PLAIN || v == SPECIAL || v == TRAPPING;
}

static void add_cell(unsigned map, unsigned op, uint8_t prefix)
{
	struct cell cell = { .map = (uint8_t)map, .opcode = (uint8_t)op, .prefix = prefix };
	enum group group = GROUPS;
	uint8_t bytes[15] = { 0 };
	unsigned n = 0;
	struct insn i;

	if (prefix)
		bytes[n++] = prefix;
	n += put_opcode(map, op, bytes + n);
	for (unsigned reg = 0; reg < 8; reg++)
		for (unsigned form = 0; form < 2; form++) {
			bytes[n] = (uint8_t)(form << 6 | form << 7 | reg << 3 | 1);
			if (!ZYAN_SUCCESS(insn_decode(bytes, 15, &i)) || !usable(&i))
				continue;
			group = classify(&i);
			cell.modrm = i.z.attributes & ZYDIS_ATTRIB_HAS_MODRM;
			if (form)
				cell.with_register |= (uint8_t)(1 << reg);
			else
				cell.with_memory |= (uint8_t)(1 << reg);
		}
	if (group == GROUPS)
		return;
	if (prefix >= 0xf2 && group != GROUP_STRING && group != GROUP_SSE)
		return;		/* without meaning; the table has them */
	if (chosen[group] && cell_count[group] < MAX_CELLS)
		cells[group][cell_count[group]++] = cell;
}

void gen_init(unsigned groups)
{
	static const uint8_t prefixes[] = { 0, 0x66, 0xf2, 0xf3 };

	for (unsigned n = 0; n < GROUPS; n++)
		chosen[n] = groups >> n & 1;
	for (unsigned map = 0; map < 4; map++)
		for (unsigned op = 0; op < 256; op++)
			for (unsigned p = 0; p < 4; p++)
				if (!is_prefix(map, op) && !(map == 1 && (op == 0x38 || op == 0x3a)))
					add_cell(map, op, prefixes[p]);
	weight_sum = 0;
	for (unsigned n = 0; n < GROUPS; n++)
		weight_sum += chosen[n] ? group_weight[n] : 0;
}

static const struct cell *pick_cell(struct rng *g, enum group *group)
{
	unsigned w = rnd_below(g, weight_sum), n = 0;

	for (;; n++) {
		if (!chosen[n])
			continue;
		if (w < group_weight[n])
			break;
		w -= group_weight[n];
	}
	*group = n;
	return &cells[n][rnd_below(g, cell_count[n])];
}

unsigned put_memory(struct rng *g, const struct cpu_state *s, unsigned form, unsigned reg, uint32_t target, uint8_t *to)
{
	unsigned base = rnd_below(g, 8), index = rnd_below(g, 8), scale = rnd_below(g, 4), n = 0;
	uint32_t disp;

	while (index == 4)
		index = rnd_below(g, 8);
	if (base == 4 && (form == 0 || form == 1 || form == 2))
		base = 6;
	if (form == 8)
		base = 4;
	reg <<= 3;
	switch (form) {
	case 0:			/* [reg]: whatever the register holds; [reg+disp8] where EBP would be an absolute */
	case 1:			/* [reg+disp8] */
		disp = target - s->reg[base];
		if (form == 0 && base != 5) {
			to[n++] = (uint8_t)(reg | base);
			return n;
		}
		to[n++] = (uint8_t)(0x40 | reg | base);
		to[n++] = disp + 128 < 256 ? (uint8_t)disp : (uint8_t)rnd(g);
		return n;
	case 2:			/* [reg+disp32] */
		to[n++] = (uint8_t)(0x80 | reg | base);
		disp = target - s->reg[base];
		break;
	case 3:			/* [disp32] */
		to[n++] = (uint8_t)(reg | 5);
		disp = target;
		break;
	case 4:			/* [disp32] by SIB */
		to[n++] = (uint8_t)(reg | 4);
		to[n++] = (uint8_t)(scale << 6 | 4 << 3 | 5);
		disp = target;
		break;
	case 5:			/* [index*scale+disp32] */
		to[n++] = (uint8_t)(reg | 4);
		to[n++] = (uint8_t)(scale << 6 | index << 3 | 5);
		disp = target - (s->reg[index] << scale);
		break;
	case 6:			/* [base+index*scale+disp32] */
		to[n++] = (uint8_t)(0x80 | reg | 4);
		to[n++] = (uint8_t)(scale << 6 | index << 3 | base);
		disp = target - s->reg[base] - (s->reg[index] << scale);
		break;
	case 7:			/* [base+index*scale+disp8] */
		to[n++] = (uint8_t)(0x40 | reg | 4);
		to[n++] = (uint8_t)(scale << 6 | index << 3 | base);
		disp = target - s->reg[base] - (s->reg[index] << scale);
		to[n++] = disp + 128 < 256 ? (uint8_t)disp : (uint8_t)rnd(g);
		return n;
	default:		/* [esp+disp8], what compilers use for locals */
		to[n++] = (uint8_t)(0x40 | reg | 4);
		to[n++] = 0x24;
		to[n++] = (uint8_t)(rnd(g) & 0x7c);
		return n;
	}
	memcpy(to + n, &disp, 4);
	return n + 4;
}

/* A 16-bit memory operand: with a base the data pages may be reached through GS only by luck, the low page directly. */
static unsigned put_memory16(struct rng *g, const struct cpu_state *s, unsigned reg, uint8_t *to)
{
	static const uint8_t first[8] = { R_BX, R_BX, R_BP, R_BP, R_SI, R_DI, R_BP, R_BX };
	unsigned rm = rnd_below(g, 8), mod = rnd_percent(g, 80) ? 2 : rnd_below(g, 2);
	uint32_t sum = s->reg[first[rm]] + (rm < 4 ? s->reg[rm & 1 ? R_DI : R_SI] : 0);
	uint32_t disp = LOW_VA + rnd_below(g, 4080) - sum;

	to[0] = (uint8_t)(mod << 6 | reg << 3 | rm);
	if (mod == 0 && rm == 6) {
		disp += sum;
		mod = 2;
	}
	memcpy(to + 1, &disp, 2);
	return 1 + mod;
}

/* One instruction of `cell` for the state s.  Returns its length, or 0 when it turned out not to be one. */
static unsigned make(struct rng *g, const struct cell *cell, const struct cpu_state *s, uint8_t *to)
{
	unsigned n = 0, reg = 0;
	bool memory = false, short_address = rnd_percent(g, 3);
	static const uint8_t seg_prefix[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };
	uint32_t target = rnd_address(g), v;
	struct insn i;

	if (cell->modrm) {
		memory = cell->with_memory && (!cell->with_register || rnd_percent(g, 50));
		do
			reg = rnd_below(g, 8);
		while (!((memory ? cell->with_memory : cell->with_register) >> reg & 1));
	}
	if (memory && rnd_percent(g, 4))
		to[n++] = 0xf0;
	if (rnd_percent(g, 5)) {
		unsigned seg = rnd_below(g, 6);

		if (seg == S_GS)
			target -= SEL_BASED_BASE;
		to[n++] = seg_prefix[seg];
	}
	if (short_address)
		to[n++] = 0x67;
	if (rnd_percent(g, 1))
		to[n++] = rnd_percent(g, 50) ? 0xf2 : 0x66;
	if (cell->prefix)
		to[n++] = cell->prefix;
	n += put_opcode(cell->map, cell->opcode, to + n);
	if (memory && short_address)
		n += put_memory16(g, s, reg, to + n);
	else if (memory)
		n += put_memory(g, s, rnd_percent(g, 15) ? 8 : rnd_below(g, MEMORY_FORMS), reg, target, to + n);
	else if (cell->modrm)
		to[n++] = (uint8_t)(0xc0 | reg << 3 | rnd_below(g, 8));
	else if (cell->map == 0 && cell->opcode >= 0xa0 && cell->opcode <= 0xa3) {
		memcpy(to + n, &target, 4);
		n += 4;
	}
	v = rnd_value(g);
	memcpy(to + n, &v, 4);
	v = rnd_value(g);
	memcpy(to + n + 4, &v, 4);
	if (n > 15 || !ZYAN_SUCCESS(insn_decode(to, 15, &i)) || !usable(&i))
		return 0;
	return i.z.length;
}

/* Generation: the case, its state on the reference, and where the next instruction goes. */
struct maker {
	struct rng *g;
	struct test_case *c;
	struct reference r;
	unsigned steps;
	bool running, stuck;
};

static uint8_t *code_at(uint32_t va)
{
	return regions[PLACE_CODE].host + (va - CODE_VA);
}

static bool step(struct maker *m)
{
	if (!m->steps) {
		m->stuck = true;
		return false;
	}
	m->steps--;
	return reference_step(&m->r);
}

static void advance(struct maker *m)
{
	uint32_t frontier = m->c->va + m->c->len;

	while (m->running) {
		uint32_t eip = m->r.cpu.eip;

		if (eip == frontier)
			return;
		if (eip - frontier <= 12 && m->c->len + 12 < CASE_CODE) {	/* a branch ahead: fill the gap */
			memset(m->c->code + m->c->len, 0xcc, eip - frontier);
			m->c->len += eip - frontier;
			return;
		}
		m->running = step(m);
	}
}

static void emit(struct maker *m, const uint8_t *bytes, unsigned len)
{
	struct test_case *c = m->c;

	if (!m->running || c->insns == CASE_INSNS || c->len + len > CASE_CODE)
		return;
	memcpy(c->code + c->len, bytes, len);
	memcpy(code_at(c->va + c->len), bytes, len);
	c->insn[c->insns].offset = (uint16_t)c->len;
	c->insn[c->insns++].len = (uint16_t)len;
	c->len += len;
	m->running = step(m);
	advance(m);
}

static void emit_mov(struct maker *m, unsigned reg, uint32_t value)
{
	uint8_t b[5] = { (uint8_t)(0xb8 + reg) };

	memcpy(b + 1, &value, 4);
	emit(m, b, 5);
}

/* Make what follows meaningful: counts that end, pointers that point. */
static void prepare(struct maker *m, const struct cell *cell, enum group group)
{
	struct rng *g = m->g;
	bool divide = cell->map == 0 && (cell->opcode == 0xf6 || cell->opcode == 0xf7);
	bool maskmov = cell->map == 1 && cell->opcode == 0xf7;
	static const uint16_t selectors[] = { 0, 3, SEL_DATA, SEL_CODE, SEL_BASED, 0x10, 0x18, 0xfff8, 0x2f };

	if (group == GROUP_STRING || maskmov) {
		if (rnd_percent(g, 50))
			emit_mov(m, R_CX, rnd_percent(g, 60) ? rnd_below(g, 40) : rnd_below(g, 5000));
		if (rnd_percent(g, 60))
			emit_mov(m, R_SI, rnd_address(g));
		if (rnd_percent(g, 60))
			emit_mov(m, R_DI, rnd_address(g));
	} else if (divide && rnd_percent(g, 50)) {
		emit_mov(m, R_DX, rnd_below(g, 3) - 1);
	} else if (cell->map == 0 && cell->opcode == 0xd7 && rnd_percent(g, 70)) {
		emit_mov(m, R_BX, rnd_address(g));
	} else if (cell->map == 0 && (cell->opcode == 0xc9 || cell->opcode == 0xc8) && rnd_percent(g, 60)) {
		emit_mov(m, R_BP, STACK_VA + 256 + rnd_below(g, 3600));
	} else if (cell->map == 0 && cell->opcode == 0x8e) {
		emit_mov(m, rnd_below(g, 4), selectors[rnd_below(g, 9)]);
	} else if (group == GROUP_STACK && rnd_percent(g, 3)) {
		emit_mov(m, R_SP, rnd_percent(g, 50) ? rnd_address(g) : STACK_VA + 4096 - rnd_below(g, 64));
	}
}

/* Indirect branches whose target is known: through a register, through memory, by push and ret. */
static bool emit_indirect(struct maker *m, const struct cell *cell)
{
	struct rng *g = m->g;
	unsigned reg = rnd_below(g, 8), gap = rnd_below(g, 6);
	uint32_t here = m->c->va + m->c->len, at = DATA_VA + 64 + rnd_below(g, 2000) * 4, target;
	uint8_t b[10] = { 0 };

	if (cell->map || cell->prefix || rnd_percent(g, 20))
		return false;
	if (cell->opcode == 0xc3 || cell->opcode == 0xc2) {
		target = here + 5 + (cell->opcode == 0xc3 ? 1 : 3) + gap;
		b[0] = 0x68;
		memcpy(b + 1, &target, 4);
		emit(m, b, 5);
		b[0] = cell->opcode;
		b[1] = (uint8_t)(4 * rnd_below(g, 8));
		b[2] = 0;
		emit(m, b, cell->opcode == 0xc3 ? 1 : 3);
		return true;
	}
	if (cell->opcode != 0xff)
		return false;
	if (rnd_percent(g, 50)) {
		emit_mov(m, reg, here + 7 + gap);
		b[0] = 0xff;
		b[1] = (uint8_t)((rnd_percent(g, 50) ? 0xd0 : 0xe0) + reg);
		emit(m, b, 2);
		return true;
	}
	target = here + 16 + gap;
	memcpy(b, "\xc7\x05", 2);
	memcpy(b + 2, &at, 4);
	memcpy(b + 6, &target, 4);
	emit(m, b, 10);
	memcpy(b, rnd_percent(g, 50) ? "\xff\x25" : "\xff\x15", 2);
	memcpy(b + 2, &at, 4);
	emit(m, b, 6);
	return true;
}

/* Aim a relative branch: a little ahead, back to an instruction of the case, or as the random bits say. */
static void aim_branch(struct maker *m, uint8_t *bytes, unsigned len)
{
	struct insn i;
	int32_t rel;
	uint32_t way = rnd_below(m->g, 20);

	if (!ZYAN_SUCCESS(insn_decode(bytes, len, &i)) || !i.z.raw.imm[0].is_relative || way == 0)
		return;
	rel = (int32_t)rnd_below(m->g, 8);
	if (way < 4 && m->c->insns)
		rel = (int32_t)m->c->insn[rnd_below(m->g, m->c->insns)].offset - (int32_t)(m->c->len + len);
	memcpy(bytes + i.z.raw.imm[0].offset, &rel, i.z.raw.imm[0].size / 8);
}

uint32_t case_va(uint64_t number)
{
	return CODE_VA + (uint32_t)(number % (CODE_PAGES * 4096 / CODE_SLOT)) * CODE_SLOT;
}

void case_end(struct test_case *c)
{
	uint8_t *p = c->code + c->len;

	*p = 0xea;
	memcpy(p + 1, &(uint32_t){ END_OFFSET }, 4);
	memcpy(p + 5, &(uint16_t){ END_SELECTOR }, 2);
	c->len += 7;
}

static uint8_t *const *reference_pages(void)
{
	static uint8_t *base[PLACES];

	for (unsigned i = 0; i < PLACES; i++)
		base[i] = regions[i].host;
	return base;
}

static bool finish(struct test_case *c, struct result *expect)
{
	scratch_save(&expect->memory, reference_pages());
	return expect->out.ending != END_UNTOLD && expect->out.ending != END_STUCK && !expect->out.touched_code &&
	       !memcmp(code_at(c->va), c->code, c->len);
}

void case_reference(const struct test_case *c, struct result *expect)
{
	scratch_load(&images[c->image], reference_pages());
	memset(code_at(c->va), 0xcc, CODE_SLOT);
	memcpy(code_at(c->va), c->code, c->len);
	reference_run(&c->in, CASE_STEPS, &expect->out);
	scratch_save(&expect->memory, reference_pages());
}

bool gen_case(uint64_t seed, uint64_t number, struct test_case *c, struct result *expect)
{
	struct rng g;
	struct maker m = { .g = &g, .c = c, .steps = CASE_STEPS, .running = true };
	unsigned count;

	rng_seed(&g, seed, number);
	c->number = number;
	c->va = case_va(number);
	c->len = c->insns = 0;
	c->image = rnd_below(&g, IMAGES);
	rnd_state(&g, &c->in);
	c->in.eip = c->va;
	scratch_load(&images[c->image], reference_pages());
	memset(code_at(c->va), 0xcc, CODE_SLOT);
	reference_start(&m.r, &c->in, &expect->out);
	count = 1 + rnd_below(&g, 12);
	while (m.running && c->insns < count && c->len < CASE_CODE - 32 && !expect->out.vague[0].len) {
		enum group group;
		const struct cell *cell = pick_cell(&g, &group);
		uint8_t bytes[40];
		unsigned len;

		if (group == GROUP_FLOW && emit_indirect(&m, cell))
			continue;
		prepare(&m, cell, group);
		len = make(&g, cell, &m.r.cpu, bytes);
		if (group == GROUP_FLOW && len)
			aim_branch(&m, bytes, len);
		if (len)
			emit(&m, bytes, len);
	}
	if (m.running) {
		unsigned at = c->len;

		case_end(c);
		memcpy(code_at(c->va + at), c->code + at, 7);
		while (m.running)
			m.running = step(&m);
	}
	return !m.stuck && finish(c, expect);
}
