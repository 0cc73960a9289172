/*
 * What the files of #p share.  All functions are called with p->debug held, so
 * that p stays what it is; they raise errors.
 */
#include "fcall.h"

enum
{
	Qargs	= 1,
	Qctl,
	Qfd,
	Qfpregs,
	Qkregs,
	Qmem,
	Qnote,
	Qnoteid,
	Qnotepg,
	Qns,
	Qppid,
	Qproc,
	Qprofile,
	Qregs,
	Qsegment,
	Qstatus,
	Qsyscall,
	Qtext,
	Qwait,
	Qtrace,		/* in the top directory */
};

enum
{
	Nsahead	= 64,
};

/* How far the reader of an ns file is. */
typedef struct Nsread Nsread;
struct Nsread
{
	ulong	id;		/* mount listed last */
	int	done;
	int	at;		/* in ahead: what comes next, and in which chain it was */
	int	nahead;
	int	hashbits;	/* of the table then */
	struct {
		ulong	id;
		int	chain;
	} ahead[Nsahead];
};

/* procfile.c */
long	proctext(Proc*, int, char*, long, ulong);	/* file, where to, bytes, offset */
long	procns(Proc*, Nsread*, char*, long);

/* procctl.c */
void	procctlreq(Proc*, char*, int);

/* procmem.c */
long	procmem(Proc*, ulong, char*, long, int);	/* address, ..., read? */
