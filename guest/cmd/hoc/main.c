/*
 * hoc [-e expression] [file ...]: reads statements from the files, "-" being the
 * standard input, and runs each as soon as it is complete.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "hoc.h"

static char	*file;		/* for messages; nil for standard input */
static jmp_buf	begin;
static int	failed;

static double
integer(double x)
{
	return x < 0 ? ceil(x) : floor(x);
}

static double
round0(double x)
{
	return x < 0 ? -floor(0.5-x) : floor(x+0.5);
}

static struct
{
	char	*name;
	double	(*fn1)(double);
	double	(*fn2)(double, double);
} builtins[] = {
	"abs",	fabs,	nil,
	"acos",	acos,	nil,
	"asin",	asin,	nil,
	"atan",	atan,	nil,
	"atan2", nil,	atan2,
	"ceil",	ceil,	nil,
	"cos",	cos,	nil,
	"cosh",	cosh,	nil,
	"exp",	exp,	nil,
	"floor", floor,	nil,
	"int",	integer, nil,
	"log",	log,	nil,
	"log10", log10,	nil,
	"round", round0, nil,
	"sin",	sin,	nil,
	"sinh",	sinh,	nil,
	"sqrt",	sqrt,	nil,
	"tan",	tan,	nil,
	"tanh",	tanh,	nil,
};

static struct
{
	char	*name;
	double	value;
	int	type;
} constants[] = {
	"PI",	3.14159265358979323846,	Constant,
	"E",	2.71828182845904523536,	Constant,
	"GAMMA", 0.57721566490153286060, Constant,
	"DEG",	57.29577951308232087680, Constant,
	"PHI",	1.61803398874989484820,	Constant,
	"PREC",	17,			Variable,	/* significant digits of what is printed */
};

void
fail(int at, char *fmt, ...)
{
	char buf[512];
	va_list arg;

	va_start(arg, fmt);
	vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	fprint(2, "hoc: %s%s%d: %s\n", file != nil ? file : "", file != nil ? ":" : "line ", at, buf);
	failed = 1;
	longjmp(begin, 1);
}

static void
install(void)
{
	Sym *s;
	int i;

	for(i = 0; i < nelem(builtins); i++){
		s = lookup(builtins[i].name);
		s->type = Builtin;
		s->fn1 = builtins[i].fn1;
		s->fn2 = builtins[i].fn2;
	}
	for(i = 0; i < nelem(constants); i++){
		s = lookup(constants[i].name);
		s->type = constants[i].type;
		s->value = constants[i].value;
	}
}

/* Everything in the current input. */
static void
process(void)
{
	Node *n;

	if(setjmp(begin))
		skipline();
	while((n = statement()) != nil){
		run(n);
		freetree(n);
	}
}

static void
usage(void)
{
	fprint(2, "usage: hoc [-e expression] [file ...]\n");
	exits("usage");
}

void
main(int argc, char *argv[])
{
	Biobuf in, *b;
	char *text;
	int i;

	text = nil;
	ARGBEGIN{
	case 'e':
		text = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	Binit(&in, 0, OREAD);
	install();
	if(text != nil){
		text = smprint("%s\n", text);
		lexinit(&in, text);
		process();
	}
	if(text == nil && argc == 0){
		lexinit(&in, nil);
		process();
	}
	for(i = 0; i < argc; i++){
		b = &in;
		file = nil;
		if(strcmp(argv[i], "-") != 0){
			file = argv[i];
			b = Bopen(file, OREAD);
			if(b == nil)
				sysfatal("%r");
		}
		lexinit(b, nil);
		process();
		if(b != &in)
			Bterm(b);
	}
	exits(failed ? "errors" : nil);
}
