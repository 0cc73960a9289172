/*
 * Step 4: HI by one DMA.  A list of segments of physical memory goes to the device that listens on the key; the console
 * listens on key 0.
 * start
 * expect-status: 0
 * expect-stdout: HI
 */
#include "guest.h"

static struct lguest_data data;
static struct lguest_dma dma;
static const char text[] = "HI\n", nothing[128] = "";

void main(void);

void main(void)
{
	for (unsigned i = 0; i < sizeof data.hcall_status; i++)
		data.hcall_status[i] = 0xff;
	hcall(LHCALL_LGUEST_INIT, PA(&data), 0, 0);
	dma.addr[0] = PA(text);
	dma.len[0] = sizeof text - 1;
	hcall(LHCALL_SEND_DMA, LGUEST_CONSOLE_KEY, PA(&dma), 0);
	hcall(LHCALL_EXIT, PA(nothing), 0, 0);
}
