/*
 * atof(2)'s integers.  One scanner finds sign, base and digits and saturates;
 * the functions differ in range.  Base 0 reads a base as C writes it.
 */
#include <u.h>
#include <libc.h>

typedef struct Scan Scan;

struct Scan
{
	uvlong	val;
	int	neg;
	int	over;		/* val did not fit 64 bits */
};

static int
digitval(int c)
{
	if(c >= '0' && c <= '9')
		return c-'0';
	if(c >= 'a' && c <= 'z')
		return c-'a'+10;
	if(c >= 'A' && c <= 'Z')
		return c-'A'+10;
	return 99;
}

static int
isblank(int c)
{
	return c == ' ' || c >= '\t' && c <= '\r';
}

/* skips what the base makes optional, chooses it when it is 0 */
static char*
prefix(char *s, int *base)
{
	int hex;

	hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digitval(s[2]) < 16;
	if(*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	if(*base == 16 && hex)
		return s+2;
	return s;
}

static void
scan(Scan *n, char *s, char **endp, int base)
{
	char *start;
	int d;
	ulong lo, hi;
	uvlong wide;

	n->val = 0;
	n->neg = 0;
	n->over = 0;
	if(endp != nil)
		*endp = s;
	if(base < 0 || base == 1 || base > 36)
		return;
	while(isblank(*s))
		s++;
	if(*s == '-' || *s == '+')
		n->neg = *s++ == '-';
	s = prefix(s, &base);
	start = s;
	for(; (d = digitval(*s)) < base; s++){
		if(n->over)
			continue;
		wide = (uvlong)(ulong)n->val*base + d;
		lo = wide;
		wide = (uvlong)(ulong)(n->val>>32)*base + (ulong)(wide>>32);
		hi = wide;
		if(wide>>32)
			n->over = 1;
		n->val = (uvlong)hi<<32 | lo;
	}
	if(endp != nil && s != start)
		*endp = s;
}

/* the value between -top-1 and top, or the end it lies beyond */
static vlong
clip(Scan *n, uvlong top)
{
	if(n->neg)
		return n->over || n->val > top+1 ? -(vlong)top-1 : (vlong)-n->val;
	return n->over || n->val > top ? (vlong)top : (vlong)n->val;
}

vlong
strtoll(char *s, char **endp, int base)
{
	Scan n;

	scan(&n, s, endp, base);
	return clip(&n, ~0ULL>>1);
}

long
strtol(char *s, char **endp, int base)
{
	Scan n;

	scan(&n, s, endp, base);
	return clip(&n, ~0UL>>1);
}

uvlong
strtoull(char *s, char **endp, int base)
{
	Scan n;

	scan(&n, s, endp, base);
	if(n.over)
		return ~0ULL;
	return n.neg ? -n.val : n.val;
}

ulong
strtoul(char *s, char **endp, int base)
{
	Scan n;

	scan(&n, s, endp, base);
	if(n.over || n.val > ~0UL)
		return ~0UL;
	return n.neg ? -(ulong)n.val : (ulong)n.val;
}

/* as C writes an integer: octal and hexadecimal by their prefix */
long
atol(char *s)
{
	return strtol(s, nil, 0);
}

vlong
atoll(char *s)
{
	return strtoll(s, nil, 0);
}

int
atoi(char *s)
{
	return strtol(s, nil, 0);
}

int
abs(int n)
{
	return n < 0 ? -n : n;
}

long
labs(long n)
{
	return n < 0 ? -n : n;
}
