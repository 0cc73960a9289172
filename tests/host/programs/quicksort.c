/* Quicksort with a comparison through a pointer: recursion, indirect calls, swaps. */
#include "program.h"

static i32 data[2000];

static int ascending(i32 a, i32 b)
{
	return a < b ? -1 : a > b;
}

static int by_low_byte(i32 a, i32 b)
{
	int d = (a & 0xff) - (b & 0xff);

	return d ? d : ascending(a, b);
}

static void sort(i32 *v, int n, int (*compare)(i32, i32))
{
	while (n > 1) {
		i32 pivot = v[n / 2], t;
		int i = 0, j = n - 1;

		while (i <= j) {
			while (compare(v[i], pivot) < 0)
				i++;
			while (compare(v[j], pivot) > 0)
				j--;
			if (i <= j) {
				t = v[i];
				v[i++] = v[j];
				v[j--] = t;
			}
		}
		sort(v, j + 1, compare);
		v += i;
		n -= i;
	}
}

u32 run(void)
{
	u32 seed = 42, sum = 0;
	int (*volatile orders[2])(i32, i32) = { ascending, by_low_byte };

	for (int pass = 0; pass < 2; pass++) {
		for (int n = 0; n < 2000; n++)
			data[n] = (i32)(next_random(&seed) * 517u);
		sort(data, 2000, orders[pass]);
		for (int n = 0; n < 2000; n++)
			sum = mix(sum, (u32)data[n]);
	}
	return sum;
}
