/*
 * Timers, the tick, and alarms.  Timers wait in one list in order of time; the
 * port's clock is set to the first of them, or to the next tick while a process
 * runs.  An idle machine has no ticks.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Tickns	= 1000000000/HZ,
};

typedef struct Clock0 Clock0;
struct Clock0
{
	Timer;
	void	(*f)(void);
};

static struct
{
	Timer	*first;
	Timer	*last;
} timers;			/* guarded by splhi */
static uvlong	armed;		/* what the port's clock is set to, 0 none */
static uvlong	nexttick;	/* hostmono at which the next tick is due */
static int	ticking;

static void
arm(void)
{
	uvlong when;

	when = timers.first != nil? timers.first->when: 0;
	if(ticking && (when == 0 || nexttick < when))
		when = nexttick;
	if(when == armed || when == 0 || (armed != 0 && armed < when))
		return;		/* an early interrupt does no harm */
	armed = when;
	clockset(when);
}

/*
 * Looks for its place from the end that is nearer in time: sleeps of one length, of which
 * there can be thousands, stand behind one another.
 */
static void
insert(Timer *t)
{
	Timer *before, *behind;

	before = timers.last;
	if(before != nil && 2*t->when < timers.first->when + before->when){
		before = nil;
		for(behind = timers.first; behind->when <= t->when; behind = behind->next)
			before = behind;
	}else
		while(before != nil && before->when > t->when)
			before = before->prev;
	t->prev = before;
	t->next = before != nil? before->next: timers.first;
	if(t->prev != nil)
		t->prev->next = t;
	else
		timers.first = t;
	if(t->next != nil)
		t->next->prev = t;
	else
		timers.last = t;
	t->active = 1;
}

static void
delete(Timer *t)
{
	if(t->prev != nil)
		t->prev->next = t->next;
	else
		timers.first = t->next;
	if(t->next != nil)
		t->next->prev = t->prev;
	else
		timers.last = t->prev;
	t->active = 0;
}

void
timeradd(Timer *t)
{
	int s;

	s = splhi();
	if(t->active)
		delete(t);
	t->when = hostmono() + t->tns;
	insert(t);
	arm();
	splx(s);
}

void
timerdel(Timer *t)
{
	int s;

	s = splhi();
	if(t->active)
		delete(t);
	splx(s);
}

/* A process runs from now on: let it be interrupted. */
void
tickstart(void)
{
	if(ticking)
		return;
	ticking = 1;
	nexttick = hostmono() + Tickns;
	arm();
}

/* m->ticks, brought up to date. */
ulong
ticksnow(void)
{
	m->ticks = hostmono()/Tickns;
	return m->ticks;
}

/* The port's clock has gone off; interrupts are off. */
void
timerintr(Ureg *ur)
{
	Timer *t;
	uvlong now;

	now = hostmono();
	armed = 0;
	m->ticks = now/Tickns;
	while((t = timers.first) != nil && t->when <= now){
		delete(t);
		if(t->tmode == Tperiodic){
			t->when += t->tns;
			if(t->when <= now)	/* late: what was missed is lost */
				t->when = now + t->tns;
			insert(t);
		}
		t->tf(ur, t);
	}
	if(ticking && nexttick <= now){
		nexttick += Tickns;
		if(nexttick <= now)
			nexttick = now + Tickns;
		if(up == nil || up->state != Running)
			ticking = 0;
		else
			accounttime(ur);
	}
	arm();
}

static void
clock0(Ureg *ur, Timer *t)
{
	USED(ur);
	((Clock0*)t)->f();
}

/* Call f every ms milliseconds, from the clock interrupt, for good. */
void
addclock0link(void (*f)(void), int ms)
{
	Clock0 *c;

	c = smalloc(sizeof *c);
	c->f = f;
	c->tmode = Tperiodic;
	c->tns = (vlong)ms*1000000;
	c->tf = clock0;
	timeradd(c);
}

static void
alarmed(Ureg *ur, Timer *t)
{
	Proc *p;

	USED(ur);
	p = t->ta;
	postnote(p, 0, "alarm", NUser);
}

/* The alarm system call: ms from now, 0 never; returns the ms that the last one had left. */
ulong
procalarm(ulong ms)
{
	ulong left;
	vlong d;
	int s;

	s = splhi();
	left = 0;
	if(up->alarm.active){
		d = up->alarm.when - hostmono();
		left = d > 0? (d+999999)/1000000: 0;
		timerdel(&up->alarm);
	}
	if(ms != 0){
		up->alarm.tmode = Trelative;
		up->alarm.tns = (vlong)ms*1000000;
		up->alarm.tf = alarmed;
		up->alarm.ta = up;
		timeradd(&up->alarm);
	}
	splx(s);
	return left;
}
