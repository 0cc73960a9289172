/*
 * What the differential tests compare: the state of a 32-bit user-mode CPU, how a run of code ended, and the little
 * address space both sides execute in.  Two CPUs fill these in: the reference (reference.h) and the subject, which is
 * the translator (subject.h).  Addresses are guest-virtual; the reference maps them at the same host addresses.
 */
#ifndef DIFF_CPU_H
#define DIFF_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { R_AX, R_CX, R_DX, R_BX, R_SP, R_BP, R_SI, R_DI };
enum { S_ES, S_CS, S_SS, S_DS, S_FS, S_GS };

enum {
	F_CF = 1, F_PF = 4, F_AF = 0x10, F_ZF = 0x40, F_SF = 0x80, F_TF = 0x100, F_IF = 0x200, F_DF = 0x400,
	F_OF = 0x800, F_NT = 0x4000, F_RF = 0x10000, F_AC = 0x40000, F_ID = 0x200000,
	F_STATUS = F_CF | F_PF | F_AF | F_ZF | F_SF | F_OF,
	F_FIXED = 0x202,
};

struct cpu_state {
	uint32_t reg[8];
	uint32_t eip, eflags;
	uint16_t seg[6];
	_Alignas(16) uint8_t fpu[512];		/* FXSAVE, 32-bit format; XMM8-15 unused */
};

enum ending {
	END_RAN,		/* came to the far jump that closes every case */
	END_TRAP,
	END_FAR,		/* any other far transfer */
	END_IRET,
	END_STUCK,		/* did not end in time */
	END_UNTOLD,		/* the reference cannot say what is right: no verdict */
	END_BROKEN,		/* the subject did what no CPU may do; see note */
};

struct outcome {
	uint8_t ending;			/* enum ending */
	uint8_t vector;			/* TRAP */
	bool software;			/* TRAP: int n, int3, into */
	uint32_t error, cr2;		/* TRAP; error is 0 where the vector has none */
	uint16_t selector;		/* FAR */
	uint32_t far_offset;		/* FAR */
	bool touched_code;		/* data in the code region, where other cases have left theirs */
	uint32_t vague_flags;		/* flags without a defined value */
	struct { uint32_t va, len; } vague[8];	/* memory without a defined value (FPU instruction pointers) */
	bool cr2_in_page;		/* a long operand faulted: only the page in cr2 is told */
	char note[80];
	struct cpu_state cpu;
};

/* The address space: code, scratch data with a read-only page behind it, a stack page, the last page below 4 GiB, a
 * page 16-bit addresses can reach (where the host lets us map it), and room for compiled programs. */
enum place {
	PLACE_CODE, PLACE_DATA, PLACE_CONST, PLACE_STACK, PLACE_HIGH, PLACE_LOW, PLACE_IMAGE, PLACE_IMAGE_STACK,
	PLACE_ALIAS, PLACES,
};

struct region {
	uint32_t va, pages;
	bool writable;
	bool scratch;		/* part of struct scratch: reset before and compared after each case */
	bool absent;		/* the host would not map it */
	uint32_t pfn;		/* where the subject's RAM holds it */
	uint8_t *host;		/* the reference's page: equal to va */
};

#define CODE_VA		0x137a3000u
#define CODE_PAGES	16384u
#define CODE_SLOT	320u		/* distance of cases in the code region */
#define DATA_VA		0x20000000u
#define DATA_BYTES	0x2000u
#define CONST_VA	(DATA_VA + DATA_BYTES)
#define STACK_VA	0x30000000u
#define HIGH_VA		0xfffff000u
#define LOW_VA		0x8000u
#define IMAGE_VA	0x08048000u
#define IMAGE_PAGES	512u
#define IMAGE_ALIAS_VA	0x0c048000u	/* the image once more */
#define IMAGE_STACK_VA	0x0a000000u
#define IMAGE_STACK_PAGES 64u
#define SPACE_PAGES	(CODE_PAGES + 2 + 1 + 1 + 1 + 1 + IMAGE_PAGES + IMAGE_STACK_PAGES)

/* Every case ends with ljmp END_SELECTOR:END_OFFSET. */
#define END_SELECTOR	0x33
#define END_OFFSET	0x4b5a1000u

#define SCRATCH_PAGES	5
struct scratch {
	uint8_t bytes[SCRATCH_PAGES][4096];	/* DATA (2), STACK, HIGH, LOW */
};

extern struct region regions[PLACES];
/* space.c: map the reference's pages and number the subject's; -1 with a reason in why[80]. */
int space_init(char *why);
/* The region that shows va, or NULL. */
const struct region *space_find(uint32_t va);
/* Copy the scratch pages from or to the pages at base[place] (host pointers of each region). */
void scratch_save(struct scratch *to, uint8_t *const base[PLACES]);
void scratch_load(const struct scratch *from, uint8_t *const base[PLACES]);
/* The guest address of a byte of struct scratch. */
uint32_t scratch_va(unsigned page, unsigned offset);

/* The segments of the machine both sides run on.  Base of a selector that may be loaded into the segment register
 * `index` at CPL 3; -1 when loading it is #GP(selector & ~3).  A null selector loads everywhere but in SS. */
int space_segment(unsigned index, uint16_t selector, uint32_t *base);
/* What a segment register that holds it allows: 0 all, 1 nothing (null), 2 reading. */
uint8_t space_access(uint16_t selector);
/* True: the segments are those that Linux gives a 32-bit program, and none has a base. */
extern bool space_native_segments;

#define SEL_DATA	0x2b	/* base 0 */
#define SEL_CODE	0x23	/* base 0 */
#define SEL_BASED	0x63	/* base SEL_BASED_BASE */
#define SEL_BASED_BASE	0x00345000u

#endif
