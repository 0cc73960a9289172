/*
 * What the kernel uses of the C library, and the numbers that programs and
 * kernel share.  It stands in for libc.h, whose locks and sleeps are the
 * user's; the functions are libc's own sources, compiled for the kernel.
 */

#ifndef nil
#define nil		((void*)0)
#endif
#ifndef nelem
#define nelem(x)	(sizeof(x)/sizeof((x)[0]))
#endif
#ifndef USED
#define USED(x)		((void)(x))
#endif
#ifndef offsetof
#define offsetof(s, f)	__builtin_offsetof(s, f)
#endif

/* memory and strings */
void*	memccpy(void*, void*, int, ulong);
void*	memchr(void*, int, ulong);
int	memcmp(void*, void*, ulong);
void*	memmove(void*, void*, ulong);
void*	memcpy(void*, void*, ulong);
void*	memset(void*, int, ulong);
char*	strcat(char*, char*);
char*	strchr(char*, int);
int	strcmp(char*, char*);
char*	strcpy(char*, char*);
char*	strecpy(char*, char*, char*);
long	strlen(char*);
char*	strncpy(char*, char*, long);
int	strncmp(char*, char*, long);
char*	strrchr(char*, int);
char*	strstr(char*, char*);
int	cistrcmp(char*, char*);
int	cistrncmp(char*, char*, int);
int	atoi(char*);
long	strtol(char*, char**, int);
ulong	strtoul(char*, char**, int);
vlong	strtoll(char*, char**, int);
uvlong	strtoull(char*, char**, int);
int	abs(int);
int	tokenize(char*, char**, int);
int	getfields(char*, char**, int, int, char*);
int	gettokens(char*, char**, int, char*);
char*	cleanname(char*);
int	isalpha(int);

/* runes */
enum {
	UTFmax		= 4,
	Runesync	= 0x80,
	Runeself	= 0x80,
	Runeerror	= 0xFFFD,
	Runemax		= 0x10FFFF,
};
int	runetochar(char*, Rune*);
int	chartorune(Rune*, char*);
int	runelen(long);
int	fullrune(char*, int);
int	utflen(char*);
int	utfnlen(char*, long);
char*	utfrune(char*, long);
char*	utfecpy(char*, char*, char*);

/* print */
typedef struct Fmt	Fmt;
struct Fmt {
	uchar	runes;		/* output buffer is runes or chars? */
	void	*start;
	void	*to;
	void	*stop;
	int	(*flush)(Fmt*);
	void	*farg;
	int	nfmt;
	va_list	args;
	int	r;
	int	width;
	int	prec;
	ulong	flags;
};
int	print(char*, ...);
char*	seprint(char*, char*, char*, ...);
char*	vseprint(char*, char*, char*, va_list);
int	snprint(char*, int, char*, ...);
int	vsnprint(char*, int, char*, va_list);
char*	smprint(char*, ...);
int	sprint(char*, char*, ...);
int	fmtinstall(int, int (*)(Fmt*));
int	fmtprint(Fmt*, char*, ...);
int	fmtstrcpy(Fmt*, char*);
void	quotefmtinstall(void);
int	dofmt(Fmt*, char*);
#pragma varargck argpos print 1

/* open and create modes */
#define OREAD	0
#define OWRITE	1
#define ORDWR	2
#define OEXEC	3
#define OTRUNC	16
#define OCEXEC	32
#define ORCLOSE	64
#define OEXCL	0x1000

/* access */
#define AEXIST	0
#define AEXEC	1
#define AWRITE	2
#define AREAD	4

/* bind and mount */
#define MORDER	0x0003
#define MREPL	0x0000
#define MBEFORE	0x0001
#define MAFTER	0x0002
#define MCREATE	0x0004
#define MCACHE	0x0010
#define MMASK	0x0017

/* notes */
#define NCONT	0
#define NDFLT	1
#define NSAVE	2
#define NRSTR	3

/* the fixed length of error strings and notes, with NUL */
#define ERRMAX	128

/* qid.type and the mode bits of the same meaning */
#define QTDIR	0x80
#define QTAPPEND 0x40
#define QTEXCL	0x20
#define QTMOUNT	0x10
#define QTAUTH	0x08
#define QTTMP	0x04
#define QTFILE	0x00
#define DMDIR	0x80000000u
#define DMAPPEND 0x40000000u
#define DMEXCL	0x20000000u
#define DMMOUNT	0x10000000u
#define DMAUTH	0x08000000u
#define DMTMP	0x04000000u
#define DMREAD	0x4
#define DMWRITE	0x2
#define DMEXEC	0x1

/* rfork */
enum {
	RFNAMEG	= 1<<0,
	RFENVG	= 1<<1,
	RFFDG	= 1<<2,
	RFNOTEG	= 1<<3,
	RFPROC	= 1<<4,
	RFMEM	= 1<<5,
	RFNOWAIT = 1<<6,
	RFCNAMEG = 1<<10,
	RFCENVG	= 1<<11,
	RFCFDG	= 1<<12,
	RFREND	= 1<<13,
	RFNOMNT	= 1<<14,
};

typedef struct Qid	Qid;
typedef struct Dir	Dir;
typedef struct Tos	Tos;

struct Qid
{
	uvlong	path;
	ulong	vers;
	uchar	type;
};

struct Dir
{
	ushort	type;		/* of the server */
	uint	dev;
	Qid	qid;
	ulong	mode;
	ulong	atime;
	ulong	mtime;
	vlong	length;
	char	*name;
	char	*uid;
	char	*gid;
	char	*muid;
};

/* The top of every user stack. */
struct Tos
{
	struct
	{
		void	*pp;
		void	*next;
		void	*last;
		void	*first;
		ulong	pid;
		ulong	what;
	} prof;
	uvlong	cyclefreq;	/* TSC Hz, 0 if there is none */
	vlong	kcycles;
	vlong	pcycles;
	ulong	pid;
	ulong	clock;
	ulong	kscr[4];
};
_Static_assert(sizeof(Tos) == 72, "Tos");
_Static_assert(__builtin_offsetof(Tos, pid) == 48, "Tos.pid");
