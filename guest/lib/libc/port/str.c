/*
 * strcat(2): strings of bytes that end in a NUL.  Those that look for the end
 * read aligned words, which may reach past it but never into another page.
 */
#include <u.h>
#include <libc.h>

#define Ones	0x01010101UL
#define Highs	0x80808080UL
#define haszero(w)	(((w)-Ones) & ~(w) & Highs)

long
strlen(char *s)
{
	char *p;
	ulong w;

	for(p = s; (ulong)p & 3; p++)
		if(*p == 0)
			return p - s;
	for(;; p += 4){
		w = *(u32int*)p;
		if(haszero(w))
			break;
	}
	while(*p)
		p++;
	return p - s;
}

char*
strchr(char *s, int c)
{
	ulong w, pattern;

	if((char)c == 0)
		return s + strlen(s);
	for(; (ulong)s & 3; s++){
		if(*s == (char)c)
			return s;
		if(*s == 0)
			return nil;
	}
	pattern = (uchar)c * Ones;
	for(;; s += 4){
		w = *(u32int*)s;
		if(haszero(w) || haszero(w^pattern))
			break;
	}
	for(; *s; s++)
		if(*s == (char)c)
			return s;
	return nil;
}

char*
strrchr(char *s, int c)
{
	char *p;

	for(p = s + strlen(s); p >= s; p--)
		if(*p == (char)c)
			return p;
	return nil;
}

int
strcmp(char *s1, char *s2)
{
	uchar *a, *b;

	a = (uchar*)s1;
	b = (uchar*)s2;
	while(*a == *b){
		if(*a == 0)
			return 0;
		a++;
		b++;
	}
	return *a < *b ? -1 : 1;
}

int
strncmp(char *s1, char *s2, long n)
{
	uchar *a, *b;

	a = (uchar*)s1;
	b = (uchar*)s2;
	for(; n > 0; n--, a++, b++){
		if(*a != *b)
			return *a < *b ? -1 : 1;
		if(*a == 0)
			break;
	}
	return 0;
}

char*
strcpy(char *to, char *from)
{
	memmove(to, from, strlen(from)+1);
	return to;
}

char*
strcat(char *to, char *from)
{
	strcpy(to + strlen(to), from);
	return to;
}

/*
 * Copies what fits before e, always ends it with a NUL, returns where that
 * is.  Of a string that is cut, only whole runes remain.
 */
char*
strecpy(char *to, char *e, char *from)
{
	long n;

	if(to >= e)
		return to;
	n = strlen(from);
	if(n >= e - to){
		n = e - to - 1;
		while(n > 0 && (from[n] & 0xC0) == 0x80)
			n--;
	}
	memmove(to, from, n);
	to[n] = 0;
	return to + n;
}

/* fills all n bytes: no NUL if from is that long, many if it is shorter */
char*
strncpy(char *to, char *from, long n)
{
	long len;

	for(len = 0; len < n && from[len]; len++)
		to[len] = from[len];
	if(len < n)
		memset(to+len, 0, n-len);
	return to;
}

char*
strncat(char *to, char *from, long n)
{
	char *p;

	for(p = to + strlen(to); n > 0 && *from; n--)
		*p++ = *from++;
	*p = 0;
	return to;
}

/* how many bytes s begins with that are (wanted 1) or are not (0) in set */
static long
span(char *s, char *set, int wanted)
{
	uchar member[256/8];
	char *p;
	uchar c;

	memset(member, 0, sizeof member);
	for(; *set; set++){
		c = *set;
		member[c>>3] |= 1<<(c&7);
	}
	for(p = s; (c = *p) != 0; p++)
		if((member[c>>3]>>(c&7) & 1) != wanted)
			break;
	return p - s;
}

long
strspn(char *s, char *set)
{
	return span(s, set, 1);
}

long
strcspn(char *s, char *set)
{
	return span(s, set, 0);
}

char*
strpbrk(char *s, char *set)
{
	s += span(s, set, 0);
	return *s ? s : nil;
}

char*
strtok(char *s, char *sep)
{
	static char *rest;
	char *word;

	if(s == nil)
		s = rest;
	if(s == nil)
		return nil;
	word = s + strspn(s, sep);
	if(*word == 0){
		rest = nil;
		return nil;
	}
	s = word + strcspn(word, sep);
	if(*s)
		*s++ = 0;
	rest = s;
	return word;
}

char*
strstr(char *s, char *sub)
{
	long n;

	if(*sub == 0)
		return s;
	n = strlen(sub);
	for(; (s = strchr(s, *sub)) != nil; s++)
		if(strncmp(s, sub, n) == 0)
			return s;
	return nil;
}

static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c-'A'+'a' : c;
}

int
cistrncmp(char *s1, char *s2, int n)
{
	int a, b;

	for(; n > 0; n--){
		a = lower((uchar)*s1++);
		b = lower((uchar)*s2++);
		if(a != b)
			return a < b ? -1 : 1;
		if(a == 0)
			break;
	}
	return 0;
}

int
cistrcmp(char *s1, char *s2)
{
	return cistrncmp(s1, s2, 0x7FFFFFFF);
}

char*
cistrstr(char *s, char *sub)
{
	int n;

	n = strlen(sub);
	for(;; s++){
		if(cistrncmp(s, sub, n) == 0)
			return s;
		if(*s == 0)
			return nil;
	}
}
