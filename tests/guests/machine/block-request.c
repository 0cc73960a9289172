/*
 * A disk by requests: whatever memory, in however many pieces, few of which are done in a light exit and many in a heavy one, comes to the same;
 * what cannot be is refused, and changes nothing; the FPU's state is the guest's meanwhile.
 * support
 * disk: 64
 * expect-status: 0
 * expect-stdout: same
 */
#include "guest.h"

void main(void);

enum { SECTORS = 64, PIECES = 64, BYTES = 8192, OK = 0 };

static struct {
	struct lguest_request r;
	struct lguest_segment segment[PIECES + 2];
} request __attribute__((aligned(8)));
static struct lguest_block_range range;
static uint8_t data[BYTES] __attribute__((aligned(4096))), first[BYTES] __attribute__((aligned(4096)));
static uint32_t value = 0x40500000, after;	/* 3.25 */

/* One request for `length' bytes, with data in so many pieces, the range itself in one or two: its status. */
static uint32_t ask(uint32_t op, uint32_t sector, uint32_t length, unsigned pieces, unsigned heads)
{
	volatile struct lguest_request *r = &request.r;
	struct lguest_segment *s = request.segment;

	range = (struct lguest_block_range){ sector * LGUEST_SECTOR, sector >> 23, length, 0 };
	for (unsigned i = 0; i < heads; i++)
		*s++ = (struct lguest_segment){ PA(&range) + i * sizeof range / heads, sizeof range / heads };
	for (unsigned i = 0; i < pieces; i++)
		*s++ = (struct lguest_segment){ PA(data) + i * (BYTES / pieces), BYTES / pieces };
	r->nout = (unsigned short)(op == LGUEST_BLOCK_WRITE ? heads + pieces : heads);
	r->nin = (unsigned short)(op == LGUEST_BLOCK_WRITE ? 0 : pieces);
	r->used = 1;
	r->state = LGUEST_REQUEST_FREE;
	__asm__ volatile ("fninit\n\tflds %0\n\tmovss %0, %%xmm3" : : "m" (value));
	hcall(LHCALL_REQUEST, 1, PA(&request), op);
	while (r->state != LGUEST_REQUEST_DONE)
		hcall(LHCALL_FLUSH_ASYNC, 0, 0, 0);
	__asm__ volatile ("fstps %0" : "=m" (after));
	check(after == value, "the FPU has something else on its stack");
	__asm__ volatile ("movss %%xmm3, %0" : "=m" (after));
	check(after == value, "the FPU has something else in a register");
	check(r->used == (r->status == OK ? BYTES : 0), "another number of bytes was used");
	return r->status;
}

static int same(const uint8_t *a, const uint8_t *b, unsigned n)
{
	while (n && *a == *b)
		a++, b++, n--;
	return n == 0;
}

static void fill(uint8_t *p, unsigned seed)
{
	for (unsigned i = 0; i < BYTES; i++)
		p[i] = (uint8_t)(seed + i + i / 256);
}

/* Write something and read it again, in so many pieces. */
static void there_and_back(unsigned seed, unsigned pieces, unsigned heads)
{
	fill(data, seed);
	fill(first, seed);
	check(ask(LGUEST_BLOCK_WRITE, seed % 6 * 8, BYTES, pieces, heads) == OK, "a write failed");
	check(same(data, first, BYTES), "a write changed what was written");
	fill(data, seed + 1);
	check(ask(LGUEST_BLOCK_READ, seed % 6 * 8, BYTES, PIECES / pieces, heads) == OK, "a read failed");
	check(same(data, first, BYTES), "what was read is not what was written");
}

static void refused(uint32_t status, uint32_t op, uint32_t sector, uint32_t length)
{
	fill(data, 7);
	fill(first, 7);
	check(ask(op, sector, length, 1, 1) == status, "another status");
	check(same(data, first, BYTES), "a refused request brought something");
}

void main(void)
{
	volatile struct lguest_device_desc *disk = (void *)(USER_CODE + 0x10000);
	uint64_t memory = *(uint64_t *)(OFFSET + BOOT_E820_MAP + 8);

	begin();
	traps_begin();
	paging_begin();
	map(USER_CODE + 0x10000, (uint32_t)memory, 0x67);
	disk++;
	check(disk->type == LGUEST_DEVICE_BLOCK && disk->features & LGUEST_BLOCK_REQUESTS, "the second device takes no requests");
	check(ask(LGUEST_BLOCK_READ, 5, BYTES, 2, 1) == OK && data[0] == '5' && data[512] == '6', "another place was read");
	for (unsigned i = 0; i < 100; i++)	/* quick ones come only after some that were watched */
		there_and_back(i, 1u << i % 7, 1 + i / 7 % 2);
	for (unsigned i = 0; i < 2; i++) {
		uint32_t op = i ? LGUEST_BLOCK_WRITE : LGUEST_BLOCK_READ;

		refused(LGUEST_BLOCK_ERANGE, op, SECTORS - BYTES / LGUEST_SECTOR + 1, BYTES);
		refused(LGUEST_BLOCK_ERANGE, op, 0xffffffff, BYTES);
		refused(LGUEST_BLOCK_EINVAL, op, 0, BYTES - 1);
		refused(LGUEST_BLOCK_EINVAL, op, 0, BYTES + 1);
	}
	refused(LGUEST_BLOCK_EINVAL, 99, 0, BYTES);
	refused(LGUEST_BLOCK_EINVAL, LGUEST_BLOCK_ATONCE | LGUEST_BLOCK_FLUSH, 0, BYTES);
	print("same\n");
	finish("");
}
