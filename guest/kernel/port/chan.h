/*
 * Channels, devices, name spaces: what every device driver and everything that
 * touches a file includes (dat.h does it for all).  A Chan is one reference to
 * one file of one device; a Dev is a driver, found by Chan.type in devtab; a
 * Path is the name by which a Chan was reached; a Pgrp is a name space.
 * Include after dat.h's locks (Ref Lock QLock RWlock) and libc.h's Qid and Dir.
 */

typedef struct Block	Block;
typedef struct Chan	Chan;
typedef struct Cmdbuf	Cmdbuf;
typedef struct Cmdtab	Cmdtab;
typedef struct Dev	Dev;
typedef struct Dirtab	Dirtab;
typedef struct Fgrp	Fgrp;
typedef struct Mhead	Mhead;
typedef struct Mnt	Mnt;
typedef struct Mount	Mount;
typedef struct Msgio	Msgio;
typedef struct Msgseg	Msgseg;
typedef struct Path	Path;
typedef struct Pgrp	Pgrp;
typedef struct Walkqid	Walkqid;

typedef int	Devgen(Chan*, char*, Dirtab*, int, int, Dir*);

enum
{
	KNAMELEN	= 28,		/* of a name in a Dirtab, with its NUL */
	NUMSIZE		= 12,		/* readnum's column */
	VLNUMSIZE	= 22,
	READSTR		= 4000,		/* a good size for text made for a read */
	DEVDOTDOT	= -1,		/* a Devgen is asked for the parent */

	/* Chan.flag */
	COPEN		= 0x0001,	/* for i/o */
	CMSG		= 0x0002,	/* carries 9P: no direct reads or writes */
	CCEXEC		= 0x0008,	/* close on exec */
	CFREE		= 0x0010,	/* in the free list */
	CRCLOSE		= 0x0020,	/* remove on close */
	CCACHE		= 0x0080,	/* mounted with MCACHE */
	CQUIET		= 0x0100,	/* written by a driver: a broken pipe is an error, and no note */

	/* namec: what the name is wanted for */
	Aaccess	= 0,			/* as in stat, wstat */
	Abind,				/* for the left hand side of bind */
	Atodir,				/* as in chdir */
	Aopen,				/* for i/o */
	Amount,				/* to be mounted or bound upon */
	Acreate,			/* is to be created */
	Aremove,			/* will be removed by caller */

	/* the limits of one name space group and one descriptor group */
	MNTBITS		= 5,		/* log2 of the hash chains of a new name space */
	MAXMOUNT	= 100000,	/* Mounts in one Pgrp */
	MAXUNION	= 1000,		/* members of one union */
	DELTAFD		= 20,		/* growth of the table */
	MAXFD		= 5000,
	MAXPATH		= 65535,	/* bytes in a name */
};

/*
 * A name, element by element, child to parent.  Nodes are shared and never
 * change once made, but for whole, which chanpath makes on demand.
 */
struct Path
{
	Ref;
	Path	*up;		/* nil: a root */
	Chan	*mtpt;		/* the file that this name covers by a mount, or nil */
	char	*whole;		/* the name as one string, or nil */
	int	total;		/* strlen of whole */
	ushort	len;		/* strlen(elem) */
	char	elem[];
};

struct Chan
{
	Ref;
	Lock;			/* offset */
	Chan	*next;		/* free list, or clunk queue */
	ushort	type;		/* index into devtab */
	ushort	mode;		/* OREAD..., of an open channel */
	ushort	flag;
	ushort	xmode;		/* devmnt: mode as asked for */
	ulong	dev;		/* instance of the device */
	Qid	qid;
	vlong	offset;		/* of reads and writes */
	vlong	devoffset;	/* of a directory in the device, where unions differ */
	ulong	iounit;		/* preferred bytes a message, 0: no opinion */
	ulong	fid;		/* devmnt's: a number that no other Chan has */
	union {
		void	*aux;	/* the driver's */
		ulong	mid;
		char	tag[4];
	};
	Mnt	*mux;		/* the 9P connection: carried (CMSG) or belonged to */
	Chan	*mchan;		/* devmnt: channel to the server */
	Qid	mqid;		/* devmnt: qid of the server's root */
	Path	*path;
	Mhead	*umh;		/* a union: the members to read */
	QLock	umqlock;	/* guards what follows, for directory reads */
	Chan	*umc;		/* member being read */
	int	uri;		/* its index */
	int	dri;		/* devdirread: next entry to generate */
	uchar	*dirrock;	/* entries that did not fit the last read */
	int	nrock;		/* bytes valid there */
	int	mrock;		/* bytes allocated */
};

/*
 * A message and room for its reply, for drivers with a Dev.rpc: pieces of
 * physical memory, first nout to send, then nin to be filled.  All of it is the
 * driver's until it is done.
 */
struct Msgseg
{
	ulong	pa;
	ulong	len;
};

struct Msgio
{
	void	(*fin)(Msgio*);	/* it is done; called from an interrupt */
	void	*arg;		/* for fin */
	Msgseg	*seg;
	int	nout;
	int	nin;
	ulong	used;		/* when it is done: bytes of the reply */
	int	status;		/* Rpcok... */
	void	*priv;		/* the driver's */
	Msgio	*next;		/* the driver's */
};

enum
{
	/* Msgio.status */
	Rpcok,
	Rpcflushed,		/* no reply: it was flushed */
	Rpcbad,			/* no reply, ever */
};

struct Dev
{
	int	dc;		/* its letter */
	char	*name;

	void	(*reset)(void);
	void	(*init)(void);
	void	(*shutdown)(void);
	Chan*	(*attach)(char*);
	Walkqid* (*walk)(Chan*, Chan*, char**, int);
	int	(*stat)(Chan*, uchar*, int);
	Chan*	(*open)(Chan*, int);
	void	(*create)(Chan*, char*, int, ulong);
	void	(*close)(Chan*);
	long	(*read)(Chan*, void*, long, vlong);
	Block*	(*bread)(Chan*, long, ulong);
	long	(*write)(Chan*, void*, long, vlong);
	long	(*bwrite)(Chan*, Block*, ulong);
	void	(*remove)(Chan*);
	int	(*wstat)(Chan*, uchar*, int);
	void	(*power)(int);
	int	(*config)(int, char*, void*);
	/*
	 * nil, or the way to send 9P messages by a channel that takes them whole: 1 if
	 * the Msgio is done at once, 0 if its fin will be called.  May sleep before it is
	 * sent.
	 */
	int	(*rpc)(Chan*, Msgio*);
	Dirtab	*tab;		/* its files, for tabwalk and the like */
	int	ntab;
};

struct Dirtab
{
	char	name[KNAMELEN];
	Qid	qid;
	vlong	length;
	long	perm;
};

/* The result of a device's walk: from newwalkqid, to wqfree. */
struct Walkqid
{
	Chan	*clone;		/* nil when not all elements were walked */
	int	nqid;
	Qid	qid[];
};

/* One member of a union. */
struct Mount
{
	ulong	mountid;
	Mount	*next;
	Chan	*to;
	int	mflag;
	char	*spec;		/* of a mount, or nil */
};

/* A place where something is mounted.  Lock order: Pgrp.ns before Mhead.lock. */
struct Mhead
{
	Ref;
	RWlock	lock;		/* guards mount, nmount */
	Chan	*from;		/* what is covered */
	Mount	*mount;		/* members, first first; nil once unmounted */
	int	nmount;		/* members */
	Mhead	*hash;		/* chain in Pgrp.mnthash, guarded by Pgrp.ns */
};

struct Pgrp
{
	Ref;
	int	noattach;	/* RFNOMNT */
	ulong	pgrpid;
	RWlock	ns;		/* guards the rest */
	int	nmount;
	int	nhead;
	int	hashbits;
	Mhead	**mnthash;	/* 1<<hashbits chains */
};

struct Fgrp
{
	Ref;
	Chan	**fd;
	int	nfd;		/* slots allocated */
	int	maxfd;		/* highest in use, or -1 */
	int	minfd;		/* no free slot below this one */
};

/* A control message cut into words; parsecmd makes it, free() ends it. */
struct Cmdbuf
{
	char	*buf;
	char	**f;
	int	nf;
};

/* A driver's table of control words. */
struct Cmdtab
{
	int	index;		/* returned to the driver */
	char	*cmd;		/* the word; "*" fits all */
	int	narg;		/* words with the command itself, 0: any number */
};

extern Dev	*devtab[];	/* nil at its end; conf.c of the port */

/* chan.c */
void	chandevreset(void);
void	chandevinit(void);
void	chandevshutdown(void);
Chan*	newchan(void);
ulong	newfid(void);
void	cclose(Chan*);
void	chanburial(Chan*);	/* cclose of a list without references */
void	ccloseq(Chan*);		/* soon, by another process */
Chan*	cclone(Chan*);
Walkqid* newwalkqid(int);
void	wqfree(Walkqid*);
int	eqchan(Chan*, Chan*, int);
int	eqchantdqid(Chan*, int, ulong, Qid, int);
void	isdir(Chan*);
int	emptystr(char*);
char*	estrdup(char*);

/* path.c */
Path*	newpath(char*);
Path*	pathadd(Path*, char*, Chan*);
Path*	pathcross(Path*, Chan*);
void	pathclose(Path*);
void	pathrelease(Path*, Chan**);
char*	chanpath(Chan*);	/* stays as long as the Chan */
char*	pathtext(Path*);
char*	chanelem(Chan*);	/* last element, "/" for a root */

/* name.c */
Chan*	namec(char*, int, int, ulong);
char*	userstr(ulong);		/* a string argument of a system call */
char*	validname(char*, int);	/* check a user's name (slash allowed?) */
char*	validnamedup(char*, int);	/* and copy it; free() */

/* mount.c */
int	cmount(Chan**, Chan*, int, char*);
void	cunmount(Chan*, Chan*);
Mhead*	findmount(int, ulong, Qid);
Chan*	unionmember(Mhead*, int, int*);
int	ismtpt(Chan*);
void	putmhead(Mhead*);
void	mheadrelease(Mhead*, Chan**);

/* pgrp.c */
Pgrp*	newpgrp(void);
void	closepgrp(Pgrp*);
void	pgrpcpy(Pgrp*, Pgrp*);
Fgrp*	newfgrp(void);
Fgrp*	dupfgrp(Fgrp*);
void	closefgrp(Fgrp*);
void	forceclosefgrp(void);
int	newfd(Chan*);
int	newfd2(int[2], Chan*[2]);
int	setfdto(int, Chan*);
Chan*	fdtochan(int, int, int, int);
void	fdclose(int, int);
int	openmode(ulong);
void	closeonexec(Fgrp*);

/* dev.c */
extern ulong kerndate;		/* what device files give as their mtime */
int	devno(int, int);
void	mkqid(Qid*, uvlong, ulong, int);
void	devdir(Chan*, Qid, char*, vlong, char*, long, Dir*);
Devgen	devgen;
void	devreset(void);
void	devinit(void);
void	devshutdown(void);
Chan*	devattach(int, char*);
Chan*	devclone(Chan*);
Walkqid* devwalk(Chan*, Chan*, char**, int, Dirtab*, int, Devgen*);
int	devstat(Chan*, uchar*, int, Dirtab*, int, Devgen*);
long	devdirread(Chan*, char*, long, Dirtab*, int, Devgen*);
void	devpermcheck(char*, ulong, int);
Chan*	devopen(Chan*, int, Dirtab*, int, Devgen*);
Walkqid* tabwalk(Chan*, Chan*, char**, int);
int	tabstat(Chan*, uchar*, int);
Chan*	tabopen(Chan*, int);
long	tabdirread(Chan*, char*, long);
void	devcreate(Chan*, char*, int, ulong);
Block*	devbread(Chan*, long, ulong);
long	devbwrite(Chan*, Block*, ulong);
void	devremove(Chan*);
int	devwstat(Chan*, uchar*, int);
void	devchown(char**, char*);	/* wstat's change of an owner's name, which is malloc's */
void	devpower(int);
int	devconfig(int, char*, void*);
int	readnum(ulong, char*, ulong, ulong, int);
int	readstr(ulong, char*, ulong, char*);
long	readmem(vlong, void*, long, void*, long);

/* parse.c */
Cmdbuf*	parsecmd(char*, int);
void	cmderror(Cmdbuf*, char*);
Cmdtab*	lookupcmd(Cmdbuf*, Cmdtab*, int);

/* rdwr.c: transfers on descriptors */
long	dirread(Chan*, void*, long, vlong*);
void	dirrewind(Chan*);
int	renameentry(uchar*, int, int, char*, int);
long	syspread(ulong*);
long	syspwrite(ulong*);
long	sys_read(ulong*);
long	sys_write(ulong*);
long	sysseek(ulong*);
long	sysoseek(ulong*);

/* sysfile.c: opening and closing */
long	sysopen(ulong*);
long	syscreate(ulong*);
long	sysclose(ulong*);
long	sysdup(ulong*);
long	syspipe(ulong*);
long	sysfd2path(ulong*);
long	syschdir(ulong*);

/* sysstat.c: what files are */
void	validstat(uchar*, int);
long	sysstat(ulong*);
long	sysfstat(ulong*);
long	syswstat(ulong*);
long	sysfwstat(ulong*);
long	sysremove(ulong*);
long	sys_stat(ulong*);
long	sys_fstat(ulong*);
long	sys_wstat(ulong*);
long	sys_fwstat(ulong*);

/* sysmount.c: name space and 9P */
long	sysbind(ulong*);
long	sysmount(ulong*);
long	sys_mount(ulong*);
long	sysunmount(ulong*);
long	sysfversion(ulong*);
long	sysfauth(ulong*);
long	sys_fsession(ulong*);

/* devdup.c */
int	versdigits(Fgrp*);	/* the widest qid.vers */
char*	fdline(char*, char*, int, Chan*, int);	/* a line of /proc/n/fd */

/* filter.c */
int	filterdepth(Chan*);

/* mntstart.c */
int	chandepth(Chan*);	/* connections and filters that a call on it goes through, and one more; error: there would be too many */
Chan*	mntauth(Chan*, char*);
Chan*	mntattach(Chan*, Chan*, char*, int);	/* connection, auth file, spec, MCACHE */
long	mntversion(Chan*, char*, int, int);	/* version in and out, msize, room */
void	muxclose(Mnt*);

/* devsrv.c */
char*	srvname(Chan*);
void	srvrenameuser(char*, char*);

/* devroot.c */
void	addinitrd(uchar*, ulong);	/* before chandevreset */
