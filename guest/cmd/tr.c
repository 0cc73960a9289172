/*
 * tr [-cds] [string1 [string2]]: replaces, deletes and squeezes runes.  The
 * strings become lists of ranges; a map for the runes of ASCII makes the
 * common case a table look-up.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

typedef struct Set Set;

struct Set
{
	int	n;
	struct {
		Rune	lo;
		Rune	hi;
		uvlong	pos;		/* of lo in the set */
	} range[256];
	uvlong	size;
};

static Set from, to;
static int cflag, dflag, sflag;

static Rune
getrune(char **sp)
{
	Rune r;
	char *s, *e;
	int i, base;

	s = *sp;
	s += chartorune(&r, s);
	if(r == '\\' && *s){
		if(*s == 'x' || *s >= '0' && *s <= '7'){
			base = *s == 'x' ? 16 : 8;
			if(base == 16)
				s++;
			e = s;
			r = strtoul(s, &e, base);
			for(i = 0; i < (base == 16 ? 6 : 7) && s < e; i++)
				s++;
			if(s < e){	/* digits beyond the number's */
				char tmp[8];

				memmove(tmp, s-i, i);
				tmp[i] = 0;
				r = strtoul(tmp, nil, base);
			}
			if(r > Runemax)
				sysfatal("character \\%s is beyond Unicode", *sp+1);
		}else
			s += chartorune(&r, s);
	}
	*sp = s;
	return r;
}

static void
parse(Set *set, char *s)
{
	Rune lo, hi;

	while(*s){
		lo = hi = getrune(&s);
		if(s[0] == '-' && s[1] != 0){
			s++;
			hi = getrune(&s);
			if(hi < lo)
				sysfatal("range %C-%C goes backwards", lo, hi);
		}
		if(set->n == nelem(set->range))
			sysfatal("string has too many parts");
		set->range[set->n].lo = lo;
		set->range[set->n].hi = hi;
		set->range[set->n].pos = set->size;
		set->size += hi-lo+1;
		set->n++;
	}
}

/* place of r in the set, the last if it is there twice; -1 if it is not */
static vlong
find(Set *set, Rune r)
{
	int i;

	for(i = set->n-1; i >= 0; i--)
		if(set->range[i].lo <= r && r <= set->range[i].hi)
			return set->range[i].pos + (r - set->range[i].lo);
	return -1;
}

static Rune
nth(Set *set, uvlong pos)
{
	int i;

	if(pos >= set->size)		/* the last one, again and again */
		return set->range[set->n-1].hi;
	for(i = set->n-1; set->range[i].pos > pos; i--)
		;
	return set->range[i].lo + (pos - set->range[i].pos);
}

/* how many runes below r the set lacks: r's place in the complement, at least if it is below limit */
static uvlong
cplace(Set *set, Rune r, uvlong limit)
{
	uvlong n;
	Rune c;

	if(r >= set->size + limit)
		return limit;
	n = 0;
	for(c = 0; c < r; c++)
		if(find(set, c) < 0)
			n++;
	return n;
}

static int
selected(Rune r)
{
	return (find(&from, r) >= 0) ^ cflag;
}

/* what becomes of r; -1 if it is deleted */
static long
map(Rune r)
{
	if(!selected(r))
		return r;
	if(dflag)
		return -1;
	if(to.n == 0)
		return r;
	if(cflag)
		return nth(&to, cplace(&from, r, to.size));
	return nth(&to, find(&from, r));
}

/* are repetitions of the result squeezed? */
static int
squeezed(Rune r)
{
	if(!sflag)
		return 0;
	if(to.n > 0)
		return find(&to, r) >= 0;
	return !dflag && selected(r);
}

void
main(int argc, char **argv)
{
	static long table[Runeself];
	static char squeeze[Runeself];
	Biobuf in, out;
	long c, r, last;
	int sq;

	ARGBEGIN{
	case 'c':	cflag = 1; break;
	case 'd':	dflag = 1; break;
	case 's':	sflag = 1; break;
	default:	goto Usage;
	}ARGEND
	if(argc < 1 || argc > 2 || argc == 1 && !dflag && !sflag){
	Usage:
		fprint(2, "usage: tr [-cds] [string1 [string2]]\n");
		exits("usage");
	}
	parse(&from, argv[0]);
	if(argc == 2)
		parse(&to, argv[1]);
	for(c = 0; c < Runeself; c++){
		table[c] = map(c);
		squeeze[c] = table[c] >= 0 && squeezed(table[c]);
	}
	Binit(&in, 0, OREAD);
	Binit(&out, 1, OWRITE);
	last = -1;
	while((c = Bgetrune(&in)) >= 0){
		if(c < Runeself){
			r = table[c];
			sq = squeeze[c];
		}else{
			r = map(c);
			sq = r >= 0 && squeezed(r);
		}
		if(r < 0 || sq && r == last)
			continue;
		last = r;
		Bputrune(&out, r);
	}
	if(Bterm(&out) < 0)
		exits("write error");
	exits(nil);
}
