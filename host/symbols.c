/*
 * The last report on a guest that died: its words, its registers, and a trace of its kernel's stack by the symbols of
 * the kernel's ELF image, following frame pointers.  Main calls it once, when nothing runs any more; everything it
 * looks at may be nonsense.
 */
#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "loader.h"
#include "pagetable.h"
#include "symbols.h"

#define MAX_DEPTH	40
#define MAX_TABLE	(64u << 20)

static struct {
	Elf32_Sym *syms;
	char *names;
	size_t count, names_bytes;
} table;

static void *read_section(const struct image *image, const Elf32_Shdr *sh)
{
	char *p;

	if (sh->sh_size == 0 || sh->sh_size > MAX_TABLE)
		return NULL;
	/* Not by malloc: the heap cannot grow any more (seccomp.c). */
	p = mmap(NULL, sh->sh_size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || image_read(image, sh->sh_offset, p, sh->sh_size) < 0)
		return NULL;
	return p;			/* the byte behind it is 0 */
}

static void load_symbols(const struct image *image)
{
	Elf32_Ehdr eh;
	Elf32_Shdr sh, str;

	if (!image || image_read(image, 0, &eh, sizeof eh) < 0 || eh.e_shentsize != sizeof sh)
		return;
	for (unsigned i = 0; i < eh.e_shnum; i++) {
		if (image_read(image, eh.e_shoff + i * sizeof sh, &sh, sizeof sh) < 0)
			return;
		if (sh.sh_type != SHT_SYMTAB || sh.sh_link >= eh.e_shnum ||
		    image_read(image, eh.e_shoff + sh.sh_link * sizeof str, &str, sizeof str) < 0)
			continue;
		table.syms = read_section(image, &sh);
		table.names = read_section(image, &str);
		table.count = sh.sh_size / sizeof *table.syms;
		table.names_bytes = str.sh_size;
		return;
	}
}

/* "name+0x12", or the bare number. */
static const char *symbol(uint32_t va)
{
	static char text[128];
	const Elf32_Sym *best = NULL;

	for (size_t i = 0; table.syms && table.names && i < table.count; i++) {
		const Elf32_Sym *s = &table.syms[i];
		unsigned type = ELF32_ST_TYPE(s->st_info);

		if (s->st_shndx == SHN_UNDEF || s->st_shndx >= SHN_LORESERVE || type > STT_FUNC ||
		    s->st_name >= table.names_bytes || s->st_value > va)
			continue;
		if (!best || s->st_value > best->st_value || (s->st_value == best->st_value && type == STT_FUNC))
			best = s;
	}
	if (!best || va - best->st_value > 1u << 20)
		return "?";
	snprintf(text, sizeof text, "%.100s+%#x", table.names + best->st_name, va - best->st_value);
	return text;
}

static bool fetch(struct machine *m, uint32_t va, uint32_t *word)
{
	uint32_t fault, error;

	return guest_read(m, va, word, 4, 0, &fault, &error) == 0;
}

static void stack_trace(struct machine *m)
{
	uint32_t frame = m->vcpu.reg[EBP], pc, next;

	fprintf(stderr, "stack:\n  %#010x %s\n", m->vcpu.eip, symbol(m->vcpu.eip));
	for (int depth = 0; depth < MAX_DEPTH && frame >= m->page_offset; depth++) {
		if (!fetch(m, frame, &next) || !fetch(m, frame + 4, &pc) || pc < m->page_offset)
			break;
		fprintf(stderr, "  %#010x %s\n", pc, symbol(pc));
		if (next <= frame)		/* stacks grow down: callers' frames lie higher */
			break;
		frame = next;
	}
}

static void print_registers(struct machine *m)
{
	static const char *const names[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
	const struct vcpu *v = &m->vcpu;

	for (unsigned i = 0; i < 8; i++)
		fprintf(stderr, "%s %08x%s", names[i], v->reg[i], i % 4 == 3 ? "\n" : "  ");
	fprintf(stderr, "eip %08x  eflags %08x  cpl %u  page directory %08x\n", v->eip, v->eflags, v->cpl, v->space);
	fprintf(stderr, "cs %04x  ss %04x  ds %04x  es %04x  fs %04x  gs %04x  cr2 %08x\n", v->seg[CS], v->seg[SS], v->seg[DS],
		v->seg[ES], v->seg[FS], v->seg[GS], m->data ? m->data->cr2 : 0);
}

void symbols_report(struct machine *m, const char *what)
{
	size_t len = strlen(m->end_text);

	while (len > 0 && m->end_text[len - 1] == '\n')
		m->end_text[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)m->end_text[i]) && m->end_text[i] != '\n' && m->end_text[i] != '\t')
			m->end_text[i] = '?';
	fprintf(stderr, "9guest: %s: %s\n", what, m->end_text);
	load_symbols(m->kernel);
	print_registers(m);
	stack_trace(m);
}
