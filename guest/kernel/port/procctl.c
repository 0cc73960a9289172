/*
 * What is written to /proc/n/ctl.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "devproc.h"

enum
{
	CMclose,
	CMclosefiles,
	CMevent,
	CMfixedpri,
	CMhang,
	CMinterrupt,
	CMkill,
	CMnohang,
	CMnointerrupt,
	CMnoswap,
	CMpri,
	CMprivate,
	CMprofile,
	CMstart,
	CMstartstop,
	CMstartsyscall,
	CMstop,
	CMtrace,
	CMwaitstop,
	CMwired,
	CMunoffered,
};

static Cmdtab proccmd[] = {
	{ CMclose,	"close",	2 },
	{ CMclosefiles,	"closefiles",	1 },
	{ CMevent,	"event",	0 },
	{ CMfixedpri,	"fixedpri",	2 },
	{ CMhang,	"hang",		1 },
	{ CMinterrupt,	"interrupt",	1 },
	{ CMkill,	"kill",		1 },
	{ CMnohang,	"nohang",	1 },
	{ CMnointerrupt, "nointerrupt",	1 },
	{ CMnoswap,	"noswap",	1 },
	{ CMpri,	"pri",		2 },
	{ CMprivate,	"private",	1 },
	{ CMprofile,	"profile",	1 },
	{ CMstart,	"start",	1 },
	{ CMstartstop,	"startstop",	1 },
	{ CMstartsyscall, "startsyscall", 1 },
	{ CMstop,	"stop",		1 },
	{ CMtrace,	"trace",	0 },
	{ CMwaitstop,	"waitstop",	1 },
	{ CMwired,	"wired",	2 },
	/* real time */
	{ CMunoffered,	"admit",	0 },
	{ CMunoffered,	"cost",		0 },
	{ CMunoffered,	"deadline",	0 },
	{ CMunoffered,	"deadlinenotes", 0 },
	{ CMunoffered,	"expel",	0 },
	{ CMunoffered,	"extra",	0 },
	{ CMunoffered,	"period",	0 },
	{ CMunoffered,	"sporadic",	0 },
};

typedef struct Stopping Stopping;
struct Stopping
{
	Proc	*p;
	ulong	pid;
};

static int
procstopped(void *a)
{
	Stopping *w;

	w = a;
	return w->p->state == Stopped || w->p->pid != w->pid || w->p->state == Broken;
}

/* Have p stop, for the reason ctl or when it does by itself, and wait for that. */
static void
stopwait(Proc *p, int ctl)
{
	Stopping w;
	char *state;

	if(p->pdbg != nil)
		error(Einuse);
	w.p = p;
	w.pid = p->pid;
	if(procstopped(&w))
		return;
	if(p == up)
		error(Ebadctl);
	if(ctl != 0)
		p->procctl = ctl;
	p->pdbg = up;
	qunlock(&p->debug);
	state = up->psstate;
	up->psstate = "Stopwait";
	if(waserror()){
		if(p->pdbg == up)
			p->pdbg = nil;
		qlock(&p->debug);
		up->psstate = state;
		nexterror();
	}
	sleep(&up->sleep, procstopped, &w);
	poperror();
	qlock(&p->debug);
	up->psstate = state;
	if(p->pid != w.pid)
		error(Eprocdied);
}

static void
mustbestopped(Proc *p)
{
	if(p->state != Stopped)
		error(Ebadctl);
}

static void
restart(Proc *p, int ctl)
{
	mustbestopped(p);
	p->procctl = ctl;
	ready(p);
	if(ctl != 0)
		stopwait(p, ctl);
}

static void
killproc(Proc *p)
{
	switch(p->state){
	case Broken:
		unbreak(p);
		break;
	case Stopped:
		p->procctl = Proc_exitme;
		postnote(p, 0, "sys: killed", NExit);
		ready(p);
		break;
	default:
		p->procctl = Proc_exitme;
		postnote(p, 0, "sys: killed", NExit);
	}
}

static void
closefd(Proc *p, int fd)
{
	Fgrp *f;
	Chan *c;

	f = p->fgrp;
	if(f == nil)
		error(Eprocdied);
	if((uint)fd >= (uint)f->nfd || (c = f->fd[fd]) == nil)
		error(Ebadfd);
	f->fd[fd] = nil;
	if(fd < f->minfd)
		f->minfd = fd;
	while(f->maxfd >= 0 && f->fd[f->maxfd] == nil)
		f->maxfd--;
	cclose(c);
}

static void
closeall(Proc *p)
{
	int i;

	if(p->fgrp == nil)
		error(Eprocdied);
	for(i = 0; i <= p->fgrp->maxfd; i++)
		if(p->fgrp->fd[i] != nil)
			closefd(p, i);
}

/* A priority above the normal one is for the host owner to give. */
static void
setpri(Proc *p, char *s, int fixed)
{
	int pri;

	pri = atoi(s);
	if(pri > PriNormal && pri > p->basepri && !iseve())
		error(Eperm);
	procpriority(p, pri, fixed);
}

/* Count from now on, or anew, where the program is at each tick. */
static void
startprofile(Proc *p)
{
	Segment *s;
	ulong *counts, size;

	s = p->seg[TSEG];
	if(s == nil || (s->type & SG_TYPE) != SG_TEXT)
		error(Ebadctl);
	size = (s->top-s->base >> LRESPROF)*sizeof(*counts);
	if(mallocused()+size > mallocmax()/2 || (counts = mallocz(size, 1)) == nil)
		error(Enomem);
	free(s->profile);
	s->profile = counts;
}

static void
settrace(Proc *p, Cmdbuf *cb)
{
	switch(cb->nf){
	case 1:
		p->trace ^= 1;
		break;
	case 2:
		p->trace = atoi(cb->f[1]) != 0;
		break;
	default:
		cmderror(cb, Ecmdargs);
	}
}

void
procctlreq(Proc *p, char *va, int n)
{
	Cmdbuf *cb;
	Cmdtab *ct;

	if(p->kp)
		error(Eperm);
	cb = parsecmd(va, n);
	if(waserror()){
		free(cb);
		nexterror();
	}
	ct = lookupcmd(cb, proccmd, nelem(proccmd));
	switch(ct->index){
	case CMclose:
		closefd(p, atoi(cb->f[1]));
		break;
	case CMclosefiles:
		closeall(p);
		break;
	case CMevent:
		traceevent(up, SUser);
		break;
	case CMfixedpri:
		setpri(p, cb->f[1], 1);
		break;
	case CMhang:
		p->hang = 1;
		break;
	case CMinterrupt:
		breaksleep(p);
		break;
	case CMkill:
		killproc(p);
		break;
	case CMnohang:
		p->hang = 0;
		break;
	case CMnointerrupt:
		if(!keepsleep(p))
			error("notes pending");
		break;
	case CMnoswap:
		p->noswap = 1;
		break;
	case CMpri:
		setpri(p, cb->f[1], 0);
		break;
	case CMprivate:
		p->privatemem = 1;
		break;
	case CMprofile:
		startprofile(p);
		break;
	case CMstart:
		restart(p, 0);
		break;
	case CMstartstop:
		restart(p, Proc_traceme);
		break;
	case CMstartsyscall:
		restart(p, Proc_tracesyscall);
		break;
	case CMstop:
		stopwait(p, Proc_stopme);
		break;
	case CMtrace:
		settrace(p, cb);
		break;
	case CMwaitstop:
		stopwait(p, 0);
		break;
	case CMwired:
		p->wired = 1;		/* whatever its number, it is the only one */
		break;
	case CMunoffered:
		cmderror(cb, "not offered by this kernel");
	}
	poperror();
	free(cb);
}
