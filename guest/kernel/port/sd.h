/*
 * Disks, between #S (devsd.c) and the machine's driver.  The driver finds the
 * disks and moves bytes; partitions, names and text are devsd's.
 */
typedef struct SDpart	SDpart;
typedef struct SDreq	SDreq;
typedef struct SDspan	SDspan;
typedef struct SDunit	SDunit;
typedef struct SDwait	SDwait;
typedef struct SDahead	SDahead;

enum
{
	SDmaxunit	= 64,
	SDmaxpart	= 64,		/* of a unit, the whole disk included */
	SDmaxio		= 1024*1024,	/* bytes of one transfer */
	SDmaxpage	= 480,		/* pages of one transfer, those at the seams of its parts counted twice */
	SDinqlen	= 8+16+4,	/* vendor, product, revision */
	SDmaxspan	= 512,		/* places of a group */

	/* SDreq.op */
	SDread		= 0,
	SDwrite,
	SDflush,		/* what was written is safe */
	SDdiscard,		/* [off, off+len) reads as zeros */
	SDgroup,		/* many places are written, all or none: SDunit.groups */

	/* what SDunit.start says */
	SDdone		= 0,	/* it is over, error is set */
	SDstarted,		/* sdended will be called */
	SDwont,			/* it would have to wait, and nothing was done */

	/* SCSI's words for the end of a command */
	SDok		= 0,
	SDcheck		= 2,
};

/* [start, end) in sectors */
struct SDpart
{
	uvlong	start;
	uvlong	end;
	char	name[KNAMELEN];
	char	*user;
	ulong	perm;
	int	valid;
	ulong	vers;		/* counts what has been here */
};

/* bytes of a disk */
struct SDspan
{
	uvlong	off;
	uvlong	len;
};

/*
 * What a unit is asked to do.  The driver reads the first group, of r and of those that r->with
 * leads to: together they are one transfer, each going on where the one before ends.
 */
struct SDreq
{
	int	op;
	uvlong	off;		/* bytes from the start of the disk, and how many; a group's are all inside of that */
	uvlong	len;
	SDspan	*span;		/* a group's places, nspan of them */
	int	nspan;
	uchar	*va;		/* where the data are: a process's address, or the kernel's */
	ulong	data;		/* how many bytes */
	Page	**page;		/* pinned; or npage is 0, and they are where va is mapped when the driver begins */
	int	npage;
	SDreq	*with;		/* one more part of this transfer */
	char	*error;		/* the driver's, of the whole transfer: nil if all went well */

	/* sdio.c's, guarded by splhi once the request has been handed over */
	SDunit	*unit;
	SDreq	*next;		/* in unit->queue, flying or free, or among the dead */
	uchar	state;
	uchar	alone;		/* part of a transfer that failed: not to be joined again */
	uchar	orphan;		/* nobody waits for it */
	void	(*fin)(SDreq*);	/* who has it done if no process waits: called with interrupts off */
	void	*arg;
	Rendez	r;
	Page	**many;		/* room for the pages of the longest, when it has been needed */
	Page	*few[4];
};

/* Who waits for anything to happen to a unit. */
struct SDwait
{
	Rendez;
	SDwait	*next;
};

struct SDunit
{
	/* the driver's, before sdadd */
	uvlong	sectors;
	ulong	secsize;	/* bytes */
	int	rdonly;
	char	inquiry[SDinqlen+1];
	int	depth;		/* transfers that are worth starting at once */
	int	groups;		/* it does SDgroup */
	/*
	 * Begin a transfer; with atonce only if that takes no waiting, and if a process's memory that is not
	 * pinned is all there.  Called with interrupts off, also from an interrupt.  While
	 * nothing is under way it may not say SDwont without atonce.
	 */
	int	(*start)(SDunit*, SDreq*, int atonce);

	/* devsd's */
	char	name[8];
	QLock	lk;		/* guards part[] and what follows */
	SDpart	part[SDmaxpart];
	ulong	vers;		/* counts media */
	int	rawopen;
	int	rawstate;
	uchar	cdb[16];
	int	ncdb;
	int	status;		/* of the last command */
	uchar	sense[2];	/* its key, and what more there is to say */
	int	nopen;		/* partitions and raw, by however many */

	/* sdio.c's, guarded by splhi */
	SDreq	*queue;		/* not started, in order */
	SDreq	**tail;
	SDreq	*flying;	/* started */
	int	nflying;	/* transfers, of one or more of those */
	int	norphan;	/* of flying */
	SDreq	*free;
	int	nreq;		/* in all */
	uchar	slow[2];	/* transfers until one tries to be quick again: reads, writes */
	SDwait	*waiting;	/* for anything to change */
	SDahead	*ahead;		/* sdahead.c's */
};

/* devsd.c */
void	sdadd(SDunit*);

/* sdio.c */
void	sdio(SDunit*, int write, void*, long, uvlong off, uvlong end);	/* all inside of the disk; or an error */
void	sdsync(SDunit*);
void	sddiscard(SDunit*, uvlong off, uvlong len);
void	sdgroup(SDunit*, uchar*, long, uvlong off, uvlong end);
void	sdended(SDreq*);		/* the driver is done with a transfer; interrupts are off */
SDreq*	sdnewreq(SDunit*);
void	sdputreq(SDreq*);
void	sdsubmit(SDreq*);		/* interrupts are off */
int	sdwriting(SDunit*, uvlong off, uvlong len);
void	sdwaitfor(SDunit*, int (*)(void*), void*, int killable);
void	sdioinit(void);

/* sdmem.c */
void	sdpin(SDreq*);
int	sdborrow(SDreq*);
void	sdreturn(SDreq*);

/* sdahead.c */
long	sdahead(SDunit*, void*, long, uvlong off, uvlong end);	/* bytes that it had at hand */
void	sdforget(SDunit*, uvlong off, uvlong len);	/* they are going to be others */
void	sdidle(SDunit*);

/* sdscsi.c */
long	sdscsi(SDunit*, int, void*, long);

/* the port */
void	sdprobe(void);		/* calls sdadd for each disk */
