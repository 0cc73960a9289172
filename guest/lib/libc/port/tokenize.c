/*
 * getfields(2): cut a string into words, in place.  tokenize and gettokens
 * know rc's quotes; getfields does not.
 */
#include <u.h>
#include <libc.h>

static int
isin(int c, char *set)
{
	for(; *set; set++)
		if(*set == c)
			return 1;
	return 0;
}

/*
 * Takes one word at s, dropping its quotes; the result lies where the word
 * began.  Returns the byte after the word, and in last what was there.
 */
static char*
word(char *s, char *sep, int *last)
{
	char *to;
	int quoted;

	quoted = 0;
	for(to = s; *s; s++){
		if(quoted){
			if(*s != '\'')
				*to++ = *s;
			else if(s[1] == '\'')
				*to++ = *s++;
			else
				quoted = 0;
		}else if(*s == '\'')
			quoted = 1;
		else if(isin(*s, sep))
			break;
		else
			*to++ = *s;
	}
	*last = *s;
	*to = 0;
	return s;
}

int
gettokens(char *s, char **args, int max, char *sep)
{
	int n, last;

	for(n = 0; n < max; ){
		while(*s && isin(*s, sep))
			s++;
		if(*s == 0)
			break;
		args[n++] = s;
		s = word(s, sep, &last);
		if(last == 0)
			break;
		s++;
	}
	return n;
}

int
tokenize(char *s, char **args, int max)
{
	return gettokens(s, args, max, " \t\r\n");
}

/*
 * Separators are runes.  With multi, a run of them counts as one and those at
 * the ends as none; the last field, if there are too many, keeps the rest.
 */
int
getfields(char *s, char **args, int max, int multi, char *sep)
{
	Rune r;
	int n, len, infield;

	if(max <= 0)
		return 0;
	n = 0;
	infield = 0;
	if(!multi){
		args[n++] = s;
		infield = 1;
	}
	for(; *s; s += len){
		len = chartorune(&r, s);
		if(utfrune(sep, r) == nil){
			if(!infield){
				if(n == max)
					break;
				args[n++] = s;
				infield = 1;
			}
			continue;
		}
		if(!infield)
			continue;
		if(n == max)
			break;
		*s = 0;
		infield = 0;
		if(!multi){
			args[n++] = s+len;
			infield = 1;
		}
	}
	return n;
}
