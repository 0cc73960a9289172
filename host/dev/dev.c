/*
 * The device page and lguest's DMA: finding the device for a key, checking what the guest hands over, and the
 * bindings, arrays of buffers that the guest offers for input.  main and what reads its options add devices.  An array is
 * filled from its element 0 upwards once all of it is free, so that input keeps its order whichever way the
 * guest's driver looks for it; a ring is filled round and round, and keeps its order for drivers that look at it so.
 */
#include <stdio.h>
#include <string.h>

#include "../dev.h"
#include "../trace.h"
#include "request.h"

static struct device *table[LGUEST_MAX_DEVICES];
static unsigned ndevices;

static uint32_t waiting;		/* devices that called dma_wait */

/* Where dma_next is in each binding: the element it gave last, and which one comes next. */
static struct cursor {
	uint16_t next;
	bool filling;			/* elements before `next` were filled in this round */
} cursors[MAX_BINDINGS];
static int given = -1;			/* the binding that dma_next spoke of */

int devices_add(struct device *d, struct error *err)
{
	if (ndevices == LGUEST_MAX_DEVICES)
		return error_set(err, "too many devices: a guest can have %d, the console included", LGUEST_MAX_DEVICES);
	table[ndevices++] = d;
	return 0;
}

unsigned devices_pages(void)
{
	unsigned pages = 1;

	for (unsigned i = 0; i < ndevices; i++)
		pages += table[i]->pages;
	return pages;
}

int devices_init(struct machine *m, struct error *err)
{
	uint32_t pfn = (uint32_t)(m->ram.ram_bytes >> PAGE_SHIFT) + 1;
	struct lguest_device_desc *page = ram_write(&m->ram, m->ram.ram_bytes, PAGE_SIZE);

	if (!page)
		return error_set(err, "no room for the device page");
	for (unsigned i = 0; i < ndevices; i++) {
		struct device *d = table[i];

		d->machine = m;
		d->index = i;
		d->desc = &page[i];
		m->devices[m->ndevices++] = d;
		d->desc->type = d->type;
		d->desc->num_pages = d->pages;
		d->desc->pfn = d->pages ? pfn : 0;
		pfn += d->pages;
		if (d->start(d, err) < 0)
			return -1;
		d->desc->features = d->features;
	}
	return 0;
}

void devices_stop(struct machine *m)
{
	for (unsigned i = 0; i < m->ndevices; i++)
		if (m->devices[i]->stop)
			m->devices[i]->stop(m->devices[i]);
}

void devices_work(struct machine *m)
{
	uint32_t todo = atomic_exchange(&m->work, 0) | waiting;

	waiting = 0;
	while (todo) {
		struct device *d = m->devices[__builtin_ctz(todo)];

		todo &= todo - 1;
		if (d->pool)
			requests_collect(d);
		if (d->work)
			d->work(d);
	}
}

void dma_wait(struct device *d)
{
	waiting |= 1u << d->index;
}

/* The DMA at gpa, or NULL and the guest is dead. */
static struct lguest_dma *get_dma(struct machine *m, uint64_t gpa)
{
	struct lguest_dma *dma = ram_write(&m->ram, gpa, sizeof *dma);

	if (!dma)
		machine_kill(m, "bad DMA address %#llx", (unsigned long long)gpa);
	return dma;
}

/* Its segments, checked: -1 if one is bad. */
static int segments(struct machine *m, const struct lguest_dma *dma, struct iovec *iov, bool writing)
{
	int n;

	for (n = 0; n < LGUEST_DMA_SECTIONS && dma->len[n]; n++) {
		uint32_t gpa = dma->addr[n], len = dma->len[n];
		void *p = writing ? ram_write(&m->ram, gpa, len) : (void *)(uintptr_t)ram_read(&m->ram, gpa, len);

		if (!p) {
			machine_kill(m, "bad DMA segment: address %#x length %u", gpa, len);
			return -1;
		}
		iov[n] = (struct iovec){ p, len };
	}
	return n;
}

void dma_send(struct machine *m, uint32_t key, uint32_t gpa)
{
	struct iovec iov[LGUEST_DMA_SECTIONS];
	struct lguest_dma *dma = get_dma(m, gpa);
	int n = dma ? segments(m, dma, iov, false) : -1;

	if (n < 0)
		return;
	for (unsigned i = 0; i < m->ndevices; i++) {
		struct device *d = m->devices[i];

		if (!d->owns_key || !d->owns_key(d, key))
			continue;
		dma->used_len = d->send(d, key, iov, n);
		m->stats.dma_out_bytes += dma->used_len;
		trace(m, TRACE_DMA, "send key %#x dma %#x segments %d: %u bytes taken", key, gpa, n, dma->used_len);
		return;
	}
	trace(m, TRACE_DMA, "send key %#x dma %#x: no such device", key, gpa);
}

static struct binding *find(struct machine *m, uint32_t key, uint32_t gpa)
{
	for (unsigned i = 0; i < MAX_BINDINGS; i++)
		if (m->bindings[i].irq && m->bindings[i].key == key && m->bindings[i].gpa == gpa)
			return &m->bindings[i];
	return NULL;
}

uint32_t dma_bind(struct machine *m, uint32_t key, uint32_t gpa, uint32_t count_irq)
{
	struct binding *b = find(m, key, gpa);
	uint32_t count = count_irq >> 8, irq = count_irq & 0xff;
	unsigned i = 0;

	trace(m, TRACE_DMA, "bind key %#x dma %#x count %u irq %u", key, gpa, count, irq);
	if (irq == 0) {
		if (b)
			b->irq = 0;
		return b != NULL;
	}
	if (irq >= LGUEST_IRQS || count == 0 || count > 0xffff)
		return 0;
	if (!ram_read(&m->ram, gpa, count * sizeof(struct lguest_dma)))
		return 0;
	while (!b && i < MAX_BINDINGS) {
		if (!m->bindings[i].irq)
			b = &m->bindings[i];
		i++;
	}
	if (!b)
		return 0;
	*b = (struct binding){ key, gpa, (uint16_t)count, (uint8_t)irq };
	cursors[b - m->bindings] = (struct cursor){ 0, false };
	for (i = 0; i < m->ndevices; i++)	/* somebody may have input for it */
		if (m->devices[i]->owns_key && m->devices[i]->owns_key(m->devices[i], key))
			machine_want_work(m, i);
	return 1;
}

static bool element_free(struct machine *m, const struct binding *b, unsigned i)
{
	const struct lguest_dma *dma = ram_read(&m->ram, b->gpa + (uint64_t)i * sizeof *dma, sizeof *dma);

	return dma && dma->used_len == 0;
}

/* Which element of binding n may be filled now?  -1: none. */
static int next_element(struct machine *m, unsigned n)
{
	const struct binding *b = &m->bindings[n];
	struct cursor *c = &cursors[n];

	if (c->filling && c->next < b->count && !element_free(m, b, 0) && element_free(m, b, c->next))
		return c->next;
	for (unsigned i = 0; i < b->count; i++)
		if (!element_free(m, b, i))
			return -1;
	*c = (struct cursor){ 0, true };
	return 0;
}

int dma_next(struct device *d, uint32_t key, struct iovec iov[LGUEST_DMA_SECTIONS])
{
	struct machine *m = d->machine;

	for (unsigned n = 0; n < MAX_BINDINGS; n++) {
		const struct binding *b = &m->bindings[n];
		const struct lguest_dma *dma;
		int i, count;

		if (!b->irq || b->key != key || (i = next_element(m, n)) < 0)
			continue;
		cursors[n].next = (uint16_t)i;
		dma = ram_read(&m->ram, b->gpa + (uint64_t)i * sizeof *dma, sizeof *dma);
		count = segments(m, dma, iov, true);
		if (count <= 0)
			continue;
		given = (int)n;
		return count;
	}
	return 0;
}

void dma_done(struct device *d, uint32_t key, uint32_t bytes)
{
	struct machine *m = d->machine;
	const struct binding *b = &m->bindings[given];
	struct lguest_dma *dma;

	dma = ram_write(&m->ram, b->gpa + (uint64_t)cursors[given].next * sizeof *dma, sizeof *dma);
	dma->used_len = bytes;
	cursors[given].next++;
	m->stats.dma_in_bytes += bytes;
	trace(m, TRACE_DMA, "input key %#x: %u bytes", key, bytes);
	machine_raise(m, b->irq);
}

/* The DMA of a ring that is `ahead` of the one that will be filled next. */
static uint64_t ring_element(const struct binding *b, const struct cursor *c, unsigned ahead)
{
	return b->gpa + (uint64_t)((c->next + ahead) % b->count) * sizeof(struct lguest_dma);
}

/* The run of binding n: its bytes. */
static size_t gather(struct machine *m, unsigned n, unsigned most, size_t want, struct dma_run *r)
{
	const struct binding *b = &m->bindings[n];
	size_t bytes = 0;

	r->buffers = 0;
	r->count = 0;
	while (bytes < want && r->buffers < most && r->buffers < b->count && r->count + LGUEST_DMA_SECTIONS <= DMA_RUN_SEGMENTS) {
		const struct lguest_dma *dma = ram_read(&m->ram, ring_element(b, &cursors[n], r->buffers), sizeof *dma);
		int count = dma && dma->used_len == 0 ? segments(m, dma, r->iov + r->count, true) : 0;
		uint32_t room = 0;

		if (count <= 0)
			break;
		for (int i = 0; i < count; i++)
			room += (uint32_t)r->iov[r->count + i].iov_len;
		r->count += count;
		r->room[r->buffers++] = room;
		bytes += room;
	}
	return bytes;
}

size_t dma_run(struct device *d, uint32_t key, unsigned most, size_t want, struct dma_run *r)
{
	struct machine *m = d->machine;
	size_t bytes = 0;

	for (unsigned n = 0; n < MAX_BINDINGS && bytes == 0; n++)
		if (m->bindings[n].irq && m->bindings[n].key == key) {
			bytes = gather(m, n, most, want, r);
			given = (int)n;
		}
	return bytes;
}

void dma_run_done(struct device *d, uint32_t key, const struct dma_run *r, uint32_t bytes)
{
	struct machine *m = d->machine;
	const struct binding *b = &m->bindings[given];
	uint32_t left = bytes;

	for (unsigned i = 0; i < r->buffers && left > 0; i++) {
		struct lguest_dma *dma = ram_write(&m->ram, ring_element(b, &cursors[given], 0), sizeof *dma);

		dma->used_len = i == 0 ? bytes : left < r->room[i] ? left : r->room[i];
		left -= left < r->room[i] ? left : r->room[i];
		cursors[given].next = (uint16_t)((cursors[given].next + 1) % b->count);
	}
	m->stats.dma_in_bytes += bytes;
	trace(m, TRACE_DMA, "input key %#x: %u bytes", key, bytes);
	machine_raise(m, b->irq);
}

void dma_raise(struct device *d, uint32_t key)
{
	struct machine *m = d->machine;

	for (unsigned n = 0; n < MAX_BINDINGS; n++)
		if (m->bindings[n].irq && m->bindings[n].key == key)
			machine_raise(m, m->bindings[n].irq);
}
