/*
 * The system call: entry.S calls syscall with the program's registers.  The
 * table gives each number its function; an argument is one word of the user's stack,
 * and the result goes to AX, or -1 with the reason in the process's error string.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Nargs	= 5,
};

typedef long Syscall(ulong*);

Syscall	sysr1, sysolderrstr, sysbind, syschdir, sysclose, sysdup, sysalarm, sysexec, sysexits, sys_fsession,
	sysfauth, sys_fstat, syssegbrk, sys_mount, sysopen, sys_read, sysoseek, syssleep, sys_stat, sysrfork,
	sys_write, syspipe, syscreate, sysfd2path, sysbrk_, sysremove, sys_wstat, sys_fwstat, sysnotify, sysnoted,
	syssegattach, syssegdetach, syssegfree, syssegflush, sysrendezvous, sysunmount, sysoldwait, syssemacquire,
	syssemrelease, sysseek, sysfversion, syserrstr, sysstat, sysfstat, syswstat, sysfwstat, sysmount, sysawait,
	syspread, syspwrite, systsemacquire, sysnsec;

static struct
{
	Syscall	*f;
	char	*name;		/* as /proc shows it while the call lasts */
} systab[] = {
	[0]	sysr1,		"Running",
	[1]	sysolderrstr,	"_errstr",
	[2]	sysbind,	"Bind",
	[3]	syschdir,	"Chdir",
	[4]	sysclose,	"Close",
	[5]	sysdup,		"Dup",
	[6]	sysalarm,	"Alarm",
	[7]	sysexec,	"Exec",
	[8]	sysexits,	"Exits",
	[9]	sys_fsession,	"_fsession",
	[10]	sysfauth,	"Fauth",
	[11]	sys_fstat,	"_fstat",
	[12]	syssegbrk,	"Segbrk",
	[13]	sys_mount,	"_mount",
	[14]	sysopen,	"Open",
	[15]	sys_read,	"_read",
	[16]	sysoseek,	"Oseek",
	[17]	syssleep,	"Sleep",
	[18]	sys_stat,	"_stat",
	[19]	sysrfork,	"Rfork",
	[20]	sys_write,	"_write",
	[21]	syspipe,	"Pipe",
	[22]	syscreate,	"Create",
	[23]	sysfd2path,	"Fd2path",
	[24]	sysbrk_,	"Brk",
	[25]	sysremove,	"Remove",
	[26]	sys_wstat,	"_wstat",
	[27]	sys_fwstat,	"_fwstat",
	[28]	sysnotify,	"Notify",
	[29]	sysnoted,	"Noted",
	[30]	syssegattach,	"Segattach",
	[31]	syssegdetach,	"Segdetach",
	[32]	syssegfree,	"Segfree",
	[33]	syssegflush,	"Segflush",
	[34]	sysrendezvous,	"Rendez",
	[35]	sysunmount,	"Unmount",
	[36]	sysoldwait,	"_wait",
	[37]	syssemacquire,	"Semacquire",
	[38]	syssemrelease,	"Semrelease",
	[39]	sysseek,	"Seek",
	[40]	sysfversion,	"Fversion",
	[41]	syserrstr,	"Errstr",
	[42]	sysstat,	"Stat",
	[43]	sysfstat,	"Fstat",
	[44]	syswstat,	"Wstat",
	[45]	sysfwstat,	"Fwstat",
	[46]	sysmount,	"Mount",
	[47]	sysawait,	"Await",
	[50]	syspread,	"Pread",
	[51]	syspwrite,	"Pwrite",
	[52]	systsemacquire,	"Tsemacquire",
	[53]	sysnsec,	"Nsec",
};

static long
badcall(ulong nr)
{
	pprint("bad sys call number %lud pc %#lux\n", nr, userpc());
	postnote(up, 1, "sys: bad sys call", NDebug);
	error(Ebadarg);
}

/* A process under startsyscall stops before the call and after it. */
static void
traced(Ureg *ur, char *when, long ret)
{
	char *s;

	if(up->procctl != Proc_tracesyscall)
		return;
	s = smprint("%lud %s %s %s %#lux %#lux %#lux %#lux %#lux %#lux = %ld\n", up->pid, up->text, when,
		up->scallnr < nelem(systab) && systab[up->scallnr].name? systab[up->scallnr].name: "?", ur->pc,
		up->sargs[0], up->sargs[1], up->sargs[2], up->sargs[3], up->sargs[4], ret);
	free(up->syscalltrace);
	up->syscalltrace = s;
	up->procctl = Proc_stopme;
	procctl(up);
	free(up->syscalltrace);
	up->syscalltrace = nil;
}

void
syscall(Ureg *ur)
{
	ulong nr, *sp;
	char *e;
	long ret;

	nr = ur->ax;
	up->dbgreg = ur;
	up->scallnr = nr;
	up->nerrlab = 0;
	m->syscall++;
	profenter();
	if(!waserror()){
		sp = (ulong*)ur->usp+1;
		if((ulong)sp >= KERNBASE-(Nargs+1)*BY2WD)
			validaddr((ulong)sp, Nargs*BY2WD, 0);
		up->sargs[0] = sp[0];
		up->sargs[1] = sp[1];
		up->sargs[2] = sp[2];
		up->sargs[3] = sp[3];
		up->sargs[4] = sp[4];
		if(up->procctl == Proc_tracesyscall)
			traced(ur, "enters", 0);
		if(nr >= nelem(systab) || systab[nr].f == nil)
			badcall(nr);
		up->psstate = systab[nr].name;
		ret = systab[nr].f(up->sargs);
		poperror();
	}else{
		e = up->syserrstr;
		up->syserrstr = up->errstr;
		up->errstr = e;
		ret = -1;
	}
	if(up->nerrlab != 0)
		panic("system call %lud leaves %d error labels", nr, up->nerrlab);
	ur->ax = ret;
	up->psstate = nil;
	if(up->procctl == Proc_tracesyscall)
		traced(ur, "leaves", ret);
	if(m->resched || up->procctl || up->nnote)
		userexit(ur);
	if(up->kentry != 0)
		profleave();
	splhi();
}

long
sysnoted(ulong *arg)
{
	return noted(up->dbgreg, arg[0]);
}

long
sysnotify(ulong *arg)
{
	if(arg[0] != 0)
		validaddr(arg[0], 1, 0);
	up->notify = arg[0];
	return 0;
}
