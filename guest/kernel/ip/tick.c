/*
 * The stack's clockwork: one hierarchical wheel of timers, in milliseconds.
 * Level l has slots of 64^l ms; a Tick sits at the level of the highest group of
 * six bits in which its time differs from the wheel's, and moves down as that
 * time comes near.  So the next thing to be done is found without a search, and
 * an idle stack asks for no clock at all.
 *
 * Protocols set the same timer later and later, once a packet.  A Tick that is
 * set to a later time therefore stays where it is (due) and moves only when that
 * has come (to when).
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

enum {
	Bits	= 6,
	Forever	= 1u<<30,	/* ms */
};

static void
unlinktick(Tick *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->next = t->prev = nil;
	t->on = 0;
}

static void
place(Wheel *w, Tick *t)
{
	Tick *head;
	uvlong diff;
	int l, s;

	t->due = t->when;
	if(t->due <= w->now)
		t->due = w->now + 1;
	diff = t->due ^ w->now;
	l = (63 - __builtin_clzll(diff))/Bits;
	if(l >= Levels){		/* beyond the horizon: look again when it is reached */
		l = Levels-1;
		t->due = w->now + Forever;
		diff = t->due ^ w->now;
		if((63 - __builtin_clzll(diff))/Bits < l)
			l = (63 - __builtin_clzll(diff))/Bits;
	}
	s = t->due>>l*Bits & (Slots-1);
	head = &w->slot[l][s];
	if(head->next == nil)
		head->next = head->prev = head;
	t->prev = head->prev;
	t->next = head;
	head->prev->next = t;
	head->prev = t;
	w->used[l] |= 1ull<<s;
	t->on = 1;
}

/* t->f(t->arg) in ms milliseconds; replaces what t was set to. */
void
tickset(Ip *f, Tick *t, uvlong ms)
{
	if(ms > Forever)
		ms = Forever;
	t->when = f->now + ms;
	if(t->on){
		if(t->when >= t->due)
			return;
		unlinktick(t);
	}
	place(&f->wheel, t);
	ipalarm(f);
}

void
tickoff(Tick *t)
{
	if(t->on)
		unlinktick(t);
}

/* Where the first used slot is: its level, or -1. */
static int
firstslot(Wheel *w, int *slot, uvlong *when)
{
	Tick *head;
	int l, s;

	for(l = 0; l < Levels; l++)
		while(w->used[l] != 0){
			s = __builtin_ctzll(w->used[l]);
			head = &w->slot[l][s];
			if(head->next == head){		/* emptied by tickoff */
				w->used[l] &= ~(1ull<<s);
				continue;
			}
			*slot = s;
			*when = (w->now>>(l+1)*Bits)<<(l+1)*Bits | (uvlong)s<<l*Bits;
			return l;
		}
	return -1;
}

/* When tickrun should be called at the latest. */
uvlong
ticknext(Ip *f)
{
	uvlong when;
	int s;

	if(firstslot(&f->wheel, &s, &when) < 0)
		return 0;
	return when;
}

/* Do everything that is due at f->now. */
void
tickrun(Ip *f)
{
	Wheel *w;
	Tick *t, *head;
	uvlong when;
	int l, s;

	w = &f->wheel;
	while((l = firstslot(w, &s, &when)) >= 0 && when <= f->now){
		w->now = when;
		head = &w->slot[l][s];
		w->used[l] &= ~(1ull<<s);
		while((t = head->next) != head){
			unlinktick(t);
			if(t->when <= when)
				t->f(t->arg);
			else
				place(w, t);
		}
	}
	if(f->now > w->now)
		w->now = f->now;
}
