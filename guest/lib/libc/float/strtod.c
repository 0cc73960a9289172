/*
 * atof(2): text to the nearest double, ties to even.  Up to 15 digits and a
 * small power of ten are exact in the FPU; the rest goes through Decimal.
 */
#include <u.h>
#include <libc.h>
#include "decimal.h"

typedef struct Text Text;

struct Text
{
	int	neg;
	int	ndigit;			/* significant digits that were kept */
	int	exp;			/* of ten, for the kept digits read as an integer */
	int	more;			/* digits that were dropped are not all zero */
	char	digits[800];
};

static double tens[] =
{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static void
adddigit(Text *t, int c, int afterpoint)
{
	if(t->ndigit == 0 && c == '0'){
		t->exp -= afterpoint;
		return;
	}
	if(t->ndigit < sizeof t->digits){
		t->digits[t->ndigit++] = c;
		t->exp -= afterpoint;
		return;
	}
	t->exp += !afterpoint;
	if(c != '0')
		t->more = 1;
}

/* puts the text's digits into limbs around the point */
static void
load(Decimal *x, Text *t)
{
	int i, pos, limb;
	static u32int pow10[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

	memset(x, 0, sizeof *x);
	x->first = Dlimbs-1;
	x->last = 0;
	for(i = 0; i < t->ndigit; i++){
		pos = t->ndigit-1-i + t->exp;		/* its power of ten */
		limb = Dint-1 - (pos >= 0 ? pos/Ddigits : -((Ddigits-1-pos)/Ddigits));
		if(limb < 0 || limb >= Dlimbs)
			continue;
		if(limb < x->first)
			x->first = limb;
		if(limb > x->last)
			x->last = limb;
		pos -= (Dint-1-limb)*Ddigits;
		x->d[limb] += (t->digits[i]-'0')*pow10[pos];
	}
	if(t->more && x->last < Dlimbs-1)
		x->d[++x->last] = 1;
}

/* what is before the point; sets rest if there is something behind */
static uvlong
integer(Decimal *x, int *rest)
{
	uvlong v;
	int i;

	v = 0;
	for(i = x->first; i < Dint; i++)
		v = v*Dbase + (i <= x->last ? x->d[i] : 0);
	*rest = 0;
	for(i = x->first > Dint ? x->first : Dint; i <= x->last; i++)
		if(x->d[i] != 0)
			*rest = 1;
	return v;
}

static double
pack(uvlong frac, int exp)
{
	FPdbleword w;

	w.lo = frac;
	w.hi = (frac>>32 & 0xFFFFF) | (ulong)exp<<20;
	return w.x;
}

/* mant*2^exp2 and a little more if rest, rounded; mant has 54 bits or more */
static double
round(uvlong mant, int exp2, int rest)
{
	uvlong half;
	int drop, bits;

	for(bits = 64; (mant>>(bits-1) & 1) == 0; bits--)
		;
	drop = bits - 53;
	if(exp2 + drop < -1074)
		drop = -1074 - exp2;
	if(drop > 63)
		return 0;
	half = 1ULL<<(drop-1);
	rest |= (mant & half-1) != 0;
	half &= mant;
	mant >>= drop;
	if(half && (rest || mant & 1))
		mant++;
	exp2 += drop;
	if(mant >> 53){
		mant >>= 1;
		exp2++;
	}
	if(mant>>52 == 0)
		return pack(mant, 0);
	if(exp2 + 1075 >= 2047)
		return Inf(1);
	return pack(mant, exp2 + 1075);
}

static double
exact(Text *t)
{
	Decimal x;
	uvlong mant;
	int exp2, rest, n;

	load(&x, t);
	exp2 = 0;
	for(;;){	/* scale until 54 to 64 bits are before the point */
		if(x.first < Dint-3 || x.first == Dint-3 && x.d[x.first] >= 18)
			n = -Dshift;
		else if(x.first > Dint-2 || x.first == Dint-2 && x.d[x.first] < 18014399)
			n = x.first > Dint-1 ? Dshift : 8;
		else
			break;
		_decshift(&x, n);
		exp2 -= n;
	}
	mant = integer(&x, &rest);
	return round(mant, exp2, rest);
}

static double
value(Text *t)
{
	vlong v;
	double d;
	int i;

	if(t->ndigit == 0)
		return 0;
	if(t->ndigit + t->exp > 310)
		return Inf(1);
	if(t->ndigit + t->exp < -330)
		return 0;
	if(t->ndigit <= 15 && t->exp >= -22 && t->exp <= 22){
		v = 0;
		for(i = 0; i < t->ndigit; i++)
			v = v*10 + t->digits[i]-'0';
		d = v;
		return t->exp < 0 ? d/tens[-t->exp] : d*tens[t->exp];
	}
	return exact(t);
}

static int
same(int (*get)(void*), void *a, int c, char *word, int *used)
{
	for(; *word; word++){
		if(tolower(c) != *word)
			return 0;
		++*used;
		c = get(a);
	}
	return 1;
}

/*
 * Reads by get, which returns one character at a time, as bio's Bgetd does;
 * it reads one too many, which the caller must give back.
 */
double
charstod(int (*get)(void*), void *a)
{
	Text t;
	int c, point, any, eneg, e, used;
	double d;

	t.neg = t.ndigit = t.exp = t.more = 0;
	point = any = 0;
	do
		c = get(a);
	while(c == ' ' || c >= '\t' && c <= '\r');
	if(c == '-' || c == '+'){
		t.neg = c == '-';
		c = get(a);
	}
	used = 0;
	if(c == 'N' || c == 'n'){
		same(get, a, c, "nan", &used);
		return NaN();
	}
	if(c == 'I' || c == 'i'){
		same(get, a, c, "inf", &used);
		return Inf(t.neg ? -1 : 1);
	}
	for(;; c = get(a)){
		if(c >= '0' && c <= '9'){
			any = 1;
			adddigit(&t, c, point);
		}else if(c == '.' && !point)
			point = 1;
		else
			break;
	}
	if(any && (c == 'e' || c == 'E')){
		c = get(a);
		eneg = 0;
		if(c == '-' || c == '+'){
			eneg = c == '-';
			c = get(a);
		}
		for(e = 0; c >= '0' && c <= '9'; c = get(a))
			if(e < 100000)
				e = e*10 + c-'0';
		t.exp += eneg ? -e : e;
	}
	d = value(&t);
	return t.neg ? -d : d;
}

static int
isword(char *s, char *word)
{
	return cistrncmp(s, word, strlen(word)) == 0;
}

double
strtod(char *s, char **endp)
{
	Text t;
	char *p, *q;
	int point, any, eneg, e;
	double d;

	t.neg = t.ndigit = t.exp = t.more = 0;
	point = any = 0;
	if(endp != nil)
		*endp = s;
	for(p = s; *p == ' ' || *p >= '\t' && *p <= '\r'; p++)
		;
	if(*p == '-' || *p == '+')
		t.neg = *p++ == '-';
	if(isword(p, "nan")){
		if(endp != nil)
			*endp = p+3;
		return NaN();
	}
	if(isword(p, "inf")){
		if(endp != nil)
			*endp = p + (isword(p, "infinity") ? 8 : 3);
		return Inf(t.neg ? -1 : 1);
	}
	for(;; p++){
		if(*p >= '0' && *p <= '9'){
			any = 1;
			adddigit(&t, *p, point);
		}else if(*p == '.' && !point)
			point = 1;
		else
			break;
	}
	if(!any)
		return 0;
	if(*p == 'e' || *p == 'E'){
		q = p+1;
		eneg = *q == '-';
		if(*q == '-' || *q == '+')
			q++;
		if(*q >= '0' && *q <= '9'){
			for(e = 0; *q >= '0' && *q <= '9'; q++)
				if(e < 100000)
					e = e*10 + *q-'0';
			t.exp += eneg ? -e : e;
			p = q;
		}
	}
	if(endp != nil)
		*endp = p;
	d = value(&t);
	return t.neg ? -d : d;
}

double
atof(char *s)
{
	return strtod(s, nil);
}
