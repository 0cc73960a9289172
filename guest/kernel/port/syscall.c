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
	Rfork	= 19,
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
	char	*args;		/* their kinds, see tracecall */
} systab[] = {
	[0]	sysr1,		"Running",	"",
	[1]	sysolderrstr,	"_errstr",	"x",
	[2]	sysbind,	"Bind",		"ssx",
	[3]	syschdir,	"Chdir",	"s",
	[4]	sysclose,	"Close",	"d",
	[5]	sysdup,		"Dup",		"dd",
	[6]	sysalarm,	"Alarm",	"d",
	[7]	sysexec,	"Exec",		"sx",
	[8]	sysexits,	"Exits",	"s",
	[9]	sys_fsession,	"_fsession",	"dxd",
	[10]	sysfauth,	"Fauth",	"ds",
	[11]	sys_fstat,	"_fstat",	"dx",
	[12]	syssegbrk,	"Segbrk",	"xx",
	[13]	sys_mount,	"_mount",	"dsxs",
	[14]	sysopen,	"Open",		"sx",
	[15]	sys_read,	"_read",	"dxd",
	[16]	sysoseek,	"Oseek",	"ddd",
	[17]	syssleep,	"Sleep",	"d",
	[18]	sys_stat,	"_stat",	"sx",
	[19]	sysrfork,	"Rfork",	"x",
	[20]	sys_write,	"_write",	"dxd",
	[21]	syspipe,	"Pipe",		"x",
	[22]	syscreate,	"Create",	"sxx",
	[23]	sysfd2path,	"Fd2path",	"dxd",
	[24]	sysbrk_,	"Brk",		"x",
	[25]	sysremove,	"Remove",	"s",
	[26]	sys_wstat,	"_wstat",	"sx",
	[27]	sys_fwstat,	"_fwstat",	"dx",
	[28]	sysnotify,	"Notify",	"x",
	[29]	sysnoted,	"Noted",	"d",
	[30]	syssegattach,	"Segattach",	"xsxd",
	[31]	syssegdetach,	"Segdetach",	"x",
	[32]	syssegfree,	"Segfree",	"xd",
	[33]	syssegflush,	"Segflush",	"xd",
	[34]	sysrendezvous,	"Rendez",	"xx",
	[35]	sysunmount,	"Unmount",	"ss",
	[36]	sysoldwait,	"_wait",	"x",
	[37]	syssemacquire,	"Semacquire",	"xd",
	[38]	syssemrelease,	"Semrelease",	"xd",
	[39]	sysseek,	"Seek",		"xdvd",
	[40]	sysfversion,	"Fversion",	"ddsd",
	[41]	syserrstr,	"Errstr",	"xd",
	[42]	sysstat,	"Stat",		"sxd",
	[43]	sysfstat,	"Fstat",	"dxd",
	[44]	syswstat,	"Wstat",	"sxd",
	[45]	sysfwstat,	"Fwstat",	"dxd",
	[46]	sysmount,	"Mount",	"ddsxs",
	[47]	sysawait,	"Await",	"xd",
	[50]	syspread,	"Pread",	"dxdv",
	[51]	syspwrite,	"Pwrite",	"dxdv",
	[52]	systsemacquire,	"Tsemacquire",	"xd",
	[53]	sysnsec,	"Nsec",		"x",
};

static long
badcall(ulong nr)
{
	pprint("bad sys call number %lud pc %#lux\n", nr, userpc());
	postnote(up, 1, "sys: bad sys call", NDebug);
	error(Ebadarg);
}

/* A process under startsyscall stops before the call and after it, with text for its file syscall. */
static void
tracestop(char *s)
{
	up->syscalltrace = s;
	up->procctl = Proc_stopme;
	procctl(up);
	up->syscalltrace = nil;
	free(s);
}

static void
traceenter(ulong nr, ulong pc)
{
	if(nr < nelem(systab) && systab[nr].f != nil)
		tracestop(tracecall(systab[nr].name, systab[nr].args, pc));
	else
		tracestop(tracecall("?", "", pc));
	up->tracens = todget(nil);
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
			traceenter(nr, ur->pc);
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
		tracestop(traceresult(ret));
	if(nr == Rfork && up->notify != 0 && up->procctl == 0 && !up->notelater){
		/*
		 * A handler of the parent runs on the next way out: not between a fork and
		 * what follows it.  If that is another fork, there.
		 */
		up->notelater = 1;
		splhi();
		while(m->resched)
			resched();
		spllo();
	}else{
		up->notelater = 0;
		if(m->resched || up->procctl || up->nnote)
			userexit(ur);
	}
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
