/*
 * Smoke test of the engine: small pieces of 32-bit code, each run in a bare machine (RAM mapped one to one) until it
 * raises int $0x81; then registers are compared.  Prints TAP.  The exhaustive comparison with the CPU is the
 * differential test; this one needs nothing of the host and says quickly whether anything works at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../host/engine/engine.h"

#define CODE	0x10000u
#define STACK	0x80000u
#define RAM_BYTES (4u << 20)

static struct ram ram;
static struct vcpu vcpu;
static struct engine *engine;
static bool no_write[RAM_BYTES / PAGE_SIZE];

static int walk(void *ctx, uint32_t space, uint32_t va, unsigned flags, struct mapping *out, uint32_t *error)
{
	(void)ctx;
	(void)space;
	*error = 0;
	if (va >= RAM_BYTES || va < PAGE_SIZE)
		return -1;
	*out = (struct mapping){ va >> PAGE_SHIFT, !no_write[va >> PAGE_SHIFT], true };
	if (flags & WALK_WRITE && !out->writable) {
		*error = 1;
		return -1;
	}
	return 0;
}

/* int $0x90 is a light call that adds one to EBX. */
static bool fast(void *ctx, struct vcpu *v, const struct engine_exit *exit)
{
	(void)ctx;
	if (exit->event != ENGINE_TRAP || exit->vector != 0x90)
		return false;
	v->reg[EBX]++;
	return true;
}

struct piece {
	const char *name;
	const uint8_t *start, *end;
	uint32_t eax, vector, error, cr2;
};

#define PIECE(name, code) \
	__asm__(".pushsection .rodata\n.code32\n" #name "_start:\n" code "\n" #name "_end:\n.code64\n.popsection\n"); \
	extern const uint8_t name##_start[], name##_end[]

#define END "\nint $0x81"
PIECE(add, "mov $5, %eax; add $7, %eax" END);
PIECE(loop, "xor %eax, %eax; mov $100, %ecx; 1: add %ecx, %eax; loop 1b" END);
PIECE(call, "mov $3, %eax; call 1f; add $1, %eax; jmp 2f; 1: lea 10(%eax), %eax; ret; 2:" END);
PIECE(indirect, "call 1f; 1: pop %edx; add $(2f - 1b), %edx; call *%edx; inc %eax; jmp 3f; 2: mov $40, %eax; ret; 3:" END);
PIECE(memory, "movl $0x1234, 0x20000; mov $0x20000, %ebx; mov $1, %ecx; movb $0x77, (%ebx,%ecx,1); mov 0x20000, %eax" END);
PIECE(stack, "push $1; push $2; push $3; pop %eax; add (%esp), %eax; add 4(%esp), %eax; add $8, %esp; mov %esp, %ecx;"
      "sub $0x80000, %ecx; add %ecx, %eax" END);
PIECE(string, "mov $0x21000, %edi; mov $0x41, %al; mov $5000, %ecx; rep stosb; mov $0x21000, %esi; mov $0x24000, %edi;"
      "mov $5000, %ecx; rep movsb; xor %eax, %eax; mov $0x24000, %edi; mov $6000, %ecx; repne scasb; mov %edi, %eax" END);
PIECE(high, "mov $0x1122, %eax; mov %ah, 0x20000; movb $0x33, 0x20001; mov 0x20001, %ah; add 0x20000, %ah; movzwl %ax, %eax" END);
PIECE(light, "xor %ebx, %ebx; mov $1000, %ecx; 1: int $0x90; dec %ecx; jnz 1b; mov %ebx, %eax" END);
PIECE(fault, "mov $9, %eax; mov $0x500000, %ebx; mov (%ebx), %ecx" END);
PIECE(wfault, "mov $9, %eax; movl $1, 0x30000" END);
PIECE(divide, "mov $9, %eax; xor %edx, %edx; xor %ecx, %ecx; div %ecx" END);
PIECE(undefined, "mov $9, %eax; ud2" END);
PIECE(wrap, "movl $77, 0x2000c; mov $-4, %ebx; mov 0x20010(%ebx), %eax; mov $0xfffffff0, %ecx; add 0x2001c(%ecx), %eax" END);
PIECE(flags, "stc; call 1f; 1: adc $0, %esp; sbb %eax, %eax; mov $1, %eax; mov $2, %ecx; sub $2, %ecx; push %edx; pop %edx; setz %al;"
      "shl $8, %eax; mov %eax, %eax" END);
PIECE(x87, "fld1; fld1; faddp; push %eax; fistpl (%esp); pop %eax" END);
PIECE(sse, "mov $6, %eax; movd %eax, %xmm0; movd %eax, %xmm1; pmuludq %xmm0, %xmm1; movd %xmm1, %eax" END);
PIECE(smc, "mov $3, %ecx; xor %eax, %eax; call 1f; 1: pop %ebx; 2: add $1, %eax; incb (2b + 2 - 1b)(%ebx); dec %ecx; jnz 2b" END);
PIECE(mixed, "call 1f; 1: pop %ebx; movl $0, 4f-1b(%ebx); mov $100000, %ecx; 2: incl 4f-1b(%ebx); dec %ecx; jnz 2b; mov 4f-1b(%ebx), %eax;"
      "jmp 3f; 4: .long 0; 3:" END);
PIECE(patch, "call 1f; 1: pop %ebx; xor %eax, %eax; mov $5000, %ecx; 2: movb %cl, (3f+1-1b)(%ebx); 3: add $0x7f, %al; movzbl %al, %eax; dec %ecx;"
      "jnz 2b" END);
PIECE(bcd, "mov $0x19, %al; add $0x28, %al; daa; movzbl %al, %eax" END);
PIECE(enter, "mov %esp, %ecx; enter $16, $0; mov %esp, %eax; sub %ecx, %eax; leave; sub %esp, %ecx; add %ecx, %eax; neg %eax" END);

static const struct piece pieces[] = {
#define P(name, ...) { #name, name##_start, name##_end, __VA_ARGS__ }
	P(add, 12, 0x81, 0, 0), P(loop, 5050, 0x81, 0, 0), P(call, 14, 0x81, 0, 0), P(indirect, 41, 0x81, 0, 0),
	P(memory, 0x7734, 0x81, 0, 0), P(stack, 6, 0x81, 0, 0), P(string, 0x24000 + 5001, 0x81, 0, 0),
	P(high, 0x4422, 0x81, 0, 0), P(light, 1000, 0x81, 0, 0), P(fault, 9, 14, 0, 0x500000), P(wfault, 9, 14, 3, 0x30000),
	P(divide, 9, 0, 0, 0), P(undefined, 9, 6, 0, 0), P(wrap, 154, 0x81, 0, 0), P(flags, 0x100, 0x81, 0, 0),
	P(x87, 2, 0x81, 0, 0), P(sse, 36, 0x81, 0, 0), P(smc, 6, 0x81, 0, 0), P(mixed, 100000, 0x81, 0, 0), P(patch, 5000 * 5001 / 2 % 256, 0x81, 0, 0), P(bcd, 0x47, 0x81, 0, 0), P(enter, 20, 0x81, 0, 0),
};

static bool run(const struct piece *p, char *why, size_t len)
{
	struct engine_exit x;
	size_t size = (size_t)(p->end - p->start);

	memcpy(ram_write(&ram, CODE, size), p->start, size);
	memset(vcpu.reg, 0, sizeof(vcpu.reg));
	vcpu.reg[ESP] = STACK;
	vcpu.eip = CODE;
	vcpu.eflags = 0x202;
	vcpu.cpl = 3;
	engine_run(engine, &x);
	if (x.event == ENGINE_TRAP && x.vector == p->vector && vcpu.reg[EAX] == p->eax && x.cr2 == p->cr2 &&
	    (x.vector != 14 || (x.error & ~4u) == p->error))
		return true;
	snprintf(why, len, "expected vector %#x eax %#x cr2 %#x error %#x, got event %d vector %#x eax %#x cr2 %#x error %#x eip %#x",
		 p->vector, p->eax, p->cr2, p->error, x.event, x.vector, vcpu.reg[EAX], x.cr2, x.error, vcpu.eip);
	return false;
}

int main(void)
{
	unsigned n = sizeof(pieces) / sizeof(*pieces), failed = 0;
	struct engine_host host = { walk, fast };
	struct error err = { "" };
	char why[256];

	if (ram_init(&ram, RAM_BYTES, 1, &err) < 0 || !(engine = engine_new(&ram, &host, NULL, &vcpu, &err))) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	vcpu.space = 0x1000;
	no_write[0x30] = true;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%u\n", 2 * n);
	for (unsigned i = 0; i < 2 * n; i++) {	/* twice: translated, and found again */
		bool ok = run(&pieces[i % n], why, sizeof(why));

		printf("%s %u - %s\n", ok ? "ok" : "not ok", i + 1, pieces[i % n].name);
		if (!ok)
			printf("# %s\n", why);
		failed += !ok;
	}
	engine_free(engine);
	ram_free(&ram);
	return failed != 0;
}
