/*
 * For guest tests that make system calls which libc would not: any number, any words.
 */

/* a system call with five words at ESP+4 */
static long
rawcall(int nr, ulong *a)
{
	long r;

	__asm__ volatile(
		"pushl 16(%2)\n\tpushl 12(%2)\n\tpushl 8(%2)\n\tpushl 4(%2)\n\tpushl 0(%2)\n\t"
		"pushl $0\n\tint $0x40\n\taddl $24, %%esp"
		: "=a"(r) : "a"(nr), "S"(a) : "memory", "cc", "ecx", "edx");
	return r;
}
