/*
 * Who waits for the descriptors of devices: in HALT the vCPU thread itself, so that input reaches the guest with no other thread in
 * between; the I/O thread while the guest is busy.  To have the latter wait and let go of it again are two system calls, which an answer
 * that is awaited need not pay: so machine.c has it wait only when the guest has been busy for a while.
 */
#include "../dev.h"

/* Any thread: some of what d wants has come. */
static void watch_ready(void *ctx, uint32_t events)
{
	struct device *d = ctx;

	atomic_fetch_or(&d->events, events);
	machine_want_work(d->machine, d->index);
}

int device_watch(struct device *d, int fd)
{
	d->watch = (struct io_watch){ fd, watch_ready, d };
	return io_add(&d->watch);
}

void device_want(struct device *d, uint32_t events)
{
	d->wants |= events;
	d->machine->unwatched |= (d->wants & ~d->watched) != 0;
}

uint32_t device_events(struct device *d)
{
	uint32_t events = atomic_exchange(&d->events, 0);

	if (events) {			/* an error is an event of all kinds */
		d->watched = 0;
		d->wants &= events & ~(IO_IN | IO_OUT) ? 0 : ~events;
		d->machine->unwatched |= d->wants != 0;
	}
	return events;
}

void devices_watch(struct machine *m)
{
	m->unwatched = false;
	for (unsigned i = 0; i < m->ndevices; i++) {
		struct device *d = m->devices[i];

		if (!(d->wants & ~d->watched))
			continue;
		d->watched = d->wants;
		io_arm(&d->watch, d->wants);
	}
	devices_ready(m, true);
}

bool devices_ready(struct machine *m, bool bell)
{
	bool any = false;

	for (unsigned i = 0; i < m->ndevices; i++)
		if (m->devices[i]->ready && m->devices[i]->ready(m->devices[i], bell)) {
			machine_want_work(m, i);
			any = true;
		}
	return any;
}

bool devices_wait(const struct machine *m)
{
	for (unsigned i = 0; i < m->ndevices; i++)
		if (m->devices[i]->wants)
			return true;
	return false;
}

unsigned devices_pause(struct machine *m, struct pollfd fds[LGUEST_MAX_DEVICES])
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->ndevices; i++) {
		struct device *d = m->devices[i];

		if (!d->wants)
			continue;
		if (d->watched)
			io_arm(&d->watch, 0);
		d->watched = 0;
		m->unwatched = true;
		fds[n++] = (struct pollfd){ .fd = d->watch.fd, .events = (short)d->wants };
	}
	return n;
}

void devices_resume(struct machine *m, const struct pollfd fds[LGUEST_MAX_DEVICES])
{
	for (unsigned i = 0, k = 0; i < m->ndevices; i++)
		if (m->devices[i]->wants && fds[k++].revents)
			watch_ready(m->devices[i], (uint32_t)fds[k - 1].revents);
}
