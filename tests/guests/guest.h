/*
 * What tiny guests share: hypercalls, and the support library of those that need more (support.c, start.S, traps.S).
 * A guest's first comment says what it proves; lines "expect-..." in it are read by run.
 */
#include <lguest.h>
#include <stdint.h>

#define OFFSET		0xC0000000u
#define PA(p)		((uint32_t)(p) - OFFSET)

static inline uint32_t hcall(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t result = number;

	__asm__ volatile ("int $0x1f" : "+a" (result) : "d" (a), "b" (b), "c" (c) : "memory");
	return result;
}

/* support.c */
extern struct lguest_data lguest;
void begin(void);				/* LGUEST_INIT; start.S does not call it */
void print(const char *text);
void print_number(uint32_t n);			/* hexadecimal */
void finish(const char *text) __attribute__((noreturn));	/* LHCALL_EXIT: "" is success */
void check(int condition, const char *what);	/* finish(what) if not */

/* Traps: traps_begin sets all gates; then trap() of the guest, or the one below, is called for each. */
struct frame {
	uint32_t es, ds, edi, esi, ebp, unused, ebx, edx, ecx, eax, vector, error, eip, cs, eflags, esp, ss;
};
void traps_begin(void);
void set_gate(unsigned vector, void (*handler)(void), unsigned type, unsigned dpl);
extern void (*const trap_stubs[256])(void);
void trap(struct frame *f);			/* weak: serves attempt() and run_user() */
extern void (*irq_handler)(struct frame *f);	/* vectors 32 to 63, if not 0 */

/* Call f(arg); the vector of the trap it ended in, or -1. */
int attempt(void (*f)(uint32_t), uint32_t arg);
extern struct frame last;			/* the frame of the trap that ended the last attempt or run */

/* Page tables of our own: the kernel's part as it was, user pages below. */
#define USER_CODE	0x400000u
#define USER_DATA	0x401000u
#define USER_STACK	0x403000u		/* top */
void paging_begin(void);
void map(uint32_t va, uint32_t pa, uint32_t flags);
extern uint32_t directory[1024];
/* Copy code to USER_CODE, run it at CPL 3 with EAX = arg until a trap: its vector; registers are in last. */
int run_user(const void *code, const void *end, uint32_t arg);

/* A piece of user code: name and name##_end are its first byte and the one past its last. */
#define USER(name, code) \
	extern const char name[], name##_end[]; \
	__asm__ (".section .user, \"ax\"\n" #name ":\n" code "\n" #name "_end:\n.text\n")
