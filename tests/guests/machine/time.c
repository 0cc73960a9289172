/*
 * Time: the wall clock at INIT and by LHCALL_CLOCK agree, the TSC's rate is about right, a clock event of 50 ms takes
 * 50 ms; the host's random bytes are not all alike.
 * support
 * expect-status: 0
 * expect-stdout: in time
 */
#include "guest.h"

void main(void);

static volatile unsigned ticks;
static struct lguest_clock a, b;
static uint32_t noise[16];

static void tick(struct frame *f)
{
	(void)f;
	ticks++;
}

static uint64_t join(uint32_t lo, uint32_t hi)
{
	return (uint64_t)hi << 32 | lo;
}

/* n / d where the quotient fits in 32 bits. */
static uint32_t divide(uint64_t n, uint32_t d)
{
	uint32_t q, r;

	__asm__ ("div %4" : "=a" (q), "=d" (r) : "0" ((uint32_t)n), "1" ((uint32_t)(n >> 32)), "r" (d));
	return q;
}

/* One clock event, measured: what is wrong, which the host's being late can be, too. */
static const char *measure(void)
{
	uint64_t ns, tsc;
	uint32_t khz;

	ticks = 0;
	hcall(LHCALL_CLOCK, PA(&a), 0, 0);
	hcall(LHCALL_SET_CLOCKEVENT, 50000000, 0, 0);
	while (!ticks)
		hcall(LHCALL_HALT, 0, 0, 0);
	hcall(LHCALL_CLOCK, PA(&b), 0, 0);
	ns = join(b.ns_lo, b.ns_hi) - join(a.ns_lo, a.ns_hi);
	tsc = join(b.tsc_lo, b.tsc_hi) - join(a.tsc_lo, a.tsc_hi);
	check(ns >= 49000000, "a clock event of 50 ms came early");
	if (ns > 200000000)
		return "a clock event of 50 ms came late";
	khz = divide(tsc * 1000, divide(ns, 1000));
	if (lguest.tsc_khz && (khz <= lguest.tsc_khz / 100 * 98 || khz >= lguest.tsc_khz / 100 * 102))
		return "the TSC runs at another rate";
	return 0;
}

void main(void)
{
	const char *wrong;
	uint32_t seconds;

	begin();
	traps_begin();
	irq_handler = tick;
	hcall(LHCALL_CLOCK, PA(&a), 0, 0);
	seconds = divide(join(a.ns_lo, a.ns_hi), 1000000000);
	check(seconds - lguest.time_sec <= 60, "LHCALL_CLOCK and lguest_data disagree");
	check(seconds > 1700000000, "the year is wrong");
	for (unsigned i = 1; (wrong = measure()) != 0; i++)
		check(i < 20, wrong);
	hcall(LHCALL_RANDOM, PA(noise), sizeof noise, 0);
	for (unsigned i = 1; i < 16; i++)
		if (noise[i] != noise[0])
			seconds = 0;
	check(seconds == 0, "random bytes are all alike");
	print("in time\n");
	finish("");
}
