/*
 * A request to a share: the device page names it; Tversion is answered in segments that the guest chose, and the header's segment
 * first. Bad memory kills the guest.
 * support
 * options: -s /tmp:here
 * expect-status: 0
 * expect-stdout: 9P2000
 * case: segment | 3 | bad segment 1 of a request: address 0xfffffff0 length 64
 * case: request | 3 | bad address of a request
 * case: many | 3 | a request of 601 segments
 * case: flood | 0 |
 */
#include "guest.h"

void main(void);

#define DEVICES	(USER_CODE + 0x10000)
#define NAME	(USER_CODE + 0x11000)

static struct {
	struct lguest_request r;
	struct lguest_segment segment[601];
} request __attribute__((aligned(8)));
static uint8_t reply[512];
static uint8_t tversion[19] = { 19, 0, 0, 0, 100, 0xff, 0xff, 0, 32, 0, 0, 6, 0, '9', 'P', '2', '0', '0', '0' };

static int is(const char *name)
{
	const char *line = (const char *)(OFFSET + BOOT_CMDLINE_GPA);

	while (*name && *name == *line)
		name++, line++;
	return *name == *line;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void ask(unsigned device)
{
	volatile struct lguest_request *r = &request.r;

	r->nout = 2;
	r->nin = 2;
	request.segment[0] = (struct lguest_segment){ PA(tversion), 7 };
	request.segment[1] = (struct lguest_segment){ PA(tversion) + 7, 12 };
	request.segment[2] = (struct lguest_segment){ PA(reply), 256 };
	request.segment[3] = (struct lguest_segment){ PA(reply) + 256, 16 };
	if (is("segment"))
		request.segment[1] = (struct lguest_segment){ 0xfffffff0, 64 };
	if (is("many"))
		r->nin = 599;
	hcall(LHCALL_REQUEST, device, is("request") ? 0xfffffffc : PA(&request), 0);
	check(r->state == LGUEST_REQUEST_DONE, "a version needs no waiting");
	check(r->status == 0 && r->used == 19, "not a reply of 19 bytes");
	check(reply[4] == 101 && reply[5] == 0xff && reply[6] == 0xff, "not Rversion");
}

void main(void)
{
	volatile struct lguest_device_desc *d = (void *)DEVICES;
	uint64_t memory = *(uint64_t *)(OFFSET + BOOT_E820_MAP + 8);

	begin();
	traps_begin();
	paging_begin();
	map(DEVICES, (uint32_t)memory, 0x67);
	check(d[1].type == LGUEST_DEVICE_SHARE && d[1].num_pages == 1, "the second device is not a share");
	map(NAME, d[1].pfn << 12, 0x67);
	check(same((const char *)NAME, "here"), "the share has another name");
	ask(1);
	if (is("flood"))
		for (unsigned i = 0; i < 100000; i++)
			ask(1);
	reply[19] = '\n', reply[20] = 0;
	print((const char *)reply + 13);
	finish("");
}
