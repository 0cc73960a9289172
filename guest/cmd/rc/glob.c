/*
 * Patterns: matching of strings for ~ and switch, and of file names.  A
 * pattern is a string and a map that says which of its bytes are special.
 * An element of a path without special bytes is not looked for in its
 * directory, so that directories that cannot be read can be passed.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

typedef struct Names Names;
struct Names
{
	char	**v;
	int	n;
	int	max;
};

/* does the class that begins after [ at p contain r?  *pp is left after its ]; nil if there is no ] */
static int
inclass(Rune r, char **pp)
{
	Rune lo, hi;
	char *p;
	int in, not;

	p = *pp;
	not = *p == '~' || *p == '^';
	if(not)
		p++;
	in = 0;
	for(;;){
		if(*p == ']')
			break;
		if(*p == 0){
			*pp = nil;
			return 0;
		}
		p += chartorune(&lo, p);
		hi = lo;
		if(*p == '-'){
			p++;
			if(*p == 0){
				*pp = nil;
				return 0;
			}
			p += chartorune(&hi, p);
		}
		if(lo > hi){
			Rune t;

			t = lo;
			lo = hi;
			hi = t;
		}
		if(lo <= r && r <= hi)
			in = 1;
	}
	*pp = p+1;
	return in != not;
}

/*
 * Does s match the pattern p, whose special bytes m marks (nil: none)?
 * After a mismatch only the last * is tried again, one rune further: what
 * earlier ones took need never change.
 */
int
match(char *s, char *p, char *m)
{
	char *start, *star, *from, *q;
	Rune r, pr;
	int n;

	if(m == nil)
		return strcmp(s, p) == 0;
	start = p;
	star = from = nil;
	for(;;){
		if(*p == '*' && m[p-start]){
			star = ++p;
			from = s;
			continue;
		}
		if(*s == 0)
			return *p == 0;
		n = chartorune(&r, s);
		if(*p == '?' && m[p-start]){
			p++;
			s += n;
			continue;
		}
		q = p+1;
		if(*p == '[' && m[p-start]){
			if(inclass(r, &q)){
				p = q;
				s += n;
				continue;
			}
			if(q == nil && *s == '['){
				p++;
				s += n;
				continue;
			}
		}else if(*p != 0){
			q = p+chartorune(&pr, p);
			if(pr == r && q-p == n){
				p = q;
				s += n;
				continue;
			}
		}
		if(star == nil)
			return 0;
		from += chartorune(&r, from);
		p = star;
		s = from;
	}
}

static void
addname(Names *l, char *s)
{
	if(l->n == l->max){
		l->max = 2*l->max+16;
		l->v = realloc(l->v, l->max*sizeof l->v[0]);
		if(l->v == nil)
			rcerror("out of memory");
	}
	l->v[l->n++] = rstrdup(s);
}

static int
cmpname(void *a, void *b)
{
	return strcmp(*(char**)a, *(char**)b);
}

static void	expand(Names*, Str*, char*, char*);

/* the element p..e is a pattern: try every name in the directory path */
static void
scan(Names *l, Str *path, char *p, char *e, char *m)
{
	Dir *d;
	char *pat, *meta;
	int fd, len;
	long i, n;

	fd = open(path->n == 0 ? "." : strend(path), OREAD);
	if(fd < 0)
		return;
	pat = ralloc(e-p+1);
	memmove(pat, p, e-p);
	pat[e-p] = 0;
	meta = m;
	len = path->n;
	while((n = dirread(fd, &d)) > 0){
		for(i = 0; i < n; i++){
			if(!match(d[i].name, pat, meta) || *e == '/' && !(d[i].mode & DMDIR))
				continue;
			path->n = len;
			stradd(path, d[i].name, strlen(d[i].name));
			expand(l, path, e, m+(e-p));
		}
		free(d);
	}
	close(fd);
	path->n = len;
}

/* the names that begin with path and go on as the pattern p (map m) says */
static void
expand(Names *l, Str *path, char *p, char *m)
{
	char *e;
	int special, len;

	len = path->n;
	for(; *p == '/'; p++, m++)
		straddc(path, '/');
	if(*p == 0){
		if(access(strend(path), AEXIST) == 0)
			addname(l, strend(path));
		path->n = len;
		return;
	}
	special = 0;
	for(e = p; *e != 0 && *e != '/'; e++)
		special |= m[e-p];
	if(special)
		scan(l, path, p, e, m);
	else{
		stradd(path, p, e-p);
		expand(l, path, e, m+(e-p));
	}
	path->n = len;
}

/* replace w by the sorted names that match it, or leave it if there are none */
static Word*
globword(Word *w)
{
	Names l;
	Str path;
	Word *list, *next;
	int i;

	memset(&l, 0, sizeof l);
	memset(&path, 0, sizeof path);
	expand(&l, &path, w->s, w->meta);
	free(path.s);
	next = w->next;
	if(l.n == 0)
		return newword(w->s, next);
	qsort(l.v, l.n, sizeof l.v[0], cmpname);
	list = next;
	for(i = l.n-1; i >= 0; i--)
		list = newword(l.v[i], list);
	free(l.v);
	return list;
}

Word*
expandlist(Word *l)
{
	Word **tail, *next;

	for(tail = &l; *tail != nil;){
		if((*tail)->meta == nil){
			tail = &(*tail)->next;
			continue;
		}
		next = (*tail)->next;
		*tail = globword(*tail);
		while(*tail != next)
			tail = &(*tail)->next;
	}
	return l;
}
