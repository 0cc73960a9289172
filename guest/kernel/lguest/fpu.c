/*
 * Floating point registers.  They stay in the CPU until another process wants
 * them: whoever is not their owner runs with them disabled, and its first use
 * traps to fptrap.  A process that never uses them costs nothing.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"

enum
{
	Hot	= 32,		/* turns */

	/* where in an FXSAVE image */
	Fcw	= 0,
	Fsw	= 2,
	Fip	= 8,
	Mxcsr	= 24,
	Fpmask	= 0x3F,		/* the exceptions of a status or control word */

	/* what entry.S's fpfresh loads */
	Fcwfresh = 0x0232,
	Mxcsrfresh = 0x1F80,
};

static Proc	*owner;		/* whose state the registers hold */
static int	disabled = -1;	/* what the hypervisor was told last */

/* Use by the current process is to trap, or not. */
static void
fpdisable(int on)
{
	if(disabled == on)
		return;
	disabled = on;
	hcall(LHCALL_TS, on, 0, 0);
}


/* The registers go to their owner's memory, and are nobody's. */
static void
fpsaveowner(void)
{
	fpdisable(0);
	if(owner != nil)
		fpsave(&owner->fpsave);
	owner = nil;
}

/*
 * p is to run.  One that has come back for its registers lately gets them at
 * once, for a number of turns: a trap costs more than that.
 */
void
fpswitch(Proc *p)
{
	if(owner != p && p->fphot > 0){
		p->fphot--;
		fpsaveowner();
		fprestore(&p->fpsave);
		owner = p;
	}
	fpdisable(owner != p);
}

void
fpflush(Proc *p)
{
	int s;

	if(owner != p)
		return;
	s = splhi();
	fpdisable(0);
	fpsave(&p->fpsave);
	fpdisable(owner != up);
	splx(s);
}

/* The registers of p, or the ones that it would begin with. */
void
fpread(Proc *p, FPsave *f)
{
	fpflush(p);
	if(p->fpused){
		*f = p->fpsave;
		return;
	}
	memset(f, 0, sizeof *f);
	f->image[Fcw] = Fcwfresh & 0xFF;
	f->image[Fcw+1] = Fcwfresh>>8;
	f->image[Mxcsr] = Mxcsrfresh & 0xFF;
	f->image[Mxcsr+1] = Mxcsrfresh>>8;
}

/* A debugger changes p's registers; what would fault when they are loaded is masked. */
void
fpwrite(Proc *p, void *a, long n, ulong off)
{
	FPsave f;
	int s;

	s = splhi();
	fpread(p, &f);
	if(owner == p)
		owner = nil;
	memmove(f.image+off, a, n);
	p->fpsave = f;
	p->fpsave.image[Mxcsr+2] = 0;
	p->fpsave.image[Mxcsr+3] = 0;
	p->fpused = 1;
	if(p == up)
		fpdisable(1);
	splx(s);
}

/* A new image, or the end: what p had is of no interest any more. */
void
fpforget(Proc *p)
{
	p->fpused = 0;
	p->fphot = 0;
	if(owner == p)
		owner = nil;
	if(p == up)
		fpdisable(1);
}

void
procsetup(Proc *p)
{
	fpforget(p);
}

void
procfinish(Proc *p)
{
	fpforget(p);
	if(p->fpnoted != nil){
		free(p->fpnoted);
		p->fpnoted = nil;
	}
}

/* p, just made, has what up has. */
void
procfork(Proc *p)
{
	p->fpused = up->fpused;
	if(up->fpused){
		fpflush(up);
		p->fpsave = up->fpsave;
	}
}

/* Trap 7: the process wants the registers. */
void
fptrap(Ureg *ur)
{
	int s;

	USED(ur);
	s = splhi();
	if(owner != up){
		fpsaveowner();
		if(up->fpused){
			fprestore(&up->fpsave);
			up->fphot = Hot;
		}else
			fpfresh();
		up->fpused = 1;
		owner = up;
	}
	fpdisable(0);
	splx(s);
}

/*
 * A note handler has floating point registers of its own, fresh ones; those of
 * the interrupted code come back when it is done.
 */
void
fpnote(int enter)
{
	if(enter){
		if(!up->fpused)
			return;
		if(up->fpnoted == nil)
			up->fpnoted = smalloc(sizeof(FPsave)+16);
		fpflush(up);
		memmove(up->fpnoted, &up->fpsave, sizeof(FPsave));
		up->fpisnoted = 1;
		fpforget(up);
	}else if(up->fpisnoted){
		up->fpisnoted = 0;
		fpforget(up);
		memmove(&up->fpsave, up->fpnoted, sizeof(FPsave));
		up->fpused = 1;
	}
}

/*
 * An unmasked exception of x87 (16) or SSE (19): a note says which.  The flag
 * is cleared in the registers, or the next instruction would trap again.
 */
void
fperror(Ureg *ur)
{
	static char *name[6] = {
		"invalid operation",
		"denormalized operand",
		"division by zero",
		"numeric overflow",
		"numeric underflow",
		"precision loss",
	};
	uchar *f;
	ulong status, active, pc;
	char *msg, buf[ERRMAX];
	int i, s;

	s = splhi();
	fpflush(up);
	f = up->fpsave.image;
	if(ur->trap == 19){
		status = f[Mxcsr] & Fpmask;
		active = status & ~((f[Mxcsr] | f[Mxcsr+1]<<8)>>7);
		pc = ur->pc;
		f[Mxcsr] &= ~Fpmask;
	}else{
		status = f[Fsw] | f[Fsw+1]<<8;
		active = status & ~f[Fcw];
		pc = f[Fip] | f[Fip+1]<<8 | f[Fip+2]<<16 | (ulong)f[Fip+3]<<24;
		f[Fsw] = 0;
		f[Fsw+1] &= 0x7F;
	}
	if(owner == up)
		owner = nil;
	fpdisable(1);
	splx(s);
	if(!okaddr(pc, 1, 0))
		pc = ur->pc;		/* an emulator's FPU knows its own addresses only */
	msg = "unknown exception";
	for(i = 0; i < nelem(name); i++)
		if(active & 1<<i){
			msg = name[i];
			break;
		}
	if((active & 1) && ur->trap != 19 && (status & 0x40))
		msg = status & 0x200? "stack overflow": "stack underflow";
	snprint(buf, sizeof buf, "sys: fp: %s fppc=0x%lux status=0x%lux", msg, pc, status);
	postnote(up, 1, buf, NDebug);
}
