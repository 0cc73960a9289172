/*
 * Step 2: the same in C.  A stack is the first thing that C needs: at entry ESP is 0.
 * expect-status: timeout
 */
#include <stdint.h>

static uint8_t stack[4096] __attribute__((aligned(16), used));

__asm__ (
	".section .signature, \"ax\"\n"
	".ascii \"GenuineLguest\"\n"
	".globl _start\n"
	"_start: mov $stack + 4096, %esp\n"
	"call loop\n"
	".text\n"
);

void loop(void);

void loop(void)
{
	volatile unsigned n = 0;

	for (;;)
		n++;
}
