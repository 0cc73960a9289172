/*
 * The reference CPU: fetch, decode, dispatch, and the traps that belong to no instruction in particular.  The generators
 * and the tests of programs drive it; see reference.h for the idea.
 */
#include <stdio.h>
#include <string.h>

#include "reference.h"

void reference_init(void)
{
	insn_init();
	plain_init();
}

/* Whether [va - 512, va + 512) meets a region that is not reset before each case. */
void reference_note(struct reference *r, uint32_t va)
{
	static const enum place kept[] = { PLACE_CODE, PLACE_IMAGE, PLACE_IMAGE_STACK, PLACE_ALIAS };

	for (unsigned i = 0; i < 4; i++)
		if (va + 512 - regions[kept[i]].va < (regions[kept[i]].pages << 12) + 512)
			r->out->touched_code = true;
}

void reference_vague(struct reference *r, uint32_t va, uint32_t len)
{
	unsigned n = 0;

	while (n < 7 && r->out->vague[n].len)
		n++;
	r->out->vague[n].va = va;
	r->out->vague[n].len = len;
}

int reference_trap(struct reference *r, uint8_t vector, uint32_t error, uint32_t cr2)
{
	r->out->ending = END_TRAP;
	r->out->vector = vector;
	r->out->software = false;
	r->out->error = error;
	r->out->cr2 = vector == 14 ? cr2 : 0;
	return -1;
}

/* One byte's page, checked for the access.  User mode: bit 2 of the error code; bit 0 tells "present". */
static int touch(struct reference *r, uint32_t va, bool write, uint8_t **host)
{
	const struct region *g = space_find(va);

	if (!g || (write && !g->writable))
		return reference_trap(r, 14, 4 | (write ? 2 : 0) | (g ? 1 : 0), va);
	reference_note(r, va);
	*host = g->host + (va - g->va);
	return 0;
}

int reference_read(struct reference *r, uint32_t va, unsigned size, uint32_t *value)
{
	uint8_t *p, bytes[4] = { 0 };

	for (unsigned i = 0; i < size; i++) {
		if (touch(r, va + i, false, &p) < 0)
			return -1;
		bytes[i] = *p;
	}
	memcpy(value, bytes, 4);
	return 0;
}

int reference_write(struct reference *r, uint32_t va, unsigned size, uint32_t value)
{
	uint8_t *p;

	for (unsigned i = 0; i < size; i++)
		if (touch(r, va + i, true, &p) < 0)
			return -1;
	for (unsigned i = 0; i < size; i++) {
		touch(r, va + i, true, &p);
		*p = (uint8_t)(value >> 8 * i);
	}
	return 0;
}

uint32_t insn_offset(const struct reference *r, const struct insn *i)
{
	const uint32_t *reg = r->cpu.reg;
	uint32_t disp = (uint32_t)i->z.raw.disp.value, ea;

	if (i->address16) {
		static const uint8_t first[8] = { R_BX, R_BX, R_BP, R_BP, R_SI, R_DI, R_BP, R_BX };

		if (i->mod == 0 && i->rm == 6)
			return disp & 0xffff;
		ea = reg[first[i->rm]];
		if (i->rm < 4)
			ea += reg[i->rm & 1 ? R_DI : R_SI];
		return (ea + disp) & 0xffff;
	}
	if (i->rm != 4)
		return i->mod == 0 && i->rm == 5 ? disp : reg[i->rm] + disp;
	ea = i->z.raw.sib.base == 5 && i->mod == 0 ? 0 : reg[i->z.raw.sib.base];
	if (i->z.raw.sib.index != 4)
		ea += reg[i->z.raw.sib.index] << i->z.raw.sib.scale;
	return ea + disp;
}

static int untold(struct reference *r, const char *why)
{
	r->out->ending = END_UNTOLD;
	snprintf(r->out->note, sizeof(r->out->note), "%s", why);
	return -1;
}

int insn_address(struct reference *r, const struct insn *i, uint32_t *va)
{
	if (r->seg_base[i->segment] && insn_offset(r, i) >= 0xfffffe00)
		return untold(r, "a based segment near its end: where it wraps is the CPU's affair");
	*va = insn_offset(r, i) + r->seg_base[i->segment];
	reference_note(r, *va);
	return r->seg_null[i->segment] ? reference_trap(r, 13, 0, 0) : 0;
}

void reference_start(struct reference *r, const struct cpu_state *in, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	r->cpu = *in;
	r->cpu.eflags |= F_FIXED;
	r->out = out;
	r->start = in->eip;
	r->vague_flags = 0;
	r->no_single_step = false;
	for (unsigned s = 0; s < 6; s++) {
		space_segment(s == S_CS ? S_DS : s, in->seg[s], &r->seg_base[s]);
		r->seg_null[s] = space_access(in->seg[s]) == 1;
		r->seg_read_only[s] = s == S_CS || space_access(in->seg[s]) == 2;
	}
}

/* What is no instruction to Zydis, but is to some CPUs: 0F 1A, 0F 1B (no-ops without MPX), 0F AE with a prefix. */
static bool undecided(const uint8_t *bytes, unsigned len)
{
	unsigned n = 0;

	while (n < len && memchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3", bytes[n], 11))
		n++;
	return n + 1 < len && bytes[n] == 0x0f && (bytes[n + 1] == 0x1a || bytes[n + 1] == 0x1b || bytes[n + 1] == 0xae);
}

/* Fetch and decode; the trap of a fetch that fails, of what is too long, or is no instruction. */
static int fetch(struct reference *r, struct insn *i)
{
	uint8_t bytes[15];
	unsigned have = 0;
	const struct region *g = space_find(r->cpu.eip);

	if (g && r->cpu.eip - g->va + 15 <= g->pages << 12) {
		memcpy(bytes, g->host + (r->cpu.eip - g->va), 15);
		have = 15;
	} else {
		for (; have < 15; have++) {
			uint32_t va = r->cpu.eip + have;

			g = space_find(va);
			if (!g)
				break;
			bytes[have] = g->host[va - g->va];
		}
	}

	ZyanStatus status = have ? insn_decode(bytes, have, i) : ZYDIS_STATUS_NO_MORE_DATA;

	if (ZYAN_SUCCESS(status))
		return 0;
	if (status == ZYDIS_STATUS_NO_MORE_DATA && have < 15)
		return reference_trap(r, 14, 4, r->cpu.eip + have);
	if (status == ZYDIS_STATUS_NO_MORE_DATA || status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG)
		return reference_trap(r, 13, 0, 0);
	return undecided(bytes, have) ? untold(r, "no-op or #UD") : reference_trap(r, 6, 0, 0);
}

static bool exception_pending(const struct reference *r)
{
	return r->cpu.fpu[2] & ~r->cpu.fpu[0] & 0x3f;
}

/* An instruction whose memory operand goes through a segment that does not allow everything: 0 if it may be executed. */
static int check_use(struct reference *r, const struct insn *i)
{
	bool memory = (i->z.attributes & ZYDIS_ATTRIB_HAS_MODRM) && i->mod != 3, refused;
	uint32_t top;

	refused = (r->seg_null[i->segment] && memory) || (r->seg_read_only[i->segment] && insn_writes(i));
	if (!refused)
		return 0;
	if (i->z.mnemonic == ZYDIS_MNEMONIC_ARPL || i->z.mnemonic == ZYDIS_MNEMONIC_MASKMOVQ ||
	    i->z.mnemonic == ZYDIS_MNEMONIC_MASKMOVDQU)
		return untold(r, "how much is done before the segment is looked at is the CPU's affair");
	if (i->map == 0 && i->opcode == 0x8f && reference_read(r, r->cpu.reg[R_SP], i->operand16 ? 2 : 4, &top) < 0)
		return -1;
	if (memory && exception_pending(r) && insn_waits(i))
		return reference_trap(r, 16, 0, 0);
	return r->seg_null[i->segment] ? 0 : reference_trap(r, 13, 0, 0);
}

static int execute(struct reference *r, const struct insn *i)
{
	const ZydisAccessedFlags *f = i->z.cpu_flags;
	int rc = -1;

	if (f && (f->tested & r->vague_flags & F_STATUS))
		return untold(r, "depends on an undefined flag");
	enum verdict verdict = insn_verdict(i);

	if ((verdict == PLAIN || verdict == SPECIAL) && (r->seg_null[i->segment] || r->seg_read_only[i->segment])) {
		rc = check_use(r, i);
		if (rc)
			return rc;
	}
	switch (verdict) {
	case HIDDEN:
		rc = reference_trap(r, 6, 0, 0);
		break;
	case PLAIN:
		rc = plain_execute(r, i);
		break;
	case SPECIAL:
	case TRAPPING:
		rc = special_execute(r, i);
		break;
	case NO_VERDICT:
		rc = untold(r, "the machine's own affair");
		break;
	}
	/* A shift by 0 changes no flag. */
	if (rc == 0 && f && i->z.mnemonic != ZYDIS_MNEMONIC_POPF && !i->rep && i->z.meta.category != ZYDIS_CATEGORY_SHIFT &&
	    i->z.meta.category != ZYDIS_CATEGORY_ROTATE && i->z.mnemonic != ZYDIS_MNEMONIC_SHLD &&
	    i->z.mnemonic != ZYDIS_MNEMONIC_SHRD)
		r->vague_flags &= ~((f->modified | f->set_0 | f->set_1) & ~f->undefined);
	return rc;
}

bool reference_step(struct reference *r)
{
	struct insn i;
	bool trace = r->cpu.eflags & F_TF;
	int rc = fetch(r, &i);

	if (r->cpu.eip - CODE_VA < CODE_PAGES << 12 && r->cpu.eip - r->start >= CODE_SLOT)
		r->out->touched_code = true;
	r->no_single_step = false;
	if (rc == 0) {
		r->next_eip = i.next = r->cpu.eip + i.z.length;
		if (trace && i.rep)
			rc = untold(r, "single step of a repeated instruction");
		else
			rc = execute(r, &i);
	}
	if (rc == 0) {
		r->cpu.eip = r->next_eip;
		if (trace && !r->no_single_step)
			rc = reference_trap(r, 1, 0, 0);
	}
	if (rc == 0)
		return true;
	r->out->cpu = r->cpu;
	r->out->vague_flags = r->vague_flags;
	return false;
}

void reference_run(const struct cpu_state *in, unsigned steps, struct outcome *out)
{
	struct reference r;

	reference_start(&r, in, out);
	while (steps-- > 0)
		if (!reference_step(&r))
			return;
	out->ending = END_STUCK;
	out->cpu = r.cpu;
}
