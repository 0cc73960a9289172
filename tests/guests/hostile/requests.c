/*
 * A request to a device that takes none kills the guest, with the reason.
 *
 * support
 * case: device 0 | 3 | a request to device 0, which takes none
 * case: device 99 | 3 | a request to device 99, which takes none
 * case: device -1 | 3 | a request to device 4294967295, which takes none
 */
#include "guest.h"

static uint32_t number(const char *p)
{
	uint32_t n = 0;
	int minus = *p == '-';

	for (p += minus; *p >= '0' && *p <= '9'; p++)
		n = 10 * n + (uint32_t)(*p - '0');
	return minus ? -n : n;
}

void main(void)
{
	static struct lguest_request r;

	begin();
	hcall(LHCALL_REQUEST, number((const char *)(OFFSET + BOOT_CMDLINE_GPA) + 7), PA(&r), 0);
	finish("nobody minded");
}
