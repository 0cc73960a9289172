/*
 * Unit tests of the loader (host/elf.c, host/loader.c, host/overlay.c): what it accepts, what it puts where, and one clear
 * line for everything it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/loader.h"
#include "../../../host/overlay.h"
#include "make_elf.h"

void machine_end(struct machine *m, enum machine_end end, const char *text)
{
	(void)m;
	(void)end;
	fail_msg("machine_end: %s", text);
}

static unsigned char file[ELF_BYTES];
#define EHDR	((Elf32_Ehdr *)file)
#define PHDR	((Elf32_Phdr *)(file + sizeof(Elf32_Ehdr)))

static struct image open_image(const void *bytes, size_t len)
{
	struct image image = { .name = "vmtest", .fd = memfd_create("elf", 0), .size = len };

	assert_int_equal(write(image.fd, bytes, len), len);
	return image;
}

/* Parse `file` cut to len; the message must hold `words`. */
static void refused(size_t len, const char *words)
{
	struct image image = open_image(file, len);
	struct error err = { "" };
	struct elf elf;

	if (elf_parse(&image, &elf, &err) == 0)
		fail_msg("accepted; expected a message with \"%s\"", words);
	if (!strstr(err.text, words))
		fail_msg("expected a message with \"%s\", got \"%s\"", words, err.text);
	assert_null(strchr(err.text, '\n'));
	assert_non_null(strstr(err.text, "vmtest"));
	close(image.fd);
	make_elf(file);
}

static void accepts_a_kernel(void **state)
{
	struct image image;
	struct error err = { "" };
	struct elf elf;

	(void)state;
	make_elf(file);
	image = open_image(file, ELF_BYTES);
	assert_int_equal(elf_parse(&image, &elf, &err), 0);
	assert_int_equal(elf.count, 2);
	assert_int_equal(elf.page_offset, 0xf0000000);
	assert_int_equal(elf.low, 0x100000);
	assert_int_equal(elf.end, 0x101010 + 20000);
	elf_free(&elf);
	close(image.fd);
}

static void refuses_what_is_no_kernel(void **state)
{
	(void)state;
	make_elf(file);
	file[0] = 0;
	refused(ELF_BYTES, "not an ELF");
	memcpy(file, "\x1f\x8b\x08", 3);
	refused(ELF_BYTES, "gzip");
	memset(file, 0, 4);
	memcpy(file + 0x202, "HdrS", 4);
	refused(ELF_BYTES, "bzImage");
	file[EI_CLASS] = ELFCLASS64;
	refused(ELF_BYTES, "64-bit");
	file[EI_DATA] = ELFDATA2MSB;
	refused(ELF_BYTES, "big-endian");
	EHDR->e_machine = EM_ARM;
	refused(ELF_BYTES, "386");
	EHDR->e_type = ET_DYN;
	refused(ELF_BYTES, "malformed");
}

static void refuses_what_is_cut_short(void **state)
{
	(void)state;
	make_elf(file);
	refused(0, "not an ELF");
	refused(3, "not an ELF");
	refused(20, "truncated");
	refused(sizeof(Elf32_Ehdr) + 10, "truncated");
	refused(4096 + 4095, "truncated");
	EHDR->e_phoff = 0xfffffff0;
	refused(ELF_BYTES, "truncated");
	PHDR[0].p_offset = 0xffffff00;
	refused(ELF_BYTES, "truncated");
}

static void refuses_bad_segments(void **state)
{
	(void)state;
	make_elf(file);
	PHDR[0].p_memsz = 10;
	refused(ELF_BYTES, "larger in the file");
	PHDR[1].p_paddr = 0x100ff0;
	PHDR[1].p_vaddr = 0xf0100ff0;
	refused(ELF_BYTES, "overlap");
	PHDR[1].p_paddr = 0x200000;
	refused(ELF_BYTES, "distance");
	PHDR[1].p_memsz = 0xf0000000;
	refused(ELF_BYTES, "too large");
	PHDR[0].p_paddr = 0x1000;
	PHDR[0].p_vaddr = 0xf0001000;
	refused(ELF_BYTES, "boot parameters");
	EHDR->e_phnum = 0;
	refused(ELF_BYTES, "program headers");
	EHDR->e_phentsize = 31;
	refused(ELF_BYTES, "program headers");
	PHDR[0].p_type = PHDR[1].p_type = PT_NOTE;
	refused(ELF_BYTES, "nothing to load");
}

static void load(struct machine *m, const void *initrd, size_t initrd_bytes, const char *command_line, struct error *err,
		 int expected)
{
	static struct image kernel, root;
	struct boot boot = { .kernel = &kernel, .initrd = &root, .command_line = command_line };

	kernel = open_image(file, ELF_BYTES);
	root = open_image(initrd, initrd_bytes);
	memset(m, 0, sizeof(*m));
	assert_int_equal(ram_init(&m->ram, 16 << 20, 1, err), 0);
	assert_int_equal(loader_load(m, &boot, err), expected);
	close(kernel.fd);
	close(root.fd);
}

static uint32_t word(struct machine *m, uint32_t gpa)
{
	uint32_t v;

	memcpy(&v, ram_read(&m->ram, gpa, 4), 4);
	return v;
}

static void puts_everything_in_its_place(void **state)
{
	static struct machine m;
	struct error err = { "" };
	char initrd[5000];
	uint32_t at, directory, table;

	(void)state;
	make_elf(file);
	memset(initrd, 'i', sizeof(initrd));
	load(&m, initrd, sizeof(initrd), "hello=1", &err, 0);
	/* the entry is the byte behind the signature */
	assert_int_equal(m.vcpu.eip, 0xf0100000 + 32 + 13);
	assert_int_equal(m.vcpu.reg[ESI], 0);
	assert_true(m.ram.flags[0x100] & RAM_FILE);
	assert_int_equal(word(&m, 0x101010), 0x5a5a5a5a);
	assert_int_equal(word(&m, 0x101010 + 100), 0);
	/* boot parameters */
	assert_int_equal(*(const uint8_t *)ram_read(&m.ram, BOOT_E820_COUNT, 1), 1);
	assert_int_equal(word(&m, BOOT_E820_MAP + 8), 16 << 20);
	assert_int_equal(word(&m, BOOT_E820_MAP + 16), 1);
	assert_int_equal(word(&m, BOOT_SUBARCH), 1);
	assert_string_equal(ram_read(&m.ram, word(&m, BOOT_CMDLINE_ADDR), 8), "hello=1");
	/* the initrd ends where memory ends, rounded to pages */
	at = word(&m, BOOT_INITRD_ADDR);
	assert_int_equal(at, (16 << 20) - 2 * PAGE_SIZE);
	assert_memory_equal(ram_read(&m.ram, at, sizeof(initrd)), initrd, sizeof(initrd));
	/* the kernel's page is mapped at page_offset and at its own address */
	directory = m.vcpu.space;
	for (uint32_t va = 0xf0100000; va; va = va == 0x100000 ? 0 : 0x100000) {
		table = word(&m, directory + (va >> 22) * 4);
		assert_int_equal(table & 3, 3);
		assert_int_equal(word(&m, (table & ~PAGE_MASK) + (va >> 12 & 1023) * 4) & ~PAGE_MASK, 0x100000);
	}
	ram_free(&m.ram);
}

static void refuses_without_signature_or_room(void **state)
{
	static struct machine m;
	struct error err = { "" };
	static char big[20 << 20];
	char line[3000];

	(void)state;
	make_elf(file);
	file[4096 + 32] = 'X';
	load(&m, "", 0, "", &err, -1);
	assert_non_null(strstr(err.text, "GenuineLguest"));
	ram_free(&m.ram);
	make_elf(file);
	err.text[0] = '\0';
	load(&m, big, sizeof(big), "", &err, -1);
	assert_non_null(strstr(err.text, "-m"));
	ram_free(&m.ram);
	PHDR[1].p_memsz = 100 << 20;
	err.text[0] = '\0';
	load(&m, "", 0, "", &err, -1);
	assert_non_null(strstr(err.text, "-m"));
	ram_free(&m.ram);
	make_elf(file);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	err.text[0] = '\0';
	load(&m, "", 0, line, &err, -1);
	assert_non_null(strstr(err.text, "command line"));
	ram_free(&m.ram);
}

static void overlay_is_an_archive_cpio_reads(void **state)
{
	size_t bytes;
	char *archive = overlay_make("echo 'it''s'\n", NULL, false, "bad=name\n", false, &bytes), line[200], name[] = "/tmp/overlayXXXXXX";
	int fd = mkstemp(name), files = 0;
	FILE *p;

	(void)state;
	assert_non_null(archive);
	assert_int_equal(write(fd, archive, bytes), bytes);
	close(fd);
	if (system("command -v cpio >/dev/null") != 0) {
		unlink(name);
		skip();
	}
	snprintf(line, sizeof(line), "cpio -t --quiet < %s && cpio -i --quiet --to-stdout boot/config < %s", name, name);
	p = popen(line, "r");
	while (fgets(line, sizeof(line), p)) {
		files += !strcmp(line, "boot/config\n") || !strcmp(line, "boot/command\n");
		if (!strncmp(line, "user=", 5))
			assert_string_equal(line, "user=glenda\n");	/* a name that would upset the format is not used */
		if (!strncmp(line, "console=", 8))
			assert_string_equal(line, "console=stream\n");
	}
	assert_int_equal(pclose(p), 0);
	assert_int_equal(files, 2);
	unlink(name);
	free(archive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_a_kernel), cmocka_unit_test(refuses_what_is_no_kernel),
		cmocka_unit_test(refuses_what_is_cut_short), cmocka_unit_test(refuses_bad_segments),
		cmocka_unit_test(puts_everything_in_its_place), cmocka_unit_test(refuses_without_signature_or_room),
		cmocka_unit_test(overlay_is_an_archive_cpio_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
