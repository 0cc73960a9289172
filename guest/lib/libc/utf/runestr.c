/* runestrcat(2): the functions of strcat(2) on runes that end in a 0. */
#include <u.h>
#include <libc.h>

long
runestrlen(Rune *s)
{
	Rune *p;

	for(p = s; *p; p++)
		;
	return p - s;
}

Rune*
runestrchr(Rune *s, Rune c)
{
	for(; *s != c; s++)
		if(*s == 0)
			return nil;
	return s;
}

Rune*
runestrrchr(Rune *s, Rune c)
{
	Rune *p;

	for(p = s + runestrlen(s); p >= s; p--)
		if(*p == c)
			return p;
	return nil;
}

int
runestrncmp(Rune *s1, Rune *s2, long n)
{
	for(; n > 0; n--, s1++, s2++){
		if(*s1 != *s2)
			return *s1 < *s2 ? -1 : 1;
		if(*s1 == 0)
			break;
	}
	return 0;
}

int
runestrcmp(Rune *s1, Rune *s2)
{
	return runestrncmp(s1, s2, 0x7FFFFFFF);
}

Rune*
runestrcpy(Rune *to, Rune *from)
{
	memmove(to, from, (runestrlen(from)+1)*sizeof(Rune));
	return to;
}

Rune*
runestrecpy(Rune *to, Rune *e, Rune *from)
{
	if(to >= e)
		return to;
	while(to < e-1 && *from)
		*to++ = *from++;
	*to = 0;
	return to;
}

Rune*
runestrncpy(Rune *to, Rune *from, long n)
{
	Rune *p;

	for(p = to; n > 0 && *from; n--)
		*p++ = *from++;
	for(; n > 0; n--)
		*p++ = 0;
	return to;
}

Rune*
runestrcat(Rune *to, Rune *from)
{
	runestrcpy(to + runestrlen(to), from);
	return to;
}

Rune*
runestrncat(Rune *to, Rune *from, long n)
{
	Rune *p;

	for(p = to + runestrlen(to); n > 0 && *from; n--)
		*p++ = *from++;
	*p = 0;
	return to;
}

Rune*
runestrstr(Rune *s, Rune *sub)
{
	long n;

	n = runestrlen(sub);
	for(;; s++){
		if(runestrncmp(s, sub, n) == 0)
			return s;
		if(*s == 0)
			return nil;
	}
}
