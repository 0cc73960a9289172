/* The text that ed edits: an array of lines. */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "ed.h"

Line	**lines;
int	dol, dot;
int	changed;

static int	room;		/* of lines */

Line*
newline(char *s, int n)
{
	Line *l;

	l = malloc(sizeof *l);
	if(l == nil || (l->s = malloc(n+1)) == nil){
		free(l);
		error("out of memory");
	}
	memmove(l->s, s, n);
	l->s[n] = 0;
	l->mark = 0;
	l->global = 0;
	return l;
}

void
setline(int n, char *s, int len)
{
	Line *l;

	l = newline(s, len);
	free(lines[n]->s);
	lines[n]->s = l->s;
	free(l);
	changed = 1;
}

/* Put n lines behind line at; dot becomes the last of them. */
void
insert(int at, Line **new, int n)
{
	Line **p;
	int want;

	if(lines == nil || dol+n+1 > room){
		want = dol+n+1 + (dol+n)/2 + 64;
		p = realloc(lines, want*sizeof *p);
		if(p == nil)
			error("out of memory");
		lines = p;
		room = want;
	}
	memmove(lines+at+1+n, lines+at+1, (dol-at)*sizeof *lines);
	if(n > 0)
		memmove(lines+at+1, new, n*sizeof *lines);
	dol += n;
	dot = at+n;
	if(n > 0)
		changed = 1;
}

void
cut(int a, int b)
{
	int i;

	for(i = a; i <= b; i++){
		free(lines[i]->s);
		free(lines[i]);
	}
	memmove(lines+a, lines+b+1, (dol-b)*sizeof *lines);
	dol -= b-a+1;
	dot = a > dol ? dol : a;
	changed = 1;
}

static void
reverse(int a, int b)
{
	Line *l;

	for(; a < b; a++, b--){
		l = lines[a];
		lines[a] = lines[b];
		lines[b] = l;
	}
}

/* Lines a to b go behind line to, by three reversals. */
void
move(int a, int b, int to)
{
	if(to >= a && to < b)
		error("");
	if(to < a){
		reverse(to+1, a-1);
		reverse(a, b);
		reverse(to+1, b);
		dot = to + b-a+1;
	}else{
		reverse(a, b);
		reverse(b+1, to);
		reverse(a, to);
		dot = to;
	}
	changed = 1;
}
