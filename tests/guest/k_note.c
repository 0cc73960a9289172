/*
 * Notes to the byte: the frame that a handler finds, what noted does with it, the
 * queue, what traps are called, what is said and kept of a process that dies of one.
 */
#include <u.h>
#include <libc.h>
#include <ureg.h>
#include "tap.h"

static char	text[ERRMAX];
static char	order[64];
static int	count;
static Ureg	seen;
static ulong	word[8];
static ulong	resume;
static int	posted[8];
static int	rearm;		/* ms after which another alarm follows one, in case that it came too early */
static volatile ulong	low;		/* an address in page 0 */

static int
tell(int pid, char *s)
{
	char name[40];
	int fd, n;

	snprint(name, sizeof name, "/proc/%d/note", pid);
	fd = open(name, OWRITE);
	n = write(fd, s, strlen(s));
	close(fd);
	return n;
}

static int
myself(char *s)
{
	return tell(getpid(), s);
}

/* What a child dies of that runs f, without anything said. */
static char*
death(void (*f)(void))
{
	static char msg[ERRMAX];
	Waitmsg *w;

	if(fork() == 0){
		close(2);
		f();
		_exits("lived");
	}
	w = wait();
	strecpy(msg, msg+sizeof msg, strchr(w->msg, ':')+2);
	free(w);
	return msg;
}

static void
layout(void *v, char *s)
{
	seen = *(Ureg*)v;
	word[0] = (ulong)v;
	word[1] = (ulong)s;
	memmove(word+2, s-12, 12);
	word[5] = *((ulong*)v - 1);
	strecpy(text, text+sizeof text, s);
	count++;
	if(rearm > 0)
		alarm(rearm);
	noted(NCONT);
}

static void
frame(void)
{
	uchar *pc;
	int i, r;

	count = 0;
	notify(layout);
	myself("hello");
	notify(nil);
	same(count, 1, "the handler is called");
	samestr(text, "hello", "with the note");
	ok(word[0]-word[1] == 132, "which lies 132 bytes below the registers");
	ok(word[2] == 0 && word[3] == word[0] && word[4] == word[1], "below it: a return pc of 0, and the arguments");
	same(word[5], 0, "above it: no frame before this one");
	same(seen.sp - word[0], 256+76, "256 bytes of the old stack are left alone");
	pc = (uchar*)seen.pc;
	ok(pc[-2] == 0xCD && pc[-1] == 0x40, "pc is behind the system call");
	same(seen.ax, 5, "AX holds its result");
	same(seen.trap, 0x40, "and the trap is its vector");
	ok(seen.ss == seen.ds && seen.ds == seen.es && (seen.cs & 3) == 3, "selectors are a user's");
	notify(layout);
	/* the host may let the alarm come before the sleep has begun */
	r = 0;
	for(i = 0; i < 50 && r == 0; i++){
		alarm(20);
		r = sleep(1000);
	}
	fails(r, "interrupted", "a system call that is interrupted");
	same(seen.ax, 0xFFFFFFFF, "has failed already when the handler runs");
	samestr(text, "alarm", "of an alarm");
	myself("sys: of mine");
	ok(strncmp(text, "sys: of mine pc=0x", 18) == 0 && strlen(text) == 26, "a note that begins with sys: gets the pc (%s)", text);
	notify(nil);
}

static void
nocs(void *v, char *s)
{
	USED(s);
	((Ureg*)v)->cs = 0x60;
	noted(NCONT);
}

static void
noss(void *v, char *s)
{
	USED(s);
	((Ureg*)v)->ss = 0;
	noted(NCONT);
}

static void
nopc(void *v, char *s)
{
	USED(s);
	((Ureg*)v)->pc = 0xF0100000;
	noted(NCONT);
}

static void
nosp(void *v, char *s)
{
	USED(s);
	((Ureg*)v)->sp = 4;
	noted(NCONT);
}

static void (*badhandler)(void*, char*);

static void
withbad(void)
{
	notify(badhandler);
	myself("x");
}

static void
nostack(void)
{
	notify(layout);
	__asm__ volatile("movl $0x300, %%esp; ud2" : : : "memory");
}

static void
nohandler(void)
{
	char name[40];
	int fd;

	snprint(name, sizeof name, "/proc/%d/note", getpid());
	fd = open(name, OWRITE);
	notify((void(*)(void*, char*))segattach(0, "memory", (void*)0x40000000, 4096));
	segdetach((void*)0x40000000);
	write(fd, "x", 1);
}

static void
skip(void *v, char *s)
{
	Ureg *u;

	u = v;
	u->pc += 2;
	strecpy(text, text+sizeof text, s);
	u->flags = ~0x500u;
	u->bx = 0xB;
	u->si = 0x51;
	noted(NCONT);
}

static void
registers(void)
{
	ulong f, b, s;

	notify(skip);
	__asm__ volatile("ud2; pushfl; popl %0" : "=a"(f), "=b"(b), "=S"(s) : : "memory", "cc");
	notify(nil);
	ok(b == 0xB && s == 0x51, "a handler's registers are loaded");
	same(f & 0x8D5, 0x8D5, "of the flags those that a program may set");
	same(f & 0x27300, 0x200, "and no others");
	badhandler = nocs;
	samestr(death(withbad), "Suicide", "another code selector ends the process");
	badhandler = noss;
	samestr(death(withbad), "Suicide", "another stack selector too");
	badhandler = nopc;
	samestr(death(withbad), "Suicide", "so does a pc in the kernel");
	badhandler = nosp;
	samestr(death(withbad), "Suicide", "and a stack that is not there");
	samestr(death(nostack), "Suicide", "without a stack there is no handling");
	samestr(death(nohandler), "Suicide", "nor without a handler at its address");
}

/* Where the first note's registers go on, with those registers as argument. */
static void
between(Ureg *u)
{
	order[count++] = 'b';
	word[6] = (ulong)u;
	myself("inner");
	order[count++] = 'c';
	u->pc = resume;
	noted(NRSTR);
}

static void
saving(void *v, char *s)
{
	Ureg *u;

	u = v;
	if(strcmp(s, "outer") == 0){
		order[count++] = 'a';
		word[0] = (ulong)v;
		resume = u->pc;
		u->pc = (ulong)between;
		noted(NSAVE);
	}
	order[count++] = 'i';
	word[5] = *((ulong*)v - 1);
	noted(NCONT);
}

static void
nsave(void)
{
	memset(order, 0, sizeof order);
	count = 0;
	notify(saving);
	myself("outer");
	order[count++] = 'd';
	notify(nil);
	samestr(order, "abicd", "NSAVE lets notes come again, NRSTR goes back");
	same(word[6], word[0], "the code between gets the saved registers");
	same(word[5], word[0], "and a frame within knows of the one around it");
}

static void
byndflt(void *v, char *s)
{
	USED(v, s);
	noted(NDFLT);
}

static void
ndflt(void)
{
	notify(byndflt);
	myself("by default");
}

static void
ndfltfault(void)
{
	notify(byndflt);
	*(volatile int*)low = 0;
}

static void
notnoted(void)
{
	noted(NCONT);
}

static void
faultagain(void *v, char *s)
{
	USED(v, s);
	myself("waiting");
	low = 0x10;
	*(volatile int*)low = 0;
}

static void
infault(void)
{
	notify(faultagain);
	myself("first");
}

static void
ends(void)
{
	char *s;

	samestr(death(ndflt), "by default", "NDFLT ends the process with the note");
	s = death(ndfltfault);
	ok(strncmp(s, "sys: trap: fault write addr=0x0 pc=0x", 37) == 0, "of a trap too (%s)", s);
	samestr(death(notnoted), "Suicide", "noted outside of a handler is the end");
	s = death(infault);
	ok(strncmp(s, "sys: trap: fault write addr=0x10 pc=0x", 38) == 0, "a trap inside a handler kills, before what waits (%s)", s);
}

/* In a handler, with a note that waits: the child is not in one. */
static void
forking(void *v, char *s)
{
	int pid;

	USED(v);
	count++;
	if(strcmp(s, "go") != 0)
		noted(NCONT);
	myself("waiting");
	count = 0;
	pid = rfork(RFPROC|RFFDG);
	if(pid == 0){
		_exits(count == 1? nil: "not delivered");
	}
	sleep(0);
	posted[0] = count;
	strecpy(text, text+sizeof text, wait()->msg);
	noted(NCONT);
}

static void
inherited(void)
{
	notify(forking);
	myself("go");
	samestr(text, "", "a child takes the notes that it inherits at once");
	same(posted[0], 0, "in the parent they wait for the handler to end");
	same(count, 1, "then they come");
	notify(nil);
}

static void
queueing(void *v, char *s)
{
	int i;

	USED(v);
	if(strcmp(s, "go") == 0){
		for(i = 0; i < 6; i++)
			posted[i] = myself((char[]){'0'+i, 0});
		rerrstr(text, sizeof text);
		posted[6] = sleep(10000);
		order[count++] = '(';
		noted(NCONT);
	}
	order[count++] = s[0];
	noted(NCONT);
}

static void
queue(void)
{
	char big[200], err[ERRMAX];
	ulong met;
	int i, n;

	memset(order, 0, sizeof order);
	count = 0;
	notify(queueing);
	myself("go");
	for(i = 0, n = 0; i < 5; i++)
		n += posted[i] == 1;
	same(n, 5, "five notes wait for a handler to end");
	same(posted[5], -1, "a sixth is refused");
	samestr(text, "note not posted", "and the poster is told");
	same(posted[6], -1, "a sleep while notes wait ends at once");
	samestr(order, "(01234", "they come in order");
	notify(layout);
	memset(big, 'n', sizeof big);
	big[126] = 0;
	same(myself(big), 126, "a note of 126 bytes");
	samestr(text, big, "arrives");
	big[126] = 'n';
	big[127] = 0;
	fails(myself(big), "read or write too large", "one of 127 does not");
	werrstr("as it was");
	rearm = 20;
	alarm(rearm);
	met = (ulong)rendezvous((void*)77, 0);
	rearm = 0;
	alarm(0);
	ok(met == ~0UL, "a note ends a rendezvous");
	rerrstr(err, sizeof err);
	samestr(err, "as it was", "without an error");
	notify(nil);
}

static void
away(void *v, char *s)
{
	Ureg *u;

	u = v;
	strecpy(text, text+sizeof text, s);
	u->pc = resume;
	u->flags &= ~0x100;
	noted(NCONT);
}

/* Each leaves its own way out in resume. */
#define TRAP(insn) __asm__ volatile("movl $1f, %0\n" insn "\n1:\n" : "=m"(resume) : : "eax", "ebx", "ecx", "edx", "memory", "cc")

static void
istrap(char *want, char *name)
{
	int n;

	n = strlen(want);
	if(!ok(strncmp(text, want, n) == 0 && strncmp(text+n, " pc=0x", 6) == 0 && strlen(text) == n+14, "%s", name))
		diag("expected '%s pc=0x........', got '%s'", want, text);
	text[0] = 0;
}

static void
traps(void)
{
	static long bounds[2] = { 1, 2 };

	notify(away);
	TRAP("movb $0x7F, %%al; addb $1, %%al; into");
	istrap("sys: trap: overflow", "into");
	__asm__ volatile("movl $1f, %0; movl $5, %%eax; bound %%eax, %1; 1:" : "=m"(resume) : "m"(bounds) : "eax", "memory");
	istrap("sys: trap: bounds check", "bound");
	TRAP("hlt");
	istrap("sys: trap: general protection violation", "hlt");
	TRAP("cli");
	istrap("sys: trap: general protection violation", "cli");
	TRAP("inb $0x60, %%al");
	istrap("sys: trap: general protection violation", "in");
	TRAP("int $0x21");
	istrap("sys: trap: general protection violation", "int $0x21");
	TRAP("int $0x1f");
	istrap("sys: trap: general protection violation", "a hypercall");
	TRAP("movl $0x1233, %%eax; movw %%ax, %%gs");
	istrap("sys: trap: general protection violation", "a selector of nothing");
	TRAP("ud2");
	istrap("sys: trap: invalid opcode", "ud2");
	TRAP("xorl %%edx, %%edx; movl $5, %%eax; xorl %%ecx, %%ecx; divl %%ecx");
	istrap("sys: trap: divide error", "division by zero");
	TRAP("movl $0x80000000, %%eax; cltd; movl $-1, %%ecx; idivl %%ecx");
	istrap("sys: trap: divide error", "a quotient too large");
	TRAP("pushfl; orl $0x100, (%%esp); popfl; nop; nop");
	istrap("sys: trap: debug exception", "the trace flag");
	TRAP("xorl %%eax, %%eax; jmp *%%eax");
	istrap("sys: trap: fault read addr=0x0", "a jump to nothing");
	TRAP("movl $0xFFFFFFFC, %%eax; movl (%%eax), %%ebx");
	istrap("sys: trap: fault read addr=0xfffffffc", "the last word");
	TRAP("movl $0xABC, %%eax; addl $1, (%%eax)");
	ok(strncmp(text, "sys: trap: fault ", 17) == 0 && strstr(text, " addr=0xabc pc=0x") != nil, "page 0 (%s)", text);
	notify(nil);
}

static volatile double	big = 1e300, zero, minus = -1;

static void
fpaway(void *v, char *s)
{
	USED(v);
	strecpy(text, text+sizeof text, s);
	noted(NCONT);
}

static void
floats(void)
{
	volatile double d;

	notify(fpaway);
	d = big*big;
	__asm__ volatile("fwait");
	ok(strncmp(text, "sys: fp: numeric overflow fppc=0x", 33) == 0, "overflow (%s)", text);
	d = zero/zero;
	__asm__ volatile("fwait");
	ok(strncmp(text, "sys: fp: invalid operation fppc=0x", 34) == 0, "0/0 (%s)", text);
	__asm__ volatile("fldl %0; fsqrt; fwait; fstp %%st(0)" : : "m"(minus));
	ok(strncmp(text, "sys: fp: invalid operation fppc=0x", 34) == 0 && strstr(text, " status=0x") != nil, "the root of -1 (%s)", text);
	text[0] = 0;
	d = big/3;
	d = 1e-300;
	d = d*d;
	same(text[0], 0, "underflow and rounding are no notes");
	USED(d);
	notify(nil);
}

static char*
state(int pid)
{
	static char buf[200];
	char name[40];
	int fd;

	snprint(name, sizeof name, "/proc/%d/status", pid);
	fd = open(name, OREAD);
	if(fd < 0)
		return "gone";
	memset(buf, 0, sizeof buf);
	read(fd, buf, sizeof buf - 1);
	close(fd);
	*strchr(buf+56, ' ') = 0;
	return buf+56;
}

static void
broken(void)
{
	char buf[200], want[100], name[40];
	int pid[6], p[2], i, n, fd;
	Ureg u;
	Waitmsg *w;

	pipe(p);
	for(i = 0; i < 6; i++){
		pid[i] = fork();
		if(pid[i] == 0){
			close(p[0]);
			dup(p[1], 2);
			close(p[1]);
			low = i*16;
			*(volatile int*)low = 0;
		}
		w = wait();
		ok(w->pid == pid[i] && strstr(w->msg, ": sys: trap: fault write addr=0x") != nil, "the parent learns at once (%s)", w->msg);
		free(w);
		n = read(p[0], buf, sizeof buf - 1);
		buf[n < 0? 0: n] = 0;
		snprint(want, sizeof want, "k_note %d: suicide: sys: trap: fault write addr=0x%x pc=0x", pid[i], i*16);
		ok(strncmp(buf, want, strlen(want)) == 0 && n == strlen(want)+9 && buf[n-1] == '\n', "what is said of it (%.*s)", n-1, buf);
	}
	close(p[1]);
	same(read(p[0], buf, 10), 0, "its descriptors are closed");
	close(p[0]);
	for(i = 0, n = 0; i < 6; i++)
		n += strcmp(state(pid[i]), "Broken") == 0;
	same(n, 4, "four of them are kept");
	samestr(state(pid[5]), "Broken", "the youngest");
	snprint(name, sizeof name, "/proc/%d/regs", pid[5]);
	fd = open(name, OREAD);
	same(read(fd, &u, sizeof u), sizeof u, "with registers");
	close(fd);
	ok(u.pc > (ulong)tell && u.trap == 14 && u.ecode == 6, "that say where (pc %#lux trap %lud error %lud)", u.pc, u.trap, u.ecode);
	snprint(name, sizeof name, "/proc/%d/mem", pid[5]);
	fd = open(name, OREAD);
	same(pread(fd, buf, 1, u.pc), 1, "and memory");
	same(pread(fd, want, sizeof want, (ulong)want), sizeof want, "the stack too");
	close(fd);
	snprint(name, sizeof name, "/proc/%d/fd", pid[5]);
	fd = open(name, OREAD);
	same(read(fd, buf, sizeof buf), 0, "but no descriptors");
	close(fd);
	for(i = 0; i < 6; i++){
		snprint(name, sizeof name, "/proc/%d/ctl", pid[i]);
		fd = open(name, OWRITE);
		if(fd >= 0)
			write(fd, "kill", 4);
		close(fd);
	}
	for(i = 0; i < 200 && strcmp(state(pid[5]), "gone") != 0; i++)
		sleep(10);
	samestr(state(pid[5]), "gone", "kill lets them go");
}

static void
groups(void)
{
	char buf[20], name[40];
	int fd, p[2], pid[2], i;
	char c;

	pipe(p);
	for(i = 0; i < 2; i++){
		pid[i] = rfork(RFPROC|RFFDG|(i == 0? RFNOTEG: 0));
		if(pid[i] == 0){
			write(p[1], "r", 1);
			sleep(100000);
			_exits("slept");
		}
		read(p[0], &c, 1);
	}
	snprint(name, sizeof name, "/proc/%d/noteid", pid[0]);
	fd = open(name, OREAD);
	buf[read(fd, buf, 12)] = 0;
	close(fd);
	same(atoi(buf), pid[0], "RFNOTEG begins a group");
	snprint(name, sizeof name, "/proc/%d/noteid", pid[1]);
	fd = open(name, OWRITE);
	same(fprint(fd, "%d", pid[0]), strlen(smprint("%d", pid[0])), "a process may join another");
	fails(fprint(fd, "%d", 999999), "bad arg in system call", "one that there is");
	close(fd);
	snprint(name, sizeof name, "/proc/%d/notepg", pid[1]);
	fd = open(name, OWRITE);
	write(fd, "all of you", 10);
	close(fd);
	for(i = 0; i < 2; i++)
		ok(strstr(wait()->msg, ": all of you") != nil, "a note to the group reaches all");
	fails(open("/proc/1/notepg", OWRITE), "permission denied", "not the first process's");
	fails(tell(2, "x"), "note not posted", "a kernel process takes none");
	close(p[0]);
	close(p[1]);
}

void
main(void)
{
	rfork(RFNOTEG);
	frame();
	registers();
	nsave();
	ends();
	queue();
	inherited();
	traps();
	floats();
	broken();
	groups();
	done();
}
