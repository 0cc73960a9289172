/*
 * Congestion control: slow start (RFC 5681, 3.1, counting bytes as RFC 3465 does),
 * then CUBIC (RFC 9438).  Windows are bytes, times milliseconds; there is no
 * floating point here, so the constants are fractions.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

enum {
	Maxcwnd	= 8*1024*1024,
	Faraway	= 100*1000,	/* ms: beyond it the curve is as good as vertical */
};

void
ccinit(Tcb *t)
{
	/* RFC 6928, 2; with very large segments ten are more than anybody's window */
	t->cwnd = 10*t->mss;
	if(t->mss <= 1460 && t->cwnd > 14600)
		t->cwnd = 14600;
	t->ssthresh = Maxcwnd;
	t->epoch = 0;
	t->wmax = 0;
}

/* the largest x with x^3 <= a */
static u32int
cuberoot(uvlong a)
{
	u32int x, bit;
	uvlong y;

	x = 0;
	for(bit = 1<<20; bit > 0; bit >>= 1){
		y = x | bit;
		if(y*y*y <= a)
			x |= bit;
	}
	return x;
}

/* A new epoch of growth begins: RFC 9438, 4.2. */
static void
begin(Tcb *t)
{
	t->epoch = t->f->now;
	t->west = t->cwnd;
	if(t->cwnd < t->wmax)
		/* K = cbrt((wmax - cwnd)/C) seconds, C = 0.4, in segments */
		t->k = cuberoot((uvlong)(t->wmax - t->cwnd)*2500000000ull/t->mss);
	else{
		t->wmax = t->cwnd;
		t->k = 0;
	}
}

/* W_cubic(ms into the epoch) = C(t-K)^3 + W_max, eq. 1 */
static u32int
curve(Tcb *t, vlong ms)
{
	vlong d, w;

	d = ms - t->k;
	if(d > Faraway)
		d = Faraway;
	if(d < -Faraway)
		d = -Faraway;
	w = d*d*d/1000000*4*t->mss/10000 + t->wmax;
	if(w < 0)
		return 0;
	return w > Maxcwnd? Maxcwnd: w;
}

static void
avoid(Tcb *t, u32int acked)
{
	u32int target;

	if(t->epoch == 0)
		begin(t);
	target = curve(t, (vlong)(t->f->now - t->epoch) + t->srtt/1000);
	if(target > t->cwnd + t->cwnd/2)
		target = t->cwnd + t->cwnd/2;
	/* 4.3: no slower than Reno would be, alpha = 9/17 until it has caught up */
	if(t->west < t->wmax)
		t->west += (uvlong)t->mss*9*acked/(17*(uvlong)t->cwnd);
	else
		t->west += (uvlong)t->mss*acked/t->cwnd;
	if(target < t->west)
		t->cwnd = t->west;
	else if(target > t->cwnd)
		t->cwnd += (uvlong)(target - t->cwnd)*acked/t->cwnd;
}

/* So many bytes were acknowledged, outside of loss recovery. */
void
ccacked(Tcb *t, u32int acked)
{
	if(!t->limited)			/* RFC 9438, 5.8: what was not used is not known to work */
		return;
	if(t->cwnd < t->ssthresh)
		t->cwnd += acked < 2*t->mss? acked: 2*t->mss;
	else
		avoid(t, acked);
	if(t->cwnd > Maxcwnd)
		t->cwnd = Maxcwnd;
}

/* Something was lost: 4.6, 4.7; beta = 0.7. */
void
ccloss(Tcb *t, int timeout)
{
	u32int flight;

	if(t->cwnd < t->wmax)
		t->wmax = (uvlong)t->cwnd*17/20;	/* give room to newcomers */
	else
		t->wmax = t->cwnd;
	flight = t->nxt - t->una;
	if(flight > t->cwnd)
		flight = t->cwnd;
	t->ssthresh = (uvlong)flight*7/10;
	if(t->ssthresh < 2*t->mss)
		t->ssthresh = 2*t->mss;
	t->cwnd = timeout? t->mss: t->ssthresh;
	t->epoch = 0;
}

/* Nothing was sent for longer than a retransmission timeout: RFC 5681, 4.1. */
void
ccidle(Tcb *t)
{
	u32int w;

	w = 10*t->mss;
	if(t->cwnd > w)
		t->cwnd = w;
	t->epoch = 0;
}
