/*
 * What gcc and clang expect of a library in 32-bit freestanding programs: memory copies, and 64-bit division by
 * schoolbook shift and subtract.
 */
#include "program.h"

void *memcpy(void *to, const void *from, unsigned long n);
void *memmove(void *to, const void *from, unsigned long n);
void *memset(void *to, int c, unsigned long n);
int memcmp(const void *a, const void *b, unsigned long n);
u64 __udivdi3(u64 a, u64 b);
u64 __umoddi3(u64 a, u64 b);
i64 __divdi3(i64 a, i64 b);
i64 __moddi3(i64 a, i64 b);
u64 __udivmoddi4(u64 a, u64 b, u64 *rest);
i64 __divmoddi4(i64 a, i64 b, i64 *rest);

void *memcpy(void *to, const void *from, unsigned long n)
{
	u8 *t = to;
	const u8 *f = from;

	while (n--)
		*t++ = *f++;
	return to;
}

void *memmove(void *to, const void *from, unsigned long n)
{
	u8 *t = to;
	const u8 *f = from;

	if (t <= f)
		return memcpy(to, from, n);
	while (n--)
		t[n] = f[n];
	return to;
}

void *memset(void *to, int c, unsigned long n)
{
	u8 *t = to;

	while (n--)
		*t++ = (u8)c;
	return to;
}

int memcmp(const void *a, const void *b, unsigned long n)
{
	const u8 *x = a, *y = b;

	for (; n--; x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

u64 __udivmoddi4(u64 a, u64 b, u64 *rest)
{
	u64 q = 0, r = 0;

	for (int n = 63; n >= 0; n--) {
		r = r << 1 | (a >> n & 1);
		if (r >= b) {
			r -= b;
			q |= 1ull << n;
		}
	}
	if (rest)
		*rest = r;
	return q;
}

u64 __udivdi3(u64 a, u64 b)
{
	return __udivmoddi4(a, b, 0);
}

u64 __umoddi3(u64 a, u64 b)
{
	u64 r;

	__udivmoddi4(a, b, &r);
	return r;
}

i64 __divmoddi4(i64 a, i64 b, i64 *rest)
{
	u64 r, q = __udivmoddi4(a < 0 ? -(u64)a : (u64)a, b < 0 ? -(u64)b : (u64)b, &r);

	*rest = (i64)(a < 0 ? -r : r);
	return (i64)((a < 0) != (b < 0) ? -q : q);
}

i64 __divdi3(i64 a, i64 b)
{
	i64 r;

	return __divmoddi4(a, b, &r);
}

i64 __moddi3(i64 a, i64 b)
{
	i64 r;

	__divmoddi4(a, b, &r);
	return r;
}
