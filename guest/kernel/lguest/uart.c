/*
 * The console on lguest's DMA: output by SEND_DMA, straight out of the blocks
 * in which it is queued; input into one bound DMA of 64 KiB.  The portable side
 * is port/cons.h.  A send is done when the hypercall returns, so most output
 * never waits in a queue; only when the host takes less than it was offered does
 * the rest wait for the console's interrupt.  Everything here runs with
 * interrupts off.  A buffer whose used_len is 0 belongs to the host.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"
#include "io.h"

enum {
	Outlimit	= 128*KiB,	/* bytes of memory waiting for the host, each way out */
	Inpages		= LGUEST_DMA_SECTIONS,
	Retryns		= 10*1000*1000,
	Polls		= 1000,		/* sends of nothing before polled output gives up */
};

/* A way out: standard output or standard error of the host. */
typedef struct Out Out;
struct Out {
	ulong	key;
	Queue	*q;
	Block	*b;		/* being sent; nil: none */
	int	stalled;	/* until the interrupt */
	struct lguest_dma dma;

	/* for a write that the queue has no memory for */
	QLock	lock;
	Rendez	r;		/* its holder waits for the host here */
	uchar	*page;		/* and has the bytes here */
};

static Out	out[2] = {
	{ LGUEST_CONSOLE_KEY },
	{ LGUEST_STDERR_KEY },
};
static int	started;	/* queues exist */
static QLock	drainlock;	/* one waits in drainr */
static Rendez	drainr;

static struct {
	struct lguest_device_desc *dev;
	volatile struct lguest_dma dma;
	int	ended;
	int	busy;		/* in input(), which its own writes would call again */
	ulong	done;		/* bytes of buf that were passed on */
	Timer	retry;		/* when there was no memory for the rest */
	uchar	buf[Inpages*BY2PG] __attribute__((aligned(BY2PG)));
} in;

/* Describe as much of n bytes as one DMA holds, no piece across a page's end. */
static ulong
describe(struct lguest_dma *d, uchar *p, ulong n)
{
	ulong m, all;
	int i;

	all = 0;
	for(i = 0; i < LGUEST_DMA_SECTIONS && all < n; i++){
		m = BY2PG - ((ulong)p & PGMASK);
		if(m > n - all)
			m = n - all;
		d->addr[i] = PADDR(p);
		d->len[i] = m;
		p += m;
		all += m;
	}
	if(i < LGUEST_DMA_SECTIONS)
		d->len[i] = 0;
	return all;
}

/* Offer bytes to the host; returns how many it took. */
static ulong
offer(struct lguest_dma *d, ulong key, uchar *p, ulong n, ulong *offered)
{
	*offered = describe(d, p, n);
	d->used_len = 0;
	hcall(LHCALL_SEND_DMA, key, PADDR(d), 0);
	return ((volatile struct lguest_dma*)d)->used_len;
}

/* Send what is queued, as far as the host takes it. */
static void
start(void *a)
{
	Out *o;
	ulong n, offered;
	int s;

	o = a;
	s = splhi();
	while(!o->stalled){
		if(o->b == nil && (o->b = qget(o->q)) == nil)
			break;
		if(BLEN(o->b) > 0){
			n = offer(&o->dma, o->key, o->b->rp, BLEN(o->b), &offered);
			o->stalled = n < offered;
			o->b->rp += n;
		}
		if(BLEN(o->b) == 0){
			freeb(o->b);
			o->b = nil;
		}
	}
	splx(s);
}

static int
idle(void *a)
{
	Out *o;

	o = a;
	return o->b == nil && !qcanread(o->q) && !o->stalled;
}

static int
drained(void*)
{
	return out[0].b == nil && !qcanread(out[0].q) && out[1].b == nil && !qcanread(out[1].q);
}

/* Take what the host has put into the buffer, if the readers keep up. */
static void
input(void)
{
	ulong n;

	if(in.busy)
		return;
	n = in.dma.used_len;
	if(n != 0){
		if(consinputfull())
			return;
		in.busy = 1;
		in.done += consinput(in.buf + in.done, n - in.done);
		in.busy = 0;
		if(in.done < n){
			timeradd(&in.retry);
			return;
		}
		in.done = 0;
		in.dma.used_len = 0;
	}else if(!in.ended && in.dev->status & LGUEST_DEVICE_REMOVED){
		in.ended = 1;
		consinputend();
	}
}

/*
 * The host is asked to end: that is the business of who listens for it, or the first process's.  Until
 * one of those has a handler for notes the request waits.
 */
static void
requests(void)
{
	static struct {
		int	bit;
		char	*note;
	} tab[] = {
		LGUEST_CONSOLE_INTERRUPT, "interrupt",
		LGUEST_CONSOLE_HANGUP, "hangup",
		LGUEST_CONSOLE_ABORT, "abort",
	};
	Proc *p;
	int i;

	for(i = 0; i < nelem(tab); i++){
		if((in.dev->status & tab[i].bit) == 0)
			continue;
		p = conslistener();
		if(p == nil){
			timeradd(&in.retry);
			return;
		}
		in.dev->status &= ~tab[i].bit;
		postnote(p, 0, tab[i].note, NUser);
	}
}

static void
inputagain(Ureg*, Timer*)
{
	input();
	requests();
}

static void
interrupt(Ureg*, void*)
{
	int i;

	for(i = 0; i < nelem(out); i++){
		out[i].stalled = 0;
		start(&out[i]);
		if(out[i].r.p != nil && idle(&out[i]))
			wakeup(&out[i].r);
	}
	if(drainr.p != nil && drained(nil))
		wakeup(&drainr);
	input();
	requests();
}

void
consmore(void)
{
	int s;

	if(in.dev == nil)
		return;
	s = splhi();
	input();
	splx(s);
}

static struct lguest_device_desc*
findconsole(int *index)
{
	struct lguest_device_desc *d;
	int i;

	d = lguestdevpage();
	for(i = 0; i < LGUEST_MAX_DEVICES; i++)
		if(d[i].type == LGUEST_DEVICE_CONSOLE){
			*index = i;
			return &d[i];
		}
	return nil;
}

void
consoleinit(void)
{
	struct lguest_device_desc *d;
	int i, irq;

	conslineinit();
	for(i = 0; i < nelem(out); i++){
		out[i].q = qopen(Outlimit, 0, start, &out[i]);
		out[i].page = malloc(BY2PG);
		if(out[i].q == nil || out[i].page == nil)
			panic("no memory for console output");
	}
	d = findconsole(&i);
	if(d == nil){
		/* output works without a descriptor; input never comes */
		started = 1;
		consinputend();
		print("no console among the devices\n");
		return;
	}
	in.dev = d;
	constty = (d->features & LGUEST_CONSOLE_TTY) != 0;
	d->status |= LGUEST_DEVICE_ACKNOWLEDGE|LGUEST_DEVICE_DRIVER|LGUEST_DEVICE_DRIVER_OK;
	started = 1;
	in.retry.tmode = Trelative;
	in.retry.tns = Retryns;
	in.retry.tf = inputagain;
	irq = i + 1;
	intrenable(irq, interrupt, nil);
	describe((struct lguest_dma*)&in.dma, in.buf, sizeof in.buf);
	in.dma.used_len = 0;
	if(hcall(LHCALL_BIND_DMA, LGUEST_CONSOLE_KEY, PADDR(&in.dma), 1<<8 | irq) != 1){
		consinputend();
		print("console: the host refuses a buffer for input\n");
	}
}

/*
 * Write at most a page's bytes without asking for memory: wait until the queue is
 * empty, and then for the host.  Returns how many, or raises an error.
 */
static long
sendpage(Out *o, void *va, long n)
{
	volatile long done;
	ulong m, offered;
	int s;

	if(n > BY2PG)
		n = BY2PG;
	done = 0;
	qlock(&o->lock);
	if(waserror()){
		qunlock(&o->lock);
		if(done > 0 && wascut())
			return done;
		nexterror();
	}
	memmove(o->page, va, n);
	while(done < n){
		sleep(&o->r, idle, o);
		s = splhi();
		if(idle(o)){
			m = offer(&o->dma, o->key, o->page + done, n - done, &offered);
			o->stalled = m < offered;
			done += m;
		}
		splx(s);
	}
	poperror();
	qunlock(&o->lock);
	return n;
}

/*
 * Write user memory to standard output (0) or error (1); waits for room.  What has
 * been said by one who is short of memory is said all the same.
 */
long
conswrite(int which, void *va, long n)
{
	volatile long done;
	Out *o;
	long m;

	o = &out[which];
	done = 0;
	while(done < n || n == 0){
		m = n - done < Maxatomic? n - done: Maxatomic;
		if(!waserror()){
			m = qwrite(o->q, (uchar*)va + done, m);
			poperror();
		}else if(strcmp(up->errstr, Enomem) == 0)
			m = sendpage(o, (uchar*)va + done, m);
		else{
			if(done > 0 && wascut())
				break;
			nexterror();
		}
		done += m;
		if(n == 0)
			break;
	}
	return done;
}

/* Kernel's words: on a terminal among the output, else apart from it. */
void
consprint(char *s, int n)
{
	if(started)
		qproduce(out[!constty].q, s, n);
	else
		uartputs(s, n);
}

void
consecho(char *s, int n)
{
	qproduce(out[0].q, s, n);
}

void
consdrain(void)
{
	qlock(&drainlock);
	if(waserror()){
		qunlock(&drainlock);
		nexterror();
	}
	sleep(&drainr, drained, nil);
	poperror();
	qunlock(&drainlock);
}

/* Output past the queues, for when the kernel may be broken. */
void
uartputs(char *s, int n)
{
	static char buf[BY2PG] __attribute__((aligned(BY2PG)));
	static struct lguest_dma dma;
	ulong m, offered;
	int sr, polls, k;
	uchar *p;

	sr = splhi();
	for(polls = 0; n > 0 && polls < Polls; s += k, n -= k){
		k = n < sizeof buf? n: sizeof buf;
		memmove(buf, s, k);
		for(p = (uchar*)buf; p < (uchar*)buf + k && polls < Polls; p += m){
			m = offer(&dma, LGUEST_STDERR_KEY, p, (uchar*)buf + k - p, &offered);
			if(m == 0)
				polls++;
		}
	}
	splx(sr);
}
