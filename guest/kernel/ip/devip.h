/*
 * The kernel's side of the IP stack: what devip.c (files), devipio.c (data,
 * waiting, time), devipdemand.c (who configures it) and devipether.c (frames) share.
 */
typedef struct Kstack	Kstack;
typedef struct Ipwaiter	Ipwaiter;

/* What a stack has in the kernel: Ip.kern. */
struct Kstack {
	Ip	*f;
	Timer	timer;
	Rendez	r;
	int	due;
	uvlong	armed;		/* ms at which timer fires, 0: it is not set */
};

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
