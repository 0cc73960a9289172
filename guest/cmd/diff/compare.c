/*
 * The shortest edit script, after Myers: paths from both ends of the grid of
 * lines grow by one edit at a time until they meet, and both halves are done
 * likewise.  Memory is linear.  When two files have so little in common that
 * this would take long, the furthest path is taken for good enough.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "diff.h"

typedef struct Grid Grid;
typedef struct Point Point;

struct Grid
{
	int	*a;		/* classes of the first file's lines */
	int	*b;
	char	*achanged;
	char	*bchanged;
	int	*fwd;		/* by diagonal x-y: the furthest x from the start */
	int	*bwd;		/* and from the end */
	int	limit;		/* edits after which to settle for less */
};

struct Point
{
	int	x;
	int	y;
};

/* of the points that paths from the start have reached, the one with most lines behind it */
static Point
furthest(int *f, int min, int max, int x1, int y1)
{
	Point p;
	int k, x, y;

	p.x = p.y = -1;
	for(k = max; k >= min; k -= 2){
		x = f[k] < x1 ? f[k] : x1;
		y = x - k;
		if(y > y1){
			y = y1;
			x = y + k;
		}
		if(x+y > p.x+p.y){
			p.x = x;
			p.y = y;
		}
	}
	return p;
}

/* a point on a good path from x0,y0 to x1,y1, not both its ends */
static Point
middle(Grid *g, int x0, int x1, int y0, int y1)
{
	Point p;
	int d, k, x, y, odd, fmin, fmax, bmin, bmax, fmid, bmid;
	int *f, *b;

	f = g->fwd;
	b = g->bwd;
	fmid = x0 - y0;
	bmid = x1 - y1;
	odd = (fmid - bmid) & 1;
	fmin = fmax = fmid;
	bmin = bmax = bmid;
	f[fmid] = x0;
	b[bmid] = x1;
	for(d = 1; ; d++){
		/* forwards: one more edit on every diagonal that lies in the grid */
		if(fmin > x0 - y1)
			f[--fmin - 1] = -1;
		else
			fmin++;
		if(fmax < x1 - y0)
			f[++fmax + 1] = -1;
		else
			fmax--;
		for(k = fmax; k >= fmin; k -= 2){
			x = f[k-1] >= f[k+1] ? f[k-1]+1 : f[k+1];
			y = x - k;
			while(x < x1 && y < y1 && g->a[x] == g->b[y]){
				x++;
				y++;
			}
			f[k] = x;
			if(odd && bmin <= k && k <= bmax && b[k] <= x){
				p.x = x;
				p.y = y;
				return p;
			}
		}
		/* backwards */
		if(bmin > x0 - y1)
			b[--bmin - 1] = 0x7FFFFFFF;
		else
			bmin++;
		if(bmax < x1 - y0)
			b[++bmax + 1] = 0x7FFFFFFF;
		else
			bmax--;
		for(k = bmax; k >= bmin; k -= 2){
			x = b[k-1] < b[k+1] ? b[k-1] : b[k+1]-1;
			y = x - k;
			while(x > x0 && y > y0 && g->a[x-1] == g->b[y-1]){
				x--;
				y--;
			}
			b[k] = x;
			if(!odd && fmin <= k && k <= fmax && x <= f[k]){
				p.x = x;
				p.y = y;
				return p;
			}
		}
		if(d < g->limit)
			continue;
		return furthest(f, fmin, fmax, x1, y1);
	}
}

static void
solve(Grid *g, int x0, int x1, int y0, int y1)
{
	Point p;

	for(;;){
		while(x0 < x1 && y0 < y1 && g->a[x0] == g->b[y0]){
			x0++;
			y0++;
		}
		while(x0 < x1 && y0 < y1 && g->a[x1-1] == g->b[y1-1]){
			x1--;
			y1--;
		}
		if(x0 == x1 || y0 == y1)
			break;
		p = middle(g, x0, x1, y0, y1);
		solve(g, x0, p.x, y0, p.y);
		x0 = p.x;
		y0 = p.y;
	}
	if(x0 < x1)
		memset(g->achanged+x0, 1, x1-x0);
	if(y0 < y1)
		memset(g->bchanged+y0, 1, y1-y0);
}

/*
 * A run of changed lines can slide down when its first line equals the one
 * after it; changes then stand where a reader expects them, and neighbours
 * merge.
 */
static void
slide(File *f, File *other)
{
	int i, j, start, end;

	for(i = j = 0; i < f->nline; ){
		if(!f->changed[i]){
			while(other->changed[j])
				j++;
			i++;
			j++;
			continue;
		}
		start = i;
		for(end = i; end < f->nline && f->changed[end]; end++)
			;
		/* never over a change in the other file */
		while(end < f->nline && !other->changed[j] && f->class[start] == f->class[end]){
			f->changed[start++] = 0;
			f->changed[end++] = 1;
			j++;
			while(end < f->nline && f->changed[end])
				end++;
		}
		i = end;
	}
}

/* marks the lines that are in one file only */
void
compare(File *a, File *b)
{
	Grid g;
	int *mem, n;

	n = a->nline + b->nline + 3;
	mem = malloc(2*n*sizeof mem[0]);
	if(mem == nil)
		sysfatal("out of memory");
	g.a = a->class;
	g.b = b->class;
	g.achanged = a->changed;
	g.bchanged = b->changed;
	g.fwd = mem + b->nline + 1;	/* diagonals go from -(lines of b)-1 */
	g.bwd = g.fwd + n;
	for(g.limit = 1; g.limit*g.limit < n; g.limit++)
		;
	if(g.limit < 256)
		g.limit = 256;
	solve(&g, 0, a->nline, 0, b->nline);
	free(mem);
	slide(a, b);
	slide(b, a);
}
