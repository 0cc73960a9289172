/*
 * sed: options, and what both halves of it need.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "sed.h"

int	quiet;
int	unbuffered;
Biobuf	*sout;

static Text	script;

void
fail(char *fmt, ...)
{
	char msg[256];
	va_list arg;

	va_start(arg, fmt);
	vsnprint(msg, sizeof msg, fmt, arg);
	va_end(arg);
	if(sout != nil)
		flushouts();
	fprint(2, "sed: %s\n", msg);
	exits("error");
}

void*
emalloc(ulong n)
{
	void *p;

	p = malloc(n);
	if(p == nil)
		fail("out of memory");
	return p;
}

/* append n bytes and keep a NUL behind them */
void
addtext(Text *t, char *s, int n)
{
	if(t->n+n+1 > t->max){
		t->max = 2*t->max+n+128;
		t->s = realloc(t->s, t->max);
		if(t->s == nil)
			fail("out of memory");
	}
	memmove(t->s+t->n, s, n);
	t->n += n;
	t->s[t->n] = 0;
}

/* the regular expression library reports by this */
void
regerror(char *s)
{
	fail("%s in a regular expression", s);
}

static void
usage(void)
{
	fprint(2, "usage: sed [-gln] [-e script] [-f file] [script] [file ...]\n");
	exits("usage");
}

static void
addscript(char *s)
{
	if(script.n > 0)
		addtext(&script, "\n", 1);
	addtext(&script, s, strlen(s));
}

static void
scriptfile(char *file)
{
	char buf[4096];
	long n;
	int fd;

	fd = open(file, OREAD);
	if(fd < 0)
		fail("can't open %s: %r", file);
	addscript("");
	while((n = read(fd, buf, sizeof buf)) > 0)
		addtext(&script, buf, n);
	close(fd);
}

void
main(int argc, char **argv)
{
	int given;

	given = 0;
	ARGBEGIN{
	case 'e':
		addscript(EARGF(usage()));
		given = 1;
		break;
	case 'f':
		scriptfile(EARGF(usage()));
		given = 1;
		break;
	case 'g':
		allglobal = 1;
		break;
	case 'l':
	case 'u':
		unbuffered = 1;
		break;
	case 'n':
		quiet = 1;
		break;
	default:
		usage();
	}ARGEND
	sout = emalloc(sizeof *sout);
	Binit(sout, 1, OWRITE);
	if(!given){
		if(argc == 0)
			usage();
		addscript(*argv++);
		argc--;
	}
	compile(script.s);
	execute(argv, argc);
}
