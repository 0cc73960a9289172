/*
 * Hypercalls: all of lguest's of Linux 2.6.23 and our five.  The number is in EAX, arguments in EDX, EBX, ECX;
 * calls may also wait in the ring in lguest_data, which is emptied before each call.  Everything here comes from the
 * guest and may be wrong: then the guest dies, with the words that lguest used where it had some.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "dev.h"
#include "dev/request.h"
#include "hypercall.h"
#include "pagetable.h"
#include "segment.h"
#include "trace.h"
#include "trap.h"

#define RESERVE_MEM	0x400000u	/* top of virtual space: lguest's switcher; ours stays empty */
#define MESSAGE_BYTES	128
#define RANDOM_BYTES	4096

struct call {
	uint32_t number, arg[3];
};

static const void *read_gpa(struct machine *m, uint32_t gpa, uint32_t len)
{
	const void *p = ram_read(&m->ram, gpa, len);

	if (!p)
		machine_kill(m, "bad read address %#x len %u", gpa, len);
	return p;
}

static void *write_gpa(struct machine *m, uint32_t gpa, uint32_t len)
{
	void *p = ram_write(&m->ram, gpa, len);

	if (!p)
		machine_kill(m, "bad write address %#x len %u", gpa, len);
	return p;
}

static void call_flush_async(struct machine *m, struct call *c)
{
	(void)m;
	(void)c;
}

static void call_init(struct machine *m, struct call *c)
{
	struct lguest_data *data;

	if (m->data) {
		machine_kill(m, "already have lguest_data");
		return;
	}
	if (c->arg[0] & 3) {
		machine_kill(m, "lguest_data at %#x is not aligned", c->arg[0]);
		return;
	}
	data = write_gpa(m, c->arg[0], sizeof *data);
	if (!data)
		return;
	m->data = data;
	m->noirq_start = data->noirq_start;
	m->noirq_end = data->noirq_end;
	if (data->syscall_vec > 255 || (data->syscall_vec && data->syscall_vec < 32)) {
		machine_kill(m, "bad syscall vector %u", data->syscall_vec);
		return;
	}
	m->syscall_vec = data->syscall_vec ? (uint8_t)data->syscall_vec : 0x80;
	data->reserve_mem = RESERVE_MEM;
	data->guestid = 0;
	data->tsc_khz = clock_tsc_khz();
	clock_wall(m);
}

/* A message from the guest: at most 128 bytes, fewer at the end of memory; made printable by the reader. */
static void get_message(struct machine *m, uint32_t gpa, enum machine_end end)
{
	char text[MESSAGE_BYTES];
	uint64_t room = gpa < m->ram.size_bytes ? m->ram.size_bytes - gpa : 0;
	uint32_t len = room < MESSAGE_BYTES ? (uint32_t)room : MESSAGE_BYTES;
	const void *p = read_gpa(m, gpa, len ? len : 1);

	if (!p)
		return;
	memcpy(text, p, len);
	text[len < MESSAGE_BYTES ? len : MESSAGE_BYTES - 1] = '\0';
	machine_end(m, end, text);
}

static void call_crash(struct machine *m, struct call *c)
{
	get_message(m, c->arg[0], END_CRASH);
}

static void call_exit(struct machine *m, struct call *c)
{
	get_message(m, c->arg[0], END_EXIT);
}

static void call_load_gdt(struct machine *m, struct call *c)
{
	uint64_t entries[GDT_ENTRIES];
	const void *p;

	if (c->arg[1] > GDT_ENTRIES) {
		machine_kill(m, "too many gdt entries %u", c->arg[1]);
		return;
	}
	p = read_gpa(m, c->arg[0], c->arg[1] * 8);
	if (!p)
		return;
	memcpy(entries, p, c->arg[1] * 8);
	segment_store(m, 0, entries, c->arg[1]);
}

static void call_load_tls(struct machine *m, struct call *c)
{
	uint64_t entries[3];
	const void *p = read_gpa(m, c->arg[0], sizeof entries);

	if (!p)
		return;
	memcpy(entries, p, sizeof entries);
	segment_store(m, LGUEST_GDT_TLS, entries, 3);
}

static void call_new_pgtable(struct machine *m, struct call *c)
{
	if (c->arg[0] >> PAGE_SHIFT >= m->frames) {
		machine_kill(m, "bad page directory address %#x", c->arg[0]);
		return;
	}
	trace(m, TRACE_PAGE, "page directory %#x", c->arg[0]);
	engine_set_space(m->engine, c->arg[0] & ~PAGE_MASK);
}

static void call_flush_tlb(struct machine *m, struct call *c)
{
	trap_forget_stacks(m);
	if (c->arg[0])
		engine_flush_all(m->engine);
	else
		engine_flush_user(m->engine);
}

static void call_load_idt_entry(struct machine *m, struct call *c)
{
	trap_set_gate(m, c->arg[0], c->arg[1], c->arg[2]);
}

static void call_set_stack(struct machine *m, struct call *c)
{
	uint32_t error;

	if ((c->arg[0] & 3) != 1 || c->arg[2] > 2) {
		machine_kill(m, "bad stack segment %#x or number of pages %u", c->arg[0], c->arg[2]);
		return;
	}
	for (uint32_t i = 0; i < c->arg[2]; i++) {
		if (pagetable_gpa(m, c->arg[1] - 1 - i * PAGE_SIZE, WALK_WRITE, &error) < 0) {
			machine_kill(m, "bad stack page %#x", c->arg[1] - 1 - i * PAGE_SIZE);
			return;
		}
	}
	m->stack_ss = (uint16_t)c->arg[0];
	m->stack_esp = c->arg[1];
}

static void call_ts(struct machine *m, struct call *c)
{
	engine_set_fpu_trap(m->engine, c->arg[0] != 0);
}

static void call_set_clockevent(struct machine *m, struct call *c)
{
	clock_set_event(m, c->arg[0]);
}

static void call_halt(struct machine *m, struct call *c)
{
	(void)c;
	machine_halt(m);
}

static void call_bind_dma(struct machine *m, struct call *c)
{
	m->vcpu.reg[EAX] = dma_bind(m, c->arg[0], c->arg[1], c->arg[2]);
}

static void call_send_dma(struct machine *m, struct call *c)
{
	dma_send(m, c->arg[0], c->arg[1]);
}

static void call_set_pte(struct machine *m, struct call *c)
{
	if (c->arg[1] >> 22 == 1023) {
		machine_kill(m, "attempt to access switcher pages");
		return;
	}
	trap_forget_stacks(m);
	engine_flush_page(m->engine, c->arg[0] & ~PAGE_MASK, c->arg[1] & ~PAGE_MASK);
}

static void call_set_pmd(struct machine *m, struct call *c)
{
	trap_forget_stacks(m);
	if (c->arg[1] < 1023)
		engine_flush_table(m->engine, c->arg[0] & ~PAGE_MASK, c->arg[1] << 22);
}

static void call_irq_pending(struct machine *m, struct call *c)
{
	uint32_t *word;

	if (c->arg[0] & 3) {
		machine_kill(m, "the word at %#x is not aligned", c->arg[0]);
		return;
	}
	word = write_gpa(m, c->arg[0], sizeof *word);
	if (word)
		m->irq_word = word;
}

static void call_clock(struct machine *m, struct call *c)
{
	struct lguest_clock *clock = write_gpa(m, c->arg[0], sizeof *clock);
	struct lguest_clock now;

	if (!clock)
		return;
	clock_read(&now);
	memcpy(clock, &now, sizeof now);
}

static void call_random(struct machine *m, struct call *c)
{
	uint8_t *to;
	uint32_t done = 0;

	if (c->arg[1] > RANDOM_BYTES) {
		machine_kill(m, "too many random bytes %u", c->arg[1]);
		return;
	}
	to = write_gpa(m, c->arg[0], c->arg[1]);
	while (to && done < c->arg[1]) {
		ssize_t n = getrandom(to + done, c->arg[1] - done, 0);

		if (n > 0)
			done += (uint32_t)n;
	}
}

static void call_request(struct machine *m, struct call *c)
{
	request_submit(m, c->arg[0], c->arg[1], c->arg[2]);
}

static const struct {
	const char *name;
	void (*run)(struct machine *m, struct call *c);
} calls[] = {
	[LHCALL_FLUSH_ASYNC] = { "FLUSH_ASYNC", call_flush_async },
	[LHCALL_LGUEST_INIT] = { "LGUEST_INIT", call_init },
	[LHCALL_CRASH] = { "CRASH", call_crash },
	[LHCALL_LOAD_GDT] = { "LOAD_GDT", call_load_gdt },
	[LHCALL_NEW_PGTABLE] = { "NEW_PGTABLE", call_new_pgtable },
	[LHCALL_FLUSH_TLB] = { "FLUSH_TLB", call_flush_tlb },
	[LHCALL_LOAD_IDT_ENTRY] = { "LOAD_IDT_ENTRY", call_load_idt_entry },
	[LHCALL_SET_STACK] = { "SET_STACK", call_set_stack },
	[LHCALL_TS] = { "TS", call_ts },
	[LHCALL_SET_CLOCKEVENT] = { "SET_CLOCKEVENT", call_set_clockevent },
	[LHCALL_HALT] = { "HALT", call_halt },
	[LHCALL_BIND_DMA] = { "BIND_DMA", call_bind_dma },
	[LHCALL_SEND_DMA] = { "SEND_DMA", call_send_dma },
	[LHCALL_SET_PTE] = { "SET_PTE", call_set_pte },
	[LHCALL_SET_PMD] = { "SET_PMD", call_set_pmd },
	[LHCALL_LOAD_TLS] = { "LOAD_TLS", call_load_tls },
	[LHCALL_IRQ_PENDING] = { "IRQ_PENDING", call_irq_pending },
	[LHCALL_CLOCK] = { "CLOCK", call_clock },
	[LHCALL_EXIT] = { "EXIT", call_exit },
	[LHCALL_RANDOM] = { "RANDOM", call_random },
	[LHCALL_REQUEST] = { "REQUEST", call_request },
};
#define CALLS	(sizeof calls / sizeof calls[0])

const char *hypercall_name(uint32_t number)
{
	return number < CALLS && calls[number].name ? calls[number].name : "?";
}

static void run(struct machine *m, struct call *c)
{
	uint32_t n = c->number;

	m->stats.hcalls[n < HCALL_COUNTERS ? n : HCALL_COUNTERS - 1]++;
	if (n >= CALLS || !calls[n].run)
		machine_kill(m, "Bad hypercall %d", (int)n);
	else if (!m->data && n != LHCALL_LGUEST_INIT)
		machine_kill(m, "hypercall %d before LGUEST_INIT", (int)n);
	else
		calls[n].run(m, c);
}

/* Do what waits in the ring: at most once round, so that a guest cannot keep us here. */
static void drain_ring(struct machine *m)
{
	for (unsigned i = 0; i < LHCALL_RING_SIZE && !machine_ended(m); i++) {
		const struct lguest_ring_entry *entry = &m->data->hcalls[m->ring_next];
		struct call c = { entry->eax, { entry->edx, entry->ebx, entry->ecx } };

		if (m->data->hcall_status[m->ring_next] == 0xff)
			return;
		m->data->hcall_status[m->ring_next] = 0xff;
		m->ring_next = (m->ring_next + 1) % LHCALL_RING_SIZE;
		m->stats.ring_calls++;
		run(m, &c);
	}
}

void hypercall(struct machine *m)
{
	const struct vcpu *v = &m->vcpu;
	struct call c = { v->reg[EAX], { v->reg[EDX], v->reg[EBX], v->reg[ECX] } };

	if (m->data)
		drain_ring(m);
	if (!machine_ended(m))
		run(m, &c);
}
