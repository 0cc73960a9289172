/* strdup: a copy on the heap, nil if that is full; and the same for runes. */
#include <u.h>
#include <libc.h>

char*
strdup(char *s)
{
	char *t;
	ulong n;

	n = strlen(s)+1;
	t = malloc(n);
	if(t == nil)
		return nil;
	setmalloctag(t, getcallerpc(&s));
	return memmove(t, s, n);
}

Rune*
runestrdup(Rune *s)
{
	Rune *t;
	ulong n;

	n = (runestrlen(s)+1) * sizeof(Rune);
	t = malloc(n);
	if(t == nil)
		return nil;
	setmalloctag(t, getcallerpc(&s));
	return memmove(t, s, n);
}
