/*
 * Unit tests of host/ram.c: bounds, pages that belong to a file until they are written, and who is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../host/ram.h"

static unsigned told;
static uint32_t told_pfn;

static void on_write(void *ctx, uint32_t pfn)
{
	assert_ptr_equal(ctx, &told);
	told++;
	told_pfn = pfn;
}

/* A file of n pages, page i filled with 'a' + i. */
static int make_file(unsigned pages)
{
	int fd = memfd_create("unit", 0);
	char page[PAGE_SIZE];

	assert_true(fd >= 0);
	for (unsigned i = 0; i < pages; i++) {
		memset(page, 'a' + (int)i, sizeof(page));
		assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	}
	return fd;
}

static void make(struct ram *ram, uint64_t bytes)
{
	struct error err = { "" };

	assert_int_equal(ram_init(ram, bytes, 2, &err), 0);
	ram->on_write = on_write;
	ram->on_write_ctx = &told;
	told = 0;
}

static void bounds(void **state)
{
	struct ram ram;

	(void)state;
	make(&ram, 16 * PAGE_SIZE);
	assert_int_equal(ram.size_bytes, 18 * PAGE_SIZE);
	assert_int_equal(ram.ram_bytes, 16 * PAGE_SIZE);
	assert_non_null(ram_read(&ram, 0, 18 * PAGE_SIZE));
	assert_null(ram_read(&ram, 0, 18 * PAGE_SIZE + 1));
	assert_non_null(ram_read(&ram, 18 * PAGE_SIZE - 1, 1));
	assert_null(ram_read(&ram, 18 * PAGE_SIZE - 1, 2));
	assert_null(ram_read(&ram, UINT64_MAX, 1));
	assert_null(ram_read(&ram, 4, UINT64_MAX));
	assert_null(ram_write(&ram, 18 * PAGE_SIZE, 1));
	assert_null(ram_write(&ram, 1, UINT64_MAX - 1));
	assert_non_null(ram_write(&ram, 18 * PAGE_SIZE - 4, 4));
	ram_free(&ram);
}

static void sizes_are_rounded_up(void **state)
{
	struct ram ram;

	(void)state;
	make(&ram, 3 * PAGE_SIZE + 1);
	assert_int_equal(ram.ram_bytes, 4 * PAGE_SIZE);
	ram_free(&ram);
}

static void too_much_is_refused(void **state)
{
	struct ram ram;
	struct error err = { "" };

	(void)state;
	assert_int_equal(ram_init(&ram, 5ull << 30, 0, &err), -1);
	assert_non_null(strstr(err.text, "5368709120"));
}

static void file_pages_stay_the_files(void **state)
{
	struct ram ram;
	struct error err = { "" };
	int fd = make_file(4);
	uint64_t offset;
	const char *p;

	(void)state;
	make(&ram, 16 * PAGE_SIZE);
	assert_int_equal(ram_map_file(&ram, 8 * PAGE_SIZE, fd, PAGE_SIZE, 2 * PAGE_SIZE, &err), 0);
	p = ram_read(&ram, 8 * PAGE_SIZE, 2 * PAGE_SIZE);
	assert_int_equal(p[0], 'b');
	assert_int_equal(p[2 * PAGE_SIZE - 1], 'c');
	assert_true(ram.flags[8] & RAM_FILE);
	assert_false(ram.flags[10] & RAM_FILE);
	assert_int_equal(ram_backing(&ram, 9, &offset), fd);
	assert_int_equal(offset, 2 * PAGE_SIZE);
	assert_int_equal(ram_backing(&ram, 7, &offset), -1);
	ram_free(&ram);
	close(fd);
}

static void a_write_makes_a_file_page_private(void **state)
{
	struct ram ram;
	struct error err = { "" };
	int fd = make_file(2);
	char byte, *p;

	(void)state;
	make(&ram, 16 * PAGE_SIZE);
	assert_int_equal(ram_map_file(&ram, 4 * PAGE_SIZE, fd, 0, 2 * PAGE_SIZE, &err), 0);
	p = ram_write(&ram, 5 * PAGE_SIZE - 2, 2);
	assert_non_null(p);
	assert_int_equal(told, 1);
	assert_int_equal(told_pfn, 4);
	assert_int_equal(p[0], 'a');
	p[0] = 'X';
	assert_false(ram.flags[4] & RAM_FILE);
	assert_true(ram.flags[5] & RAM_FILE);
	assert_int_equal(pread(ram.memfd, &byte, 1, 5 * PAGE_SIZE - 2), 1);
	assert_int_equal(byte, 'X');
	assert_int_equal(pread(fd, &byte, 1, PAGE_SIZE - 2), 1);
	assert_int_equal(byte, 'a');
	ram_free(&ram);
	close(fd);
}

static void a_write_across_pages_takes_both(void **state)
{
	struct ram ram;
	struct error err = { "" };
	int fd = make_file(2);

	(void)state;
	make(&ram, 16 * PAGE_SIZE);
	assert_int_equal(ram_map_file(&ram, 4 * PAGE_SIZE, fd, 0, 2 * PAGE_SIZE, &err), 0);
	assert_non_null(ram_write(&ram, 5 * PAGE_SIZE - 1, 2));
	assert_int_equal(told, 2);
	assert_false((ram.flags[4] | ram.flags[5]) & RAM_FILE);
	ram_free(&ram);
	close(fd);
}

static void code_pages_are_told_of(void **state)
{
	struct ram ram;

	(void)state;
	make(&ram, 16 * PAGE_SIZE);
	ram.flags[3] |= RAM_CODE;
	ram_write(&ram, 2 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(told, 0);
	ram_write(&ram, 2 * PAGE_SIZE, PAGE_SIZE + 1);
	assert_int_equal(told, 1);
	assert_int_equal(told_pfn, 3);
	ram_free(&ram);
}

static void bad_file_mappings_are_refused(void **state)
{
	struct ram ram;
	struct error err = { "" };
	int fd = make_file(2);

	(void)state;
	make(&ram, 16 * PAGE_SIZE);
	assert_int_equal(ram_map_file(&ram, 17, fd, 0, PAGE_SIZE, &err), -1);
	err.text[0] = '\0';
	assert_int_equal(ram_map_file(&ram, 0, fd, 17, PAGE_SIZE, &err), -1);
	err.text[0] = '\0';
	assert_int_equal(ram_map_file(&ram, 16 * PAGE_SIZE, fd, 0, PAGE_SIZE, &err), -1);
	err.text[0] = '\0';
	assert_int_equal(ram_map_file(&ram, 0, fd, 0, 2 * PAGE_SIZE + 1, &err), -1);
	assert_non_null(strstr(err.text, "shorter"));
	ram_free(&ram);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds), cmocka_unit_test(sizes_are_rounded_up), cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(file_pages_stay_the_files), cmocka_unit_test(a_write_makes_a_file_page_private),
		cmocka_unit_test(a_write_across_pages_takes_both), cmocka_unit_test(code_pages_are_told_of),
		cmocka_unit_test(bad_file_mappings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
