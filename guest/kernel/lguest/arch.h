/*
 * What the 386 and lguest add to the portable kernel's data: trap frames,
 * saved contexts, the per-CPU Mach, and the few operations that must be inline.
 * dat.h includes it before everything else.
 */

typedef struct FPsave	FPsave;
typedef struct Label	Label;
typedef struct Mach	Mach;
typedef struct PMMU	PMMU;
typedef struct Space	Space;
typedef struct Ureg	Ureg;

/* A trap frame: programs see it in note handlers and in /proc/n/regs. */
struct Ureg
{
	ulong	di;
	ulong	si;
	ulong	bp;
	ulong	nsp;
	ulong	bx;
	ulong	dx;
	ulong	cx;
	ulong	ax;
	ulong	gs;
	ulong	fs;
	ulong	es;
	ulong	ds;
	ulong	trap;
	ulong	ecode;
	ulong	pc;
	ulong	cs;
	ulong	flags;
	union {
		ulong	usp;
		ulong	sp;
	};
	ulong	ss;
};

/* Where setlabel was; setlabel and gotolabel know the offsets. */
struct Label
{
	ulong	sp;
	ulong	pc;
	ulong	bx;
	ulong	si;
	ulong	di;
	ulong	bp;
};

/* FXSAVE image. */
struct FPsave
{
	uchar	image[512];
} __attribute__((aligned(16)));

/* A process's page tables; nil until it has memory. */
struct PMMU
{
	Space	*space;
};

/* One CPU.  It lies at MACHADDR. */
struct Mach
{
	int	machno;
	ulong	ticks;		/* 1/HZ seconds since boot */
	struct Proc *proc;	/* up */
	int	ilockdepth;
	int	resched;	/* someone better than proc is ready */
	uvlong	tschz;		/* of rdtsc(), 0 if it cannot tell the time */
	ulong	*pgdir;		/* current directory */
	ulong	cs;		/* counters for sysstat: context switches */
	ulong	intr;
	ulong	syscall;
	ulong	pfault;
	ulong	tlbfault;
	ulong	tlbpurge;
	ulong	load;		/* average of ready processes, times 1000 */
	uvlong	idlens;		/* time spent idle */
	uvlong	intrns;		/* time spent in interrupts */
};

static Mach *const m __attribute__((unused)) = (Mach*)MACHADDR;
#define MACHP(n) ((Mach*)MACHADDR)
extern struct Proc	*up;	/* the process that runs: m->proc */

/* Interrupts are a word of memory that the hypervisor looks at. */
extern volatile ulong	irqenabled __asm__("lguestdata");
extern volatile ulong	irqpending;
void	irqtake(void);

static inline int
splhi(void)
{
	int s;

	s = irqenabled;
	irqenabled = 0;
	__asm__ volatile("" ::: "memory");
	return s;
}

static inline int
spllo(void)
{
	int s;

	__asm__ volatile("" ::: "memory");
	s = irqenabled;
	irqenabled = 0x200;
	if(irqpending)
		irqtake();
	return s;
}

static inline void
splx(int s)
{
	if(s)
		spllo();
	else
		splhi();
}

static inline int
islo(void)
{
	return irqenabled != 0;
}

static inline uvlong
rdtsc(void)
{
	ulong lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uvlong)hi<<32 | lo;
}

int	setlabel(Label*) __attribute__((returns_twice));
void	gotolabel(Label*) noreturn;
