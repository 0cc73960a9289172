/*
 * hoc's tokens.  Called by the parser for one at a time; a newline is a token,
 * since it ends a statement.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "hoc.h"

int	tok;
double	toknum;
char	*toktext;
int	line;
int	depth;
Biobuf	*readin;

static char	*text;		/* input of -e */

static struct
{
	char	*name;
	int	tok;
} words[] = {
	"if",		Tif,
	"else",		Telse,
	"while",	Twhile,
	"for",		Tfor,
	"func",		Tfunc,
	"proc",		Tproc,
	"return",	Treturn,
	"break",	Tbreak,
	"continue",	Tcontinue,
	"print",	Tprint,
	"read",		Tread,
};

static struct
{
	char	*s;
	int	tok;
} twos[] = {
	"||", Tor,	"&&", Tand,	"==", Teq,	"!=", Tne,	"<=", Tle,
	">=", Tge,	"++", Tinc,	"--", Tdec,	"+=", Taddeq,	"-=", Tsubeq,
	"*=", Tmuleq,	"/=", Tdiveq,	"%=", Tmodeq,	"^=", Tpoweq,
};

void
lexinit(Biobuf *b, char *s)
{
	readin = b;
	text = s;
	line = 1;
	depth = 0;
}

static int
get(void)
{
	if(text != nil)
		return *text != 0 ? *text++ & 0xFF : Beof;
	return Bgetc(readin);
}

static void
unget(int c)
{
	if(c == Beof)
		return;
	if(text != nil)
		text--;
	else
		Bungetc(readin);
}

/* To the end of a line that is in error. */
void
skipline(void)
{
	int c;

	if(tok == '\n')
		return;
	while((c = get()) != '\n' && c != Beof)
		;
	line++;
}

/* One more character of the token that text (of n bytes) holds. */
static int
store(char *buf, int n, int c)
{
	if(n >= 511)
		fail(line, "token too long");
	buf[n++] = c;
	buf[n] = 0;
	return n;
}

static int
number(int c)
{
	char buf[512], *e;
	int n;

	n = 0;
	for(; c >= '0' && c <= '9' || c == '.'; c = get())
		n = store(buf, n, c);
	if(c == 'e' || c == 'E'){
		n = store(buf, n, c);
		c = get();
		if(c == '+' || c == '-'){
			n = store(buf, n, c);
			c = get();
		}
		for(; c >= '0' && c <= '9'; c = get())
			n = store(buf, n, c);
	}
	unget(c);
	toknum = strtod(buf, &e);
	if(*e != 0)
		fail(line, "malformed number %s", buf);
	return Tnumber;
}

static int
letter(int c)
{
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80;
}

static int
word(int c)
{
	static char buf[512];
	int i, n;

	n = 0;
	for(; letter(c) || c >= '0' && c <= '9'; c = get())
		n = store(buf, n, c);
	unget(c);
	for(i = 0; i < nelem(words); i++)
		if(strcmp(buf, words[i].name) == 0)
			return words[i].tok;
	toktext = buf;
	return Tname;
}

static int
quoted(void)
{
	static char buf[512];
	static char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char *p;
	int c, n;

	n = 0;
	buf[0] = 0;
	while((c = get()) != '"'){
		if(c == '\n' || c == Beof){
			unget(c);
			fail(line, "string has no closing quote");
		}
		if(c == '\\'){
			c = get();
			p = c > 0 ? strchr(from, c) : nil;
			if(p != nil)
				c = to[p-from];
		}
		n = store(buf, n, c);
	}
	toktext = buf;
	return Tstring;
}

static int
operator(int c)
{
	int i, d;

	if(strchr("|&=!<>+-*/%^", c) == nil)
		return c;
	d = get();
	for(i = 0; i < nelem(twos); i++)
		if(twos[i].s[0] == c && twos[i].s[1] == d)
			return twos[i].tok;
	unget(d);
	return c;
}

static int
scan(void)
{
	int c;

	for(;;){
		c = get();
		if(c == '#')
			while((c = get()) != '\n' && c != Beof)
				;
		if(c == '\\'){
			c = get();
			if(c == '\n'){
				line++;
				continue;
			}
			unget(c);
			return '\\';
		}
		if(c != ' ' && c != '\t' && c != '\r')
			break;
	}
	if(c == Beof)
		return Tend;
	if(c == '\n'){
		line++;
		return c;
	}
	if(c >= '0' && c <= '9' || c == '.')
		return number(c);
	if(letter(c))
		return word(c);
	if(c == '"')
		return quoted();
	return operator(c);
}

int
next(void)
{
	return tok = scan();
}
