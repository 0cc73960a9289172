/*
 * dossrv: FAT file systems by 9P.  A Dosfs is a file system, that is a disk, a partition
 * or a file that somebody attached to; a Dosfile is a file or directory of it that fids
 * know, one for all fids.
 *
 * Files' data go to the disk at once, or, if they are few and behind a file's end, by
 * the next sync in one request with others'; into clusters that the disk has as free.  Directories and
 * tables wait in the cache until a file is closed, but then go out only if they did not in the last second,
 * and no longer than a second; the wstat that changes nothing waits for nothing.  They go out together, in one request that the host does
 * as a whole or not at all: sync.c.  Until then the disk is what it was after the last time.  What removing and
 * cutting give back stays taken until then, and only then can be used again.
 *
 * What is no disk of the host's, or is too much for one request, is written in order, FAT before
 * directories, and what was given back in a second turn.  A stop in the middle of that leaves, at worst, room that nobody
 * uses, or a file under its old name and its new one.
 */
typedef struct Dosfs Dosfs;
typedef struct Dosfile Dosfile;
typedef struct Entry Entry;
typedef struct Freed Freed;
typedef struct Index Index;
typedef struct Moved Moved;

enum
{
	Dirsize		= 32,		/* an entry */
	Maxname		= 255,		/* UTF-16 units in a name */
	Maxslots	= 1+(Maxname+12)/13,
	Maxdir		= 65536*Dirsize,/* bytes in a directory */

	/* offsets in an entry */
	Dattr		= 11,
	Dcase		= 12,
	Dctime		= 14,
	Dcdate		= 16,
	Dadate		= 18,
	Dclusthi	= 20,
	Dtime		= 22,
	Ddate		= 24,
	Dclust		= 26,
	Dlen		= 28,

	/* attributes */
	Areadonly	= 0x01,
	Ahidden		= 0x02,
	Asystem		= 0x04,
	Avolume		= 0x08,
	Adir		= 0x10,
	Aarchive	= 0x20,
	Along		= 0x0F,

	Deleted		= 0xE5,
	Lastlong	= 0x40,
	Lowerbase	= 0x08,		/* in Dcase */
	Lowerext	= 0x10,

	Syncms		= 1000,		/* between syncs that nobody insists on */
	Fdirty		= 0x01,		/* in the flag of the first sector: being written */
};

struct Dosfs
{
	Medium;
	int	fd;
	int	rdonly;
	Bcache	*cache;
	int	bits;
	int	secsize;
	long	cbytes;			/* bytes in a cluster */
	int	nfats;
	vlong	fat;			/* byte addresses */
	vlong	fatbytes;
	int	onefat;			/* -1: all are written; else the one that counts */
	vlong	root;			/* of the fixed root */
	long	rootbytes;
	ulong	rootclust;		/* of FAT32's */
	vlong	data;			/* cluster 2 */
	ulong	nclust;			/* clusters are 2 to nclust+1 */
	ulong	hint;			/* where to look for a free one */
	vlong	info;			/* FAT32's sector of counts; 0: none */
	long	nfree;			/* as it has it; -1: unknown */
	int	infodirty;		/* the disk has another count */
	int	flagat;			/* the byte that says whether the disk is being written; 0: it has none */
	int	flag;			/* what that was */
	int	wasdirty;		/* somebody left it so: until it is checked it stays so */
	int	unit;			/* of #S, which can be told to write what its host keeps */
	vlong	lastsync;		/* ns */
	Freed	*freed;			/* to be done by the next sync */
	Freed	*lastfreed;
	int	nfreed;			/* blocks of the tables that this is going to change, at most */
	int	syncbad;		/* the last sync failed */
	Moved	*moved;			/* the same */
	vlong	unsynced;		/* bytes of data since the last sync */
	ulong	dirof;			/* the directory of which it is known ... */
	ulong	dirn;			/* ... that its cluster number so many */
	ulong	dirc;			/* is this one; 0: nothing is known */
	int	nfile;
	Dosfile	*rootfile;
	Dosfile	*files[1024];
};

/* clusters that a file has had: cut becomes the end of its chain (0: nothing is left), the chain from first is free */
struct Freed
{
	Freed	*next;
	ulong	cut;
	ulong	first;
};

/* entries that a file has left for others: they go from the disk when those are there */
struct Moved
{
	Moved	*next;
	ulong	dir;
	int	slot;
	int	nslot;
	uchar	first[Maxslots];	/* the first byte of each */
	char	*name;
	uchar	shortname[11];
	vlong	to;			/* where the file's entry is now */
};

struct Dosfile
{
	Dosfs	*fs;
	Dosfile	*hash;
	int	ref;
	int	removed;
	vlong	addr;			/* of its entry on the disk; 0: the root */
	ulong	dir;			/* first cluster of the directory that has it; 0: the fixed root */
	int	slot;			/* where its entries begin there */
	int	nslot;			/* how many; the last is at addr */
	ulong	start;			/* first cluster; 0: none */
	ulong	length;
	int	attr;
	ulong	mtime;
	ulong	atime;
	char	*name;
	ulong	vers;
	ulong	gen;			/* of this place: how many files have been there */

	/* what was found out about its chain */
	ulong	lastn;			/* its cluster number so many ... */
	ulong	lastc;			/* ... is this one; 0: nothing is known */
};

/* a file as a directory has it */
struct Entry
{
	uchar	d[Dirsize];
	char	name[Maxname*4+1];
	char	alias[13];		/* the short name; empty: it is the name */
	vlong	addr;
	int	slot;			/* the first, of long names too */
	int	nslot;
};

extern char	Eio[], Enotfound[], Eexist[], Eperm[], Efull[], Ebadname[], Etoolarge[], Enotempty[], Echain[];

/* fs.c */
Dosfs*	attachfs(char*, char**);
void	putfs(Dosfs*);

/* sync.c */
int	syncfs(Dosfs*);
void	syncall(void);
void	synclarge(void);
long	syncold(void);
char*	syncerr(Dosfs*);
char*	syncsoon(Dosfs*);
char*	synchost(Dosfs*);
void	freelater(Dosfs*, ulong, ulong);
void	cutnow(Dosfs*, ulong);
void	forgetmove(Dosfile*);
Moved*	movedto(Dosfile*);
void	freemoved(Moved*);
int	moving(Dosfs*, ulong, int);
int	oldname(Dosfs*, ulong, char*, uchar*);

/* fat.c */
long	fatget(Dosfs*, ulong);
char*	fatalloc(Dosfs*, ulong, ulong*, ulong*, ulong);
char*	fatfree(Dosfs*, ulong);
char*	fatset(Dosfs*, ulong, ulong);
ulong	fatend(Dosfs*);
int	goodclust(Dosfs*, ulong);
vlong	clustaddr(Dosfs*, ulong);
long	fatcount(Dosfs*);
int	fatblocks(Dosfs*, ulong, int);

/* name.c */
int	goodname(char*);
int	samename(char*, char*);
void	shortname(uchar*, char*);
int	plainshort(char*, uchar*);
int	makeshort(char*, int, uchar*);
int	longname(char*, ushort*);
uchar	checksum(uchar*);
void	runestoname(ushort*, int, char*);

/* dir.c */
char*	nextentry(Dosfs*, ulong, int*, Entry*);
char*	findentry(Dosfs*, ulong, char*, Entry*);
char*	settlename(Dosfs*, ulong, char*);
char*	addentry(Dosfs*, ulong, char*, uchar*, Entry*);
char*	delentry(Dosfs*, ulong, int, int);
char*	markslots(Dosfs*, ulong, int, int, uchar*);
char*	moventry(Dosfile*, char*);
char*	putentry(Dosfile*);
char*	firstwrite(Dosfs*, ulong, ulong, uchar*, int);
char*	emptydir(Dosfs*, ulong);
vlong	diraddr(Dosfs*, ulong, long);
long	dostime(uchar*, uchar*);
void	todostime(ulong, uchar*, uchar*);

/* index.c */
Index*	getindex(Dosfs*, ulong);
Index*	knownindex(Dosfs*, ulong);
ulong	indexclust(Index*, ulong, ulong*);
void	indexlearn(Index*, ulong, ulong);
void	dropindex(Dosfs*, ulong, int);
char*	indexname(Index*, char*, Entry*);
char*	indexshort(Index*, uchar*, vlong, int*);
int	indexfree(Index*, int);
void	indexfound(Index*, int, int, int);
void	indexadd(Index*, Entry*);
void	indexdel(Index*, Entry*);
void	indexhole(Dosfs*, ulong, int, int);

/* file.c */
Dosfile*	getfile(Dosfs*, ulong, Entry*);
void	putfile(Dosfile*);
char*	readfile(Dosfile*, uchar*, long, vlong, long*);
char*	writefile(Dosfile*, uchar*, long, vlong);
char*	setlength(Dosfile*, vlong);
char*	makefile(Dosfs*, ulong, char*, int, Dosfile**);
char*	dropfile(Dosfile*);
char*	renamefile(Dosfile*, char*);
ulong	dirstart(Dosfile*);

/* main.c */
char*	oserror(void);
void	later(void);
