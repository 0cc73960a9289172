/*
 * test expr: sets its status by a condition.  Recursive descent over the
 * arguments: -o binds weakest, then -a, then !; a lone string is true if it is
 * not empty.
 */
#include <u.h>
#include <libc.h>

static char **arg, **end;

static int or(void);
static void bad(char*, ...) noreturn;

static void
bad(char *fmt, ...)
{
	char buf[256];
	va_list args;

	va_start(args, fmt);
	vsnprint(buf, sizeof buf, fmt, args);
	va_end(args);
	fprint(2, "test: %s\n", buf);
	exits("bad syntax");
}

static char*
next(void)
{
	if(arg >= end)
		bad("missing operand");
	return *arg++;
}

static char*
peek(void)
{
	return arg < end ? *arg : nil;
}

static int
is(char *word)
{
	if(arg >= end || strcmp(*arg, word) != 0)
		return 0;
	arg++;
	return 1;
}

static int
hasmode(char *name, ulong bits)
{
	Dir *d;
	int r;

	d = dirstat(name);
	r = d != nil && d->mode & bits;
	free(d);
	return r;
}

static int
isfile(char *name)
{
	Dir *d;
	int r;

	d = dirstat(name);
	r = d != nil && !(d->mode & DMDIR);
	free(d);
	return r;
}

static int
hassize(char *name)
{
	Dir *d;
	int r;

	d = dirstat(name);
	r = d != nil && d->length > 0;
	free(d);
	return r;
}

/* does the descriptor lead to the console? */
static int
isconsole(char *fd)
{
	Dir *a, *b;
	int r;

	a = dirfstat(atoi(fd));
	b = dirstat("/dev/cons");
	r = a != nil && b != nil && a->type == b->type && a->dev == b->dev && a->qid.path == b->qid.path;
	free(a);
	free(b);
	return r;
}

static int
unary(int op, char *s)
{
	switch(op){
	case 'e':
		return access(s, AEXIST) == 0;
	case 'f':
		return isfile(s);
	case 'd':
		return hasmode(s, DMDIR);
	case 'r':
		return access(s, AREAD) == 0;
	case 'w':
		return access(s, AWRITE) == 0;
	case 'x':
		return isfile(s) && access(s, AEXEC) == 0;
	case 'A':
		return hasmode(s, DMAPPEND);
	case 'L':
		return hasmode(s, DMEXCL);
	case 'T':
		return hasmode(s, DMTMP);
	case 's':
		return hassize(s);
	case 'n':
		return *s != 0;
	case 'z':
		return *s == 0;
	case 'b':
	case 'c':
	case 'g':
	case 'h':
	case 'u':
		return 0;		/* there are no such files here */
	}
	return -1;
}

static long
number(char *s)
{
	char *e;
	long n;

	n = strtol(s, &e, 10);
	if(e == s || *e != 0)
		bad("%s is not a number", s);
	return n;
}

static int
newer(char *a, char *b)
{
	Dir *x, *y;
	int r;

	x = dirstat(a);
	y = dirstat(b);
	r = x != nil && y != nil && x->mtime > y->mtime;
	free(x);
	free(y);
	return r;
}

/* not modified within the time: seconds, or a number of y M d h m s */
static int
older(char *name, char *age)
{
	static struct {
		char	unit;
		long	secs;
	} units[] = {{'y', 365*24*3600}, {'M', 30*24*3600}, {'d', 24*3600}, {'h', 3600}, {'m', 60}, {'s', 1}};
	Dir *d;
	vlong limit;
	long n;
	char *p;
	int i, r;

	limit = 0;
	for(p = age; *p; ){
		n = strtol(p, &p, 10);
		for(i = 0; i < nelem(units) && units[i].unit != *p; i++)
			;
		if(*p == 0 && p > age){		/* a time, in seconds since the epoch */
			limit = time(nil) - n;
			break;
		}
		if(i == nelem(units))
			bad("bad age %s", age);
		limit += (vlong)n*units[i].secs;
		p++;
	}
	d = dirstat(name);
	r = d != nil && d->mtime + limit < time(nil);
	free(d);
	return r;
}

static int
binary(char *a, char *op, char *b, int *result)
{
	static char *ops[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
	long x, y;
	int i;

	if(strcmp(op, "=") == 0)
		*result = strcmp(a, b) == 0;
	else if(strcmp(op, "!=") == 0)
		*result = strcmp(a, b) != 0;
	else if(strcmp(op, "-nt") == 0)
		*result = newer(a, b);
	else if(strcmp(op, "-ot") == 0)
		*result = newer(b, a);
	else if(strcmp(op, "-older") == 0)
		*result = older(a, b);
	else{
		for(i = 0; i < nelem(ops) && strcmp(op, ops[i]) != 0; i++)
			;
		if(i == nelem(ops))
			return 0;
		x = number(a);
		y = number(b);
		switch(i){
		case 0:	*result = x == y; break;
		case 1:	*result = x != y; break;
		case 2:	*result = x < y; break;
		case 3:	*result = x <= y; break;
		case 4:	*result = x > y; break;
		case 5:	*result = x >= y; break;
		}
	}
	return 1;
}

static int
primary(void)
{
	char *a, len[16];
	int r;

	if(is("(")){
		r = or();
		if(!is(")"))
			bad("missing )");
		return r;
	}
	a = next();
	if(end-arg >= 2 && strcmp(a, "-l") != 0 && binary(a, arg[0], arg[1], &r)){
		arg += 2;
		return r;
	}
	if(a[0] == '-' && a[1] != 0 && a[2] == 0 && peek() != nil){
		if(a[1] == 't')
			return isconsole(peek()[0] >= '0' && peek()[0] <= '9' ? next() : "1");
		if(a[1] == 'l'){
			snprint(len, sizeof len, "%ld", strlen(next()));
			if(end-arg >= 2 && binary(len, arg[0], arg[1], &r)){
				arg += 2;
				return r;
			}
			return strcmp(len, "0") != 0;
		}
		r = unary(a[1], *arg);
		if(r >= 0){
			arg++;
			return r;
		}
	}
	if(strcmp(a, "-t") == 0)
		return isconsole("1");
	if(peek() != nil && strcmp(*arg, "-a") != 0 && strcmp(*arg, "-o") != 0 && strcmp(*arg, ")") != 0)
		bad("unknown operator %s", *arg);
	return *a != 0;
}

static int
not(void)
{
	if(peek() != nil && strcmp(*arg, "!") == 0 && end-arg > 1){
		arg++;
		return !not();
	}
	return primary();
}

static int
and(void)
{
	int r;

	r = not();
	while(is("-a"))
		r &= not();
	return r;
}

static int
or(void)
{
	int r;

	r = and();
	while(is("-o"))
		r |= and();
	return r;
}

void
main(int argc, char **argv)
{
	char *name;
	int r;

	name = strrchr(argv[0], '/');
	name = name != nil ? name+1 : argv[0];
	arg = argv+1;
	end = argv+argc;
	if(strcmp(name, "[") == 0){
		if(argc < 2 || strcmp(end[-1], "]") != 0)
			bad("missing ]");
		end--;
	}
	if(arg == end)
		exits("usage");
	r = or();
	if(arg != end)
		bad("unexpected operator/operand: %s", *arg);
	exits(r ? nil : "false");
}
