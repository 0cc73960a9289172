/*
 * The compute kernels: the same C, compiled by the same compiler with the same flags, runs as a Plan 9 program in
 * 9guest and as a 32-bit Linux program on the CPU and under qemu-i386.  A kernel takes a size, needs no
 * library, and returns a checksum that must be equal everywhere.
 */
typedef unsigned int u32;
typedef unsigned char u8;

struct kernel {
	const char *name;
	u32 (*run)(u32 n);
	u32 n;			/* some tenths of a second natively */
};
extern const struct kernel kernels[];

u32 run_sieve(u32), run_sha256(u32), run_quicksort(u32), run_interp(u32), run_x87(u32), run_sse2(u32), run_chase(u32), run_strings(u32),
	run_fib(u32), run_virtual(u32), run_matmul(u32);

/* Plan 9 starts a program with the x87 rounding to 53 bits, Linux with 64: the Linux runners do as Plan 9. */
static inline void set_precision(void)
{
	unsigned short control = 0x27f;

	__asm__ volatile("fldcw %0" : : "m"(control));
}
