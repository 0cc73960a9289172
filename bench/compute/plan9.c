/* Runs the compute kernels as a Plan 9 program: prints "name checksum nanoseconds" for each, or for the one named. */
#include <u.h>
#include <libc.h>
#include "compute.h"

void
main(int argc, char *argv[])
{
	const struct kernel *k;
	vlong t;
	u32 sum;

	for(k = kernels; k->name != nil; k++){
		if(argc > 1 && strcmp(argv[1], (char*)k->name) != 0)
			continue;
		t = nsec();
		sum = k->run(k->n);
		t = nsec() - t;
		print("%s %ud %lld\n", k->name, sum, t);
	}
	exits(nil);
}
