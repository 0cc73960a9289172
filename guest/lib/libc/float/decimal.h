/*
 * Decimal: a number exact in base 10^9, between strtod and the e f g verbs.
 * The point is fixed in the array; what lies between first and last, both
 * included, may be nonzero.  It holds every double, and the first 800 or so
 * digits of any text that denotes one.
 */
typedef struct Decimal Decimal;

enum
{
	Dint	= 37,			/* limbs before the point: 333 digits */
	Dfrac	= 140,			/* and behind: 1260 digits */
	Dlimbs	= Dint+Dfrac,
	Ddigits	= 9,			/* in a limb */
	Dbase	= 1000000000,
	Dshift	= 29,			/* most bits to shift at once: 2^29 < Dbase */
};

struct Decimal
{
	int	first;
	int	last;
	u32int	d[Dlimbs];
};

void	_decset(Decimal*, uvlong);
void	_decshift(Decimal*, int);
int	_decexp(Decimal*);
int	_decdigits(Decimal*, char*, int, int*);
