/*
 * Time.  The wall clock is asked of the hypervisor each time; the clock that only
 * goes forward counts the TSC, at the rate that the wall clock shows, and falls back
 * on the wall clock where there is no steady TSC.  One timer, one-shot, is irq 0.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"

enum
{
	Resync	= 1000000000,	/* ns between looks at the rate */
	Mindelta = 1000,	/* ns: the hypervisor's shortest */
};

static struct
{
	uvlong	tsc;		/* at ns */
	uvlong	ns;		/* since boot */
	ulong	mult;		/* ns a cycle, times 2^24 */
	uvlong	synctsc;	/* at the last comparison with the wall clock */
	uvlong	syncns;
	uvlong	bootns;		/* wall clock at boot */
	uvlong	last;		/* the wall clock then; without a TSC, the last one given out */
	uvlong	wallns;		/* wall clock at walltsc */
	uvlong	walltsc;
	int	usetsc;
} clk;

static struct lguest_clock	hostclock;

static uvlong
askhost(uvlong *tsc)
{
	uvlong ns;
	int s;

	s = splhi();
	hcall(LHCALL_CLOCK, PADDR(&hostclock), 0, 0);
	ns = (uvlong)hostclock.ns_hi<<32 | hostclock.ns_lo;
	*tsc = (uvlong)hostclock.tsc_hi<<32 | hostclock.tsc_lo;
	splx(s);
	return ns;
}

/* cycles*mult/2^24, without losing the high bits */
static uvlong
scale(uvlong cycles, ulong mult)
{
	uvlong hi, lo;

	hi = (cycles>>32)*mult;
	lo = (cycles&0xFFFFFFFF)*mult;
	return (hi<<8) + (lo>>24);
}

/*
 * The hypervisor is asked once a second, and when the TSC is no clock; in
 * between the TSC tells how much has passed.
 */
uvlong
hostns(void)
{
	uvlong d;

	if(!clk.usetsc)
		return askhost(&d);
	d = rdtsc() - clk.walltsc;
	if(clk.wallns == 0 || d > m->tschz){
		clk.wallns = askhost(&clk.walltsc);
		d = rdtsc() - clk.walltsc;
	}
	return clk.wallns + scale(d, clk.mult);
}

uvlong
hostmono(void)
{
	uvlong ns;

	if(clk.usetsc)
		return clk.ns + scale(rdtsc()-clk.tsc, clk.mult);
	ns = hostns() - clk.bootns;
	if((vlong)ns < (vlong)clk.last)
		ns = clk.last;
	clk.last = ns;
	return ns;
}

uvlong
fastticks(uvlong *hz)
{
	if(clk.usetsc){
		if(hz != nil)
			*hz = m->tschz;
		return rdtsc();
	}
	if(hz != nil)
		*hz = 1000000000;
	return hostmono();
}

/*
 * Once a second: how long is a cycle by the host's clock?  A clock that was set
 * meanwhile gives an absurd answer, which is not believed.
 */
static void
resync(void)
{
	uvlong tsc, ns, dt;
	ulong mult;

	if(!clk.usetsc || hostmono()-clk.syncns < Resync)
		return;
	ns = askhost(&tsc);
	dt = ns - clk.bootns;
	if(clk.synctsc != 0 && tsc-clk.synctsc < 1ULL<<38 && dt-clk.last < 1ULL<<36){
		mult = ((dt-clk.last)<<24)/(tsc-clk.synctsc);
		if(mult > clk.mult-clk.mult/1000 && mult < clk.mult+clk.mult/1000){
			tsc = rdtsc();
			clk.ns += scale(tsc-clk.tsc, clk.mult);
			clk.tsc = tsc;
			clk.mult = mult;
			ns = askhost(&tsc);
			dt = ns - clk.bootns;
		}
	}
	clk.synctsc = tsc;
	clk.last = dt;
	clk.syncns = hostmono();
}

void
clockintr(Ureg *ur, void *a)
{
	USED(a);
	timerintr(ur);
	resync();
}

/* The next timerintr is wanted when hostmono says when; 0: none is. */
void
clockset(uvlong when)
{
	vlong d;

	if(when == 0){
		hcall(LHCALL_SET_CLOCKEVENT, 0, 0, 0);
		return;
	}
	d = when - hostmono();
	if(d < Mindelta)
		d = Mindelta;
	if(d > 0xFFFFFFFFLL)
		d = 0xFFFFFFFFLL;
	hcall(LHCALL_SET_CLOCKEVENT, d, 0, 0);
}

/* With interrupts off: sleep until one comes, and take it. */
void
idlehands(void)
{
	hcall(LHCALL_HALT, 0, 0, 0);
	splhi();
}

void
clockinit(void)
{
	clk.bootns = askhost(&clk.tsc);
	if(lguestdata.tsc_khz != 0){
		m->tschz = (uvlong)lguestdata.tsc_khz*1000;
		clk.mult = (1000000ULL<<24)/lguestdata.tsc_khz;
		clk.usetsc = 1;
	}
	intrenable(0, clockintr, nil);
}
