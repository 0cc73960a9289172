/* Objects with tables of functions: indirect calls whose target changes with every element. */
#include "program.h"

struct shape {
	const struct shape_ops *ops;
	i32 a, b;
};

struct shape_ops {
	i32 (*area)(const struct shape *);
	void (*grow)(struct shape *, i32);
};

static i32 box_area(const struct shape *s) { return s->a * s->b; }
static i32 square_area(const struct shape *s) { return s->a * s->a; }
static i32 triangle_area(const struct shape *s) { return s->a * s->b / 2; }
static void grow_both(struct shape *s, i32 n) { s->a += n; s->b += n; }
static void grow_one(struct shape *s, i32 n) { s->a += n & 15; }

static const struct shape_ops kinds[] = {
	{ box_area, grow_both }, { square_area, grow_one }, { triangle_area, grow_both },
};
static struct shape shapes[40];

u32 run(void)
{
	u32 seed = 17, sum = 0;

	for (int n = 0; n < 40; n++)
		shapes[n] = (struct shape){ &kinds[next_random(&seed) % 3], n, n * 2 };
	for (int pass = 0; pass < 60; pass++)
		for (int n = 0; n < 40; n++) {
			struct shape *s = &shapes[(n * 7 + pass) % 40];

			s->ops->grow(s, pass & 3);
			sum = mix(sum, (u32)s->ops->area(s));
		}
	return sum;
}
