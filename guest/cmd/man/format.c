/*
 * Pages of the manual as plain text, for main.c.  Knows the macros of man(6) and
 * the few troff requests that such pages use; fonts do not show.  The text is
 * filled to Width columns, not justified.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "man.h"

enum
{
	Width	= 72,
	Indent	= 5,			/* of text below a heading */
	Step	= 5,			/* of .RS, and of tags without a width */
	Maxargs	= 16,
	Maxstack = 16,
};

typedef struct Macro Macro;
struct Macro
{
	char	*name;
	void	(*f)(int, char**);
};

static char	text[Width*8];		/* the output line so far */
static int	ntext;			/* its bytes */
static int	col;			/* its columns, with the indentation */
static int	indent;
static int	fill;
static int	tagwidth;		/* of .TP; 0: Step */
static int	tight;			/* no space before paragraphs: .PD 0 */
static int	wanttag;		/* the next line is a tag */
static int	pending;		/* a blank line is due before text */
static int	anytext;
static int	justtag;		/* the last tag has no text yet */
static int	stack[Maxstack];	/* indentations that .RE goes back to */
static int	nstack;
static char	*pagename;
static char	*pagesec;

static void	line(char*);

static void
flushline(void)
{
	if(ntext > 0){
		Bwrite(out, text, ntext);
		Bputc(out, '\n');
		anytext = 1;
	}
	ntext = 0;
	col = 0;
}

static void
space(void)
{
	flushline();
	if(!tight && !justtag && anytext)
		pending = 1;
}

static void
putcols(char *s, int cols)
{
	int n;

	n = strlen(s);
	if(ntext+n >= sizeof text)
		return;
	memmove(text+ntext, s, n);
	ntext += n;
	col += cols;
}

static void
startline(void)
{
	if(pending){
		Bputc(out, '\n');
		pending = 0;
	}
	while(col < indent)
		putcols(" ", 1);
}

static void
word(char *s)
{
	int n;

	justtag = 0;
	n = utflen(s);
	if(col > indent && col+1+n > Width)
		flushline();
	if(col <= indent)
		startline();
	else
		putcols(" ", 1);
	putcols(s, n);
}

/* a line of text whose escapes are gone: blanks inside it that must stay are \x01 */
static void
words(char *s)
{
	char *f[200];
	int i, n, j;

	if(!fill){
		startline();
		for(j = 0; s[j] != 0; j++)
			if(s[j] == 1)
				s[j] = ' ';
		putcols(s, utflen(s));
		if(ntext == 0)
			Bputc(out, '\n');
		flushline();
		return;
	}
	n = getfields(s, f, nelem(f), 1, " \t");
	for(i = 0; i < n; i++){
		for(j = 0; f[i][j] != 0; j++)
			if(f[i][j] == 1)
				f[i][j] = ' ';
		if(f[i][0] != 0)
			word(f[i]);
	}
}

static struct
{
	char	*name;
	char	*s;
} specials[] = {
	"bu",	"•",
	"em",	"--",
	"en",	"-",
	"mi",	"-",
	"hy",	"-",
	"aq",	"'",
	"ga",	"`",
	"aa",	"´",
	"ts",	"ς",
	"*b",	"β",
	"mu",	"×",
	"->",	"→",
	"<-",	"←",
	"<=",	"≤",
	">=",	"≥",
	"+-",	"±",
	"co",	"©",
	"sc",	"§",
	"*m",	"µ",
	"de",	"°",
	"br",	"|",
	"dq",	"\"",
	"sl",	"/",
	"rs",	"\\",
	"tm",	"™",
	"lq",	"“",
	"rq",	"”",
};

/* what follows a backslash; *pp is left behind it */
static char*
escape(char **pp)
{
	static char one[2];
	char *p;
	int i, n;

	p = *pp;
	switch(*p){
	case 0:
		return "";
	case 'f':
	case 's':
	case '*':
		/* font, size, string: one letter, ( and two, or a number */
		n = p[1] == '(' ? 4 : p[1] == '[' ? strcspn(p, "]")+1 : 2;
		if(*p == 's' && (p[1] == '-' || p[1] == '+'))
			n = 3;
		for(i = 0; i < n && *p != 0; i++)
			p++;
		*pp = p;
		return "";
	case '(':
		n = p[1] != 0 && p[2] != 0 ? 3 : strlen(p);
		*pp = p+n;
		for(i = 0; i < nelem(specials); i++)
			if(strncmp(p+1, specials[i].name, 2) == 0)
				return specials[i].s;
		return "?";
	case 'h':
	case 'v':
	case 'w':
		/* motions, quoted */
		if(p[1] == '\''){
			p = strchr(p+2, '\'');
			*pp = p == nil ? *pp+strlen(*pp) : p+1;
		}else
			*pp = p+1;
		return "";
	case '&':
	case '|':
	case '^':
	case '%':
	case 'c':
	case '/':
	case ',':
		*pp = p+1;
		return "";
	case ' ':
	case '0':
	case '~':
		*pp = p+1;
		return "\x01";
	case 'e':
		*pp = p+1;
		return "\\";
	case '"':
		*pp = p+strlen(p);
		return "";
	case '-':
	default:
		one[0] = *p;
		*pp = p+1;
		return one;
	}
}

/* s with its escapes carried out, in the heap */
char*
plain(char *s)
{
	char *buf, *t, *e;

	buf = malloc(4*strlen(s)+8);
	if(buf == nil)
		sysfatal("out of memory");
	for(t = buf; *s != 0;)
		if(*s == '\\'){
			s++;
			e = escape(&s);
			strcpy(t, e);
			t += strlen(e);
		}else
			*t++ = *s++;
	*t = 0;
	return buf;
}

static void
textline(char *s)
{
	char *t;

	t = plain(s);
	words(t);
	free(t);
}

/* arguments put together: sep between them, blanks inside an argument are kept together as words */
static void
joined(int n, char **v, char *sep)
{
	char buf[1024], *p;
	int i;

	p = buf;
	*p = 0;
	for(i = 0; i < n; i++)
		p = seprint(p, buf+sizeof buf, "%s%s", i > 0 ? sep : "", v[i]);
	textline(buf);
}

static void
mspaced(int n, char **v)
{
	joined(n, v, " ");
}

/* .BR and so on: fonts change from argument to argument, without blanks */
static void
malternate(int n, char **v)
{
	joined(n, v, "");
}

static void
mth(int n, char **v)
{
	char left[64];
	int pad;

	snprint(left, sizeof left, "%s(%s)", n > 0 ? v[0] : pagename, n > 1 ? v[1] : pagesec);
	pad = Width-2*utflen(left);
	Bprint(out, "%s%*s%s\n", left, pad > 1 ? pad : 1, "", left);
	anytext = 1;
	pending = 1;
}

static void
heading(int n, char **v, int in)
{
	flushline();
	pending = anytext;
	justtag = 0;
	tight = 0;
	tagwidth = 0;
	nstack = 0;
	fill = 1;
	indent = in;
	joined(n, v, " ");
	flushline();
	indent = Indent;
}

static void
msh(int n, char **v)
{
	heading(n, v, 0);
}

static void
mss(int n, char **v)
{
	heading(n, v, Indent/2);
}

static int
base(void)
{
	return nstack > 0 ? stack[nstack-1]+Step : Indent;
}

static void
mpp(int n, char **v)
{
	USED(n, v);
	space();
	indent = base();
	fill = 1;
}

/* 10, 10n, 1i, or a word as wide as it should be */
static int
width(char *s)
{
	char *e;
	int n;

	n = strtol(s, &e, 10);
	if(e == s){
		e = plain(s);
		n = utflen(e)+2;
		free(e);
	}else if(*e == 'i')
		n *= 10;
	return n > 0 && n < Width/2 ? n : Step;
}

static void
tag(char *s, int w)
{
	char *t;
	int left;

	t = plain(s);
	left = base();
	indent = left;
	for(s = t; *s != 0; s++)
		if(*s == 1)
			*s = ' ';
	startline();
	putcols(t, utflen(t));
	indent = left+w;
	if(col > indent-1)
		flushline();
	else
		while(col < indent)
			putcols(" ", 1);
	justtag = 1;
	free(t);
}

static void
mtp(int n, char **v)
{
	space();
	fill = 1;
	if(n > 0)
		tagwidth = width(v[0]);
	wanttag = 1;
}

static void
mip(int n, char **v)
{
	space();
	fill = 1;
	if(n > 1)
		tagwidth = width(v[1]);
	if(n > 0 && v[0][0] != 0)
		tag(v[0], tagwidth != 0 ? tagwidth : Step);
	else
		indent = base()+(tagwidth != 0 ? tagwidth : Step);
}

/* .TF longest: a table of tags without space between them */
static void
mtf(int n, char **v)
{
	if(n > 0)
		tagwidth = width(v[0]);
	space();
	tight = 1;
}

static void
mpd(int n, char **v)
{
	tight = n > 0 && v[0][0] == '0';
}

static void
mrs(int n, char **v)
{
	USED(n, v);
	flushline();
	if(nstack < Maxstack)
		stack[nstack++] = indent-Step > 0 ? indent-Step : 0;
	indent = base();
	if(nstack > 1 || indent > Indent)
		return;
	stack[nstack-1] = Indent;
	indent = base();
}

static void
mre(int n, char **v)
{
	USED(n, v);
	flushline();
	if(nstack > 0)
		nstack--;
	indent = base();
}

static void
mex(int n, char **v)
{
	USED(n, v);
	flushline();
	indent += 2;
	fill = 0;
}

static void
mee(int n, char **v)
{
	USED(n, v);
	flushline();
	indent -= 2;
	fill = 1;
}

static void
mnf(int n, char **v)
{
	USED(n, v);
	flushline();
	fill = 0;
}

static void
mfi(int n, char **v)
{
	USED(n, v);
	flushline();
	fill = 1;
}

static void
mbr(int n, char **v)
{
	USED(n, v);
	flushline();
}

static void
msp(int n, char **v)
{
	USED(n, v);
	flushline();
	pending = anytext;
}

static void
mnone(int n, char **v)
{
	USED(n, v);
}

static Macro macros[] = {
	"TH",	mth,
	"SH",	msh,
	"SS",	mss,
	"PP",	mpp,
	"LP",	mpp,
	"P",	mpp,
	"TP",	mtp,
	"IP",	mip,
	"HP",	mpp,
	"TF",	mtf,
	"PD",	mpd,
	"RS",	mrs,
	"RE",	mre,
	"EX",	mex,
	"EE",	mee,
	"nf",	mnf,
	"fi",	mfi,
	"br",	mbr,
	"sp",	msp,
	"B",	mspaced,
	"I",	mspaced,
	"L",	mspaced,
	"R",	mspaced,
	"SM",	mspaced,
	"BR",	malternate,
	"BI",	malternate,
	"IR",	malternate,
	"IB",	malternate,
	"RB",	malternate,
	"RI",	malternate,
	"LR",	malternate,
	"RL",	malternate,
	"SB",	mspaced,
	"in",	mnone,
	"ta",	mnone,
	"ft",	mnone,
	"de",	mnone,
	"..",	mnone,
	"nr",	mnone,
	"ds",	mnone,
	"ne",	mnone,
	"ad",	mnone,
	"na",	mnone,
	"hy",	mnone,
};

/* cut the arguments of a macro: blanks separate, double quotes hold together */
static int
arguments(char *s, char **v)
{
	char *t;
	int n;

	for(n = 0; n < Maxargs; n++){
		while(*s == ' ' || *s == '\t')
			s++;
		if(*s == 0)
			break;
		if(*s == '"'){
			v[n] = t = ++s;
			while(*s != 0 && !(*s == '"' && s[1] != '"')){
				if(*s == '"')
					s++;
				*t++ = *s++;
			}
			if(*s != 0)
				s++;
			*t = 0;
			continue;
		}
		v[n] = s;
		while(*s != 0 && *s != ' ' && *s != '\t'){
			if(*s == '\\' && s[1] != 0)
				s++;
			s++;
		}
		if(*s != 0)
			*s++ = 0;
	}
	return n;
}

static void
macro(char *s)
{
	char *v[Maxargs], name[3];
	int i, n;

	for(n = 0; n < 2 && s[n] != 0 && s[n] != ' ' && s[n] != '\t'; n++)
		name[n] = s[n];
	name[n] = 0;
	n = arguments(s+n, v);
	for(i = 0; i < nelem(macros); i++)
		if(strcmp(macros[i].name, name) == 0){
			macros[i].f(n, v);
			return;
		}
}

/* a tag is a line of text or a font macro */
static void
tagline(char *s)
{
	char *v[Maxargs], buf[512], *p;
	int i, n, alternate;

	wanttag = 0;
	if(*s != '.'){
		tag(s, tagwidth != 0 ? tagwidth : Step);
		return;
	}
	alternate = s[1] != 0 && s[2] != 0 && s[2] != ' ';
	for(s++; *s != 0 && *s != ' '; s++)
		;
	n = arguments(s, v);
	p = buf;
	*p = 0;
	for(i = 0; i < n; i++)
		p = seprint(p, buf+sizeof buf, "%s%s", i > 0 && !alternate ? " " : "", v[i]);
	tag(buf, tagwidth != 0 ? tagwidth : Step);
}

static void
line(char *s)
{
	if(s[0] == '.' && s[1] == '\\' && s[2] == '"' || s[0] == '\'' && s[1] == '\\')
		return;
	if(wanttag)
		tagline(s);
	else if(s[0] == '.')
		macro(s+1);
	else if(s[0] == 0 && fill)
		space();
	else{
		if(fill && (s[0] == ' ' || s[0] == '\t'))
			flushline();
		textline(s);
	}
}

int
page(char *sec, char *name)
{
	char file[256], *s;
	Biobuf *b;

	snprint(file, sizeof file, "%s/%s/%s", root, sec, name);
	b = Bopen(file, OREAD);
	if(b == nil)
		return 0;
	pagename = name;
	pagesec = sec;
	ntext = col = 0;
	indent = Indent;
	fill = 1;
	tagwidth = tight = wanttag = pending = anytext = justtag = nstack = 0;
	while((s = Brdstr(b, '\n', 1)) != nil){
		line(s);
		free(s);
	}
	flushline();
	Bterm(b);
	return 1;
}
