/*
 * The C library: section 2 of the manual.  The kernel includes this too and
 * links the part that needs no system call (LIBC_KERNEL_SRC in lib.mk); it
 * defines KERNEL first, which hides what it has in a form of its own: locks,
 * processes and the system calls.
 */

#define nelem(x)	(sizeof(x)/sizeof((x)[0]))
#define offsetof(s, m)	__builtin_offsetof(s, m)
#define assert(x)	do{ if(!(x)) _assert("" #x); }while(0)
#define noreturn	__attribute__((noreturn))

/* lib9sys/dirread and friends: what a file is */
typedef struct Qid Qid;
typedef struct Dir Dir;

struct Qid
{
	uvlong	path;
	ulong	vers;
	uchar	type;
};

struct Dir
{
	ushort	type;		/* device letter */
	uint	dev;
	Qid	qid;
	ulong	mode;
	ulong	atime;		/* seconds since the epoch */
	ulong	mtime;
	vlong	length;		/* bytes */
	char	*name;		/* last element of the path */
	char	*uid;
	char	*gid;
	char	*muid;		/* who wrote last */
};

#define STATMAX	65535U		/* largest machine independent stat entry */
#define DIRMAX	(sizeof(Dir)+STATMAX)
#define ERRMAX	128
#define NAMELEN	28
#define MORDER	0x0003

#define MREPL	0x0000		/* mount and bind */
#define MBEFORE	0x0001
#define MAFTER	0x0002
#define MCREATE	0x0004
#define MCACHE	0x0010
#define MMASK	0x0017

#define OREAD	0		/* open and create */
#define OWRITE	1
#define ORDWR	2
#define OEXEC	3
#define OTRUNC	16
#define OCEXEC	32
#define ORCLOSE	64
#define ODIRECT	128
#define OEXCL	0x1000

#define AEXIST	0		/* access */
#define AEXEC	1
#define AWRITE	2
#define AREAD	4

#define QTDIR		0x80
#define QTAPPEND	0x40
#define QTEXCL		0x20
#define QTMOUNT		0x10
#define QTAUTH		0x08
#define QTTMP		0x04
#define QTFILE		0x00

#define DMDIR		0x80000000UL
#define DMAPPEND	0x40000000UL
#define DMEXCL		0x20000000UL
#define DMMOUNT		0x10000000UL
#define DMAUTH		0x08000000UL
#define DMTMP		0x04000000UL
#define DMREAD		0x4
#define DMWRITE		0x2
#define DMEXEC		0x1

#define NCONT	0		/* noted */
#define NDFLT	1
#define NSAVE	2
#define NRSTR	3

#define RFNAMEG		(1<<0)
#define RFENVG		(1<<1)
#define RFFDG		(1<<2)
#define RFNOTEG		(1<<3)
#define RFPROC		(1<<4)
#define RFMEM		(1<<5)
#define RFNOWAIT	(1<<6)
#define RFCNAMEG	(1<<10)
#define RFCENVG		(1<<11)
#define RFCFDG		(1<<12)
#define RFREND		(1<<13)
#define RFNOMNT		(1<<14)

#define SG_RONLY	0040	/* segattach */
#define SG_CEXEC	0100

/* port: memory */
void*	memccpy(void*, void*, int, ulong);
void*	memset(void*, int, ulong);
int	memcmp(void*, void*, ulong);
void*	memcpy(void*, void*, ulong);
void*	memmove(void*, void*, ulong);
void*	memchr(void*, int, ulong);

/* port: strings of bytes */
char*	strcat(char*, char*);
char*	strchr(char*, int);
int	strcmp(char*, char*);
char*	strcpy(char*, char*);
char*	strecpy(char*, char*, char*);
char*	strncat(char*, char*, long);
char*	strncpy(char*, char*, long);
int	strncmp(char*, char*, long);
char*	strpbrk(char*, char*);
char*	strrchr(char*, int);
char*	strtok(char*, char*);
long	strlen(char*);
long	strspn(char*, char*);
long	strcspn(char*, char*);
char*	strstr(char*, char*);
int	cistrncmp(char*, char*, int);
int	cistrcmp(char*, char*);
char*	cistrstr(char*, char*);
int	tokenize(char*, char**, int);
int	gettokens(char*, char**, int, char*);
int	getfields(char*, char**, int, int, char*);
char*	cleanname(char*);

/* utf: runes and strings of runes */
enum
{
	UTFmax		= 4,		/* bytes in the longest rune */
	Runesync	= 0x80,		/* a smaller byte is no part of a longer rune */
	Runeself	= 0x80,		/* a smaller byte is a rune */
	Runeerror	= 0xFFFD,	/* what bad UTF decodes to */
	Runemax		= 0x10FFFF,
	Runemask	= 0x1FFFFF,
};

int	runetochar(char*, Rune*);
int	chartorune(Rune*, char*);
int	runelen(long);
int	runenlen(Rune*, int);
int	fullrune(char*, int);
int	utflen(char*);
int	utfnlen(char*, long);
char*	utfrune(char*, long);
char*	utfrrune(char*, long);
char*	utfutf(char*, char*);
char*	utfecpy(char*, char*, char*);

Rune*	runestrcat(Rune*, Rune*);
Rune*	runestrchr(Rune*, Rune);
int	runestrcmp(Rune*, Rune*);
Rune*	runestrcpy(Rune*, Rune*);
Rune*	runestrncpy(Rune*, Rune*, long);
Rune*	runestrecpy(Rune*, Rune*, Rune*);
Rune*	runestrncat(Rune*, Rune*, long);
int	runestrncmp(Rune*, Rune*, long);
Rune*	runestrrchr(Rune*, Rune);
long	runestrlen(Rune*);
Rune*	runestrstr(Rune*, Rune*);

Rune	tolowerrune(Rune);
Rune	totitlerune(Rune);
Rune	toupperrune(Rune);
int	isalpharune(Rune);
int	isdigitrune(Rune);
int	islowerrune(Rune);
int	isspacerune(Rune);
int	istitlerune(Rune);
int	isupperrune(Rune);

/* fmt: formatted output; print(2) and fmtinstall(2) */
typedef struct Fmt Fmt;
typedef int (*Fmts)(Fmt*);

struct Fmt
{
	uchar	runes;			/* the buffer holds runes, not bytes */
	void	*start;
	void	*to;			/* next place */
	void	*stop;			/* end of the buffer; room for a NUL follows */
	int	(*flush)(Fmt*);		/* called when to reaches stop */
	void	*farg;			/* for flush */
	int	nfmt;			/* characters formatted so far */
	va_list	args;
	int	r;			/* the verb */
	int	width;
	int	prec;
	ulong	flags;
};

enum
{
	FmtWidth	= 1<<0,
	FmtLeft		= 1<<1,
	FmtPrec		= 1<<2,
	FmtSharp	= 1<<3,
	FmtSpace	= 1<<4,
	FmtSign		= 1<<5,
	FmtZero		= 1<<6,
	FmtUnsigned	= 1<<7,
	FmtShort	= 1<<8,
	FmtLong		= 1<<9,
	FmtVLong	= 1<<10,
	FmtComma	= 1<<11,
	FmtByte		= 1<<12,
	FmtFlag		= 1<<13,	/* internal: still among the flags */
};

int	print(char*, ...);
char*	seprint(char*, char*, char*, ...);
char*	vseprint(char*, char*, char*, va_list);
int	snprint(char*, int, char*, ...);
int	vsnprint(char*, int, char*, va_list);
char*	smprint(char*, ...);
char*	vsmprint(char*, va_list);
int	sprint(char*, char*, ...);
int	fprint(int, char*, ...);
int	vfprint(int, char*, va_list);

int	runesprint(Rune*, char*, ...);
int	runesnprint(Rune*, int, char*, ...);
int	runevsnprint(Rune*, int, char*, va_list);
Rune*	runeseprint(Rune*, Rune*, char*, ...);
Rune*	runevseprint(Rune*, Rune*, char*, va_list);
Rune*	runesmprint(char*, ...);
Rune*	runevsmprint(char*, va_list);

int	fmtfdinit(Fmt*, int, char*, int);
int	fmtfdflush(Fmt*);
int	fmtstrinit(Fmt*);
char*	fmtstrflush(Fmt*);
int	runefmtstrinit(Fmt*);
Rune*	runefmtstrflush(Fmt*);

int	fmtinstall(int, int (*)(Fmt*));
int	dofmt(Fmt*, char*);
int	dorfmt(Fmt*, Rune*);
int	fmtprint(Fmt*, char*, ...);
int	fmtvprint(Fmt*, char*, va_list);
int	fmtrune(Fmt*, int);
int	fmtstrcpy(Fmt*, char*);
int	fmtrunestrcpy(Fmt*, Rune*);
int	errfmt(Fmt*);

void	quotefmtinstall(void);
int	quotestrfmt(Fmt*);
int	quoterunestrfmt(Fmt*);
char*	quotestrdup(char*);
Rune*	quoterunestrdup(Rune*);
char*	unquotestrdup(char*);
Rune*	unquoterunestrdup(Rune*);
int	needsrcquote(int);
extern int	(*doquote)(int);
int	encodefmt(Fmt*);
int	dirmodefmt(Fmt*);

/* port: numbers and other conversions */
int	atoi(char*);
long	atol(char*);
vlong	atoll(char*);
long	strtol(char*, char**, int);
ulong	strtoul(char*, char**, int);
vlong	strtoll(char*, char**, int);
uvlong	strtoull(char*, char**, int);
int	abs(int);
long	labs(long);
int	dec16(uchar*, int, char*, int);
int	dec32(uchar*, int, char*, int);
int	dec64(uchar*, int, char*, int);
int	enc16(char*, int, uchar*, int);
int	enc32(char*, int, uchar*, int);
int	enc64(char*, int, uchar*, int);
ushort	crc16(ushort, void*, ulong);
int	toascii(int);
int	tolower(int);
int	toupper(int);
void	qsort(void*, long, long, int (*)(void*, void*));

/* malloc(2); the kernel has its own behind the same names */
void*	malloc(ulong);
void*	mallocz(ulong, int);
void*	mallocalign(ulong, ulong, long, ulong);
void*	calloc(ulong, ulong);
void*	realloc(void*, ulong);
void	free(void*);
ulong	msize(void*);
void	setmalloctag(void*, ulong);
void	setrealloctag(void*, ulong);
ulong	getmalloctag(void*);
ulong	getrealloctag(void*);
char*	strdup(char*);
Rune*	runestrdup(Rune*);

/* 386 */
int	setjmp(jmp_buf) __attribute__((returns_twice));
void	longjmp(jmp_buf, int) noreturn;
#define getcallerpc(x)	((uintptr)__builtin_return_address(0))
void	cycles(uvlong*);
long	_tas(void*);
long	ainc(long*);
long	adec(long*);
int	cas(void*, long, long);
void	_assert(char*);

#ifndef KERNEL

/* float: fpu control, mathematics, conversion */
double	NaN(void);
double	Inf(int);
int	isNaN(double);
int	isInf(double, int);
ulong	umuldiv(ulong, ulong, ulong);
long	muldiv(long, long, long);

double	strtod(char*, char**);
double	atof(char*);
double	charstod(int (*)(void*), void*);
double	pow(double, double);
double	pow10(int);
double	atan2(double, double);
double	fabs(double);
double	atan(double);
double	log(double);
double	log10(double);
double	exp(double);
double	floor(double);
double	ceil(double);
double	hypot(double, double);
double	sin(double);
double	cos(double);
double	tan(double);
double	asin(double);
double	acos(double);
double	sinh(double);
double	cosh(double);
double	tanh(double);
double	sqrt(double);
double	fmod(double, double);
double	frexp(double, int*);
double	ldexp(double, int);
double	modf(double, double*);

#define HUGE	1.79769313486231570e308
#define PIO2	1.57079632679489661923
#define PI	(PIO2+PIO2)

ulong	getfcr(void);
ulong	getfsr(void);
void	setfcr(ulong);
void	setfsr(ulong);

/* rand: not for secrets, but for truerand and prng's seed */
double	frand(void);
long	lnrand(long);
long	lrand(void);
int	nrand(int);
int	rand(void);
void	srand(long);
ulong	truerand(void);
ulong	ntruerand(ulong);
void	prng(uchar*, int);
void	genrandom(uchar*, int);

/* time */
typedef struct Tm Tm;

struct Tm
{
	int	sec;
	int	min;
	int	hour;
	int	mday;
	int	mon;		/* 0 is January */
	int	year;		/* since 1900 */
	int	wday;		/* 0 is Sunday */
	int	yday;
	char	zone[4];
	int	tzoff;		/* seconds east of UTC */
};

Tm*	gmtime(long);
Tm*	localtime(long);
char*	asctime(Tm*);
char*	ctime(long);
double	cputime(void);
long	times(long*);
long	tm2sec(Tm*);
vlong	nsec(void);
long	time(long*);

/* lock(2), by semaphores and rendezvous */
typedef struct Lock Lock;
typedef struct QLp QLp;
typedef struct QLock QLock;
typedef struct RWLock RWLock;
typedef struct Rendez Rendez;

struct Lock
{
	long	key;		/* processes that hold or want it */
	long	sem;
};

struct QLp
{
	int	inuse;
	int	state;
	QLp	*next;
};

struct QLock
{
	Lock	lock;		/* of the rest */
	int	locked;
	QLp	*head;		/* who waits */
	QLp	*tail;
};

struct RWLock
{
	Lock	lock;		/* of the rest */
	int	readers;
	int	writer;
	QLp	*head;
	QLp	*tail;
};

struct Rendez
{
	QLock	*l;		/* held by callers of the functions below */
	QLp	*head;
	QLp	*tail;
};

void	lock(Lock*);
void	unlock(Lock*);
int	canlock(Lock*);
void	qlock(QLock*);
void	qunlock(QLock*);
int	canqlock(QLock*);
void	rlock(RWLock*);
void	runlock(RWLock*);
int	canrlock(RWLock*);
void	wlock(RWLock*);
void	wunlock(RWLock*);
int	canwlock(RWLock*);
void	rsleep(Rendez*);
int	rwakeup(Rendez*);
int	rwakeupall(Rendez*);
void**	privalloc(void);
void	privfree(void**);

/* network: dial(2) */
#define NETPATHLEN	40

int	accept(int, char*);
int	announce(char*, char*);
int	dial(char*, char*, char*, int*);
void	setnetmtpt(char*, int, char*);
int	hangup(int);
int	listen(char*, char*);
char*	netmkaddr(char*, char*, char*);
int	reject(int, char*, char*);

/* 9sys: what is built of system calls */
typedef struct IOchunk IOchunk;
typedef struct Waitmsg Waitmsg;

struct IOchunk
{
	void	*addr;
	ulong	len;
};

struct Waitmsg
{
	int	pid;
	ulong	time[3];	/* user, system, real: ms */
	char	*msg;		/* empty for success */
};

void	_exits(char*) noreturn;
void	abort(void) noreturn;
int	access(char*, int);
long	alarm(ulong);
int	atexit(void (*)(void));
void	atexitdont(void (*)(void));
int	atnotify(int (*)(void*, char*), int);
int	await(char*, int);
int	bind(char*, char*, int);
int	brk(void*);
int	chdir(char*);
int	close(int);
int	create(char*, int, ulong);
int	dup(int, int);
int	errstr(char*, uint);
int	exec(char*, char*[]);
int	execl(char*, ...);
void	exits(char*) noreturn;
int	fauth(int, char*);
int	fd2path(int, char*, int);
int	fork(void);
int	fstat(int, uchar*, int);
int	fversion(int, int, char*, int);
int	fwstat(int, uchar*, int);
char*	getenv(char*);
int	getpid(void);
int	getppid(void);
char*	getuser(void);
char*	getwd(char*, int);
int	iounit(int);
char*	mktemp(char*);
int	mount(int, int, char*, int, char*);
int	notify(void (*)(void*, char*));
int	noted(int);
void	notejmp(void*, jmp_buf, int);
int	open(char*, int);
void	perror(char*);
int	pipe(int*);
int	postnote(int, int, char*);
long	pread(int, void*, long, vlong);
long	preadv(int, IOchunk*, int, vlong);
int	putenv(char*, char*);
long	pwrite(int, void*, long, vlong);
long	pwritev(int, IOchunk*, int, vlong);
long	read(int, void*, long);
long	readn(int, void*, long);
long	readv(int, IOchunk*, int);
int	remove(char*);
void*	rendezvous(void*, void*);
void	rerrstr(char*, uint);
int	rfork(int);
void*	sbrk(ulong);
vlong	seek(int, vlong, int);
void*	segattach(int, char*, void*, ulong);
void*	segbrk(void*, void*);
int	segdetach(void*);
int	segflush(void*, ulong);
int	segfree(void*, ulong);
int	semacquire(long*, int);
long	semrelease(long*, long);
int	tsemacquire(long*, ulong);
int	sleep(long);
int	stat(char*, uchar*, int);
void	sysfatal(char*, ...) noreturn;
extern void (*_sysfatal)(char*, va_list);
char*	sysname(void);
void	syslog(int, char*, char*, ...);
int	unmount(char*, char*);
Waitmsg*	wait(void);
int	waitpid(void);
void	werrstr(char*, ...);
long	write(int, void*, long);
long	writev(int, IOchunk*, int);
int	wstat(char*, uchar*, int);

Dir*	dirfstat(int);
int	dirfwstat(int, Dir*);
long	dirread(int, Dir**);
long	dirreadall(int, Dir**);
Dir*	dirstat(char*);
int	dirwstat(char*, Dir*);
void	nulldir(Dir*);

enum
{
	PNPROC	= 1,		/* postnote: one process */
	PNGROUP	= 2,		/* its note group */
};

extern char	*argv0;

/* arg(2) */
#define ARGBEGIN for((argv0 ? 0 : (argv0 = *argv)), argv++, argc--;\
		argv[0] != nil && argv[0][0] == '-' && argv[0][1] != 0;\
		argc--, argv++){\
			char *_args, *_argt;\
			Rune _argc;\
			_args = &argv[0][1];\
			if(_args[0] == '-' && _args[1] == 0){\
				argc--; argv++; break;\
			}\
			_argc = 0;\
			while(*_args != 0 && (_args += chartorune(&_argc, _args)))\
			switch(_argc)
#define ARGEND	SET(_argt); USED(_argt, _argc, _args); } USED(argv, argc);
#define ARGF()	(_argt = _args, _args = "",\
		(*_argt ? _argt : argv[1] ? (argc--, *++argv) : nil))
#define EARGF(x) (_argt = _args, _args = "",\
		(*_argt ? _argt : argv[1] ? (argc--, *++argv) : ((x), abort(), (char*)nil)))
#define ARGC()	_argc

#endif
