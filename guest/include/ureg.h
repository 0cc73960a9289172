/*
 * The registers of a process as note handlers and /proc/n/regs show them.  The
 * kernel's trap frame has the same layout.
 */
typedef struct Ureg Ureg;

struct Ureg
{
	ulong	di;
	ulong	si;
	ulong	bp;
	ulong	nsp;		/* of no meaning */
	ulong	bx;
	ulong	dx;
	ulong	cx;
	ulong	ax;
	ulong	gs;
	ulong	fs;
	ulong	es;
	ulong	ds;
	ulong	trap;
	ulong	ecode;
	ulong	pc;
	ulong	cs;
	ulong	flags;
	union {
		ulong	usp;
		ulong	sp;
	};
	ulong	ss;
};
