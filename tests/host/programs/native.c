/* The 64-bit Linux build of a test program: prints what run() returns. */
#include <stdio.h>

#include "program.h"

int main(void)
{
	printf("%08x\n", run());
	return 0;
}
