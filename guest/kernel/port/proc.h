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
	SEGMAXSIZE	= 1984u*1024*1024,
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
	ushort	spare;
	Page	*next;		/* free list */
	Page	*prev;
};

/* The file behind text and data, with those of its pages that are in memory. */
struct Image
{
	Ref;
	Chan	*c;		/* open for reading; nil once the image is out of the cache */
	Qid	qid;
	Qid	mqid;
	Chan	*mchan;
	ushort	type;
	ulong	dev;
	ulong	flen;		/* bytes of text and data with the header */
	ulong	npage;
	ulong	nres;		/* of page[] present */
	Page	**page;		/* by file offset / BY2PG of text, then of data */
	Image	*next;		/* hash chain */
	Image	*lnext;		/* idle list, oldest first */
	Image	*lprev;
	QLock	lk;		/* for page[] */
	int	idle;
	Segment	*s;		/* text segment shared by all processes, or nil */
};

/*
 * A piece of address space.  Entries of map are page table entries without
 * their USER bit; a chunk stands for PTECHUNK pages and is made when first needed.
 */
struct Segment
{
	Ref;
	QLock	lk;		/* base, top, map */
	int	type;
	ulong	base;
	ulong	top;
	ulong	size;		/* pages */
	ulong	fstart;		/* file offset of base */
	ulong	flen;		/* bytes from the file, zeros beyond */
	Image	*image;
	Physseg	*pseg;
	ulong	nres;		/* pages present */
	ulong	lastfault;	/* address, to recognise sequential use */
	int	cluster;	/* pages to bring at the next fault */
	ulong	**map;
	ulong	nchunk;
	Sema	*sema;		/* waiters, guarded by splhi */
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
	char	*kstack;
	PMMU;
	ulong	pid;
	int	state;		/* (i) */
	char	*text;		/* name; kstrcpy'd */
	char	*user;
	char	*args;		/* as given to exec, NUL separated */
	int	nargs;
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
	QLock	qwaitr;		/* one awaiter at a time */
	Rendez	waitr;
	ulong	time[6];	/* ticks: TUser ... */

	/* errors */
	char	*errstr;	/* errbuf0 or errbuf1 */
	char	*syserrstr;	/* the other */
	char	errbuf0[ERRMAX];
	char	errbuf1[ERRMAX];
	int	nerrlab;
	Label	errlab[NERR];
	char	genbuf[128];	/* scratch, for namec and the like */

	/* notes */
	QLock	debug;		/* against /proc */
	int	notepending;	/* (i) interrupt the next sleep */
	short	nnote;		/* (i) */
	short	notified;	/* in a handler */
	Note	note[NNOTE];	/* (i) */
	Note	lastnote;
	ulong	notify;		/* user's handler, 0 none */
	Ureg	*ureg;		/* user address of the frame of the last note */
	ulong	noteid;		/* note group */
	Timer	alarm;
	ulong	alarmat;	/* m->ticks when it fires, or 0 */

	/* sleeping */
	Rendez	*r;		/* (i) */
	Rendez	sleepr;
	Timer	tsleeptimer;
	int	(*tfn)(void*);
	ulong	rendtag;
	ulong	rendval;
	Proc	*rendhash;	/* (i) chain in rgrp */

	/* scheduling */
	int	basepri;
	int	priority;	/* (i) */
	int	fixedpri;
	ulong	cpu;		/* decaying average of use */
	ulong	lastupdate;	/* ticks of cpu */
	ulong	readytime;
	ulong	quantum;	/* ticks left */
	int	wired;

	/* control */
	int	kp;		/* kernel process */
	int	procctl;
	int	hang;		/* stop at the next exec */
	int	procmode;	/* default mode of its /proc files */
	int	privatemem;	/* nobody may open mem, note, ctl */
	int	noswap;
	Proc	*pdbg;		/* debugging process, waiting in stop */
	Rendez	pdbgr;
	int	insyscall;
	ulong	scallnr;
	ulong	sargs[6];	/* words of the system call, [5] is unused */
	char	*syscalltrace;
	int	trace;

	/* kernel processes */
	void	(*kpfun)(void*);
	void	*kparg;

	/* floating point */
	int	fpused;
	int	fpisnoted;	/* fpnoted holds what a note interrupted */
	void	*fpnoted;
	FPsave	fpsave;
};

extern char	*statename[];
extern char	*eve;		/* host owner */
