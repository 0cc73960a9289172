/*
 * Functions of the portable kernel by the file that defines them, but for
 * those in chan.h and qio.h; then what the port supplies.
 */

/* alloc.c: kernel memory.  smalloc waits, and so never fails; sizes in bytes. */
void*	malloc(ulong);
void*	mallocz(ulong, int);
void*	smalloc(ulong);			/* zeroed */
void*	realloc(void*, ulong);
void	free(void*);
ulong	msize(void*);
void	mallocinit(void);
ulong	mallocused(void);		/* bytes */
ulong	mallocmax(void);
void	setmalloctag(void*, ulong);
char*	kstrdup(char*);
void	kstrcpy(char*, char*, int);	/* cuts at a rune's edge */
void	kstrdupto(char**, char*);	/* *p = kstrdup(s), then free the old */

/* lock.c */
void	lock(Lock*);
void	unlock(Lock*);
void	ilock(Lock*);
void	iunlock(Lock*);
void	badref(Ref*) noreturn;
static inline long
incref(Ref *r)
{
	return ++r->ref;
}
static inline long
decref(Ref *r)				/* the new value */
{
	if(--r->ref < 0)
		badref(r);
	return r->ref;
}
void	qlock(QLock*);
int	canqlock(QLock*);
void	qunlock(QLock*);
void	rlock(RWlock*);
void	runlock(RWlock*);
void	wlock(RWlock*);
void	wunlock(RWlock*);

/* sched.c */
void	accounttime(Ureg*);
int	nrunnable(void);
void	procpriority(Proc*, int, int);	/* priority, fixed? */
void	ready(Proc*);
void	resched(void);			/* others of the same right may run */
void	sched(void);			/* with interrupts off */
void	schedinit(void);
void	yield(void);			/* others may run, whoever they are */

/* proc.c */
void	procinit0(void);
Proc*	newproc(char*, char*);		/* name, user; nil: there is no room */
void	procfree(Proc*);
void	kproc(char*, void (*)(void*), void*);	/* or error(Enoproc) */
void	pexit(char*, int) noreturn;
Proc*	proctab(int);			/* i-th slot, nil if none */
int	procindex(ulong);		/* slot of a pid, or -1 */
void	sleep(Rendez*, int (*)(void*), void*);	/* error(Eintr) by a note */
void	tsleep(Rendez*, int (*)(void*), void*, ulong);	/* ms at most */
int	wascut(void);			/* after an error, with a part done: by a note? */
Proc*	wakeup(Rendez*);		/* who was there, or nil */
int	return0(void*);
void	killbig(void);			/* memory is short: the largest process is to die */
void	addbroken(Proc*);
int	freebroken(void);
void	unbreak(Proc*);
ulong	pwait(Proc*, Waitmsg*);		/* whose child */
void	renameuser(char*, char*);
char*	procstate(Proc*);

/* err.c */
void	error(char*) noreturn;
void	errorf(char*, ...) noreturn;
void	nexterror(void) noreturn;
/*
 * The compiler's own setjmp and not setlabel: only of that it knows that each call
 * may come back here, so that a handler sees what variables were last set to.
 */
#define	waserror()	(up->nerrlab++, __builtin_setjmp((void**)&up->errlab[up->nerrlab-1]))
#define	poperror()	(up->nerrlab--)

/* note.c */
int	postnote(Proc*, int, char*, int);	/* unused, text, NUser... : 0 if not posted */
void	postnotepg(ulong, char*, int);	/* noteid, text, class */
void	breaksleep(Proc*);		/* as a note does, or its next one */
int	keepsleep(Proc*);		/* the next is not broken: 0 if it has a note */
void	procctl(Proc*);
void	notify(Ureg*);
long	noted(Ureg*, int);
void	userexit(Ureg*);		/* before any return to user mode */
void	pprint(char*, ...);		/* to the process's fd 2 */

/* alarm.c, timer.c */
ulong	procalarm(ulong);
void	timeradd(Timer*);
void	timerdel(Timer*);
void	timerintr(Ureg*);
void	addclock0link(void (*)(void), int);	/* every so many ms */
void	tickstart(void);		/* a process is going to run */
ulong	ticksnow(void);
#define	seconds()	((long)(todget(nil)/1000000000LL))

/* tod.c */
vlong	todget(vlong*);			/* ns since 1970; *ticks = fastticks */
void	todset(vlong, vlong, int);
void	todsetfreq(vlong);
uvlong	todfreq(void);
void	todinit(void);

/* page.c */
Page*	newpage(int);			/* clear?  may wait; nil: no memory, process is to die */
int	newrun(Page**, int, int);	/* up to so many neighbours, clear?: how many */
void	putpage(Page*);
void	pageinit(void);
int	pagereclaim(void);		/* pages freed of what is only kept in case */
ulong	pagesfree(void);
ulong	pagepa(Page*);
Page*	papage(ulong);
Page*	kernpages(int);			/* low memory in 2^order pages, for the kernel; nil */
void	kernpagesfree(Page*, int);

/* segment.c */
Segment* newseg(int, ulong, ulong);	/* type, base, pages */
void	putseg(Segment*);
Segment* dupseg(Proc*, int, int);	/* for whom, which of up's, share memory? */
Segment* seg(Proc*, ulong, int);	/* the one with this address, locked? */
ulong*	segentry(Segment*, ulong, int);	/* of an address; one that is to be made is there, or error(Enovmem) */
ulong*	segslot(Segment*, ulong, int);	/* the same, or nil */
void	segpage(Segment*, Page*, ulong);
void	segchanged(Segment*, ulong);	/* the page at va is another one now */
void	segreplace(Segment*, ulong, ulong*, Page*);	/* address, its entry, the page to be there */
void	segdrop(Segment*, ulong, ulong);	/* pages of [from, to) are no more */
int	isoverlap(ulong, ulong);
void	segfill(Proc*, Segment*);	/* give p's tables what is in memory */
Segment* textseg(Image*, ulong, ulong);	/* a segment of text: base, top */

/* segattach.c */
ulong	ibrk(ulong, int);
ulong	segattach(ulong, char*, ulong, ulong);
int	addphysseg(Physseg*);

/* pin.c */
int	pinpages(ulong, ulong, int, Page**);	/* address, bytes, to be written?, pages: how many, 0: cannot be */
void	unpinpages(Page**, int);
void	leavepages(Page**, int);	/* pins become references */

/* sdahead.c */
int	sdreclaim(void);		/* pages freed */

/* image.c */
Image*	attachimage(Chan*, ulong, ulong);	/* bytes of text with header, of data; locked */
void	putimage(Image*);
int	imagereclaim(void);		/* pages freed */
void	imageload(Image*, ulong, ulong);	/* pages [i, j) of page[], as far as that goes in one go; locked */

/* fault.c */
int	fault(ulong, int);		/* address, read?: 0, or -1 if not allowed */
int	okaddr(ulong, ulong, int);
void	validaddr(ulong, ulong, int);	/* address, bytes, write? or error(Ebadarg) with a note */
void	validalign(ulong, ulong);
void*	vmemchr(void*, int, int);
void	copypage(Page*, Page*);		/* to, from */
void	clearpage(Page*);

/* syscall.c, sysproc.c */
void	syscall(Ureg*);
void	kprocstart(void);
extern char	*sysctab[];
extern int	nsyscall;

/* proftime.c */
void	proftold(Ureg*);		/* leaving for user mode after ticks */
void	profenter(void);		/* from user mode, if the program counts cycles */
void	profleave(void);
void	profswitch(Proc*, Proc*);	/* from, to; either may be nil */

/* trace.c */
void	traceevent(Proc*, int);		/* if p is traced; from interrupts too */
void	traceopen(void);
void	traceclose(void);
long	traceread(void*, long);

/* systrace.c: texts to be freed */
char*	tracecall(char*, char*, ulong);	/* name, kinds of arguments, pc */
char*	traceresult(long);

/* print.c */
int	iprint(char*, ...);
void	panic(char*, ...) noreturn;
void	putstrn(char*, int);
extern int	panicking;

/* devcons.c */
int	iseve(void);

/* devenv.c */
Egrp*	newegrp(void);
void	closeegrp(Egrp*);
void	envcpy(Egrp*, Egrp*);
void	ksetenv(char*, char*, int);
extern int	cpuserver;		/* the kernel's configuration says service=cpu */

/* ---- the machine: defined by the port ---- */

/* clock */
uvlong	hostns(void);			/* wall clock, ns since 1970 */
uvlong	hostmono(void);			/* ns since boot, never backwards */
uvlong	fastticks(uvlong*);		/* the finest counter, and its Hz */
void	clockset(uvlong);		/* hostmono at which timerintr is wanted, 0: none */
void	idlehands(void);		/* until an interrupt */

/* mmu */
void	mmuswitch(Proc*);
void	mmuset(ulong, ulong);		/* up: va, a Segment's entry, whatever was there */
void	mmuaround(Proc*, ulong, ulong*, int);	/* va, entries, how many: those that are missing */
void	mmuforget(Proc*, ulong, ulong);	/* entries of [va, top) are gone */
void	mmureadonly(Proc*, ulong, ulong);	/* they must not be written any more */
ulong	mmulinear(ulong);		/* low memory is used up to here */
void	mmukernel(void);		/* no user memory until mmuuser: for work on pages */
void	mmuuser(void);
void	mmuretire(Proc*);		/* p will not run in its segments again */
Space*	spacematch(void*);		/* one that ran this program, or nil */
Space*	spacefind(void*);		/* the same, or any; or error(Enomem) */
void	spaceput(Space*, void*);
Page*	spacewarm(Space*, ulong);	/* its own page for an address, or nil */
Page*	spaceany(Space*, ulong*);
void	spacesettle(Space*);		/* its tables are filled */
int	spacereclaim(void);		/* pages freed */
ulong	spacepages(void);
void*	kmap(Page*);			/* an address until kunmap; may be held over a sleep */
void	kunmap(void*);
void*	kaddr(ulong);
ulong	paddr(void*);
#define	KADDR(pa)	((void*)((ulong)(pa)+KZERO))
#define	PADDR(va)	((ulong)(va)-KZERO)

/* trap, context */
void	procsetup(Proc*);		/* exec: registers as in a fresh process */
void	procswitch(Proc*);		/* p is to run: what is not in its Label */
void	procfork(Proc*);		/* the child's part of that */
void	procfinish(Proc*);		/* p is dead */
void	fpflush(Proc*);			/* p->fpsave becomes valid */
void	fpread(Proc*, FPsave*);		/* what they are now */
void	fpwrite(Proc*, void*, long, ulong);	/* bytes for them at an offset */
void	fpnote(int);			/* up enters (1) or leaves (0) a note handler */
void	forkchild(Proc*, Ureg*);
void	kprocchild(Proc*, void (*)(void));
void	execregs(ulong, ulong);		/* entry, stack pointer */
ulong	userpc(void);
ulong	dbgpc(Proc*);
int	notereg(Ureg*, ulong, ulong);	/* go to handler pc with stack sp */
int	validregs(Ureg*);		/* selectors are a user's */
void	setregisters(Ureg*, char*, char*, int);
void	setkernur(Ureg*, Proc*);
void	dumpregs(Ureg*);
void	forkret(void);
void	touser(ulong) noreturn;		/* sp; begins at UTZERO */
void	crash(char*) noreturn;		/* what panic ends with */
ulong	kernelend(void);
extern ulong	memsize, initrdpa, initrdlen;	/* bytes */
void	exit(int) noreturn;
void	haltmachine(char*) noreturn;	/* end in good order, with a status */
void	archrandom(void*, ulong);	/* bytes of the host's entropy */

/* interrupts and devices */
void	intrenable(int, void (*)(Ureg*, void*), void*);
void*	lguestdevpage(void);
int	hostnetwork(void);		/* the host's takes the place of #I */
void	uartputs(char*, int);		/* polled, for panic */
