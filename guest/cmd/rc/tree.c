/*
 * Nodes: made, copied (the body of a function outlives the line that defined
 * it), and turned back into text for whatis and the environment.  The text
 * must parse to the same tree: it is how functions reach other shells.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

/* ends a here document in text; hardly a line of one */
#define Heretag	"-- end of here document --"

static void	text(Str*, Node*);

Node*
node(int type, Node *a, Node *b, Node *c)
{
	Node *n;

	n = ralloc(sizeof *n);
	memset(n, 0, sizeof *n);
	n->type = type;
	n->a = a;
	n->b = b;
	n->c = c;
	return n;
}

static int
textlen(Node *n)
{
	if(n->type == Nredir && n->rtype == Rhere)
		return n->fd1;
	return strlen(n->s);
}

Node*
treecopy(Arena *a, Node *n)
{
	Node *head, **tail, *c;
	int len;

	tail = &head;
	for(; n != nil; n = n->next){
		c = aalloc(a, sizeof *c);
		*c = *n;
		if(n->s != nil){
			len = textlen(n);
			c->s = memmove(aalloc(a, len+1), n->s, len+1);
			if(n->meta != nil)
				c->meta = memmove(aalloc(a, len), n->meta, len);
		}
		c->a = treecopy(a, n->a);
		c->b = treecopy(a, n->b);
		c->c = n->type == Nredir ? nil : treecopy(a, n->c);
		*tail = c;
		tail = &c->next;
	}
	*tail = nil;
	return head;
}

static void
put(Str *s, char *t)
{
	stradd(s, t, strlen(t));
}

static void
putn(Str *s, char *fmt, int a, int b)
{
	char buf[40];

	snprint(buf, sizeof buf, fmt, a, b);
	put(s, buf);
}

/* t as one word that stands for itself but for * ? [, which whatis shows bare */
void
quoteto(Str *s, char *t)
{
	char *p;

	for(p = t; isword(*(uchar*)p); p++)
		;
	if(p != t && *p == 0){
		put(s, t);
		return;
	}
	straddc(s, '\'');
	for(p = t; *p != 0; p++){
		if(*p == '\'')
			straddc(s, '\'');
		straddc(s, *p);
	}
	straddc(s, '\'');
}

/*
 * A word of a tree: pieces with a special character that is quoted are
 * quoted, an unquoted one stays bare.
 */
static void
wordtext(Str *s, Node *n)
{
	char *p;

	if(n->meta == nil && (n->quoted && (keyword(n->s) || strpbrk(n->s, "*?[") != nil))){
		straddc(s, '\'');
		for(p = n->s; *p != 0; p++){
			if(*p == '\'')
				straddc(s, '\'');
			straddc(s, *p);
		}
		straddc(s, '\'');
	}else if(n->meta != nil)
		put(s, n->s);
	else
		quoteto(s, n->s);
}

static void
listtext(Str *s, Node *n)
{
	for(; n != nil; n = n->next){
		text(s, n);
		if(n->next != nil)
			straddc(s, ' ');
	}
}

static void
redirtext(Str *s, Node *n)
{
	static char *op[] = {"<", ">", ">>", "<>", "<<"};

	put(s, n->type == Nredir ? op[n->rtype] : ">");
	if(n->type == Ndup)
		putn(s, "[%d=%d]", n->fd, n->fd1);
	else if(n->type == Nclose)
		putn(s, "[%d=]", n->fd, 0);
	else{
		if(n->fd != (n->rtype == Rwrite || n->rtype == Rappend))
			putn(s, "[%d]", n->fd, 0);
		if(n->rtype == Rhere)
			put(s, "'" Heretag "'");
		else
			text(s, n->a);
	}
}

/* they follow the command: in front they would apply to the whole pipeline */
static void
redirstext(Str *s, Node *n)
{
	for(; n != nil; n = n->next){
		straddc(s, ' ');
		redirtext(s, n);
	}
}

static void
cmdstext(Str *s, Node *n)
{
	for(; n != nil; n = n->next){
		text(s, n);
		if(n->next != nil)
			straddc(s, ';');
	}
}

static void
condtext(Str *s, char *kw, Node *cond)
{
	put(s, kw);
	straddc(s, '(');
	cmdstext(s, cond->a);
	straddc(s, ')');
}

static void
pipetext(Str *s, Node *n)
{
	text(s, n->a);
	straddc(s, '|');
	if(n->fd1 != 0)
		putn(s, "[%d=%d]", n->fd1, n->fd);
	else if(n->fd != 1)
		putn(s, "[%d]", n->fd, 0);
	text(s, n->b);
}

static void
fortext(Str *s, Node *n)
{
	put(s, "for(");
	text(s, n->a);
	if(!n->anyargs){
		put(s, " in ");
		listtext(s, n->b);
	}
	straddc(s, ')');
	text(s, n->c);
}

static void
pair(Str *s, Node *n, char *op)
{
	text(s, n->a);
	put(s, op);
	text(s, n->b);
}

static void
prefix(Str *s, char *op, Node *n)
{
	put(s, op);
	text(s, n);
}

static void
listed(Str *s, Node *n)
{
	straddc(s, '(');
	listtext(s, n);
	straddc(s, ')');
}

static void
concattext(Str *s, Node *n)
{
	pair(s, n, "^");
}

static void
vartext(Str *s, Node *n)
{
	prefix(s, "$", n->a);
}

static void
counttext(Str *s, Node *n)
{
	prefix(s, "$#", n->a);
}

static void
flattext(Str *s, Node *n)
{
	prefix(s, "$\"", n->a);
}

static void
subtext(Str *s, Node *n)
{
	prefix(s, "$", n->a);
	listed(s, n->b);
}

static void
parentext(Str *s, Node *n)
{
	listed(s, n->a);
}

static void
backtext(Str *s, Node *n)
{
	straddc(s, '`');
	text(s, n->a);
	text(s, n->b);
}

static void
pipefdtext(Str *s, Node *n)
{
	prefix(s, n->rtype == Rread ? "<" : ">", n->a);
}

static void
simpletext(Str *s, Node *n)
{
	listtext(s, n->a);
	redirstext(s, n->b);
}

static void
assigntext(Str *s, Node *n)
{
	pair(s, n, "=");
	if(n->c != nil)
		prefix(s, " ", n->c);
}

static void
blocktext(Str *s, Node *n)
{
	straddc(s, '{');
	cmdstext(s, n->a);
	straddc(s, '}');
}

static void
withtext(Str *s, Node *n)
{
	if(n->a != nil && n->a->type == Nblock){
		text(s, n->a);
		redirstext(s, n->b);
	}else{
		redirtext(s, n->b);
		straddc(s, ' ');
		text(s, n->a);
	}
}

static void
andtext(Str *s, Node *n)
{
	pair(s, n, " && ");
}

static void
ortext(Str *s, Node *n)
{
	pair(s, n, " || ");
}

static void
nottext(Str *s, Node *n)
{
	prefix(s, "! ", n->a);
}

static void
forktext(Str *s, Node *n)
{
	prefix(s, "@ ", n->a);
}

static void
asynctext(Str *s, Node *n)
{
	text(s, n->a);
	straddc(s, '&');
}

static void
iftext(Str *s, Node *n)
{
	condtext(s, "if", n->a);
	text(s, n->b);
}

static void
ifnottext(Str *s, Node *n)
{
	prefix(s, "if not ", n->a);
}

static void
whiletext(Str *s, Node *n)
{
	condtext(s, "while ", n->a);
	text(s, n->b);
}

static void
switchtext(Str *s, Node *n)
{
	prefix(s, "switch ", n->a);
	prefix(s, " ", n->b);
}

static void
matchtext(Str *s, Node *n)
{
	prefix(s, "~ ", n->a);
	straddc(s, ' ');
	listtext(s, n->b);
}

static void
deftext(Str *s, Node *n)
{
	put(s, "fn ");
	listtext(s, n->a);
	prefix(s, " ", n->b);
}

static void (*texter[])(Str*, Node*) = {
	[Nword]		= wordtext,
	[Nconcat]	= concattext,
	[Nvar]		= vartext,
	[Ncount]	= counttext,
	[Nflat]		= flattext,
	[Nsub]		= subtext,
	[Nlist]		= parentext,
	[Nback]		= backtext,
	[Npipefd]	= pipefdtext,
	[Nsimple]	= simpletext,
	[Nassign]	= assigntext,
	[Nblock]	= blocktext,
	[Nwith]		= withtext,
	[Npipe]		= pipetext,
	[Nand]		= andtext,
	[Nor]		= ortext,
	[Nnot]		= nottext,
	[Nfork]		= forktext,
	[Nasync]	= asynctext,
	[Nif]		= iftext,
	[Nifnot]	= ifnottext,
	[Nfor]		= fortext,
	[Nwhile]	= whiletext,
	[Nswitch]	= switchtext,
	[Nmatch]	= matchtext,
	[Nfn]		= deftext,
};

static void
text(Str *s, Node *n)
{
	if(n != nil)
		texter[n->type](s, n);
}

/* the texts of the here documents below n, in the order in which they are read */
static void
heretexts(Str *s, Node *n)
{
	for(; n != nil; n = n->next){
		if(n->type == Nredir && n->rtype == Rhere){
			stradd(s, n->s, n->fd1);
			put(s, Heretag "\n");
		}
		if(n->type == Nwith && (n->a == nil || n->a->type != Nblock)){
			heretexts(s, n->b);
			heretexts(s, n->a);
		}else{
			heretexts(s, n->a);
			heretexts(s, n->b);
		}
		if(n->type != Nredir)
			heretexts(s, n->c);
	}
}

void
nodetext(Str *s, Node *n)
{
	text(s, n);
}

/* the definition of function name, with a newline at its end */
void
fntext(Str *s, char *name, Node *body)
{
	put(s, "fn ");
	quoteto(s, name);
	straddc(s, ' ');
	text(s, body);
	straddc(s, '\n');
	heretexts(s, body);
}
