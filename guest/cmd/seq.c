/* seq [-w] [-f format] [first [incr]] last: counts. */
#include <u.h>
#include <libc.h>
#include <bio.h>

static void
usage(void)
{
	fprint(2, "usage: seq [-fformat] [-w] [first [incr]] last\n");
	exits("usage");
}

static double
number(char *s)
{
	char *end;
	double d;

	d = strtod(s, &end);
	if(end == s || *end != 0)
		usage();
	return d;
}

/* the width of s before its point, and of what is behind */
static void
measure(char *s, int *whole, int *frac)
{
	char *p;
	int n;

	p = strchr(s, '.');
	n = p != nil ? strlen(p+1) : 0;
	if(n > *frac)
		*frac = n;
	n = p != nil ? p-s : strlen(s);
	if(n > *whole)
		*whole = n;
}

/* exactly one verb of floating point, of reasonable size */
static void
checkformat(char *f)
{
	int n, size;

	n = 0;
	for(; *f; f++){
		if(*f != '%' || *++f == '%')
			continue;
		n++;
		f += strspn(f, "-+ #0,");
		size = strtol(f, &f, 10);
		if(*f == '.')
			size += strtol(f+1, &f, 10);
		if(*f == 0 || strchr("efgEG", *f) == nil || size > 200)
			sysfatal("bad format: one of %%e %%f %%g, please");
	}
	if(n != 1)
		sysfatal("bad format: one of %%e %%f %%g, please");
}

void
main(int argc, char **argv)
{
	Biobuf out;
	char *fmt, wide[32], s[64];
	double first, incr, last, v;
	vlong i;
	int wflag, whole, frac;

	fmt = "%g";
	wflag = 0;
	first = incr = 1;
	argv0 = *argv++;
	for(argc--; argc > 0 && argv[0][0] == '-'; argc--, argv++){	/* a number may be negative */
		if(argv[0][1] == 'w' && argv[0][2] == 0)
			wflag = 1;
		else if(argv[0][1] == 'f' && argv[0][2] != 0)
			checkformat(fmt = argv[0]+2);
		else if(argv[0][1] == 'f' && argc > 1){
			checkformat(fmt = *++argv);
			argc--;
		}else
			break;
	}
	if(argc < 1 || argc > 3)
		usage();
	if(argc > 1)
		first = number(argv[0]);
	if(argc > 2)
		incr = number(argv[1]);
	last = number(argv[argc-1]);
	if(incr == 0)
		sysfatal("zero increment");
	if(wflag){
		whole = frac = 0;
		for(i = 0; i < 3; i++){
			v = i == 0 ? first : i == 1 ? incr : last;
			snprint(s, sizeof s, "%.12g", v);
			if(i != 1)
				measure(s, &whole, &frac);
			else{
				int none = 0;
				measure(s, &none, &frac);
			}
		}
		snprint(wide, sizeof wide, "%%0%d.%df", whole + (frac > 0) + frac, frac);
		fmt = wide;
	}
	Binit(&out, 1, OWRITE);
	/* by multiplication: adding would gather rounding errors */
	for(i = 0; ; i++){
		v = first + i*incr;
		if(incr > 0 ? v > last + incr*1e-9 : v < last + incr*1e-9)
			break;
		if(strcmp(fmt, "%g") == 0 && v == floor(v) && fabs(v) < 1e15)
			Bprint(&out, "%lld\n", (vlong)v);
		else{
			Bprint(&out, fmt, v);
			Bputc(&out, '\n');
		}
	}
	if(Bterm(&out) < 0)
		exits("write error");
	exits(nil);
}
