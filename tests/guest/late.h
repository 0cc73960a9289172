/*
 * For guest tests whose host may give the machine little CPU, or none for any time at any moment.  What a test waits for it
 * polls for, and it counts its own waits and not the time, which may have leapt.
 * After tap.h.
 *
 * An alarm that is to interrupt a call that waits can come before the call has begun, and
 * then it interrupts nothing: between insist and enough each alarm sets the next one.
 */
enum {
	Poll	= 20,		/* ms between two looks */
	Patience = 300*1000,	/* ms of such waits: only what never comes is too late */
};
static int insistent;		/* ms from one to the next */
static int insisted;		/* how many came */

static int
again(void *u, char *s)
{
	USED(u);
	if(strcmp(s, "alarm") != 0)
		return 0;
	insisted++;
	if(insistent > 0)
		alarm(insistent);
	return 1;
}

helper void
insist(int ms)
{
	insisted = 0;
	insistent = ms;
	atnotify(again, 1);
	alarm(ms);
}

helper void
enough(void)
{
	insistent = 0;
	alarm(0);
	atnotify(again, 0);
}

/* Does f take so many ms, never less, and once in many times not half as much again? */
helper int
takes(int ms, void (*f)(void))
{
	vlong t;
	int i;

	for(i = 0; i < 100; i++){
		t = nsec();
		f();
		t = nsec()-t;
		if(t < ms*1500000LL)
			break;
	}
	if(t >= ms*1000000LL && t < ms*1500000LL)
		return 1;
	diag("expected %d ms, got %lld ns", ms, t);
	return 0;
}
