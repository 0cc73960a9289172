/*
 * Says of each frame that comes from a tap how long it is, what the host says of it, and whether its checksum is right, of TCP or UDP in IPv4; ends with the
 * first to UDP's port 9.  Run by tests/machine/tap.t, with a word that says how frames are wanted:
 * plain: as any guest of lguest gets them; joined: as the host's kernel has them; wavering: it changes its mind with each frame.
 * support
 */
#include "guest.h"

void main(void);

#define BUFFERS	70
#define ROOM	2048
#define PAGE	(USER_CODE + 0x10000)

static struct lguest_dma dma[BUFFERS];
static uint8_t buffers[BUFFERS][ROOM], frame[BUFFERS * ROOM];
static unsigned next;
static volatile struct lguest_net_news *news;

static int is(const char *word)
{
	const char *p = (const char *)(OFFSET + BOOT_CMDLINE_GPA);

	while (*word)
		if (*p++ != *word++)
			return 0;
	return *p == 0;
}

/* The frame that begins in the next buffer, put together: its bytes. */
static unsigned take(void)
{
	unsigned total = dma[next].used_len, have = 0;

	while (have < total) {
		unsigned n = total - have < ROOM ? total - have : ROOM;

		check(have == 0 || dma[next].used_len == n, "a buffer in the middle is not full");
		for (unsigned i = 0; i < n; i++)
			frame[have++] = buffers[next][i];
		dma[next].used_len = 0;
		next = (next + 1) % BUFFERS;
	}
	return total;
}

static unsigned words(const uint8_t *p, unsigned n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	return sum;
}

/* Is the checksum right? */
static int summed(const uint8_t *ip, unsigned n)
{
	unsigned sum = words(ip + 12, 8) + ip[9] + (n - 20) + words(ip + 20, n - 20);

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* Is that the last one? */
static int show(const uint8_t *p, unsigned n, unsigned flags, unsigned segment)
{
	const uint8_t *ip = p + 14;

	if (p[12] != 8 || p[13] != 0 || (ip[9] != 6 && ip[9] != 17))
		return 0;
	print("frame ");
	print_number(n);
	print(" flags ");
	print_number(flags);
	print(" segment ");
	print_number(segment);
	print(summed(ip, n - 14) ? " summed\n" : " not summed\n");
	return ip[9] == 17 && p[36] == 0 && p[37] == 9;
}

static void irq(struct frame *f)
{
	(void)f;
}

void main(void)
{
	volatile struct lguest_device_desc *devices = (void *)PAGE;
	uint32_t memory = (uint32_t)*(uint64_t *)(OFFSET + BOOT_E820_MAP + 8);
	int over = 0, joined = !is("plain");

	begin();
	traps_begin();
	paging_begin();
	irq_handler = irq;
	map(PAGE, memory, 0x67);
	check(devices[1].type == LGUEST_DEVICE_NET, "the second device is no network");
	map(PAGE + 0x1000, devices[1].pfn << 12, 0x67);
	news = (void *)(PAGE + 0x1000 + LGUEST_NET_NEWS);
	check(news->longest_in >= 65535, "the host does not offer long frames");
	for (unsigned i = 0; i < BUFFERS; i++) {
		dma[i].addr[0] = PA(buffers[i]);
		dma[i].len[0] = ROOM;
	}
	news->joins = (unsigned)joined;
	check(hcall(LHCALL_BIND_DMA, (devices[1].pfn << 12) + 4, PA(dma), BUFFERS << 8 | 2) == 1, "BIND_DMA failed");
	print("ready\n");
	while (!over) {
		if (dma[next].used_len == 0) {
			hcall(LHCALL_HALT, 0, 0, 0);
			continue;
		}
		unsigned n = take();
		const struct lguest_net_head *head = (void *)frame;

		if (is("wavering"))		/* what has come already is as it was wanted then; our address ends in 3 */
			joined = frame[5] != 3;
		if (joined)
			over = show(frame + sizeof *head, n - sizeof *head, head->flags, head->segment);
		else
			over = show(frame, n, 0, 0);
		if (is("wavering")) {
			news->joins = !news->joins;
		}
	}
	print(news->bad ? "nonsense came\n" : "done\n");
	finish("");
}
