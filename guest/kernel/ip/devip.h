/*
 * The kernel's side of the IP stack: what devip.c (files), deviptext.c (their texts), devipio.c (data,
 * waiting, time), devipdemand.c (who configures it) and devipether.c (frames) share.
 */
typedef struct Kstack	Kstack;
typedef struct Ipwaiter	Ipwaiter;

enum {
	/* files; qid.path is conversation, protocol and file */
	Qtop	= 0,
	Qarp,
	Qbootp,
	Qndb,
	Qiproute,
	Qipselftab,
	Qlog,
	Qondemand,
	Qservice,
	Qproto,
	Qclone,
	Qstats,
	Qconv,
	Qctl,
	Qdata,
	Qerr,
	Qlisten,
	Qlocal,
	Qremote,
	Qsnoop,
	Qstatus,

	Filebits	= 5,
	Protobits	= 5,
};

#define FILE(q)		((int)(q).path & (1<<Filebits)-1)
#define PROTO(q)	((int)((q).path>>Filebits) & (1<<Protobits)-1)
#define CONV(q)		((int)((q).path>>Filebits+Protobits))
#define QPATH(c, p, f)	((uvlong)(c)<<Filebits+Protobits | (p)<<Filebits | (f))

/* What a stack has in the kernel: Ip.kern. */
struct Kstack {
	Ip	*f;
	Timer	timer;
	Rendez	r;
	int	due;
	uvlong	armed;		/* ms at which timer fires, 0: it is not set */
};

/* deviptext.c */
long	iptext(Ip*, Chan*, void*, long, vlong);	/* of a file, made anew for each read and served by offset */
long	iplogread(Ip*, char*, long);

/* devipio.c */
void	kstackinit(Ip*);
void	ipdone(Ip*);			/* leave the core, and send what waits: may sleep */
void	convsleep(Conv*, int);		/* until woken for one of these reasons, or a note */
void	logsleep(Ip*);
void	ipsleep(void**, int);		/* in a list, until ipwake with one of these reasons, or a note */
void	ipwake(void*, int);
long	convread(Conv*, void*, long);
Block*	convbread(Conv*, long);
long	convwrite(Conv*, void*, long);
long	convbwrite(Conv*, Block*);
long	snoopread(Conv*, void*, long);
long	errread(Conv*, void*, long);

/* devipdemand.c */
void	demandwait(void);
char*	demandname(int);
int	demandnumber(char*);
Chan*	demandopen(int, int);
void	demandhold(void);
void	demandrelease(void);
long	demandread(char*, long);
void	demandctl(char**, int);

/* devipether.c */
void	etherflush(Ifc*);		/* write frames that wait: may sleep */
