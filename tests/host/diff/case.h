/*
 * A test case: code, the state it starts in, and what the reference says must come out.  The generators make them (gen.c
 * at random, table.c by enumeration), subject.c runs them on the translator, judge.c compares, shrink.c makes a failing
 * one small.  A case is a function of its seed and number alone, so that each can be made again.
 */
#ifndef DIFF_CASE_H
#define DIFF_CASE_H

#include "cpu.h"

#define CASE_CODE	288u		/* bytes of code at most */
#define CASE_INSNS	16u
#define CASE_STEPS	400u		/* instructions the reference executes at most */

#define IMAGES		8u		/* initial contents of the scratch pages to choose from */
extern struct scratch images[IMAGES];

struct test_case {
	uint64_t number;
	struct cpu_state in;
	unsigned image;
	uint32_t va;			/* where the code is, and EIP starts */
	unsigned len;
	uint8_t code[CASE_CODE + 16];	/* ends with the far jump */
	unsigned insns;
	struct { uint16_t offset, len; } insn[CASE_INSNS];	/* as generated, in order */
};

struct result {
	struct outcome out;
	struct scratch memory;
};

/* rng.c: xorshift64*, seeded by a mix of seed and number. */
struct rng { uint64_t s; };
void rng_seed(struct rng *g, uint64_t seed, uint64_t number);
uint32_t rnd(struct rng *g);
uint32_t rnd_below(struct rng *g, uint32_t n);
bool rnd_percent(struct rng *g, unsigned percent);
/* A 32-bit value: small, near a power of two, or random. */
uint32_t rnd_value(struct rng *g);
/* An address: mostly in the scratch pages, their edges among them. */
uint32_t rnd_address(struct rng *g);
void rnd_fpu(struct rng *g, uint8_t fpu[512]);
void rnd_state(struct rng *g, struct cpu_state *s);
void images_init(uint64_t seed);

/* What to generate. */
enum group { GROUP_INT, GROUP_STACK, GROUP_FLOW, GROUP_STRING, GROUP_X87, GROUP_MMX, GROUP_SSE, GROUP_SYSTEM, GROUPS };
extern const char *const group_names[GROUPS];

/* gen.c: make case `number` of `seed` and run it on the reference.  False: no verdict, take another. */
void gen_init(unsigned groups);
bool gen_case(uint64_t seed, uint64_t number, struct test_case *c, struct result *expect);
/* Run *c on the reference as it stands. */
void case_reference(const struct test_case *c, struct result *expect);
/* Append the far jump that ends the case. */
void case_end(struct test_case *c);
uint32_t case_va(uint64_t number);
/* A memory operand with ModRM.reg = reg at `to`, whose address is `target` in the state s.  Returns its length. */
unsigned put_memory(struct rng *g, const struct cpu_state *s, unsigned form, unsigned reg, uint32_t target, uint8_t *to);
enum { MEMORY_FORMS = 9 };

/* table.c: the systematic table.  Its size, and its case `number` (false: not an encoding to be judged). */
uint64_t table_size(unsigned values);
bool table_case(uint64_t seed, unsigned values, uint64_t number, struct test_case *c, struct result *expect);

/* subject.c: the translator.  -1 with a reason. */
int subject_init(char *why, unsigned len);
void subject_place(const struct test_case *c);	/* put its code into the subject's memory */
void subject_write(uint32_t va, const void *bytes, unsigned len);
void subject_load(const struct cpu_state *s);
/* Host pointers to all regions of the subject, good until it runs. */
void subject_pages(uint8_t *base[PLACES]);
/* Run from *in to the end; each_kick, if not NULL, sees the state whenever a kick interrupted. */
void subject_execute(const struct cpu_state *in, struct outcome *out, void (*each_kick)(const struct cpu_state *));
void subject_kick(void);
void subject_run(const struct test_case *c, struct result *got);
/* From a signal handler: the case at hand takes too long. */
void subject_abort(void);

/* native.c: the CPU in 32-bit mode.  -1 with a reason where there is none; native_run: false without verdict. */
int native_init(char *why, unsigned len);
void native_take_signals(void);
bool native_run(const struct test_case *c, struct result *got);

/* judge.c: 0 if got is what was expected; else -1 and a description in text. */
int judge(const struct test_case *c, const struct result *expect, const struct result *got, char *text, size_t size);
void case_print(const struct test_case *c);
/* A key for "the same bug": what differs, in which instruction. */
void judge_key(const struct test_case *c, const struct result *expect, const struct result *got, char *key, size_t size);

/* shrink.c */
void shrink(struct test_case *c, bool (*fails)(const struct test_case *c));

#endif
