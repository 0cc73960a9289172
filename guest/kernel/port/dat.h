/*
 * The kernel's umbrella header: every file of the kernel includes u.h, lib.h
 * and this.  It defines the locks and brings in the headers of the parts in
 * the one order that works.
 */

typedef struct Conf	Conf;
typedef struct Lock	Lock;
typedef struct QLock	QLock;
typedef struct RWlock	RWlock;
typedef struct Ref	Ref;
typedef struct Rendez	Rendez;
typedef struct Timer	Timer;
typedef struct Proc	Proc;

#include "mem.h"
#include "arch.h"

/*
 * For a few instructions, never over a sleep.  The kernel is not preempted and
 * has one CPU, so only ilock excludes anything: interrupts.  A lock() that finds
 * the key taken is a bug, and panics.
 */
struct Lock
{
	ulong	key;
	int	sr;		/* ilock: interrupts were enabled before */
	ulong	pc;		/* of the holder */
};

/* Never counted from an interrupt, so one instruction is lock enough. */
struct Ref
{
	long	ref;
};

/* Where one process waits for a condition.  Guarded by splhi. */
struct Rendez
{
	Proc	*p;		/* who sleeps here */
};

/* Held over sleeps; waiters are served in order.  Not interruptible by notes. */
struct QLock
{
	Proc	*head;
	Proc	*tail;
	Proc	*qp;		/* holder */
	ulong	pc;		/* where it took it */
	int	locked;
};

struct RWlock
{
	Proc	*head;		/* waiting readers and writers, in order */
	Proc	*tail;
	Proc	*wproc;		/* writer */
	int	readers;
	int	writer;
};

enum
{
	/* Timer.tmode */
	Trelative,		/* once, tns from now */
	Tperiodic,		/* every tns */
};

/*
 * Calls tf from the clock interrupt, interrupts off.  The owner fills in tmode,
 * tns, tf and ta, then timeradd; a Timer may be added again from within tf.
 */
struct Timer
{
	int	tmode;
	vlong	tns;
	void	(*tf)(Ureg*, Timer*);
	void	*ta;
	uvlong	when;		/* hostmono() ns at which it fires */
	Timer	*next;		/* in order of when */
	Timer	*prev;
	int	active;
};

/* What the machine offers; filled in by the port before anything else runs. */
struct Conf
{
	ulong	nmach;
	ulong	nproc;		/* processes at most */
	ulong	npage;		/* pages of memory, kernel's included */
	ulong	upages;		/* of them for processes */
	ulong	kmallocmax;	/* bytes that malloc may hold */
	ulong	pipeqsize;	/* bytes a pipe holds before writers wait */
	char	*sysname;	/* nil: the usual one */
};
extern Conf	conf;

#include "error.h"
#include "proc.h"
#include "chan.h"
#include "fns.h"
