/* Deep and wide recursion: calls and returns that no return predictor of eight entries follows. */
#include "program.h"

static u32 fib(u32 n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static u32 ackermann(u32 m, u32 n)
{
	if (!m)
		return n + 1;
	return ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

static u32 hanoi(int n, int from, int to, u32 sum)
{
	if (!n)
		return sum;
	sum = hanoi(n - 1, from, 3 - from - to, sum);
	sum = mix(sum, (u32)(n * 9 + from * 3 + to));
	return hanoi(n - 1, 3 - from - to, to, sum);
}

u32 run(void)
{
	return mix(mix(fib(15), ackermann(2, 30)), hanoi(9, 0, 2, 1));
}
