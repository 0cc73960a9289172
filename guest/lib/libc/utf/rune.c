/*
 * rune(2): UTF-8 and back.  Decoding never fails: a byte that begins no rune
 * is Runeerror of length 1, and so are overlong forms, surrogates and what
 * lies beyond Runemax.
 */
#include <u.h>
#include <libc.h>

/* of a rune of n bytes: the bits in the first, and the least value that needs n */
static struct {
	uchar	lead;
	uchar	mask;
	Rune	least;
} form[UTFmax+1] =
{
	[2] = {0xC0, 0x1F, 0x80},
	[3] = {0xE0, 0x0F, 0x800},
	[4] = {0xF0, 0x07, 0x10000},
};

static int
leadlen(int c)
{
	if(c < 0xC2)
		return c < Runeself ? 1 : 0;
	if(c < 0xE0)
		return 2;
	if(c < 0xF0)
		return 3;
	return c < 0xF5 ? 4 : 0;
}

/* of ulongs, since a Rune is signed: what is below 0 lies beyond Runemax, too */
static int
unencodable(ulong r)
{
	return r > Runemax || r >= 0xD800 && r <= 0xDFFF;
}

int
chartorune(Rune *rp, char *s)
{
	Rune r;
	int c, n, i;

	c = (uchar)*s;
	if(c < Runeself){
		*rp = c;
		return 1;
	}
	n = leadlen(c);
	if(n == 0)
		goto Bad;
	r = c & form[n].mask;
	for(i = 1; i < n; i++){
		c = (uchar)s[i];
		if((c & 0xC0) != 0x80)
			goto Bad;
		r = r<<6 | c&0x3F;
	}
	if(r < form[n].least || unencodable(r))
		goto Bad;
	*rp = r;
	return n;
Bad:
	*rp = Runeerror;
	return 1;
}

int
runelen(long r)
{
	ulong c;

	c = r;
	if(c < Runeself)
		return 1;
	if(unencodable(c))
		c = Runeerror;
	return c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

int
runetochar(char *s, Rune *rp)
{
	ulong r;
	int n, i;

	r = *rp;
	if(r < Runeself){
		*s = r;
		return 1;
	}
	if(unencodable(r))
		r = Runeerror;
	n = runelen(r);
	for(i = n-1; i > 0; i--){
		s[i] = 0x80 | r&0x3F;
		r >>= 6;
	}
	s[0] = form[n].lead | r;
	return n;
}

int
runenlen(Rune *r, int nrune)
{
	int n;

	for(n = 0; nrune > 0; nrune--)
		n += runelen(*r++);
	return n;
}

/* can chartorune decode n bytes, for better or worse? */
int
fullrune(char *s, int n)
{
	int need, i;

	if(n <= 0)
		return 0;
	need = leadlen((uchar)*s);
	if(n >= need)
		return 1;
	for(i = 1; i < n; i++)
		if((s[i] & 0xC0) != 0x80)
			return 1;
	return 0;
}

int
utflen(char *s)
{
	Rune r;
	int n;

	for(n = 0; *s; n++)
		s += (uchar)*s < Runeself ? 1 : chartorune(&r, s);
	return n;
}

int
utfnlen(char *s, long m)
{
	Rune r;
	char *e;
	int n;

	e = s+m;
	for(n = 0; s < e && *s; n++){
		if((uchar)*s < Runeself){
			s++;
			continue;
		}
		if(!fullrune(s, e-s))
			break;
		s += chartorune(&r, s);
	}
	return n;
}

char*
utfrune(char *s, long c)
{
	Rune r;
	int n;

	if(c < Runesync)
		return strchr(s, c);
	for(; *s; s += n){
		n = 1;
		if((uchar)*s < Runeself)
			continue;
		n = chartorune(&r, s);
		if(r == c)
			return s;
	}
	return nil;
}

char*
utfrrune(char *s, long c)
{
	Rune r;
	char *last;
	int n;

	if(c < Runesync)
		return strrchr(s, c);
	last = nil;
	for(; *s; s += n){
		n = chartorune(&r, s);
		if(r == c)
			last = s;
	}
	return last;
}

/* no valid rune begins inside another, so that bytes can be compared */
char*
utfutf(char *s, char *sub)
{
	return strstr(s, sub);
}

char*
utfecpy(char *to, char *e, char *from)
{
	return strecpy(to, e, from);
}
