/* Small ELF kernels for the tests of the loader and its fuzzer. */
#ifndef MAKE_ELF_H
#define MAKE_ELF_H

#include <elf.h>
#include <string.h>

#define ELF_BYTES	(3 * 4096)

/* A kernel with two segments, one page aligned, and the signature in the first: ELF_BYTES at `to`. */
static inline void make_elf(unsigned char *to)
{
	Elf32_Ehdr *eh = (Elf32_Ehdr *)to;
	Elf32_Phdr *ph = (Elf32_Phdr *)(to + sizeof(*eh));

	memset(to, 0, ELF_BYTES);
	memcpy(eh->e_ident, ELFMAG, SELFMAG);
	eh->e_ident[EI_CLASS] = ELFCLASS32;
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_ident[EI_VERSION] = EV_CURRENT;
	eh->e_type = ET_EXEC;
	eh->e_machine = EM_386;
	eh->e_version = EV_CURRENT;
	eh->e_phoff = sizeof(*eh);
	eh->e_ehsize = sizeof(*eh);
	eh->e_phentsize = sizeof(*ph);
	eh->e_phnum = 2;
	ph[0] = (Elf32_Phdr){ PT_LOAD, 4096, 0xf0100000, 0x100000, 4096, 4096, PF_R | PF_X, 4096 };
	ph[1] = (Elf32_Phdr){ PT_LOAD, 8192 + 16, 0xf0101010, 0x101010, 100, 20000, PF_R | PF_W, 16 };
	memcpy(to + 4096 + 32, "GenuineLguest\xeb\xfe", 15);
	memset(to + 8192 + 16, 0x5a, 100);
}

#endif
