/*
 * The port's own interface: what the files of this directory share and the
 * portable kernel does not see.
 */
#include "lguest.h"

/* entry.S */
long	hcall(int, ulong, ulong, ulong);
void	loadsegs(ulong);
void	fpsave(FPsave*);
void	fprestore(FPsave*);
void	fpfresh(void);
void	vsyscall(void);
void	kprocentry(void);
void	forknoted(void);
extern char	vectors[], bootstack[], noirqstart[], noirqend[];
extern char	initcode[], initcodeend[];
extern char	etext[], edata[], end[];

/* main.c */
extern struct lguest_data	lguestdata;
extern ulong	memsize;		/* bytes of RAM */
extern ulong	initrdpa, initrdlen;	/* bytes; 0: none */

enum
{
	NPDE	= 1024,		/* entries of a directory */
	Maxwarm	= 64,		/* pages kept with an idle Space */
};

/*
 * An address space.  key is the program that ran in it last; warm are pages that
 * were that process's, each with one reference.
 */
struct Space
{
	ulong	*dir;
	void	*key;
	Space	*next;		/* idle list, last used first */
	int	ntab;		/* page tables in dir, the kernel's not counted */
	int	nwarm;
	int	look;		/* where the last warm page was found */
	struct {
		ulong	va;
		Page	*pg;
	} warm[Maxwarm];
};

/* mmu.c */
extern ulong	*kpgdir;
void	setdir(ulong*);
void	mmuinit(void);
void*	mapdev(ulong, int);		/* physical address, pages */
ulong	mmurun(ulong, ulong, int, ulong*);	/* of up, or the kernel: va, bytes, to be stored into; physical address */

/* trap.c */
void	trapinit(void);
void	trap(Ureg*);

/* clock.c */
void	clockinit(void);
void	clockintr(Ureg*, void*);

/* fpu.c */
void	fpswitch(Proc*);
void	fpforget(Proc*);
void	fptrap(Ureg*);
void	fperror(Ureg*);
