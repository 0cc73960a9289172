/*
 * The script of sed becomes a list of commands.  A script that -e and -f gave
 * in pieces is one text here, the pieces separated by newlines.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "sed.h"

enum
{
	Maxnest	= 100,
};

Cmd	*program;
int	allglobal;

static char	*p;			/* where the script is read */
static char	*cmdstart;		/* for messages */
static Cmd	*braces[Maxnest];		/* { without } yet */
static int	nopen;
static Out	*outs;

/* the commands whose form is no more than a letter */
static char	plain[] = "dDgGhHlnNpPqx=";

/* the command at which we are is not well-formed */
static void
garbled(void)
{
	int n;

	n = strcspn(cmdstart, "\n");
	fail("command garbled: %.*s", n, cmdstart);
}

static void
blanks(void)
{
	while(*p == ' ' || *p == '\t')
		p++;
}

/*
 * Text up to the delimiter, which is passed over.  A delimiter after a
 * backslash loses the backslash; \n becomes a newline when nl is set; other
 * pairs stay as they are.
 */
static char*
delimited(Rune delim, int nl, int inclass)
{
	Text t;
	Rune r;
	int n, class;

	memset(&t, 0, sizeof t);
	addtext(&t, "", 0);
	class = 0;
	for(;; p += n){
		n = chartorune(&r, p);
		if(r == 0 || r == '\n' && !nl)
			garbled();
		if(r == delim && !class){
			p += n;
			return t.s;
		}
		if(r == '\\' && p[1] != 0){
			n = chartorune(&r, ++p);
			if(r == 'n' && inclass && r != delim){
				addtext(&t, "\n", 1);
				continue;
			}
			if(r != delim)
				addtext(&t, "\\", 1);
		}else if(inclass && r == '[')
			class = 1;
		else if(r == ']')
			class = 0;
		addtext(&t, p, n);
	}
}

static Reprog*
regex(char *s)
{
	Reprog *re;

	if(*s == 0)
		return nil;
	re = regcomp(s);
	if(re == nil)
		garbled();
	return re;
}

static Rune
delimiter(void)
{
	Rune r;

	p += chartorune(&r, p);
	if(r == 0 || r == '\n' || r == '\\')
		garbled();
	return r;
}

/* returns 0 if there is none */
static int
address(Addr *a)
{
	Rune r;

	blanks();
	a->type = Anone;
	if(*p == '$'){
		p++;
		a->type = Alast;
	}else if(*p >= '0' && *p <= '9'){
		a->type = Aline;
		a->line = strtol(p, &p, 10);
		if(a->line == 0)
			fail("line number 0 is illegal: %.*s", (int)strcspn(cmdstart, "\n"), cmdstart);
	}else if(*p == '/' || *p == '\\'){
		if(*p == '\\')
			p++;
		r = delimiter();
		a->type = Are;
		a->re = regex(delimited(r, 0, 1));
	}
	return a->type != Anone;
}

/* the text of a, c and i: lines, each but the last ended by a backslash; blanks in front go */
static char*
lines(void)
{
	Text t;

	memset(&t, 0, sizeof t);
	addtext(&t, "", 0);
	blanks();
	if(*p++ != '\\' || *p != '\n')
		garbled();
	p++;
	blanks();
	for(; *p != 0 && *p != '\n'; p++){
		if(*p == '\\' && p[1] != 0){
			p++;
			addtext(&t, p, 1);
			if(*p == '\n'){
				p++;
				blanks();
				p--;
			}
			continue;
		}
		addtext(&t, p, 1);
	}
	addtext(&t, "\n", 1);
	return t.s;
}

/* a word up to the end of the line, or to a semicolon too */
static char*
name(char *end)
{
	char *s;
	int n;

	blanks();
	n = strcspn(p, end);
	s = emalloc(n+1);
	memmove(s, p, n);
	s[n] = 0;
	p += n;
	while(n > 0 && (s[n-1] == ' ' || s[n-1] == '\t'))
		s[--n] = 0;
	return s;
}

Out*
openout(char *file)
{
	Out *o;
	int fd;

	for(o = outs; o != nil; o = o->next)
		if(strcmp(o->name, file) == 0)
			return o;
	o = emalloc(sizeof *o);
	o->name = file;
	if(strcmp(file, "/dev/stdout") == 0 || strcmp(file, "/fd/1") == 0)
		o->b = sout;
	else{
		fd = *file == 0 ? -1 : create(file, OWRITE, 0666);
		if(fd < 0)
			fail("can't create %s: %r", *file == 0 ? "a file without a name" : file);
		o->b = emalloc(sizeof *o->b);
		Binit(o->b, fd, OWRITE);
	}
	o->next = outs;
	outs = o;
	return o;
}

void
flushouts(void)
{
	Out *o;

	Bflush(sout);
	for(o = outs; o != nil; o = o->next)
		Bflush(o->b);
}

static void
addpiece(Cmd *c, Text *t, int sub)
{
	Piece *q;

	c->piece = realloc(c->piece, (c->npiece+1)*sizeof c->piece[0]);
	if(c->piece == nil)
		fail("out of memory");
	q = &c->piece[c->npiece++];
	q->s = t->s;
	q->n = t->n;
	q->sub = sub;
	memset(t, 0, sizeof *t);
}

/* cut the right side of s into text and references */
static void
replacement(Cmd *c, char *s)
{
	Text t;

	memset(&t, 0, sizeof t);
	for(; *s != 0; s++){
		if(*s == '&'){
			addpiece(c, &t, 0);
			continue;
		}
		if(*s == '\\' && s[1] != 0){
			s++;
			if(*s >= '1' && *s <= '9'){
				addpiece(c, &t, *s-'0');
				continue;
			}
			if(*s == 'n'){
				addtext(&t, "\n", 1);
				continue;
			}
		}
		addtext(&t, s, 1);
	}
	addpiece(c, &t, -1);
}

static void
substitute(Cmd *c)
{
	Rune delim;

	delim = delimiter();
	c->re = regex(delimited(delim, 0, 1));
	replacement(c, delimited(delim, 1, 0));
	c->global = allglobal;
	for(;; p++)
		if(*p == 'g')
			c->global = 1;
		else if(*p == 'p')
			c->print = 1;
		else
			break;
	if(*p == 'w'){
		p++;
		c->out = openout(name("\n"));
	}
}

/* one side of y as runes */
static Rune*
runes(char *s, int *n)
{
	Rune *r;

	r = emalloc((strlen(s)+1)*sizeof *r);
	for(*n = 0; *s != 0; ++*n){
		if(*s == '\\' && s[1] != 0){
			s++;
			if(*s == 'n'){
				r[*n] = '\n';
				s++;
				continue;
			}
		}
		s += chartorune(&r[*n], s);
	}
	return r;
}

static void
translate(Cmd *c)
{
	Rune delim;
	int a, b;

	delim = delimiter();
	c->from = runes(delimited(delim, 1, 0), &a);
	c->with = runes(delimited(delim, 1, 0), &b);
	if(a != b)
		fail("the strings of y differ in length: %.*s", (int)strcspn(cmdstart, "\n"), cmdstart);
	c->from[a] = 0;
}

/* what follows the letter of a command */
static void
operands(Cmd *c)
{
	switch(c->fn){
	case '{':
		if(nopen == Maxnest)
			fail("braces are nested too deeply");
		braces[nopen++] = c;
		return;
	case '}':
		if(nopen == 0)
			fail("} without {");
		if(c->a1.type != Anone)
			fail("} takes no address");
		braces[--nopen]->to = c;
		break;
	case 'a':
	case 'c':
	case 'i':
		c->text = lines();
		return;
	case 'r':
		c->text = name("\n");
		return;
	case 'w':
		c->out = openout(name("\n"));
		return;
	case ':':
		if(c->a1.type != Anone)
			fail(": takes no address");
		c->text = name("\n;");
		break;
	case 'b':
	case 't':
		c->text = name("\n;}");
		break;
	case 's':
		substitute(c);
		break;
	case 'y':
		translate(c);
		break;
	default:
		if(c->fn == 0 || strchr(plain, c->fn) == nil)
			fail("unknown command: %.*s", (int)strcspn(cmdstart, "\n"), cmdstart);
		if(c->fn == 'q' && c->a2.type != Anone)
			fail("q takes one address");
		break;
	}
	blanks();
	if(*p == '#')
		p += strcspn(p, "\n");
	if(*p != 0 && *p != '\n' && *p != ';' && *p != '}')
		garbled();
}

static void
labels(void)
{
	Cmd *c, *l;

	for(c = program; c != nil; c = c->next){
		if(c->fn != 'b' && c->fn != 't' || c->text[0] == 0)
			continue;
		for(l = program; l != nil; l = l->next)
			if(l->fn == ':' && strcmp(l->text, c->text) == 0)
				break;
		if(l == nil)
			fail("undefined label: %s", c->text);
		c->to = l;
	}
}

void
compile(char *script)
{
	Cmd *c, **tail;

	p = script;
	tail = &program;
	for(;;){
		while(*p == ' ' || *p == '\t' || *p == '\n' || *p == ';')
			p++;
		cmdstart = p;
		if(*p == 0)
			break;
		if(*p == '#'){
			p += strcspn(p, "\n");
			continue;
		}
		c = emalloc(sizeof *c);
		memset(c, 0, sizeof *c);
		if(address(&c->a1) && *p == ','){
			p++;
			if(!address(&c->a2))
				garbled();
		}
		blanks();
		while(*p == '!'){
			c->not = 1;
			p++;
			blanks();
		}
		c->fn = *p;
		if(*p != 0)
			p++;
		operands(c);
		*tail = c;
		tail = &c->next;
	}
	if(nopen > 0)
		fail("{ without }");
	labels();
}
