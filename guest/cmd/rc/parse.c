/*
 * The parser: one command line, which may span lines of text, becomes a tree.
 * Recursive descent, one token ahead and that token only fetched when asked
 * for.  Binding, weakest first: if, for, while and fn take all that follows
 * up to the end of the command; && and ||; then !, @, a leading redirection
 * or assignment; | binds tightest.  Here documents are read when the line
 * that needs them is complete.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

enum
{
	Maxdepth	= 400,		/* of nested constructions, each some stack frames */
};

static Tok	tok;
static int	have;			/* tok is valid */
static int	depth;
static Node	*heres;			/* here documents of this line, by next of their own */
static Node	**lasthere;
static jmp_buf	bad;

static Node*	andor(void);
static Node*	pipeline(void);
static Node*	word(void);

void
syntaxerror(char *fmt, ...)
{
	va_list arg;
	char buf[256], *p, *e;

	if(input->intr)
		longjmp(bad, 1);
	p = buf;
	e = buf+sizeof buf;
	*p = 0;
	if(input->name != nil && !input->interactive)
		p = seprint(p, e, "%s:%d: ", input->name, have ? tok.line : input->line);
	else if(!input->interactive)
		p = seprint(p, e, "line %d: ", have ? tok.line : input->line);
	if(have){
		if(tok.s != nil)
			p = seprint(p, e, "token %.40s: ", tok.s);
		else if(tok.type == Teof)
			p = seprint(p, e, "token EOF: ");
		else if(tok.type == Tsub)
			p = seprint(p, e, "token '(': ");
		else if(tok.type == Tredir || tok.type == Tdup || tok.type == Tclose)
			p = seprint(p, e, "token '%c': ", tok.rtype == Rread || tok.rtype >= Rrdwr ? '<' : '>');
		else if(tok.type == Tpipe || tok.type == Toror || tok.type == Tandand)
			p = seprint(p, e, "token '%s': ", tok.type == Tpipe ? "|" : tok.type == Toror ? "||" : "&&");
		else if(tok.type < Teof && tok.type != '\n')
			p = seprint(p, e, "token '%c': ", tok.type);
	}
	va_start(arg, fmt);
	vseprint(p, e, fmt, arg);
	va_end(arg);
	msg("rc: %s\n", buf);
	longjmp(bad, 1);
}

static void
fail(void)
{
	syntaxerror("syntax error");
}

static int
peek(void)
{
	if(!have){
		lex(&tok);
		have = 1;
	}
	return tok.type;
}

static int
take(int type)
{
	if(peek() != type)
		return 0;
	have = 0;
	return 1;
}

static void
expect(int type)
{
	if(!take(type))
		fail();
}

static int
takekw(int kw)
{
	if(peek() != Tkeyword || tok.kw != kw)
		return 0;
	have = 0;
	return 1;
}

static void
nest(int n)
{
	depth += n;
	if(depth > Maxdepth)
		syntaxerror("nested too deeply");
}

/* commands up to the token that closes them, as one Nblock */
static Node*
body(int close)
{
	Node *b, *c, *prev, **tail;

	nest(1);
	b = node(Nblock, nil, nil, nil);
	tail = &b->a;
	prev = nil;
	for(;;){
		c = andor();
		if(take('&'))
			c = node(Nasync, c, nil, nil);
		else if(!take(';') && !take('\n') && peek() != close)
			fail();
		if(c != nil){
			if(c->type == Nifnot && (prev == nil || prev->type != Nif &&
			   (prev->type != Nifnot || prev->a == nil || prev->a->type != Nif)))
				syntaxerror("`if not' does not follow `if(...)'");
			*tail = prev = c;
			tail = &c->next;
		}
		if(take(close))
			break;
	}
	nest(-1);
	return b;
}

static Node*
braces(void)
{
	expect('{');
	return body('}');
}

static Node*
parens(void)
{
	expect('(');
	return body(')');
}

/* after the parenthesis of if, while, for: the command may stand on the next line */
static void
newlines(void)
{
	if(have){
		while(peek() == '\n')
			have = 0;
		return;
	}
	skiplines();
}

static int
startsword(void)
{
	switch(peek()){
	case Tword:
	case Tkeyword:
	case Tcount:
	case Tflat:
	case '$':
	case '`':
	case '(':
		return 1;
	}
	return 0;
}

/* a list of words up to ); newlines are blanks here */
static Node*
wordlist(void)
{
	Node *l, **tail;

	nest(1);
	tail = &l;
	l = nil;
	for(;;){
		while(take('\n'))
			;
		if(take(')'))
			break;
		if(!startsword() && peek() != Tredir)
			fail();
		*tail = word();
		tail = &(*tail)->next;
	}
	nest(-1);
	return l;
}

static Node*
plainword(void)
{
	Node *n;

	n = node(Nword, nil, nil, nil);
	n->s = tok.s;
	n->meta = tok.meta;
	n->quoted = tok.quoted;
	have = 0;
	return n;
}

static Node*
dollar(int type)
{
	Node *n, *w;

	have = 0;
	nest(1);
	if(peek() == Tword || tok.type == Tkeyword)
		w = plainword();
	else if(tok.type == '('){
		have = 0;
		w = node(Nlist, wordlist(), nil, nil);
	}else if(tok.type == '$')
		w = dollar(Nvar);
	else
		fail();
	n = node(type, w, nil, nil);
	if(type == Nvar && take(Tsub))
		n = node(Nsub, w, wordlist(), nil);
	nest(-1);
	return n;
}

/* `{...} or `split{...} */
static Node*
backquote(void)
{
	Node *split;

	have = 0;
	split = nil;
	if(peek() != '{'){
		if(!startsword())
			fail();
		split = word();
	}
	return node(Nback, split, braces(), nil);
}

/* a word without carets; nil if it is none */
static Node*
component(void)
{
	Node *n;
	int rtype;

	switch(peek()){
	case Tword:
	case Tkeyword:
		return plainword();
	case '$':
		return dollar(Nvar);
	case Tcount:
		return dollar(Ncount);
	case Tflat:
		return dollar(Nflat);
	case '`':
		return backquote();
	case '(':
		have = 0;
		return node(Nlist, wordlist(), nil, nil);
	case Tredir:
		rtype = tok.rtype;
		if(rtype != Rread && rtype != Rwrite)
			fail();
		have = 0;
		n = node(Npipefd, braces(), nil, nil);
		n->rtype = rtype;
		return n;
	}
	fail();
	return nil;
}

/* the rest of a word that begins with n */
static Node*
carets(Node *n)
{
	while(take(Tcaret))
		n = node(Nconcat, n, component(), nil);
	return n;
}

static Node*
word(void)
{
	return carets(component());
}

/* the redirection whose token is current; nil if it is <{ or >{, a word */
static Node*
redirection(void)
{
	Node *n;

	n = node(Nredir, nil, nil, nil);
	n->rtype = tok.rtype;
	n->fd = tok.fd;
	n->fd1 = tok.fd1;
	if(tok.type != Tredir){
		n->type = tok.type == Tdup ? Ndup : Nclose;
		have = 0;
		return n;
	}
	have = 0;
	if(peek() == '{' && (n->rtype == Rread || n->rtype == Rwrite))
		return n;
	if(n->rtype == Rhere){
		if(peek() != Tword && peek() != Tkeyword)
			syntaxerror("the tag of a here document must be a plain word");
		n->s = tok.s;
		n->quoted = tok.quoted;
		have = 0;
		*lasthere = n;
		lasthere = &n->c;
		return n;
	}
	if(!startsword() && peek() != Tredir)
		fail();
	n->a = word();
	return n;
}

static int
isredir(void)
{
	return peek() == Tredir || tok.type == Tdup || tok.type == Tclose;
}

/* is n, just returned by redirection, the beginning of <{...} as a word? */
static int
ispipefd(Node *n)
{
	return n->type == Nredir && n->a == nil && n->rtype != Rhere;
}

static Node*
pipefdword(Node *r)
{
	Node *n;

	n = node(Npipefd, braces(), nil, nil);
	n->rtype = r->rtype;
	return carets(n);
}

/* the redirections after a closing brace, if any */
static Node*
epilog(Node *cmd)
{
	Node *l, **tail;

	l = nil;
	tail = &l;
	while(isredir()){
		*tail = redirection();
		if(ispipefd(*tail))
			fail();
		tail = &(*tail)->next;
	}
	if(l == nil)
		return cmd;
	return node(Nwith, cmd, l, nil);
}

static Node*
simple(Node *first)
{
	Node *n, *r, **words, **redirs;

	n = node(Nsimple, first, nil, nil);
	words = &first->next;
	redirs = &n->b;
	for(;;){
		if(isredir()){
			r = redirection();
			if(ispipefd(r)){
				*words = pipefdword(r);
				words = &(*words)->next;
			}else{
				*redirs = r;
				redirs = &r->next;
			}
		}else if(startsword()){
			*words = word();
			words = &(*words)->next;
		}else
			return n;
	}
}

/* an assignment or a simple command that begins with the word w */
static Node*
wordcommand(Node *w)
{
	Node *v;

	if(!take('='))
		return simple(w);
	if(!startsword() && peek() != Tredir)
		fail();
	v = word();
	return node(Nassign, w, v, pipeline());
}

static Node*
ifcommand(void)
{
	Node *c, *t;

	if(takekw(Knot)){
		newlines();
		return node(Nifnot, andor(), nil, nil);
	}
	c = parens();
	newlines();
	t = andor();
	return node(Nif, c, t, nil);
}

static Node*
forcommand(void)
{
	Node *n, **tail;

	n = node(Nfor, nil, nil, nil);
	expect('(');
	n->a = word();
	n->anyargs = !takekw(Kin);
	tail = &n->b;
	while(!take(')')){
		if(take('\n'))
			continue;
		if(n->anyargs || !startsword() && peek() != Tredir)
			fail();
		*tail = word();
		tail = &(*tail)->next;
	}
	newlines();
	n->c = andor();
	return n;
}

static int
iscase(Node *n)
{
	return n->type == Nsimple && n->a->type == Nword && !n->a->quoted && strcmp(n->a->s, "case") == 0;
}

static Node*
switchcommand(void)
{
	Node *w, *b;

	w = word();
	newlines();
	b = braces();
	if(b->a == nil || !iscase(b->a))
		syntaxerror("case missing in switch");
	return node(Nswitch, w, b, nil);
}

static Node*
words(void)
{
	Node *l, **tail;

	l = nil;
	for(tail = &l; startsword() || peek() == Tredir; tail = &(*tail)->next)
		*tail = word();
	return l;
}

static Node*
fncommand(void)
{
	Node *l;

	l = words();
	return node(Nfn, l, peek() == '{' ? braces() : nil, nil);
}

static Node*
matchcommand(void)
{
	Node *w;

	w = word();
	return node(Nmatch, w, words(), nil);
}

static Node*
whilecommand(void)
{
	Node *c;

	c = parens();
	newlines();
	return node(Nwhile, c, andor(), nil);
}

static Node*
kwcommand(void)
{
	int kw;

	kw = tok.kw;
	switch(kw){
	case Kin:
	case Knot:
		fail();
	}
	have = 0;
	switch(kw){
	case Kif:
		return ifcommand();
	case Kfor:
		return forcommand();
	case Kwhile:
		return whilecommand();
	case Kswitch:
		return switchcommand();
	case Kfn:
		return fncommand();
	case Kmatch:
		return matchcommand();
	case Kbang:
		return node(Nnot, pipeline(), nil, nil);
	default:
		return node(Nfork, pipeline(), nil, nil);
	}
}

/* one command without operators; nil for an empty one */
static Node*
command(void)
{
	Node *r;

	if(isredir()){
		r = redirection();
		if(ispipefd(r))
			return wordcommand(pipefdword(r));
		return node(Nwith, pipeline(), r, nil);
	}
	switch(peek()){
	case '{':
		return epilog(braces());
	case Tkeyword:
		return kwcommand();
	case Tword:
	case Tcount:
	case Tflat:
	case '$':
	case '`':
	case '(':
		return wordcommand(word());
	}
	return nil;
}

static Node*
pipeline(void)
{
	Node *l;
	int fd, fd1;

	nest(1);
	l = command();
	while(peek() == Tpipe){
		fd = tok.fd;
		fd1 = tok.fd1;
		have = 0;
		l = node(Npipe, l, nil, nil);
		l->b = command();
		l->fd = fd;
		l->fd1 = fd1;
	}
	nest(-1);
	return l;
}

static Node*
andor(void)
{
	Node *l;
	int type;

	nest(1);
	l = pipeline();
	while((type = peek()) == Tandand || type == Toror){
		have = 0;
		l = node(type == Tandand ? Nand : Nor, l, pipeline(), nil);
	}
	nest(-1);
	return l;
}

static void
readheres(void)
{
	Node *n;

	for(n = heres; n != nil; n = n->c)
		n->s = hereread(n->s, n->quoted, &n->fd1);
}

static void
checkifnot(Node *n)
{
	if(n != nil && n->type == Nifnot){
		if(!input->wasif)
			syntaxerror("`if not' does not follow `if(...)'");
		n = n->a;
	}
	input->wasif = n != nil && n->type == Nif;
}

static Node*
line(void)
{
	Node *b, *c, **tail;

	b = node(Nblock, nil, nil, nil);
	tail = &b->a;
	for(;;){
		c = andor();
		if(take('&'))
			c = node(Nasync, c, nil, nil);
		else if(!take(';') && peek() != '\n' && peek() != Teof)
			fail();
		if(c != nil){
			checkifnot(c);
			*tail = c;
			tail = &c->next;
		}
		if(peek() == '\n' || tok.type == Teof)
			break;
	}
	return b;
}

/*
 * Parse one line of the current input: 1 and its tree (nil if empty), 0 at
 * the end, -1 after an error, which has been reported.
 */
int
parseline(Node **np)
{
	Node *n;

	*np = nil;
	have = 0;
	depth = 0;
	heres = nil;
	lasthere = &heres;
	input->prompted = 0;
	if(input->interactive && input->p == input->e)
		input->wantprompt = 1;
	lexstart();
	if(setjmp(bad)){
		if(!have || tok.type != '\n' && tok.type != Teof)
			skiprest();
		input->wasif = 0;
		return -1;
	}
	n = line();
	if(tok.type == Teof && n->a == nil)
		return 0;
	have = 0;
	if(heres != nil)
		readheres();
	if(n->a != nil)
		*np = n->a->next == nil ? n->a : n;
	return 1;
}
