/*
 * The top of the stack: what the kernel and a program tell each other
 * there.  _tos is set by the program's first instruction from AX.
 */
typedef struct Tos Tos;

struct Tos
{
	struct {			/* the profiler's */
		void	*pp;
		void	*next;
		void	*last;
		void	*first;
		ulong	pid;
		ulong	what;
	} prof;
	uvlong	cyclefreq;		/* of rdtsc, Hz; 0 if unknown */
	vlong	kcycles;
	vlong	pcycles;
	ulong	pid;			/* of this process, always right */
	ulong	clock;
	ulong	kscr[4];
};

extern Tos	*_tos;
