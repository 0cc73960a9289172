/* ed's s command, and u, which takes the last one back. */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "ed.h"

static char	rhs[Maxline];	/* as typed: & and \1 are not yet replaced */
static int	haverhs;
static char	*out;		/* the new line as it grows */
static int	nout, outsize;
static Line	*undoline;	/* the last line that s changed, and its text before */
static char	*undotext;

static void
add(char *s, int n)
{
	if(nout+n+1 > outsize){
		outsize = (nout+n+1)*2;
		out = realloc(out, outsize);
		if(out == nil)
			sysfatal("out of memory: %r");
	}
	memmove(out+nout, s, n);
	nout += n;
	out[nout] = 0;
}

/* The replacement up to the delimiter; a newline behind a backslash is part of it. */
static void
getrhs(int delim)
{
	int c, n;

	for(n = 0; (c = get()) != delim && c != '\n' && c != -1; ){
		if(n+3 >= sizeof rhs)
			error("replacement too long");
		if(c == '\\'){
			c = get();
			if(c == -1)
				error("");
			rhs[n++] = '\\';
		}
		rhs[n++] = c;
	}
	if(c != delim)
		unget(c);
	rhs[n] = 0;
	haverhs = 1;
}

static void
replacement(Resub *sub)
{
	char *p;
	int i;

	for(p = rhs; *p != 0; p++){
		i = -1;
		if(*p == '&')
			i = 0;
		else if(*p == '\\'){
			p++;
			if(*p >= '1' && *p <= '9')
				i = *p - '0';
		}
		if(i < 0)
			add(p, 1);
		else if(sub[i].sp != nil)
			add(sub[i].sp, sub[i].ep - sub[i].sp);
	}
}

/* Replace the nth match in line n, or all from it on.  1: there was one. */
static int
change(int n, int nth, int all)
{
	Resub sub[10];
	char *s, *rest;
	int count, done;

	s = rest = lines[n]->s;
	nout = 0;
	count = done = 0;
	for(;;){
		memset(sub, 0, sizeof sub);
		sub[0].sp = rest;
		if(regexec(lastpat, s, sub, 10) <= 0)
			break;
		count++;
		add(rest, sub[0].sp - rest);
		if(count >= nth){
			replacement(sub);
			done = 1;
		}else
			add(sub[0].sp, sub[0].ep - sub[0].sp);
		rest = sub[0].ep;
		if(sub[0].ep == sub[0].sp){		/* an empty match: step over a character */
			if(*rest == 0)
				break;
			add(rest++, 1);
		}
		if(done && !all || *rest == 0)
			break;
	}
	if(done)
		add(rest, strlen(rest));
	return done;
}

/* The new text of line n may be several lines. */
static int
store(int n)
{
	Line *l;
	char *p, *nl;
	int extra;

	free(undotext);
	undotext = strdup(lines[n]->s);
	undoline = lines[n];
	extra = 0;
	p = out;
	for(; (nl = strchr(p, '\n')) != nil; p = nl+1, extra++){
		if(extra == 0)
			setline(n, p, nl-p);
		else{
			l = newline(p, nl-p);
			insert(n+extra-1, &l, 1);
		}
	}
	if(extra == 0)
		setline(n, p, strlen(p));
	else{
		l = newline(p, strlen(p));
		insert(n+extra, &l, 1);
	}
	return extra;
}

void
substitute(int a, int b)
{
	int all, c, n, nth, any, extra;

	nth = 1;
	c = get();
	if(c >= '0' && c <= '9'){
		for(nth = 0; c >= '0' && c <= '9'; c = get())
			if((nth = nth*10 + c-'0') > 100000)
				error("");
		if(nth == 0)
			error("");
	}
	if(c == '\n' || c == ' ' || c == -1){
		if(lastpat == nil || !haverhs)
			error("");
		unget(c);
	}else{
		pattern(c);
		getrhs(c);
	}
	all = 0;
	c = get();
	if(c == 'g')
		all = 1;
	else
		unget(c);
	endcommand();
	any = 0;
	for(n = a; n <= b; n++)
		if(change(n, nth, all)){
			extra = store(n);
			n += extra;
			b += extra;
			dot = n;
			any = 1;
		}
	if(!any && !inglobal)
		error("");
}

void
undo(int n)
{
	if(undoline == nil || lines[n] != undoline)
		error("");
	setline(n, undotext, strlen(undotext));
	undoline = nil;
	dot = n;
}
