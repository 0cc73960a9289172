/* The forms of output: the usual one, -e -f scripts for ed, -n for a plumber, -c and -a with context. */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "diff.h"

enum
{
	Context	= 3,
};

static Change *changes;
static int nchange;

static void
collect(File *a, File *b)
{
	Change *p, c;
	int i, j, room;

	room = 0;
	nchange = 0;
	for(i = j = 0; i < a->nline || j < b->nline; i++, j++){
		if(!a->changed[i] && !b->changed[j])
			continue;
		c.a0 = i;
		c.b0 = j;
		while(a->changed[i])
			i++;
		while(b->changed[j])
			j++;
		c.a1 = i;
		c.b1 = j;
		if(nchange == room){
			room = room*2 + 64;
			p = realloc(changes, room*sizeof changes[0]);
			if(p == nil)
				sysfatal("out of memory");
			changes = p;
		}
		changes[nchange++] = c;
		if(i >= a->nline && j >= b->nline)
			break;
	}
}

static void
lines(File *f, int from, int to, char *prefix)
{
	int i, n;

	for(i = from; i < to; i++){
		n = f->line[i+1] - f->line[i];
		if(n > 0 && f->line[i][n-1] == '\n')
			n--;
		Bprint(&out, "%s", prefix);
		Bwrite(&out, f->line[i], n);
		Bputc(&out, '\n');
	}
}

/* lines from up to to, as people count; an empty range is the line before it */
static void
range(int from, int to, char *sep)
{
	if(to <= from)
		Bprint(&out, "%d", from);
	else if(to == from+1)
		Bprint(&out, "%d", to);
	else
		Bprint(&out, "%d%s%d", from+1, sep, to);
}

static int
verb(Change *c)
{
	if(c->a0 == c->a1)
		return 'a';
	return c->b0 == c->b1 ? 'd' : 'c';
}

static void
usual(File *a, File *b, Change *c)
{
	if(mode == 'n'){
		Bprint(&out, "%s:", a->name);
		range(c->a0, c->a1, ",");
		Bprint(&out, " %c %s:", verb(c), b->name);
		range(c->b0, c->b1, ",");
	}else{
		range(c->a0, c->a1, ",");
		Bputc(&out, verb(c));
		range(c->b0, c->b1, ",");
	}
	Bputc(&out, '\n');
	lines(a, c->a0, c->a1, "< ");
	if(verb(c) == 'c')
		Bprint(&out, "---\n");
	lines(b, c->b0, c->b1, "> ");
}

/* text that is a dot would end ed's input too early */
static void
edtext(File *b, Change *c)
{
	int i, n;

	for(i = c->b0; i < c->b1; i++){
		n = b->line[i+1] - b->line[i];
		if(n > 0 && b->line[i][n-1] == '\n')
			n--;
		if(n == 1 && b->line[i][0] == '.'){
			Bprint(&out, "..\n.\ns/.//\n");
			if(i+1 < c->b1)
				Bprint(&out, "a\n");
			else
				return;
		}else
			lines(b, i, i+1, "");
	}
	Bprint(&out, ".\n");
}

static void
script(File *b)
{
	Change *c;

	for(c = changes+nchange-1; c >= changes; c--){
		range(c->a0, c->a1, ",");
		Bprint(&out, "%c\n", verb(c));
		if(c->b0 < c->b1)
			edtext(b, c);
	}
}

static void
forward(File *b, Change *c)
{
	Bputc(&out, verb(c));
	range(c->a0, c->a1, " ");
	Bputc(&out, '\n');
	if(c->b0 < c->b1){
		lines(b, c->b0, c->b1, "");
		Bprint(&out, ".\n");
	}
}

/* changes whose contexts touch, in one piece */
static void
context(File *a, File *b)
{
	Change *c, *last, *e;
	int a0, a1, b0, b1, around;

	around = mode == 'a' ? 0x3FFFFFFF : Context;
	e = changes+nchange;
	for(c = changes; c < e; c = last+1){
		for(last = c; last+1 < e && last[1].a0 - last->a1 < 2*around; last++)
			;
		a0 = c->a0 > around ? c->a0-around : 0;
		b0 = c->b0 - (c->a0-a0);
		a1 = a->nline - last->a1 > around ? last->a1+around : a->nline;
		b1 = last->b1 + (a1-last->a1);
		if(mode == 'c'){
			Bprint(&out, "%s:", a->name);
			range(a0, a1, ",");
			Bprint(&out, " - %s:", b->name);
			range(b0, b1, ",");
			Bputc(&out, '\n');
		}
		for(; c <= last; c++){
			lines(a, a0, c->a0, "  ");
			lines(a, c->a0, c->a1, "- ");
			lines(b, c->b0, c->b1, "+ ");
			a0 = c->a1;
		}
		lines(a, a0, a1, "  ");
	}
}

void
output(File *a, File *b)
{
	int i;

	collect(a, b);
	switch(mode){
	case 'e':
		script(b);
		break;
	case 'c':
	case 'a':
		context(a, b);
		break;
	default:
		for(i = 0; i < nchange; i++)
			if(mode == 'f')
				forward(b, &changes[i]);
			else
				usual(a, b, &changes[i]);
	}
	free(changes);
	changes = nil;
}
