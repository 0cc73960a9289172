/* The table of compute kernels, and the integer ones; see compute.h. */
#include "compute.h"

const struct kernel kernels[] = {
	{ "sieve", run_sieve, 120 },
	{ "sha256", run_sha256, 48 },
	{ "quicksort", run_quicksort, 12 },
	{ "interpreter", run_interp, 200000000 },
	{ "x87", run_x87, 24000000 },
	{ "sse2", run_sse2, 20000 },
	{ "matmul", run_matmul, 200 },
	{ "chase", run_chase, 48000000 },
	{ "strings", run_strings, 5000 },
	{ "fib", run_fib, 38 },
	{ "virtual", run_virtual, 100000000 },
	{ 0, 0, 0 }
};

static u8 bytes[1 << 20];
static u32 words[1 << 19];

u32 run_sieve(u32 rounds)
{
	u32 count = 0;

	while (rounds-- > 0) {
		for (u32 i = 2; i < sizeof bytes; i++)
			bytes[i] = 1;
		for (u32 i = 2; i * i < sizeof bytes; i++)
			if (bytes[i])
				for (u32 j = i * i; j < sizeof bytes; j += i)
					bytes[j] = 0;
		for (u32 i = 2; i < sizeof bytes; i++)
			count += bytes[i];
	}
	return count;
}

static u32 random32(u32 *state)
{
	u32 x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

static void sort(u32 *a, int lo, int hi)
{
	while (lo < hi) {
		u32 pivot = a[lo + (hi - lo) / 2];
		int i = lo, j = hi;

		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				u32 t = a[i];

				a[i++] = a[j];
				a[j--] = t;
			}
		}
		sort(a, lo, j);
		lo = i;
	}
}

u32 run_quicksort(u32 rounds)
{
	u32 state = 1, sum = 0, n = sizeof words / sizeof words[0];

	while (rounds-- > 0) {
		for (u32 i = 0; i < n; i++)
			words[i] = random32(&state);
		sort(words, 0, n - 1);
		for (u32 i = 0; i < n; i += 1024)
			sum = sum * 31 + words[i];
	}
	return sum;
}

/* A loop of a small stack machine: what a script language's inner loop does. */
u32 run_interp(u32 n)
{
	enum { PUSH, ADD, MUL, XOR, DUP, SWAP, DEC, JNZ, HALT };
	static const u8 code[] = { DUP, PUSH, 17, MUL, PUSH, 3, ADD, XOR, SWAP, DEC, DUP, JNZ, 0, HALT };
	u32 stack[16] = { 1 }, sp = 0, pc = 0, count = n / 12, acc = 12345;

	for (;;) {
		switch (code[pc++]) {
		case PUSH: stack[++sp] = code[pc++]; break;
		case ADD: sp--; stack[sp] += stack[sp + 1]; break;
		case MUL: sp--; stack[sp] *= stack[sp + 1]; break;
		case XOR: sp--; acc ^= stack[sp] + stack[sp + 1]; break;
		case DUP: sp++; stack[sp] = stack[sp - 1]; break;
		case SWAP: acc = acc << 5 | acc >> 27; break;
		case DEC: count--; stack[0] += acc; break;
		case JNZ:
			sp--;
			if (sp > 8)
				sp = 8;
			if (count != 0)
				pc = code[pc];
			else
				pc++;
			if (sp > 4)
				sp = 0;
			break;
		case HALT: return acc + stack[0];
		}
	}
}

u32 run_chase(u32 n)
{
	u32 size = 1 << 15, state = 7, at = 0;

	for (u32 i = 0; i < size; i++)
		words[i] = i;
	for (u32 i = size - 1; i > 0; i--) {	/* Sattolo: one cycle through all */
		u32 j = random32(&state) % i, t = words[i];

		words[i] = words[j];
		words[j] = t;
	}
	while (n-- > 0)
		at = words[at];
	return at;
}

static u32 length(const char *s)
{
	const char *p = s;

	while (*p != 0)
		p++;
	return p - s;
}

u32 run_strings(u32 rounds)
{
	char *s = (char *)bytes, *t = (char *)bytes + (1 << 19);
	u32 sum = 0;

	for (u32 i = 0; i < (1 << 17); i++)
		s[i] = 'a' + i % 26;
	s[1 << 17] = 0;
	while (rounds-- > 0) {
		u32 n = length(s), count = n;
		char *from = s, *to = t;

		__asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
		to = t;
		count = n / 8;
		__asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(rounds) : "memory");
		sum += n + (u8)t[n - 1];
	}
	return sum;
}

static __attribute__((noinline)) u32 fib(u32 n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

u32 run_fib(u32 n)
{
	return fib(n);
}

static __attribute__((noinline)) u32 plus(u32 a) { return a + 3; }
static __attribute__((noinline)) u32 times(u32 a) { return a * 5; }
static __attribute__((noinline)) u32 turn(u32 a) { return a << 7 | a >> 25; }
static __attribute__((noinline)) u32 flip(u32 a) { return ~a; }

u32 run_virtual(u32 n)
{
	static u32 (*const volatile ops[4])(u32) = { plus, times, turn, flip };
	u32 a = 1;

	while (n-- > 0)
		a = ops[n * 7 >> 2 & 3](a);
	return a;
}

static u32 rotr(u32 x, int n)
{
	return x >> n | x << (32 - n);
}

/* SHA-256's compression function (FIPS 180-4) over a megabyte a round; K is made from its definition's cube roots
 * elsewhere, so any odd constants serve a benchmark: these are a linear congruence's. */
u32 run_sha256(u32 rounds)
{
	u32 h[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, k[64], w[64];

	for (u32 i = 0, x = 0x9e3779b9; i < 64; i++, x = x * 1664525 + 1013904223)
		k[i] = x;
	for (u32 i = 0; i < sizeof bytes; i++)
		bytes[i] = i * 131;
	while (rounds-- > 0)
		for (u32 at = 0; at < sizeof bytes; at += 64) {
			u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], l = h[7];

			for (int i = 0; i < 16; i++) {
				const u8 *p = bytes + at + 4 * i;

				w[i] = (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
			}
			for (int i = 16; i < 64; i++) {
				u32 x = w[i - 15], y = w[i - 2];

				w[i] = w[i - 16] + w[i - 7] + (rotr(x, 7) ^ rotr(x, 18) ^ x >> 3) + (rotr(y, 17) ^ rotr(y, 19) ^ y >> 10);
			}
			for (int i = 0; i < 64; i++) {
				u32 t1 = l + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
				u32 t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));

				l = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
			}
			h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += l;
		}
	return h[0] ^ h[1] ^ h[2] ^ h[3] ^ h[4] ^ h[5] ^ h[6] ^ h[7];
}
