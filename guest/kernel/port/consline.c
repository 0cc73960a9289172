/*
 * Console input between the port's driver and /dev/cons.  On a terminal it is
 * collected into lines, with echo and editing, unless a program has asked for
 * raw input; when the console is not a terminal bytes pass unchanged.  Editing
 * happens as bytes arrive, at interrupt, so that echo never waits for the
 * program.  A line, or a piece of raw input, is one record of the queue that
 * all readers share; an empty record is an end of file.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"

enum {
	Intr	= 0x03,		/* ^C */
	Eof	= 0x04,		/* ^D */
	Erase	= 0x08,		/* ^H */
	Kill	= 0x15,		/* ^U */
	Word	= 0x17,		/* ^W */
	Del	= 0x7F,		/* interrupt; but what many terminals' erase key sends, see edit */

	Inputlimit = 256*1024,	/* bytes of memory waiting for readers */
	Piece	= 1024,
};

int constty;

static struct {
	Queue	*q;
	int	raw;
	int	held;		/* readers wait, whatever there is for them */
	QLock	holdlock;	/* of who waits for that to end, at holdr; others wait for him */
	Rendez	holdr;
	ulong	noteid;		/* note group of the last to read, 0 none */
	int	n;		/* bytes of line */
	char	line[Linemax];
} in;

static void
more(void*)
{
	consmore();
}

/* Make the queue; before the driver's first interrupt. */
void
conslineinit(void)
{
	in.q = qopen(Inputlimit, 0, more, nil);
	if(in.q == nil)
		panic("no memory for console input");
}

/* Give the readers what has been collected, be it nothing. */
static void
deliver(void)
{
	qiwrite(in.q, in.line, in.n);
	in.n = 0;
}

/* Take the last rune off the line and the screen. */
static void
erase(void)
{
	int c, wide;

	if(in.n == 0)
		return;
	c = in.line[in.n-1];
	do
		in.n--;
	while(in.n > 0 && (in.line[in.n] & 0xC0) == 0x80);
	/* control characters other than tab were shown as ^X */
	wide = (c & 0x80) == 0 && c < ' ' && c != '\t'? 2: 1;
	while(wide-- > 0)
		consecho("\b \b", 3);
}

static int
wordbyte(int c)
{
	return c & 0x80 || c == '_' || c >= '0' && c <= '9' || (c|0x20) >= 'a' && (c|0x20) <= 'z';
}

static void
eraseword(void)
{
	while(in.n > 0 && !wordbyte(in.line[in.n-1]))
		erase();
	while(in.n > 0 && wordbyte(in.line[in.n-1]))
		erase();
}

/*
 * Drop what was typed, and tell the last reader's note group: while it
 * waits for a command, that is the command's as well.  Not postnotepg, which
 * would spare the process that happens to run.
 */
static void
interrupt(void)
{
	Proc *p;
	int i;

	in.n = 0;
	qflush(in.q);
	if(in.noteid == 0)
		return;
	for(i = 0; (p = proctab(i)) != nil; i++)
		if(p->state != Dead && !p->kp && p->noteid == in.noteid)
			postnote(p, 0, "interrupt", NUser);
}

/* Keep one byte of a line and show it. */
static void
ordinary(int c)
{
	char show[2];

	if(in.n == Linemax)
		deliver();
	in.line[in.n++] = c;
	show[0] = c;
	if(c >= ' ' || c & 0x80 || c == '\t' || c == '\n'){
		consecho(show, 1);
		return;
	}
	show[0] = '^';
	show[1] = c + '@';
	consecho(show, 2);
}

/* One byte typed at a terminal that is not raw. */
static void
edit(int c)
{
	switch(c){
	case Eof:
		deliver();
		break;
	case Erase:
		erase();
		break;
	case Word:
		eraseword();
		break;
	case Kill:
		while(in.n > 0)
			erase();
		break;
	case Del:
		/*
		 * Plan 9's interrupt, and the erase key of most terminals: who
		 * has begun a line means the latter.
		 */
		if(in.n > 0)
			erase();
		else
			interrupt();
		break;
	case Intr:
		interrupt();
		break;
	case '\r':
		c = '\n';
		/* fall through */
	case '\n':
		ordinary(c);
		deliver();
		break;
	default:
		ordinary(c);
		break;
	}
}

/* The same where bytes go on as they come, less what is for the kernel. */
static int
rawinput(uchar *p, int n)
{
	int i, j, m, before;

	for(i = 0; i < n; i = j+1){
		for(j = i; j < n && !conskey(p[j], &before); j++)
			;
		if(j > i){
			m = qiwrite(in.q, p+i, j-i);
			if(m < j-i)
				return i+m;
		}
	}
	return n;
}

/*
 * The driver has n bytes.  Returns how many were taken: fewer if there is no
 * memory for them now.  At interrupt.
 */
int
consinput(uchar *p, int n)
{
	int i, m;

	if(constty && !in.raw){
		for(i = 0; i < n; i++)
			if(!conskey(p[i], &m))
				edit(p[i]);
			else
				for(; m > 0; m--)
					erase();
		return n;
	}
	if(constty)
		return rawinput(p, n);
	m = qiwrite(in.q, p, n);
	if(m == 0 && n > Piece)		/* a small block is easier to get */
		m = qiwrite(in.q, p, Piece);
	return m;
}

/* No more will come: readers take what there is, then see the end, for ever. */
void
consinputend(void)
{
	if(in.n > 0)
		deliver();
	qhangup(in.q, nil);
}

/* Whether the driver should keep its next bytes until consmore is called. */
int
consinputfull(void)
{
	return qfull(in.q);
}

static int
released(void*)
{
	return !in.held;
}

/* Wait until what is typed may be read. */
static void
waitheld(void)
{
	qlock(&in.holdlock);
	if(waserror()){
		qunlock(&in.holdlock);
		nexterror();
	}
	sleep(&in.holdr, released, nil);
	poperror();
	qunlock(&in.holdlock);
}

/* Read up to n bytes into va, which may be user memory. */
long
consread(void *va, long n)
{
	in.noteid = up->noteid;
	if(in.held)
		waitheld();
	/* the queue turns an end into an error in time; the console does not */
	if(qisclosed(in.q) && !qcanread(in.q))
		return 0;
	return qread(in.q, va, n);
}

/* Switch raw input on or off; a line begun so far is delivered as it is. */
void
consraw(int on)
{
	int s;

	s = splhi();
	if(on && !in.raw && in.n > 0)
		deliver();
	in.raw = on;
	splx(s);
}

/* Keep what is typed, which is echoed and edited meanwhile, from its readers; or let them have it. */
void
conshold(int on)
{
	in.held = on;
	if(!on)
		wakeup(&in.holdr);
}
