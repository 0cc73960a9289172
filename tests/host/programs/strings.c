/* String work: lengths, searches, copies of odd sizes and overlaps, case changes, numbers to text and back. */
#include "program.h"

void *memcpy(void *, const void *, unsigned long);
void *memmove(void *, const void *, unsigned long);
void *memset(void *, int, unsigned long);
int memcmp(const void *, const void *, unsigned long);

static char buffer[4096], copy[4096];

static int length(const char *s)
{
	int n = 0;

	while (s[n])
		n++;
	return n;
}

static int put_number(char *to, i32 v)
{
	char digits[12];
	int n = 0, k = 0;
	u32 u = v < 0 ? -(u32)v : (u32)v;

	do
		digits[n++] = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		to[k++] = '-';
	while (n)
		to[k++] = digits[--n];
	to[k] = '\0';
	return k;
}

static i32 get_number(const char *s)
{
	int minus = *s == '-';
	u32 v = 0;

	for (s += minus; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (u32)(*s - '0');
	return (i32)(minus ? -v : v);
}

static int find(const char *s, const char *what)
{
	int n = length(s), m = length(what);

	for (int i = 0; i + m <= n; i++)
		if (!memcmp(s + i, what, (unsigned long)m))
			return i;
	return -1;
}

u32 run(void)
{
	u32 seed = 7, sum = 0;
	int at = 0;
	char number[16];

	for (int n = 0; n < 150; n++) {
		i32 v = (i32)(next_random(&seed) << 8 ^ next_random(&seed));

		put_number(number, v);
		sum = mix(sum, (u32)get_number(number) - (u32)v);
		memcpy(buffer + at, number, (unsigned long)length(number));
		at += length(number);
		buffer[at++] = ' ';
	}
	buffer[at] = '\0';
	for (int n = 0; n < 30; n++) {
		put_number(number, n * 37);
		sum = mix(sum, (u32)find(buffer, number));
		memmove(buffer + n, buffer + n * 3, (unsigned long)(n * 11));
		memmove(buffer + n * 5 + 3, buffer + n, (unsigned long)(n * 13));
		memcpy(copy + n, buffer + 2 * n, (unsigned long)(n * 17));
	}
	for (int n = 0; n < (int)sizeof(copy); n++) {
		char c = copy[n];

		if (c >= '0' && c <= '4')
			c = (char)(c + 'a' - '0');
		sum = mix(sum, (u32)c);
	}
	return sum;
}
