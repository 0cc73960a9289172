/*
 * Disks and what is on them: disk(2).  A Disk is a unit of #S, a partition of
 * one, or a plain file; an Edit is a table of partitions being changed; a Bcache
 * holds blocks of a file for servers of file systems.
 */
typedef struct Bcache Bcache;
typedef struct Block Block;
typedef struct Disk Disk;
typedef struct Edit Edit;
typedef struct Mediasrv Mediasrv;
typedef struct Medium Medium;
typedef struct Part Part;

enum
{
	Partname	= 28,		/* bytes in a partition's name, NUL included */
	Maxsecsize	= 32768,
	Groupblocks	= 240,		/* so many blocks of 4096 bytes bctogether can always write */
};

struct Disk
{
	char	*name;			/* as it was opened */
	int	fd;
	int	rdonly;
	int	ctlfd;			/* of its unit; -1: a file */
	int	secsize;		/* bytes */
	vlong	secs;
	vlong	size;			/* bytes */
	vlong	offset;			/* of the partition on the unit, in sectors */
	int	heads;			/* for old tables */
	int	sectors;
};

Disk*	opendisk(char*, int, int);
int	readsec(Disk*, vlong, void*, long);
int	writesec(Disk*, vlong, void*, long);

/* [start, end) in sectors of the Disk that holds the table */
struct Part
{
	Part	*next;			/* by start */
	char	name[Partname];
	vlong	start;
	vlong	end;

	/* fdisk's */
	int	slot;			/* 1 to 4: primary; 0: in the extended partition */
	int	type;
	int	active;
	vlong	ebr;			/* the sector of its own table */
};

struct Edit
{
	Disk	*disk;
	Part	*parts;
	vlong	lo;			/* partitions are in [lo, hi) */
	vlong	hi;
	vlong	dot;
	int	align;			/* where free space is offered: multiples of this */
	int	changed;
	int	warned;			/* that changes are not written */
	int	damaged;		/* some of the table could not be understood */
	char	*help;			/* of the commands that only the program has */

	/* errors are strings, nil is success */
	char*	(*check)(Edit*, Part*);		/* may this be added?  Fills in the rest of it */
	char*	(*command)(Edit*, int, char**);	/* nil command, or one that edit does not know */
	char*	(*delete)(Edit*, Part*);	/* may this be deleted? */
	void	(*describe)(Edit*, Part*, char*, int);
	char*	(*ctlname)(Edit*, Part*, char*);/* in #S; nil: not there */
	void	(*bounds)(Edit*, char*, vlong*, vlong*);	/* where a partition of that name may be */
	void	(*read)(Edit*);
	char*	(*write)(Edit*);
	void	(*autoparts)(Edit*);		/* nil unless the options ask for it */
	char	*usage;

	/* options */
	int	blank;			/* forget the table that is there */
	int	force;			/* without the unit's ctl */
	int	overgpt;		/* a GUID table may be written over */
	int	print;
	int	rdonly;
	int	now;			/* write, without commands */
	int	secsize;		/* 0: as the disk says */
};

Part*	newpart(char*, vlong, vlong);
void	insertpart(Edit*, Part*);
Part*	findpart(Edit*, char*);
char*	addpart(Edit*, Part*);
char*	delpart(Edit*, Part*);
int	largestgap(Edit*, char*, vlong*, vlong*);
void	printparts(Edit*);
void	printctl(Edit*, int);
char*	updatectl(Edit*);
char*	writeparts(Edit*);
char*	editcmd(Edit*, char*);
void	editloop(Edit*);
char*	evalsize(Edit*, char*, vlong*);
void	editflag(Edit*, int);
void	editusage(Edit*);
void	editwarn(Edit*, char*, ...);
void	editmain(Edit*, int, char**, char*);
char*	editgpt(Edit*);
int	hasgpt(Disk*);
extern char	gptmagic[];

/* numbers on disks: number.c */
uint	get2(uchar*);
ulong	get4(uchar*);
void	put2(uchar*, uint);
void	put4(uchar*, ulong);

/*
 * Blocks of a file in memory.  What is changed is marked, and written by bcflush, which
 * goes through the file from its beginning and makes few requests of what lies together;
 * callers that want another order on the disk flush between changes.
 */
struct Block
{
	uchar	*data;			/* Bcache.bsize bytes, zeros beyond the file's end */
	vlong	bno;
	long	lo;			/* what was changed is in [lo, hi) of data */
	long	hi;			/* 0: nothing was */

	/* the cache's */
	int	ref;
	Block	*hash;
	Block	*newer;
	Block	*older;
};

struct Bcache
{
	int	fd;
	int	bsize;
	int	shift;			/* bsize is 1<<shift */
	vlong	size;			/* bytes of the file */
	vlong	tables;			/* before this byte, what is between two changes may be written with them */
	int	groups;			/* bctogether can be tried: the caller has asked cangroup */

	/* the cache's */
	uchar	*behind;		/* what bcappend keeps back, nbehind bytes for byte behindat on */
	vlong	behindat;
	long	nbehind;
	uchar	*group;			/* room for a request of bctogether */
	int	nblock;
	int	maxblock;
	int	ndirty;
	Block	*newest;
	Block	*oldest;
	Block	*tab[512];
};

Bcache*	bcopen(int, int, vlong, int);
void	bcclose(Bcache*);
Block*	bcget(Bcache*, vlong);
void	bcput(Block*);
void	bcdirty(Bcache*, Block*, long, long);
int	bcflush(Bcache*);
int	bcrequests(Bcache*);
int	bctogether(Bcache*, vlong, void*, long);
int	cangroup(int);
void	bcupdate(Bcache*, vlong, void*, long);
int	bcread(Bcache*, vlong, void*, long);
int	bcwrite(Bcache*, vlong, void*, long);
void	bcsayplace(char*, vlong, long);
int	bcaround(Bcache*, vlong, void*, long);
int	bcappend(Bcache*, vlong, void*, long);
int	bcsettle(Bcache*, vlong, long);
int	bcsettleall(Bcache*);

/*
 * A file that holds a file system: the beginning of what its server knows of it.
 */
struct Medium
{
	Medium	*next;
	char	*name;			/* by which it was opened */
	Qid	qid;
	ushort	type;
	uint	dev;
	int	ref;			/* fids */
};

/* what is a server's own in servemedia */
struct Mediasrv
{
	char	*name;
	char	*service;		/* in /srv */
	int	mount;			/* flag of -m's mount */
	char	*flags;			/* options without values, for the usage; D and s are everybody's */
	int	(*flag)(int);		/* takes one of its own; 0: it is none */
};

extern char	*owner;
struct Req;
struct Srv;
void	servemedia(struct Srv*, Mediasrv*, int, char**);
char*	mediumof(struct Req*);

extern Medium	*media;			/* all that are open */
Medium*	findmedium(Dir*);
void	addmedium(Medium*, Dir*);
int	putmedium(Medium*);
long	mpread(int, void*, long, vlong);
long	mpwrite(int, void*, long, vlong);

/* ending the machine: hangup.c */
int	havedisks(void);
void	hangupall(void);
