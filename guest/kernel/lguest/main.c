/*
 * Start: entry.S calls main with the boot parameters, on the boot stack, with
 * the hypervisor's page tables.  main brings up one thing after the other, each
 * needing only those before it, and ends in the scheduler with the first
 * process ready.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "io.h"

Conf	conf;
Proc	*up;
struct lguest_data	lguestdata;
volatile ulong	irqpending;
ulong	memsize;
ulong	initrdpa;
ulong	initrdlen;

static uchar	*bootparam;

/* The machine's end, in disorder: the hypervisor prints msg and a stack trace. */
void
crash(char *msg)
{
	static char buf[ERRMAX];	/* the hypervisor reads this many bytes */

	splhi();
	strecpy(buf, buf+sizeof buf, msg);
	hcall(LHCALL_CRASH, PADDR(buf), 0, 0);
	for(;;)
		;
}

/* The end in good order; an empty status is success. */
void
haltmachine(char *status)
{
	static char buf[ERRMAX];

	splhi();
	strecpy(buf, buf+sizeof buf, status);
	hcall(LHCALL_EXIT, PADDR(buf), 0, 0);
	for(;;)
		;
}

/* Portable code's word for the end: 0 is as asked for. */
void
exit(int disorder)
{
	if(disorder)
		crash("exit");
	haltmachine("");
}

void
archrandom(void *a, ulong n)
{
	static uchar buf[512];
	uchar *p;
	ulong k;

	for(p = a; n > 0; p += k, n -= k){
		k = n < sizeof buf? n: sizeof buf;
		hcall(LHCALL_RANDOM, PADDR(buf), k, 0);
		memmove(p, buf, k);
	}
	memset(buf, 0, sizeof buf);
}

static ulong
param32(int off)
{
	ulong v;

	memmove(&v, bootparam+off, sizeof v);
	return v;
}

/*
 * lguest describes memory as one e820 range that begins at 0.  What is taken
 * up at boot: the parameters, this kernel, the archive at the top, and the
 * hypervisor's first page tables below that, whose pages come back later.
 */
static void
meminit(void)
{
	uvlong base, size;
	int i, n, type;

	n = bootparam[BOOT_E820_COUNT];
	for(i = 0; i < n; i++){
		memmove(&base, bootparam+BOOT_E820_MAP+i*BOOT_E820_STRIDE, 8);
		memmove(&size, bootparam+BOOT_E820_MAP+i*BOOT_E820_STRIDE+8, 8);
		type = bootparam[BOOT_E820_MAP+i*BOOT_E820_STRIDE+16];
		if(type == 1 && base == 0)
			memsize = size > 0xFFFFF000? 0xFFFFF000: PGTRUNC((ulong)size);
	}
	if(memsize == 0)
		crash("boot parameters describe no memory at 0");
	if(bootparam[BOOT_LOADER_TYPE] != 0){
		initrdpa = param32(BOOT_INITRD_ADDR);
		initrdlen = param32(BOOT_INITRD_SIZE);
	}
	if(initrdlen != 0 && (initrdpa >= memsize || initrdlen > memsize-initrdpa))
		crash("boot parameters put the initrd outside of memory");
	if(initrdlen > KZERO-INITRDADDR)
		crash("the initrd is larger than 256 MiB");
}

static void
confinit(void)
{
	ulong low;

	low = memsize < KLINEAR? memsize: KLINEAR;
	conf.nmach = 1;
	conf.npage = memsize>>PGSHIFT;
	conf.nproc = 100 + 5*(low/MiB);
	if(conf.nproc > 2000)
		conf.nproc = 2000;
	conf.kmallocmax = low/2;
	conf.pipeqsize = 256*KiB;
	if(low < 64*MiB)
		conf.pipeqsize = 32*KiB;
}

static void
lguestinit(void)
{
	memset(lguestdata.hcall_status, 0xFF, sizeof lguestdata.hcall_status);
	lguestdata.noirq_start = (ulong)noirqstart;
	lguestdata.noirq_end = (ulong)noirqend;
	lguestdata.syscall_vec = VSYSCALL;
	hcall(LHCALL_LGUEST_INIT, PADDR(&lguestdata), 0, 0);
	hcall(LHCALL_IRQ_PENDING, PADDR(&irqpending), 0, 0);
}

/* Words name=value of the command line become variables; those whose names begin with * are for #ec alone. */
static void
cmdline(void)
{
	static char buf[2048];
	char *f[64], *val;
	ulong pa;
	int i, n;

	pa = param32(BOOT_CMDLINE_ADDR);
	if(pa == 0 || pa >= memsize || pa >= KLINEAR-sizeof buf)
		return;
	strecpy(buf, buf+sizeof buf, KADDR(pa));
	n = tokenize(buf, f, nelem(f));
	for(i = 0; i < n; i++){
		val = strchr(f[i], '=');
		if(val == nil || val == f[i] || memchr(f[i], '/', val-f[i]) != nil || val-f[i] >= KNAMELEN)
			continue;
		*val++ = 0;
		ksetenv(f[i], val, 1);
		if(f[i][0] != '*')
			ksetenv(f[i], val, 0);
	}
}

/* In process 1, still in the kernel: what needs to be able to sleep. */
static void
init0(void *a)
{
	USED(a);
	up->nerrlab = 0;
	spllo();
	if(waserror())
		panic("init0: %s", up->errstr);
	up->slash = namec("#/", Atodir, 0, 0);
	pathclose(up->slash->path);
	up->slash->path = newpath("/");
	up->dot = cclone(up->slash);
	chandevinit();
	ksetenv("cputype", "386", 0);
	ksetenv("terminal", "9guest lguest", 0);
	ksetenv("service", "terminal", 0);
	cmdline();
	poperror();
	up->kp = 0;
	segfill(up, up->seg[TSEG]);
	touser(USTKTOP-sizeof(Tos)-64);
}

/* Process 1: a page of code at UTZERO, a stack, and no file yet. */
static void
userinit(void)
{
	Proc *p;
	Page *pg;
	Segment *s;
	void *v;

	p = newproc("*init*", eve);
	p->pgrp = newpgrp();
	p->egrp = newegrp();
	p->fgrp = newfgrp();
	p->rgrp = smalloc(sizeof(Rgrp));
	p->rgrp->ref = 1;
	p->procmode = 0640;
	p->seg[SSEG] = newseg(SG_STACK, USTKTOP-USTKSIZE, USTKSIZE/BY2PG);
	s = newseg(SG_TEXT, UTZERO, 1);
	p->seg[TSEG] = s;
	pg = newpage(1);
	v = kmap(pg);
	memmove(v, initcode, initcodeend-initcode);
	kunmap(v);
	segpage(s, pg, UTZERO);
	p->kpfun = init0;
	p->kparg = nil;
	kprocchild(p, kprocstart);
	ready(p);
}

void
main(ulong paramspa)
{
	bootparam = KADDR(paramspa);
	memset(m, 0, BY2PG);
	lguestinit();
	meminit();
	confinit();
	mmuinit();
	trapinit();
	pageinit();
	mallocinit();
	quotefmtinstall();
	if(initrdlen != 0)
		addinitrd(initrdpa+initrdlen <= KLINEAR? KADDR(initrdpa): (uchar*)INITRDADDR, initrdlen);
	clockinit();
	procinit0();
	eve = kstrdup("");
	todinit();
	chandevreset();
	userinit();
	schedinit();
}
