/* The sieve of Eratosthenes: byte stores in strides, counted loops. */
#include "program.h"

static u8 composite[12000];

u32 run(void)
{
	u32 sum = 0;

	for (u32 p = 2; p < sizeof(composite); p++) {
		if (composite[p])
			continue;
		sum = mix(sum, p);
		for (u32 m = p * p; m < sizeof(composite); m += p)
			composite[m] = 1;
	}
	return sum;
}
