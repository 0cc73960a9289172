/* Runs the compute kernels on the host's CPU as a 64-bit program: prints "name checksum nanoseconds" for each. */
#include <stdio.h>
#include <time.h>

#include "compute.h"

int main(void)
{
	set_precision();
	for (const struct kernel *k = kernels; k->name != NULL; k++) {
		struct timespec a, b;
		u32 sum;

		clock_gettime(CLOCK_MONOTONIC, &a);
		sum = k->run(k->n);
		clock_gettime(CLOCK_MONOTONIC, &b);
		printf("%s %u %lld\n", k->name, sum, (b.tv_sec - a.tv_sec) * 1000000000ll + (b.tv_nsec - a.tv_nsec));
	}
	return 0;
}
