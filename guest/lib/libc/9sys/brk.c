/* brk(2).  The end of memory starts where the linker left it. */
#include <u.h>
#include <libc.h>
#include "sys.h"

enum
{
	Round	= 8,
};

extern char end[];		/* by the linker */

static char *top = end;

int
brk(void *p)
{
	uintptr a;

	a = ((uintptr)p + Round-1) & ~(Round-1);
	if(brk_((void*)a) < 0)
		return -1;
	top = (char*)a;
	return 0;
}

/* the old end, or (void*)-1 */
void*
sbrk(ulong n)
{
	char *old;

	old = (char*)(((uintptr)top + Round-1) & ~(Round-1));
	if(n == 0)
		return old;
	if(old + n < old || brk(old+n) < 0)
		return (void*)-1;
	return old;
}
