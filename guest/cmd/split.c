/*
 * split: cuts a file in pieces, every so many lines or before each line that
 * matches an expression, whose first part in parentheses then names the piece.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>

static char *stem = "x", *suffix = "";
static int fold;
static Biobuf *out;
static int serial;

static void
openpiece(char *name)
{
	char path[512];

	if(out != nil && Bterm(out) < 0)
		sysfatal("write error: %r");
	if(name != nil)
		snprint(path, sizeof path, "%s%s", name, suffix);
	else{
		if(serial >= 26*26)
			sysfatal("more than %d pieces", 26*26);
		snprint(path, sizeof path, "%s%c%c%s", stem, 'a'+serial/26, 'a'+serial%26, suffix);
		serial++;
	}
	out = Bopen(path, OWRITE);
	if(out == nil)
		sysfatal("can't create %s: %r", path);
}

static void
putline(char *line)
{
	if(Bprint(out, "%s\n", line) < 0)
		sysfatal("write error: %r");
}

static char*
lowered(char *s)
{
	char *t, *p;

	t = strdup(s);
	for(p = t; p != nil && *p; p++)
		*p = tolower(*p);
	return t;
}

static void
usage(void)
{
	fprint(2, "usage: split [-n num] [-e exp] [-f stem] [-s suffix] [-x] [-i] [file]\n");
	exits("usage");
}

/* before each line that matches re begins a piece; with drop the line is left away */
static void
bymatch(Biobuf *in, Reprog *re, int drop)
{
	Resub m[2];
	char *line, *key, name[256];
	int hit;

	while((line = Brdstr(in, '\n', 1)) != nil){
		memset(m, 0, sizeof m);
		key = fold ? lowered(line) : line;
		hit = regexec(re, key, m, 2);
		if(hit && m[1].sp != nil && m[1].ep > m[1].sp){
			snprint(name, sizeof name, "%.*s", utfnlen(m[1].sp, m[1].ep-m[1].sp), m[1].sp);
			openpiece(name);
		}else if(hit || out == nil)
			openpiece(nil);
		if(!(hit && drop))
			putline(line);
		if(key != line)
			free(key);
		free(line);
	}
}

static void
bycount(Biobuf *in, long n)
{
	char *line;
	long count;

	for(count = 0; (line = Brdstr(in, '\n', 1)) != nil; count++){
		if(count % n == 0)
			openpiece(nil);
		putline(line);
		free(line);
	}
}

void
main(int argc, char **argv)
{
	Biobuf *in;
	Reprog *re;
	char *exp;
	long n;
	int xflag;

	n = 1000;
	exp = nil;
	xflag = 0;
	ARGBEGIN{
	case 'n':
	case 'l':
		n = atol(EARGF(usage()));
		break;
	case 'e':
		exp = EARGF(usage());
		break;
	case 'f':
		stem = EARGF(usage());
		break;
	case 's':
		suffix = EARGF(usage());
		break;
	case 'x':
		xflag = 1;
		break;
	case 'i':
		fold = 1;
		break;
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		n = strtol(_args-1, &_args, 10);	/* -100 is -n 100 */
		break;
	default:
		usage();
	}ARGEND
	if(argc > 1 || n < 1)
		usage();
	in = argc == 0 || strcmp(argv[0], "-") == 0 ? Bfdopen(0, OREAD) : Bopen(argv[0], OREAD);
	if(in == nil)
		sysfatal("can't open %s: %r", argv[0]);
	if(exp == nil)
		bycount(in, n);
	else{
		re = regcomp(fold ? lowered(exp) : exp);
		if(re == nil)
			exits("bad expression");
		bymatch(in, re, xflag);
	}
	if(out != nil && Bterm(out) < 0)
		sysfatal("write error: %r");
	exits(nil);
}
