/*
 * Processes and their memory: Proc, Segment, Image, Page, and the groups that
 * rfork shares or copies.  Fields of a Proc belong to the process itself unless
 * marked otherwise; (i) means guarded by splhi.
 */

typedef struct Chan	Chan;
typedef struct Egrp	Egrp;
typedef struct Fgrp	Fgrp;
typedef struct Image	Image;
typedef struct Note	Note;
typedef struct Page	Page;
typedef struct Pgrp	Pgrp;
typedef struct Physseg	Physseg;
typedef struct Rgrp	Rgrp;
typedef struct Segment	Segment;
typedef struct Sema	Sema;
typedef struct Waitq	Waitq;
typedef struct Waitmsg	Waitmsg;

enum
{
	/* Proc.state; statename[] has the words */
	Dead = 0,
	Moribund,
	Ready,
	Scheding,
	Running,
	Queueing,
	QueueingR,
	QueueingW,
	Wakeme,
	Broken,
	Stopped,
	Rendezvous,
	Waitrelease,

	/* Note.flag */
	NUser = 0,		/* sent by a process */
	NExit,			/* the system wants it to die */
	NDebug,			/* a trap */

	/* Proc.procctl */
	Proc_stopme = 1,
	Proc_exitme,
	Proc_traceme,
	Proc_exitbig,
	Proc_tracesyscall,

	/* Proc.time */
	TUser = 0,
	TSys,
	TReal,			/* when it began, in ticks */
	TCUser,
	TCSys,
	TCReal,

	/* segments of a process */
	SSEG = 0,
	TSEG,
	DSEG,
	BSEG,
	ESEG,			/* exec's temporary stack */
	LSEG,
	SEG1,
	SEG2,
	SEG3,
	SEG4,
	NSEG,

	/* Segment.type */
	SG_TYPE		= 07,
	SG_TEXT		= 0,
	SG_DATA		= 1,
	SG_BSS		= 2,
	SG_STACK	= 3,
	SG_SHARED	= 4,
	SG_PHYSICAL	= 5,
	/* and SG_RONLY, SG_CEXEC of libc.h */

	NNOTE		= 5,
	NERR		= 64,
	NERRLEN		= 128,

	Npriq		= 20,
	PriNormal	= 10,
	PriKproc	= 13,
	PriRoot		= 13,

	RENDHASH	= 32,
	STACKMAGIC	= 0x5ACC5ACC,	/* at the far end of each kernel stack */
	SEGMAXSIZE	= 1984u*1024*1024,

	LRESPROF	= 3,		/* log2 of the bytes that one counter of a profile covers */

	/* Traceevent.etype, for traceevent() */
	SAdmit = 0,
	SRelease,
	SEdf,
	SRun,
	SReady,
	SSleep,
	SYield,
	SSlice,
	SDeadline,
	SExpel,
	SDead,
	SInts,
	SInte,
	SUser,
};

struct Note
{
	char	msg[ERRMAX];
	int	flag;
};

/*
 * One page of memory, free or in use; pages[pa>>PGSHIFT].  Zero is a page that
 * nobody has ever touched, so that the table costs nothing until it is used.
 */
struct Page
{
	long	ref;		/* users; 0: free */
	uchar	order;		/* free: of the block that this page heads */
	uchar	flag;		/* PG... */
	union {
		ushort	pins;	/* of a process: references by devices, counted in ref */
		ushort	spare;	/* of the kernel: alloc.c's */
	};
	Page	*next;		/* free list */
	Page	*prev;
};

/*
 * The file behind text and data, with those of its pages that are in memory:
 * page[] has first those of text, whose file offsets are 0, BY2PG ..., then those of
 * data, which begin at offset dstart.  While no process uses it, it stays in
 * a cache without its Chan.
 */
struct Image
{
	Ref;
	Chan	*c;		/* open for reading; nil while idle */
	Qid	qid;		/* with type, dev, mqid: which file */
	Qid	mqid;
	ushort	type;
	ulong	dev;
	ulong	tlen;		/* bytes of text, with the header */
	ulong	dlen;		/* bytes of data */
	ulong	ntext;		/* pages */
	ulong	ndata;
	int	nfork;		/* processes that forked while they ran it */
	Page	**page;		/* guarded by lk */
	QLock	lk;
	Segment	*s;		/* the text segment that all processes share, or nil */
	Image	*hash;
	Image	*next;		/* idle list, oldest first */
	Image	*prev;
};

enum
{
	SEGCHUNK = 64,		/* entries in a chunk of Segment.map */
};

/*
 * A piece of address space.  An entry of map is the address of a page and
 * PTEVALID, with PTEWRITE if the page is this segment's alone; 0 if there is no page yet.
 * Chunks are made when first needed.  Text has its pages in the Image.
 */
struct Segment
{
	Ref;
	QLock	lk;		/* base, top, map */
	int	type;
	ulong	base;
	ulong	top;
	ulong	size;		/* pages */
	Image	*image;
	ulong	ipage;		/* base's index in image->page */
	ulong	flen;		/* bytes from the file, zeros beyond */
	Physseg	*pseg;
	ulong	nres;		/* pages present */
	ulong	lastfault;	/* end of the last cluster, to recognise sequential use */
	int	cluster;	/* pages to bring at the next fault */
	ulong	**map;
	ulong	nchunk;
	Sema	*sema;		/* waiters, guarded by splhi */
	ulong	*profile;	/* text: ms at each 1<<LRESPROF bytes of it, or nil */
};

struct Physseg
{
	ulong	attr;
	char	*name;
	ulong	pa;
	ulong	size;		/* pages */
};

struct Sema
{
	Rendez;
	ulong	addr;
	int	waiting;
	Sema	*next;
	Sema	*prev;
};

/* The record that a parent reads by await. */
struct Waitmsg
{
	ulong	pid;
	ulong	time[3];	/* user, system, real in ms */
	char	msg[ERRMAX];
};

struct Waitq
{
	Waitmsg	w;
	Waitq	*next;
};

struct Rgrp
{
	Ref;
	Proc	*rendhash[RENDHASH];	/* (i) */
};

/* An environment: the variables in the directory #e. */
typedef struct Evalue	Evalue;
struct Egrp
{
	Ref;
	RWlock	lk;		/* guards the rest, and the variables */
	Evalue	**ent;		/* in the order of creation */
	int	nent;
	int	ment;		/* entries allocated */
	ulong	path;		/* last qid.path given */
	ulong	vers;
	ulong	size;		/* bytes of names and values */
};

struct Proc
{
	Label	sched;		/* where it goes on: sched.sp is a kernel address */
	PMMU;
	ulong	pid;
	int	state;		/* (i) */
	char	*text;		/* name; kstrcpy'd */
	char	*user;
	char	*args;		/* as given to exec, NUL separated */
	int	nargs;		/* bytes */
	int	setargs;	/* args was written by /proc */
	char	*psstate;	/* what ps shows instead of state, or nil */
	Ureg	*dbgreg;	/* user registers while in the kernel */
	Proc	*qnext;		/* (i) in a run queue or a lock's */
	Proc	*pidhash;
	Proc	*free;

	/* what the process shares */
	Segment	*seg[NSEG];
	QLock	seglock;	/* seg[] against other processes */
	Pgrp	*pgrp;
	Egrp	*egrp;
	Fgrp	*fgrp;
	Rgrp	*rgrp;
	Chan	*slash;
	Chan	*dot;
	Fgrp	*closingfgrp;	/* being closed at exit */

	/* family */
	ulong	parentpid;
	Proc	*parent;	/* nil: nobody waits */
	int	nchild;		/* children alive whose records come here */
	int	nwait;
	Waitq	*waitq;
	Waitq	*rec;		/* where its own record will go */
	QLock	qwaitr;		/* one awaiter at a time */
	Rendez	waitr;
	ulong	time[6];	/* ticks: TUser ... */

	/* errors */
	char	*errstr;	/* errbuf0 or errbuf1 */
	char	*syserrstr;	/* the other */
	int	nerrlab;

	/* notes */
	QLock	debug;		/* against /proc */
	int	notepending;	/* (i) interrupt the next sleep */
	short	nnote;		/* (i) */
	short	notified;	/* in a handler */
	short	notelater;	/* rfork was its last call: notes wait */
	ulong	notify;		/* user's handler, 0 none */
	Ureg	*ureg;		/* user address of the frame of the last note */
	ulong	noteid;		/* note group */
	Timer	alarm;

	/* sleeping */
	Rendez	*r;		/* (i) */
	Rendez	sleep;
	Timer	tsleeptimer;
	int	(*tfn)(void*);
	Rendez	*trend;		/* of tsleep */
	int	timedout;
	ulong	rendtag;
	ulong	rendval;
	Proc	*rendhash;	/* (i) chain in rgrp */

	/* scheduling */
	int	basepri;
	int	priority;	/* (i) */
	int	fixedpri;
	ulong	cpu;		/* decaying average of use, 1000 is all */
	ulong	lastupdate;	/* m->ticks when cpu was computed */
	ulong	queued;		/* m->ticks when it last became ready */
	int	wired;
	int	trace;		/* its changes of state are events of /proc/trace */

	/* what the top of the stack tells of time; see proftime.c */
	uvlong	kentry;		/* rdtsc() at entry to the kernel, less what others ran since; 0 not counted */
	vlong	pcycles;	/* what to add to rdtsc() for the cycles it has run */
	int	profticks;	/* ticks in user mode, not told yet */

	/* control */
	int	kp;		/* kernel process */
	int	procctl;
	int	hang;		/* stop at the next exec */
	int	procmode;	/* default mode of its /proc files */
	int	privatemem;	/* nobody may open mem, note, ctl */
	int	noswap;
	Proc	*pdbg;		/* debugging process, waiting in stop */
	Rendez	pdbgr;
	ulong	scallnr;
	ulong	sargs[5];	/* words of the system call */
	char	*syscalltrace;
	vlong	tracens;	/* todget() when the call began, if it is traced */

	/* kernel processes */
	void	(*kpfun)(void*);
	void	*kparg;

	/* floating point */
	int	fpused;
	int	fphot;		/* turns for which it gets the registers at once */
	int	fpisnoted;	/* fpnoted holds what a note interrupted */
	void	*fpnoted;

	/* what newproc need not clear begins here */
	char	errbuf0[ERRMAX];
	char	errbuf1[ERRMAX];
	char	genbuf[128];	/* scratch, for namec and the like */
	Label	errlab[NERR];
	Note	note[NNOTE];	/* (i) */
	Note	lastnote;
	FPsave	fpsave;
	char	*kstack;	/* KSTACK bytes; nil while it is dead for long */
	int	slot;		/* proctab(slot) is this */
};

extern char	*statename[];
extern char	*eve;		/* host owner */
