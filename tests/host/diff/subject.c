/*
 * The subject of the differential tests: the translator of host/engine with a machine around it that is as small as can be.
 * Its page tables are the list of regions; `fast` takes nothing; loads of segment registers and privileged instructions get the
 * answer a flat user-mode machine gives, the same that the reference gives.
 */
#include <stdio.h>
#include <string.h>

#include "../../../host/engine/engine.h"
#include "case.h"

static struct ram ram;
static struct vcpu vcpu;
static struct engine *engine;
static volatile bool too_long;

/* Called in light exits, while the FPU registers hold the guest's state. */
__attribute__((target("general-regs-only")))
static int walk(void *ctx, uint32_t space, uint32_t va, unsigned flags, struct mapping *out, uint32_t *error_code)
{
	(void)ctx;
	(void)space;
	for (unsigned i = 0; i < PLACES; i++) {
		const struct region *r = &regions[i];

		if (va - r->va >= r->pages << 12)
			continue;
		if (r->absent)
			break;
		*error_code = 1;
		if ((flags & WALK_WRITE) && !r->writable)
			return -1;
		*out = (struct mapping){ .pfn = r->pfn + ((va - r->va) >> 12), .writable = r->writable, .user = true };
		return 0;
	}
	*error_code = 0;
	return -1;
}

static bool fast(void *ctx, struct vcpu *v, const struct engine_exit *exit)
{
	(void)ctx;
	(void)v;
	(void)exit;
	return false;
}

int subject_init(char *why, unsigned len)
{
	static const struct engine_host host = { .walk = walk, .fast = fast };
	struct error err = { "" };

	if (ram_init(&ram, (uint64_t)(SPACE_PAGES + 16) << 12, 1, &err) < 0) {
		snprintf(why, len, "%s", err.text);
		return -1;
	}
	memcpy(ram_write(&ram, regions[PLACE_CONST].pfn << 12, 4096), regions[PLACE_CONST].host, 4096);
	engine = engine_new(&ram, &host, NULL, &vcpu, &err);
	if (!engine) {
		snprintf(why, len, "%s", err.text);
		return -1;
	}
	engine_set_kernel_address(engine, 0xffff0000u);
	engine_set_space(engine, 0);
	engine_set_cpl(engine, 3);
	return 0;
}

void subject_abort(void)
{
	too_long = true;
	engine_kick(engine);
}

static void *ram_at(uint32_t va, unsigned len)
{
	const struct region *r = space_find(va);

	return r ? ram_write(&ram, ((uint64_t)r->pfn << 12) + (va - r->va), len) : NULL;
}

void subject_write(uint32_t va, const void *bytes, unsigned len)
{
	memcpy(ram_at(va, len), bytes, len);
}

void subject_place(const struct test_case *c)
{
	uint8_t *p = ram_at(c->va, CODE_SLOT);

	memset(p, 0xcc, CODE_SLOT);
	memcpy(p, c->code, c->len);
}

void subject_pages(uint8_t *base[PLACES])
{
	for (unsigned i = 0; i < PLACES; i++)
		base[i] = ram_write(&ram, (uint64_t)regions[i].pfn << 12, (uint64_t)regions[i].pages << 12);
}

static void scratch_pages(uint8_t *base[PLACES])
{
	static const enum place places[] = { PLACE_DATA, PLACE_STACK, PLACE_HIGH, PLACE_LOW };

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct region *r = &regions[places[i]];

		base[places[i]] = ram_write(&ram, (uint64_t)r->pfn << 12, (uint64_t)r->pages << 12);
	}
}

void subject_load(const struct cpu_state *s)
{
	memcpy(vcpu.reg, s->reg, sizeof(vcpu.reg));
	vcpu.eip = s->eip;
	vcpu.eflags = s->eflags | F_FIXED;
	for (unsigned n = 0; n < 6; n++) {
		vcpu.seg[n] = s->seg[n];
		vcpu.seg_access[n] = space_access(s->seg[n]);
		space_segment(n == S_CS ? S_DS : n, s->seg[n], &vcpu.seg_base[n]);
	}
	memcpy(vcpu.fpu, s->fpu, 512);
}

static void subject_store(struct cpu_state *s)
{
	memcpy(s->reg, vcpu.reg, sizeof(vcpu.reg));
	s->eip = vcpu.eip;
	s->eflags = vcpu.eflags;
	memcpy(s->seg, vcpu.seg, sizeof(vcpu.seg));
	memcpy(s->fpu, vcpu.fpu, 512);
}

/* A load of a segment register: do what the machine would.  False: it faults. */
static bool load_segment(const struct engine_exit *x)
{
	uint32_t base;

	if (space_segment(x->seg_index, x->selector, &base) < 0)
		return false;
	vcpu.seg[x->seg_index] = x->selector;
	vcpu.seg_base[x->seg_index] = base;
	vcpu.seg_access[x->seg_index] = space_access(x->selector);
	vcpu.reg[R_SP] = x->new_esp;
	if (x->dest_reg >= 0) {
		if (x->operand16)
			vcpu.reg[x->dest_reg] = (vcpu.reg[x->dest_reg] & 0xffff0000) | (x->dest_value & 0xffff);
		else
			vcpu.reg[x->dest_reg] = x->dest_value;
	}
	vcpu.eip += x->length;
	return true;
}

static void trap(struct outcome *o, uint8_t vector, uint32_t error, uint32_t cr2)
{
	o->ending = END_TRAP;
	o->vector = vector;
	o->error = error;
	o->cr2 = cr2;
}

/* What one exit means.  True: go on. */
static bool handle(const struct engine_exit *x, struct outcome *o)
{
	switch (x->event) {
	case ENGINE_KICK:
		if (!too_long)
			return true;
		o->ending = END_STUCK;
		return false;
	case ENGINE_TRAP:
		trap(o, x->vector, x->has_error ? x->error : 0, x->vector == 14 ? x->cr2 : 0);
		o->software = x->software;
		return false;
	case ENGINE_PRIVILEGED:
		trap(o, 13, 0, 0);
		return false;
	case ENGINE_IRET:
		o->ending = END_IRET;
		return false;
	case ENGINE_SEGMENT:
		if (load_segment(x)) {
			if (!(vcpu.eflags & F_TF) || x->seg_index == S_SS)
				return true;
			trap(o, 1, 0, 0);
			return false;
		}
		trap(o, 13, x->selector & 0xfffc, 0);
		return false;
	case ENGINE_FARCALL:
		o->ending = END_FAR;
		if (x->far_kind == 0 && x->selector == END_SELECTOR && x->far_offset == END_OFFSET)
			o->ending = END_RAN;
		o->selector = x->far_kind == 2 ? 0 : x->selector;
		o->far_offset = x->far_kind == 2 ? 0 : x->far_offset;
		return false;
	}
	o->ending = END_BROKEN;
	snprintf(o->note, sizeof(o->note), "engine_run returned event %u", x->event);
	return false;
}

/* Run from *in until something ends it.  each_kick (or NULL) sees the state whenever a kick interrupted. */
void subject_execute(const struct cpu_state *in, struct outcome *out, void (*each_kick)(const struct cpu_state *))
{
	struct engine_exit x;
	struct cpu_state s;

	memset(out, 0, sizeof(*out));
	subject_load(in);
	too_long = false;
	for (;;) {
		memset(&x, 0, sizeof(x));
		engine_run(engine, &x);
		if (x.event == ENGINE_KICK && each_kick) {
			subject_store(&s);
			each_kick(&s);
		}
		if (!handle(&x, out))
			break;
	}
	subject_store(&out->cpu);
}

void subject_kick(void)
{
	engine_kick(engine);
}

void subject_run(const struct test_case *c, struct result *got)
{
	uint8_t *base[PLACES];

	scratch_pages(base);
	scratch_load(&images[c->image], base);
	subject_execute(&c->in, &got->out, NULL);
	for (unsigned i = 0; i < PLACES; i++)
		base[i] = ram.host + ((uint64_t)regions[i].pfn << 12);
	scratch_save(&got->memory, base);
}
