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

static int base = 16, top = 128, digits;
static Biobuf out;

static void
code(long c)
{
	char buf[40], *p;
	int n;

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
	else if(c >= 0x80 && c <= 0xA0)
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

static int
digit(int c)
{
	int d;

	if(c >= '0' && c <= '9')
		d = c-'0';
	else if(c >= 'a' && c <= 'z')
		d = c-'a'+10;
	else if(c >= 'A' && c <= 'Z')
		d = c-'A'+10;
	else
		return -1;
	return d < base ? d : -1;
}

static int
isnumber(char *s)
{
	for(; *s; s++)
		if(digit((uchar)*s) < 0)
			return 0;
	return 1;
}

/* of larger numbers only the last byte counts */
static int
number(char *s)
{
	ulong v;

	v = 0;
	for(; *s; s++){
		if(digit((uchar)*s) < 0){
			Bflush(&out);
			sysfatal("%c is no digit in base %d", *s, base);
		}
		v = v*base + digit((uchar)*s);
	}
	return v & 0xFF;
}

static void
show(char *s, int how)
{
	Rune r;

	switch(how){
	case 'n':
		while(*s){
			s += chartorune(&r, s);
			code(r);
			Bputc(&out, '\n');
		}
		break;
	case 'c':
		name(number(s));
		Bputc(&out, '\n');
		break;
	case 't':
		Bputrune(&out, number(s));
		break;
	}
}

static void
usage(void)
{
	fprint(2, "usage: ascii [-8] [-xod | -b base] [-n | -c | -t] [text ...]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
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
	for(i = top-1; i > 0; i /= base)
		digits++;
	Binit(&out, 1, OWRITE);
	if(argc == 0){
		table();
		how = 'n';
	}
	if(how == 0)		/* the first argument says what all are */
		how = isnumber(argv[0]) ? 'c' : 'n';
	for(i = 0; i < argc; i++)
		show(argv[i], how);
	if(argc > 0)
		Bputc(&out, '\n');
	Bterm(&out);
	exits(nil);
}
