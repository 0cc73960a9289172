/*
 * Reading, and giving every different line a number of its own, so that the
 * comparison works on integers.  With -b and -w lines are hashed and compared
 * by what these options leave of them.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "diff.h"

typedef struct Class Class;

struct Class
{
	ulong	hash;
	char	*line;
	char	*end;
	int	next;		/* in its chain, -1 at the end */
};

enum
{
	Look	= 8192,		/* bytes in which a NUL makes a file binary */
};

static int
slurp(File *f, int fd)
{
	Dir *d;
	char *p;
	long size, n;

	d = dirfstat(fd);
	size = d != nil && d->length > 0 ? d->length + 1 : 8192;
	free(d);
	f->text = malloc(size + 1);
	if(f->text == nil)
		sysfatal("out of memory");
	f->len = 0;
	while((n = read(fd, f->text + f->len, size - f->len)) > 0){
		f->len += n;
		if(f->len < size)
			continue;
		size *= 2;
		p = realloc(f->text, size + 1);
		if(p == nil)
			sysfatal("out of memory");
		f->text = p;
	}
	return n;
}

/* 0, or -1 with the reason in the error string */
int
readfile(File *f, int fd, char *name)
{
	char *p, *e, *nl;
	int i;

	f->name = name;
	if(slurp(f, fd) < 0)
		return -1;
	f->binary = memchr(f->text, 0, f->len < Look ? f->len : Look) != nil;
	e = f->text + f->len;
	f->nline = 0;
	for(p = f->text; p < e; p = nl+1){
		f->nline++;
		nl = memchr(p, '\n', e-p);
		if(nl == nil)
			break;
	}
	f->line = malloc((f->nline+1)*sizeof f->line[0]);
	f->class = malloc((f->nline+1)*sizeof f->class[0]);
	f->changed = mallocz(f->nline+1, 1);
	if(f->line == nil || f->class == nil || f->changed == nil)
		sysfatal("out of memory");
	i = 0;
	for(p = f->text; i < f->nline; p = nl+1){
		f->line[i++] = p;
		nl = memchr(p, '\n', e-p);
		if(nl == nil)
			break;
	}
	f->line[f->nline] = e;
	return 0;
}

void
freefile(File *f)
{
	free(f->text);
	free(f->line);
	free(f->class);
	free(f->changed);
}

/* the next character that counts; -1 at the end of the line */
static int
significant(char **pp, char *e)
{
	char *p;
	int c, blank;

	blank = 0;
	for(p = *pp; p < e; p++){
		c = (uchar)*p;
		if(c == '\n')
			break;
		if((c == ' ' || c == '\t' || c == '\r') && (wflag || bflag)){
			blank = 1;
			continue;
		}
		if(blank && !wflag){
			*pp = p;
			return ' ';
		}
		*pp = p+1;
		return c;
	}
	*pp = e;
	return -1;
}

static ulong
hash(char *p, char *e)
{
	ulong h;
	int c;

	h = 2166136261UL;
	if(!bflag && !wflag){
		for(; p < e && *p != '\n'; p++)
			h = (h ^ (uchar)*p) * 16777619;
		return h ^ h>>15;
	}
	while((c = significant(&p, e)) >= 0)
		h = (h ^ c) * 16777619;
	return h ^ h>>15;
}

static int
same(char *p, char *pe, char *q, char *qe)
{
	int c;

	if(!bflag && !wflag){
		if(pe > p && pe[-1] == '\n')
			pe--;
		if(qe > q && qe[-1] == '\n')
			qe--;
		return pe-p == qe-q && memcmp(p, q, pe-p) == 0;
	}
	do{
		c = significant(&p, pe);
		if(c != significant(&q, qe))
			return 0;
	}while(c >= 0);
	return 1;
}

/* fills both files' class */
void
classify(File *a, File *b)
{
	File *files[2] = {a, b}, *f;
	Class *c;
	int *head;
	int i, j, k, n, size, nclass;
	ulong h;

	n = a->nline + b->nline;
	for(size = 64; size < n; size *= 2)
		;
	head = malloc(size*sizeof head[0]);
	c = malloc((n+1)*sizeof c[0]);
	if(head == nil || c == nil)
		sysfatal("out of memory");
	memset(head, ~0, size*sizeof head[0]);
	nclass = 0;
	for(k = 0; k < 2; k++){
		f = files[k];
		for(i = 0; i < f->nline; i++){
			h = hash(f->line[i], f->line[i+1]);
			for(j = head[h & size-1]; j >= 0; j = c[j].next)
				if(c[j].hash == h && same(c[j].line, c[j].end, f->line[i], f->line[i+1]))
					break;
			if(j < 0){
				j = nclass++;
				c[j].hash = h;
				c[j].line = f->line[i];
				c[j].end = f->line[i+1];
				c[j].next = head[h & size-1];
				head[h & size-1] = j;
			}
			f->class[i] = j;
		}
	}
	free(head);
	free(c);
}
