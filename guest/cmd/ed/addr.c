/* ed's addresses, and the patterns in them. */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "ed.h"

Reprog	*lastpat;

/* For the regexp library: a pattern that it does not take is ed's error. */
void
regerror(char *s)
{
	error("%s", s);
}

Reprog*
pattern(int delim)
{
	char buf[Maxline];
	Reprog *p;
	int c, n;

	for(n = 0; (c = get()) != delim && c != '\n' && c != -1; ){
		if(n+3 >= sizeof buf)
			error("pattern too long");
		if(c == '\\'){
			c = get();
			if(c == '\n' || c == -1)
				error("");
			if(c != delim)
				buf[n++] = '\\';
		}
		buf[n++] = c;
	}
	if(c != delim)
		unget(c);
	buf[n] = 0;
	if(n == 0){
		if(lastpat == nil)
			error("");
		return lastpat;
	}
	p = regcomp(buf);
	if(p == nil)
		error("");
	free(lastpat);
	return lastpat = p;
}

int
match(int line, Resub *sub, int n)
{
	if(sub != nil)
		memset(sub, 0, n*sizeof *sub);
	return regexec(lastpat, lines[line]->s, sub, n) > 0;
}

/* From the line behind (before) dot around the whole file to dot. */
static int
search(int delim, int from)
{
	int i, n, step;

	pattern(delim);
	if(dol == 0)
		error("");
	step = delim == '/' ? 1 : -1;
	n = from;
	for(i = 0; i < dol; i++){
		n += step;
		if(n > dol)
			n = 1;
		if(n < 1)
			n = dol;
		if(match(n, nil, 0))
			return n;
	}
	error("");
	return 0;
}

static int
number(int c)
{
	long n;

	for(n = 0; c >= '0' && c <= '9'; c = get())
		if((n = n*10 + c-'0') > 1000000000)
			error("");
	unget(c);
	return n;
}

static int
marked(int c)
{
	int i;

	for(i = 1; i <= dol; i++)
		if(lines[i]->mark == c)
			return i;
	error("");
	return 0;
}

/* .+3 -- /re/-2 'x and so on. */
int
address(int *addr)
{
	int a, c, n, any, sign;

	a = dot;
	any = 0;
	for(;;){
		c = skipblanks();
		if(c >= '0' && c <= '9'){
			if(any)
				a += number(c);		/* "5 3" is 8, as "5+3" */
			else
				a = number(c);
		}else if(!any && c == '.')
			a = dot;
		else if(!any && c == '$')
			a = dol;
		else if(!any && c == '\'')
			a = marked(get());
		else if(c == '/' || c == '?')
			a = search(c, a);
		else if(c == '+' || c == '-' || c == '^'){
			sign = c == '+' ? 1 : -1;
			c = get();
			n = 1;
			if(c >= '0' && c <= '9')
				n = number(c);
			else
				unget(c);
			a += sign*n;
		}else{
			unget(c);
			if(any && (a < 0 || a > dol))
				error("");
			*addr = a;
			return any;
		}
		any = 1;
	}
}
