/*
 * elf2aout: makes a Plan 9 executable for the 386 of the ELF file that the
 * linker wrote by aout.ld.  Run by the build for every guest command.  It
 * checks what Plan 9's exec will check, so that a wrong layout fails here and
 * not in the guest.  Symbols are written in Plan 9's form, for debuggers.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	AOUT_MAGIC = 0x1EB,
	AOUT_HEADER_SIZE = 32,
	TEXT_BASE = 0x1000,
	PAGE_SIZE = 0x1000,
};

struct image {
	const char *path;
	unsigned char *bytes;
	size_t size;
	const Elf32_Ehdr *ehdr;
};

struct segment {
	const unsigned char *bytes;
	uint32_t vaddr;
	uint32_t file_size;
	uint32_t mem_size;
};

static _Noreturn void die(const char *path, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "elf2aout: %s: ", path);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void read_file(struct image *img, const char *path)
{
	FILE *f = fopen(path, "rb");
	long size;

	img->path = path;
	if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0)
		die(path, "cannot read: %s", strerror(errno));
	img->size = (size_t)size;
	img->bytes = malloc(img->size + 1);
	if (!img->bytes)
		die(path, "out of memory for %zu bytes", img->size);
	rewind(f);
	if (fread(img->bytes, 1, img->size, f) != img->size)
		die(path, "short read: %s", strerror(errno));
	fclose(f);
}

/* n items of the given size at off, or the end of the program */
static const void *in_file(const struct image *img, uint32_t off, uint32_t n, size_t size,
			   const char *what)
{
	if ((uint64_t)off + (uint64_t)n * size > img->size)
		die(img->path, "%s at offset %#x goes beyond the end of the file", what, off);
	return img->bytes + off;
}

static void check_elf(struct image *img)
{
	const Elf32_Ehdr *e = in_file(img, 0, 1, sizeof(*e), "ELF header");

	if (memcmp(e->e_ident, ELFMAG, SELFMAG) != 0)
		die(img->path, "not an ELF file");
	if (e->e_ident[EI_CLASS] != ELFCLASS32 || e->e_machine != EM_386)
		die(img->path, "not for the 386 (machine %d)", e->e_machine);
	if (e->e_type != ET_EXEC)
		die(img->path, "not an executable (type %d): link it with aout.ld", e->e_type);
	if (e->e_phentsize != sizeof(Elf32_Phdr))
		die(img->path, "program headers of %d bytes, not %zu", e->e_phentsize,
		    sizeof(Elf32_Phdr));
	img->ehdr = e;
}

static void get_segments(const struct image *img, struct segment *text, struct segment *data)
{
	const Elf32_Ehdr *e = img->ehdr;
	const Elf32_Phdr *ph = in_file(img, e->e_phoff, e->e_phnum, sizeof(*ph), "program headers");

	for (int i = 0; i < e->e_phnum; i++) {
		struct segment *s = ph[i].p_flags & PF_X ? text : data;

		if (ph[i].p_type != PT_LOAD || ph[i].p_memsz == 0)
			continue;
		if (s->mem_size != 0)
			die(img->path, "more than one %s segment", s == text ? "text" : "data");
		s->bytes = in_file(img, ph[i].p_offset, ph[i].p_filesz, 1, "segment");
		s->vaddr = ph[i].p_vaddr;
		s->file_size = ph[i].p_filesz;
		s->mem_size = ph[i].p_memsz;
	}
}

/*
 * The linker may begin the text segment at the page, with its own headers or
 * padding where the a.out header goes; what counts is from TEXT_BASE+32 on.
 */
static void check_layout(const struct image *img, struct segment *text, struct segment *data)
{
	uint32_t skip, first = TEXT_BASE + AOUT_HEADER_SIZE, want;

	if (text->mem_size == 0)
		die(img->path, "no text segment");
	if (text->vaddr > first || text->vaddr < TEXT_BASE || text->vaddr + text->file_size <= first)
		die(img->path, "text begins at %#x, not %#x: link it with aout.ld", text->vaddr, first);
	skip = first - text->vaddr;
	text->bytes += skip;
	text->vaddr += skip;
	text->file_size -= skip;
	want = (text->vaddr + text->file_size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	if (data->mem_size != 0 && data->vaddr != want)
		die(img->path, "data begins at %#x, not %#x", data->vaddr, want);
	if (img->ehdr->e_entry < first || img->ehdr->e_entry >= first + text->file_size)
		die(img->path, "entry %#x is outside of the text", img->ehdr->e_entry);
}

static void put_be32(unsigned char *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

/* the letter of Plan 9's symbol table, a.out(6); 0 if the symbol is not wanted */
static int symbol_type(const Elf32_Sym *s, const struct segment *text, const struct segment *data)
{
	int local = ELF32_ST_BIND(s->st_info) == STB_LOCAL;
	int type = ELF32_ST_TYPE(s->st_info);

	if (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE)
		return 0;
	if (s->st_shndx == SHN_UNDEF || s->st_shndx >= SHN_LORESERVE)
		return 0;
	if (s->st_value < text->vaddr)
		return 0;
	if (s->st_value < text->vaddr + text->file_size)
		return local ? 't' : 'T';
	if (s->st_value < data->vaddr + data->file_size)
		return local ? 'd' : 'D';
	return local ? 'b' : 'B';
}

struct buffer {
	unsigned char *bytes;
	size_t size, room;
};

static void add_symbol(const struct image *img, struct buffer *b, uint32_t value, int type,
		       const char *name)
{
	size_t n = 4 + 1 + strlen(name) + 1;

	if (b->size + n > b->room) {
		b->room = (b->room + n) * 2;
		b->bytes = realloc(b->bytes, b->room);
		if (!b->bytes)
			die(img->path, "out of memory for symbols");
	}
	put_be32(b->bytes + b->size, value);
	b->bytes[b->size + 4] = (unsigned char)(type | 0x80);
	strcpy((char *)b->bytes + b->size + 5, name);
	b->size += n;
}

static void get_symbols(const struct image *img, const struct segment *text,
			const struct segment *data, struct buffer *out)
{
	const Elf32_Ehdr *e = img->ehdr;
	const Elf32_Shdr *sh = in_file(img, e->e_shoff, e->e_shnum, sizeof(*sh), "section headers");

	for (int i = 0; i < e->e_shnum; i++) {
		const Elf32_Sym *sym;
		const char *names;
		uint32_t n = sh[i].sh_size / sizeof(*sym), names_size;

		if (sh[i].sh_type != SHT_SYMTAB || sh[i].sh_link >= e->e_shnum)
			continue;
		sym = in_file(img, sh[i].sh_offset, n, sizeof(*sym), "symbol table");
		names_size = sh[sh[i].sh_link].sh_size;
		names = in_file(img, sh[sh[i].sh_link].sh_offset, names_size, 1, "symbol names");
		if (names_size == 0 || names[names_size - 1] != 0)
			die(img->path, "symbol names do not end in NUL");
		for (uint32_t j = 0; j < n; j++) {
			int type = symbol_type(&sym[j], text, data);

			if (!type || sym[j].st_name >= names_size || !names[sym[j].st_name])
				continue;
			add_symbol(img, out, sym[j].st_value, type, names + sym[j].st_name);
		}
	}
}

static void write_aout(const char *path, const struct image *img, const struct segment *text,
		       const struct segment *data, const struct buffer *syms)
{
	unsigned char header[AOUT_HEADER_SIZE] = {0};
	FILE *f = fopen(path, "wb");

	if (!f)
		die(path, "cannot create: %s", strerror(errno));
	put_be32(header, AOUT_MAGIC);
	put_be32(header + 4, text->file_size);
	put_be32(header + 8, data->file_size);
	put_be32(header + 12, data->mem_size - data->file_size);
	put_be32(header + 16, (uint32_t)syms->size);
	put_be32(header + 20, img->ehdr->e_entry);
	fwrite(header, 1, sizeof(header), f);
	fwrite(text->bytes, 1, text->file_size, f);
	if (data->file_size)
		fwrite(data->bytes, 1, data->file_size, f);
	if (syms->size)
		fwrite(syms->bytes, 1, syms->size, f);
	if (ferror(f) || fclose(f) != 0) {
		remove(path);
		die(path, "cannot write: %s", strerror(errno));
	}
	chmod(path, 0755);
}

int main(int argc, char **argv)
{
	struct image img = {0};
	struct segment text = {0}, data = {0};
	struct buffer syms = {0};
	int strip = argc > 1 && strcmp(argv[1], "-s") == 0;

	argv += strip;
	if (argc - strip != 3) {
		fprintf(stderr, "usage: elf2aout [-s] in.elf out\n");
		return 2;
	}
	read_file(&img, argv[1]);
	check_elf(&img);
	get_segments(&img, &text, &data);
	check_layout(&img, &text, &data);
	if (!strip)
		get_symbols(&img, &text, &data, &syms);
	write_aout(argv[2], &img, &text, &data, &syms);
	free(syms.bytes);
	free(img.bytes);
	return 0;
}
