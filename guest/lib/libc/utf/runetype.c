/*
 * isalpharune(2): classes and cases of runes, by binary search in the tables
 * of runetab.h; ASCII, which is nearly everything, without.
 */
#include <u.h>
#include <libc.h>

typedef struct Span Span;
typedef struct Run Run;

struct Span
{
	u32int	lo;
	u32int	hi;
};

struct Run
{
	u32int	lo;
	u32int	hi;
	int	step;
	int	delta;		/* to the other case */
};

#include "runetab.h"

/* zeroes of the scripts' decimal digits; each is followed by its nine */
static Rune zeroes[] =
{
	0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
	0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
	0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
	0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
};

static Run*
findrun(Run *t, int n, Rune c)
{
	int lo, hi, mid;

	lo = 0;
	hi = n;
	while(lo < hi){
		mid = (lo+hi)/2;
		if(c < t[mid].lo)
			hi = mid;
		else if(c > t[mid].hi)
			lo = mid+1;
		else
			return (c - t[mid].lo) % t[mid].step == 0 ? &t[mid] : nil;
	}
	return nil;
}

static Rune
shiftcase(Run *t, int n, Rune c)
{
	Run *r;

	r = findrun(t, n, c);
	return r != nil ? c + r->delta : c;
}

Rune
toupperrune(Rune c)
{
	if(c < Runeself)
		return c >= 'a' && c <= 'z' ? c-'a'+'A' : c;
	return shiftcase(uppers, nelem(uppers), c);
}

Rune
tolowerrune(Rune c)
{
	if(c < Runeself)
		return c >= 'A' && c <= 'Z' ? c-'A'+'a' : c;
	return shiftcase(lowers, nelem(lowers), c);
}

/* the four digraphs of Croatian have a form between the cases; Georgian has none */
Rune
totitlerune(Rune c)
{
	if(c >= 0x1C4 && c <= 0x1CC)
		return c <= 0x1C6 ? 0x1C5 : c <= 0x1C9 ? 0x1C8 : 0x1CB;
	if(c >= 0x1F1 && c <= 0x1F3)
		return 0x1F2;
	if(c >= 0x10D0 && c <= 0x10FF)
		return c;
	return toupperrune(c);
}

int
istitlerune(Rune c)
{
	return c == 0x1C5 || c == 0x1C8 || c == 0x1CB || c == 0x1F2
		|| isupperrune(c) && totitlerune(c) == c;
}

int
isupperrune(Rune c)
{
	if(c < Runeself)
		return c >= 'A' && c <= 'Z';
	return findrun(lowers, nelem(lowers), c) != nil && totitlerune(c) == c;
}

int
islowerrune(Rune c)
{
	if(c < Runeself)
		return c >= 'a' && c <= 'z';
	return findrun(uppers, nelem(uppers), c) != nil && findrun(lowers, nelem(lowers), c) == nil;
}

int
isalpharune(Rune c)
{
	int lo, hi, mid;

	if(c < Runeself)
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
	lo = 0;
	hi = nelem(letters);
	while(lo < hi){
		mid = (lo+hi)/2;
		if(c < letters[mid].lo)
			hi = mid;
		else if(c > letters[mid].hi)
			lo = mid+1;
		else
			return 1;
	}
	return 0;
}

int
isspacerune(Rune c)
{
	return c >= '\t' && c <= '\r' || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680
		|| c >= 0x2000 && c <= 0x200A || c == 0x2028 || c == 0x2029 || c == 0x202F
		|| c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

int
isdigitrune(Rune c)
{
	int i;

	for(i = 0; i < nelem(zeroes) && zeroes[i] <= c; i++)
		if(c - zeroes[i] < 10)
			return 1;
	return 0;
}
