/*
 * The time of day: the host's wall clock, plus what somebody here has set.
 * nsec, /dev/time and /dev/bintime read it; /dev/bintime sets it, at once, by
 * small steps, or by stating the true frequency of the fast counter.  It does
 * not go backwards by less than Maxback, whatever the host's clock does: Go
 * takes differences of it.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum {
	Maxback	= 1000000000,		/* ns; a longer step back is followed */
	Maxsec	= 365*24*3600,
};

static struct {
	vlong	add;		/* ns, what was set on top of the host's clock */
	vlong	delta;		/* ns that are to come in by and by */
	vlong	part;		/* ns of delta that are in */
	uvlong	since;		/* hostmono() when the slewing began */
	uvlong	period;		/* ns that it is to take */
	vlong	ppb;		/* correction of the rate, in 1e-9 */
	uvlong	ratesince;	/* hostmono() when it began */
	uvlong	hz;		/* frequency as stated, 0: the port's */
	vlong	last;		/* the result of the last todget */
} tod;

/* Bring what time has added up to now into tod.add. */
static void
settle(uvlong now)
{
	uvlong gone;
	vlong part;

	if(tod.period != 0){
		gone = now - tod.since;
		if(gone >= tod.period)
			part = tod.delta;
		else	/* in units of 1/1024, which keeps the product in 64 bits */
			part = tod.delta * (vlong)((gone<<10) / tod.period) / 1024;
		tod.add += part - tod.part;
		tod.part = part;
		if(gone >= tod.period)
			tod.period = 0;
	}
	if(tod.ppb != 0){
		gone = (now - tod.ratesince) / 1000000;
		tod.add += (vlong)gone * tod.ppb / 1000;
		tod.ratesince += gone * 1000000;
	}
}

void
todinit(void)
{
	tod.last = hostns();
}

/* ns since 1970-01-01 UTC; *ticksp, unless nil, becomes the fast counter's value. */
vlong
todget(vlong *ticksp)
{
	vlong t;

	if(ticksp != nil)
		*ticksp = fastticks(nil);
	if(tod.period != 0 || tod.ppb != 0)
		settle(hostmono());
	t = (vlong)hostns() + tod.add;
	if(t < tod.last && tod.last - t < Maxback)
		t = tod.last;
	tod.last = t;
	return t;
}

/* Set it to t ns, or, if sec > 0, let delta ns come in over the next sec seconds. */
void
todset(vlong t, vlong delta, int sec)
{
	uvlong now;

	now = hostmono();
	settle(now);
	if(sec > 0){
		tod.delta = delta;
		tod.part = 0;
		tod.since = now;
		tod.period = (uvlong)(sec < Maxsec? sec: Maxsec) * 1000000000ULL;
		return;
	}
	tod.period = 0;
	tod.add = t - (vlong)hostns();
	tod.last = t;
}

/* State the true frequency of the fast counter, in Hz; 0 takes that back. */
void
todsetfreq(vlong hz)
{
	uvlong now, porthz;

	now = hostmono();
	settle(now);
	tod.ratesince = now;
	tod.hz = hz;
	tod.ppb = 0;
	fastticks(&porthz);
	if(hz > 0 && porthz > 0)
		tod.ppb = ((vlong)porthz - hz) * 1000000 / (hz/1000 + 1);
}

/* The frequency in force. */
uvlong
todfreq(void)
{
	uvlong hz;

	if(tod.hz != 0)
		return tod.hz;
	fastticks(&hz);
	return hz;
}
