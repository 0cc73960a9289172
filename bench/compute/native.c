/* Runs the compute kernels on the host's CPU as a 64-bit program: prints "name checksum nanoseconds" for each, or for the
 * one named. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "compute.h"

int main(int argc, char **argv)
{
	set_precision();
	for (const struct kernel *k = kernels; k->name != NULL; k++) {
		struct timespec a, b;
		u32 sum;

		if (argc > 1 && strcmp(argv[1], k->name) != 0)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &a);
		sum = k->run(k->n);
		clock_gettime(CLOCK_MONOTONIC, &b);
		printf("%s %u %lld\n", k->name, sum, (b.tv_sec - a.tv_sec) * 1000000000ll + (b.tv_nsec - a.tv_nsec));
	}
	return 0;
}
