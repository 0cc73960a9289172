/*
 * Disks, between #S (devsd.c) and the machine's driver.  The driver finds the
 * disks and moves bytes; partitions, names and text are devsd's.
 */
typedef struct SDpart	SDpart;
typedef struct SDunit	SDunit;

enum
{
	SDmaxunit	= 64,
	SDmaxpart	= 64,		/* of a unit, the whole disk included */
	SDmaxio		= 1024*1024,	/* bytes that one call of io moves */
	SDinqlen	= 8+16+4,	/* vendor, product, revision */

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

struct SDunit
{
	/* the driver's, before sdadd */
	uvlong	sectors;
	ulong	secsize;	/* bytes */
	int	rdonly;
	char	inquiry[SDinqlen+1];
	void	*aux;
	/*
	 * Read or write n <= SDmaxio bytes at offset off, all inside of the disk, from or to
	 * the memory of up or the kernel; an error, or all of them.
	 */
	void	(*io)(SDunit*, int, void*, long, uvlong);
	void	(*flush)(SDunit*);			/* what was written is safe */
	void	(*discard)(SDunit*, uvlong, uvlong);	/* offset, bytes: they read as zeros now */

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
};

/* devsd.c */
void	sdadd(SDunit*);

/* sdscsi.c */
long	sdscsi(SDunit*, int, void*, long);

/* the port */
void	sdprobe(void);		/* calls sdadd for each disk */
