/* Structs by value, large and small, bit fields, unions, arrays of structs. */
#include "program.h"

struct pair { i32 a, b; };
struct fields { u32 low : 5, mid : 11, sign : 1, high : 15; i32 odd : 7; };
struct big { u8 name[20]; struct pair p[3]; u16 tail; };
union view { u32 word; u8 byte[4]; u16 half[2]; };

static struct pair swap(struct pair p)
{
	return (struct pair){ p.b, p.a };
}

static struct big stir(struct big b, int n)
{
	for (int i = 0; i < 20; i++)
		b.name[i] = (u8)(b.name[i] * 3 + n);
	for (int i = 0; i < 3; i++)
		b.p[i] = swap(b.p[i]);
	b.tail = (u16)(b.tail ^ (u16)b.p[n % 3].a);
	b.p[n % 3].a += n * b.tail;
	return b;
}

u32 run(void)
{
	struct big b = { { 1, 2, 3 }, { { 1, 2 }, { 3, 4 }, { 5, 6 } }, 7 };
	struct fields f = { 0 };
	union view v = { 0x01020304 };
	u32 sum = 0;

	for (int n = 0; n < 300; n++) {
		b = stir(b, n);
		f.low = f.low + (u32)n;
		f.mid = f.mid * 3 + f.low;
		f.sign = !f.sign;
		f.high = f.high + f.mid;
		f.odd = (i32)((f.odd + n) & 0x7f) << 25 >> 25;
		v.byte[n & 3] = (u8)(v.byte[n & 3] + v.half[n & 1]);
		sum = mix(sum, v.word + f.low + f.mid * 5u + f.sign + f.high + (u32)f.odd);
		sum = mix(sum, b.tail + (u32)b.p[n % 3].a + b.name[n % 20]);
	}
	return sum;
}
