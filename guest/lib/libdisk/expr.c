/*
 * Places and sizes on a disk as people write them: sums of numbers with units,
 * . and $.  The result is in sectors.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

typedef struct Expr Expr;

struct Expr
{
	Edit	*e;
	char	*p;
	char	*err;
	int	depth;
};

enum
{
	Maxdepth	= 32,
};

static vlong	sum(Expr*);

static vlong
unit(Expr *x, vlong n)
{
	vlong max;
	int shift;

	switch(*x->p){
	case '%':
		x->p++;
		if(n > 100){
			x->err = "more than 100%";
			return 0;
		}
		return x->e->hi/100*n + x->e->hi%100*n/100;
	case 's': case 'S':
		x->p++;
		return n;
	case 'k': case 'K':
		shift = 10;
		break;
	case 'm': case 'M':
		shift = 20;
		break;
	case 'g': case 'G':
		shift = 30;
		break;
	case 't': case 'T':
		shift = 40;
		break;
	default:
		return n;
	}
	x->p++;
	max = ~0ULL>>1;
	if(n > max>>shift){
		x->err = "number too large";
		return 0;
	}
	return (n<<shift)/x->e->disk->secsize;
}

static vlong
primary(Expr *x)
{
	vlong n;

	while(*x->p == ' ')
		x->p++;
	switch(*x->p){
	case '.':
		x->p++;
		return x->e->dot;
	case '$':
		x->p++;
		return x->e->hi;
	case '(':
		x->p++;
		if(++x->depth > Maxdepth){
			x->err = "too many parentheses";
			return 0;
		}
		n = sum(x);
		x->depth--;
		if(x->err == nil && *x->p++ != ')')
			x->err = "missing )";
		return n;
	}
	if(*x->p < '0' || *x->p > '9'){
		x->err = "not a number";
		return 0;
	}
	for(n = 0; *x->p >= '0' && *x->p <= '9'; x->p++){
		if(n > (1LL<<58)/10){
			x->err = "number too large";
			return 0;
		}
		n = n*10 + *x->p-'0';
	}
	return unit(x, n);
}

static vlong
product(Expr *x)
{
	vlong n, m;
	int op;

	n = primary(x);
	while(x->err == nil && ((op = *x->p) == '*' || op == '/')){
		x->p++;
		m = primary(x);
		if(op == '*'){
			if(m != 0 && n > (1LL<<58)/m)
				x->err = "number too large";
			else
				n *= m;
		}else if(m == 0)
			x->err = "division by zero";
		else
			n /= m;
	}
	return n;
}

static vlong
sum(Expr *x)
{
	vlong n;
	int op;

	n = product(x);
	while(x->err == nil && ((op = *x->p) == '+' || op == '-')){
		x->p++;
		n += op == '+' ? product(x) : -product(x);
		if(n < 0 || n > 1LL<<60)
			x->err = "out of range";
	}
	return n;
}

/* sets *v to what s means; an error, or nil */
char*
evalsize(Edit *e, char *s, vlong *v)
{
	Expr x;

	memset(&x, 0, sizeof x);
	x.e = e;
	x.p = s;
	*v = sum(&x);
	if(x.err == nil && *x.p != 0)
		x.err = "junk after a number";
	return x.err;
}
