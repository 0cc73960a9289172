/*
 * Unit tests of lguest's rules for page tables and segments (host/pagetable.c, host/segment.c), on a machine that has
 * nothing but memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../host/pagetable.h"
#include "../../../host/segment.h"

static struct machine m;
static const char *ended;

void machine_end(struct machine *machine, enum machine_end end, const char *text)
{
	(void)machine;
	(void)end;
	if (!ended)
		ended = text;
}

#define DIRECTORY	0x3000u
#define TABLE		0x4000u

static int setup(void **state)
{
	struct error err;

	(void)state;
	memset(&m, 0, sizeof(m));
	err.text[0] = '\0';
	assert_int_equal(ram_init(&m.ram, 1 << 20, 1, &err), 0);
	m.frames = (uint32_t)(m.ram.size_bytes >> PAGE_SHIFT);
	m.vcpu.space = DIRECTORY;
	m.vcpu.cpl = 3;
	ended = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ram_free(&m.ram);
	return 0;
}

static void put(uint32_t gpa, uint32_t value)
{
	memcpy(ram_write(&m.ram, gpa, 4), &value, 4);
}

static uint32_t get(uint32_t gpa)
{
	uint32_t v;

	memcpy(&v, ram_read(&m.ram, gpa, 4), 4);
	return v;
}

/* Map va's page with the flags; returns the gpa of its PTE. */
static uint32_t map(uint32_t va, uint32_t pde_flags, uint32_t pte)
{
	put(DIRECTORY + (va >> 22) * 4, TABLE | pde_flags);
	put(TABLE + (va >> 12 & 1023) * 4, pte);
	return TABLE + (va >> 12 & 1023) * 4;
}

static int walk(uint32_t va, unsigned flags, struct mapping *out, uint32_t *error)
{
	return pagetable_walk(&m, DIRECTORY, va, flags, out, error);
}

static void absent_and_forbidden(void **state)
{
	struct mapping out;
	uint32_t error = 9;

	(void)state;
	assert_int_equal(walk(0x1000, 0, &out, &error), -1);
	assert_int_equal(error, 0);
	map(0x1000, PTE_P | PTE_W | PTE_U, 0);
	assert_int_equal(walk(0x1000, 0, &out, &error), -1);
	assert_int_equal(error, 0);
	map(0x1000, PTE_P | PTE_W | PTE_U, 0x5000 | PTE_P);
	assert_int_equal(walk(0x1000, WALK_USER, &out, &error), -1);
	assert_int_equal(error, 1);
	map(0x1000, PTE_P | PTE_W | PTE_U, 0x5000 | PTE_P | PTE_U);
	assert_int_equal(walk(0x1000, WALK_USER | WALK_WRITE, &out, &error), -1);
	assert_int_equal(error, 1);
	map(0x1000, PTE_P | PTE_U, 0x5000 | PTE_P | PTE_U | PTE_W);	/* the directory's bits count too */
	assert_int_equal(walk(0x1000, WALK_USER | WALK_WRITE, &out, &error), -1);
	assert_null(ended);
}

static void accessed_and_dirty(void **state)
{
	struct mapping out;
	uint32_t error, pte = map(0x2000, PTE_P | PTE_W | PTE_U, 0x5000 | PTE_P | PTE_W | PTE_U);

	(void)state;
	assert_int_equal(walk(0x2000, WALK_PEEK, &out, &error), -1);	/* a peek needs A, and sets nothing */
	assert_int_equal(get(pte) & (PTE_A | PTE_D), 0);
	assert_int_equal(walk(0x2000, WALK_USER, &out, &error), 0);
	assert_int_equal(out.pfn, 5);
	assert_true(out.user);
	assert_false(out.writable);		/* not before it is dirty */
	assert_int_equal(get(pte) & (PTE_A | PTE_D), PTE_A);
	assert_int_equal(walk(0x2000, WALK_USER | WALK_WRITE, &out, &error), 0);
	assert_true(out.writable);
	assert_int_equal(get(pte) & (PTE_A | PTE_D), PTE_A | PTE_D);
	assert_int_equal(walk(0x2000, WALK_PEEK, &out, &error), 0);
	assert_true(out.writable);
}

static void nonsense_kills(void **state)
{
	static const struct { uint32_t pde, pte, va; } bad[] = {
		{ PTE_P | PTE_PS, 0, 0x1000 },			/* a large page */
		{ PTE_P | 0x7ff00000, 0, 0x1000 },		/* a table outside memory */
		{ PTE_P, PTE_P | 0x7ff00000, 0x1000 },		/* a page outside memory */
		{ PTE_P, PTE_P | PTE_PWT, 0x1000 },
		{ PTE_P, PTE_P, 0xffc00000 },			/* the switcher's slot */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mapping out;
		uint32_t error;

		map(bad[i].va, bad[i].pde, bad[i].pte);
		ended = NULL;
		assert_int_equal(walk(bad[i].va, WALK_PEEK, &out, &error), -1);
		assert_null(ended);		/* a neighbour's nonsense is not this access' */
		assert_int_equal(walk(bad[i].va, 0, &out, &error), -1);
		if (!ended)
			fail_msg("case %u: the guest was not killed", i);
		put(DIRECTORY + (bad[i].va >> 22) * 4, 0);
	}
	ended = NULL;
	struct mapping out;
	uint32_t error;
	assert_int_equal(pagetable_walk(&m, 0x40000000, 0, 0, &out, &error), -1);
	assert_non_null(ended);
}

static void copies_cross_pages(void **state)
{
	char text[] = "across", back[8] = "";
	uint32_t fault = 0, error = 0;

	(void)state;
	map(0x6000, PTE_P | PTE_W | PTE_U, 0x9000 | PTE_P | PTE_W | PTE_U);
	map(0x7000, PTE_P | PTE_W | PTE_U, 0x5000 | PTE_P | PTE_W | PTE_U);
	assert_int_equal(guest_write(&m, 0x6ffd, text, 7, WALK_USER, &fault, &error), 0);
	assert_memory_equal(ram_read(&m.ram, 0x9ffd, 3), "acr", 3);
	assert_string_equal(ram_read(&m.ram, 0x5000, 4), "oss");
	assert_int_equal(guest_read(&m, 0x6ffd, back, 7, WALK_USER, &fault, &error), 0);
	assert_string_equal(back, text);
	assert_int_equal(guest_read(&m, 0x7ffd, back, 7, WALK_USER, &fault, &error), -1);
	assert_int_equal(fault, 0x8000);
	assert_int_equal(error, 0);
}

#define DESC(base, type, dpl) ((uint64_t)0x00cf000000000000 | 0xffff | (uint64_t)((base) & 0xffffff) << 16 | \
			       (uint64_t)((base) >> 24) << 56 | (uint64_t)(0x80 | (dpl) << 5 | (type)) << 40)
#define DATA	0x12
#define CODE	0x1a
#define SEL(n)	(uint16_t)((n) << 3 | 3)

static void segments(void **state)
{
	uint64_t gdt[32] = { 0 };
	struct segment_fault f;

	(void)state;
	gdt[6] = DESC(0x12345678u, DATA, 3);
	gdt[14] = DESC(0, CODE, 3);
	gdt[15] = DESC(0, DATA, 3);
	gdt[13] = DESC(0, DATA, 0);
	gdt[20] = DESC(0, DATA, 3) & ~(1ull << 47);		/* not present */
	gdt[21] = DESC(0, 0x18, 3);				/* code that cannot be read */
	segment_init(&m);
	segment_store(&m, 0, gdt, 32);
	assert_int_equal(segment_load(&m, GS, SEL(6), &f), 0);
	assert_int_equal(m.vcpu.seg_base[GS], 0x12345678);
	assert_int_equal(segment_load(&m, DS, SEL(15), &f), 0);
	assert_int_equal(segment_load(&m, SS, SEL(15), &f), 0);
	assert_int_equal(segment_load(&m, ES, 3, &f), 0);
	assert_int_equal(m.vcpu.seg_access[ES], SEG_NULL);
	assert_int_equal(segment_load(&m, SS, 3, &f), -1);
	assert_int_equal(f.vector, 13);
	assert_int_equal(f.error, 0);
	/* DPL 0 becomes 1, which CPL 3 may not use */
	assert_int_equal(segment_load(&m, DS, 13 << 3, &f), -1);
	assert_int_equal(f.vector, 13);
	assert_int_equal(f.error, 13 << 3);
	assert_int_equal(segment_load(&m, DS, SEL(20), &f), -1);
	assert_int_equal(f.vector, 11);
	assert_int_equal(segment_load(&m, DS, SEL(21), &f), -1);
	assert_int_equal(segment_load(&m, DS, SEL(15) | 4, &f), -1);	/* no LDT */
	assert_int_equal(segment_load(&m, DS, SEL(40), &f), -1);
	assert_int_equal(segment_check_code(&m, SEL(14), 3, &f), 0);
	assert_int_equal(segment_check_code(&m, SEL(15), 3, &f), -1);
	assert_int_equal(segment_check_code(&m, 0, 3, &f), -1);
	/* a new descriptor under a loaded FS or GS counts at once */
	gdt[6] = DESC(0x1000u, DATA, 3);
	segment_store(&m, 6, &gdt[6], 1);
	assert_int_equal(m.vcpu.seg_base[GS], 0x1000);
	assert_null(ended);
	gdt[6] = DESC(0x1000u, DATA, 3);
	assert_int_equal(segment_load(&m, DS, SEL(6), &f), 0);
	assert_non_null(ended);		/* only FS and GS may have a base */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(absent_and_forbidden, setup, teardown),
		cmocka_unit_test_setup_teardown(accessed_and_dirty, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_kills, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_cross_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(segments, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
