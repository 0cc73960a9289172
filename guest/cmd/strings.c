/* strings [-m min] [file ...]: runs of printable runes in any file, with their offsets. */
#include <u.h>
#include <libc.h>
#include <bio.h>

enum
{
	Max	= 70,			/* runes in one piece */
};

static Biobuf out;
static int min = 6;

static int
printable(Rune r)
{
	return r == '\t' || r >= ' ' && r < 0x7F || r > 0xA0 && r != Runeerror;
}

static void
strings(Biobuf *b)
{
	char run[(Max+1)*UTFmax], *p;
	vlong start, off;
	Rune r;
	long c;
	int n;

	n = 0;
	start = off = 0;
	p = run;
	for(;;){
		c = Bgetrune(b);
		r = c;
		if(c >= 0 && printable(r) && !(r == Runeerror)){
			if(n == 0){
				start = off;
				p = run;
			}
			p += runetochar(p, &r);
			n++;
		}
		if(n > 0 && (c < 0 || !printable(r) || n >= Max)){
			if(n >= min)
				Bprint(&out, "%8lld: %.*s%s\n", start, n, run, n >= Max ? " ..." : "");
			n = 0;
			p = run;
		}
		*p = 0;
		if(c < 0)
			break;
		off = Boffset(b);
	}
}

void
main(int argc, char **argv)
{
	Biobuf *b;
	char *status;
	int i;

	ARGBEGIN{
	case 'm':
		min = atoi(EARGF(exits("usage")));
		break;
	default:
		fprint(2, "usage: strings [-m min] [file ...]\n");
		exits("usage");
	}ARGEND
	status = nil;
	Binit(&out, 1, OWRITE);
	if(argc == 0)
		strings(Bfdopen(0, OREAD));
	for(i = 0; i < argc; i++){
		b = Bopen(argv[i], OREAD);
		if(b == nil){
			fprint(2, "strings: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		if(argc > 1)
			Bprint(&out, "%s:\n", argv[i]);
		strings(b);
		Bterm(b);
	}
	Bterm(&out);
	exits(status);
}
