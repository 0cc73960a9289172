/*
 * Step 3: the first hypercalls.  LGUEST_INIT must come first; CRASH ends the guest with its last words.
 * start
 * expect-status: 3
 * expect-stderr: the guest crashed: goodbye
 */
#include "guest.h"

static struct lguest_data data;
static const char words[128] = "goodbye";

void main(void);

void main(void)
{
	for (unsigned i = 0; i < sizeof data.hcall_status; i++)
		data.hcall_status[i] = 0xff;
	hcall(LHCALL_LGUEST_INIT, PA(&data), 0, 0);
	hcall(LHCALL_CRASH, PA(words), 0, 0);
}
