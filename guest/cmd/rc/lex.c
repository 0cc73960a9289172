/*
 * Input and tokens.  The parser asks for one token at a time and never reads
 * ahead further than that, because what comes next can depend on what a
 * command does (a here document, an interactive line).  The rule that is
 * easy to break: a caret is supplied only between a plain or quoted word and
 * a word, quote, dollar or back quote that touches it (afterword), and a (
 * that touches a word is a subscript.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

enum
{
	Bufsize	= 4096,
};

Input *input;

static int	afterword;	/* the last token was a word, and no keyword */
static int	afterdollar;	/* the next word is the name of a variable */
static int	aftercaret;	/* it is a part of a word, and so no keyword: $a!$b */
static Str	text;		/* the word being collected */
static Str	metas;

static struct
{
	char	*name;
	int	kw;
} keywords[] = {
	"for",		Kfor,
	"in",		Kin,
	"while",	Kwhile,
	"if",		Kif,
	"not",		Knot,
	"switch",	Kswitch,
	"fn",		Kfn,
	"~",		Kmatch,
	"!",		Kbang,
	"@",		Kat,
};

int
keyword(char *s)
{
	int i;

	for(i = 0; i < nelem(keywords); i++)
		if(s[0] == keywords[i].name[0] && strcmp(s, keywords[i].name) == 0)
			return keywords[i].kw;
	return 0;
}

/* may c stand unquoted in a word? */
int
isword(int c)
{
	return c > 0 && strchr("\n \t#;&|^$=`'{}()<>", c) == nil;
}

/* may c stand in the name of a variable without quotes? */
int
isname(int c)
{
	return c > ' ' && strchr("!\"#$%&'()+,-./:;<=>?@[\\]^`{|}~", c) == nil;
}

/*
 * Make in the current input.  fd -1: the text is s, which must outlive it.
 * name is kept, not copied.
 */
void
openinput(Input *in, char *name, int fd, char *s, int interactive)
{
	memset(in, 0, sizeof *in);
	in->name = name;
	in->fd = fd;
	in->line = 1;
	in->interactive = interactive;
	if(fd >= 0)
		in->p = in->e = in->buf = emalloc(Bufsize);
	else{
		in->p = in->buf = s;
		in->e = s+strlen(s);
	}
	in->outer = input;
	input = in;
}

void
closeinput(void)
{
	if(input->fd >= 0){
		if(!input->keep)
			close(input->fd);
		free(input->buf);
	}
	free(input->echo.s);
	input = input->outer;
}

static void
prompt(Input *in)
{
	Val *v;
	char *p;

	in->wantprompt = 0;
	v = varval("prompt");
	p = "";
	if(v != nil && v->n > in->prompted)
		p = v->s[(int)in->prompted];
	else if(in->prompted)
		p = "\t";
	in->prompted = 1;
	write(realfd(2), p, strlen(p));
}

jmp_buf	readjmp;
int	reading;

/*
 * read, but -1 if a note comes, even one that comes just before: its handler
 * leaves the system call, or the way there, for readjmp.
 */
static long
readinput(int fd, char *buf, long n)
{
	volatile long r;

	r = -1;
	if(setjmp(readjmp) == 0){
		reading = 1;
		if(!nnotes)
			r = read(fd, buf, n);
	}
	reading = 0;
	return r;
}

static int
fill(Input *in)
{
	long n;

	if(in->fd < 0 || in->eof)
		return -1;
	n = readinput(in->fd, in->buf, Bufsize);
	if(n <= 0){
		in->eof = 1;
		if(n < 0 && nnotes)
			in->intr = 1;
		return -1;
	}
	in->p = in->buf;
	in->e = in->buf+n;
	return 0;
}

/* the next byte of input, or -1; prompts when it begins a line */
int
getbyte(Input *in)
{
	int c;

	if(in->wantprompt)
		prompt(in);
	if(in->p == in->e && fill(in) < 0)
		return -1;
	c = *(uchar*)in->p++;
	if(c == '\n'){
		in->line++;
		if(in->interactive)
			in->wantprompt = 1;
	}
	if(flag['v']){
		straddc(&in->echo, c);
		if(c == '\n'){
			write(realfd(2), in->echo.s, in->echo.n);
			in->echo.n = 0;
		}
	}
	return c;
}

/*
 * The byte that getbyte would return.  At the end of a line that has been
 * taken nothing is read: an interactive shell must not wait for the next.
 */
static int
peekbyte(Input *in)
{
	if(in->p == in->e){
		if(in->wantprompt)
			prompt(in);
		if(fill(in) < 0)
			return -1;
	}
	return *(uchar*)in->p;
}

/* as getbyte, but a backslash before a newline makes both one blank */
static int
get(void)
{
	int c;

	c = getbyte(input);
	if(c == '\\' && peekbyte(input) == '\n'){
		getbyte(input);
		c = ' ';
	}
	return c;
}

/*
 * What get would return.  A backslash that ends the buffer is moved to its
 * start, to see what follows it.
 */
static int
peek(void)
{
	Input *in;
	long n;
	int c;

	in = input;
	c = peekbyte(in);
	if(c != '\\')
		return c;
	if(in->p+1 == in->e && in->fd >= 0 && !in->eof){
		n = readinput(in->fd, in->buf+1, Bufsize-1);
		in->buf[0] = c;
		in->p = in->buf;
		in->e = in->buf+1+(n > 0 ? n : 0);
	}
	if(in->p+1 < in->e && in->p[1] == '\n')
		c = ' ';
	return c;
}

static int
nextis(int c)
{
	if(peek() != c)
		return 0;
	get();
	return 1;
}

static void
skipcomment(void)
{
	int c;

	while((c = peekbyte(input)) >= 0 && c != '\n')
		getbyte(input);
}

static void
skipblanks(void)
{
	int c;

	for(;;){
		c = peek();
		if(c == '#')
			skipcomment();
		else if(c == ' ' || c == '\t')
			get();
		else
			return;
	}
}

/* blanks, comments and newlines: after an operator or a closing parenthesis */
void
skiplines(void)
{
	for(;;){
		skipblanks();
		if(peek() != '\n')
			return;
		get();
	}
}

/* after an error: the rest of the line is no command */
void
skiprest(void)
{
	int c;

	if(input->p > input->buf && input->p[-1] == '\n')
		return;
	do
		c = getbyte(input);
	while(c >= 0 && c != '\n');
}

void
lexstart(void)
{
	afterword = 0;
	afterdollar = 0;
}

static int
number(int *n)
{
	if(peek() < '0' || peek() > '9')
		return -1;
	for(*n = 0; peek() >= '0' && peek() <= '9'; get())
		if(*n < 100000)
			*n = *n*10 + peek()-'0';
	return 0;
}

/* [n], [n=m] or [n=] after a redirection or pipe; what may stand there depends on t->type */
static void
fdspec(Tok *t)
{
	int n;

	if(!nextis('['))
		return;
	if(number(&n) < 0)
		syntaxerror("a descriptor number must follow [");
	t->fd = n;
	if(nextis('=')){
		if(number(&n) == 0){
			t->fd1 = n;
			if(t->type == Tpipe){
				/* the first number is the reader's */
				t->fd1 = t->fd;
				t->fd = n;
			}else
				t->type = Tdup;
		}else if(t->type == Tpipe)
			syntaxerror("|[n=]: a descriptor number is missing");
		else
			t->type = Tclose;
		if(t->type != Tpipe && t->rtype != Rread && t->rtype != Rwrite)
			syntaxerror("only > and < can copy or close a descriptor");
	}
	if(!nextis(']'))
		syntaxerror("missing ] in a redirection");
}

static void
redirection(Tok *t, int c)
{
	t->type = Tredir;
	t->fd = c == '>';
	t->rtype = c == '>' ? Rwrite : Rread;
	if(c == '>' && nextis('>'))
		t->rtype = Rappend;
	else if(c == '<' && nextis('<'))
		t->rtype = Rhere;
	else if(c == '<' && nextis('>'))
		t->rtype = Rrdwr;
	fdspec(t);
}

static void
quoted(void)
{
	int c;

	for(;;){
		c = getbyte(input);
		if(c < 0)
			syntaxerror("end of file inside quotes");
		if(c == '\''){
			if(peekbyte(input) != '\'')
				return;
			getbyte(input);
		}
		straddc(&text, c);
	}
}

/* an unquoted word that begins with c, which has been read */
static int
bareword(int c)
{
	int any;

	any = 0;
	for(;;){
		straddc(&metas, c == '*' || c == '[' || c == '?');
		if(metas.s[metas.n-1])
			any = 1;
		straddc(&text, c);
		/* [^ is a class that excludes; elsewhere a caret ends the word */
		if(c == '[' && !afterdollar && peek() == '^'){
			c = get();
			continue;
		}
		c = peek();
		if(afterdollar ? !isname(c) : !isword(c))
			return any;
		c = get();
	}
}

static void
word(Tok *t, int c)
{
	int any;

	text.n = metas.n = 0;
	any = 0;
	t->type = Tword;
	if(c == '\''){
		quoted();
		t->quoted = 1;
	}else
		any = bareword(c);
	t->s = memmove(ralloc(text.n+1), strend(&text), text.n+1);
	if(any)
		t->meta = memmove(ralloc(text.n), metas.s, text.n);
	afterword = 1;
	if(!t->quoted && !afterdollar && !aftercaret && (t->kw = keyword(t->s)) != 0){
		t->type = Tkeyword;
		afterword = 0;
	}
	afterdollar = aftercaret = 0;
}

/* the next token */
void
lex(Tok *t)
{
	int c, touch;

	memset(t, 0, sizeof *t);
	c = peek();
	touch = afterword;
	afterword = 0;
	t->line = input->line;
	if(touch){
		if(c == '('){
			get();
			t->type = Tsub;
			return;
		}
		if(isword(c) || c == '\'' || c == '`' || c == '$'){
			t->type = Tcaret;
			aftercaret = 1;
			return;
		}
	}
	skipblanks();
	t->line = input->line;
	c = get();
	switch(c){
	case -1:
		t->type = Teof;
		break;
	case '$':
		afterdollar = 1;
		t->type = '$';
		if(nextis('#'))
			t->type = Tcount;
		else if(nextis('"'))
			t->type = Tflat;
		return;
	case '^':
		t->type = Tcaret;
		aftercaret = 1;
		return;
	case '&':
		t->type = '&';
		if(nextis('&')){
			t->type = Tandand;
			skiplines();
		}
		break;
	case '|':
		t->type = Toror;
		if(!nextis('|')){
			t->type = Tpipe;
			t->fd = 1;
			fdspec(t);
		}
		skiplines();
		break;
	case '<':
	case '>':
		redirection(t, c);
		break;
	case '\'':
		word(t, c);
		return;
	default:
		if(isword(c)){
			word(t, c);
			return;
		}
		t->type = c;
		break;
	}
	afterdollar = aftercaret = 0;
}

/* the value of $name in a here document, its words joined by blanks */
static void
heredollar(Str *out, char **pp)
{
	Str name;
	Word *w;
	char *p;

	p = *pp;
	if(*p == '$'){
		straddc(out, '$');
		*pp = p+1;
		return;
	}
	memset(&name, 0, sizeof name);
	while(isname(*(uchar*)p))
		straddc(&name, *p++);
	if(*p == '^')
		p++;
	for(w = varwords(strend(&name)); w != nil; w = w->next){
		stradd(out, w->s, strlen(w->s));
		if(w->next != nil)
			straddc(out, ' ');
	}
	free(name.s);
	*pp = p;
}

/*
 * Read the here document that ends with the line tag; its length goes to *n.
 * Variables are replaced now, when the text is read, unless the tag was quoted.
 */
char*
hereread(char *tag, int literal, int *n)
{
	Str line, out;
	char *p;
	int c;

	memset(&line, 0, sizeof line);
	memset(&out, 0, sizeof out);
	for(;;){
		line.n = 0;
		while((c = getbyte(input)) >= 0 && c != '\n')
			straddc(&line, c);
		if(c < 0 && line.n == 0 || strcmp(strend(&line), tag) == 0)
			break;
		if(literal)
			stradd(&out, line.s, line.n);
		else
			for(p = line.s; *p != 0;){
				if(*p != '$')
					straddc(&out, *p++);
				else{
					p++;
					heredollar(&out, &p);
				}
			}
		straddc(&out, '\n');
	}
	*n = out.n;
	p = memmove(ralloc(out.n+1), strend(&out), out.n+1);
	free(line.s);
	free(out.s);
	return p;
}
