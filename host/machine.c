/*
 * The machine's life: made, run exit by exit, ended.  machine_run is the loop that everything hangs off: the engine
 * executes until something needs us (fast.c has taken what it can by itself), we play the CPU's or lguest's part, do
 * what devices ask for, inject an interrupt if one is due, and go on.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <x86intrin.h>

#include "clock.h"
#include "dev.h"
#include "hypercall.h"
#include "loader.h"
#include "machine.h"
#include "options.h"
#include "pagetable.h"
#include "segment.h"
#include "trace.h"
#include "trap.h"

#define SLOW_COPY	6		/* bytes a nanosecond */
#define LONGEST_NS	200000
#define BUSY_NS		100000		/* since the last HALT: others watch the devices now */
#define TICK_NS		11000000	/* a clock interrupt that comes so soon is a look at the devices */

static const struct engine_host host = { .walk = pagetable_walk, .fast = machine_fast };

int machine_init(struct machine *m, const struct options *options, struct error *err)
{
	memset(m, 0, sizeof *m);
	patience_init();
	m->options = options;
	m->trace = options->trace;
	m->syscall_vec = 0x80;
	m->stats.start_ns = clock_monotonic_ns();
	if (ram_init(&m->ram, options->memory, devices_pages(), err) < 0)
		return -1;
	m->frames = (uint32_t)(m->ram.size_bytes >> PAGE_SHIFT);
	segment_init(m);
	trap_forget_stacks(m);
	m->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->wake_fd < 0)
		return error_set(err, "eventfd: %s", strerror(errno));
	m->engine = engine_new(&m->ram, &host, m, &m->vcpu, err);
	return m->engine ? 0 : -1;
}

static long futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

void machine_wake(struct machine *m)
{
	atomic_fetch_add(&m->wakes, 1);
	if (pthread_equal(pthread_self(), m->thread))
		return;			/* machine_run looks at everything after each exit */
	switch (atomic_load(&m->asleep)) {
	case SLEEPING:
		futex(&m->wakes, FUTEX_WAKE, INT_MAX);
		break;
	case WATCHING:
		while (write(m->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0 && errno == EINTR)
			;
		break;
	case AWAKE:
		engine_kick(m->engine);
		break;
	}
}

void machine_raise(struct machine *m, unsigned irq)
{
	if (!(atomic_fetch_or(&m->irqs, 1u << irq) & 1u << irq))
		machine_wake(m);
}

void machine_want_work(struct machine *m, unsigned index)
{
	if (!(atomic_fetch_or(&m->work, 1u << index) & 1u << index))
		machine_wake(m);
}

void machine_end(struct machine *m, enum machine_end end, const char *text)
{
	static atomic_flag claimed = ATOMIC_FLAG_INIT;
	size_t i;

	if (atomic_flag_test_and_set(&claimed))
		return;
	for (i = 0; i < sizeof m->end_text - 1 && text[i]; i++)
		m->end_text[i] = text[i];
	m->end_text[i] = '\0';
	atomic_store(&m->end, end);
	machine_wake(m);
}

void machine_kill(struct machine *m, const char *fmt, ...)
{
	char text[sizeof m->end_text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	machine_end(m, END_KILLED, text);
}

/* What a vCPU that has nothing to do looks at. */
struct look {
	struct machine *m;
	uint32_t seen;			/* of m->wakes */
	struct pollfd *fds;
	unsigned n;
};

static bool woken(void *ctx)
{
	const struct look *l = ctx;

	return atomic_load_explicit(&l->m->wakes, memory_order_relaxed) != l->seen;
}

static bool woken_or_ready(void *ctx)
{
	const struct look *l = ctx;
	static const struct timespec now;

	return woken(ctx) || devices_ready(l->m, false) || ppoll(l->fds, l->n, &now, NULL) > 0;
}

/*
 * Wait for what devices wait for, or until m->wakes changes: descriptors wake up this thread directly, not by way of the I/O
 * thread.  Who has just spoken is mostly answered soon: then it is not slept at all, which on many a machine takes longer than the answer.
 */
static void watch(struct machine *m, uint32_t seen)
{
	struct pollfd fds[1 + LGUEST_MAX_DEVICES] = { 0 };
	struct look look = { m, seen, fds + 1, devices_pause(m, fds + 1) };
	bool soon = m->talked;
	uint64_t count;

	m->talked = false;
	if (!soon || !patience_worth(&m->patient_talk) || !patience_wait(&m->patient_talk, PATIENCE_TALK_NS, woken_or_ready, &look)) {
		fds[0] = (struct pollfd){ .fd = m->wake_fd, .events = POLLIN };
		atomic_store(&m->asleep, WATCHING);
		if (devices_ready(m, true) || atomic_load(&m->wakes) != seen || ppoll(fds, 1 + look.n, NULL, NULL) < 0)
			for (unsigned i = 0; i <= look.n; i++)
				fds[i].revents = 0;
		if (fds[0].revents && read(m->wake_fd, &count, sizeof count) < 0)
			fds[0].revents = 0;
	}
	devices_resume(m, look.fds);
}

/* Wait until wakes is no longer `seen`.  A device that has something to do for us may be done in no time. */
static void doze(struct machine *m, uint32_t seen)
{
	struct look look = { .m = m, .seen = seen };
	uint64_t copying_ns = m->deferred_bytes / SLOW_COPY;
	uint32_t ns = PATIENCE_NS + (uint32_t)(copying_ns < LONGEST_NS ? copying_ns : LONGEST_NS);

	atomic_store(&m->asleep, LOOKING);
	if (m->deferred && patience_worth(&m->patience) && patience_wait(&m->patience, ns, woken, &look))
		;
	else if (devices_wait(m))
		watch(m, seen);
	else {
		atomic_store(&m->asleep, SLEEPING);
		futex(&m->wakes, FUTEX_WAIT, seen);
	}
	atomic_store(&m->asleep, AWAKE);
}

void machine_halt(struct machine *m)
{
	uint64_t start = clock_monotonic_ns();

	for (;;) {
		uint32_t seen = atomic_load(&m->wakes);

		devices_work(m);
		if (machine_pending(m) || machine_ended(m))
			break;
		doze(m, seen);
	}
	m->data->irq_enabled = LGUEST_IF;
	m->woke_ns = clock_monotonic_ns();
	m->stats.halts++;
	m->stats.halt_ns += m->woke_ns - start;
}

/*
 * Is it time to have the I/O thread wait for the devices?  Mostly there is a HALT soon, in which this thread waits for them; but that must not
 * be counted on, and input not be left lying for longer than until the guest's next clock interrupt.
 */
static bool busy(struct machine *m)
{
	uint64_t now = clock_monotonic_ns(), deadline = atomic_load(&m->clock_deadline);

	return now - m->woke_ns > BUSY_NS || !deadline || deadline > now + TICK_NS;
}

static void handle(struct machine *m, const struct engine_exit *x)
{
	if (m->trace)
		trace_exit(m, x);
	switch (x->event) {
	case ENGINE_KICK:
		break;
	case ENGINE_TRAP:
		if (x->software && x->vector == LGUEST_TRAP_ENTRY && m->vcpu.cpl == 1)
			hypercall(m);
		else
			trap_take(m, x, false);
		break;
	case ENGINE_IRET:
		trap_iret(m, x, false);
		break;
	case ENGINE_PRIVILEGED:
		trap_privileged(m, x);
		break;
	case ENGINE_FARCALL:
		trap_far(m, x);
		break;
	case ENGINE_SEGMENT:
		trap_segment(m, x, false);
		break;
	}
}

void machine_run(struct machine *m)
{
	struct engine_exit x;
	uint64_t start, halted;

	m->thread = pthread_self();
	engine_set_kernel_address(m->engine, m->page_offset);
	engine_set_space(m->engine, m->vcpu.space);
	engine_set_cpl(m->engine, 1);
	while (!machine_ended(m)) {
		memset(&x, 0, sizeof x);
		engine_run(m->engine, &x);
		start = __rdtsc();
		halted = m->stats.halt_ns;
		if (m->exit_taken)
			m->exit_taken = false;
		else if (!machine_ended(m))
			handle(m, &x);
		devices_work(m);
		if (m->unwatched && busy(m)) {
			devices_watch(m);
			devices_work(m);
		}
		if (!machine_ended(m))
			trap_interrupts(m);
		m->stats.slow_exits++;
		if (m->stats.halt_ns == halted)
			m->stats.exit_tsc += __rdtsc() - start;
	}
}
