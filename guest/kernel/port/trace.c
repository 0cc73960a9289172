/*
 * /proc/trace: a record for each change of state of the processes whose ctl was
 * told `trace', for one reader at a time.  A record is 16 bytes: pid, what
 * happened (SRun ...), and when, in ns since 1970, all little-endian.  Records that
 * nobody has read in time are lost, the oldest first.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Nevents	= 4096,		/* a power of two */
};

typedef struct Traceevent Traceevent;
struct Traceevent
{
	ulong	pid;
	ulong	etype;
	vlong	time;
};

static struct
{
	int	open;
	Traceevent *ring;	/* nil until it was opened once */
	ulong	in;		/* records ever made */
	ulong	out;		/* and read or lost */
} tr;

void
traceopen(void)
{
	if(tr.open)
		error("already open");
	if(tr.ring == nil){
		tr.ring = malloc(Nevents*sizeof(Traceevent));
		if(tr.ring == nil)
			error(Enomem);
	}
	tr.in = tr.out = 0;
	tr.open = 1;
}

void
traceclose(void)
{
	tr.open = 0;
}

/* p does what etype says. */
void
traceevent(Proc *p, int etype)
{
	Traceevent *e;
	int s;

	if(!p->trace || !tr.open)
		return;
	s = splhi();
	e = &tr.ring[tr.in++ & Nevents-1];
	e->pid = p->pid;
	e->etype = etype;
	e->time = todget(nil);
	if(tr.in - tr.out > Nevents)
		tr.out = tr.in - Nevents;
	splx(s);
}

/* Whole records, as many as there are and n bytes hold; 0 if there are none now. */
long
traceread(void *va, long n)
{
	Traceevent e;
	char *p;
	int s;

	for(p = va; n >= sizeof e; n -= sizeof e, p += sizeof e){
		s = splhi();
		if(tr.out == tr.in){
			splx(s);
			break;
		}
		e = tr.ring[tr.out++ & Nevents-1];
		splx(s);
		memmove(p, &e, sizeof e);
	}
	return p - (char*)va;
}
