/*
 * Notes: what handlers see, what they may change, and what processes die of.
 */
#include <u.h>
#include <libc.h>
#include <ureg.h>
#include "tap.h"
#include "proc.h"

static char	text[ERRMAX];
static int	count;
static ulong	faultpc;

static void
record(void *v, char *s)
{
	Ureg *u;

	u = v;
	count++;
	strecpy(text, text+sizeof text, s);
	faultpc = u->pc;
	noted(NCONT);
}

/* Step over the two-byte instruction that faulted. */
static void
skip2(void *v, char *s)
{
	Ureg *u;

	u = v;
	count++;
	strecpy(text, text+sizeof text, s);
	u->pc += 2;
	u->ax = 1234;
	noted(NCONT);
}

/* Step over an instruction of one byte. */
static void
skip1(void *v, char *s)
{
	Ureg *u;

	u = v;
	count++;
	strecpy(text, text+sizeof text, s);
	faultpc = u->pc++;
	noted(NCONT);
}

static void
faults(void)
{
	ulong r, pc;
	char want[ERRMAX];

	notify(skip2);
	__asm__ volatile("movl $1f, %1; 1: movl (%%ecx), %%eax" : "=&a"(r), "=&d"(pc) : "c"(0) : "memory");
	snprint(want, sizeof want, "sys: trap: fault read addr=0x0 pc=0x%.8lux", pc);
	samestr(text, want, "a read of nothing");
	same(r, 1234, "a handler changes registers");
	__asm__ volatile("movl $1f, %1; 1: movl %%eax, (%%ecx)" : "=&a"(r), "=&d"(pc) : "c"(0xFFC) : "memory");
	snprint(want, sizeof want, "sys: trap: fault write addr=0xffc pc=0x%.8lux", pc);
	samestr(text, want, "a write to nothing");
	__asm__ volatile("movl $1f, %1; 1: movl (%%ecx), %%eax" : "=&a"(r), "=&d"(pc) : "c"(0xF0100000) : "memory");
	snprint(want, sizeof want, "sys: trap: fault read addr=0xf0100000 pc=0x%.8lux", pc);
	samestr(text, want, "the kernel's memory");
	__asm__ volatile("movl $1f, %1; 1: movl %%eax, (%%ecx)" : "=&a"(r), "=&d"(pc) : "c"(0x1000) : "memory");
	ok(strncmp(text, "sys: trap: fault write addr=0x1000 ", 35) == 0, "text is read-only (%s)", text);
	__asm__ volatile("xorl %%edx, %%edx; xorl %%ecx, %%ecx; divl %%ecx" : "=&a"(r) : : "ecx", "edx");
	ok(strncmp(text, "sys: trap: divide error pc=0x", 29) == 0, "a division by zero (%s)", text);
	__asm__ volatile("ud2" : "=&a"(r));
	ok(strncmp(text, "sys: trap: invalid opcode pc=0x", 31) == 0, "an invalid instruction (%s)", text);
	notify(skip1);
	__asm__ volatile("movl $1f, %0; 1: int3" : "=d"(pc) : : "eax");
	snprint(want, sizeof want, "sys: breakpoint pc=0x%.8lux", pc);
	samestr(text, want, "a breakpoint, at its own address");
	same(faultpc, pc, "which is in the handler's registers");
	notify(nil);
}

static void
classes(void)
{
	int pid, i;
	Waitmsg *w;

	notify(record);
	count = 0;
	postnote(PNPROC, getpid(), "hello");
	same(count, 1, "a note to oneself arrives at once");
	samestr(text, "hello", "with its text");
	pid = fork();
	if(pid == 0){
		notify(nil);
		sleep(100000);
		_exits("woke");
	}
	until(pid, "Sleep");
	postnote(PNPROC, pid, "die");
	w = wait();
	ok(strstr(w->msg, ": die") != nil, "a note without a handler is the exit message (%s)", w->msg);
	pid = fork();
	if(pid == 0){
		for(;;)
			;
	}
	same(ctl(pid, "kill"), 4, "kill by ctl");
	w = wait();
	ok(strstr(w->msg, "Killed") != nil, "kills (%s)", w->msg);
	pid = fork();
	if(pid == 0){
		notify(nil);
		close(2);
		*(int*)0 = 1;
	}
	w = wait();
	ok(strstr(w->msg, "sys: trap: fault write addr=0x0 pc=0x") != nil, "a fault without a handler (%s)", w->msg);
	count = 0;
	for(i = 0; i < 3; i++)
		postnote(PNPROC, getpid(), "x");
	same(count, 3, "three notes, three calls");
	notify(nil);
}

static jmp_buf	where;
static volatile ulong	address;

static void
jump(void *v, char *s)
{
	strecpy(text, text+sizeof text, s);
	notejmp(v, where, 5);
}

static void
jumping(void)
{
	int r;

	notify(jump);
	r = setjmp(where);
	if(r == 0)
		*(volatile int*)(address+4) = 0;
	same(r, 5, "notejmp out of a fault");
	r = setjmp(where);
	if(r == 0)
		*(volatile int*)(address+8) = 0;
	same(r, 5, "and again");
	notify(nil);
}

static volatile double	zero;

static void
fpnote(void *v, char *s)
{
	double d;
	int i;

	USED(v);
	count++;
	strecpy(text, text+sizeof text, s);
	d = 0;
	for(i = 0; i < 100; i++)
		d += i*0.5;
	if(d != 2475)
		count = -1000;
	noted(NCONT);
}

static void
floats(void)
{
	volatile double a, b, c;
	int i;

	notify(fpnote);
	count = 0;
	a = 1.5;
	b = 2.25;
	for(i = 0; i < 50; i++){
		a += b*i;
		if(i%10 == 5)
			postnote(PNPROC, getpid(), "float");
	}
	same((vlong)(a*100), 275775, "floating point survives handlers that use it");
	same(count, 5, "and so do theirs");
	c = 1/zero;
	ok(strncmp(text, "sys: fp: division by zero fppc=0x", 33) == 0, "1/0 is a note (%s)", text);
	USED(c);
	if(fork() == 0){
		for(i = 0; i < 1000; i++){
			a = a/3+i;
			if(i%100 == 0)
				sleep(0);
		}
		_exits(nil);
	}
	a = 1;
	for(i = 0; i < 1000; i++){
		a = a*0.5+i;
		if(i%100 == 0)
			sleep(0);
	}
	waitpid();
	same((vlong)(a*1000+0.5), 1996000, "and a switch to others");
	notify(nil);
}

static void
nested(void *v, char *s)
{
	USED(v);
	count++;
	if(count == 1){
		postnote(PNPROC, getpid(), "second");
		sleep(0);
		same(count, 1, "a user's note waits for the handler to end");
	}
	strecpy(text, text+sizeof text, s);
	noted(NCONT);
}

void
main(void)
{
	char *msg;

	faults();
	classes();
	jumping();
	floats();
	count = 0;
	notify(nested);
	postnote(PNPROC, getpid(), "first");
	sleep(0);
	same(count, 2, "then it comes");
	samestr(text, "second", "the second");
	notify(nil);
	if(fork() == 0){
		notify(nested);
		count = 5;
		close(2);
		noted(NCONT);
		_exits("lived");
	}
	msg = wait()->msg;
	ok(strstr(msg, "Suicide") != nil, "noted outside of a handler is the end (%s)", msg);
	done();
}
