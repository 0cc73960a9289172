/*
 * The kernel's own words: print to the console, iprint when nothing can be
 * relied on, panic to end it all.  All of it is kept in a ring that /dev/kmesg
 * shows, and offered to whoever reads /dev/kprint.  print may be called from
 * anywhere, interrupts included, and never waits: what the console cannot take
 * is only in the ring.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"

enum {
	Kmesgsize	= 16*1024,
	Linesize	= 512,		/* of one print */
};

int panicking;
Queue *kprintq;			/* what /dev/kprint reads, nil when it is not open */

static struct {
	Lock;
	ulong	n;		/* bytes ever written */
	char	buf[Kmesgsize];
} kmesg;

/* Keep n bytes for /dev/kmesg. */
void
kmesgadd(char *s, int n)
{
	ilock(&kmesg);
	for(; n > 0; n--)
		kmesg.buf[kmesg.n++ % Kmesgsize] = *s++;
	iunlock(&kmesg);
}

/*
 * Copy out up to n bytes of the ring, off bytes after the oldest.  Returns how
 * many there were.
 */
int
kmesgread(char *p, int n, ulong off)
{
	ulong at, have;
	int i;

	ilock(&kmesg);
	have = kmesg.n < Kmesgsize? kmesg.n: Kmesgsize;
	at = kmesg.n - have + off;
	for(i = 0; i < n && off + i < have; i++)
		p[i] = kmesg.buf[(at + i) % Kmesgsize];
	iunlock(&kmesg);
	return i;
}

/* Bytes for the console that come from the kernel. */
void
putstrn(char *s, int n)
{
	Queue *q;

	kmesgadd(s, n);
	q = kprintq;
	if(q != nil)
		qproduce(q, s, n);
	if(panicking)
		uartputs(s, n);
	else
		consprint(s, n);
}

int
print(char *fmt, ...)
{
	char buf[Linesize];
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vseprint(buf, buf + sizeof buf, fmt, arg) - buf;
	va_end(arg);
	putstrn(buf, n);
	return n;
}

/* As print, past all queues: on the console when it returns. */
int
iprint(char *fmt, ...)
{
	char buf[Linesize];
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vseprint(buf, buf + sizeof buf, fmt, arg) - buf;
	va_end(arg);
	kmesgadd(buf, n);
	uartputs(buf, n);
	return n;
}

/*
 * The kernel cannot go on: hand the reason to the hypervisor, which shows it
 * with registers and the stack.  Never returns; a second panic within the
 * first only ends the machine.
 */
void
panic(char *fmt, ...)
{
	char buf[ERRMAX];
	char *p;
	va_list arg;

	splhi();
	p = seprint(buf, buf + sizeof buf, "panic: ");
	va_start(arg, fmt);
	vseprint(p, buf + sizeof buf, fmt, arg);
	va_end(arg);
	if(panicking++ == 0){
		kmesgadd(buf, strlen(buf));
		kmesgadd("\n", 1);
	}
	crash(buf);
}

/* libc's assert */
void
_assert(char *what)
{
	panic("assertion failed: %s", what);
}
