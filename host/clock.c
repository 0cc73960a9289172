/*
 * Time as the guest sees it: the wall clock, the TSC's rate, and the clock interrupt (irq 0, one-shot).  A timerfd wakes
 * the I/O thread, which raises the interrupt.  A guest that moves its deadline further off, as kernels do at every
 * switch, costs no system call: the timer fires at the old time, finds nothing due, and is set again then.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cpuid.h>
#include <x86intrin.h>

#include "clock.h"
#include "io.h"

#define RETRY_NS	100000u
#define MEASURE_NS	2000000u
#define NS_PER_S	1000000000ull

static int event_fd = -1, retry_fd = -1;
static _Atomic uint64_t armed_ns;	/* when event_fd fires, 0 if it does not */
static struct io_watch event_watch, retry_watch;
static struct moment { uint64_t ns, tsc; } started;
static bool trusted;			/* the TSC is a clock here */
static uint32_t khz_known;

static void arm(uint64_t deadline)
{
	struct itimerspec when = {
		.it_value = { (time_t)(deadline / NS_PER_S), (long)(deadline % NS_PER_S) },
	};

	atomic_store(&armed_ns, deadline);
	timerfd_settime(event_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void clock_check(struct machine *m)
{
	uint64_t deadline = atomic_load(&m->clock_deadline);

	if (!deadline)
		return;
	if (clock_monotonic_ns() < deadline) {
		arm(deadline);
	} else if (atomic_compare_exchange_strong(&m->clock_deadline, &deadline, 0)) {
		machine_raise(m, 0);
	}
}

/* I/O thread. */
static void event_ready(void *ctx, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(event_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		return;
	atomic_store(&armed_ns, 0);
	clock_check(ctx);
	io_arm(&event_watch, IO_IN);
}

static void retry_ready(void *ctx, uint32_t events)
{
	struct machine *m = ctx;
	uint64_t count;

	(void)events;
	if (read(retry_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		return;
	atomic_store(&m->retry_irq, false);
	machine_wake(m);
	io_arm(&retry_watch, IO_IN);
}

int clock_init(struct machine *m, struct error *err)
{
	event_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	retry_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (event_fd < 0 || retry_fd < 0)
		return error_set(err, "timerfd: %s", strerror(errno));
	event_watch = (struct io_watch){ .fd = event_fd, .ready = event_ready, .ctx = m };
	retry_watch = (struct io_watch){ .fd = retry_fd, .ready = retry_ready, .ctx = m };
	if (io_add(&event_watch) < 0 || io_add(&retry_watch) < 0)
		return error_set(err, "epoll: %s", strerror(errno));
	io_arm(&event_watch, IO_IN);
	io_arm(&retry_watch, IO_IN);
	return 0;
}

void clock_set_event(struct machine *m, uint32_t ns)
{
	uint64_t deadline = ns ? clock_monotonic_ns() + ns : 0, armed;

	atomic_store(&m->clock_deadline, deadline);
	if (!deadline)
		return;
	armed = atomic_load(&armed_ns);
	if (!armed || armed > deadline)
		arm(deadline);
}

void clock_retry_after(struct machine *m, uint32_t ns)
{
	struct itimerspec when = { .it_value = { 0, ns } };

	if (!atomic_exchange(&m->retry_irq, true))
		timerfd_settime(retry_fd, 0, &when, NULL);
}

void clock_retry_soon(struct machine *m)
{
	clock_retry_after(m, RETRY_NS);
}

void clock_wall(struct machine *m)
{
	struct timespec ts;

	if (!m->data)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	m->data->time_sec = (uint32_t)ts.tv_sec;
	m->data->time_nsec = (uint32_t)ts.tv_nsec;
}

void clock_read(struct lguest_clock *out)
{
	struct timespec ts;
	uint64_t ns, tsc;

	clock_gettime(CLOCK_REALTIME, &ts);
	tsc = __rdtsc();
	ns = (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
	out->ns_lo = (uint32_t)ns;
	out->ns_hi = (uint32_t)(ns >> 32);
	out->tsc_lo = (uint32_t)tsc;
	out->tsc_hi = (uint32_t)(tsc >> 32);
}

/* The TSC ticks at one rate in all power states: CPUID 0x80000007, EDX bit 8. */
static bool tsc_invariant(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && d & 1 << 8;
}

static uint32_t khz_from_cpuid(void)
{
	unsigned denominator, numerator, crystal, d;

	if (!__get_cpuid(0x15, &denominator, &numerator, &crystal, &d) || !denominator || !numerator || !crystal)
		return 0;
	return (uint32_t)((uint64_t)crystal * numerator / denominator / 1000);
}

/* What the host's kernel itself uses to turn TSC ticks into time: a software event's page tells without any privilege. */
static uint32_t khz_from_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attr,
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	const struct perf_event_mmap_page *page;
	uint32_t khz = 0;
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 8ul);

	if (fd < 0)
		return 0;
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED) {
		if (page->cap_user_time && page->time_mult)
			khz = (uint32_t)((1000000ull << page->time_shift) / page->time_mult);
		munmap((void *)(uintptr_t)page, 4096);
	}
	close(fd);
	return khz;
}

/* One moment by both clocks: the tightest of a few tries. */
static struct moment now(void)
{
	struct moment best = { 0 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 4; i++) {
		uint64_t before = __rdtsc(), ns = clock_monotonic_ns(), after = __rdtsc();

		if (after - before < least) {
			least = after - before;
			best = (struct moment){ ns, before + least / 2 };
		}
	}
	return best;
}

/* What has gone by since the process started is long enough to measure, as a rule. */
static uint32_t khz_measured(void)
{
	struct moment end;

	do
		end = now();
	while (end.ns - started.ns < MEASURE_NS);
	return (uint32_t)((end.tsc - started.tsc) * 1000000 / (end.ns - started.ns));
}

static bool host_uses_tsc(void)
{
	char name[16] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof name - 1);

	if (fd >= 0)
		close(fd);
	return n < 0 || strncmp(name, "tsc", 3) == 0 || strncmp(name, "kvm-clock", 9) == 0;
}

void clock_start(void)
{
	started = now();
	trusted = tsc_invariant() && host_uses_tsc();
	if (trusted && !(khz_known = khz_from_cpuid()))
		khz_known = khz_from_perf();
}

uint32_t clock_tsc_khz(void)
{
	if (trusted && !khz_known)
		khz_known = khz_measured();
	return khz_known;
}
