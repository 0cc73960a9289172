/*
 * Comparing what the subject did with what the reference did, and printing a case so that a person can see the bug.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "reference.h"

static const char *const reg_names[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
static const char *const seg_names[] = { "es", "cs", "ss", "ds", "fs", "gs" };

struct text {
	char *at;
	size_t left;
	unsigned differences;
};

static void say(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	t->differences++;
	va_start(ap, fmt);
	n = vsnprintf(t->at, t->left, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < t->left) {
		t->at += n;
		t->left -= (size_t)n;
	}
}

static const char *ending_text(const struct outcome *o, char *buf, size_t size)
{
	switch (o->ending) {
	case END_RAN:
		return "ran to its end";
	case END_TRAP:
		snprintf(buf, size, "%s %u, error %#x, cr2 %#x", o->software ? "software trap" : "trap", o->vector, o->error,
			 o->cr2);
		return buf;
	case END_FAR:
		snprintf(buf, size, "far transfer to %#x:%#x", o->selector, o->far_offset);
		return buf;
	case END_IRET:
		return "iret";
	case END_STUCK:
		return "did not end";
	case END_UNTOLD:
		snprintf(buf, size, "no verdict: %s", o->note);
		return buf;
	}
	snprintf(buf, size, "broken: %s", o->note);
	return buf;
}

static bool same_ending(const struct outcome *a, const struct outcome *b)
{
	if (a->ending != b->ending)
		return false;
	if (a->ending == END_TRAP && a->vector == 6 && b->vector == 14 && !(b->cr2 & 0xfff) && b->cr2 - a->cpu.eip < 15)
		return true;		/* the rest of what is no instruction is in a page that is not there */
	if (a->ending == END_TRAP && a->vector == 14 && b->vector == 6 && !(a->cr2 & 0xfff) && a->cr2 - a->cpu.eip < 15)
		return true;
	if (a->ending == END_TRAP && a->vector == 6 && b->vector == 13 && b->error == 0)
		return true;		/* no instruction of the guest's CPU: either says so */
	if (a->ending == END_TRAP && a->vector == 14 && a->cr2 < 512 && b->error == 0 && (b->vector == 13 || b->vector == 12))
		return true;		/* an access across the end of 4 GiB: the manuals leave the fault open */
	if (a->ending == END_TRAP && a->vector == 14 && b->vector == 14 && a->cr2_in_page)
		return a->error == b->error && a->cr2 >> 12 == b->cr2 >> 12;
	if (a->ending == END_TRAP && a->vector == 14 && b->vector == 14 && a->cr2 < 512 && b->cr2 < 512)
		return a->error == b->error;
	if (a->ending == END_TRAP)
		return a->vector == b->vector && a->error == b->error && a->cr2 == b->cr2 && a->software == b->software;
	return a->ending != END_FAR || (a->selector == b->selector && a->far_offset == b->far_offset);
}

static void judge_registers(struct text *t, const struct outcome *e, const struct outcome *g)
{
	uint32_t care = ~(e->vague_flags | F_RF | 0x3000u);

	for (unsigned n = 0; n < 8; n++)
		if (e->cpu.reg[n] != g->cpu.reg[n])
			say(t, "  %s: expected %08x, got %08x\n", reg_names[n], e->cpu.reg[n], g->cpu.reg[n]);
	if (e->cpu.eip != g->cpu.eip)
		say(t, "  eip: expected %08x, got %08x\n", e->cpu.eip, g->cpu.eip);
	if ((e->cpu.eflags ^ g->cpu.eflags) & care)
		say(t, "  eflags: expected %08x, got %08x, differ in %08x\n", e->cpu.eflags, g->cpu.eflags,
		    (e->cpu.eflags ^ g->cpu.eflags) & care);
	for (unsigned n = 0; n < 6; n++)
		if (e->cpu.seg[n] != g->cpu.seg[n])
			say(t, "  %s: expected %04x, got %04x\n", seg_names[n], e->cpu.seg[n], g->cpu.seg[n]);
}

static void hex(const uint8_t *p, unsigned n, char *to)
{
	while (n--)
		to += sprintf(to, "%02x", p[n]);
}

/* FOP, FIP and FDP (bytes 6 to 23) tell where the instruction was executed: not compared. */
static void judge_fpu(struct text *t, const uint8_t *e, const uint8_t *g)
{
	char a[33], b[33];

	for (unsigned n = 0; n < 6; n += 2)
		if (memcmp(e + n, g + n, 2))
			say(t, "  %s: expected %02x%02x, got %02x%02x\n", n == 0 ? "fcw" : n == 2 ? "fsw" : "ftw (abridged)",
			    e[n + 1], e[n], g[n + 1], g[n]);
	if (memcmp(e + 24, g + 24, 4)) {
		hex(e + 24, 4, a);
		hex(g + 24, 4, b);
		say(t, "  mxcsr: expected %s, got %s\n", a, b);
	}
	for (unsigned n = 0; n < 16; n++) {
		unsigned at = n < 8 ? 32 + 16 * n : 160 + 16 * (n - 8), len = n < 8 ? 10 : 16;

		if (!memcmp(e + at, g + at, len))
			continue;
		hex(e + at, len, a);
		hex(g + at, len, b);
		say(t, "  %s%u: expected %s, got %s\n", n < 8 ? "st" : "xmm", n & 7, a, b);
	}
}

static bool vague(const struct outcome *o, uint32_t va)
{
	for (unsigned n = 0; n < 8; n++)
		if (va - o->vague[n].va < o->vague[n].len)
			return true;
	return false;
}

static void judge_memory(struct text *t, const struct result *e, const struct result *g)
{
	unsigned shown = 0;

	if (!memcmp(&e->memory, &g->memory, sizeof(e->memory)))
		return;
	for (unsigned p = 0; p < SCRATCH_PAGES; p++)
		for (unsigned b = 0; b < 4096; b++) {
			uint32_t va = scratch_va(p, b);

			if (e->memory.bytes[p][b] == g->memory.bytes[p][b] || vague(&e->out, va))
				continue;
			if (shown++ < 8)
				say(t, "  byte at %08x: expected %02x, got %02x\n", va, e->memory.bytes[p][b],
				    g->memory.bytes[p][b]);
		}
	if (shown > 8)
		say(t, "  %u bytes of memory differ\n", shown);
}

int judge(const struct test_case *c, const struct result *expect, const struct result *got, char *text, size_t size)
{
	struct text t = { text, size, 0 };
	char a[120], b[120];

	(void)c;
	if (!same_ending(&expect->out, &got->out))
		say(&t, "  expected: %s; got: %s\n", ending_text(&expect->out, a, sizeof(a)),
		    ending_text(&got->out, b, sizeof(b)));
	judge_registers(&t, &expect->out, &got->out);
	judge_fpu(&t, expect->out.cpu.fpu, got->out.cpu.fpu);
	judge_memory(&t, expect, got);
	return t.differences ? -1 : 0;
}

void judge_key(const struct test_case *c, const struct result *expect, const struct result *got, char *key, size_t size)
{
	char text[4096], insn[64] = "";
	unsigned n = 0;
	struct insn i;

	/* What is left after shrinking: the first instruction that is no nop names the bug. */
	for (unsigned k = 0; k < c->insns; k++) {
		const uint8_t *p = c->code + c->insn[k].offset;

		if (p[0] == 0x90)
			continue;
		insn_text(p, c->insn[k].len, c->va, insn);
		if (ZYAN_SUCCESS(insn_decode(p, 15, &i)))
			snprintf(insn, sizeof(insn), "%s", ZydisMnemonicGetString(i.z.mnemonic));
	}
	judge(c, expect, got, text, sizeof(text));
	for (char *p = text; *p && n < 40; p++)
		if (p == text || p[-1] == '\n')
			while (*p && *p != ':')
				text[n++] = *p++;
	text[n] = '\0';
	snprintf(key, size, "%s:%s", insn, text);
}

void case_print(const struct test_case *c)
{
	const struct cpu_state *s = &c->in;
	char text[64];

	printf("# case %llu, image %u; code at %08x:\n", (unsigned long long)c->number, c->image, c->va);
	for (unsigned k = 0; k < c->insns; k++) {
		const uint8_t *p = c->code + c->insn[k].offset;

		if (c->insn[k].len && *p == 0x90)
			continue;
		insn_text(p, c->insn[k].len, c->va + c->insn[k].offset, text);
		printf("#   %08x  ", c->va + c->insn[k].offset);
		for (unsigned b = 0; b < 12; b++)
			if (b < c->insn[k].len)
				printf("%02x ", p[b]);
			else
				printf("   ");
		printf(" %s\n", text);
	}
	printf("#   with");
	for (unsigned n = 0; n < 8; n++)
		printf(" %s=%08x", reg_names[n], s->reg[n]);
	printf(" eflags=%x ds=%x es=%x\n", s->eflags, s->seg[S_DS], s->seg[S_ES]);
	printf("#   fcw=%02x%02x fsw=%02x%02x ftw=%02x mxcsr=%02x%02x\n", s->fpu[1], s->fpu[0], s->fpu[3], s->fpu[2], s->fpu[4],
	       s->fpu[25], s->fpu[24]);
}
