/*
 * Make a failing case small: turn instructions into nops (so that no address changes), zero registers, flags and FPU
 * registers, as long as it still fails.  Called by diff.c with a function that runs both sides.
 */
#include <string.h>

#include "case.h"

static bool try_bytes(struct test_case *c, void *at, size_t len, const void *simple, bool (*fails)(const struct test_case *))
{
	uint8_t old[512];

	if (len > sizeof(old) || !memcmp(at, simple, len))
		return false;
	memcpy(old, at, len);
	memcpy(at, simple, len);
	if (fails(c))
		return true;
	memcpy(at, old, len);
	return false;
}

void shrink(struct test_case *c, bool (*fails)(const struct test_case *c))
{
	static const uint8_t zero[512], nops[16] = { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
		0x90, 0x90, 0x90, 0x90 };
	uint8_t plain_fpu[512] = { 0x7f, 0x03 };
	uint32_t zero_esp = STACK_VA + 2048, flags = F_FIXED;
	bool better = true;

	plain_fpu[24] = 0x80;
	plain_fpu[25] = 0x1f;
	plain_fpu[28] = plain_fpu[29] = 0xff;
	for (int round = 0; round < 3 && better; round++) {
		better = false;
		for (unsigned k = c->insns; k-- > 0;)
			if (c->insn[k].len <= 16)
				better |= try_bytes(c, c->code + c->insn[k].offset, c->insn[k].len, nops, fails);
		try_bytes(c, c->in.fpu, 512, plain_fpu, fails);
		for (unsigned n = 0; n < 8; n++)
			better |= try_bytes(c, &c->in.reg[n], 4, n == R_SP ? (const void *)&zero_esp : zero, fails);
		try_bytes(c, &c->in.eflags, 4, &flags, fails);
		for (unsigned n = 0; n < 16; n++)
			try_bytes(c, c->in.fpu + 32 + 16 * n, 16, zero, fails);
	}
}
