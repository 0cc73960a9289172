/* ascii [-8] [-oxdb] [-nct] [text ...]: the table, or codes of characters and characters of codes. */
#include <u.h>
#include <libc.h>
#include <bio.h>

static char *control[] =
{
	"nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel",
	"bs ", "ht ", "nl ", "vt ", "np ", "cr ", "so ", "si ",
	"dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb",
	"can", "em ", "sub", "esc", "fs ", "gs ", "rs ", "us ",
	"sp ",
};

static int base = 16, top = 128;
static Biobuf out;

static void
code(long c)
{
	char buf[40], *p;
	int n, digits;

	digits = base == 16 ? 2 : base == 10 ? 3 : base == 8 ? 3 : 8;
	p = buf + sizeof buf;
	*--p = 0;
	for(n = 0; n < digits || c > 0; n++){
		*--p = "0123456789abcdefghijklmnopqrstuvwxyz"[c%base];
		c /= base;
	}
	Bprint(&out, "%s", p);
}

static void
name(long c)
{
	if(c <= ' ')
		Bprint(&out, "%s", control[c]);
	else if(c == 0x7F)
		Bprint(&out, "del");
	else if(c < 0xA0 && c >= 0x80)
		Bprint(&out, "x%.2lx", c);
	else
		Bprint(&out, " %C ", (Rune)c);
}

static void
table(void)
{
	int i;

	for(i = 0; i < top; i++){
		Bputc(&out, '|');
		code(i);
		Bputc(&out, ' ');
		name(i);
		if(i%8 == 7)
			Bprint(&out, "|\n");
	}
	Bputc(&out, '\n');
}

static void
usage(void)
{
	fprint(2, "usage: ascii [-8] [-xod] [-b base] [-n|-c|-t] [text ...]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *p, *e;
	Rune r;
	long v;
	int i, how;

	how = 0;
	ARGBEGIN{
	case '8':	top = 256; break;
	case 'x':	base = 16; break;
	case 'o':	base = 8; break;
	case 'd':	base = 10; break;
	case 'b':
		base = atoi(EARGF(usage()));
		if(base < 2 || base > 36)
			usage();
		break;
	case 'n':
	case 'c':
	case 't':
		how = ARGC();
		break;
	default:
		usage();
	}ARGEND
	Binit(&out, 1, OWRITE);
	if(argc == 0)
		table();
	for(i = 0; i < argc; i++){
		v = strtol(argv[i], &e, base);
		/* a number gives its character, all else its codes */
		if(how != 'n' && (*e == 0 && e != argv[i] && utflen(argv[i]) > 1)){
			if(v < 0 || v > Runemax)
				sysfatal("%s is no rune", argv[i]);
			r = v;
			Bprint(&out, how == 't' ? "%C" : "%C\n", r);
			continue;
		}
		for(p = argv[i]; *p; ){
			p += chartorune(&r, p);
			code(r);
			Bprint(&out, how == 't' && *p ? " " : "\n");
		}
	}
	Bterm(&out);
	exits(nil);
}
