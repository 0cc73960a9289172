/* The data that tests of TCP send: each byte depends on its offset alone, and not in a way that a shift could hide. */
static inline void pattern_fill(unsigned char *p, unsigned long n, unsigned long long off)
{
	for (unsigned long i = 0; i < n; i++) {
		unsigned long long o = off + i;

		p[i] = (unsigned char)(((o * 2654435761ull) >> 7) ^ (o >> 13));
	}
}
