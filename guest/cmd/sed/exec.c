/*
 * Running the script: lines come from the files one after the other, as if they
 * were one, into the pattern space.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "sed.h"

enum
{
	Bufsize	= 32*1024,
};

static char	**files;		/* still to be read */
static int	nfile;
static int	infd = -1;
static char	*inbuf, *inp, *ine;
static char	*status;

static Text	space;			/* pattern space */
static Text	hold;
static Text	work;
static long	lineno;
static Reprog	*lastre;
static int	done;			/* q, or no more input */
static int	changed;		/* for t */
static int	autoprint;			/* the pattern space, at the end of this cycle */
static int	again;			/* the next cycle begins with what is there */

static Cmd	*queue[100];		/* a and r of this cycle */
static int	nqueue;

/* have input at inp; 0 at the end of the last file */
static int
more(void)
{
	long n;

	for(;;){
		if(inp < ine)
			return 1;
		if(infd < 0){
			if(nfile == 0)
				return 0;
			nfile--;
			infd = strcmp(*files, "-") == 0 ? dup(0, -1) : open(*files, OREAD);
			if(infd < 0){
				fprint(2, "sed: can't open %s: %r\n", *files);
				status = "can't open";
			}
			files++;
			continue;
		}
		n = read(infd, inbuf, Bufsize);
		if(n > 0){
			inp = inbuf;
			ine = inbuf+n;
			return 1;
		}
		if(n < 0){
			fprint(2, "sed: read: %r\n");
			status = "read error";
		}
		close(infd);
		infd = -1;
	}
}

/* append the next line to t; 0 if there is none */
static int
getline(Text *t)
{
	char *nl;

	if(!more())
		return 0;
	lineno++;
	do{
		nl = memchr(inp, '\n', ine-inp);
		if(nl != nil){
			addtext(t, inp, nl-inp);
			inp = nl+1;
			return 1;
		}
		addtext(t, inp, ine-inp);
		inp = ine;
	}while(infd >= 0 && more() && infd >= 0);
	return 1;
}

static void
put(Biobuf *b, char *s, int n)
{
	Bwrite(b, s, n);
	Bputc(b, '\n');
	if(unbuffered)
		Bflush(b);
}

static int
matches(Reprog *re, char *s, Resub *m, int nm)
{
	if(re == nil)
		re = lastre;
	if(re == nil)
		fail("no previous regular expression");
	lastre = re;
	return regexec(re, s, m, nm);
}

static int
at(Addr *a)
{
	switch(a->type){
	case Aline:
		return lineno == a->line;
	case Alast:
		return !more();
	case Are:
		return matches(a->re, space.s, nil, 0);
	}
	return 1;
}

static int
selected(Cmd *c)
{
	int in;

	if(c->a1.type == Anone)
		in = 1;
	else if(c->a2.type == Anone)
		in = at(&c->a1);
	else if(c->active){
		in = 1;
		if(c->a2.type == Aline && lineno > c->a2.line){
			c->active = 0;
			in = at(&c->a1);
		}else if(at(&c->a2))
			c->active = 0;
	}else{
		in = at(&c->a1);
		/* a range whose end is not ahead is one line */
		if(in && !(c->a2.type == Aline && c->a2.line <= lineno))
			c->active = 1;
	}
	return in != c->not;
}

static void
replace(Cmd *c, Resub *m)
{
	Piece *q;

	for(q = c->piece; q < c->piece+c->npiece; q++){
		addtext(&work, q->s, q->n);
		if(q->sub >= 0 && m[q->sub].sp != nil)
			addtext(&work, m[q->sub].sp, m[q->sub].ep-m[q->sub].sp);
	}
}

static void
swap(Text *a, Text *b)
{
	Text t;

	t = *a;
	*a = *b;
	*b = t;
}

/*
 * An empty match directly behind a match does not count, as it would put in the
 * replacement twice.
 */
static int
substitute(Cmd *c)
{
	Resub m[Maxsub];
	char *s, *lastend;
	Rune r;
	int n, count;

	work.n = 0;
	count = 0;
	s = space.s;
	lastend = nil;
	for(;;){
		memset(m, 0, sizeof m);
		m[0].sp = s;
		if(!matches(c->re, space.s, m, Maxsub))
			break;
		addtext(&work, s, m[0].sp-s);
		if(m[0].sp != m[0].ep || m[0].sp != lastend){
			replace(c, m);
			count++;
		}
		lastend = m[0].ep;
		s = lastend;
		if(m[0].sp == m[0].ep){
			if(*s == 0)
				break;
			n = chartorune(&r, s);
			addtext(&work, s, n);
			s += n;
		}
		if(!c->global || *s == 0 && m[0].sp != m[0].ep)
			break;
	}
	if(count == 0)
		return 0;
	addtext(&work, s, space.s+space.n-s);
	swap(&space, &work);
	changed = 1;
	if(c->print)
		put(sout, space.s, space.n);
	if(c->out != nil)
		put(c->out->b, space.s, space.n);
	return 1;
}

static void
translate(Cmd *c)
{
	char buf[UTFmax], *s;
	Rune r, *q;
	int n;

	work.n = 0;
	addtext(&work, "", 0);
	for(s = space.s; *s != 0; s += n){
		n = chartorune(&r, s);
		for(q = c->from; *q != 0 && *q != r; q++)
			;
		if(*q != 0){
			r = c->with[q-c->from];
			addtext(&work, buf, runetochar(buf, &r));
		}else
			addtext(&work, s, n);
	}
	swap(&space, &work);
}

/* l: unambiguously, in lines of at most 73 characters */
static void
list(void)
{
	static char *esc[] = {['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\\'] = "\\\\"};
	char buf[16], *s, *e;
	Rune r;
	int col;

	col = 0;
	for(s = space.s; *s != 0;){
		s += chartorune(&r, s);
		if(r < nelem(esc) && esc[r] != nil)
			e = strecpy(buf, buf+sizeof buf, esc[r]);
		else if(r < ' ' || r >= 0x7F)
			e = seprint(buf, buf+sizeof buf, "\\x%4.4ux", r);
		else
			e = seprint(buf, buf+sizeof buf, "%c", r);
		if(col+(e-buf) > 73){
			Bprint(sout, "\\\n");
			col = 0;
		}
		Bwrite(sout, buf, e-buf);
		col += e-buf;
	}
	put(sout, "", 0);
}

static void
copyfile(char *file)
{
	char buf[4096];
	long n;
	int fd;

	fd = open(file, OREAD);
	if(fd < 0)
		return;
	while((n = read(fd, buf, sizeof buf)) > 0)
		Bwrite(sout, buf, n);
	close(fd);
}

/* what is due at the end of a cycle, and before the next line is read */
static void
flushqueue(void)
{
	int i;

	for(i = 0; i < nqueue; i++)
		if(queue[i]->fn == 'a')
			Bprint(sout, "%s", queue[i]->text);
		else
			copyfile(queue[i]->text);
	nqueue = 0;
	if(unbuffered)
		Bflush(sout);
}

static void
endcycle(void)
{
	if(!quiet)
		put(sout, space.s, space.n);
	flushqueue();
}

/* to and from the hold space, with a newline between what was and what comes if join is set */
static void
copy(Text *to, Text *from, int join)
{
	if(join)
		addtext(to, "\n", 1);
	else
		to->n = 0;
	addtext(to, from->s, from->n);
}

/*
 * The commands.  Each returns what comes next: c->next, where it jumps, or nil
 * for the end of the cycle.
 */
static Cmd*
xnone(Cmd *c)
{
	return c->next;
}

static Cmd*
xlater(Cmd *c)
{
	if(nqueue == nelem(queue))
		fail("more than %d a and r commands for a line", nqueue);
	queue[nqueue++] = c;
	return c->next;
}

static Cmd*
xbranch(Cmd *c)
{
	return c->to;
}

static Cmd*
xtest(Cmd *c)
{
	if(!changed)
		return c->next;
	changed = 0;
	return c->to;
}

/* of a range the text takes the place of all */
static Cmd*
xchange(Cmd *c)
{
	if(c->a2.type == Anone || !c->active || c->not)
		Bprint(sout, "%s", c->text);
	autoprint = 0;
	return nil;
}

static Cmd*
xdelete(Cmd *c)
{
	USED(c);
	autoprint = 0;
	return nil;
}

static Cmd*
xdeletefirst(Cmd *c)
{
	char *nl;

	USED(c);
	autoprint = 0;
	nl = strchr(space.s, '\n');
	if(nl != nil){
		space.n -= nl+1-space.s;
		memmove(space.s, nl+1, space.n+1);
		again = 1;
	}
	return nil;
}

static Cmd*
xget(Cmd *c)
{
	copy(&space, &hold, c->fn == 'G');
	return c->next;
}

static Cmd*
xhold(Cmd *c)
{
	copy(&hold, &space, c->fn == 'H');
	return c->next;
}

static Cmd*
xexchange(Cmd *c)
{
	swap(&space, &hold);
	return c->next;
}

static Cmd*
xinsert(Cmd *c)
{
	Bprint(sout, "%s", c->text);
	return c->next;
}

static Cmd*
xlist(Cmd *c)
{
	list();
	return c->next;
}

static Cmd*
xnext(Cmd *c)
{
	if(!more()){
		done = 1;
		return nil;
	}
	endcycle();
	space.n = 0;
	getline(&space);
	return c->next;
}

static Cmd*
xappendnext(Cmd *c)
{
	if(!more()){
		autoprint = 0;
		done = 1;
		return nil;
	}
	flushqueue();
	addtext(&space, "\n", 1);
	getline(&space);
	return c->next;
}

static Cmd*
xprint(Cmd *c)
{
	put(sout, space.s, space.n);
	return c->next;
}

static Cmd*
xprintfirst(Cmd *c)
{
	put(sout, space.s, strcspn(space.s, "\n"));
	return c->next;
}

static Cmd*
xquit(Cmd *c)
{
	USED(c);
	done = 1;
	return nil;
}

static Cmd*
xsubstitute(Cmd *c)
{
	substitute(c);
	return c->next;
}

static Cmd*
xwrite(Cmd *c)
{
	put(c->out->b, space.s, space.n);
	return c->next;
}

static Cmd*
xtranslate(Cmd *c)
{
	translate(c);
	return c->next;
}

static Cmd*
xnumber(Cmd *c)
{
	Bprint(sout, "%ld\n", lineno);
	return c->next;
}

static Cmd* (*command[128])(Cmd*) = {
	['{']	= xnone,
	['}']	= xnone,
	[':']	= xnone,
	['a']	= xlater,
	['b']	= xbranch,
	['c']	= xchange,
	['d']	= xdelete,
	['D']	= xdeletefirst,
	['g']	= xget,
	['G']	= xget,
	['h']	= xhold,
	['H']	= xhold,
	['i']	= xinsert,
	['l']	= xlist,
	['n']	= xnext,
	['N']	= xappendnext,
	['p']	= xprint,
	['P']	= xprintfirst,
	['q']	= xquit,
	['r']	= xlater,
	['s']	= xsubstitute,
	['t']	= xtest,
	['w']	= xwrite,
	['x']	= xexchange,
	['y']	= xtranslate,
	['=']	= xnumber,
};

/* run the program over the files */
void
execute(char **argv, int n)
{
	static char *standard[] = {"-"};
	Cmd *c;

	files = n > 0 ? argv : standard;
	nfile = n > 0 ? n : 1;
	inbuf = emalloc(Bufsize);
	addtext(&hold, "", 0);
	addtext(&space, "", 0);
	while(!done){
		if(!again){
			space.n = 0;
			if(!getline(&space))
				break;
			changed = 0;
		}
		again = 0;
		autoprint = 1;
		for(c = program; c != nil;)
			if(selected(c))
				c = command[c->fn](c);
			else
				c = c->fn == '{' ? c->to : c->next;
		if(autoprint && !quiet)
			put(sout, space.s, space.n);
		flushqueue();
	}
	flushouts();
	exits(status);
}
