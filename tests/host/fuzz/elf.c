/*
 * Fuzzing the ELF loader: a valid kernel with bytes changed, cut, and numbers replaced by edges, thousands of times a
 * second.  The loader must answer 0, or -1 with one line; sanitizers or a crash say otherwise.
 *
 *   elf [--seed=N] [--count=N] [--seconds=N]      default 5 seconds; --seconds=0: for ever
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../host/loader.h"
#include "../unit/make_elf.h"
#include "fuzz.h"

void machine_end(struct machine *m, enum machine_end end, const char *text)
{
	(void)m;
	(void)end;
	(void)text;
}

static const uint32_t edges[] = { 0, 1, 52, 4095, 4096, 0x100000, 0x7fffffff, 0x80000000, 0xf0100000, 0xfffff000,
	0xfffffff0, 0xffffffff };

static size_t mutate(struct fuzz *f, uint8_t *bytes)
{
	unsigned changes = 1 + fuzz_below(f, 4);

	make_elf(bytes);
	while (changes--)
		switch (fuzz_below(f, 4)) {
		case 0:
			bytes[fuzz_below(f, 160)] ^= (uint8_t)(1u << fuzz_below(f, 8));
			break;
		case 1:
			memcpy(bytes + 4 * fuzz_below(f, 29), &edges[fuzz_below(f, 12)], 4);
			break;
		case 2:
			bytes[fuzz_below(f, ELF_BYTES)] = (uint8_t)fuzz_next(f);
			break;
		default: {
			uint32_t v = fuzz_next(f) >> fuzz_below(f, 32);

			memcpy(bytes + 52 + 4 * fuzz_below(f, 16), &v, 4);
		}
		}
	return fuzz_below(f, 5) ? ELF_BYTES : fuzz_below(f, ELF_BYTES);
}

static void load(const struct image *kernel)
{
	static const struct image no_initrd = { .name = "none", .fd = -1 };
	static struct machine m;
	struct boot boot = { .kernel = kernel, .initrd = &no_initrd, .command_line = "x" };
	struct error err = { "" };

	memset(&m, 0, sizeof(m));
	if (ram_init(&m.ram, 4 << 20, 1, &err) < 0)
		fuzz_fail("ram_init: %s", err.text);
	if (loader_load(&m, &boot, &err) < 0 && (!err.text[0] || strchr(err.text, '\n')))
		fuzz_fail("refused without one line: \"%s\"", err.text);
	ram_free(&m.ram);
}

int main(int argc, char **argv)
{
	struct fuzz f;
	static uint8_t bytes[ELF_BYTES];
	int fd = memfd_create("elf", 0);

	fuzz_start(&f, "the ELF loader", argc, argv);
	while (fuzz_more(&f)) {
		struct image image = { .name = "vmfuzz", .fd = fd, .size = mutate(&f, bytes) };

		if (ftruncate(fd, 0) < 0 || pwrite(fd, bytes, image.size, 0) != (ssize_t)image.size)
			fuzz_fail("cannot write the image");
		load(&image);
	}
	return fuzz_end(&f);
}
