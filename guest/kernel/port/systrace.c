/*
 * What /proc/n/syscall shows of a process that ctl's startsyscall has stopped: before
 * the call who, what, from where and with which arguments; after it the result.  The two
 * texts together are one line, as ratrace prints it.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Textsize = 512,
	Maxstr	= 100,		/* bytes shown of a string */
};

/*
 * A string of the user's: its address, and as much as lies in its segment.  To look beyond
 * that would be a fault of the process's, which did nothing yet.
 */
static char*
userstring(char *p, char *e, ulong a)
{
	Segment *s;
	ulong n;
	int c;

	p = seprint(p, e, " %#lux/\"", a);
	s = seg(up, a, 0);
	if(s != nil && !waserror()){
		n = s->top-a < Maxstr? s->top-a: Maxstr;
		for(; n > 0 && (c = *(uchar*)a) != 0 && p < e-1; n--, a++)
			*p++ = c < ' ' || c == 0x7F? '.': c;
		poperror();
	}
	return seprint(p, e, "\"");
}

/*
 * args has a letter for each argument: s a string, x a word in hex, d in decimal, v a vlong
 * (two words).
 */
char*
tracecall(char *name, char *args, ulong pc)
{
	char *s, *p, *e;
	ulong *w;

	s = smalloc(Textsize);
	e = s+Textsize;
	p = seprint(s, e, "%lud %s %s %#lux", up->pid, up->text, name, pc);
	for(w = up->sargs; *args != 0; w++)
		switch(*args++){
		case 's':
			p = userstring(p, e, *w);
			break;
		case 'x':
			p = seprint(p, e, " %#lux", *w);
			break;
		case 'd':
			p = seprint(p, e, " %ld", *w);
			break;
		case 'v':
			p = seprint(p, e, " %lld", (vlong)w[1]<<32 | w[0]);
			w++;
			break;
		}
	return s;
}

/* The result, the error if it is one, and when the call began and ended. */
char*
traceresult(long r)
{
	char *s;

	s = smalloc(Textsize);
	snprint(s, Textsize, " = %ld \"%s\" %lld %lld\n", r, r == -1? up->syserrstr: "", up->tracens, todget(nil));
	return s;
}
