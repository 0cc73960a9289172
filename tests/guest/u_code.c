/*
 * Code on very many pages: a process may run wherever it likes in its memory, and
 * the machine must keep up with that without keeping all of it.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"

enum {
	Page	= 4096,
	Pages	= 12000,
	Kids	= 4,
};

/* mov $n, %eax; ret: at a place in its page that is another one each time */
static uchar*
place(uchar *base, int n)
{
	return base + n*Page + n*64%(Page-64);
}

static void
put(uchar *p, int n)
{
	p[0] = 0xB8;
	p[1] = n;
	p[2] = n>>8;
	p[3] = n>>16;
	p[4] = n>>24;
	p[5] = 0xC3;
}

static int
callall(uchar *base, int step)
{
	int i, n;

	for(i = n = 0; i < Pages; i += step)
		n += ((int(*)(void))place(base, i))() == i;
	return n;
}

void
main(void)
{
	uchar *base;
	int i, n;

	base = segattach(0, "memory", nil, Pages*Page);
	if(base == (uchar*)-1)
		sysfatal("segattach: %r");
	for(i = 0; i < Pages; i++)
		put(place(base, i), i);
	same(callall(base, 1), Pages, "code on thousands of pages runs");
	same(callall(base, 7), (Pages+6)/7, "and again, in larger steps");
	for(i = 0; i < Pages; i += 3)
		put(place(base, i), -i);
	for(i = n = 0; i < Pages; i++)
		n += ((int(*)(void))place(base, i))() == (i%3 == 0? -i: i);
	same(n, Pages, "what was changed in between as well");
	for(i = 0; i < Pages; i += 3)
		put(place(base, i), i);
	for(i = 0; i < Kids; i++)
		if(fork() == 0)
			_exits(callall(base, 5) == (Pages+4)/5? nil: "wrong");
	for(i = n = 0; i < Kids; i++)
		n += wait()->msg[0] == 0;
	same(n, Kids, "and in children at the same time");
	done();
}
