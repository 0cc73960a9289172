/*
 * For programs that give up what takes too long; in libip.  An alarm that comes before
 * its call has begun to wait interrupts nothing, and the call would wait for good: so
 * each sets the next, until what it was for is over.
 */

/* for each process that sets limits: these notes interrupt system calls, others end it */
void	notelimits(void);
/* or in a handler of its own: is the note one of these? */
int	islimit(char*);
/* after so many ms system calls are interrupted, until nolimit */
void	limit(ulong);
void	nolimit(void);
/* as read, with a limit in ms */
long	readfor(int, void*, long, ulong);
