/*
 * Traps, faults and interrupts, all but the system call: entry.S calls trap
 * with the frame.  All vectors here are interrupt gates, so trap begins with
 * interrupts off, except the three that a program may raise by an instruction.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"

enum
{
	Tdebug	= 1,
	Tbreak	= 3,
	Toverflow = 4,
	Tbound	= 5,
	Tnofpu	= 7,
	Tfault	= 14,
	Tfp	= 16,
	Tsimd	= 19,

	Intgate	= 0x8E00,
	Trapgate = 0x8F00,
	Dpl3	= 0x6000,

	Ewrite	= 2,		/* in the error code of a page fault */
};

/* What a program is told, "sys: trap: " and this. */
static char *trapname[32] = {
	[0]	"divide error",
	[1]	"debug exception",
	[2]	"nonmaskable interrupt",
	[3]	"breakpoint",
	[4]	"overflow",
	[5]	"bounds check",
	[6]	"invalid opcode",
	[7]	"coprocessor not available",
	[8]	"double fault",
	[9]	"coprocessor segment overrun",
	[10]	"invalid TSS",
	[11]	"segment not present",
	[12]	"stack exception",
	[13]	"general protection violation",
	[14]	"page fault",
	[15]	"15 (reserved)",
	[16]	"coprocessor error",
	[17]	"alignment check",
	[18]	"machine check",
	[19]	"SIMD error",
};

static struct
{
	void	(*f)(Ureg*, void*);
	void	*a;
} irqtab[LGUEST_IRQS];

static void
setgate(int v, ulong pc, ulong type)
{
	hcall(LHCALL_LOAD_IDT_ENTRY, v, (KCSEL&~3)<<16 | (pc&0xFFFF), (pc&0xFFFF0000)|type);
}

/* Descriptors and gates; the numbers of the former are fixed by lguest. */
void
trapinit(void)
{
	static ulong gdt[LGUEST_GDT_ENTRIES][2];
	int v;

	gdt[LGUEST_GDT_KCODE][0] = gdt[LGUEST_GDT_KDATA][0] = 0x0000FFFF;
	gdt[LGUEST_GDT_UCODE][0] = gdt[LGUEST_GDT_UDATA][0] = 0x0000FFFF;
	gdt[LGUEST_GDT_KCODE][1] = 0x00CFBB00;
	gdt[LGUEST_GDT_KDATA][1] = 0x00CFB300;
	gdt[LGUEST_GDT_UCODE][1] = 0x00CFFB00;
	gdt[LGUEST_GDT_UDATA][1] = 0x00CFF300;
	hcall(LHCALL_LOAD_GDT, PADDR(gdt), LGUEST_GDT_ENTRIES, 0);
	loadsegs(UDSEL);
	for(v = 0; v < 64; v++)
		if(v == Tbreak || v == Toverflow || v == Tbound)
			setgate(v, (ulong)vectors+v*16, Trapgate|Dpl3);
		else if(v != 2 && v != 8 && v != 15 && v != 31)
			setgate(v, (ulong)vectors+v*16, Intgate);
	setgate(VSYSCALL, (ulong)vsyscall, Trapgate|Dpl3);
	hcall(LHCALL_SET_STACK, KDSEL, (ulong)bootstack+4*BY2PG, 2);
	lguestdata.blocked_interrupts = ~0;
}

/* From now on f(frame, a) is called, interrupts off, when irq n comes. */
void
intrenable(int n, void (*f)(Ureg*, void*), void *a)
{
	if(n < 0 || n >= LGUEST_IRQS || irqtab[n].f != nil){
		print("irq %d is not to be had\n", n);
		return;
	}
	irqtab[n].a = a;
	irqtab[n].f = f;
	lguestdata.blocked_interrupts &= ~(1u<<n);
}

static void
irq(Ureg *ur, int n)
{
	m->intr++;
	if(irqtab[n].f != nil)
		irqtab[n].f(ur, irqtab[n].a);
	else
		lguestdata.blocked_interrupts |= 1u<<n;
}

/*
 * A fault in the kernel at a user's address: either it can be made good, or
 * the system call that has touched it fails.
 */
static void
kernelfault(Ureg *ur, ulong addr, int read)
{
	if(addr >= KERNBASE || up == nil || up->kp)
		goto Bad;
	if(ur->flags & 0x200)
		spllo();
	if(fault(addr, read) == 0)
		return;
	if(up->nerrlab == 0)
		goto Bad;
	spllo();
	postnote(up, 1, "sys: bad address in syscall", NDebug);
	error(Ebadarg);
Bad:
	splhi();
	dumpregs(ur);
	panic("kernel fault: %s addr=%#.8lux pc=%#.8lux", read? "read": "write", addr, ur->pc);
}

static void
pagefault(Ureg *ur, int user)
{
	ulong addr;
	int read;
	char buf[ERRMAX];

	addr = lguestdata.cr2;
	read = !(ur->ecode & Ewrite);
	m->pfault++;
	if(!user){
		kernelfault(ur, addr, read);
		return;
	}
	spllo();
	profenter();
	if(addr < KERNBASE && fault(addr, read) == 0)
		return;
	snprint(buf, sizeof buf, "sys: trap: fault %s addr=0x%lux", read? "read": "write", addr);
	postnote(up, 1, buf, NDebug);
}

void
trap(Ureg *ur)
{
	int user, v;
	char buf[ERRMAX];

	v = ur->trap;
	user = (ur->cs & 3) == 3;
	if(user)
		up->dbgreg = ur;
	if(v >= VIRQ){
		irq(ur, v-VIRQ);
	}else if(v == Tfault){
		pagefault(ur, user);
	}else if(user){
		spllo();
		if(v == Tnofpu)
			fptrap(ur);
		else if(v == Tfp || v == Tsimd)
			fperror(ur);
		else if(v == Tbreak){
			/* where the debugger has put it, not behind */
			ur->pc--;
			postnote(up, 1, "sys: breakpoint", NDebug);
		}
		else{
			snprint(buf, sizeof buf, "sys: trap: %s", v < nelem(trapname) && trapname[v]? trapname[v]: "unknown");
			postnote(up, 1, buf, NDebug);
		}
	}else{
		splhi();
		dumpregs(ur);
		panic("trap in the kernel: %s pc=%#.8lux error=%#lux", v < nelem(trapname) && trapname[v]? trapname[v]: "unknown", ur->pc, ur->ecode);
	}
	if(user){
		if(up->kentry != 0 || up->profticks != 0){
			spllo();
			if(up->kentry != 0)
				profleave();
			if(up->profticks != 0)
				proftold(ur);
		}
		userexit(ur);
	}
}

void
dumpregs(Ureg *ur)
{
	iprint("trap %lud error %#lux flags %#lux cr2 %#.8ux process %lud %s\n", ur->trap, ur->ecode, ur->flags,
		lguestdata.cr2, up != nil? up->pid: 0, up != nil && up->text != nil? up->text: "none");
	iprint("pc %.8lux sp %.8lux bp %.8lux ax %.8lux bx %.8lux cx %.8lux dx %.8lux si %.8lux di %.8lux\n",
		ur->pc, (ur->cs & 3) == 3? ur->usp: (ulong)&ur->usp, ur->bp, ur->ax, ur->bx, ur->cx, ur->dx, ur->si, ur->di);
	iprint("cs %.4lux ds %.4lux es %.4lux fs %.4lux gs %.4lux\n", ur->cs&0xFFFF, ur->ds&0xFFFF, ur->es&0xFFFF, ur->fs&0xFFFF, ur->gs&0xFFFF);
}
