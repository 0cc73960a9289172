/*
 * The edges of a program's memory: deep stacks, what lies beyond them, writes to
 * the text, page 0, and the heap's end; and processes that fork where memory is in
 * an odd state.  usage: u_deep [seconds [seed]]
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

enum {
	MiB	= 1024*1024,
	Page	= 4096,
};

/* Runs f(x) in a child; how it ended. */
static char*
apart(void (*f)(ulong), ulong x)
{
	int pid;

	pid = rfork(RFPROC|RFFDG|RFNOTEG|RFREND);
	if(pid == 0){
		close(2);
		open("/dev/null", OWRITE);
		f(x);
		_exits(nil);
	}
	if(pid < 0)
		return "no process";
	return endedby(Patience);
}

/*
 * Stacks.  Each frame holds a page of numbers that are checked on the way back,
 * in the parent as well as in the child that is forked at the deepest point.
 */
static int nbad;

static ulong
descend(int depth)
{
	volatile ulong room[Page/sizeof(ulong)];
	ulong sum;
	int i, pid;

	for(i = 0; i < nelem(room); i += 64)
		room[i] = depth*7919 + i;
	if(depth > 0)
		sum = descend(depth-1);
	else{
		sum = 0;
		pid = fork();
		if(pid < 0)
			_exits("fork");
		if(pid > 0 && waitpid() != pid)
			_exits("wait");
	}
	for(i = 0; i < nelem(room); i += 64)
		if(room[i] != depth*7919 + i)
			nbad++;
	return sum + room[0];
}

static void
deepstack(ulong depth)
{
	descend(depth);
	if(nbad > 0)
		_exits("bad");
}

static void
endless(ulong x)
{
	volatile char room[200];

	room[0] = x;
	if(x != 0)		/* it never is */
		endless(x | 1);
	room[1] = room[0];
}

static int
hardy(void *u, char *s)
{
	USED(u, s);
	return 1;
}

static void
endlesswithout(ulong x)
{
	notify(nil);
	endless(x);
}

static void
endlesswithhandler(ulong x)
{
	atnotify(hardy, 1);
	endless(x);
}

static void
stacks(void)
{
	char *how;

	samestr(apart(deepstack, 100), "", "a fork 400 KB deep");
	samestr(apart(deepstack, 3900), "", "a fork 15.6 MB deep");
	how = apart(endlesswithout, 1);
	ok(strncmp(how, "sys: trap: fault write addr=0xdeffe", 35) == 0, "a recursion without end dies where the stack ends");
	diag("%s", how);
	how = apart(endlesswithhandler, 1);
	ok(strcmp(how, "late") != 0 && strcmp(how, "") != 0, "also one that wants to handle that note");
	diag("%s", how);
}

static void
poke(ulong a)
{
	*(volatile char*)a = 1;
}

static void
peek(ulong a)
{
	if(*(volatile char*)a)
		_exits("read");
	_exits("read 0");
}

static void
pokes(ulong *a, int n, void (*f)(ulong), char *what, char *name)
{
	char want[ERRMAX], *how;
	int i, bad;

	bad = 0;
	for(i = 0; i < n; i++){
		how = apart(f, a[i]);
		snprint(want, sizeof want, "sys: trap: fault %s addr=0x%lux ", what, a[i]);
		if(strncmp(how, want, strlen(want)) != 0){
			bad++;
			diag("%#lux: expected '%s', got '%s'", a[i], want, how);
		}
	}
	same(bad, 0, name);
}

static void
guards(void)
{
	extern char etext[];
	ulong text[] = { 0x1000, 0x1020, 0x1FFF, 0x2000, (ulong)poke, (ulong)etext-1 };
	ulong zero[] = { 0, 1, 4, 100, 0xFFF };
	ulong kernel[] = { 0xDFFFF000, 0xE0000000, 0xEFFFFFFF, 0xF0000000, 0xF0100000, 0xF0200000, 0xFE000000, 0xFFC00000, 0xFFFFE000, 0xFFFFFFFF };
	ulong holes[] = { 0x40000000, 0x80000000, 0xDE000000, 0xDEFFEFFF };
	ulong heap[2];

	heap[0] = ((ulong)sbrk(0) + Page-1) & ~(Page-1);
	heap[1] = heap[0] + 100*MiB;
	pokes(text, nelem(text), poke, "write", "the text cannot be written");
	pokes(zero, nelem(zero), poke, "write", "page 0 cannot be written");
	pokes(zero, nelem(zero), peek, "read", "nor read");
	pokes(kernel, nelem(kernel), poke, "write", "the kernel's memory cannot be written");
	pokes(kernel, nelem(kernel), peek, "read", "nor read");
	pokes(holes, nelem(holes), poke, "write", "there is nothing between the segments");
	pokes(holes, nelem(holes), peek, "read", "nothing to read either");
	pokes(heap, nelem(heap), poke, "write", "nothing beyond the heap");
}

/*
 * Heaps that grow and shrink while children are forked and write: each process must
 * see its own numbers and zeros where memory is new.
 */
static void
breathing(ulong x)
{
	ulong *base, n, i, round, kids;

	seed = x|1;
	base = (ulong*)(((ulong)sbrk(0) + Page-1) & ~(Page-1));
	kids = 0;
	for(round = 1; round < 60; round++){
		n = 1 + rnd(2000);
		if(brk((char*)base + n*Page) < 0)
			_exits("brk");
		for(i = 0; i < n; i++){
			if(rnd(4))
				continue;
			base[i*Page/sizeof(ulong)] = i ^ x;
			base[i*Page/sizeof(ulong)+1] = i ^ x;
		}
		for(i = 0; i < n; i++)
			if(base[i*Page/sizeof(ulong)] != base[i*Page/sizeof(ulong)+1])
				_exits("torn");
			else if(base[i*Page/sizeof(ulong)] != 0 && base[i*Page/sizeof(ulong)] != (i ^ x))
				_exits("somebody else's");
		if(kids < 3 && rnd(8) == 0){
			kids++;
			if(fork() == 0){
				/* what the parent wrote would be found as somebody else's */
				for(i = 0; i < n; i++)
					if(base[i*Page/sizeof(ulong)] != 0){
						base[i*Page/sizeof(ulong)] ^= x;
						base[i*Page/sizeof(ulong)+1] ^= x;
					}
				x = rnd(0xFFFFFFFF);
				for(i = 0; i < n; i++)
					if(base[i*Page/sizeof(ulong)] != 0 || base[i*Page/sizeof(ulong)+1] != 0){
						base[i*Page/sizeof(ulong)] = i ^ x;
						base[i*Page/sizeof(ulong)+1] = i ^ x;
					}
				kids = 3;
			}
		}
		if(rnd(3) == 0){
			n = 1 + rnd(n);
			brk((char*)base + n*Page);
		}
	}
	while(waitpid() > 0)
		;
	_exits("fine");
}

/* A page that is new must be zero, whoever had it before. */
static void
fresh(ulong x)
{
	ulong *p, i, n;

	n = 4*MiB + x*Page;
	p = sbrk(n);
	if(p == (ulong*)-1)
		_exits("sbrk");
	for(i = 0; i < n/sizeof *p; i++)
		if(p[i] != 0)
			_exits("not zero");
	memset(p, 0xA5, n);
}

/* Attached segments: own, shared, freed, of all sizes and places. */
static void
segments(ulong x)
{
	static struct { char *p; ulong n; } seg[6];
	ulong i, n, va;

	seed = x|1;
	for(i = 0; i < 300; i++){
		n = rnd(nelem(seg));
		if(seg[n].p == nil){
			va = rnd(3)? 0: rnd(0xFFFFFFFF);
			seg[n].n = rnd(4)? 1 + rnd(64*Page): rnd(0xFFFFFFFF);
			seg[n].p = segattach(rnd(5) == 0? SG_CEXEC: 0, rnd(2)? "memory": "shared", (void*)va, seg[n].n);
			if(seg[n].p == (char*)-1){
				seg[n].p = nil;
				continue;
			}
			if(seg[n].n < MiB && (seg[n].p[0] != 0 || seg[n].p[seg[n].n-1] != 0))
				_exits("not zero");
			seg[n].p[0] = 1;
			if(seg[n].n < MiB)
				seg[n].p[seg[n].n-1] = 1;
			continue;
		}
		switch(rnd(5)){
		case 0:
			segfree(seg[n].p, rnd(seg[n].n));
			break;
		case 1:
			if(fork() == 0){
				for(n = 0; n < nelem(seg); n++)
					if(seg[n].p != nil)
						seg[n].p[0]++;
				_exits(nil);
			}
			waitpid();
			break;
		case 2:
			segbrk(seg[n].p, seg[n].p + rnd(2*seg[n].n));
			seg[n].n = 1;
			break;
		case 3:
			segflush(seg[n].p, seg[n].n);
			break;
		case 4:
			if(segdetach(seg[n].p) == 0)
				seg[n].p = nil;
			break;
		}
	}
	_exits("fine");
}

static void
many(void (*f)(ulong), vlong ms, char *want, char *name)
{
	vlong end;
	char *how;
	int n, bad;

	bad = n = 0;
	for(end = msec() + ms; msec() < end; n++){
		how = apart(f, 1 + rnd(f == fresh? 1000: 0xFFFFFFFF));
		if(strcmp(how, want) != 0 && bad++ == 0)
			diag("expected '%s', got '%s'", want, how);
	}
	ok(bad == 0 && n > 0, "%s, %d times", name, n);
}

void
main(int argc, char **argv)
{
	Inuse b;
	long s;

	s = arguments(argc, argv, 1);
	apart(deepstack, 3900);
	b = before();
	stacks();
	guards();
	many(breathing, 1000*s, "fine", "heaps that grow and shrink and are forked");
	many(fresh, 500*s, "", "memory that was others' comes zeroed");
	many(segments, 1000*s, "fine", "segments attached and detached");
	alive("odd memory");
	after(b, "odd memory");
	done();
}
