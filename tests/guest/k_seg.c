/*
 * Address space: brk, segbrk, segattach and their kin, to their limits and their
 * errors; memory that is promised and not taken.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"
#include "proc.h"

enum
{
	Pg	= 4096,
	Mi	= 1024*1024,
	Stack	= 0xDEFFF000,		/* its lowest address */
};

extern char	end[];
static char	buf[2000];

static long
call1(ulong nr, ulong a)
{
	ulong w[2];
	long r;

	w[0] = 0;
	w[1] = a;
	__asm__ volatile("movl %%esp, %%esi; movl %2, %%esp; int $0x40; movl %%esi, %%esp"
		: "=a"(r) : "0"(nr), "r"(w) : "esi", "memory", "cc");
	return r;
}

#define brk_(a)	call1(24, (ulong)(a))

/* Base and top of a segment of ours, by its name; 0 if there is none. */
static ulong
bounds(char *name, ulong *top)
{
	char *s;

	procread(getpid(), "segment", buf, sizeof buf);
	s = strstr(buf, name);
	if(s == nil)
		return 0;
	*top = strtoul(s+19, nil, 16);
	return strtoul(s+10, nil, 16);
}

static void
brks(void)
{
	ulong base, top, t, user;
	char *p;
	int pid;

	base = bounds("Bss ", &top);
	ok(base == ((ulong)end-1 & ~(Pg-1)) + Pg || base <= (ulong)end, "bss begins at a page (%#lux)", base);
	same(brk_(0), base, "brk of 0 tells the base of bss");
	same(brk_((ulong)end), 0, "brk of the end of the program");
	bounds("Bss ", &t);
	same(t, base > (ulong)end? base: ((ulong)end + Pg-1) & ~(Pg-1), "is the smallest there is");
	same(brk_(base+5*Pg+1), 0, "brk grows");
	bounds("Bss ", &t);
	same(t, base+6*Pg, "by whole pages");
	p = (char*)base;
	p[5*Pg] = 1;
	same(brk_(base+Pg), 0, "and shrinks");
	same(brk_(base+6*Pg), 0, "and grows");
	same(p[5*Pg], 0, "what was given back is zero");
	same(brk_(0x1000), -1, "brk below data");
	fails(-1, "virtual memory allocation failed", "is an error");
	same(brk_(base+1985u*Mi), -1, "a segment of 1985 MiB");
	fails(-1, "virtual memory allocation failed", "is too large");
	user = inuse().pages;
	same(brk_(base+1980u*Mi), 0, "1980 MiB are promised");
	ok(inuse().pages - user < 64, "and cost nothing");
	p[1979u*Mi] = 1;
	same(p[1979u*Mi], 1, "each page when it is touched");
	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		sleep(100000);
		_exits(nil);
	}
	fails(brk_(base+Mi), "device or object already in use", "what two share does not shrink");
	same(brk_(base+1981u*Mi), 0, "but grows");
	finish(pid);
	same(brk_(base+Mi), 0, "alone it can");
	t = (ulong)segattach(0, "shared", (void*)(base+64*Mi), Pg);
	same(t, base+64*Mi, "a segment above");
	fails(brk_(base+64*Mi+1), "segments overlap", "stops it");
	same(brk_(base+64*Mi), 0, "as near as can be");
	segdetach((void*)t);
	brk_(base+Mi);
}

static void
attaching(void)
{
	ulong a, b, c[8];
	int i;

	a = (ulong)segattach(0, "shared", nil, 1);
	same(a, Stack-Pg, "a hole is found below the stack");
	b = (ulong)segattach(0, "memory", nil, 2*Pg+1);
	same(b, a-3*Pg, "the next one below that");
	fails((long)segattach(0, "shared", (void*)b, Pg), "segments overlap", "no two in one place");
	fails((long)segattach(0, "shared", (void*)(b-Pg), 2*Pg), "segments overlap", "not even by a page");
	fails((long)segattach(0, "shared", (void*)0x1000, Pg), "segments overlap", "nor over text");
	fails((long)segattach(0, "shared", (void*)(Stack+0x1000), Pg), "segments overlap", "nor in the stack");
	fails((long)segattach(0, "shared", (void*)0x800, Pg), "bad arg in system call", "page 0 is not given");
	fails((long)segattach(0, "shared", (void*)0xDFFFF000, Pg), "bad arg in system call", "nor what is above the stack");
	fails((long)segattach(0, "shared", (void*)0xF0000000, Pg), "bad arg in system call", "nor the kernel's");
	fails((long)segattach(0, "shared", nil, 0), "bad arg in system call", "no bytes");
	fails((long)segattach(SG_RONLY|1, "shared", nil, Pg), "bad arg in system call", "attributes that are none");
	fails((long)segattach(0, "nosuch", nil, Pg), "bad arg in system call", "no such class");
	fails((long)segattach(0, "", nil, Pg), "bad arg in system call", "an empty one");
	for(i = 0; i < nelem(c); i++){
		c[i] = (ulong)segattach(0, "shared", nil, Pg);
		if((long)c[i] == -1)
			break;
	}
	fails((long)c[i], "virtual memory allocation failed", "a process has room for some segments");
	same(i, 3, "five, text, data, bss and stack not counted");
	while(--i >= 0)
		segdetach((void*)c[i]);
	segdetach((void*)a);
	a = (ulong)segattach(0, "memory", (void*)0x50000123, Pg);
	same(a, 0x50000000, "an address is cut to its page");
	b = bounds("Bss ", &c[0]);
	procread(getpid(), "segment", buf, sizeof buf);
	ok(strstr(buf, "50000000 50002000 ") != nil, "the length grows by what was cut");
	segdetach((void*)a);
	fails(segdetach((void*)a), "bad arg in system call", "what is gone is not detached");
	fails(segdetach(&a), "bad arg in system call", "nor the stack");
	fails(segdetach((void*)4), "bad arg in system call", "nor nothing");
}

static void
freeing(void)
{
	char *p;
	ulong user;

	p = segattach(0, "memory", nil, 16*Pg);
	memset(p, 1, 16*Pg);
	user = inuse().pages;
	same(segfree(p+100, 3*Pg), 0, "segfree");
	ok(p[0] == 1 && p[Pg-1] == 1 && p[Pg] == 0 && p[3*Pg-1] == 0 && p[3*Pg] == 1 && p[4*Pg] == 1, "frees the pages that are whole");
	same(segfree(p+8*Pg, 8*Pg), 0, "to the end");
	ok(user - inuse().pages >= 7, "and gives their memory back (%ld)", user - inuse().pages);
	fails(segfree(p, 17*Pg), "bad arg in system call", "no more than the segment has");
	fails(segfree((void*)4, Pg), "bad arg in system call", "nor where there is none");
	fails(segfree(p, 0xFFFFFFFF), "bad arg in system call", "nor around the end of memory");
	fails(segfree((void*)0x1000, 2*Pg), "bad arg in system call", "nor text");
	same(segfree(p+1, 10), 0, "less than a page is nothing");
	same(p[1], 1, "which stays");
	segdetach(p);
}

static void
growing(void)
{
	char *p;
	ulong top;

	p = segattach(0, "memory", (void*)0x60000000, Pg);
	same((long)segbrk(p, p+10*Pg), 0, "segbrk grows a segment");
	p[9*Pg] = 5;
	same(p[9*Pg], 5, "which can be used");
	same((long)segbrk(p+5*Pg, p+Pg), 0, "by any address in it, and shrinks it");
	fails((long)segbrk(p+5*Pg, p+10*Pg), "bad arg in system call", "not by one that it has no more");
	fails((long)segbrk((void*)0x1020, (void*)0x100000), "bad arg in system call", "text has its size");
	fails((long)segbrk(&top, (void*)0xDFFFF000), "bad arg in system call", "the stack too");
	fails((long)segbrk((void*)bounds("Data ", &top), (void*)0x10000000), "bad arg in system call", "and data");
	fails((long)segbrk(p, (void*)0xF0000000), "", "nobody grows into the kernel");
	segdetach(p);
}

/* What processes have in common and what they have not, by class and by rfork's flags. */
static void
sharing(void)
{
	char *s, *m;
	int i, pid;

	s = segattach(0, "shared", nil, Pg);
	m = segattach(0, "memory", nil, Pg);
	for(i = 0; i < 2; i++){
		*s = *m = 1;
		pid = rfork(RFPROC|(i? RFMEM: 0));
		if(pid == 0){
			*s = *m = 2;
			if(segattach(0, "shared", (void*)0x70000000, Pg) != (void*)0x70000000)
				_exits("segattach");
			_exits(nil);
		}
		samestr(wait()->msg, "", "a segment is attached in one process");
		same(*s, 2, "shared memory is shared");
		same(*m, i? 2: 1, i? "memory with RFMEM too": "memory is copied");
		if(rfork(RFPROC) == 0){
			close(2);
			*(volatile char*)0x70000000 = 1;
		}
		ok(strstr(wait()->msg, "fault write addr=0x70000000") != nil, "and in no other");
	}
	segdetach(s);
	segdetach(m);
}

void
main(void)
{
	brks();
	attaching();
	freeing();
	growing();
	sharing();
	done();
}
