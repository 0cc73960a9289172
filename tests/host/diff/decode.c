/*
 * Decoding for the reference and the generators: Zydis in its 32-bit mode, and the verdict on each instruction: whether the
 * guest is shown it at all, and whether the CPU can execute it for us in 64-bit mode.
 */
#include <stdio.h>
#include <string.h>

#include "reference.h"

static ZydisDecoder decoder;
static ZydisFormatter formatter;
static bool shown[ZYDIS_ISA_SET_MAX_VALUE + 1];

/* What the guest's cpuid shows.  Everything else must be #UD. */
static const uint16_t shown_sets[] = {
	ZYDIS_ISA_SET_I86, ZYDIS_ISA_SET_I186, ZYDIS_ISA_SET_I286REAL, ZYDIS_ISA_SET_I286PROTECTED,
	ZYDIS_ISA_SET_I386, ZYDIS_ISA_SET_I486, ZYDIS_ISA_SET_I486REAL, ZYDIS_ISA_SET_PENTIUMREAL,
	ZYDIS_ISA_SET_PENTIUMMMX, ZYDIS_ISA_SET_PPRO, 
	ZYDIS_ISA_SET_CMOV, ZYDIS_ISA_SET_FCMOV, ZYDIS_ISA_SET_X87, ZYDIS_ISA_SET_FXSAVE,
	ZYDIS_ISA_SET_SSE, ZYDIS_ISA_SET_SSEMXCSR, ZYDIS_ISA_SET_SSE2, ZYDIS_ISA_SET_SSE2MMX, ZYDIS_ISA_SET_SSE3,
	ZYDIS_ISA_SET_SSE3X87, ZYDIS_ISA_SET_SSSE3, ZYDIS_ISA_SET_SSSE3MMX, ZYDIS_ISA_SET_SSE4, ZYDIS_ISA_SET_SSE42,
	ZYDIS_ISA_SET_SSE_PREFETCH, ZYDIS_ISA_SET_FAT_NOP, ZYDIS_ISA_SET_PAUSE, ZYDIS_ISA_SET_PREFETCH_NOP,
	ZYDIS_ISA_SET_POPCNT, ZYDIS_ISA_SET_LAHF, ZYDIS_ISA_SET_CLFSH, ZYDIS_ISA_SET_RDPMC, ZYDIS_ISA_SET_RDTSCP,
	ZYDIS_ISA_SET_CET,		/* endbr32, rdssp: no operations where CET is off */
};

/* Results that belong to the machine, or differ from CPU to CPU where the guest is not shown the instruction. */
static const uint16_t not_judged[] = {
	ZYDIS_MNEMONIC_RDTSC, ZYDIS_MNEMONIC_RDTSCP, ZYDIS_MNEMONIC_CPUID, ZYDIS_MNEMONIC_SMSW, ZYDIS_MNEMONIC_SGDT,
	ZYDIS_MNEMONIC_SIDT, ZYDIS_MNEMONIC_SLDT, ZYDIS_MNEMONIC_STR, ZYDIS_MNEMONIC_LAR, ZYDIS_MNEMONIC_LSL,
	ZYDIS_MNEMONIC_VERR, ZYDIS_MNEMONIC_VERW, ZYDIS_MNEMONIC_RDPMC, ZYDIS_MNEMONIC_XGETBV, ZYDIS_MNEMONIC_TZCNT,
	ZYDIS_MNEMONIC_LZCNT, ZYDIS_MNEMONIC_PREFETCHW, ZYDIS_MNEMONIC_PREFETCH, ZYDIS_MNEMONIC_PREFETCHWT1,
	ZYDIS_MNEMONIC_BNDMK, ZYDIS_MNEMONIC_BNDCL, ZYDIS_MNEMONIC_BNDCU, ZYDIS_MNEMONIC_BNDCN, ZYDIS_MNEMONIC_BNDMOV,
	ZYDIS_MNEMONIC_BNDLDX, ZYDIS_MNEMONIC_BNDSTX, ZYDIS_MNEMONIC_CLDEMOTE, ZYDIS_MNEMONIC_FEMMS,
	ZYDIS_MNEMONIC_INVALID,
};

void insn_init(void)
{
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	for (unsigned i = 0; i < sizeof(shown_sets) / sizeof(shown_sets[0]); i++)
		shown[shown_sets[i]] = true;
}

static const uint8_t segment_prefix[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };

ZyanStatus insn_decode(const uint8_t *bytes, unsigned len, struct insn *i)
{
	ZyanStatus status = ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, len, &i->z);

	if (!ZYAN_SUCCESS(status))
		return status;
	memset(i->bytes, 0, sizeof(i->bytes));
	memcpy(i->bytes, bytes, i->z.length);
	i->opcode = i->z.opcode;
	i->map = (uint8_t)i->z.opcode_map;
	i->operand16 = i->address16 = i->overridden = false;
	i->rep = 0;
	i->mod = i->z.raw.modrm.mod;
	i->reg = i->z.raw.modrm.reg;
	i->rm = i->z.raw.modrm.rm;
	i->segment = S_DS;
	for (unsigned p = 0; p < i->z.raw.prefix_count; p++) {
		uint8_t b = i->z.raw.prefixes[p].value;

		if (b == 0x66)
			i->operand16 = true;
		else if (b == 0x67)
			i->address16 = true;
		else if (b == 0xf2 || b == 0xf3)
			i->rep = b;
		for (unsigned s = 0; s < 6; s++)
			if (b == segment_prefix[s]) {
				i->segment = (uint8_t)s;
				i->overridden = true;
			}
	}
	if (!i->overridden && (i->z.attributes & ZYDIS_ATTRIB_HAS_MODRM) && i->mod != 3) {
		unsigned base = i->rm;

		if (i->address16) {
			if (i->rm == 2 || i->rm == 3 || (i->rm == 6 && i->mod))
				i->segment = S_SS;
		} else {
			if (i->rm == 4)
				base = i->z.raw.sib.base;
			if (base == R_SP || (base == R_BP && i->mod))
				i->segment = S_SS;
		}
	}
	return status;
}

static unsigned operands(const struct insn *i, ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT])
{
	ZydisDecodedInstruction z;

	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, i->bytes, i->z.length, &z, operand)) ? z.operand_count : 0;
}

bool insn_writes(const struct insn *i)
{
	static const ZydisRegister names[6] = { ZYDIS_REGISTER_ES, ZYDIS_REGISTER_CS, ZYDIS_REGISTER_SS, ZYDIS_REGISTER_DS,
		ZYDIS_REGISTER_FS, ZYDIS_REGISTER_GS };
	ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
	unsigned count = operands(i, operand);

	for (unsigned n = 0; n < count; n++)
		if (operand[n].type == ZYDIS_OPERAND_TYPE_MEMORY && operand[n].mem.segment == names[i->segment] &&
		    operand[n].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			return true;
	return false;
}

bool insn_waits(const struct insn *i)
{
	ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
	unsigned count;

	if (i->map == 0 && (i->opcode & 0xf8) == 0xd8)
		return i->z.mnemonic != ZYDIS_MNEMONIC_FNSTENV && i->z.mnemonic != ZYDIS_MNEMONIC_FNSTCW &&
		       i->z.mnemonic != ZYDIS_MNEMONIC_FNSAVE && i->z.mnemonic != ZYDIS_MNEMONIC_FNSTSW;
	count = operands(i, operand);
	for (unsigned n = 0; n < count; n++)
		if (operand[n].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    ZydisRegisterGetClass(operand[n].reg.value) == ZYDIS_REGCLASS_MMX)
			return true;
	return false;
}

enum verdict insn_verdict(const struct insn *i)
{
	if (i->z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
		return HIDDEN;
	for (unsigned n = 0; n < sizeof(not_judged) / sizeof(not_judged[0]); n++)
		if (i->z.mnemonic == not_judged[n])
			return NO_VERDICT;
	if (i->map == 0 && i->opcode == 0xcf)	/* at CPL 3 the machine decides where it may go */
		return NO_VERDICT;
	if (i->map == 1 && i->opcode == 0x0d)	/* with a register: a no-op or #UD */
		return NO_VERDICT;
	if (!shown[i->z.meta.isa_set])
		return HIDDEN;
	if (i->z.meta.isa_set == ZYDIS_ISA_SET_CET && i->z.mnemonic != ZYDIS_MNEMONIC_ENDBR32 &&
	    i->z.mnemonic != ZYDIS_MNEMONIC_ENDBR64)
		return NO_VERDICT;
	if (i->map == 0 && (i->opcode == 0xcd || i->opcode == 0xcc || i->opcode == 0xf1))
		return TRAPPING;
	return special_known(i) ? SPECIAL : PLAIN;
}

void insn_text(const uint8_t *bytes, unsigned len, uint32_t eip, char *text)
{
	ZydisDecodedInstruction z;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, len, &z, ops)) ||
	    !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &z, ops, z.operand_count_visible, text, 64, eip, NULL)))
		snprintf(text, 64, "(no instruction)");
}
