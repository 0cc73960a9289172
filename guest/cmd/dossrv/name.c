/*
 * Names: the short ones, 8 and 3 characters of an old code page in capitals, and the long
 * ones of UTF-16.  Names differ only if they differ with capitals made small.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "dos.h"

/* code page 437 from 0x80 on */
static Rune cp437[128] = {
	0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5,
	0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192,
	0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510,
	0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567,
	0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
	0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6, 0x03B5, 0x2229,
	0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248, 0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

static char	forbidden[] = "\"*/:<>?\\|";
static char	notshort[] = "+,;=[] .";	/* in long names alone; the dot has its place */

/* may a file be called this?  Its UTF-16 must fit, and programs elsewhere must be able to name it */
int
goodname(char *s)
{
	ushort u[Maxname];
	int n;

	n = strlen(s);
	if(n == 0 || strcmp(s, ".") == 0 || strcmp(s, "..") == 0 || s[n-1] == '.' || s[n-1] == ' ' || s[0] == ' ')
		return 0;
	if(longname(s, u) < 0)
		return 0;
	for(; *s != 0; s++)
		if((uchar)*s < ' ' || *s == 0x7F || strchr(forbidden, *s) != nil)
			return 0;
	return 1;
}

int
samename(char *a, char *b)
{
	Rune r, s;

	while(*a != 0 && *b != 0){
		a += chartorune(&r, a);
		b += chartorune(&s, b);
		if(r != s && tolowerrune(r) != tolowerrune(s))
			return 0;
	}
	return *a == *b;
}

static char*
addbyte(char *p, int c, int lower)
{
	Rune r;

	r = c >= 0x80 ? cp437[c-0x80] : c;
	if(c < ' ' || c == '/' || c == 0x7F)
		r = '_';
	if(lower)
		r = tolowerrune(r);
	return p+runetochar(p, &r);
}

/* the name in an entry's first 11 bytes, to at least 12*3+1 */
void
shortname(uchar *d, char *name)
{
	char *p;
	int i, n, c;

	p = name;
	for(n = 8; n > 0 && d[n-1] == ' '; n--)
		;
	for(i = 0; i < n; i++){
		c = d[i];
		if(i == 0 && c == 0x05)
			c = 0xE5;
		p = addbyte(p, c, d[Dcase] & Lowerbase);
	}
	for(n = 11; n > 8 && d[n-1] == ' '; n--)
		;
	if(n > 8){
		*p++ = '.';
		for(i = 8; i < n; i++)
			p = addbyte(p, d[i], d[Dcase] & Lowerext);
	}
	*p = 0;
}

/* whether s is, letter by letter, a short name: then its 11 bytes are in d */
int
plainshort(char *s, uchar *d)
{
	char *dot;
	int i, n;

	memset(d, ' ', 11);
	dot = strchr(s, '.');
	n = dot != nil ? dot-s : strlen(s);
	if(n == 0 || n > 8 || dot != nil && (strlen(dot+1) > 3 || dot[1] == 0))
		return 0;
	for(i = 0; i < n; i++)
		d[i] = s[i];
	if(dot != nil)
		for(i = 0; dot[1+i] != 0; i++)
			d[8+i] = dot[1+i];
	for(i = 0; i < 11; i++)
		if(d[i] >= 0x80 || d[i] >= 'a' && d[i] <= 'z' || d[i] != ' ' && strchr(notshort, d[i]) != nil)
			return 0;
	return strchr(s, ' ') == nil;
}

/* the n-th short name to stand for s in directories: letters of it, ~, and n */
int
makeshort(char *s, int n, uchar *d)
{
	char *dot, *p, num[12];
	int i, c, k;

	memset(d, ' ', 11);
	dot = strrchr(s, '.');
	if(dot == s)
		dot = nil;
	i = 0;
	for(p = s; *p != 0 && p != dot && i < 8; p++){
		c = *(uchar*)p;
		if(c == ' ' || c == '.')
			continue;
		if(c >= 0x80 || strchr(notshort, c) != nil)
			c = '_';
		d[i++] = toupper(c);
		while((p[1] & 0xC0) == 0x80)
			p++;
	}
	if(i == 0)
		d[i++] = '_';
	if(dot != nil)
		for(k = 8, p = dot+1; *p != 0 && k < 11; p++){
			c = *(uchar*)p;
			if(c == ' ')
				continue;
			if(c >= 0x80 || strchr(notshort, c) != nil)
				c = '_';
			d[k++] = toupper(c);
			while((p[1] & 0xC0) == 0x80)
				p++;
		}
	snprint(num, sizeof num, "~%d", n);
	k = strlen(num);
	if(k > 7)
		return 0;
	if(i > 8-k)
		i = 8-k;
	memmove(d+i, num, k);
	return 1;
}

/* s in UTF-16, at most Maxname units; how many, or -1 */
int
longname(char *s, ushort *u)
{
	Rune r;
	int n;

	for(n = 0; *s != 0; ){
		s += chartorune(&r, s);
		if(n+(r > 0xFFFF) >= Maxname)
			return -1;
		if(r > 0xFFFF){
			u[n++] = 0xD800 | r-0x10000>>10;
			u[n++] = 0xDC00 | r & 0x3FF;
		}else
			u[n++] = r;
	}
	return n;
}

/* and back; what is no character is the one that says so */
void
runestoname(ushort *u, int n, char *name)
{
	Rune r;
	int i;

	for(i = 0; i < n; i++){
		r = u[i];
		if(r >= 0xD800 && r < 0xDC00 && i+1 < n && u[i+1] >= 0xDC00 && u[i+1] < 0xE000)
			r = 0x10000 + ((r & 0x3FF)<<10 | u[++i] & 0x3FF);
		else if(r >= 0xD800 && r < 0xE000)
			r = Runeerror;
		if(r < ' ' || r == '/' || r == 0x7F)
			r = '_';
		name += runetochar(name, &r);
	}
	*name = 0;
}

/* ties long names to the short one that follows them */
uchar
checksum(uchar *d)
{
	uchar sum;
	int i;

	sum = 0;
	for(i = 0; i < 11; i++)
		sum = (sum>>1 | sum<<7)+d[i];
	return sum;
}
