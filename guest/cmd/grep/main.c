/*
 * grep: options, files, and the loop over lines.  The loop runs the automaton
 * over the buffer; it leaves the fast path only where a state has no next one:
 * at the end of a line, at a match, and where a state has to be made.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "grep.h"

enum
{
	Bufsize	= 64*1024,
};

static char	flag[128];
static char	*pattern;	/* what -e, -f and the first argument gave, by lines */
static Biobuf	*out;
static int	anymatch;
static int	manyfiles;
static char	*status;

static uchar	*buf;
static long	max;

void
fail(char *fmt, ...)
{
	char msg[256];
	va_list arg;

	va_start(arg, fmt);
	vsnprint(msg, sizeof msg, fmt, arg);
	va_end(arg);
	fprint(2, "grep: %s\n", msg);
	exits("error");
}

static void
usage(void)
{
	fprint(2, "usage: grep [-bchiLlnsv] [-e pattern] [-f file] [pattern] [file ...]\n");
	exits("usage");
}

static void
addpattern(char *s)
{
	char *t;

	if(pattern == nil)
		t = strdup(s);
	else{
		t = smprint("%s\n%s", pattern, s);
		free(pattern);
	}
	if(t == nil)
		fail("out of memory");
	pattern = t;
}

static void
patternfile(char *file)
{
	Biobuf *b;
	char *s;

	b = Bopen(file, OREAD);
	if(b == nil)
		fail("can't open %s: %r", file);
	while((s = Brdstr(b, '\n', 1)) != nil){
		addpattern(s);
		free(s);
	}
	Bterm(b);
}

static void
put(char *file, long line, uchar *p, long n)
{
	if(manyfiles && !flag['h'])
		Bprint(out, "%s:", file);
	if(flag['n'])
		Bprint(out, "%ld: ", line);
	Bwrite(out, p, n);
	Bputc(out, '\n');
	if(flag['b'])
		Bflush(out);
}

/* does the line that begins at p match?  *pp is left at its newline */
static int
search(uchar **pp)
{
	State *s, *t;
	uchar *p;

	s = dfastart();
	p = *pp;
	for(;;){
		while((t = s->next[*p]) != nil){
			s = t;
			p++;
		}
		if(s->match){
			while(*p != '\n')
				p++;
			*pp = p;
			return 1;
		}
		if(*p == '\n'){
			*pp = p;
			return dfaeol(s);
		}
		s = dfastep(s, *p++);
	}
}

/*
 * Refill the buffer behind the n bytes that are in it, and cut after the last
 * newline.  Returns the bytes of whole lines, -1 at the end; *np gets the
 * bytes in all.
 */
static long
fill(int fd, char *file, long *np)
{
	long n, r, e;

	for(n = *np;;){
		if(n >= max-1){
			max = max == 0 ? Bufsize : 2*max;
			buf = realloc(buf, max+1);
			if(buf == nil)
				fail("%s: a line is too long", file);
		}
		r = read(fd, buf+n, max-1-n);
		if(r < 0)
			fprint(2, "grep: %s: %r\n", file);
		if(r <= 0){
			if(n == 0)
				return -1;
			buf[n++] = '\n';
			*np = n;
			return n;
		}
		for(e = n+r; e > n && buf[e-1] != '\n'; e--)
			;
		n += r;
		if(e > n-r){
			*np = n;
			return e;
		}
	}
}

/* what is left to say when a file has been read */
static void
summary(char *file, long count)
{
	if(flag['s'])
		return;
	if(flag['L'] || flag['l']){
		if((count == 0) == flag['L'])
			Bprint(out, "%s\n", file);
	}else if(flag['c']){
		if(manyfiles && !flag['h'])
			Bprint(out, "%s:", file);
		Bprint(out, "%ld\n", count);
	}
}

static void
grep(int fd, char *file)
{
	uchar *p, *s, *e;
	long n, whole, line, count;
	int once, quiet, not;

	once = flag['l'] || flag['L'] || flag['s'];
	quiet = once || flag['c'];
	not = flag['v'];
	line = count = 0;
	n = 0;
	while((whole = fill(fd, file, &n)) >= 0){
		e = buf+whole;
		for(p = buf; p < e; p++){
			s = p;
			line++;
			if(search(&p) == not)
				continue;
			count++;
			if(!quiet)
				put(file, line, s, p-s);
			else if(once)
				goto done;
		}
		n -= whole;
		memmove(buf, e, n);
	}
done:
	if(count > 0)
		anymatch = 1;
	summary(file, count);
}

void
main(int argc, char **argv)
{
	int i, fd;

	ARGBEGIN{
	case 'b':
	case 'c':
	case 'h':
	case 'i':
	case 'l':
	case 'L':
	case 'n':
	case 's':
	case 'v':
		flag[ARGC()] = 1;
		break;
	case 'e':
		addpattern(EARGF(usage()));
		break;
	case 'f':
		patternfile(EARGF(usage()));
		break;
	default:
		usage();
	}ARGEND
	if(pattern == nil){
		if(argc == 0)
			usage();
		addpattern(argv[0]);
		argc--;
		argv++;
	}
	compile(parse(pattern, flag['i']));
	dfainit();
	out = malloc(sizeof *out);
	if(out == nil)
		fail("out of memory");
	Binit(out, 1, OWRITE);
	manyfiles = argc > 1;
	if(argc == 0)
		grep(0, "stdin");
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "grep: can't open %s: %r\n", argv[i]);
			status = "can't open";
			continue;
		}
		grep(fd, argv[i]);
		close(fd);
		if(flag['s'] && anymatch)
			break;
	}
	Bterm(out);
	if(anymatch)
		exits(nil);
	exits(status != nil ? status : "no matches");
}
